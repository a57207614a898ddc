// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_syncobj.h>
#include <drm/gpu_scheduler.h>
#include <drm/rocket_accel.h>
#include <kunit/visibility.h>
#include <linux/dma-fence-chain.h>
#include <linux/dma-fence-unwrap.h>
#include <linux/slab.h>

#include "rocket_file.h"
#include "rocket_sync.h"

/* struct rocket_sync_out - A syncobj and all that it takes to signal it. */
struct rocket_sync_out {
	/* @syncobj: A reference. */
	struct drm_syncobj *syncobj;
	/* @chain: The link to add to a timeline, %NULL for a binary syncobj. */
	struct dma_fence_chain *chain;
	/* @point: The timeline point. */
	u64 point;
};

VISIBLE_IF_KUNIT int rocket_sync_check(const struct drm_rocket_sync *sync)
{
	if (sync->flags & ~DRM_ROCKET_SYNC_TIMELINE)
		return -EINVAL;

	/* Point 0 of a timeline is the binary payload: say which one is meant. */
	if (!!(sync->flags & DRM_ROCKET_SYNC_TIMELINE) != !!sync->point)
		return -EINVAL;

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_sync_check);

static int rocket_sync_copy(struct drm_rocket_sync *sync,
			    const struct rocket_syncs *syncs, u32 index)
{
	int ret;

	ret = rocket_copy_array_entry(sync, sizeof(*sync), sizeof(*sync), syncs->array,
				      index, syncs->size);
	if (ret)
		return ret;

	return rocket_sync_check(sync);
}

static int rocket_sync_add_dependency(struct drm_sched_job *job, struct drm_file *file,
				      const struct drm_rocket_sync *sync,
				      struct rocket_sync_causes *causes)
{
	struct dma_fence *fence;
	int ret;

	ret = drm_syncobj_find_fence(file, sync->handle, sync->point, 0, &fence);
	if (ret)
		return ret;

	/* Only the point itself: what came before on the timeline was not named. */
	if (causes)
		causes->fences[causes->count++] =
			dma_fence_get(dma_fence_chain_contained(fence));

	/* Takes over the reference, also when it fails. */
	return drm_sched_job_add_dependency(job, fence);
}

/**
 * rocket_sync_add_dependencies() - Let a job wait for syncobjs.
 * @job: The job, initialised but not armed.
 * @file: The file that knows the handles.
 * @syncs: Userspace's array.
 * @causes: Receives what rocket_sync_causes_error() looks at; empty before. To be
 *	put by rocket_sync_put_causes(), also after an error. %NULL for a job that
 *	runs whatever became of those before.
 *
 * Return: 0; -EINVAL for a bad entry or one without a fence; -E2BIG; -ENOENT;
 * -EFAULT; -ENOMEM. The caller drops the job.
 */
int rocket_sync_add_dependencies(struct drm_sched_job *job, struct drm_file *file,
				 const struct rocket_syncs *syncs,
				 struct rocket_sync_causes *causes)
{
	/*
	 * The scheduler has a list of its own, but keeps only the last fence of
	 * a queue there, and an earlier one may be the one that fails.
	 */
	if (causes && syncs->count) {
		causes->fences = kvmalloc_objs(*causes->fences, syncs->count,
					       GFP_KERNEL_ACCOUNT);
		if (!causes->fences)
			return -ENOMEM;
	}

	for (u32 i = 0; i < syncs->count; i++) {
		struct drm_rocket_sync sync;
		int ret;

		ret = rocket_sync_copy(&sync, syncs, i);
		if (ret)
			return ret;

		ret = rocket_sync_add_dependency(job, file, &sync, causes);
		if (ret)
			return ret;
	}

	return 0;
}

/* How a job of that client ended; 0 for fences of anybody else. */
static int rocket_sync_fence_error(struct dma_fence *fence, u64 client_id)
{
	struct drm_sched_fence *job = to_drm_sched_fence(fence);

	if (!job || job->drm_client_id != client_id)
		return 0;

	/*
	 * A job of the same queue has left the core, which is why this one may
	 * start, and whoever took it off is about to signal this fence, too. All
	 * others the scheduler has waited for.
	 */
	dma_fence_wait(fence, false);

	return min(dma_fence_get_status(fence), 0);
}

