/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control page of the virtual RK3588 NPU board.
 *
 * Guests see the registers of rocket_board_regs.h; the host sees the same
 * values as QOM properties (and all counters at once as "stats").
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "hw/qdev-properties.h"
#include "hw/misc/rocket_board_ctl.h"
#include "hw/misc/rocket_silicon.h"
#include "migration/vmstate.h"
#include "trace.h"

#define PAGE_BYTES      0x1000
#define INJ_FIRST       ROCKET_BOARD_INJ_NEVER_COMPLETE
#define INJ_END         (INJ_FIRST + sizeof(RocketCoreInject))
#define READING_FIRST   ROCKET_BOARD_READING(0)
#define READING_END     ROCKET_BOARD_READING(READINGS)
#define READING_NS_FIRST ROCKET_BOARD_READING_NS(0)
#define READING_NS_END  ROCKET_BOARD_READING_NS(READING_TIMES)
#define TIME_FIRST      ROCKET_BOARD_TASK_NS
#define TIME_END        (TIME_FIRST + sizeof(RocketTimeModel))
#define CLOCK_FIRST     ROCKET_BOARD_CLOCK_HZ

/* The structs are the register map. */
QEMU_BUILD_BUG_ON(sizeof(RocketCoreStats) != ROCKET_BOARD_COUNTERS_END);
QEMU_BUILD_BUG_ON(offsetof(RocketCoreStats, reg_writes) !=
                  ROCKET_BOARD_REG_WRITES(0));
QEMU_BUILD_BUG_ON(offsetof(RocketCoreStats, dte_loads) !=
                  ROCKET_BOARD_DTE_LOADS);
QEMU_BUILD_BUG_ON(offsetof(RocketCoreStats, starts) != ROCKET_BOARD_STARTS);
QEMU_BUILD_BUG_ON(offsetof(RocketCoreStats, table_changes) !=
                  ROCKET_BOARD_TABLE_CHANGES);
QEMU_BUILD_BUG_ON(offsetof(RocketCoreStats, last_start_ns) !=
                  ROCKET_BOARD_LAST_START_NS);
QEMU_BUILD_BUG_ON(INJ_FIRST + offsetof(RocketCoreInject, no_reset) !=
                  ROCKET_BOARD_INJ_NO_RESET);
QEMU_BUILD_BUG_ON(INJ_FIRST + offsetof(RocketCoreInject, table_watch) !=
                  ROCKET_BOARD_TABLE_WATCH);
QEMU_BUILD_BUG_ON(TIME_FIRST + offsetof(RocketTimeModel, ps_per_kbyte) !=
                  ROCKET_BOARD_PS_PER_KBYTE);
QEMU_BUILD_BUG_ON(CLOCK_FIRST + offsetof(RocketClockState, refuse) !=
                  ROCKET_BOARD_INJ_CLOCK_REFUSE);
QEMU_BUILD_BUG_ON(ROCKET_BOARD_CLOCK_END != ROCKET_BOARD_INJ_CLOCK_REFUSE);

typedef struct RocketBoardCore {
    RocketCoreStats stats;
    RocketCoreInject inject;
    RocketSpuriousHandler *spurious;
    void *spurious_opaque;
    RocketTableHashFn *table_hash;
    void *table_hash_opaque;
} RocketBoardCore;

struct RocketBoardCtl {
    SysBusDevice parent_obj;

    MemoryRegion mmio;
    RocketSilicon *silicon;
    uint32_t num_cores;
    RocketTimeModel time;
    RocketClockState clock;
    RocketBoardCore core[ROCKET_BOARD_CORES];
};

/* Names of the counters after reg_reads and reg_writes, in register order */
static const char *const stat_names[] = {
    "dte-loads", "zap-all", "zap-line", "table-walks", "iotlb-hits", "faults",
    "mmu-irqs", "npu-irqs", "starts", "tasks", "macs", "bytes-read",
    "bytes-written", "cbuf-reuses", "resets", "busy-ns", "bus-errors",
    "power-cycles", "dead-accesses", "table-changes", "last-start-ns",
};
QEMU_BUILD_BUG_ON(ARRAY_SIZE(stat_names) !=
                  (ROCKET_BOARD_COUNTERS_END - ROCKET_BOARD_DTE_LOADS) / 8);

