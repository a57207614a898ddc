/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multiply and accumulate.
 *
 * Integer sums are 32 bits wide and wrap around (QEMU is built with -fwrapv),
 * float sums are floats.
 *
 * The work goes in the order of the hardware: for each group of kernels all
 * output rows from top to bottom.  The order of a sum depends on nothing but the
 * number of its products.
 */
#include "qemu/osdep.h"
#include "rocket_npu_dot.h"
#include "rocket_npu_internal.h"
#include "rocket_npu_round.h"

/* Products in one sum, padded for the inner loop with zeros */
static size_t kernel_length(const RocketTask *t)
{
    return ROUND_UP((size_t)rocket_npu_taps(t) * t->in_c, ROCKET_DOT_UNIT);
}

/*
 * What leaves the accumulator: the weights' zero point is taken back by the
 * sum of the features (QD), then bits are cut off with rounding.
 */
static int32_t finish(const RocketTask *t, int32_t sum, int32_t ow,
                      int32_t features)
{
    if (t->offset_weights) {
        sum += ow * features;
    }
    return rocket_round_shift(sum, t->truncate, t->truncate_half_away);
}

static void *feature_at(const RocketTask *t, const RocketScratch *m, size_t i)
{
    return (uint8_t *)m->features + i * rocket_npu_operand_size(t);
}

static size_t feature_count(const RocketTask *t)
{
    return (size_t)t->in_w * t->in_h * t->in_c;
}

/* All channels of one pixel; the padding is a pixel behind all others. */
static const void *pixel(const RocketTask *t, const RocketScratch *m, int x,
                         int y)
{
    if (y < 0 || y >= (int)t->in_h) {
        return feature_at(t, m, feature_count(t));
    }
    if (x < 0 || x >= (int)t->in_w) {
        return feature_at(t, m, feature_count(t) +
                                (t->pad_columns_zero ? t->in_c : 0));
    }
    return feature_at(t, m, ((size_t)y * t->in_w + x) * t->in_c);
}

/*
 * Packed pixels of an RK3576 have a byte of it for each channel.
 * In depthwise int8 the odd ones of the first 32 channels of each 64 are padded
 * with the second byte of PAD_CON1, all others with the first.
 */
static uint32_t pad_value(const RocketTask *t, unsigned c)
{
    if (t->pad_columns_zero) {
        return t->pad >> 8 * c;
    }
    if (t->depthwise && t->format == ROCKET_INT8 && c % 64 < 32 && c % 2) {
        return t->pad >> 8;
    }
    return t->pad;
}

static void fill_padding(const RocketTask *t, RocketScratch *m)
{
    unsigned channels = t->lanes ? t->lanes : t->in_c;
    unsigned c;

    for (c = 0; c < channels; c++) {
        uint8_t raw[sizeof(uint32_t)];
        void *to = feature_at(t, m, feature_count(t) + c);

        stl_le_p(raw, pad_value(t, c));
        if (t->is_float) {
            rocket_widen_float(t->format, to, raw, 1);
        } else if (t->format == ROCKET_INT4) {
            *(int16_t *)to = sextract32(t->pad, 0, 4);
        } else {
            rocket_widen_int(t->format, to, raw, 1);
        }
    }
}

/* All features under the kernel at one output pixel, tap after tap */
static const void *gather(const RocketTask *t, RocketScratch *m,
                          unsigned out_x, unsigned out_y)
{
    int x0 = (int)(out_x * t->stride_x) - (int)t->pad_left;
    int y0 = (int)(out_y * t->stride_y) - (int)t->pad_top;
    size_t len = t->in_c * rocket_npu_operand_size(t);
    uint8_t *to = m->patch;
    unsigned kx, ky;

    if (rocket_npu_taps(t) == 1 && t->in_c % ROCKET_DOT_UNIT == 0) {
        return pixel(t, m, x0, y0);
    }
    for (ky = 0; ky < t->k_h; ky++) {
        for (kx = 0; kx < t->k_w; kx++, to += len) {
            memcpy(to, pixel(t, m, x0 + (int)(kx * t->step_x),
                             y0 + (int)(ky * t->step_y)), len);
        }
    }
    return m->patch;
}

/* How many of the output channels from @first on the array works on */
static unsigned group_size(const RocketTask *t, unsigned first)
{
    unsigned have = t->depthwise ? t->in_c : t->kernels;

    return have > first ? MIN(have - first, t->group) : 0;
}

