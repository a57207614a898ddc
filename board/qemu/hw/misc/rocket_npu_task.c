/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the registers of the executing groups to a description of one task.
 *
 * Everything that a guest can write comes by here and is checked: behind this
 * file no size, index or amount of work can be out of bounds.  What the model
 * does not know, or what would starve the real pipeline, is refused; the task
 * then never completes, as on silicon.  What completes with wrong values on
 * silicon does so here, and is logged.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "rocket_npu_exec.h"

/*
 * Bounds of one task's work.  They lie far above any layer that fits the
 * hardware in its driver's timeout of half a second.
 */
#define TASK_MAX_MACS       (1ULL << 34)
#define TASK_MAX_FEATURES   (1ULL << 22)    /* five times what CBUF holds */
#define TASK_MAX_OUTPUT     (1ULL << 28)    /* bytes */
#define GROUP_MAX_WEIGHTS   (4U << 20)      /* bytes of one kernel group */
#define DCOMP_MAX_BYTES     (16U << 20)     /* of a lane, and of plain weights */

/* Two bits for each lane */
#define DCOMP_REGNUM_KNOWN  0x55555555

/* Kernels that the array works on at a time, and channels of one weight group */
typedef struct FormatGroups {
    uint8_t kernels, channels;
    uint8_t depthwise;      /* channels; 0 where silicon has no such mode */
} FormatGroups;

static const FormatGroups format_groups[] = {
    [ROCKET_INT8] = { 32, 32, 64 },
    [ROCKET_INT16] = { 16, 32, 32 },
    [ROCKET_FP16] = { 16, 32, 32 },
    [ROCKET_BF16] = { 16, 32, 32 },
    [ROCKET_INT4] = { 64, 32, 0 },
    [ROCKET_TF32] = { 16, 16, 0 },
};

static const char *describe_format(RocketNpuCore *s, RocketTask *t)
{
    const FormatGroups *groups;

    t->format = GET(s, CNA_CONV_CON1, PROC_PRECISION);
    if (t->format == ROCKET_INT32 || t->format == ROCKET_FP32) {
        return REFUSE(s, "reserved precision",
                         A_CNA_CONV_CON1);
    }
    if (GET(s, CNA_CONV_CON1, IN_PRECISION) != t->format ||
        GET(s, CORE_MISC_CFG, PROC_PRECISION) != t->format) {
        return REFUSE(s, "CNA and CORE disagree about the precision",
                         A_CNA_CONV_CON1, A_CORE_MISC_CFG);
    }
    t->is_float = rocket_format_is_float(t->format);
    groups = &format_groups[t->format];
    t->group = t->depthwise ? groups->depthwise : groups->kernels;
    t->channel_group = t->depthwise ? groups->depthwise : groups->channels;
    if (!t->group) {
        return REFUSE(s, "depthwise convolution of int4 or tf32",
                         A_CNA_CONV_CON1);
    }
    return NULL;
}

static const char *describe_mode(RocketNpuCore *s, RocketTask *t)
{
    unsigned mode = GET(s, CNA_CONV_CON1, CONV_MODE);
    unsigned argb = GET(s, CNA_CONV_CON1, ARGB_IN);

    if (mode != 0 && mode != CONV_MODE_DEPTHWISE) {
        return REFUSE(s, "reserved convolution mode",
                         A_CNA_CONV_CON1);
    }
    if (GET(s, CNA_CONV_CON1, DECONV) || GET(s, CNA_CONV_CON3, NN_MODE) ||
        GET(s, CNA_FC_CON0, FC_SKIP_EN)) {
        return REFUSE(s, "deconvolution, co-work and zero skipping are not "
                         "modelled",
                         A_CNA_CONV_CON1, A_CNA_CONV_CON3, A_CNA_FC_CON0);
    }
    if (GET(s, CNA_CONV_CON2, CSC_DO_OFF) ||
        GET(s, CNA_CONV_CON2, CSC_WO_OFF)) {
        return REFUSE(s, "the sequencer's output is off",
                         A_CNA_CONV_CON2);
    }
    t->depthwise = mode == CONV_MODE_DEPTHWISE;
    if (GET(s, CORE_MISC_CFG, DW_EN) != t->depthwise ||
        GET(s, DPU_FEATURE_MODE_CFG, CONV_MODE) != mode) {
        return REFUSE(s, "CNA, CORE and DPU disagree about depthwise",
                         A_CNA_CONV_CON1, A_CORE_MISC_CFG,
                         A_DPU_FEATURE_MODE_CFG);
    }
    if (argb == 0) {
        t->lanes = 0;
    } else if (argb >= 8 && argb <= 11) {
        t->lanes = argb - 7;
    } else {
        return REFUSE(s, "reserved ARGB_IN",
                         A_CNA_CONV_CON1);
    }
    if (t->lanes && GET(s, CNA_CONV_CON1, PROC_PRECISION) == ROCKET_INT4) {
        return REFUSE(s, "packed pixels of int4",
                         A_CNA_CONV_CON1);
    }
    return describe_format(s, t);
}

