/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONV_CASE_H
#define CONV_CASE_H

/*
 * One convolution with its tensors: made up, put into an address space, run on
 * a core, compared with the reference.
 */

#include "board.h"
#include "rng.h"
#include "rocket_regcmd.h"

#define CASE_MAX_TASKS	64

struct conv_case {
	struct rocket_conv conv;
	/* Tensors as the reference sees them; see rocket_reference.h */
	int8_t *in, *weights, *add;
	int32_t *bias;
	/* Output rows per task, 0: as many as fit in CBUF */
	unsigned int rows_per_task;
	/* Later tasks leave out fetching weights */
	bool reuse_weights;
	/* One start for all tasks instead of one for each */
	bool chained;
	/* The other rounding of the output: set CVT_ROUND in the streams */
	bool half_away;

	/* Filled in by conv_case_place() */
	struct vm *vm;
	struct rocket_conv_task tasks[CASE_MAX_TASKS];
	unsigned int num_tasks;
	uint32_t streams;
	size_t out_bytes;		/* of the output's pages */
};

/* Bytes from one stream to the next at conv_case.streams. */
#define CASE_STREAM_PITCH	1024u

/* A plain convolution of the given shape, quantised, without tensors or addresses. */
struct rocket_conv conv_shape(unsigned int width, unsigned int height, unsigned int in_channels,
			      unsigned int out_channels, unsigned int kernel,
			      unsigned int stride, unsigned int pad);

/* Make tensors for @conv. */
void conv_case_init(struct conv_case *c, const struct rocket_conv *conv, struct rng *rng);
void conv_case_free(struct conv_case *c);
/* A case that is cut into CASE_CHAIN chained tasks of two rows, in @vm. */
#define CASE_CHAIN	4
void conv_case_chain(struct conv_case *c, struct vm *vm, uint64_t seed);
/* Allocate, pack and write everything, streams included. */
void conv_case_place(struct conv_case *c, struct vm *vm);
/* Write the streams anew after a change of @c->tasks or @c->conv's addresses. */
void conv_case_emit(struct conv_case *c);
/* Change all entries for a register: clear bits, then set some. */
void conv_case_patch(struct conv_case *c, unsigned int target, unsigned int reg,
		     uint32_t clear, uint32_t set);
/* Run on @core; fails the running test (tap) when a task does not complete. */
void conv_case_run(struct conv_case *c, unsigned int core);
/* Compare with the reference, and look for writes behind the output. */
void conv_case_check(struct conv_case *c);
/* init, place, run, check and free. */
void conv_case_all(struct board *b, struct vm *vm, unsigned int core,
		   const struct rocket_conv *conv, uint64_t seed);
/* Whether row @row of the output differs from what was there before the run. */
bool conv_case_row_written(struct conv_case *c, unsigned int row);
/* The output in memory, [y][x][channel], to be freed. */
int8_t *conv_case_output(struct conv_case *c);
/* What the output ought to be, to be freed. */
int8_t *conv_case_expected(struct conv_case *c);
/* Print the parameters as a diagnostic. */
void conv_case_describe(const struct conv_case *c);

#endif
