/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arithmetic of the output stage.
 *
 * A task computes in integers of 32 bits, which saturate, or in floats, each
 * step of which rounds to a float.
 */
#include "rocket_npu_stages.h"
#include "rocket_npu_round.h"

#include <math.h>
#include <string.h>

/* Values of the ALGO fields of the element-wise unit */
enum {
    ALGO_MAX,
    ALGO_MIN,
    ALGO_ADD,
    ALGO_DIV,
    ALGO_MINUS,
    ALGO_ABS,
    ALGO_NEG,
    ALGO_FLOOR,
    ALGO_CEIL,
};

static inline float float_of(int32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline int32_t bits_of(float value)
{
    int32_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* The product is kept wide; its sign chooses the shift. */
static int32_t multiply(int32_t v, int32_t factor, unsigned shift,
                        unsigned shift_neg)
{
    int64_t product = (int64_t)v * factor;

    return rocket_sat32(rocket_round_shift(product,
                                           product < 0 ? shift_neg : shift,
                                           false));
}

static inline RocketValue relu(bool is_float, bool relux, int32_t max,
                               RocketValue v)
{
    if (is_float) {
        v.f = v.f > 0 ? v.f : 0;
        if (relux && v.f > float_of(max)) {
            v.f = float_of(max);
        }
    } else {
        v.i = v.i > 0 ? v.i : 0;
        if (relux && v.i > max) {
            v.i = max;
        }
    }
    return v;
}

static inline RocketValue x_add(const RocketXStage *x, RocketValue v,
                                int32_t operand)
{
    if (x->is_float) {
        v.f = x->alu_minus ? v.f - float_of(operand) : v.f + float_of(operand);
    } else {
        v.i = rocket_sat32(x->alu_minus ? (int64_t)v.i - operand
                                        : (int64_t)v.i + operand);
    }
    return v;
}

static inline RocketValue x_multiply(const RocketXStage *x, RocketValue v,
                                     int16_t operand)
{
    if (x->is_float) {
        if (v.f < 0 || !x->mul_prelu) {
            v.f *= rocket_fp16_to_float(operand);
        }
    } else if (v.i < 0 || !x->mul_prelu) {
        v.i = multiply(v.i, operand, x->mul_shift, x->mul_shift_neg);
    }
    return v;
}

void rocket_x_stage(const RocketXStage *x, const RocketXOperands *ops,
                    RocketValue *v, size_t count, unsigned atom)
{
    size_t i;

    if (!x->alu && !x->mul && !x->relu) {
        return;
    }
    for (i = 0; i < count; i++) {
        unsigned c = i % atom;

        if (x->mul && x->mul_first) {
            v[i] = x_multiply(x, v[i], ops->mul[c]);
        }
        if (x->alu) {
            v[i] = x_add(x, v[i], ops->alu[c]);
        }
        if (x->mul && !x->mul_first) {
            v[i] = x_multiply(x, v[i], ops->mul[c]);
        }
        if (x->relu) {
            v[i] = relu(x->is_float, x->relux, x->relux_max, v[i]);
        }
    }
}

static int32_t ew_convert_int(const RocketEwStage *ew, int32_t e)
{
    if (!ew->cvt) {
        return e;
    }
    if (ew->cvt_add_first) {
        return rocket_sat32(
            rocket_round_shift(((int64_t)e + ew->cvt_offset) * ew->cvt_scale,
                               ew->cvt_shift, ew->cvt_half_away));
    }
    return rocket_sat32(rocket_round_shift((int64_t)e * ew->cvt_scale,
                                           ew->cvt_shift, ew->cvt_half_away) +
                        ew->cvt_offset);
}

/* The smallest integer has no counterpart, and stays what it is. */
static int32_t negative(int32_t v)
{
    return (int32_t)-(uint32_t)v;
}

static float alu_float(unsigned algo, float v, float e)
{
    switch (algo) {
    case ALGO_MAX:
        return v > e ? v : e;
    case ALGO_MIN:
        return v < e ? v : e;
    case ALGO_DIV:
        return v / e;
    case ALGO_MINUS:
        return v - e;
    case ALGO_ABS:
        return fabsf(v);
    case ALGO_NEG:
        return -v;
    case ALGO_FLOOR:
        return floorf(v);
    case ALGO_CEIL:
        return ceilf(v);
    default:
        return v + e;
    }
}

/* A difference is a sum with the negative, as the smallest operand shows. */
static int32_t alu_int(unsigned algo, int32_t v, int32_t e)
{
    switch (algo) {
    case ALGO_MAX:
        return v > e ? v : e;
    case ALGO_MIN:
        return v < e ? v : e;
    case ALGO_MINUS:
        return rocket_sat32((int64_t)v + negative(e));
    case ALGO_ABS:
        return v < 0 ? negative(v) : v;
    case ALGO_NEG:
        return negative(v);
    case ALGO_DIV:
    case ALGO_FLOOR:
    case ALGO_CEIL:
        /* Operations of floats, whatever the bits mean */
        return bits_of(alu_float(algo, float_of(v), float_of(e)));
    default:
        return rocket_sat32((int64_t)v + e);
    }
}

static int32_t ew_int(const RocketEwStage *ew, int32_t v, int32_t e)
{
    if (!ew->registers) {
        e = ew_convert_int(ew, e);
    }
    if (!ew->mul) {
        return alu_int(ew->algo, v, e);
    }
    return ew->mul_prelu && v >= 0 ? v : multiply(v, e, ew->truncate,
                                                  ew->truncate_neg);
}

static float ew_float(const RocketEwStage *ew, float v, float e)
{
    if (ew->cvt && !ew->registers) {
        e = ew->cvt_add_first ? (e + ew->cvt_offset) * ew->cvt_scale
                              : e * ew->cvt_scale + ew->cvt_offset;
    }
    if (!ew->mul) {
        return alu_float(ew->algo, v, e);
    }
    return ew->mul_prelu && v >= 0 ? v : v * e;
}

void rocket_ew_stage(const RocketEwStage *ew, RocketValue *v,
                     const RocketValue *operand, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (ew->op && ew->is_float) {
            v[i].f = ew_float(ew, v[i].f, operand[i].f);
        } else if (ew->op) {
            v[i].i = ew_int(ew, v[i].i, operand[i].i);
        }
        if (ew->binary) {
            v[i].i = 0;
        }
        if (ew->relu) {
            v[i] = relu(ew->is_float, ew->relux, ew->relux_max, v[i]);
        }
    }
}

static inline int32_t lut_entry(const uint16_t *table, int64_t k)
{
    return (int16_t)table[k < ROCKET_LUT_ENTRIES ? k : ROCKET_LUT_ENTRIES - 1];
}

/* Between two entries: linear, towards minus infinity */
static int32_t lut_between(const uint16_t *table, int64_t d, unsigned select)
{
    int64_t k = d >> select;
    int32_t a = lut_entry(table, k), b = lut_entry(table, k + 1);

    return a + (int32_t)(((int64_t)(b - a) * (d & ((1LL << select) - 1))) >>
                         select);
}

static int32_t lut_beyond(int32_t from, int64_t d, int16_t slope,
                          unsigned shift)
{
    return rocket_sat32(from + (d * slope >> shift));
}

static int32_t lut_value(const RocketLut *lut, int32_t index)
{
    int64_t d;

    if (lut->clamp && index < lut->le_start) {
        return lut->below;
    }
    if (lut->clamp && index >= lut->lo_end) {
        return lut->above;
    }
    if (index < 0) {
        d = (int64_t)index - lut->le_start;
        if (d >= 0) {
            return lut_between(lut->le, d, lut->le_select);
        }
        index = lut_beyond(lut_entry(lut->le, 0), d, lut->le_slope,
                           lut->le_slope_shift);
        return index > 0 ? index : 0;
    }
    d = (int64_t)index - lut->lo_end;
    return d >= 0 ? lut_beyond(lut_entry(lut->lo, ROCKET_LUT_ENTRIES - 1), d,
                               lut->lo_slope, lut->lo_slope_shift)
                  : lut_between(lut->lo, index, lut->lo_select);
}

void rocket_lut_stage(const RocketLut *lut, bool is_float, RocketValue *v,
                      size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        v[i].i = lut_value(lut, is_float ? rocket_float_to_int(v[i].f,
                                                               INT32_MIN,
                                                               INT32_MAX)
                                         : v[i].i);
    }
}

