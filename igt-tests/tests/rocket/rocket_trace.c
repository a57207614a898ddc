// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_fdinfo.h"
#include "igt_rocket_job.h"
#include "igt_rocket_scene.h"
#include "igt_rocket_sysfs.h"
#include "igt_rocket_trace.h"

IGT_TEST_DESCRIPTION("Trace events: each of them comes when it should, once, and is right");

#define NOWHERE		0x90000000u
#define FREE		0x40000000u	/* nothing of the scene is there */
#define LONG_MS		ROCKET_SCENE_LONG_MS
#define TAG		0x123456789abcull

/* "client=N", what events of the file have. */
static const char *client_of(int fd, char text[40])
{
	snprintf(text, 40, "client=%llu", (unsigned long long)rocket_fdinfo(fd).client);
	return text;
}

static struct rocket_event nth_event(struct rocket_trace *t, const char *name,
				     const char *with, unsigned int nth)
{
	struct rocket_event event = { 0 };

	igt_assert_f(rocket_trace_find(t, name, with, nth, &event),
		     "there is no event %u %s with %s\n", nth, name, with);
	return event;
}

static void expect_same_field(const struct rocket_event *a, const struct rocket_event *b,
			      const char *field)
{
	char left[64], right[64];

	rocket_event_text(a, field, left);
	rocket_event_text(b, field, right);
	igt_assert_f(!strcmp(left, right), "%s: %s in %s, %s in %s\n", field, left, a->name,
		     right, b->name);
}

/* Position of a job's event among all events, by its fence. */
static unsigned int place_of(struct rocket_trace *t, const char *name, const char *fence)
{
	struct rocket_event event;

	for (unsigned int i = 0; rocket_trace_find(t, "", NULL, i, &event); i++) {
		char text[64];

		if (strcmp(event.name, name))
			continue;
		rocket_event_text(&event, "fence", text);
		if (!strcmp(text, fence))
			return i;
	}
	igt_assert_f(false, "no %s of fence %s\n", name, fence);
	return 0;
}

/* The nth job of a client: three events, in order, about the same job. */
static void expect_job(struct rocket_trace *t, const char *client, unsigned int nth,
		       unsigned int core, uint64_t tag)
{
	struct rocket_event queue = nth_event(t, "rocket_job_queue", client, nth);
	struct rocket_event run, done;
	char fence[64], with[80];

	rocket_event_text(&queue, "fence", fence);
	snprintf(with, sizeof(with), "fence=%s", fence);
	igt_assert_eq(rocket_trace_count(t, "rocket_job_run", with), 1);
	igt_assert_eq(rocket_trace_count(t, "rocket_job_done", with), 1);
	run = nth_event(t, "rocket_job_run", with, 0);
	done = nth_event(t, "rocket_job_done", with, 0);

	/* Which core is chosen when it is its turn. */
	igt_assert_eq_u64(rocket_event_u64(&queue, "core"), UINT32_MAX);
	igt_assert_eq_u64(rocket_event_u64(&run, "core"), core);
	igt_assert_eq_u64(rocket_event_u64(&queue, "user_data"), tag);
	igt_assert_eq_u64(rocket_event_u64(&run, "user_data"), tag);
	igt_assert_eq_u64(rocket_event_u64(&queue, "tasks"), 1);
	igt_assert_eq_u64(rocket_event_u64(&done, "tasks"), 1);
	igt_assert_eq_u64(rocket_event_s64(&done, "error"), 0);
	igt_assert(rocket_event_u64(&done, "ns"));
	expect_same_field(&run, &done, "core");
	expect_same_field(&queue, &run, "client");
	expect_same_field(&queue, &done, "client");
	expect_same_field(&queue, &run, "vm");
	expect_same_field(&queue, &done, "vm");
	/* The trace merges what CPUs recorded by time: no order without one. */
	igt_assert_lte_u64(queue.time_us, run.time_us);
	igt_assert_lte_u64(run.time_us, done.time_us);
	igt_assert(place_of(t, "rocket_job_queue", fence) < place_of(t, "rocket_job_run", fence));
	igt_assert(place_of(t, "rocket_job_run", fence) < place_of(t, "rocket_job_done", fence));
}

#define JOB_EVENTS "rocket_job_queue rocket_job_run rocket_job_done"

