/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_COVER_H
#define FUZZ_COVER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What test cases reach: places in the kernel's code, as far as it was built with
 * KCOV (kcov.rst), and results that userspace sees. All of it is hashed into a map
 * of one byte each.
 */

#define FUZZ_COVER_SIZE	65536u

struct fuzz_cover {
	uint8_t reached[FUZZ_COVER_SIZE];
};

/* Shared with the processes that are forked from here on. */
struct fuzz_cover *fuzz_cover_new(void);
/* How many things @new reached that @known had not, and adds them. */
unsigned int fuzz_cover_add(struct fuzz_cover *known, const struct fuzz_cover *new);
bool fuzz_cover_contains(const struct fuzz_cover *cover, const struct fuzz_cover *part);
/* Sets @difference to what is in @new and not in @known. */
void fuzz_cover_subtract(struct fuzz_cover *difference, const struct fuzz_cover *new,
			 const struct fuzz_cover *known);
void fuzz_cover_clear(struct fuzz_cover *cover);

void fuzz_cover_reach(struct fuzz_cover *cover, unsigned int what, uint64_t value);

/* Of this thread: collects code that is reached between begin and end. */
bool fuzz_kcov_available(void);
void fuzz_kcov_open(void);
void fuzz_kcov_begin(void);
void fuzz_kcov_end(struct fuzz_cover *cover);
void fuzz_kcov_close(void);

#endif
