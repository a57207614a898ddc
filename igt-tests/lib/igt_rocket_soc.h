/* SPDX-License-Identifier: MIT */
#ifndef IGT_ROCKET_SOC_H
#define IGT_ROCKET_SOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rocket_regcmd.h"
#include "rocket_regcmd_rk3576.h"

/*
 * Streams of convolutions for whichever SoC a device is of, see rocket_is_rk3576().  What
 * cannot be written fails the test.
 */

/* Entries and bytes of the longer ones. */
#define ROCKET_SOC_ENTRIES	ROCKET_RK3576_ENTRIES
#define ROCKET_SOC_STREAM_BYTES	ROCKET_RK3576_STREAM_BYTES

unsigned int rocket_soc_entries(bool rk3576);

/*
 * Makes one of a convolution that the SoC's streams can say: on the RK3576 channels come
 * by 32, weights have no zero point, nothing is added or truncated.
 */
void rocket_soc_fit(bool rk3576, struct rocket_conv *c);

size_t rocket_soc_bias_size(bool rk3576, const struct rocket_conv *c);
/* bias and weights as for rocket_conv_pack_bias() */
void rocket_soc_pack_bias(bool rk3576, const struct rocket_conv *c, void *dst,
			  const int32_t *bias, const int8_t *weights);
/* task NULL: all of it. Returns the number of entries. */
unsigned int rocket_soc_emit(bool rk3576, const struct rocket_conv *c,
			     const struct rocket_conv_task *task,
			     uint64_t stream[ROCKET_SOC_ENTRIES]);

/* Gives the one write of a register another value. */
void rocket_soc_change(uint64_t *stream, unsigned int entries, unsigned int reg,
		       uint32_t value);
/* An entry that does nothing takes its place. */
void rocket_soc_leave_out(uint64_t *stream, unsigned int entries, unsigned int reg);

#endif
