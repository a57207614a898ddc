/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_BIND_H__
#define __ROCKET_BIND_H__

#include <linux/rbtree.h>
#include <linux/types.h>

struct drm_gpuva_op;
struct drm_gpuvm_bo;
struct rocket_gem_object;
struct rocket_sg_index;
struct rocket_vm;
struct rocket_vma;

/* Most mapping objects that one operation can need, see DOC: Bind operations. */
#define ROCKET_BIND_OP_VMAS 3

/**
 * struct rocket_bind_op - A bind operation, from the check to the clean-up.
 *
 * Whoever wants the operation fills in what it is to do, up to @bo;
 * rocket_bind_prepare() what it takes, up to @spare.
 */
struct rocket_bind_op {
	/** @type: One of enum drm_rocket_vm_bind_op_type. */
	u32 type;

	/** @readonly: For a map. */
	bool readonly;

	/** @kernel: For a map: the kernel chose @addr. */
	bool kernel;

	/** @addr: First address. */
	u64 addr;

	/** @range: Size in bytes. */
	u64 range;

	/** @bo_offset: Where in @bo a map begins. */
	u64 bo_offset;

	/** @bo: For MAP and UNMAP_BO, a reference. */
	struct rocket_gem_object *bo;

	/** @memory: For MAP: where the memory of @bo is, which @bo keeps. */
	struct rocket_sg_index *memory;

	/** @vm_bo: For MAP, a reference. */
	struct drm_gpuvm_bo *vm_bo;

	/** @spare: Mapping objects that have not been used. */
	struct rocket_vma *spare[ROCKET_BIND_OP_VMAS];

	/** @vm: The VM, while the operation is applied. */
	struct rocket_vm *vm;

	/**
	 * @queued: &rocket_vm.binds_queued when it was queued; 0 for one that is
	 * applied at once.
	 */
	u64 queued;

	/** @claim: A map that is queued, in &rocket_vm.claims. */
	struct {
		/** @claim.node: In the tree. */
		struct rb_node node;

		/** @claim.subtree_last: Last address of all ranges below. */
		u64 subtree_last;
	} claim;
};

int rocket_bind_prepare(struct rocket_vm *vm, struct rocket_bind_op *op);
bool rocket_bind_has_tables(struct rocket_vm *vm, const struct rocket_bind_op *ops,
			    u32 count);
int rocket_bind_reserve(struct rocket_vm *vm, struct rocket_bind_op *ops, u32 count);
int rocket_bind_apply(struct rocket_vm *vm, struct rocket_bind_op *ops, u32 count);
void rocket_bind_release(struct rocket_vm *vm, struct rocket_bind_op *ops, u32 count);
void rocket_bind_cleanup(struct rocket_vm *vm, struct rocket_bind_op *ops, u32 count);

/* For rocket_vm.c: what drm_gpuvm calls while an operation is applied. */
int rocket_bind_step_map(struct drm_gpuva_op *op, void *priv);
int rocket_bind_step_remap(struct drm_gpuva_op *op, void *priv);
int rocket_bind_step_unmap(struct drm_gpuva_op *op, void *priv);
void rocket_bind_unmap_all(struct rocket_vm *vm);

#endif
