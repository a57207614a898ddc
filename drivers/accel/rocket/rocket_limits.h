/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_LIMITS_H__
#define __ROCKET_LIMITS_H__

#include <linux/sizes.h>
#include <linux/time64.h>

#include "rocket_regs.h"

/*
 * The most that a client may ask for. What the UAPI says of them is said there; those
 * that GET_PARAM tells are marked.
 */

/* Cores of the largest SoC that is supported, the RK3588. */
#define ROCKET_MAX_CORES		3

/* Values of enum drm_rocket_job_priority; one is worth four times the one below it. */
#define ROCKET_PRIORITIES		3
#define ROCKET_PRIORITY_SHIFT		2

/*
 * For how long a core stays with a client while others wait, in ns: this, divided by the
 * number of clients that have something to do, but not less than the other.
 */
#define ROCKET_SLICE_NS			(4 * (u64)NSEC_PER_MSEC)
#define ROCKET_SLICE_MIN_NS		(300 * (u64)NSEC_PER_USEC)

/* How far a client can have got ahead of the others on a core, in ns: as a job can. */
#define ROCKET_LEAD_NS			(ROCKET_JOB_TIMEOUT_MAX_MS * (u64)NSEC_PER_MSEC)

/* Queues of a VM (GET_PARAM). */
#define ROCKET_VM_QUEUES		8

/* VMs of one file, its own included (GET_PARAM). */
#define ROCKET_VM_MAX			256

/* How long a job may run, in ms (GET_PARAM). */
#define ROCKET_JOB_TIMEOUT_MS		500
#define ROCKET_JOB_TIMEOUT_MAX_MS	10000

/* In one SUBMIT, in one job of it, in all its jobs; register commands of a task. */
#define ROCKET_SUBMIT_MAX_JOBS		1024
#define ROCKET_SUBMIT_MAX_TASKS		65536
#define ROCKET_SUBMIT_MAX_HANDLES	65536
#define ROCKET_SUBMIT_MAX_ALL_HANDLES	(2 * ROCKET_SUBMIT_MAX_HANDLES)
#define ROCKET_SUBMIT_MAX_COMMANDS	(2 * (ROCKET_PC_REGISTER_AMOUNTS_MAX + 1))

/* Syncs in one array. */
#define ROCKET_SYNC_MAX			1024

/* Ranges in one PREP_BO_RANGES or FINI_BO_RANGES. */
#define ROCKET_GEM_MAX_RANGES		1024

/* Operations in one VM_BIND (GET_PARAM). */
#define ROCKET_VM_BIND_MAX_OPS		65536

/*
 * What all operations of one VM_BIND may map together, in bytes: four times the
 * address space. Nothing can interrupt them once they are being applied.
 */
#define ROCKET_VM_BIND_MAX_BYTES	SZ_16G

#endif
