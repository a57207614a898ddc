// SPDX-License-Identifier: MIT
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_job.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("What a queued bind needs is there when its ioctl returns: it cannot fail later");

#define PROBE_ADDR	0x10000000u
/* Where nothing was ever mapped: no second-level table is there. */
#define FRESH_ADDR	0x60000000u
#define SEED		0x1000u

/* A job of the VM has run, so the core holds its page tables until we let go. */
static unsigned int hold_tables(struct rocket_probe *probe)
{
	unsigned int core = rocket_nth_core(rocket_core_mask(probe->fd), 0);
	struct drm_rocket_job job;

	rocket_sysfs_stay_awake(core, true);
	rocket_probe_set(probe, 0, probe->addr, rocket_probe_result_addr(probe, 0));
	job = rocket_probe_job(probe, 0, 1);
	job.core_mask = 1u << core;
	igt_assert_eq(rocket_run(probe->fd, &job), 0);
	return core;
}

static void test_tables(int fd)
{
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE);
	struct drm_rocket_vm_bind_op op = rocket_op_map(bo.handle, 0, FRESH_ADDR, bo.size);
	struct drm_rocket_sync in, out = rocket_sync(rocket_syncobj(fd), 0);
	uint64_t before, queued, bound;
	struct rocket_blocker blocker;
	struct rocket_probe probe;
	unsigned int core;

	rocket_require_board();
	rocket_blocker_init(&blocker, fd);
	in = rocket_sync(blocker.syncobj, 0);
	rocket_bo_fill(&bo, SEED);
	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	core = hold_tables(&probe);

	before = rocket_board_count(core, ROCKET_BOARD_TABLE_HASH);
	rocket_vm_bind_async(fd, 0, &op, 1, &in, &out);
	igt_assert(rocket_syncobj_busy(fd, out.handle));
	/* The table is made, with nothing in it. */
	queued = rocket_board_count(core, ROCKET_BOARD_TABLE_HASH);
	rocket_blocker_release(&blocker);
	igt_assert_eq(rocket_syncobj_status(fd, out.handle), 0);
	bound = rocket_board_count(core, ROCKET_BOARD_TABLE_HASH);
	rocket_sysfs_stay_awake(core, false);

	igt_assert_neq_u64(before, 0);
	igt_assert_neq_u64(queued, before);
	igt_assert_neq_u64(bound, queued);
	rocket_probe_expect(&probe, FRESH_ADDR, SEED);
	rocket_blocker_fini(&blocker);
}

/* Nothing can be reached before the bind takes effect, table or not. */
static void test_nothing_early(int fd)
{
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE);
	struct drm_rocket_vm_bind_op op = rocket_op_map(bo.handle, 0, FRESH_ADDR, bo.size);
	struct drm_rocket_sync in, out = rocket_sync(rocket_syncobj(fd), 0);
	struct rocket_blocker blocker;
	struct rocket_probe probe;

	rocket_blocker_init(&blocker, fd);
	in = rocket_sync(blocker.syncobj, 0);
	rocket_bo_fill(&bo, SEED);
	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	rocket_vm_bind_async(fd, 0, &op, 1, &in, &out);
	/* The first page of the table, which was there for a moment, too. */
	rocket_probe_expect_fault(&probe, FRESH_ADDR);
	rocket_probe_expect_write_fault(&probe, FRESH_ADDR);
	igt_assert(rocket_syncobj_busy(fd, out.handle));
	rocket_blocker_release(&blocker);
	igt_assert_eq(rocket_syncobj_status(fd, out.handle), 0);
	rocket_probe_expect(&probe, FRESH_ADDR, SEED);
	rocket_blocker_fini(&blocker);
}

static void test_pages(int fd)
{
	const uint64_t size = 32 << 20;
	/* Cached BOs get their memory when it is needed. */
	struct drm_rocket_gem_create create = { .size = size };
	struct drm_rocket_vm_bind_op op;
	struct drm_rocket_sync in, out = rocket_sync(rocket_syncobj(fd), 0);
	struct rocket_blocker blocker;
	uint64_t before;

	rocket_blocker_init(&blocker, fd);
	in = rocket_sync(blocker.syncobj, 0);
	before = rocket_shmem_bytes();
	igt_assert_eq(__rocket_gem_create(fd, &create), 0);
	igt_assert_lt_u64(rocket_shmem_bytes(), before + size / 2);
	op = rocket_op_map(create.handle, 0, FRESH_ADDR, size);
	rocket_vm_bind_async(fd, 0, &op, 1, &in, &out);
	igt_assert(rocket_syncobj_busy(fd, out.handle));
	igt_assert_lt_u64(before + size / 2, rocket_shmem_bytes());
	rocket_blocker_release(&blocker);
	igt_assert_eq(rocket_syncobj_status(fd, out.handle), 0);
	rocket_blocker_fini(&blocker);
}

igt_main
{
	igt_fixture
		close(rocket_open());

	igt_describe("Second-level tables exist when the ioctl returns (promise 3)");
	igt_subtest("tables")
		rocket_on_device(test_tables);

	igt_describe("The BO has its memory when the ioctl returns");
	igt_subtest("pages")
		rocket_on_device(test_pages);

	igt_describe("Tables made in advance let nothing be reached that is not bound yet");
	igt_subtest("nothing-early")
		rocket_on_device(test_nothing_early);
}
