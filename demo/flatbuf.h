/* SPDX-License-Identifier: MIT */
/*
 * Reading a flatbuffer without generated code.
 *
 * A flatbuffer is little endian; a table starts with the distance back to its
 * vtable, which holds the offset of each field in the table, 0 for an absent one;
 * references are distances forward.
 */
#ifndef DEMO_FLATBUF_H
#define DEMO_FLATBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "file.h"

struct flatbuf {
	const struct file *file;
	bool bad;	/* something pointed out of the file, or was absent */
};

/* Whether [at, at + bytes) lies in the file; if not, it is bad. */
bool flatbuf_inside(struct flatbuf *f, size_t at, size_t bytes);

/* The number at a position, 0 out of the file. */
uint32_t flatbuf_u32(struct flatbuf *f, size_t at);

/* What the reference at a position points to. */
size_t flatbuf_follow(struct flatbuf *f, size_t at);

/* Where a field of the table at a position lies; an absent one is bad. */
size_t flatbuf_field(struct flatbuf *f, size_t table, unsigned int number);

/* The first element of a field that is a vector of 32-bit numbers or references. */
size_t flatbuf_vector(struct flatbuf *f, size_t table, unsigned int number,
		      uint32_t *count);

/* The table that is an element of a field that is a vector of tables; bad if it ends before. */
size_t flatbuf_element(struct flatbuf *f, size_t table, unsigned int number, uint32_t index);

#endif
