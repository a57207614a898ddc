/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of a Rockchip SoC's clock and reset unit that an NPU needs.
 *
 * All clock selectors, dividers, gates and soft resets are stored with their
 * write masks, so that Linux' clk-rk3588.c or clk-rk3576.c sees the whole tree;
 * PLLs are always locked and come up with the rates that boot firmware leaves.
 * Only the gates and resets of the NPU cores have an effect.  What differs
 * between the SoCs is data: where PLLs and selectors are, and which bits stop or
 * reset a core.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/irq.h"
#include "hw/misc/rk_cru.h"
#include "hw/misc/rk_npu_gate.h"
#include "migration/vmstate.h"
#include "system/runstate.h"
#include "trace.h"

#define PLL_CON(n)          ((n) * 4)
#define PLL_CON1_POWER_DOWN BIT(13)
#define PLL_CON6_LOCK       BIT(15)
#define MODE_CON0           0x280
#define CLKSEL_CON(n)       (0x300 + (n) * 4)
#define CLKGATE_CON(n)      (0x800 + (n) * 4)
#define SOFTRST_CON(n)      (0xa00 + (n) * 4)

#define GLB_CNT_TH          0xc00
#define GLB_RST_ST          0xc04
#define GLB_SRST_FST        0xc08
#define GLB_SRST_SND        0xc0c
#define GLB_RST_CON         0xc10
#define GLB_SRST_FST_MAGIC  0xfdb9
#define GLB_SRST_SND_MAGIC  0xeca8

/*
 * PLLs: where their eight registers are, and rate = 24 MHz * (m + k / 65536) /
 * p / 2^s as boot firmware leaves them.
 */
typedef struct Pll {
    uint32_t con;
    uint16_t m;
    uint8_t p;
    uint8_t s;
    uint16_t k;
} Pll;

/* A register that comes up with another value than 0 */
typedef struct Preset {
    uint32_t reg;
    uint16_t val;
} Preset;

/* A bit of CLKGATE_CON(con) or SOFTRST_CON(con); a con of 0 is no bit. */
typedef struct Bit {
    uint8_t con;
    uint8_t bit;
} Bit;

#define GATES_MAX   2

/* What stops and resets one core */
typedef struct Core {
    Bit aclk[GATES_MAX], hclk[GATES_MAX], cbuf[GATES_MAX];
    Bit srst_a, srst_h, biu;
} Core;

typedef struct RkCruSoc {
    const char *type;
    const char *desc;
    uint32_t size;
    const Pll *plls;
    unsigned num_plls;
    const Preset *presets;
    unsigned num_presets;
    Core cores[RK_CRU_CORES];
} RkCruSoc;

struct RkCruClass {
    SysBusDeviceClass parent_class;
    const RkCruSoc *soc;
};

struct RkCruState {
    SysBusDevice parent_obj;

    MemoryRegion mmio;
    uint32_t reg[RK_CRU_MAX_SIZE / 4];
    qemu_irq aclk[RK_CRU_CORES];
    qemu_irq hclk[RK_CRU_CORES];
    qemu_irq cbuf[RK_CRU_CORES];
    qemu_irq srst_a[RK_CRU_CORES];
    qemu_irq srst_h[RK_CRU_CORES];
    qemu_irq biu[RK_CRU_CORES];
};

/* RK3588: units inside the window, each with PLLs, selectors, gates and resets */
#define RK3588_PHP          0x08000
#define RK3588_BIGCORE0     0x50000
#define RK3588_BIGCORE1     0x52000
#define RK3588_DSU          0x58000

static const Pll rk3588_plls[] = {
    { RK3588_BIGCORE0 + PLL_CON(0), 272, 2, 2, 0 },     /* b0pll  816 MHz */
    { RK3588_BIGCORE1 + PLL_CON(8), 272, 2, 2, 0 },     /* b1pll  816 MHz */
    { RK3588_DSU + PLL_CON(16),     272, 2, 2, 0 },     /* lpll   816 MHz */
    { PLL_CON(88),                  198, 2, 2, 0 },     /* v0pll  594 MHz */
    { PLL_CON(96),                  262, 2, 2, 9437 },  /* aupll  786.432 MHz */
    { PLL_CON(104),                 250, 2, 1, 0 },     /* cpll  1500 MHz */
    { PLL_CON(112),                 198, 2, 1, 0 },     /* gpll  1188 MHz */
    { PLL_CON(120),                 425, 3, 2, 0 },     /* npll   850 MHz */
    { RK3588_PHP + PLL_CON(128),    550, 3, 2, 0 },     /* ppll  1100 MHz */
};

