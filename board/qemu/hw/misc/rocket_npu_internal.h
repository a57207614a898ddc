/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the NPU core model share.
 *
 *  rocket_npu.c       device: window, interrupt, reset, migration
 *  rocket_npu_regs.c  list of registers
 *  rocket_npu_group.c ping-pong register groups
 *  rocket_npu_lut.c   tables of the output stage
 *  rocket_npu_status.c TASK_STATUS
 *  rocket_npu_trap.c  tasks that silicon may not end, or not compute exactly
 *  rocket_npu_pc.c    program controller: streams, chains, tasks
 *  rocket_npu_run.c   execution in virtual time: coroutine, waits, abort
 *  rocket_npu_dma.c   memory access through the IOMMU
 *  rocket_npu_task.c  registers to a checked description of one task
 *  rocket_npu_cna.c   features and weights into the convolution buffer
 *  rocket_npu_core.c  multiply and accumulate
 *  rocket_npu_dpu.c   bias, element-wise operand, conversion, output
 */
#ifndef HW_MISC_ROCKET_NPU_INTERNAL_H
#define HW_MISC_ROCKET_NPU_INTERNAL_H

#include "hw/sysbus.h"
#include "hw/misc/rk_iommu.h"
#include "hw/misc/rk_npu_gate.h"
#include "hw/misc/rocket_board_ctl.h"
#include "hw/misc/rocket_npu.h"
#include "hw/misc/rocket_silicon.h"
#include "qemu/coroutine.h"
#include "qemu/timer.h"
#include "rocket_npu_regs.h"

#define NPU_BLOCKS          16
#define NPU_GROUPS          2
#define NPU_BLOCK_WORDS     128     /* no known register lies above 0x1ff */

#define CBUF_BANKS          12
#define CBUF_BANK_BYTES     32768
#define CBUF_BYTES          (CBUF_BANKS * CBUF_BANK_BYTES)
#define CBUF_ROW_UNIT       64      /* unit of CBUF_CON1.DATA_ENTRIES */

#define LUT_TABLES          2       /* LE and LO */
#define LUT_ENTRIES         1024    /* what LUT_ADDR can name */
#define LUT_ENTRIES_USED    513     /* what its users write */

#define FEATURE_ATOM        16      /* channels in one unit of feature memory */
#define KERNEL_GROUP        32      /* kernels that the array works on */
#define CHANNEL_GROUP       32      /* channels per group of weights */
#define DW_CHANNEL_GROUP    64      /* the same, depthwise */

/* Which IOMMU bank carries what; a core with one bank uses that for all. */
#define BANK_DATA           0       /* features, operands, output */
#define BANK_CODE           1       /* register-command streams, weights */

/* How a step of a task ended. */
typedef enum RocketStep {
    STEP_OK,
    STEP_HANG,      /* the task will never complete */
    STEP_ABORT,     /* reset or power loss: touch nothing any more */
} RocketStep;

typedef enum RocketState {
    NPU_IDLE,
    NPU_BUSY,
    NPU_HUNG,       /* a task that will never complete; until a reset */
} RocketState;

typedef enum RocketWait {
    WAIT_NOTHING,
    WAIT_TIME,
    WAIT_IOMMU,
} RocketWait;

typedef enum RocketSpurious {
    SPURIOUS_NONE,
    SPURIOUS_LINE,  /* the line is high, RAW_STATUS is empty */
    SPURIOUS_DPU,   /* DPU_0 is set, nothing ran */
    SPURIOUS_GAP,   /* low in between, so that each one is an edge */
} RocketSpurious;

/* Conversion of features on their way into the buffer, one per lane of 4 */
typedef struct RocketCvt {
    int16_t scale;
    int16_t offset;
    uint8_t truncate;
} RocketCvt;

/* BS or BN stage of the output */
typedef struct RocketXStage {
    bool alu;
    bool alu_minus;
    bool alu_memory;        /* operand per channel, from memory */
    int32_t alu_operand;
    bool mul;
    bool mul_prelu;         /* negative values only */
    int16_t mul_operand;
    uint8_t mul_shift;
    uint8_t mul_shift_neg;
    bool relu;
    bool relux;
    int32_t relux_max;
    uint32_t addr;          /* of the operands */
} RocketXStage;

