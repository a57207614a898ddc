/* SPDX-License-Identifier: MIT */
#ifndef IGT_ROCKET_LIMITS_H
#define IGT_ROCKET_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What a file and its user have of all that the driver limits, and the limits,
 * which are parameters of its module. Changing them needs root.
 */

/* Uids that nobody else has. */
#define ROCKET_TEST_UID		54321u
#define ROCKET_TEST_OTHER_UID	54322u

struct rocket_usage {
	uint64_t bo_memory;	/* bytes, of the user */
	uint64_t table_memory;	/* bytes, of the user */
	uint64_t mappings;	/* mapping objects, of the file */
};

struct rocket_usage rocket_usage(int fd);
/* Asserts that it is what it was. */
void rocket_usage_expect(int fd, struct rocket_usage expected);
/* The same for what is torn down by the kernel's workers: waits up to 30 s. */
void rocket_usage_await(int fd, struct rocket_usage expected);

struct rocket_limits {
	unsigned int bo_mb;	/* of a user, in MiB; tables get a sixteenth; 0: none */
	unsigned int total_mb;	/* of all users, likewise; 0: the default */
	unsigned int mappings;	/* of a file; 0: leave them */
	unsigned int queued;	/* jobs and binds of a user; 0: leave them */
};

/*
 * For a program's first and last fixture: what the limits are, and puts them back,
 * because a subtest may be killed. Skip where there are none, or for want of root.
 */
void rocket_limits_save(void);
void rocket_limits_restore(void);

/*
 * Runs @test in a process of ROCKET_TEST_UID with these limits, until it ends. It
 * has all of root's capabilities but CAP_IPC_LOCK. It must not skip.
 */
void rocket_run_limited(struct rocket_limits limits, void (*test)(void));

/* From now on this process opens files as that user. */
void rocket_become_user(unsigned int uid);
/* Opens the device when nothing of the user is left from earlier tests. */
int rocket_open_alone(void);
/* CAP_IPC_LOCK, which lets one go beyond limits on memory, of this process. */
void rocket_may_lock_memory(bool may);

#endif
