// SPDX-License-Identifier: GPL-2.0-or-later
/* The virtual board as the tests use it. */
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "rocket_regcmd.h"
#include "tap.h"

/* Memory below is left to what QEMU itself puts there (devicetree, firmware). */
#define FIRST_LOW	(RAM_LOW + 0x08000000)
#define FIRST_HIGH	(RAM_HIGH + 0x00100000)
#define FIRST_IOVA	0x00400000u

/* Where the CRU and the PMU keep the bits of each core. */
static const struct core_bits {
	unsigned int con;		/* number of the CRU's gate and reset register */
	unsigned int aclk, hclk;	/* gate bits */
	unsigned int srst_a, srst_h;	/* reset bits */
	unsigned int power, idle;	/* PMU request bits */
} core_bits[NPU_CORES] = {
	{ 30, 6, 8, 6, 8, 3, 1 },
	{ 27, 0, 2, 0, 2, 4, 2 },
	{ 28, 0, 2, 0, 2, 5, 3 },
};

struct board *board_start(const char *qemu, const char *options)
{
	struct board *b = calloc(1, sizeof(*b));

	b->qt = qtest_start(qemu, options);
	b->next_low = FIRST_LOW;
	b->next_high = FIRST_HIGH;

	return b;
}

bool board_stop(struct board *b)
{
	bool clean = qtest_stop(b->qt);

	free(b);
	return clean;
}

uint32_t npu_read(struct board *b, unsigned int core, unsigned int reg)
{
	return qtest_readl(b->qt, NPU_BASE(core) + reg);
}

void npu_write(struct board *b, unsigned int core, unsigned int reg, uint32_t value)
{
	qtest_writel(b->qt, NPU_BASE(core) + reg, value);
}

uint32_t mmu_read(struct board *b, unsigned int core, unsigned int bank, unsigned int reg)
{
	return qtest_readl(b->qt, MMU_BASE(core, bank) + reg);
}

void mmu_write(struct board *b, unsigned int core, unsigned int bank, unsigned int reg,
	       uint32_t value)
{
	qtest_writel(b->qt, MMU_BASE(core, bank) + reg, value);
}

uint64_t board_count(struct board *b, unsigned int core, unsigned int counter)
{
	return qtest_readq(b->qt, ROCKET_BOARD_CORE(core) + counter);
}

void board_inject(struct board *b, unsigned int core, unsigned int reg, uint32_t value)
{
	qtest_writel(b->qt, ROCKET_BOARD_CORE(core) + reg, value);
}

void board_set(struct board *b, unsigned int reg, uint32_t value)
{
	qtest_writel(b->qt, ROCKET_BOARD_BASE + reg, value);
}

/* Rockchip's registers take a write mask in the upper half. */
static void write_bit(struct board *b, uint64_t addr, unsigned int bit, bool value)
{
	qtest_writel(b->qt, addr, 1u << (bit + 16) | (uint32_t)value << bit);
}

void board_aclk(struct board *b, unsigned int core, bool run)
{
	write_bit(b, CRU_CLKGATE(core_bits[core].con), core_bits[core].aclk, !run);
}

void board_hclk(struct board *b, unsigned int core, bool run)
{
	write_bit(b, CRU_CLKGATE(core_bits[core].con), core_bits[core].hclk, !run);
}

void board_srst_a(struct board *b, unsigned int core, bool assert)
{
	write_bit(b, CRU_SOFTRST(core_bits[core].con), core_bits[core].srst_a, assert);
}

void board_srst_h(struct board *b, unsigned int core, bool assert)
{
	write_bit(b, CRU_SOFTRST(core_bits[core].con), core_bits[core].srst_h, assert);
}

void board_power(struct board *b, unsigned int core, bool on)
{
	if (!on)
		write_bit(b, PMU_IDLE_REQ, core_bits[core].idle, true);
	write_bit(b, PMU_POWER, core_bits[core].power, !on);
	/* The PMU's state machine may take virtual time. */
	qtest_clock_step(b->qt, 1000000);
	if (on)
		write_bit(b, PMU_IDLE_REQ, core_bits[core].idle, false);
	qtest_clock_step(b->qt, 1000000);
}

