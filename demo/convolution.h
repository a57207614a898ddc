/* SPDX-License-Identifier: MIT */
/* A convolution with made-up numbers, and what must come out of it. */
#ifndef DEMO_CONVOLUTION_H
#define DEMO_CONVOLUTION_H

#include <stdint.h>

#include "rocket_regcmd.h"
#include "rocket_regcmd_rk3576.h"

#define CONV_SIDE 12U
/* The most; the RK3588 does with half of it. */
#define CONV_IN 32U
#define CONV_OUT 32U
#define CONV_KERNEL 3U
#define CONV_INPUT_BYTES (CONV_SIDE * CONV_SIDE * CONV_IN)
#define CONV_OUTPUT_BYTES (CONV_SIDE * CONV_SIDE * CONV_OUT)
#define CONV_WEIGHTS_BYTES (CONV_OUT * CONV_KERNEL * CONV_KERNEL * CONV_IN)

/*
 * Shape and quantisation, no addresses: 3x3, stride 1, padded to the same size.  On the
 * RK3576 channels come by 32, and weights have no zero point that anybody has tried.
 */
struct rocket_conv convolution_shape(bool rk3576);

/* As rocket_conv_pack_bias(), for either SoC; -1 after a message. */
int convolution_pack_bias(const struct rocket_conv *c, bool rk3576, void *dst,
			  const int32_t *bias, const int8_t *weights);

/* The stream of all of it in one task, at most @max entries: how many, or -1 after a message. */
int convolution_stream(const struct rocket_conv *c, bool rk3576, void *stream,
		       unsigned int max);

/* Fills an array with pseudo-random bytes that depend on the seed only. */
void convolution_numbers(uint32_t seed, int8_t *out, unsigned int count);

/*
 * The output by the definition of a convolution: [y][x][channel] arrays, weights
 * [out][y][x][in].
 */
void convolution_compute(const struct rocket_conv *c, const int8_t *input,
			 const int8_t *weights, const int32_t *bias,
			 int8_t *output);

#endif
