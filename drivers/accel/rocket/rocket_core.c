// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cleanup.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/math64.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>

#include "rocket_attach.h"
#include "rocket_clock.h"
#include "rocket_core.h"
#include "rocket_cores.h"
#include "rocket_device.h"
#include "rocket_race.h"
#include "rocket_recover.h"
#include "rocket_reset.h"
#include "rocket_run.h"
#include "rocket_selftest.h"
#include "rocket_trace.h"

/*
 * How long an idle core stays powered, in ms. Measured on RK3588, with a clock that fell
 * whenever the cores went to sleep: the gaps in an inference of 1.2 s cost 30 % of it at
 * 50 ms and nothing from 200 ms on; where the rate changes they were given 1 s.
 */
#define ROCKET_AUTOSUSPEND_MS		200
#define ROCKET_AUTOSUSPEND_SCALED_MS	1000

/**
 * rocket_core_claim() - Keep others from giving a core a job.
 * @core: The core.
 *
 * Context: Any.
 * Return: %true when it takes jobs and has none. Then the caller picks one and starts it
 * (rocket_run_start()), or lets go by rocket_core_unclaim(). It waits for no recovery.
 */
bool rocket_core_claim(struct rocket_core *core)
{
	guard(spinlock_irqsave)(&core->lock);

	if (!rocket_core_is_free(core))
		return false;

	core->claimed = true;

	return true;
}

/**
 * rocket_core_unclaim() - Undo rocket_core_claim().
 * @core: The core.
 */
void rocket_core_unclaim(struct rocket_core *core)
{
	scoped_guard(spinlock_irqsave, &core->lock)
		core->claimed = false;

	wake_up(&core->idle);
}

/* From here on no job comes; one that does already may. */
static void rocket_core_close(struct rocket_core *core)
{
	guard(spinlock_irq)(&core->lock);

	core->stops++;
}

/**
 * rocket_core_stop() - Have no job come to a core.
 * @core: The core.
 *
 * Waits for one that does. Until rocket_core_start() has been called as often.
 */
void rocket_core_stop(struct rocket_core *core)
{
	rocket_core_close(core);
	wait_event(core->idle, !READ_ONCE(core->claimed));
}

/**
 * rocket_core_start() - Undo rocket_core_stop().
 * @core: The core.
 */
void rocket_core_start(struct rocket_core *core)
{
	scoped_guard(spinlock_irq, &core->lock)
		core->stops--;

	core->rdev->core_ops->free(core);
}

/**
 * rocket_core_suspend() - Let the running job end, and let go of the page tables.
 * @core: The core, stopped.
 *
 * A job that stays does not keep it powered until rocket_core_resume(): who is powered when
 * the system goes to sleep is powered up before its power domain could be off.
 */
void rocket_core_suspend(struct rocket_core *core)
{
	/* Bounded: a job that runs has a clock, one that waits a recovery, which may be put off. */
	wait_event(core->idle, !READ_ONCE(core->job) || READ_ONCE(core->put_off));

	/* While the system goes to sleep, runtime PM cannot be asked for help. */
	if (pm_runtime_get_if_active(core->hw.dev) > 0) {
		if (rocket_attach_sleep(core))
			rocket_recover_request(core);
		pm_runtime_put_noidle(core->hw.dev);
	}
	flush_workqueue(core->recover_wq);

	if (core->job)
		pm_runtime_put_noidle(core->hw.dev);
}

/**
 * rocket_core_resume() - Undo rocket_core_suspend().
 * @core: The core, still stopped.
 */
void rocket_core_resume(struct rocket_core *core)
{
	if (core->job)
		pm_runtime_get_noresume(core->hw.dev);
}

/**
 * rocket_core_runtime_resume() - Switch the clocks on, and have them run fast.
 * @core: The core; its power domain is up.
 *
 * Return: As rocket_hw_power_up().
 */
int rocket_core_runtime_resume(struct rocket_core *core)
{
	int ret = rocket_hw_power_up(&core->hw);

	if (ret)
		return ret;

	rocket_core_count(&core->counts.wakeups, 1);
	trace_rocket_power(core, true);
	rocket_clock_up(core->hw.clock, core->index);

	return 0;
}

/**
 * rocket_core_runtime_suspend() - Let go of the page tables, stop the clocks.
 * @core: The core.
 *
 * Here is the last moment at which the IOMMU driver surely programs the
 * hardware. Afterwards the IOMMU is not in use any more but stays powered for a
 * moment; what the driver is asked for in that moment, to drop an IOTLB line or
 * to attach another domain, it leaves to the next resume, which does not come
 * when the core is woken up first. A core without a VM has nothing to miss.
 *
 * Return: 0; -EBUSY while a job runs, or when the core ignores its reset and has
 * to be recovered first, unless its recovery was put off until after this.
 */
