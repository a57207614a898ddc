// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_accel.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_ioctl.h>
#include <drm/rocket_accel.h>
#include <linux/cleanup.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "rocket_core.h"
#include "rocket_cores.h"
#include "rocket_debugfs.h"
#include "rocket_device.h"
#include "rocket_fair.h"
#include "rocket_fdinfo.h"
#include "rocket_file.h"
#include "rocket_gem.h"
#include "rocket_gem_cpu.h"
#include "rocket_job.h"
#include "rocket_limits.h"
#include "rocket_param.h"
#include "rocket_pmu.h"
#include "rocket_prime.h"
#include "rocket_queue.h"
#include "rocket_quota.h"
#include "rocket_race.h"
#include "rocket_runq.h"
#include "rocket_soc.h"
#include "rocket_submit.h"
#include "rocket_vm.h"
#include "rocket_vm_bind.h"
#include "rocket_work.h"

/*
 * The DRM device belongs to no core: it hangs below a platform device of its
 * own, as in mainline, which also serves for CPU cache maintenance. Nothing is
 * behind an IOMMU there.
 */
static struct platform_device *rocket_facade;

/* Protects rocket_dev, and one core's probe or removal from the others'. */
static DEFINE_MUTEX(rocket_bind_lock);

/* The device, as long as at least one core is bound; a reference. */
static struct rocket_device *rocket_dev;

static int rocket_open(struct drm_device *ddev, struct drm_file *file)
{
	struct rocket_file *rfile;
	int ret;

	rfile = kzalloc_obj(*rfile, GFP_KERNEL_ACCOUNT);
	if (!rfile)
		return -ENOMEM;

	rfile->rdev = to_rocket_device(ddev);
	rfile->id = file->client_id;
	rfile->share = rocket_share_create(&rfile->rdev->runq->fair);
	if (!rfile->share) {
		ret = -ENOMEM;
		goto err_free;
	}

	rfile->quota = rocket_quota_create();
	if (!rfile->quota) {
		ret = -ENOMEM;
		goto err_put_share;
	}

	rocket_vm_open_file(rfile);
	file->driver_priv = rfile;

	return 0;

err_put_share:
	rocket_share_put(rfile->share);
err_free:
	kfree(rfile);

	return ret;
}

static void rocket_postclose(struct drm_device *ddev, struct drm_file *file)
{
	struct rocket_file *rfile = file->driver_priv;

	rocket_vm_close_file(rfile);
	rocket_quota_put(rfile->quota);
	rocket_share_put(rfile->share);
	kfree(rfile);
}

static const struct drm_ioctl_desc rocket_ioctls[] = {
	DRM_IOCTL_DEF_DRV(ROCKET_CREATE_BO, rocket_ioctl_create_bo, 0),
	DRM_IOCTL_DEF_DRV(ROCKET_SUBMIT, rocket_ioctl_submit, 0),
	DRM_IOCTL_DEF_DRV(ROCKET_PREP_BO, rocket_ioctl_prep_bo, 0),
	DRM_IOCTL_DEF_DRV(ROCKET_FINI_BO, rocket_ioctl_fini_bo, 0),
	DRM_IOCTL_DEF_DRV(ROCKET_PREP_BO_RANGES, rocket_ioctl_prep_bo_ranges, 0),
	DRM_IOCTL_DEF_DRV(ROCKET_FINI_BO_RANGES, rocket_ioctl_fini_bo_ranges, 0),
	DRM_IOCTL_DEF_DRV(ROCKET_GET_PARAM, rocket_ioctl_get_param, 0),
	DRM_IOCTL_DEF_DRV(ROCKET_GEM_CREATE, rocket_ioctl_gem_create, 0),
	DRM_IOCTL_DEF_DRV(ROCKET_VM_CREATE, rocket_ioctl_vm_create, 0),
	DRM_IOCTL_DEF_DRV(ROCKET_VM_DESTROY, rocket_ioctl_vm_destroy, 0),
	DRM_IOCTL_DEF_DRV(ROCKET_VM_BIND, rocket_ioctl_vm_bind, 0),
	DRM_IOCTL_DEF_DRV(ROCKET_VM_QUERY, rocket_ioctl_vm_query, 0),
	DRM_IOCTL_DEF_DRV(ROCKET_GEM_QUERY, rocket_ioctl_gem_query, 0),
};

/* As DEFINE_DRM_ACCEL_FOPS(), with fdinfo. */
static const struct file_operations rocket_fops = {
	.owner = THIS_MODULE,
	DRM_ACCEL_FOPS,
	.show_fdinfo = drm_show_fdinfo,
};

