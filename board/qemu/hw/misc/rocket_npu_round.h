/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Integer rounding and saturation of the NPU's converters.
 */
#ifndef HW_MISC_ROCKET_NPU_ROUND_H
#define HW_MISC_ROCKET_NPU_ROUND_H

#include <stdbool.h>
#include <stdint.h>

/*
 * @value / 2^@shift, to the nearest integer.  An exact half goes to the even
 * neighbour, or away from zero if @half_away: the two settings of the
 * hardware's round bits, as measured on silicon.
 */
static inline int64_t rocket_round_shift(int64_t value, unsigned shift,
                                         bool half_away)
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
    if (rest > half ||
        (rest == half && (half_away ? value >= 0 : (whole & 1)))) {
        whole++;
    }
    return whole;
}

static inline int64_t rocket_clamp(int64_t value, int64_t min, int64_t max)
{
    return value < min ? min : value > max ? max : value;
}

static inline int32_t rocket_sat32(int64_t value)
{
    return rocket_clamp(value, INT32_MIN, INT32_MAX);
}

static inline int8_t rocket_sat8(int64_t value)
{
    return rocket_clamp(value, INT8_MIN, INT8_MAX);
}

#endif
