/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine "rk3588-npu": QEMU's virt board with the NPU of an RK3588.
 *
 * Three NPU cores with their IOMMUs, the clock, reset and power controllers
 * around them and the board's control page, at the addresses and interrupts of
 * the real SoC, with the devicetree nodes of Linux' rk3588-base.dtsi.
 * docs/board.rst tells what is modelled and what is not.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/help_option.h"
#include "exec/address-spaces.h"
#include "hw/arm/boot.h"
#include "hw/arm/virt.h"
#include "hw/boards.h"
#include "hw/core/split-irq.h"
#include "hw/or-irq.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "hw/misc/rk3588_cru.h"
#include "hw/misc/rk3588_pmu.h"
#include "hw/misc/rk_iommu.h"
#include "hw/misc/rk_npu_clock.h"
#include "hw/misc/rk_npu_gate.h"
#include "hw/misc/rk_scmi.h"
#include "hw/misc/rk_syscon.h"
#include "hw/misc/rocket_board_ctl.h"
#include "hw/misc/rocket_npu.h"
#include "hw/misc/rocket_silicon.h"
#include "system/device_tree.h"
#include "target/arm/cpu-qom.h"
#include <libfdt.h>

#define TYPE_RK3588_NPU_MACHINE MACHINE_TYPE_NAME("rk3588-npu")
OBJECT_DECLARE_TYPE(RK3588NpuMachine, RK3588NpuMachineClass,
                    RK3588_NPU_MACHINE)

#define MAX_CORES           ROCKET_BOARD_CORES
#define NPU_BASE(n)         (0xfdab0000 + 0x10000 * (n))
#define NPU_SPI(n)          (110 + (n))
#define MMU_PAGE(n)         (NPU_BASE(n) + 0xa000)
#define MMU_BANK0           (NPU_BASE(0) + 0x9000)

#define SYS_GRF_BASE        0xfd58c000
#define PHP_GRF_BASE        0xfd5b0000
#define GRF_SIZE            0x1000
#define QOS_BASE            0xfdf70000
#define QOS_SIZE            0x3000

/* Low memory ends where the SoC's own registers begin. */
#define LOW_RAM_MAX         (3008 * MiB)
#define HIGH_RAM_BASE       (4 * GiB)
#define HIGH_RAM_MAX        (28 * GiB)

/* Firmware's doorbell and memory; on silicon there is an instruction for it */
#define MHU_BASE            0x0b010000
#define SHMEM_BASE          (MHU_BASE + RK_SCMI_MHU_SIZE)
#define MHU_SPI             115
#define MHU_PERIPHID        0x001bb098

/* The line of virt's PL061 that switches vdd_npu_s0 off */
#define VDD_OFF_GPIO        6
/* The first of those that set its voltage */
#define VDD_VOLTAGE_GPIO    0
#define GPIO_ACTIVE_LOW     1

#define GIC_SPI             0
#define IRQ_LEVEL_HIGH      4

/* rk3588-base.dtsi, Cortex-A55 and A76 */
#define CAPACITY_SMALL      530
#define CAPACITY_BIG        1024

/* dt-bindings/clock/rockchip,rk3588-cru.h */
#define ACLK_NPU1           276
#define HCLK_NPU1           277
#define ACLK_NPU2           278
#define HCLK_NPU2           279
#define HCLK_NPU_CM0_ROOT   280
#define ACLK_NPU0           287
#define HCLK_NPU0           288
#define HCLK_NPU_ROOT       289
#define CLK_NPU_DSU0        290
#define PCLK_NPU_ROOT       291

/* dt-bindings/power/rk3588-power.h */
#define RK3588_PD_NPU       8
#define RK3588_PD_NPUTOP    9
#define RK3588_PD_NPU1      10
#define RK3588_PD_NPU2      11

typedef struct CoreBindings {
    uint32_t aclk, hclk;
    uint32_t srst_a, srst_h;    /* dt-bindings/reset/rockchip,rk3588-cru.h */
    uint32_t domain;
} CoreBindings;

static const CoreBindings core_bindings[MAX_CORES] = {
    { ACLK_NPU0, HCLK_NPU0, 272, 274, RK3588_PD_NPUTOP },
    { ACLK_NPU1, HCLK_NPU1, 250, 252, RK3588_PD_NPU1 },
    { ACLK_NPU2, HCLK_NPU2, 254, 256, RK3588_PD_NPU2 },
};

/* What there is of the NPU's clock, in the order of npu_clock_names */
typedef enum NpuClock {
    NPU_CLOCK_FIXED,    /* it cannot be set */
    NPU_CLOCK_SCMI,     /* firmware sets it */
    NPU_CLOCK_OPP,      /* the same, with a voltage to be set and a table of both */
} NpuClock;

static const char *const npu_clock_names[] = { "fixed", "scmi", "opp" };

struct RK3588NpuMachineClass {
    VirtMachineClass parent_class;
    void (*parent_init)(MachineState *machine);
};

struct RK3588NpuMachine {
    VirtMachineState parent_obj;

    RocketSilicon silicon;
    bool silicon_help;
    MemoryRegion high_ram;
    uint64_t high_ram_size;
    uint32_t npu_cores;
    bool npu_supply;
    NpuClock npu_clock;
    bool big_little;
};

/* Devices */

static DeviceState *add_device(RK3588NpuMachine *s, const char *type,
                               const char *name)
{
    DeviceState *dev = qdev_new(type);

    object_property_add_child(OBJECT(s), name, OBJECT(dev));
    return dev;
}

