// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The IOMMUs, driven by a small convolution whose pages are known: input,
 * weights, biases, output and streams each on pages of their own.
 */
#include <string.h>

#include "conv_case.h"
#include "suite.h"
#include "tap.h"

#define REPLAYS		5

struct fixture {
	struct board *b;
	struct vm *vm;
	struct conv_case c;
};

/* An input of exactly two pages, output of two pages. */
static void fixture_init(struct fixture *f, struct board *b, enum where where)
{
	struct rocket_conv conv = conv_shape(16, 16, 32, 32, 1, 1, 0);
	struct rng rng = { 2 };

	f->b = b;
	f->vm = vm_new(b, where);
	conv_case_init(&f->c, &conv, &rng);
	conv_case_place(&f->c, f->vm);
}

static void fixture_done(struct fixture *f)
{
	conv_case_free(&f->c);
	vm_free(f->vm);
}

static void start(struct fixture *f, unsigned int core)
{
	board_start_tasks(f->b, core, f->c.streams, ROCKET_CONV_ENTRIES, 1);
}

/* Wait for the completion of a started task and check its result. */
static void finish(struct fixture *f, unsigned int core)
{
	CHECK(board_wait_irq(f->b, core, LONG_NS), "no interrupt");
	CHECK(npu_read(f->b, core, PC_INTERRUPT_RAW_STATUS) & PC_IRQ_DPU, "no completion");
	board_ack(f->b, core);
	npu_write(f->b, core, PC_OPERATION_ENABLE, 0);
	conv_case_check(&f->c);
}

/* Banks that carry features and output, and streams and weights. */
static unsigned int data_bank(unsigned int core)
{
	(void)core;
	return 0;
}

static unsigned int code_bank(unsigned int core)
{
	return MMU_BANKS(core) - 1;
}

static void test_registers(struct board *b, const struct env *env)
{
	unsigned int core, bank;

	(void)env;
	for (core = 0; core < NPU_CORES; core++) {
		for (bank = 0; bank < MMU_BANKS(core); bank++) {
			CHECK_EQ(mmu_read(b, core, bank, MMU_STATUS),
				 MMU_STATUS_IDLE | MMU_STATUS_REPLAY_EMPTY, "STATUS");
			CHECK_EQ(mmu_read(b, core, bank, MMU_DTE_ADDR), 0, "DTE_ADDR");
			CHECK_EQ(mmu_read(b, core, bank, MMU_INT_MASK), 0, "INT_MASK");
			CHECK_EQ(mmu_read(b, core, bank, MMU_INT_RAWSTAT), 0, "INT_RAWSTAT");

			/* The driver's probe: seven digits are kept, the last is not. */
			mmu_write(b, core, bank, MMU_DTE_ADDR, 0xcafebabe);
			CHECK_EQ(mmu_read(b, core, bank, MMU_DTE_ADDR) & 0xfffffff0, 0xcafebab0,
				 "DTE_ADDR after the probe");
			mmu_write(b, core, bank, MMU_DTE_ADDR, 0xcafeb000);
			CHECK_EQ(mmu_read(b, core, bank, MMU_DTE_ADDR), 0xcafeb000,
				 "DTE_ADDR after the probe of 7.3");
			mmu_write(b, core, bank, MMU_INT_MASK, MMU_IRQ_ALL);
			mmu_write(b, core, bank, MMU_AUTO_GATING, 0x80000003);
			CHECK_EQ(mmu_read(b, core, bank, MMU_AUTO_GATING), 0x80000003,
				 "AUTO_GATING");
			mmu_write(b, core, bank, MMU_COMMAND, MMU_CMD_FORCE_RESET);
			CHECK_EQ(mmu_read(b, core, bank, MMU_DTE_ADDR), 0,
				 "DTE_ADDR after FORCE_RESET");
			CHECK_EQ(mmu_read(b, core, bank, MMU_INT_MASK), 0,
				 "INT_MASK after FORCE_RESET");
		}
		CHECK_EQ(board_count(b, core, ROCKET_BOARD_DTE_LOADS), core ? 1 : 2,
			 "DTE_LOADS (0xcafebabe counts, the driver's 0xcafeb000 does not)");
	}
}

