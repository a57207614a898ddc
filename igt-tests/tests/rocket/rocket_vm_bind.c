// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <unistd.h>
#include <xf86drm.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_job.h"
#include "igt_rocket_signal.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("VM_BIND: what is mapped where, as the NPU sees it");

#define PROBE_ADDR	0x10000000u
#define BASE		0x20000000u
#define SLOTS		256u
#define PAGES		16u	/* of the BO that most tests map */
#define SEED		0x1000u
#define OTHER_SEED	0x2000u
/* Tasks of a job that is still running when the test looks at it */
#define LONG_JOB	3000u

/* A probe, and a BO whose page i has pattern SEED + i. */
struct scene {
	int fd;
	struct rocket_probe probe;
	struct rocket_bo bo;
};

static struct scene make_scene(int fd)
{
	struct scene s = { .fd = fd, .bo = rocket_bo(fd, PAGES * ROCKET_PAGE) };

	rocket_probe_init(&s.probe, fd, 0, PROBE_ADDR, SLOTS);
	rocket_bo_fill(&s.bo, SEED);
	return s;
}

static uint32_t page_addr(unsigned int page)
{
	return BASE + page * ROCKET_PAGE;
}

/* Pages [first, last) of the window at BASE hold patterns seed + first, … */
static void expect_pages(struct scene *s, unsigned int first, unsigned int last, uint32_t seed)
{
	uint32_t addrs[SLOTS], seeds[SLOTS];

	for (unsigned int i = first; i < last; i++) {
		addrs[i - first] = page_addr(i);
		seeds[i - first] = seed + i;
	}
	rocket_probe_expect_many(&s->probe, addrs, seeds, last - first);
}

static void expect_counts(struct scene *s, unsigned int mappings, unsigned int pages)
{
	struct drm_rocket_vm_query query = rocket_vm_query(s->fd, 0);

	/* Without the probe's own. */
	igt_assert_eq_u64(query.mapping_count, mappings + 1);
	igt_assert_eq_u64(query.mapped_bytes,
			  (uint64_t)pages * ROCKET_PAGE + s->probe.bo.size);
}

static void map_all(struct scene *s)
{
	rocket_vm_map_bo(s->fd, 0, &s->bo, BASE);
}

static void unmap_pages(struct scene *s, unsigned int first, unsigned int last)
{
	rocket_vm_unmap(s->fd, 0, page_addr(first), (last - first) * ROCKET_PAGE);
}

/*
 * Mapping
 */

static void map_one_page_at(int fd, uint32_t addr)
{
	struct scene s = make_scene(fd);

	rocket_vm_map(fd, 0, s.bo.handle, 3 * ROCKET_PAGE, addr, ROCKET_PAGE);
	rocket_probe_expect(&s.probe, addr, SEED + 3);
	expect_counts(&s, 1, 1);
	rocket_vm_unmap(fd, 0, addr, ROCKET_PAGE);
	rocket_probe_expect_fault(&s.probe, addr);
	expect_counts(&s, 0, 0);
}

static void test_first_page(int fd)
{
	map_one_page_at(fd, ROCKET_PAGE);
}

static void test_last_page(int fd)
{
	map_one_page_at(fd, ROCKET_VA_END - ROCKET_PAGE);
}

static void test_across_tables(int fd)
{
	uint32_t boundary = BASE + ROCKET_TABLE_SPAN;
	struct scene s = make_scene(fd);

	rocket_vm_map_bo(fd, 0, &s.bo, boundary - PAGES / 2 * ROCKET_PAGE);
	for (unsigned int i = 0; i < PAGES; i++)
		rocket_probe_expect(&s.probe, boundary + ((int)i - (int)PAGES / 2) *
				    (int)ROCKET_PAGE, SEED + i);
}

static void test_sparse(int fd)
{
	uint32_t addrs[SLOTS], seeds[SLOTS];
	struct scene s = make_scene(fd);

	/* Steps that are no multiple of a table: 256 places all over 4 GiB. */
	for (unsigned int i = 0; i < SLOTS; i++) {
		addrs[i] = (i * 4095 + 7) * ROCKET_PAGE;
		seeds[i] = SEED + i % PAGES;
		rocket_vm_map(fd, 0, s.bo.handle, i % PAGES * ROCKET_PAGE, addrs[i],
			      ROCKET_PAGE);
	}
	rocket_probe_expect_many(&s.probe, addrs, seeds, SLOTS);
	expect_counts(&s, SLOTS, SLOTS);
}

static void test_whole_va(int fd)
{
	struct rocket_bo big = rocket_bo(fd, 16 << 20);
	struct rocket_probe probe;

	for (uint64_t addr = 0; addr < ROCKET_VA_END; addr += big.size)
		rocket_vm_map(fd, 0, big.handle, addr ? 0 : ROCKET_PAGE,
			      addr ? addr : ROCKET_PAGE, big.size - (addr ? 0 : ROCKET_PAGE));
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapped_bytes, ROCKET_VA_END - ROCKET_PAGE);
	rocket_bo_fill(&big, SEED);
	/* The probe takes the place of a part of it. */
	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	rocket_probe_expect(&probe, ROCKET_PAGE, SEED + 1);
	rocket_probe_expect(&probe, 0x7fffe000u, SEED + 0xffe);
	rocket_probe_expect(&probe, 0xfffff000u, SEED + 0xfff);
	rocket_vm_unmap(fd, 0, ROCKET_PAGE, ROCKET_VA_END - ROCKET_PAGE);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapping_count, 0);
}

