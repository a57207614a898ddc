/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thread for the arithmetic of one core. */
#ifndef HW_MISC_ROCKET_NPU_WORKER_H
#define HW_MISC_ROCKET_NPU_WORKER_H

#include "block/aio.h"

typedef struct RocketWorker RocketWorker;

/*
 * For as long as QEMU runs.  @done is called with @opaque in the main loop after each
 * piece of work.
 */
RocketWorker *rocket_worker_new(const char *name, QEMUBHFunc *done,
                                void *opaque);
/* @work(@arg) in the thread, which must be idle. */
void rocket_worker_give(RocketWorker *w, void (*work)(void *), void *arg);
/* Wait until it is idle; @done is not called any more for what has ended. */
void rocket_worker_join(RocketWorker *w);

#endif
