// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Matrix products in every format of the array; a task of the output stage alone, and
 * one of the PPU.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "product.h"
#include "rng.h"
#include "rocket_regcmd.h"
#include "suite.h"
#include "tap.h"

static const struct kind kinds[] = {
	{ "int4 to int16", INT4, INT16, 64, 32, 7 },
	{ "int8 to int32", INT8, INT32, 32, 32, 7 },
	{ "int8 to fp32", INT8, FP32, 32, 32, 7 },
	{ "int16 to int32", INT16, INT32, 16, 32, 3 },
	{ "fp16 to fp16", FP16, FP16, 16, 32, 1 },
	{ "fp16 to fp32", FP16, FP32, 16, 32, 3 },
	{ "bf16 to fp32", BF16, FP32, 16, 32, 3 },
	{ "tf32 to fp32", TF32, FP32, 16, 16, 3 },
};

static void check_kind(struct board *b, struct vm *vm, const struct kind *kind, unsigned int in,
		       struct rng *rng)
{
	struct product p;
	unsigned int bad;

	product_init(&p, kind, vm, 5, 6, in, 80, rng);
	product_stream(&p);
	product_run(b, &p, vm, PC_IRQ_DPU, 0x3ff);
	bad = tap_failed() ? 0 : product_wrong(&p, vm, p.height);
	product_done(&p);
	CHECK(!bad, "%s of %u channels: %u of 2400 outputs are wrong", kind->name, in, bad);
}

/* One, two, three and four atoms more than full entries, groups that are not full */
static void test_products(struct board *b, const struct env *env)
{
	struct rng rng = { env->seed };
	unsigned int i, atoms;
	struct vm *vm;

	attach_new(b, &vm);
	for (i = 0; i < COUNT(kinds); i++)
		for (atoms = 1; atoms <= 12 && !tap_failed(); atoms++)
			check_kind(b, vm, &kinds[i], atoms * 128 / format_bits[kinds[i].in], &rng);
	vm_free(vm);
}

/* Three atoms counted as three: completes, and the rows overwrite each other. */
static void test_short_rows(struct board *b, const struct env *env)
{
	struct rng rng = { env->seed };
	unsigned int bad, last;
	struct product p;
	struct vm *vm;

	attach_new(b, &vm);
	product_init(&p, &kinds[1], vm, 8, 4, 48, 32, &rng);
	p.entries = 6;
	product_stream(&p);
	product_run(b, &p, vm, PC_IRQ_DPU, 0x3ff);
	bad = product_wrong(&p, vm, 3);
	last = product_wrong(&p, vm, 4);
	product_done(&p);
	vm_free(vm);
	CHECK_PASSED();
	CHECK(bad, "rows that overwrite each other are right");
	CHECK(last == bad, "the last row, which nothing overwrites, is wrong");
}

/* Rows beyond the features' banks are computed with what lies there. */
static void test_beyond_banks(struct board *b, const struct env *env)
{
	struct rng rng = { env->seed };
	unsigned int first, all;
	struct product p;
	struct vm *vm;

	attach_new(b, &vm);
	product_init(&p, &kinds[1], vm, 64, 12, 64, 32, &rng);
	p.weight_banks = 11;
	product_stream(&p);
	product_run(b, &p, vm, PC_IRQ_DPU, 0x3ff);
	/* A row is 4 KiB, a bank 32. */
	first = product_wrong(&p, vm, 8);
	all = product_wrong(&p, vm, 12);
	product_done(&p);
	vm_free(vm);
	CHECK_PASSED();
	CHECK(!first, "%u outputs of the rows that fit are wrong", first);
	CHECK(all, "rows that do not fit are right");
}

