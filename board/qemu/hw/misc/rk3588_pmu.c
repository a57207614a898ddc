/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of the RK3588's power management unit that an NPU needs.
 *
 * Domains: npu (the voltage domain), in it nputop (shared parts and core 0),
 * in that npu1 and npu2.  A domain has power if its own gate and those around
 * it are open.  Register numbers, bits and the order of events are those of
 * Linux' drivers/pmdomain/rockchip/pm-domains.c; what it does not touch is
 * stored.  All transitions are done at once.
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "hw/irq.h"
#include "hw/misc/rk3588_pmu.h"
#include "migration/vmstate.h"
#include "trace.h"

#define BUS_IDLE_REQ        0x10c
#define BUS_IDLE_ACK        0x118
#define BUS_IDLE_ST         0x120
#define PWR_GATE            0x14c   /* 1: power off */
#define PWR_GATE_ST         0x180   /* 1: is off */
#define MEM_PWR_GATE        0x1a0   /* 1: memory power off */
#define MEM_CHAIN_ST        0x1f0   /* 1: memory power chain is up */
#define MEM_ST              0x1f8   /* 1: memory is off */
#define REPAIR_ST           0x290   /* 1: domain is on, memory repaired */

typedef enum { PD_NPU, PD_NPUTOP, PD_NPU1, PD_NPU2, PD_COUNT } Domain;

/* Bits in the registers above; -1 where a domain has none */
typedef struct DomainInfo {
    int parent;
    int pwr;        /* PWR_GATE, MEM_PWR_GATE */
    int status;     /* PWR_GATE_ST */
    int mem;        /* MEM_CHAIN_ST, MEM_ST */
    int repair;     /* REPAIR_ST */
    int idle;       /* BUS_IDLE_* */
} DomainInfo;

static const DomainInfo domains[PD_COUNT] = {
    [PD_NPU]    = { -1,        1, 1,  -1, -1, -1 },
    [PD_NPUTOP] = { PD_NPU,    3, -1, 11, 2,  1 },
    [PD_NPU1]   = { PD_NPUTOP, 4, -1, 12, 3,  2 },
    [PD_NPU2]   = { PD_NPUTOP, 5, -1, 13, 4,  3 },
};

static const Domain core_domain[RK3588_PMU_CORES] = {
    PD_NPUTOP, PD_NPU1, PD_NPU2,
};

struct RK3588PmuState {
    SysBusDevice parent_obj;

    MemoryRegion mmio;
    uint32_t reg[RK3588_PMU_SIZE / 4];
    qemu_irq power[RK3588_PMU_CORES];
    qemu_irq idle[RK3588_PMU_CORES];
};

static bool domain_on(RK3588PmuState *s, int d)
{
    for (; d >= 0; d = domains[d].parent) {
        if (extract32(s->reg[PWR_GATE / 4], domains[d].pwr, 1)) {
            return false;
        }
    }
    return true;
}

static bool domain_idle(RK3588PmuState *s, int d)
{
    return extract32(s->reg[BUS_IDLE_REQ / 4], domains[d].idle, 1);
}

static bool domain_mem_on(RK3588PmuState *s, int d)
{
    return !extract32(s->reg[MEM_PWR_GATE / 4], domains[d].pwr, 1);
}

static void update_lines(RK3588PmuState *s)
{
    unsigned i;

    for (i = 0; i < RK3588_PMU_CORES; i++) {
        qemu_set_irq(s->idle[i], domain_idle(s, core_domain[i]));
        qemu_set_irq(s->power[i], domain_on(s, core_domain[i]));
    }
}

static uint32_t put_bit(uint32_t val, int bit, bool set)
{
    return bit < 0 ? val : deposit32(val, bit, 1, set);
}

