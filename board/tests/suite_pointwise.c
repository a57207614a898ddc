// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The output stage between integers, with operands out of registers and offsets of
 * weights out of memory; the PPU's other formats, and places of extremes.  What an RK3588
 * gave to those who tried: docs/board-npu.rst, marks Q and I.
 */
#include <stdlib.h>
#include <string.h>

#include "product.h"
#include "rng.h"
#include "rocket_regcmd.h"
#include "suite.h"
#include "tap.h"

#define ALGO_MAX	0
#define ALGO_MIN	1
#define ALGO_ADD	2
#define ALGO_MINUS	4
#define ALGO_ABS	5
#define ALGO_NEG	6
#define ALGO_MUL	100	/* no field, another unit */

#define PIXELS		3

/* The DPU alone, with no more said than silicon needs */
static void emit_flying(struct product *p, enum format in, enum format out, unsigned int channels)
{
	p->width = PIXELS;
	p->height = 1;
	product_set(p, 0x4004, 0xe);
	product_set(p, 0x5004, 0xe);
	product_set(p, 0x501c, 1);					/* BRDMA off */
	product_set(p, 0x5028, 1);					/* NRDMA off */
	product_set(p, 0x400c, 0x1e5);					/* flying, to memory */
	product_set(p, 0x4010, (uint32_t)out << 29 | (uint32_t)in << 26 | in);
	product_set(p, 0x4020, p->out_addr);
	product_set(p, 0x4024, PIXELS * 16);
	product_set(p, 0x4030, PIXELS - 1);
	product_set(p, 0x403c, (channels - 1) << 16 | (channels - 1));
	product_set(p, 0x40c0, PIXELS * 16);
	product_set(p, 0x500c, PIXELS - 1);
	product_set(p, 0x5014, channels - 1);
	product_set(p, 0x5018, p->feature_addr);
	product_set(p, 0x5034, 1);					/* ERDMA off */
	product_set(p, 0x5044, (uint32_t)in << 15 | (uint32_t)in << 5 | 1);
}

/* The operand @operand in memory, for each pixel, of 1 << @size / 2 bytes */
static void emit_operand(struct product *p, uint32_t operand, unsigned int size, int algo)
{
	uint32_t cfg = 1 << 28 | size << 22 | 1 << 9 | 1 << 7 | 1 << 6;

	cfg |= algo == ALGO_MUL ? 1 << 2 : algo << 16;
	/* The vendor's maximum and minimum have EQUAL_EN. */
	cfg |= algo == ALGO_MAX || algo == ALGO_MIN ? 1 << 21 : 0;
	cfg |= size == 3 ? 1 << 8 : 0;
	product_set(p, 0x4070, cfg);
	product_set(p, 0x4078, 1);					/* EW_CVT_SCALE */
	product_set(p, 0x5034, 1 << 30 | size << 2);
	product_set(p, 0x5038, operand);
	product_set(p, 0x5040, PIXELS * 16);
}

static int64_t clamp(int64_t v, unsigned int bytes)
{
	int64_t max = (1LL << (8 * bytes - 1)) - 1;

	return v > max ? max : v < -max - 1 ? -max - 1 : v;
}

/* Measured: sums, differences and products saturate, negatives of int32 wrap. */
static int64_t wanted(int algo, int64_t a, int64_t b, unsigned int bytes)
{
	switch (algo) {
	case ALGO_MAX:
		return a > b ? a : b;
	case ALGO_MIN:
		return a < b ? a : b;
	case ALGO_ADD:
		return clamp(a + b, bytes);
	case ALGO_MINUS:
		return clamp(a + (int32_t)-(uint32_t)b, bytes);
	case ALGO_ABS:
		return clamp((int32_t)(a < 0 ? -(uint32_t)a : (uint32_t)a), bytes);
	case ALGO_NEG:
		return clamp((int32_t)-(uint32_t)a, bytes);
	default:
		return clamp(a * (bytes == 4 ? (int16_t)b : b), bytes);
	}
}

