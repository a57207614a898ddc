// SPDX-License-Identifier: GPL-2.0-only

#include <linux/errno.h>
#include <linux/workqueue.h>

#include "rocket_work.h"

/*
 * Where finished jobs, and with them VMs, are torn down: that takes locks which
 * the scheduler's work must not wait for. It outlives every device, because the
 * last thing that a device waits for is torn down here.
 *
 * No fence waits for what is done here, so it need not go on without memory.
 */
static struct workqueue_struct *rocket_cleanup_wq;

/*
 * Where asynchronous binds are applied, those of different VMs in parallel. Their
 * fences may be waited for by whoever reclaims memory, another driver's shrinker for
 * one: so it must not need memory for a worker. Nothing that waits for a work queue
 * without WQ_MEM_RECLAIM may be done here.
 */
static struct workqueue_struct *rocket_bind_wq;

/* Where jobs are taken out of their queues and started, on all cores; the same holds. */
static struct workqueue_struct *rocket_run_wq;

/**
 * rocket_work_queue_cleanup() - Tear something down later.
 * @work: What to do. May sleep and take any lock.
 *
 * Context: Any.
 * Return: %false when it was queued already.
 */
bool rocket_work_queue_cleanup(struct work_struct *work)
{
	return queue_work(rocket_cleanup_wq, work);
}

/**
 * rocket_work_bind_wq() - Where asynchronous binds are applied.
 *
 * Return: The work queue, as long as the module is loaded.
 */
struct workqueue_struct *rocket_work_bind_wq(void)
{
	return rocket_bind_wq;
}

/**
 * rocket_work_run_wq() - Where jobs are started.
 *
 * Return: The work queue, as long as the module is loaded.
 */
struct workqueue_struct *rocket_work_run_wq(void)
{
	return rocket_run_wq;
}

/**
 * rocket_work_queue_run() - Start a job.
 * @work: What to do. A fence may wait for it.
 *
 * Context: Any.
 */
void rocket_work_queue_run(struct work_struct *work)
{
	queue_work(rocket_run_wq, work);
}

/**
 * rocket_work_setup() - Called when the module is loaded.
 *
 * Return: 0, -ENOMEM.
 */
int rocket_work_setup(void)
{
	rocket_cleanup_wq = alloc_workqueue("rocket-cleanup", WQ_UNBOUND, 0);
	rocket_bind_wq = alloc_workqueue("rocket-bind", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	rocket_run_wq = alloc_workqueue("rocket-run", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);

	if (rocket_cleanup_wq && rocket_bind_wq && rocket_run_wq)
		return 0;

	rocket_work_teardown();

	return -ENOMEM;
}

/**
 * rocket_work_teardown() - Called when the module is unloaded.
 *
 * No device is left, nor what was torn down for one.
 */
void rocket_work_teardown(void)
{
	if (rocket_cleanup_wq)
		destroy_workqueue(rocket_cleanup_wq);
	if (rocket_bind_wq)
		destroy_workqueue(rocket_bind_wq);
	if (rocket_run_wq)
		destroy_workqueue(rocket_run_wq);
}
