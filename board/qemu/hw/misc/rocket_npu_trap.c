/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tasks that silicon may not end, or not compute exactly, although nothing is
 * wrong with their sizes: traps that somebody saw and others did not.  The
 * readings of the silicon decide.
 */
#include "qemu/osdep.h"
#include "rocket_npu_internal.h"

#define GET(s, reg, field) \
    FIELD_EX32(rocket_npu_exec_reg(s, A_ ## reg), reg, field)

/* DPU_RDMA's memory reader is on, and nobody takes what it reads. */
static bool rdma_unfed(RocketNpuCore *s)
{
    return !GET(s, RDMA_FEATURE_MODE_CFG, FLYING_MODE) &&
           !GET(s, RDMA_FEATURE_MODE_CFG, MRDMA_DISABLE) &&
           !GET(s, RDMA_FEATURE_MODE_CFG, COMB_USE);
}

const char *rocket_npu_trapped(RocketNpuCore *s)
{
    bool rdma = s->task_blocks & BIT(ROCKET_BLOCK_RDMA);
    bool convolution = s->task_blocks & BIT(ROCKET_BLOCK_CNA);

    if (s->lut_overrun) {
        return REFUSE(s, "DPU_LUT_ACCESS_DATA was written behind the last "
                         "entry",
                         A_DPU_LUT_ACCESS_CFG);
    }
    if (rdma && rdma_unfed(s) &&
        rocket_silicon(s->silicon, READING_RDMA_UNFED) == RDMA_UNFED_HANGS) {
        return REFUSE(s, "MRDMA is on, not flying, not combined",
                         A_RDMA_FEATURE_MODE_CFG);
    }
    if (convolution && !rdma &&
        rocket_silicon(s->silicon, READING_CONV_WITHOUT_RDMA) ==
        CONV_WITHOUT_RDMA_HANGS) {
        return rocket_npu_refuse_blocks(s, "a convolution without DPU_RDMA");
    }
    return NULL;
}

static bool sums_stay(RocketNpuCore *s, bool qd)
{
    switch (rocket_silicon(s->silicon, READING_INTEGER_CHAINS)) {
    case INTEGER_CHAINS_ACCUMULATE:
        return true;
    case INTEGER_CHAINS_ACCUMULATE_QD_OFF:
        return !qd;
    default:
        return false;
    }
}

void rocket_npu_leave_sums(RocketNpuCore *s, const RocketTask *t,
                           RocketValue *acc)
{
    const int32_t *before = s->left[(s->kick_task + 1) % 2];
    bool stay = s->kick_task && sums_stay(s, t->qd);
    int32_t *left = s->left[s->kick_task % 2];
    unsigned x, k;

    if (t->is_float) {
        return;
    }
    for (x = 0; stay && x < t->out_w; x++) {
        for (k = 0; k < t->group; k++) {
            int32_t *sum = &acc[x * t->group + k].i;

            *sum = (uint32_t)*sum + (uint32_t)before[k];
        }
    }
    for (k = 0; k < t->group; k++) {
        left[k] = acc[(t->out_w - 1) * t->group + k].i;
    }
}
