// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_job.h"

IGT_TEST_DESCRIPTION("VM_BIND, queued: order, syncobjs, and fences that never come");

#define PROBE_ADDR	0x10000000u
#define BASE		0x20000000u
#define PAGES		16u
#define SEED		0x1000u

/* A probe, a BO whose page i has pattern SEED + i, and a fence that does not come. */
struct scene {
	int fd;
	struct rocket_probe probe;
	struct rocket_bo bo;
	struct rocket_blocker blocker;
	struct drm_rocket_sync never;
	struct drm_rocket_sync done;
};

static struct scene make_scene(int fd)
{
	struct scene s = { .fd = fd, .bo = rocket_bo(fd, PAGES * ROCKET_PAGE) };

	rocket_blocker_init(&s.blocker, fd);
	rocket_probe_init(&s.probe, fd, 0, PROBE_ADDR, PAGES);
	rocket_bo_fill(&s.bo, SEED);
	s.never = rocket_sync(s.blocker.syncobj, 0);
	s.done = rocket_sync(rocket_syncobj(fd), 0);
	return s;
}

static uint64_t mapped(struct scene *s, uint32_t vm)
{
	return rocket_vm_query(s->fd, vm).mapping_count - (vm ? 0 : 1);
}

static struct drm_rocket_vm_bind_op map_page(struct scene *s, unsigned int page, uint32_t addr)
{
	return rocket_op_map(s->bo.handle, page * ROCKET_PAGE, addr, ROCKET_PAGE);
}

/* Binds of somebody else come and go: what was free to go before them is gone. */
static void let_queues_run(int fd)
{
	struct drm_rocket_sync out = rocket_sync(rocket_syncobj(fd), 0);
	uint32_t vm = rocket_vm_create(fd);

	for (unsigned int i = 0; i < 20; i++) {
		rocket_vm_bind_async(fd, vm, NULL, 0, NULL, &out);
		igt_assert_eq(rocket_syncobj_status(fd, out.handle), 0);
	}
	rocket_vm_destroy(fd, vm);
	drmSyncobjDestroy(fd, out.handle);
}

/* A map of page 0 at BASE that waits for the blocker and signals s->done. */
static void queue_blocked(struct scene *s, uint32_t vm)
{
	struct drm_rocket_vm_bind_op op = map_page(s, 0, BASE);

	igt_set_timeout(30, "queueing a bind");
	rocket_vm_bind_async(s->fd, vm, &op, 1, &s->never, &s->done);
	igt_reset_timeout();
	let_queues_run(s->fd);
	igt_assert(rocket_syncobj_busy(s->fd, s->done.handle));
}

static void test_no_syncs(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_vm_bind_op op = map_page(&s, 0, BASE);

	rocket_vm_bind_async(fd, 0, &op, 1, NULL, NULL);
	/* The queue's order tells when it is done. */
	rocket_vm_bind_async(fd, 0, NULL, 0, NULL, &s.done);
	igt_assert_eq(rocket_syncobj_status(fd, s.done.handle), 0);
	rocket_probe_expect(&s.probe, BASE, SEED);
}

static void test_binary(int fd)
{
	struct scene s = make_scene(fd);

	queue_blocked(&s, 0);
	igt_assert_eq_u64(mapped(&s, 0), 0);
	rocket_probe_expect_fault(&s.probe, BASE);
	rocket_blocker_release(&s.blocker);
	igt_assert_eq(rocket_syncobj_status(fd, s.done.handle), 0);
	igt_assert_eq_u64(mapped(&s, 0), 1);
	rocket_probe_expect(&s.probe, BASE, SEED);
}

static void test_timeline(int fd)
{
	struct scene s = make_scene(fd);
	uint32_t timeline = rocket_syncobj(fd);
	struct drm_rocket_vm_bind_op ops[] = { map_page(&s, 0, BASE), map_page(&s, 1, BASE) };
	struct drm_rocket_sync first = rocket_sync(timeline, 10), second = rocket_sync(timeline, 20);

	rocket_vm_bind_async(fd, 0, &ops[0], 1, &s.never, &first);
	rocket_vm_bind_async(fd, 0, &ops[1], 1, &first, &second);
	let_queues_run(fd);
	igt_assert(rocket_timeline_busy(fd, timeline, 10));
	igt_assert(rocket_timeline_busy(fd, timeline, 20));
	rocket_blocker_release(&s.blocker);
	igt_assert_eq(rocket_timeline_status(fd, timeline, 20), 0);
	igt_assert_eq(rocket_timeline_status(fd, timeline, 10), 0);
	rocket_probe_expect(&s.probe, BASE, SEED + 1);
}

