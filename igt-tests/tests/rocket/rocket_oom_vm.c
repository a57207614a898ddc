// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_job.h"
#include "igt_rocket_oom.h"

IGT_TEST_DESCRIPTION("Out of memory at each allocation in turn, of VMs, binds and jobs: -ENOMEM, and nothing has changed");

/*
 * VMs
 */

static int try_vm_create(struct rocket_oom *c)
{
	return __rocket_vm_create(c->fd, 0, &c->vm);
}

static void vm_created(struct rocket_oom *c)
{
	rocket_vm_map_bo(c->fd, c->vm, &c->data, ROCKET_OOM_ADDR);
	igt_assert_eq_u64(rocket_vm_query(c->fd, c->vm).mapping_count, 1);
	rocket_vm_destroy(c->fd, c->vm);
}

static const struct rocket_oom_scene vm_create = { .try = try_vm_create, .done = vm_created };

/*
 * Binding, in a VM that was made for the try: with nothing reserved in it
 */

static void expect_page(struct rocket_oom *c, unsigned int at, unsigned int page)
{
	rocket_probe_expect(&c->job, ROCKET_OOM_ADDR + at * ROCKET_PAGE,
			    ROCKET_OOM_SPACE_SEED + page);
}

static void expect_no_page(struct rocket_oom *c, unsigned int at)
{
	rocket_probe_expect_fault(&c->job, ROCKET_OOM_ADDR + at * ROCKET_PAGE);
}

/* The BO gets its memory by being bound. */
static void new_space_and_bo(struct rocket_oom *c)
{
	rocket_oom_new_space(c);
	rocket_oom_new_bo(c);
}

static int try_map(struct rocket_oom *c)
{
	return __rocket_vm_map(c->fd, c->vm, c->handle, 0, ROCKET_OOM_ADDR, ROCKET_OOM_SIZE);
}

static void bound(struct rocket_oom *c)
{
	uint8_t *map = rocket_oom_map_bo(c);

	rocket_pattern(map, ROCKET_OOM_SPACE_SEED);
	rocket_pattern(map + ROCKET_OOM_SIZE - ROCKET_PAGE,
		       ROCKET_OOM_SPACE_SEED + ROCKET_OOM_PAGES - 1);
	rocket_fini_bo(c->fd, c->handle);
	munmap(map, ROCKET_OOM_SIZE);
	expect_page(c, 0, 0);
	expect_page(c, ROCKET_OOM_PAGES - 1, ROCKET_OOM_PAGES - 1);
}

static void drop_space_and_bo(struct rocket_oom *c)
{
	rocket_oom_drop_bo(c);
	rocket_oom_drop_space(c);
}

static const struct rocket_oom_scene bind_map = {
	.prepare = new_space_and_bo, .try = try_map, .done = bound, .clean = drop_space_and_bo,
};

/* Page tables are allocated where nobody may wait; that is made up for. */
static const struct rocket_oom_scene bind_tables = {
	.prepare = new_space_and_bo, .try = try_map, .done = bound, .clean = drop_space_and_bo,
	.only = "rocket_mmu_reserve", .cannot_fail = true,
};

static void new_bound_space(struct rocket_oom *c)
{
	rocket_oom_new_space(c);
	rocket_vm_map_bo(c->fd, c->vm, &c->bo, ROCKET_OOM_ADDR);
}

static void still_bound(struct rocket_oom *c)
{
	for (unsigned int i = 0; i < ROCKET_OOM_PAGES; i++)
		expect_page(c, i, i);
}

static int try_unmap(struct rocket_oom *c)
{
	struct drm_rocket_vm_bind_op op = rocket_op_unmap(ROCKET_OOM_ADDR, ROCKET_OOM_SIZE);

	return __rocket_vm_bind_ops(c->fd, c->vm, &op, 1);
}

static void unbound(struct rocket_oom *c)
{
	expect_no_page(c, 0);
	expect_no_page(c, ROCKET_OOM_PAGES - 1);
}

static const struct rocket_oom_scene bind_unmap = {
	.prepare = new_bound_space, .try = try_unmap, .failed = still_bound, .done = unbound,
	.clean = rocket_oom_drop_space,
};

