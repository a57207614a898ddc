// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_job.h"
#include "igt_rocket_trace.h"

IGT_TEST_DESCRIPTION("A BO changes hands in parts: PREP_BO_RANGES, FINI_BO_RANGES");

#define SIZE		(16 * ROCKET_PAGE)
#define ADDR		0x20000000u
#define MAX_RANGES	1024u
#define FOREVER		INT64_MAX

/*
 * Both ioctls, which must agree about everything but waiting
 */

enum way { PREP, FINI, WAYS };

static int change_hands(int fd, enum way way, uint32_t handle, uint32_t count, uint64_t ranges,
			uint64_t reserved, int64_t timeout_ns)
{
	struct drm_rocket_prep_bo_ranges prep = {
		.handle = handle, .range_count = count, .ranges = ranges,
		.timeout_ns = timeout_ns, .reserved = reserved,
	};
	struct drm_rocket_fini_bo_ranges fini = {
		.handle = handle, .range_count = count, .ranges = ranges, .reserved = reserved,
	};
	int ret = way == PREP ? drmIoctl(fd, DRM_IOCTL_ROCKET_PREP_BO_RANGES, &prep) :
				drmIoctl(fd, DRM_IOCTL_ROCKET_FINI_BO_RANGES, &fini);
	int error = ret ? -errno : 0;

	errno = 0;
	return error;
}

static int ranged(int fd, enum way way, uint32_t handle, const struct drm_rocket_bo_range *ranges,
		  uint32_t count)
{
	return change_hands(fd, way, handle, count, (uintptr_t)ranges, 0, FOREVER);
}

static void test_ranges(int fd)
{
	static const struct {
		const char *what;
		int error;
		uint32_t count;
		struct drm_rocket_bo_range ranges[3];
	} cases[] = {
		{ "none", 0, 0, { } },
		{ "all", 0, 1, { { 0, SIZE } } },
		{ "a byte", 0, 1, { { 1, 1 } } },
		{ "the last byte", 0, 1, { { SIZE - 1, 1 } } },
		{ "some that touch", 0, 3, { { 0, 10 }, { 10, 10 }, { 20, SIZE - 20 } } },
		{ "some apart", 0, 3, { { 64, 64 }, { 5000, 1 }, { SIZE - 64, 64 } } },
		{ "an empty one", -EINVAL, 1, { { 0, 0 } } },
		{ "an empty one at the end", -EINVAL, 1, { { SIZE, 0 } } },
		{ "an empty one behind another", -EINVAL, 2, { { 0, 1 }, { 1, 0 } } },
		{ "one byte too many", -EINVAL, 1, { { 0, SIZE + 1 } } },
		{ "one past the end", -EINVAL, 1, { { SIZE, 1 } } },
		{ "one across the end", -EINVAL, 1, { { SIZE - 1, 2 } } },
		{ "one that wraps", -EINVAL, 1, { { SIZE - 1, UINT64_MAX } } },
		{ "one that wraps to its start", -EINVAL, 1, { { 64, -UINT64_C(64) } } },
		{ "one far away", -EINVAL, 1, { { UINT64_MAX, 1 } } },
		{ "an overlap", -EINVAL, 2, { { 0, 65 }, { 64, 64 } } },
		{ "the same twice", -EINVAL, 2, { { 0, 64 }, { 0, 64 } } },
		{ "a descent", -EINVAL, 2, { { 64, 64 }, { 0, 64 } } },
		{ "a bad one at last", -EINVAL, 3, { { 0, 1 }, { 2, 1 }, { SIZE, 1 } } },
	};
	struct rocket_bo bos[] = { rocket_bo_mapped(fd, SIZE), rocket_bo(fd, SIZE) };

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		for (enum way way = 0; way < WAYS; way++)
			for (unsigned int bo = 0; bo < ARRAY_SIZE(bos); bo++)
				igt_assert_f(ranged(fd, way, bos[bo].handle, cases[i].ranges,
						    cases[i].count) == cases[i].error,
					     "%s: %s, BO %u\n", way ? "FINI" : "PREP",
					     cases[i].what, bo);
}

