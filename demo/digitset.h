/* SPDX-License-Identifier: MIT */
/* The test digits: digits-test.pgm and digits-test.labels, made by train.py. */
#ifndef DEMO_DIGITSET_H
#define DEMO_DIGITSET_H

#include <stdint.h>

#include "picture.h"

#define DIGIT_SIDE 8U
#define DIGIT_CLASSES 10U

struct digitset {
	unsigned int count;
	struct picture strip;	/* all digits, one below the other */
	uint8_t *labels;	/* [count], 0..9 */
};

/* Reads the set from a directory.  Returns 0, or -1 after a message. */
int digitset_read(const char *directory, struct digitset *set);
void digitset_free(struct digitset *set);

/* Digit i (below count) as a picture that borrows the strip's pixels. */
struct picture digitset_picture(const struct digitset *set, unsigned int i);

/*
 * Prints n digits, from number first on, side by side as characters, with a line
 * of answers below them; answers[i] belongs to digit i of the set.
 */
void digitset_print(const struct digitset *set, unsigned int first,
		    unsigned int n, const uint8_t *answers);

#endif
