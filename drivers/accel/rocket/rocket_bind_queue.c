// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_file.h>
#include <drm/gpu_scheduler.h>
#include <kunit/visibility.h>
#include <linux/cleanup.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "rocket_bind.h"
#include "rocket_bind_kernel.h"
#include "rocket_bind_queue.h"
#include "rocket_device.h"
#include "rocket_order.h"
#include "rocket_quota.h"
#include "rocket_race.h"
#include "rocket_sync.h"
#include "rocket_vm.h"
#include "rocket_work.h"

/**
 * DOC: Asynchronous binds
 *
 * Each VM that uses them has a queue, made for the first one: a scheduler with
 * one entity, so that binds of a VM keep their order and those of different VMs
 * are independent. Running a job applies operations that have been prepared and
 * reserved: it allocates nothing, waits for no hardware, and cannot fail.
 */

/* struct rocket_bind_job - An array of operations in a VM's bind queue. */
struct rocket_bind_job {
	/* @base: The scheduler's part; initialised when @base.s_fence is set. */
	struct drm_sched_job base;
	/* @vm: The VM, a reference. */
	struct rocket_vm *vm;
	/* @ops: Prepared and reserved; @count of them. */
	struct rocket_bind_op *ops;
	/* @count: Number of operations. */
	u32 count;
	/* @claimed: What they map is claimed. Protected by &rocket_vm.op_lock. */
	bool claimed;
	/* @cleanup: Frees the job outside of the scheduler's work. */
	struct work_struct cleanup;
};

static struct rocket_bind_job *to_rocket_bind_job(struct drm_sched_job *job)
{
	return container_of(job, struct rocket_bind_job, base);
}

static void rocket_bind_job_claim(struct rocket_bind_job *job)
{
	rocket_bind_claim(job->vm, job->ops, job->count);
	job->claimed = true;
}

static void rocket_bind_job_unclaim(struct rocket_bind_job *job)
{
	if (job->claimed)
		rocket_bind_unclaim(job->vm, job->ops, job->count);
	job->claimed = false;
}

static void rocket_bind_job_destroy(struct rocket_bind_job *job)
{
	scoped_guard(mutex, &job->vm->op_lock)
		rocket_bind_job_unclaim(job);

	if (job->base.s_fence)
		drm_sched_job_cleanup(&job->base);
	rocket_bind_cleanup(job->vm, job->ops, job->count);
	rocket_quota_remove_queued(job->vm->quota);
	rocket_vm_put(job->vm);
	kfree(job);
}

static void rocket_bind_job_cleanup_work(struct work_struct *work)
{
	rocket_bind_job_destroy(container_of(work, struct rocket_bind_job, cleanup));
}

static struct dma_fence *rocket_bind_run_job(struct drm_sched_job *sched_job)
{
	struct rocket_bind_job *job = to_rocket_bind_job(sched_job);
	bool cookie;
	int ret;

	rocket_race_point(ROCKET_RACE_BIND_RUN);

	cookie = dma_fence_begin_signalling();
	mutex_lock(&job->vm->op_lock);
	rocket_bind_job_unclaim(job);
	ret = rocket_bind_apply(job->vm, job->ops, job->count);
	mutex_unlock(&job->vm->op_lock);
	dma_fence_end_signalling(cookie);

	/* Done already: no hardware fence. */
	return ret ? ERR_PTR(ret) : NULL;
}

static void rocket_bind_free_job(struct drm_sched_job *sched_job)
{
	rocket_work_queue_cleanup(&to_rocket_bind_job(sched_job)->cleanup);
}

static const struct drm_sched_backend_ops rocket_bind_sched_ops = {
	.run_job = rocket_bind_run_job,
	.free_job = rocket_bind_free_job,
};

/**
 * struct rocket_bind_queue - The order of a VM's asynchronous binds.
 */
struct rocket_bind_queue {
	/** @order: One for each VM: a bind that takes long delays no other VM. */
	struct rocket_order order;

	/** @rcu: For freeing it. */
	struct rcu_head rcu;
};

VISIBLE_IF_KUNIT struct rocket_bind_queue *rocket_bind_queue_create(struct rocket_vm *vm)
{
	const struct drm_sched_init_args args = {
		.ops = &rocket_bind_sched_ops,
		.submit_wq = rocket_work_bind_wq(),
		.num_rqs = 1,
		.credit_limit = 1,
		/* None: what only writes page tables cannot hang. */
		.timeout = MAX_SCHEDULE_TIMEOUT,
		.name = "rocket-bind",
		.dev = vm->rdev->ddev.dev,
	};
	struct rocket_bind_queue *queue;
	int ret;

	queue = kzalloc_obj(*queue, GFP_KERNEL_ACCOUNT);
	if (!queue)
		return ERR_PTR(-ENOMEM);

	ret = rocket_order_init(&queue->order, &args);
	if (ret) {
		kfree(queue);
		return ERR_PTR(ret);
	}

	return queue;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_bind_queue_create);

