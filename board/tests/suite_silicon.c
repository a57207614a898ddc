// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Readings of the silicon: each answer makes a difference that a program can see,
 * and the default is the answer that is documented.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conv_case.h"
#include "suite.h"
#include "tap.h"

#define READING(setting)	"-machine silicon=" setting

/* Of one task here, long against everything that readings wait for */
#define TASK_NS			100000

#define STATUS_COUNT		0x0fff
#define STATUS_FIRST		0x1000
#define STATUS_LAST		0x2000
#define STATUS_END		0xf000

#define CORE_MISC_CFG		0x3010
#define   QD_EN			1u
#define DPU_BS_CFG		0x4040
#define   BS_BYPASS		1u
#define RDMA_FEATURE_MODE_CFG	0x5044
#define BROADCAST_REG		0x0008
#define   ENABLE_RDMA		0x10u

#define LUT_WRITE		(1u << 17)
#define LUT_TABLE_LO		(1u << 16)
#define LUT_USED		513u

struct fixture {
	struct board *b;
	struct vm *vm;
	struct conv_case c;
};

static void fixture_init(struct fixture *f, struct board *b, const struct env *env)
{
	f->b = b;
	f->vm = vm_new(b, HIGH);
	conv_case_chain(&f->c, f->vm, env->seed);
	board_set(b, ROCKET_BOARD_TASK_NS, TASK_NS);
	board_set(b, ROCKET_BOARD_PS_PER_KMAC, 0);
	board_set(b, ROCKET_BOARD_PS_PER_KBYTE, 0);
	board_attach(b, 0, f->vm);
}

static void fixture_done(struct fixture *f)
{
	conv_case_free(&f->c);
	vm_free(f->vm);
}

static uint32_t pc(struct fixture *f, unsigned int reg)
{
	return npu_read(f->b, 0, reg);
}

static void start(struct fixture *f, unsigned int tasks)
{
	board_start_tasks(f->b, 0, f->c.streams, ROCKET_CONV_ENTRIES, tasks);
}

static bool completes(struct fixture *f)
{
	bool up = board_wait_irq(f->b, 0, LONG_NS);

	board_ack(f->b, 0);
	return up;
}

static void reset(struct fixture *f)
{
	board_reset_core(f->b, 0);
	board_attach(f->b, 0, f->vm);
}

static void power_cycle(struct fixture *f)
{
	board_power(f->b, 0, false);
	board_power_up(f->b, 0);
	board_attach(f->b, 0, f->vm);
}

/*
 * TASK_STATUS
 */

/* What is read in the middle of task @i of @n, at the interrupt, and much later. */
struct status {
	uint32_t (*running)(unsigned int i, unsigned int n);
	uint32_t (*at_end)(unsigned int n);
	uint32_t (*later)(unsigned int n);
};

static uint32_t count_running(unsigned int i, unsigned int n)
{
	return i | (i ? 0 : STATUS_FIRST) | (i + 1 == n ? STATUS_LAST : 0);
}

static uint32_t pair_running(unsigned int i, unsigned int n)
{
	return i << 16 | (i + 1) % n;
}

static uint32_t zero(unsigned int n)
{
	(void)n;
	return 0;
}

static uint32_t end_bits(unsigned int n)
{
	(void)n;
	return STATUS_END;
}

static uint32_t all(unsigned int n)
{
	return n;
}

static uint32_t all_but_one(unsigned int n)
{
	return (n - 1) | STATUS_END;
}

static uint32_t all_and_end_bits(unsigned int n)
{
	return n | STATUS_END;
}

