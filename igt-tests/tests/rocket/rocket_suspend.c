// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_job.h"
#include "igt_rocket_limits.h"
#include "igt_rocket_race.h"
#include "igt_rocket_scene.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("The system and its cores go to sleep, whatever the NPU is doing");

#define NOWHERE		0x90000000u
#define SHORT_MS	30u

static struct rocket_scene make_scene(int fd)
{
	return rocket_scene(fd, 0);
}

static struct drm_rocket_job long_job(struct rocket_scene *s, unsigned int slot, unsigned int core)
{
	return rocket_scene_job(s, slot, core, ROCKET_SCENE_LONG_MS);
}

static uint32_t submit_one(struct rocket_scene *s, struct drm_rocket_job job)
{
	return rocket_start(s->fd, &job);
}

static void all_healthy(struct rocket_scene *s)
{
	for (uint32_t left = rocket_core_mask(s->fd); left; left &= left - 1)
		rocket_scene_expect_healthy(s, __builtin_ctz(left), 40);
}

/*
 * The system
 */

static void test_idle(int fd)
{
	struct rocket_scene s = make_scene(fd);

	all_healthy(&s);
	rocket_sysfs_sleep();
	all_healthy(&s);
	/* All suspended already. */
	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++)
		rocket_sysfs_await_suspend(core);
	rocket_sysfs_sleep();
	all_healthy(&s);
}

/* Jobs that wait for a fence of somebody else, who sleeps as well. */
static void queued(int fd, void (*go_to_sleep)(void))
{
	enum { JOBS = 30 };
	struct rocket_blocker blocker;
	struct rocket_scene s = make_scene(fd);
	struct drm_rocket_sync in;
	uint32_t done[JOBS];

	rocket_blocker_init(&blocker, fd);
	in = rocket_sync(blocker.syncobj, 0);
	for (unsigned int i = 0; i < JOBS; i++) {
		struct drm_rocket_job job = long_job(&s, i, i % rocket_sysfs_cores());

		job.in_syncs = (uintptr_t)&in;
		job.in_sync_count = 1;
		job.sync_struct_size = sizeof(in);
		done[i] = submit_one(&s, job);
	}
	go_to_sleep();
	for (unsigned int i = 0; i < JOBS; i++) {
		igt_assert(rocket_syncobj_busy(fd, done[i]));
		igt_assert(!rocket_scene_copied(&s, i));
	}
	rocket_blocker_release(&blocker);
	for (unsigned int i = 0; i < JOBS; i++) {
		igt_assert_eq(rocket_syncobj_status(fd, done[i]), 0);
		igt_assert(rocket_scene_copied(&s, i));
	}
}

static void test_queued(int fd)
{
	queued(fd, rocket_sysfs_nap);
	queued(fd, rocket_sysfs_sleep);
}

/* All cores at work, with more behind, when the system goes to sleep. */
static void test_running(int fd)
{
	enum { EACH = 30 };
	struct rocket_scene s[ROCKET_MAX_CORES];
	unsigned int cores = rocket_sysfs_cores(), jobs = EACH * cores;
	uint64_t starts;
	uint32_t done[EACH * ROCKET_MAX_CORES];

	rocket_require_board();
	for (unsigned int i = 0; i < cores; i++) {
		s[i] = rocket_scene(fd, rocket_vm_create(fd));
		/* Scrubs the core: not what shall be slow. */
		rocket_scene_expect_healthy(&s[i], i, 40);
	}
	starts = rocket_board_count_all(ROCKET_BOARD_STARTS);
	/* 40 ms a job */
	rocket_board_inject_all(ROCKET_BOARD_SLOWDOWN, 2000000);
	for (unsigned int i = 0; i < jobs; i++)
		done[i] = submit_one(&s[i % cores],
				     long_job(&s[i % cores], i / cores, i % cores));
	rocket_sysfs_nap();
	rocket_sysfs_sleep();
	for (unsigned int i = 0; i < jobs; i++) {
		igt_assert_eq(rocket_syncobj_status(fd, done[i]), 0);
		igt_assert(rocket_scene_copied(&s[i % cores], i / cores));
	}
	/* None was lost, none was run twice. */
	igt_assert_eq_u64(rocket_board_count_all(ROCKET_BOARD_STARTS) - starts, jobs);
	rocket_board_inject_all(ROCKET_BOARD_SLOWDOWN, 0);
}

