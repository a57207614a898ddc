// SPDX-License-Identifier: GPL-2.0-or-later
/* The multipliers: sums, and the order of packed weights. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "datapath.h"
#include "rng.h"
#include "rocket_npu_dot.h"
#include "tap.h"

#define LENGTH	4096
#define KERNELS	8

/* A value of a standard normal distribution, nearly: the sum of 12 even ones. */
static float normal(struct rng *rng)
{
	double sum = -6;
	unsigned int i;

	for (i = 0; i < 12; i++)
		sum += rng_u32(rng) / 4294967296.0;
	return (float)sum;
}

static void integers_are_exact(void)
{
	static int16_t patch[LENGTH], kernels[KERNELS * LENGTH];
	struct rng rng = { 1 };
	int32_t out[KERNELS];
	unsigned int i, k;

	for (i = 0; i < LENGTH; i++)
		patch[i] = (int16_t)rng_u32(&rng);
	for (i = 0; i < KERNELS * LENGTH; i++)
		kernels[i] = (int16_t)rng_u32(&rng);
	/* The one pair whose two products need 33 bits */
	patch[0] = patch[1] = kernels[0] = kernels[1] = -32768;
	rocket_dot_int(out, patch, kernels, KERNELS, LENGTH);
	for (k = 0; k < KERNELS; k++) {
		int64_t sum = 0;

		for (i = 0; i < LENGTH; i++)
			sum += (int64_t)patch[i] * kernels[k * LENGTH + i];
		CHECK_EQ((uint32_t)out[k], (uint32_t)sum, "the sum modulo 2^32");
	}
}

/* Where a kernel stands, and with how many others, is nothing to its sum. */
static void order_is_fixed(void)
{
	static float patch[LENGTH], kernels[KERNELS * LENGTH];
	float all[KERNELS], some[ROCKET_DOT_KERNELS];
	struct rng rng = { 2 };
	unsigned int i;

	for (i = 0; i < LENGTH; i++)
		patch[i] = normal(&rng);
	for (i = 0; i < KERNELS * LENGTH; i++)
		kernels[i] = normal(&rng);
	rocket_dot_float(all, patch, kernels, KERNELS, LENGTH);
	rocket_dot_float(some, patch, kernels + 4 * LENGTH, 4, LENGTH);
	CHECK(!memcmp(all + 4, some, sizeof(some)), "kernels 4 to 7 alone give other bits");
}

/*
 * matmul tf32 on silicon, as its author measured: norm of the error 1.5e-7 against
 * truncated operands, 8e-4 against whole floats.  Rounded operands would give 3.3e-4.
 */
static void tf32_error(void)
{
	static float a[LENGTH], b[KERNELS * LENGTH], ta[LENGTH], tb[KERNELS * LENGTH];
	double cut = 0, whole = 0, norm = 0;
	struct rng rng = { 3 };
	float out[KERNELS];
	unsigned int i, k, round;

	for (round = 0; round < 16; round++) {
		for (i = 0; i < LENGTH; i++)
			a[i] = fabsf(normal(&rng));
		for (i = 0; i < KERNELS * LENGTH; i++)
			b[i] = fabsf(normal(&rng));
		rocket_widen_float(ROCKET_TF32, ta, (uint8_t *)a, LENGTH);
		rocket_widen_float(ROCKET_TF32, tb, (uint8_t *)b, KERNELS * LENGTH);
		rocket_dot_float(out, ta, tb, KERNELS, LENGTH);
		for (k = 0; k < KERNELS; k++) {
			double exact = 0, masked = 0;

			for (i = 0; i < LENGTH; i++) {
				exact += (double)a[i] * b[k * LENGTH + i];
				masked += (double)ta[i] * tb[k * LENGTH + i];
			}
			cut += (out[k] - masked) * (out[k] - masked);
			whole += (out[k] - exact) * (out[k] - exact);
			norm += exact * exact;
		}
	}
	CHECK(sqrt(cut / norm) < 3e-7, "against truncated operands: %g", sqrt(cut / norm));
	CHECK(sqrt(whole / norm) > 6e-4 && sqrt(whole / norm) < 1e-3,
	      "against floats: %g, silicon has 8e-4", sqrt(whole / norm));
}

/* Where the rule puts a weight: [channel / group][tap][kernel][channel % group]. */
static size_t packed_at(unsigned int kernels, unsigned int taps, unsigned int channels,
			unsigned int group, unsigned int k, unsigned int tap, unsigned int c)
{
	unsigned int first = c / group * group;
	unsigned int lanes = channels - first < group ? channels - first : group;

	return (size_t)first * taps * kernels + ((size_t)tap * kernels + k) * lanes + c - first;
}

static void check_unpack(unsigned int kernels, unsigned int taps, unsigned int channels,
			 unsigned int group)
{
	size_t count = (size_t)kernels * taps * channels, pitch = (size_t)taps * channels + 5;
	int16_t *packed = malloc(count * sizeof(*packed));
	int16_t *plain = calloc(kernels * pitch, sizeof(*plain));
	unsigned int k, tap, c, wrong = 0;
	size_t i;

	for (i = 0; i < count; i++)
		packed[i] = (int16_t)(i * 7);
	rocket_unpack_kernels(plain, packed, sizeof(*plain), kernels, taps, channels, group, pitch);
	for (k = 0; k < kernels; k++)
		for (tap = 0; tap < taps; tap++)
			for (c = 0; c < channels; c++)
				wrong += plain[k * pitch + (size_t)tap * channels + c] !=
					 packed[packed_at(kernels, taps, channels, group, k, tap, c)];
	free(packed);
	free(plain);
	CHECK(!wrong, "%u of %zu weights are elsewhere: %u kernels, %u taps, %u channels", wrong,
	      count, kernels, taps, channels);
}

static void weights_dense(void)
{
	/* int8 of 120 + 8, fp16 of 40, tf32 of 20 channels; groups that are not full */
	check_unpack(32, 9, 128, 32);
	check_unpack(24, 1, 48, 32);
	check_unpack(16, 9, 40, 32);
	check_unpack(9, 4, 20, 16);
}

static void weights_depthwise(void)
{
	check_unpack(1, 9, 144, 64);
	check_unpack(1, 9, 144, 32);
	check_unpack(1, 25, 16, 64);
}

static void taps_add_up(void)
{
	static const int16_t f[] = { 3, -4, 127 }, w[] = { 5, 6, -128 };
	int32_t acc[3] = { 1, 1, 1 }, sum[3] = { 0 };

	rocket_tap_int(acc, sum, f, w, 3);
	CHECK(acc[0] == 16 && acc[1] == -23 && acc[2] == 1 - 127 * 128, "products");
	CHECK(sum[0] == 3 && sum[1] == -4 && sum[2] == 127, "features");
}

void test_array(void)
{
	RUN("integer sums are exact modulo 2^32", integers_are_exact);
	RUN("a float sum depends on its operands alone", order_is_fixed);
	RUN("tf32 has the error that silicon has", tf32_error);
	RUN("dense weights: groups of kernels and channels, short at the end", weights_dense);
	RUN("depthwise weights: groups of channels", weights_depthwise);
	RUN("depthwise taps add up", taps_add_up);
}
