/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clock of the NPU's cores, one for all of them, and the voltage of their
 * supply: what may be done with them when, and how long a task takes.
 *
 * Firmware sets the rate.  Three GPIO inputs RK_NPU_CLOCK_VOLTAGE set the
 * voltage: each that is high adds a step, so that it goes straight from one
 * value to another in whichever order they are switched.  What goes wrong is
 * counted on the control page and written to QEMU's log.
 */
#ifndef HW_MISC_RK_NPU_CLOCK_H
#define HW_MISC_RK_NPU_CLOCK_H

#include "hw/sysbus.h"
#include "qom/object.h"

#define TYPE_RK_NPU_CLOCK "rk-npu-clock"
OBJECT_DECLARE_SIMPLE_TYPE(RkNpuClock, RK_NPU_CLOCK)

#define RK_NPU_CLOCK_VOLTAGE        "voltage"
#define RK_NPU_CLOCK_VOLTAGE_LINES  3
#define RK_NPU_CLOCK_MIN_UV         700000
#define RK_NPU_CLOCK_STEP_UV        50000

typedef enum {
    RK_NPU_CLOCK_SET,
    RK_NPU_CLOCK_REFUSED,
    /* There is no answer, now and ever: firmware waits for a dead block. */
    RK_NPU_CLOCK_HUNG,
} RkNpuClockResult;

/* Rates between two steps become the lower one. */
RkNpuClockResult rk_npu_clock_set(RkNpuClock *clock, uint64_t hz);
uint32_t rk_npu_clock_hz(RkNpuClock *clock);
/* The voltage that a rate needs, in uV */
uint32_t rk_npu_clock_needs(uint32_t hz);

#endif
