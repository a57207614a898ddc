/* SPDX-License-Identifier: MIT */
/* Names of classes, from a text file with one name a line. */
#ifndef DEMO_LABELS_H
#define DEMO_LABELS_H

#include <stddef.h>

#include "file.h"

struct labels {
	struct file text;
	char **names;
	size_t count;
};

/* Returns 0, or -1 after a message. */
int labels_read(const char *path, struct labels *labels);
void labels_free(struct labels *labels);

/* Name of a class, or its number where there is none; valid until the next call. */
const char *labels_name(const struct labels *labels, size_t number);

#endif
