// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cleanup.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>

#include "rocket_blind.h"
#include "rocket_core.h"
#include "rocket_job.h"
#include "rocket_run.h"

/**
 * DOC: Tasks whose end nobody tells
 *
 * On RK3576 a task whose output has elements wider than a byte may end without the bit of
 * the block that writes it. Its client knows from its stream, and says so
 * (%DRM_ROCKET_JOB_NO_DPU_DONE). What remains is that the program controller says when it
 * is through with a task, which raises no interrupt and comes before the data is in
 * memory: users measured that all of it is 250 us later, and not always at 100 us.
 *
 * So a timer looks for that as long as such a task runs, at most every 50 us and less
 * often the longer the task takes, and ends the task that much later. Should the block
 * tell all the same, the interrupt ends it as ever. The job's time bounds all of this; a
 * client that claims it of another task gets that task's result too early, or its own
 * time-out, and hurts nobody else: the next client has the core after it was reset.
 */

/* How often it is looked, in ns, and which part of the time that has passed. */
#define ROCKET_BLIND_FIRST_NS	(50 * NSEC_PER_USEC)
#define ROCKET_BLIND_LAST_NS	NSEC_PER_MSEC
#define ROCKET_BLIND_PART	16

/* From there on until the data is in memory, in ns. */
#define ROCKET_BLIND_SETTLE_NS	(250 * NSEC_PER_USEC)

/**
 * rocket_blind_begin() - A task begins that may not tell its end.
 * @core: The core; &rocket_core.lock held.
 */
void rocket_blind_begin(struct rocket_core *core)
{
	lockdep_assert_held(&core->lock);

	core->blind.active = true;
	core->blind.fetched = 0;
	hrtimer_start(&core->blind.timer, ns_to_ktime(ROCKET_BLIND_FIRST_NS), HRTIMER_MODE_REL);
}

/**
 * rocket_blind_end() - It has ended, in whatever way.
 * @core: The core; &rocket_core.lock held.
 */
void rocket_blind_end(struct rocket_core *core)
{
	if (!core->blind.active)
		return;

	core->blind.active = false;
	/* Too late when it has expired: then it finds that nothing is awaited. */
	hrtimer_try_to_cancel(&core->blind.timer);
}

/* Whether the program controller is through with all tasks of the last start. */
static bool rocket_blind_fetched(struct rocket_core *core)
{
	const struct rocket_job *job = core->job;
	unsigned int tasks = job->tasks[job->next_task - 1].chain_count;

	return rocket_hw_raised(&core->hw) & core->hw.soc->fetched &&
	       rocket_hw_ended(&core->hw, tasks);
}

/* Returns when to look again, in ns; 0 when @fence is that of a job that is complete. */
static u64 rocket_blind_look(struct rocket_core *core, struct dma_fence **fence)
{
	u64 now = ktime_get_ns(), settled;

	if (!core->blind.fetched && rocket_blind_fetched(core))
		core->blind.fetched = now;
	if (!core->blind.fetched)
		return clamp((now - core->job->task_started) / ROCKET_BLIND_PART,
			     ROCKET_BLIND_FIRST_NS, ROCKET_BLIND_LAST_NS);

	settled = core->blind.fetched + ROCKET_BLIND_SETTLE_NS;
	if (now < settled)
		return settled - now;

	*fence = rocket_run_next_task(core);

	return 0;
}

static enum hrtimer_restart rocket_blind_timer(struct hrtimer *timer)
{
	struct rocket_core *core = container_of(timer, struct rocket_core, blind.timer);
	struct dma_fence *fence = NULL;

	scoped_guard(spinlock_irqsave, &core->lock) {
		u64 wait;

		/* Started anew while this one waited for the lock: that one looks. */
		if (!core->blind.active || core->recovering || hrtimer_is_queued(timer))
			return HRTIMER_NORESTART;

		wait = rocket_blind_look(core, &fence);
		if (wait) {
			hrtimer_forward_now(timer, ns_to_ktime(wait));
			return HRTIMER_RESTART;
		}
	}

	if (fence)
		rocket_run_end_job(core, fence, 0);

	return HRTIMER_NORESTART;
}

/**
 * rocket_blind_init() - Prepare a slot.
 * @core: The slot.
 */
void rocket_blind_init(struct rocket_core *core)
{
	hrtimer_setup(&core->blind.timer, rocket_blind_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
}

/**
 * rocket_blind_fini() - Undo rocket_blind_init().
 * @core: The slot, offline.
 */
void rocket_blind_fini(struct rocket_core *core)
{
	hrtimer_cancel(&core->blind.timer);
}
