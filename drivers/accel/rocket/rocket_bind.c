// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_gpuvm.h>
#include <drm/drm_print.h>
#include <drm/rocket_accel.h>
#include <drm/rocket_coredump.h>
#include <linux/bitmap.h>
#include <linux/cleanup.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "rocket_bind.h"
#include "rocket_bind_kernel.h"
#include "rocket_gem.h"
#include "rocket_mmu.h"
#include "rocket_trace.h"
#include "rocket_vm.h"
#include "rocket_vma.h"

/**
 * DOC: Bind operations
 *
 * An array of operations is a transaction. Each operation is looked at
 * (rocket_vm_bind.c) and prepared: BO, pages, &struct drm_gpuvm_bo and as
 * many mapping objects as it can need are there before anything changes
 * (rocket_bind_prepare()). Then the page tables of all operations are reserved
 * (rocket_bind_reserve()), which is the last step that can fail. Applying them
 * (rocket_bind_apply()), under &rocket_vm.op_lock, cannot: not at once, and not
 * later, from the VM's bind queue, where nothing may allocate.
 *
 * How many mapping objects an operation can need does not depend on what is
 * mapped: unmapping a range removes any number of mappings, which needs none,
 * and cuts at most two, one at each end, which needs two; a map needs one more,
 * and no other where the kernel chooses the address, because nothing is there.
 * All of them count for the file's limit while they are there, used or not.
 *
 * &struct drm_gpuvm_bo that lost their last mapping, and with them the pages,
 * are let go after &rocket_vm.op_lock was dropped; by then the page tables and
 * every IOTLB are clean.
 */

/* A spare mapping object: a new mapping, or what is left of an old one. */
static struct rocket_vma *rocket_bind_op_take_vma(struct rocket_bind_op *op)
{
	for (int i = 0; i < ARRAY_SIZE(op->spare); i++) {
		if (op->spare[i])
			return no_free_ptr(op->spare[i]);
	}

	/* Cannot be: see DOC: Bind operations. */
	WARN_ON(1);

	return NULL;
}

/*
 * Steps: what drm_gpuvm calls to apply an operation
 */

/**
 * rocket_bind_step_map() - A new mapping; the range is free by now.
 * @op: What drm_gpuvm found out.
 * @priv: The &struct rocket_bind_op.
 *
 * Return: 0. Errors mean a bug, in the IOMMU driver or here.
 */
int rocket_bind_step_map(struct drm_gpuva_op *op, void *priv)
{
	struct rocket_bind_op *bind = priv;
	struct rocket_vma *vma;
	int ret;

	lockdep_assert_held(&bind->vm->op_lock);

	ret = rocket_mmu_map(&bind->vm->mmu, op->map.va.addr, bind->memory, op->map.gem.offset,
			     op->map.va.range, bind->readonly);
	if (ret)
		return ret;

	trace_rocket_bind(bind->vm, op->map.va.addr, op->map.va.range, op->map.gem.offset,
			  bind->readonly);
	vma = rocket_bind_op_take_vma(bind);
	vma->readonly = bind->readonly;
	vma->kernel = bind->kernel;
	vma->after = bind->vm->binds_queued;
	drm_gpuva_map(&bind->vm->base, &vma->base, &op->map);
	rocket_history_map(&bind->vm->history, &vma->base, vma->readonly);
	rocket_vma_link(vma, bind->vm_bo);

	return 0;
}

static void rocket_bind_link_rest(struct rocket_vma *rest, const struct rocket_vma *old,
				  struct drm_gpuvm_bo *vm_bo)
{
	rest->readonly = old->readonly;
	rest->kernel = old->kernel;
	rest->after = old->after;
	rocket_vma_link(rest, vm_bo);
}

/**
 * rocket_bind_step_remap() - A mapping that is cut at one or both ends.
 * @op: What drm_gpuvm found out.
 * @priv: The &struct rocket_bind_op.
 *
 * What stays mapped is not touched in the page tables: jobs may be using it.
 *
 * Return: 0.
 */
int rocket_bind_step_remap(struct drm_gpuva_op *op, void *priv)
{
	struct rocket_vma *old = to_rocket_vma(op->remap.unmap->va);
	struct drm_gpuvm_bo *vm_bo = old->base.vm_bo;
	struct rocket_vma *prev = NULL, *next = NULL;
	struct rocket_bind_op *bind = priv;
	u64 addr, range;

	lockdep_assert_held(&bind->vm->op_lock);

	if (rocket_bind_leaves(bind, old))
		return 0;

	drm_gpuva_op_remap_to_unmap_range(&op->remap, &addr, &range);
	rocket_mmu_unmap(&bind->vm->mmu, addr, range);
	trace_rocket_unbind(bind->vm, addr, range);
	rocket_history_unmap(&bind->vm->history, &old->base, addr, range);

	if (op->remap.prev)
		prev = rocket_bind_op_take_vma(bind);
	if (op->remap.next)
		next = rocket_bind_op_take_vma(bind);

	drm_gpuva_remap(prev ? &prev->base : NULL, next ? &next->base : NULL, &op->remap);

	if (prev)
		rocket_bind_link_rest(prev, old, vm_bo);
	if (next)
		rocket_bind_link_rest(next, old, vm_bo);

	rocket_vma_destroy(old);

	return 0;
}