static void test_many_syncs(int fd)
{
	enum { COUNT = 64 };
	struct scene s = make_scene(fd);
	struct drm_rocket_sync in[COUNT], out[COUNT];
	struct drm_rocket_vm_bind_op op = map_page(&s, 0, BASE);
	struct drm_rocket_vm_bind bind = {
		.flags = DRM_ROCKET_VM_BIND_ASYNC,
		.ops = (uintptr_t)&op, .op_count = 1, .op_struct_size = sizeof(op),
		.in_syncs = (uintptr_t)in, .in_sync_count = COUNT,
		.out_syncs = (uintptr_t)out, .out_sync_count = COUNT,
		.sync_struct_size = sizeof(*in),
	};

	for (unsigned int i = 0; i < COUNT; i++) {
		in[i] = rocket_sync(rocket_syncobj_signalled(fd), 0);
		out[i] = rocket_sync(rocket_syncobj(fd), i & 1 ? i : 0);
	}
	/* The last of all is the one that counts. */
	in[COUNT - 1] = s.never;
	igt_assert_eq(__rocket_vm_bind(fd, &bind), 0);
	igt_assert_eq_u64(mapped(&s, 0), 0);
	rocket_blocker_release(&s.blocker);
	for (unsigned int i = 0; i < COUNT; i++) {
		if (i & 1)
			igt_assert_eq(rocket_timeline_status(fd, out[i].handle, i), 0);
		else
			igt_assert_eq(rocket_syncobj_status(fd, out[i].handle), 0);
	}
	igt_assert_eq_u64(mapped(&s, 0), 1);
}

static void test_order(int fd)
{
	struct scene s = make_scene(fd);

	queue_blocked(&s, 0);
	/* Nothing to wait for, but what was queued before. */
	for (unsigned int i = 1; i < PAGES; i++) {
		struct drm_rocket_vm_bind_op op = map_page(&s, i, BASE);

		rocket_vm_bind_async(fd, 0, &op, 1, NULL, &s.done);
	}
	let_queues_run(fd);
	igt_assert(rocket_syncobj_busy(fd, s.done.handle));
	igt_assert_eq_u64(mapped(&s, 0), 0);
	rocket_blocker_release(&s.blocker);
	igt_assert_eq(rocket_syncobj_status(fd, s.done.handle), 0);
	rocket_probe_expect(&s.probe, BASE, SEED + PAGES - 1);
}

static void test_thousand(int fd)
{
	/* They must all be queued before the fence of vgem ends by itself, in 10 s. */
	const unsigned int count = SLOW_QUICK(1000, 100);
	struct scene s = make_scene(fd);

	queue_blocked(&s, 0);
	for (unsigned int i = 0; i < count; i++) {
		struct drm_rocket_vm_bind_op ops[] = {
			rocket_op_unmap(BASE, ROCKET_PAGE),
			map_page(&s, i % PAGES, BASE),
		};

		rocket_vm_bind_async(fd, 0, ops, 2, NULL, &s.done);
	}
	rocket_blocker_release(&s.blocker);
	igt_assert_eq(rocket_syncobj_status(fd, s.done.handle), 0);
	rocket_probe_expect(&s.probe, BASE, SEED + (count - 1) % PAGES);
	igt_assert_eq_u64(mapped(&s, 0), 1);
}

/* Queued last in one VM, awaited first by the next: the chain unwinds backwards. */
static void test_reverse(int fd)
{
	enum { VMS = 8 };
	struct scene s = make_scene(fd);
	struct drm_rocket_sync before = s.never, after = s.never;
	uint32_t vms[VMS];

	for (unsigned int i = 0; i < VMS; i++)
		vms[i] = rocket_vm_create(fd);
	for (unsigned int i = VMS; i-- > 0; before = after) {
		struct drm_rocket_vm_bind_op op = map_page(&s, i, BASE);

		after = rocket_sync(rocket_syncobj(fd), 0);
		rocket_vm_bind_async(fd, vms[i], &op, 1, &before, &after);
	}
	for (unsigned int i = 0; i < VMS; i++)
		igt_assert_eq_u64(mapped(&s, vms[i]), 0);
	rocket_blocker_release(&s.blocker);
	igt_assert_eq(rocket_syncobj_status(fd, after.handle), 0);
	for (unsigned int i = 0; i < VMS; i++)
		igt_assert_eq_u64(mapped(&s, vms[i]), 1);
}

