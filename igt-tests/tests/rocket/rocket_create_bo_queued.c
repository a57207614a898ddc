// SPDX-License-Identifier: MIT
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_job.h"

IGT_TEST_DESCRIPTION("CREATE_BO while binds are queued: neither takes from the other");

#define PROBE_ADDR	0x10000000u

/* A bind that waits is at the bottom; what the kernel chooses is not where it will be. */
static void test_avoids(int fd)
{
	struct rocket_bo bound = rocket_bo(fd, 3 * ROCKET_PAGE);
	struct drm_rocket_vm_bind_op ops[] = {
		rocket_op_map(bound.handle, 0, ROCKET_KERNEL_VA, ROCKET_PAGE),
		rocket_op_map(bound.handle, ROCKET_PAGE, ROCKET_KERNEL_VA + 3 * ROCKET_PAGE,
			      2 * ROCKET_PAGE),
	};
	struct drm_rocket_sync never, done = rocket_sync(rocket_syncobj(fd), 0);
	struct rocket_blocker blocker;
	struct rocket_bo one, two;
	struct rocket_probe probe;

	rocket_blocker_init(&blocker, fd);
	never = rocket_sync(blocker.syncobj, 0);
	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	rocket_bo_fill(&bound, 20);
	rocket_vm_bind_async(fd, 0, ops, 2, &never, &done);
	/* Two pages and a guard do not fit in the hole between the two, one does. */
	two = rocket_bo_mapped(fd, 2 * ROCKET_PAGE);
	igt_assert_eq_u64(two.address, ROCKET_KERNEL_VA + 5 * ROCKET_PAGE);
	one = rocket_bo_mapped(fd, ROCKET_PAGE);
	igt_assert_eq_u64(one.address, ROCKET_KERNEL_VA + ROCKET_PAGE);
	rocket_prep_bo(fd, one.handle);
	rocket_bo_fill(&one, 30);
	rocket_fini_bo(fd, one.handle);
	rocket_prep_bo(fd, two.handle);
	rocket_bo_fill(&two, 40);
	rocket_fini_bo(fd, two.handle);
	rocket_blocker_release(&blocker);
	igt_assert_eq(rocket_syncobj_status(fd, done.handle), 0);
	rocket_probe_expect(&probe, ROCKET_KERNEL_VA, 20);
	rocket_probe_expect(&probe, one.address, 30);
	rocket_probe_expect(&probe, ROCKET_KERNEL_VA + 3 * ROCKET_PAGE, 21);
	rocket_probe_expect(&probe, ROCKET_KERNEL_VA + 4 * ROCKET_PAGE, 22);
	rocket_probe_expect(&probe, two.address + ROCKET_PAGE, 41);
	rocket_blocker_fini(&blocker);
}

/* What a queued bind would have taken is free when it has been, or never will be. */
static void test_done(int fd)
{
	const uint64_t first = ROCKET_KERNEL_VA;
	struct rocket_bo bound = rocket_bo(fd, ROCKET_PAGE), kernel;
	struct drm_rocket_vm_bind_op ops[] = {
		rocket_op_map(bound.handle, 0, first, ROCKET_PAGE),
		rocket_op_unmap(first, ROCKET_PAGE),
	};
	struct drm_rocket_sync done = rocket_sync(rocket_syncobj(fd), 0);
	struct drm_rocket_sync unknown = rocket_sync(9999, 0);

	rocket_vm_bind_async(fd, 0, ops, 2, NULL, &done);
	igt_assert_eq(rocket_syncobj_status(fd, done.handle), 0);
	igt_assert_eq(__rocket_vm_bind_async(fd, 0, ops, 1, &unknown, NULL), -ENOENT);
	errno = 0;
	kernel = rocket_bo_mapped(fd, ROCKET_PAGE);
	igt_assert_eq_u64(kernel.address, first);
}

/*
 * An unmap of everything that is queued takes what there was, also of the kernel's,
 * not what CREATE_BO maps before its turn comes; one that is queued later does.
 */
static void test_unmap(int fd)
{
	struct rocket_bo before = rocket_bo_mapped(fd, ROCKET_PAGE), after;
	struct drm_rocket_vm_bind_op all = rocket_op_unmap(ROCKET_PAGE,
							   ROCKET_VA_END - ROCKET_PAGE);
	struct drm_rocket_vm_bind_op half;
	struct drm_rocket_sync never, done = rocket_sync(rocket_syncobj(fd), 0);
	struct rocket_blocker blocker;

	rocket_blocker_init(&blocker, fd);
	never = rocket_sync(blocker.syncobj, 0);
	rocket_vm_bind_async(fd, 0, &all, 1, &never, &done);
	after = rocket_bo_mapped(fd, 2 * ROCKET_PAGE);
	igt_assert_eq_u64(after.address, before.address + ROCKET_PAGE + ROCKET_GUARD);
	half = rocket_op_unmap(after.address, ROCKET_PAGE);
	rocket_blocker_release(&blocker);
	igt_assert_eq(rocket_syncobj_status(fd, done.handle), 0);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapped_bytes, after.size);
	rocket_vm_bind_async(fd, 0, &half, 1, NULL, &done);
	igt_assert_eq(rocket_syncobj_status(fd, done.handle), 0);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapped_bytes, ROCKET_PAGE);
	rocket_bo_free(fd, &after);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapping_count, 0);
	rocket_blocker_fini(&blocker);
}

/* The same for an unmap that would cut it. */
static void test_cut(int fd)
{
	const uint64_t page = ROCKET_KERNEL_VA + ROCKET_PAGE;
	struct drm_rocket_vm_bind_op cut = rocket_op_unmap(page, ROCKET_PAGE);
	struct drm_rocket_sync never, done = rocket_sync(rocket_syncobj(fd), 0);
	struct rocket_blocker blocker;
	struct rocket_bo kernel;

	rocket_blocker_init(&blocker, fd);
	never = rocket_sync(blocker.syncobj, 0);
	rocket_vm_bind_async(fd, 0, &cut, 1, &never, &done);
	kernel = rocket_bo_mapped(fd, 3 * ROCKET_PAGE);
	igt_assert_eq_u64(kernel.address, page - ROCKET_PAGE);
	rocket_blocker_release(&blocker);
	igt_assert_eq(rocket_syncobj_status(fd, done.handle), 0);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapping_count, 1);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapped_bytes, kernel.size);
	/* What takes effect at once may do as it likes. */
	rocket_vm_unmap(fd, 0, page, ROCKET_PAGE);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapping_count, 2);
	rocket_blocker_fini(&blocker);
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd);
		const char *what;
	} tests[] = {
		{ "avoids", test_avoids,
		  "CREATE_BO does not choose an address that a queued bind will map" },
		{ "done", test_done,
		  "It does when the bind has been applied, or refused" },
		{ "unmap", test_unmap,
		  "An unmap that was queued before leaves what CREATE_BO has mapped since" },
		{ "cut", test_cut,
		  "So does one that would cut it, but not one that takes effect at once" },
	};

	igt_fixture
		close(rocket_open());

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			rocket_on_device(tests[i].test);
	}
}
