/* SPDX-License-Identifier: MIT */
#ifndef IGT_ROCKET_COREDUMP_H
#define IGT_ROCKET_COREDUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rocket_coredump.h"

/*
 * Dumps that the driver gives to devcoredump, which keeps one for each core.
 * Needs root; skips where the kernel takes none.
 *
 * Each dump that is read is kept in the directory that the environment's
 * ROCKET_COREDUMPS names, if it does, as a file named by the job's user_data: so
 * the decoder can be tried on it.
 */

struct rocket_coredump {
	uint8_t *data;
	size_t size;
};

void rocket_require_coredump(void);

/* Least time between two dumps, in ms; 0: none. */
unsigned int rocket_coredump_interval(void);
void rocket_coredump_set_interval(unsigned int ms);

/* Path of the core's dump, there or not. */
const char *rocket_coredump_path(unsigned int core, char path[300]);
bool rocket_coredump_pending(unsigned int core);
/* Throws the core's dump away, if there is one, and waits until it has gone. */
void rocket_coredump_discard(unsigned int core);
void rocket_coredump_discard_all(void);

/*
 * Waits for the core's dump, reads and checks it: sizes, order and bounds of all
 * sections. It stays there for others.
 */
struct rocket_coredump rocket_coredump_read(unsigned int core);
/* The same, and throws it away. */
struct rocket_coredump rocket_coredump_take(unsigned int core);
void rocket_coredump_free(struct rocket_coredump *dump);

const struct drm_rocket_dump_header *rocket_coredump_header(const struct rocket_coredump *dump);
/* The nth section of a type, NULL when there is none; its entries. */
const struct drm_rocket_dump_section *
rocket_coredump_section(const struct rocket_coredump *dump, uint32_t type, unsigned int nth);
const void *rocket_coredump_entries(const struct drm_rocket_dump_section *section);

/* Sections that each dump has; NULL without a fault. */
const struct drm_rocket_dump_job *rocket_coredump_job(const struct rocket_coredump *dump);
const struct drm_rocket_dump_fault *rocket_coredump_fault(const struct rocket_coredump *dump);

/* A register; group 0, 1 or DRM_ROCKET_DUMP_NO_GROUP. It must be there. */
uint32_t rocket_coredump_register(const struct rocket_coredump *dump, uint16_t offset,
				  uint16_t group);
/* The mapping that holds an address, NULL when there is none. */
const struct drm_rocket_dump_mapping *
rocket_coredump_mapping(const struct rocket_coredump *dump, uint64_t addr);

#endif
