/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_FLIGHT_H__
#define __ROCKET_FLIGHT_H__

#include <linux/llist.h>
#include <linux/srcu.h>
#include <linux/workqueue.h>

struct drm_gem_object;
struct rocket_device;
struct rocket_vm;
struct rocket_vma;

/**
 * struct rocket_flight - Memory that was unmapped while jobs ran.
 */
struct rocket_flight {
	/** @rdev: The device that it is a part of. */
	struct rocket_device *rdev;

	/** @jobs: Read side for as long as a job runs, on whatever core. */
	struct srcu_struct jobs;

	/** @landed: Mappings that no job that runs can have used. */
	struct llist_head landed;

	/** @work: Frees @landed. */
	struct work_struct work;
};

int rocket_flight_init(struct rocket_device *rdev);

int rocket_flight_begin(struct rocket_vm *vm);
void rocket_flight_end(struct rocket_vm *vm, int flight);
bool rocket_flight_is_on(struct rocket_vm *vm);
void rocket_flight_keep(struct rocket_vm *vm, struct rocket_vma *vma,
			struct drm_gem_object *bo);

#endif
