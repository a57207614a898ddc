// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_print.h>
#include <linux/cleanup.h>
#include <linux/devcoredump.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>

#include "rocket_core.h"
#include "rocket_coredump.h"
#include "rocket_device.h"
#include "rocket_job.h"
#include "rocket_regs.h"
#include "rocket_vm.h"
#include "rocket_work.h"

/*
 * A dump a client can provoke at will costs memory and, before the core goes on,
 * time. Those who debug set this to 0.
 */
static unsigned int rocket_coredump_interval_ms = 10000;
module_param_named(coredump_interval_ms, rocket_coredump_interval_ms, uint, 0644);
MODULE_PARM_DESC(coredump_interval_ms,
		 "Least time between two coredumps, in ms (default 10000); 0: no limit");

/**
 * DOC: Coredumps
 *
 * rocket_coredump_capture() is called at the start of a recovery, while the core
 * still is as it failed. A fence waits for the recovery, so it takes memory only
 * where there is some (GFP_NOWAIT), and never waits for a lock: the VM's op_lock
 * could be held for as long as its client likes to bind, while others wait for
 * the core. The finished dump goes to devcoredump by a work queue that no fence
 * waits for.
 *
 * devcoredump keeps a dump for each core, until somebody has read it or for 5
 * minutes, and drops what comes while it does. It owns the memory and calls
 * nothing of this driver, which may be unbound or unloaded meanwhile. The dump
 * holds nothing but what belongs to the client that failed; of the core's
 * registers that is so because they are reset when another client comes.
 */

/* struct rocket_coredump_range - Registers without a gap, offsets in a page. */
struct rocket_coredump_range {
	/* @first: The first. */
	u16 first;
	/* @last: The last. */
	u16 last;
};

/*
 * Registers that exist, and can be read without effect, by the RK3588 TRM. Of CNA
 * and CORE those of which there are two groups. TASK_STATUS is where the SoC has it. In
 * CNA and CORE the RK3576 has other fields in these places; that reading them is without
 * effect there, too, is assumed: public tools of its users read these pages.
 */
static const struct rocket_coredump_range rocket_coredump_pc[] = {
	{ 0x000, 0x008 }, { 0x010, 0x014 }, { 0x020, 0x020 }, { 0x028, 0x034 },
};

static const struct rocket_coredump_range rocket_coredump_cna[] = {
	{ 0x008, 0x014 }, { 0x020, 0x038 }, { 0x040, 0x044 }, { 0x04c, 0x068 },
	{ 0x070, 0x090 }, { 0x100, 0x104 }, { 0x110, 0x110 }, { 0x140, 0x184 },
};

static const struct rocket_coredump_range rocket_coredump_core[] = {
	{ 0x008, 0x01c },
};

static const struct rocket_coredump_range rocket_coredump_pointer[] = {
	{ ROCKET_S_STATUS, ROCKET_S_POINTER },
};

/* Where the pages lie in the core's window. */
#define ROCKET_COREDUMP_PC	0x0000
#define ROCKET_COREDUMP_CNA	0x1000
#define ROCKET_COREDUMP_CORE	0x3000

static u32 rocket_coredump_count(const struct rocket_coredump_range *ranges, size_t n)
{
	u32 count = 0;

	for (size_t i = 0; i < n; i++)
		count += (ranges[i].last - ranges[i].first) / sizeof(u32) + 1;

	return count;
}

static u32 rocket_coredump_register_count(void)
{
	return rocket_coredump_count(rocket_coredump_pc, ARRAY_SIZE(rocket_coredump_pc)) + 1 +
	       2 * rocket_coredump_count(rocket_coredump_pointer,
					 ARRAY_SIZE(rocket_coredump_pointer)) +
	       2 * rocket_coredump_count(rocket_coredump_cna, ARRAY_SIZE(rocket_coredump_cna)) +
	       2 * rocket_coredump_count(rocket_coredump_core, ARRAY_SIZE(rocket_coredump_core));
}

static struct drm_rocket_dump_register *
rocket_coredump_read(struct drm_rocket_dump_register *to, void __iomem *regs, u16 page,
		     u16 group, const struct rocket_coredump_range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (u16 reg = ranges[i].first; reg <= ranges[i].last; reg += sizeof(u32)) {
			to->offset = page + reg;
			to->group = group;
			to->value = readl_relaxed(regs + reg);
			to++;
		}
	}

	return to;
}

/*
 * Both groups of a block. The CPU sees the one that the pointer names, which can
 * only be set while it does not move by itself. The core is about to be reset, but
 * a reset can be without effect: so all is put back as it was.
 */
