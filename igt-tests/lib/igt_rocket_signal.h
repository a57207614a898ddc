/* SPDX-License-Identifier: MIT */
#ifndef IGT_ROCKET_SIGNAL_H
#define IGT_ROCKET_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Interrupts this process every so many microseconds; 0: not any more. SIGALRM does
 * it, which does nothing else and is not restarted; so igt_set_timeout() cannot be used
 * at the same time.
 */
void rocket_interrupt_every(unsigned int us);

/* How a call in a process of its own ended, and the CPU time that the process took. */
struct rocket_call_end {
	bool killed;
	uint64_t us;
};

/*
 * Makes a call in a process of its own, which is killed after so many microseconds of
 * CPU time; 0: never.
 */
struct rocket_call_end rocket_call_and_kill(void (*call)(void *data), void *data,
					    uint64_t kill_us);

#endif
