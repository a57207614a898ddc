// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_managed.h>
#include <drm/drm_print.h>
#include <drm/rocket_accel.h>
#include <linux/atomic.h>
#include <linux/dma-mapping.h>
#include <linux/kobject.h>
#include <linux/platform_device.h>
#include <linux/rcupdate.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "rocket_device.h"
#include "rocket_file.h"
#include "rocket_limits.h"
#include "rocket_quota.h"
#include "rocket_sched.h"
#include "rocket_vm.h"

/*
 * Where finished jobs, and with them VMs, are torn down: that takes locks which
 * the scheduler's work must not wait for. It outlives every device, because the
 * last thing that a device waits for is torn down here.
 *
 * No fence waits for what is done here, so it need not go on without memory.
 */
static struct workqueue_struct *rocket_cleanup_wq;

/*
 * Where asynchronous binds are applied, those of different VMs in parallel. Their
 * fences may be waited for by whoever reclaims memory, another driver's shrinker for
 * one: so it must not need memory for a worker. Nothing that waits for a work queue
 * without WQ_MEM_RECLAIM may be done here.
 */
static struct workqueue_struct *rocket_bind_wq;

/* Devices that have not been freed yet, and who waits for that. */
static atomic_t rocket_device_count;
static DECLARE_WAIT_QUEUE_HEAD(rocket_device_gone);

/**
 * rocket_device_queue_cleanup() - Tear something down later.
 * @work: What to do. May sleep and take any lock.
 */
void rocket_device_queue_cleanup(struct work_struct *work)
{
	queue_work(rocket_cleanup_wq, work);
}

/**
 * rocket_device_bind_wq() - Where asynchronous binds are applied.
 *
 * Return: The work queue, as long as the module is loaded.
 */
struct workqueue_struct *rocket_device_bind_wq(void)
{
	return rocket_bind_wq;
}

/**
 * rocket_device_setup() - Called when the module is loaded.
 *
 * Return: 0, -ENOMEM.
 */
int rocket_device_setup(void)
{
	rocket_cleanup_wq = alloc_workqueue("rocket-cleanup", WQ_UNBOUND, 0);

	if (!rocket_cleanup_wq)
		return -ENOMEM;

	rocket_bind_wq = alloc_workqueue("rocket-bind", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!rocket_bind_wq) {
		destroy_workqueue(rocket_cleanup_wq);
		return -ENOMEM;
	}

	return 0;
}

/**
 * rocket_device_teardown() - Called when the module is unloaded.
 *
 * No file is open and no core bound; but jobs of files that were closed may
 * still be on their way out.
 */
void rocket_device_teardown(void)
{
	wait_event(rocket_device_gone, !atomic_read(&rocket_device_count));
	destroy_workqueue(rocket_cleanup_wq);
	destroy_workqueue(rocket_bind_wq);
}

static void rocket_device_uncount(struct drm_device *ddev, void *unused)
{
	/* Who asks for the name of a fence may have found a scheduler just before. */
	synchronize_rcu();
	if (atomic_dec_and_test(&rocket_device_count))
		wake_up(&rocket_device_gone);
}

static void rocket_device_fini_core(struct drm_device *ddev, void *core)
{
	rocket_core_fini(core);
}

static void rocket_device_fini_sched(struct drm_device *ddev, void *core)
{
	rocket_sched_fini(core);
}

static int rocket_device_init_core(struct rocket_device *rdev, unsigned int index)
{
	struct rocket_core *core = &rdev->cores[index];
	int ret;

	ret = rocket_core_init(core, rdev, index);
	if (ret)
		return ret;

	ret = drmm_add_action_or_reset(&rdev->ddev, rocket_device_fini_core, core);
	if (ret)
		return ret;

	ret = rocket_sched_init(core);
	if (ret)
		return ret;

	return drmm_add_action_or_reset(&rdev->ddev, rocket_device_fini_sched, core);
}

/*
 * What drm_dev_wedged_event() would send: in 7.3 it knows devices with a primary
 * node only, and dereferences that.
 */
static void rocket_device_loss_work(struct work_struct *work)
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
 * rocket_device_report_loss() - A core went out of service.
 * @rdev: The device.
 *
 * With the last one userspace is told, by the uevent that DRM has for devices
 * that have to be bound anew.
 *
 * Context: Any. A fence may wait: the event, which allocates, is sent later.
 */
void rocket_device_report_loss(struct rocket_device *rdev)
{
	if (rocket_device_core_mask(rdev))
		return;

	drm_dev_get(&rdev->ddev);
	if (!queue_work(rocket_cleanup_wq, &rdev->loss_work))
		drm_dev_put(&rdev->ddev);
}

static int rocket_device_init(struct rocket_device *rdev)
{
	int ret;

	INIT_WORK(&rdev->loss_work, rocket_device_loss_work);

	/* First, so that it is the last to be undone. */
	atomic_inc(&rocket_device_count);
	ret = drmm_add_action_or_reset(&rdev->ddev, rocket_device_uncount, NULL);
	if (ret)
		return ret;

	ret = rocket_flight_init(rdev);
	if (ret)
		return ret;

	ret = drmm_mutex_init(&rdev->ddev, &rdev->submit_lock);
	if (ret)
		return ret;

	/*
	 * A BO in few pieces is made and mapped in few steps. Only where a huge page
	 * lies within the BO: what a BO counts with is what it has.
	 */
	if (drm_gem_huge_mnt_create(&rdev->ddev, "within_size"))
		drm_dbg(&rdev->ddev, "BOs are made of small pages\n");

	for (int i = 0; i < ROCKET_MAX_CORES; i++) {
		ret = rocket_device_init_core(rdev, i);
		if (ret)
			return ret;
	}

	return 0;
}

