/* SPDX-License-Identifier: MIT */
#ifndef IGT_ROCKET_DEBUGFS_H
#define IGT_ROCKET_DEBUGFS_H

#include <stdbool.h>
#include <stdint.h>

/* Room for what a file of the driver's debugfs directory says. */
#define ROCKET_DEBUGFS_MAX	8192

/* Room for the path of one. */
#define ROCKET_DEBUGFS_PATH_MAX	512

/* The path of a file of the device's directory in debugfs, there or not. */
void rocket_debugfs_path(int fd, const char *name, char path[ROCKET_DEBUGFS_PATH_MAX]);

/* What such a file says.  Skips where there is none. */
void rocket_debugfs_read(int fd, const char *name, char text[ROCKET_DEBUGFS_MAX]);

/*
 * What a core was seen to do when it was bound: whether the line "core N WHAT: VALUE"
 * is in the file "silicon".
 */
bool rocket_core_fact(int fd, unsigned int core, const char *what, const char *value);

/*
 * What a core has counted since the device came: the number behind WHAT in its part of
 * the file "cores", "lost" or "spurious" for example.
 */
uint64_t rocket_core_count(int fd, unsigned int core, const char *what);

/* How it counts tasks: "ended", "late", "wraps" or "not seen". */
static inline bool rocket_core_counts(int fd, unsigned int core, const char *how)
{
	return rocket_core_fact(fd, core, "counter", how);
}

#endif
