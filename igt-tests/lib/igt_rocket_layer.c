// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "igt.h"
#include "igt_rocket_job.h"
#include "igt_rocket_layer.h"
#include "igt_rocket_soc.h"
#include "rocket_reference.h"

/* What the output's memory holds before a run. */
#define WIPED		0x5a
/* Mean square of the product of two random int8, about */
#define PRODUCT_SQUARE	30000000.0
/* Deviation of the results, which keeps most of them from being saturated */
#define DEVIATION	60u
#define UNITY_SCALE	16384u
#define UNITY_SHIFT	14u
/* Largest shift by which an operand can be brought to the sum's scale */
#define ADD_SHIFT_MAX	14u

/* xorshift32 */
static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static int8_t *random_tensor(size_t count, uint32_t *state)
{
	int8_t *tensor = malloc(count);

	igt_assert(tensor);
	for (size_t i = 0; i < count; i++)
		tensor[i] = (int8_t)(next_random(state) >> 16);
	return tensor;
}

/* By how many bits sums over so many products are too large. */
static unsigned int excess_bits(unsigned int products)
{
	double square = PRODUCT_SQUARE * products / DEVIATION / DEVIATION;
	unsigned int bits = 0;

	for (; square >= 4; square /= 4)
		bits++;
	return bits;
}

struct rocket_conv rocket_layer_shape(unsigned int width, unsigned int height,
				      unsigned int in_channels, unsigned int out_channels,
				      unsigned int kernel, unsigned int stride,
				      unsigned int pad)
{
	unsigned int excess = excess_bits(kernel * kernel * in_channels);

	return (struct rocket_conv){
		.in_width = width, .in_height = height,
		.in_channels = in_channels, .out_channels = out_channels,
		.kernel_width = kernel, .kernel_height = kernel,
		.stride_x = stride, .stride_y = stride,
		.pad_left = pad, .pad_top = pad, .pad_right = pad, .pad_bottom = pad,
		.in_zero = -3, .weight_zero = 5, .out_zero = -7, .add_zero = 2,
		.out_scale = UNITY_SCALE, .out_shift = UNITY_SHIFT + excess,
		/* Brings an operand to the scale of the sum. */
		.add_scale = 1u << (excess < ADD_SHIFT_MAX ? excess : ADD_SHIFT_MAX),
	};
}

static size_t input_count(const struct rocket_conv *c)
{
	return (size_t)c->in_width * c->in_height * c->in_channels;
}

static size_t output_count(const struct rocket_conv *c)
{
	return (size_t)rocket_conv_out_width(c) * rocket_conv_out_height(c) * c->out_channels;
}

static size_t weight_count(const struct rocket_conv *c)
{
	size_t kernel = (size_t)c->kernel_width * c->kernel_height * c->in_channels;

	return c->depthwise ? kernel : kernel * c->out_channels;
}

static uint32_t whole_pages(size_t size)
{
	return (size + ROCKET_PAGE - 1) / ROCKET_PAGE * ROCKET_PAGE;
}

/* The parts, one behind the other. */
static void lay_out(struct rocket_layer *layer, bool own_input)
{
	const struct rocket_conv *c = &layer->conv;
	uint32_t at = 0;

	layer->size[ROCKET_LAYER_STREAM] = whole_pages(layer->task_count *
						       ROCKET_SOC_STREAM_BYTES);
	layer->size[ROCKET_LAYER_INPUT] = own_input ? whole_pages(rocket_conv_input_size(c)) : 0;
	layer->size[ROCKET_LAYER_WEIGHTS] = whole_pages(rocket_conv_weights_size(c));
	layer->size[ROCKET_LAYER_BIAS] = whole_pages(rocket_soc_bias_size(layer->rk3576, c));
	layer->size[ROCKET_LAYER_ADD] = c->add ? whole_pages(rocket_conv_output_size(c)) : 0;
	layer->size[ROCKET_LAYER_OUTPUT] = whole_pages(rocket_conv_output_size(c));
	for (unsigned int part = 0; part < ROCKET_LAYER_PARTS; part++) {
		layer->at[part] = at;
		at += layer->size[part];
	}
	layer->bo = rocket_bo(layer->fd, at);
	rocket_vm_map_bo(layer->fd, layer->vm, &layer->bo, layer->addr);
}

uint32_t rocket_layer_addr(const struct rocket_layer *layer, enum rocket_layer_part part)
{
	return layer->addr + layer->at[part];
}

uint32_t rocket_layer_bytes(const struct rocket_layer *layer)
{
	return layer->bo.size;
}

static void set_addresses(struct rocket_layer *layer, const struct rocket_layer *previous)
{
	struct rocket_conv *c = &layer->conv;

	c->in_addr = previous ? rocket_layer_addr(previous, ROCKET_LAYER_OUTPUT) :
				rocket_layer_addr(layer, ROCKET_LAYER_INPUT);
	c->weight_addr = rocket_layer_addr(layer, ROCKET_LAYER_WEIGHTS);
	c->bias_addr = rocket_layer_addr(layer, ROCKET_LAYER_BIAS);
	c->add_addr = rocket_layer_addr(layer, ROCKET_LAYER_ADD);
	c->out_addr = rocket_layer_addr(layer, ROCKET_LAYER_OUTPUT);
}