/* The queue of a VM, made when it is first used. Under its bind_lock. */
static struct rocket_bind_queue *rocket_bind_queue_get(struct rocket_vm *vm)
{
	struct rocket_bind_queue *queue;

	lockdep_assert_held(&vm->bind_lock);

	if (vm->bind_closed)
		return ERR_PTR(-ENOENT);

	if (vm->bind_queue)
		return vm->bind_queue;

	queue = rocket_bind_queue_create(vm);
	if (!IS_ERR(queue))
		vm->bind_queue = queue;

	return queue;
}

/**
 * rocket_bind_queue_close() - Take no more asynchronous binds.
 * @vm: The VM.
 *
 * Those that wait are cancelled; one that is being applied is completed.
 */
void rocket_bind_queue_close(struct rocket_vm *vm)
{
	struct rocket_bind_queue *queue;

	guard(mutex)(&vm->bind_lock);

	vm->bind_closed = true;
	queue = vm->bind_queue;
	if (!queue)
		return;

	rocket_order_close(&queue->order);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_bind_queue_close);

/**
 * rocket_bind_queue_free() - Free what is left of a closed queue.
 * @vm: The VM; all its jobs are gone.
 */
void rocket_bind_queue_free(struct rocket_vm *vm)
{
	if (!vm->bind_queue)
		return;

	rocket_order_fini(&vm->bind_queue->order);
	/* Who asks for the name of a fence may have found the scheduler just before. */
	kfree_rcu(vm->bind_queue, rcu);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_bind_queue_free);

static struct rocket_bind_job *rocket_bind_job_create(struct rocket_vm *vm,
						      struct rocket_bind_op *ops, u32 count)
{
	struct rocket_bind_job *job;
	int ret;

	ret = rocket_quota_add_queued(vm->quota);
	if (ret)
		return ERR_PTR(ret);

	job = kzalloc_obj(*job, GFP_KERNEL_ACCOUNT);
	if (!job) {
		rocket_quota_remove_queued(vm->quota);
		return ERR_PTR(-ENOMEM);
	}

	INIT_WORK(&job->cleanup, rocket_bind_job_cleanup_work);
	job->vm = rocket_vm_get(vm);
	job->ops = ops;
	job->count = count;

	return job;
}

/* Queues a prepared job. Afterwards it is the scheduler's; on an error ours. */
static int rocket_bind_job_push(struct rocket_bind_job *job, struct drm_file *file,
				const struct rocket_syncs *in_syncs,
				struct rocket_sync_outs *outs)
{
	struct rocket_bind_queue *queue;
	struct dma_fence *fence;
	int ret;

	rocket_race_point(ROCKET_RACE_BIND_PUSH);

	/* Held until the push: the queue's order is the order of the fences. */
	guard(mutex)(&job->vm->bind_lock);

	queue = rocket_bind_queue_get(job->vm);
	if (IS_ERR(queue))
		return PTR_ERR(queue);

	ret = drm_sched_job_init(&job->base, &queue->order.entity, 1, NULL, file->client_id);
	if (ret)
		return ret;

	ret = rocket_sync_add_dependencies(&job->base, file, in_syncs, NULL);
	if (ret)
		return ret;

	drm_sched_job_arm(&job->base);
	fence = dma_fence_get(&job->base.s_fence->finished);
	drm_sched_entity_push_job(&job->base);

	rocket_sync_signal_outs(outs, fence);
	dma_fence_put(fence);

	return 0;
}

/**
 * rocket_bind_queue_push() - Queue operations.
 * @vm: The VM.
 * @file: Who asks; knows the handles of the syncobjs.
 * @ops: Prepared operations, or %NULL. Passed on, also when it fails.
 * @count: How many.
 * @in_syncs: What to wait for.
 * @outs: What to signal.
 *
 * Return: 0; -ENOENT when the VM has been destroyed; -ENOSPC when the user has as many
 * jobs and binds as that may have; an error of
 * rocket_bind_reserve() or rocket_sync_add_dependencies().
 */
int rocket_bind_queue_push(struct rocket_vm *vm, struct drm_file *file,
			   struct rocket_bind_op *ops, u32 count,
			   const struct rocket_syncs *in_syncs,
			   struct rocket_sync_outs *outs)
{
	struct rocket_bind_job *job;
	int ret;

	job = rocket_bind_job_create(vm, ops, count);
	if (IS_ERR(job)) {
		rocket_bind_cleanup(vm, ops, count);
		return PTR_ERR(job);
	}

	ret = rocket_bind_reserve(vm, ops, count);
	if (!ret) {
		scoped_guard(mutex, &vm->op_lock)
			rocket_bind_job_claim(job);
		ret = rocket_bind_job_push(job, file, in_syncs, outs);
	}
	if (ret)
		rocket_bind_job_destroy(job);

	return ret;
}
