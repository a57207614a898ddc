// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_file.h>
#include <drm/drm_gpuvm.h>
#include <drm/drm_print.h>
#include <drm/gpu_scheduler.h>
#include <drm/rocket_accel.h>
#include <linux/cleanup.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "rocket_device.h"
#include "rocket_drv.h"
#include "rocket_gem.h"
#include "rocket_sync.h"
#include "rocket_vm.h"
#include "rocket_vm_bind.h"

/**
 * DOC: Bind operations
 *
 * An array of operations is a transaction. Each operation is looked at
 * (rocket_bind_op_check()) and prepared: BO, pages, &struct drm_gpuvm_bo and as
 * many mapping objects as it can need are there before anything changes
 * (rocket_bind_op_prepare()). Then, under &rocket_vm.op_lock, the page tables
 * of all operations are reserved (rocket_bind_reserve()), which is the last step
 * that can fail. Applying them (rocket_bind_apply()) cannot: not at once, and not
 * later, from the VM's bind queue, where nothing may allocate.
 *
 * How many mapping objects an operation can need does not depend on what is
 * mapped: unmapping a range removes any number of mappings, which needs none,
 * and cuts at most two, one at each end, which needs two; a map needs one more.
 *
 * &struct drm_gpuvm_bo that lost their last mapping, and with them the pages,
 * are let go after &rocket_vm.op_lock was dropped; by then the page tables and
 * every IOTLB are clean.
 */

/* struct rocket_vma - A mapping. Protected like the tree it is in. */
struct rocket_vma {
	/* @base: drm_gpuvm's part. */
	struct drm_gpuva base;

	/* @readonly: The NPU cannot write there. */
	bool readonly;

	/* @kernel: The kernel chose the address, see rocket_gem_hold_mapping(). */
	bool kernel;
};

/* Most mapping objects that one operation can need, see above. */
#define ROCKET_BIND_OP_VMAS 3

/* struct rocket_bind_op - An operation, checked and prepared. */
struct rocket_bind_op {
	/* @type: One of enum drm_rocket_vm_bind_op_type. */
	u32 type;
	/* @readonly: For a map. */
	bool readonly;
	/* @kernel: For a map: the kernel chose @addr. */
	bool kernel;
	/* @addr: First address. */
	u64 addr;
	/* @range: Size in bytes. */
	u64 range;
	/* @bo_offset: Where in @bo a map begins. */
	u64 bo_offset;
	/* @bo: For MAP and UNMAP_BO, a reference. */
	struct rocket_gem_object *bo;
	/* @sgt: The memory of @bo, which @bo keeps. */
	struct sg_table *sgt;
	/* @vm_bo: For MAP, a reference. */
	struct drm_gpuvm_bo *vm_bo;
	/* @spare: Mapping objects that have not been used. */
	struct rocket_vma *spare[ROCKET_BIND_OP_VMAS];
	/* @vm: The VM, while the operation is applied. */
	struct rocket_vm *vm;
};

static struct rocket_vma *to_rocket_vma(struct drm_gpuva *va)
{
	return container_of(va, struct rocket_vma, base);
}

static struct rocket_vma *rocket_bind_op_take_vma(struct rocket_bind_op *op)
{
	for (int i = 0; i < ARRAY_SIZE(op->spare); i++) {
		if (op->spare[i])
			return no_free_ptr(op->spare[i]);
	}

	/* Cannot be: see DOC: Bind operations. */
	WARN_ON(1);

	return NULL;
}

/*
 * Steps: what drm_gpuvm calls to apply an operation
 */

static void rocket_vma_link(struct rocket_vma *vma, struct drm_gpuvm_bo *vm_bo)
{
	struct rocket_vm *vm = to_rocket_vm(vm_bo->vm);

	guard(mutex)(&vm_bo->obj->gpuva.lock);
	drm_gpuva_link(&vma->base, vm_bo);
	vm->mapping_count++;
	vm->mapped_bytes += vma->base.va.range;
}

