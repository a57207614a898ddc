/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a read and a write of an NPU core's register do, by the CPU or by a
 * stream.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "rocket_npu_internal.h"
#include "trace.h"

#define NPU_VERSION         0x46495245
#define INT_MASK_BIT31      BIT(31)

static uint32_t *pc_word(RocketNpuCore *s, uint32_t offset)
{
    return rocket_npu_word(s, 0, offset);
}

static bool write_pc(RocketNpuCore *s, uint32_t offset, uint32_t value)
{
    switch (offset) {
    case A_PC_OPERATION_ENABLE:
        /* Clears itself; the CPU's writes start the PC, see npu_write(). */
        return true;
    case A_PC_INTERRUPT_CLEAR:
        rocket_npu_irq_clear(s, value);
        return true;
    case A_PC_TASK_CON:
        if (value & s->soc->count_clear) {
            rocket_npu_status_clear(s);
        }
        *pc_word(s, offset) = value & ~s->soc->count_clear;
        return true;
    case A_PC_INTERRUPT_MASK:
        *pc_word(s, offset) = value;
        rocket_npu_irq_update(s);
        return true;
    default:
        *pc_word(s, offset) = value;
        return true;
    }
}

bool rocket_npu_write_reg(RocketNpuCore *s, uint32_t offset, uint32_t value)
{
    const RocketNpuReg *reg = rocket_npu_reg_find(s, offset);
    unsigned block = offset >> 12;

    if (!reg) {
        return false;
    }
    trace_rocket_npu_write(s->index, reg->name, value);
    if (!reg->write_mask) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "rocket-npu%u: write to read-only %s\n",
                      s->index, reg->name);
        return true;
    }
    value &= reg->write_mask;
    if (block == ROCKET_BLOCK_PC) {
        return write_pc(s, offset, value);
    }
    if (rocket_npu_is_lut(offset)) {
        rocket_npu_write_lut(s, offset, value);
        return true;
    }
    if (rocket_npu_has_groups(block)) {
        switch (offset & 0xfff) {
        case BLOCK_S_POINTER:
            rocket_npu_write_pointer(s, block, value);
            return true;
        case BLOCK_OPERATION_ENABLE:
            if (value) {
                rocket_npu_enable_block(s, block);
            } else {
                *rocket_npu_word(s, s->pointer[block], offset) = 0;
            }
            return true;
        default:
            break;
        }
    }
    *rocket_npu_word(s, rocket_npu_reg_group(s, offset), offset) = value;
    return true;
}

/* A register that may be there for writing only, by @reading */
static uint32_t read_back(RocketNpuCore *s, RocketReading reading,
                          uint32_t offset)
{
    return rocket_silicon(s->silicon, reading) == READBACK_ON
        ? *pc_word(s, offset) : 0;
}

static uint32_t read_int_mask(RocketNpuCore *s)
{
    uint32_t mask = read_back(s, READING_INT_MASK_READBACK,
                              A_PC_INTERRUPT_MASK);

    if (s->soc->pc_done && s->completed &&
        rocket_silicon(s->silicon, READING_INT_MASK_BIT31) ==
        INT_MASK_BIT31_STICKS) {
        mask |= INT_MASK_BIT31;
    }
    return mask;
}

static uint32_t read_pc(RocketNpuCore *s, uint32_t offset)
{
    if (offset == s->soc->task_status) {
        return rocket_npu_status(s);
    }
    switch (offset) {
    case A_PC_VERSION:
        return NPU_VERSION;
    case A_PC_VERSION_NUM:
        return s->soc->version_num;
    case A_PC_INTERRUPT_STATUS:
        return rocket_npu_int_status(s) & *pc_word(s, A_PC_INTERRUPT_MASK);
    case A_PC_INTERRUPT_RAW_STATUS:
        return rocket_npu_raw_status(s);
    case A_PC_INTERRUPT_CLEAR:
        return 0;
    case A_PC_BASE_ADDRESS:
        return read_back(s, READING_PC_BASE_READBACK, offset);
    case A_PC_INTERRUPT_MASK:
        return read_int_mask(s);
    case A_PC_TASK_DMA_BASE_ADDR:
        return read_back(s, READING_DMA_BASE_READBACK, offset);
    default:
        return *pc_word(s, offset);
    }
}

uint32_t rocket_npu_read_reg(RocketNpuCore *s, uint32_t offset)
{
    unsigned block = offset >> 12;

    if (block == ROCKET_BLOCK_PC) {
        return read_pc(s, offset);
    }
    if (rocket_npu_is_lut(offset)) {
        return rocket_npu_read_lut(s, offset);
    }
    if (rocket_npu_has_groups(block)) {
        switch (offset & 0xfff) {
        case BLOCK_S_STATUS:
            return rocket_npu_read_status(s, block);
        case BLOCK_S_POINTER:
            return rocket_npu_read_pointer(s, block);
        default:
            break;
        }
    }
    return *rocket_npu_word(s, rocket_npu_reg_group(s, offset), offset);
}