/**
 * rocket_sync_causes_error() - Whether a job failed whose results this one needs.
 * @causes: Fences of jobs that have left their cores.
 * @client_id: Only jobs of this client count: nobody else can make a job fail.
 *
 * Return: The error of the first that failed, or 0.
 */
int rocket_sync_causes_error(const struct rocket_sync_causes *causes, u64 client_id)
{
	for (u32 i = 0; i < causes->count; i++) {
		struct dma_fence_unwrap iter;
		struct dma_fence *fence;

		dma_fence_unwrap_for_each(fence, &iter, causes->fences[i]) {
			int error = rocket_sync_fence_error(fence, client_id);

			if (error) {
				/* What the iterator lets go of at its end. */
				dma_fence_put(iter.chain);
				return error;
			}
		}
	}

	return 0;
}

/**
 * rocket_sync_put_causes() - Let go of the fences.
 * @causes: Filled, partly so, or empty.
 */
void rocket_sync_put_causes(struct rocket_sync_causes *causes)
{
	for (u32 i = 0; i < causes->count; i++)
		dma_fence_put(causes->fences[i]);

	kvfree(causes->fences);
	*causes = (struct rocket_sync_causes){ };
}

static int rocket_sync_prepare_out(struct rocket_sync_out *out, struct drm_file *file,
				   const struct drm_rocket_sync *sync)
{
	out->syncobj = drm_syncobj_find(file, sync->handle);
	if (!out->syncobj)
		return -ENOENT;

	out->point = sync->point;
	if (!out->point)
		return 0;

	out->chain = dma_fence_chain_alloc();

	return out->chain ? 0 : -ENOMEM;
}

/**
 * rocket_sync_prepare_outs() - Get ready to signal syncobjs.
 * @outs: Receives what rocket_sync_signal_outs() needs. To be put by
 *	rocket_sync_put_outs(), also after an error.
 * @file: The file that knows the handles.
 * @syncs: Userspace's array.
 *
 * Return: 0; -EINVAL; -E2BIG; -ENOENT; -EFAULT; -ENOMEM.
 */
int rocket_sync_prepare_outs(struct rocket_sync_outs *outs, struct drm_file *file,
			     const struct rocket_syncs *syncs)
{
	if (!syncs->count)
		return 0;

	outs->entries = kvcalloc(syncs->count, sizeof(*outs->entries), GFP_KERNEL_ACCOUNT);
	if (!outs->entries)
		return -ENOMEM;

	for (u32 i = 0; i < syncs->count; i++) {
		struct drm_rocket_sync sync;
		int ret;

		ret = rocket_sync_copy(&sync, syncs, i);
		if (ret)
			return ret;

		outs->count = i + 1;
		ret = rocket_sync_prepare_out(&outs->entries[i], file, &sync);
		if (ret)
			return ret;
	}

	return 0;
}

/**
 * rocket_sync_signal_outs() - Give the syncobjs their fence. Cannot fail.
 * @outs: Prepared.
 * @fence: The fence; the syncobjs take references of their own.
 */
void rocket_sync_signal_outs(struct rocket_sync_outs *outs, struct dma_fence *fence)
{
	for (u32 i = 0; i < outs->count; i++) {
		struct rocket_sync_out *out = &outs->entries[i];

		if (out->chain)
			drm_syncobj_add_point(out->syncobj, no_free_ptr(out->chain),
					      fence, out->point);
		else
			drm_syncobj_replace_fence(out->syncobj, fence);
	}
}

/**
 * rocket_sync_put_outs() - Let go of the syncobjs.
 * @outs: Prepared, or partly so.
 */
void rocket_sync_put_outs(struct rocket_sync_outs *outs)
{
	for (u32 i = 0; i < outs->count; i++) {
		dma_fence_chain_free(outs->entries[i].chain);
		if (outs->entries[i].syncobj)
			drm_syncobj_put(outs->entries[i].syncobj);
	}

	kvfree(outs->entries);
}
