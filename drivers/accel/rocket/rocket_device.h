/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_DEVICE_H__
#define __ROCKET_DEVICE_H__

#include <drm/drm_device.h>
#include <linux/atomic.h>
#include <linux/container_of.h>
#include <linux/notifier.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct device;
struct rocket_clock;
struct rocket_core;
struct rocket_core_ops;
struct rocket_flight;
struct rocket_pmu;
struct rocket_runq;
struct rocket_soc;
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

	/** @soc: What is particular to the SoC. */
	const struct rocket_soc *soc;

	/**
	 * @cores: %ROCKET_MAX_CORES slots, one for each core that the SoC can have,
	 * present or not, as long as the device.
	 */
	struct rocket_core *cores;

	/** @bound_lock: While it is held for reading, cores that are bound stay so. */
	struct rw_semaphore bound_lock;

	/** @clock: What the cores run by. */
	struct rocket_clock *clock;

	/**
	 * @iommu_dev: The device of a core that is bound, %NULL when none is; by
	 * @bound_lock. All cores have the same kind of IOMMU: page tables that are made for
	 * it suit them all.
	 */
	struct device *iommu_dev;

	/** @vm_ops: What VMs ask of the floors above them. */
	const struct rocket_vm_ops *vm_ops;

	/** @core_ops: What cores tell the floor above them. */
	const struct rocket_core_ops *core_ops;

	/** @runq: Jobs that could run. */
	struct rocket_runq *runq;

	/** @flight: Memory that was unmapped while jobs ran. */
	struct rocket_flight *flight;

	/** @sleep_watch: Called before the system goes to sleep, and when it is awake again. */
	struct notifier_block sleep_watch;

	/** @asleep: What is between the two: devices may not be switched off and on. */
	bool asleep;

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

	/** @below_4g: The machine has memory below 4 GiB that can be asked for. */
	bool below_4g;
};

static inline struct rocket_device *to_rocket_device(struct drm_device *ddev)
{
	return container_of(ddev, struct rocket_device, ddev);
}

#endif
