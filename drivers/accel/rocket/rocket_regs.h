/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_REGS_H__
#define __ROCKET_REGS_H__

#include <linux/bits.h>

/*
 * The few registers that the kernel touches; all others are written by the
 * register command streams of userspace. Offsets are inside the page named by
 * the devicetree (reg-names "pc", "cna", "core"). Names and bits are those of
 * the RK3588 TRM, chapter RKNN, as mainline's driver uses them on silicon. Where an SoC
 * has them in another place, &struct rocket_soc says so.
 */

/* Page "pc": the program controller */
#define ROCKET_PC_VERSION			0x00
#define ROCKET_PC_VERSION_NUM			0x04
#define   ROCKET_PC_VERSION_NUM_MASK		GENMASK(15, 0)
#define ROCKET_PC_OPERATION_ENABLE		0x08
#define   ROCKET_PC_OPERATION_ENABLE_OP_EN	BIT(0)
#define ROCKET_PC_BASE_ADDRESS			0x10
#define   ROCKET_PC_BASE_ADDRESS_PC_SEL		BIT(0)
#define   ROCKET_PC_BASE_ADDRESS_ADDR		GENMASK(31, 4)
#define ROCKET_PC_REGISTER_AMOUNTS		0x14
#define   ROCKET_PC_REGISTER_AMOUNTS_MAX	GENMASK(15, 0)
#define ROCKET_PC_INTERRUPT_MASK		0x20
#define ROCKET_PC_INTERRUPT_CLEAR		0x24
#define   ROCKET_PC_INTERRUPT_CLEAR_ALL		GENMASK(16, 0)
/* What is raised and unmasked, and what is raised; a bit for each of two groups. */
#define ROCKET_PC_INTERRUPT_STATUS		0x28
#define ROCKET_PC_INTERRUPT_RAW_STATUS		0x2c
/* Features, weights and the sequencer in front of CORE */
#define   ROCKET_PC_INTERRUPT_CNA		GENMASK(5, 0)
#define   ROCKET_PC_INTERRUPT_CORE		GENMASK(7, 6)
#define   ROCKET_PC_INTERRUPT_DPU		GENMASK(9, 8)
#define   ROCKET_PC_INTERRUPT_PPU		GENMASK(11, 10)
#define   ROCKET_PC_INTERRUPT_DMA_READ_ERROR	BIT(12)
#define   ROCKET_PC_INTERRUPT_DMA_WRITE_ERROR	BIT(13)
/* RK3576: the program controller is through with a task (called PC_DONE by its users) */
#define   ROCKET_PC_INTERRUPT_FETCHED		GENMASK(29, 28)
#define ROCKET_PC_TASK_CON			0x30
#define   ROCKET_PC_TASK_CON_TASK_NUMBER(n)	((n) << 0)
/* The number has 12 bits; 0 may mean one more. */
#define   ROCKET_PC_TASK_CON_TASK_PP_EN		BIT(12)
#define   ROCKET_PC_TASK_CON_TASK_COUNT_CLEAR	BIT(13)
/* Reserved in the TRM; vendor and mainline driver set it. */
#define   ROCKET_PC_TASK_CON_RESERVED_14	BIT(14)
/* RK3576: the number has 16 bits, and the controls lie above. */
#define   ROCKET_PC_TASK_CON_WIDE_TASK_PP_EN	BIT(16)
#define   ROCKET_PC_TASK_CON_WIDE_TASK_COUNT_CLEAR	BIT(17)
#define   ROCKET_PC_TASK_CON_WIDE_LAST_LAYER_CLEAR	BIT(18)
#define ROCKET_PC_TASK_DMA_BASE_ADDR		0x34
/*
 * "Current task counter value" (TRM). On silicon it was read as 0 when the interrupt
 * of the last task came, and as 1 in the middle of two: see &enum rocket_counter.
 */
#define ROCKET_PC_TASK_STATUS			0x3c
/* RK3576: one counter for tasks that have begun, and one for those that have ended */
#define ROCKET_PC_TASK_STATUS_PAIR		0x48

/* Pages "cna" and "core": the ping-pong register groups of each block */
#define ROCKET_S_STATUS				0x00
#define ROCKET_S_POINTER			0x04
#define   ROCKET_S_POINTER_POINTER		BIT(0)
#define   ROCKET_S_POINTER_POINTER_PP_EN	BIT(1)
#define   ROCKET_S_POINTER_EXECUTER_PP_EN	BIT(2)
#define   ROCKET_S_POINTER_POINTER_PP_MODE	BIT(3)
/* As all drivers and libraries set it: pointer and executer take turns by themselves. */
#define   ROCKET_S_POINTER_PING_PONG		(ROCKET_S_POINTER_POINTER_PP_EN | \
						 ROCKET_S_POINTER_EXECUTER_PP_EN | \
						 ROCKET_S_POINTER_POINTER_PP_MODE)
/* Move pointer and executer back to group 0 */
#define   ROCKET_S_POINTER_CLEAR		GENMASK(5, 4)
/* Reserved in the TRM; vendor and mainline driver put the core's index there. */
#define   ROCKET_S_POINTER_CORE(n)		((u32)(n) << 28)

/*
 * The IOMMU's banks. They belong to the IOMMU driver; what is read here changes nothing.
 * Names and bits are that driver's.
 */
#define ROCKET_MMU_STATUS			0x04
#define   ROCKET_MMU_STATUS_PAGE_FAULT_ACTIVE	BIT(1)
#define   ROCKET_MMU_STATUS_PAGE_FAULT_IS_WRITE	BIT(5)
#define ROCKET_MMU_PAGE_FAULT_ADDR		0x0c
#define ROCKET_MMU_INT_MASK			0x1c

#endif
