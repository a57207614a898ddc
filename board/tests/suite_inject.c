// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fault injection: what real boards do now and then happens when the control
 * page asks for it, as often as it asks, and never otherwise.
 */
#include "conv_case.h"
#include "suite.h"
#include "tap.h"

#define ALWAYS		0xffffffffu

struct fixture {
	struct board *b;
	struct vm *vm;
	struct conv_case c;
	unsigned int core;
};

static void fixture_init(struct fixture *f, struct board *b, unsigned int core)
{
	struct rocket_conv conv = conv_shape(12, 12, 16, 16, 3, 1, 1);
	struct rng rng = { 4 };

	f->b = b;
	f->core = core;
	f->vm = vm_new(b, HIGH);
	conv_case_init(&f->c, &conv, &rng);
	conv_case_place(&f->c, f->vm);
	board_attach(b, core, f->vm);
}

static void fixture_done(struct fixture *f)
{
	conv_case_free(&f->c);
	vm_free(f->vm);
}

static void start(struct fixture *f)
{
	board_start_tasks(f->b, f->core, f->c.streams, ROCKET_CONV_ENTRIES, 1);
}

static void reset(struct fixture *f)
{
	board_reset_core(f->b, f->core);
	board_attach(f->b, f->core, f->vm);
}

/* A run without anything wrong. */
static void expect_good(struct fixture *f)
{
	conv_case_run(&f->c, f->core);
	if (!tap_failed())
		conv_case_check(&f->c);
}

static uint32_t raw(struct fixture *f)
{
	return npu_read(f->b, f->core, PC_INTERRUPT_RAW_STATUS);
}

static void test_never(struct board *b, const struct env *env)
{
	struct fixture f;
	unsigned int i;

	(void)env;
	fixture_init(&f, b, 0);
	board_inject(b, 0, ROCKET_BOARD_INJ_NEVER_COMPLETE, 2);
	for (i = 0; i < 2; i++) {
		start(&f);
		CHECK(!board_wait_irq(b, 0, LONG_NS), "run %u completed", i);
		CHECK_EQ(raw(&f), 0, "RAW_STATUS");
		CHECK_EQ(npu_read(b, 0, PC_TASK_STATUS) & 0xfff, 0, "TASK_STATUS");
		/* Only a reset helps. */
		start(&f);
		CHECK(!board_wait_irq(b, 0, 1000000000), "a hung core took a new start");
		reset(&f);
	}
	CHECK_EQ(qtest_readl(b->qt, ROCKET_BOARD_CORE(0) + ROCKET_BOARD_INJ_NEVER_COMPLETE), 0,
		 "the register, counted down");
	expect_good(&f);
	CHECK_PASSED();
	board_inject(b, 0, ROCKET_BOARD_INJ_NEVER_COMPLETE, ALWAYS);
	for (i = 0; i < 3; i++) {
		start(&f);
		CHECK(!board_wait_irq(b, 0, 1000000000), "run %u of 'always' completed", i);
		reset(&f);
	}
	CHECK_EQ(qtest_readl(b->qt, ROCKET_BOARD_CORE(0) + ROCKET_BOARD_INJ_NEVER_COMPLETE),
		 ALWAYS, "the register at 'always'");
	fixture_done(&f);
}

static void test_lost(struct board *b, const struct env *env)
{
	struct fixture f;

	(void)env;
	fixture_init(&f, b, 1);
	board_inject(b, 1, ROCKET_BOARD_INJ_IRQ_LOST, 1);
	start(&f);
	CHECK(!board_wait_irq(b, 1, LONG_NS), "a lost interrupt came");
	CHECK(raw(&f) & PC_IRQ_DPU, "RAW_STATUS does not show the completion");
	CHECK_EQ(board_count(b, 1, ROCKET_BOARD_TASKS), 1, "TASKS");
	conv_case_check(&f.c);
	CHECK_PASSED();
	/* Touching the mask does not bring it back. */
	npu_write(b, 1, PC_INTERRUPT_MASK, 0);
	npu_write(b, 1, PC_INTERRUPT_MASK, PC_IRQ_DPU);
	CHECK(!qtest_irq(b->qt, NPU_SPI(1)), "a lost interrupt came back");
	board_ack(b, 1);
	expect_good(&f);
	fixture_done(&f);
}

