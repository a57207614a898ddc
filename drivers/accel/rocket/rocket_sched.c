// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_managed.h>
#include <drm/rocket_accel.h>
#include <linux/cleanup.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "rocket_core.h"
#include "rocket_cores.h"
#include "rocket_device.h"
#include "rocket_fault.h"
#include "rocket_job.h"
#include "rocket_limits.h"
#include "rocket_penalty.h"
#include "rocket_race.h"
#include "rocket_recover.h"
#include "rocket_run.h"
#include "rocket_sched.h"
#include "rocket_scrub.h"
#include "rocket_trace.h"
#include "rocket_vm.h"
#include "rocket_work.h"

/**
 * DOC: Scheduling
 *
 * Every core has a scheduler that runs one job at a time. A VM has, as it uses
 * them, an entity for each core and priority; a core is chosen when a job is
 * submitted. Jobs of a VM start in order: within an entity by the queue, and
 * from one entity to another because the later job waits for the earlier.
 *
 * Choosing a core: a job that must wait for its predecessor anyway stays on its
 * core. Otherwise the core with the fewest jobs is taken; among equals one that
 * holds the VM's page tables, else one that the same file used last, else one that
 * holds nobody's. So affinity saves switches and scrubs but never lets a core idle,
 * and what is queued on a core is run in the scheduler's order whoever's page
 * tables it needs: nobody is starved.
 */

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
					   struct rocket_core *core)
{
	spin_lock_init(&fence->lock);
	dma_fence_init(&fence->base, &rocket_fence_ops, &fence->lock,
		       core->fence_context, ++core->fence_seqno);

	return &fence->base;
}

/* What the job must still wait for, apart from its dependencies. */
static struct dma_fence *rocket_sched_prepare_job(struct drm_sched_job *sched_job,
						  struct drm_sched_entity *entity)
{
	struct rocket_job *job = to_rocket_job(sched_job);

	rocket_race_point(ROCKET_RACE_PREPARE);

	for (int i = 0; i < ARRAY_SIZE(job->after); i++) {
		if (job->after[i] && !dma_fence_is_signaled(job->after[i]))
			return dma_fence_get(job->after[i]);
	}

	return rocket_delay_wait(job->delay);
}

/* Gets the core ready for the job: powered and attached. */
static int rocket_sched_prepare_core(struct rocket_core *core, struct rocket_vm *vm)
{
	int ret;

	/*
	 * This and the attach are not annotated as fence signalling, though a
	 * fence waits for them. They take the mutex of the IOMMU group and those
	 * of the clock, power domain and reset controllers. Memory is allocated
	 * under these while devices are probed, and lockdep, which knows locks
	 * by class, would report that. It cannot deadlock: the group is ours
	 * alone and is not probed again while the core is bound, the
	 * controllers' critical sections wait for no fence, and this driver has
	 * no shrinker or notifier through which reclaim could wait for one of
	 * its fences.
	 */
	ret = pm_runtime_resume_and_get(core->hw.dev);
	if (ret)
		return ret;

	/* What keeps the core from being attached is left to its recovery. */
	ret = rocket_scrub_attach(core, vm);
	if (ret)
		ret = rocket_recover_request(core);
	if (ret)
		rocket_run_put_power(core);

	return ret;
}

static atomic_t *rocket_sched_waiting(struct rocket_job *job)
{
	return &job->vm->queue.waiting[job->priority][job->core->index];
}

/* The job has been taken out of its entity, to be run or cancelled. */
static void rocket_sched_leave_queue(struct rocket_job *job)
{
	if (job->waiting)
		atomic_dec(rocket_sched_waiting(job));
	job->waiting = false;
}

static struct dma_fence *rocket_sched_run_job(struct drm_sched_job *sched_job)
{
	struct rocket_job *job = to_rocket_job(sched_job);
	struct rocket_core *core = job->core;
	struct dma_fence *fence;
	bool cookie;
	int ret;

	rocket_sched_leave_queue(job);

	if (sched_job->s_fence->finished.error)
		return NULL;

	rocket_race_point(ROCKET_RACE_RUN);

	/* Being unbound waits for this function, so the core stays until then. */
	if (!READ_ONCE(core->online))
		return ERR_PTR(-ENODEV);
	if (READ_ONCE(core->wedged))
		return ERR_PTR(-EIO);

	ret = rocket_sync_causes_error(&job->causes, job->client.id);
	if (ret)
		return ERR_PTR(ret);

	ret = rocket_sched_prepare_core(core, job->vm);
	if (ret)
		return ERR_PTR(ret);

	rocket_race_point(ROCKET_RACE_START);

	cookie = dma_fence_begin_signalling();
	fence = rocket_fence_init(job->hw_fence, core);
	rocket_run_start(core, job, dma_fence_get(fence));
	dma_fence_end_signalling(cookie);

	return dma_fence_get(fence);
}

