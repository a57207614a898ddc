/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_MMU_H__
#define __ROCKET_MMU_H__

#include <linux/bitmap.h>
#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/types.h>

struct device;
struct rocket_quota;
struct rocket_sg_index;

/* What the IOMMU translates: 32-bit addresses, 1024 tables of 1024 pages. */
#define ROCKET_MMU_PAGE_SIZE	SZ_4K
#define ROCKET_MMU_TABLE_SPAN	SZ_4M
#define ROCKET_MMU_TABLES	1024
#define ROCKET_MMU_TABLE_SIZE	SZ_4K

/**
 * struct rocket_mmu - The page tables of a VM.
 *
 * Written by one at a time, which the VM sees to (&rocket_vm.op_lock). The tables
 * themselves belong to the IOMMU driver, which keeps each second-level table until the
 * domain is freed.
 */
struct rocket_mmu {
	/** @quota: Who pays for them; the VM keeps it. */
	struct rocket_quota *quota;

	/** @domain: The paging domain, freed with the VM; %NULL once it has been dropped. */
	struct iommu_domain *domain;

	/**
	 * @hw_lock: Held by whoever makes the IOMMU driver drop IOTLB lines of
	 * this domain, and by who resets a core that is attached to it: an IOMMU
	 * in reset must not be touched. Taken inside &rocket_vm.op_lock or
	 * &rocket_core.attach_lock, for a short time; nothing waits for reclaim
	 * or for a fence under it.
	 */
	struct mutex hw_lock;

	/**
	 * @reserve_lock: Held while tables are made, and protects @charged. Waits
	 * for reclaim, so no fence may wait for it. Outermost, but for @hw_lock.
	 */
	struct mutex reserve_lock;

	/**
	 * @tables: Which second-level tables are known to exist. Bits are set under
	 * @reserve_lock and never cleared.
	 */
	DECLARE_BITMAP(tables, ROCKET_MMU_TABLES);

	/** @charged: Bytes that count for the user, see rocket_quota_charge(). */
	u64 charged;
};

int rocket_mmu_init(struct rocket_mmu *mmu, struct device *dev, struct rocket_quota *quota,
		    iommu_fault_handler_t fault, void *token);
void rocket_mmu_fini(struct rocket_mmu *mmu);
void rocket_mmu_drop(struct rocket_mmu *mmu);

void rocket_mmu_add_tables(unsigned long *tables, u64 addr, u64 range);
bool rocket_mmu_has_tables(struct rocket_mmu *mmu, u64 addr, u64 range);
int rocket_mmu_reserve(struct rocket_mmu *mmu, const unsigned long *tables);
int rocket_mmu_map(struct rocket_mmu *mmu, u64 addr, const struct rocket_sg_index *memory,
		   u64 offset, u64 range, bool readonly);
void rocket_mmu_unmap(struct rocket_mmu *mmu, u64 addr, u64 range);

bool rocket_mmu_in_tables(struct rocket_mmu *mmu, u64 addr);

#endif
