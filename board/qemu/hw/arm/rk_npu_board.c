/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machines "rk3588-npu" and "rk3576-npu": QEMU's virt board with the NPU of a
 * Rockchip SoC.
 *
 * The NPU's cores with their IOMMUs, the clock, reset and power controllers
 * around them and the board's control page, at the addresses and interrupts of
 * the real SoC, with the devicetree nodes of Linux.  docs/board.rst tells what is
 * modelled and what is not.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/help_option.h"
#include "exec/address-spaces.h"
#include "hw/arm/boot.h"
#include "hw/boards.h"
#include "hw/core/split-irq.h"
#include "hw/or-irq.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "hw/misc/rk_iommu.h"
#include "hw/misc/rk_npu_clock.h"
#include "hw/misc/rk_npu_gate.h"
#include "hw/misc/rk_scmi.h"
#include "hw/misc/rk_syscon.h"
#include "hw/misc/rocket_npu.h"
#include "rk_npu_board.h"
#include "target/arm/cpu-qom.h"

#define HIGH_RAM_MAX        (28 * GiB)

/* What is mapped over what: virt's devices have 0. */
#define PRIORITY_SOC        1
#define PRIORITY_IOMMU      2

static const char *const npu_clock_names[] = { "fixed", "scmi", "opp" };

/* Devices */

static DeviceState *add_device(RkNpuMachine *s, const char *type,
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

/* virt may have something there that this board has no use for. */
static void map(DeviceState *dev, hwaddr base)
{
    sysbus_mmio_map_overlap(SYS_BUS_DEVICE(dev), 0, base, PRIORITY_SOC);
}

static DeviceState *add_mapped(RkNpuMachine *s, const char *type,
                               const char *name, hwaddr base)
{
    DeviceState *dev = add_device(s, type, name);

    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    map(dev, base);
    return dev;
}

static void add_syscon(RkNpuMachine *s, const RkNpuSyscon *syscon)
{
    DeviceState *dev = add_device(s, TYPE_RK_SYSCON, syscon->name);

    qdev_prop_set_uint32(dev, "size", syscon->size);
    qdev_prop_set_bit(dev, "hiword-mask", syscon->hiword_mask);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    map(dev, syscon->base);
}

static void connect_core_line(DeviceState *from, const char *name, unsigned n,
                              DeviceState *gate)
{
    qdev_connect_gpio_out_named(from, name, n,
                                qdev_get_gpio_in_named(gate, name, 0));
}

static DeviceState *add_gate(RkNpuMachine *s, unsigned n, DeviceState *ctl,
                             DeviceState *cru, DeviceState *pmu)
{
    g_autofree char *name = g_strdup_printf("gate%u", n);
    DeviceState *gate = add_device(s, TYPE_RK_NPU_GATE, name);

    set_link(gate, "ctl", ctl);
    set_link(gate, "silicon", &s->silicon);
    qdev_prop_set_uint32(gate, "core", n);
    qdev_prop_set_bit(gate, "has-biu", s->soc->has_biu);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(gate), &error_fatal);
    connect_core_line(cru, RK_NPU_GATE_ACLK, n, gate);
    connect_core_line(cru, RK_NPU_GATE_HCLK, n, gate);
    connect_core_line(cru, RK_NPU_GATE_SRST_A, n, gate);
    connect_core_line(cru, RK_NPU_GATE_SRST_H, n, gate);
    connect_core_line(cru, RK_NPU_GATE_CBUF, n, gate);
    connect_core_line(cru, RK_NPU_GATE_BIU, n, gate);
    connect_core_line(pmu, RK_NPU_GATE_POWER, n, gate);
    connect_core_line(pmu, RK_NPU_GATE_IDLE, n, gate);
    connect_core_line(pmu, RK_NPU_GATE_SIBLINGS, n, gate);
    return gate;
}