/* The DPU and its reader alone: fp16 to fp32, which nothing changes */
static void test_flying(struct board *b, const struct env *env)
{
	static const struct kind kind = { "flying", FP16, FP32, 8, 8, 0 };
	uint16_t in[4 * 7 * 8];
	float out[4 * 7 * 8];
	struct product p = { .kind = &kind, .width = 7, .height = 4, .out = 8 };
	unsigned int x, c, bad = 0;
	struct vm *vm;

	(void)env;
	attach_new(b, &vm);
	for (x = 0; x < COUNT(in); x++)
		in[x] = half_bits((int)x - 100);
	p.feature_addr = vm_alloc(vm, sizeof(in), MMU_READ);
	vm_write(vm, p.feature_addr, in, sizeof(in));
	p.out_addr = vm_alloc(vm, sizeof(out), MMU_WRITE);
	product_output(&p, 1, FP16, product_pixels(&p) * 16);
	product_set(&p, 0x5004, 0xe);
	product_set(&p, 0x500c, p.width - 1);
	product_set(&p, 0x5010, p.height - 1);
	product_set(&p, 0x5014, p.out - 1);
	product_set(&p, 0x5018, p.feature_addr);
	product_set(&p, 0x5034, 1);					/* ERDMA off */
	product_set(&p, 0x5044, FP16 << 15 | FP16 << 5 | 1);		/* FLYING_MODE */
	product_finish(&p, 0x18);
	product_run(b, &p, vm, PC_IRQ_DPU, PC_IRQ_DPU);
	vm_read(vm, p.out_addr, out, sizeof(out));
	vm_free(vm);
	CHECK_PASSED();
	for (x = 0; x < product_pixels(&p); x++)
		for (c = 0; c < 8; c++)
			bad += out[(c / 4 * product_pixels(&p) + x) * 4 + c % 4] != (float)((int)(x * 8 + c) - 100);
	CHECK(!bad, "%u of %u values are wrong", bad, product_pixels(&p) * 8);
}

static const struct kind pooling = { "pooling", FP16, FP16, 8, 8, 0 };

/* Bits of all blocks of @bits_wanted come up, and no others. */
static void check_pooling(struct board *b, uint32_t bits_wanted)
{
	struct product p = { .kind = &pooling, .width = 6, .height = 4, .out = 8 };
	uint16_t in[4 * 6 * 8], out[2 * 3 * 8];
	unsigned int x, y, c, bad = 0;
	struct vm *vm;
	uint32_t raw;

	attach_new(b, &vm);
	for (x = 0; x < COUNT(in); x++)
		in[x] = half_bits((int)x - 50);
	p.feature_addr = vm_alloc(vm, sizeof(in), MMU_READ);
	vm_write(vm, p.feature_addr, in, sizeof(in));
	p.out_addr = vm_alloc(vm, sizeof(out), MMU_WRITE);
	product_pooling(&p);
	product_finish(&p, 0x60);
	raw = product_run(b, &p, vm, bits_wanted, bits_wanted);
	vm_read(vm, p.out_addr, out, sizeof(out));
	vm_free(vm);
	CHECK_PASSED();
	CHECK_EQ(!(raw & PC_IRQ_DPU), !(bits_wanted & PC_IRQ_DPU), "no bit of the DPU");
	CHECK_EQ(!(raw & PC_IRQ_PPU), !(bits_wanted & PC_IRQ_PPU), "no bit of the PPU");
	for (y = 0; y < 2; y++)
		for (x = 0; x < 3; x++)
			for (c = 0; c < 8; c++)
				bad += out[(y * 3 + x) * 8 + c] !=
				       half_bits((int)(((2 * y + 1) * 6 + 2 * x + 1) * 8 + c) - 50);
	CHECK(!bad, "%u of 48 values are wrong", bad);
}

static void test_pooling(struct board *b, const struct env *env)
{
	(void)env;
	check_pooling(b, PC_IRQ_PPU);
}

static void test_pooling_dpu(struct board *b, const struct env *env)
{
	(void)env;
	check_pooling(b, PC_IRQ_DPU);
}

static void test_pooling_both(struct board *b, const struct env *env)
{
	(void)env;
	check_pooling(b, PC_IRQ_DPU | PC_IRQ_PPU);
}

/* The largest of four pixels' sums */
static int largest(const struct product *p, unsigned int x, unsigned int y, unsigned int k)
{
	int most = -100000;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		int v = product_sum(p, (2 * y + i / 2) * p->width + 2 * x + i % 2, k);

		most = v > most ? v : most;
	}
	return most;
}

