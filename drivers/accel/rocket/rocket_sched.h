/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_SCHED_H__
#define __ROCKET_SCHED_H__

#include <linux/types.h>

struct dma_fence;
struct rocket_device;
struct rocket_job;
struct rocket_vm;

int rocket_sched_init(struct rocket_device *rdev);

int rocket_sched_place(struct rocket_job *job, u64 client_id);
struct dma_fence *rocket_sched_arm(struct rocket_job *job, struct dma_fence *previous);
void rocket_sched_close_queue(struct rocket_vm *vm);
void rocket_sched_free_queue(struct rocket_vm *vm);

#endif
