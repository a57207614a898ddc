/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of the RK3588's clock and reset unit that an NPU needs.
 *
 * All clock selectors, dividers, gates and soft resets are stored with their
 * write masks, so that Linux' clk-rk3588.c sees the whole tree; PLLs are always
 * locked and come up with the rates that boot firmware leaves.  Only the gates
 * and resets of the NPU cores have an effect.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/irq.h"
#include "hw/misc/rk3588_cru.h"
#include "migration/vmstate.h"
#include "system/runstate.h"
#include "trace.h"

/* Units inside the window, each with PLLs, selectors, gates and resets */
#define UNIT_TOP            0x00000
#define UNIT_PHP            0x08000
#define UNIT_BIGCORE0       0x50000
#define UNIT_BIGCORE1       0x52000
#define UNIT_DSU            0x58000

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

struct RK3588CruState {
    SysBusDevice parent_obj;

    MemoryRegion mmio;
    uint32_t reg[RK3588_CRU_SIZE / 4];
    qemu_irq aclk[RK3588_CRU_CORES];
    qemu_irq hclk[RK3588_CRU_CORES];
    qemu_irq srst_a[RK3588_CRU_CORES];
    qemu_irq srst_h[RK3588_CRU_CORES];
};

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

static const Pll plls[] = {
    { UNIT_BIGCORE0 + PLL_CON(0),   272, 2, 2, 0 },     /* b0pll  816 MHz */
    { UNIT_BIGCORE1 + PLL_CON(8),   272, 2, 2, 0 },     /* b1pll  816 MHz */
    { UNIT_DSU + PLL_CON(16),       272, 2, 2, 0 },     /* lpll   816 MHz */
    { UNIT_TOP + PLL_CON(88),       198, 2, 2, 0 },     /* v0pll  594 MHz */
    { UNIT_TOP + PLL_CON(96),       262, 2, 2, 9437 },  /* aupll  786.432 MHz */
    { UNIT_TOP + PLL_CON(104),      250, 2, 1, 0 },     /* cpll  1500 MHz */
    { UNIT_TOP + PLL_CON(112),      198, 2, 1, 0 },     /* gpll  1188 MHz */
    { UNIT_TOP + PLL_CON(120),      425, 3, 2, 0 },     /* npll   850 MHz */
    { UNIT_PHP + PLL_CON(128),      550, 3, 2, 0 },     /* ppll  1100 MHz */
};

/*
 * Every PLL switched to its output instead of the crystal, and the dividers in
 * front of the NPU's clocks: clk_50m_src and clk_100m_src from cpll,
 * clk_200m_src (198 MHz), clk_400m_src (396) and clk_npu_dsu0 (594) from gpll.
 */
static const struct {
    uint32_t reg;
    uint16_t val;
} presets[] = {
    { UNIT_TOP + CLKSEL_CON(0),     BIT(11) | 14 << 6 | BIT(5) | 29 },
    { UNIT_TOP + CLKSEL_CON(1),     5 << 6 },
    { UNIT_TOP + CLKSEL_CON(3),     2 << 6 },
    { UNIT_TOP + CLKSEL_CON(73),    1 << 2 },
    { UNIT_TOP + MODE_CON0,         0x0555 },
    { UNIT_BIGCORE0 + MODE_CON0,    0x0001 },
    { UNIT_BIGCORE1 + MODE_CON0,    0x0001 },
    { UNIT_DSU + MODE_CON0,         0x0001 },
};

/* Bits of one core: register n and bit of its CLKGATE_CON and SOFTRST_CON */
static const struct {
    uint8_t con;
    uint8_t a;
    uint8_t h;
} cores[RK3588_CRU_CORES] = {
    { 30, 6, 8 },
    { 27, 0, 2 },
    { 28, 0, 2 },
};

/* The gates of clk_npu_dsu0 and hclk_npu_root, above those of the cores */
#define ROOT_GATES          CLKGATE_CON(29)
#define ROOT_GATE_HCLK      0
#define ROOT_GATE_DSU0      1

static bool reg_bit(RK3588CruState *s, uint32_t offset, unsigned bit)
{
    return extract32(s->reg[offset / 4], bit, 1);
}

