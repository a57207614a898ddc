/* SPDX-License-Identifier: MIT */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>

/*
 * What every benchmark shares: counters of the board and of the CPU, read before
 * and after something was done, and one line of JSON for each such sample.
 *
 * Meant for board/run --icount --cores 1, where an instruction takes 1 ns and a run
 * does not depend on the host. igt-tests/benchmarks/run collects the lines.
 */

struct bench_counts {
	uint64_t ns;		/* the board's time */
	uint64_t instructions;	/* that the CPU has executed, kernel and user */
	uint64_t npu_reads, npu_writes;	/* register accesses of the cores */
	uint64_t mmu_reads, mmu_writes;	/* of their IOMMUs, zaps included */
	uint64_t roots;		/* page table roots loaded, in all banks */
	uint64_t zaps;		/* IOTLB lines dropped, in all banks */
	uint64_t walks;		/* translations that read page tables */
	uint64_t irqs;		/* of cores and IOMMUs */
	uint64_t starts;	/* of the program controller */
	uint64_t tasks;		/* that the NPU has completed */
	uint64_t resets;	/* of cores */
};

/* Takes "--runs N" (default 3); exits where there is no board to read. */
void bench_init(int argc, char **argv);
/* How often each measurement is to be made; at least once. */
unsigned int bench_runs(void);

void bench_begin(struct bench_counts *before);
/*
 * Reports what has happened since bench_begin(): measure and case name it, ops says
 * how many of the thing to be measured were done. Returns the board's time, in ns.
 */
uint64_t bench_end(const struct bench_counts *before, const char *measure,
		   const char *what, uint64_t ops);
/* The name of a case, "WHAT 4 KiB", for a size in bytes; good until the next call. */
const char *bench_sized(const char *what, uint32_t size);
/* Reports one number that is not a difference of counters. */
void bench_value(const char *measure, const char *what, const char *unit, double value);

#endif
