/* SPDX-License-Identifier: MIT */
/* Pictures: decoding of simple formats, resizing. */
#ifndef DEMO_PICTURE_H
#define DEMO_PICTURE_H

#include <stdint.h>

#define PICTURE_MAX_SIDE 16384

struct picture {
	unsigned int width, height;	/* pixels, 1..PICTURE_MAX_SIDE */
	unsigned int channels;		/* 1 grey, 3 red, green, blue */
	unsigned int levels;		/* value of white: 1..255 */
	uint8_t *pixels;		/* malloc'ed [height][width][channels] */
};

/*
 * Reads an uncompressed BMP with 24 or 32 bits a pixel, or a binary PGM or PPM
 * with up to 255 levels; the content decides which.  Returns 0, or -1 after a
 * message on stderr.
 */
int picture_read(const char *path, struct picture *picture);

/*
 * Scales a picture to width x height with the given channels (1 or 3) and 255
 * levels: each new pixel is the mean of the area it covers, computed in integers,
 * halves rounded up.  Proportions are not kept.  Returns 0, or -1 after a message.
 */
int picture_resize(const struct picture *from, unsigned int width,
		   unsigned int height, unsigned int channels,
		   struct picture *to);

#endif
