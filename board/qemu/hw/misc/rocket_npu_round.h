/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Integer rounding and saturation of the NPU's converters.
 */
#ifndef HW_MISC_ROCKET_NPU_ROUND_H
#define HW_MISC_ROCKET_NPU_ROUND_H

#include "qemu/osdep.h"

/*
 * @value / 2^@shift, to the nearest integer.  Exactly half goes up if
 * @half_up, else to the even neighbour: the two settings of the hardware's
 * round bits.
 */
static inline int64_t rocket_round_shift(int64_t value, unsigned shift,
                                         bool half_up)
{
    int64_t whole;
    uint64_t rest, half;

    if (shift == 0) {
        return value;
    }
    if (shift > 62) {
        return 0;
    }
    whole = value >> shift;
    rest = value & ((1ULL << shift) - 1);
    half = 1ULL << (shift - 1);
    if (rest > half || (rest == half && (half_up || (whole & 1)))) {
        whole++;
    }
    return whole;
}

/* The same with halves away from zero, as NVDLA's multipliers do it. */
static inline int64_t rocket_round_shift_away(int64_t value, unsigned shift)
{
    return value < 0 ? -rocket_round_shift(-value, shift, true)
                     : rocket_round_shift(value, shift, true);
}

static inline int32_t rocket_sat32(int64_t value)
{
    return MAX(INT32_MIN, MIN(INT32_MAX, value));
}

static inline int8_t rocket_sat8(int64_t value)
{
    return MAX(INT8_MIN, MIN(INT8_MAX, value));
}

#endif
