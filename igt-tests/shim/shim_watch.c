// SPDX-License-Identifier: MIT
/*
 * librocket-watch.so, for LD_PRELOAD, behind the shim or alone: counts what reaches the
 * kernel on DRM devices.  At the end of the process a line of JSON is appended to the
 * file that ROCKET_WATCH names.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include "drm.h"
#include "rocket_accel.h"

static struct {
	unsigned long ioctls;	/* all of DRM's */
	unsigned long create_bo, gem_create, vm_bind, bind_ops, submit, jobs, tasks;
	unsigned long listed;	/* jobs with lists of BOs */
	unsigned long prep_bo, fini_bo, syncobj_wait;
	unsigned long slept;	/* times that a wait let the CPU go */
} count;

#define ADD(what, n) __atomic_add_fetch(&count.what, (n), __ATOMIC_RELAXED)

static void count_jobs(const struct drm_rocket_submit *submit)
{
	const char *jobs = (const char *)(uintptr_t)submit->jobs;

	ADD(submit, 1);
	ADD(jobs, submit->job_count);
	for (uint32_t i = 0; i < submit->job_count; i++) {
		const struct drm_rocket_job *job =
			(const void *)(jobs + (size_t)i * submit->job_struct_size);

		ADD(tasks, job->task_count);
		ADD(listed, job->in_bo_handle_count || job->out_bo_handle_count);
	}
}

static bool count_call(unsigned int request, const void *arg)
{
	ADD(ioctls, 1);
	switch (request) {
	case DRM_IOCTL_ROCKET_CREATE_BO:
		ADD(create_bo, 1);
		return false;
	case DRM_IOCTL_ROCKET_GEM_CREATE:
		ADD(gem_create, 1);
		return false;
	case DRM_IOCTL_ROCKET_VM_BIND:
		ADD(vm_bind, 1);
		ADD(bind_ops, ((const struct drm_rocket_vm_bind *)arg)->op_count);
		return false;
	case DRM_IOCTL_ROCKET_SUBMIT:
		count_jobs(arg);
		return false;
	case DRM_IOCTL_ROCKET_FINI_BO:
		ADD(fini_bo, 1);
		return false;
	case DRM_IOCTL_ROCKET_PREP_BO:
		ADD(prep_bo, 1);
		return true;
	case DRM_IOCTL_SYNCOBJ_WAIT:
		ADD(syncobj_wait, 1);
		return true;
	default:
		return false;
	}
}

static long switches(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw;
}

__attribute__((visibility("default"))) int ioctl(int fd, unsigned long request, ...)
{
	static int (*next)(int fd, unsigned long request, ...);
	bool waits = false;
	long before = 0;
	int ret, error;
	va_list list;
	void *arg;

	va_start(list, request);
	arg = va_arg(list, void *);
	va_end(list);
	if (!next)
		next = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
	if (((request >> 8) & 0xff) == DRM_IOCTL_BASE && arg)
		waits = count_call(request, arg);
	if (waits)
		before = switches();
	ret = next(fd, request, arg);
	if (waits) {
		error = errno;
		ADD(slept, switches() != before);
		errno = error;
	}
	return ret;
}

__attribute__((destructor)) static void report(void)
{
	const char *path = getenv("ROCKET_WATCH");
	FILE *file = path && count.ioctls ? fopen(path, "ae") : NULL;

	if (!file)
		return;
	fprintf(file, "{\"ioctls\": %lu, \"create_bo\": %lu, \"gem_create\": %lu, \"vm_bind\": %lu, \"bind_ops\": %lu, \"submit\": %lu, \"jobs\": %lu, \"tasks\": %lu, \"listed\": %lu, \"prep_bo\": %lu, \"fini_bo\": %lu, \"syncobj_wait\": %lu, \"slept\": %lu}\n",
		count.ioctls, count.create_bo, count.gem_create, count.vm_bind, count.bind_ops,
		count.submit, count.jobs, count.tasks, count.listed, count.prep_bo,
		count.fini_bo, count.syncobj_wait, count.slept);
	fclose(file);
}
