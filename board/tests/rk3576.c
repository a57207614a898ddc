// SPDX-License-Identifier: GPL-2.0-or-later
#include "rk3576.h"
#include "rocket_regcmd.h"

static const struct {
	unsigned int con, aclk, biu_bit, gate, idle;
} bits[] = {
	{ 28, 9, 11, 7, 1 },
	{ 29, 0, 2, 8, 2 },
};

void rk3576_set_bit(struct board *b, uint64_t addr, unsigned int bit, bool value)
{
	qtest_writel(b->qt, addr, 1u << (bit + 16) | (uint32_t)value << bit);
}

static void reset(struct board *b, unsigned int core, unsigned int bit)
{
	rk3576_set_bit(b, SOFTRST(bits[core].con), bit, true);
	qtest_clock_step(b->qt, 10000);
	rk3576_set_bit(b, SOFTRST(bits[core].con), bit, false);
}

void rk3576_srst_a(struct board *b, unsigned int core)
{
	reset(b, core, bits[core].aclk);
}

void rk3576_biu(struct board *b, unsigned int core)
{
	reset(b, core, bits[core].biu_bit);
}

void rk3576_power(struct board *b, unsigned int core, bool on)
{
	if (!on)
		rk3576_set_bit(b, PMU_IDLE, bits[core].idle, true);
	rk3576_set_bit(b, PMU_GATE, bits[core].gate, !on);
	qtest_clock_step(b->qt, 1000000);
	if (on)
		rk3576_set_bit(b, PMU_IDLE, bits[core].idle, false);
	qtest_clock_step(b->qt, 1000000);
}

void rk3576_cbuf_clocks(struct board *b, bool run)
{
	rk3576_set_bit(b, CLKGATE(32), 0, !run);
	rk3576_set_bit(b, CLKGATE(32), 12, !run);
}

void rk3576_power_up(struct board *b)
{
	unsigned int core;

	rk3576_set_bit(b, CLKGATE(31), 4, false);
	rk3576_set_bit(b, CLKGATE(31), 5, false);
	rk3576_cbuf_clocks(b, true);
	rk3576_set_bit(b, PMU_GATE, 6, false);
	qtest_clock_step(b->qt, 1000000);
	rk3576_set_bit(b, PMU_IDLE, 3, false);
	qtest_clock_step(b->qt, 1000000);
	for (core = 0; core < 2; core++) {
		rk3576_power(b, core, true);
		rk3576_set_bit(b, CLKGATE(bits[core].con), bits[core].aclk, false);
	}
}

uint32_t rk3576_rd(struct board *b, unsigned int core, unsigned int reg)
{
	return qtest_readl(b->qt, CORE(core) + reg);
}

void rk3576_wr(struct board *b, unsigned int core, unsigned int reg, uint32_t value)
{
	qtest_writel(b->qt, CORE(core) + reg, value);
}

uint32_t rk3576_mmu_rd(struct board *b, unsigned int core, unsigned int bank,
		       unsigned int reg)
{
	return qtest_readl(b->qt, MMU(core, bank) + reg);
}

void rk3576_mmu_all(struct board *b, unsigned int core, unsigned int reg, uint32_t value)
{
	qtest_writel(b->qt, MMU(core, 0) + reg, value);
	qtest_writel(b->qt, MMU(core, 1) + reg, value);
}

void rk3576_attach(struct board *b, unsigned int core, struct vm *vm)
{
	rk3576_mmu_all(b, core, MMU_DTE_ADDR, mmu_entry(vm->root, MMU_VALID));
	rk3576_mmu_all(b, core, MMU_COMMAND, MMU_CMD_ZAP_CACHE);
	rk3576_mmu_all(b, core, MMU_INT_MASK, MMU_IRQ_ALL);
	rk3576_mmu_all(b, core, MMU_COMMAND, MMU_CMD_ENABLE_PAGING);
}

void rk3576_start(struct board *b, unsigned int core, uint32_t stream, unsigned int entries,
		  uint32_t task_con, uint32_t mask)
{
	rk3576_wr(b, core, PC_BASE_ADDRESS, stream);
	rk3576_wr(b, core, PC_REGISTER_AMOUNTS, rocket_regcmd_amount(entries));
	rk3576_wr(b, core, PC_INTERRUPT_MASK, mask);
	rk3576_wr(b, core, PC_INTERRUPT_CLEAR, 0xffffffff);
	rk3576_wr(b, core, PC_TASK_CON, task_con);
	rk3576_wr(b, core, PC_OPERATION_ENABLE, 1);
}

bool rk3576_wait_irq(struct board *b, unsigned int core)
{
	int64_t limit = qtest_clock(b->qt) + LONG_NS;

	while (!qtest_irq(b->qt, SPI(core)))
		if (qtest_clock(b->qt) >= limit || !qtest_clock_next(b->qt))
			break;
	return qtest_irq(b->qt, SPI(core));
}
