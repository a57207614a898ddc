/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A matrix product in one of the array's formats, its stream built out of the rules in
 * docs/board-npu.rst: layouts of features, weights and outputs, rows of the buffer.
 *
 * Values are small integers, so that every format and every order of additions gives
 * the same sums.
 */
#ifndef PRODUCT_H
#define PRODUCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "rng.h"

#define STREAM_MAX	128
#define COUNT(array)	(sizeof(array) / sizeof(*(array)))

enum format { INT8, INT16, FP16, BF16, INT32, FP32, INT4, TF32 };

/* Of a value, by format */
extern const unsigned int format_bits[];

/* One kind of product, and what the array has at a time of it */
struct kind {
	const char *name;
	enum format in, out;
	unsigned int kernels, channels, size_e;
};

struct product {
	const struct kind *kind;
	unsigned int width, height, in, out;	/* pixels, channels */
	bool row_major;				/* width 1: features are [pixel][channel] */
	unsigned int entries;			/* of a row in CBUF */
	unsigned int weight_banks;
	int8_t *features, *weights;		/* [pixel][channel], [kernel][channel] */
	uint32_t feature_addr, weight_addr, out_addr;
	size_t out_bytes;
	uint64_t stream[STREAM_MAX];
	unsigned int count;
	unsigned int tasks;			/* of the chain, 0: one */
};

/* Random operands, placed in @vm, and room for the result */
void product_init(struct product *p, const struct kind *kind, struct vm *vm,
		  unsigned int width, unsigned int height, unsigned int in,
		  unsigned int out, struct rng *rng);
/* The same with features [pixel][channel] */
void product_init_row_major(struct product *p, const struct kind *kind, struct vm *vm,
			    unsigned int pixels, unsigned int in, unsigned int out,
			    struct rng *rng);
void product_done(struct product *p);
/* Place features and weights that have changed in @vm. */
void product_place(struct product *p, struct vm *vm);

/* The stream of the whole task */
void product_stream(struct product *p);
/* Parts of a stream: a register; the array's; the DPU's with all stages off; the end */
void product_set(struct product *p, unsigned int reg, uint32_t value);
void product_array(struct product *p);
void product_output(struct product *p, uint32_t mode, enum format in, uint32_t surface);
void product_finish(struct product *p, uint32_t blocks);
/* The PPU's: the maximum of 2 by 2 with stride 2, of a surface of fp16 */
void product_pooling(struct product *p);
/* Takes a register out of the stream. */
void product_unset(struct product *p, unsigned int reg);

/*
 * Runs on core 0, and returns RAW_STATUS in the end: at least one of @bits_wanted,
 * and none outside @mask, or the test fails.
 */
uint32_t product_run(struct board *b, struct product *p, struct vm *vm, uint32_t bits_wanted,
		     uint32_t mask);

/* What output channel @k of pixel @x ought to be */
int product_sum(const struct product *p, unsigned int x, unsigned int k);
/* How many outputs of the first @rows rows are not what they ought to be */
unsigned int product_wrong(struct product *p, struct vm *vm, unsigned int rows);

unsigned int product_pixels(const struct product *p);
/* The half that is an integer below 2048 in magnitude */
uint16_t half_bits(int value);
/* A VM of its own for core 0 */
void attach_new(struct board *b, struct vm **vm);

#endif