static DeviceState *add_iommu(RkNpuMachine *s, unsigned n,
                              DeviceState *ctl, DeviceState *gate)
{
    g_autofree char *name = g_strdup_printf("iommu%u", n);
    DeviceState *mmu = add_device(s, TYPE_RK_IOMMU, name);
    SysBusDevice *sbd = SYS_BUS_DEVICE(mmu);
    const RkNpuSoc *soc = s->soc;
    unsigned bank;

    set_link(mmu, "ctl", ctl);
    set_link(mmu, "gate", gate);
    set_link(mmu, "silicon", &s->silicon);
    set_link(mmu, "memory", get_system_memory());
    qdev_prop_set_uint32(mmu, "core", n);
    qdev_prop_set_uint32(mmu, "banks", soc->mmu_banks[n]);
    qdev_prop_set_uint32(mmu, "block",
                         soc->mmu_offset[n] / RK_IOMMU_PAGE_SIZE);
    qdev_prop_set_uint32(mmu, "bank-size", soc->bank_size);
    sysbus_realize_and_unref(sbd, &error_fatal);

    /* On top of the core's window */
    for (bank = 0; bank < soc->mmu_banks[n]; bank++) {
        sysbus_mmio_map_overlap(sbd, bank, rk_npu_bank_base(soc, n, bank),
                                PRIORITY_IOMMU);
    }
    return mmu;
}

static DeviceState *add_core(RkNpuMachine *s, unsigned n, DeviceState *ctl,
                             DeviceState *gate, DeviceState *peer)
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
    if (peer) {
        set_link(npu, "peer", peer);
    }
    sysbus_realize_and_unref(SYS_BUS_DEVICE(npu), &error_fatal);
    map(npu, rk_npu_core_base(s->soc, n));

    qdev_prop_set_uint16(or, "num-lines", 2);
    qdev_realize_and_unref(or, NULL, &error_fatal);
    sysbus_connect_irq(SYS_BUS_DEVICE(npu), 0, qdev_get_gpio_in(or, 0));
    sysbus_connect_irq(SYS_BUS_DEVICE(mmu), 0, qdev_get_gpio_in(or, 1));
    qdev_connect_gpio_out(or, 0, qdev_get_gpio_in(VIRT_MACHINE(s)->gic,
                                                  s->soc->npu_spi + n));
    return npu;
}

static void add_clock(RkNpuMachine *s, DeviceState *ctl,
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

static void connect_supply(RkNpuMachine *s, DeviceState **gates)
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

static void add_devices(RkNpuMachine *s)
{
    DeviceState *ctl = add_device(s, TYPE_ROCKET_BOARD_CTL, "rocket-board-ctl");
    const RkNpuSoc *soc = s->soc;
    DeviceState *cru = add_mapped(s, soc->cru_type, "cru", soc->cru_base);
    DeviceState *pmu = add_mapped(s, soc->pmu_type, "pmu", soc->pmu_base);
    DeviceState *gates[MAX_CORES], *first = NULL;
    unsigned i;

    qdev_realize(DEVICE(&s->silicon), NULL, &error_fatal);
    set_link(ctl, "silicon", &s->silicon);
    qdev_prop_set_uint32(ctl, "num-cores", s->npu_cores);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(ctl), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(ctl), 0, ROCKET_BOARD_BASE);
    for (i = 0; i < soc->num_syscons; i++) {
        add_syscon(s, &soc->syscons[i]);
    }

    for (i = 0; i < s->npu_cores; i++) {
        DeviceState *npu;

        gates[i] = add_gate(s, i, ctl, cru, pmu);
        npu = add_core(s, i, ctl, gates[i], first);
        first = soc->shared_buffer ? npu : NULL;
    }
    if (s->npu_clock != NPU_CLOCK_FIXED) {
        add_clock(s, ctl, gates);
    }
    if (s->npu_supply) {
        connect_supply(s, gates);
    }
}

static void add_high_ram(RkNpuMachine *s)
{
    if (!s->high_ram_size) {
        return;
    }
    memory_region_init_ram(&s->high_ram, NULL, "rk-npu.high-ram",
                           s->high_ram_size, &error_fatal);
    memory_region_add_subregion(get_system_memory(), HIGH_RAM_BASE,
                                &s->high_ram);
}

/* Machine */

