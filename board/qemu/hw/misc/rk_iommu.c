/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rockchip IOMMU, second version (rockchip,rk3568-iommu).
 *
 * Register numbers, commands and table formats are those that Linux'
 * drivers/iommu/rockchip-iommu.c uses.  What stands behind each behaviour is
 * told in docs/board.rst.
 *
 * Three caches sit between an access and the tables, all of them looked up by
 * IOVA, so that what one root left in them serves the next root as well:
 *
 *  - the IOTLB proper, one entry for each page that was translated;
 *  - 64-byte lines of page tables, 16 neighbours with their invalid ones;
 *  - 64-byte lines of the directory, likewise.
 *
 * ZAP_ONE_LINE drops the page's own entry and the two lines that hold its
 * table entries.  That is why a driver has to zap each page that it unmaps,
 * and needs to zap no more than the first and the last page of what it maps:
 * only they can share a line with something that was in use before.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "exec/address-spaces.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "hw/misc/rk_iommu.h"
#include "hw/misc/rk_npu_gate.h"
#include "hw/misc/rocket_board_ctl.h"
#include "hw/misc/rocket_silicon.h"
#include "migration/vmstate.h"
#include "trace.h"

#define REG_DTE_ADDR            0x00
#define REG_STATUS              0x04
#define REG_COMMAND             0x08
#define REG_PAGE_FAULT_ADDR     0x0c
#define REG_ZAP_ONE_LINE        0x10
#define REG_INT_RAWSTAT         0x14
#define REG_INT_CLEAR           0x18
#define REG_INT_MASK            0x1c
#define REG_INT_STATUS          0x20
#define REG_AUTO_GATING         0x24

#define STATUS_PAGING           BIT(0)
#define STATUS_FAULT            BIT(1)
#define STATUS_STALL            BIT(2)
#define STATUS_IDLE             BIT(3)
#define STATUS_REPLAY_EMPTY     BIT(4)
#define STATUS_FAULT_IS_WRITE   BIT(5)

#define CMD_ENABLE_PAGING       0
#define CMD_DISABLE_PAGING      1
#define CMD_ENABLE_STALL        2
#define CMD_DISABLE_STALL       3
#define CMD_ZAP_CACHE           4
#define CMD_PAGE_FAULT_DONE     5
#define CMD_FORCE_RESET         6

#define INT_PAGE_FAULT          BIT(0)
#define INT_BUS_ERROR           BIT(1)
#define INT_ALL                 (INT_PAGE_FAULT | INT_BUS_ERROR)

#define DTE_ADDR_MASK           0xfffffff0u
#define AUTO_GATING_RESET       0x3

/* What the Linux driver writes to see whether DTE_ADDR works */
#define DTE_ADDR_PROBE          0xcafeb000u

#define ENTRY_VALID             BIT(0)
#define PTE_READABLE            BIT(1)
#define PTE_WRITABLE            BIT(2)

#define TABLE_ENTRIES           1024
#define TABLE_BYTES             (TABLE_ENTRIES * 4)
#define LINE_ENTRIES            16
#define LINE_BYTES              (LINE_ENTRIES * 4)

/* In which time at most a stall pushes out what is on its way */
#define STALL_NS                20000

#define TLB_MAX                 1024
#define PTE_LINES               8
#define DTE_LINES               4

/* Shift of an IOVA to what identifies ... */
#define TAG_PAGE                12      /* ... its page */
#define TAG_PTE_LINE            16      /* ... the line with its page entry */
#define TAG_DTE_LINE            26      /* ... the line with its dir. entry */

/* One cached page translation */
typedef struct RkIommuTlbEntry {
    uint32_t tag;
    uint32_t pte;
    bool valid;
} RkIommuTlbEntry;

/* One cached line of a table */
typedef struct RkIommuLine {
    uint32_t tag;
    uint32_t entry[LINE_ENTRIES];
    bool valid;
} RkIommuLine;

/*
 * Reading "zap-delay": the last write of the core, translated and not yet in
 * memory.  It lands when the core makes its next access or ends its task; after
 * a zap of its page, or a stall, at @due, and the core waits for that.
 */
typedef struct RkIommuFlight {
    bool flying;
    unsigned bank;
    uint32_t iova;
    uint64_t phys;
    size_t len;
    int64_t due;                /* 0: not hurried by anybody */
    uint8_t data[RK_IOMMU_PAGE_SIZE];
} RkIommuFlight;

typedef struct RkIommuBank {
    RkIommuState *parent;
    MemoryRegion mmio;
    uint8_t index;

    uint32_t dte_addr;
    uint32_t status;
    uint32_t fault_addr;
    uint32_t rawstat;
    uint32_t int_mask;
    uint32_t auto_gating;

    bool held;                  /* the core waits for the resume notifier */
    bool stall_wanted;          /* once the access on its way has landed */

    /* Entries are replaced in the order in which they came. */
    RkIommuTlbEntry *tlb;
    uint32_t tlb_last;          /* where the last hit was: looked at first */
    RkIommuLine pte_line[PTE_LINES];
    RkIommuLine dte_line[DTE_LINES];
    uint32_t tlb_next;
    uint32_t pte_next;
    uint32_t dte_next;
} RkIommuBank;

