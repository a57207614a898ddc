// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_job.h"
#include "igt_rocket_trace.h"

IGT_TEST_DESCRIPTION("Buffer objects: creation, mapping, ownership, lifetime");

#define PROBE_ADDR	0x10000000u
#define DATA_ADDR	0x20000000u

static void expect_create(int fd, struct drm_rocket_gem_create create, int err)
{
	igt_assert_eq(__rocket_gem_create(fd, &create), err);
	igt_assert_eq_u32(create.handle, 0);
}

static void test_zeroed(int fd)
{
	/* Dirty pages first, so that recycled ones would show. */
	struct rocket_bo bo = rocket_bo(fd, 64 * ROCKET_PAGE);

	memset(bo.map, 0x5a, bo.size);
	rocket_bo_free(fd, &bo);
	for (int i = 0; i < 4; i++) {
		bo = rocket_bo_flags(fd, 64 * ROCKET_PAGE, i & 1 ? DRM_ROCKET_GEM_WC : 0, 0);
		for (uint64_t at = 0; at < bo.size; at += sizeof(uint64_t))
			igt_assert_eq_u64(*(uint64_t *)(bo.map + at), 0);
		memset(bo.map, 0x5a, bo.size);
		rocket_bo_free(fd, &bo);
	}
}

static void test_not_mapped(int fd)
{
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE);

	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapping_count, 0);
	rocket_bo_free(fd, &bo);
}

static void test_size_rounded(int fd)
{
	struct drm_rocket_gem_create create = { .size = ROCKET_PAGE + 1 };

	igt_assert_eq(__rocket_gem_create(fd, &create), 0);
	rocket_vm_map(fd, 0, create.handle, 0, DATA_ADDR, 2 * ROCKET_PAGE);
	igt_assert_eq(__rocket_vm_map(fd, 0, create.handle, 0, DATA_ADDR, 3 * ROCKET_PAGE),
		      -EINVAL);
}

static bool has_below_4g(int fd)
{
	return rocket_get_param(fd, DRM_ROCKET_PARAM_FEATURES) & DRM_ROCKET_FEATURE_BELOW_4G;
}

static void test_invalid(int fd)
{
	expect_create(fd, (struct drm_rocket_gem_create){ .size = 0 }, -EINVAL);
	expect_create(fd, (struct drm_rocket_gem_create){ .size = 1, .flags = 1u << 31 },
		      -EINVAL);
	expect_create(fd, (struct drm_rocket_gem_create){ .size = 1, .flags = 1u << 2 },
		      -EINVAL);
	expect_create(fd, (struct drm_rocket_gem_create){ .size = 1, .flags = 1u << 4 },
		      -EINVAL);
	expect_create(fd, (struct drm_rocket_gem_create){ .size = 0,
			.flags = DRM_ROCKET_GEM_BELOW_4G }, -EINVAL);
	expect_create(fd, (struct drm_rocket_gem_create){ .size = 1, .vm_id = 1,
			.flags = DRM_ROCKET_GEM_BELOW_4G },
		      has_below_4g(fd) ? -EINVAL : -EOPNOTSUPP);
	expect_create(fd, (struct drm_rocket_gem_create){ .size = 1, .pad = 1 }, -EINVAL);
	expect_create(fd, (struct drm_rocket_gem_create){ .size = 1, .vm_id = 1 }, -EINVAL);
	expect_create(fd, (struct drm_rocket_gem_create){ .size = 1, .vm_id = 77,
			.flags = DRM_ROCKET_GEM_VM_PRIVATE }, -ENOENT);
}

static void test_too_big(int fd)
{
	expect_create(fd, (struct drm_rocket_gem_create){ .size = ROCKET_VA_END }, -E2BIG);
	expect_create(fd, (struct drm_rocket_gem_create){ .size = UINT64_MAX }, -E2BIG);
	expect_create(fd, (struct drm_rocket_gem_create){ .size = UINT64_C(1) << 63 }, -E2BIG);
}

