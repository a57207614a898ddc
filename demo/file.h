/* SPDX-License-Identifier: MIT */
/* Whole files in memory. */
#ifndef DEMO_FILE_H
#define DEMO_FILE_H

#include <stddef.h>
#include <stdint.h>

struct file {
	uint8_t *data;		/* malloc'ed, aligned for any type; one 0 byte follows */
	size_t size;		/* bytes, without that 0 */
};

/*
 * Reads path whole.  Returns 0, or -1 after a message on stderr that says what
 * went wrong.  Free file->data.
 */
int file_read(const char *path, struct file *file);

#endif
