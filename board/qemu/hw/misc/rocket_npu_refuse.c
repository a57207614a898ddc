/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a task does not complete, with the names and values of the registers that
 * say so: whoever wrote the stream looks for them.
 */
#include "qemu/osdep.h"
#include "rocket_npu_internal.h"

static void append(RocketNpuCore *s, const char *format, ...)
    G_GNUC_PRINTF(2, 3);

static void append(RocketNpuCore *s, const char *format, ...)
{
    size_t used = strlen(s->refusal);
    va_list args;

    va_start(args, format);
    vsnprintf(s->refusal + used, sizeof(s->refusal) - used, format, args);
    va_end(args);
}

const char *rocket_npu_refuse(RocketNpuCore *s, const char *why,
                              const uint32_t *regs, unsigned count)
{
    unsigned i;

    s->refusal[0] = 0;
    append(s, "%s (", why);
    for (i = 0; i < count; i++) {
        append(s, "%s%s 0x%04x is 0x%08x", i ? ", " : "",
               rocket_npu_reg_find(s, regs[i])->name, regs[i],
               rocket_npu_exec_reg(s, regs[i]));
    }
    append(s, ")");
    return s->refusal;
}

const char *rocket_npu_refuse_blocks(RocketNpuCore *s, const char *why)
{
    static const char *const names[] = {
        [ROCKET_BLOCK_CNA] = "CNA", [ROCKET_BLOCK_CORE] = "CORE",
        [ROCKET_BLOCK_DPU] = "DPU", [ROCKET_BLOCK_RDMA] = "DPU_RDMA",
        [ROCKET_BLOCK_PPU] = "PPU", [ROCKET_BLOCK_PPU_RDMA] = "PPU_RDMA",
    };
    unsigned i;

    s->refusal[0] = 0;
    append(s, "%s (enabled:", why);
    for (i = 0; i < ARRAY_SIZE(names); i++) {
        if (names[i] && s->task_blocks & BIT(i)) {
            append(s, " %s", names[i]);
        }
    }
    append(s, ")");
    return s->refusal;
}
