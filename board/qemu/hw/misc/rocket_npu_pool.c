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

static RocketValue average(const RocketPool *p, float f, int64_t i)
{
    RocketValue v;

    if (rocket_format_is_float(p->format)) {
        v.f = (float)((double)f * rocket_fp17_to_float(p->recip_w) *
                      rocket_fp17_to_float(p->recip_h));
    } else {
        v.i = rocket_sat32(rocket_round_shift(i * p->recip_w * p->recip_h,
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
    unsigned kx, ky;

    for (ky = 0; ky < p->k_h; ky++) {
        for (kx = 0; kx < p->k_w; kx++) {
            int x = x0 + (int)kx;
            RocketValue v = p->pad;

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
    if (p->method == ROCKET_POOL_AVERAGE) {
        best.v = average(p, sum_f, sum_i);
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
