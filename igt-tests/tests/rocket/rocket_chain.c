// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "igt.h"
#include "igt_rocket_board.h"
#include "igt_rocket_debugfs.h"
#include "igt_rocket_job.h"
#include "igt_rocket_scene.h"
#include "igt_rocket_sysfs.h"
#include "rocket_regcmd.h"

IGT_TEST_DESCRIPTION("Tasks that the core runs one after another by itself");

#define SEED		0xc4a10000u
/* What every SoC can do. */
#define LONGEST		4095u
/* Time-outs: of what shall not be waited for long, and of what takes none */
#define SHORT_MS	30u
#define LONG_MS		10000u

enum { SLOTS = 16 };

static int run_on(struct rocket_row *s, uint32_t core_mask, unsigned int first,
		  unsigned int count, unsigned int timeout_ms)
{
	struct drm_rocket_job job = rocket_probe_job(&s->probe, first, 1);

	s->probe.tasks[first].chain_count = count;
	job.core_mask = core_mask;
	job.timeout_ms = timeout_ms;
	return rocket_run(s->probe.fd, &job);
}

static int run_for(struct rocket_row *s, unsigned int first, unsigned int count,
		   unsigned int timeout_ms)
{
	return run_on(s, 0, first, count, timeout_ms);
}

static int run_chain(struct rocket_row *s, unsigned int first, unsigned int count)
{
	return run_for(s, first, count, LONG_MS);
}

static void test_feature(int fd)
{
	igt_assert(rocket_get_param(fd, DRM_ROCKET_PARAM_FEATURES) & DRM_ROCKET_FEATURE_CHAINS);
}

static void test_all(int fd)
{
	struct rocket_row s = rocket_row(fd, SLOTS, SEED);

	igt_assert_eq(run_chain(&s, 0, SLOTS), 0);
	rocket_row_expect_ran(&s, 0, SLOTS);
}

static void test_some(int fd)
{
	struct rocket_row s = rocket_row(fd, SLOTS, SEED);

	igt_assert_eq(run_chain(&s, 3, 5), 0);
	rocket_row_expect_ran(&s, 3, 5);
}

/* 0 and 1 are a task as it always was, though its stream names another. */
static void test_none(int fd)
{
	for (unsigned int count = 0; count < 2; count++) {
		struct rocket_row s = rocket_row(fd, SLOTS, SEED);

		igt_assert_eq(run_chain(&s, 2, count), 0);
		rocket_row_expect_ran(&s, 2, 1);
		rocket_probe_fini(&s.probe);
		rocket_bo_free(fd, &s.pages);
	}
}

static uint64_t interrupts(void)
{
	return rocket_board_count_all(ROCKET_BOARD_NPU_IRQS);
}

static uint64_t starts(void)
{
	return rocket_board_count_all(ROCKET_BOARD_STARTS);
}

static void test_interrupts(int fd)
{
	struct rocket_row s = rocket_row(fd, SLOTS, SEED);
	uint64_t irqs, started;

	rocket_require_board();
	/*
	 * The first job may have to wait for a scrub, which starts the core, too. So might
	 * another core's first, and that of one that fell asleep.
	 */
	rocket_sysfs_stay_awake(0, true);
	igt_assert_eq(run_on(&s, 1, 0, 1, LONG_MS), 0);
	irqs = interrupts();
	started = starts();
	igt_assert_eq(run_on(&s, 1, 0, SLOTS, LONG_MS), 0);
	rocket_sysfs_stay_awake(0, false);
	igt_assert_eq_u64(interrupts() - irqs, 1);
	igt_assert_eq_u64(starts() - started, 1);
	rocket_row_expect_ran(&s, 0, SLOTS);
}

