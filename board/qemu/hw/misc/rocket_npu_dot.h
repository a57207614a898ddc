/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The multipliers: many dot products of one patch of features.
 *
 * Plain C that knows nothing of QEMU: board/tests/datapath compiles it, too.
 */
#ifndef HW_MISC_ROCKET_NPU_DOT_H
#define HW_MISC_ROCKET_NPU_DOT_H

#include "rocket_npu_format.h"

#define ROCKET_DOT_UNIT     32  /* lengths are multiples of it */
#define ROCKET_DOT_KERNELS  4   /* numbers of kernels are multiples of it */

/*
 * out[k] = Σ patch[i] × kernels[k × len + i].  Integers wrap at 32 bits.  Floats
 * are summed up in an order that depends on len alone: lane i of 16 takes every
 * 16th product, then the lanes are added pairwise.
 */
void rocket_dot_int(int32_t *out, const int16_t *patch, const int16_t *kernels,
                    unsigned count, size_t len);
void rocket_dot_float(float *out, const float *patch, const float *kernels,
                      unsigned count, size_t len);
int32_t rocket_sum_int(const int16_t *patch, size_t len);

/* Depthwise: acc[c] += features[c] × weights[c], and sum[c] += features[c]. */
void rocket_tap_int(int32_t *acc, int32_t *sum, const int16_t *features,
                    const int16_t *weights, unsigned count);
void rocket_tap_float(float *acc, const float *features, const float *weights,
                      unsigned count);

/*
 * One kernel group out of its packed form, [channel / lanes][tap][kernel][lane]
 * with groups at the end as short as they are, to one kernel after the other,
 * [kernel][tap][channel], @pitch values from kernel to kernel.  @elem is the
 * size of a value; depthwise groups are such groups of one kernel.
 */
void rocket_unpack_kernels(void *to, const void *from, size_t elem,
                           unsigned kernels, unsigned taps, unsigned channels,
                           unsigned lanes, size_t pitch);

#endif
