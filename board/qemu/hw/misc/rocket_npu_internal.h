/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the NPU core model share.
 *
 *  rocket_npu.c       device: window, reset, migration
 *  rocket_npu_irq.c   interrupt
 *  rocket_npu_access.c  what a read and a write of a register do
 *  rocket_npu_soc.c   what differs between the chips
 *  rocket_npu_regs.c  list of registers, RK3588
 *  rocket_npu_regs_rk3576.c  the same, RK3576
 *  rocket_npu_group.c ping-pong register groups
 *  rocket_npu_lut.c   tables of the output stage
 *  rocket_npu_status.c TASK_STATUS
 *  rocket_npu_refuse.c  why a task does not complete, in words
 *  rocket_npu_trap.c  tasks that silicon may not end, or not compute exactly
 *  rocket_npu_pc.c    program controller: streams, chains, tasks
 *  rocket_npu_run.c   execution in virtual time: coroutine, waits, abort
 *  rocket_npu_worker.c  the thread that computes
 *  rocket_npu_dma.c   memory access through the IOMMU
 *  rocket_npu_task.c  registers of CNA and CORE to a checked description
 *  rocket_npu_task_dpu.c  the same for DPU and DPU_RDMA
 *  rocket_npu_task_rk3576.c, rocket_npu_task_dpu_rk3576.c  the same, RK3576
 *  rocket_npu_cna.c   features and weights into the convolution buffer
 *  rocket_npu_core.c  multiply and accumulate
 *  rocket_npu_dpu.c   output stage: operands from memory, output to memory
 *  rocket_npu_ppu.c   pooling: description and execution
 *
 * and arithmetic that knows nothing of QEMU:
 *
 *  rocket_npu_format.c  number formats
 *  rocket_npu_dot.c     dot products, packed weights
 *  rocket_npu_dcomp.c   compressed weights
 *  rocket_npu_weights.c  other layouts of weights
 *  rocket_npu_stages.c  between accumulator and memory
 *  rocket_npu_pool.c    windows of the PPU
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
#include "rocket_npu_dcomp.h"
#include "rocket_npu_format.h"
#include "rocket_npu_pool.h"
#include "rocket_npu_regs.h"
#include "rocket_npu_stages.h"
#include "rocket_npu_weights.h"
#include "rocket_npu_worker.h"

#define NPU_BLOCKS          16
#define NPU_GROUPS          2
#define NPU_BLOCK_WORDS     128     /* no known register lies above 0x1ff */

#define CBUF_BANKS          12
#define CBUF_BANK_BYTES     32768
#define CBUF_BYTES          (CBUF_BANKS * CBUF_BANK_BYTES)     /* RK3588 */
#define CBUF_ENTRY          64      /* unit of CBUF_CON1.DATA_ENTRIES */

#define LUT_TABLES          2       /* LE and LO */
#define LUT_ENTRIES         1024    /* what LUT_ADDR can name */
#define LUT_ENTRIES_USED    513     /* what its users write */

#define FEATURE_ATOM        ROCKET_ATOM_BYTES
/* What passes the output stage costs the host as much as this many products. */
#define VALUE_COST          32
#define GROUP_MAX           64      /* output channels that come out at a time */
#define TRANSPOSED_GROUP    16      /* the same of a transposed output */
#define TRANSPOSED_CHANNELS 32      /* most of all */

/* Which IOMMU bank carries what; a core with one bank uses that for all. */
#define BANK_DATA           0       /* features, operands, output */
#define BANK_CODE           1       /* register-command streams, weights */

/* How a step of a task ended. */
typedef enum RocketStep {
    STEP_OK,
    STEP_HANG,      /* the task will never complete */
    STEP_ABORT,     /* reset or power loss: touch nothing any more */
} RocketStep;

typedef RocketStep coroutine_fn RocketProgram(RocketNpuCore *s);

typedef enum RocketState {
    NPU_IDLE,
    NPU_BUSY,
    NPU_HUNG,       /* a task that will never complete; until a reset */
} RocketState;

