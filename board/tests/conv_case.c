// SPDX-License-Identifier: GPL-2.0-or-later
/* One convolution with its tensors, run on the board and checked. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "conv_case.h"
#include "rocket_reference.h"
#include "tap.h"

/* What the output's memory holds before a run. */
#define PATTERN		0x5a

struct rocket_conv conv_shape(unsigned int width, unsigned int height, unsigned int in_channels,
			      unsigned int out_channels, unsigned int kernel,
			      unsigned int stride, unsigned int pad)
{
	struct rocket_conv c = {
		.in_width = width, .in_height = height,
		.in_channels = in_channels, .out_channels = out_channels,
		.kernel_width = kernel, .kernel_height = kernel,
		.stride_x = stride, .stride_y = stride,
		.pad_left = pad, .pad_top = pad, .pad_right = pad, .pad_bottom = pad,
		.in_zero = -3, .weight_zero = 5, .out_zero = -7,
	};
	/* Random products have a deviation of about 74 * 74 each. */
	double deviation = 5476.0 * sqrt((double)kernel * kernel * in_channels);

	rocket_quantize(60.0 / deviation, &c.out_scale, &c.out_shift);

	return c;
}

/* Random values, now and then only extreme ones, or a single one. */
static void fill_random(int8_t *to, size_t count, struct rng *rng)
{
	unsigned int kind = rng_range(rng, 0, 9);
	int8_t same = (int8_t)rng_u32(rng);
	size_t i;

	for (i = 0; i < count; i++) {
		if (kind == 0)
			to[i] = same;
		else if (kind == 1)
			to[i] = rng_one_in(rng, 2) ? 127 : -128;
		else if (kind == 2)
			to[i] = rng_one_in(rng, 8) ? (int8_t)rng_u32(rng) : same;
		else
			to[i] = (int8_t)rng_u32(rng);
	}
}

static size_t in_count(const struct rocket_conv *c)
{
	return (size_t)c->in_width * c->in_height * c->in_channels;
}

static size_t weight_count(const struct rocket_conv *c)
{
	size_t kernel = (size_t)c->kernel_width * c->kernel_height * c->in_channels;

	return c->depthwise ? kernel : kernel * c->out_channels;
}

static size_t out_count(const struct rocket_conv *c)
{
	return (size_t)rocket_conv_out_width(c) * rocket_conv_out_height(c) * c->out_channels;
}

void conv_case_init(struct conv_case *c, const struct rocket_conv *conv, struct rng *rng)
{
	unsigned int oc;
	int32_t limit;

	memset(c, 0, sizeof(*c));
	c->conv = *conv;
	c->in = malloc(in_count(conv));
	c->weights = malloc(weight_count(conv));
	c->bias = malloc(conv->out_channels * sizeof(*c->bias));
	fill_random(c->in, in_count(conv), rng);
	fill_random(c->weights, weight_count(conv), rng);

	/* Biases as large as what they are added to, in steps that a truncation keeps. */
	limit = (int32_t)fmin(1 << 24, 50.0 * ldexp(1.0, (int)conv->out_shift) / conv->out_scale);
	for (oc = 0; oc < conv->out_channels; oc++)
		c->bias[oc] = (int32_t)(rng_range(rng, 0, 2 * (unsigned int)limit) - (unsigned int)limit) *
			      (1 << conv->truncate);
	if (conv->add) {
		c->add = malloc(out_count(conv));
		fill_random(c->add, out_count(conv), rng);
	}
}

void conv_case_free(struct conv_case *c)
{
	free(c->in);
	free(c->weights);
	free(c->bias);
	free(c->add);
}

static uint32_t place(struct vm *vm, const void *data, size_t size, uint32_t flags)
{
	uint32_t iova = vm_alloc(vm, size, flags);

	vm_write(vm, iova, data, size);
	return iova;
}

static void place_tensors(struct conv_case *c)
{
	struct rocket_conv *conv = &c->conv;
	size_t size = rocket_conv_input_size(conv), pages;
	uint8_t *buf;

	if (rocket_conv_weights_size(conv) > size)
		size = rocket_conv_weights_size(conv);
	if (rocket_conv_bias_size(conv) > size)
		size = rocket_conv_bias_size(conv);
	if (rocket_conv_output_size(conv) > size)
		size = rocket_conv_output_size(conv);
	pages = (size + PAGE - 1) / PAGE;
	buf = malloc(pages * PAGE);

	rocket_conv_pack_input(conv, buf, c->in);
	conv->in_addr = place(c->vm, buf, rocket_conv_input_size(conv), MMU_READ);
	rocket_conv_pack_weights(conv, buf, c->weights);
	conv->weight_addr = place(c->vm, buf, rocket_conv_weights_size(conv), MMU_READ);
	if (rocket_conv_pack_bias(conv, buf, c->bias, c->weights))
		tap_bail_out("a test's biases do not fit in 32 bits");
	conv->bias_addr = place(c->vm, buf, rocket_conv_bias_size(conv), MMU_READ);
	if (conv->add) {
		rocket_conv_pack_add(conv, buf, c->add);
		conv->add_addr = place(c->vm, buf, rocket_conv_output_size(conv), MMU_READ);
	}

	c->out_bytes = (rocket_conv_output_size(conv) + PAGE - 1) / PAGE * PAGE;
	memset(buf, PATTERN, c->out_bytes);
	/* Writable alone: the core has no reason to read its output. */
	conv->out_addr = place(c->vm, buf, c->out_bytes, MMU_WRITE);
	free(buf);
}