static void write_tensors(struct rocket_layer *layer, const struct rocket_layer *previous,
			  uint32_t seed)
{
	const struct rocket_conv *c = &layer->conv;
	unsigned int excess = c->out_shift - UNITY_SHIFT;
	struct reference reference;
	int8_t *in, *weights, *add;
	int32_t *bias = calloc(c->out_channels, sizeof(*bias));

	igt_assert(bias);
	in = previous ? previous->expected : random_tensor(input_count(c), &seed);
	weights = random_tensor(weight_count(c), &seed);
	add = random_tensor(layer->out_count, &seed);
	for (unsigned int i = 0; i < c->out_channels; i++)
		bias[i] = (int32_t)(next_random(&seed) % 64 << excess) - (32 << excess);

	if (!previous)
		rocket_conv_pack_input(c, layer->bo.map + layer->at[ROCKET_LAYER_INPUT], in);
	rocket_conv_pack_weights(c, layer->bo.map + layer->at[ROCKET_LAYER_WEIGHTS], weights);
	rocket_soc_pack_bias(layer->rk3576, c, layer->bo.map + layer->at[ROCKET_LAYER_BIAS],
			     bias, weights);
	if (c->add)
		rocket_conv_pack_add(c, layer->bo.map + layer->at[ROCKET_LAYER_ADD], add);

	layer->expected = malloc(layer->out_count);
	igt_assert(layer->expected);
	reference = reference_of(c);
	reference_convolution(&reference, in, weights, bias, add, layer->expected);

	if (!previous)
		free(in);
	free(weights);
	free(add);
	free(bias);
}

static void write_streams(struct rocket_layer *layer, struct rocket_conv_task *tasks)
{
	bool fit = rocket_conv_weights_fit(&layer->conv, &tasks[0]);

	for (unsigned int i = 0; i < layer->task_count; i++) {
		uint32_t at = layer->at[ROCKET_LAYER_STREAM] + i * ROCKET_SOC_STREAM_BYTES;
		uint64_t stream[ROCKET_SOC_ENTRIES];
		unsigned int entries;

		tasks[i].weight_reuse = i && fit;
		entries = rocket_soc_emit(layer->rk3576, &layer->conv, &tasks[i], stream);
		memcpy(layer->bo.map + at, stream, entries * sizeof(*stream));
		layer->tasks[i] = (struct drm_rocket_task){
			.regcmd = layer->addr + at,
			.regcmd_count = entries,
		};
	}
}

void rocket_layer_init(struct rocket_layer *layer, int fd, uint32_t vm, uint32_t addr,
		       const struct rocket_conv *shape, uint32_t seed,
		       const struct rocket_layer *previous, unsigned int max_rows)
{
	struct rocket_conv_task tasks[ROCKET_LAYER_TASKS];
	int count;

	*layer = (struct rocket_layer){
		.fd = fd, .vm = vm, .addr = addr, .conv = *shape,
		.rk3576 = rocket_is_rk3576(fd),
	};
	rocket_soc_fit(layer->rk3576, &layer->conv);
	count = rocket_conv_split(&layer->conv, tasks, ROCKET_LAYER_TASKS, max_rows);
	igt_assert_lt(0, count);
	igt_assert_lte(count, ROCKET_LAYER_TASKS);
	layer->task_count = count;
	layer->out_count = output_count(&layer->conv);
	lay_out(layer, !previous);
	set_addresses(layer, previous);
	write_tensors(layer, previous, seed);
	write_streams(layer, tasks);
	rocket_layer_clear(layer);
}

void rocket_layer_fini(struct rocket_layer *layer)
{
	rocket_vm_unmap(layer->fd, layer->vm, layer->addr, layer->bo.size);
	rocket_bo_free(layer->fd, &layer->bo);
	free(layer->expected);
}

struct drm_rocket_job rocket_layer_job(const struct rocket_layer *layer)
{
	return (struct drm_rocket_job){
		.tasks = (uintptr_t)layer->tasks,
		.task_count = layer->task_count,
		.task_struct_size = sizeof(layer->tasks[0]),
		.vm_id = layer->vm,
	};
}

void rocket_layer_clear(struct rocket_layer *layer)
{
	memset(layer->bo.map + layer->at[ROCKET_LAYER_OUTPUT], WIPED,
	       layer->size[ROCKET_LAYER_OUTPUT]);
}

bool rocket_layer_is_exact(const struct rocket_layer *layer)
{
	int8_t *seen = malloc(layer->out_count);
	bool exact;

	igt_assert(seen);
	rocket_conv_unpack_output(&layer->conv, seen,
				  layer->bo.map + layer->at[ROCKET_LAYER_OUTPUT]);
	exact = !memcmp(seen, layer->expected, layer->out_count);
	free(seen);
	return exact;
}

void rocket_layer_check(struct rocket_layer *layer, uint32_t core_mask)
{
	struct drm_rocket_job job = rocket_layer_job(layer);

	rocket_layer_clear(layer);
	job.core_mask = core_mask;
	job.timeout_ms = rocket_get_param(layer->fd, DRM_ROCKET_PARAM_MAX_JOB_TIMEOUT_MS);
	igt_assert_eq(rocket_run(layer->fd, &job), 0);
	igt_assert_f(rocket_layer_is_exact(layer),
		     "the NPU computes something else than the CPU\n");
}
