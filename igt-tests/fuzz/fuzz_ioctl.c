// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "fuzz_rng.h"
#include "fuzz_world.h"

#define PAGE	4096u
/* A number in place of a time-out that is as small as this counts from now. */
#define RELATIVE_NS	(UINT64_C(1) << 40)

/*
 * Errors that the interface documents, per ioctl. Those of all ioctls are in
 * is_common(); EBADF and ENOTTY are about the file, which may be closed, or be
 * another by now.
 */

static bool is_common(int error)
{
	switch (error) {
	case ENODEV:
	case EFAULT:
	case ENOMEM:
	case EINTR:
	case EBADF:
	case ENOTTY:
		return true;
	default:
		return false;
	}
}

static bool is_documented(enum fuzz_type type, int error)
{
	static const int errors[FUZZ_TYPES][8] = {
		[FUZZ_GET_PARAM] = { EINVAL },
		[FUZZ_CREATE_BO] = { EINVAL, ENOSPC },
		[FUZZ_GEM_CREATE] = { EINVAL, EOPNOTSUPP, E2BIG, ENOENT, ENOSPC },
		[FUZZ_GEM_QUERY] = { EINVAL, ENOENT },
		[FUZZ_PREP_BO] = { EINVAL, ENOENT, EBUSY, ETIMEDOUT },
		[FUZZ_FINI_BO] = { EINVAL, ENOENT },
		[FUZZ_PREP_RANGES] = { EINVAL, ENOENT, EBUSY },
		[FUZZ_FINI_RANGES] = { EINVAL, ENOENT },
		[FUZZ_VM_CREATE] = { EINVAL, ENOSPC },
		[FUZZ_VM_DESTROY] = { EINVAL, ENOENT },
		[FUZZ_VM_QUERY] = { EINVAL, E2BIG, ENOENT },
		[FUZZ_VM_BIND] = { EINVAL, E2BIG, ENOENT, ENOSPC },
		[FUZZ_SUBMIT] = { EINVAL, E2BIG, ENOENT, EPERM, EIO, ENOSPC },
	};

	if (is_common(error))
		return true;
	for (unsigned int i = 0; errors[type][i]; i++) {
		if (errors[type][i] == error)
			return true;
	}
	return false;
}

/* Fields that must be zero make any success a lie. */
static int call(struct fuzz_world *w, enum fuzz_type type, uint64_t file, unsigned long request,
		void *arg, uint64_t must_be_zero)
{
	int ret = ioctl(fuzz_fd(w->file, file), request, arg) ? -errno : 0;

	if (!ret && must_be_zero)
		fuzz_complain(w, "%s succeeded with %#llx where there must be zero",
			      fuzz_types[type].name, (unsigned long long)must_be_zero);
	if (ret && !is_documented(type, -ret))
		fuzz_complain(w, "%s returned %d (%s), which is not documented",
			      fuzz_types[type].name, ret, strerror(-ret));
	return ret;
}

/*
 * Where an array lies, as far as the caller is concerned.
 */
static uint64_t place(struct fuzz_stage *stage, const void *array, size_t size, uint64_t kind)
{
	switch (kind) {
	case FUZZ_POINTER_NULL:
		return 0;
	case FUZZ_POINTER_NOWHERE:
		return 0x100000;
	case FUZZ_POINTER_KERNEL:
		return UINT64_C(0xffff800080000000);
	case FUZZ_POINTER_HALF:
		if (size > PAGE)
			size = PAGE;
		memcpy(stage->cliff + PAGE - size / 2, array, size / 2);
		return (uintptr_t)stage->cliff + PAGE - size / 2;
	default:
		return (uintptr_t)array;
	}
}

/* A count or size that may be said wrong; 0 stands for the right one. */
static uint32_t or_else(uint64_t said, uint32_t right)
{
	return said ? said : right;
}

/*
 * Staging
 */

