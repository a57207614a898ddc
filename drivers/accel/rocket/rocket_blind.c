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
 * has handed a task on, which raises no interrupt and comes before the data is in memory.
 * Users measured that all of it is there 250 us later, and not always at 100 us, with the
 * tasks that they had; RAW_STATUS then had the bits of CNA and CORE.
 *
 * So a timer looks for that as long as such a task runs, at most every 50 us and less
 * often the longer it takes: the task has ended when the program controller is through
 * with all of its chain, CORE is where CNA began, and nothing has changed for those 250 us;
 * or for a millisecond where no block has said anything. Should the DPU tell all the same,
 * the interrupt ends it as ever. The job's time bounds all of this; a client that claims
 * it of another task gets that task's result too early, or its own time-out, and hurts
 * nobody else: the next client gets the core after it was switched off.
 */

/* How often it is looked, in ns, and which part of the time that has passed. */
#define ROCKET_BLIND_FIRST_NS	(50 * NSEC_PER_USEC)
#define ROCKET_BLIND_LAST_NS	NSEC_PER_MSEC
#define ROCKET_BLIND_PART	16

/* From the last change on until the data is in memory, in ns. */
#define ROCKET_BLIND_SETTLE_NS	(250 * NSEC_PER_USEC)
/* The same where no block has said that it is through. */
#define ROCKET_BLIND_SILENT_NS	NSEC_PER_MSEC

/**
 * rocket_blind_begin() - A task begins that may not tell its end.
 * @core: The core; &rocket_core.lock held.
 */
void rocket_blind_begin(struct rocket_core *core)
{
	lockdep_assert_held(&core->lock);

	core->blind.active = true;
	core->blind.raised = 0;
	core->blind.moved = core->job->task_started;
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

/* Whether all that says something has said that the last start is through. */
static bool rocket_blind_through(struct rocket_core *core, u32 raised)
{
	const struct rocket_job *job = core->job;
	unsigned int tasks = job->tasks[job->next_task - 1].chain_count;

	if (!(raised & core->hw.soc->fetched) || !rocket_hw_ended(&core->hw, tasks))
		return false;

	return !(raised & ROCKET_PC_INTERRUPT_CNA) || raised & ROCKET_PC_INTERRUPT_CORE;
}

/* Returns when to look again, in ns; 0 when it has ended. */
static u64 rocket_blind_look(struct rocket_core *core)
{
	struct rocket_blind *blind = &core->blind;
	u32 raised = rocket_hw_raised(&core->hw);
	u64 now = ktime_get_ns(), settle;

	if (raised != blind->raised) {
		blind->raised = raised;
		blind->moved = now;
	}

	if (!rocket_blind_through(core, raised))
		return clamp((now - core->job->task_started) / ROCKET_BLIND_PART,
			     ROCKET_BLIND_FIRST_NS, ROCKET_BLIND_LAST_NS);

	settle = raised & ROCKET_PC_INTERRUPT_CORE ? ROCKET_BLIND_SETTLE_NS :
						     ROCKET_BLIND_SILENT_NS;
	if (now - blind->moved >= settle)
		return 0;

	return min(settle - (now - blind->moved), ROCKET_BLIND_FIRST_NS);
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

		wait = rocket_blind_look(core);
		if (wait) {
			hrtimer_forward_now(timer, ns_to_ktime(wait));
			return HRTIMER_RESTART;
		}
		fence = rocket_run_next_task(core);
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
