/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_KJOB_H__
#define __ROCKET_KJOB_H__

#include <linux/types.h>

#include "rocket_hw.h"

struct sg_table;

/* enum rocket_kjob - Jobs of the kernel's own. */
enum rocket_kjob {
	/* @ROCKET_KJOB_ONE: One small task. */
	ROCKET_KJOB_ONE,
	/* @ROCKET_KJOB_CHAIN: A chain of two such tasks, one interrupt. */
	ROCKET_KJOB_CHAIN,
	/* @ROCKET_KJOB_FEATURES: Fill the tables, and the buffer with features. */
	ROCKET_KJOB_FEATURES,
	/* @ROCKET_KJOB_WEIGHTS: Fill the buffer with weights. */
	ROCKET_KJOB_WEIGHTS,
	ROCKET_KJOBS,
};

/**
 * struct rocket_kjob_memory - Memory that the NPU reaches at one address.
 */
struct rocket_kjob_memory {
	/** @sgt: Its pages, which need not lie together. */
	struct sg_table *sgt;

	/** @addr: Where the NPU finds it, in the group's default domain. */
	dma_addr_t addr;

	/** @vaddr: Where the CPU does. */
	void *vaddr;

	/** @size: In bytes. */
	size_t size;
};

/**
 * struct rocket_kjobs - What the kernel's own jobs on a core need.
 *
 * Set up while the core is being bound and not changed until it is unbound, but for
 * @last, @blank and the content of @out. Those belong to whoever may attach the core:
 * the scheduler's work, or the recovery while that is stopped.
 */
struct rocket_kjobs {
	/** @source: Features, weights, biases and command streams. Read-only for the NPU. */
	struct rocket_kjob_memory source;

	/** @out: Results. */
	struct rocket_kjob_memory out;

	/** @tasks: What to start. */
	struct rocket_task tasks[ROCKET_KJOBS];

	/** @last: Whose result is in @out. */
	enum rocket_kjob last;

	/** @blank: Nobody's is. */
	bool blank;
};

/**
 * struct rocket_kjob_seen - What was seen while a job of the kernel's own ran.
 */
struct rocket_kjob_seen {
	/** @ns: From the start until it said that it had ended, in ns. */
	u64 ns;

	/** @between: The counter was not 0 before that. */
	bool between;

	/** @at_end: The counter when it said so. */
	u32 at_end;

	/** @settled: The counter when it had not moved for a while. */
	u32 settled;
};

int rocket_kjob_init(struct rocket_kjobs *jobs, struct device *dev,
		     const struct rocket_soc *soc);
void rocket_kjob_fini(struct rocket_kjobs *jobs, struct device *dev);
int rocket_kjob_run(struct rocket_kjobs *jobs, struct rocket_hw *hw, enum rocket_kjob job,
		    struct rocket_kjob_seen *seen);

#endif
