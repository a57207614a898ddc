/* SPDX-License-Identifier: MIT */
/*
 * The part of IGT's interface that the tests in this directory use, for
 * machines where IGT itself cannot be had.  Names, macros, options, output and
 * exit codes are IGT's, so that the same sources build either way and results
 * read alike; what is behind them is small and knows nothing of graphics.
 */
#ifndef IGT_H
#define IGT_H

#include "drmtest.h"
#include "igt_aux.h"
#include "igt_core.h"

#endif
