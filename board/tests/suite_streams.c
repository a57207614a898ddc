// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Streams as programs write them that run on RK3588 boards: with registers left as a
 * reset left them, or as the task before, with rows of a matrix one behind the other,
 * with blocks that are enabled twice. docs/board-npu.rst, mark P.
 */
#include <string.h>

#include "product.h"
#include "rng.h"
#include "rocket_regcmd.h"
#include "suite.h"
#include "tap.h"

static const struct kind product_kind = { "fp16 to fp32", FP16, FP32, 16, 32, 3 };
static const struct kind sum_kind = { "sum", FP16, FP16, 8, 8, 0 };

/* A[m][k]: no layout of the NPU's own */
static void test_row_major(struct board *b, const struct env *env)
{
	struct rng rng = { env->seed };
	struct product p;
	unsigned int bad;
	struct vm *vm;

	attach_new(b, &vm);
	product_init_row_major(&p, &product_kind, vm, 9, 96, 32, &rng);
	product_stream(&p);
	product_unset(&p, 0x4084);				/* OUT_CVT_SCALE */
	product_run(b, &p, vm, PC_IRQ_DPU, 0x3ff);
	bad = tap_failed() ? 0 : product_wrong(&p, vm, p.height);
	product_done(&p);
	vm_free(vm);
	CHECK_PASSED();
	CHECK(!bad, "%u of 288 outputs are wrong", bad);
}

/* a + b, with next to nothing said of it; @stale: what a convolution left in WDMA_SIZE */
static void emit_sum(struct product *p, uint32_t operand, bool stale)
{
	product_set(p, 0x4004, 0xe);
	product_set(p, 0x400c, 0x1e5);				/* flying, to memory */
	product_set(p, 0x4010, FP16 << 29 | FP16 << 26 | FP16);
	product_set(p, 0x4020, p->out_addr);
	product_set(p, 0x4030, p->width - 1);
	product_set(p, 0x403c, 7 << 16 | 7);
	product_set(p, 0x4070, 0x108202c0);			/* per pixel, 16 bits, add */
	product_set(p, 0x4084, 0x10001);
	if (stale) {
		product_set(p, 0x4058, 0x1f);
		product_set(p, 0x405c, 0x1b001b);
	}
	product_set(p, 0x5004, 0xe);
	product_set(p, 0x500c, p->width - 1);
	product_set(p, 0x5014, 7);
	product_set(p, 0x5018, p->feature_addr);
	product_set(p, 0x5034, 0x40000008);
	product_set(p, 0x5038, operand);
	product_set(p, 0x5044, 0x17849);
	product_finish(p, 0x18);
}

static void check_sum(struct board *b, bool stale)
{
	struct product p = { .kind = &sum_kind, .width = 3, .height = 1, .out = 8 };
	uint16_t one[24], other[24], out[24];
	unsigned int i, bad = 0;
	uint32_t operand;
	struct vm *vm;

	attach_new(b, &vm);
	for (i = 0; i < COUNT(one); i++) {
		one[i] = half_bits((int)i - 10);
		other[i] = half_bits(3 * (int)i);
	}
	/* Denormals: 3 and 5 times the smallest */
	one[0] = 3;
	other[0] = 5;
	p.feature_addr = vm_alloc(vm, sizeof(one), MMU_READ);
	vm_write(vm, p.feature_addr, one, sizeof(one));
	operand = vm_alloc(vm, sizeof(other), MMU_READ);
	vm_write(vm, operand, other, sizeof(other));
	p.out_addr = vm_alloc(vm, sizeof(out), MMU_WRITE);
	emit_sum(&p, operand, stale);
	product_run(b, &p, vm, PC_IRQ_DPU, PC_IRQ_DPU);
	vm_read(vm, p.out_addr, out, sizeof(out));
	vm_free(vm);
	CHECK_PASSED();
	/* BS and BN do nothing; their ReLU neither, or negative ones were 0 in the sum. */
	for (i = 1; i < COUNT(out); i++)
		bad += out[i] != half_bits(4 * (int)i - 10);
	CHECK(!bad, "%u of 23 sums are wrong", bad);
	CHECK(out[0] == 8, "the sum of two denormals is 0x%04x", out[0]);
}

static void test_sum(struct board *b, const struct env *env)
{
	(void)env;
	check_sum(b, false);
}

static void test_sum_stale(struct board *b, const struct env *env)
{
	(void)env;
	check_sum(b, true);
}

/* PPU_RDMA, by its register and by the PC. Were it enabled twice, its groups would be a task behind the PPU's. */
static void test_enabled_twice(struct board *b, const struct env *env)
{
	static const struct kind kind = { "pooling", FP16, FP16, 8, 8, 0 };
	struct product p = { .kind = &kind, .width = 2, .height = 2, .out = 8 };
	uint16_t in[32], out[8];
	unsigned int round, i, bad = 0;
	struct vm *vm;

	(void)env;
	attach_new(b, &vm);
	p.feature_addr = vm_alloc(vm, sizeof(in), MMU_READ);
	p.out_addr = vm_alloc(vm, sizeof(out), MMU_WRITE);
	for (round = 0; round < 3 && !tap_failed(); round++) {
		for (i = 0; i < COUNT(in); i++)
			in[i] = half_bits((int)(i + 100 * round));
		vm_write(vm, p.feature_addr, in, sizeof(in));
		p.count = 0;
		product_pooling(&p);
		product_set(&p, 0x7008, 1);
		product_finish(&p, 0x60);
		product_run(b, &p, vm, PC_IRQ_PPU, 0x1ffff);
		vm_read(vm, p.out_addr, out, sizeof(out));
		for (i = 0; i < COUNT(out); i++)
			bad += out[i] != half_bits((int)(24 + i + 100 * round));
	}
	vm_free(vm);
	CHECK_PASSED();
	CHECK(!bad, "%u of 24 values are wrong", bad);
}

void suite_streams(const struct env *env)
{
	run_test(env, "streams: rows of a matrix, without a scale", test_row_major, NULL);
	run_test(env, "streams: a sum, with what a reset left", test_sum, NULL);
	run_test(env, "streams: a sum, with what a convolution left", test_sum_stale, NULL);
	run_test(env, "streams: a block enabled twice", test_enabled_twice, NULL);
}
