// SPDX-License-Identifier: GPL-2.0-only
/*
 * What Linux 6.18 has no counterpart for, and the driver relies on:
 *
 * - The last reference to a &struct drm_gpuvm_bo may go where a fence waits; what has to
 *   sleep for a lock, or frees pages, comes later.
 * - A VM keeps its DRM device.
 * - BOs are made of huge pages, where their size allows.
 * - A fence that has signalled does not need the module any more that made it.
 *
 * For Linux 7.1, only a part of the last. On newer kernels this file is empty.
 */

#include "rocket_compat.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0)

#include <drm/drm_drv.h>
#include <drm/drm_managed.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

/*
 * VMs
 */

/*
 * The driver's operations with our vm_free, and its own one, which that calls. It has
 * one set of them. Written once, under the lock, before the first VM is there.
 */
static DEFINE_MUTEX(rocket_compat_ops_lock);
static struct drm_gpuvm_ops rocket_compat_ops;
static const struct drm_gpuvm_ops *rocket_compat_driver_ops;

static void rocket_compat_vm_free(struct drm_gpuvm *gpuvm)
{
	struct drm_device *ddev = gpuvm->drm;

	rocket_compat_driver_ops->vm_free(gpuvm);
	drm_dev_put(ddev);
}

static void rocket_compat_take_ops(const struct drm_gpuvm_ops *ops)
{
	guard(mutex)(&rocket_compat_ops_lock);

	if (WARN_ON(rocket_compat_driver_ops && rocket_compat_driver_ops != ops))
		return;
	if (rocket_compat_driver_ops)
		return;

	rocket_compat_ops = *ops;
	rocket_compat_ops.vm_free = rocket_compat_vm_free;
	rocket_compat_driver_ops = ops;
}

/* drm_gpuvm_init(): here the VM takes a reference to its device, too. */
void rocket_compat_gpuvm_init(struct drm_gpuvm *gpuvm, const char *name,
			      enum drm_gpuvm_flags flags, struct drm_device *ddev,
			      struct drm_gem_object *resv_obj, u64 start, u64 range,
			      u64 reserve_start, u64 reserve_range,
			      const struct drm_gpuvm_ops *ops)
{
	rocket_compat_take_ops(ops);
	drm_dev_get(ddev);
	(drm_gpuvm_init)(gpuvm, name, flags, ddev, resv_obj, start, range,
			 reserve_start, reserve_range, &rocket_compat_ops);
}

/*
 * drm_gpuvm_bo_obtain_prealloc(): newer kernels take the lock themselves. The caller has
 * a reference to the BO and one to the VM, so that none that goes here is the last.
 */
struct drm_gpuvm_bo *rocket_compat_bo_obtain(struct drm_gpuvm_bo *vm_bo)
{
	guard(mutex)(&vm_bo->obj->gpuva.lock);

	return (drm_gpuvm_bo_obtain_prealloc)(vm_bo);
}

/*
 * drm_gpuvm_bo_put_deferred(): who has the last reference, under the lock with which
 * others would find it, takes it out of the BO and leaves it to the next
 * rocket_compat_bo_cleanup(). Until then it is in the VM's list of evicted BOs, under
 * the lock of that: a driver that never evicts has no other use for them.
 *
 * The lock is let go of before: with the reference the BO may go, and the lock in it.
 */
void rocket_compat_bo_put_deferred(struct drm_gpuvm_bo *vm_bo)
{
	struct drm_gpuvm *gpuvm;

	if (!vm_bo)
		return;

	scoped_guard(mutex, &vm_bo->obj->gpuva.lock) {
		if (kref_read(&vm_bo->kref) > 1) {
			drm_gpuvm_bo_put(vm_bo);
			return;
		}
		list_del_init(&vm_bo->list.entry.gem);
	}

	gpuvm = vm_bo->vm;
	guard(spinlock)(&gpuvm->evict.lock);
	list_add_tail(&vm_bo->list.entry.evict, &gpuvm->evict.list);
}

static struct drm_gpuvm_bo *rocket_compat_next_deferred(struct drm_gpuvm *gpuvm)
{
	struct drm_gpuvm_bo *vm_bo;

	guard(spinlock)(&gpuvm->evict.lock);

	vm_bo = list_first_entry_or_null(&gpuvm->evict.list, struct drm_gpuvm_bo,
					 list.entry.evict);
	if (vm_bo)
		list_del_init(&vm_bo->list.entry.evict);

	return vm_bo;
}

/* drm_gpuvm_bo_deferred_cleanup(). The caller has a reference to the VM. */
void rocket_compat_bo_cleanup(struct drm_gpuvm *gpuvm)
{
	struct drm_gpuvm_bo *vm_bo;

	while ((vm_bo = rocket_compat_next_deferred(gpuvm))) {
		struct drm_gem_object *obj = vm_bo->obj;

		/* The lock is in the BO, of which this may have the last reference. */
		drm_gem_object_get(obj);
		scoped_guard(mutex, &obj->gpuva.lock)
			drm_gpuvm_bo_put(vm_bo);
		drm_gem_object_put(obj);
	}
}

/* drm_gpuva_unlink_defer() */
void rocket_compat_unlink_defer(struct drm_gpuva *va)
{
	struct drm_gpuvm_bo *vm_bo = va->vm_bo;

	if (!va->gem.obj)
		return;

	scoped_guard(mutex, &va->gem.obj->gpuva.lock)
		list_del_init(&va->gem.entry);

	va->vm_bo = NULL;
	rocket_compat_bo_put_deferred(vm_bo);
}

/*
 * Huge pages: newer kernels know a mount for each device. Here all devices, of which
 * there is one and now and then one that goes, share one.
 */

