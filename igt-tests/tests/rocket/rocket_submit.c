// SPDX-License-Identifier: MIT
#include <linux/sync_file.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_job.h"
#include "igt_rocket_scene.h"
#include "igt_rocket_signal.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("SUBMIT: order, syncs, cores, priorities, and jobs that go wrong");

#define PROBE_ADDR	0x10000000u
#define BASE		0x20000000u
#define SLOTS		64u
#define PAGES		64u
#define SEED		0x1000u
#define NO_HANDLE	0xabcdu
/* Tasks of a job that takes long enough to queue others behind it */
#define LONG_JOB	2000u

struct scene {
	int fd;
	struct rocket_probe probe;
	struct rocket_bo bo;
};

/* A VM with a BO at BASE whose page i has pattern SEED + i. */
static struct scene make_scene_in(int fd, uint32_t vm)
{
	struct scene s = { .fd = fd, .bo = rocket_bo(fd, PAGES * ROCKET_PAGE) };

	rocket_probe_init(&s.probe, fd, vm, PROBE_ADDR, SLOTS);
	rocket_bo_fill(&s.bo, SEED);
	rocket_vm_map_bo(fd, vm, &s.bo, BASE);
	return s;
}

static struct scene make_scene(int fd)
{
	return make_scene_in(fd, 0);
}

static uint32_t page_addr(unsigned int page)
{
	return BASE + page * ROCKET_PAGE;
}

/* A job that copies page @from to page @to, by one slot. */
static struct drm_rocket_job copy_job(struct scene *s, unsigned int slot, unsigned int from,
				      unsigned int to)
{
	rocket_probe_set(&s->probe, slot, page_addr(from), page_addr(to));
	return rocket_probe_job(&s->probe, slot, 1);
}

static void set_syncs(struct drm_rocket_job *job, const struct drm_rocket_sync *in,
		      unsigned int ins, const struct drm_rocket_sync *out, unsigned int outs)
{
	job->in_syncs = (uintptr_t)in;
	job->in_sync_count = ins;
	job->out_syncs = (uintptr_t)out;
	job->out_sync_count = outs;
	job->sync_struct_size = sizeof(*in);
}

static bool page_is(struct scene *s, unsigned int page, uint32_t seed)
{
	return rocket_is_pattern(s->bo.map + page * ROCKET_PAGE, seed);
}

/*
 * Order and syncs
 */

static void test_basic(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_job job = copy_job(&s, 0, 1, 2);

	igt_assert_eq(rocket_run(fd, &job), 0);
	igt_assert(page_is(&s, 2, SEED + 1));
}

static void test_tasks(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_job job;

	/* Each task takes on what the one before has written. */
	for (unsigned int i = 0; i + 1 < SLOTS; i++)
		rocket_probe_set(&s.probe, i, page_addr(i), page_addr(i + 1));
	job = rocket_probe_job(&s.probe, 0, SLOTS - 1);
	igt_assert_eq(rocket_run(fd, &job), 0);
	for (unsigned int i = 0; i < SLOTS; i++)
		igt_assert(page_is(&s, i, SEED));
}

static void test_in_order(int fd)
{
	struct drm_rocket_sync out = rocket_sync(rocket_syncobj(fd), 0);
	struct drm_rocket_job jobs[SLOTS - 1];
	struct scene s = make_scene(fd);
	uint32_t mask = rocket_core_mask(fd);
	unsigned int cores = __builtin_popcount(mask);

	/* Nothing but the order of submission, also from core to core. */
	for (unsigned int i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = copy_job(&s, i, i, i + 1);
		jobs[i].core_mask = 1u << rocket_nth_core(mask, i % cores);
	}
	set_syncs(&jobs[SLOTS - 2], NULL, 0, &out, 1);
	jobs[SLOTS - 2].sync_struct_size = sizeof(out);
	rocket_submit(fd, jobs, ARRAY_SIZE(jobs));
	igt_assert_eq(rocket_syncobj_status(fd, out.handle), 0);
	for (unsigned int i = 0; i < SLOTS; i++)
		igt_assert(page_is(&s, i, SEED));
}

static void test_in_order_ioctls(int fd)
{
	struct drm_rocket_sync out = rocket_sync(rocket_syncobj(fd), 0);
	uint32_t mask = rocket_core_mask(fd);
	unsigned int cores = __builtin_popcount(mask);
	struct scene s = make_scene(fd);

	for (unsigned int i = 0; i + 1 < SLOTS; i++) {
		struct drm_rocket_job job = copy_job(&s, i, i, i + 1);

		job.core_mask = 1u << rocket_nth_core(mask, i % cores);
		set_syncs(&job, NULL, 0, &out, 1);
		rocket_submit(fd, &job, 1);
	}
	igt_assert_eq(rocket_syncobj_status(fd, out.handle), 0);
	igt_assert(page_is(&s, SLOTS - 1, SEED));
}

static void test_sync_binary(int fd)
{
	struct drm_rocket_sync in, out = rocket_sync(rocket_syncobj(fd), 0);
	struct rocket_blocker blocker;
	struct scene s = make_scene(fd);
	struct drm_rocket_job job = copy_job(&s, 0, 1, 2);

	rocket_blocker_init(&blocker, fd);
	in = rocket_sync(blocker.syncobj, 0);
	set_syncs(&job, &in, 1, &out, 1);
	rocket_submit(fd, &job, 1);
	igt_assert(rocket_syncobj_busy(fd, out.handle));
	igt_assert(page_is(&s, 2, SEED + 2));
	rocket_blocker_release(&blocker);
	igt_assert_eq(rocket_syncobj_status(fd, out.handle), 0);
	igt_assert(page_is(&s, 2, SEED + 1));
}

static void test_sync_timeline(int fd)
{
	uint32_t timeline = rocket_syncobj(fd);
	struct drm_rocket_sync syncs[SLOTS];
	struct rocket_blocker blocker;
	struct scene s = make_scene(fd);

	rocket_blocker_init(&blocker, fd);
	syncs[0] = rocket_sync(blocker.syncobj, 0);
	for (unsigned int i = 1; i < SLOTS; i++) {
		struct drm_rocket_job job = copy_job(&s, i, i - 1, i);

		syncs[i] = rocket_sync(timeline, i);
		set_syncs(&job, &syncs[i - 1], 1, &syncs[i], 1);
		rocket_submit(fd, &job, 1);
	}
	igt_assert(rocket_timeline_busy(fd, timeline, 1));
	rocket_blocker_release(&blocker);
	igt_assert_eq(rocket_timeline_status(fd, timeline, SLOTS - 1), 0);
	igt_assert(page_is(&s, SLOTS - 1, SEED));
}

