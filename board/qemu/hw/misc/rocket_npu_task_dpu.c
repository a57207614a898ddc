/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the registers of DPU and DPU_RDMA to the output stage's part of a task,
 * or to a whole one where they work without the convolution pipeline.  All that
 * is behind this file is checked, as in rocket_npu_task.c.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "rocket_npu_exec.h"

/* Output channels at a time of a task that has no array */
#define FLYING_GROUP        32
#define FLYING_MAX_VALUES   (1ULL << 28)

static bool rdma_enabled(RocketNpuCore *s)
{
    return s->task_blocks & BIT(ROCKET_BLOCK_RDMA);
}

/* What a task of either kind cannot do */
static const char *describe_modes(RocketNpuCore *s)
{
    if (GET(s, DPU_FEATURE_MODE_CFG, NONALIGN) ||
        GET(s, DPU_FEATURE_MODE_CFG, RGP_TYPE) ||
        GET(s, DPU_FEATURE_MODE_CFG, TP_EN) ||
        GET(s, DPU_DATA_FORMAT, MC_SURF_OUT) ||
        GET(s, DPU_DATA_CUBE_HEIGHT, MINMAX_CTL) ||
        GET(s, DPU_BS_OW_CFG, RGP_CNTER)) {
        return REFUSE(s, "unaligned, regrouping, multi-surface and min-max "
                         "modes of the DPU, and transposing by TP_EN, are not "
                         "modelled",
                         A_DPU_FEATURE_MODE_CFG, A_DPU_DATA_FORMAT,
                         A_DPU_DATA_CUBE_HEIGHT, A_DPU_BS_OW_CFG);
    }
    if (GET(s, DPU_FEATURE_MODE_CFG, OUTPUT_MODE) != 2) {
        return REFUSE(s, "the DPU's output does not go to memory alone",
                         A_DPU_FEATURE_MODE_CFG);
    }
    return NULL;
}

static const char *describe_format(RocketNpuCore *s, RocketTask *t)
{
    RocketFormat in = GET(s, DPU_DATA_FORMAT, IN_PRECISION);
    RocketFormat proc = GET(s, DPU_DATA_FORMAT, PROC_PRECISION);

    t->out.format = GET(s, DPU_DATA_FORMAT, OUT_PRECISION);
    if (in == ROCKET_TF32 || proc == ROCKET_TF32 ||
        t->out.format == ROCKET_TF32 || t->out.format == ROCKET_INT4) {
        return REFUSE(s, "a precision that the DPU does not have",
                         A_DPU_DATA_FORMAT);
    }
    if (rocket_format_is_float(in) != rocket_format_is_float(proc)) {
        return REFUSE(s, "integers and floats mixed",
                         A_DPU_DATA_FORMAT);
    }
    if (t->flying) {
        t->is_float = rocket_format_is_float(proc);
        t->main_format = in;
    } else if (t->is_float != rocket_format_is_float(proc)) {
        return REFUSE(s, "CORE and DPU disagree about integers or floats",
                         A_DPU_DATA_FORMAT, A_CORE_MISC_CFG);
    }
    return NULL;
}

/*
 * Somebody found out where each value of an int16 product goes, with one setting
 * of all other registers.  What it has to do with these is not known.
 */
static const char *describe_transposed(RocketNpuCore *s, RocketTask *t)
{
    t->transposed = GET(s, DPU_BS_OW_CFG, TP_ORG_EN);
    if (!t->transposed) {
        return NULL;
    }
    if (t->flying || t->format != ROCKET_INT16 ||
        t->out.format != ROCKET_INT32 || t->group != TRANSPOSED_GROUP ||
        t->out_c % TRANSPOSED_GROUP || t->out_c > TRANSPOSED_CHANNELS ||
        !GET(s, DPU_WDMA_SIZE_0, TP_PRECISION) ||
        GET(s, DPU_WDMA_SIZE_0, SIZE_C) || !GET(s, DPU_EW_CFG, BYPASS)) {
        return REFUSE(s, "TP_ORG_EN is known of products of int16 alone, with "
                         "TP_PRECISION and 16 or 32 kernels",
                         A_DPU_BS_OW_CFG, A_DPU_DATA_FORMAT, A_DPU_WDMA_SIZE_0,
                         A_DPU_DATA_CUBE_CHANNEL, A_DPU_EW_CFG);
    }
    /* It narrows, whatever the format says. */
    t->out.format = ROCKET_INT16;
    return NULL;
}