static int try_split(struct rocket_oom *c)
{
	struct drm_rocket_vm_bind_op op =
		rocket_op_unmap(ROCKET_OOM_ADDR + 2 * ROCKET_PAGE, 3 * ROCKET_PAGE);

	return __rocket_vm_bind_ops(c->fd, c->vm, &op, 1);
}

static void split(struct rocket_oom *c)
{
	igt_assert_eq_u64(rocket_vm_query(c->fd, c->vm).mapping_count, 3);
	expect_page(c, 1, 1);
	expect_no_page(c, 2);
	expect_page(c, 5, 5);
}

static const struct rocket_oom_scene bind_split = {
	.prepare = new_bound_space, .try = try_split, .failed = still_bound, .done = split,
	.clean = rocket_oom_drop_space,
};

static int try_unmap_bo(struct rocket_oom *c)
{
	struct drm_rocket_vm_bind_op op = rocket_op_unmap_bo(c->bo.handle);

	return __rocket_vm_bind_ops(c->fd, c->vm, &op, 1);
}

static const struct rocket_oom_scene bind_unmap_bo = {
	.prepare = new_bound_space, .try = try_unmap_bo, .failed = still_bound,
	.done = unbound, .clean = rocket_oom_drop_space,
};

/* Each kind of operation; the last ones need tables that are not there. */
static void array_ops(struct rocket_oom *c, struct drm_rocket_vm_bind_op ops[5])
{
	ops[0] = rocket_op_unmap(ROCKET_OOM_ADDR + ROCKET_PAGE, ROCKET_PAGE);
	ops[1] = rocket_op_map(c->bo.handle, 7 * ROCKET_PAGE, ROCKET_OOM_ADDR + 4 * ROCKET_PAGE,
			       ROCKET_PAGE);
	ops[2] = rocket_op_unmap_bo(c->data.handle);
	ops[3] = rocket_op_map_ro(c->data.handle, 0, ROCKET_OOM_ADDR + 2 * ROCKET_TABLE_SPAN,
				  2 * ROCKET_PAGE);
	ops[4] = rocket_op_map(c->bo.handle, 0, ROCKET_OOM_ADDR + 6 * ROCKET_TABLE_SPAN,
			       ROCKET_OOM_SIZE);
}

static void new_array_space(struct rocket_oom *c)
{
	new_bound_space(c);
	rocket_vm_map_bo(c->fd, c->vm, &c->data, ROCKET_OOM_DATA_ADDR);
}

static int try_array(struct rocket_oom *c)
{
	struct drm_rocket_vm_bind_op ops[5];

	array_ops(c, ops);
	return __rocket_vm_bind_ops(c->fd, c->vm, ops, 5);
}

static void array_failed(struct rocket_oom *c)
{
	still_bound(c);
	rocket_probe_expect(&c->job, ROCKET_OOM_DATA_ADDR, ROCKET_OOM_SEED);
	expect_no_page(c, 2 * 1024);
}

static void array_done(struct rocket_oom *c)
{
	expect_page(c, 0, 0);
	expect_no_page(c, 1);
	expect_page(c, 4, 7);
	expect_page(c, 5, 5);
	rocket_probe_expect_fault(&c->job, ROCKET_OOM_DATA_ADDR);
	rocket_probe_expect(&c->job, ROCKET_OOM_ADDR + 2 * ROCKET_TABLE_SPAN, ROCKET_OOM_SEED);
	rocket_probe_expect_write_fault(&c->job, ROCKET_OOM_ADDR + 2 * ROCKET_TABLE_SPAN);
	expect_page(c, 6 * 1024 + ROCKET_OOM_PAGES - 1, ROCKET_OOM_PAGES - 1);
}

static const struct rocket_oom_scene bind_array = {
	.prepare = new_array_space, .try = try_array, .failed = array_failed,
	.done = array_done, .clean = rocket_oom_drop_space,
};

/*
 * With syncobjs, behind two fences that have not signalled
 */

enum { IN_BINARY, IN_TIMELINE, OUT_BINARY, OUT_TIMELINE };

#define IN_POINT	5
#define OUT_POINT	9

static struct rocket_blocker blockers[2];