/*
 * Every PLL switched to its output instead of the crystal, and the dividers in
 * front of the NPU's clocks: clk_50m_src and clk_100m_src from cpll,
 * clk_200m_src (198 MHz), clk_400m_src (396) and clk_npu_dsu0 (594) from gpll.
 */
static const Preset rk3588_presets[] = {
    { CLKSEL_CON(0),                BIT(11) | 14 << 6 | BIT(5) | 29 },
    { CLKSEL_CON(1),                5 << 6 },
    { CLKSEL_CON(3),                2 << 6 },
    { CLKSEL_CON(73),               1 << 2 },
    { MODE_CON0,                    0x0555 },
    { RK3588_BIGCORE0 + MODE_CON0,  0x0001 },
    { RK3588_BIGCORE1 + MODE_CON0,  0x0001 },
    { RK3588_DSU + MODE_CON0,       0x0001 },
};

/* The gates of clk_npu_dsu0 and hclk_npu_root, above those of the cores */
#define RK3588_DSU0         { 29, 1 }
#define RK3588_HCLK_ROOT    { 29, 0 }

static const RkCruSoc rk3588_cru = {
    .type = TYPE_RK3588_CRU,
    .desc = "RK3588 clock and reset unit (NPU part)",
    .size = RK3588_CRU_SIZE,
    .plls = rk3588_plls,
    .num_plls = ARRAY_SIZE(rk3588_plls),
    .presets = rk3588_presets,
    .num_presets = ARRAY_SIZE(rk3588_presets),
    .cores = {
        { .aclk = { RK3588_DSU0, { 30, 6 } },
          .hclk = { RK3588_HCLK_ROOT, { 30, 8 } },
          .srst_a = { 30, 6 }, .srst_h = { 30, 8 } },
        { .aclk = { RK3588_DSU0, { 27, 0 } },
          .hclk = { RK3588_HCLK_ROOT, { 27, 2 } },
          .srst_a = { 27, 0 }, .srst_h = { 27, 2 } },
        { .aclk = { RK3588_DSU0, { 28, 0 } },
          .hclk = { RK3588_HCLK_ROOT, { 28, 2 } },
          .srst_a = { 28, 0 }, .srst_h = { 28, 2 } },
    },
};

/* RK3576 */
#define RK3576_PHP          0x08000
#define RK3576_BIGCORE      0x38000
#define RK3576_LITCORE      0x40000
#define RK3576_CCI          0x48000

static const Pll rk3576_plls[] = {
    { PLL_CON(0),                   272, 2, 2, 0 },     /* bpll   816 MHz */
    { RK3576_CCI + PLL_CON(16),     272, 2, 2, 0 },     /* lpll   816 MHz */
    { PLL_CON(88),                  198, 2, 2, 0 },     /* vpll   594 MHz */
    { PLL_CON(96),                  262, 2, 2, 9437 },  /* aupll  786.432 MHz */
    { PLL_CON(104),                 500, 3, 2, 0 },     /* cpll  1000 MHz */
    { PLL_CON(112),                 198, 2, 1, 0 },     /* gpll  1188 MHz */
    { RK3576_PHP + PLL_CON(128),    325, 3, 2, 0 },     /* ppll  1300 MHz */
};

/*
 * The same here: clk_cpll_div20 and clk_cpll_div10 from cpll, clk_gpll_div6,
 * and clk_rknn_dsu0 at 594 MHz from gpll, at which boards compute (measured).
 */
static const Preset rk3576_presets[] = {
    { CLKSEL_CON(0),                BIT(11) | 9 << 6 | BIT(5) | 19 },
    { CLKSEL_CON(1),                5 << 6 | 7 },
    { CLKSEL_CON(86),               1 << 2 },
    { MODE_CON0,                    0x0555 },
    { RK3576_BIGCORE + MODE_CON0,   0x0001 },
    { RK3576_LITCORE + MODE_CON0,   0x0001 },
};