static void test_sync_many(int fd)
{
	enum { COUNT = 100 };
	struct drm_rocket_sync in[COUNT], out[COUNT];
	struct rocket_blocker blocker;
	struct scene s = make_scene(fd);
	struct drm_rocket_job job = copy_job(&s, 0, 1, 2);

	rocket_blocker_init(&blocker, fd);
	for (unsigned int i = 0; i < COUNT; i++) {
		in[i] = rocket_sync(i == COUNT / 2 ? blocker.syncobj :
				    rocket_syncobj_signalled(fd), 0);
		out[i] = rocket_sync(rocket_syncobj(fd), i & 1 ? i : 0);
	}
	set_syncs(&job, in, COUNT, out, COUNT);
	rocket_submit(fd, &job, 1);
	igt_assert(rocket_syncobj_busy(fd, out[0].handle));
	rocket_blocker_release(&blocker);
	for (unsigned int i = 0; i < COUNT; i++)
		igt_assert_eq(i & 1 ? rocket_timeline_status(fd, out[i].handle, i) :
			      rocket_syncobj_status(fd, out[i].handle), 0);
}

/* Two VMs hand data to and fro over all cores, each waiting for the other. */
static void test_across_vms(int fd)
{
	enum { ROUNDS = 60 };
	uint32_t mask = rocket_core_mask(fd), timeline = rocket_syncobj(fd);
	unsigned int cores = __builtin_popcount(mask);
	struct scene s[2] = { make_scene(fd), make_scene_in(fd, rocket_vm_create(fd)) };
	struct drm_rocket_sync syncs[ROUNDS + 1];

	/* Both work on the first one's memory, at different addresses. */
	rocket_vm_map_bo(fd, s[1].probe.vm, &s[0].bo, 0x70000000u);
	for (unsigned int i = 0; i <= ROUNDS; i++)
		syncs[i] = rocket_sync(timeline, i);
	for (unsigned int i = 1; i <= ROUNDS; i++) {
		struct scene *t = &s[i % 2];
		uint32_t base = i % 2 ? 0x70000000u : BASE;
		struct drm_rocket_job job;

		rocket_probe_set(&t->probe, i, base + (i - 1) * ROCKET_PAGE,
				 base + i * ROCKET_PAGE);
		job = rocket_probe_job(&t->probe, i, 1);
		job.core_mask = 1u << rocket_nth_core(mask, i % cores);
		set_syncs(&job, &syncs[i - 1], i > 1, &syncs[i], 1);
		rocket_submit(fd, &job, 1);
	}
	igt_assert_eq(rocket_timeline_status(fd, timeline, ROUNDS), 0);
	igt_assert(page_is(&s[0], ROUNDS, SEED));
}

/*
 * Implicit sync, as in mainline
 */

static void test_implicit_prep(int fd)
{
	struct drm_rocket_sync in, out = rocket_sync(rocket_syncobj(fd), 0);
	struct rocket_blocker blocker;
	struct scene s = make_scene(fd);
	struct drm_rocket_job job = copy_job(&s, 0, 1, 2);
	struct timespec now;

	rocket_blocker_init(&blocker, fd);
	in = rocket_sync(blocker.syncobj, 0);
	set_syncs(&job, &in, 1, &out, 1);
	job.out_bo_handles = (uintptr_t)&s.bo.handle;
	job.out_bo_handle_count = 1;
	rocket_submit(fd, &job, 1);
	igt_assert_eq(__rocket_prep_bo(fd, s.bo.handle, 0), -EBUSY);
	clock_gettime(CLOCK_MONOTONIC, &now);
	igt_assert_eq(__rocket_prep_bo(fd, s.bo.handle, now.tv_sec * INT64_C(1000000000) +
				       now.tv_nsec + 50000000), -ETIMEDOUT);
	errno = 0;
	rocket_blocker_release(&blocker);
	rocket_prep_bo(fd, s.bo.handle);
	igt_assert(page_is(&s, 2, SEED + 1));
}

static void test_implicit_reader(int fd)
{
	struct drm_rocket_sync in;
	struct rocket_blocker blocker;
	struct scene s = make_scene(fd);
	struct drm_rocket_job job = copy_job(&s, 0, 1, 2);

	rocket_blocker_init(&blocker, fd);
	in = rocket_sync(blocker.syncobj, 0);
	set_syncs(&job, &in, 1, NULL, 0);
	job.in_bo_handles = (uintptr_t)&s.bo.handle;
	job.in_bo_handle_count = 1;
	rocket_submit(fd, &job, 1);
	/* The CPU may read what a job only reads. */
	igt_assert_eq(__rocket_prep_bo(fd, s.bo.handle, 0), 0);
	rocket_blocker_release(&blocker);
}

/* A writer in one VM, a reader in another: only the lists order them. */
static void test_implicit_order(int fd)
{
	struct drm_rocket_sync in, done = rocket_sync(rocket_syncobj(fd), 0);
	uint32_t mask = rocket_core_mask(fd);
	struct scene s[2] = { make_scene(fd), make_scene_in(fd, rocket_vm_create(fd)) };
	struct drm_rocket_job writer = copy_job(&s[0], 0, 1, 2), reader;
	struct rocket_blocker blocker;

	rocket_vm_map_bo(fd, s[1].probe.vm, &s[0].bo, BASE);
	rocket_blocker_init(&blocker, fd);
	in = rocket_sync(blocker.syncobj, 0);
	set_syncs(&writer, &in, 1, NULL, 0);
	writer.out_bo_handles = (uintptr_t)&s[0].bo.handle;
	writer.out_bo_handle_count = 1;
	writer.core_mask = 1u << rocket_nth_core(mask, 0);
	rocket_probe_set(&s[1].probe, 0, page_addr(2), rocket_probe_result_addr(&s[1].probe, 0));
	reader = rocket_probe_job(&s[1].probe, 0, 1);
	set_syncs(&reader, NULL, 0, &done, 1);
	reader.in_bo_handles = (uintptr_t)&s[0].bo.handle;
	reader.in_bo_handle_count = 1;
	reader.core_mask = 1u << rocket_nth_core(mask, __builtin_popcount(mask) - 1);
	rocket_submit(fd, &writer, 1);
	rocket_submit(fd, &reader, 1);
	igt_assert(rocket_syncobj_busy(fd, done.handle));
	rocket_blocker_release(&blocker);
	igt_assert_eq(rocket_syncobj_status(fd, done.handle), 0);
	igt_assert(rocket_is_pattern((void *)rocket_probe_result(&s[1].probe, 0), SEED + 1));
}

