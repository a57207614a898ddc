// SPDX-License-Identifier: MIT
/*
 * Mainline's jobs, which name the BOs that they read and write, as jobs that wait for
 * fences; with the flags that its users' patches gave them.  A job that has to wait for the
 * one in front of it in the same call becomes part of that one: same core, same order, one
 * fence, nothing to wait for.  Those that do not wait for each other get queues of their own,
 * and so cores of their own if these are free.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rocket_mainline.h"
#include "shim_file.h"

#define MOST_JOBS 1024u
#define MOST_TASKS 65536u
#define MOST_HANDLES 65536u
#define MOST_SYNCS 1024u
/* So many jobs under way are asked for when there are more. */
#define MANY 64u

/* One job for the kernel. */
struct part {
	struct shim_fence *fence;
	struct shim_fences after;	/* jobs to wait for */
	struct drm_rocket_task *tasks;
	size_t task_count, task_room;
	uint32_t jobs;		/* of the caller's */
	uint32_t flags;		/* of each of them, but for BATCHED */
};

/* What is served of a job, in bytes. */
#define JOB_SIZE (offsetof(struct drm_rocket_job, flags) + sizeof(uint32_t))
#define JOB_FLAGS (DRM_ROCKET_JOB_BATCHED | DRM_ROCKET_JOB_NO_DPU_DONE | DRM_ROCKET_JOB_PPU_DONE)
#define MOST_BATCHED 4095u

struct submission {
	struct shim_file *file;
	int fd;
	struct part *parts;
	size_t count, sent;	/* parts; the last one is open, if it is not sent */
};

/* Structs of a newer interface: what is not served must be zero. */
static bool zero(const void *data, size_t size)
{
	const char *bytes = data;

	while (size && !bytes[size - 1])
		size--;
	return !size;
}

static int check_handles(struct shim_file *file, uint64_t array, uint32_t count)
{
	const uint32_t *handles = (const uint32_t *)(uintptr_t)array;

	if (count > MOST_HANDLES)
		return -EINVAL;
	for (uint32_t i = 0; i < count; i++) {
		if (!shim_bo_find(file, handles[i]))
			return -ENOENT;
	}
	return 0;
}

static int check_tasks(const struct drm_rocket_job *job)
{
	const char *tasks = (const char *)(uintptr_t)job->tasks;

	if (job->task_struct_size < ROCKET_MAINLINE_TASK_SIZE ||
	    !job->task_count || job->task_count > MOST_TASKS)
		return -EINVAL;
	if (job->flags & ~JOB_FLAGS ||
	    (job->flags & DRM_ROCKET_JOB_BATCHED && job->task_count > MOST_BATCHED))
		return -EINVAL;
	for (uint32_t i = 0; i < job->task_count; i++) {
		const char *task = tasks + (size_t)i * job->task_struct_size;

		if (!zero(task + ROCKET_MAINLINE_TASK_SIZE, job->task_struct_size - ROCKET_MAINLINE_TASK_SIZE))
			return -E2BIG;
	}
	return 0;
}

static struct drm_rocket_job job_at(const struct drm_rocket_submit *args, uint32_t i)
{
	const char *jobs = (const char *)(uintptr_t)args->jobs;
	size_t size = args->job_struct_size < JOB_SIZE ? args->job_struct_size : JOB_SIZE;
	struct drm_rocket_job job = { 0 };

	memcpy(&job, jobs + (size_t)i * args->job_struct_size, size);
	return job;
}

/* All of it before any of it is done. */
static int check(struct shim_file *file, const struct drm_rocket_submit *args)
{
	if (args->reserved || args->job_struct_size < ROCKET_MAINLINE_JOB_SIZE ||
	    args->job_count > MOST_JOBS)
		return -EINVAL;
	for (uint32_t i = 0; i < args->job_count; i++) {
		struct drm_rocket_job job = job_at(args, i);
		const char *raw = (const char *)(uintptr_t)args->jobs +
				  (size_t)i * args->job_struct_size;
		int err;

		if (args->job_struct_size > JOB_SIZE &&
		    !zero(raw + JOB_SIZE, args->job_struct_size - JOB_SIZE))
			return -E2BIG;
		err = check_tasks(&job);
		if (!err)
			err = check_handles(file, job.in_bo_handles, job.in_bo_handle_count);
		if (!err)
			err = check_handles(file, job.out_bo_handles, job.out_bo_handle_count);
		if (err)
			return err;
	}
	return 0;
}

/* What the job must come after: writers of what it reads, and all users of what it writes. */
static bool find_causes(struct shim_file *file, const struct drm_rocket_job *job,
			struct shim_fences *after)
{
	const uint32_t *in = (const uint32_t *)(uintptr_t)job->in_bo_handles;
	const uint32_t *out = (const uint32_t *)(uintptr_t)job->out_bo_handles;
	bool good = true;

