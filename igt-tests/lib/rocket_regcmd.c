// SPDX-License-Identifier: MIT
/*
 * Register-command streams for int8 convolutions on the RK3588 NPU.
 *
 * Register numbers and fields: the kernel's drivers/accel/rocket/rocket_registers.h.
 * Which values a convolution needs, and the order of weights: what Mesa's rocket
 * driver programs (rkt_regcmd.c, rkt_task.c, rkt_coefs.c).
 */
#include <errno.h>
#include <string.h>

#include "rocket_stream.h"

enum {
	CNA_CONV_CON1		= 0x100c,
	CNA_CONV_CON2		= 0x1010,
	CNA_CONV_CON3		= 0x1014,
	CNA_DATA_SIZE0		= 0x1020,
	CNA_DATA_SIZE1		= 0x1024,
	CNA_DATA_SIZE2		= 0x1028,
	CNA_DATA_SIZE3		= 0x102c,
	CNA_WEIGHT_SIZE0	= 0x1030,
	CNA_WEIGHT_SIZE1	= 0x1034,
	CNA_WEIGHT_SIZE2	= 0x1038,
	CNA_CBUF_CON0		= 0x1040,
	CNA_CBUF_CON1		= 0x1044,
	CNA_CVT_CON0		= 0x104c,
	CNA_CVT_CON1		= 0x1050,
	CNA_FC_CON0		= 0x1060,
	CNA_FC_CON1		= 0x1064,
	CNA_PAD_CON0		= 0x1068,
	CNA_FEATURE_DATA_ADDR	= 0x1070,
	CNA_FC_CON2		= 0x1074,
	CNA_DMA_CON0		= 0x1078,
	CNA_DMA_CON1		= 0x107c,
	CNA_DMA_CON2		= 0x1080,
	CNA_FC_DATA_SIZE0	= 0x1084,
	CNA_FC_DATA_SIZE1	= 0x1088,
	CNA_DCOMP_CTRL		= 0x1100,
	CNA_DCOMP_REGNUM	= 0x1104,
	CNA_DCOMP_ADDR0		= 0x1110,
	CNA_DCOMP_AMOUNT0	= 0x1140,
	CNA_CVT_CON5		= 0x1180,
	CNA_PAD_CON1		= 0x1184,

	CORE_MISC_CFG		= 0x3010,
	CORE_DATAOUT_SIZE_0	= 0x3014,
	CORE_DATAOUT_SIZE_1	= 0x3018,
	CORE_CLIP_TRUNCATE	= 0x301c,
	CORE_UNNAMED_3030	= 0x3030,

	DPU_S_POINTER		= 0x4004,
	DPU_FEATURE_MODE_CFG	= 0x400c,
	DPU_DATA_FORMAT		= 0x4010,
	DPU_OFFSET_PEND		= 0x4014,
	DPU_DST_BASE_ADDR	= 0x4020,
	DPU_DST_SURF_STRIDE	= 0x4024,
	DPU_DATA_CUBE_WIDTH	= 0x4030,
	DPU_DATA_CUBE_HEIGHT	= 0x4034,
	DPU_DATA_CUBE_NOTCH	= 0x4038,
	DPU_DATA_CUBE_CHANNEL	= 0x403c,
	DPU_BS_CFG		= 0x4040,
	DPU_BS_ALU_CFG		= 0x4044,
	DPU_BS_MUL_CFG		= 0x4048,
	DPU_BS_RELUX_CMP	= 0x404c,
	DPU_BS_OW_CFG		= 0x4050,
	DPU_BS_OW_OP		= 0x4054,
	DPU_WDMA_SIZE_0		= 0x4058,
	DPU_WDMA_SIZE_1		= 0x405c,
	DPU_BN_CFG		= 0x4060,
	DPU_BN_ALU_CFG		= 0x4064,
	DPU_BN_MUL_CFG		= 0x4068,
	DPU_BN_RELUX_CMP	= 0x406c,
	DPU_EW_CFG		= 0x4070,
	DPU_EW_CVT_OFFSET	= 0x4074,
	DPU_EW_CVT_SCALE	= 0x4078,
	DPU_EW_RELUX_CMP	= 0x407c,
	DPU_OUT_CVT_OFFSET	= 0x4080,
	DPU_OUT_CVT_SCALE	= 0x4084,
	DPU_OUT_CVT_SHIFT	= 0x4088,
	DPU_EW_OP_VALUE_0	= 0x4090,
	DPU_SURFACE_ADD		= 0x40c0,
	DPU_UNNAMED_40C4	= 0x40c4,
	DPU_LUT_ACCESS_CFG	= 0x4100,
	DPU_LUT_LAST		= 0x412c,

