// SPDX-License-Identifier: MIT
/*
 * Quantised int8 convolution by its definition.
 *
 * The one thing that the definition leaves open is what happens to exact halves
 * when a product is scaled down.  Rockchip's manual gives its converters a bit
 * for that: 0, halves go to the even neighbour; 1, they go away from zero (measured
 * on an RK3588, see docs/board-npu.rst).  Mesa uses 0.
 */
#include <stddef.h>

#include "rocket_reference.h"

int64_t reference_round(int64_t value, int shift, bool half_away)
{
	int64_t unit = (int64_t)1 << shift;
	int64_t quotient = value / unit, rest = value % unit;

	if (rest < 0) {			/* floor division */
		rest += unit;
		quotient--;
	}
	if (shift == 0 || rest < unit - rest)
		return quotient;
	if (rest > unit - rest)
		return quotient + 1;

	/* Between two: the one above is further from zero if the value is positive */
	if (half_away)
		return value > 0 ? quotient + 1 : quotient;

	return quotient % 2 ? quotient + 1 : quotient;
}

static int input_at(const struct reference *r, const int8_t *in, int y, int x, int channel)
{
	if (y < 0 || y >= r->in_height || x < 0 || x >= r->in_width)
		return r->in_zero;

	return in[((ptrdiff_t)y * r->in_width + x) * r->in_channels + channel];
}

static int weight_of(const struct reference *r, const int8_t *weights, int out_channel,
		     int ky, int kx, int in_channel)
{
	ptrdiff_t tap = (ptrdiff_t)ky * r->kernel_width + kx;
	ptrdiff_t taps = (ptrdiff_t)r->kernel_height * r->kernel_width;

	if (r->depthwise)
		return weights[tap * r->in_channels + in_channel];

	return weights[(out_channel * taps + tap) * r->in_channels + in_channel];
}

/* Sum over the window of one output element. */
static int64_t window_sum(const struct reference *r, const int8_t *in, const int8_t *weights,
			  int oy, int ox, int oc)
{
	int first = r->depthwise ? oc : 0;
	int last = r->depthwise ? oc : r->in_channels - 1;
	int64_t sum = 0;
	int ky, kx, ic;

	for (ky = 0; ky < r->kernel_height; ky++) {
		for (kx = 0; kx < r->kernel_width; kx++) {
			int y = oy * r->stride_y + ky - r->pad_top;
			int x = ox * r->stride_x + kx - r->pad_left;

			for (ic = first; ic <= last; ic++)
				sum += (int64_t)(input_at(r, in, y, x, ic) - r->in_zero) *
				       (weight_of(r, weights, oc, ky, kx, ic) - r->weight_zero);
		}
	}

	return sum;
}

static int8_t saturate(int64_t value)
{
	return (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
}

void reference_convolution(const struct reference *r, const int8_t *in,
			   const int8_t *weights, const int32_t *bias, const int8_t *add,
			   int8_t *out)
{
	int oy, ox, oc;

	for (oy = 0; oy < r->out_height; oy++) {
		for (ox = 0; ox < r->out_width; ox++) {
			for (oc = 0; oc < r->out_channels; oc++, out++) {
				int64_t acc = window_sum(r, in, weights, oy, ox, oc);

				acc = reference_round(acc, r->truncate, false);
				if (bias)
					acc += bias[oc] / ((int64_t)1 << r->truncate);
				if (r->add)
					acc += reference_round((*add++ - r->add_zero) *
							       r->add_multiplier,
							       r->add_shift, false);
				acc = reference_round(acc * r->multiplier, r->shift, r->half_away);
				*out = saturate(acc + r->out_zero);
			}
		}
	}
}

struct reference reference_of(const struct rocket_conv *conv)
{
	return (struct reference){
		.in_height = (int)conv->in_height, .in_width = (int)conv->in_width,
		.in_channels = (int)conv->in_channels,
		.out_height = (int)rocket_conv_out_height(conv),
		.out_width = (int)rocket_conv_out_width(conv),
		.out_channels = (int)conv->out_channels,
		.kernel_height = (int)conv->kernel_height,
		.kernel_width = (int)conv->kernel_width,
		.stride_y = (int)conv->stride_y, .stride_x = (int)conv->stride_x,
		.pad_top = (int)conv->pad_top, .pad_left = (int)conv->pad_left,
		.depthwise = conv->depthwise,
		.in_zero = conv->in_zero, .weight_zero = conv->weight_zero,
		.out_zero = conv->out_zero,
		.multiplier = conv->out_scale, .shift = (int)conv->out_shift,
		.truncate = (int)conv->truncate,
		.add = conv->add, .add_zero = conv->add_zero,
		.add_multiplier = conv->add_scale, .add_shift = (int)conv->add_shift,
	};
}
