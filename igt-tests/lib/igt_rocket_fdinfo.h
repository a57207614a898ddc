/* SPDX-License-Identifier: MIT */
#ifndef IGT_ROCKET_FDINFO_H
#define IGT_ROCKET_FDINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "igt_rocket_sysfs.h"

/*
 * What the kernel tells about an open file of the device, by the rules of
 * Documentation/gpu/drm-usage-stats.rst, which IGT's own parser follows, too.
 */

struct rocket_fdinfo {
	char driver[32];
	uint64_t client;
	char name[128];		/* "" without */
	unsigned int engines;
	bool has_core[ROCKET_MAX_CORES];
	uint64_t busy_ns[ROCKET_MAX_CORES];
	/* of the clock, now and at most */
	uint64_t hz[ROCKET_MAX_CORES], max_hz[ROCKET_MAX_CORES];
	/* of the region "memory", in bytes */
	uint64_t total, shared, resident, active;
};

/*
 * Parses it; fails the test on whatever the rules do not allow, and on keys that
 * this driver must not have.
 */
struct rocket_fdinfo rocket_fdinfo(int fd);
/* The file as it is; false when it has nothing of DRM. */
bool rocket_fdinfo_text(int fd, char text[4096]);

#endif
