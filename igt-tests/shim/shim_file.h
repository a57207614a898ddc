/* SPDX-License-Identifier: MIT */
#ifndef SHIM_FILE_H
#define SHIM_FILE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "rocket_accel.h"
#include "va_heap.h"

/*
 * What the shim knows of one open rocket device, whatever descriptors name it: its
 * address space, its BOs, and which jobs are under way. Everything is protected by the lock. PREP_BO waits without it.
 */

/* The end of a job.  Its syncobj is used again when nobody refers to it any more. */
struct shim_fence {
	uint32_t syncobj;
	unsigned int refs;
	uint64_t number;	/* jobs are numbered in the order of submission */
	bool sent;		/* the kernel has the job */
	bool done;		/* it is known to have ended */
	struct shim_fence *next;	/* in the file's list of jobs, or of spare ones */
};

struct shim_fences {
	struct shim_fence **fence;
	size_t count, room;
};

struct shim_bo {
	bool bound;		/* else its MAP waits for the next job */
	bool shared;		/* exported: others may write to it */
	uint32_t handle;
	uint64_t addr, size, offset;
	uint64_t written, seen;	/* numbers of jobs: the last that writes, and PREP_BO saw */
	struct shim_fence *writer;	/* the last job that writes it, or NULL */
	struct shim_fences readers;	/* since then */
};

/* Queues of the VM that are used at most: enough for three cores. */
#define SHIM_QUEUES	8u

/* A range whose BO was closed; still mapped, free when the jobs up to number ended. */
struct shim_closed {
	uint64_t addr, size, number;
};

struct shim_file {
	uint64_t client;	/* drm-client-id, one for each open file */
	/* These four belong to shim_fd.c */
	unsigned int generation;	/* whose it is; a child of fork() must open its own */
	unsigned int descriptors;	/* that are known */
	unsigned int users;	/* threads that are at work with it */
	bool closed_down;	/* by its last descriptor */
	pthread_mutex_t lock;

	struct va_heap heap;
	struct shim_bo **bos;	/* by handle */
	size_t bo_room, bo_count;
	size_t unbound;		/* BOs whose MAP waits */
	struct shim_closed *closed;	/* by number */
	size_t closed_count, closed_room;
	uint64_t closed_bytes;

	struct shim_fence *first, *last;	/* jobs under way, by number */
	struct shim_fence *spare;
	uint64_t number;	/* of the last job */
	struct shim_fence *tail[SHIM_QUEUES];	/* of each queue: its last job, or NULL */
	unsigned int queues;	/* that there are, 1 to SHIM_QUEUES */
	uint32_t job_timeout_ms, max_job_timeout_ms;
};

/* Errors are negative errno. */
struct shim_file *shim_file_new(int fd, uint64_t client);
/* Frees what is known; the kernel has freed the rest, or another process uses it. */
void shim_file_free(struct shim_file *file);

/* ioctl() of the C library: 0 or a negative errno. */
int shim_kernel(int fd, unsigned long request, void *arg);

/* A fence for the next job, with one reference; NULL: -ENOMEM or no syncobj left. */
struct shim_fence *shim_fence_new(struct shim_file *file, int fd);
struct shim_fence *shim_fence_get(struct shim_fence *fence);
void shim_fence_put(struct shim_file *file, struct shim_fence *fence);
/* Keeps it among the jobs under way, once the kernel has it. */
void shim_fence_sent(struct shim_file *file, struct shim_fence *fence);
/*
 * The queue that suits a job best which comes after these: behind the last one of them, if
 * nothing else is behind it, else one whose jobs have all ended, else the one whose last job
 * was submitted first.
 */
unsigned int shim_queue_choose(struct shim_file *file, const struct shim_fences *after);
/* The job is the last one of that queue. */
void shim_queue_add(struct shim_file *file, unsigned int queue, struct shim_fence *fence);
/*
 * Lets go of jobs that have ended, those first that were submitted first.  With ask,
 * the kernel is asked; without, only what is known counts.
 */
void shim_fences_reap(struct shim_file *file, int fd, bool ask);
/* Waits until an absolute CLOCK_MONOTONIC time.  Call it without the lock. */
int shim_fence_wait(int fd, uint32_t syncobj, int64_t deadline_ns);

/* A set of fences without those that are done; false: no memory. */
bool shim_fences_add(struct shim_file *file, struct shim_fences *set, struct shim_fence *fence);
void shim_fences_drop_done(struct shim_file *file, struct shim_fences *set);
void shim_fences_clear(struct shim_file *file, struct shim_fences *set);

/* BOs (shim_bo.c) */
struct shim_bo *shim_bo_find(struct shim_file *file, uint32_t handle);
int shim_bo_create(struct shim_file *file, int fd, struct drm_rocket_create_bo *args);
int shim_bo_close(struct shim_file *file, int fd, void *args);
int shim_bo_prep(struct shim_file *file, int fd, struct drm_rocket_prep_bo *args);
int shim_bo_prep_ranges(struct shim_file *file, int fd, struct drm_rocket_prep_bo_ranges *args);
void shim_bo_share(struct shim_file *file, uint32_t handle);
/* One VM_BIND for all that waits: closed BOs out, new ones in. */
int shim_bind(struct shim_file *file, int fd);

/* Jobs (shim_submit.c) */
int shim_submit(struct shim_file *file, int fd, const struct drm_rocket_submit *args);

#endif