static void test_bo_offset(int fd)
{
	struct scene s = make_scene(fd);

	for (unsigned int i = 0; i < PAGES; i++)
		rocket_vm_map(fd, 0, s.bo.handle, (PAGES - 1 - i) * ROCKET_PAGE, page_addr(i),
			      ROCKET_PAGE);
	for (unsigned int i = 0; i < PAGES; i++)
		rocket_probe_expect(&s.probe, page_addr(i), SEED + PAGES - 1 - i);
}

static void test_alias(int fd)
{
	uint32_t addrs[SLOTS], seeds[SLOTS];
	struct scene s = make_scene(fd);

	for (unsigned int i = 0; i < SLOTS; i++) {
		addrs[i] = page_addr(i);
		seeds[i] = OTHER_SEED;
		rocket_vm_map(fd, 0, s.bo.handle, 5 * ROCKET_PAGE, addrs[i], ROCKET_PAGE);
	}
	/* Written through one of them, seen through all. */
	rocket_pattern(s.bo.map, OTHER_SEED);
	rocket_vm_map(fd, 0, s.bo.handle, 0, BASE - ROCKET_PAGE, ROCKET_PAGE);
	igt_assert_eq(rocket_probe_copy(&s.probe, BASE - ROCKET_PAGE, page_addr(77)), 0);
	rocket_probe_expect_many(&s.probe, addrs, seeds, SLOTS);
}

static void test_write(int fd)
{
	struct scene s = make_scene(fd);

	map_all(&s);
	igt_assert_eq(rocket_probe_copy(&s.probe, page_addr(1), page_addr(2)), 0);
	igt_assert(rocket_is_pattern(s.bo.map + 2 * ROCKET_PAGE, SEED + 1));
	igt_assert(rocket_is_pattern(s.bo.map + 3 * ROCKET_PAGE, SEED + 3));
}

/*
 * Read-only
 */

static void test_read_only(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_vm_bind_op op = rocket_op_map_ro(s.bo.handle, 0, BASE, s.bo.size);

	rocket_vm_bind_ops(fd, 0, &op, 1);
	expect_pages(&s, 0, PAGES, SEED);
	rocket_probe_expect_write_fault(&s.probe, page_addr(4));
	igt_assert(rocket_is_pattern(s.bo.map + 4 * ROCKET_PAGE, SEED + 4));
	/* The VM is as good as before. */
	expect_pages(&s, 0, PAGES, SEED);
}

static void test_read_only_split(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_vm_bind_op op = rocket_op_map_ro(s.bo.handle, 0, BASE, s.bo.size);

	rocket_vm_bind_ops(fd, 0, &op, 1);
	unmap_pages(&s, 7, 8);
	rocket_probe_expect_write_fault(&s.probe, page_addr(2));
	rocket_probe_expect_write_fault(&s.probe, page_addr(12));
	igt_assert(rocket_is_pattern(s.bo.map + 2 * ROCKET_PAGE, SEED + 2));
	igt_assert(rocket_is_pattern(s.bo.map + 12 * ROCKET_PAGE, SEED + 12));
}

static void test_read_only_change(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_vm_bind_op op = rocket_op_map_ro(s.bo.handle, 0, BASE, s.bo.size);

	map_all(&s);
	igt_assert_eq(rocket_probe_copy(&s.probe, page_addr(0), page_addr(1)), 0);
	rocket_vm_bind_ops(fd, 0, &op, 1);
	rocket_probe_expect_write_fault(&s.probe, page_addr(1));
	map_all(&s);
	igt_assert_eq(rocket_probe_copy(&s.probe, page_addr(0), page_addr(2)), 0);
	igt_assert(rocket_is_pattern(s.bo.map + 2 * ROCKET_PAGE, SEED));
}

static void test_read_only_alias(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_vm_bind_op op = rocket_op_map_ro(s.bo.handle, 0, BASE + (1 << 24),
							   s.bo.size);

	map_all(&s);
	rocket_vm_bind_ops(fd, 0, &op, 1);
	igt_assert_eq(rocket_probe_copy(&s.probe, page_addr(3), page_addr(0)), 0);
	rocket_probe_expect(&s.probe, BASE + (1 << 24), SEED + 3);
	rocket_probe_expect_write_fault(&s.probe, BASE + (1 << 24));
}

/*
 * Unmapping
 */

static void test_unmap_head(int fd)
{
	struct scene s = make_scene(fd);

	map_all(&s);
	unmap_pages(&s, 0, 5);
	expect_pages(&s, 5, PAGES, SEED);
	expect_counts(&s, 1, PAGES - 5);
	rocket_probe_expect_fault(&s.probe, page_addr(4));
}

static void test_unmap_tail(int fd)
{
	struct scene s = make_scene(fd);

	map_all(&s);
	unmap_pages(&s, 11, PAGES);
	expect_pages(&s, 0, 11, SEED);
	expect_counts(&s, 1, 11);
	rocket_probe_expect_fault(&s.probe, page_addr(11));
}