static const char *describe_output(RocketNpuCore *s, RocketTask *t)
{
    const char *refused = describe_modes(s);

    if (!refused) {
        refused = describe_format(s, t);
    }
    if (!refused) {
        refused = describe_transposed(s, t);
    }
    if (refused) {
        return refused;
    }
    t->dst.addr = rocket_npu_dma_base(s) + REG(s, DPU_DST_BASE_ADDR);
    t->dst.line = (t->out_w + GET(s, DPU_DATA_CUBE_NOTCH_ADDR, NOTCH_0)) *
                  (int64_t)FEATURE_ATOM;
    t->dst.surf = REG(s, DPU_DST_SURF_STRIDE);
    t->dst_pass = REG(s, DPU_SURFACE_ADD);
    t->size_e = GET(s, DPU_BS_OW_CFG, SIZE_E_0) + 1;
    t->extra = REG(s, DPU_OFFSET_PEND);
    t->out.is_float = t->is_float;
    t->out.scale = GET(s, DPU_OUT_CVT_SCALE, SCALE);
    if (!REG(s, DPU_OUT_CVT_SCALE)) {
        t->out.scale = 1;
    }
    t->out.offset = REG(s, DPU_OUT_CVT_OFFSET);
    t->out.shift = GET(s, DPU_OUT_CVT_SHIFT, SHIFT);
    t->out.minus_exp = GET(s, DPU_OUT_CVT_SHIFT, MINUS_EXP);
    t->out.cvt_type = GET(s, DPU_OUT_CVT_SHIFT, CVT_TYPE);
    t->out.half_away = GET(s, DPU_OUT_CVT_SHIFT, CVT_ROUND);
    return NULL;
}

static const char *describe_x_memory(RocketNpuCore *s, const RocketXStage *x)
{
    if (!rdma_enabled(s)) {
        return REFUSE(s, "operands from memory, but DPU_RDMA is not enabled",
                         A_DPU_BS_CFG, A_DPU_BN_CFG);
    }
    if (x->data_use == RDMA_DATA_USE_ALL ||
        (x->data_use == RDMA_DATA_USE_ALU && !x->mul_memory) ||
        (x->data_use == RDMA_DATA_USE_MUL && !x->alu_memory)) {
        return NULL;
    }
    return REFUSE(s, "operands of BS or BN from memory in an order that is "
                     "not modelled",
                     A_RDMA_BRDMA_CFG, A_RDMA_NRDMA_CFG, A_DPU_BS_CFG,
                     A_DPU_BN_CFG);
}

/*
 * The fields of BS and BN, whose registers lie alike.  As they are after a reset
 * the stage does nothing, though the manual's words make it a multiplication by
 * zero: fp16 streams that leave them so give right results on silicon.
 */
