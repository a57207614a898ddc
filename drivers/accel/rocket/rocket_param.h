/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_PARAM_H__
#define __ROCKET_PARAM_H__

struct drm_device;
struct drm_file;

int rocket_ioctl_get_param(struct drm_device *ddev, void *data, struct drm_file *file);

#endif
