// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cleanup.h>
#include <linux/iommu.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "rocket_core.h"
#include "rocket_device.h"
#include "rocket_fault.h"
#include "rocket_limits.h"
#include "rocket_recover.h"
#include "rocket_vm.h"

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

static struct rocket_core *rocket_fault_find_core(struct rocket_device *rdev,
						  struct device *mmu)
{
	for (int i = 0; i < ROCKET_MAX_CORES; i++) {
		if (rdev->cores[i].mmu_node == mmu->of_node)
			return &rdev->cores[i];
	}

	return NULL;
}

/**
 * rocket_fault_handler() - The IOMMU driver's report of a page fault.
 * @domain: The domain that was attached.
 * @dev: The IOMMU's device.
 * @addr: The address that was accessed.
 * @flags: %IOMMU_FAULT_WRITE or %IOMMU_FAULT_READ.
 * @token: The &struct rocket_device.
 *
 * Context: Hard interrupt.
 * Return: 0; the IOMMU driver does not look at it.
 */
int rocket_fault_handler(struct iommu_domain *domain, struct device *dev,
			 unsigned long addr, int flags, void *token)
{
	struct rocket_core *core = rocket_fault_find_core(token, dev);
	struct drm_rocket_vm_fault record = {
		.addr = addr,
		.time_ns = ktime_get_ns(),
		.flags = flags & IOMMU_FAULT_WRITE ? DRM_ROCKET_VM_FAULT_WRITE : 0,
	};
	struct rocket_vm *vm;

	if (!core)
		return 0;

	vm = rocket_recover_report_fault(core, &record);
	if (vm)
		rocket_fault_log_add(vm->faults, &record);

	return 0;
}