/*
 * The numbers are those that users of patched kernels look for, see the header:
 * 1.0 - mainline: CREATE_BO, SUBMIT, PREP_BO, FINI_BO
 * 1.1 to 1.3 - flags of a job
 * 1.5 - PREP_BO_RANGES, FINI_BO_RANGES
 * 1.6 - all that these kernels have
 * What is ours besides is in what GET_PARAM says; with it grows the patch level.
 */
static const struct drm_driver rocket_drm_driver = {
	.driver_features = DRIVER_COMPUTE_ACCEL | DRIVER_GEM | DRIVER_SYNCOBJ |
			   DRIVER_SYNCOBJ_TIMELINE,
	.open = rocket_open,
	.postclose = rocket_postclose,
	.show_fdinfo = rocket_fdinfo_show,
	.gem_create_object = rocket_gem_create_object,
	.gem_prime_import = rocket_prime_import,
	.gem_prime_import_sg_table = rocket_gem_import_sg_table,
	.ioctls = rocket_ioctls,
	.num_ioctls = ARRAY_SIZE(rocket_ioctls),
	.fops = &rocket_fops,
	.name = "rocket",
	.desc = "Rockchip NPU",
	.major = 1,
	.minor = 6,
	.patchlevel = 3,
};

static const struct rocket_vm_ops rocket_drv_vm_ops = {
	.fault = rocket_cores_fault,
	.close = rocket_queue_close,
	.leave = rocket_cores_leave_vm,
	.free = rocket_queue_free,
};

static const struct rocket_core_ops rocket_drv_core_ops = {
	.left = rocket_runq_left,
	.ended = rocket_runq_ended,
	.free = rocket_runq_free,
	.lost = rocket_runq_lost,
};

static struct rocket_device *rocket_create(const struct rocket_soc *soc)
{
	struct rocket_device *rdev = rocket_cores_create(rocket_facade, &rocket_drm_driver);
	int ret;

	if (IS_ERR(rdev))
		return rdev;

	rdev->soc = soc;
	rdev->vm_ops = &rocket_drv_vm_ops;
	rdev->core_ops = &rocket_drv_core_ops;
	ret = rocket_runq_init(rdev);
	if (!ret)
		ret = rocket_gem_find_below_4g(rdev);
	if (ret) {
		drm_dev_put(&rdev->ddev);
		return ERR_PTR(ret);
	}

	return rdev;
}

static const struct of_device_id rocket_of_match[] = {
	{ .compatible = "rockchip,rk3588-rknn-core", .data = &rocket_soc_rk3588 },
	{ .compatible = "rockchip,rk3576-rknn-core", .data = &rocket_soc_rk3576 },
	{}
};
MODULE_DEVICE_TABLE(of, rocket_of_match);

/*
 * The number of a core is its place in the devicetree, which stays the same
 * when some are disabled, probe out of order or are bound again.
 */
static int rocket_core_index(struct device_node *node)
{
	struct device_node *other;
	int index = 0;

	for_each_matching_node(other, rocket_of_match) {
		if (other == node) {
			of_node_put(other);
			return index;
		}
		index++;
	}

	return -ENODEV;
}

static void rocket_put_dev(void *ddev)
{
	drm_dev_put(ddev);
}

/*
 * devres gives back clocks and resets after rocket_remove(), and finds them
 * noted in the core: so it holds the device, and lets go of it last.
 */
static int rocket_hold_dev(struct platform_device *pdev, struct rocket_device *rdev)
{
	drm_dev_get(&rdev->ddev);

	return devm_add_action_or_reset(&pdev->dev, rocket_put_dev, &rdev->ddev);
}

/* Whether one more core may be in service. Says so if not. */
static bool rocket_has_room(struct rocket_device *rdev, struct device *dev)
{
	unsigned int bound = hweight32(rocket_cores_bound_mask(rdev));

	if (bound < rdev->soc->cores_at_once)
		return true;

	dev_info(dev, "not used: at most %u of the %s's cores can run at once\n",
		 rdev->soc->cores_at_once, rdev->soc->name);

	return false;
}

