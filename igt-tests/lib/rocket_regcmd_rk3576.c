// SPDX-License-Identifier: MIT
/*
 * Register-command streams for int8 convolutions on the RK3576: see the header for where
 * registers and constants come from.
 */
#include <errno.h>
#include <string.h>

#include "rocket_regcmd_rk3576.h"
#include "rocket_stream.h"

#define CHANNEL_STEP	32u

/* The buffer, in entries of 64 bytes: what is for features at least, and all of it. */
#define CBUF_FEATURES	4096u
#define CBUF_ENTRIES	7168u
#define CBUF_ENTRY_BYTES	64u
/* Kernels whose weights have to be in the buffer together. */
#define KERNELS_AT_ONCE	32u

/* Per 8 channels: s32 biases, s16 zero points of weights, s16 factors. */
#define GROUP_CHANNELS	8u
#define GROUP_BYTES	64u
#define GROUP_FACTORS	48u

struct write {
	uint16_t reg;
	uint32_t value;
};

static void set_all(struct rocket_stream *s, const struct write *writes, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		rocket_stream_set(s, writes[i].reg, writes[i].value);
}

#define SET_ALL(s, ...) do {							\
	const struct write writes[] = { __VA_ARGS__ };				\
										\
	set_all(s, writes, sizeof(writes) / sizeof(writes[0]));			\
} while (0)

static unsigned int kernel_bytes(const struct rocket_conv *c)
{
	return c->in_channels * c->kernel_width * c->kernel_height;
}

/* Buffer entries that a row of features takes. */
static unsigned int row_entries(const struct rocket_conv *c)
{
	return (c->in_width * c->in_channels + CBUF_ENTRY_BYTES - 1) / CBUF_ENTRY_BYTES;
}

/*
 * What the buffer has for features beyond CBUF_FEATURES: one of a few sizes. Returns
 * -ENOSPC when features and weights do not fit together.
 */
static int more_entries(const struct rocket_conv *c, const struct rocket_conv_task *t)
{
	static const unsigned int sizes[] = { 0, 256, 512, 1024, 2048 };
	unsigned int weights = KERNELS_AT_ONCE * kernel_bytes(c) / CBUF_ENTRY_BYTES;

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned int features = CBUF_FEATURES + sizes[i];

		if (row_entries(c) * t->in_rows <= features &&
		    features + weights <= CBUF_ENTRIES)
			return (int)sizes[i];
	}

	return -ENOSPC;
}

/* Padding behind the last element that the last step really reaches. */
static unsigned int trailing_pad(unsigned int out, unsigned int stride, unsigned int kernel,
				 unsigned int before, unsigned int in)
{
	unsigned int reach = (out - 1) * stride + kernel;

	return reach > before + in ? reach - before - in : 0;
}

int rocket_rk3576_check(const struct rocket_conv *c)
{
	if (c->in_channels % CHANNEL_STEP || c->out_channels % CHANNEL_STEP ||
	    c->depthwise || c->add || c->truncate || c->weight_zero)
		return -EOPNOTSUPP;

	return rocket_conv_check(c);
}

size_t rocket_rk3576_bias_size(const struct rocket_conv *c)
{
	/* One group more: by how much sums are shifted right, which is nothing. */
	return (c->out_channels / GROUP_CHANNELS + 1) * GROUP_BYTES;
}

