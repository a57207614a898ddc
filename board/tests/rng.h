/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RNG_H
#define RNG_H

/* A small seeded generator (splitmix64), the same on every machine. */

#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_u64(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;

	return z ^ z >> 31;
}

static inline uint32_t rng_u32(struct rng *r)
{
	return (uint32_t)(rng_u64(r) >> 32);
}

/* Uniform in low..high, both included. */
static inline unsigned int rng_range(struct rng *r, unsigned int low, unsigned int high)
{
	return low + (unsigned int)(rng_u64(r) % ((uint64_t)high - low + 1));
}

/* True once in @n times. */
static inline int rng_one_in(struct rng *r, unsigned int n)
{
	return rng_u64(r) % n == 0;
}

#endif
