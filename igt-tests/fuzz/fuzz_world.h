/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fuzz_cover.h"
#include "fuzz_program.h"
#include "rocket_accel.h"

/*
 * What a test case has while it runs. All threads use it without any lock: that
 * somebody else has closed what one is about to use is an argument like others.
 */

/* CPU mappings have places of their own, where a late access hits nothing else. */
#define FUZZ_MAP_BYTES	(8u << 20)
#define FUZZ_MAX_FENCES	128u
#define FUZZ_MAX_BLOCKS	32u
#define FUZZ_MAX_CHILDREN 16u

struct fuzz_world {
	int file[FUZZ_SLOTS];
	uint32_t bo[FUZZ_SLOTS];
	uint64_t bo_offset[FUZZ_SLOTS];	/* for mmap */
	uint64_t bo_size[FUZZ_SLOTS];
	uint32_t vm[FUZZ_SLOTS];
	uint32_t sync[FUZZ_SLOTS];
	int buf[FUZZ_SLOTS];
	uint8_t *map;			/* FUZZ_SLOTS times FUZZ_MAP_BYTES */

	int vgem;			/* lends fences and buffers; -1: there is none */
	uint32_t block[FUZZ_MAX_BLOCKS];
	unsigned int blocks;

	int fence[FUZZ_MAX_FENCES];	/* sync files of what was submitted */
	unsigned int fences;
	pid_t child[FUZZ_MAX_CHILDREN];
	unsigned int children;
	bool is_child;
	bool has_board;			/* whose faults can be injected */

	/* For the judge */
	struct fuzz_cover *cover;
	char *complaint;		/* FUZZ_COMPLAINT bytes; empty: none */
};

#define FUZZ_COMPLAINT 512u

#define FUZZ_MAX_STAGED		32u
#define FUZZ_MAX_STAGED_JOBS	8u

/* A job that submit will take, with its arrays. */
struct fuzz_job {
	struct drm_rocket_job job;
	struct drm_rocket_task tasks[FUZZ_MAX_STAGED];
	struct drm_rocket_sync in[FUZZ_MAX_STAGED], out[FUZZ_MAX_STAGED];
	uint32_t in_bos[FUZZ_MAX_STAGED], out_bos[FUZZ_MAX_STAGED];
};

/* What a thread keeps until the ioctl that takes it. */
struct fuzz_stage {
	struct drm_rocket_vm_bind_op ops[FUZZ_MAX_STAGED];
	struct drm_rocket_task tasks[FUZZ_MAX_STAGED];
	struct drm_rocket_sync in[FUZZ_MAX_STAGED], out[FUZZ_MAX_STAGED];
	uint32_t in_bos[FUZZ_MAX_STAGED], out_bos[FUZZ_MAX_STAGED];
	struct fuzz_job jobs[FUZZ_MAX_STAGED_JOBS];
	unsigned int op_count, task_count, in_count, out_count;
	unsigned int in_bo_count, out_bo_count, job_count;
	uint8_t *cliff;			/* a page, and nothing behind it */
};

/* An argument of a kind of slots: what is in the slot, or the plain number. */
static inline uint32_t fuzz_value(const uint32_t *slots, uint64_t arg)
{
	return arg < FUZZ_SLOTS ? slots[arg] : (uint32_t)arg;
}

static inline int fuzz_fd(const int *slots, uint64_t arg)
{
	return arg < FUZZ_SLOTS ? slots[arg] : -1;
}

/* Where to put a result: a plain number names the slot by its low bits. */
static inline unsigned int fuzz_slot(uint64_t arg)
{
	return arg % FUZZ_SLOTS;
}

/* Notes what went wrong; the first one counts. */
void fuzz_complain(struct fuzz_world *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The driver's ioctls, and what they take; returns 0 or a negative errno. */
int fuzz_do_ioctl(struct fuzz_world *w, struct fuzz_stage *stage, const struct fuzz_op *op);
/* The others say -ENOSYS to what is not theirs. */
/* Syncobjs, dma-bufs, blockers. */
int fuzz_do_share(struct fuzz_world *w, const struct fuzz_op *op);
/* Files, memory, processes, signals, devices. */
int fuzz_do_process(struct fuzz_world *w, const struct fuzz_op *op);

/* Before the first of these. */
void fuzz_catch_signals(void);

/* Keeps the fence of a syncobj's point until the end. */
void fuzz_keep_fence(struct fuzz_world *w, int fd, const struct drm_rocket_sync *sync);

#endif
