/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control page of the virtual RK3588 NPU board: statistics, fault injection
 * and the time model.
 *
 * The page exists on the virtual board only.  Its register map is
 * board/include/rocket_board.h, copied into QEMU's tree as
 * rocket_board_regs.h.  This device only stores: the models of the cores and
 * of their IOMMUs count and look up what they shall do wrong.
 *
 * Everything here is called and changed with the BQL held.
 */
#ifndef HW_MISC_ROCKET_BOARD_CTL_H
#define HW_MISC_ROCKET_BOARD_CTL_H

#include "hw/sysbus.h"
#include "hw/misc/rocket_board_regs.h"
#include "qom/object.h"

#define TYPE_ROCKET_BOARD_CTL "rocket-board-ctl"
OBJECT_DECLARE_SIMPLE_TYPE(RocketBoardCtl, ROCKET_BOARD_CTL)

/*
 * Counters of one core, in the order of the control page: word i of this
 * struct is the register at offset 8 * i.  They are never reset.
 *
 * Who counts what:
 *  - IOMMU: dte_loads .. mmu_irqs, bytes_read, bytes_written, bus_errors,
 *    table_changes, and reg_reads/reg_writes of its own pages;
 *  - gate: resets, power_cycles;
 *  - core: everything else; dead_accesses is counted by whoever was hit.
 */
typedef struct RocketCoreStats {
    uint64_t reg_reads[16];
    uint64_t reg_writes[16];
    uint64_t dte_loads;
    uint64_t zap_all;
    uint64_t zap_line;
    uint64_t table_walks;
    uint64_t iotlb_hits;
    uint64_t faults;
    uint64_t mmu_irqs;
    uint64_t npu_irqs;
    uint64_t starts;
    uint64_t tasks;
    uint64_t macs;
    uint64_t bytes_read;
    uint64_t bytes_written;
    uint64_t cbuf_reuses;
    uint64_t resets;
    uint64_t busy_ns;
    uint64_t bus_errors;
    uint64_t power_cycles;
    uint64_t dead_accesses;
    uint64_t table_changes;
    uint64_t last_start_ns;
} RocketCoreStats;

/*
 * Injection registers of one core, in the order of the control page: word i is
 * the register at offset ROCKET_BOARD_INJ_NEVER_COMPLETE + 4 * i.
 * Up to no_reset they are countdowns for rocket_inject_take().
 *
 * Who acts: never_complete, irq_lost, irq_late, late_ns, slowdown: core;
 * bus_error_rd, bus_error_wr, no_stall, table_watch: IOMMU; no_reset: gate.
 */
typedef struct RocketCoreInject {
    uint32_t never_complete;
    uint32_t irq_lost;
    uint32_t irq_late;
    uint32_t bus_error_rd;
    uint32_t bus_error_wr;
    uint32_t no_stall;
    uint32_t no_reset;
    uint32_t late_ns;
    uint32_t slowdown;      /* percent; 0 means 100 */
    uint32_t table_watch;
} RocketCoreInject;

/* Board-wide; the formula stands in rocket_board_regs.h. */
typedef struct RocketTimeModel {
    uint32_t task_ns;
    uint32_t ps_per_kmac;
    uint32_t ps_per_kbyte;
} RocketTimeModel;

/*
 * The NPU's clock, in the order of the control page: hz is the register at
 * ROCKET_BOARD_CLOCK_HZ.  Who counts and acts: the clock, if there is one.
 */
typedef struct RocketClockState {
    uint32_t hz;
    uint32_t supply_uv;
    uint64_t rate_sets;
    uint64_t cold_sets;
    uint64_t reset_sets;
    uint64_t undervoltages;
    uint64_t fast_offs;
    uint32_t refuse;        /* a countdown for rocket_inject_take() */
} RocketClockState;

/* core must be < ROCKET_BOARD_CORES; the pointers live as long as ctl. */
RocketCoreStats *rocket_board_ctl_stats(RocketBoardCtl *ctl, unsigned core);
RocketCoreInject *rocket_board_ctl_inject(RocketBoardCtl *ctl, unsigned core);
RocketTimeModel *rocket_board_ctl_time(RocketBoardCtl *ctl);
RocketClockState *rocket_board_ctl_clock(RocketBoardCtl *ctl);

/*
 * Shall this event go wrong?  Counts *count down; 0 is never, UINT32_MAX is
 * always and stays so.
 */
static inline bool rocket_inject_take(uint32_t *count)
{
    if (*count == 0) {
        return false;
    }
    if (*count != UINT32_MAX) {
        --*count;
    }
    return true;
}

/*
 * Somebody wrote an INJ_SPURIOUS* register.  @count interrupts are wanted
 * (0 ends a running series), with DPU_0 in RAW_STATUS if @dpu.
 */
typedef void RocketSpuriousHandler(void *opaque, bool dpu, uint32_t count);
void rocket_board_ctl_set_spurious_handler(RocketBoardCtl *ctl, unsigned core,
                                           RocketSpuriousHandler *fn,
                                           void *opaque);

/* Answers reads of TABLE_HASH; set by the core's IOMMU. */
typedef uint64_t RocketTableHashFn(void *opaque);
void rocket_board_ctl_set_table_hash(RocketBoardCtl *ctl, unsigned core,
                                     RocketTableHashFn *fn, void *opaque);

#endif