static struct drm_rocket_dump_register *
rocket_coredump_read_block(struct rocket_core *core, struct drm_rocket_dump_register *to,
			   void __iomem *regs, u16 page,
			   const struct rocket_coredump_range *ranges, size_t n)
{
	u32 pointer = readl_relaxed(regs + ROCKET_S_POINTER);
	u32 select = ROCKET_S_POINTER_CORE(core->index);

	to = rocket_coredump_read(to, regs, page, DRM_ROCKET_DUMP_NO_GROUP,
				  rocket_coredump_pointer, ARRAY_SIZE(rocket_coredump_pointer));

	for (u16 group = 0; group < 2; group++) {
		writel_relaxed(select | group, regs + ROCKET_S_POINTER);
		to = rocket_coredump_read(to, regs, page, group, ranges, n);
	}

	writel_relaxed(select | (pointer & ROCKET_S_POINTER_POINTER), regs + ROCKET_S_POINTER);
	writel_relaxed(pointer & ~ROCKET_S_POINTER_CLEAR, regs + ROCKET_S_POINTER);

	return to;
}

static void rocket_coredump_registers(struct rocket_coredump_writer *writer)
{
	const struct drm_rocket_dump_section section = {
		.type = DRM_ROCKET_DUMP_REGISTERS,
		.entry_size = sizeof(struct drm_rocket_dump_register),
		.entry_count = rocket_coredump_register_count(),
		.total = rocket_coredump_register_count(),
	};
	struct rocket_core *core = writer->job->core;
	u16 status = core->hw.soc->task_status;
	const struct rocket_coredump_range task_status = { status, status };
	struct drm_rocket_dump_register *to;

	to = rocket_coredump_section(writer, &section);
	if (!to)
		return;

	to = rocket_coredump_read(to, core->hw.pc, ROCKET_COREDUMP_PC, DRM_ROCKET_DUMP_NO_GROUP,
				  rocket_coredump_pc, ARRAY_SIZE(rocket_coredump_pc));
	to = rocket_coredump_read(to, core->hw.pc, ROCKET_COREDUMP_PC, DRM_ROCKET_DUMP_NO_GROUP,
				  &task_status, 1);
	to = rocket_coredump_read_block(core, to, core->hw.cna, ROCKET_COREDUMP_CNA,
					rocket_coredump_cna, ARRAY_SIZE(rocket_coredump_cna));
	rocket_coredump_read_block(core, to, core->hw.core, ROCKET_COREDUMP_CORE,
				   rocket_coredump_core, ARRAY_SIZE(rocket_coredump_core));
}

/**
 * rocket_coredump_section_size() - Room that a section needs.
 * @entry_size: Size of an entry, in bytes.
 * @count: How many.
 *
 * Return: Size in bytes.
 */
size_t rocket_coredump_section_size(size_t entry_size, u32 count)
{
	return sizeof(struct drm_rocket_dump_section) + ALIGN(entry_size * count, sizeof(u64));
}

/**
 * rocket_coredump_section() - Begin a section.
 * @writer: The dump.
 * @section: What stands before its entries.
 *
 * Return: Where its entries go; %NULL when there is no room, which is a bug.
 */
void *rocket_coredump_section(struct rocket_coredump_writer *writer,
			      const struct drm_rocket_dump_section *section)
{
	size_t size = rocket_coredump_section_size(section->entry_size, section->entry_count);
	void *to = writer->data + writer->used;

	if (drm_WARN_ON(writer->job->vm->base.drm, size > writer->room - writer->used))
		return NULL;

	memcpy(to, section, sizeof(*section));
	writer->used += size;

	return to + sizeof(*section);
}

static void rocket_coredump_job(struct rocket_coredump_writer *writer, int error)
{
	const struct drm_rocket_dump_section section = {
		.type = DRM_ROCKET_DUMP_JOB,
		.entry_size = sizeof(struct drm_rocket_dump_job),
		.entry_count = 1,
		.total = 1,
	};
	const struct rocket_job *job = writer->job;
	struct drm_rocket_dump_job *to;

	to = rocket_coredump_section(writer, &section);
	if (!to)
		return;

	to->user_data = job->user_data;
	to->submitted_ns = job->submitted;
	to->started_ns = job->started;
	to->task_started_ns = job->task_started;
	to->error = error;
	to->task = job->next_task - 1;
	to->timeout_ms = job->timeout_ms;
	to->core_mask = job->cores;
	to->priority = job->priority;
	to->vm_id = job->vm->id;
	to->client_id = job->vm->owner;
	to->pid = job->client.pid;
	strscpy_pad(to->comm, job->client.comm);
}

