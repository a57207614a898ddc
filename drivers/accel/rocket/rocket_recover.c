// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cleanup.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/ktime.h>
#include <linux/pm_runtime.h>
#include <linux/workqueue.h>

#include "rocket_attach.h"
#include "rocket_core.h"
#include "rocket_cores.h"
#include "rocket_device.h"
#include "rocket_fair.h"
#include "rocket_fault.h"
#include "rocket_job.h"
#include "rocket_race.h"
#include "rocket_recover.h"
#include "rocket_reset.h"
#include "rocket_run.h"
#include "rocket_selftest.h"
#include "rocket_trace.h"
#include "rocket_vm.h"

/**
 * DOC: Recovery
 *
 * What goes wrong on a core ends here: faults, hangs, an IOMMU that cannot be
 * attached. The core is reset, and has to pass its self-test if it ever did. If one of
 * these fails, its power domain is switched off and on; if that cannot be had or does
 * not help either, the core is out of service until it is unbound: jobs that are queued
 * there end with -EIO, and new ones go to other cores. See rocket_cores_report_loss()
 * for the last core. A core that computes stays in service, whatever else it does.
 *
 * While the system goes to sleep no power domain can be switched off and on. A recovery that
 * needs it leaves everything as it is, the job included, until the system is awake again.
 *
 * A job is killed by its own recovery only. One that came while the core was in
 * trouble is started by the recovery, and its clock with it.
 */

/* Lost interrupts in the middle of a job before it counts as hanging. */
#define ROCKET_LOST_MAX 3

/* A job that came while the core was recovering and has not started yet. */
static struct rocket_job *rocket_recover_waiting_job(struct rocket_core *core)
{
	guard(spinlock_irqsave)(&core->lock);

	if (!core->online || !core->job || core->job->next_task)
		return NULL;

	return core->job;
}

/* Whether what cannot be had now can be had later; who unbinds a core does not wait. */
static bool rocket_recover_can_wait(struct rocket_core *core)
{
	return READ_ONCE(core->rdev->asleep) && READ_ONCE(core->online);
}

/* Whether a core that is reset, in its default domain, computes. */
static int rocket_recover_test(struct rocket_core *core)
{
	int ret = rocket_selftest_again(&core->hw, &core->kjobs);

	if (!ret)
		return 0;

	dev_err_ratelimited(core->hw.dev, "core %u does not compute any more (error %d)\n",
			    core->index, ret);
	/* What does not end may go on. */
	WRITE_ONCE(core->ran, true);

	return ret;
}

static int rocket_recover_by_reset(struct rocket_core *core, bool runs)
{
	int ret;

	/* Such a core can be stopped only by switching it off. */
	if (core->hw.facts.reset_kills_mmu && runs)
		return -EIO;

	ret = rocket_attach_reset_to_default(core);
	if (!ret)
		ret = rocket_recover_test(core);

	return ret ?: rocket_attach_reset(core);
}

static int rocket_recover_by_power_once(struct rocket_core *core)
{
	int ret = rocket_reset_by_power(core);

	if (ret)
		return ret;

	scoped_guard(spinlock_irq, &core->lock)
		rocket_core_count(&core->counts.power_cycles, 1);
	if (rocket_attach_default(core))
		return -EIO;

	/* Now that it was off a core may do what it has not done when it was bound. */
	if (!core->hw.facts.computes)
		rocket_selftest_learn(&core->hw, &core->kjobs);
	else if (rocket_recover_test(core))
		ret = -EIO;
	/* It may be here because it ignores its reset; what it ran last has ended. */
	if (!ret)
		rocket_attach_reset(core);

	return ret;
}

/*
 * Where a power cycle is known not to help each time, there is another. Sets @broken where
 * one has not helped.
 */
static int rocket_recover_by_power(struct rocket_core *core, bool *broken)
{
	int ret = -EIO;

	for (int i = 0; i < core->hw.soc->power_tries && ret == -EIO; i++) {
		ret = rocket_recover_by_power_once(core);
		*broken |= ret == -EIO;
	}

	return ret;
}