struct RkIommuState {
    SysBusDevice parent_obj;

    RocketBoardCtl *ctl;
    RkNpuGate *gate;
    RocketSilicon *silicon;
    MemoryRegion *memory;
    uint32_t core;
    uint32_t num_banks;
    uint32_t block;             /* page of the core's window where bank 0 is */
    uint32_t bank_size;         /* from one bank to the next, and of its page */
    uint32_t tlb_entries;
    uint32_t replay_delay_ns;
    uint32_t orphaned_fault;    /* one bit per bank */

    AddressSpace dma_as;
    RocketCoreStats *stats;
    RocketCoreInject *inject;
    Notifier gate_notifier;
    qemu_irq irq;
    bool irq_level;

    QEMUTimer *resume_timer;
    bool resume_pending;        /* fired while the clock stood still */
    void (*resume_fn)(void *opaque);
    void *resume_opaque;

    bool root_dead;             /* DTE_ADDR cannot be written */
    RkIommuFlight flight;
    QEMUTimer *flight_timer;

    bool watching;
    uint64_t watch_hash;

    RkIommuBank bank[RK_IOMMU_MAX_BANKS];
};

/* Entries of both levels fold a 40-bit address into 32 bits. */
static uint64_t entry_address(uint32_t entry)
{
    return (entry & 0xfffff000u) |
           (uint64_t)extract32(entry, 8, 4) << 32 |
           (uint64_t)extract32(entry, 4, 4) << 36;
}

static unsigned dte_index(uint32_t iova)
{
    return extract32(iova, 22, 10);
}

static unsigned pte_index(uint32_t iova)
{
    return extract32(iova, 12, 10);
}

/*
 * Memory only: the attribute keeps the NPU from reaching device registers,
 * its own ones in the first place.
 */
static MemTxResult dma(RkIommuState *s, uint64_t addr, void *buf, size_t len,
                       bool is_write)
{
    const MemTxAttrs attrs = { .memory = 1 };

    return address_space_rw(&s->dma_as, addr, attrs, buf, len, is_write);
}

/* Interrupt */

static void update_irq(RkIommuState *s)
{
    bool level = false;
    unsigned i;

    for (i = 0; i < s->num_banks; i++) {
        level |= s->bank[i].rawstat & s->bank[i].int_mask;
    }
    if (rocket_silicon(s->silicon, READING_FAULT_IRQ) == FAULT_IRQ_LOST) {
        level = false;
    }
    if (level && !s->irq_level) {
        s->stats->mmu_irqs++;
    }
    s->irq_level = level;
    qemu_set_irq(s->irq, level);
}

/* Caches */

static RkIommuTlbEntry *tlb_find(RkIommuBank *b, uint32_t iova)
{
    uint32_t tag = iova >> TAG_PAGE;
    RkIommuTlbEntry *entry = &b->tlb[b->tlb_last];
    unsigned i;

    if (entry->valid && entry->tag == tag) {
        return entry;
    }
    for (i = 0; i < b->parent->tlb_entries; i++) {
        entry = &b->tlb[i];
        if (entry->valid && entry->tag == tag) {
            b->tlb_last = i;
            return entry;
        }
    }
    return NULL;
}

static void tlb_insert(RkIommuBank *b, uint32_t iova, uint32_t pte)
{
    b->tlb[b->tlb_next] = (RkIommuTlbEntry) {
        .tag = iova >> TAG_PAGE,
        .pte = pte,
        .valid = true,
    };
    b->tlb_next = (b->tlb_next + 1) % b->parent->tlb_entries;
}

static RkIommuLine *line_find(RkIommuLine *lines, unsigned count, uint32_t tag)
{
    unsigned i;

    for (i = 0; i < count; i++) {
        if (lines[i].valid && lines[i].tag == tag) {
            return &lines[i];
        }
    }
    return NULL;
}

/* The line for @tag, read from memory at @addr; NULL on a bus error */
static RkIommuLine *line_fill(RkIommuState *s, RkIommuLine *lines,
                              unsigned count, uint32_t *next, uint32_t tag,
                              uint64_t addr)
{
    RkIommuLine *line = &lines[*next];
    unsigned i;

    line->valid = false;
    if (dma(s, addr & ~(LINE_BYTES - 1ULL), line->entry, LINE_BYTES, false) !=
        MEMTX_OK) {
        return NULL;
    }
    for (i = 0; i < LINE_ENTRIES; i++) {
        line->entry[i] = le32_to_cpu(line->entry[i]);
    }
    line->tag = tag;
    line->valid = true;
    *next = (*next + 1) % count;
    return line;
}