/* Status registers follow from the requests; the rest reads as written. */
static uint32_t status(RK3588PmuState *s, hwaddr offset)
{
    uint32_t val = s->reg[offset / 4];
    unsigned d;

    if (offset == BUS_IDLE_ACK || offset == BUS_IDLE_ST) {
        return s->reg[BUS_IDLE_REQ / 4];
    }
    for (d = 0; d < PD_COUNT; d++) {
        const DomainInfo *info = &domains[d];

        switch (offset) {
        case PWR_GATE_ST:
            val = put_bit(val, info->status, !domain_on(s, d));
            break;
        case MEM_CHAIN_ST:
            val = put_bit(val, info->mem, domain_on(s, d));
            break;
        case MEM_ST:
            val = put_bit(val, info->mem, !domain_mem_on(s, d));
            break;
        case REPAIR_ST:
            val = put_bit(val, info->repair,
                          domain_on(s, d) && domain_mem_on(s, d));
            break;
        }
    }
    return val;
}

static uint64_t rk3588_pmu_read(void *opaque, hwaddr offset, unsigned size)
{
    RK3588PmuState *s = opaque;
    uint32_t val = status(s, offset);

    trace_rk3588_pmu_read(offset, val);
    return val;
}

static void rk3588_pmu_write(void *opaque, hwaddr offset, uint64_t val,
                             unsigned size)
{
    RK3588PmuState *s = opaque;
    uint32_t *reg = &s->reg[offset / 4];

    trace_rk3588_pmu_write(offset, val);
    switch (offset) {
    case BUS_IDLE_ACK:
    case BUS_IDLE_ST:
    case PWR_GATE_ST:
    case MEM_CHAIN_ST:
    case MEM_ST:
    case REPAIR_ST:
        return;
    case BUS_IDLE_REQ:
    case BUS_IDLE_REQ + 4:
    case PWR_GATE:
    case PWR_GATE + 4:
    case MEM_PWR_GATE:
    case MEM_PWR_GATE + 4:
        /* bit n takes effect if bit n + 16 is set */
        *reg = (*reg & ~(val >> 16)) | (val & (val >> 16) & 0xffff);
        update_lines(s);
        return;
    default:
        *reg = val;
    }
}

static const MemoryRegionOps rk3588_pmu_ops = {
    .read = rk3588_pmu_read,
    .write = rk3588_pmu_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

/* All gates open, no bus port idle: what the registers say after power-on */
static void rk3588_pmu_reset_hold(Object *obj, ResetType type)
{
    RK3588PmuState *s = RK3588_PMU(obj);

    memset(s->reg, 0, sizeof(s->reg));
}

static void rk3588_pmu_reset_exit(Object *obj, ResetType type)
{
    update_lines(RK3588_PMU(obj));
}

static void rk3588_pmu_init(Object *obj)
{
    RK3588PmuState *s = RK3588_PMU(obj);
    DeviceState *dev = DEVICE(obj);

    memory_region_init_io(&s->mmio, obj, &rk3588_pmu_ops, s, TYPE_RK3588_PMU,
                          RK3588_PMU_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->mmio);
    qdev_init_gpio_out_named(dev, s->power, "power", RK3588_PMU_CORES);
    qdev_init_gpio_out_named(dev, s->idle, "niu-idle", RK3588_PMU_CORES);
}

static const VMStateDescription vmstate_rk3588_pmu = {
    .name = TYPE_RK3588_PMU,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32_ARRAY(reg, RK3588PmuState, RK3588_PMU_SIZE / 4),
        VMSTATE_END_OF_LIST()
    }
};

static void rk3588_pmu_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "RK3588 power management unit (NPU part)";
    dc->vmsd = &vmstate_rk3588_pmu;
    dc->user_creatable = false;
    rc->phases.hold = rk3588_pmu_reset_hold;
    rc->phases.exit = rk3588_pmu_reset_exit;
}

static const TypeInfo rk3588_pmu_info = {
    .name = TYPE_RK3588_PMU,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(RK3588PmuState),
    .instance_init = rk3588_pmu_init,
    .class_init = rk3588_pmu_class_init,
};

static void rk3588_pmu_register_types(void)
{
    type_register_static(&rk3588_pmu_info);
}

type_init(rk3588_pmu_register_types)
