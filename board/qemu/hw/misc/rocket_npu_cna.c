/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fetch of features and weights into the convolution buffer (CBUF).
 *
 * The buffer is a real one of 12 banks: a task that sets a reuse bit computes
 * with the bytes that it finds there, whoever left them.  Features grow from
 * bank 0 upwards, one row every row_pitch bytes, pixel after pixel with all
 * channels of a pixel together.  Weights lie in the topmost banks in the order
 * of memory; more weights than fit go through these banks as through a ring.
 * Where inside its banks the hardware puts a byte is not public; a task that
 * reuses with another geometry sees another mix of the old bytes there.
 */
#include "qemu/osdep.h"
#include "rocket_npu_internal.h"
#include "rocket_npu_round.h"

static uint8_t convert_one(const RocketTask *t, const RocketCvt *cvt,
                           uint8_t byte)
{
    int32_t value = t->cvt_signed ? (int8_t)byte : byte;

    if (t->cvt_add_first) {
        value = rocket_round_shift((int64_t)(value + cvt->offset) * cvt->scale,
                                   cvt->truncate, t->cvt_half_away);
    } else {
        value = rocket_round_shift((int64_t)value * cvt->scale, cvt->truncate,
                                   t->cvt_half_away) + cvt->offset;
    }
    return rocket_sat8(value);
}

/*
 * The converter has 16 lanes, which CVT_CON5 switches one by one, and four
 * sets of operands.  With packed pixels lane and operands follow the channel
 * of the byte, else the byte's place in its atom.
 */
static void convert(const RocketTask *t, uint8_t *line, size_t len)
{
    size_t i;

    if (!t->cvt || !t->cvt_lanes) {
        return;
    }
    for (i = 0; i < len; i++) {
        unsigned lane = i % FEATURE_ATOM;
        unsigned set = t->lanes ? i % t->lanes : i % ARRAY_SIZE(t->cvts);

        if (t->cvt_lanes & BIT(lane)) {
            line[i] = convert_one(t, &t->cvts[set], line[i]);
        }
    }
}

static RocketStep coroutine_fn fetch_packed(RocketNpuCore *s,
                                            const RocketTask *t,
                                            RocketScratch *m)
{
    size_t len = (size_t)t->in_w * t->lanes;
    unsigned y;

    for (y = 0; y < t->in_h; y++) {
        RocketStep step;

        step = rocket_npu_dma_read(s, BANK_DATA,
                                   t->feature_addr + y * t->line_stride,
                                   m->line, len);
        if (step != STEP_OK) {
            return step;
        }
        convert(t, m->line, len);
        memcpy(s->cbuf + (size_t)y * t->row_pitch, m->line, len);
    }
    return STEP_OK;
}

static RocketStep coroutine_fn fetch_surfaces(RocketNpuCore *s,
                                              const RocketTask *t,
                                              RocketScratch *m)
{
    size_t len = (size_t)t->in_w * FEATURE_ATOM;
    unsigned surfaces = t->in_c / FEATURE_ATOM;
    unsigned x, y, g;

    for (y = 0; y < t->in_h; y++) {
        for (g = 0; g < surfaces; g++) {
            uint8_t *to = s->cbuf + (size_t)y * t->row_pitch +
                          g * FEATURE_ATOM;
            RocketStep step;

            step = rocket_npu_dma_read(s, BANK_DATA,
                                       t->feature_addr + y * t->line_stride +
                                       g * t->surf_stride,
                                       m->line, len);
            if (step != STEP_OK) {
                return step;
            }
            convert(t, m->line, len);
            for (x = 0; x < t->in_w; x++) {
                memcpy(to, m->line + x * FEATURE_ATOM, FEATURE_ATOM);
                to += t->in_c;
            }
        }
    }
    return STEP_OK;
}

RocketStep coroutine_fn rocket_npu_fetch_features(RocketNpuCore *s,
                                                  const RocketTask *t,
                                                  RocketScratch *m)
{
    if (t->data_reuse) {
        s->stats->cbuf_reuses++;
        return STEP_OK;
    }
    return t->lanes ? fetch_packed(s, t, m) : fetch_surfaces(s, t, m);
}

/* Copy between a linear buffer and the ring that the weights live in. */
static void ring_copy(RocketNpuCore *s, const RocketTask *t, size_t offset,
                      uint8_t *buf, size_t len, bool to_ring)
{
    while (len) {
        size_t at = offset % t->weight_ring;
        size_t now = MIN(len, t->weight_ring - at);
        uint8_t *ring = s->cbuf + t->weight_base + at;

        if (to_ring) {
            memcpy(ring, buf, now);
        } else {
            memcpy(buf, ring, now);
        }
        offset += now;
        buf += now;
        len -= now;
    }
}

RocketStep coroutine_fn rocket_npu_fetch_weights(RocketNpuCore *s,
                                                 const RocketTask *t,
                                                 RocketScratch *m,
                                                 unsigned first)
{
    size_t kernel = (size_t)rocket_npu_taps(t) * t->in_c;
    size_t offset = t->depthwise ? 0 : kernel * first;
    size_t len = MIN(t->group_bytes, t->weight_bytes - offset);
    RocketStep step;

    if (t->weight_reuse) {
        if (first == 0) {
            s->stats->cbuf_reuses++;
        }
        ring_copy(s, t, offset, m->weights, len, false);
        return STEP_OK;
    }
    step = rocket_npu_dma_read(s, BANK_CODE, t->weight_addr + offset,
                               m->weights, len);
    if (step != STEP_OK) {
        return step;
    }
    ring_copy(s, t, offset, m->weights, len, true);
    return STEP_OK;
}
