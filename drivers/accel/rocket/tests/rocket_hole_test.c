// SPDX-License-Identifier: GPL-2.0-only

#include <drm/rocket_accel.h>
#include <linux/bitmap.h>
#include <linux/log2.h>
#include <linux/prandom.h>

#include "../rocket_bind.h"
#include "../rocket_bind_kernel.h"
#include "../rocket_vma.h"
#include "rocket_kunit.h"

#define PAGE	((u64)SZ_4K)
#define BOTTOM	((u64)ROCKET_VM_KERNEL_START)
#define TOP	((u64)ROCKET_VM_KERNEL_END)

/* Everything above the first WINDOW pages is mapped, where a test wants a small VM. */
#define WINDOW	64
#define CEILING	(BOTTOM + WINDOW * PAGE)

static struct rocket_vma *add_mapping(struct kunit *test, struct rocket_vm *vm, u64 addr,
				      u64 range)
{
	struct rocket_vma *vma = kunit_kzalloc(test, sizeof(*vma), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, vma);
	vma->base.va.addr = addr;
	vma->base.va.range = range;
	KUNIT_ASSERT_EQ(test, drm_gpuva_insert(&vm->base, &vma->base), 0);

	return vma;
}

static void remove_mapping(struct rocket_vm *vm, struct rocket_vma *vma)
{
	drm_gpuva_remove(&vma->base);
	rocket_bind_note_hole(vm, vma->base.va.addr);
}

static struct rocket_bind_op *claim(struct kunit *test, struct rocket_vm *vm, u32 type,
				    u64 addr, u64 range)
{
	struct rocket_bind_op *op = kunit_kzalloc(test, sizeof(*op), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, op);
	op->type = type;
	op->addr = addr;
	op->range = range;
	rocket_bind_claim(vm, op, 1);

	return op;
}

/* 0: no hole. Below 4 GiB there is none that begins at 0. */
static u64 find(struct rocket_vm *vm, u64 range)
{
	u64 addr;
	int ret = rocket_bind_find_hole(vm, range, &addr);

	return ret ? 0 : addr;
}

static void test_empty(struct kunit *test)
{
	struct rocket_vm *vm = rocket_kunit_vm(test);
	u64 addr;

	mutex_lock(&vm->op_lock);
	KUNIT_EXPECT_EQ(test, find(vm, PAGE), BOTTOM);
	KUNIT_EXPECT_EQ(test, find(vm, TOP - BOTTOM), BOTTOM);
	KUNIT_EXPECT_EQ(test, find(vm, TOP - BOTTOM + PAGE), 0);
	KUNIT_EXPECT_EQ(test, rocket_bind_find_hole(vm, ROCKET_VM_END, &addr), -ENOSPC);
	KUNIT_EXPECT_EQ(test, rocket_bind_find_hole(vm, U64_MAX - PAGE + 1, &addr), -ENOSPC);
	mutex_unlock(&vm->op_lock);
}

static void test_between(struct kunit *test)
{
	struct rocket_vm *vm = rocket_kunit_vm(test);

	mutex_lock(&vm->op_lock);
	add_mapping(test, vm, BOTTOM, PAGE);
	add_mapping(test, vm, BOTTOM + 3 * PAGE, PAGE);
	add_mapping(test, vm, BOTTOM + 4 * PAGE, TOP - BOTTOM - 7 * PAGE);
	KUNIT_EXPECT_EQ(test, find(vm, PAGE), BOTTOM + PAGE);
	KUNIT_EXPECT_EQ(test, find(vm, 2 * PAGE), BOTTOM + PAGE);
	/* Behind all mappings. */
	KUNIT_EXPECT_EQ(test, find(vm, 3 * PAGE), TOP - 3 * PAGE);
	add_mapping(test, vm, TOP - 3 * PAGE, PAGE);
	KUNIT_EXPECT_EQ(test, find(vm, 3 * PAGE), 0);
	mutex_unlock(&vm->op_lock);
}

