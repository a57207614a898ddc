/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output stage: bias (BS), second bias and factor (BN), element-wise operand and
 * table (EW), conversion, write.  Its input is the accumulator, or in flying mode
 * what MRDMA reads.
 *
 * Output lies as [channel / atom][y][x][atom], an atom being 16 bytes.  The array
 * brings out one group of kernels at a time; size_e surfaces of each are written.
 * Transposed output has the lanes outside, [channel % 4][channel / 16][y][x]
 * [channel / 4 % 4], with room for 64 channels.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "rocket_npu_internal.h"

/* Channels in one unit of BRDMA's interleaved operands, and its size */
#define MIXED_CHANNELS  8
#define MIXED_BYTES     64
#define MIXED_OW        32
#define MIXED_MUL       48
/* The same without what is added to each weight */
#define PLAIN_BYTES     48
#define PLAIN_MUL       32

/* Lanes of transposed output, and values of a pixel in one */
#define TURNED_LANES    4
#define TURNED_VALUES   4

/*
 * Where the kernel group lies that channel @c is of, and the channel's surface in it;
 * false if that surface is not written.
 */
static bool output_group(const RocketTask *t, unsigned c, RocketCube *cube,
                         unsigned *surface)
{
    unsigned atom = rocket_format_atom(t->out.format);
    unsigned surfaces = t->flying ? t->size_e : t->group / atom;
    unsigned g = c / atom;

    if (!t->size_e) {
        return false;
    }
    *cube = t->dst;
    cube->addr += g / surfaces * t->dst_pass;
    *surface = g % surfaces;
    return *surface < t->size_e;
}

/* The wide writer takes what comes of 16 channels for a pixel of its own. */
#define WIDE_CHANNELS   16

/* Memory has ALU operands alone, factors alone, or both and more in turns. */
static RocketStep coroutine_fn load_operands(RocketNpuCore *s,
                                             const RocketXStage *x,
                                             unsigned first, unsigned count,
                                             RocketXOperands *ops)
{
    bool all = x->data_use == RDMA_DATA_USE_ALL;
    bool mixed = x->data_use & RDMA_DATA_USE_ALU &&
                 x->data_use & RDMA_DATA_USE_MUL;
    size_t unit_bytes = all ? MIXED_BYTES : PLAIN_BYTES;
    size_t mul_at = !mixed ? 0 : all ? MIXED_MUL : PLAIN_MUL;
    size_t alu = sizeof(*ops->alu), mul = sizeof(*ops->mul);
    uint8_t raw[GROUP_MAX / MIXED_CHANNELS * MIXED_BYTES];
    RocketStep step;
    size_t each;
    unsigned c;

    for (c = 0; c < GROUP_MAX; c++) {
        ops->alu[c] = x->alu_operand;
        ops->mul[c] = x->mul_operand;
        ops->ow[c] = 0;
    }
    if (!x->alu_memory && !x->mul_memory && !x->ow_memory) {
        return STEP_OK;
    }
    each = mixed ? unit_bytes / MIXED_CHANNELS : x->alu_memory ? alu : mul;
    step = rocket_npu_dma_read(s, BANK_DATA, x->addr + first * each, raw,
                               count * each);
    if (step != STEP_OK) {
        return step;
    }
    for (c = 0; c < count; c++) {
        const uint8_t *unit = mixed ? raw + c / MIXED_CHANNELS * unit_bytes
                                    : raw;
        unsigned i = mixed ? c % MIXED_CHANNELS : c;

        if (x->alu_memory) {
            ops->alu[c] = ldl_le_p(unit + i * alu);
        }
        if (x->mul_memory) {
            ops->mul[c] = lduw_le_p(unit + mul_at + i * mul);
        }
        if (x->ow_memory) {
            ops->ow[c] = lduw_le_p(unit + MIXED_OW + i * mul);
        }
    }
    return STEP_OK;
}

RocketStep coroutine_fn rocket_npu_dpu_operands(RocketNpuCore *s,
                                                const RocketTask *t,
                                                unsigned first,
                                                RocketXOperands *bs,
                                                RocketXOperands *bn)
{
    /* Whole atoms of int8 and whole units of interleaved operands */
    unsigned count = ROUND_UP(MIN(t->out_c - first, t->group), FEATURE_ATOM);
    RocketStep step = load_operands(s, &t->bs, first, count, bs);

    if (step == STEP_OK) {
        step = load_operands(s, &t->bn, first, count, bn);
    }
    return step;
}

