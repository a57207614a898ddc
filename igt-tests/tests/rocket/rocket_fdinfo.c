// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xf86drm.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_fdinfo.h"
#include "igt_rocket_job.h"
#include "igt_rocket_scene.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("fdinfo: what a file has used of the cores, and its memory");

#define LONG_MS		ROCKET_SCENE_LONG_MS
#define PAGE		((uint64_t)ROCKET_PAGE)
#define BIG		(2048 * PAGE)
/* A task so long that it can be looked at while it runs */
#define SLOW_NS		100000000u
/*
 * And one beside which it is little what it takes to start it and to see its end,
 * also on a host that is busy.
 */
#define LONG_NS		4000000000u

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

static uint64_t busy_sum(const struct rocket_fdinfo *info)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < ROCKET_MAX_CORES; i++)
		sum += info->busy_ns[i];
	return sum;
}

static void test_keys(int fd)
{
	struct rocket_fdinfo info = rocket_fdinfo(fd);
	int other = rocket_open();

	igt_assert_f(!strcmp(info.driver, "rocket"), "drm-driver: %s\n", info.driver);
	igt_assert(info.client);
	igt_assert_neq_u64(rocket_fdinfo(other).client, info.client);
	igt_assert_eq(info.engines, ROCKET_MAX_CORES);
	for (unsigned int i = 0; i < ROCKET_MAX_CORES; i++)
		igt_assert(info.has_core[i] && !info.busy_ns[i]);
	igt_assert(!info.total && !info.shared && !info.resident && !info.active);
	close(other);
}

/* Another name for the same file is the same client. */
static void test_duplicate(int fd)
{
	int copy = dup(fd);

	igt_assert_fd(copy);
	igt_assert_eq_u64(rocket_fdinfo(copy).client, rocket_fdinfo(fd).client);
	close(copy);
}

static void test_name(int fd)
{
#ifdef DRM_IOCTL_SET_CLIENT_NAME
	char name[] = "a-client";
	struct drm_set_client_name set = { .name = (uintptr_t)name, .name_len = strlen(name) };

	igt_assert_eq(strlen(rocket_fdinfo(fd).name), 0);
	do_ioctl(fd, DRM_IOCTL_SET_CLIENT_NAME, &set);
	igt_assert_f(!strcmp(rocket_fdinfo(fd).name, name), "%s\n", rocket_fdinfo(fd).name);
#else
	(void)fd;
	igt_skip("libdrm is too old to name a client\n");
#endif
}

/* What ran on one core counts there, for that file, and no longer than it took. */
static void test_busy(int fd)
{
	struct rocket_scene s = rocket_scene(fd, 0);
	uint32_t mask = rocket_core_mask(fd);
	struct rocket_fdinfo info;
	int other = rocket_open();

	for (uint32_t left = mask; left; left &= left - 1) {
		struct rocket_fdinfo before = rocket_fdinfo(fd), after;
		unsigned int core = __builtin_ctz(left);
		uint64_t begin = now_ns();

		rocket_scene_expect_healthy(&s, core, 0);
		after = rocket_fdinfo(fd);
		for (unsigned int i = 0; i < ROCKET_MAX_CORES; i++) {
			uint64_t more = after.busy_ns[i] - before.busy_ns[i];

			igt_assert_f(i == core ? more && more < now_ns() - begin : !more,
				     "a job on core %u: core %u was busy for %llu ns\n", core,
				     i, (unsigned long long)more);
		}
	}
	info = rocket_fdinfo(other);
	igt_assert_eq_u64(busy_sum(&info), 0);
	close(other);
}

/* Within one percent of what the board counted between start and completion. */
static void test_board(int fd)
{
	uint32_t core = rocket_nth_core(rocket_core_mask(fd), 0);
	struct rocket_scene s = rocket_scene(fd, 0);
	uint64_t driver, board;
	uint32_t done;

	rocket_require_board();
	s.probe.cores = 1u << core;
	/* The core is the file's, so that no scrub counts. */
	rocket_scene_expect_healthy(&s, core, 0);
	rocket_board_set(ROCKET_BOARD_TASK_NS, LONG_NS);

	driver = rocket_fdinfo(fd).busy_ns[core];
	board = rocket_board_count(core, ROCKET_BOARD_BUSY_NS);
	done = rocket_probe_repeat(&s.probe, 0, 1);
	igt_assert_eq(rocket_syncobj_status(fd, done), 0);
	driver = rocket_fdinfo(fd).busy_ns[core] - driver;
	board = rocket_board_count(core, ROCKET_BOARD_BUSY_NS) - board;

	rocket_board_set(ROCKET_BOARD_TASK_NS, ROCKET_BOARD_USUAL_TASK_NS);
	igt_info("busy: %llu ns by the driver, %llu ns by the board\n",
		 (unsigned long long)driver, (unsigned long long)board);
	igt_assert_lte_u64(board, driver);
	igt_assert_lte_u64(driver, board + board / 100);
}

