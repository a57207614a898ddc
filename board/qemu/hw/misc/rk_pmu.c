/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of a Rockchip SoC's power management unit that an NPU needs.
 *
 * Domains: npu (the voltage domain), in it nputop (the shared parts; on the
 * RK3588 core 0 as well), in that one for each other core.  A domain has power
 * if its own gate and those around it are open.  Register numbers, bits and the
 * order of events are those of Linux' drivers/pmdomain/rockchip/pm-domains.c;
 * what it does not touch is stored.  All transitions are done at once.
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "hw/irq.h"
#include "hw/misc/rk_npu_gate.h"
#include "hw/misc/rk_pmu.h"
#include "migration/vmstate.h"
#include "trace.h"

/* The registers, one or two words each; a request's half has a write mask. */
typedef enum Reg {
    BUS_IDLE_REQ,
    BUS_IDLE_ACK,
    BUS_IDLE_ST,
    PWR_GATE,       /* 1: power off */
    PWR_GATE_ST,    /* 1: is off */
    MEM_PWR_GATE,   /* 1: memory power off */
    MEM_CHAIN_ST,   /* 1: memory power chain is up */
    MEM_ST,         /* 1: memory is off */
    REPAIR_ST,      /* 1: domain is on, memory repaired */
    CLK_UNGATE,     /* 1: the bus clock runs whatever the domain does */
    REGS,
} Reg;

#define REG_WORDS       2
#define REQUEST_BITS    16      /* in each word of a request */

typedef enum { PD_NPU, PD_NPUTOP, PD_A, PD_B, PD_COUNT } Domain;

/*
 * Bits in the registers above, counted over the words of each; -1 where a
 * domain has none.
 */
typedef struct DomainInfo {
    int parent;
    int pwr;        /* PWR_GATE, MEM_PWR_GATE */
    int status;     /* PWR_GATE_ST */
    int mem;        /* MEM_CHAIN_ST, MEM_ST */
    int repair;     /* REPAIR_ST */
    int idle;       /* BUS_IDLE_* */
} DomainInfo;

typedef struct RkPmuSoc {
    const char *type;
    const char *desc;
    uint32_t size;
    uint16_t offset[REGS];      /* 0: there is no such register */
    DomainInfo domains[PD_COUNT];
    unsigned num_cores;
    Domain core_domain[RK_PMU_CORES];
} RkPmuSoc;

struct RkPmuClass {
    SysBusDeviceClass parent_class;
    const RkPmuSoc *soc;
};

struct RkPmuState {
    SysBusDevice parent_obj;

    MemoryRegion mmio;
    uint32_t reg[RK_PMU_MAX_SIZE / 4];
    qemu_irq power[RK_PMU_CORES];
    qemu_irq idle[RK_PMU_CORES];
    qemu_irq siblings[RK_PMU_CORES];
};

static const RkPmuSoc rk3588_pmu = {
    .type = TYPE_RK3588_PMU,
    .desc = "RK3588 power management unit (NPU part)",
    .size = RK3588_PMU_SIZE,
    .offset = {
        [BUS_IDLE_REQ] = 0x10c,
        [BUS_IDLE_ACK] = 0x118,
        [BUS_IDLE_ST] = 0x120,
        [PWR_GATE] = 0x14c,
        [PWR_GATE_ST] = 0x180,
        [MEM_PWR_GATE] = 0x1a0,
        [MEM_CHAIN_ST] = 0x1f0,
        [MEM_ST] = 0x1f8,
        [REPAIR_ST] = 0x290,
    },
    .domains = {
        [PD_NPU]    = { -1,        1, 1,  -1, -1, -1 },
        [PD_NPUTOP] = { PD_NPU,    3, -1, 11, 2,  1 },
        [PD_A]      = { PD_NPUTOP, 4, -1, 12, 3,  2 },
        [PD_B]      = { PD_NPUTOP, 5, -1, 13, 4,  3 },
    },
    .num_cores = 3,
    .core_domain = { PD_NPUTOP, PD_A, PD_B },
};

/*
 * The kernel switches the three domains of the NPU proper by the second word of
 * the gates, and finds them in the upper half of the status.
 */