	for (uint32_t i = 0; i < job->in_bo_handle_count; i++) {
		struct shim_bo *bo = shim_bo_find(file, in[i]);

		if (bo->writer)
			good = good && shim_fences_add(file, after, bo->writer);
	}
	for (uint32_t i = 0; i < job->out_bo_handle_count; i++) {
		struct shim_bo *bo = shim_bo_find(file, out[i]);

		if (bo->writer)
			good = good && shim_fences_add(file, after, bo->writer);
		for (size_t r = 0; r < bo->readers.count; r++)
			good = good && shim_fences_add(file, after, bo->readers.fence[r]);
	}
	return good;
}

/* From now on others come after this job. */
static bool note_use(struct shim_file *file, const struct drm_rocket_job *job,
		     struct shim_fence *fence)
{
	const uint32_t *in = (const uint32_t *)(uintptr_t)job->in_bo_handles;
	const uint32_t *out = (const uint32_t *)(uintptr_t)job->out_bo_handles;
	bool good = true;

	for (uint32_t i = 0; i < job->in_bo_handle_count; i++)
		good = good && shim_fences_add(file, &shim_bo_find(file, in[i])->readers, fence);
	for (uint32_t i = 0; i < job->out_bo_handle_count; i++) {
		struct shim_bo *bo = shim_bo_find(file, out[i]);

		shim_fences_clear(file, &bo->readers);
		if (bo->writer)
			shim_fence_put(file, bo->writer);
		bo->writer = shim_fence_get(fence);
		bo->written = fence->number;
	}
	return good;
}

static bool has(const struct shim_fences *set, const struct shim_fence *fence)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->fence[i] == fence)
			return true;
	}
	return false;
}

/* Whether all that it waits for has been sent: only that has a fence in the kernel. */
static bool is_ready(const struct shim_fences *after, const struct shim_fence *self)
{
	for (size_t i = 0; i < after->count; i++) {
		if (after->fence[i] != self && !after->fence[i]->sent)
			return false;
	}
	return true;
}

static bool add_tasks(struct part *part, const struct drm_rocket_job *job)
{
	const char *tasks = (const char *)(uintptr_t)job->tasks;
	bool batched = job->flags & DRM_ROCKET_JOB_BATCHED;
	uint32_t starts = batched ? 1 : job->task_count;
	size_t wanted = part->task_count + starts;

	if (wanted > part->task_room) {
		size_t room = wanted > 2 * part->task_room ? wanted : 2 * part->task_room;
		struct drm_rocket_task *more = realloc(part->tasks, room * sizeof(*more));

		if (!more)
			return false;
		part->tasks = more;
		part->task_room = room;
	}
	for (uint32_t i = 0; i < starts; i++) {
		struct drm_rocket_task *task = &part->tasks[part->task_count++];

		/* A batch is a chain in what other tasks of the part there are. */
		*task = (struct drm_rocket_task){ .chain_count = batched ? job->task_count : 0 };
		memcpy(task, tasks + (size_t)i * job->task_struct_size, ROCKET_MAINLINE_TASK_SIZE);
	}
	part->flags = job->flags & ~DRM_ROCKET_JOB_BATCHED;
	part->jobs++;
	return true;
}

static void describe(struct submission *s, struct part *part, struct drm_rocket_job *job,
		     struct drm_rocket_sync *in, struct drm_rocket_sync *out)
{
	uint64_t timeout = (uint64_t)part->jobs * s->file->job_timeout_ms;
	uint32_t waits = 0, queue = shim_queue_choose(s->file, &part->after);

	shim_queue_add(s->file, queue, part->fence);
	for (size_t i = 0; i < part->after.count; i++) {
		if (part->after.fence[i] != part->fence)
			in[waits++] = (struct drm_rocket_sync){
				.handle = part->after.fence[i]->syncobj,
			};
	}
	*out = (struct drm_rocket_sync){ .handle = part->fence->syncobj };
	*job = (struct drm_rocket_job){
		.tasks = (uintptr_t)part->tasks,
		.task_count = part->task_count,
		.task_struct_size = sizeof(*part->tasks),
		.flags = part->flags,
		.in_syncs = (uintptr_t)in,
		.in_sync_count = waits,
		.out_syncs = (uintptr_t)out,
		.out_sync_count = 1,
		.sync_struct_size = sizeof(*out),
		.queue_id = queue,
	};
	/* Each of the caller's jobs may take as long as one may. */
	if (part->jobs > 1)
		job->timeout_ms = timeout < s->file->max_job_timeout_ms ? timeout :
				  s->file->max_job_timeout_ms;
}

static size_t count_waits(const struct submission *s)
{
	size_t sum = 0;

	for (size_t i = s->sent; i < s->count; i++)
		sum += s->parts[i].after.count;
	return sum;
}