static void test_commands(struct board *b, const struct env *env)
{
	const uint32_t idle = MMU_STATUS_IDLE | MMU_STATUS_REPLAY_EMPTY;
	struct vm *vm = vm_new(b, LOW);

	(void)env;
	mmu_write(b, 1, 0, MMU_COMMAND, MMU_CMD_ENABLE_STALL);
	CHECK_EQ(mmu_read(b, 1, 0, MMU_STATUS), idle, "STATUS, stall without paging");
	mmu_write(b, 1, 0, MMU_DTE_ADDR, mmu_entry(vm->root, MMU_VALID));
	mmu_write(b, 1, 0, MMU_COMMAND, MMU_CMD_ENABLE_PAGING);
	CHECK_EQ(mmu_read(b, 1, 0, MMU_STATUS), idle | MMU_STATUS_PAGING, "STATUS, paging");
	mmu_write(b, 1, 0, MMU_COMMAND, MMU_CMD_ENABLE_STALL);
	CHECK_EQ(mmu_read(b, 1, 0, MMU_STATUS) & (MMU_STATUS_PAGING | MMU_STATUS_STALL),
		 MMU_STATUS_PAGING | MMU_STATUS_STALL, "STATUS, stalled");
	mmu_write(b, 1, 0, MMU_COMMAND, MMU_CMD_DISABLE_PAGING);
	mmu_write(b, 1, 0, MMU_COMMAND, MMU_CMD_DISABLE_STALL);
	CHECK_EQ(mmu_read(b, 1, 0, MMU_STATUS), idle, "STATUS, all off");
	vm_free(vm);
}

/* Tables and pages below and above 4 GiB in all mixtures, all cores. */
static void test_walk(struct board *b, const struct env *env)
{
	unsigned int core, where;
	struct fixture f;

	(void)env;
	for (core = 0; core < NPU_CORES; core++) {
		for (where = LOW; where <= HIGH; where++) {
			uint64_t walks = board_count(b, core, ROCKET_BOARD_TABLE_WALKS);
			uint64_t hits = board_count(b, core, ROCKET_BOARD_IOTLB_HITS);

			fixture_init(&f, b, where);
			/* One page of each from the other half of memory */
			vm_map(f.vm, f.c.conv.out_addr + PAGE, board_pages(b, !where, 1), MMU_WRITE);
			board_attach(b, core, f.vm);
			start(&f, core);
			finish(&f, core);
			CHECK_PASSED();
			CHECK(board_count(b, core, ROCKET_BOARD_TABLE_WALKS) > walks,
			      "core %u: no table walk was counted", core);
			CHECK(board_count(b, core, ROCKET_BOARD_IOTLB_HITS) > hits,
			      "core %u: no IOTLB hit was counted", core);
			fixture_done(&f);
		}
	}
}

/*
 * Entries with address bits 39:36 name memory that the board does not have: a
 * bus error, never the table or page at the address without these bits.
 */
static void test_address_bits(struct board *b, const struct env *env)
{
	unsigned int bit, bank = data_bank(0);
	struct fixture f;
	uint32_t status;

	(void)env;
	fixture_init(&f, b, LOW);
	for (bit = 33; bit < 40; bit++) {
		uint32_t iova = f.c.conv.in_addr;
		uint64_t table = f.vm->tables[iova >> 22];

		qtest_writel(b->qt, f.vm->root + 4 * (iova >> 22),
			     mmu_entry(table | 1ULL << bit, MMU_VALID));
		board_attach(b, 0, f.vm);
		start(&f, 0);
		CHECK(board_wait_irq(b, 0, 1000000000), "address bit %u: no interrupt", bit);
		status = mmu_read(b, 0, 0, MMU_INT_RAWSTAT) | mmu_read(b, 0, 1, MMU_INT_RAWSTAT);
		CHECK(status & MMU_IRQ_BUS_ERROR,
		      "address bit %u in a directory entry: INT_RAWSTAT 0x%x, no bus error",
		      bit, status);
		qtest_writel(b->qt, f.vm->root + 4 * (iova >> 22), mmu_entry(table, MMU_VALID));
		board_reset_core(b, 0);
	}
	/* The same of a page: the error is the core's, on reading features. */
	vm_map(f.vm, f.c.conv.in_addr, vm_phys(f.vm, f.c.conv.in_addr) | 1ULL << 36, MMU_READ);
	board_attach(b, 0, f.vm);
	start(&f, 0);
	board_pass(b, 100000000);
	CHECK(npu_read(b, 0, PC_INTERRUPT_RAW_STATUS) & PC_IRQ_DMA_READ_ERROR,
	      "a page outside of memory was read without an error");
	CHECK_EQ(mmu_read(b, 0, bank, MMU_STATUS) & MMU_STATUS_FAULT, 0, "page fault in STATUS");
	fixture_done(&f);
}

