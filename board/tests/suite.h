/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SUITE_H
#define SUITE_H

#include <stdint.h>

#include "board.h"

/* What the command line asked for. */
struct env {
	const char *qemu;
	const char *only;	/* run tests whose name contains this; NULL: all */
	bool speed;		/* measure, no tests */
	uint64_t seed;
	unsigned int cases;	/* random convolutions of each kind */
	unsigned int seconds;	/* of fuzzing, for each kind of fuzz */
};

typedef void test_fn(struct board *b, const struct env *env);

/*
 * Run one test on a board of its own whose cores are powered and clocked.
 * @options: QEMU options or NULL.  A QEMU that does not end cleanly fails the
 * test, too.
 */
void run_test(const struct env *env, const char *name, test_fn *fn, const char *options);
/* The same, but as the machine comes up: another SoC's cores are elsewhere. */
void run_bare_test(const struct env *env, const char *name, test_fn *fn, const char *options);

void suite_gates(const struct env *env);
void suite_clock(const struct env *env);
void suite_iommu(const struct env *env);
void suite_pc(const struct env *env);
void suite_inject(const struct env *env);
void suite_silicon(const struct env *env);
void suite_pipeline(const struct env *env);
void suite_cbuf(const struct env *env);
void suite_formats(const struct env *env);
void suite_streams(const struct env *env);
void suite_pointwise(const struct env *env);
void suite_rk3576(const struct env *env);
void suite_rk3576_conv(const struct env *env);
/* What the host computes in a second; prints it */
void suite_speed(const struct env *env);
void suite_fuzz(const struct env *env);

#endif
