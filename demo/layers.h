/* SPDX-License-Identifier: MIT */
/*
 * Checking a network operator by operator: each is computed on the CPU from the
 * very inputs that it had on the NPU.  What differs then is its own rounding, not
 * what has added up before it.
 */
#ifndef DEMO_LAYERS_H
#define DEMO_LAYERS_H

#include "engine.h"
#include "match.h"

struct layers;

/*
 * Makes what the model's operators put out the outputs of the model, in front of its
 * own, as far as the delegate lives through that; says what it leaves out.  Returns
 * whether the operators can be checked one by one; -1 after a message.
 */
int layers_expose(struct file *model, const char *delegate);

/*
 * model: as layers_expose() has left it.  tolerance: how far an operator may be from
 * the CPU, given equal inputs, in steps of its output.  Returns NULL after a message.
 */
struct layers *layers_open(const struct file *model, int tolerance);
void layers_close(struct layers *l);

/*
 * Checks the run that npu has just done.  input: the model's input.  Returns 0, or
 * -1 after a message.
 */
int layers_check(struct layers *l, const struct engine *npu,
		 const uint8_t *input, size_t bytes);

/*
 * Prints what all checks together have found; verbose: for each operator, not only for
 * those that are too far off.  Returns 0; or -1 when one is for which there is no known
 * reason (faults.h).
 */
int layers_report(const struct layers *l, bool verbose);

#endif
