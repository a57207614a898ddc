/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_RACE_H__
#define __ROCKET_RACE_H__

#include <linux/kconfig.h>
#include <linux/types.h>

/**
 * enum rocket_race_point - Where a moment more or less may make a difference.
 *
 * Each marks a place between two steps that another thread can come between.
 */
enum rocket_race_point {
	/** @ROCKET_RACE_PREPARE: The scheduler has chosen an entity. */
	ROCKET_RACE_PREPARE,

	/** @ROCKET_RACE_RUN: It has taken a job, the core is not prepared yet. */
	ROCKET_RACE_RUN,

	/** @ROCKET_RACE_START: The core is attached, the job not started. */
	ROCKET_RACE_START,

	/** @ROCKET_RACE_PUSH: Jobs have their queues but no place in the order. */
	ROCKET_RACE_PUSH,

	/** @ROCKET_RACE_UNLOCK: Jobs are queued, what they need is still locked. */
	ROCKET_RACE_UNLOCK,

	/** @ROCKET_RACE_SIGNAL: Jobs are queued, their out-syncs not signalled. */
	ROCKET_RACE_SIGNAL,

	/** @ROCKET_RACE_END: A job has left its core, its fence is not signalled. */
	ROCKET_RACE_END,

	/** @ROCKET_RACE_CLEANUP: A job is over and holds all that it ever held. */
	ROCKET_RACE_CLEANUP,

	/** @ROCKET_RACE_BIND_PUSH: A bind is reserved and not queued. */
	ROCKET_RACE_BIND_PUSH,

	/** @ROCKET_RACE_BIND_RUN: A queued bind is about to be applied. */
	ROCKET_RACE_BIND_RUN,

	/** @ROCKET_RACE_UNMAP_KERNEL: The last user of a kernel-chosen mapping has gone. */
	ROCKET_RACE_UNMAP_KERNEL,

	/** @ROCKET_RACE_VM_FIRST: VM 0 was not there, and is to be made. */
	ROCKET_RACE_VM_FIRST,

	/** @ROCKET_RACE_CLOSE: A VM takes no more binds, but jobs. */
	ROCKET_RACE_CLOSE,

	/** @ROCKET_RACE_RELEASE: A VM has no user and may be on a core. */
	ROCKET_RACE_RELEASE,

	/** @ROCKET_RACE_RECOVER: A recovery begins. */
	ROCKET_RACE_RECOVER,

	/** @ROCKET_RACE_TIMEOUT: A job's time was up a moment ago. */
	ROCKET_RACE_TIMEOUT,

	/** @ROCKET_RACE_UNBIND: A core is offline, and its job still runs. */
	ROCKET_RACE_UNBIND,

	/** @ROCKET_RACE_UNBIND_STOP: The same, and its recoveries have ended. */
	ROCKET_RACE_UNBIND_STOP,

	/** @ROCKET_RACE_SUSPEND: A core is about to be suspended. */
	ROCKET_RACE_SUSPEND,

	/** @ROCKET_RACE_POWER_CYCLE: A core that ignored its reset is switched off. */
	ROCKET_RACE_POWER_CYCLE,

	/** @ROCKET_RACE_POINTS: How many there are. */
	ROCKET_RACE_POINTS,
};

#if IS_ENABLED(CONFIG_DRM_ACCEL_ROCKET_RACES)
void rocket_race_init(void);
void rocket_race_fini(void);
void rocket_race_point(enum rocket_race_point point);
bool rocket_race_wants(enum rocket_race_point point);
void rocket_race_point_atomic(enum rocket_race_point point);
#else
static inline void rocket_race_init(void) { }
static inline void rocket_race_fini(void) { }
static inline void rocket_race_point(enum rocket_race_point point) { }
static inline bool rocket_race_wants(enum rocket_race_point point) { return false; }
static inline void rocket_race_point_atomic(enum rocket_race_point point) { }
#endif

#endif
