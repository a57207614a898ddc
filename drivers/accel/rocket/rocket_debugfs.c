// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_debugfs.h>
#include <drm/drm_drv.h>
#include <drm/drm_device.h>
#include <drm/drm_file.h>
#include <drm/rocket_accel.h>
#include <linux/cleanup.h>
#include <linux/ktime.h>
#include <linux/pid.h>
#include <linux/pm_runtime.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/string_choices.h>

#include "rocket_clock.h"
#include "rocket_core.h"
#include "rocket_debugfs.h"
#include "rocket_device.h"
#include "rocket_file.h"
#include "rocket_job.h"
#include "rocket_limits.h"
#include "rocket_queue.h"
#include "rocket_reset.h"
#include "rocket_busy.h"
#include "rocket_vm.h"

/* Files in /sys/kernel/debug/accel/<minor>/ */

typedef int (*rocket_debugfs_show_vm)(struct seq_file *m, struct drm_file *file,
				      struct rocket_vm *vm);

/* The VMs of one file, each of which it keeps while it is looked at. */
static int rocket_debugfs_show_file(struct seq_file *m, struct drm_file *file,
				    rocket_debugfs_show_vm show)
{
	struct rocket_file *rfile = file->driver_priv;
	struct rocket_vm *vm;
	unsigned long id;

	xa_for_each(&rfile->vms, id, vm) {
		int ret;

		vm = rocket_vm_find(rfile, id);
		if (!vm)
			continue;

		ret = show(m, file, vm);
		rocket_vm_put(vm);
		if (ret)
			return ret;
	}

	return 0;
}

static int rocket_debugfs_show_vms(struct seq_file *m, rocket_debugfs_show_vm show)
{
	struct drm_debugfs_entry *entry = m->private;
	struct drm_device *ddev = entry->dev;
	struct drm_file *file;

	guard(mutex)(&ddev->filelist_mutex);

	list_for_each_entry(file, &ddev->filelist, lhead) {
		int ret = rocket_debugfs_show_file(m, file, show);

		if (ret)
			return ret;
	}

	return 0;
}

static int rocket_debugfs_show_mappings(struct seq_file *m, struct drm_file *file,
					struct rocket_vm *vm)
{
	scoped_guard(rcu)
		seq_printf(m, "client %llu, pid %d, VM %u\n", file->client_id,
			   pid_nr(rcu_dereference(file->pid)), vm->id);

	guard(mutex)(&vm->op_lock);

	return drm_debugfs_gpuva_info(m, &vm->base);
}

/* gpuvas: what is mapped where, VM by VM */
static int rocket_debugfs_show_gpuvas(struct seq_file *m, void *unused)
{
	return rocket_debugfs_show_vms(m, rocket_debugfs_show_mappings);
}

static const char *rocket_debugfs_core_state(struct rocket_core *core)
{
	if (!core->online)
		return "not bound";
	if (core->wedged)
		return "out of service";
	if (core->recovering)
		return "recovering";

	return core->job ? "running" : "idle";
}

/* Whose page tables it holds, and whose data may be in it. */
static void rocket_debugfs_show_holder(struct seq_file *m, struct rocket_core *core)
{
	guard(mutex)(&core->attach_lock);

	if (core->vm)
		seq_printf(m, "  attached to client %llu, VM %u\n", core->vm->owner,
			   core->vm->id);
	seq_printf(m, "  data of client %llu\n", READ_ONCE(core->scrub.owner));
}

static void rocket_debugfs_show_job(struct seq_file *m, struct rocket_core *core)
{
	struct rocket_job *job = core->job;
	struct dma_fence *fence;

	lockdep_assert_held(&core->lock);

	if (!job)
		return;

	fence = &job->base.s_fence->finished;
	seq_printf(m, "  job of client %llu, VM %u, pid %d (%s), fence %llu:%llu, started %u of %u tasks, %llu ns ago\n",
		   job->vm->owner, job->vm->id, job->client.pid, job->client.comm,
		   fence->context, fence->seqno, job->next_task, job->task_count,
		   job->started ? ktime_get_ns() - job->started : 0);
}

static void rocket_debugfs_show_counts(struct seq_file *m, struct rocket_core *core)
{
	const struct rocket_core_counts *counts = &core->counts;

	seq_printf(m, "  busy %llu ns, jobs %llu, tasks %llu\n",
		   rocket_busy_read(&core->busy), READ_ONCE(counts->jobs),
		   READ_ONCE(counts->tasks));
	seq_printf(m, "  switches %llu, scrubs %llu (%llu ns), resets %llu, power cycles %llu\n",
		   READ_ONCE(counts->switches), READ_ONCE(counts->scrubs),
		   READ_ONCE(counts->scrub_ns), READ_ONCE(counts->resets),
		   READ_ONCE(counts->power_cycles));
	seq_printf(m, "  wake-ups %llu\n", READ_ONCE(counts->wakeups));
	seq_printf(m, "  faults %llu, hangs %llu, interrupts lost %llu, spurious %llu\n",
		   READ_ONCE(counts->faults), READ_ONCE(counts->hangs),
		   READ_ONCE(counts->lost), READ_ONCE(counts->spurious));
}