int rocket_core_runtime_suspend(struct rocket_core *core)
{
	rocket_race_point(ROCKET_RACE_SUSPEND);

	if (READ_ONCE(core->power_cycle)) {
		rocket_reset_before_off(core);
	} else {
		bool put_off = READ_ONCE(core->put_off);

		if (READ_ONCE(core->job) && !put_off)
			return -EBUSY;

		if (rocket_attach_sleep(core) && !put_off) {
			rocket_recover_request(core);
			return -EBUSY;
		}
	}

	rocket_clock_down(core->hw.clock, core->index);
	rocket_hw_power_down(&core->hw);
	trace_rocket_power(core, false);

	return 0;
}

static void rocket_core_enable_pm(struct rocket_core *core)
{
	bool scaled = rocket_clock_is_scaled(core->hw.clock);

	pm_runtime_set_autosuspend_delay(core->hw.dev, scaled ? ROCKET_AUTOSUSPEND_SCALED_MS :
								ROCKET_AUTOSUSPEND_MS);
	pm_runtime_use_autosuspend(core->hw.dev);
	pm_runtime_enable(core->hw.dev);
}

static void rocket_core_disable_pm(struct rocket_core *core)
{
	pm_runtime_dont_use_autosuspend(core->hw.dev);
	pm_runtime_disable(core->hw.dev);
	if (!pm_runtime_status_suspended(core->hw.dev))
		rocket_core_runtime_suspend(core);
	pm_runtime_set_suspended(core->hw.dev);
}

/*
 * What it does, and what can be done about a client's data. Leaves it reset, and in a
 * state in which nothing of what was tried matters.
 *
 * Its power domain cannot be switched off from here: while a driver is being bound the
 * kernel keeps the IOMMU up, which is in the same one.
 */
static int rocket_core_learn(struct rocket_core *core)
{
	struct rocket_hw *hw = &core->hw;
	int ret;

	ret = rocket_reset_learn(hw);
	if (ret)
		return dev_err_probe(hw->dev, ret, "cannot be reset\n");
	if (hw->facts.mark < 0 && !hw->soc->reset_needs_power)
		dev_warn(hw->dev, "core %u: no register shows whether a reset has happened; its reset lines are trusted\n",
			 core->index);

	/* On a sibling of this NPU the IOMMU takes no page tables then, until it was off. */
	if (rocket_attach_reset_to_default(core)) {
		dev_warn(hw->dev, "core %u: a reset disables its IOMMU; it will be switched off and on instead, after failures and between clients, which takes milliseconds\n",
			 core->index);
		hw->facts.reset_kills_mmu = true;
	} else {
		rocket_selftest_learn(hw, &core->kjobs);
	}
	rocket_scrub_learn(core);

	return rocket_attach_reset(core);
}

/* One line for people, who may be asked for it. */
static void rocket_core_tell(struct rocket_core *core)
{
	const struct rocket_facts *facts = &core->hw.facts;

	if (!facts->computes)
		return;

	dev_info(core->hw.dev, "core %u: self-test %llu us; task counter: %s; resets seen by %s; clients erased by %s\n",
		 core->index, div_u64(facts->task_ns, NSEC_PER_USEC),
		 rocket_hw_counter_name(facts->counter), rocket_reset_mark_name(&core->hw),
		 core->scrub.armed ? "overwriting" : "switching off");
}

static int rocket_core_bind_power(struct rocket_core *core, u32 *version)
{
	struct device *dev = core->hw.dev;
	int ret;

	ret = pm_runtime_resume_and_get(dev);
	if (ret)
		return dev_err_probe(dev, ret, "cannot be powered up\n");

	*version = rocket_hw_version(&core->hw);
	ret = rocket_core_learn(core);
	rocket_run_put_power(core);

	return ret;
}

/**
 * rocket_core_bind() - Take a core into service.
 * @core: The slot, offline.
 * @pdev: The core's device. Its drvdata must be @core already.
 * @version: Receives the IP version.
 *
 * Return: 0 or a negative errno, which has been reported with its reason.
 */
int rocket_core_bind(struct rocket_core *core, struct platform_device *pdev,
		     u32 *version)
{
	struct device *dev = &pdev->dev;
	int ret;

	ret = rocket_hw_init(&core->hw, pdev, core->index);
	if (ret)
		return ret;

	/*
	 * Memory above 4 GiB is fine; 40 bits is what a table entry holds. But
	 * registers and streams name addresses of 32 bits, and nothing translates
	 * them for the kernel's own memory where default domains are identities.
	 */
	ret = dma_set_mask(dev, DMA_BIT_MASK(40));
	if (!ret)
		ret = dma_set_coherent_mask(dev, DMA_BIT_MASK(32));
	if (ret)
		return dev_err_probe(dev, ret, "cannot address 40 bits\n");
	dma_set_max_seg_size(dev, UINT_MAX);

	ret = rocket_clock_add(core->rdev->clock, &core->hw);
	if (ret)
		return ret;

	ret = rocket_attach_bind(core);
	if (ret)
		goto err_remove_clock;

	ret = rocket_kjob_init(&core->kjobs, dev, core->hw.soc);
	if (ret)
		goto err_unbind_mmu;

	rocket_reset_watch_power(core);
	rocket_core_enable_pm(core);

	ret = rocket_core_bind_power(core, version);
	if (ret)
		goto err_disable_pm;

	ret = devm_request_irq(dev, core->hw.irq, rocket_run_irq, IRQF_SHARED,
			       dev_name(dev), core);
	if (ret) {
		dev_err_probe(dev, ret, "cannot get interrupt %d\n", core->hw.irq);
		goto err_disable_pm;
	}
	rocket_hw_hint_irq(&core->hw);

	rocket_cores_set_online(core, true);

	dev_info(dev, "Rockchip NPU core %u version: %u\n", core->index, *version);
	rocket_core_tell(core);
	core->rdev->core_ops->free(core);

	return 0;

err_disable_pm:
	rocket_reset_unwatch_power(core);
	rocket_core_disable_pm(core);
	rocket_kjob_fini(&core->kjobs, dev);
err_unbind_mmu:
	rocket_attach_unbind(core);
err_remove_clock:
	rocket_clock_remove(core->hw.clock);

	return ret;
}