static void test_claimed(struct kunit *test)
{
	struct rocket_vm *vm = rocket_kunit_vm(test);
	struct rocket_bind_op *high, *low, *unmap;

	mutex_lock(&vm->op_lock);
	low = claim(test, vm, DRM_ROCKET_VM_BIND_OP_MAP, BOTTOM + PAGE, PAGE);
	high = claim(test, vm, DRM_ROCKET_VM_BIND_OP_MAP, BOTTOM + 4 * PAGE, 2 * PAGE);
	unmap = claim(test, vm, DRM_ROCKET_VM_BIND_OP_UNMAP, PAGE, TOP - PAGE);
	KUNIT_EXPECT_EQ(test, vm->binds_queued, 3);
	KUNIT_EXPECT_EQ(test, unmap->queued, 3);
	KUNIT_EXPECT_EQ(test, find(vm, PAGE), BOTTOM);
	KUNIT_EXPECT_EQ(test, find(vm, 2 * PAGE), BOTTOM + 2 * PAGE);
	KUNIT_EXPECT_EQ(test, find(vm, 3 * PAGE), BOTTOM + 6 * PAGE);
	rocket_bind_unclaim(vm, low, 1);
	KUNIT_EXPECT_EQ(test, find(vm, 4 * PAGE), BOTTOM);
	rocket_bind_unclaim(vm, unmap, 1);
	rocket_bind_unclaim(vm, high, 1);
	KUNIT_EXPECT_TRUE(test, RB_EMPTY_ROOT(&vm->claims.rb_root));
	mutex_unlock(&vm->op_lock);
}

/* Claims that lie in each other, that are equal, and that cover everything. */
static void test_overlapping(struct kunit *test)
{
	struct rocket_vm *vm = rocket_kunit_vm(test);
	struct rocket_bind_op *all;

	mutex_lock(&vm->op_lock);
	claim(test, vm, DRM_ROCKET_VM_BIND_OP_MAP, BOTTOM, 4 * PAGE);
	claim(test, vm, DRM_ROCKET_VM_BIND_OP_MAP, BOTTOM + PAGE, PAGE);
	claim(test, vm, DRM_ROCKET_VM_BIND_OP_MAP, BOTTOM + PAGE, PAGE);
	KUNIT_EXPECT_EQ(test, find(vm, PAGE), BOTTOM + 4 * PAGE);
	all = claim(test, vm, DRM_ROCKET_VM_BIND_OP_MAP, ROCKET_VM_START,
		    TOP - ROCKET_VM_START);
	KUNIT_EXPECT_EQ(test, find(vm, PAGE), 0);
	rocket_bind_unclaim(vm, all, 1);
	KUNIT_EXPECT_EQ(test, find(vm, PAGE), BOTTOM + 4 * PAGE);
	mutex_unlock(&vm->op_lock);
}

/* The lowest free run of pages that begins at a multiple of @step, by trying every place. */
static u64 try_places(const unsigned long *used, unsigned int pages, unsigned int step)
{
	for (unsigned int first = 0; first + pages <= WINDOW; first += step) {
		if (find_next_bit(used, first + pages, first) == first + pages)
			return BOTTOM + first * PAGE;
	}

	return 0;
}

/* Aligned to a sixteenth of its size, if there is such a place. */
static u64 find_slowly(const unsigned long *used, unsigned int pages)
{
	unsigned int step = max(rounddown_pow_of_two(pages) / 16, 1u);

	return try_places(used, pages, step) ?: try_places(used, pages, 1);
}

static void random_mappings(struct kunit *test, struct rocket_vm *vm, struct rnd_state *rnd,
			    unsigned long *used)
{
	add_mapping(test, vm, CEILING, TOP - CEILING);

	for (unsigned int page = 0; page < WINDOW; ) {
		unsigned int pages = min(prandom_u32_state(rnd) % 6 + 1, WINDOW - page);

		if (prandom_u32_state(rnd) % 3 == 0) {
			add_mapping(test, vm, BOTTOM + page * PAGE, pages * PAGE);
			bitmap_set(used, page, pages);
		}
		page += pages;
	}
}

