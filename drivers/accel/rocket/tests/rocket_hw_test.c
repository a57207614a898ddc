// SPDX-License-Identifier: GPL-2.0-only

#include <linux/sizes.h>

#include "../rocket_conv.h"
#include "../rocket_hw.h"
#include "../rocket_kjob.h"
#include "../rocket_selftest.h"
#include "rocket_kunit.h"

/* What a core says of itself, and what that makes of an interrupt. */

/* Registers that are memory. */
static struct rocket_hw *make_hw(struct kunit *test, enum rocket_counter counter)
{
	struct rocket_hw *hw = kunit_kzalloc(test, sizeof(*hw), GFP_KERNEL);
	void *registers = kunit_kzalloc(test, SZ_4K, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, hw);
	KUNIT_ASSERT_NOT_NULL(test, registers);
	hw->pc = (void __iomem *)registers;
	hw->soc = &rocket_soc_rk3588;
	hw->facts.counter = counter;

	return hw;
}

static bool ended(struct rocket_hw *hw, u32 status, unsigned int tasks)
{
	writel(status, hw->pc + ROCKET_PC_TASK_STATUS);

	return rocket_hw_ended(hw, tasks);
}

static bool ended_pair(struct rocket_hw *hw, u32 status, unsigned int tasks)
{
	writel(status, hw->pc + ROCKET_PC_TASK_STATUS_PAIR);

	return rocket_hw_ended(hw, tasks);
}

static bool settled(struct rocket_hw *hw, u32 status, unsigned int tasks)
{
	writel(status, hw->pc + ROCKET_PC_TASK_STATUS);

	return rocket_hw_settled(hw, tasks);
}

/* As measured on RK3588: 0 in the low bits, whatever ended. */
static void rocket_judge_wraps(struct kunit *test)
{
	struct rocket_hw *hw = make_hw(test, ROCKET_COUNTER_WRAPS);

	KUNIT_EXPECT_TRUE(test, ended(hw, 0xf000, 1));
	KUNIT_EXPECT_TRUE(test, ended(hw, 0xf000, 64));
	KUNIT_EXPECT_FALSE(test, ended(hw, 1, 2));
	KUNIT_EXPECT_FALSE(test, ended(hw, 63, 64));
	KUNIT_EXPECT_TRUE(test, settled(hw, 0xf000, 64));
	KUNIT_EXPECT_FALSE(test, settled(hw, 1, 2));
}

/* As measured on RK3576: two counters in one word, both modulo the number of tasks. */
static void rocket_judge_pair(struct kunit *test)
{
	static const struct rocket_soc pair = {
		.task_status = ROCKET_PC_TASK_STATUS_PAIR,
		.ended = GENMASK(31, 16),
		.started = GENMASK(15, 0),
	};
	struct rocket_hw *hw = make_hw(test, ROCKET_COUNTER_NONE);

	hw->soc = &pair;
	hw->facts.counter = ROCKET_COUNTER_WRAPS;

	/* The first of three runs, the second, the last, and none. */
	KUNIT_EXPECT_FALSE(test, ended_pair(hw, 0x00000001, 3));
	KUNIT_EXPECT_FALSE(test, ended_pair(hw, 0x00010002, 3));
	KUNIT_EXPECT_FALSE(test, ended_pair(hw, 0x00020000, 3));
	KUNIT_EXPECT_TRUE(test, ended_pair(hw, 0x00000000, 3));

	/* More tasks have begun than the chain has left to end. */
	KUNIT_EXPECT_FALSE(test, ended_pair(hw, 0x00000022, 35));
	KUNIT_EXPECT_TRUE(test, ended_pair(hw, 0x00000000, 1));

	/* Where the RK3588 has its counter there is none. */
	KUNIT_EXPECT_TRUE(test, ended(hw, 1, 3));
}

static void rocket_judge_ended(struct kunit *test)
{
	struct rocket_hw *hw = make_hw(test, ROCKET_COUNTER_ENDED);

	KUNIT_EXPECT_FALSE(test, ended(hw, 0x1000, 1));
	KUNIT_EXPECT_TRUE(test, ended(hw, 1, 1));
	KUNIT_EXPECT_FALSE(test, ended(hw, 0x2001, 2));
	KUNIT_EXPECT_TRUE(test, ended(hw, 2, 2));
	KUNIT_EXPECT_FALSE(test, settled(hw, 1, 2));
}

