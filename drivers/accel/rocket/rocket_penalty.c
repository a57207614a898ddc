// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cleanup.h>
#include <linux/slab.h>

#include "rocket_penalty.h"

/**
 * DOC: Penalties
 *
 * A job that fails costs the others the time from its start until the core has
 * recovered, up to the longest timeout; and a file can queue thousands that are all
 * going to fail, on every core. So after a failure the jobs of that file, on
 * whatever core and in whatever VM, wait for three times as long as it cost, and
 * the penalties of several failures add up. In the long run the failures of one
 * file take no more than a quarter of the time of one core. What is not charged is
 * what ran before the first failure was known: at most one job on each core.
 *
 * The wait is bounded by itself: only jobs that run can fail, so at most one
 * penalty for each core is added to one that is not over. An accident costs what
 * it costs three times over; a page fault, which ends a job at once, next to
 * nothing.
 *
 * The scheduler's own means do not serve: it picks the job that was submitted first
 * whoever failed before, and its karma makes an entity guilty for good, which a new
 * VM would shed.
 */

/* The wait for each unit of time that a failure cost. */
#define ROCKET_PENALTY_FACTOR 3

/**
 * rocket_penalty_create() - For a file that has done nothing yet.
 *
 * Return: The penalty, with a reference; -ENOMEM.
 */
struct rocket_penalty *rocket_penalty_create(void)
{
	struct rocket_penalty *penalty;

	penalty = kzalloc_obj(*penalty, GFP_KERNEL_ACCOUNT);
	if (!penalty)
		return ERR_PTR(-ENOMEM);

	kref_init(&penalty->ref);
	spin_lock_init(&penalty->lock);

	return penalty;
}

/**
 * rocket_penalty_get() - Take a reference.
 * @penalty: The penalty, of which the caller has one.
 *
 * Return: @penalty.
 */
struct rocket_penalty *rocket_penalty_get(struct rocket_penalty *penalty)
{
	kref_get(&penalty->ref);

	return penalty;
}

static void rocket_penalty_release(struct kref *ref)
{
	kfree(container_of(ref, struct rocket_penalty, ref));
}

/**
 * rocket_penalty_put() - Put a reference.
 * @penalty: The penalty.
 */
void rocket_penalty_put(struct rocket_penalty *penalty)
{
	kref_put(&penalty->ref, rocket_penalty_release);
}

/**
 * rocket_penalty_charge() - A job has failed by its own doing.
 * @penalty: Of the job's file.
 * @cost: How long it kept its core from others, in ns.
 *
 * Context: Any.
 */
void rocket_penalty_charge(struct rocket_penalty *penalty, u64 cost)
{
	ktime_t now = ktime_get();

	guard(spinlock_irqsave)(&penalty->lock);

	if (ktime_before(penalty->until, now))
		penalty->until = now;
	penalty->until = ktime_add_ns(penalty->until, ROCKET_PENALTY_FACTOR * cost);
}

static ktime_t rocket_penalty_until(struct rocket_penalty *penalty)
{
	guard(spinlock_irqsave)(&penalty->lock);

	return penalty->until;
}

static const char *rocket_delay_get_driver_name(struct dma_fence *fence)
{
	return "rocket";
}

static const char *rocket_delay_get_timeline_name(struct dma_fence *fence)
{
	return "penalty";
}

static const struct dma_fence_ops rocket_delay_ops = {
	.get_driver_name = rocket_delay_get_driver_name,
	.get_timeline_name = rocket_delay_get_timeline_name,
};

static enum hrtimer_restart rocket_delay_expired(struct hrtimer *timer)
{
	struct rocket_delay *delay = container_of(timer, struct rocket_delay, timer);
	ktime_t until = rocket_penalty_until(delay->penalty);
	bool cookie;

	/* Another job may have failed meanwhile. */
	if (ktime_after(until, ktime_get())) {
		hrtimer_set_expires(timer, until);
		return HRTIMER_RESTART;
	}

	cookie = dma_fence_begin_signalling();
	dma_fence_signal(&delay->base);
	dma_fence_end_signalling(cookie);

	return HRTIMER_NORESTART;
}

/**
 * rocket_delay_alloc() - Get ready to let a job wait.
 * @penalty: Of the job's file; the job keeps it.
 *
 * Return: The delay, to be freed with the job; %NULL without memory.
 */
struct rocket_delay *rocket_delay_alloc(struct rocket_penalty *penalty)
{
	struct rocket_delay *delay = kzalloc_obj(*delay, GFP_KERNEL_ACCOUNT);

	if (delay)
		delay->penalty = penalty;

	return delay;
}

/**
 * rocket_delay_free() - The job is done, or was cancelled while it waited.
 * @delay: The delay, or %NULL.
 *
 * Who still waits then is an entity that was stopped: it forgets the fence, and
 * must not hear of it any more.
 */
void rocket_delay_free(struct rocket_delay *delay)
{
	if (!delay || !kref_read(&delay->base.refcount)) {
		kfree(delay);
		return;
	}

	hrtimer_cancel(&delay->timer);
	dma_fence_put(&delay->base);
}

/**
 * rocket_delay_wait() - What a job has to wait for that could start otherwise.
 * @delay: Of the job.
 *
 * Context: The scheduler's work; allocates nothing.
 * Return: %NULL when the job may start, else a fence that signals then, a reference.
 */
struct dma_fence *rocket_delay_wait(struct rocket_delay *delay)
{
	ktime_t until = rocket_penalty_until(delay->penalty);

	if (kref_read(&delay->base.refcount))
		return dma_fence_is_signaled(&delay->base) ? NULL : dma_fence_get(&delay->base);

	/* Nearly always there has never been one: no need to ask for the time. */
	if (!until || !ktime_after(until, ktime_get()))
		return NULL;

	spin_lock_init(&delay->lock);
	dma_fence_init(&delay->base, &rocket_delay_ops, &delay->lock,
		       dma_fence_context_alloc(1), 1);
	hrtimer_setup(&delay->timer, rocket_delay_expired, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	hrtimer_start(&delay->timer, until, HRTIMER_MODE_ABS);

	return dma_fence_get(&delay->base);
}
