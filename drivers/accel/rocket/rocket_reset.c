// SPDX-License-Identifier: GPL-2.0-only

#include <linux/bitops.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/notifier.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>
#include <linux/reset.h>

#include "rocket_clock.h"
#include "rocket_core.h"
#include "rocket_race.h"
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
 * So a core is reset before its IOMMU group leaves a VM, each time.
 *
 * Whether a reset has happened can be seen by a mark: a value in a register that
 * has another one afterwards. The manual names such registers; that they read back
 * what was written, and that the reset lines change them, was measured by nobody. So
 * rocket_reset_learn() tries some when the core is bound. If none serves, the reset
 * line is trusted, as mainline's and the vendor's drivers do. None of the marks leads
 * an engine that still runs to other memory.
 *
 * srst_a resets the IOMMU together with the core, behind the back of its driver,
 * so a reset is always followed by a change of domain, which writes all of the
 * IOMMU's registers. While the line is held none of them may be touched: the
 * interrupt handlers are kept away, and so are those who drop IOTLB lines, by
 * &rocket_mmu.hw_lock.
 *
 * Where the IOMMU takes no page tables behind a reset until the power domain has been off
 * (&rocket_soc.reset_needs_power), a reset alone is no way out of a VM. There a core that
 * has run something since it was switched on stays in its VM until the domain goes off,
 * and the lines are pulsed right before (rocket_reset_before_off()). So the core stands
 * still when the IOMMU is switched off, and nothing attaches the IOMMU in between:
 * rocket_attach_vm() asks for a power cycle instead. Nor may anybody wake the core up
 * until the domain has been off (rocket_reset_get_power()): the IOMMU's driver would find
 * its hardware dead, and refuse to wake up ever after.
 */

/* How long the reset lines are held, in us. */
#define ROCKET_RESET_US 10

/* Pulses before a reset counts as failed. */
#define ROCKET_RESET_TRIES 2

/*
 * How long switching off a power domain may take, in ms. It needs the IOMMU's
 * driver, by way of a work queue, and some microseconds of hardware. Where other cores
 * are inside, it also needs those to fall asleep, as long as they have nothing to do.
 */
#define ROCKET_POWER_OFF_MS	200
#define ROCKET_FALL_ASLEEP_MS	1000

/* After how long a domain that has not gone off is looked at again, in ms. */
#define ROCKET_POWER_NUDGE_MS	4

/* struct rocket_reset_mark - A register that tells whether a reset has happened. */
struct rocket_reset_mark {
	/* @name: For people. */
	const char *name;
	/* @reg: Its offset in page "pc". */
	u32 reg;
	/* @bits: Those that can be written. */
	u32 bits;
	/* @value: The mark; harmless whatever the core does. */
	u32 value;
	/* @reset: What the manual says a reset leaves. */
	u32 reset;
};

/* In the order in which they are tried. Each start of a task writes all of them anew. */
static const struct rocket_reset_mark rocket_reset_marks[] = {
	/* Nothing is let through. */
	{ "INTERRUPT_MASK", ROCKET_PC_INTERRUPT_MASK, ROCKET_PC_INTERRUPT_CLEAR_ALL,
	  0, ROCKET_PC_INTERRUPT_CLEAR_ALL },
	/* No stream is fetched. */
	{ "PC_BASE_ADDRESS", ROCKET_PC_BASE_ADDRESS,
	  ROCKET_PC_BASE_ADDRESS_ADDR | ROCKET_PC_BASE_ADDRESS_PC_SEL,
	  ROCKET_PC_BASE_ADDRESS_PC_SEL, 0 },
};

static u32 rocket_reset_read_mark(struct rocket_hw *hw, int mark)
{
	return readl(hw->pc + rocket_reset_marks[mark].reg) & rocket_reset_marks[mark].bits;
}

static void rocket_reset_set_mark(struct rocket_hw *hw, int mark)
{
	if (mark >= 0)
		writel(rocket_reset_marks[mark].value, hw->pc + rocket_reset_marks[mark].reg);
}