static void test_job(int fd)
{
	struct rocket_scene s = rocket_scene(fd, 0);
	uint32_t mask = rocket_core_mask(fd);
	unsigned int cores = __builtin_popcount(mask);
	struct rocket_trace t;
	char client[40];

	client_of(fd, client);
	rocket_trace_start(&t, JOB_EVENTS);
	for (unsigned int i = 0; i < 6 * cores; i++) {
		struct drm_rocket_job job;

		job = rocket_scene_job(&s, i, rocket_nth_core(mask, i % cores), LONG_MS);
		job.user_data = TAG + i;
		igt_assert_eq(rocket_run(fd, &job), 0);
	}
	igt_assert_eq(rocket_trace_count(&t, "rocket_job_queue", client), 6 * cores);
	igt_assert_eq(rocket_trace_count(&t, "rocket_job_run", client), 6 * cores);
	igt_assert_eq(rocket_trace_count(&t, "rocket_job_done", client), 6 * cores);
	for (unsigned int i = 0; i < 6 * cores; i++)
		expect_job(&t, client, i, rocket_nth_core(mask, i % cores), TAG + i);
	rocket_trace_stop(&t);
}

static void test_job_tasks(int fd)
{
	struct rocket_scene s = rocket_scene(fd, 0);
	struct drm_rocket_job job = rocket_probe_job(&s.probe, 0, 11);
	struct rocket_event event;
	struct rocket_trace t;
	char client[40];

	rocket_trace_start(&t, JOB_EVENTS);
	job.priority = DRM_ROCKET_JOB_PRIORITY_LOW;
	job.timeout_ms = LONG_MS;
	igt_assert_eq(rocket_run(fd, &job), 0);
	event = nth_event(&t, "rocket_job_queue", client_of(fd, client), 0);
	igt_assert_eq_u64(rocket_event_u64(&event, "tasks"), 11);
	igt_assert_eq_u64(rocket_event_u64(&event, "priority"), DRM_ROCKET_JOB_PRIORITY_LOW);
	event = nth_event(&t, "rocket_job_done", client, 0);
	igt_assert_eq_u64(rocket_event_u64(&event, "tasks"), 11);
	igt_assert_eq(rocket_trace_count(&t, "", client), 3);
	rocket_trace_stop(&t);
}

/* Who submitted, to which VM: not only zeros. */
static void test_job_vm(int fd)
{
	uint32_t vm = rocket_vm_create(fd);
	struct rocket_scene s = rocket_scene(fd, vm);
	struct drm_rocket_job job = rocket_probe_job(&s.probe, 0, 1);
	struct rocket_event event;
	struct rocket_trace t;
	char client[40];

	rocket_trace_start(&t, JOB_EVENTS);
	igt_assert_eq(rocket_run(fd, &job), 0);
	for (unsigned int i = 0; i < 3; i++) {
		event = nth_event(&t, "", client_of(fd, client), i);
		igt_assert_eq_u64(rocket_event_u64(&event, "vm"), vm);
	}
	rocket_trace_stop(&t);
}

static void test_job_never_run(int fd)
{
	uint32_t vm = rocket_vm_create(fd);
	struct rocket_scene s = rocket_scene(fd, vm);
	struct drm_rocket_job job = rocket_probe_job(&s.probe, 0, 1);
	struct rocket_blocker blocker;
	struct drm_rocket_sync in;
	struct rocket_event event;
	struct rocket_trace t;
	char client[40];
	uint32_t done;

	rocket_require_blocker();
	rocket_blocker_init(&blocker, fd);
	in = rocket_sync(blocker.syncobj, 0);
	job.in_syncs = (uintptr_t)&in;
	job.in_sync_count = 1;
	job.sync_struct_size = sizeof(in);
	rocket_trace_start(&t, JOB_EVENTS);
	done = rocket_start(fd, &job);
	rocket_vm_destroy(fd, vm);
	rocket_blocker_release(&blocker);
	igt_assert_eq(rocket_syncobj_status(fd, done), -ESRCH);
	/* It is told when the job is put away, after its fence. */
	event = rocket_trace_await(&t, "rocket_job_done", client_of(fd, client), 1);
	igt_assert_eq_u64(rocket_event_s64(&event, "error"), -ESRCH);
	igt_assert_eq_u64(rocket_event_u64(&event, "tasks"), 0);
	igt_assert_eq_u64(rocket_event_u64(&event, "ns"), 0);
	igt_assert_eq(rocket_trace_count(&t, "rocket_job_queue", client), 1);
	igt_assert_eq(rocket_trace_count(&t, "rocket_job_run", client), 0);
	rocket_trace_stop(&t);
	rocket_blocker_fini(&blocker);
}

