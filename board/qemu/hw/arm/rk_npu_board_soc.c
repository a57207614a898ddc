/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SoCs of the NPU boards: addresses, interrupts and what their devicetrees
 * say.  RK3588: Linux' rk3588-base.dtsi.  RK3576: Linux' rk3576.dtsi with the nodes
 * of gahingwoo/linux-rk3576-npu rfc-send-v9.
 */
#include "qemu/osdep.h"
#include "hw/misc/rk_cru.h"
#include "hw/misc/rk_iommu.h"
#include "hw/misc/rk_pmu.h"
#include "rk_npu_board.h"

/* dt-bindings/clock/rockchip,rk3588-cru.h */
enum {
    RK3588_ACLK_NPU1 = 276,
    RK3588_HCLK_NPU1 = 277,
    RK3588_ACLK_NPU2 = 278,
    RK3588_HCLK_NPU2 = 279,
    RK3588_HCLK_NPU_CM0_ROOT = 280,
    RK3588_ACLK_NPU0 = 287,
    RK3588_HCLK_NPU0 = 288,
    RK3588_HCLK_NPU_ROOT = 289,
    RK3588_CLK_NPU_DSU0 = 290,
    RK3588_PCLK_NPU_ROOT = 291,
};

/* dt-bindings/power/rk3588-power.h */
enum {
    RK3588_PD_NPU = 8,
    RK3588_PD_NPUTOP = 9,
    RK3588_PD_NPU1 = 10,
    RK3588_PD_NPU2 = 11,
};

#define RK3588_QOS      0xfdf70000

static const RkNpuSyscon rk3588_syscons[] = {
    { "npu-qos", NULL, RK3588_QOS, 0x3000, false },
    { "sys-grf", "rockchip,rk3588-sys-grf", 0xfd58c000, 0x1000, true },
    { "php-grf", "rockchip,rk3588-php-grf", 0xfd5b0000, 0x1000, true, true },
};

static const RkNpuDomain rk3588_domains[] = {
    { .id = RK3588_PD_NPU, .parent = -1, .supply = true },
    { .id = RK3588_PD_NPUTOP, .parent = 0,
      .clocks = { RK3588_HCLK_NPU_ROOT, RK3588_PCLK_NPU_ROOT,
                  RK3588_CLK_NPU_DSU0, RK3588_HCLK_NPU_CM0_ROOT },
      .qos = { RK3588_QOS + 0x2000, RK3588_QOS + 0x2200,
               RK3588_QOS + 0x2400 } },
    { .id = RK3588_PD_NPU2, .parent = 1,
      .clocks = { RK3588_HCLK_NPU_ROOT, RK3588_PCLK_NPU_ROOT,
                  RK3588_CLK_NPU_DSU0 },
      .qos = { RK3588_QOS + 0x1000 } },
    { .id = RK3588_PD_NPU1, .parent = 1,
      .clocks = { RK3588_HCLK_NPU_ROOT, RK3588_PCLK_NPU_ROOT,
                  RK3588_CLK_NPU_DSU0 },
      .qos = { RK3588_QOS } },
};

static const char *const clock_names[] = {
    "aclk", "hclk", "npu", "pclk", "aclk_cbuf", "hclk_cbuf",
};
static const char *const mmu_clock_names[] = {
    "aclk", "iface", "npu", "aclk_cbuf", "hclk_cbuf",
};
static const char *const reset_names[] = { "srst_a", "srst_h" };

#define RK3588_CORE(a, h, srst_a, srst_h, domain)                           \
    {                                                                       \
        .clocks = { a, h, RK_NPU_CLOCK, RK3588_PCLK_NPU_ROOT },             \
        .mmu_clocks = { a, h },                                             \
        .resets = { srst_a, srst_h },                                       \
        .domains = { domain },                                              \
    }