/**
 * rocket_bind_step_unmap() - A mapping that goes as a whole.
 * @op: What drm_gpuvm found out.
 * @priv: The &struct rocket_bind_op.
 *
 * Return: 0.
 */
int rocket_bind_step_unmap(struct drm_gpuva_op *op, void *priv)
{
	struct rocket_vma *vma = to_rocket_vma(op->unmap.va);

	if (!rocket_bind_leaves(priv, vma))
		rocket_vma_unmap(vma);

	return 0;
}

/* What connects a BO with a VM, a reference; %NULL if nothing does. */
static struct drm_gpuvm_bo *rocket_bind_find_vm_bo(struct rocket_vm *vm,
						   struct drm_gem_object *obj)
{
	guard(mutex)(&obj->gpuva.lock);

	return drm_gpuvm_bo_find(&vm->base, obj);
}

/*
 * Other VMs, of any client that has the BO, are in the list that is searched: once.
 * The list of mappings is this VM's, and stable under its op_lock.
 */
static void rocket_bind_unmap_bo(struct rocket_vm *vm, struct rocket_gem_object *bo)
{
	struct drm_gpuvm_bo *vm_bo = rocket_bind_find_vm_bo(vm, &bo->base.base);
	struct drm_gpuva *va, *next;

	lockdep_assert_held(&vm->op_lock);

	if (!vm_bo)
		return;

	drm_gpuvm_bo_for_each_va_safe(va, next, vm_bo)
		rocket_vma_unmap(to_rocket_vma(va));

	drm_gpuvm_bo_put_deferred(vm_bo);
}

/*
 * Operations
 */

static int rocket_bind_op_map(struct rocket_vm *vm, struct rocket_bind_op *op)
{
	const struct drm_gpuvm_map_req req = {
		.map.va.addr = op->addr,
		.map.va.range = op->range,
		.map.gem.obj = &op->bo->base.base,
		.map.gem.offset = op->bo_offset,
	};

	return drm_gpuvm_sm_map(&vm->base, op, &req);
}

/* What the history says of an operation. */
static u32 rocket_bind_op_flags(const struct rocket_bind_op *op)
{
	return (op->queued ? DRM_ROCKET_DUMP_BIND_ASYNC : 0) |
	       (op->kernel ? DRM_ROCKET_DUMP_BIND_KERNEL : 0);
}

static int rocket_bind_op_apply(struct rocket_vm *vm, struct rocket_bind_op *op)
{
	op->vm = vm;
	rocket_history_begin(&vm->history, op->type, rocket_bind_op_flags(op));

	switch (op->type) {
	case DRM_ROCKET_VM_BIND_OP_MAP:
		return rocket_bind_op_map(vm, op);
	case DRM_ROCKET_VM_BIND_OP_UNMAP:
		return drm_gpuvm_sm_unmap(&vm->base, op, op->addr, op->range);
	default:
		rocket_bind_unmap_bo(vm, op->bo);
		return 0;
	}
}

static void rocket_bind_op_cleanup(struct rocket_vm *vm, struct rocket_bind_op *op)
{
	for (int i = 0; i < ARRAY_SIZE(op->spare); i++)
		rocket_vma_free(vm, op->spare[i]);

	drm_gpuvm_bo_put_deferred(op->vm_bo);
	if (op->bo)
		drm_gem_object_put(&op->bo->base.base);
}

static int rocket_bind_op_fill_spare(struct rocket_vm *vm, struct rocket_bind_op *op,
				     unsigned int count, enum rocket_mapping_use use)
{
	for (unsigned int i = 0; i < count; i++) {
		struct rocket_vma *vma = rocket_vma_alloc(vm, use);

		if (IS_ERR(vma))
			return PTR_ERR(vma);
		op->spare[i] = vma;
	}

	return 0;
}

static int rocket_bind_op_prepare_map(struct rocket_vm *vm, struct rocket_bind_op *op)
{
	struct drm_gpuvm_bo *vm_bo;

	op->memory = rocket_gem_get_pages(op->bo);
	if (IS_ERR(op->memory))
		return PTR_ERR(op->memory);

	if (!op->readonly)
		WRITE_ONCE(op->bo->written, true);

	op->vm_bo = rocket_bind_find_vm_bo(vm, &op->bo->base.base);
	if (op->vm_bo)
		return 0;

	vm_bo = drm_gpuvm_bo_create(&vm->base, &op->bo->base.base);
	if (!vm_bo)
		return -ENOMEM;

	op->vm_bo = drm_gpuvm_bo_obtain_prealloc(vm_bo);

	return 0;
}

