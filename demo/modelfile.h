/* SPDX-License-Identifier: MIT */
/* A .tflite file in memory, and making models of its parts.  First graph only. */
#ifndef DEMO_MODELFILE_H
#define DEMO_MODELFILE_H

#include <stdint.h>

#include "file.h"

/* A list of tensors by their numbers. */
struct tensor_list {
	uint32_t *tensor;	/* malloc'ed */
	uint32_t count;
};

/*
 * All functions return 0, or -1 after a message, unless said otherwise.
 */

/* Number of operators, or -1 after a message. */
int modelfile_operators(const struct file *model);

/* The output tensors of all operators, in the order of the operators. */
int modelfile_results(const struct file *model, struct tensor_list *list);

/*
 * The tensors that an operator computes from and to, constants left out.
 * number: below modelfile_operators().
 */
int modelfile_operands(const struct file *model, uint32_t number,
		       struct tensor_list *inputs, struct tensor_list *outputs);

/*
 * Makes the modelfile_results() the outputs of the model, so that TFLite keeps
 * them and delegates deliver them.  The file grows.
 */
int modelfile_expose_all(struct file *model);

/* A copy of the model that has one operator only, with its operands. */
int modelfile_single(const struct file *model, uint32_t number,
		     struct file *single);

#endif
