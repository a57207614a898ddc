/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power management unit of a Rockchip SoC, NPU part.
 *
 * GPIO outputs, one line per NPU core each: "power" (the core's domain and
 * those around it are on), "niu-idle" (its bus port is held idle), "siblings"
 * (the domains of all other cores are on, too).
 */
#ifndef HW_MISC_RK_PMU_H
#define HW_MISC_RK_PMU_H

#include "hw/sysbus.h"
#include "qom/object.h"

#define TYPE_RK_PMU         "rk-pmu"
OBJECT_DECLARE_TYPE(RkPmuState, RkPmuClass, RK_PMU)

#define TYPE_RK3588_PMU     "rk3588-pmu"
#define TYPE_RK3576_PMU     "rk3576-pmu"

#define RK_PMU_CORES        3
#define RK_PMU_MAX_SIZE     0x800

#define RK3588_PMU_BASE     0xfd8d8000
#define RK3588_PMU_SIZE     0x400
#define RK3576_PMU_BASE     0x27380000
#define RK3576_PMU_SIZE     0x800

#endif
