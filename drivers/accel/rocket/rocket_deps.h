/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_DEPS_H__
#define __ROCKET_DEPS_H__

struct rocket_job;

void rocket_deps_sort(struct rocket_job *job);
int rocket_deps_add(struct rocket_job *job);

#endif
