// SPDX-License-Identifier: GPL-2.0-only

#include <kunit/visibility.h>
#include <linux/dma-resv.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "rocket_slots.h"

/**
 * DOC: Slots for fences
 *
 * A fence that is added to a reservation object needs a slot that was reserved
 * before. Reservations do not add up: what is reserved is room for so many fences
 * from now on. Where many jobs are about to add theirs at once, and several BOs may
 * share a reservation object, the fences are therefore counted first. Room for the
 * most that could be, a slot for each job in each BO, would be gigabytes that no
 * cgroup is charged for.
 */

/**
 * rocket_slots_init() - Prepare to count.
 * @slots: What to prepare; to be given to rocket_slots_fini(), also after an error.
 * @max: How many fences there will be at the most, not 0.
 *
 * Return: 0, -ENOMEM.
 */
int rocket_slots_init(struct rocket_slots *slots, size_t max)
{
	slots->count = 0;
	slots->resvs = kvmalloc_objs(*slots->resvs, max, GFP_KERNEL_ACCOUNT);

	return slots->resvs ? 0 : -ENOMEM;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_slots_init);

/**
 * rocket_slots_add() - Count one fence.
 * @slots: Where to.
 * @resv: What it will be added to, whatever its usage.
 */
void rocket_slots_add(struct rocket_slots *slots, struct dma_resv *resv)
{
	slots->resvs[slots->count++] = resv;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_slots_add);

static int rocket_slots_compare(const void *a, const void *b)
{
	struct dma_resv * const *left = a;
	struct dma_resv * const *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* How many entries from @first on are the same. */
static size_t rocket_slots_run(const struct rocket_slots *slots, size_t first)
{
	size_t i = first + 1;

	while (i < slots->count && slots->resvs[i] == slots->resvs[first])
		i++;

	return i - first;
}

/**
 * rocket_slots_reserve() - Reserve what was counted.
 * @slots: What was counted; each of the reservation objects is locked.
 *
 * Return: 0; then all of these fences can be added. -ENOMEM.
 */
int rocket_slots_reserve(struct rocket_slots *slots)
{
	size_t run;

	sort_nonatomic(slots->resvs, slots->count, sizeof(*slots->resvs),
		       rocket_slots_compare, NULL);

	for (size_t i = 0; i < slots->count; i += run) {
		int ret;

		run = rocket_slots_run(slots, i);
		ret = dma_resv_reserve_fences(slots->resvs[i], run);
		if (ret)
			return ret;
	}

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_slots_reserve);

/**
 * rocket_slots_fini() - Free what rocket_slots_init() got.
 * @slots: The slots.
 */
void rocket_slots_fini(struct rocket_slots *slots)
{
	kvfree(slots->resvs);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_slots_fini);