/* A job that runs counts while it runs, and never backwards. */
static void test_running(int fd)
{
	uint32_t core = rocket_nth_core(rocket_core_mask(fd), 0);
	struct rocket_scene s = rocket_scene(fd, 0);
	uint64_t last, first, seen = 0;
	uint32_t done;

	rocket_require_board();
	s.probe.cores = 1u << core;
	rocket_scene_expect_healthy(&s, core, 0);
	rocket_board_set(ROCKET_BOARD_TASK_NS, SLOW_NS);
	first = rocket_fdinfo(fd).busy_ns[core];
	last = first;
	done = rocket_probe_repeat(&s.probe, 0, 1);
	while (rocket_syncobj_busy(fd, done)) {
		uint64_t now = rocket_fdinfo(fd).busy_ns[core];

		igt_assert_lte_u64(last, now);
		seen += now > last;
		last = now;
	}
	rocket_board_set(ROCKET_BOARD_TASK_NS, ROCKET_BOARD_USUAL_TASK_NS);
	igt_assert_f(seen > 1, "the time has not grown while the job ran\n");
	igt_assert_lte_u64(last, rocket_fdinfo(fd).busy_ns[core]);
	/* And then it stands still. */
	last = rocket_fdinfo(fd).busy_ns[core];
	igt_assert_eq_u64(rocket_fdinfo(fd).busy_ns[core], last);
}

/* A job that waits, or never ran, has used nothing. */
static void test_waiting(int fd)
{
	struct rocket_scene s = rocket_scene(fd, 0);
	struct drm_rocket_job job = rocket_probe_job(&s.probe, 0, 1);
	struct rocket_blocker blocker;
	struct drm_rocket_sync in;
	struct rocket_fdinfo info;
	uint32_t done;

	rocket_require_blocker();
	rocket_blocker_init(&blocker, fd);
	in = rocket_sync(blocker.syncobj, 0);
	job.in_syncs = (uintptr_t)&in;
	job.in_sync_count = 1;
	job.sync_struct_size = sizeof(in);
	done = rocket_start(fd, &job);
	info = rocket_fdinfo(fd);
	igt_assert_eq_u64(busy_sum(&info), 0);
	rocket_blocker_release(&blocker);
	igt_assert_eq(rocket_syncobj_status(fd, done), 0);
	info = rocket_fdinfo(fd);
	igt_assert(busy_sum(&info));
	rocket_blocker_fini(&blocker);
}

/* A hang kept the core from others until it was killed. */
static void test_hang(int fd)
{
	uint32_t core = rocket_nth_core(rocket_core_mask(fd), 0);
	struct rocket_scene s = rocket_scene(fd, 0);
	struct drm_rocket_job job = rocket_scene_hang(&s, 0, core, 30);
	struct rocket_fdinfo info;
	uint64_t begin = now_ns();

	igt_assert(rocket_run(fd, &job));
	info = rocket_fdinfo(fd);
	igt_assert_lte_u64(30 * UINT64_C(1000000), info.busy_ns[core]);
	igt_assert_lte_u64(info.busy_ns[core], now_ns() - begin);
}

static void test_vm(int fd)
{
	uint32_t vm = rocket_vm_create(fd);
	struct rocket_scene s = rocket_scene(fd, vm);
	struct drm_rocket_job job = rocket_probe_job(&s.probe, 0, 1);
	struct rocket_fdinfo before, after;

	igt_assert_eq(rocket_run(fd, &job), 0);
	before = rocket_fdinfo(fd);
	igt_assert(busy_sum(&before));
	/* It stays used when the VM has gone. */
	rocket_vm_destroy(fd, vm);
	after = rocket_fdinfo(fd);
	igt_assert_eq_u64(busy_sum(&after), busy_sum(&before));
}

static void test_memory(int fd)
{
	struct drm_rocket_gem_create create = { .size = BIG };
	struct rocket_fdinfo info;
	struct rocket_bo bo;

	/* Without memory as long as nobody needs it. */
	igt_assert_eq(__rocket_gem_create(fd, &create), 0);
	info = rocket_fdinfo(fd);
	igt_assert_eq_u64(info.total, BIG);
	igt_assert_eq_u64(info.resident, 0);
	igt_assert_eq_u64(info.active, 0);
	rocket_vm_map(fd, 0, create.handle, 0, 0x40000000, PAGE);
	info = rocket_fdinfo(fd);
	igt_assert_eq_u64(info.resident, BIG);
	igt_assert_eq_u64(info.shared, 0);

	bo = rocket_bo_mapped(fd, 3 * PAGE);
	info = rocket_fdinfo(fd);
	igt_assert_eq_u64(info.total, BIG + 3 * PAGE);
	igt_assert_eq_u64(info.resident, BIG + 3 * PAGE);
	igt_assert_eq_u64(info.active, 0);
	rocket_bo_free(fd, &bo);
	igt_assert_eq_u64(rocket_fdinfo(fd).total, BIG);
	rocket_gem_close(fd, create.handle);
	igt_assert_eq_u64(rocket_fdinfo(fd).total, 0);
}

