// SPDX-License-Identifier: GPL-2.0-or-later
/* Windows of the PPU. */
#include <math.h>
#include <string.h>

#include "datapath.h"
#include "rocket_npu_pool.h"
#include "tap.h"

#define WIDTH	5

/* Channel c of pixel x is 10x + c, and negative in every second row. */
static void fill(RocketValue *row, int sign)
{
	unsigned int i;

	for (i = 0; i < WIDTH * 8; i++)
		row[i].f = (float)(sign * (int)(10 * (i / 8) + i % 8));
}

static float pooled(const RocketPool *p, const RocketValue *const *rows, unsigned int x,
		    unsigned int c)
{
	uint16_t out[WIDTH * 8];

	rocket_pool_row(p, (uint8_t *)out, NULL, rows);
	return rocket_fp16_to_float(out[x * 8 + c]);
}

static RocketPool window(RocketPoolMethod method)
{
	return (RocketPool){
		.method = method, .format = ROCKET_FP16, .in_w = WIDTH, .in_h = 2, .out_w = 3,
		.out_h = 1, .k_w = 2, .k_h = 2, .stride_x = 2, .stride_y = 1, .pad_left = 1,
	};
}

static void extremes(void)
{
	RocketValue up[WIDTH * 8], down[WIDTH * 8];
	const RocketValue *rows[] = { up, down };
	RocketPool p = window(ROCKET_POOL_MAX);

	fill(up, 1);
	fill(down, -1);
	p.pad.f = -INFINITY;
	CHECK(pooled(&p, rows, 0, 3) == 3 && pooled(&p, rows, 2, 7) == 47, "max: %g %g",
	      pooled(&p, rows, 0, 3), pooled(&p, rows, 2, 7));
	p = window(ROCKET_POOL_MIN);
	p.pad.f = INFINITY;
	CHECK(pooled(&p, rows, 0, 3) == -3 && pooled(&p, rows, 2, 7) == -47, "min: %g %g",
	      pooled(&p, rows, 0, 3), pooled(&p, rows, 2, 7));
}

/* The padding counts: a window of four with two pixels outside is a half of their mean. */
static void averages(void)
{
	RocketValue up[WIDTH * 8];
	const RocketValue *rows[] = { up, NULL };
	RocketPool p = window(ROCKET_POOL_AVERAGE);

	fill(up, 1);
	p.recip_w = p.recip_h = rocket_float_to_fp16(65536.0f / 2);
	CHECK(pooled(&p, rows, 1, 0) == 7.5f, "(10 + 20) / 4 is %g", pooled(&p, rows, 1, 0));
	CHECK(pooled(&p, rows, 0, 4) == 1, "4 / 4 is %g", pooled(&p, rows, 0, 4));
}

/* 1 / 3 has 10 bits of fraction: the mean of 3 equal pixels is as wrong as the reciprocal. */
static void reciprocal_has_17_bits(void)
{
	RocketValue up[WIDTH * 8];
	const RocketValue *rows[] = { up };
	RocketPool p = window(ROCKET_POOL_AVERAGE);
	float want = 3000 * 21840.0f / 65536;
	unsigned int i;

	for (i = 0; i < WIDTH * 8; i++)
		up[i].f = 1000;
	p.k_w = 3;
	p.k_h = 1;
	p.pad_left = 0;
	p.stride_x = 1;
	p.recip_w = rocket_float_to_fp16(65536.0f / 3);
	p.recip_h = 31 << 10;
	CHECK(rocket_fp17_to_float(p.recip_w) == 21840.0f / 65536, "1 / 3 is %g",
	      rocket_fp17_to_float(p.recip_w));
	CHECK(rocket_fp17_to_float(p.recip_h) == 1, "1 is %g", rocket_fp17_to_float(p.recip_h));
	CHECK(rocket_fp17_to_float(1) == 0x1p-40f, "the smallest is %g", rocket_fp17_to_float(1));
	CHECK(pooled(&p, rows, 0, 0) ==
	      rocket_fp16_to_float(rocket_float_to_fp16(want)), "%g, not %g",
	      pooled(&p, rows, 0, 0), want);
}

/* One window that is all the input, of @count rows; one byte of each channel comes out. */
static void pool_bytes(RocketPool *p, const RocketValue *const *rows, int8_t out[16])
{
	p->format = ROCKET_INT8;
	p->out_w = p->out_h = p->stride_x = p->stride_y = 1;
	p->in_w = p->k_w;
	p->in_h = p->k_h;
	p->pad_left = 0;
	rocket_pool_row(p, (uint8_t *)out, NULL, rows);
}

