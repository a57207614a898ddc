/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_CONV_H__
#define __ROCKET_CONV_H__

#include <linux/math.h>
#include <linux/types.h>

/*
 * Command streams of the kernel's own: int8 convolutions whose kernel is as large as
 * its step, so that each feature is used once for each kernel.
 */

/* Channels that lie together in memory; also the unit of most strides, in bytes */
#define ROCKET_CONV_ATOM	16

/* The convolution buffer: 12 banks. */
#define ROCKET_CBUF_BANKS	12
#define ROCKET_CBUF_BANK_BYTES	32768

/* Two tables, of as many entries as users write; none is known to write more. */
#define ROCKET_LUT_TABLES	2
#define ROCKET_LUT_ENTRIES	513

/* Commands of a stream, without and with the tables. */
#define ROCKET_CONV_COMMANDS	126
#define ROCKET_CONV_COMMANDS_MAX \
	(ROCKET_CONV_COMMANDS + ROCKET_LUT_TABLES * (ROCKET_LUT_ENTRIES + 1))

/* Those of a stream for the RK3576. */
#define ROCKET_CONV_RK3576_COMMANDS	146

/* All that the program controller fetches at a time, in commands */
#define ROCKET_CONV_ALIGN	8

/**
 * struct rocket_conv - One convolution.
 *
 * With features and weights of ones each result is
 * taps * taps * channels / 2^shift + offset.
 */
struct rocket_conv {
	/** @width: Columns of the features, a multiple of @taps. */
	u32 width;

	/** @height: Rows of the features, a multiple of @taps. */
	u32 height;

	/** @channels: Channels of the features, a multiple of 32. */
	u32 channels;

	/** @taps: Width, height and step of the kernels. */
	u32 taps;

	/** @kernels: Channels of the result, a multiple of 32. */
	u32 kernels;

	/** @data_banks: How much of the buffer is for features; the rest is for weights. */
	u32 data_banks;

	/** @shift: By how many bits sums are shifted right. */
	u32 shift;

	/** @offset: What is added afterwards. */
	u32 offset;

	/** @tables: Fill the tables of the output stage with zeros, first. */
	bool tables;

	/** @source: Address of features and of weights, which lie in the same place. */
	u32 source;

	/** @bias: Address of one s32 for each kernel. */
	u32 bias;

	/** @out: Address of the result, rocket_conv_out_bytes(). */
	u32 out;

	/** @next: Address of the stream to go on with, or 0. */
	u32 next;
};

/* rocket_conv_out_bytes() - Size of a result. */
static inline u32 rocket_conv_out_bytes(const struct rocket_conv *conv)
{
	return conv->width / conv->taps * (conv->height / conv->taps) * conv->kernels;
}

/* rocket_conv_result() - Each byte of a result, where features and weights are ones. */
static inline u8 rocket_conv_result(const struct rocket_conv *conv)
{
	return (conv->taps * conv->taps * conv->channels >> conv->shift) + conv->offset;
}

__le64 *rocket_conv_fill(__le64 *at, u16 first, u16 last, u32 value);
u32 rocket_conv_out_size(const struct rocket_conv *conv);
__le64 *rocket_conv_put_end(__le64 *at, const struct rocket_conv *conv, __le64 *to,
			    unsigned int commands);

unsigned int rocket_conv_emit(const struct rocket_conv *conv, __le64 *to);
unsigned int rocket_conv_emit_rk3576(const struct rocket_conv *conv, __le64 *to);
void rocket_conv_operands_rk3576(void *to, size_t bytes);

#endif