static void test_bind(int fd)
{
	struct rocket_bo bo = rocket_bo(fd, 8 * ROCKET_PAGE);
	const struct drm_rocket_vm_bind_op ops[] = {
		rocket_op_map(bo.handle, ROCKET_PAGE, FREE, 3 * ROCKET_PAGE),
		rocket_op_map_ro(bo.handle, 0, FREE + 0x100000, ROCKET_PAGE),
	};
	struct rocket_event event;
	struct rocket_trace t;
	char client[40];

	rocket_trace_start(&t, "rocket_bind rocket_unbind");
	rocket_vm_bind_ops(fd, 0, ops, 2);
	event = nth_event(&t, "rocket_bind", client_of(fd, client), 0);
	igt_assert_eq_u64(rocket_event_u64(&event, "addr"), FREE);
	igt_assert_eq_u64(rocket_event_u64(&event, "range"), 3 * ROCKET_PAGE);
	igt_assert_eq_u64(rocket_event_u64(&event, "offset"), ROCKET_PAGE);
	igt_assert_eq_u64(rocket_event_u64(&event, "readonly"), 0);
	igt_assert_eq_u64(rocket_event_u64(&event, "vm"), 0);
	event = nth_event(&t, "rocket_bind", client, 1);
	igt_assert_eq_u64(rocket_event_u64(&event, "addr"), FREE + 0x100000);
	igt_assert_eq_u64(rocket_event_u64(&event, "range"), ROCKET_PAGE);
	igt_assert_eq_u64(rocket_event_u64(&event, "readonly"), 1);
	igt_assert_eq(rocket_trace_count(&t, "", client), 2);
	rocket_trace_stop(&t);
}

/* One event for each range that goes, be it a part or several mappings. */
static void test_unbind(int fd)
{
	struct rocket_bo bo = rocket_bo(fd, 8 * ROCKET_PAGE);
	uint32_t vm = rocket_vm_create(fd);
	struct rocket_event event;
	struct rocket_trace t;
	char client[40];

	rocket_vm_map_bo(fd, vm, &bo, FREE);
	rocket_trace_start(&t, "rocket_bind rocket_unbind");
	rocket_vm_unmap(fd, vm, FREE + 2 * ROCKET_PAGE, ROCKET_PAGE);
	event = nth_event(&t, "rocket_unbind", client_of(fd, client), 0);
	igt_assert_eq_u64(rocket_event_u64(&event, "addr"), FREE + 2 * ROCKET_PAGE);
	igt_assert_eq_u64(rocket_event_u64(&event, "range"), ROCKET_PAGE);
	igt_assert_eq_u64(rocket_event_u64(&event, "vm"), vm);
	igt_assert_eq(rocket_trace_count(&t, "", client), 1);

	rocket_vm_unmap(fd, vm, FREE, 8 * ROCKET_PAGE);
	event = nth_event(&t, "rocket_unbind", client, 1);
	igt_assert_eq_u64(rocket_event_u64(&event, "addr"), FREE);
	igt_assert_eq_u64(rocket_event_u64(&event, "range"), 2 * ROCKET_PAGE);
	event = nth_event(&t, "rocket_unbind", client, 2);
	igt_assert_eq_u64(rocket_event_u64(&event, "addr"), FREE + 3 * ROCKET_PAGE);
	igt_assert_eq_u64(rocket_event_u64(&event, "range"), 5 * ROCKET_PAGE);
	igt_assert_eq(rocket_trace_count(&t, "", client), 3);
	rocket_trace_stop(&t);
}

