/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_VM_BIND_H__
#define __ROCKET_VM_BIND_H__

#include <linux/types.h>

struct drm_device;
struct drm_file;
struct drm_gpuva_op;
struct rocket_gem_object;
struct rocket_vm;

/* Operations in one VM_BIND. Part of the UAPI (GET_PARAM). */
#define ROCKET_VM_BIND_MAX_OPS 65536

/* For rocket_vm.c: what drm_gpuvm calls while an operation is applied. */
int rocket_vm_bind_step_map(struct drm_gpuva_op *op, void *priv);
int rocket_vm_bind_step_remap(struct drm_gpuva_op *op, void *priv);
int rocket_vm_bind_step_unmap(struct drm_gpuva_op *op, void *priv);
void rocket_vm_bind_unmap_all(struct rocket_vm *vm);

/* For rocket_vm.c: the end of a VM's bind queue. */
void rocket_vm_bind_close_queue(struct rocket_vm *vm);
void rocket_vm_bind_free_queue(struct rocket_vm *vm);

/* For rocket_gem.c: mappings at addresses that the kernel chooses. */
int rocket_vm_bind_map_anywhere(struct rocket_vm *vm, struct rocket_gem_object *bo,
				u64 *addr);
void rocket_vm_bind_unmap_kernel(struct rocket_vm *vm, struct rocket_gem_object *bo,
				 u64 addr);

int rocket_ioctl_vm_bind(struct drm_device *ddev, void *data, struct drm_file *file);

#endif
