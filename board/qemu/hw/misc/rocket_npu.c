/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One core of the RK3588's or RK3576's NPU: register window, interrupt, reset,
 * migration.
 *
 * docs/board-npu.rst says what is modelled and where each fact comes from.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "hw/core/cpu.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/resettable.h"
#include "migration/vmstate.h"
#include "rocket_npu_internal.h"
#include "trace.h"

#define NPU_VERSION         0x46495245
#define MAC_GATING_RESET    0x07800800
#define INT_MASK_BIT31      BIT(31)

#define SPURIOUS_NS         1000

static uint32_t *pc_word(RocketNpuCore *s, uint32_t offset)
{
    return rocket_npu_word(s, 0, offset);
}

/* Interrupt */

/* What counts for STATUS and for the line */
static uint32_t int_status(RocketNpuCore *s)
{
    return s->int_raw | (s->spurious == SPURIOUS_DPU ? PC_INT_DPU : 0);
}

static uint32_t raw_status(RocketNpuCore *s)
{
    uint32_t raw = int_status(s) | s->int_interior;

    if (s->state == NPU_HUNG &&
        rocket_silicon(s->silicon, READING_RAW_HANG) == RAW_HANG_BITS) {
        raw |= PC_INT_HANG;
    }
    return raw;
}

static void update_irq(RocketNpuCore *s)
{
    uint32_t seen = int_status(s) & ~(s->int_lost | s->int_late);
    bool level = (seen & *pc_word(s, A_PC_INTERRUPT_MASK)) ||
                 s->spurious == SPURIOUS_LINE;

    if (level == s->irq_level) {
        return;
    }
    s->irq_level = level;
    if (level) {
        s->stats->npu_irqs++;
    }
    trace_rocket_npu_irq(s->index, level, raw_status(s));
    qemu_set_irq(s->irq, level);
}

void rocket_npu_raise(RocketNpuCore *s, uint32_t bits, bool completion)
{
    if (completion) {
        timer_del(s->interior_timer);
        s->int_interior = 0;
        s->completed = true;
        bits |= s->soc->pc_done;
    }
    s->int_raw |= bits;
    if (completion && rocket_inject_take(&s->inject->irq_lost)) {
        trace_rocket_npu_injected(s->index, "interrupt lost");
        s->int_lost |= bits;
    } else if (completion && rocket_inject_take(&s->inject->irq_late)) {
        trace_rocket_npu_injected(s->index, "interrupt late");
        s->int_late |= bits;
        timer_mod_ns(s->late_timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                                    s->inject->late_ns);
    }
    update_irq(s);
}

void rocket_npu_raise_interior(RocketNpuCore *s, uint32_t bits)
{
    timer_del(s->interior_timer);
    s->int_interior = 0;
    if (rocket_silicon(s->silicon, READING_RAW_INTERIOR) == RAW_INTERIOR_OFF) {
        return;
    }
    s->int_interior = bits;
    /* Without a next task nothing takes them away. */
    if (s->chained) {
        timer_mod_ns(s->interior_timer,
                     qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                     rocket_silicon_ns(s->silicon, READING_RAW_INTERIOR_NS));
    }
}

void rocket_npu_pc_done(RocketNpuCore *s)
{
    uint32_t bits = s->soc->pc_done;
    uint32_t low = bits & -bits;

    /* They take turns, the upper one first. */
    s->int_raw = (s->int_raw & ~bits) | (s->kick_task & 1 ? low : bits & ~low);
}

static void interior_timer(void *opaque)
{
    RocketNpuCore *s = opaque;

    s->int_interior = 0;
}

static void late_timer(void *opaque)
{
    RocketNpuCore *s = opaque;

    s->int_late = 0;
    update_irq(s);
}

/* Spurious interrupts: up for 1 us, then at least as long down */
static void spurious_next(RocketNpuCore *s)
{
    if (s->spurious == SPURIOUS_LINE || s->spurious == SPURIOUS_DPU) {
        s->spurious = SPURIOUS_GAP;
    } else if (s->spurious_left[0]) {
        s->spurious_left[0]--;
        s->spurious = SPURIOUS_LINE;
    } else if (s->spurious_left[1]) {
        s->spurious_left[1]--;
        s->spurious = SPURIOUS_DPU;
    } else {
        s->spurious = SPURIOUS_NONE;
    }
    if (s->spurious != SPURIOUS_NONE) {
        timer_mod_ns(s->spurious_timer,
                     qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + SPURIOUS_NS);
    }
    update_irq(s);
}

