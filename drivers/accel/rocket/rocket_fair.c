// SPDX-License-Identifier: GPL-2.0-only

#include <drm/rocket_accel.h>
#include <kunit/visibility.h>
#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/cleanup.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "rocket_fair.h"

/**
 * DOC: Who is next
 *
 * A core that is free takes from the file that has had least of the NPU: its jobs' time on
 * whatever core, and what it took to get these ready, which is mostly getting rid of others'
 * data. What a file is charged is weighted by the priority of the job. A file is whoever
 * opened the device: whatever VMs and queues it makes, it has one share.
 *
 * There is an order for each core, because jobs may be kept to some cores: what ran elsewhere
 * counts for a core only if it might have run there. Else who shares a core with many would
 * be owed more and more by who has another core alone.
 *
 * A file that had nothing to do does not save its time up: when it comes back it starts with
 * the one that had least of those who waited, less a slice, if it has not had more than that
 * already. With that slice it comes before those who have always something to do, at the
 * next end of a job; once, and not again before it has fallen behind as far.
 *
 * A core stays with its file for a slice, so that fairness does not cost an erasure
 * for each job: until the file is a slice ahead of the one that is behind most. Among its own
 * turns a file's higher priority goes first, then the VM that the core holds, for a slice, then
 * the oldest.
 *
 * A job that fails cost the others the time from its start until the core has recovered,
 * up to the longest timeout; and a file can queue thousands that are all going to fail, on
 * every core. So after a failure the file waits for three times as long as it cost, even if
 * nobody else wants the NPU, which must be there for who comes next. The penalties of
 * several failures add up. In the long run the failures of one file take no more than a
 * quarter of the time of one core; what is not charged is what ran before the first failure
 * was known, at most one job on each core. The wait is bounded by itself: only jobs that run
 * can fail. An accident costs what it costs three times over; a page fault, which ends a job
 * at once, next to nothing.
 *
 * Nothing here takes longer than it takes to find a place in a tree of the files that wait.
 */

/* The wait for each unit of time that a failure cost. */
#define ROCKET_PENALTY_FACTOR	3

/* For how long a core stays with who has it, in ns: the more there are, the shorter. */
static u64 rocket_fair_slice(const struct rocket_fair *fair)
{
	return max(ROCKET_SLICE_NS / max(fair->active, 1u), ROCKET_SLICE_MIN_NS);
}

static u64 rocket_fair_weigh(u64 ns, u32 priority)
{
	switch (priority) {
	case DRM_ROCKET_JOB_PRIORITY_HIGH:
		return ns >> ROCKET_PRIORITY_SHIFT;
	case DRM_ROCKET_JOB_PRIORITY_LOW:
		return ns << ROCKET_PRIORITY_SHIFT;
	default:
		return ns;
	}
}

/*
 * Trees
 */

static bool rocket_fair_less(struct rb_node *a, const struct rb_node *b, unsigned int core)
{
	return rb_entry(a, struct rocket_share, nodes[core])->time[core] <
	       rb_entry(b, struct rocket_share, nodes[core])->time[core];
}

static void rocket_fair_insert(struct rocket_fair *fair, struct rocket_share *share,
			       unsigned int core)
{
	struct rb_node **link = &fair->trees[core].rb_root.rb_node;
	struct rb_node *node = &share->nodes[core], *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		/* Who comes later goes behind its equals. */
		if (rocket_fair_less(node, parent, core)) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}

	rb_link_node(node, parent, link);
	rb_insert_color_cached(node, &fair->trees[core], leftmost);
}

static void rocket_fair_erase(struct rocket_fair *fair, struct rocket_share *share,
			      unsigned int core)
{
	rb_erase_cached(&share->nodes[core], &fair->trees[core]);
	RB_CLEAR_NODE(&share->nodes[core]);
}

static struct list_head *rocket_share_list(struct rocket_share *share, u32 priority, u32 cores)
{
	return &share->ready[priority][cores - 1];
}

static void rocket_share_count(struct rocket_share *share, u32 cores, int more)
{
	for (unsigned int core = 0; core < ROCKET_MAX_CORES; core++) {
		if (cores & BIT(core))
			share->wanted[core] += more;
	}
}

/* Puts a share where it belongs: into the trees of the cores that may have its turns. */
static void rocket_fair_place(struct rocket_fair *fair, struct rocket_share *share)
{
	for (unsigned int core = 0; core < ROCKET_MAX_CORES; core++) {
		bool wanted = share->wanted[core] && list_empty(&share->blocked);
		bool there = !RB_EMPTY_NODE(&share->nodes[core]);

		if (wanted && !there)
			rocket_fair_insert(fair, share, core);
		else if (there && !wanted)
			rocket_fair_erase(fair, share, core);
	}
}

