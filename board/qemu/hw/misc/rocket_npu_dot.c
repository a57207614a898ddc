/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The multipliers.
 *
 * Products of two fp16, bf16 or tf32 are exact in a float, so that a sum does not
 * depend on whether the host multiplies and adds in one step.
 */
#include "rocket_npu_dot.h"
#include "rocket_npu_vector.h"

#include <string.h>

#define LANES   16

typedef float Lanes __attribute__((vector_size(LANES * sizeof(float)),
                                   aligned(sizeof(float))));

ROCKET_VECTOR
void rocket_dot_int(int32_t *out, const int16_t *patch, const int16_t *kernels,
                    unsigned count, size_t len)
{
    unsigned k;
    size_t i;

    for (k = 0; k < count; k += ROCKET_DOT_KERNELS) {
        const int16_t *restrict w = kernels + k * len;
        int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;

        for (i = 0; i < len; i++) {
            s0 += patch[i] * w[i];
            s1 += patch[i] * w[i + len];
            s2 += patch[i] * w[i + 2 * len];
            s3 += patch[i] * w[i + 3 * len];
        }
        out[k] = s0;
        out[k + 1] = s1;
        out[k + 2] = s2;
        out[k + 3] = s3;
    }
}

static inline float lanes_total(const Lanes *v)
{
    float part[LANES];
    unsigned width, i;

    memcpy(part, v, sizeof(part));
    for (width = LANES / 2; width; width /= 2) {
        for (i = 0; i < width; i++) {
            part[i] += part[i + width];
        }
    }
    return part[0];
}

ROCKET_VECTOR
void rocket_dot_float(float *out, const float *patch, const float *kernels,
                      unsigned count, size_t len)
{
    unsigned k;
    size_t i;

    for (k = 0; k < count; k += ROCKET_DOT_KERNELS) {
        const float *w = kernels + k * len;
        Lanes s0 = { 0 }, s1 = { 0 }, s2 = { 0 }, s3 = { 0 };

        for (i = 0; i < len; i += LANES) {
            Lanes p = *(const Lanes *)(patch + i);

            s0 += p * *(const Lanes *)(w + i);
            s1 += p * *(const Lanes *)(w + i + len);
            s2 += p * *(const Lanes *)(w + i + 2 * len);
            s3 += p * *(const Lanes *)(w + i + 3 * len);
        }
        out[k] = lanes_total(&s0);
        out[k + 1] = lanes_total(&s1);
        out[k + 2] = lanes_total(&s2);
        out[k + 3] = lanes_total(&s3);
    }
}

ROCKET_VECTOR
int32_t rocket_sum_int(const int16_t *patch, size_t len)
{
    int32_t sum = 0;
    size_t i;

    for (i = 0; i < len; i++) {
        sum += patch[i];
    }
    return sum;
}

ROCKET_VECTOR
void rocket_tap_int(int32_t *restrict acc, int32_t *restrict sum,
                    const int16_t *restrict features,
                    const int16_t *restrict weights, unsigned count)
{
    unsigned c;

    for (c = 0; c < count; c++) {
        acc[c] += features[c] * weights[c];
        sum[c] += features[c];
    }
}

ROCKET_VECTOR
void rocket_tap_float(float *restrict acc, const float *restrict features,
                      const float *restrict weights, unsigned count)
{
    unsigned c;

    for (c = 0; c < count; c++) {
        acc[c] += features[c] * weights[c];
    }
}

void rocket_unpack_kernels(void *to, const void *from, size_t elem,
                           unsigned kernels, unsigned taps, unsigned channels,
                           unsigned lanes, size_t pitch)
{
    const uint8_t *p = from;
    unsigned c, tap, k;

    for (c = 0; c < channels; c += lanes) {
        size_t width = (channels - c < lanes ? channels - c : lanes) * elem;

        for (tap = 0; tap < taps; tap++) {
            for (k = 0; k < kernels; k++) {
                memcpy((uint8_t *)to +
                       (k * pitch + (size_t)tap * channels + c) * elem,
                       p, width);
                p += width;
            }
        }
    }
}
