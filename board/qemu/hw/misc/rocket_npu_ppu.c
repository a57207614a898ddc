/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pooling: PPU and its reader PPU_RDMA, from memory to memory.
 *
 * Features lie as [channel / atom][y][x][atom], in fp16, int8 or int16.  The PPU
 * has the format of its arithmetic, the reader the width of a value in memory,
 * and they must fit: int8 with a reader of 16 bits pools the bytes as fp16.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "rocket_npu_internal.h"

/* Bound of one task's work, far above what the registers' users ask for */
#define POOL_MAX_VALUES     (1ULL << 31)

#define REG(s, reg) rocket_npu_exec_reg(s, A_ ## reg)
#define GET(s, reg, field) FIELD_EX32(REG(s, reg), reg, field)

static const char *describe_size(RocketNpuCore *s, RocketPool *p)
{
    unsigned channels = GET(s, PPU_DATA_CUBE_IN_CHANNEL, SIZE) + 1;
    uint64_t values;

    p->in_w = GET(s, PPU_DATA_CUBE_IN_WIDTH, SIZE) + 1;
    p->in_h = GET(s, PPU_DATA_CUBE_IN_HEIGHT, SIZE) + 1;
    p->out_w = GET(s, PPU_DATA_CUBE_OUT_WIDTH, SIZE) + 1;
    p->out_h = GET(s, PPU_DATA_CUBE_OUT_HEIGHT, SIZE) + 1;
    p->surfaces = DIV_ROUND_UP(channels, rocket_format_atom(p->format));
    p->k_w = GET(s, PPU_POOLING_KERNEL_CFG, WIDTH) + 1;
    p->k_h = GET(s, PPU_POOLING_KERNEL_CFG, HEIGHT) + 1;
    p->stride_x = GET(s, PPU_POOLING_KERNEL_CFG, STRIDE_X) + 1;
    p->stride_y = GET(s, PPU_POOLING_KERNEL_CFG, STRIDE_Y) + 1;
    p->pad_left = GET(s, PPU_POOLING_PADDING_CFG, LEFT);
    p->pad_top = GET(s, PPU_POOLING_PADDING_CFG, TOP);

    if (GET(s, PPU_DATA_CUBE_OUT_CHANNEL, SIZE) + 1 != channels ||
        GET(s, PPU_RDMA_CUBE_IN_CHANNEL, SIZE) + 1 != channels ||
        GET(s, PPU_RDMA_CUBE_IN_WIDTH, SIZE) + 1 != p->in_w ||
        GET(s, PPU_RDMA_CUBE_IN_HEIGHT, SIZE) + 1 != p->in_h) {
        return REFUSE(s, "PPU and PPU_RDMA disagree about the sizes",
                         A_PPU_DATA_CUBE_IN_WIDTH, A_PPU_DATA_CUBE_IN_HEIGHT,
                         A_PPU_DATA_CUBE_IN_CHANNEL,
                         A_PPU_DATA_CUBE_OUT_CHANNEL,
                         A_PPU_RDMA_CUBE_IN_WIDTH, A_PPU_RDMA_CUBE_IN_HEIGHT,
                         A_PPU_RDMA_CUBE_IN_CHANNEL);
    }
    values = (uint64_t)p->out_w * p->out_h * p->k_w * p->k_h *
             p->surfaces * rocket_format_atom(p->format);
    if (values > POOL_MAX_VALUES) {
        return REFUSE(s, "more pooling than the model takes on in one task",
                         A_PPU_DATA_CUBE_OUT_WIDTH,
                         A_PPU_DATA_CUBE_OUT_HEIGHT,
                         A_PPU_DATA_CUBE_OUT_CHANNEL,
                         A_PPU_POOLING_KERNEL_CFG);
    }
    return NULL;
}

/* The formats that silicon pools, and what it does with the others */
static const char *describe_format(RocketNpuCore *s, RocketPool *p)
{
    unsigned width = GET(s, PPU_RDMA_DATA_FORMAT, WIDTH);

    p->format = GET(s, PPU_DATA_FORMAT, PROC_PRECISION);
    switch (p->format) {
    case ROCKET_FP16:
        return NULL;
    case ROCKET_INT8:
        if (width != PPU_RDMA_8_BIT) {
            p->format = ROCKET_FP16;
        }
        return NULL;
    case ROCKET_INT16:
        if (width != PPU_RDMA_16_BIT) {
            break;
        }
        return NULL;
    case ROCKET_INT32:
    case ROCKET_FP32:
        qemu_log_mask(LOG_GUEST_ERROR,
                      "rocket-npu%u: the PPU writes zeroes in place of int32 "
                      "and fp32\n", s->index);
        return NULL;
    default:
        break;
    }
    return REFUSE(s, "PPU and PPU_RDMA in formats that nobody has seen together",
                     A_PPU_DATA_FORMAT, A_PPU_RDMA_DATA_FORMAT);
}

static RocketValue padded_value(RocketFormat format, uint32_t bits)
{
    if (rocket_format_is_float(format)) {
        return (RocketValue){ .f = rocket_fp16_to_float(bits) };
    }
    return (RocketValue){ .i = sextract32(bits, 0,
                                          rocket_format_bits(format)) };
}

