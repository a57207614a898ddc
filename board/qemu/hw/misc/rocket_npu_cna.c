/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fetch of features and weights into the convolution buffer (CBUF).
 *
 * The buffer is a real one of 12 banks: a task that sets a reuse bit computes
 * with the bytes that it finds there, whoever left them.  Features grow from
 * bank 0 upwards, one row every row_pitch bytes.  Weights lie in the topmost
 * banks in the order of memory; more weights than fit go through these banks as
 * through a ring.  Where inside its banks the hardware puts a byte is not public;
 * a task that reuses with another geometry sees another mix of the old bytes.
 *
 * An entry holds four atoms.  A row has an entry of each pixel for each four
 * atoms of its channels, then what is left: four pixels to an entry where that is
 * one atom, two where it is two, and one where it is three.  So a row of three
 * atoms is as long as one of four; with fewer entries than that each row ends
 * in the next one, which overwrites it.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "rocket_npu_internal.h"
#include "rocket_npu_round.h"

uint8_t rocket_npu_converted(const RocketTask *t, const RocketCvt *cvt,
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
            line[i] = rocket_npu_converted(t, &t->cvts[set], line[i]);
        }
    }
}

/* Where the atom @i of pixel @x lies in its row, of @atoms atoms a pixel */
static size_t atom_offset(const RocketTask *t, unsigned atoms, unsigned x,
                          unsigned i)
{
    static const uint8_t pixels[] = { 1, 4, 2, 1 };     /* of a short entry */
    unsigned left = atoms % 4, short_pixels = pixels[left];
    size_t entry = (size_t)(i / 4) * t->in_w;

    if (i < atoms - left) {
        return (entry + x) * CBUF_ENTRY + i % 4 * FEATURE_ATOM;
    }
    return (entry + x / short_pixels) * CBUF_ENTRY +
           (x % short_pixels * left + i % 4) * FEATURE_ATOM;
}

/* Where row @y of the features begins; in a ring it may be before the one above. */
static size_t row_offset(const RocketTask *t, unsigned y)
{
    return t->data_base + (size_t)y * t->row_pitch;
}

/* What lies beyond the features' banks is not written, and wraps when read. */
static void cbuf_put(RocketNpuCore *s, const RocketTask *t, size_t offset,
                     const uint8_t *from, size_t len)
{
    if (t->data_ring) {
        offset %= t->data_ring;
    }
    if (offset < t->weight_base) {
        memcpy(s->cbuf + offset, from, MIN(len, t->weight_base - offset));
    }
}

static const uint8_t *cbuf_get(RocketNpuCore *s, const RocketTask *t,
                               size_t offset)
{
    return s->cbuf + offset % (t->data_ring ? t->data_ring : s->cbuf_bytes);
}

static size_t packed_line(const RocketTask *t)
{
    return (size_t)t->in_w * t->lanes * rocket_format_bits(t->format) / 8;
}

static unsigned surfaces(const RocketTask *t)
{
    return t->in_c / rocket_format_atom(t->format);
}

static RocketStep coroutine_fn fetch_packed(RocketNpuCore *s,
                                            const RocketTask *t,
                                            RocketScratch *m)
{
    size_t len = packed_line(t);
    unsigned y;

    for (y = t->rows_kept; y < t->in_h; y++) {
        RocketStep step;

        step = rocket_npu_dma_read(s, BANK_DATA,
                                   rocket_cube_at(&t->features, 0,
                                                  y - t->rows_kept),
                                   m->line, len);
        if (step != STEP_OK) {
            return step;
        }
        convert(t, m->line, len);
        cbuf_put(s, t, row_offset(t, y), m->line, len);
    }
    return STEP_OK;
}

/* Lines that are fetched at a time: what lies side by side, in some pages */
#define FETCH_BYTES     65536

size_t rocket_npu_fetch_bytes(const RocketTask *t)
{
    return MAX((size_t)t->in_w * FEATURE_ATOM, FETCH_BYTES);
}

