/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TASK_STATUS of an NPU core's program controller, as the reading
 * "task-status" has it.
 *
 * The PC itself compares task_counter with TASK_NUMBER.  What the CPU sees is
 * that counter, or something else made of the same events: a task starts, a
 * task ends, the last task ends, the count is cleared.
 */
#include "qemu/osdep.h"
#include "rocket_npu_internal.h"

#define STATUS_FIRST_RUNS   BIT(12)
#define STATUS_LAST_RUNS    BIT(13)
#define STATUS_FLAGS        MAKE_64BIT_MASK(12, 4)

static unsigned reading(RocketNpuCore *s)
{
    return rocket_silicon(s->silicon, READING_TASK_STATUS);
}

static bool counter_wraps(RocketNpuCore *s)
{
    return reading(s) != TASK_STATUS_ENDED && reading(s) != TASK_STATUS_LATE;
}

static void status_timer(void *opaque)
{
    RocketNpuCore *s = opaque;

    s->task_shown = s->task_counter;
}

void rocket_npu_status_init(RocketNpuCore *s)
{
    s->status_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, status_timer, s);
}

void rocket_npu_status_clear(RocketNpuCore *s)
{
    timer_del(s->status_timer);
    s->task_counter = 0;
    s->task_shown = 0;
    s->kick_over = false;
}

bool rocket_npu_status_task_ended(RocketNpuCore *s)
{
    s->task_shown = s->task_counter;
    s->task_counter = (s->task_counter + 1) & s->soc->number_mask;
    timer_mod_ns(s->status_timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                 rocket_silicon_ns(s->silicon, READING_TASK_STATUS_LATE_NS));
    if (s->task_counter != rocket_npu_task_number(s)) {
        return false;
    }
    s->kick_over = true;
    if (counter_wraps(s)) {
        s->task_counter = 0;
    }
    return true;
}

/* Whether the first or the last task is running */
static uint32_t running_flags(RocketNpuCore *s)
{
    uint32_t flags = 0;

    if (s->state != NPU_IDLE && !s->kick_over) {
        flags |= s->task_counter == 0 ? STATUS_FIRST_RUNS : 0;
        flags |= s->task_counter + 1 == rocket_npu_task_number(s) ? STATUS_LAST_RUNS : 0;
    }
    return flags;
}

static uint32_t pair(RocketNpuCore *s)
{
    uint32_t number = rocket_npu_task_number(s);
    uint32_t ended = s->task_counter;
    uint32_t started = ended + (s->state != NPU_IDLE && !s->kick_over);

    if (number) {
        started %= number;
        ended %= number;
    }
    return ended << 16 | started;
}

uint32_t rocket_npu_status(RocketNpuCore *s)
{
    uint32_t at_end = s->kick_over ? STATUS_FLAGS : 0;

    switch (reading(s)) {
    case TASK_STATUS_ENDED:
        return s->task_counter | running_flags(s);
    case TASK_STATUS_LATE:
        return s->task_shown | running_flags(s) | at_end;
    case TASK_STATUS_ZERO:
        return s->task_counter | running_flags(s);
    case TASK_STATUS_PAIR:
        return pair(s);
    default:
        return s->task_counter | running_flags(s) | at_end;
    }
}
