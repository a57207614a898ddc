// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_debugfs.h>
#include <drm/drm_drv.h>
#include <drm/drm_device.h>
#include <drm/drm_file.h>
#include <linux/cleanup.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>

#include "rocket_core.h"
#include "rocket_debugfs.h"
#include "rocket_device.h"
#include "rocket_drv.h"
#include "rocket_vm.h"

/* Files in /sys/kernel/debug/accel/<minor>/ */

static int rocket_debugfs_show_vm(struct seq_file *m, struct rocket_vm *vm)
{
	guard(mutex)(&vm->op_lock);

	return drm_debugfs_gpuva_info(m, &vm->base);
}

/* The VMs of one file, each of which it keeps while it is looked at. */
static int rocket_debugfs_show_file(struct seq_file *m, struct drm_file *file)
{
	struct rocket_file *rfile = file->driver_priv;
	struct rocket_vm *vm;
	unsigned long id;

	xa_for_each(&rfile->vms, id, vm) {
		int ret;

		vm = rocket_vm_lookup(rfile, id);
		if (!vm)
			continue;

		scoped_guard(rcu)
			seq_printf(m, "client %llu, pid %d, VM %lu\n", file->client_id,
				   pid_nr(rcu_dereference(file->pid)), id);
		ret = rocket_debugfs_show_vm(m, vm);
		rocket_vm_put(vm);
		if (ret)
			return ret;
	}

	return 0;
}

/* gpuvas: what is mapped where, VM by VM */
static int rocket_debugfs_show_gpuvas(struct seq_file *m, void *unused)
{
	struct drm_debugfs_entry *entry = m->private;
	struct drm_device *ddev = entry->dev;
	struct drm_file *file;

	guard(mutex)(&ddev->filelist_mutex);

	list_for_each_entry(file, &ddev->filelist, lhead) {
		int ret = rocket_debugfs_show_file(m, file);

		if (ret)
			return ret;
	}

	return 0;
}

static void rocket_debugfs_show_core(struct seq_file *m, struct rocket_core *core)
{
	struct rocket_core_counts counts;
	bool online, wedged;

	scoped_guard(spinlock_irq, &core->lock) {
		counts = core->counts;
		online = core->online;
		wedged = core->wedged;
	}

	seq_printf(m, "core %u: %s, faults %llu, hangs %llu, interrupts lost %llu, spurious %llu, power cycles %llu\n",
		   core->index, !online ? "not bound" : wedged ? "out of service" : "in service",
		   counts.faults, counts.hangs, counts.lost, counts.spurious,
		   counts.power_cycles);
}

/* cores: what went wrong on each, since the device came */
static int rocket_debugfs_show_cores(struct seq_file *m, void *unused)
{
	struct drm_debugfs_entry *entry = m->private;
	struct rocket_device *rdev = to_rocket_device(entry->dev);

	for (int i = 0; i < ROCKET_MAX_CORES; i++)
		rocket_debugfs_show_core(m, &rdev->cores[i]);

	return 0;
}

static const struct drm_debugfs_info rocket_debugfs_files[] = {
	{ "cores", rocket_debugfs_show_cores },
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
