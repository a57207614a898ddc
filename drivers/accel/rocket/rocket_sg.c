// SPDX-License-Identifier: GPL-2.0-only

#include <kunit/visibility.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "rocket_sg.h"

/**
 * rocket_sg_index_create() - Make an index of a scatterlist.
 * @sgt: The scatterlist, which stays as it is.
 * @imported: It came from another driver.
 *
 * Return: The index, charged to the caller's memory cgroup; %NULL without memory.
 */
struct rocket_sg_index *rocket_sg_index_create(struct sg_table *sgt, bool imported)
{
	unsigned int nents = imported ? sgt->nents : sgt->orig_nents;
	u32 count = DIV_ROUND_UP(nents, ROCKET_SG_STRIDE);
	struct rocket_sg_index *index;
	struct scatterlist *sg;
	unsigned int i;
	u64 start = 0;

	index = kvzalloc(struct_size(index, marks, count), GFP_KERNEL_ACCOUNT);
	if (!index)
		return NULL;

	index->sgt = sgt;
	index->imported = imported;
	index->count = count;

	for_each_sg(sgt->sgl, sg, nents, i) {
		if (!(i % ROCKET_SG_STRIDE)) {
			index->marks[i / ROCKET_SG_STRIDE].start = start;
			index->marks[i / ROCKET_SG_STRIDE].sg = sg;
			cond_resched();
		}
		start += rocket_sg_len(index, sg);
	}

	return index;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_sg_index_create);

/**
 * rocket_sg_index_free() - Free an index.
 * @index: The index, or %NULL.
 */
void rocket_sg_index_free(struct rocket_sg_index *index)
{
	kvfree(index);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_sg_index_free);

/* The last mark that is not behind an offset; the first begins at 0. */
static u32 rocket_sg_find_mark(const struct rocket_sg_index *index, u64 offset)
{
	u32 low = 0, high = index->count;

	while (high - low > 1) {
		u32 middle = low + (high - low) / 2;

		if (index->marks[middle].start <= offset)
			low = middle;
		else
			high = middle;
	}

	return low;
}

/**
 * rocket_sg_find() - Find the entry that an offset lies in.
 * @index: The index.
 * @offset: An offset that there is memory for. Becomes the one in the entry.
 *
 * Return: The entry.
 */
struct scatterlist *rocket_sg_find(const struct rocket_sg_index *index, u64 *offset)
{
	u32 mark = rocket_sg_find_mark(index, *offset);
	struct scatterlist *sg = index->marks[mark].sg;

	*offset -= index->marks[mark].start;
	while (*offset >= rocket_sg_len(index, sg)) {
		*offset -= rocket_sg_len(index, sg);
		sg = sg_next(sg);
	}

	return sg;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_sg_find);