/*
 * It has to lose power and cannot. One that runs something is reset all the same, and serves
 * nobody until its power goes. One that does nothing leaves its VM: it is believed.
 */
static void rocket_recover_without_power(struct rocket_core *core)
{
	if (!READ_ONCE(core->job)) {
		rocket_attach_abandon_live(core);
		return;
	}

	guard(mutex)(&core->attach_lock);

	rocket_reset_before_off(core);
}

/*
 * Makes a core do nothing, whatever it takes, and hands it to @vm, if there is one.
 * The core is powered, with a runtime PM reference of the caller and one of the job that
 * runs, if one does. Returns 0; -EACCES when the core is well and must not be handed to
 * @vm; -EINPROGRESS when this has to wait until the system is awake; another negative errno
 * when the core is not well.
 */
static int rocket_recover_reset(struct rocket_core *core, struct rocket_vm *vm)
{
	bool can_wait = rocket_recover_can_wait(core);
	bool broken = false;
	int well, ret;

	/* Where a job waits for the core, none runs. */
	well = rocket_recover_by_reset(core, !vm);
	ret = well;
	if (!ret && vm) {
		/* It computes. */
		core->scrub.doubtful = false;
		ret = rocket_scrub_attach(core, vm);
	}
	if (!ret)
		return 0;

	ret = rocket_recover_by_power(core, &broken);
	if (!ret)
		return vm ? rocket_scrub_attach_after_power_loss(core, vm) : 0;
	/* Where the core can be stopped without it, nobody waits but the next job. */
	if ((vm || well != -EAGAIN || ret == -EIO) &&
	    (can_wait || rocket_recover_can_wait(core)))
		return -EINPROGRESS;

	/* It computes, but it can neither be cleaned nor be switched off. */
	if (vm && (!well || (well == -EAGAIN && !broken)))
		return rocket_scrub_attach_uncleaned(core, vm);
	if (well != -EAGAIN || ret == -EIO)
		return ret;

	rocket_recover_without_power(core);

	/* The next job tries again. */
	return vm ? -EBUSY : 0;
}

/*
 * Out of service. All that can be done is to ask it to stop, and to let go of it:
 * without a job and a VM it will be switched off, as soon as that is possible.
 */
static void rocket_recover_give_up(struct rocket_core *core)
{
	dev_err(core->hw.dev, "core %u cannot be brought back and is out of service; unbind and bind its driver to try again\n",
		core->index);

	/* Its power may be what could not be had. */
	if (pm_runtime_get_if_active(core->hw.dev) > 0) {
		rocket_hw_stop(&core->hw);
		pm_runtime_put_noidle(core->hw.dev);
	}
	rocket_attach_abandon(core);

	scoped_guard(spinlock_irq, &core->lock)
		core->wedged = true;

	core->rdev->core_ops->lost(core);
	rocket_cores_report_loss(core->rdev);
}

/*
 * A runtime PM reference, if there is hardware to be looked after: a core that is
 * suspended holds no VM and runs nothing. One that was reported may be on its way
 * there. Returns 0, with the reference, or a negative errno.
 */
static int rocket_recover_get_power(struct rocket_core *core)
{
	bool can_wait = rocket_recover_can_wait(core);
	int ret;

	if (!READ_ONCE(core->recovering))
		return pm_runtime_get_if_active(core->hw.dev) > 0 ? 0 : -EAGAIN;

	ret = rocket_reset_get_power(core);
	if (ret && (can_wait || rocket_recover_can_wait(core)))
		return -EINPROGRESS;

	return ret;
}

/* Nothing was brought to an end: rocket_recover_awake() goes on from here. */
static void rocket_recover_put_off(struct rocket_core *core, int error)
{
	lockdep_assert_held(&core->lock);

	core->recovering = true;
	core->put_off = true;
	WRITE_ONCE(core->error, error);
}

