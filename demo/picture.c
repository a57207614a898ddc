// SPDX-License-Identifier: MIT
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "picture.h"

#define BMP_HEADERS_SIZE 54U	/* file header and the oldest info header in use */
#define BMP_UNCOMPRESSED 0U
#define BMP_BITFIELDS 3U

static int fail(const char *path, const char *why)
{
	fprintf(stderr, "%s: %s\n", path, why);
	return -1;
}

static bool sides_ok(uint32_t width, uint32_t height)
{
	return width && height && width <= PICTURE_MAX_SIDE &&
	       height <= PICTURE_MAX_SIDE;
}

static int picture_alloc(struct picture *picture)
{
	picture->pixels = malloc((size_t)picture->width * picture->height *
				 picture->channels);
	if (picture->pixels)
		return 0;
	fprintf(stderr, "out of memory for a picture of %ux%u\n",
		picture->width, picture->height);
	return -1;
}

static uint32_t le16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t le32(const uint8_t *p)
{
	return le16(p) | le16(p + 2) << 16;
}

/* Byte order blue, green, red; lines padded to 4 bytes, the lowest one first. */
static int decode_bmp(const char *path, const struct file *file,
		      struct picture *picture)
{
	uint32_t start, bits, compression, bytes;
	size_t line;
	bool top_down;
	int32_t height;

	if (file->size < BMP_HEADERS_SIZE)
		return fail(path, "BMP file ends in its header");
	start = le32(file->data + 10);
	picture->width = le32(file->data + 18);
	height = (int32_t)le32(file->data + 22);
	bits = le16(file->data + 28);
	compression = le32(file->data + 30);
	top_down = height < 0;
	picture->height = top_down ? 0U - (uint32_t)height : (uint32_t)height;
	picture->channels = 3;
	picture->levels = 255;

	/* 32-bit files call their usual byte order "bit fields" */
	if ((bits != 24 && bits != 32) ||
	    (compression != BMP_UNCOMPRESSED &&
	     !(bits == 32 && compression == BMP_BITFIELDS)))
		return fail(path, "only uncompressed BMP with 24 or 32 bits a pixel is understood; convert it");
	if (!sides_ok(picture->width, picture->height))
		return fail(path, "BMP picture has an impossible size");
	bytes = bits / 8;
	line = ((size_t)picture->width * bytes + 3) & ~(size_t)3;
	if (start > file->size || file->size - start < line * picture->height)
		return fail(path, "BMP file ends before its last line");
	if (picture_alloc(picture))
		return -1;

	for (unsigned int y = 0; y < picture->height; y++) {
		unsigned int row = top_down ? y : picture->height - 1 - y;
		const uint8_t *in = file->data + start + row * line;
		uint8_t *out = picture->pixels + (size_t)y * picture->width * 3;

		for (unsigned int x = 0; x < picture->width; x++) {
			out[3 * x] = in[x * bytes + 2];
			out[3 * x + 1] = in[x * bytes + 1];
			out[3 * x + 2] = in[x * bytes];
		}
	}
	return 0;
}

/* The next number of a PNM header, 0 if there is none; comments are skipped. */
static uint32_t pnm_number(const struct file *file, size_t *at)
{
	uint32_t value = 0;

	while (*at < file->size) {
		uint8_t c = file->data[*at];

		if (c == '#') {
			while (*at < file->size && file->data[*at] != '\n')
				(*at)++;
		} else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			(*at)++;
		} else {
			break;
		}
	}
	while (*at < file->size && file->data[*at] >= '0' &&
	       file->data[*at] <= '9' && value < 100000000)
		value = value * 10 + (file->data[(*at)++] - '0');
	return value;
}

static int decode_pnm(const char *path, const struct file *file,
		      struct picture *picture)
{
	size_t at = 2, size;