static void test_unmap_middle(int fd)
{
	struct scene s = make_scene(fd);

	map_all(&s);
	unmap_pages(&s, 4, 12);
	expect_pages(&s, 0, 4, SEED);
	expect_pages(&s, 12, PAGES, SEED);
	expect_counts(&s, 2, PAGES - 8);
	rocket_probe_expect_fault(&s.probe, page_addr(4));
	rocket_probe_expect_fault(&s.probe, page_addr(11));
}

static void test_unmap_across(int fd)
{
	struct scene s = make_scene(fd);

	/* Eight mappings of two pages, the first and last of which are cut. */
	for (unsigned int i = 0; i < PAGES; i += 2)
		rocket_vm_map(fd, 0, s.bo.handle, i * ROCKET_PAGE, page_addr(i),
			      2 * ROCKET_PAGE);
	unmap_pages(&s, 1, PAGES - 1);
	rocket_probe_expect(&s.probe, page_addr(0), SEED);
	rocket_probe_expect(&s.probe, page_addr(PAGES - 1), SEED + PAGES - 1);
	expect_counts(&s, 2, 2);
	rocket_probe_expect_fault(&s.probe, page_addr(1));
	rocket_probe_expect_fault(&s.probe, page_addr(PAGES - 2));
}

static void test_unmap_across_holes(int fd)
{
	struct scene s = make_scene(fd);

	for (unsigned int i = 0; i < PAGES; i += 4)
		rocket_vm_map(fd, 0, s.bo.handle, i * ROCKET_PAGE, page_addr(i),
			      2 * ROCKET_PAGE);
	rocket_vm_unmap(fd, 0, BASE - 8 * ROCKET_PAGE, (PAGES + 16) * ROCKET_PAGE);
	expect_counts(&s, 0, 0);
	rocket_probe_expect_fault(&s.probe, page_addr(4));
}

static void test_unmap_nothing(int fd)
{
	struct scene s = make_scene(fd);

	unmap_pages(&s, 0, 1);
	rocket_vm_unmap(fd, 0, 0xf0000000u, 0x10000000u);
	expect_counts(&s, 0, 0);
}

static void test_unmap_bo(int fd)
{
	struct scene s = make_scene(fd);
	struct rocket_bo other = rocket_bo(fd, PAGES * ROCKET_PAGE);
	struct drm_rocket_vm_bind_op op = rocket_op_unmap_bo(s.bo.handle);

	rocket_bo_fill(&other, OTHER_SEED);
	map_all(&s);
	rocket_vm_map_bo(fd, 0, &s.bo, 0x80000000u);
	rocket_vm_map(fd, 0, s.bo.handle, ROCKET_PAGE, ROCKET_PAGE, ROCKET_PAGE);
	/* Cuts the first into two. */
	rocket_vm_map(fd, 0, other.handle, 5 * ROCKET_PAGE, page_addr(5), ROCKET_PAGE);
	expect_counts(&s, 5, 2 * PAGES + 1);
	rocket_vm_bind_ops(fd, 0, &op, 1);
	expect_counts(&s, 1, 1);
	rocket_probe_expect(&s.probe, page_addr(5), OTHER_SEED + 5);
	rocket_probe_expect_fault(&s.probe, page_addr(4));
	rocket_probe_expect_fault(&s.probe, 0x80000000u);
	rocket_probe_expect_fault(&s.probe, ROCKET_PAGE);
	/* Nothing left is no error. */
	rocket_vm_bind_ops(fd, 0, &op, 1);
}

static void test_unmap_bo_other_vm(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_vm_bind_op op = rocket_op_unmap_bo(s.bo.handle);
	uint32_t vm = rocket_vm_create(fd);

	map_all(&s);
	rocket_vm_map_bo(fd, vm, &s.bo, BASE);
	rocket_vm_bind_ops(fd, vm, &op, 1);
	igt_assert_eq_u64(rocket_vm_query(fd, vm).mapping_count, 0);
	expect_pages(&s, 0, PAGES, SEED);
}

/* Very many mappings of a BO, and the operation that removes them all. */
#define MANY_MAPPINGS	4096u

struct unmap_bo {
	struct drm_rocket_vm_bind_op op;
	int fd;
};

static void unmap_bo(void *data)
{
	struct unmap_bo *unmap = data;

	rocket_vm_bind_ops(unmap->fd, 0, &unmap->op, 1);
}

/* CPU time, in us, to make so many mappings go. */
static uint64_t time_to_unmap_bo(int fd, const struct rocket_bo *bo)
{
	struct unmap_bo unmap = { .op = rocket_op_unmap_bo(bo->handle), .fd = fd };
	struct drm_rocket_vm_bind_op ops[MANY_MAPPINGS];

	for (unsigned int i = 0; i < MANY_MAPPINGS; i++)
		ops[i] = rocket_op_map(bo->handle, 0, page_addr(2 * i), ROCKET_PAGE);
	rocket_vm_bind_ops(fd, 0, ops, MANY_MAPPINGS);
	return rocket_call_and_kill(unmap_bo, &unmap, 0).us;
}

/* The least of some: whoever else wants the CPU only adds. */
static uint64_t least_time_to_unmap_bo(int fd, const struct rocket_bo *bo)
{
	enum { TIMES = 5 };
	uint64_t least = UINT64_MAX;

	for (unsigned int i = 0; i < TIMES; i++) {
		uint64_t us = time_to_unmap_bo(fd, bo);

		if (us < least)
			least = us;
	}
	return least;
}

