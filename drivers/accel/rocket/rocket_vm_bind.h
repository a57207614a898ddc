/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_VM_BIND_H__
#define __ROCKET_VM_BIND_H__

#include <linux/kconfig.h>

struct drm_device;
struct drm_file;
struct drm_rocket_vm_bind;
struct drm_rocket_vm_bind_op;
struct rocket_vm;

#if IS_ENABLED(CONFIG_KUNIT)
int rocket_bind_op_check(struct rocket_vm *vm, const struct drm_rocket_vm_bind_op *args);
int rocket_bind_check(const struct drm_rocket_vm_bind *args);
#endif

int rocket_ioctl_vm_bind(struct drm_device *ddev, void *data, struct drm_file *file);

#endif
