/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TAP_H
#define TAP_H

/*
 * Test results in the Test Anything Protocol (version 13) on standard output.
 *
 * A test is a function that returns early when a check fails; the first failed
 * check of a test is the one that counts, and its message tells what was seen.
 */

#include <stdbool.h>

/* Begin a test; checks up to tap_end() belong to it. */
void tap_begin(const char *name);
/* End the test and print its line: "ok" unless a check failed. */
void tap_end(void);
/* Record that the running test was left out, and why. */
void tap_skip(const char *why);
/* Whether a check of the running test failed. */
bool tap_failed(void);
/* A diagnostic line, "# " in front. */
void tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Print the plan; returns the exit status: 0 when nothing failed. */
int tap_finish(void);
/* Give up altogether: what is under test does not answer any more. */
_Noreturn void tap_bail_out(const char *format, ...) __attribute__((format(printf, 1, 2)));

void tap_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Return from the test function when the condition does not hold. */
#define CHECK(condition, ...)						\
	do {								\
		if (!(condition)) {					\
			tap_fail(__FILE__, __LINE__, __VA_ARGS__);	\
			return;						\
		}							\
	} while (0)

/* The same for two unsigned numbers, which are printed in hexadecimal. */
#define CHECK_EQ(seen, wanted, what)					\
	do {								\
		unsigned long long seen_ = (seen), wanted_ = (wanted);	\
									\
		CHECK(seen_ == wanted_, "%s is 0x%llx, not 0x%llx",	\
		      what, seen_, wanted_);				\
	} while (0)

/* Return from the test function when a function called from it failed a check. */
#define CHECK_PASSED()							\
	do {								\
		if (tap_failed())					\
			return;						\
	} while (0)

#endif
