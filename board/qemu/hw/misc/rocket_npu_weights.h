/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Weights that do not lie as [channel / lanes][tap][kernel][lane].
 *
 * Plain C that knows nothing of QEMU: board/tests/datapath compiles it, too.
 * Source: gregordinary/rocket-userspace, which has read each of them off an RK3576.
 */
#ifndef HW_MISC_ROCKET_NPU_WEIGHTS_H
#define HW_MISC_ROCKET_NPU_WEIGHTS_H

#include "rocket_npu_format.h"

typedef enum RocketWeights {
    ROCKET_WEIGHTS_PLAIN,
    /*
     * Of packed pixels of int8, one group of 32 kernels: [ky][kernel][kx][4], a
     * kernel's row padded to 16 bytes
     */
    ROCKET_WEIGHTS_PACKED_ROWS,
    /* The same of fp16, one group of 16: [ky][kx][kernel][4] */
    ROCKET_WEIGHTS_PACKED_TAPS,
    /*
     * Depthwise int8: [channel / 64][ky][kx], two bytes for each channel, those
     * of channels 2n and 2n + 1 in turns; the weight is their sum
     */
    ROCKET_WEIGHTS_PAIRS,
} RocketWeights;

/* To [kernel][tap][channel], @pitch from kernel to kernel; other channels stay */
void rocket_weights_packed_rows(int16_t *to, size_t pitch, unsigned channels,
                                const uint8_t *from, unsigned kernels,
                                unsigned k_w, unsigned k_h);
void rocket_weights_packed_taps(float *to, size_t pitch, unsigned channels,
                                const uint8_t *from, unsigned kernels,
                                unsigned taps);
/* To [tap][channel] */
void rocket_weights_pairs(int16_t *to, unsigned channels, const uint8_t *from,
                          unsigned taps);

#endif
