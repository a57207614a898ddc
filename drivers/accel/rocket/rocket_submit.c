// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_exec.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/rocket_accel.h>
#include <kunit/visibility.h>
#include <linux/capability.h>
#include <linux/cleanup.h>
#include <linux/dma-resv.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>

#include "rocket_deps.h"
#include "rocket_device.h"
#include "rocket_fair.h"
#include "rocket_file.h"
#include "rocket_job.h"
#include "rocket_limits.h"
#include "rocket_queue.h"
#include "rocket_race.h"
#include "rocket_regs.h"
#include "rocket_slots.h"
#include "rocket_soc.h"
#include "rocket_submit.h"
#include "rocket_sync.h"
#include "rocket_vm.h"

#define ROCKET_SUBMIT_REGCMD_ALIGN	8

/* The structs as mainline's first version had them */
#define ROCKET_SUBMIT_JOB_MIN_SIZE \
	offsetofend(struct drm_rocket_job, out_bo_handle_count)
#define ROCKET_SUBMIT_TASK_MIN_SIZE \
	offsetofend(struct drm_rocket_task, regcmd_count)

/* How many tasks are copied at once, onto the stack. */
#define ROCKET_SUBMIT_TASKS_AT_ONCE	16

/**
 * DOC: SUBMIT
 *
 * All jobs of the ioctl are built first (rocket_submit_build()). Then the
 * reservation objects that any of them needs are locked together, fences
 * reserved and implicit dependencies collected (rocket_submit_lock()). From
 * then on nothing can fail: the jobs are armed and pushed in their order
 * (rocket_submit_push()). So either all of them are taken or none.
 */

/* struct rocket_submit_entry - A job of the ioctl. */
struct rocket_submit_entry {
	/* @job: The job, until it is pushed. */
	struct rocket_job *job;
	/* @ordered: It comes behind those in front of it: it is in a queue 0. */
	bool ordered;
	/* @outs: Syncobjs to give its fence to. */
	struct rocket_sync_outs outs;
	/* @fence: The fence, once it is armed; a reference. */
	struct dma_fence *fence;
};

/* struct rocket_submit - The ioctl at work. */
struct rocket_submit {
	/* @file: The caller. */
	struct drm_file *file;
	/* @entries: @count of them. */
	struct rocket_submit_entry *entries;
	/* @single: The entry of the only job. */
	struct rocket_submit_entry single;
	/* @count: Number of jobs. */
	u32 count;
	/* @handles: Number of BOs that they list, all together. */
	u32 handles;
	/* @held: What is locked: @held_count references of the ioctl's own. */
	struct drm_gem_object **held;
	/* @few: Where these are when they are few. */
	struct drm_gem_object *few[8];
	/* @held_count: Number of @held. */
	u32 held_count;
};

/* How many of its tasks a job is started with, one after the other. */
static u32 rocket_submit_starts(const struct drm_rocket_job *args)
{
	return args->flags & DRM_ROCKET_JOB_BATCHED ? 1 : args->task_count;
}

VISIBLE_IF_KUNIT int rocket_submit_check(const struct drm_rocket_job *args, u32 max_chain)
{
	if (args->flags & ~(DRM_ROCKET_JOB_BATCHED | DRM_ROCKET_JOB_NO_DPU_DONE |
			    DRM_ROCKET_JOB_PPU_DONE))
		return -EINVAL;

	if (!args->task_count || args->task_count > ROCKET_SUBMIT_MAX_TASKS)
		return -EINVAL;

	if (args->flags & DRM_ROCKET_JOB_BATCHED && args->task_count > max_chain)
		return -EINVAL;

	if (args->in_bo_handle_count > ROCKET_SUBMIT_MAX_HANDLES ||
	    args->out_bo_handle_count > ROCKET_SUBMIT_MAX_HANDLES)
		return -EINVAL;

	if (args->in_sync_count > ROCKET_SYNC_MAX || args->out_sync_count > ROCKET_SYNC_MAX)
		return -E2BIG;

	if (args->timeout_ms > ROCKET_JOB_TIMEOUT_MAX_MS)
		return -EINVAL;

	if (args->priority >= ROCKET_PRIORITIES || args->queue_id >= ROCKET_VM_QUEUES || args->pad)
		return -EINVAL;

	if (args->priority == DRM_ROCKET_JOB_PRIORITY_HIGH && !capable(CAP_SYS_NICE))
		return -EPERM;

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_submit_check);

