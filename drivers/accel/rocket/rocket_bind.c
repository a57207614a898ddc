// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_gpuvm.h>
#include <drm/drm_print.h>
#include <drm/rocket_accel.h>
#include <linux/cleanup.h>
#include <linux/slab.h>

#include "rocket_bind.h"
#include "rocket_gem.h"
#include "rocket_mmu.h"
#include "rocket_vm.h"

/**
 * DOC: Bind operations
 *
 * An array of operations is a transaction. Each operation is looked at
 * (rocket_vm_bind.c) and prepared: BO, pages, &struct drm_gpuvm_bo and as
 * many mapping objects as it can need are there before anything changes
 * (rocket_bind_prepare()). Then, under &rocket_vm.op_lock, the page tables
 * of all operations are reserved (rocket_bind_reserve()), which is the last step
 * that can fail. Applying them (rocket_bind_apply()) cannot: not at once, and not
 * later, from the VM's bind queue, where nothing may allocate.
 *
 * How many mapping objects an operation can need does not depend on what is
 * mapped: unmapping a range removes any number of mappings, which needs none,
 * and cuts at most two, one at each end, which needs two; a map needs one more.
 *
 * &struct drm_gpuvm_bo that lost their last mapping, and with them the pages,
 * are let go after &rocket_vm.op_lock was dropped; by then the page tables and
 * every IOTLB are clean.
 */

/* struct rocket_vma - A mapping. Protected like the tree it is in. */
struct rocket_vma {
	/* @base: drm_gpuvm's part. */
	struct drm_gpuva base;

	/* @readonly: The NPU cannot write there. */
	bool readonly;

	/* @kernel: The kernel chose the address, see rocket_gem_hold_mapping(). */
	bool kernel;
};

static struct rocket_vma *to_rocket_vma(struct drm_gpuva *va)
{
	return container_of(va, struct rocket_vma, base);
}

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

static void rocket_vma_link(struct rocket_vma *vma, struct drm_gpuvm_bo *vm_bo)
{
	struct rocket_vm *vm = to_rocket_vm(vm_bo->vm);

	guard(mutex)(&vm_bo->obj->gpuva.lock);
	drm_gpuva_link(&vma->base, vm_bo);
	vm->mapping_count++;
	vm->mapped_bytes += vma->base.va.range;
}

/* Takes a mapping that has left the tree and the page tables out of its BO. */
static void rocket_vma_destroy(struct rocket_vma *vma)
{
	struct rocket_vm *vm = to_rocket_vm(vma->base.vm);

	vm->mapping_count--;
	vm->mapped_bytes -= vma->base.va.range;
	drm_gpuva_unlink_defer(&vma->base);
	kfree(vma);
}

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

	ret = rocket_mmu_map(bind->vm, op->map.va.addr, bind->sgt, op->map.gem.offset,
			     op->map.va.range, drm_gem_is_imported(op->map.gem.obj),
			     bind->readonly);
	if (ret)
		return ret;

	vma = rocket_bind_op_take_vma(bind);
	vma->readonly = bind->readonly;
	vma->kernel = bind->kernel;
	drm_gpuva_map(&bind->vm->base, &vma->base, &op->map);
	rocket_vma_link(vma, bind->vm_bo);

	return 0;
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

	drm_gpuva_op_remap_to_unmap_range(&op->remap, &addr, &range);
	rocket_mmu_unmap(bind->vm, addr, range);

	if (op->remap.prev)
		prev = rocket_bind_op_take_vma(bind);
	if (op->remap.next)
		next = rocket_bind_op_take_vma(bind);

	drm_gpuva_remap(prev ? &prev->base : NULL, next ? &next->base : NULL, &op->remap);

	if (prev) {
		prev->readonly = old->readonly;
		prev->kernel = old->kernel;
		rocket_vma_link(prev, vm_bo);
	}

	if (next) {
		next->readonly = old->readonly;
		next->kernel = old->kernel;
		rocket_vma_link(next, vm_bo);
	}

	rocket_vma_destroy(old);

	return 0;
}

static void rocket_vma_unmap(struct rocket_vma *vma)
{
	rocket_mmu_unmap(to_rocket_vm(vma->base.vm), vma->base.va.addr, vma->base.va.range);
	drm_gpuva_remove(&vma->base);
	rocket_vma_destroy(vma);
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
	rocket_vma_unmap(to_rocket_vma(op->unmap.va));

	return 0;
}