static void rocket_sched_free_job(struct drm_sched_job *sched_job)
{
	struct rocket_job *job = to_rocket_job(sched_job);

	rocket_sched_leave_queue(job);

	/* Of one that ran, rocket_run_take_job() has told. */
	if (!job->started)
		trace_rocket_job_done(job, 0, sched_job->s_fence->finished.error);

	/* Destroying takes locks that the scheduler's work must not wait for. */
	if (!rocket_job_try_destroy(job))
		rocket_work_queue_cleanup(&job->cleanup);
}

static const struct drm_sched_backend_ops rocket_sched_ops = {
	.prepare_job = rocket_sched_prepare_job,
	.run_job = rocket_sched_run_job,
	.free_job = rocket_sched_free_job,
};

static void rocket_sched_fini_core(struct drm_device *ddev, void *core)
{
	drm_sched_fini(&((struct rocket_core *)core)->sched);
}

static int rocket_sched_init_core(struct rocket_core *core)
{
	static const char * const names[ROCKET_MAX_CORES] = {
		"rocket-core0", "rocket-core1", "rocket-core2",
	};
	struct drm_device *ddev = &core->rdev->ddev;
	const struct drm_sched_init_args args = {
		.ops = &rocket_sched_ops,
		.num_rqs = DRM_SCHED_PRIORITY_COUNT,
		.credit_limit = 1,
		/* None: see rocket_run_start_clock(). */
		.timeout = MAX_SCHEDULE_TIMEOUT,
		.name = names[core->index],
		.dev = ddev->dev,
	};
	int ret;

	ret = drm_sched_init(&core->sched, &args);
	if (ret)
		return ret;

	return drmm_add_action_or_reset(ddev, rocket_sched_fini_core, core);
}

/**
 * rocket_sched_init() - Initialise the schedulers of all cores.
 * @rdev: The device, being made. They go with it.
 *
 * Return: 0, -ENOMEM.
 */
int rocket_sched_init(struct rocket_device *rdev)
{
	for (int i = 0; i < ROCKET_MAX_CORES; i++) {
		int ret = rocket_sched_init_core(&rdev->cores[i]);

		if (ret)
			return ret;
	}

	return 0;
}

/* How little a core suits a VM among cores with as many jobs. */
static int rocket_sched_affinity(struct rocket_core *core, struct rocket_vm *vm)
{
	struct rocket_vm *held = READ_ONCE(core->vm);

	if (held == vm)
		return 0;

	/* Another file's core costs a scrub, one that holds a VM a detach. */
	if (READ_ONCE(core->scrub.owner) == vm->owner)
		return held ? 2 : 1;

	return held ? 4 : 3;
}

static struct rocket_core *rocket_sched_pick_core(struct rocket_device *rdev,
						  struct rocket_vm *vm, u32 mask)
{
	struct rocket_queue *queue = &vm->queue;
	struct rocket_core *best = NULL;
	int best_load = 0;

	lockdep_assert_held(&rdev->submit_lock);

	mask &= rocket_cores_mask(rdev);

	if (queue->last_core && mask & BIT(queue->last_core->index) &&
	    !dma_fence_is_signaled(queue->last))
		return queue->last_core;

	for (int i = 0; i < ROCKET_MAX_CORES; i++) {
		struct rocket_core *core = &rdev->cores[i];
		int load = atomic_read(&core->load);

		if (!(mask & BIT(i)))
			continue;

		if (best && load > best_load)
			continue;

		if (best && load == best_load &&
		    rocket_sched_affinity(core, vm) >= rocket_sched_affinity(best, vm))
			continue;

		best = core;
		best_load = load;
	}

	return best;
}

static struct drm_sched_entity *rocket_sched_create_entity(struct rocket_core *core,
							   u32 priority)
{
	static const enum drm_sched_priority priorities[ROCKET_PRIORITIES] = {
		[DRM_ROCKET_JOB_PRIORITY_NORMAL] = DRM_SCHED_PRIORITY_NORMAL,
		[DRM_ROCKET_JOB_PRIORITY_LOW] = DRM_SCHED_PRIORITY_LOW,
		[DRM_ROCKET_JOB_PRIORITY_HIGH] = DRM_SCHED_PRIORITY_HIGH,
	};
	struct drm_gpu_scheduler *sched = &core->sched;
	struct drm_sched_entity *entity;
	int ret;

	entity = kzalloc_obj(*entity, GFP_KERNEL_ACCOUNT);
	if (!entity)
		return ERR_PTR(-ENOMEM);

	ret = drm_sched_entity_init(entity, priorities[priority], &sched, 1, NULL);
	if (ret) {
		kfree(entity);
		return ERR_PTR(ret);
	}

	return entity;
}

/* Where to write faults down: only who has jobs can have any. */
static int rocket_sched_create_fault_log(struct rocket_vm *vm)
{
	struct rocket_fault_log *log;

	lockdep_assert_held(&vm->rdev->submit_lock);

	if (vm->faults)
		return 0;

	log = rocket_fault_log_create();
	if (!log)
		return -ENOMEM;

	/* Who asks for faults has no lock. */
	smp_store_release(&vm->faults, log);

	return 0;
}