static void rocket_fair_set_time(struct rocket_fair *fair, struct rocket_share *share,
				 unsigned int core, u64 time)
{
	bool there = !RB_EMPTY_NODE(&share->nodes[core]);

	if (time == share->time[core])
		return;

	if (there)
		rocket_fair_erase(fair, share, core);
	share->time[core] = time;
	if (there)
		rocket_fair_insert(fair, share, core);
}

static void rocket_fair_charge(struct rocket_fair *fair, const struct rocket_stay *stay, u64 ns)
{
	u64 time = rocket_fair_weigh(ns, stay->priority);

	for (unsigned int core = 0; core < ROCKET_MAX_CORES; core++) {
		if (stay->cores & BIT(core))
			rocket_fair_set_time(fair, stay->running, core,
					     stay->running->time[core] + time);
	}
}

/* Who comes is neither far behind the others nor far ahead, wherever it has been. */
static void rocket_fair_catch_up(struct rocket_fair *fair, struct rocket_turn *turn)
{
	u64 slice = rocket_fair_slice(fair);

	for (unsigned int core = 0; core < ROCKET_MAX_CORES; core++) {
		u64 least = fair->stays[core].least;

		if (turn->cores & BIT(core))
			rocket_fair_set_time(fair, turn->share, core,
					     clamp(turn->share->time[core],
						   least - min(slice, least),
						   least + ROCKET_LEAD_NS));
	}
}

/* What runs has had time, too. */
static void rocket_fair_settle(struct rocket_fair *fair, u64 now)
{
	for (unsigned int core = 0; core < ROCKET_MAX_CORES; core++) {
		struct rocket_stay *stay = &fair->stays[core];

		if (!stay->running || now <= stay->charged)
			continue;
		rocket_fair_charge(fair, stay, now - stay->charged);
		stay->charged = now;
	}
}

/*
 * Turns
 */

/**
 * rocket_turn_init() - Get ready to wait.
 * @turn: The turn.
 * @share: Whose; outlives it.
 * @vm: What it shares with turns that cost no switch.
 */
void rocket_turn_init(struct rocket_turn *turn, struct rocket_share *share, const void *vm)
{
	turn->share = share;
	turn->vm = vm;
	INIT_LIST_HEAD(&turn->node);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_turn_init);

/**
 * rocket_turn_fini() - Nobody remembers it any more.
 * @turn: The turn, which neither waits nor runs.
 *
 * Context: Takes &rocket_fair.lock.
 */
void rocket_turn_fini(struct rocket_turn *turn)
{
	struct rocket_fair *fair = turn->share->fair;

	guard(spinlock_irqsave)(&fair->lock);

	for (unsigned int core = 0; core < ROCKET_MAX_CORES; core++) {
		if (fair->stays[core].turn == turn)
			fair->stays[core].turn = NULL;
	}
}
EXPORT_SYMBOL_IF_KUNIT(rocket_turn_fini);

/**
 * rocket_fair_add() - A turn waits.
 * @fair: Who shares.
 * @turn: The turn, which neither waits nor runs.
 * @cores: Which cores may have it, a bit mask; not 0.
 * @priority: Of its job, an enum drm_rocket_job_priority.
 */
void rocket_fair_add(struct rocket_fair *fair, struct rocket_turn *turn, u32 cores,
		     u32 priority)
{
	struct rocket_share *share = turn->share;

	lockdep_assert_held(&fair->lock);

	if (!share->active++)
		fair->active++;

	turn->cores = cores;
	turn->priority = priority;
	turn->number = ++fair->number;
	rocket_fair_catch_up(fair, turn);
	list_add_tail(&turn->node, rocket_share_list(share, priority, cores));
	rocket_share_count(share, cores, 1);
	rocket_fair_place(fair, share);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_fair_add);

static void rocket_fair_take(struct rocket_fair *fair, struct rocket_turn *turn)
{
	list_del_init(&turn->node);
	rocket_share_count(turn->share, turn->cores, -1);
	rocket_fair_place(fair, turn->share);
}

static void rocket_fair_leave(struct rocket_fair *fair, struct rocket_share *share)
{
	if (!--share->active)
		fair->active--;
}

/**
 * rocket_fair_remove() - A turn waits no more, and will not run.
 * @fair: Who shares.
 * @turn: The turn, which waits.
 */
void rocket_fair_remove(struct rocket_fair *fair, struct rocket_turn *turn)
{
	lockdep_assert_held(&fair->lock);

	rocket_fair_take(fair, turn);
	rocket_fair_leave(fair, turn->share);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_fair_remove);

