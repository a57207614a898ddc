/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compressed weights.
 *
 * Each of 16 lanes has a header of 16 bytes and then a stream of bits, low ones
 * first.  A value is its distance from the mode value in the header, made of a
 * prefix, which names a width, a sign, and the bits below the leading one.
 */
#include "rocket_npu_dcomp.h"

#define HEADER_BYTES    16
#define HEADER_MODE     1
#define HEADER_WIDTHS   4       /* eight nibbles, the low one first */

#define TILE_BYTES      (ROCKET_DCOMP_TILE * ROCKET_DCOMP_TILE)
#define LANE_CHANNELS   4       /* of each kernel in a tile */
#define LANE_KERNELS    16      /* every second one of a tile */

typedef struct Bits {
    const uint8_t *from;
    size_t count, next;
} Bits;

static unsigned take(Bits *b)
{
    unsigned bit = 0;

    if (b->next < b->count) {
        bit = b->from[b->next / 8] >> (b->next % 8) & 1;
    }
    b->next++;
    return bit;
}

/* 00, 10, 111, 110, 011, 0101, 01001, 01000, the first bit first */
static unsigned take_prefix(Bits *b)
{
    if (take(b)) {
        return !take(b) ? 1 : take(b) ? 2 : 3;
    }
    if (!take(b)) {
        return 0;
    }
    if (take(b)) {
        return 4;
    }
    if (take(b)) {
        return 5;
    }
    return take(b) ? 6 : 7;
}

static int8_t take_value(Bits *b, const uint8_t *header)
{
    unsigned prefix = take_prefix(b);
    unsigned width = header[HEADER_WIDTHS + prefix / 2] >> (prefix % 2 * 4) & 15;
    bool negative = take(b);
    unsigned magnitude = width ? 1u << (width - 1) : 0;
    unsigned i;

    for (i = 0; i + 1 < width; i++) {
        magnitude |= take(b) << i;
    }
    return (int8_t)(header[HEADER_MODE] + (negative ? ~magnitude : magnitude));
}

/* False if there are fewer bits than a tile takes. */
static bool decode_tile(int8_t *tile, unsigned lane, Bits *b,
                        const uint8_t *header)
{
    unsigned k, c;

    for (k = 0; k < LANE_KERNELS && b->next < b->count; k++) {
        int8_t *row = tile + (2 * k + lane / 8) * ROCKET_DCOMP_TILE +
                      lane % 8 * LANE_CHANNELS;

        for (c = 0; c < LANE_CHANNELS; c++) {
            row[c] = take_value(b, header);
        }
    }
    return k == LANE_KERNELS && b->next <= b->count;
}

bool rocket_dcomp_lane(int8_t *weights, unsigned kernels, unsigned channels,
                       unsigned lane, const uint8_t *from, size_t len)
{
    size_t tiles = (size_t)(kernels / ROCKET_DCOMP_TILE) *
                   (channels / ROCKET_DCOMP_TILE);
    Bits b = { .from = from + HEADER_BYTES };
    bool whole = len >= HEADER_BYTES;
    size_t i;

    b.count = whole ? (len - HEADER_BYTES) * 8 : 0;
    for (i = 0; i < tiles && whole; i++) {
        whole = decode_tile(weights + i * TILE_BYTES, lane, &b, from);
    }
    return whole;
}
