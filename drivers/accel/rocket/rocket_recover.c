// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/pm_runtime.h>
#include <linux/reset.h>
#include <linux/workqueue.h>

#include "rocket_core.h"
#include "rocket_job.h"
#include "rocket_mmu.h"
#include "rocket_recover.h"

/* How long the reset lines are held, in us. */
#define ROCKET_RESET_US 10

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
	bool cookie;

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
		if (waiting)
			rocket_core_start_task(core);
		else if (core->job)
			fence = rocket_core_take_job(core);
	}

	/* rocket_recover_report_fault() has disabled it once more. */
	if (was_recovering)
		enable_irq(core->irq);
	enable_irq(core->irq);

	if (powered)
		rocket_core_put_power(core);

	if (!fence)
		return;

	cookie = dma_fence_begin_signalling();
	dma_fence_set_error(fence, error);
	dma_fence_signal(fence);
	dma_fence_end_signalling(cookie);
	dma_fence_put(fence);
	rocket_core_put_power(core);
}

static void rocket_recover_work(struct work_struct *work)
{
	struct rocket_core *core = container_of(work, struct rocket_core, recover_work);

	rocket_core_stop_sched(core);
	rocket_recover_core(core, -EFAULT);
	rocket_core_start_sched(core);
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
	destroy_workqueue(core->recover_wq);
}