static void check_status(struct board *b, const struct env *env, const struct status *s)
{
	struct fixture f;
	unsigned int n, i;

	fixture_init(&f, b, env);
	for (n = 1; n <= CASE_CHAIN && !tap_failed(); n++) {
		start(&f, n);
		for (i = 0; i < n; i++) {
			board_pass(b, i ? TASK_NS : TASK_NS / 2);
			CHECK_EQ(pc(&f, PC_TASK_STATUS), s->running(i, n), "TASK_STATUS in a task");
		}
		CHECK(board_wait_irq(b, 0, LONG_NS), "no interrupt of %u tasks", n);
		CHECK_EQ(pc(&f, PC_TASK_STATUS), s->at_end(n), "TASK_STATUS at the interrupt");
		board_pass(b, 29999);
		CHECK_EQ(pc(&f, PC_TASK_STATUS), s->at_end(n), "TASK_STATUS soon after it");
		board_pass(b, 1);
		CHECK_EQ(pc(&f, PC_TASK_STATUS), s->later(n), "TASK_STATUS 30 us after it");
		board_ack(b, 0);
	}
	/* The count of a kick that nothing links to its second task stays. */
	f.c.chained = false;
	for (i = 0; i < CASE_CHAIN; i++)
		f.c.tasks[i].next_addr = 0;
	conv_case_emit(&f.c);
	start(&f, 2);
	CHECK(!board_wait_irq(b, 0, 500000000), "an interrupt of half a kick");
	CHECK_EQ(pc(&f, PC_TASK_STATUS) & 0xffff0fff,
		 s->running == pair_running ? 0x00010001 : 1, "TASK_STATUS of half a kick");
	reset(&f);
	CHECK_EQ(pc(&f, PC_TASK_STATUS), 0, "TASK_STATUS after a reset");
	fixture_done(&f);
}

static void test_status_modulo(struct board *b, const struct env *env)
{
	check_status(b, env, &(struct status) { count_running, end_bits, end_bits });
}

static void test_status_ended(struct board *b, const struct env *env)
{
	check_status(b, env, &(struct status) { count_running, all, all });
}

static void test_status_late(struct board *b, const struct env *env)
{
	check_status(b, env, &(struct status) { count_running, all_but_one, all_and_end_bits });
}

static void test_status_zero(struct board *b, const struct env *env)
{
	check_status(b, env, &(struct status) { count_running, zero, zero });
}

static void test_status_pair(struct board *b, const struct env *env)
{
	check_status(b, env, &(struct status) { pair_running, zero, zero });
}

/*
 * RAW_STATUS
 */

/* Bits of DPU in RAW_STATUS @ns after the end of the first task of a chain. */
static uint32_t interior_bits(struct fixture *f, int64_t ns)
{
	uint32_t raw;

	start(f, CASE_CHAIN);
	npu_write(f->b, 0, PC_INTERRUPT_MASK, 0x1ffff);
	board_pass(f->b, TASK_NS + ns);
	raw = pc(f, PC_INTERRUPT_RAW_STATUS);
	if (qtest_irq(f->b->qt, NPU_SPI(0)) || pc(f, PC_INTERRUPT_STATUS))
		tap_fail(__FILE__, __LINE__, "a task inside a chain raises the line");
	if (!board_wait_irq(f->b, 0, LONG_NS) ||
	    !(pc(f, PC_INTERRUPT_RAW_STATUS) & PC_IRQ_DPU))
		tap_fail(__FILE__, __LINE__, "no completion of the chain");
	board_ack(f->b, 0);
	if (pc(f, PC_INTERRUPT_RAW_STATUS))
		tap_fail(__FILE__, __LINE__, "RAW_STATUS is not empty when cleared");

	return raw & PC_IRQ_DPU;
}

static void test_interior_off(struct board *b, const struct env *env)
{
	struct fixture f;

	fixture_init(&f, b, env);
	CHECK_EQ(interior_bits(&f, 1), 0, "DPU of the first task");
	fixture_done(&f);
}

static void test_interior_raw(struct board *b, const struct env *env)
{
	struct fixture f;

	fixture_init(&f, b, env);
	CHECK(interior_bits(&f, 1), "the first task's DPU bit is not seen");
	CHECK_PASSED();
	CHECK(interior_bits(&f, 9999), "the first task's DPU bit is gone too early");
	CHECK_PASSED();
	CHECK_EQ(interior_bits(&f, 10001), 0, "DPU of the first task, 10 us later");
	CHECK_PASSED();
	/* No next task, no end of it. */
	start(&f, CASE_CHAIN + 1);
	CHECK(!board_wait_irq(b, 0, 1000000000), "an interrupt of a chain that is too short");
	CHECK(pc(&f, PC_INTERRUPT_RAW_STATUS) & PC_IRQ_DPU, "the last task's bit is gone");
	fixture_done(&f);
}