static const char *const inject_names[] = {
    "never-complete", "irq-lost", "irq-late", "bus-error-rd", "bus-error-wr",
    "no-stall", "no-reset", "late-ns", "slowdown", "table-watch",
};
QEMU_BUILD_BUG_ON(ARRAY_SIZE(inject_names) != (INJ_END - INJ_FIRST) / 4);

static const char *const time_names[] = {
    "task-ns", "ps-per-kmac", "ps-per-kbyte",
};
QEMU_BUILD_BUG_ON(ARRAY_SIZE(time_names) != (TIME_END - TIME_FIRST) / 4);

static const char *const clock_names[] = {
    "clock-rate-sets", "clock-cold-sets", "clock-reset-sets",
    "clock-undervoltages", "clock-fast-offs",
};

/* What the models see */

RocketCoreStats *rocket_board_ctl_stats(RocketBoardCtl *ctl, unsigned core)
{
    assert(core < ROCKET_BOARD_CORES);
    return &ctl->core[core].stats;
}

RocketCoreInject *rocket_board_ctl_inject(RocketBoardCtl *ctl, unsigned core)
{
    assert(core < ROCKET_BOARD_CORES);
    return &ctl->core[core].inject;
}

RocketTimeModel *rocket_board_ctl_time(RocketBoardCtl *ctl)
{
    return &ctl->time;
}

RocketClockState *rocket_board_ctl_clock(RocketBoardCtl *ctl)
{
    return &ctl->clock;
}

void rocket_board_ctl_set_spurious_handler(RocketBoardCtl *ctl, unsigned core,
                                           RocketSpuriousHandler *fn,
                                           void *opaque)
{
    assert(core < ROCKET_BOARD_CORES);
    ctl->core[core].spurious = fn;
    ctl->core[core].spurious_opaque = opaque;
}

void rocket_board_ctl_set_table_hash(RocketBoardCtl *ctl, unsigned core,
                                     RocketTableHashFn *fn, void *opaque)
{
    assert(core < ROCKET_BOARD_CORES);
    ctl->core[core].table_hash = fn;
    ctl->core[core].table_hash_opaque = opaque;
}

/* The counters that have a name, in the order of stat_names */
static uint64_t *core_counters(RocketBoardCore *c)
{
    return (uint64_t *)&c->stats + ROCKET_BOARD_DTE_LOADS / 8;
}

static void core_spurious(RocketBoardCore *c, bool dpu, uint32_t count)
{
    if (c->spurious) {
        c->spurious(c->spurious_opaque, dpu, count);
    }
}

static uint64_t core_table_hash(RocketBoardCore *c)
{
    return c->table_hash ? c->table_hash(c->table_hash_opaque) : 0;
}

/* Registers */

static bool time_reg(RocketBoardCtl *s, hwaddr offset, uint32_t **reg)
{
    if (offset < TIME_FIRST || offset >= TIME_END) {
        return false;
    }
    *reg = (uint32_t *)&s->time + (offset - TIME_FIRST) / 4;
    return true;
}

static bool inject_reg(RocketBoardCore *c, hwaddr offset, uint32_t **reg)
{
    if (offset < INJ_FIRST || offset >= INJ_END) {
        return false;
    }
    *reg = (uint32_t *)&c->inject + (offset - INJ_FIRST) / 4;
    return true;
}

static bool read_reading(RocketBoardCtl *s, hwaddr offset, uint32_t *val)
{
    if (offset >= READING_FIRST && offset < READING_END) {
        *val = s->silicon->answer[(offset - READING_FIRST) / 4];
        return true;
    }
    if (offset >= READING_NS_FIRST && offset < READING_NS_END) {
        *val = s->silicon->time_ns[(offset - READING_NS_FIRST) / 4];
        return true;
    }
    return false;
}

static bool write_reading(RocketBoardCtl *s, hwaddr offset, uint32_t val)
{
    if (offset >= READING_FIRST && offset < READING_END) {
        return rocket_silicon_set(s->silicon, (offset - READING_FIRST) / 4,
                                  val);
    }
    if (offset >= READING_NS_FIRST && offset < READING_NS_END) {
        s->silicon->time_ns[(offset - READING_NS_FIRST) / 4] = val;
        return true;
    }
    return false;
}