/* Takes a mapping that has left the tree and the page tables out of its BO. */
static void rocket_vma_destroy(struct rocket_vma *vma)
{
	struct rocket_vm *vm = to_rocket_vm(vma->base.vm);

	vm->mapping_count--;
	vm->mapped_bytes -= vma->base.va.range;
	drm_gpuva_unlink_defer(&vma->base);
	kfree(vma);
}

/**
 * rocket_vm_bind_step_map() - A new mapping; the range is free by now.
 * @op: What drm_gpuvm found out.
 * @priv: The &struct rocket_bind_op.
 *
 * Return: 0. Errors mean a bug, in the IOMMU driver or here.
 */
int rocket_vm_bind_step_map(struct drm_gpuva_op *op, void *priv)
{
	struct rocket_bind_op *bind = priv;
	struct rocket_vma *vma;
	int ret;

	ret = rocket_mmu_map(bind->vm, op->map.va.addr, bind->sgt, op->map.gem.offset,
			     op->map.va.range, drm_gem_is_imported(op->map.gem.obj),
			     bind->readonly);
	if (ret)
		return ret;

	vma = rocket_bind_op_take_vma(bind);
	vma->readonly = bind->readonly;
	vma->kernel = bind->kernel;
	drm_gpuva_map(&bind->vm->base, &vma->base, &op->map);
	rocket_vma_link(vma, bind->vm_bo);

	return 0;
}

/**
 * rocket_vm_bind_step_remap() - A mapping that is cut at one or both ends.
 * @op: What drm_gpuvm found out.
 * @priv: The &struct rocket_bind_op.
 *
 * What stays mapped is not touched in the page tables: jobs may be using it.
 *
 * Return: 0.
 */
int rocket_vm_bind_step_remap(struct drm_gpuva_op *op, void *priv)
{
	struct rocket_vma *old = to_rocket_vma(op->remap.unmap->va);
	struct drm_gpuvm_bo *vm_bo = old->base.vm_bo;
	struct rocket_vma *prev = NULL, *next = NULL;
	struct rocket_bind_op *bind = priv;
	u64 addr, range;

	drm_gpuva_op_remap_to_unmap_range(&op->remap, &addr, &range);
	rocket_mmu_unmap(bind->vm, addr, range);

	if (op->remap.prev)
		prev = rocket_bind_op_take_vma(bind);
	if (op->remap.next)
		next = rocket_bind_op_take_vma(bind);

	drm_gpuva_remap(prev ? &prev->base : NULL, next ? &next->base : NULL, &op->remap);

	if (prev) {
		prev->readonly = old->readonly;
		prev->kernel = old->kernel;
		rocket_vma_link(prev, vm_bo);
	}

	if (next) {
		next->readonly = old->readonly;
		next->kernel = old->kernel;
		rocket_vma_link(next, vm_bo);
	}

	rocket_vma_destroy(old);

	return 0;
}

static void rocket_vma_unmap(struct rocket_vma *vma)
{
	rocket_mmu_unmap(to_rocket_vm(vma->base.vm), vma->base.va.addr, vma->base.va.range);
	drm_gpuva_remove(&vma->base);
	rocket_vma_destroy(vma);
}

/**
 * rocket_vm_bind_step_unmap() - A mapping that goes as a whole.
 * @op: What drm_gpuvm found out.
 * @priv: The &struct rocket_bind_op.
 *
 * Return: 0.
 */
int rocket_vm_bind_step_unmap(struct drm_gpuva_op *op, void *priv)
{
	rocket_vma_unmap(to_rocket_vma(op->unmap.va));

	return 0;
}

/* The next mapping of a BO, if it has one; stable under the VM's op_lock. */
static struct rocket_vma *rocket_bind_next_vma(struct rocket_vm *vm,
					       struct drm_gem_object *obj)
{
	struct drm_gpuvm_bo *vm_bo;

	lockdep_assert_held(&vm->op_lock);
	guard(mutex)(&obj->gpuva.lock);

