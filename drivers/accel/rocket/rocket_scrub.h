/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_SCRUB_H__
#define __ROCKET_SCRUB_H__

#include <linux/types.h>

#include "rocket_job.h"

struct page;
struct rocket_core;
struct rocket_vm;

/* Tasks of a scrub. */
#define ROCKET_SCRUB_TASKS 2

/**
 * struct rocket_scrub - What a core needs to forget a client.
 *
 * Set up while the core is being bound and not changed until it is unbound, but
 * for @owner and the content of @out. Those belong to whoever may attach the
 * core: the scheduler's work, or the recovery while that is stopped. Choosing a
 * core reads @owner without a lock, as a hint.
 */
struct rocket_scrub {
	/**
	 * @source: Memory that the NPU reads: what it fills its buffer with, and
	 * behind it the command streams. Mapped read-only in the default domain.
	 */
	struct page *source;

	/** @source_addr: Its address there. */
	dma_addr_t source_addr;

	/** @out: What the scrub computes goes here. */
	struct page *out;

	/** @out_addr: Its address in the default domain. */
	dma_addr_t out_addr;

	/** @tasks: What to run, one by one. */
	struct rocket_task tasks[ROCKET_SCRUB_TASKS];

	/**
	 * @owner: Whose data may be in the core, &rocket_vm.owner of the last VM
	 * that it ran; 0 when nobody knows, no file has that. Survives the VM,
	 * the file and runtime suspend.
	 */
	u64 owner;
};

int rocket_scrub_init(struct rocket_core *core);
void rocket_scrub_fini(struct rocket_core *core);
int rocket_scrub_attach(struct rocket_core *core, struct rocket_vm *vm);

#endif
