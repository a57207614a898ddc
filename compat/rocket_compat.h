/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver uses of the newest kernel and older ones lack. The build out of the
 * kernel's tree includes this file before everything else; the driver does not know of
 * it. docs/testing.rst says which kernels are kept, and until when.
 *
 * 7.1 and 7.2 lack little, 7.3 nothing at all.
 */

#ifndef ROCKET_COMPAT_H
#define ROCKET_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#error "rocket: Linux 6.18 is the oldest that has what this driver needs"
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0) && LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0)
#error "rocket: Linux 6.19 and 7.0 have ended; take 6.18, or 7.1 and newer"
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 3, 0)

#include <drm/drm_drv.h>

/* BOs had their list of mappings only if the driver asked for it. */
#define DRIVER_GEM				(DRIVER_GEM | DRIVER_GEM_GPUVA)

#endif /* Linux 6.18, 7.1, 7.2 */

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0)

#include <drm/drm_exec.h>
#include <drm/drm_gem_shmem_helper.h>
#include <drm/drm_gpuvm.h>
#include <linux/dma-fence.h>
#include <linux/slab.h>

/* An object, or several, by name instead of by size */

#ifndef kzalloc_obj
/* The one that is given, or the usual one */
#define rocket_compat_gfp(...)		\
	rocket_compat_second(0, ##__VA_ARGS__, GFP_KERNEL)
#define rocket_compat_second(none, gfp, ...)	gfp

#define kzalloc_obj(obj, ...)		\
	((typeof(obj) *)kzalloc(sizeof(obj), rocket_compat_gfp(__VA_ARGS__)))
#define kmalloc_objs(obj, count, ...)	\
	((typeof(obj) *)kmalloc_array(count, sizeof(obj), rocket_compat_gfp(__VA_ARGS__)))
#define kvmalloc_objs(obj, count, ...)	\
	((typeof(obj) *)kvmalloc_array(count, sizeof(obj), rocket_compat_gfp(__VA_ARGS__)))
#endif

/* The loop over what is locked has come to count for itself. */

#undef drm_exec_for_each_locked_object
#define drm_exec_for_each_locked_object(exec, obj)		\
	for (unsigned long _locked = 0;				\
	     ((obj) = drm_exec_obj(exec, _locked)); _locked++)

/* The rest is in rocket_compat.c, which says what is different. */

void rocket_compat_gpuvm_init(struct drm_gpuvm *gpuvm, const char *name,
			      enum drm_gpuvm_flags flags, struct drm_device *ddev,
			      struct drm_gem_object *resv_obj, u64 start, u64 range,
			      u64 reserve_start, u64 reserve_range,
			      const struct drm_gpuvm_ops *ops);
struct drm_gpuvm_bo *rocket_compat_bo_obtain(struct drm_gpuvm_bo *vm_bo);
void rocket_compat_bo_put_deferred(struct drm_gpuvm_bo *vm_bo);
void rocket_compat_bo_cleanup(struct drm_gpuvm *gpuvm);
void rocket_compat_unlink_defer(struct drm_gpuva *va);

int rocket_compat_huge_mnt_create(struct drm_device *ddev, const char *value);
struct drm_gem_shmem_object *rocket_compat_shmem_create(struct drm_device *ddev,
							size_t size);

void rocket_compat_fence_init(struct dma_fence *fence, const struct dma_fence_ops *ops,
			      spinlock_t *lock, u64 context, u64 seqno);
void rocket_compat_fence_signal(struct dma_fence *fence);

/* Functions of the kernel that have changed: rocket_compat.c calls them by (name)(…). */
#define drm_gpuvm_init(...)			rocket_compat_gpuvm_init(__VA_ARGS__)
#define drm_gpuvm_bo_obtain_prealloc(vm_bo)	rocket_compat_bo_obtain(vm_bo)
#define drm_gem_shmem_create(ddev, size)	rocket_compat_shmem_create(ddev, size)
#define dma_fence_init(...)			rocket_compat_fence_init(__VA_ARGS__)
#define dma_fence_signal(fence)			rocket_compat_fence_signal(fence)

/* Functions that it does not have */
#define drm_gpuvm_bo_put_deferred(vm_bo)	rocket_compat_bo_put_deferred(vm_bo)
#define drm_gpuvm_bo_deferred_cleanup(gpuvm)	rocket_compat_bo_cleanup(gpuvm)
#define drm_gpuva_unlink_defer(va)		rocket_compat_unlink_defer(va)
#define drm_gem_huge_mnt_create(ddev, value)	rocket_compat_huge_mnt_create(ddev, value)

#endif /* Linux 6.18 */

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0) && LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)

#include <drm/gpu_scheduler.h>

int rocket_compat_sched_init(struct drm_gpu_scheduler *sched,
			     const struct drm_sched_init_args *args);
void rocket_compat_job_cleanup(struct drm_sched_job *job);

#define drm_sched_init(sched, args)		rocket_compat_sched_init(sched, args)
#define drm_sched_job_cleanup(job)		rocket_compat_job_cleanup(job)

#endif /* Linux 7.1 */

#endif /* ROCKET_COMPAT_H */