static int64_t value_at(const uint8_t *raw, unsigned int i, unsigned int bytes)
{
	int16_t half;
	int32_t word;

	switch (bytes) {
	case 1:
		return (int8_t)raw[i];
	case 2:
		memcpy(&half, raw + 2 * i, 2);
		return half;
	default:
		memcpy(&word, raw + 4 * i, 4);
		return word;
	}
}

static void check_integers(struct board *b, struct vm *vm, enum format format, int algo,
			   struct rng *rng)
{
	static const struct kind kind = { "integers", INT8, INT8, 8, 8, 0 };
	static const uint32_t edges[] = { 0x7fffffff, 0x80000000, 0, 1, 0xffffffff };
	unsigned int bytes = format_bits[format] / 8, channels = 32 / bytes, i, bad = 0;
	uint8_t one[2 * PIXELS * 16], other[sizeof(one)], out[sizeof(one)];
	struct product p = { .kind = &kind };
	uint32_t operand;

	for (i = 0; i < sizeof(one) / 4; i++) {
		uint32_t a = i < 25 ? edges[i % 5] : rng_u32(rng);
		uint32_t e = i < 25 ? edges[i / 5] : rng_u32(rng);

		memcpy(one + 4 * i, &a, 4);
		memcpy(other + 4 * i, &e, 4);
	}
	p.feature_addr = vm_alloc(vm, sizeof(one), MMU_READ);
	vm_write(vm, p.feature_addr, one, sizeof(one));
	operand = vm_alloc(vm, sizeof(other), MMU_READ);
	vm_write(vm, operand, other, sizeof(other));
	p.out_addr = vm_alloc(vm, sizeof(out), MMU_WRITE);
	emit_flying(&p, format, format, channels);
	emit_operand(&p, operand, bytes == 4 ? 3 : bytes, algo);
	product_finish(&p, 0x18);
	product_run(b, &p, vm, PC_IRQ_DPU, PC_IRQ_DPU);
	vm_read(vm, p.out_addr, out, sizeof(out));
	for (i = 0; i < sizeof(one) / bytes; i++)
		bad += value_at(out, i, bytes) != wanted(algo, value_at(one, i, bytes),
							 value_at(other, i, bytes), bytes);
	CHECK(!bad, "operation %d of %u-byte integers: %u of %zu are wrong", algo, bytes, bad,
	      sizeof(one) / bytes);
}

/* Nothing is said of BS, BN and OUT_CVT: a reset leaves them so that they do nothing. */
static void test_integers(struct board *b, const struct env *env)
{
	static const int algos[] = {
		ALGO_MAX, ALGO_MIN, ALGO_ADD, ALGO_MINUS, ALGO_ABS, ALGO_NEG, ALGO_MUL,
	};
	static const enum format formats[] = { INT8, INT16, INT32 };
	struct rng rng = { env->seed };
	unsigned int f, a;
	struct vm *vm;

	attach_new(b, &vm);
	for (f = 0; f < COUNT(formats); f++)
		for (a = 0; a < COUNT(algos) && !tap_failed(); a++)
			check_integers(b, vm, formats[f], algos[a], &rng);
	vm_free(vm);
}

/* 16 channels of fp16; the 8 of a surface share an operand. */
static void check_registers(struct board *b, bool multiply)
{
	static const struct kind kind = { "registers", FP16, FP16, 8, 8, 0 };
	uint16_t in[2 * PIXELS * 8], out[2 * PIXELS * 8];
	struct product p = { .kind = &kind };
	unsigned int i, bad = 0;
	struct vm *vm;

	attach_new(b, &vm);
	for (i = 0; i < COUNT(in); i++)
		in[i] = half_bits((int)i - 20);
	p.feature_addr = vm_alloc(vm, sizeof(in), MMU_READ);
	vm_write(vm, p.feature_addr, in, sizeof(in));
	p.out_addr = vm_alloc(vm, sizeof(out), MMU_WRITE);
	emit_flying(&p, FP16, FP16, 16);
	product_set(&p, 0x4070, 1 << 28 | 2 << 22 | 1 << 9 | 1 << 7 |
				(multiply ? 1 << 8 | 1 << 2 : ALGO_ADD << 16));
	/* A float of 2 to add, a half of 2 to multiply by */
	product_set(&p, 0x4090, multiply ? half_bits(2) : 0x40000000);
	product_set(&p, 0x4094, multiply ? half_bits(3) : 0);
	product_finish(&p, 0x18);
	product_run(b, &p, vm, PC_IRQ_DPU, PC_IRQ_DPU);
	vm_read(vm, p.out_addr, out, sizeof(out));
	vm_free(vm);
	CHECK_PASSED();
	for (i = 0; i < COUNT(out); i++) {
		int v = (int)i - 20, first = i < COUNT(out) / 2;

		bad += out[i] != half_bits(multiply ? v * (first ? 2 : 3) : v + (first ? 2 : 0));
	}
	CHECK(!bad, "%u of %zu values are wrong", bad, COUNT(out));
}

