// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_drv.h>
#include <drm/drm_gem.h>
#include <drm/drm_prime.h>
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/sched.h>

#include "rocket_gem.h"
#include "rocket_gem_cpu.h"
#include "rocket_prime.h"

/**
 * DOC: Sharing BOs
 *
 * DRM's own dma-buf operations take it that CPU caches need no care. Here they do:
 * BOs are mapped cached, and neither the NPU nor most of those that it shares BOs
 * with snoop. So a BO gets its memory, clean in all caches, before another device is
 * attached, and who uses it by way of the dma-buf, with DMA_BUF_IOCTL_SYNC, has it
 * handed over as by PREP_BO and FINI_BO.
 */

static int rocket_prime_attach(struct dma_buf *dma_buf, struct dma_buf_attachment *attach)
{
	struct rocket_gem_object *bo = to_rocket_gem(dma_buf->priv);
	int ret = PTR_ERR_OR_ZERO(rocket_gem_get_pages(bo));

	if (ret)
		return ret;

	WRITE_ONCE(bo->written, true);

	return drm_gem_map_attach(dma_buf, attach);
}

/* First the fences: what a device writes later would not be seen. */
static int rocket_prime_begin_cpu_access(struct dma_buf *dma_buf,
					 enum dma_data_direction dir)
{
	enum dma_resv_usage usage = dma_resv_usage_rw(dir != DMA_FROM_DEVICE);
	struct drm_gem_object *obj = dma_buf->priv;
	long ret;

	ret = dma_resv_wait_timeout(obj->resv, usage, true, MAX_SCHEDULE_TIMEOUT);
	if (ret < 0)
		return ret;

	return rocket_gem_sync(to_rocket_gem(obj), true);
}

static int rocket_prime_end_cpu_access(struct dma_buf *dma_buf, enum dma_data_direction dir)
{
	return rocket_gem_sync(to_rocket_gem(dma_buf->priv), false);
}

static const struct dma_buf_ops rocket_prime_ops = {
	.attach = rocket_prime_attach,
	.detach = drm_gem_map_detach,
	.map_dma_buf = drm_gem_map_dma_buf,
	.unmap_dma_buf = drm_gem_unmap_dma_buf,
	.release = drm_gem_dmabuf_release,
	.mmap = drm_gem_dmabuf_mmap,
	.vmap = drm_gem_dmabuf_vmap,
	.vunmap = drm_gem_dmabuf_vunmap,
	.begin_cpu_access = rocket_prime_begin_cpu_access,
	.end_cpu_access = rocket_prime_end_cpu_access,
};

/**
 * rocket_prime_export() - Make a dma-buf of a BO.
 * @obj: The BO, not imported.
 * @flags: For the file.
 *
 * Return: The dma-buf; -EINVAL for a private BO; -ENOMEM.
 */
struct dma_buf *rocket_prime_export(struct drm_gem_object *obj, int flags)
{
	struct dma_buf_export_info info = {
		.exp_name = KBUILD_MODNAME,
		.owner = THIS_MODULE,
		.ops = &rocket_prime_ops,
		.size = obj->size,
		.flags = flags,
		.priv = obj,
		.resv = obj->resv,
	};

	if (to_rocket_gem(obj)->vm_resv)
		return ERR_PTR(-EINVAL);

	return drm_gem_dmabuf_export(obj->dev, &info);
}

/**
 * rocket_prime_import() - Make a BO of a dma-buf.
 * @ddev: The device.
 * @dma_buf: The dma-buf.
 *
 * Return: The BO that it was made of, if that is one of this device, else a new one;
 * an error of drm_gem_prime_import().
 */
struct drm_gem_object *rocket_prime_import(struct drm_device *ddev, struct dma_buf *dma_buf)
{
	struct drm_gem_object *obj = dma_buf->priv;

	if (dma_buf->ops == &rocket_prime_ops && obj->dev == ddev) {
		drm_gem_object_get(obj);
		return obj;
	}

	return drm_gem_prime_import(ddev, dma_buf);
}