/* Others who have the BO make nothing slower. */
static void test_unmap_bo_many_vms(int fd)
{
	enum { FILES = 16 };
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE);
	int others[FILES], dmabuf;
	uint64_t alone, shared;

	alone = least_time_to_unmap_bo(fd, &bo);

	igt_assert_eq(drmPrimeHandleToFD(fd, bo.handle, DRM_CLOEXEC, &dmabuf), 0);
	for (unsigned int i = 0; i < FILES; i++) {
		uint32_t handle, vm;

		others[i] = rocket_open();
		igt_assert_eq(drmPrimeFDToHandle(others[i], dmabuf, &handle), 0);
		while (!__rocket_vm_create(others[i], 0, &vm))
			rocket_vm_map(others[i], vm, handle, 0, BASE, ROCKET_PAGE);
	}
	shared = least_time_to_unmap_bo(fd, &bo);
	igt_info("alone %llu us, shared %llu us\n", (unsigned long long)alone,
		 (unsigned long long)shared);
	igt_assert_lt_u64(shared, 3 * alone);
	for (unsigned int i = 0; i < FILES; i++)
		close(others[i]);
	close(dmabuf);
}

/*
 * Replacing
 */

/* Maps pages [first, last) of a second BO over the first one. */
static struct rocket_bo replace(struct scene *s, unsigned int first, unsigned int last)
{
	struct rocket_bo other = rocket_bo(s->fd, PAGES * ROCKET_PAGE);

	rocket_bo_fill(&other, OTHER_SEED);
	map_all(s);
	/* Fills the IOTLB with what is about to be replaced. */
	expect_pages(s, 0, PAGES, SEED);
	rocket_vm_map(s->fd, 0, other.handle, first * ROCKET_PAGE, page_addr(first),
		      (last - first) * ROCKET_PAGE);
	return other;
}

static void check_replaced(int fd, unsigned int first, unsigned int last)
{
	struct scene s = make_scene(fd);

	replace(&s, first, last);
	if (first)
		expect_pages(&s, 0, first, SEED);
	expect_pages(&s, first, last, OTHER_SEED);
	if (last < PAGES)
		expect_pages(&s, last, PAGES, SEED);
	expect_counts(&s, 1 + !!first + (last < PAGES), PAGES);
}

static void test_replace(int fd)
{
	check_replaced(fd, 0, PAGES);
}

static void test_replace_head(int fd)
{
	check_replaced(fd, 0, 3);
}

static void test_replace_tail(int fd)
{
	check_replaced(fd, 13, PAGES);
}

static void test_replace_middle(int fd)
{
	check_replaced(fd, 6, 7);
}

static void test_replace_many(int fd)
{
	struct rocket_bo other = rocket_bo(fd, PAGES * ROCKET_PAGE);
	struct scene s = make_scene(fd);

	rocket_bo_fill(&other, OTHER_SEED);
	for (unsigned int i = 0; i < PAGES; i++)
		rocket_vm_map(fd, 0, s.bo.handle, i * ROCKET_PAGE, page_addr(i), ROCKET_PAGE);
	expect_pages(&s, 0, PAGES, SEED);
	rocket_vm_map_bo(fd, 0, &other, BASE);
	expect_pages(&s, 0, PAGES, OTHER_SEED);
	expect_counts(&s, 1, PAGES);
}

static void test_replace_shifted(int fd)
{
	struct scene s = make_scene(fd);

	map_all(&s);
	expect_pages(&s, 0, PAGES, SEED);
	/* The same BO, one page further on. */
	rocket_vm_map(fd, 0, s.bo.handle, ROCKET_PAGE, BASE, (PAGES - 1) * ROCKET_PAGE);
	expect_pages(&s, 0, PAGES - 1, SEED + 1);
	rocket_probe_expect(&s.probe, page_addr(PAGES - 1), SEED + PAGES - 1);
}

/*
 * Arrays
 */

static void test_array_order(int fd)
{
	struct rocket_bo other = rocket_bo(fd, PAGES * ROCKET_PAGE);
	struct scene s = make_scene(fd);
	const struct drm_rocket_vm_bind_op ops[] = {
		rocket_op_map(s.bo.handle, 0, BASE, s.bo.size),
		rocket_op_unmap(page_addr(2), 4 * ROCKET_PAGE),
		rocket_op_map(other.handle, 3 * ROCKET_PAGE, page_addr(3), ROCKET_PAGE),
		rocket_op_map(s.bo.handle, 4 * ROCKET_PAGE, page_addr(4), ROCKET_PAGE),
		rocket_op_map(other.handle, 0, 0x80000000u, other.size),
		rocket_op_unmap(0x80000000u, other.size),
	};

	rocket_bo_fill(&other, OTHER_SEED);
	rocket_vm_bind_ops(fd, 0, ops, ARRAY_SIZE(ops));
	expect_pages(&s, 0, 2, SEED);
	rocket_probe_expect(&s.probe, page_addr(3), OTHER_SEED + 3);
	rocket_probe_expect(&s.probe, page_addr(4), SEED + 4);
	expect_pages(&s, 6, PAGES, SEED);
	expect_counts(&s, 4, PAGES - 2);
	rocket_probe_expect_fault(&s.probe, page_addr(2));
	rocket_probe_expect_fault(&s.probe, page_addr(5));
	rocket_probe_expect_fault(&s.probe, 0x80000000u);
}

