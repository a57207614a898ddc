/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power, clocks and resets of one NPU core, as its registers and those of its
 * IOMMU feel them.
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/resettable.h"
#include "hw/misc/rk_npu_gate.h"
#include "hw/misc/rocket_board_ctl.h"
#include "migration/vmstate.h"
#include "trace.h"

struct RkNpuGate {
    SysBusDevice parent_obj;   /* on the system bus to be reset with it */

    RocketBoardCtl *ctl;
    uint32_t core;
    NotifierList notifiers;

    bool power;
    bool vdd_off;
    bool idle;
    bool aclk;
    bool hclk;
    bool srst_a;        /* as the CRU drives it */
    bool srst_h;
    bool reset;         /* srst_a as the core feels it: see no_reset */
};

bool rk_npu_gate_powered(RkNpuGate *s)
{
    return s->power && !s->vdd_off;
}

bool rk_npu_gate_in_reset(RkNpuGate *s)
{
    return s->reset;
}

bool rk_npu_gate_accessible(RkNpuGate *s)
{
    return rk_npu_gate_powered(s) && !s->idle && s->aclk && s->hclk &&
           !s->reset && !s->srst_h;
}

bool rk_npu_gate_running(RkNpuGate *s)
{
    return rk_npu_gate_powered(s) && s->aclk && !s->reset;
}

void rk_npu_gate_add_notifier(RkNpuGate *s, Notifier *notifier)
{
    /* NotifierList runs its newest entry first; ours promises the opposite. */
    Notifier *last = QLIST_FIRST(&s->notifiers.notifiers);

    if (!last) {
        notifier_list_add(&s->notifiers, notifier);
        return;
    }
    while (QLIST_NEXT(last, node)) {
        last = QLIST_NEXT(last, node);
    }
    QLIST_INSERT_AFTER(last, notifier, node);
}

static void gate_tell(RkNpuGate *s, RkNpuGateEvent event)
{
    trace_rk_npu_gate_event(s->core, event, rk_npu_gate_accessible(s));
    notifier_list_notify(&s->notifiers, &event);
}

static void gate_power_changed(RkNpuGate *s, bool was)
{
    bool is = rk_npu_gate_powered(s);

    if (was == is) {
        return;
    }
    if (is) {
        rocket_board_ctl_stats(s->ctl, s->core)->power_cycles++;
    }
    gate_tell(s, is ? RK_NPU_GATE_POWER_ON : RK_NPU_GATE_POWER_OFF);
}

static void gate_set_power(void *opaque, int n, int level)
{
    RkNpuGate *s = opaque;
    bool was = rk_npu_gate_powered(s);

    s->power = level;
    gate_power_changed(s, was);
}

static void gate_set_vdd_off(void *opaque, int n, int level)
{
    RkNpuGate *s = opaque;
    bool was = rk_npu_gate_powered(s);

    s->vdd_off = level;
    gate_power_changed(s, was);
}

static void gate_set_idle(void *opaque, int n, int level)
{
    RkNpuGate *s = opaque;

    s->idle = level;
}

static void gate_set_aclk(void *opaque, int n, int level)
{
    RkNpuGate *s = opaque;

    if (s->aclk != !!level) {
        s->aclk = level;
        gate_tell(s, level ? RK_NPU_GATE_CLOCK_RUN : RK_NPU_GATE_CLOCK_STOP);
    }
}

static void gate_set_hclk(void *opaque, int n, int level)
{
    RkNpuGate *s = opaque;

    s->hclk = level;
}

static void gate_set_srst_a(void *opaque, int n, int level)
{
    RkNpuGate *s = opaque;
    RocketCoreInject *inject = rocket_board_ctl_inject(s->ctl, s->core);

    if (s->srst_a == !!level) {
        return;
    }
    s->srst_a = level;
    if (level) {
        if (rocket_inject_take(&inject->no_reset)) {
            return;
        }
        s->reset = true;
        rocket_board_ctl_stats(s->ctl, s->core)->resets++;
        gate_tell(s, RK_NPU_GATE_RESET_ASSERT);
    } else if (s->reset) {
        s->reset = false;
        gate_tell(s, RK_NPU_GATE_RESET_RELEASE);
    }
}