/* Chains and single tasks in one job: one interrupt for each. */
static void test_mixed(int fd)
{
	struct rocket_row s = rocket_row(fd, SLOTS, SEED);
	struct drm_rocket_task tasks[4] = {
		s.probe.tasks[0], s.probe.tasks[4], s.probe.tasks[5], s.probe.tasks[12],
	};
	struct drm_rocket_job job = rocket_probe_job(&s.probe, 0, 1);
	uint64_t irqs;

	rocket_require_board();
	tasks[0].chain_count = 4;
	tasks[2].chain_count = 7;
	tasks[3].chain_count = 4;
	job.tasks = (uintptr_t)tasks;
	job.task_count = ARRAY_SIZE(tasks);
	irqs = interrupts();
	igt_assert_eq(rocket_run(fd, &job), 0);
	igt_assert_eq_u64(interrupts() - irqs, ARRAY_SIZE(tasks));
	rocket_row_expect_ran(&s, 0, SLOTS);
}

static void test_longest(int fd)
{
	struct rocket_row s = rocket_row(fd, SLOTS, SEED);
	uint64_t tasks;

	rocket_require_board();
	rocket_sysfs_stay_awake(0, true);
	igt_assert_eq(run_on(&s, 1, 0, 1, LONG_MS), 0);
	tasks = rocket_board_count_all(ROCKET_BOARD_TASKS);
	/* Round and round */
	igt_assert_eq(run_on(&s, 1, 0, LONGEST, LONG_MS), 0);
	igt_assert_eq_u64(rocket_board_count_all(ROCKET_BOARD_TASKS) - tasks, LONGEST);
	rocket_sysfs_stay_awake(0, false);
}

static void test_invalid(int fd)
{
	struct rocket_row s = rocket_row(fd, SLOTS, SEED);
	struct drm_rocket_job job = rocket_probe_job(&s.probe, 0, 2);
	const uint32_t counts[] = {
		rocket_get_param(fd, DRM_ROCKET_PARAM_MAX_CHAIN) + 1, 65536, UINT32_MAX,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++) {
		s.probe.tasks[1].chain_count = counts[i];
		igt_assert_eq(__rocket_submit(fd, &job, 1), -EINVAL);
	}
	s.probe.tasks[1].chain_count = 0;
	s.probe.tasks[1].pad = 1;
	igt_assert_eq(__rocket_submit(fd, &job, 1), -EINVAL);
	s.probe.tasks[1].pad = 0;
	igt_assert_eq(rocket_run(fd, &job), 0);
	rocket_row_expect_ran(&s, 0, 2);
}

/* Who says that tasks have 8 bytes says nothing of chains. */
static void test_old_size(int fd)
{
	struct rocket_row s = rocket_row(fd, SLOTS, SEED);
	uint32_t tasks[2][2] = {
		{ s.probe.tasks[0].regcmd, s.probe.tasks[0].regcmd_count },
		{ s.probe.tasks[1].regcmd, s.probe.tasks[1].regcmd_count },
	};
	struct drm_rocket_job job = rocket_probe_job(&s.probe, 0, 2);

	job.tasks = (uintptr_t)tasks;
	job.task_struct_size = sizeof(tasks[0]);
	igt_assert_eq(rocket_run(fd, &job), 0);
	rocket_row_expect_ran(&s, 0, 2);
}

/* The interrupt of a chain that ends too early never comes. */
static void test_short(int fd)
{
	struct rocket_row s = rocket_row(fd, SLOTS, SEED);

	rocket_probe_set(&s.probe, 3, ROCKET_ROW_BASE + 3 * ROCKET_PAGE,
			 rocket_probe_result_addr(&s.probe, 3));
	igt_assert_eq(run_for(&s, 0, 5, SHORT_MS), -ETIMEDOUT);
	rocket_row_expect_ran(&s, 0, 4);
	igt_assert_eq(run_chain(&s, 4, 2), 0);
	rocket_row_expect_ran(&s, 0, 6);
}

