/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_DEVFREQ_H__
#define __ROCKET_DEVFREQ_H__

#include <linux/completion.h>
#include <linux/devfreq.h>
#include <linux/pm_qos.h>
#include <linux/types.h>

#include "rocket_limits.h"

struct device;
struct rocket_devfreq;
struct thermal_cooling_device;

/**
 * struct rocket_devfreq_ops - What devfreq asks of whoever has the clock.
 *
 * All may sleep; &devfreq.lock is held.
 */
struct rocket_devfreq_ops {
	/** @set: Have a rate set, now or with the next core that comes up; what it is now. */
	unsigned long (*set)(struct rocket_devfreq *freq, unsigned long hz);

	/** @get: The rate. */
	unsigned long (*get)(struct rocket_devfreq *freq);

	/** @busy: For how long a core has been busy, in ns, which never goes back by much. */
	u64 (*busy)(struct rocket_devfreq *freq, unsigned int core);
};

/**
 * struct rocket_devfreq - A rate that follows the load.
 *
 * Changed by one at a time; &rocket_clock.pm_lock sees to it.
 */
struct rocket_devfreq {
	/** @ops: See above. */
	const struct rocket_devfreq_ops *ops;

	/** @devfreq: Chooses the rate; %NULL while nobody does. */
	struct devfreq *devfreq;

	/** @gone: Nobody knows @devfreq any more. */
	struct completion gone;

	/** @profile: What @devfreq knows of it. */
	struct devfreq_dev_profile profile;

	/** @tuning: When @devfreq goes up and down. */
	struct devfreq_simple_ondemand_data tuning;

	/** @limit: What the owner of the machine allows, as a request to @devfreq. */
	struct dev_pm_qos_request limit;

	/** @cooling: What a thermal zone can slow down, if there is such a thing. */
	struct thermal_cooling_device *cooling;

	/** @load: The cores' work when @devfreq last asked; under &devfreq.lock. */
	struct {
		/** @load.since: When that was, in ns; 0 when it has to begin anew. */
		u64 since;

		/** @load.busy: What the cores had done by then. */
		u64 busy[ROCKET_MAX_CORES];
	} load;
};

int rocket_devfreq_start(struct rocket_devfreq *freq, struct device *dev,
			 struct device *core, unsigned long hz, unsigned long limit);
void rocket_devfreq_stop(struct rocket_devfreq *freq);
void rocket_devfreq_resume(struct rocket_devfreq *freq);
void rocket_devfreq_suspend(struct rocket_devfreq *freq);
void rocket_devfreq_limit(struct rocket_devfreq *freq, unsigned long hz);
unsigned long rocket_devfreq_max(struct device *dev);

#endif