/* Two VMs of one file take turns on a core. */
static void test_vm_switch(int fd)
{
	uint32_t core = rocket_nth_core(rocket_core_mask(fd), 0), other = rocket_vm_create(fd);
	struct rocket_scene a = rocket_scene(fd, 0), b = rocket_scene(fd, other);
	struct rocket_event event;
	struct rocket_trace t;
	char client[40];

	rocket_sysfs_stay_awake(core, true);
	rocket_scene_expect_healthy(&a, core, 0);
	rocket_trace_start(&t, "rocket_vm_attach rocket_vm_detach rocket_scrub rocket_reset");
	rocket_scene_expect_healthy(&a, core, 1);
	igt_assert_eq(rocket_trace_count(&t, "", NULL), 0);
	for (unsigned int i = 0; i < 3; i++) {
		rocket_scene_expect_healthy(&b, core, i);
		rocket_scene_expect_healthy(&a, core, i);
	}
	client_of(fd, client);
	igt_assert_eq(rocket_trace_count(&t, "rocket_vm_attach", client), 6);
	igt_assert_eq(rocket_trace_count(&t, "rocket_vm_detach", client), 6);
	igt_assert_eq(rocket_trace_count(&t, "rocket_scrub", NULL), 0);
	igt_assert_eq(rocket_trace_count(&t, "rocket_reset", "done=1"), 6);
	for (unsigned int i = 0; i < 6; i++) {
		event = nth_event(&t, "rocket_vm_detach", client, i);
		igt_assert_eq_u64(rocket_event_u64(&event, "vm"), i % 2 ? other : 0);
		event = nth_event(&t, "rocket_vm_attach", client, i);
		igt_assert_eq_u64(rocket_event_u64(&event, "vm"), i % 2 ? 0 : other);
		igt_assert_eq_u64(rocket_event_u64(&event, "core"), core);
	}
	rocket_trace_stop(&t);
	rocket_sysfs_stay_awake(core, false);
}

static void test_scrub(int fd)
{
	uint32_t core = rocket_nth_core(rocket_core_mask(fd), 0);
	int other = rocket_open();
	struct rocket_scene a = rocket_scene(fd, 0), b = rocket_scene(other, 0);
	struct rocket_event event;
	struct rocket_trace t;
	char client[40];

	rocket_scene_expect_healthy(&a, core, 0);
	rocket_trace_start(&t, "rocket_scrub");
	rocket_scene_expect_healthy(&a, core, 1);
	igt_assert_eq(rocket_trace_count(&t, "", NULL), 0);
	rocket_scene_expect_healthy(&b, core, 0);
	rocket_scene_expect_healthy(&b, core, 1);
	igt_assert_eq(rocket_trace_count(&t, "rocket_scrub", NULL), 1);
	event = nth_event(&t, "rocket_scrub", client_of(other, client), 0);
	igt_assert_eq_u64(rocket_event_u64(&event, "core"), core);
	igt_assert_eq_u64(rocket_event_s64(&event, "error"), 0);
	igt_assert(rocket_event_u64(&event, "ns"));
	rocket_scene_expect_healthy(&a, core, 2);
	igt_assert_eq(rocket_trace_count(&t, "rocket_scrub", client_of(fd, client)), 1);
	rocket_trace_stop(&t);
	close(other);
}

static void test_fault(int fd)
{
	uint32_t core = rocket_nth_core(rocket_core_mask(fd), 0);
	struct rocket_scene s = rocket_scene(fd, 0);
	struct rocket_event fault, done, event;
	struct drm_rocket_job job;
	struct rocket_trace t;
	char client[40];

	rocket_probe_set(&s.probe, 0, rocket_probe_result_addr(&s.probe, 0), NOWHERE);
	job = rocket_scene_job(&s, 0, core, LONG_MS);
	rocket_trace_start(&t, "rocket_fault rocket_recover rocket_job_done");
	igt_assert_eq(rocket_run(fd, &job), -EFAULT);
	fault = nth_event(&t, "rocket_fault", client_of(fd, client), 0);
	done = nth_event(&t, "rocket_job_done", client, 0);
	expect_same_field(&fault, &done, "fence");
	igt_assert_eq_u64(rocket_event_u64(&fault, "core"), core);
	igt_assert_eq_u64(rocket_event_u64(&fault, "write"), 1);
	igt_assert_eq_u64(rocket_event_u64(&fault, "addr") & ~0xfffull, NOWHERE);
	igt_assert_eq_u64(rocket_event_s64(&done, "error"), -EFAULT);
	igt_assert_eq_u64(rocket_event_u64(&done, "tasks"), 1);
	event = rocket_trace_await(&t, "rocket_recover", NULL, 1);
	igt_assert_eq_u64(rocket_event_u64(&event, "core"), core);
	igt_assert_eq_u64(rocket_event_s64(&event, "error"), -EFAULT);
	igt_assert_eq_u64(rocket_event_u64(&event, "wedged"), 0);
	igt_assert(rocket_event_u64(&event, "ns"));
	igt_assert_eq(rocket_trace_count(&t, "rocket_fault", NULL), 1);
	rocket_trace_stop(&t);
}