/* What CNA and CORE raise while the first task of a chain computes, and the line with it */
static void check_early(struct board *b, const struct env *env, bool early)
{
	uint32_t front = 0x155 & ~PC_IRQ_DPU;
	struct fixture f;

	fixture_init(&f, b, env);
	start(&f, CASE_CHAIN);
	npu_write(b, 0, PC_INTERRUPT_MASK, front);
	board_pass(b, TASK_NS / 2);
	CHECK_EQ(pc(&f, PC_INTERRUPT_RAW_STATUS), early ? front : 0, "RAW_STATUS in the middle");
	CHECK_EQ(qtest_irq(b->qt, NPU_SPI(0)), early, "the line in the middle");
	npu_write(b, 0, PC_INTERRUPT_MASK, PC_IRQ_DPU);
	CHECK(board_wait_irq(b, 0, LONG_NS), "no completion of the chain");
	fixture_done(&f);
}

static void test_early_off(struct board *b, const struct env *env)
{
	check_early(b, env, false);
}

static void test_early_on(struct board *b, const struct env *env)
{
	check_early(b, env, true);
}

static void check_hang_bits(struct board *b, const struct env *env, uint32_t bits)
{
	struct fixture f;

	fixture_init(&f, b, env);
	board_inject(b, 0, ROCKET_BOARD_INJ_NEVER_COMPLETE, 1);
	start(&f, 1);
	CHECK(!board_wait_irq(b, 0, 1000000000), "the task completed");
	CHECK_EQ(pc(&f, PC_INTERRUPT_RAW_STATUS), bits, "RAW_STATUS of a core that hangs");
	reset(&f);
	CHECK_EQ(pc(&f, PC_INTERRUPT_RAW_STATUS), 0, "RAW_STATUS after a reset");
	fixture_done(&f);
}

static void test_hang_none(struct board *b, const struct env *env)
{
	check_hang_bits(b, env, 0);
}

static void test_hang_bits(struct board *b, const struct env *env)
{
	check_hang_bits(b, env, 0xc0000000);
}

/*
 * Traps
 */

/* A task as it is patched completes or hangs; afterwards a usual one runs exactly. */
static void check_trap(struct fixture *f, bool hangs)
{
	start(f, 1);
	CHECK(completes(f) == !hangs, "the task %s", hangs ? "completed" : "hangs");
	CHECK(conv_case_row_written(&f->c, 0) == !hangs, "output was %swritten",
	      hangs ? "" : "not ");
	reset(f);
	conv_case_emit(&f->c);
	conv_case_run(&f->c, 0);
	CHECK_PASSED();
	conv_case_check(&f->c);
}

static void check_unfed(struct board *b, const struct env *env, bool hangs)
{
	struct fixture f;

	fixture_init(&f, b, env);
	conv_case_patch(&f.c, ROCKET_TARGET_DPU_RDMA, RDMA_FEATURE_MODE_CFG, 0xffffffff, 0);
	check_trap(&f, hangs);
	fixture_done(&f);
}

static void test_unfed_hangs(struct board *b, const struct env *env)
{
	check_unfed(b, env, true);
}

static void test_unfed_runs(struct board *b, const struct env *env)
{
	check_unfed(b, env, false);
}

static void check_without_rdma(struct board *b, const struct env *env, bool hangs)
{
	struct fixture f;

	fixture_init(&f, b, env);
	conv_case_patch(&f.c, ROCKET_TARGET_DPU, DPU_BS_CFG, 0, BS_BYPASS);
	conv_case_patch(&f.c, ROCKET_TARGET_BROADCAST, BROADCAST_REG, ENABLE_RDMA, 0);
	check_trap(&f, hangs);
	fixture_done(&f);
}

static void test_without_rdma_completes(struct board *b, const struct env *env)
{
	check_without_rdma(b, env, false);
}

