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
#include "hw/misc/rocket_silicon.h"
#include "migration/vmstate.h"
#include "trace.h"

struct RkNpuGate {
    SysBusDevice parent_obj;   /* on the system bus to be reset with it */

    RocketBoardCtl *ctl;
    RocketSilicon *silicon;
    uint32_t core;
    bool has_biu;       /* there is a reset for the bus interface alone */
    NotifierList notifiers;

    bool power;
    bool vdd_off;
    bool idle;
    bool aclk;
    bool hclk;
    bool srst_a;        /* as the CRU drives it */
    bool srst_h;
    bool reset;         /* srst_a as the core feels it: see no_reset */
    bool cbuf;
    bool siblings;
    bool biu;
    bool biu_stale;     /* not reset since power came, and it needs that */
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
           !s->reset && !s->srst_h && !s->biu && !s->biu_stale;
}

bool rk_npu_gate_running(RkNpuGate *s)
{
    return rk_npu_gate_powered(s) && s->aclk && !s->reset;
}

bool rk_npu_gate_cbuf_clocked(RkNpuGate *s)
{
    return s->cbuf;
}

bool rk_npu_gate_siblings_on(RkNpuGate *s)
{
    return s->siblings;
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
        s->biu_stale = s->has_biu &&
            rocket_silicon(s->silicon, READING_BIU_AT_POWER_ON) ==
            BIU_AT_POWER_ON_STALE;
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

static void gate_set_cbuf(void *opaque, int n, int level)
{
    RkNpuGate *s = opaque;

    s->cbuf = level;
}

static void gate_set_siblings(void *opaque, int n, int level)
{
    RkNpuGate *s = opaque;

    s->siblings = level;
}

static void gate_set_biu(void *opaque, int n, int level)
{
    RkNpuGate *s = opaque;

    if (s->biu == !!level) {
        return;
    }
    s->biu = level;
    if (level) {
        s->biu_stale = false;
        gate_tell(s, RK_NPU_GATE_BIU_RESET);
    }
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
    qdev_init_gpio_in_named(dev, gate_set_cbuf, RK_NPU_GATE_CBUF, 1);
    qdev_init_gpio_in_named(dev, gate_set_biu, RK_NPU_GATE_BIU, 1);
    qdev_init_gpio_in_named(dev, gate_set_siblings, RK_NPU_GATE_SIBLINGS, 1);
}

static void rk_npu_gate_realize(DeviceState *dev, Error **errp)
{
    RkNpuGate *s = RK_NPU_GATE(dev);

    if (!s->ctl || !s->silicon) {
        error_setg(errp, "links 'ctl' and 'silicon' must be set");
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
    s->cbuf = true;
    s->siblings = true;
    s->biu = false;
    s->biu_stale = false;
}

static const VMStateDescription vmstate_rk_npu_gate = {
    .name = TYPE_RK_NPU_GATE,
    .version_id = 2,
    .minimum_version_id = 2,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(power, RkNpuGate),
        VMSTATE_BOOL(vdd_off, RkNpuGate),
        VMSTATE_BOOL(idle, RkNpuGate),
        VMSTATE_BOOL(aclk, RkNpuGate),
        VMSTATE_BOOL(hclk, RkNpuGate),
        VMSTATE_BOOL(srst_a, RkNpuGate),
        VMSTATE_BOOL(srst_h, RkNpuGate),
        VMSTATE_BOOL(reset, RkNpuGate),
        VMSTATE_BOOL(cbuf, RkNpuGate),
        VMSTATE_BOOL(siblings, RkNpuGate),
        VMSTATE_BOOL(biu, RkNpuGate),
        VMSTATE_BOOL(biu_stale, RkNpuGate),
        VMSTATE_END_OF_LIST()
    }
};

static const Property rk_npu_gate_properties[] = {
    DEFINE_PROP_LINK("ctl", RkNpuGate, ctl, TYPE_ROCKET_BOARD_CTL,
                     RocketBoardCtl *),
    DEFINE_PROP_LINK("silicon", RkNpuGate, silicon, TYPE_ROCKET_SILICON,
                     RocketSilicon *),
    DEFINE_PROP_UINT32("core", RkNpuGate, core, 0),
    DEFINE_PROP_BOOL("has-biu", RkNpuGate, has_biu, false),
};

static void rk_npu_gate_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "Power, clocks and resets of an NPU core";
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
