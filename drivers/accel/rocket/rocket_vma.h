/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_VMA_H__
#define __ROCKET_VMA_H__

#include <drm/drm_gpuvm.h>
#include <linux/container_of.h>
#include <linux/types.h>

#include "rocket_quota.h"

struct rocket_vm;

/**
 * struct rocket_vma - A mapping. Protected like the tree it is in.
 */
struct rocket_vma {
	/** @base: drm_gpuvm's part. */
	struct drm_gpuva base;

	/** @readonly: The NPU cannot write there. */
	bool readonly;

	/** @kernel: The kernel chose the address, see rocket_gem_hold_mapping(). */
	bool kernel;

	/** @after: With @kernel: &rocket_vm.binds_queued when it was mapped. */
	u64 after;
};

static inline struct rocket_vma *to_rocket_vma(struct drm_gpuva *va)
{
	return container_of(va, struct rocket_vma, base);
}

struct rocket_vma *rocket_vma_alloc(struct rocket_vm *vm, enum rocket_mapping_use use);
void rocket_vma_free(struct rocket_vm *vm, struct rocket_vma *vma);

void rocket_vma_link(struct rocket_vma *vma, struct drm_gpuvm_bo *vm_bo);
void rocket_vma_destroy(struct rocket_vma *vma);
void rocket_vma_unmap(struct rocket_vma *vma);

#endif