/* Another page with other features at the same IOVA. */
static void replace_input_page(struct fixture *f, uint8_t value)
{
	uint64_t page = board_pages(f->b, HIGH, 1);

	qtest_fill(f->b->qt, page, value, PAGE);
	vm_map(f->vm, f->c.conv.in_addr, page, MMU_READ);
	/* Channels 0..15 of all pixels are the first page of the input. */
}

static void expect_input(struct fixture *f, uint8_t value)
{
	unsigned int pixel;

	for (pixel = 0; pixel < 256; pixel++)
		memset(f->c.in + pixel * 32, value, 16);
}

static void run_and_check(struct fixture *f, unsigned int core, const char *what)
{
	conv_case_run(&f->c, core);
	if (!tap_failed())
		conv_case_check(&f->c);
	if (tap_failed())
		tap_note("%s", what);
}

/* The point of this project: what is not zapped stays, silently. */
static void test_stale(struct board *b, const struct env *env)
{
	unsigned int core;
	struct fixture f;

	(void)env;
	for (core = 0; core < 2; core++) {
		uint64_t zaps = board_count(b, core, ROCKET_BOARD_ZAP_ALL);
		uint64_t lines = board_count(b, core, ROCKET_BOARD_ZAP_LINE);

		fixture_init(&f, b, HIGH);
		board_attach(b, core, f.vm);
		zaps = board_count(b, core, ROCKET_BOARD_ZAP_ALL);
		run_and_check(&f, core, "first run");
		CHECK_PASSED();
		replace_input_page(&f, 0x31);
		run_and_check(&f, core, "without a zap the old page is to be seen");
		CHECK_PASSED();
		mmu_write(b, core, data_bank(core), MMU_ZAP_ONE_LINE, f.c.conv.in_addr + PAGE);
		run_and_check(&f, core, "with a zap of the page behind, the old page is to be seen");
		CHECK_PASSED();
		mmu_write(b, core, data_bank(core), MMU_ZAP_ONE_LINE, f.c.conv.in_addr);
		expect_input(&f, 0x31);
		run_and_check(&f, core, "with a zap of the page, the new page is to be seen");
		CHECK_PASSED();
		replace_input_page(&f, 0x77);
		run_and_check(&f, core, "changed again, the second page is to be seen");
		CHECK_PASSED();
		board_mmu_command(b, core, MMU_CMD_ZAP_CACHE);
		expect_input(&f, 0x77);
		run_and_check(&f, core, "with a zap of everything, the third page is to be seen");
		CHECK_PASSED();
		CHECK_EQ(board_count(b, core, ROCKET_BOARD_ZAP_ALL), zaps + MMU_BANKS(core), "ZAP_ALL");
		CHECK_EQ(board_count(b, core, ROCKET_BOARD_ZAP_LINE), lines + 2, "ZAP_LINE");
		fixture_done(&f);
	}
}

/* A new root alone does not get rid of old translations either. */
static void test_stale_root(struct board *b, const struct env *env)
{
	struct fixture f;
	struct vm *other;

	(void)env;
	fixture_init(&f, b, HIGH);
	board_attach(b, 1, f.vm);
	run_and_check(&f, 1, "first run");
	CHECK_PASSED();
	/* Nothing is mapped in the other one. */
	other = vm_new(b, HIGH);
	mmu_write(b, 1, 0, MMU_DTE_ADDR, mmu_entry(other->root, MMU_VALID));
	run_and_check(&f, 1, "new root, nothing zapped: all old translations are to be seen");
	CHECK_PASSED();
	mmu_write(b, 1, 0, MMU_COMMAND, MMU_CMD_ZAP_CACHE);
	start(&f, 1);
	CHECK(board_wait_irq(b, 1, LONG_NS), "no interrupt");
	CHECK_EQ(mmu_read(b, 1, 0, MMU_INT_STATUS), MMU_IRQ_PAGE_FAULT, "INT_STATUS");
	CHECK_EQ(mmu_read(b, 1, 0, MMU_PAGE_FAULT_ADDR), f.c.streams, "PAGE_FAULT_ADDR");
	vm_free(other);
	fixture_done(&f);
}