static void test_create_bo_closed(int fd)
{
	struct drm_rocket_sync in, out = rocket_sync(rocket_syncobj(fd), 0);
	struct rocket_bo bo = rocket_bo_mapped(fd, ROCKET_PAGE);
	struct rocket_blocker blocker;
	struct scene s = make_scene(fd);
	struct drm_rocket_job job;

	rocket_pattern(bo.map, 77);
	rocket_fini_bo(fd, bo.handle);
	rocket_blocker_init(&blocker, fd);
	in = rocket_sync(blocker.syncobj, 0);
	rocket_probe_set(&s.probe, 0, bo.address, page_addr(9));
	job = rocket_probe_job(&s.probe, 0, 1);
	set_syncs(&job, &in, 1, &out, 1);
	job.in_bo_handles = (uintptr_t)&bo.handle;
	job.in_bo_handle_count = 1;
	rocket_submit(fd, &job, 1);
	rocket_bo_free(fd, &bo);
	rocket_blocker_release(&blocker);
	igt_assert_eq(rocket_syncobj_status(fd, out.handle), 0);
	igt_assert(page_is(&s, 9, 77));
}

/*
 * Cores and priorities
 */

static void test_core_mask(int fd)
{
	uint32_t mask = rocket_core_mask(fd);
	struct scene s = make_scene(fd);

	for (uint32_t left = mask; left; left &= left - 1) {
		unsigned int core = __builtin_ctz(left);
		struct drm_rocket_job job;
		struct drm_rocket_vm_fault fault;

		/* Where it ran is told by the record of its fault. */
		rocket_probe_set(&s.probe, 0, 0x90000000u, page_addr(0));
		job = rocket_probe_job(&s.probe, 0, 1);
		job.core_mask = 1u << core;
		igt_assert_eq(rocket_run(fd, &job), -EFAULT);
		igt_assert(rocket_vm_take_fault(fd, 0, &fault));
		igt_assert_eq_u32(fault.core, core);
	}
}

static void test_spread(int fd)
{
	enum { VMS = 3, JOBS = 40 };
	uint64_t before[ROCKET_BOARD_CORES];
	struct scene s[VMS];
	uint32_t done[VMS];

	rocket_require_board();
	for (unsigned int core = 0; core < rocket_board_cores(); core++)
		before[core] = rocket_board_count(core, ROCKET_BOARD_TASKS);
	for (unsigned int i = 0; i < VMS; i++) {
		s[i] = make_scene_in(fd, i ? rocket_vm_create(fd) : 0);
		rocket_probe_set(&s[i].probe, 0, page_addr(0), page_addr(1));
	}
	for (unsigned int i = 0; i < VMS; i++)
		done[i] = rocket_probe_repeat(&s[i].probe, 0, LONG_JOB);
	for (unsigned int i = 0; i < VMS; i++)
		igt_assert_eq(rocket_syncobj_status(fd, done[i]), 0);
	/* As many long jobs as cores, at the same time: each had one for itself. */
	for (unsigned int core = 0; core < rocket_board_cores(); core++)
		igt_assert_lt_u64(before[core], rocket_board_count(core, ROCKET_BOARD_TASKS));
}

static void stay_awake(uint32_t mask, bool awake)
{
	for (uint32_t left = mask; left; left &= left - 1)
		rocket_sysfs_stay_awake(__builtin_ctz(left), awake);
}

/* Whichever core holds the VM: when all are idle, its next job goes there. */
static void test_affinity(int fd)
{
	enum { JOBS = 30 };
	uint32_t mask = rocket_core_mask(fd);

	rocket_require_board();
	stay_awake(mask, true);
	for (uint32_t left = mask; left; left &= left - 1) {
		struct scene s = make_scene_in(fd, rocket_vm_create(fd));
		unsigned int core = __builtin_ctz(left);
		struct drm_rocket_job job = copy_job(&s, 0, 0, 1);
		uint64_t before;

		job.core_mask = 1u << core;
		igt_assert_eq(rocket_run(fd, &job), 0);
		before = rocket_board_count(core, ROCKET_BOARD_TASKS);
		job.core_mask = 0;
		for (unsigned int i = 0; i < JOBS; i++)
			igt_assert_eq(rocket_run(fd, &job), 0);
		igt_assert_eq_u64(rocket_board_count(core, ROCKET_BOARD_TASKS) - before, JOBS);
	}
	stay_awake(mask, false);
}

static uint64_t end_time(int fd, uint32_t syncobj)
{
	struct sync_fence_info fence = { 0 };
	struct sync_file_info info = { .num_fences = 1, .sync_fence_info = (uintptr_t)&fence };
	int file;

	igt_assert_eq(rocket_syncobj_status(fd, syncobj), 0);
	igt_assert_eq(drmSyncobjExportSyncFile(fd, syncobj, &file), 0);
	do_ioctl(file, SYNC_IOC_FILE_INFO, &info);
	close(file);
	return fence.timestamp_ns;
}

/*
 * All on one core: behind a job that is killed after a while wait those of a low, a normal
 * and a high one, as many as wait for a core at once.
 */
