// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_debugfs.h"
#include "igt_rocket_fdinfo.h"
#include "igt_rocket_job.h"
#include "igt_rocket_scene.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("What debugfs tells of cores and queues");

/* A task so long that it can be looked at while it runs */
#define SLOW_NS		200000000u

static void expect(const char *text, const char *wanted)
{
	igt_assert_f(strstr(text, wanted), "\"%s\" is not in\n%s\n", wanted, text);
}

/* The lines of one core in the file "cores". */
static void read_core(int fd, unsigned int core, char text[8192])
{
	char all[8192], head[16], *from, *to;

	rocket_debugfs_read(fd, "cores", all);
	snprintf(head, sizeof(head), "core %u:", core);
	from = strstr(all, head);
	igt_assert_f(from, "no %s in\n%s\n", head, all);
	to = strstr(from + 1, "\ncore ");
	if (to)
		to[1] = '\0';
	strcpy(text, from);
}

/* A core keeps the VM of its last job, and counts what it did. */
static void test_idle(int fd)
{
	uint32_t core = rocket_nth_core(rocket_core_mask(fd), 0), vm = rocket_vm_create(fd);
	struct rocket_scene s = rocket_scene(fd, vm);
	struct drm_rocket_job job = rocket_probe_job(&s.probe, 0, 3);
	unsigned long long jobs, tasks;
	char text[8192], wanted[128];

	rocket_sysfs_stay_awake(core, true);
	rocket_scene_expect_healthy(&s, core, 0);
	read_core(fd, core, text);
	igt_assert_eq(sscanf(strstr(text, "jobs "), "jobs %llu, tasks %llu", &jobs, &tasks), 2);
	job.core_mask = 1u << core;
	job.timeout_ms = ROCKET_SCENE_LONG_MS;
	igt_assert_eq(rocket_run(fd, &job), 0);
	read_core(fd, core, text);
	expect(text, "idle, on");
	snprintf(wanted, sizeof(wanted), "attached to client %llu, VM %u\n",
		 (unsigned long long)rocket_fdinfo(fd).client, vm);
	expect(text, wanted);
	snprintf(wanted, sizeof(wanted), "data of client %llu\n",
		 (unsigned long long)rocket_fdinfo(fd).client);
	expect(text, wanted);
	snprintf(wanted, sizeof(wanted), "jobs %llu, tasks %llu\n", jobs + 1,
		 tasks + 3);
	expect(text, wanted);
	rocket_sysfs_stay_awake(core, false);
	rocket_sysfs_await_suspend(core);
	read_core(fd, core, text);
	expect(text, "idle, off");
	/* Where a reset needs loss of power a core that sleeps is still in its VM. */
	igt_assert(rocket_is_rk3576(fd) || !strstr(text, "attached"));
}

/* The job that runs, and those that wait behind it. */
static void test_running(int fd)
{
	uint32_t core = rocket_nth_core(rocket_core_mask(fd), 0), running, waiting[3];
	struct rocket_scene s = rocket_scene(fd, 0);
	char text[8192], wanted[128];

	rocket_require_board();
	s.probe.cores = 1u << core;
	rocket_scene_expect_healthy(&s, core, 0);
	rocket_probe_clear_result(&s.probe, 0);
	rocket_board_set(ROCKET_BOARD_TASK_NS, SLOW_NS);
	running = rocket_probe_repeat(&s.probe, 0, 4);
	for (unsigned int i = 0; i < ARRAY_SIZE(waiting); i++)
		waiting[i] = rocket_probe_repeat(&s.probe, 0, 1);
	/* Its first task has ended. */
	rocket_probe_await_result(&s.probe, 0, ROCKET_SCENE_SEED);
	do {
		read_core(fd, core, text);
	} while (!strstr(text, "started 2 of 4") && rocket_syncobj_busy(fd, running));
	expect(text, "running, on");
	snprintf(wanted, sizeof(wanted), "job of client %llu, VM 0, pid %d (rocket_debugfs)",
		 (unsigned long long)rocket_fdinfo(fd).client, getpid());
	expect(text, wanted);
	igt_assert(rocket_syncobj_busy(fd, running));
	rocket_debugfs_read(fd, "queues", text);
	snprintf(wanted, sizeof(wanted), "client %llu, VM 0, queue 0: 3 jobs\n",
		 (unsigned long long)rocket_fdinfo(fd).client);
	expect(text, wanted);
	igt_assert(rocket_syncobj_busy(fd, running));
	rocket_board_set(ROCKET_BOARD_TASK_NS, ROCKET_BOARD_USUAL_TASK_NS);
	for (unsigned int i = 0; i < ARRAY_SIZE(waiting); i++)
		igt_assert_eq(rocket_syncobj_status(fd, waiting[i]), 0);
	rocket_debugfs_read(fd, "queues", text);
	snprintf(wanted, sizeof(wanted), "client %llu, VM 0, queue 0: 0 jobs\n",
		 (unsigned long long)rocket_fdinfo(fd).client);
	expect(text, wanted);
}

/* What was learned of each core, once more when it is bound anew. */
static void test_silicon(int fd)
{
	const char *residue = rocket_is_rk3576(fd) ? "powered off" : "overwritten";
	uint32_t mask = rocket_core_mask(fd), core;

	for (uint32_t left = mask; left; left &= left - 1) {
		igt_assert(rocket_core_fact(fd, __builtin_ctz(left), "computes", "yes"));
		igt_assert(rocket_core_fact(fd, __builtin_ctz(left), "chains", "yes"));
		igt_assert(rocket_core_fact(fd, __builtin_ctz(left), "residue", residue));
	}
	igt_require_f(__builtin_popcount(mask) > 1, "one core only\n");
	core = rocket_nth_core(mask, 1);
	rocket_sysfs_unbind(core);
	igt_assert(!rocket_core_fact(fd, core, "computes", "yes"));
	rocket_sysfs_bind(core);
	igt_assert(rocket_core_fact(fd, core, "computes", "yes"));
}

static void test_unbound(int fd)
{
	uint32_t mask = rocket_core_mask(fd), core;
	char text[8192];

	igt_require_f(__builtin_popcount(mask) > 1, "one core only\n");
	core = rocket_nth_core(mask, 1);
	rocket_sysfs_unbind(core);
	read_core(fd, core, text);
	expect(text, "not bound, off");
	rocket_sysfs_bind(core);
	read_core(fd, core, text);
	expect(text, "idle");
}

igt_main
{
	igt_describe("An idle core: power, page tables, whose data, counts");
	igt_subtest("idle")
		rocket_on_device(test_idle);

	igt_describe("A job that runs and jobs that wait");
	igt_subtest("running")
		rocket_on_device(test_running);

	igt_describe("What a core was seen to do when it was bound");
	igt_subtest("silicon")
		rocket_on_device(test_silicon);

	igt_describe("A core that is not bound");
	igt_subtest("unbound")
		rocket_on_device(test_unbound);
}
