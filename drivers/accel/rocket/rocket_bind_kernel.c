// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_gpuvm.h>
#include <drm/rocket_accel.h>
#include <kunit/visibility.h>
#include <linux/cleanup.h>
#include <linux/interval_tree_generic.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "rocket_bind.h"
#include "rocket_bind_kernel.h"
#include "rocket_gem.h"
#include "rocket_vm.h"
#include "rocket_vma.h"

/**
 * DOC: Addresses that the kernel chooses
 *
 * CREATE_BO knows nothing of binds that userspace has queued, and its mappings
 * take effect at once. What was queued before must not take them away later, when
 * its turn comes:
 *
 * * What a queued map will occupy is claimed (&rocket_vm.claims) from the ioctl
 *   until it has been applied or cancelled, and the kernel chooses around it.
 * * A queued unmap leaves what CREATE_BO has mapped since
 *   (rocket_bind_leaves()). To choose around those as well would leave no room
 *   at all to a client that has queued an unmap of everything.
 *
 * Binds that userspace asks for afterwards may do to such a mapping what they like.
 */

static u64 rocket_claim_start(const struct rocket_bind_op *op)
{
	return op->addr;
}

static u64 rocket_claim_last(const struct rocket_bind_op *op)
{
	return op->addr + op->range - 1;
}

INTERVAL_TREE_DEFINE(struct rocket_bind_op, claim.node, u64, claim.subtree_last,
		     rocket_claim_start, rocket_claim_last, static __maybe_unused,
		     rocket_claim)

/**
 * rocket_bind_claim() - Note what operations that are queued will map.
 * @vm: The VM, &rocket_vm.op_lock held.
 * @ops: Prepared operations.
 * @count: How many.
 */
void rocket_bind_claim(struct rocket_vm *vm, struct rocket_bind_op *ops, u32 count)
{
	lockdep_assert_held(&vm->op_lock);

	vm->binds_queued++;

	for (u32 i = 0; i < count; i++) {
		struct rocket_bind_op *op = &ops[i];

		op->queued = vm->binds_queued;
		if (op->type == DRM_ROCKET_VM_BIND_OP_MAP)
			rocket_claim_insert(op, &vm->claims);
	}
}
EXPORT_SYMBOL_IF_KUNIT(rocket_bind_claim);

/**
 * rocket_bind_unclaim() - Undo rocket_bind_claim().
 * @vm: The VM, &rocket_vm.op_lock held.
 * @ops: Operations that were claimed, once.
 * @count: How many.
 */
void rocket_bind_unclaim(struct rocket_vm *vm, struct rocket_bind_op *ops, u32 count)
{
	lockdep_assert_held(&vm->op_lock);

	for (u32 i = 0; i < count; i++) {
		if (ops[i].type == DRM_ROCKET_VM_BIND_OP_MAP)
			rocket_claim_remove(&ops[i], &vm->claims);
	}
}
EXPORT_SYMBOL_IF_KUNIT(rocket_bind_unclaim);

/**
 * rocket_bind_leaves() - Whether an operation must leave a mapping alone.
 * @op: The operation, about to be applied.
 * @vma: A mapping in its range.
 *
 * Return: %true for a queued unmap and a mapping that the kernel made after it
 * had been queued.
 */
bool rocket_bind_leaves(const struct rocket_bind_op *op, const struct rocket_vma *vma)
{
	return op->type == DRM_ROCKET_VM_BIND_OP_UNMAP && vma->kernel &&
	       op->queued && vma->after >= op->queued;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_bind_leaves);

/*
 * The highest place for a range in the hole [@start, @end) that nobody has
 * claimed; 0, which is never one, if there is none.
 */
static u64 rocket_bind_find_unclaimed(struct rocket_vm *vm, u64 start, u64 end,
				      u64 range, u64 align)
{
	while (end - start >= range) {
		u64 addr = round_down(end - range, align);
		struct rocket_bind_op *claim;

		if (addr < start)
			break;

		claim = rocket_claim_iter_first(&vm->claims, addr, addr + range - 1);
		if (!claim)
			return addr;
		if (claim->addr <= start)
			break;
		/* All that is higher up, and not behind the claim, meets it too. */
		end = claim->addr;
	}

	return 0;
}

/**
 * rocket_bind_note_hole() - A mapping has gone; there may be a hole now.
 * @vm: The VM, &rocket_vm.op_lock held.
 * @end: Where the mapping ended.
 */
void rocket_bind_note_hole(struct rocket_vm *vm, u64 end)
{
	lockdep_assert_held(&vm->op_lock);

	vm->full_from = max(vm->full_from, min(end, (u64)ROCKET_VM_KERNEL_END));
}
EXPORT_SYMBOL_IF_KUNIT(rocket_bind_note_hole);