/* The value of the aligned 64-bit word at @offset; false if nothing is there */
static bool read_word(RocketBoardCtl *s, hwaddr offset, uint64_t *val)
{
    hwaddr reg = offset % PAGE_BYTES;
    unsigned page = offset / PAGE_BYTES;
    uint32_t *low, *high, reading;
    RocketBoardCore *c;

    if (page == 0) {
        switch (reg) {
        case ROCKET_BOARD_MAGIC:
            *val = ROCKET_BOARD_MAGIC_VALUE |
                   (uint64_t)ROCKET_BOARD_VERSION_VALUE << 32;
            return true;
        case ROCKET_BOARD_NUM_CORES:
            *val = s->num_cores;
            return true;
        case ROCKET_BOARD_CLOCK_NS:
            *val = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
            return true;
        }
        if (reg == ROCKET_BOARD_NUM_READINGS) {
            *val = READINGS;
            return true;
        }
        if (reg >= CLOCK_FIRST && reg < ROCKET_BOARD_CLOCK_END) {
            *val = ((uint64_t *)&s->clock)[(reg - CLOCK_FIRST) / 8];
            return true;
        }
        if (reg == ROCKET_BOARD_INJ_CLOCK_REFUSE) {
            *val = s->clock.refuse;
            return true;
        }
        if (read_reading(s, reg, &reading)) {
            *val = reading;
            if (read_reading(s, reg + 4, &reading)) {
                *val |= (uint64_t)reading << 32;
            }
            return true;
        }
        if (!time_reg(s, reg, &low)) {
            return false;
        }
        *val = *low;
        if (time_reg(s, reg + 4, &high)) {
            *val |= (uint64_t)*high << 32;
        }
        return true;
    }

    if (page > s->num_cores) {
        return false;
    }
    c = &s->core[page - 1];
    if (reg < ROCKET_BOARD_COUNTERS_END) {
        *val = ((uint64_t *)&c->stats)[reg / 8];
        return true;
    }
    if (reg == ROCKET_BOARD_TABLE_HASH) {
        *val = core_table_hash(c);
        return true;
    }
    if (inject_reg(c, reg, &low)) {
        *val = *low;
        if (inject_reg(c, reg + 4, &high)) {
            *val |= (uint64_t)*high << 32;
        }
        return true;
    }
    if (reg == ROCKET_BOARD_INJ_SPURIOUS) {
        *val = 0;
        return true;
    }
    return false;
}

static uint64_t rocket_board_ctl_read(void *opaque, hwaddr offset,
                                      unsigned size)
{
    RocketBoardCtl *s = opaque;
    uint64_t val;

    if (!read_word(s, offset & ~7ULL, &val)) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "rocket-board-ctl: no register to read at 0x%04"
                      HWADDR_PRIx "\n", offset);
        return 0;
    }
    if (size == 4) {
        val = extract64(val, (offset & 4) * 8, 32);
    }
    trace_rocket_board_ctl_read(offset, size, val);
    return val;
}

static void write_reg(RocketBoardCtl *s, hwaddr offset, uint32_t val)
{
    hwaddr reg = offset % PAGE_BYTES;
    unsigned page = offset / PAGE_BYTES;
    uint32_t *word;
    RocketBoardCore *c;

    trace_rocket_board_ctl_write(offset, val);
    if (page == 0) {
        if (time_reg(s, reg, &word)) {
            *word = val;
            return;
        }
        if (write_reading(s, reg, val)) {
            return;
        }
        if (reg == ROCKET_BOARD_INJ_CLOCK_REFUSE) {
            s->clock.refuse = val;
            return;
        }
    } else if (page <= s->num_cores) {
        c = &s->core[page - 1];
        if (inject_reg(c, reg, &word)) {
            *word = val;
            return;
        }
        if (reg == ROCKET_BOARD_INJ_SPURIOUS ||
            reg == ROCKET_BOARD_INJ_SPURIOUS_DPU) {
            core_spurious(c, reg == ROCKET_BOARD_INJ_SPURIOUS_DPU, val);
            return;
        }
    }
    qemu_log_mask(LOG_GUEST_ERROR,
                  "rocket-board-ctl: no register to write at 0x%04"
                  HWADDR_PRIx "\n", offset);
}

static void rocket_board_ctl_write(void *opaque, hwaddr offset, uint64_t val,
                                   unsigned size)
{
    /* What can be written is 32 bits wide. */
    write_reg(opaque, offset, val);
    if (size == 8) {
        write_reg(opaque, offset + 4, val >> 32);
    }
}

