/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arithmetic of the PPU.
 *
 * An average is the sum over the whole window, padding included, times both
 * reciprocals.  A float's sum is a float; silicon's order and rounding of the two
 * products are not known, here they are exact and rounded once.  An integer's
 * product is rounded once to the nearest, as silicon's averages show.
 */
#include "rocket_npu_pool.h"
#include "rocket_npu_round.h"

#include <math.h>

#define FP17_FRACTION   10
#define FP17_EXPONENT   0x3f
#define FP17_BIAS       31

/* What an average of integers is divided by in the end: two factors of 65536 */
#define RECIP_SHIFT     32
#define RECIP_ONE       65536

/* An extreme, and the place in the window that it comes from */
typedef struct Pooled {
    RocketValue v;
    unsigned row, column;
} Pooled;

float rocket_fp17_to_float(uint32_t bits)
{
    int exponent = bits >> FP17_FRACTION & FP17_EXPONENT;
    int fraction = bits & ((1 << FP17_FRACTION) - 1);

    if (exponent) {
        fraction |= 1 << FP17_FRACTION;
    } else {
        exponent = 1;
    }
    return ldexpf(fraction, exponent - FP17_BIAS - FP17_FRACTION);
}

static bool is_more(bool is_float, RocketValue a, RocketValue b)
{
    return is_float ? a.f > b.f : a.i > b.i;
}

static bool takes_over(const RocketPool *p, RocketValue v, RocketValue best)
{
    bool is_float = rocket_format_is_float(p->format);

    return p->method == ROCKET_POOL_MAX ? is_more(is_float, v, best)
                                        : is_more(is_float, best, v);
}

/* How many of @size places from @at on are in a plane of @extent */
static unsigned in_plane(int at, unsigned size, unsigned extent)
{
    int end = at + (int)size;

    at = at > 0 ? at : 0;
    end = end < (int)extent ? end : (int)extent;
    return end > at ? end - at : 0;
}

static uint32_t reciprocal(unsigned count)
{
    return count ? RECIP_ONE / count : RECIP_ONE;
}

static RocketValue average(const RocketPool *p, float f, int64_t i,
                           uint32_t recip_w, uint32_t recip_h)
{
    RocketValue v;

    if (rocket_format_is_float(p->format)) {
        v.f = (float)((double)f * rocket_fp17_to_float(recip_w) *
                      rocket_fp17_to_float(recip_h));
    } else {
        v.i = rocket_sat32(rocket_round_shift(i * recip_w * recip_h,
                                              RECIP_SHIFT, false));
    }
    return v;
}

static Pooled pool_window(const RocketPool *p, const RocketValue *const *rows,
                          int x0, unsigned c)
{
    unsigned atom = rocket_format_atom(p->format);
    bool is_float = rocket_format_is_float(p->format);
    Pooled best = { .v = p->pad };
    bool first = true;
    int64_t sum_i = 0;
    float sum_f = 0;
    uint32_t recip_w = p->recip_w, recip_h = p->recip_h;
    unsigned kx, ky, tall = 0;

    for (ky = 0; ky < p->k_h; ky++) {
        tall += rows[ky] != NULL;
        for (kx = 0; kx < p->k_w; kx++) {
            int x = x0 + (int)kx;
            RocketValue v = p->in_plane ? (RocketValue){ 0 } : p->pad;

            if (rows[ky] && x >= 0 && x < (int)p->in_w) {
                v = rows[ky][(unsigned)x * atom + c];
            }
            if (p->method == ROCKET_POOL_AVERAGE) {
                sum_f += is_float ? v.f : 0;
                sum_i += is_float ? 0 : v.i;
            } else if (first || takes_over(p, v, best.v)) {
                best = (Pooled){ .v = v, .row = ky, .column = kx };
            }
            first = false;
        }
    }
    if (p->in_plane) {
        recip_w = reciprocal(in_plane(x0, p->k_w, p->in_w));
        recip_h = reciprocal(tall);
    }
    if (p->method == ROCKET_POOL_AVERAGE) {
        best.v = average(p, sum_f, sum_i, recip_w, recip_h);
    }
    return best;
}

static uint8_t *put(RocketFormat format, uint8_t *to, RocketValue v)
{
    int32_t word;

    if (format == ROCKET_INT8) {
        *to = rocket_sat8(v.i);
        return to + 1;
    }
    word = format == ROCKET_INT16 ? rocket_clamp(v.i, INT16_MIN, INT16_MAX)
                                  : rocket_float_to_fp16(v.f);
    to[0] = word;
    to[1] = word >> 8;
    return to + 2;
}

void rocket_pool_row(const RocketPool *p, uint8_t *to, uint8_t *index,
                     const RocketValue *const *rows)
{
    unsigned atom = rocket_format_atom(p->format);
    unsigned x, c;

    for (x = 0; x < p->out_w; x++) {
        int x0 = (int)(x * p->stride_x) - (int)p->pad_left;

        for (c = 0; c < atom; c++) {
            Pooled best = pool_window(p, rows, x0, c);

            to = put(p->format, to, best.v);
            if (index) {
                *index++ = (best.row & 7) << 3 | (best.column & 7);
                *index++ = 0;
            }
        }
    }
}
