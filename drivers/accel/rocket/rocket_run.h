/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_RUN_H__
#define __ROCKET_RUN_H__

#include <linux/interrupt.h>
#include <linux/types.h>

struct dma_fence;
struct rocket_core;
struct rocket_job;

void rocket_run_init(struct rocket_core *core);
void rocket_run_fini(struct rocket_core *core);

void rocket_run_start(struct rocket_core *core, struct rocket_job *job,
		      struct dma_fence *fence);
bool rocket_run_start_now(struct rocket_core *core, struct rocket_job *job);
void rocket_run_start_task(struct rocket_core *core);
void rocket_run_start_clock(struct rocket_core *core);
bool rocket_run_lost(struct rocket_core *core);
void rocket_run_unwatch(struct rocket_core *core);
struct dma_fence *rocket_run_next_task(struct rocket_core *core);
struct dma_fence *rocket_run_take_job(struct rocket_core *core, int error);
void rocket_run_end_job(struct rocket_core *core, struct dma_fence *fence, int error);
void rocket_run_put_power(struct rocket_core *core);

irqreturn_t rocket_run_irq(int irq, void *data);

#endif
