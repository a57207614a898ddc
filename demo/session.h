/* SPDX-License-Identifier: MIT */
/* One model on the NPU and on the CPU, side by side. */
#ifndef DEMO_SESSION_H
#define DEMO_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "engine.h"
#include "file.h"
#include "layers.h"
#include "match.h"

struct session_options {
	const char *model;	/* path of the .tflite file */
	const char *delegate;	/* path of the NPU's delegate */
	const char *dump;	/* where raw outputs go, NULL: nowhere */
	bool npu, cpu;		/* which of the two run; at least one */
	bool layers;		/* check operator by operator, dump every tensor */
	bool verbose;		/* report each operator, not only their sum */
	int tolerance;		/* largest difference allowed, in steps of uint8 */
};

struct session {
	const struct session_options *options;
	struct file model;
	struct engine *npu, *cpu;
	struct engine_input input;
	struct layers *layers;		/* NULL unless NPU, CPU and layers are asked for */
	struct match *matches;		/* NPU against CPU, one per output */
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
 * Prints how the outputs compared.  Returns 0, or -1 when an element differs by
 * more than the tolerance: an element of the model's result or, with layers, one
 * of any operator given the NPU's inputs.  In a deep network differences of one
 * step add up from operator to operator, so that with layers the result as a whole
 * is reported without a bound.
 */
int session_report(const struct session *s);

/* Closes the engines and the dump.  Returns 0, or -1 when the dump is not whole. */
int session_close(struct session *s);

#endif