static const RkPmuSoc rk3576_pmu = {
    .type = TYPE_RK3576_PMU,
    .desc = "RK3576 power management unit (NPU part)",
    .size = RK3576_PMU_SIZE,
    .offset = {
        [BUS_IDLE_REQ] = 0x110,
        [BUS_IDLE_ACK] = 0x120,
        [BUS_IDLE_ST] = 0x128,
        [CLK_UNGATE] = 0x140,
        [PWR_GATE] = 0x210,
        [PWR_GATE_ST] = 0x230,
        [MEM_CHAIN_ST] = 0x248,
        [MEM_ST] = 0x250,
        [MEM_PWR_GATE] = 0x300,
        [REPAIR_ST] = 0x570,
    },
    .domains = {
        [PD_NPU]    = { -1,        0,           0,  -1, -1, -1 },
        [PD_NPUTOP] = { PD_NPU,    32 + 6,      -1, 22, 22, 3 },
        [PD_A]      = { PD_NPUTOP, 32 + 7,      -1, 23, 23, 1 },
        [PD_B]      = { PD_NPUTOP, 32 + 8,      -1, 24, 24, 2 },
    },
    .num_cores = 2,
    .core_domain = { PD_A, PD_B },
};

static const RkPmuSoc *pmu_soc(RkPmuState *s)
{
    return RK_PMU_GET_CLASS(s)->soc;
}

/* Bit @bit of the register, counted over its words */
static bool reg_bit(RkPmuState *s, Reg reg, int bit)
{
    return extract32(s->reg[pmu_soc(s)->offset[reg] / 4 + bit / 32], bit % 32,
                     1);
}

/* Which of the registers is at @offset, and which word of it; or REGS */
static Reg find_reg(RkPmuState *s, hwaddr offset, unsigned *word)
{
    const RkPmuSoc *soc = pmu_soc(s);
    unsigned r;

    for (r = 0; r < REGS; r++) {
        if (soc->offset[r] && offset >= soc->offset[r] &&
            offset < soc->offset[r] + 4 * REG_WORDS) {
            *word = (offset - soc->offset[r]) / 4;
            return r;
        }
    }
    return REGS;
}

static bool domain_on(RkPmuState *s, int d)
{
    for (; d >= 0; d = pmu_soc(s)->domains[d].parent) {
        if (reg_bit(s, PWR_GATE, pmu_soc(s)->domains[d].pwr)) {
            return false;
        }
    }
    return true;
}

static bool domain_idle(RkPmuState *s, int d)
{
    return reg_bit(s, BUS_IDLE_REQ, pmu_soc(s)->domains[d].idle);
}

static bool domain_mem_on(RkPmuState *s, int d)
{
    return !reg_bit(s, MEM_PWR_GATE, pmu_soc(s)->domains[d].pwr);
}

static void update_lines(RkPmuState *s)
{
    const RkPmuSoc *soc = pmu_soc(s);
    bool all = true;
    unsigned i;

    for (i = 0; i < soc->num_cores; i++) {
        all = all && domain_on(s, soc->core_domain[i]);
    }
    for (i = 0; i < soc->num_cores; i++) {
        qemu_set_irq(s->idle[i], domain_idle(s, soc->core_domain[i]));
        qemu_set_irq(s->power[i], domain_on(s, soc->core_domain[i]));
        qemu_set_irq(s->siblings[i], all);
    }
}

/* @val, bits @word * 32 and up, with bit @bit of all */
static uint32_t put_bit(uint32_t val, unsigned word, int bit, bool set)
{
    return bit < 0 || bit / 32 != word ? val
                                       : deposit32(val, bit % 32, 1, set);
}

/* Status registers follow from the requests; the rest reads as written. */
static uint32_t status(RkPmuState *s, hwaddr offset)
{
    uint32_t val = s->reg[offset / 4];
    unsigned word = 0;
    Reg reg = find_reg(s, offset, &word);
    unsigned d;

    if (reg == BUS_IDLE_ACK || reg == BUS_IDLE_ST) {
        return s->reg[pmu_soc(s)->offset[BUS_IDLE_REQ] / 4 + word];
    }
    for (d = 0; d < PD_COUNT; d++) {
        const DomainInfo *info = &pmu_soc(s)->domains[d];

        switch (reg) {
        case PWR_GATE_ST:
            val = put_bit(val, word, info->status, !domain_on(s, d));
            break;
        case MEM_CHAIN_ST:
            val = put_bit(val, word, info->mem, domain_on(s, d));
            break;
        case MEM_ST:
            val = put_bit(val, word, info->mem, !domain_mem_on(s, d));
            break;
        case REPAIR_ST:
            val = put_bit(val, word, info->repair,
                          domain_on(s, d) && domain_mem_on(s, d));
            break;
        default:
            break;
        }
    }
    return val;
}