/* The next mapping of a BO, if it has one; stable under the VM's op_lock. */
static struct rocket_vma *rocket_bind_next_vma(struct rocket_vm *vm,
					       struct drm_gem_object *obj)
{
	struct drm_gpuvm_bo *vm_bo;

	lockdep_assert_held(&vm->op_lock);
	guard(mutex)(&obj->gpuva.lock);

	drm_gem_for_each_gpuvm_bo(vm_bo, obj) {
		struct drm_gpuva *va;

		if (vm_bo->vm != &vm->base)
			continue;

		va = list_first_entry_or_null(&vm_bo->list.gpuva, struct drm_gpuva,
					      gem.entry);
		return va ? to_rocket_vma(va) : NULL;
	}

	return NULL;
}

static void rocket_bind_unmap_bo(struct rocket_vm *vm, struct rocket_gem_object *bo)
{
	struct rocket_vma *vma;

	while ((vma = rocket_bind_next_vma(vm, &bo->base.base)))
		rocket_vma_unmap(vma);
}

/*
 * Operations
 */

static int rocket_bind_op_apply(struct rocket_vm *vm, struct rocket_bind_op *op)
{
	const struct drm_gpuvm_map_req req = {
		.map.va.addr = op->addr,
		.map.va.range = op->range,
		.map.gem.obj = op->bo ? &op->bo->base.base : NULL,
		.map.gem.offset = op->bo_offset,
	};

	op->vm = vm;

	switch (op->type) {
	case DRM_ROCKET_VM_BIND_OP_MAP:
		return drm_gpuvm_sm_map(&vm->base, op, &req);
	case DRM_ROCKET_VM_BIND_OP_UNMAP:
		return drm_gpuvm_sm_unmap(&vm->base, op, op->addr, op->range);
	default:
		rocket_bind_unmap_bo(vm, op->bo);
		return 0;
	}
}

/* The part of a prepared operation that can fail but needs no undoing. */
static int rocket_bind_op_reserve(struct rocket_vm *vm, struct rocket_bind_op *op)
{
	if (op->type != DRM_ROCKET_VM_BIND_OP_MAP)
		return 0;

	return rocket_mmu_reserve(vm, op->addr, op->range);
}

static void rocket_bind_op_cleanup(struct rocket_bind_op *op)
{
	for (int i = 0; i < ARRAY_SIZE(op->spare); i++)
		kfree(op->spare[i]);

	drm_gpuvm_bo_put_deferred(op->vm_bo);
	if (op->bo)
		drm_gem_object_put(&op->bo->base.base);
}

