// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_gpuvm.h>
#include <drm/drm_vma_manager.h>
#include <drm/rocket_coredump.h>
#include <linux/ktime.h>
#include <linux/minmax.h>

#include "rocket_history.h"
#include "rocket_mmu.h"

/**
 * DOC: What was mapped before
 *
 * Who faults where nothing is mapped is often late: something was there. A VM remembers
 * its last changes, each a range that was mapped or unmapped and by what, and a coredump
 * has them. Of an operation that unmaps many mappings, neighbours that are one piece of
 * one BO are one change. Nothing here allocates: an operation may be applied where a
 * fence waits for it.
 */

/**
 * rocket_history_begin() - What the changes that follow belong to.
 * @history: Of the VM, its op_lock held.
 * @op: One of enum drm_rocket_vm_bind_op_type.
 * @flags: DRM_ROCKET_DUMP_BIND_ASYNC, DRM_ROCKET_DUMP_BIND_KERNEL.
 */
void rocket_history_begin(struct rocket_history *history, u32 op, u32 flags)
{
	history->operations++;
	history->operation.number = history->operations;
	history->operation.time_ns = ktime_get_ns();
	history->operation.op = op;
	history->operation.flags = flags;
}

/* Whether @change goes on where @last ends, in addresses and in the BO. */
static bool rocket_history_goes_on(const struct rocket_change *last,
				   const struct rocket_change *change)
{
	return last->number == change->number && last->flags == change->flags &&
	       last->bo == change->bo && last->page + last->pages == change->page &&
	       last->bo_page + last->pages == change->bo_page;
}

static void rocket_history_add(struct rocket_history *history, const struct drm_gpuva *va,
			       u64 addr, u64 range, u32 flags)
{
	u32 previous = (history->next + ROCKET_HISTORY_SIZE - 1) % ROCKET_HISTORY_SIZE;
	struct rocket_change *last = &history->changes[previous];
	struct rocket_change change = history->operation;

	change.page = addr / ROCKET_MMU_PAGE_SIZE;
	change.pages = range / ROCKET_MMU_PAGE_SIZE;
	change.bo_page = (va->gem.offset + (addr - va->va.addr)) / ROCKET_MMU_PAGE_SIZE;
	change.bo = drm_vma_node_offset_addr(&va->gem.obj->vma_node);
	change.flags |= flags;

	/* A ring that is empty has no operation 0. */
	if (rocket_history_goes_on(last, &change)) {
		last->pages += change.pages;
		return;
	}

	history->changes[history->next] = change;
	history->next = (history->next + 1) % ROCKET_HISTORY_SIZE;
	history->total++;
}

/**
 * rocket_history_map() - Something was mapped.
 * @history: Of the VM, its op_lock held.
 * @va: The mapping.
 * @readonly: The NPU cannot write there.
 */
void rocket_history_map(struct rocket_history *history, const struct drm_gpuva *va,
			bool readonly)
{
	rocket_history_add(history, va, va->va.addr, va->va.range,
			   readonly ? DRM_ROCKET_DUMP_BIND_READONLY : 0);
}

/**
 * rocket_history_unmap() - A mapping, or a part of it, was unmapped.
 * @history: Of the VM, its op_lock held.
 * @va: The mapping, as it was.
 * @addr: Where the part begins.
 * @range: Its size.
 */
void rocket_history_unmap(struct rocket_history *history, const struct drm_gpuva *va,
			  u64 addr, u64 range)
{
	rocket_history_add(history, va, addr, range, DRM_ROCKET_DUMP_BIND_UNMAPPED);
}

/**
 * rocket_history_count() - How many changes are remembered.
 * @history: Of the VM, its op_lock held.
 *
 * Return: Their number.
 */
u32 rocket_history_count(const struct rocket_history *history)
{
	return min_t(u64, history->total, ROCKET_HISTORY_SIZE);
}

static void rocket_history_tell(const struct rocket_history *history,
				const struct rocket_change *change,
				struct drm_rocket_dump_bind *to)
{
	to->time_ns = change->time_ns;
	/* It is one of the last. */
	to->number = history->operations - (u32)(history->operations - change->number);
	to->addr = (u64)change->page * ROCKET_MMU_PAGE_SIZE;
	to->range = (u64)change->pages * ROCKET_MMU_PAGE_SIZE;
	to->bo_offset = (u64)change->bo_page * ROCKET_MMU_PAGE_SIZE;
	to->bo_mmap_offset = change->bo;
	to->op = change->op;
	to->flags = change->flags;
}

/**
 * rocket_history_copy() - Write down what is remembered.
 * @history: Of the VM, its op_lock held.
 * @to: Room for rocket_history_count() changes; gets them oldest first.
 */
void rocket_history_copy(const struct rocket_history *history,
			 struct drm_rocket_dump_bind *to)
{
	u32 count = rocket_history_count(history);
	u32 oldest = (history->next + ROCKET_HISTORY_SIZE - count) % ROCKET_HISTORY_SIZE;

	for (u32 i = 0; i < count; i++)
		rocket_history_tell(history,
				    &history->changes[(oldest + i) % ROCKET_HISTORY_SIZE],
				    &to[i]);
}