static void test_without_rdma_hangs(struct board *b, const struct env *env)
{
	check_without_rdma(b, env, true);
}

/* Whether a chain computes what its tasks compute one by one. */
static bool chain_exact(struct board *b, const struct env *env, bool qd)
{
	struct fixture f;
	size_t size;
	int8_t *one_by_one, *in_chain;
	bool same;

	fixture_init(&f, b, env);
	if (!qd)
		conv_case_patch(&f.c, ROCKET_TARGET_CORE, CORE_MISC_CFG, QD_EN, 0);
	size = (size_t)rocket_conv_out_width(&f.c.conv) * rocket_conv_out_height(&f.c.conv) *
	       f.c.conv.out_channels;
	f.c.chained = false;
	conv_case_run(&f.c, 0);
	one_by_one = conv_case_output(&f.c);
	f.c.chained = true;
	conv_case_run(&f.c, 0);
	in_chain = conv_case_output(&f.c);
	same = !memcmp(one_by_one, in_chain, size);
	free(one_by_one);
	free(in_chain);
	fixture_done(&f);

	return same;
}

static void test_chains_exact(struct board *b, const struct env *env)
{
	CHECK(chain_exact(b, env, true), "with QD_EN: not exact");
	CHECK(chain_exact(b, env, false), "without QD_EN: not exact");
}

static void test_chains_accumulate(struct board *b, const struct env *env)
{
	CHECK(!chain_exact(b, env, true), "with QD_EN: exact");
	CHECK(!chain_exact(b, env, false), "without QD_EN: exact");
}

static void test_chains_qd_off(struct board *b, const struct env *env)
{
	CHECK(chain_exact(b, env, true), "with QD_EN: not exact");
	CHECK(!chain_exact(b, env, false), "without QD_EN: exact");
}

/*
 * Tables
 */

/* Write one entry more than users do, and tell whether it is there. */
static bool lut_has_more(struct board *b, uint32_t table)
{
	unsigned int i;

	npu_write(b, 0, DPU_LUT_ACCESS_CFG, LUT_WRITE | table);
	for (i = 0; i <= LUT_USED; i++)
		npu_write(b, 0, DPU_LUT_ACCESS_DATA, i + 7);
	npu_write(b, 0, DPU_LUT_ACCESS_CFG, table | (LUT_USED - 1));
	if (npu_read(b, 0, DPU_LUT_ACCESS_DATA) != LUT_USED - 1 + 7)
		tap_fail(__FILE__, __LINE__, "entry %u is not there", LUT_USED - 1);

	return npu_read(b, 0, DPU_LUT_ACCESS_DATA) == LUT_USED + 7;
}

static void check_lut(struct board *b, const struct env *env, bool more, bool hangs)
{
	struct fixture f;

	fixture_init(&f, b, env);
	CHECK(lut_has_more(b, 0) == more, "entry 513 of table LE");
	CHECK_PASSED();
	CHECK(lut_has_more(b, LUT_TABLE_LO) == more, "entry 513 of table LO");
	CHECK_PASSED();
	check_trap(&f, hangs);
	fixture_done(&f);
}

static void test_lut_1024(struct board *b, const struct env *env)
{
	check_lut(b, env, true, false);
}

static void test_lut_ignored(struct board *b, const struct env *env)
{
	check_lut(b, env, false, false);
}

static void test_lut_hangs(struct board *b, const struct env *env)
{
	check_lut(b, env, false, true);
}

/*
 * Registers
 */

static void check_readback(struct board *b, unsigned int off)
{
	static const unsigned int regs[] = {
		PC_TASK_DMA_BASE_ADDR, PC_INTERRUPT_MASK, PC_BASE_ADDRESS,
	};
	unsigned int i;

	for (i = 0; i < sizeof(regs) / sizeof(*regs); i++) {
		npu_write(b, 0, regs[i], 0x1230);
		CHECK_EQ(npu_read(b, 0, regs[i]), regs[i] == off ? 0 : 0x1230, "the register");
	}
}

static void test_readback(struct board *b, const struct env *env)
{
	(void)env;
	check_readback(b, 0xffff);
}