static void new_syncs(struct rocket_oom *c)
{
	for (unsigned int i = 0; i < 2; i++)
		rocket_blocker_init(&blockers[i], c->fd);
	c->syncobj[IN_BINARY] = blockers[0].syncobj;
	for (unsigned int i = IN_TIMELINE; i <= OUT_TIMELINE; i++)
		c->syncobj[i] = rocket_syncobj(c->fd);
	igt_assert_eq(drmSyncobjTransfer(c->fd, c->syncobj[IN_TIMELINE], IN_POINT,
					 blockers[1].syncobj, 0, 0), 0);
}

static void drop_syncs(struct rocket_oom *c)
{
	for (unsigned int i = 0; i < 2; i++)
		rocket_blocker_fini(&blockers[i]);
	for (unsigned int i = 0; i < 4; i++)
		drmSyncobjDestroy(c->fd, c->syncobj[i]);
	drmSyncobjDestroy(c->fd, blockers[1].syncobj);
}

static void syncs_in_out(struct rocket_oom *c, struct drm_rocket_sync syncs[4])
{
	syncs[IN_BINARY] = rocket_sync(c->syncobj[IN_BINARY], 0);
	syncs[IN_TIMELINE] = rocket_sync(c->syncobj[IN_TIMELINE], IN_POINT);
	syncs[OUT_BINARY] = rocket_sync(c->syncobj[OUT_BINARY], 0);
	syncs[OUT_TIMELINE] = rocket_sync(c->syncobj[OUT_TIMELINE], OUT_POINT);
}

static void release(void)
{
	for (unsigned int i = 0; i < 2; i++)
		rocket_blocker_release(&blockers[i]);
}

/* Nobody has given them a fence. */
static void expect_no_fence(struct rocket_oom *c)
{
	uint32_t binary = rocket_syncobj(c->fd);

	igt_assert_eq(drmSyncobjWait(c->fd, &c->syncobj[OUT_BINARY], 1, 0, 0, NULL), -EINVAL);
	igt_assert(drmSyncobjTransfer(c->fd, binary, 0, c->syncobj[OUT_TIMELINE], OUT_POINT, 0));
	drmSyncobjDestroy(c->fd, binary);
	errno = 0;
}

static void expect_fences(struct rocket_oom *c)
{
	igt_assert(rocket_syncobj_busy(c->fd, c->syncobj[OUT_BINARY]));
	igt_assert(rocket_timeline_busy(c->fd, c->syncobj[OUT_TIMELINE], OUT_POINT));
	release();
	igt_assert_eq(rocket_syncobj_status(c->fd, c->syncobj[OUT_BINARY]), 0);
	igt_assert_eq(rocket_timeline_status(c->fd, c->syncobj[OUT_TIMELINE], OUT_POINT), 0);
}

static void new_async_space(struct rocket_oom *c)
{
	new_array_space(c);
	new_syncs(c);
}

static void drop_async_space(struct rocket_oom *c)
{
	drop_syncs(c);
	rocket_oom_drop_space(c);
}

static int try_async(struct rocket_oom *c)
{
	struct drm_rocket_vm_bind_op ops[5];
	struct drm_rocket_sync syncs[4];
	struct drm_rocket_vm_bind bind = {
		.vm_id = c->vm,
		.flags = DRM_ROCKET_VM_BIND_ASYNC,
		.ops = (uintptr_t)ops,
		.op_count = 5,
		.op_struct_size = sizeof(*ops),
		.in_syncs = (uintptr_t)syncs,
		.in_sync_count = 2,
		.out_syncs = (uintptr_t)(syncs + 2),
		.out_sync_count = 2,
		.sync_struct_size = sizeof(*syncs),
	};

	array_ops(c, ops);
	syncs_in_out(c, syncs);
	return __rocket_vm_bind(c->fd, &bind);
}

static void async_failed(struct rocket_oom *c)
{
	expect_no_fence(c);
	release();
	array_failed(c);
}

static void async_done(struct rocket_oom *c)
{
	expect_fences(c);
	array_done(c);
}

static const struct rocket_oom_scene bind_async = {
	.prepare = new_async_space, .try = try_async, .failed = async_failed,
	.done = async_done, .clean = drop_async_space,
};