/* clk_rknn_dsu0, hclk_rknn_root; aclk_rknn_cbuf and hclk_rknn_cbuf below them */
#define RK3576_DSU0         { 31, 5 }
#define RK3576_HCLK_ROOT    { 31, 4 }
#define RK3576_CBUF         { { 32, 0 }, { 32, 12 } }

static const RkCruSoc rk3576_cru = {
    .type = TYPE_RK3576_CRU,
    .desc = "RK3576 clock and reset unit (NPU part)",
    .size = RK3576_CRU_SIZE,
    .plls = rk3576_plls,
    .num_plls = ARRAY_SIZE(rk3576_plls),
    .presets = rk3576_presets,
    .num_presets = ARRAY_SIZE(rk3576_presets),
    .cores = {
        { .aclk = { RK3576_DSU0, { 28, 9 } },
          .hclk = { RK3576_HCLK_ROOT }, .cbuf = RK3576_CBUF,
          .srst_a = { 28, 9 }, .biu = { 28, 11 } },
        { .aclk = { RK3576_DSU0, { 29, 0 } },
          .hclk = { RK3576_HCLK_ROOT }, .cbuf = RK3576_CBUF,
          .srst_a = { 29, 0 }, .biu = { 29, 2 } },
    },
};

static const RkCruSoc *cru_soc(RkCruState *s)
{
    return RK_CRU_GET_CLASS(s)->soc;
}

static bool reg_bit(RkCruState *s, uint32_t offset, unsigned bit)
{
    return extract32(s->reg[offset / 4], bit, 1);
}

/* Does a clock run that all of @gates let through? */
static bool runs(RkCruState *s, const Bit *gates)
{
    unsigned i;

    for (i = 0; i < GATES_MAX; i++) {
        if (gates[i].con &&
            reg_bit(s, CLKGATE_CON(gates[i].con), gates[i].bit)) {
            return false;
        }
    }
    return true;
}

static bool asserted(RkCruState *s, Bit reset)
{
    return reset.con && reg_bit(s, SOFTRST_CON(reset.con), reset.bit);
}

static void update_lines(RkCruState *s)
{
    unsigned i;

    for (i = 0; i < RK_CRU_CORES; i++) {
        const Core *core = &cru_soc(s)->cores[i];

        qemu_set_irq(s->aclk[i], runs(s, core->aclk));
        qemu_set_irq(s->hclk[i], runs(s, core->hclk));
        qemu_set_irq(s->cbuf[i], runs(s, core->cbuf));
        qemu_set_irq(s->srst_a[i], asserted(s, core->srst_a));
        qemu_set_irq(s->srst_h[i], asserted(s, core->srst_h));
        qemu_set_irq(s->biu[i], asserted(s, core->biu));
    }
}

/* Locked whenever it is powered */
static uint32_t pll_status(RkCruState *s, uint32_t offset, uint32_t val)
{
    const RkCruSoc *soc = cru_soc(s);
    unsigned i;

    for (i = 0; i < soc->num_plls; i++) {
        uint32_t con = soc->plls[i].con;

        if (offset == con + PLL_CON(6)) {
            bool down = s->reg[(con + PLL_CON(1)) / 4] & PLL_CON1_POWER_DOWN;

            return down ? val & ~PLL_CON6_LOCK : val | PLL_CON6_LOCK;
        }
    }
    return val;
}

static uint64_t rk_cru_read(void *opaque, hwaddr offset, unsigned size)
{
    RkCruState *s = opaque;
    uint32_t val = pll_status(s, offset, s->reg[offset / 4]);

    trace_rk_cru_read(offset, val);
    return val;
}

