// SPDX-License-Identifier: GPL-2.0-only

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/seq_file.h>
#include <linux/wait.h>

#include "rocket_race.h"

/**
 * DOC: Marked points
 *
 * With CONFIG_DRM_ACCEL_ROCKET_RACES tests can make windows wide in which two
 * threads may meet. Files in /sys/kernel/debug/rocket_race/, where bit n of a mask
 * is the nth line of visits:
 *
 * * max_us, points: whoever comes to one of these points sleeps for a random time
 *   of at most so many microseconds; where nobody may sleep, it spins for at most
 *   ROCKET_RACE_SPIN_US.
 * * hold: whoever comes to one of these points waits there until the bit is
 *   cleared, or ROCKET_RACE_HOLD_MS. Not where nobody may sleep.
 * * held: how many wait.
 * * visits: the names of the points, and how often somebody came there.
 *
 * Without the option nothing of this is compiled.
 */

/* In an interrupt handler, in us */
#define ROCKET_RACE_SPIN_US	5

/* Who holds a point may be killed and never let go, in ms. */
#define ROCKET_RACE_HOLD_MS	10000

static const char * const rocket_race_names[ROCKET_RACE_POINTS] = {
	[ROCKET_RACE_PREPARE] = "prepare",
	[ROCKET_RACE_RUN] = "run",
	[ROCKET_RACE_START] = "start",
	[ROCKET_RACE_PUSH] = "push",
	[ROCKET_RACE_UNLOCK] = "unlock",
	[ROCKET_RACE_SIGNAL] = "signal",
	[ROCKET_RACE_END] = "end",
	[ROCKET_RACE_CLEANUP] = "cleanup",
	[ROCKET_RACE_BIND_PUSH] = "bind-push",
	[ROCKET_RACE_BIND_RUN] = "bind-run",
	[ROCKET_RACE_UNMAP_KERNEL] = "unmap-kernel",
	[ROCKET_RACE_VM_FIRST] = "vm-first",
	[ROCKET_RACE_CLOSE] = "close",
	[ROCKET_RACE_RELEASE] = "release",
	[ROCKET_RACE_RECOVER] = "recover",
	[ROCKET_RACE_TIMEOUT] = "timeout",
	[ROCKET_RACE_UNBIND] = "unbind",
	[ROCKET_RACE_UNBIND_STOP] = "unbind-stop",
	[ROCKET_RACE_SUSPEND] = "suspend",
	[ROCKET_RACE_POWER_CYCLE] = "power-cycle",
};

static struct dentry *rocket_race_dir;

/* Masks of points, and the longest delay in us; written through debugfs. */
static u32 rocket_race_delayed;
static u32 rocket_race_max_us;
static u32 rocket_race_hold;

static atomic_t rocket_race_held;
static atomic_t rocket_race_visits[ROCKET_RACE_POINTS];
static DECLARE_WAIT_QUEUE_HEAD(rocket_race_released);

static bool rocket_race_holds(enum rocket_race_point point)
{
	return READ_ONCE(rocket_race_hold) & BIT(point);
}

static bool rocket_race_delays(enum rocket_race_point point)
{
	return READ_ONCE(rocket_race_max_us) && READ_ONCE(rocket_race_delayed) & BIT(point);
}

/**
 * rocket_race_wants() - Whether a test wants somebody to wait at a place.
 * @point: The place.
 *
 * Return: Whether rocket_race_point() would sleep there.
 */
bool rocket_race_wants(enum rocket_race_point point)
{
	return rocket_race_holds(point) || rocket_race_delays(point);
}

/**
 * rocket_race_point() - Give others a chance to come between.
 * @point: The place.
 *
 * Context: Sleeps, when a test has asked for it.
 */
void rocket_race_point(enum rocket_race_point point)
{
	atomic_inc(&rocket_race_visits[point]);

	if (rocket_race_holds(point)) {
		atomic_inc(&rocket_race_held);
		wait_event_timeout(rocket_race_released, !rocket_race_holds(point),
				   msecs_to_jiffies(ROCKET_RACE_HOLD_MS));
		atomic_dec(&rocket_race_held);
	}

	if (rocket_race_delays(point))
		fsleep(get_random_u32_below(READ_ONCE(rocket_race_max_us)) + 1);
}

/**
 * rocket_race_point_atomic() - The same where nobody may sleep.
 * @point: The place.
 *
 * Context: Any.
 */
void rocket_race_point_atomic(enum rocket_race_point point)
{
	atomic_inc(&rocket_race_visits[point]);

	if (rocket_race_delays(point))
		udelay(get_random_u32_below(ROCKET_RACE_SPIN_US) + 1);
}

static int rocket_race_visits_show(struct seq_file *m, void *unused)
{
	for (int i = 0; i < ROCKET_RACE_POINTS; i++)
		seq_printf(m, "%s %d\n", rocket_race_names[i],
			   atomic_read(&rocket_race_visits[i]));

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(rocket_race_visits);

static int rocket_race_get_hold(void *unused, u64 *value)
{
	*value = rocket_race_hold;

	return 0;
}

static int rocket_race_set_hold(void *unused, u64 value)
{
	WRITE_ONCE(rocket_race_hold, value);
	wake_up_all(&rocket_race_released);

	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(rocket_race_hold_fops, rocket_race_get_hold, rocket_race_set_hold,
			 "0x%llx\n");

/**
 * rocket_race_init() - Called when the module is loaded.
 */
void rocket_race_init(void)
{
	rocket_race_dir = debugfs_create_dir("rocket_race", NULL);
	debugfs_create_x32("points", 0600, rocket_race_dir, &rocket_race_delayed);
	debugfs_create_u32("max_us", 0600, rocket_race_dir, &rocket_race_max_us);
	debugfs_create_file_unsafe("hold", 0600, rocket_race_dir, NULL, &rocket_race_hold_fops);
	debugfs_create_atomic_t("held", 0400, rocket_race_dir, &rocket_race_held);
	debugfs_create_file("visits", 0400, rocket_race_dir, NULL, &rocket_race_visits_fops);
}

/**
 * rocket_race_fini() - Called when the module goes.
 */
void rocket_race_fini(void)
{
	debugfs_remove(rocket_race_dir);
	/* Whoever is held there has to pass before the code goes. */
	rocket_race_set_hold(NULL, 0);
	WRITE_ONCE(rocket_race_delayed, 0);
}