static void test_priority(int fd)
{
	static const uint32_t priorities[] = {
		DRM_ROCKET_JOB_PRIORITY_LOW, DRM_ROCKET_JOB_PRIORITY_NORMAL,
		DRM_ROCKET_JOB_PRIORITY_HIGH,
	};
	unsigned int core = rocket_nth_core(rocket_core_mask(fd), 0);
	int other = rocket_open();
	struct rocket_scene before = rocket_scene(other, 0);
	struct drm_rocket_job hang = rocket_scene_hang(&before, 0, core, 300);
	struct drm_rocket_sync out[3];
	struct scene s[3];
	uint64_t end[3];

	rocket_submit(other, &hang, 1);
	for (unsigned int i = 0; i < 3; i++) {
		struct drm_rocket_job jobs[16];
		struct drm_rocket_task tasks[400];

		s[i] = make_scene_in(fd, rocket_vm_create(fd));
		out[i] = rocket_sync(rocket_syncobj(fd), 0);
		for (unsigned int j = 0; j < ARRAY_SIZE(jobs); j++) {
			jobs[j] = copy_job(&s[i], 0, 0, 1);
			/* All of them take many times what a VM may keep the core for. */
			for (unsigned int k = 0; k < ARRAY_SIZE(tasks); k++)
				tasks[k] = *(const struct drm_rocket_task *)(uintptr_t)jobs[j].tasks;
			jobs[j].tasks = (uintptr_t)tasks;
			jobs[j].task_count = ARRAY_SIZE(tasks);
			jobs[j].core_mask = 1u << core;
			jobs[j].priority = priorities[i];
		}
		set_syncs(&jobs[ARRAY_SIZE(jobs) - 1], NULL, 0, &out[i], 1);
		rocket_submit(fd, jobs, ARRAY_SIZE(jobs));
	}
	for (unsigned int i = 0; i < 3; i++)
		end[i] = end_time(fd, out[i].handle);
	close(other);
	igt_assert_lt_u64(end[2], end[1]);
	igt_assert_lt_u64(end[1], end[0]);
}

static void test_priority_permission(int fd)
{
	struct scene s = make_scene(fd);

	igt_fork(child, 1) {
		struct drm_rocket_job job = copy_job(&s, 0, 0, 1);

		igt_assert_eq(setuid(65534), 0);
		job.priority = DRM_ROCKET_JOB_PRIORITY_HIGH;
		igt_assert_eq(__rocket_submit(fd, &job, 1), -EPERM);
		job.priority = DRM_ROCKET_JOB_PRIORITY_LOW;
		igt_assert_eq(rocket_run(fd, &job), 0);
	}
	igt_waitchildren();
}

/*
 * A client that always has jobs waiting, on the core that holds its page tables,
 * and another one with a single job, which comes in the middle.
 */
static void test_no_starvation(int fd)
{
	enum { HEAP = 300 };
	uint32_t core = 1u << rocket_nth_core(rocket_core_mask(fd), 0);
	struct drm_rocket_job *heap = calloc(HEAP, sizeof(*heap)), lone;
	struct drm_rocket_sync in, heap_end, lone_end;
	struct scene s[2] = { make_scene(fd), make_scene_in(fd, rocket_vm_create(fd)) };
	struct rocket_blocker blocker;

	/* From now on the core holds the VM of the heap. */
	heap[0] = copy_job(&s[0], 0, 0, 1);
	heap[0].core_mask = core;
	igt_assert_eq(rocket_run(fd, &heap[0]), 0);
	rocket_blocker_init(&blocker, fd);
	in = rocket_sync(blocker.syncobj, 0);
	heap_end = rocket_sync(rocket_syncobj(fd), 0);
	lone_end = rocket_sync(rocket_syncobj(fd), 0);
	for (unsigned int i = 0; i < HEAP; i++) {
		heap[i] = copy_job(&s[0], 0, 0, 1);
		heap[i].core_mask = core;
	}
	set_syncs(&heap[0], &in, 1, NULL, 0);
	set_syncs(&heap[HEAP - 1], NULL, 0, &heap_end, 1);
	rocket_submit(fd, heap, HEAP);
	lone = copy_job(&s[1], 0, 0, 1);
	lone.core_mask = core;
	set_syncs(&lone, &in, 1, &lone_end, 1);
	rocket_submit(fd, &lone, 1);
	set_syncs(&heap[0], NULL, 0, NULL, 0);
	rocket_submit(fd, heap, HEAP);
	rocket_blocker_release(&blocker);
	igt_assert_lt_u64(end_time(fd, lone_end.handle), end_time(fd, heap_end.handle));
	free(heap);
}

/*
 * Promise 4: switching is rare
 */

/*
 * Loads of root pointers, in each of its IOMMU's banks, while the core runs so many
 * jobs: by turns, @turn jobs of one scene's VM and as many of the next one's.
 */
static uint64_t loads_of(struct scene *s, unsigned int scenes, unsigned int core,
			 unsigned int turn, unsigned int count)
{
	struct drm_rocket_job *jobs = calloc(count, sizeof(*jobs));
	struct drm_rocket_sync out = rocket_sync(rocket_syncobj(s->fd), 0);
	uint64_t before = rocket_board_count(core, ROCKET_BOARD_DTE_LOADS);
	unsigned int banks = core ? 1 : 2;

	for (unsigned int i = 0; i < count; i++) {
		jobs[i] = copy_job(&s[i / turn % scenes], 0, 0, 1);
		jobs[i].core_mask = 1u << core;
	}
	set_syncs(&jobs[count - 1], NULL, 0, &out, 1);
	rocket_submit(s->fd, jobs, count);
	igt_assert_eq(rocket_syncobj_status(s->fd, out.handle), 0);
	free(jobs);
	return (rocket_board_count(core, ROCKET_BOARD_DTE_LOADS) - before) / banks;
}

/* Leaves the core powered, and in nobody's page tables. */
static void leave_core_empty(int fd, unsigned int core)
{
	uint32_t vm = rocket_vm_create(fd);
	struct scene s = make_scene_in(fd, vm);
	struct drm_rocket_job job = copy_job(&s, 0, 0, 1);
	unsigned int banks = core ? 1 : 2;
	uint64_t loads;

	job.core_mask = 1u << core;
	igt_assert_eq(rocket_run(fd, &job), 0);
	loads = rocket_board_count(core, ROCKET_BOARD_DTE_LOADS);
	rocket_vm_destroy(fd, vm);
	/* The VM leaves the core when the job's last reference to it has gone. */
	while (rocket_board_count(core, ROCKET_BOARD_DTE_LOADS) < loads + banks)
		sched_yield();
}

static void test_one_switch(int fd)
{
	struct scene s = make_scene(fd);

	rocket_require_board();
	for (unsigned int core = 0; core < rocket_board_cores(); core++) {
		uint64_t first, later;

		/* Power-up programs the IOMMU too: not what is counted here. */
		rocket_sysfs_stay_awake(core, true);
		leave_core_empty(fd, core);
		first = loads_of(&s, 1, core, 1, 1000);
		later = loads_of(&s, 1, core, 1, 100);
		rocket_sysfs_stay_awake(core, false);
		igt_assert_eq_u64(first, 1);
		igt_assert_eq_u64(later, 0);
	}
}