/*
 * Brings the core back, and gives up on it if that fails. Returns what becomes of the
 * job that waited for it: 0 when it can be started; or -EINPROGRESS, see above.
 */
static int rocket_recover_hardware(struct rocket_core *core, struct rocket_job *waiting)
{
	int ret = rocket_recover_reset(core, waiting ? waiting->vm : NULL);

	/* Whoever keeps its power domain on (-EBUSY) may let go of it: the next job tries again. */
	if (!ret || ret == -EACCES || ret == -EINPROGRESS || (ret == -EBUSY && waiting))
		return ret;

	rocket_recover_give_up(core);

	return -EIO;
}

/*
 * Takes the job off the core, for @error. A job that never started has come to no harm
 * by itself: it is only there when its core is being unbound.
 */
static struct dma_fence *rocket_recover_kill(struct rocket_core *core, int *error)
{
	struct rocket_job *job = core->job;
	u64 now = ktime_get_ns();

	lockdep_assert_held(&core->lock);

	if (!job->started && !core->online)
		*error = -ENODEV;
	/* Before another one of its file can be picked. */
	if (job->started && *error != -ENODEV)
		rocket_fair_penalize(job->vm->share, now - job->started, now);

	return rocket_run_take_job(core, *error);
}

/**
 * rocket_recover_core() - Kill what runs and bring the core back.
 * @core: The core, stopped.
 * @error: For the fence of the job that runs, if one does.
 *
 * Context: &rocket_core.recover_wq, or nothing queued there. Sleeps.
 */
void rocket_recover_core(struct rocket_core *core, int error)
{
	struct rocket_job *waiting = rocket_recover_waiting_job(core);
	bool was_wedged = READ_ONCE(core->wedged);
	struct dma_fence *fence = NULL;
	u64 begin = ktime_get_ns();
	bool was_recovering;
	int no_power, lost;

	/*
	 * Wait for the handlers of the line: the IOMMU driver's reads registers
	 * and follows the tables that they name, which must not happen while
	 * they are reset and written anew.
	 */
	disable_irq(core->hw.irq);
	/* A timer that looks at a core without power finds a bus error. */
	scoped_guard(spinlock_irq, &core->lock)
		rocket_run_unwatch(core);

	no_power = rocket_recover_get_power(core);
	lost = was_wedged ? -EIO : no_power;
	if (!lost && !core->put_off)
		rocket_coredump_capture(core, error);
	if (!lost)
		lost = rocket_recover_hardware(core, waiting);
	if (waiting && lost && lost != -EINPROGRESS)
		error = lost;
	if (waiting && lost == -EBUSY)
		dev_err_ratelimited(core->hw.dev, "core %u has to be switched off and is not: something keeps its power domain on (see /sys/kernel/debug/pm_genpd/pm_genpd_summary)\n",
				    core->index);

	scoped_guard(spinlock_irqsave, &core->lock) {
		was_recovering = core->recovering;
		core->recovering = false;
		core->put_off = false;
		if (lost == -EINPROGRESS)
			rocket_recover_put_off(core, error);
		else if (waiting && !lost)
			rocket_run_start_task(core);
		else if (core->job)
			fence = rocket_recover_kill(core, &error);
	}

	/* rocket_recover_report() has disabled it once more. */
	if (was_recovering)
		enable_irq(core->hw.irq);
	/* The line of a core that was given up stays off until it is unbound. */
	if (lost != -EINPROGRESS && (was_wedged || !core->wedged))
		enable_irq(core->hw.irq);

	trace_rocket_recover(core, ktime_get_ns() - begin, error, READ_ONCE(core->wedged));

	if (!no_power)
		rocket_run_put_power(core);

	if (fence)
		rocket_run_end_job(core, fence, error);

	if (lost == -EINPROGRESS) {
		wake_up(&core->idle);
		/* It may be awake by now. */
		if (!READ_ONCE(core->rdev->asleep))
			rocket_recover_awake(core);
	}
}

