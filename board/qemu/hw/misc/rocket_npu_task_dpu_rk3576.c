/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the registers of an RK3576 core's DPU, DPU_RDMA, PPU and PPU_RDMA to the
 * output stage's part of a task, or to a whole one.
 */
#include "qemu/osdep.h"
#include "rocket_npu_exec.h"
#include "rocket_npu_rk3576.h"

/* What a direct convolution writes of each kernel group, and a depthwise one */
#define DIRECT_SURFACES     2
#define DEPTHWISE_SURFACES  4
/* Output channels at a time of a task that has no array */
#define FLYING_GROUP        32
#define FLYING_MAX_VALUES   (1ULL << 28)
#define POOL_MAX_VALUES     (1ULL << 31)

/*
 * The number in OUT_PRECISION chooses a width, and what is in it depends on the
 * narrowing of a float (measured).
 */
static const char *describe_format(RocketNpuCore *s, RocketTask *t)
{
    RocketFormat out = GET(s, R76_DPU_DATA_FORMAT, OUT_PRECISION);
    RocketFormat proc = GET(s, R76_DPU_DATA_FORMAT, PROC_PRECISION);
    bool narrow = GET(s, R76_DPU_OUT_CVT_SCALE, NARROW);

    t->out.format = out;
    if (t->is_float ? (out != ROCKET_FP32 &&
                       (!narrow || (out != ROCKET_FP16 && out != ROCKET_BF16)))
                    : (out != ROCKET_INT8 && out != ROCKET_INT32)) {
        return REFUSE(s, "an output format that nobody has measured",
                         A_R76_DPU_DATA_FORMAT, A_R76_DPU_OUT_CVT_SCALE);
    }
    /* The wide writer of sums */
    t->out_wide = !t->is_float && out == ROCKET_INT32 && proc == ROCKET_INT32;
    if (!t->out_wide && proc != t->format) {
        return REFUSE(s, "CORE and DPU disagree about the format",
                         A_R76_DPU_DATA_FORMAT, A_R76_CORE_MISC_CFG);
    }
    return NULL;
}

/* SURFACE_ADD leads from the end of what a group has written. */
static void describe_output(RocketNpuCore *s, RocketTask *t)
{
    int64_t pixels = (int64_t)t->out_w * t->out_h;

    t->dst.addr = rocket_npu_dma_base(s) + REG(s, R76_DPU_DST_BASE_ADDR);
    t->dst.line = t->out_w * (int64_t)FEATURE_ATOM;
    t->dst.surf = (int64_t)REG(s, R76_DPU_DST_SURF_STRIDE) * FEATURE_ATOM;
    t->dst_pass = ((int64_t)REG(s, R76_DPU_SURFACE_ADD) + pixels) *
                  FEATURE_ATOM;
    t->size_e = t->depthwise ? DEPTHWISE_SURFACES : DIRECT_SURFACES;
}

static void describe_conversion(RocketNpuCore *s, RocketTask *t)
{
    t->out.is_float = t->is_float;
    if (t->is_float) {
        t->out.scale = 1;
        return;
    }
    t->out.scale = GET(s, R76_DPU_OUT_CVT_SCALE, SCALE);
    t->out.shift = GET(s, R76_DPU_OUT_CVT_SHIFT, SHIFT);
    t->out.offset = REG(s, R76_DPU_OUT_CVT_OFFSET);
}

/* A sum and a factor for each channel, always from memory, and more between */
static void describe_operands(RocketNpuCore *s, RocketTask *t)
{
    RocketXStage *x = &t->bs;

    x->is_float = t->is_float;
    x->alu = x->alu_memory = true;
    x->mul = x->mul_memory = true;
    x->data_use = t->depthwise ? RDMA_DATA_USE_ALU | RDMA_DATA_USE_MUL
                               : RDMA_DATA_USE_ALL;
    x->addr = rocket_npu_dma_base(s) + REG(s, R76_RDMA_BS_BASE_ADDR);
    t->qd = GET(s, R76_CORE_MISC_CFG, QD_EN);
    x->ow_memory = t->qd && !t->is_float && !t->depthwise;
    t->offset_weights = x->ow_memory;
}

static void describe_lut(RocketNpuCore *s, RocketTask *t)
{
    RocketLut *lut = &t->lut;

    t->table = t->out.table = true;
    lut->le = s->lut;
    lut->lo = s->lut + LUT_ENTRIES;
    lut->le_start = REG(s, R76_DPU_LUT_LE_START);
    lut->lo_end = REG(s, R76_DPU_LUT_LO_END);
    lut->le_select = MIN(GET(s, R76_DPU_LUT_INFO, LE_SELECT), 31);
    lut->lo_select = MIN(GET(s, R76_DPU_LUT_INFO, LO_SELECT), 31);
    lut->clamp = true;
    lut->below = sextract32(REG(s, R76_DPU_LUT_BELOW), 0, 16);
    lut->above = sextract32(REG(s, R76_DPU_LUT_ABOVE), 0, 16);
}