static void test_switch_each(int fd)
{
	enum { TURN = 10, TURNS = 10 };
	struct scene s[2] = { make_scene(fd), make_scene_in(fd, rocket_vm_create(fd)) };
	uint64_t loads;

	rocket_require_board();
	igt_require_f(rocket_board_cores() > 1, "core 1 is not in service here\n");
	rocket_sysfs_stay_awake(1, true);
	leave_core_empty(fd, 1);
	loads = loads_of(s, 2, 1, TURN, TURN * TURNS);
	rocket_sysfs_stay_awake(1, false);
	/*
	 * An IOMMU group changes domains by way of its default domain: a switch
	 * from one VM to another is two loads, the first one, from nobody, is one.
	 */
	igt_assert_eq_u64(loads, 2 * TURNS - 1);
}

/*
 * Many
 */

static void test_thousands(int fd)
{
	enum { JOBS = 4000, BATCH = 500 };
	struct drm_rocket_sync in, out = rocket_sync(rocket_syncobj(fd), 0);
	struct drm_rocket_job *jobs = calloc(BATCH, sizeof(*jobs));
	struct rocket_blocker blocker;
	struct scene s = make_scene(fd);

	rocket_blocker_init(&blocker, fd);
	in = rocket_sync(blocker.syncobj, 0);
	for (unsigned int i = 0; i < BATCH; i++)
		jobs[i] = copy_job(&s, i % SLOTS, 0, 1 + i % (PAGES - 1));
	for (unsigned int i = 0; i < JOBS; i += BATCH) {
		set_syncs(&jobs[0], i ? NULL : &in, !i, NULL, 0);
		set_syncs(&jobs[BATCH - 1], NULL, 0, &out, 1);
		rocket_submit(fd, jobs, BATCH);
	}
	igt_assert(rocket_syncobj_busy(fd, out.handle));
	rocket_blocker_release(&blocker);
	igt_assert_eq(rocket_syncobj_status(fd, out.handle), 0);
	for (unsigned int i = 1; i < PAGES; i++)
		igt_assert(page_is(&s, i, SEED));
	free(jobs);
}

/*
 * Jobs that go wrong
 */

static void test_bad_stream(int fd)
{
	static const uint32_t addrs[] = { 0x90000000u, 0xfffff000u, ROCKET_PAGE, 0 };
	struct scene s = make_scene(fd);

	for (unsigned int i = 0; i < ARRAY_SIZE(addrs); i++) {
		struct drm_rocket_task task = { .regcmd = addrs[i], .regcmd_count = 126 };
		struct drm_rocket_job job = {
			.tasks = (uintptr_t)&task, .task_count = 1,
			.task_struct_size = sizeof(task),
		};
		struct drm_rocket_vm_fault fault;

		igt_assert_eq(rocket_run(fd, &job), -EFAULT);
		igt_assert(rocket_vm_take_fault(fd, 0, &fault));
		igt_assert_eq_u64(fault.addr & ~(uint64_t)(ROCKET_PAGE - 1), addrs[i]);
	}
	rocket_probe_expect(&s.probe, page_addr(1), SEED + 1);
}

static void expect_submit(struct scene *s, struct drm_rocket_job change, int err)
{
	struct drm_rocket_job good = copy_job(s, 0, 1, 2), jobs[2];

	if (!change.tasks) {
		change.tasks = good.tasks;
		change.task_count = good.task_count;
	}
	if (!change.task_struct_size)
		change.task_struct_size = good.task_struct_size;
	jobs[0] = good;
	jobs[1] = change;
	igt_assert_eq(__rocket_submit(s->fd, jobs, 2), err);
	/* Not even the good one ran. */
	igt_assert(page_is(s, 2, SEED + 2));
}

static void test_bad_jobs(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_sync sync = rocket_sync(rocket_syncobj(fd), 0);
	uint64_t longest = rocket_get_param(fd, DRM_ROCKET_PARAM_MAX_JOB_TIMEOUT_MS);
	uint32_t unknown = NO_HANDLE;
	struct drm_rocket_task tasks[] = {
		{ .regcmd = PROBE_ADDR + 4, .regcmd_count = 126 },
		{ .regcmd = PROBE_ADDR, .regcmd_count = 0 },
		{ .regcmd = PROBE_ADDR, .regcmd_count = 131073 },
		{ .regcmd = PROBE_ADDR, .regcmd_count = UINT32_MAX },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(tasks); i++)
		expect_submit(&s, (struct drm_rocket_job){ .tasks = (uintptr_t)&tasks[i],
			      .task_count = 1 }, -EINVAL);
	expect_submit(&s, (struct drm_rocket_job){ .tasks = (uintptr_t)tasks }, -EINVAL);
	expect_submit(&s, (struct drm_rocket_job){ .tasks = (uintptr_t)tasks,
		      .task_count = 65537 }, -EINVAL);
	expect_submit(&s, (struct drm_rocket_job){ .tasks = 16, .task_count = 1 }, -EFAULT);
	expect_submit(&s, (struct drm_rocket_job){ .task_struct_size = 4 }, -EINVAL);
	expect_submit(&s, (struct drm_rocket_job){ .flags = 8 }, -EINVAL);
	expect_submit(&s, (struct drm_rocket_job){ .vm_id = 77 }, -ENOENT);
	expect_submit(&s, (struct drm_rocket_job){ .core_mask = 1u << 31 }, -EINVAL);
	expect_submit(&s, (struct drm_rocket_job){ .timeout_ms = longest + 1 }, -EINVAL);
	expect_submit(&s, (struct drm_rocket_job){ .timeout_ms = UINT32_MAX }, -EINVAL);
	expect_submit(&s, (struct drm_rocket_job){ .priority = 3 }, -EINVAL);
	expect_submit(&s, (struct drm_rocket_job){ .in_bo_handles = (uintptr_t)&unknown,
		      .in_bo_handle_count = 1 }, -ENOENT);
	expect_submit(&s, (struct drm_rocket_job){ .out_bo_handles = (uintptr_t)&unknown,
		      .out_bo_handle_count = 1 }, -ENOENT);
	expect_submit(&s, (struct drm_rocket_job){ .out_bo_handles = 16,
		      .out_bo_handle_count = 1 }, -EFAULT);
	expect_submit(&s, (struct drm_rocket_job){ .in_bo_handle_count = 65537 }, -EINVAL);
	expect_submit(&s, (struct drm_rocket_job){ .out_bo_handle_count = UINT32_MAX }, -EINVAL);
	expect_submit(&s, (struct drm_rocket_job){ .in_sync_count = 1025 }, -E2BIG);
	expect_submit(&s, (struct drm_rocket_job){ .out_sync_count = UINT32_MAX }, -E2BIG);
	/* A syncobj without a fence cannot be waited for. */
	expect_submit(&s, (struct drm_rocket_job){ .in_syncs = (uintptr_t)&sync,
		      .in_sync_count = 1, .sync_struct_size = sizeof(sync) }, -EINVAL);
	sync.handle = NO_HANDLE;
	expect_submit(&s, (struct drm_rocket_job){ .in_syncs = (uintptr_t)&sync,
		      .in_sync_count = 1, .sync_struct_size = sizeof(sync) }, -ENOENT);
	expect_submit(&s, (struct drm_rocket_job){ .out_syncs = (uintptr_t)&sync,
		      .out_sync_count = 1, .sync_struct_size = sizeof(sync) }, -ENOENT);
}