/* The device of a core that is bound stays so under the bound_lock. */
static bool rocket_debugfs_is_powered(struct rocket_core *core)
{
	guard(rwsem_read)(&core->rdev->bound_lock);

	return core->online && !pm_runtime_suspended(core->hw.dev);
}

static void rocket_debugfs_show_core(struct seq_file *m, struct rocket_core *core)
{
	bool powered = rocket_debugfs_is_powered(core);

	scoped_guard(spinlock_irq, &core->lock) {
		seq_printf(m, "core %u: %s, %s\n", core->index,
			   rocket_debugfs_core_state(core), powered ? "on" : "off");
		rocket_debugfs_show_job(m, core);
	}

	rocket_debugfs_show_holder(m, core);
	rocket_debugfs_show_counts(m, core);
}

/* cores: what each of them does, and has done since the device came */
static int rocket_debugfs_show_cores(struct seq_file *m, void *unused)
{
	struct drm_debugfs_entry *entry = m->private;
	struct rocket_device *rdev = to_rocket_device(entry->dev);

	for (int i = 0; i < ROCKET_MAX_CORES; i++)
		rocket_debugfs_show_core(m, &rdev->cores[i]);

	return 0;
}

/* silicon: what each core was seen to do when it was bound, and what follows */
static int rocket_debugfs_show_silicon(struct seq_file *m, void *unused)
{
	struct drm_debugfs_entry *entry = m->private;
	struct rocket_device *rdev = to_rocket_device(entry->dev);

	guard(rwsem_read)(&rdev->bound_lock);

	for (int i = 0; i < ROCKET_MAX_CORES; i++) {
		struct rocket_core *core = &rdev->cores[i];
		const struct rocket_facts *facts = &core->hw.facts;

		if (!core->online)
			continue;

		seq_printf(m, "core %u computes: %s\n", i, str_yes_no(facts->computes));
		seq_printf(m, "core %u chains: %s\n", i, str_yes_no(facts->chains));
		seq_printf(m, "core %u counter: %s\n", i,
			   rocket_hw_counter_name(facts->counter));
		seq_printf(m, "core %u reset: %s\n", i, rocket_reset_mark_name(&core->hw));
		seq_printf(m, "core %u residue: %s\n", i,
			   core->scrub.armed ? "overwritten" : "powered off");
		seq_printf(m, "core %u task: %llu ns\n", i, facts->task_ns);
		seq_printf(m, "core %u scrub: %llu ns\n", i, core->scrub.ns);
	}

	return 0;
}

/* clock: what rate it has, and why */
static int rocket_debugfs_show_clock(struct seq_file *m, void *unused)
{
	struct drm_debugfs_entry *entry = m->private;
	struct rocket_device *rdev = to_rocket_device(entry->dev);
	struct rocket_clock_state clock;

	guard(rwsem_read)(&rdev->bound_lock);

	if (!rdev->iommu_dev)
		return 0;

	rocket_clock_read(rdev->clock, &clock);
	seq_printf(m, "rate: %lu Hz\n", clock.hz);
	seq_printf(m, "at rest: %lu Hz\n", clock.found);
	seq_printf(m, "at work: %lu Hz\n", clock.want);
	seq_printf(m, "highest: %lu Hz\n", clock.max);
	seq_printf(m, "chosen by: %s\n", clock.table ? "load" : "limit");
	seq_printf(m, "can be set: %s\n", str_yes_no(!clock.stuck));
	seq_printf(m, "supply: %d uV\n", rocket_clock_voltage(rdev->clock));

	return 0;
}

/* The queues of a VM: those that it has used. */
static int rocket_debugfs_show_queue(struct seq_file *m, struct drm_file *file,
				     struct rocket_vm *vm)
{
	for (int i = 0; i < ROCKET_VM_QUEUES; i++) {
		/* Pairs with rocket_queue_get(). Freed with the VM. */
		struct rocket_queue *queue = smp_load_acquire(&vm->queues[i]);

		if (queue)
			seq_printf(m, "client %llu, VM %u, queue %d: %d jobs\n", file->client_id,
				   vm->id, i, atomic_read(&queue->waiting));
	}

	return 0;
}

/* queues: how many jobs wait, and whose; what has been started is in cores */
static int rocket_debugfs_show_queues(struct seq_file *m, void *unused)
{
	return rocket_debugfs_show_vms(m, rocket_debugfs_show_queue);
}

static const struct drm_debugfs_info rocket_debugfs_files[] = {
	{ "clock", rocket_debugfs_show_clock },
	{ "cores", rocket_debugfs_show_cores },
	{ "queues", rocket_debugfs_show_queues },
	{ "silicon", rocket_debugfs_show_silicon },
	DRM_DEBUGFS_GPUVA_INFO(rocket_debugfs_show_gpuvas, NULL),
};

/**
 * rocket_debugfs_init() - Announce the files.
 * @ddev: The device, not registered yet.
 */
void rocket_debugfs_init(struct drm_device *ddev)
{
	drm_debugfs_add_files(ddev, rocket_debugfs_files, ARRAY_SIZE(rocket_debugfs_files));
}
