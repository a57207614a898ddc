// SPDX-License-Identifier: GPL-2.0-or-later
/* What happens to a value between the accumulator and memory. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "datapath.h"
#include "rocket_npu_stages.h"
#include "tap.h"

#define COUNT(array)	(sizeof(array) / sizeof(*(array)))

static int32_t bits_of(float f)
{
	int32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	return bits;
}

static uint16_t half(float f)
{
	return rocket_float_to_fp16(f);
}

/* One int32 out of a task of integers, as int32 */
static int32_t scaled(int32_t v, int16_t scale, unsigned int shift, int32_t offset, bool away)
{
	RocketOutStage out = {
		.format = ROCKET_INT32, .scale = scale, .shift = shift, .offset = offset,
		.half_away = away,
	};
	RocketValue value = { .i = v };
	int32_t seen;

	rocket_out_stage(&out, (uint8_t *)&seen, &value, 1);
	return seen;
}

/* Both settings of the bit, measured with ties built on purpose */
static void rounding(void)
{
	static const int8_t even[] = { -2, -2, 0, 0, 2, 2 }, away[] = { -3, -2, -1, 1, 2, 3 };
	int i;

	for (i = 0; i < 6; i++) {
		int32_t v = (i - 3) * 2 + 1;

		CHECK(scaled(v, 1, 1, 0, false) == even[i], "%d / 2, halves to even", v);
		CHECK(scaled(v, 1, 1, 0, true) == away[i], "%d / 2, halves away", v);
	}
	CHECK(scaled(-3, 1, 2, 0, false) == -1, "-0.75 is truncated");
	CHECK(scaled(1, (int16_t)0x8000, 0, 0, false) == -32768, "the factor has no sign");
}

/* 257 × 25 needs 13 bits and 6425 none of them is lost; int16 and int8 saturate. */
static void saturation(void)
{
	static const int32_t sums[] = { 40000, -40000, 200, -200 };
	static const int16_t words[] = { 32767, -32768, 200, -200 };
	RocketOutStage out = { .format = ROCKET_INT16, .scale = 1 };
	RocketValue v[4];
	int16_t seen[4];
	int8_t bytes[4];
	int i;

	for (i = 0; i < 4; i++)
		v[i].i = sums[i];
	rocket_out_stage(&out, (uint8_t *)seen, v, 4);
	for (i = 0; i < 4; i++)
		CHECK(seen[i] == words[i], "%d becomes %d", sums[i], seen[i]);
	out.format = ROCKET_INT8;
	out.offset = -100;
	rocket_out_stage(&out, (uint8_t *)bytes, v, 4);
	CHECK(bytes[0] == 127 && bytes[1] == -128 && bytes[2] == 100 && bytes[3] == -128,
	      "int8: %d %d %d %d", bytes[0], bytes[1], bytes[2], bytes[3]);
}

/* int8 tasks with floats out: exact beyond 2^24 as int32, rounded once as fp32 */
static void integers_to_floats(void)
{
	RocketOutStage out = { .format = ROCKET_FP32, .scale = 3 };
	RocketValue v = { .i = 16777217 };
	uint16_t h;
	float f;

	rocket_out_stage(&out, (uint8_t *)&f, &v, 1);
	CHECK(f == 50331652.0f, "3 * 16777217 is %.0f", f);
	CHECK(scaled(16777217, 1, 0, 0, false) == 16777217, "int32 is not exact");
	out.scale = 1;
	out.format = ROCKET_FP16;
	v.i = 2049;
	rocket_out_stage(&out, (uint8_t *)&h, &v, 1);
	CHECK_EQ(h, half(2048), "2049 as fp16");
}

/* fp32 to int16, and to fp16 in one rounding */
static void floats_out(void)
{
	RocketOutStage out = { .is_float = true, .format = ROCKET_INT16, .scale = 1 };
	RocketValue v[3] = { { .f = 2.5f }, { .f = -70000 }, { .f = NAN } };
	int16_t seen[3];
	uint16_t h[3];

	rocket_out_stage(&out, (uint8_t *)seen, v, 3);
	CHECK(seen[0] == 2 && seen[1] == -32768 && seen[2] == 0, "%d %d %d", seen[0], seen[1],
	      seen[2]);
	out.format = ROCKET_FP16;
	rocket_out_stage(&out, (uint8_t *)h, v, 2);
	CHECK(h[0] == 0x4100 && h[1] == 0xfc00, "0x%x 0x%x", h[0], h[1]);
}

