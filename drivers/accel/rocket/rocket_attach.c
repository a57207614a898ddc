// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cleanup.h>
#include <linux/iommu.h>
#include <linux/of.h>

#include "rocket_attach.h"
#include "rocket_core.h"
#include "rocket_reset.h"
#include "rocket_trace.h"
#include "rocket_vm.h"

/**
 * DOC: Attaching and switching
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
 *
 * A core that ignores its reset stays where it is; who asked is told, and sees to its
 * recovery.
 */

/**
 * rocket_attach_bind() - Get a core's IOMMU group, and what changes of domain need.
 * @core: The core, being bound; it has its hardware.
 *
 * Return: 0; -ENODEV without an IOMMU, -ENOMEM; reported with the reason.
 */
int rocket_attach_bind(struct rocket_core *core)
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
 * rocket_attach_unbind() - Undo rocket_attach_bind().
 * @core: The core, in its default domain.
 */
void rocket_attach_unbind(struct rocket_core *core)
{
	of_node_put(core->mmu_node);
	core->mmu_node = NULL;
	iommu_domain_free(core->empty);
	core->empty = NULL;
	iommu_group_put(core->group);
	core->group = NULL;
}

/* For a core that cannot do anything any more, or that has to be given up. */
static void rocket_attach_abandon_locked(struct rocket_core *core)
{
	lockdep_assert_held(&core->attach_lock);

	iommu_detach_group(NULL, core->group);
	trace_rocket_vm_detach(core, core->vm);
	core->vm = NULL;
}

/* On its way the group can reach all memory: first the reset. */
static int rocket_attach_leave_locked(struct rocket_core *core)
{
	int ret = rocket_reset(core);

	if (ret)
		return ret;

	rocket_attach_abandon_locked(core);

	return 0;
}

/**
 * rocket_attach_vm() - Let a core use the page tables of a VM.
 * @core: A core that runs nothing, powered.
 * @vm: The VM.
 *
 * Does nothing when the core holds them already.
 *
 * Context: Who has claimed the core. Not annotated as fence signalling, though it
 * is part of it: see the comment in rocket_runq_prepare_core().
 * Return: 0; -EIO when the core ignores its reset and was left in its VM; -EAGAIN when it
 * has to be switched off first; a negative errno of the IOMMU driver, with the core left in
 * its default domain.
 */
int rocket_attach_vm(struct rocket_core *core, struct rocket_vm *vm)
{
	int ret;

	guard(mutex)(&core->attach_lock);

	/* Woken up before its domain was off. */
	if (core->mmu_dead)
		return -EAGAIN;

	if (core->vm == vm)
		return 0;

	if (core->vm) {
		ret = rocket_attach_leave_locked(core);
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
 * rocket_attach_sleep() - Get a core ready for its power domain to be switched off.
 * @core: A core that runs nothing, powered if it holds a VM.
 *
 * Resets the core and puts it back to its default domain; where a reset needs power it
 * stays in its VM. One that holds no VM is left alone: it runs no job before
 * rocket_attach_vm() has written all registers of its IOMMU.
 *
 * Return: 0; -EIO when the core ignores its reset and was left in its VM.
 */
int rocket_attach_sleep(struct rocket_core *core)
{
	guard(mutex)(&core->attach_lock);

	if (!core->vm)
		return 0;

	if (core->hw.soc->reset_needs_power) {
		rocket_reset_before_off(core);
		return 0;
	}

	return rocket_attach_leave_locked(core);
}

/**
 * rocket_attach_reset() - Reset a core, whatever it does, and detach it.
 * @core: The core, powered.
 *
 * Where it held no VM its IOMMU is left as the reset leaves it.
 *
 * Return: 0; -EIO when the core ignores its reset and was left in its VM.
 */
int rocket_attach_reset(struct rocket_core *core)
{
	guard(mutex)(&core->attach_lock);

	return core->vm ? rocket_attach_leave_locked(core) : rocket_reset(core);
}

/*
 * Makes the IOMMU driver write all registers of a core that was reset in its default
 * domain. Only a change of domain does that, so it goes to an empty one and back.
 */
static int rocket_attach_write_default(struct rocket_core *core)
{
	int ret = iommu_attach_group(core->empty, core->group);

	if (!ret)
		iommu_detach_group(NULL, core->group);

	return ret;
}

/**
 * rocket_attach_reset_to_default() - Get a core ready for a job of the kernel's own.
 * @core: The core, powered. Whatever it does is given up.
 *
 * Return: 0, with the core reset and its IOMMU leading to what the DMA API maps;
 * otherwise as rocket_attach_vm().
 */
int rocket_attach_reset_to_default(struct rocket_core *core)
{
	int ret;

	guard(mutex)(&core->attach_lock);

	if (core->vm)
		return rocket_attach_leave_locked(core);

	ret = rocket_reset(core);

	return ret ?: rocket_attach_write_default(core);
}

/**
 * rocket_attach_default() - Detach a core that was just powered up.
 * @core: The core.
 *
 * An IOMMU whose last attach has failed lets all accesses pass, though its group is said to
 * be in its default domain: so that is written in any case.
 *
 * Return: 0, with its IOMMU leading to what the DMA API maps; a negative errno of the IOMMU
 * driver.
 */
int rocket_attach_default(struct rocket_core *core)
{
	guard(mutex)(&core->attach_lock);

	if (!core->vm)
		return rocket_attach_write_default(core);

	rocket_attach_abandon_locked(core);

	return 0;
}

/**
 * rocket_attach_abandon() - Detach a core without a reset.
 * @core: One that is given up. If it still runs it reaches physical memory for the moment
 *	in which the IOMMU's driver changes domains; there is no way around that.
 */
void rocket_attach_abandon(struct rocket_core *core)
{
	guard(mutex)(&core->attach_lock);

	if (core->vm)
		rocket_attach_abandon_locked(core);
}

/**
 * rocket_attach_abandon_live() - The same, for a core that goes on to be used.
 * @core: The core; see rocket_attach_abandon().
 *
 * Return: 0; -EBUSY when its IOMMU works only when the power domain has been off.
 */
int rocket_attach_abandon_live(struct rocket_core *core)
{
	guard(mutex)(&core->attach_lock);

	if (core->mmu_dead)
		return -EBUSY;

	if (core->vm)
		rocket_attach_abandon_locked(core);

	return 0;
}

/**
 * rocket_attach_leave() - Take a core out of a VM, if it holds that.
 * @core: The core.
 * @vm: The VM; no job of it runs.
 *
 * Return: 0; -EIO when the core ignores its reset and was left in its VM.
 */
int rocket_attach_leave(struct rocket_core *core, struct rocket_vm *vm)
{
	guard(mutex)(&core->attach_lock);

	return core->vm == vm ? rocket_attach_leave_locked(core) : 0;
}

/**
 * rocket_attach_abandon_vm() - The same without a reset.
 * @core: The core; see rocket_attach_abandon().
 * @vm: The VM.
 */
void rocket_attach_abandon_vm(struct rocket_core *core, struct rocket_vm *vm)
{
	guard(mutex)(&core->attach_lock);

	if (core->vm == vm)
		rocket_attach_abandon_locked(core);
}
