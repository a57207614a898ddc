/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the registers of an RK3576 core to a description of its convolution.  What
 * computes it is the same as for the RK3588.
 *
 * Modelled is what gregordinary/rocket-userspace programs: int8 and fp16, direct and
 * depthwise, packed pixels, a cube out of int8, of fp16 or of the sums themselves.
 * Its tests say what silicon makes of each.  Some fields are constants of the
 * vendor's runtime that nobody has varied with success; these are not looked at.
 */
#include "qemu/osdep.h"
#include "rocket_npu_exec.h"
#include "rocket_npu_rk3576.h"

#define CONV_DIRECT         0
#define CONV_DEPTHWISE      1
#define CONV_PACKED_FP16    2
#define CONV_PACKED_INT8    6

/* Channels of a packed pixel's weights, whatever the pixel has */
#define PACKED_LANES        4
/* A kernel row of those of int8 starts at a multiple of it. */
#define PACKED_ROW          16
/* Bytes of a depthwise weight: two of int8, which both count, or one fp16 */
#define DEPTHWISE_BYTES     2

/* The buffer, in entries: what data have at least, and all that is used */
#define CBUF_DATA           4096
#define CBUF_ALL            7168

/* Kernels and channels that the array works on at a time */
#define INT8_GROUP          32
#define FP16_GROUP          16
#define INT8_DEPTHWISE      64
#define FP16_DEPTHWISE      32

/* Bounds of one task's work, far above what the registers' users ask for */
#define TASK_MAX_MACS       (1ULL << 38)
#define TASK_MAX_FEATURES   (1ULL << 24)
#define TASK_MAX_OUTPUT     (1ULL << 28)
#define GROUP_MAX_WEIGHTS   (4U << 20)

static const char *describe_mode(RocketNpuCore *s, RocketTask *t)
{
    unsigned mode = GET(s, R76_CNA_CONV_CON1, MODE);
    unsigned argb = GET(s, R76_CNA_CONV_CON1, ARGB_IN);

    t->format = GET(s, R76_CNA_CONV_CON1, PROC_PRECISION);
    t->is_float = t->format == ROCKET_FP16;
    t->depthwise = mode == CONV_DEPTHWISE;
    if ((t->format != ROCKET_INT8 && t->format != ROCKET_FP16) ||
        GET(s, R76_CNA_CONV_CON1, IN_PRECISION) != t->format ||
        GET(s, R76_CORE_MISC_CFG, PROC_PRECISION) != t->format ||
        GET(s, R76_CNA_CONV_CON1, FLOAT_EN) != t->is_float) {
        return REFUSE(s, "CNA and CORE in other formats than int8 or fp16, or "
                         "not in the same",
                         A_R76_CNA_CONV_CON1, A_R76_CORE_MISC_CFG);
    }
    if (argb) {
        t->lanes = (argb & 7) + 1;
        if (argb < 8 || t->lanes > PACKED_LANES ||
            mode != (t->is_float ? CONV_PACKED_FP16 : CONV_PACKED_INT8)) {
            return REFUSE(s, "packed pixels in a mode that nobody has seen",
                             A_R76_CNA_CONV_CON1);
        }
    } else if (mode > CONV_DEPTHWISE) {
        return REFUSE(s, "a convolution in a mode that nobody has seen",
                         A_R76_CNA_CONV_CON1);
    }
    if (GET(s, R76_CORE_MISC_CFG, DW_EN) != t->depthwise ||
        GET(s, R76_DPU_FEATURE_MODE_CFG, DEPTHWISE) != t->depthwise) {
        return REFUSE(s, "CNA, CORE and DPU disagree about depthwise",
                         A_R76_CNA_CONV_CON1, A_R76_CORE_MISC_CFG,
                         A_R76_DPU_FEATURE_MODE_CFG);
    }
    if (t->is_float) {
        t->group = t->depthwise ? FP16_DEPTHWISE : FP16_GROUP;
    } else {
        t->group = t->depthwise ? INT8_DEPTHWISE : INT8_GROUP;
    }
    t->channel_group = t->group;
    return NULL;
}

