// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <linux/sync_file.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <xf86drm.h>

#include "npu.h"

#define MAX_DEVICES 16
/* Far beyond the driver's own job timeout: only a lost fence takes that long. */
#define WAIT_S 60

static int fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return -1;
}

static int call(int fd, unsigned long request, void *arg, const char *what)
{
	return drmIoctl(fd, request, arg) ? fail(what) : 0;
}

static int64_t deadline(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec + WAIT_S) * INT64_C(1000000000) + now.tv_nsec;
}

static bool is_rocket(int fd)
{
	drmVersionPtr version = drmGetVersion(fd);
	bool yes = version && !strcmp(version->name, "rocket");

	drmFreeVersion(version);
	return yes;
}

static bool has_vm_bind(int fd)
{
	struct drm_rocket_get_param get = { .param = DRM_ROCKET_PARAM_FEATURES };

	return !drmIoctl(fd, DRM_IOCTL_ROCKET_GET_PARAM, &get) &&
	       (get.value & DRM_ROCKET_FEATURE_VM_BIND);
}

bool npu_is_rk3576(int fd)
{
	struct drm_rocket_get_param get = { .param = DRM_ROCKET_PARAM_SOC };

	return !drmIoctl(fd, DRM_IOCTL_ROCKET_GET_PARAM, &get) && get.value == 3576;
}

int npu_open(void)
{
	char path[32];

	for (int i = 0; i < MAX_DEVICES; i++) {
		int fd;

		snprintf(path, sizeof(path), "/dev/accel/accel%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (is_rocket(fd) && has_vm_bind(fd))
			return fd;
		close(fd);
	}
	fprintf(stderr, "no rocket NPU with VM_BIND under /dev/accel; load this project's rocket.ko (mainline's driver has no VM_BIND)\n");
	return -1;
}

int npu_bo_create(int fd, size_t size, struct npu_bo *bo)
{
	struct drm_rocket_gem_create create = { .size = size };

	memset(bo, 0, sizeof(*bo));
	if (call(fd, DRM_IOCTL_ROCKET_GEM_CREATE, &create, "GEM_CREATE"))
		return -1;
	bo->handle = create.handle;
	bo->size = size;
	bo->cpu = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		       create.offset);
	if (bo->cpu != MAP_FAILED)
		return 0;
	bo->cpu = NULL;
	return fail("mmap of a BO");
}

void npu_bo_destroy(int fd, struct npu_bo *bo)
{
	if (bo->cpu)
		munmap(bo->cpu, bo->size);
	if (bo->handle)
		drmCloseBufferHandle(fd, bo->handle);
	memset(bo, 0, sizeof(*bo));
}

int npu_cpu_begin(int fd, const struct npu_bo *bo)
{
	struct drm_rocket_prep_bo prep = {
		.handle = bo->handle,
		.timeout_ns = deadline(),
	};

	return call(fd, DRM_IOCTL_ROCKET_PREP_BO, &prep, "PREP_BO");
}

int npu_cpu_end(int fd, const struct npu_bo *bo)
{
	struct drm_rocket_fini_bo fini = { .handle = bo->handle };

	return call(fd, DRM_IOCTL_ROCKET_FINI_BO, &fini, "FINI_BO");
}

int npu_vm_create(int fd, uint32_t *vm)
{
	struct drm_rocket_vm_create create = { 0 };
	int err = call(fd, DRM_IOCTL_ROCKET_VM_CREATE, &create, "VM_CREATE");

	*vm = create.vm_id;
	return err;
}

int npu_vm_destroy(int fd, uint32_t vm)
{
	struct drm_rocket_vm_destroy destroy = { .vm_id = vm };

	return call(fd, DRM_IOCTL_ROCKET_VM_DESTROY, &destroy, "VM_DESTROY");
}