static void test_register_sum(struct board *b, const struct env *env)
{
	(void)env;
	check_registers(b, false);
}

static void test_register_factor(struct board *b, const struct env *env)
{
	(void)env;
	check_registers(b, true);
}

/* int16 + int16 to int32: two surfaces of four channels for one of eight */
static void test_widening(struct board *b, const struct env *env)
{
	static const struct kind kind = { "widening", INT16, INT32, 8, 8, 1 };
	int16_t one[PIXELS * 8], other[PIXELS * 8];
	struct product p = { .kind = &kind };
	unsigned int x, c, bad = 0;
	int32_t out[PIXELS * 8];
	uint32_t operand;
	struct vm *vm;

	(void)env;
	attach_new(b, &vm);
	for (x = 0; x < COUNT(one); x++) {
		one[x] = (int16_t)(30000 - 2000 * x);
		other[x] = (int16_t)(x % 2 ? 30000 : -30000);
	}
	p.feature_addr = vm_alloc(vm, sizeof(one), MMU_READ);
	vm_write(vm, p.feature_addr, one, sizeof(one));
	operand = vm_alloc(vm, sizeof(other), MMU_READ);
	vm_write(vm, operand, other, sizeof(other));
	p.out_addr = vm_alloc(vm, sizeof(out), MMU_WRITE);
	emit_flying(&p, INT16, INT32, 8);
	emit_operand(&p, operand, 2, ALGO_ADD);
	product_set(&p, 0x4050, 1 << 8 | 1 << 5 | 1 << 2 | 1 << 1);	/* SIZE_E 1 */
	product_set(&p, 0x40c0, 2 * PIXELS * 16);
	product_finish(&p, 0x18);
	product_run(b, &p, vm, PC_IRQ_DPU, PC_IRQ_DPU);
	vm_read(vm, p.out_addr, out, sizeof(out));
	vm_free(vm);
	CHECK_PASSED();
	for (x = 0; x < PIXELS; x++)
		for (c = 0; c < 8; c++)
			bad += out[(c / 4 * PIXELS + x) * 4 + c % 4] !=
			       one[x * 8 + c] + other[x * 8 + c];
	CHECK(!bad, "%u of 24 sums are wrong", bad);
}

/* The vendor's comparison: a difference times infinity, cut to 0 and 1, as int16 */
static void test_comparison(struct board *b, const struct env *env)
{
	static const struct kind kind = { "comparison", FP16, INT16, 8, 8, 0 };
	struct product p = { .kind = &kind };
	uint16_t in[PIXELS * 8];
	int16_t out[PIXELS * 8];
	unsigned int i, bad = 0;
	struct vm *vm;

	(void)env;
	attach_new(b, &vm);
	for (i = 0; i < COUNT(in); i++)
		in[i] = half_bits((int)i - 12);
	in[0] = 1;						/* the smallest there is */
	in[1] = 0x8000;						/* minus zero */
	p.feature_addr = vm_alloc(vm, sizeof(in), MMU_READ);
	vm_write(vm, p.feature_addr, in, sizeof(in));
	p.out_addr = vm_alloc(vm, sizeof(out), MMU_WRITE);
	emit_flying(&p, FP16, INT16, 8);
	product_set(&p, 0x4040, 1 << 18 | 1 << 6);			/* subtract, multiply */
	product_set(&p, 0x4044, 0x33800000);				/* 2^-24 */
	product_set(&p, 0x4048, 0x40000000);				/* a half of 2 */
	product_set(&p, 0x4060, 1 << 18 | 2 << 6 | 1 << 1);		/* multiply, cut */
	product_set(&p, 0x4068, 0x7c000000);
	product_set(&p, 0x406c, 0x3f800000);
	product_set(&p, 0x4070, 1);
	product_finish(&p, 0x18);
	product_run(b, &p, vm, PC_IRQ_DPU, PC_IRQ_DPU);
	vm_read(vm, p.out_addr, out, sizeof(out));
	vm_free(vm);
	CHECK_PASSED();
	for (i = 1; i < COUNT(in); i++)
		bad += out[i] != ((int)i - 12 > 0);
	CHECK(!bad, "%u of 23 answers are wrong", bad);
}

