// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cleanup.h>
#include <linux/clk.h>
#include <linux/devfreq_cooling.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/pm_opp.h>
#include <linux/regulator/consumer.h>
#include <linux/thermal.h>
#include <linux/units.h>

#include "rocket_clock.h"
#include "rocket_hw.h"

/**
 * DOC: Clock and voltage
 *
 * One clock drives all cores, and firmware sets it. What is known of it was measured on
 * boards: asked for a rate while the power domains are off, firmware never returns; a
 * rate that falls whenever *one* core goes to sleep makes the others several times
 * slower; 600 MHz, three times what the devicetree asks for, need no other voltage
 * than the supply has.
 *
 * So a rate is set by cores that are up only. The first one that comes up raises it
 * and the last one, before it goes down, brings it back to where it was found: the
 * kernel sets the devicetree's rate when the next core is bound, with the domain off,
 * and asks nobody if it has it already. No rate is set while a core is in reset.
 *
 * With operating points in the devicetree the rate follows the load, by devfreq, within
 * what user, thermal zones and the parameter npu_clk_hz allow; and the voltage follows
 * the rate, before it on the way up and after it on the way down. Without, there is one
 * rate for work, and no more than what needs no other voltage.
 *
 * A clock that cannot be set is no failure: that is said, and the cores work at the rate
 * that it has.
 */

/* The highest rate without control over the voltage, and what it is known to need. */
#define ROCKET_CLOCK_BLIND_HZ	600000000ul
#define ROCKET_CLOCK_BLIND_UV	700000

/* How often the load is looked at, in ms: an inference takes some of these. */
#define ROCKET_CLOCK_POLL_MS	20

/*
 * Load in percent above which the rate goes to its highest, and how far below it must
 * be to fall. A client that prepares each job after the last one is done may not keep a
 * core busy for more than half of the time.
 */
#define ROCKET_CLOCK_UP		45
#define ROCKET_CLOCK_DOWN	5

#ifndef CONFIG_PM_DEVFREQ
/* Of this one the kernel has no stand-in; a device without devfreq never comes to it. */
static inline int update_devfreq(struct devfreq *devfreq)
{
	return -EINVAL;
}
#endif

/* Protects the parameter and the clock that it is about, if there is one. */
static DEFINE_MUTEX(rocket_clock_limit_lock);
static struct rocket_clock *rocket_clock_limited;
static unsigned long rocket_clock_limit = ROCKET_CLOCK_BLIND_HZ;

/*
 * Cycles
 */

static u64 rocket_clock_count(u64 count, u64 since, u64 hz, u64 now)
{
	return hz ? count + mul_u64_u64_div_u64(now - since, hz, NSEC_PER_SEC) : count;
}

/* From now on the rate is @hz, or no core is up. */
static void rocket_clock_cycles_go_on(struct rocket_clock_cycles *cycles, u64 hz)
{
	u64 now = ktime_get_ns();
	u64 count = rocket_clock_count(cycles->copy[0].count, cycles->copy[0].since,
				       cycles->copy[0].hz, now);

	write_seqcount_latch_begin(&cycles->seq);
	for (int i = 0; i < ARRAY_SIZE(cycles->copy); i++) {
		cycles->copy[i].count = count;
		cycles->copy[i].since = now;
		cycles->copy[i].hz = hz;
		if (!i)
			write_seqcount_latch(&cycles->seq);
	}
	write_seqcount_latch_end(&cycles->seq);
}

/**
 * rocket_clock_cycles_read() - Cycles up to now while at least one core was up.
 * @clock: The clock.
 *
 * Context: Any, but NMIs.
 * Return: Their number since the device came.
 */
u64 rocket_clock_cycles_read(const struct rocket_clock *clock)
{
	const struct rocket_clock_cycles *cycles = &clock->cycles;
	u64 count, since, hz;
	unsigned int seq;

	do {
		seq = read_seqcount_latch(&cycles->seq);
		count = cycles->copy[seq & 1].count;
		since = cycles->copy[seq & 1].since;
		hz = cycles->copy[seq & 1].hz;
	} while (read_seqcount_latch_retry(&cycles->seq, seq));

	return rocket_clock_count(count, since, hz, ktime_get_ns());
}

