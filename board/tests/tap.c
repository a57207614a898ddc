// SPDX-License-Identifier: GPL-2.0-or-later
/* Test results in the Test Anything Protocol. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

static struct {
	const char *name;
	const char *skipped;
	bool failed;
	unsigned int tests;
	unsigned int failures;
} tap;

void tap_begin(const char *name)
{
	if (!tap.tests)
		printf("TAP version 13\n");
	tap.name = name;
	tap.skipped = NULL;
	tap.failed = false;
}

void tap_end(void)
{
	tap.tests++;
	tap.failures += tap.failed;
	printf("%s %u - %s", tap.failed ? "not ok" : "ok", tap.tests, tap.name);
	if (tap.skipped && !tap.failed)
		printf(" # SKIP %s", tap.skipped);
	printf("\n");
	fflush(stdout);
}

void tap_skip(const char *why)
{
	tap.skipped = why;
}

bool tap_failed(void)
{
	return tap.failed;
}

void tap_note(const char *format, ...)
{
	va_list args;

	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

void tap_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	tap.failed = true;
	printf("# %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

int tap_finish(void)
{
	printf("1..%u\n", tap.tests);
	printf("# %u passed, %u failed\n", tap.tests - tap.failures, tap.failures);

	return tap.failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

void tap_bail_out(const char *format, ...)
{
	va_list args;

	printf("Bail out! %s: ", tap.name ? tap.name : "before the first test");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	exit(EXIT_FAILURE);
}
