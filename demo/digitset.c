// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digitset.h"
#include "file.h"

#define SHADES " .:-=+*#%@"

static int read_labels(const char *path, struct digitset *set)
{
	struct file file;
	unsigned int n = 0;

	if (file_read(path, &file))
		return -1;
	set->labels = calloc(set->count, 1);
	/* One digit and a line feed each */
	while (set->labels && n < set->count && 2 * n + 1 < file.size &&
	       file.data[2 * n] >= '0' && file.data[2 * n] <= '9' &&
	       file.data[2 * n + 1] == '\n') {
		set->labels[n] = file.data[2 * n] - '0';
		n++;
	}
	if (n != set->count || file.size != 2 * (size_t)n) {
		fprintf(stderr, "%s: label %u of %u is not one digit on its line, or there are more\n",
			path, n + 1, set->count);
		n = 0;
	}
	free(file.data);
	return n ? 0 : -1;
}

int digitset_read(const char *directory, struct digitset *set)
{
	char path[4096];

	memset(set, 0, sizeof(*set));
	snprintf(path, sizeof(path), "%s/digits-test.pgm", directory);
	if (picture_read(path, &set->strip))
		return -1;
	if (set->strip.width != DIGIT_SIDE || set->strip.channels != 1 ||
	    set->strip.height % DIGIT_SIDE) {
		fprintf(stderr, "%s: not a strip of grey %ux%u digits\n", path,
			DIGIT_SIDE, DIGIT_SIDE);
		return -1;
	}
	set->count = set->strip.height / DIGIT_SIDE;
	snprintf(path, sizeof(path), "%s/digits-test.labels", directory);
	return read_labels(path, set);
}

void digitset_free(struct digitset *set)
{
	free(set->strip.pixels);
	free(set->labels);
}

struct picture digitset_picture(const struct digitset *set, unsigned int i)
{
	struct picture digit = set->strip;

	digit.height = DIGIT_SIDE;
	digit.pixels += (size_t)i * DIGIT_SIDE * DIGIT_SIDE;
	return digit;
}

void digitset_print(const struct digitset *set, unsigned int first,
		    unsigned int n, const uint8_t *answers)
{
	const unsigned int shades = sizeof(SHADES) - 2;

	for (unsigned int y = 0; y < DIGIT_SIDE; y++) {
		for (unsigned int i = first; i < first + n; i++) {
			struct picture digit = digitset_picture(set, i);

			fputs("  ", stdout);
			for (unsigned int x = 0; x < DIGIT_SIDE; x++) {
				char c = SHADES[digit.pixels[y * DIGIT_SIDE + x] *
						shades / digit.levels];

				putchar(c);
				putchar(c);
			}
		}
		putchar('\n');
	}
	for (unsigned int i = first; i < first + n; i++)
		printf("  answer %u, %-7s", answers[i],
		       answers[i] == set->labels[i] ? "right" : "WRONG");
	printf("\n\n");
}
