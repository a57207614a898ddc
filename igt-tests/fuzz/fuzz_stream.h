/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_STREAM_H
#define FUZZ_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "fuzz_grammar.h"
#include "igt_rocket_soc.h"

#define FUZZ_STREAM_WORDS	ROCKET_SOC_ENTRIES

/*
 * A command stream for the SoC that the seed determines, whose data lies in the page behind
 * @base. Returns how many of the words there are.
 */
size_t fuzz_stream_make(uint64_t stream[FUZZ_STREAM_WORDS], bool rk3576,
			enum fuzz_stream kind, uint64_t seed, uint32_t base);

#endif
