/* SPDX-License-Identifier: MIT */
#ifndef ROCKET_MAINLINE_H
#define ROCKET_MAINLINE_H

#include <stddef.h>
#include <stdint.h>

#include "rocket_accel.h"

/* Sizes in bytes of a job and of a task as the first version of mainline's driver has them. */
#define ROCKET_MAINLINE_JOB_SIZE \
	(offsetof(struct drm_rocket_job, out_bo_handle_count) + sizeof(uint32_t))
#define ROCKET_MAINLINE_TASK_SIZE \
	(offsetof(struct drm_rocket_task, regcmd_count) + sizeof(uint32_t))

#endif