static void update_lines(RK3588CruState *s)
{
    bool dsu0_off = reg_bit(s, ROOT_GATES, ROOT_GATE_DSU0);
    bool hclk_off = reg_bit(s, ROOT_GATES, ROOT_GATE_HCLK);
    unsigned i;

    for (i = 0; i < RK3588_CRU_CORES; i++) {
        uint32_t gate = CLKGATE_CON(cores[i].con);
        uint32_t rst = SOFTRST_CON(cores[i].con);

        qemu_set_irq(s->aclk[i], !dsu0_off && !reg_bit(s, gate, cores[i].a));
        qemu_set_irq(s->hclk[i], !hclk_off && !reg_bit(s, gate, cores[i].h));
        qemu_set_irq(s->srst_a[i], reg_bit(s, rst, cores[i].a));
        qemu_set_irq(s->srst_h[i], reg_bit(s, rst, cores[i].h));
    }
}

/* Locked whenever it is powered */
static uint32_t pll_status(RK3588CruState *s, uint32_t offset, uint32_t val)
{
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(plls); i++) {
        uint32_t con = plls[i].con;

        if (offset == con + PLL_CON(6)) {
            bool down = s->reg[(con + PLL_CON(1)) / 4] & PLL_CON1_POWER_DOWN;

            return down ? val & ~PLL_CON6_LOCK : val | PLL_CON6_LOCK;
        }
    }
    return val;
}

static uint64_t rk3588_cru_read(void *opaque, hwaddr offset, unsigned size)
{
    RK3588CruState *s = opaque;
    uint32_t val = pll_status(s, offset, s->reg[offset / 4]);

    trace_rk3588_cru_read(offset, val);
    return val;
}

static void rk3588_cru_write(void *opaque, hwaddr offset, uint64_t val,
                             unsigned size)
{
    RK3588CruState *s = opaque;
    uint32_t *reg = &s->reg[offset / 4];

    trace_rk3588_cru_write(offset, val);
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

static const MemoryRegionOps rk3588_cru_ops = {
    .read = rk3588_cru_read,
    .write = rk3588_cru_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

static void rk3588_cru_reset_hold(Object *obj, ResetType type)
{
    RK3588CruState *s = RK3588_CRU(obj);
    unsigned i;

    memset(s->reg, 0, sizeof(s->reg));
    for (i = 0; i < ARRAY_SIZE(plls); i++) {
        uint32_t *con = &s->reg[plls[i].con / 4];

        con[0] = plls[i].m;
        con[1] = plls[i].p | plls[i].s << 6;
        con[2] = plls[i].k;
    }
    for (i = 0; i < ARRAY_SIZE(presets); i++) {
        s->reg[presets[i].reg / 4] = presets[i].val;
    }
}

static void rk3588_cru_reset_exit(Object *obj, ResetType type)
{
    update_lines(RK3588_CRU(obj));
}

static void rk3588_cru_init(Object *obj)
{
    RK3588CruState *s = RK3588_CRU(obj);
    DeviceState *dev = DEVICE(obj);

    memory_region_init_io(&s->mmio, obj, &rk3588_cru_ops, s, TYPE_RK3588_CRU,
                          RK3588_CRU_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->mmio);
    qdev_init_gpio_out_named(dev, s->aclk, "aclk", RK3588_CRU_CORES);
    qdev_init_gpio_out_named(dev, s->hclk, "hclk", RK3588_CRU_CORES);
    qdev_init_gpio_out_named(dev, s->srst_a, "srst-a", RK3588_CRU_CORES);
    qdev_init_gpio_out_named(dev, s->srst_h, "srst-h", RK3588_CRU_CORES);
}

static const VMStateDescription vmstate_rk3588_cru = {
    .name = TYPE_RK3588_CRU,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32_ARRAY(reg, RK3588CruState, RK3588_CRU_SIZE / 4),
        VMSTATE_END_OF_LIST()
    }
};

static void rk3588_cru_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "RK3588 clock and reset unit (NPU part)";
    dc->vmsd = &vmstate_rk3588_cru;
    dc->user_creatable = false;
    rc->phases.hold = rk3588_cru_reset_hold;
    rc->phases.exit = rk3588_cru_reset_exit;
}

static const TypeInfo rk3588_cru_info = {
    .name = TYPE_RK3588_CRU,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(RK3588CruState),
    .instance_init = rk3588_cru_init,
    .class_init = rk3588_cru_class_init,
};

static void rk3588_cru_register_types(void)
{
    type_register_static(&rk3588_cru_info);
}

type_init(rk3588_cru_register_types)
