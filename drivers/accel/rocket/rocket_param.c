// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_file.h>
#include <drm/rocket_accel.h>
#include <linux/atomic.h>

#include "rocket_cores.h"
#include "rocket_device.h"
#include "rocket_file.h"
#include "rocket_limits.h"
#include "rocket_mmu.h"
#include "rocket_param.h"
#include "rocket_quota.h"
#include "rocket_soc.h"
#include "rocket_vm.h"

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
			      DRM_ROCKET_FEATURE_GEM_QUERY | DRM_ROCKET_FEATURE_QUEUES;
		if (rdev->below_4g)
			args->value |= DRM_ROCKET_FEATURE_BELOW_4G;
		return 0;
	case DRM_ROCKET_PARAM_CORE_MASK:
		args->value = rocket_cores_mask(rdev);
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
	case DRM_ROCKET_PARAM_MAX_QUEUED:
		args->value = rocket_quota_queued_limit();
		return 0;
	case DRM_ROCKET_PARAM_QUEUED:
		args->value = rocket_quota_queued(rfile->quota);
		return 0;
	case DRM_ROCKET_PARAM_MAX_QUEUES:
		args->value = ROCKET_VM_QUEUES;
		return 0;
	case DRM_ROCKET_PARAM_SOC:
		args->value = rdev->soc->id;
		return 0;
	case DRM_ROCKET_PARAM_MAX_CHAIN:
		args->value = rdev->soc->task_max;
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