/* What another file can reach, too. */
static void test_shared(int fd)
{
	struct rocket_bo bo = rocket_bo(fd, 2 * PAGE), own = rocket_bo(fd, PAGE);
	int other = rocket_open(), dmabuf;
	uint32_t handle;

	igt_assert_eq_u64(rocket_fdinfo(fd).shared, 0);
	igt_assert_eq(drmPrimeHandleToFD(fd, bo.handle, DRM_CLOEXEC, &dmabuf), 0);
	igt_assert_eq(drmPrimeFDToHandle(other, dmabuf, &handle), 0);
	igt_assert_eq_u64(rocket_fdinfo(fd).shared, 2 * PAGE);
	igt_assert_eq_u64(rocket_fdinfo(fd).total, 3 * PAGE);
	igt_assert_eq_u64(rocket_fdinfo(other).shared, 2 * PAGE);
	igt_assert_eq_u64(rocket_fdinfo(other).total, 2 * PAGE);
	close(dmabuf);
	close(other);
	rocket_bo_free(fd, &own);
}

/* A job without a list of BOs uses what is bound in its VM, and nothing else. */
static void test_active(int fd)
{
	uint32_t vm = rocket_vm_create(fd);
	struct rocket_scene s = rocket_scene(fd, vm);
	struct rocket_bo bystander = rocket_bo(fd, 16 * PAGE);
	struct drm_rocket_job job = rocket_probe_job(&s.probe, 0, 1);
	uint64_t bound = s.probe.bo.size + s.bo.size;
	struct rocket_blocker blocker;
	struct drm_rocket_sync in;
	uint32_t done;

	rocket_require_blocker();
	/* In another VM, and with memory */
	rocket_vm_map_bo(fd, 0, &bystander, 0x40000000);
	rocket_blocker_init(&blocker, fd);
	igt_assert_eq_u64(rocket_fdinfo(fd).active, 0);
	in = rocket_sync(blocker.syncobj, 0);
	job.in_syncs = (uintptr_t)&in;
	job.in_sync_count = 1;
	job.sync_struct_size = sizeof(in);
	done = rocket_start(fd, &job);
	igt_assert_eq_u64(rocket_fdinfo(fd).active, bound);
	rocket_blocker_release(&blocker);
	igt_assert_eq(rocket_syncobj_status(fd, done), 0);
	igt_assert_eq_u64(rocket_fdinfo(fd).active, 0);
	rocket_blocker_fini(&blocker);
}

/* Files of a device that is gone tell nothing, and do no harm. */
static void test_unbind(int fd)
{
	struct rocket_scene s = rocket_scene(fd, 0);
	char text[4096];
	int fresh;

	rocket_scene_expect_healthy(&s, rocket_nth_core(rocket_core_mask(fd), 0), 0);
	rocket_sysfs_unbind_all();
	igt_assert(!rocket_fdinfo_text(fd, text));
	rocket_sysfs_bind_all();
	igt_assert(!rocket_fdinfo_text(fd, text));
	fresh = rocket_open();
	igt_assert_f(!strcmp(rocket_fdinfo(fresh).driver, "rocket"), "no fdinfo\n");
	close(fresh);
}

igt_main
{
	igt_describe("Nothing but the keys of the specification, with their units");
	igt_subtest("keys")
		rocket_on_device(test_keys);

	igt_describe("A file is one client, by however many descriptors");
	igt_subtest("duplicate")
		rocket_on_device(test_duplicate);

	igt_describe("A client can have a name");
	igt_subtest("name")
		rocket_on_device(test_name);

	igt_describe("A job counts for its file and core");
	igt_subtest("busy")
		rocket_on_device(test_busy);

	igt_describe("Busy time is within 1 % of what the board counts");
	igt_subtest("board")
		rocket_on_device(test_board);

	igt_describe("Busy time grows while a job runs, and never shrinks");
	igt_subtest("running")
		rocket_on_device(test_running);

	igt_describe("To wait is not to be busy");
	igt_subtest("waiting")
		rocket_on_device(test_waiting);

	igt_describe("A job that hangs counts until it is killed");
	igt_subtest("hang")
		rocket_on_device(test_hang);

	igt_describe("Jobs count for the file whatever VM they ran in, and stay counted");
	igt_subtest("vm")
		rocket_on_device(test_vm);

	igt_describe("Memory is resident once it is there");
	igt_subtest("memory")
		rocket_on_device(test_memory);

	igt_describe("A BO that another file has is shared in both");
	igt_subtest("shared")
		rocket_on_device(test_shared);

	igt_describe("What is bound in a VM is active while the VM has a job");
	igt_subtest("active")
		rocket_on_device(test_active);

	igt_describe("fdinfo of a device that went is empty");
	igt_subtest("unbind")
		rocket_on_device(test_unbind);
}
