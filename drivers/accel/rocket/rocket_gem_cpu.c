// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_device.h>
#include <drm/drm_gem.h>
#include <drm/drm_utils.h>
#include <drm/rocket_accel.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "rocket_gem.h"
#include "rocket_gem_cpu.h"
#include "rocket_limits.h"
#include "rocket_sg.h"

/**
 * DOC: BOs and the CPU
 *
 * The CPU's caches hold what it has read and written of a BO, and the NPU does not
 * snoop: PREP_BO and FINI_BO hand a BO over, as a whole or in ranges. What that costs
 * is the walk through the cache lines, so ranges are handed over by themselves, each in
 * as many pieces as its memory has.
 *
 * What no device can have written, because it was never bound but read-only, is the CPU's as
 * it is: constants and inputs cost nothing when the CPU takes them. There is no such
 * knowledge of what the CPU has written, by a mapping of its own and at any time.
 *
 * An imported BO is its exporter's, who knows no ranges.
 */

/* Each not empty, inside a BO of that size, and behind the one before it. */
static int rocket_gem_check_ranges(const struct drm_rocket_bo_range *ranges, u32 count,
				   u64 size)
{
	u64 end = 0;

	for (u32 i = 0; i < count; i++) {
		const struct drm_rocket_bo_range *range = &ranges[i];

		if (range->offset < end || range->offset > size)
			return -EINVAL;
		if (!range->size || range->size > size - range->offset)
			return -EINVAL;
		end = range->offset + range->size;
	}

	return 0;
}

static void rocket_gem_sync_piece(struct device *dev, dma_addr_t addr, size_t size,
				  bool for_cpu)
{
	if (for_cpu)
		dma_sync_single_for_cpu(dev, addr, size, DMA_BIDIRECTIONAL);
	else
		dma_sync_single_for_device(dev, addr, size, DMA_BIDIRECTIONAL);
}

/* Each entry of the scatterlist is contiguous, and no two need be beside each other. */
static void rocket_gem_sync_range(struct device *dev, const struct rocket_sg_index *index,
				  const struct drm_rocket_bo_range *range, bool for_cpu)
{
	u64 offset = range->offset, left = range->size;
	struct scatterlist *sg = rocket_sg_find(index, &offset);

	for (;;) {
		u64 size = min(left, rocket_sg_len(index, sg) - offset);

		rocket_gem_sync_piece(dev, sg_dma_address(sg) + offset, size, for_cpu);
		cond_resched();
		left -= size;
		if (!left)
			break;
		sg = sg_next(sg);
		offset = 0;
	}
}

static void rocket_gem_sync_all(struct device *dev, struct sg_table *sgt, bool for_cpu)
{
	if (for_cpu)
		dma_sync_sgtable_for_cpu(dev, sgt, DMA_BIDIRECTIONAL);
	else
		dma_sync_sgtable_for_device(dev, sgt, DMA_BIDIRECTIONAL);
}

static int rocket_gem_sync_imported(struct dma_buf *dma_buf, bool for_cpu)
{
	return for_cpu ? dma_buf_begin_cpu_access(dma_buf, DMA_BIDIRECTIONAL) :
			 dma_buf_end_cpu_access(dma_buf, DMA_BIDIRECTIONAL);
}

/* With no ranges, the whole BO. */
static int rocket_gem_sync_ranges(struct rocket_gem_object *bo,
				  const struct drm_rocket_bo_range *ranges, u32 count,
				  bool for_cpu)
{
	struct drm_gem_object *obj = &bo->base.base;
	struct rocket_sg_index *index;
	struct sg_table *sgt;

	if (drm_gem_is_imported(obj))
		return rocket_gem_sync_imported(obj->import_attach->dmabuf, for_cpu);

	/* Without memory devices have nothing of it yet. */
	sgt = READ_ONCE(bo->base.sgt);
	if (!sgt || bo->base.map_wc || (for_cpu && !READ_ONCE(bo->written)))
		return 0;

	/* No memory may have been left for an index. Pairs with rocket_gem_get_pages(). */
	index = smp_load_acquire(&bo->index);
	if (!count || !index) {
		rocket_gem_sync_all(obj->dev->dev, sgt, for_cpu);
		return 0;
	}

	for (u32 i = 0; i < count; i++)
		rocket_gem_sync_range(obj->dev->dev, index, &ranges[i], for_cpu);

	return 0;
}

/**
 * rocket_gem_sync() - Hand a BO over to the CPU, or back.
 * @bo: The BO, which may have no memory yet.
 * @for_cpu: To the CPU; else to devices.
 *
 * Return: 0, or a negative errno of the exporter of an imported BO.
 */
