// SPDX-License-Identifier: GPL-2.0-only

#include <asm/byteorder.h>
#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/limits.h>
#include <linux/minmax.h>

#include "rocket_conv.h"
#include "rocket_regs.h"
#include "rocket_soc.h"

/*
 * The same convolutions for the RK3576, whose blocks lie at the same offsets of a core's
 * window, and have most of their registers elsewhere. No manual is public. Which ones a
 * convolution writes and with what: the encoder of gregordinary/rocket-userspace, whose
 * author took it from captures of the vendor's compiler and runs it on a board. Values
 * that nobody has explained are written as they are there.
 */

/* Entries of the convolution buffer, in bytes */
#define ROCKET_RK3576_ENTRY	64

/* Operands of 8 channels: biases, s32; zero points of weights, s16; factors, s16 */
#define ROCKET_RK3576_GROUP		8
#define ROCKET_RK3576_GROUP_BYTES	64
#define ROCKET_RK3576_GROUP_FACTORS	48

/* struct rocket_rk3576_write - The same value to all registers of a range. */
struct rocket_rk3576_write {
	/* @first: The first register, an offset in the window. */
	u16 first;
	/* @value: What is written. */
	u32 value;
	/* @last: The last register; 0 where there is one. */
	u16 last;
};

static __le64 *rocket_rk3576_write(__le64 *at, const struct rocket_rk3576_write *writes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		at = rocket_conv_fill(at, writes[i].first, max(writes[i].first, writes[i].last),
				      writes[i].value);

	return at;
}

static __le64 *rocket_rk3576_put_cna(__le64 *at, const struct rocket_conv *conv)
{
	u32 last_pixel = (conv->width - 1) << 16 | (conv->height - 1);
	u32 entries = conv->width * conv->channels / ROCKET_RK3576_ENTRY;
	u32 kernel = conv->taps * conv->taps * conv->channels;
	u32 columns = conv->width / conv->taps;
	u32 rows = conv->height / conv->taps;
	const struct rocket_rk3576_write writes[] = {
		{ 0x1004, ROCKET_S_POINTER_PING_PONG },
		{ 0x100c, 0 },
		{ 0x1010, 0xfff },
		/* Steps */
		{ 0x1014, conv->taps << 3 | conv->taps },
		{ 0x1018, 0x40000404 },
		/* Weights: bytes, bytes of one kernel, size and number of kernels */
		{ 0x101c, kernel * conv->kernels },
		{ 0x1020, kernel },
		{ 0x1024, (conv->taps - 1) << 24 | (conv->taps - 1) << 16 | (conv->kernels - 1) },
		{ 0x1028, entries * conv->height << 16 | (conv->channels - 1) },
		{ 0x102c, last_pixel },
		{ 0x1030, 2 * kernel << 16 | (columns - 1) },
		{ 0x1034, columns * rows - 1 },
		{ 0x1038, 7 },
		{ 0x103c, entries << 16 },
		{ 0x1040, BIT(28) },
		{ 0x1044, conv->width << 16 | entries },
		/* Signed, and not converted */
		{ 0x1048, BIT(3) | BIT(1) | BIT(0) },
		{ 0x104c, 1 << 16 | 1, 0x1050 },
		{ 0x1054, 0, 0x1074 },
		{ 0x1078, last_pixel },
		{ 0x107c, conv->channels - 1 },
		/* No padding */
		{ 0x1080, 0, 0x1084 },
		{ 0x1088, conv->source },
		/* Bursts of 16; lines in units of 4 bytes, surfaces of 16 */
		{ 0x108c, 15 << 16 | 15 },
		{ 0x1090, conv->width * ROCKET_CONV_ATOM / 4 },
		{ 0x1094, conv->width * conv->height, 0x1098 },
		{ 0x109c, 0 },
		{ 0x1100, 0, 0x1104 },
		{ 0x1110, conv->source },
		{ 0x1140, 0, 0x1144 },
		{ 0x118c, (conv->width - 1) << 16 | (conv->width - 1) },
	};

	return rocket_rk3576_write(at, writes, ARRAY_SIZE(writes));
}

static __le64 *rocket_rk3576_put_core(__le64 *at, const struct rocket_conv *conv)
{
	const struct rocket_rk3576_write writes[] = {
		{ 0x3004, ROCKET_S_POINTER_PING_PONG },
		{ 0x3018, BIT(28) | BIT(0) },
		{ 0x301c, rocket_conv_out_size(conv) },
		{ 0x3020, conv->kernels - 1 },
		{ 0x3024, 0 },
	};

	return rocket_rk3576_write(at, writes, ARRAY_SIZE(writes));
}

/*
 * The output stage: a bias and a factor for each channel, scale and offset. Each part has
 * bounds, which cut nothing off.
 */