static void test_large_array(int fd)
{
	const unsigned int count = 10000;
	struct drm_rocket_vm_bind_op *ops = calloc(count, sizeof(*ops));
	uint32_t addrs[SLOTS], seeds[SLOTS];
	struct scene s = make_scene(fd);

	for (unsigned int i = 0; i < count; i++)
		ops[i] = rocket_op_map(s.bo.handle, i % PAGES * ROCKET_PAGE,
				       BASE + i * 2 * ROCKET_PAGE, ROCKET_PAGE);
	rocket_vm_bind_ops(fd, 0, ops, count);
	expect_counts(&s, count, count);
	for (unsigned int i = 0; i < SLOTS; i++) {
		unsigned int op = i * (count - 1) / (SLOTS - 1);

		addrs[i] = ops[op].addr;
		seeds[i] = SEED + op % PAGES;
	}
	rocket_probe_expect_many(&s.probe, addrs, seeds, SLOTS);
	for (unsigned int i = 0; i < count; i++)
		ops[i] = rocket_op_unmap(ops[i].addr, ROCKET_PAGE);
	rocket_vm_bind_ops(fd, 0, ops, count);
	expect_counts(&s, 0, 0);
	rocket_probe_expect_fault(&s.probe, ops[count - 1].addr);
	free(ops);
}

static void test_empty_array(int fd)
{
	struct scene s = make_scene(fd);

	rocket_vm_bind_ops(fd, 0, NULL, 0);
	expect_counts(&s, 0, 0);
}

/*
 * Random operations, checked against a model: what page of which BO the window
 * should show where
 */

#define WINDOW		128u
#define ROUNDS		150u
#define MAX_OPS		6u

static uint32_t random_state;

static uint32_t any(uint32_t below)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % below;
}

struct model {
	uint32_t seeds[WINDOW];		/* 0: nothing mapped */
};

static struct drm_rocket_vm_bind_op random_map(struct model *m, struct rocket_bo bos[2])
{
	uint32_t pages = 1 + any(PAGES), first = any(WINDOW - pages + 1);
	uint32_t offset = any(PAGES - pages + 1), which = any(2);

	for (uint32_t i = 0; i < pages; i++)
		m->seeds[first + i] = (which ? OTHER_SEED : SEED) + offset + i;
	return rocket_op_map(bos[which].handle, offset * ROCKET_PAGE, page_addr(first),
			     pages * ROCKET_PAGE);
}

static struct drm_rocket_vm_bind_op random_unmap(struct model *m)
{
	uint32_t pages = 1 + any(PAGES), first = any(WINDOW - pages + 1);

	memset(m->seeds + first, 0, pages * sizeof(*m->seeds));
	return rocket_op_unmap(page_addr(first), pages * ROCKET_PAGE);
}

static struct drm_rocket_vm_bind_op random_unmap_bo(struct model *m, struct rocket_bo bos[2])
{
	uint32_t which = any(2), seed = which ? OTHER_SEED : SEED;

	for (uint32_t i = 0; i < WINDOW; i++) {
		if (m->seeds[i] >= seed && m->seeds[i] < seed + PAGES)
			m->seeds[i] = 0;
	}
	return rocket_op_unmap_bo(bos[which].handle);
}

static struct drm_rocket_vm_bind_op random_op(struct model *m, struct rocket_bo bos[2])
{
	uint32_t dice = any(20);

	if (dice == 0)
		return random_unmap_bo(m, bos);
	return dice < 7 ? random_unmap(m) : random_map(m, bos);
}

static void check_model(struct scene *s, const struct model *m)
{
	uint32_t addrs[WINDOW], seeds[WINDOW], mapped = 0;

	for (uint32_t i = 0; i < WINDOW; i++) {
		if (!m->seeds[i])
			continue;
		addrs[mapped] = page_addr(i);
		seeds[mapped++] = m->seeds[i];
	}
	igt_assert_eq_u64(rocket_vm_query(s->fd, 0).mapped_bytes,
			  (uint64_t)mapped * ROCKET_PAGE + s->probe.bo.size);
	if (mapped)
		rocket_probe_expect_many(&s->probe, addrs, seeds, mapped);
}

static void check_model_hole(struct scene *s, const struct model *m)
{
	uint32_t page = any(WINDOW);

	if (!m->seeds[page])
		rocket_probe_expect_fault(&s->probe, page_addr(page));
}

static void test_random(int fd)
{
	struct scene s = make_scene(fd);
	struct rocket_bo bos[2] = { s.bo, rocket_bo(fd, PAGES * ROCKET_PAGE) };
	struct drm_rocket_vm_bind_op ops[MAX_OPS];
	struct model m = { 0 };

	rocket_bo_fill(&bos[1], OTHER_SEED);
	random_state = 1;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		unsigned int count = 1 + any(MAX_OPS);

		for (unsigned int i = 0; i < count; i++)
			ops[i] = random_op(&m, bos);
		rocket_vm_bind_ops(fd, 0, ops, count);
		check_model(&s, &m);
		if (round % 8 == 0)
			check_model_hole(&s, &m);
	}
}

/*
 * Binding while jobs run
 */