/* What the CPU writes reaches the NPU, and what that writes the CPU. */
static void coherent(int fd, uint32_t flags, bool ownership)
{
	struct rocket_bo bo = rocket_bo_flags(fd, 2 * ROCKET_PAGE, flags, 0);
	struct rocket_probe probe;

	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	rocket_vm_map_bo(fd, 0, &bo, DATA_ADDR);
	for (uint32_t round = 0; round < 8; round++) {
		if (ownership)
			rocket_prep_bo(fd, bo.handle);
		rocket_pattern(bo.map, round);
		if (ownership)
			rocket_fini_bo(fd, bo.handle);
		igt_assert_eq(rocket_probe_copy(&probe, DATA_ADDR, DATA_ADDR + ROCKET_PAGE), 0);
		if (ownership)
			rocket_prep_bo(fd, bo.handle);
		igt_assert(rocket_is_pattern(bo.map + ROCKET_PAGE, round));
	}
}

static void test_coherent_cached(int fd)
{
	coherent(fd, 0, true);
}

static void test_coherent_wc(int fd)
{
	coherent(fd, DRM_ROCKET_GEM_WC, false);
}

static void test_private(int fd)
{
	uint32_t vm = rocket_vm_create(fd), other = rocket_vm_create(fd);
	struct rocket_bo bo = rocket_bo_flags(fd, ROCKET_PAGE, DRM_ROCKET_GEM_VM_PRIVATE, vm);
	int dmabuf;

	rocket_vm_map_bo(fd, vm, &bo, DATA_ADDR);
	igt_assert_eq(__rocket_vm_map(fd, other, bo.handle, 0, DATA_ADDR, bo.size), -EINVAL);
	igt_assert_eq(__rocket_vm_map(fd, 0, bo.handle, 0, DATA_ADDR, bo.size), -EINVAL);
	igt_assert_neq(drmPrimeHandleToFD(fd, bo.handle, DRM_CLOEXEC, &dmabuf), 0);
	errno = 0;
	rocket_vm_destroy(fd, vm);
	/* The BO outlives its VM as a piece of memory. */
	rocket_pattern(bo.map, 1);
	igt_assert(rocket_is_pattern(bo.map, 1));
	rocket_bo_free(fd, &bo);
}

static void test_private_runs(int fd)
{
	uint32_t vm = rocket_vm_create(fd);
	struct rocket_bo bo = rocket_bo_flags(fd, ROCKET_PAGE,
					      DRM_ROCKET_GEM_VM_PRIVATE | DRM_ROCKET_GEM_WC,
					      vm);
	struct rocket_probe probe;

	rocket_probe_init(&probe, fd, vm, PROBE_ADDR, 1);
	rocket_bo_fill(&bo, 21);
	rocket_vm_map_bo(fd, vm, &bo, DATA_ADDR);
	rocket_probe_expect(&probe, DATA_ADDR, 21);
	rocket_bo_free(fd, &bo);
	rocket_probe_expect(&probe, DATA_ADDR, 21);
}

static void test_close_keeps_mapping(int fd)
{
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE);
	struct rocket_probe probe;

	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	rocket_bo_fill(&bo, 5);
	rocket_vm_map_bo(fd, 0, &bo, DATA_ADDR);
	rocket_bo_free(fd, &bo);
	/* Others get memory now; not this page. */
	for (int i = 0; i < 16; i++) {
		struct rocket_bo next = rocket_bo(fd, 16 * ROCKET_PAGE);

		memset(next.map, 0xff, next.size);
	}
	rocket_probe_expect(&probe, DATA_ADDR, 5);
}

static void test_create_bo_address(int fd)
{
	struct rocket_bo a = rocket_bo_mapped(fd, 3 * ROCKET_PAGE);
	struct rocket_bo b = rocket_bo_mapped(fd, ROCKET_PAGE);

	igt_assert_neq_u64(a.address, 0);
	igt_assert_eq_u64(a.address % ROCKET_PAGE, 0);
	igt_assert_lte_u64(a.address + a.size, ROCKET_KERNEL_VA_END);
	igt_assert_lte_u64(a.address + a.size + ROCKET_GUARD, b.address);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapped_bytes, 4 * ROCKET_PAGE);
	rocket_bo_free(fd, &a);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapped_bytes, ROCKET_PAGE);
	rocket_bo_free(fd, &b);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapping_count, 0);
}

static void test_create_bo_avoids_binds(int fd)
{
	struct rocket_bo bound = rocket_bo(fd, ROCKET_PAGE);
	struct rocket_bo kernel;

	rocket_vm_map_bo(fd, 0, &bound, ROCKET_KERNEL_VA);
	kernel = rocket_bo_mapped(fd, ROCKET_PAGE);
	igt_assert_eq_u64(kernel.address, ROCKET_KERNEL_VA + ROCKET_PAGE);
}

