// SPDX-License-Identifier: GPL-2.0-only

#include <kunit/visibility.h>
#include <linux/bitmap.h>
#include <linux/bug.h>
#include <linux/cleanup.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "rocket_mmu.h"
#include "rocket_quota.h"
#include "rocket_sg.h"

/**
 * DOC: Page tables
 *
 * A VM's page tables are an IOMMU paging domain. They are written when
 * something is bound or unbound and at no other time. A bind must not fail half
 * way, so what can fail comes first: rocket_mmu_reserve() makes the second-level
 * tables of a range exist, while it may still wait for memory. After that
 * rocket_mmu_map() allocates nothing.
 */

/*
 * How often memory for a table is waited for: each time somebody else may have taken
 * it meanwhile.
 */
#define ROCKET_MMU_TRIES	8

/* Counts tables for the user before they are made. */
static int rocket_mmu_charge(struct rocket_mmu *mmu, unsigned int tables)
{
	u64 bytes = (u64)tables * ROCKET_MMU_TABLE_SIZE;
	int ret;

	ret = rocket_quota_charge(mmu->quota, ROCKET_MEMORY_TABLES, bytes);
	if (!ret)
		mmu->charged += bytes;

	return ret;
}

static void rocket_mmu_uncharge(struct rocket_mmu *mmu, u64 bytes)
{
	rocket_quota_uncharge(mmu->quota, ROCKET_MEMORY_TABLES, bytes);
	mmu->charged -= bytes;
}

/**
 * rocket_mmu_init() - Create page tables.
 * @mmu: Zeroed.
 * @dev: A device behind an IOMMU of the kind that they are for; bound until this returns.
 * @quota: Who pays for them; outlives them.
 * @fault: Called with @token when an access is refused, in hard interrupt context.
 * @token: For @fault.
 *
 * Return: 0, -ENOMEM; -ENOSPC when the user may have no more tables.
 */
int rocket_mmu_init(struct rocket_mmu *mmu, struct device *dev, struct rocket_quota *quota,
		    iommu_fault_handler_t fault, void *token)
{
	struct iommu_domain *domain;
	int ret;

	mmu->quota = quota;
	ret = rocket_mmu_charge(mmu, 1);
	if (ret)
		return ret;

	domain = iommu_paging_domain_alloc(dev);
	if (IS_ERR(domain)) {
		rocket_mmu_uncharge(mmu, mmu->charged);
		return PTR_ERR(domain);
	}

	iommu_set_fault_handler(domain, fault, token);
	mutex_init(&mmu->hw_lock);
	mutex_init(&mmu->reserve_lock);
	mmu->domain = domain;

	return 0;
}

/**
 * rocket_mmu_fini() - Free page tables.
 * @mmu: They, attached to nothing.
 */
void rocket_mmu_fini(struct rocket_mmu *mmu)
{
	mutex_destroy(&mmu->reserve_lock);
	mutex_destroy(&mmu->hw_lock);
	if (mmu->domain)
		iommu_domain_free(mmu->domain);
	rocket_mmu_uncharge(mmu, mmu->charged);
}

/**
 * rocket_mmu_drop() - Free page tables with all that they map.
 * @mmu: They, attached to nothing, and never to be written again.
 *
 * What is unmapped afterwards is unmapped already.
 */
void rocket_mmu_drop(struct rocket_mmu *mmu)
{
	/* The checker of the IOMMU layer wants to see each page unmapped. */
	if (IS_ENABLED(CONFIG_IOMMU_DEBUG_PAGEALLOC))
		return;

	iommu_domain_free(mmu->domain);
	mmu->domain = NULL;
}

/*
 * Makes one second-level table exist. The only way that the IOMMU API has is to
 * map something; so the first page of the table's span is mapped without any
 * permission, which no access can use, and unmapped again. No table, no
 * mapping: the page must be free.
 */