/*
 * Rate and voltage
 */

/* What a rate needs, in uV; 0 when nothing is known. */
static int rocket_clock_needs(struct rocket_clock *clock, unsigned long hz)
{
	struct dev_pm_opp *opp;
	int uv;

	if (!clock->table)
		return 0;

	opp = dev_pm_opp_find_freq_ceil(clock->dev, &hz);
	if (IS_ERR(opp))
		return 0;

	uv = dev_pm_opp_get_voltage(opp);
	dev_pm_opp_put(opp);

	return uv;
}

/* The lowest voltage that is enough; a supply that has enough and is fixed will do. */
static int rocket_clock_set_voltage(struct rocket_clock *clock, unsigned long hz)
{
	int uv = rocket_clock_needs(clock, hz);

	for (int i = 0; uv && i < ARRAY_SIZE(clock->supplies); i++) {
		int ret = clock->supplies[i] ?
			  regulator_set_voltage(clock->supplies[i], uv, INT_MAX) : 0;

		if (ret)
			return ret;
	}

	return 0;
}

static int rocket_clock_try(struct rocket_clock *clock, unsigned long hz)
{
	unsigned long before = clock->hz;
	int ret = 0;

	if (hz > before)
		ret = rocket_clock_set_voltage(clock, hz);
	if (!ret)
		ret = clk_set_rate(clock->clk, hz);

	clock->hz = clk_get_rate(clock->clk);
	/* Firmware may round, but not to what it was. */
	if (!ret && hz != before && clock->hz == before)
		ret = -EPERM;

	/* Also after an error: what was raised for nothing is lowered again. */
	if (hz < before || ret)
		rocket_clock_set_voltage(clock, clock->hz);

	return ret;
}

/*
 * Has the rate set; @clock->lock is held and a core is up.
 *
 * What an error means for the cores is nothing: they work at the rate that there is.
 */
static void rocket_clock_set(struct rocket_clock *clock, unsigned long hz)
{
	int ret;

	lockdep_assert_held(&clock->lock);

	if (hz == clock->asked || clock->stuck)
		return;

	ret = rocket_clock_try(clock, hz);
	clock->asked = ret ? 0 : hz;
	clock->stuck = ret;
	rocket_clock_cycles_go_on(&clock->cycles, clock->hz);

	if (ret && !clock->complained) {
		clock->complained = true;
		dev_warn(clock->source, "the NPU's clock cannot be set to %lu Hz (%d), it stays at %lu Hz\n",
			 hz, ret, clock->hz);
	}
}

/**
 * rocket_clock_up() - A core has come up.
 * @clock: The clock.
 * @core: Number of the core; its power domain is on, its clocks run, and it is idle.
 */
void rocket_clock_up(struct rocket_clock *clock, unsigned int core)
{
	guard(mutex)(&clock->pm_lock);

	scoped_guard(mutex, &clock->lock) {
		bool first = !clock->users;

		clock->users |= BIT(core);
		if (!first)
			return;

		clock->stuck = false;
		clock->load.since = 0;
		rocket_clock_cycles_go_on(&clock->cycles, clock->hz);
		if (!clock->devfreq)
			rocket_clock_set(clock, clock->want);
	}

	if (!clock->devfreq)
		return;

	/* Without a load that is known this goes to the highest rate that is allowed. */
	devfreq_resume_device(clock->devfreq);
	scoped_guard(mutex, &clock->devfreq->lock)
		update_devfreq(clock->devfreq);
}

/**
 * rocket_clock_down() - A core is about to go down.
 * @clock: The clock.
 * @core: Number of the core; its power domain is still on.
 */
