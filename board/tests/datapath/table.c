// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of the output stage.  The largest relative errors are what the author of
 * a public library measured on silicon with these functions and ranges; other ways
 * to round index or interpolation give others.
 */
#include <math.h>

#include "datapath.h"
#include "rocket_npu_stages.h"
#include "tap.h"

#define ENTRIES		ROCKET_LUT_ENTRIES
#define HALF_RANGE	16384
#define POINTS		1024

static uint16_t le[ENTRIES], lo[ENTRIES];

static const RocketLut tables = {
	.le = le, .lo = lo, .le_start = -HALF_RANGE, .lo_end = HALF_RANGE,
	.le_select = 5, .lo_select = 5,
};

/* A table of @f on low..high, both ends included, in steps of 1 / @scale */
static void make_table(double (*f)(double), double low, double high, double scale)
{
	unsigned int i;

	for (i = 0; i < ENTRIES; i++) {
		double value = f(low + i * (high - low) / (ENTRIES - 1)) * scale;

		lo[i] = value < 32767 ? (uint16_t)lrint(value) : 32767;
	}
}

/* BN makes the index of the value, as its users program it: factor in fp16. */
static double lookup(double x, double low, double high, double scale)
{
	float factor = rocket_fp16_to_float(
		rocket_float_to_fp16((float)(HALF_RANGE / (high - low))));
	RocketValue v = { .f = (float)x * factor + (float)(-low * factor) };

	rocket_lut_stage(&tables, true, &v, 1);
	/* What comes out is an fp16. */
	return rocket_fp16_to_float(rocket_float_to_fp16((float)v.i)) / scale;
}

/* In percent, over the author's values: evenly spread by their logarithm, in fp16 */
static double largest_error(double (*f)(double), double from, double to, double low,
			    double high, double scale)
{
	double worst = 0;
	unsigned int i;

	make_table(f, low, high, scale);
	for (i = 0; i < POINTS; i++) {
		double x = from * pow(to / from, (double)i / (POINTS - 1)), error;

		x = rocket_fp16_to_float(rocket_float_to_fp16((float)x));
		error = fabs(lookup(x, low, high, scale) / f(x) - 1);
		worst = error > worst ? error : worst;
	}
	return worst * 100;
}

static double rsqrt(double x)
{
	return 1 / sqrt(x);
}

static double reciprocal(double x)
{
	return 1 / x;
}

static void published_errors(void)
{
	double seen = largest_error(sqrt, 0.3, 60, 0.25, 64, 4096);

	CHECK(fabs(seen - 0.850) < 0.005, "sqrt: %.3f %%, silicon has 0.85", seen);
	seen = largest_error(rsqrt, 0.6, 60, 0.5, 64, 16384);
	CHECK(fabs(seen - 0.443) < 0.005, "rsqrt: %.3f %%, silicon has 0.44", seen);
	seen = largest_error(reciprocal, 0.3, 30, 0.25, 32, 8192);
	CHECK(fabs(seen - 1.031) < 0.005, "reciprocal: %.3f %%, silicon has 1.0", seen);
}

static int32_t at(float v)
{
	RocketValue value = { .f = v };

	rocket_lut_stage(&tables, true, &value, 1);
	return value.i;
}

/* Entry k is 100k: the index is rounded to even, what is between rounds down. */
static void index_and_interpolation(void)
{
	unsigned int i;

	for (i = 0; i < ENTRIES; i++) {
		lo[i] = (uint16_t)(i * 10);
		le[i] = (uint16_t)(5000 - (int)i * 10);
	}
	CHECK(at(32) == 10 && at(64) == 20, "entries of LO: %d %d", at(32), at(64));
	CHECK(at(32.5f) == 10 && at(33.5f) == 10 && at(35.5f) == 11, "%d %d %d", at(32.5f),
	      at(33.5f), at(35.5f));
	/* 10 * 31 / 32 = 9.7; falling, 5000 - 10 * 31 / 32 = 4990.3 */
	CHECK(at(31) == 9, "rising: %d", at(31));
	CHECK(at(-16384 + 31) == 4990, "falling: %d", at(-16384 + 31));
	/* The last entry of LE stands for index 0: 5000 - 5120, and 10 / 32 before it */
	CHECK(at(-16384) == 5000 && at(-1) == -120, "LE: %d %d", at(-16384), at(-1));
}

/* Beyond the tables: the slope of each side; below, never less than 0 */
static void beyond(void)
{
	RocketLut lut = tables;
	RocketValue v[4] = { { .i = -16384 - 8 }, { .i = -20000 }, { .i = 16384 }, { .i = 17384 } };

	le[0] = 100;
	lo[ENTRIES - 1] = 1000;
	lut.le_slope = 3;
	lut.le_slope_shift = 1;
	lut.lo_slope = 8192;
	lut.lo_slope_shift = 13;
	rocket_lut_stage(&lut, false, v, 4);
	CHECK(v[0].i == 88 && v[1].i == 0, "below: %d %d", v[0].i, v[1].i);
	CHECK(v[2].i == 1000 && v[3].i == 2000, "above: %d %d", v[2].i, v[3].i);
}

static float converted(int32_t q, int32_t offset, unsigned int minus_exp)
{
	RocketOutStage out = {
		.is_float = true, .table = true, .cvt_type = true, .format = ROCKET_FP16,
		.scale = 1, .offset = offset, .minus_exp = minus_exp,
	};
	RocketValue v = { .i = q };
	uint16_t h;

	rocket_out_stage(&out, (uint8_t *)&h, &v, 1);
	return rocket_fp16_to_float(h);
}

/*
 * The heights of the spikes that silicon shows where a table's value is 0: MINUS_EXP
 * is taken from the exponent of zero, too.
 */
static void spikes(void)
{
	static const struct {
		unsigned int minus_exp;
		float height;
	} cases[] = { { 15, 4 }, { 14, 8 }, { 13, 16 }, { 11, 64 }, { 10, 128 } };
	unsigned int i;

	for (i = 0; i < 5; i++)
		CHECK(converted(0, 0, cases[i].minus_exp) == cases[i].height,
		      "MINUS_EXP %u gives %g", cases[i].minus_exp,
		      converted(0, 0, cases[i].minus_exp));
	CHECK(converted(7, -7, 15) == 4, "the offset does not count");
	CHECK(converted(1, 0, 15) == 0, "1 with MINUS_EXP 15");
	CHECK(converted(-24576, 0, 15) == -0.75f, "an ordinary value: %g", converted(-24576, 0, 15));
}

void test_table(void)
{
	RUN("index to the nearest, between entries down", index_and_interpolation);
	RUN("sqrt, rsqrt and reciprocal have silicon's errors", published_errors);
	RUN("slopes beyond the tables", beyond);
	RUN("the output's exponent arithmetic makes silicon's spikes", spikes);
}
