/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_FILE_H__
#define __ROCKET_FILE_H__

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

struct rocket_device;
struct rocket_quota;
struct rocket_share;
struct rocket_vm;

/**
 * struct rocket_file - What belongs to an open file.
 */
struct rocket_file {
	/** @rdev: The device; the file keeps it. */
	struct rocket_device *rdev;

	/** @id: &drm_file.client_id. */
	u64 id;

	/** @quota: What it may have, a reference. */
	struct rocket_quota *quota;

	/** @vms: The VMs by id; references. Protected by its own lock. */
	struct xarray vms;

	/**
	 * @vm: VM 0, from its first use on as long as the file lives. Kept by @vms;
	 * set once, under @vm_lock, and read without.
	 */
	struct rocket_vm *vm;

	/** @vm_lock: So that two who use VM 0 first do not both make it. */
	struct mutex vm_lock;

	/** @share: Of the NPU, a reference. */
	struct rocket_share *share;
};

/**
 * rocket_copy_array_entry() - Copy a struct out of an array of userspace's.
 * @dst: Where to.
 * @ksize: Size of the struct as the kernel knows it.
 * @min_size: Size of its first version.
 * @array: User address of the array.
 * @index: Which entry.
 * @usize: Size of the struct as userspace knows it.
 *
 * What userspace does not know is zero in @dst.
 *
 * Return: 0; -EINVAL when @usize is smaller than @min_size; -E2BIG when it is
 * larger than @ksize and the excess is not zero, or larger than a page; -EFAULT.
 */
static inline int rocket_copy_array_entry(void *dst, size_t ksize, size_t min_size,
					  u64 array, u32 index, u32 usize)
{
	if (usize < min_size)
		return -EINVAL;
	if (usize > PAGE_SIZE)
		return -E2BIG;

	return copy_struct_from_user(dst, ksize,
				     u64_to_user_ptr(array + (u64)index * usize), usize);
}

#endif
