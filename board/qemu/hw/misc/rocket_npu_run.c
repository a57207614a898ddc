/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Execution of an NPU core in virtual time.
 *
 * From start to idle the core's work is one coroutine.  It yields in three
 * places only: for virtual time, after every slice of work and at the end of
 * each task, for an access that the IOMMU holds, and while a thread computes.
 * Slices are cut by the amount of work, never by host time, and under -icount
 * and qtest no thread computes, so that such a run is the same every time; no
 * slice takes more than some milliseconds of host time.
 *
 * Virtual time does not run ahead of a core that computes: it stands still from
 * when a core enters a slice until no core is behind the time that its work
 * takes on silicon.  A guest's time-outs measure the NPU then, not the host.
 * Under -icount and qtest virtual time does not follow the host's anyway.
 *
 * A reset enters the waiting coroutine once more with co_abort set, which makes
 * it unwind without another memory access.
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "qemu/main-loop.h"
#include "rocket_npu_internal.h"
#include "system/cpu-timers.h"
#include "system/qtest.h"
#include "system/runstate.h"
#include "trace.h"

/* Work between two returns to the main loop, in multiply-accumulates */
#define SLICE_WORK          (8 * 1000 * 1000)
/* Less is done faster than given to another thread and back. */
#define THREAD_WORK         (1000 * 1000)
/* Shortest wait: lets the main loop serve others when the host is too slow */
#define SLICE_GAP_NS        20000
/*
 * Waits that are shorter do not sleep: until a busy host wakes a sleeper, the
 * guest's clock has run on for longer than the task takes.
 */
#define SPIN_NS             200000
/* A task that is ahead of its time by less goes on with the clock held. */
#define AHEAD_MAX_NS        10000000
/*
 * The same of a task in a chain: each wait would cost a busy host's guest the time
 * until the host gives the main loop a turn, and a chain has thousands of them.
 */
#define CHAIN_AHEAD_NS      2000000
/* No task is shorter, so that an endless chain cannot stop virtual time */
#define TASK_MIN_NS         1000
/* Bounds that keep the arithmetic below within 64 bits */
#define TASK_MAX_NS         1000000000000LL
#define SLOWDOWN_MAX        1000000

