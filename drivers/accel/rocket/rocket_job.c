// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_gem.h>
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "rocket_core.h"
#include "rocket_gem.h"
#include "rocket_job.h"
#include "rocket_quota.h"
#include "rocket_vm.h"

/*
 * What nearly all jobs need: a task or two, and a few BOs. The next size that the kernel has
 * would be 512.
 */
#define ROCKET_JOB_BYTES	384

static struct kmem_cache *rocket_job_cache;

/**
 * rocket_job_setup() - Called when the module is loaded.
 *
 * Return: 0, -ENOMEM.
 */
int rocket_job_setup(void)
{
	rocket_job_cache = kmem_cache_create("rocket_job", ROCKET_JOB_BYTES,
					     __alignof__(struct rocket_job), SLAB_ACCOUNT, NULL);

	return rocket_job_cache ? 0 : -ENOMEM;
}

/**
 * rocket_job_teardown() - Called when the module is unloaded.
 *
 * No job is left.
 */
void rocket_job_teardown(void)
{
	kmem_cache_destroy(rocket_job_cache);
}

/* To be freed by kvfree(), wherever it is from. */
static struct rocket_job *rocket_job_alloc(size_t bytes)
{
	/* But for the locks of a kernel that checks them: then none comes from there. */
	static_assert(IS_ENABLED(CONFIG_DEBUG_SPINLOCK) || IS_ENABLED(CONFIG_LOCKDEP) ||
		      sizeof(struct rocket_job) + sizeof(struct rocket_task) +
		      2 * sizeof(struct drm_gem_object *) + sizeof(long) <= ROCKET_JOB_BYTES);

	return bytes <= ROCKET_JOB_BYTES ? kmem_cache_zalloc(rocket_job_cache, GFP_KERNEL) :
					   kvzalloc(bytes, GFP_KERNEL_ACCOUNT);
}

/**
 * rocket_job_create() - Allocate a job.
 * @vm: The VM it runs in; the job takes a reference of its own.
 * @task_count: How many tasks to make room for.
 * @in_bos: How many BOs it will list to read, at most.
 * @out_bos: How many to write.
 *
 * Tasks, BOs and bits are in one piece with the job, whatever their size: nearly always
 * that is small, and allocations are a good part of what a job costs.
 *
 * Return: The job, without BOs, to be given to the scheduler or to
 * rocket_job_destroy(); -ENOMEM; -ENOSPC when the user has as many as that may have.
 */
struct rocket_job *rocket_job_create(struct rocket_vm *vm, u32 task_count, u32 in_bos,
				     u32 out_bos)
{
	u32 bos = in_bos + out_bos, longs = BITS_TO_LONGS(bos);
	struct rocket_job *job;
	int ret;

	job = rocket_job_alloc(size_add(struct_size(job, bos, bos),
					size_add(array_size(longs, sizeof(*job->mapping_held)),
						 array_size(task_count, sizeof(*job->tasks)))));
	if (!job)
		return ERR_PTR(-ENOMEM);

	job->vm = rocket_vm_get(vm);
	ret = rocket_quota_add_queued(vm->quota);
	if (ret) {
		rocket_job_destroy(job);
		return ERR_PTR(ret);
	}
	job->counted = true;
	job->in_bo_room = in_bos;
	job->mapping_held = (void *)(job->bos + bos);
	job->tasks = (void *)(job->mapping_held + longs);
	job->task_count = task_count;
	job->done = ROCKET_HW_DONE;

	job->hw_fence = kzalloc_obj(*job->hw_fence, GFP_KERNEL_ACCOUNT);
	if (!job->hw_fence) {
		rocket_job_destroy(job);
		return ERR_PTR(-ENOMEM);
	}

	return job;
}

static struct drm_gem_object *rocket_job_bo(struct rocket_job *job, u32 i)
{
	return i < job->in_bo_count ? rocket_job_in_bos(job)[i] :
				      rocket_job_out_bos(job)[i - job->in_bo_count];
}