/* Where no mark serves, nothing speaks against it. */
static bool rocket_reset_mark_gone(struct rocket_hw *hw, int mark)
{
	return mark < 0 || rocket_reset_read_mark(hw, mark) == rocket_reset_marks[mark].reset;
}

static int rocket_reset_hold_lines(struct rocket_hw *hw)
{
	int ret = reset_control_bulk_assert(hw->reset_count, hw->resets);

	udelay(ROCKET_RESET_US);

	return reset_control_bulk_deassert(hw->reset_count, hw->resets) ?: ret;
}

static bool rocket_reset_pulse(struct rocket_hw *hw, int mark)
{
	rocket_reset_set_mark(hw, mark);

	return !rocket_reset_hold_lines(hw) && rocket_reset_mark_gone(hw, mark);
}

static bool rocket_reset_mark_serves(struct rocket_hw *hw, int mark)
{
	rocket_reset_set_mark(hw, mark);
	if (rocket_reset_read_mark(hw, mark) != rocket_reset_marks[mark].value)
		return false;

	for (int i = 0; i < ROCKET_RESET_TRIES; i++) {
		if (rocket_reset_pulse(hw, mark))
			return true;
	}

	return false;
}

/**
 * rocket_reset_learn() - Find out by what a reset can be seen, and reset the core.
 * @hw: The core, being bound, powered; nobody drops IOTLB lines. Receives
 *	&rocket_facts.mark. The caller changes the domain of its group afterwards.
 *
 * Return: 0, or a negative errno of the reset controller.
 */
int rocket_reset_learn(struct rocket_hw *hw)
{
	int ret = 0;

	hw->facts.mark = -1;
	/* The domain cannot be switched off while a driver is being bound. */
	if (hw->soc->reset_needs_power)
		return 0;

	rocket_clock_hold(hw->clock);
	disable_irq(hw->irq);

	for (int i = 0; i < ARRAY_SIZE(rocket_reset_marks) && hw->facts.mark < 0; i++) {
		if (rocket_reset_mark_serves(hw, i))
			hw->facts.mark = i;
	}
	/* As the manual says it should be, and once more where nothing was seen. */
	if (hw->facts.mark < 0)
		ret = rocket_reset_hold_lines(hw);
	rocket_hw_stop(hw);

	enable_irq(hw->irq);
	rocket_clock_release(hw->clock);

	return ret;
}

/**
 * rocket_reset_mark_name() - By what a reset can be seen.
 * @hw: The core.
 *
 * Return: The name of a register, or a word for none.
 */
const char *rocket_reset_mark_name(const struct rocket_hw *hw)
{
	return hw->facts.mark < 0 ? "nothing" : rocket_reset_marks[hw->facts.mark].name;
}

static bool rocket_reset_now(struct rocket_core *core)
{
	struct mutex *hw_lock = core->vm ? &core->vm->mmu.hw_lock : NULL;
	struct rocket_hw *hw = &core->hw;
	bool done = false;

	rocket_clock_hold(hw->clock);
	disable_irq(hw->irq);
	if (hw_lock)
		mutex_lock(hw_lock);

	for (int i = 0; i < ROCKET_RESET_TRIES && !done; i++)
		done = rocket_reset_pulse(hw, hw->facts.mark);
	/* After a reset all interrupts are enabled. */
	rocket_hw_stop(hw);

	if (hw_lock)
		mutex_unlock(hw_lock);
	enable_irq(hw->irq);
	rocket_clock_release(hw->clock);
	if (done)
		rocket_core_count(&core->counts.resets, 1);
	trace_rocket_reset(core, done);

	return done;
}

/**
 * rocket_reset() - Reset a core and its IOMMU, and see whether it happened.
 * @core: The core, powered, &rocket_core.attach_lock held. Whatever it does is
 *	given up. The caller changes the domain of its group afterwards.
 *
 * Return: 0; -EIO when the core was seen not to react; -EAGAIN when it has to be switched
 * off instead. It may then still be running, in the VM that it is attached to.
 */
