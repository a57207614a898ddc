/* SPDX-License-Identifier: MIT */
/* What the runner's files know of each other. */
#ifndef IGT_INTERNAL_H
#define IGT_INTERNAL_H

#include <stdbool.h>
#include <sys/types.h>

/* igt_options.c */
enum igt_mode { IGT_RUN, IGT_LIST, IGT_DESCRIBE };

extern enum igt_mode igt_mode;
extern bool igt_debug_log;

bool igt_selected(const char *subtest);
const char *igt_pattern(void);		/* NULL when all are selected */

/* igt_children.c */
extern bool igt_is_child;		/* of a subtest, by igt_fork() */

/* igt_core.c */
const char *igt_subtest_name(void);	/* NULL outside of a subtest */

#endif