/* One kernel group in m->weights, widened and unpacked to m->kernels */
static void unpack(const RocketTask *t, RocketScratch *m, unsigned kernels)
{
    size_t count = (size_t)rocket_npu_taps(t) * t->in_c * kernels;
    size_t pitch = kernel_length(t);

    switch (t->layout) {
    case ROCKET_WEIGHTS_PACKED_ROWS:
        rocket_weights_packed_rows(m->kernels, pitch, t->in_c, m->weights,
                                   kernels, t->k_w, t->k_h);
        return;
    case ROCKET_WEIGHTS_PACKED_TAPS:
        rocket_weights_packed_taps(m->kernels, pitch, t->in_c, m->weights,
                                   kernels, rocket_npu_taps(t));
        return;
    case ROCKET_WEIGHTS_PAIRS:
        rocket_weights_pairs(m->kernels, t->in_c, m->weights,
                             rocket_npu_taps(t));
        return;
    default:
        break;
    }
    if (t->is_float) {
        rocket_widen_float(t->format, m->packed, m->weights, count);
    } else {
        rocket_widen_int(t->format, m->packed, m->weights, count);
    }
    rocket_unpack_kernels(m->kernels, m->packed, rocket_npu_operand_size(t),
                          kernels, rocket_npu_taps(t), t->in_c,
                          t->channel_group, pitch);
}

static RocketStep coroutine_fn load_weights(RocketNpuCore *s,
                                            const RocketTask *t,
                                            RocketScratch *m, unsigned first)
{
    unsigned count = group_size(t, first);
    RocketStep step;

    if (!count || (t->depthwise && first)) {
        return STEP_OK;
    }
    step = rocket_npu_fetch_weights(s, t, m, first);
    if (step != STEP_OK) {
        return step;
    }
    unpack(t, m, t->depthwise ? 1 : count);
    return STEP_OK;
}

static void convolve_pixel(const RocketTask *t, RocketScratch *m,
                           unsigned count, unsigned x, unsigned y,
                           RocketValue *acc)
{
    size_t len = kernel_length(t);
    const void *patch = gather(t, m, x, y);
    unsigned padded = ROUND_UP(count, ROCKET_DOT_KERNELS);
    int32_t features = 0;
    unsigned k;

    if (t->is_float) {
        rocket_dot_float(&acc->f, patch, m->kernels, padded, len);
        return;
    }
    rocket_dot_int(&acc->i, patch, m->kernels, padded, len);
    if (t->offset_weights) {
        features = rocket_sum_int(patch, len);
    }
    for (k = 0; k < count; k++) {
        acc[k].i = finish(t, acc[k].i, m->ow[k], features);
    }
}

static void depthwise_pixel(const RocketTask *t, RocketScratch *m,
                            unsigned first, unsigned count, unsigned x,
                            unsigned y, RocketValue *acc)
{
    int x0 = (int)(x * t->stride_x) - (int)t->pad_left;
    int y0 = (int)(y * t->stride_y) - (int)t->pad_top;
    int32_t sum[GROUP_MAX] = { 0 };
    size_t w = first;
    unsigned kx, ky, c;

    for (ky = 0; ky < t->k_h; ky++) {
        for (kx = 0; kx < t->k_w; kx++, w += t->in_c) {
            const void *f = pixel(t, m, x0 + (int)(kx * t->step_x),
                                  y0 + (int)(ky * t->step_y));

            if (t->is_float) {
                rocket_tap_float(&acc->f, (const float *)f + first,
                                 (const float *)m->kernels + w, count);
            } else {
                rocket_tap_int(&acc->i, sum, (const int16_t *)f + first,
                               (const int16_t *)m->kernels + w, count);
            }
        }
    }
    if (!t->is_float) {
        for (c = 0; c < count; c++) {
            acc[c].i = finish(t, acc[c].i, m->ow[c], sum[c]);
        }
    }
}

/* Some pixels of a block of rows, the first of which is row @y */
typedef struct PixelWork {
    const RocketTask *t;
    RocketScratch *m;
    unsigned first, count;      /* channels */
    unsigned y;
    unsigned from, to;          /* pixels, all rows of the block in turn */
} PixelWork;

static void convolve_pixels(void *opaque)
{
    const PixelWork *w = opaque;
    const RocketTask *t = w->t;
    unsigned i;

    for (i = w->from; i < w->to; i++) {
        RocketValue *acc = w->m->block + (size_t)i * t->group;
        unsigned x = i % t->out_w, y = w->y + i / t->out_w;

        memset(acc, 0, t->group * sizeof(*acc));
        if (t->depthwise) {
            depthwise_pixel(t, w->m, w->first, w->count, x, y, acc);
        } else if (w->count) {
            convolve_pixel(t, w->m, w->count, x, y, acc);
        }
    }
}

