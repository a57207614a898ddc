/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register groups of the RK3576: from its registers to the description of a
 * task that both chips' models compute.
 */
#ifndef HW_MISC_ROCKET_NPU_RK3576_H
#define HW_MISC_ROCKET_NPU_RK3576_H

#include "rocket_npu_internal.h"
#include "rocket_npu_regs_rk3576.h"

/* One for both cores; data have the first 4096 of its units unless told more */
#define RK3576_CBUF_BYTES   (1024 * 1024)

/* rocket_npu_task_rk3576.c */
const char *rocket_npu_rk3576_describe(RocketNpuCore *s, RocketTask *t);
const char *rocket_npu_rk3576_trapped(RocketNpuCore *s);

/* rocket_npu_task_dpu_rk3576.c */
const char *rocket_npu_rk3576_describe_dpu(RocketNpuCore *s, RocketTask *t);
const char *rocket_npu_rk3576_describe_flying(RocketNpuCore *s, RocketTask *t);
const char *rocket_npu_rk3576_describe_pool(RocketNpuCore *s, RocketPool *p);

#endif
