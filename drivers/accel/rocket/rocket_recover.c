// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/math64.h>
#include <linux/pm_runtime.h>
#include <linux/reset.h>
#include <linux/workqueue.h>

#include "rocket_core.h"
#include "rocket_job.h"
#include "rocket_mmu.h"
#include "rocket_recover.h"

/* How long the reset lines are held, in us. */
#define ROCKET_RESET_US 10

/* Lost interrupts in the middle of a job before it counts as hanging. */
#define ROCKET_LOST_MAX 3

/*
 * Resets the core and, because the same line resets it, the IOMMU. Its driver
 * does not know, so the group goes to its default domain at once: that writes
 * all registers anew, and the next job attaches its VM from there.
 */
static void rocket_recover_reset(struct rocket_core *core)
{
	reset_control_bulk_assert(ARRAY_SIZE(core->resets), core->resets);
	udelay(ROCKET_RESET_US);
	reset_control_bulk_deassert(ARRAY_SIZE(core->resets), core->resets);

	rocket_mmu_detach(core);
}

/* A job that came while the core was recovering and has not started yet. */
static struct rocket_job *rocket_recover_waiting_job(struct rocket_core *core)
{
	guard(spinlock_irqsave)(&core->lock);

	if (!core->online || !core->job || core->job->next_task)
		return NULL;

	return core->job;
}

/**
 * rocket_recover_core() - Kill what runs and bring the core back.
 * @core: The core; the scheduler's work must have been stopped.
 * @error: For the fence of the job that runs, if one does.
 *
 * Context: &rocket_core.recover_wq, or nothing queued there. Sleeps.
 */
void rocket_recover_core(struct rocket_core *core, int error)
{
	struct rocket_job *waiting = rocket_recover_waiting_job(core);
	struct dma_fence *fence = NULL;
	bool was_recovering, powered;

	/*
	 * Wait for the handlers of the line: the IOMMU driver's reads registers
	 * and follows the tables that they name, which must not happen while
	 * they are reset and written anew.
	 */
	disable_irq(core->irq);

	/* A suspended core holds no VM and has no registers to clear. */
	powered = pm_runtime_get_if_active(core->dev) > 0;
	if (powered)
		rocket_recover_reset(core);

	if (waiting && rocket_mmu_attach(core, waiting->vm))
		waiting = NULL;

	scoped_guard(spinlock_irqsave, &core->lock) {
		was_recovering = core->recovering;
		core->recovering = false;
		if (waiting) {
			rocket_core_start_clock(core);
			rocket_core_start_task(core);
		} else if (core->job) {
			fence = rocket_core_take_job(core);
		}
	}

	/* rocket_recover_report_fault() has disabled it once more. */
	if (was_recovering)
		enable_irq(core->irq);
	enable_irq(core->irq);

	if (powered)
		rocket_core_put_power(core);

	if (fence)
		rocket_core_end_job(core, fence, error);
}

static void rocket_recover_work(struct work_struct *work)
{
	struct rocket_core *core = container_of(work, struct rocket_core, recover_work);

	rocket_core_stop_sched(core);
	rocket_recover_core(core, -EFAULT);
	rocket_core_start_sched(core);
}

static enum hrtimer_restart rocket_recover_clock(struct hrtimer *clock)
{
	struct rocket_core *core = container_of(clock, struct rocket_core, clock);

	queue_work(core->recover_wq, &core->timeout_work);

	return HRTIMER_NORESTART;
}

/*
 * Whether the job that runs has to be killed because its time is up. Not so if
 * its task has ended and only the interrupt is missing: then the job goes on with
 * its next task and gets its time once more, or @fence receives that of a job
 * that is complete. A stream can switch off its own interrupt, so that there is an
 * end to this. Returns how long the job was allowed to take, in ns, or 0.
 */
static u64 rocket_recover_hangs(struct rocket_core *core, struct dma_fence **fence)
{
	struct rocket_job *job;

	guard(spinlock_irqsave)(&core->lock);

	job = core->job;
	*fence = NULL;
	/* Ended, killed or started at the last moment? */
	if (!job || core->recovering || ktime_before(ktime_get(), core->deadline))
		return 0;

	if (!rocket_core_task_done(core) ||
	    (job->next_task < job->task_count && job->lost >= ROCKET_LOST_MAX)) {
		core->counts.hangs++;
		return job->timeout;
	}

	job->lost++;
	core->counts.lost++;
	*fence = rocket_core_next_task(core);
	if (!*fence)
		rocket_core_start_clock(core);

	return 0;
}

static void rocket_recover_timeout_work(struct work_struct *work)
{
	struct rocket_core *core = container_of(work, struct rocket_core, timeout_work);
	struct dma_fence *fence;
	u64 allowed;

	/* With the scheduler stopped no other job can take this one's place. */
	rocket_core_stop_sched(core);
	allowed = rocket_recover_hangs(core, &fence);
	if (allowed) {
		dev_err_ratelimited(core->dev, "job timed out after %llu ms\n",
				    div_u64(allowed, NSEC_PER_MSEC));
		rocket_recover_core(core, -ETIMEDOUT);
	}
	rocket_core_start_sched(core);

	if (fence)
		rocket_core_end_job(core, fence, 0);
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

	core->recovering = true;
	core->counts.faults++;
	disable_irq_nosync(core->irq);
	queue_work(core->recover_wq, &core->recover_work);

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

	core->recover_wq = alloc_ordered_workqueue("rocket-recover-%u", 0, core->index);
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
