/* SPDX-License-Identifier: MIT */
/* One model on the NPU and on the CPU, side by side. */
#ifndef DEMO_SESSION_H
#define DEMO_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "engine.h"
#include "file.h"

struct session_options {
	const char *model;	/* path of the .tflite file */
	const char *delegate;	/* path of the NPU's delegate */
	const char *dump;	/* where raw outputs go, NULL: nowhere */
	bool npu, cpu;		/* which of the two run; at least one */
	bool all_tensors;	/* compare and dump the outputs of every operator */
	int tolerance;		/* largest difference allowed, in steps of uint8 */
};

struct tensor_match {		/* one output, over all runs */
	uint64_t elements, different;
	int largest;		/* difference, in steps of the stored type */
};

struct session {
	const struct session_options *options;
	struct file model;
	struct engine *npu, *cpu;
	struct engine_input input;
	struct tensor_match *matches;	/* one per output */
	int outputs;
	FILE *dump;
};

/* What the model says about one picture. */
struct verdict {
	unsigned int npu, cpu;	/* class with the highest score, the first of equals */
};

/* Loads the model and starts the engines.  Returns 0, or -1 after a message. */
int session_open(struct session *s, const struct session_options *options);

/*
 * Runs one input on both engines, compares and dumps the outputs.  With one
 * engine only, the verdict has its answer twice.  Returns 0, or -1 after a
 * message.
 */
int session_run(struct session *s, const uint8_t *input, struct verdict *verdict);

/* The engine whose answers count: the NPU unless it is left out. */
struct engine *session_main_engine(const struct session *s);

/*
 * Prints how the outputs compared.  Returns 0, or -1 when an element of the
 * model's result differs by more than the tolerance.  With all_tensors the inner
 * tensors are listed without a bound, since differences of one step add up from
 * layer to layer.
 */
int session_report(const struct session *s);

/* Closes the engines and the dump.  Returns 0, or -1 when the dump is not whole. */
int session_close(struct session *s);

#endif
