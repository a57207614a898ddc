/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_VM_BIND_H__
#define __ROCKET_VM_BIND_H__

#include <linux/kconfig.h>
#include <linux/sizes.h>

struct drm_device;
struct drm_file;
struct drm_rocket_vm_bind;
struct drm_rocket_vm_bind_op;
struct rocket_vm;

/* Operations in one VM_BIND. Part of the UAPI (GET_PARAM). */
#define ROCKET_VM_BIND_MAX_OPS 65536

/*
 * What all operations of one VM_BIND may map together, in bytes: four times the
 * address space. Part of the UAPI. Nothing can interrupt them once they are being
 * applied.
 */
#define ROCKET_VM_BIND_MAX_BYTES SZ_16G

#if IS_ENABLED(CONFIG_KUNIT)
int rocket_bind_op_check(struct rocket_vm *vm, const struct drm_rocket_vm_bind_op *args);
int rocket_bind_check(const struct drm_rocket_vm_bind *args);
#endif

int rocket_ioctl_vm_bind(struct drm_device *ddev, void *data, struct drm_file *file);

#endif
