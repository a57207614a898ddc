/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_GEM_CPU_H__
#define __ROCKET_GEM_CPU_H__

#include <linux/types.h>

struct drm_device;
struct drm_file;
struct rocket_gem_object;

int rocket_gem_sync(struct rocket_gem_object *bo, bool for_cpu);

int rocket_ioctl_prep_bo(struct drm_device *ddev, void *data, struct drm_file *file);
int rocket_ioctl_fini_bo(struct drm_device *ddev, void *data, struct drm_file *file);
int rocket_ioctl_prep_bo_ranges(struct drm_device *ddev, void *data, struct drm_file *file);
int rocket_ioctl_fini_bo_ranges(struct drm_device *ddev, void *data, struct drm_file *file);

#endif
