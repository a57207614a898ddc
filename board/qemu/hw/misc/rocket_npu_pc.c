/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Program controller of an NPU core: fetches streams of register commands,
 * runs one task per stream, follows the chain, and raises the interrupt when
 * the last task of the programmed number is done.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "rocket_npu_internal.h"
#include "trace.h"

/* Target of a stream entry, bits 63:48 */
#define TARGET_WRITE        BIT(0)
#define TARGET_FENCE        BIT(6)
#define TARGET_OP_ENABLE    BIT(7)
#define TARGET_BLOCK_SHIFT  8

/* Entries that one amount stands for, and the granule of a fetch */
#define ENTRIES_PER_AMOUNT  2
#define ENTRIES_PER_FETCH   4
#define ENTRIES_PER_CHUNK   512

/* Bits of an op-enable broadcast, as in GLOBAL_OPERATION_ENABLE */
static const uint8_t op_enable_blocks[] = {
    [0] = ROCKET_BLOCK_CNA,
    [2] = ROCKET_BLOCK_CORE,
    [3] = ROCKET_BLOCK_DPU,
    [4] = ROCKET_BLOCK_RDMA,
    [5] = ROCKET_BLOCK_PPU,
    [6] = ROCKET_BLOCK_PPU_RDMA,
};

/* Blocks that work together in one of the three kinds of tasks */
#define BLOCKS_ARRAY    (BIT(ROCKET_BLOCK_CNA) | BIT(ROCKET_BLOCK_CORE))
#define BLOCKS_FLYING   (BIT(ROCKET_BLOCK_DPU) | BIT(ROCKET_BLOCK_RDMA))
#define BLOCKS_POOLING  (BIT(ROCKET_BLOCK_PPU) | BIT(ROCKET_BLOCK_PPU_RDMA))

/* A task as its blocks make it */
typedef struct PcTask {
    bool pooling;
    union {
        RocketTask conv;
        RocketPool pool;
    };
} PcTask;

static uint32_t pc_reg(RocketNpuCore *s, uint32_t offset)
{
    return *rocket_npu_word(s, 0, offset);
}

void rocket_npu_pc_start(RocketNpuCore *s)
{
    if (s->state != NPU_IDLE || s->co) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "rocket-npu%u: started while a task is running\n",
                      s->index);
        return;
    }
    if (FIELD_EX32(pc_reg(s, A_PC_BASE_ADDRESS), PC_BASE_ADDRESS, SLAVE_MODE)) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "rocket-npu%u: started in slave mode, without a stream\n",
                      s->index);
        return;
    }
    s->stats->starts++;
    s->stats->last_start_ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    trace_rocket_npu_start(s->index, pc_reg(s, A_PC_BASE_ADDRESS),
                           pc_reg(s, A_PC_REGISTER_AMOUNTS),
                           pc_reg(s, A_PC_TASK_CON));
    rocket_npu_run_start(s);
}

static void pc_broadcast(RocketNpuCore *s, uint32_t value)
{
    unsigned bit;

    if (!s->fenced) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "rocket-npu%u: op-enable without the fence entry\n",
                      s->index);
    }
    /* A block that the stream has enabled by its own register is enabled. */
    for (bit = 0; bit < ARRAY_SIZE(op_enable_blocks); bit++) {
        unsigned block = op_enable_blocks[bit];

        if (block && (value & BIT(bit)) && !(s->stream_enabled & BIT(block))) {
            rocket_npu_enable_block(s, block);
        }
    }
}

static void pc_write(RocketNpuCore *s, uint16_t target, uint32_t offset,
                     uint32_t value)
{
    unsigned block = offset >> 12;

    if (block >= 8 || target >> TARGET_BLOCK_SHIFT != BIT(block) ||
        !rocket_npu_write_reg(s, offset, value)) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "rocket-npu%u: stream entry names no register: "
                      "target 0x%04x, register 0x%04x\n",
                      s->index, target, offset);
        return;
    }
    if (rocket_npu_has_groups(block) &&
        (offset & 0xfff) == BLOCK_OPERATION_ENABLE && value) {
        s->stream_enabled |= BIT(block);
    }
    if (offset == A_PC_BASE_ADDRESS && value & R_PC_BASE_ADDRESS_ADDR_MASK) {
        s->chained = true;
    }
}

static void pc_entry(RocketNpuCore *s, uint64_t entry)
{
    uint16_t target = entry >> 48;
    uint32_t value = entry >> 16;
    uint32_t offset = entry & 0xffff;

    if (target == 0) {
        return;     /* filler */
    }
    if (!(target & TARGET_WRITE)) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "rocket-npu%u: stream entry is no write: 0x%016" PRIx64
                      "\n", s->index, entry);
        return;
    }
    if (target & TARGET_FENCE) {
        s->fenced = true;
    }
    if (target & TARGET_OP_ENABLE) {
        pc_broadcast(s, value);
    }
    if (target >> TARGET_BLOCK_SHIFT) {
        pc_write(s, target, offset, value);
    }
}