#define STAGE(array, number, value) do { \
	if ((number) < FUZZ_MAX_STAGED) \
		(array)[(number)++] = (value); \
} while (0)

static struct drm_rocket_sync sync_of(struct fuzz_world *w, const struct fuzz_op *op)
{
	return (struct drm_rocket_sync){
		.handle = fuzz_value(w->sync, op->arg[0]),
		.flags = op->arg[1],
		.point = op->arg[2],
	};
}

static struct drm_rocket_task task_of(const struct fuzz_op *op)
{
	return (struct drm_rocket_task){
		.regcmd = op->arg[0],
		.regcmd_count = op->arg[1],
		.chain_count = op->arg[2],
		.pad = op->arg[3],
	};
}

static struct drm_rocket_vm_bind_op bind_op_of(struct fuzz_world *w, const struct fuzz_op *op)
{
	struct drm_rocket_vm_bind_op bind = {
		.op = op->arg[0],
		.flags = op->arg[1],
		.handle = fuzz_value(w->bo, op->arg[2]),
		.pad = op->arg[3],
		.bo_offset = op->arg[4],
		.addr = op->arg[5],
		.range = op->arg[6],
	};

	/* What must be zero mostly is. */
	if (bind.op == DRM_ROCKET_VM_BIND_OP_UNMAP && op->arg[2] < FUZZ_SLOTS) {
		bind.handle = 0;
		bind.bo_offset = 0;
	}
	if (bind.op == DRM_ROCKET_VM_BIND_OP_UNMAP_BO && op->arg[2] < FUZZ_SLOTS) {
		bind.bo_offset = 0;
		bind.addr = 0;
		bind.range = 0;
	}
	return bind;
}

static void stage_job(struct fuzz_world *w, struct fuzz_stage *stage, const struct fuzz_op *op)
{
	struct fuzz_job *job = &stage->jobs[stage->job_count];

	if (stage->job_count == FUZZ_MAX_STAGED_JOBS)
		return;
	stage->job_count++;
	memcpy(job->tasks, stage->tasks, sizeof(job->tasks));
	memcpy(job->in, stage->in, sizeof(job->in));
	memcpy(job->out, stage->out, sizeof(job->out));
	memcpy(job->in_bos, stage->in_bos, sizeof(job->in_bos));
	memcpy(job->out_bos, stage->out_bos, sizeof(job->out_bos));
	job->job = (struct drm_rocket_job){
		.tasks = place(stage, job->tasks, stage->task_count * sizeof(job->tasks[0]),
			       op->arg[7]),
		.in_bo_handles = (uintptr_t)job->in_bos,
		.out_bo_handles = (uintptr_t)job->out_bos,
		.task_count = or_else(op->arg[6], stage->task_count),
		.task_struct_size = or_else(op->arg[5], sizeof(job->tasks[0])),
		.in_bo_handle_count = stage->in_bo_count,
		.out_bo_handle_count = stage->out_bo_count,
		.vm_id = fuzz_value(w->vm, op->arg[0]),
		.flags = op->arg[4],
		.in_syncs = (uintptr_t)job->in,
		.out_syncs = (uintptr_t)job->out,
		.in_sync_count = stage->in_count,
		.out_sync_count = stage->out_count,
		.sync_struct_size = sizeof(job->in[0]),
		.core_mask = op->arg[1],
		.timeout_ms = op->arg[2],
		.priority = op->arg[3],
		.user_data = stage->job_count,
		.queue_id = op->arg[8],
	};
	stage->task_count = 0;
	stage->in_count = 0;
	stage->out_count = 0;
	stage->in_bo_count = 0;
	stage->out_bo_count = 0;
}

/*
 * Ioctls
 */

