/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pooling: PPU and its reader PPU_RDMA, from memory to memory.
 *
 * Features lie as [channel / 8][y][x][8] in fp16.  int8 is no format of its own
 * here: silicon reads its bytes as fp16, too.
 */
#include "qemu/osdep.h"
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
    p->surfaces = DIV_ROUND_UP(channels, ROCKET_POOL_ATOM);
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
             p->surfaces * ROCKET_POOL_ATOM;
    if (values > POOL_MAX_VALUES) {
        return REFUSE(s, "more pooling than the model takes on in one task",
                         A_PPU_DATA_CUBE_OUT_WIDTH,
                         A_PPU_DATA_CUBE_OUT_HEIGHT,
                         A_PPU_DATA_CUBE_OUT_CHANNEL,
                         A_PPU_POOLING_KERNEL_CFG);
    }
    return NULL;
}

const char *rocket_npu_ppu_describe(RocketNpuCore *s, RocketPool *p)
{
    uint32_t base = *rocket_npu_word(s, 0, A_PC_TASK_DMA_BASE_ADDR);
    unsigned method = GET(s, PPU_OPERATION_MODE_CFG, METHOD);

    memset(p, 0, sizeof(*p));
    if (!GET(s, PPU_OPERATION_MODE_CFG, FLYING_MODE)) {
        return REFUSE(s, "a PPU that pools the DPU's output is not modelled",
                         A_PPU_OPERATION_MODE_CFG);
    }
    if (method > ROCKET_POOL_MIN) {
        return REFUSE(s, "reserved pooling method",
                         A_PPU_OPERATION_MODE_CFG);
    }
    if (GET(s, PPU_OPERATION_MODE_CFG, INDEX_EN) ||
        GET(s, PPU_OPERATION_MODE_CFG, USE_CNT) ||
        GET(s, PPU_OPERATION_MODE_CFG, NOTCH)) {
        return REFUSE(s, "index, notch and counting of the PPU are not "
                         "modelled",
                         A_PPU_OPERATION_MODE_CFG);
    }
    if ((GET(s, PPU_DATA_FORMAT, PROC_PRECISION) != ROCKET_FP16 &&
         GET(s, PPU_DATA_FORMAT, PROC_PRECISION) != ROCKET_INT8) ||
        GET(s, PPU_DATA_FORMAT, DPU_FLYIN)) {
        return REFUSE(s, "the PPU computes in fp16 from memory only",
                         A_PPU_DATA_FORMAT);
    }
    p->method = method;
    p->pad = rocket_fp16_to_float(REG(s, PPU_PADDING_VALUE_1_CFG));
    p->recip_w = rocket_fp16_to_float(REG(s, PPU_RECIP_KERNEL_WIDTH));
    p->recip_h = rocket_fp16_to_float(REG(s, PPU_RECIP_KERNEL_HEIGHT));
    p->src_addr = base + REG(s, PPU_RDMA_SRC_BASE_ADDR);
    p->src_line = REG(s, PPU_RDMA_SRC_LINE_STRIDE);
    p->src_surf = REG(s, PPU_RDMA_SRC_SURF_STRIDE);
    p->dst_addr = base + REG(s, PPU_DST_BASE_ADDR);
    p->dst_surf = REG(s, PPU_DST_SURF_STRIDE);
    return describe_size(s, p);
}

/* What lives while a task pools */
typedef struct PoolScratch {
    uint8_t *raw;           /* one row, as memory has it */
    float *rows;            /* k_h rows */
    const float **window;   /* the same, NULL for padding */
} PoolScratch;

/* The rows under output row @y of surface @g */
static RocketStep coroutine_fn load_rows(RocketNpuCore *s, const RocketPool *p,
                                         PoolScratch *m, unsigned g,
                                         unsigned y)
{
    int64_t y0 = (int64_t)y * p->stride_y - p->pad_top;
    size_t values = (size_t)p->in_w * ROCKET_POOL_ATOM;
    unsigned ky;

    for (ky = 0; ky < p->k_h; ky++) {
        float *row = m->rows + ky * values;
        RocketStep step;

        m->window[ky] = NULL;
        if (y0 + ky < 0 || y0 + ky >= p->in_h) {
            continue;
        }
        step = rocket_npu_dma_read(s, BANK_DATA,
                                   p->src_addr + g * p->src_surf +
                                   (uint32_t)(y0 + ky) * p->src_line,
                                   m->raw, values * sizeof(uint16_t));
        if (step != STEP_OK) {
            return step;
        }
        rocket_widen_float(ROCKET_FP16, row, m->raw, values);
        m->window[ky] = row;
    }
    return STEP_OK;
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
    rocket_pool_row(p, m->raw, m->window);
    step = rocket_npu_dma_write(s, BANK_DATA,
                                p->dst_addr + g * p->dst_surf + y * line,
                                m->raw, line);
    if (step != STEP_OK) {
        return step;
    }
    return rocket_npu_spend(s, 0, (uint64_t)p->out_w * p->k_w * p->k_h);
}

RocketStep coroutine_fn rocket_npu_ppu_run(RocketNpuCore *s,
                                           const RocketPool *p)
{
    size_t values = (size_t)p->in_w * ROCKET_POOL_ATOM;
    PoolScratch m = {
        .raw = g_malloc((size_t)MAX(p->in_w, p->out_w) * FEATURE_ATOM),
        .rows = g_new(float, values * p->k_h),
        .window = g_new(const float *, p->k_h),
    };
    RocketStep step = STEP_OK;
    unsigned g, y;

    for (g = 0; g < p->surfaces && step == STEP_OK; g++) {
        for (y = 0; y < p->out_h && step == STEP_OK; y++) {
            step = pool_row(s, p, &m, g, y);
        }
    }
    g_free(m.raw);
    g_free(m.rows);
    g_free(m.window);
    return step;
}