/* A job that copies page 0 of the window again and again, and has begun. */
static uint32_t begin_long_job(struct scene *s)
{
	uint32_t done;

	rocket_probe_clear_result(&s->probe, 0);
	rocket_probe_set(&s->probe, 0, BASE, rocket_probe_result_addr(&s->probe, 0));
	done = rocket_probe_repeat(&s->probe, 0, LONG_JOB);
	rocket_probe_await_result(&s->probe, 0, SEED);
	return done;
}

static void test_unmap_while_running(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_vm_fault fault;
	uint32_t done;

	map_all(&s);
	done = begin_long_job(&s);
	unmap_pages(&s, 0, 1);
	igt_assert_eq(rocket_syncobj_status(fd, done), -EFAULT);
	igt_assert(rocket_vm_take_fault(fd, 0, &fault));
	igt_assert_lte_u64(BASE, fault.addr);
	igt_assert_lt_u64(fault.addr, BASE + ROCKET_PAGE);
	/* The rest is as it was. */
	expect_pages(&s, 1, PAGES, SEED);
}

static void test_replace_while_running(int fd)
{
	struct rocket_bo other = rocket_bo(fd, PAGES * ROCKET_PAGE);
	struct scene s = make_scene(fd);
	uint32_t done;

	rocket_bo_fill(&other, OTHER_SEED);
	map_all(&s);
	done = begin_long_job(&s);
	rocket_vm_map_bo(fd, 0, &other, BASE);
	/* It may be caught between the two and fault, but does not go on with the old. */
	if (!rocket_syncobj_status(fd, done)) {
		uint8_t data[ROCKET_PATTERN];

		memcpy(data, (void *)rocket_probe_result(&s.probe, 0), sizeof(data));
		igt_assert(rocket_is_pattern(data, OTHER_SEED));
	}
	expect_pages(&s, 0, PAGES, OTHER_SEED);
}

static void test_bind_while_running(int fd)
{
	struct scene s = make_scene(fd);
	unsigned int binds = 0;
	uint32_t done;

	map_all(&s);
	done = begin_long_job(&s);
	/* Right beside the running job's pages, and far away in tables of their own. */
	while (rocket_syncobj_busy(fd, done)) {
		uint32_t far = 0x40000000u + binds++ % 512 * ROCKET_TABLE_SPAN;

		rocket_vm_map(fd, 0, s.bo.handle, 0, page_addr(PAGES), ROCKET_PAGE);
		rocket_vm_map_bo(fd, 0, &s.bo, far);
		rocket_vm_unmap(fd, 0, page_addr(PAGES), ROCKET_PAGE);
		rocket_vm_unmap(fd, 0, far, s.bo.size);
	}
	igt_assert_eq(rocket_syncobj_status(fd, done), 0);
	igt_info("%u times bound and unbound while the job ran\n", binds);
	igt_assert_lt(1, binds);
	expect_pages(&s, 0, PAGES, SEED);
}

static void test_split_while_running(int fd)
{
	struct scene s = make_scene(fd);
	unsigned int splits = 0;
	uint32_t done;

	map_all(&s);
	done = begin_long_job(&s);
	while (rocket_syncobj_busy(fd, done)) {
		/* The page in use is in a mapping that is cut, grows, is cut… */
		unmap_pages(&s, 1, PAGES);
		rocket_vm_map(fd, 0, s.bo.handle, ROCKET_PAGE, page_addr(1),
			      (PAGES - 1) * ROCKET_PAGE);
		splits++;
	}
	igt_assert_eq(rocket_syncobj_status(fd, done), 0);
	igt_assert_lt(1, splits);
}

/*
 * Promise 3: page tables are built ahead of time
 */

static void test_tables_ahead(int fd)
{
	struct scene s = make_scene(fd);
	uint64_t before, bound;
	const unsigned int core = rocket_board_cores() - 1;
	uint32_t done;

	rocket_require_board();
	/* A core that is suspended when it has nothing to do forgets its tables. */
	rocket_sysfs_stay_awake(core, true);
	s.probe.cores = 1u << core;
	rocket_vm_map(fd, 0, s.bo.handle, 0, BASE, ROCKET_PAGE);
	done = begin_long_job(&s);
	before = rocket_board_count(core, ROCKET_BOARD_TABLE_HASH);
	rocket_vm_map(fd, 0, s.bo.handle, ROCKET_PAGE, page_addr(1), ROCKET_PAGE);
	/* It is there when the ioctl returns, though no job has asked for it. */
	bound = rocket_board_count(core, ROCKET_BOARD_TABLE_HASH);
	igt_assert(rocket_syncobj_busy(fd, done));
	igt_assert_neq_u64(before, bound);
	/* And a job that uses it changes nothing. */
	rocket_probe_set(&s.probe, 1, page_addr(1), rocket_probe_result_addr(&s.probe, 0));
	rocket_probe_repeat(&s.probe, 1, LONG_JOB / 4);
	rocket_probe_await_result(&s.probe, 0, SEED + 1);
	igt_assert_eq(rocket_syncobj_status(fd, done), 0);
	igt_assert_eq_u64(rocket_board_count(core, ROCKET_BOARD_TABLE_HASH), bound);
	rocket_sysfs_stay_awake(core, false);
}

