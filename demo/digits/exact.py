# SPDX-License-Identifier: GPL-2.0-only
"""Floating-point sums that give the same bits on every machine.

A floating-point sum depends on the order of its terms, and BLAS and numpy choose
that order by processor, by version and by number of threads.  A committed model
that a script reproduces bit for bit cannot depend on them.

The remedy: round the operands to integers that are small enough for every
partial sum to stay below 2**53.  A double holds all of them exactly, so every
order, with or without fused multiply-add, gives the same result.  The rounding
costs precision (a dot product of 16384 terms keeps 19 bits of each operand),
which training does not notice.

Elementwise +, -, *, / and sqrt need no care, IEEE 754 defines each bit of theirs.
Functions that libm approximates (exp, log, pow) are avoided altogether.
"""

import numpy as np

MANTISSA_BITS = 53


def _to_integers(array, bits):
    """Return (integers, exponent): array ~ integers * 2**exponent.

    The magnitudes of the integers, kept as doubles, are at most 2**bits.
    """
    largest = np.abs(array).max(initial=0.0)
    if largest == 0.0:
        return np.zeros_like(array), 0
    exponent = int(np.frexp(largest)[1]) - bits
    return np.rint(np.ldexp(array, -exponent)), exponent


def _bits_per_operand(terms, operands):
    """Largest width for which a sum of 'terms' products cannot round."""
    return (MANTISSA_BITS - int(terms - 1).bit_length()) // operands


def matmul(a, b):
    """Matrix product a @ b of two-dimensional arrays, in any summation order."""
    bits = _bits_per_operand(a.shape[1], 2)
    a_int, a_exp = _to_integers(a, bits)
    b_int, b_exp = _to_integers(b, bits)
    return np.ldexp(a_int @ b_int, a_exp + b_exp)


def total(array, axis):
    """Sum of array along axis (an int or a tuple), in any summation order."""
    axes = (axis,) if isinstance(axis, int) else axis
    terms = int(np.prod([array.shape[i] for i in axes]))
    integers, exponent = _to_integers(array, _bits_per_operand(terms, 1))
    return np.ldexp(integers.sum(axis=axes), exponent)
