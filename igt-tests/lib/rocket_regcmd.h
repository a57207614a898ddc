/* SPDX-License-Identifier: MIT */
#ifndef ROCKET_REGCMD_H
#define ROCKET_REGCMD_H

/*
 * Register-command streams for int8 convolutions on the RK3588 NPU.
 *
 * A caller describes one convolution in struct rocket_conv, asks for the sizes
 * of its buffers, packs features, weights and biases into the order in which
 * the hardware reads them, and emits the stream that the program controller
 * (PC) executes.  Nothing here allocates, and nothing depends on a driver: the
 * same two files serve guest programs, IGT tests and the host tests of the
 * virtual board.
 *
 * All tensors are signed int8, all zero points are in that domain.  A tensor
 * that an application holds as uint8 is turned into it by subtracting 128 from
 * elements and zero point.  The convolution computed is
 *
 *   acc  = bias + sum((in - in_zero) * (weight - weight_zero))
 *   acc += ((add - add_zero) * add_scale) >> add_shift     (element-wise add)
 *   out  = saturate(out_zero + ((acc * out_scale) >> out_shift))
 *
 * where a padded element counts as in_zero and every >> rounds to nearest, exact
 * halves to the even neighbour (the setting of the hardware's rounding bits that
 * Mesa uses).
 *
 * Facts about registers and layouts come from the kernel's rocket_registers.h
 * and from what Mesa's rocket driver (src/gallium/drivers/rocket) programs.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Channels in one feature atom: features lie as [channel / 16][y][x][16]. */
#define ROCKET_FEATURE_ATOM	16u
/* Output channels that lie together in the weights of a regular convolution. */
#define ROCKET_WEIGHT_ATOM	32u
/* The convolution buffer (CBUF): 12 banks of 512 entries of 64 bytes. */
#define ROCKET_CBUF_BANKS	12u
#define ROCKET_CBUF_BANK_ENTRIES	512u
#define ROCKET_CBUF_ENTRY_BYTES	64u

/* Number of u64 entries in every stream that rocket_conv_emit() writes. */
#define ROCKET_CONV_ENTRIES	126u
/*
 * Bytes to reserve for such a stream: the PC fetches entries by the cache line,
 * so streams in one buffer are placed at multiples of 64.
 */
#define ROCKET_CONV_STREAM_BYTES	((ROCKET_CONV_ENTRIES * 8u + 63u) / 64u * 64u)

/* Targets of stream entries, bits 63:48. */
enum rocket_target {
	ROCKET_TARGET_FENCE	= 0x0041,	/* wait before op-enable */
	ROCKET_TARGET_BROADCAST	= 0x0081,	/* op-enable of several blocks */
	ROCKET_TARGET_PC	= 0x0101,
	ROCKET_TARGET_CNA	= 0x0201,
	ROCKET_TARGET_CORE	= 0x0801,
	ROCKET_TARGET_DPU	= 0x1001,
	ROCKET_TARGET_DPU_RDMA	= 0x2001,
	ROCKET_TARGET_PPU	= 0x4001,
	ROCKET_TARGET_PPU_RDMA	= 0x8001,
};

/**
 * struct rocket_conv - one int8 convolution
 *
 * Zero-initialise it, fill in the shape, quantisation and addresses; what stays
 * zero is off.  All addresses are NPU addresses (IOVAs), multiples of 16 bytes.
 */
struct rocket_conv {
	/** @in_width: columns of the input, 1..2047 */
	unsigned int in_width;
	/** @in_height: rows of the input, 1..2047 */
	unsigned int in_height;
	/**
	 * @in_channels: channels of the input, 1..8192.  1 selects the
	 * hardware's single-channel mode, which reads unsigned bytes, rows
	 * packed tightly but at least 16 bytes long.
	 */
	unsigned int in_channels;
	/** @out_channels: channels of the output, 1..8160; with @depthwise the same as @in_channels */
	unsigned int out_channels;
	/** @kernel_width: columns of the kernel, 1..31 */
	unsigned int kernel_width;
	/** @kernel_height: rows of the kernel, 1..31 */
	unsigned int kernel_height;
	/** @stride_x: horizontal step, 1..7 */
	unsigned int stride_x;
	/** @stride_y: vertical step, 1..7 */
	unsigned int stride_y;
	/** @pad_left: padding columns before the first, 0..15, less than @kernel_width as all padding */
	unsigned int pad_left;
	/** @pad_top: padding rows before the first, 0..15 */
	unsigned int pad_top;
	/** @pad_right: padding columns behind the last, 0..15; follows from the output's width in hardware */
	unsigned int pad_right;
	/** @pad_bottom: padding rows behind the last, 0..15 */
	unsigned int pad_bottom;
	/** @depthwise: one filter per channel instead of one per pair of channels; needs 2 channels or more */
	bool depthwise;

