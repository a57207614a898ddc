// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_job.h"
#include "igt_rocket_signal.h"

IGT_TEST_DESCRIPTION("PREP_BO: whom it waits for, until when, and through what");

#define PROBE_ADDR	0x20000000u
#define SEED		0x9e900000u
#define NS_PER_MS	1000000
#define FOREVER		INT64_MAX
/* The kernel counts in ticks, the longest of which is that. */
#define TICK_NS		(10 * NS_PER_MS)

/* A BO that a job copies a page of, and the job's release. */
struct scene {
	int fd;
	struct rocket_bo bo;
	struct rocket_probe probe;
	struct rocket_blocker blocker;
	struct drm_rocket_sync in;
	uint32_t both[2];
};

static void scene_init(struct scene *s, int fd)
{
	*s = (struct scene){ .fd = fd, .bo = rocket_bo_mapped(fd, 2 * ROCKET_PAGE) };
	rocket_pattern(s->bo.map, SEED);
	igt_assert_eq(__rocket_fini_bo(fd, s->bo.handle), 0);
	rocket_probe_init(&s->probe, fd, 0, PROBE_ADDR, 1);
	rocket_probe_set(&s->probe, 0, s->bo.address, s->bo.address + ROCKET_PAGE);
	rocket_blocker_init(&s->blocker, fd);
	s->in = rocket_sync(s->blocker.syncobj, 0);
	s->both[0] = s->both[1] = s->bo.handle;
}

static void scene_submit(struct scene *s, uint32_t ins, uint32_t outs)
{
	struct drm_rocket_job job = rocket_probe_job(&s->probe, 0, 1);

	job.in_syncs = (uintptr_t)&s->in;
	job.in_sync_count = 1;
	job.sync_struct_size = sizeof(s->in);
	job.in_bo_handles = job.out_bo_handles = (uintptr_t)s->both;
	job.in_bo_handle_count = ins;
	job.out_bo_handle_count = outs;
	rocket_submit(s->fd, &job, 1);
}

/* It waits until the job has written, and the CPU sees what. */
static void expect_end(struct scene *s)
{
	igt_assert_eq(__rocket_prep_bo(s->fd, s->bo.handle, 0), -EBUSY);
	rocket_blocker_release(&s->blocker);
	igt_assert_eq(__rocket_prep_bo(s->fd, s->bo.handle, FOREVER), 0);
	igt_assert(rocket_is_pattern(s->bo.map + ROCKET_PAGE, SEED));
	rocket_blocker_fini(&s->blocker);
}

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* As users of mainline's do with what a job reads and writes. */
static void test_both_lists(int fd)
{
	struct scene s;

	scene_init(&s, fd);
	scene_submit(&s, 1, 1);
	expect_end(&s);
}

static void test_listed_twice(int fd)
{
	struct scene s;

	scene_init(&s, fd);
	scene_submit(&s, 2, 2);
	scene_submit(&s, 2, 2);
	expect_end(&s);
}

static void test_only_read(int fd)
{
	struct scene s;

	scene_init(&s, fd);
	scene_submit(&s, 1, 0);
	igt_assert_eq(__rocket_prep_bo(fd, s.bo.handle, 0), 0);
	rocket_blocker_release(&s.blocker);
	rocket_blocker_fini(&s.blocker);
}

static void test_deadlines(int fd)
{
	static const int64_t past[] = { 0, 1, -1, INT64_MIN, INT64_MIN + 1 };
	int64_t begun, deadline;
	struct scene s;

	scene_init(&s, fd);
	for (unsigned int i = 0; i < ARRAY_SIZE(past); i++)
		igt_assert_eq(__rocket_prep_bo(fd, s.bo.handle, past[i]), 0);
	scene_submit(&s, 0, 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(past); i++)
		igt_assert_eq(__rocket_prep_bo(fd, s.bo.handle, past[i]), -EBUSY);
	begun = now();
	igt_assert_eq(__rocket_prep_bo(fd, s.bo.handle, begun - 1), -EBUSY);
	deadline = now() + 30 * NS_PER_MS;
	igt_assert_eq(__rocket_prep_bo(fd, s.bo.handle, deadline), -ETIMEDOUT);
	igt_assert(deadline <= now() + TICK_NS);
	expect_end(&s);
	igt_assert_eq(__rocket_prep_bo(fd, s.bo.handle, FOREVER - 1), 0);
}

static int prep_once(const struct scene *s, int64_t deadline)
{
	struct drm_rocket_prep_bo prep = { .handle = s->bo.handle, .timeout_ns = deadline };

	return ioctl(s->fd, DRM_IOCTL_ROCKET_PREP_BO, &prep) ? -errno : 0;
}

/* The time that is given is a point: who is interrupted and asks again waits no longer. */
static void test_signals(int fd)
{
	unsigned int interrupted = 0;
	int64_t deadline;
	struct scene s;
	int ret;

	scene_init(&s, fd);
	scene_submit(&s, 0, 1);
	rocket_interrupt_every(500);
	deadline = now() + 30 * NS_PER_MS;
	while ((ret = prep_once(&s, deadline)) == -EINTR)
		interrupted++;
	rocket_interrupt_every(0);
	/* With the last of them the time may have passed. */
	igt_assert(ret == -ETIMEDOUT || ret == -EBUSY);
	igt_assert(deadline <= now() + TICK_NS);
	igt_assert_lt(0, interrupted);
	errno = 0;
	expect_end(&s);
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd);
		const char *what;
	} tests[] = {
		{ "both-lists", test_both_lists, "A BO that a job both reads and writes" },
		{ "listed-twice", test_listed_twice, "Twice in each list, of two jobs" },
		{ "only-read", test_only_read, "Jobs that only read are not waited for" },
		{ "deadlines", test_deadlines, "Deadlines in the past and at the end of time" },
		{ "signals", test_signals, "A signal interrupts; the deadline stays" },
	};

	igt_fixture
		close(rocket_open());

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			rocket_on_device(tests[i].test);
	}
}
