/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arithmetic of the PPU: one row of pooled pixels.
 *
 * Plain C that knows nothing of QEMU: board/tests/datapath compiles it, too.
 */
#ifndef HW_MISC_ROCKET_NPU_POOL_H
#define HW_MISC_ROCKET_NPU_POOL_H

#include "rocket_npu_format.h"

typedef enum RocketPoolMethod {
    ROCKET_POOL_AVERAGE,
    ROCKET_POOL_MAX,
    ROCKET_POOL_MIN,
} RocketPoolMethod;

/* One task of the PPU; all checked. */
typedef struct RocketPool {
    RocketPoolMethod method;
    RocketFormat format;        /* fp16, int8 or int16; others give zeroes */
    unsigned in_w, in_h, out_w, out_h;
    unsigned surfaces;
    unsigned k_w, k_h, stride_x, stride_y;
    unsigned pad_left, pad_top;
    RocketValue pad;
    /*
     * What an average multiplies by, as the registers have it: for floats a
     * number of 17 bits, for integers a fraction of 65536.
     */
    uint32_t recip_w, recip_h;
    /*
     * What an average of integers is of: the window's part that lies in the plane,
     * whose reciprocals the hardware makes
     */
    bool in_plane;
    bool index;                 /* where each extreme was, too */
    RocketCube src, dst, places;
} RocketPool;

/* 6 bits of exponent and 10 of fraction */
float rocket_fp17_to_float(uint32_t bits);

/*
 * One row of the output of one surface, [x][atom] at @to.  @rows are the rows of
 * the input that lie under it, [x][atom], k_h of them; NULL stands for a row of
 * padding.  @index gets the place of each value in its window, three bits of the
 * row and three of the column in 16 bits, in the same order; or it is NULL.
 */
void rocket_pool_row(const RocketPool *p, uint8_t *to, uint8_t *index,
                     const RocketValue *const *rows);

#endif
