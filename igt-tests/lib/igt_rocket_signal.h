/* SPDX-License-Identifier: MIT */
#ifndef IGT_ROCKET_SIGNAL_H
#define IGT_ROCKET_SIGNAL_H

/*
 * Interrupts this process once, after so many microseconds, less than a second; 0: not
 * any more. SIGALRM does it, which does nothing else and is not restarted; so
 * igt_set_timeout() cannot be used at the same time.
 */
void rocket_interrupt_after(unsigned int us);

#endif
