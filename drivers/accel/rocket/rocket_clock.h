/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_CLOCK_H__
#define __ROCKET_CLOCK_H__

#include <linux/mutex.h>
#include <linux/seqlock.h>
#include <linux/types.h>

#include "rocket_devfreq.h"
#include "rocket_opp.h"

struct clk;
struct device;
struct rocket_device;
struct rocket_hw;

/**
 * struct rocket_clock_cycles - How many cycles there have been while a core was up.
 *
 * Written under &rocket_clock.lock. Read by perf, as &struct rocket_busy is.
 */
struct rocket_clock_cycles {
	/** @seq: Which copy to read. */
	seqcount_latch_t seq;

	/** @copy: Two of the same. */
	struct {
		/** @copy.count: Cycles up to @copy.since. */
		u64 count;

		/** @copy.since: When the rate was last set, in ns of CLOCK_MONOTONIC. */
		u64 since;

		/** @copy.hz: The rate since then; 0 while no core is up. */
		u64 hz;
	} copy[2];
};

/**
 * struct rocket_clock - The clock that all cores share, and the voltage for it.
 *
 * Lock order: &rocket_core.attach_lock, @pm_lock, &devfreq.lock, @lock, then
 * &rocket_mmu.hw_lock. A fence may wait for who holds @pm_lock or @lock, as for
 * those who hold the locks of clocks and regulators, which are taken inside; see
 * rocket_runq_prepare_core().
 */
struct rocket_clock {
	/** @dev: The device's parent, below which devfreq is. Set once. */
	struct device *dev;

	/**
	 * @busy: For how long a core has been busy, in ns, which never goes back by
	 * much; any context that may sleep. Set once.
	 */
	u64 (*busy)(struct rocket_device *rdev, unsigned int core);

	/** @rdev: For @busy: the device that this is a part of. */
	struct rocket_device *rdev;

	/*
	 * Changed while a core is being bound or unbound, one at a time; and set as
	 * long as there are @cores.
	 */

	/** @cores: How many are bound. */
	unsigned int cores;

	/** @source: The device of the core whose clock it is, a reference. */
	struct device *source;

	/** @clk: The clock. */
	struct clk *clk;

	/** @blind_hz: What needs no other voltage, see &rocket_soc. */
	unsigned long blind_hz;

	/** @found: The rate that it was found with, and is left with. */
	unsigned long found;

	/** @opp: Operating points and supplies. */
	struct rocket_opp opp;

	/** @freq: Chooses among operating points; changed under @pm_lock. */
	struct rocket_devfreq freq;

	/**
	 * @pm_lock: Serialises cores that come up and go down: the first and the
	 * last of them take @freq along.
	 */
	struct mutex pm_lock;

	/**
	 * @lock: Protects the fields below, rate and voltage. Who resets a core holds
	 * it, too: no rate is set meanwhile.
	 */
	struct mutex lock;

	/** @users: Cores that are up, bit per core. Changed under @pm_lock as well. */
	u32 users;

	/** @want: The rate while a core is up. */
	unsigned long want;

	/** @asked: What it was last set to; 0 when somebody else may have set it. */
	unsigned long asked;

	/** @hz: What came of it. */
	unsigned long hz;

	/** @stuck: It could not be set, and is not tried again before the next wake-up. */
	bool stuck;

	/** @complained: That has been said. */
	bool complained;

	/** @cycles: What it has done. */
	struct rocket_clock_cycles cycles;
};

/**
 * struct rocket_clock_state - What can be said of the clock.
 */
struct rocket_clock_state {
	/** @hz: Its rate now. */
	unsigned long hz;

	/** @found: Its rate while no core is up. */
	unsigned long found;

	/** @want: Its rate while one is. */
	unsigned long want;

	/** @max: The highest that @want can be at present. */
	unsigned long max;

	/** @table: It is chosen among operating points. */
	bool table;

	/** @stuck: It could not be set. */
	bool stuck;
};

void rocket_clock_init(struct rocket_clock *clock, struct device *dev,
		       u64 (*busy)(struct rocket_device *rdev, unsigned int core),
		       struct rocket_device *rdev);
void rocket_clock_fini(struct rocket_clock *clock);

int rocket_clock_add(struct rocket_clock *clock, struct rocket_hw *hw);
void rocket_clock_remove(struct rocket_clock *clock);
bool rocket_clock_is_scaled(const struct rocket_clock *clock);

void rocket_clock_up(struct rocket_clock *clock, unsigned int core);
void rocket_clock_down(struct rocket_clock *clock, unsigned int core);

void rocket_clock_hold(struct rocket_clock *clock);
void rocket_clock_release(struct rocket_clock *clock);

void rocket_clock_read(struct rocket_clock *clock, struct rocket_clock_state *state);
int rocket_clock_voltage(struct rocket_clock *clock);
u64 rocket_clock_cycles_read(const struct rocket_clock *clock);

#endif
