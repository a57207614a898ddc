// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cleanup.h>
#include <linux/clk.h>
#include <linux/math64.h>
#include <linux/module.h>

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

/* Protects the parameter and the clock that it is about, if there is one. */
static DEFINE_MUTEX(rocket_clock_limit_lock);
static struct rocket_clock *rocket_clock_limited;
static unsigned long rocket_clock_limit = ROCKET_OPP_BLIND_HZ;

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

static int rocket_clock_try(struct rocket_clock *clock, unsigned long hz)
{
	unsigned long before = clock->hz;
	int ret = 0;

	if (hz > before)
		ret = rocket_opp_set_voltage(&clock->opp, hz);
	if (!ret)
		ret = clk_set_rate(clock->clk, hz);

	clock->hz = clk_get_rate(clock->clk);
	/* Firmware may round, but not to what it was. */
	if (!ret && hz != before && clock->hz == before)
		ret = -EPERM;

	/* Also after an error: what was raised for nothing is lowered again. */
	if (hz < before || ret)
		rocket_opp_set_voltage(&clock->opp, clock->hz);

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
		rocket_clock_cycles_go_on(&clock->cycles, clock->hz);
		if (!clock->freq.devfreq)
			rocket_clock_set(clock, clock->want);
	}

	if (clock->freq.devfreq)
		rocket_devfreq_resume(&clock->freq);
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
	if (last && clock->freq.devfreq)
		rocket_devfreq_suspend(&clock->freq);

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
	long hz;

	unsigned long most = clock->found;

	if (!limit)
		return clock->found;

	/* What was found has the voltage that it needs. */
	if (rocket_opp_may_go_blind(&clock->opp))
		most = max(most, clock->blind_hz);
	limit = limit < ROCKET_OPP_BLIND_HZ ? min(limit, most) : most;
	hz = clk_round_rate(clock->clk, limit);

	/* Nothing so low: it is fixed, or nearly so. */
	return hz > 0 && hz <= limit ? hz : clock->found;
}

static void rocket_clock_apply_limit(struct rocket_clock *clock, unsigned long limit)
{
	if (clock->freq.devfreq) {
		rocket_devfreq_limit(&clock->freq, limit ?: clock->found);
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
 * What devfreq asks
 */

static unsigned long rocket_clock_target(struct rocket_devfreq *freq, unsigned long hz)
{
	struct rocket_clock *clock = container_of(freq, struct rocket_clock, freq);

	guard(mutex)(&clock->lock);

	clock->want = hz;
	if (clock->users) {
		rocket_clock_set(clock, hz);
		return clock->hz;
	}

	return hz;
}

static unsigned long rocket_clock_rate(struct rocket_devfreq *freq)
{
	struct rocket_clock *clock = container_of(freq, struct rocket_clock, freq);

	guard(mutex)(&clock->lock);

	return clock->hz;
}

static u64 rocket_clock_busy(struct rocket_devfreq *freq, unsigned int core)
{
	struct rocket_clock *clock = container_of(freq, struct rocket_clock, freq);

	return clock->busy(clock->rdev, core);
}

static const struct rocket_devfreq_ops rocket_clock_devfreq_ops = {
	.set = rocket_clock_target,
	.get = rocket_clock_rate,
	.busy = rocket_clock_busy,
};

/*
 * Coming and going
 */

static void rocket_clock_drop_table(struct rocket_clock *clock)
{
	guard(mutex)(&clock->lock);

	rocket_opp_drop_table(&clock->opp);
}

static void rocket_clock_put_all(struct rocket_clock *clock)
{
	rocket_clock_drop_table(clock);
	rocket_opp_put_supplies(&clock->opp);
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

	return rocket_opp_get_supplies(&clock->opp, core);
}

static void rocket_clock_begin(struct rocket_clock *clock)
{
	int ret;

	guard(mutex)(&rocket_clock_limit_lock);

	rocket_clock_limited = clock;

	ret = rocket_opp_copy_table(&clock->opp, clock->source);
	if (!ret)
		ret = rocket_devfreq_start(&clock->freq, clock->dev, clock->source, clock->found,
					   rocket_clock_limit ?: clock->found);
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

	clock->blind_hz = hw->soc->blind_hz;
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
		rocket_devfreq_stop(&clock->freq);
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
	return clock->freq.devfreq || clock->want != clock->found;
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
		.max = rocket_opp_floor(&clock->opp, rocket_devfreq_max(clock->dev)) ?:
		       clock->want,
		.table = clock->opp.table,
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
	return rocket_opp_voltage(&clock->opp);
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
	clock->opp.dev = dev;
	clock->freq.ops = &rocket_clock_devfreq_ops;
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
