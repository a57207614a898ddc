/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_BIND_QUEUE_H__
#define __ROCKET_BIND_QUEUE_H__

#include <linux/kconfig.h>
#include <linux/types.h>

struct drm_file;
struct rocket_bind_op;
struct rocket_bind_queue;
struct rocket_sync_outs;
struct rocket_syncs;
struct rocket_vm;

int rocket_bind_queue_push(struct rocket_vm *vm, struct drm_file *file,
			   struct rocket_bind_op *ops, u32 count,
			   const struct rocket_syncs *in_syncs,
			   struct rocket_sync_outs *outs);
void rocket_bind_queue_close(struct rocket_vm *vm);
void rocket_bind_queue_free(struct rocket_vm *vm);

#if IS_ENABLED(CONFIG_KUNIT)
struct rocket_bind_queue *rocket_bind_queue_create(struct rocket_vm *vm);
#endif

#endif
