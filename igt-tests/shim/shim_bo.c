// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "drm.h"
#include "shim_file.h"

#define PAGE 4096ull
/* A BO of huge pages is mapped in fewer pieces where its address suits them. */
#define HUGE (2ull << 20)
/*
 * Closed BOs keep their memory until they are unmapped: at the latest when there is so
 * much of it, or when the last one is closed.
 */
#define CLOSED_BYTES (16ull << 20)
#define CLOSED_COUNT 1024u
#define BIND_OPS 1024u

struct shim_bo *shim_bo_find(struct shim_file *file, uint32_t handle)
{
	return handle < file->bo_room ? file->bos[handle] : NULL;
}

static bool grow_table(struct shim_file *file, uint32_t handle)
{
	size_t room = file->bo_room ? file->bo_room : 64;
	struct shim_bo **more;

	while (room <= handle)
		room *= 2;
	if (room == file->bo_room)
		return true;
	more = realloc(file->bos, room * sizeof(*more));
	if (!more)
		return false;
	memset(more + file->bo_room, 0, (room - file->bo_room) * sizeof(*more));
	file->bos = more;
	file->bo_room = room;
	return true;
}

/* Sends what has been gathered, as one transaction. */
static int send_ops(int fd, struct drm_rocket_vm_bind_op *ops, uint32_t count)
{
	struct drm_rocket_vm_bind bind = {
		.vm_id = 0,
		.ops = (uintptr_t)ops,
		.op_count = count,
		.op_struct_size = sizeof(*ops),
	};

	return count ? shim_kernel(fd, DRM_IOCTL_ROCKET_VM_BIND, &bind) : 0;
}

/*
 * Unmaps what no job uses any more, and frees the addresses.  How many of the closed
 * ones that are is found by their numbers: those that come first were closed first.
 */
static int unmap_closed(struct shim_file *file, int fd)
{
	uint64_t running = file->first ? file->first->number : UINT64_MAX;
	struct drm_rocket_vm_bind_op ops[BIND_OPS];
	uint32_t count = 0;
	int err;

	while (count < file->closed_count && count < BIND_OPS &&
	       file->closed[count].number < running) {
		ops[count] = (struct drm_rocket_vm_bind_op){
			.op = DRM_ROCKET_VM_BIND_OP_UNMAP,
			.addr = file->closed[count].addr,
			.range = file->closed[count].size,
		};
		count++;
	}
	err = send_ops(fd, ops, count);
	if (err || !count)
		return err;
	for (uint32_t i = 0; i < count; i++) {
		va_heap_give(&file->heap, ops[i].addr, ops[i].range);
		file->closed_bytes -= ops[i].range;
	}
	file->closed_count -= count;
	memmove(file->closed, file->closed + count, file->closed_count * sizeof(*file->closed));
	return count == BIND_OPS ? unmap_closed(file, fd) : 0;
}

/* Asks which jobs have ended, then unmaps. */
static int make_space(struct shim_file *file, int fd)
{
	shim_fences_reap(file, fd, true);
	return unmap_closed(file, fd);
}

int shim_bind(struct shim_file *file, int fd)
{
	struct drm_rocket_vm_bind_op ops[BIND_OPS];
	uint32_t count = 0;
	size_t handle;
	int err;

	for (handle = 0; file->unbound && handle < file->bo_room; handle++) {
		struct shim_bo *bo = file->bos[handle];

		if (!bo || bo->bound)
			continue;
		ops[count++] = (struct drm_rocket_vm_bind_op){
			.op = DRM_ROCKET_VM_BIND_OP_MAP,
			.handle = bo->handle,
			.addr = bo->addr,
			.range = bo->size,
		};
		if (count < BIND_OPS && count < file->unbound)
			continue;
		err = send_ops(fd, ops, count);
		if (err)
			return err;
		for (uint32_t i = 0; i < count; i++)
			file->bos[ops[i].handle]->bound = true;
		file->unbound -= count;
		count = 0;
	}
	return 0;
}