void rocket_clock_down(struct rocket_clock *clock, unsigned int core)
{
	bool last;

	guard(mutex)(&clock->pm_lock);

	last = clock->users == BIT(core);
	if (last && clock->devfreq)
		devfreq_suspend_device(clock->devfreq);

	guard(mutex)(&clock->lock);

	if (last) {
		/* It may have been stuck at a rate that is too high for this. */
		clock->stuck = false;
		rocket_clock_set(clock, clock->found);
		rocket_clock_cycles_go_on(&clock->cycles, 0);
	}
	clock->users &= ~BIT(core);
}

/**
 * rocket_clock_hold() - Let nobody set a rate, for the time of a reset.
 * @clock: The clock.
 *
 * A rate that is being set is waited for, which sleeps.
 */
void rocket_clock_hold(struct rocket_clock *clock)
	__acquires(&clock->lock)
{
	mutex_lock(&clock->lock);
}

/**
 * rocket_clock_release() - Undo rocket_clock_hold().
 * @clock: The clock.
 */
void rocket_clock_release(struct rocket_clock *clock)
	__releases(&clock->lock)
{
	mutex_unlock(&clock->lock);
}

/*
 * Limits
 */

/* The rate for work where there are no operating points. */
static unsigned long rocket_clock_plain_rate(struct rocket_clock *clock, unsigned long limit)
{
	struct regulator *supply = clock->supplies[0];
	long hz;

	if (!limit)
		return clock->found;

	/* A voltage that cannot be asked is the one that boards were measured with. */
	if (supply) {
		int uv = regulator_get_voltage(supply);

		if (uv > 0 && uv < ROCKET_CLOCK_BLIND_UV)
			return clock->found;
	}

	limit = min(limit, ROCKET_CLOCK_BLIND_HZ);
	hz = clk_round_rate(clock->clk, limit);

	/* Nothing so low: it is fixed, or nearly so. */
	return hz > 0 && hz <= limit ? hz : clock->found;
}

static s32 rocket_clock_qos(struct rocket_clock *clock, unsigned long limit)
{
	return min_t(unsigned long, (limit ?: clock->found) / HZ_PER_KHZ, S32_MAX);
}

static void rocket_clock_apply_limit(struct rocket_clock *clock, unsigned long limit)
{
	if (clock->devfreq) {
		dev_pm_qos_update_request(&clock->limit, rocket_clock_qos(clock, limit));
		return;
	}

	guard(mutex)(&clock->lock);

	clock->want = rocket_clock_plain_rate(clock, limit);
	clock->stuck = false;
	if (clock->users)
		rocket_clock_set(clock, clock->want);
}

static int rocket_clock_limit_set(const char *text, const struct kernel_param *kp)
{
	unsigned long limit;
	int ret;

	ret = kstrtoul(text, 0, &limit);
	if (ret)
		return ret;

	guard(mutex)(&rocket_clock_limit_lock);

	rocket_clock_limit = limit;
	if (rocket_clock_limited)
		rocket_clock_apply_limit(rocket_clock_limited, limit);

	return 0;
}

static const struct kernel_param_ops rocket_clock_limit_ops = {
	.set = rocket_clock_limit_set,
	.get = param_get_ulong,
};

module_param_cb(npu_clk_hz, &rocket_clock_limit_ops, &rocket_clock_limit, 0644);
MODULE_PARM_DESC(npu_clk_hz,
		 "Highest rate of the NPU's clock, in Hz; 0 leaves it as it is (default 600000000; more needs operating points in the devicetree)");

/*
 * devfreq
 */

static int rocket_clock_target(struct device *dev, unsigned long *hz, u32 flags)
{
	struct rocket_clock *clock = dev_get_drvdata(dev);
	struct dev_pm_opp *opp;

	opp = devfreq_recommended_opp(dev, hz, flags);
	if (IS_ERR(opp))
		return PTR_ERR(opp);
	dev_pm_opp_put(opp);

	guard(mutex)(&clock->lock);

	clock->want = *hz;
	if (clock->users) {
		rocket_clock_set(clock, *hz);
		*hz = clock->hz;
	}

	return 0;
}

