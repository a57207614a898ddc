/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_JOB_H__
#define __ROCKET_JOB_H__

#include <drm/gpu_scheduler.h>
#include <linux/container_of.h>
#include <linux/dma-fence.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "rocket_hw.h"
#include "rocket_sync.h"

struct drm_gem_object;
struct rocket_core;
struct rocket_queue;
struct rocket_vm;

/**
 * struct rocket_job_client - Who submitted a job, for those who look into what
 * went wrong; the VM knows the file. Does not keep anything alive.
 */
struct rocket_job_client {
	/** @pid: The process, in the initial PID namespace. */
	pid_t pid;

	/** @comm: Name of the thread. */
	char comm[TASK_COMM_LEN];
};

/**
 * struct rocket_fence - The hardware's fence of a job.
 */
struct rocket_fence {
	/** @base: First, so that the default release frees the whole. */
	struct dma_fence base;

	/** @lock: For @base; here, because the fence may outlive the core. */
	spinlock_t lock;

	/** @queue: Of the job; valid until the run queue has been told of the end. */
	struct rocket_queue *queue;
};

static inline struct rocket_fence *to_rocket_fence(struct dma_fence *fence)
{
	return container_of(fence, struct rocket_fence, base);
}

/**
 * struct rocket_job - A job, from the ioctl to the end of its clean-up.
 *
 * Built by rocket_submit.c; owned by the scheduler from the moment it is pushed
 * until free_job(), then by &rocket_queue.cleanup. All that the run needs is here before the
 * push: running it allocates nothing. Not locked: nobody but the owner writes,
 * except for @next_task and the times of starts under &rocket_core.lock.
 */
struct rocket_job {
	/** @base: The scheduler's part. Initialised when there is a @queue. */
	struct drm_sched_job base;

	/** @vm: The address space, a reference. */
	struct rocket_vm *vm;

	/** @queue: Its queue, which the VM keeps; %NULL until @base is initialised. */
	struct rocket_queue *queue;

	union {
		/** @node: In &rocket_queue.jobs, while it could run. */
		struct list_head node;

		/** @done_node: In &rocket_queue.done, once the scheduler has let go of it. */
		struct llist_node done_node;
	};

	/** @core: The core that has picked it; %NULL before. */
	struct rocket_core *core;

	/**
	 * @tasks: What to run, @task_count of them. Like @mapping_held behind
	 * @bos, in the same piece of memory.
	 */
	struct rocket_task *tasks;

	/** @task_count: At least one. */
	u32 task_count;

	/** @next_task: Index of the first task not started yet. */
	u32 next_task;

	/**
	 * @done: What ends a task of it, ROCKET_PC_INTERRUPT_* bits of ROCKET_HW_DONE.
	 * Any of them, so what a program raises before its last block has written must
	 * not be here. The others are in doubt.
	 */
	u32 done;

	/** @in_bo_room: How many of @bos are for those that it says it reads. */
	u32 in_bo_room;

	/** @in_bo_count: How many there are of these. */
	u32 in_bo_count;

	/** @out_bo_count: How many there are behind them, which it says it writes. */
	u32 out_bo_count;

	/**
	 * @mapping_held: One bit for each BO that it reads and then for each that it
	 * writes: the job keeps the kernel-chosen mapping.
	 */
	unsigned long *mapping_held;

	/** @hw_fence: Allocated with the job, initialised when it starts. */
	struct rocket_fence *hw_fence;

	/** @after: Fence of the job of another queue that comes before it in the same ioctl. */
	struct dma_fence *after;

	/** @causes: What it was told to wait for, and inherits the errors of. */
	struct rocket_sync_causes causes;

	/** @timeout_ms: How long it may run. */
	u32 timeout_ms;

	/** @flight: From rocket_flight_begin(), once it has started. */
	int flight;

	/** @user_data: Userspace's name for it. */
	u64 user_data;

	/** @client: Who submitted it. */
	struct rocket_job_client client;

	/** @cores: Which cores may run it, a bit mask. */
	u8 cores;

	/** @priority: An enum drm_rocket_job_priority. */
	u8 priority;

	/** @lost: Interrupts that did not come; by &rocket_core.timeout_work. */
	u8 lost;

	/** @counted: It counts in the quota of @vm. */
	bool counted : 1;

	/** @waiting: It counts in &rocket_queue.waiting. */
	bool waiting : 1;

	/** @blind: Its tasks may raise nothing of @done: see rocket_blind.c. */
	bool blind : 1;

	/** @submitted: When, in ns of CLOCK_MONOTONIC. */
	u64 submitted;

	/** @started: When its first task started; 0 before. */
	u64 started;

	/** @task_started: When the task before @next_task started. */
	u64 task_started;

	/** @bos: What it lists, references: see rocket_job_in_bos(). */
	struct drm_gem_object *bos[];
};

/* BOs that the job says it reads, &rocket_job.in_bo_count of them. */
static inline struct drm_gem_object **rocket_job_in_bos(struct rocket_job *job)
{
	return job->bos;
}

/* BOs that the job says it writes, &rocket_job.out_bo_count of them. */
static inline struct drm_gem_object **rocket_job_out_bos(struct rocket_job *job)
{
	return job->bos + job->in_bo_room;
}

static inline struct rocket_job *to_rocket_job(struct drm_sched_job *job)
{
	return container_of(job, struct rocket_job, base);
}

int rocket_job_setup(void);
void rocket_job_teardown(void);

struct rocket_job *rocket_job_create(struct rocket_vm *vm, u32 task_count, u32 in_bos,
				     u32 out_bos);
void rocket_job_hold_mappings(struct rocket_job *job);
void rocket_job_destroy(struct rocket_job *job);
bool rocket_job_try_destroy(struct rocket_job *job);

#endif
