// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_managed.h>
#include <drm/drm_print.h>
#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/kobject.h>
#include <linux/ktime.h>
#include <linux/platform_device.h>
#include <linux/rcupdate.h>
#include <linux/suspend.h>
#include <linux/wait.h>

#include "rocket_attach.h"
#include "rocket_busy.h"
#include "rocket_clock.h"
#include "rocket_core.h"
#include "rocket_cores.h"
#include "rocket_device.h"
#include "rocket_fault.h"
#include "rocket_flight.h"
#include "rocket_limits.h"
#include "rocket_recover.h"
#include "rocket_vm.h"
#include "rocket_work.h"

/* Devices that have not been freed yet, and who waits for that. */
static atomic_t rocket_device_count;
static DECLARE_WAIT_QUEUE_HEAD(rocket_device_gone);

/**
 * rocket_cores_wait_gone() - Wait until every device has been freed.
 *
 * No file is open and no core bound; but jobs of files that were closed may
 * still be on their way out.
 */
void rocket_cores_wait_gone(void)
{
	wait_event(rocket_device_gone, !atomic_read(&rocket_device_count));
}

static void rocket_cores_uncount(struct drm_device *ddev, void *unused)
{
	/* Who asks for the name of a fence may have found a scheduler just before. */
	synchronize_rcu();
	if (atomic_dec_and_test(&rocket_device_count))
		wake_up(&rocket_device_gone);
}

static void rocket_cores_fini_slot(struct drm_device *ddev, void *core)
{
	rocket_core_fini(core);
}

static int rocket_cores_init_slot(struct rocket_device *rdev, unsigned int index)
{
	struct rocket_core *core = &rdev->cores[index];
	int ret;

	ret = rocket_core_init(core, rdev, index);
	if (ret)
		return ret;

	return drmm_add_action_or_reset(&rdev->ddev, rocket_cores_fini_slot, core);
}

/*
 * What drm_dev_wedged_event() would send: in 7.3 it knows devices with a primary
 * node only, and dereferences that.
 */
static void rocket_cores_loss_work(struct work_struct *work)
{
	char *envp[2] = { "WEDGED=rebind" };
	struct rocket_device *rdev = container_of(work, struct rocket_device, loss_work);
	int idx;

	if (drm_dev_enter(&rdev->ddev, &idx)) {
		kobject_uevent_env(&rdev->ddev.accel->kdev->kobj, KOBJ_CHANGE, envp);
		drm_dev_exit(idx);
	}

	drm_dev_put(&rdev->ddev);
}

/**
 * rocket_cores_report_loss() - A core went out of service.
 * @rdev: The device.
 *
 * With the last one userspace is told, by the uevent that DRM has for devices
 * that have to be bound anew.
 *
 * Context: Any. A fence may wait: the event, which allocates, is sent later.
 */
void rocket_cores_report_loss(struct rocket_device *rdev)
{
	if (rocket_cores_mask(rdev))
		return;

	drm_dev_get(&rdev->ddev);
	if (!rocket_work_queue_cleanup(&rdev->loss_work))
		drm_dev_put(&rdev->ddev);
}

static void rocket_cores_fini_clock(struct drm_device *ddev, void *clock)
{
	rocket_clock_fini(clock);
}

static u64 rocket_cores_busy(struct rocket_device *rdev, unsigned int core)
{
	return rocket_busy_read(&rdev->cores[core].busy);
}

static int rocket_cores_init_clock(struct rocket_device *rdev)
{
	rdev->clock = drmm_kzalloc(&rdev->ddev, sizeof(*rdev->clock), GFP_KERNEL);
	if (!rdev->clock)
		return -ENOMEM;

	rocket_clock_init(rdev->clock, rdev->ddev.dev, rocket_cores_busy, rdev);

	return drmm_add_action_or_reset(&rdev->ddev, rocket_cores_fini_clock, rdev->clock);
}

/*
 * While the system goes to sleep and wakes up no power domain can be switched off and on:
 * runtime PM's work queue is frozen, and then its devices are. Recoveries that need it wait.
 */
static int rocket_cores_sleep_event(struct notifier_block *nb, unsigned long event, void *unused)
{
	struct rocket_device *rdev = container_of(nb, struct rocket_device, sleep_watch);

	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		WRITE_ONCE(rdev->asleep, true);
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		WRITE_ONCE(rdev->asleep, false);
		for (int i = 0; i < ROCKET_MAX_CORES; i++)
			rocket_recover_awake(&rdev->cores[i]);
		break;
	}

	return NOTIFY_DONE;
}

static void rocket_cores_unwatch_sleep(struct drm_device *ddev, void *unused)
{
	unregister_pm_notifier(&to_rocket_device(ddev)->sleep_watch);
}

static int rocket_cores_watch_sleep(struct rocket_device *rdev)
{
	int ret;

	rdev->sleep_watch.notifier_call = rocket_cores_sleep_event;
	ret = register_pm_notifier(&rdev->sleep_watch);

	return ret ?: drmm_add_action_or_reset(&rdev->ddev, rocket_cores_unwatch_sleep, NULL);
}

