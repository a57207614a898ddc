/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arithmetic of the output stage: what happens to a value between the
 * accumulator and memory.
 *
 * Plain C that knows nothing of QEMU: board/tests/datapath compiles it, too.
 */
#ifndef HW_MISC_ROCKET_NPU_STAGES_H
#define HW_MISC_ROCKET_NPU_STAGES_H

#include "rocket_npu_format.h"

/* BS or BN: a sum and a product */
typedef struct RocketXStage {
    bool is_float;          /* the task computes in floats */
    bool mul_first;         /* BN multiplies before it adds, BS after */
    bool alu;
    bool alu_minus;
    bool mul;
    bool mul_prelu;         /* negative values only */
    uint8_t mul_shift;      /* integers only */
    uint8_t mul_shift_neg;
    bool relu;
    bool relux;
    int32_t relux_max;      /* a float's bits if is_float */
    bool alu_memory;        /* operands per channel, from memory */
    bool mul_memory;
    bool ow_memory;         /* what is added to each weight, too */
    int32_t alu_operand;    /* a float's bits if is_float */
    int16_t mul_operand;    /* an fp16's bits if is_float */
    uint8_t data_use;       /* what memory has: RDMA_DATA_USE_… */
    uint32_t addr;
} RocketXStage;

/* Its operands, one of each for every channel of a surface */
typedef struct RocketXOperands {
    int32_t alu[64];
    int16_t mul[64];
    int16_t ow[64];
} RocketXOperands;

/* Operands that the element-wise unit has in registers, and channels of each */
#define ROCKET_EW_VALUES    8
#define ROCKET_EW_CHANNELS  8

/* Element-wise unit without its table */
typedef struct RocketEwStage {
    bool enabled;
    bool is_float;
    bool op;
    bool mul;
    bool mul_prelu;
    uint8_t algo;           /* DPU_ALGO_… */
    bool binary;            /* gives zeroes */
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
    /* One operand for 8 channels each, then these again; or from memory */
    bool registers;
    RocketValue value[ROCKET_EW_VALUES];
    /* Where the operand lies: see operand_addr() in rocket_npu_dpu.c. */
    RocketFormat format;
    bool low_half;          /* 16 bits in the low half of 32 */
    bool per_pixel;         /* else per channel */
    unsigned readers;
    RocketCube cube[2];
} RocketEwStage;

/* Table of the element-wise unit: negative indices in LE, others in LO */
#define ROCKET_LUT_ENTRIES  513     /* what the arithmetic uses of a table */

typedef struct RocketLut {
    const uint16_t *le, *lo;
    int32_t le_start, lo_end;
    uint8_t le_select, lo_select;   /* log2 of the distance of two entries */
    int16_t le_slope, lo_slope;     /* beyond the tables */
    uint8_t le_slope_shift, lo_slope_shift;
    bool clamp;             /* beyond them there is one value on each side */
    int16_t below, above;
} RocketLut;

/* Conversion to the output's format */
typedef struct RocketOutStage {
    bool is_float;          /* the task computes in floats */
    bool table;             /* values come from the table: integers */
    bool cvt_type;          /* with the table: work on the exponent */
    RocketFormat format;
    int16_t scale;
    int32_t offset;
    unsigned shift;
    unsigned minus_exp;
    bool half_away;
} RocketOutStage;

/*
 * Each works on @count values in place, the channels of a pixel side by side,
 * @atom of them.
 */
void rocket_x_stage(const RocketXStage *x, const RocketXOperands *ops,
                    RocketValue *v, size_t count, unsigned atom);
void rocket_ew_stage(const RocketEwStage *ew, RocketValue *v,
                     const RocketValue *operand, size_t count);
/* A float or an integer in, an integer out */
void rocket_lut_stage(const RocketLut *lut, bool is_float, RocketValue *v,
                      size_t count);
/* @count values to memory's format at @to */
void rocket_out_stage(const RocketOutStage *out, uint8_t *to,
                      const RocketValue *v, size_t count);

#endif