static int do_bind(struct fuzz_world *w, struct fuzz_stage *stage, const struct fuzz_op *op)
{
	struct drm_rocket_vm_bind bind = {
		.vm_id = fuzz_value(w->vm, op->arg[1]),
		.flags = op->arg[2],
		.ops = place(stage, stage->ops, stage->op_count * sizeof(stage->ops[0]),
			     op->arg[7]),
		.op_count = or_else(op->arg[5], stage->op_count),
		.op_struct_size = or_else(op->arg[4], sizeof(stage->ops[0])),
		.in_syncs = (uintptr_t)stage->in,
		.out_syncs = (uintptr_t)stage->out,
		.in_sync_count = stage->in_count,
		.out_sync_count = stage->out_count,
		.sync_struct_size = or_else(op->arg[6], sizeof(stage->in[0])),
		.pad = op->arg[3],
	};
	int ret = call(w, op->type, op->arg[0], DRM_IOCTL_ROCKET_VM_BIND, &bind, bind.pad);

	for (unsigned int i = 0; !ret && i < stage->out_count; i++)
		fuzz_keep_fence(w, fuzz_fd(w->file, op->arg[0]), &stage->out[i]);
	stage->op_count = 0;
	stage->in_count = 0;
	stage->out_count = 0;
	return ret;
}

static int do_submit(struct fuzz_world *w, struct fuzz_stage *stage, const struct fuzz_op *op)
{
	struct drm_rocket_job jobs[FUZZ_MAX_STAGED_JOBS];
	struct drm_rocket_submit submit = {
		.jobs = place(stage, jobs, 0, FUZZ_POINTER_GOOD),
		.job_count = or_else(op->arg[2], stage->job_count),
		.job_struct_size = or_else(op->arg[1], sizeof(jobs[0])),
		.reserved = op->arg[3],
	};
	int ret;

	for (unsigned int i = 0; i < stage->job_count; i++)
		jobs[i] = stage->jobs[i].job;
	submit.jobs = place(stage, jobs, stage->job_count * sizeof(jobs[0]), op->arg[4]);
	ret = call(w, op->type, op->arg[0], DRM_IOCTL_ROCKET_SUBMIT, &submit, submit.reserved);
	for (unsigned int i = 0; !ret && i < stage->job_count; i++) {
		for (unsigned int j = 0; j < jobs[i].out_sync_count; j++)
			fuzz_keep_fence(w, fuzz_fd(w->file, op->arg[0]),
					&stage->jobs[i].out[j]);
	}
	stage->job_count = 0;
	return ret;
}

static int do_create_bo(struct fuzz_world *w, const struct fuzz_op *op)
{
	struct drm_rocket_create_bo create = { .size = op->arg[2] };
	unsigned int slot = fuzz_slot(op->arg[1]);
	int ret = call(w, op->type, op->arg[0], DRM_IOCTL_ROCKET_CREATE_BO, &create, 0);

	if (ret)
		return ret;
	if (create.dma_address % PAGE || create.dma_address < PAGE ||
	    create.dma_address + create.size > UINT64_C(1) << 32)
		fuzz_complain(w, "create_bo chose the address %#llx for %#x bytes",
			      (unsigned long long)create.dma_address, create.size);
	w->bo[slot] = create.handle;
	w->bo_offset[slot] = create.offset;
	w->bo_size[slot] = create.size;
	return 0;
}

static int do_gem_create(struct fuzz_world *w, const struct fuzz_op *op)
{
	struct drm_rocket_gem_create create = {
		.size = op->arg[2], .flags = op->arg[3], .pad = op->arg[5],
	};
	unsigned int slot = fuzz_slot(op->arg[1]);
	int ret;

	if (create.flags & DRM_ROCKET_GEM_VM_PRIVATE || op->arg[4] >= FUZZ_SLOTS)
		create.vm_id = fuzz_value(w->vm, op->arg[4]);
	ret = call(w, op->type, op->arg[0], DRM_IOCTL_ROCKET_GEM_CREATE, &create, create.pad);
	if (ret)
		return ret;
	w->bo[slot] = create.handle;
	w->bo_offset[slot] = create.offset;
	w->bo_size[slot] = create.size;
	return 0;
}

