/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_RESET_H__
#define __ROCKET_RESET_H__

struct rocket_core;
struct rocket_hw;

int rocket_reset_learn(struct rocket_hw *hw);
const char *rocket_reset_mark_name(const struct rocket_hw *hw);
int rocket_reset(struct rocket_core *core);
void rocket_reset_before_off(struct rocket_core *core);
int rocket_reset_get_power(struct rocket_core *core);
int rocket_reset_by_power(struct rocket_core *core);

void rocket_reset_watch_power(struct rocket_core *core);
void rocket_reset_unwatch_power(struct rocket_core *core);

#endif