static const char *describe_x(RocketNpuCore *s, RocketXStage *x, uint32_t first,
                              unsigned shift_neg, unsigned data_use,
                              uint32_t addr)
{
    uint32_t cfg = rocket_npu_exec_reg(s, first);
    uint32_t mul = rocket_npu_exec_reg(s, first + 8);
    unsigned algo = FIELD_EX32(cfg, DPU_X_CFG, ALU_ALGO);

    if (FIELD_EX32(cfg, DPU_X_CFG, BYPASS) ||
        (!cfg && !mul && !rocket_npu_exec_reg(s, first + 4))) {
        return NULL;
    }
    x->alu = !FIELD_EX32(cfg, DPU_X_CFG, ALU_BYPASS);
    x->alu_minus = algo == DPU_ALGO_MINUS;
    x->alu_memory = x->alu && FIELD_EX32(cfg, DPU_X_CFG, ALU_SRC);
    x->alu_operand = rocket_npu_exec_reg(s, first + 4);
    x->mul = !FIELD_EX32(cfg, DPU_X_CFG, MUL_BYPASS);
    x->mul_prelu = FIELD_EX32(cfg, DPU_X_CFG, MUL_PRELU);
    x->mul_memory = x->mul && FIELD_EX32(mul, DPU_X_MUL_CFG, MUL_SRC);
    x->mul_operand = FIELD_EX32(mul, DPU_X_MUL_CFG, OPERAND);
    x->mul_shift = FIELD_EX32(mul, DPU_X_MUL_CFG, SHIFT);
    x->mul_shift_neg = shift_neg;
    x->relu = !FIELD_EX32(cfg, DPU_X_CFG, RELU_BYPASS);
    x->relux = FIELD_EX32(cfg, DPU_X_CFG, RELUX_EN);
    x->relux_max = rocket_npu_exec_reg(s, first + 12);
    x->data_use = data_use;
    x->addr = addr;

    if (x->alu && algo != DPU_ALGO_ADD && algo != DPU_ALGO_MINUS) {
        return REFUSE(s, "reserved ALU operation of BS or BN",
                         A_DPU_BS_CFG, A_DPU_BN_CFG);
    }
    if (x->mul && FIELD_EX32(mul, DPU_X_MUL_CFG, TRUNCATE_SRC)) {
        return REFUSE(s, "shifts of BS or BN from memory are not modelled",
                         A_DPU_BS_MUL_CFG, A_DPU_BN_MUL_CFG);
    }
    return x->alu_memory || x->mul_memory ? describe_x_memory(s, x) : NULL;
}

/* BN multiplies first (measured for floats), BS adds first. */
static const char *describe_stages(RocketNpuCore *s, RocketTask *t)
{
    uint32_t base = rocket_npu_dma_base(s);
    const char *refused;

    t->bs.is_float = t->bn.is_float = t->is_float;
    t->bn.mul_first = true;
    refused = describe_x(s, &t->bs, A_DPU_BS_CFG,
                         GET(s, DPU_DATA_FORMAT, BS_MUL_SHIFT_NEG),
                         GET(s, RDMA_BRDMA_CFG, DATA_USE),
                         base + REG(s, RDMA_BS_BASE_ADDR));
    if (!refused) {
        refused = describe_x(s, &t->bn, A_DPU_BN_CFG,
                             GET(s, DPU_DATA_FORMAT, BN_MUL_SHIFT_NEG),
                             GET(s, RDMA_NRDMA_CFG, DATA_USE),
                             base + REG(s, RDMA_BN_BASE_ADDR));
    }
    if (!refused && t->bs.ow_memory &&
        (!rdma_enabled(s) || t->bs.data_use != RDMA_DATA_USE_ALL)) {
        refused = REFUSE(s, "a weight offset for each channel from memory, but "
                            "BRDMA does not bring it",
                            A_DPU_BS_OW_CFG, A_RDMA_BRDMA_CFG, A_DPU_BS_CFG);
    }
    return refused;
}

static const char *describe_rdma(RocketNpuCore *s, RocketTask *t)
{
    bool flying = GET(s, RDMA_FEATURE_MODE_CFG, FLYING_MODE);

    if (!rdma_enabled(s)) {
        return NULL;
    }
    if (GET(s, RDMA_FEATURE_MODE_CFG, CONV_MODE) !=
        (t->depthwise ? CONV_MODE_DEPTHWISE : 0) ||
        GET(s, RDMA_DATA_CUBE_WIDTH, WIDTH) + 1 != t->out_w ||
        GET(s, RDMA_DATA_CUBE_HEIGHT, HEIGHT) + 1 != t->out_h) {
        return REFUSE(s, "DPU and DPU_RDMA disagree about mode or size",
                         A_RDMA_FEATURE_MODE_CFG, A_RDMA_DATA_CUBE_WIDTH,
                         A_RDMA_DATA_CUBE_HEIGHT, A_DPU_DATA_CUBE_WIDTH,
                         A_DPU_DATA_CUBE_HEIGHT);
    }
    if (flying != t->flying) {
        return REFUSE(s, "DPU and DPU_RDMA disagree about flying mode",
                         A_RDMA_FEATURE_MODE_CFG, A_DPU_FEATURE_MODE_CFG);
    }
    if (GET(s, RDMA_SRC_DMA_CFG, UNPOOLING_EN)) {
        return REFUSE(s, "unpooling of DPU_RDMA is not modelled",
                         A_RDMA_SRC_DMA_CFG);
    }
    return NULL;
}

