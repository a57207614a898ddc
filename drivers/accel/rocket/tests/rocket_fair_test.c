// SPDX-License-Identifier: GPL-2.0-only

#include <drm/rocket_accel.h>
#include <linux/bits.h>
#include <linux/math64.h>
#include <linux/time64.h>

#include "../rocket_fair.h"
#include "rocket_kunit.h"

/*
 * Clients that share cores, in a time of its own: a core runs what was picked for as long
 * as its job takes, and picks anew.
 */

#define MS		((u64)NSEC_PER_MSEC)
#define CLIENTS		32
#define ALL		((1 << ROCKET_MAX_CORES) - 1)

/* A client: queues that have always a job, or one job at a time. */
struct client {
	struct rocket_share *share;
	struct rocket_turn turns[4];
	/* How many of them it uses. */
	unsigned int queues;
	/* How long its jobs take, which cores they may have, how urgent they are. */
	u64 length;
	u32 cores;
	u32 priority;
	/* How long after the end of one the next one comes; 0: it is there already. */
	u64 pause;
	/* When that is; 0 when it has come. */
	u64 comes;
	/* What it got. */
	u64 had;
	unsigned int jobs;
};

struct world {
	struct kunit *test;
	struct rocket_fair fair;
	struct client clients[CLIENTS];
	unsigned int count;
	unsigned int cores;
	/* For each core: what runs, until when; who ran last. */
	struct rocket_turn *running[ROCKET_MAX_CORES];
	u64 until[ROCKET_MAX_CORES];
	struct client *last[ROCKET_MAX_CORES];
	u64 now;
	u64 idle;
	unsigned int changes;
};

static void unblocked(struct rocket_fair *fair)
{
}

static struct world *make_world(struct kunit *test, unsigned int cores)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->test = test;
	w->cores = cores;
	w->now = 1000 * MS;
	rocket_fair_init(&w->fair, unblocked);

	return w;
}

static void add(struct world *w, struct client *c, struct rocket_turn *turn)
{
	rocket_fair_add(&w->fair, turn, c->cores, c->priority);
}

static struct client *add_client(struct world *w, u64 length, unsigned int queues)
{
	struct client *c = &w->clients[w->count++];

	c->share = rocket_share_create(&w->fair);
	KUNIT_ASSERT_NOT_NULL(w->test, c->share);
	c->queues = queues;
	c->length = length;
	c->cores = ALL;
	c->priority = DRM_ROCKET_JOB_PRIORITY_NORMAL;
	for (unsigned int i = 0; i < queues; i++)
		rocket_turn_init(&c->turns[i], c->share, &c->turns[i]);

	return c;
}

static struct client *client_of(struct world *w, const struct rocket_turn *turn)
{
	for (unsigned int i = 0; i < w->count; i++) {
		if (w->clients[i].share == turn->share)
			return &w->clients[i];
	}

	return NULL;
}

static void begin(struct world *w, struct client *c)
{
	guard(spinlock_irq)(&w->fair.lock);

	for (unsigned int i = 0; i < c->queues; i++)
		add(w, c, &c->turns[i]);
}

static void end_job(struct world *w, unsigned int core)
{
	struct rocket_turn *turn = w->running[core];
	struct client *c = client_of(w, turn);

	rocket_fair_end(&w->fair, core, w->now);
	c->had += c->length;
	c->jobs++;
	w->running[core] = NULL;
	if (c->pause)
		c->comes = w->now + c->pause;
	else
		add(w, c, turn);
}

static void start_job(struct world *w, unsigned int core)
{
	struct rocket_turn *turn = rocket_fair_pick(&w->fair, core, w->now);
	struct client *c;

	if (!turn)
		return;

	c = client_of(w, turn);
	KUNIT_EXPECT_TRUE(w->test, turn->cores & BIT(core));
	w->running[core] = turn;
	w->until[core] = w->now + c->length;
	w->changes += w->last[core] != c;
	w->last[core] = c;
}

/* To when something happens next, but not beyond @end. */
static void pass_time(struct world *w, u64 end)
{
	u64 next = end;

	for (unsigned int core = 0; core < w->cores; core++) {
		if (w->running[core])
			next = min(next, w->until[core]);
	}
	for (unsigned int i = 0; i < w->count; i++) {
		if (w->clients[i].comes)
			next = min(next, w->clients[i].comes);
	}
	for (unsigned int core = 0; core < w->cores; core++) {
		if (!w->running[core])
			w->idle += next - w->now;
	}
	w->now = next;
}

