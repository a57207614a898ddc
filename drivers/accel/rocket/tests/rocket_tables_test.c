// SPDX-License-Identifier: GPL-2.0-only

#include <linux/bitmap.h>

#include "../rocket_mmu.h"
#include "rocket_kunit.h"

#define PAGE	((u64)SZ_4K)
#define SPAN	((u64)ROCKET_MMU_TABLE_SPAN)

struct tables_case {
	const char *what;
	u64 addr;
	u64 range;
	unsigned int first;
	unsigned int count;
};

static const struct tables_case tables_cases[] = {
	{ "first page", PAGE, PAGE, 0, 1 },
	{ "up to the boundary", SPAN - PAGE, PAGE, 0, 1 },
	{ "across the boundary", SPAN - PAGE, 2 * PAGE, 0, 2 },
	{ "from the boundary", SPAN, PAGE, 1, 1 },
	{ "one table", 5 * SPAN, SPAN, 5, 1 },
	{ "one table and a page", 5 * SPAN, SPAN + PAGE, 5, 2 },
	{ "a page, a table, a page", 5 * SPAN - PAGE, SPAN + 2 * PAGE, 4, 3 },
	{ "last page", SZ_4G - PAGE, PAGE, 1023, 1 },
	{ "last two tables", SZ_4G - 2 * SPAN, 2 * SPAN, 1022, 2 },
	{ "everything", PAGE, SZ_4G - PAGE, 0, 1024 },
};

KUNIT_ARRAY_PARAM_DESC(tables, tables_cases, what);

static void test_add_tables(struct kunit *test)
{
	const struct tables_case *c = test->param_value;
	DECLARE_BITMAP(tables, ROCKET_MMU_TABLES) = {};

	rocket_mmu_add_tables(tables, c->addr, c->range);
	KUNIT_EXPECT_EQ(test, bitmap_weight(tables, ROCKET_MMU_TABLES), c->count);
	KUNIT_EXPECT_EQ(test, find_first_bit(tables, ROCKET_MMU_TABLES), c->first);
	KUNIT_EXPECT_EQ(test, find_last_bit(tables, ROCKET_MMU_TABLES),
			c->first + c->count - 1);
}

/* What two ranges share is there once; nothing that was there goes. */
static void test_union(struct kunit *test)
{
	DECLARE_BITMAP(tables, ROCKET_MMU_TABLES) = {};

	rocket_mmu_add_tables(tables, 2 * SPAN, 3 * SPAN);
	rocket_mmu_add_tables(tables, 4 * SPAN, 2 * SPAN);
	rocket_mmu_add_tables(tables, 9 * SPAN, PAGE);
	rocket_mmu_add_tables(tables, 2 * SPAN, PAGE);
	KUNIT_EXPECT_EQ(test, bitmap_weight(tables, ROCKET_MMU_TABLES), 5);
	KUNIT_EXPECT_FALSE(test, test_bit(1, tables));
	KUNIT_EXPECT_TRUE(test, test_bit(5, tables));
	KUNIT_EXPECT_FALSE(test, test_bit(6, tables));
	KUNIT_EXPECT_TRUE(test, test_bit(9, tables));
}

static struct kunit_case rocket_tables_cases[] = {
	KUNIT_CASE_PARAM(test_add_tables, tables_gen_params),
	KUNIT_CASE(test_union),
	{}
};

struct kunit_suite rocket_tables_suite = {
	.name = "rocket_tables",
	.test_cases = rocket_tables_cases,
};