/* Wherever one comes to be, by a handle that is closed or by VM_BIND. */
static void test_create_bo_hole(int fd)
{
	const uint64_t start = ROCKET_KERNEL_VA, size = 3 * ROCKET_PAGE;
	const uint64_t step = size + ROCKET_GUARD;
	struct rocket_bo bos[4];

	for (unsigned int i = 0; i < ARRAY_SIZE(bos); i++) {
		bos[i] = rocket_bo_mapped(fd, size);
		igt_assert_eq_u64(bos[i].address, start + i * step);
	}
	rocket_bo_free(fd, &bos[1]);
	igt_assert_eq_u64(rocket_bo_mapped(fd, size).address, start + step);
	/* As large as a page and its guard. */
	rocket_vm_unmap(fd, 0, start + 2 * step + ROCKET_PAGE, 2 * ROCKET_PAGE);
	igt_assert_eq_u64(rocket_bo_mapped(fd, ROCKET_PAGE).address,
			  start + 2 * step + ROCKET_PAGE);
	igt_assert_eq_u64(rocket_bo_mapped(fd, ROCKET_PAGE).address, start + 4 * step);
}

static void expect_zeroes(struct rocket_probe *probe, uint32_t addr)
{
	uint8_t data[ROCKET_PATTERN];

	igt_assert_eq(rocket_probe_read(probe, addr, data), 0);
	for (unsigned int i = 0; i < sizeof(data); i++)
		igt_assert_eq(data[i], 0);
}

/* Mainline's clients read on behind a BO, where there is always something. */
static void test_create_bo_guard(int fd)
{
	struct rocket_bo a = rocket_bo_mapped(fd, ROCKET_PAGE);
	struct rocket_bo b = rocket_bo_mapped(fd, ROCKET_PAGE);
	uint32_t behind_a = a.address + a.size, behind_b = b.address + b.size;
	struct rocket_bo bound = rocket_bo(fd, ROCKET_PAGE);
	struct rocket_probe probe;

	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	expect_zeroes(&probe, behind_a);
	expect_zeroes(&probe, behind_b + ROCKET_GUARD - ROCKET_PATTERN);
	rocket_probe_expect_fault(&probe, behind_b + ROCKET_GUARD);
	rocket_probe_expect_write_fault(&probe, behind_a);
	expect_zeroes(&probe, behind_a);
	/* It is a mapping like any other: not counted, but it can be replaced. */
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapped_bytes,
			  a.size + b.size + probe.bo.size);
	rocket_bo_fill(&bound, 9);
	rocket_vm_map_bo(fd, 0, &bound, behind_a);
	rocket_probe_expect(&probe, behind_a, 9);
	rocket_bo_free(fd, &a);
	rocket_probe_expect(&probe, behind_a, 9);
	rocket_bo_free(fd, &b);
	rocket_probe_expect_fault(&probe, behind_b);
}

static void test_create_bo_replaced(int fd)
{
	struct rocket_bo kernel = rocket_bo_mapped(fd, ROCKET_PAGE);
	struct rocket_bo bound = rocket_bo(fd, ROCKET_PAGE);
	uint32_t addr = kernel.address;
	struct rocket_probe probe;

	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	rocket_bo_fill(&bound, 9);
	rocket_vm_map_bo(fd, 0, &bound, addr);
	rocket_probe_expect(&probe, addr, 9);
	/* Closing takes away what the kernel mapped, and only that. */
	rocket_bo_free(fd, &kernel);
	rocket_probe_expect(&probe, addr, 9);
}

/* Binds one BO everywhere but in the @size bytes at @hole. */
static void fill_but(int fd, uint64_t hole, uint64_t size)
{
	struct rocket_bo bo = rocket_bo(fd, 16 << 20);
	uint64_t addr = ROCKET_PAGE;

	while (addr < ROCKET_VA_END) {
		uint64_t end = addr <= hole ? hole : ROCKET_VA_END;
		uint64_t range = end - addr < bo.size ? end - addr : bo.size;

		if (range)
			rocket_vm_map(fd, 0, bo.handle, 0, addr, range);
		addr += range ? range : size;
	}
	rocket_bo_free(fd, &bo);
}

