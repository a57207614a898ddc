/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_QUEUE_H__
#define __ROCKET_QUEUE_H__

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "rocket_fair.h"
#include "rocket_order.h"

struct rocket_job;
struct rocket_vm;

/**
 * struct rocket_queue - Jobs of a VM that run one after the other.
 *
 * Made when it is first used, freed with its VM, which outlives its jobs.
 */
struct rocket_queue {
	/** @order: Keeps the order, waits for what jobs depend on. */
	struct rocket_order order;

	/** @vm: The VM. */
	struct rocket_vm *vm;

	/** @waiting: How many jobs no core has picked yet. */
	atomic_t waiting;

	/** @fence_context: Of the hardware fences. */
	u64 fence_context;

	/** @fence_seqno: Last one used; by the work of @order. */
	u64 fence_seqno;

	/** @turn: Waits for a core while one of @jobs does and none runs. */
	struct rocket_turn turn;

	/** @jobs: What could run, by &rocket_job.node, in order; by &rocket_fair.lock. */
	struct list_head jobs;

	/** @runs: A job of it has been picked and has not ended; by &rocket_fair.lock. */
	bool runs;

	/** @node: In &rocket_runq.queues while there are @jobs. */
	struct list_head node;

	/** @done: Jobs that are freed outside of the scheduler's work, by @cleanup. */
	struct llist_head done;

	/** @cleanup: Does that. The last job takes the VM along, and the queue with it. */
	struct work_struct cleanup;

	/** @rcu: For freeing it. */
	struct rcu_head rcu;
};

int rocket_queue_place(struct rocket_job *job, u32 id, u64 client_id);
struct dma_fence *rocket_queue_arm(struct rocket_job *job, struct dma_fence *after);
void rocket_queue_leave(struct rocket_job *job);

void rocket_queue_close(struct rocket_vm *vm);
void rocket_queue_free(struct rocket_vm *vm);

#endif
