// SPDX-License-Identifier: MIT
#include <errno.h>
#include <getopt.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"
#include "igt.h"
#include "igt_rocket_board.h"

#define BLOCKS 16u

static unsigned int runs = 3;
static int instructions = -1;

/*
 * The PMU of QEMU counts the instructions of all CPUs in each of them, and none
 * while they wait: asking one is enough.
 */
static void open_instructions(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.pinned = 1,
	};

	instructions = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (instructions < 0)
		fprintf(stderr, "%s: instructions are not counted: %m\n",
			program_invocation_short_name);
}

static uint64_t read_instructions(void)
{
	uint64_t count = 0;

	igt_assert(instructions < 0 || read(instructions, &count, sizeof(count)) == sizeof(count));
	return count;
}

void bench_init(int argc, char **argv)
{
	static const struct option options[] = {
		{ "runs", required_argument, NULL, 'r' },
		{ }
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		runs = option == 'r' ? atoi(optarg) : 0;
		if (!runs) {
			fprintf(stderr, "usage: %s [--runs N]\n", argv[0]);
			exit(IGT_EXIT_INVALID);
		}
	}
	rocket_require_board();
	open_instructions();
}

unsigned int bench_runs(void)
{
	return runs;
}

static bool is_mmu(unsigned int block)
{
	return block == ROCKET_BOARD_BLOCK_MMU0 || block == ROCKET_BOARD_BLOCK_MMU;
}

static void read_board(struct bench_counts *counts)
{
	*counts = (struct bench_counts){ 0 };
	for (unsigned int block = 0; block < BLOCKS; block++) {
		uint64_t reads = rocket_board_count_all(ROCKET_BOARD_REG_READS(block));
		uint64_t writes = rocket_board_count_all(ROCKET_BOARD_REG_WRITES(block));

		*(is_mmu(block) ? &counts->mmu_reads : &counts->npu_reads) += reads;
		*(is_mmu(block) ? &counts->mmu_writes : &counts->npu_writes) += writes;
	}
	counts->roots = rocket_board_count_all(ROCKET_BOARD_DTE_LOADS);
	counts->zaps = rocket_board_count_all(ROCKET_BOARD_ZAP_LINE);
	counts->walks = rocket_board_count_all(ROCKET_BOARD_TABLE_WALKS);
	counts->irqs = rocket_board_count_all(ROCKET_BOARD_NPU_IRQS) +
		       rocket_board_count_all(ROCKET_BOARD_MMU_IRQS);
	counts->starts = rocket_board_count_all(ROCKET_BOARD_STARTS);
	counts->tasks = rocket_board_count_all(ROCKET_BOARD_TASKS);
	counts->resets = rocket_board_count_all(ROCKET_BOARD_RESETS);
}

/* Time and instructions last before, first after: reading the rest is not counted. */
void bench_begin(struct bench_counts *before)
{
	read_board(before);
	before->ns = rocket_board_clock();
	before->instructions = read_instructions();
}

uint64_t bench_end(const struct bench_counts *before, const char *measure,
		   const char *what, uint64_t ops)
{
	uint64_t executed = read_instructions();
	uint64_t ns = rocket_board_clock();
	struct bench_counts after;

	read_board(&after);
	after.instructions = executed;
	after.ns = ns;
	printf("{\"measure\": \"%s\", \"case\": \"%s\", \"ops\": %llu", measure, what,
	       (unsigned long long)ops);
#define FIELD(name) printf(", \"" #name "\": %llu", \
			   (unsigned long long)(after.name - before->name))
	FIELD(ns);
	if (instructions >= 0)
		FIELD(instructions);
	FIELD(npu_reads);
	FIELD(npu_writes);
	FIELD(mmu_reads);
	FIELD(mmu_writes);
	FIELD(roots);
	FIELD(zaps);
	FIELD(walks);
	FIELD(irqs);
	FIELD(starts);
	FIELD(tasks);
	FIELD(resets);
#undef FIELD
	printf("}\n");
	fflush(stdout);
	return after.ns - before->ns;
}

const char *bench_sized(const char *what, uint32_t size)
{
	static char text[64];

	if (size < 1u << 20)
		snprintf(text, sizeof(text), "%s %u KiB", what, size >> 10);
	else
		snprintf(text, sizeof(text), "%s %u MiB", what, size >> 20);
	return text;
}

void bench_value(const char *measure, const char *what, const char *unit, double value)
{
	printf("{\"measure\": \"%s\", \"case\": \"%s\", \"unit\": \"%s\", \"value\": %.1f}\n",
	       measure, what, unit, value);
	fflush(stdout);
}
