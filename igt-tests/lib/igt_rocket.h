/* SPDX-License-Identifier: MIT */
#ifndef IGT_ROCKET_H
#define IGT_ROCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "rocket_accel.h"

/*
 * The rocket driver's interface, one function per ioctl: rocket_*() asserts
 * success, __rocket_*() returns 0 or a negative errno.
 */

#define ROCKET_PAGE		4096u
#define ROCKET_GUARD		ROCKET_PAGE	/* behind each such mapping */
#define ROCKET_TABLE_SPAN	(1024u * ROCKET_PAGE)	/* of a second-level table */
#define ROCKET_VA_END		(UINT64_C(1) << 32)
/* What the kernel chooses begins and ends there. */
#define ROCKET_KERNEL_VA	(UINT64_C(1) << 20)
#define ROCKET_KERNEL_VA_END	(ROCKET_VA_END - (UINT64_C(2) << 20))

/* Opens the device; skips when there is none, or one without VM_BIND. */
int rocket_open(void);
/* The same, for any rocket driver; -1 when there is none. */
int __rocket_open(void);

/*
 * Runs a test with a file of its own, so that nothing of one subtest is there in
 * the next.
 */
void rocket_on_device(void (*test)(int fd));

int __rocket_get_param(int fd, uint32_t param, uint64_t *value);
uint64_t rocket_get_param(int fd, uint32_t param);
uint32_t rocket_core_mask(int fd);
/* Whether streams have to be written as rocket_regcmd_rk3576.h does, or as rocket_regcmd.h. */
bool rocket_is_rk3576(int fd);
/* The number of the nth core of the mask; the mask must have so many. */
uint32_t rocket_nth_core(uint32_t mask, unsigned int n);

/*
 * Buffer objects
 */

struct rocket_bo {
	uint32_t handle;
	uint64_t size;		/* bytes */
	uint64_t address;	/* in VM 0, of CREATE_BO only */
	uint64_t offset;	/* for mmap; the name of the BO in a coredump */
	uint8_t *map;		/* the CPU's view of all of it */
};

int __rocket_gem_create(int fd, struct drm_rocket_gem_create *create);
int __rocket_create_bo(int fd, struct drm_rocket_create_bo *create);
int __rocket_prep_bo(int fd, uint32_t handle, int64_t timeout_ns);
int __rocket_fini_bo(int fd, uint32_t handle);
void rocket_prep_bo(int fd, uint32_t handle);
void rocket_fini_bo(int fd, uint32_t handle);
void rocket_gem_close(int fd, uint32_t handle);

/* A write-combined BO, mapped for the CPU: needs no PREP_BO and FINI_BO. */
struct rocket_bo rocket_bo(int fd, uint64_t size);
struct rocket_bo rocket_bo_flags(int fd, uint64_t size, uint32_t flags, uint32_t vm);
/* One by CREATE_BO: cached, with an address. */
struct rocket_bo rocket_bo_mapped(int fd, uint32_t size);
void rocket_bo_free(int fd, struct rocket_bo *bo);

/*
 * Patterns: the first ROCKET_PATTERN bytes of a page, from a seed that tells
 * the page from all others.
 */

#define ROCKET_PATTERN 64u

void rocket_pattern(void *to, uint32_t seed);
bool rocket_is_pattern(const void *data, uint32_t seed);
/* Page i of the BO gets the pattern of seed + i. */
void rocket_bo_fill(struct rocket_bo *bo, uint32_t seed);

/*
 * VMs
 */

int __rocket_vm_create(int fd, uint32_t flags, uint32_t *vm);
uint32_t rocket_vm_create(int fd);
int __rocket_vm_destroy(int fd, uint32_t vm);
void rocket_vm_destroy(int fd, uint32_t vm);

int __rocket_vm_bind(int fd, struct drm_rocket_vm_bind *bind);
int __rocket_vm_bind_ops(int fd, uint32_t vm, const struct drm_rocket_vm_bind_op *ops,
			 uint32_t count);