static int rocket_cores_init(struct rocket_device *rdev)
{
	int ret;

	INIT_WORK(&rdev->loss_work, rocket_cores_loss_work);
	init_rwsem(&rdev->bound_lock);

	/* First, so that it is the last to be undone. */
	atomic_inc(&rocket_device_count);
	ret = drmm_add_action_or_reset(&rdev->ddev, rocket_cores_uncount, NULL);
	if (ret)
		return ret;

	ret = rocket_cores_init_clock(rdev);
	if (ret)
		return ret;

	ret = rocket_flight_init(rdev);
	if (ret)
		return ret;

	/*
	 * A BO in few pieces is made and mapped in few steps. Only where a huge page
	 * lies within the BO: what a BO counts with is what it has.
	 */
	if (drm_gem_huge_mnt_create(&rdev->ddev, "within_size"))
		drm_dbg(&rdev->ddev, "BOs are made of small pages\n");

	rdev->cores = drmm_kcalloc(&rdev->ddev, ROCKET_MAX_CORES, sizeof(*rdev->cores),
				   GFP_KERNEL);
	if (!rdev->cores)
		return -ENOMEM;

	for (int i = 0; i < ROCKET_MAX_CORES; i++) {
		ret = rocket_cores_init_slot(rdev, i);
		if (ret)
			return ret;
	}

	return rocket_cores_watch_sleep(rdev);
}

/**
 * rocket_cores_create() - Create the device, with empty slots.
 * @facade: The platform device to put it below.
 * @driver: The DRM driver.
 *
 * Return: The device, to be registered and put by the caller; -ENOMEM.
 */
struct rocket_device *rocket_cores_create(struct platform_device *facade,
					  const struct drm_driver *driver)
{
	struct rocket_device *rdev;
	int ret;

	/* Memory above 4 GiB needs no bouncing. */
	ret = dma_set_mask_and_coherent(&facade->dev, DMA_BIT_MASK(40));
	if (ret)
		return ERR_PTR(ret);
	dma_set_max_seg_size(&facade->dev, UINT_MAX);

	/*
	 * Not devm: the device comes and goes with its cores, the facade stays
	 * as long as the module does.
	 */
	rdev = __drm_dev_alloc(&facade->dev, driver, sizeof(*rdev),
			       offsetof(struct rocket_device, ddev));
	if (IS_ERR(rdev))
		return rdev;

	ret = rocket_cores_init(rdev);
	if (ret) {
		drm_dev_put(&rdev->ddev);
		return ERR_PTR(ret);
	}

	return rdev;
}

/**
 * rocket_cores_bound_mask() - Which cores are bound.
 * @rdev: The device.
 *
 * Return: Bit n for core n. Stable only under &rocket_device.bound_lock.
 */
u32 rocket_cores_bound_mask(struct rocket_device *rdev)
{
	u32 mask = 0;

	for (int i = 0; i < ROCKET_MAX_CORES; i++) {
		if (READ_ONCE(rdev->cores[i].online))
			mask |= BIT(i);
	}

	return mask;
}

/**
 * rocket_cores_mask() - Which cores are in service.
 * @rdev: The device.
 *
 * Return: Bit n for core n: those that are bound and react to their resets. May
 * change at any time.
 */
u32 rocket_cores_mask(struct rocket_device *rdev)
{
	u32 mask = rocket_cores_bound_mask(rdev);

	for (int i = 0; i < ROCKET_MAX_CORES; i++) {
		if (READ_ONCE(rdev->cores[i].wedged))
			mask &= ~BIT(i);
	}

	return mask;
}

/**
 * rocket_cores_set_online() - A core was bound, or is being unbound.
 * @core: The core.
 * @online: Which of them.
 *
 * Waits for those who use the device of one that is bound.
 */
void rocket_cores_set_online(struct rocket_core *core, bool online)
{
	struct rocket_device *rdev = core->rdev;
	u32 mask;

	guard(rwsem_write)(&rdev->bound_lock);

	scoped_guard(spinlock_irq, &core->lock) {
		core->online = online;
		if (online)
			core->wedged = false;
	}

	mask = rocket_cores_bound_mask(rdev);
	rdev->iommu_dev = mask ? rdev->cores[__ffs(mask)].hw.dev : NULL;
}

static struct rocket_core *rocket_cores_find_by_mmu(struct rocket_device *rdev,
						    struct device *mmu)
{
	for (int i = 0; i < ROCKET_MAX_CORES; i++) {
		if (rdev->cores[i].mmu_node == mmu->of_node)
			return &rdev->cores[i];
	}

	return NULL;
}

/**
 * rocket_cores_fault() - The IOMMU driver's report of a page fault.
 * @domain: The domain that was attached.
 * @dev: The IOMMU's device.
 * @addr: The address that was accessed.
 * @flags: %IOMMU_FAULT_WRITE or %IOMMU_FAULT_READ.
 * @token: The &struct rocket_device.
 *
 * Context: Hard interrupt.
 * Return: 0; the IOMMU driver does not look at it.
 */
int rocket_cores_fault(struct iommu_domain *domain, struct device *dev,
		       unsigned long addr, int flags, void *token)
{
	struct rocket_core *core = rocket_cores_find_by_mmu(token, dev);
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

/**
 * rocket_cores_leave_vm() - Take a VM out of all cores.
 * @vm: The VM; no job of it is left.
 *
 * Context: Sleeps, and waits for the recovery of a core that ignores its reset.
 */
void rocket_cores_leave_vm(struct rocket_vm *vm)
{
	for (int i = 0; i < ROCKET_MAX_CORES; i++) {
		struct rocket_core *core = &vm->rdev->cores[i];

		if (!rocket_attach_leave(core, vm))
			continue;

		rocket_recover_request(core);
		flush_work(&core->recover_work);

		/* Only on a core that is being unbound there is no recovery. */
		rocket_attach_abandon_vm(core, vm);
	}
}
