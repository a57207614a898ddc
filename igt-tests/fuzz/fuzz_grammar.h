/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_GRAMMAR_H
#define FUZZ_GRAMMAR_H

#include <stdint.h>

/*
 * What a test case is made of: operations with named fields. A field is a number,
 * or names a slot in which an earlier operation has left something.
 */

enum fuzz_kind {
	FUZZ_END,	/* no more fields */
	FUZZ_NUM,
	FUZZ_FILE,
	FUZZ_BO,
	FUZZ_VM,
	FUZZ_SYNC,
	FUZZ_BUF,	/* a dma-buf */
	FUZZ_MAP,	/* a CPU mapping */
	FUZZ_KINDS,
};

/* Slots of each kind. What was closed stays in its slot: that is an argument, too. */
#define FUZZ_SLOTS	8u
/* A field of a kind of slots with this bit has a plain number in its low half. */
#define FUZZ_RAW	(UINT64_C(1) << 32)
#define FUZZ_FIELDS	9

enum fuzz_type {
	FUZZ_OPEN, FUZZ_CLOSE, FUZZ_DUP, FUZZ_FORK, FUZZ_KILL,
	FUZZ_GET_PARAM, FUZZ_CREATE_BO, FUZZ_GEM_CREATE, FUZZ_GEM_CLOSE, FUZZ_GEM_QUERY,
	FUZZ_PREP_BO, FUZZ_FINI_BO, FUZZ_PREP_RANGES, FUZZ_FINI_RANGES,
	FUZZ_VM_CREATE, FUZZ_VM_DESTROY, FUZZ_VM_QUERY,
	/* Kept by the thread until vm_bind, job or submit takes them */
	FUZZ_BINDOP, FUZZ_INSYNC, FUZZ_OUTSYNC, FUZZ_TASK, FUZZ_INBO, FUZZ_OUTBO, FUZZ_JOB,
	FUZZ_VM_BIND, FUZZ_SUBMIT,
	FUZZ_SO_CREATE, FUZZ_SO_DESTROY, FUZZ_SO_SIGNAL, FUZZ_SO_RESET, FUZZ_SO_WAIT,
	FUZZ_SO_PASS, FUZZ_SO_TRANSFER, FUZZ_BLOCK, FUZZ_UNBLOCK,
	FUZZ_EXPORT, FUZZ_IMPORT, FUZZ_FOREIGN, FUZZ_BUF_CLOSE,
	FUZZ_MMAP, FUZZ_TOUCH, FUZZ_MUNMAP, FUZZ_STREAM,
	FUZZ_ITIMER, FUZZ_PAUSE, FUZZ_UNBIND, FUZZ_BIND, FUZZ_INJECT, FUZZ_READ,
	FUZZ_RAW_IOCTL,
	FUZZ_TYPES,
};

/* What FUZZ_STREAM writes. */
enum fuzz_stream {
	FUZZ_STREAM_COPY,	/* a convolution that works */
	FUZZ_STREAM_MUTATED,	/* one with some fields changed */
	FUZZ_STREAM_REGISTERS,	/* random values into random registers that exist */
	FUZZ_STREAM_NOISE,
	FUZZ_STREAM_KINDS,
};

/* Where user pointers lead. */
enum fuzz_pointer {
	FUZZ_POINTER_GOOD,
	FUZZ_POINTER_NULL,
	FUZZ_POINTER_NOWHERE,
	FUZZ_POINTER_KERNEL,
	FUZZ_POINTER_HALF,	/* the second half of the array is not there */
};

struct fuzz_field {
	const char *name;
	enum fuzz_kind kind;
	const uint64_t *values;		/* of a number: the first @usual make sense */
	unsigned int count, usual;
};

struct fuzz_type_info {
	const char *name;
	unsigned int weight;		/* how often it is chosen by itself */
	struct fuzz_field fields[FUZZ_FIELDS + 1];
};

extern const struct fuzz_type_info fuzz_types[FUZZ_TYPES];
extern const char fuzz_letters[FUZZ_KINDS];	/* of slots in the text form */

#endif