/* Element-wise stage */
typedef struct RocketEwStage {
    bool enabled;
    bool op;
    bool mul;
    bool mul_prelu;
    uint8_t algo;
    bool cvt;
    bool cvt_add_first;
    bool cvt_half_away;
    int32_t cvt_offset;
    int16_t cvt_scale;
    uint8_t cvt_shift;
    uint16_t truncate;
    uint16_t truncate_neg;
    bool relu;
    bool relux;
    int32_t relux_max;
    /* where surface g begins: base[g % readers] + g / readers * step */
    unsigned readers;
    uint32_t base[2];
    int64_t step[2];
    int64_t line;
} RocketEwStage;

/* One task, from the registers of the groups that execute it; all checked. */
typedef struct RocketTask {
    bool depthwise;
    unsigned lanes;             /* interleaved channels in packed input, or 0 */
    unsigned in_w, in_h;
    unsigned in_c;              /* multiple of FEATURE_ATOM */
    unsigned out_w, out_h;
    unsigned k_w, k_h, kernels;
    unsigned stride_x, stride_y;
    unsigned step_x, step_y;    /* from tap to tap, 1 without dilation */
    unsigned pad_left, pad_top;
    int8_t pad;

    uint32_t feature_addr;
    int64_t line_stride;        /* bytes */
    int64_t surf_stride;        /* bytes */
    bool cvt;
    bool cvt_add_first;
    bool cvt_half_away;
    bool cvt_signed;
    uint16_t cvt_lanes;         /* lanes of 16 that are converted */
    RocketCvt cvts[4];

    uint32_t weight_addr;
    size_t group_bytes;         /* weights of one full kernel group */
    size_t weight_bytes;        /* all weights that the array needs */
    bool data_reuse;
    bool weight_reuse;
    unsigned row_pitch;         /* bytes of one row of features in CBUF */
    unsigned pixel_pitch;
    unsigned weight_base;       /* offset of the weights' region in CBUF */
    unsigned weight_ring;       /* its size */

    bool qd;
    int32_t ow;                 /* added to each weight, in effect */
    unsigned truncate;
    bool truncate_half_away;

    uint32_t dst_addr;
    int64_t dst_line;           /* bytes */
    int64_t dst_surf;
    int64_t dst_pass;           /* from one pass of surfaces to the next */
    unsigned pass_surfaces;
    unsigned out_c;             /* real ones */
    int8_t extra;               /* value of channels that are not real */
    RocketXStage bs, bn;
    RocketEwStage ew;
    int16_t out_scale;
    int32_t out_offset;
    unsigned out_shift;
    bool out_half_away;
} RocketTask;

/* Buffers that live for one task; sized by its description. */
typedef struct RocketScratch {
    uint8_t *line;              /* one row of one surface of features */
    uint8_t *weights;           /* one kernel group as memory has it */
    int16_t *kernels;           /* the same, one kernel after the other */
    int16_t *patch;             /* features under the kernel at one pixel */
    int32_t *acc;               /* one output row of 32 channels */
    int8_t *out;                /* one output row of one surface */
    int8_t *ew;                 /* its element-wise operand */
} RocketScratch;

struct RocketNpuCore {
    SysBusDevice parent_obj;

    MemoryRegion iomem;
    qemu_irq irq;

    /* properties */
    uint32_t index;
    bool check_core_select;
    RkIommuState *iommu;
    RocketBoardCtl *ctl;
    RkNpuGate *gate;
    RocketSilicon *silicon;

    Notifier gate_notifier;
    RocketCoreStats *stats;
    RocketCoreInject *inject;
    RocketTimeModel *time;

    /* registers; blocks without groups use group 0 */
    uint32_t regs[NPU_BLOCKS * NPU_GROUPS * NPU_BLOCK_WORDS];
    uint8_t pointer[NPU_BLOCKS];    /* group that is written */
    uint8_t executer[NPU_BLOCKS];   /* group that executes */
    uint32_t task_counter;          /* ended since the count was cleared */
    uint32_t task_shown;            /* the same, late */
    bool kick_over;                 /* the last task of this start has ended */
    QEMUTimer *status_timer;

    /* interrupt */
    uint32_t int_raw;
    uint32_t int_interior;          /* of a task in the middle of a chain */
    QEMUTimer *interior_timer;
    uint32_t int_lost;              /* injected: raise no interrupt */
    uint32_t int_late;              /* injected: not yet */
    bool irq_level;
    QEMUTimer *late_timer;
    uint32_t spurious;              /* RocketSpurious */
    uint32_t spurious_left[2];
    QEMUTimer *spurious_timer;

