/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_BUSY_H__
#define __ROCKET_BUSY_H__

#include <linux/seqlock.h>
#include <linux/types.h>

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

void rocket_busy_init(struct rocket_busy *busy);
void rocket_busy_begin(struct rocket_busy *busy, u64 now);
u64 rocket_busy_end(struct rocket_busy *busy, u64 now);
u64 rocket_busy_read(const struct rocket_busy *busy);

#endif
