// SPDX-License-Identifier: GPL-2.0-only

#include <linux/ktime.h>

#include "../rocket_busy.h"
#include "rocket_kunit.h"

static struct rocket_busy *busy_create(struct kunit *test)
{
	struct rocket_busy *busy = kunit_kzalloc(test, sizeof(*busy), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, busy);
	rocket_busy_init(busy);

	return busy;
}

/* What has ended adds up; the gaps between do not count. */
static void test_sum(struct kunit *test)
{
	struct rocket_busy *busy = busy_create(test);

	KUNIT_EXPECT_EQ(test, rocket_busy_read(busy), 0);
	rocket_busy_begin(busy, 1000);
	KUNIT_EXPECT_EQ(test, rocket_busy_end(busy, 1700), 700);
	KUNIT_EXPECT_EQ(test, rocket_busy_read(busy), 700);
	rocket_busy_begin(busy, 5000);
	KUNIT_EXPECT_EQ(test, rocket_busy_end(busy, 5001), 1);
	KUNIT_EXPECT_EQ(test, rocket_busy_read(busy), 701);
}

/* Who is told of an end twice counts it once. */
static void test_idle(struct kunit *test)
{
	struct rocket_busy *busy = busy_create(test);

	KUNIT_EXPECT_EQ(test, rocket_busy_end(busy, 1000), 0);
	rocket_busy_begin(busy, 1000);
	rocket_busy_end(busy, 1500);
	KUNIT_EXPECT_EQ(test, rocket_busy_end(busy, 9000), 0);
	KUNIT_EXPECT_EQ(test, rocket_busy_read(busy), 500);
}

/* The job that runs counts up to now. */
static void test_running(struct kunit *test)
{
	struct rocket_busy *busy = busy_create(test);
	u64 begin = ktime_get_ns(), first, second;

	rocket_busy_begin(busy, 1000);
	rocket_busy_end(busy, 1500);
	rocket_busy_begin(busy, begin);
	first = rocket_busy_read(busy);
	second = rocket_busy_read(busy);
	KUNIT_EXPECT_GE(test, first, 500);
	KUNIT_EXPECT_GE(test, second, first);
	KUNIT_EXPECT_LE(test, second, 500 + ktime_get_ns() - begin);
	KUNIT_EXPECT_EQ(test, rocket_busy_end(busy, begin + 20), 20);
	KUNIT_EXPECT_EQ(test, rocket_busy_read(busy), 520);
}

static struct kunit_case busy_cases[] = {
	KUNIT_CASE(test_sum),
	KUNIT_CASE(test_idle),
	KUNIT_CASE(test_running),
	{}
};

struct kunit_suite rocket_busy_suite = {
	.name = "rocket_busy",
	.test_cases = busy_cases,
};