static void test_create_bo_full(int fd)
{
	struct drm_rocket_create_bo create = { .size = 2 * ROCKET_PAGE };
	uint64_t hole = 0x87654000;

	/* Room for a page and its guard. */
	fill_but(fd, hole, 2 * ROCKET_PAGE);
	igt_assert_eq(__rocket_create_bo(fd, &create), -ENOSPC);
	errno = 0;
	create.size = ROCKET_PAGE;
	igt_assert_eq(__rocket_create_bo(fd, &create), 0);
	igt_assert_eq_u64(create.dma_address, hole);
}

/*
 * Memory below 4 GiB
 */

/* Binds a BO, and tells where in physical memory it ends; it is left there. */
static uint64_t end_of_memory(int fd, const struct rocket_bo *bo)
{
	struct rocket_event event;
	struct rocket_trace trace;
	uint64_t end = 0, mapped = 0;

	/* What the driver maps to have page tables is not looked at. */
	rocket_vm_map_bo(fd, 0, bo, DATA_ADDR);
	rocket_vm_unmap(fd, 0, DATA_ADDR, bo->size);
	rocket_trace_start(&trace, "iommu/map");
	rocket_vm_map_bo(fd, 0, bo, DATA_ADDR);
	for (unsigned int i = 0; rocket_trace_find(&trace, "map", NULL, i, &event); i++) {
		uint64_t iova = rocket_event_u64(&event, "iova");
		uint64_t size = rocket_event_u64(&event, "size");

		/* The kernel's other devices may be at it, too. */
		if (iova < DATA_ADDR || iova >= DATA_ADDR + bo->size)
			continue;
		mapped += size;
		if (rocket_event_u64(&event, "paddr") + size > end)
			end = rocket_event_u64(&event, "paddr") + size;
	}
	rocket_trace_stop(&trace);
	igt_assert_eq_u64(mapped, bo->size);
	return end;
}

static void require_below_4g(int fd)
{
	igt_require_f(has_below_4g(fd), "no memory below 4 GiB\n");
}

static void test_below_4g(int fd)
{
	static const uint32_t more[] = {
		0, DRM_ROCKET_GEM_WC, DRM_ROCKET_GEM_VM_PRIVATE,
		DRM_ROCKET_GEM_WC | DRM_ROCKET_GEM_VM_PRIVATE,
	};
	const uint64_t limit = UINT64_C(1) << 32, size = 1024 * ROCKET_PAGE;
	struct rocket_bo anywhere = rocket_bo(fd, size), bo;
	struct rocket_probe probe;

	require_below_4g(fd);
	igt_require_f(end_of_memory(fd, &anywhere) > limit, "no memory above 4 GiB\n");
	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(more); i++) {
		bo = rocket_bo_flags(fd, size, DRM_ROCKET_GEM_BELOW_4G | more[i], 0);
		igt_assert_lte_u64(end_of_memory(fd, &bo), limit);
		for (uint64_t at = 0; at < bo.size; at += sizeof(uint64_t))
			igt_assert_eq_u64(*(uint64_t *)(bo.map + at), 0);
		rocket_prep_bo(fd, bo.handle);
		rocket_bo_fill(&bo, 40 + i);
		rocket_fini_bo(fd, bo.handle);
		rocket_probe_expect(&probe, DATA_ADDR + size - ROCKET_PAGE,
				    40 + i + size / ROCKET_PAGE - 1);
		rocket_bo_free(fd, &bo);
	}
}

/* All at once, and more than there is: it is told so, and the machine goes on. */
static void test_below_4g_too_much(int fd)
{
	struct drm_rocket_gem_create create = {
		.size = UINT64_C(0xfffff000) - ROCKET_PAGE, .flags = DRM_ROCKET_GEM_BELOW_4G,
	};
	struct rocket_bo bo;

	require_below_4g(fd);
	/* Of root there is no limit but memory, a part of which the kernel lies in. */
	igt_assert_eq(__rocket_gem_create(fd, &create), -ENOMEM);
	igt_assert_eq_u32(create.handle, 0);
	igt_assert_eq_u64(rocket_get_param(fd, DRM_ROCKET_PARAM_BO_MEMORY), 0);
	errno = 0;
	bo = rocket_bo_flags(fd, ROCKET_PAGE, DRM_ROCKET_GEM_BELOW_4G, 0);
	igt_assert_lte_u64(end_of_memory(fd, &bo), UINT64_C(1) << 32);
	rocket_bo_free(fd, &bo);
}

static struct drm_rocket_gem_query query(int fd, uint32_t handle)
{
	struct drm_rocket_gem_query query = { .handle = handle };

