/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the registers of an RK3576 core to a description of its task.
 */
#include "qemu/osdep.h"
#include "rocket_npu_rk3576.h"

const char *rocket_npu_rk3576_describe(RocketNpuCore *s, RocketTask *t)
{
    return rocket_npu_refuse_blocks(s, "not modelled");
}

const char *rocket_npu_rk3576_describe_flying(RocketNpuCore *s, RocketTask *t)
{
    return rocket_npu_refuse_blocks(s, "not modelled");
}

const char *rocket_npu_rk3576_describe_pool(RocketNpuCore *s, RocketPool *p)
{
    return rocket_npu_refuse_blocks(s, "not modelled");
}

/* What a convolution needs around the core, besides its own clock and power */
const char *rocket_npu_rk3576_trapped(RocketNpuCore *s)
{
    if (!(s->task_blocks & BIT(ROCKET_BLOCK_CNA))) {
        return NULL;
    }
    if (!rk_npu_gate_cbuf_clocked(s->gate)) {
        return rocket_npu_refuse_blocks(s, "the convolution buffer has no "
                                           "clock");
    }
    if (!rk_npu_gate_siblings_on(s->gate) &&
        rocket_silicon(s->silicon, READING_SIBLING_OFF) ==
        SIBLING_OFF_STALLS) {
        return rocket_npu_refuse_blocks(s, "the other core's power domain is "
                                           "off");
    }
    return NULL;
}
