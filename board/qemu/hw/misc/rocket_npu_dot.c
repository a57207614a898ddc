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

/*
 * 16 lanes in two halves, as most processors have vectors of 8 floats; one of 16
 * would live in memory there.
 */
#define LANES   16
#define HALF    (LANES / 2)

typedef float Half __attribute__((vector_size(HALF * sizeof(float)),
                                  aligned(sizeof(float))));
typedef float Quad __attribute__((vector_size(4 * sizeof(float)),
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

/* The first addition of a pairwise sum, and the second one */
static inline Quad fold(const Half *low, const Half *high)
{
    Half sum = *low + *high;
    Quad part[2];

    memcpy(part, &sum, sizeof(part));
    return part[0] + part[1];
}

/* The last two, of four sums at once: the lanes of each become a column. */
static inline Quad columns_total(Quad a, Quad b, Quad c, Quad d)
{
    Quad lane0 = { a[0], b[0], c[0], d[0] }, lane1 = { a[1], b[1], c[1], d[1] };
    Quad lane2 = { a[2], b[2], c[2], d[2] }, lane3 = { a[3], b[3], c[3], d[3] };

    return (lane0 + lane2) + (lane1 + lane3);
}

ROCKET_VECTOR
void rocket_dot_float(float *out, const float *patch, const float *kernels,
                      unsigned count, size_t len)
{
    unsigned k;
    size_t i;

    for (k = 0; k < count; k += ROCKET_DOT_KERNELS) {
        const float *w0 = kernels + k * len, *w1 = w0 + len;
        const float *w2 = w1 + len, *w3 = w2 + len;
        Half a0 = { 0 }, a1 = { 0 }, b0 = { 0 }, b1 = { 0 };
        Half c0 = { 0 }, c1 = { 0 }, d0 = { 0 }, d1 = { 0 };

        for (i = 0; i < len; i += LANES) {
            Half p0 = *(const Half *)(patch + i);
            Half p1 = *(const Half *)(patch + i + HALF);

            a0 += p0 * *(const Half *)(w0 + i);
            a1 += p1 * *(const Half *)(w0 + i + HALF);
            b0 += p0 * *(const Half *)(w1 + i);
            b1 += p1 * *(const Half *)(w1 + i + HALF);
            c0 += p0 * *(const Half *)(w2 + i);
            c1 += p1 * *(const Half *)(w2 + i + HALF);
            d0 += p0 * *(const Half *)(w3 + i);
            d1 += p1 * *(const Half *)(w3 + i + HALF);
        }
        *(Quad *)(out + k) = columns_total(fold(&a0, &a1), fold(&b0, &b1),
                                           fold(&c0, &c1), fold(&d0, &d1));
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
