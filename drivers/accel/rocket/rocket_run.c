// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cleanup.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/ktime.h>
#include <linux/pm_runtime.h>

#include "rocket_blind.h"
#include "rocket_core.h"
#include "rocket_device.h"
#include "rocket_fair.h"
#include "rocket_flight.h"
#include "rocket_job.h"
#include "rocket_race.h"
#include "rocket_recover.h"
#include "rocket_run.h"
#include "rocket_trace.h"
#include "rocket_vm.h"

/**
 * DOC: Running a job
 *
 * rocket_run_start() writes the registers of the first task. The interrupt
 * handler starts each further task itself, and after the last one signals the
 * job's fence, all in hard interrupt context and without a detour through a
 * thread. From start to signal nothing allocates or sleeps.
 *
 * A core runs one job at a time. &rocket_core.job says which; whoever sets it
 * to %NULL under &rocket_core.lock signals the fence: the interrupt handler when
 * the job is done, the recovery when its interrupt was lost or it has to be killed.
 *
 * An interrupt that the counter of tasks contradicts is not taken for the end and not
 * forgotten either (&struct rocket_doubt): its bits stay, the line is masked, and a
 * timer looks again, less and less often, until the counter agrees, the bits have
 * gone, or nothing has moved for so long that the counter must be wrong. The same
 * happens when another block than the one that the job named has ended.
 */

/* The first look after a doubtful interrupt; each next one takes twice as long, in ns */
#define ROCKET_DOUBT_FIRST_NS	(20 * NSEC_PER_USEC)
#define ROCKET_DOUBT_LAST_NS	NSEC_PER_MSEC

/*
 * For how long nothing moves until the interrupt is believed, in ns. A counter that is
 * only late catches up in microseconds. One that contradicts in the middle of a chain
 * may do so for as long as a task takes; that nothing moves any more is then more likely
 * a long task than a counter that is wrong, but it is not known.
 */
#define ROCKET_DOUBT_LATE_NS	(200 * NSEC_PER_USEC)
#define ROCKET_DOUBT_STILL_NS	(50 * NSEC_PER_MSEC)
/* The same when only a DPU has ended, and the job said that its PPU writes last. */
#define ROCKET_DOUBT_BLOCK_NS	NSEC_PER_MSEC

/*
 * Interrupts in a task that nobody has asked for, before its job is killed. A stream can
 * unmask whatever it likes; the handler masks it again, each time.
 */
#define ROCKET_UNASKED_MAX	64

/**
 * rocket_run_start_task() - Hand the core the next task of its job.
 * @core: The core; &rocket_core.lock held, powered, attached to the job's VM.
 */
void rocket_run_start_task(struct rocket_core *core)
{
	struct rocket_job *job = core->job;
	const struct rocket_task *task = &job->tasks[job->next_task];

	job->task_started = ktime_get_ns();
	if (!job->next_task) {
		job->started = job->task_started;
		job->flight = rocket_flight_begin(job->vm);
		rocket_busy_begin(&core->busy, job->started);
		trace_rocket_job_run(job);
		rocket_run_start_clock(core);
	}
	job->next_task++;
	core->unasked = 0;
	core->dma_errors = 0;
	WRITE_ONCE(core->ran, true);

	rocket_hw_start(&core->hw, task, ROCKET_HW_DONE);
	if (job->blind)
		rocket_blind_begin(core);
}

/* How many tasks the last start was told to run. */
static unsigned int rocket_run_tasks(struct rocket_core *core)
{
	const struct rocket_job *job = core->job;

	return job->tasks[job->next_task - 1].chain_count;
}

/**
 * rocket_run_lost() - Whether the task that was started last has ended unheard.
 * @core: The core; &rocket_core.lock held, the time of the job that runs is up.
 *
 * Return: It has, with all that is chained to it.
 */
bool rocket_run_lost(struct rocket_core *core)
{
	lockdep_assert_held(&core->lock);

	return rocket_hw_raised(&core->hw) & ROCKET_HW_DONE &&
	       rocket_hw_settled(&core->hw, rocket_run_tasks(core));
}

static void rocket_run_end_doubt(struct rocket_core *core)
{
	if (!core->doubt.active)
		return;

	core->doubt.active = false;
	/* Too late when it has expired: then it finds that there is no doubt. */
	hrtimer_try_to_cancel(&core->doubt.timer);
}

