/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compressed weights: the one mode whose code is known, int8 with one tap.
 *
 * Plain C that knows nothing of QEMU: board/tests/datapath compiles it, too.
 */
#ifndef HW_MISC_ROCKET_NPU_DCOMP_H
#define HW_MISC_ROCKET_NPU_DCOMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROCKET_DCOMP_LANES      16
#define ROCKET_DCOMP_TILE       32  /* kernels and channels of a tile */
#define ROCKET_DCOMP_BLOCK      16  /* unit of a lane's length */
#define ROCKET_DCOMP_ALIGN      64  /* where the next lane begins */

/*
 * Decode lane @lane, @len bytes at @from, into its places of @weights, which are
 * packed as memory has plain ones: [kernel / 32][channel / 32][kernel][channel].
 * Both numbers are multiples of 32.  False if the lane ends too early; what is
 * missing stays as it was.
 */
bool rocket_dcomp_lane(int8_t *weights, unsigned kernels, unsigned channels,
                       unsigned lane, const uint8_t *from, size_t len);

#endif