static void test_sync_does_not_wait(int fd)
{
	struct scene s = make_scene(fd);

	queue_blocked(&s, 0);
	rocket_vm_map(fd, 0, s.bo.handle, 5 * ROCKET_PAGE, BASE, ROCKET_PAGE);
	igt_assert(rocket_blocker_blocks(&s.blocker));
	rocket_probe_expect(&s.probe, BASE, SEED + 5);
	rocket_blocker_release(&s.blocker);
	igt_assert_eq(rocket_syncobj_status(fd, s.done.handle), 0);
	rocket_probe_expect(&s.probe, BASE, SEED);
}

static void test_other_vm_goes_on(int fd)
{
	struct scene s = make_scene(fd);
	uint32_t vm = rocket_vm_create(fd);
	struct drm_rocket_sync other = rocket_sync(rocket_syncobj(fd), 0);
	struct drm_rocket_vm_bind_op op = map_page(&s, 3, BASE);

	queue_blocked(&s, vm);
	rocket_vm_bind_async(fd, 0, &op, 1, NULL, &other);
	igt_assert_eq(rocket_syncobj_status(fd, other.handle), 0);
	rocket_probe_expect(&s.probe, BASE, SEED + 3);
	igt_assert(rocket_blocker_blocks(&s.blocker));
	igt_assert(rocket_syncobj_busy(fd, s.done.handle));
}

static void test_handle_closed(int fd)
{
	struct scene s = make_scene(fd);

	queue_blocked(&s, 0);
	rocket_bo_free(fd, &s.bo);
	/* Who gets memory now must not get the BO's. */
	for (unsigned int i = 0; i < 16; i++) {
		struct rocket_bo bo = rocket_bo(fd, 16 * ROCKET_PAGE);

		memset(bo.map, 0xff, bo.size);
	}
	rocket_blocker_release(&s.blocker);
	igt_assert_eq(rocket_syncobj_status(fd, s.done.handle), 0);
	rocket_probe_expect(&s.probe, BASE, SEED);
}

/*
 * With jobs
 */

static void test_job_waits_for_bind(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_job job;

	queue_blocked(&s, 0);
	rocket_probe_set(&s.probe, 0, BASE, rocket_probe_result_addr(&s.probe, 0));
	job = rocket_probe_job(&s.probe, 0, 1);
	job.in_syncs = (uintptr_t)&s.done;
	job.in_sync_count = 1;
	job.sync_struct_size = sizeof(s.done);
	igt_fork(child, 1)
		rocket_blocker_release(&s.blocker);
	igt_assert_eq(rocket_run(fd, &job), 0);
	igt_waitchildren();
	igt_assert(rocket_is_pattern((void *)rocket_probe_result(&s.probe, 0), SEED));
}

static void test_bind_waits_for_job(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_vm_bind_op unmap = rocket_op_unmap(BASE, PAGES * ROCKET_PAGE);
	struct drm_rocket_sync job = { 0 };

	rocket_vm_map_bo(fd, 0, &s.bo, BASE);
	rocket_probe_clear_result(&s.probe, 0);
	rocket_probe_set(&s.probe, 0, BASE, rocket_probe_result_addr(&s.probe, 0));
	job.handle = rocket_probe_repeat(&s.probe, 0, 1000);
	rocket_vm_bind_async(fd, 0, &unmap, 1, &job, &s.done);
	igt_assert_eq(rocket_syncobj_status(fd, s.done.handle), 0);
	/* It never missed the pages. */
	igt_assert_eq(rocket_syncobj_status(fd, job.handle), 0);
	igt_assert_eq_u64(mapped(&s, 0), 0);
	rocket_probe_expect_fault(&s.probe, BASE);
}