static void rk_npu_machine_init(MachineState *machine)
{
    RkNpuMachine *s = RK_NPU_MACHINE(machine);
    RkNpuMachineClass *c = RK_NPU_MACHINE_GET_CLASS(machine);

    if (s->silicon_help) {
        rocket_silicon_help(&s->silicon);
        exit(EXIT_SUCCESS);
    }
    if (machine->ram_size > s->soc->low_ram_max) {
        error_report("-m: at most %" PRIu64 "M fit below the SoC's registers; "
                     "use -machine high-ram=SIZE for more",
                     (uint64_t)(s->soc->low_ram_max / MiB));
        exit(EXIT_FAILURE);
    }
    if (machine->maxram_size != machine->ram_size || machine->ram_slots) {
        error_report("-m: this machine takes no maxmem and no slots");
        exit(EXIT_FAILURE);
    }

    if (s->npu_clock != NPU_CLOCK_FIXED && !s->soc->scmi) {
        error_report("npu-clock=fixed is all that this machine has");
        exit(EXIT_FAILURE);
    }
    if (s->npu_clock == NPU_CLOCK_OPP && !s->npu_supply) {
        error_report("npu-clock=opp needs the supply, without which there is "
                     "no voltage to be set");
        exit(EXIT_FAILURE);
    }

    VIRT_MACHINE(s)->bootinfo.modify_dtb = rk_npu_board_modify_dtb;
    c->parent_init(machine);
    add_high_ram(s);
    add_devices(s);
    rk_npu_board_add_nodes(s, machine->fdt);
}

static void get_high_ram(Object *obj, Visitor *v, const char *name,
                         void *opaque, Error **errp)
{
    visit_type_size(v, name, &RK_NPU_MACHINE(obj)->high_ram_size, errp);
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
    RK_NPU_MACHINE(obj)->high_ram_size = size;
}

static void get_npu_cores(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    visit_type_uint32(v, name, &RK_NPU_MACHINE(obj)->npu_cores, errp);
}

static void set_npu_cores(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    uint32_t cores;

    if (!visit_type_uint32(v, name, &cores, errp)) {
        return;
    }
    if (cores < 1 || cores > RK_NPU_MACHINE(obj)->soc->num_cores) {
        error_setg(errp, "npu-cores must be 1 to %d",
                   RK_NPU_MACHINE(obj)->soc->num_cores);
        return;
    }
    RK_NPU_MACHINE(obj)->npu_cores = cores;
}

static bool get_npu_supply(Object *obj, Error **errp)
{
    return RK_NPU_MACHINE(obj)->npu_supply;
}

static void set_npu_supply(Object *obj, bool value, Error **errp)
{
    RK_NPU_MACHINE(obj)->npu_supply = value;
}

static char *get_npu_clock(Object *obj, Error **errp)
{
    return g_strdup(npu_clock_names[RK_NPU_MACHINE(obj)->npu_clock]);
}

static void set_npu_clock(Object *obj, const char *value, Error **errp)
{
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(npu_clock_names); i++) {
        if (!strcmp(value, npu_clock_names[i])) {
            RK_NPU_MACHINE(obj)->npu_clock = i;
            return;
        }
    }
    error_setg(errp, "npu-clock is fixed, scmi or opp, not '%s'", value);
}

static char *get_npu_domains(Object *obj, Error **errp)
{
    return g_strdup(RK_NPU_MACHINE(obj)->own_domain ? "own" : "all");
}

static void set_npu_domains(Object *obj, const char *value, Error **errp)
{
    if (strcmp(value, "own") && strcmp(value, "all")) {
        error_setg(errp, "npu-domains is all or own, not '%s'", value);
        return;
    }
    RK_NPU_MACHINE(obj)->own_domain = !strcmp(value, "own");
}

static bool get_big_little(Object *obj, Error **errp)
{
    return RK_NPU_MACHINE(obj)->big_little;
}

static void set_big_little(Object *obj, bool value, Error **errp)
{
    RK_NPU_MACHINE(obj)->big_little = value;
}

static char *get_silicon(Object *obj, Error **errp)
{
    return rocket_silicon_text(&RK_NPU_MACHINE(obj)->silicon);
}

static void set_silicon(Object *obj, const char *value, Error **errp)
{
    RkNpuMachine *s = RK_NPU_MACHINE(obj);

    if (is_help_option(value)) {
        s->silicon_help = true;
        return;
    }
    rocket_silicon_parse(&s->silicon, value, errp);
}