static void spurious_timer(void *opaque)
{
    spurious_next(opaque);
}

static void spurious_wanted(void *opaque, bool dpu, uint32_t count)
{
    RocketNpuCore *s = opaque;

    s->spurious_left[dpu] = count;
    if (s->spurious == SPURIOUS_NONE && count) {
        spurious_next(s);
    }
}

static void clear_interrupts(RocketNpuCore *s, uint32_t bits)
{
    s->int_raw &= ~bits;
    s->int_interior &= ~bits;
    s->int_lost &= ~bits;
    s->int_late &= ~bits;
    if (s->spurious == SPURIOUS_LINE ||
        (s->spurious == SPURIOUS_DPU && (bits & PC_INT_DPU))) {
        spurious_next(s);
    }
    update_irq(s);
}

/* Registers */

static bool write_pc(RocketNpuCore *s, uint32_t offset, uint32_t value)
{
    switch (offset) {
    case A_PC_OPERATION_ENABLE:
        /* Clears itself; the CPU's writes start the PC, see npu_write(). */
        return true;
    case A_PC_INTERRUPT_CLEAR:
        clear_interrupts(s, value);
        return true;
    case A_PC_TASK_CON:
        if (value & s->soc->count_clear) {
            rocket_npu_status_clear(s);
        }
        *pc_word(s, offset) = value & ~s->soc->count_clear;
        return true;
    case A_PC_INTERRUPT_MASK:
        *pc_word(s, offset) = value;
        update_irq(s);
        return true;
    default:
        *pc_word(s, offset) = value;
        return true;
    }
}

bool rocket_npu_write_reg(RocketNpuCore *s, uint32_t offset, uint32_t value)
{
    const RocketNpuReg *reg = rocket_npu_reg_find(s, offset);
    unsigned block = offset >> 12;

    if (!reg) {
        return false;
    }
    trace_rocket_npu_write(s->index, reg->name, value);
    if (!reg->write_mask) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "rocket-npu%u: write to read-only %s\n",
                      s->index, reg->name);
        return true;
    }
    value &= reg->write_mask;
    if (block == ROCKET_BLOCK_PC) {
        return write_pc(s, offset, value);
    }
    if (rocket_npu_is_lut(offset)) {
        rocket_npu_write_lut(s, offset, value);
        return true;
    }
    if (rocket_npu_has_groups(block)) {
        switch (offset & 0xfff) {
        case BLOCK_S_POINTER:
            rocket_npu_write_pointer(s, block, value);
            return true;
        case BLOCK_OPERATION_ENABLE:
            if (value) {
                rocket_npu_enable_block(s, block);
            } else {
                *rocket_npu_word(s, s->pointer[block], offset) = 0;
            }
            return true;
        default:
            break;
        }
    }
    *rocket_npu_word(s, rocket_npu_reg_group(s, offset), offset) = value;
    return true;
}

/* A register that may be there for writing only, by @reading */
static uint32_t read_back(RocketNpuCore *s, RocketReading reading,
                          uint32_t offset)
{
    return rocket_silicon(s->silicon, reading) == READBACK_ON
        ? *pc_word(s, offset) : 0;
}

static uint32_t read_int_mask(RocketNpuCore *s)
{
    uint32_t mask = read_back(s, READING_INT_MASK_READBACK,
                              A_PC_INTERRUPT_MASK);

    if (s->soc->pc_done && s->completed &&
        rocket_silicon(s->silicon, READING_INT_MASK_BIT31) ==
        INT_MASK_BIT31_STICKS) {
        mask |= INT_MASK_BIT31;
    }
    return mask;
}

static uint32_t read_pc(RocketNpuCore *s, uint32_t offset)
{
    if (offset == s->soc->task_status) {
        return rocket_npu_status(s);
    }
    switch (offset) {
    case A_PC_VERSION:
        return NPU_VERSION;
    case A_PC_VERSION_NUM:
        return s->soc->version_num;
    case A_PC_INTERRUPT_STATUS:
        return int_status(s) & *pc_word(s, A_PC_INTERRUPT_MASK);
    case A_PC_INTERRUPT_RAW_STATUS:
        return raw_status(s);
    case A_PC_INTERRUPT_CLEAR:
        return 0;
    case A_PC_BASE_ADDRESS:
        return read_back(s, READING_PC_BASE_READBACK, offset);
    case A_PC_INTERRUPT_MASK:
        return read_int_mask(s);
    case A_PC_TASK_DMA_BASE_ADDR:
        return read_back(s, READING_DMA_BASE_READBACK, offset);
    default:
        return *pc_word(s, offset);
    }
}

