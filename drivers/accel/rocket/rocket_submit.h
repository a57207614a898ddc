/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_SUBMIT_H__
#define __ROCKET_SUBMIT_H__

#include <linux/kconfig.h>

struct drm_device;
struct drm_file;
struct drm_rocket_job;

#if IS_ENABLED(CONFIG_KUNIT)
int rocket_submit_check(const struct drm_rocket_job *args, u32 max_chain);
#endif

int rocket_ioctl_submit(struct drm_device *ddev, void *data, struct drm_file *file);

#endif
