// SPDX-License-Identifier: MIT
/*
 * librocket-record.so, for LD_PRELOAD: writes what Mesa gives to the NPU to the file that
 * ROCKET_RECORD names (recording.h).  For one thread that uses one device by mainline's
 * ioctls.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "drm.h"
#include "recording.h"
#include "rocket_accel.h"

#define MOST_BOS 4096u
#define PAGE 4096ull

static struct {
	struct drm_rocket_create_bo bo;
	bool used, pending;	/* pending: a job writes it, and nobody has read it yet */
} bos[MOST_BOS];		/* by handle */

static void put(uint32_t type, uint32_t count, uint64_t addr, const void *data, uint64_t size)
{
	static FILE *file;
	struct record record = { .type = type, .count = count, .addr = addr, .size = size };

	if (!file)
		file = fopen(getenv("ROCKET_RECORD"), "wbe");
	if (!file || fwrite(&record, sizeof(record), 1, file) != 1 ||
	    (size && fwrite(data, size, 1, file) != 1) || fflush(file)) {
		perror("ROCKET_RECORD");
		exit(1);
	}
}

static void put_bo(int fd, uint32_t type, uint32_t handle)
{
	const struct drm_rocket_create_bo *bo = &bos[handle].bo;
	uint64_t size = (bo->size + PAGE - 1) & ~(PAGE - 1);
	void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, bo->offset);

	if (map == MAP_FAILED) {
		perror("mmap of a BO");
		exit(1);
	}
	put(type, 0, bo->dma_address, map, size);
	munmap(map, size);
}

static void put_list(uint32_t type, uint64_t array, uint32_t count)
{
	const uint32_t *handles = (const uint32_t *)(uintptr_t)array;

	for (uint32_t i = 0; i < count; i++) {
		put(type, 0, bos[handles[i]].bo.dma_address, NULL, 0);
		if (type == RECORD_WRITES)
			bos[handles[i]].pending = true;
	}
}

static void put_submit(int fd, const struct drm_rocket_submit *submit)
{
	const char *jobs = (const char *)(uintptr_t)submit->jobs;

	for (uint32_t i = 0; i < MOST_BOS; i++) {
		if (bos[i].used)
			put_bo(fd, RECORD_BO, i);
	}
	for (uint32_t i = 0; i < submit->job_count; i++) {
		const struct drm_rocket_job *job =
			(const void *)(jobs + (size_t)i * submit->job_struct_size);
		const char *tasks = (const char *)(uintptr_t)job->tasks;

		for (uint32_t t = 0; t < job->task_count; t++) {
			const struct drm_rocket_task *task =
				(const void *)(tasks + (size_t)t * job->task_struct_size);

			put(RECORD_TASK, task->regcmd_count, task->regcmd, NULL, 0);
		}
		put_list(RECORD_READS, job->in_bo_handles, job->in_bo_handle_count);
		put_list(RECORD_WRITES, job->out_bo_handles, job->out_bo_handle_count);
	}
	put(RECORD_SUBMIT, 0, 0, NULL, 0);
}

static void note(int fd, unsigned int request, const void *arg)
{
	const struct drm_rocket_create_bo *create = arg;
	const struct drm_rocket_prep_bo *prep = arg;
	const struct drm_gem_close *close = arg;

	switch (request) {
	case DRM_IOCTL_ROCKET_CREATE_BO:
		if (create->handle >= MOST_BOS)
			exit(1);
		bos[create->handle].bo = *create;
		bos[create->handle].used = true;
		bos[create->handle].pending = false;
		break;
	case DRM_IOCTL_GEM_CLOSE:
		if (close->handle < MOST_BOS)
			bos[close->handle].used = false;
		break;
	case DRM_IOCTL_ROCKET_PREP_BO:
		if (prep->handle < MOST_BOS && bos[prep->handle].pending) {
			put_bo(fd, RECORD_RESULT, prep->handle);
			bos[prep->handle].pending = false;
		}
		break;
	}
}

__attribute__((visibility("default"))) int ioctl(int fd, unsigned long request, ...)
{
	static int (*next)(int fd, unsigned long request, ...);
	va_list list;
	void *arg;
	int ret;

	va_start(list, request);
	arg = va_arg(list, void *);
	va_end(list);
	if (!next)
		next = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
	if ((unsigned int)request == DRM_IOCTL_ROCKET_SUBMIT)
		put_submit(fd, arg);
	ret = next(fd, request, arg);
	if (!ret)
		note(fd, request, arg);
	return ret;
}
