/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_RUNQ_H__
#define __ROCKET_RUNQ_H__

#include <linux/list.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "rocket_fair.h"
#include "rocket_limits.h"

struct dma_fence;
struct rocket_core;
struct rocket_device;
struct rocket_job;
struct rocket_queue;

/**
 * struct rocket_runq - The jobs that could run, of all clients, and who is next.
 */
struct rocket_runq {
	/** @rdev: The device that it is a part of. */
	struct rocket_device *rdev;

	/** @fair: Who is next. Its lock protects all of this. */
	struct rocket_fair fair;

	/** @queues: Those with jobs, by &rocket_queue.node. */
	struct list_head queues;

	/** @work: For each core, looks for something to run. */
	struct rocket_runq_work {
		/** @work.base: Queued by who has claimed the core. */
		struct work_struct base;

		/** @work.core: The core. */
		struct rocket_core *core;

		/** @work.job: What was picked for it already; of who has claimed it. */
		struct rocket_job *job;
	} work[ROCKET_MAX_CORES];
};

int rocket_runq_init(struct rocket_device *rdev);

int rocket_runq_add(struct rocket_queue *queue, struct rocket_job *job);
void rocket_runq_cancel(struct rocket_queue *queue);

void rocket_runq_wait_end(struct rocket_queue *queue);

void rocket_runq_left(struct rocket_core *core);
void rocket_runq_ended(struct rocket_core *core, struct dma_fence *fence);
void rocket_runq_free(struct rocket_core *core);
void rocket_runq_lost(struct rocket_core *core);

#endif