static void load_ew_pixel(const RocketEwStage *ew, RocketValue *to,
                          const uint8_t *from, unsigned count)
{
    unsigned c;

    rocket_load_values(ew->format, to, from, count);
    for (c = 0; c < count && ew->low_half; c++) {
        if (ew->is_float) {
            to[c].f = rocket_fp16_to_float(to[c].i);
        } else {
            to[c].i = (int16_t)to[c].i;
        }
    }
}

/* The operands that registers have for @count channels from @c on, to m->ew */
static void fill_ew(const RocketTask *t, RocketScratch *m, unsigned c,
                    unsigned count, size_t pixels)
{
    size_t x;
    unsigned i;

    for (x = 0; x < pixels; x++) {
        for (i = 0; i < count; i++) {
            m->ew[x * count + i] = t->ew.value[(c + i) / ROCKET_EW_CHANNELS %
                                               ROCKET_EW_VALUES];
        }
    }
}

/* The element-wise operand of @rows rows from channel @c on, to m->ew */
static RocketStep coroutine_fn load_ew(RocketNpuCore *s, const RocketTask *t,
                                       RocketScratch *m, unsigned c,
                                       unsigned count, unsigned y,
                                       unsigned rows)
{
    const RocketEwStage *ew = &t->ew;
    unsigned atom = rocket_format_atom(ew->format);
    unsigned lines = ew->per_pixel ? rows : 1;
    unsigned pixels = ew->per_pixel ? t->out_w : 1;
    size_t bytes = rocket_format_bits(ew->format) / 8;
    unsigned done, n;
    size_t x;

    for (done = 0; done < count; done += n) {
        unsigned g = (c + done) / atom, skip = (c + done) % atom;
        RocketStep step;

        step = rocket_npu_read_lines(s, &ew->cube[g % ew->readers],
                                     g / ew->readers, ew->per_pixel ? y : 0,
                                     lines, (size_t)pixels * FEATURE_ATOM,
                                     m->row);
        if (step != STEP_OK) {
            return step;
        }
        n = MIN(atom - skip, count - done);
        for (x = 0; x < (size_t)rows * t->out_w; x++) {
            const uint8_t *from = m->row + skip * bytes;

            from += ew->per_pixel ? x * FEATURE_ATOM : 0;
            load_ew_pixel(ew, m->ew + x * count + done, from, n);
        }
    }
    return STEP_OK;
}

/* The channels of one surface out of the group's */
static void take_channels(const RocketTask *t, RocketScratch *m, unsigned lane,
                          unsigned count, size_t pixels)
{
    size_t x;

    for (x = 0; x < pixels; x++) {
        memcpy(m->values + x * count, m->block + x * t->group + lane,
               count * sizeof(*m->block));
    }
}

static void run_stages(const RocketTask *t, RocketScratch *m,
                       const RocketXOperands *bs, const RocketXOperands *bn,
                       unsigned atom, size_t pixels)
{
    size_t count = pixels * atom;

    rocket_x_stage(&t->bs, bs, m->values, count, atom);
    rocket_x_stage(&t->bn, bn, m->values, count, atom);
    if (t->ew.enabled && !t->ew_dropped) {
        rocket_ew_stage(&t->ew, m->values, m->ew, count);
    }
    if (t->table) {
        rocket_lut_stage(&t->lut, t->is_float, m->values, count);
    }
    rocket_out_stage(&t->out, m->row, m->values, count);
}

/* Channels above the real ones in the last surface */
static void fill_extra(const RocketTask *t, RocketScratch *m, unsigned real,
                       unsigned atom, size_t pixels)
{
    size_t bytes = FEATURE_ATOM / atom, x;
    unsigned c;

    for (x = 0; x < pixels && real < atom; x++) {
        for (c = real; c < atom; c++) {
            uint8_t *to = m->row + x * FEATURE_ATOM + c * bytes;

            memset(to, 0, bytes);
            to[0] = t->extra;
            if (bytes > 1) {
                to[1] = t->extra >> 8;
            }
        }
    }
}

static void operands_at(const RocketXOperands *ops, unsigned lane,
                        unsigned atom, RocketXOperands *to)
{
    memcpy(to->alu, ops->alu + lane, atom * sizeof(*to->alu));
    memcpy(to->mul, ops->mul + lane, atom * sizeof(*to->mul));
}