/* Behind BRDMA: 8 biases, 8 offsets and 8 factors in turns, as the vendor has them */
static void put_channels(uint8_t *raw, unsigned int channels)
{
	unsigned int k;

	for (k = 0; k < channels; k++) {
		uint8_t *unit = raw + k / 8 * 64;
		int32_t bias = 10 * (int)k;
		int16_t offset = (int16_t)(k % 5) - 2, factor = 1 << 14;

		memcpy(unit + k % 8 * 4, &bias, 4);
		memcpy(unit + 32 + k % 8 * 2, &offset, 2);
		memcpy(unit + 48 + k % 8 * 2, &factor, 2);
	}
}

static int with_offset(const struct product *p, unsigned int x, unsigned int k)
{
	int features = 0;
	unsigned int c;

	for (c = 0; c < p->in; c++)
		features += p->features[x * p->in + c];
	return product_sum(p, x, k) + ((int)(k % 5) - 2) * features + 10 * (int)k;
}

static void emit_offsets(struct product *p, uint32_t channels)
{
	product_set(p, 0x3010, INT8 << 8 | 1);				/* QD_EN */
	product_set(p, 0x4010, 14 << 4);				/* shift of negatives */
	product_set(p, 0x4040, 2 << 16 | 1 << 8 | 1 << 6);
	product_set(p, 0x4048, 14 << 8 | 1);
	product_set(p, 0x4050, 1 << 8 | 1 << 5 | 1 << 2 | 1);		/* OW_SRC */
	product_set(p, 0x5004, 0xe);
	product_set(p, 0x500c, p->width - 1);
	product_set(p, 0x5010, p->height - 1);
	product_set(p, 0x5014, p->out - 1);
	product_set(p, 0x501c, 7 << 1);
	product_set(p, 0x5020, channels);
	product_set(p, 0x5034, 1);
	product_set(p, 0x5044, 1 << 4);					/* MRDMA off */
}

static void test_weight_offsets(struct board *b, const struct env *env)
{
	static const struct kind kind = { "weight offsets", INT8, INT8, 32, 32, 1 };
	struct rng rng = { env->seed };
	unsigned int x, k, bad = 0;
	uint8_t raw[40 / 8 * 64];
	uint32_t channels;
	struct product p;
	struct vm *vm;
	int8_t *out;

	attach_new(b, &vm);
	product_init(&p, &kind, vm, 3, 4, 16, 40, &rng);
	put_channels(raw, p.out);
	channels = vm_alloc(vm, 64 * 64 / 8, MMU_READ);
	vm_write(vm, channels, raw, sizeof(raw));
	product_array(&p);
	product_output(&p, 0, INT8, product_pixels(&p) * 16);
	emit_offsets(&p, channels);
	product_finish(&p, 0x1d);
	product_run(b, &p, vm, PC_IRQ_DPU, 0x3ff);
	out = malloc(p.out_bytes);
	vm_read(vm, p.out_addr, out, p.out_bytes);
	for (x = 0; x < product_pixels(&p); x++)
		for (k = 0; k < p.out; k++)
			bad += out[(k / 16 * product_pixels(&p) + x) * 16 + k % 16] !=
			       clamp(with_offset(&p, x, k), 1);
	free(out);
	product_done(&p);
	vm_free(vm);
	CHECK_PASSED();
	CHECK(!bad, "%u of 480 outputs are wrong", bad);
}