int rocket_reset(struct rocket_core *core)
{
	bool done;

	lockdep_assert_held(&core->attach_lock);

	if (core->hw.soc->reset_needs_power)
		return core->ran || core->mmu_dead ? -EAGAIN : 0;

	/* A core that does something is switched off instead, by its recovery. */
	if (core->hw.facts.reset_kills_mmu)
		return 0;

	done = rocket_reset_now(core);

	return done ? 0 : -EIO;
}

/**
 * rocket_reset_before_off() - Have a core stand still when its power domain goes off.
 * @core: The core, powered; its clocks run. &rocket_core.attach_lock is held, not always by
 *	who calls: a worker may be what brings the core down that rocket_reset_by_power() lets go.
 *
 * Only where that is needed, see above.
 */
void rocket_reset_before_off(struct rocket_core *core)
{
	if (!core->hw.soc->reset_needs_power || !core->ran || core->mmu_dead)
		return;

	rocket_reset_now(core);
	WRITE_ONCE(core->mmu_dead, true);
}

/*
 * The IOMMU and, where there are several domains, another core that has named this one's may
 * fall asleep at the same time: each finds the other awake still, and leaves the domain on.
 * So it is looked at once more.
 */
static void rocket_reset_nudge_domain(struct rocket_core *core)
{
	struct device *dev = rocket_hw_power_dev(&core->hw, 0);

	if (dev != core->hw.dev && !pm_runtime_resume_and_get(dev))
		pm_runtime_put_sync_suspend(dev);
}

/* Waits until the domain has been off again since there were @before times. */
static bool rocket_reset_await_off(struct rocket_core *core, unsigned int before, unsigned int ms)
{
	for (unsigned int i = 0; i < ms; i += ROCKET_POWER_NUDGE_MS) {
		if (wait_event_timeout(core->idle, READ_ONCE(core->offs) != before,
				       msecs_to_jiffies(ROCKET_POWER_NUDGE_MS)))
			return true;
		rocket_reset_nudge_domain(core);
	}

	return READ_ONCE(core->offs) != before;
}

/**
 * rocket_reset_get_power() - Power a core up, and keep it so.
 * @core: The core, bound.
 *
 * One that is on its way to lose power, and must, is let go there first.
 *
 * Return: 0, with a runtime PM reference; -EBUSY when something else keeps its power domain
 * on that must go off; a negative errno of runtime PM.
 */
int rocket_reset_get_power(struct rocket_core *core)
{
	struct device *dev = core->hw.dev;
	unsigned int before;
	int ret = -EBUSY;

	if (!core->hw.soc->reset_needs_power)
		return pm_runtime_resume_and_get(dev);

	/* With the reference no suspend begins; one that has begun is waited for. */
	pm_runtime_get_noresume(dev);
	pm_runtime_barrier(dev);
	before = READ_ONCE(core->offs);
	/* What the system woke up too early needs a power cycle: see rocket_attach_vm(). */
	if (!READ_ONCE(core->mmu_dead) || pm_runtime_active(dev) ||
	    rocket_reset_await_off(core, before, ROCKET_POWER_OFF_MS))
		ret = pm_runtime_resume(dev);
	if (ret < 0)
		pm_runtime_put_noidle(dev);

	return min(ret, 0);
}

/*
 * What several domains feed is lost when all of them are off. Before the core can go on
 * each of them is asked for power, which waits for those who are being told that it is off.
 */
static void rocket_reset_power_is_off(struct rocket_core *core, unsigned int which)
{
	if (!which) {
		WRITE_ONCE(core->ran, false);
		WRITE_ONCE(core->mmu_dead, false);
	}
	if (test_and_clear_bit(which, &core->powered) && !READ_ONCE(core->powered))
		rocket_scrub_power_lost(core);
	if (!which) {
		WRITE_ONCE(core->offs, core->offs + 1);
		wake_up(&core->idle);
	}
}

