// SPDX-License-Identifier: GPL-2.0-only

#include <linux/scatterlist.h>

#include "../rocket_sg.h"
#include "rocket_kunit.h"

#define PAGE	((u64)SZ_4K)
/* Where the memory of entry i is, as the importer sees it */
#define ADDR(i)	((16ull + (i)) * SZ_1G)

struct sg_case {
	const char *what;
	unsigned int entries;
	/* Pages of entry i are 1 + i % @sizes. */
	unsigned int sizes;
};

static const struct sg_case sg_cases[] = {
	{ "one", 1, 1 },
	{ "one less than a stride", ROCKET_SG_STRIDE - 1, 1 },
	{ "a stride", ROCKET_SG_STRIDE, 1 },
	{ "one more than a stride", ROCKET_SG_STRIDE + 1, 1 },
	{ "many of one size", 1000, 1 },
	{ "many of all sizes", 1000, 7 },
};

KUNIT_ARRAY_PARAM_DESC(sg, sg_cases, what);

static u64 pages_of(const struct sg_case *c, unsigned int entry)
{
	return 1 + entry % c->sizes;
}

static struct sg_table make_table(struct kunit *test, const struct sg_case *c)
{
	struct scatterlist *sg;
	struct sg_table sgt;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, sg_alloc_table(&sgt, c->entries, GFP_KERNEL), 0);
	for_each_sg(sgt.sgl, sg, c->entries, i) {
		sg_dma_address(sg) = ADDR(i);
		sg_dma_len(sg) = pages_of(c, i) * PAGE;
	}

	return sgt;
}

/* Each page is found where it is. */
static void test_find(struct kunit *test)
{
	const struct sg_case *c = test->param_value;
	struct sg_table sgt = make_table(test, c);
	struct rocket_sg_index *index = rocket_sg_index_create(&sgt, true);
	u64 page = 0;

	KUNIT_ASSERT_NOT_NULL(test, index);
	for (unsigned int i = 0; i < c->entries; i++) {
		for (u64 j = 0; j < pages_of(c, i); j++) {
			u64 offset = page++ * PAGE;
			struct scatterlist *sg = rocket_sg_find(index, &offset);

			KUNIT_EXPECT_EQ(test, rocket_sg_addr(index, sg), ADDR(i));
			KUNIT_EXPECT_EQ(test, rocket_sg_len(index, sg), pages_of(c, i) * PAGE);
			KUNIT_EXPECT_EQ(test, offset, j * PAGE);
		}
	}
	rocket_sg_index_free(index);
	sg_free_table(&sgt);
}

/* Who goes through entries that are far away is led astray by what stands there now. */
static void test_near(struct kunit *test)
{
	const struct sg_case c = { .entries = 1000, .sizes = 1 };
	struct sg_table sgt = make_table(test, &c);
	struct rocket_sg_index *index = rocket_sg_index_create(&sgt, true);
	struct scatterlist *sg;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, index);
	for_each_sg(sgt.sgl, sg, c.entries - ROCKET_SG_STRIDE, i)
		sg_dma_len(sg) = c.entries * PAGE;
	for (unsigned int back = 1; back < ROCKET_SG_STRIDE / 2; back++) {
		u64 offset = (c.entries - back) * PAGE;

		sg = rocket_sg_find(index, &offset);
		KUNIT_EXPECT_EQ(test, rocket_sg_addr(index, sg), ADDR(c.entries - back));
	}
	rocket_sg_index_free(index);
	sg_free_table(&sgt);
}

static struct kunit_case rocket_sg_cases[] = {
	KUNIT_CASE_PARAM(test_find, sg_gen_params),
	KUNIT_CASE(test_near),
	{}
};

struct kunit_suite rocket_sg_suite = {
	.name = "rocket_sg",
	.test_cases = rocket_sg_cases,
};
