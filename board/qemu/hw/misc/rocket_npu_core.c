/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multiply and accumulate.
 *
 * Sums are 32 bits wide and wrap around (QEMU is built with -fwrapv).  That
 * is unobservable in any layer that int8 networks have: the first sum that can
 * overflow has more than 131,000 products.
 *
 * The work goes in the order of the hardware: for each group of 32 kernels all
 * output rows from top to bottom.
 */
#include "qemu/osdep.h"
#include "rocket_npu_internal.h"
#include "rocket_npu_round.h"

/* Unit of the inner loop; kernels and patches are padded to it with zeros. */
#define DOT_UNIT 32

size_t rocket_npu_kernel_length(const RocketTask *t)
{
    return ROUND_UP((size_t)rocket_npu_taps(t) * t->in_c, DOT_UNIT);
}

/* Depthwise: length of one tap of all channels */
static size_t dw_tap_length(const RocketTask *t)
{
    return ROUND_UP((size_t)t->in_c, KERNEL_GROUP);
}

static int32_t dot(const int16_t *restrict a, const int16_t *restrict b,
                   size_t len)
{
    int32_t sum = 0;
    size_t i, j;

    for (i = 0; i < len; i += DOT_UNIT) {
        int32_t part = 0;

        for (j = 0; j < DOT_UNIT; j++) {
            part += a[i + j] * b[i + j];
        }
        sum += part;
    }
    return sum;
}

static int32_t total(const int16_t *a, size_t len)
{
    int32_t sum = 0;
    size_t i, j;

    for (i = 0; i < len; i += DOT_UNIT) {
        int32_t part = 0;

        for (j = 0; j < DOT_UNIT; j++) {
            part += a[i + j];
        }
        sum += part;
    }
    return sum;
}

/*
 * What leaves the accumulator: the weights' zero point is taken back by the
 * sum of the features (QD), then bits are cut off with rounding.
 */
static int32_t finish(const RocketTask *t, int32_t sum, int32_t features)
{
    if (t->qd) {
        sum += t->ow * features;
    }
    return rocket_round_shift(sum, t->truncate, t->truncate_half_away);
}

/* Features of one pixel in the buffer; NULL in the padding */
static const int8_t *pixel(RocketNpuCore *s, const RocketTask *t, int x, int y)
{
    if (x < 0 || y < 0 || x >= (int)t->in_w || y >= (int)t->in_h) {
        return NULL;
    }
    return (int8_t *)s->cbuf + (size_t)y * t->row_pitch +
           (size_t)x * t->pixel_pitch;
}

static void widen(int16_t *restrict to, const int8_t *restrict from, size_t len)
{
    size_t i, j;

    for (i = 0; i < len; i += FEATURE_ATOM) {
        for (j = 0; j < FEATURE_ATOM; j++) {
            to[i + j] = from[i + j];
        }
    }
}

/* All features under the kernel at one output pixel, tap after tap */
static void gather(RocketNpuCore *s, const RocketTask *t, int16_t *patch,
                   unsigned out_x, unsigned out_y)
{
    int x0 = (int)(out_x * t->stride_x) - (int)t->pad_left;
    int y0 = (int)(out_y * t->stride_y) - (int)t->pad_top;
    unsigned channels = t->lanes ? t->lanes : t->in_c;
    unsigned kx, ky, c;

    for (ky = 0; ky < t->k_h; ky++) {
        for (kx = 0; kx < t->k_w; kx++, patch += t->in_c) {
            const int8_t *from = pixel(s, t, x0 + (int)(kx * t->step_x),
                                       y0 + (int)(ky * t->step_y));

            if (from && !t->lanes) {
                widen(patch, from, t->in_c);
                continue;
            }
            for (c = 0; c < channels; c++) {
                patch[c] = from ? from[c] : t->pad;
            }
        }
    }
}

/*
 * Weights of one kernel group as memory has them,
 * [channel / 32][tap][kernel][channel % 32], to one kernel after the other in
 * the order of gather().
 */
