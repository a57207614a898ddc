// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "drm.h"
#include "shim_file.h"
#include "shim_fd.h"
#include "shim_next.h"

int shim_kernel(int fd, unsigned long request, void *arg)
{
	return shim_real_ioctl(fd, request, arg) ? -errno : 0;
}

static int get_param(int fd, uint32_t param, uint64_t *value)
{
	struct drm_rocket_get_param get = { .param = param };
	int err = shim_kernel(fd, DRM_IOCTL_ROCKET_GET_PARAM, &get);

	*value = get.value;
	return err;
}

/* As many as the driver has, but for who wants fewer; 1 where it has none. */
static unsigned int ask_queues(int fd)
{
	const char *wanted = getenv("ROCKET_SHIM_QUEUES");
	unsigned long most = wanted ? strtoul(wanted, NULL, 0) : SHIM_QUEUES;
	uint64_t queues;

	if (get_param(fd, DRM_ROCKET_PARAM_MAX_QUEUES, &queues))
		return 1;
	if (most > SHIM_QUEUES)
		most = SHIM_QUEUES;
	if (queues < most)
		most = queues;
	return most ? most : 1;
}

/* The address space and the limits, as the driver tells them. */
static bool ask_driver(struct shim_file *file, int fd)
{
	uint64_t start, end, timeout, longest;

	file->queues = ask_queues(fd);
	if (get_param(fd, DRM_ROCKET_PARAM_VA_START, &start) ||
	    get_param(fd, DRM_ROCKET_PARAM_VA_END, &end) ||
	    get_param(fd, DRM_ROCKET_PARAM_JOB_TIMEOUT_MS, &timeout) ||
	    get_param(fd, DRM_ROCKET_PARAM_MAX_JOB_TIMEOUT_MS, &longest))
		return false;
	file->job_timeout_ms = timeout;
	file->max_job_timeout_ms = longest;
	return va_heap_init(&file->heap, start, end);
}

struct shim_file *shim_file_new(int fd, uint64_t client)
{
	struct shim_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->client = client;
	pthread_mutex_init(&file->lock, NULL);
	if (ask_driver(file, fd))
		return file;
	shim_file_free(file);
	return NULL;
}

static void free_list(struct shim_fence *fence)
{
	while (fence) {
		struct shim_fence *next = fence->next;

		free(fence);
		fence = next;
	}
}

void shim_file_free(struct shim_file *file)
{
	for (size_t i = 0; i < file->bo_room; i++) {
		struct shim_bo *bo = file->bos[i];

		if (!bo)
			continue;
		if (bo->writer)
			shim_fence_put(file, bo->writer);
		shim_fences_clear(file, &bo->readers);
		free(bo->readers.fence);
		free(bo);
	}
	for (unsigned int i = 0; i < SHIM_QUEUES; i++) {
		if (file->tail[i])
			shim_fence_put(file, file->tail[i]);
	}
	free_list(file->first);
	free_list(file->spare);
	free(file->bos);
	free(file->closed);
	va_heap_fini(&file->heap);
	pthread_mutex_destroy(&file->lock);
	free(file);
}

struct shim_fence *shim_fence_new(struct shim_file *file, int fd)
{
	struct shim_fence *fence = file->spare;
	struct drm_syncobj_create create = { 0 };

	if (fence) {
		file->spare = fence->next;
		*fence = (struct shim_fence){ .syncobj = fence->syncobj };
	} else {
		fence = calloc(1, sizeof(*fence));
		if (!fence)
			return NULL;
		if (shim_kernel(fd, DRM_IOCTL_SYNCOBJ_CREATE, &create)) {
			free(fence);
			return NULL;
		}
		fence->syncobj = create.handle;
	}
	fence->refs = 1;
	fence->number = ++file->number;
	return fence;
}

struct shim_fence *shim_fence_get(struct shim_fence *fence)
{
	fence->refs++;
	return fence;
}

void shim_fence_put(struct shim_file *file, struct shim_fence *fence)
{
	if (--fence->refs)
		return;
	fence->next = file->spare;
	file->spare = fence;
}

void shim_fence_sent(struct shim_file *file, struct shim_fence *fence)
{
	fence->sent = true;
	fence->next = NULL;
	shim_fence_get(fence);
	if (file->last)
		file->last->next = fence;
	else
		file->first = fence;
	file->last = fence;
}

int shim_fence_wait(int fd, uint32_t syncobj, int64_t deadline_ns)
{
	struct drm_syncobj_wait wait = {
		.handles = (uintptr_t)&syncobj,
		.count_handles = 1,
		.timeout_nsec = deadline_ns,
	};

	return shim_kernel(fd, DRM_IOCTL_SYNCOBJ_WAIT, &wait);
}

unsigned int shim_queue_choose(struct shim_file *file, const struct shim_fences *after)
{
	const struct shim_fence *latest = NULL;
	unsigned int best = 0;

	for (size_t i = 0; i < after->count; i++) {
		const struct shim_fence *fence = after->fence[i];

		if (fence->sent && (!latest || fence->number > latest->number))
			latest = fence;
	}
	for (unsigned int i = 0; latest && i < file->queues; i++) {
		if (file->tail[i] == latest)
			return i;
	}
	for (unsigned int i = 0; i < file->queues; i++) {
		if (!file->tail[i] || file->tail[i]->done)
			return i;
		if (file->tail[i]->number < file->tail[best]->number)
			best = i;
	}
	return best;
}

void shim_queue_add(struct shim_file *file, unsigned int queue, struct shim_fence *fence)
{
	if (file->tail[queue])
		shim_fence_put(file, file->tail[queue]);
	file->tail[queue] = shim_fence_get(fence);
}

void shim_fences_reap(struct shim_file *file, int fd, bool ask)
{
	while (file->first) {
		struct shim_fence *fence = file->first;

		if (!fence->done && ask)
			fence->done = !shim_fence_wait(fd, fence->syncobj, 0);
		if (!fence->done)
			return;
		file->first = fence->next;
		if (!file->first)
			file->last = NULL;
		shim_fence_put(file, fence);
	}
}

void shim_fences_drop_done(struct shim_file *file, struct shim_fences *set)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->count; i++) {
		if (set->fence[i]->done)
			shim_fence_put(file, set->fence[i]);
		else
			set->fence[kept++] = set->fence[i];
	}
	set->count = kept;
}

bool shim_fences_add(struct shim_file *file, struct shim_fences *set, struct shim_fence *fence)
{
	if (fence->done)
		return true;
	for (size_t i = 0; i < set->count; i++) {
		if (set->fence[i] == fence)
			return true;
	}
	if (set->count == set->room)
		shim_fences_drop_done(file, set);
	if (set->count == set->room) {
		size_t room = set->room ? 2 * set->room : 4;
		struct shim_fence **more = realloc(set->fence, room * sizeof(*more));

		if (!more)
			return false;
		set->fence = more;
		set->room = room;
	}
	set->fence[set->count++] = shim_fence_get(fence);
	return true;
}

void shim_fences_clear(struct shim_file *file, struct shim_fences *set)
{
	for (size_t i = 0; i < set->count; i++)
		shim_fence_put(file, set->fence[i]);
	set->count = 0;
}
