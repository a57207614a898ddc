// SPDX-License-Identifier: MIT
/*
 * Field numbers: TensorFlow's schema.fbs.  New lists are put at the end of the
 * file and the references to the old ones redirected: nothing has to move.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flatbuf.h"
#include "modelfile.h"

enum {
	MODEL_GRAPHS = 2,
	GRAPH_INPUTS = 1, GRAPH_OUTPUTS = 2, GRAPH_OPERATORS = 3,
	OP_INPUTS = 1, OP_OUTPUTS = 2,
};

static int refuse(void)
{
	fprintf(stderr, "model: not a .tflite file whose operators can be listed\n");
	return -1;
}

size_t modelfile_graph(struct flatbuf *f)
{
	return flatbuf_element(f, flatbuf_follow(f, 0), MODEL_GRAPHS, 0);
}

size_t modelfile_operator(struct flatbuf *f, uint32_t number)
{
	return flatbuf_element(f, modelfile_graph(f), GRAPH_OPERATORS, number);
}

int modelfile_operators(const struct file *model)
{
	struct flatbuf f = { .file = model };
	uint32_t count;

	flatbuf_vector(&f, modelfile_graph(&f), GRAPH_OPERATORS, &count);
	return f.bad ? refuse() : (int)count;
}

bool modelfile_contains(const struct tensor_list *list, uint32_t tensor)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (list->tensor[i] == tensor)
			return true;
	return false;
}

/* Adds a vector field to a list; with among given, only what is in there. */
static void add(struct flatbuf *f, size_t table, unsigned int field,
		const struct tensor_list *among, struct tensor_list *list)
{
	uint32_t count;
	size_t at = flatbuf_vector(f, table, field, &count);
	uint32_t *bigger = realloc(list->tensor, sizeof(*bigger) *
				   ((size_t)list->count + count + 1));

	if (!bigger) {
		f->bad = true;
		return;
	}
	list->tensor = bigger;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t tensor = flatbuf_u32(f, at + 4 * (size_t)i);

		if (!among || modelfile_contains(among, tensor))
			list->tensor[list->count++] = tensor;
	}
}

int modelfile_results(const struct file *model, struct tensor_list *list)
{
	struct flatbuf f = { .file = model };
	int count = modelfile_operators(model);

	*list = (struct tensor_list){ 0 };
	for (int i = 0; i < count; i++)
		add(&f, modelfile_operator(&f, i), OP_OUTPUTS, NULL, list);
	return count > 0 && !f.bad ? 0 : refuse();
}

int modelfile_operands(const struct file *model, uint32_t number,
		       struct tensor_list *inputs, struct tensor_list *outputs)
{
	struct flatbuf f = { .file = model };
	struct tensor_list variable;
	size_t op = modelfile_operator(&f, number);

	*inputs = *outputs = (struct tensor_list){ 0 };
	if (modelfile_results(model, &variable))
		f.bad = true;
	add(&f, modelfile_graph(&f), GRAPH_INPUTS, NULL, &variable);
	add(&f, op, OP_INPUTS, &variable, inputs);
	add(&f, op, OP_OUTPUTS, NULL, outputs);
	free(variable.tensor);
	return f.bad ? refuse() : 0;
}

static void put32(struct file *file, size_t at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		file->data[at + i] = value >> 8 * i;
}

/* Puts a list at the end of the file, in the place of a field of its graph. */
static int replace(struct file *model, unsigned int field,
		   const struct tensor_list *list)
{
	struct flatbuf f = { .file = model };
	size_t reference = flatbuf_field(&f, modelfile_graph(&f), field);
	size_t at = (model->size + 3) & ~(size_t)3;
	size_t size = at + 4 + 4 * (size_t)list->count;
	uint8_t *data;

	if (!flatbuf_inside(&f, reference, 4) || f.bad)
		return refuse();
	data = realloc(model->data, size + 1);
	if (!data)
		return refuse();
	memset(data + model->size, 0, size + 1 - model->size);
	model->data = data;
	model->size = size;
	put32(model, reference, at - reference);
	put32(model, at, list->count);
	for (uint32_t i = 0; i < list->count; i++)
		put32(model, at + 4 + 4 * (size_t)i, list->tensor[i]);
	return 0;
}

int modelfile_outputs(const struct file *model, struct tensor_list *list)
{
	struct flatbuf f = { .file = model };

	*list = (struct tensor_list){ 0 };
	add(&f, modelfile_graph(&f), GRAPH_OUTPUTS, NULL, list);
	return f.bad ? refuse() : 0;
}

int modelfile_expose(struct file *model, const struct tensor_list *list)
{
	return replace(model, GRAPH_OUTPUTS, list);
}

int modelfile_copy(const struct file *model, struct file *copy)
{
	copy->size = model->size;
	copy->data = malloc(model->size + 1);
	if (!copy->data)
		return refuse();
	memcpy(copy->data, model->data, model->size + 1);
	return 0;
}

/* Makes the list of operators end behind its first entry, which becomes this. */
static int keep_operator(struct file *model, uint32_t number)
{
	struct flatbuf f = { .file = model };
	size_t op = modelfile_operator(&f, number);
	uint32_t count;
	size_t first = flatbuf_vector(&f, modelfile_graph(&f), GRAPH_OPERATORS, &count);

	if (f.bad)
		return refuse();
	put32(model, first - 4, 1);
	put32(model, first, op - first);
	return 0;
}

int modelfile_single(const struct file *model, uint32_t number,
		     struct file *single)
{
	struct tensor_list inputs, outputs;
	int err = modelfile_operands(model, number, &inputs, &outputs);

	single->data = NULL;
	if (!err && !modelfile_copy(model, single))
		err = keep_operator(single, number) ||
		      replace(single, GRAPH_INPUTS, &inputs) ||
		      replace(single, GRAPH_OUTPUTS, &outputs);
	free(inputs.tensor);
	free(outputs.tensor);
	return err || !single->data ? -1 : 0;
}