/* Against the same by brute force, with mappings and claims at random. */
static void test_random(struct kunit *test)
{
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 3588);
	for (unsigned int round = 0; round < 200; round++) {
		struct rocket_vm *vm = rocket_kunit_vm(test);
		DECLARE_BITMAP(used, WINDOW) = {};

		mutex_lock(&vm->op_lock);
		random_mappings(test, vm, &rnd, used);
		for (unsigned int i = prandom_u32_state(&rnd) % 12; i; i--) {
			unsigned int page = prandom_u32_state(&rnd) % WINDOW;
			unsigned int pages = min(prandom_u32_state(&rnd) % 8 + 1, WINDOW - page);

			claim(test, vm, DRM_ROCKET_VM_BIND_OP_MAP, BOTTOM + page * PAGE,
			      pages * PAGE);
			bitmap_set(used, page, pages);
		}
		for (unsigned int pages = 1; pages <= WINDOW; pages++)
			KUNIT_EXPECT_EQ(test, find(vm, pages * PAGE), find_slowly(used, pages));
		mutex_unlock(&vm->op_lock);
	}
}

/* What is put at the lowest place, again and again, is not walked through again. */
static void test_full(struct kunit *test)
{
	struct rocket_vm *vm = rocket_kunit_vm(test);
	struct rocket_vma *vmas[4];

	mutex_lock(&vm->op_lock);
	for (unsigned int i = 0; i < ARRAY_SIZE(vmas); i++)
		vmas[i] = add_mapping(test, vm, find(vm, PAGE), PAGE);
	KUNIT_EXPECT_EQ(test, find(vm, PAGE), BOTTOM + 4 * PAGE);
	KUNIT_EXPECT_EQ(test, vm->full_to, BOTTOM + 4 * PAGE);

	remove_mapping(vm, vmas[1]);
	KUNIT_EXPECT_EQ(test, find(vm, 2 * PAGE), BOTTOM + 4 * PAGE);
	KUNIT_EXPECT_EQ(test, vm->full_to, BOTTOM + PAGE);
	KUNIT_EXPECT_EQ(test, find(vm, PAGE), BOTTOM + PAGE);

	add_mapping(test, vm, BOTTOM + PAGE, PAGE);
	remove_mapping(vm, vmas[3]);
	KUNIT_EXPECT_EQ(test, find(vm, 2 * PAGE), BOTTOM + 3 * PAGE);
	KUNIT_EXPECT_EQ(test, vm->full_to, BOTTOM + 3 * PAGE);
	mutex_unlock(&vm->op_lock);
}

/*
 * Mappings come, at the place that was found, and go, some of them all but their
 * first page; against brute force.
 */
static void test_come_and_go(struct kunit *test)
{
	struct rocket_vm *vm = rocket_kunit_vm(test);
	struct rocket_vma *vmas[WINDOW] = {};
	DECLARE_BITMAP(used, WINDOW) = {};
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 3588);
	mutex_lock(&vm->op_lock);
	add_mapping(test, vm, CEILING, TOP - CEILING);

	for (unsigned int step = 0; step < 5000; step++) {
		unsigned int page = prandom_u32_state(&rnd) % WINDOW;
		unsigned int pages = prandom_u32_state(&rnd) % 5 + 1;
		struct rocket_vma *old = vmas[page];
		u64 addr = BOTTOM + page * PAGE;

		if (old) {
			bitmap_clear(used, page, old->base.va.range / PAGE);
			remove_mapping(vm, old);
			vmas[page] = NULL;
			/* Its first page stays, or not. */
			if (pages > 1)
				continue;
		} else {
			addr = find(vm, pages * PAGE);
			KUNIT_ASSERT_EQ(test, addr, find_slowly(used, pages));
			if (!addr)
				continue;
			page = (addr - BOTTOM) / PAGE;
		}

		vmas[page] = add_mapping(test, vm, addr, pages * PAGE);
		bitmap_set(used, page, pages);
	}
	mutex_unlock(&vm->op_lock);
}