static void test_faulting(int fd)
{
	enum { JOBS = 60 };
	unsigned int cores = rocket_sysfs_cores();
	struct rocket_scene s = make_scene(fd);
	struct drm_rocket_vm_query query;
	uint32_t done[JOBS];

	rocket_probe_set(&s.probe, 0, NOWHERE, rocket_probe_result_addr(&s.probe, 0));
	for (unsigned int i = 0; i < JOBS; i++)
		done[i] = submit_one(&s, long_job(&s, 0, i % cores));
	rocket_sysfs_nap();
	for (unsigned int i = 0; i < JOBS; i++)
		igt_assert_eq(rocket_syncobj_status(fd, done[i]), -EFAULT);
	query = rocket_vm_query(fd, 0);
	igt_assert_eq_u64(query.faults_total, JOBS);
	all_healthy(&s);
}

/* A job whose second task hangs, and whose first one has been seen to end. */
static uint32_t begin_hanging(int fd, unsigned int core)
{
	struct rocket_scene s = rocket_scene(fd, rocket_vm_create(fd));
	struct drm_rocket_job job;
	uint32_t done;

	rocket_probe_set_hang(&s.probe, 1);
	job = rocket_probe_job(&s.probe, 0, 2);
	job.core_mask = 1u << core;
	job.timeout_ms = 200;
	done = submit_one(&s, job);
	rocket_probe_await_result(&s.probe, 0, ROCKET_SCENE_SEED);
	return done;
}

/* The sleep comes while a job hangs: its time goes on, and the system waits. */
static void test_hanging(int fd)
{
	struct rocket_scene s = make_scene(fd);
	uint32_t done[3];

	for (unsigned int i = 0; i < rocket_sysfs_cores(); i++)
		done[i] = begin_hanging(fd, i);
	rocket_sysfs_nap();
	for (unsigned int i = 0; i < rocket_sysfs_cores(); i++) {
		igt_assert(!rocket_syncobj_busy(fd, done[i]));
		igt_assert_eq(rocket_syncobj_status(fd, done[i]), -ETIMEDOUT);
	}
	all_healthy(&s);
}

/* The sleep comes while jobs wait for the end of a penalty. */
static void test_penalised(int fd)
{
	struct rocket_scene s = make_scene(fd);
	struct drm_rocket_job hang = rocket_scene_hang(&s, 0, 0, 300);
	uint32_t behind;

	igt_assert_eq(rocket_run(fd, &hang), -ETIMEDOUT);
	behind = submit_one(&s, long_job(&s, 1, 0));
	rocket_sysfs_nap();
	igt_assert_eq(rocket_syncobj_status(fd, behind), 0);
	igt_assert(rocket_scene_copied(&s, 1));
}

/* Clients that know nothing of it. */
static void test_clients(int fd)
{
	unsigned int cores = rocket_sysfs_cores();
	int stop[2];

	(void)fd;
	igt_assert_eq(pipe2(stop, O_NONBLOCK), 0);
	igt_fork(child, 3) {
		struct rocket_scene s = make_scene(rocket_open());
		unsigned int rounds = 0;
		char byte;

		close(stop[1]);
		/* Until the parent closes the pipe, and once all round then. */
		while (read(stop[0], &byte, 1) < 0 || rounds < 2 * cores) {
			rocket_scene_expect_healthy(&s, (child + rounds) % cores, rounds % ROCKET_SCENE_PAGES);
			rounds++;
		}
	}
	for (unsigned int i = 0; i < 8; i++)
		rocket_sysfs_nap();
	close(stop[1]);
	igt_waitchildren();
}

/*
 * The sleep comes while a core is got ready for another user's client: where that needs a power
 * cycle it has to wait, and so does the client's job.
 */