/*
 * Behind the table a half float is made of the integer, and MINUS_EXP taken
 * from its exponent modulo 32, that of zero included.
 */
static float table_float(const RocketOutStage *out, int32_t q)
{
    uint16_t h;

    if (!out->cvt_type) {
        return (float)rocket_sat32(rocket_round_shift(
                   ((int64_t)q + out->offset) * out->scale, out->shift,
                   out->half_away));
    }
    h = rocket_float_to_fp16((float)((int64_t)q + out->offset));
    h = (h & 0x83ff) | (((h >> 10) - out->minus_exp) & 0x1f) << 10;
    return rocket_fp16_to_float(h);
}

/* Floats have neither shift nor rounding here, integers add the offset last. */
static RocketValue convert(const RocketOutStage *out, RocketValue v)
{
    if (out->table && rocket_format_is_float(out->format)) {
        v.f = table_float(out, v.i);
    } else if (out->is_float && !out->table) {
        v.f = v.f * out->scale + out->offset;
    } else {
        v.i = rocket_sat32(rocket_round_shift((int64_t)v.i * out->scale,
                                              out->shift, out->half_away) +
                           out->offset);
    }
    return v;
}

static int32_t to_int(bool is_float, RocketValue v, int32_t min, int32_t max)
{
    return is_float ? rocket_float_to_int(v.f, min, max)
                    : (int32_t)rocket_clamp(v.i, min, max);
}

static inline uint8_t *put16(uint8_t *to, uint16_t value)
{
    to[0] = value;
    to[1] = value >> 8;
    return to + 2;
}

static inline uint8_t *put32(uint8_t *to, uint32_t value)
{
    return put16(put16(to, value), value >> 16);
}

void rocket_out_stage(const RocketOutStage *out, uint8_t *to,
                      const RocketValue *v, size_t count)
{
    bool is_float = out->table ? rocket_format_is_float(out->format)
                               : out->is_float;
    size_t i;

    for (i = 0; i < count; i++) {
        RocketValue o = convert(out, v[i]);
        float f = is_float ? o.f : (float)o.i;

        switch (out->format) {
        case ROCKET_INT8:
            *to++ = to_int(is_float, o, INT8_MIN, INT8_MAX);
            break;
        case ROCKET_INT16:
            to = put16(to, to_int(is_float, o, INT16_MIN, INT16_MAX));
            break;
        case ROCKET_INT32:
            to = put32(to, to_int(is_float, o, INT32_MIN, INT32_MAX));
            break;
        case ROCKET_FP16:
            to = put16(to, rocket_float_to_fp16(f));
            break;
        case ROCKET_BF16:
            to = put16(to, rocket_float_to_bf16(f));
            break;
        default:
            o.f = f;
            to = put32(to, o.i);
            break;
        }
    }
}
