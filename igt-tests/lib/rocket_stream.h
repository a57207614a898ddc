/* SPDX-License-Identifier: MIT */
#ifndef ROCKET_STREAM_H
#define ROCKET_STREAM_H

/* A register-command stream under construction, for those who write them. */

#include "rocket_regcmd.h"

/* Entries behind the configuration: next stream, its amount, fence, op-enable. */
#define ROCKET_STREAM_TAIL	4u
/* CNA, CORE, DPU and DPU_RDMA in the op-enable broadcast, bit 0 being the CNA. */
#define ROCKET_STREAM_BLOCKS	0x1du
/* Ping-pong of the register groups as the kernel's driver sets it for CNA and CORE. */
#define ROCKET_STREAM_PING_PONG	(1u << 3 | 1u << 2 | 1u << 1)

/* @count runs on beyond @max so that overflow shows. */
struct rocket_stream {
	uint64_t *entries;
	unsigned int count;
	unsigned int max;
};

static inline void rocket_stream_put(struct rocket_stream *s, uint64_t entry)
{
	if (s->count < s->max)
		s->entries[s->count] = entry;
	s->count++;
}

/* Write a register, an offset in the core's window: bits 15:12 are the block. */
static inline void rocket_stream_set(struct rocket_stream *s, unsigned int reg, uint32_t value)
{
	rocket_stream_put(s, rocket_regcmd(0x100u << (reg >> 12) | 1u, reg, value));
}

/* Clear the registers from @first to @last, 4 bytes apart. */
static inline void rocket_stream_clear(struct rocket_stream *s, unsigned int first,
				       unsigned int last)
{
	for (unsigned int reg = first; reg <= last; reg += 4)
		rocket_stream_set(s, reg, 0);
}

/*
 * The end of a stream of @entries, filled up to that; @next_addr is 0 or what follows, of
 * the same length.  The amount of the next stream counts pairs without the tail, rounded up
 * to an even number (Mesa's and the vendor's rule).  Lengths are chosen so that this is the
 * number the driver writes to start such a stream.
 */
static inline void rocket_stream_end(struct rocket_stream *s, unsigned int entries,
				     uint32_t next_addr)
{
	while (s->count < entries - ROCKET_STREAM_TAIL)
		rocket_stream_put(s, 0);

	if (next_addr) {
		rocket_stream_set(s, 0x0010, next_addr);	/* PC_BASE_ADDRESS */
		rocket_stream_set(s, 0x0014, ((entries - ROCKET_STREAM_TAIL) / 2 + 1) / 2 * 2);
	} else {
		rocket_stream_put(s, 0);
		rocket_stream_set(s, 0x0014, 0);		/* PC_REGISTER_AMOUNTS */
	}
	rocket_stream_put(s, rocket_regcmd(ROCKET_TARGET_FENCE, 0, 0));
	rocket_stream_put(s, rocket_regcmd(ROCKET_TARGET_BROADCAST, 0x0008, ROCKET_STREAM_BLOCKS));
}

#endif
