// SPDX-License-Identifier: GPL-2.0-or-later
/* Compressed weights: what an encoder makes out of the rule is read back. */
#include <stdlib.h>
#include <string.h>

#include "datapath.h"
#include "rng.h"
#include "rocket_npu_dcomp.h"
#include "tap.h"

#define KERNELS		64
#define CHANNELS	96
#define MODE		0xfd
#define LANE_MAX	65536

/* Which width each prefix stands for; all widths of int8 residuals are there. */
static const unsigned int widths[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
static const char *const prefixes[8] = {
	"00", "10", "111", "110", "011", "0101", "01001", "01000",
};

static uint8_t lane_bits[LANE_MAX];
static size_t lane_count;

static void put(unsigned int bit)
{
	lane_bits[lane_count / 8] |= (uint8_t)(bit << lane_count % 8);
	lane_count++;
}

static void put_value(int8_t value)
{
	int residual = (int8_t)((uint8_t)value - MODE);
	unsigned int magnitude = (unsigned int)(residual < 0 ? -residual - 1 : residual);
	unsigned int width = 0, i;
	const char *p;

	while (magnitude >> width)
		width++;
	for (i = 0; widths[i] != width; i++)
		;
	for (p = prefixes[i]; *p; p++)
		put(*p == '1');
	put(residual < 0);
	for (i = 0; i + 1 < width; i++)
		put(magnitude >> i & 1);
}

/* Everything that lane @lane has of kernel k, channel c's plain weights */
static void encode(const int8_t *plain, unsigned int lane)
{
	unsigned int kt, ct, h, j, c, k, i;

	memset(lane_bits, 0, sizeof(lane_bits));
	lane_bits[1] = MODE;
	for (i = 0; i < 8; i++)
		lane_bits[4 + i / 2] |= (uint8_t)(widths[i] << i % 2 * 4);
	lane_count = 16 * 8;
	for (kt = 0; kt < KERNELS; kt += 32)
		for (ct = 0; ct < CHANNELS; ct += 32)
			for (h = 0; h < 2; h++)
				for (j = 0; j < 8; j++)
					for (c = 0; c < 4; c++) {
						k = kt + 16 * h + 2 * j + lane / 8;
						put_value(plain[k * CHANNELS + ct + 4 * (lane % 8) + c]);
					}
}

static size_t packed_at(unsigned int k, unsigned int c)
{
	return ((size_t)(k / 32 * (CHANNELS / 32) + c / 32) * 32 + k % 32) * 32 + c % 32;
}

static void read_back(void)
{
	static int8_t plain[KERNELS * CHANNELS], seen[KERNELS * CHANNELS];
	struct rng rng = { 4 };
	unsigned int i, lane, k, c;

	for (i = 0; i < sizeof(plain); i++)
		plain[i] = (int8_t)((int)rng_u32(&rng) >> rng_range(&rng, 24, 31));
	plain[0] = -128;
	plain[1] = 127;
	for (lane = 0; lane < 16; lane++) {
		size_t len;

		encode(plain, lane);
		len = (lane_count + 127) / 128 * 16;
		CHECK(rocket_dcomp_lane(seen, KERNELS, CHANNELS, lane, lane_bits, len),
		      "lane %u ends too early", lane);
		CHECK(!rocket_dcomp_lane(seen, KERNELS, CHANNELS, lane, lane_bits, len - 32),
		      "lane %u is too long", lane);
		rocket_dcomp_lane(seen, KERNELS, CHANNELS, lane, lane_bits, len);
	}
	for (k = 0; k < KERNELS; k++)
		for (c = 0; c < CHANNELS; c++)
			CHECK(seen[packed_at(k, c)] == plain[k * CHANNELS + c],
			      "kernel %u channel %u: %d, not %d", k, c, seen[packed_at(k, c)],
			      plain[k * CHANNELS + c]);
}

/* A lane that is a header alone, or less */
static void nothing_there(void)
{
	static int8_t weights[32 * 32];
	uint8_t header[16] = { 0 };

	CHECK(!rocket_dcomp_lane(weights, 32, 32, 3, header, 16), "a header alone");
	CHECK(!rocket_dcomp_lane(weights, 32, 32, 3, header, 0), "nothing");
}

void test_compressed(void)
{
	RUN("compressed weights come back, lane by lane", read_back);
	RUN("a lane that ends early is no harm", nothing_there);
}
