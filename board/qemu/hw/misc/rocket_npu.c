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

#define MAC_GATING_RESET    0x07800800

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
    *data = reg ? rocket_npu_read_reg(s, addr) : 0;
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
    *rocket_npu_word(s, 0, A_PC_INTERRUPT_MASK) =
        rocket_silicon(s->silicon, READING_INT_MASK_RESET) ==
        INT_MASK_RESET_ALL ? PC_INT_ALL : 0;
    rocket_npu_status_clear(s);
    s->lut_access = 0;
    s->lut_overrun = false;
    rocket_npu_irq_reset(s);
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

    rocket_npu_irq_quiet(s);
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
    rocket_npu_irq_init(s);
    rocket_npu_status_init(s);
    rocket_npu_run_init(s, rocket_npu_pc_run);

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
