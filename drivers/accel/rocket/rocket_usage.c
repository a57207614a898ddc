// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_gpuvm.h>
#include <drm/drm_print.h>
#include <kunit/visibility.h>
#include <linux/cleanup.h>
#include <linux/dma-resv.h>
#include <linux/ktime.h>
#include <linux/slab.h>

#include "rocket_core.h"
#include "rocket_device.h"
#include "rocket_file.h"
#include "rocket_gem.h"
#include "rocket_job.h"
#include "rocket_limits.h"
#include "rocket_usage.h"
#include "rocket_vm.h"

/**
 * DOC: Usage
 *
 * A core is busy with a job from the start of its first task to the interrupt of
 * its last one, or until a recovery has taken it off. Between its tasks nobody else
 * could use the core, so that counts, too; attaching and scrubbing before the start
 * do not. The hardware has no counter for that: both ends are read from the clock,
 * and the time that the interrupt takes to arrive is included.
 *
 * The same two readings count for the core and for the file, so what the files used
 * adds up to what the core was busy. What they show, by /proc/PID/fdinfo/FD, follows
 * Documentation/gpu/drm-usage-stats.rst.
 */

/**
 * rocket_busy_init() - Nothing has run yet.
 * @busy: The time, zeroed.
 */
void rocket_busy_init(struct rocket_busy *busy)
{
	seqcount_latch_init(&busy->seq);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_busy_init);

static void rocket_busy_write(struct rocket_busy *busy, u64 ns, u64 since)
{
	write_seqcount_latch_begin(&busy->seq);
	busy->copy[0].ns = ns;
	busy->copy[0].since = since;
	write_seqcount_latch(&busy->seq);
	busy->copy[1].ns = ns;
	busy->copy[1].since = since;
	write_seqcount_latch_end(&busy->seq);
}

/**
 * rocket_busy_begin() - A job has been started.
 * @busy: The time; writers are serialised by the caller. No job runs.
 * @now: CLOCK_MONOTONIC, in ns.
 *
 * Context: Any.
 */
void rocket_busy_begin(struct rocket_busy *busy, u64 now)
{
	rocket_busy_write(busy, busy->copy[0].ns, now);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_busy_begin);

/**
 * rocket_busy_end() - The job has ended.
 * @busy: The time; writers are serialised by the caller.
 * @now: CLOCK_MONOTONIC, in ns.
 *
 * Context: Any.
 * Return: How long the job ran, in ns; 0 when none did.
 */
u64 rocket_busy_end(struct rocket_busy *busy, u64 now)
{
	u64 since = busy->copy[0].since;

	if (!since)
		return 0;

	rocket_busy_write(busy, busy->copy[0].ns + (now - since), 0);

	return now - since;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_busy_end);

/**
 * rocket_busy_read() - How long there have been jobs, up to now.
 * @busy: The time.
 *
 * Context: Any, but NMIs. Without &rocket_core.lock a reading may be less than the
 * one before, by the time between the two steps of rocket_busy_end()'s caller.
 * Return: The time in ns, that of the job that runs included.
 */
u64 rocket_busy_read(const struct rocket_busy *busy)
{
	unsigned int seq;
	u64 ns, since;

	do {
		seq = read_seqcount_latch(&busy->seq);
		ns = busy->copy[seq & 1].ns;
		since = busy->copy[seq & 1].since;
	} while (read_seqcount_latch_retry(&busy->seq, seq));

	return since ? ns + (ktime_get_ns() - since) : ns;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_busy_read);

/**
 * rocket_usage_create() - For a file that has used nothing yet.
 *
 * Return: The usage, with a reference; %NULL without memory.
 */
struct rocket_usage *rocket_usage_create(void)
{
	struct rocket_usage *usage = kzalloc_obj(*usage, GFP_KERNEL_ACCOUNT);

	if (usage)
		kref_init(&usage->ref);

	return usage;
}

/**
 * rocket_usage_get() - Take a reference.
 * @usage: The usage, of which the caller has one.
 *
 * Return: @usage.
 */
struct rocket_usage *rocket_usage_get(struct rocket_usage *usage)
{
	kref_get(&usage->ref);

	return usage;
}

static void rocket_usage_release(struct kref *ref)
{
	kfree(container_of(ref, struct rocket_usage, ref));
}

/**
 * rocket_usage_put() - Put a reference.
 * @usage: The usage.
 */
void rocket_usage_put(struct rocket_usage *usage)
{
	kref_put(&usage->ref, rocket_usage_release);
}

/*
 * fdinfo
 */

/* Under the lock the readings of a file never go back. */
static u64 rocket_usage_busy(struct rocket_usage *usage, struct rocket_core *core)
{
	u64 ns;

	guard(spinlock_irq)(&core->lock);

	ns = usage->busy_ns[core->index];
	if (core->job && core->job->started && core->job->vm->usage == usage)
		ns += ktime_get_ns() - core->job->started;

	return ns;
}

/*
 * Whether jobs that have not ended can reach a BO: because they name it, or because
 * it is bound in their VM.
 */
static bool rocket_usage_is_active(struct drm_gem_object *obj)
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

static void rocket_usage_add_bo(struct drm_memory_stats *stats, struct drm_gem_object *obj)
{
	bool resident = drm_gem_is_imported(obj) || READ_ONCE(to_rocket_gem(obj)->base.pages);

	if (drm_gem_object_is_shared_for_memory_stats(obj))
		stats->shared += obj->size;
	else
		stats->private += obj->size;

	if (!resident)
		return;

	stats->resident += obj->size;
	if (rocket_usage_is_active(obj))
		stats->active += obj->size;
}

/* The next BO to which the file has a handle, from @handle on; a reference. */
static struct drm_gem_object *rocket_usage_next_bo(struct drm_file *file, int *handle)
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
static void rocket_usage_show_memory(struct drm_printer *p, struct drm_file *file)
{
	struct drm_memory_stats stats = {};
	struct drm_gem_object *obj;
	int handle = 0;

	while ((obj = rocket_usage_next_bo(file, &handle))) {
		rocket_usage_add_bo(&stats, obj);
		drm_gem_object_put(obj);
	}

	drm_print_memory_stats(p, &stats, DRM_GEM_OBJECT_RESIDENT | DRM_GEM_OBJECT_ACTIVE,
			       "memory");
}

/**
 * rocket_usage_show() - What a file has used and uses.
 * @p: Where to write it.
 * @file: The file.
 *
 * See &drm_driver.show_fdinfo. The engines are the cores, named as in the UAPI.
 */
void rocket_usage_show(struct drm_printer *p, struct drm_file *file)
{
	struct rocket_file *rfile = file->driver_priv;

	for (int i = 0; i < ROCKET_MAX_CORES; i++)
		drm_printf(p, "drm-engine-core%d:\t%llu ns\n", i,
			   rocket_usage_busy(rfile->usage, &rfile->rdev->cores[i]));

	rocket_usage_show_memory(p, file);
}
