// SPDX-License-Identifier: MIT
/*
 * A flatbuffer is little endian; a table starts with the distance back to its
 * vtable, which holds the offset of each field in the table, 0 for an absent one;
 * references are distances forward.  Field numbers: TensorFlow's schema.fbs.
 *
 * The new list of outputs is put at the end of the file, and the reference to the
 * old one redirected: nothing else has to move.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modelfile.h"

enum { MODEL_GRAPHS = 2, GRAPH_OUTPUTS = 2, GRAPH_OPERATORS = 3, OP_OUTPUTS = 2 };

struct reader {
	const struct file *file;
	bool bad;		/* something pointed out of the file */
};

static bool inside(struct reader *r, size_t at, size_t bytes)
{
	if (at <= r->file->size && bytes <= r->file->size - at)
		return true;
	r->bad = true;
	return false;
}

static uint32_t get32(struct reader *r, size_t at)
{
	const uint8_t *p = r->file->data + at;

	if (!inside(r, at, 4))
		return 0;
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t get16(struct reader *r, size_t at)
{
	if (!inside(r, at, 2))
		return 0;
	return r->file->data[at] | r->file->data[at + 1] << 8;
}

static void put32(struct file *file, size_t at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		file->data[at + i] = value >> 8 * i;
}

/* What the reference at 'at' points to. */
static size_t follow(struct reader *r, size_t at)
{
	return at + get32(r, at);
}

/* Where a field of a table lies; an absent one makes the file bad. */
static size_t field(struct reader *r, size_t table, unsigned int number)
{
	size_t vtable = table - (int32_t)get32(r, table);
	size_t slot = 4 + 2 * number;
	uint32_t offset = 0;

	if (slot < get16(r, vtable))
		offset = get16(r, vtable + slot);
	if (!offset)
		r->bad = true;
	return table + offset;
}

static size_t vector(struct reader *r, size_t table, unsigned int number,
		     uint32_t *count)
{
	size_t at = follow(r, field(r, table, number));

	*count = get32(r, at);
	if (r->bad || *count > r->file->size / 4 ||
	    !inside(r, at + 4, (size_t)*count * 4)) {
		r->bad = true;
		*count = 0;
	}
	return at + 4;
}

/* Collects the operators' outputs; returns how many were stored. */
static uint32_t collect(struct reader *r, size_t graph, uint32_t *list,
			uint32_t room)
{
	uint32_t ops, outs, n = 0;
	size_t operators = vector(r, graph, GRAPH_OPERATORS, &ops);

	for (uint32_t i = 0; i < ops; i++) {
		size_t op = follow(r, operators + 4 * (size_t)i);
		size_t outputs = vector(r, op, OP_OUTPUTS, &outs);

		for (uint32_t j = 0; j < outs && n < room; j++)
			list[n++] = get32(r, outputs + 4 * (size_t)j);
	}
	return n;
}

static int append(struct file *model, size_t reference, const uint32_t *list,
		  uint32_t n)
{
	size_t at = (model->size + 3) & ~(size_t)3;
	size_t size = at + 4 + 4 * (size_t)n;
	uint8_t *data = realloc(model->data, size + 1);

	if (!data)
		return -1;
	memset(data + model->size, 0, size + 1 - model->size);
	model->data = data;
	model->size = size;
	put32(model, reference, at - reference);
	put32(model, at, n);
	for (uint32_t i = 0; i < n; i++)
		put32(model, at + 4 + 4 * (size_t)i, list[i]);
	return 0;
}

int modelfile_expose_all(struct file *model)
{
	struct reader r = { .file = model };
	uint32_t graphs, n = 0, room = model->size / 4;
	uint32_t *list = malloc(sizeof(*list) * (room + 1));
	size_t table = vector(&r, follow(&r, 0), MODEL_GRAPHS, &graphs);
	size_t reference = 0;
	int err = -1;

	if (list && graphs && !r.bad) {
		size_t graph = follow(&r, table);

		n = collect(&r, graph, list, room);
		reference = field(&r, graph, GRAPH_OUTPUTS);
	}
	if (n && !r.bad && inside(&r, reference, 4))
		err = append(model, reference, list, n);
	if (err)
		fprintf(stderr, "model: not a .tflite file whose operators can be listed\n");
	free(list);
	return err;
}