static void set_link(DeviceState *dev, const char *name, void *target)
{
    object_property_set_link(OBJECT(dev), name, OBJECT(target), &error_fatal);
}

static DeviceState *add_mapped(RK3588NpuMachine *s, const char *type,
                               const char *name, hwaddr base)
{
    DeviceState *dev = add_device(s, type, name);

    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, base);
    return dev;
}

static void add_syscon(RK3588NpuMachine *s, const char *name, hwaddr base,
                       uint32_t size, bool hiword_mask)
{
    DeviceState *dev = add_device(s, TYPE_RK_SYSCON, name);

    qdev_prop_set_uint32(dev, "size", size);
    qdev_prop_set_bit(dev, "hiword-mask", hiword_mask);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, base);
}

static void connect_core_line(DeviceState *from, const char *name, unsigned n,
                              DeviceState *gate)
{
    qdev_connect_gpio_out_named(from, name, n,
                                qdev_get_gpio_in_named(gate, name, 0));
}

static DeviceState *add_gate(RK3588NpuMachine *s, unsigned n, DeviceState *ctl,
                             DeviceState *cru, DeviceState *pmu)
{
    g_autofree char *name = g_strdup_printf("gate%u", n);
    DeviceState *gate = add_device(s, TYPE_RK_NPU_GATE, name);

    set_link(gate, "ctl", ctl);
    qdev_prop_set_uint32(gate, "core", n);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(gate), &error_fatal);
    connect_core_line(cru, RK_NPU_GATE_ACLK, n, gate);
    connect_core_line(cru, RK_NPU_GATE_HCLK, n, gate);
    connect_core_line(cru, RK_NPU_GATE_SRST_A, n, gate);
    connect_core_line(cru, RK_NPU_GATE_SRST_H, n, gate);
    connect_core_line(pmu, RK_NPU_GATE_POWER, n, gate);
    connect_core_line(pmu, RK_NPU_GATE_IDLE, n, gate);
    return gate;
}

static DeviceState *add_iommu(RK3588NpuMachine *s, unsigned n,
                              DeviceState *ctl, DeviceState *gate)
{
    g_autofree char *name = g_strdup_printf("iommu%u", n);
    DeviceState *mmu = add_device(s, TYPE_RK_IOMMU, name);
    SysBusDevice *sbd = SYS_BUS_DEVICE(mmu);

    set_link(mmu, "ctl", ctl);
    set_link(mmu, "gate", gate);
    set_link(mmu, "silicon", &s->silicon);
    set_link(mmu, "memory", get_system_memory());
    qdev_prop_set_uint32(mmu, "core", n);
    qdev_prop_set_uint32(mmu, "banks", n == 0 ? 2 : 1);
    sysbus_realize_and_unref(sbd, &error_fatal);

    /* On top of the core's window */
    sysbus_mmio_map_overlap(sbd, 0, n == 0 ? MMU_BANK0 : MMU_PAGE(n), 1);
    if (n == 0) {
        sysbus_mmio_map_overlap(sbd, 1, MMU_PAGE(0), 1);
    }
    return mmu;
}

static void add_core(RK3588NpuMachine *s, unsigned n, DeviceState *ctl,
                     DeviceState *gate)
{
    g_autofree char *npu_name = g_strdup_printf("npu%u", n);
    g_autofree char *or_name = g_strdup_printf("npu-irq%u", n);
    DeviceState *mmu = add_iommu(s, n, ctl, gate);
    DeviceState *npu = add_device(s, TYPE_ROCKET_NPU_CORE, npu_name);
    DeviceState *or = add_device(s, TYPE_OR_IRQ, or_name);

    set_link(npu, "ctl", ctl);
    set_link(npu, "gate", gate);
    set_link(npu, "silicon", &s->silicon);
    set_link(npu, "iommu", mmu);
    qdev_prop_set_uint32(npu, "index", n);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(npu), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(npu), 0, NPU_BASE(n));

    qdev_prop_set_uint16(or, "num-lines", 2);
    qdev_realize_and_unref(or, NULL, &error_fatal);
    sysbus_connect_irq(SYS_BUS_DEVICE(npu), 0, qdev_get_gpio_in(or, 0));
    sysbus_connect_irq(SYS_BUS_DEVICE(mmu), 0, qdev_get_gpio_in(or, 1));
    qdev_connect_gpio_out(or, 0, qdev_get_gpio_in(VIRT_MACHINE(s)->gic,
                                                  NPU_SPI(n)));
}

static void add_clock(RK3588NpuMachine *s, DeviceState *ctl,
                      DeviceState **gates)
{
    DeviceState *clock = add_device(s, TYPE_RK_NPU_CLOCK, "clock");
    Object *gpio = object_resolve_path_type("", "pl061", NULL);
    DeviceState *scmi = add_device(s, TYPE_RK_SCMI, "scmi");
    SysBusDevice *sbd = SYS_BUS_DEVICE(scmi);
    bool settable = s->npu_clock == NPU_CLOCK_OPP;
    unsigned i;

    set_link(clock, "ctl", ctl);
    qdev_prop_set_bit(clock, "settable-supply", settable);
    for (i = 0; i < s->npu_cores; i++) {
        g_autofree char *name = g_strdup_printf("gate%u", i);

        set_link(clock, name, gates[i]);
    }
    sysbus_realize_and_unref(SYS_BUS_DEVICE(clock), &error_fatal);
    for (i = 0; settable && i < RK_NPU_CLOCK_VOLTAGE_LINES; i++) {
        qdev_connect_gpio_out(DEVICE(gpio), VDD_VOLTAGE_GPIO + i,
                              qdev_get_gpio_in_named(clock,
                                                     RK_NPU_CLOCK_VOLTAGE, i));
    }

    set_link(scmi, "clock", clock);
    sysbus_realize_and_unref(sbd, &error_fatal);
    sysbus_mmio_map(sbd, 0, MHU_BASE);
    sysbus_mmio_map(sbd, 1, SHMEM_BASE);
    sysbus_connect_irq(sbd, 0, qdev_get_gpio_in(VIRT_MACHINE(s)->gic,
                                                MHU_SPI));
}

