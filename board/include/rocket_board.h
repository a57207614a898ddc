/* SPDX-License-Identifier: MIT */
/*
 * Register map of the control page of the virtual RK3588 NPU board.
 *
 * The page exists on the virtual board only, never on silicon: it counts what
 * the NPU and its IOMMUs do, and injects the failures that real boards show
 * once in a while.  The QEMU model, the guest tests and the host tests include
 * this one file.
 *
 * Layout: one 4 KiB page of board-wide registers at ROCKET_BOARD_BASE, then one
 * 4 KiB page per NPU core, core n at ROCKET_BOARD_CORE(n).  Offsets below are
 * inside such a page.  Registers are little endian.  Counters are 64 bits wide,
 * read-only, and never go backwards, not even when a core is reset: take
 * differences.  Every register may be read in 32-bit halves or in one 64-bit
 * access; only the latter is atomic.  All of it can be accessed whatever the
 * power, clock and reset state of the cores is.
 */
#ifndef ROCKET_BOARD_H
#define ROCKET_BOARD_H

#define ROCKET_BOARD_BASE		0x0b000000UL
#define ROCKET_BOARD_SIZE		0x00010000UL
#define ROCKET_BOARD_CORES		3
#define ROCKET_BOARD_CORE(n)		(ROCKET_BOARD_BASE + 0x1000UL * ((n) + 1))

/* Board page */
#define ROCKET_BOARD_MAGIC		0x000	/* RO u32: ROCKET_BOARD_MAGIC_VALUE */
#define ROCKET_BOARD_MAGIC_VALUE	0x524b4e42U	/* "BNKR" in memory */
#define ROCKET_BOARD_VERSION		0x004	/* RO u32: ROCKET_BOARD_VERSION_VALUE */
#define ROCKET_BOARD_VERSION_VALUE	1U
#define ROCKET_BOARD_NUM_CORES		0x008	/* RO u32: cores present */
#define ROCKET_BOARD_CLOCK_NS		0x010	/* RO u64: virtual time, ns */

/*
 * Time model, board-wide, RW u32.  A task takes
 *
 *   TASK_NS + MACs * PS_PER_KMAC / 10^6 + bytes * PS_PER_KBYTE / 10^6  ns
 *
 * (a KMAC is 1000 multiply-accumulates, a KBYTE 1000 bytes moved), times the
 * SLOWDOWN of its core.  PS_PER_KMAC is at 1 GHz: the part of the MACs follows
 * the NPU's clock, as it runs when the work is done.
 */
#define ROCKET_BOARD_TASK_NS		0x020	/* reset: 2000 */
#define ROCKET_BOARD_PS_PER_KMAC	0x024	/* reset: 977 (1024 MACs a cycle at 1 GHz) */
#define ROCKET_BOARD_PS_PER_KBYTE	0x028	/* reset: 100000 (10 GB/s) */

/*
 * Readings of the silicon, as "board/run --silicon help" lists them: register n is
 * the n-th of that list, its value the number of the answer, both counted from 0.
 * A number that no answer has changes nothing.  Their times, ns, in the order of
 * the same list.  All keep their values over a reset of the machine.
 */
#define ROCKET_BOARD_NUM_READINGS	0x030	/* RO u32 */
#define ROCKET_BOARD_READING(n)		(0x100 + 4 * (n))	/* RW u32 */
#define ROCKET_BOARD_READING_NS(n)	(0x200 + 4 * (n))	/* RW u32 */

/*
 * The NPU's clock, one for all cores, and its supply; counters RO u64.  Without
 * a clock that can be set (-machine npu-clock=fixed) only CLOCK_HZ says something.
 */
#define ROCKET_BOARD_CLOCK_HZ		0x300	/* RO u32: as it runs now */
#define ROCKET_BOARD_SUPPLY_UV		0x304	/* RO u32: voltage of vdd_npu_s0 */
#define ROCKET_BOARD_RATE_SETS		0x308	/* changes that firmware was asked for and made */
#define ROCKET_BOARD_COLD_SETS		0x310	/* asked while all domains were off: it hung */
#define ROCKET_BOARD_RESET_SETS		0x318	/* made while a core was in reset */
#define ROCKET_BOARD_UNDERVOLTAGES	0x320	/* times the clock got too fast for the voltage */
#define ROCKET_BOARD_FAST_OFFS		0x328	/* the last domain went off while the clock ran
						 * faster than it does after power-on
						 */
#define ROCKET_BOARD_CLOCK_END		0x330
/* RW u32, reset 0: how many of the next changes firmware refuses, 0xffffffff for all */
#define ROCKET_BOARD_INJ_CLOCK_REFUSE	0x330
#define ROCKET_BOARD_BOOT_HZ		200000000U	/* after power-on, if it can be set */
#define ROCKET_BOARD_CLOCK_STEP_HZ	100000000U	/* rates are multiples of it */
#define ROCKET_BOARD_MAX_HZ		1000000000U
#define ROCKET_BOARD_USUAL_UV		800000U		/* of a supply that cannot be set */

/* Core page: counters, RO u64 */