/**
 * rocket_run_unwatch() - Look no more whether the task that runs has ended.
 * @core: The core; &rocket_core.lock held. It may be switched off next, with its job on it.
 */
void rocket_run_unwatch(struct rocket_core *core)
{
	lockdep_assert_held(&core->lock);

	rocket_run_end_doubt(core);
	rocket_blind_end(core);
}

/**
 * rocket_run_next_task() - Go on after the end of a task.
 * @core: The core; &rocket_core.lock held, the task that ran has ended.
 *
 * Return: %NULL when the job has another task, which was started; else what
 * rocket_run_take_job() returns.
 */
struct dma_fence *rocket_run_next_task(struct rocket_core *core)
{
	struct rocket_job *job = core->job;

	lockdep_assert_held(&core->lock);

	rocket_core_count(&core->counts.tasks, rocket_run_tasks(core));
	rocket_run_unwatch(core);

	if (job->next_task < job->task_count) {
		rocket_hw_disable(&core->hw);
		rocket_run_start_task(core);
		return NULL;
	}

	rocket_hw_stop(&core->hw);

	return rocket_run_take_job(core, 0);
}

/* The job's time is over; one that waited for a recovery never had any. */
static void rocket_run_account(struct rocket_core *core, struct rocket_job *job, int error)
{
	u64 ns;

	if (!job->started)
		return;

	ns = rocket_busy_end(&core->busy, ktime_get_ns());
	job->vm->share->busy_ns[core->index] += ns;
	rocket_core_count(&core->counts.jobs, 1);
	trace_rocket_job_done(job, ns, error);
}

/**
 * rocket_run_take_job() - Take the job off the core.
 * @core: The core; &rocket_core.lock held.
 * @error: Why it ends early, a negative errno, or 0.
 *
 * Return: The job's fence, for rocket_run_end_job().
 */
struct dma_fence *rocket_run_take_job(struct rocket_core *core, int error)
{
	struct dma_fence *fence = core->fence;

	lockdep_assert_held(&core->lock);

	rocket_run_account(core, core->job, error);

	/* Too late when it has expired; that will be noticed there. */
	hrtimer_try_to_cancel(&core->clock);
	rocket_run_unwatch(core);
	/* Before its fence: who waits for that may submit the next job at once. */
	if (core->job->started)
		rocket_flight_end(core->job->vm, core->job->flight);
	core->job = NULL;
	core->fence = NULL;
	core->rdev->core_ops->left(core);
	wake_up(&core->idle);

	return fence;
}

/**
 * rocket_run_end_job() - Tell the world that a job has ended.
 * @core: The core that it was taken off; the job's runtime PM reference is put.
 * @fence: From rocket_run_take_job().
 * @error: A negative errno, or 0.
 *
 * Context: Any.
 */
void rocket_run_end_job(struct rocket_core *core, struct dma_fence *fence, int error)
{
	bool cookie = dma_fence_begin_signalling();

	rocket_race_point_atomic(ROCKET_RACE_END);

	if (error)
		dma_fence_set_error(fence, error);
	dma_fence_signal(fence);
	core->rdev->core_ops->ended(core, fence);
	dma_fence_end_signalling(cookie);
	dma_fence_put(fence);
	rocket_run_put_power(core);
}

/**
 * rocket_run_start_clock() - Give the job its time, from its last start on.
 * @core: The core; &rocket_core.lock held, a task of the job starts or has started.
 *
 * The timeout of the queue's scheduler is not used: it belongs to the first job of a list
 * on which one that has ended may still be, and starts anew with the usual time
 * when that is removed.
 */
void rocket_run_start_clock(struct rocket_core *core)
{
	lockdep_assert_held(&core->lock);

	/* From one look at the clock: a job that is killed was busy for all of its time. */
	core->deadline = ktime_add_ms(ns_to_ktime(core->job->task_started), core->job->timeout_ms);
	hrtimer_start(&core->clock, core->deadline, HRTIMER_MODE_ABS);
}

/**
 * rocket_run_put_power() - Let go of a runtime PM reference.
 * @core: The core; it stays up for a while.
 *
 * Context: Any.
 */
void rocket_run_put_power(struct rocket_core *core)
{
	pm_runtime_mark_last_busy(core->hw.dev);
	pm_runtime_put_autosuspend(core->hw.dev);
}

static void rocket_run_start_locked(struct rocket_core *core, struct rocket_job *job,
				    struct dma_fence *fence)
{
	lockdep_assert_held(&core->lock);