/* An address for a new BO: after closed ones have been unmapped, if need be. */
static uint64_t take(struct shim_file *file, int fd, uint64_t size)
{
	uint64_t align = size >= HUGE ? HUGE : PAGE;
	uint64_t addr = va_heap_take(&file->heap, size, align);

	if (!addr && !make_space(file, fd))
		addr = va_heap_take(&file->heap, size, align);
	return addr;
}

/* What closed BOs hold may be what is missing. */
static int gem_create(struct shim_file *file, int fd, struct drm_rocket_gem_create *create)
{
	int err = shim_kernel(fd, DRM_IOCTL_ROCKET_GEM_CREATE, create);

	if ((err == -ENOSPC || err == -ENOMEM) && file->closed_count && !make_space(file, fd))
		err = shim_kernel(fd, DRM_IOCTL_ROCKET_GEM_CREATE, create);
	return err;
}

static int new_bo(struct shim_file *file, int fd, struct shim_bo *bo)
{
	struct drm_rocket_gem_create create = { .size = bo->size };
	struct drm_gem_close gem = { 0 };
	int err;

	bo->addr = take(file, fd, bo->size);
	if (!bo->addr)
		return -ENOSPC;
	err = gem_create(file, fd, &create);
	if (!err && !grow_table(file, create.handle)) {
		gem.handle = create.handle;
		shim_kernel(fd, DRM_IOCTL_GEM_CLOSE, &gem);
		err = -ENOMEM;
	}
	if (err) {
		va_heap_give(&file->heap, bo->addr, bo->size);
		return err;
	}
	bo->handle = create.handle;
	bo->offset = create.offset;
	file->bos[bo->handle] = bo;
	file->bo_count++;
	file->unbound++;
	return 0;
}

int shim_bo_create(struct shim_file *file, int fd, struct drm_rocket_create_bo *args)
{
	struct shim_bo *bo;
	int err;

	if (!args->size)
		return -EINVAL;
	bo = calloc(1, sizeof(*bo));
	if (!bo)
		return -ENOMEM;
	bo->size = (args->size + PAGE - 1) & ~(PAGE - 1);
	pthread_mutex_lock(&file->lock);
	err = new_bo(file, fd, bo);
	if (!err) {
		args->handle = bo->handle;
		args->dma_address = bo->addr;
		args->offset = bo->offset;
	}
	pthread_mutex_unlock(&file->lock);
	if (err)
		free(bo);
	return err;
}

/* Room for one more closed BO, so that closing cannot fail. */
static bool room_for_closed(struct shim_file *file)
{
	size_t room = file->closed_room ? 2 * file->closed_room : 64;
	struct shim_closed *more;

	if (file->closed_count < file->closed_room)
		return true;
	more = realloc(file->closed, room * sizeof(*more));
	if (!more)
		return false;
	file->closed = more;
	file->closed_room = room;
	return true;
}

/* The address stays taken until what may use it has ended and it is unmapped. */
static void retire(struct shim_file *file, const struct shim_bo *bo)
{
	if (!bo->bound) {
		file->unbound--;
		va_heap_give(&file->heap, bo->addr, bo->size);
		return;
	}
	file->closed[file->closed_count++] = (struct shim_closed){
		.addr = bo->addr, .size = bo->size, .number = file->number,
	};
	file->closed_bytes += bo->size;
}

static int close_bo(struct shim_file *file, int fd, struct drm_gem_close *args)
{
	struct shim_bo *bo = shim_bo_find(file, args->handle);
	int err;

	if (bo && !room_for_closed(file))
		return -ENOMEM;
	/* With the lock held: the kernel may give the same handle to somebody else. */
	err = shim_kernel(fd, DRM_IOCTL_GEM_CLOSE, args);
	if (err || !bo)
		return err;
	file->bos[args->handle] = NULL;
	file->bo_count--;
	if (bo->writer)
		shim_fence_put(file, bo->writer);
	shim_fences_clear(file, &bo->readers);
	retire(file, bo);
	free(bo->readers.fence);
	free(bo);
	/* Mesa leaves the device open when it is done with it. */
	if (file->closed_bytes >= CLOSED_BYTES || file->closed_count >= CLOSED_COUNT ||
	    !file->bo_count)
		make_space(file, fd);
	return 0;
}