	drm_gem_for_each_gpuvm_bo(vm_bo, obj) {
		struct drm_gpuva *va;

		if (vm_bo->vm != &vm->base)
			continue;

		va = list_first_entry_or_null(&vm_bo->list.gpuva, struct drm_gpuva,
					      gem.entry);
		return va ? to_rocket_vma(va) : NULL;
	}

	return NULL;
}

static void rocket_bind_unmap_bo(struct rocket_vm *vm, struct rocket_gem_object *bo)
{
	struct rocket_vma *vma;

	while ((vma = rocket_bind_next_vma(vm, &bo->base.base)))
		rocket_vma_unmap(vma);
}

/*
 * Operations
 */

static int rocket_bind_op_apply(struct rocket_vm *vm, struct rocket_bind_op *op)
{
	const struct drm_gpuvm_map_req req = {
		.map.va.addr = op->addr,
		.map.va.range = op->range,
		.map.gem.obj = op->bo ? &op->bo->base.base : NULL,
		.map.gem.offset = op->bo_offset,
	};

	op->vm = vm;

	switch (op->type) {
	case DRM_ROCKET_VM_BIND_OP_MAP:
		return drm_gpuvm_sm_map(&vm->base, op, &req);
	case DRM_ROCKET_VM_BIND_OP_UNMAP:
		return drm_gpuvm_sm_unmap(&vm->base, op, op->addr, op->range);
	default:
		rocket_bind_unmap_bo(vm, op->bo);
		return 0;
	}
}

/* The part of a prepared operation that can fail but needs no undoing. */
static int rocket_bind_op_reserve(struct rocket_vm *vm, struct rocket_bind_op *op)
{
	if (op->type != DRM_ROCKET_VM_BIND_OP_MAP)
		return 0;

	return rocket_mmu_reserve(vm, op->addr, op->range);
}

static void rocket_bind_op_cleanup(struct rocket_bind_op *op)
{
	for (int i = 0; i < ARRAY_SIZE(op->spare); i++)
		kfree(op->spare[i]);

	drm_gpuvm_bo_put_deferred(op->vm_bo);
	if (op->bo)
		drm_gem_object_put(&op->bo->base.base);
}

static int rocket_bind_op_prepare_map(struct rocket_vm *vm, struct rocket_bind_op *op)
{
	struct drm_gpuvm_bo *vm_bo;

	op->sgt = rocket_gem_get_pages(op->bo);
	if (IS_ERR(op->sgt))
		return PTR_ERR(op->sgt);

	vm_bo = drm_gpuvm_bo_create(&vm->base, &op->bo->base.base);
	if (!vm_bo)
		return -ENOMEM;

	op->vm_bo = drm_gpuvm_bo_obtain_prealloc(vm_bo);

	return 0;
}

/* Gets all that applying the operation will need. */
static int rocket_bind_op_prepare(struct rocket_vm *vm, struct rocket_bind_op *op)
{
	int vmas = 0;

	if (op->type == DRM_ROCKET_VM_BIND_OP_MAP)
		vmas = ROCKET_BIND_OP_VMAS;
	else if (op->type == DRM_ROCKET_VM_BIND_OP_UNMAP)
		vmas = ROCKET_BIND_OP_VMAS - 1;

	for (int i = 0; i < vmas; i++) {
		op->spare[i] = kzalloc_obj(*op->spare[i], GFP_KERNEL_ACCOUNT);
		if (!op->spare[i])
			return -ENOMEM;
	}

	if (op->type == DRM_ROCKET_VM_BIND_OP_MAP)
		return rocket_bind_op_prepare_map(vm, op);

	return 0;
}

/* Makes sure that applying prepared operations cannot fail. */
static int rocket_bind_reserve(struct rocket_vm *vm, struct rocket_bind_op *ops, u32 count)
{
	lockdep_assert_held(&vm->op_lock);

	for (u32 i = 0; i < count; i++) {
		int ret = rocket_bind_op_reserve(vm, &ops[i]);

		if (ret)
			return ret;
	}

	return 0;
}