/* Of these turns, the one that has waited longest for a core. */
static struct rocket_turn *rocket_share_oldest(struct rocket_share *share, u32 priority,
					       unsigned int core)
{
	struct rocket_turn *oldest = NULL;

	for (u32 cores = 1; cores <= ROCKET_CORE_SETS; cores++) {
		struct rocket_turn *turn;

		if (!(cores & BIT(core)))
			continue;
		turn = list_first_entry_or_null(rocket_share_list(share, priority, cores),
						struct rocket_turn, node);
		if (turn && (!oldest || turn->number < oldest->number))
			oldest = turn;
	}

	return oldest;
}

/*
 * Which of its turns a share that waits for a core gives to it; @slice: there is still time
 * for the VM that it had last.
 */
static struct rocket_turn *rocket_share_next(struct rocket_share *share, unsigned int core,
					     const struct rocket_stay *stay, bool slice)
{
	static const u32 order[] = {
		DRM_ROCKET_JOB_PRIORITY_HIGH,
		DRM_ROCKET_JOB_PRIORITY_NORMAL,
		DRM_ROCKET_JOB_PRIORITY_LOW,
	};
	struct rocket_turn *turn = NULL, *last = stay->turn;

	for (u32 i = 0; !turn && i < ARRAY_SIZE(order); i++)
		turn = rocket_share_oldest(share, order[i], core);

	/* The queue that the core has run last needs nothing to be changed. */
	if (slice && turn && stay->share == share && last && !list_empty(&last->node) &&
	    last->cores & BIT(core) && last->priority == turn->priority)
		return last;

	return turn;
}

/**
 * rocket_fair_pick() - Who runs on a core next.
 * @fair: Who shares.
 * @core: Number of a core on which nothing runs.
 * @now: CLOCK_MONOTONIC, in ns.
 *
 * From here until rocket_fair_end() the share is charged.
 *
 * Return: The turn, which waits no more; %NULL when none wants that core.
 */
struct rocket_turn *rocket_fair_pick(struct rocket_fair *fair, unsigned int core, u64 now)
{
	struct rocket_stay *stay = &fair->stays[core];
	struct rocket_share *share, *same = stay->share;
	u64 slice = rocket_fair_slice(fair);
	struct rocket_turn *turn;
	struct rb_node *first;

	lockdep_assert_held(&fair->lock);

	rocket_fair_settle(fair, now);

	first = rb_first_cached(&fair->trees[core]);
	if (!first)
		return NULL;

	share = rb_entry(first, struct rocket_share, nodes[core]);
	stay->least = max(stay->least, share->time[core]);
	if (same && !RB_EMPTY_NODE(&same->nodes[core]) &&
	    same->time[core] < share->time[core] + slice)
		share = same;

	turn = rocket_share_next(share, core, stay, now - stay->since < slice);
	/* It is in that tree because it has one. */
	if (WARN_ON_ONCE(!turn))
		return NULL;

	if (share != same || !stay->turn || stay->turn->vm != turn->vm)
		stay->since = now;
	rocket_fair_take(fair, turn);

	stay->share = share;
	stay->turn = turn;
	stay->running = share;
	stay->cores = turn->cores;
	stay->priority = turn->priority;
	stay->charged = now;

	return turn;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_fair_pick);

/**
 * rocket_fair_end() - What was picked has ended.
 * @fair: Who shares.
 * @core: Number of the core.
 * @now: CLOCK_MONOTONIC, in ns.
 */
void rocket_fair_end(struct rocket_fair *fair, unsigned int core, u64 now)
{
	struct rocket_stay *stay = &fair->stays[core];

	lockdep_assert_held(&fair->lock);

	rocket_fair_settle(fair, now);
	rocket_fair_leave(fair, stay->running);
	stay->running = NULL;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_fair_end);

/**
 * rocket_fair_waiting() - Which cores could do something.
 * @fair: Who shares.
 *
 * Return: Bit n when a turn waits that core n may have.
 */
u32 rocket_fair_waiting(const struct rocket_fair *fair)
{
	u32 cores = 0;

	for (unsigned int core = 0; core < ROCKET_MAX_CORES; core++) {
		if (rb_first_cached(&fair->trees[core]))
			cores |= BIT(core);
	}

	return cores;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_fair_waiting);

/*
 * Penalties
 */

/* When the next penalty is over; 0 when there is none. */
static u64 rocket_fair_next(const struct rocket_fair *fair)
{
	const struct rocket_share *share;
	u64 next = 0;

	list_for_each_entry(share, &fair->blocked, blocked)
		next = next ? min(next, share->until) : share->until;

	return next;
}

