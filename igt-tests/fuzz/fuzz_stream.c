// SPDX-License-Identifier: MIT
#include <string.h>

#include "fuzz_rng.h"
#include "fuzz_stream.h"

#define MUTATIONS 8u

/* A row of pixels, from one place of the page to another. */
static size_t make_copy(uint64_t *stream, bool rk3576, uint32_t base)
{
	const struct rocket_conv_task all = { .in_rows = 1, .out_rows = 1 };
	unsigned int channels = rk3576 ? 32 : 16;
	struct rocket_conv c = {
		.in_width = 64 / channels, .in_height = 1,
		.in_channels = channels, .out_channels = channels,
		.kernel_width = 1, .kernel_height = 1, .stride_x = 1, .stride_y = 1,
		.out_scale = 16384, .out_shift = 14,
		.in_addr = base + 0x800, .weight_addr = base + 0x900,
		.bias_addr = base + 0xd00, .out_addr = base + (rk3576 ? 0xf00 : 0xe00),
	};
	int words = rk3576 ? rocket_rk3576_emit(&c, &all, stream, FUZZ_STREAM_WORDS) :
			     rocket_conv_emit(&c, NULL, stream, FUZZ_STREAM_WORDS);

	return words < 0 ? 0 : words;
}

static uint64_t random_command(struct fuzz_rng *rng)
{
	static const uint16_t targets[] = {
		ROCKET_TARGET_FENCE, ROCKET_TARGET_BROADCAST, ROCKET_TARGET_PC,
		ROCKET_TARGET_CNA, ROCKET_TARGET_CORE, ROCKET_TARGET_DPU,
		ROCKET_TARGET_DPU_RDMA, ROCKET_TARGET_PPU, ROCKET_TARGET_PPU_RDMA,
	};
	uint16_t target = targets[fuzz_below(rng, sizeof(targets) / sizeof(targets[0]))];

	return rocket_regcmd(target, (fuzz_below(rng, 0x1000) & ~3u) | fuzz_below(rng, 9) << 12,
			     fuzz_next(rng) >> fuzz_below(rng, 32));
}

static void mutate(uint64_t *stream, size_t words, struct fuzz_rng *rng)
{
	unsigned int count = 1 + fuzz_below(rng, MUTATIONS);

	for (unsigned int i = 0; i < count; i++) {
		uint64_t *word = &stream[fuzz_below(rng, words)];

		switch (fuzz_below(rng, 4)) {
		case 0:
			*word ^= UINT64_C(1) << fuzz_below(rng, 64);
			break;
		case 1:
			*word = random_command(rng);
			break;
		case 2:
			*word = stream[fuzz_below(rng, words)];
			break;
		case 3:	/* another value in the same register */
			*word = (*word & UINT64_C(0xffff00000000ffff)) |
				(uint64_t)(uint32_t)fuzz_next(rng) << 16;
			break;
		}
	}
}

size_t fuzz_stream_make(uint64_t stream[FUZZ_STREAM_WORDS], bool rk3576,
			enum fuzz_stream kind, uint64_t seed, uint32_t base)
{
	struct fuzz_rng rng = { seed };
	size_t most = rocket_soc_entries(rk3576);
	size_t words = make_copy(stream, rk3576, base & ~15u);

	switch (kind) {
	case FUZZ_STREAM_COPY:
		break;
	case FUZZ_STREAM_MUTATED:
		if (words)
			mutate(stream, words, &rng);
		break;
	case FUZZ_STREAM_REGISTERS:
		for (words = 0; words < most; words++)
			stream[words] = random_command(&rng);
		break;
	default:
		for (words = 0; words < most; words++)
			stream[words] = fuzz_next(&rng);
		break;
	}
	return words;
}