/* The same in a VM whose queue is there. */
static void new_queued_space(struct rocket_oom *c)
{
	new_async_space(c);
	rocket_vm_bind_async(c->fd, c->vm, NULL, 0, NULL, NULL);
}

static const struct rocket_oom_scene bind_async_again = {
	.prepare = new_queued_space, .try = try_async, .failed = async_failed,
	.done = async_done, .clean = drop_async_space,
};

/*
 * Jobs
 */

static void new_jobs(struct rocket_oom *c)
{
	new_bound_space(c);
	new_syncs(c);
	for (unsigned int i = 0; i < 2; i++) {
		rocket_probe_clear_result(&c->job, i);
		rocket_probe_set(&c->job, i, ROCKET_OOM_ADDR + i * ROCKET_PAGE,
				 rocket_probe_result_addr(&c->job, i));
	}
}

/* Two jobs, on different cores where there are several. */
static int try_submit(struct rocket_oom *c)
{
	const uint32_t in[] = { c->data.handle, c->bo.handle };
	const uint32_t out[] = { c->job.bo.handle };
	uint32_t cores = c->cores;
	struct drm_rocket_sync syncs[4];
	struct drm_rocket_job jobs[2];

	syncs_in_out(c, syncs);
	for (unsigned int i = 0; i < 2; i++) {
		jobs[i] = rocket_probe_job(&c->job, i, 1);
		jobs[i].in_bo_handles = (uintptr_t)in;
		jobs[i].in_bo_handle_count = 2;
		jobs[i].out_bo_handles = (uintptr_t)out;
		jobs[i].out_bo_handle_count = 1;
		jobs[i].sync_struct_size = sizeof(*syncs);
	}
	jobs[0].core_mask = cores & -cores;
	jobs[0].in_syncs = (uintptr_t)syncs;
	jobs[0].in_sync_count = 2;
	jobs[1].core_mask = cores & (cores - 1);
	jobs[1].out_syncs = (uintptr_t)(syncs + 2);
	jobs[1].out_sync_count = 2;
	return __rocket_submit(c->fd, jobs, 2);
}

static void submit_failed(struct rocket_oom *c)
{
	expect_no_fence(c);
	release();
	/* Jobs of a VM start in their order: what was taken would be done by then. */
	expect_page(c, 3, 3);
	igt_assert(!rocket_is_pattern((uint8_t *)rocket_probe_result(&c->job, 1),
				      ROCKET_OOM_SPACE_SEED + 1));
}

static void submitted(struct rocket_oom *c)
{
	expect_fences(c);
	for (unsigned int i = 0; i < 2; i++)
		igt_assert(rocket_is_pattern((uint8_t *)rocket_probe_result(&c->job, i),
					     ROCKET_OOM_SPACE_SEED + i));
}

static const struct rocket_oom_scene submit = {
	.prepare = new_jobs, .try = try_submit, .failed = submit_failed, .done = submitted,
	.clean = drop_async_space,
};

/* The VM has its entities. */
static void new_jobs_again(struct rocket_oom *c)
{
	struct drm_rocket_job job;

	new_jobs(c);
	job = rocket_probe_job(&c->job, 0, 1);
	igt_assert_eq(rocket_run(c->fd, &job), 0);
	rocket_probe_clear_result(&c->job, 0);
}

static const struct rocket_oom_scene submit_again = {
	.prepare = new_jobs_again, .try = try_submit, .failed = submit_failed,
	.done = submitted, .clean = drop_async_space,
};

/*
 * Queries
 */

static struct drm_rocket_vm_fault fault;

static void new_fault(struct rocket_oom *c)
{
	struct drm_rocket_job job;

	rocket_oom_new_space(c);
	rocket_probe_set(&c->job, 0, ROCKET_OOM_ADDR, rocket_probe_result_addr(&c->job, 0));
	job = rocket_probe_job(&c->job, 0, 1);
	igt_assert_eq(rocket_run(c->fd, &job), -EFAULT);
}

static int try_query(struct rocket_oom *c)
{
	struct drm_rocket_vm_query query = {
		.vm_id = c->vm,
		.flags = DRM_ROCKET_VM_QUERY_CLEAR,
		.faults = (uintptr_t)&fault,
		.fault_count = 1,
		.fault_struct_size = sizeof(fault),
	};

	return __rocket_vm_query(c->fd, &query);
}

