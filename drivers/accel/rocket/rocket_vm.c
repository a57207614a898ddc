// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_file.h>
#include <drm/rocket_accel.h>
#include <linux/cleanup.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "rocket_bind.h"
#include "rocket_bind_queue.h"
#include "rocket_device.h"
#include "rocket_fair.h"
#include "rocket_fault.h"
#include "rocket_file.h"
#include "rocket_limits.h"
#include "rocket_quota.h"
#include "rocket_race.h"
#include "rocket_vm.h"

static void rocket_vm_free(struct drm_gpuvm *gpuvm)
{
	struct rocket_vm *vm = to_rocket_vm(gpuvm);

	rocket_mmu_fini(&vm->mmu);
	rocket_share_put(vm->share);
	rocket_quota_put(vm->quota);
	mutex_destroy(&vm->queue_lock);
	mutex_destroy(&vm->bind_lock);
	mutex_destroy(&vm->op_lock);
	kfree(vm->faults);
	kfree(vm);
}

/* drm_gpuvm would charge it to nobody. */
static struct drm_gpuvm_bo *rocket_vm_alloc_vm_bo(void)
{
	return kzalloc_obj(struct drm_gpuvm_bo, GFP_KERNEL_ACCOUNT);
}

static const struct drm_gpuvm_ops rocket_vm_ops = {
	.vm_free = rocket_vm_free,
	.vm_bo_alloc = rocket_vm_alloc_vm_bo,
	.sm_step_map = rocket_bind_step_map,
	.sm_step_remap = rocket_bind_step_remap,
	.sm_step_unmap = rocket_bind_step_unmap,
};

static int rocket_vm_init_mmu(struct rocket_vm *vm, struct rocket_device *rdev)
{
	/* Others may make theirs at the same time, however long this waits for memory. */
	guard(rwsem_read)(&rdev->bound_lock);

	if (!rdev->iommu_dev)
		return -ENODEV;

	return rocket_mmu_init(&vm->mmu, rdev->iommu_dev, vm->quota, rdev->vm_ops->fault, rdev);
}

/**
 * rocket_vm_create() - Create an empty address space.
 * @rfile: The file, of which the VM keeps what it needs.
 *
 * Return: The VM, to be closed and put by the caller; -ENODEV when no core is in
 * service; -ENOMEM; -ENOSPC when the user may have no more page tables.
 */
struct rocket_vm *rocket_vm_create(struct rocket_file *rfile)
{
	struct rocket_device *rdev = rfile->rdev;
	struct drm_gem_object *resv_obj;
	struct rocket_vm *vm;
	int ret;

	vm = kzalloc_obj(*vm, GFP_KERNEL_ACCOUNT);
	if (!vm)
		return ERR_PTR(-ENOMEM);

	vm->quota = rocket_quota_get(rfile->quota);
	ret = rocket_vm_init_mmu(vm, rdev);
	if (ret)
		goto err_free;

	resv_obj = drm_gpuvm_resv_object_alloc(&rdev->ddev);
	if (!resv_obj) {
		ret = -ENOMEM;
		goto err_fini_mmu;
	}

	kref_init(&vm->ref);
	vm->rdev = rdev;
	vm->full_to = ROCKET_VM_KERNEL_START;
	vm->claims = RB_ROOT_CACHED;
	vm->owner = rfile->id;
	vm->share = rocket_share_get(rfile->share);
	mutex_init(&vm->op_lock);
	mutex_init(&vm->bind_lock);
	mutex_init(&vm->queue_lock);

	drm_gpuvm_init(&vm->base, "rocket", DRM_GPUVM_IMMEDIATE_MODE, &rdev->ddev,
		       resv_obj, ROCKET_VM_START, ROCKET_VM_END - ROCKET_VM_START,
		       0, 0, &rocket_vm_ops);
	/* The VM has taken its own. */
	drm_gem_object_put(resv_obj);

	return vm;

err_fini_mmu:
	rocket_mmu_fini(&vm->mmu);
err_free:
	rocket_quota_put(vm->quota);
	kfree(vm);

	return ERR_PTR(ret);
}

/**
 * rocket_vm_close() - Take no more jobs and binds and cancel those that wait.
 * @vm: The VM. The caller still holds its reference afterwards.
 */
void rocket_vm_close(struct rocket_vm *vm)
{
	rocket_bind_queue_close(vm);
	rocket_race_point(ROCKET_RACE_CLOSE);
	vm->rdev->vm_ops->close(vm);
}