void board_reset_core(struct board *b, unsigned int core)
{
	board_srst_a(b, core, true);
	board_srst_h(b, core, true);
	qtest_clock_step(b->qt, 10000);
	board_srst_a(b, core, false);
	board_srst_h(b, core, false);
}

void board_power_up(struct board *b, unsigned int core)
{
	unsigned int bit;

	/* The roots of the NPU's clocks: hclk, clk_npu_dsu0, pclk */
	for (bit = 0; bit <= 4; bit++)
		write_bit(b, CRU_CLKGATE(29), bit, false);
	/* NPUTOP is the parent of the other two cores' domains. */
	board_power(b, 0, true);
	if (core)
		board_power(b, core, true);
	board_aclk(b, core, true);
	board_hclk(b, core, true);
	board_srst_a(b, core, false);
	board_srst_h(b, core, false);
}

uint64_t board_pages(struct board *b, enum where where, unsigned int pages)
{
	uint64_t *next = where == LOW ? &b->next_low : &b->next_high;
	uint64_t end = where == LOW ? RAM_LOW + RAM_LOW_SIZE : RAM_HIGH + RAM_HIGH_SIZE;
	uint64_t addr = *next;

	if ((uint64_t)pages * PAGE > end - addr)
		tap_bail_out("the test has used up the board's memory");
	*next += (uint64_t)pages * PAGE;
	qtest_fill(b->qt, addr, 0, (size_t)pages * PAGE);

	return addr;
}

struct vm *vm_new(struct board *b, enum where where)
{
	struct vm *vm = calloc(1, sizeof(*vm));

	vm->b = b;
	vm->where = where;
	vm->root = board_pages(b, where, 1);
	vm->next = FIRST_IOVA;

	return vm;
}

void vm_free(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < 1024; i++)
		free(vm->pages[i]);
	free(vm);
}

uint32_t mmu_entry(uint64_t addr, uint32_t flags)
{
	uint32_t low = (uint32_t)(addr & 0xfffff000);
	uint32_t bits_35_32 = (uint32_t)(addr >> 32) & 0xf;
	uint32_t bits_39_36 = (uint32_t)(addr >> 36) & 0xf;

	return low | bits_35_32 << 8 | bits_39_36 << 4 | flags;
}

void vm_map(struct vm *vm, uint32_t iova, uint64_t phys, uint32_t flags)
{
	unsigned int dir = iova >> 22, page = iova >> 12 & 0x3ff;
	struct qtest *qt = vm->b->qt;

	if (!vm->tables[dir]) {
		vm->tables[dir] = board_pages(vm->b, vm->where, 1);
		vm->pages[dir] = calloc(1024, sizeof(uint64_t));
		qtest_writel(qt, vm->root + 4 * dir, mmu_entry(vm->tables[dir], MMU_VALID));
	}
	vm->pages[dir][page] = phys;
	qtest_writel(qt, vm->tables[dir] + 4 * page, mmu_entry(phys, flags | MMU_VALID));
}

void vm_unmap(struct vm *vm, uint32_t iova)
{
	qtest_writel(vm->b->qt, vm->tables[iova >> 22] + 4 * (iova >> 12 & 0x3ff), 0);
}

uint32_t vm_alloc(struct vm *vm, size_t size, uint32_t flags)
{
	unsigned int pages = (unsigned int)((size + PAGE - 1) / PAGE), i;
	uint64_t phys = board_pages(vm->b, vm->where, pages);
	uint32_t iova = vm->next;

	for (i = 0; i < pages; i++)
		vm_map(vm, iova + i * PAGE, phys + (uint64_t)(pages - 1 - i) * PAGE, flags);
	vm->next += (pages + 1) * PAGE;

	return iova;
}