static const MemoryRegionOps rocket_board_ctl_ops = {
    .read = rocket_board_ctl_read,
    .write = rocket_board_ctl_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 8 },
};

/* Host properties */

static char *rocket_board_ctl_get_stats(Object *obj, Error **errp)
{
    RocketBoardCtl *s = ROCKET_BOARD_CTL(obj);
    GString *out = g_string_new(NULL);
    unsigned i, n;

    g_string_append_printf(out, "clock-ns %" PRId64 "\n",
                           qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
    g_string_append_printf(out, "clock-hz %u\nclock-supply-uv %u\n",
                           s->clock.hz, s->clock.supply_uv);
    for (i = 0; i < ARRAY_SIZE(clock_names); i++) {
        g_string_append_printf(out, "%s %" PRIu64 "\n", clock_names[i],
                               (&s->clock.rate_sets)[i]);
    }
    for (n = 0; n < s->num_cores; n++) {
        const RocketCoreStats *st = &s->core[n].stats;
        const uint64_t *counters = core_counters(&s->core[n]);

        for (i = 0; i < ARRAY_SIZE(st->reg_reads); i++) {
            if (st->reg_reads[i] || st->reg_writes[i]) {
                g_string_append_printf(out, "core%u reg-reads-%x %" PRIu64
                                       "\ncore%u reg-writes-%x %" PRIu64 "\n",
                                       n, i, st->reg_reads[i],
                                       n, i, st->reg_writes[i]);
            }
        }
        for (i = 0; i < ARRAY_SIZE(stat_names); i++) {
            g_string_append_printf(out, "core%u %s %" PRIu64 "\n",
                                   n, stat_names[i], counters[i]);
        }
    }
    return g_string_free(out, false);
}

static void rocket_board_ctl_get_hash(Object *obj, Visitor *v,
                                      const char *name, void *opaque,
                                      Error **errp)
{
    uint64_t hash = core_table_hash(opaque);

    visit_type_uint64(v, name, &hash, errp);
}

static void spurious_from_host(Visitor *v, const char *name,
                               RocketBoardCore *c, bool dpu, Error **errp)
{
    uint32_t count;

    if (visit_type_uint32(v, name, &count, errp)) {
        core_spurious(c, dpu, count);
    }
}

static void rocket_board_ctl_set_spurious(Object *obj, Visitor *v,
                                          const char *name, void *opaque,
                                          Error **errp)
{
    spurious_from_host(v, name, opaque, false, errp);
}

static void rocket_board_ctl_set_spurious_dpu(Object *obj, Visitor *v,
                                              const char *name, void *opaque,
                                              Error **errp)
{
    spurious_from_host(v, name, opaque, true, errp);
}

static void add_core_properties(RocketBoardCtl *s, unsigned n)
{
    Object *obj = OBJECT(s);
    RocketBoardCore *c = &s->core[n];
    uint64_t *counters = core_counters(c);
    uint32_t *injects = (uint32_t *)&c->inject;
    g_autofree char *hash = g_strdup_printf("core%u-table-hash", n);
    g_autofree char *irq = g_strdup_printf("core%u-inject-spurious", n);
    g_autofree char *dpu = g_strdup_printf("core%u-inject-spurious-dpu", n);
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(stat_names); i++) {
        g_autofree char *name = g_strdup_printf("core%u-%s", n, stat_names[i]);

        object_property_add_uint64_ptr(obj, name, &counters[i],
                                       OBJ_PROP_FLAG_READ);
    }
    for (i = 0; i < ARRAY_SIZE(c->stats.reg_reads); i++) {
        g_autofree char *rd = g_strdup_printf("core%u-reg-reads-%x", n, i);
        g_autofree char *wr = g_strdup_printf("core%u-reg-writes-%x", n, i);

        object_property_add_uint64_ptr(obj, rd, &c->stats.reg_reads[i],
                                       OBJ_PROP_FLAG_READ);
        object_property_add_uint64_ptr(obj, wr, &c->stats.reg_writes[i],
                                       OBJ_PROP_FLAG_READ);
    }
    for (i = 0; i < ARRAY_SIZE(inject_names); i++) {
        g_autofree char *name = g_strdup_printf("core%u-inject-%s", n,
                                                inject_names[i]);

        object_property_add_uint32_ptr(obj, name, &injects[i],
                                       OBJ_PROP_FLAG_READWRITE);
    }
    object_property_add(obj, hash, "uint64", rocket_board_ctl_get_hash,
                        NULL, NULL, c);
    object_property_add(obj, irq, "uint32", NULL,
                        rocket_board_ctl_set_spurious, NULL, c);
    object_property_add(obj, dpu, "uint32", NULL,
                        rocket_board_ctl_set_spurious_dpu, NULL, c);
}

