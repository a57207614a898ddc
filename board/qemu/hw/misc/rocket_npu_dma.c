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

RocketStep coroutine_fn rocket_npu_dma_write(RocketNpuCore *s, unsigned bank,
                                             uint32_t iova, void *buf,
                                             size_t len)
{
    return dma(s, bank, iova, buf, len, true);
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
        return dma(s, BANK_DATA, rocket_cube_at(cube, surface, line), buf,
                   len * lines, is_write);
    }
    for (i = 0; i < lines && step == STEP_OK; i++) {
        step = dma(s, BANK_DATA, rocket_cube_at(cube, surface, line + i),
                   buf + i * len, len, is_write);
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