	/** @in_zero: zero point of the input, also the value of padding */
	int8_t in_zero;
	/** @weight_zero: zero point of the weights */
	int8_t weight_zero;
	/** @out_zero: zero point of the output */
	int8_t out_zero;
	/** @out_scale: multiplier of the accumulator, 1..32767; see rocket_quantize() */
	unsigned int out_scale;
	/** @out_shift: bits the product is shifted right, 0..62 */
	unsigned int out_shift;
	/**
	 * @truncate: bits the sum is shifted right (with rounding) before the
	 * bias is added, 0..31.  Makes room in the 32 bits behind the
	 * accumulator; the caller lowers @out_shift by as much.
	 */
	unsigned int truncate;

	/** @add: add the tensor at @add_addr, which has the shape and layout of the output */
	bool add;
	/** @add_zero: zero point of the added tensor */
	int8_t add_zero;
	/** @add_scale: multiplier that brings it to the accumulator's scale, 1..32767 */
	unsigned int add_scale;
	/** @add_shift: bits that product is shifted right, 0..62 */
	unsigned int add_shift;

	/** @in_addr: features, rocket_conv_input_size() bytes */
	uint32_t in_addr;
	/** @weight_addr: weights, rocket_conv_weights_size() bytes */
	uint32_t weight_addr;
	/** @bias_addr: biases, rocket_conv_bias_size() bytes */
	uint32_t bias_addr;
	/** @out_addr: output, rocket_conv_output_size() bytes */
	uint32_t out_addr;
	/** @add_addr: added tensor, rocket_conv_output_size() bytes */
	uint32_t add_addr;
};

/**
 * struct rocket_conv_task - the rows of a convolution that one task computes
 *
 * rocket_conv_split() fills it.  The reuse bits and the chain are the caller's:
 * a stream is complete only for the task that it is emitted for.
 */
struct rocket_conv_task {
	/** @in_row: first input row that the task reads */
	unsigned int in_row;
	/** @in_rows: number of input rows */
	unsigned int in_rows;
	/** @out_row: first output row that the task writes */
	unsigned int out_row;
	/** @out_rows: number of output rows */
	unsigned int out_rows;
	/** @pad_top: padding rows above @in_row */
	unsigned int pad_top;
	/** @data_banks: CBUF banks for features, 1..11; the rest is for weights */
	unsigned int data_banks;
	/** @data_reuse: do not fetch features, compute with what CBUF holds */
	bool data_reuse;
	/** @weight_reuse: do not fetch weights, compute with what CBUF holds */
	bool weight_reuse;
	/** @next_addr: IOVA of the stream that the PC runs behind this one; 0: the chain ends */
	uint32_t next_addr;
};

/**
 * rocket_regcmd() - one stream entry
 * @target: block, enum rocket_target
 * @reg: register, offset in the core's window
 * @value: value to write
 */
static inline uint64_t rocket_regcmd(unsigned int target, unsigned int reg, uint32_t value)
{
	return (uint64_t)(target & 0xffff) << 48 | (uint64_t)value << 16 | (reg & 0xffff);
}

/**
 * rocket_regcmd_amount() - what PC_REGISTER_AMOUNTS holds for a stream
 * @entries: number of u64 entries, at least 1
 *
 * The PC fetches entries in pairs and counts from zero.
 */
static inline uint32_t rocket_regcmd_amount(unsigned int entries)
{
	return (entries + 1) / 2 - 1;
}

/** rocket_conv_out_width() - columns of the output; 0 when the kernel does not fit */
static inline unsigned int rocket_conv_out_width(const struct rocket_conv *c)
{
	unsigned int padded = c->in_width + c->pad_left + c->pad_right;

	return padded < c->kernel_width || !c->stride_x ? 0 :
		(padded - c->kernel_width) / c->stride_x + 1;
}

/** rocket_conv_out_height() - rows of the output; 0 when the kernel does not fit */
static inline unsigned int rocket_conv_out_height(const struct rocket_conv *c)
{
	unsigned int padded = c->in_height + c->pad_top + c->pad_bottom;

	return padded < c->kernel_height || !c->stride_y ? 0 :
		(padded - c->kernel_height) / c->stride_y + 1;
}

/**
 * rocket_conv_check() - whether the hardware's fields can hold a convolution
 * @c: the convolution
 *
 * Return: 0; -EINVAL for a description that makes no sense (a zero size, a
 * depthwise one with different channel counts, a misaligned address, padding as
 * large as the kernel, an output without elements); -ERANGE for a value that its register field cannot hold;
 * -EOPNOTSUPP for an element-wise add of fewer than 12 output pixels, whose
 * strides nobody has understood; -E2BIG when the input rows of a single output
 * row do not fit in CBUF.
 */
int rocket_conv_check(const struct rocket_conv *c);

