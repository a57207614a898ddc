// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_print.h>
#include <kunit/visibility.h>
#include <linux/bitmap.h>
#include <linux/cleanup.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/sched/signal.h>

#include "rocket_core.h"
#include "rocket_device.h"
#include "rocket_fault.h"
#include "rocket_limits.h"
#include "rocket_mmu.h"
#include "rocket_quota.h"
#include "rocket_recover.h"
#include "rocket_reset.h"
#include "rocket_sg.h"
#include "rocket_trace.h"
#include "rocket_vm.h"

/**
 * DOC: Page tables and switching
 *
 * A VM's page tables are an IOMMU paging domain. They are written when
 * something is bound or unbound and at no other time. A bind must not fail half
 * way, so what can fail comes first: rocket_mmu_reserve() makes the second-level
 * tables of a range exist, while it may still wait for memory. After that
 * rocket_mmu_map() allocates nothing.
 *
 * A core keeps the domain of the last VM that ran on it attached until it is
 * suspended; the next job of that VM finds everything in place. Only a core that
 * is powered is attached or holds a VM, see rocket_core_runtime_suspend().
 *
 * An IOMMU group can only change domains by way of its default domain, where
 * nothing of any client is mapped. Each of the two steps switches translation off
 * for a moment, in which all memory can be reached (as it can be in the default
 * domain itself, where the kernel was told to let devices pass): so the core is
 * reset before. Each of them also writes the root pointer and drops the whole
 * IOTLB: what one VM left there is never used for the next.
 */

/*
 * How often memory for a table is waited for: each time somebody else may have taken
 * it meanwhile.
 */
#define ROCKET_MMU_TRIES	8

/* Counts tables for the user before they are made. */
static int rocket_mmu_charge(struct rocket_vm *vm, unsigned int tables)
{
	u64 bytes = (u64)tables * ROCKET_MMU_TABLE_SIZE;
	int ret;

	ret = rocket_quota_charge(vm->quota, ROCKET_MEMORY_TABLES, bytes);
	if (!ret)
		vm->mmu.charged += bytes;

	return ret;
}

static void rocket_mmu_uncharge(struct rocket_vm *vm, u64 bytes)
{
	rocket_quota_uncharge(vm->quota, ROCKET_MEMORY_TABLES, bytes);
	vm->mmu.charged -= bytes;
}

/**
 * rocket_mmu_init() - Create the page tables of a VM.
 * @vm: The VM.
 * @rdev: The device.
 *
 * Return: 0, -ENODEV when no core is in service, -ENOMEM; -ENOSPC when the user
 * may have no more tables.
 */
int rocket_mmu_init(struct rocket_vm *vm, struct rocket_device *rdev)
{
	struct iommu_domain *domain;
	struct rocket_core *core;
	int ret;

	/* A core is not unbound under this lock. */
	guard(mutex)(&rdev->submit_lock);

	core = rocket_device_any_core(rdev);
	if (!core)
		return -ENODEV;

	ret = rocket_mmu_charge(vm, 1);
	if (ret)
		return ret;

	/* All cores have the same kind of IOMMU: the domain suits them all. */
	domain = iommu_paging_domain_alloc(core->hw.dev);
	if (IS_ERR(domain)) {
		rocket_mmu_uncharge(vm, vm->mmu.charged);
		return PTR_ERR(domain);
	}

	iommu_set_fault_handler(domain, rocket_fault_handler, rdev);
	mutex_init(&vm->mmu.hw_lock);
	mutex_init(&vm->mmu.reserve_lock);
	vm->mmu.domain = domain;

	return 0;
}

/**
 * rocket_mmu_fini() - Free the page tables of a VM.
 * @vm: The VM, attached to no core.
 */
void rocket_mmu_fini(struct rocket_vm *vm)
{
	mutex_destroy(&vm->mmu.reserve_lock);
	mutex_destroy(&vm->mmu.hw_lock);
	iommu_domain_free(vm->mmu.domain);
	rocket_mmu_uncharge(vm, vm->mmu.charged);
}

/*
 * Makes one second-level table exist. The only way that the IOMMU API has is to
 * map something; so the first page of the table's span is mapped without any
 * permission, which no access can use, and unmapped again. No table, no
 * mapping: the page must be free.
 */