/* Ends what runs, and leaves the core reset and stopped. */
static void rocket_core_take_offline(struct rocket_core *core)
{
	rocket_cores_set_online(core, false);

	rocket_race_point(ROCKET_RACE_UNBIND);

	/*
	 * From here on no reset is queued; one that is must end first. A clock that
	 * expires later finds the core offline.
	 */
	flush_workqueue(core->recover_wq);
	rocket_race_point(ROCKET_RACE_UNBIND_STOP);
	rocket_core_stop(core);
	core->rdev->core_ops->lost(core);

	rocket_recover_core(core, -ENODEV);
	rocket_attach_abandon(core);
}

/**
 * rocket_core_shutdown() - The machine is about to be switched off, or restarted.
 * @core: The core, which stays bound.
 *
 * Its IOMMU is next, and then lets all accesses pass: nothing may make any by then.
 * Jobs end with -ENODEV.
 */
void rocket_core_shutdown(struct rocket_core *core)
{
	rocket_core_take_offline(core);
	/* The next kernel finds the clock as this one did: it may set it with the domain off. */
	if (pm_runtime_get_if_active(core->hw.dev) > 0) {
		rocket_clock_down(core->hw.clock, core->index);
		pm_runtime_put_noidle(core->hw.dev);
	}
	/* The IOMMU's driver gives its half of the line back, and a hint is the line's. */
	rocket_hw_unhint_irq(&core->hw);
	rocket_core_start(core);
}

/*
 * Of a core that was given up, which is shared: others get it back, quiet. A core that goes on
 * raises page faults when its IOMMU is powered up to bind it again, before that can claim
 * them. So it is reset once more: what kept it from that may have gone.
 */
static void rocket_core_release_line(struct rocket_core *core)
{
	if (pm_runtime_get_if_active(core->hw.dev) > 0) {
		if (core->hw.facts.reset_kills_mmu || rocket_attach_reset_to_default(core))
			rocket_hw_silence(&core->hw);
		pm_runtime_put_noidle(core->hw.dev);
	}
	enable_irq(core->hw.irq);
}

/**
 * rocket_core_unbind() - Take a core out of service.
 * @core: The core.
 *
 * The job that runs ends with -ENODEV, as do those queued behind it. On return
 * nothing touches the core or its IOMMU group any more.
 */
void rocket_core_unbind(struct rocket_core *core)
{
	rocket_core_take_offline(core);
	rocket_coredump_flush(core);

	if (core->wedged)
		rocket_core_release_line(core);
	/* Before the registers go with devres. */
	rocket_hw_unhint_irq(&core->hw);
	devm_free_irq(core->hw.dev, core->hw.irq, core);
	rocket_reset_unwatch_power(core);
	rocket_core_disable_pm(core);
	rocket_kjob_fini(&core->kjobs, core->hw.dev);
	rocket_attach_unbind(core);
	rocket_clock_remove(core->hw.clock);

	rocket_core_start(core);
}

/**
 * rocket_core_init() - Set up a slot, without hardware.
 * @core: The slot, zeroed.
 * @rdev: The device.
 * @index: Number of the core.
 *
 * Return: 0, -ENOMEM.
 */
int rocket_core_init(struct rocket_core *core, struct rocket_device *rdev,
		     unsigned int index)
{
	core->rdev = rdev;
	core->index = index;
	mutex_init(&core->attach_lock);
	spin_lock_init(&core->lock);
	init_waitqueue_head(&core->idle);
	rocket_busy_init(&core->busy);
	rocket_run_init(core);
	rocket_coredump_init(core);

	return rocket_recover_init(core);
}

/**
 * rocket_core_fini() - Undo rocket_core_init().
 * @core: The slot, offline.
 */
void rocket_core_fini(struct rocket_core *core)
{
	rocket_recover_fini(core);
	rocket_run_fini(core);
	mutex_destroy(&core->attach_lock);
}
