// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "va_heap.h"

/* For one more free range than there are. */
static bool make_room(struct va_heap *heap)
{
	struct va_range *more;
	size_t room = heap->room ? 2 * heap->room : 16;

	if (heap->count < heap->room)
		return true;
	more = realloc(heap->free, room * sizeof(*more));
	if (!more)
		return false;
	heap->free = more;
	heap->room = room;
	return true;
}

bool va_heap_init(struct va_heap *heap, uint64_t start, uint64_t end)
{
	*heap = (struct va_heap){ 0 };
	if (!make_room(heap))
		return false;
	heap->free[heap->count++] = (struct va_range){ start, end };
	return true;
}

void va_heap_fini(struct va_heap *heap)
{
	free(heap->free);
	*heap = (struct va_heap){ 0 };
}

static void insert(struct va_heap *heap, size_t at, uint64_t start, uint64_t end)
{
	memmove(&heap->free[at + 1], &heap->free[at], (heap->count - at) * sizeof(*heap->free));
	heap->free[at] = (struct va_range){ start, end };
	heap->count++;
}

static void drop(struct va_heap *heap, size_t at)
{
	heap->count--;
	memmove(&heap->free[at], &heap->free[at + 1], (heap->count - at) * sizeof(*heap->free));
}

uint64_t va_heap_take(struct va_heap *heap, uint64_t size, uint64_t align)
{
	size_t i;

	if (!size || !make_room(heap))
		return 0;
	for (i = 0; i < heap->count; i++) {
		struct va_range *range = &heap->free[i];
		uint64_t start = (range->start + align - 1) & ~(align - 1);
		uint64_t end = range->end;

		if (start < range->start || start >= end || end - start < size)
			continue;
		if (start > range->start) {
			range->end = start;
			if (start + size < end)
				insert(heap, i + 1, start + size, end);
		} else if (start + size < end) {
			range->start = start + size;
		} else {
			drop(heap, i);
		}
		return start;
	}
	return 0;
}

void va_heap_give(struct va_heap *heap, uint64_t start, uint64_t size)
{
	uint64_t end = start + size;
	size_t low = 0, high = heap->count;
	bool joins_last, joins_next;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (heap->free[middle].start < start)
			low = middle + 1;
		else
			high = middle;
	}
	joins_last = low && heap->free[low - 1].end == start;
	joins_next = low < heap->count && heap->free[low].start == end;
	if (joins_last && joins_next) {
		heap->free[low - 1].end = heap->free[low].end;
		drop(heap, low);
	} else if (joins_last) {
		heap->free[low - 1].end = end;
	} else if (joins_next) {
		heap->free[low].start = start;
	} else if (make_room(heap)) {
		insert(heap, low, start, end);
	}
	/* Else the range is lost to this heap, and nothing is used twice. */
}
