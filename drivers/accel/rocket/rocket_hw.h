/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_HW_H__
#define __ROCKET_HW_H__

#include <linux/clk.h>
#include <linux/cpumask.h>
#include <linux/io.h>
#include <linux/reset.h>
#include <linux/types.h>

#include "rocket_regs.h"
#include "rocket_soc.h"

struct dev_pm_domain_list;
struct platform_device;
struct rocket_clock;

/*
 * One core as a piece of hardware. This knows no job, no client and no address space;
 * every room of the driver may call it.
 */

/* What ends a task, unless its job says otherwise: the last block that writes. */
#define ROCKET_HW_DONE	(ROCKET_PC_INTERRUPT_DPU | ROCKET_PC_INTERRUPT_PPU)

/* What a task that reached for memory that is not there may have left. */
#define ROCKET_HW_DMA_ERRORS	(ROCKET_PC_INTERRUPT_DMA_READ_ERROR | \
				 ROCKET_PC_INTERRUPT_DMA_WRITE_ERROR)

/* struct rocket_task - One start of the program controller. */
struct rocket_task {
	/* @regcmd: Address of the command stream in the domain that is attached. */
	u32 regcmd;
	/* @regcmd_count: Number of 64-bit commands in it. */
	u32 regcmd_count;
	/* @chain_count: Tasks that it runs before it interrupts, at least 1. */
	u32 chain_count;
};

/**
 * struct rocket_facts - What a core was seen to do when it was bound.
 *
 * Written while the core is being bound, read by anybody afterwards.
 */
struct rocket_facts {
	/** @computes: The self-test's task ended, and its result was right. */
	bool computes;

	/** @chains: So did a chain of two. */
	bool chains;

	/** @counter: See there. */
	enum rocket_counter counter;

	/**
	 * @mark: Which of the registers tells whether a reset has happened, see
	 * rocket_reset_learn(); negative when none does.
	 */
	int mark;

	/**
	 * @reset_kills_mmu: Behind a reset the IOMMU takes no page tables, until the power
	 * domain has been off: then there are no resets but that.
	 */
	bool reset_kills_mmu;

	/** @task_ns: From start to end of the self-test's task, in ns. */
	u64 task_ns;
};

/**
 * struct rocket_hw - Registers, clocks, resets and interrupt of a core.
 *
 * Set up by rocket_hw_init() and valid as long as the core is bound.
 */
struct rocket_hw {
	/** @dev: The core's platform device. */
	struct device *dev;

	/** @soc: What is particular to its SoC. */
	const struct rocket_soc *soc;

	/** @index: Number of the core in the SoC, which CNA and CORE want to see. */
	unsigned int index;

	/** @pc: Registers of the program controller. */
	void __iomem *pc;

	/** @cna: Registers of the convolution front end. */
	void __iomem *cna;

	/** @core: Registers of the multiply-accumulate block. */
	void __iomem *core;

	/** @clks: @clk_count of them, in the order of &rocket_soc.clks. */
	struct clk_bulk_data clks[ROCKET_SOC_CLKS];

	/** @clk_count: Number of @clks. */
	unsigned int clk_count;

	/** @clock: What sets the rate of "npu", which is the other cores' as well. */
	struct rocket_clock *clock;

	/**
	 * @mmu: Registers of its IOMMU's banks, those that there are; to be read only, but
	 * for rocket_hw_silence().
	 */
	void __iomem *mmu[2];

	/** @resets: @reset_count of them, in the order of &rocket_soc.resets. */
	struct reset_control_bulk_data resets[ROCKET_SOC_RESETS];

	/** @reset_count: Number of @resets. */
	unsigned int reset_count;

	/**
	 * @domains: The power domains, its own first, where there are several; %NULL
	 * where the driver core looks after the only one.
	 */
	struct dev_pm_domain_list *domains;

	/** @irq: Linux interrupt number; the line is shared with the IOMMU. */
	int irq;

	/** @fast_cpus: CPUs for @irq, by their weight; the kernel keeps the address. */
	struct cpumask fast_cpus;

	/** @facts: What is known about it. */
	struct rocket_facts facts;
};

int rocket_hw_init(struct rocket_hw *hw, struct platform_device *pdev, unsigned int index);
u32 rocket_hw_version(struct rocket_hw *hw);
unsigned int rocket_hw_power_devs(const struct rocket_hw *hw);
struct device *rocket_hw_power_dev(const struct rocket_hw *hw, unsigned int which);
int rocket_hw_power_up(struct rocket_hw *hw);
void rocket_hw_power_down(struct rocket_hw *hw);

void rocket_hw_hint_irq(struct rocket_hw *hw);
void rocket_hw_unhint_irq(struct rocket_hw *hw);

void rocket_hw_start(struct rocket_hw *hw, const struct rocket_task *task, u32 unmask);
void rocket_hw_stop(struct rocket_hw *hw);
bool rocket_hw_ended(struct rocket_hw *hw, unsigned int tasks);
bool rocket_hw_settled(struct rocket_hw *hw, unsigned int tasks);
bool rocket_hw_page_fault(struct rocket_hw *hw, u32 *addr, bool *write);
void rocket_hw_silence(struct rocket_hw *hw);

/**
 * rocket_hw_raised() - What has happened since the start, masked or not.
 * @hw: The core, powered.
 *
 * Return: ROCKET_PC_INTERRUPT_* bits, and others that nobody knows.
 */
static inline u32 rocket_hw_raised(struct rocket_hw *hw)
{
	return readl(hw->pc + ROCKET_PC_INTERRUPT_RAW_STATUS);
}

/**
 * rocket_hw_on_line() - What keeps the interrupt line raised.
 * @hw: The core, powered.
 *
 * Return: As rocket_hw_raised(), but only what is unmasked: 0 when the line is
 * raised by somebody else.
 */
static inline u32 rocket_hw_on_line(struct rocket_hw *hw)
{
	return readl(hw->pc + ROCKET_PC_INTERRUPT_STATUS);
}

/**
 * rocket_hw_unmask() - Let nothing else through to the line.
 * @hw: The core, powered.
 * @bits: What to let through; 0 for nothing.
 */
static inline void rocket_hw_unmask(struct rocket_hw *hw, u32 bits)
{
	writel(bits, hw->pc + ROCKET_PC_INTERRUPT_MASK);
}

/**
 * rocket_hw_acknowledge() - Forget what has happened.
 * @hw: The core, powered.
 * @bits: What to forget.
 */
static inline void rocket_hw_acknowledge(struct rocket_hw *hw, u32 bits)
{
	writel(bits & hw->soc->events, hw->pc + ROCKET_PC_INTERRUPT_CLEAR);
}

/**
 * rocket_hw_disable() - Between two tasks, as mainline's driver does it.
 * @hw: The core, powered; its task has ended.
 */
static inline void rocket_hw_disable(struct rocket_hw *hw)
{
	writel_relaxed(0, hw->pc + ROCKET_PC_OPERATION_ENABLE);
}

/**
 * rocket_hw_progress() - The counter of tasks, or counters.
 * @hw: The core, powered.
 *
 * Return: A word that changes when tasks begin or end, where it does.
 */
static inline u32 rocket_hw_progress(struct rocket_hw *hw)
{
	return readl(hw->pc + hw->soc->task_status) & (hw->soc->started | hw->soc->ended);
}

u32 rocket_hw_count(struct rocket_hw *hw);
const char *rocket_hw_counter_name(enum rocket_counter counter);

#endif
