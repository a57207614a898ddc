// SPDX-License-Identifier: GPL-2.0-only

#include <linux/limits.h>

#include "../rocket_limits.h"
#include "../rocket_quota.h"
#include "../rocket_vm_bind.h"
#include "rocket_kunit.h"

static void test_fits(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, rocket_quota_fits(0, 0, 0));
	KUNIT_EXPECT_FALSE(test, rocket_quota_fits(0, 1, 0));
	KUNIT_EXPECT_TRUE(test, rocket_quota_fits(3, 7, 10));
	KUNIT_EXPECT_FALSE(test, rocket_quota_fits(3, 8, 10));
	KUNIT_EXPECT_TRUE(test, rocket_quota_fits(10, 0, 10));
	/* The limit was lowered, or somebody may go beyond. */
	KUNIT_EXPECT_FALSE(test, rocket_quota_fits(11, 0, 10));
	KUNIT_EXPECT_FALSE(test, rocket_quota_fits(U64_MAX, 1, 10));
	/* No sum overflows. */
	KUNIT_EXPECT_FALSE(test, rocket_quota_fits(1, U64_MAX, 10));
	KUNIT_EXPECT_FALSE(test, rocket_quota_fits(U64_MAX, U64_MAX, U64_MAX));
	KUNIT_EXPECT_TRUE(test, rocket_quota_fits(1, U64_MAX - 1, U64_MAX));
}

/* Files of a user count together by kind, also when one of them goes first. */
static void test_user(struct kunit *test)
{
	struct rocket_quota *one = rocket_quota_create(), *two = rocket_quota_create();
	u64 bos, tables;

	KUNIT_ASSERT_NOT_NULL(test, one);
	KUNIT_ASSERT_NOT_NULL(test, two);
	bos = rocket_quota_used(one, ROCKET_MEMORY_BOS);
	tables = rocket_quota_used(one, ROCKET_MEMORY_TABLES);
	KUNIT_EXPECT_EQ(test, rocket_quota_charge(one, ROCKET_MEMORY_BOS, 3), 0);
	KUNIT_EXPECT_EQ(test, rocket_quota_charge(two, ROCKET_MEMORY_BOS, 4), 0);
	KUNIT_EXPECT_EQ(test, rocket_quota_charge(two, ROCKET_MEMORY_TABLES, 5), 0);
	KUNIT_EXPECT_EQ(test, rocket_quota_used(one, ROCKET_MEMORY_BOS), bos + 7);
	KUNIT_EXPECT_EQ(test, rocket_quota_used(one, ROCKET_MEMORY_TABLES), tables + 5);
	rocket_quota_uncharge(one, ROCKET_MEMORY_BOS, 3);
	rocket_quota_put(one);
	KUNIT_EXPECT_EQ(test, rocket_quota_used(two, ROCKET_MEMORY_BOS), bos + 4);
	rocket_quota_uncharge(two, ROCKET_MEMORY_BOS, 4);
	rocket_quota_uncharge(two, ROCKET_MEMORY_TABLES, 5);
	KUNIT_EXPECT_EQ(test, rocket_quota_used(two, ROCKET_MEMORY_BOS), bos);
	KUNIT_EXPECT_EQ(test, rocket_quota_used(two, ROCKET_MEMORY_TABLES), tables);
	rocket_quota_put(two);
}

static void test_limits(struct kunit *test)
{
	u64 bos = rocket_quota_limit(ROCKET_MEMORY_BOS);

	KUNIT_EXPECT_GT(test, bos, 0);
	KUNIT_EXPECT_EQ(test, rocket_quota_limit(ROCKET_MEMORY_TABLES), bos / 16 / 2);
	KUNIT_EXPECT_EQ(test, rocket_quota_limit(ROCKET_MEMORY_BELOW_4G),
			min(bos / 4, (u64)SZ_1G));
}

/* Maps go up to the limit; unmaps beyond it, by what the largest array needs. */
static void test_mappings(struct kunit *test)
{
	const u32 limit = rocket_quota_mapping_limit();
	const u32 reserve = 2 * ROCKET_VM_BIND_MAX_OPS;
	struct rocket_quota *quota = rocket_quota_create();

	KUNIT_ASSERT_NOT_NULL(test, quota);
	atomic_set(&quota->mappings, limit - 1);
	KUNIT_EXPECT_EQ(test, rocket_quota_add_mapping(quota, ROCKET_MAPPING_FOR_MAP), 0);
	KUNIT_EXPECT_EQ(test, rocket_quota_add_mapping(quota, ROCKET_MAPPING_FOR_MAP), -ENOSPC);
	KUNIT_EXPECT_EQ(test, atomic_read(&quota->mappings), limit);
	KUNIT_EXPECT_EQ(test, rocket_quota_add_mapping(quota, ROCKET_MAPPING_FOR_UNMAP), 0);
	atomic_set(&quota->mappings, limit + reserve - 1);
	KUNIT_EXPECT_EQ(test, rocket_quota_add_mapping(quota, ROCKET_MAPPING_FOR_UNMAP), 0);
	KUNIT_EXPECT_EQ(test, rocket_quota_add_mapping(quota, ROCKET_MAPPING_FOR_UNMAP),
			-ENOSPC);
	KUNIT_EXPECT_EQ(test, atomic_read(&quota->mappings), limit + reserve);
	atomic_set(&quota->mappings, 1);
	rocket_quota_remove_mapping(quota);
	KUNIT_EXPECT_EQ(test, atomic_read(&quota->mappings), 0);
	rocket_quota_put(quota);
}

static struct kunit_case rocket_quota_cases[] = {
	KUNIT_CASE(test_fits),
	KUNIT_CASE(test_user),
	KUNIT_CASE(test_limits),
	KUNIT_CASE(test_mappings),
	{}
};

struct kunit_suite rocket_quota_suite = {
	.name = "rocket_quota",
	.test_cases = rocket_quota_cases,
};