/* Format of the element-wise operand in memory */
static const char *describe_ew_format(RocketNpuCore *s, RocketTask *t)
{
    static const RocketFormat integers[] = {
        ROCKET_INT4, ROCKET_INT8, ROCKET_INT16, ROCKET_INT32,
    };
    unsigned size = GET(s, DPU_EW_CFG, EDATA_SIZE);
    bool bf16 = GET(s, DPU_DATA_FORMAT, PROC_PRECISION) == ROCKET_BF16;
    RocketEwStage *ew = &t->ew;

    ew->format = integers[size];
    if (t->is_float) {
        ew->format = ew->format == ROCKET_INT32 ? ROCKET_FP32
                   : bf16 ? ROCKET_BF16 : ROCKET_FP16;
    }
    /* A factor has 16 bits. */
    ew->low_half = size == EDATA_32_BIT && ew->mul;
    if (size == 0 || (t->is_float && size == 1)) {
        return REFUSE(s, "an element-wise operand of 4 bits, or of 8 bits "
                         "for floats",
                         A_DPU_EW_CFG, A_DPU_DATA_FORMAT);
    }
    if (GET(s, RDMA_ERDMA_CFG, DATA_SIZE) != size) {
        return REFUSE(s, "DPU and DPU_RDMA disagree about the operand's size",
                         A_DPU_EW_CFG, A_RDMA_ERDMA_CFG);
    }
    ew->per_pixel = GET(s, DPU_EW_CFG, DATA_MODE) == RDMA_DATA_MODE_PIXEL;
    if (GET(s, DPU_EW_CFG, DATA_MODE) > RDMA_DATA_MODE_PIXEL ||
        GET(s, RDMA_ERDMA_CFG, DATA_MODE) != GET(s, DPU_EW_CFG, DATA_MODE) ||
        GET(s, RDMA_ERDMA_CFG, NONALIGN) || GET(s, RDMA_ERDMA_CFG, SURF_MODE)) {
        return REFUSE(s, "element-wise operands other than per channel or "
                         "per pixel from memory are not modelled",
                         A_DPU_EW_CFG, A_RDMA_ERDMA_CFG);
    }
    return NULL;
}

/* Where the element-wise operand lies, and who reads it. */
static const char *describe_ew_fetch(RocketNpuCore *s, RocketTask *t)
{
    uint32_t base = rocket_npu_dma_base(s);
    unsigned comb = GET(s, RDMA_FEATURE_MODE_CFG, COMB_USE);
    RocketEwStage *ew = &t->ew;
    int64_t line, surface;

    if (!rdma_enabled(s) || GET(s, RDMA_ERDMA_CFG, DISABLE)) {
        return REFUSE(s, "an element-wise operand from memory, but its DMA "
                         "is off",
                         A_DPU_EW_CFG, A_RDMA_ERDMA_CFG);
    }
    line = (t->out_w + GET(s, RDMA_DATA_CUBE_HEIGHT, EW_LINE_NOTCH)) *
           (int64_t)FEATURE_ATOM;
    ew->cube[0].line = ew->cube[1].line = line;
    if (!(comb & RDMA_COMB_BOTH)) {
        ew->readers = 1;
        ew->cube[0].addr = base + REG(s, RDMA_EW_BASE_ADDR);
        ew->cube[0].surf = REG(s, RDMA_EW_SURF_STRIDE);
        return NULL;
    }
    if (!(comb & RDMA_COMB_TO_ERDMA) || t->flying ||
        GET(s, RDMA_FEATURE_MODE_CFG, MRDMA_DISABLE)) {
        return REFUSE(s, "MRDMA and ERDMA combined, but not for the "
                         "element-wise unit",
                         A_RDMA_FEATURE_MODE_CFG);
    }
    /* MRDMA reads even surfaces, ERDMA odd ones; notches skip the rest. */
    surface = line * t->out_h;
    ew->readers = 2;
    ew->cube[0].addr = base + REG(s, RDMA_SRC_BASE_ADDR);
    ew->cube[1].addr = base + REG(s, RDMA_EW_BASE_ADDR);
    ew->cube[0].surf = surface + REG(s, RDMA_SURF_NOTCH);
    ew->cube[1].surf = surface + REG(s, RDMA_EW_SURF_NOTCH);
    return NULL;
}

