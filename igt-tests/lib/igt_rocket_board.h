/* SPDX-License-Identifier: MIT */
#ifndef IGT_ROCKET_BOARD_H
#define IGT_ROCKET_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "rocket_board.h"

/*
 * The control page of the virtual board: what the hardware did, and how to make
 * it misbehave.  Tests that need it skip on real boards.
 */

void rocket_require_board(void);

/* One of the ROCKET_BOARD_* counters, of one core or of all of them. */
uint64_t rocket_board_count(unsigned int core, unsigned long counter);
uint64_t rocket_board_count_all(unsigned long counter);
/* The board's time, in ns. */
uint64_t rocket_board_clock(void);

/* One of the ROCKET_BOARD_INJ_* registers and plain values of a core. */
void rocket_board_inject(unsigned int core, unsigned long reg, uint32_t value);
uint32_t rocket_board_injected(unsigned int core, unsigned long reg);
void rocket_board_inject_all(unsigned long reg, uint32_t value);

/* Ends what an earlier test, perhaps a failed one, has injected. Once a process. */
void rocket_board_quiet(void);

#endif