static void connect_supply(RK3588NpuMachine *s, DeviceState **gates)
{
    DeviceState *split = add_device(s, TYPE_SPLIT_IRQ, "vdd-npu");
    Object *gpio = object_resolve_path_type("", "pl061", NULL);
    unsigned i;

    qdev_prop_set_uint16(split, "num-lines", s->npu_cores);
    qdev_realize_and_unref(split, NULL, &error_fatal);
    for (i = 0; i < s->npu_cores; i++) {
        qdev_connect_gpio_out(split, i,
                              qdev_get_gpio_in_named(gates[i],
                                                     RK_NPU_GATE_VDD_OFF, 0));
    }
    qdev_connect_gpio_out(DEVICE(gpio), VDD_OFF_GPIO,
                          qdev_get_gpio_in(split, 0));
}

static void add_devices(RK3588NpuMachine *s)
{
    DeviceState *ctl = add_device(s, TYPE_ROCKET_BOARD_CTL, "rocket-board-ctl");
    DeviceState *cru = add_mapped(s, TYPE_RK3588_CRU, "cru", RK3588_CRU_BASE);
    DeviceState *pmu = add_mapped(s, TYPE_RK3588_PMU, "pmu", RK3588_PMU_BASE);
    DeviceState *gates[MAX_CORES];
    unsigned i;

    qdev_realize(DEVICE(&s->silicon), NULL, &error_fatal);
    set_link(ctl, "silicon", &s->silicon);
    qdev_prop_set_uint32(ctl, "num-cores", s->npu_cores);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(ctl), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(ctl), 0, ROCKET_BOARD_BASE);
    add_syscon(s, "npu-qos", QOS_BASE, QOS_SIZE, false);
    add_syscon(s, "sys-grf", SYS_GRF_BASE, GRF_SIZE, true);
    add_syscon(s, "php-grf", PHP_GRF_BASE, GRF_SIZE, true);

    for (i = 0; i < s->npu_cores; i++) {
        gates[i] = add_gate(s, i, ctl, cru, pmu);
        add_core(s, i, ctl, gates[i]);
    }
    if (s->npu_clock != NPU_CLOCK_FIXED) {
        add_clock(s, ctl, gates);
    }
    if (s->npu_supply) {
        connect_supply(s, gates);
    }
}

static void add_high_ram(RK3588NpuMachine *s)
{
    if (!s->high_ram_size) {
        return;
    }
    memory_region_init_ram(&s->high_ram, NULL, "rk3588-npu.high-ram",
                           s->high_ram_size, &error_fatal);
    memory_region_add_subregion(get_system_memory(), HIGH_RAM_BASE,
                                &s->high_ram);
}

/* Devicetree */

/* Phandles that nodes refer to */
typedef struct Phandles {
    uint32_t cru;
    uint32_t npu_clock;     /* of what provides it */
    bool npu_clock_id;      /* which has more than one */
    uint32_t opp_table;
    uint32_t power;
    uint32_t supply;
    uint32_t qos_npu1, qos_npu2, qos_mwr, qos_mro, qos_mcu;
    uint32_t mmu[MAX_CORES];
} Phandles;

static uint32_t add_phandle(void *fdt, const char *node)
{
    uint32_t phandle = qemu_fdt_alloc_phandle(fdt);

    qemu_fdt_setprop_cell(fdt, node, "phandle", phandle);
    return phandle;
}

static void set_strings(void *fdt, const char *node, const char *prop,
                        const char *const *strings, unsigned count)
{
    qemu_fdt_setprop_string_array(fdt, node, prop, (char **)strings, count);
}

#define SET_STRINGS(fdt, node, prop, ...)                                   \
    do {                                                                    \
        static const char *const strings_[] = { __VA_ARGS__ };              \
        set_strings(fdt, node, prop, strings_, ARRAY_SIZE(strings_));       \
    } while (0)

/* A new node with one page-like register range below 4 GiB */
static void add_node(void *fdt, const char *node, uint32_t base, uint32_t size)
{
    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_sized_cells(fdt, node, "reg", 2, base, 2, size);
}

static uint32_t add_fixed_clock(void *fdt, const char *node, const char *name,
                                uint32_t hz)
{
    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible", "fixed-clock");
    qemu_fdt_setprop_cell(fdt, node, "clock-frequency", hz);
    qemu_fdt_setprop_string(fdt, node, "clock-output-names", name);
    qemu_fdt_setprop_cell(fdt, node, "#clock-cells", 0);
    return add_phandle(fdt, node);
}

