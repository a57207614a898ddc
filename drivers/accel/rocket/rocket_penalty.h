/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_PENALTY_H__
#define __ROCKET_PENALTY_H__

#include <linux/dma-fence.h>
#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/ktime.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/**
 * struct rocket_penalty - How long the jobs of a file have to wait because some
 * of them failed.
 *
 * One for each file; its VMs, and by them its jobs, keep it.
 */
struct rocket_penalty {
	/** @ref: The file's and the VMs' references. */
	struct kref ref;

	/** @lock: Protects @until; taken in hard interrupt context. */
	spinlock_t lock;

	/** @until: No job starts before, a time of CLOCK_MONOTONIC. */
	ktime_t until;
};

/**
 * struct rocket_delay - A fence that signals when a penalty is over.
 *
 * Allocated with each job, because nothing can be when it turns out to be needed.
 */
struct rocket_delay {
	/** @base: First, so that the default release frees the whole. */
	struct dma_fence base;

	/** @lock: For @base. */
	spinlock_t lock;

	/** @timer: Signals @base; runs no longer than the job lives. */
	struct hrtimer timer;

	/** @penalty: What is waited for; the job keeps it. */
	struct rocket_penalty *penalty;
};

struct rocket_penalty *rocket_penalty_create(void);
struct rocket_penalty *rocket_penalty_get(struct rocket_penalty *penalty);
void rocket_penalty_put(struct rocket_penalty *penalty);
void rocket_penalty_charge(struct rocket_penalty *penalty, u64 cost);

struct rocket_delay *rocket_delay_alloc(struct rocket_penalty *penalty);
void rocket_delay_free(struct rocket_delay *delay);
struct dma_fence *rocket_delay_wait(struct rocket_delay *delay);

#endif
