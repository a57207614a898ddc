/* SPDX-License-Identifier: MIT */
/* Counters of the virtual board, from its control page (rocket_board.h). */
#ifndef DEMO_BOARD_H
#define DEMO_BOARD_H

#include <stdbool.h>
#include <stdint.h>

struct board_counts {		/* sums over all cores */
	uint64_t starts;	/* times the driver set a core going */
	uint64_t tasks;		/* tasks completed */
	uint64_t npu_irqs;
	uint64_t root_loads;	/* root pointers written to IOMMU banks */
	uint64_t faults;	/* page faults, replays included */
	uint64_t macs;
	uint64_t busy_ns;	/* virtual ns */
};

/*
 * Maps the control page.  Returns false, after a line that says why, where there
 * is none: on real hardware, or without the right to open /dev/mem.
 */
bool board_open(void);

/* What the counters stand at; all 0 when board_open() said false. */
struct board_counts board_read(void);
struct board_counts board_since(const struct board_counts *before);

#endif
