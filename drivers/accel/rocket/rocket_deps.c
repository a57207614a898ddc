// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_gem.h>
#include <linux/dma-fence.h>
#include <linux/dma-resv.h>
#include <linux/sched/signal.h>
#include <linux/sort.h>
#include <linux/xarray.h>

#include "rocket_deps.h"
#include "rocket_job.h"
#include "rocket_queue.h"

/**
 * DOC: Implicit dependencies
 *
 * A job waits for those that wrote what it reads, and for those that use what it writes. A
 * client may list as many BOs as it likes, each with fences of as many queues as it has: what
 * that costs is linear in the fences, falls on the client alone, whose reservations are
 * locked, and ends when it is killed.
 */

static int rocket_deps_compare(const void *a, const void *b)
{
	const struct drm_gem_object *const *x = a, *const *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Leaves each BO once, in the order of their addresses. */
static void rocket_deps_sort_array(struct drm_gem_object **bos, u32 *count)
{
	u32 kept = 0;

	if (*count < 2)
		return;

	sort(bos, *count, sizeof(*bos), rocket_deps_compare, NULL);
	for (u32 i = 0; i < *count; i++) {
		if (kept && bos[kept - 1] == bos[i])
			drm_gem_object_put(bos[i]);
		else
			bos[kept++] = bos[i];
	}
	*count = kept;
}

/* What a job writes it need not read, too. */
static void rocket_deps_drop_written(struct rocket_job *job)
{
	struct drm_gem_object **in_bos = rocket_job_in_bos(job);
	struct drm_gem_object **out_bos = rocket_job_out_bos(job);
	u32 kept = 0, out = 0;

	for (u32 i = 0; i < job->in_bo_count; i++) {
		while (out < job->out_bo_count && out_bos[out] < in_bos[i])
			out++;
		if (out < job->out_bo_count && out_bos[out] == in_bos[i])
			drm_gem_object_put(in_bos[i]);
		else
			in_bos[kept++] = in_bos[i];
	}
	job->in_bo_count = kept;
}

/**
 * rocket_deps_sort() - Have each BO that a job lists there once.
 * @job: The job, with its BOs, which come into another order.
 *
 * Those that it writes are not among those that it reads. So nothing that is done for each of
 * them costs more than there are BOs, however often they are listed.
 */
void rocket_deps_sort(struct rocket_job *job)
{
	rocket_deps_sort_array(rocket_job_in_bos(job), &job->in_bo_count);
	rocket_deps_sort_array(rocket_job_out_bos(job), &job->out_bo_count);
	rocket_deps_drop_written(job);
}

/*
 * Notes what a job waits for because of a BO: of each context the last fence. As
 * drm_sched_job_add_implicit_dependencies(), which looks through all that it has for each
 * fence. Those of its own queue come before it anyway.
 */
static int rocket_deps_collect(struct rocket_job *job, struct drm_gem_object *bo, bool write,
			       struct xarray *fences)
{
	u64 own = job->queue->order.entity.fence_context + 1;
	struct dma_resv_iter cursor;
	struct dma_fence *fence;

	/* For other signals it would begin anew, each time. */
	if (fatal_signal_pending(current))
		return -EINTR;

	dma_resv_for_each_fence(&cursor, bo->resv, dma_resv_usage_rw(write), fence) {
		struct dma_fence *last;
		int ret;

		if (fence->context == own)
			continue;

		/* Both are kept by the reservation, which is locked. */
		last = xa_load(fences, fence->context);
		if (last && !dma_fence_is_later(fence, last))
			continue;

		ret = xa_err(xa_store(fences, fence->context, fence, GFP_KERNEL));
		if (ret)
			return ret;
	}

	return 0;
}

static int rocket_deps_collect_all(struct rocket_job *job, struct xarray *fences)
{
	int ret;

	for (u32 i = 0; i < job->in_bo_count; i++) {
		ret = rocket_deps_collect(job, rocket_job_in_bos(job)[i], false, fences);
		if (ret)
			return ret;
	}

	for (u32 i = 0; i < job->out_bo_count; i++) {
		ret = rocket_deps_collect(job, rocket_job_out_bos(job)[i], true, fences);
		if (ret)
			return ret;
	}

	return 0;
}

/**
 * rocket_deps_add() - Let a job wait for what its BOs are used for.
 * @job: The job, placed; its BOs sorted and their reservations locked.
 *
 * Return: 0; -ENOMEM; -EINTR when the caller is being killed.
 */
int rocket_deps_add(struct rocket_job *job)
{
	struct dma_fence *fence;
	struct xarray fences;
	unsigned long context;
	int ret;

	xa_init(&fences);
	ret = rocket_deps_collect_all(job, &fences);
	xa_for_each(&fences, context, fence) {
		if (ret)
			break;
		ret = fatal_signal_pending(current) ? -EINTR :
		      drm_sched_job_add_dependency(&job->base, dma_fence_get(fence));
	}
	xa_destroy(&fences);

	return ret;
}