static int rocket_mmu_try_table(struct rocket_mmu *mmu, unsigned int table)
{
	u64 addr = (u64)table * ROCKET_MMU_TABLE_SPAN;
	int ret;

	guard(mutex)(&mmu->hw_lock);

	ret = iommu_map(mmu->domain, addr, page_to_phys(ZERO_PAGE(0)),
			ROCKET_MMU_PAGE_SIZE, 0, GFP_NOWAIT);
	if (ret)
		return ret;

	iommu_unmap(mmu->domain, addr, ROCKET_MMU_PAGE_SIZE);
	set_bit(table, mmu->tables);

	return 0;
}

/*
 * Waits until there is memory for a table. It is left to whoever allocates next on
 * this CPU.
 */
static int rocket_mmu_make_room(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return -ENOMEM;

	__free_page(page);

	return 0;
}

/*
 * The IOMMU driver allocates tables under a spinlock, whatever it is told, and a
 * core's reset must not wait for reclaim. So that is done in between.
 */
static int rocket_mmu_make_table(struct rocket_mmu *mmu, unsigned int table)
{
	int ret;

	for (unsigned int i = 0; i < ROCKET_MMU_TRIES; i++) {
		ret = rocket_mmu_try_table(mmu, table);
		if (ret != -ENOMEM)
			return ret;

		ret = rocket_mmu_make_room();
		if (ret)
			return ret;

		/* Reclaim can take long. */
		if (fatal_signal_pending(current))
			return -EINTR;
	}

	return -ENOMEM;
}

/**
 * rocket_mmu_add_tables() - Note which tables a range needs.
 * @tables: ROCKET_MMU_TABLES bits; those of the range get set.
 * @addr: First address.
 * @range: Size in bytes, not 0, not beyond 4 GiB.
 */
void rocket_mmu_add_tables(unsigned long *tables, u64 addr, u64 range)
{
	unsigned int last = (addr + range - 1) / ROCKET_MMU_TABLE_SPAN;
	unsigned int first = addr / ROCKET_MMU_TABLE_SPAN;

	bitmap_set(tables, first, last - first + 1);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_mmu_add_tables);

/**
 * rocket_mmu_has_tables() - Whether a range needs no more tables.
 * @mmu: The page tables.
 * @addr: First address.
 * @range: Size in bytes, not 0, not beyond 4 GiB.
 *
 * Return: %true when all that it needs have been reserved.
 */
bool rocket_mmu_has_tables(struct rocket_mmu *mmu, u64 addr, u64 range)
{
	unsigned int last = (addr + range - 1) / ROCKET_MMU_TABLE_SPAN;
	unsigned int first = addr / ROCKET_MMU_TABLE_SPAN;

	return find_next_zero_bit(mmu->tables, last + 1, first) > last;
}

/**
 * rocket_mmu_reserve() - Make sure that mapping will not allocate.
 * @mmu: The page tables.
 * @tables: In which tables, see rocket_mmu_add_tables().
 *
 * Nothing is mapped by it. What has been reserved stays so, and counts for the
 * user, because the IOMMU driver keeps it.
 *
 * Context: Waits for reclaim; the caller holds nothing that a fence waits for.
 * Return: 0; -ENOSPC when the user may not have so many, and nothing has changed;
 * -ENOMEM; -EINTR when the caller is being killed.
 */
int rocket_mmu_reserve(struct rocket_mmu *mmu, const unsigned long *tables)
{
	DECLARE_BITMAP(missing, ROCKET_MMU_TABLES);
	unsigned int table, count;
	int ret;

	guard(mutex)(&mmu->reserve_lock);

	bitmap_andnot(missing, tables, mmu->tables, ROCKET_MMU_TABLES);
	count = bitmap_weight(missing, ROCKET_MMU_TABLES);
	/* Nothing more is never refused, whatever there is already. */
	if (!count)
		return 0;

	ret = rocket_mmu_charge(mmu, count);
	if (ret)
		return ret;

	for_each_set_bit(table, missing, ROCKET_MMU_TABLES) {
		ret = rocket_mmu_make_table(mmu, table);
		if (ret)
			break;
		count--;
	}

	rocket_mmu_uncharge(mmu, (u64)count * ROCKET_MMU_TABLE_SIZE);

	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_mmu_reserve);