static void test_readback_dma_base(struct board *b, const struct env *env)
{
	struct fixture f;

	check_readback(b, PC_TASK_DMA_BASE_ADDR);
	CHECK_PASSED();
	/* What cannot be read is there all the same. */
	fixture_init(&f, b, env);
	start(&f, 1);
	npu_write(b, 0, PC_TASK_DMA_BASE_ADDR, 0);
	CHECK(completes(&f), "the task hangs");
	fixture_done(&f);
}

static void test_readback_mask(struct board *b, const struct env *env)
{
	struct fixture f;

	check_readback(b, PC_INTERRUPT_MASK);
	CHECK_PASSED();
	fixture_init(&f, b, env);
	conv_case_run(&f.c, 0);
	fixture_done(&f);
}

static void test_readback_base(struct board *b, const struct env *env)
{
	struct fixture f;

	check_readback(b, PC_BASE_ADDRESS);
	CHECK_PASSED();
	fixture_init(&f, b, env);
	conv_case_run(&f.c, 0);
	fixture_done(&f);
}

static void check_mask_reset(struct board *b, uint32_t value)
{
	CHECK_EQ(npu_read(b, 0, PC_INTERRUPT_MASK), value, "INTERRUPT_MASK after power-on");
	npu_write(b, 0, PC_INTERRUPT_MASK, 0x300);
	board_reset_core(b, 0);
	CHECK_EQ(npu_read(b, 0, PC_INTERRUPT_MASK), value, "INTERRUPT_MASK after srst_a");
}

static void test_mask_reset_all(struct board *b, const struct env *env)
{
	(void)env;
	check_mask_reset(b, 0x1ffff);
}

static void test_mask_reset_zero(struct board *b, const struct env *env)
{
	(void)env;
	check_mask_reset(b, 0);
}

/* In a process of its own: QEMU does not survive it. */
static void test_page_stops(struct board *b, const struct env *env)
{
	struct board *doomed = board_start(env->qemu, NULL);

	(void)b;
	board_power_up(doomed, 2);
	npu_write(doomed, 2, NPU_PAGE_LOCKS, 1);
	CHECK_EQ(npu_read(doomed, 2, NPU_PAGE_LOCKS + PAGE), 0, "the page behind it");
	CHECK_EQ(qtest_readl_last(doomed->qt, NPU_BASE(2) + NPU_PAGE_LOCKS + 0x34), 1,
		 "status of QEMU");
	free(doomed);
}

static void test_page_zero(struct board *b, const struct env *env)
{
	(void)env;
	CHECK_EQ(npu_read(b, 0, NPU_PAGE_LOCKS + 0x34), 0, "a word of the page");
}

/*
 * Resets
 */

static void check_hang_stays(struct board *b, const struct env *env, bool stays)
{
	struct fixture f;

	fixture_init(&f, b, env);
	board_inject(b, 0, ROCKET_BOARD_INJ_NEVER_COMPLETE, 1);
	start(&f, 1);
	CHECK(!completes(&f), "a task that never completes did");
	npu_write(b, 0, PC_TASK_DMA_BASE_ADDR, 0x1230);
	reset(&f);
	CHECK_EQ(pc(&f, PC_TASK_DMA_BASE_ADDR), 0, "TASK_DMA_BASE_ADDR after srst_a");
	start(&f, 1);
	CHECK(completes(&f) == !stays, "after srst_a the core %s", stays ? "runs" : "hangs");
	power_cycle(&f);
	conv_case_run(&f.c, 0);
	CHECK_PASSED();
	conv_case_check(&f.c);
	/* Where nothing hung nothing stays. */
	reset(&f);
	conv_case_run(&f.c, 0);
	fixture_done(&f);
}

static void test_hang_goes(struct board *b, const struct env *env)
{
	check_hang_stays(b, env, false);
}

static void test_hang_stays(struct board *b, const struct env *env)
{
	check_hang_stays(b, env, true);
}

