/* SPDX-License-Identifier: MIT */
#ifndef BENCH_FUNCTIONS_H
#define BENCH_FUNCTIONS_H

#include <stdint.h>

/*
 * How long functions of the kernel take from their call to their return, by the
 * function graph tracer. So parts of a system call can be told apart that no
 * interface separates. Under board/run --icount a nanosecond is an instruction; some
 * hundred of each call are the tracer's.
 */

/* From here on these are timed: names, separated by spaces. Needs root. */
void bench_functions_begin(const char *names);
/* Ends that; the sum of all calls, in ns. There must have been one. */
uint64_t bench_functions_end(void);

#endif
