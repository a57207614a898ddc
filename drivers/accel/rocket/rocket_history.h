/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_HISTORY_H__
#define __ROCKET_HISTORY_H__

#include <linux/types.h>

struct drm_gpuva;
struct drm_rocket_dump_bind;

/* How many are remembered; the documentation of coredumps says so, too. */
#define ROCKET_HISTORY_SIZE	64

/*
 * struct rocket_change - A range that was mapped or unmapped.
 *
 * As &struct drm_rocket_dump_bind has it; small, because each VM has many.
 */
struct rocket_change {
	/* @time_ns: When its operation took effect. */
	u64 time_ns;
	/* @bo: mmap offset of the BO. */
	u64 bo;
	/* @number: Low bits of the operation's number. */
	u32 number;
	/* @page: First page of the range. */
	u32 page;
	/* @pages: Its size. */
	u32 pages;
	/* @bo_page: Where in the BO it begins. */
	u32 bo_page;
	/* @op: One of enum drm_rocket_vm_bind_op_type. */
	u16 op;
	/* @flags: DRM_ROCKET_DUMP_BIND_*. */
	u16 flags;
};

/**
 * struct rocket_history - The last changes of what is mapped in a VM.
 *
 * For coredumps. Protected by &rocket_vm.op_lock.
 */
struct rocket_history {
	/** @total: How many changes there were. */
	u64 total;

	/** @operations: How many operations there were, the one that is at work included. */
	u64 operations;

	/** @next: Where the next change goes in @changes. */
	u32 next;

	/** @operation: What all changes of the operation share that is at work. */
	struct rocket_change operation;

	/** @changes: The last of them, a ring. */
	struct rocket_change changes[ROCKET_HISTORY_SIZE];
};

void rocket_history_begin(struct rocket_history *history, u32 op, u32 flags);
void rocket_history_map(struct rocket_history *history, const struct drm_gpuva *va,
			bool readonly);
void rocket_history_unmap(struct rocket_history *history, const struct drm_gpuva *va,
			  u64 addr, u64 range);

u32 rocket_history_count(const struct rocket_history *history);
void rocket_history_copy(const struct rocket_history *history,
			 struct drm_rocket_dump_bind *to);

#endif
