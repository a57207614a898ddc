/* SPDX-License-Identifier: MIT */
/*
 * Checking a network operator by operator: each is computed on the CPU from the
 * very inputs that it had on the NPU.  What differs then is its own rounding, not
 * what has added up before it.
 */
#ifndef DEMO_LAYERS_H
#define DEMO_LAYERS_H

#include "engine.h"
#include "file.h"
#include "match.h"

struct layers;

/*
 * model: one whose operators' outputs are all exposed (modelfile_expose_all()).
 * Returns NULL after a message.
 */
struct layers *layers_open(const struct file *model);
void layers_close(struct layers *l);

/*
 * Checks the run that npu has just done.  input: the model's input.  Returns 0, or
 * -1 after a message.
 */
int layers_check(struct layers *l, const struct engine *npu,
		 const uint8_t *input, size_t bytes);

/* What all checks together found for output i of the model. */
const struct match *layers_match(const struct layers *l, int i);

#endif