/* int16 products, transposed and narrowed: where a sweep on silicon found each value */
static void test_transposed(struct board *b, const struct env *env)
{
	static const struct kind kind = { "transposed", INT16, INT32, 16, 32, 7 };
	const unsigned int rows = 8, channels = 32;
	struct rng rng = { env->seed };
	unsigned int m, n, bad = 0;
	struct product p;
	struct vm *vm;
	int16_t *out;

	attach_new(b, &vm);
	product_init(&p, &kind, vm, 1, rows, 32, channels, &rng);
	/* Sums beyond 16 bits */
	for (m = 0; m < p.in; m++)
		p.features[m] = p.weights[m] = 127;
	product_place(&p, vm);
	product_array(&p);
	product_output(&p, 0, INT16, rows * 16);
	product_set(&p, 0x4050, 1 << 27 | 7 << 8 | 7 << 5 | 7 << 2 | 2);	/* TP_ORG_EN */
	product_set(&p, 0x4058, 1 << 27 | (channels - 1));		/* TP_PRECISION */
	product_finish(&p, 0xd);
	product_run(b, &p, vm, PC_IRQ_DPU, 0x3ff);
	out = malloc(p.out_bytes);
	vm_read(vm, p.out_addr, out, p.out_bytes);
	for (m = 0; m < rows; m++)
		for (n = 0; n < channels; n++)
			bad += out[4 * m + n / 4 % 4 + n / 16 * 4 * rows + n % 4 * 16 * rows] !=
			       clamp(product_sum(&p, m, n), 2);
	free(out);
	n = product_sum(&p, 0, 0) > 32767;
	product_done(&p);
	vm_free(vm);
	CHECK_PASSED();
	CHECK(n, "no sum saturates");
	CHECK(!bad, "%u of 256 values are wrong", bad);
}

static const struct kind pooling = { "pooling", FP16, FP16, 8, 8, 0 };

/* Signed bytes: as halves other ones would be the largest. */
static void test_pool_bytes(struct board *b, const struct env *env)
{
	struct product p = { .kind = &pooling, .width = 2, .height = 2 };
	int8_t in[4 * 16], out[16];
	unsigned int c, bad = 0;
	struct vm *vm;

	(void)env;
	attach_new(b, &vm);
	for (c = 0; c < 16; c++) {
		in[c] = (int8_t)(c - 100);
		in[16 + c] = (int8_t)(50 - c);
		in[32 + c] = (int8_t)(-5 - c);
		in[48 + c] = (int8_t)(c % 2 ? -120 : 100 - (int)c);
	}
	p.feature_addr = vm_alloc(vm, sizeof(in), MMU_READ);
	vm_write(vm, p.feature_addr, in, sizeof(in));
	p.out_addr = vm_alloc(vm, sizeof(out), MMU_WRITE);
	product_pooling(&p);
	product_set(&p, 0x6014, 15);
	product_set(&p, 0x6020, 15);
	product_set(&p, 0x7014, 15);
	product_set(&p, 0x6084, INT8);
	product_set(&p, 0x7030, 1);					/* bytes */
	product_finish(&p, 0x60);
	product_run(b, &p, vm, PC_IRQ_PPU, PC_IRQ_PPU);
	vm_read(vm, p.out_addr, out, sizeof(out));
	vm_free(vm);
	CHECK_PASSED();
	for (c = 0; c < 16; c++)
		bad += out[c] != (c % 2 ? 50 - (int)c : 100 - (int)c);
	CHECK(!bad, "%u of 16 values are wrong", bad);
}