/* Applies reserved operations. An error is a bug, see rocket_mmu_map(). */
static int rocket_bind_apply(struct rocket_vm *vm, struct rocket_bind_op *ops, u32 count)
{
	int ret = 0;

	lockdep_assert_held(&vm->op_lock);

	for (u32 i = 0; i < count && !ret; i++)
		ret = rocket_bind_op_apply(vm, &ops[i]);

	drm_WARN_ON(vm->base.drm, ret);

	return ret;
}

/*
 * Checking what userspace asks for
 */

static bool rocket_bind_range_ok(struct rocket_vm *vm, u64 addr, u64 range)
{
	return range && IS_ALIGNED(addr | range, ROCKET_MMU_PAGE_SIZE) &&
	       drm_gpuvm_range_valid(&vm->base, addr, range);
}

static int rocket_bind_op_check(struct rocket_vm *vm,
				const struct drm_rocket_vm_bind_op *args)
{
	u64 end;

	if (args->pad)
		return -EINVAL;

	switch (args->op) {
	case DRM_ROCKET_VM_BIND_OP_MAP:
		if (args->flags & ~DRM_ROCKET_VM_BIND_READONLY)
			return -EINVAL;
		if (!rocket_bind_range_ok(vm, args->addr, args->range))
			return -EINVAL;
		if (!IS_ALIGNED(args->bo_offset, ROCKET_MMU_PAGE_SIZE) ||
		    check_add_overflow(args->bo_offset, args->range, &end))
			return -EINVAL;
		return 0;
	case DRM_ROCKET_VM_BIND_OP_UNMAP:
		if (args->flags || args->handle || args->bo_offset)
			return -EINVAL;
		return rocket_bind_range_ok(vm, args->addr, args->range) ? 0 : -EINVAL;
	case DRM_ROCKET_VM_BIND_OP_UNMAP_BO:
		if (args->flags || args->bo_offset || args->addr || args->range)
			return -EINVAL;
		return 0;
	default:
		return -EINVAL;
	}
}

/* Finds the BO that the operation names and checks what depends on it. */
static int rocket_bind_op_lookup_bo(struct drm_file *file, struct rocket_vm *vm,
				    const struct drm_rocket_vm_bind_op *args,
				    struct rocket_bind_op *op)
{
	struct drm_gem_object *obj;

	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;

	op->bo = to_rocket_gem(obj);

	if (args->op == DRM_ROCKET_VM_BIND_OP_UNMAP_BO)
		return 0;

	if (args->bo_offset + args->range > obj->size)
		return -EINVAL;

	if (!rocket_gem_may_bind(op->bo, vm))
		return -EINVAL;

	return 0;
}

static int rocket_bind_op_init(struct drm_file *file, struct rocket_vm *vm,
			       const struct drm_rocket_vm_bind_op *args,
			       struct rocket_bind_op *op)
{
	int ret;

	ret = rocket_bind_op_check(vm, args);
	if (ret)
		return ret;

	op->type = args->op;
	op->readonly = args->flags & DRM_ROCKET_VM_BIND_READONLY;
	op->addr = args->addr;
	op->range = args->range;
	op->bo_offset = args->bo_offset;

	if (args->op == DRM_ROCKET_VM_BIND_OP_UNMAP)
		return 0;

	return rocket_bind_op_lookup_bo(file, vm, args, op);
}

static void rocket_bind_cleanup(struct rocket_vm *vm, struct rocket_bind_op *ops, u32 count)
{
	for (u32 i = 0; i < count; i++)
		rocket_bind_op_cleanup(&ops[i]);

	/* Now that no lock is held: lets go of BOs that are mapped no more. */
	drm_gpuvm_bo_deferred_cleanup(&vm->base);
	kvfree(ops);
}

static int rocket_bind_fill_ops(struct drm_file *file, struct rocket_vm *vm,
				const struct drm_rocket_vm_bind *args,
				struct rocket_bind_op *ops)
{
	int ret = 0;