static int rocket_clock_get_rate(struct device *dev, unsigned long *hz)
{
	struct rocket_clock *clock = dev_get_drvdata(dev);

	guard(mutex)(&clock->lock);

	*hz = clock->hz;

	return 0;
}

/* One rate serves all: the core with the most work decides. */
static int rocket_clock_get_load(struct device *dev, struct devfreq_dev_status *status)
{
	struct rocket_clock *clock = dev_get_drvdata(dev);
	u64 now = ktime_get_ns(), most = 0;

	guard(mutex)(&clock->lock);

	for (int i = 0; i < ROCKET_MAX_CORES; i++) {
		u64 busy = clock->busy(clock->rdev, i);

		if (busy > clock->load.busy[i])
			most = max(most, busy - clock->load.busy[i]);
		clock->load.busy[i] = busy;
	}

	/* Of which nothing is known has no time, and gets the highest rate. */
	status->total_time = clock->load.since ? now - clock->load.since : 0;
	status->busy_time = min_t(u64, most, status->total_time);
	status->current_frequency = clock->hz;
	clock->load.since = now;

	return 0;
}

static int rocket_clock_start_devfreq(struct rocket_clock *clock)
{
	struct device_node *np = clock->source->of_node;
	struct devfreq *devfreq;
	int ret;

	/* The parent is a device of nobody else's. */
	dev_set_drvdata(clock->dev, clock);

	clock->profile = (struct devfreq_dev_profile) {
		.initial_freq = clock->found,
		.polling_ms = ROCKET_CLOCK_POLL_MS,
		/* While the CPUs wait for the NPU they have no other timer. */
		.timer = DEVFREQ_TIMER_DELAYED,
		.target = rocket_clock_target,
		.get_dev_status = rocket_clock_get_load,
		.get_cur_freq = rocket_clock_get_rate,
	};
	clock->tuning = (struct devfreq_simple_ondemand_data) {
		.upthreshold = ROCKET_CLOCK_UP,
		.downdifferential = ROCKET_CLOCK_DOWN,
	};

	ret = dev_pm_qos_add_request(clock->dev, &clock->limit, DEV_PM_QOS_MAX_FREQUENCY,
				     rocket_clock_qos(clock, rocket_clock_limit));
	if (ret < 0)
		return ret;

	devfreq = devfreq_add_device(clock->dev, &clock->profile,
				     DEVFREQ_GOV_SIMPLE_ONDEMAND, &clock->tuning);
	if (IS_ERR(devfreq)) {
		dev_pm_qos_remove_request(&clock->limit);
		return PTR_ERR(devfreq);
	}

	/* No core is up yet. */
	devfreq_suspend_device(devfreq);
	clock->devfreq = devfreq;

	clock->cooling = of_devfreq_cooling_register(np, devfreq);
	if (IS_ERR(clock->cooling)) {
		dev_dbg(clock->source, "no cooling device: %pe\n", clock->cooling);
		clock->cooling = NULL;
	}

	return 0;
}

static void rocket_clock_stop_devfreq(struct rocket_clock *clock)
{
	if (!clock->devfreq)
		return;

	devfreq_cooling_unregister(clock->cooling);
	clock->cooling = NULL;
	devfreq_remove_device(clock->devfreq);
	clock->devfreq = NULL;
	dev_pm_qos_remove_request(&clock->limit);
}

/*
 * Coming and going
 */

static bool rocket_clock_can_supply(struct rocket_clock *clock, unsigned long hz, int uv)
{
	/* Whatever the voltage is. */
	if (!clock->supplies[0] || !uv)
		return hz <= ROCKET_CLOCK_BLIND_HZ;

	for (int i = 0; i < ARRAY_SIZE(clock->supplies); i++) {
		if (clock->supplies[i] &&
		    regulator_is_supported_voltage(clock->supplies[i], uv, INT_MAX) <= 0)
			return false;
	}

	return true;
}