const RkNpuSoc rk_npu_rk3588 = {
    .chip = ROCKET_RK3588,
    .name = "rk3588",
    .desc = "virt board with the NPU of a Rockchip RK3588",
    /* Low memory ends where the SoC's own registers begin. */
    .low_ram_max = 3008 * MiB,
    .num_cores = 3,
    .npu_base = 0xfdab0000,
    .npu_stride = 0x10000,
    .npu_spi = 110,
    .mmu_banks = { 2, 1, 1 },
    .mmu_offset = { 0x9000, 0xa000, 0xa000 },
    .bank_size = RK_IOMMU_PAGE_SIZE,
    .sram_supply = true,
    .scmi = true,
    .cru_type = TYPE_RK3588_CRU,
    .pmu_type = TYPE_RK3588_PMU,
    .cru_base = RK3588_CRU_BASE,
    .cru_size = RK3588_CRU_SIZE,
    .pmu_base = RK3588_PMU_BASE,
    .pmu_size = RK3588_PMU_SIZE,
    .syscons = rk3588_syscons,
    .num_syscons = ARRAY_SIZE(rk3588_syscons),
    .domains = rk3588_domains,
    .num_domains = ARRAY_SIZE(rk3588_domains),
    .num_clocks = 4,
    .clock_names = clock_names,
    .num_mmu_clocks = 2,
    .mmu_clock_names = mmu_clock_names,
    .num_resets = 2,
    .reset_names = reset_names,
    .num_core_domains = 1,
    .mmu_compatible = "rockchip,rk3588-iommu",
    .cores = {
        RK3588_CORE(RK3588_ACLK_NPU0, RK3588_HCLK_NPU0, 272, 274,
                    RK3588_PD_NPUTOP),
        RK3588_CORE(RK3588_ACLK_NPU1, RK3588_HCLK_NPU1, 250, 252,
                    RK3588_PD_NPU1),
        RK3588_CORE(RK3588_ACLK_NPU2, RK3588_HCLK_NPU2, 254, 256,
                    RK3588_PD_NPU2),
    },
};

/* dt-bindings/clock/rockchip,rk3576-cru.h */
enum {
    RK3576_ACLK_RKNN0 = 229,
    RK3576_ACLK_RKNN1 = 230,
    RK3576_HCLK_RKNN_ROOT = 231,
    RK3576_CLK_RKNN_DSU0 = 232,
    RK3576_PCLK_NPUTOP_ROOT = 233,
    RK3576_ACLK_RKNN_CBUF = 240,
    RK3576_HCLK_NPU_CM0_ROOT = 241,
    RK3576_HCLK_RKNN_CBUF = 244,
};

/* dt-bindings/reset/rockchip,rk3576-cru.h */
enum {
    RK3576_SRST_A_RKNN0 = 204,
    RK3576_SRST_A_RKNN0_BIU = 205,
    RK3576_SRST_A_RKNN1 = 207,
    RK3576_SRST_A_RKNN1_BIU = 208,
};

/* dt-bindings/power/rockchip,rk3576-power.h */
enum {
    RK3576_PD_NPU = 0,
    RK3576_PD_NPUTOP = 1,
    RK3576_PD_NPU0 = 2,
    RK3576_PD_NPU1 = 3,
};

#define RK3576_QOS_TOP  0x27f08000
#define RK3576_QOS      0x27f20000

static const RkNpuSyscon rk3576_syscons[] = {
    { "npu-qos-top", NULL, RK3576_QOS_TOP, 0x1000, false },
    { "npu-qos", NULL, RK3576_QOS, 0x3000, false },
    { "pmu0-grf", "rockchip,rk3576-pmu0-grf", 0x26024000, 0x1000, true },
    { "ioc-grf", "rockchip,rk3576-ioc-grf", 0x26040000, 0xc000, true },
};

#define RK3576_CORE_DOMAIN(id_, aclk, qos_, biu)                            \
    {                                                                       \
        .id = id_, .parent = 1, .reset = biu, .qos = { qos_ },              \
        .clocks = { RK3576_HCLK_RKNN_ROOT, aclk, RK3576_CLK_RKNN_DSU0,      \
                    RK3576_ACLK_RKNN_CBUF, RK3576_HCLK_RKNN_CBUF },         \
    }