/* All at once, but for a struct that this kernel does not know: of that each rest is checked. */
static int rocket_submit_copy_some(struct drm_rocket_task *tasks,
				   const struct drm_rocket_job *args, u32 first, u32 count)
{
	u64 from = args->tasks + (u64)first * args->task_struct_size;
	u32 size = args->task_struct_size;

	if (size < ROCKET_SUBMIT_TASK_MIN_SIZE || size > sizeof(*tasks)) {
		for (u32 i = 0; i < count; i++) {
			int ret = rocket_copy_array_entry(&tasks[i], sizeof(*tasks),
							  ROCKET_SUBMIT_TASK_MIN_SIZE, from, i,
							  size);
			if (ret)
				return ret;
		}
		return 0;
	}

	if (copy_from_user(tasks, u64_to_user_ptr(from), (size_t)count * size))
		return -EFAULT;

	/* An older one is shorter. From the last one on, none is overwritten. */
	for (u32 i = count; size < sizeof(*tasks) && i--;) {
		memmove(&tasks[i], (u8 *)tasks + i * size, size);
		memset((u8 *)&tasks[i] + size, 0, sizeof(*tasks) - size);
	}

	return 0;
}

static int rocket_submit_check_task(struct drm_rocket_task *task,
				    const struct drm_rocket_job *args, u32 max_chain)
{
	bool batched = args->flags & DRM_ROCKET_JOB_BATCHED;

	if (task->pad || task->chain_count > (batched ? 1 : max_chain))
		return -EINVAL;

	if (!task->regcmd_count || task->regcmd_count > ROCKET_SUBMIT_MAX_COMMANDS)
		return -EINVAL;

	/* Lower bits of the address register mean other things; users have set this one. */
	if (!IS_ALIGNED(task->regcmd, ROCKET_SUBMIT_REGCMD_ALIGN))
		return -EINVAL;

	if (batched)
		task->chain_count = args->task_count;

	return 0;
}

/* Looks at all of them, and keeps those that will be started. */
static int rocket_submit_copy_tasks(struct rocket_job *job,
				    const struct drm_rocket_job *args)
{
	struct drm_rocket_task tasks[ROCKET_SUBMIT_TASKS_AT_ONCE];
	u32 max_chain = job->vm->rdev->soc->task_max;

	for (u32 i = 0; i < args->task_count; i++) {
		struct drm_rocket_task *task = &tasks[i % ARRAY_SIZE(tasks)];
		int ret = 0;

		if (task == tasks)
			ret = rocket_submit_copy_some(tasks, args, i,
						      min_t(u32, args->task_count - i,
							    ARRAY_SIZE(tasks)));
		if (!ret)
			ret = rocket_submit_check_task(task, args, max_chain);
		if (ret)
			return ret;

		if (i >= job->task_count)
			continue;
		job->tasks[i].regcmd = task->regcmd;
		job->tasks[i].regcmd_count = task->regcmd_count;
		job->tasks[i].chain_count = task->chain_count ?: 1;
	}

	return 0;
}

/*
 * As drm_gem_objects_lookup(), into an array that there is. What was found counts in @found,
 * also after an error.
 */
static int rocket_submit_lookup_array(struct drm_file *file, u64 handles, u32 count,
				      struct drm_gem_object **bos, u32 *found)
{
	u32 __user *from = u64_to_user_ptr(handles);

	for (; *found < count; ++*found) {
		struct drm_gem_object *obj;
		u32 handle;

		if (get_user(handle, from + *found))
			return -EFAULT;

		obj = drm_gem_object_lookup(file, handle);
		if (!obj)
			return -ENOENT;

		bos[*found] = obj;
	}