static void rocket_vm_release(struct kref *ref)
{
	struct rocket_vm *vm = container_of(ref, struct rocket_vm, ref);

	rocket_race_point(ROCKET_RACE_RELEASE);

	/* First the hardware, then the tables, then the pages. */
	vm->rdev->vm_ops->leave(vm);
	rocket_bind_unmap_all(vm);
	if (vm->guard)
		drm_gem_object_put(vm->guard);
	vm->rdev->vm_ops->free(vm);
	rocket_bind_queue_free(vm);

	drm_gpuvm_put(&vm->base);
}

/**
 * rocket_vm_get() - Take a reference.
 * @vm: The VM, of which the caller has one.
 *
 * Return: @vm.
 */
struct rocket_vm *rocket_vm_get(struct rocket_vm *vm)
{
	kref_get(&vm->ref);

	return vm;
}

/**
 * rocket_vm_put() - Put a reference.
 * @vm: The VM, or %NULL. The last reference tears it down.
 *
 * Context: Sleeps; not from where a fence waits for it.
 */
void rocket_vm_put(struct rocket_vm *vm)
{
	if (vm)
		kref_put(&vm->ref, rocket_vm_release);
}

/**
 * rocket_vm_try_put() - Put a reference, unless it is the last.
 * @vm: The VM.
 *
 * Context: Any.
 * Return: %false when it is, and was not put.
 */
bool rocket_vm_try_put(struct rocket_vm *vm)
{
	return refcount_dec_not_one(&vm->ref.refcount);
}

/**
 * rocket_vm_find() - Find a VM of a file, if it is there.
 * @rfile: The file.
 * @id: Userspace's id.
 *
 * Return: The VM with a reference, %NULL when there is none.
 */
struct rocket_vm *rocket_vm_find(struct rocket_file *rfile, u32 id)
{
	struct rocket_vm *vm;

	xa_lock(&rfile->vms);
	vm = xa_load(&rfile->vms, id);
	if (vm)
		rocket_vm_get(vm);
	xa_unlock(&rfile->vms);

	return vm;
}

static void rocket_vm_close_and_put(struct rocket_vm *vm)
{
	rocket_vm_close(vm);
	rocket_vm_put(vm);
}

/* Creates a VM and gives it an id of the range. */
static int rocket_vm_add(struct rocket_file *rfile, struct xa_limit ids, u32 *id)
{
	struct rocket_vm *vm;
	int ret;

	vm = rocket_vm_create(rfile);
	if (IS_ERR(vm))
		return PTR_ERR(vm);

	/* Who looks it up by an id that was guessed waits for the lock. */
	xa_lock(&rfile->vms);
	ret = __xa_alloc(&rfile->vms, id, vm, ids, GFP_KERNEL_ACCOUNT);
	if (!ret)
		vm->id = *id;
	xa_unlock(&rfile->vms);
	if (ret)
		rocket_vm_close_and_put(vm);

	/* __xa_alloc() says -EBUSY when all ids are taken. */
	return ret == -EBUSY ? -ENOSPC : ret;
}

/*
 * VM 0, which is made when it is first used. Who gets it here has seen it in
 * &rocket_file.vm, which rocket_gem_open() relies on.
 */
static struct rocket_vm *rocket_vm_get_first(struct rocket_file *rfile)
{
	struct rocket_vm *vm;
	int ret;
	u32 id;

	/* Pairs with the release below. */
	vm = smp_load_acquire(&rfile->vm);
	/* Only the end of the file takes it away. */
	if (vm)
		return rocket_vm_get(vm);

	rocket_race_point(ROCKET_RACE_VM_FIRST);
	guard(mutex)(&rfile->vm_lock);

	/* Somebody may have been faster. */
	if (!rfile->vm) {
		ret = rocket_vm_add(rfile, XA_LIMIT(0, 0), &id);
		if (ret)
			return ERR_PTR(ret);
		/* Who has no lock sees a VM that is complete. */
		smp_store_release(&rfile->vm, xa_load(&rfile->vms, 0));
	}

	return rocket_vm_get(rfile->vm);
}

/**
 * rocket_vm_lookup() - Find a VM of a file, or make VM 0.
 * @rfile: The file.
 * @id: Userspace's id.
 *
 * Return: The VM with a reference; -ENOENT when there is none; for VM 0 a negative
 * errno of rocket_vm_create() instead.
 */
struct rocket_vm *rocket_vm_lookup(struct rocket_file *rfile, u32 id)
{
	if (!id)
		return rocket_vm_get_first(rfile);

	return rocket_vm_find(rfile, id) ?: ERR_PTR(-ENOENT);
}

/**
 * rocket_vm_open_file() - Get ready for the VMs of a file.
 * @rfile: The file.
 */
void rocket_vm_open_file(struct rocket_file *rfile)
{
	xa_init_flags(&rfile->vms, XA_FLAGS_ALLOC);
	mutex_init(&rfile->vm_lock);
}