int shim_bo_close(struct shim_file *file, int fd, void *args)
{
	int err;

	pthread_mutex_lock(&file->lock);
	err = close_bo(file, fd, args);
	pthread_mutex_unlock(&file->lock);
	return err;
}

void shim_bo_share(struct shim_file *file, uint32_t handle)
{
	struct shim_bo *bo;

	pthread_mutex_lock(&file->lock);
	bo = shim_bo_find(file, handle);
	if (bo)
		bo->shared = true;
	pthread_mutex_unlock(&file->lock);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* The last job that writes the BO, referred to, or NULL: there is nothing to wait for. */
static struct shim_fence *writer_of(const struct shim_bo *bo)
{
	struct shim_fence *fence = bo ? bo->writer : NULL;

	return fence && !fence->done ? shim_fence_get(fence) : NULL;
}

/* Waits without the lock; mainline's errors: late or, if it was late before, busy. */
static int wait_for(struct shim_file *file, int fd, struct shim_fence *fence, int64_t deadline)
{
	int64_t begun = now_ns();
	int err = shim_fence_wait(fd, fence->syncobj, deadline);

	pthread_mutex_lock(&file->lock);
	if (!err)
		fence->done = true;
	shim_fence_put(file, fence);
	pthread_mutex_unlock(&file->lock);
	if (err == -ETIME)
		return deadline <= begun ? -EBUSY : -ETIMEDOUT;
	return err;
}

/* Waits for the job that writes a BO; @written receives its number. */
static int wait_for_writer(struct shim_file *file, int fd, uint32_t handle, int64_t deadline,
			   uint64_t *written)
{
	struct shim_fence *writer;
	struct shim_bo *bo;

	pthread_mutex_lock(&file->lock);
	bo = shim_bo_find(file, handle);
	writer = writer_of(bo);
	*written = bo ? bo->written : 0;
	pthread_mutex_unlock(&file->lock);
	return writer ? wait_for(file, fd, writer, deadline) : 0;
}

/* The caches need the kernel only after a job or somebody else wrote. */
static bool is_stale(struct shim_file *file, uint32_t handle)
{
	struct shim_bo *bo;
	bool stale;

	pthread_mutex_lock(&file->lock);
	bo = shim_bo_find(file, handle);
	stale = !bo || bo->shared || bo->written != bo->seen;
	pthread_mutex_unlock(&file->lock);
	return stale;
}

int shim_bo_prep(struct shim_file *file, int fd, struct drm_rocket_prep_bo *args)
{
	bool ask = is_stale(file, args->handle);
	struct shim_bo *bo;
	uint64_t written;
	int err;

	if (args->reserved)
		return -EINVAL;
	err = wait_for_writer(file, fd, args->handle, args->timeout_ns, &written);
	if (err || !ask)
		return err;
	err = shim_kernel(fd, DRM_IOCTL_ROCKET_PREP_BO, args);
	if (err)
		return err;
	pthread_mutex_lock(&file->lock);
	bo = shim_bo_find(file, args->handle);
	if (bo && bo->written == written)
		bo->seen = written;
	pthread_mutex_unlock(&file->lock);
	return 0;
}

/* What is seen of a BO in parts is not seen as a whole. */
int shim_bo_prep_ranges(struct shim_file *file, int fd, struct drm_rocket_prep_bo_ranges *args)
{
	uint64_t written;
	int err = wait_for_writer(file, fd, args->handle, args->timeout_ns, &written);

	return err ? err : shim_kernel(fd, DRM_IOCTL_ROCKET_PREP_BO_RANGES, args);
}