	/* The whole array is checked before anything is allocated for it. */
	for (u32 i = 0; i < args->op_count && !ret; i++) {
		struct drm_rocket_vm_bind_op op;

		ret = rocket_copy_array_entry(&op, sizeof(op), sizeof(op), args->ops, i,
					      args->op_struct_size);
		if (!ret)
			ret = rocket_bind_op_init(file, vm, &op, &ops[i]);
	}

	for (u32 i = 0; i < args->op_count && !ret; i++) {
		ret = rocket_bind_op_prepare(vm, &ops[i]);
		/* Getting pages can take long: let the caller be killed. */
		if (!ret && signal_pending(current))
			ret = -EINTR;
		cond_resched();
	}

	return ret;
}

/* Checks and prepares all operations; the caller applies and cleans them up. */
static struct rocket_bind_op *rocket_bind_get_ops(struct drm_file *file,
						  struct rocket_vm *vm,
						  const struct drm_rocket_vm_bind *args)
{
	struct rocket_bind_op *ops;
	int ret;

	if (!args->op_count)
		return NULL;

	ops = kvcalloc(args->op_count, sizeof(*ops), GFP_KERNEL_ACCOUNT);
	if (!ops)
		return ERR_PTR(-ENOMEM);

	ret = rocket_bind_fill_ops(file, vm, args, ops);
	if (ret) {
		rocket_bind_cleanup(vm, ops, args->op_count);
		return ERR_PTR(ret);
	}

	return ops;
}

static int rocket_bind_sync(struct drm_file *file, struct rocket_vm *vm,
			    const struct drm_rocket_vm_bind *args)
{
	struct rocket_bind_op *ops;
	int ret;

	ops = rocket_bind_get_ops(file, vm, args);
	if (IS_ERR(ops))
		return PTR_ERR(ops);

	scoped_guard(mutex, &vm->op_lock) {
		ret = rocket_bind_reserve(vm, ops, args->op_count);
		if (!ret)
			ret = rocket_bind_apply(vm, ops, args->op_count);
	}

	rocket_bind_cleanup(vm, ops, args->op_count);

	return ret;
}

/*
 * Operations that are queued
 */

/* struct rocket_bind_job - An array of operations in a VM's bind queue. */
struct rocket_bind_job {
	/* @base: The scheduler's part; initialised when @base.s_fence is set. */
	struct drm_sched_job base;
	/* @vm: The VM, a reference. */
	struct rocket_vm *vm;
	/* @ops: Prepared and reserved; @count of them. */
	struct rocket_bind_op *ops;
	/* @count: Number of operations. */
	u32 count;
	/* @cleanup: Frees the job outside of the scheduler's work. */
	struct work_struct cleanup;
};

static struct rocket_bind_job *to_rocket_bind_job(struct drm_sched_job *job)
{
	return container_of(job, struct rocket_bind_job, base);
}

static void rocket_bind_job_destroy(struct rocket_bind_job *job)
{
	if (job->base.s_fence)
		drm_sched_job_cleanup(&job->base);
	rocket_bind_cleanup(job->vm, job->ops, job->count);
	rocket_vm_put(job->vm);
	kfree(job);
}

static void rocket_bind_job_cleanup_work(struct work_struct *work)
{
	rocket_bind_job_destroy(container_of(work, struct rocket_bind_job, cleanup));
}

static struct dma_fence *rocket_bind_run_job(struct drm_sched_job *sched_job)
{
	struct rocket_bind_job *job = to_rocket_bind_job(sched_job);
	bool cookie = dma_fence_begin_signalling();
	int ret;

	mutex_lock(&job->vm->op_lock);
	ret = rocket_bind_apply(job->vm, job->ops, job->count);
	mutex_unlock(&job->vm->op_lock);
	dma_fence_end_signalling(cookie);

	/* Done already: no hardware fence. */
	return ret ? ERR_PTR(ret) : NULL;
}