static uint64_t rk_pmu_read(void *opaque, hwaddr offset, unsigned size)
{
    RkPmuState *s = opaque;
    uint32_t val = status(s, offset);

    trace_rk_pmu_read(offset, val);
    return val;
}

static void rk_pmu_write(void *opaque, hwaddr offset, uint64_t val,
                         unsigned size)
{
    RkPmuState *s = opaque;
    uint32_t *reg = &s->reg[offset / 4];
    unsigned word;

    trace_rk_pmu_write(offset, val);
    switch (find_reg(s, offset, &word)) {
    case BUS_IDLE_ACK:
    case BUS_IDLE_ST:
    case PWR_GATE_ST:
    case MEM_CHAIN_ST:
    case MEM_ST:
    case REPAIR_ST:
        return;
    case BUS_IDLE_REQ:
    case PWR_GATE:
    case MEM_PWR_GATE:
    case CLK_UNGATE:
        /* bit n takes effect if bit n + 16 is set */
        *reg = (*reg & ~(val >> REQUEST_BITS)) |
               (val & (val >> REQUEST_BITS) & 0xffff);
        update_lines(s);
        return;
    default:
        *reg = val;
    }
}

static const MemoryRegionOps rk_pmu_ops = {
    .read = rk_pmu_read,
    .write = rk_pmu_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

/* All gates open, no bus port idle: what the registers say after power-on */
static void rk_pmu_reset_hold(Object *obj, ResetType type)
{
    RkPmuState *s = RK_PMU(obj);

    memset(s->reg, 0, sizeof(s->reg));
}

static void rk_pmu_reset_exit(Object *obj, ResetType type)
{
    update_lines(RK_PMU(obj));
}

static void rk_pmu_init(Object *obj)
{
    RkPmuState *s = RK_PMU(obj);
    DeviceState *dev = DEVICE(obj);

    memory_region_init_io(&s->mmio, obj, &rk_pmu_ops, s, pmu_soc(s)->type,
                          pmu_soc(s)->size);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->mmio);
    qdev_init_gpio_out_named(dev, s->power, RK_NPU_GATE_POWER, RK_PMU_CORES);
    qdev_init_gpio_out_named(dev, s->idle, RK_NPU_GATE_IDLE, RK_PMU_CORES);
    qdev_init_gpio_out_named(dev, s->siblings, RK_NPU_GATE_SIBLINGS,
                             RK_PMU_CORES);
}

static const VMStateDescription vmstate_rk_pmu = {
    .name = TYPE_RK_PMU,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32_ARRAY(reg, RkPmuState, RK_PMU_MAX_SIZE / 4),
        VMSTATE_END_OF_LIST()
    }
};

static void rk_pmu_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->vmsd = &vmstate_rk_pmu;
    dc->user_creatable = false;
    rc->phases.hold = rk_pmu_reset_hold;
    rc->phases.exit = rk_pmu_reset_exit;
}

static void rk_pmu_soc_class_init(ObjectClass *klass, void *data)
{
    const RkPmuSoc *soc = data;

    DEVICE_CLASS(klass)->desc = soc->desc;
    RK_PMU_CLASS(klass)->soc = soc;
}

static const TypeInfo rk_pmu_types[] = {
    {
        .name = TYPE_RK_PMU,
        .parent = TYPE_SYS_BUS_DEVICE,
        .abstract = true,
        .instance_size = sizeof(RkPmuState),
        .instance_init = rk_pmu_init,
        .class_size = sizeof(RkPmuClass),
        .class_init = rk_pmu_class_init,
    }, {
        .name = TYPE_RK3588_PMU,
        .parent = TYPE_RK_PMU,
        .class_init = rk_pmu_soc_class_init,
        .class_data = (void *)&rk3588_pmu,
    }, {
        .name = TYPE_RK3576_PMU,
        .parent = TYPE_RK_PMU,
        .class_init = rk_pmu_soc_class_init,
        .class_data = (void *)&rk3576_pmu,
    },
};

DEFINE_TYPES(rk_pmu_types)
