// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_gpuvm.h>
#include <drm/rocket_accel.h>
#include <drm/rocket_coredump.h>
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
 *
 * Behind each such mapping is a guard page: the NPU reads zeroes there and cannot write.
 * Streams that rely on CREATE_BO were written for a driver under which there is always
 * something mapped behind a BO, and some read a little too far. It is one page for the
 * whole VM (&rocket_vm.guard), mapped and unmapped together with the BO before it.
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
 * The lowest place for a range in the hole [@start, @end) that nobody has claimed; 0,
 * which is never one, if there is none.
 */
static u64 rocket_bind_find_unclaimed(struct rocket_vm *vm, u64 start, u64 end,
				      u64 range, u64 align)
{
	u64 addr = round_up(start, align);

	while (addr < end && end - addr >= range) {
		struct rocket_bind_op *claim;

		claim = rocket_claim_iter_first(&vm->claims, addr, addr + range - 1);
		if (!claim)
			return addr;
		addr = round_up(claim->addr + claim->range, align);
	}

	return 0;
}

/**
 * rocket_bind_note_hole() - A mapping has gone; there may be a hole now.
 * @vm: The VM, &rocket_vm.op_lock held.
 * @start: Where the mapping began.
 */
void rocket_bind_note_hole(struct rocket_vm *vm, u64 start)
{
	lockdep_assert_held(&vm->op_lock);

	vm->full_to = min(vm->full_to, max(start, (u64)ROCKET_VM_KERNEL_START));
}
EXPORT_SYMBOL_IF_KUNIT(rocket_bind_note_hole);

/*
 * drm_gpuvm keeps mappings in order but no holes. So the search goes from mapping to
 * mapping, but not through those that it has seen to leave none: what has been put
 * at the lowest place again and again is not looked at again and again.
 */
static u64 rocket_bind_find_aligned(struct rocket_vm *vm, u64 range, u64 align)
{
	u64 start = vm->full_to;
	struct drm_gpuva *va;

	drm_gpuvm_for_each_va_range(va, &vm->base, start, ROCKET_VM_KERNEL_END) {
		u64 addr = rocket_bind_find_unclaimed(vm, start, va->va.addr, range, align);

		if (addr)
			return addr;

		/* Userspace may have mapped across the end of what the kernel chooses from. */
		if (start == vm->full_to && va->va.addr <= start)
			vm->full_to = min(va->va.addr + va->va.range,
					  (u64)ROCKET_VM_KERNEL_END);
		start = va->va.addr + va->va.range;
	}

	return rocket_bind_find_unclaimed(vm, start, ROCKET_VM_KERNEL_END, range, align);
}

/*
 * The IOMMU API maps in pieces whose size is the alignment of both addresses. So what is
 * large begins on a boundary, up to that of a huge page; but not on one for which more
 * than a sixteenth of the addresses would be left over.
 */
static u64 rocket_bind_alignment(u64 range)
{
	return clamp(rounddown_pow_of_two(range) / 16, (u64)ROCKET_MMU_PAGE_SIZE, (u64)SZ_2M);
}

/*
 * The lowest place where a range is neither mapped nor claimed, aligned if there is such
 * a place.
 */
VISIBLE_IF_KUNIT int rocket_bind_find_hole(struct rocket_vm *vm, u64 range, u64 *addr)
{
	u64 align = rocket_bind_alignment(range);

	lockdep_assert_held(&vm->op_lock);

	*addr = rocket_bind_find_aligned(vm, range, align);
	if (!*addr && align > ROCKET_MMU_PAGE_SIZE)
		*addr = rocket_bind_find_aligned(vm, range, ROCKET_MMU_PAGE_SIZE);

	return *addr ? 0 : -ENOSPC;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_bind_find_hole);

/* A BO, and behind it the guard page. */
enum rocket_bind_kernel_op {
	ROCKET_BIND_BO,
	ROCKET_BIND_GUARD,
	ROCKET_BIND_KERNEL_OPS
};