static enum drm_gpu_sched_stat rocket_bind_timedout_job(struct drm_sched_job *sched_job)
{
	/* Running a job only writes page tables: nothing there can hang. */
	return DRM_GPU_SCHED_STAT_NO_HANG;
}

static void rocket_bind_free_job(struct drm_sched_job *sched_job)
{
	rocket_device_queue_cleanup(&to_rocket_bind_job(sched_job)->cleanup);
}

static const struct drm_sched_backend_ops rocket_bind_sched_ops = {
	.run_job = rocket_bind_run_job,
	.timedout_job = rocket_bind_timedout_job,
	.free_job = rocket_bind_free_job,
};

/**
 * struct rocket_bind_queue - The order of a VM's asynchronous binds.
 */
struct rocket_bind_queue {
	/** @sched: One for each VM: a bind that takes long delays no other VM. */
	struct drm_gpu_scheduler sched;

	/** @entity: The queue. */
	struct drm_sched_entity entity;
};

static struct rocket_bind_queue *rocket_bind_queue_create(struct rocket_vm *vm)
{
	const struct drm_sched_init_args args = {
		.ops = &rocket_bind_sched_ops,
		.submit_wq = rocket_device_bind_wq(),
		.num_rqs = 1,
		.credit_limit = 1,
		.timeout = MAX_SCHEDULE_TIMEOUT,
		.name = "rocket-bind",
		.dev = vm->rdev->ddev.dev,
	};
	struct drm_gpu_scheduler *sched;
	struct rocket_bind_queue *queue;
	int ret;

	queue = kzalloc_obj(*queue, GFP_KERNEL_ACCOUNT);
	if (!queue)
		return ERR_PTR(-ENOMEM);

	sched = &queue->sched;
	ret = drm_sched_init(sched, &args);
	if (ret)
		goto err_free;

	/* The only run queue is the one of the highest priority. */
	ret = drm_sched_entity_init(&queue->entity, DRM_SCHED_PRIORITY_KERNEL, &sched, 1, NULL);
	if (ret)
		goto err_fini;

	return queue;

err_fini:
	drm_sched_fini(sched);
err_free:
	kfree(queue);

	return ERR_PTR(ret);
}

/* The queue of a VM, made when it is first used. Under its bind_lock. */
static struct rocket_bind_queue *rocket_bind_queue_get(struct rocket_vm *vm)
{
	struct rocket_bind_queue *queue;

	lockdep_assert_held(&vm->bind_lock);

	if (vm->bind_closed)
		return ERR_PTR(-ENOENT);

	if (vm->bind_queue)
		return vm->bind_queue;

	queue = rocket_bind_queue_create(vm);
	if (!IS_ERR(queue))
		vm->bind_queue = queue;

	return queue;
}

/**
 * rocket_vm_bind_close_queue() - Take no more asynchronous binds.
 * @vm: The VM.
 *
 * Those that wait are cancelled; one that is being applied is completed.
 */
void rocket_vm_bind_close_queue(struct rocket_vm *vm)
{
	guard(mutex)(&vm->bind_lock);

	vm->bind_closed = true;
	if (vm->bind_queue)
		drm_sched_entity_fini(&vm->bind_queue->entity);
}

/**
 * rocket_vm_bind_free_queue() - Free what is left of a closed queue.
 * @vm: The VM; all its jobs are gone.
 */
void rocket_vm_bind_free_queue(struct rocket_vm *vm)
{
	if (!vm->bind_queue)
		return;

	drm_sched_fini(&vm->bind_queue->sched);
	kfree(vm->bind_queue);
}

