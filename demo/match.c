// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "match.h"

void match_add(struct match *m, const struct engine_output *a,
	       const struct engine_output *b, const struct engine_output *operand)
{
	for (size_t i = 0; i < a->bytes; i++) {
		int difference = abs(a->data[i] - b->data[i]);

		if (operand && operand->bytes == a->bytes &&
		    (operand->data[i] == 0 || operand->data[i] == 255))
			continue;
		m->elements++;
		m->different += difference != 0;
		if (!a->is_quantised && difference)
			difference = 255;
		if (difference > m->largest)
			m->largest = difference;
	}
}

void match_join(struct match *m, const struct match *other)
{
	m->elements += other->elements;
	m->different += other->different;
	if (other->largest > m->largest)
		m->largest = other->largest;
}
