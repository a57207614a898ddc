/* SPDX-License-Identifier: MIT */
#ifndef IGT_ROCKET_CGROUP_H
#define IGT_ROCKET_CGROUP_H

#include <stdint.h>

/*
 * A memory cgroup (version 2) of a test's own. Skips where the kernel has none, or
 * where it belongs to version 1.
 */
struct rocket_cgroup {
	char path[128];
};

/* Makes one that may have so many bytes, 0 for any number; for root. */
void rocket_cgroup_init(struct rocket_cgroup *cgroup, uint64_t max);
/* Puts this process into it, and all that it starts from now on. */
void rocket_cgroup_enter(const struct rocket_cgroup *cgroup);
/* What is charged to it, in bytes. */
uint64_t rocket_cgroup_bytes(const struct rocket_cgroup *cgroup);
/* The most that has ever been, in bytes. */
uint64_t rocket_cgroup_peak_bytes(const struct rocket_cgroup *cgroup);
/* Removes it; nobody may be in it any more. */
void rocket_cgroup_fini(struct rocket_cgroup *cgroup);

#endif
