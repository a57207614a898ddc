/* SPDX-License-Identifier: MIT */
#ifndef RECORDING_H
#define RECORDING_H

#include <stdint.h>

/*
 * What librocket-record.so writes while Mesa runs a network, and rocket_bench_native
 * runs again: a file of records, each a struct record with its data behind it.
 */

enum record_type {
	RECORD_BO = 1,	/* a BO when a job was submitted: addr, size, and its bytes */
	RECORD_TASK,	/* a task: addr and count of its stream */
	RECORD_READS,	/* the job reads the BO at addr */
	RECORD_WRITES,	/* the job writes the BO at addr */
	RECORD_SUBMIT,	/* the end of a SUBMIT */
	RECORD_RESULT,	/* what the BO at addr holds when the CPU asks for it: its bytes */
};

struct record {
	uint32_t type, count;
	uint64_t addr, size;	/* size: bytes behind, or 0 */
};

#endif