static void caches_clear(RkIommuBank *b)
{
    memset(b->tlb, 0, b->parent->tlb_entries * sizeof(*b->tlb));
    memset(b->pte_line, 0, sizeof(b->pte_line));
    memset(b->dte_line, 0, sizeof(b->dte_line));
    b->tlb_next = 0;
    b->tlb_last = 0;
    b->pte_next = 0;
    b->dte_next = 0;
}

static void zap_one_line(RkIommuBank *b, uint32_t iova)
{
    RkIommuTlbEntry *entry = tlb_find(b, iova);
    RkIommuLine *pte = line_find(b->pte_line, PTE_LINES, iova >> TAG_PTE_LINE);
    RkIommuLine *dte = line_find(b->dte_line, DTE_LINES, iova >> TAG_DTE_LINE);

    if (entry) {
        entry->valid = false;
    }
    if (pte) {
        pte->valid = false;
    }
    if (dte) {
        dte->valid = false;
    }
}

/* Registers come up like this; orphaned faults are added where wanted. */
static void bank_reset(RkIommuBank *b)
{
    b->dte_addr = 0;
    b->status = STATUS_IDLE | STATUS_REPLAY_EMPTY;
    b->fault_addr = 0;
    b->rawstat = 0;
    b->int_mask = 0;
    b->auto_gating = AUTO_GATING_RESET;
    b->stall_wanted = false;
    caches_clear(b);
}

/*
 * Firmware used the bank, took a fault, and left: paging is on everywhere, the
 * chosen banks have a fault that nobody acknowledged and nothing to replay.
 */
static void orphan_faults(RkIommuState *s)
{
    unsigned i;

    for (i = 0; s->orphaned_fault && i < s->num_banks; i++) {
        RkIommuBank *b = &s->bank[i];

        b->status |= STATUS_PAGING;
        if (extract32(s->orphaned_fault, i, 1)) {
            b->status |= STATUS_FAULT;
            b->rawstat |= INT_PAGE_FAULT;
        }
    }
}

/* Translation */

typedef enum {
    WALK_OK,
    WALK_FAULT,
    WALK_BUS_ERROR,
} WalkResult;

/* Finds the page entry of @iova, through the line caches. */
static WalkResult walk(RkIommuBank *b, uint32_t iova, uint32_t *pte)
{
    RkIommuState *s = b->parent;
    bool read = false;
    RkIommuLine *line;
    uint32_t dte;

    line = line_find(b->pte_line, PTE_LINES, iova >> TAG_PTE_LINE);
    if (!line) {
        RkIommuLine *dir = line_find(b->dte_line, DTE_LINES,
                                     iova >> TAG_DTE_LINE);

        read = true;
        s->stats->table_walks++;
        if (!dir) {
            dir = line_fill(s, b->dte_line, DTE_LINES, &b->dte_next,
                            iova >> TAG_DTE_LINE,
                            entry_address(b->dte_addr) + dte_index(iova) * 4);
        }
        if (!dir) {
            return WALK_BUS_ERROR;
        }
        dte = dir->entry[dte_index(iova) % LINE_ENTRIES];
        if (!(dte & ENTRY_VALID)) {
            return WALK_FAULT;
        }
        line = line_fill(s, b->pte_line, PTE_LINES, &b->pte_next,
                         iova >> TAG_PTE_LINE,
                         entry_address(dte) + pte_index(iova) * 4);
        if (!line) {
            return WALK_BUS_ERROR;
        }
    }
    if (!read) {
        s->stats->iotlb_hits++;
    }
    *pte = line->entry[pte_index(iova) % LINE_ENTRIES];
    return *pte & ENTRY_VALID ? WALK_OK : WALK_FAULT;
}

static WalkResult translate(RkIommuBank *b, uint32_t iova, bool is_write,
                            uint64_t *phys)
{
    RkIommuTlbEntry *hit = tlb_find(b, iova);
    WalkResult res;
    uint32_t pte;

    if (hit) {
        b->parent->stats->iotlb_hits++;
        pte = hit->pte;
    } else {
        res = walk(b, iova, &pte);
        if (res != WALK_OK) {
            return res;
        }
        tlb_insert(b, iova, pte);
    }
    if (!(pte & (is_write ? PTE_WRITABLE : PTE_READABLE))) {
        return WALK_FAULT;
    }
    *phys = entry_address(pte) | extract32(iova, 0, TAG_PAGE);
    return WALK_OK;
}

static RkIommuResult hold(RkIommuBank *b)
{
    b->held = true;
    return RK_IOMMU_STALLED;
}

static RkIommuResult raise_fault(RkIommuBank *b, uint32_t iova, bool is_write)
{
    RkIommuState *s = b->parent;

    trace_rk_iommu_fault(s->core, b->index, iova, is_write, b->dte_addr);
    b->fault_addr = iova;
    b->status |= STATUS_FAULT;
    b->status &= ~(STATUS_REPLAY_EMPTY | STATUS_FAULT_IS_WRITE);
    b->status |= is_write ? STATUS_FAULT_IS_WRITE : 0;
    b->rawstat |= INT_PAGE_FAULT;
    s->stats->faults++;
    update_irq(s);
    return hold(b);
}

