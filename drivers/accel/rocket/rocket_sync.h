/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_SYNC_H__
#define __ROCKET_SYNC_H__

#include <linux/kconfig.h>
#include <linux/types.h>

struct dma_fence;
struct drm_file;
struct drm_rocket_sync;
struct drm_sched_job;
struct rocket_sync_out;

/**
 * struct rocket_syncs - An array of struct drm_rocket_sync, as userspace gave it.
 */
struct rocket_syncs {
	/** @array: User address. */
	u64 array;

	/** @count: Number of entries. */
	u32 count;

	/** @size: Size of an entry in bytes. */
	u32 size;
};

/**
 * struct rocket_sync_outs - Syncobjs that will get a fence.
 */
struct rocket_sync_outs {
	/** @entries: @count of them. */
	struct rocket_sync_out *entries;

	/** @count: Number of entries. */
	u32 count;
};

/**
 * struct rocket_sync_causes - Fences whose errors a job inherits.
 */
struct rocket_sync_causes {
	/** @fences: @count of them, references. */
	struct dma_fence **fences;

	/** @count: Number of fences. */
	u32 count;
};

#if IS_ENABLED(CONFIG_KUNIT)
int rocket_sync_check(const struct drm_rocket_sync *sync);
#endif

int rocket_sync_add_dependencies(struct drm_sched_job *job, struct drm_file *file,
				 const struct rocket_syncs *syncs,
				 struct rocket_sync_causes *causes);
int rocket_sync_causes_error(const struct rocket_sync_causes *causes, u64 client_id);
void rocket_sync_put_causes(struct rocket_sync_causes *causes);
int rocket_sync_prepare_outs(struct rocket_sync_outs *outs, struct drm_file *file,
			     const struct rocket_syncs *syncs);
void rocket_sync_signal_outs(struct rocket_sync_outs *outs, struct dma_fence *fence);
void rocket_sync_put_outs(struct rocket_sync_outs *outs);

#endif