/* Fetch and execute the stream that BASE_ADDRESS and REGISTER_AMOUNTS name. */
static RocketStep coroutine_fn pc_stream(RocketNpuCore *s)
{
    uint32_t addr = pc_reg(s, A_PC_BASE_ADDRESS) & R_PC_BASE_ADDRESS_ADDR_MASK;
    uint32_t left = (pc_reg(s, A_PC_REGISTER_AMOUNTS) + 1) * ENTRIES_PER_AMOUNT;
    g_autofree uint64_t *chunk = g_new(uint64_t, ENTRIES_PER_CHUNK);

    left = ROUND_UP(left, ENTRIES_PER_FETCH);
    s->chained = false;
    s->fenced = false;
    s->stream_enabled = 0;
    trace_rocket_npu_stream(s->index, addr, left);

    while (left) {
        uint32_t count = MIN(left, ENTRIES_PER_CHUNK);
        RocketStep step = rocket_npu_dma_read(s, BANK_CODE, addr, chunk,
                                              count * sizeof(*chunk));
        uint32_t i;

        if (step != STEP_OK) {
            return step;
        }
        for (i = 0; i < count; i++) {
            pc_entry(s, le64_to_cpu(chunk[i]));
        }
        addr += count * sizeof(*chunk);
        left -= count;
    }
    return STEP_OK;
}

/* CNA and CORE are deaf to a start that another core's number stands on. */
static bool pc_core_selected(RocketNpuCore *s)
{
    uint32_t cna = rocket_npu_read_pointer(s, ROCKET_BLOCK_CNA);
    uint32_t core = rocket_npu_read_pointer(s, ROCKET_BLOCK_CORE);

    return !s->check_core_select || !s->soc->core_select ||
           (FIELD_EX32(cna, S_POINTER, CORE_SELECT) == s->index &&
            FIELD_EX32(core, S_POINTER, CORE_SELECT) == s->index);
}

static void pc_gather_blocks(RocketNpuCore *s)
{
    unsigned block;

    s->task_blocks = 0;
    for (block = ROCKET_BLOCK_CNA; block <= ROCKET_BLOCK_PPU_RDMA; block++) {
        if (rocket_npu_has_groups(block) && rocket_npu_block_ready(s, block)) {
            s->task_blocks |= BIT(block);
        }
    }
}

static const char *pc_describe(RocketNpuCore *s, PcTask *t)
{
    t->pooling = s->task_blocks == BLOCKS_POOLING;
    if (t->pooling) {
        return s->soc->describe_pool(s, &t->pool);
    }
    if (s->task_blocks & BLOCKS_POOLING) {
        return rocket_npu_refuse_blocks(s, "PPU and PPU_RDMA are modelled "
                                        "without other blocks, and together");
    }
    if (s->task_blocks == BLOCKS_FLYING) {
        return s->soc->describe_flying(s, &t->conv);
    }
    if ((s->task_blocks & BLOCKS_ARRAY) != BLOCKS_ARRAY ||
        !(s->task_blocks & BIT(ROCKET_BLOCK_DPU))) {
        return rocket_npu_refuse_blocks(s, "the blocks make no task: CNA, "
                                        "CORE and DPU, or DPU and DPU_RDMA, "
                                        "or PPU and PPU_RDMA");
    }
    if (!pc_core_selected(s)) {
        return rocket_npu_refuse_blocks(s, "S_POINTER of CNA 0x1004 or CORE "
                                        "0x3004 selects another core");
    }
    return s->soc->describe(s, &t->conv);
}

static const char *pc_prepare(RocketNpuCore *s, PcTask *t)
{
    const char *refused;

    pc_gather_blocks(s);
    refused = s->soc->trapped(s);
    return refused ? refused : pc_describe(s, t);
}

static RocketStep coroutine_fn pc_run_task(RocketNpuCore *s, const PcTask *t)
{
    const RocketTask *c = &t->conv;

    /* The PPU is nobody's trouble (measured). */
    s->task_out_bytes = t->pooling ? 1 : rocket_format_bits(c->out.format) / 8;
    if (t->pooling) {
        trace_rocket_npu_pool(s->index, t->pool.in_w, t->pool.in_h,
                              t->pool.out_w, t->pool.out_h);
        return rocket_npu_ppu_run(s, &t->pool);
    }
    trace_rocket_npu_task(s->index, c->in_w, c->in_h, c->in_c, c->out_w,
                          c->out_h, c->out_c);
    return c->flying ? rocket_npu_dpu_fly(s, c) : rocket_npu_convolve(s, c);
}