static RkIommuResult raise_bus_error(RkIommuBank *b, uint32_t iova)
{
    RkIommuState *s = b->parent;

    qemu_log_mask(LOG_GUEST_ERROR,
                  "rk-iommu %u.%u: tables for IOVA 0x%08x out of memory's "
                  "reach, root 0x%08x\n", s->core, b->index, iova, b->dte_addr);
    b->fault_addr = iova;
    b->rawstat |= INT_BUS_ERROR;
    s->stats->bus_errors++;
    update_irq(s);
    return RK_IOMMU_BUS_ERROR;
}

/* Accesses on their way */

static void resume_later(RkIommuState *s);

static void land(RkIommuState *s)
{
    RkIommuFlight *f = &s->flight;
    unsigned i;

    timer_del(s->flight_timer);
    f->flying = false;
    f->due = 0;
    dma(s, f->phys, f->data, f->len, true);
    for (i = 0; i < s->num_banks; i++) {
        RkIommuBank *b = &s->bank[i];

        b->status |= b->stall_wanted ? STATUS_STALL : 0;
        b->stall_wanted = false;
    }
}

static void flight_timer_fn(void *opaque)
{
    RkIommuState *s = opaque;

    land(s);
    resume_later(s);
}

static void land_at(RkIommuState *s, uint32_t ns)
{
    RkIommuFlight *f = &s->flight;

    if (!f->due) {
        f->due = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + ns;
        timer_mod(s->flight_timer, f->due);
    }
}

static bool on_its_way(RkIommuBank *b)
{
    const RkIommuFlight *f = &b->parent->flight;

    return f->flying && f->bank == b->index;
}

/* @mask: the bits of the IOVA that tell what is zapped */
static void zap_overtakes(RkIommuBank *b, uint32_t iova, uint32_t mask)
{
    RkIommuState *s = b->parent;

    if (on_its_way(b) && (s->flight.iova & mask) == (iova & mask)) {
        land_at(s, rocket_silicon_ns(s->silicon, READING_ZAP_DELAY_NS));
    }
}

/* A stall pushes out what is on its way. */
static void stall(RkIommuBank *b)
{
    RkIommuState *s = b->parent;

    if (!on_its_way(b)) {
        b->status |= STATUS_STALL;
        return;
    }
    b->stall_wanted = true;
    land_at(s, MIN(rocket_silicon_ns(s->silicon, READING_ZAP_DELAY_NS),
                   STALL_NS));
}

/* The write is translated; false if no memory is there. */
static bool take_off(RkIommuBank *b, uint32_t iova, uint64_t phys, void *buf,
                     size_t len)
{
    RkIommuState *s = b->parent;
    RkIommuFlight *f = &s->flight;

    if (dma(s, phys, f->data, len, false) != MEMTX_OK) {
        return false;
    }
    memcpy(f->data, buf, len);
    f->flying = true;
    f->bank = b->index;
    f->iova = iova;
    f->phys = phys;
    f->len = len;
    return true;
}

RkIommuResult rk_iommu_drain(RkIommuState *s)
{
    RkIommuFlight *f = &s->flight;

    if (f->flying && f->due) {
        return hold(&s->bank[f->bank]);
    }
    if (f->flying) {
        land(s);
    }
    return RK_IOMMU_OK;
}

static bool move(RkIommuBank *b, uint32_t iova, uint64_t phys, void *buf,
                 size_t len, bool is_write)
{
    RkIommuState *s = b->parent;

    if (is_write &&
        rocket_silicon(s->silicon, READING_ZAP_DELAY) == ZAP_DELAY_ON) {
        return take_off(b, iova, phys, buf, len);
    }
    return dma(s, phys, buf, len, is_write) == MEMTX_OK;
}

RkIommuResult rk_iommu_access(RkIommuState *s, unsigned bank, uint32_t iova,
                              void *buf, size_t len, bool is_write)
{
    RkIommuBank *b = &s->bank[bank % s->num_banks];
    uint64_t phys = iova;

    if ((iova % RK_IOMMU_PAGE_SIZE) + len > RK_IOMMU_PAGE_SIZE) {
        warn_report_once("rk-iommu: the core model made an access across a "
                         "page; it must split it");
        return RK_IOMMU_BUS_ERROR;
    }
    if (b->status & (STATUS_STALL | STATUS_FAULT) ||
        rk_iommu_drain(s) != RK_IOMMU_OK) {
        return hold(b);
    }
    b->held = false;

    if (b->status & STATUS_PAGING) {
        switch (translate(b, iova, is_write, &phys)) {
        case WALK_OK:
            break;
        case WALK_FAULT:
            return raise_fault(b, iova, is_write);
        case WALK_BUS_ERROR:
            return raise_bus_error(b, iova);
        }
    }
    trace_rk_iommu_access(s->core, b->index, iova, phys, len, is_write);

    if (rocket_inject_take(is_write ? &s->inject->bus_error_wr
                                    : &s->inject->bus_error_rd) ||
        !move(b, iova, phys, buf, len, is_write)) {
        s->stats->bus_errors++;
        return RK_IOMMU_BUS_ERROR;
    }
    if (is_write) {
        s->stats->bytes_written += len;
    } else {
        s->stats->bytes_read += len;
    }
    return RK_IOMMU_OK;
}

