/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_PRIME_H__
#define __ROCKET_PRIME_H__

struct dma_buf;
struct drm_device;
struct drm_gem_object;

struct dma_buf *rocket_prime_export(struct drm_gem_object *obj, int flags);
struct drm_gem_object *rocket_prime_import(struct drm_device *ddev, struct dma_buf *dma_buf);

#endif