	core->job = job;
	core->fence = fence;
	core->claimed = false;
	if (core->stops)
		wake_up(&core->idle);

	if (!core->recovering)
		rocket_run_start_task(core);
}

/**
 * rocket_run_start() - Start a job.
 * @core: A core that was claimed, powered, attached to the job's VM. The
 *	caller's runtime PM reference passes to the job.
 * @job: The job; it stays alive until @fence signals.
 * @fence: The hardware fence, signalled when the job ends. The reference passes
 *	to the core.
 *
 * While the core recovers from a fault that no job caused the job waits; the
 * recovery starts it.
 */
void rocket_run_start(struct rocket_core *core, struct rocket_job *job,
		      struct dma_fence *fence)
{
	guard(spinlock_irqsave)(&core->lock);

	rocket_run_start_locked(core, job, fence);
}

/* Starts a job on a core that is powered, if it is the VM's and works. */
static bool rocket_run_try_start(struct rocket_core *core, struct rocket_job *job)
{
	guard(spinlock_irqsave)(&core->lock);

	/* Who takes the page tables away has claimed the core, or recovers it. */
	if (core->recovering || core->wedged || core->mmu_dead || !core->online ||
	    core->vm != job->vm || core->scrub.owner != job->vm->owner)
		return false;

	rocket_run_start_locked(core, job, dma_fence_get(&job->hw_fence->base));

	return true;
}

/**
 * rocket_run_start_now() - Start a job, if the core needs nothing before.
 * @core: A core that was claimed.
 * @job: As for rocket_run_start().
 *
 * Context: Any.
 * Return: Whether it has started.
 */
bool rocket_run_start_now(struct rocket_core *core, struct rocket_job *job)
{
	if (pm_runtime_get_if_active(core->hw.dev) <= 0)
		return false;

	if (rocket_run_try_start(core, job))
		return true;

	rocket_run_put_power(core);

	return false;
}

static void rocket_run_begin_doubt(struct rocket_core *core)
{
	struct rocket_doubt *doubt = &core->doubt;

	rocket_hw_unmask(&core->hw, 0);
	doubt->active = true;
	doubt->progress = rocket_hw_progress(&core->hw);
	doubt->moved = ktime_get_ns();
	doubt->wait = ROCKET_DOUBT_FIRST_NS;
	hrtimer_start(&doubt->timer, ns_to_ktime(doubt->wait), HRTIMER_MODE_REL);
}

/* Whether the task that says by @raised that it has ended has, beyond doubt. */
static bool rocket_run_task_ended(struct rocket_core *core, u32 raised)
{
	return raised & core->job->done &&
	       rocket_hw_ended(&core->hw, rocket_run_tasks(core));
}

/* How long it takes until a doubt is dropped if nothing moves, in ns. */
static u64 rocket_run_doubt_time(struct rocket_core *core)
{
	/* The counter agrees: it was another block than the job had said. */
	if (rocket_hw_ended(&core->hw, rocket_run_tasks(core)))
		return ROCKET_DOUBT_BLOCK_NS;

	return core->hw.facts.counter == ROCKET_COUNTER_LATE ? ROCKET_DOUBT_LATE_NS :
							       ROCKET_DOUBT_STILL_NS;
}

/* Whether nothing has moved for so long that the counter, or the job, must be wrong. */
static bool rocket_run_doubt_is_over(struct rocket_core *core)
{
	struct rocket_doubt *doubt = &core->doubt;
	u32 progress = rocket_hw_progress(&core->hw);
	u64 now = ktime_get_ns();

	if (progress != doubt->progress) {
		doubt->progress = progress;
		doubt->moved = now;
	}

	return now - doubt->moved >= rocket_run_doubt_time(core);
}

/*
 * Another look. Returns whether there has to be one more; @fence receives that of a
 * job that is complete.
 */