static void test_arguments(int fd)
{
	struct rocket_bo bo = rocket_bo_mapped(fd, SIZE);
	struct drm_rocket_bo_range ranges[MAX_RANGES + 1];

	for (unsigned int i = 0; i <= MAX_RANGES; i++)
		ranges[i] = (struct drm_rocket_bo_range){ i * 32, 32 };
	for (enum way way = 0; way < WAYS; way++) {
		igt_assert_eq(change_hands(fd, way, bo.handle, 0, 0, 1, 0), -EINVAL);
		igt_assert_eq(change_hands(fd, way, 0, 0, 0, 1, 0), -EINVAL);
		igt_assert_eq(change_hands(fd, way, 9999, 1, 0, 0, 0), -ENOENT);
		igt_assert_eq(change_hands(fd, way, bo.handle, 1, 0, 0, 0), -EFAULT);
		igt_assert_eq(change_hands(fd, way, bo.handle, UINT32_MAX, 0, 0, 0), -EINVAL);
		igt_assert_eq(ranged(fd, way, bo.handle, ranges, MAX_RANGES + 1), -EINVAL);
		igt_assert_eq(ranged(fd, way, bo.handle, ranges, MAX_RANGES), 0);
	}
}

static void test_no_memory_yet(int fd)
{
	struct drm_rocket_gem_create create = { .size = SIZE };
	struct drm_rocket_bo_range range = { 0, SIZE };

	do_ioctl(fd, DRM_IOCTL_ROCKET_GEM_CREATE, &create);
	for (enum way way = 0; way < WAYS; way++)
		igt_assert_eq(ranged(fd, way, create.handle, &range, 1), 0);
}

/*
 * What is done for it: the DMA API's events tell
 */

static const char *const events[WAYS] = {
	"dma_sync_single_for_cpu", "dma_sync_single_for_device",
};
static const char *const whole_events[WAYS] = { "dma_sync_sg_for_cpu", "dma_sync_sg_for_device" };

static uint64_t synced(struct rocket_trace *trace, enum way way, unsigned int *pieces)
{
	struct rocket_event event;
	uint64_t bytes = 0;

	for (*pieces = 0; rocket_trace_find(trace, events[way], NULL, *pieces, &event); ++*pieces)
		bytes += rocket_event_u64(&event, "size");
	return bytes;
}

/* So many bytes, and no others, are walked through; without ranges, all at once. */
static void expect_cost(int fd, enum way way, const struct rocket_bo *bo,
			const struct drm_rocket_bo_range *ranges, uint32_t count, uint64_t bytes)
{
	struct rocket_trace trace;
	unsigned int pieces;

	rocket_trace_start(&trace, "dma/dma_sync_single_for_cpu dma/dma_sync_single_for_device "
			   "dma/dma_sync_sg_for_cpu dma/dma_sync_sg_for_device");
	igt_assert_eq(ranged(fd, way, bo->handle, ranges, count), 0);
	igt_assert_eq_u64(synced(&trace, way, &pieces), bytes);
	igt_assert_lte(bytes ? count : 0, pieces);
	igt_assert_eq_u64(synced(&trace, !way, &pieces), 0);
	igt_assert_eq(rocket_trace_count(&trace, whole_events[way], NULL), !count);
	igt_assert_eq(rocket_trace_count(&trace, whole_events[!way], NULL), 0);
	rocket_trace_stop(&trace);
}

static void test_costs(int fd)
{
	const struct drm_rocket_bo_range ranges[] = {
		{ 0, 64 }, { 100, 8000 }, { 8192, 4096 }, { SIZE - 1, 1 },
	};
	struct rocket_bo bo = rocket_bo_mapped(fd, SIZE);
	struct rocket_bo wc = rocket_bo(fd, SIZE);

	for (enum way way = 0; way < WAYS; way++) {
		expect_cost(fd, way, &bo, ranges, 4, 64 + 8000 + 4096 + 1);
		expect_cost(fd, way, &bo, NULL, 0, 0);
		/* Write-combined: there is nothing to do. */
		expect_cost(fd, way, &wc, ranges, 4, 0);
	}
}