/* The stream builder has no use for this bit of DPU_OUT_CVT_SHIFT. */
static void set_half_away(uint64_t *stream)
{
	unsigned int i;

	for (i = 0; i < ROCKET_CONV_ENTRIES; i++)
		if (stream[i] >> 48 == ROCKET_TARGET_DPU && (stream[i] & 0xffff) == 0x4088)
			stream[i] |= 1ULL << (30 + 16);
}

void conv_case_emit(struct conv_case *c)
{
	uint64_t stream[ROCKET_CONV_ENTRIES];
	unsigned int i;
	int ret;

	for (i = 0; i < c->num_tasks; i++) {
		struct rocket_conv_task *t = &c->tasks[i];

		if (c->chained && i + 1 < c->num_tasks)
			t->next_addr = c->streams + (i + 1) * CASE_STREAM_PITCH;
		ret = rocket_conv_emit(&c->conv, t, stream, ROCKET_CONV_ENTRIES);
		if (ret < 0) {
			conv_case_describe(c);
			tap_bail_out("no stream for a test's task %u: error %d", i, -ret);
		}
		if (c->half_away)
			set_half_away(stream);
		vm_write(c->vm, c->streams + i * CASE_STREAM_PITCH, stream, sizeof(stream));
	}
}

void conv_case_place(struct conv_case *c, struct vm *vm)
{
	unsigned int i;
	int count;

	c->vm = vm;
	place_tensors(c);
	count = rocket_conv_split(&c->conv, c->tasks, CASE_MAX_TASKS, c->rows_per_task);
	if (count < 0 || count > CASE_MAX_TASKS) {
		conv_case_describe(c);
		tap_bail_out("a test's convolution is cut into %d tasks", count);
	}
	c->num_tasks = (unsigned int)count;
	if (c->reuse_weights && rocket_conv_weights_fit(&c->conv, &c->tasks[0]))
		for (i = 1; i < c->num_tasks; i++)
			c->tasks[i].weight_reuse = true;
	c->streams = vm_alloc(vm, c->num_tasks * CASE_STREAM_PITCH, MMU_READ);
	conv_case_emit(c);
}

void conv_case_chain(struct conv_case *c, struct vm *vm, uint64_t seed)
{
	struct rocket_conv conv = conv_shape(12, 2 * CASE_CHAIN, 20, 18, 3, 1, 1);
	struct rng rng = { seed };

	conv_case_init(c, &conv, &rng);
	c->rows_per_task = 2;
	c->chained = true;
	conv_case_place(c, vm);
	if (c->num_tasks != CASE_CHAIN)
		tap_bail_out("the chain has %u tasks", c->num_tasks);
}

void conv_case_patch(struct conv_case *c, unsigned int target, unsigned int reg,
		     uint32_t clear, uint32_t set)
{
	uint64_t stream[ROCKET_CONV_ENTRIES];
	unsigned int task, i, found = 0;

	for (task = 0; task < c->num_tasks; task++) {
		uint32_t at = c->streams + task * CASE_STREAM_PITCH;

		vm_read(c->vm, at, stream, sizeof(stream));
		for (i = 0; i < ROCKET_CONV_ENTRIES; i++) {
			if (stream[i] >> 48 != target || (stream[i] & 0xffff) != reg)
				continue;
			stream[i] &= ~((uint64_t)clear << 16);
			stream[i] |= (uint64_t)set << 16;
			found++;
		}
		vm_write(c->vm, at, stream, sizeof(stream));
	}
	if (!found)
		tap_bail_out("no stream of a test writes register 0x%x", reg);
}

static void run_tasks(struct conv_case *c, unsigned int core, unsigned int first,
		      unsigned int count)
{
	struct board *b = c->vm->b;
	uint32_t raw;

	board_start_tasks(b, core, c->streams + first * CASE_STREAM_PITCH,
			  ROCKET_CONV_ENTRIES, count);
	board_wait_irq(b, core, LONG_NS);
	raw = npu_read(b, core, PC_INTERRUPT_RAW_STATUS);
	if (!qtest_irq(b->qt, NPU_SPI(core)) || !(raw & PC_IRQ_DPU))
		tap_fail(__FILE__, __LINE__,
			 "core %u, task %u of %u: no completion, RAW_STATUS 0x%x, IOMMU status 0x%x, fault at 0x%x",
			 core, first, c->num_tasks, raw, mmu_read(b, core, 0, MMU_STATUS),
			 mmu_read(b, core, 0, MMU_PAGE_FAULT_ADDR));
	npu_write(b, core, PC_OPERATION_ENABLE, 0);
	board_ack(b, core);
}