/* Swept on silicon: a BN in floats multiplies, then adds. */
static void bn_multiplies_first(void)
{
	RocketXStage bn = { .is_float = true, .mul_first = true, .alu = true, .mul = true };
	RocketXOperands ops = { .alu = { bits_of(8192) }, .mul = { (int16_t)half(3) } };
	RocketValue v = { .f = 2 };

	rocket_x_stage(&bn, &ops, &v, 1, 1);
	CHECK(v.f == 8198, "2 * 3 + 8192 is %g", v.f);
	ops.alu[0] = bits_of(-0.0f);
	v.f = -0.0f;
	rocket_x_stage(&bn, &ops, &v, 1, 1);
	CHECK(v.f == 0 && signbit(v.f), "minus zero is no neutral operand");
}

/* Checked bit by bit on silicon: each step rounds to a float, fp16 subnormals count. */
static void float_steps_round(void)
{
	static const float factors[] = { 0x1p-24f, 0x1p-14f, 1, 65504, 0.0137f };
	RocketXStage bs = { .is_float = true, .mul = true };
	RocketEwStage ew = { .enabled = true, .is_float = true, .op = true, .mul = true };
	int a, b;

	for (a = 0; a < 5; a++) {
		for (b = 0; b < 5; b++) {
			RocketXOperands ops = { .mul = { (int16_t)half(factors[a]) } };
			RocketValue v = { .f = 1.2345678f }, e;
			volatile float once = 1.2345678f * rocket_fp16_to_float(half(factors[a]));
			volatile float want;

			e.f = rocket_fp16_to_float(half(factors[b]));
			want = once * e.f;
			rocket_x_stage(&bs, &ops, &v, 1, 1);
			rocket_ew_stage(&ew, &v, &e, 1);
			CHECK(v.f == want, "%g and %g: %a, not %a", factors[a], factors[b], v.f,
			      want);
		}
	}
}

/* BS of integers: 32 bits, add first; the product's sign chooses the shift. */
static void integer_stage(void)
{
	RocketXStage bs = {
		.alu = true, .mul = true, .mul_shift = 1, .mul_shift_neg = 2, .relu = true,
		.relux = true, .relux_max = 50,
	};
	RocketXOperands ops = { .alu = { 1, 1, 1, INT32_MAX }, .mul = { 4, 4, 40, 1 } };
	RocketValue v[4] = { { .i = 9 }, { .i = -9 }, { .i = 9 }, { .i = 5 } };

	rocket_x_stage(&bs, &ops, v, 4, 4);
	CHECK(v[0].i == 20 && v[1].i == 0 && v[2].i == 50 && v[3].i == 50, "%d %d %d %d", v[0].i,
	      v[1].i, v[2].i, v[3].i);
	bs.relu = false;
	v[0].i = -9;
	rocket_x_stage(&bs, &ops, v, 1, 1);
	CHECK(v[0].i == -8, "(-9 + 1) * 4 / 2^2 is %d", v[0].i);
}

static void element_wise(void)
{
	static const struct {
		int algo;
		float want;
	} cases[] = {
		{ 0, 3 }, { 1, -2 }, { 2, 1 }, { 3, -1.5f }, { 4, 5 }, { 5, 3 }, { 6, -3 },
	};
	RocketEwStage ew = { .enabled = true, .is_float = true, .op = true };
	unsigned int i;

	for (i = 0; i < COUNT(cases); i++) {
		RocketValue v = { .f = 3 }, e = { .f = -2 };

		ew.algo = cases[i].algo;
		rocket_ew_stage(&ew, &v, &e, 1);
		CHECK(v.f == cases[i].want, "operation %d gives %g", cases[i].algo, v.f);
	}
	ew.is_float = false;
	for (i = 0; i < COUNT(cases); i++) {
		RocketValue v = { .i = 3 }, e = { .i = -2 };

		ew.algo = cases[i].algo;
		rocket_ew_stage(&ew, &v, &e, 1);
		CHECK(ew.algo == 3 || v.i == (int)cases[i].want, "of integers %d gives %d",
		      cases[i].algo, v.i);
	}
}