/* Bind, run, unbind, each waiting for the one before, without the CPU between. */
static void test_pipeline(int fd)
{
	enum { ROUNDS = 100 };
	struct scene s = make_scene(fd);
	uint32_t timeline = rocket_syncobj(fd);
	struct drm_rocket_sync syncs[3 * ROUNDS + 1];
	struct drm_rocket_job job;

	syncs[0] = s.never;
	for (unsigned int i = 1; i <= 3 * ROUNDS; i++)
		syncs[i] = rocket_sync(timeline, i);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct drm_rocket_sync *at = &syncs[3 * round];
		struct drm_rocket_vm_bind_op map = map_page(&s, round % PAGES, BASE);
		struct drm_rocket_vm_bind_op unmap = rocket_op_unmap(BASE, ROCKET_PAGE);
		unsigned int slot = round % PAGES;

		rocket_vm_bind_async(fd, 0, &map, 1, at, at + 1);
		rocket_probe_set(&s.probe, slot, BASE, rocket_probe_result_addr(&s.probe, slot));
		job = rocket_probe_job(&s.probe, slot, 1);
		job.in_syncs = (uintptr_t)(at + 1);
		job.out_syncs = (uintptr_t)(at + 2);
		job.in_sync_count = job.out_sync_count = 1;
		job.sync_struct_size = sizeof(*at);
		rocket_submit(fd, &job, 1);
		rocket_vm_bind_async(fd, 0, &unmap, 1, at + 2, at + 3);
	}
	rocket_blocker_release(&s.blocker);
	for (unsigned int i = 1; i <= 3 * ROUNDS; i++)
		igt_assert_eq(rocket_timeline_status(fd, timeline, i), 0);
	for (unsigned int slot = 0; slot < PAGES; slot++)
		igt_assert(rocket_is_pattern((void *)rocket_probe_result(&s.probe, slot),
					     SEED + slot));
	igt_assert_eq_u64(mapped(&s, 0), 0);
}

/*
 * Fences that never come
 */

static int fence_file(int fd, uint32_t syncobj)
{
	int file;

	igt_assert_eq(drmSyncobjExportSyncFile(fd, syncobj, &file), 0);
	return file;
}

static int file_status(int file)
{
	struct sync_file_info info = { 0 };

	do_ioctl(file, SYNC_IOC_FILE_INFO, &info);
	return info.status;
}

static void wait_file(int file)
{
	igt_assert_eq(poll(&(struct pollfd){ .fd = file, .events = POLLIN }, 1, 60000), 1);
}

/* Nothing takes effect, and whoever waits learns that. */
static void expect_cancelled(struct rocket_blocker *blocker, int file)
{
	rocket_blocker_release(blocker);
	wait_file(file);
	igt_assert_lt(file_status(file), 0);
	close(file);
}

static void test_never_destroy(int fd)
{
	struct scene s = make_scene(fd);
	uint32_t vm = rocket_vm_create(fd);

	queue_blocked(&s, vm);
	rocket_vm_destroy(fd, vm);
	igt_assert(rocket_blocker_blocks(&s.blocker));
	expect_cancelled(&s.blocker, fence_file(fd, s.done.handle));
}

static void test_never_close(int fd)
{
	int other = rocket_open();
	struct scene s = make_scene(other);
	int file;

	queue_blocked(&s, 0);
	file = fence_file(other, s.done.handle);
	/* CPU mappings would keep the file open. */
	igt_assert_eq(munmap(s.bo.map, s.bo.size), 0);
	igt_assert_eq(munmap(s.probe.bo.map, s.probe.bo.size), 0);
	close(other);
	igt_assert(rocket_blocker_blocks(&s.blocker));
	/* And the device works. */
	close(rocket_open());
	rocket_vm_create(fd);
	expect_cancelled(&s.blocker, file);
}

static void test_never_exit(int fd)
{
	struct rocket_blocker blocker;

	rocket_blocker_init(&blocker, fd);
	igt_fork(child, 1) {
		int own = rocket_open();
		struct rocket_bo bo = rocket_bo(own, ROCKET_PAGE);
		struct drm_rocket_vm_bind_op op = rocket_op_map(bo.handle, 0, BASE, ROCKET_PAGE);
		struct drm_rocket_sync never = rocket_sync(rocket_syncobj(own), 0);

		igt_assert_eq(drmSyncobjImportSyncFile(own, never.handle, blocker.sync_file), 0);
		for (unsigned int i = 0; i < 100; i++)
			rocket_vm_bind_async(own, 0, &op, 1, &never, NULL);
	}
	igt_waitchildren();
	igt_assert(rocket_blocker_blocks(&blocker));
	rocket_blocker_release(&blocker);
}