/* An unmapped page is still reachable until its line is zapped. */
static void test_stale_unmapped(struct board *b, const struct env *env)
{
	struct fixture f;

	(void)env;
	fixture_init(&f, b, HIGH);
	board_attach(b, 2, f.vm);
	run_and_check(&f, 2, "first run");
	CHECK_PASSED();
	vm_unmap(f.vm, f.c.conv.out_addr);
	run_and_check(&f, 2, "unmapped, not zapped");
	CHECK_PASSED();
	mmu_write(b, 2, 0, MMU_ZAP_ONE_LINE, f.c.conv.out_addr);
	start(&f, 2);
	CHECK(board_wait_irq(b, 2, LONG_NS), "no interrupt");
	CHECK_EQ(mmu_read(b, 2, 0, MMU_PAGE_FAULT_ADDR) & ~(PAGE - 1), f.c.conv.out_addr,
		 "page of PAGE_FAULT_ADDR");
	fixture_done(&f);
}

/* Start into a fault, and check what the IOMMU says about it. */
static void expect_fault(struct fixture *f, unsigned int core, unsigned int bank,
			 uint32_t addr, bool write)
{
	uint32_t wanted = MMU_STATUS_PAGING | MMU_STATUS_FAULT |
			  (write ? MMU_STATUS_FAULT_WRITE : 0);
	struct board *b = f->b;

	CHECK(board_wait_irq(b, core, LONG_NS), "no interrupt");
	CHECK_EQ(mmu_read(b, core, bank, MMU_INT_STATUS), MMU_IRQ_PAGE_FAULT, "INT_STATUS");
	CHECK_EQ(mmu_read(b, core, bank, MMU_PAGE_FAULT_ADDR), addr, "PAGE_FAULT_ADDR");
	CHECK_EQ(mmu_read(b, core, bank, MMU_STATUS) &
		 (MMU_STATUS_PAGING | MMU_STATUS_FAULT | MMU_STATUS_FAULT_WRITE |
		  MMU_STATUS_STALL | MMU_STATUS_REPLAY_EMPTY), wanted, "STATUS");
	CHECK_EQ(npu_read(b, core, PC_INTERRUPT_RAW_STATUS) & PC_IRQ_DPU, 0, "DPU in RAW_STATUS");
}

/* Unmapped, repaired, replayed: every kind of access. */
static void check_repair(struct board *b, unsigned int core, uint32_t fixture_addr_offset,
			 unsigned int which)
{
	struct fixture f;
	unsigned int bank;
	uint32_t addr;
	uint64_t phys;
	bool write = which == 3;

	fixture_init(&f, b, HIGH);
	switch (which) {
	case 0:
		addr = f.c.conv.in_addr;
		break;
	case 1:
		addr = f.c.conv.weight_addr;
		break;
	case 2:
		addr = f.c.conv.bias_addr;
		break;
	case 3:
		addr = f.c.conv.out_addr;
		break;
	default:
		addr = f.c.streams;
		break;
	}
	addr += fixture_addr_offset;
	bank = which == 1 || which == 4 ? code_bank(core) : data_bank(core);
	phys = vm_phys(f.vm, addr);
	vm_unmap(f.vm, addr);
	board_attach(b, core, f.vm);
	start(&f, core);
	expect_fault(&f, core, bank, addr, write);
	CHECK_PASSED();
	if (core == 0)
		CHECK_EQ(mmu_read(b, core, !bank, MMU_STATUS) & MMU_STATUS_FAULT, 0,
			 "fault in the other bank's STATUS");

	/* As the kernel's handler does it, but that it repairs */
	vm_map(f.vm, addr, phys, write ? MMU_WRITE : MMU_READ);
	mmu_write(b, core, bank, MMU_COMMAND, MMU_CMD_ZAP_CACHE);
	mmu_write(b, core, bank, MMU_COMMAND, MMU_CMD_PAGE_FAULT_DONE);
	mmu_write(b, core, bank, MMU_INT_CLEAR, MMU_IRQ_PAGE_FAULT);
	CHECK(!qtest_irq(b->qt, NPU_SPI(core)), "the line is up after INT_CLEAR");
	CHECK_EQ(mmu_read(b, core, bank, MMU_STATUS) & MMU_STATUS_FAULT, 0,
		 "fault in STATUS after PAGE_FAULT_DONE");
	finish(&f, core);
	fixture_done(&f);
}

