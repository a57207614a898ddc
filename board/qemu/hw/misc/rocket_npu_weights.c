/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Weights that do not lie as [channel / lanes][tap][kernel][lane].
 */
#include "rocket_npu_weights.h"

/* Of packed pixels: channels that a tap has in memory */
#define PACKED_LANES    4
#define PACKED_ROW      16
#define PACKED_GROUP    32
/* Depthwise, int8 */
#define PAIRS_GROUP     64

void rocket_weights_packed_rows(int16_t *to, size_t pitch, unsigned channels,
                                const uint8_t *from, unsigned kernels,
                                unsigned k_w, unsigned k_h)
{
    unsigned row = (PACKED_LANES * k_w + PACKED_ROW - 1) / PACKED_ROW *
                   PACKED_ROW;
    unsigned group = kernels < PACKED_GROUP ? kernels : PACKED_GROUP;
    unsigned ky, k, kx, c;

    for (ky = 0; ky < k_h; ky++) {
        for (k = 0; k < kernels; k++) {
            const uint8_t *p = from + ((size_t)ky * group + k) * row;
            int16_t *tap = to + k * pitch + (size_t)ky * k_w * channels;

            for (kx = 0; kx < k_w; kx++) {
                for (c = 0; c < PACKED_LANES; c++) {
                    tap[kx * channels + c] = (int8_t)*p++;
                }
            }
        }
    }
}

void rocket_weights_packed_taps(float *to, size_t pitch, unsigned channels,
                                const uint8_t *from, unsigned kernels,
                                unsigned taps)
{
    unsigned tap, k;

    for (tap = 0; tap < taps; tap++) {
        for (k = 0; k < kernels; k++) {
            rocket_widen_float(ROCKET_FP16,
                               to + k * pitch + (size_t)tap * channels, from,
                               PACKED_LANES);
            from += PACKED_LANES * sizeof(uint16_t);
        }
    }
}

void rocket_weights_pairs(int16_t *to, unsigned channels, const uint8_t *from,
                          unsigned taps)
{
    unsigned first, tap, c;

    for (first = 0; first < channels; first += PAIRS_GROUP) {
        unsigned held = channels - first < PAIRS_GROUP ? channels - first
                                                       : PAIRS_GROUP;

        for (tap = 0; tap < taps; tap++) {
            for (c = 0; c < held; c++) {
                const uint8_t *p = from + c / 2 * 4 + c % 2;

                to[(size_t)tap * channels + first + c] = (int8_t)p[0] +
                                                         (int8_t)p[2];
            }
            from += 2 * held;
        }
    }
}
