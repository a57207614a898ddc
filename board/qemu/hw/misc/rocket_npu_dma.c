/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory access of an NPU core.
 *
 * Everything goes through the core's IOMMU, page by page.  An access that the
 * IOMMU holds (stall or page fault) makes the task wait; the very same access
 * is repeated when the IOMMU says so, any number of times.
 */
#include "qemu/osdep.h"
#include "rocket_npu_internal.h"

static RocketStep coroutine_fn dma_page(RocketNpuCore *s, unsigned bank,
                                        uint32_t iova, void *buf, size_t len,
                                        bool is_write)
{
    RkIommuResult result;
    RocketStep step;

    for (;;) {
        result = rk_iommu_access(s->iommu, bank, iova, buf, len, is_write);
        /* The access may have hit a register that resets this very core. */
        if (s->co_abort) {
            return STEP_ABORT;
        }
        if (result == RK_IOMMU_OK) {
            s->task_bytes += len;
            s->slice_work += len;
            return STEP_OK;
        }
        if (result == RK_IOMMU_BUS_ERROR) {
            rocket_npu_raise(s, is_write ? PC_INT_DMA_WR_ERROR
                                         : PC_INT_DMA_RD_ERROR, false);
            return STEP_HANG;
        }
        step = rocket_npu_wait_iommu(s);
        if (step != STEP_OK) {
            return step;
        }
    }
}

RocketStep coroutine_fn rocket_npu_dma_drain(RocketNpuCore *s)
{
    RocketStep step = STEP_OK;

    while (step == STEP_OK && rk_iommu_drain(s->iommu) != RK_IOMMU_OK) {
        step = rocket_npu_wait_iommu(s);
    }
    return step;
}

static RocketStep coroutine_fn dma(RocketNpuCore *s, unsigned bank,
                                   uint32_t iova, void *buf, size_t len,
                                   bool is_write)
{
    uint8_t *p = buf;

    while (len) {
        size_t room = RK_IOMMU_PAGE_SIZE - iova % RK_IOMMU_PAGE_SIZE;
        size_t now = MIN(len, room);
        RocketStep step = dma_page(s, bank, iova, p, now, is_write);

        if (step != STEP_OK) {
            return step;
        }
        p += now;
        iova += now;    /* addresses wrap at 4 GiB as the bus's do */
        len -= now;
    }
    return STEP_OK;
}

RocketStep coroutine_fn rocket_npu_dma_read(RocketNpuCore *s, unsigned bank,
                                            uint32_t iova, void *buf,
                                            size_t len)
{
    return dma(s, bank, iova, buf, len, false);
}

static void garble(uint8_t *buf, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        buf[i] ^= 0x5a;
    }
}

/*
 * What a core writes, unless a start before has left it mute; while another one
 * that shares its buffer works, too, it may be garbage.
 */
static RocketStep coroutine_fn dma_out(RocketNpuCore *s, uint32_t iova,
                                       uint8_t *buf, size_t len)
{
    bool wrong = s->peer && rocket_npu_others_run(s) &&
                 rocket_silicon(s->silicon, READING_TWO_CORES) ==
                 TWO_CORES_WRONG;
    RocketStep step;

    if (s->mute) {
        return STEP_OK;
    }
    if (wrong) {
        garble(buf, len);
    }
    step = dma(s, BANK_DATA, iova, buf, len, true);
    if (wrong) {
        garble(buf, len);
    }
    return step;
}

RocketStep coroutine_fn rocket_npu_dma_write(RocketNpuCore *s, uint32_t iova,
                                             void *buf, size_t len)
{
    return dma_out(s, iova, buf, len);
}

static RocketStep coroutine_fn dma_lines(RocketNpuCore *s,
                                         const RocketCube *cube,
                                         unsigned surface, unsigned line,
                                         unsigned lines, size_t len,
                                         uint8_t *buf, bool is_write)
{
    RocketStep step = STEP_OK;
    unsigned i;

    if (cube->line == (int64_t)len) {
        len *= lines;
        lines = 1;
    }
    for (i = 0; i < lines && step == STEP_OK; i++) {
        uint32_t iova = rocket_cube_at(cube, surface, line + i);

        step = is_write ? dma_out(s, iova, buf + i * len, len)
                        : dma(s, BANK_DATA, iova, buf + i * len, len, false);
    }
    return step;
}

RocketStep coroutine_fn rocket_npu_read_lines(RocketNpuCore *s,
                                              const RocketCube *cube,
                                              unsigned surface, unsigned line,
                                              unsigned lines, size_t len,
                                              uint8_t *buf)
{
    return dma_lines(s, cube, surface, line, lines, len, buf, false);
}

RocketStep coroutine_fn rocket_npu_write_lines(RocketNpuCore *s,
                                               const RocketCube *cube,
                                               unsigned surface, unsigned line,
                                               unsigned lines, size_t len,
                                               uint8_t *buf)
{
    return dma_lines(s, cube, surface, line, lines, len, buf, true);
}
