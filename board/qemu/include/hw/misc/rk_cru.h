/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clock and reset unit of a Rockchip SoC, NPU part.
 *
 * GPIO outputs, one line per NPU core each: "aclk", "hclk", "cbuf" (the clocks
 * run; what a SoC does not have runs always), "srst-a", "srst-h", "biu" (the
 * reset is asserted; what a SoC does not have is never).
 */
#ifndef HW_MISC_RK_CRU_H
#define HW_MISC_RK_CRU_H

#include "hw/sysbus.h"
#include "qom/object.h"

#define TYPE_RK_CRU         "rk-cru"
OBJECT_DECLARE_TYPE(RkCruState, RkCruClass, RK_CRU)

#define TYPE_RK3588_CRU     "rk3588-cru"
#define TYPE_RK3576_CRU     "rk3576-cru"

#define RK_CRU_CORES        3
#define RK_CRU_MAX_SIZE     0x5c000

#define RK3588_CRU_BASE     0xfd7c0000
#define RK3588_CRU_SIZE     0x5c000
#define RK3576_CRU_BASE     0x27200000
#define RK3576_CRU_SIZE     0x50000

#endif
