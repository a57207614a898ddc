// SPDX-License-Identifier: MIT
#include <stdint.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_cbuf.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("A core that has to be scrubbed for its next client while the system goes to sleep");

#define SECRET		0x5ec00000u

static struct rocket_cbuf client(void)
{
	struct rocket_cbuf c;

	rocket_cbuf_init(&c, rocket_open());
	return c;
}

static struct {
	void (*go)(void);		/* to sleep */
	struct rocket_blocker blocker;	/* what the thief waits for */
	struct rocket_cbuf thief;
	enum rocket_cbuf_side side;
	unsigned int core;
	uint64_t starts, tasks;		/* of the core, when the thief's job came */
	bool in_time;
} night;

static void begin_night(unsigned int core, enum rocket_cbuf_side side)
{
	night.core = core;
	night.side = side;
	night.thief.cores = 1u << core;
	night.starts = rocket_board_count(core, ROCKET_BOARD_STARTS);
	night.tasks = rocket_board_count(core, ROCKET_BOARD_TASKS);
}

/* The thief has found nothing, and the core was scrubbed so often, since it began. */
static void end_night(unsigned int others, unsigned int failed)
{
	uint64_t tasks = rocket_board_count(night.core, ROCKET_BOARD_TASKS) - night.tasks;
	uint64_t starts = rocket_board_count(night.core, ROCKET_BOARD_STARTS) - night.starts;

	/* There the sleep itself erases. */
	if (night.thief.rk3576)
		return;
	/* Behind each failure there is a self-test. */
	igt_assert_eq_u64(tasks, others + failed + ROCKET_SCRUB_TASKS + 1);
	igt_assert_eq_u64(starts, tasks + failed);
	igt_assert_eq(rocket_cbuf_scrubs(&night.thief, night.core, 1), 0);
}

static void sleep_before_release(struct rocket_cbuf *thief)
{
	(void)thief;
	night.go();
	igt_assert(rocket_blocker_blocks(&night.blocker));
	igt_assert_eq_u64(rocket_board_count(night.core, ROCKET_BOARD_STARTS), night.starts);
	rocket_blocker_release(&night.blocker);
}

/* The thief's job waits for somebody who sleeps as well. */
static void night_before(struct rocket_cbuf *victim, unsigned int core,
			 enum rocket_cbuf_side side)
{
	struct drm_rocket_sync in;

	victim->cores = 1u << core;
	igt_assert_eq(rocket_cbuf_fill(victim, side, SECRET), 0);
	begin_night(core, side);
	rocket_blocker_init(&night.blocker, night.thief.fd);
	in = rocket_sync(night.blocker.syncobj, 0);
	night.thief.in = &in;
	night.thief.meanwhile = sleep_before_release;
	igt_assert_eq(rocket_cbuf_found(&night.thief, side, SECRET), 0);
	night.thief.in = NULL;
	night.thief.meanwhile = NULL;
	rocket_blocker_fini(&night.blocker);
	end_night(0, 0);
}

static void test_waiting(void)
{
	struct rocket_cbuf victim = client();

	night.thief = client();
	for (unsigned int core = 0; core < rocket_board_cores(); core++) {
		night.go = rocket_sysfs_nap;
		night_before(&victim, core, ROCKET_CBUF_FEATURES);
		night_before(&victim, core, ROCKET_CBUF_WEIGHTS);
		night.go = rocket_sysfs_sleep;
		night_before(&victim, core, core & 1);
	}
}

static void sleep_in_time(struct rocket_cbuf *thief)
{
	(void)thief;
	/* Nothing that was started has ended. */
	night.in_time = rocket_board_count(night.core, ROCKET_BOARD_TASKS) == night.tasks;
	night.go();
}

static void await_start(void)
{
	igt_set_timeout(60, "the start of a task");
	while (rocket_board_count(night.core, ROCKET_BOARD_STARTS) == night.starts)
		;
	igt_reset_timeout();
}

static void thief_behind(struct rocket_cbuf *victim)
{
	(void)victim;
	await_start();
	/* As everybody else. */
	rocket_board_set(ROCKET_BOARD_TASK_NS, ROCKET_BOARD_USUAL_TASK_NS);
	night.thief.meanwhile = sleep_in_time;
	igt_assert_eq(rocket_cbuf_found(&night.thief, night.side, SECRET), 0);
	night.thief.meanwhile = NULL;
}

/* The victim's job runs so long that the system has to wait for it; behind it, the thief's. */
static bool night_behind(struct rocket_cbuf *victim, unsigned int core,
			 enum rocket_cbuf_side side, unsigned int ms)
{
	victim->cores = 1u << core;
	igt_assert_eq(rocket_cbuf_fill(victim, side, SECRET), 0);
	begin_night(core, side);
	victim->timeout_ms = 10000;
	victim->meanwhile = thief_behind;
	rocket_board_set(ROCKET_BOARD_TASK_NS, ms * 1000000);
	igt_assert_eq(rocket_cbuf_touch(victim), 0);
	victim->meanwhile = NULL;
	end_night(1, 0);
	return night.in_time;
}

static void test_behind(void)
{
	struct rocket_cbuf victim = client();

	night.thief = client();
	night.go = rocket_sysfs_nap;
	for (unsigned int core = 0; core < rocket_board_cores(); core++) {
		unsigned int ms = 500;

		/* A busy host needs longer to get there. */
		while (!night_behind(&victim, core, core & 1, ms)) {
			ms *= 2;
			igt_assert_lte(ms, 4000);
		}
	}
}

static void sleep_in_scrub(struct rocket_cbuf *thief)
{
	await_start();
	rocket_board_set(ROCKET_BOARD_TASK_NS, ROCKET_BOARD_USUAL_TASK_NS);
	sleep_in_time(thief);
}

/*
 * The core is being scrubbed, for as long as it takes to fall asleep; or in vain, so
 * that it has to be recovered, and scrubbed again, on the way.
 */
static void night_in(struct rocket_cbuf *victim, unsigned int core, bool hangs)
{
	victim->cores = 1u << core;
	igt_assert_eq(rocket_cbuf_fill(victim, ROCKET_CBUF_WEIGHTS, SECRET), 0);
	begin_night(core, ROCKET_CBUF_WEIGHTS);
	if (hangs)
		rocket_board_inject(core, ROCKET_BOARD_INJ_NEVER_COMPLETE, 1);
	else
		rocket_board_set(ROCKET_BOARD_TASK_NS, 200 * 1000000);
	night.thief.meanwhile = sleep_in_scrub;
	igt_assert_eq(rocket_cbuf_found(&night.thief, ROCKET_CBUF_WEIGHTS, SECRET), 0);
	night.thief.meanwhile = NULL;
	end_night(0, hangs);
}

static void test_in_scrub(void)
{
	struct rocket_cbuf victim = client();

	night.thief = client();
	night.go = rocket_sysfs_nap;
	for (unsigned int core = 0; core < rocket_board_cores(); core++) {
		night_in(&victim, core, false);
		night_in(&victim, core, true);
	}
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(void);
		const char *what;
	} tests[] = {
		{ "waiting", test_waiting,
		  "A job that waits while the system sleeps finds nothing, after one scrub" },
		{ "behind", test_behind,
		  "Nor does one behind the former client's, which the system waits for" },
		{ "in-scrub", test_in_scrub,
		  "Nor one whose scrub runs, or hangs, when the system goes to sleep" },
	};

	igt_fixture {
		close(rocket_open());
		rocket_require_board();
		rocket_sysfs_require_nap();
	}

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			tests[i].test();
	}

	igt_fixture
		rocket_sysfs_bring_back();
}
