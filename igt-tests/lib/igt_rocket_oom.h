/* SPDX-License-Identifier: MIT */
#ifndef IGT_ROCKET_OOM_H
#define IGT_ROCKET_OOM_H

#include <stdbool.h>
#include <stdint.h>

#include "igt_rocket.h"
#include "igt_rocket_job.h"

/*
 * A call with one of its allocations after the other failing, by a kernel with
 * CONFIG_FAILSLAB and CONFIG_FAIL_PAGE_ALLOC: it counts what a thread allocates,
 * of slabs and of pages, and lets the nth fail (/proc/thread-self/fail-nth, see
 * its fault-injection.rst).  What must not fail (__GFP_NOFAIL) is not counted.
 */

/* Skips where the kernel cannot let allocations fail, or we are not root. */
void rocket_oom_require(void);
/*
 * Only allocations that this function of the kernel makes, or somebody for it, are
 * counted and fail; or all but these, where it is known not to survive that. Until
 * the next rocket_oom_require(). Skip where the kernel cannot tell.
 */
void rocket_oom_only(const char *function);
void rocket_oom_spare(const char *function);
/*
 * Of what rocket_oom_only() has chosen, nothing fails but what asks for more than one page
 * in one piece, each time; or no longer.
 */
void rocket_oom_fragment(bool fragmented);
/* From here on the nth allocation of this thread, 1 the next, fails. */
void rocket_oom_begin(unsigned int nth);
/* Ends that; false when there were fewer allocations, so that none failed. */
bool rocket_oom_end(void);

/* No call allocates so often: something comes round again and again. */
#define ROCKET_OOM_MANY		2000u

/* Mapped in VM 0 all the time: a page of each pattern from the seed on */
#define ROCKET_OOM_DATA_ADDR	0x20000000u
#define ROCKET_OOM_DATA_PAGES	16u
#define ROCKET_OOM_SEED		0x1000u

/* What tries work with, at an address across two second-level tables */
#define ROCKET_OOM_PAGES	8u
#define ROCKET_OOM_SIZE		(ROCKET_OOM_PAGES * ROCKET_PAGE)
#define ROCKET_OOM_ADDR		(0x40000000u - ROCKET_OOM_SIZE / 2)
/* Pages of the BO of rocket_oom_new_space() */
#define ROCKET_OOM_SPACE_SEED	(ROCKET_OOM_SEED + 20)

struct rocket_oom {
	int fd;
	uint32_t cores;
	int gpuvas;			/* debugfs: what is mapped in each VM */
	struct rocket_probe probe;	/* in VM 0 */
	struct rocket_bo data;

	unsigned int nth;		/* the allocation that fails in this try */

	/* What one try has */
	uint32_t vm;
	struct rocket_probe job;	/* in that VM */
	struct rocket_bo bo;
	uint32_t handle;
	uint64_t offset;
	uint64_t address;
	uint8_t *map;
	int file;
	uint32_t syncobj[4];
};

/*
 * prepare() makes what a try needs; try() does nothing but the call and returns 0
 * or a negative errno; failed() looks at what a failed one left; done() looks at
 * what a successful one did, and undoes it; clean() undoes prepare().
 *
 * After each try nothing that the client can see of itself may have changed, and
 * its jobs run.
 */
struct rocket_oom_scene {
	void (*prepare)(struct rocket_oom *c);
	int (*try)(struct rocket_oom *c);
	void (*failed)(struct rocket_oom *c);
	void (*done)(struct rocket_oom *c);
	void (*clean)(struct rocket_oom *c);
	const char *only;	/* function of the kernel whose allocations fail, NULL: all */
	unsigned int first, step;	/* which of them to try; 0: 1, all */
	bool cannot_fail;	/* succeeds without memory */
	bool any_error;		/* not only -ENOMEM: others' code has other words for it */
};

/* Skips as rocket_oom_require() does. */
void rocket_oom_play(const struct rocket_oom_scene *scene);

/*
 * For scenes
 */

/* A cached BO, which has no memory yet, and the CPU's view of it */
void rocket_oom_new_bo(struct rocket_oom *c);
uint8_t *rocket_oom_map_bo(struct rocket_oom *c);
void rocket_oom_drop_bo(struct rocket_oom *c);

/* A VM with nothing reserved in it but a probe of two slots, and a filled BO */
void rocket_oom_new_space(struct rocket_oom *c);
void rocket_oom_drop_space(struct rocket_oom *c);

#endif