static const char *describe_sizes(RocketNpuCore *s, RocketTask *t)
{
    unsigned atomics = REG(s, R76_CNA_DATAOUT_ATOMICS) + 1;
    unsigned channels = GET(s, R76_CNA_SURFACE_CHANNEL, CHANNEL) + 1;

    t->in_w = GET(s, R76_CNA_DATAIN_SIZE, WIDTH) + 1;
    t->in_h = GET(s, R76_CNA_DATAIN_SIZE, HEIGHT) + 1;
    t->in_c = ROUND_UP(t->lanes ? t->lanes : channels,
                       rocket_format_atom(t->format));
    t->out_w = GET(s, R76_CNA_DATAOUT_WIDTH, WIDTH) + 1;
    t->out_c = GET(s, R76_DPU_DATA_CUBE_CHANNEL, CHANNEL) + 1;
    t->k_w = GET(s, R76_CNA_KERNEL, WIDTH) + 1;
    t->k_h = GET(s, R76_CNA_KERNEL, HEIGHT) + 1;
    t->kernels = t->depthwise ? 1 : GET(s, R76_CNA_KERNEL, KERNELS) + 1;
    t->stride_x = GET(s, R76_CNA_CONV_CON3, STRIDE_X);
    t->stride_y = GET(s, R76_CNA_CONV_CON3, STRIDE_Y);
    t->step_x = t->step_y = 1;
    t->pad_left = GET(s, R76_CNA_PAD_CON0, LEFT);
    t->pad_top = GET(s, R76_CNA_PAD_CON0, TOP);
    if (!t->stride_x || !t->stride_y || !atomics || atomics % t->out_w) {
        return REFUSE(s, "a stride of zero, or output pixels that are no "
                         "multiple of the width",
                         A_R76_CNA_CONV_CON3, A_R76_CNA_DATAOUT_ATOMICS,
                         A_R76_CNA_DATAOUT_WIDTH);
    }
    t->out_h = atomics / t->out_w;
    if (GET(s, R76_CORE_DATAOUT_SIZE_0, WIDTH) + 1 != t->out_w ||
        GET(s, R76_CORE_DATAOUT_SIZE_0, HEIGHT) + 1 != t->out_h ||
        GET(s, R76_CORE_DATAOUT_SIZE_1, CHANNEL) + 1 != t->out_c ||
        REG(s, R76_DPU_DATA_CUBE_WIDTH) + 1 != t->out_w ||
        REG(s, R76_DPU_DATA_CUBE_HEIGHT) + 1 != t->out_h) {
        return REFUSE(s, "CNA, CORE and DPU disagree about the output's size",
                         A_R76_CNA_DATAOUT_WIDTH, A_R76_CNA_DATAOUT_ATOMICS,
                         A_R76_CORE_DATAOUT_SIZE_0, A_R76_CORE_DATAOUT_SIZE_1,
                         A_R76_DPU_DATA_CUBE_WIDTH,
                         A_R76_DPU_DATA_CUBE_HEIGHT,
                         A_R76_DPU_DATA_CUBE_CHANNEL);
    }
    return NULL;
}

static const char *describe_work(RocketNpuCore *s, RocketTask *t)
{
    uint64_t pixels = (uint64_t)t->out_w * t->out_h;
    uint64_t macs = pixels * rocket_npu_taps(t) * t->in_c * t->kernels;

    if ((uint64_t)t->in_w * t->in_h * t->in_c > TASK_MAX_FEATURES ||
        macs > TASK_MAX_MACS ||
        pixels * ROUND_UP(t->out_c, GROUP_MAX) > TASK_MAX_OUTPUT ||
        t->k_w * t->k_h > UINT16_MAX) {
        return REFUSE(s, "more work than the model takes on in one task",
                         A_R76_CNA_DATAIN_SIZE, A_R76_CNA_SURFACE_CHANNEL,
                         A_R76_CNA_DATAOUT_ATOMICS, A_R76_CNA_KERNEL,
                         A_R76_DPU_DATA_CUBE_CHANNEL);
    }
    return NULL;
}

/*
 * Raw pixels go through a converter.  Whatever SIGN and the offsets say, it takes
 * bytes as signed and adds nothing; rows are padded with a byte for each channel,
 * and columns always with 0 (measured).
 */
static void describe_converter(RocketNpuCore *s, RocketTask *t)
{
    uint32_t con = REG(s, R76_CNA_CVT_CON0);
    unsigned i;

    t->cvt = !GET(s, R76_CNA_CVT_CON0, BYPASS) && !t->is_float;
    t->cvt_signed = true;
    t->cvt_lanes = UINT16_MAX;
    for (i = 0; i < ARRAY_SIZE(t->cvts); i++) {
        uint32_t scale = rocket_npu_exec_reg(s, A_R76_CNA_CVT_SCALE01 +
                                                i / 2 * 4);

        t->cvts[i].scale = extract32(scale, i % 2 * 16, 16);
        t->cvts[i].truncate = extract32(con,
            R_R76_CNA_CVT_CON0_TRUNCATE_0_SHIFT + 6 * i, 6);
    }
    t->pad = REG(s, R76_CNA_PAD_CON1);
    t->pad_columns_zero = t->lanes && !t->is_float;
    if (!t->pad_columns_zero) {
        t->pad = extract32(t->pad, 0, 8) * 0x01010101;
    }
}

/*
 * A row of the cube lies in memory every ADVANCE units of the buffer's, whose
 * LINE_STRIDE says nothing (measured); packed pixels have a row every LINE_STRIDE
 * atoms.
 */
static void describe_features(RocketNpuCore *s, RocketTask *t)
{
    unsigned entries = GET(s, R76_CNA_CBUF_WINDOW, ENTRIES);
    unsigned advance = GET(s, R76_CNA_DATAIN_ENTRIES, ADVANCE);
    unsigned atoms = t->in_c / rocket_format_atom(t->format);

    t->features.addr = rocket_npu_dma_base(s) +
                       REG(s, R76_CNA_FEATURE_DATA_ADDR);
    if (t->lanes) {
        t->features.line = (int64_t)REG(s, R76_CNA_LINE_STRIDE) * FEATURE_ATOM;
        return;
    }
    t->features.line = t->in_w * (int64_t)FEATURE_ATOM;
    if (advance != entries) {
        t->features.line = (int64_t)advance * CBUF_ENTRY / atoms;
    }
    t->features.surf = (int64_t)REG(s, R76_CNA_SURF_STRIDE) * FEATURE_ATOM;
}

