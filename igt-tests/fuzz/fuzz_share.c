// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "fuzz_world.h"
#include "vgem_drm.h"

/* Beyond what test cases close at random. */
#define FENCE_MIN_FD	700

static int request(int fd, unsigned long number, void *arg)
{
	return ioctl(fd, number, arg) ? -errno : 0;
}

/* Its fence as a file, or a negative errno; a timeline point by way of a copy. */
static int export_fence(int fd, const struct drm_rocket_sync *sync)
{
	struct drm_syncobj_create create = { 0 };
	struct drm_syncobj_transfer transfer = {
		.src_handle = sync->handle, .src_point = sync->point,
	};
	struct drm_syncobj_destroy destroy = { 0 };
	struct drm_syncobj_handle export = {
		.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
	};
	int ret = request(fd, DRM_IOCTL_SYNCOBJ_CREATE, &create);

	if (ret)
		return ret;
	transfer.dst_handle = create.handle;
	export.handle = create.handle;
	destroy.handle = create.handle;
	ret = request(fd, DRM_IOCTL_SYNCOBJ_TRANSFER, &transfer);
	if (!ret)
		ret = request(fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &export);
	request(fd, DRM_IOCTL_SYNCOBJ_DESTROY, &destroy);
	return ret ? ret : export.fd;
}

void fuzz_keep_fence(struct fuzz_world *w, int fd, const struct drm_rocket_sync *sync)
{
	unsigned int index = __atomic_fetch_add(&w->fences, 1, __ATOMIC_RELAXED);
	int file;

	if (index >= FUZZ_MAX_FENCES)
		return;
	w->fence[index] = -1;
	/* Somebody may have taken the syncobj away by now. */
	file = export_fence(fd, sync);
	if (file < 0)
		return;
	w->fence[index] = fcntl(file, F_DUPFD_CLOEXEC, FENCE_MIN_FD);
	close(file);
}

static int do_wait(struct fuzz_world *w, const struct fuzz_op *op)
{
	uint32_t handle = fuzz_value(w->sync, op->arg[1]);
	uint64_t point = op->arg[2];
	struct drm_syncobj_timeline_wait wait = {
		.handles = (uintptr_t)&handle,
		.points = (uintptr_t)&point,
		.count_handles = 1,
		.flags = op->arg[4],
	};
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	wait.timeout_nsec = now.tv_sec * INT64_C(1000000000) + now.tv_nsec +
			    (op->arg[3] & 0x1ffffff);
	return request(fuzz_fd(w->file, op->arg[0]), DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &wait);
}

static int do_signal(struct fuzz_world *w, const struct fuzz_op *op)
{
	uint32_t handle = fuzz_value(w->sync, op->arg[1]);
	uint64_t point = op->arg[2];
	struct drm_syncobj_array binary = {
		.handles = (uintptr_t)&handle, .count_handles = 1,
	};
	struct drm_syncobj_timeline_array timeline = {
		.handles = (uintptr_t)&handle, .points = (uintptr_t)&point, .count_handles = 1,
	};
	int fd = fuzz_fd(w->file, op->arg[0]);

	return point ? request(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, &timeline) :
		       request(fd, DRM_IOCTL_SYNCOBJ_SIGNAL, &binary);
}

static int do_pass(struct fuzz_world *w, const struct fuzz_op *op)
{
	struct drm_syncobj_handle handle = { .handle = fuzz_value(w->sync, op->arg[1]) };
	int ret = request(fuzz_fd(w->file, op->arg[0]), DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &handle);

	if (ret)
		return ret;
	ret = request(fuzz_fd(w->file, op->arg[2]), DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &handle);
	close(handle.fd);
	if (!ret)
		w->sync[fuzz_slot(op->arg[3])] = handle.handle;
	return ret;
}

static int do_transfer(struct fuzz_world *w, const struct fuzz_op *op)
{
	struct drm_syncobj_transfer transfer = {
		.dst_handle = fuzz_value(w->sync, op->arg[1]),
		.dst_point = op->arg[2],
		.src_handle = fuzz_value(w->sync, op->arg[3]),
		.src_point = op->arg[4],
	};

	return request(fuzz_fd(w->file, op->arg[0]), DRM_IOCTL_SYNCOBJ_TRANSFER, &transfer);
}

/* A buffer of vgem's; returns its handle there. */
static uint32_t vgem_buffer(struct fuzz_world *w, unsigned int pages)
{
	struct drm_mode_create_dumb create = { .width = 1024, .height = pages, .bpp = 32 };

	return request(w->vgem, DRM_IOCTL_MODE_CREATE_DUMB, &create) ? 0 : create.handle;
}

static int vgem_export(struct fuzz_world *w, uint32_t handle)
{
	struct drm_prime_handle prime = { .handle = handle, .flags = DRM_CLOEXEC | DRM_RDWR };
	int ret = request(w->vgem, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime);

	return ret ? ret : prime.fd;
}

