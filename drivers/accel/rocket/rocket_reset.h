/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_RESET_H__
#define __ROCKET_RESET_H__

struct rocket_core;

int rocket_reset(struct rocket_core *core);
int rocket_reset_by_power(struct rocket_core *core);

void rocket_reset_watch_power(struct rocket_core *core);
void rocket_reset_unwatch_power(struct rocket_core *core);

#endif