/* The operating points of a core become the device's, those that the supply can give. */
static int rocket_clock_copy_table(struct rocket_clock *clock, struct device *core)
{
	struct dev_pm_opp *opp;
	unsigned long hz = 0;
	int ret;

	ret = dev_pm_opp_of_add_table(core);
	if (ret)
		return ret;

	while (!ret && !IS_ERR(opp = dev_pm_opp_find_freq_ceil(core, &hz))) {
		struct dev_pm_opp_data point = {
			.freq = hz,
			.u_volt = dev_pm_opp_get_voltage(opp),
			.level = OPP_LEVEL_UNSET,
		};

		dev_pm_opp_put(opp);
		if (rocket_clock_can_supply(clock, hz, point.u_volt)) {
			ret = dev_pm_opp_add_dynamic(clock->dev, &point);
			clock->table |= !ret;
		}
		hz++;
	}
	dev_pm_opp_of_remove_table(core);

	return ret ?: clock->table ? 0 : -ENOENT;
}

static void rocket_clock_drop_table(struct rocket_clock *clock)
{
	bool table = clock->table;

	scoped_guard(mutex, &clock->lock)
		clock->table = false;
	if (table)
		dev_pm_opp_remove_all_dynamic(clock->dev);
}

static int rocket_clock_get_supplies(struct rocket_clock *clock, struct device *core)
{
	static const char * const names[ROCKET_CLOCK_SUPPLIES] = { "npu", "sram" };

	for (int i = 0; i < ARRAY_SIZE(names); i++) {
		struct regulator *supply = regulator_get_optional(core, names[i]);

		if (IS_ERR(supply)) {
			if (PTR_ERR(supply) != -ENODEV)
				return PTR_ERR(supply);
			continue;
		}

		if (i && clock->supplies[0] && regulator_is_equal(supply, clock->supplies[0]))
			regulator_put(supply);
		else
			clock->supplies[i] = supply;
	}

	return 0;
}

static void rocket_clock_put_all(struct rocket_clock *clock)
{
	rocket_clock_drop_table(clock);
	for (int i = 0; i < ARRAY_SIZE(clock->supplies); i++) {
		if (clock->supplies[i])
			regulator_put(clock->supplies[i]);
		clock->supplies[i] = NULL;
	}
	if (!IS_ERR_OR_NULL(clock->clk))
		clk_put(clock->clk);
	clock->clk = NULL;
	put_device(clock->source);
	clock->source = NULL;
}

static int rocket_clock_get_all(struct rocket_clock *clock, struct device *core)
{
	clock->source = get_device(core);
	clock->clk = clk_get(core, "npu");
	if (IS_ERR(clock->clk))
		return PTR_ERR(clock->clk);

	clock->found = clk_get_rate(clock->clk);
	clock->hz = clock->found;
	clock->asked = clock->found;
	clock->complained = false;

	return rocket_clock_get_supplies(clock, core);
}

static void rocket_clock_begin(struct rocket_clock *clock)
{
	int ret;

	guard(mutex)(&rocket_clock_limit_lock);

	rocket_clock_limited = clock;

	ret = rocket_clock_copy_table(clock, clock->source);
	if (!ret)
		ret = rocket_clock_start_devfreq(clock);
	if (!ret) {
		dev_info(clock->source, "NPU clock: %lu Hz at rest, else by load among operating points\n",
			 clock->found);
		return;
	}
	if (ret != -ENODEV)
		dev_warn(clock->source, "the operating points cannot be used: %d\n", ret);
	rocket_clock_drop_table(clock);

	clock->want = rocket_clock_plain_rate(clock, rocket_clock_limit);
	dev_info(clock->source, "NPU clock: %lu Hz at rest, %lu Hz at work\n", clock->found,
		 clock->want);
}

/**
 * rocket_clock_add() - A core is being bound.
 * @clock: The clock; cores are bound and unbound one at a time.
 * @hw: The core, not up.
 *
 * Return: 0; a negative errno, reported with the reason, when a core that names a
 * clock or a supply cannot have it.
 */
