// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <xf86drm.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "vgem_drm.h"

#define MAX_DEVICES	16
#define WAIT_S		60

static int __ioctl(int fd, unsigned long request, void *arg)
{
	return igt_ioctl(fd, request, arg) ? -errno : 0;
}

/*
 * The device
 */

static bool is_rocket(int fd)
{
	drmVersionPtr version = drmGetVersion(fd);
	bool yes = version && !strcmp(version->name, "rocket");

	drmFreeVersion(version);
	return yes;
}

int __rocket_open(void)
{
	for (int i = 0; i < MAX_DEVICES; i++) {
		char path[32];
		int fd;

		snprintf(path, sizeof(path), "/dev/accel/accel%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (is_rocket(fd))
			return fd;
		close(fd);
	}
	return -1;
}

int rocket_open(void)
{
	uint64_t features = 0;
	int fd = __rocket_open();

	igt_require_f(fd >= 0, "no rocket device under /dev/accel: load rocket.ko\n");
	__rocket_get_param(fd, DRM_ROCKET_PARAM_FEATURES, &features);
	igt_require_f(features & DRM_ROCKET_FEATURE_VM_BIND,
		      "this rocket driver has no VM_BIND\n");
	rocket_board_quiet();
	errno = 0;
	return fd;
}

void rocket_on_device(void (*test)(int fd))
{
	int fd = rocket_open();

	test(fd);
	close(fd);
}

int __rocket_get_param(int fd, uint32_t param, uint64_t *value)
{
	struct drm_rocket_get_param get = { .param = param };
	int ret = __ioctl(fd, DRM_IOCTL_ROCKET_GET_PARAM, &get);

	*value = get.value;
	return ret;
}

uint64_t rocket_get_param(int fd, uint32_t param)
{
	uint64_t value;

	igt_assert_eq(__rocket_get_param(fd, param, &value), 0);
	return value;
}

bool rocket_is_rk3576(int fd)
{
	uint64_t soc = 0;

	/* Drivers that do not know the question know one SoC. */
	__rocket_get_param(fd, DRM_ROCKET_PARAM_SOC, &soc);
	return soc == 3576;
}

uint32_t rocket_core_mask(int fd)
{
	return rocket_get_param(fd, DRM_ROCKET_PARAM_CORE_MASK);
}

uint32_t rocket_nth_core(uint32_t mask, unsigned int n)
{
	while (n--)
		mask &= mask - 1;
	igt_assert(mask);
	return __builtin_ctz(mask);
}

/*
 * Buffer objects
 */

int __rocket_gem_create(int fd, struct drm_rocket_gem_create *create)
{
	return __ioctl(fd, DRM_IOCTL_ROCKET_GEM_CREATE, create);
}

int __rocket_create_bo(int fd, struct drm_rocket_create_bo *create)
{
	return __ioctl(fd, DRM_IOCTL_ROCKET_CREATE_BO, create);
}

int __rocket_prep_bo(int fd, uint32_t handle, int64_t timeout_ns)
{
	struct drm_rocket_prep_bo prep = { .handle = handle, .timeout_ns = timeout_ns };

	return __ioctl(fd, DRM_IOCTL_ROCKET_PREP_BO, &prep);
}

int __rocket_fini_bo(int fd, uint32_t handle)
{
	struct drm_rocket_fini_bo fini = { .handle = handle };

	return __ioctl(fd, DRM_IOCTL_ROCKET_FINI_BO, &fini);
}

static int64_t deadline(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec + WAIT_S) * INT64_C(1000000000) + now.tv_nsec;
}

void rocket_prep_bo(int fd, uint32_t handle)
{
	igt_assert_eq(__rocket_prep_bo(fd, handle, deadline()), 0);
}

void rocket_fini_bo(int fd, uint32_t handle)
{
	igt_assert_eq(__rocket_fini_bo(fd, handle), 0);
}

void rocket_gem_close(int fd, uint32_t handle)
{
	struct drm_gem_close close_arg = { .handle = handle };

	do_ioctl(fd, DRM_IOCTL_GEM_CLOSE, &close_arg);
}

static void *map_bo(int fd, uint64_t size, uint64_t offset)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

	igt_assert(map != MAP_FAILED);
	return map;
}

struct rocket_bo rocket_bo_flags(int fd, uint64_t size, uint32_t flags, uint32_t vm)
{
	struct drm_rocket_gem_create create = { .size = size, .flags = flags, .vm_id = vm };
	struct rocket_bo bo = { .size = size };

