/* SPDX-License-Identifier: MIT */
#ifndef IGT_ROCKET_JOB_H
#define IGT_ROCKET_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "igt_rocket.h"
#include "igt_rocket_soc.h"

/*
 * Jobs
 */

int __rocket_submit(int fd, const struct drm_rocket_job *jobs, uint32_t count);
void rocket_submit(int fd, const struct drm_rocket_job *jobs, uint32_t count);
/* Submits one job without out-syncs; a new syncobj gets its fence. */
int __rocket_start(int fd, const struct drm_rocket_job *job, uint32_t *syncobj);
uint32_t rocket_start(int fd, const struct drm_rocket_job *job);
/* Submits one job, waits, and returns how it ended: 0 or a negative errno. */
int rocket_run(int fd, const struct drm_rocket_job *job);

/*
 * A probe lets the NPU copy: each of its tasks reads ROCKET_PATTERN bytes at one
 * address of a VM and writes them to another, by a 1x1 convolution of a row of
 * four pixels with 16 channels (of two with 32 on the RK3576) whose weights are the
 * identity.  (The hardware counts output channels by 32, so twice as many bytes may be
 * written.)  It keeps its streams, weights and results in a BO of its own in the VM.
 */

#define ROCKET_PROBE_WRITES (2 * ROCKET_PATTERN)
/* What each of its streams takes, whatever the SoC. */
#define ROCKET_PROBE_STREAM_BYTES	ROCKET_SOC_STREAM_BYTES

struct rocket_probe {
	int fd;
	uint32_t vm;
	uint32_t addr;		/* of its own BO in the VM */
	unsigned int slots;	/* copies that it can hold at a time */
	bool rk3576;		/* its streams are for that SoC */
	unsigned int entries;	/* of each stream */
	struct rocket_bo bo;
	struct drm_rocket_task *tasks;	/* one for each slot */
	struct { uint32_t from, to; } *copies;	/* what each slot does */
	uint32_t cores;		/* where rocket_probe_repeat() may run, 0 anywhere */
};

/* Size of the BO, in bytes: what a probe occupies at its address. */
uint32_t rocket_probe_size(unsigned int slots);
void rocket_probe_init(struct rocket_probe *probe, int fd, uint32_t vm, uint32_t addr,
		       unsigned int slots);
/* The same in a BO that is mapped there already. */
void rocket_probe_init_bo(struct rocket_probe *probe, int fd, uint32_t vm, uint32_t addr,
			  unsigned int slots, struct rocket_bo bo);
void rocket_probe_fini(struct rocket_probe *probe);

/* Where a slot's result lies when nothing else is said: address and CPU's view. */
uint32_t rocket_probe_result_addr(const struct rocket_probe *probe, unsigned int slot);
volatile uint8_t *rocket_probe_result(const struct rocket_probe *probe, unsigned int slot);

/* Sets up the copy of a slot. */
void rocket_probe_set(struct rocket_probe *probe, unsigned int slot, uint32_t from,
		      uint32_t to);
/* The stream of a slot that was set up names that of another one as the next. */
void rocket_probe_chain(struct rocket_probe *probe, unsigned int slot, unsigned int next);
/* The same, of any other stream; zeroes behind it up to ROCKET_PROBE_STREAM_BYTES. */
void rocket_probe_chain_to(struct rocket_probe *probe, unsigned int slot, uint32_t stream);
/* A task that never ends by itself. */
void rocket_probe_set_hang(struct rocket_probe *probe, unsigned int slot);
/* A job of the copies in slots [first, first + count). */
struct drm_rocket_job rocket_probe_job(const struct rocket_probe *probe,
				       unsigned int first, unsigned int count);

/*
 * Submits one job that repeats the copy of a slot so many times, one task each,
 * and returns the syncobj that gets its fence. The job may take the longest time
 * that a job can have.
 */
uint32_t rocket_probe_repeat(struct rocket_probe *probe, unsigned int slot,
			     unsigned int times);
/* Waits until the NPU has written the slot's result, as it was cleared before. */
void rocket_probe_await_result(struct rocket_probe *probe, unsigned int slot,
			       uint32_t seed);
void rocket_probe_clear_result(struct rocket_probe *probe, unsigned int slot);

/* Copies, with slot 0, and returns how the job ended. */
int rocket_probe_copy(struct rocket_probe *probe, uint32_t from, uint32_t to);
/* Reads through the NPU; the data is valid when 0 is returned. */
int rocket_probe_read(struct rocket_probe *probe, uint32_t from,
		      uint8_t data[ROCKET_PATTERN]);

/* Asserts that the NPU reads the pattern of that seed there. */
void rocket_probe_expect(struct rocket_probe *probe, uint32_t addr, uint32_t seed);
/* Asserts for many addresses, in one job; at most as many as there are slots. */
void rocket_probe_expect_many(struct rocket_probe *probe, const uint32_t *addrs,
			      const uint32_t *seeds, unsigned int count);
/* Asserts that a read faults there, and that the VM's record says so. */
void rocket_probe_expect_fault(struct rocket_probe *probe, uint32_t addr);
/* Asserts that a write faults there, and that the VM's record says so. */
void rocket_probe_expect_write_fault(struct rocket_probe *probe, uint32_t addr);

#endif