static void check_lut_reset(struct board *b, uint32_t wanted)
{
	npu_write(b, 0, DPU_LUT_ACCESS_CFG, LUT_WRITE | 5);
	npu_write(b, 0, DPU_LUT_ACCESS_DATA, 0x1234);
	board_reset_core(b, 0);
	npu_write(b, 0, DPU_LUT_ACCESS_CFG, 5);
	CHECK_EQ(npu_read(b, 0, DPU_LUT_ACCESS_DATA), wanted, "an entry after srst_a");
}

static void test_lut_stays(struct board *b, const struct env *env)
{
	(void)env;
	check_lut_reset(b, 0x1234);
}

static void test_lut_goes(struct board *b, const struct env *env)
{
	(void)env;
	check_lut_reset(b, 0);
}

static void check_root(struct board *b, const struct env *env, bool dies)
{
	struct fixture f;
	unsigned int bank;
	uint32_t root;

	fixture_init(&f, b, env);
	root = mmu_read(b, 0, 0, MMU_DTE_ADDR);
	reset(&f);
	for (bank = 0; bank < MMU_BANKS(0); bank++)
		CHECK_EQ(mmu_read(b, 0, bank, MMU_DTE_ADDR), dies ? 0 : root,
			 "DTE_ADDR written after srst_a");
	power_cycle(&f);
	CHECK_EQ(mmu_read(b, 0, 0, MMU_DTE_ADDR), root, "DTE_ADDR written after loss of power");
	conv_case_run(&f.c, 0);
	CHECK_PASSED();
	conv_case_check(&f.c);
	fixture_done(&f);
}

static void test_root_lives(struct board *b, const struct env *env)
{
	check_root(b, env, false);
}

static void test_root_dies(struct board *b, const struct env *env)
{
	check_root(b, env, true);
}

/*
 * IOMMU
 */

static void check_fault(struct board *b, const struct env *env, bool arrives)
{
	struct fixture f;

	fixture_init(&f, b, env);
	vm_unmap(f.vm, f.c.conv.in_addr);
	board_mmu_command(b, 0, MMU_CMD_ZAP_CACHE);
	start(&f, 1);
	CHECK(board_wait_irq(b, 0, 1000000000) == arrives, "the fault's interrupt %s",
	      arrives ? "is lost" : "arrives");
	CHECK(mmu_read(b, 0, 0, MMU_STATUS) & MMU_STATUS_FAULT, "STATUS has no fault");
	CHECK_EQ(mmu_read(b, 0, 0, MMU_INT_RAWSTAT), MMU_IRQ_PAGE_FAULT, "RAWSTAT");
	CHECK_EQ(mmu_read(b, 0, 0, MMU_PAGE_FAULT_ADDR), f.c.conv.in_addr, "PAGE_FAULT_ADDR");
	fixture_done(&f);
}

static void test_fault_arrives(struct board *b, const struct env *env)
{
	check_fault(b, env, true);
}

static void test_fault_lost(struct board *b, const struct env *env)
{
	check_fault(b, env, false);
}

#define LAST_ROW	1u	/* of the first task */

/* Where the last row of the first task's output ends up */
static uint32_t last_row(struct fixture *f)
{
	return f->c.conv.out_addr +
	       LAST_ROW * rocket_conv_out_width(&f->c.conv) * ROCKET_FEATURE_ATOM;
}

static bool landed(struct fixture *f)
{
	return conv_case_row_written(&f->c, LAST_ROW);
}

/* All output has two surfaces: the write on its way is the one to the second. */
static bool all_landed(struct fixture *f)
{
	unsigned int line = rocket_conv_out_width(&f->c.conv) * ROCKET_FEATURE_ATOM, i;
	uint32_t at = last_row(f) + line * rocket_conv_out_height(&f->c.conv);
	uint8_t bytes[64 * ROCKET_FEATURE_ATOM];

	vm_read(f->vm, at, bytes, line);
	for (i = 0; i < line; i++)
		if (bytes[i] != 0x5a)
			return landed(f);

	return false;
}

static void zap_last_row(struct fixture *f, uint32_t offset)
{
	unsigned int bank;

	for (bank = 0; bank < MMU_BANKS(0); bank++)
		mmu_write(f->b, 0, bank, MMU_ZAP_ONE_LINE, last_row(f) + offset);
}