/* Exact beyond 2^24: what an add in floats could not do */
static void integers_add(void)
{
	RocketEwStage ew = { .enabled = true, .op = true, .algo = 2 };
	RocketValue v = { .i = 16777216 }, e = { .i = 1 };

	rocket_ew_stage(&ew, &v, &e, 1);
	CHECK(v.i == 16777217, "%d", v.i);
}

/* What an RK3588 gave for the ends of the range: a sum saturates, a negative wraps. */
static void integer_edges(void)
{
	static const struct {
		int algo, v, e, want;
	} cases[] = {
		{ 2, INT32_MAX, 1, INT32_MAX }, { 2, INT32_MIN, -1, INT32_MIN },
		{ 4, INT32_MAX, INT32_MAX, 0 }, { 4, 0, INT32_MAX, -INT32_MAX },
		{ 4, INT32_MIN, INT32_MIN, INT32_MIN }, { 4, -1, INT32_MIN, INT32_MIN },
		{ 5, INT32_MIN, 1, INT32_MIN }, { 5, -7, 1, 7 },
		{ 6, INT32_MIN, 1, INT32_MIN }, { 6, INT32_MAX, 1, -INT32_MAX },
	};
	RocketEwStage ew = { .enabled = true, .op = true };
	unsigned int i;

	for (i = 0; i < COUNT(cases); i++) {
		RocketValue v = { .i = cases[i].v }, e = { .i = cases[i].e };

		ew.algo = cases[i].algo;
		rocket_ew_stage(&ew, &v, &e, 1);
		CHECK(v.i == cases[i].want, "%d, %d by %d: %d", cases[i].v, cases[i].e, ew.algo,
		      v.i);
	}
}

/* Compared with the functions of the host on an RK3588 */
static void whole_floats(void)
{
	static const float values[] = { 2.75f, -2.75f, -0.5f, 3, 0 };
	RocketEwStage ew = { .enabled = true, .is_float = true, .op = true };
	unsigned int i;

	for (i = 0; i < COUNT(values); i++) {
		RocketValue v = { .f = values[i] }, e = { .f = 9 };

		ew.algo = 7;
		rocket_ew_stage(&ew, &v, &e, 1);
		CHECK(v.f == floorf(values[i]), "floor of %g is %g", values[i], v.f);
		v.f = values[i];
		ew.algo = 8;
		rocket_ew_stage(&ew, &v, &e, 1);
		CHECK(v.f == ceilf(values[i]), "ceil of %g is %g", values[i], v.f);
	}
}

/* Mesa's residual add: the offset first, then the factor, rounded to even */
static void operand_converter(void)
{
	RocketEwStage ew = {
		.enabled = true, .op = true, .algo = 2, .cvt = true, .cvt_add_first = true,
		.cvt_offset = 3, .cvt_scale = 5, .cvt_shift = 1,
	};
	RocketValue v = { .i = 100 }, e = { .i = -2 };

	rocket_ew_stage(&ew, &v, &e, 1);
	CHECK(v.i == 102, "100 + (-2 + 3) * 5 / 2 is %d", v.i);
	ew.cvt_add_first = false;
	v.i = 100;
	rocket_ew_stage(&ew, &v, &e, 1);
	CHECK(v.i == 98, "100 + -2 * 5 / 2 + 3 is %d", v.i);
}

void test_stages(void)
{
	RUN("the output's scale rounds to the nearest, ties as the bit says", rounding);
	RUN("int16 and int8 saturate, behind the offset", saturation);
	RUN("integers become floats behind the scale", integers_to_floats);
	RUN("floats become integers and halves in one rounding", floats_out);
	RUN("BN multiplies before it adds", bn_multiplies_first);
	RUN("BS and EW multiply by fp16, each rounding to fp32", float_steps_round);
	RUN("BS adds, multiplies and clips integers of 32 bits", integer_stage);
	RUN("element-wise max, min, add, divide, subtract, magnitude, negative", element_wise);
	RUN("element-wise sums of int32 are exact", integers_add);
	RUN("element-wise integers at the ends of their range", integer_edges);
	RUN("element-wise floor and ceil", whole_floats);
	RUN("the operand's converter adds first or last", operand_converter);
}