	return 0;
}

static int rocket_submit_lookup_bos(struct rocket_job *job, struct drm_file *file,
				    const struct drm_rocket_job *args)
{
	int ret;

	ret = rocket_submit_lookup_array(file, args->in_bo_handles, args->in_bo_handle_count,
					 rocket_job_in_bos(job), &job->in_bo_count);
	if (ret)
		return ret;

	ret = rocket_submit_lookup_array(file, args->out_bo_handles, args->out_bo_handle_count,
					 rocket_job_out_bos(job), &job->out_bo_count);
	if (ret)
		return ret;

	rocket_deps_sort(job);
	rocket_job_hold_mappings(job);

	return 0;
}

static int rocket_submit_fill_job(struct rocket_job *job, struct drm_file *file,
				  const struct drm_rocket_job *args)
{
	const struct rocket_syncs in_syncs = {
		.array = args->in_syncs,
		.count = args->in_sync_count,
		.size = args->sync_struct_size,
	};
	int ret;

	job->timeout_ms = args->timeout_ms ?: ROCKET_JOB_TIMEOUT_MS;
	job->user_data = args->user_data;
	if (args->flags & DRM_ROCKET_JOB_PPU_DONE)
		job->done = ROCKET_PC_INTERRUPT_PPU;
	job->blind = args->flags & DRM_ROCKET_JOB_NO_DPU_DONE && job->vm->rdev->soc->fetched;
	job->cores = args->core_mask ? args->core_mask & ROCKET_CORE_SETS : ROCKET_CORE_SETS;
	job->priority = args->priority;
	job->submitted = ktime_get_ns();
	job->client.pid = task_tgid_nr(current);
	get_task_comm(job->client.comm, current);

	ret = rocket_submit_copy_tasks(job, args);
	if (ret)
		return ret;

	ret = rocket_submit_lookup_bos(job, file, args);
	if (ret)
		return ret;

	ret = rocket_queue_place(job, args->queue_id, file->client_id);
	if (ret)
		return ret;

	return rocket_sync_add_dependencies(&job->base, file, &in_syncs, &job->causes);
}

static struct rocket_job *rocket_submit_create_job(struct rocket_submit *submit,
						   const struct drm_rocket_job *args)
{
	struct rocket_job *job;
	struct rocket_vm *vm;

	vm = rocket_vm_lookup(submit->file->driver_priv, args->vm_id);
	if (IS_ERR(vm))
		return ERR_CAST(vm);

	job = rocket_job_create(vm, rocket_submit_starts(args), args->in_bo_handle_count,
				args->out_bo_handle_count);
	rocket_vm_put(vm);

	return job;
}

static int rocket_submit_build_job(struct rocket_submit *submit, u32 i,
				   const struct drm_rocket_job *args)
{
	const struct rocket_syncs out_syncs = {
		.array = args->out_syncs,
		.count = args->out_sync_count,
		.size = args->sync_struct_size,
	};
	struct rocket_device *rdev = to_rocket_device(submit->file->minor->dev);
	struct rocket_submit_entry *entry = &submit->entries[i];
	struct rocket_job *job;
	int ret;

	ret = rocket_submit_check(args, rdev->soc->task_max);
	if (ret)
		return ret;

	job = rocket_submit_create_job(submit, args);
	ret = PTR_ERR_OR_ZERO(job);
	if (ret)
		return ret;

	entry->job = job;
	entry->ordered = !args->queue_id;
	ret = rocket_submit_fill_job(job, submit->file, args);
	if (ret)
		return ret;

	return rocket_sync_prepare_outs(&entry->outs, submit->file, &out_syncs);
}