static int rocket_probe(struct platform_device *pdev)
{
	int index = rocket_core_index(pdev->dev.of_node);
	struct rocket_device *rdev;
	bool first;
	int ret;

	guard(mutex)(&rocket_bind_lock);

	if (index < 0 || index >= ROCKET_MAX_CORES)
		return dev_err_probe(&pdev->dev, -ENODEV, "the SoC has no such core\n");

	/* The first core to come brings the device. */
	first = !rocket_dev;
	rdev = first ? rocket_create(device_get_match_data(&pdev->dev)) : rocket_dev;
	if (IS_ERR(rdev))
		return dev_err_probe(&pdev->dev, PTR_ERR(rdev), "cannot create the device\n");

	if (!rocket_has_room(rdev, &pdev->dev))
		return -ENODEV;

	ret = rocket_hold_dev(pdev, rdev);
	if (ret)
		goto err_put;

	platform_set_drvdata(pdev, &rdev->cores[index]);
	ret = rocket_core_bind(&rdev->cores[index], pdev, &rdev->ip_version);
	if (ret)
		goto err_put;

	if (first) {
		rocket_debugfs_init(&rdev->ddev);
		ret = drm_dev_register(&rdev->ddev, 0);
		if (ret) {
			dev_err_probe(&pdev->dev, ret, "cannot register the device\n");
			goto err_unbind;
		}
		rocket_dev = rdev;
		rocket_pmu_register(rdev);
	}

	return 0;

err_unbind:
	rocket_core_unbind(&rdev->cores[index]);
err_put:
	if (first)
		drm_dev_put(&rdev->ddev);

	return ret;
}

static void rocket_remove(struct platform_device *pdev)
{
	struct rocket_core *core = platform_get_drvdata(pdev);
	struct rocket_device *rdev = core->rdev;

	guard(mutex)(&rocket_bind_lock);

	rocket_core_unbind(core);
	if (rocket_cores_bound_mask(rdev))
		return;

	rocket_pmu_unregister(rdev);

	/* The last one takes the device; files that are open keep a dead one. */
	rocket_dev = NULL;
	drm_dev_unplug(&rdev->ddev);
	drm_dev_put(&rdev->ddev);
}

static void rocket_shutdown(struct platform_device *pdev)
{
	guard(mutex)(&rocket_bind_lock);

	rocket_core_shutdown(platform_get_drvdata(pdev));
}

static int rocket_runtime_suspend(struct device *dev)
{
	return rocket_core_runtime_suspend(dev_get_drvdata(dev));
}

static int rocket_runtime_resume(struct device *dev)
{
	return rocket_core_runtime_resume(dev_get_drvdata(dev));
}

/* All cores are stopped before any is waited for: none takes what another has left. */
static int rocket_prepare(struct device *dev)
{
	rocket_core_stop(dev_get_drvdata(dev));

	return 0;
}

static void rocket_complete(struct device *dev)
{
	rocket_core_start(dev_get_drvdata(dev));
}

static int rocket_suspend(struct device *dev)
{
	struct rocket_core *core = dev_get_drvdata(dev);
	int ret;

	rocket_core_suspend(core);
	ret = pm_runtime_force_suspend(dev);
	if (ret)
		rocket_core_resume(core);

	return ret;
}

static int rocket_resume(struct device *dev)
{
	int ret = pm_runtime_force_resume(dev);

	rocket_core_resume(dev_get_drvdata(dev));

	return ret;
}

static const struct dev_pm_ops rocket_pm_ops = {
	.prepare = pm_sleep_ptr(rocket_prepare),
	.complete = pm_sleep_ptr(rocket_complete),
	RUNTIME_PM_OPS(rocket_runtime_suspend, rocket_runtime_resume, NULL)
	SYSTEM_SLEEP_PM_OPS(rocket_suspend, rocket_resume)
};

static struct platform_driver rocket_driver = {
	.probe = rocket_probe,
	.remove = rocket_remove,
	.shutdown = rocket_shutdown,
	.driver = {
		.name = "rocket",
		.pm = pm_ptr(&rocket_pm_ops),
		.of_match_table = rocket_of_match,
	},
};

static int __init rocket_init(void)
{
	int ret;

	ret = rocket_work_setup();
	if (ret)
		return ret;

	ret = rocket_job_setup();
	if (ret) {
		rocket_work_teardown();
		return ret;
	}

	rocket_race_init();

	rocket_facade = platform_device_register_simple("rknn", -1, NULL, 0);
	if (IS_ERR(rocket_facade)) {
		ret = PTR_ERR(rocket_facade);
		goto err_teardown;
	}

	ret = platform_driver_register(&rocket_driver);
	if (ret)
		goto err_unregister;

	return 0;

err_unregister:
	platform_device_unregister(rocket_facade);
err_teardown:
	rocket_race_fini();
	rocket_cores_wait_gone();
	rocket_work_teardown();
	rocket_job_teardown();

	return ret;
}

static void __exit rocket_exit(void)
{
	platform_driver_unregister(&rocket_driver);
	rocket_race_fini();
	rocket_cores_wait_gone();
	rocket_work_teardown();
	rocket_job_teardown();
	platform_device_unregister(rocket_facade);
}

module_init(rocket_init);
module_exit(rocket_exit);

MODULE_DESCRIPTION("DRM driver for the Rockchip NPU, with VM_BIND");
MODULE_IMPORT_NS("DMA_BUF");
MODULE_LICENSE("GPL");
