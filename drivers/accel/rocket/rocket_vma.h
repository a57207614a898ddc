/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_VMA_H__
#define __ROCKET_VMA_H__

#include <drm/drm_gpuvm.h>
#include <linux/container_of.h>
#include <linux/llist.h>
#include <linux/types.h>

#include "rocket_quota.h"

struct rocket_device;
struct rocket_vm;

/**
 * struct rocket_landing - What a mapping keeps that was unmapped while jobs ran.
 */
struct rocket_landing {
	/** @rcu: Called when these jobs have ended. */
	struct rcu_head rcu;

	/** @node: In &rocket_flight.landed, then. */
	struct llist_node node;

	/** @rdev: The device, a reference of its &rocket_device.ddev. */
	struct rocket_device *rdev;

	/** @bo: What was mapped, a reference. */
	struct drm_gem_object *bo;

	/** @quota: What the mapping object counts for, a reference. */
	struct rocket_quota *quota;
};

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

	union {
		/** @after: With @kernel: &rocket_vm.binds_queued when it was mapped. */
		u64 after;

		/** @landing: Once it is unmapped, see rocket_flight_keep(). */
		struct rocket_landing landing;
	};
};

static inline struct rocket_vma *to_rocket_vma(struct drm_gpuva *va)
{
	return container_of(va, struct rocket_vma, base);
}

struct rocket_vma *rocket_vma_alloc(struct rocket_vm *vm, enum rocket_mapping_use use);
void rocket_vma_free(struct rocket_vm *vm, struct rocket_vma *vma);
bool rocket_vma_is_guard(const struct rocket_vma *vma);

void rocket_vma_link(struct rocket_vma *vma, struct drm_gpuvm_bo *vm_bo);
void rocket_vma_destroy(struct rocket_vma *vma);
void rocket_vma_unmap(struct rocket_vma *vma);

#endif