/* Atom @g of @lines lines from @y on, in m->line, to its places in the buffer */
static void put_lines(RocketNpuCore *s, const RocketTask *t, RocketScratch *m,
                      unsigned g, unsigned y, unsigned lines)
{
    unsigned count = surfaces(t), x, i;
    const uint8_t *from = m->line;

    convert(t, m->line, (size_t)lines * t->in_w * FEATURE_ATOM);
    for (i = 0; i < lines; i++) {
        size_t row = row_offset(t, y + i);

        for (x = 0; x < t->in_w; x++, from += FEATURE_ATOM) {
            cbuf_put(s, t, row + atom_offset(t, count, x, g), from,
                     FEATURE_ATOM);
        }
    }
}

/*
 * One surface after the other where the lines of a surface lie side by side.
 * Each row overwrites what the one before put behind its end, so that this is not
 * for rows that do: see complain_buffer() in rocket_npu_task.c.
 */
static RocketStep coroutine_fn fetch_by_surface(RocketNpuCore *s,
                                                const RocketTask *t,
                                                RocketScratch *m)
{
    size_t len = (size_t)t->in_w * FEATURE_ATOM;
    unsigned most = MAX(FETCH_BYTES / len, 1), count = surfaces(t);
    unsigned g, y, lines;

    for (g = 0; g < count; g++) {
        for (y = t->rows_kept; y < t->in_h; y += lines) {
            RocketStep step;

            lines = MIN(most, t->in_h - y);
            step = rocket_npu_read_lines(s, &t->features, g,
                                         y - t->rows_kept, lines, len,
                                         m->line);
            if (step != STEP_OK) {
                return step;
            }
            put_lines(s, t, m, g, y, lines);
        }
    }
    return STEP_OK;
}

/* All atoms of a line at once where they lie side by side, as in a matrix */
static RocketStep coroutine_fn fetch_by_line(RocketNpuCore *s,
                                             const RocketTask *t,
                                             RocketScratch *m)
{
    size_t len = (size_t)t->in_w * FEATURE_ATOM;
    unsigned count = surfaces(t);
    bool whole = t->features.surf == (int64_t)len;
    unsigned most = whole ? MAX(FETCH_BYTES / len, 1) : 1;
    unsigned x, y, g, i, n;

    for (y = t->rows_kept; y < t->in_h; y++) {
        size_t row = row_offset(t, y);

        for (g = 0; g < count; g += n) {
            RocketStep step;

            n = MIN(most, count - g);
            step = rocket_npu_dma_read(s, BANK_DATA,
                                       rocket_cube_at(&t->features, g,
                                                      y - t->rows_kept),
                                       m->line, n * len);
            if (step != STEP_OK) {
                return step;
            }
            convert(t, m->line, n * len);
            for (i = 0; i < n; i++) {
                for (x = 0; x < t->in_w; x++) {
                    cbuf_put(s, t, row + atom_offset(t, count, x, g + i),
                             m->line + i * len + x * FEATURE_ATOM,
                             FEATURE_ATOM);
                }
            }
        }
    }
    return STEP_OK;
}

