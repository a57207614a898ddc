/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers and fields of the groups that execute, for those who describe a task.
 */
#ifndef HW_MISC_ROCKET_NPU_EXEC_H
#define HW_MISC_ROCKET_NPU_EXEC_H

#include "rocket_npu_internal.h"

#define REG(s, reg) rocket_npu_exec_reg(s, A_ ## reg)
#define GET(s, reg, field) FIELD_EX32(REG(s, reg), reg, field)
/* A signed field */
#define GETS(s, reg, field)                                               \
    sextract32(REG(s, reg), R_ ## reg ## _ ## field ## _SHIFT,            \
               R_ ## reg ## _ ## field ## _LENGTH)

/* What is added to every address of a task but its stream's */
static inline uint32_t rocket_npu_dma_base(RocketNpuCore *s)
{
    return *rocket_npu_word(s, 0, A_PC_TASK_DMA_BASE_ADDR);
}

#endif