	igt_assert_eq(__rocket_gem_create(fd, &create), 0);
	igt_assert_neq_u32(create.handle, 0);
	bo.handle = create.handle;
	bo.offset = create.offset;
	bo.map = map_bo(fd, size, create.offset);
	return bo;
}

struct rocket_bo rocket_bo(int fd, uint64_t size)
{
	return rocket_bo_flags(fd, size, DRM_ROCKET_GEM_WC, 0);
}

struct rocket_bo rocket_bo_mapped(int fd, uint32_t size)
{
	struct drm_rocket_create_bo create = { .size = size };
	struct rocket_bo bo = { .size = size };

	igt_assert_eq(__rocket_create_bo(fd, &create), 0);
	bo.handle = create.handle;
	bo.address = create.dma_address;
	bo.offset = create.offset;
	bo.map = map_bo(fd, size, create.offset);
	return bo;
}

void rocket_bo_free(int fd, struct rocket_bo *bo)
{
	igt_assert_eq(munmap(bo->map, bo->size), 0);
	rocket_gem_close(fd, bo->handle);
	memset(bo, 0, sizeof(*bo));
}

/*
 * Patterns
 */

void rocket_pattern(void *to, uint32_t seed)
{
	/* xorshift32 from a scrambled seed; its state must not be 0 */
	uint32_t state = (seed + 1) * 2654435761u | 1;
	uint32_t words[ROCKET_PATTERN / 4];

	for (unsigned int i = 0; i < ROCKET_PATTERN / 4; i++) {
		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
		words[i] = state;
	}
	/* Different seeds must differ for certain. */
	words[0] = seed;
	memcpy(to, words, ROCKET_PATTERN);
}

bool rocket_is_pattern(const void *data, uint32_t seed)
{
	uint8_t pattern[ROCKET_PATTERN];

	rocket_pattern(pattern, seed);
	return !memcmp(data, pattern, ROCKET_PATTERN);
}

void rocket_bo_fill(struct rocket_bo *bo, uint32_t seed)
{
	for (uint64_t at = 0; at < bo->size; at += ROCKET_PAGE)
		rocket_pattern(bo->map + at, seed++);
}

/*
 * VMs
 */

int __rocket_vm_create(int fd, uint32_t flags, uint32_t *vm)
{
	struct drm_rocket_vm_create create = { .flags = flags };
	int ret = __ioctl(fd, DRM_IOCTL_ROCKET_VM_CREATE, &create);

	*vm = create.vm_id;
	return ret;
}

uint32_t rocket_vm_create(int fd)
{
	uint32_t vm;

	igt_assert_eq(__rocket_vm_create(fd, 0, &vm), 0);
	igt_assert_neq_u32(vm, 0);
	return vm;
}

int __rocket_vm_destroy(int fd, uint32_t vm)
{
	struct drm_rocket_vm_destroy destroy = { .vm_id = vm };

	return __ioctl(fd, DRM_IOCTL_ROCKET_VM_DESTROY, &destroy);
}

void rocket_vm_destroy(int fd, uint32_t vm)
{
	igt_assert_eq(__rocket_vm_destroy(fd, vm), 0);
}

int __rocket_vm_bind(int fd, struct drm_rocket_vm_bind *bind)
{
	return __ioctl(fd, DRM_IOCTL_ROCKET_VM_BIND, bind);
}

int __rocket_vm_bind_ops(int fd, uint32_t vm, const struct drm_rocket_vm_bind_op *ops,
			 uint32_t count)
{
	struct drm_rocket_vm_bind bind = {
		.vm_id = vm,
		.ops = (uintptr_t)ops,
		.op_count = count,
		.op_struct_size = sizeof(*ops),
	};

	return __rocket_vm_bind(fd, &bind);
}

void rocket_vm_bind_ops(int fd, uint32_t vm, const struct drm_rocket_vm_bind_op *ops,
			uint32_t count)
{
	igt_assert_eq(__rocket_vm_bind_ops(fd, vm, ops, count), 0);
}

struct drm_rocket_vm_bind_op rocket_op_map(uint32_t handle, uint64_t offset, uint64_t addr,
					   uint64_t range)
{
	return (struct drm_rocket_vm_bind_op){
		.op = DRM_ROCKET_VM_BIND_OP_MAP,
		.handle = handle,
		.bo_offset = offset,
		.addr = addr,
		.range = range,
	};
}

struct drm_rocket_vm_bind_op rocket_op_map_ro(uint32_t handle, uint64_t offset,
					      uint64_t addr, uint64_t range)
{
	struct drm_rocket_vm_bind_op op = rocket_op_map(handle, offset, addr, range);

	op.flags = DRM_ROCKET_VM_BIND_READONLY;
	return op;
}