/* What CNA and CORE raise for the task that executes, if they take part */
static uint32_t pc_front_bits(RocketNpuCore *s)
{
    if (!(s->task_blocks & BIT(ROCKET_BLOCK_CNA))) {
        return 0;
    }
    return (PC_INT_FEATURE | PC_INT_WEIGHT | PC_INT_CSC) <<
           s->executer[ROCKET_BLOCK_CNA] |
           PC_INT_CORE << s->executer[ROCKET_BLOCK_CORE];
}

static uint32_t pc_ppu_bits(RocketNpuCore *s)
{
    unsigned group = s->executer[ROCKET_BLOCK_PPU];

    switch (rocket_silicon(s->silicon, READING_PPU_RAISES)) {
    case PPU_RAISES_DPU:
        return PC_INT_DPU << group;
    case PPU_RAISES_BOTH:
        return (PC_INT_PPU | PC_INT_DPU) << group;
    default:
        return PC_INT_PPU << group;
    }
}

/* Does the DPU tell of the end of a task that writes so wide elements? */
static bool pc_dpu_tells(RocketNpuCore *s)
{
    if (!s->soc->pc_done || s->task_out_bytes == 1) {
        return true;
    }
    switch (rocket_silicon(s->silicon, READING_WIDE_OUTPUT)) {
    case WIDE_OUTPUT_NONE:
        return false;
    case WIDE_OUTPUT_NONE_32:
        return s->task_out_bytes < 4;
    default:
        return true;
    }
}

/* Bits of the blocks that took part, each by the group that executed */
static uint32_t pc_done_bits(RocketNpuCore *s)
{
    uint32_t done = pc_front_bits(s);

    if (s->task_blocks & BIT(ROCKET_BLOCK_DPU) && pc_dpu_tells(s)) {
        done |= PC_INT_DPU << s->executer[ROCKET_BLOCK_DPU];
    }
    if (s->task_blocks & BIT(ROCKET_BLOCK_PPU)) {
        done |= pc_ppu_bits(s);
    }
    return done;
}

static void pc_task_done(RocketNpuCore *s)
{
    uint32_t done = pc_done_bits(s);
    unsigned block;
    bool last;

    s->poison = s->poison || (s->soc->pc_done && s->task_out_bytes > 1);
    for (block = 0; block < NPU_BLOCKS; block++) {
        if (s->task_blocks & BIT(block)) {
            rocket_npu_finish_block(s, block);
        }
    }
    s->task_blocks = 0;
    last = rocket_npu_status_task_ended(s);
    s->kick_task++;
    s->stats->tasks++;
    s->stats->macs += s->task_macs;
    rk_iommu_watch_end(s->iommu);
    trace_rocket_npu_task_done(s->index, s->kick_task, s->task_macs,
                               s->task_bytes);

    if (last) {
        s->chained = false;
        s->poisoned = s->poison &&
            rocket_silicon(s->silicon, READING_WIDE_POISONS_NEXT) ==
            WIDE_POISON_ON;
        s->stats->busy_ns += qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) -
                             s->run_begin;
        rocket_npu_raise(s, done, true);
        return;
    }
    rocket_npu_raise_interior(s, done);
    if (!s->chained) {
        s->stats->busy_ns += qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) -
                             s->run_begin;
        qemu_log_mask(LOG_GUEST_ERROR,
                      "rocket-npu%u: the chain ends before the task number is "
                      "reached: no interrupt\n", s->index);
    }
}

static RocketStep coroutine_fn pc_task(RocketNpuCore *s)
{
    const char *refused;
    RocketStep step;
    PcTask t;

    rocket_npu_task_time_begin(s);
    if (rocket_inject_take(&s->inject->never_complete)) {
        trace_rocket_npu_injected(s->index, "task never completes");
        return STEP_HANG;
    }
    rk_iommu_watch_begin(s->iommu);
    step = pc_stream(s);
    if (step != STEP_OK) {
        return step;
    }
    refused = pc_prepare(s, &t);
    if (refused) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "rocket-npu%u: task will never complete: %s\n",
                      s->index, refused);
        trace_rocket_npu_refused(s->index, refused);
        return STEP_HANG;
    }
    if (rocket_silicon(s->silicon, READING_RAW_EARLY) == RAW_EARLY_ON) {
        rocket_npu_raise(s, pc_front_bits(s), false);
    }
    rocket_npu_pc_done(s);
    step = pc_run_task(s, &t);
    if (step != STEP_OK) {
        return step;
    }
    step = rocket_npu_task_time_end(s);
    if (step != STEP_OK) {
        return step;
    }
    step = rocket_npu_dma_drain(s);
    if (step != STEP_OK) {
        return step;
    }
    pc_task_done(s);
    return STEP_OK;
}

RocketStep coroutine_fn rocket_npu_pc_run(RocketNpuCore *s)
{
    RocketStep step;

    s->kick_over = false;
    s->kick_task = 0;
    s->mute = s->poisoned;
    s->poison = s->poisoned;
    do {
        step = pc_task(s);
    } while (step == STEP_OK && s->chained);
    return step;
}
