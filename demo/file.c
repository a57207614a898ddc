// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

static int read_stream(FILE *stream, struct file *file)
{
	long size;

	if (fseek(stream, 0, SEEK_END) || (size = ftell(stream)) < 0 ||
	    fseek(stream, 0, SEEK_SET))
		return -1;
	file->data = malloc((size_t)size + 1);
	if (!file->data)
		return -1;
	file->size = fread(file->data, 1, (size_t)size, stream);
	if (file->size != (size_t)size) {
		free(file->data);
		file->data = NULL;
		return -1;
	}
	file->data[size] = 0;
	return 0;
}

int file_read(const char *path, struct file *file)
{
	FILE *stream = fopen(path, "rb");
	int err;

	file->data = NULL;
	errno = 0;
	err = stream ? read_stream(stream, file) : -1;
	if (err)
		fprintf(stderr, "%s: cannot read: %s\n", path,
			errno ? strerror(errno) : "file ends too early");
	if (stream)
		fclose(stream);
	return err;
}
