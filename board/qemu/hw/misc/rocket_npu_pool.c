/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arithmetic of the PPU.
 *
 * An average is the sum over the whole window, padding included, times both
 * reciprocals.  The sum is a float's; silicon's order and rounding of the two
 * products are not known, here they are exact and rounded once.
 */
#include "rocket_npu_pool.h"

static float pool_step(RocketPoolMethod method, float sum, float v)
{
    switch (method) {
    case ROCKET_POOL_MAX:
        return v > sum ? v : sum;
    case ROCKET_POOL_MIN:
        return v < sum ? v : sum;
    default:
        return sum + v;
    }
}

static float pool_window(const RocketPool *p, const float *const *rows, int x0,
                         unsigned c)
{
    bool first = true;
    float sum = 0;
    unsigned kx, ky;

    for (ky = 0; ky < p->k_h; ky++) {
        for (kx = 0; kx < p->k_w; kx++) {
            int x = x0 + (int)kx;
            float v = p->pad;

            if (rows[ky] && x >= 0 && x < (int)p->in_w) {
                v = rows[ky][(unsigned)x * ROCKET_POOL_ATOM + c];
            }
            sum = first ? v : pool_step(p->method, sum, v);
            first = false;
        }
    }
    if (p->method == ROCKET_POOL_AVERAGE) {
        sum = (float)((double)sum * p->recip_w * p->recip_h * 0x1p-32);
    }
    return sum;
}

void rocket_pool_row(const RocketPool *p, uint8_t *to,
                     const float *const *rows)
{
    unsigned x, c;

    for (x = 0; x < p->out_w; x++) {
        int x0 = (int)(x * p->stride_x) - (int)p->pad_left;

        for (c = 0; c < ROCKET_POOL_ATOM; c++) {
            uint16_t h = rocket_float_to_fp16(pool_window(p, rows, x0, c));

            *to++ = h;
            *to++ = h >> 8;
        }
    }
}