/* What userspace maps below and above, or across the ends, gives no place and takes none. */
static void test_outside(struct kunit *test)
{
	struct rocket_vm *vm = rocket_kunit_vm(test);
	struct rocket_vma *first, *last;

	mutex_lock(&vm->op_lock);
	add_mapping(test, vm, ROCKET_VM_START, PAGE);
	add_mapping(test, vm, ROCKET_VM_END - PAGE, PAGE);
	KUNIT_EXPECT_EQ(test, find(vm, PAGE), BOTTOM);
	first = add_mapping(test, vm, BOTTOM - 2 * PAGE, 4 * PAGE);
	KUNIT_EXPECT_EQ(test, find(vm, PAGE), BOTTOM + 2 * PAGE);
	last = add_mapping(test, vm, TOP - 2 * PAGE, 4 * PAGE);
	KUNIT_EXPECT_EQ(test, find(vm, TOP - BOTTOM - 4 * PAGE), BOTTOM + 2 * PAGE);
	KUNIT_EXPECT_EQ(test, find(vm, TOP - BOTTOM - 3 * PAGE), 0);
	remove_mapping(vm, first);
	KUNIT_EXPECT_EQ(test, find(vm, PAGE), BOTTOM);
	remove_mapping(vm, last);
	KUNIT_EXPECT_EQ(test, find(vm, TOP - BOTTOM), BOTTOM);
	KUNIT_EXPECT_EQ(test, find(vm, TOP - BOTTOM + PAGE), 0);

	/* Nothing is left to choose from. */
	add_mapping(test, vm, BOTTOM, TOP - BOTTOM + PAGE);
	KUNIT_EXPECT_EQ(test, find(vm, PAGE), 0);
	KUNIT_EXPECT_EQ(test, vm->full_to, TOP);
	KUNIT_EXPECT_EQ(test, find(vm, PAGE), 0);
	mutex_unlock(&vm->op_lock);
}

/* What is large begins on a boundary, if it can. */
static void test_aligned(struct kunit *test)
{
	struct rocket_vm *vm = rocket_kunit_vm(test);

	mutex_lock(&vm->op_lock);
	add_mapping(test, vm, BOTTOM, PAGE);
	KUNIT_EXPECT_EQ(test, find(vm, 31 * PAGE), BOTTOM + PAGE);
	KUNIT_EXPECT_EQ(test, find(vm, 32 * PAGE), BOTTOM + 2 * PAGE);
	KUNIT_EXPECT_EQ(test, find(vm, SZ_2M + PAGE), BOTTOM + SZ_128K);
	KUNIT_EXPECT_EQ(test, find(vm, SZ_32M), SZ_2M);
	KUNIT_EXPECT_EQ(test, find(vm, SZ_1G), SZ_2M);

	/* Just large enough, and on no boundary. */
	add_mapping(test, vm, BOTTOM + 2 * PAGE + SZ_2M, TOP - BOTTOM - 2 * PAGE - SZ_2M);
	KUNIT_EXPECT_EQ(test, find(vm, SZ_2M), BOTTOM + PAGE);
	mutex_unlock(&vm->op_lock);
}

static struct kunit_case rocket_hole_cases[] = {
	KUNIT_CASE(test_empty),
	KUNIT_CASE(test_between),
	KUNIT_CASE(test_claimed),
	KUNIT_CASE(test_overlapping),
	KUNIT_CASE(test_aligned),
	KUNIT_CASE(test_outside),
	KUNIT_CASE(test_random),
	KUNIT_CASE(test_full),
	KUNIT_CASE(test_come_and_go),
	{}
};

struct kunit_suite rocket_hole_suite = {
	.name = "rocket_hole",
	.test_cases = rocket_hole_cases,
};