void conv_case_run(struct conv_case *c, unsigned int core)
{
	unsigned int i;

	if (c->chained) {
		run_tasks(c, core, 0, c->num_tasks);
		return;
	}
	for (i = 0; i < c->num_tasks && !tap_failed(); i++)
		run_tasks(c, core, i, 1);
}

bool conv_case_row_written(struct conv_case *c, unsigned int row)
{
	unsigned int line = rocket_conv_out_width(&c->conv) * ROCKET_FEATURE_ATOM, i;
	uint8_t bytes[64 * ROCKET_FEATURE_ATOM];

	vm_read(c->vm, c->conv.out_addr + row * line, bytes, line);
	for (i = 0; i < line; i++)
		if (bytes[i] != PATTERN)
			return true;

	return false;
}

int8_t *conv_case_output(struct conv_case *c)
{
	int8_t *out = malloc(out_count(&c->conv));
	uint8_t *raw = malloc(c->out_bytes);

	vm_read(c->vm, c->conv.out_addr, raw, c->out_bytes);
	rocket_conv_unpack_output(&c->conv, out, raw);
	free(raw);

	return out;
}

int8_t *conv_case_expected(struct conv_case *c)
{
	const struct rocket_conv *conv = &c->conv;
	int8_t *out = malloc(out_count(conv));
	struct reference r = reference_of(conv);

	r.half_away = c->half_away;
	reference_convolution(&r, c->in, c->weights, c->bias, c->add, out);

	return out;
}

/*
 * Mesa gives an output two surfaces for each 16 channels: whatever lies behind
 * that in the output's pages must stay as it was, or Mesa's neighbours would
 * not survive on this board.
 */
static void check_behind(struct conv_case *c)
{
	size_t surface = (size_t)rocket_conv_out_width(&c->conv) *
			 rocket_conv_out_height(&c->conv) * ROCKET_FEATURE_ATOM;
	size_t end = (c->conv.out_channels + 15) / 16 * 2 * surface, i;
	uint8_t *raw = malloc(c->out_bytes);

	vm_read(c->vm, c->conv.out_addr, raw, c->out_bytes);
	for (i = end; i < c->out_bytes; i++) {
		if (raw[i] == PATTERN)
			continue;
		tap_fail(__FILE__, __LINE__,
			 "byte %zu behind the output's start was written, the output ends at %zu",
			 i, end);
		break;
	}
	free(raw);
}

static void compare(struct conv_case *c, const int8_t *seen, const int8_t *wanted)
{
	size_t count = out_count(&c->conv), i, bad = 0, first = 0;
	unsigned int width = rocket_conv_out_width(&c->conv), oc = c->conv.out_channels;

	for (i = 0; i < count; i++) {
		if (seen[i] == wanted[i])
			continue;
		if (!bad++)
			first = i;
	}
	if (bad)
		tap_fail(__FILE__, __LINE__,
			 "%zu of %zu elements differ, first y %zu x %zu channel %zu: %d, not %d",
			 bad, count, first / oc / width, first / oc % width, first % oc,
			 seen[first], wanted[first]);
}

void conv_case_check(struct conv_case *c)
{
	int8_t *seen = conv_case_output(c);
	int8_t *wanted = conv_case_expected(c);

	compare(c, seen, wanted);
	if (!tap_failed())
		check_behind(c);
	free(seen);
	free(wanted);
}

void conv_case_all(struct board *b, struct vm *vm, unsigned int core,
		   const struct rocket_conv *conv, uint64_t seed)
{
	struct rng rng = { seed };
	struct conv_case c;

	(void)b;
	conv_case_init(&c, conv, &rng);
	conv_case_place(&c, vm);
	/* What was mapped just now may share cached table lines with older pages. */
	board_mmu_command(vm->b, core, MMU_CMD_ZAP_CACHE);
	conv_case_run(&c, core);
	if (!tap_failed())
		conv_case_check(&c);
	if (tap_failed()) {
		tap_note("seed 0x%llx", (unsigned long long)seed);
		conv_case_describe(&c);
	}
	conv_case_free(&c);
}

void conv_case_describe(const struct conv_case *c)
{
	const struct rocket_conv *v = &c->conv;

	tap_note("%s%s: in %ux%ux%u, out %ux%ux%u, kernel %ux%u, stride %u,%u (x,y), pad left %u top %u right %u bottom %u",
		 v->depthwise ? "depthwise" : "regular", v->add ? " with add" : "",
		 v->in_width, v->in_height, v->in_channels, rocket_conv_out_width(v),
		 rocket_conv_out_height(v), v->out_channels, v->kernel_width,
		 v->kernel_height, v->stride_x, v->stride_y, v->pad_left, v->pad_top,
		 v->pad_right, v->pad_bottom);
	tap_note("zero points in %d weight %d out %d, scale %u >> %u, truncate %u, add zero %d, %u >> %u",
		 v->in_zero, v->weight_zero, v->out_zero, v->out_scale, v->out_shift,
		 v->truncate, v->add_zero, v->add_scale, v->add_shift);
	tap_note("%u tasks of %u rows (0: what fits), %s, weights %s", c->num_tasks,
		 c->rows_per_task, c->chained ? "chained" : "started one by one",
		 c->reuse_weights ? "reused" : "fetched");
}
