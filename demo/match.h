/* SPDX-License-Identifier: MIT */
/* How far two tensors are apart. */
#ifndef DEMO_MATCH_H
#define DEMO_MATCH_H

#include <stdint.h>

#include "engine.h"

struct match {			/* sums up any number of comparisons */
	uint64_t elements, different;
	int largest;		/* difference, in steps of the stored type */
};

/*
 * int8 and uint8 elements are compared as numbers; a difference in other types counts 255.
 *
 * operand: NULL, or what the CPU has rounded to 8 bits on the way to b, and the NPU has
 * not on its way to a.  Elements for which it is at an end of its range are left out.
 */
void match_add(struct match *m, const struct engine_output *a,
	       const struct engine_output *b, const struct engine_output *operand);

/* Adds what another has summed up. */
void match_join(struct match *m, const struct match *other);

#endif