/**
 * rocket_vm_close_file() - Close all VMs of a file.
 * @rfile: The file; nobody uses it any more.
 */
void rocket_vm_close_file(struct rocket_file *rfile)
{
	struct rocket_vm *vm;
	unsigned long id;

	xa_for_each(&rfile->vms, id, vm)
		rocket_vm_close_and_put(vm);

	mutex_destroy(&rfile->vm_lock);
	xa_destroy(&rfile->vms);
}

/* DRM_IOCTL_ROCKET_VM_CREATE, see struct drm_rocket_vm_create. */
int rocket_ioctl_vm_create(struct drm_device *ddev, void *data, struct drm_file *file)
{
	struct drm_rocket_vm_create *args = data;

	if (args->flags)
		return -EINVAL;

	return rocket_vm_add(file->driver_priv, XA_LIMIT(1, ROCKET_VM_MAX - 1),
			     &args->vm_id);
}

/* DRM_IOCTL_ROCKET_VM_DESTROY, see struct drm_rocket_vm_destroy. */
int rocket_ioctl_vm_destroy(struct drm_device *ddev, void *data, struct drm_file *file)
{
	struct drm_rocket_vm_destroy *args = data;
	struct rocket_file *rfile = file->driver_priv;
	struct rocket_vm *vm;

	if (!args->vm_id || args->pad)
		return -EINVAL;

	vm = xa_erase(&rfile->vms, args->vm_id);
	if (!vm)
		return -ENOENT;

	rocket_vm_close_and_put(vm);

	return 0;
}

static int rocket_vm_copy_faults(struct drm_rocket_vm_query *args,
				 const struct drm_rocket_vm_fault *records, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		void __user *to = u64_to_user_ptr(args->faults +
						  (u64)i * args->fault_struct_size);
		int ret;

		ret = copy_struct_to_user(to, args->fault_struct_size, &records[i],
					  sizeof(records[i]), NULL);
		if (ret)
			return ret;
	}

	return 0;
}

/*
 * No lock is held while records are copied: userspace decides how long that takes. Of
 * two who clear at once both may get a record, and none removes what it did not get.
 */
static int rocket_vm_query_faults(struct rocket_fault_log *log,
				  struct drm_rocket_vm_query *args)
{
	struct drm_rocket_vm_fault *records __free(kfree) = NULL;
	u32 room = args->fault_count;
	u64 dropped, removed;
	u32 count;
	int ret;

	records = kmalloc_objs(*records, ROCKET_FAULT_RECORDS);
	if (!records)
		return -ENOMEM;

	scoped_guard(spinlock_irqsave, &log->lock) {
		args->fault_count = log->count;
		args->faults_total = log->total;
		args->faults_dropped = log->dropped - log->dropped_told;
		dropped = log->dropped;
		count = min(room, log->count);
		removed = log->removed + count;
		memcpy(records, log->records, count * sizeof(*records));
	}

	ret = rocket_vm_copy_faults(args, records, count);
	if (ret)
		return ret;

	if (args->flags & DRM_ROCKET_VM_QUERY_CLEAR)
		rocket_fault_log_remove(log, removed, dropped);

	return 0;
}

static int rocket_vm_query(struct rocket_vm *vm, struct drm_rocket_vm_query *args)
{
	/* Pairs with rocket_queue_create_fault_log(). */
	struct rocket_fault_log *log = smp_load_acquire(&vm->faults);

	scoped_guard(mutex, &vm->op_lock) {
		args->mapping_count = vm->mapping_count - vm->guard_count;
		args->mapped_bytes = vm->mapped_bytes -
				     vm->guard_count * ROCKET_VM_GUARD_SIZE;
	}

	if (log)
		return rocket_vm_query_faults(log, args);

	args->fault_count = 0;
	args->faults_total = 0;
	args->faults_dropped = 0;

	return 0;
}

/* DRM_IOCTL_ROCKET_VM_QUERY, see struct drm_rocket_vm_query. */
int rocket_ioctl_vm_query(struct drm_device *ddev, void *data, struct drm_file *file)
{
	struct drm_rocket_vm_query *args = data;
	struct rocket_vm *vm;
	int ret;

	if (args->flags & ~DRM_ROCKET_VM_QUERY_CLEAR)
		return -EINVAL;

	if (args->fault_count) {
		if (args->fault_struct_size < sizeof(struct drm_rocket_vm_fault))
			return -EINVAL;
		if (args->fault_struct_size > PAGE_SIZE)
			return -E2BIG;
	}

	vm = rocket_vm_lookup(file->driver_priv, args->vm_id);
	if (IS_ERR(vm))
		return PTR_ERR(vm);

	ret = rocket_vm_query(vm, args);
	rocket_vm_put(vm);

	return ret;
}
