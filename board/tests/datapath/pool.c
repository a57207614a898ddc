// SPDX-License-Identifier: GPL-2.0-or-later
/* Windows of the PPU. */
#include <math.h>
#include <string.h>

#include "datapath.h"
#include "rocket_npu_pool.h"
#include "tap.h"

#define WIDTH	5

/* Channel c of pixel x is 10x + c, and negative in every second row. */
static void fill(float *row, int sign)
{
	unsigned int i;

	for (i = 0; i < WIDTH * ROCKET_POOL_ATOM; i++)
		row[i] = (float)(sign * (int)(10 * (i / 8) + i % 8));
}

static float pooled(const RocketPool *p, const float *const *rows, unsigned int x, unsigned int c)
{
	uint16_t out[WIDTH * ROCKET_POOL_ATOM];

	rocket_pool_row(p, (uint8_t *)out, rows);
	return rocket_fp16_to_float(out[x * ROCKET_POOL_ATOM + c]);
}

static RocketPool window(RocketPoolMethod method)
{
	return (RocketPool){
		.method = method, .in_w = WIDTH, .in_h = 2, .out_w = 3, .out_h = 1,
		.k_w = 2, .k_h = 2, .stride_x = 2, .stride_y = 1, .pad_left = 1,
	};
}

static void extremes(void)
{
	float up[WIDTH * 8], down[WIDTH * 8];
	const float *rows[] = { up, down };
	RocketPool p = window(ROCKET_POOL_MAX);

	fill(up, 1);
	fill(down, -1);
	p.pad = -INFINITY;
	CHECK(pooled(&p, rows, 0, 3) == 3 && pooled(&p, rows, 2, 7) == 47, "max: %g %g",
	      pooled(&p, rows, 0, 3), pooled(&p, rows, 2, 7));
	p = window(ROCKET_POOL_MIN);
	p.pad = INFINITY;
	CHECK(pooled(&p, rows, 0, 3) == -3 && pooled(&p, rows, 2, 7) == -47, "min: %g %g",
	      pooled(&p, rows, 0, 3), pooled(&p, rows, 2, 7));
}

/* The padding counts: a window of four with two pixels outside is a half of their mean. */
static void averages(void)
{
	float up[WIDTH * 8];
	const float *rows[] = { up, NULL };
	RocketPool p = window(ROCKET_POOL_AVERAGE);

	fill(up, 1);
	p.recip_w = p.recip_h = rocket_fp16_to_float(rocket_float_to_fp16(65536.0f / 2));
	CHECK(pooled(&p, rows, 1, 0) == 7.5f, "(10 + 20) / 4 is %g", pooled(&p, rows, 1, 0));
	CHECK(pooled(&p, rows, 0, 4) == 1, "4 / 4 is %g", pooled(&p, rows, 0, 4));
}

/* 65536 / 3 is no fp16: the mean of 3 equal pixels is as wrong as the reciprocal. */
static void reciprocal_is_fp16(void)
{
	float up[WIDTH * 8];
	const float *rows[] = { up };
	RocketPool p = window(ROCKET_POOL_AVERAGE);
	float want = 3000 * 21840.0f / 65536;
	unsigned int i;

	for (i = 0; i < WIDTH * 8; i++)
		up[i] = 1000;
	p.k_w = 3;
	p.k_h = 1;
	p.pad_left = 0;
	p.stride_x = 1;
	p.recip_w = rocket_fp16_to_float(rocket_float_to_fp16(65536.0f / 3));
	p.recip_h = 65536;
	CHECK(p.recip_w == 21840, "65536 / 3 as fp16 is %g", p.recip_w);
	CHECK(pooled(&p, rows, 0, 0) ==
	      rocket_fp16_to_float(rocket_float_to_fp16(want)), "%g, not %g",
	      pooled(&p, rows, 0, 0), want);
}

void test_pool(void)
{
	RUN("max and min, padded", extremes);
	RUN("averages count the padding", averages);
	RUN("averages multiply by an fp16 reciprocal", reciprocal_is_fp16);
}