static void test_zap_off(struct board *b, const struct env *env)
{
	struct fixture f;

	fixture_init(&f, b, env);
	start(&f, 1);
	CHECK(all_landed(&f), "a write is on its way");
	fixture_done(&f);
}

static void test_zap_delay(struct board *b, const struct env *env)
{
	struct fixture f;

	fixture_init(&f, b, env);
	start(&f, 1);
	board_pass(b, 50000);
	CHECK(!all_landed(&f), "no write is on its way");
	zap_last_row(&f, PAGE);
	board_pass(b, 20001);
	CHECK(!all_landed(&f), "the zap of another page brought it down");
	zap_last_row(&f, 0);
	board_pass(b, 19999);
	CHECK(!all_landed(&f), "it lands at once");
	board_pass(b, 1);
	CHECK(all_landed(&f), "it has not landed 20 us after the zap");
	CHECK(completes(&f), "the task hangs");
	/* A zap shortly before the end holds the end up. */
	start(&f, 1);
	board_pass(b, TASK_NS - 1000);
	board_mmu_command(b, 0, MMU_CMD_ZAP_CACHE);
	board_pass(b, 2000);
	CHECK(!qtest_irq(b->qt, NPU_SPI(0)), "the task ends before its write has landed");
	CHECK(completes(&f), "the task hangs");
	/* Nobody zaps: the end comes as usual. */
	start(&f, CASE_CHAIN);
	board_pass(b, CASE_CHAIN * TASK_NS);
	CHECK(qtest_irq(b->qt, NPU_SPI(0)), "a chain takes longer");
	conv_case_check(&f.c);
	fixture_done(&f);
}

static void test_zap_stall(struct board *b, const struct env *env)
{
	struct fixture f;

	fixture_init(&f, b, env);
	start(&f, 1);
	board_pass(b, 50000);
	board_mmu_command(b, 0, MMU_CMD_ENABLE_STALL);
	CHECK(!(mmu_read(b, 0, 0, MMU_STATUS) & MMU_STATUS_STALL),
	      "stalled with a write on its way");
	board_pass(b, 20000);
	CHECK(mmu_read(b, 0, 0, MMU_STATUS) & MMU_STATUS_STALL, "not stalled 20 us later");
	CHECK(all_landed(&f), "stalled before the write has landed");
	board_mmu_command(b, 0, MMU_CMD_ZAP_CACHE);
	board_mmu_command(b, 0, MMU_CMD_DISABLE_STALL);
	CHECK(completes(&f), "the task hangs");
	/* A reset throws away what is on its way. */
	start(&f, 1);
	board_pass(b, 50000);
	reset(&f);
	conv_case_run(&f.c, 0);
	CHECK_PASSED();
	conv_case_check(&f.c);
	fixture_done(&f);
}

/* The same from inside: registers of the board's page, as the list counts. */
static void test_registers(struct board *b, const struct env *env)
{
	uint32_t status = ROCKET_BOARD_READING(0), late = ROCKET_BOARD_READING_NS(0);
	uint64_t page = ROCKET_BOARD_BASE;
	unsigned int n;
	struct fixture f;

	n = qtest_readl(b->qt, page + ROCKET_BOARD_NUM_READINGS);
	CHECK(n, "there are no readings");
	while (n--)
		CHECK_EQ(qtest_readl(b->qt, page + ROCKET_BOARD_READING(n)), 0, "a default");
	board_set(b, status, 5);
	CHECK_EQ(qtest_readl(b->qt, page + status), 0, "after a number that no answer has");
	board_set(b, status, 2);
	board_set(b, late, 70000);
	CHECK_EQ(qtest_readl(b->qt, page + status), 2, "task-status");
	fixture_init(&f, b, env);
	start(&f, 1);
	CHECK(board_wait_irq(b, 0, LONG_NS), "no interrupt");
	board_pass(b, 69999);
	CHECK_EQ(pc(&f, PC_TASK_STATUS) & STATUS_COUNT, 0, "the count before it is due");
	board_pass(b, 1);
	CHECK_EQ(pc(&f, PC_TASK_STATUS) & STATUS_COUNT, 1, "the count when it is due");
	fixture_done(&f);
}