/* Device */

static void rocket_board_ctl_init(Object *obj)
{
    RocketBoardCtl *s = ROCKET_BOARD_CTL(obj);
    uint32_t *times = (uint32_t *)&s->time;
    unsigned i;

    /* What a clock that cannot be set runs at, and the supply's usual voltage */
    s->clock.hz = ROCKET_BOARD_MAX_HZ;
    s->clock.supply_uv = ROCKET_BOARD_USUAL_UV;
    for (i = 0; i < ARRAY_SIZE(time_names); i++) {
        object_property_add_uint32_ptr(obj, time_names[i], &times[i],
                                       OBJ_PROP_FLAG_READWRITE);
    }
    object_property_add_uint32_ptr(obj, "clock-hz", &s->clock.hz,
                                   OBJ_PROP_FLAG_READ);
    object_property_add_uint32_ptr(obj, "clock-supply-uv", &s->clock.supply_uv,
                                   OBJ_PROP_FLAG_READ);
    for (i = 0; i < ARRAY_SIZE(clock_names); i++) {
        object_property_add_uint64_ptr(obj, clock_names[i],
                                       &s->clock.rate_sets + i,
                                       OBJ_PROP_FLAG_READ);
    }
    object_property_add_uint32_ptr(obj, "inject-clock-refuse", &s->clock.refuse,
                                   OBJ_PROP_FLAG_READWRITE);
    for (i = 0; i < ROCKET_BOARD_CORES; i++) {
        add_core_properties(s, i);
    }
    object_property_add_str(obj, "stats", rocket_board_ctl_get_stats, NULL);
}

static void rocket_board_ctl_realize(DeviceState *dev, Error **errp)
{
    RocketBoardCtl *s = ROCKET_BOARD_CTL(dev);

    if (!s->silicon) {
        error_setg(errp, "link 'silicon' is not set");
        return;
    }
    if (s->num_cores < 1 || s->num_cores > ROCKET_BOARD_CORES) {
        error_setg(errp, "num-cores must be 1 to %d", ROCKET_BOARD_CORES);
        return;
    }
    memory_region_init_io(&s->mmio, OBJECT(dev), &rocket_board_ctl_ops, s,
                          TYPE_ROCKET_BOARD_CTL, ROCKET_BOARD_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->mmio);
}

/* The counters go on: who takes differences across a reset gets them right. */
static void rocket_board_ctl_reset_hold(Object *obj, ResetType type)
{
    RocketBoardCtl *s = ROCKET_BOARD_CTL(obj);
    unsigned i;

    s->time = (RocketTimeModel) {
        .task_ns = 2000,
        .ps_per_kmac = 977,
        .ps_per_kbyte = 100000,
    };
    s->clock.refuse = 0;
    for (i = 0; i < ROCKET_BOARD_CORES; i++) {
        s->core[i].inject = (RocketCoreInject) { };
    }
}

