/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_DEVICE_H__
#define __ROCKET_DEVICE_H__

#include <drm/drm_device.h>
#include <linux/atomic.h>
#include <linux/container_of.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct device;
struct rocket_core;
struct rocket_flight;
struct rocket_pmu;
struct rocket_vm_ops;

/**
 * struct rocket_device - The NPU as userspace sees it: one device, some cores.
 *
 * Lives from the probe of the first core until the last core is removed and the
 * last file, BO and job are gone. Holds no reference to its cores' devices: a
 * core that is removed takes itself out, see rocket_core_unbind().
 *
 * All floors know it; what is in its parts is known where these are made.
 */
struct rocket_device {
	/** @ddev: Base object; its reference count is the device's. */
	struct drm_device ddev;

	/**
	 * @cores: %ROCKET_MAX_CORES slots, one for each core that the SoC can have,
	 * present or not, as long as the device. A core's scheduler exists as long, so
	 * entities may point to it whatever happens to the core.
	 */
	struct rocket_core *cores;

	/**
	 * @submit_lock: Makes choosing cores, arming and pushing jobs one step,
	 * so that jobs enter queues and reservation objects in the same order.
	 * Protects &rocket_vm.queue. Taken inside reservation locks. Memory is
	 * allocated under it, so no fence-signalling path may take it.
	 */
	struct mutex submit_lock;

	/** @iommu_lock: Protects @iommu_dev, which stays bound while it is held. */
	struct rw_semaphore iommu_lock;

	/**
	 * @iommu_dev: The device of a core that is bound, %NULL when none is. All cores
	 * have the same kind of IOMMU: page tables that are made for it suit them all.
	 */
	struct device *iommu_dev;

	/** @vm_ops: What VMs ask of the floors above them. */
	const struct rocket_vm_ops *vm_ops;

	/** @flight: Memory that was unmapped while jobs ran. */
	struct rocket_flight *flight;

	/** @loss_work: Tells userspace that no core is left; has a reference. */
	struct work_struct loss_work;

	/**
	 * @coredump_next: When the next coredump may be taken, in ns of
	 * CLOCK_MONOTONIC.
	 */
	atomic64_t coredump_next;

	/** @pmu: What perf counts, while there is a core; %NULL without perf. */
	struct rocket_pmu *pmu;

	/** @ip_version: VERSION + VERSION_NUM, read by the first core. */
	u32 ip_version;
};

static inline struct rocket_device *to_rocket_device(struct drm_device *ddev)
{
	return container_of(ddev, struct rocket_device, ddev);
}

#endif
