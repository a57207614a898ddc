/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machines "rk3588-npu" and "rk3576-npu": what their parts share.
 *
 *  rk_npu_board.c      machine: devices, properties
 *  rk_npu_board_fdt.c  devicetree
 *  rk_npu_board_soc.c  what differs between the SoCs, as data
 */
#ifndef HW_ARM_RK_NPU_BOARD_H
#define HW_ARM_RK_NPU_BOARD_H

#include "hw/arm/virt.h"
#include "hw/misc/rocket_board_ctl.h"
#include "hw/misc/rocket_silicon.h"
#include "qemu/units.h"

#define TYPE_RK_NPU_MACHINE MACHINE_TYPE_NAME("rk-npu")
OBJECT_DECLARE_TYPE(RkNpuMachine, RkNpuMachineClass, RK_NPU_MACHINE)

#define MAX_CORES       ROCKET_BOARD_CORES
#define MAX_BANKS       2

#define HIGH_RAM_BASE   (4 * GiB)

/* Firmware's doorbell and memory; on silicon there is an instruction for it */
#define MHU_BASE        0x0b010000
#define SHMEM_BASE      (MHU_BASE + RK_SCMI_MHU_SIZE)
#define MHU_SPI         115

/* The line of virt's PL061 that switches vdd_npu_s0 off */
#define VDD_OFF_GPIO    6
/* The first of those that set its voltage */
#define VDD_VOLTAGE_GPIO 0

/* A register file that is stored and has no effect */
typedef struct RkNpuSyscon {
    const char *name;
    const char *compatible;     /* NULL: it has no node of its own */
    uint32_t base, size;
    bool hiword_mask;
    bool cru_grf;               /* the clock controller's node names it */
} RkNpuSyscon;

/* A power domain; what is outside comes first */
typedef struct RkNpuDomain {
    uint32_t id;
    int parent;                 /* index, or -1 */
    bool supply;                /* it is vdd_npu_s0's */
    uint32_t clocks[8];         /* numbers of the CRU's; 0 ends them */
    uint32_t qos[5];            /* addresses; 0 ends them */
    uint32_t reset;             /* its bus interface's, or 0 */
} RkNpuDomain;

/* The NPU's own clock where one of a core's clocks is expected */
#define RK_NPU_CLOCK    UINT32_MAX

typedef struct RkNpuCore {
    uint32_t clocks[6];         /* in the order of clock_names */
    uint32_t mmu_clocks[5];     /* the same, mmu_clock_names */
    uint32_t resets[2];
    uint32_t domains[2];        /* its own first */
} RkNpuCore;

typedef struct RkNpuSoc {
    RocketChip chip;
    const char *name;           /* as in "rockchip,rk3588-…" */
    const char *desc;
    uint64_t low_ram_max;
    bool drop_pcie;             /* virt's is where the SoC's registers are */

    unsigned num_cores;
    uint32_t npu_base, npu_stride;
    unsigned npu_spi;           /* of core 0 */
    unsigned mmu_banks[MAX_CORES];
    uint32_t mmu_offset[MAX_CORES];     /* of bank 0, in the core's window */
    uint32_t bank_size;
    bool has_biu;
    /* Its boards have a supply that stays on: Linux does not switch it with the domain. */
    bool supply_stays;
    bool shared_buffer;         /* one convolution buffer for all cores */
    bool sram_supply;
    bool scmi;                  /* firmware can set the NPU's clock */

    const char *cru_type, *pmu_type;
    uint32_t cru_base, cru_size, pmu_base, pmu_size;
    const RkNpuSyscon *syscons;
    const RkNpuDomain *domains;
    unsigned num_syscons, num_domains;

    unsigned num_clocks, num_mmu_clocks, num_resets, num_core_domains;
    const char *const *clock_names, *const *mmu_clock_names;
    const char *const *reset_names;
    const char *mmu_compatible;
    RkNpuCore cores[MAX_CORES];
} RkNpuSoc;

extern const RkNpuSoc rk_npu_rk3588, rk_npu_rk3576;

/* What there is of the NPU's clock, in the order of npu_clock_names */
typedef enum NpuClock {
    NPU_CLOCK_FIXED,    /* it cannot be set */
    NPU_CLOCK_SCMI,     /* firmware sets it */
    NPU_CLOCK_OPP,      /* the same, with a voltage to be set and a table of both */
} NpuClock;

struct RkNpuMachineClass {
    VirtMachineClass parent_class;
    void (*parent_init)(MachineState *machine);
    const RkNpuSoc *soc;
};

struct RkNpuMachine {
    VirtMachineState parent_obj;

    const RkNpuSoc *soc;
    RocketSilicon silicon;
    bool silicon_help;
    MemoryRegion high_ram;
    uint64_t high_ram_size;
    uint32_t npu_cores;
    bool npu_supply;
    bool own_domain;            /* a core names no domain but its own */
    NpuClock npu_clock;
    bool big_little;
};

static inline uint32_t rk_npu_core_base(const RkNpuSoc *soc, unsigned n)
{
    return soc->npu_base + soc->npu_stride * n;
}

static inline uint32_t rk_npu_bank_base(const RkNpuSoc *soc, unsigned n,
                                        unsigned bank)
{
    return rk_npu_core_base(soc, n) + soc->mmu_offset[n] +
           bank * soc->bank_size;
}

/* All nodes of the NPU and around it */
void rk_npu_board_add_nodes(RkNpuMachine *s, void *fdt);
/* High memory: late, because the generic code removes all memory nodes */
void rk_npu_board_modify_dtb(const struct arm_boot_info *info, void *fdt);

#endif
