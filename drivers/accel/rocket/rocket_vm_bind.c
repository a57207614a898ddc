// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_file.h>
#include <drm/drm_gpuvm.h>
#include <drm/rocket_accel.h>
#include <kunit/visibility.h>
#include <linux/cleanup.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "rocket_bind.h"
#include "rocket_bind_queue.h"
#include "rocket_file.h"
#include "rocket_gem.h"
#include "rocket_limits.h"
#include "rocket_sync.h"
#include "rocket_vm.h"
#include "rocket_vm_bind.h"

static bool rocket_bind_range_ok(struct rocket_vm *vm, u64 addr, u64 range)
{
	return range && IS_ALIGNED(addr | range, ROCKET_MMU_PAGE_SIZE) &&
	       drm_gpuvm_range_valid(&vm->base, addr, range);
}

VISIBLE_IF_KUNIT int rocket_bind_op_check(struct rocket_vm *vm,
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
EXPORT_SYMBOL_IF_KUNIT(rocket_bind_op_check);

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

/* Copies and checks the whole array; allocates nothing for it. */
static int rocket_bind_init_ops(struct drm_file *file, struct rocket_vm *vm,
				const struct drm_rocket_vm_bind *args,
				struct rocket_bind_op *ops)
{
	u64 left = ROCKET_VM_BIND_MAX_BYTES;

	for (u32 i = 0; i < args->op_count; i++) {
		struct drm_rocket_vm_bind_op op;
		int ret;

		ret = rocket_copy_array_entry(&op, sizeof(op), sizeof(op), args->ops, i,
					      args->op_struct_size);
		if (ret)
			return ret;

		ret = rocket_bind_op_init(file, vm, &op, &ops[i]);
		if (ret)
			return ret;

		if (op.op != DRM_ROCKET_VM_BIND_OP_MAP)
			continue;
		if (op.range > left)
			return -E2BIG;
		left -= op.range;
	}

	return 0;
}

static int rocket_bind_fill_ops(struct drm_file *file, struct rocket_vm *vm,
				const struct drm_rocket_vm_bind *args,
				struct rocket_bind_op *ops)
{
	int ret;

	ret = rocket_bind_init_ops(file, vm, args, ops);

	for (u32 i = 0; i < args->op_count && !ret; i++) {
		ret = rocket_bind_prepare(vm, &ops[i]);
		/*
		 * Getting pages can take long: let the caller be killed. For other
		 * signals it would begin anew, each time.
		 */
		if (!ret && fatal_signal_pending(current))
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

	ret = rocket_bind_reserve(vm, ops, args->op_count);
	if (!ret) {
		scoped_guard(mutex, &vm->op_lock)
			ret = rocket_bind_apply(vm, ops, args->op_count);
	}

	rocket_bind_cleanup(vm, ops, args->op_count);

	return ret;
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
	struct rocket_bind_op *ops;
	int ret;

	ret = rocket_sync_prepare_outs(&outs, file, &out_syncs);
	if (ret)
		goto out_put;

	ops = rocket_bind_get_ops(file, vm, args);
	if (IS_ERR(ops)) {
		ret = PTR_ERR(ops);
		goto out_put;
	}

	ret = rocket_bind_queue_push(vm, file, ops, args->op_count, &in_syncs, &outs);

out_put:
	rocket_sync_put_outs(&outs);

	return ret;
}

VISIBLE_IF_KUNIT int rocket_bind_check(const struct drm_rocket_vm_bind *args)
{
	bool has_syncs = args->in_sync_count || args->out_sync_count;

	if (args->flags & ~DRM_ROCKET_VM_BIND_ASYNC || args->pad)
		return -EINVAL;

	if (has_syncs && !(args->flags & DRM_ROCKET_VM_BIND_ASYNC))
		return -EINVAL;

	if (args->in_sync_count > ROCKET_SYNC_MAX || args->out_sync_count > ROCKET_SYNC_MAX)
		return -E2BIG;

	if (args->op_count > ROCKET_VM_BIND_MAX_OPS)
		return -E2BIG;

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_bind_check);

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
	if (IS_ERR(vm))
		return PTR_ERR(vm);

	if (args->flags & DRM_ROCKET_VM_BIND_ASYNC)
		ret = rocket_bind_async(file, vm, args);
	else
		ret = rocket_bind_sync(file, vm, args);
	rocket_vm_put(vm);

	return ret;
}