static const char *describe_sizes(RocketNpuCore *s, RocketTask *t)
{
    unsigned atomics = GET(s, CNA_DATA_SIZE3, DATAOUT_ATOMICS);

    t->in_w = GET(s, CNA_DATA_SIZE0, DATAIN_WIDTH);
    t->in_h = GET(s, CNA_DATA_SIZE0, DATAIN_HEIGHT);
    t->in_c = ROUND_UP(GET(s, CNA_DATA_SIZE1, DATAIN_CHANNEL),
                       rocket_format_atom(t->format));
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
        return REFUSE(s, "a size or stride is zero",
                         A_CNA_DATA_SIZE0, A_CNA_DATA_SIZE1, A_CNA_DATA_SIZE2,
                         A_CNA_WEIGHT_SIZE2, A_CNA_CONV_CON3);
    }
    if (!atomics || atomics % t->out_w) {
        return REFUSE(s, "the number of output pixels is no multiple of the "
                         "width",
                         A_CNA_DATA_SIZE3, A_CNA_DATA_SIZE2);
    }
    t->out_h = atomics / t->out_w;
    if (GET(s, CORE_DATAOUT_SIZE_0, WIDTH) + 1 != t->out_w ||
        GET(s, CORE_DATAOUT_SIZE_0, HEIGHT) + 1 != t->out_h ||
        GET(s, DPU_DATA_CUBE_WIDTH, WIDTH) + 1 != t->out_w ||
        GET(s, DPU_DATA_CUBE_HEIGHT, HEIGHT) + 1 != t->out_h ||
        GET(s, DPU_WDMA_SIZE_1, WIDTH) + 1 != t->out_w ||
        GET(s, DPU_WDMA_SIZE_1, HEIGHT) + 1 != t->out_h) {
        return REFUSE(s, "CNA, CORE and DPU disagree about the output's size",
                         A_CNA_DATA_SIZE2, A_CNA_DATA_SIZE3,
                         A_CORE_DATAOUT_SIZE_0, A_DPU_DATA_CUBE_WIDTH,
                         A_DPU_DATA_CUBE_HEIGHT, A_DPU_WDMA_SIZE_1);
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
        return REFUSE(s, "CORE and DPU disagree about the output's channels",
                         A_DPU_DATA_CUBE_CHANNEL, A_CORE_DATAOUT_SIZE_1,
                         A_DPU_WDMA_SIZE_0);
    }
    macs = pixels * rocket_npu_taps(t) * t->in_c;
    if (!t->depthwise) {
        macs *= t->kernels;
    }
    /* What an element costs the host besides its multiplications */
    passes = DIV_ROUND_UP(t->out_c, t->group);
    if ((uint64_t)t->in_w * t->in_h * t->in_c > TASK_MAX_FEATURES) {
        return REFUSE(s, "far more features than the buffer holds",
                         A_CNA_DATA_SIZE0, A_CNA_DATA_SIZE1);
    }
    if (macs > TASK_MAX_MACS ||
        pixels * rocket_npu_taps(t) * t->in_c * passes > TASK_MAX_MACS ||
        pixels * ROUND_UP(t->out_c, GROUP_MAX) > TASK_MAX_OUTPUT) {
        return REFUSE(s, "more work than the model takes on in one task",
                         A_CNA_DATA_SIZE1, A_CNA_DATA_SIZE3,
                         A_CNA_WEIGHT_SIZE2, A_DPU_DATA_CUBE_CHANNEL);
    }
    return NULL;
}