/* Of the IOMMU only what is known without touching it: it has its own driver. */
static void rocket_coredump_fault(struct rocket_coredump_writer *writer)
{
	const struct drm_rocket_dump_section section = {
		.type = DRM_ROCKET_DUMP_FAULT,
		.entry_size = sizeof(struct drm_rocket_dump_fault),
		.entry_count = 1,
		.total = 1,
	};
	const struct rocket_job *job = writer->job;
	struct drm_rocket_dump_fault *to;

	to = rocket_coredump_section(writer, &section);
	if (!to)
		return;

	to->addr = job->core->fault.addr;
	to->time_ns = job->core->fault.time_ns;
	if (job->core->fault.flags & DRM_ROCKET_VM_FAULT_WRITE)
		to->flags |= DRM_ROCKET_DUMP_FAULT_WRITE;
	if (rocket_mmu_in_tables(&job->vm->mmu, to->addr))
		to->flags |= DRM_ROCKET_DUMP_FAULT_IN_TABLES;
	if (READ_ONCE(job->core->vm) == job->vm)
		to->flags |= DRM_ROCKET_DUMP_FAULT_ATTACHED;
}

static void rocket_coredump_tasks(struct rocket_coredump_writer *writer)
{
	const struct rocket_job *job = writer->job;
	const struct drm_rocket_dump_section section = {
		.type = DRM_ROCKET_DUMP_TASKS,
		.entry_size = sizeof(struct drm_rocket_dump_task),
		.entry_count = job->task_count,
		.total = job->task_count,
	};
	struct drm_rocket_dump_task *to;

	to = rocket_coredump_section(writer, &section);
	if (!to)
		return;

	for (u32 i = 0; i < job->task_count; i++) {
		to[i].regcmd = job->tasks[i].regcmd;
		to[i].regcmd_count = job->tasks[i].regcmd_count;
		to[i].chain_count = job->tasks[i].chain_count;
	}
}

static void rocket_coredump_header(struct rocket_coredump_writer *writer, bool vm_busy)
{
	const struct rocket_core *core = writer->job->core;
	struct drm_rocket_dump_header *header = writer->data;

	header->magic = DRM_ROCKET_DUMP_MAGIC;
	header->version = DRM_ROCKET_DUMP_VERSION;
	header->header_size = sizeof(*header);
	header->size = writer->used;
	header->time_ns = ktime_get_ns();
	header->realtime_ns = ktime_get_real_ns();
	header->ip_version = core->rdev->ip_version;
	header->core = core->index;
	if (vm_busy)
		header->flags |= DRM_ROCKET_DUMP_VM_BUSY;
	strscpy_pad(header->release, init_utsname()->release);
}

/*
 * The streams that say something: that of the task, and what the PC's registers
 * name, if that is another. The PC may have moved on along a chain.
 */
static unsigned int rocket_coredump_find_streams(struct rocket_core *core,
						 struct rocket_task streams[])
{
	const struct rocket_job *job = core->job;
	u32 addr = readl_relaxed(core->hw.pc + ROCKET_PC_BASE_ADDRESS);
	u32 amounts = readl_relaxed(core->hw.pc + ROCKET_PC_REGISTER_AMOUNTS);

	addr &= ROCKET_PC_BASE_ADDRESS_ADDR;
	streams[0] = job->tasks[job->next_task - 1];
	streams[1].regcmd = addr;
	streams[1].regcmd_count = 2 * ((amounts & ROCKET_PC_REGISTER_AMOUNTS_MAX) + 1);

	return addr && addr != streams[0].regcmd ? ROCKET_COREDUMP_STREAMS : 1;
}

/* Room for everything; the VM's part only where it can be looked at. */
static size_t rocket_coredump_size(const struct rocket_job *job, bool vm_busy,
				   const struct rocket_task streams[], unsigned int count)
{
	size_t size = sizeof(struct drm_rocket_dump_header);

	size += rocket_coredump_section_size(sizeof(struct drm_rocket_dump_job), 1);
	size += rocket_coredump_section_size(sizeof(struct drm_rocket_dump_fault), 1);
	size += rocket_coredump_section_size(sizeof(struct drm_rocket_dump_register),
					     rocket_coredump_register_count());
	size += rocket_coredump_section_size(sizeof(struct drm_rocket_dump_task),
					     job->task_count);
	if (vm_busy)
		return size;

	for (unsigned int i = 0; i < count; i++)
		size += rocket_coredump_stream_size(streams[i].regcmd_count);

	return size + rocket_coredump_mappings_size(job->vm) +
	       rocket_coredump_binds_size(job->vm);
}