	RDMA_S_POINTER		= 0x5004,
	RDMA_DATA_CUBE_WIDTH	= 0x500c,
	RDMA_DATA_CUBE_HEIGHT	= 0x5010,
	RDMA_DATA_CUBE_CHANNEL	= 0x5014,
	RDMA_SRC_BASE_ADDR	= 0x5018,
	RDMA_BRDMA_CFG		= 0x501c,
	RDMA_BS_BASE_ADDR	= 0x5020,
	RDMA_NRDMA_CFG		= 0x5028,
	RDMA_BN_BASE_ADDR	= 0x502c,
	RDMA_ERDMA_CFG		= 0x5034,
	RDMA_EW_BASE_ADDR	= 0x5038,
	RDMA_EW_SURF_STRIDE	= 0x5040,
	RDMA_FEATURE_MODE_CFG	= 0x5044,
	RDMA_SRC_DMA_CFG	= 0x5048,
	RDMA_SURF_NOTCH		= 0x504c,
	RDMA_PAD_CFG		= 0x5064,
	RDMA_WEIGHT		= 0x5068,
	RDMA_EW_SURF_NOTCH	= 0x506c,
};

/* Smallest line of the single-channel mode, bytes. */
#define SINGLE_LINE_MIN		16u
/* Depthwise weights lie in groups of 64 channels. */
#define DEPTHWISE_GROUP		64u
/* Data banks when the weights exceed CBUF and are streamed through the rest. */
#define STREAMED_DATA_BANKS	7u
#define MIN_ADD_PIXELS		12u