static void read_on(struct scene *s, unsigned int core, uint32_t addr)
{
	struct drm_rocket_job job;

	rocket_probe_set(&s->probe, 0, addr, rocket_probe_result_addr(&s->probe, 0));
	job = rocket_probe_job(&s->probe, 0, 1);
	job.core_mask = 1u << core;
	igt_assert_eq(rocket_run(s->fd, &job), 0);
}

/* Neither while a job runs nor before it or after it. */
static void test_no_table_write(int fd)
{
	struct scene s = make_scene(fd);
	uint32_t mask = rocket_core_mask(fd);

	rocket_require_board();
	map_all(&s);
	rocket_board_inject_all(ROCKET_BOARD_TABLE_WATCH, 1);
	for (uint32_t left = mask; left; left &= left - 1) {
		unsigned int core = __builtin_ctz(left);
		uint64_t changes, tables;

		rocket_sysfs_stay_awake(core, true);
		/* The tables can be seen of a core that holds them. */
		read_on(&s, core, BASE);
		rocket_vm_map(fd, 0, s.bo.handle, 0, page_addr(PAGES), ROCKET_PAGE);
		tables = rocket_board_count(core, ROCKET_BOARD_TABLE_HASH);
		changes = rocket_board_count(core, ROCKET_BOARD_TABLE_CHANGES);
		/* The first job after the bind, and more; an odd number. */
		for (unsigned int i = 0; i < 67; i++) {
			read_on(&s, core, page_addr(PAGES));
			igt_assert_eq_u64(rocket_board_count(core, ROCKET_BOARD_TABLE_HASH),
					  tables);
		}
		igt_assert_eq_u64(rocket_board_count(core, ROCKET_BOARD_TABLE_CHANGES),
				  changes);
		unmap_pages(&s, PAGES, PAGES + 1);
		igt_assert_neq_u64(rocket_board_count(core, ROCKET_BOARD_TABLE_HASH), tables);
		rocket_sysfs_stay_awake(core, false);
	}
	rocket_board_inject_all(ROCKET_BOARD_TABLE_WATCH, 0);
}

/* What the test above relies on: the board does see a bind beside a running job. */
static void test_table_write_seen(int fd)
{
	struct scene s = make_scene(fd);
	uint64_t before;
	uint32_t done;

	rocket_require_board();
	map_all(&s);
	rocket_board_inject_all(ROCKET_BOARD_TABLE_WATCH, 1);
	before = rocket_board_count_all(ROCKET_BOARD_TABLE_CHANGES);
	done = begin_long_job(&s);
	while (rocket_syncobj_busy(fd, done) &&
	       rocket_board_count_all(ROCKET_BOARD_TABLE_CHANGES) == before) {
		rocket_vm_map(fd, 0, s.bo.handle, 0, page_addr(PAGES), ROCKET_PAGE);
		unmap_pages(&s, PAGES, PAGES + 1);
	}
	rocket_syncobj_wait(fd, done);
	rocket_board_inject_all(ROCKET_BOARD_TABLE_WATCH, 0);
	igt_assert_lt_u64(before, rocket_board_count_all(ROCKET_BOARD_TABLE_CHANGES));
}

/*
 * VMs
 */

static void test_vm_create_destroy(int fd)
{
	uint64_t max = rocket_get_param(fd, DRM_ROCKET_PARAM_MAX_VMS);
	uint32_t *vms = calloc(max, sizeof(*vms));
	uint32_t one_more;

	/* VM 0 is one of them. */
	for (uint64_t i = 1; i < max; i++)
		vms[i] = rocket_vm_create(fd);
	igt_assert_eq(__rocket_vm_create(fd, 0, &one_more), -ENOSPC);
	for (uint64_t i = 1; i < max; i++)
		rocket_vm_destroy(fd, vms[i]);
	igt_assert_eq(__rocket_vm_destroy(fd, vms[1]), -ENOENT);
	rocket_vm_destroy(fd, rocket_vm_create(fd));
	free(vms);
	errno = 0;
}

static void test_vm_separate(int fd)
{
	struct rocket_bo bos[3];
	struct rocket_probe probes[3];
	uint32_t vms[3] = { 0, rocket_vm_create(fd), rocket_vm_create(fd) };

	for (unsigned int i = 0; i < 3; i++) {
		bos[i] = rocket_bo(fd, ROCKET_PAGE);
		rocket_bo_fill(&bos[i], SEED + i);
		rocket_probe_init(&probes[i], fd, vms[i], PROBE_ADDR, 1);
		rocket_vm_map_bo(fd, vms[i], &bos[i], BASE);
	}
	for (unsigned int round = 0; round < 8; round++)
		for (unsigned int i = 0; i < 3; i++)
			rocket_probe_expect(&probes[i], BASE, SEED + i);
	rocket_vm_unmap(fd, vms[1], BASE, ROCKET_PAGE);
	rocket_probe_expect_fault(&probes[1], BASE);
	rocket_probe_expect(&probes[0], BASE, SEED);
	rocket_probe_expect(&probes[2], BASE, SEED + 2);
}