typedef enum RocketWait {
    WAIT_NOTHING,
    WAIT_TIME,
    WAIT_IOMMU,
    WAIT_WORK,
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

/*
 * One task of the convolution pipeline or of the output stage alone, from the
 * registers of the groups that execute it; all checked.
 */
typedef struct RocketTask {
    bool flying;                /* the output stage alone, fed from memory */
    bool depthwise;
    RocketFormat format;        /* of features and weights */
    bool is_float;              /* sums and what follows */
    unsigned lanes;             /* interleaved channels in packed input, or 0 */
    unsigned in_w, in_h;
    unsigned in_c;              /* multiple of an atom's */
    unsigned out_w, out_h;
    unsigned k_w, k_h, kernels;
    unsigned stride_x, stride_y;
    unsigned step_x, step_y;    /* from tap to tap, 1 without dilation */
    unsigned pad_left, pad_top;
    uint32_t pad;               /* PAD_CON1 */
    bool pad_columns_zero;      /* only rows are padded with it */

    RocketCube features;
    bool cvt;
    bool cvt_add_first;
    bool cvt_half_away;
    bool cvt_signed;
    uint16_t cvt_lanes;         /* lanes of 16 that are converted */
    RocketCvt cvts[4];

    uint32_t weight_addr;
    RocketWeights layout;       /* of one kernel group, or of all if depthwise */
    unsigned group;             /* output channels at a time, <= GROUP_MAX */
    unsigned channel_group;     /* input channels of a group of weights */
    size_t kernel_bytes;        /* of one kernel; depthwise: of all weights */
    size_t group_bytes;         /* weights of one full kernel group */
    size_t weight_bytes;        /* all weights that the array needs */
    bool compressed;            /* weights */
    size_t lane_bytes[ROCKET_DCOMP_LANES];
    size_t compressed_bytes;    /* all lanes, with what aligns them */
    bool data_reuse;
    bool weight_reuse;
    unsigned row_pitch;         /* bytes of one row of features in CBUF */
    unsigned rows_kept;         /* the first ones, which are there already */
    size_t data_base;           /* offset of the first row in CBUF */
    size_t data_ring;           /* where rows begin again, or 0 */
    bool rows_overlap;          /* there */
    unsigned weight_base;       /* offset of the weights' region in CBUF */
    unsigned weight_ring;       /* its size */

    bool qd;
    bool offset_weights;
    int32_t ow;                 /* added to each weight, in effect */
    unsigned truncate;
    bool truncate_half_away;

    RocketFormat main_format;   /* flying: of what MRDMA reads */
    bool main_dead;             /* nothing comes of it but zeroes */
    RocketCube main;

    bool transposed;
    bool out_wide;              /* rocket_npu_dpu.c: wide_rows() */
    RocketCube dst;             /* of one kernel group */
    int64_t dst_pass;           /* bytes from one kernel group to the next */
    unsigned size_e;            /* surfaces of a kernel group that are written */
    unsigned out_c;             /* real ones */
    uint16_t extra;             /* value of channels that are not real */
    RocketXStage bs, bn;
    RocketEwStage ew;
    bool ew_dropped;            /* the operand is fetched and does nothing */
    bool table;
    RocketLut lut;
    RocketOutStage out;
} RocketTask;

/* Buffers that live for one task; sized by its description. */
typedef struct RocketScratch {
    uint8_t *line;              /* some rows of one surface of features */
    void *features;             /* all of them, widened: [y][x][channel] */
    uint8_t *weights;           /* one kernel group as memory has it */
    uint8_t *decoded;           /* all weights, if they were compressed */
    void *packed;               /* the same, widened */
    void *kernels;              /* the same, one kernel after the other */
    void *patch;                /* features under the kernel at one pixel */
    int32_t ow[GROUP_MAX];      /* added to each weight of a kernel, in effect */
    RocketValue *block;         /* some output rows, [y][x][group] */
    RocketValue *values;        /* one surface of them */
    RocketValue *ew;            /* its element-wise operand */
    uint8_t *row;               /* the same as memory has it */
    uint8_t *turned;            /* a part of a transposed one */
} RocketScratch;

/* A chip, as its cores differ */
typedef struct RocketNpuSoc {
    uint32_t version_num;       /* VERSION_NUM */
    uint32_t window;            /* bytes of a core's registers */
    const RocketNpuReg *regs;   /* sorted by offset */
    size_t num_regs;
    uint32_t number_mask;       /* TASK_NUMBER in TASK_CON */
    uint32_t count_clear;       /* TASK_COUNT_CLEAR there */
    uint32_t task_status;       /* offset of TASK_STATUS */
    uint32_t pc_done;           /* the PC's own two bits in RAW_STATUS, or 0 */
    bool page_locks;            /* a read of page 2 locks the SoC */
    bool core_select;           /* S_POINTER has to name the core */
    uint32_t cbuf_bytes;
    /* NULL if the model can run the task that the executing groups hold */
    const char *(*describe)(RocketNpuCore *s, RocketTask *t);
    const char *(*describe_flying)(RocketNpuCore *s, RocketTask *t);
    const char *(*describe_pool)(RocketNpuCore *s, RocketPool *p);
    /* Why the task never completes although nothing is wrong with it, or NULL */
    const char *(*trapped)(RocketNpuCore *s);
} RocketNpuSoc;

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
    RocketNpuCore *peer;            /* shares the buffer, or NULL */

    const RocketNpuSoc *soc;
    Notifier gate_notifier;
    RocketCoreStats *stats;
    RocketCoreInject *inject;
    RocketTimeModel *time;
    const RocketClockState *npu_clock;

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
    bool completed;                 /* a task has, since power came */
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
    uint32_t cbuf_bytes;
    bool poisoned;                  /* starts write nothing, until power is lost */
    bool mute;                      /* this one does */
    uint16_t lut[LUT_TABLES * LUT_ENTRIES];
    uint32_t lut_access;            /* LUT_ACCESS_CFG as it has moved on */
    bool lut_overrun;               /* written behind the last entry */

    char refusal[320];              /* rocket_npu_refuse.c */

    /* execution */
    uint32_t state;                 /* RocketState */
    Coroutine *co;
    bool co_running;
    bool co_abort;
    RocketWait wait;
    bool clock_stopped;             /* while the coroutine lives */
    bool wake_pending;              /* woke up while the clock was stopped */
    RocketProgram *program;         /* what the coroutine runs */
    QEMUTimer *run_timer;
    QEMUBH *run_bh;                 /* goes on while the clock is held */
    bool behind;                    /* and holds the clock */
    RocketWorker *worker;           /* or NULL: nothing was given away yet */
    int64_t run_begin;              /* of the PC, virtual ns */
    int64_t task_begin;
    int64_t task_due;               /* end of the task before, of a chain */
    int64_t idle_ns;                /* of this task: held accesses, no clock */
    int64_t idle_since;
    unsigned idle_reasons;
    uint32_t task_blocks;           /* blocks that take part, a bit each */
    uint64_t task_macs;             /* done so far */
    uint64_t task_bytes;
    uint64_t slice_work;            /* since the last return to the main loop */
    bool running;                   /* the coroutine lives */
    unsigned task_out_bytes;        /* of one element that the task writes */
    bool poison;                    /* this start or one before had a wide one */
    unsigned kick_task;             /* tasks of this start that have ended */
    /* Sums at the end of this task and of the one before, by kick_task % 2 */
    int32_t left[2][GROUP_MAX];
    bool chained;                   /* this stream named a next one */
    bool fenced;
    uint32_t stream_enabled;        /* blocks, by writes of this stream */
};