/**
 * rocket_device_create() - Create the device, without cores.
 * @facade: The platform device to put it below.
 * @driver: The DRM driver.
 *
 * Return: The device, to be registered and put by the caller; -ENOMEM.
 */
struct rocket_device *rocket_device_create(struct platform_device *facade,
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

	ret = rocket_device_init(rdev);
	if (ret) {
		drm_dev_put(&rdev->ddev);
		return ERR_PTR(ret);
	}

	return rdev;
}

/**
 * rocket_device_bound_mask() - Which cores are bound.
 * @rdev: The device.
 *
 * Return: Bit n for core n. Stable only under &rocket_device.submit_lock.
 */
u32 rocket_device_bound_mask(struct rocket_device *rdev)
{
	u32 mask = 0;

	for (int i = 0; i < ROCKET_MAX_CORES; i++) {
		if (READ_ONCE(rdev->cores[i].online))
			mask |= BIT(i);
	}

	return mask;
}

/**
 * rocket_device_core_mask() - Which cores are in service.
 * @rdev: The device.
 *
 * Return: Bit n for core n: those that are bound and react to their resets. May
 * change at any time.
 */
u32 rocket_device_core_mask(struct rocket_device *rdev)
{
	u32 mask = rocket_device_bound_mask(rdev);

	for (int i = 0; i < ROCKET_MAX_CORES; i++) {
		if (READ_ONCE(rdev->cores[i].wedged))
			mask &= ~BIT(i);
	}

	return mask;
}

/**
 * rocket_device_any_core() - A core that is bound.
 * @rdev: The device, &rocket_device.submit_lock held.
 *
 * Return: The core, %NULL when there is none.
 */
struct rocket_core *rocket_device_any_core(struct rocket_device *rdev)
{
	u32 mask = rocket_device_bound_mask(rdev);

	lockdep_assert_held(&rdev->submit_lock);

	return mask ? &rdev->cores[__ffs(mask)] : NULL;
}

/* DRM_IOCTL_ROCKET_GET_PARAM, see struct drm_rocket_get_param. */
int rocket_ioctl_get_param(struct drm_device *ddev, void *data, struct drm_file *file)
{
	struct rocket_device *rdev = to_rocket_device(ddev);
	struct rocket_file *rfile = file->driver_priv;
	struct drm_rocket_get_param *args = data;

	if (args->pad)
		return -EINVAL;

	switch (args->param) {
	case DRM_ROCKET_PARAM_FEATURES:
		args->value = DRM_ROCKET_FEATURE_VM_BIND | DRM_ROCKET_FEATURE_CHAINS |
			      DRM_ROCKET_FEATURE_JOB_FLAGS | DRM_ROCKET_FEATURE_BO_RANGES |
			      DRM_ROCKET_FEATURE_GEM_QUERY;
		return 0;
	case DRM_ROCKET_PARAM_CORE_MASK:
		args->value = rocket_device_core_mask(rdev);
		return 0;
	case DRM_ROCKET_PARAM_IP_VERSION:
		args->value = rdev->ip_version;
		return 0;
	case DRM_ROCKET_PARAM_VA_START:
		args->value = ROCKET_VM_START;
		return 0;
	case DRM_ROCKET_PARAM_VA_END:
		args->value = ROCKET_VM_END;
		return 0;
	case DRM_ROCKET_PARAM_PAGE_SIZE:
		args->value = ROCKET_MMU_PAGE_SIZE;
		return 0;
	case DRM_ROCKET_PARAM_JOB_TIMEOUT_MS:
		args->value = ROCKET_JOB_TIMEOUT_MS;
		return 0;
	case DRM_ROCKET_PARAM_MAX_JOB_TIMEOUT_MS:
		args->value = ROCKET_JOB_TIMEOUT_MAX_MS;
		return 0;
	case DRM_ROCKET_PARAM_MAX_VMS:
		args->value = ROCKET_VM_MAX;
		return 0;
	case DRM_ROCKET_PARAM_MAX_BIND_OPS:
		args->value = ROCKET_VM_BIND_MAX_OPS;
		return 0;
	case DRM_ROCKET_PARAM_MAX_MAPPINGS:
		args->value = rocket_quota_mapping_limit();
		return 0;
	case DRM_ROCKET_PARAM_MAPPINGS:
		args->value = atomic_read(&rfile->quota->mappings);
		return 0;
	case DRM_ROCKET_PARAM_MAX_BO_MEMORY:
		args->value = rocket_quota_limit(ROCKET_MEMORY_BOS);
		return 0;
	case DRM_ROCKET_PARAM_BO_MEMORY:
		args->value = rocket_quota_used(rfile->quota, ROCKET_MEMORY_BOS);
		return 0;
	case DRM_ROCKET_PARAM_MAX_TABLE_MEMORY:
		args->value = rocket_quota_limit(ROCKET_MEMORY_TABLES);
		return 0;
	case DRM_ROCKET_PARAM_TABLE_MEMORY:
		args->value = rocket_quota_used(rfile->quota, ROCKET_MEMORY_TABLES);
		return 0;
	default:
		return -EINVAL;
	}
}