/* Values, their places behind them, and lines of the output that lie apart */
static void test_pool_places(struct board *b, const struct env *env)
{
	struct product p = { .kind = &pooling, .width = 4, .height = 4 };
	uint16_t in[16 * 8], out[2 * 5 * 2 * 8];
	unsigned int y, x, c, bad = 0;
	struct vm *vm;

	(void)env;
	attach_new(b, &vm);
	/* Of each window of 2 by 2 the pixel c % 4 is the largest. */
	for (x = 0; x < COUNT(in); x++) {
		unsigned int pixel = x / 8, place = pixel / 4 % 2 * 2 + pixel % 2;

		in[x] = half_bits((int)(x / 8) + (place == x % 4 ? 100 : 0));
	}
	p.feature_addr = vm_alloc(vm, sizeof(in), MMU_READ);
	vm_write(vm, p.feature_addr, in, sizeof(in));
	p.out_addr = vm_alloc(vm, sizeof(out), MMU_WRITE);
	memset(out, 0xaa, sizeof(out));
	vm_write(vm, p.out_addr, out, sizeof(out));
	product_pooling(&p);
	/* INDEX_EN, three pixels between lines, USE_CNT, which does nothing */
	product_set(&p, 0x6024, 1 << 30 | 3 << 16 | 5 << 5 | 0x11);
	product_set(&p, 0x6084, 10 << 4 | FP16);			/* INDEX_ADD */
	product_finish(&p, 0x60);
	product_run(b, &p, vm, PC_IRQ_PPU, PC_IRQ_PPU);
	vm_read(vm, p.out_addr, out, sizeof(out));
	vm_free(vm);
	CHECK_PASSED();
	for (y = 0; y < 2; y++)
		for (x = 0; x < 5; x++)
			for (c = 0; c < 8; c++) {
				unsigned int row = c % 4 / 2, column = c % 2;
				unsigned int pixel = (2 * y + row) * 4 + 2 * x + column;
				const uint16_t *v = out + (y * 5 + x) * 8 + c;

				bad += v[0] != (x < 2 ? half_bits((int)pixel + 100) : 0xaaaa);
				bad += v[10 * 8] != (x < 2 ? row << 3 | column : 0xaaaa);
			}
	CHECK(!bad, "%u of 160 values and places are wrong", bad);
}

/* Completes, and writes zeroes. */
static void test_pool_words(struct board *b, const struct env *env)
{
	struct product p = { .kind = &pooling, .width = 2, .height = 2 };
	uint32_t in[4 * 4] = { 0x40000000 }, out[8];
	struct vm *vm;

	(void)env;
	attach_new(b, &vm);
	p.feature_addr = vm_alloc(vm, sizeof(in), MMU_READ);
	vm_write(vm, p.feature_addr, in, sizeof(in));
	p.out_addr = vm_alloc(vm, sizeof(out), MMU_WRITE);
	memset(out, 0xaa, sizeof(out));
	vm_write(vm, p.out_addr, out, sizeof(out));
	product_pooling(&p);
	product_set(&p, 0x6014, 3);
	product_set(&p, 0x6020, 3);
	product_set(&p, 0x7014, 3);
	product_set(&p, 0x6084, FP32);
	product_set(&p, 0x7030, 3);
	product_finish(&p, 0x60);
	product_run(b, &p, vm, PC_IRQ_PPU, PC_IRQ_PPU);
	vm_read(vm, p.out_addr, out, sizeof(out));
	vm_free(vm);
	CHECK_PASSED();
	CHECK(!out[0] && !out[1] && !out[2] && !out[3], "0x%x instead of zeroes", out[0]);
	CHECK_EQ(out[4], 0xaaaaaaaa, "more than one surface");
}

void suite_pointwise(const struct env *env)
{
	run_test(env, "pointwise: integers, with what a reset left", test_integers, NULL);
	run_test(env, "pointwise: a sum with registers", test_register_sum, NULL);
	run_test(env, "pointwise: a product with registers", test_register_factor, NULL);
	run_test(env, "pointwise: sums of int16 as int32", test_widening, NULL);
	run_test(env, "pointwise: a comparison of halves as int16", test_comparison, NULL);
	run_test(env, "pointwise: an offset for the weights of each channel", test_weight_offsets,
		 NULL);
	run_test(env, "pointwise: products of int16, transposed", test_transposed, NULL);
	run_test(env, "pointwise: pooling of bytes", test_pool_bytes, NULL);
	run_test(env, "pointwise: places of what pooling found", test_pool_places, NULL);
	run_test(env, "pointwise: pooling of 32 bits is zeroes", test_pool_words, NULL);
}