uint64_t vm_phys(struct vm *vm, uint32_t iova)
{
	return vm->pages[iova >> 22][iova >> 12 & 0x3ff] + iova % PAGE;
}

static size_t page_part(uint32_t iova, size_t len)
{
	size_t rest = PAGE - iova % PAGE;

	return len < rest ? len : rest;
}

void vm_write(struct vm *vm, uint32_t iova, const void *buf, size_t len)
{
	const uint8_t *from = buf;
	size_t part;

	for (; len; iova += (uint32_t)part, from += part, len -= part) {
		part = page_part(iova, len);
		qtest_write(vm->b->qt, vm_phys(vm, iova), from, part);
	}
}

void vm_read(struct vm *vm, uint32_t iova, void *buf, size_t len)
{
	uint8_t *to = buf;
	size_t part;

	for (; len; iova += (uint32_t)part, to += part, len -= part) {
		part = page_part(iova, len);
		qtest_read(vm->b->qt, vm_phys(vm, iova), to, part);
	}
}

void board_mmu_command(struct board *b, unsigned int core, uint32_t command)
{
	unsigned int bank;

	for (bank = 0; bank < MMU_BANKS(core); bank++)
		mmu_write(b, core, bank, MMU_COMMAND, command);
}

void board_attach(struct board *b, unsigned int core, struct vm *vm)
{
	unsigned int bank;

	if (mmu_read(b, core, 0, MMU_STATUS) & MMU_STATUS_PAGING)
		board_mmu_command(b, core, MMU_CMD_ENABLE_STALL);
	board_mmu_command(b, core, MMU_CMD_FORCE_RESET);
	for (bank = 0; bank < MMU_BANKS(core); bank++) {
		mmu_write(b, core, bank, MMU_DTE_ADDR, mmu_entry(vm->root, MMU_VALID));
		mmu_write(b, core, bank, MMU_COMMAND, MMU_CMD_ZAP_CACHE);
		mmu_write(b, core, bank, MMU_INT_MASK, MMU_IRQ_ALL);
	}
	board_mmu_command(b, core, MMU_CMD_ENABLE_PAGING);
	board_mmu_command(b, core, MMU_CMD_DISABLE_STALL);
}

void board_start_tasks(struct board *b, unsigned int core, uint32_t stream,
		       unsigned int entries, unsigned int tasks)
{
	uint32_t pointer = 1u << 3 | 1u << 2 | 1u << 1 | 0x10000000u * core;

	npu_write(b, core, PC_BASE_ADDRESS, 1);
	npu_write(b, core, CNA_S_POINTER, pointer);
	npu_write(b, core, CORE_S_POINTER, pointer);
	npu_write(b, core, PC_BASE_ADDRESS, stream);
	npu_write(b, core, PC_REGISTER_AMOUNTS, rocket_regcmd_amount(entries));
	npu_write(b, core, PC_INTERRUPT_MASK, PC_IRQ_DPU);
	npu_write(b, core, PC_INTERRUPT_CLEAR, PC_IRQ_DPU);
	npu_write(b, core, PC_TASK_CON, PC_TASK_CON_START | PC_TASK_CON_COUNT_CLEAR |
					PC_TASK_CON_PP_EN | tasks);
	npu_write(b, core, PC_TASK_DMA_BASE_ADDR, 0);
	npu_write(b, core, PC_OPERATION_ENABLE, 1);
}

bool board_wait_irq(struct board *b, unsigned int core, int64_t ns)
{
	int64_t limit = qtest_clock(b->qt) + ns;

	while (!qtest_irq(b->qt, NPU_SPI(core))) {
		if (qtest_clock(b->qt) >= limit || !qtest_clock_next(b->qt))
			break;
	}

	return qtest_irq(b->qt, NPU_SPI(core));
}

void board_pass(struct board *b, int64_t ns)
{
	qtest_clock_step(b->qt, ns);
}

void board_ack(struct board *b, unsigned int core)
{
	npu_write(b, core, PC_INTERRUPT_CLEAR, 0x1ffff);
}