static void rocket_recover_work(struct work_struct *work)
{
	struct rocket_core *core = container_of(work, struct rocket_core, recover_work);

	rocket_race_point(ROCKET_RACE_RECOVER);

	rocket_core_stop(core);
	rocket_recover_core(core, READ_ONCE(core->error));
	rocket_core_start(core);
}

static enum hrtimer_restart rocket_recover_clock(struct hrtimer *clock)
{
	struct rocket_core *core = container_of(clock, struct rocket_core, clock);

	queue_work(core->recover_wq, &core->timeout_work);

	return HRTIMER_NORESTART;
}

/* Whether an access to memory is what the core got stuck with. Fills in what is known. */
static bool rocket_recover_finds_fault(struct rocket_core *core,
				       struct drm_rocket_vm_fault *fault)
{
	u32 errors = (rocket_hw_raised(&core->hw) | core->dma_errors) & ROCKET_HW_DMA_ERRORS;
	u32 addr = 0;
	bool write;

	if (rocket_hw_page_fault(&core->hw, &addr, &write)) {
		if (!core->silent_faults)
			dev_warn(core->hw.dev, "core %u: its IOMMU does not tell of a page fault; jobs that fault end only when their time is up\n",
				 core->index);
		core->silent_faults = true;
	} else if (errors) {
		write = errors & ROCKET_PC_INTERRUPT_DMA_WRITE_ERROR;
		fault->flags |= DRM_ROCKET_VM_FAULT_NO_ADDR;
	} else {
		return false;
	}

	fault->addr = addr;
	if (write)
		fault->flags |= DRM_ROCKET_VM_FAULT_WRITE;

	return true;
}

/*
 * Why a job has not ended in its time. The IOMMU's interrupt for a refused access has
 * never been seen to arrive on silicon, so it is asked, and the core, too.
 */
static int rocket_recover_blame(struct rocket_core *core)
{
	struct drm_rocket_vm_fault fault = {
		.user_data = core->job->user_data,
		.time_ns = ktime_get_ns(),
		.core = core->index,
	};

	lockdep_assert_held(&core->lock);

	if (!rocket_recover_finds_fault(core, &fault))
		return -ETIMEDOUT;

	core->fault = fault;
	rocket_fault_log_add(core->job->vm->faults, &fault);
	rocket_core_count(&core->counts.faults, 1);

	return -EFAULT;
}

/*
 * Whether the job that runs has to be killed because its time is up. Not so if
 * its task has ended and only the interrupt is missing: then the job goes on with
 * its next task and gets its time once more, or @fence receives that of a job
 * that is complete. A stream can switch off its own interrupt, so that there is an
 * end to this. Returns what the job ends with, or 0.
 */
static int rocket_recover_hangs(struct rocket_core *core, struct dma_fence **fence)
{
	struct rocket_job *job;

	guard(spinlock_irqsave)(&core->lock);

	job = core->job;
	*fence = NULL;

	/* Who unbinds the core kills the job, and waits for us no more. */
	if (!core->online)
		return 0;

	/* Ended, killed or started at the last moment? */
	if (!job || core->recovering || ktime_before(ktime_get(), core->deadline))
		return 0;

	if (!rocket_run_lost(core) ||
	    (job->next_task < job->task_count && job->lost >= ROCKET_LOST_MAX)) {
		dev_err_ratelimited(core->hw.dev, "job timed out after %u ms\n",
				    job->timeout_ms);
		rocket_core_count(&core->counts.hangs, 1);
		return rocket_recover_blame(core);
	}

	job->lost++;
	rocket_core_count(&core->counts.lost, 1);
	*fence = rocket_run_next_task(core);
	if (!*fence)
		rocket_run_start_clock(core);

	return 0;
}