	picture->channels = file->data[1] == '6' ? 3 : 1;
	picture->width = pnm_number(file, &at);
	picture->height = pnm_number(file, &at);
	picture->levels = pnm_number(file, &at);
	at++;		/* the one blank before the pixels */
	if (!sides_ok(picture->width, picture->height))
		return fail(path, "PGM or PPM picture has an impossible size");
	if (!picture->levels || picture->levels > 255)
		return fail(path, "PGM or PPM picture needs 1 to 255 levels");
	size = (size_t)picture->width * picture->height * picture->channels;
	if (at > file->size || file->size - at < size)
		return fail(path, "PGM or PPM file ends before its last pixel");
	if (picture_alloc(picture))
		return -1;
	memcpy(picture->pixels, file->data + at, size);
	return 0;
}

int picture_read(const char *path, struct picture *picture)
{
	struct file file;
	int err;

	if (file_read(path, &file))
		return -1;
	picture->pixels = NULL;
	if (file.size > 2 && !memcmp(file.data, "BM", 2))
		err = decode_bmp(path, &file, picture);
	else if (file.size > 2 && (!memcmp(file.data, "P5", 2) ||
				   !memcmp(file.data, "P6", 2)))
		err = decode_pnm(path, &file, picture);
	else
		err = fail(path, "neither BMP nor binary PGM or PPM; convert it");
	free(file.data);
	return err;
}

/* Part of [cell, cell + 1), in units of 1 / to, that lies in [from, until) / to. */
static uint64_t overlap(uint64_t cell, uint64_t to, uint64_t from, uint64_t until)
{
	uint64_t low = cell * to, high = low + to;

	if (low < from)
		low = from;
	if (high > until)
		high = until;
	return high - low;
}

/* Brightness by the weights of ITU-R BT.601, in 1/256. */
static uint64_t sample(const struct picture *p, unsigned int x, unsigned int y,
		       unsigned int channel, unsigned int channels)
{
	const uint8_t *pixel = p->pixels +
			       ((size_t)y * p->width + x) * p->channels;

	if (p->channels == 1)
		return pixel[0] * 256;
	if (channels == 1)
		return 77 * pixel[0] + 150 * pixel[1] + 29 * pixel[2];
	return pixel[channel] * 256;
}

/* Mean over the area of new pixel (x, y), scaled to 255 levels. */
static uint8_t area_mean(const struct picture *from, const struct picture *to,
			 unsigned int x, unsigned int y, unsigned int channel)
{
	uint64_t left = (uint64_t)x * from->width, right = left + from->width;
	uint64_t top = (uint64_t)y * from->height, bottom = top + from->height;
	uint64_t sum = 0;
	uint64_t whole = (uint64_t)from->width * from->height * 256 * from->levels;

	for (uint64_t v = top / to->height; v * to->height < bottom; v++) {
		uint64_t high = overlap(v, to->height, top, bottom);

		for (uint64_t u = left / to->width; u * to->width < right; u++)
			sum += high * overlap(u, to->width, left, right) *
			       sample(from, u, v, channel, to->channels);
	}
	sum = (sum * 255 + whole / 2) / whole;
	return sum > 255 ? 255 : sum;
}

int picture_resize(const struct picture *from, unsigned int width,
		   unsigned int height, unsigned int channels,
		   struct picture *to)
{
	uint8_t *out;

	*to = (struct picture){ .width = width, .height = height,
				.channels = channels, .levels = 255 };
	if (!sides_ok(width, height) || (channels != 1 && channels != 3)) {
		fprintf(stderr, "cannot make a picture of %ux%u with %u channels\n",
			width, height, channels);
		return -1;
	}
	if (picture_alloc(to))
		return -1;
	out = to->pixels;
	for (unsigned int y = 0; y < height; y++)
		for (unsigned int x = 0; x < width; x++)
			for (unsigned int c = 0; c < channels; c++)
				*out++ = area_mean(from, to, x, y, c);
	return 0;
}
