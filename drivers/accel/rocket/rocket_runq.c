// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_managed.h>
#include <linux/bits.h>
#include <linux/cleanup.h>
#include <linux/dma-fence.h>
#include <linux/ktime.h>
#include <linux/pm_runtime.h>
#include <linux/wait_bit.h>

#include "rocket_core.h"
#include "rocket_cores.h"
#include "rocket_device.h"
#include "rocket_job.h"
#include "rocket_queue.h"
#include "rocket_race.h"
#include "rocket_recover.h"
#include "rocket_reset.h"
#include "rocket_run.h"
#include "rocket_runq.h"
#include "rocket_scrub.h"
#include "rocket_sync.h"
#include "rocket_vm.h"
#include "rocket_work.h"

/**
 * DOC: The run queue
 *
 * Jobs whose dependencies have signalled come here, a few of each queue, so that the next
 * one is there when the first one ends. All cores take from here: who is next says
 * &struct rocket_fair. No core is idle while a job waits that may run on it.
 *
 * A core is claimed (rocket_core_claim()) before something is picked for it, until the job
 * runs or there is none. Who adds a job claims one that is free and gets it going; else a core
 * looks when its job has ended. Either the one sees the job or the other sees the core free:
 * each does its own part first, and the parts are under locks that both take. If the core is up
 * and holds the job's VM, the job starts at once; everything that may take time is left to a
 * work item of the core, so that nobody's scheduler ever waits for it.
 *
 * Among cores that are free, the one is taken that holds the VM's page tables, else one that
 * the same file used last, else one that holds nobody's: that saves switches and scrubs. It is
 * claimed before others can see the job: a core whose job ends in that moment belongs to another
 * client, as a rule, and that one would have to go to where this one should have gone.
 */

/* How little a core suits a VM among cores that are free. */
static int rocket_runq_affinity(struct rocket_core *core, struct rocket_vm *vm)
{
	struct rocket_vm *held = READ_ONCE(core->vm);

	if (held == vm)
		return 0;

	/* Another file's core costs a scrub, one that holds a VM a detach. */
	if (READ_ONCE(core->scrub.owner) == vm->owner)
		return held ? 2 : 1;

	return held ? 4 : 3;
}

/* Of some cores, a free one that suits a VM best, claimed; %NULL when none is free. */
static struct rocket_core *rocket_runq_claim_best(struct rocket_device *rdev,
						  struct rocket_vm *vm, u32 cores)
{
	while (cores) {
		struct rocket_core *best = NULL;
		int least = 0;

		for (unsigned int i = 0; i < ROCKET_MAX_CORES; i++) {
			struct rocket_core *core = &rdev->cores[i];
			int affinity;

			if (!(cores & BIT(i)) || !rocket_core_is_free(core))
				continue;
			affinity = rocket_runq_affinity(core, vm);
			if (best && affinity >= least)
				continue;
			best = core;
			least = affinity;
		}

		if (!best)
			return NULL;
		if (rocket_core_claim(best))
			return best;
		cores &= ~BIT(best->index);
	}

	return NULL;
}

static u32 rocket_runq_waiting(struct rocket_runq *runq)
{
	guard(spinlock_irqsave)(&runq->fair.lock);

	return rocket_fair_waiting(&runq->fair);
}

/* Gets cores going that are free and for which jobs wait: bit n when core n is wanted. */
static void rocket_runq_kick(struct rocket_runq *runq, u32 waiting)
{
	for (unsigned int i = 0; i < ROCKET_MAX_CORES; i++) {
		if (waiting & BIT(i) && rocket_core_claim(&runq->rdev->cores[i]))
			rocket_work_queue_run(&runq->work[i].base);
	}
}

/* The first job of a queue may run, if there is one and none runs. */
static void rocket_runq_offer(struct rocket_runq *runq, struct rocket_queue *queue)
{
	struct rocket_job *job;

	lockdep_assert_held(&runq->fair.lock);

	job = list_first_entry_or_null(&queue->jobs, struct rocket_job, node);
	if (job && !queue->runs && list_empty(&queue->turn.node))
		rocket_fair_add(&runq->fair, &queue->turn, job->cores, job->priority);
}

/* Takes a job out that was not picked. */
static void rocket_runq_take_out(struct rocket_runq *runq, struct rocket_queue *queue,
				 struct rocket_job *job)
{
	lockdep_assert_held(&runq->fair.lock);

	list_del_init(&job->node);
	if (list_empty(&queue->jobs))
		list_del_init(&queue->node);
}

