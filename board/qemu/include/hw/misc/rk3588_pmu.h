/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RK3588 power management unit, NPU part.
 *
 * GPIO outputs, one line per NPU core each: "power" (the core's domain and
 * those around it are on), "niu-idle" (its bus port is held idle).
 */
#ifndef HW_MISC_RK3588_PMU_H
#define HW_MISC_RK3588_PMU_H

#include "hw/sysbus.h"
#include "qom/object.h"

#define TYPE_RK3588_PMU     "rk3588-pmu"
OBJECT_DECLARE_SIMPLE_TYPE(RK3588PmuState, RK3588_PMU)

#define RK3588_PMU_BASE     0xfd8d8000
#define RK3588_PMU_SIZE     0x400
#define RK3588_PMU_CORES    3

#endif
