/* SPDX-License-Identifier: MIT */
#ifndef ROCKET_REGCMD_RK3576_H
#define ROCKET_REGCMD_RK3576_H

#include "rocket_regcmd.h"

/*
 * Register-command streams for int8 convolutions on the RK3576.
 *
 * The blocks are those of the RK3588, at the same offsets in a core's window; most
 * registers of CNA, CORE and DPU lie elsewhere and are packed in other ways.  Nobody has
 * published a manual.  Which register holds what, and all values that are constants
 * here: the encoder of gregordinary/rocket-userspace, which its author took from captures
 * of the vendor's compiler and checked on a board.  Never run on silicon by us.
 *
 * Features, weights and outputs lie in memory as on the RK3588 (rocket_conv_pack_input(),
 * rocket_conv_pack_weights(), rocket_conv_unpack_output()); what is added and multiplied
 * per channel does not.
 */

/* Number of u64 entries in every stream that rocket_rk3576_emit() writes. */
#define ROCKET_RK3576_ENTRIES		146u
/* Bytes to reserve for one, as ROCKET_CONV_STREAM_BYTES. */
#define ROCKET_RK3576_STREAM_BYTES	((ROCKET_RK3576_ENTRIES * 8u + 63u) / 64u * 64u)

/**
 * rocket_rk3576_check() - whether this file can write a convolution
 * @c: the convolution
 *
 * Return: 0; -EOPNOTSUPP for what it does not know: channels that are no multiples of
 * 32 (measured to compute wrong), a depthwise one, one that adds a tensor or truncates,
 * weights with a zero point; what rocket_conv_check() returned.
 */
int rocket_rk3576_check(const struct rocket_conv *c);

/** rocket_rk3576_bias_size() - bytes of the packed biases, a multiple of 64 */
size_t rocket_rk3576_bias_size(const struct rocket_conv *c);

/**
 * rocket_rk3576_pack_bias() - biases as the hardware adds them
 * @c: the convolution
 * @dst: rocket_rk3576_bias_size() bytes
 * @bias: as for rocket_conv_pack_bias()
 * @weights: as for rocket_conv_pack_bias()
 *
 * Return: 0, or -ERANGE when a value does not fit in 32 bits.
 */
int rocket_rk3576_pack_bias(const struct rocket_conv *c, void *dst, const int32_t *bias,
			    const int8_t *weights);

/**
 * rocket_rk3576_emit() - write the register-command stream of one task
 * @c: the convolution
 * @task: the task: its rows and the next stream; banks do not matter here
 * @stream: array of u64 entries, little endian in memory
 * @max: its length, at least ROCKET_RK3576_ENTRIES
 *
 * Return: ROCKET_RK3576_ENTRIES; -ENOSPC when the stream does not fit in @max entries
 * or the task not in the buffer; -EINVAL for a task outside of the convolution or with
 * a misaligned next stream; -EOPNOTSUPP for one that reuses what the buffer holds; what
 * rocket_rk3576_check() returned.
 */
int rocket_rk3576_emit(const struct rocket_conv *c, const struct rocket_conv_task *task,
		       uint64_t *stream, unsigned int max);

#endif