/* Picks for a core that was claimed. */
static struct rocket_job *rocket_runq_pick_locked(struct rocket_runq *runq,
						  struct rocket_core *core)
{
	struct rocket_queue *queue;
	struct rocket_turn *turn;
	struct rocket_job *job;

	lockdep_assert_held(&runq->fair.lock);

	turn = rocket_fair_pick(&runq->fair, core->index, ktime_get_ns());
	if (!turn)
		return NULL;

	queue = container_of(turn, struct rocket_queue, turn);
	job = list_first_entry(&queue->jobs, struct rocket_job, node);
	rocket_runq_take_out(runq, queue, job);
	queue->runs = true;
	rocket_queue_leave(job);
	job->core = core;

	return job;
}

static struct rocket_job *rocket_runq_pick(struct rocket_runq *runq, struct rocket_core *core)
{
	guard(spinlock_irqsave)(&runq->fair.lock);

	return rocket_runq_pick_locked(runq, core);
}

/**
 * rocket_runq_left() - A job has left its core.
 * @core: The core, which nobody has claimed yet.
 *
 * rocket_runq_ended() follows. See &rocket_core_ops.left.
 *
 * Context: Any; &rocket_core.lock may be held.
 */
void rocket_runq_left(struct rocket_core *core)
{
	struct rocket_runq *runq = core->rdev->runq;

	guard(spinlock_irqsave)(&runq->fair.lock);

	rocket_fair_end(&runq->fair, core->index, ktime_get_ns());
}

/* Picks for a core that was claimed, or lets go of it when there is nothing. */
static struct rocket_job *rocket_runq_pick_or_leave(struct rocket_runq *runq,
						    struct rocket_core *core)
{
	struct rocket_job *job;

	do {
		job = rocket_runq_pick(runq, core);
		if (job)
			return job;
		rocket_core_unclaim(core);
		/* One may have come that found the core claimed. */
	} while (rocket_runq_waiting(runq) & BIT(core->index) && rocket_core_claim(core));

	return NULL;
}

/*
 * The next job of a core that was claimed, @job if it is picked. One of the VM that the core
 * holds needs nothing else, if the core is up, and starts at once. Others are left to the work.
 */
static void rocket_runq_next(struct rocket_runq *runq, struct rocket_core *core,
			     struct rocket_job *job)
{
	struct rocket_runq_work *work = &runq->work[core->index];

	job = job ?: rocket_runq_pick_or_leave(runq, core);
	if (!job)
		return;

	/* A test that wants to come between needs somebody who may sleep. */
	if (!job->causes.count && !rocket_race_wants(ROCKET_RACE_RUN) &&
	    !rocket_race_wants(ROCKET_RACE_START) && rocket_run_start_now(core, job))
		return;

	work->job = job;
	rocket_work_queue_run(&work->base);
}

/*
 * The fence of what was picked has signalled: now the next of the queue may run. The job is
 * gone, and its VM may go with it; who frees the queue waits for this. Returns which cores are
 * wanted, as for rocket_runq_kick().
 */
static u32 rocket_runq_end(struct rocket_runq *runq, struct rocket_queue *queue)
{
	u32 waiting;

	scoped_guard(spinlock_irqsave, &runq->fair.lock) {
		queue->runs = false;
		rocket_runq_offer(runq, queue);
		waiting = rocket_fair_waiting(&runq->fair);
	}
	wake_up_var(&queue->runs);

	return waiting;
}

/**
 * rocket_runq_ended() - The fence of a job that has left its core has signalled.
 * @core: The core, kept powered until this returns.
 * @fence: The hardware's fence.
 *
 * See &rocket_core_ops.ended.
 *
 * Context: Any.
 */
void rocket_runq_ended(struct rocket_core *core, struct dma_fence *fence)
{
	struct rocket_runq *runq = core->rdev->runq;
	u32 waiting = rocket_runq_end(runq, to_rocket_fence(fence)->queue);

	if (waiting & BIT(core->index) && rocket_core_claim(core)) {
		rocket_runq_next(runq, core, NULL);
		waiting = rocket_runq_waiting(runq);
	}
	/* The next of that queue may be for another core. */
	rocket_runq_kick(runq, waiting & ~BIT(core->index));
}

/**
 * rocket_runq_wait_end() - Wait until nobody looks at a queue any more.
 * @queue: The queue, without jobs.
 */
void rocket_runq_wait_end(struct rocket_queue *queue)
{
	struct rocket_runq *runq = queue->vm->rdev->runq;

	wait_var_event(&queue->runs, !READ_ONCE(queue->runs));

	/* Who has cleared it may not have let go of the lock. */
	guard(spinlock_irq)(&runq->fair.lock);
}