/*
 * What an RK3588 gave for the means 0 to 15 of four values each: with fractions of
 * 65536 all of them, with the bits of a float's reciprocal these.
 */
static void integer_averages(void)
{
	static const int8_t inexact[] = { 0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 10, 11, 11, 12, 13 };
	RocketValue up[2 * 16], down[2 * 16];
	const RocketValue *rows[] = { up, down };
	RocketPool p = { .method = ROCKET_POOL_AVERAGE, .k_w = 2, .k_h = 2 };
	int8_t out[16];
	int c;

	for (c = 0; c < 16; c++) {
		up[c].i = c - 40;
		up[16 + c].i = c + 20;
		down[c].i = c - 8;
		down[16 + c].i = c + 28;
	}
	p.recip_w = p.recip_h = 0x8000;
	pool_bytes(&p, rows, out);
	for (c = 0; c < 16; c++)
		CHECK(out[c] == c, "the mean of %d is %d", c, out[c]);
	p.recip_w = p.recip_h = 0x7800;
	pool_bytes(&p, rows, out);
	for (c = 0; c < 16; c++)
		CHECK(out[c] == inexact[c], "%d times 0x7800 twice is %d", 4 * c, out[c]);
}

/* 65536 / 3 is rounded down, and the means of 9 values come out nevertheless. */
static void averages_of_nine(void)
{
	RocketValue values[3][3 * 16];
	const RocketValue *rows[] = { values[0], values[1], values[2] };
	RocketPool p = {
		.method = ROCKET_POOL_AVERAGE, .k_w = 3, .k_h = 3, .recip_w = 21845,
		.recip_h = 21845,
	};
	int8_t out[16];
	int i, c;

	for (i = 0; i < 9; i++)
		for (c = 0; c < 16; c++)
			values[i / 3][i % 3 * 16 + c].i = c - 8 + i - 4;
	pool_bytes(&p, rows, out);
	for (c = 0; c < 16; c++)
		CHECK(out[c] == c - 8, "the mean of %d is %d", c - 8, out[c]);
}

/* Signed bytes: as halves the largest of these would be another. */
static void integer_extremes(void)
{
	RocketValue up[2 * 16], down[2 * 16];
	const RocketValue *rows[] = { up, down };
	RocketPool p = { .method = ROCKET_POOL_MAX, .k_w = 2, .k_h = 2 };
	int8_t out[16];
	int c;

	for (c = 0; c < 16; c++) {
		up[c].i = c - 100;
		up[16 + c].i = 50 - c;
		down[c].i = -5 - c;
		down[16 + c].i = -120;
	}
	pool_bytes(&p, rows, out);
	CHECK(out[0] == 50 && out[15] == 35, "max: %d %d", out[0], out[15]);
	p.method = ROCKET_POOL_MIN;
	pool_bytes(&p, rows, out);
	CHECK(out[0] == -120 && out[15] == -120, "min: %d %d", out[0], out[15]);
}

/* Places have three bits of each coordinate: the window's 16 by 16 alias. */
static void places(void)
{
	static const unsigned int row[] = { 0, 0, 7, 8, 8, 15, 15, 15 };
	static const unsigned int column[] = { 7, 8, 15, 0, 8, 7, 8, 15 };
	static RocketValue values[16][16 * 8];
	const RocketValue *rows[16];
	RocketPool p = {
		.method = ROCKET_POOL_MAX, .format = ROCKET_FP16, .in_w = 16, .in_h = 16,
		.out_w = 1, .out_h = 1, .k_w = 16, .k_h = 16, .stride_x = 16, .stride_y = 16,
	};
	uint16_t out[8], index[8];
	unsigned int c;

	for (c = 0; c < 16; c++)
		rows[c] = values[c];
	for (c = 0; c < 8; c++)
		values[row[c]][column[c] * 8 + c].f = 100 + c;
	rocket_pool_row(&p, (uint8_t *)out, (uint8_t *)index, rows);
	for (c = 0; c < 8; c++) {
		unsigned int want = row[c] % 8 * 8 + column[c] % 8;

		CHECK(rocket_fp16_to_float(out[c]) == 100 + c, "the largest is lost");
		CHECK(index[c] == want, "%u, %u: %u, not %u", row[c], column[c], index[c], want);
	}
}

void test_pool(void)
{
	RUN("max and min, padded", extremes);
	RUN("averages count the padding", averages);
	RUN("averages multiply by a reciprocal of 17 bits", reciprocal_has_17_bits);
	RUN("averages of integers, with silicon's errors", integer_averages);
	RUN("averages of nine integers", averages_of_nine);
	RUN("max and min of signed bytes", integer_extremes);
	RUN("places of the largest", places);
}