static void run(struct world *w, u64 time)
{
	u64 end = w->now + time;

	guard(spinlock_irq)(&w->fair.lock);

	while (w->now < end) {
		for (unsigned int core = 0; core < w->cores; core++) {
			if (w->running[core] && w->until[core] <= w->now)
				end_job(w, core);
		}
		for (unsigned int i = 0; i < w->count; i++) {
			struct client *c = &w->clients[i];

			if (!c->comes || c->comes > w->now)
				continue;
			c->comes = 0;
			add(w, c, &c->turns[0]);
		}
		for (unsigned int core = 0; core < w->cores; core++) {
			if (!w->running[core])
				start_job(w, core);
		}
		pass_time(w, end);
	}
}

static void forget_past(struct world *w)
{
	for (unsigned int i = 0; i < w->count; i++) {
		w->clients[i].had = 0;
		w->clients[i].jobs = 0;
	}
	w->changes = 0;
	w->idle = 0;
}

static void expect_near(struct world *w, const struct client *c, u64 share, u64 error)
{
	KUNIT_EXPECT_GE_MSG(w->test, c->had + error, share, "client %td", c - w->clients);
	KUNIT_EXPECT_LE_MSG(w->test, c->had, share + error, "client %td", c - w->clients);
}

/* Each gets a tenth more or less than its share of 100 ms, but for a job on each core. */
static void expect_fair(struct world *w)
{
	u64 share = div_u64(100 * MS * w->cores, w->count);

	run(w, 37 * MS);
	forget_past(w);
	run(w, 100 * MS);
	KUNIT_EXPECT_EQ(w->test, w->idle, 0);
	for (unsigned int i = 0; i < w->count; i++)
		expect_near(w, &w->clients[i], share,
			    div_u64(share, 10) + w->cores * w->clients[i].length);
}

static void free_world(struct world *w)
{
	for (unsigned int core = 0; core < ROCKET_MAX_CORES; core++) {
		if (w->running[core])
			scoped_guard(spinlock_irq, &w->fair.lock)
				rocket_fair_end(&w->fair, core, w->now);
	}
	for (unsigned int i = 0; i < w->count; i++) {
		struct client *c = &w->clients[i];

		for (unsigned int j = 0; j < c->queues; j++) {
			if (!list_empty(&c->turns[j].node))
				scoped_guard(spinlock_irq, &w->fair.lock)
					rocket_fair_remove(&w->fair, &c->turns[j]);
			rocket_turn_fini(&c->turns[j]);
		}
		KUNIT_EXPECT_EQ(w->test, c->share->active, 0);
		rocket_share_put(c->share);
	}
	KUNIT_EXPECT_EQ(w->test, w->fair.active, 0);
	KUNIT_EXPECT_EQ(w->test, rocket_fair_waiting(&w->fair), 0);
	rocket_fair_fini(&w->fair);
}

/* From two clients to many, on one core and on all; lengths that differ. */
static void test_equal(struct kunit *test)
{
	static const unsigned int counts[] = { 2, 3, 8, 32 };
	static const u64 lengths[] = { 50000, 50000, 200000, 10000 };

	for (unsigned int cores = 1; cores <= ROCKET_MAX_CORES; cores++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++) {
			struct world *w;

			/* A client has no more than one job at a time. */
			if (counts[i] < cores)
				continue;
			w = make_world(test, cores);
			for (unsigned int j = 0; j < counts[i]; j++)
				begin(w, add_client(w, lengths[j % 4], 1));
			expect_fair(w);
			free_world(w);
		}
	}
}

static void test_short_against_long(struct kunit *test)
{
	struct world *w = make_world(test, 1);

	begin(w, add_client(w, 100000, 1));
	begin(w, add_client(w, 3 * MS, 1));
	expect_fair(w);
	free_world(w);
}

/* Four queues, or VMs, are no more than one. */
static void test_few_against_many(struct kunit *test)
{
	struct world *w = make_world(test, 1);

	begin(w, add_client(w, 100000, 1));
	begin(w, add_client(w, 100000, 4));
	expect_fair(w);
	free_world(w);
}

