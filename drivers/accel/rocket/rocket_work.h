/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_WORK_H__
#define __ROCKET_WORK_H__

#include <linux/types.h>

struct work_struct;
struct workqueue_struct;

int rocket_work_setup(void);
void rocket_work_teardown(void);

bool rocket_work_queue_cleanup(struct work_struct *work);
void rocket_work_queue_run(struct work_struct *work);
struct workqueue_struct *rocket_work_order_wq(u64 owner);
struct workqueue_struct *rocket_work_bind_wq(void);

#endif
