/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_FAULT_H__
#define __ROCKET_FAULT_H__

#include <drm/rocket_accel.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* Records that a VM keeps; part of the UAPI's documentation. */
#define ROCKET_FAULT_RECORDS 32

/**
 * struct rocket_fault_log - What went wrong in a VM.
 */
struct rocket_fault_log {
	/** @lock: Protects all of it; taken in hard interrupt context. */
	spinlock_t lock;

	/** @records: The oldest faults, oldest first. */
	struct drm_rocket_vm_fault records[ROCKET_FAULT_RECORDS];

	/** @count: Valid @records. */
	unsigned int count;

	/** @removed: How many records were removed, ever: the number of the first. */
	u64 removed;

	/** @total: Faults since the VM was created. */
	u64 total;

	/** @dropped: Faults that found no room, ever. */
	u64 dropped;

	/** @dropped_told: Of these, how many userspace knows of. */
	u64 dropped_told;
};

struct rocket_fault_log *rocket_fault_log_create(void);
void rocket_fault_log_add(struct rocket_fault_log *log,
			  const struct drm_rocket_vm_fault *record);
void rocket_fault_log_remove(struct rocket_fault_log *log, u64 removed, u64 dropped);

#endif
