/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_VM_BIND_H__
#define __ROCKET_VM_BIND_H__

struct drm_device;
struct drm_file;

/* Operations in one VM_BIND. Part of the UAPI (GET_PARAM). */
#define ROCKET_VM_BIND_MAX_OPS 65536

int rocket_ioctl_vm_bind(struct drm_device *ddev, void *data, struct drm_file *file);

#endif
