/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clock and supply of the NPU's cores.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/core/cpu.h"
#include "hw/qdev-properties.h"
#include "hw/misc/rk_npu_clock.h"
#include "hw/misc/rk_npu_gate.h"
#include "hw/misc/rocket_board_ctl.h"
#include "migration/vmstate.h"
#include "trace.h"

typedef struct ClockGate {
    RkNpuClock *clock;
    RkNpuGate *gate;
    Notifier notifier;
} ClockGate;

struct RkNpuClock {
    SysBusDevice parent_obj;   /* on the system bus to be reset with it */

    RocketBoardCtl *ctl;
    RocketClockState *state;
    ClockGate gates[ROCKET_BOARD_CORES];
    bool settable_supply;

    bool voltage[RK_NPU_CLOCK_VOLTAGE_LINES];
    bool undervoltage;
};

/* The vendor's devicetree: up to each rate this voltage is enough. */
static const struct {
    uint32_t hz;
    uint32_t uv;
} needs[] = {
    { 700000000, 700000 },
    { 800000000, 750000 },
    { 900000000, 800000 },
    { ROCKET_BOARD_MAX_HZ, 850000 },
};

uint32_t rk_npu_clock_needs(uint32_t hz)
{
    unsigned i = 0;

    while (needs[i].hz < hz) {
        i++;
    }
    return needs[i].uv;
}

uint32_t rk_npu_clock_hz(RkNpuClock *s)
{
    return s->state->hz;
}

static bool any_gate(RkNpuClock *s, bool (*what)(RkNpuGate *gate))
{
    unsigned i;

    for (i = 0; i < ROCKET_BOARD_CORES; i++) {
        if (s->gates[i].gate && what(s->gates[i].gate)) {
            return true;
        }
    }
    return false;
}

static void check_voltage(RkNpuClock *s)
{
    bool is = any_gate(s, rk_npu_gate_powered) &&
              s->state->supply_uv < rk_npu_clock_needs(s->state->hz);

    if (is && !s->undervoltage) {
        s->state->undervoltages++;
        warn_report("rk-npu-clock: the NPU runs at %u Hz with %u uV, "
                    "and needs %u", s->state->hz, s->state->supply_uv,
                    rk_npu_clock_needs(s->state->hz));
    }
    s->undervoltage = is;
}

static int asking_cpu(void)
{
    return current_cpu ? current_cpu->cpu_index : -1;
}

RkNpuClockResult rk_npu_clock_set(RkNpuClock *s, uint64_t hz)
{
    uint32_t rate = MIN(hz, ROCKET_BOARD_MAX_HZ);

    rate = MAX(rate - rate % ROCKET_BOARD_CLOCK_STEP_HZ, ROCKET_BOARD_BOOT_HZ);
    if (!any_gate(s, rk_npu_gate_powered)) {
        s->state->cold_sets++;
        warn_report("rk-npu-clock: CPU %d asked for %" PRIu64 " Hz while all "
                    "power domains of the NPU were off: firmware hangs",
                    asking_cpu(), hz);
        return RK_NPU_CLOCK_HUNG;
    }
    if (rocket_inject_take(&s->state->refuse)) {
        return RK_NPU_CLOCK_REFUSED;
    }
    if (any_gate(s, rk_npu_gate_in_reset)) {
        s->state->reset_sets++;
        warn_report("rk-npu-clock: CPU %d had %" PRIu64 " Hz set while a core "
                    "was in reset", asking_cpu(), hz);
    }
    trace_rk_npu_clock_set(s->state->hz, rate, s->state->supply_uv);
    s->state->hz = rate;
    s->state->rate_sets++;
    check_voltage(s);
    return RK_NPU_CLOCK_SET;
}

static void set_voltage(void *opaque, int n, int level)
{
    RkNpuClock *s = opaque;
    uint32_t uv = RK_NPU_CLOCK_MIN_UV;
    unsigned i;

    s->voltage[n] = level;
    for (i = 0; i < RK_NPU_CLOCK_VOLTAGE_LINES; i++) {
        uv += s->voltage[i] * RK_NPU_CLOCK_STEP_UV;
    }
    s->state->supply_uv = uv;
    trace_rk_npu_clock_voltage(uv);
    check_voltage(s);
}

