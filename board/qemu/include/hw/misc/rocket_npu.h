/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One core of the RK3588's or RK3576's NPU: program controller, convolution pipeline and
 * output stage, behind a Rockchip IOMMU.
 *
 * QOM properties:
 *  - "index" (0..2): which core this is; the core wants to see it in bits
 *    29:28 of the S_POINTER of CNA and CORE;
 *  - "check-core-select" (default on): a task whose S_POINTERs name another
 *    core never completes;
 *  - links "iommu" (rk-iommu), "ctl" (rocket-board-ctl), "gate" (rk-npu-gate),
 *    "silicon" (rocket-silicon), which knows the chip;
 *  - link "peer" (rocket-npu-core): the core realized before, whose convolution
 *    buffer this one shares.
 *
 * Sysbus: MMIO region 0 is the core's window, IRQ 0 its interrupt.
 */
#ifndef HW_MISC_ROCKET_NPU_H
#define HW_MISC_ROCKET_NPU_H

#include "qom/object.h"

#define TYPE_ROCKET_NPU_CORE "rocket-npu-core"
OBJECT_DECLARE_SIMPLE_TYPE(RocketNpuCore, ROCKET_NPU_CORE)

#endif