/* One that uses all cores alone, until another one comes. */
static void test_all_cores(struct kunit *test)
{
	struct world *w = make_world(test, ROCKET_MAX_CORES);
	struct client *wide = add_client(w, 100000, 4), *narrow = add_client(w, 100000, 1);

	begin(w, wide);
	run(w, 10 * MS);
	KUNIT_EXPECT_EQ(test, w->idle, 0);
	begin(w, narrow);
	forget_past(w);
	run(w, 100 * MS);
	/* It has one job at a time, which is less than its share. */
	expect_near(w, narrow, 100 * MS, 10 * MS);
	expect_near(w, wide, 200 * MS, 10 * MS);
	KUNIT_EXPECT_EQ(test, w->idle, 0);
	free_world(w);
}

/* Who may have one core only gets that shared; the others have the rest. */
static void test_masks(struct kunit *test)
{
	struct world *w = make_world(test, 2);
	struct client *first = add_client(w, 100000, 2), *any = add_client(w, 100000, 2);

	first->cores = BIT(0);
	begin(w, first);
	begin(w, any);
	run(w, 20 * MS);
	forget_past(w);
	run(w, 100 * MS);
	KUNIT_EXPECT_EQ(test, w->idle, 0);
	/* Core 1 alone is as much as it can get of that. */
	expect_near(w, first, 100 * MS, 11 * MS);
	expect_near(w, any, 100 * MS, 11 * MS);
	free_world(w);
}

/*
 * Two share a core, one has another alone: who comes to either is not owed what that one had
 * more, nor owes it.
 */
static void test_come_late(struct kunit *test)
{
	for (u32 core = 0; core < 3; core++) {
		struct world *w = make_world(test, 2);
		struct client *late;

		for (unsigned int i = 0; i < 3; i++) {
			struct client *c = add_client(w, 100000, 1);

			c->cores = i < 2 ? BIT(0) : BIT(1);
			begin(w, c);
		}
		run(w, 2000 * MS);
		late = add_client(w, 100000, 2);
		late->cores = core == 2 ? ALL : BIT(core);
		begin(w, late);
		forget_past(w);
		run(w, 100 * MS);
		/* A third of one, half of the other, or a quarter of both. */
		expect_near(w, late, (core == 0 ? 33 : 50) * MS, 10 * MS);
		expect_near(w, &w->clients[2], (core == 0 ? 100 : 50) * MS, 10 * MS);
		free_world(w);
	}
}

/* Four times as much, or a quarter. */
static void test_priorities(struct kunit *test)
{
	static const u64 shares[] = { 4, 1, 16 };
	struct world *w = make_world(test, 1);

	for (u32 i = 0; i < ROCKET_PRIORITIES; i++) {
		struct client *c = add_client(w, 50000, 1);

		c->priority = i;
		begin(w, c);
	}
	run(w, 50 * MS);
	forget_past(w);
	run(w, 210 * MS);
	for (u32 i = 0; i < ROCKET_PRIORITIES; i++)
		expect_near(w, &w->clients[i], 10 * MS * shares[i], 2 * MS + shares[i] * MS);
	free_world(w);
}

/* A file's own: the higher one first. */
static void test_own_priorities(struct kunit *test)
{
	struct world *w = make_world(test, 1);
	struct client *c = add_client(w, 100000, 2);

	scoped_guard(spinlock_irq, &w->fair.lock) {
		rocket_fair_add(&w->fair, &c->turns[0], ALL, DRM_ROCKET_JOB_PRIORITY_LOW);
		rocket_fair_add(&w->fair, &c->turns[1], ALL, DRM_ROCKET_JOB_PRIORITY_NORMAL);
		KUNIT_EXPECT_PTR_EQ(test, rocket_fair_pick(&w->fair, 0, w->now), &c->turns[1]);
		rocket_fair_end(&w->fair, 0, w->now);
	}
	free_world(w);
}

/* Who comes rarely waits for the job that runs, whoever floods the core. */
static void test_newcomer(struct kunit *test)
{
	struct world *w = make_world(test, 1);
	struct client *rare;

	for (unsigned int i = 0; i < 4; i++)
		begin(w, add_client(w, 20000, 4));
	rare = add_client(w, 50000, 1);
	rare->pause = 7 * MS + 3000;
	rare->comes = w->now + rare->pause;
	run(w, 100 * rare->pause + 100 * (rare->length + 20000));
	KUNIT_EXPECT_GE(test, rare->jobs, 99);
	free_world(w);
}