struct drm_rocket_vm_bind_op rocket_op_unmap(uint64_t addr, uint64_t range)
{
	return (struct drm_rocket_vm_bind_op){
		.op = DRM_ROCKET_VM_BIND_OP_UNMAP,
		.addr = addr,
		.range = range,
	};
}

struct drm_rocket_vm_bind_op rocket_op_unmap_bo(uint32_t handle)
{
	return (struct drm_rocket_vm_bind_op){
		.op = DRM_ROCKET_VM_BIND_OP_UNMAP_BO,
		.handle = handle,
	};
}

int __rocket_vm_map(int fd, uint32_t vm, uint32_t handle, uint64_t offset, uint64_t addr,
		    uint64_t range)
{
	struct drm_rocket_vm_bind_op op = rocket_op_map(handle, offset, addr, range);

	return __rocket_vm_bind_ops(fd, vm, &op, 1);
}

void rocket_vm_map(int fd, uint32_t vm, uint32_t handle, uint64_t offset, uint64_t addr,
		   uint64_t range)
{
	igt_assert_eq(__rocket_vm_map(fd, vm, handle, offset, addr, range), 0);
}

void rocket_vm_map_bo(int fd, uint32_t vm, const struct rocket_bo *bo, uint64_t addr)
{
	rocket_vm_map(fd, vm, bo->handle, 0, addr, bo->size);
}

void rocket_vm_unmap(int fd, uint32_t vm, uint64_t addr, uint64_t range)
{
	struct drm_rocket_vm_bind_op op = rocket_op_unmap(addr, range);

	rocket_vm_bind_ops(fd, vm, &op, 1);
}

int __rocket_vm_query(int fd, struct drm_rocket_vm_query *query)
{
	return __ioctl(fd, DRM_IOCTL_ROCKET_VM_QUERY, query);
}

struct drm_rocket_vm_query rocket_vm_query(int fd, uint32_t vm)
{
	struct drm_rocket_vm_query query = { .vm_id = vm };

	igt_assert_eq(__rocket_vm_query(fd, &query), 0);
	return query;
}

bool rocket_vm_take_fault(int fd, uint32_t vm, struct drm_rocket_vm_fault *fault)
{
	struct drm_rocket_vm_query query = {
		.vm_id = vm,
		.flags = DRM_ROCKET_VM_QUERY_CLEAR,
		.faults = (uintptr_t)fault,
		.fault_count = 1,
		.fault_struct_size = sizeof(*fault),
	};

	igt_assert_eq(__rocket_vm_query(fd, &query), 0);
	return query.fault_count;
}

/*
 * Synchronisation
 */

uint32_t rocket_syncobj(int fd)
{
	uint32_t syncobj;

	igt_assert_eq(drmSyncobjCreate(fd, 0, &syncobj), 0);
	return syncobj;
}

uint32_t rocket_syncobj_signalled(int fd)
{
	uint32_t syncobj;

	igt_assert_eq(drmSyncobjCreate(fd, DRM_SYNCOBJ_CREATE_SIGNALED, &syncobj), 0);
	return syncobj;
}

void rocket_syncobj_wait(int fd, uint32_t syncobj)
{
	igt_assert_eq(drmSyncobjWait(fd, &syncobj, 1, deadline(), 0, NULL), 0);
}

bool rocket_syncobj_busy(int fd, uint32_t syncobj)
{
	int ret = drmSyncobjWait(fd, &syncobj, 1, 0, 0, NULL);

	igt_assert(!ret || ret == -ETIME);
	errno = 0;
	return ret;
}

int rocket_syncobj_status(int fd, uint32_t syncobj)
{
	struct sync_file_info info = { 0 };
	int file;

	rocket_syncobj_wait(fd, syncobj);
	igt_assert_eq(drmSyncobjExportSyncFile(fd, syncobj, &file), 0);
	do_ioctl(file, SYNC_IOC_FILE_INFO, &info);
	close(file);
	/* 1 is "signalled without error" */
	return info.status == 1 ? 0 : info.status;
}

int rocket_fence_file(int fd, uint32_t syncobj)
{
	int file;

	igt_assert_eq(drmSyncobjExportSyncFile(fd, syncobj, &file), 0);
	return file;
}

int rocket_fence_status(int file)
{
	struct sync_file_info info = { 0 };

	igt_assert_eq(poll(&(struct pollfd){ .fd = file, .events = POLLIN }, 1, 60000), 1);
	do_ioctl(file, SYNC_IOC_FILE_INFO, &info);
	return info.status;
}

