/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Number formats of the NPU and their layout in memory's atoms.
 *
 * Plain C that knows nothing of QEMU: board/tests/datapath compiles it, too.
 */
#ifndef HW_MISC_ROCKET_NPU_FORMAT_H
#define HW_MISC_ROCKET_NPU_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROCKET_ATOM_BYTES   16      /* unit of feature memory in every format */

/* As the registers' PRECISION fields number them */
typedef enum RocketFormat {
    ROCKET_INT8,
    ROCKET_INT16,
    ROCKET_FP16,
    ROCKET_BF16,
    ROCKET_INT32,
    ROCKET_FP32,
    ROCKET_INT4,
    ROCKET_TF32,
} RocketFormat;

/* Where a cube lies: [surface][line][pixel][atom], the innermost two side by side */
typedef struct RocketCube {
    uint32_t addr;              /* addresses wrap at 4 GiB */
    int64_t line, surf;         /* bytes from one to the next */
} RocketCube;

static inline uint32_t rocket_cube_at(const RocketCube *cube, unsigned surface,
                                      unsigned line)
{
    return cube->addr + surface * cube->surf + line * cube->line;
}

/* A value between two stages: an integer or a float, as the task computes */
typedef union RocketValue {
    int32_t i;
    float f;
} RocketValue;

static inline unsigned rocket_format_bits(RocketFormat format)
{
    static const uint8_t bits[] = { 8, 16, 16, 16, 32, 32, 4, 32 };

    return bits[format];
}

static inline bool rocket_format_is_float(RocketFormat format)
{
    return format == ROCKET_FP16 || format == ROCKET_BF16 ||
           format == ROCKET_FP32 || format == ROCKET_TF32;
}

/* Channels of one pixel in one atom */
static inline unsigned rocket_format_atom(RocketFormat format)
{
    return ROCKET_ATOM_BYTES * 8 / rocket_format_bits(format);
}

float rocket_fp16_to_float(uint16_t bits);
/* To the nearest, halves to even; what is too large becomes an infinity. */
uint16_t rocket_float_to_fp16(float value);
float rocket_bf16_to_float(uint16_t bits);
uint16_t rocket_float_to_bf16(float value);
/* To the nearest, halves to even; NaN is 0, what is too large saturates. */
int32_t rocket_float_to_int(float value, int32_t min, int32_t max);

/*
 * Operands of the multipliers: @count values from memory, as int16 where the
 * format is an integer's (of 16 bits at most), as float where it is a float's.
 * int4 has the even index in the low half of its byte; tf32 is a float whose
 * low 13 bits do not count.
 */
void rocket_widen_int(RocketFormat format, int16_t *to, const uint8_t *from,
                      size_t count);
void rocket_widen_float(RocketFormat format, float *to, const uint8_t *from,
                        size_t count);

/* Operands of the output stage: any format, to an integer or a float */
void rocket_load_values(RocketFormat format, RocketValue *to,
                        const uint8_t *from, size_t count);

#endif