static void test_late(struct board *b, const struct env *env)
{
	int64_t begin, usual, late;
	struct fixture f;

	(void)env;
	fixture_init(&f, b, 2);
	begin = qtest_clock(b->qt);
	expect_good(&f);
	CHECK_PASSED();
	usual = qtest_clock(b->qt) - begin;
	board_inject(b, 2, ROCKET_BOARD_INJ_LATE_NS, 123456);
	board_inject(b, 2, ROCKET_BOARD_INJ_IRQ_LATE, 1);
	begin = qtest_clock(b->qt);
	start(&f);
	board_pass(b, usual);
	CHECK(raw(&f) & PC_IRQ_DPU, "RAW_STATUS is late, too");
	CHECK(!qtest_irq(b->qt, NPU_SPI(2)), "the interrupt was not late");
	CHECK(board_wait_irq(b, 2, LONG_NS), "the late interrupt never came");
	late = qtest_clock(b->qt) - begin;
	CHECK(late == usual + 123456, "late by %lld ns, not by 123456", (long long)(late - usual));
	board_ack(b, 2);
	expect_good(&f);
	fixture_done(&f);
}

static void check_bus_error(struct board *b, unsigned int inject, uint32_t bit)
{
	struct fixture f;
	uint64_t errors;

	fixture_init(&f, b, 0);
	errors = board_count(b, 0, ROCKET_BOARD_BUS_ERRORS);
	board_inject(b, 0, inject, 1);
	start(&f);
	npu_write(b, 0, PC_INTERRUPT_MASK, PC_IRQ_DPU | bit);
	CHECK(board_wait_irq(b, 0, LONG_NS), "no interrupt");
	CHECK(raw(&f) & bit, "RAW_STATUS is 0x%x", raw(&f));
	CHECK_EQ(raw(&f) & PC_IRQ_DPU, 0, "DPU in RAW_STATUS");
	CHECK_EQ(board_count(b, 0, ROCKET_BOARD_BUS_ERRORS), errors + 1, "BUS_ERRORS");
	reset(&f);
	expect_good(&f);
	fixture_done(&f);
}

static void test_bus_errors(struct board *b, const struct env *env)
{
	(void)env;
	check_bus_error(b, ROCKET_BOARD_INJ_BUS_ERROR_RD, PC_IRQ_DMA_READ_ERROR);
	CHECK_PASSED();
	check_bus_error(b, ROCKET_BOARD_INJ_BUS_ERROR_WR, PC_IRQ_DMA_WRITE_ERROR);
}

static void test_no_stall(struct board *b, const struct env *env)
{
	struct fixture f;

	(void)env;
	fixture_init(&f, b, 1);
	board_inject(b, 1, ROCKET_BOARD_INJ_NO_STALL, 1);
	mmu_write(b, 1, 0, MMU_COMMAND, MMU_CMD_ENABLE_STALL);
	board_pass(b, 1000000000);
	CHECK_EQ(mmu_read(b, 1, 0, MMU_STATUS) & MMU_STATUS_STALL, 0, "stall that is ignored");
	mmu_write(b, 1, 0, MMU_COMMAND, MMU_CMD_ENABLE_STALL);
	CHECK_EQ(mmu_read(b, 1, 0, MMU_STATUS) & MMU_STATUS_STALL, MMU_STATUS_STALL,
		 "the next stall");
	fixture_done(&f);
}

