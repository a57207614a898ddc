/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devicetree of the NPU boards: virt's, with the nodes of the SoC that have to do
 * with the NPU.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/arm/boot.h"
#include "hw/misc/rk_iommu.h"
#include "hw/misc/rk_npu_clock.h"
#include "hw/misc/rk_scmi.h"
#include "rk_npu_board.h"
#include "system/device_tree.h"
#include <libfdt.h>

#define MHU_PERIPHID        0x001bb098
#define GPIO_ACTIVE_LOW     1
#define GIC_SPI             0
#define IRQ_LEVEL_HIGH      4

/* rk3588-base.dtsi, Cortex-A55 and A76 */
#define CAPACITY_SMALL      530
#define CAPACITY_BIG        1024

/* Phandles that nodes refer to */
typedef struct Phandles {
    uint32_t cru;
    uint32_t npu_clock;     /* of what provides it */
    bool npu_clock_id;      /* which has more than one */
    uint32_t opp_table;
    uint32_t power;
    uint32_t supply;
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

/* "rockchip,SOC-WHAT" */
static void set_soc_string(void *fdt, const char *node, const char *prop,
                           const RkNpuSoc *soc, const char *what)
{
    g_autofree char *text = g_strdup_printf("rockchip,%s-%s", soc->name, what);

    qemu_fdt_setprop_string(fdt, node, prop, text);
}

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

static uint32_t add_syscon_node(void *fdt, const RkNpuSyscon *syscon)
{
    g_autofree char *node = g_strdup_printf("/syscon@%x", syscon->base);
    const char *strings[] = { syscon->compatible, "syscon" };

    add_node(fdt, node, syscon->base, syscon->size);
    set_strings(fdt, node, "compatible", strings, ARRAY_SIZE(strings));
    return add_phandle(fdt, node);
}

/* The roots of the CRU's tree are found by their names. */
static void add_root_clocks(RkNpuMachine *s, void *fdt, Phandles *ph)
{
    add_fixed_clock(fdt, "/clock-0", "spll", 702000000);
    add_fixed_clock(fdt, "/clock-1", "xin24m", 24000000);
    add_fixed_clock(fdt, "/clock-2", "xin32k", 32768);
    if (!s->soc->scmi) {
        return;
    }
    ph->npu_clock_id = s->npu_clock != NPU_CLOCK_FIXED;
    ph->npu_clock = ph->npu_clock_id ?
        add_scmi(fdt, VIRT_MACHINE(s)->clock_phandle) :
        add_fixed_clock(fdt, "/clock-npu", "scmi_clk_npu",
                        ROCKET_BOARD_MAX_HZ);
}

static void add_clocks(RkNpuMachine *s, void *fdt, Phandles *ph)
{
    const RkNpuSoc *soc = s->soc;
    g_autofree char *cru = g_strdup_printf("/clock-controller@%x",
                                           soc->cru_base);
    uint32_t grf = 0;
    unsigned i;

    /* The CRU's driver looks for its register files. */
    for (i = 0; i < soc->num_syscons; i++) {
        uint32_t syscon;

        if (!soc->syscons[i].compatible) {
            continue;
        }
        syscon = add_syscon_node(fdt, &soc->syscons[i]);
        grf = soc->syscons[i].cru_grf ? syscon : grf;
    }
    add_node(fdt, cru, soc->cru_base, soc->cru_size);
    set_soc_string(fdt, cru, "compatible", soc, "cru");
    qemu_fdt_setprop_cell(fdt, cru, "#clock-cells", 1);
    qemu_fdt_setprop_cell(fdt, cru, "#reset-cells", 1);
    if (grf) {
        qemu_fdt_setprop_cell(fdt, cru, "rockchip,grf", grf);
    }
    ph->cru = add_phandle(fdt, cru);
    /* New nodes come first, and these have to come before it. */
    add_root_clocks(s, fdt, ph);
}

static uint32_t add_qos(const RkNpuSoc *soc, void *fdt, uint32_t base)
{
    g_autofree char *node = g_strdup_printf("/qos@%x", base);
    g_autofree char *compatible = g_strdup_printf("rockchip,%s-qos",
                                                  soc->name);
    const char *strings[] = { compatible, "syscon" };

    add_node(fdt, node, base, 0x20);
    set_strings(fdt, node, "compatible", strings, ARRAY_SIZE(strings));
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

static void add_supply(RkNpuMachine *s, void *fdt, Phandles *ph)
{
    const char *node = "/regulator-vdd-npu-s0";
    g_auto(GStrv) path = qemu_fdt_node_path(fdt, NULL, "arm,pl061",
                                            &error_fatal);
    uint32_t gpio = qemu_fdt_get_phandle(fdt, path[0]);

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "regulator-name", "vdd_npu_s0");
    qemu_fdt_setprop(fdt, node, "regulator-boot-on", NULL, 0);
    if (s->soc->supply_stays) {
        qemu_fdt_setprop(fdt, node, "regulator-always-on", NULL, 0);
    }
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

static void add_domain_children(void *fdt, const char *node)
{
    qemu_fdt_setprop_cell(fdt, node, "#address-cells", 1);
    qemu_fdt_setprop_cell(fdt, node, "#size-cells", 0);
}

/* Cells made one after the other, as a property takes them */
typedef struct Cells {
    uint32_t cell[2 * 8];
    unsigned count;
} Cells;

static void put_cell(Cells *cells, uint32_t value)
{
    assert(cells->count < ARRAY_SIZE(cells->cell));
    cells->cell[cells->count++] = cpu_to_be32(value);
}

static void put_cells(Cells *cells, uint32_t phandle, uint32_t number)
{
    put_cell(cells, phandle);
    put_cell(cells, number);
}

static void set_cells(void *fdt, const char *node, const char *prop,
                      const Cells *cells)
{
    if (cells->count) {
        qemu_fdt_setprop(fdt, node, prop, cells->cell,
                         cells->count * sizeof(cells->cell[0]));
    }
}

static void add_domain(const RkNpuSoc *soc, void *fdt, const char *node,
                       const RkNpuDomain *domain, const Phandles *ph)
{
    Cells clocks = { }, qos = { };
    unsigned i;

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_cell(fdt, node, "reg", domain->id);
    qemu_fdt_setprop_cell(fdt, node, "#power-domain-cells", 0);
    for (i = 0; i < ARRAY_SIZE(domain->clocks) && domain->clocks[i]; i++) {
        put_cells(&clocks, ph->cru, domain->clocks[i]);
    }
    set_cells(fdt, node, "clocks", &clocks);
    for (i = 0; i < ARRAY_SIZE(domain->qos) && domain->qos[i]; i++) {
        put_cell(&qos, add_qos(soc, fdt, domain->qos[i]));
    }
    set_cells(fdt, node, "pm_qos", &qos);
    if (domain->reset) {
        qemu_fdt_setprop_cells(fdt, node, "resets", ph->cru, domain->reset);
    }
    if (domain->supply && ph->supply) {
        qemu_fdt_setprop_cell(fdt, node, "domain-supply", ph->supply);
    }
}

static void add_power(const RkNpuSoc *soc, void *fdt, Phandles *ph)
{
    g_autofree char *pmu = g_strdup_printf("/power-management@%x",
                                           soc->pmu_base);
    g_autofree char *ctl = g_strdup_printf("%s/power-controller", pmu);
    g_autofree char *compatible = g_strdup_printf("rockchip,%s-pmu",
                                                  soc->name);
    const char *strings[] = { compatible, "syscon", "simple-mfd" };
    g_auto(GStrv) nodes = g_new0(char *, soc->num_domains + 1);
    unsigned i;

    add_node(fdt, pmu, soc->pmu_base, soc->pmu_size);
    set_strings(fdt, pmu, "compatible", strings, ARRAY_SIZE(strings));

    qemu_fdt_add_subnode(fdt, ctl);
    set_soc_string(fdt, ctl, "compatible", soc, "power-controller");
    qemu_fdt_setprop_cell(fdt, ctl, "#power-domain-cells", 1);
    add_domain_children(fdt, ctl);
    ph->power = add_phandle(fdt, ctl);

    for (i = 0; i < soc->num_domains; i++) {
        const RkNpuDomain *domain = &soc->domains[i];
        const char *parent = domain->parent < 0 ? ctl : nodes[domain->parent];

        nodes[i] = g_strdup_printf("%s/power-domain@%x", parent, domain->id);
        if (domain->parent >= 0) {
            add_domain_children(fdt, parent);
        }
        add_domain(soc, fdt, nodes[i], domain, ph);
    }
}

/* @domains of the core's domains, its own first */
static void add_core_resources(const RkNpuSoc *soc, void *fdt,
                               const char *node, unsigned n, unsigned domains,
                               const Phandles *ph)
{
    Cells cells = { };
    unsigned i;

    qemu_fdt_setprop_cells(fdt, node, "interrupts", GIC_SPI, soc->npu_spi + n,
                           IRQ_LEVEL_HIGH);
    for (i = 0; i < domains; i++) {
        put_cells(&cells, ph->power, soc->cores[n].domains[i]);
    }
    set_cells(fdt, node, "power-domains", &cells);
    qemu_fdt_setprop_string(fdt, node, "status", "okay");
}

static void set_bank_regs(const RkNpuSoc *soc, void *fdt, const char *node,
                          unsigned n)
{
    uint32_t first = rk_npu_bank_base(soc, n, 0);
    uint32_t second = rk_npu_bank_base(soc, n, 1);

    if (soc->mmu_banks[n] == 1) {
        return;
    }
    qemu_fdt_setprop_sized_cells(fdt, node, "reg", 2, first, 2,
                                 RK_IOMMU_BANK_SIZE, 2, second, 2,
                                 RK_IOMMU_BANK_SIZE);
}

static void add_iommu_node(const RkNpuSoc *soc, void *fdt, unsigned n,
                           Phandles *ph)
{
    uint32_t base = rk_npu_bank_base(soc, n, 0);
    g_autofree char *node = g_strdup_printf("/iommu@%x", base);
    const char *strings[] = { soc->mmu_compatible, "rockchip,rk3568-iommu" };
    Cells clocks = { };
    unsigned i;

    add_node(fdt, node, base, RK_IOMMU_BANK_SIZE);
    set_bank_regs(soc, fdt, node, n);
    set_strings(fdt, node, "compatible", strings, ARRAY_SIZE(strings));
    for (i = 0; i < soc->num_mmu_clocks; i++) {
        put_cells(&clocks, ph->cru, soc->cores[n].mmu_clocks[i]);
    }
    set_cells(fdt, node, "clocks", &clocks);
    set_strings(fdt, node, "clock-names", soc->mmu_clock_names,
                soc->num_mmu_clocks);
    qemu_fdt_setprop_cell(fdt, node, "#iommu-cells", 0);
    add_core_resources(soc, fdt, node, n, 1, ph);
    ph->mmu[n] = add_phandle(fdt, node);
}

/* One of the core's clocks: the CRU's, or what provides the NPU's own */
static void put_core_clock(Cells *cells, uint32_t number, const Phandles *ph)
{
    if (number != RK_NPU_CLOCK) {
        put_cells(cells, ph->cru, number);
    } else if (ph->npu_clock_id) {
        put_cells(cells, ph->npu_clock, RK_SCMI_CLK_NPU);
    } else {
        put_cell(cells, ph->npu_clock);
    }
}

static void add_core_clocks(const RkNpuSoc *soc, void *fdt, const char *node,
                            unsigned n, const Phandles *ph)
{
    Cells clocks = { }, assigned = { };
    unsigned i;

    for (i = 0; i < soc->num_clocks; i++) {
        put_core_clock(&clocks, soc->cores[n].clocks[i], ph);
    }
    set_cells(fdt, node, "clocks", &clocks);
    set_strings(fdt, node, "clock-names", soc->clock_names, soc->num_clocks);
    if (ph->npu_clock) {
        put_core_clock(&assigned, RK_NPU_CLOCK, ph);
        set_cells(fdt, node, "assigned-clocks", &assigned);
        qemu_fdt_setprop_cell(fdt, node, "assigned-clock-rates",
                              ROCKET_BOARD_BOOT_HZ);
    }
    if (ph->opp_table) {
        qemu_fdt_setprop_cell(fdt, node, "operating-points-v2", ph->opp_table);
        qemu_fdt_setprop_cell(fdt, node, "#cooling-cells", 2);
    }
}

static void add_core_resets(const RkNpuSoc *soc, void *fdt, const char *node,
                            unsigned n, const Phandles *ph)
{
    Cells resets = { };
    unsigned i;

    for (i = 0; i < soc->num_resets; i++) {
        put_cells(&resets, ph->cru, soc->cores[n].resets[i]);
    }
    set_cells(fdt, node, "resets", &resets);
    set_strings(fdt, node, "reset-names", soc->reset_names, soc->num_resets);
}

static void add_core_node(RkNpuMachine *s, void *fdt, unsigned n,
                          const Phandles *ph)
{
    const RkNpuSoc *soc = s->soc;
    uint32_t base = rk_npu_core_base(soc, n);
    g_autofree char *node = g_strdup_printf("/npu@%x", base);

    qemu_fdt_add_subnode(fdt, node);
    set_soc_string(fdt, node, "compatible", soc, "rknn-core");
    qemu_fdt_setprop_sized_cells(fdt, node, "reg",
                                 2, base, 2, 0x1000,
                                 2, base + 0x1000, 2, 0x1000,
                                 2, base + 0x3000, 2, 0x1000);
    SET_STRINGS(fdt, node, "reg-names", "pc", "cna", "core");
    add_core_clocks(soc, fdt, node, n, ph);
    add_core_resets(soc, fdt, node, n, ph);
    qemu_fdt_setprop_cell(fdt, node, "iommus", ph->mmu[n]);
    if (ph->supply) {
        qemu_fdt_setprop_cell(fdt, node, "npu-supply", ph->supply);
    }
    if (ph->supply && soc->sram_supply) {
        qemu_fdt_setprop_cell(fdt, node, "sram-supply", ph->supply);
    }
    add_core_resources(soc, fdt, node, n,
                       s->own_domain ? 1 : soc->num_core_domains, ph);
}

/* The first half of the CPUs are the SoC's small ones, by their weight. */
static void add_capacities(RkNpuMachine *s, void *fdt)
{
    unsigned cpus = MACHINE(s)->smp.cpus, n;

    for (n = 0; n < cpus; n++) {
        g_autofree char *node = g_strdup_printf("/cpus/cpu@%u", n);

        qemu_fdt_setprop_cell(fdt, node, "capacity-dmips-mhz",
                              n < cpus / 2 ? CAPACITY_SMALL : CAPACITY_BIG);
    }
}

/* virt's PCIe has its memory where the SoC has registers, and no device. */
static void drop_pcie(void *fdt)
{
    g_auto(GStrv) path = qemu_fdt_node_path(fdt, NULL, "pci-host-ecam-generic",
                                            &error_fatal);

    if (path[0]) {
        qemu_fdt_nop_node(fdt, path[0]);
    }
}

void rk_npu_board_add_nodes(RkNpuMachine *s, void *fdt)
{
    Phandles ph = { };
    int n;

    /*
     * virt calls all its devices coherent.  The NPU is not: drivers have to
     * maintain the CPU's caches for it.  What is coherent on virt says so in
     * its own node, too.
     */
    fdt_delprop(fdt, 0, "dma-coherent");
    if (s->soc->drop_pcie) {
        drop_pcie(fdt);
    }

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
    add_power(s->soc, fdt, &ph);
    /* New nodes come first: backwards, for Linux to find core 0 first. */
    for (n = s->npu_cores - 1; n >= 0; n--) {
        add_iommu_node(s->soc, fdt, n, &ph);
    }
    for (n = s->npu_cores - 1; n >= 0; n--) {
        add_core_node(s, fdt, n, &ph);
    }
}

void rk_npu_board_modify_dtb(const struct arm_boot_info *info, void *fdt)
{
    const VirtMachineState *vms = container_of(info, VirtMachineState,
                                               bootinfo);
    const RkNpuMachine *s = RK_NPU_MACHINE(vms);
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
