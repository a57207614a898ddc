/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_SLOTS_H__
#define __ROCKET_SLOTS_H__

#include <linux/types.h>

struct dma_resv;

/**
 * struct rocket_slots - Which reservation objects will get how many fences.
 *
 * Belongs to one ioctl at work: no lock.
 */
struct rocket_slots {
	/** @resvs: One entry for each fence; @count of them. */
	struct dma_resv **resvs;

	/** @count: Number of fences. */
	size_t count;
};

int rocket_slots_init(struct rocket_slots *slots, size_t max);
void rocket_slots_add(struct rocket_slots *slots, struct dma_resv *resv);
int rocket_slots_reserve(struct rocket_slots *slots);
void rocket_slots_fini(struct rocket_slots *slots);

#endif