/* Firmware, and what leads to it */
static uint32_t add_scmi(void *fdt, uint32_t apb_pclk)
{
    g_autofree char *mhu = g_strdup_printf("/mailbox@%x", MHU_BASE);
    g_autofree char *shmem = g_strdup_printf("/sram@%x", SHMEM_BASE);
    g_autofree char *area = g_strdup_printf("%s/scmi-shmem@0", shmem);
    const char *scmi = "/firmware/scmi", *clock = "/firmware/scmi/protocol@14";

    add_node(fdt, mhu, MHU_BASE, RK_SCMI_MHU_SIZE);
    SET_STRINGS(fdt, mhu, "compatible", "arm,mhu-doorbell", "arm,primecell");
    qemu_fdt_setprop_cell(fdt, mhu, "arm,primecell-periphid", MHU_PERIPHID);
    qemu_fdt_setprop_cell(fdt, mhu, "#mbox-cells", 2);
    qemu_fdt_setprop_cells(fdt, mhu, "interrupts", GIC_SPI, MHU_SPI,
                           IRQ_LEVEL_HIGH);
    qemu_fdt_setprop_cell(fdt, mhu, "clocks", apb_pclk);
    qemu_fdt_setprop_string(fdt, mhu, "clock-names", "apb_pclk");

    add_node(fdt, shmem, SHMEM_BASE, RK_SCMI_SHMEM_SIZE);
    qemu_fdt_setprop_string(fdt, shmem, "compatible", "mmio-sram");
    qemu_fdt_setprop_cell(fdt, shmem, "#address-cells", 1);
    qemu_fdt_setprop_cell(fdt, shmem, "#size-cells", 1);
    qemu_fdt_setprop_sized_cells(fdt, shmem, "ranges", 1, 0, 2, SHMEM_BASE,
                                 1, RK_SCMI_SHMEM_SIZE);
    qemu_fdt_add_subnode(fdt, area);
    qemu_fdt_setprop_string(fdt, area, "compatible", "arm,scmi-shmem");
    qemu_fdt_setprop_cells(fdt, area, "reg", 0, 0x100);

    qemu_fdt_add_subnode(fdt, "/firmware");
    qemu_fdt_add_subnode(fdt, scmi);
    qemu_fdt_setprop_string(fdt, scmi, "compatible", "arm,scmi");
    qemu_fdt_setprop_cells(fdt, scmi, "mboxes", add_phandle(fdt, mhu), 0, 0);
    qemu_fdt_setprop_cell(fdt, scmi, "shmem", add_phandle(fdt, area));
    /* 30 ms would be enough, if the host had nothing else to do. */
    qemu_fdt_setprop_cell(fdt, scmi, "arm,max-rx-timeout-ms", 500);
    qemu_fdt_setprop_cell(fdt, scmi, "#address-cells", 1);
    qemu_fdt_setprop_cell(fdt, scmi, "#size-cells", 0);
    qemu_fdt_add_subnode(fdt, clock);
    qemu_fdt_setprop_cell(fdt, clock, "reg", RK_SCMI_CLOCK_PROTOCOL);
    qemu_fdt_setprop_cell(fdt, clock, "#clock-cells", 1);
    return add_phandle(fdt, clock);
}

static uint32_t add_grf(void *fdt, const char *compatible, uint32_t base)
{
    g_autofree char *node = g_strdup_printf("/syscon@%x", base);
    const char *strings[] = { compatible, "syscon" };

    add_node(fdt, node, base, GRF_SIZE);
    set_strings(fdt, node, "compatible", strings, ARRAY_SIZE(strings));
    return add_phandle(fdt, node);
}

static void add_clocks(RK3588NpuMachine *s, void *fdt, Phandles *ph)
{
    g_autofree char *cru = g_strdup_printf("/clock-controller@%x",
                                           RK3588_CRU_BASE);

    /* The roots of the CRU's tree are found by their names. */
    add_fixed_clock(fdt, "/clock-0", "spll", 702000000);
    add_fixed_clock(fdt, "/clock-1", "xin24m", 24000000);
    add_fixed_clock(fdt, "/clock-2", "xin32k", 32768);
    ph->npu_clock_id = s->npu_clock != NPU_CLOCK_FIXED;
    ph->npu_clock = ph->npu_clock_id ?
        add_scmi(fdt, VIRT_MACHINE(s)->clock_phandle) :
        add_fixed_clock(fdt, "/clock-npu", "scmi_clk_npu",
                        ROCKET_BOARD_MAX_HZ);

    /* The CRU's driver looks for both register files. */
    add_grf(fdt, "rockchip,rk3588-sys-grf", SYS_GRF_BASE);
    add_node(fdt, cru, RK3588_CRU_BASE, RK3588_CRU_SIZE);
    qemu_fdt_setprop_string(fdt, cru, "compatible", "rockchip,rk3588-cru");
    qemu_fdt_setprop_cell(fdt, cru, "#clock-cells", 1);
    qemu_fdt_setprop_cell(fdt, cru, "#reset-cells", 1);
    qemu_fdt_setprop_cell(fdt, cru, "rockchip,grf",
                          add_grf(fdt, "rockchip,rk3588-php-grf",
                                  PHP_GRF_BASE));
    ph->cru = add_phandle(fdt, cru);
}

static uint32_t add_qos(void *fdt, uint32_t base)
{
    g_autofree char *node = g_strdup_printf("/qos@%x", base);

    add_node(fdt, node, base, 0x20);
    SET_STRINGS(fdt, node, "compatible", "rockchip,rk3588-qos", "syscon");
    return add_phandle(fdt, node);
}

/*
 * vdd_npu_s0: on real boards a regulator of the power management chip, here
 * one that GPIOs switch.
 */