    uint8_t *cbuf;
    uint16_t lut[LUT_TABLES * LUT_ENTRIES];
    uint32_t lut_access;            /* LUT_ACCESS_CFG as it has moved on */
    bool lut_overrun;               /* written behind the last entry */

    /* execution */
    uint32_t state;                 /* RocketState */
    Coroutine *co;
    bool co_running;
    bool co_abort;
    RocketWait wait;
    bool clock_stopped;             /* while the coroutine lives */
    bool wake_pending;              /* woke up while the clock was stopped */
    QEMUTimer *run_timer;
    int64_t run_begin;              /* of the PC, virtual ns */
    int64_t task_begin;
    int64_t idle_ns;                /* of this task: held accesses, no clock */
    int64_t idle_since;
    unsigned idle_reasons;
    uint32_t task_blocks;           /* blocks that take part, a bit each */
    uint64_t task_macs;             /* done so far */
    uint64_t task_bytes;
    uint64_t slice_work;            /* since the last return to the main loop */
    unsigned kick_task;             /* tasks of this start that have ended */
    /* Sums at the end of this task and of the one before, by kick_task % 2 */
    int32_t left[2][KERNEL_GROUP];
    bool chained;                   /* this stream named a next one */
    bool fenced;
};

/* rocket_npu.c */
void rocket_npu_raise(RocketNpuCore *s, uint32_t bits, bool completion);
/* A task has ended that is not the last one of its start. */
void rocket_npu_raise_interior(RocketNpuCore *s, uint32_t bits);
/*
 * A register write by the CPU or by a stream; false if nothing is there.
 * Writes of OPERATION_ENABLE of the PC do nothing here.
 */
bool rocket_npu_write_reg(RocketNpuCore *s, uint32_t offset, uint32_t value);

/* rocket_npu_group.c */
static inline bool rocket_npu_has_groups(unsigned block)
{
    return block == ROCKET_BLOCK_CNA ||
           (block >= ROCKET_BLOCK_CORE && block <= ROCKET_BLOCK_PPU_RDMA);
}

static inline uint32_t *rocket_npu_word(RocketNpuCore *s, unsigned group,
                                        uint32_t offset)
{
    unsigned block = offset >> 12;
    unsigned word = (offset & 0xfff) / 4 % NPU_BLOCK_WORDS;

    return &s->regs[(block * NPU_GROUPS + group) * NPU_BLOCK_WORDS + word];
}

/* What the executing group of the register's block holds. */
static inline uint32_t rocket_npu_exec_reg(RocketNpuCore *s, uint32_t offset)
{
    return *rocket_npu_word(s, s->executer[offset >> 12], offset);
}

/* Group that a write or read of the register goes to. */
unsigned rocket_npu_reg_group(RocketNpuCore *s, uint32_t offset);
void rocket_npu_write_pointer(RocketNpuCore *s, unsigned block,
                              uint32_t value);
uint32_t rocket_npu_read_pointer(RocketNpuCore *s, unsigned block);
uint32_t rocket_npu_read_status(RocketNpuCore *s, unsigned block);
/* op-enable of the group that is being written, and move on to the other */
void rocket_npu_enable_block(RocketNpuCore *s, unsigned block);
bool rocket_npu_block_ready(RocketNpuCore *s, unsigned block);
/* The block's task is over: clear its op-enable, toggle the executer. */
void rocket_npu_finish_block(RocketNpuCore *s, unsigned block);

/* rocket_npu_lut.c */
/* LUT_ACCESS_CFG or LUT_ACCESS_DATA, and not one of the other registers? */
bool rocket_npu_is_lut(uint32_t offset);
void rocket_npu_write_lut(RocketNpuCore *s, uint32_t offset, uint32_t value);
uint32_t rocket_npu_read_lut(RocketNpuCore *s, uint32_t offset);

/* rocket_npu_status.c */
void rocket_npu_status_init(RocketNpuCore *s);
/* By TASK_COUNT_CLEAR or a reset */
void rocket_npu_status_clear(RocketNpuCore *s);
/* Count a task that has ended; true if it is the last of the task number. */
bool rocket_npu_status_task_ended(RocketNpuCore *s);
/* What TASK_STATUS reads as */
uint32_t rocket_npu_status(RocketNpuCore *s);