/** rocket_conv_input_size() - bytes of the packed input */
size_t rocket_conv_input_size(const struct rocket_conv *c);
/** rocket_conv_weights_size() - bytes of the packed weights */
size_t rocket_conv_weights_size(const struct rocket_conv *c);
/** rocket_conv_bias_size() - bytes of the packed biases, a multiple of 128 */
size_t rocket_conv_bias_size(const struct rocket_conv *c);
/**
 * rocket_conv_output_size() - bytes to reserve for the output
 *
 * Only the first ceil(out_channels / 16) surfaces carry results.  The hardware
 * counts output channels in steps of 32, or 64 when depthwise, so that many
 * surfaces are reserved behind out_addr.
 */
size_t rocket_conv_output_size(const struct rocket_conv *c);
/** rocket_conv_macs() - multiply-accumulates of the whole convolution by its real channel counts */
uint64_t rocket_conv_macs(const struct rocket_conv *c);

/**
 * rocket_conv_pack_input() - bring features into the hardware's order
 * @c: the convolution
 * @dst: rocket_conv_input_size() bytes
 * @src: features as [in_height][in_width][in_channels]
 *
 * Channels up to the next multiple of 16, and columns up to 16 in single-channel
 * mode, are filled with the zero point.
 */
void rocket_conv_pack_input(const struct rocket_conv *c, void *dst, const int8_t *src);

/**
 * rocket_conv_pack_weights() - bring weights into the hardware's order
 * @c: the convolution
 * @dst: rocket_conv_weights_size() bytes
 * @src: weights as [out_channels][kernel_height][kernel_width][in_channels],
 *       depthwise as [kernel_height][kernel_width][in_channels]
 */
void rocket_conv_pack_weights(const struct rocket_conv *c, void *dst, const int8_t *src);

/**
 * rocket_conv_pack_bias() - biases as the hardware adds them
 * @c: the convolution
 * @dst: rocket_conv_bias_size() bytes
 * @bias: one value per output channel, in units of input scale * weight scale; NULL for none
 * @weights: weights as for rocket_conv_pack_weights()
 *
 * The hardware knows nothing of the input's zero point but in padding, so its
 * share is constant per output channel and goes into the bias.
 *
 * Return: 0, or -ERANGE when a value does not fit in 32 bits.
 */
int rocket_conv_pack_bias(const struct rocket_conv *c, void *dst, const int32_t *bias,
			  const int8_t *weights);

/**
 * rocket_conv_pack_add() - bring the tensor to add into the hardware's order
 * @c: the convolution
 * @dst: rocket_conv_output_size() bytes
 * @src: tensor as [out_height][out_width][out_channels]
 */
void rocket_conv_pack_add(const struct rocket_conv *c, void *dst, const int8_t *src);

/**
 * rocket_conv_unpack_output() - read the output back
 * @c: the convolution
 * @dst: tensor as [out_height][out_width][out_channels]
 * @src: what the hardware wrote at out_addr
 */
void rocket_conv_unpack_output(const struct rocket_conv *c, int8_t *dst, const void *src);

/**
 * rocket_quantize() - a real factor as multiplier and shift
 * @real: factor, for the output: input scale * weight scale / output scale
 * @scale: multiplier, 16384..32767
 * @shift: shift to the right
 *
 * Return: 0, or -ERANGE unless 2^-48 <= real < 2^14.
 */
int rocket_quantize(double real, unsigned int *scale, unsigned int *shift);

/**
 * rocket_conv_split() - cut a convolution into tasks whose features fit in CBUF
 * @c: the convolution
 * @tasks: array to fill, may be NULL when @max is 0
 * @max: its length
 * @max_rows: upper limit of output rows per task, 0 for as many as fit
 *
 * One task when everything fits.  Tasks behind the first may set weight_reuse
 * when rocket_conv_weights_fit() says so and they run on the same core without
 * another task in between.
 *
 * Return: number of tasks needed, which may be more than @max (then only the
 * first @max are filled in), or what rocket_conv_check() returned.
 */
int rocket_conv_split(const struct rocket_conv *c, struct rocket_conv_task *tasks,
		      unsigned int max, unsigned int max_rows);

/**
 * rocket_conv_weights_fit() - whether all weights stay in CBUF during a task
 * @c: the convolution
 * @task: one of its tasks
 */
bool rocket_conv_weights_fit(const struct rocket_conv *c, const struct rocket_conv_task *task);

/**
 * rocket_conv_emit() - write the register-command stream of one task
 * @c: the convolution
 * @task: the task, NULL for the whole convolution in one task
 * @stream: array of u64 entries, little endian in memory
 * @max: its length, at least ROCKET_CONV_ENTRIES
 *
 * Return: ROCKET_CONV_ENTRIES; -ENOSPC when the stream does not fit in @max
 * entries or the features of the task not in its CBUF banks (split it);
 * -EINVAL for a task outside the convolution or with a misaligned next stream;
 * what rocket_conv_check() returned.
 */
int rocket_conv_emit(const struct rocket_conv *c, const struct rocket_conv_task *task,
		     uint64_t *stream, unsigned int max);

#ifdef __cplusplus
}
#endif

#endif