static const VMStateDescription vmstate_rocket_stats = {
    .name = "rocket-board-ctl/stats",
    .version_id = 2,
    .minimum_version_id = 2,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64_ARRAY(reg_reads, RocketCoreStats, 16),
        VMSTATE_UINT64_ARRAY(reg_writes, RocketCoreStats, 16),
        VMSTATE_UINT64(dte_loads, RocketCoreStats),
        VMSTATE_UINT64(zap_all, RocketCoreStats),
        VMSTATE_UINT64(zap_line, RocketCoreStats),
        VMSTATE_UINT64(table_walks, RocketCoreStats),
        VMSTATE_UINT64(iotlb_hits, RocketCoreStats),
        VMSTATE_UINT64(faults, RocketCoreStats),
        VMSTATE_UINT64(mmu_irqs, RocketCoreStats),
        VMSTATE_UINT64(npu_irqs, RocketCoreStats),
        VMSTATE_UINT64(starts, RocketCoreStats),
        VMSTATE_UINT64(tasks, RocketCoreStats),
        VMSTATE_UINT64(macs, RocketCoreStats),
        VMSTATE_UINT64(bytes_read, RocketCoreStats),
        VMSTATE_UINT64(bytes_written, RocketCoreStats),
        VMSTATE_UINT64(cbuf_reuses, RocketCoreStats),
        VMSTATE_UINT64(resets, RocketCoreStats),
        VMSTATE_UINT64(busy_ns, RocketCoreStats),
        VMSTATE_UINT64(bus_errors, RocketCoreStats),
        VMSTATE_UINT64(power_cycles, RocketCoreStats),
        VMSTATE_UINT64(dead_accesses, RocketCoreStats),
        VMSTATE_UINT64(table_changes, RocketCoreStats),
        VMSTATE_UINT64(last_start_ns, RocketCoreStats),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_rocket_inject = {
    .name = "rocket-board-ctl/inject",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(never_complete, RocketCoreInject),
        VMSTATE_UINT32(irq_lost, RocketCoreInject),
        VMSTATE_UINT32(irq_late, RocketCoreInject),
        VMSTATE_UINT32(bus_error_rd, RocketCoreInject),
        VMSTATE_UINT32(bus_error_wr, RocketCoreInject),
        VMSTATE_UINT32(no_stall, RocketCoreInject),
        VMSTATE_UINT32(no_reset, RocketCoreInject),
        VMSTATE_UINT32(late_ns, RocketCoreInject),
        VMSTATE_UINT32(slowdown, RocketCoreInject),
        VMSTATE_UINT32(table_watch, RocketCoreInject),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_rocket_core = {
    .name = "rocket-board-ctl/core",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT(stats, RocketBoardCore, 1, vmstate_rocket_stats,
                       RocketCoreStats),
        VMSTATE_STRUCT(inject, RocketBoardCore, 1, vmstate_rocket_inject,
                       RocketCoreInject),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_rocket_clock = {
    .name = "rocket-board-ctl/clock",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(hz, RocketClockState),
        VMSTATE_UINT32(supply_uv, RocketClockState),
        VMSTATE_UINT64(rate_sets, RocketClockState),
        VMSTATE_UINT64(cold_sets, RocketClockState),
        VMSTATE_UINT64(reset_sets, RocketClockState),
        VMSTATE_UINT64(undervoltages, RocketClockState),
        VMSTATE_UINT64(fast_offs, RocketClockState),
        VMSTATE_UINT32(refuse, RocketClockState),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_rocket_board_ctl = {
    .name = TYPE_ROCKET_BOARD_CTL,
    .version_id = 2,
    .minimum_version_id = 2,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(time.task_ns, RocketBoardCtl),
        VMSTATE_UINT32(time.ps_per_kmac, RocketBoardCtl),
        VMSTATE_UINT32(time.ps_per_kbyte, RocketBoardCtl),
        VMSTATE_STRUCT(clock, RocketBoardCtl, 1, vmstate_rocket_clock,
                       RocketClockState),
        VMSTATE_STRUCT_ARRAY(core, RocketBoardCtl, ROCKET_BOARD_CORES, 1,
                             vmstate_rocket_core, RocketBoardCore),
        VMSTATE_END_OF_LIST()
    }
};

static const Property rocket_board_ctl_properties[] = {
    DEFINE_PROP_LINK("silicon", RocketBoardCtl, silicon, TYPE_ROCKET_SILICON,
                     RocketSilicon *),
    DEFINE_PROP_UINT32("num-cores", RocketBoardCtl, num_cores,
                       ROCKET_BOARD_CORES),
};

static void rocket_board_ctl_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "Statistics and fault injection of the RK3588 NPU board";
    dc->realize = rocket_board_ctl_realize;
    dc->vmsd = &vmstate_rocket_board_ctl;
    dc->user_creatable = false;
    device_class_set_props(dc, rocket_board_ctl_properties);
    rc->phases.hold = rocket_board_ctl_reset_hold;
}

static const TypeInfo rocket_board_ctl_info = {
    .name = TYPE_ROCKET_BOARD_CTL,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(RocketBoardCtl),
    .instance_init = rocket_board_ctl_init,
    .class_init = rocket_board_ctl_class_init,
};

static void rocket_board_ctl_register_types(void)
{
    type_register_static(&rocket_board_ctl_info);
}

type_init(rocket_board_ctl_register_types)