static int rocket_submit_build(struct rocket_submit *submit,
			       const struct drm_rocket_submit *args)
{
	for (u32 i = 0; i < submit->count; i++) {
		struct drm_rocket_job job;
		u64 handles;
		int ret;

		/*
		 * So many tasks can take long to copy: let the caller be killed.
		 * For other signals it would begin anew, each time.
		 */
		if (i && fatal_signal_pending(current))
			return -EINTR;

		ret = rocket_copy_array_entry(&job, sizeof(job), ROCKET_SUBMIT_JOB_MIN_SIZE,
					      args->jobs, i, args->job_struct_size);
		if (ret)
			return ret;

		handles = (u64)job.in_bo_handle_count + job.out_bo_handle_count;
		if (handles > ROCKET_SUBMIT_MAX_ALL_HANDLES - submit->handles)
			return -EINVAL;
		submit->handles += handles;

		ret = rocket_submit_build_job(submit, i, &job);
		if (ret)
			return ret;
	}

	return 0;
}

/*
 * A job can add its fence to one reservation object three times, with different
 * usages: for the VM, and for private BOs of it that it reads and that it writes. If
 * it is the only one, this is room enough; see rocket_submit_reserve() for more.
 */
static int rocket_submit_lock_job(struct drm_exec *exec, struct rocket_job *job)
{
	const unsigned int fences = 3;
	int ret;

	ret = drm_exec_prepare_obj(exec, drm_gpuvm_resv_obj(&job->vm->base), fences);
	if (ret)
		return ret;

	ret = drm_exec_prepare_array(exec, rocket_job_in_bos(job), job->in_bo_count, fences);
	if (ret)
		return ret;

	return drm_exec_prepare_array(exec, rocket_job_out_bos(job), job->out_bo_count, fences);
}

static int rocket_submit_lock_all(struct rocket_submit *submit, struct drm_exec *exec)
{
	for (u32 i = 0; i < submit->count; i++) {
		int ret = rocket_submit_lock_job(exec, submit->entries[i].job);

		if (ret)
			return ret;
	}

	return 0;
}

/* Counts what rocket_submit_add_fences() will add. */
static void rocket_submit_count_fences(struct rocket_slots *slots, struct rocket_job *job)
{
	rocket_slots_add(slots, drm_gpuvm_resv(&job->vm->base));

	for (u32 i = 0; i < job->in_bo_count; i++)
		rocket_slots_add(slots, rocket_job_in_bos(job)[i]->resv);

	for (u32 i = 0; i < job->out_bo_count; i++)
		rocket_slots_add(slots, rocket_job_out_bos(job)[i]->resv);
}

/* Makes room for the fences of all jobs in what has been locked. */
static int rocket_submit_reserve(struct rocket_submit *submit)
{
	struct rocket_slots slots;
	int ret;

	if (submit->count == 1)
		return 0;

	ret = rocket_slots_init(&slots, (size_t)submit->count + submit->handles);
	if (!ret) {
		for (u32 i = 0; i < submit->count; i++)
			rocket_submit_count_fences(&slots, submit->entries[i].job);
		ret = rocket_slots_reserve(&slots);
	}
	rocket_slots_fini(&slots);

	return ret;
}

static int rocket_submit_lock(struct rocket_submit *submit, struct drm_exec *exec)
{
	int ret;

	drm_exec_until_all_locked(exec) {
		ret = rocket_submit_lock_all(submit, exec);
		drm_exec_retry_on_contention(exec);
		if (ret)
			return ret;
	}

	ret = rocket_submit_reserve(submit);
	if (ret)
		return ret;

	for (u32 i = 0; i < submit->count; i++) {
		ret = rocket_deps_add(submit->entries[i].job);
		if (ret)
			return ret;
	}

	return 0;
}

static void rocket_submit_add_fences(struct rocket_job *job, struct dma_fence *fence)
{
	dma_resv_add_fence(drm_gpuvm_resv(&job->vm->base), fence, DMA_RESV_USAGE_BOOKKEEP);

	for (u32 i = 0; i < job->in_bo_count; i++)
		dma_resv_add_fence(rocket_job_in_bos(job)[i]->resv, fence, DMA_RESV_USAGE_READ);

	for (u32 i = 0; i < job->out_bo_count; i++)
		dma_resv_add_fence(rocket_job_out_bos(job)[i]->resv, fence, DMA_RESV_USAGE_WRITE);
}

