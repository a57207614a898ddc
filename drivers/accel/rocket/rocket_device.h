/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_DEVICE_H__
#define __ROCKET_DEVICE_H__

#include <drm/drm_device.h>
#include <linux/atomic.h>
#include <linux/container_of.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "rocket_core.h"
#include "rocket_flight.h"
#include "rocket_limits.h"
#include "rocket_pmu.h"

struct drm_driver;
struct drm_file;
struct platform_device;

/**
 * struct rocket_device - The NPU as userspace sees it: one device, some cores.
 *
 * Lives from the probe of the first core until the last core is removed and the
 * last file, BO and job are gone. Holds no reference to its cores' devices: a
 * core that is removed takes itself out, see rocket_core_unbind().
 */
struct rocket_device {
	/** @ddev: Base object; its reference count is the device's. */
	struct drm_device ddev;

	/**
	 * @cores: One slot for each core that the SoC can have, present or not.
	 * A core's scheduler exists as long as the device does, so entities may
	 * point to it whatever happens to the core.
	 */
	struct rocket_core cores[ROCKET_MAX_CORES];

	/**
	 * @submit_lock: Makes choosing cores, arming and pushing jobs one step,
	 * so that jobs enter queues and reservation objects in the same order.
	 * Protects &rocket_vm.queue. Taken inside reservation locks. Memory is
	 * allocated under it, so no fence-signalling path may take it.
	 */
	struct mutex submit_lock;

	/** @flight: Memory that was unmapped while jobs ran. */
	struct rocket_flight flight;

	/** @loss_work: Tells userspace that no core is left; has a reference. */
	struct work_struct loss_work;

	/**
	 * @coredump_next: When the next coredump may be taken, in ns of
	 * CLOCK_MONOTONIC.
	 */
	atomic64_t coredump_next;

	/** @pmu: What perf counts. */
	struct rocket_pmu pmu;

	/** @ip_version: VERSION + VERSION_NUM, read by the first core. */
	u32 ip_version;
};

static inline struct rocket_device *to_rocket_device(struct drm_device *ddev)
{
	return container_of(ddev, struct rocket_device, ddev);
}

int rocket_device_setup(void);
void rocket_device_teardown(void);
void rocket_device_queue_cleanup(struct work_struct *work);
struct workqueue_struct *rocket_device_bind_wq(void);

struct rocket_device *rocket_device_create(struct platform_device *facade,
					   const struct drm_driver *driver);
u32 rocket_device_bound_mask(struct rocket_device *rdev);
u32 rocket_device_core_mask(struct rocket_device *rdev);
void rocket_device_report_loss(struct rocket_device *rdev);
struct rocket_core *rocket_device_any_core(struct rocket_device *rdev);

int rocket_ioctl_get_param(struct drm_device *ddev, void *data, struct drm_file *file);

#endif
