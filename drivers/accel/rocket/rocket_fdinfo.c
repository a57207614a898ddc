// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_gpuvm.h>
#include <drm/drm_print.h>
#include <linux/cleanup.h>
#include <linux/dma-resv.h>
#include <linux/ktime.h>

#include "rocket_clock.h"
#include "rocket_core.h"
#include "rocket_device.h"
#include "rocket_fair.h"
#include "rocket_fdinfo.h"
#include "rocket_file.h"
#include "rocket_gem.h"
#include "rocket_job.h"
#include "rocket_limits.h"
#include "rocket_vm.h"

/**
 * DOC: fdinfo
 *
 * What a file shows of itself, by /proc/PID/fdinfo/FD, as
 * Documentation/gpu/drm-usage-stats.rst has it.
 */

/* Under the lock the readings of a file never go back. */
static u64 rocket_fdinfo_busy(struct rocket_share *share, struct rocket_core *core)
{
	u64 ns;

	guard(spinlock_irq)(&core->lock);

	ns = share->busy_ns[core->index];
	if (core->job && core->job->started && core->job->vm->share == share)
		ns += ktime_get_ns() - core->job->started;

	return ns;
}

/*
 * Whether jobs that have not ended can reach a BO: because they name it, or because
 * it is bound in their VM.
 */
static bool rocket_fdinfo_is_active(struct drm_gem_object *obj)
{
	struct drm_gpuvm_bo *vm_bo;

	if (!dma_resv_test_signaled(obj->resv, DMA_RESV_USAGE_READ))
		return true;

	guard(mutex)(&obj->gpuva.lock);

	drm_gem_for_each_gpuvm_bo(vm_bo, obj) {
		if (list_empty(&vm_bo->list.gpuva))
			continue;
		if (!dma_resv_test_signaled(drm_gpuvm_resv(vm_bo->vm),
					    DMA_RESV_USAGE_BOOKKEEP))
			return true;
	}

	return false;
}

static void rocket_fdinfo_add_bo(struct drm_memory_stats *stats, struct drm_gem_object *obj)
{
	bool resident = drm_gem_is_imported(obj) || READ_ONCE(to_rocket_gem(obj)->base.pages);

	if (drm_gem_object_is_shared_for_memory_stats(obj))
		stats->shared += obj->size;
	else
		stats->private += obj->size;

	if (!resident)
		return;

	stats->resident += obj->size;
	if (rocket_fdinfo_is_active(obj))
		stats->active += obj->size;
}

/* The next BO to which the file has a handle, from @handle on; a reference. */
static struct drm_gem_object *rocket_fdinfo_next_bo(struct drm_file *file, int *handle)
{
	struct drm_gem_object *obj;

	guard(spinlock)(&file->table_lock);

	do {
		obj = idr_get_next(&file->object_idr, handle);
		(*handle)++;
	} while (obj && !kref_get_unless_zero(&obj->refcount));

	return obj;
}

/*
 * Not drm_show_memory_stats(), which looks at a BO's own fences only: a job in a VM
 * uses what is bound there without a list of BOs.
 */
static void rocket_fdinfo_show_memory(struct drm_printer *p, struct drm_file *file)
{
	struct drm_memory_stats stats = {};
	struct drm_gem_object *obj;
	int handle = 0;

	while ((obj = rocket_fdinfo_next_bo(file, &handle))) {
		rocket_fdinfo_add_bo(&stats, obj);
		drm_gem_object_put(obj);
	}

	drm_print_memory_stats(p, &stats, DRM_GEM_OBJECT_RESIDENT | DRM_GEM_OBJECT_ACTIVE,
			       "memory");
}

/**
 * rocket_fdinfo_show() - What a file has used and uses.
 * @p: Where to write it.
 * @file: The file.
 *
 * See &drm_driver.show_fdinfo. The engines are the cores, named as in the UAPI.
 */
void rocket_fdinfo_show(struct drm_printer *p, struct drm_file *file)
{
	struct rocket_file *rfile = file->driver_priv;
	struct rocket_clock_state clock;

	rocket_clock_read(rfile->rdev->clock, &clock);

	for (int i = 0; i < ROCKET_MAX_CORES; i++)
		drm_printf(p, "drm-engine-core%d:\t%llu ns\n", i,
			   rocket_fdinfo_busy(rfile->share, &rfile->rdev->cores[i]));

	for (int i = 0; i < ROCKET_MAX_CORES; i++)
		drm_printf(p, "drm-maxfreq-core%d:\t%lu Hz\ndrm-curfreq-core%d:\t%lu Hz\n",
			   i, clock.max, i, clock.hz);

	rocket_fdinfo_show_memory(p, file);
}