static void test_no_reset(struct board *b, const struct env *env)
{
	struct fixture f;
	uint64_t resets;
	uint32_t dte;

	(void)env;
	fixture_init(&f, b, 0);
	resets = board_count(b, 0, ROCKET_BOARD_RESETS);
	dte = mmu_read(b, 0, 0, MMU_DTE_ADDR);
	board_inject(b, 0, ROCKET_BOARD_INJ_NO_RESET, 1);
	board_inject(b, 0, ROCKET_BOARD_INJ_NEVER_COMPLETE, 1);
	start(&f);
	board_reset_core(b, 0);
	CHECK_EQ(mmu_read(b, 0, 0, MMU_DTE_ADDR), dte, "DTE_ADDR after a reset without effect");
	CHECK_EQ(board_count(b, 0, ROCKET_BOARD_RESETS), resets, "RESETS");
	start(&f);
	CHECK(!board_wait_irq(b, 0, 1000000000), "a reset without effect cured a hung core");
	reset(&f);
	CHECK_EQ(board_count(b, 0, ROCKET_BOARD_RESETS), resets + 1, "RESETS");
	expect_good(&f);
	fixture_done(&f);
}

/* @count edges of the line while the core is idle. */
static void check_spurious(struct fixture *f, unsigned int reg, uint32_t dpu)
{
	struct board *b = f->b;
	unsigned int edges = qtest_irq_edges(b->qt, NPU_SPI(f->core));

	npu_write(b, f->core, PC_INTERRUPT_MASK, PC_IRQ_DPU);
	board_inject(b, f->core, reg, 3);
	CHECK(board_wait_irq(b, f->core, 1000000), "no spurious interrupt");
	CHECK_EQ(raw(f) & PC_IRQ_DPU, dpu, "DPU in RAW_STATUS");
	/* One is cleared by the driver, the others end by themselves. */
	npu_write(b, f->core, PC_INTERRUPT_CLEAR, PC_IRQ_DPU);
	CHECK(!qtest_irq(b->qt, NPU_SPI(f->core)), "INTERRUPT_CLEAR does not end it");
	board_pass(b, 1000000);
	CHECK_EQ(qtest_irq_edges(b->qt, NPU_SPI(f->core)), edges + 3, "edges of the line");
	CHECK(!qtest_irq(b->qt, NPU_SPI(f->core)), "the line stays up");
	CHECK_EQ(raw(f) & PC_IRQ_DPU, 0, "DPU in RAW_STATUS afterwards");
}

static void test_spurious(struct board *b, const struct env *env)
{
	struct fixture f;

	(void)env;
	fixture_init(&f, b, 2);
	check_spurious(&f, ROCKET_BOARD_INJ_SPURIOUS, 0);
	CHECK_PASSED();
	check_spurious(&f, ROCKET_BOARD_INJ_SPURIOUS_DPU, PC_IRQ_DPU_0);
	CHECK_PASSED();
	CHECK_EQ(board_count(b, 2, ROCKET_BOARD_TASKS), 0, "TASKS");
	expect_good(&f);
	fixture_done(&f);
}

/* What is injected into one core leaves the others alone. */
static void test_other_cores(struct board *b, const struct env *env)
{
	unsigned int core;

	(void)env;
	board_inject(b, 1, ROCKET_BOARD_INJ_NEVER_COMPLETE, ALWAYS);
	board_inject(b, 1, ROCKET_BOARD_INJ_BUS_ERROR_RD, ALWAYS);
	board_inject(b, 1, ROCKET_BOARD_SLOWDOWN, 100000);
	for (core = 0; core < NPU_CORES; core += 2) {
		struct fixture f;

		fixture_init(&f, b, core);
		expect_good(&f);
		CHECK_PASSED();
		fixture_done(&f);
	}
}

void suite_inject(const struct env *env)
{
	run_test(env, "inject: tasks that never complete", test_never, NULL);
	run_test(env, "inject: lost interrupt", test_lost, NULL);
	run_test(env, "inject: late interrupt", test_late, NULL);
	run_test(env, "inject: bus errors on read and write", test_bus_errors, NULL);
	run_test(env, "inject: stall that is ignored", test_no_stall, NULL);
	run_test(env, "inject: reset without effect", test_no_reset, NULL);
	run_test(env, "inject: spurious interrupts", test_spurious, NULL);
	run_test(env, "inject: other cores are left alone", test_other_cores, NULL);
}
