// SPDX-License-Identifier: GPL-2.0-only

#include <linux/dma-fence.h>
#include <linux/dma-resv.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "../rocket_slots.h"
#include "rocket_kunit.h"

/* Fences for each reservation object: fewer and more than one has room for anyway */
static const unsigned int counts[] = { 1, 300, 5, 64 };

static DEFINE_SPINLOCK(fence_lock);

static const char *fence_name(struct dma_fence *fence)
{
	return "rocket-kunit";
}

static const struct dma_fence_ops fence_ops = {
	.get_driver_name = fence_name,
	.get_timeline_name = fence_name,
};

/* Each is of a context of its own: none takes another's place. */
static void add_fence(struct kunit *test, struct dma_resv *resv)
{
	struct dma_fence *fence = kzalloc_obj(*fence);

	KUNIT_ASSERT_NOT_NULL(test, fence);
	dma_fence_init(fence, &fence_ops, &fence_lock, dma_fence_context_alloc(1), 1);
	/* The kernel would die here if there were no slot. */
	dma_resv_add_fence(resv, fence, DMA_RESV_USAGE_BOOKKEEP);
	dma_fence_put(fence);
}

/* Counted in turns, as the jobs of an ioctl do. */
static void count_fences(struct rocket_slots *slots, struct dma_resv *resvs)
{
	for (unsigned int round = 0; round < 300; round++) {
		for (int i = 0; i < ARRAY_SIZE(counts); i++) {
			if (round < counts[i])
				rocket_slots_add(slots, &resvs[i]);
		}
	}
}

static unsigned int take_fences(struct kunit *test, struct dma_resv *resv)
{
	struct dma_fence **fences;
	unsigned int count;

	KUNIT_ASSERT_EQ(test, dma_resv_get_fences(resv, DMA_RESV_USAGE_BOOKKEEP, &count,
						  &fences), 0);
	for (unsigned int i = 0; i < count; i++) {
		dma_fence_signal(fences[i]);
		dma_fence_put(fences[i]);
	}
	kfree(fences);

	return count;
}

static void test_room_for_all(struct kunit *test)
{
	struct rocket_slots slots;
	struct dma_resv *resvs;

	resvs = kunit_kcalloc(test, ARRAY_SIZE(counts), sizeof(*resvs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, resvs);
	KUNIT_ASSERT_EQ(test, rocket_slots_init(&slots, 370), 0);
	for (int i = 0; i < ARRAY_SIZE(counts); i++) {
		dma_resv_init(&resvs[i]);
		KUNIT_ASSERT_TRUE(test, dma_resv_trylock(&resvs[i]));
	}

	count_fences(&slots, resvs);
	KUNIT_EXPECT_EQ(test, slots.count, 370);
	KUNIT_EXPECT_EQ(test, rocket_slots_reserve(&slots), 0);
	for (int i = 0; i < ARRAY_SIZE(counts); i++) {
		for (unsigned int j = 0; j < counts[i]; j++)
			add_fence(test, &resvs[i]);
	}

	for (int i = 0; i < ARRAY_SIZE(counts); i++) {
		KUNIT_EXPECT_EQ(test, take_fences(test, &resvs[i]), counts[i]);
		dma_resv_unlock(&resvs[i]);
		dma_resv_fini(&resvs[i]);
	}
	rocket_slots_fini(&slots);
}

static struct kunit_case rocket_slots_cases[] = {
	KUNIT_CASE(test_room_for_all),
	{}
};

struct kunit_suite rocket_slots_suite = {
	.name = "rocket_slots",
	.test_cases = rocket_slots_cases,
};