static const char *describe_features(RocketNpuCore *s, RocketTask *t)
{
    uint32_t base = rocket_npu_dma_base(s);
    int64_t line = GET(s, CNA_DMA_CON1, LINE_STRIDE);
    int64_t surf = GETS(s, CNA_DMA_CON2, SURF_STRIDE);
    unsigned lines = GET(s, CNA_CONV_CON1, GROUP_LINE_OFF) ? 1 : 4;
    unsigned i;

    t->features.addr = base + REG(s, CNA_FEATURE_DATA_ADDR);
    if (t->lanes) {
        /* Counts pixels. */
        t->features.line = line * t->lanes * rocket_format_bits(t->format) / 8;
        t->features.surf = 0;
    } else {
        /*
         * Strides count atoms.  LINE_STRIDE spans a group of four lines, or
         * one line if grouping is off; SURF_STRIDE leads from the end of such
         * a group, were its lines packed, to its place in the next surface.
         */
        t->features.line = line * FEATURE_ATOM / lines;
        t->features.surf = (surf + (int64_t)t->in_w * lines) * FEATURE_ATOM;
    }

    t->cvt = !GET(s, CNA_CVT_CON0, CVT_BYPASS);
    if (t->cvt && t->format != ROCKET_INT8) {
        return REFUSE(s, "the input converter is modelled for int8 only",
                         A_CNA_CVT_CON0, A_CNA_CONV_CON1);
    }
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

/* Entries of one row: four atoms each, and three atoms take as many as four. */
static unsigned row_entries(const RocketTask *t)
{
    static const uint8_t pixels[] = { 0, 4, 2, 1 };
    unsigned atoms = t->in_c / rocket_format_atom(t->format);
    unsigned left = atoms % 4;

    return atoms / 4 * t->in_w +
           (left ? DIV_ROUND_UP(t->in_w, pixels[left]) : 0);
}

/* Such a task completes with wrong values, on silicon as here. */
static void complain_buffer(RocketNpuCore *s, const RocketTask *t)
{
    if (t->rows_overlap) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "rocket-npu%u: DATA_ENTRIES is %u, a row takes %u: rows "
                      "overwrite each other\n", s->index,
                      t->row_pitch / CBUF_ENTRY, row_entries(t));
    }
    if ((uint64_t)t->row_pitch * t->in_h > t->weight_base) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "rocket-npu%u: features of %u rows, %u bytes each, go "
                      "beyond their %u bytes: the last ones are garbage\n",
                      s->index, t->in_h, t->row_pitch, t->weight_base);
    }
}

/* The one mode that is known; plain weights have zeros in all these registers. */
static const char *describe_compression(RocketNpuCore *s, RocketTask *t)
{
    unsigned i;

    t->compressed = GET(s, CNA_DCOMP_CTRL, DECOMP_CONTROL);
    if (!t->compressed) {
        return NULL;
    }
    if (GET(s, CNA_DCOMP_CTRL, DECOMP_CONTROL) != 1 ||
        REG(s, CNA_DCOMP_REGNUM) != DCOMP_REGNUM_KNOWN) {
        return REFUSE(s, "a mode of compression that nobody has described",
                         A_CNA_DCOMP_CTRL, A_CNA_DCOMP_REGNUM);
    }
    if (t->format != ROCKET_INT8 || t->depthwise || rocket_npu_taps(t) != 1 ||
        t->in_c % ROCKET_DCOMP_TILE || t->kernels % ROCKET_DCOMP_TILE) {
        return REFUSE(s, "compressed weights other than int8 of one tap, "
                         "with kernels and channels in 32s, are not modelled",
                         A_CNA_DCOMP_CTRL, A_CNA_CONV_CON1, A_CNA_DATA_SIZE1,
                         A_CNA_WEIGHT_SIZE2);
    }
    for (i = 0; i < ROCKET_DCOMP_LANES; i++) {
        uint64_t blocks = rocket_npu_exec_reg(s, A_CNA_DCOMP_AMOUNT0 + 4 * i) +
                          1ULL;

        if (blocks > DCOMP_MAX_BYTES / ROCKET_DCOMP_BLOCK) {
            return REFUSE(s, "more compressed weights than the model takes",
                             A_CNA_DCOMP_AMOUNT0 + 4 * i);
        }
        t->lane_bytes[i] = blocks * ROCKET_DCOMP_BLOCK;
        t->compressed_bytes += ROUND_UP(t->lane_bytes[i], ROCKET_DCOMP_ALIGN);
    }
    if ((uint64_t)t->kernels * t->in_c > DCOMP_MAX_BYTES) {
        return REFUSE(s, "more compressed weights than the model takes",
                         A_CNA_WEIGHT_SIZE2, A_CNA_DATA_SIZE1);
    }
    return NULL;
}