static int do_gem_query(struct fuzz_world *w, const struct fuzz_op *op)
{
	struct drm_rocket_gem_query query = {
		.handle = fuzz_value(w->bo, op->arg[1]), .pad = op->arg[2],
	};

	return call(w, op->type, op->arg[0], DRM_IOCTL_ROCKET_GEM_QUERY, &query, query.pad);
}

static int do_prep_bo(struct fuzz_world *w, const struct fuzz_op *op)
{
	struct drm_rocket_prep_bo prep = {
		.handle = fuzz_value(w->bo, op->arg[1]),
		.reserved = op->arg[3],
		.timeout_ns = op->arg[2],
	};
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (op->arg[2] && op->arg[2] < RELATIVE_NS)
		prep.timeout_ns += now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
	return call(w, op->type, op->arg[0], DRM_IOCTL_ROCKET_PREP_BO, &prep, prep.reserved);
}

static int do_fini_bo(struct fuzz_world *w, const struct fuzz_op *op)
{
	struct drm_rocket_fini_bo fini = {
		.handle = fuzz_value(w->bo, op->arg[1]), .reserved = op->arg[2],
	};

	return call(w, op->type, op->arg[0], DRM_IOCTL_ROCKET_FINI_BO, &fini, fini.reserved);
}

/* As many ranges as are said, up to one too many, at equal distances. */
static int do_ranges(struct fuzz_world *w, struct fuzz_stage *stage, const struct fuzz_op *op)
{
	static __thread struct drm_rocket_bo_range ranges[1025];
	uint32_t handle = fuzz_value(w->bo, op->arg[1]), count = op->arg[2];
	unsigned int said = count < 1025 ? count : 1025;
	uint64_t array;

	for (unsigned int i = 0; i < said; i++) {
		ranges[i].offset = op->arg[3] + i * op->arg[5];
		ranges[i].size = op->arg[4];
	}
	array = place(stage, ranges, said * sizeof(ranges[0]), op->arg[7]);
	if (op->type == FUZZ_PREP_RANGES) {
		struct drm_rocket_prep_bo_ranges prep = {
			.handle = handle, .range_count = count, .ranges = array,
			.reserved = op->arg[6],
		};

		return call(w, op->type, op->arg[0], DRM_IOCTL_ROCKET_PREP_BO_RANGES, &prep,
			    prep.reserved);
	} else {
		struct drm_rocket_fini_bo_ranges fini = {
			.handle = handle, .range_count = count, .ranges = array,
			.reserved = op->arg[6],
		};

		return call(w, op->type, op->arg[0], DRM_IOCTL_ROCKET_FINI_BO_RANGES, &fini,
			    fini.reserved);
	}
}

static int do_get_param(struct fuzz_world *w, const struct fuzz_op *op)
{
	struct drm_rocket_get_param get = { .param = op->arg[1], .pad = op->arg[2] };

	return call(w, op->type, op->arg[0], DRM_IOCTL_ROCKET_GET_PARAM, &get, get.pad);
}

static int do_vm_create(struct fuzz_world *w, const struct fuzz_op *op)
{
	struct drm_rocket_vm_create create = { .flags = op->arg[2] };
	int ret = call(w, op->type, op->arg[0], DRM_IOCTL_ROCKET_VM_CREATE, &create,
		       create.flags);

	if (!ret)
		w->vm[fuzz_slot(op->arg[1])] = create.vm_id;
	return ret;
}

static int do_vm_destroy(struct fuzz_world *w, const struct fuzz_op *op)
{
	struct drm_rocket_vm_destroy destroy = {
		.vm_id = fuzz_value(w->vm, op->arg[1]), .pad = op->arg[2],
	};

	return call(w, op->type, op->arg[0], DRM_IOCTL_ROCKET_VM_DESTROY, &destroy, destroy.pad);
}