static int rocket_bind_op_prepare_map(struct rocket_vm *vm, struct rocket_bind_op *op)
{
	struct drm_gpuvm_bo *vm_bo;

	op->sgt = rocket_gem_get_pages(op->bo);
	if (IS_ERR(op->sgt))
		return PTR_ERR(op->sgt);

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
 * Return: 0, -ENOMEM, -EINTR.
 */
int rocket_bind_prepare(struct rocket_vm *vm, struct rocket_bind_op *op)
{
	int vmas = 0;

	if (op->type == DRM_ROCKET_VM_BIND_OP_MAP)
		vmas = ROCKET_BIND_OP_VMAS;
	else if (op->type == DRM_ROCKET_VM_BIND_OP_UNMAP)
		vmas = ROCKET_BIND_OP_VMAS - 1;

	for (int i = 0; i < vmas; i++) {
		op->spare[i] = kzalloc_obj(*op->spare[i], GFP_KERNEL_ACCOUNT);
		if (!op->spare[i])
			return -ENOMEM;
	}

	if (op->type == DRM_ROCKET_VM_BIND_OP_MAP)
		return rocket_bind_op_prepare_map(vm, op);

	return 0;
}

/**
 * rocket_bind_reserve() - Make sure that applying operations cannot fail.
 * @vm: The VM, &rocket_vm.op_lock held.
 * @ops: Prepared operations.
 * @count: How many.
 *
 * Return: 0, -ENOMEM.
 */
int rocket_bind_reserve(struct rocket_vm *vm, struct rocket_bind_op *ops, u32 count)
{
	lockdep_assert_held(&vm->op_lock);

	for (u32 i = 0; i < count; i++) {
		int ret = rocket_bind_op_reserve(vm, &ops[i]);

		if (ret)
			return ret;
	}

	return 0;
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

	for (u32 i = 0; i < count && !ret; i++)
		ret = rocket_bind_op_apply(vm, &ops[i]);

	drm_WARN_ON(vm->base.drm, ret);

	return ret;
}

/**
 * rocket_bind_cleanup() - Let go of what operations hold, used or not.
 * @vm: The VM, no lock held.
 * @ops: The array, allocated by kvcalloc(); freed.
 * @count: How many.
 */
void rocket_bind_cleanup(struct rocket_vm *vm, struct rocket_bind_op *ops, u32 count)
{
	for (u32 i = 0; i < count; i++)
		rocket_bind_op_cleanup(&ops[i]);

	/* Now that no lock is held: lets go of BOs that are mapped no more. */
	drm_gpuvm_bo_deferred_cleanup(&vm->base);
	kvfree(ops);
}

/*
 * Mappings at addresses that the kernel chooses
 */

/* The highest hole of a size; drm_gpuvm keeps mappings in order but no holes. */
static int rocket_bind_find_hole(struct rocket_vm *vm, u64 range, u64 *addr)
{
	u64 end = ROCKET_VM_END;
	struct drm_gpuva *va;

	lockdep_assert_held(&vm->op_lock);

	list_for_each_entry_reverse(va, &vm->base.rb.list, rb.entry) {
		if (end - (va->va.addr + va->va.range) >= range)
			break;
		end = va->va.addr;
	}

	if (end - ROCKET_VM_START < range)
		return -ENOSPC;

	*addr = end - range;

	return 0;
}

static int rocket_bind_apply_anywhere(struct rocket_vm *vm, struct rocket_bind_op *op)
{
	int ret;

	guard(mutex)(&vm->op_lock);

	ret = rocket_bind_find_hole(vm, op->range, &op->addr);
	if (ret)
		return ret;

	ret = rocket_bind_reserve(vm, op, 1);
	if (ret)
		return ret;

	return rocket_bind_apply(vm, op, 1);
}

/**
 * rocket_bind_map_anywhere() - Map a whole BO where there is room.
 * @vm: The VM.
 * @bo: The BO.
 * @addr: Receives the address: the top of the highest hole that is large enough.
 *
 * Return: 0, -ENOSPC, -ENOMEM, -EINTR.
 */
int rocket_bind_map_anywhere(struct rocket_vm *vm, struct rocket_gem_object *bo,
			     u64 *addr)
{
	struct rocket_bind_op *op;
	int ret;

	op = kvcalloc(1, sizeof(*op), GFP_KERNEL_ACCOUNT);
	if (!op)
		return -ENOMEM;

	op->type = DRM_ROCKET_VM_BIND_OP_MAP;
	op->kernel = true;
	op->range = bo->base.base.size;
	op->bo = bo;
	drm_gem_object_get(&bo->base.base);

	ret = rocket_bind_prepare(vm, op);
	if (!ret)
		ret = rocket_bind_apply_anywhere(vm, op);
	*addr = op->addr;

	rocket_bind_cleanup(vm, op, 1);

	return ret;
}

/**
 * rocket_bind_unmap_kernel() - Undo rocket_bind_map_anywhere().
 * @vm: The VM.
 * @bo: The BO; the caller holds a reference.
 * @addr: Where it was mapped.
 *
 * What userspace has mapped over it, or unmapped from it, stays so.
 */
void rocket_bind_unmap_kernel(struct rocket_vm *vm, struct rocket_gem_object *bo,
			      u64 addr)
{
	u64 end = addr + bo->base.base.size;
	struct drm_gpuva *va, *next;

	scoped_guard(mutex, &vm->op_lock) {
		drm_gpuvm_for_each_va_range_safe(va, next, &vm->base, addr, end) {
			if (va->gem.obj == &bo->base.base && to_rocket_vma(va)->kernel)
				rocket_vma_unmap(to_rocket_vma(va));
		}
	}

	drm_gpuvm_bo_deferred_cleanup(&vm->base);
}

/**
 * rocket_bind_unmap_all() - Unmap everything.
 * @vm: The VM, about to go; no core holds it.
 */
void rocket_bind_unmap_all(struct rocket_vm *vm)
{
	struct drm_gpuva *va, *next;

	scoped_guard(mutex, &vm->op_lock) {
		drm_gpuvm_for_each_va_safe(va, next, &vm->base)
			rocket_vma_unmap(to_rocket_vma(va));
	}

	drm_gpuvm_bo_deferred_cleanup(&vm->base);
}