/* rocket_npu_irq.c */
void rocket_npu_raise(RocketNpuCore *s, uint32_t bits, bool completion);
/* A task has ended that is not the last one of its start. */
void rocket_npu_raise_interior(RocketNpuCore *s, uint32_t bits);
/* The PC has handed a task to the blocks. */
void rocket_npu_pc_done(RocketNpuCore *s);
/* What counts for STATUS and for the line */
uint32_t rocket_npu_int_status(RocketNpuCore *s);
uint32_t rocket_npu_raw_status(RocketNpuCore *s);
/* The line goes up or down, if the mask or what is raised says so. */
void rocket_npu_irq_update(RocketNpuCore *s);
void rocket_npu_irq_clear(RocketNpuCore *s, uint32_t bits);
void rocket_npu_irq_reset(RocketNpuCore *s);
/* No spurious interrupt comes any more. */
void rocket_npu_irq_quiet(RocketNpuCore *s);
void rocket_npu_irq_init(RocketNpuCore *s);

/* rocket_npu_access.c */
/*
 * A register write by the CPU or by a stream; false if nothing is there.
 * Writes of OPERATION_ENABLE of the PC do nothing here.
 */
bool rocket_npu_write_reg(RocketNpuCore *s, uint32_t offset, uint32_t value);
/* A register that is there */
uint32_t rocket_npu_read_reg(RocketNpuCore *s, uint32_t offset);