static void test_repair(struct board *b, const struct env *env)
{
	unsigned int core, which;

	(void)env;
	for (core = 0; core < NPU_CORES; core++) {
		for (which = 0; which < 5 && !tap_failed(); which++) {
			uint64_t faults = board_count(b, core, ROCKET_BOARD_FAULTS);

			check_repair(b, core, 0, which);
			if (!tap_failed() && which % 3 == 0)
				check_repair(b, core, PAGE, which);
			if (tap_failed()) {
				tap_note("core %u, access %u (input, weights, bias, output, stream)",
					 core, which);
				return;
			}
			CHECK_EQ(board_count(b, core, ROCKET_BOARD_FAULTS),
				 faults + (which % 3 ? 1 : 2), "FAULTS");
		}
	}
}

/* Nobody repairs: the fault comes back at once, each time. */
static void test_unrepaired(struct board *b, const struct env *env)
{
	unsigned int i, edges;
	struct fixture f;
	uint64_t phys, faults;

	(void)env;
	fixture_init(&f, b, HIGH);
	phys = vm_phys(f.vm, f.c.conv.in_addr);
	vm_unmap(f.vm, f.c.conv.in_addr);
	board_attach(b, 1, f.vm);
	faults = board_count(b, 1, ROCKET_BOARD_FAULTS);
	edges = qtest_irq_edges(b->qt, NPU_SPI(1));
	start(&f, 1);
	for (i = 0; i < REPLAYS; i++) {
		expect_fault(&f, 1, 0, f.c.conv.in_addr, false);
		CHECK_PASSED();
		mmu_write(b, 1, 0, MMU_COMMAND, MMU_CMD_ZAP_CACHE);
		mmu_write(b, 1, 0, MMU_COMMAND, MMU_CMD_PAGE_FAULT_DONE);
		mmu_write(b, 1, 0, MMU_INT_CLEAR, MMU_IRQ_PAGE_FAULT);
	}
	expect_fault(&f, 1, 0, f.c.conv.in_addr, false);
	CHECK_PASSED();
	CHECK_EQ(board_count(b, 1, ROCKET_BOARD_FAULTS), faults + REPLAYS + 1, "FAULTS");
	CHECK_EQ(board_count(b, 1, ROCKET_BOARD_MMU_IRQS), REPLAYS + 1, "MMU_IRQS");
	CHECK_EQ(qtest_irq_edges(b->qt, NPU_SPI(1)), edges + REPLAYS + 1, "edges of the line");

	/* Without PAGE_FAULT_DONE nothing is replayed, whatever else is done. */
	vm_map(f.vm, f.c.conv.in_addr, phys, MMU_READ);
	mmu_write(b, 1, 0, MMU_COMMAND, MMU_CMD_ZAP_CACHE);
	mmu_write(b, 1, 0, MMU_INT_CLEAR, MMU_IRQ_PAGE_FAULT);
	CHECK(!board_wait_irq(b, 1, 1000000000), "a held access went on by itself");
	mmu_write(b, 1, 0, MMU_COMMAND, MMU_CMD_PAGE_FAULT_DONE);
	finish(&f, 1);
	fixture_done(&f);
}

/* Pages that are there but must not be read or written. */
static void test_permissions(struct board *b, const struct env *env)
{
	struct fixture f;
	uint64_t phys;
	uint8_t page[PAGE];
	unsigned int i;

	(void)env;
	fixture_init(&f, b, HIGH);
	phys = vm_phys(f.vm, f.c.conv.out_addr);
	vm_map(f.vm, f.c.conv.out_addr, phys, MMU_READ);
	board_attach(b, 0, f.vm);
	start(&f, 0);
	expect_fault(&f, 0, data_bank(0), f.c.conv.out_addr, true);
	CHECK_PASSED();
	qtest_read(b->qt, phys, page, PAGE);
	for (i = 0; i < PAGE; i++)
		CHECK(page[i] == page[0], "byte %u of a read-only page was written", i);
	vm_map(f.vm, f.c.conv.out_addr, phys, MMU_RW);
	board_mmu_command(b, 0, MMU_CMD_ZAP_CACHE);
	board_mmu_command(b, 0, MMU_CMD_PAGE_FAULT_DONE);
	mmu_write(b, 0, data_bank(0), MMU_INT_CLEAR, MMU_IRQ_ALL);
	finish(&f, 0);
	CHECK_PASSED();

	/* Write-only input; the entry is in the IOTLB with its rights. */
	vm_map(f.vm, f.c.conv.in_addr, vm_phys(f.vm, f.c.conv.in_addr), MMU_WRITE);
	board_mmu_command(b, 0, MMU_CMD_ZAP_CACHE);
	start(&f, 0);
	expect_fault(&f, 0, data_bank(0), f.c.conv.in_addr, false);
	CHECK_PASSED();
	/* Neither right at all, streams included */
	board_reset_core(b, 0);
	vm_map(f.vm, f.c.streams, vm_phys(f.vm, f.c.streams), 0);
	board_attach(b, 0, f.vm);
	start(&f, 0);
	expect_fault(&f, 0, code_bank(0), f.c.streams, false);
	fixture_done(&f);
}