static void add_fixed_supply(void *fdt, const char *node, uint32_t gpio)
{
    qemu_fdt_setprop_string(fdt, node, "compatible", "regulator-fixed");
    qemu_fdt_setprop_cell(fdt, node, "regulator-min-microvolt",
                          ROCKET_BOARD_USUAL_UV);
    qemu_fdt_setprop_cell(fdt, node, "regulator-max-microvolt",
                          ROCKET_BOARD_USUAL_UV);
    qemu_fdt_setprop_cells(fdt, node, "gpio", gpio, VDD_OFF_GPIO,
                           GPIO_ACTIVE_LOW);
}

/* Each line that is high adds a step, so the lines of a voltage are the lower ones. */
static void add_settable_supply(void *fdt, const char *node, uint32_t gpio)
{
    uint32_t states[2 * (RK_NPU_CLOCK_VOLTAGE_LINES + 1)];
    uint32_t lines[3 * RK_NPU_CLOCK_VOLTAGE_LINES];
    unsigned i;

    for (i = 0; i <= RK_NPU_CLOCK_VOLTAGE_LINES; i++) {
        states[2 * i] = cpu_to_be32(RK_NPU_CLOCK_MIN_UV +
                                    i * RK_NPU_CLOCK_STEP_UV);
        states[2 * i + 1] = cpu_to_be32((1 << i) - 1);
    }
    for (i = 0; i < RK_NPU_CLOCK_VOLTAGE_LINES; i++) {
        lines[3 * i] = cpu_to_be32(gpio);
        lines[3 * i + 1] = cpu_to_be32(VDD_VOLTAGE_GPIO + i);
        lines[3 * i + 2] = 0;
    }
    qemu_fdt_setprop_string(fdt, node, "compatible", "regulator-gpio");
    qemu_fdt_setprop_cell(fdt, node, "regulator-min-microvolt",
                          RK_NPU_CLOCK_MIN_UV);
    qemu_fdt_setprop_cell(fdt, node, "regulator-max-microvolt",
                          RK_NPU_CLOCK_MIN_UV +
                          RK_NPU_CLOCK_VOLTAGE_LINES * RK_NPU_CLOCK_STEP_UV);
    qemu_fdt_setprop(fdt, node, "states", states, sizeof(states));
    qemu_fdt_setprop(fdt, node, "gpios", lines, sizeof(lines));
    qemu_fdt_setprop_cells(fdt, node, "gpios-states", 0, 0, 0);
    qemu_fdt_setprop_cells(fdt, node, "enable-gpios", gpio, VDD_OFF_GPIO,
                           GPIO_ACTIVE_LOW);
}

static void add_supply(RK3588NpuMachine *s, void *fdt, Phandles *ph)
{
    const char *node = "/regulator-vdd-npu-s0";
    g_auto(GStrv) path = qemu_fdt_node_path(fdt, NULL, "arm,pl061",
                                            &error_fatal);
    uint32_t gpio = qemu_fdt_get_phandle(fdt, path[0]);

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "regulator-name", "vdd_npu_s0");
    qemu_fdt_setprop(fdt, node, "regulator-boot-on", NULL, 0);
    if (s->npu_clock == NPU_CLOCK_OPP) {
        add_settable_supply(fdt, node, gpio);
    } else {
        add_fixed_supply(fdt, node, gpio);
    }
    ph->supply = add_phandle(fdt, node);
}

/* The binding is that of other devices; the cores have none of their own yet. */
static uint32_t add_opp_table(void *fdt)
{
    static const uint32_t rates[] = { 200, 300, 400, 600, 700, 800, 900, 1000 };
    const char *table = "/opp-table-npu";
    int i;

    qemu_fdt_add_subnode(fdt, table);
    qemu_fdt_setprop_string(fdt, table, "compatible", "operating-points-v2");
    qemu_fdt_setprop(fdt, table, "opp-shared", NULL, 0);
    for (i = ARRAY_SIZE(rates) - 1; i >= 0; i--) {
        uint32_t hz = rates[i] * 1000000;
        g_autofree char *node = g_strdup_printf("%s/opp-%u", table, hz);

        qemu_fdt_add_subnode(fdt, node);
        qemu_fdt_setprop_u64(fdt, node, "opp-hz", hz);
        qemu_fdt_setprop_cell(fdt, node, "opp-microvolt",
                              rk_npu_clock_needs(hz));
    }
    return add_phandle(fdt, table);
}

static void add_domain(void *fdt, const char *node, uint32_t id)
{
    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_cell(fdt, node, "reg", id);
    qemu_fdt_setprop_cell(fdt, node, "#power-domain-cells", 0);
}

static void add_domain_children(void *fdt, const char *node)
{
    qemu_fdt_setprop_cell(fdt, node, "#address-cells", 1);
    qemu_fdt_setprop_cell(fdt, node, "#size-cells", 0);
}