static int64_t now_ns(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

/* What the task's work so far costs, in virtual ns: see rocket_board_regs.h */
static int64_t task_cost(RocketNpuCore *s)
{
    uint32_t slowdown = s->inject->slowdown ? s->inject->slowdown : 100;
    uint64_t ns = s->time->task_ns;

    ns += muldiv64(muldiv64(s->task_macs, s->time->ps_per_kmac, 1000000),
                   ROCKET_BOARD_MAX_HZ, s->npu_clock->hz);
    ns += muldiv64(s->task_bytes, s->time->ps_per_kbyte, 1000000);
    ns = MIN(ns, TASK_MAX_NS);
    ns = muldiv64(ns, MIN(slowdown, SLOWDOWN_MAX), 100);
    return MAX(ns, TASK_MIN_NS);
}

/* Cores that are behind their time; the clock stands still for them. */
static unsigned cores_behind;

static bool can_hold_clock(void)
{
    return !icount_enabled() && !qtest_enabled();
}

static void hold_clock(RocketNpuCore *s)
{
    if (!can_hold_clock()) {
        return;
    }
    if (!s->behind) {
        s->behind = true;
        cores_behind++;
    }
    /* Again for each slice: the machine may have been stopped and started. */
    cpu_disable_ticks();
}

/* Whoever stopped the machine holds the clock, too, and starts it again. */
static void release_clock(RocketNpuCore *s)
{
    if (!s->behind) {
        return;
    }
    s->behind = false;
    if (--cores_behind == 0 && runstate_is_running()) {
        cpu_enable_ticks();
    }
}

/* Time that does not count: an access is held, or the clock stands still. */
static void idle_begin(RocketNpuCore *s)
{
    if (s->idle_reasons++ == 0) {
        s->idle_since = now_ns();
    }
}

static void idle_end(RocketNpuCore *s)
{
    if (--s->idle_reasons == 0) {
        s->idle_ns += now_ns() - s->idle_since;
    }
}

static void run_enter(RocketNpuCore *s)
{
    s->co_running = true;
    hold_clock(s);
    qemu_coroutine_enter(s->co);
    s->co_running = false;
}

static void run_wake(RocketNpuCore *s, RocketWait reason)
{
    if (!s->co || s->co_running || s->wait != reason) {
        return;
    }
    if (!rk_npu_gate_running(s->gate)) {
        s->wake_pending = true;
        return;
    }
    s->wait = WAIT_NOTHING;
    run_enter(s);
}

static void run_timer(void *opaque)
{
    run_wake(opaque, WAIT_TIME);
}

static void run_resume(void *opaque)
{
    run_wake(opaque, WAIT_IOMMU);
}

static void run_catch_up(void *opaque)
{
    run_wake(opaque, WAIT_TIME);
}

/* A machine that stands does not go on before it is started again. */
static void run_worked(void *opaque)
{
    RocketNpuCore *s = opaque;

    if (s->wait == WAIT_WORK && !runstate_is_running()) {
        s->wait = WAIT_TIME;
        timer_mod_ns(s->run_timer, now_ns() + SLICE_GAP_NS);
        return;
    }
    run_wake(s, WAIT_WORK);
}

static RocketStep coroutine_fn run_wait(RocketNpuCore *s, RocketWait reason)
{
    s->wait = reason;
    qemu_coroutine_yield();
    return s->co_abort ? STEP_ABORT : STEP_OK;
}

RocketStep coroutine_fn rocket_npu_wait_iommu(RocketNpuCore *s)
{
    RocketStep step;

    trace_rocket_npu_held(s->index);
    release_clock(s);
    idle_begin(s);
    step = run_wait(s, WAIT_IOMMU);
    if (step == STEP_OK) {
        idle_end(s);
    }
    return step;
}

static int64_t task_end(RocketNpuCore *s)
{
    return s->task_begin + s->idle_ns + task_cost(s);
}

/* Go on with the next turn of the main loop, but not while the machine stands. */
static void go_on_soon(RocketNpuCore *s)
{
    if (runstate_is_running()) {
        qemu_bh_schedule(s->run_bh);
    } else {
        timer_mod_ns(s->run_timer, now_ns() + SLICE_GAP_NS);
    }
}

/*
 * Who spins, or sleeps for less than the host needs to switch threads, does not
 * let the CPU read a register.  Nobody notices, but where something is to be
 * seen between two tasks.
 */
static bool in_chain(RocketNpuCore *s)
{
    return rocket_npu_task_number(s) > 1;
}

/*
 * Wait until the work so far has had its time.  If the host is the slower one,
 * only let others in: with the clock held, or for a short time.
 */
static RocketStep coroutine_fn wait_for_time(RocketNpuCore *s)
{
    int64_t now = now_ns();
    int64_t end = task_end(s);

    if (end > now) {
        release_clock(s);
        if (!can_hold_clock() || end - now >= SPIN_NS) {
            timer_mod_ns(s->run_timer, end);
        } else if (in_chain(s)) {
            timer_mod_ns(s->run_timer, MAX(end, now + SLICE_GAP_NS));
        } else {
            go_on_soon(s);
        }
    } else if (s->behind) {
        go_on_soon(s);
    } else {
        timer_mod_ns(s->run_timer, now + SLICE_GAP_NS);
    }
    return run_wait(s, WAIT_TIME);
}

/* Let others in, in the middle of a task. */
static RocketStep coroutine_fn pause_task(RocketNpuCore *s)
{
    if (s->behind && task_end(s) - now_ns() < AHEAD_MAX_NS) {
        go_on_soon(s);
        return run_wait(s, WAIT_TIME);
    }
    return wait_for_time(s);
}

RocketStep coroutine_fn rocket_npu_spend(RocketNpuCore *s, uint64_t macs,
                                         uint64_t values)
{
    s->task_macs += macs;
    s->slice_work += macs + values * VALUE_COST;
    if (s->slice_work < SLICE_WORK) {
        return STEP_OK;
    }
    s->slice_work = 0;
    return pause_task(s);
}

static bool may_use_thread(void)
{
    return can_hold_clock() && g_get_num_processors() > 1;
}

RocketStep coroutine_fn rocket_npu_compute(RocketNpuCore *s,
                                           void (*work)(void *), void *arg,
                                           uint64_t macs)
{
    if (macs < THREAD_WORK || !may_use_thread()) {
        work(arg);
        return STEP_OK;
    }
    if (!s->worker) {
        g_autofree char *name = g_strdup_printf("npu%u", s->index);

        s->worker = rocket_worker_new(name, run_worked, s);
    }
    rocket_worker_give(s->worker, work, arg);
    return run_wait(s, WAIT_WORK);
}

unsigned rocket_npu_slice(uint64_t work, unsigned count)
{
    return MIN(count, MAX(SLICE_WORK / work, 1));
}

void rocket_npu_task_time_begin(RocketNpuCore *s)
{
    s->task_begin = MAX(now_ns(), s->task_due);
    s->idle_ns = 0;
    s->task_macs = 0;
    s->task_bytes = 0;
}

/* Is this task not the last one of its start? */
static bool more_to_come(RocketNpuCore *s)
{
    /* The counter wraps, so that a number of 0 has a last task, too. */
    return s->chained && ((s->task_counter + 1) & s->soc->number_mask) !=
                         rocket_npu_task_number(s);
}

RocketStep coroutine_fn rocket_npu_task_time_end(RocketNpuCore *s)
{
    RocketStep step;

    s->slice_work = 0;
    s->task_due = task_end(s);
    if (s->behind && more_to_come(s) &&
        s->task_due - now_ns() < CHAIN_AHEAD_NS) {
        /* The next task begins when this one would have ended. */
        go_on_soon(s);
        return run_wait(s, WAIT_TIME);
    }
    do {
        step = wait_for_time(s);
        /* A clock that stood still meanwhile has moved the end. */
    } while (step == STEP_OK && now_ns() < task_end(s));
    return step;
}

/* Cores whose coroutine lives */
static unsigned cores_running;

bool rocket_npu_others_run(RocketNpuCore *s)
{
    return cores_running > s->running;
}

static void coroutine_fn run_main(void *opaque)
{
    RocketNpuCore *s = opaque;
    RocketStep step;

    cores_running++;
    s->running = true;
    step = s->program(s);
    s->running = false;
    cores_running--;
    s->co = NULL;
    s->wait = WAIT_NOTHING;
    timer_del(s->run_timer);
    qemu_bh_cancel(s->run_bh);
    release_clock(s);
    s->state = step == STEP_HANG ? NPU_HUNG : NPU_IDLE;
}

void rocket_npu_run_start(RocketNpuCore *s)
{
    s->state = NPU_BUSY;
    s->co_abort = false;
    s->wake_pending = false;
    s->clock_stopped = false;
    s->idle_reasons = 0;
    s->slice_work = 0;
    s->task_due = 0;
    s->run_begin = now_ns();
    s->co = qemu_coroutine_create(run_main, s);
    run_enter(s);
}

void rocket_npu_run_abort(RocketNpuCore *s)
{
    timer_del(s->run_timer);
    qemu_bh_cancel(s->run_bh);
    s->wake_pending = false;
    s->task_blocks = 0;
    if (!s->co) {
        s->state = NPU_IDLE;
        return;
    }
    trace_rocket_npu_abort(s->index);
    s->co_abort = true;
    /* What the thread works on goes when the coroutine unwinds. */
    if (s->wait == WAIT_WORK) {
        rocket_worker_join(s->worker);
    }
    if (!s->co_running) {
        s->wait = WAIT_NOTHING;
        run_enter(s);
    }
    /* Else the coroutine itself got here, and unwinds when this returns. */
}

void rocket_npu_clock_stop(RocketNpuCore *s)
{
    if (s->co && !s->co_abort) {
        release_clock(s);
        s->clock_stopped = true;
        idle_begin(s);
    }
}

void rocket_npu_clock_run(RocketNpuCore *s)
{
    if (!s->clock_stopped) {
        return;
    }
    s->clock_stopped = false;
    if (!s->co || s->co_abort) {
        return;
    }
    idle_end(s);
    if (s->wake_pending && !s->co_running) {
        s->wake_pending = false;
        s->wait = WAIT_NOTHING;
        run_enter(s);
    }
}

void rocket_npu_run_init(RocketNpuCore *s, RocketProgram *program)
{
    s->program = program;
    s->run_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, run_timer, s);
    s->run_bh = qemu_bh_new(run_catch_up, s);
    rk_iommu_set_resume_notifier(s->iommu, run_resume, s);
}
