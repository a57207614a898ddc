/* SPDX-License-Identifier: MIT */
#ifndef IGT_ROCKET_SCENE_H
#define IGT_ROCKET_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "igt_rocket.h"
#include "igt_rocket_job.h"

/*
 * Scenes: small jobs with results that can be checked, for tests of what happens
 * around them.  A VM whose page i at ROCKET_SCENE_BASE has the pattern
 * ROCKET_SCENE_SEED + i; slot i of the probe copies page i to the slot's result.
 */

#define ROCKET_SCENE_BASE	0x20000000u
#define ROCKET_SCENE_PAGES	64u
#define ROCKET_SCENE_SEED	0x1000u
/* A time-out that no job of a scene needs, whatever the host is doing, in ms */
#define ROCKET_SCENE_LONG_MS	10000u

struct rocket_scene {
	int fd;
	struct rocket_probe probe;
	struct rocket_bo bo;
};

struct rocket_scene rocket_scene(int fd, uint32_t vm);

/* The job of a slot, on that core alone. */
struct drm_rocket_job rocket_scene_job(struct rocket_scene *s, unsigned int slot,
				       unsigned int core, unsigned int timeout_ms);
/* The same, but it never ends; and the slot stays like that. */
struct drm_rocket_job rocket_scene_hang(struct rocket_scene *s, unsigned int slot,
					unsigned int core, unsigned int timeout_ms);
/* Whether the job of a slot has run. */
bool rocket_scene_copied(struct rocket_scene *s, unsigned int slot);
/* The core runs the job of the slot, whatever that did before, and it is right. */
void rocket_scene_expect_healthy(struct rocket_scene *s, unsigned int core,
				 unsigned int slot);

/*
 * A row: slot i of the probe copies page i, which has the pattern SEED + i, to the slot's
 * result, and names the slot behind it; the last one names the first. What is started at
 * one slot goes on as far as the core is told.
 */

#define ROCKET_ROW_BASE		0x20000000u

struct rocket_row {
	struct rocket_probe probe;
	struct rocket_bo pages;
	unsigned int slots;
	uint32_t seed;
};

/* In VM 0. */
struct rocket_row rocket_row(int fd, unsigned int slots, uint32_t seed);
/* Whether that slot has run. */
bool rocket_row_copied(const struct rocket_row *row, unsigned int slot);
/* These slots have run, and no other. */
void rocket_row_expect_ran(const struct rocket_row *row, unsigned int first,
			   unsigned int count);

#endif
