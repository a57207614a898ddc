// SPDX-License-Identifier: GPL-2.0-only

#include "rocket_order.h"

/**
 * rocket_order_init() - Begin an order of jobs.
 * @order: The order.
 * @args: For its scheduler; with one run queue.
 *
 * Return: 0 or a negative errno of the scheduler.
 */
int rocket_order_init(struct rocket_order *order, const struct drm_sched_init_args *args)
{
	struct drm_gpu_scheduler *sched = &order->sched;
	int ret;

	ret = drm_sched_init(sched, args);
	if (ret)
		return ret;

	/* The only run queue is the one of the highest priority. */
	ret = drm_sched_entity_init(&order->entity, DRM_SCHED_PRIORITY_KERNEL, &sched, 1, NULL);
	if (ret)
		drm_sched_fini(sched);

	return ret;
}

/**
 * rocket_order_close() - Cancel what waits; nothing comes any more.
 * @order: The order.
 *
 * What has been started goes on.
 */
void rocket_order_close(struct rocket_order *order)
{
	/*
	 * The scheduler puts an entity from which it takes a job back into its run queue,
	 * also when the entity has been killed since it was chosen (7.3), and would find it
	 * there after it was freed. So nothing may be taken just now.
	 */
	drm_sched_wqueue_stop(&order->sched);
	drm_sched_entity_fini(&order->entity);
	drm_sched_wqueue_start(&order->sched);
}

/**
 * rocket_order_fini() - Undo rocket_order_init().
 * @order: The order, closed; all its jobs are gone.
 */
void rocket_order_fini(struct rocket_order *order)
{
	drm_sched_fini(&order->sched);
}