/* Resuming what is held */

void rk_iommu_set_resume_notifier(RkIommuState *s, void (*fn)(void *opaque),
                                  void *opaque)
{
    s->resume_fn = fn;
    s->resume_opaque = opaque;
}

static void resume_later(RkIommuState *s)
{
    unsigned i;

    for (i = 0; i < s->num_banks; i++) {
        if (s->bank[i].held) {
            timer_mod(s->resume_timer,
                      qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                      s->replay_delay_ns);
            return;
        }
    }
}

static void resume_timer_fn(void *opaque)
{
    RkIommuState *s = opaque;

    if (!rk_npu_gate_running(s->gate)) {
        s->resume_pending = true;
        return;
    }
    s->resume_pending = false;
    trace_rk_iommu_resume(s->core);
    if (s->resume_fn) {
        s->resume_fn(s->resume_opaque);
    }
}

/* Registers */

static void command(RkIommuBank *b, uint32_t cmd)
{
    RkIommuState *s = b->parent;

    trace_rk_iommu_command(s->core, b->index, cmd, b->status);
    switch (cmd) {
    case CMD_ENABLE_PAGING:
        b->status |= STATUS_PAGING;
        return;
    case CMD_DISABLE_PAGING:
        /* Refused until the fault is acknowledged, like a stall */
        if (!(b->status & STATUS_FAULT)) {
            b->status &= ~STATUS_PAGING;
        }
        return;
    case CMD_ENABLE_STALL:
        if ((b->status & STATUS_PAGING) && !(b->status & STATUS_FAULT) &&
            !rocket_inject_take(&s->inject->no_stall)) {
            stall(b);
        }
        return;
    case CMD_DISABLE_STALL:
        b->status &= ~STATUS_STALL;
        b->stall_wanted = false;
        resume_later(s);
        return;
    case CMD_ZAP_CACHE:
        s->stats->zap_all++;
        zap_overtakes(b, 0, 0);
        caches_clear(b);
        return;
    case CMD_PAGE_FAULT_DONE:
        b->status &= ~(STATUS_FAULT | STATUS_FAULT_IS_WRITE);
        b->status |= STATUS_REPLAY_EMPTY;
        resume_later(s);
        return;
    case CMD_FORCE_RESET:
        zap_overtakes(b, 0, 0);
        bank_reset(b);
        update_irq(s);
        resume_later(s);
        return;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "rk-iommu %u.%u: no command %u\n",
                      s->core, b->index, cmd);
    }
}

static bool reg_read(RkIommuBank *b, hwaddr offset, uint32_t *val)
{
    switch (offset) {
    case REG_DTE_ADDR:
        *val = b->dte_addr;
        return true;
    case REG_STATUS:
        *val = b->status;
        return true;
    case REG_PAGE_FAULT_ADDR:
        *val = b->fault_addr;
        return true;
    case REG_INT_RAWSTAT:
        *val = b->rawstat;
        return true;
    case REG_INT_MASK:
        *val = b->int_mask;
        return true;
    case REG_INT_STATUS:
        *val = b->rawstat & b->int_mask;
        return true;
    case REG_AUTO_GATING:
        *val = b->auto_gating;
        return true;
    default:
        *val = 0;
        return false;
    }
}

static bool reg_write(RkIommuBank *b, hwaddr offset, uint32_t val)
{
    RkIommuState *s = b->parent;

    switch (offset) {
    case REG_DTE_ADDR:
        if (s->root_dead || !rk_npu_gate_cbuf_clocked(s->gate)) {
            return true;
        }
        b->dte_addr = val & DTE_ADDR_MASK;
        if (b->dte_addr && b->dte_addr != DTE_ADDR_PROBE) {
            s->stats->dte_loads++;
        }
        return true;
    case REG_COMMAND:
        command(b, val);
        return true;
    case REG_ZAP_ONE_LINE:
        s->stats->zap_line++;
        zap_overtakes(b, val, ~(RK_IOMMU_PAGE_SIZE - 1));
        zap_one_line(b, val);
        return true;
    case REG_INT_CLEAR:
        b->rawstat &= ~val;
        update_irq(s);
        return true;
    case REG_INT_MASK:
        b->int_mask = val & INT_ALL;
        update_irq(s);
        return true;
    case REG_AUTO_GATING:
        b->auto_gating = val;
        return true;
    default:
        return false;
    }
}

