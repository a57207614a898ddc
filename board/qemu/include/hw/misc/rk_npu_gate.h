/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one NPU core and its IOMMU get from the SoC: power, clocks, resets.
 *
 * The CRU and PMU models drive the gate's named GPIO inputs; the core and the
 * IOMMU ask it whether they can be accessed, and are told when they lose
 * their state.
 */
#ifndef HW_MISC_RK_NPU_GATE_H
#define HW_MISC_RK_NPU_GATE_H

#include "hw/sysbus.h"
#include "qemu/notify.h"
#include "qom/object.h"

#define TYPE_RK_NPU_GATE "rk-npu-gate"
OBJECT_DECLARE_SIMPLE_TYPE(RkNpuGate, RK_NPU_GATE)

/* GPIO inputs, all active high */
#define RK_NPU_GATE_POWER   "power"     /* the core's power domain is on */
#define RK_NPU_GATE_VDD_OFF "vdd-off"   /* the supply vdd_npu_s0 is off */
#define RK_NPU_GATE_IDLE    "niu-idle"  /* the PMU holds its bus port idle */
#define RK_NPU_GATE_ACLK    "aclk"      /* the clock runs */
#define RK_NPU_GATE_HCLK    "hclk"
#define RK_NPU_GATE_SRST_A  "srst-a"    /* the reset is asserted */
#define RK_NPU_GATE_SRST_H  "srst-h"
/* Of the RK3576 */
#define RK_NPU_GATE_CBUF    "cbuf"      /* the buffer's clocks run */
#define RK_NPU_GATE_BIU     "biu"       /* its bus interface is held in reset */
#define RK_NPU_GATE_SIBLINGS "siblings" /* the other cores' domains are on, too */

typedef enum {
    /* srst_a asserted: registers, running task and IOTLB are lost */
    RK_NPU_GATE_RESET_ASSERT,
    RK_NPU_GATE_RESET_RELEASE,
    /* power lost: as a reset, and the buffer's contents are gone too */
    RK_NPU_GATE_POWER_OFF,
    RK_NPU_GATE_POWER_ON,
    /* aclk stopped: nothing moves until it runs again, nothing is lost */
    RK_NPU_GATE_CLOCK_STOP,
    RK_NPU_GATE_CLOCK_RUN,
    /* the reset of the bus interface was asserted */
    RK_NPU_GATE_BIU_RESET,
} RkNpuGateEvent;

/*
 * True while registers can be accessed: powered, bus port not idle, both
 * clocks running, no reset asserted, and the bus interface reset since power
 * came if it needs that (reading "biu-at-power-on").  Otherwise an access is a bus error
 * (MEMTX_ERROR) and counts as a dead access.
 */
bool rk_npu_gate_accessible(RkNpuGate *gate);

/*
 * True while the core can work: as above; a running task does not progress
 * otherwise.
 */
bool rk_npu_gate_running(RkNpuGate *gate);

/* True while its power domain and its supply are on. */
bool rk_npu_gate_powered(RkNpuGate *gate);

/* True while the clocks of a convolution buffer run that has its own. */
bool rk_npu_gate_cbuf_clocked(RkNpuGate *gate);

/* True while the power domains of all cores are on. */
bool rk_npu_gate_siblings_on(RkNpuGate *gate);

/* True while srst_a holds the core. */
bool rk_npu_gate_in_reset(RkNpuGate *gate);

/*
 * @notifier is called with data pointing to an RkNpuGateEvent, after the gate
 * took on the new state.  Notifiers run in the order in which they were added;
 * the IOMMU's comes first.
 */
void rk_npu_gate_add_notifier(RkNpuGate *gate, Notifier *notifier);

#endif
