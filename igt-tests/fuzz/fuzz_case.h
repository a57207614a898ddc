/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_CASE_H
#define FUZZ_CASE_H

#include <stdbool.h>

#include "fuzz_cover.h"
#include "fuzz_program.h"

/* Before the first case; needs root. */
void fuzz_case_init(void);

/*
 * Runs a program in processes of its own, and leaves all cores bound and all
 * injected faults ended. @cover, shared, receives what was reached. Returns NULL, or
 * what was wrong: an error that is not documented, a fence that does not signal, a
 * case that does not end, a complaint in the kernel's log.
 */
const char *fuzz_case_run(const struct fuzz_program *program, struct fuzz_cover *cover);

/* Whether a client that comes now gets right results from every core. */
bool fuzz_device_healthy(void);

#endif