/* The CPU takes what no device can have written for nothing, until one can. */
static void test_clean(int fd)
{
	const struct drm_rocket_bo_range range = { 0, 64 };
	struct drm_rocket_gem_create create = { .size = SIZE };
	struct drm_rocket_vm_bind_op op;
	int vgem = drm_open_driver(DRIVER_VGEM), dmabuf;
	struct rocket_bo bo = { 0 };
	uint32_t handle;

	for (unsigned int shared = 0; shared < 2; shared++) {
		igt_assert_eq(__rocket_gem_create(fd, &create), 0);
		bo.handle = create.handle;
		op = rocket_op_map(bo.handle, 0, ADDR, SIZE);
		op.flags = DRM_ROCKET_VM_BIND_READONLY;
		rocket_vm_bind_ops(fd, 0, &op, 1);
		expect_cost(fd, PREP, &bo, &range, 1, 0);
		expect_cost(fd, FINI, &bo, &range, 1, 64);
		if (!shared) {
			op.flags = 0;
			rocket_vm_bind_ops(fd, 0, &op, 1);
		} else {
			igt_assert_eq(drmPrimeHandleToFD(fd, bo.handle, DRM_CLOEXEC | DRM_RDWR,
							 &dmabuf), 0);
			igt_assert_eq(drmPrimeFDToHandle(vgem, dmabuf, &handle), 0);
			close(dmabuf);
		}
		expect_cost(fd, PREP, &bo, &range, 1, 64);
	}
	drm_close_driver(vgem);
}

enum { PAGES = MAX_RANGES };

/* Printed in hexadecimal, which it does not say. */
static uint64_t dma_addr(const struct rocket_event *event)
{
	char text[64];

	rocket_event_text(event, "dma_addr", text);
	return strtoull(text, NULL, 16);
}

/* Asks for one range, and holds what is walked through against where its pages are. */
static void expect_pieces(int fd, enum way way, const struct rocket_bo *bo,
			  const uint64_t page_addr[PAGES], struct drm_rocket_bo_range range)
{
	uint64_t at = range.offset, end = range.offset + range.size;
	struct rocket_event event;
	struct rocket_trace trace;

	rocket_trace_start(&trace, "dma/dma_sync_single_for_cpu dma/dma_sync_single_for_device");
	igt_assert_eq(ranged(fd, way, bo->handle, &range, 1), 0);
	for (unsigned int i = 0; rocket_trace_find(&trace, events[way], NULL, i, &event); i++) {
		uint64_t addr = dma_addr(&event);
		uint64_t size = rocket_event_u64(&event, "size");

		igt_assert_lt_u64(0, size);
		for (uint64_t done = 0; done < size; ) {
			uint64_t left = ROCKET_PAGE - at % ROCKET_PAGE;

			igt_assert_lt_u64(at, end);
			igt_assert_eq_u64(addr + done,
					  page_addr[at / ROCKET_PAGE] + at % ROCKET_PAGE);
			left = left < size - done ? left : size - done;
			at += left;
			done += left;
		}
	}
	igt_assert_eq_u64(at, end);
	rocket_trace_stop(&trace);
}

/* Pages are anywhere, and a range may go from any byte of one to any of another. */
static void test_pieces(int fd)
{
	const uint64_t size = PAGES * (uint64_t)ROCKET_PAGE;
	const struct drm_rocket_bo_range ranges[] = {
		{ 0, size }, { 1, size - 2 }, { 5000, 1 << 20 }, { size - ROCKET_PAGE - 1, 2 },
		{ 33 * ROCKET_PAGE, 7 * ROCKET_PAGE }, { 64 * ROCKET_PAGE - 10, 20 },
	};
	struct drm_rocket_bo_range pages[PAGES];
	struct rocket_bo bo = rocket_bo_mapped(fd, size);
	static uint64_t page_addr[PAGES];
	struct rocket_event event;
	struct rocket_trace trace;

	for (unsigned int i = 0; i < PAGES; i++)
		pages[i] = (struct drm_rocket_bo_range){ i * ROCKET_PAGE, ROCKET_PAGE };
	rocket_trace_start(&trace, "dma/dma_sync_single_for_cpu");
	igt_assert_eq(ranged(fd, PREP, bo.handle, pages, PAGES), 0);
	for (unsigned int i = 0; i < PAGES; i++) {
		igt_assert(rocket_trace_find(&trace, events[PREP], NULL, i, &event));
		igt_assert_eq_u64(rocket_event_u64(&event, "size"), ROCKET_PAGE);
		page_addr[i] = dma_addr(&event);
	}
	rocket_trace_stop(&trace);
	for (unsigned int i = 0; i < ARRAY_SIZE(ranges); i++) {
		expect_pieces(fd, PREP, &bo, page_addr, ranges[i]);
		expect_pieces(fd, FINI, &bo, page_addr, ranges[i]);
	}
}