static unsigned int max_uint(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

static unsigned int min_uint(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static unsigned int align(unsigned int value, unsigned int to)
{
	return (value + to - 1) / to * to;
}

static unsigned int div_up(unsigned int value, unsigned int by)
{
	return (value + by - 1) / by;
}

static bool single_channel(const struct rocket_conv *c)
{
	return c->in_channels == 1;
}

/* Input channels as the CNA counts them. */
static unsigned int hw_in_channels(const struct rocket_conv *c)
{
	return align(c->in_channels, ROCKET_FEATURE_ATOM);
}

/* Output channels as CORE and DPU count them. */
static unsigned int hw_out_channels(const struct rocket_conv *c)
{
	return align(c->out_channels, c->depthwise ? 64 : 32);
}

/* Kernels as the CNA counts them: pairs, and a depthwise layer is one kernel. */
static unsigned int hw_kernels(const struct rocket_conv *c)
{
	return c->depthwise ? 1 : align(c->out_channels, 2);
}

static unsigned int hw_in_width(const struct rocket_conv *c)
{
	return single_channel(c) ? max_uint(c->in_width, SINGLE_LINE_MIN) : c->in_width;
}

/* Bytes from one input row to the next within a surface. */
static unsigned int in_line_bytes(const struct rocket_conv *c)
{
	return single_channel(c) ? hw_in_width(c) : c->in_width * ROCKET_FEATURE_ATOM;
}

static unsigned int kernel_bytes(const struct rocket_conv *c)
{
	return c->kernel_width * c->kernel_height * hw_in_channels(c);
}

/*
 * CBUF entries that one input row takes.  Four atoms share an entry; a rest of
 * three atoms per pixel takes as much as one of four, because three do not tile an
 * entry.  Silicon computes wrong values where a task counts less.
 */
static unsigned int entries_per_row(const struct rocket_conv *c)
{
	const unsigned int per_entry = ROCKET_CBUF_ENTRY_BYTES / ROCKET_FEATURE_ATOM;
	unsigned int atoms = div_up(c->in_channels, ROCKET_FEATURE_ATOM);
	unsigned int rest = atoms % per_entry;

	return atoms / per_entry * c->in_width +
		(rest == 3 ? c->in_width : div_up(rest * c->in_width, per_entry));
}

/* CBUF_CON1's count: entries of a row, pixels of a task if single-channel. */
static unsigned int data_entries(const struct rocket_conv *c, unsigned int rows)
{
	return single_channel(c) ? hw_in_width(c) * rows : entries_per_row(c);
}

static unsigned int banks_for_rows(const struct rocket_conv *c, unsigned int rows)
{
	return div_up(entries_per_row(c) * rows, ROCKET_CBUF_BANK_ENTRIES);
}

/* Banks that hold all weights, one of them spare as in Mesa. */
static unsigned int banks_for_weights(const struct rocket_conv *c)
{
	uint64_t entries = ((uint64_t)kernel_bytes(c) * (c->depthwise ? 1 : c->out_channels) +
			    ROCKET_CBUF_ENTRY_BYTES - 1) / ROCKET_CBUF_ENTRY_BYTES;
	uint64_t banks = (entries + ROCKET_CBUF_BANK_ENTRIES - 1) / ROCKET_CBUF_BANK_ENTRIES + 1;

	return banks > ROCKET_CBUF_BANKS ? ROCKET_CBUF_BANKS + 1 : (unsigned int)banks;
}

/* Banks that features may take at most. */
static unsigned int max_data_banks(const struct rocket_conv *c)
{
	unsigned int weights = banks_for_weights(c);

	return weights + 1 < ROCKET_CBUF_BANKS ? ROCKET_CBUF_BANKS - weights :
						 STREAMED_DATA_BANKS;
}

/* Input rows that a number of output rows spans, padding included. */
static unsigned int window_rows(const struct rocket_conv *c, unsigned int out_rows)
{
	return (out_rows - 1) * c->stride_y + c->kernel_height;
}

static bool in_range(unsigned int value, unsigned int low, unsigned int high)
{
	return value >= low && value <= high;
}

static int check_sense(const struct rocket_conv *c)
{
	uint32_t addresses = c->in_addr | c->weight_addr | c->bias_addr | c->out_addr |
			     (c->add ? c->add_addr : 0);

	if (!c->in_width || !c->in_height || !c->in_channels || !c->out_channels ||
	    !c->kernel_width || !c->kernel_height || !c->stride_x || !c->stride_y)
		return -EINVAL;
	if (c->depthwise && (c->in_channels != c->out_channels || single_channel(c)))
		return -EINVAL;
	/* A window that lies in the padding alone would read nothing. */
	if (max_uint(c->pad_left, c->pad_right) >= c->kernel_width ||
	    max_uint(c->pad_top, c->pad_bottom) >= c->kernel_height)
		return -EINVAL;
	if (!rocket_conv_out_width(c) || !rocket_conv_out_height(c))
		return -EINVAL;

	return addresses % 16 ? -EINVAL : 0;
}

static int check_fields(const struct rocket_conv *c)
{
	if (c->in_width > 2047 || c->in_height > 2047 || c->in_channels > 8192 ||
	    c->out_channels > 8160)
		return -ERANGE;
	if (c->kernel_width > 31 || c->kernel_height > 31 || c->stride_x > 7 || c->stride_y > 7)
		return -ERANGE;
	if (c->pad_left > 15 || c->pad_top > 15 || c->pad_right > 15 || c->pad_bottom > 15)
		return -ERANGE;
	if (!in_range(c->out_scale, 1, 32767) || c->out_shift > 62 || c->truncate > 31)
		return -ERANGE;
	if (c->add && (!in_range(c->add_scale, 1, 32767) || c->add_shift > 62))
		return -ERANGE;
	if (rocket_conv_out_width(c) > 2047 || rocket_conv_out_height(c) > 2047)
		return -ERANGE;
	if (kernel_bytes(c) > 0x7ffff || data_entries(c, 1) > 0x3fff)
		return -ERANGE;

	return 0;
}

int rocket_conv_check(const struct rocket_conv *c)
{
	int ret;

	ret = check_sense(c);
	if (ret)
		return ret;
	ret = check_fields(c);
	if (ret)
		return ret;
	if (c->add && rocket_conv_out_width(c) * rocket_conv_out_height(c) < MIN_ADD_PIXELS)
		return -EOPNOTSUPP;
	if (banks_for_rows(c, min_uint(c->kernel_height, c->in_height)) > max_data_banks(c))
		return -E2BIG;

	return 0;
}

size_t rocket_conv_input_size(const struct rocket_conv *c)
{
	size_t surfaces = single_channel(c) ? 1 : div_up(c->in_channels, ROCKET_FEATURE_ATOM);

	return surfaces * c->in_height * in_line_bytes(c);
}

size_t rocket_conv_weights_size(const struct rocket_conv *c)
{
	return (size_t)kernel_bytes(c) * hw_kernels(c);
}

size_t rocket_conv_bias_size(const struct rocket_conv *c)
{
	return hw_out_channels(c) * sizeof(int32_t);
}

size_t rocket_conv_output_size(const struct rocket_conv *c)
{
	return (size_t)rocket_conv_out_width(c) * rocket_conv_out_height(c) * hw_out_channels(c);
}

uint64_t rocket_conv_macs(const struct rocket_conv *c)
{
	return (uint64_t)rocket_conv_out_width(c) * rocket_conv_out_height(c) *
		c->kernel_width * c->kernel_height * c->out_channels *
		(c->depthwise ? 1 : c->in_channels);
}

/* [y][x][channel] to [channel / 16][y][x][16], with a value for lanes that have no channel. */
static void pack_features(uint8_t *dst, const int8_t *src, unsigned int pixels,
			  unsigned int channels, int8_t fill)
{
	unsigned int group, pixel, lane;

	for (group = 0; group < div_up(channels, ROCKET_FEATURE_ATOM); group++) {
		for (pixel = 0; pixel < pixels; pixel++) {
			for (lane = 0; lane < ROCKET_FEATURE_ATOM; lane++) {
				unsigned int channel = group * ROCKET_FEATURE_ATOM + lane;

				*dst++ = (uint8_t)(channel < channels ?
					src[(size_t)pixel * channels + channel] : fill);
			}
		}
	}
}

/* The single-channel mode reads unsigned bytes and subtracts 128 itself. */
static void pack_single(const struct rocket_conv *c, uint8_t *dst, const int8_t *src)
{
	unsigned int x, y;

	for (y = 0; y < c->in_height; y++)
		for (x = 0; x < hw_in_width(c); x++)
			*dst++ = (uint8_t)((x < c->in_width ? src[y * c->in_width + x] :
					    c->in_zero) + 128);
}

void rocket_conv_pack_input(const struct rocket_conv *c, void *dst, const int8_t *src)
{
	if (single_channel(c))
		pack_single(c, dst, src);
	else
		pack_features(dst, src, c->in_width * c->in_height, c->in_channels, c->in_zero);
}

void rocket_conv_pack_add(const struct rocket_conv *c, void *dst, const int8_t *src)
{
	unsigned int pixels = rocket_conv_out_width(c) * rocket_conv_out_height(c);

	memset(dst, 0, rocket_conv_output_size(c));
	pack_features(dst, src, pixels, c->out_channels, c->add_zero);
}

void rocket_conv_unpack_output(const struct rocket_conv *c, int8_t *dst, const void *src)
{
	size_t pixels = (size_t)rocket_conv_out_width(c) * rocket_conv_out_height(c);
	const int8_t *from = src;
	unsigned int channel;
	size_t pixel;

	for (pixel = 0; pixel < pixels; pixel++) {
		for (channel = 0; channel < c->out_channels; channel++) {
			size_t atom = channel / ROCKET_FEATURE_ATOM * pixels + pixel;

			*dst++ = from[atom * ROCKET_FEATURE_ATOM + channel % ROCKET_FEATURE_ATOM];
		}
	}
}

/* Weight of one tap; lanes without a channel hold the zero point, which counts as nothing. */
static uint8_t weight_at(const struct rocket_conv *c, const int8_t *src, unsigned int kernel,
			 unsigned int tap, unsigned int channel)
{
	size_t taps = (size_t)c->kernel_width * c->kernel_height;

	if (!c->depthwise && kernel >= c->out_channels)
		return 0;
	if (channel >= c->in_channels)
		return (uint8_t)c->weight_zero;

	return (uint8_t)src[((size_t)kernel * taps + tap) * c->in_channels + channel];
}

/*
 * [kernel / 32][channel / group][tap][kernel % 32][channel % group], where the
 * last group of either is as short as it can be: kernels in pairs, channels in
 * multiples of 16.  The group is 32 channels, or 64 of a depthwise layer.
 */
void rocket_conv_pack_weights(const struct rocket_conv *c, void *dst, const int8_t *src)
{
	const unsigned int group = c->depthwise ? DEPTHWISE_GROUP : ROCKET_WEIGHT_ATOM;
	const unsigned int taps = c->kernel_width * c->kernel_height;
	unsigned int kernels = hw_kernels(c), channels = hw_in_channels(c);
	unsigned int k0, c0, tap, k, ch;
	uint8_t *out = dst;

	for (k0 = 0; k0 < kernels; k0 += ROCKET_WEIGHT_ATOM)
		for (c0 = 0; c0 < channels; c0 += group)
			for (tap = 0; tap < taps; tap++)
				for (k = k0; k < min_uint(k0 + ROCKET_WEIGHT_ATOM, kernels); k++)
					for (ch = c0; ch < min_uint(c0 + group, channels); ch++)
						*out++ = weight_at(c, src, k, tap, ch);
}

/* Sum of (weight - weight_zero) over everything that one output channel reads. */
static int64_t weight_sum(const struct rocket_conv *c, const int8_t *weights, unsigned int oc)
{
	size_t taps = (size_t)c->kernel_width * c->kernel_height;
	size_t count = c->depthwise ? taps : taps * c->in_channels;
	const int8_t *w = weights + (c->depthwise ? oc : oc * count);
	size_t step = c->depthwise ? c->in_channels : 1;
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < count; i++)
		sum += w[i * step] - c->weight_zero;

	return sum;
}

static void store_le32(uint8_t *dst, uint32_t value)
{
	dst[0] = (uint8_t)value;
	dst[1] = (uint8_t)(value >> 8);
	dst[2] = (uint8_t)(value >> 16);
	dst[3] = (uint8_t)(value >> 24);
}

int rocket_conv_pack_bias(const struct rocket_conv *c, void *dst, const int32_t *bias,
			  const int8_t *weights)
{
	uint8_t *out = dst;
	unsigned int oc;

	memset(dst, 0, rocket_conv_bias_size(c));
	for (oc = 0; oc < c->out_channels; oc++) {
		int64_t value = (bias ? bias[oc] : 0) - c->in_zero * weight_sum(c, weights, oc);

		value /= (int64_t)1 << c->truncate;
		if (value < INT32_MIN || value > INT32_MAX)
			return -ERANGE;
		store_le32(out + oc * 4, (uint32_t)value);
	}

	return 0;
}

int rocket_quantize(double real, unsigned int *scale, unsigned int *shift)
{
	int bits = 14;

	if (!(real >= 1.0 / ((uint64_t)1 << 48)) || real >= 16384.0)
		return -ERANGE;
	for (; real >= 2.0; real /= 2.0)
		bits--;
	for (; real < 1.0; real *= 2.0)
		bits++;

	*scale = (unsigned int)(real * 16384.0 + 0.5);
	if (*scale > 32767) {
		*scale = 16384;
		bits--;
	}
	if (bits < 0)
		return -ERANGE;
	*shift = (unsigned int)bits;

	return 0;
}

static void whole_task(const struct rocket_conv *c, struct rocket_conv_task *t)
{
	memset(t, 0, sizeof(*t));
	t->in_rows = c->in_height;
	t->out_rows = rocket_conv_out_height(c);
	t->pad_top = c->pad_top;
	t->data_banks = banks_for_rows(c, t->in_rows);
}

/* The task that computes @rows output rows from row @first on. */
static void rows_task(const struct rocket_conv *c, struct rocket_conv_task *t,
		      unsigned int first, unsigned int rows)
{
	unsigned int top = first * c->stride_y;
	unsigned int end = top + window_rows(c, rows);

	memset(t, 0, sizeof(*t));
	t->out_row = first;
	t->out_rows = rows;
	t->pad_top = c->pad_top > top ? c->pad_top - top : 0;
	t->in_row = top > c->pad_top ? top - c->pad_top : 0;
	end = end > c->pad_top ? end - c->pad_top : 0;
	t->in_rows = min_uint(end, c->in_height) - min_uint(t->in_row, c->in_height);
	t->data_banks = max_data_banks(c);
}

int rocket_conv_split(const struct rocket_conv *c, struct rocket_conv_task *tasks,
		      unsigned int max, unsigned int max_rows)
{
	unsigned int height, fit, done, rows, count = 0;
	struct rocket_conv_task task;
	int ret;

	ret = rocket_conv_check(c);
	if (ret)
		return ret;

	height = rocket_conv_out_height(c);
	whole_task(c, &task);
	if (task.data_banks <= max_data_banks(c) && (!max_rows || max_rows >= height)) {
		if (max)
			tasks[0] = task;
		return 1;
	}

	/* Padding rows take no room, but counting them keeps every task alike. */
	fit = max_data_banks(c) * ROCKET_CBUF_BANK_ENTRIES / entries_per_row(c);
	rows = fit > c->kernel_height ? (fit - c->kernel_height) / c->stride_y + 1 : 1;
	if (max_rows)
		rows = min_uint(rows, max_rows);

	for (done = 0; done < height; done += rows, count++) {
		rows_task(c, &task, done, min_uint(rows, height - done));
		if (count < max)
			tasks[count] = task;
	}

	return (int)count;
}

bool rocket_conv_weights_fit(const struct rocket_conv *c, const struct rocket_conv_task *task)
{
	return rocket_conv_weights_size(c) <= (size_t)(ROCKET_CBUF_BANKS - task->data_banks) *
		ROCKET_CBUF_BANK_ENTRIES * ROCKET_CBUF_ENTRY_BYTES;
}

static uint32_t cbuf_con0(const struct rocket_conv_task *t)
{
	return (uint32_t)t->weight_reuse << 13 | (uint32_t)t->data_reuse << 12 |
		(ROCKET_CBUF_BANKS - t->data_banks) << 4 | t->data_banks;
}

static void emit_cna_mode(struct rocket_stream *s, const struct rocket_conv *c,
			  const struct rocket_conv_task *t)
{
	uint32_t con1 = c->depthwise ? 3 : 0;

	/* NONALIGN_DMA, GROUP_LINE_OFF, and an ARGB_IN of 8: one byte per pixel */
	if (single_channel(c))
		con1 |= 1u << 30 | 1u << 29 | 8u << 12;

	rocket_stream_set(s, CNA_CBUF_CON0, cbuf_con0(t));
	rocket_stream_set(s, CNA_DCOMP_REGNUM, 0);
	rocket_stream_set(s, CNA_DCOMP_CTRL, 0);
	rocket_stream_set(s, CNA_CONV_CON1, con1);
	rocket_stream_set(s, DPU_S_POINTER, ROCKET_STREAM_PING_PONG);
	rocket_stream_set(s, RDMA_S_POINTER, ROCKET_STREAM_PING_PONG);
	/* FEATURE_GRAINS: rows fetched ahead, Mesa's 51 + stride */
	rocket_stream_set(s, CNA_CONV_CON2, (51 + c->stride_y) << 4);
	rocket_stream_set(s, CNA_CONV_CON3, c->stride_y << 3 | c->stride_x);
}

static void emit_cna_sizes(struct rocket_stream *s, const struct rocket_conv *c,
			   const struct rocket_conv_task *t)
{
	unsigned int width = rocket_conv_out_width(c);

	rocket_stream_set(s, CNA_DATA_SIZE0, hw_in_width(c) << 16 | t->in_rows);
	rocket_stream_set(s, CNA_DATA_SIZE1, (c->in_channels - 1) << 16 | hw_in_channels(c));
	rocket_stream_set(s, CNA_DATA_SIZE2, width);
	rocket_stream_set(s, CNA_DATA_SIZE3, width * t->out_rows);
	rocket_stream_set(s, CNA_WEIGHT_SIZE0, (uint32_t)rocket_conv_weights_size(c));
	rocket_stream_set(s, CNA_WEIGHT_SIZE1, kernel_bytes(c));
	rocket_stream_set(s, CNA_WEIGHT_SIZE2,
			  c->kernel_width << 24 | c->kernel_height << 16 | hw_kernels(c));
	rocket_stream_set(s, CNA_CBUF_CON1, data_entries(c, t->in_rows));
}

/*
 * Conversion of features on their way into CBUF: bypassed for int8, but the
 * single-channel mode turns unsigned bytes into signed ones, x * 2^14 >> 14
 * minus 128 in all four lanes of the converter.
 */
static void emit_cna_convert(struct rocket_stream *s, const struct rocket_conv *c)
{
	const uint32_t shift = 14, scale = 1u << shift, minus128 = 0xff80;
	unsigned int lane;

	if (single_channel(c))
		rocket_stream_set(s, CNA_CVT_CON0, shift << 22 | shift << 16 | shift << 10 | shift << 4);
	else
		rocket_stream_set(s, CNA_CVT_CON0, 1u << 3 | 1u << 1 | 1u << 0);

	for (lane = 0; lane < 4; lane++)
		rocket_stream_set(s, CNA_CVT_CON1 + 4 * lane,
				  single_channel(c) ? scale << 16 | minus128 : 1u << 16);
}

/*
 * Strides of the input: from row to row in 4-byte units, and what is left to
 * the next surface once four such steps are taken off, in 16-byte units, a
 * signed field.  The single-channel mode has one surface and counts bytes.
 */
static void emit_cna_strides(struct rocket_stream *s, const struct rocket_conv *c)
{
	int32_t line, surface;

	if (single_channel(c)) {
		line = (int32_t)in_line_bytes(c);
		surface = line * ((int32_t)c->in_height - 1);
	} else {
		line = (int32_t)in_line_bytes(c) / 4;
		surface = (int32_t)(c->in_width * c->in_height) - line;
	}
	rocket_stream_set(s, CNA_DMA_CON1, (uint32_t)line & 0x0fffffff);
	rocket_stream_set(s, CNA_DMA_CON2, (uint32_t)surface & 0x0fffffff);
}

static void emit_cna_fetch(struct rocket_stream *s, const struct rocket_conv *c,
			   const struct rocket_conv_task *t)
{
	rocket_stream_set(s, CNA_FC_CON0, 0);
	rocket_stream_set(s, CNA_FC_CON1, 0);
	rocket_stream_set(s, CNA_PAD_CON0, c->pad_left << 4 | t->pad_top);
	rocket_stream_set(s, CNA_FEATURE_DATA_ADDR, c->in_addr + t->in_row * in_line_bytes(c));
	rocket_stream_set(s, CNA_FC_CON2, 0);
	rocket_stream_set(s, CNA_DMA_CON0, 15u << 16 | 15u);
	emit_cna_strides(s, c);
	rocket_stream_set(s, CNA_FC_DATA_SIZE0, c->in_width << 16 | t->in_rows);
	rocket_stream_set(s, CNA_FC_DATA_SIZE1, hw_in_channels(c));
	rocket_stream_set(s, CNA_DCOMP_ADDR0, c->weight_addr);
	rocket_stream_clear(s, CNA_DCOMP_AMOUNT0, CNA_DCOMP_AMOUNT0 + 15 * 4);
	rocket_stream_set(s, CNA_CVT_CON5, single_channel(c) ? 0xffff : 0);
	/* Depthwise, silicon pads some channels with byte 1, others with byte 0. */
	rocket_stream_set(s, CNA_PAD_CON1, (uint8_t)c->in_zero * 0x01010101u);
}

static void emit_core(struct rocket_stream *s, const struct rocket_conv *c,
		      const struct rocket_conv_task *t)
{
	rocket_stream_set(s, CORE_MISC_CFG, (c->depthwise ? 1u << 1 : 0) | 1u << 0);
	rocket_stream_set(s, CORE_DATAOUT_SIZE_0,
			  (t->out_rows - 1) << 16 | (rocket_conv_out_width(c) - 1));
	rocket_stream_set(s, CORE_DATAOUT_SIZE_1, hw_out_channels(c) - 1);
	rocket_stream_set(s, CORE_CLIP_TRUNCATE, c->truncate);
	rocket_stream_set(s, CORE_UNNAMED_3030, 0);
}

static void emit_dpu_output(struct rocket_stream *s, const struct rocket_conv *c,
			    const struct rocket_conv_task *t)
{
	unsigned int width = rocket_conv_out_width(c);
	unsigned int surface = width * rocket_conv_out_height(c) * ROCKET_FEATURE_ATOM;

	/* Burst of 16, convolution output to memory */
	rocket_stream_set(s, DPU_FEATURE_MODE_CFG, 15u << 5 | (c->depthwise ? 3u << 3 : 0) | 2u << 1);
	rocket_stream_set(s, DPU_DATA_FORMAT, 0);
	rocket_stream_set(s, DPU_OFFSET_PEND, 0);
	rocket_stream_set(s, DPU_DST_BASE_ADDR, c->out_addr + t->out_row * width * ROCKET_FEATURE_ATOM);
	rocket_stream_set(s, DPU_DST_SURF_STRIDE, surface);
	rocket_stream_set(s, DPU_DATA_CUBE_WIDTH, width - 1);
	rocket_stream_set(s, DPU_DATA_CUBE_HEIGHT, t->out_rows - 1);
	rocket_stream_set(s, DPU_DATA_CUBE_NOTCH, 0);
	rocket_stream_set(s, DPU_DATA_CUBE_CHANNEL,
			  (c->out_channels - 1) << 16 | (hw_out_channels(c) - 1));
}

/* Bias (BS) on, batch normalisation (BN) bypassed. */
static void emit_dpu_bias(struct rocket_stream *s, const struct rocket_conv *c,
			  const struct rocket_conv_task *t)
{
	uint32_t size_e = c->depthwise ? 3 : 1;

	/* Add, operand from memory; no ReLU, no multiplication */
	rocket_stream_set(s, DPU_BS_CFG, 2u << 16 | 1u << 8 | 1u << 6 | 1u << 4);
	rocket_stream_clear(s, DPU_BS_ALU_CFG, DPU_BS_RELUX_CMP);
	rocket_stream_set(s, DPU_BS_OW_CFG, size_e << 8 | size_e << 5 | size_e << 2);
	/* Times the sum of the features under the kernel: the weights' zero point */
	rocket_stream_set(s, DPU_BS_OW_OP, (uint32_t)-c->weight_zero & 0xffff);
	rocket_stream_set(s, DPU_WDMA_SIZE_0, hw_out_channels(c) - 1);
	rocket_stream_set(s, DPU_WDMA_SIZE_1, (t->out_rows - 1) << 16 | (rocket_conv_out_width(c) - 1));
	rocket_stream_set(s, DPU_BN_CFG, 1u << 6 | 1u << 4 | 1u << 1 | 1u << 0);
	rocket_stream_clear(s, DPU_BN_ALU_CFG, DPU_BN_RELUX_CMP);
}

static void emit_dpu_add(struct rocket_stream *s, const struct rocket_conv *c)
{
	if (c->add) {
		/* int8 operand from memory, offset before scale, add; no ReLU, no table */
		rocket_stream_set(s, DPU_EW_CFG, 1u << 31 | 1u << 28 | 1u << 22 | 2u << 16 |
				   1u << 9 | 1u << 7 | 1u << 6);
		rocket_stream_set(s, DPU_EW_CVT_OFFSET, (uint32_t)-c->add_zero);
		rocket_stream_set(s, DPU_EW_CVT_SCALE, c->add_shift << 16 | c->add_scale);
	} else {
		rocket_stream_set(s, DPU_EW_CFG, 1u << 9 | 1u << 8 | 1u << 7 | 1u << 1 | 1u << 0);
		rocket_stream_set(s, DPU_EW_CVT_OFFSET, 0);
		rocket_stream_set(s, DPU_EW_CVT_SCALE, 1);
	}
	rocket_stream_set(s, DPU_EW_RELUX_CMP, 0);
}

static void emit_dpu_convert(struct rocket_stream *s, const struct rocket_conv *c)
{
	unsigned int pixels = rocket_conv_out_width(c) * rocket_conv_out_height(c);

	rocket_stream_set(s, DPU_OUT_CVT_OFFSET, (uint32_t)(int32_t)c->out_zero);
	rocket_stream_set(s, DPU_OUT_CVT_SCALE, c->out_scale);
	rocket_stream_set(s, DPU_OUT_CVT_SHIFT, c->out_shift);
	rocket_stream_clear(s, DPU_EW_OP_VALUE_0, DPU_EW_OP_VALUE_0 + 7 * 4);
	/* Two surfaces ahead, four in a depthwise layer */
	rocket_stream_set(s, DPU_SURFACE_ADD, pixels * (c->depthwise ? 4 : 2) * ROCKET_FEATURE_ATOM);
	rocket_stream_set(s, DPU_UNNAMED_40C4, 0);
	rocket_stream_clear(s, DPU_LUT_ACCESS_CFG, DPU_LUT_LAST);
}

/*
 * The tensor to add comes in by two readers that take turns, the main one with
 * even surfaces and the element-wise one with odd ones; each skips the other's
 * surface (the notch), and the rows of its own that belong to other tasks.
 */
static void emit_rdma_add(struct rocket_stream *s, const struct rocket_conv *c,
			  const struct rocket_conv_task *t)
{
	unsigned int width = rocket_conv_out_width(c), height = rocket_conv_out_height(c);
	unsigned int surface = width * height;
	unsigned int notch = surface + width * (height - t->out_rows);
	uint32_t from = c->add_addr + t->out_row * width * ROCKET_FEATURE_ATOM;
	uint32_t mode = 15u << 11 | (c->depthwise ? 3u << 1 : 0);

	if (!c->add) {
		rocket_stream_set(s, RDMA_ERDMA_CFG, 1u << 0);
		rocket_stream_set(s, RDMA_EW_BASE_ADDR, 0);
		rocket_stream_set(s, RDMA_EW_SURF_STRIDE, 0);
		rocket_stream_set(s, RDMA_FEATURE_MODE_CFG, mode | 1u << 4);
		rocket_stream_set(s, RDMA_SRC_DMA_CFG, 0);
		rocket_stream_set(s, RDMA_SURF_NOTCH, 0);
		rocket_stream_set(s, RDMA_EW_SURF_NOTCH, 0);
		return;
	}

	rocket_stream_set(s, RDMA_ERDMA_CFG, 1u << 30 | 1u << 2);
	rocket_stream_set(s, RDMA_EW_BASE_ADDR, from + surface * ROCKET_FEATURE_ATOM);
	rocket_stream_set(s, RDMA_EW_SURF_STRIDE, surface << 4);
	rocket_stream_set(s, RDMA_FEATURE_MODE_CFG, mode | 5u << 8);
	rocket_stream_set(s, RDMA_SRC_DMA_CFG, 0);
	rocket_stream_set(s, RDMA_SURF_NOTCH, notch << 4);
	rocket_stream_set(s, RDMA_EW_SURF_NOTCH, notch << 4);
}

static void emit_rdma(struct rocket_stream *s, const struct rocket_conv *c,
		      const struct rocket_conv_task *t)
{
	uint32_t row = t->out_row * rocket_conv_out_width(c) * ROCKET_FEATURE_ATOM;

	rocket_stream_set(s, RDMA_DATA_CUBE_WIDTH, rocket_conv_out_width(c) - 1);
	rocket_stream_set(s, RDMA_DATA_CUBE_HEIGHT, t->out_rows - 1);
	rocket_stream_set(s, RDMA_DATA_CUBE_CHANNEL, hw_out_channels(c) - 1);
	rocket_stream_set(s, RDMA_SRC_BASE_ADDR, c->add ? c->add_addr + row : 0);
	/* One operand per channel */
	rocket_stream_set(s, RDMA_BRDMA_CFG, 1u << 1);
	rocket_stream_set(s, RDMA_BS_BASE_ADDR, c->bias_addr);
	rocket_stream_set(s, RDMA_NRDMA_CFG, 0);
	rocket_stream_set(s, RDMA_BN_BASE_ADDR, 0);
	emit_rdma_add(s, c, t);
	rocket_stream_set(s, RDMA_PAD_CFG, 0);
	rocket_stream_set(s, RDMA_WEIGHT, 0x01010101);
}

static int check_task(const struct rocket_conv *c, const struct rocket_conv_task *t)
{
	unsigned int height = rocket_conv_out_height(c);

	if (!t->in_rows || !t->out_rows || t->next_addr % 16 || t->pad_top > 15)
		return -EINVAL;
	if (t->in_row >= c->in_height || t->in_rows > c->in_height - t->in_row)
		return -EINVAL;
	if (t->out_row >= height || t->out_rows > height - t->out_row)
		return -EINVAL;
	if (!in_range(t->data_banks, 1, ROCKET_CBUF_BANKS - 1))
		return -ENOSPC;

	return banks_for_rows(c, t->in_rows) > t->data_banks ? -ENOSPC : 0;
}

int rocket_conv_emit(const struct rocket_conv *c, const struct rocket_conv_task *task,
		     uint64_t *stream, unsigned int max)
{
	struct rocket_stream s = { .entries = stream, .max = max };
	struct rocket_conv_task t;
	int ret;

	ret = rocket_conv_check(c);
	if (ret)
		return ret;
	if (task)
		t = *task;
	else
		whole_task(c, &t);
	if (!task && t.data_banks > max_data_banks(c))
		return -ENOSPC;
	ret = check_task(c, &t);
	if (ret)
		return ret;

	emit_cna_mode(&s, c, &t);
	emit_cna_sizes(&s, c, &t);
	emit_cna_convert(&s, c);
	emit_cna_fetch(&s, c, &t);
	emit_core(&s, c, &t);
	emit_dpu_output(&s, c, &t);
	emit_dpu_bias(&s, c, &t);
	emit_dpu_add(&s, c);
	emit_dpu_convert(&s, c);
	emit_rdma(&s, c, &t);
	rocket_stream_end(&s, ROCKET_CONV_ENTRIES, t.next_addr);

	return s.count > max ? -ENOSPC : (int)s.count;
}