/*
 * drm_gpuvm keeps mappings in order but no holes. So the search goes from mapping to
 * mapping, but not through those that it has seen to leave none: what has been put
 * at the highest place again and again is not looked at again and again.
 */
static u64 rocket_bind_find_aligned(struct rocket_vm *vm, u64 range, u64 align)
{
	struct drm_gpuva *va = drm_gpuva_find_first(&vm->base, vm->full_from,
						    ROCKET_VM_END - vm->full_from);
	u64 end;

	/* Userspace may have mapped across the end of what the kernel chooses from. */
	if (va)
		vm->full_from = min(vm->full_from, va->va.addr);
	end = vm->full_from;

	/* Without one the walk begins at the last. */
	va = list_prepare_entry(va, &vm->base.rb.list, rb.entry);
	list_for_each_entry_continue_reverse(va, &vm->base.rb.list, rb.entry) {
		u64 start = va->va.addr + va->va.range;
		u64 addr;

		if (start == vm->full_from)
			vm->full_from = va->va.addr;

		addr = rocket_bind_find_unclaimed(vm, start, end, range, align);
		if (addr)
			return addr;
		end = va->va.addr;
	}

	return rocket_bind_find_unclaimed(vm, ROCKET_VM_START, end, range, align);
}

/*
 * The highest place where a range is neither mapped nor claimed. One that is large
 * enough for a huge page is aligned to it, as long as there is such a place: the
 * IOMMU API maps in pieces whose size is the alignment of both addresses.
 */
VISIBLE_IF_KUNIT int rocket_bind_find_hole(struct rocket_vm *vm, u64 range, u64 *addr)
{
	lockdep_assert_held(&vm->op_lock);

	*addr = 0;
	if (range >= SZ_2M)
		*addr = rocket_bind_find_aligned(vm, range, SZ_2M);
	if (!*addr)
		*addr = rocket_bind_find_aligned(vm, range, ROCKET_MMU_PAGE_SIZE);

	return *addr ? 0 : -ENOSPC;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_bind_find_hole);

/* Applies it where there is room now, if there are tables for that: 0, or an error. */
static int rocket_bind_try_anywhere(struct rocket_vm *vm, struct rocket_bind_op *op)
{
	int ret;

	guard(mutex)(&vm->op_lock);

	ret = rocket_bind_find_hole(vm, op->range, &op->addr);
	if (ret)
		return ret;

	if (!rocket_bind_has_tables(vm, op, 1))
		return -EAGAIN;

	return rocket_bind_apply(vm, op, 1);
}

static int rocket_bind_apply_anywhere(struct rocket_vm *vm, struct rocket_bind_op *op)
{
	int ret;

	/* The place may be another each time; but each time there are more tables. */
	while ((ret = rocket_bind_try_anywhere(vm, op)) == -EAGAIN) {
		ret = rocket_bind_reserve(vm, op, 1);
		if (ret)
			break;
	}

	return ret;
}

/* Whether there is room now; others may take it. */
static int rocket_bind_look_for_hole(struct rocket_vm *vm, u64 range)
{
	u64 addr;

	guard(mutex)(&vm->op_lock);

	return rocket_bind_find_hole(vm, range, &addr);
}

/**
 * rocket_bind_map_anywhere() - Map a whole BO where there is room.
 * @vm: The VM.
 * @bo: The BO.
 * @addr: Receives the address: the highest below ROCKET_VM_KERNEL_END that is free,
 *	and not claimed by a bind that is queued; on a 2 MiB boundary for a large BO, if
 *	there is one.
 *
 * Return: 0, -ENOMEM, -EINTR; -ENOSPC when there is no room, or the file is at one
 * of its limits.
 */
int rocket_bind_map_anywhere(struct rocket_vm *vm, struct rocket_gem_object *bo,
			     u64 *addr)
{
	struct rocket_bind_op op = {
		.type = DRM_ROCKET_VM_BIND_OP_MAP,
		.kernel = true,
		.range = bo->base.base.size,
		.bo = bo,
	};
	int ret;

	drm_gem_object_get(&bo->base.base);

	/* Nobody gets 4 GiB of memory to be told that there are no addresses for it. */
	ret = rocket_bind_look_for_hole(vm, op.range);
	if (!ret)
		ret = rocket_bind_prepare(vm, &op);
	if (!ret)
		ret = rocket_bind_apply_anywhere(vm, &op);
	*addr = op.addr;

	rocket_bind_release(vm, &op, 1);

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