/* How much of a range to do under one hold of the hw_lock: up to the next table. */
static u64 rocket_mmu_piece(u64 addr, u64 range)
{
	/* A core that must be reset cannot wait for 4 GiB. */
	return min(range, ROCKET_MMU_TABLE_SPAN - addr % ROCKET_MMU_TABLE_SPAN);
}

/* Maps what is in one piece in memory; counts in @mapped, also after an error. */
static int rocket_mmu_map_contiguous(struct rocket_mmu *mmu, u64 addr, phys_addr_t phys,
				     u64 range, int prot, u64 *mapped)
{
	while (range) {
		u64 len = rocket_mmu_piece(addr, range);
		int ret;

		scoped_guard(mutex, &mmu->hw_lock)
			ret = iommu_map(mmu->domain, addr, phys, len, prot, GFP_NOWAIT);
		if (ret)
			return ret;

		addr += len;
		phys += len;
		range -= len;
		*mapped += len;
	}

	return 0;
}

/**
 * rocket_mmu_map() - Map a part of a buffer.
 * @mmu: The page tables; not written by anybody else.
 * @addr: First address; the range was reserved and is not mapped.
 * @memory: Where the buffer is.
 * @offset: Where in the buffer to begin.
 * @range: Size in bytes.
 * @readonly: The NPU shall not write.
 *
 * Allocates nothing. All sizes are multiples of the page size.
 *
 * Return: 0. An error means that the IOMMU driver broke a promise; what it
 * mapped of the range until then has been unmapped.
 */
int rocket_mmu_map(struct rocket_mmu *mmu, u64 addr, const struct rocket_sg_index *memory,
		   u64 offset, u64 range, bool readonly)
{
	int prot = readonly ? IOMMU_READ : IOMMU_READ | IOMMU_WRITE;
	struct scatterlist *sg = rocket_sg_find(memory, &offset);
	u64 mapped = 0;

	while (mapped < range) {
		u64 len = min(rocket_sg_len(memory, sg) - offset, range - mapped);
		int ret;

		ret = rocket_mmu_map_contiguous(mmu, addr + mapped,
						rocket_sg_addr(memory, sg) + offset,
						len, prot, &mapped);
		if (ret) {
			rocket_mmu_unmap(mmu, addr, mapped);
			return ret;
		}

		offset = 0;
		sg = sg_next(sg);
	}

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_mmu_map);

static void rocket_mmu_unmap_piece(struct rocket_mmu *mmu, u64 addr, u64 len)
{
	guard(mutex)(&mmu->hw_lock);

	WARN_ON(iommu_unmap(mmu->domain, addr, len) != len);
}

/**
 * rocket_mmu_unmap() - Unmap a range.
 * @mmu: The page tables; not written by anybody else.
 * @addr: First address.
 * @range: Size in bytes, all of it mapped.
 *
 * On return neither the page tables nor any IOTLB lead there any more: the
 * IOMMU driver drops the lines of every IOMMU that holds the domain, and each of
 * them is in use, because a core lets go of its VM before it is suspended.
 */
void rocket_mmu_unmap(struct rocket_mmu *mmu, u64 addr, u64 range)
{
	if (!mmu->domain)
		return;

	while (range) {
		u64 len = rocket_mmu_piece(addr, range);

		rocket_mmu_unmap_piece(mmu, addr, len);
		addr += len;
		range -= len;
	}
}
EXPORT_SYMBOL_IF_KUNIT(rocket_mmu_unmap);

/**
 * rocket_mmu_in_tables() - Whether the page tables lead somewhere.
 * @mmu: The page tables; where somebody else may write them the answer may be old.
 * @addr: An address.
 *
 * Return: %true when a page is mapped there, readable or writable.
 */
bool rocket_mmu_in_tables(struct rocket_mmu *mmu, u64 addr)
{
	return iommu_iova_to_phys(mmu->domain, addr);
}