static int rocket_bind_place(struct rocket_vm *vm, struct rocket_bind_op *ops)
{
	u64 addr;
	int ret;

	ret = rocket_bind_find_hole(vm, ops[ROCKET_BIND_BO].range + ROCKET_VM_GUARD_SIZE,
				    &addr);
	ops[ROCKET_BIND_BO].addr = addr;
	ops[ROCKET_BIND_GUARD].addr = addr + ops[ROCKET_BIND_BO].range;

	return ret;
}

/* Applies them where there is room now, if there are tables for that: 0, or an error. */
static int rocket_bind_try_anywhere(struct rocket_vm *vm, struct rocket_bind_op *ops)
{
	int ret;

	guard(mutex)(&vm->op_lock);

	ret = rocket_bind_place(vm, ops);
	if (ret)
		return ret;

	if (!rocket_bind_has_tables(vm, ops, ROCKET_BIND_KERNEL_OPS))
		return -EAGAIN;

	return rocket_bind_apply(vm, ops, ROCKET_BIND_KERNEL_OPS);
}

static int rocket_bind_apply_anywhere(struct rocket_vm *vm, struct rocket_bind_op *ops)
{
	int ret;

	/* The place may be another each time; but each time there are more tables. */
	while ((ret = rocket_bind_try_anywhere(vm, ops)) == -EAGAIN) {
		ret = rocket_bind_reserve(vm, ops, ROCKET_BIND_KERNEL_OPS);
		if (ret)
			break;
	}

	return ret;
}

/* Whether there is room now; others may take it. */
static int rocket_bind_look_for_hole(struct rocket_vm *vm, struct rocket_bind_op *ops)
{
	guard(mutex)(&vm->op_lock);

	return rocket_bind_place(vm, ops);
}

/**
 * rocket_bind_map_anywhere() - Map a whole BO where there is room.
 * @vm: The VM, with a &rocket_vm.guard.
 * @bo: The BO.
 * @addr: Receives the address: the lowest from ROCKET_VM_KERNEL_START that is free, and
 *	not claimed by a bind that is queued; for a large BO on a boundary, if there is
 *	such a place.
 *
 * Return: 0, -ENOMEM, -EINTR; -ENOSPC when there is no room, or the file is at one
 * of its limits.
 */
int rocket_bind_map_anywhere(struct rocket_vm *vm, struct rocket_gem_object *bo,
			     u64 *addr)
{
	struct rocket_bind_op ops[ROCKET_BIND_KERNEL_OPS] = {
		[ROCKET_BIND_BO] = {
			.type = DRM_ROCKET_VM_BIND_OP_MAP,
			.kernel = true,
			.range = bo->base.base.size,
			.bo = bo,
		},
		[ROCKET_BIND_GUARD] = {
			.type = DRM_ROCKET_VM_BIND_OP_MAP,
			.kernel = true,
			.readonly = true,
			.range = ROCKET_VM_GUARD_SIZE,
			.bo = to_rocket_gem(vm->guard),
		},
	};
	int ret;

	drm_gem_object_get(&bo->base.base);
	drm_gem_object_get(vm->guard);

	/* Nobody gets 4 GiB of memory to be told that there are no addresses for it. */
	ret = rocket_bind_look_for_hole(vm, ops);
	for (int i = 0; i < ROCKET_BIND_KERNEL_OPS && !ret; i++)
		ret = rocket_bind_prepare(vm, &ops[i]);
	if (!ret)
		ret = rocket_bind_apply_anywhere(vm, ops);
	*addr = ops[ROCKET_BIND_BO].addr;

	rocket_bind_release(vm, ops, ROCKET_BIND_KERNEL_OPS);

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
		rocket_history_begin(&vm->history, DRM_ROCKET_VM_BIND_OP_UNMAP_BO,
				     DRM_ROCKET_DUMP_BIND_KERNEL);
		drm_gpuvm_for_each_va_range_safe(va, next, &vm->base, addr, end) {
			if (va->gem.obj == &bo->base.base && to_rocket_vma(va)->kernel)
				rocket_vma_unmap(to_rocket_vma(va));
		}
		va = drm_gpuva_find(&vm->base, end, ROCKET_VM_GUARD_SIZE);
		if (va && rocket_vma_is_guard(to_rocket_vma(va)))
			rocket_vma_unmap(to_rocket_vma(va));
	}

	drm_gpuvm_bo_deferred_cleanup(&vm->base);
}
