// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_drv.h>
#include <drm/drm_gem.h>
#include <drm/drm_managed.h>
#include <linux/atomic.h>
#include <linux/slab.h>

#include "rocket_device.h"
#include "rocket_flight.h"
#include "rocket_vm.h"
#include "rocket_vma.h"
#include "rocket_work.h"

/**
 * DOC: Accesses in flight
 *
 * When something is unmapped the IOMMU driver clears the page tables and drops the
 * IOTLB lines, by posted writes to a device that goes on meanwhile. An access of a job
 * that runs, translated just before, can still be on its way to the pages when that
 * returns. How long that may take nobody has measured; so the pages are kept until
 * the jobs have ended that ran when they were unmapped. That costs nothing where none
 * ran, and no job waits for it; memory, and what it counts for the user, comes back
 * later, by a job's time-out at most.
 *
 * A job is a reader of SRCU from its first start until it has left its core, which for
 * one that is killed is behind the reset. A grace period is over when all jobs have
 * ended that ran at its beginning, whatever has been started since.
 *
 * A driver of the IOMMU that lets accesses land before an unmap returns would make
 * this needless.
 */

/**
 * rocket_flight_begin() - A job starts.
 * @vm: Its VM.
 *
 * Context: Any.
 * Return: For rocket_flight_end().
 */
int rocket_flight_begin(struct rocket_vm *vm)
{
	/* Before the core is started; pairs with rocket_flight_is_on(). */
	atomic_inc(&vm->in_flight);

	return srcu_down_read(&vm->rdev->flight->jobs);
}

/**
 * rocket_flight_end() - A job has left its core.
 * @vm: Its VM.
 * @flight: From rocket_flight_begin().
 *
 * Context: Any.
 */
void rocket_flight_end(struct rocket_vm *vm, int flight)
{
	srcu_up_read(&vm->rdev->flight->jobs, flight);
	atomic_dec(&vm->in_flight);
}

/**
 * rocket_flight_is_on() - Whether what was just unmapped must be kept.
 * @vm: The VM; page tables and IOTLBs do not lead there any more.
 *
 * Return: %true when a job of the VM runs. One that starts now finds the new tables.
 */
bool rocket_flight_is_on(struct rocket_vm *vm)
{
	/* Behind the zap */
	smp_mb();

	return atomic_read(&vm->in_flight);
}

/* Softirqs are disabled, and the last reference to a BO may sleep. */
static void rocket_flight_over(struct rcu_head *rcu)
{
	struct rocket_vma *vma = container_of(rcu, struct rocket_vma, landing.rcu);
	struct rocket_device *rdev = vma->landing.rdev;

	if (llist_add(&vma->landing.node, &rdev->flight->landed))
		rocket_work_queue_cleanup(&rdev->flight->work);
}

/**
 * rocket_flight_keep() - Keep the memory of a mapping until no access can reach it.
 * @vm: The VM.
 * @vma: The mapping, out of the tree and its BO; belongs to this from now on.
 * @bo: The BO that it mapped, a reference, which passes to this.
 */
void rocket_flight_keep(struct rocket_vm *vm, struct rocket_vma *vma,
			struct drm_gem_object *bo)
{
	drm_dev_get(&vm->rdev->ddev);
	vma->landing.rdev = vm->rdev;
	vma->landing.bo = bo;
	vma->landing.quota = rocket_quota_get(vm->quota);
	call_srcu(&vm->rdev->flight->jobs, &vma->landing.rcu, rocket_flight_over);
}

static void rocket_flight_free(struct rocket_vma *vma)
{
	struct rocket_quota *quota = vma->landing.quota;

	drm_gem_object_put(vma->landing.bo);
	kfree(vma);
	rocket_quota_remove_mapping(quota);
	rocket_quota_put(quota);
}

static void rocket_flight_work(struct work_struct *work)
{
	struct rocket_flight *flight = container_of(work, struct rocket_flight, work);
	struct llist_node *landed = llist_del_all(&flight->landed);
	struct rocket_device *rdev = flight->rdev;
	struct rocket_vma *vma, *next;

	llist_for_each_entry_safe(vma, next, landed, landing.node) {
		rocket_flight_free(vma);
		/* With the last one the device may go. */
		drm_dev_put(&rdev->ddev);
	}
}

static void rocket_flight_fini(struct drm_device *ddev, void *unused)
{
	struct rocket_device *rdev = to_rocket_device(ddev);

	/* Nothing is kept any more, but who said so may not have returned. */
	srcu_barrier(&rdev->flight->jobs);
	cleanup_srcu_struct(&rdev->flight->jobs);
}

/**
 * rocket_flight_init() - Prepare a device for jobs and unmaps.
 * @rdev: The device, being made.
 *
 * Return: 0, -ENOMEM.
 */
int rocket_flight_init(struct rocket_device *rdev)
{
	struct rocket_flight *flight;
	int ret;

	flight = drmm_kzalloc(&rdev->ddev, sizeof(*flight), GFP_KERNEL);
	if (!flight)
		return -ENOMEM;

	ret = init_srcu_struct(&flight->jobs);
	if (ret)
		return ret;

	init_llist_head(&flight->landed);
	INIT_WORK(&flight->work, rocket_flight_work);
	flight->rdev = rdev;
	rdev->flight = flight;

	return drmm_add_action_or_reset(&rdev->ddev, rocket_flight_fini, NULL);
}