static uint32_t read_reg(RocketNpuCore *s, uint32_t offset)
{
    unsigned block = offset >> 12;

    if (block == ROCKET_BLOCK_PC) {
        return read_pc(s, offset);
    }
    if (rocket_npu_is_lut(offset)) {
        return rocket_npu_read_lut(s, offset);
    }
    if (rocket_npu_has_groups(block)) {
        switch (offset & 0xfff) {
        case BLOCK_S_STATUS:
            return rocket_npu_read_status(s, block);
        case BLOCK_S_POINTER:
            return rocket_npu_read_pointer(s, block);
        default:
            break;
        }
    }
    return *rocket_npu_word(s, rocket_npu_reg_group(s, offset), offset);
}

/* A real SoC stands still for good, with nobody left to say why. */
static void lock_soc(RocketNpuCore *s, hwaddr addr)
{
    g_autofree char *who = current_cpu
        ? g_strdup_printf("CPU %d", current_cpu->cpu_index)
        : g_strdup("something that is no CPU");

    error_report("rocket-npu%u: %s read 0x%04x, in the page that locks an "
                 "RK3588 (silicon reading page-0x2000=stops)", s->index, who,
                 (unsigned)addr);
    exit(EXIT_FAILURE);
}

static MemTxResult npu_read(void *opaque, hwaddr addr, uint64_t *data,
                            unsigned size, MemTxAttrs attrs)
{
    RocketNpuCore *s = opaque;
    const RocketNpuReg *reg;

    if (!rk_npu_gate_accessible(s->gate)) {
        s->stats->dead_accesses++;
        trace_rocket_npu_dead(s->index, addr);
        return MEMTX_ERROR;
    }
    s->stats->reg_reads[addr >> 12]++;
    if (addr >> 12 == ROCKET_BLOCK_LOCKS && s->soc->page_locks &&
        rocket_silicon(s->silicon, READING_PAGE_2000) == PAGE_2000_STOPS) {
        lock_soc(s, addr);
    }
    reg = rocket_npu_reg_find(s, addr);
    *data = reg ? read_reg(s, addr) : 0;
    if (!reg) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "rocket-npu%u: read of no register at 0x%04x\n",
                      s->index, (unsigned)addr);
        return MEMTX_OK;
    }
    trace_rocket_npu_read(s->index, reg->name, *data);
    return MEMTX_OK;
}

static MemTxResult npu_write(void *opaque, hwaddr addr, uint64_t data,
                             unsigned size, MemTxAttrs attrs)
{
    RocketNpuCore *s = opaque;

    if (!rk_npu_gate_accessible(s->gate)) {
        s->stats->dead_accesses++;
        trace_rocket_npu_dead(s->index, addr);
        return MEMTX_ERROR;
    }
    s->stats->reg_writes[addr >> 12]++;
    if (!rocket_npu_write_reg(s, addr, data)) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "rocket-npu%u: write to no register at 0x%04x\n",
                      s->index, (unsigned)addr);
        return MEMTX_OK;
    }
    if (addr == A_PC_OPERATION_ENABLE &&
        FIELD_EX32(data, PC_OPERATION_ENABLE, OP_EN)) {
        rocket_npu_pc_start(s);
    }
    return MEMTX_OK;
}

static const MemoryRegionOps npu_ops = {
    .read_with_attrs = npu_read,
    .write_with_attrs = npu_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid.min_access_size = 4,
    .valid.max_access_size = 4,
    .impl.min_access_size = 4,
    .impl.max_access_size = 4,
};

/* Reset, clock and power */

/* A buffer that two cores share is there while one of them has power. */
static void lose_memories(RocketNpuCore *s)
{
    if (!s->peer || !rk_npu_gate_powered(s->peer->gate)) {
        memset(s->cbuf, 0, s->cbuf_bytes);
    }
    memset(s->lut, 0, sizeof(s->lut));
    s->completed = false;
    s->poisoned = false;
}