/* Floats: the ALU's operands are floats, factors are fp16.  Else of 16 bits. */
static void describe_ew_registers(RocketNpuCore *s, RocketTask *t)
{
    bool wide = GET(s, DPU_DATA_FORMAT, PROC_PRECISION) == ROCKET_INT32;
    RocketEwStage *ew = &t->ew;
    unsigned i;

    ew->registers = true;
    for (i = 0; i < ROCKET_EW_VALUES; i++) {
        uint32_t bits = rocket_npu_exec_reg(s, A_DPU_EW_OP_VALUE_0 + 4 * i);

        if (t->is_float && ew->mul) {
            ew->value[i].f = rocket_fp16_to_float(bits);
        } else if (t->is_float || (wide && !ew->mul)) {
            ew->value[i].i = bits;
        } else {
            ew->value[i].i = (int16_t)bits;
        }
    }
}

static const char *describe_ew_operation(RocketNpuCore *s, RocketTask *t)
{
    RocketEwStage *ew = &t->ew;
    const char *refused;

    if (!ew->mul && ew->algo > DPU_ALGO_CEIL) {
        return REFUSE(s, "reserved element-wise operation", A_DPU_EW_CFG);
    }
    if (!GET(s, DPU_EW_CFG, OP_SRC)) {
        describe_ew_registers(s, t);
        return NULL;
    }
    refused = describe_ew_format(s, t);
    /* Measured behind fp16 convolutions: the sum is what it was. */
    t->ew_dropped = !t->flying && !ew->mul && !ew->cvt &&
                    ew->format == ROCKET_FP16;
    return refused ? refused : describe_ew_fetch(s, t);
}

static void describe_lut(RocketNpuCore *s, RocketTask *t)
{
    RocketLut *lut = &t->lut;

    t->table = t->out.table = true;
    lut->le = s->lut;
    lut->lo = s->lut + LUT_ENTRIES;
    lut->le_start = REG(s, DPU_LUT_LE_START);
    lut->lo_end = REG(s, DPU_LUT_LO_END);
    lut->le_select = MIN(GET(s, DPU_LUT_INFO, LE_SELECT), 31);
    lut->lo_select = MIN(GET(s, DPU_LUT_INFO, LO_SELECT), 31);
    lut->le_slope = GET(s, DPU_LUT_LE_SLOPE_SCALE, BELOW);
    lut->le_slope_shift = GET(s, DPU_LUT_LE_SLOPE_SHIFT, BELOW);
    lut->lo_slope = GET(s, DPU_LUT_LO_SLOPE_SCALE, ABOVE);
    lut->lo_slope_shift = GET(s, DPU_LUT_LO_SLOPE_SHIFT, ABOVE);
}

