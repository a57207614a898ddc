/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_GEM_H__
#define __ROCKET_GEM_H__

#include <drm/drm_gem_shmem_helper.h>
#include <linux/refcount.h>

struct dma_buf_attachment;
struct drm_device;
struct drm_file;
struct rocket_device;
struct rocket_quota;
struct rocket_sg_index;
struct rocket_vm;
struct sg_table;

/**
 * struct rocket_gem_object - A buffer object.
 *
 * Its pages, once it has them, stay until it is freed, and every mapping holds
 * a reference to it: what a page table leads to is never given back.
 */
struct rocket_gem_object {
	/** @base: shmem's part. */
	struct drm_gem_shmem_object base;

	/**
	 * @vm_resv: For a private BO: the object whose reservation it shares, a
	 * reference. Never changes; identifies the VM.
	 */
	struct drm_gem_object *vm_resv;

	/** @below_4g: All of its memory lies below 4 GiB. Never changes. */
	bool below_4g;

	/**
	 * @quota: Who pays: the file that created or imported it, a reference.
	 * Set before anybody else knows it.
	 */
	struct rocket_quota *quota;

	/**
	 * @index: Where its memory is; %NULL until rocket_gem_get_pages() was called.
	 * Set once, without a lock.
	 */
	struct rocket_sg_index *index;

	/**
	 * @written: A device may have written it: it was bound writable, or another
	 * device has it. Never cleared.
	 */
	bool written;

	/**
	 * @mapping: The kernel-chosen mapping of a BO that CREATE_BO made. Set
	 * before the BO has a handle.
	 */
	struct {
		/**
		 * @mapping.users: The handles in the file that owns @mapping.vm
		 * and the jobs in that VM which name the BO. When it drops to
		 * 0 the mapping goes, for good.
		 */
		refcount_t users;

		/** @mapping.vm: The VM; a reference as long as there are users. */
		struct rocket_vm *vm;

		/** @mapping.addr: The address. */
		u64 addr;
	} mapping;
};

static inline struct rocket_gem_object *to_rocket_gem(struct drm_gem_object *obj)
{
	return container_of(to_drm_gem_shmem_obj(obj), struct rocket_gem_object, base);
}

int rocket_gem_find_below_4g(struct rocket_device *rdev);
struct drm_gem_object *rocket_gem_create_object(struct drm_device *ddev, size_t size);
struct drm_gem_object *rocket_gem_import_sg_table(struct drm_device *ddev,
						  struct dma_buf_attachment *attach,
						  struct sg_table *sgt);
struct rocket_sg_index *rocket_gem_get_pages(struct rocket_gem_object *bo);
bool rocket_gem_may_bind(struct rocket_gem_object *bo, struct rocket_vm *vm);
bool rocket_gem_hold_mapping(struct drm_gem_object *obj, struct rocket_vm *vm);
void rocket_gem_release_mapping(struct drm_gem_object *obj);
bool rocket_gem_try_release_mapping(struct drm_gem_object *obj);

int rocket_ioctl_create_bo(struct drm_device *ddev, void *data, struct drm_file *file);
int rocket_ioctl_gem_create(struct drm_device *ddev, void *data, struct drm_file *file);
int rocket_ioctl_gem_query(struct drm_device *ddev, void *data, struct drm_file *file);

#endif