/* One start: a product, then pooling of what it wrote just now */
static void test_mixed_chain(struct board *b, const struct env *env)
{
	struct product p, q = { .kind = &pooling, .width = 6, .height = 4 };
	struct rng rng = { env->seed };
	unsigned int x, c, bad = 0;
	uint16_t out[6 * 8];
	uint32_t next;
	struct vm *vm;

	attach_new(b, &vm);
	product_init(&p, &kinds[4], vm, 6, 4, 64, 16, &rng);
	/* The output is read again, by the next task. */
	p.out_addr = vm_alloc(vm, p.out_bytes, MMU_RW);
	q.feature_addr = p.out_addr;
	q.out_addr = vm_alloc(vm, sizeof(out), MMU_WRITE);
	product_pooling(&q);
	product_finish(&q, 0x60);
	next = vm_alloc(vm, q.count * 8, MMU_READ);
	vm_write(vm, next, q.stream, q.count * 8);

	product_array(&p);
	product_output(&p, 0, FP16, product_pixels(&p) * 16);
	product_set(&p, PC_BASE_ADDRESS, next);
	product_set(&p, PC_REGISTER_AMOUNTS, q.count / 2 - 1);
	product_finish(&p, 0xd);
	p.tasks = 2;
	product_run(b, &p, vm, PC_IRQ_PPU, PC_IRQ_PPU);
	vm_read(vm, q.out_addr, out, sizeof(out));
	for (x = 0; x < 6; x++)
		for (c = 0; c < 8; c++)
			bad += out[x * 8 + c] != half_bits(largest(&p, x % 3, x / 3, c));
	product_done(&p);
	vm_free(vm);
	CHECK_PASSED();
	CHECK(!bad, "%u of 48 values are wrong", bad);
}

void suite_formats(const struct env *env)
{
	run_test(env, "formats: products in every format", test_products, NULL);
	run_test(env, "formats: rows of three atoms that are counted as three", test_short_rows, NULL);
	run_test(env, "formats: features beyond their banks", test_beyond_banks, NULL);
	run_test(env, "formats: the output stage alone", test_flying, NULL);
	run_test(env, "formats: pooling", test_pooling, NULL);
	run_test(env, "formats: pooling, ppu-raises=dpu", test_pooling_dpu,
		 "-machine silicon=ppu-raises=dpu");
	run_test(env, "formats: pooling, ppu-raises=both", test_pooling_both,
		 "-machine silicon=ppu-raises=both");
	run_test(env, "formats: a chain of a product and pooling of it", test_mixed_chain, NULL);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A task as large as the buffer allows, as often as takes a second or so; in GMAC/s */
static double speed(struct board *b, struct vm *vm, const struct kind *kind, unsigned int width,
		    unsigned int height, struct rng *rng)
{
	struct product p;
	unsigned int round;
	double time;

	product_init(&p, kind, vm, width, height, 8192 / format_bits[kind->in], 512, rng);
	product_stream(&p);
	time = seconds();
	for (round = 0; round < 16 && !tap_failed(); round++)
		product_run(b, &p, vm, PC_IRQ_DPU, 0x3ff);
	time = seconds() - time;
	time = 1e-9 * round * product_pixels(&p) * p.in * p.out / time;
	product_done(&p);
	return time;
}

/* Pixels as of a picture, and as of a matrix, one to a row */
static void test_speed(struct board *b, const struct env *env)
{
	struct rng rng = { env->seed };
	unsigned int i;
	struct vm *vm;

	attach_new(b, &vm);
	for (i = 0; i < COUNT(kinds) && !tap_failed(); i++) {
		double picture = speed(b, vm, &kinds[i], 16, 9, &rng);

		tap_note("%-16s %5.1f GMAC/s, of a matrix %5.1f", kinds[i].name, picture,
			 speed(b, vm, &kinds[i], 1, 144, &rng));
	}
	vm_free(vm);
}

void suite_speed(const struct env *env)
{
	run_test(env, "speed: products in every format", test_speed, NULL);
}