/* Register accesses by 4 KiB block of the core's window, block b = 0..15. */
#define ROCKET_BOARD_REG_READS(b)	(0x000 + 8 * (b))
#define ROCKET_BOARD_REG_WRITES(b)	(0x080 + 8 * (b))
#define ROCKET_BOARD_BLOCK_PC		0x0
#define ROCKET_BOARD_BLOCK_CNA		0x1
#define ROCKET_BOARD_BLOCK_CORE		0x3
#define ROCKET_BOARD_BLOCK_DPU		0x4
#define ROCKET_BOARD_BLOCK_DPU_RDMA	0x5
#define ROCKET_BOARD_BLOCK_PPU		0x6
#define ROCKET_BOARD_BLOCK_PPU_RDMA	0x7
#define ROCKET_BOARD_BLOCK_DDMA		0x8
/* SDMA has block 9 on cores 1 and 2; on core 0 the page is IOMMU bank 0. */
#define ROCKET_BOARD_BLOCK_SDMA		0x9
#define ROCKET_BOARD_BLOCK_MMU0		0x9	/* core 0, bank 0 */
#define ROCKET_BOARD_BLOCK_MMU		0xa	/* core 0, bank 1; the bank of cores 1, 2 */
#define ROCKET_BOARD_BLOCK_GLOBAL	0xf

#define ROCKET_BOARD_DTE_LOADS		0x100	/* non-zero DTE_ADDR writes, but the reset probe's */
#define ROCKET_BOARD_ZAP_ALL		0x108	/* ZAP_CACHE commands */
#define ROCKET_BOARD_ZAP_LINE		0x110	/* ZAP_ONE_LINE writes */
#define ROCKET_BOARD_TABLE_WALKS	0x118	/* translations that read the tables */
#define ROCKET_BOARD_IOTLB_HITS		0x120	/* translations served by the IOTLB */
#define ROCKET_BOARD_FAULTS		0x128	/* page faults raised, replays included */
#define ROCKET_BOARD_MMU_IRQS		0x130	/* rising edges of the IOMMU's interrupt */
#define ROCKET_BOARD_NPU_IRQS		0x138	/* rising edges of the core's interrupt */
#define ROCKET_BOARD_STARTS		0x140	/* OPERATION_ENABLE of the PC, 0 to 1 */
#define ROCKET_BOARD_TASKS		0x148	/* tasks completed */
#define ROCKET_BOARD_MACS		0x150	/* multiply-accumulates of completed tasks */
#define ROCKET_BOARD_BYTES_READ		0x158	/* bytes read from memory, streams included */
#define ROCKET_BOARD_BYTES_WRITTEN	0x160	/* bytes written to memory */
#define ROCKET_BOARD_CBUF_REUSES	0x168	/* fetches left out for a reuse bit */
#define ROCKET_BOARD_RESETS		0x170	/* resets by srst_a that had an effect */
#define ROCKET_BOARD_BUSY_NS		0x178	/* virtual ns between start and completion */
#define ROCKET_BOARD_BUS_ERRORS		0x180	/* DMA bus errors */
#define ROCKET_BOARD_POWER_CYCLES	0x188	/* power domain off-to-on transitions */
#define ROCKET_BOARD_DEAD_ACCESSES	0x190	/* CPU accesses while unpowered, unclocked, in reset */
#define ROCKET_BOARD_TABLE_CHANGES	0x198	/* tasks during which the core's page tables changed;
						 * counted only while TABLE_WATCH is set
						 */
#define ROCKET_BOARD_LAST_START_NS	0x1a0	/* CLOCK_NS at the last of the STARTS */
#define ROCKET_BOARD_COUNTERS_END	0x1a8

/* RO u64: FNV-1a hash of all tables that DTE_ADDR reaches now, 0 if none */
#define ROCKET_BOARD_TABLE_HASH		0x200

/*
 * Fault injection, RW u32, reset 0.  A register holds how many of the next
 * events go wrong, 0xffffffff for all of them; it counts down as they happen.
 */
#define ROCKET_BOARD_INJ_NEVER_COMPLETE	0x300	/* task starts that never complete */
#define ROCKET_BOARD_INJ_IRQ_LOST	0x304	/* completions seen in RAW_STATUS that raise no interrupt */
#define ROCKET_BOARD_INJ_IRQ_LATE	0x308	/* completions whose interrupt comes LATE_NS late */
#define ROCKET_BOARD_INJ_BUS_ERROR_RD	0x30c	/* DMA reads that end in a bus error */
#define ROCKET_BOARD_INJ_BUS_ERROR_WR	0x310	/* DMA writes that end in a bus error */
#define ROCKET_BOARD_INJ_NO_STALL	0x314	/* ENABLE_STALL commands that are ignored */
#define ROCKET_BOARD_INJ_NO_RESET	0x318	/* srst_a pulses without effect */
#define ROCKET_BOARD_INJ_LATE_NS	0x31c	/* plain value: delay of a late interrupt, ns */
#define ROCKET_BOARD_SLOWDOWN		0x320	/* plain value: task time in percent, 0 means 100 */
#define ROCKET_BOARD_TABLE_WATCH	0x324	/* plain value: 1 compares the tables around each task */
/*
 * Writing raises that many spurious interrupts, one after the other, each held
 * for 1 us or until INTERRUPT_CLEAR is written: the first register with nothing
 * in RAW_STATUS, the second with DPU_0 set although nothing ran.
 */
#define ROCKET_BOARD_INJ_SPURIOUS	0x328
#define ROCKET_BOARD_INJ_SPURIOUS_DPU	0x32c

#endif
