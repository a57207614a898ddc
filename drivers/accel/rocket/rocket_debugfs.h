/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_DEBUGFS_H__
#define __ROCKET_DEBUGFS_H__

struct drm_device;

void rocket_debugfs_init(struct drm_device *ddev);

#endif
