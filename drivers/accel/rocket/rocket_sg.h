/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_SG_H__
#define __ROCKET_SG_H__

#include <linux/scatterlist.h>
#include <linux/types.h>

/* So many entries of a scatterlist are gone through for an offset, at most. */
#define ROCKET_SG_STRIDE	64

/**
 * struct rocket_sg_index - Where the memory of a BO is, by offset.
 *
 * A scatterlist can only be gone through from its head, and may have an entry for
 * each page. Never changes after it was made; freed with the BO, as @sgt is.
 */
struct rocket_sg_index {
	/** @sgt: The memory, which the BO keeps. */
	struct sg_table *sgt;

	/**
	 * @imported: It came from another driver. It need not have struct pages
	 * then: its exporter gave it an address for our device, which has no IOMMU
	 * before it.
	 */
	bool imported;

	/** @count: Number of @marks, at least one. */
	u32 count;

	/** @marks: Every %ROCKET_SG_STRIDE-th entry, the first included. */
	struct {
		/** @marks.start: Offset at which the entry begins. */
		u64 start;

		/** @marks.sg: The entry. */
		struct scatterlist *sg;
	} marks[] __counted_by(count);
};

struct rocket_sg_index *rocket_sg_index_create(struct sg_table *sgt, bool imported);
void rocket_sg_index_free(struct rocket_sg_index *index);
struct scatterlist *rocket_sg_find(const struct rocket_sg_index *index, u64 *offset);

/**
 * rocket_sg_addr() - Where the NPU finds an entry in memory.
 * @index: The index.
 * @sg: An entry of its scatterlist.
 *
 * Return: The physical address.
 */
static inline phys_addr_t rocket_sg_addr(const struct rocket_sg_index *index,
					 struct scatterlist *sg)
{
	return index->imported ? sg_dma_address(sg) : sg_phys(sg);
}

/**
 * rocket_sg_len() - How much memory an entry stands for.
 * @index: The index.
 * @sg: An entry of its scatterlist.
 *
 * Return: Size in bytes.
 */
static inline u64 rocket_sg_len(const struct rocket_sg_index *index, struct scatterlist *sg)
{
	return index->imported ? sg_dma_len(sg) : sg->length;
}

#endif
