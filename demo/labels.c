// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labels.h"

int labels_read(const char *path, struct labels *labels)
{
	char *rest, *line;
	size_t lines = 1;

	if (file_read(path, &labels->text))
		return -1;
	for (size_t i = 0; i < labels->text.size; i++)
		lines += labels->text.data[i] == '\n';
	labels->names = calloc(lines, sizeof(*labels->names));
	if (!labels->names) {
		fprintf(stderr, "%s: out of memory\n", path);
		return -1;
	}
	rest = (char *)labels->text.data;
	while (labels->count < lines && (line = strsep(&rest, "\n"))) {
		line[strcspn(line, "\r")] = 0;
		labels->names[labels->count++] = line;
	}
	return 0;
}

void labels_free(struct labels *labels)
{
	free(labels->names);
	free(labels->text.data);
}

const char *labels_name(const struct labels *labels, size_t number)
{
	static char digits[32];

	if (number < labels->count && *labels->names[number])
		return labels->names[number];
	snprintf(digits, sizeof(digits), "class %zu", number);
	return digits;
}