/* Mask, raw status, clear: the line follows RAWSTAT & MASK. */
static void test_interrupt(struct board *b, const struct env *env)
{
	struct fixture f;

	(void)env;
	fixture_init(&f, b, HIGH);
	vm_unmap(f.vm, f.c.conv.in_addr);
	board_attach(b, 1, f.vm);
	mmu_write(b, 1, 0, MMU_INT_MASK, 0);
	start(&f, 1);
	CHECK(!board_wait_irq(b, 1, 1000000000), "a masked interrupt came");
	CHECK_EQ(mmu_read(b, 1, 0, MMU_INT_RAWSTAT), MMU_IRQ_PAGE_FAULT, "INT_RAWSTAT");
	CHECK_EQ(mmu_read(b, 1, 0, MMU_INT_STATUS), 0, "INT_STATUS");
	mmu_write(b, 1, 0, MMU_INT_MASK, MMU_IRQ_BUS_ERROR);
	CHECK(!qtest_irq(b->qt, NPU_SPI(1)), "the other interrupt's mask raises the line");
	mmu_write(b, 1, 0, MMU_INT_MASK, MMU_IRQ_ALL);
	CHECK(qtest_irq(b->qt, NPU_SPI(1)), "unmasking does not raise the line");
	mmu_write(b, 1, 0, MMU_INT_CLEAR, MMU_IRQ_BUS_ERROR);
	CHECK(qtest_irq(b->qt, NPU_SPI(1)), "clearing another bit lowers the line");
	mmu_write(b, 1, 0, MMU_INT_CLEAR, MMU_IRQ_PAGE_FAULT);
	CHECK(!qtest_irq(b->qt, NPU_SPI(1)), "INT_CLEAR does not lower the line");
	CHECK_EQ(mmu_read(b, 1, 0, MMU_STATUS) & MMU_STATUS_FAULT, MMU_STATUS_FAULT,
		 "fault in STATUS after INT_CLEAR");
	CHECK(!qtest_irq(b->qt, NPU_SPI(0)) && !qtest_irq(b->qt, NPU_SPI(2)),
	      "another core's line is up");
	fixture_done(&f);
}

/* Core 0: one VM for features and output, another for streams and weights. */
static void test_two_banks(struct board *b, const struct env *env)
{
	struct fixture f;
	struct vm *code;
	uint32_t iova;

	(void)env;
	fixture_init(&f, b, HIGH);
	code = vm_new(b, LOW);
	for (iova = f.c.conv.weight_addr; iova < f.c.conv.weight_addr + PAGE; iova += PAGE)
		vm_map(code, iova, vm_phys(f.vm, iova), MMU_READ);
	vm_map(code, f.c.streams, vm_phys(f.vm, f.c.streams), MMU_READ);
	vm_unmap(f.vm, f.c.conv.weight_addr);
	vm_unmap(f.vm, f.c.streams);
	board_attach(b, 0, f.vm);
	mmu_write(b, 0, code_bank(0), MMU_DTE_ADDR, mmu_entry(code->root, MMU_VALID));
	mmu_write(b, 0, code_bank(0), MMU_COMMAND, MMU_CMD_ZAP_CACHE);
	CHECK(mmu_read(b, 0, 0, MMU_DTE_ADDR) != mmu_read(b, 0, 1, MMU_DTE_ADDR),
	      "the banks share DTE_ADDR");
	start(&f, 0);
	finish(&f, 0);
	CHECK_PASSED();

	/* A stall of one bank alone holds what goes through it. */
	mmu_write(b, 0, code_bank(0), MMU_COMMAND, MMU_CMD_ENABLE_STALL);
	CHECK_EQ(mmu_read(b, 0, data_bank(0), MMU_STATUS) & MMU_STATUS_STALL, 0,
		 "stall in the other bank");
	start(&f, 0);
	CHECK(!board_wait_irq(b, 0, 1000000000), "a task ran through a stalled bank");
	mmu_write(b, 0, code_bank(0), MMU_COMMAND, MMU_CMD_DISABLE_STALL);
	finish(&f, 0);
	vm_free(code);
	fixture_done(&f);
}