static void rocket_recover_timeout_work(struct work_struct *work)
{
	struct rocket_core *core = container_of(work, struct rocket_core, timeout_work);
	struct dma_fence *fence;
	int error;

	rocket_race_point(ROCKET_RACE_TIMEOUT);

	/* With the core stopped no other job can take this one's place. */
	rocket_core_stop(core);
	error = rocket_recover_hangs(core, &fence);
	if (error)
		rocket_recover_core(core, error);
	rocket_core_start(core);

	if (fence)
		rocket_run_end_job(core, fence, 0);
}

/**
 * rocket_recover_report() - Do not touch a core, nor hear its line, until it is reset.
 * @core: The core; &rocket_core.lock held, not recovering yet.
 * @error: For the fence of the job that runs, if one does.
 *
 * Context: Any.
 */
void rocket_recover_report(struct rocket_core *core, int error)
{
	lockdep_assert_held(&core->lock);

	core->recovering = true;
	WRITE_ONCE(core->error, error);
	disable_irq_nosync(core->hw.irq);
	queue_work(core->recover_wq, &core->recover_work);
}

/**
 * rocket_recover_request() - Have a core looked after that is in trouble.
 * @core: The core; no job runs on it. One that is started afterwards waits for
 *	the recovery.
 *
 * Context: Any.
 * Return: 0; -ENODEV when the core is being unbound.
 */
int rocket_recover_request(struct rocket_core *core)
{
	guard(spinlock_irqsave)(&core->lock);

	if (!core->online)
		return -ENODEV;

	if (!core->recovering)
		rocket_recover_report(core, -EIO);

	return 0;
}

/**
 * rocket_recover_awake() - Go on with a recovery that was put off, if one was.
 * @core: The slot.
 *
 * Context: Any.
 */
void rocket_recover_awake(struct rocket_core *core)
{
	guard(spinlock_irqsave)(&core->lock);

	if (core->online && core->put_off)
		queue_work(core->recover_wq, &core->recover_work);
}

/**
 * rocket_recover_report_fault() - The IOMMU saw an access that it refused.
 * @core: The core that made it.
 * @fault: Address, access and time; receives core and job.
 *
 * The access is replayed, and refused again, until the core is reset: so the
 * line is disabled here and the reset queued.
 *
 * Context: Hard interrupt, the IOMMU driver's handler of the shared line.
 * Return: The VM of the job that runs, %NULL when the fault is known already or
 * nothing runs. Valid until the handler returns: the job cannot end before.
 */
struct rocket_vm *rocket_recover_report_fault(struct rocket_core *core,
					      struct drm_rocket_vm_fault *fault)
{
	guard(spinlock_irqsave)(&core->lock);

	if (!core->online || core->recovering)
		return NULL;

	trace_rocket_fault(core, core->job, fault->addr,
			   fault->flags & DRM_ROCKET_VM_FAULT_WRITE);
	rocket_core_count(&core->counts.faults, 1);
	rocket_recover_report(core, -EFAULT);

	fault->core = core->index;
	fault->user_data = core->job ? core->job->user_data : 0;
	core->fault = *fault;

	return core->job ? core->job->vm : NULL;
}

/**
 * rocket_recover_init() - Prepare a slot for recoveries.
 * @core: The slot.
 *
 * Return: 0, -ENOMEM.
 */
int rocket_recover_init(struct rocket_core *core)
{
	INIT_WORK(&core->recover_work, rocket_recover_work);
	INIT_WORK(&core->timeout_work, rocket_recover_timeout_work);
	hrtimer_setup(&core->clock, rocket_recover_clock, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);

	core->recover_wq = alloc_ordered_workqueue("rocket-recover-%u", WQ_MEM_RECLAIM,
						   core->index);
	if (!core->recover_wq)
		return -ENOMEM;

	return 0;
}

/**
 * rocket_recover_fini() - Undo rocket_recover_init().
 * @core: The slot, offline.
 */
void rocket_recover_fini(struct rocket_core *core)
{
	hrtimer_cancel(&core->clock);
	destroy_workqueue(core->recover_wq);
}