/* rocket_npu_trap.c */
/* Why the task that takes part with task_blocks never completes, or NULL */
const char *rocket_npu_trapped(RocketNpuCore *s);
/*
 * The sums of a row of @pixels pixels, [x][KERNEL_GROUP], are there: add what
 * a task before has left in the array, if it does, and keep the last ones.
 */
void rocket_npu_leave_sums(RocketNpuCore *s, bool qd, unsigned pixels,
                           int32_t *acc);

/* rocket_npu_pc.c */
void rocket_npu_pc_start(RocketNpuCore *s);
RocketStep coroutine_fn rocket_npu_pc_run(RocketNpuCore *s);

/* rocket_npu_run.c */
void rocket_npu_run_init(RocketNpuCore *s);
void rocket_npu_run_start(RocketNpuCore *s);
void rocket_npu_run_abort(RocketNpuCore *s);
void rocket_npu_clock_stop(RocketNpuCore *s);
void rocket_npu_clock_run(RocketNpuCore *s);
void rocket_npu_task_time_begin(RocketNpuCore *s);
/*
 * Account for work done.  Now and then this returns to the main loop and
 * waits until virtual time has caught up with the work.
 */
RocketStep coroutine_fn rocket_npu_spend(RocketNpuCore *s, uint64_t macs,
                                         uint64_t values);
/* Wait until the task's time is over. */
RocketStep coroutine_fn rocket_npu_task_time_end(RocketNpuCore *s);
RocketStep coroutine_fn rocket_npu_wait_iommu(RocketNpuCore *s);

/* rocket_npu_dma.c */
/* Wait until no access of the core is on its way any more. */
RocketStep coroutine_fn rocket_npu_dma_drain(RocketNpuCore *s);
RocketStep coroutine_fn rocket_npu_dma_read(RocketNpuCore *s, unsigned bank,
                                            uint32_t iova, void *buf,
                                            size_t len);
RocketStep coroutine_fn rocket_npu_dma_write(RocketNpuCore *s, unsigned bank,
                                             uint32_t iova, void *buf,
                                             size_t len);

/* rocket_npu_task.c */
/*
 * Describe the convolution that the executing groups hold.  NULL if the model
 * can run it, else why not; such a task never completes.
 */
const char *rocket_npu_task_describe(RocketNpuCore *s, RocketTask *t);

/* rocket_npu_cna.c */
RocketStep coroutine_fn rocket_npu_fetch_features(RocketNpuCore *s,
                                                  const RocketTask *t,
                                                  RocketScratch *m);
/*
 * Bring kernels first .. first + KERNEL_GROUP - 1 into m->weights, through the
 * buffer, or out of it if the task reuses weights.
 */
RocketStep coroutine_fn rocket_npu_fetch_weights(RocketNpuCore *s,
                                                 const RocketTask *t,
                                                 RocketScratch *m,
                                                 unsigned first);

/* rocket_npu_core.c */
static inline unsigned rocket_npu_taps(const RocketTask *t)
{
    return t->k_w * t->k_h;
}

/* Length of one kernel in m->kernels, padded for the inner loop. */
size_t rocket_npu_kernel_length(const RocketTask *t);
RocketStep coroutine_fn rocket_npu_convolve(RocketNpuCore *s,
                                            const RocketTask *t);

/* rocket_npu_dpu.c */
/* Operands of KERNEL_GROUP output channels */
typedef struct RocketOperands {
    int32_t bs[KERNEL_GROUP];
    int32_t bn[KERNEL_GROUP];
} RocketOperands;

RocketStep coroutine_fn rocket_npu_dpu_operands(RocketNpuCore *s,
                                                const RocketTask *t,
                                                unsigned first,
                                                RocketOperands *ops);
/*
 * Output channels first .. first + KERNEL_GROUP - 1 of row y, whose sums are
 * in m->acc, [x][KERNEL_GROUP].
 */
RocketStep coroutine_fn rocket_npu_dpu_row(RocketNpuCore *s,
                                           const RocketTask *t,
                                           RocketScratch *m,
                                           const RocketOperands *ops,
                                           unsigned first, unsigned y);

#endif