static int do_vm_query(struct fuzz_world *w, struct fuzz_stage *stage, const struct fuzz_op *op)
{
	struct drm_rocket_vm_fault records[33];
	struct drm_rocket_vm_query query = {
		.vm_id = fuzz_value(w->vm, op->arg[1]),
		.flags = op->arg[2],
		.faults = place(stage, records, sizeof(records), op->arg[5]),
		.fault_count = op->arg[3],
		.fault_struct_size = or_else(op->arg[4], sizeof(records[0])),
	};

	/* What is written is the caller's affair, but this must not be its stack. */
	if (query.fault_struct_size > sizeof(records[0]) && op->arg[5] == FUZZ_POINTER_GOOD)
		query.faults = (uintptr_t)stage->cliff;
	return call(w, op->type, op->arg[0], DRM_IOCTL_ROCKET_VM_QUERY, &query, 0);
}

/* Any ioctl of DRM, with any size and contents. */
static int do_raw(struct fuzz_world *w, const struct fuzz_op *op)
{
	static __thread uint64_t data[16384 / 8];
	struct fuzz_rng rng = { op->arg[4] };
	unsigned long request = _IOC(op->arg[2] & 3, DRM_IOCTL_BASE, op->arg[1] & 0xff,
				     op->arg[3] & _IOC_SIZEMASK);

	/* Pointers among them would be written through: small numbers lead nowhere. */
	for (unsigned int i = 0; i < sizeof(data) / sizeof(data[0]); i++)
		data[i] = fuzz_next(&rng) >> fuzz_below(&rng, 2) * 32 & 0x0000ffff0000ffff >>
			  fuzz_below(&rng, 16);
	return ioctl(fuzz_fd(w->file, op->arg[0]), request, data) ? -errno : 0;
}

int fuzz_do_ioctl(struct fuzz_world *w, struct fuzz_stage *stage, const struct fuzz_op *op)
{
	switch (op->type) {
	case FUZZ_BINDOP:
		STAGE(stage->ops, stage->op_count, bind_op_of(w, op));
		return 0;
	case FUZZ_INSYNC:
		STAGE(stage->in, stage->in_count, sync_of(w, op));
		return 0;
	case FUZZ_OUTSYNC:
		STAGE(stage->out, stage->out_count, sync_of(w, op));
		return 0;
	case FUZZ_TASK:
		STAGE(stage->tasks, stage->task_count, task_of(op));
		return 0;
	case FUZZ_INBO:
		STAGE(stage->in_bos, stage->in_bo_count, fuzz_value(w->bo, op->arg[0]));
		return 0;
	case FUZZ_OUTBO:
		STAGE(stage->out_bos, stage->out_bo_count, fuzz_value(w->bo, op->arg[0]));
		return 0;
	case FUZZ_JOB:
		stage_job(w, stage, op);
		return 0;
	case FUZZ_VM_BIND:
		return do_bind(w, stage, op);
	case FUZZ_SUBMIT:
		return do_submit(w, stage, op);
	case FUZZ_CREATE_BO:
		return do_create_bo(w, op);
	case FUZZ_GEM_CREATE:
		return do_gem_create(w, op);
	case FUZZ_GEM_QUERY:
		return do_gem_query(w, op);
	case FUZZ_PREP_BO:
		return do_prep_bo(w, op);
	case FUZZ_FINI_BO:
		return do_fini_bo(w, op);
	case FUZZ_PREP_RANGES:
	case FUZZ_FINI_RANGES:
		return do_ranges(w, stage, op);
	case FUZZ_GET_PARAM:
		return do_get_param(w, op);
	case FUZZ_VM_CREATE:
		return do_vm_create(w, op);
	case FUZZ_VM_DESTROY:
		return do_vm_destroy(w, op);
	case FUZZ_VM_QUERY:
		return do_vm_query(w, stage, op);
	case FUZZ_RAW_IOCTL:
		return do_raw(w, op);
	default:
		return -ENOSYS;
	}
}
