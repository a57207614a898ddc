/* SPDX-License-Identifier: MIT */
#ifndef ROCKET_REFERENCE_H
#define ROCKET_REFERENCE_H

/*
 * Quantised int8 convolution by its definition, in plain loops over plain
 * [y][x][channel] tensors.  Nothing in the computation knows how any hardware
 * does it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "rocket_regcmd.h"

struct reference {
	int in_height, in_width, in_channels;
	int out_height, out_width, out_channels;
	int kernel_height, kernel_width;
	int stride_y, stride_x;
	int pad_top, pad_left;
	bool depthwise;

	/* real = scale * (stored - zero) */
	int in_zero, weight_zero, out_zero;
	/* Output scale: multiplier / 2^shift of the accumulator */
	int64_t multiplier;
	int shift;
	/* Exact halves of the scaled output go away from zero, else to the even one */
	bool half_away;
	/* Bits taken off the sum, with rounding, before the bias is added */
	int truncate;

	bool add;
	int add_zero;
	int64_t add_multiplier;
	int add_shift;
};

/* What a stream of rocket_regcmd.h makes the hardware compute. */
struct reference reference_of(const struct rocket_conv *conv);

/*
 * @in: [in_height][in_width][in_channels]
 * @weights: [out_channels][kernel_height][kernel_width][in_channels], depthwise
 *           [kernel_height][kernel_width][channels]
 * @bias: [out_channels], scale of the accumulator; NULL for none
 * @add, @out: [out_height][out_width][out_channels]
 */
void reference_convolution(const struct reference *r, const int8_t *in,
			   const int8_t *weights, const int32_t *bias, const int8_t *add,
			   int8_t *out);

/* value / 2^shift to the nearest integer, halves to the even one or away from 0. */
int64_t reference_round(int64_t value, int shift, bool half_away);

#endif