static void query_failed(struct rocket_oom *c)
{
	igt_assert_eq_u32(rocket_vm_query(c->fd, c->vm).fault_count, 1);
}

static void queried(struct rocket_oom *c)
{
	igt_assert(fault.addr >= ROCKET_OOM_ADDR && fault.addr < ROCKET_OOM_ADDR + ROCKET_PATTERN);
	igt_assert_eq_u32(rocket_vm_query(c->fd, c->vm).fault_count, 0);
	igt_assert_eq_u64(rocket_vm_query(c->fd, c->vm).faults_total, 1);
}

static const struct rocket_oom_scene vm_query = {
	.prepare = new_fault, .try = try_query, .failed = query_failed, .done = queried,
	.clean = rocket_oom_drop_space,
};

/*
 * Destroying a VM needs no memory, even with everything in use.
 */

/* A bind and two jobs wait. */
static void new_busy_space(struct rocket_oom *c)
{
	struct drm_rocket_vm_bind_op op = rocket_op_unmap(ROCKET_OOM_ADDR, ROCKET_OOM_SIZE);
	struct drm_rocket_sync in;

	new_jobs(c);
	in = rocket_sync(c->syncobj[IN_BINARY], 0);
	rocket_vm_bind_async(c->fd, c->vm, &op, 1, &in, NULL);
	igt_assert_eq(try_submit(c), 0);
}

static int try_vm_destroy(struct rocket_oom *c)
{
	return __rocket_vm_destroy(c->fd, c->vm);
}

static void vm_destroyed(struct rocket_oom *c)
{
	release();
	/* Cancelled; a timeline's points do not tell why they signalled. */
	igt_assert_eq(rocket_syncobj_status(c->fd, c->syncobj[OUT_BINARY]), -ESRCH);
	rocket_timeline_wait(c->fd, c->syncobj[OUT_TIMELINE], OUT_POINT);
}

static void drop_busy_space(struct rocket_oom *c)
{
	drop_syncs(c);
	rocket_bo_free(c->fd, &c->job.bo);
	free(c->job.tasks);
	rocket_bo_free(c->fd, &c->bo);
}

static const struct rocket_oom_scene vm_destroy = {
	.prepare = new_busy_space, .try = try_vm_destroy, .done = vm_destroyed,
	.clean = drop_busy_space, .cannot_fail = true,
};
static const struct {
	const char *name, *description;
	const struct rocket_oom_scene *scene;
} subtests[] = {
	{ "vm-create", "VM_CREATE", &vm_create },
	{ "bind-map", "VM_BIND: map, with the BO's pages and second-level tables", &bind_map },
	{ "bind-tables", "VM_BIND: map, where only second-level tables find none: it succeeds",
	  &bind_tables },
	{ "bind-unmap", "VM_BIND: unmap", &bind_unmap },
	{ "bind-split", "VM_BIND: unmap in the middle of a mapping", &bind_split },
	{ "bind-unmap-bo", "VM_BIND: unmap all of a BO", &bind_unmap_bo },
	{ "bind-array", "VM_BIND: an array of all kinds, as a whole", &bind_array },
	{ "bind-async", "VM_BIND, the first queued one of a VM: syncobjs unchanged, too",
	  &bind_async },
	{ "bind-async-again", "VM_BIND, queued, with the queue there", &bind_async_again },
	{ "submit", "SUBMIT of two jobs, the first ones of a VM: none is taken", &submit },
	{ "submit-again", "SUBMIT of two jobs to a VM that had some", &submit_again },
	{ "vm-query", "VM_QUERY: no fault record is lost", &vm_query },
	{ "vm-destroy", "VM_DESTROY with binds and jobs queued, which needs no memory",
	  &vm_destroy },
};

igt_main
{
	igt_fixture
		close(rocket_open());

	for (unsigned int i = 0; i < sizeof(subtests) / sizeof(*subtests); i++) {
		igt_describe_f("%s, without memory at each of its allocations",
			       subtests[i].description);
		igt_subtest(subtests[i].name)
			rocket_oom_play(subtests[i].scene);
	}
}