static const char *check_clip(RocketNpuCore *s)
{
    if (REG(s, R76_DPU_OUT_CLIP_MIN) == (uint32_t)INT32_MIN &&
        REG(s, R76_DPU_OUT_CLIP_MAX) == INT32_MAX) {
        return NULL;
    }
    return REFUSE(s, "limits of the output other than none are not modelled",
                     A_R76_DPU_OUT_CLIP_MIN, A_R76_DPU_OUT_CLIP_MAX);
}

const char *rocket_npu_rk3576_describe_dpu(RocketNpuCore *s, RocketTask *t)
{
    const char *refused = describe_format(s, t);

    if (!refused) {
        refused = check_clip(s);
    }
    if (refused) {
        return refused;
    }
    if (!(s->task_blocks & BIT(ROCKET_BLOCK_RDMA)) ||
        GET(s, R76_DPU_FEATURE_MODE_CFG, FLYING_MODE)) {
        return REFUSE(s, "a convolution without DPU_RDMA, or a DPU that takes "
                         "nothing of it",
                         A_R76_DPU_FEATURE_MODE_CFG);
    }
    describe_output(s, t);
    describe_conversion(s, t);
    describe_operands(s, t);
    if (GET(s, R76_DPU_EW_CFG, BYPASS)) {
        return NULL;
    }
    if (GET(s, R76_DPU_EW_CFG, LUT_BYPASS) || t->is_float) {
        return REFUSE(s, "an element-wise operand of a convolution, or a table "
                         "of floats",
                         A_R76_DPU_EW_CFG);
    }
    describe_lut(s, t);
    return NULL;
}

/*
 * The sum of two cubes: the one that the main reader brings counts as nothing
 * (measured, at great length).
 */
static const char *describe_ew(RocketNpuCore *s, RocketTask *t)
{
    RocketEwStage *ew = &t->ew;

    if (!GET(s, R76_DPU_EW_CFG, LUT_BYPASS) ||
        GET(s, R76_DPU_EW_CFG, OP_TYPE) ||
        GET(s, R76_DPU_EW_CFG, ALU_ALGO) != DPU_ALGO_ADD ||
        !GET(s, R76_DPU_EW_CFG, CVT_TYPE)) {
        return REFUSE(s, "an element-wise operation other than the sum",
                         A_R76_DPU_EW_CFG);
    }
    ew->enabled = ew->op = ew->cvt = ew->cvt_add_first = true;
    ew->algo = DPU_ALGO_ADD;
    ew->cvt_offset = REG(s, R76_DPU_EW_CVT_OFFSET);
    ew->cvt_scale = GET(s, R76_DPU_EW_CVT_SCALE, SCALE);
    ew->cvt_shift = GET(s, R76_DPU_EW_CVT_SCALE, SHIFT);
    ew->format = ROCKET_INT8;
    ew->per_pixel = true;
    ew->readers = 1;
    ew->cube[0].addr = rocket_npu_dma_base(s) + REG(s, R76_RDMA_EW_BASE_ADDR);
    ew->cube[0].line = t->out_w * (int64_t)FEATURE_ATOM;
    ew->cube[0].surf = (int64_t)REG(s, R76_RDMA_EW_SURF_STRIDE) * FEATURE_ATOM;
    return NULL;
}

const char *rocket_npu_rk3576_describe_flying(RocketNpuCore *s, RocketTask *t)
{
    const char *refused;

    memset(t, 0, sizeof(*t));
    t->flying = t->main_dead = true;
    t->out_w = REG(s, R76_DPU_DATA_CUBE_WIDTH) + 1;
    t->out_h = REG(s, R76_DPU_DATA_CUBE_HEIGHT) + 1;
    t->out_c = GET(s, R76_DPU_DATA_CUBE_CHANNEL, CHANNEL) + 1;
    t->group = FLYING_GROUP;
    if (!GET(s, R76_DPU_FEATURE_MODE_CFG, FLYING_MODE) ||
        REG(s, R76_DPU_DATA_FORMAT) ||
        REG(s, R76_RDMA_DATA_CUBE_WIDTH) + 1 != t->out_w ||
        REG(s, R76_RDMA_DATA_CUBE_HEIGHT) + 1 != t->out_h) {
        return REFUSE(s, "a task of the DPU alone that is not flying, not of "
                         "int8, or that DPU and DPU_RDMA disagree about",
                         A_R76_DPU_FEATURE_MODE_CFG, A_R76_DPU_DATA_FORMAT,
                         A_R76_DPU_DATA_CUBE_WIDTH,
                         A_R76_DPU_DATA_CUBE_HEIGHT,
                         A_R76_RDMA_DATA_CUBE_WIDTH,
                         A_R76_RDMA_DATA_CUBE_HEIGHT);
    }
    if ((uint64_t)t->out_w * t->out_h * ROUND_UP(t->out_c, GROUP_MAX) >
        FLYING_MAX_VALUES) {
        return REFUSE(s, "more work than the model takes on in one task",
                         A_R76_DPU_DATA_CUBE_WIDTH,
                         A_R76_DPU_DATA_CUBE_HEIGHT,
                         A_R76_DPU_DATA_CUBE_CHANNEL);
    }
    refused = check_clip(s);
    if (refused) {
        return refused;
    }
    describe_output(s, t);
    describe_conversion(s, t);
    t->dst_pass = 2 * t->dst.surf;
    if (GET(s, R76_DPU_EW_CFG, BYPASS)) {
        /* It brings tables, and writes nothing (measured). */
        t->size_e = 0;
        return NULL;
    }
    t->size_e = FLYING_GROUP / FEATURE_ATOM;
    return describe_ew(s, t);
}