static __le64 *rocket_rk3576_put_dpu(__le64 *at, const struct rocket_conv *conv)
{
	u32 size = rocket_conv_out_size(conv), last = conv->kernels - 1;
	u32 surface = rocket_conv_out_bytes(conv) / conv->kernels;
	const struct rocket_rk3576_write writes[] = {
		{ 0x4004, ROCKET_S_POINTER_PING_PONG },
		{ 0x400c, 0x40000004 },
		{ 0x4010, 0, 0x4014 },
		{ 0x4018, conv->out },
		{ 0x401c, surface },
		{ 0x4020, size & 0xffff },
		{ 0x4024, size >> 16 },
		{ 0x4028, 0 },
		{ 0x402c, last },
		{ 0x4030, last << 16 | 0x710 },
		{ 0x4034, size },
		{ 0x4038, 0x120080 },
		{ 0x403c, 0 },
		/* Per channel: times its factor, plus its bias */
		{ 0x4044, 1 },
		{ 0x4048, S32_MIN }, { 0x404c, S32_MAX },
		{ 0x4050, 0x80011111 },
		/* Bypassed, with all of their parts */
		{ 0x4058, S32_MIN }, { 0x405c, S32_MAX },
		{ 0x4060, 0x903 },
		{ 0x406c, S32_MIN }, { 0x4070, S32_MAX },
		{ 0x4074, S32_MIN }, { 0x4078, S32_MAX },
		{ 0x407c, 0x10041c1 },
		{ 0x4080, 0 },
		{ 0x4084, 1 },
		{ 0x4088, S32_MIN }, { 0x408c, S32_MAX },
		{ 0x4090, 0, 0x4094 },
		{ 0x409c, 0 },
		{ 0x40a4, S32_MIN }, { 0x40a8, S32_MAX },
		/* Offset, scale, shift */
		{ 0x40ac, conv->offset },
		{ 0x40b0, BIT(14) },
		{ 0x40b4, 14 + conv->shift },
		/* From the last row of two surfaces to the first of the next two */
		{ 0x40b8, surface },
		{ 0x40bc, 0 },
		{ 0x40c0, 0x4440100 },
		{ 0x40c8, 0, 0x40cc },
		{ 0x40d0, 0x40ffff },
		/* Tables */
		{ 0x4100, 0, 0x4120 },
		{ 0x4130, 0 },
		{ 0x4140, 0, 0x4154 },
		{ 0x4160, 0 },
		{ 0x4170, 0, 0x4174 },
		{ 0x4184, 0, 0x4194 },
	};

	return rocket_rk3576_write(at, writes, ARRAY_SIZE(writes));
}

static __le64 *rocket_rk3576_put_rdma(__le64 *at, const struct rocket_conv *conv)
{
	u32 operands = conv->kernels / ROCKET_RK3576_GROUP * ROCKET_RK3576_GROUP_BYTES;
	u32 size = rocket_conv_out_size(conv);
	const struct rocket_rk3576_write writes[] = {
		{ 0x5004, ROCKET_S_POINTER_PING_PONG },
		{ 0x500c, size & 0xffff },
		{ 0x5010, size >> 16 },
		{ 0x5014, conv->kernels - 1 },
		{ 0x5018, 0 },
		{ 0x501c, 0x710 },
		/* Operands, and by how much to shift sums, which is behind them */
		{ 0x5020, conv->bias },
		{ 0x5024, conv->bias + operands },
		{ 0x5028, 0, 0x5030 },
		/* No other operand */
		{ 0x5034, 0x41 },
		{ 0x5038, 0 },
		{ 0x5040, 0 },
		{ 0x5044, 0x40000010 },
		{ 0x5048, 0, 0x504c },
		{ 0x5064, 0 },
		{ 0x506c, 0 },
		{ 0x5078, 0, 0x507c },
	};

	return rocket_rk3576_write(at, writes, ARRAY_SIZE(writes));
}

/**
 * rocket_conv_emit_rk3576() - Write the command stream of a convolution.
 * @conv: The convolution: one with @taps of 1 and without @tables.
 * @to: Room for ROCKET_CONV_COMMANDS_MAX commands.
 *
 * Return: How many commands it is, always the same; 0 when this SoC has no such stream.
 */
unsigned int rocket_conv_emit_rk3576(const struct rocket_conv *conv, __le64 *to)
{
	__le64 *at = to;

	if (conv->taps != 1 || conv->tables)
		return 0;

	at = rocket_rk3576_put_cna(at, conv);
	at = rocket_rk3576_put_core(at, conv);
	at = rocket_rk3576_put_dpu(at, conv);
	at = rocket_rk3576_put_rdma(at, conv);
	at = rocket_conv_put_end(at, conv, to, ROCKET_CONV_RK3576_COMMANDS);

	return at - to;
}

/**
 * rocket_conv_operands_rk3576() - Operands per channel that leave a sum as it is.
 * @to: Where they lie, zeroed.
 * @bytes: How much.
 */
void rocket_conv_operands_rk3576(void *to, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += ROCKET_RK3576_GROUP_BYTES) {
		__le16 *factors = to + at + ROCKET_RK3576_GROUP_FACTORS;

		for (int i = 0; i < ROCKET_RK3576_GROUP; i++)
			factors[i] = cpu_to_le16(1);
	}
}
