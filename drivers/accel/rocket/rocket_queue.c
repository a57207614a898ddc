// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cleanup.h>
#include <linux/dma-resv.h>
#include <linux/slab.h>

#include "rocket_core.h"
#include "rocket_cores.h"
#include "rocket_device.h"
#include "rocket_fault.h"
#include "rocket_job.h"
#include "rocket_limits.h"
#include "rocket_order.h"
#include "rocket_queue.h"
#include "rocket_race.h"
#include "rocket_runq.h"
#include "rocket_trace.h"
#include "rocket_vm.h"
#include "rocket_work.h"

/**
 * DOC: Queues
 *
 * Jobs of a queue run one after the other, in the order in which they were submitted. A VM
 * has a few, each made when it is first used: queue 0, for those who know of none, and
 * others whose jobs may run at the same time on other cores, with the same page tables.
 *
 * Each is a scheduler with one entity, which keeps the order and waits for what jobs
 * depend on. Its jobs do not run on a hardware of its own but go to the run queue of the
 * device, a few ahead, of which one may run.
 */

/* What the scheduler hands over before the first one has ended: no core waits for its work. */
#define ROCKET_QUEUE_DEPTH	16

static const char *rocket_fence_get_driver_name(struct dma_fence *fence)
{
	return "rocket";
}

static const char *rocket_fence_get_timeline_name(struct dma_fence *fence)
{
	return "rockchip-npu";
}

static const struct dma_fence_ops rocket_fence_ops = {
	.get_driver_name = rocket_fence_get_driver_name,
	.get_timeline_name = rocket_fence_get_timeline_name,
};

static struct dma_fence *rocket_fence_init(struct rocket_fence *fence,
					   struct rocket_queue *queue)
{
	spin_lock_init(&fence->lock);
	fence->queue = queue;
	dma_fence_init(&fence->base, &rocket_fence_ops, &fence->lock,
		       queue->fence_context, ++queue->fence_seqno);

	return &fence->base;
}

/* What the job must still wait for, apart from its dependencies. */
static struct dma_fence *rocket_queue_prepare_job(struct drm_sched_job *sched_job,
						  struct drm_sched_entity *entity)
{
	struct rocket_job *job = to_rocket_job(sched_job);

	rocket_race_point(ROCKET_RACE_PREPARE);

	if (job->after && !dma_fence_is_signaled(job->after))
		return dma_fence_get(job->after);

	return NULL;
}

/**
 * rocket_queue_leave() - A job waits no more: it was picked, or will never run.
 * @job: The job.
 */
void rocket_queue_leave(struct rocket_job *job)
{
	if (job->waiting)
		atomic_dec(&job->queue->waiting);
	job->waiting = false;
}

static struct dma_fence *rocket_queue_run_job(struct drm_sched_job *sched_job)
{
	struct rocket_job *job = to_rocket_job(sched_job);
	struct dma_fence *fence;
	int ret;

	if (sched_job->s_fence->finished.error)
		return NULL;

	/* It may have ended when this returns. */
	fence = dma_fence_get(rocket_fence_init(job->hw_fence, job->queue));
	ret = rocket_runq_add(job->queue, job);
	if (ret) {
		dma_fence_put(fence);
		return ERR_PTR(ret);
	}

	return fence;
}

static void rocket_queue_free_job(struct drm_sched_job *sched_job)
{
	struct rocket_job *job = to_rocket_job(sched_job);
	struct rocket_queue *queue = job->queue;

	rocket_queue_leave(job);

	/* Of one that ran, rocket_run_take_job() has told. */
	if (!job->started)
		trace_rocket_job_done(job, 0, sched_job->s_fence->finished.error);

	/* Destroying takes locks that the scheduler's work must not wait for. */
	if (!rocket_job_try_destroy(job) && llist_add(&job->done_node, &queue->done))
		rocket_work_queue_cleanup(&queue->cleanup);
}

static void rocket_queue_cleanup(struct work_struct *work)
{
	struct rocket_queue *queue = container_of(work, struct rocket_queue, cleanup);
	struct rocket_job *job, *next;

	rocket_race_point(ROCKET_RACE_CLEANUP);

	/* With the last of them the queue may go. */
	llist_for_each_entry_safe(job, next, llist_del_all(&queue->done), done_node)
		rocket_job_destroy(job);
}

static const struct drm_sched_backend_ops rocket_queue_ops = {
	.prepare_job = rocket_queue_prepare_job,
	.run_job = rocket_queue_run_job,
	.free_job = rocket_queue_free_job,
};

static struct rocket_queue *rocket_queue_create(struct rocket_vm *vm)
{
	const struct drm_sched_init_args args = {
		.ops = &rocket_queue_ops,
		.submit_wq = rocket_work_order_wq(vm->owner),
		.num_rqs = 1,
		.credit_limit = ROCKET_QUEUE_DEPTH,
		/* None: see rocket_run_start_clock(). */
		.timeout = MAX_SCHEDULE_TIMEOUT,
		.name = "rocket",
		.dev = vm->rdev->ddev.dev,
	};
	struct rocket_queue *queue;
	int ret;

	queue = kzalloc_obj(*queue, GFP_KERNEL_ACCOUNT);
	if (!queue)
		return ERR_PTR(-ENOMEM);

	ret = rocket_order_init(&queue->order, &args);
	if (ret) {
		kfree(queue);
		return ERR_PTR(ret);
	}