static struct rocket_bind_job *rocket_bind_job_create(struct drm_file *file,
						      struct rocket_vm *vm,
						      const struct drm_rocket_vm_bind *args)
{
	struct rocket_bind_op *ops;
	struct rocket_bind_job *job;
	int ret;

	job = kzalloc_obj(*job, GFP_KERNEL_ACCOUNT);
	if (!job)
		return ERR_PTR(-ENOMEM);

	ops = rocket_bind_get_ops(file, vm, args);
	if (IS_ERR(ops)) {
		kfree(job);
		return ERR_CAST(ops);
	}

	INIT_WORK(&job->cleanup, rocket_bind_job_cleanup_work);
	job->vm = rocket_vm_get(vm);
	job->ops = ops;
	job->count = args->op_count;

	scoped_guard(mutex, &vm->op_lock)
		ret = rocket_bind_reserve(vm, ops, job->count);
	if (ret) {
		rocket_bind_job_destroy(job);
		return ERR_PTR(ret);
	}

	return job;
}

/* Queues a prepared job. Afterwards it is the scheduler's; on an error ours. */
static int rocket_bind_job_push(struct rocket_bind_job *job, struct drm_file *file,
				const struct rocket_syncs *in_syncs,
				struct rocket_sync_outs *outs)
{
	struct rocket_bind_queue *queue;
	struct dma_fence *fence;
	int ret;

	/* Held until the push: the queue's order is the order of the fences. */
	guard(mutex)(&job->vm->bind_lock);

	queue = rocket_bind_queue_get(job->vm);
	if (IS_ERR(queue))
		return PTR_ERR(queue);

	ret = drm_sched_job_init(&job->base, &queue->entity, 1, NULL, file->client_id);
	if (ret)
		return ret;

	ret = rocket_sync_add_dependencies(&job->base, file, in_syncs);
	if (ret)
		return ret;

	drm_sched_job_arm(&job->base);
	fence = dma_fence_get(&job->base.s_fence->finished);
	drm_sched_entity_push_job(&job->base);

	rocket_sync_signal_outs(outs, fence);
	dma_fence_put(fence);

	return 0;
}

static int rocket_bind_async(struct drm_file *file, struct rocket_vm *vm,
			     const struct drm_rocket_vm_bind *args)
{
	const struct rocket_syncs in_syncs = {
		.array = args->in_syncs,
		.count = args->in_sync_count,
		.size = args->sync_struct_size,
	};
	const struct rocket_syncs out_syncs = {
		.array = args->out_syncs,
		.count = args->out_sync_count,
		.size = args->sync_struct_size,
	};
	struct rocket_sync_outs outs = {};
	struct rocket_bind_job *job;
	int ret;

	job = rocket_bind_job_create(file, vm, args);
	if (IS_ERR(job))
		return PTR_ERR(job);

	ret = rocket_sync_prepare_outs(&outs, file, &out_syncs);
	if (!ret)
		ret = rocket_bind_job_push(job, file, &in_syncs, &outs);
	if (ret)
		rocket_bind_job_destroy(job);

	rocket_sync_put_outs(&outs);

	return ret;
}

/*
 * The ioctl
 */

static int rocket_bind_check(const struct drm_rocket_vm_bind *args)
{
	bool has_syncs = args->in_sync_count || args->out_sync_count;

	if (args->flags & ~DRM_ROCKET_VM_BIND_ASYNC || args->pad)
		return -EINVAL;

	if (has_syncs && !(args->flags & DRM_ROCKET_VM_BIND_ASYNC))
		return -EINVAL;

	if (args->in_sync_count > ROCKET_SYNC_MAX || args->out_sync_count > ROCKET_SYNC_MAX)
		return -EINVAL;

	if (args->op_count > ROCKET_VM_BIND_MAX_OPS)
		return -E2BIG;

	return 0;
}

/* DRM_IOCTL_ROCKET_VM_BIND, see struct drm_rocket_vm_bind. */
int rocket_ioctl_vm_bind(struct drm_device *ddev, void *data, struct drm_file *file)
{
	struct drm_rocket_vm_bind *args = data;
	struct rocket_vm *vm;
	int ret;

	ret = rocket_bind_check(args);
	if (ret)
		return ret;

	vm = rocket_vm_lookup(file->driver_priv, args->vm_id);
	if (!vm)
		return -ENOENT;

	if (args->flags & DRM_ROCKET_VM_BIND_ASYNC)
		ret = rocket_bind_async(file, vm, args);
	else
		ret = rocket_bind_sync(file, vm, args);
	rocket_vm_put(vm);

	return ret;
}