/* Why there is no core for a job. */
static int rocket_sched_no_core(struct rocket_device *rdev, u32 mask)
{
	u32 bound = rocket_cores_bound_mask(rdev);

	if (bound & mask)
		return -EIO;

	return bound ? -EINVAL : -ENODEV;
}

/**
 * rocket_sched_place() - Choose a core for a job.
 * @job: The job, with VM, cores and priority.
 * @client_id: Of the file, for the scheduler's tracepoints.
 *
 * Initialises &rocket_job.base.
 *
 * Return: 0; -ENODEV when no core is bound; -EINVAL when none of those that the
 * job allows is; -EIO when those ignore their resets; -ENOENT when the VM has been
 * destroyed; -ENOMEM.
 */
int rocket_sched_place(struct rocket_job *job, u64 client_id)
{
	struct rocket_device *rdev = job->vm->rdev;
	struct drm_sched_entity **entity;
	struct rocket_core *core;
	int ret;

	guard(mutex)(&rdev->submit_lock);

	if (job->vm->queue.closed)
		return -ENOENT;

	core = rocket_sched_pick_core(rdev, job->vm, job->cores);
	if (!core)
		return rocket_sched_no_core(rdev, job->cores);

	entity = &job->vm->queue.entities[job->priority][core->index];
	if (!*entity) {
		struct drm_sched_entity *new = rocket_sched_create_entity(core, job->priority);

		if (IS_ERR(new))
			return PTR_ERR(new);
		*entity = new;
	}

	ret = rocket_sched_create_fault_log(job->vm);
	if (ret)
		return ret;

	ret = drm_sched_job_init(&job->base, *entity, 1, NULL, client_id);
	if (ret)
		return ret;

	job->core = core;
	job->entity_ready = true;

	return 0;
}

/**
 * rocket_sched_arm() - Give a job its place in the order. Cannot fail.
 * @job: The job, placed, &rocket_device.submit_lock held; to be pushed at once.
 * @previous: Fence of the job before it in the same ioctl, or %NULL.
 *
 * Return: The fence that signals when the job has ended, a reference.
 */
struct dma_fence *rocket_sched_arm(struct rocket_job *job, struct dma_fence *previous)
{
	struct rocket_queue *queue = &job->vm->queue;
	struct drm_sched_entity *entity = job->base.entity;

	lockdep_assert_held(&job->vm->rdev->submit_lock);

	drm_sched_job_arm(&job->base);

	if (queue->last && queue->last_entity != entity)
		job->after[0] = dma_fence_get(queue->last);
	/* Before it in the ioctl, and in the same VM, is the case above. */
	if (previous && previous != queue->last)
		job->after[1] = dma_fence_get(previous);

	dma_fence_put(queue->last);
	queue->last = dma_fence_get(&job->base.s_fence->finished);
	queue->last_entity = entity;
	queue->last_core = job->core;

	atomic_inc(&job->core->load);
	job->counted = true;
	atomic_inc(rocket_sched_waiting(job));
	job->waiting = true;
	trace_rocket_job_queue(job);

	return dma_fence_get(queue->last);
}

/*
 * The scheduler puts an entity from which it takes a job back into its run queue,
 * also when the entity has been killed since it was chosen (7.3), and would find it
 * there after it was freed. So nothing may be taken just now.
 */
static void rocket_sched_close_entities(struct rocket_queue *queue,
					struct rocket_core *core)
{
	bool stopped = false;

	for (int i = 0; i < ROCKET_PRIORITIES; i++) {
		struct drm_sched_entity *entity = queue->entities[i][core->index];

		if (!entity)
			continue;

		if (!stopped)
			rocket_core_stop_sched(core);
		stopped = true;
		drm_sched_entity_fini(entity);
	}

	if (stopped)
		rocket_core_start_sched(core);
}

/**
 * rocket_sched_close_queue() - Take no more jobs and cancel those that wait.
 * @vm: The VM.
 *
 * Cancelled jobs end with -ESRCH once what they depend on has ended. The job
 * that runs is not touched.
 */
void rocket_sched_close_queue(struct rocket_vm *vm)
{
	struct rocket_device *rdev = vm->rdev;
	struct rocket_queue *queue = &vm->queue;

	scoped_guard(mutex, &rdev->submit_lock)
		queue->closed = true;

	for (int i = 0; i < ROCKET_MAX_CORES; i++)
		rocket_sched_close_entities(queue, &rdev->cores[i]);
}

/**
 * rocket_sched_free_queue() - Free what is left of a closed queue.
 * @vm: The VM; all its jobs are gone.
 */
void rocket_sched_free_queue(struct rocket_vm *vm)
{
	struct rocket_queue *queue = &vm->queue;

	dma_fence_put(queue->last);

	for (int i = 0; i < ROCKET_PRIORITIES; i++) {
		for (int j = 0; j < ROCKET_MAX_CORES; j++)
			kfree(queue->entities[i][j]);
	}
}