static const char *describe_pool_size(RocketNpuCore *s, RocketPool *p)
{
    unsigned channels = GET(s, PPU_DATA_CUBE_IN_CHANNEL, SIZE) + 1;

    p->in_w = GET(s, PPU_DATA_CUBE_IN_WIDTH, SIZE) + 1;
    p->in_h = GET(s, PPU_DATA_CUBE_IN_HEIGHT, SIZE) + 1;
    p->out_w = GET(s, PPU_DATA_CUBE_OUT_WIDTH, SIZE) + 1;
    p->out_h = GET(s, PPU_DATA_CUBE_OUT_HEIGHT, SIZE) + 1;
    p->surfaces = DIV_ROUND_UP(channels, rocket_format_atom(p->format));
    p->k_w = GET(s, PPU_POOLING_KERNEL_CFG, WIDTH) + 1;
    p->k_h = GET(s, PPU_POOLING_KERNEL_CFG, HEIGHT) + 1;
    p->stride_x = GET(s, PPU_POOLING_KERNEL_CFG, STRIDE_X) + 1;
    p->stride_y = GET(s, PPU_POOLING_KERNEL_CFG, STRIDE_Y) + 1;
    p->pad_left = GET(s, R76_PPU_PADDING_CFG, LEFT);
    p->pad_top = GET(s, R76_PPU_PADDING_CFG, TOP);
    if (GET(s, PPU_DATA_CUBE_OUT_CHANNEL, SIZE) + 1 != channels ||
        GET(s, PPU_RDMA_CUBE_IN_CHANNEL, SIZE) + 1 != channels ||
        GET(s, PPU_RDMA_CUBE_IN_WIDTH, SIZE) + 1 != p->in_w ||
        GET(s, PPU_RDMA_CUBE_IN_HEIGHT, SIZE) + 1 != p->in_h ||
        (uint64_t)p->out_w * p->out_h * p->k_w * p->k_h * channels >
        POOL_MAX_VALUES) {
        return REFUSE(s, "PPU and PPU_RDMA disagree about the sizes, or there "
                         "is more pooling than the model takes on",
                         A_PPU_DATA_CUBE_IN_WIDTH, A_PPU_DATA_CUBE_IN_HEIGHT,
                         A_PPU_DATA_CUBE_IN_CHANNEL,
                         A_PPU_DATA_CUBE_OUT_WIDTH, A_PPU_DATA_CUBE_OUT_HEIGHT,
                         A_PPU_DATA_CUBE_OUT_CHANNEL,
                         A_PPU_RDMA_CUBE_IN_WIDTH, A_PPU_RDMA_CUBE_IN_HEIGHT,
                         A_PPU_RDMA_CUBE_IN_CHANNEL);
    }
    return NULL;
}

/* int8 in its own right, unlike on the RK3588 */
const char *rocket_npu_rk3576_describe_pool(RocketNpuCore *s, RocketPool *p)
{
    uint32_t base = rocket_npu_dma_base(s);
    const char *refused;

    memset(p, 0, sizeof(*p));
    p->format = ROCKET_INT8;
    p->method = GET(s, R76_PPU_OPERATION_MODE_CFG, METHOD);
    p->in_plane = GET(s, R76_PPU_OPERATION_MODE_CFG, IN_PLANE);
    if (!GET(s, R76_PPU_OPERATION_MODE_CFG, FLYING_MODE) ||
        p->method > ROCKET_POOL_MAX) {
        return REFUSE(s, "pooling in a mode that nobody has seen",
                         A_R76_PPU_OPERATION_MODE_CFG);
    }
    refused = describe_pool_size(s, p);
    if (refused) {
        return refused;
    }
    p->pad.i = GETS(s, R76_PPU_PADDING_VALUE_0, VALUE);
    p->recip_w = GET(s, PPU_RECIP_KERNEL_WIDTH, RECIP);
    p->recip_h = GET(s, PPU_RECIP_KERNEL_HEIGHT, RECIP);
    p->src.addr = base + REG(s, PPU_RDMA_SRC_BASE_ADDR);
    p->src.line = REG(s, PPU_RDMA_SRC_LINE_STRIDE);
    p->src.surf = REG(s, PPU_RDMA_SRC_SURF_STRIDE);
    p->dst.addr = base + REG(s, R76_PPU_DST_BASE_ADDR);
    p->dst.line = p->out_w * (int64_t)FEATURE_ATOM;
    p->dst.surf = REG(s, R76_PPU_DST_SURF_STRIDE);
    return NULL;
}
