/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interrupt of an NPU core: what is raised, how long it is seen, and what
 * the board was told to get wrong.
 */
#include "qemu/osdep.h"
#include "hw/irq.h"
#include "rocket_npu_internal.h"
#include "trace.h"

#define SPURIOUS_NS         1000

uint32_t rocket_npu_int_status(RocketNpuCore *s)
{
    return s->int_raw | (s->spurious == SPURIOUS_DPU ? PC_INT_DPU : 0);
}

uint32_t rocket_npu_raw_status(RocketNpuCore *s)
{
    uint32_t raw = rocket_npu_int_status(s) | s->int_interior;

    if (s->state == NPU_HUNG &&
        rocket_silicon(s->silicon, READING_RAW_HANG) == RAW_HANG_BITS) {
        raw |= PC_INT_HANG;
    }
    return raw;
}

void rocket_npu_irq_update(RocketNpuCore *s)
{
    uint32_t seen = rocket_npu_int_status(s) & ~(s->int_lost | s->int_late);
    bool level = (seen & *rocket_npu_word(s, 0, A_PC_INTERRUPT_MASK)) ||
                 s->spurious == SPURIOUS_LINE;

    if (level == s->irq_level) {
        return;
    }
    s->irq_level = level;
    if (level) {
        s->stats->npu_irqs++;
    }
    trace_rocket_npu_irq(s->index, level, rocket_npu_raw_status(s));
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
    rocket_npu_irq_update(s);
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
    rocket_npu_irq_update(s);
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
    rocket_npu_irq_update(s);
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

void rocket_npu_irq_clear(RocketNpuCore *s, uint32_t bits)
{
    s->int_raw &= ~bits;
    s->int_interior &= ~bits;
    s->int_lost &= ~bits;
    s->int_late &= ~bits;
    if (s->spurious == SPURIOUS_LINE ||
        (s->spurious == SPURIOUS_DPU && (bits & PC_INT_DPU))) {
        spurious_next(s);
    }
    rocket_npu_irq_update(s);
}

void rocket_npu_irq_reset(RocketNpuCore *s)
{
    s->int_raw = 0;
    s->int_interior = 0;
    timer_del(s->interior_timer);
    s->int_lost = 0;
    s->int_late = 0;
    timer_del(s->late_timer);
    rocket_npu_irq_update(s);
}

void rocket_npu_irq_quiet(RocketNpuCore *s)
{
    timer_del(s->spurious_timer);
    s->spurious = SPURIOUS_NONE;
    memset(s->spurious_left, 0, sizeof(s->spurious_left));
}

void rocket_npu_irq_init(RocketNpuCore *s)
{
    s->late_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, late_timer, s);
    s->spurious_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, spurious_timer, s);
    s->interior_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, interior_timer, s);
    rocket_board_ctl_set_spurious_handler(s->ctl, s->index, spurious_wanted, s);
}
