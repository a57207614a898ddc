/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REGS_H
#define REGS_H

/*
 * Addresses and registers that the tests touch.
 *
 * NPU: the kernel's drivers/accel/rocket/rocket_registers.h; IOMMU:
 * drivers/iommu/rockchip-iommu.c; windows, interrupts: rk3588-base.dtsi; clock
 * gates and resets: clk-rk3588.c, rst-rk3588.c; power: pm-domains.c.
 */

#define NPU_CORES		3
#define NPU_BASE(core)		(0xfdab0000ULL + 0x10000ULL * (core))
#define NPU_SPI(core)		(110u + (core))

#define PC_VERSION		0x0000
#define PC_VERSION_NUM		0x0004
#define PC_OPERATION_ENABLE	0x0008
#define PC_BASE_ADDRESS		0x0010
#define PC_REGISTER_AMOUNTS	0x0014
#define PC_INTERRUPT_MASK	0x0020
#define PC_INTERRUPT_CLEAR	0x0024
#define PC_INTERRUPT_STATUS	0x0028
#define PC_INTERRUPT_RAW_STATUS	0x002c
#define PC_TASK_CON		0x0030
#define PC_TASK_DMA_BASE_ADDR	0x0034
#define PC_TASK_STATUS		0x003c
#define NPU_PAGE_LOCKS		0x2000	/* nothing is there but trouble */
#define CNA_S_POINTER		0x1004
#define CORE_S_POINTER		0x3004
#define DPU_LUT_ACCESS_CFG	0x4100
#define DPU_LUT_ACCESS_DATA	0x4104

/* What VERSION + (VERSION_NUM & 0xffff) is on real boards */
#define NPU_VERSION		1179210309u

#define PC_IRQ_DPU_0		(1u << 8)
#define PC_IRQ_DPU_1		(1u << 9)
#define PC_IRQ_DPU		(PC_IRQ_DPU_0 | PC_IRQ_DPU_1)
#define PC_IRQ_PPU		(3u << 10)
#define PC_IRQ_DMA_READ_ERROR	(1u << 12)
#define PC_IRQ_DMA_WRITE_ERROR	(1u << 13)

#define PC_TASK_CON_START	(1u << 14)	/* named reserved; every driver sets it */
#define PC_TASK_CON_COUNT_CLEAR	(1u << 13)
#define PC_TASK_CON_PP_EN	(1u << 12)

/* Core 0 has banks 0 and 1, the others only the second of the two places. */
#define MMU_BANKS(core)		((core) ? 1u : 2u)
#define MMU_BASE(core, bank)	(NPU_BASE(core) + ((core) ? 0xa000 : 0x9000 + 0x1000 * (bank)))
#define MMU_DTE_ADDR		0x00
#define MMU_STATUS		0x04
#define MMU_COMMAND		0x08
#define MMU_PAGE_FAULT_ADDR	0x0c
#define MMU_ZAP_ONE_LINE	0x10
#define MMU_INT_RAWSTAT		0x14
#define MMU_INT_CLEAR		0x18
#define MMU_INT_MASK		0x1c
#define MMU_INT_STATUS		0x20
#define MMU_AUTO_GATING		0x24

#define MMU_CMD_ENABLE_PAGING	0
#define MMU_CMD_DISABLE_PAGING	1
#define MMU_CMD_ENABLE_STALL	2
#define MMU_CMD_DISABLE_STALL	3
#define MMU_CMD_ZAP_CACHE	4
#define MMU_CMD_PAGE_FAULT_DONE	5
#define MMU_CMD_FORCE_RESET	6

#define MMU_STATUS_PAGING	(1u << 0)
#define MMU_STATUS_FAULT	(1u << 1)
#define MMU_STATUS_STALL	(1u << 2)
#define MMU_STATUS_IDLE		(1u << 3)
#define MMU_STATUS_REPLAY_EMPTY	(1u << 4)
#define MMU_STATUS_FAULT_WRITE	(1u << 5)

#define MMU_IRQ_PAGE_FAULT	(1u << 0)
#define MMU_IRQ_BUS_ERROR	(1u << 1)
#define MMU_IRQ_ALL		(MMU_IRQ_PAGE_FAULT | MMU_IRQ_BUS_ERROR)

#define MMU_VALID		(1u << 0)
#define MMU_READ		(1u << 1)
#define MMU_WRITE		(1u << 2)
#define MMU_RW			(MMU_READ | MMU_WRITE)

#define CRU_BASE		0xfd7c0000ULL
#define CRU_CLKGATE(n)		(CRU_BASE + 0x800 + 4 * (n))
#define CRU_SOFTRST(n)		(CRU_BASE + 0xa00 + 4 * (n))

#define PMU_BASE		0xfd8d8000ULL
#define PMU_IDLE_REQ		(PMU_BASE + 0x10c)
#define PMU_IDLE_ACK		(PMU_BASE + 0x118)
#define PMU_IDLE_STATUS		(PMU_BASE + 0x120)
#define PMU_POWER		(PMU_BASE + 0x14c)
#define PMU_MEM_POWER		(PMU_BASE + 0x1a0)
#define PMU_CHAIN_STATUS	(PMU_BASE + 0x1f0)
#define PMU_MEM_STATUS		(PMU_BASE + 0x1f8)
#define PMU_REPAIR_STATUS	(PMU_BASE + 0x290)

/* Memory of the machine */
#define RAM_LOW			0x40000000ULL
#define RAM_LOW_SIZE		0x40000000ULL	/* the machine's default for -m */
#define RAM_HIGH		0x100000000ULL
#define RAM_HIGH_SIZE		0x40000000ULL

#endif
