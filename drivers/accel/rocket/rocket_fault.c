// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cleanup.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "rocket_fault.h"

/**
 * rocket_fault_log_create() - Allocate an empty log.
 *
 * Return: The log, to be freed by kfree(); %NULL without memory.
 */
struct rocket_fault_log *rocket_fault_log_create(void)
{
	struct rocket_fault_log *log = kzalloc_obj(*log, GFP_KERNEL_ACCOUNT);

	if (log)
		spin_lock_init(&log->lock);

	return log;
}

/**
 * rocket_fault_log_add() - Write a fault down.
 * @log: The log.
 * @record: The fault; counted, but not kept when the log is full.
 *
 * Context: Any.
 */
void rocket_fault_log_add(struct rocket_fault_log *log,
			  const struct drm_rocket_vm_fault *record)
{
	guard(spinlock_irqsave)(&log->lock);

	log->total++;
	if (log->count < ARRAY_SIZE(log->records))
		log->records[log->count++] = *record;
	else
		log->dropped++;
}

/**
 * rocket_fault_log_remove() - Forget what userspace has read.
 * @log: The log.
 * @removed: How many of all records that there ever were it has read, at least; they
 *	were there.
 * @dropped: How many dropped faults it has been told of, ever.
 *
 * Counts from the beginning, because others may read, and remove, at the same time.
 */
void rocket_fault_log_remove(struct rocket_fault_log *log, u64 removed, u64 dropped)
{
	guard(spinlock_irqsave)(&log->lock);

	if (removed > log->removed) {
		u64 count = removed - log->removed;

		log->removed = removed;
		log->count -= count;
		memmove(log->records, log->records + count,
			log->count * sizeof(*log->records));
	}

	log->dropped_told = max(log->dropped_told, dropped);
}