static void add_power(void *fdt, Phandles *ph)
{
    g_autofree char *pmu = g_strdup_printf("/power-management@%x",
                                           RK3588_PMU_BASE);
    g_autofree char *ctl = g_strdup_printf("%s/power-controller", pmu);
    g_autofree char *npu = g_strdup_printf("%s/power-domain@8", ctl);
    g_autofree char *top = g_strdup_printf("%s/power-domain@9", npu);
    g_autofree char *npu1 = g_strdup_printf("%s/power-domain@a", top);
    g_autofree char *npu2 = g_strdup_printf("%s/power-domain@b", top);

    ph->qos_npu1 = add_qos(fdt, QOS_BASE);
    ph->qos_npu2 = add_qos(fdt, QOS_BASE + 0x1000);
    ph->qos_mwr = add_qos(fdt, QOS_BASE + 0x2000);
    ph->qos_mro = add_qos(fdt, QOS_BASE + 0x2200);
    ph->qos_mcu = add_qos(fdt, QOS_BASE + 0x2400);

    add_node(fdt, pmu, RK3588_PMU_BASE, RK3588_PMU_SIZE);
    SET_STRINGS(fdt, pmu, "compatible", "rockchip,rk3588-pmu", "syscon",
                "simple-mfd");

    qemu_fdt_add_subnode(fdt, ctl);
    qemu_fdt_setprop_string(fdt, ctl, "compatible",
                            "rockchip,rk3588-power-controller");
    qemu_fdt_setprop_cell(fdt, ctl, "#power-domain-cells", 1);
    add_domain_children(fdt, ctl);
    ph->power = add_phandle(fdt, ctl);

    add_domain(fdt, npu, RK3588_PD_NPU);
    add_domain_children(fdt, npu);
    if (ph->supply) {
        qemu_fdt_setprop_cell(fdt, npu, "domain-supply", ph->supply);
    }

    add_domain(fdt, top, RK3588_PD_NPUTOP);
    add_domain_children(fdt, top);
    qemu_fdt_setprop_cells(fdt, top, "clocks", ph->cru, HCLK_NPU_ROOT,
                           ph->cru, PCLK_NPU_ROOT, ph->cru, CLK_NPU_DSU0,
                           ph->cru, HCLK_NPU_CM0_ROOT);
    qemu_fdt_setprop_cells(fdt, top, "pm_qos", ph->qos_mwr, ph->qos_mro,
                           ph->qos_mcu);

    add_domain(fdt, npu2, RK3588_PD_NPU2);
    qemu_fdt_setprop_cells(fdt, npu2, "clocks", ph->cru, HCLK_NPU_ROOT,
                           ph->cru, PCLK_NPU_ROOT, ph->cru, CLK_NPU_DSU0);
    qemu_fdt_setprop_cell(fdt, npu2, "pm_qos", ph->qos_npu2);

    add_domain(fdt, npu1, RK3588_PD_NPU1);
    qemu_fdt_setprop_cells(fdt, npu1, "clocks", ph->cru, HCLK_NPU_ROOT,
                           ph->cru, PCLK_NPU_ROOT, ph->cru, CLK_NPU_DSU0);
    qemu_fdt_setprop_cell(fdt, npu1, "pm_qos", ph->qos_npu1);
}

static void add_core_resources(void *fdt, const char *node, unsigned n,
                               const Phandles *ph)
{
    qemu_fdt_setprop_cells(fdt, node, "interrupts", GIC_SPI, NPU_SPI(n),
                           IRQ_LEVEL_HIGH);
    qemu_fdt_setprop_cells(fdt, node, "power-domains", ph->power,
                           core_bindings[n].domain);
    qemu_fdt_setprop_string(fdt, node, "status", "okay");
}

static void add_iommu_node(void *fdt, unsigned n, Phandles *ph)
{
    uint32_t base = n == 0 ? MMU_BANK0 : MMU_PAGE(n);
    g_autofree char *node = g_strdup_printf("/iommu@%x", base);
    const CoreBindings *core = &core_bindings[n];

    add_node(fdt, node, base, 0x100);
    if (n == 0) {
        qemu_fdt_setprop_sized_cells(fdt, node, "reg", 2, base, 2, 0x100,
                                     2, MMU_PAGE(0), 2, 0x100);
    }
    SET_STRINGS(fdt, node, "compatible", "rockchip,rk3588-iommu",
                "rockchip,rk3568-iommu");
    qemu_fdt_setprop_cells(fdt, node, "clocks", ph->cru, core->aclk,
                           ph->cru, core->hclk);
    SET_STRINGS(fdt, node, "clock-names", "aclk", "iface");
    qemu_fdt_setprop_cell(fdt, node, "#iommu-cells", 0);
    add_core_resources(fdt, node, n, ph);
    ph->mmu[n] = add_phandle(fdt, node);
}

static void add_core_clocks(void *fdt, const char *node, unsigned n,
                            const Phandles *ph)
{
    const CoreBindings *core = &core_bindings[n];

    if (ph->npu_clock_id) {
        qemu_fdt_setprop_cells(fdt, node, "clocks", ph->cru, core->aclk,
                               ph->cru, core->hclk, ph->npu_clock,
                               RK_SCMI_CLK_NPU, ph->cru, PCLK_NPU_ROOT);
        qemu_fdt_setprop_cells(fdt, node, "assigned-clocks", ph->npu_clock,
                               RK_SCMI_CLK_NPU);
    } else {
        qemu_fdt_setprop_cells(fdt, node, "clocks", ph->cru, core->aclk,
                               ph->cru, core->hclk, ph->npu_clock,
                               ph->cru, PCLK_NPU_ROOT);
        qemu_fdt_setprop_cell(fdt, node, "assigned-clocks", ph->npu_clock);
    }
    SET_STRINGS(fdt, node, "clock-names", "aclk", "hclk", "npu", "pclk");
    qemu_fdt_setprop_cell(fdt, node, "assigned-clock-rates",
                          ROCKET_BOARD_BOOT_HZ);
    if (ph->opp_table) {
        qemu_fdt_setprop_cell(fdt, node, "operating-points-v2", ph->opp_table);
        qemu_fdt_setprop_cell(fdt, node, "#cooling-cells", 2);
    }
}