/*
 * Waiting
 */

static void test_waits(int fd)
{
	struct drm_rocket_bo_range range = { 0, 64 };
	struct rocket_bo bo = rocket_bo_mapped(fd, SIZE);
	struct drm_rocket_sync in;
	struct rocket_blocker blocker;
	struct rocket_probe probe;
	struct drm_rocket_job job;

	rocket_probe_init(&probe, fd, 0, ADDR, 1);
	rocket_probe_set(&probe, 0, bo.address, bo.address + ROCKET_PAGE);
	rocket_pattern(bo.map, 5);
	igt_assert_eq(ranged(fd, FINI, bo.handle, &range, 1), 0);
	rocket_blocker_init(&blocker, fd);
	in = rocket_sync(blocker.syncobj, 0);
	job = rocket_probe_job(&probe, 0, 1);
	job.in_syncs = (uintptr_t)&in;
	job.in_sync_count = 1;
	job.sync_struct_size = sizeof(in);
	job.out_bo_handles = (uintptr_t)&bo.handle;
	job.out_bo_handle_count = 1;
	rocket_submit(fd, &job, 1);
	/* For the BO as a whole, wherever the ranges are; what is wrong is said before. */
	igt_assert_eq(change_hands(fd, PREP, bo.handle, 1, (uintptr_t)&range, 0, 0), -EBUSY);
	igt_assert_eq(change_hands(fd, PREP, bo.handle, 1, (uintptr_t)&range, 0, INT64_MIN),
		      -EBUSY);
	igt_assert_eq(change_hands(fd, PREP, bo.handle, 1, (uintptr_t)&range, 0, 1), -EBUSY);
	range.size = 0;
	igt_assert_eq(change_hands(fd, PREP, bo.handle, 1, (uintptr_t)&range, 0, 0), -EINVAL);
	range = (struct drm_rocket_bo_range){ ROCKET_PAGE, 64 };
	igt_assert_eq(ranged(fd, FINI, bo.handle, &range, 1), 0);
	rocket_blocker_release(&blocker);
	igt_assert_eq(ranged(fd, PREP, bo.handle, &range, 1), 0);
	igt_assert(rocket_is_pattern(bo.map + ROCKET_PAGE, 5));
	rocket_blocker_fini(&blocker);
}

static void test_shared(int fd)
{
	struct drm_rocket_bo_range range = { 64, 64 }, bad = { SIZE, 1 };
	int other = rocket_open(), dma_buf;
	struct rocket_bo bo = rocket_bo_mapped(other, SIZE);
	uint32_t handle;

	igt_assert_eq(drmPrimeHandleToFD(other, bo.handle, DRM_CLOEXEC, &dma_buf), 0);
	igt_assert_eq(drmPrimeFDToHandle(fd, dma_buf, &handle), 0);
	for (enum way way = 0; way < WAYS; way++) {
		igt_assert_eq(ranged(fd, way, handle, &range, 1), 0);
		igt_assert_eq(ranged(fd, way, handle, &bad, 1), -EINVAL);
	}
	close(dma_buf);
	close(other);
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd);
		const char *what;
	} tests[] = {
		{ "ranges", test_ranges, "Ascending, apart, not empty, inside the BO; or -EINVAL" },
		{ "arguments", test_arguments, "Other arguments have their errors, too" },
		{ "no-memory-yet", test_no_memory_yet, "A BO that nobody has used yet" },
		{ "costs", test_costs, "Only what the ranges cover is walked through" },
		{ "clean", test_clean, "What no device can have written the CPU takes for nothing" },
		{ "pieces", test_pieces, "That is where the pages are, which is anywhere" },
		{ "waits", test_waits, "PREP_BO_RANGES waits for the BO as PREP_BO does" },
		{ "shared", test_shared, "Ranges of what another file has made" },
	};

	igt_fixture
		close(rocket_open());

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			rocket_on_device(tests[i].test);
	}
}