static bool rocket_run_look_again(struct rocket_core *core, struct dma_fence **fence)
{
	struct rocket_doubt *doubt = &core->doubt;
	u32 raised;

	guard(spinlock_irqsave)(&core->lock);

	/* Or started anew, while this look waited for the lock. */
	if (!doubt->active || core->recovering || hrtimer_is_queued(&doubt->timer))
		return false;

	raised = rocket_hw_raised(&core->hw) & ROCKET_HW_DONE;
	if (!raised) {
		/* It has gone, and meant nothing. */
		doubt->active = false;
		rocket_core_count(&core->counts.spurious, 1);
		rocket_hw_unmask(&core->hw, ROCKET_HW_DONE);
		return false;
	}

	if (rocket_run_task_ended(core, raised) || rocket_run_doubt_is_over(core)) {
		*fence = rocket_run_next_task(core);
		return false;
	}

	doubt->wait = min(2 * doubt->wait, ROCKET_DOUBT_LAST_NS);
	hrtimer_forward_now(&doubt->timer, ns_to_ktime(doubt->wait));

	return true;
}

static enum hrtimer_restart rocket_run_doubt_timer(struct hrtimer *timer)
{
	struct rocket_core *core = container_of(timer, struct rocket_core, doubt.timer);
	struct dma_fence *fence = NULL;
	bool again = rocket_run_look_again(core, &fence);

	if (fence)
		rocket_run_end_job(core, fence, 0);

	return again ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

/* Nothing runs, yet the line is raised: is it us? */
static irqreturn_t rocket_run_stray_irq(struct rocket_core *core)
{
	irqreturn_t ret = IRQ_NONE;

	/* An unpowered core raises nothing, and touching it is a bus error. */
	if (pm_runtime_get_if_active(core->hw.dev) <= 0)
		return IRQ_NONE;

	if (rocket_hw_on_line(&core->hw)) {
		rocket_hw_stop(&core->hw);
		rocket_core_count(&core->counts.spurious, 1);
		ret = IRQ_HANDLED;
	}

	pm_runtime_put_autosuspend(core->hw.dev);

	return ret;
}

/*
 * The task has not ended. If the line is ours all the same, the stream has unmasked what
 * nobody has asked for: it is masked again, for else the line would stay raised until
 * the kernel disables it for everybody.
 */
static irqreturn_t rocket_run_unasked_irq(struct rocket_core *core)
{
	u32 bits = rocket_hw_on_line(&core->hw);

	if (!bits)
		return IRQ_NONE;

	core->dma_errors |= bits & ROCKET_HW_DMA_ERRORS;
	rocket_hw_unmask(&core->hw, core->doubt.active ? 0 : ROCKET_HW_DONE);
	rocket_hw_acknowledge(&core->hw, bits & ~ROCKET_HW_DONE);
	rocket_core_count(&core->counts.spurious, 1);

	/* One that does it again and again is stopped. */
	if (++core->unasked > ROCKET_UNASKED_MAX)
		rocket_recover_report(core, -EIO);

	return IRQ_HANDLED;
}

/*
 * The task says by @raised that it has ended. Returns the fence of a job that is
 * complete.
 */
static struct dma_fence *rocket_run_task_irq(struct rocket_core *core, u32 raised)
{
	if (rocket_run_task_ended(core, raised))
		return rocket_run_next_task(core);

	rocket_run_begin_doubt(core);

	return NULL;
}

/**
 * rocket_run_irq() - The handler of the core's line, which is also its IOMMU's.
 * @irq: The line.
 * @data: The core.
 *
 * Return: Whether it was the core.
 */
irqreturn_t rocket_run_irq(int irq, void *data)
{
	struct rocket_core *core = data;
	struct dma_fence *fence;
	u32 raised;

	scoped_guard(spinlock, &core->lock) {
		/* The line is disabled by now, but this one was on its way. */
		if (core->recovering)
			return IRQ_NONE;

		if (!core->job)
			return rocket_run_stray_irq(core);

		if (core->doubt.active)
			return rocket_run_unasked_irq(core);

		raised = rocket_hw_raised(&core->hw) & ROCKET_HW_DONE;
		if (!raised)
			return rocket_run_unasked_irq(core);

		fence = rocket_run_task_irq(core, raised);
	}

	if (fence)
		rocket_run_end_job(core, fence, 0);

	return IRQ_HANDLED;
}

/**
 * rocket_run_init() - Prepare a slot for jobs.
 * @core: The slot.
 */
void rocket_run_init(struct rocket_core *core)
{
	hrtimer_setup(&core->doubt.timer, rocket_run_doubt_timer, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL);
	rocket_blind_init(core);
}

/**
 * rocket_run_fini() - Undo rocket_run_init().
 * @core: The slot, offline.
 */
void rocket_run_fini(struct rocket_core *core)
{
	rocket_blind_fini(core);
	hrtimer_cancel(&core->doubt.timer);
}