/* The page of the core's window that a bank occupies, for the statistics */
static unsigned bank_block(RkIommuBank *b)
{
    return b->parent->block + b->index * b->parent->bank_size /
                              RK_IOMMU_PAGE_SIZE;
}

static bool bank_alive(RkIommuBank *b, hwaddr offset)
{
    RkIommuState *s = b->parent;

    if (rk_npu_gate_accessible(s->gate)) {
        return true;
    }
    s->stats->dead_accesses++;
    qemu_log_mask(LOG_GUEST_ERROR, "rk-iommu %u.%u: access at 0x%03"
                  HWADDR_PRIx " without power, clock, or in reset\n",
                  s->core, b->index, offset);
    return false;
}

static MemTxResult rk_iommu_read(void *opaque, hwaddr offset, uint64_t *data,
                                 unsigned size, MemTxAttrs attrs)
{
    RkIommuBank *b = opaque;
    RkIommuState *s = b->parent;
    uint32_t val;

    if (!bank_alive(b, offset)) {
        return MEMTX_ERROR;
    }
    s->stats->reg_reads[bank_block(b)]++;
    if (!reg_read(b, offset, &val)) {
        qemu_log_mask(LOG_GUEST_ERROR, "rk-iommu %u.%u: nothing to read at "
                      "0x%03" HWADDR_PRIx "\n", s->core, b->index, offset);
    }
    trace_rk_iommu_read(s->core, b->index, offset, val);
    *data = val;
    return MEMTX_OK;
}

static MemTxResult rk_iommu_write(void *opaque, hwaddr offset, uint64_t val,
                                  unsigned size, MemTxAttrs attrs)
{
    RkIommuBank *b = opaque;
    RkIommuState *s = b->parent;

    if (!bank_alive(b, offset)) {
        return MEMTX_ERROR;
    }
    s->stats->reg_writes[bank_block(b)]++;
    trace_rk_iommu_write(s->core, b->index, offset, val);
    if (!reg_write(b, offset, val)) {
        qemu_log_mask(LOG_GUEST_ERROR, "rk-iommu %u.%u: nothing to write at "
                      "0x%03" HWADDR_PRIx "\n", s->core, b->index, offset);
    }
    return MEMTX_OK;
}

static const MemoryRegionOps rk_iommu_ops = {
    .read_with_attrs = rk_iommu_read,
    .write_with_attrs = rk_iommu_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

/* Hash of the tables */

static uint64_t fnv1a(uint64_t hash, const uint8_t *data, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        hash = (hash ^ data[i]) * 0x100000001b3ULL;
    }
    return hash;
}

uint64_t rk_iommu_table_hash(RkIommuState *s)
{
    g_autofree uint32_t *dir = g_malloc(TABLE_BYTES);
    g_autofree uint32_t *table = g_malloc(TABLE_BYTES);
    uint64_t hash = 0xcbf29ce484222325ULL;
    uint32_t root = s->bank[0].dte_addr;
    unsigned i;

    if (!root ||
        dma(s, entry_address(root), dir, TABLE_BYTES, false) != MEMTX_OK) {
        return 0;
    }
    hash = fnv1a(hash, (uint8_t *)dir, TABLE_BYTES);
    for (i = 0; i < TABLE_ENTRIES; i++) {
        uint32_t dte = le32_to_cpu(dir[i]);

        if ((dte & ENTRY_VALID) &&
            dma(s, entry_address(dte), table, TABLE_BYTES, false) ==
            MEMTX_OK) {
            hash = fnv1a(hash, (uint8_t *)table, TABLE_BYTES);
        }
    }
    return hash;
}

static uint64_t table_hash_fn(void *opaque)
{
    return rk_iommu_table_hash(opaque);
}

void rk_iommu_watch_begin(RkIommuState *s)
{
    s->watching = s->inject->table_watch & 1;
    if (s->watching) {
        s->watch_hash = rk_iommu_table_hash(s);
    }
}

void rk_iommu_watch_end(RkIommuState *s)
{
    if (s->watching && s->watch_hash != rk_iommu_table_hash(s)) {
        s->stats->table_changes++;
    }
    s->watching = false;
}

/* Reset and power */

static void lose_state(RkIommuState *s)
{
    unsigned i;

    timer_del(s->resume_timer);
    timer_del(s->flight_timer);
    s->flight.flying = false;
    s->flight.due = 0;
    s->resume_pending = false;
    s->watching = false;
    for (i = 0; i < s->num_banks; i++) {
        s->bank[i].held = false;
        bank_reset(&s->bank[i]);
    }
}

static void rk_iommu_gate_event(Notifier *notifier, void *data)
{
    RkIommuState *s = container_of(notifier, RkIommuState, gate_notifier);
    const RkNpuGateEvent *event = data;

    switch (*event) {
    case RK_NPU_GATE_RESET_ASSERT:
        lose_state(s);
        update_irq(s);
        s->root_dead = rocket_silicon(s->silicon, READING_RESET_KILLS_IOMMU) ==
                       RESET_EFFECT_ON;
        break;
    case RK_NPU_GATE_POWER_OFF:
        lose_state(s);
        update_irq(s);
        s->root_dead = false;
        break;
    case RK_NPU_GATE_BIU_RESET:
        s->root_dead = false;
        break;
    case RK_NPU_GATE_POWER_ON:
        orphan_faults(s);
        break;
    case RK_NPU_GATE_CLOCK_RUN:
        if (s->resume_pending) {
            resume_later(s);
        }
        break;
    default:
        break;
    }
}

