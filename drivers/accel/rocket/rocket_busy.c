// SPDX-License-Identifier: GPL-2.0-only

#include <kunit/visibility.h>
#include <linux/ktime.h>

#include "rocket_busy.h"

/**
 * DOC: Busy cores
 *
 * A core is busy with a job from the start of its first task to the interrupt of
 * its last one, or until a recovery has taken it off. Between its tasks nobody else
 * could use the core, so that counts, too; attaching and scrubbing before the start
 * do not. The hardware has no counter for that: both ends are read from the clock,
 * and the time that the interrupt takes to arrive is included.
 *
 * The same two readings count for the core and for the file, so what the files used
 * adds up to what the core was busy.
 */

/**
 * rocket_busy_init() - Nothing has run yet.
 * @busy: The time, zeroed.
 */
void rocket_busy_init(struct rocket_busy *busy)
{
	seqcount_latch_init(&busy->seq);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_busy_init);

static void rocket_busy_write(struct rocket_busy *busy, u64 ns, u64 since)
{
	write_seqcount_latch_begin(&busy->seq);
	busy->copy[0].ns = ns;
	busy->copy[0].since = since;
	write_seqcount_latch(&busy->seq);
	busy->copy[1].ns = ns;
	busy->copy[1].since = since;
	write_seqcount_latch_end(&busy->seq);
}

/**
 * rocket_busy_begin() - A job has been started.
 * @busy: The time; writers are serialised by the caller. No job runs.
 * @now: CLOCK_MONOTONIC, in ns.
 *
 * Context: Any.
 */
void rocket_busy_begin(struct rocket_busy *busy, u64 now)
{
	rocket_busy_write(busy, busy->copy[0].ns, now);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_busy_begin);

/**
 * rocket_busy_end() - The job has ended.
 * @busy: The time; writers are serialised by the caller.
 * @now: CLOCK_MONOTONIC, in ns.
 *
 * Context: Any.
 * Return: How long the job ran, in ns; 0 when none did.
 */
u64 rocket_busy_end(struct rocket_busy *busy, u64 now)
{
	u64 since = busy->copy[0].since;

	if (!since)
		return 0;

	rocket_busy_write(busy, busy->copy[0].ns + (now - since), 0);

	return now - since;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_busy_end);

/**
 * rocket_busy_read() - How long there have been jobs, up to now.
 * @busy: The time.
 *
 * Context: Any, but NMIs. Without &rocket_core.lock a reading may be less than the
 * one before, by the time between the two steps of rocket_busy_end()'s caller.
 * Return: The time in ns, that of the job that runs included.
 */
u64 rocket_busy_read(const struct rocket_busy *busy)
{
	unsigned int seq;
	u64 ns, since;

	do {
		seq = read_seqcount_latch(&busy->seq);
		ns = busy->copy[seq & 1].ns;
		since = busy->copy[seq & 1].since;
	} while (read_seqcount_latch_retry(&busy->seq, seq));

	return since ? ns + (ktime_get_ns() - since) : ns;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_busy_read);
