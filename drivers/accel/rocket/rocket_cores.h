/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_CORES_H__
#define __ROCKET_CORES_H__

#include <linux/types.h>

struct device;
struct drm_driver;
struct iommu_domain;
struct platform_device;
struct rocket_core;
struct rocket_device;
struct rocket_vm;

struct rocket_device *rocket_cores_create(struct platform_device *facade,
					  const struct drm_driver *driver);
void rocket_cores_wait_gone(void);

u32 rocket_cores_bound_mask(struct rocket_device *rdev);
u32 rocket_cores_mask(struct rocket_device *rdev);
void rocket_cores_report_loss(struct rocket_device *rdev);
void rocket_cores_set_online(struct rocket_core *core, bool online);

int rocket_cores_fault(struct iommu_domain *domain, struct device *dev,
		       unsigned long addr, int flags, void *token);
void rocket_cores_leave_vm(struct rocket_vm *vm);

#endif
