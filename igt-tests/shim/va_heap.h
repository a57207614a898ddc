/* SPDX-License-Identifier: MIT */
#ifndef VA_HEAP_H
#define VA_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Addresses of a VM, handed out by its user.  Who frees a range says that no job uses
 * it any more; keeping it until then is the caller's business (shim_file.h).
 */

struct va_range {
	uint64_t start, end;	/* end is behind the last address */
};

struct va_heap {
	struct va_range *free;	/* by address, none touches the next */
	size_t count, room;
};

/* All addresses from start to end are free; both page aligned.  False: no memory. */
bool va_heap_init(struct va_heap *heap, uint64_t start, uint64_t end);
void va_heap_fini(struct va_heap *heap);

/*
 * Takes the lowest range of this size (page aligned, not 0) at a multiple of align, a
 * power of two.  0, which is never a free address: there is none.
 */
uint64_t va_heap_take(struct va_heap *heap, uint64_t size, uint64_t align);
/* Gives back what va_heap_take() returned, all of it. */
void va_heap_give(struct va_heap *heap, uint64_t start, uint64_t size);

#endif