static void unpack_kernels(const RocketTask *t, RocketScratch *m,
                           unsigned count)
{
    size_t len = rocket_npu_kernel_length(t);
    const int8_t *from = (int8_t *)m->weights;
    unsigned taps = rocket_npu_taps(t);
    unsigned c, tap, k, i;

    for (c = 0; c < t->in_c; c += CHANNEL_GROUP) {
        unsigned width = MIN(CHANNEL_GROUP, t->in_c - c);

        for (tap = 0; tap < taps; tap++) {
            for (k = 0; k < count; k++) {
                int16_t *to = m->kernels + k * len + (size_t)tap * t->in_c + c;

                for (i = 0; i < width; i++) {
                    to[i] = *from++;
                }
            }
        }
    }
}

/* The same, depthwise: [channel / 64][tap][channel % 64] to [tap][channel] */
static void unpack_depthwise(const RocketTask *t, RocketScratch *m)
{
    const int8_t *from = (int8_t *)m->weights;
    unsigned taps = rocket_npu_taps(t);
    size_t len = dw_tap_length(t);
    unsigned c, tap, i;

    for (c = 0; c < t->in_c; c += DW_CHANNEL_GROUP) {
        unsigned width = MIN(DW_CHANNEL_GROUP, t->in_c - c);

        for (tap = 0; tap < taps; tap++) {
            for (i = 0; i < width; i++) {
                m->kernels[tap * len + c + i] = *from++;
            }
        }
    }
}

static void convolve_pixel(RocketNpuCore *s, const RocketTask *t,
                           RocketScratch *m, unsigned count, unsigned x,
                           unsigned y, int32_t *acc)
{
    size_t len = rocket_npu_kernel_length(t);
    int32_t features = 0;
    unsigned k;

    gather(s, t, m->patch, x, y);
    if (t->qd && t->ow) {
        features = total(m->patch, len);
    }
    for (k = 0; k < count; k++) {
        acc[k] = finish(t, dot(m->patch, m->kernels + k * len, len), features);
    }
}

/* Channels first .. first + 31 of one pixel; those that do not exist are 0. */
static void load_channels(const RocketTask *t, const int8_t *from,
                          unsigned first, int16_t *to)
{
    unsigned have = t->lanes ? t->lanes : t->in_c;
    unsigned c;

    have = have > first ? MIN(have - first, KERNEL_GROUP) : 0;
    for (c = 0; c < have; c++) {
        to[c] = from ? from[first + c] : t->pad;
    }
    for (; c < KERNEL_GROUP; c++) {
        to[c] = 0;
    }
}

static void depthwise_pixel(RocketNpuCore *s, const RocketTask *t,
                            RocketScratch *m, unsigned first, unsigned x,
                            unsigned y, int32_t *restrict acc)
{
    int x0 = (int)(x * t->stride_x) - (int)t->pad_left;
    int y0 = (int)(y * t->stride_y) - (int)t->pad_top;
    const int16_t *w = m->kernels + first;
    int32_t sum[KERNEL_GROUP] = { 0 };
    int16_t f[KERNEL_GROUP];
    unsigned kx, ky, c;

    memset(acc, 0, KERNEL_GROUP * sizeof(*acc));
    for (ky = 0; ky < t->k_h; ky++) {
        for (kx = 0; kx < t->k_w; kx++, w += dw_tap_length(t)) {
            load_channels(t, pixel(s, t, x0 + (int)(kx * t->step_x),
                                   y0 + (int)(ky * t->step_y)), first, f);
            for (c = 0; c < KERNEL_GROUP; c++) {
                acc[c] += f[c] * w[c];
                sum[c] += f[c];
            }
        }
    }
    for (c = 0; c < KERNEL_GROUP; c++) {
        acc[c] = finish(t, acc[c], sum[c]);
    }
}

/* How many of the output channels from @first on the array works on */
static unsigned group_size(const RocketTask *t, unsigned first)
{
    unsigned have = t->depthwise ? t->in_c : t->kernels;

    return have > first ? MIN(have - first, KERNEL_GROUP) : 0;
}