/* Bytes of one kernel, as memory has it; depthwise: of all weights */
static void describe_weights(RocketNpuCore *s, RocketTask *t)
{
    size_t elem = rocket_format_bits(t->format) / 8;
    unsigned kernels = t->kernels;

    if (t->lanes && !t->is_float) {
        t->layout = ROCKET_WEIGHTS_PACKED_ROWS;
        t->kernel_bytes = t->k_h * ROUND_UP(PACKED_LANES * t->k_w, PACKED_ROW);
    } else if (t->lanes) {
        t->layout = ROCKET_WEIGHTS_PACKED_TAPS;
        t->kernel_bytes = rocket_npu_taps(t) * PACKED_LANES * elem;
    } else if (t->depthwise && !t->is_float) {
        t->layout = ROCKET_WEIGHTS_PAIRS;
        t->kernel_bytes = (size_t)rocket_npu_taps(t) * t->in_c *
                          DEPTHWISE_BYTES;
    } else {
        t->kernel_bytes = (size_t)rocket_npu_taps(t) * t->in_c * elem;
    }
    t->weight_addr = rocket_npu_dma_base(s) + REG(s, R76_CNA_DCOMP_ADDR0);
    t->group_bytes = t->kernel_bytes * MIN(kernels, t->group);
    t->weight_bytes = t->kernel_bytes * kernels;
}

/*
 * Rows of features lie one behind the other in a ring, from the window's base on;
 * the first ones may be left from the task before.
 */
static const char *describe_cbuf(RocketNpuCore *s, RocketTask *t)
{
    unsigned entries = GET(s, R76_CNA_CBUF_WINDOW, ENTRIES);
    unsigned data = CBUF_DATA + GET(s, R76_CNA_CBUF_CON, MORE_DATA);
    unsigned fetched;

    describe_weights(s, t);
    if (!entries || data >= CBUF_ALL) {
        return REFUSE(s, "no entries for a row, or no buffer for weights",
                         A_R76_CNA_CBUF_WINDOW, A_R76_CNA_CBUF_CON);
    }
    fetched = GET(s, R76_CNA_SURFACE_CHANNEL, FETCHED) / entries;
    if (!fetched || fetched > t->in_h) {
        return REFUSE(s, "more rows fetched than there are, or none",
                         A_R76_CNA_SURFACE_CHANNEL, A_R76_CNA_CBUF_WINDOW,
                         A_R76_CNA_DATAIN_SIZE);
    }
    t->rows_kept = t->in_h - fetched;
    t->row_pitch = entries * CBUF_ENTRY;
    t->data_base = GET(s, R76_CNA_CBUF_WINDOW, BASE) * CBUF_ENTRY;
    t->data_ring = data * CBUF_ENTRY;
    t->weight_base = t->data_ring;
    t->weight_ring = (CBUF_ALL - data) * CBUF_ENTRY;
    if (t->group_bytes > GROUP_MAX_WEIGHTS ||
        REG(s, R76_CNA_WEIGHT_BYTES) < t->weight_bytes) {
        return REFUSE(s, "fewer weight bytes than the kernels need, or more "
                         "than the model takes",
                         A_R76_CNA_WEIGHT_BYTES, A_R76_CNA_KERNEL,
                         A_R76_CNA_SURFACE_CHANNEL);
    }
    return NULL;
}

static const char *describe_input(RocketNpuCore *s, RocketTask *t)
{
    describe_converter(s, t);
    describe_features(s, t);
    return describe_cbuf(s, t);
}

const char *rocket_npu_rk3576_describe(RocketNpuCore *s, RocketTask *t)
{
    static const RocketDescribe describe[] = {
        describe_mode,
        describe_sizes,
        describe_work,
        describe_input,
        rocket_npu_rk3576_describe_dpu,
    };

    return rocket_npu_describe_by(s, t, describe, ARRAY_SIZE(describe));
}

/* What a convolution needs around the core, besides its own clock and power */
const char *rocket_npu_rk3576_trapped(RocketNpuCore *s)
{
    if (!(s->task_blocks & BIT(ROCKET_BLOCK_CNA))) {
        return NULL;
    }
    if (!rk_npu_gate_cbuf_clocked(s->gate)) {
        return rocket_npu_refuse_blocks(s, "the convolution buffer has no "
                                           "clock");
    }
    if (!rk_npu_gate_siblings_on(s->gate) &&
        rocket_silicon(s->silicon, READING_SIBLING_OFF) ==
        SIBLING_OFF_STALLS) {
        return rocket_npu_refuse_blocks(s, "the other core's power domain is "
                                           "off");
    }
    return NULL;
}