static const char *describe_ew(RocketNpuCore *s, RocketTask *t)
{
    RocketEwStage *ew = &t->ew;

    if (GET(s, DPU_EW_CFG, BYPASS)) {
        return NULL;
    }
    ew->enabled = true;
    ew->is_float = t->is_float;
    ew->op = !GET(s, DPU_EW_CFG, OP_BYPASS);
    ew->mul = GET(s, DPU_EW_CFG, OP_TYPE);
    ew->mul_prelu = GET(s, DPU_EW_CFG, MUL_PRELU);
    ew->algo = GET(s, DPU_EW_CFG, ALU_ALGO);
    ew->cvt = !GET(s, DPU_EW_CFG, OP_CVT_BYPASS) &&
              !(t->is_float && !REG(s, DPU_EW_CVT_SCALE_VALUE) &&
                !REG(s, DPU_EW_CVT_OFFSET_VALUE));
    ew->cvt_add_first = GET(s, DPU_EW_CFG, CVT_TYPE);
    ew->cvt_half_away = GET(s, DPU_EW_CFG, CVT_ROUND);
    ew->cvt_offset = REG(s, DPU_EW_CVT_OFFSET_VALUE);
    ew->cvt_scale = GET(s, DPU_EW_CVT_SCALE_VALUE, CVT_SCALE);
    ew->cvt_shift = GET(s, DPU_EW_CVT_SCALE_VALUE, CVT_SHIFT);
    ew->truncate = GET(s, DPU_EW_CVT_SCALE_VALUE, TRUNCATE);
    ew->truncate_neg = GET(s, DPU_DATA_FORMAT, EW_TRUNCATE_NEG);
    ew->relu = !GET(s, DPU_EW_CFG, RELU_BYPASS);
    ew->relux = GET(s, DPU_EW_CFG, RELUX_EN);
    ew->relux_max = REG(s, DPU_EW_RELUX_CMP_VALUE);

    if (!GET(s, DPU_EW_CFG, LUT_BYPASS)) {
        /* Silicon's users leave OP_BYPASS clear, and no operand is fetched. */
        ew->op = ew->op && GET(s, DPU_EW_CFG, OP_SRC);
        describe_lut(s, t);
    }
    /* EQUAL_EN changes nothing. */
    ew->binary = GET(s, DPU_EW_CFG, BINARY_EN);
    if (ew->binary) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "rocket-npu%u: DPU_EW_CFG 0x4070 is 0x%08x: BINARY_EN "
                      "gives zeroes\n", s->index, REG(s, DPU_EW_CFG));
    }
    return ew->op ? describe_ew_operation(s, t) : NULL;
}

const char *rocket_npu_task_describe_dpu(RocketNpuCore *s, RocketTask *t)
{
    static const char *(*const describe[])(RocketNpuCore *, RocketTask *) = {
        describe_output,
        describe_rdma,
        describe_stages,
        describe_ew,
    };
    const char *refused = NULL;
    unsigned i;

    if (GET(s, DPU_FEATURE_MODE_CFG, FLYING_MODE) != t->flying) {
        return REFUSE(s, t->flying
                         ? "the DPU waits for an array that is not enabled"
                         : "the DPU flies, but the array is enabled",
                         A_DPU_FEATURE_MODE_CFG);
    }
    for (i = 0; i < ARRAY_SIZE(describe) && !refused; i++) {
        refused = describe[i](s, t);
    }
    return refused;
}

const char *rocket_npu_task_describe_flying(RocketNpuCore *s, RocketTask *t)
{
    unsigned channel = GET(s, DPU_DATA_CUBE_CHANNEL, CHANNEL);

    memset(t, 0, sizeof(*t));
    t->flying = true;
    t->depthwise = GET(s, DPU_FEATURE_MODE_CFG, CONV_MODE) ==
                   CONV_MODE_DEPTHWISE;
    t->group = FLYING_GROUP;
    t->out_w = GET(s, DPU_DATA_CUBE_WIDTH, WIDTH) + 1;
    t->out_h = GET(s, DPU_DATA_CUBE_HEIGHT, HEIGHT) + 1;
    t->out_c = GET(s, DPU_DATA_CUBE_CHANNEL, ORIG_CHANNEL) + 1;
    /* WDMA_SIZE may be stale: the writer goes by the cube (streams that run). */
    if (t->out_c > channel + 1) {
        return REFUSE(s, "more channels than the cube has",
                         A_DPU_DATA_CUBE_CHANNEL);
    }
    if ((uint64_t)t->out_w * t->out_h * ROUND_UP(t->out_c, FLYING_GROUP) >
        FLYING_MAX_VALUES) {
        return REFUSE(s, "more values than the model takes on in one task",
                         A_DPU_DATA_CUBE_CHANNEL, A_DPU_DATA_CUBE_WIDTH,
                         A_DPU_DATA_CUBE_HEIGHT);
    }
    t->main.addr = rocket_npu_dma_base(s) + REG(s, RDMA_SRC_BASE_ADDR);
    t->main.line = (t->out_w + GET(s, RDMA_SRC_DMA_CFG, LINE_NOTCH)) *
                   (int64_t)FEATURE_ATOM;
    t->main.surf = t->main.line * t->out_h;
    return rocket_npu_task_describe_dpu(s, t);
}
