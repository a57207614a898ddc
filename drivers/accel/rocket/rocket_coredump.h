/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_COREDUMP_H__
#define __ROCKET_COREDUMP_H__

#include <drm/rocket_coredump.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct rocket_core;
struct rocket_job;
struct rocket_vm;

/**
 * struct rocket_coredump - A core's dump on its way to devcoredump.
 */
struct rocket_coredump {
	/** @work: Hands @data over, in a work queue that no fence waits for. */
	struct work_struct work;

	/**
	 * @data: The dump, from vmalloc; %NULL when there is none. Set by the
	 * recovery, which then queues @work, and cleared by @work: there is no
	 * lock because each of the two acts only on what the other has left.
	 */
	void *data;

	/** @size: Of the dump, in bytes. */
	size_t size;
};

/**
 * struct rocket_coredump_writer - A dump that is being written.
 *
 * Sections are appended; room for all of them was made beforehand, according to
 * rocket_coredump_section_size().
 */
struct rocket_coredump_writer {
	/** @job: The job that failed. */
	struct rocket_job *job;

	/** @focus: The address that matters most, in the job's VM. */
	u64 focus;

	/** @data: The dump, zeroed. */
	void *data;

	/** @room: Its size, in bytes. */
	size_t room;

	/** @used: What has been written, in bytes. */
	size_t used;
};

void rocket_coredump_init(struct rocket_core *core);
void rocket_coredump_flush(struct rocket_core *core);
void rocket_coredump_capture(struct rocket_core *core, int error);

size_t rocket_coredump_section_size(size_t entry_size, u32 count);
void *rocket_coredump_section(struct rocket_coredump_writer *writer,
			      const struct drm_rocket_dump_section *section);

/* rocket_coredump_vm.c: what the VM holds; &rocket_vm.op_lock held */

/* The task that ran, and the stream that the PC is at, if that is another. */
#define ROCKET_COREDUMP_STREAMS 2

size_t rocket_coredump_mappings_size(struct rocket_vm *vm);
void rocket_coredump_mappings(struct rocket_coredump_writer *writer);
size_t rocket_coredump_binds_size(struct rocket_vm *vm);
void rocket_coredump_binds(struct rocket_coredump_writer *writer);
size_t rocket_coredump_stream_size(u32 count);
void rocket_coredump_stream(struct rocket_coredump_writer *writer, u32 addr, u32 count);

#endif