static void test_vm_query(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_vm_fault fault;
	struct drm_rocket_vm_query query;

	for (unsigned int i = 0; i < 3; i++)
		rocket_probe_copy(&s.probe, page_addr(i), rocket_probe_result_addr(&s.probe, 0));
	query = rocket_vm_query(fd, 0);
	igt_assert_eq_u64(query.faults_total, 3);
	igt_assert_eq_u32(query.fault_count, 3);
	igt_assert_eq_u64(query.faults_dropped, 0);
	/* Oldest first. */
	for (unsigned int i = 0; i < 3; i++) {
		igt_assert(rocket_vm_take_fault(fd, 0, &fault));
		igt_assert_eq_u64(fault.addr & ~(uint64_t)(ROCKET_PAGE - 1), page_addr(i));
		igt_assert(rocket_core_mask(fd) & 1u << fault.core);
	}
	igt_assert(!rocket_vm_take_fault(fd, 0, &fault));
	igt_assert_eq_u64(rocket_vm_query(fd, 0).faults_total, 3);
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd);
		const char *what;
	} tests[] = {
		{ "map-first-page", test_first_page,
		  "The lowest page that can be bound is read by the NPU, and not once unbound" },
		{ "map-last-page", test_last_page,
		  "So is the last page of the 4 GiB" },
		{ "map-across-tables", test_across_tables,
		  "A mapping across a 4 MiB boundary is whole" },
		{ "map-sparse", test_sparse,
		  "Single pages all over the 4 GiB are where they were put" },
		{ "map-whole-va", test_whole_va,
		  "The whole address space can be mapped, and unmapped in one go" },
		{ "map-bo-offset", test_bo_offset,
		  "Any page of a BO can be mapped at any page" },
		{ "map-alias", test_alias,
		  "One page mapped at many addresses is the same page at all of them" },
		{ "map-write", test_write,
		  "What the NPU writes lands in the page that is mapped there, and nowhere else" },
		{ "read-only", test_read_only,
		  "The NPU can read a read-only mapping, and faults when it writes there" },
		{ "read-only-split", test_read_only_split,
		  "What is left of a read-only mapping that was cut is read-only" },
		{ "read-only-change", test_read_only_change,
		  "Mapping anew makes a range read-only, and writable again" },
		{ "read-only-alias", test_read_only_alias,
		  "Read-only is a property of the mapping, not of the BO" },
		{ "unmap-head", test_unmap_head,
		  "The first part of a mapping can be unmapped; the rest stays" },
		{ "unmap-tail", test_unmap_tail,
		  "The last part of a mapping can be unmapped; the rest stays" },
		{ "unmap-middle", test_unmap_middle,
		  "A part in the middle can be unmapped; both ends stay" },
		{ "unmap-across", test_unmap_across,
		  "One unmap takes several mappings and cuts those at its ends" },
		{ "unmap-across-holes", test_unmap_across_holes,
		  "A range to unmap may have holes" },
		{ "unmap-nothing", test_unmap_nothing,
		  "Unmapping where nothing is mapped is no error" },
		{ "unmap-bo", test_unmap_bo,
		  "UNMAP_BO removes all mappings of the BO, and of no other" },
		{ "unmap-bo-in-one-vm", test_unmap_bo_other_vm,
		  "UNMAP_BO leaves the BO's mappings in other VMs alone" },
		{ "unmap-bo-in-many-vms", test_unmap_bo_many_vms,
		  "What UNMAP_BO costs does not depend on who else has the BO" },
		{ "replace", test_replace,
		  "Mapping over a mapping replaces it" },
		{ "replace-head", test_replace_head,
		  "Mapping over the first part of a mapping replaces that part" },
		{ "replace-tail", test_replace_tail,
		  "Mapping over the last part of a mapping replaces that part" },
		{ "replace-middle", test_replace_middle,
		  "Mapping over a part in the middle replaces that part" },
		{ "replace-many", test_replace_many,
		  "One mapping can replace many" },
		{ "replace-same-bo", test_replace_shifted,
		  "A BO can be mapped over itself, at another offset" },
		{ "array-order", test_array_order,
		  "Operations of an array take effect in their order" },
		{ "array-10000", test_large_array,
		  "An array may have 10,000 operations" },
		{ "array-empty", test_empty_array,
		  "An empty array does nothing" },
		{ "random", test_random,
		  "Random arrays of operations leave what a simple model predicts" },
		{ "unmap-while-running", test_unmap_while_running,
		  "A job faults as soon as what it uses is unmapped, IOTLB or not" },
		{ "replace-while-running", test_replace_while_running,
		  "A running job goes on with the new pages, never with the old" },
		{ "bind-while-running", test_bind_while_running,
		  "Binding elsewhere in the VM does not disturb a running job" },
		{ "split-while-running", test_split_while_running,
		  "A job does not notice that the mapping it uses is cut beside its page" },
		{ "tables-at-bind", test_tables_ahead,
		  "Page tables change at bind, and not for a job (promise 3)" },
		{ "no-table-write", test_no_table_write,
		  "No page table changes between a bind and the end of its jobs (promise 3)" },
		{ "table-write-seen", test_table_write_seen,
		  "A page table that changes while a job runs is seen by the board" },
		{ "vm-create-destroy", test_vm_create_destroy,
		  "As many VMs as promised can be made, and their ids come back" },
		{ "vm-separate", test_vm_separate,
		  "VMs of one file have nothing in common" },
		{ "vm-query-faults", test_vm_query,
		  "VM_QUERY hands out fault records, oldest first, and removes them when told" },
	};

	igt_fixture
		close(rocket_open());

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			rocket_on_device(tests[i].test);
	}
}
