/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output stage: bias (BS), second bias and factor (BN), element-wise operand
 * (EW), conversion to int8, write.
 *
 * Output lies as [channel / 16][y][x][16].  Values between the stages saturate
 * at 32 bits.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "rocket_npu_internal.h"
#include "rocket_npu_round.h"

/* Address of row y of surface g; addresses wrap at 4 GiB. */
static uint32_t output_addr(const RocketTask *t, unsigned g, unsigned y)
{
    return t->dst_addr + g / t->pass_surfaces * t->dst_pass +
           g % t->pass_surfaces * t->dst_surf + y * t->dst_line;
}

static uint32_t operand_addr(const RocketEwStage *ew, unsigned g, unsigned y)
{
    unsigned reader = g % ew->readers;

    return ew->base[reader] + g / ew->readers * ew->step[reader] +
           y * ew->line;
}

/* Operands of up to 32 channels; memory has one int32 per channel. */
static RocketStep coroutine_fn load_operands(RocketNpuCore *s,
                                             const RocketTask *t,
                                             const RocketXStage *x,
                                             unsigned first, int32_t *ops)
{
    unsigned count = ROUND_UP(MIN(t->out_c - first, KERNEL_GROUP),
                              FEATURE_ATOM);
    RocketStep step;
    unsigned c;

    for (c = 0; c < KERNEL_GROUP; c++) {
        ops[c] = x->alu_operand;
    }
    if (!x->alu || !x->alu_memory) {
        return STEP_OK;
    }
    step = rocket_npu_dma_read(s, BANK_DATA, x->addr + first * sizeof(*ops),
                               ops, count * sizeof(*ops));
    for (c = 0; c < count; c++) {
        ops[c] = le32_to_cpu(ops[c]);
    }
    return step;
}

RocketStep coroutine_fn rocket_npu_dpu_operands(RocketNpuCore *s,
                                                const RocketTask *t,
                                                unsigned first,
                                                RocketOperands *ops)
{
    RocketStep step = load_operands(s, t, &t->bs, first, ops->bs);

    if (step == STEP_OK) {
        step = load_operands(s, t, &t->bn, first, ops->bn);
    }
    return step;
}

static int32_t relu(int32_t v, bool relu, bool relux, int32_t max)
{
    if (!relu) {
        return v;
    }
    v = MAX(v, 0);
    return relux ? MIN(v, max) : v;
}

/* The product is kept wide; its sign chooses the shift. */
static int32_t multiply(int32_t v, int32_t factor, unsigned shift,
                        unsigned shift_neg)
{
    int64_t product = (int64_t)v * factor;

    return rocket_sat32(rocket_round_shift(product,
                                           product < 0 ? shift_neg : shift,
                                           false));
}

static int32_t x_stage(const RocketXStage *x, int32_t v, int32_t operand)
{
    if (x->alu) {
        v = rocket_sat32(x->alu_minus ? (int64_t)v - operand
                                      : (int64_t)v + operand);
    }
    if (x->mul && (v < 0 || !x->mul_prelu)) {
        v = multiply(v, x->mul_operand, x->mul_shift, x->mul_shift_neg);
    }
    return relu(v, x->relu, x->relux, x->relux_max);
}

static int32_t ew_convert(const RocketEwStage *ew, int8_t e)
{
    if (!ew->cvt) {
        return e;
    }
    if (ew->cvt_add_first) {
        return rocket_sat32(
            rocket_round_shift(((int64_t)e + ew->cvt_offset) * ew->cvt_scale,
                               ew->cvt_shift, ew->cvt_half_away));
    }
    return rocket_sat32(rocket_round_shift((int64_t)e * ew->cvt_scale,
                                           ew->cvt_shift, ew->cvt_half_away) +
                        ew->cvt_offset);
}

static int32_t ew_operate(const RocketEwStage *ew, int32_t v, int32_t e)
{
    if (ew->mul) {
        if (ew->mul_prelu && v >= 0) {
            return v;
        }
        return multiply(v, e, ew->truncate, ew->truncate_neg);
    }
    switch (ew->algo) {
    case DPU_ALGO_MAX:
        return MAX(v, e);
    case DPU_ALGO_MIN:
        return MIN(v, e);
    case DPU_ALGO_MINUS:
        return rocket_sat32((int64_t)v - e);
    default:
        return rocket_sat32((int64_t)v + e);
    }
}

static int32_t ew_stage(const RocketEwStage *ew, int32_t v, int8_t e)
{
    if (ew->op) {
        v = ew_operate(ew, v, ew_convert(ew, e));
    }
    return relu(v, ew->relu, ew->relux, ew->relux_max);
}

/*
 * CVT_TYPE, which the manual says puts the offset before the factor, has no
 * effect on integers: silicon adds the offset last either way.
 */
static int8_t out_convert(const RocketTask *t, int32_t v)
{
    return rocket_sat8(rocket_round_shift((int64_t)v * t->out_scale,
                                          t->out_shift, t->out_half_away) +
                       t->out_offset);
}

/* One output row of one surface, from the sums in m->acc to m->out */
static void surface_row(const RocketTask *t, RocketScratch *m,
                        const RocketOperands *ops, unsigned first,
                        unsigned lane)
{
    unsigned real = MIN(t->out_c - first - lane, FEATURE_ATOM);
    unsigned x, c;

    for (x = 0; x < t->out_w; x++) {
        const int32_t *acc = m->acc + (size_t)x * KERNEL_GROUP + lane;
        int8_t *out = m->out + (size_t)x * FEATURE_ATOM;
        const int8_t *e = m->ew + (size_t)x * FEATURE_ATOM;

        for (c = 0; c < real; c++) {
            int32_t v = x_stage(&t->bs, acc[c], ops->bs[lane + c]);

            v = x_stage(&t->bn, v, ops->bn[lane + c]);
            if (t->ew.enabled) {
                v = ew_stage(&t->ew, v, e[c]);
            }
            out[c] = out_convert(t, v);
        }
        for (; c < FEATURE_ATOM; c++) {
            out[c] = t->extra;
        }
    }
}

RocketStep coroutine_fn rocket_npu_dpu_row(RocketNpuCore *s,
                                           const RocketTask *t,
                                           RocketScratch *m,
                                           const RocketOperands *ops,
                                           unsigned first, unsigned y)
{
    size_t len = (size_t)t->out_w * FEATURE_ATOM;
    unsigned lane;

    for (lane = 0; lane < KERNEL_GROUP && first + lane < t->out_c;
         lane += FEATURE_ATOM) {
        unsigned g = (first + lane) / FEATURE_ATOM;
        RocketStep step;

        memset(m->ew, 0, len);
        if (t->ew.op) {
            step = rocket_npu_dma_read(s, BANK_DATA,
                                       operand_addr(&t->ew, g, y), m->ew, len);
            if (step != STEP_OK) {
                return step;
            }
        }
        surface_row(t, m, ops, first, lane);
        step = rocket_npu_dma_write(s, BANK_DATA, output_addr(t, g, y), m->out,
                                    len);
        if (step != STEP_OK) {
            return step;
        }
    }
    return STEP_OK;
}