/* Nor does it get more than its share by coming and going. */
static void test_sleeper(struct kunit *test)
{
	struct world *w = make_world(test, 1);
	struct client *sleeper, *other = add_client(w, 100000, 1);

	begin(w, other);
	sleeper = add_client(w, 2 * MS, 1);
	sleeper->pause = 1000;
	sleeper->comes = w->now;
	run(w, 20 * MS);
	forget_past(w);
	run(w, 200 * MS);
	KUNIT_EXPECT_LE(test, sleeper->had, 110 * MS);
	free_world(w);
}

/* A core does not change hands for each job: that costs an erasure. */
static void test_slices(struct kunit *test)
{
	struct world *w = make_world(test, 1);

	begin(w, add_client(w, 20000, 2));
	begin(w, add_client(w, 20000, 2));
	run(w, 200 * MS);
	KUNIT_EXPECT_LE(test, w->changes, 200 * MS / (ROCKET_SLICE_NS / 2) + 2);
	free_world(w);
}

/* A queue that the core holds goes on, but not for ever. */
static void test_own_queues(struct kunit *test)
{
	struct world *w = make_world(test, 1);
	struct client *c = add_client(w, 100000, 2);
	unsigned int had[2] = {}, changes = 0;
	struct rocket_turn *last = NULL;

	begin(w, c);
	scoped_guard(spinlock_irq, &w->fair.lock) {
		for (unsigned int i = 0; i < 1000; i++) {
			struct rocket_turn *turn = rocket_fair_pick(&w->fair, 0, w->now);

			had[turn - c->turns]++;
			changes += turn != last;
			last = turn;
			w->now += c->length;
			rocket_fair_end(&w->fair, 0, w->now);
			add(w, c, turn);
		}
	}
	KUNIT_EXPECT_GE(test, had[0], 400);
	KUNIT_EXPECT_GE(test, had[1], 400);
	KUNIT_EXPECT_LE(test, changes, 1000 * c->length / ROCKET_SLICE_NS + 2);
	free_world(w);
}

/* A penalty keeps a file from the cores, and nobody else. */
static void test_penalty(struct kunit *test)
{
	struct world *w = make_world(test, 1);
	struct client *bad = add_client(w, 100000, 1), *good = add_client(w, 100000, 1);

	w->now = ktime_get_ns() + 3600ull * NSEC_PER_SEC;
	begin(w, bad);
	rocket_fair_penalize(bad->share, 10 * MS, w->now);
	scoped_guard(spinlock_irq, &w->fair.lock) {
		KUNIT_EXPECT_EQ(test, rocket_fair_waiting(&w->fair), 0);
		KUNIT_EXPECT_NULL(test, rocket_fair_pick(&w->fair, 0, w->now));
	}
	begin(w, good);
	run(w, 5 * MS);
	KUNIT_EXPECT_EQ(test, bad->jobs, 0);
	KUNIT_EXPECT_EQ(test, good->jobs, 49);
	/* Three times what it cost, and they add up. */
	KUNIT_EXPECT_EQ(test, bad->share->until, w->now - 5 * MS + 30 * MS);
	rocket_fair_penalize(bad->share, 10 * MS, w->now);
	KUNIT_EXPECT_EQ(test, bad->share->until, w->now - 5 * MS + 60 * MS);
	free_world(w);
}

static struct kunit_case fair_cases[] = {
	KUNIT_CASE(test_equal),
	KUNIT_CASE(test_short_against_long),
	KUNIT_CASE(test_few_against_many),
	KUNIT_CASE(test_all_cores),
	KUNIT_CASE(test_masks),
	KUNIT_CASE(test_come_late),
	KUNIT_CASE(test_priorities),
	KUNIT_CASE(test_own_priorities),
	KUNIT_CASE(test_newcomer),
	KUNIT_CASE(test_sleeper),
	KUNIT_CASE(test_slices),
	KUNIT_CASE(test_own_queues),
	KUNIT_CASE(test_penalty),
	{}
};

struct kunit_suite rocket_fair_suite = {
	.name = "rocket_fair",
	.test_cases = fair_cases,
};
