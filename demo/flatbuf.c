// SPDX-License-Identifier: MIT
#include "flatbuf.h"

bool flatbuf_inside(struct flatbuf *f, size_t at, size_t bytes)
{
	if (at <= f->file->size && bytes <= f->file->size - at)
		return true;
	f->bad = true;
	return false;
}

uint32_t flatbuf_u32(struct flatbuf *f, size_t at)
{
	const uint8_t *p = f->file->data + at;

	if (!flatbuf_inside(f, at, 4))
		return 0;
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t get16(struct flatbuf *f, size_t at)
{
	if (!flatbuf_inside(f, at, 2))
		return 0;
	return f->file->data[at] | f->file->data[at + 1] << 8;
}

size_t flatbuf_follow(struct flatbuf *f, size_t at)
{
	return at + flatbuf_u32(f, at);
}

size_t flatbuf_field(struct flatbuf *f, size_t table, unsigned int number)
{
	size_t vtable = table - (int32_t)flatbuf_u32(f, table);
	size_t slot = 4 + 2 * number;
	uint32_t offset = 0;

	if (slot < get16(f, vtable))
		offset = get16(f, vtable + slot);
	if (!offset)
		f->bad = true;
	return table + offset;
}

size_t flatbuf_vector(struct flatbuf *f, size_t table, unsigned int number,
		      uint32_t *count)
{
	size_t at = flatbuf_follow(f, flatbuf_field(f, table, number));

	*count = flatbuf_u32(f, at);
	if (f->bad || *count > f->file->size / 4 ||
	    !flatbuf_inside(f, at + 4, (size_t)*count * 4)) {
		f->bad = true;
		*count = 0;
	}
	return at + 4;
}

size_t flatbuf_element(struct flatbuf *f, size_t table, unsigned int number, uint32_t index)
{
	uint32_t count;
	size_t vector = flatbuf_vector(f, table, number, &count);

	if (index >= count)
		f->bad = true;
	return flatbuf_follow(f, vector + 4 * (size_t)index);
}