/**
 * rocket_bind_prepare() - Get all that applying an operation will need.
 * @vm: The VM.
 * @op: The operation, checked. To be cleaned up also after an error.
 *
 * Return: 0, -ENOMEM, -EINTR; -ENOSPC when the file has as many mapping objects
 * as it may.
 */
int rocket_bind_prepare(struct rocket_vm *vm, struct rocket_bind_op *op)
{
	int ret;

	switch (op->type) {
	case DRM_ROCKET_VM_BIND_OP_MAP:
		ret = rocket_bind_op_fill_spare(vm, op, op->kernel ? 1 : ROCKET_BIND_OP_VMAS,
						ROCKET_MAPPING_FOR_MAP);
		return ret ?: rocket_bind_op_prepare_map(vm, op);
	case DRM_ROCKET_VM_BIND_OP_UNMAP:
		return rocket_bind_op_fill_spare(vm, op, ROCKET_BIND_OP_VMAS - 1,
						 ROCKET_MAPPING_FOR_UNMAP);
	default:
		return 0;
	}
}

/**
 * rocket_bind_has_tables() - Whether operations need no more page tables.
 * @vm: The VM.
 * @ops: The operations.
 * @count: How many.
 *
 * Return: %true when rocket_bind_reserve() has nothing to do.
 */
bool rocket_bind_has_tables(struct rocket_vm *vm, const struct rocket_bind_op *ops,
			    u32 count)
{
	for (u32 i = 0; i < count; i++) {
		if (ops[i].type == DRM_ROCKET_VM_BIND_OP_MAP &&
		    !rocket_mmu_has_tables(&vm->mmu, ops[i].addr, ops[i].range))
			return false;
	}

	return true;
}

/**
 * rocket_bind_reserve() - Make sure that applying operations cannot fail.
 * @vm: The VM, no lock held.
 * @ops: Prepared operations.
 * @count: How many.
 *
 * Return: 0, -ENOMEM, -ENOSPC, -EINTR, see rocket_mmu_reserve().
 */
int rocket_bind_reserve(struct rocket_vm *vm, struct rocket_bind_op *ops, u32 count)
{
	DECLARE_BITMAP(tables, ROCKET_MMU_TABLES);

	/* The usual case, without a bitmap of the whole VM. */
	if (rocket_bind_has_tables(vm, ops, count))
		return 0;

	bitmap_zero(tables, ROCKET_MMU_TABLES);
	for (u32 i = 0; i < count; i++) {
		if (ops[i].type == DRM_ROCKET_VM_BIND_OP_MAP)
			rocket_mmu_add_tables(tables, ops[i].addr, ops[i].range);
	}

	return rocket_mmu_reserve(&vm->mmu, tables);
}

/**
 * rocket_bind_apply() - Apply operations, in their order.
 * @vm: The VM, &rocket_vm.op_lock held.
 * @ops: Prepared and reserved operations.
 * @count: How many.
 *
 * Allocates nothing, so a fence may wait for it.
 *
 * Return: 0. An error is a bug, see rocket_mmu_map().
 */
int rocket_bind_apply(struct rocket_vm *vm, struct rocket_bind_op *ops, u32 count)
{
	int ret = 0;

	lockdep_assert_held(&vm->op_lock);

	for (u32 i = 0; i < count && !ret; i++) {
		ret = rocket_bind_op_apply(vm, &ops[i]);
		cond_resched();
	}

	drm_WARN_ON(vm->base.drm, ret);

	return ret;
}

/**
 * rocket_bind_release() - Let go of what operations hold, used or not.
 * @vm: The VM, no lock held.
 * @ops: The operations.
 * @count: How many.
 */
void rocket_bind_release(struct rocket_vm *vm, struct rocket_bind_op *ops, u32 count)
{
	for (u32 i = 0; i < count; i++)
		rocket_bind_op_cleanup(vm, &ops[i]);

	/* Now that no lock is held: lets go of BOs that are mapped no more. */
	drm_gpuvm_bo_deferred_cleanup(&vm->base);
}

/**
 * rocket_bind_cleanup() - The same, for an array that was allocated.
 * @vm: As above.
 * @ops: The array, allocated by kvcalloc(); freed.
 * @count: How many.
 */
void rocket_bind_cleanup(struct rocket_vm *vm, struct rocket_bind_op *ops, u32 count)
{
	rocket_bind_release(vm, ops, count);
	kvfree(ops);
}

/**
 * rocket_bind_unmap_all() - Unmap everything.
 * @vm: The VM, about to go; no core holds it.
 */
void rocket_bind_unmap_all(struct rocket_vm *vm)
{
	struct drm_gpuva *va, *next;

	scoped_guard(mutex, &vm->op_lock) {
		rocket_mmu_drop(&vm->mmu);
		drm_gpuvm_for_each_va_safe(va, next, &vm->base)
			rocket_vma_unmap(to_rocket_vma(va));
	}

	drm_gpuvm_bo_deferred_cleanup(&vm->base);
}