static void test_hang(int fd)
{
	uint32_t core = rocket_nth_core(rocket_core_mask(fd), 0);
	struct rocket_scene s = rocket_scene(fd, 0);
	struct drm_rocket_job job = rocket_scene_hang(&s, 0, core, 30);
	struct rocket_event event;
	struct rocket_trace t;
	char client[40];

	rocket_scene_expect_healthy(&s, core, 1);
	rocket_trace_start(&t, "rocket_recover rocket_job_done rocket_reset");
	igt_assert_eq(rocket_run(fd, &job), -ETIMEDOUT);
	event = nth_event(&t, "rocket_job_done", client_of(fd, client), 0);
	igt_assert_eq_u64(rocket_event_s64(&event, "error"), -ETIMEDOUT);
	/* The time-out counts from the start. */
	igt_assert_lte_u64(30 * UINT64_C(1000000), rocket_event_u64(&event, "ns"));
	event = nth_event(&t, "rocket_recover", NULL, 0);
	igt_assert_eq_u64(rocket_event_s64(&event, "error"), -ETIMEDOUT);
	event = nth_event(&t, "rocket_reset", NULL, 0);
	igt_assert_eq_u64(rocket_event_u64(&event, "core"), core);
	igt_assert_eq_u64(rocket_event_u64(&event, "done"), 1);
	rocket_trace_stop(&t);
}

static void test_power(int fd)
{
	uint32_t core = rocket_nth_core(rocket_core_mask(fd), 0);
	struct rocket_scene s = rocket_scene(fd, 0);
	struct rocket_event on, off;
	struct rocket_trace t;
	char with[16];

	rocket_sysfs_await_suspend(core);
	snprintf(with, sizeof(with), "core=%u", core);
	rocket_trace_start(&t, "rocket_power rocket_vm_detach");
	rocket_scene_expect_healthy(&s, core, 0);
	on = nth_event(&t, "rocket_power", with, 0);
	igt_assert_eq_u64(rocket_event_u64(&on, "on"), 1);
	off = rocket_trace_await(&t, "rocket_power", with, 2);
	igt_assert_eq_u64(rocket_event_u64(&off, "on"), 0);
	/* Not while it could still reach somebody's memory. */
	on = nth_event(&t, "rocket_vm_detach", with, 0);
	igt_assert_lte_u64(on.time_us, off.time_us);
	rocket_trace_stop(&t);
}

igt_main
{
	igt_describe("A job is queued, run and done, once each, on whatever core");
	igt_subtest("job")
		rocket_on_device(test_job);

	igt_describe("A job's events tell its tasks and priority");
	igt_subtest("job-tasks")
		rocket_on_device(test_job_tasks);

	igt_describe("A job's events tell its VM");
	igt_subtest("job-vm")
		rocket_on_device(test_job_vm);

	igt_describe("A job that is cancelled is done without having been run");
	igt_subtest("job-never-run")
		rocket_on_device(test_job_never_run);

	igt_describe("Each range that is mapped, with where and how");
	igt_subtest("bind")
		rocket_on_device(test_bind);

	igt_describe("Each range that is unmapped, also when it was part of a mapping");
	igt_subtest("unbind")
		rocket_on_device(test_unbind);

	igt_describe("A core that changes VMs leaves one and enters the other");
	igt_subtest("vm-switch")
		rocket_on_device(test_vm_switch);

	igt_describe("A scrub when another file's job comes, and only then");
	igt_subtest("scrub")
		rocket_on_device(test_scrub);

	igt_describe("A fault tells address and job, which is done with -EFAULT");
	igt_subtest("fault")
		rocket_on_device(test_fault);

	igt_describe("A hang ends with -ETIMEDOUT, a recovery and a reset");
	igt_subtest("hang")
		rocket_on_device(test_hang);

	igt_describe("Clocks go on before a job and off behind it, after the VM was left");
	igt_subtest("power")
		rocket_on_device(test_power);
}