static void rk_npu_machine_instance_init(Object *obj)
{
    RkNpuMachine *s = RK_NPU_MACHINE(obj);

    s->soc = RK_NPU_MACHINE_GET_CLASS(obj)->soc;
    VIRT_MACHINE(obj)->gic_version = VIRT_GIC_VERSION_3;
    s->high_ram_size = 1 * GiB;
    s->npu_cores = s->soc->num_cores;
    s->npu_supply = true;
    object_initialize_child(obj, "silicon-readings", &s->silicon,
                            TYPE_ROCKET_SILICON);
    rocket_silicon_set_chip(&s->silicon, s->soc->chip);
}

static void rk_npu_machine_class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);
    RkNpuMachineClass *c = RK_NPU_MACHINE_CLASS(oc);

    c->parent_init = mc->init;
    mc->init = rk_npu_machine_init;
    mc->default_cpu_type = ARM_CPU_TYPE_NAME("cortex-a76");
    mc->default_ram_size = 1 * GiB;
    /* Their interrupts start at 112, which is core 2's of the RK3588. */
    mc->allowed_dynamic_sysbus_devices = NULL;

    object_class_property_add(oc, "high-ram", "size", get_high_ram,
                              set_high_ram, NULL, NULL);
    object_class_property_set_description(oc, "high-ram",
        "Memory at 4 GiB, besides what -m gives at 1 GiB (default 1G)");
    object_class_property_add(oc, "npu-cores", "uint32", get_npu_cores,
                              set_npu_cores, NULL, NULL);
    object_class_property_set_description(oc, "npu-cores",
        "Number of NPU cores, at least 1 (default: all of the SoC)");
    object_class_property_add_str(oc, "silicon", get_silicon, set_silicon);
    object_class_property_set_description(oc, "silicon",
        "Readings of the silicon: help, or KEY=VALUE[,,KEY=VALUE...]");
    object_class_property_add_str(oc, "npu-clock", get_npu_clock,
                                  set_npu_clock);
    object_class_property_set_description(oc, "npu-clock",
        "The NPU's clock: fixed (default), scmi (set by firmware), opp (with a "
        "voltage to be set, too, and a table of operating points)");
    object_class_property_add_str(oc, "npu-domains", get_npu_domains,
                                  set_npu_domains);
    object_class_property_set_description(oc, "npu-domains",
        "Power domains that a core's node names: all that it needs (default), "
        "or its own alone");
    object_class_property_add_bool(oc, "big-little", get_big_little,
                                   set_big_little);
    object_class_property_set_description(oc, "big-little",
        "Call the first half of the CPUs small ones (default off)");
    object_class_property_add_bool(oc, "npu-supply", get_npu_supply,
                                   set_npu_supply);
    object_class_property_set_description(oc, "npu-supply",
        "Describe and model the switchable supply vdd_npu_s0 (default on)");
}

static void rk_npu_machine_soc_class_init(ObjectClass *oc, void *data)
{
    const RkNpuSoc *soc = data;

    MACHINE_CLASS(oc)->desc = soc->desc;
    RK_NPU_MACHINE_CLASS(oc)->soc = soc;
}

static const TypeInfo rk_npu_machine_types[] = {
    {
        .name = TYPE_RK_NPU_MACHINE,
        .parent = TYPE_VIRT_MACHINE,
        .abstract = true,
        .instance_size = sizeof(RkNpuMachine),
        .class_size = sizeof(RkNpuMachineClass),
        .instance_init = rk_npu_machine_instance_init,
        .class_init = rk_npu_machine_class_init,
    }, {
        .name = MACHINE_TYPE_NAME("rk3588-npu"),
        .parent = TYPE_RK_NPU_MACHINE,
        .class_init = rk_npu_machine_soc_class_init,
        .class_data = (void *)&rk_npu_rk3588,
    }, {
        .name = MACHINE_TYPE_NAME("rk3576-npu"),
        .parent = TYPE_RK_NPU_MACHINE,
        .class_init = rk_npu_machine_soc_class_init,
        .class_data = (void *)&rk_npu_rk3576,
    },
};

DEFINE_TYPES(rk_npu_machine_types)