static void gate_set_srst_h(void *opaque, int n, int level)
{
    RkNpuGate *s = opaque;

    s->srst_h = level;
}

static void rk_npu_gate_init(Object *obj)
{
    DeviceState *dev = DEVICE(obj);
    RkNpuGate *s = RK_NPU_GATE(obj);

    notifier_list_init(&s->notifiers);
    qdev_init_gpio_in_named(dev, gate_set_power, RK_NPU_GATE_POWER, 1);
    qdev_init_gpio_in_named(dev, gate_set_vdd_off, RK_NPU_GATE_VDD_OFF, 1);
    qdev_init_gpio_in_named(dev, gate_set_idle, RK_NPU_GATE_IDLE, 1);
    qdev_init_gpio_in_named(dev, gate_set_aclk, RK_NPU_GATE_ACLK, 1);
    qdev_init_gpio_in_named(dev, gate_set_hclk, RK_NPU_GATE_HCLK, 1);
    qdev_init_gpio_in_named(dev, gate_set_srst_a, RK_NPU_GATE_SRST_A, 1);
    qdev_init_gpio_in_named(dev, gate_set_srst_h, RK_NPU_GATE_SRST_H, 1);
}

static void rk_npu_gate_realize(DeviceState *dev, Error **errp)
{
    RkNpuGate *s = RK_NPU_GATE(dev);

    if (!s->ctl) {
        error_setg(errp, "link 'ctl' is not set");
        return;
    }
    if (s->core >= ROCKET_BOARD_CORES) {
        error_setg(errp, "core must be less than %d", ROCKET_BOARD_CORES);
    }
}

/*
 * The state after power-on of the board; CRU and PMU drive the same levels in
 * the exit phase of their resets, so that nobody sees an edge.
 */
static void rk_npu_gate_reset_hold(Object *obj, ResetType type)
{
    RkNpuGate *s = RK_NPU_GATE(obj);

    s->power = true;
    s->vdd_off = false;
    s->idle = false;
    s->aclk = true;
    s->hclk = true;
    s->srst_a = false;
    s->srst_h = false;
    s->reset = false;
}

static const VMStateDescription vmstate_rk_npu_gate = {
    .name = TYPE_RK_NPU_GATE,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(power, RkNpuGate),
        VMSTATE_BOOL(vdd_off, RkNpuGate),
        VMSTATE_BOOL(idle, RkNpuGate),
        VMSTATE_BOOL(aclk, RkNpuGate),
        VMSTATE_BOOL(hclk, RkNpuGate),
        VMSTATE_BOOL(srst_a, RkNpuGate),
        VMSTATE_BOOL(srst_h, RkNpuGate),
        VMSTATE_BOOL(reset, RkNpuGate),
        VMSTATE_END_OF_LIST()
    }
};

static const Property rk_npu_gate_properties[] = {
    DEFINE_PROP_LINK("ctl", RkNpuGate, ctl, TYPE_ROCKET_BOARD_CTL,
                     RocketBoardCtl *),
    DEFINE_PROP_UINT32("core", RkNpuGate, core, 0),
};

static void rk_npu_gate_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "Power, clocks and resets of an RK3588 NPU core";
    dc->realize = rk_npu_gate_realize;
    dc->vmsd = &vmstate_rk_npu_gate;
    dc->user_creatable = false;
    device_class_set_props(dc, rk_npu_gate_properties);
    rc->phases.hold = rk_npu_gate_reset_hold;
}

static const TypeInfo rk_npu_gate_info = {
    .name = TYPE_RK_NPU_GATE,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(RkNpuGate),
    .instance_init = rk_npu_gate_init,
    .class_init = rk_npu_gate_class_init,
};

static void rk_npu_gate_register_types(void)
{
    type_register_static(&rk_npu_gate_info);
}

type_init(rk_npu_gate_register_types)