static void test_stall(struct board *b, const struct env *env)
{
	struct fixture f;

	(void)env;
	fixture_init(&f, b, HIGH);
	board_attach(b, 2, f.vm);
	mmu_write(b, 2, 0, MMU_COMMAND, MMU_CMD_ENABLE_STALL);
	start(&f, 2);
	CHECK(!board_wait_irq(b, 2, 1000000000), "a task ran through a stalled IOMMU");
	CHECK_EQ(board_count(b, 2, ROCKET_BOARD_BYTES_READ), 0, "BYTES_READ while stalled");
	mmu_write(b, 2, 0, MMU_COMMAND, MMU_CMD_DISABLE_STALL);
	finish(&f, 2);
	CHECK_PASSED();

	/* A bank with a fault ignores ENABLE_STALL until the fault is done. */
	vm_unmap(f.vm, f.c.conv.in_addr);
	mmu_write(b, 2, 0, MMU_COMMAND, MMU_CMD_ZAP_CACHE);
	start(&f, 2);
	expect_fault(&f, 2, 0, f.c.conv.in_addr, false);
	CHECK_PASSED();
	mmu_write(b, 2, 0, MMU_COMMAND, MMU_CMD_ENABLE_STALL);
	CHECK_EQ(mmu_read(b, 2, 0, MMU_STATUS) & MMU_STATUS_STALL, 0, "stall with a fault active");
	mmu_write(b, 2, 0, MMU_COMMAND, MMU_CMD_PAGE_FAULT_DONE);
	mmu_write(b, 2, 0, MMU_COMMAND, MMU_CMD_ENABLE_STALL);
	CHECK_EQ(mmu_read(b, 2, 0, MMU_STATUS) & MMU_STATUS_STALL, MMU_STATUS_STALL,
		 "stall after PAGE_FAULT_DONE");
	fixture_done(&f);
}

/* What boot firmware can leave behind, and how the kernel gets rid of it. */
static void test_orphaned(struct board *b, const struct env *env)
{
	uint32_t status;

	(void)env;
	status = mmu_read(b, 0, 0, MMU_STATUS);
	CHECK_EQ(status & (MMU_STATUS_FAULT | MMU_STATUS_STALL | MMU_STATUS_IDLE),
		 MMU_STATUS_FAULT | MMU_STATUS_IDLE, "STATUS of bank 0");
	CHECK_EQ(mmu_read(b, 0, 1, MMU_STATUS) & MMU_STATUS_FAULT, 0, "fault in bank 1");
	CHECK(!qtest_irq(b->qt, NPU_SPI(0)), "an orphaned fault raises the line");
	board_mmu_command(b, 0, MMU_CMD_ENABLE_STALL);
	CHECK_EQ(mmu_read(b, 0, 0, MMU_STATUS) & MMU_STATUS_STALL, 0, "stall of bank 0");
	CHECK_EQ(mmu_read(b, 0, 1, MMU_STATUS) & MMU_STATUS_STALL, MMU_STATUS_STALL,
		 "stall of bank 1");
	mmu_write(b, 0, 0, MMU_COMMAND, MMU_CMD_PAGE_FAULT_DONE);
	board_mmu_command(b, 0, MMU_CMD_ENABLE_STALL);
	CHECK_EQ(mmu_read(b, 0, 0, MMU_STATUS) & (MMU_STATUS_STALL | MMU_STATUS_FAULT),
		 MMU_STATUS_STALL, "STATUS of bank 0 after PAGE_FAULT_DONE");
}

