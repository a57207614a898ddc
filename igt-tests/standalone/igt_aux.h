/* SPDX-License-Identifier: MIT */
#ifndef IGT_AUX_H
#define IGT_AUX_H

#include "igt_core.h"

/*
 * From now on this process is hit by signals every now and then, so that what
 * can be interrupted in the kernel will be.
 */
void igt_fork_signal_helper(void);
void igt_stop_signal_helper(void);

#define igt_until_timeout(seconds) \
	for (struct timespec __igt_since = { 0 }; \
	     igt_nsec_elapsed(&__igt_since) < (seconds) * UINT64_C(1000000000);)

#endif