void rocket_vm_bind_ops(int fd, uint32_t vm, const struct drm_rocket_vm_bind_op *ops,
			uint32_t count);

struct drm_rocket_vm_bind_op rocket_op_map(uint32_t handle, uint64_t offset, uint64_t addr,
					   uint64_t range);
struct drm_rocket_vm_bind_op rocket_op_map_ro(uint32_t handle, uint64_t offset,
					      uint64_t addr, uint64_t range);
struct drm_rocket_vm_bind_op rocket_op_unmap(uint64_t addr, uint64_t range);
struct drm_rocket_vm_bind_op rocket_op_unmap_bo(uint32_t handle);

int __rocket_vm_map(int fd, uint32_t vm, uint32_t handle, uint64_t offset, uint64_t addr,
		    uint64_t range);
void rocket_vm_map(int fd, uint32_t vm, uint32_t handle, uint64_t offset, uint64_t addr,
		   uint64_t range);
void rocket_vm_map_bo(int fd, uint32_t vm, const struct rocket_bo *bo, uint64_t addr);
void rocket_vm_unmap(int fd, uint32_t vm, uint64_t addr, uint64_t range);

int __rocket_vm_query(int fd, struct drm_rocket_vm_query *query);
struct drm_rocket_vm_query rocket_vm_query(int fd, uint32_t vm);
/* Takes the oldest fault record; false when there is none. */
bool rocket_vm_take_fault(int fd, uint32_t vm, struct drm_rocket_vm_fault *fault);

/*
 * Synchronisation. Waiting fails the test when nothing happens for a minute,
 * far beyond any timeout of the driver.
 */

uint32_t rocket_syncobj(int fd);
uint32_t rocket_syncobj_signalled(int fd);
void rocket_syncobj_wait(int fd, uint32_t syncobj);
bool rocket_syncobj_busy(int fd, uint32_t syncobj);
/* Waits; 0, or the negative errno that the fence ended with. */
int rocket_syncobj_status(int fd, uint32_t syncobj);
/* The fence that a syncobj has, as a file: survives the device. */
int rocket_fence_file(int fd, uint32_t syncobj);
/* Waits for it: 1, or the negative errno that its job ended with. */
int rocket_fence_status(int file);
void rocket_timeline_wait(int fd, uint32_t syncobj, uint64_t point);
bool rocket_timeline_busy(int fd, uint32_t syncobj, uint64_t point);
int rocket_timeline_status(int fd, uint32_t syncobj, uint64_t point);
/* Point 0: binary. */
struct drm_rocket_sync rocket_sync(uint32_t syncobj, uint64_t point);

/* An async bind that waits for and signals at most one syncobj each (NULL). */
int __rocket_vm_bind_async(int fd, uint32_t vm, const struct drm_rocket_vm_bind_op *ops,
			   uint32_t count, const struct drm_rocket_sync *in,
			   const struct drm_rocket_sync *out);
void rocket_vm_bind_async(int fd, uint32_t vm, const struct drm_rocket_vm_bind_op *ops,
			  uint32_t count, const struct drm_rocket_sync *in,
			  const struct drm_rocket_sync *out);

/*
 * A fence that signals when the test says so, borrowed from vgem (which gives
 * up after 10 s).  Skips where there is no vgem.
 */
struct rocket_blocker {
	int vgem;
	uint32_t bo;
	uint32_t fence;
	int sync_file;
	uint32_t syncobj;	/* of the rocket device: holds the fence */
};

void rocket_require_blocker(void);
void rocket_blocker_init(struct rocket_blocker *blocker, int fd);
void rocket_blocker_release(struct rocket_blocker *blocker);
bool rocket_blocker_blocks(struct rocket_blocker *blocker);
void rocket_blocker_fini(struct rocket_blocker *blocker);

#endif