/* Writes the whole dump; with the VM's op_lock held, but if @vm_busy. */
static void rocket_coredump_write(struct rocket_core *core, int error, bool vm_busy)
{
	struct rocket_task streams[ROCKET_COREDUMP_STREAMS];
	unsigned int count = rocket_coredump_find_streams(core, streams);
	bool faulted = error == -EFAULT && !(core->fault.flags & DRM_ROCKET_VM_FAULT_NO_ADDR);
	struct rocket_coredump_writer writer = {
		.job = core->job,
		.focus = faulted ? core->fault.addr : streams[0].regcmd,
		.room = rocket_coredump_size(core->job, vm_busy, streams, count),
		.used = sizeof(struct drm_rocket_dump_header),
	};

	writer.data = __vmalloc(writer.room, GFP_NOWAIT | __GFP_NOWARN | __GFP_ZERO);
	if (!writer.data) {
		dev_notice_ratelimited(core->hw.dev, "no memory for a coredump of %zu bytes\n",
				       writer.room);
		return;
	}

	rocket_coredump_job(&writer, error);
	if (faulted)
		rocket_coredump_fault(&writer);
	rocket_coredump_registers(&writer);
	rocket_coredump_tasks(&writer);
	for (unsigned int i = 0; i < count && !vm_busy; i++)
		rocket_coredump_stream(&writer, streams[i].regcmd, streams[i].regcmd_count);
	if (!vm_busy) {
		rocket_coredump_mappings(&writer);
		rocket_coredump_binds(&writer);
	}
	rocket_coredump_header(&writer, vm_busy);

	core->coredump.size = writer.used;
	/* Whoever sees it sees all of it. Pairs with rocket_coredump_work(). */
	smp_store_release(&core->coredump.data, writer.data);
	rocket_work_queue_cleanup(&core->coredump.work);
}

/* Whether it is time for another; if so, the time starts again. */
static bool rocket_coredump_is_due(struct rocket_device *rdev)
{
	u64 interval = (u64)READ_ONCE(rocket_coredump_interval_ms) * NSEC_PER_MSEC;
	s64 next = atomic64_read(&rdev->coredump_next);
	s64 now = ktime_get_ns();

	do {
		if (interval && now < next)
			return false;
	} while (!atomic64_try_cmpxchg(&rdev->coredump_next, &next, now + interval));

	return true;
}

/**
 * rocket_coredump_capture() - Keep what a job looked like when it failed.
 * @core: The core, powered and not reset yet; no handler of its interrupt runs.
 * @error: What the job's fence will end with; nothing is kept of a job that ends
 *	because the core goes away (-ENODEV).
 *
 * Context: The recovery. A fence waits for it: sleeps for nothing.
 */
void rocket_coredump_capture(struct rocket_core *core, int error)
{
	struct rocket_job *job = core->job;
	bool cookie, locked;

	if (!IS_ENABLED(CONFIG_DEV_COREDUMP) || error == -ENODEV)
		return;

	/* One that waits for the recovery has done nothing yet. */
	if (!job || !job->next_task)
		return;

	/* Has the last one been handed over? Pairs with rocket_coredump_work(). */
	if (smp_load_acquire(&core->coredump.data) || !rocket_coredump_is_due(core->rdev))
		return;

	cookie = dma_fence_begin_signalling();
	locked = mutex_trylock(&job->vm->op_lock);
	rocket_coredump_write(core, error, !locked);
	if (locked)
		mutex_unlock(&job->vm->op_lock);
	dma_fence_end_signalling(cookie);
}

/*
 * Whether devcoredump still has a dump of the core. It looks itself, but not for
 * one that is just going: that has left the class, while its link in the core's
 * directory stands a little longer and would be in the way.
 */
static bool rocket_coredump_in_the_way(struct rocket_core *core)
{
	struct kernfs_node *link = sysfs_get_dirent(core->hw.dev->kobj.sd, "devcoredump");

	sysfs_put(link);

	return link;
}

static void rocket_coredump_work(struct work_struct *work)
{
	struct rocket_core *core = container_of(work, struct rocket_core, coredump.work);
	/* Pairs with rocket_coredump_write(). */
	void *data = smp_load_acquire(&core->coredump.data);

	if (rocket_coredump_in_the_way(core))
		vfree(data);
	else
		dev_coredumpv(core->hw.dev, data, core->coredump.size, GFP_KERNEL);

	/* The next may come. Pairs with rocket_coredump_capture(). */
	smp_store_release(&core->coredump.data, NULL);
}

/**
 * rocket_coredump_flush() - Wait until the last dump was handed over.
 * @core: The core, which is being unbound; its device is still there.
 */
void rocket_coredump_flush(struct rocket_core *core)
{
	flush_work(&core->coredump.work);
}

/**
 * rocket_coredump_init() - Prepare a slot for dumps.
 * @core: The slot.
 */
void rocket_coredump_init(struct rocket_core *core)
{
	INIT_WORK(&core->coredump.work, rocket_coredump_work);
}