static void reset_registers(RocketNpuCore *s)
{
    unsigned group;

    rocket_npu_run_abort(s);
    memset(s->regs, 0, sizeof(s->regs));
    memset(s->pointer, 0, sizeof(s->pointer));
    memset(s->executer, 0, sizeof(s->executer));
    for (group = 0; group < NPU_GROUPS; group++) {
        if (rocket_npu_reg_find(s, A_CORE_MAC_GATING)) {
            *rocket_npu_word(s, group, A_CORE_MAC_GATING) = MAC_GATING_RESET;
        }
    }
    *pc_word(s, A_PC_INTERRUPT_MASK) =
        rocket_silicon(s->silicon, READING_INT_MASK_RESET) ==
        INT_MASK_RESET_ALL ? PC_INT_ALL : 0;
    rocket_npu_status_clear(s);
    s->lut_access = 0;
    s->lut_overrun = false;
    s->int_raw = 0;
    s->int_interior = 0;
    timer_del(s->interior_timer);
    s->int_lost = 0;
    s->int_late = 0;
    timer_del(s->late_timer);
    update_irq(s);
}

/* srst_a, with what it may leave behind */
static void soft_reset(RocketNpuCore *s)
{
    bool hung = s->state == NPU_HUNG &&
        rocket_silicon(s->silicon, READING_RESET_LEAVES_HANG) ==
        RESET_EFFECT_ON;

    reset_registers(s);
    if (hung) {
        s->state = NPU_HUNG;
    }
    if (rocket_silicon(s->silicon, READING_RESET_CLEARS_CBUF) ==
        RESET_EFFECT_ON) {
        memset(s->cbuf, 0, s->cbuf_bytes);
    }
    if (rocket_silicon(s->silicon, READING_RESET_CLEARS_LUT) ==
        RESET_EFFECT_ON) {
        memset(s->lut, 0, sizeof(s->lut));
    }
}

static void npu_gate_event(Notifier *notifier, void *data)
{
    RocketNpuCore *s = container_of(notifier, RocketNpuCore, gate_notifier);

    switch (*(RkNpuGateEvent *)data) {
    case RK_NPU_GATE_RESET_ASSERT:
        soft_reset(s);
        break;
    case RK_NPU_GATE_POWER_OFF:
        reset_registers(s);
        lose_memories(s);
        break;
    case RK_NPU_GATE_CLOCK_STOP:
        rocket_npu_clock_stop(s);
        break;
    case RK_NPU_GATE_CLOCK_RUN:
        rocket_npu_clock_run(s);
        break;
    default:
        break;
    }
}

static void npu_reset_hold(Object *obj, ResetType type)
{
    RocketNpuCore *s = ROCKET_NPU_CORE(obj);

    timer_del(s->spurious_timer);
    s->spurious = SPURIOUS_NONE;
    memset(s->spurious_left, 0, sizeof(s->spurious_left));
    reset_registers(s);
    lose_memories(s);
}

/* Device */

/* A task in flight lives in a coroutine, which cannot be saved. */
static int npu_pre_save(void *opaque)
{
    RocketNpuCore *s = opaque;

    return s->co ? -EBUSY : 0;
}

static const VMStateDescription vmstate_npu = {
    .name = TYPE_ROCKET_NPU_CORE,
    .version_id = 4,
    .minimum_version_id = 4,
    .pre_save = npu_pre_save,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32_ARRAY(regs, RocketNpuCore,
                             NPU_BLOCKS * NPU_GROUPS * NPU_BLOCK_WORDS),
        VMSTATE_UINT8_ARRAY(pointer, RocketNpuCore, NPU_BLOCKS),
        VMSTATE_UINT8_ARRAY(executer, RocketNpuCore, NPU_BLOCKS),
        VMSTATE_UINT32(task_counter, RocketNpuCore),
        VMSTATE_UINT32(task_shown, RocketNpuCore),
        VMSTATE_BOOL(kick_over, RocketNpuCore),
        VMSTATE_TIMER_PTR(status_timer, RocketNpuCore),
        VMSTATE_UINT32(int_raw, RocketNpuCore),
        VMSTATE_UINT32(int_interior, RocketNpuCore),
        VMSTATE_TIMER_PTR(interior_timer, RocketNpuCore),
        VMSTATE_UINT32(int_lost, RocketNpuCore),
        VMSTATE_UINT32(int_late, RocketNpuCore),
        VMSTATE_BOOL(irq_level, RocketNpuCore),
        VMSTATE_TIMER_PTR(late_timer, RocketNpuCore),
        VMSTATE_UINT32(spurious, RocketNpuCore),
        VMSTATE_UINT32_ARRAY(spurious_left, RocketNpuCore, 2),
        VMSTATE_TIMER_PTR(spurious_timer, RocketNpuCore),
        VMSTATE_UINT32(state, RocketNpuCore),
        VMSTATE_UINT32(task_blocks, RocketNpuCore),
        VMSTATE_UINT16_ARRAY(lut, RocketNpuCore, LUT_TABLES * LUT_ENTRIES),
        VMSTATE_UINT32(lut_access, RocketNpuCore),
        VMSTATE_BOOL(lut_overrun, RocketNpuCore),
        VMSTATE_BOOL(completed, RocketNpuCore),
        VMSTATE_BOOL(poisoned, RocketNpuCore),
        VMSTATE_VBUFFER_UINT32(cbuf, RocketNpuCore, 0, NULL, cbuf_bytes),
        VMSTATE_END_OF_LIST()
    },
};