static void add_core_node(void *fdt, unsigned n, const Phandles *ph)
{
    g_autofree char *node = g_strdup_printf("/npu@%x", NPU_BASE(n));
    const CoreBindings *core = &core_bindings[n];

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible",
                            "rockchip,rk3588-rknn-core");
    qemu_fdt_setprop_sized_cells(fdt, node, "reg",
                                 2, NPU_BASE(n), 2, 0x1000,
                                 2, NPU_BASE(n) + 0x1000, 2, 0x1000,
                                 2, NPU_BASE(n) + 0x3000, 2, 0x1000);
    SET_STRINGS(fdt, node, "reg-names", "pc", "cna", "core");
    add_core_clocks(fdt, node, n, ph);
    qemu_fdt_setprop_cells(fdt, node, "resets", ph->cru, core->srst_a,
                           ph->cru, core->srst_h);
    SET_STRINGS(fdt, node, "reset-names", "srst_a", "srst_h");
    qemu_fdt_setprop_cell(fdt, node, "iommus", ph->mmu[n]);
    if (ph->supply) {
        qemu_fdt_setprop_cell(fdt, node, "npu-supply", ph->supply);
        qemu_fdt_setprop_cell(fdt, node, "sram-supply", ph->supply);
    }
    add_core_resources(fdt, node, n, ph);
}

/* The first half of the CPUs are the SoC's small ones, by their weight. */
static void add_capacities(RK3588NpuMachine *s, void *fdt)
{
    unsigned cpus = MACHINE(s)->smp.cpus, n;

    for (n = 0; n < cpus; n++) {
        g_autofree char *node = g_strdup_printf("/cpus/cpu@%u", n);

        qemu_fdt_setprop_cell(fdt, node, "capacity-dmips-mhz",
                              n < cpus / 2 ? CAPACITY_SMALL : CAPACITY_BIG);
    }
}

static void add_nodes(RK3588NpuMachine *s, void *fdt)
{
    Phandles ph = { };
    int n;

    /*
     * virt calls all its devices coherent.  The NPU is not: drivers have to
     * maintain the CPU's caches for it.  What is coherent on virt says so in
     * its own node, too.
     */
    fdt_delprop(fdt, 0, "dma-coherent");

    add_clocks(s, fdt, &ph);
    if (s->npu_supply) {
        add_supply(s, fdt, &ph);
    }
    if (s->npu_clock == NPU_CLOCK_OPP) {
        ph.opp_table = add_opp_table(fdt);
    }
    if (s->big_little) {
        add_capacities(s, fdt);
    }
    add_power(fdt, &ph);
    /* New nodes come first: backwards, for Linux to find core 0 first. */
    for (n = s->npu_cores - 1; n >= 0; n--) {
        add_iommu_node(fdt, n, &ph);
    }
    for (n = s->npu_cores - 1; n >= 0; n--) {
        add_core_node(fdt, n, &ph);
    }
}

/* Late, because the generic code removes all memory nodes but its own. */
static void modify_dtb(const struct arm_boot_info *info, void *fdt)
{
    const VirtMachineState *vms = container_of(info, VirtMachineState,
                                               bootinfo);
    const RK3588NpuMachine *s = RK3588_NPU_MACHINE(vms);
    g_autofree char *node = g_strdup_printf("/memory@%" PRIx64,
                                            (uint64_t)HIGH_RAM_BASE);

    if (!s->high_ram_size) {
        return;
    }
    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "device_type", "memory");
    qemu_fdt_setprop_sized_cells(fdt, node, "reg", 2, HIGH_RAM_BASE,
                                 2, s->high_ram_size);
}

/* Machine */

static void rk3588_npu_machine_init(MachineState *machine)
{
    RK3588NpuMachine *s = RK3588_NPU_MACHINE(machine);
    RK3588NpuMachineClass *c = RK3588_NPU_MACHINE_GET_CLASS(machine);

    if (s->silicon_help) {
        rocket_silicon_help();
        exit(EXIT_SUCCESS);
    }
    if (machine->ram_size > LOW_RAM_MAX) {
        error_report("-m: at most %" PRIu64 "M fit below the SoC's registers; "
                     "use -machine high-ram=SIZE for more",
                     (uint64_t)(LOW_RAM_MAX / MiB));
        exit(EXIT_FAILURE);
    }
    if (machine->maxram_size != machine->ram_size || machine->ram_slots) {
        error_report("-m: this machine takes no maxmem and no slots");
        exit(EXIT_FAILURE);
    }

    if (s->npu_clock == NPU_CLOCK_OPP && !s->npu_supply) {
        error_report("npu-clock=opp needs the supply, without which there is "
                     "no voltage to be set");
        exit(EXIT_FAILURE);
    }

    VIRT_MACHINE(s)->bootinfo.modify_dtb = modify_dtb;
    c->parent_init(machine);
    add_high_ram(s);
    add_devices(s);
    add_nodes(s, machine->fdt);
}

static void get_high_ram(Object *obj, Visitor *v, const char *name,
                         void *opaque, Error **errp)
{
    visit_type_size(v, name, &RK3588_NPU_MACHINE(obj)->high_ram_size, errp);
}