static const char *describe_cbuf(RocketNpuCore *s, RocketTask *t)
{
    unsigned weight_banks = GET(s, CNA_CBUF_CON0, WEIGHT_BANK);
    unsigned bits = rocket_format_bits(t->format);

    if (weight_banks == 0 || weight_banks > CBUF_BANKS) {
        return REFUSE(s, "no buffer banks for weights",
                         A_CNA_CBUF_CON0);
    }
    t->weight_base = (CBUF_BANKS - weight_banks) * CBUF_BANK_BYTES;
    t->weight_ring = weight_banks * CBUF_BANK_BYTES;
    t->data_reuse = GET(s, CNA_CBUF_CON0, DATA_REUSE);
    t->weight_reuse = GET(s, CNA_CBUF_CON0, WEIGHT_REUSE);

    /* Packed pixels stay packed; CBUF_CON1 counts something else for them. */
    t->row_pitch = t->lanes ? ROUND_UP(t->in_w * t->lanes * bits / 8,
                                       CBUF_ENTRY)
                   : GET(s, CNA_CBUF_CON1, DATA_ENTRIES) * CBUF_ENTRY;
    t->rows_overlap = !t->lanes &&
                      t->row_pitch < row_entries(t) * CBUF_ENTRY;
    complain_buffer(s, t);

    t->weight_addr = rocket_npu_dma_base(s) + REG(s, CNA_DCOMP_ADDR0);
    t->kernel_bytes = (size_t)rocket_npu_taps(t) * t->in_c * bits / 8;
    t->group_bytes = t->kernel_bytes *
                     (t->depthwise ? 1 : MIN(t->kernels, t->group));
    t->weight_bytes = t->kernel_bytes * (t->depthwise ? 1 : t->kernels);
    if (t->group_bytes > GROUP_MAX_WEIGHTS) {
        return REFUSE(s, "more weights in one kernel group than the model "
                         "takes",
                         A_CNA_WEIGHT_SIZE2, A_CNA_DATA_SIZE1);
    }
    if (!t->compressed && REG(s, CNA_WEIGHT_SIZE0) < t->weight_bytes) {
        return REFUSE(s, "fewer weight bytes than the kernels need",
                         A_CNA_WEIGHT_SIZE0, A_CNA_WEIGHT_SIZE2,
                         A_CNA_DATA_SIZE1);
    }
    return NULL;
}

static const char *describe_core(RocketNpuCore *s, RocketTask *t)
{
    unsigned fc = GET(s, CNA_CBUF_CON0, FC_DATA_BANK);

    if (fc) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "rocket-npu%u: FC_DATA_BANK is %u: most values are wrong "
                      "on silicon, not here\n", s->index, fc);
    }
    t->truncate = GET(s, CORE_CLIP_TRUNCATE, TRUNCATE);
    t->truncate_half_away = GET(s, CORE_CLIP_TRUNCATE, ROUND_TYPE);
    t->qd = GET(s, CORE_MISC_CFG, QD_EN);
    if (!t->is_float && t->qd && !GET(s, DPU_BS_OW_CFG, OD_BYPASS)) {
        t->bs.ow_memory = GET(s, DPU_BS_OW_CFG, OW_SRC);
        t->ow = GETS(s, DPU_BS_OW_OP, OW_OP);
        t->offset_weights = t->bs.ow_memory || t->ow;
    }
    return NULL;
}

const char *rocket_npu_describe_by(RocketNpuCore *s, RocketTask *t,
                                   const RocketDescribe *describe, unsigned n)
{
    const char *refused;
    unsigned i;

    memset(t, 0, sizeof(*t));
    for (i = 0; i < n; i++) {
        refused = describe[i](s, t);
        if (refused) {
            return refused;
        }
    }
    return NULL;
}

const char *rocket_npu_task_describe(RocketNpuCore *s, RocketTask *t)
{
    static const RocketDescribe describe[] = {
        describe_mode,
        describe_sizes,
        describe_work,
        describe_features,
        describe_compression,
        describe_cbuf,
        describe_core,
        rocket_npu_task_describe_dpu,
    };

    return rocket_npu_describe_by(s, t, describe, ARRAY_SIZE(describe));
}
