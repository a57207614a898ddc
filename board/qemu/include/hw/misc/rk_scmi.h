/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Firmware that speaks SCMI, behind an Arm MHU for a doorbell: protocols base
 * and clock, with the NPU's clock at the number that it has in an RK3588.
 */
#ifndef HW_MISC_RK_SCMI_H
#define HW_MISC_RK_SCMI_H

#include "hw/sysbus.h"
#include "qom/object.h"

#define TYPE_RK_SCMI "rk-scmi"
OBJECT_DECLARE_SIMPLE_TYPE(RkScmi, RK_SCMI)

/* Regions 0 and 1 */
#define RK_SCMI_MHU_SIZE    0x1000
#define RK_SCMI_SHMEM_SIZE  0x1000

#define RK_SCMI_CLOCK_PROTOCOL  0x14
#define RK_SCMI_CLK_NPU         6   /* dt-bindings: SCMI_CLK_NPU */

#endif