/* The kernel takes only so many fences to wait for: the first ones are awaited here. */
static int wait_for_surplus(struct submission *s, struct part *part)
{
	for (size_t i = 0; part->after.count > MOST_SYNCS && i < part->after.count - MOST_SYNCS; i++) {
		struct shim_fence *fence = part->after.fence[i];
		int err = fence->done ? 0 : shim_fence_wait(s->fd, fence->syncobj, INT64_MAX);

		if (err)
			return err;
		fence->done = true;
	}
	shim_fences_drop_done(s->file, &part->after);
	return 0;
}

static int send_jobs(struct submission *s, size_t count)
{
	size_t waits = count_waits(s);
	struct drm_rocket_job *jobs = calloc(count, sizeof(*jobs));
	struct drm_rocket_sync *syncs = calloc(count + waits, sizeof(*syncs)), *at = syncs;
	struct drm_rocket_submit submit = {
		.jobs = (uintptr_t)jobs,
		.job_count = count,
		.job_struct_size = sizeof(*jobs),
	};
	int err = -ENOMEM;

	if (jobs && syncs) {
		for (size_t i = 0; i < count; i++) {
			struct part *part = &s->parts[s->sent + i];

			describe(s, part, &jobs[i], at + 1, at);
			at += 1 + part->after.count;
		}
		err = shim_kernel(s->fd, DRM_IOCTL_ROCKET_SUBMIT, &submit);
	}
	free(jobs);
	free(syncs);
	return err;
}

/* Hands over all parts that are there, in one call. */
static int send(struct submission *s)
{
	int err = 0;

	for (size_t i = s->sent; !err && i < s->count; i++)
		err = wait_for_surplus(s, &s->parts[i]);
	if (!err && s->sent < s->count)
		err = send_jobs(s, s->count - s->sent);
	for (; !err && s->sent < s->count; s->sent++)
		shim_fence_sent(s->file, s->parts[s->sent].fence);
	return err;
}

static struct part *begin_part(struct submission *s)
{
	struct part *part = &s->parts[s->count];

	part->fence = shim_fence_new(s->file, s->fd);
	if (!part->fence)
		return NULL;
	s->count++;
	return part;
}

static int add_job(struct submission *s, const struct drm_rocket_job *job)
{
	struct part *part = s->count > s->sent ? &s->parts[s->count - 1] : NULL;
	struct shim_fences after = { 0 };
	bool good;
	int err = 0;

	if (!find_causes(s->file, job, &after))
		err = -ENOMEM;
	if (!part || !has(&after, part->fence) || part->task_count + job->task_count > MOST_TASKS ||
	    part->flags != (job->flags & ~DRM_ROCKET_JOB_BATCHED))
		part = NULL;
	if (!err && !is_ready(&after, part ? part->fence : NULL)) {
		/* What it waits for goes first; of a part, only the rest can be sent. */
		part = NULL;
		err = send(s);
	}
	if (!err && !part)
		part = begin_part(s);
	good = !err && part;
	if (good) {
		for (size_t i = 0; i < after.count; i++)
			good = good && shim_fences_add(s->file, &part->after, after.fence[i]);
		good = good && add_tasks(part, job) && note_use(s->file, job, part->fence);
	}
	shim_fences_clear(s->file, &after);
	free(after.fence);
	return err ? err : good ? 0 : -ENOMEM;
}

/* Nobody waits for what the kernel has not taken. */
static void finish(struct submission *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct part *part = &s->parts[i];

		if (!part->fence->sent)
			part->fence->done = true;
		shim_fences_clear(s->file, &part->after);
		shim_fence_put(s->file, part->fence);
		free(part->after.fence);
		free(part->tasks);
	}
	free(s->parts);
}

static int submit_all(struct shim_file *file, int fd, const struct drm_rocket_submit *args)
{
	struct submission s = { .file = file, .fd = fd };
	int err = shim_bind(file, fd);

	if (err)
		return err;
	shim_fences_reap(file, fd, file->first && file->number - file->first->number >= MANY);
	s.parts = calloc(args->job_count, sizeof(*s.parts));
	if (!s.parts)
		return -ENOMEM;
	for (uint32_t i = 0; !err && i < args->job_count; i++) {
		struct drm_rocket_job job = job_at(args, i);

		err = add_job(&s, &job);
	}
	if (!err)
		err = send(&s);
	finish(&s);
	return err;
}

int shim_submit(struct shim_file *file, int fd, const struct drm_rocket_submit *args)
{
	int err;

	pthread_mutex_lock(&file->lock);
	err = check(file, args);
	if (!err && args->job_count)
		err = submit_all(file, fd, args);
	pthread_mutex_unlock(&file->lock);
	return err;
}
