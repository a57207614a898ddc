// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cleanup.h>
#include <linux/devfreq_cooling.h>
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/kconfig.h>
#include <linux/kmod.h>
#include <linux/ktime.h>
#include <linux/pm_opp.h>
#include <linux/thermal.h>
#include <linux/units.h>

#include "rocket_devfreq.h"

/**
 * DOC: A rate by load
 *
 * One rate serves all cores, and the core with the most work decides. devfreq looks while a
 * core is up. With the first one that comes up no load is known: then the rate is the
 * highest that is allowed.
 */

/* How often the load is looked at, in ms: an inference takes some of these. */
#define ROCKET_DEVFREQ_POLL_MS	20

/*
 * Load in percent above which the rate goes to its highest, and how far below it must
 * be to fall. A client that prepares each job after the last one is done may not keep a
 * core busy for more than half of the time.
 */
#define ROCKET_DEVFREQ_UP	45
#define ROCKET_DEVFREQ_DOWN	5

#ifndef CONFIG_PM_DEVFREQ
/* Of this one the kernel has no stand-in; a device without devfreq never comes to it. */
static inline int update_devfreq(struct devfreq *devfreq)
{
	return -EINVAL;
}
#endif

static int rocket_devfreq_target(struct device *dev, unsigned long *hz, u32 flags)
{
	struct rocket_devfreq *freq = dev_get_drvdata(dev);
	struct dev_pm_opp *opp;

	opp = devfreq_recommended_opp(dev, hz, flags);
	if (IS_ERR(opp))
		return PTR_ERR(opp);
	dev_pm_opp_put(opp);

	*hz = freq->ops->set(freq, *hz);

	return 0;
}

static int rocket_devfreq_get_rate(struct device *dev, unsigned long *hz)
{
	struct rocket_devfreq *freq = dev_get_drvdata(dev);

	*hz = freq->ops->get(freq);

	return 0;
}

static int rocket_devfreq_get_load(struct device *dev, struct devfreq_dev_status *status)
{
	struct rocket_devfreq *freq = dev_get_drvdata(dev);
	u64 now = ktime_get_ns(), most = 0;

	for (int i = 0; i < ROCKET_MAX_CORES; i++) {
		u64 busy = freq->ops->busy(freq, i);

		if (busy > freq->load.busy[i])
			most = max(most, busy - freq->load.busy[i]);
		freq->load.busy[i] = busy;
	}

	/* Of which nothing is known has no time, and gets the highest rate. */
	status->total_time = freq->load.since ? now - freq->load.since : 0;
	status->busy_time = min_t(u64, most, status->total_time);
	status->current_frequency = freq->ops->get(freq);
	freq->load.since = now;

	return 0;
}

static void rocket_devfreq_exit(struct device *dev)
{
	struct rocket_devfreq *freq = dev_get_drvdata(dev);

	complete(&freq->gone);
}

static s32 rocket_devfreq_qos(unsigned long hz)
{
	return min_t(unsigned long, hz / HZ_PER_KHZ, S32_MAX);
}

/* How long the release of a device may take, in s: a kernel that tests it waits on purpose. */
#define ROCKET_DEVFREQ_GONE_S	30

/*
 * What fails behind the registration of devfreq's device ends with a release like any other,
 * whenever that comes, and needs @freq and @dev until then. What fails before ends at once.
 * The last that it does before is to have @dev keep a table of rates: by that it is known.
 */
static struct devfreq *rocket_devfreq_add(struct rocket_devfreq *freq, struct device *dev)
{
	struct devfreq *devfreq;

	if (!devres_open_group(dev, freq, GFP_KERNEL))
		return ERR_PTR(-ENOMEM);

	devfreq = devfreq_add_device(dev, &freq->profile, DEVFREQ_GOV_SIMPLE_ONDEMAND,
				     &freq->tuning);

	devres_close_group(dev, freq);
	if (!IS_ERR(devfreq))
		devres_remove_group(dev, freq);
	else if (devres_release_group(dev, freq) &&
		 !wait_for_completion_timeout(&freq->gone, ROCKET_DEVFREQ_GONE_S * HZ))
		dev_warn(dev, "devfreq has not let go of a device that it could not add\n");

	return devfreq;
}