static const RkNpuDomain rk3576_domains[] = {
    { .id = RK3576_PD_NPU, .parent = -1, .supply = true },
    { .id = RK3576_PD_NPUTOP, .parent = 0,
      .clocks = { RK3576_ACLK_RKNN0, RK3576_ACLK_RKNN1, RK3576_ACLK_RKNN_CBUF,
                  RK3576_CLK_RKNN_DSU0, RK3576_HCLK_RKNN_CBUF,
                  RK3576_HCLK_RKNN_ROOT, RK3576_HCLK_NPU_CM0_ROOT,
                  RK3576_PCLK_NPUTOP_ROOT },
      .qos = { RK3576_QOS_TOP, RK3576_QOS_TOP + 0x80, RK3576_QOS_TOP + 0x100,
               RK3576_QOS + 0x2080, RK3576_QOS + 0x2100 } },
    RK3576_CORE_DOMAIN(RK3576_PD_NPU1, RK3576_ACLK_RKNN1, RK3576_QOS + 0x1000,
                       RK3576_SRST_A_RKNN1_BIU),
    RK3576_CORE_DOMAIN(RK3576_PD_NPU0, RK3576_ACLK_RKNN0, RK3576_QOS,
                       RK3576_SRST_A_RKNN0_BIU),
};

#define RK3576_CORE(a, srst_a, own, other)                                  \
    {                                                                       \
        .clocks = { a, RK3576_HCLK_RKNN_ROOT, RK3576_CLK_RKNN_DSU0,         \
                    RK3576_PCLK_NPUTOP_ROOT, RK3576_ACLK_RKNN_CBUF,         \
                    RK3576_HCLK_RKNN_CBUF },                                \
        .mmu_clocks = { a, RK3576_HCLK_RKNN_ROOT, RK3576_CLK_RKNN_DSU0,     \
                        RK3576_ACLK_RKNN_CBUF, RK3576_HCLK_RKNN_CBUF },     \
        .resets = { srst_a },                                               \
        .domains = { own, other },                                          \
    }

const RkNpuSoc rk_npu_rk3576 = {
    .chip = ROCKET_RK3576,
    .name = "rk3576",
    .desc = "virt board with the NPU of a Rockchip RK3576",
    /* All registers of the SoC are below its memory. */
    .low_ram_max = 3 * GiB,
    .drop_pcie = true,
    .num_cores = 2,
    .npu_base = 0x27700000,
    .npu_stride = 0x8000,
    .npu_spi = 247,
    .mmu_banks = { 2, 2 },
    .mmu_offset = { 0x2000, 0x2000 },
    .bank_size = RK_IOMMU_BANK_SIZE,
    .has_biu = true,
    .supply_stays = true,
    .shared_buffer = true,
    .cru_type = TYPE_RK3576_CRU,
    .pmu_type = TYPE_RK3576_PMU,
    .cru_base = RK3576_CRU_BASE,
    .cru_size = RK3576_CRU_SIZE,
    .pmu_base = RK3576_PMU_BASE,
    .pmu_size = RK3576_PMU_SIZE,
    .syscons = rk3576_syscons,
    .num_syscons = ARRAY_SIZE(rk3576_syscons),
    .domains = rk3576_domains,
    .num_domains = ARRAY_SIZE(rk3576_domains),
    .num_clocks = 6,
    .clock_names = clock_names,
    .num_mmu_clocks = 5,
    .mmu_clock_names = mmu_clock_names,
    .num_resets = 1,
    .reset_names = reset_names,
    .num_core_domains = 2,
    .mmu_compatible = "rockchip,rk3576-npu-iommu",
    .cores = {
        RK3576_CORE(RK3576_ACLK_RKNN0, RK3576_SRST_A_RKNN0, RK3576_PD_NPU0,
                    RK3576_PD_NPU1),
        RK3576_CORE(RK3576_ACLK_RKNN1, RK3576_SRST_A_RKNN1, RK3576_PD_NPU1,
                    RK3576_PD_NPU0),
    },
};