static void set_high_ram(Object *obj, Visitor *v, const char *name,
                         void *opaque, Error **errp)
{
    uint64_t size;

    if (!visit_type_size(v, name, &size, errp)) {
        return;
    }
    if (size % (2 * MiB) || size > HIGH_RAM_MAX) {
        error_setg(errp, "high-ram must be a multiple of 2M, at most 28G");
        return;
    }
    RK3588_NPU_MACHINE(obj)->high_ram_size = size;
}

static void get_npu_cores(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    visit_type_uint32(v, name, &RK3588_NPU_MACHINE(obj)->npu_cores, errp);
}

static void set_npu_cores(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    uint32_t cores;

    if (!visit_type_uint32(v, name, &cores, errp)) {
        return;
    }
    if (cores < 1 || cores > MAX_CORES) {
        error_setg(errp, "npu-cores must be 1 to %d", MAX_CORES);
        return;
    }
    RK3588_NPU_MACHINE(obj)->npu_cores = cores;
}

static bool get_npu_supply(Object *obj, Error **errp)
{
    return RK3588_NPU_MACHINE(obj)->npu_supply;
}

static void set_npu_supply(Object *obj, bool value, Error **errp)
{
    RK3588_NPU_MACHINE(obj)->npu_supply = value;
}

static char *get_npu_clock(Object *obj, Error **errp)
{
    return g_strdup(npu_clock_names[RK3588_NPU_MACHINE(obj)->npu_clock]);
}

static void set_npu_clock(Object *obj, const char *value, Error **errp)
{
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(npu_clock_names); i++) {
        if (!strcmp(value, npu_clock_names[i])) {
            RK3588_NPU_MACHINE(obj)->npu_clock = i;
            return;
        }
    }
    error_setg(errp, "npu-clock is fixed, scmi or opp, not '%s'", value);
}

static bool get_big_little(Object *obj, Error **errp)
{
    return RK3588_NPU_MACHINE(obj)->big_little;
}

static void set_big_little(Object *obj, bool value, Error **errp)
{
    RK3588_NPU_MACHINE(obj)->big_little = value;
}

static char *get_silicon(Object *obj, Error **errp)
{
    return rocket_silicon_text(&RK3588_NPU_MACHINE(obj)->silicon);
}

static void set_silicon(Object *obj, const char *value, Error **errp)
{
    RK3588NpuMachine *s = RK3588_NPU_MACHINE(obj);

    if (is_help_option(value)) {
        s->silicon_help = true;
        return;
    }
    rocket_silicon_parse(&s->silicon, value, errp);
}

static void rk3588_npu_machine_instance_init(Object *obj)
{
    RK3588NpuMachine *s = RK3588_NPU_MACHINE(obj);

    VIRT_MACHINE(obj)->gic_version = VIRT_GIC_VERSION_3;
    s->high_ram_size = 1 * GiB;
    s->npu_cores = MAX_CORES;
    s->npu_supply = true;
    object_initialize_child(obj, "silicon-readings", &s->silicon,
                            TYPE_ROCKET_SILICON);
}

static void rk3588_npu_machine_class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);
    RK3588NpuMachineClass *c = RK3588_NPU_MACHINE_CLASS(oc);

    mc->desc = "virt board with the NPU of a Rockchip RK3588";
    c->parent_init = mc->init;
    mc->init = rk3588_npu_machine_init;
    mc->default_cpu_type = ARM_CPU_TYPE_NAME("cortex-a76");
    mc->default_ram_size = 1 * GiB;
    /* Their interrupts start at 112, which is core 2's. */
    mc->allowed_dynamic_sysbus_devices = NULL;

    object_class_property_add(oc, "high-ram", "size", get_high_ram,
                              set_high_ram, NULL, NULL);
    object_class_property_set_description(oc, "high-ram",
        "Memory at 4 GiB, besides what -m gives at 1 GiB (default 1G)");
    object_class_property_add(oc, "npu-cores", "uint32", get_npu_cores,
                              set_npu_cores, NULL, NULL);
    object_class_property_set_description(oc, "npu-cores",
        "Number of NPU cores, 1 to 3 (default 3)");
    object_class_property_add_str(oc, "silicon", get_silicon, set_silicon);
    object_class_property_set_description(oc, "silicon",
        "Readings of the silicon: help, or KEY=VALUE[,,KEY=VALUE...]");
    object_class_property_add_str(oc, "npu-clock", get_npu_clock,
                                  set_npu_clock);
    object_class_property_set_description(oc, "npu-clock",
        "The NPU's clock: fixed (default), scmi (set by firmware), opp (with a "
        "voltage to be set, too, and a table of operating points)");
    object_class_property_add_bool(oc, "big-little", get_big_little,
                                   set_big_little);
    object_class_property_set_description(oc, "big-little",
        "Call the first half of the CPUs small ones (default off)");
    object_class_property_add_bool(oc, "npu-supply", get_npu_supply,
                                   set_npu_supply);
    object_class_property_set_description(oc, "npu-supply",
        "Describe and model the switchable supply vdd_npu_s0 (default on)");
}

static const TypeInfo rk3588_npu_machine_info = {
    .name = TYPE_RK3588_NPU_MACHINE,
    .parent = TYPE_VIRT_MACHINE,
    .instance_size = sizeof(RK3588NpuMachine),
    .class_size = sizeof(RK3588NpuMachineClass),
    .instance_init = rk3588_npu_machine_instance_init,
    .class_init = rk3588_npu_machine_class_init,
};

static void rk3588_npu_machine_register_types(void)
{
    type_register_static(&rk3588_npu_machine_info);
}

type_init(rk3588_npu_machine_register_types)
