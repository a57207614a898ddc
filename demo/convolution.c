// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "convolution.h"

/*
 * The multiplier is odd and accumulators stay below 2^23, so that no product lies
 * halfway between two results: every rule of rounding to nearest agrees.
 */
#define OUT_SCALE 20001U
#define OUT_SHIFT 24U

struct rocket_conv convolution_shape(bool rk3576)
{
	return (struct rocket_conv){
		.in_width = CONV_SIDE, .in_height = CONV_SIDE,
		.in_channels = rk3576 ? CONV_IN : CONV_IN / 2, .out_channels = CONV_OUT,
		.kernel_width = CONV_KERNEL, .kernel_height = CONV_KERNEL,
		.stride_x = 1, .stride_y = 1,
		.pad_left = 1, .pad_top = 1, .pad_right = 1, .pad_bottom = 1,
		.in_zero = -5, .weight_zero = rk3576 ? 0 : 3, .out_zero = 7,
		.out_scale = OUT_SCALE, .out_shift = OUT_SHIFT,
	};
}

int convolution_pack_bias(const struct rocket_conv *c, bool rk3576, void *dst,
			  const int32_t *bias, const int8_t *weights)
{
	int err = rk3576 ? rocket_rk3576_pack_bias(c, dst, bias, weights) :
			   rocket_conv_pack_bias(c, dst, bias, weights);

	if (!err)
		return 0;
	fprintf(stderr, "the biases cannot be packed: %s\n", strerror(-err));
	return -1;
}

int convolution_stream(const struct rocket_conv *c, bool rk3576, void *stream,
		       unsigned int max)
{
	struct rocket_conv_task task;
	int entries = rocket_conv_split(c, &task, 1, 0);

	if (entries == 1)
		entries = rk3576 ? rocket_rk3576_emit(c, &task, stream, max) :
				   rocket_conv_emit(c, &task, stream, max);
	if (entries >= 0)
		return entries;
	fprintf(stderr, "the stream cannot be built: %s\n", strerror(-entries));
	return -1;
}

void convolution_numbers(uint32_t seed, int8_t *out, unsigned int count)
{
	/* xorshift32; its state must not be 0 */
	uint32_t state = seed * 2654435761U | 1;

	for (unsigned int i = 0; i < count; i++) {
		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
		out[i] = (int8_t)(state >> 24);
	}
}

static int32_t weighted_sum(const struct rocket_conv *c, const int8_t *input,
			    const int8_t *weights, unsigned int y, unsigned int x)
{
	int32_t sum = 0;

	for (unsigned int ky = 0; ky < c->kernel_height; ky++) {
		for (unsigned int kx = 0; kx < c->kernel_width; kx++) {
			unsigned int iy = y + ky, ix = x + kx;

			/* What is padded counts as the zero point, as nothing */
			if (iy < c->pad_top || iy - c->pad_top >= c->in_height ||
			    ix < c->pad_left || ix - c->pad_left >= c->in_width)
				continue;
			iy -= c->pad_top;
			ix -= c->pad_left;
			for (unsigned int i = 0; i < c->in_channels; i++)
				sum += (input[(iy * c->in_width + ix) *
					      c->in_channels + i] - c->in_zero) *
				       (weights[(ky * c->kernel_width + kx) *
						c->in_channels + i] -
					c->weight_zero);
		}
	}
	return sum;
}

static int8_t requantise(const struct rocket_conv *c, int32_t sum)
{
	int64_t product = (int64_t)sum * c->out_scale;
	int64_t half = INT64_C(1) << (c->out_shift - 1);
	int64_t value = ((product + half) >> c->out_shift) + c->out_zero;

	return value > INT8_MAX ? INT8_MAX : value < INT8_MIN ? INT8_MIN : value;
}

void convolution_compute(const struct rocket_conv *c, const int8_t *input,
			 const int8_t *weights, const int32_t *bias,
			 int8_t *output)
{
	unsigned int filter = c->kernel_height * c->kernel_width * c->in_channels;

	for (unsigned int y = 0; y < CONV_SIDE; y++)
		for (unsigned int x = 0; x < CONV_SIDE; x++)
			for (unsigned int o = 0; o < c->out_channels; o++)
				*output++ = requantise(c, bias[o] +
					weighted_sum(c, input, weights + o * filter,
						     y, x));
}
