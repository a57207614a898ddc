/* SPDX-License-Identifier: MIT */
/*
 * The rocket driver's VM_BIND interface, one call per step.
 *
 * Every function that returns int returns 0, or -1 after a message on stderr.
 */
#ifndef DEMO_NPU_H
#define DEMO_NPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rocket_accel.h"

struct npu_bo {
	uint32_t handle;
	size_t size;		/* bytes, whole pages */
	void *cpu;		/* mapping of it all */
};

/* Opens the first rocket device that has VM_BIND; returns its descriptor or -1. */
int npu_open(void);

/* Whether streams have to be those of the RK3576. */
bool npu_is_rk3576(int fd);

int npu_bo_create(int fd, size_t size, struct npu_bo *bo);
void npu_bo_destroy(int fd, struct npu_bo *bo);

/* Around what the CPU does to a BO: makes each see what the other wrote. */
int npu_cpu_begin(int fd, const struct npu_bo *bo);
int npu_cpu_end(int fd, const struct npu_bo *bo);

int npu_vm_create(int fd, uint32_t *vm);
int npu_vm_destroy(int fd, uint32_t vm);

/* Maps all of a BO at a page-aligned address. */
int npu_map(int fd, uint32_t vm, const struct npu_bo *bo, uint32_t address,
	    bool read_only);

/* SUBMIT of some jobs. */
int npu_submit(int fd, struct drm_rocket_job *jobs, uint32_t count);

/* Waits for the fence of a syncobj; *status as of npu_run(). */
int npu_wait(int fd, uint32_t syncobj, int *status);

/* How many cores have worked for this open file. */
int npu_cores_used(int fd, unsigned int *cores);

/*
 * Runs one register-command stream in a VM and waits for it.  *status: 0 when the
 * job was done, else the negative errno in its fence.
 */
int npu_run(int fd, uint32_t vm, uint32_t stream, uint32_t entries,
	    uint64_t user_data, int *status);

/* How a job ended whose fence a syncobj has, and which has signalled; as npu_run(). */
int npu_fence_status(int fd, uint32_t syncobj, int *status);

/* Takes the oldest fault record of a VM; *found says whether there was one. */
int npu_take_fault(int fd, uint32_t vm, struct drm_rocket_vm_fault *fault,
		   bool *found);

#endif