static int rocket_mmu_try_table(struct rocket_vm *vm, unsigned int table)
{
	u64 addr = (u64)table * ROCKET_MMU_TABLE_SPAN;
	int ret;

	guard(mutex)(&vm->mmu.hw_lock);

	ret = iommu_map(vm->mmu.domain, addr, page_to_phys(ZERO_PAGE(0)),
			ROCKET_MMU_PAGE_SIZE, 0, GFP_NOWAIT);
	if (ret)
		return ret;

	iommu_unmap(vm->mmu.domain, addr, ROCKET_MMU_PAGE_SIZE);
	set_bit(table, vm->mmu.tables);

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
static int rocket_mmu_make_table(struct rocket_vm *vm, unsigned int table)
{
	int ret;

	for (unsigned int i = 0; i < ROCKET_MMU_TRIES; i++) {
		ret = rocket_mmu_try_table(vm, table);
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
 * @vm: The VM.
 * @addr: First address.
 * @range: Size in bytes, not 0, not beyond 4 GiB.
 *
 * Return: %true when all that it needs have been reserved.
 */
bool rocket_mmu_has_tables(struct rocket_vm *vm, u64 addr, u64 range)
{
	unsigned int last = (addr + range - 1) / ROCKET_MMU_TABLE_SPAN;
	unsigned int first = addr / ROCKET_MMU_TABLE_SPAN;

	return find_next_zero_bit(vm->mmu.tables, last + 1, first) > last;
}

/**
 * rocket_mmu_reserve() - Make sure that mapping will not allocate.
 * @vm: The VM.
 * @tables: In which tables, see rocket_mmu_add_tables().
 *
 * Nothing is mapped by it. What has been reserved stays so, and counts for the
 * user, because the IOMMU driver keeps it.
 *
 * Context: Waits for reclaim; no lock of the VM held.
 * Return: 0; -ENOSPC when the user may not have so many, and nothing has changed;
 * -ENOMEM; -EINTR when the caller is being killed.
 */
int rocket_mmu_reserve(struct rocket_vm *vm, const unsigned long *tables)
{
	DECLARE_BITMAP(missing, ROCKET_MMU_TABLES);
	unsigned int table, count;
	int ret;

	guard(mutex)(&vm->mmu.reserve_lock);

	bitmap_andnot(missing, tables, vm->mmu.tables, ROCKET_MMU_TABLES);
	count = bitmap_weight(missing, ROCKET_MMU_TABLES);
	/* Nothing more is never refused, whatever there is already. */
	if (!count)
		return 0;

	ret = rocket_mmu_charge(vm, count);
	if (ret)
		return ret;

	for_each_set_bit(table, missing, ROCKET_MMU_TABLES) {
		ret = rocket_mmu_make_table(vm, table);
		if (ret)
			break;
		count--;
	}

	rocket_mmu_uncharge(vm, (u64)count * ROCKET_MMU_TABLE_SIZE);

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
static int rocket_mmu_map_contiguous(struct rocket_vm *vm, u64 addr, phys_addr_t phys,
				     u64 range, int prot, u64 *mapped)
{
	while (range) {
		u64 len = rocket_mmu_piece(addr, range);
		int ret;

		scoped_guard(mutex, &vm->mmu.hw_lock)
			ret = iommu_map(vm->mmu.domain, addr, phys, len, prot, GFP_NOWAIT);
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
 * @vm: The VM, &rocket_vm.op_lock held.
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
int rocket_mmu_map(struct rocket_vm *vm, u64 addr, const struct rocket_sg_index *memory,
		   u64 offset, u64 range, bool readonly)
{
	int prot = readonly ? IOMMU_READ : IOMMU_READ | IOMMU_WRITE;
	struct scatterlist *sg = rocket_sg_find(memory, &offset);
	u64 mapped = 0;

	lockdep_assert_held(&vm->op_lock);

	while (mapped < range) {
		u64 len = min(rocket_sg_len(memory, sg) - offset, range - mapped);
		int ret;

		ret = rocket_mmu_map_contiguous(vm, addr + mapped,
						rocket_sg_addr(memory, sg) + offset,
						len, prot, &mapped);
		if (ret) {
			rocket_mmu_unmap(vm, addr, mapped);
			return ret;
		}

		offset = 0;
		sg = sg_next(sg);
	}

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_mmu_map);

static void rocket_mmu_unmap_piece(struct rocket_vm *vm, u64 addr, u64 len)
{
	guard(mutex)(&vm->mmu.hw_lock);

	drm_WARN_ON(vm->base.drm, iommu_unmap(vm->mmu.domain, addr, len) != len);
}

/**
 * rocket_mmu_unmap() - Unmap a range.
 * @vm: The VM, &rocket_vm.op_lock held.
 * @addr: First address.
 * @range: Size in bytes, all of it mapped.
 *
 * On return neither the page tables nor any IOTLB lead there any more: the
 * IOMMU driver drops the lines of every IOMMU that holds the domain, and each of
 * them is in use, because a core lets go of its VM before it is suspended.
 */
void rocket_mmu_unmap(struct rocket_vm *vm, u64 addr, u64 range)
{
	lockdep_assert_held(&vm->op_lock);

	while (range) {
		u64 len = rocket_mmu_piece(addr, range);

		rocket_mmu_unmap_piece(vm, addr, len);
		addr += len;
		range -= len;
	}
}
EXPORT_SYMBOL_IF_KUNIT(rocket_mmu_unmap);

/**
 * rocket_mmu_in_tables() - Whether the page tables lead somewhere.
 * @vm: The VM; no lock is needed, but without &rocket_vm.op_lock the answer may
 *	be old.
 * @addr: An address.
 *
 * Return: %true when a page is mapped there, readable or writable.
 */
bool rocket_mmu_in_tables(struct rocket_vm *vm, u64 addr)
{
	return iommu_iova_to_phys(vm->mmu.domain, addr);
}

/**
 * rocket_mmu_bind() - Get a core's IOMMU group, and what changes of domain need.
 * @core: The core, being bound; it has its hardware.
 *
 * Return: 0; -ENODEV without an IOMMU, -ENOMEM; reported with the reason.
 */
int rocket_mmu_bind(struct rocket_core *core)
{
	struct device *dev = core->hw.dev;

	core->group = iommu_group_get(dev);
	if (!core->group)
		return dev_err_probe(dev, -ENODEV,
				     "no IOMMU: clients could not be kept apart\n");

	core->empty = iommu_paging_domain_alloc(dev);
	if (IS_ERR(core->empty)) {
		iommu_group_put(core->group);
		return dev_err_probe(dev, PTR_ERR(core->empty), "no page tables\n");
	}

	core->mmu_node = of_parse_phandle(dev->of_node, "iommus", 0);

	return 0;
}

/**
 * rocket_mmu_unbind() - Undo rocket_mmu_bind().
 * @core: The core, in its default domain.
 */
void rocket_mmu_unbind(struct rocket_core *core)
{
	of_node_put(core->mmu_node);
	core->mmu_node = NULL;
	iommu_domain_free(core->empty);
	core->empty = NULL;
	iommu_group_put(core->group);
	core->group = NULL;
}

/* For a core that cannot do anything any more, or that has to be given up. */
static void rocket_mmu_abandon_locked(struct rocket_core *core)
{
	lockdep_assert_held(&core->attach_lock);

	iommu_detach_group(NULL, core->group);
	trace_rocket_vm_detach(core, core->vm);
	core->vm = NULL;
}

/* On its way the group can reach all memory: first the reset. */
static int rocket_mmu_detach_locked(struct rocket_core *core)
{
	int ret = rocket_reset(core);

	if (ret)
		return ret;

	rocket_mmu_abandon_locked(core);

	return 0;
}

/**
 * rocket_mmu_attach() - Let a core use the page tables of a VM.
 * @core: A core that runs nothing, powered.
 * @vm: The VM.
 *
 * Does nothing when the core holds them already.
 *
 * Context: The scheduler's work. Not annotated as fence signalling, though it
 * is part of it: see the comment in rocket_sched_run_job().
 * Return: 0; -EIO when the core ignores its reset and was left in its VM; a
 * negative errno of the IOMMU driver, with the core left in its default domain.
 */
int rocket_mmu_attach(struct rocket_core *core, struct rocket_vm *vm)
{
	int ret;

	guard(mutex)(&core->attach_lock);

	if (core->vm == vm)
		return 0;

	if (core->vm) {
		ret = rocket_mmu_detach_locked(core);
		if (ret)
			return ret;
	}

	ret = iommu_attach_group(vm->mmu.domain, core->group);
	if (ret)
		return ret;

	core->vm = vm;
	rocket_core_count(&core->counts.switches, 1);
	trace_rocket_vm_attach(core, vm);

	return 0;
}

/**
 * rocket_mmu_detach() - Put a core back to its default domain.
 * @core: A core that runs nothing, powered if it holds a VM.
 *
 * Resets the core. One that holds no VM is left alone: it runs no job before
 * rocket_mmu_attach() has written all registers of its IOMMU.
 *
 * Return: 0; -EIO when the core ignores its reset and was left in its VM.
 */
int rocket_mmu_detach(struct rocket_core *core)
{
	guard(mutex)(&core->attach_lock);

	return core->vm ? rocket_mmu_detach_locked(core) : 0;
}

/**
 * rocket_mmu_reset() - Reset a core, whatever it does, and detach it.
 * @core: The core, powered.
 *
 * Where it held no VM its IOMMU is left as the reset leaves it.
 *
 * Return: 0; -EIO when the core ignores its reset and was left in its VM.
 */
int rocket_mmu_reset(struct rocket_core *core)
{
	guard(mutex)(&core->attach_lock);

	return core->vm ? rocket_mmu_detach_locked(core) : rocket_reset(core);
}

/*
 * Makes the IOMMU driver write all registers of a core that was reset in its default
 * domain. Only a change of domain does that, so it goes to an empty one and back.
 */
static int rocket_mmu_write_default(struct rocket_core *core)
{
	int ret = iommu_attach_group(core->empty, core->group);

	if (!ret)
		iommu_detach_group(NULL, core->group);

	return ret;
}

/**
 * rocket_mmu_reset_to_default() - Get a core ready for a job of the kernel's own.
 * @core: The core, powered. Whatever it does is given up.
 *
 * Return: 0, with the core reset and its IOMMU leading to what the DMA API maps;
 * otherwise as rocket_mmu_attach().
 */
int rocket_mmu_reset_to_default(struct rocket_core *core)
{
	int ret;

	guard(mutex)(&core->attach_lock);

	if (core->vm)
		return rocket_mmu_detach_locked(core);

	ret = rocket_reset(core);

	return ret ?: rocket_mmu_write_default(core);
}

/**
 * rocket_mmu_abandon() - Detach a core without a reset.
 * @core: One that was just powered up, or that is given up. A core that still
 *	runs reaches physical memory for the moment in which the IOMMU's driver
 *	changes domains; there is no way around that.
 */
void rocket_mmu_abandon(struct rocket_core *core)
{
	guard(mutex)(&core->attach_lock);

	if (core->vm)
		rocket_mmu_abandon_locked(core);
}

static int rocket_mmu_detach_from(struct rocket_core *core, struct rocket_vm *vm)
{
	guard(mutex)(&core->attach_lock);

	return core->vm == vm ? rocket_mmu_detach_locked(core) : 0;
}

/**
 * rocket_mmu_detach_all() - Take a VM out of all cores.
 * @vm: The VM; no job of it is left.
 * @rdev: The device.
 *
 * Context: Sleeps, and waits for the recovery of a core that ignores its reset.
 */
void rocket_mmu_detach_all(struct rocket_vm *vm, struct rocket_device *rdev)
{
	for (int i = 0; i < ROCKET_MAX_CORES; i++) {
		struct rocket_core *core = &rdev->cores[i];

		if (!rocket_mmu_detach_from(core, vm))
			continue;

		rocket_recover_request(core);
		flush_work(&core->recover_work);

		/* Only on a core that is being unbound there is no recovery. */
		guard(mutex)(&core->attach_lock);
		if (core->vm == vm)
			rocket_mmu_abandon_locked(core);
	}
}
