/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RK3588 clock and reset unit, NPU part.
 *
 * GPIO outputs, one line per NPU core each: "aclk", "hclk" (the clock runs),
 * "srst-a", "srst-h" (the reset is asserted).
 */
#ifndef HW_MISC_RK3588_CRU_H
#define HW_MISC_RK3588_CRU_H

#include "hw/sysbus.h"
#include "qom/object.h"

#define TYPE_RK3588_CRU     "rk3588-cru"
OBJECT_DECLARE_SIMPLE_TYPE(RK3588CruState, RK3588_CRU)

#define RK3588_CRU_BASE     0xfd7c0000
#define RK3588_CRU_SIZE     0x5c000
#define RK3588_CRU_CORES    3

#endif