static void npu_realize(DeviceState *dev, Error **errp)
{
    RocketNpuCore *s = ROCKET_NPU_CORE(dev);

    if (s->index >= ROCKET_BOARD_CORES) {
        error_setg(errp, "rocket-npu-core: index must be below %d",
                   ROCKET_BOARD_CORES);
        return;
    }
    if (!s->iommu || !s->ctl || !s->gate || !s->silicon) {
        error_setg(errp, "rocket-npu-core: links iommu, ctl, gate and silicon "
                         "must all be set");
        return;
    }
    s->stats = rocket_board_ctl_stats(s->ctl, s->index);
    s->inject = rocket_board_ctl_inject(s->ctl, s->index);
    s->time = rocket_board_ctl_time(s->ctl);
    s->npu_clock = rocket_board_ctl_clock(s->ctl);
    s->soc = rocket_npu_soc(s->silicon->chip);
    s->cbuf_bytes = s->soc->cbuf_bytes;
    if (s->peer) {
        s->peer->peer = s;
        s->cbuf = s->peer->cbuf;
    } else {
        s->cbuf = g_malloc0(s->cbuf_bytes);
    }
    memory_region_init_io(&s->iomem, OBJECT(dev), &npu_ops, s,
                          TYPE_ROCKET_NPU_CORE, s->soc->window);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->iomem);
    s->late_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, late_timer, s);
    s->spurious_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, spurious_timer, s);
    s->interior_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, interior_timer, s);
    rocket_npu_status_init(s);
    rocket_npu_run_init(s);

    rocket_board_ctl_set_spurious_handler(s->ctl, s->index, spurious_wanted, s);
    s->gate_notifier.notify = npu_gate_event;
    rk_npu_gate_add_notifier(s->gate, &s->gate_notifier);
}

static void npu_init(Object *obj)
{
    RocketNpuCore *s = ROCKET_NPU_CORE(obj);

    sysbus_init_irq(SYS_BUS_DEVICE(obj), &s->irq);
}

static const Property npu_properties[] = {
    DEFINE_PROP_UINT32("index", RocketNpuCore, index, 0),
    DEFINE_PROP_BOOL("check-core-select", RocketNpuCore, check_core_select,
                     true),
    DEFINE_PROP_LINK("iommu", RocketNpuCore, iommu, TYPE_RK_IOMMU,
                     RkIommuState *),
    DEFINE_PROP_LINK("ctl", RocketNpuCore, ctl, TYPE_ROCKET_BOARD_CTL,
                     RocketBoardCtl *),
    DEFINE_PROP_LINK("gate", RocketNpuCore, gate, TYPE_RK_NPU_GATE,
                     RkNpuGate *),
    DEFINE_PROP_LINK("silicon", RocketNpuCore, silicon, TYPE_ROCKET_SILICON,
                     RocketSilicon *),
    DEFINE_PROP_LINK("peer", RocketNpuCore, peer, TYPE_ROCKET_NPU_CORE,
                     RocketNpuCore *),
};

static void npu_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->realize = npu_realize;
    dc->vmsd = &vmstate_npu;
    dc->desc = "NPU core of an RK3588 or RK3576";
    /* Wired up by the machine: links, interrupt, and the IOMMU on top */
    dc->user_creatable = false;
    rc->phases.hold = npu_reset_hold;
    device_class_set_props(dc, npu_properties);
}

static const TypeInfo npu_types[] = {
    {
        .name = TYPE_ROCKET_NPU_CORE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(RocketNpuCore),
        .instance_init = npu_init,
        .class_init = npu_class_init,
    },
};

DEFINE_TYPES(npu_types)