static int submit_raw(int fd, struct drm_rocket_submit submit)
{
	return igt_ioctl(fd, DRM_IOCTL_ROCKET_SUBMIT, &submit) ? -errno : 0;
}

static void test_bad_args(int fd)
{
	struct scene s = make_scene(fd);
	struct { struct drm_rocket_job job; uint64_t younger; } big = { copy_job(&s, 0, 1, 2), 1 };
	const uintptr_t jobs = (uintptr_t)&big;

	igt_assert_eq(submit_raw(fd, (struct drm_rocket_submit){ .jobs = jobs, .job_count = 1,
		.job_struct_size = sizeof(big.job), .reserved = 1 }), -EINVAL);
	igt_assert_eq(submit_raw(fd, (struct drm_rocket_submit){ .jobs = jobs,
		.job_count = 1025, .job_struct_size = sizeof(big.job) }), -EINVAL);
	igt_assert_eq(submit_raw(fd, (struct drm_rocket_submit){ .jobs = jobs, .job_count = 1,
		.job_struct_size = 8 }), -EINVAL);
	igt_assert_eq(submit_raw(fd, (struct drm_rocket_submit){ .jobs = 16, .job_count = 1,
		.job_struct_size = sizeof(big.job) }), -EFAULT);
	igt_assert_eq(submit_raw(fd, (struct drm_rocket_submit){ .jobs = jobs, .job_count = 1,
		.job_struct_size = sizeof(big) }), -E2BIG);
	igt_assert_eq(submit_raw(fd, (struct drm_rocket_submit){ .jobs = 16 }), 0);
	igt_assert(page_is(&s, 2, SEED + 2));
	/* What a younger userspace does not use is accepted. */
	big.younger = 0;
	igt_assert_eq(submit_raw(fd, (struct drm_rocket_submit){ .jobs = jobs, .job_count = 1,
		.job_struct_size = sizeof(big) }), 0);
}

/* More would keep the other clients waiting. */
static void test_listed_limit(int fd)
{
	enum { EACH = 65536 };
	uint32_t *handles = malloc(EACH * sizeof(*handles));
	struct scene s = make_scene(fd);
	struct drm_rocket_job jobs[2];

	igt_assert(handles);
	for (unsigned int i = 0; i < EACH; i++)
		handles[i] = s.bo.handle;
	for (unsigned int i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = copy_job(&s, i, 0, 1 + i);
		jobs[i].in_bo_handles = jobs[i].out_bo_handles = (uintptr_t)handles;
	}
	jobs[0].in_bo_handle_count = EACH;
	jobs[1].out_bo_handle_count = EACH;
	igt_assert_eq(__rocket_submit(fd, jobs, 2), 0);
	jobs[0].out_bo_handle_count = 1;
	igt_assert_eq(__rocket_submit(fd, jobs, 2), -EINVAL);
	igt_assert_eq(__rocket_submit(fd, jobs, 1), 0);
	jobs[0].in_bo_handle_count++;
	igt_assert_eq(__rocket_submit(fd, jobs, 1), -EINVAL);
	errno = 0;
	free(handles);
}

/*
 * Room for the fences of jobs in BOs that they list is made for those that list them:
 * nobody is charged for it.
 */
static void test_fence_slots(int fd)
{
	/* lockdep can count 2,047 of these locks, and warns when it cannot. */
	enum { BOS = 1536, JOBS = 1024 };
	struct drm_rocket_job *jobs = calloc(JOBS, sizeof(*jobs));
	struct scene s = make_scene(fd);
	uint32_t handles[BOS];
	uint64_t before, after;

	igt_assert(jobs);
	for (unsigned int i = 0; i < BOS; i++) {
		struct drm_rocket_gem_create create = { .size = ROCKET_PAGE };

		igt_assert_eq(__rocket_gem_create(fd, &create), 0);
		handles[i] = create.handle;
	}
	for (unsigned int i = 0; i < JOBS; i++)
		jobs[i] = copy_job(&s, 0, 0, 1);
	jobs[0].out_bo_handles = (uintptr_t)handles;
	jobs[0].out_bo_handle_count = BOS;
	/* Nothing is submitted: what the jobs themselves take has come and gone. */
	jobs[JOBS - 1].flags = 8;
	igt_assert_eq(__rocket_submit(fd, jobs, JOBS), -EINVAL);
	jobs[JOBS - 1].flags = 0;
	before = rocket_slab_bytes();
	igt_assert_eq(__rocket_submit(fd, jobs, JOBS), 0);
	after = rocket_slab_bytes();
	igt_info("%lld KiB\n", (long long)(after - before) / 1024);
	/* A slot for each job in each BO would be 12 MiB; a job itself can have 8 KiB. */
	igt_assert_lt_u64(after, before + JOBS * 8192u);
	errno = 0;
	free(jobs);
}

/* A SUBMIT that takes long, and at the end of which there is a bad job. */
struct slow {
	struct drm_rocket_task *tasks;
	struct drm_rocket_job *jobs;
	struct drm_rocket_submit submit;
	int fd;
};

static struct slow make_slow(struct scene *s)
{
	enum { JOBS = 256, TASKS = 4096 };
	struct slow slow = {
		.tasks = calloc(TASKS, sizeof(*slow.tasks)),
		.jobs = calloc(JOBS, sizeof(*slow.jobs)),
		.submit.job_count = JOBS,
		.submit.job_struct_size = sizeof(*slow.jobs),
		.fd = s->fd,
	};