static int rocket_submit_push(struct rocket_submit *submit)
{
	struct dma_fence *previous = NULL;

	rocket_race_point(ROCKET_RACE_PUSH);

	for (u32 i = 0; i < submit->count; i++) {
		if (submit->entries[i].job->vm->closed)
			return -ENOENT;
	}

	for (u32 i = 0; i < submit->count; i++) {
		struct rocket_submit_entry *entry = &submit->entries[i];
		struct rocket_job *job = no_free_ptr(entry->job);

		entry->fence = rocket_queue_arm(job, entry->ordered ? previous : NULL);
		rocket_submit_add_fences(job, entry->fence);
		if (entry->ordered)
			previous = entry->fence;
		drm_sched_entity_push_job(&job->base);
	}

	return 0;
}

/*
 * Jobs may end as soon as they are pushed, and handles be closed. The last reference to
 * a BO, which takes its reservation lock, must not go while others are locked.
 */
static int rocket_submit_hold(struct rocket_submit *submit, struct drm_exec *exec)
{
	struct drm_gem_object *obj;

	submit->held = exec->num_objects <= ARRAY_SIZE(submit->few) ? submit->few :
		       kvmalloc_objs(*submit->held, exec->num_objects, GFP_KERNEL_ACCOUNT);
	if (!submit->held)
		return -ENOMEM;

	drm_exec_for_each_locked_object(exec, obj) {
		drm_gem_object_get(obj);
		submit->held[submit->held_count++] = obj;
	}

	return 0;
}

static void rocket_submit_release(struct rocket_submit *submit)
{
	for (u32 i = 0; i < submit->held_count; i++)
		drm_gem_object_put(submit->held[i]);

	if (submit->held != submit->few)
		kvfree(submit->held);
}

static int rocket_submit_jobs(struct rocket_submit *submit)
{
	struct drm_exec exec;
	int ret;

	drm_exec_init(&exec, DRM_EXEC_INTERRUPTIBLE_WAIT | DRM_EXEC_IGNORE_DUPLICATES,
		      submit->count + submit->handles);
	ret = rocket_submit_lock(submit, &exec);
	if (!ret)
		ret = rocket_submit_hold(submit, &exec);
	if (!ret)
		ret = rocket_submit_push(submit);
	rocket_race_point(ROCKET_RACE_UNLOCK);
	drm_exec_fini(&exec);
	rocket_submit_release(submit);
	if (ret)
		return ret;

	rocket_race_point(ROCKET_RACE_SIGNAL);

	for (u32 i = 0; i < submit->count; i++) {
		struct rocket_submit_entry *entry = &submit->entries[i];

		rocket_sync_signal_outs(&entry->outs, entry->fence);
	}

	return 0;
}

static void rocket_submit_cleanup(struct rocket_submit *submit)
{
	for (u32 i = 0; i < submit->count; i++) {
		struct rocket_submit_entry *entry = &submit->entries[i];

		if (entry->job)
			rocket_job_destroy(entry->job);
		rocket_sync_put_outs(&entry->outs);
		dma_fence_put(entry->fence);
	}

	if (submit->entries != &submit->single)
		kvfree(submit->entries);
}

/* DRM_IOCTL_ROCKET_SUBMIT, see struct drm_rocket_submit. */
int rocket_ioctl_submit(struct drm_device *ddev, void *data, struct drm_file *file)
{
	struct drm_rocket_submit *args = data;
	struct rocket_submit submit = {
		.file = file,
		.count = args->job_count,
	};
	int ret;

	if (args->reserved)
		return -EINVAL;

	if (!args->job_count)
		return 0;

	if (args->job_count > ROCKET_SUBMIT_MAX_JOBS)
		return -EINVAL;

	submit.entries = submit.count == 1 ? &submit.single :
			 kvcalloc(submit.count, sizeof(*submit.entries), GFP_KERNEL_ACCOUNT);
	if (!submit.entries)
		return -ENOMEM;

	ret = rocket_submit_build(&submit, args);
	if (!ret)
		ret = rocket_submit_jobs(&submit);

	rocket_submit_cleanup(&submit);

	return ret;
}
