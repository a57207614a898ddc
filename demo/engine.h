/* SPDX-License-Identifier: MIT */
/* One model in TFLite, on the CPU or through an external delegate. */
#ifndef DEMO_ENGINE_H
#define DEMO_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "file.h"

struct engine;

/*
 * Prepares a model.  delegate: path of the delegate's library, NULL for the CPU.
 * The model's memory must outlive the engine.  Returns NULL after a message; it
 * is an error when the delegate takes no operator.
 */
struct engine *engine_open(const struct file *model, const char *delegate);
void engine_close(struct engine *e);

/* Operators of the model, how many the delegate took, in how many groups. */
struct engine_split {
	int operators, delegated, groups;
};
struct engine_split engine_split(const struct engine *e);

/*
 * int8 tensors are handed over as uint8, each value and the zero point 128 higher.
 */

/* The model's only input: [1, height, width, channels], 1 or 3 channels, int8 or uint8. */
struct engine_input {
	unsigned int height, width, channels;
	size_t bytes;
};
/* Returns 0, or -1 after a message when the input is of another kind. */
int engine_input(const struct engine *e, struct engine_input *input);

/*
 * Sets an input; computes the outputs; the first input and the outputs in one go.
 * Each returns 0, or -1 after a message.
 */
int engine_set_input(struct engine *e, int number, const uint8_t *data,
		     size_t bytes);
int engine_zero(struct engine *e);	/* sets each input to zeroes */
int engine_invoke(struct engine *e);
int engine_run(struct engine *e, const uint8_t *input, size_t bytes);

struct engine_output {
	const char *name;
	const uint8_t *data;	/* valid until the next run */
	size_t bytes;
	bool is_quantised;	/* int8 or uint8 */
	bool vector;		/* of one number for each class, say: all dimensions but one are 1 */
	float scale;		/* real value = scale * (stored - zero) */
	int zero;
};
int engine_outputs(const struct engine *e);
/* Output i, below engine_outputs(). */
struct engine_output engine_output(const struct engine *e, int i);

#endif
