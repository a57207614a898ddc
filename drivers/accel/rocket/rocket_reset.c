// SPDX-License-Identifier: GPL-2.0-only

#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/notifier.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>
#include <linux/reset.h>

#include "rocket_core.h"
#include "rocket_regs.h"
#include "rocket_reset.h"
#include "rocket_trace.h"
#include "rocket_vm.h"

/**
 * DOC: Resets
 *
 * A reset is the only way to know that a core does nothing any more. A command
 * stream is not checked by anybody and may leave engines armed that go on behind
 * the interrupt of its task; and on the way from one domain to another the IOMMU's
 * driver switches translation off, so that such an engine would reach all memory.
 * So a core is reset before its IOMMU group leaves a VM, each time, and the reset
 * has to be seen to work: rocket_reset() leaves a mark in a register and looks
 * whether it is gone.
 *
 * srst_a resets the IOMMU together with the core, behind the back of its driver,
 * so a reset is always followed by a change of domain, which writes all of the
 * IOMMU's registers. While the line is held none of them may be touched: the
 * interrupt handlers are kept away, and so are those who drop IOTLB lines, by
 * &rocket_mmu.hw_lock.
 */

/* How long the reset lines are held, in us. */
#define ROCKET_RESET_US 10

/* Pulses before a reset counts as failed. */
#define ROCKET_RESET_TRIES 2

/*
 * How long switching off a power domain may take, in ms. It needs the IOMMU's
 * driver, by way of a work queue, and some microseconds of hardware.
 */
#define ROCKET_POWER_OFF_MS 200

/*
 * The mark, in a register that reads 0 after a reset (RK3588 TRM), and that each
 * start of a task writes anew.
 */
#define ROCKET_RESET_MARK 0x5a5a5a50

static void rocket_reset_set_mark(struct rocket_core *core)
{
	writel(ROCKET_RESET_MARK, core->pc + ROCKET_PC_TASK_DMA_BASE_ADDR);
}

/* Gone, and not because the register does not answer at all? */
static bool rocket_reset_mark_gone(struct rocket_core *core)
{
	bool gone = !readl(core->pc + ROCKET_PC_TASK_DMA_BASE_ADDR);

	rocket_reset_set_mark(core);
	gone &= readl(core->pc + ROCKET_PC_TASK_DMA_BASE_ADDR) == ROCKET_RESET_MARK;
	writel(0, core->pc + ROCKET_PC_TASK_DMA_BASE_ADDR);

	return gone;
}

/* After a reset all interrupts are enabled. */
static void rocket_reset_quiet(struct rocket_core *core)
{
	writel(0, core->pc + ROCKET_PC_INTERRUPT_MASK);
}

static bool rocket_reset_pulse(struct rocket_core *core)
{
	int ret;

	rocket_reset_set_mark(core);

	ret = reset_control_bulk_assert(ARRAY_SIZE(core->resets), core->resets);
	udelay(ROCKET_RESET_US);
	if (reset_control_bulk_deassert(ARRAY_SIZE(core->resets), core->resets) || ret)
		return false;

	return rocket_reset_mark_gone(core);
}

/**
 * rocket_reset() - Reset a core and its IOMMU, and make sure that it happened.
 * @core: The core, powered, &rocket_core.attach_lock held. Whatever it does is
 *	given up. The caller changes the domain of its group afterwards.
 *
 * Return: 0; -EIO when the core does not react. It may then still be running, in
 * the VM that it is attached to.
 */
int rocket_reset(struct rocket_core *core)
{
	struct mutex *hw_lock = core->vm ? &core->vm->mmu.hw_lock : NULL;
	bool done = false;

	lockdep_assert_held(&core->attach_lock);

	disable_irq(core->irq);
	if (hw_lock)
		mutex_lock(hw_lock);

	for (int i = 0; i < ROCKET_RESET_TRIES && !done; i++)
		done = rocket_reset_pulse(core);
	rocket_reset_quiet(core);

	if (hw_lock)
		mutex_unlock(hw_lock);
	enable_irq(core->irq);
	if (done)
		rocket_core_count(&core->counts.resets, 1);
	trace_rocket_reset(core, done);

	return done ? 0 : -EIO;
}

static int rocket_reset_power_event(struct notifier_block *nb, unsigned long event,
				    void *unused)
{
	struct rocket_core *core = container_of(nb, struct rocket_core, power_watch);

	if (event == GENPD_NOTIFY_OFF)
		complete(&core->powered_off);

	return NOTIFY_OK;
}

/**
 * rocket_reset_watch_power() - Learn when a core's power domain is switched off.
 * @core: The core, being bound.
 *
 * Where there is no power domain, rocket_reset_by_power() will fail.
 */
void rocket_reset_watch_power(struct rocket_core *core)
{
	init_completion(&core->powered_off);
	core->power_watch.notifier_call = rocket_reset_power_event;
	dev_pm_genpd_add_notifier(core->dev, &core->power_watch);
}

/**
 * rocket_reset_unwatch_power() - Undo rocket_reset_watch_power().
 * @core: The core, being unbound.
 */
void rocket_reset_unwatch_power(struct rocket_core *core)
{
	dev_pm_genpd_remove_notifier(core->dev);
}

/*
 * Lets go of all that keeps the core up, as far as it is ours, and waits until
 * its power domain is off.
 */
static int rocket_reset_power_off(struct rocket_core *core, unsigned int references)
{
	int ret;

	for (unsigned int i = 0; i < references; i++)
		pm_runtime_put_noidle(core->dev);

	reinit_completion(&core->powered_off);
	ret = pm_runtime_suspend(core->dev);
	if (ret >= 0 &&
	    !wait_for_completion_timeout(&core->powered_off,
					 msecs_to_jiffies(ROCKET_POWER_OFF_MS)))
		ret = -ETIMEDOUT;

	for (unsigned int i = 0; i < references; i++)
		pm_runtime_get_noresume(core->dev);

	return ret < 0 ? ret : 0;
}

/**
 * rocket_reset_by_power() - Switch a core off and on that ignores its reset.
 * @core: The core, in recovery: its interrupt line is disabled, its scheduler
 *	stopped. The caller and @core's job, if any, have a runtime PM reference.
 *
 * Not every core can be switched off at any time: the domain of core 0 contains
 * those of the others, and userspace may keep a core awake. On success the core
 * is attached to the same VM as before.
 *
 * Return: 0, or a negative errno when the domain was not switched off, or that
 * did not help. The core is powered again unless its IOMMU refuses.
 */
int rocket_reset_by_power(struct rocket_core *core)
{
	int off, on;

	rocket_reset_set_mark(core);

	/* It must not be brought to its default domain while it may be running. */
	WRITE_ONCE(core->power_cycle, true);
	off = rocket_reset_power_off(core, core->job ? 2 : 1);
	on = pm_runtime_resume(core->dev);
	WRITE_ONCE(core->power_cycle, false);

	if (on < 0)
		return on;
	if (off)
		return off;
	if (!rocket_reset_mark_gone(core))
		return -EIO;

	rocket_reset_quiet(core);

	return 0;
}