static void test_recovering(int fd)
{
	enum { ROUNDS = 8, DELAY_US = 800000, STAY_MS = 10000 };
	struct rocket_scene s[2] = { make_scene(fd) };
	int delay = rocket_sysfs_autosuspend(0);

	rocket_require_races();
	/* Else it may have lost power by itself. */
	rocket_sysfs_set_autosuspend(0, STAY_MS);
	rocket_become_user(ROCKET_TEST_UID);
	s[1] = make_scene(rocket_open());
	rocket_become_user(0);
	rocket_scene_expect_healthy(&s[1], 0, 0);
	rocket_race_delay(DELAY_US);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct rocket_scene *next = &s[i % 2];
		uint32_t done = submit_one(next, long_job(next, i / 2, 0));

		rocket_sysfs_nap();
		igt_assert_eq(rocket_syncobj_status(next->fd, done), 0);
		igt_assert(rocket_scene_copied(next, i / 2));
	}
	rocket_race_delay(0);
	rocket_sysfs_set_autosuspend(0, delay);
}

/* A core that is out of service stays so, and does not keep the system awake. */
static void test_out_of_service(int fd)
{
	struct rocket_scene s = make_scene(fd);
	struct drm_rocket_job hang;

	rocket_require_board();
	igt_require_f(rocket_sysfs_cores() > 1, "one core alone, which is to go\n");
	rocket_scene_expect_healthy(&s, 1, 3);
	rocket_sysfs_stay_awake(1, true);
	rocket_board_inject(1, ROCKET_BOARD_INJ_NO_RESET, UINT32_MAX);
	hang = rocket_scene_hang(&s, 0, 1, SHORT_MS);
	igt_assert_eq(rocket_run(fd, &hang), -ETIMEDOUT);
	igt_assert_eq_u32(rocket_core_mask(fd) & 2, 0);
	rocket_sysfs_nap();
	igt_assert_eq_u32(rocket_core_mask(fd) & 2, 0);
	all_healthy(&s);
	rocket_board_inject(1, ROCKET_BOARD_INJ_NO_RESET, 0);
	rocket_sysfs_stay_awake(1, false);
	rocket_sysfs_unbind(1);
	rocket_sysfs_nap();
	rocket_sysfs_bind(1);
	all_healthy(&s);
}

/*
 * Single cores
 */

/* Each nap of a core is one of its power domain, and costs the jobs nothing. */
static void test_between_jobs(int fd)
{
	enum { ROUNDS = 20 };
	struct rocket_scene s[2] = { make_scene(fd), rocket_scene(fd, rocket_vm_create(fd)) };

	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++) {
		int usual = rocket_sysfs_autosuspend(core);

		rocket_sysfs_set_autosuspend(core, 1);
		for (unsigned int i = 0; i < ROUNDS; i++) {
			rocket_scene_expect_healthy(&s[i / 2 % 2], core, i);
			rocket_sysfs_await_suspend(core);
		}
		rocket_sysfs_set_autosuspend(core, usual);
	}
}

/* Recoveries on a core that is suspended as soon as it may be. */
static void test_reset_suspended(int fd)
{
	enum { ROUNDS = 30 };
	struct rocket_scene bad = make_scene(fd), s = make_scene(rocket_open());
	struct drm_rocket_job job;

	rocket_probe_set(&bad.probe, 0, NOWHERE, rocket_probe_result_addr(&bad.probe, 0));
	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++) {
		int usual = rocket_sysfs_autosuspend(core);

		rocket_sysfs_set_autosuspend(core, 0);
		for (unsigned int i = 0; i < ROUNDS; i++) {
			job = long_job(&bad, 0, core);
			igt_assert_eq(rocket_run(fd, &job), -EFAULT);
			if (i % 3 == 0)
				rocket_sysfs_await_suspend(core);
			rocket_scene_expect_healthy(&s, core, i);
		}
		job = rocket_scene_hang(&bad, 1, core, 5);
		igt_assert_eq(rocket_run(fd, &job), -ETIMEDOUT);
		rocket_sysfs_await_suspend(core);
		rocket_scene_expect_healthy(&s, core, 1);
		rocket_sysfs_set_autosuspend(core, usual);
	}
	close(s.fd);
}