/* @rows rows from @y on of the 16 channels from @first on, transposed */
static RocketStep coroutine_fn turned_rows(RocketNpuCore *s,
                                           const RocketTask *t,
                                           RocketScratch *m,
                                           const RocketXOperands *bs,
                                           const RocketXOperands *bn,
                                           unsigned first, unsigned y,
                                           unsigned rows)
{
    const size_t each = TURNED_VALUES * sizeof(int16_t);
    uint32_t plane = t->out_w * t->out_h * each;
    size_t pixels = (size_t)rows * t->out_w, x;
    unsigned lane, i;

    take_channels(t, m, 0, TRANSPOSED_GROUP, pixels);
    run_stages(t, m, bs, bn, TRANSPOSED_GROUP, pixels);
    for (lane = 0; lane < TURNED_LANES; lane++) {
        uint32_t place = lane * (GROUP_MAX / TRANSPOSED_GROUP) +
                         first / TRANSPOSED_GROUP;
        RocketStep step;

        for (x = 0; x < pixels; x++) {
            for (i = 0; i < TURNED_VALUES; i++) {
                memcpy(m->turned + x * each + i * sizeof(int16_t),
                       m->row + (x * TRANSPOSED_GROUP + i * TURNED_LANES +
                                 lane) * sizeof(int16_t), sizeof(int16_t));
            }
        }
        step = rocket_npu_dma_write(s, t->dst.addr + place * plane +
                                       y * t->out_w * each,
                                    m->turned, pixels * each);
        if (step != STEP_OK) {
            return step;
        }
    }
    return STEP_OK;
}

/*
 * The wide writer of the RK3576's sums: two atoms of every 16 channels of a pixel, and
 * these 16 in turns, as if each were a pixel.  So the group's pixels are twice as
 * many, and go on in the place of a next group.
 */
static RocketStep coroutine_fn wide_rows(RocketNpuCore *s, const RocketTask *t,
                                         RocketScratch *m,
                                         const RocketXOperands *bs,
                                         const RocketXOperands *bn,
                                         unsigned first, unsigned y,
                                         unsigned rows)
{
    unsigned atom = rocket_format_atom(t->out.format);
    unsigned blocks = t->group / WIDE_CHANNELS, lane;
    size_t all = (size_t)t->out_w * t->out_h;
    size_t pixels = (size_t)rows * t->out_w, x;

    for (lane = 0; lane < t->group && first + lane < t->out_c; lane += atom) {
        unsigned surface = lane % WIDE_CHANNELS / atom;
        RocketXOperands bs_lane, bn_lane;

        if (surface >= t->size_e) {
            continue;
        }
        take_channels(t, m, lane, atom, pixels);
        operands_at(bs, lane, atom, &bs_lane);
        operands_at(bn, lane, atom, &bn_lane);
        run_stages(t, m, &bs_lane, &bn_lane, atom, pixels);
        for (x = 0; x < pixels; x++) {
            size_t place = (y * t->out_w + x) * blocks + lane / WIDE_CHANNELS;
            unsigned pass = first / t->group * blocks + place / all;
            RocketStep step;

            step = rocket_npu_dma_write(s, t->dst.addr + pass * t->dst_pass +
                                           surface * t->dst.surf +
                                           place % all * FEATURE_ATOM,
                                        m->row + x * FEATURE_ATOM,
                                        FEATURE_ATOM);
            if (step != STEP_OK) {
                return step;
            }
        }
    }
    return STEP_OK;
}

RocketStep coroutine_fn rocket_npu_dpu_rows(RocketNpuCore *s,
                                            const RocketTask *t,
                                            RocketScratch *m,
                                            const RocketXOperands *bs,
                                            const RocketXOperands *bn,
                                            unsigned first, unsigned y,
                                            unsigned rows)
{
    unsigned atom = rocket_format_atom(t->out.format);
    size_t pixels = (size_t)rows * t->out_w;
    unsigned lane;

    if (t->transposed) {
        return turned_rows(s, t, m, bs, bn, first, y, rows);
    }
    if (t->out_wide) {
        return wide_rows(s, t, m, bs, bn, first, y, rows);
    }
    for (lane = 0; lane < t->group && first + lane < t->out_c; lane += atom) {
        RocketXOperands bs_lane, bn_lane;
        RocketStep step = STEP_OK;
        unsigned surface;
        RocketCube cube;

        if (!output_group(t, first + lane, &cube, &surface)) {
            continue;
        }
        if (t->ew.op && t->ew.registers) {
            fill_ew(t, m, first + lane, atom, pixels);
        } else if (t->ew.op) {
            step = load_ew(s, t, m, first + lane, atom, y, rows);
        }
        if (step != STEP_OK) {
            return step;
        }
        take_channels(t, m, lane, atom, pixels);
        operands_at(bs, lane, atom, &bs_lane);
        operands_at(bn, lane, atom, &bn_lane);
        run_stages(t, m, &bs_lane, &bn_lane, atom, pixels);
        fill_extra(t, m, MIN(t->out_c - first - lane, atom), atom, pixels);
        step = rocket_npu_write_lines(s, &cube, surface, y, rows,
                                      (size_t)t->out_w * FEATURE_ATOM, m->row);
        if (step != STEP_OK) {
            return step;
        }
    }
    return STEP_OK;
}

