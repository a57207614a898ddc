// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_gem.h>
#include <drm/rocket_accel.h>
#include <linux/dma-buf.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/pagemap.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "rocket_bind_kernel.h"
#include "rocket_device.h"
#include "rocket_file.h"
#include "rocket_gem.h"
#include "rocket_mmu.h"
#include "rocket_prime.h"
#include "rocket_quota.h"
#include "rocket_race.h"
#include "rocket_sg.h"
#include "rocket_vm.h"

/**
 * DOC: Buffer objects
 *
 * BOs are shmem objects. The CPU maps them cached, unless asked otherwise, and
 * the NPU does not snoop: see rocket_gem_cpu.c.
 */

/*
 * A BO counts with its size from the beginning, whether it has memory yet or not:
 * it will get all of it at once, and its creator is the one to be told that it is
 * too much. Nobody else knows the BO yet.
 */
static int rocket_gem_charge(struct rocket_gem_object *bo, struct rocket_quota *quota)
{
	u64 size = bo->base.base.size;
	int ret;

	ret = rocket_quota_charge(quota, ROCKET_MEMORY_BOS, size);
	if (ret)
		return ret;

	if (bo->below_4g) {
		ret = rocket_quota_charge(quota, ROCKET_MEMORY_BELOW_4G, size);
		if (ret) {
			rocket_quota_uncharge(quota, ROCKET_MEMORY_BOS, size);
			return ret;
		}
	}
	bo->quota = rocket_quota_get(quota);

	return 0;
}

static void rocket_gem_uncharge(struct rocket_quota *quota, u64 size, bool below_4g)
{
	if (below_4g)
		rocket_quota_uncharge(quota, ROCKET_MEMORY_BELOW_4G, size);
	rocket_quota_uncharge(quota, ROCKET_MEMORY_BOS, size);
	rocket_quota_put(quota);
}

static void rocket_gem_free(struct drm_gem_object *obj)
{
	struct rocket_gem_object *bo = to_rocket_gem(obj);
	struct drm_gem_object *vm_resv = bo->vm_resv;
	struct rocket_quota *quota = bo->quota;
	bool below_4g = bo->below_4g;
	u64 size = obj->size;

	rocket_sg_index_free(bo->index);
	drm_gem_shmem_free(&bo->base);
	if (quota)
		rocket_gem_uncharge(quota, size, below_4g);
	/* Freeing takes the reservation lock that this one holds. */
	if (vm_resv)
		drm_gem_object_put(vm_resv);
}

/* A handle more: if it is one of the owner's, it keeps the mapping. */
static int rocket_gem_open(struct drm_gem_object *obj, struct drm_file *file)
{
	struct rocket_gem_object *bo = to_rocket_gem(obj);
	struct rocket_file *rfile = file->driver_priv;
	int ret;

	/* Only an import comes here unpaid; each is one file's own. */
	if (!bo->quota) {
		ret = rocket_gem_charge(bo, rfile->quota);
		if (ret)
			return ret;
	}

	rocket_gem_hold_mapping(obj, READ_ONCE(rfile->vm));

	return 0;
}

static void rocket_gem_close(struct drm_gem_object *obj, struct drm_file *file)
{
	struct rocket_gem_object *bo = to_rocket_gem(obj);
	struct rocket_file *rfile = file->driver_priv;

	/*
	 * A handle that came after the mapping had gone holds nothing. Without
	 * users there are none of the file's handles that hold it either.
	 */
	if (bo->mapping.vm == READ_ONCE(rfile->vm) && refcount_read(&bo->mapping.users))
		rocket_gem_release_mapping(obj);
}

static const struct drm_gem_object_funcs rocket_gem_funcs = {
	.free = rocket_gem_free,
	.open = rocket_gem_open,
	.close = rocket_gem_close,
	.export = rocket_prime_export,
	.print_info = drm_gem_shmem_object_print_info,
	.pin = drm_gem_shmem_object_pin,
	.unpin = drm_gem_shmem_object_unpin,
	.get_sg_table = drm_gem_shmem_object_get_sg_table,
	.vmap = drm_gem_shmem_object_vmap,
	.vunmap = drm_gem_shmem_object_vunmap,
	.mmap = drm_gem_shmem_object_mmap,
	.vm_ops = &drm_gem_shmem_vm_ops,
};

/**
 * rocket_gem_create_object() - Allocate an object for the shmem helpers.
 * @ddev: The device.
 * @size: Not used.
 *
 * Return: The object, -ENOMEM.
 */
struct drm_gem_object *rocket_gem_create_object(struct drm_device *ddev, size_t size)
{
	struct rocket_gem_object *bo;