void suite_silicon(const struct env *env)
{
	static const struct {
		const char *name;
		test_fn *fn;
		const char *options;
	} tests[] = {
		{ "task-status=modulo, the default", test_status_modulo, NULL },
		{ "task-status=ended", test_status_ended, READING("task-status=ended") },
		{ "task-status=late", test_status_late, READING("task-status=late") },
		{ "task-status=zero-at-end", test_status_zero, READING("task-status=zero-at-end") },
		{ "task-status=pair", test_status_pair, READING("task-status=pair") },
		{ "raw-interior=off, the default", test_interior_off, NULL },
		{ "raw-interior=raw", test_interior_raw, READING("raw-interior=raw") },
		{ "raw-early=off, the default", test_early_off, NULL },
		{ "raw-early=on", test_early_on, READING("raw-early=on") },
		{ "raw-hang=0, the default", test_hang_none, NULL },
		{ "raw-hang=0xc0000000", test_hang_bits, READING("raw-hang=0xc0000000") },
		{ "rdma-unfed=hangs, the default", test_unfed_hangs, NULL },
		{ "rdma-unfed=runs", test_unfed_runs, READING("rdma-unfed=runs") },
		{ "conv-without-rdma=completes, the default", test_without_rdma_completes, NULL },
		{ "conv-without-rdma=hangs", test_without_rdma_hangs,
		  READING("conv-without-rdma=hangs") },
		{ "integer-chains=exact, the default", test_chains_exact, NULL },
		{ "integer-chains=accumulate", test_chains_accumulate,
		  READING("integer-chains=accumulate") },
		{ "integer-chains=accumulate-qd-off", test_chains_qd_off,
		  READING("integer-chains=accumulate-qd-off") },
		{ "lut-entries=1024, the default", test_lut_1024, NULL },
		{ "lut-entries=513-ignored", test_lut_ignored, READING("lut-entries=513-ignored") },
		{ "lut-entries=513-hangs", test_lut_hangs, READING("lut-entries=513-hangs") },
		{ "registers read back by default", test_readback, NULL },
		{ "dma-base-readback=off", test_readback_dma_base,
		  READING("dma-base-readback=off") },
		{ "int-mask-readback=off", test_readback_mask, READING("int-mask-readback=off") },
		{ "pc-base-readback=off", test_readback_base, READING("pc-base-readback=off") },
		{ "int-mask-reset=0x1ffff, the default", test_mask_reset_all, NULL },
		{ "int-mask-reset=0", test_mask_reset_zero, READING("int-mask-reset=0") },
		{ "reset-leaves-hang=off, the default", test_hang_goes, NULL },
		{ "reset-leaves-hang=on", test_hang_stays, READING("reset-leaves-hang=on") },
		{ "reset-clears-lut=off, the default", test_lut_stays, NULL },
		{ "reset-clears-lut=on", test_lut_goes, READING("reset-clears-lut=on") },
		{ "reset-kills-iommu=off, the default", test_root_lives, NULL },
		{ "reset-kills-iommu=on", test_root_dies, READING("reset-kills-iommu=on") },
		{ "fault-irq=arrives, the default", test_fault_arrives, NULL },
		{ "fault-irq=lost", test_fault_lost, READING("fault-irq=lost") },
		{ "zap-delay=off, the default", test_zap_off, NULL },
		{ "zap-delay=on: a zap without a stall", test_zap_delay, READING("zap-delay=on") },
		{ "zap-delay=on: a stall, a reset", test_zap_stall, READING("zap-delay=on") },
		{ "readings changed by the guest", test_registers, NULL },
		{ "page-0x2000=stops, the default", test_page_stops, NULL },
		{ "page-0x2000=reads-zero", test_page_zero, READING("page-0x2000=reads-zero") },
	};
	char name[80];
	unsigned int i;

	for (i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		snprintf(name, sizeof(name), "silicon: %s", tests[i].name);
		run_test(env, name, tests[i].fn, tests[i].options);
	}
}