/* Gives a syncobj a fence that signals by unblock, or after 10 s. */
static int do_block(struct fuzz_world *w, const struct fuzz_op *op)
{
	struct drm_vgem_fence_attach attach = { .flags = VGEM_FENCE_WRITE };
	struct dma_buf_export_sync_file export = { .flags = DMA_BUF_SYNC_RW };
	struct drm_syncobj_handle import = {
		.handle = fuzz_value(w->sync, op->arg[1]),
		.flags = DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE,
	};
	unsigned int index;
	int buf, ret;

	attach.handle = vgem_buffer(w, 1);
	ret = request(w->vgem, DRM_IOCTL_VGEM_FENCE_ATTACH, &attach);
	if (ret)
		return ret;
	index = __atomic_fetch_add(&w->blocks, 1, __ATOMIC_RELAXED);
	w->block[index % FUZZ_MAX_BLOCKS] = attach.out_fence;
	buf = vgem_export(w, attach.handle);
	if (buf < 0)
		return buf;
	ret = request(buf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &export);
	close(buf);
	if (ret)
		return ret;
	import.fd = export.fd;
	ret = request(fuzz_fd(w->file, op->arg[0]), DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &import);
	close(export.fd);
	return ret;
}

static int do_unblock(struct fuzz_world *w)
{
	for (unsigned int i = 0; i < FUZZ_MAX_BLOCKS; i++) {
		struct drm_vgem_fence_signal signal = { .fence = w->block[i] };

		if (signal.fence)
			request(w->vgem, DRM_IOCTL_VGEM_FENCE_SIGNAL, &signal);
		w->block[i] = 0;
	}
	return 0;
}

static int do_export(struct fuzz_world *w, const struct fuzz_op *op)
{
	struct drm_prime_handle prime = {
		.handle = fuzz_value(w->bo, op->arg[1]), .flags = DRM_CLOEXEC | DRM_RDWR,
	};
	int ret = request(fuzz_fd(w->file, op->arg[0]), DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime);

	if (!ret)
		w->buf[fuzz_slot(op->arg[2])] = prime.fd;
	return ret;
}

static int do_import(struct fuzz_world *w, const struct fuzz_op *op)
{
	struct drm_prime_handle prime = { .fd = fuzz_fd(w->buf, op->arg[1]) };
	unsigned int slot = fuzz_slot(op->arg[2]);
	int ret = request(fuzz_fd(w->file, op->arg[0]), DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime);

	if (!ret) {
		w->bo[slot] = prime.handle;
		w->bo_offset[slot] = 0;
		w->bo_size[slot] = 0;
	}
	return ret;
}

static int do_foreign(struct fuzz_world *w, const struct fuzz_op *op)
{
	uint32_t handle = vgem_buffer(w, 1 + op->arg[1] % 32);
	struct drm_gem_close drop = { .handle = handle };
	int buf = handle ? vgem_export(w, handle) : -ENODEV;

	if (handle)
		request(w->vgem, DRM_IOCTL_GEM_CLOSE, &drop);
	if (buf < 0)
		return buf;
	w->buf[fuzz_slot(op->arg[0])] = buf;
	return 0;
}

int fuzz_do_share(struct fuzz_world *w, const struct fuzz_op *op)
{
	int fd = fuzz_fd(w->file, op->arg[0]);

	switch (op->type) {
	case FUZZ_SO_CREATE: {
		struct drm_syncobj_create create = { .flags = op->arg[2] };
		int ret = request(fd, DRM_IOCTL_SYNCOBJ_CREATE, &create);

		if (!ret)
			w->sync[fuzz_slot(op->arg[1])] = create.handle;
		return ret;
	}
	case FUZZ_SO_DESTROY: {
		struct drm_syncobj_destroy destroy = {
			.handle = fuzz_value(w->sync, op->arg[1]),
		};

		return request(fd, DRM_IOCTL_SYNCOBJ_DESTROY, &destroy);
	}
	case FUZZ_SO_RESET: {
		uint32_t handle = fuzz_value(w->sync, op->arg[1]);
		struct drm_syncobj_array reset = {
			.handles = (uintptr_t)&handle, .count_handles = 1,
		};

		return request(fd, DRM_IOCTL_SYNCOBJ_RESET, &reset);
	}
	case FUZZ_GEM_CLOSE: {
		struct drm_gem_close drop = { .handle = fuzz_value(w->bo, op->arg[1]) };

		return request(fd, DRM_IOCTL_GEM_CLOSE, &drop);
	}
	case FUZZ_SO_SIGNAL:
		return do_signal(w, op);
	case FUZZ_SO_WAIT:
		return do_wait(w, op);
	case FUZZ_SO_PASS:
		return do_pass(w, op);
	case FUZZ_SO_TRANSFER:
		return do_transfer(w, op);
	case FUZZ_BLOCK:
		return do_block(w, op);
	case FUZZ_UNBLOCK:
		return do_unblock(w);
	case FUZZ_EXPORT:
		return do_export(w, op);
	case FUZZ_IMPORT:
		return do_import(w, op);
	case FUZZ_FOREIGN:
		return do_foreign(w, op);
	case FUZZ_BUF_CLOSE:
		return close(fuzz_fd(w->buf, op->arg[0])) ? -errno : 0;
	default:
		return -ENOSYS;
	}
}
