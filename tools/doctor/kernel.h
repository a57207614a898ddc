/* SPDX-License-Identifier: MIT */
/* What the kernel tells root of a core: debugfs, and the dump of a job that hung. */
#ifndef DOCTOR_KERNEL_H
#define DOCTOR_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

/* The value behind "core N WHAT: " in debugfs's file "silicon"; false when there is none. */
bool kernel_fact(unsigned int core, const char *what, char value[64]);
/* The number behind WHAT in what debugfs's file "cores" says of a core. */
bool kernel_count(unsigned int core, const char *what, uint64_t *value);

/* Registers of a core when its job failed; false in @known for one that the dump does not have. */
struct hang {
	uint32_t raw_status;
	uint32_t base_address;
	uint32_t dma_base;
	bool known;
};

/*
 * So that the next job that fails leaves a dump: false when there is one already, which is
 * not ours to throw away, or for want of root. Until kernel_dump_done(), which puts all
 * back, no signal ends the program.
 */
bool kernel_dump_prepare(unsigned int core);
/* Takes the dump that the job has left, and throws it away. */
void kernel_dump_take(unsigned int core, struct hang *hang);
void kernel_dump_done(void);

#endif