static RocketStep coroutine_fn fetch_surfaces(RocketNpuCore *s,
                                              const RocketTask *t,
                                              RocketScratch *m)
{
    bool contiguous = t->features.line == (int64_t)t->in_w * FEATURE_ATOM;

    return contiguous && !t->rows_overlap ? fetch_by_surface(s, t, m)
                                          : fetch_by_line(s, t, m);
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

static void widen(const RocketTask *t, void *to, size_t index,
                  const uint8_t *from, size_t count)
{
    if (t->is_float) {
        rocket_widen_float(t->format, (float *)to + index, from, count);
    } else {
        rocket_widen_int(t->format, (int16_t *)to + index, from, count);
    }
}

/* Channels that packed pixels do not have stay 0. */
static void widen_packed_row(RocketNpuCore *s, const RocketTask *t,
                             RocketScratch *m, unsigned y)
{
    size_t bytes = (size_t)t->lanes * rocket_format_bits(t->format) / 8;
    unsigned x;

    for (x = 0; x < t->in_w; x++) {
        uint8_t pixel[4 * sizeof(float)];
        size_t i;

        for (i = 0; i < bytes; i++) {
            pixel[i] = *cbuf_get(s, t, row_offset(t, y) + x * bytes + i);
        }
        widen(t, m->features, ((size_t)y * t->in_w + x) * t->in_c, pixel,
              t->lanes);
    }
}

static void widen_row(RocketNpuCore *s, const RocketTask *t, RocketScratch *m,
                      unsigned y)
{
    unsigned atom = rocket_format_atom(t->format);
    unsigned count = surfaces(t), x, i;

    for (x = 0; x < t->in_w; x++) {
        size_t pixel = ((size_t)y * t->in_w + x) * t->in_c;

        /* Atoms of one entry lie side by side. */
        for (i = 0; i < count; i += 4) {
            size_t offset = row_offset(t, y) + atom_offset(t, count, x, i);

            widen(t, m->features, pixel + i * atom, cbuf_get(s, t, offset),
                  MIN(count - i, 4) * atom);
        }
    }
}

void rocket_npu_widen_features(RocketNpuCore *s, const RocketTask *t,
                               RocketScratch *m)
{
    unsigned y;

    for (y = 0; y < t->in_h; y++) {
        if (t->lanes) {
            widen_packed_row(s, t, m, y);
        } else {
            widen_row(s, t, m, y);
        }
    }
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

/* All of them at once: a lane runs through all kernel groups. */
static RocketStep coroutine_fn decompress(RocketNpuCore *s,
                                          const RocketTask *t,
                                          RocketScratch *m)
{
    g_autofree uint8_t *raw = g_malloc(t->compressed_bytes);
    const uint8_t *lane = raw;
    RocketStep step;
    unsigned i;

    step = rocket_npu_dma_read(s, BANK_CODE, t->weight_addr, raw,
                               t->compressed_bytes);
    for (i = 0; i < ROCKET_DCOMP_LANES && step == STEP_OK; i++) {
        if (!rocket_dcomp_lane((int8_t *)m->decoded, t->kernels, t->in_c, i,
                               lane, t->lane_bytes[i])) {
            qemu_log_mask(LOG_GUEST_ERROR,
                          "rocket-npu%u: lane %u of compressed weights ends "
                          "too early\n", s->index, i);
        }
        lane += ROUND_UP(t->lane_bytes[i], ROCKET_DCOMP_ALIGN);
    }
    return step;
}

/* One group out of memory, or out of what was decompressed */
static RocketStep coroutine_fn read_weights(RocketNpuCore *s,
                                            const RocketTask *t,
                                            RocketScratch *m, size_t offset,
                                            size_t len)
{
    RocketStep step = STEP_OK;

    if (!t->compressed) {
        return rocket_npu_dma_read(s, BANK_CODE, t->weight_addr + offset,
                                   m->weights, len);
    }
    if (offset == 0) {
        step = decompress(s, t, m);
    }
    memcpy(m->weights, m->decoded + offset, len);
    return step;
}

RocketStep coroutine_fn rocket_npu_fetch_weights(RocketNpuCore *s,
                                                 const RocketTask *t,
                                                 RocketScratch *m,
                                                 unsigned first)
{
    size_t offset = t->depthwise ? 0 : t->kernel_bytes * first;
    size_t len = MIN(t->group_bytes, t->weight_bytes - offset);
    RocketStep step;

    if (t->weight_reuse) {
        if (first == 0) {
            s->stats->cbuf_reuses++;
        }
        ring_copy(s, t, offset, m->weights, len, false);
        return STEP_OK;
    }
    step = read_weights(s, t, m, offset, len);
    if (step != STEP_OK) {
        return step;
    }
    ring_copy(s, t, offset, m->weights, len, true);
    return STEP_OK;
}
