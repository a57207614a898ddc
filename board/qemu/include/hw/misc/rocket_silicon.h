/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is not known of the silicon, or known from contradicting sources: each
 * such question is a reading with all plausible answers, and the models ask
 * here which answer is to hold.  The answers that were measured, or that come
 * nearest to what was, hold by default.  Each chip has its own defaults.
 *
 * The list with keys, values and sources is in rocket_silicon.c.  The machine
 * has one object for all its devices, at QOM path /machine/silicon-readings
 * with a property for each key.  -machine silicon=KEY=VALUE[,,KEY=VALUE...] sets
 * them, -machine silicon=help lists them.  They may be changed while the board
 * runs, also by the guest: the control page has registers for them.
 */
#ifndef HW_MISC_ROCKET_SILICON_H
#define HW_MISC_ROCKET_SILICON_H

#include "hw/qdev-core.h"
#include "qom/object.h"

#define TYPE_ROCKET_SILICON "rocket-silicon"
OBJECT_DECLARE_SIMPLE_TYPE(RocketSilicon, ROCKET_SILICON)

typedef enum RocketReading {
    READING_TASK_STATUS,
    READING_RAW_INTERIOR,
    READING_RAW_EARLY,
    READING_RAW_HANG,
    READING_PPU_RAISES,
    READING_RDMA_UNFED,
    READING_CONV_WITHOUT_RDMA,
    READING_INTEGER_CHAINS,
    READING_LUT_ENTRIES,
    READING_DMA_BASE_READBACK,
    READING_INT_MASK_READBACK,
    READING_PC_BASE_READBACK,
    READING_INT_MASK_RESET,
    READING_RESET_LEAVES_HANG,
    READING_RESET_CLEARS_CBUF,
    READING_RESET_CLEARS_LUT,
    READING_RESET_KILLS_IOMMU,
    READING_FAULT_IRQ,
    READING_ZAP_DELAY,
    READING_BIU_AT_POWER_ON,
    READING_SIBLING_OFF,
    READING_TWO_CORES,
    READING_WIDE_OUTPUT,
    READING_WIDE_POISONS_NEXT,
    READING_INT_MASK_BIT31,
    READING_PAGE_2000,              /* the last: what it says may end QEMU */
    READINGS,
} RocketReading;

/* Answers, in the order of the list; the first is the default. */
enum { TASK_STATUS_MODULO, TASK_STATUS_ENDED, TASK_STATUS_LATE,
       TASK_STATUS_ZERO, TASK_STATUS_PAIR };
enum { RAW_INTERIOR_OFF, RAW_INTERIOR_RAW };
enum { RAW_EARLY_OFF, RAW_EARLY_ON };
enum { RAW_HANG_NONE, RAW_HANG_BITS };
enum { PPU_RAISES_PPU, PPU_RAISES_DPU, PPU_RAISES_BOTH };
enum { RDMA_UNFED_HANGS, RDMA_UNFED_RUNS };
enum { CONV_WITHOUT_RDMA_COMPLETES, CONV_WITHOUT_RDMA_HANGS };
enum { INTEGER_CHAINS_EXACT, INTEGER_CHAINS_ACCUMULATE,
       INTEGER_CHAINS_ACCUMULATE_QD_OFF };
enum { LUT_ENTRIES_1024, LUT_ENTRIES_513_IGNORED, LUT_ENTRIES_513_HANGS };
enum { READBACK_ON, READBACK_OFF };
enum { INT_MASK_RESET_ALL, INT_MASK_RESET_ZERO };
enum { RESET_EFFECT_OFF, RESET_EFFECT_ON };
enum { FAULT_IRQ_ARRIVES, FAULT_IRQ_LOST };
enum { ZAP_DELAY_OFF, ZAP_DELAY_ON };
enum { PAGE_2000_STOPS, PAGE_2000_READS_ZERO };
enum { BIU_AT_POWER_ON_READY, BIU_AT_POWER_ON_STALE };
enum { SIBLING_OFF_COMPUTES, SIBLING_OFF_STALLS };
enum { TWO_CORES_EXACT, TWO_CORES_WRONG };
enum { WIDE_OUTPUT_IRQ, WIDE_OUTPUT_NONE, WIDE_OUTPUT_NONE_32 };
enum { WIDE_POISON_OFF, WIDE_POISON_ON };
enum { INT_MASK_BIT31_OFF, INT_MASK_BIT31_STICKS };

/* Times that belong to readings, in ns of virtual time */
typedef enum RocketReadingTime {
    READING_TASK_STATUS_LATE_NS,    /* from the interrupt to the count */
    READING_RAW_INTERIOR_NS,        /* how long a task's bits are seen */
    READING_ZAP_DELAY_NS,           /* from a zap to the end of an access */
    READING_TIMES,
} RocketReadingTime;

typedef enum RocketChip {
    ROCKET_RK3588,
    ROCKET_RK3576,
    ROCKET_CHIPS,
} RocketChip;

struct RocketSilicon {
    DeviceState parent_obj;

    RocketChip chip;
    uint8_t answer[READINGS];
    uint32_t time_ns[READING_TIMES];
};

/* One of the answers above, of the enum that belongs to @reading */
static inline unsigned rocket_silicon(const RocketSilicon *s,
                                      RocketReading reading)
{
    return s->answer[reading];
}

static inline uint32_t rocket_silicon_ns(const RocketSilicon *s,
                                         RocketReadingTime time)
{
    return s->time_ns[time];
}

/* To be told before anything is set: what was measured of it is the default. */
void rocket_silicon_set_chip(RocketSilicon *s, RocketChip chip);
/* False, and nothing is changed, if @reading has no answer of that number. */
bool rocket_silicon_set(RocketSilicon *s, RocketReading reading,
                        unsigned answer);
/* Takes KEY=VALUE[,KEY=VALUE...]; on an error those before it are set. */
void rocket_silicon_parse(RocketSilicon *s, const char *text, Error **errp);
/* All of them as rocket_silicon_parse() takes them, to be freed */
char *rocket_silicon_text(const RocketSilicon *s);
/* The list for people, on standard output, with the chip's defaults */
void rocket_silicon_help(const RocketSilicon *s);

#endif
