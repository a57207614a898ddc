/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the registers of the executing groups to a description of one task.
 *
 * Everything that a guest can write comes by here and is checked: behind this
 * file no size, index or amount of work can be out of bounds.  What the model
 * does not know, or what would starve the real pipeline, is refused; the task
 * then never completes, as on silicon.
 */
#include "qemu/osdep.h"
#include "rocket_npu_internal.h"

/*
 * Bounds of one task's work.  They lie far above any layer that fits the
 * hardware in its driver's timeout of half a second.
 */
#define TASK_MAX_MACS       (1ULL << 34)
#define TASK_MAX_OUTPUT     (1ULL << 28)    /* bytes */
#define GROUP_MAX_WEIGHTS   (4U << 20)      /* bytes of one kernel group */

#define REG(s, reg) rocket_npu_exec_reg(s, A_ ## reg)
#define GET(s, reg, field) FIELD_EX32(REG(s, reg), reg, field)
/* A signed field */
#define GETS(s, reg, field)                                               \
    sextract32(REG(s, reg), R_ ## reg ## _ ## field ## _SHIFT,            \
               R_ ## reg ## _ ## field ## _LENGTH)

static const char *describe_mode(RocketNpuCore *s, RocketTask *t)
{
    unsigned mode = GET(s, CNA_CONV_CON1, CONV_MODE);
    unsigned argb = GET(s, CNA_CONV_CON1, ARGB_IN);

    if (GET(s, CNA_CONV_CON1, IN_PRECISION) ||
        GET(s, CNA_CONV_CON1, PROC_PRECISION) ||
        GET(s, CORE_MISC_CFG, PROC_PRECISION) ||
        GET(s, DPU_DATA_FORMAT, PROC_PRECISION) ||
        GET(s, DPU_DATA_FORMAT, IN_PRECISION) ||
        GET(s, DPU_DATA_FORMAT, OUT_PRECISION) ||
        GET(s, DPU_OUT_CVT_SCALE, FP32TOFP16)) {
        return "a precision other than int8 is not modelled";
    }
    if (mode != 0 && mode != CONV_MODE_DEPTHWISE) {
        return "reserved convolution mode";
    }
    if (GET(s, CNA_CONV_CON1, DECONV) || GET(s, CNA_CONV_CON3, NN_MODE) ||
        GET(s, CNA_FC_CON0, FC_SKIP_EN) ||
        GET(s, CNA_DCOMP_CTRL, DECOMP_CONTROL)) {
        return "deconvolution, co-work, zero skipping and weight "
               "decompression are not modelled";
    }
    if (GET(s, CNA_CONV_CON2, CSC_DO_OFF) ||
        GET(s, CNA_CONV_CON2, CSC_WO_OFF)) {
        return "the sequencer's output is off";
    }
    t->depthwise = mode == CONV_MODE_DEPTHWISE;
    if (GET(s, CORE_MISC_CFG, DW_EN) != t->depthwise ||
        GET(s, DPU_FEATURE_MODE_CFG, CONV_MODE) != mode) {
        return "CNA, CORE and DPU disagree about depthwise";
    }
    if (argb == 0) {
        t->lanes = 0;
    } else if (argb >= 8 && argb <= 11) {
        t->lanes = argb - 7;
    } else {
        return "reserved ARGB_IN";
    }
    return NULL;
}

static const char *describe_sizes(RocketNpuCore *s, RocketTask *t)
{
    unsigned atomics = GET(s, CNA_DATA_SIZE3, DATAOUT_ATOMICS);

    t->in_w = GET(s, CNA_DATA_SIZE0, DATAIN_WIDTH);
    t->in_h = GET(s, CNA_DATA_SIZE0, DATAIN_HEIGHT);
    t->in_c = ROUND_UP(GET(s, CNA_DATA_SIZE1, DATAIN_CHANNEL), FEATURE_ATOM);
    t->out_w = GET(s, CNA_DATA_SIZE2, DATAOUT_WIDTH);
    t->k_w = GET(s, CNA_WEIGHT_SIZE2, WEIGHT_WIDTH);
    t->k_h = GET(s, CNA_WEIGHT_SIZE2, WEIGHT_HEIGHT);
    t->kernels = GET(s, CNA_WEIGHT_SIZE2, WEIGHT_KERNELS);
    t->stride_x = GET(s, CNA_CONV_CON3, CONV_X_STRIDE);
    t->stride_y = GET(s, CNA_CONV_CON3, CONV_Y_STRIDE);
    t->step_x = GET(s, CNA_CONV_CON3, ATROUS_X_DILATION) + 1;
    t->step_y = GET(s, CNA_CONV_CON3, ATROUS_Y_DILATION) + 1;
    t->pad_left = GET(s, CNA_PAD_CON0, PAD_LEFT);
    t->pad_top = GET(s, CNA_PAD_CON0, PAD_TOP);
    t->pad = REG(s, CNA_PAD_CON1);

    if (!t->in_w || !t->in_h || !t->in_c || !t->out_w || !t->k_w || !t->k_h ||
        !t->kernels || !t->stride_x || !t->stride_y) {
        return "a size or stride is zero";
    }
    if (!atomics || atomics % t->out_w) {
        return "the number of output pixels is no multiple of the width";
    }
    t->out_h = atomics / t->out_w;
    if (GET(s, CORE_DATAOUT_SIZE_0, WIDTH) + 1 != t->out_w ||
        GET(s, CORE_DATAOUT_SIZE_0, HEIGHT) + 1 != t->out_h ||
        GET(s, DPU_DATA_CUBE_WIDTH, WIDTH) + 1 != t->out_w ||
        GET(s, DPU_DATA_CUBE_HEIGHT, HEIGHT) + 1 != t->out_h ||
        GET(s, DPU_WDMA_SIZE_1, WIDTH) + 1 != t->out_w ||
        GET(s, DPU_WDMA_SIZE_1, HEIGHT) + 1 != t->out_h) {
        return "CNA, CORE and DPU disagree about the output's size";
    }
    return NULL;
}

/* Channels that are output, and the work that all of it makes. */
static const char *describe_work(RocketNpuCore *s, RocketTask *t)
{
    unsigned channel = GET(s, DPU_DATA_CUBE_CHANNEL, CHANNEL);
    uint64_t pixels = (uint64_t)t->out_w * t->out_h;
    uint64_t macs, passes;

    t->out_c = GET(s, DPU_DATA_CUBE_CHANNEL, ORIG_CHANNEL) + 1;
    if (GET(s, CORE_DATAOUT_SIZE_1, CHANNEL) != channel ||
        GET(s, DPU_WDMA_SIZE_0, CHANNEL) != channel || t->out_c > channel + 1) {
        return "CORE and DPU disagree about the output's channels";
    }
    macs = pixels * rocket_npu_taps(t) * t->in_c;
    if (!t->depthwise) {
        macs *= t->kernels;
    }
    /* What an element costs the host besides its multiplications */
    passes = DIV_ROUND_UP(t->out_c, KERNEL_GROUP);
    if (macs > TASK_MAX_MACS ||
        pixels * rocket_npu_taps(t) * t->in_c * passes > TASK_MAX_MACS ||
        pixels * ROUND_UP(t->out_c, FEATURE_ATOM) > TASK_MAX_OUTPUT) {
        return "more work than the model takes on in one task";
    }
    return NULL;
}

static const char *describe_features(RocketNpuCore *s, RocketTask *t)
{
    uint32_t base = *rocket_npu_word(s, 0, A_PC_TASK_DMA_BASE_ADDR);
    int64_t line = GET(s, CNA_DMA_CON1, LINE_STRIDE);
    int64_t surf = GETS(s, CNA_DMA_CON2, SURF_STRIDE);
    unsigned lines = GET(s, CNA_CONV_CON1, GROUP_LINE_OFF) ? 1 : 4;
    unsigned i;

    t->feature_addr = base + REG(s, CNA_FEATURE_DATA_ADDR);
    if (t->lanes) {
        t->line_stride = line;
        t->surf_stride = 0;
    } else {
        /*
         * Strides count atoms.  LINE_STRIDE spans a group of four lines, or
         * one line if grouping is off; SURF_STRIDE leads from the end of such
         * a group to its place in the next surface.
         */
        t->line_stride = line * FEATURE_ATOM / lines;
        t->surf_stride = (surf + line) * FEATURE_ATOM;
    }

    t->cvt = !GET(s, CNA_CVT_CON0, CVT_BYPASS);
    t->cvt_add_first = GET(s, CNA_CVT_CON0, CVT_TYPE);
    t->cvt_half_away = GET(s, CNA_CVT_CON0, ROUND_TYPE);
    t->cvt_signed = GET(s, CNA_CVT_CON0, DATA_SIGN);
    t->cvt_lanes = REG(s, CNA_CVT_CON5);
    for (i = 0; i < ARRAY_SIZE(t->cvts); i++) {
        uint32_t con = rocket_npu_exec_reg(s, A_CNA_CVT_CON1 + 4 * i);
        RocketCvt *cvt = &t->cvts[i];

        cvt->scale = FIELD_EX32(con, CNA_CVT_CON1, SCALE);
        cvt->offset = FIELD_EX32(con, CNA_CVT_CON1, OFFSET);
        cvt->truncate = extract32(REG(s, CNA_CVT_CON0),
                                  R_CNA_CVT_CON0_CVT_TRUNCATE_0_SHIFT + 6 * i,
                                  6);
    }
    return NULL;
}

static const char *describe_cbuf(RocketNpuCore *s, RocketTask *t)
{
    unsigned weight_banks = GET(s, CNA_CBUF_CON0, WEIGHT_BANK);
    size_t kernel = (size_t)rocket_npu_taps(t) * t->in_c;
    uint64_t row, data;

    if (weight_banks == 0 || weight_banks > CBUF_BANKS) {
        return "no buffer banks for weights";
    }
    t->weight_base = (CBUF_BANKS - weight_banks) * CBUF_BANK_BYTES;
    t->weight_ring = weight_banks * CBUF_BANK_BYTES;
    t->data_reuse = GET(s, CNA_CBUF_CON0, DATA_REUSE);
    t->weight_reuse = GET(s, CNA_CBUF_CON0, WEIGHT_REUSE);

    /* Packed pixels stay packed; CBUF_CON1 counts something else for them. */
    t->pixel_pitch = t->lanes ? t->lanes : t->in_c;
    row = (uint64_t)t->in_w * t->pixel_pitch;
    t->row_pitch = t->lanes ? ROUND_UP(row, CBUF_ROW_UNIT)
                   : GET(s, CNA_CBUF_CON1, DATA_ENTRIES) * CBUF_ROW_UNIT;
    data = (uint64_t)t->row_pitch * (t->in_h - 1) + row;
    if (data > t->weight_base) {
        return "the features do not fit in their part of the buffer";
    }

    t->weight_addr = *rocket_npu_word(s, 0, A_PC_TASK_DMA_BASE_ADDR) +
                     REG(s, CNA_DCOMP_ADDR0);
    t->group_bytes = kernel * (t->depthwise ? 1 : MIN(t->kernels,
                                                      KERNEL_GROUP));
    t->weight_bytes = kernel * (t->depthwise ? 1 : t->kernels);
    if (t->group_bytes > GROUP_MAX_WEIGHTS) {
        return "more weights in one kernel group than the model takes";
    }
    if (REG(s, CNA_WEIGHT_SIZE0) < t->weight_bytes) {
        return "fewer weight bytes than the kernels need";
    }
    return NULL;
}

static const char *describe_core(RocketNpuCore *s, RocketTask *t)
{
    t->truncate = GET(s, CORE_CLIP_TRUNCATE, TRUNCATE);
    t->truncate_half_away = GET(s, CORE_CLIP_TRUNCATE, ROUND_TYPE);
    t->qd = GET(s, CORE_MISC_CFG, QD_EN);
    t->ow = 0;
    if (!GET(s, DPU_BS_OW_CFG, OD_BYPASS)) {
        if (GET(s, DPU_BS_OW_CFG, OW_SRC)) {
            return "a weight offset per channel is not modelled";
        }
        t->ow = GETS(s, DPU_BS_OW_OP, OW_OP);
    }
    return NULL;
}

static const char *describe_output(RocketNpuCore *s, RocketTask *t)
{
    uint32_t base = *rocket_npu_word(s, 0, A_PC_TASK_DMA_BASE_ADDR);

    if (GET(s, DPU_FEATURE_MODE_CFG, FLYING_MODE) ||
        GET(s, DPU_FEATURE_MODE_CFG, NONALIGN) ||
        GET(s, DPU_FEATURE_MODE_CFG, RGP_TYPE) ||
        GET(s, DPU_FEATURE_MODE_CFG, TP_EN) ||
        GET(s, DPU_DATA_FORMAT, MC_SURF_OUT) ||
        GET(s, DPU_DATA_CUBE_HEIGHT, MINMAX_CTL) ||
        GET(s, DPU_BS_OW_CFG, TP_ORG_EN) ||
        GET(s, DPU_BS_OW_CFG, RGP_CNTER)) {
        return "flying, unaligned, regrouping, transposing, multi-surface and "
               "min-max modes of the DPU are not modelled";
    }
    if (GET(s, DPU_FEATURE_MODE_CFG, OUTPUT_MODE) != 2) {
        return "the DPU's output does not go to memory alone";
    }
    t->dst_addr = base + REG(s, DPU_DST_BASE_ADDR);
    t->dst_line = (t->out_w + GET(s, DPU_DATA_CUBE_NOTCH_ADDR, NOTCH_0)) *
                  (int64_t)FEATURE_ATOM;
    t->dst_surf = REG(s, DPU_DST_SURF_STRIDE);
    t->dst_pass = REG(s, DPU_SURFACE_ADD);
    t->pass_surfaces = t->depthwise ? 4 : 2;
    t->extra = REG(s, DPU_OFFSET_PEND);
    t->out_scale = GET(s, DPU_OUT_CVT_SCALE, SCALE);
    t->out_offset = REG(s, DPU_OUT_CVT_OFFSET);
    t->out_shift = GET(s, DPU_OUT_CVT_SHIFT, SHIFT);
    t->out_half_away = GET(s, DPU_OUT_CVT_SHIFT, CVT_ROUND);
    return NULL;
}

static bool rdma_enabled(RocketNpuCore *s)
{
    return s->task_blocks & BIT(ROCKET_BLOCK_RDMA);
}

/* The fields of BS and BN, whose registers lie alike. */
static const char *describe_x(RocketNpuCore *s, RocketXStage *x, uint32_t first,
                              unsigned shift_neg, unsigned data_use,
                              uint32_t addr)
{
    uint32_t cfg = rocket_npu_exec_reg(s, first);
    uint32_t mul = rocket_npu_exec_reg(s, first + 8);
    unsigned algo = FIELD_EX32(cfg, DPU_X_CFG, ALU_ALGO);

    memset(x, 0, sizeof(*x));
    if (FIELD_EX32(cfg, DPU_X_CFG, BYPASS)) {
        return NULL;
    }
    x->alu = !FIELD_EX32(cfg, DPU_X_CFG, ALU_BYPASS);
    x->alu_minus = algo == DPU_ALGO_MINUS;
    x->alu_memory = FIELD_EX32(cfg, DPU_X_CFG, ALU_SRC);
    x->alu_operand = rocket_npu_exec_reg(s, first + 4);
    x->mul = !FIELD_EX32(cfg, DPU_X_CFG, MUL_BYPASS);
    x->mul_prelu = FIELD_EX32(cfg, DPU_X_CFG, MUL_PRELU);
    x->mul_operand = FIELD_EX32(mul, DPU_X_MUL_CFG, OPERAND);
    x->mul_shift = FIELD_EX32(mul, DPU_X_MUL_CFG, SHIFT);
    x->mul_shift_neg = shift_neg;
    x->relu = !FIELD_EX32(cfg, DPU_X_CFG, RELU_BYPASS);
    x->relux = FIELD_EX32(cfg, DPU_X_CFG, RELUX_EN);
    x->relux_max = rocket_npu_exec_reg(s, first + 12);
    x->addr = addr;

    if (x->alu && algo != DPU_ALGO_ADD && algo != DPU_ALGO_MINUS) {
        return "reserved ALU operation of BS or BN";
    }
    if (x->mul && (FIELD_EX32(mul, DPU_X_MUL_CFG, MUL_SRC) ||
                   FIELD_EX32(mul, DPU_X_MUL_CFG, TRUNCATE_SRC))) {
        return "factors of BS or BN from memory are not modelled";
    }
    if (x->alu && x->alu_memory) {
        if (!rdma_enabled(s)) {
            return "operands from memory, but DPU_RDMA is not enabled";
        }
        if (data_use != RDMA_DATA_USE_ALU) {
            return "operands from memory other than one ALU operand per "
                   "channel are not modelled";
        }
    }
    return NULL;
}

static const char *describe_rdma(RocketNpuCore *s, RocketTask *t)
{
    if (!rdma_enabled(s)) {
        return NULL;
    }
    if (GET(s, RDMA_FEATURE_MODE_CFG, CONV_MODE) !=
        (t->depthwise ? CONV_MODE_DEPTHWISE : 0) ||
        GET(s, RDMA_DATA_CUBE_WIDTH, WIDTH) + 1 != t->out_w ||
        GET(s, RDMA_DATA_CUBE_HEIGHT, HEIGHT) + 1 != t->out_h) {
        return "DPU and DPU_RDMA disagree about mode or size";
    }
    if (GET(s, RDMA_FEATURE_MODE_CFG, FLYING_MODE) ||
        GET(s, RDMA_FEATURE_MODE_CFG, IN_PRECISION) ||
        GET(s, RDMA_FEATURE_MODE_CFG, PROC_PRECISION) ||
        GET(s, RDMA_SRC_DMA_CFG, UNPOOLING_EN)) {
        return "flying mode, precisions other than int8 and unpooling of "
               "DPU_RDMA are not modelled";
    }
    return NULL;
}

/* Where the element-wise operand lies, and who reads it. */
static const char *describe_ew_fetch(RocketNpuCore *s, RocketTask *t)
{
    uint32_t base = *rocket_npu_word(s, 0, A_PC_TASK_DMA_BASE_ADDR);
    unsigned comb = GET(s, RDMA_FEATURE_MODE_CFG, COMB_USE);
    RocketEwStage *ew = &t->ew;
    int64_t surface;

    if (!rdma_enabled(s) || GET(s, RDMA_ERDMA_CFG, DISABLE)) {
        return "an element-wise operand from memory, but its DMA is off";
    }
    if (!GET(s, DPU_EW_CFG, OP_SRC) ||
        GET(s, DPU_EW_CFG, EDATA_SIZE) != RDMA_DATA_SIZE_8BIT ||
        GET(s, DPU_EW_CFG, DATA_MODE) != RDMA_DATA_MODE_PIXEL ||
        GET(s, RDMA_ERDMA_CFG, DATA_SIZE) != RDMA_DATA_SIZE_8BIT ||
        GET(s, RDMA_ERDMA_CFG, DATA_MODE) != RDMA_DATA_MODE_PIXEL ||
        GET(s, RDMA_ERDMA_CFG, NONALIGN) || GET(s, RDMA_ERDMA_CFG, SURF_MODE)) {
        return "element-wise operands other than int8 per pixel from memory "
               "are not modelled";
    }
    ew->line = (t->out_w + GET(s, RDMA_DATA_CUBE_HEIGHT, EW_LINE_NOTCH)) *
               (int64_t)FEATURE_ATOM;
    if (!(comb & RDMA_COMB_BOTH)) {
        ew->readers = 1;
        ew->base[0] = base + REG(s, RDMA_EW_BASE_ADDR);
        ew->step[0] = REG(s, RDMA_EW_SURF_STRIDE);
        return NULL;
    }
    if (!(comb & RDMA_COMB_TO_ERDMA) ||
        GET(s, RDMA_FEATURE_MODE_CFG, MRDMA_DISABLE)) {
        return "MRDMA and ERDMA combined, but not for the element-wise unit";
    }
    /* MRDMA reads even surfaces, ERDMA odd ones; notches skip the rest. */
    surface = ew->line * t->out_h;
    ew->readers = 2;
    ew->base[0] = base + REG(s, RDMA_SRC_BASE_ADDR);
    ew->base[1] = base + REG(s, RDMA_EW_BASE_ADDR);
    ew->step[0] = surface + REG(s, RDMA_SURF_NOTCH);
    ew->step[1] = surface + REG(s, RDMA_EW_SURF_NOTCH);
    return NULL;
}

static const char *describe_ew(RocketNpuCore *s, RocketTask *t)
{
    RocketEwStage *ew = &t->ew;

    memset(ew, 0, sizeof(*ew));
    if (GET(s, DPU_EW_CFG, BYPASS)) {
        return NULL;
    }
    ew->enabled = true;
    ew->op = !GET(s, DPU_EW_CFG, OP_BYPASS);
    ew->mul = GET(s, DPU_EW_CFG, OP_TYPE);
    ew->mul_prelu = GET(s, DPU_EW_CFG, MUL_PRELU);
    ew->algo = GET(s, DPU_EW_CFG, ALU_ALGO);
    ew->cvt = !GET(s, DPU_EW_CFG, OP_CVT_BYPASS);
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

    if (!GET(s, DPU_EW_CFG, LUT_BYPASS) || GET(s, DPU_EW_CFG, BINARY_EN) ||
        GET(s, DPU_EW_CFG, EQUAL_EN)) {
        return "table, binary and equality of the element-wise unit are not "
               "modelled";
    }
    if (!ew->op) {
        return NULL;
    }
    if (!ew->mul && ew->algo != DPU_ALGO_MAX && ew->algo != DPU_ALGO_MIN &&
        ew->algo != DPU_ALGO_ADD && ew->algo != DPU_ALGO_MINUS) {
        return "element-wise operations other than max, min, add, minus and "
               "multiply are not modelled";
    }
    return describe_ew_fetch(s, t);
}

static const char *describe_stages(RocketNpuCore *s, RocketTask *t)
{
    uint32_t base = *rocket_npu_word(s, 0, A_PC_TASK_DMA_BASE_ADDR);
    const char *refused;

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
    return refused;
}

const char *rocket_npu_task_describe(RocketNpuCore *s, RocketTask *t)
{
    static const char *(*const describe[])(RocketNpuCore *, RocketTask *) = {
        describe_mode,
        describe_sizes,
        describe_work,
        describe_features,
        describe_cbuf,
        describe_core,
        describe_output,
        describe_rdma,
        describe_stages,
        describe_ew,
    };
    const char *refused;
    unsigned i;

    memset(t, 0, sizeof(*t));
    for (i = 0; i < ARRAY_SIZE(describe); i++) {
        refused = describe[i](s, t);
        if (refused) {
            return refused;
        }
    }
    return NULL;
}