/* The recovery is asked for by the suspend itself. */
static void test_reset_by_suspend(int fd)
{
	struct rocket_scene s = make_scene(fd);

	rocket_require_board();
	igt_require_f(!rocket_is_rk3576(fd),
		      "loss of power is every reset here, whatever the lines do\n");
	for (unsigned int core = 0; core < rocket_board_cores(); core++) {
		rocket_scene_expect_healthy(&s, core, core);
		rocket_board_inject(core, ROCKET_BOARD_INJ_NO_RESET, 2);
		rocket_sysfs_nap();
		rocket_scene_expect_healthy(&s, core, core);
		igt_assert_eq_u32(rocket_board_injected(core, ROCKET_BOARD_INJ_NO_RESET), 0);
	}
}

/* Unbound at all moments around the end of its time. */
static void test_unbind_reset(int fd)
{
	enum { ROUNDS = 15, HANG_MS = 10 };

	(void)fd;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int core = i % rocket_sysfs_cores();
		int own = rocket_open();
		struct rocket_scene s = make_scene(own);
		int hung, behind, status;

		/* With its only core the device goes, and its syncobjs. */
		hung = rocket_fence_file(own, submit_one(&s, rocket_scene_hang(&s, 0, core, HANG_MS)));
		behind = rocket_fence_file(own, submit_one(&s, long_job(&s, 1, core)));
		/* 7 to 14 ms */
		usleep((HANG_MS * 7 + i * 5) * 100);
		rocket_sysfs_unbind(core);
		status = rocket_fence_status(hung);
		igt_assert(status == -ETIMEDOUT || status == -ENODEV);
		status = rocket_fence_status(behind);
		igt_assert(status == 1 || status == -ENODEV);
		/* One that is taken off its core may have come to its end that very moment. */
		igt_assert(status != 1 || rocket_scene_copied(&s, 1));
		close(hung);
		close(behind);
		rocket_sysfs_bind(core);
		if (rocket_sysfs_cores() == 1) {
			int again = rocket_open();

			s = make_scene(again);
			rocket_scene_expect_healthy(&s, core, 2);
			close(again);
		} else {
			rocket_scene_expect_healthy(&s, core, 2);
		}
		close(own);
	}
}

/* The kernel must not touch a core that has no power, no clock, or is in reset. */
static uint64_t dead_accesses(void)
{
	return rocket_board_count_all(ROCKET_BOARD_DEAD_ACCESSES);
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd);
		bool sleeps;
		const char *what;
	} tests[] = {
		{ "idle", test_idle, true, "An idle NPU works again after a sleep" },
		{ "queued", test_queued, true,
		  "Jobs that wait for a fence still do so after the sleep, and then run" },
		{ "running", test_running, true,
		  "The job that runs ends before the sleep, those behind it run after it" },
		{ "faulting", test_faulting, true,
		  "Faults and their recoveries go before and after a sleep" },
		{ "hanging", test_hanging, true,
		  "A job that hangs is killed when its time is up, then the system sleeps" },
		{ "penalised", test_penalised, true,
		  "Jobs that wait for the end of a penalty do so in spite of a sleep" },
		{ "clients", test_clients, true,
		  "Clients that keep submitting notice nothing but the time" },
		{ "recovering", test_recovering, true,
		  "A job whose core needs a power cycle waits until the system is awake" },
		{ "out-of-service", test_out_of_service, true,
		  "A core that is out of service does not keep the system from sleeping" },
		{ "reset-by-suspend", test_reset_by_suspend, true,
		  "A core that ignores its reset is recovered before or after the sleep" },
		{ "between-jobs", test_between_jobs, false,
		  "A core may be suspended between any two jobs" },
		{ "reset-suspended", test_reset_suspended, false,
		  "Resets and suspends of a core do not hurt each other" },
		{ "unbind-reset", test_unbind_reset, false,
		  "A core can be unbound at any moment of a recovery" },
	};

	igt_fixture {
		close(rocket_open());
		rocket_sysfs_cores();
	}

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name) {
			if (tests[i].sleeps)
				rocket_sysfs_require_nap();
			rocket_sysfs_bring_back();
			rocket_on_device(tests[i].test);
		}
	}

	igt_describe("In all of that no core was touched that could not answer");
	igt_subtest("no-dead-access") {
		rocket_require_board();
		igt_assert_eq_u64(dead_accesses(), 0);
	}

	igt_fixture
		rocket_sysfs_bring_back();
}