static void rocket_runq_signal(struct rocket_job *job, int error)
{
	struct dma_fence *fence = dma_fence_get(&job->hw_fence->base);
	bool cookie = dma_fence_begin_signalling();

	dma_fence_set_error(fence, error);
	dma_fence_signal(fence);
	dma_fence_end_signalling(cookie);
	dma_fence_put(fence);
}

/* Gets the core ready for the job: powered and attached. */
static int rocket_runq_prepare_core(struct rocket_core *core, struct rocket_vm *vm)
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
	ret = rocket_reset_get_power(core);
	if (ret && ret != -EBUSY)
		return ret;

	/* What keeps the core from being powered or attached is left to its recovery. */
	if (ret)
		pm_runtime_get_noresume(core->hw.dev);
	else
		ret = rocket_scrub_attach(core, vm);
	if (ret)
		ret = rocket_recover_request(core);
	if (ret)
		rocket_run_put_power(core);

	return ret;
}

/* Starts what was picked; on an error it has not been. */
static int rocket_runq_start(struct rocket_core *core, struct rocket_job *job)
{
	bool cookie;
	int ret;

	rocket_race_point(ROCKET_RACE_RUN);

	/* Being unbound waits for who has claimed the core, so it stays until then. */
	if (!READ_ONCE(core->online))
		return -ENODEV;
	if (READ_ONCE(core->wedged))
		return -EIO;

	ret = rocket_sync_causes_error(&job->causes, job->vm->owner);
	if (ret)
		return ret;

	ret = rocket_runq_prepare_core(core, job->vm);
	if (ret)
		return ret;

	rocket_race_point(ROCKET_RACE_START);

	cookie = dma_fence_begin_signalling();
	rocket_run_start(core, job, dma_fence_get(&job->hw_fence->base));
	dma_fence_end_signalling(cookie);

	return 0;
}

/* Runs the next job on a core that was claimed, if there is one; @job: if it is picked. */
static void rocket_runq_run(struct rocket_runq *runq, struct rocket_core *core,
			    struct rocket_job *job)
{
	for (;; job = NULL) {
		struct rocket_queue *queue;
		int ret;

		job = job ?: rocket_runq_pick_or_leave(runq, core);
		if (!job)
			return;

		queue = job->queue;
		ret = rocket_runq_start(core, job);
		if (!ret)
			return;

		rocket_runq_left(core);
		rocket_runq_signal(job, ret);
		rocket_runq_kick(runq, rocket_runq_end(runq, queue));
	}
}

static void rocket_runq_work(struct work_struct *work)
{
	struct rocket_runq_work *run = container_of(work, struct rocket_runq_work, base);

	rocket_runq_run(run->core->rdev->runq, run->core, no_free_ptr(run->job));
}

/**
 * rocket_runq_free() - A core may have something to run.
 * @core: The core, which has become free.
 *
 * See &rocket_core_ops.free.
 *
 * Context: Any.
 */
void rocket_runq_free(struct rocket_core *core)
{
	struct rocket_runq *runq = core->rdev->runq;

	rocket_runq_kick(runq, rocket_runq_waiting(runq));
}

static void rocket_runq_unblocked(struct rocket_fair *fair)
{
	struct rocket_runq *runq = container_of(fair, struct rocket_runq, fair);

	rocket_runq_kick(runq, rocket_runq_waiting(runq));
}

/* Why none of the cores that a job may have can run it, or 0. */
static int rocket_runq_no_core(struct rocket_device *rdev, const struct rocket_job *job)
{
	if (rocket_cores_mask(rdev) & job->cores)
		return 0;

	return rocket_cores_bound_mask(rdev) & job->cores ? -EIO : -ENODEV;
}

/**
 * rocket_runq_add() - A job could run.
 * @queue: Its queue.
 * @job: The job, whose hardware fence is initialised.
 *
 * Runs it, if a core is free.
 *
 * Context: Any.
 * Return: 0. When none of its cores is in service: -EIO if one of them is bound,
 * else -ENODEV.
 */
