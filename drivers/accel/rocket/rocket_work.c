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

/* Where cores are made ready for jobs, all in parallel; the same holds. */
static struct workqueue_struct *rocket_run_wq;

/*
 * Where jobs are taken out of their queues, one at a time, and given to the run queue; the same
 * holds. That waits for nothing, so clients can share a thread. Where works run in parallel,
 * each wakes one more thread when the scheduler queues it behind itself, as it does with every
 * job, for nothing: some 7,000 instructions. Several, because there are several CPUs and cores.
 */
#define ROCKET_ORDER_WQS	4
static struct workqueue_struct *rocket_order_wqs[ROCKET_ORDER_WQS];

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
 * rocket_work_order_wq() - Where jobs are taken out of a client's queues.
 * @owner: The client, see &rocket_vm.owner.
 *
 * Nothing may be done there that waits for hardware or for a lock that may be held for long.
 *
 * Return: The work queue, as long as the module is loaded.
 */
struct workqueue_struct *rocket_work_order_wq(u64 owner)
{
	return rocket_order_wqs[owner % ROCKET_ORDER_WQS];
}

/**
 * rocket_work_queue_run() - Make a core ready, and start a job.
 * @work: What to do. A fence may wait for it.
 *
 * Context: Any.
 */
void rocket_work_queue_run(struct work_struct *work)
{
	queue_work(rocket_run_wq, work);
}

static bool rocket_work_setup_order(void)
{
	for (unsigned int i = 0; i < ROCKET_ORDER_WQS; i++) {
		rocket_order_wqs[i] = alloc_ordered_workqueue("rocket-order-%u", WQ_MEM_RECLAIM, i);
		if (!rocket_order_wqs[i])
			return false;
	}

	return true;
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

	if (rocket_cleanup_wq && rocket_bind_wq && rocket_run_wq && rocket_work_setup_order())
		return 0;

	rocket_work_teardown();

	return -ENOMEM;
}

static void rocket_work_destroy(struct workqueue_struct *wq)
{
	if (wq)
		destroy_workqueue(wq);
}

/**
 * rocket_work_teardown() - Called when the module is unloaded.
 *
 * No device is left, nor what was torn down for one.
 */
void rocket_work_teardown(void)
{
	rocket_work_destroy(rocket_cleanup_wq);
	rocket_work_destroy(rocket_bind_wq);
	rocket_work_destroy(rocket_run_wq);
	for (unsigned int i = 0; i < ROCKET_ORDER_WQS; i++)
		rocket_work_destroy(rocket_order_wqs[i]);
}