/**
 * rocket_fair_penalize() - A job has failed by its own doing.
 * @share: Of the job's file.
 * @cost: How long it kept its core from others, in ns.
 * @now: CLOCK_MONOTONIC, in ns.
 *
 * Context: Any; takes &rocket_fair.lock.
 */
void rocket_fair_penalize(struct rocket_share *share, u64 cost, u64 now)
{
	struct rocket_fair *fair = share->fair;

	guard(spinlock_irqsave)(&fair->lock);

	if (list_empty(&share->blocked)) {
		share->until = now;
		list_add_tail(&share->blocked, &fair->blocked);
	}
	share->until += ROCKET_PENALTY_FACTOR * cost;
	rocket_fair_place(fair, share);

	hrtimer_start(&fair->timer, ns_to_ktime(rocket_fair_next(fair)), HRTIMER_MODE_ABS);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_fair_penalize);

/* Lets those go on whose penalty is over. */
static void rocket_fair_unblock(struct rocket_fair *fair, u64 now)
{
	struct rocket_share *share, *more;

	list_for_each_entry_safe(share, more, &fair->blocked, blocked) {
		if (share->until > now)
			continue;
		list_del_init(&share->blocked);
		rocket_fair_place(fair, share);
	}
}

static enum hrtimer_restart rocket_fair_timer(struct hrtimer *timer)
{
	struct rocket_fair *fair = container_of(timer, struct rocket_fair, timer);
	u64 next;

	scoped_guard(spinlock_irqsave, &fair->lock) {
		rocket_fair_unblock(fair, ktime_get_ns());
		next = rocket_fair_next(fair);
		if (next)
			hrtimer_set_expires(timer, ns_to_ktime(next));
	}

	fair->unblocked(fair);

	return next ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

/*
 * Shares
 */

/**
 * rocket_share_create() - For a file that has had nothing yet.
 * @fair: Who it shares with.
 *
 * Return: The share, with a reference; %NULL without memory.
 */
struct rocket_share *rocket_share_create(struct rocket_fair *fair)
{
	struct rocket_share *share = kzalloc_obj(*share, GFP_KERNEL_ACCOUNT);

	if (!share)
		return NULL;

	kref_init(&share->ref);
	share->fair = fair;
	INIT_LIST_HEAD(&share->blocked);
	for (u32 i = 0; i < ROCKET_PRIORITIES; i++) {
		for (u32 cores = 1; cores <= ROCKET_CORE_SETS; cores++)
			INIT_LIST_HEAD(rocket_share_list(share, i, cores));
	}
	for (unsigned int core = 0; core < ROCKET_MAX_CORES; core++)
		RB_CLEAR_NODE(&share->nodes[core]);

	return share;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_share_create);

/**
 * rocket_share_get() - Take a reference.
 * @share: The share, of which the caller has one.
 *
 * Return: @share.
 */
struct rocket_share *rocket_share_get(struct rocket_share *share)
{
	kref_get(&share->ref);

	return share;
}

static void rocket_share_release(struct kref *ref)
{
	struct rocket_share *share = container_of(ref, struct rocket_share, ref);
	struct rocket_fair *fair = share->fair;

	scoped_guard(spinlock_irqsave, &fair->lock) {
		list_del(&share->blocked);
		for (unsigned int core = 0; core < ROCKET_MAX_CORES; core++) {
			if (fair->stays[core].share == share)
				fair->stays[core].share = NULL;
		}
	}

	kfree(share);
}

/**
 * rocket_share_put() - Put a reference.
 * @share: The share.
 *
 * Context: The last one takes &rocket_fair.lock.
 */
void rocket_share_put(struct rocket_share *share)
{
	kref_put(&share->ref, rocket_share_release);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_share_put);

/**
 * rocket_fair_init() - Nobody waits.
 * @fair: Zeroed.
 * @unblocked: Called without lock in hard interrupt context when a penalty is over.
 */
void rocket_fair_init(struct rocket_fair *fair, void (*unblocked)(struct rocket_fair *fair))
{
	spin_lock_init(&fair->lock);
	INIT_LIST_HEAD(&fair->blocked);
	hrtimer_setup(&fair->timer, rocket_fair_timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	fair->unblocked = unblocked;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_fair_init);

/**
 * rocket_fair_fini() - Undo rocket_fair_init().
 * @fair: Who shared; no share is left.
 */
void rocket_fair_fini(struct rocket_fair *fair)
{
	hrtimer_cancel(&fair->timer);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_fair_fini);