static const char *describe_modes(RocketNpuCore *s, RocketPool *p)
{
    p->method = GET(s, PPU_OPERATION_MODE_CFG, METHOD);
    p->index = GET(s, PPU_OPERATION_MODE_CFG, INDEX_EN);
    if (!GET(s, PPU_OPERATION_MODE_CFG, FLYING_MODE) ||
        GET(s, PPU_DATA_FORMAT, DPU_FLYIN)) {
        return REFUSE(s, "a PPU that pools the DPU's output is not modelled",
                         A_PPU_OPERATION_MODE_CFG, A_PPU_DATA_FORMAT);
    }
    if (p->method > ROCKET_POOL_MIN) {
        return REFUSE(s, "reserved pooling method", A_PPU_OPERATION_MODE_CFG);
    }
    if (p->index && (p->format == ROCKET_INT8 ||
                     p->method == ROCKET_POOL_AVERAGE)) {
        return REFUSE(s, "places are modelled of extremes of 16-bit values",
                         A_PPU_OPERATION_MODE_CFG, A_PPU_DATA_FORMAT);
    }
    return NULL;
}

const char *rocket_npu_ppu_describe(RocketNpuCore *s, RocketPool *p)
{
    uint32_t base = *rocket_npu_word(s, 0, A_PC_TASK_DMA_BASE_ADDR);
    const char *refused;

    memset(p, 0, sizeof(*p));
    refused = describe_format(s, p);
    if (!refused) {
        refused = describe_modes(s, p);
    }
    if (!refused) {
        refused = describe_size(s, p);
    }
    if (refused) {
        return refused;
    }
    p->pad = padded_value(p->format, REG(s, PPU_PADDING_VALUE_1_CFG));
    p->recip_w = GET(s, PPU_RECIP_KERNEL_WIDTH, RECIP);
    p->recip_h = GET(s, PPU_RECIP_KERNEL_HEIGHT, RECIP);
    p->src.addr = base + REG(s, PPU_RDMA_SRC_BASE_ADDR);
    p->src.line = REG(s, PPU_RDMA_SRC_LINE_STRIDE);
    p->src.surf = REG(s, PPU_RDMA_SRC_SURF_STRIDE);
    p->dst.addr = base + REG(s, PPU_DST_BASE_ADDR);
    p->dst.line = (p->out_w + GET(s, PPU_OPERATION_MODE_CFG, NOTCH)) *
                  FEATURE_ATOM;
    p->dst.surf = REG(s, PPU_DST_SURF_STRIDE);
    p->places = p->dst;
    p->places.addr += GET(s, PPU_DATA_FORMAT, INDEX_ADD) * FEATURE_ATOM;
    return NULL;
}

/* What lives while a task pools */
typedef struct PoolScratch {
    uint8_t *raw;                   /* one row, as memory has it */
    uint8_t *places;                /* of the same row's values */
    RocketValue *rows;              /* k_h rows */
    const RocketValue **window;     /* the same, NULL for padding */
} PoolScratch;

/* The rows under output row @y of surface @g */
static RocketStep coroutine_fn load_rows(RocketNpuCore *s, const RocketPool *p,
                                         PoolScratch *m, unsigned g,
                                         unsigned y)
{
    int64_t y0 = (int64_t)y * p->stride_y - p->pad_top;
    size_t values = (size_t)p->in_w * rocket_format_atom(p->format);
    unsigned ky;

    for (ky = 0; ky < p->k_h; ky++) {
        RocketValue *row = m->rows + ky * values;
        RocketStep step;

        m->window[ky] = NULL;
        if (y0 + ky < 0 || y0 + ky >= p->in_h) {
            continue;
        }
        step = rocket_npu_read_lines(s, &p->src, g, y0 + ky, 1,
                                     (size_t)p->in_w * FEATURE_ATOM, m->raw);
        if (step != STEP_OK) {
            return step;
        }
        rocket_load_values(p->format, row, m->raw, values);
        m->window[ky] = row;
    }
    return STEP_OK;
}

static void compute_row(const RocketPool *p, PoolScratch *m)
{
    if (p->format == ROCKET_INT32 || p->format == ROCKET_FP32) {
        memset(m->raw, 0, (size_t)p->out_w * FEATURE_ATOM);
        memset(m->places, 0, (size_t)p->out_w * FEATURE_ATOM);
    } else {
        rocket_pool_row(p, m->raw, p->index ? m->places : NULL, m->window);
    }
}

static RocketStep coroutine_fn pool_row(RocketNpuCore *s, const RocketPool *p,
                                        PoolScratch *m, unsigned g,
                                        unsigned y)
{
    size_t line = (size_t)p->out_w * FEATURE_ATOM;
    RocketStep step = load_rows(s, p, m, g, y);

    if (step != STEP_OK) {
        return step;
    }
    compute_row(p, m);
    step = rocket_npu_write_lines(s, &p->dst, g, y, 1, line, m->raw);
    if (step == STEP_OK && p->index) {
        step = rocket_npu_write_lines(s, &p->places, g, y, 1, line, m->places);
    }
    if (step != STEP_OK) {
        return step;
    }
    return rocket_npu_spend(s, 0, (uint64_t)p->out_w * p->k_w * p->k_h);
}

RocketStep coroutine_fn rocket_npu_ppu_run(RocketNpuCore *s,
                                           const RocketPool *p)
{
    size_t values = (size_t)p->in_w * rocket_format_atom(p->format);
    PoolScratch m = {
        .raw = g_malloc((size_t)MAX(p->in_w, p->out_w) * FEATURE_ATOM),
        .places = g_malloc((size_t)p->out_w * FEATURE_ATOM),
        .rows = g_new(RocketValue, values * p->k_h),
        .window = g_new(const RocketValue *, p->k_h),
    };
    RocketStep step = STEP_OK;
    unsigned g, y;

    for (g = 0; g < p->surfaces && step == STEP_OK; g++) {
        for (y = 0; y < p->out_h && step == STEP_OK; y++) {
            step = pool_row(s, p, &m, g, y);
        }
    }
    g_free(m.raw);
    g_free(m.places);
    g_free(m.rows);
    g_free(m.window);
    return step;
}