int rocket_clock_add(struct rocket_clock *clock, struct rocket_hw *hw)
{
	hw->clock = clock;

	if (!clock->cores) {
		int ret = rocket_clock_get_all(clock, hw->dev);

		if (ret) {
			rocket_clock_put_all(clock);
			return dev_err_probe(hw->dev, ret, "cannot get clock and supply\n");
		}
		rocket_clock_begin(clock);
		clock->cores++;
		return 0;
	}

	clock->cores++;

	/* The kernel has just set the rate in the devicetree, whoever is at work. */
	guard(mutex)(&clock->lock);

	clock->hz = clk_get_rate(clock->clk);
	if (clock->asked && clock->hz != clock->asked)
		clock->asked = 0;
	if (clock->users)
		rocket_clock_set(clock, clock->want);

	return 0;
}

/**
 * rocket_clock_remove() - Undo rocket_clock_add().
 * @clock: The clock; the core is down.
 */
void rocket_clock_remove(struct rocket_clock *clock)
{
	if (--clock->cores)
		return;

	scoped_guard(mutex, &rocket_clock_limit_lock)
		rocket_clock_limited = NULL;
	scoped_guard(mutex, &clock->pm_lock)
		rocket_clock_stop_devfreq(clock);
	rocket_clock_put_all(clock);
}

/**
 * rocket_clock_is_scaled() - Whether the rate changes when cores come up and go down.
 * @clock: The clock, with a core.
 *
 * Return: %true when it is meant to.
 */
bool rocket_clock_is_scaled(const struct rocket_clock *clock)
{
	return clock->devfreq || clock->want != clock->found;
}

/* The highest operating point that user, thermal zones and parameter allow. */
static unsigned long rocket_clock_max(struct rocket_clock *clock)
{
	unsigned long hz = dev_pm_qos_read_value(clock->dev, DEV_PM_QOS_MAX_FREQUENCY) *
			   HZ_PER_KHZ;
	struct dev_pm_opp *opp;

	lockdep_assert_held(&clock->lock);

	if (!clock->table)
		return clock->want;

	opp = dev_pm_opp_find_freq_floor(clock->dev, &hz);
	if (IS_ERR(opp))
		return clock->want;
	dev_pm_opp_put(opp);

	return hz;
}

/**
 * rocket_clock_read() - What can be said of it.
 * @clock: The clock.
 * @state: Receives that; without cores, what was.
 */
void rocket_clock_read(struct rocket_clock *clock, struct rocket_clock_state *state)
{
	guard(mutex)(&clock->lock);

	*state = (struct rocket_clock_state) {
		.hz = clock->hz,
		.found = clock->found,
		.want = clock->want,
		.max = rocket_clock_max(clock),
		.table = clock->table,
		.stuck = clock->stuck,
	};
}

/**
 * rocket_clock_voltage() - What the supply says that it gives.
 * @clock: The clock; a core is bound and stays so.
 *
 * Return: The voltage in uV; -ENODEV without a supply, or its negative errno.
 */
int rocket_clock_voltage(struct rocket_clock *clock)
{
	return clock->supplies[0] ? regulator_get_voltage(clock->supplies[0]) : -ENODEV;
}

/**
 * rocket_clock_init() - Set it up, without cores.
 * @clock: The clock, zeroed.
 * @dev: Below which devfreq shall be.
 * @busy: See &rocket_clock.busy.
 * @rdev: See &rocket_clock.rdev.
 */
void rocket_clock_init(struct rocket_clock *clock, struct device *dev,
		       u64 (*busy)(struct rocket_device *rdev, unsigned int core),
		       struct rocket_device *rdev)
{
	clock->dev = dev;
	clock->busy = busy;
	clock->rdev = rdev;
	mutex_init(&clock->pm_lock);
	mutex_init(&clock->lock);
	seqcount_latch_init(&clock->cycles.seq);
}

/**
 * rocket_clock_fini() - Undo rocket_clock_init().
 * @clock: The clock, without cores.
 */
void rocket_clock_fini(struct rocket_clock *clock)
{
	mutex_destroy(&clock->lock);
	mutex_destroy(&clock->pm_lock);
}
