// SPDX-License-Identifier: GPL-2.0-only

#include <kunit/visibility.h>
#include <linux/device.h>

#include "rocket_kjob.h"
#include "rocket_selftest.h"

/**
 * DOC: Learning what a core does
 *
 * Little of what this driver would like to know of an RK3588 was measured by anybody,
 * and what was measured differs from what the manual says. So a core is asked when it
 * is bound: it runs one task, then a chain of two, of a form that is known to run on
 * silicon, and is looked at meanwhile (&struct rocket_facts). What is not seen is not
 * relied on. A core that fails is used all the same, as mainline's driver would use it.
 *
 * Later, when a core was in trouble, the one task tells whether it is well again; but
 * only where it once was.
 */

/*
 * Chains that are run at most until a counter is caught in the middle of one. Where it
 * counts that is nearly always the first, unless the CPU has other things to do.
 */
#define ROCKET_SELFTEST_CHAINS	128

VISIBLE_IF_KUNIT enum rocket_counter
rocket_selftest_classify(const struct rocket_kjob_seen *one,
			 const struct rocket_kjob_seen *chain)
{
	if (one->settled == 1 && chain->settled == 2)
		return one->at_end == 1 && chain->at_end == 2 ? ROCKET_COUNTER_ENDED :
								ROCKET_COUNTER_LATE;

	if (!one->settled && !chain->settled && !chain->at_end && chain->between)
		return ROCKET_COUNTER_WRAPS;

	return ROCKET_COUNTER_NONE;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_selftest_classify);

/**
 * rocket_selftest_learn() - Find out what a core does.
 * @hw: The core, being bound, as for rocket_kjob_run(). Receives &rocket_hw.facts.
 * @jobs: What its own jobs need.
 *
 * Says so in the kernel log when the core does not do what it should. Afterwards the
 * core must be reset: it may still run.
 */
void rocket_selftest_learn(struct rocket_hw *hw, struct rocket_kjobs *jobs)
{
	struct rocket_kjob_seen one, chain = {};
	struct rocket_facts *facts = &hw->facts;
	int ret;

	ret = rocket_kjob_run(jobs, hw, ROCKET_KJOB_ONE, &one);
	if (ret) {
		dev_warn(hw->dev, "core %u: the self-test %s; it is used all the same, but nothing that it does can be relied on\n",
			 hw->index, ret == -ETIMEDOUT ? "does not end" : "gives a wrong result");
		return;
	}
	facts->computes = true;
	facts->task_ns = one.ns;

	for (int i = 0; i < ROCKET_SELFTEST_CHAINS && !ret && !chain.between; i++)
		ret = rocket_kjob_run(jobs, hw, ROCKET_KJOB_CHAIN, &chain);
	if (ret) {
		dev_warn(hw->dev, "core %u: a chain of tasks %s; jobs with chains may fail or time out\n",
			 hw->index, ret == -ETIMEDOUT ? "does not end" : "gives a wrong result");
		return;
	}
	facts->chains = true;
	facts->counter = rocket_selftest_classify(&one, &chain);
}

/**
 * rocket_selftest_again() - Whether a core is well again.
 * @hw: The core, as for rocket_kjob_run().
 * @jobs: What its own jobs need.
 *
 * Return: 0 when it is, or when it never passed the self-test: then this says nothing.
 * Otherwise -ETIMEDOUT or -EIO.
 */
int rocket_selftest_again(struct rocket_hw *hw, struct rocket_kjobs *jobs)
{
	if (!hw->facts.computes)
		return 0;

	return rocket_kjob_run(jobs, hw, ROCKET_KJOB_ONE, NULL);
}