static void rk_cru_write(void *opaque, hwaddr offset, uint64_t val,
                             unsigned size)
{
    RkCruState *s = opaque;
    uint32_t *reg = &s->reg[offset / 4];

    trace_rk_cru_write(offset, val);
    switch (offset) {
    case GLB_SRST_FST:
    case GLB_SRST_SND:
        if (val == GLB_SRST_FST_MAGIC || val == GLB_SRST_SND_MAGIC) {
            qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
        }
        return;
    case GLB_CNT_TH:
    case GLB_RST_ST:
    case GLB_RST_CON:
        *reg = val;
        return;
    default:
        /* bit n takes effect if bit n + 16 is set */
        *reg = deposit32(*reg, 0, 16, (*reg & ~(val >> 16)) |
                                      (val & (val >> 16)));
        update_lines(s);
    }
}

static const MemoryRegionOps rk_cru_ops = {
    .read = rk_cru_read,
    .write = rk_cru_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

static void rk_cru_reset_hold(Object *obj, ResetType type)
{
    RkCruState *s = RK_CRU(obj);
    const RkCruSoc *soc = cru_soc(s);
    unsigned i;

    memset(s->reg, 0, sizeof(s->reg));
    for (i = 0; i < soc->num_plls; i++) {
        uint32_t *con = &s->reg[soc->plls[i].con / 4];

        con[0] = soc->plls[i].m;
        con[1] = soc->plls[i].p | soc->plls[i].s << 6;
        con[2] = soc->plls[i].k;
    }
    for (i = 0; i < soc->num_presets; i++) {
        s->reg[soc->presets[i].reg / 4] = soc->presets[i].val;
    }
}

static void rk_cru_reset_exit(Object *obj, ResetType type)
{
    update_lines(RK_CRU(obj));
}

static void rk_cru_init(Object *obj)
{
    RkCruState *s = RK_CRU(obj);
    DeviceState *dev = DEVICE(obj);

    memory_region_init_io(&s->mmio, obj, &rk_cru_ops, s, cru_soc(s)->type,
                          cru_soc(s)->size);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->mmio);
    qdev_init_gpio_out_named(dev, s->aclk, RK_NPU_GATE_ACLK, RK_CRU_CORES);
    qdev_init_gpio_out_named(dev, s->hclk, RK_NPU_GATE_HCLK, RK_CRU_CORES);
    qdev_init_gpio_out_named(dev, s->cbuf, RK_NPU_GATE_CBUF, RK_CRU_CORES);
    qdev_init_gpio_out_named(dev, s->srst_a, RK_NPU_GATE_SRST_A, RK_CRU_CORES);
    qdev_init_gpio_out_named(dev, s->srst_h, RK_NPU_GATE_SRST_H, RK_CRU_CORES);
    qdev_init_gpio_out_named(dev, s->biu, RK_NPU_GATE_BIU, RK_CRU_CORES);
}

static const VMStateDescription vmstate_rk_cru = {
    .name = TYPE_RK_CRU,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32_ARRAY(reg, RkCruState, RK_CRU_MAX_SIZE / 4),
        VMSTATE_END_OF_LIST()
    }
};

static void rk_cru_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->vmsd = &vmstate_rk_cru;
    dc->user_creatable = false;
    rc->phases.hold = rk_cru_reset_hold;
    rc->phases.exit = rk_cru_reset_exit;
}

static void rk_cru_soc_class_init(ObjectClass *klass, void *data)
{
    const RkCruSoc *soc = data;

    DEVICE_CLASS(klass)->desc = soc->desc;
    RK_CRU_CLASS(klass)->soc = soc;
}

static const TypeInfo rk_cru_types[] = {
    {
        .name = TYPE_RK_CRU,
        .parent = TYPE_SYS_BUS_DEVICE,
        .abstract = true,
        .instance_size = sizeof(RkCruState),
        .instance_init = rk_cru_init,
        .class_size = sizeof(RkCruClass),
        .class_init = rk_cru_class_init,
    }, {
        .name = TYPE_RK3588_CRU,
        .parent = TYPE_RK_CRU,
        .class_init = rk_cru_soc_class_init,
        .class_data = (void *)&rk3588_cru,
    }, {
        .name = TYPE_RK3576_CRU,
        .parent = TYPE_RK_CRU,
        .class_init = rk_cru_soc_class_init,
        .class_data = (void *)&rk3576_cru,
    },
};

DEFINE_TYPES(rk_cru_types)
