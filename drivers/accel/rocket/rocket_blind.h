/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_BLIND_H__
#define __ROCKET_BLIND_H__

struct rocket_core;

void rocket_blind_init(struct rocket_core *core);
void rocket_blind_fini(struct rocket_core *core);
void rocket_blind_begin(struct rocket_core *core);
void rocket_blind_end(struct rocket_core *core);

#endif