static void test_never_killed(int fd)
{
	struct igt_helper_process victim = { .use_SIGKILL = true };
	struct rocket_blocker blocker;
	int ready[2];
	char byte;

	rocket_blocker_init(&blocker, fd);
	igt_assert_eq(pipe(ready), 0);
	igt_fork_helper(&victim) {
		int own = rocket_open();
		struct rocket_bo bo = rocket_bo(own, ROCKET_PAGE);
		struct drm_rocket_vm_bind_op op = rocket_op_map(bo.handle, 0, BASE, ROCKET_PAGE);
		struct drm_rocket_sync never = rocket_sync(rocket_syncobj(own), 0);

		igt_assert_eq(drmSyncobjImportSyncFile(own, never.handle, blocker.sync_file), 0);
		rocket_vm_bind_async(own, 0, &op, 1, &never, NULL);
		igt_assert_eq(write(ready[1], "", 1), 1);
		pause();
	}
	igt_assert_eq(read(ready[0], &byte, 1), 1);
	/* Returns when the process is gone, its file with it. */
	igt_stop_helper(&victim);
	igt_assert(rocket_blocker_blocks(&blocker));
	rocket_blocker_release(&blocker);
}

/* Whether the kernel has a thread of that name. */
static bool has_thread(const char *wanted)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	bool found = false;

	igt_assert(proc);
	while (!found && (entry = readdir(proc))) {
		char path[300], name[64] = "";
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		found = fgets(name, sizeof(name), file) &&
			!strncmp(name, wanted, strlen(wanted));
		fclose(file);
	}
	closedir(proc);
	errno = 0;
	return found;
}

/* The kernel keeps one for each work queue that must go on without memory. */
static void test_without_memory(int fd)
{
	(void)fd;
	igt_assert(has_thread("kworker/R-rocket-bind"));
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd);
		const char *what;
	} tests[] = {
		{ "no-syncs", test_no_syncs,
		  "A queued bind takes effect without anybody asking" },
		{ "binary", test_binary,
		  "A queued bind waits for a binary syncobj and signals one" },
		{ "timeline", test_timeline,
		  "Queued binds wait for timeline points and signal them" },
		{ "many-syncs", test_many_syncs,
		  "A bind waits for all of its in-syncs and signals all of its out-syncs" },
		{ "order", test_order,
		  "Binds of a VM take effect in the order of their queueing" },
		{ "thousand", test_thousand,
		  "A thousand binds can wait, and take effect in order" },
		{ "reverse-order", test_reverse,
		  "Binds of several VMs wait for each other against the order of creation" },
		{ "sync-does-not-wait", test_sync_does_not_wait,
		  "A synchronous bind takes effect at once, whatever is queued" },
		{ "other-vm-goes-on", test_other_vm_goes_on,
		  "A bind that waits holds up no other VM" },
		{ "handle-closed", test_handle_closed,
		  "A queued map keeps its BO when the handle is closed" },
		{ "job-waits-for-bind", test_job_waits_for_bind,
		  "A job can wait for a queued bind" },
		{ "bind-waits-for-job", test_bind_waits_for_job,
		  "An unmap can wait for the job that uses what it unmaps" },
		{ "pipeline", test_pipeline,
		  "Bind, job, unbind, a hundred times, all queued at once" },
		{ "without-memory", test_without_memory,
		  "Queued binds need no memory for a thread that applies them" },
		{ "never-then-destroy", test_never_destroy,
		  "A VM with a bind that waits for ever can be destroyed" },
		{ "never-then-close", test_never_close,
		  "A file with a bind that waits for ever can be closed" },
		{ "never-then-exit", test_never_exit,
		  "A process with binds that wait for ever can exit" },
		{ "never-then-killed", test_never_killed,
		  "A process with a bind that waits for ever can be killed" },
	};

	igt_fixture
		close(rocket_open());

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			rocket_on_device(tests[i].test);
	}
}
