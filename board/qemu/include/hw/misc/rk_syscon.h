/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A block of Rockchip system registers that is stored and has no effect:
 * general register files (GRF) and bus priorities (QoS).
 */
#ifndef HW_MISC_RK_SYSCON_H
#define HW_MISC_RK_SYSCON_H

#include "hw/sysbus.h"
#include "qom/object.h"

#define TYPE_RK_SYSCON  "rk-syscon"
OBJECT_DECLARE_SIMPLE_TYPE(RkSysconState, RK_SYSCON)

#endif