static void gate_changed(Notifier *notifier, void *data)
{
    ClockGate *gate = container_of(notifier, ClockGate, notifier);
    const RkNpuGateEvent *event = data;
    RkNpuClock *s = gate->clock;

    if (*event != RK_NPU_GATE_POWER_ON && *event != RK_NPU_GATE_POWER_OFF) {
        return;
    }
    if (!any_gate(s, rk_npu_gate_powered) &&
        s->state->hz > ROCKET_BOARD_BOOT_HZ) {
        s->state->fast_offs++;
        warn_report("rk-npu-clock: the last power domain of the NPU went off "
                    "with the clock at %u Hz", s->state->hz);
    }
    check_voltage(s);
}

static void rk_npu_clock_init(Object *obj)
{
    RkNpuClock *s = RK_NPU_CLOCK(obj);
    unsigned i;

    qdev_init_gpio_in_named(DEVICE(obj), set_voltage, RK_NPU_CLOCK_VOLTAGE,
                            RK_NPU_CLOCK_VOLTAGE_LINES);
    for (i = 0; i < ROCKET_BOARD_CORES; i++) {
        g_autofree char *name = g_strdup_printf("gate%u", i);

        object_property_add_link(obj, name, TYPE_RK_NPU_GATE,
                                 (Object **)&s->gates[i].gate,
                                 qdev_prop_allow_set_link_before_realize,
                                 OBJ_PROP_LINK_STRONG);
    }
}

static void rk_npu_clock_realize(DeviceState *dev, Error **errp)
{
    RkNpuClock *s = RK_NPU_CLOCK(dev);
    unsigned i;

    if (!s->ctl) {
        error_setg(errp, "link 'ctl' is not set");
        return;
    }
    s->state = rocket_board_ctl_clock(s->ctl);
    for (i = 0; i < ROCKET_BOARD_CORES; i++) {
        ClockGate *gate = &s->gates[i];

        gate->clock = s;
        gate->notifier.notify = gate_changed;
        if (gate->gate) {
            rk_npu_gate_add_notifier(gate->gate, &gate->notifier);
        }
    }
}

/* The GPIO controller comes up with all lines low, and tells nobody. */
static void rk_npu_clock_reset_hold(Object *obj, ResetType type)
{
    RkNpuClock *s = RK_NPU_CLOCK(obj);

    memset(s->voltage, 0, sizeof(s->voltage));
    s->undervoltage = false;
    s->state->hz = ROCKET_BOARD_BOOT_HZ;
    s->state->supply_uv = s->settable_supply ? RK_NPU_CLOCK_MIN_UV :
                                               ROCKET_BOARD_USUAL_UV;
}

static const VMStateDescription vmstate_rk_npu_clock = {
    .name = TYPE_RK_NPU_CLOCK,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL_ARRAY(voltage, RkNpuClock, RK_NPU_CLOCK_VOLTAGE_LINES),
        VMSTATE_BOOL(undervoltage, RkNpuClock),
        VMSTATE_END_OF_LIST()
    }
};

static const Property rk_npu_clock_properties[] = {
    DEFINE_PROP_LINK("ctl", RkNpuClock, ctl, TYPE_ROCKET_BOARD_CTL,
                     RocketBoardCtl *),
    DEFINE_PROP_BOOL("settable-supply", RkNpuClock, settable_supply, false),
};

static void rk_npu_clock_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "Clock and supply of the RK3588 NPU's cores";
    dc->realize = rk_npu_clock_realize;
    dc->vmsd = &vmstate_rk_npu_clock;
    dc->user_creatable = false;
    device_class_set_props(dc, rk_npu_clock_properties);
    rc->phases.hold = rk_npu_clock_reset_hold;
}

static const TypeInfo rk_npu_clock_info = {
    .name = TYPE_RK_NPU_CLOCK,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(RkNpuClock),
    .instance_init = rk_npu_clock_init,
    .class_init = rk_npu_clock_class_init,
};

static void rk_npu_clock_register_types(void)
{
    type_register_static(&rk_npu_clock_info);
}

type_init(rk_npu_clock_register_types)