	bo = kzalloc_obj(*bo, GFP_KERNEL_ACCOUNT);
	if (!bo)
		return ERR_PTR(-ENOMEM);

	bo->base.base.funcs = &rocket_gem_funcs;

	return &bo->base.base;
}

/**
 * rocket_gem_import_sg_table() - Make a BO of another driver's buffer.
 * @ddev: The device.
 * @attach: The attachment of the device to the buffer.
 * @sgt: Where the buffer is.
 *
 * Return: The object; -EINVAL when the buffer is not made of whole pages, or not
 * of as many as it says; -ENOMEM.
 */
struct drm_gem_object *rocket_gem_import_sg_table(struct drm_device *ddev,
						  struct dma_buf_attachment *attach,
						  struct sg_table *sgt)
{
	struct scatterlist *sg;
	u64 size = 0;
	int i;

	/* Binding must not fail half way, so this is the time to look. */
	for_each_sgtable_dma_sg(sgt, sg, i) {
		if (!IS_ALIGNED(sg_dma_address(sg) | sg_dma_len(sg), ROCKET_MMU_PAGE_SIZE))
			return ERR_PTR(-EINVAL);
		size += sg_dma_len(sg);
	}

	if (size < attach->dmabuf->size)
		return ERR_PTR(-EINVAL);

	return drm_gem_shmem_prime_import_sg_table(ddev, attach, sgt);
}

/**
 * rocket_gem_get_pages() - Make sure that a BO has memory.
 * @bo: The BO.
 *
 * Return: Where the memory is, clean in all CPU caches the first time; belongs to
 * the BO. -ENOMEM, -EINTR.
 */
struct rocket_sg_index *rocket_gem_get_pages(struct rocket_gem_object *bo)
{
	struct rocket_sg_index *index, *other;
	struct sg_table *sgt;

	/* Who sees it sees all of it. Pairs with the cmpxchg() below. */
	index = smp_load_acquire(&bo->index);
	if (index)
		return index;

	sgt = drm_gem_shmem_get_pages_sgt(&bo->base);
	if (IS_ERR(sgt))
		return ERR_CAST(sgt);

	index = rocket_sg_index_create(sgt, drm_gem_is_imported(&bo->base.base));
	if (!index)
		return ERR_PTR(-ENOMEM);

	/* Somebody may have been faster. */
	other = cmpxchg(&bo->index, NULL, index);
	if (!other)
		return index;

	rocket_sg_index_free(index);

	return other;
}

/**
 * rocket_gem_may_bind() - Whether a BO may be bound in a VM.
 * @bo: The BO.
 * @vm: The VM.
 *
 * Return: %false for a private BO of another VM.
 */
bool rocket_gem_may_bind(struct rocket_gem_object *bo, struct rocket_vm *vm)
{
	return !bo->vm_resv || bo->vm_resv == drm_gpuvm_resv_obj(&vm->base);
}

/**
 * rocket_gem_hold_mapping() - Keep the kernel-chosen mapping of a BO.
 * @obj: The BO.
 * @vm: The VM in which it is needed.
 *
 * Return: %true when there is one in that VM, to be released again.
 */
bool rocket_gem_hold_mapping(struct drm_gem_object *obj, struct rocket_vm *vm)
{
	struct rocket_gem_object *bo = to_rocket_gem(obj);

	return bo->mapping.vm == vm && refcount_inc_not_zero(&bo->mapping.users);
}

/**
 * rocket_gem_release_mapping() - Undo rocket_gem_hold_mapping().
 * @obj: The BO, of which the caller holds a reference.
 *
 * Context: Sleeps; takes VM locks.
 */
void rocket_gem_release_mapping(struct drm_gem_object *obj)
{
	struct rocket_gem_object *bo = to_rocket_gem(obj);

	if (!refcount_dec_and_test(&bo->mapping.users))
		return;

	rocket_race_point(ROCKET_RACE_UNMAP_KERNEL);
	rocket_bind_unmap_kernel(bo->mapping.vm, bo, bo->mapping.addr);
	rocket_vm_put(bo->mapping.vm);
}

/**
 * rocket_gem_try_release_mapping() - The same, unless it unmaps the BO.
 * @obj: As above.
 *
 * Context: Any.
 * Return: %false when it would, and nothing was released.
 */
bool rocket_gem_try_release_mapping(struct drm_gem_object *obj)
{
	return refcount_dec_not_one(&to_rocket_gem(obj)->mapping.users);
}