/*
 * Mappings at addresses that the kernel chooses
 */

/* The highest hole of a size; drm_gpuvm keeps mappings in order but no holes. */
static int rocket_bind_find_hole(struct rocket_vm *vm, u64 range, u64 *addr)
{
	u64 end = ROCKET_VM_END;
	struct drm_gpuva *va;

	lockdep_assert_held(&vm->op_lock);

	list_for_each_entry_reverse(va, &vm->base.rb.list, rb.entry) {
		if (end - (va->va.addr + va->va.range) >= range)
			break;
		end = va->va.addr;
	}

	if (end - ROCKET_VM_START < range)
		return -ENOSPC;

	*addr = end - range;

	return 0;
}

static int rocket_bind_apply_anywhere(struct rocket_vm *vm, struct rocket_bind_op *op)
{
	int ret;

	guard(mutex)(&vm->op_lock);

	ret = rocket_bind_find_hole(vm, op->range, &op->addr);
	if (ret)
		return ret;

	ret = rocket_bind_reserve(vm, op, 1);
	if (ret)
		return ret;

	return rocket_bind_apply(vm, op, 1);
}

/**
 * rocket_vm_bind_map_anywhere() - Map a whole BO where there is room.
 * @vm: The VM.
 * @bo: The BO.
 * @addr: Receives the address: the top of the highest hole that is large enough.
 *
 * Return: 0, -ENOSPC, -ENOMEM, -EINTR.
 */
int rocket_vm_bind_map_anywhere(struct rocket_vm *vm, struct rocket_gem_object *bo,
				u64 *addr)
{
	struct rocket_bind_op *op;
	int ret;

	op = kvcalloc(1, sizeof(*op), GFP_KERNEL_ACCOUNT);
	if (!op)
		return -ENOMEM;

	op->type = DRM_ROCKET_VM_BIND_OP_MAP;
	op->kernel = true;
	op->range = bo->base.base.size;
	op->bo = bo;
	drm_gem_object_get(&bo->base.base);

	ret = rocket_bind_op_prepare(vm, op);
	if (!ret)
		ret = rocket_bind_apply_anywhere(vm, op);
	*addr = op->addr;

	rocket_bind_cleanup(vm, op, 1);

	return ret;
}

/**
 * rocket_vm_bind_unmap_kernel() - Undo rocket_vm_bind_map_anywhere().
 * @vm: The VM.
 * @bo: The BO; the caller holds a reference.
 * @addr: Where it was mapped.
 *
 * What userspace has mapped over it, or unmapped from it, stays so.
 */
void rocket_vm_bind_unmap_kernel(struct rocket_vm *vm, struct rocket_gem_object *bo,
				 u64 addr)
{
	u64 end = addr + bo->base.base.size;
	struct drm_gpuva *va, *next;

	scoped_guard(mutex, &vm->op_lock) {
		drm_gpuvm_for_each_va_range_safe(va, next, &vm->base, addr, end) {
			if (va->gem.obj == &bo->base.base && to_rocket_vma(va)->kernel)
				rocket_vma_unmap(to_rocket_vma(va));
		}
	}

	drm_gpuvm_bo_deferred_cleanup(&vm->base);
}

/**
 * rocket_vm_bind_unmap_all() - Unmap everything.
 * @vm: The VM, about to go; no core holds it.
 */
void rocket_vm_bind_unmap_all(struct rocket_vm *vm)
{
	struct drm_gpuva *va, *next;

	scoped_guard(mutex, &vm->op_lock) {
		drm_gpuvm_for_each_va_safe(va, next, &vm->base)
			rocket_vma_unmap(to_rocket_vma(va));
	}

	drm_gpuvm_bo_deferred_cleanup(&vm->base);
}