	igt_assert(slow.tasks && slow.jobs);
	for (unsigned int i = 0; i < JOBS; i++)
		slow.jobs[i] = copy_job(s, 0, 1, 2);
	for (unsigned int i = 0; i < TASKS; i++)
		memcpy(&slow.tasks[i], (void *)(uintptr_t)slow.jobs[0].tasks, sizeof(*slow.tasks));
	for (unsigned int i = 0; i < JOBS; i++) {
		slow.jobs[i].tasks = (uintptr_t)slow.tasks;
		slow.jobs[i].task_count = TASKS;
	}
	slow.jobs[JOBS - 1].flags = 8;
	slow.submit.jobs = (uintptr_t)slow.jobs;
	return slow;
}

/* Not libdrm's, which would begin again. */
static int submit_slow(const struct slow *slow)
{
	return ioctl(slow->fd, DRM_IOCTL_ROCKET_SUBMIT, &slow->submit) ? -errno : 0;
}

static void free_slow(struct slow *slow)
{
	errno = 0;
	free(slow->jobs);
	free(slow->tasks);
}

/* As a profiler does it: who would begin again each time would never end. */
static void test_interrupted(int fd)
{
	struct scene s = make_scene(fd);
	struct slow slow = make_slow(&s);
	struct timespec start = { 0 };
	int ret;

	rocket_interrupt_every(1000);
	igt_nsec_elapsed(&start);
	ret = submit_slow(&slow);
	igt_assert_lt_u64(5000000, igt_nsec_elapsed(&start));
	rocket_interrupt_every(0);
	igt_assert_eq(ret, -EINVAL);
	igt_assert(page_is(&s, 2, SEED + 2));
	free_slow(&slow);
}

static void call_slow(void *slow)
{
	submit_slow(slow);
}

static void test_killed(int fd)
{
	struct scene s = make_scene(fd);
	struct slow slow = make_slow(&s);
	struct rocket_call_end whole = rocket_call_and_kill(call_slow, &slow, 0);
	struct rocket_call_end killed = rocket_call_and_kill(call_slow, &slow, whole.us / 4);

	igt_info("killed after %llu of %llu us\n", (unsigned long long)killed.us,
		 (unsigned long long)whole.us);
	igt_assert(!whole.killed);
	igt_assert(killed.killed);
	igt_assert_lt_u64(killed.us, whole.us * 3 / 4);
	igt_assert(page_is(&s, 2, SEED + 2));
	free_slow(&slow);
}

static void test_foreign(int fd)
{
	int other = rocket_open();
	struct scene s = make_scene(fd);
	struct drm_rocket_job job = copy_job(&s, 0, 1, 2);
	uint32_t vm = rocket_vm_create(other);
	struct rocket_bo last;

	for (unsigned int i = 0; i < 8; i++)
		last = rocket_bo(other, ROCKET_PAGE);
	job.vm_id = vm;
	igt_assert_eq(__rocket_submit(fd, &job, 1), -ENOENT);
	job.vm_id = 0;
	job.in_bo_handles = (uintptr_t)&last.handle;
	job.in_bo_handle_count = 1;
	igt_assert_eq(__rocket_submit(fd, &job, 1), -ENOENT);
	close(other);
}

static void test_timeout(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_job hang, job;
	uint32_t mask = rocket_core_mask(fd);

	rocket_probe_set_hang(&s.probe, 1);
	hang = rocket_probe_job(&s.probe, 1, 1);
	hang.timeout_ms = 30;
	for (uint32_t left = mask; left; left &= left - 1) {
		hang.core_mask = left & -left;
		igt_assert_eq(rocket_run(fd, &hang), -ETIMEDOUT);
		/* The core goes on. */
		job = copy_job(&s, 0, 1, 2);
		job.core_mask = left & -left;
		igt_assert_eq(rocket_run(fd, &job), 0);
	}
	igt_assert(page_is(&s, 2, SEED + 1));
}

static void test_timeout_own(int fd)
{
	uint64_t usual = rocket_get_param(fd, DRM_ROCKET_PARAM_JOB_TIMEOUT_MS);
	struct scene s = make_scene(fd);
	struct timespec start = { 0 };
	struct drm_rocket_job hang;

	rocket_probe_set_hang(&s.probe, 0);
	hang = rocket_probe_job(&s.probe, 0, 1);
	hang.timeout_ms = usual * 2;
	igt_nsec_elapsed(&start);
	igt_assert_eq(rocket_run(fd, &hang), -ETIMEDOUT);
	/* Not earlier than it may, whatever the usual time-out is. */
	igt_assert_lte_u64(usual * 2 * 1000000 - 20000000, igt_nsec_elapsed(&start));
}

static void test_queue_survives(int fd)
{
	struct drm_rocket_sync out[3];
	struct scene s[3] = { make_scene(fd), make_scene_in(fd, rocket_vm_create(fd)),
			      make_scene_in(fd, rocket_vm_create(fd)) };
	uint32_t core = 1u << rocket_nth_core(rocket_core_mask(fd), 0);
	struct drm_rocket_job jobs[3];

	/* A fault, a hang, and a good job behind them on the same core. */
	rocket_probe_set(&s[0].probe, 0, 0x90000000u, page_addr(0));
	rocket_probe_set_hang(&s[1].probe, 0);
	rocket_probe_set(&s[2].probe, 0, page_addr(1), page_addr(2));
	for (unsigned int i = 0; i < 3; i++) {
		jobs[i] = rocket_probe_job(&s[i].probe, 0, 1);
		jobs[i].core_mask = core;
		jobs[i].timeout_ms = 50;
		out[i] = rocket_sync(rocket_syncobj(fd), 0);
		set_syncs(&jobs[i], NULL, 0, &out[i], 1);
		rocket_submit(fd, &jobs[i], 1);
	}
	igt_assert_eq(rocket_syncobj_status(fd, out[0].handle), -EFAULT);
	igt_assert_eq(rocket_syncobj_status(fd, out[1].handle), -ETIMEDOUT);
	igt_assert_eq(rocket_syncobj_status(fd, out[2].handle), 0);
	igt_assert(page_is(&s[2], 2, SEED + 1));
}