/* An object that nobody knows yet. */
static struct drm_gem_shmem_object *rocket_gem_alloc(struct drm_device *ddev, size_t size)
{
	struct drm_gem_shmem_object *shmem = drm_gem_shmem_create(ddev, size);

	/* So says shmem when it has no memory for an inode; here it means addresses. */
	return shmem == ERR_PTR(-ENOSPC) ? ERR_PTR(-ENOMEM) : shmem;
}

/*
 * The first time, a guard page. It counts for no limit but that of the control group: it
 * is less than what an open file costs.
 */
static int rocket_gem_make_guard(struct rocket_vm *vm)
{
	struct drm_gem_shmem_object *shmem;

	if (READ_ONCE(vm->guard))
		return 0;

	shmem = rocket_gem_alloc(vm->base.drm, ROCKET_VM_GUARD_SIZE);
	if (IS_ERR(shmem))
		return PTR_ERR(shmem);

	/* Somebody may have been faster. */
	if (cmpxchg(&vm->guard, NULL, &shmem->base))
		drm_gem_object_put(&shmem->base);

	return 0;
}

/* Maps a BO that nobody knows yet; the caller gets the first use of it. */
static int rocket_gem_map(struct rocket_gem_object *bo, struct rocket_vm *vm)
{
	int ret;

	ret = rocket_gem_make_guard(vm);
	if (ret)
		return ret;

	ret = rocket_bind_map_anywhere(vm, bo, &bo->mapping.addr);
	if (ret)
		return ret;

	refcount_set(&bo->mapping.users, 1);
	bo->mapping.vm = rocket_vm_get(vm);

	return 0;
}

/* DRM_IOCTL_ROCKET_CREATE_BO, see struct drm_rocket_create_bo. */
int rocket_ioctl_create_bo(struct drm_device *ddev, void *data, struct drm_file *file)
{
	struct rocket_file *rfile = file->driver_priv;
	struct drm_rocket_create_bo *args = data;
	struct drm_gem_shmem_object *shmem;
	struct rocket_gem_object *bo;
	struct rocket_vm *vm;
	int ret;

	if (!args->size)
		return -EINVAL;

	vm = rocket_vm_lookup(rfile, 0);
	if (IS_ERR(vm))
		return PTR_ERR(vm);

	shmem = rocket_gem_alloc(ddev, args->size);
	if (IS_ERR(shmem)) {
		ret = PTR_ERR(shmem);
		goto out_put_vm;
	}

	bo = to_rocket_gem(&shmem->base);
	ret = rocket_gem_charge(bo, rfile->quota);
	if (ret)
		goto out_put;

	ret = rocket_gem_map(bo, vm);
	if (ret)
		goto out_put;

	args->offset = drm_vma_node_offset_addr(&shmem->base.vma_node);
	args->dma_address = bo->mapping.addr;

	/* From here on the handle, which userspace may close, holds a use. */
	ret = drm_gem_handle_create(file, &shmem->base, &args->handle);
	rocket_gem_release_mapping(&shmem->base);

out_put:
	drm_gem_object_put(&shmem->base);
out_put_vm:
	rocket_vm_put(vm);

	return ret;
}

/* Makes a BO that nobody knows yet a private one. */
static void rocket_gem_make_private(struct rocket_gem_object *bo, struct rocket_vm *vm)
{
	bo->vm_resv = drm_gpuvm_resv_obj(&vm->base);
	drm_gem_object_get(bo->vm_resv);
	bo->base.base.resv = bo->vm_resv->resv;
}

/**
 * rocket_gem_find_below_4g() - Learn whether memory below 4 GiB can be asked for.
 * @rdev: The device, being made.
 *
 * There need be none, and DRM does not survive if it gets some from above then.
 *
 * Return: 0, -ENOMEM.
 */
int rocket_gem_find_below_4g(struct rocket_device *rdev)
{
	struct page *page;

	if (!IS_ENABLED(CONFIG_ZONE_DMA32))
		return 0;

	page = alloc_page(GFP_KERNEL | GFP_DMA32);
	if (!page)
		return -ENOMEM;

	rdev->below_4g = page_to_phys(page) < SZ_4G;
	__free_page(page);

	return 0;
}

/* Lets a BO that has no memory yet get it from below 4 GiB. */
static void rocket_gem_keep_below_4g(struct rocket_gem_object *bo)
{
	struct address_space *mapping = bo->base.base.filp->f_mapping;
	gfp_t gfp = mapping_gfp_mask(mapping) & ~(__GFP_HIGHMEM | __GFP_MOVABLE);

	mapping_set_gfp_mask(mapping, gfp | __GFP_DMA32);
	bo->below_4g = true;
}

