/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_PROGRAM_H
#define FUZZ_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fuzz_grammar.h"
#include "fuzz_rng.h"

/* A test case: a sequence of operations that one or more threads execute. */

#define FUZZ_MAX_OPS		80u
#define FUZZ_MAX_THREADS	4u

struct fuzz_op {
	enum fuzz_type type;
	uint64_t arg[FUZZ_FIELDS];
};

struct fuzz_program {
	uint32_t threads;	/* 1 to FUZZ_MAX_THREADS */
	uint32_t stagger;	/* how many operations each thread begins after the last */
	uint32_t count;
	struct fuzz_op ops[FUZZ_MAX_OPS];
};

/* The same seed brings the same program. */
void fuzz_generate(struct fuzz_program *program, struct fuzz_rng *rng);
/* Changes it here and there; @other lends some of its operations. */
void fuzz_mutate(struct fuzz_program *program, const struct fuzz_program *other,
		 struct fuzz_rng *rng);
/* Without the operations [from, from + count). */
void fuzz_cut(struct fuzz_program *program, uint32_t from, uint32_t count);
bool fuzz_equal(const struct fuzz_program *a, const struct fuzz_program *b);

/*
 * Makes a program smaller as long as @keeps says yes, by cutting ever smaller
 * pieces, at most @tries times.
 */
void fuzz_minimise(struct fuzz_program *program, unsigned int tries,
		   bool (*keeps)(const struct fuzz_program *smaller, void *data), void *data);

/*
 * Text: a line "threads N stagger N", then one for each operation, "name
 * field=value…". A slot is a letter and a digit. # begins a comment.
 */
void fuzz_write(const struct fuzz_program *program, FILE *file);
/* Returns NULL, or what is wrong in which line. */
const char *fuzz_read(struct fuzz_program *program, FILE *file);

#endif
