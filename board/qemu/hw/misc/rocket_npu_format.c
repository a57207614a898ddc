/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Number formats of the NPU.
 *
 * Everything in memory is little endian, and so is the arithmetic here: bytes
 * are put together one by one, which compilers turn into plain loads.
 */
#include "rocket_npu_format.h"
#include "rocket_npu_vector.h"

#include <math.h>
#include <string.h>

/* Mantissa bits of a float that tf32 does not have */
#define TF32_MASK   0xffffe000

static inline uint16_t get16(const uint8_t *p)
{
    return p[0] | p[1] << 8;
}

static inline uint32_t get32(const uint8_t *p)
{
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static inline float float_of(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline uint32_t bits_of(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* The factor moves the exponent from one bias to the other, subnormals too. */
static inline float fp16_value(uint16_t h)
{
    uint32_t special = (h & 0x7c00) == 0x7c00 ? 0x7f800000 : 0;
    uint32_t bits = bits_of(float_of((uint32_t)(h & 0x7fff) << 13) * 0x1p112f);

    return float_of(bits | special | (uint32_t)(h & 0x8000) << 16);
}

float rocket_fp16_to_float(uint16_t bits)
{
    return fp16_value(bits);
}

uint16_t rocket_float_to_fp16(float value)
{
    uint32_t bits = bits_of(value);
    uint16_t sign = bits >> 16 & 0x8000;
    uint32_t abs = bits & 0x7fffffff;

    if (abs > 0x7f800000) {
        return sign | 0x7e00;
    }
    if (abs >= 0x477ff000) {            /* 65520: rounds to an infinity */
        return sign | 0x7c00;
    }
    if (abs < 0x38800000) {             /* below 2^-14: steps of 2^-24 */
        return sign | (uint16_t)lrintf(float_of(abs) * 0x1p24f);
    }
    abs += 0xfff + (abs >> 13 & 1);
    return sign | (uint16_t)((abs >> 13) - (112 << 10));
}

float rocket_bf16_to_float(uint16_t bits)
{
    return float_of((uint32_t)bits << 16);
}

uint16_t rocket_float_to_bf16(float value)
{
    uint32_t bits = bits_of(value);

    if ((bits & 0x7fffffff) > 0x7f800000) {
        return bits >> 16 | 0x40;
    }
    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

int32_t rocket_float_to_int(float value, int32_t min, int32_t max)
{
    if (!(value == value)) {
        return 0;
    }
    if (value <= (float)min) {
        return min;
    }
    if (value >= (float)max) {
        return max;
    }
    return lrintf(value);
}

ROCKET_VECTOR
static void widen_int8(int16_t *restrict to, const int8_t *restrict from,
                       size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        to[i] = from[i];
    }
}

ROCKET_VECTOR
static void widen_int4(int16_t *restrict to, const int8_t *restrict from,
                       size_t count)
{
    size_t i;

    for (i = 0; i < count / 2; i++) {
        to[2 * i] = (int8_t)(from[i] << 4) >> 4;
        to[2 * i + 1] = from[i] >> 4;
    }
}

ROCKET_VECTOR
static void widen_fp16(float *restrict to, const uint8_t *restrict from,
                       size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        to[i] = fp16_value(get16(from + 2 * i));
    }
}

void rocket_widen_int(RocketFormat format, int16_t *to, const uint8_t *from,
                      size_t count)
{
    size_t i;

    switch (format) {
    case ROCKET_INT4:
        widen_int4(to, (const int8_t *)from, count);
        break;
    case ROCKET_INT8:
        widen_int8(to, (const int8_t *)from, count);
        break;
    default:
        for (i = 0; i < count; i++) {
            to[i] = get16(from + 2 * i);
        }
        break;
    }
}

void rocket_widen_float(RocketFormat format, float *to, const uint8_t *from,
                        size_t count)
{
    uint32_t mask = format == ROCKET_TF32 ? TF32_MASK : UINT32_MAX;
    size_t i;

    switch (format) {
    case ROCKET_FP16:
        widen_fp16(to, from, count);
        break;
    case ROCKET_BF16:
        for (i = 0; i < count; i++) {
            to[i] = rocket_bf16_to_float(get16(from + 2 * i));
        }
        break;
    default:
        for (i = 0; i < count; i++) {
            to[i] = float_of(get32(from + 4 * i) & mask);
        }
        break;
    }
}

void rocket_load_values(RocketFormat format, RocketValue *to,
                        const uint8_t *from, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        switch (format) {
        case ROCKET_INT4:
            to[i].i = i % 2 ? (int8_t)from[i / 2] >> 4
                            : (int8_t)(from[i / 2] << 4) >> 4;
            break;
        case ROCKET_INT8:
            to[i].i = (int8_t)from[i];
            break;
        case ROCKET_INT16:
            to[i].i = (int16_t)get16(from + 2 * i);
            break;
        case ROCKET_FP16:
            to[i].f = fp16_value(get16(from + 2 * i));
            break;
        case ROCKET_BF16:
            to[i].f = rocket_bf16_to_float(get16(from + 2 * i));
            break;
        default:
            to[i].i = (int32_t)get32(from + 4 * i);
            break;
        }
    }
}
