/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arithmetic of the PPU: one row of pooled fp16 pixels.
 *
 * Plain C that knows nothing of QEMU: board/tests/datapath compiles it, too.
 */
#ifndef HW_MISC_ROCKET_NPU_POOL_H
#define HW_MISC_ROCKET_NPU_POOL_H

#include "rocket_npu_format.h"

#define ROCKET_POOL_ATOM    8   /* channels of fp16 in an atom */

typedef enum RocketPoolMethod {
    ROCKET_POOL_AVERAGE,
    ROCKET_POOL_MAX,
    ROCKET_POOL_MIN,
} RocketPoolMethod;

/* One task of the PPU; all checked. */
typedef struct RocketPool {
    RocketPoolMethod method;
    unsigned in_w, in_h, out_w, out_h;
    unsigned surfaces;
    unsigned k_w, k_h, stride_x, stride_y;
    unsigned pad_left, pad_top;
    float pad;
    float recip_w, recip_h;     /* 65536 divided by the kernel's sizes */
    uint32_t src_addr, dst_addr;
    uint32_t src_line, src_surf, dst_surf;  /* bytes */
} RocketPool;

/*
 * Row @y of the output of one surface, fp16 [x][8] at @to.  @rows are the rows of
 * the input that lie under it, as floats [x][8], from input row
 * y × stride_y − pad_top on, k_h of them; NULL stands for a row of padding.
 */
void rocket_pool_row(const RocketPool *p, uint8_t *to,
                     const float *const *rows);

#endif