	do_ioctl(fd, DRM_IOCTL_ROCKET_GEM_QUERY, &query);
	return query;
}

static void test_query(int fd)
{
	static const uint32_t all[] = {
		0, DRM_ROCKET_GEM_WC, DRM_ROCKET_GEM_VM_PRIVATE,
		DRM_ROCKET_GEM_WC | DRM_ROCKET_GEM_VM_PRIVATE, DRM_ROCKET_GEM_BELOW_4G,
		DRM_ROCKET_GEM_BELOW_4G | DRM_ROCKET_GEM_WC | DRM_ROCKET_GEM_VM_PRIVATE,
	};
	struct drm_rocket_gem_query bad = { .handle = 9999 }, found;
	struct drm_rocket_create_bo mapped = { .size = ROCKET_PAGE + 1 };

	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
		struct drm_rocket_gem_create create = { .size = 3 * ROCKET_PAGE - 1,
							.flags = all[i] };

		if (all[i] & DRM_ROCKET_GEM_BELOW_4G && !has_below_4g(fd))
			continue;
		igt_assert_eq(__rocket_gem_create(fd, &create), 0);
		found = query(fd, create.handle);
		igt_assert_eq_u32(found.flags, all[i]);
		igt_assert_eq_u64(found.size, 3 * ROCKET_PAGE);
		igt_assert_eq_u64(found.offset, create.offset);
		igt_assert_eq_u64(found.dma_address, 0);
	}
	igt_assert_eq(__rocket_create_bo(fd, &mapped), 0);
	found = query(fd, mapped.handle);
	igt_assert_eq_u32(found.flags, 0);
	igt_assert_eq_u64(found.size, 2 * ROCKET_PAGE);
	igt_assert_eq_u64(found.offset, mapped.offset);
	igt_assert_eq_u64(found.dma_address, mapped.dma_address);
	do_ioctl_err(fd, DRM_IOCTL_ROCKET_GEM_QUERY, &bad, ENOENT);
	bad.handle = mapped.handle;
	bad.pad = 1;
	do_ioctl_err(fd, DRM_IOCTL_ROCKET_GEM_QUERY, &bad, EINVAL);
}

/* What another file has got by PRIME, with an address space of its own. */
static void test_query_shared(int fd)
{
	struct drm_rocket_create_bo mapped = { .size = ROCKET_PAGE };
	int other = rocket_open(), dma_buf;
	struct rocket_bo theirs = rocket_bo_mapped(other, ROCKET_PAGE);
	struct drm_rocket_gem_query found;
	uint32_t handle;

	igt_assert_eq(__rocket_create_bo(fd, &mapped), 0);
	igt_assert_eq(drmPrimeHandleToFD(other, theirs.handle, DRM_CLOEXEC, &dma_buf), 0);
	igt_assert_eq(drmPrimeFDToHandle(fd, dma_buf, &handle), 0);
	found = query(fd, handle);
	igt_assert_eq_u32(found.flags, 0);
	igt_assert_eq_u64(found.size, ROCKET_PAGE);
	igt_assert_eq_u64(found.dma_address, 0);
	close(dma_buf);
	close(other);
	/* Its mapping went with the other file. */
	igt_assert_eq_u64(query(fd, handle).dma_address, 0);
}

static void test_prep_fini_invalid(int fd)
{
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE);
	struct drm_rocket_prep_bo prep = { .handle = bo.handle, .reserved = 1 };
	struct drm_rocket_fini_bo fini = { .handle = bo.handle, .reserved = 1 };

	do_ioctl_err(fd, DRM_IOCTL_ROCKET_PREP_BO, &prep, EINVAL);
	do_ioctl_err(fd, DRM_IOCTL_ROCKET_FINI_BO, &fini, EINVAL);
	igt_assert_eq(__rocket_prep_bo(fd, 9999, 0), -ENOENT);
	igt_assert_eq(__rocket_fini_bo(fd, 9999), -ENOENT);
	igt_assert_eq(__rocket_prep_bo(fd, bo.handle, 0), 0);
	errno = 0;
}

static void test_mmap_outlives_handle(int fd)
{
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE);

	rocket_pattern(bo.map, 3);
	rocket_gem_close(fd, bo.handle);
	igt_assert(rocket_is_pattern(bo.map, 3));
	igt_assert_eq(munmap(bo.map, bo.size), 0);
}