unsigned rocket_npu_block_rows(const RocketTask *t, uint64_t macs)
{
    uint64_t pixel = macs + (uint64_t)t->group * VALUE_COST;

    return rocket_npu_slice(pixel * t->out_w, t->out_h);
}

void rocket_npu_dpu_alloc(const RocketTask *t, RocketScratch *m, unsigned rows)
{
    size_t pixels = (size_t)rows * t->out_w;

    m->block = g_new0(RocketValue, pixels * t->group);
    m->values = g_new(RocketValue, pixels * FEATURE_ATOM);
    m->ew = g_new0(RocketValue, pixels * FEATURE_ATOM);
    m->row = g_malloc(pixels * TRANSPOSED_GROUP * sizeof(int16_t));
    m->turned = g_malloc(pixels * FEATURE_ATOM);
}

void rocket_npu_dpu_free(RocketScratch *m)
{
    g_free(m->block);
    g_free(m->values);
    g_free(m->ew);
    g_free(m->row);
    g_free(m->turned);
}

/* @rows rows of the group from channel @first on, from memory to m->block */
static RocketStep coroutine_fn load_main(RocketNpuCore *s, const RocketTask *t,
                                         RocketScratch *m, unsigned first,
                                         unsigned y, unsigned rows)
{
    unsigned atom = rocket_format_atom(t->main_format);
    unsigned lane;
    size_t x;

    if (t->main_dead) {
        memset(m->block, 0, (size_t)rows * t->out_w * t->group *
                            sizeof(*m->block));
        return STEP_OK;
    }
    for (lane = 0; lane < t->group && first + lane < t->out_c; lane += atom) {
        RocketStep step;

        step = rocket_npu_read_lines(s, &t->main, (first + lane) / atom, y,
                                     rows, (size_t)t->out_w * FEATURE_ATOM,
                                     m->row);
        if (step != STEP_OK) {
            return step;
        }
        for (x = 0; x < (size_t)rows * t->out_w; x++) {
            rocket_load_values(t->main_format,
                               m->block + x * t->group + lane,
                               m->row + x * FEATURE_ATOM, atom);
        }
    }
    return STEP_OK;
}

static RocketStep coroutine_fn fly_rows(RocketNpuCore *s, const RocketTask *t,
                                        RocketScratch *m,
                                        const RocketXOperands *bs,
                                        const RocketXOperands *bn,
                                        unsigned first, unsigned y,
                                        unsigned rows)
{
    RocketStep step = load_main(s, t, m, first, y, rows);

    if (step == STEP_OK) {
        step = rocket_npu_dpu_rows(s, t, m, bs, bn, first, y, rows);
    }
    if (step == STEP_OK) {
        step = rocket_npu_spend(s, 0, (uint64_t)rows * t->out_w * t->group);
    }
    return step;
}

RocketStep coroutine_fn rocket_npu_dpu_fly(RocketNpuCore *s,
                                           const RocketTask *t)
{
    unsigned block = rocket_npu_block_rows(t, 0);
    RocketXOperands bs, bn;
    RocketStep step = STEP_OK;
    RocketScratch m;
    unsigned first, y;

    rocket_npu_dpu_alloc(t, &m, block);
    for (first = 0; first < t->out_c && step == STEP_OK; first += t->group) {
        step = rocket_npu_dpu_operands(s, t, first, &bs, &bn);
        for (y = 0; y < t->out_h && step == STEP_OK; y += block) {
            step = fly_rows(s, t, &m, &bs, &bn, first, y,
                            MIN(block, t->out_h - y));
        }
    }
    rocket_npu_dpu_free(&m);
    return step;
}
