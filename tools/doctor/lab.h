/* SPDX-License-Identifier: MIT */
/*
 * A convolution whose result is known, in an address space of its own: what
 * rocket-silicon asks the NPU by changing one thing of it.
 */
#ifndef DOCTOR_LAB_H
#define DOCTOR_LAB_H

#include <stdbool.h>
#include <stdint.h>

#include "convolution.h"
#include "npu.h"

/* Where things lie in a bench's buffer; streams and outputs are two each. */
#define LAB_ADDRESS	0x40000000U
#define LAB_NOWHERE	0x90000000U	/* nothing is mapped there */
#define LAB_STREAM(i)	((i) * 0x2000U)
#define LAB_INPUT	0x4000U
#define LAB_WEIGHTS	0x6000U
#define LAB_BIAS	0x9000U
#define LAB_OUTPUT(i)	(0xa000U + (i) * 0x2000U)
#define LAB_BYTES	0xe000U

/* What a job may take; a hang takes all of it. */
#define LAB_TIMEOUT_MS	300U
/* Less than a ring of tasks takes, see bench_emit_ring(). */
#define LAB_RING_MS	2U
#define LAB_RING_TASKS	4095U

struct lab {
	int fd;
	unsigned int core;
	int8_t input[CONV_INPUT_BYTES];
	int8_t weights[CONV_WEIGHTS_BYTES];
	int32_t bias[CONV_OUT];
	int8_t expected[CONV_OUTPUT_BYTES];
};

struct bench {
	const struct lab *lab;
	uint32_t vm;
	struct npu_bo bo;
	unsigned int length[2];		/* commands of each stream */
	unsigned int timeout_ms;	/* what its jobs may take */
};

/* How a job ended. */
struct ending {
	int status;			/* 0, or the negative errno of its fence */
	unsigned int ms;		/* how long it took */
};

/* These return 0, or -1 after a message on stderr. */
int lab_open(struct lab *lab);
void lab_close(struct lab *lab);
int bench_open(struct bench *b, const struct lab *lab);
void bench_close(struct bench *b);

/*
 * Writes the stream of slot @i, which computes into output @i, and goes on with the
 * next slot if it is @chained.
 */
int bench_emit(struct bench *b, unsigned int i, bool chained, bool weight_reuse);
/* Changes the value of each write to a register in slot @i: takes bits out, puts others in. */
void bench_patch(struct bench *b, unsigned int i, unsigned int target, unsigned int reg,
		 uint32_t clear, uint32_t set);
/* Puts writes in front of slot @i; slot 0 may take the place of slot 1. */
void bench_insert(struct bench *b, unsigned int i, const uint64_t *commands, unsigned int count);
/* Has slot @i end in writes instead of its end, so that it hangs; @count is even. */
void bench_cut(struct bench *b, unsigned int i, const uint64_t *commands, unsigned int count);
/* Both slots, each of which goes on with the other; a job of it has LAB_RING_MS. */
int bench_emit_ring(struct bench *b);

/* Runs slot @i as a task of @chain tasks. */
int bench_run(struct bench *b, unsigned int i, unsigned int chain, struct ending *end);
/* Takes output @i; another job finds it empty. */
int bench_take(struct bench *b, unsigned int i, int8_t output[CONV_OUTPUT_BYTES]);
/* Whether output @i is what it should be. */
int bench_is_exact(struct bench *b, unsigned int i, bool *exact);

#endif
