/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_USAGE_H__
#define __ROCKET_USAGE_H__

#include <linux/kref.h>
#include <linux/seqlock.h>
#include <linux/types.h>

#include "rocket_limits.h"

/**
 * struct rocket_busy - For how long a core has been busy with jobs.
 *
 * Written under &rocket_core.lock. Read by whoever holds that, and by those who may
 * take no lock and interrupt the writer: perf reads counters with interrupts off
 * and raw locks held.
 */
struct rocket_busy {
	/** @seq: Which copy to read. */
	seqcount_latch_t seq;

	/** @copy: Two of the same. */
	struct {
		/** @copy.ns: Time of the jobs that have ended. */
		u64 ns;

		/**
		 * @copy.since: When the job that runs was started, in ns of
		 * CLOCK_MONOTONIC; 0 when none does.
		 */
		u64 since;
	} copy[2];
};

/**
 * struct rocket_usage - How much of the NPU a file has used.
 *
 * One for each file; its VMs, and by them its jobs, keep it.
 */
struct rocket_usage {
	/** @ref: The file's and the VMs' references. */
	struct kref ref;

	/**
	 * @busy_ns: For each core, how long jobs ran there that have ended; by
	 * its &rocket_core.lock.
	 */
	u64 busy_ns[ROCKET_MAX_CORES];
};

void rocket_busy_init(struct rocket_busy *busy);
void rocket_busy_begin(struct rocket_busy *busy, u64 now);
u64 rocket_busy_end(struct rocket_busy *busy, u64 now);
u64 rocket_busy_read(const struct rocket_busy *busy);

struct rocket_usage *rocket_usage_create(void);
struct rocket_usage *rocket_usage_get(struct rocket_usage *usage);
void rocket_usage_put(struct rocket_usage *usage);

#endif