static int rocket_gem_create(struct drm_device *ddev, struct drm_file *file,
			     struct rocket_vm *vm, struct drm_rocket_gem_create *args)
{
	struct rocket_file *rfile = file->driver_priv;
	struct drm_gem_shmem_object *shmem;
	int ret;

	shmem = rocket_gem_alloc(ddev, args->size);
	if (IS_ERR(shmem))
		return PTR_ERR(shmem);

	if (args->flags & DRM_ROCKET_GEM_BELOW_4G)
		rocket_gem_keep_below_4g(to_rocket_gem(&shmem->base));

	ret = rocket_gem_charge(to_rocket_gem(&shmem->base), rfile->quota);
	if (ret)
		goto out_put;

	if (vm)
		rocket_gem_make_private(to_rocket_gem(&shmem->base), vm);

	/*
	 * Pages come zeroed through a cached mapping. They are cleaned when
	 * they are mapped for the device, which must be before the CPU sees
	 * them uncached. Those from below 4 GiB could be moved up as long as the BO
	 * does not hold them.
	 */
	shmem->map_wc = args->flags & DRM_ROCKET_GEM_WC;
	if (args->flags & (DRM_ROCKET_GEM_WC | DRM_ROCKET_GEM_BELOW_4G))
		ret = PTR_ERR_OR_ZERO(rocket_gem_get_pages(to_rocket_gem(&shmem->base)));

	if (!ret) {
		args->offset = drm_vma_node_offset_addr(&shmem->base.vma_node);
		ret = drm_gem_handle_create(file, &shmem->base, &args->handle);
	}

out_put:
	drm_gem_object_put(&shmem->base);

	return ret;
}

#define ROCKET_GEM_FLAGS \
	(DRM_ROCKET_GEM_WC | DRM_ROCKET_GEM_VM_PRIVATE | DRM_ROCKET_GEM_BELOW_4G)

/* DRM_IOCTL_ROCKET_GEM_CREATE, see struct drm_rocket_gem_create. */
int rocket_ioctl_gem_create(struct drm_device *ddev, void *data, struct drm_file *file)
{
	struct drm_rocket_gem_create *args = data;
	struct rocket_vm *vm = NULL;
	int ret;

	if (args->flags & ~ROCKET_GEM_FLAGS)
		return -EINVAL;

	if (args->pad || !args->size)
		return -EINVAL;

	if (args->flags & DRM_ROCKET_GEM_BELOW_4G && !to_rocket_device(ddev)->below_4g)
		return -EOPNOTSUPP;

	if (args->size > ROCKET_VM_END - ROCKET_VM_START)
		return -E2BIG;

	if (args->flags & DRM_ROCKET_GEM_VM_PRIVATE) {
		vm = rocket_vm_lookup(file->driver_priv, args->vm_id);
		if (IS_ERR(vm))
			return PTR_ERR(vm);
	} else if (args->vm_id) {
		return -EINVAL;
	}

	ret = rocket_gem_create(ddev, file, vm, args);
	rocket_vm_put(vm);

	return ret;
}

static u32 rocket_gem_flags(struct rocket_gem_object *bo)
{
	u32 flags = 0;

	if (bo->base.map_wc)
		flags |= DRM_ROCKET_GEM_WC;
	if (bo->vm_resv)
		flags |= DRM_ROCKET_GEM_VM_PRIVATE;
	if (bo->below_4g)
		flags |= DRM_ROCKET_GEM_BELOW_4G;
	if (drm_gem_is_imported(&bo->base.base))
		flags |= DRM_ROCKET_GEM_IMPORTED;

	return flags;
}

/* DRM_IOCTL_ROCKET_GEM_QUERY, see struct drm_rocket_gem_query. */
int rocket_ioctl_gem_query(struct drm_device *ddev, void *data, struct drm_file *file)
{
	struct drm_rocket_gem_query *args = data;
	struct rocket_file *rfile = file->driver_priv;
	struct rocket_gem_object *bo;
	struct drm_gem_object *obj;
	struct rocket_vm *vm;

	if (args->pad)
		return -EINVAL;

	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;

	bo = to_rocket_gem(obj);
	args->flags = rocket_gem_flags(bo);
	args->size = obj->size;
	args->offset = drm_vma_node_offset_addr(&obj->vma_node);
	/* Of another file's address space nobody is told anything. */
	vm = READ_ONCE(rfile->vm);
	args->dma_address = vm && bo->mapping.vm == vm && refcount_read(&bo->mapping.users) ?
			    bo->mapping.addr : 0;

	drm_gem_object_put(obj);

	return 0;
}
