// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/slab.h>

#include "rocket_bind_kernel.h"
#include "rocket_flight.h"
#include "rocket_mmu.h"
#include "rocket_trace.h"
#include "rocket_vm.h"
#include "rocket_vma.h"

/**
 * rocket_vma_alloc() - Get a spare mapping object.
 * @vm: The VM in which it will be used.
 * @use: For which kind of operation.
 *
 * Return: The object, zeroed, to be linked or freed; -ENOSPC when the file has
 * as many as it may; -ENOMEM.
 */
struct rocket_vma *rocket_vma_alloc(struct rocket_vm *vm, enum rocket_mapping_use use)
{
	struct rocket_vma *vma;
	int ret;

	ret = rocket_quota_add_mapping(vm->quota, use);
	if (ret)
		return ERR_PTR(ret);

	vma = kzalloc_obj(*vma, GFP_KERNEL_ACCOUNT);
	if (!vma) {
		rocket_quota_remove_mapping(vm->quota);
		return ERR_PTR(-ENOMEM);
	}

	return vma;
}

/**
 * rocket_vma_free() - Free a mapping object that is not in the tree.
 * @vm: The VM for which it was allocated.
 * @vma: The object, or %NULL.
 */
void rocket_vma_free(struct rocket_vm *vm, struct rocket_vma *vma)
{
	if (!vma)
		return;

	kfree(vma);
	rocket_quota_remove_mapping(vm->quota);
}

/**
 * rocket_vma_is_guard() - Whether it is a guard page behind what the kernel has placed.
 * @vma: A mapping in the tree, or that has just left it.
 *
 * Return: %true for a mapping of &rocket_vm.guard.
 */
bool rocket_vma_is_guard(const struct rocket_vma *vma)
{
	return vma->base.gem.obj == to_rocket_vm(vma->base.vm)->guard;
}

/**
 * rocket_vma_link() - Let a BO know about a mapping that is in the tree.
 * @vma: The mapping.
 * @vm_bo: What connects BO and VM; the mapping takes a reference.
 */
void rocket_vma_link(struct rocket_vma *vma, struct drm_gpuvm_bo *vm_bo)
{
	struct rocket_vm *vm = to_rocket_vm(vm_bo->vm);

	guard(mutex)(&vm_bo->obj->gpuva.lock);
	drm_gpuva_link(&vma->base, vm_bo);
	vm->mapping_count++;
	vm->mapped_bytes += vma->base.va.range;
	if (rocket_vma_is_guard(vma))
		vm->guard_count++;
}

/**
 * rocket_vma_destroy() - Take a mapping out of its BO and free it.
 * @vma: A mapping that has left the tree and the page tables. While jobs of its VM
 *	run, it and the reference to the BO are freed when these have ended.
 */
void rocket_vma_destroy(struct rocket_vma *vma)
{
	struct rocket_vm *vm = to_rocket_vm(vma->base.vm);
	struct drm_gem_object *bo = vma->base.gem.obj;
	bool keep = rocket_flight_is_on(vm);

	if (keep)
		drm_gem_object_get(bo);
	vm->mapping_count--;
	vm->mapped_bytes -= vma->base.va.range;
	if (rocket_vma_is_guard(vma))
		vm->guard_count--;
	rocket_bind_note_hole(vm, vma->base.va.addr);
	drm_gpuva_unlink_defer(&vma->base);

	if (keep)
		rocket_flight_keep(vm, vma, bo);
	else
		rocket_vma_free(vm, vma);
}

/**
 * rocket_vma_unmap() - Unmap a mapping as a whole, and free it.
 * @vma: The mapping; &rocket_vm.op_lock of its VM held.
 */
void rocket_vma_unmap(struct rocket_vma *vma)
{
	struct rocket_vm *vm = to_rocket_vm(vma->base.vm);

	lockdep_assert_held(&vm->op_lock);

	rocket_mmu_unmap(&vm->mmu, vma->base.va.addr, vma->base.va.range);
	drm_gpuva_remove(&vma->base);
	trace_rocket_unbind(vm, vma->base.va.addr, vma->base.va.range);
	rocket_history_unmap(&vm->history, &vma->base, vma->base.va.addr, vma->base.va.range);
	rocket_vma_destroy(vma);
}