	queue->vm = vm;
	queue->fence_context = dma_fence_context_alloc(1);
	rocket_turn_init(&queue->turn, vm->share, vm);
	INIT_LIST_HEAD(&queue->jobs);
	INIT_LIST_HEAD(&queue->node);
	init_llist_head(&queue->done);
	INIT_WORK(&queue->cleanup, rocket_queue_cleanup);

	return queue;
}

/* Where to write faults down: only who has jobs can have any. */
static int rocket_queue_create_fault_log(struct rocket_vm *vm)
{
	struct rocket_fault_log *log;

	lockdep_assert_held(&vm->queue_lock);

	if (vm->faults)
		return 0;

	log = rocket_fault_log_create();
	if (!log)
		return -ENOMEM;

	/* Who asks for faults has no lock. */
	smp_store_release(&vm->faults, log);

	return 0;
}

/* A queue of a VM, made when it is first used. */
static struct rocket_queue *rocket_queue_get(struct rocket_vm *vm, u32 id)
{
	struct rocket_queue *queue;
	int ret;

	lockdep_assert_held(&vm->queue_lock);

	if (vm->queues[id])
		return vm->queues[id];

	ret = rocket_queue_create_fault_log(vm);
	if (ret)
		return ERR_PTR(ret);

	queue = rocket_queue_create(vm);
	if (!IS_ERR(queue))
		/* Pairs with rocket_debugfs_show_queue(). */
		smp_store_release(&vm->queues[id], queue);

	return queue;
}

/* Whether there is a core for a job. */
static int rocket_queue_check_cores(const struct rocket_job *job)
{
	struct rocket_device *rdev = job->vm->rdev;
	u32 bound = rocket_cores_bound_mask(rdev);

	if (!(bound & job->cores))
		return bound ? -EINVAL : -ENODEV;

	return rocket_cores_mask(rdev) & job->cores ? 0 : -EIO;
}

/**
 * rocket_queue_place() - Give a job a queue.
 * @job: The job, with VM, cores and priority.
 * @id: Which queue of the VM, less than %ROCKET_VM_QUEUES.
 * @client_id: Of the file, for the scheduler's tracepoints.
 *
 * Initialises &rocket_job.base.
 *
 * Return: 0; -ENODEV when no core is bound; -EINVAL when none of those that the
 * job allows is; -EIO when those ignore their resets; -ENOENT when the VM has been
 * destroyed; -ENOMEM.
 */
int rocket_queue_place(struct rocket_job *job, u32 id, u64 client_id)
{
	struct rocket_vm *vm = job->vm;
	struct rocket_queue *queue;
	int ret;

	ret = rocket_queue_check_cores(job);
	if (ret)
		return ret;

	/* Only who uses the same VM waits, if memory is short. */
	guard(mutex)(&vm->queue_lock);

	if (vm->closed)
		return -ENOENT;

	queue = rocket_queue_get(vm, id);
	if (IS_ERR(queue))
		return PTR_ERR(queue);

	ret = drm_sched_job_init(&job->base, &queue->order.entity, 1, NULL, client_id);
	if (ret)
		return ret;

	job->queue = queue;

	return 0;
}

/**
 * rocket_queue_arm() - Give a job its place in the order. Cannot fail.
 * @job: The job, placed, the reservation of its VM locked; to be pushed before that is
 *	unlocked.
 * @after: What it has to wait for besides, or %NULL.
 *
 * Return: The fence that signals when the job has ended, a reference.
 */
struct dma_fence *rocket_queue_arm(struct rocket_job *job, struct dma_fence *after)
{
	dma_resv_assert_held(drm_gpuvm_resv(&job->vm->base));

	drm_sched_job_arm(&job->base);
	/*
	 * The queue keeps its own order. The scheduler would take a fence of its own for nothing
	 * to wait for, and ask for the next one again and again until it has signalled.
	 */
	if (after && after->context != job->base.s_fence->finished.context)
		job->after = dma_fence_get(after);
	atomic_inc(&job->queue->waiting);
	job->waiting = true;
	trace_rocket_job_queue(job);

	return dma_fence_get(&job->base.s_fence->finished);
}

static void rocket_queue_stop(struct rocket_queue *queue)
{
	rocket_order_close(&queue->order);
	rocket_runq_cancel(queue);
}

/**
 * rocket_queue_close() - Take no more jobs and cancel those that wait.
 * @vm: The VM.
 *
 * Cancelled jobs end with -ESRCH once what they depend on has ended. The jobs
 * that run are not touched.
 */
void rocket_queue_close(struct rocket_vm *vm)
{
	/* Who pushes has this one, who places the other. */
	dma_resv_lock(drm_gpuvm_resv(&vm->base), NULL);
	scoped_guard(mutex, &vm->queue_lock)
		vm->closed = true;
	dma_resv_unlock(drm_gpuvm_resv(&vm->base));

	for (int i = 0; i < ROCKET_VM_QUEUES; i++) {
		if (vm->queues[i])
			rocket_queue_stop(vm->queues[i]);
	}
}

/**
 * rocket_queue_free() - Free the queues of a VM.
 * @vm: The VM, closed; all its jobs are gone.
 */
void rocket_queue_free(struct rocket_vm *vm)
{
	for (int i = 0; i < ROCKET_VM_QUEUES; i++) {
		struct rocket_queue *queue = vm->queues[i];

		if (!queue)
			continue;

		rocket_runq_wait_end(queue);
		rocket_turn_fini(&queue->turn);
		rocket_order_fini(&queue->order);
		/* Who asks for the name of a fence may have found the scheduler just before. */
		kfree_rcu(queue, rcu);
	}
}
