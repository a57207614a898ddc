/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_RNG_H
#define FUZZ_RNG_H

#include <stdint.h>

/* Random numbers that a seed determines (splitmix64). */
struct fuzz_rng {
	uint64_t state;
};

static inline uint64_t fuzz_next(struct fuzz_rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* 0 to count - 1; count is not 0. */
static inline uint32_t fuzz_below(struct fuzz_rng *rng, uint32_t count)
{
	return fuzz_next(rng) % count;
}

/* True so many times in a hundred. */
static inline int fuzz_chance(struct fuzz_rng *rng, uint32_t percent)
{
	return fuzz_below(rng, 100) < percent;
}

#endif
