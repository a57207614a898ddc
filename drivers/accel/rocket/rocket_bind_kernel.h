/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_BIND_KERNEL_H__
#define __ROCKET_BIND_KERNEL_H__

#include <linux/kconfig.h>
#include <linux/types.h>

struct rocket_bind_op;
struct rocket_gem_object;
struct rocket_vm;
struct rocket_vma;

/* For rocket_gem.c */
int rocket_bind_map_anywhere(struct rocket_vm *vm, struct rocket_gem_object *bo,
			     u64 *addr);
void rocket_bind_unmap_kernel(struct rocket_vm *vm, struct rocket_gem_object *bo,
			      u64 addr);

/* For rocket_vma.c */
void rocket_bind_note_hole(struct rocket_vm *vm, u64 start);

#if IS_ENABLED(CONFIG_KUNIT)
int rocket_bind_find_hole(struct rocket_vm *vm, u64 range, u64 *addr);
#endif

/* For the bind queue and the operations in it */
void rocket_bind_claim(struct rocket_vm *vm, struct rocket_bind_op *ops, u32 count);
void rocket_bind_unclaim(struct rocket_vm *vm, struct rocket_bind_op *ops, u32 count);
bool rocket_bind_leaves(const struct rocket_bind_op *op, const struct rocket_vma *vma);

#endif