static void rocket_judge_late(struct kunit *test)
{
	struct rocket_hw *hw = make_hw(test, ROCKET_COUNTER_LATE);

	KUNIT_EXPECT_TRUE(test, ended(hw, 0, 1));
	KUNIT_EXPECT_FALSE(test, ended(hw, 1, 2));
	KUNIT_EXPECT_TRUE(test, ended(hw, 2, 2));
	KUNIT_EXPECT_FALSE(test, settled(hw, 1, 2));
}

/* Then the interrupt alone decides; without one, a chain has not ended. */
static void rocket_judge_none(struct kunit *test)
{
	struct rocket_hw *hw = make_hw(test, ROCKET_COUNTER_NONE);

	KUNIT_EXPECT_TRUE(test, ended(hw, 0x7ff, 1));
	KUNIT_EXPECT_TRUE(test, ended(hw, 1, 64));
	KUNIT_EXPECT_TRUE(test, settled(hw, 0, 1));
	KUNIT_EXPECT_FALSE(test, settled(hw, 0, 64));
}

/* Each way of counting that anybody has read out of the sources */
static void rocket_classify(struct kunit *test)
{
	static const struct {
		struct rocket_kjob_seen one, chain;
		enum rocket_counter counter;
	} cases[] = {
		/* ended tasks, until the next start */
		{ { .at_end = 1, .settled = 1 }, { .between = true, .at_end = 2, .settled = 2 },
		  ROCKET_COUNTER_ENDED },
		/* the same, some time after the interrupt */
		{ { .at_end = 0, .settled = 1 }, { .between = true, .at_end = 1, .settled = 2 },
		  ROCKET_COUNTER_LATE },
		{ { .at_end = 0, .settled = 1 }, { .at_end = 2, .settled = 2 },
		  ROCKET_COUNTER_LATE },
		/* modulo the number of tasks, or cleared at the end */
		{ {}, { .between = true }, ROCKET_COUNTER_WRAPS },
		/* not caught in the act */
		{ {}, {}, ROCKET_COUNTER_NONE },
		/* stands still at what nobody has thought of */
		{ { .at_end = 7, .settled = 7 }, { .between = true, .at_end = 7, .settled = 7 },
		  ROCKET_COUNTER_NONE },
		{ {}, { .between = true, .at_end = 1, .settled = 1 }, ROCKET_COUNTER_NONE },
	};

	for (int i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, rocket_selftest_classify(&cases[i].one, &cases[i].chain),
				    cases[i].counter, "case %d", i);
}

/* A stream ends with the four commands that a chain needs, wherever it leads. */
static void rocket_conv_stream(struct kunit *test)
{
	struct rocket_conv conv = {
		.width = 16, .height = 4, .channels = 32, .taps = 1, .kernels = 32,
		.data_banks = 1, .source = 0x1000, .bias = 0x2000, .out = 0x3000,
	};
	__le64 *stream = kunit_kcalloc(test, ROCKET_CONV_COMMANDS_MAX, sizeof(*stream),
				       GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, stream);
	KUNIT_EXPECT_EQ(test, rocket_conv_emit(&conv, stream), ROCKET_CONV_COMMANDS);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(stream[122]), 0);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(stream[123]), 0x0101000000000014);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(stream[124]), 0x0041000000000000);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(stream[125]), 0x00810000001d0008);

	conv.next = 0x12340;
	KUNIT_EXPECT_EQ(test, rocket_conv_emit(&conv, stream), ROCKET_CONV_COMMANDS);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(stream[122]), 0x0101000123400010);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(stream[123]), 0x01010000003e0014);

	conv.tables = true;
	KUNIT_EXPECT_EQ(test, rocket_conv_emit(&conv, stream), ROCKET_CONV_COMMANDS_MAX);
}

static struct kunit_case rocket_hw_cases[] = {
	KUNIT_CASE(rocket_judge_wraps),
	KUNIT_CASE(rocket_judge_pair),
	KUNIT_CASE(rocket_judge_ended),
	KUNIT_CASE(rocket_judge_late),
	KUNIT_CASE(rocket_judge_none),
	KUNIT_CASE(rocket_classify),
	KUNIT_CASE(rocket_conv_stream),
	{}
};

struct kunit_suite rocket_hw_suite = {
	.name = "rocket_hw",
	.test_cases = rocket_hw_cases,
};