static int rocket_reset_power_event(struct notifier_block *nb, unsigned long event,
				    void *unused)
{
	struct rocket_power_watch *watch = container_of(nb, struct rocket_power_watch, block);
	struct rocket_core *core = watch->core;
	unsigned int which = watch - core->power_watch;

	if (event == GENPD_NOTIFY_PRE_ON)
		set_bit(which, &core->powered);
	else if (event == GENPD_NOTIFY_OFF)
		rocket_reset_power_is_off(core, which);

	return NOTIFY_OK;
}

/**
 * rocket_reset_watch_power() - Learn when a core's power domains are switched off.
 * @core: The core, being bound.
 *
 * Where there is no power domain, rocket_reset_by_power() will fail.
 */
void rocket_reset_watch_power(struct rocket_core *core)
{
	unsigned int count = rocket_hw_power_devs(&core->hw);

	/* They may be on already. */
	core->powered = GENMASK(count - 1, 0);
	for (unsigned int i = 0; i < count; i++) {
		core->power_watch[i].core = core;
		core->power_watch[i].block.notifier_call = rocket_reset_power_event;
		dev_pm_genpd_add_notifier(rocket_hw_power_dev(&core->hw, i),
					  &core->power_watch[i].block);
	}
}

/**
 * rocket_reset_unwatch_power() - Undo rocket_reset_watch_power().
 * @core: The core, being unbound.
 */
void rocket_reset_unwatch_power(struct rocket_core *core)
{
	for (unsigned int i = 0; i < rocket_hw_power_devs(&core->hw); i++)
		dev_pm_genpd_remove_notifier(rocket_hw_power_dev(&core->hw, i));
}

/*
 * Lets go of all that keeps the core up, as far as it is ours, and waits until
 * its power domain is off.
 */
static int rocket_reset_power_off(struct rocket_core *core, unsigned int references)
{
	int idle_ms = clamp(core->hw.dev->power.autosuspend_delay, 0, ROCKET_FALL_ASLEEP_MS);
	unsigned int before = READ_ONCE(core->offs);
	int ret;

	for (unsigned int i = 0; i < references; i++)
		pm_runtime_put_noidle(core->hw.dev);

	ret = pm_runtime_suspend(core->hw.dev);
	if (ret >= 0 && !rocket_reset_await_off(core, before, ROCKET_POWER_OFF_MS + idle_ms))
		ret = -ETIMEDOUT;

	for (unsigned int i = 0; i < references; i++)
		pm_runtime_get_noresume(core->hw.dev);

	return ret < 0 ? ret : 0;
}

/**
 * rocket_reset_by_power() - Switch a core off and on that ignores its reset.
 * @core: The core, in recovery: its interrupt line is disabled, and it
 *	is stopped. The caller and @core's job, if any, have a runtime PM reference.
 *
 * Not every core can be switched off at any time: the domain of core 0 contains
 * those of the others, and userspace may keep a core awake. On success the core
 * is attached to the same VM as before.
 *
 * Who wants to take a VM out of the core meanwhile waits: there is nothing to reset
 * while its domain is off.
 *
 * Return: 0, or a negative errno when the domain was not switched off, or that
 * did not help. The core is powered again unless its IOMMU refuses, or would.
 */
int rocket_reset_by_power(struct rocket_core *core)
{
	struct rocket_hw *hw = &core->hw;
	int off, on;

	/* rocket_core_runtime_suspend() does not take it while @power_cycle is set. */
	guard(mutex)(&core->attach_lock);

	rocket_reset_set_mark(hw, hw->facts.mark);

	/* It must not be brought to its default domain while it may be running. */
	WRITE_ONCE(core->power_cycle, true);
	off = rocket_reset_power_off(core, core->job ? 2 : 1);
	rocket_race_point(ROCKET_RACE_POWER_CYCLE);
	/* One that must lose power and has not cannot be woken up. */
	on = READ_ONCE(core->mmu_dead) ? -EBUSY : pm_runtime_resume(hw->dev);
	WRITE_ONCE(core->power_cycle, false);

	if (on < 0)
		return on;
	if (off)
		return off;
	if (!rocket_reset_mark_gone(hw, hw->facts.mark))
		return -EIO;

	rocket_hw_stop(hw);

	return 0;
}
