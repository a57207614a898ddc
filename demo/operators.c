// SPDX-License-Identifier: MIT
/* Field numbers and kinds: TensorFlow's schema.fbs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flatbuf.h"
#include "modelfile.h"
#include "operators.h"

enum {
	MODEL_CODES = 1,
	CODE_DEPRECATED = 0, CODE_CUSTOM = 1, CODE_BUILTIN = 3,
	GRAPH_TENSORS = 0,
	TENSOR_SHAPE = 0, TENSOR_TYPE = 1,
	OP_CODE = 0, OP_INPUTS = 1, OP_OUTPUTS = 2,
};

static const struct {
	uint32_t kind;
	const char *name;
} names[] = {
	{ OPERATOR_ADD, "ADD" }, { 1, "AVERAGE_POOL_2D" }, { 2, "CONCATENATION" },
	{ OPERATOR_CONV, "CONV_2D" }, { OPERATOR_DEPTHWISE, "DEPTHWISE_CONV_2D" },
	{ 6, "DEQUANTIZE" }, { 9, "FULLY_CONNECTED" }, { 14, "LOGISTIC" },
	{ 17, "MAX_POOL_2D" }, { 18, "MUL" }, { 22, "RESHAPE" },
	{ 23, "RESIZE_BILINEAR" }, { 25, "SOFTMAX" }, { OPERATOR_CUSTOM, "custom" },
	{ 34, "PAD" }, { 40, "MEAN" }, { 41, "SUB" }, { 43, "SQUEEZE" },
	{ 45, "STRIDED_SLICE" }, { 49, "SPLIT" }, { 56, "ARG_MAX" },
	{ 67, "TRANSPOSE_CONV" }, { 114, "QUANTIZE" },
};

static struct shape shape_of(struct flatbuf *f, uint32_t tensor)
{
	struct flatbuf optional = *f;
	struct shape shape = { 0 };
	size_t dim;

	if (tensor == UINT32_MAX)
		return shape;
	dim = flatbuf_vector(&optional, flatbuf_element(f, modelfile_graph(f), GRAPH_TENSORS, tensor),
			     TENSOR_SHAPE, &shape.dims);
	if (optional.bad)	/* a scalar may do without */
		return (struct shape){ 0 };
	if (shape.dims > 6)
		shape.dims = 6;
	for (uint32_t i = 0; i < shape.dims; i++)
		shape.dim[i] = flatbuf_u32(f, dim + 4 * (size_t)i);
	return shape;
}

/* Operand or result i of an operator, UINT32_MAX: none. */
static uint32_t operand(struct flatbuf *f, size_t op, unsigned int field, uint32_t i)
{
	uint32_t count;
	size_t at = flatbuf_vector(f, op, field, &count);

	return i < count ? flatbuf_u32(f, at + 4 * (size_t)i) : UINT32_MAX;
}

/* A field that is left out when it has its default, 0. */
static uint32_t number_of(const struct flatbuf *f, size_t table, unsigned int field,
			  unsigned int bytes)
{
	struct flatbuf optional = *f;
	uint32_t value = flatbuf_u32(&optional, flatbuf_field(&optional, table, field));

	if (optional.bad)
		return 0;
	return bytes == 1 ? value & 0xff : value;
}

static uint32_t type_of(struct flatbuf *f, uint32_t tensor)
{
	if (tensor == UINT32_MAX)
		return 0;
	return number_of(f, flatbuf_element(f, modelfile_graph(f), GRAPH_TENSORS, tensor), TENSOR_TYPE, 1);
}

static void read_kind(struct flatbuf *f, size_t code, struct operator *op)
{
	uint32_t old = number_of(f, code, CODE_DEPRECATED, 1);
	uint32_t now = number_of(f, code, CODE_BUILTIN, 4);
	struct flatbuf optional = *f;
	size_t name = flatbuf_follow(&optional, flatbuf_field(&optional, code, CODE_CUSTOM));
	uint32_t length = flatbuf_u32(&optional, name);

	op->kind = now > old ? now : old;
	if (op->kind != OPERATOR_CUSTOM || optional.bad)
		return;
	if (length >= sizeof(op->custom))
		length = sizeof(op->custom) - 1;
	if (flatbuf_inside(&optional, name + 4, length))
		memcpy(op->custom, f->file->data + name + 4, length);
}

int operator_read(const struct file *model, uint32_t number, struct operator *op)
{
	struct flatbuf f = { .file = model };
	size_t table = modelfile_operator(&f, number);

	memset(op, 0, sizeof(*op));
	read_kind(&f, flatbuf_element(&f, flatbuf_follow(&f, 0), MODEL_CODES,
			      number_of(&f, table, OP_CODE, 4)), op);
	op->type = type_of(&f, operand(&f, table, OP_INPUTS, 0));
	op->input = shape_of(&f, operand(&f, table, OP_INPUTS, 0));
	op->output = shape_of(&f, operand(&f, table, OP_OUTPUTS, 0));
	if (!f.bad)
		return 0;
	fprintf(stderr, "model: operator %u cannot be read\n", number);
	return -1;
}

/* Without the batch, which is 1. */
static void print_shape(FILE *to, const struct shape *s)
{
	uint32_t first = s->dims > 1 && s->dim[0] == 1;

	if (!s->dims)
		fputs("a scalar", to);
	for (uint32_t i = first; i < s->dims; i++)
		fprintf(to, "%s%u", i == first ? "" : "x", s->dim[i]);
}

const char *operator_text(const struct operator *op, char *text, size_t bytes)
{
	FILE *to = fmemopen(text, bytes, "w");
	const char *name = NULL;

	text[0] = 0;
	if (!to)
		return text;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].kind == op->kind)
			name = names[i].name;
	if (name)
		fprintf(to, "%s%s%s ", name, *op->custom ? " " : "", op->custom);
	else
		fprintf(to, "number %u of TFLite's operators, ", op->kind);
	print_shape(to, &op->input);
	fputs(" to ", to);
	print_shape(to, &op->output);
	fclose(to);
	text[bytes - 1] = 0;
	return text;
}

/* Whether an operator's first operand, constants not counted, is one of these. */
static bool computes_from(const struct file *model, uint32_t number,
			  const struct tensor_list *tensors)
{
	struct tensor_list inputs, outputs;
	bool from = modelfile_operands(model, number, &inputs, &outputs) == 0 &&
		    inputs.count && modelfile_contains(tensors, inputs.tensor[0]);

	free(inputs.tensor);
	free(outputs.tensor);
	return from;
}

int operator_added_to(const struct file *model, uint32_t number)
{
	int count = modelfile_operators(model), sum = -1;
	struct tensor_list inputs, outputs;
	struct operator op;

	if (modelfile_operands(model, number, &inputs, &outputs) == 0)
		for (int i = number + 1; i < count && sum < 0; i++)
			if (operator_read(model, i, &op) == 0 && op.kind == OPERATOR_ADD &&
			    computes_from(model, i, &outputs))
				sum = i;
	free(inputs.tensor);
	free(outputs.tensor);
	return sum;
}
