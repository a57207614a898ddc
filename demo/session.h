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
	bool bound_result;	/* it is allowed for the network's result, too */
};

struct session {
	const struct session_options *options;
	struct file model;
	struct engine *npu, *cpu;
	bool npu_lost;			/* npu is NULL because the delegate dies of the model */
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

/*
 * Loads the model and starts the engines.  Returns 0, or -1 after a message, which says
 * what of the model this program cannot use.  A delegate that dies of the model is named,
 * with the operators, and left out.
 */
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
 * Prints how the outputs compared.  Returns -1 when the delegate had died; with layers,
 * when layers_report() does; with bound_result, when the result is too far off.  In a
 * deep network differences of one step add up from operator to operator: whether its
 * result is right is for its answer to decide.  Else 0.
 */
int session_report(const struct session *s);

/* Closes the engines and the dump.  Returns 0, or -1 when the dump is not whole. */
int session_close(struct session *s);

#endif