static uint64_t pixel_macs(const RocketTask *t, unsigned count)
{
    return (uint64_t)rocket_npu_taps(t) *
           (t->depthwise ? count : (uint64_t)t->in_c * count);
}

/* The sums of @rows rows from @y on */
static RocketStep coroutine_fn convolve_block(RocketNpuCore *s,
                                              const RocketTask *t,
                                              RocketScratch *m, unsigned first,
                                              unsigned y, unsigned rows)
{
    PixelWork w = {
        .t = t, .m = m, .first = first, .count = group_size(t, first), .y = y,
    };
    uint64_t macs = pixel_macs(t, w.count);
    unsigned pixels = rows * t->out_w;
    RocketStep step = STEP_OK;

    for (w.to = 0; w.to < pixels && step == STEP_OK;) {
        w.from = w.to;
        w.to += rocket_npu_slice(MAX(macs, 1), pixels - w.from);
        step = rocket_npu_compute(s, convolve_pixels, &w,
                                  (w.to - w.from) * macs);
        if (step == STEP_OK) {
            step = rocket_npu_spend(s, (w.to - w.from) * macs,
                                    (uint64_t)(w.to - w.from) * t->group);
        }
    }
    return step;
}

static unsigned block_rows(const RocketTask *t)
{
    return rocket_npu_block_rows(t, pixel_macs(t, t->group));
}

static void take_weight_offsets(const RocketTask *t, RocketScratch *m,
                                const RocketXOperands *bs)
{
    unsigned k;

    for (k = 0; k < t->group; k++) {
        m->ow[k] = t->bs.ow_memory ? bs->ow[k] : t->ow;
    }
}

static RocketStep coroutine_fn convolve_group(RocketNpuCore *s,
                                              const RocketTask *t,
                                              RocketScratch *m, unsigned first)
{
    RocketXOperands bs, bn;
    RocketStep step;
    unsigned y, rows, row;

    step = load_weights(s, t, m, first);
    if (step == STEP_OK) {
        step = rocket_npu_dpu_operands(s, t, first, &bs, &bn);
    }
    if (step == STEP_OK) {
        take_weight_offsets(t, m, &bs);
    }
    for (y = 0; y < t->out_h && step == STEP_OK; y += rows) {
        rows = MIN(block_rows(t), t->out_h - y);
        step = convolve_block(s, t, m, first, y, rows);
        if (step != STEP_OK) {
            break;
        }
        for (row = 0; row < rows; row++) {
            rocket_npu_leave_sums(s, t, m->block +
                                        (size_t)row * t->out_w * t->group);
        }
        step = rocket_npu_dpu_rows(s, t, m, &bs, &bn, first, y, rows);
    }
    return step;
}

static void scratch_alloc(const RocketTask *t, RocketScratch *m)
{
    size_t size = rocket_npu_operand_size(t);
    unsigned kernels = t->depthwise ? 1 : MIN(t->kernels, t->group);
    size_t weights = (size_t)rocket_npu_taps(t) * t->in_c * kernels;

    /* Packed pixels of int8 may be as long as a surface's. */
    m->line = g_malloc(rocket_npu_fetch_bytes(t));
    m->features = g_malloc0_n(feature_count(t) + 2 * t->in_c, size);
    m->weights = g_malloc(t->group_bytes);
    m->decoded = t->compressed ? g_malloc0(t->weight_bytes) : NULL;
    m->packed = g_malloc_n(weights, size);
    m->kernels = g_malloc0_n(kernel_length(t) *
                             ROUND_UP(kernels, ROCKET_DOT_KERNELS), size);
    m->patch = g_malloc0_n(kernel_length(t), size);
    rocket_npu_dpu_alloc(t, m, block_rows(t));
}

static void scratch_free(RocketScratch *m)
{
    g_free(m->line);
    g_free(m->features);
    g_free(m->weights);
    g_free(m->decoded);
    g_free(m->packed);
    g_free(m->kernels);
    g_free(m->patch);
    rocket_npu_dpu_free(m);
}

RocketStep coroutine_fn rocket_npu_convolve(RocketNpuCore *s,
                                            const RocketTask *t)
{
    RocketScratch m;
    RocketStep step;
    unsigned first;

    scratch_alloc(t, &m);
    fill_padding(t, &m);
    step = rocket_npu_fetch_features(s, t, &m);
    if (step == STEP_OK) {
        rocket_npu_widen_features(s, t, &m);
    }
    for (first = 0; first < t->out_c && step == STEP_OK; first += t->group) {
        step = convolve_group(s, t, &m, first);
    }
    scratch_free(&m);
    return step;
}
