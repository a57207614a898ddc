// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How an RK3576's weights lie in memory: what is written by the rule is read back, and
 * some bytes have the places that rocket-userspace's encoder gives them.
 */
#include <string.h>

#include "datapath.h"
#include "rng.h"
#include "rocket_npu_weights.h"
#include "tap.h"

/* Channels of a packed pixel in memory, and of one in the tensor */
#define LANES		4
#define CHANNELS	16
#define WIDTH		5
#define HEIGHT		3
#define TAPS		(WIDTH * HEIGHT)
#define KERNELS		32
#define PITCH		(TAPS * CHANNELS)
/* A row of 5 taps of 4 channels, padded to 16 bytes */
#define ROW		32

#define UNTOUCHED	0x55

static bool is_lane(unsigned int i)
{
	return i % CHANNELS < LANES;
}

static void packed_rows(void)
{
	static int16_t seen[KERNELS * PITCH];
	static int8_t plain[KERNELS * PITCH];
	static uint8_t memory[HEIGHT * KERNELS * ROW];
	struct rng rng = { 7 };
	unsigned int k, y, x, c, i;

	memset(memory, 0x7e, sizeof(memory));
	memset(seen, UNTOUCHED, sizeof(seen));
	for (k = 0; k < KERNELS; k++)
		for (y = 0; y < HEIGHT; y++)
			for (x = 0; x < WIDTH; x++)
				for (c = 0; c < LANES; c++) {
					int8_t value = (int8_t)rng_u32(&rng);

					plain[k * PITCH + (y * WIDTH + x) * CHANNELS + c] = value;
					memory[(y * KERNELS + k) * ROW + x * LANES + c] = (uint8_t)value;
				}
	rocket_weights_packed_rows(seen, PITCH, CHANNELS, memory, KERNELS, WIDTH, HEIGHT);
	for (i = 0; i < KERNELS * PITCH; i++)
		CHECK(seen[i] == (is_lane(i) ? plain[i] : 0x0101 * UNTOUCHED),
		      "element %u is %d", i, seen[i]);
}

/* The second of three kernels of one row of three taps: its row is behind 16 bytes. */
static void packed_row_places(void)
{
	int16_t seen[3 * 3 * LANES] = { 0 };
	uint8_t memory[3 * 16] = { 0 };

	memory[16] = 0x80;
	memory[16 + 4 + 1] = 3;
	memory[16 + 12] = 99;
	rocket_weights_packed_rows(seen, 3 * LANES, LANES, memory, 3, 3, 1);
	CHECK_EQ(seen[12], -128, "kernel 1, tap 0, channel 0");
	CHECK_EQ(seen[12 + 4 + 1], 3, "kernel 1, tap 1, channel 1");
	CHECK_EQ(seen[24], 0, "kernel 2, tap 0, behind the padding");
}

/* Halves of small whole numbers: sign, exponent and what is below the leading bit */
static uint16_t half(int value)
{
	unsigned int magnitude = (unsigned int)(value < 0 ? -value : value), exponent = 0;

	if (!value)
		return 0;
	while (magnitude >> (exponent + 1))
		exponent++;
	return (uint16_t)((value < 0) << 15 | (exponent + 15) << 10 |
			  (magnitude << 10 >> exponent & 0x3ff));
}

static void packed_taps(void)
{
	enum { FP16_KERNELS = 16 };
	static float seen[FP16_KERNELS * PITCH];
	static uint16_t memory[TAPS * FP16_KERNELS * LANES];
	unsigned int k, tap, c;

	for (tap = 0; tap < TAPS; tap++)
		for (k = 0; k < FP16_KERNELS; k++)
			for (c = 0; c < LANES; c++)
				memory[(tap * FP16_KERNELS + k) * LANES + c] =
					half((int)(tap * 64 + k * 4 + c) - 500);
	rocket_weights_packed_taps(seen, PITCH, CHANNELS, (const uint8_t *)memory,
				   FP16_KERNELS, TAPS);
	for (k = 0; k < FP16_KERNELS; k++)
		for (tap = 0; tap < TAPS; tap++)
			for (c = 0; c < CHANNELS; c++) {
				float value = seen[k * PITCH + tap * CHANNELS + c];
				float want = c < LANES ? (float)((int)(tap * 64 + k * 4 + c) - 500) : 0;

				CHECK(value == want, "kernel %u, tap %u, channel %u: %g, not %g",
				      k, tap, c, value, want);
			}
}

/* 96 channels: a group of 64, and half a one */
static void pairs(void)
{
	enum { ALL = 96, GROUP = 64, WINDOW = 9 };
	static int16_t seen[WINDOW * ALL];
	static int16_t plain[WINDOW * ALL];
	static uint8_t memory[2 * WINDOW * ALL];
	struct rng rng = { 9 };
	unsigned int tap, c;

	for (c = 0; c < ALL; c++)
		for (tap = 0; tap < WINDOW; tap++) {
			unsigned int first = c / GROUP * GROUP;
			unsigned int held = ALL - first < GROUP ? ALL - first : GROUP;
			uint8_t *at = memory + 2 * (first * WINDOW + tap * held) +
				      (c - first) / 2 * 4 + c % 2;
			int8_t high = (int8_t)rng_u32(&rng), low = (int8_t)rng_u32(&rng);

			at[0] = (uint8_t)high;
			at[2] = (uint8_t)low;
			plain[tap * ALL + c] = (int16_t)(high + low);
		}
	/* The most and the least that two bytes make */
	memory[0] = memory[2] = 0x80;
	memory[1] = memory[3] = 0x7f;
	plain[0] = -256;
	plain[1] = 254;
	rocket_weights_pairs(seen, ALL, memory, WINDOW);
	for (c = 0; c < WINDOW * ALL; c++)
		CHECK(seen[c] == plain[c], "tap %u, channel %u: %d, not %d", c / ALL, c % ALL,
		      seen[c], plain[c]);
}

void test_weights(void)
{
	RUN("weights of packed bytes: rows of kernels", packed_rows);
	RUN("weights of packed bytes: rows are padded", packed_row_places);
	RUN("weights of packed halves: taps of kernels", packed_taps);
	RUN("depthwise weights: two bytes, both of which count", pairs);
}