static void rk_iommu_reset_hold(Object *obj, ResetType type)
{
    RkIommuState *s = RK_IOMMU(obj);

    lose_state(s);
    s->root_dead = false;
    orphan_faults(s);
    s->irq_level = false;
}

static void rk_iommu_reset_exit(Object *obj, ResetType type)
{
    update_irq(RK_IOMMU(obj));
}

static void rk_iommu_realize(DeviceState *dev, Error **errp)
{
    RkIommuState *s = RK_IOMMU(dev);
    unsigned i;

    if (!s->ctl || !s->gate || !s->memory || !s->silicon) {
        error_setg(errp, "links 'ctl', 'gate', 'memory' and 'silicon' must be "
                         "set");
        return;
    }
    if (s->core >= ROCKET_BOARD_CORES) {
        error_setg(errp, "core must be less than %d", ROCKET_BOARD_CORES);
        return;
    }
    if (s->num_banks < 1 || s->num_banks > RK_IOMMU_MAX_BANKS) {
        error_setg(errp, "banks must be 1 to %d", RK_IOMMU_MAX_BANKS);
        return;
    }
    if (s->bank_size < RK_IOMMU_BANK_SIZE ||
        s->bank_size > RK_IOMMU_PAGE_SIZE) {
        error_setg(errp, "bank-size must be %d to %d", RK_IOMMU_BANK_SIZE,
                   RK_IOMMU_PAGE_SIZE);
        return;
    }
    if (s->tlb_entries < 1 || s->tlb_entries > TLB_MAX) {
        error_setg(errp, "tlb-entries must be 1 to %d", TLB_MAX);
        return;
    }

    address_space_init(&s->dma_as, s->memory, TYPE_RK_IOMMU);
    s->stats = rocket_board_ctl_stats(s->ctl, s->core);
    s->inject = rocket_board_ctl_inject(s->ctl, s->core);
    s->resume_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, resume_timer_fn, s);
    s->flight_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, flight_timer_fn, s);
    for (i = 0; i < RK_IOMMU_MAX_BANKS; i++) {
        s->bank[i].tlb = g_new0(RkIommuTlbEntry, s->tlb_entries);
    }
    for (i = 0; i < s->num_banks; i++) {
        RkIommuBank *b = &s->bank[i];

        b->parent = s;
        b->index = i;
        memory_region_init_io(&b->mmio, OBJECT(dev), &rk_iommu_ops, b,
                              TYPE_RK_IOMMU, s->bank_size);
        sysbus_init_mmio(SYS_BUS_DEVICE(dev), &b->mmio);
    }
    sysbus_init_irq(SYS_BUS_DEVICE(dev), &s->irq);

    s->gate_notifier.notify = rk_iommu_gate_event;
    rk_npu_gate_add_notifier(s->gate, &s->gate_notifier);
    rocket_board_ctl_set_table_hash(s->ctl, s->core, table_hash_fn, s);
}

static const VMStateDescription vmstate_rk_iommu_tlb = {
    .name = "rk-iommu/tlb",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(tag, RkIommuTlbEntry),
        VMSTATE_UINT32(pte, RkIommuTlbEntry),
        VMSTATE_BOOL(valid, RkIommuTlbEntry),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_rk_iommu_line = {
    .name = "rk-iommu/line",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(tag, RkIommuLine),
        VMSTATE_UINT32_ARRAY(entry, RkIommuLine, LINE_ENTRIES),
        VMSTATE_BOOL(valid, RkIommuLine),
        VMSTATE_END_OF_LIST()
    }
};

static bool bank_indices_valid(void *opaque, int version_id)
{
    const RkIommuBank *b = opaque;

    return b->pte_next < PTE_LINES && b->dte_next < DTE_LINES;
}

static const VMStateDescription vmstate_rk_iommu_bank = {
    .name = "rk-iommu/bank",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(dte_addr, RkIommuBank),
        VMSTATE_UINT32(status, RkIommuBank),
        VMSTATE_UINT32(fault_addr, RkIommuBank),
        VMSTATE_UINT32(rawstat, RkIommuBank),
        VMSTATE_UINT32(int_mask, RkIommuBank),
        VMSTATE_UINT32(auto_gating, RkIommuBank),
        VMSTATE_BOOL(held, RkIommuBank),
        VMSTATE_STRUCT_ARRAY(pte_line, RkIommuBank, PTE_LINES, 1,
                             vmstate_rk_iommu_line, RkIommuLine),
        VMSTATE_STRUCT_ARRAY(dte_line, RkIommuBank, DTE_LINES, 1,
                             vmstate_rk_iommu_line, RkIommuLine),
        VMSTATE_UINT32(tlb_next, RkIommuBank),
        VMSTATE_UINT32(pte_next, RkIommuBank),
        VMSTATE_UINT32(dte_next, RkIommuBank),
        VMSTATE_VALIDATE("replacement indices", bank_indices_valid),
        VMSTATE_END_OF_LIST()
    }
};