static void test_mmap_foreign(int fd)
{
	struct drm_rocket_gem_create create = { .size = ROCKET_PAGE };
	int other = rocket_open();

	igt_assert_eq(__rocket_gem_create(fd, &create), 0);
	igt_assert(mmap(NULL, ROCKET_PAGE, PROT_READ, MAP_SHARED, other, create.offset) ==
		   MAP_FAILED);
	errno = 0;
	close(other);
}

igt_main
{
	igt_fixture
		close(rocket_open());

	igt_describe("Memory of a new BO reads as zeroes, also when it was used before");
	igt_subtest("zeroed")
		rocket_on_device(test_zeroed);

	igt_describe("GEM_CREATE maps the BO in no VM");
	igt_subtest("create-maps-nothing")
		rocket_on_device(test_not_mapped);

	igt_describe("Sizes are rounded up to whole pages");
	igt_subtest("size-rounded")
		rocket_on_device(test_size_rounded);

	igt_describe("Every wrong argument of GEM_CREATE has its errno, and makes no handle");
	igt_subtest("create-invalid")
		rocket_on_device(test_invalid);

	igt_describe("A BO that fits in no VM is E2BIG");
	igt_subtest("create-too-big")
		rocket_on_device(test_too_big);

	igt_describe("CPU and NPU see what the other wrote in a cached BO, by PREP and FINI");
	igt_subtest("coherent-cached")
		rocket_on_device(test_coherent_cached);

	igt_describe("CPU and NPU see what the other wrote in a write-combined BO");
	igt_subtest("coherent-wc")
		rocket_on_device(test_coherent_wc);

	igt_describe("A private BO can be bound in its VM only, and not be exported");
	igt_subtest("vm-private")
		rocket_on_device(test_private);

	igt_describe("Jobs can use private BOs, also when their handle is closed");
	igt_subtest("vm-private-run")
		rocket_on_device(test_private_runs);

	igt_describe("A mapping keeps its BO when the handle is closed");
	igt_subtest("close-keeps-mapping")
		rocket_on_device(test_close_keeps_mapping);

	igt_describe("CREATE_BO maps at distinct addresses, for as long as the handle lives");
	igt_subtest("create-bo-address")
		rocket_on_device(test_create_bo_address);

	igt_describe("CREATE_BO takes the lowest hole, also one that has just come to be");
	igt_subtest("create-bo-hole")
		rocket_on_device(test_create_bo_hole);

	igt_describe("Behind what CREATE_BO maps, the NPU reads a page of zeroes and cannot write");
	igt_subtest("create-bo-guard")
		rocket_on_device(test_create_bo_guard);

	igt_describe("A BO that shall lie below 4 GiB does, whatever else it is, and works");
	igt_subtest("below-4g")
		rocket_on_device(test_below_4g);

	igt_describe("More than there is below 4 GiB is ENOMEM, and nothing is lost");
	igt_subtest("below-4g-too-much")
		rocket_on_device(test_below_4g_too_much);

	igt_describe("GEM_QUERY tells size, flags, offset, and CREATE_BO's address");
	igt_subtest("query")
		rocket_on_device(test_query);

	igt_describe("GEM_QUERY tells nothing of another file's addresses");
	igt_subtest("query-shared")
		rocket_on_device(test_query_shared);

	igt_describe("CREATE_BO takes no address that userspace has bound");
	igt_subtest("create-bo-avoids-binds")
		rocket_on_device(test_create_bo_avoids_binds);

	igt_describe("What is bound over a CREATE_BO mapping stays when that BO is closed");
	igt_subtest("create-bo-replaced")
		rocket_on_device(test_create_bo_replaced);

	igt_describe("CREATE_BO says ENOSPC when no hole is large enough");
	igt_subtest("create-bo-no-hole")
		rocket_on_device(test_create_bo_full);

	igt_describe("Wrong arguments of PREP_BO and FINI_BO have their errno");
	igt_subtest("prep-fini-invalid")
		rocket_on_device(test_prep_fini_invalid);

	igt_describe("A CPU mapping keeps the BO when its handle is closed");
	igt_subtest("mmap-outlives-handle")
		rocket_on_device(test_mmap_outlives_handle);

	igt_describe("Another file cannot map a BO by its offset");
	igt_subtest("mmap-of-another-file")
		rocket_on_device(test_mmap_foreign);
}