void rocket_timeline_wait(int fd, uint32_t syncobj, uint64_t point)
{
	igt_assert_eq(drmSyncobjTimelineWait(fd, &syncobj, &point, 1, deadline(),
					     DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT, NULL), 0);
}

bool rocket_timeline_busy(int fd, uint32_t syncobj, uint64_t point)
{
	int ret = drmSyncobjTimelineWait(fd, &syncobj, &point, 1, 0,
					 DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT, NULL);

	igt_assert(!ret || ret == -ETIME);
	errno = 0;
	return ret;
}

int rocket_timeline_status(int fd, uint32_t syncobj, uint64_t point)
{
	uint32_t binary = rocket_syncobj(fd);
	int status;

	rocket_timeline_wait(fd, syncobj, point);
	igt_assert_eq(drmSyncobjTransfer(fd, binary, 0, syncobj, point, 0), 0);
	status = rocket_syncobj_status(fd, binary);
	drmSyncobjDestroy(fd, binary);
	return status;
}

struct drm_rocket_sync rocket_sync(uint32_t syncobj, uint64_t point)
{
	return (struct drm_rocket_sync){
		.handle = syncobj,
		.flags = point ? DRM_ROCKET_SYNC_TIMELINE : 0,
		.point = point,
	};
}

int __rocket_vm_bind_async(int fd, uint32_t vm, const struct drm_rocket_vm_bind_op *ops,
			   uint32_t count, const struct drm_rocket_sync *in,
			   const struct drm_rocket_sync *out)
{
	struct drm_rocket_vm_bind bind = {
		.vm_id = vm,
		.flags = DRM_ROCKET_VM_BIND_ASYNC,
		.ops = (uintptr_t)ops,
		.op_count = count,
		.op_struct_size = sizeof(*ops),
		.in_syncs = (uintptr_t)in,
		.in_sync_count = !!in,
		.out_syncs = (uintptr_t)out,
		.out_sync_count = !!out,
		.sync_struct_size = sizeof(*in),
	};

	return __rocket_vm_bind(fd, &bind);
}

void rocket_vm_bind_async(int fd, uint32_t vm, const struct drm_rocket_vm_bind_op *ops,
			  uint32_t count, const struct drm_rocket_sync *in,
			  const struct drm_rocket_sync *out)
{
	igt_assert_eq(__rocket_vm_bind_async(fd, vm, ops, count, in, out), 0);
}

/*
 * Blockers
 */

static uint32_t create_dumb(int fd)
{
	struct drm_mode_create_dumb create = { .width = 32, .height = 32, .bpp = 32 };

	do_ioctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &create);
	return create.handle;
}

/* The fence that was attached to the BO, as a file. */
static int export_fence(int fd, uint32_t bo)
{
	struct dma_buf_export_sync_file export = { .flags = DMA_BUF_SYNC_RW };
	int dmabuf;

	igt_assert_eq(drmPrimeHandleToFD(fd, bo, DRM_CLOEXEC, &dmabuf), 0);
	do_ioctl(dmabuf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &export);
	close(dmabuf);
	return export.fd;
}

void rocket_require_blocker(void)
{
	close(drm_open_driver(DRIVER_VGEM));
}

void rocket_blocker_init(struct rocket_blocker *blocker, int fd)
{
	struct drm_vgem_fence_attach attach = { .flags = VGEM_FENCE_WRITE };

	blocker->vgem = drm_open_driver(DRIVER_VGEM);
	blocker->bo = create_dumb(blocker->vgem);
	attach.handle = blocker->bo;
	do_ioctl(blocker->vgem, DRM_IOCTL_VGEM_FENCE_ATTACH, &attach);
	blocker->fence = attach.out_fence;
	blocker->sync_file = export_fence(blocker->vgem, blocker->bo);
	blocker->syncobj = rocket_syncobj(fd);
	igt_assert_eq(drmSyncobjImportSyncFile(fd, blocker->syncobj, blocker->sync_file), 0);
}

void rocket_blocker_release(struct rocket_blocker *blocker)
{
	struct drm_vgem_fence_signal signal = { .fence = blocker->fence };

	do_ioctl(blocker->vgem, DRM_IOCTL_VGEM_FENCE_SIGNAL, &signal);
}

bool rocket_blocker_blocks(struct rocket_blocker *blocker)
{
	struct pollfd fence = { .fd = blocker->sync_file, .events = POLLIN };

	return !poll(&fence, 1, 0);
}

void rocket_blocker_fini(struct rocket_blocker *blocker)
{
	close(blocker->sync_file);
	drm_close_driver(blocker->vgem);
}