static int rk_iommu_post_load(void *opaque, int version_id)
{
    RkIommuState *s = opaque;
    unsigned i;

    for (i = 0; i < s->num_banks; i++) {
        if (s->bank[i].tlb_next >= s->tlb_entries) {
            return -EINVAL;
        }
        s->bank[i].tlb_last = 0;
    }
    return 0;
}

/* Nothing is on its way: the core does not let itself be saved in a task. */
static const VMStateDescription vmstate_rk_iommu = {
    .name = TYPE_RK_IOMMU,
    .version_id = 2,
    .minimum_version_id = 2,
    .post_load = rk_iommu_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32_EQUAL(num_banks, RkIommuState, "banks differ"),
        VMSTATE_UINT32_EQUAL(tlb_entries, RkIommuState, "tlb-entries differ"),
        VMSTATE_UINT32(replay_delay_ns, RkIommuState),
        VMSTATE_UINT32(orphaned_fault, RkIommuState),
        VMSTATE_BOOL(irq_level, RkIommuState),
        VMSTATE_TIMER_PTR(resume_timer, RkIommuState),
        VMSTATE_BOOL(resume_pending, RkIommuState),
        VMSTATE_BOOL(root_dead, RkIommuState),
        VMSTATE_BOOL(watching, RkIommuState),
        VMSTATE_UINT64(watch_hash, RkIommuState),
        VMSTATE_STRUCT(bank[0], RkIommuState, 1, vmstate_rk_iommu_bank,
                       RkIommuBank),
        VMSTATE_STRUCT_VARRAY_POINTER_UINT32(bank[0].tlb, RkIommuState,
                                             tlb_entries, vmstate_rk_iommu_tlb,
                                             RkIommuTlbEntry),
        VMSTATE_STRUCT(bank[1], RkIommuState, 1, vmstate_rk_iommu_bank,
                       RkIommuBank),
        VMSTATE_STRUCT_VARRAY_POINTER_UINT32(bank[1].tlb, RkIommuState,
                                             tlb_entries, vmstate_rk_iommu_tlb,
                                             RkIommuTlbEntry),
        VMSTATE_END_OF_LIST()
    }
};

/* Both may be changed while the board runs. */
static void rk_iommu_init(Object *obj)
{
    RkIommuState *s = RK_IOMMU(obj);

    s->replay_delay_ns = 10000;
    object_property_add_uint32_ptr(obj, "replay-delay-ns",
                                   &s->replay_delay_ns,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint32_ptr(obj, "orphaned-fault", &s->orphaned_fault,
                                   OBJ_PROP_FLAG_READWRITE);
}

static const Property rk_iommu_properties[] = {
    DEFINE_PROP_LINK("ctl", RkIommuState, ctl, TYPE_ROCKET_BOARD_CTL,
                     RocketBoardCtl *),
    DEFINE_PROP_LINK("gate", RkIommuState, gate, TYPE_RK_NPU_GATE,
                     RkNpuGate *),
    DEFINE_PROP_LINK("silicon", RkIommuState, silicon, TYPE_ROCKET_SILICON,
                     RocketSilicon *),
    DEFINE_PROP_LINK("memory", RkIommuState, memory, TYPE_MEMORY_REGION,
                     MemoryRegion *),
    DEFINE_PROP_UINT32("core", RkIommuState, core, 0),
    DEFINE_PROP_UINT32("banks", RkIommuState, num_banks, 1),
    DEFINE_PROP_UINT32("block", RkIommuState, block, 0),
    DEFINE_PROP_UINT32("bank-size", RkIommuState, bank_size,
                       RK_IOMMU_PAGE_SIZE),
    DEFINE_PROP_UINT32("tlb-entries", RkIommuState, tlb_entries, 128),
};

static void rk_iommu_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "Rockchip IOMMU v2";
    dc->realize = rk_iommu_realize;
    dc->vmsd = &vmstate_rk_iommu;
    dc->user_creatable = false;
    device_class_set_props(dc, rk_iommu_properties);
    rc->phases.hold = rk_iommu_reset_hold;
    rc->phases.exit = rk_iommu_reset_exit;
}

static const TypeInfo rk_iommu_info = {
    .name = TYPE_RK_IOMMU,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(RkIommuState),
    .instance_init = rk_iommu_init,
    .class_init = rk_iommu_class_init,
};

static void rk_iommu_register_types(void)
{
    type_register_static(&rk_iommu_info);
}

type_init(rk_iommu_register_types)