int rocket_runq_add(struct rocket_queue *queue, struct rocket_job *job)
{
	struct rocket_device *rdev = queue->vm->rdev;
	struct rocket_runq *runq = rdev->runq;
	struct rocket_vm *vm = queue->vm;
	struct rocket_job *picked = NULL;
	struct rocket_core *core = NULL;
	u32 cores = job->cores, others = 0;
	bool runs;
	int ret;

	/* While a job of the queue runs, the end of that one takes care of this one. */
	if (!READ_ONCE(queue->runs))
		core = rocket_runq_claim_best(rdev, vm, cores);

	scoped_guard(spinlock_irqsave, &runq->fair.lock) {
		/* Under the lock: else a core that goes might not see the job. */
		ret = rocket_runq_no_core(rdev, job);
		if (!ret) {
			if (list_empty(&queue->jobs))
				list_add_tail(&queue->node, &runq->queues);
			list_add_tail(&job->node, &queue->jobs);
			rocket_runq_offer(runq, queue);
		}
		runs = queue->runs;
		if (core) {
			picked = rocket_runq_pick_locked(runq, core);
			/* Who is before this one may have had that core only. */
			if (picked != job)
				others = rocket_fair_waiting(&runq->fair);
		}
	}

	/* From here on the job may be gone. */
	rocket_runq_kick(runq, others);
	if (!core && !ret && !runs)
		core = rocket_runq_claim_best(rdev, vm, cores);
	if (core)
		rocket_runq_next(runq, core, picked);

	return ret;
}

/* Takes those jobs of a queue that will not run, into a list. */
static void rocket_runq_take_jobs(struct rocket_runq *runq, struct rocket_queue *queue,
				  bool all, struct list_head *taken)
{
	struct rocket_job *job, *next;

	lockdep_assert_held(&runq->fair.lock);

	if (!list_empty(&queue->turn.node))
		rocket_fair_remove(&runq->fair, &queue->turn);

	list_for_each_entry_safe(job, next, &queue->jobs, node) {
		if (!all && !rocket_runq_no_core(runq->rdev, job))
			continue;
		rocket_runq_take_out(runq, queue, job);
		list_add_tail(&job->node, taken);
	}

	rocket_runq_offer(runq, queue);
}

/**
 * rocket_runq_cancel() - Take back what has not been picked.
 * @queue: The queue; nothing is added any more.
 *
 * The jobs end with -ESRCH.
 */
void rocket_runq_cancel(struct rocket_queue *queue)
{
	struct rocket_runq *runq = queue->vm->rdev->runq;
	struct rocket_job *job, *next;
	LIST_HEAD(taken);

	scoped_guard(spinlock_irq, &runq->fair.lock)
		rocket_runq_take_jobs(runq, queue, true, &taken);

	list_for_each_entry_safe(job, next, &taken, node)
		rocket_runq_signal(job, -ESRCH);
}

/**
 * rocket_runq_lost() - A core takes no more jobs.
 * @core: The core, which has gone out of service or is being unbound.
 *
 * Jobs that may have no other core end, with -EIO or -ENODEV. See &rocket_core_ops.lost.
 *
 * Context: Sleeps for nothing; a fence may wait.
 */
void rocket_runq_lost(struct rocket_core *core)
{
	struct rocket_runq *runq = core->rdev->runq;
	struct rocket_queue *queue, *more;
	struct rocket_job *job, *next;
	LIST_HEAD(taken);

	scoped_guard(spinlock_irqsave, &runq->fair.lock) {
		list_for_each_entry_safe(queue, more, &runq->queues, node)
			rocket_runq_take_jobs(runq, queue, false, &taken);
	}

	/* They are kept by their fences: with the signal they may go. */
	list_for_each_entry_safe(job, next, &taken, node)
		rocket_runq_signal(job, rocket_runq_no_core(runq->rdev, job) ?: -ENODEV);
}

static void rocket_runq_fini(struct drm_device *ddev, void *unused)
{
	struct rocket_runq *runq = to_rocket_device(ddev)->runq;

	for (unsigned int i = 0; i < ROCKET_MAX_CORES; i++)
		flush_work(&runq->work[i].base);
	rocket_fair_fini(&runq->fair);
}

/**
 * rocket_runq_init() - Make the run queue of a device.
 * @rdev: The device, being made; it frees it.
 *
 * Return: 0, -ENOMEM.
 */
int rocket_runq_init(struct rocket_device *rdev)
{
	struct rocket_runq *runq = drmm_kzalloc(&rdev->ddev, sizeof(*runq), GFP_KERNEL);

	if (!runq)
		return -ENOMEM;

	runq->rdev = rdev;
	rocket_fair_init(&runq->fair, rocket_runq_unblocked);
	INIT_LIST_HEAD(&runq->queues);
	for (unsigned int i = 0; i < ROCKET_MAX_CORES; i++) {
		INIT_WORK(&runq->work[i].base, rocket_runq_work);
		runq->work[i].core = &rdev->cores[i];
	}
	rdev->runq = runq;

	return drmm_add_action_or_reset(&rdev->ddev, rocket_runq_fini, NULL);
}