int rocket_gem_sync(struct rocket_gem_object *bo, bool for_cpu)
{
	return rocket_gem_sync_ranges(bo, NULL, 0, for_cpu);
}

/*
 * For those who write it. With an imported one, for those who read it as well: dma-buf
 * would wait for them, too, and without end.
 */
static int rocket_gem_wait(struct drm_gem_object *obj, s64 timeout_ns)
{
	unsigned long timeout = drm_timeout_abs_to_jiffies(timeout_ns);
	enum dma_resv_usage usage = drm_gem_is_imported(obj) ? DMA_RESV_USAGE_READ :
							       DMA_RESV_USAGE_WRITE;
	long ret;

	ret = dma_resv_wait_timeout(obj->resv, usage, true, timeout);
	if (ret < 0)
		return ret;
	if (!ret)
		return timeout ? -ETIMEDOUT : -EBUSY;

	return 0;
}

/* The ranges, to be freed; %NULL for none; or an error. */
static struct drm_rocket_bo_range *rocket_gem_copy_ranges(struct drm_gem_object *obj,
							  u64 array, u32 count)
{
	struct drm_rocket_bo_range *ranges;
	int ret;

	if (!count)
		return NULL;
	if (count > ROCKET_GEM_MAX_RANGES)
		return ERR_PTR(-EINVAL);

	ranges = memdup_array_user(u64_to_user_ptr(array), count, sizeof(*ranges));
	if (IS_ERR(ranges))
		return ranges;

	ret = rocket_gem_check_ranges(ranges, count, obj->size);
	if (!ret)
		return ranges;

	kfree(ranges);

	return ERR_PTR(ret);
}

/*
 * What the four ioctls do. With no ranges it is the whole BO; the CPU waits until
 * @timeout_ns, devices do not.
 */
static int rocket_gem_change_hands(struct drm_file *file, u32 handle, u64 array, u32 count,
				   bool for_cpu, s64 timeout_ns)
{
	struct drm_rocket_bo_range *ranges;
	struct drm_gem_object *obj;
	int ret;

	obj = drm_gem_object_lookup(file, handle);
	if (!obj)
		return -ENOENT;

	ranges = rocket_gem_copy_ranges(obj, array, count);
	ret = PTR_ERR_OR_ZERO(ranges);
	if (ret)
		goto out_put;

	if (for_cpu)
		ret = rocket_gem_wait(obj, timeout_ns);
	if (!ret)
		ret = rocket_gem_sync_ranges(to_rocket_gem(obj), ranges, count, for_cpu);
	kfree(ranges);

out_put:
	drm_gem_object_put(obj);

	return ret;
}

/* DRM_IOCTL_ROCKET_PREP_BO, see struct drm_rocket_prep_bo. */
int rocket_ioctl_prep_bo(struct drm_device *ddev, void *data, struct drm_file *file)
{
	struct drm_rocket_prep_bo *args = data;

	if (args->reserved)
		return -EINVAL;

	return rocket_gem_change_hands(file, args->handle, 0, 0, true, args->timeout_ns);
}

/* DRM_IOCTL_ROCKET_FINI_BO, see struct drm_rocket_fini_bo. */
int rocket_ioctl_fini_bo(struct drm_device *ddev, void *data, struct drm_file *file)
{
	struct drm_rocket_fini_bo *args = data;

	if (args->reserved)
		return -EINVAL;

	return rocket_gem_change_hands(file, args->handle, 0, 0, false, 0);
}

/* DRM_IOCTL_ROCKET_PREP_BO_RANGES, see struct drm_rocket_prep_bo_ranges. */
int rocket_ioctl_prep_bo_ranges(struct drm_device *ddev, void *data, struct drm_file *file)
{
	struct drm_rocket_prep_bo_ranges *args = data;

	if (args->reserved)
		return -EINVAL;

	return rocket_gem_change_hands(file, args->handle, args->ranges, args->range_count,
				       true, args->timeout_ns);
}

/* DRM_IOCTL_ROCKET_FINI_BO_RANGES, see struct drm_rocket_fini_bo_ranges. */
int rocket_ioctl_fini_bo_ranges(struct drm_device *ddev, void *data, struct drm_file *file)
{
	struct drm_rocket_fini_bo_ranges *args = data;

	if (args->reserved)
		return -EINVAL;

	return rocket_gem_change_hands(file, args->handle, args->ranges, args->range_count,
				       false, 0);
}