int npu_map(int fd, uint32_t vm, const struct npu_bo *bo, uint32_t address,
	    bool read_only)
{
	struct drm_rocket_vm_bind_op op = {
		.op = DRM_ROCKET_VM_BIND_OP_MAP,
		.flags = read_only ? DRM_ROCKET_VM_BIND_READONLY : 0,
		.handle = bo->handle,
		.addr = address,
		.range = bo->size,
	};
	struct drm_rocket_vm_bind bind = {
		.vm_id = vm,
		.ops = (uintptr_t)&op,
		.op_count = 1,
		.op_struct_size = sizeof(op),
	};

	return call(fd, DRM_IOCTL_ROCKET_VM_BIND, &bind, "VM_BIND");
}

int npu_submit(int fd, struct drm_rocket_job *jobs, uint32_t count)
{
	struct drm_rocket_submit submit = {
		.jobs = (uintptr_t)jobs,
		.job_count = count,
		.job_struct_size = sizeof(*jobs),
	};

	return call(fd, DRM_IOCTL_ROCKET_SUBMIT, &submit, "SUBMIT");
}

/* A syncobj tells only that its fence signalled; a sync file tells how. */
int npu_fence_status(int fd, uint32_t syncobj, int *status)
{
	struct sync_file_info info = { 0 };
	int file, err;

	if (drmSyncobjExportSyncFile(fd, syncobj, &file))
		return fail("export of the job's fence");
	err = ioctl(file, SYNC_IOC_FILE_INFO, &info);
	close(file);
	if (err)
		return fail("SYNC_IOC_FILE_INFO");
	/* 1 is "signalled without error" */
	*status = info.status == 1 ? 0 : info.status;
	return 0;
}

int npu_wait(int fd, uint32_t syncobj, int *status)
{
	/* Returns a negative errno and leaves errno alone */
	int ret = drmSyncobjWait(fd, &syncobj, 1, deadline(), 0, NULL);

	if (ret) {
		errno = -ret;
		return fail("wait for the job");
	}
	return npu_fence_status(fd, syncobj, status);
}

int npu_run(int fd, uint32_t vm, uint32_t stream, uint32_t entries,
	    uint64_t user_data, int *status)
{
	struct drm_rocket_sync done = { 0 };
	struct drm_rocket_task task = {
		.regcmd = stream,
		.regcmd_count = entries,
	};
	struct drm_rocket_job job = {
		.tasks = (uintptr_t)&task,
		.task_count = 1,
		.task_struct_size = sizeof(task),
		.vm_id = vm,
		.out_syncs = (uintptr_t)&done,
		.out_sync_count = 1,
		.sync_struct_size = sizeof(done),
		.user_data = user_data,
	};
	int err;

	if (drmSyncobjCreate(fd, 0, &done.handle))
		return fail("creation of a syncobj");
	err = npu_submit(fd, &job, 1) || npu_wait(fd, done.handle, status) ? -1 : 0;
	drmSyncobjDestroy(fd, done.handle);
	return err;
}

int npu_cores_used(int fd, unsigned int *cores)
{
	unsigned long long ns;
	char line[128];
	FILE *info;

	snprintf(line, sizeof(line), "/proc/self/fdinfo/%d", fd);
	info = fopen(line, "r");
	if (!info)
		return fail(line);
	*cores = 0;
	while (fgets(line, sizeof(line), info)) {
		if (sscanf(line, "drm-engine-core%*u: %llu ns", &ns) == 1 && ns)
			(*cores)++;
	}
	fclose(info);
	return 0;
}

int npu_take_fault(int fd, uint32_t vm, struct drm_rocket_vm_fault *fault,
		   bool *found)
{
	struct drm_rocket_vm_query query = {
		.vm_id = vm,
		.flags = DRM_ROCKET_VM_QUERY_CLEAR,
		.faults = (uintptr_t)fault,
		.fault_count = 1,
		.fault_struct_size = sizeof(*fault),
	};
	int err = call(fd, DRM_IOCTL_ROCKET_VM_QUERY, &query, "VM_QUERY");

	*found = !err && query.fault_count;
	return err;
}
