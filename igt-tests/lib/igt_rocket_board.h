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
/* For tests that can do without. */
bool rocket_board_present(void);

/* How many cores the driver has in service on it, ROCKET_BOARD_CORES at most. */
unsigned int rocket_board_cores(void);

/* One of the ROCKET_BOARD_* counters, of one core or of all of them. */
uint64_t rocket_board_count(unsigned int core, unsigned long counter);
uint64_t rocket_board_count_all(unsigned long counter);
/* The board's time, in ns. */
uint64_t rocket_board_clock(void);
/* The same moment by CLOCK_MONOTONIC, to a microsecond or so; exact under --icount. */
uint64_t rocket_board_to_monotonic(uint64_t clock);

/*
 * One of the time model's registers. A task takes as long as they said when its work
 * was done, which is right after its start if the work is small.
 */
#define ROCKET_BOARD_USUAL_TASK_NS 2000u
void rocket_board_set(unsigned long reg, uint32_t value);
/* A register of the board's page, of 32 or 64 bits. */
uint32_t rocket_board_get(unsigned long reg);
uint64_t rocket_board_get64(unsigned long reg);

/* One of the ROCKET_BOARD_INJ_* registers and plain values of a core. */
void rocket_board_inject(unsigned int core, unsigned long reg, uint32_t value);
uint32_t rocket_board_injected(unsigned int core, unsigned long reg);
void rocket_board_inject_all(unsigned long reg, uint32_t value);

/* Ends what an earlier test, perhaps a failed one, has injected, if this is the board. */
void rocket_board_silence(void);
/* The same, but once a process, so that nobody ends what he has injected himself. */
void rocket_board_quiet(void);

#endif