/* rocket_npu_soc.c */
const RocketNpuSoc *rocket_npu_soc(RocketChip chip);

/* rocket_npu_group.c */
/* The register at an offset of the core's window, or NULL */
const RocketNpuReg *rocket_npu_reg_find(RocketNpuCore *s, uint32_t offset);

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

static inline uint32_t rocket_npu_task_number(RocketNpuCore *s)
{
    return *rocket_npu_word(s, 0, A_PC_TASK_CON) & s->soc->number_mask;
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

/* rocket_npu_refuse.c */
/*
 * @why, and what the registers at @regs hold in the groups that execute; valid
 * until the next one.
 */
const char *rocket_npu_refuse(RocketNpuCore *s, const char *why,
                              const uint32_t *regs, unsigned count);
#define REFUSE(s, why, ...)                                               \
    rocket_npu_refuse(s, why, (const uint32_t[]){ __VA_ARGS__ },          \
                      sizeof((const uint32_t[]){ __VA_ARGS__ }) /         \
                      sizeof(uint32_t))
/* The same with the names of the blocks that take part */
const char *rocket_npu_refuse_blocks(RocketNpuCore *s, const char *why);

/* rocket_npu_trap.c */
/* Why the task that takes part with task_blocks never completes, or NULL (RK3588) */
const char *rocket_npu_trapped(RocketNpuCore *s);
/*
 * The sums of a row of output pixels, [x][group], are there: if they are
 * integers add what a task before has left in the array, if it does, and keep
 * the last ones.
 */
void rocket_npu_leave_sums(RocketNpuCore *s, const RocketTask *t,
                           RocketValue *acc);

/* rocket_npu_pc.c */
void rocket_npu_pc_start(RocketNpuCore *s);
RocketStep coroutine_fn rocket_npu_pc_run(RocketNpuCore *s);

/* rocket_npu_run.c */
/* Each start runs @program. */
void rocket_npu_run_init(RocketNpuCore *s, RocketProgram *program);
void rocket_npu_run_start(RocketNpuCore *s);
void rocket_npu_run_abort(RocketNpuCore *s);
void rocket_npu_clock_stop(RocketNpuCore *s);
void rocket_npu_clock_run(RocketNpuCore *s);
void rocket_npu_task_time_begin(RocketNpuCore *s);
/* Is a core at work besides this one? */
bool rocket_npu_others_run(RocketNpuCore *s);
/*
 * Account for work done.  Now and then this returns to the main loop and
 * waits until virtual time has caught up with the work.
 */
RocketStep coroutine_fn rocket_npu_spend(RocketNpuCore *s, uint64_t macs,
                                         uint64_t values);
/* @work(@arg), @macs of it, here or in the core's thread */
RocketStep coroutine_fn rocket_npu_compute(RocketNpuCore *s,
                                           void (*work)(void *), void *arg,
                                           uint64_t macs);
/* How many of @count units, @work each, fit between two returns: one at least */
unsigned rocket_npu_slice(uint64_t work, unsigned count);
/* Wait until the task's time is over. */
RocketStep coroutine_fn rocket_npu_task_time_end(RocketNpuCore *s);
RocketStep coroutine_fn rocket_npu_wait_iommu(RocketNpuCore *s);

/* rocket_npu_dma.c */
/* Wait until no access of the core is on its way any more. */
RocketStep coroutine_fn rocket_npu_dma_drain(RocketNpuCore *s);
RocketStep coroutine_fn rocket_npu_dma_read(RocketNpuCore *s, unsigned bank,
                                            uint32_t iova, void *buf,
                                            size_t len);
/* Output, the only thing that is written */
RocketStep coroutine_fn rocket_npu_dma_write(RocketNpuCore *s, uint32_t iova,
                                             void *buf, size_t len);

/* @lines lines of @len bytes each from @line on, one behind the other at @buf */
RocketStep coroutine_fn rocket_npu_read_lines(RocketNpuCore *s,
                                              const RocketCube *cube,
                                              unsigned surface, unsigned line,
                                              unsigned lines, size_t len,
                                              uint8_t *buf);
RocketStep coroutine_fn rocket_npu_write_lines(RocketNpuCore *s,
                                               const RocketCube *cube,
                                               unsigned surface, unsigned line,
                                               unsigned lines, size_t len,
                                               uint8_t *buf);

/* rocket_npu_task.c */
/*
 * Describe the task that the executing groups of CNA, CORE and DPU hold, or of
 * the DPU alone.  NULL if the model can run it, else why not; such a task never
 * completes.
 */
const char *rocket_npu_task_describe(RocketNpuCore *s, RocketTask *t);

/* A part of that; the same for the parts of any SoC, one after the other. */
typedef const char *(*RocketDescribe)(RocketNpuCore *s, RocketTask *t);
const char *rocket_npu_describe_by(RocketNpuCore *s, RocketTask *t,
                                   const RocketDescribe *describe, unsigned n);

/* rocket_npu_task_dpu.c */
/* The output stage's part of it */
const char *rocket_npu_task_describe_dpu(RocketNpuCore *s, RocketTask *t);
/* All of it where DPU and DPU_RDMA work alone */
const char *rocket_npu_task_describe_flying(RocketNpuCore *s, RocketTask *t);

/* rocket_npu_cna.c */
RocketStep coroutine_fn rocket_npu_fetch_features(RocketNpuCore *s,
                                                  const RocketTask *t,
                                                  RocketScratch *m);
/* What the input converter makes of a byte */
uint8_t rocket_npu_converted(const RocketTask *t, const RocketCvt *cvt,
                             uint8_t byte);
/* Of m->line, where features are no packed pixels */
size_t rocket_npu_fetch_bytes(const RocketTask *t);
/* All features out of the buffer to m->features */
void rocket_npu_widen_features(RocketNpuCore *s, const RocketTask *t,
                               RocketScratch *m);
/*
 * Bring one group of kernels from @first on into m->weights, through the buffer,
 * or out of it if the task reuses weights.
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

/* Size of a multiplier's operand here */
static inline size_t rocket_npu_operand_size(const RocketTask *t)
{
    return t->is_float ? sizeof(float) : sizeof(int16_t);
}

RocketStep coroutine_fn rocket_npu_convolve(RocketNpuCore *s,
                                            const RocketTask *t);

/* rocket_npu_dpu.c */
/* What the output stage needs of m, and a block of @rows rows */
void rocket_npu_dpu_alloc(const RocketTask *t, RocketScratch *m, unsigned rows);
void rocket_npu_dpu_free(RocketScratch *m);
/* Operands per channel of the output channels from @first on */
RocketStep coroutine_fn rocket_npu_dpu_operands(RocketNpuCore *s,
                                                const RocketTask *t,
                                                unsigned first,
                                                RocketXOperands *bs,
                                                RocketXOperands *bn);
/*
 * The group of output channels from @first on in @rows rows from @y on, whose values
 * are in m->block.
 */
RocketStep coroutine_fn rocket_npu_dpu_rows(RocketNpuCore *s,
                                            const RocketTask *t,
                                            RocketScratch *m,
                                            const RocketXOperands *bs,
                                            const RocketXOperands *bn,
                                            unsigned first, unsigned y,
                                            unsigned rows);
/* Rows of a block, each pixel of which makes @macs: a slice of work, or one */
unsigned rocket_npu_block_rows(const RocketTask *t, uint64_t macs);
/* A task of DPU and DPU_RDMA alone */
RocketStep coroutine_fn rocket_npu_dpu_fly(RocketNpuCore *s,
                                           const RocketTask *t);

/* rocket_npu_ppu.c */
const char *rocket_npu_ppu_describe(RocketNpuCore *s, RocketPool *p);
RocketStep coroutine_fn rocket_npu_ppu_run(RocketNpuCore *s,
                                           const RocketPool *p);

#endif
