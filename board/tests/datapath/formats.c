// SPDX-License-Identifier: GPL-2.0-or-later
/* Number formats: every fp16, and the edges of all others. */
#include <math.h>
#include <string.h>

#include "datapath.h"
#include "rocket_npu_format.h"
#include "tap.h"

static float float_of(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

/* What the bits of a half mean, out of their definition. */
static double fp16_meaning(unsigned int h)
{
	int exponent = h >> 10 & 31;
	double mantissa = h & 1023;
	double value = exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);

	return h & 0x8000 ? -value : value;
}

static void fp16_all(void)
{
	unsigned int h;

	for (h = 0; h < 0x10000; h++) {
		float f = rocket_fp16_to_float(h);

		if ((h & 0x7c00) == 0x7c00) {
			CHECK(h & 1023 ? isnan(f) : isinf(f), "0x%04x is %g", h, f);
			continue;
		}
		CHECK(f == (float)fp16_meaning(h), "0x%04x is %g, not %g", h, f, fp16_meaning(h));
		CHECK_EQ(rocket_float_to_fp16(f), h, "and back");
	}
}

/* Between two neighbours a value goes to the nearer one, in the middle to the even one. */
static void fp16_rounds_to_even(void)
{
	unsigned int h;

	for (h = 0; h < 0x7bff; h++) {
		double low = fp16_meaning(h), high = fp16_meaning(h + 1), middle = (low + high) / 2;
		unsigned int even = h & 1 ? h + 1 : h;

		CHECK_EQ(rocket_float_to_fp16((float)middle), even, "the middle");
		CHECK_EQ(rocket_float_to_fp16(nextafterf((float)middle, 0)), h, "below the middle");
		CHECK_EQ(rocket_float_to_fp16(nextafterf((float)middle, 1e9f)), h + 1,
			 "above the middle");
	}
	CHECK_EQ(rocket_float_to_fp16(65519.99f), 0x7bff, "the largest half");
	CHECK_EQ(rocket_float_to_fp16(65520.0f), 0x7c00, "what rounds to 65536");
	CHECK_EQ(rocket_float_to_fp16(-1e30f), 0xfc00, "minus much");
}

/* Bits cut off one by one, the same way for both signs. */
static void tf32_truncates(void)
{
	uint32_t bits[] = { 0x3f801fff, 0xbf801fff, 0x3f803fff, 0x7149f2ff };
	uint32_t want[] = { 0x3f800000, 0xbf800000, 0x3f802000, 0x7149e000 };
	float seen[4];
	unsigned int i;

	rocket_widen_float(ROCKET_TF32, seen, (uint8_t *)bits, 4);
	for (i = 0; i < 4; i++)
		CHECK(seen[i] == float_of(want[i]), "0x%08x gives %a", bits[i], seen[i]);
}

static void bf16_is_half_a_float(void)
{
	CHECK(rocket_bf16_to_float(0x4049) == float_of(0x40490000), "widened");
	CHECK_EQ(rocket_float_to_bf16(float_of(0x3f808000)), 0x3f80, "a tie to even, down");
	CHECK_EQ(rocket_float_to_bf16(float_of(0x3f818000)), 0x3f82, "a tie to even, up");
	CHECK_EQ(rocket_float_to_bf16(float_of(0x3f808001)), 0x3f81, "above a tie");
}

/* The even index is in the low half. */
static void int4_nibbles(void)
{
	static const uint8_t raw[] = { 0x8f, 0x70 };
	static const int16_t want[] = { -1, -8, 0, 7 };
	int16_t seen[4];
	unsigned int i;

	rocket_widen_int(ROCKET_INT4, seen, raw, 4);
	for (i = 0; i < 4; i++)
		CHECK(seen[i] == want[i], "value %u is %d, not %d", i, seen[i], want[i]);
}

static void wider_integers(void)
{
	static const uint8_t raw[] = { 0x80, 0x7f, 0x00, 0x80 };
	int16_t bytes[4], words[2];

	rocket_widen_int(ROCKET_INT8, bytes, raw, 4);
	rocket_widen_int(ROCKET_INT16, words, raw, 2);
	CHECK(bytes[0] == -128 && bytes[1] == 127 && bytes[2] == 0, "int8");
	CHECK(words[0] == 0x7f80 && words[1] == -32768, "int16 %d %d", words[0], words[1]);
}

static void atoms(void)
{
	CHECK(rocket_format_atom(ROCKET_INT4) == 32 && rocket_format_atom(ROCKET_INT8) == 16 &&
	      rocket_format_atom(ROCKET_BF16) == 8 && rocket_format_atom(ROCKET_TF32) == 4,
	      "channels in 16 bytes");
}

void test_formats(void)
{
	RUN("every fp16 is what its bits say", fp16_all);
	RUN("floats become the nearest fp16, ties the even one", fp16_rounds_to_even);
	RUN("tf32 cuts 13 bits off, whatever the sign", tf32_truncates);
	RUN("bf16 is the upper half of a float", bf16_is_half_a_float);
	RUN("int4 begins with the low half of a byte", int4_nibbles);
	RUN("int8 and int16 keep their sign", wider_integers);
	RUN("an atom is 16 bytes in every format", atoms);
}