/**
 * rocket_devfreq_start() - Let devfreq choose among operating points.
 * @freq: Zeroed, but for @ops.
 * @dev: A device with operating points, whose drvdata nobody else has: the parent of
 *	devfreq's.
 * @core: Whom thermal zones name.
 * @hz: The rate at present.
 * @limit: See rocket_devfreq_limit().
 *
 * It is suspended: no core is up yet.
 *
 * Return: 0 or a negative errno.
 */
int rocket_devfreq_start(struct rocket_devfreq *freq, struct device *dev,
			 struct device *core, unsigned long hz, unsigned long limit)
{
	struct devfreq *devfreq;
	int ret;

	/*
	 * devfreq would not find out before there is a device, whose release, whenever that
	 * comes, still needs @profile.
	 */
	if (!IS_BUILTIN(CONFIG_DEVFREQ_GOV_SIMPLE_ONDEMAND) &&
	    request_module("governor_simpleondemand"))
		return -ENOENT;

	dev_set_drvdata(dev, freq);

	freq->profile = (struct devfreq_dev_profile) {
		.initial_freq = hz,
		.polling_ms = ROCKET_DEVFREQ_POLL_MS,
		/* While the CPUs wait for the NPU they have no other timer. */
		.timer = DEVFREQ_TIMER_DELAYED,
		.target = rocket_devfreq_target,
		.get_dev_status = rocket_devfreq_get_load,
		.get_cur_freq = rocket_devfreq_get_rate,
		.exit = rocket_devfreq_exit,
	};
	init_completion(&freq->gone);
	freq->tuning = (struct devfreq_simple_ondemand_data) {
		.upthreshold = ROCKET_DEVFREQ_UP,
		.downdifferential = ROCKET_DEVFREQ_DOWN,
	};

	ret = dev_pm_qos_add_request(dev, &freq->limit, DEV_PM_QOS_MAX_FREQUENCY,
				     rocket_devfreq_qos(limit));
	if (ret < 0)
		return ret;

	devfreq = rocket_devfreq_add(freq, dev);
	if (IS_ERR(devfreq)) {
		dev_pm_qos_remove_request(&freq->limit);
		return PTR_ERR(devfreq);
	}

	devfreq_suspend_device(devfreq);
	freq->devfreq = devfreq;

	freq->cooling = of_devfreq_cooling_register(core->of_node, devfreq);
	if (IS_ERR(freq->cooling)) {
		dev_dbg(core, "no cooling device: %pe\n", freq->cooling);
		freq->cooling = NULL;
	}

	return 0;
}

/**
 * rocket_devfreq_stop() - Undo rocket_devfreq_start().
 * @freq: Started, or not.
 */
void rocket_devfreq_stop(struct rocket_devfreq *freq)
{
	if (!freq->devfreq)
		return;

	devfreq_cooling_unregister(freq->cooling);
	freq->cooling = NULL;
	/* Until somebody puts the last reference it looks at @profile and at the parent. */
	devfreq_remove_device(freq->devfreq);
	wait_for_completion(&freq->gone);
	freq->devfreq = NULL;
	dev_pm_qos_remove_request(&freq->limit);
}

/**
 * rocket_devfreq_resume() - The first core has come up.
 * @freq: Started.
 */
void rocket_devfreq_resume(struct rocket_devfreq *freq)
{
	devfreq_resume_device(freq->devfreq);

	guard(mutex)(&freq->devfreq->lock);

	freq->load.since = 0;
	update_devfreq(freq->devfreq);
}

/**
 * rocket_devfreq_suspend() - The last core is about to go down.
 * @freq: Started.
 */
void rocket_devfreq_suspend(struct rocket_devfreq *freq)
{
	devfreq_suspend_device(freq->devfreq);
}

/**
 * rocket_devfreq_limit() - Set the highest rate that the owner of the machine allows.
 * @freq: Started.
 * @hz: The rate.
 */
void rocket_devfreq_limit(struct rocket_devfreq *freq, unsigned long hz)
{
	dev_pm_qos_update_request(&freq->limit, rocket_devfreq_qos(hz));
}

/**
 * rocket_devfreq_max() - The highest rate that owner, user and thermal zones allow.
 * @dev: As for rocket_devfreq_start().
 *
 * Return: It, in Hz.
 */
unsigned long rocket_devfreq_max(struct device *dev)
{
	return dev_pm_qos_read_value(dev, DEV_PM_QOS_MAX_FREQUENCY) * HZ_PER_KHZ;
}
