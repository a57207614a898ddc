/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_FAIR_H__
#define __ROCKET_FAIR_H__

#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "rocket_limits.h"

struct rocket_fair;

/* Sets of cores, the empty one left out. */
#define ROCKET_CORE_SETS	((1 << ROCKET_MAX_CORES) - 1)

/**
 * struct rocket_share - What a file has had of the NPU, and what it waits for.
 *
 * One for each file; its VMs, and by them its queues and jobs, keep it. Protected by
 * &rocket_fair.lock, if nothing else is said.
 */
struct rocket_share {
	/** @ref: The file's and the VMs' references. */
	struct kref ref;

	/** @fair: Who it shares with; the device, which file and VMs keep, has it. */
	struct rocket_fair *fair;

	/**
	 * @busy_ns: For each core, how long jobs ran there that have ended; by
	 * its &rocket_core.lock.
	 */
	u64 busy_ns[ROCKET_MAX_CORES];

	/** @nodes: In &rocket_fair.trees, where a turn waits for that core; else empty. */
	struct rb_node nodes[ROCKET_MAX_CORES];

	/** @ready: Turns that wait, by priority and by the cores they may have, oldest first. */
	struct list_head ready[ROCKET_PRIORITIES][ROCKET_CORE_SETS];

	/**
	 * @time: For each core, what it has had of the NPU by jobs that might have run there,
	 * in ns, weighted: its place in the order.
	 */
	u64 time[ROCKET_MAX_CORES];

	/** @wanted: How many of these each core may have. */
	unsigned int wanted[ROCKET_MAX_CORES];

	/** @active: How many turns wait or run. */
	unsigned int active;

	/** @until: While it is in a list by @blocked: until when, in ns of CLOCK_MONOTONIC. */
	u64 until;

	/** @blocked: In &rocket_fair.blocked, if a penalty is not over; else empty. */
	struct list_head blocked;
};

/**
 * struct rocket_turn - What can be picked: the first job of a queue.
 *
 * Protected by &rocket_fair.lock.
 */
struct rocket_turn {
	/** @share: Whose. */
	struct rocket_share *share;

	/** @vm: Turns with the same one cost no switch after each other. */
	const void *vm;

	/** @node: In &rocket_share.ready while it waits; else empty. */
	struct list_head node;

	/** @cores: Which cores may have it, a bit mask; not 0. */
	u32 cores;

	/** @priority: Index into &rocket_share.ready. */
	u32 priority;

	/** @number: Of all that ever waited, which it is. */
	u64 number;
};

/**
 * struct rocket_stay - Who has a core, and for how long already.
 *
 * Protected by &rocket_fair.lock.
 */
struct rocket_stay {
	/** @running: Whose turn runs; %NULL for none. */
	struct rocket_share *running;

	/** @cores: Which cores that turn might have had. */
	u32 cores;

	/** @priority: Of that turn. */
	u32 priority;

	/** @charged: Until when it has been charged, in ns of CLOCK_MONOTONIC. */
	u64 charged;

	/** @share: Who had the last turn; %NULL when it is gone. */
	struct rocket_share *share;

	/** @turn: That turn; %NULL when it is gone. */
	struct rocket_turn *turn;

	/** @since: When @share came, or its VM changed. */
	u64 since;

	/** @least: The least &rocket_share.time that waited when one was picked; never less. */
	u64 least;
};

/**
 * struct rocket_fair - Who is next.
 *
 * The functions are called with @lock held, if nothing else is said.
 */
struct rocket_fair {
	/** @lock: Protects all of it. Taken in hard interrupt context, inside others. */
	spinlock_t lock;

	/** @trees: For each core, the shares that wait for it, by &rocket_share.time. */
	struct rb_root_cached trees[ROCKET_MAX_CORES];

	/** @stays: For each core. */
	struct rocket_stay stays[ROCKET_MAX_CORES];

	/** @active: How many shares have turns that wait or run. */
	unsigned int active;

	/** @number: How many turns have waited, ever. */
	u64 number;

	/** @blocked: Shares with a penalty. */
	struct list_head blocked;

	/** @timer: Expires when the first penalty is over. */
	struct hrtimer timer;

	/** @unblocked: Called then, without @lock, in hard interrupt context. */
	void (*unblocked)(struct rocket_fair *fair);
};

void rocket_fair_init(struct rocket_fair *fair, void (*unblocked)(struct rocket_fair *fair));
void rocket_fair_fini(struct rocket_fair *fair);

struct rocket_share *rocket_share_create(struct rocket_fair *fair);
struct rocket_share *rocket_share_get(struct rocket_share *share);
void rocket_share_put(struct rocket_share *share);

void rocket_turn_init(struct rocket_turn *turn, struct rocket_share *share, const void *vm);
void rocket_turn_fini(struct rocket_turn *turn);

void rocket_fair_add(struct rocket_fair *fair, struct rocket_turn *turn, u32 cores,
		     u32 priority);
void rocket_fair_remove(struct rocket_fair *fair, struct rocket_turn *turn);
struct rocket_turn *rocket_fair_pick(struct rocket_fair *fair, unsigned int core, u64 now);
void rocket_fair_end(struct rocket_fair *fair, unsigned int core, u64 now);
u32 rocket_fair_waiting(const struct rocket_fair *fair);
void rocket_fair_penalize(struct rocket_share *share, u64 cost, u64 now);

#endif