static void store(uint8_t *to, uint32_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static int64_t weight_sum(const struct rocket_conv *c, const int8_t *weights, unsigned int oc)
{
	const int8_t *w = weights + (size_t)oc * kernel_bytes(c);
	int64_t sum = 0;

	for (unsigned int i = 0; i < kernel_bytes(c); i++)
		sum += w[i];

	return sum;
}

int rocket_rk3576_pack_bias(const struct rocket_conv *c, void *dst, const int32_t *bias,
			    const int8_t *weights)
{
	memset(dst, 0, rocket_rk3576_bias_size(c));
	for (unsigned int oc = 0; oc < c->out_channels; oc++) {
		int64_t value = (bias ? bias[oc] : 0) - c->in_zero * weight_sum(c, weights, oc);
		uint8_t *group = (uint8_t *)dst + oc / GROUP_CHANNELS * GROUP_BYTES;

		if (value < INT32_MIN || value > INT32_MAX)
			return -ERANGE;
		store(group + oc % GROUP_CHANNELS * 4, (uint32_t)value, 4);
		store(group + GROUP_FACTORS + oc % GROUP_CHANNELS * 2, 1, 2);
	}

	return 0;
}

static void emit_cna(struct rocket_stream *s, const struct rocket_conv *c,
		     const struct rocket_conv_task *t, unsigned int more)
{
	unsigned int width = rocket_conv_out_width(c);
	unsigned int entries = row_entries(c);
	uint32_t kernel = (c->kernel_width - 1) << 8 | (c->kernel_height - 1);
	uint32_t right = trailing_pad(width, c->stride_x, c->kernel_width, c->pad_left,
				      c->in_width);
	uint32_t bottom = trailing_pad(t->out_rows, c->stride_y, c->kernel_height,
				       t->pad_top, t->in_rows);
	bool window = t->in_rows < c->in_height;

	SET_ALL(s,
		/* int8, no depthwise; step; format, of which only bit 30 is known to count */
		{ 0x100c, 0 }, { 0x1010, 0xfff }, { 0x1014, c->stride_y << 3 | c->stride_x },
		{ 0x1018, window ? 0x40000505 : 0x40000404 },
		/* Weights: all, of one kernel; kernels */
		{ 0x101c, kernel_bytes(c) * c->out_channels }, { 0x1020, kernel_bytes(c) },
		{ 0x1024, kernel << 16 | (c->out_channels - 1) },
		/* Features, as they lie in the buffer, and as rows and columns */
		{ 0x1028, entries * t->in_rows << 16 | (c->in_channels - 1) },
		{ 0x102c, (c->in_width - 1) << 16 | (t->in_rows - 1) },
		{ 0x1030, 2 * kernel_bytes(c) << 16 | (width - 1) },
		{ 0x1034, width * t->out_rows - 1 }, { 0x1038, 7 },
		{ 0x103c, entries << 16 }, { 0x1040, 1u << 28 | more << 16 },
		{ 0x1044, c->in_width << 16 | entries },
		/* Nothing is converted: signed, bypassed, times one, plus nothing */
		{ 0x1048, 1u << 3 | 1u << 1 | 1u << 0 }, { 0x104c, 0x10001 }, { 0x1050, 0x10001 });
	rocket_stream_clear(s, 0x1054, 0x1074);
	SET_ALL(s,
		{ 0x1078, (c->in_width - 1) << 16 | (t->in_rows - 1) },
		{ 0x107c, c->in_channels - 1 },
		{ 0x1080, right << 24 | bottom << 16 | c->pad_left << 8 | t->pad_top },
		{ 0x1084, (uint32_t)(int32_t)c->in_zero },
		{ 0x1088, c->in_addr + t->in_row * c->in_width * ROCKET_FEATURE_ATOM },
		/* Bursts; from row to row by 4 bytes, from surface to surface by 16 */
		{ 0x108c, 15u << 16 | 15u }, { 0x1090, c->in_width * 4 },
		{ 0x1094, c->in_width * c->in_height },
		{ 0x1098, (c->in_width * t->in_rows + 3) / 4 * 4 }, { 0x109c, 0 },
		{ 0x1100, 0 }, { 0x1104, 0 }, { 0x1110, c->weight_addr },
		{ 0x1140, 0 }, { 0x1144, 0 },
		{ 0x118c, (c->in_width - 1) << 16 | (c->in_width - 1) });
}

static void emit_core(struct rocket_stream *s, const struct rocket_conv *c,
		      const struct rocket_conv_task *t)
{
	SET_ALL(s,
		{ 0x3018, 0x10000001 },
		{ 0x301c, (t->out_rows - 1) << 16 | (rocket_conv_out_width(c) - 1) },
		{ 0x3020, c->out_channels - 1 }, { 0x3024, 0 });
}

static void emit_dpu_output(struct rocket_stream *s, const struct rocket_conv *c,
			    const struct rocket_conv_task *t)
{
	unsigned int width = rocket_conv_out_width(c);

	SET_ALL(s,
		{ 0x400c, 0x40000004 }, { 0x4010, 0 }, { 0x4014, 0 },
		{ 0x4018, c->out_addr + t->out_row * width * ROCKET_FEATURE_ATOM },
		{ 0x401c, width * rocket_conv_out_height(c) },
		{ 0x4020, width - 1 }, { 0x4024, t->out_rows - 1 }, { 0x4028, 0 },
		{ 0x402c, c->out_channels - 1 },
		{ 0x4030, (c->out_channels - 1) << 16 | 0x710 },
		{ 0x4034, (t->out_rows - 1) << 16 | (width - 1) }, { 0x4038, 0x120080 },
		{ 0x403c, 0 });
}

/* Factor and bias per channel (BS); no normalisation (BN), no other operand (EW). */
static void emit_dpu_stages(struct rocket_stream *s)
{
	const uint32_t least = 0x80000000, most = 0x7fffffff;

	SET_ALL(s,
		{ 0x4044, 1 }, { 0x4048, least }, { 0x404c, most }, { 0x4050, 0x80011111 },
		{ 0x4058, least }, { 0x405c, most }, { 0x4060, 0x903 },
		{ 0x406c, least }, { 0x4070, most }, { 0x4074, least }, { 0x4078, most },
		{ 0x407c, 0x10041c1 }, { 0x4080, 0 }, { 0x4084, 1 },
		{ 0x4088, least }, { 0x408c, most },
		{ 0x4090, 0 }, { 0x4094, 0 }, { 0x409c, 0 });
}

static void emit_dpu_convert(struct rocket_stream *s, const struct rocket_conv *c,
			     const struct rocket_conv_task *t)
{
	unsigned int width = rocket_conv_out_width(c);
	unsigned int surface = width * rocket_conv_out_height(c);

	SET_ALL(s,
		{ 0x40a4, 0x80000000 }, { 0x40a8, 0x7fffffff },
		{ 0x40ac, (uint32_t)(int32_t)c->out_zero }, { 0x40b0, c->out_scale },
		{ 0x40b4, c->out_shift },
		/* From the task's last row to its first in the next two surfaces */
		{ 0x40b8, 2 * surface - width * t->out_rows }, { 0x40bc, 0 },
		{ 0x40c0, 0x4440100 }, { 0x40c8, 0 }, { 0x40cc, 0 }, { 0x40d0, 0x40ffff });
	/* The tables are not used. */
	rocket_stream_clear(s, 0x4100, 0x4120);
	rocket_stream_set(s, 0x4130, 0);
	rocket_stream_clear(s, 0x4140, 0x4154);
	SET_ALL(s, { 0x4160, 0 }, { 0x4170, 0 }, { 0x4174, 0 });
	rocket_stream_clear(s, 0x4184, 0x4194);
}

static void emit_rdma(struct rocket_stream *s, const struct rocket_conv *c,
		      const struct rocket_conv_task *t)
{
	uint32_t groups = c->out_channels / GROUP_CHANNELS * GROUP_BYTES;

	SET_ALL(s,
		{ 0x500c, rocket_conv_out_width(c) - 1 }, { 0x5010, t->out_rows - 1 },
		{ 0x5014, c->out_channels - 1 }, { 0x5018, 0 },
		/* Per channel: biases and factors, and behind them the shift */
		{ 0x501c, 0x710 }, { 0x5020, c->bias_addr }, { 0x5024, c->bias_addr + groups },
		{ 0x5028, 0 }, { 0x502c, 0 }, { 0x5030, 0 }, { 0x5034, 0x41 }, { 0x5038, 0 },
		{ 0x5040, 0 }, { 0x5044, 0x40000010 }, { 0x5048, 0 }, { 0x504c, 0 },
		{ 0x5064, 0 }, { 0x506c, 0 }, { 0x5078, 0 }, { 0x507c, 0 });
}

static int check_task(const struct rocket_conv *c, const struct rocket_conv_task *t)
{
	unsigned int height = rocket_conv_out_height(c);

	if (t->data_reuse || t->weight_reuse)
		return -EOPNOTSUPP;
	if (!t->in_rows || !t->out_rows || t->next_addr % 16)
		return -EINVAL;
	if (t->in_row >= c->in_height || t->in_rows > c->in_height - t->in_row)
		return -EINVAL;
	if (t->out_row >= height || t->out_rows > height - t->out_row)
		return -EINVAL;

	/* Fields of 16 bits */
	return 2 * kernel_bytes(c) > UINT16_MAX || row_entries(c) * t->in_rows > UINT16_MAX ?
		-ENOSPC : 0;
}

int rocket_rk3576_emit(const struct rocket_conv *c, const struct rocket_conv_task *task,
		       uint64_t *stream, unsigned int max)
{
	struct rocket_stream s = { .entries = stream, .max = max };
	int more, ret;

	ret = rocket_rk3576_check(c);
	if (!ret)
		ret = check_task(c, task);
	if (ret)
		return ret;
	more = more_entries(c, task);
	if (more < 0)
		return more;

	SET_ALL(&s,
		{ 0x1004, ROCKET_STREAM_PING_PONG }, { 0x3004, ROCKET_STREAM_PING_PONG },
		{ 0x4004, ROCKET_STREAM_PING_PONG }, { 0x5004, ROCKET_STREAM_PING_PONG });
	emit_cna(&s, c, task, (unsigned int)more);
	emit_core(&s, c, task);
	emit_dpu_output(&s, c, task);
	emit_dpu_stages(&s);
	emit_dpu_convert(&s, c, task);
	emit_rdma(&s, c, task);
	rocket_stream_end(&s, ROCKET_RK3576_ENTRIES, task->next_addr);

	return s.count > max ? -ENOSPC : (int)s.count;
}