/**
 * rocket_job_hold_mappings() - Keep the kernel-chosen mappings of listed BOs.
 * @job: The job, with its BOs.
 *
 * From here until the job is destroyed, closing the handle of a BO that the job
 * names does not unmap it.
 */
void rocket_job_hold_mappings(struct rocket_job *job)
{
	for (u32 i = 0; i < job->in_bo_count + job->out_bo_count; i++) {
		if (rocket_gem_hold_mapping(rocket_job_bo(job, i), job->vm))
			__set_bit(i, job->mapping_held);
	}
}

static void rocket_job_release_mappings(struct rocket_job *job)
{
	u32 i;

	for_each_set_bit(i, job->mapping_held, job->in_bo_count + job->out_bo_count)
		rocket_gem_release_mapping(rocket_job_bo(job, i));
}

static void rocket_job_put_bos(struct drm_gem_object **bos, u32 count)
{
	for (u32 i = 0; i < count; i++)
		drm_gem_object_put(bos[i]);
}

/* The same, for references that are not the last. */
static bool rocket_job_try_release_mappings(struct rocket_job *job)
{
	u32 i;

	for_each_set_bit(i, job->mapping_held, job->in_bo_count + job->out_bo_count) {
		if (!rocket_gem_try_release_mapping(rocket_job_bo(job, i)))
			return false;
		__clear_bit(i, job->mapping_held);
	}

	return true;
}

static bool rocket_job_try_put_bos(struct drm_gem_object **bos, u32 *count)
{
	for (; *count; --*count) {
		if (!refcount_dec_not_one(&bos[*count - 1]->refcount.refcount))
			return false;
	}

	return true;
}

/* A fence that never started has not been initialised: it is just memory. */
static void rocket_job_put_fence(struct rocket_fence *fence)
{
	if (fence && kref_read(&fence->base.refcount))
		dma_fence_put(&fence->base);
	else
		kfree(fence);
}

/* What nobody else has, or what takes no lock to let go of. Once. */
static void rocket_job_release(struct rocket_job *job)
{
	if (job->counted)
		rocket_quota_remove_queued(job->vm->quota);
	job->counted = false;
	if (job->queue)
		drm_sched_job_cleanup(&job->base);
	job->queue = NULL;
	dma_fence_put(job->after);
	job->after = NULL;
	rocket_sync_put_causes(&job->causes);
	rocket_job_put_fence(job->hw_fence);
	job->hw_fence = NULL;
}

/**
 * rocket_job_destroy() - Let go of all that a job holds.
 * @job: A job that was never pushed, or is done.
 *
 * Context: Sleeps; may take reservation and VM locks and free a VM. Must not be
 * called from where a fence waits for it.
 */
void rocket_job_destroy(struct rocket_job *job)
{
	rocket_job_release_mappings(job);
	rocket_job_put_bos(rocket_job_in_bos(job), job->in_bo_count);
	rocket_job_put_bos(rocket_job_out_bos(job), job->out_bo_count);
	rocket_job_release(job);
	rocket_vm_put(job->vm);
	kvfree(job);
}

/**
 * rocket_job_try_destroy() - The same, if nothing else goes with the job.
 * @job: A job that is done.
 *
 * A job rarely has the last reference to something. Where it does not, this saves
 * a work item, which costs more than the job itself.
 *
 * Context: The scheduler's work: takes no lock that a fence must not wait for.
 * Return: %false when something would go; then the job is still there, for
 * rocket_job_destroy().
 */
bool rocket_job_try_destroy(struct rocket_job *job)
{
	/* Freeing these may take locks of the kernel's address space. */
	if (is_vmalloc_addr(job) || is_vmalloc_addr(job->causes.fences))
		return false;

	if (!rocket_job_try_release_mappings(job) ||
	    !rocket_job_try_put_bos(rocket_job_in_bos(job), &job->in_bo_count) ||
	    !rocket_job_try_put_bos(rocket_job_out_bos(job), &job->out_bo_count))
		return false;

	rocket_job_release(job);
	/* Last: what was released above may belong to the VM. */
	if (!rocket_vm_try_put(job->vm))
		return false;

	kfree(job);

	return true;
}
