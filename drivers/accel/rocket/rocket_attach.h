/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_ATTACH_H__
#define __ROCKET_ATTACH_H__

struct rocket_core;
struct rocket_vm;

int rocket_attach_bind(struct rocket_core *core);
void rocket_attach_unbind(struct rocket_core *core);

int rocket_attach_vm(struct rocket_core *core, struct rocket_vm *vm);
int rocket_attach_sleep(struct rocket_core *core);
int rocket_attach_reset(struct rocket_core *core);
int rocket_attach_reset_to_default(struct rocket_core *core);
int rocket_attach_default(struct rocket_core *core);
void rocket_attach_abandon(struct rocket_core *core);
int rocket_attach_abandon_live(struct rocket_core *core);
int rocket_attach_leave(struct rocket_core *core, struct rocket_vm *vm);
void rocket_attach_abandon_vm(struct rocket_core *core, struct rocket_vm *vm);

#endif