static void test_fault(int fd)
{
	struct drm_rocket_vm_fault fault;
	struct rocket_row s = rocket_row(fd, SLOTS, SEED);

	rocket_vm_unmap(fd, 0, ROCKET_ROW_BASE + 5 * ROCKET_PAGE, ROCKET_PAGE);
	igt_assert_eq(run_chain(&s, 0, SLOTS), -EFAULT);
	rocket_row_expect_ran(&s, 0, 5);
	igt_assert(rocket_vm_take_fault(fd, 0, &fault));
	igt_assert_eq_u64(fault.addr & ~(uint64_t)(ROCKET_PAGE - 1),
			  ROCKET_ROW_BASE + 5 * ROCKET_PAGE);
	igt_assert_eq(run_chain(&s, 6, 3), 0);
	for (unsigned int i = 6; i < 10; i++)
		igt_assert_eq(rocket_row_copied(&s, i), i < 9);
}

/* The counter tells that all have ended. */
static void test_lost(int fd)
{
	struct rocket_row s = rocket_row(fd, SLOTS, SEED);

	rocket_require_board();
	rocket_board_quiet();
	rocket_board_inject_all(ROCKET_BOARD_INJ_IRQ_LOST, 1);
	igt_assert_eq(run_for(&s, 0, SLOTS, SHORT_MS), 0);
	rocket_board_inject_all(ROCKET_BOARD_INJ_IRQ_LOST, 0);
	rocket_row_expect_ran(&s, 0, SLOTS);
}

/* An interrupt in the middle ends nothing: some have ended, but not all. */
static void test_spurious(int fd)
{
	struct rocket_row s = rocket_row(fd, SLOTS, SEED);
	struct drm_rocket_job job = rocket_probe_job(&s.probe, 0, 1);
	unsigned int core = rocket_nth_core(rocket_core_mask(fd), 0);
	uint32_t syncobj;

	rocket_require_board();
	igt_require(!rocket_core_counts(fd, core, "not seen"));
	rocket_board_quiet();
	job.core_mask = 1u << core;
	job.timeout_ms = LONG_MS;
	/* What comes before a file's first job on a core shall not be slow. */
	igt_assert_eq(rocket_run(fd, &job), 0);
	s.probe.tasks[0].chain_count = SLOTS;
	/* 20 ms for each task */
	rocket_board_inject(core, ROCKET_BOARD_SLOWDOWN, 1000000);
	syncobj = rocket_start(fd, &job);
	rocket_probe_await_result(&s.probe, 2, SEED + 2);
	/* Each lasts for a microsecond, which a slow CPU may not see. */
	igt_set_timeout(60, "the fifth task's result");
	while (!rocket_row_copied(&s, 4)) {
		rocket_board_inject(core, ROCKET_BOARD_INJ_SPURIOUS_DPU, 3);
		usleep(1000);
	}
	igt_reset_timeout();
	igt_assert(rocket_syncobj_busy(fd, syncobj));
	rocket_board_inject(core, ROCKET_BOARD_SLOWDOWN, 0);
	igt_assert_eq(rocket_syncobj_status(fd, syncobj), 0);
	rocket_row_expect_ran(&s, 0, SLOTS);
	drmSyncobjDestroy(fd, syncobj);
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd);
		const char *what;
	} tests[] = {
		{ "feature", test_feature, "GET_PARAM says that there are chains" },
		{ "all", test_all, "One entry runs all tasks of a chain" },
		{ "some", test_some, "It runs as many as it says, though the chain goes on" },
		{ "none", test_none, "0 and 1 run one task" },
		{ "interrupts", test_interrupts, "A chain costs one start and one interrupt" },
		{ "mixed", test_mixed, "A job has chains and single tasks" },
		{ "longest", test_longest, "A chain has up to 4095 tasks" },
		{ "invalid", test_invalid, "Longer ones and padding are refused" },
		{ "old-size", test_old_size, "Smaller task structs mean single tasks" },
		{ "short", test_short, "A chain that ends too early is a hang, and nobody else's" },
		{ "fault", test_fault, "A fault in the middle ends the job; what was before it stays" },
		{ "lost", test_lost, "A chain whose interrupt is lost is complete" },
		{ "spurious", test_spurious, "An interrupt in the middle does not end the job" },
	};

	igt_fixture
		close(rocket_open());

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			rocket_on_device(tests[i].test);
	}
}