/* Reset by the CRU: nothing attached any more, no translation kept. */
static void test_reset(struct board *b, const struct env *env)
{
	struct fixture f;
	struct vm *empty;

	(void)env;
	fixture_init(&f, b, HIGH);
	board_attach(b, 0, f.vm);
	run_and_check(&f, 0, "before the reset");
	CHECK_PASSED();
	board_reset_core(b, 0);
	CHECK_EQ(mmu_read(b, 0, 0, MMU_STATUS) & MMU_STATUS_PAGING, 0, "paging after reset");
	CHECK_EQ(mmu_read(b, 0, 0, MMU_DTE_ADDR), 0, "DTE_ADDR after reset");

	/* No FORCE_RESET and no zap here: old translations would be seen. */
	empty = vm_new(b, HIGH);
	mmu_write(b, 0, 0, MMU_DTE_ADDR, mmu_entry(empty->root, MMU_VALID));
	mmu_write(b, 0, 1, MMU_DTE_ADDR, mmu_entry(empty->root, MMU_VALID));
	mmu_write(b, 0, 1, MMU_INT_MASK, MMU_IRQ_ALL);
	board_mmu_command(b, 0, MMU_CMD_ENABLE_PAGING);
	start(&f, 0);
	expect_fault(&f, 0, code_bank(0), f.c.streams, false);
	CHECK_PASSED();

	/* A fault that is active does not survive a reset either. */
	board_reset_core(b, 0);
	CHECK(!qtest_irq(b->qt, NPU_SPI(0)), "the line is up after a reset");
	board_attach(b, 0, f.vm);
	run_and_check(&f, 0, "attached again after the reset");
	vm_free(empty);
	fixture_done(&f);
}

/* Paging off: addresses are physical. */
static void test_bypass(struct board *b, const struct env *env)
{
	struct fixture f;
	uint32_t iova, end;

	(void)env;
	fixture_init(&f, b, LOW);
	/* Copy everything to where the NPU will look for it. */
	end = f.vm->next;
	for (iova = f.c.conv.in_addr; iova < end; iova += PAGE) {
		uint64_t from = f.vm->pages[iova >> 22][iova >> 12 & 0x3ff];
		uint8_t page[PAGE];

		if (!from)
			continue;
		qtest_read(b->qt, from, page, PAGE);
		qtest_write(b->qt, RAM_LOW + iova, page, PAGE);
		f.vm->pages[iova >> 22][iova >> 12 & 0x3ff] = RAM_LOW + iova;
	}
	f.c.conv.in_addr += RAM_LOW;
	f.c.conv.weight_addr += RAM_LOW;
	f.c.conv.bias_addr += RAM_LOW;
	f.c.conv.out_addr += RAM_LOW;
	conv_case_emit(&f.c);
	board_start_tasks(b, 1, RAM_LOW + f.c.streams, ROCKET_CONV_ENTRIES, 1);
	f.c.conv.out_addr -= RAM_LOW;
	finish(&f, 1);
	CHECK_PASSED();
	CHECK_EQ(board_count(b, 1, ROCKET_BOARD_TABLE_WALKS), 0, "TABLE_WALKS");
	fixture_done(&f);
}

void suite_iommu(const struct env *env)
{
	run_test(env, "iommu: registers, DTE_ADDR probe, FORCE_RESET", test_registers, NULL);
	run_test(env, "iommu: paging and stall commands", test_commands, NULL);
	run_test(env, "iommu: two-level walk, tables and pages below and above 4 GiB", test_walk, NULL);
	run_test(env, "iommu: address bits 33 to 39 count", test_address_bits, NULL);
	run_test(env, "iommu: stale entries until a zap of the line or of all", test_stale, NULL);
	run_test(env, "iommu: stale entries survive a new root", test_stale_root, NULL);
	run_test(env, "iommu: an unmapped page is reachable until zapped", test_stale_unmapped, NULL);
	run_test(env, "iommu: fault, repair, replay, for every kind of access", test_repair, NULL);
	run_test(env, "iommu: an unrepaired fault comes back", test_unrepaired, NULL);
	run_test(env, "iommu: permission faults", test_permissions, NULL);
	run_test(env, "iommu: interrupt mask, status and clear", test_interrupt, NULL);
	run_test(env, "iommu: core 0's two banks are independent", test_two_banks, NULL);
	run_test(env, "iommu: stall holds accesses, and a fault holds off a stall", test_stall, NULL);
	run_test(env, "iommu: orphaned fault of boot firmware", test_orphaned,
		 "-global rk-iommu.orphaned-fault=1");
	run_test(env, "iommu: reset by the CRU", test_reset, NULL);
	run_test(env, "iommu: physical addresses without paging", test_bypass, NULL);
}