/* Protects both. */
static DEFINE_MUTEX(rocket_compat_mnt_lock);
static struct vfsmount *rocket_compat_mnt;
/* The devices that have asked for it: with the last one it goes. */
static unsigned int rocket_compat_mnt_users;

static struct vfsmount *rocket_compat_mount(const char *value)
{
	struct file_system_type *type;
	struct vfsmount *mnt;
	struct fs_context *fc;
	int ret;

	type = get_fs_type("tmpfs");
	if (!type)
		return ERR_PTR(-EOPNOTSUPP);
	fc = fs_context_for_mount(type, SB_KERNMOUNT);
	/* As put_filesystem() does, which modules cannot call */
	module_put(type->owner);
	if (IS_ERR(fc))
		return ERR_CAST(fc);

	ret = vfs_parse_fs_string(fc, "source", "tmpfs");
	if (!ret)
		ret = vfs_parse_fs_string(fc, "huge", value);
	mnt = ret ? ERR_PTR(ret) : fc_mount_longterm(fc);
	put_fs_context(fc);

	return mnt;
}

static void rocket_compat_unmount(struct drm_device *ddev, void *data)
{
	guard(mutex)(&rocket_compat_mnt_lock);

	if (--rocket_compat_mnt_users)
		return;
	kern_unmount(rocket_compat_mnt);
	rocket_compat_mnt = NULL;
}

/* drm_gem_huge_mnt_create() */
int rocket_compat_huge_mnt_create(struct drm_device *ddev, const char *value)
{
	if (!IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE))
		return 0;

	scoped_guard(mutex, &rocket_compat_mnt_lock) {
		if (!rocket_compat_mnt) {
			struct vfsmount *mnt = rocket_compat_mount(value);

			if (IS_ERR(mnt))
				return PTR_ERR(mnt);
			rocket_compat_mnt = mnt;
		}
		rocket_compat_mnt_users++;
	}

	return drmm_add_action_or_reset(ddev, rocket_compat_unmount, NULL);
}

/* drm_gem_shmem_create() */
struct drm_gem_shmem_object *rocket_compat_shmem_create(struct drm_device *ddev, size_t size)
{
	struct drm_gem_shmem_object *shmem;
	struct vfsmount *mnt;

	/* This device may be one that could not have it, and the others may go. */
	scoped_guard(mutex, &rocket_compat_mnt_lock)
		mnt = rocket_compat_mnt ? mntget(rocket_compat_mnt) : NULL;
	shmem = drm_gem_shmem_create_with_mnt(ddev, size, mnt);
	mntput(mnt);

	return shmem;
}

/*
 * Fences
 */

/*
 * The operations of the kernel's own stub fence: they are always there, and free the
 * fence as dma-fence does by itself. Set to the same each time.
 */
static const struct dma_fence_ops *rocket_compat_stub_ops;

/* dma_fence_init(), for the driver's own fences. Interrupts are enabled. */
void rocket_compat_fence_init(struct dma_fence *fence, const struct dma_fence_ops *ops,
			      spinlock_t *lock, u64 context, u64 seqno)
{
	if (!READ_ONCE(rocket_compat_stub_ops)) {
		struct dma_fence *stub = dma_fence_get_stub();

		WRITE_ONCE(rocket_compat_stub_ops, stub->ops);
		dma_fence_put(stub);
	}
	(dma_fence_init)(fence, ops, lock, context, seqno);
}

/*
 * dma_fence_signal(), for the driver's own fences, none of which has operations to
 * release it or to wait: newer kernels forget the operations of such a fence with its
 * signal. Here others take their place, so that the driver may be unloaded while
 * somebody, like a sync_file, still has the fence. Names of fences that have signalled
 * nobody asks for.
 */
void rocket_compat_fence_signal(struct dma_fence *fence)
{
	unsigned long flags;

	spin_lock_irqsave(fence->lock, flags);
	dma_fence_signal_locked(fence);
	WRITE_ONCE(fence->ops, READ_ONCE(rocket_compat_stub_ops));
	spin_unlock_irqrestore(fence->lock, flags);
}

#endif /* Linux 6.18 */

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0) && LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)

#include <linux/cleanup.h>
#include <linux/mutex.h>
#include <linux/slab.h>

/*
 * Who asks 7.1 for the name of a job's fence is led to the job's scheduler, also when the
 * fence has signalled and that has gone, with the module; 6.18 and 7.2 look first. So such
 * a fence is given another scheduler, which has nothing but a name, and stays for ever:
 * nobody can tell when the last of these fences goes.
 */
struct rocket_compat_named {
	struct drm_gpu_scheduler sched;
	char name[8];
};

static DEFINE_MUTEX(rocket_compat_named_lock);
static struct rocket_compat_named *rocket_compat_named;

static int rocket_compat_make_named(void)
{
	struct rocket_compat_named *named;

	guard(mutex)(&rocket_compat_named_lock);

	if (rocket_compat_named)
		return 0;

	named = kzalloc_obj(*named);
	if (!named)
		return -ENOMEM;

	strscpy(named->name, "rocket");
	named->sched.name = named->name;
	rocket_compat_named = named;

	return 0;
}

/* drm_sched_init() */
int rocket_compat_sched_init(struct drm_gpu_scheduler *sched,
			     const struct drm_sched_init_args *args)
{
	return rocket_compat_make_named() ?: (drm_sched_init)(sched, args);
}

/* drm_sched_job_cleanup(): a job that has been in the scheduler has ended by then. */
void rocket_compat_job_cleanup(struct drm_sched_job *job)
{
	if (kref_read(&job->s_fence->finished.refcount))
		WRITE_ONCE(job->s_fence->sched, &rocket_compat_named->sched);

	(drm_sched_job_cleanup)(job);
}

#endif /* Linux 7.1 */
