/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_ORDER_H__
#define __ROCKET_ORDER_H__

#include <drm/gpu_scheduler.h>

/**
 * struct rocket_order - What keeps jobs one after the other.
 *
 * As fences name the scheduler, what has one of these is freed after a grace period
 * of RCU.
 */
struct rocket_order {
	/** @sched: Waits for what the jobs depend on. */
	struct drm_gpu_scheduler sched;

	/** @entity: The only one of @sched. */
	struct drm_sched_entity entity;
};

int rocket_order_init(struct rocket_order *order, const struct drm_sched_init_args *args);
void rocket_order_close(struct rocket_order *order);
void rocket_order_fini(struct rocket_order *order);

#endif
