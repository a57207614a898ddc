/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ping-pong register groups of an NPU core's blocks.
 *
 * Every block but the PC has two copies of its registers from
 * OPERATION_ENABLE on.  The pointer says which copy is written, the executer
 * which one the block works from.  With ping-pong on, the pointer moves on when
 * the block is enabled and the executer when its task is over, so that the two
 * stay together although drivers never write the pointer itself: the bit is
 * ignored then, as real boards show (written 0, read back 1).
 */
#include "qemu/osdep.h"
#include "rocket_npu_internal.h"

const RocketNpuReg *rocket_npu_reg_find(RocketNpuCore *s, uint32_t offset)
{
    size_t low = 0, high = s->soc->num_regs;

    while (low < high) {
        size_t middle = (low + high) / 2;
        const RocketNpuReg *reg = &s->soc->regs[middle];

        if (reg->offset == offset) {
            return reg;
        }
        if (reg->offset < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* S_POINTER as last written, without the bits that the hardware drives */
static uint32_t *pointer_config(RocketNpuCore *s, unsigned block)
{
    return rocket_npu_word(s, 0, (block << 12) | BLOCK_S_POINTER);
}

static uint32_t *block_enable(RocketNpuCore *s, unsigned block, unsigned group)
{
    return rocket_npu_word(s, group, (block << 12) | BLOCK_OPERATION_ENABLE);
}

unsigned rocket_npu_reg_group(RocketNpuCore *s, uint32_t offset)
{
    unsigned block = offset >> 12;

    if (!rocket_npu_has_groups(block) ||
        (offset & 0xfff) < BLOCK_OPERATION_ENABLE) {
        return 0;
    }
    return s->pointer[block];
}

void rocket_npu_write_pointer(RocketNpuCore *s, unsigned block, uint32_t value)
{
    if (!FIELD_EX32(value, S_POINTER, POINTER_PP_EN)) {
        s->pointer[block] = FIELD_EX32(value, S_POINTER, POINTER);
    }
    if (FIELD_EX32(value, S_POINTER, POINTER_PP_CLEAR)) {
        s->pointer[block] = 0;
    }
    if (FIELD_EX32(value, S_POINTER, EXECUTER_PP_CLEAR)) {
        s->executer[block] = 0;
    }
    *pointer_config(s, block) = value & (R_S_POINTER_POINTER_PP_EN_MASK |
                                         R_S_POINTER_EXECUTER_PP_EN_MASK |
                                         R_S_POINTER_POINTER_PP_MODE_MASK |
                                         R_S_POINTER_CORE_SELECT_MASK);
}

uint32_t rocket_npu_read_pointer(RocketNpuCore *s, unsigned block)
{
    uint32_t value = *pointer_config(s, block);

    value = FIELD_DP32(value, S_POINTER, POINTER, s->pointer[block]);
    return FIELD_DP32(value, S_POINTER, EXECUTER, s->executer[block]);
}

/* Two bits per group: 0 idle, 1 working, 2 enabled and waiting for the other */
uint32_t rocket_npu_read_status(RocketNpuCore *s, unsigned block)
{
    uint32_t status = 0;
    unsigned group;

    for (group = 0; group < NPU_GROUPS; group++) {
        if (!*block_enable(s, block, group)) {
            continue;
        }
        status |= (group == s->executer[block] &&
                   (s->task_blocks & BIT(block)) ? 1 : 2) << (16 * group);
    }
    return status;
}

void rocket_npu_enable_block(RocketNpuCore *s, unsigned block)
{
    uint32_t config = *pointer_config(s, block);

    *block_enable(s, block, s->pointer[block]) = 1;
    if (!FIELD_EX32(config, S_POINTER, POINTER_PP_EN)) {
        return;
    }
    if (FIELD_EX32(config, S_POINTER, POINTER_PP_MODE)) {
        s->pointer[block] ^= 1;
    } else {
        s->pointer[block] = s->executer[block] ^ 1;
    }
}

bool rocket_npu_block_ready(RocketNpuCore *s, unsigned block)
{
    return *block_enable(s, block, s->executer[block]);
}

void rocket_npu_finish_block(RocketNpuCore *s, unsigned block)
{
    *block_enable(s, block, s->executer[block]) = 0;
    if (FIELD_EX32(*pointer_config(s, block), S_POINTER, EXECUTER_PP_EN)) {
        s->executer[block] ^= 1;
    }
}