static void test_vm_destroyed(int fd)
{
	struct drm_rocket_sync in, out = rocket_sync(rocket_syncobj(fd), 0);
	uint32_t vm = rocket_vm_create(fd);
	struct scene s = make_scene_in(fd, vm);
	struct drm_rocket_job job = copy_job(&s, 0, 1, 2);
	struct rocket_blocker blocker;

	rocket_blocker_init(&blocker, fd);
	in = rocket_sync(blocker.syncobj, 0);
	set_syncs(&job, &in, 1, &out, 1);
	rocket_submit(fd, &job, 1);
	rocket_vm_destroy(fd, vm);
	igt_assert_eq(__rocket_submit(fd, &job, 1), -ENOENT);
	igt_assert(rocket_blocker_blocks(&blocker));
	rocket_blocker_release(&blocker);
	igt_assert_eq(rocket_syncobj_status(fd, out.handle), -ESRCH);
	igt_assert(page_is(&s, 2, SEED + 2));
}

/* A process with jobs running, queued and blocked is killed. */
static void test_exit_queued(int fd)
{
	struct igt_helper_process victim = { .use_SIGKILL = true };
	struct rocket_blocker blocker;
	struct scene s = make_scene(fd);
	struct drm_rocket_job job;
	int ready[2];
	char byte;

	rocket_blocker_init(&blocker, fd);
	igt_assert_eq(pipe(ready), 0);
	igt_fork_helper(&victim) {
		int own = rocket_open();
		struct scene t = make_scene(own);
		struct drm_rocket_sync never = rocket_sync(rocket_syncobj(own), 0);

		igt_assert_eq(drmSyncobjImportSyncFile(own, never.handle, blocker.sync_file), 0);
		rocket_probe_set(&t.probe, 1, page_addr(0), page_addr(1));
		rocket_probe_repeat(&t.probe, 1, LONG_JOB);
		for (unsigned int i = 0; i < 200; i++) {
			job = copy_job(&t, 0, 0, 1);
			set_syncs(&job, &never, i >= 100, NULL, 0);
			rocket_submit(own, &job, 1);
		}
		igt_assert_eq(write(ready[1], "", 1), 1);
		pause();
	}
	igt_assert_eq(read(ready[0], &byte, 1), 1);
	igt_stop_helper(&victim);
	igt_assert(rocket_blocker_blocks(&blocker));
	/* Nobody else has to wait. */
	job = copy_job(&s, 0, 1, 2);
	igt_assert_eq(rocket_run(fd, &job), 0);
	rocket_blocker_release(&blocker);

	/* The job that ran goes on to its end, on one of them; the next test counts tasks. */
	for (uint32_t left = rocket_core_mask(fd); left; left &= left - 1) {
		job.core_mask = left & -left;
		igt_assert_eq(rocket_run(fd, &job), 0);
	}
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd);
		const char *what;
	} tests[] = {
		{ "basic", test_basic, "A job runs and writes what it should" },
		{ "tasks", test_tasks, "The tasks of a job run one after the other" },
		{ "in-order", test_in_order,
		  "Jobs of one VM run in order, whatever cores they must run on" },
		{ "in-order-ioctls", test_in_order_ioctls,
		  "So they do when each is submitted by itself" },
		{ "sync-binary", test_sync_binary,
		  "A job waits for a binary syncobj and signals one" },
		{ "sync-timeline", test_sync_timeline,
		  "Jobs wait for timeline points and signal them" },
		{ "sync-many", test_sync_many,
		  "A job waits for all of its in-syncs and signals all of its out-syncs" },
		{ "sync-across-vms", test_across_vms,
		  "Jobs of two VMs on all cores depend on each other by syncobjs" },
		{ "implicit-prep", test_implicit_prep,
		  "PREP_BO waits for jobs that list the BO as output" },
		{ "implicit-reader", test_implicit_reader,
		  "PREP_BO does not wait for jobs that only read the BO" },
		{ "implicit-order", test_implicit_order,
		  "A job that lists a BO as input waits for the one that writes it" },
		{ "create-bo-closed", test_create_bo_closed,
		  "A CREATE_BO mapping stays for a job that waits, though the handle is closed" },
		{ "core-mask", test_core_mask, "A job runs on the core that its mask names" },
		{ "spread", test_spread, "Independent jobs run on all cores at once" },
		{ "affinity", test_affinity,
		  "A VM's next job goes to the core that holds it, if that is idle (promise 4)" },
		{ "priority", test_priority,
		  "Jobs of high priority run before those of normal, those before low" },
		{ "priority-permission", test_priority_permission,
		  "High priority needs CAP_SYS_NICE" },
		{ "no-starvation", test_no_starvation,
		  "A lone job gets its turn though the core always has jobs of the VM it holds" },
		{ "one-switch", test_one_switch,
		  "1,000 jobs of one VM on one core load the root pointer once (promise 4)" },
		{ "switch-per-turn", test_switch_each,
		  "Only a job of another VM than the one before costs a switch (promise 4)" },
		{ "thousands", test_thousands, "Thousands of jobs can be queued, and all run" },
		{ "bad-stream", test_bad_stream,
		  "A stream at an address where nothing is mapped ends in EFAULT" },
		{ "bad-jobs", test_bad_jobs,
		  "Every bad job has its errno, and none of the ioctl's jobs runs" },
		{ "bad-args", test_bad_args, "Every bad argument of SUBMIT has its errno" },
		{ "listed-limit", test_listed_limit,
		  "So many BOs can be listed by all jobs of an ioctl, and no more" },
		{ "fence-slots", test_fence_slots,
		  "Jobs that list no BOs take no memory in those of other jobs" },
		{ "interrupted", test_interrupted,
		  "A SUBMIT that takes long is not begun anew for signals" },
		{ "killed", test_killed, "But it can be killed, and has submitted nothing" },
		{ "foreign", test_foreign, "VMs and BOs of another file cannot be named" },
		{ "timeout", test_timeout,
		  "A job that hangs ends in ETIMEDOUT, and the core goes on" },
		{ "timeout-own", test_timeout_own, "A job may ask for a longer time-out" },
		{ "queue-survives", test_queue_survives,
		  "A fault and a hang cost the jobs behind them nothing" },
		{ "vm-destroyed", test_vm_destroyed,
		  "Jobs that wait are cancelled with ESRCH when their VM goes" },
		{ "exit-queued", test_exit_queued,
		  "A process with jobs running, queued and blocked can be killed" },
	};

	igt_fixture
		close(rocket_open());

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			rocket_on_device(tests[i].test);
	}
}