static RocketStep coroutine_fn load_weights(RocketNpuCore *s,
                                            const RocketTask *t,
                                            RocketScratch *m, unsigned first)
{
    unsigned count = group_size(t, first);
    RocketStep step;

    /* A depthwise layer is a single kernel. */
    if (!count || (t->depthwise && first)) {
        return STEP_OK;
    }
    step = rocket_npu_fetch_weights(s, t, m, first);
    if (step != STEP_OK) {
        return step;
    }
    if (t->depthwise) {
        unpack_depthwise(t, m);
    } else {
        unpack_kernels(t, m, count);
    }
    return STEP_OK;
}

/* The sums of one output row; channels without a kernel have sums of 0. */
static RocketStep coroutine_fn convolve_row(RocketNpuCore *s,
                                            const RocketTask *t,
                                            RocketScratch *m, unsigned first,
                                            unsigned y)
{
    unsigned count = group_size(t, first);
    uint64_t macs = (uint64_t)rocket_npu_taps(t) * count;
    RocketStep step = STEP_OK;
    unsigned x;

    if (!t->depthwise) {
        macs *= t->in_c;
    }
    for (x = 0; x < t->out_w && step == STEP_OK; x++) {
        int32_t *acc = m->acc + (size_t)x * KERNEL_GROUP;

        if (count && t->depthwise) {
            depthwise_pixel(s, t, m, first, x, y, acc);
        } else if (count) {
            convolve_pixel(s, t, m, count, x, y, acc);
        }
        step = rocket_npu_spend(s, macs, KERNEL_GROUP);
    }
    return step;
}

static RocketStep coroutine_fn convolve_group(RocketNpuCore *s,
                                              const RocketTask *t,
                                              RocketScratch *m, unsigned first)
{
    RocketOperands ops;
    RocketStep step;
    unsigned y;

    step = load_weights(s, t, m, first);
    if (step == STEP_OK) {
        step = rocket_npu_dpu_operands(s, t, first, &ops);
    }
    memset(m->acc, 0, (size_t)t->out_w * KERNEL_GROUP * sizeof(*m->acc));
    for (y = 0; y < t->out_h && step == STEP_OK; y++) {
        step = convolve_row(s, t, m, first, y);
        if (step == STEP_OK) {
            rocket_npu_leave_sums(s, t->qd, t->out_w, m->acc);
            step = rocket_npu_dpu_row(s, t, m, &ops, first, y);
        }
    }
    return step;
}

static void scratch_alloc(const RocketTask *t, RocketScratch *m)
{
    size_t kernels = t->depthwise
        ? rocket_npu_taps(t) * dw_tap_length(t)
        : rocket_npu_kernel_length(t) * MIN(t->kernels, KERNEL_GROUP);

    m->line = g_malloc((size_t)t->in_w * FEATURE_ATOM);
    m->weights = g_malloc(t->group_bytes);
    m->kernels = g_new0(int16_t, kernels);
    m->patch = g_new0(int16_t, rocket_npu_kernel_length(t));
    m->acc = g_new(int32_t, (size_t)t->out_w * KERNEL_GROUP);
    m->out = g_malloc((size_t)t->out_w * FEATURE_ATOM);
    m->ew = g_malloc((size_t)t->out_w * FEATURE_ATOM);
}

static void scratch_free(RocketScratch *m)
{
    g_free(m->line);
    g_free(m->weights);
    g_free(m->kernels);
    g_free(m->patch);
    g_free(m->acc);
    g_free(m->out);
    g_free(m->ew);
}

RocketStep coroutine_fn rocket_npu_convolve(RocketNpuCore *s,
                                            const RocketTask *t)
{
    RocketScratch m;
    RocketStep step;
    unsigned first;

    scratch_alloc(t, &m);
    step = rocket_npu_fetch_features(s, t, &m);
    for (first = 0; first < t->out_c && step == STEP_OK;
         first += KERNEL_GROUP) {
        step = convolve_group(s, t, &m, first);
    }
    scratch_free(&m);
    return step;
}
