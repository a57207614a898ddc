/* SPDX-License-Identifier: MIT */
/* A .tflite file in memory, and making models of its parts.  First graph only. */
#ifndef DEMO_MODELFILE_H
#define DEMO_MODELFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "file.h"

struct flatbuf;

/* A list of tensors by their numbers. */
struct tensor_list {
	uint32_t *tensor;	/* malloc'ed */
	uint32_t count;
};

/*
 * All functions return 0, or -1 after a message, unless said otherwise.
 */

/* Where the graph and an operator of it lie in the file. */
size_t modelfile_graph(struct flatbuf *f);
size_t modelfile_operator(struct flatbuf *f, uint32_t number);

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

/* The tensors that the model puts out. */
int modelfile_outputs(const struct file *model, struct tensor_list *list);

/* Whether a tensor is in a list. */
bool modelfile_contains(const struct tensor_list *list, uint32_t tensor);

/*
 * Makes these the outputs of the model, so that TFLite keeps them and delegates
 * deliver them.  The file grows.
 */
int modelfile_expose(struct file *model, const struct tensor_list *list);

/* A copy of a model. */
int modelfile_copy(const struct file *model, struct file *copy);

/* A copy of the model that has one operator only, with its operands. */
int modelfile_single(const struct file *model, uint32_t number,
		     struct file *single);

#endif
