// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <xf86drm.h>

#include "igt.h"
#include "igt_rocket_board.h"
#include "igt_rocket_debugfs.h"
#include "igt_rocket_fdinfo.h"
#include "igt_rocket_job.h"
#include "igt_rocket_scene.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("Each open file gets its share of the NPU, on all cores, by queues of its own");

/*
 * Tasks take as long as the board is told, and what a client got is what its fdinfo says:
 * time that cores were busy with its jobs. On a busy host interrupts come late, which
 * counts, and erasing data, which is charged but no such time, takes as long as a job; so
 * two thirds more or less pass. The driver's KUnit tests are exact, and so are the times
 * that are printed under --icount.
 */

/* Short, for erasing a client's data takes two; and how many make a usual job. */
#define TASK_NS		250000u
#define USUAL		8u
#define MS		UINT64_C(1000000)
/* For how long clients compete, and a slice. */
#define WINDOW_NS	(400 * MS)
#define SLICE_NS	(4 * MS)
#define LONG_MS		10000u

/* A client, with a scene in each of its VMs. */
struct client {
	int fd;
	struct rocket_scene scenes[4];
	unsigned int vms;
	/* Tasks of each of its jobs. */
	unsigned int tasks;
	uint32_t cores;
	uint32_t priority;
	/* What to wait for before anything runs. */
	struct drm_rocket_sync gate;
	/* Fences of two of its jobs; what it had used at the first. */
	uint32_t begin, end;
	uint64_t before;
};

static struct client make_client(unsigned int vms, unsigned int tasks)
{
	struct client c = {
		.fd = rocket_open(), .vms = vms, .tasks = tasks, .cores = 1,
	};

	for (unsigned int i = 0; i < vms; i++)
		c.scenes[i] = rocket_scene(c.fd, i ? rocket_vm_create(c.fd) : 0);
	return c;
}

/* A job of its VM's, as long as it has tasks. */
static struct drm_rocket_job long_job(struct client *c, unsigned int vm,
				      struct drm_rocket_task tasks[])
{
	struct drm_rocket_job job = rocket_probe_job(&c->scenes[vm].probe, 0, 1);

	for (unsigned int i = 0; i < c->tasks; i++)
		tasks[i] = c->scenes[vm].probe.tasks[0];
	job.tasks = (uintptr_t)tasks;
	job.task_count = c->tasks;
	job.core_mask = c->cores;
	job.timeout_ms = LONG_MS;
	job.priority = c->priority;
	return job;
}

/* How many of its jobs take so long. */
static unsigned int jobs_in(const struct client *c, uint64_t ns)
{
	return ns / ((uint64_t)c->tasks * TASK_NS) + 1;
}

/*
 * Submits jobs, behind the gate, in turn in its VMs, for much longer than it will get.
 * Remembers the fences of those that end when it has used @warm and then @part, ns.
 */
static void flood(struct client *c, uint64_t warm, uint64_t part)
{
	unsigned int first = jobs_in(c, warm), last = first + jobs_in(c, part);
	unsigned int count = jobs_in(c, 4 * WINDOW_NS);
	struct drm_rocket_task tasks[64];

	igt_assert_lte(c->tasks, ARRAY_SIZE(tasks));
	for (unsigned int i = 0; i < count; i++) {
		struct drm_rocket_job job = long_job(c, i % c->vms, tasks);
		uint32_t done;

		job.in_syncs = (uintptr_t)&c->gate;
		job.in_sync_count = i < c->vms;
		job.sync_struct_size = sizeof(c->gate);
		done = rocket_start(c->fd, &job);
		if (i == first)
			c->begin = done;
		else if (i == last)
			c->end = done;
		else
			drmSyncobjDestroy(c->fd, done);
	}
}

static uint64_t busy_ns(const struct client *c)
{
	struct rocket_fdinfo info = rocket_fdinfo(c->fd);
	uint64_t sum = 0;

	for (unsigned int i = 0; i < ROCKET_MAX_CORES; i++)
		sum += info.busy_ns[i];
	return sum;
}

/*
 * Lets them compete for these cores; each has to get its part, in 1/256 of the whole. The
 * first one's jobs are the clock.
 */
static void compete(struct client clients[], unsigned int count, const unsigned int parts[],
		    unsigned int cores)
{
	struct rocket_blocker blocker;
	uint64_t got[32], all = 0;

	rocket_blocker_init(&blocker, clients[0].fd);
	rocket_board_set(ROCKET_BOARD_TASK_NS, TASK_NS);
	for (unsigned int i = 0; i < count; i++) {
		struct client *c = &clients[i];
		uint64_t part = WINDOW_NS * cores * parts[i] / 256;

		c->gate = rocket_sync(rocket_syncobj(c->fd), 0);
		igt_assert_eq(drmSyncobjImportSyncFile(c->fd, c->gate.handle,
						       blocker.sync_file), 0);
		flood(c, part / 8, part);
	}
	rocket_blocker_release(&blocker);
	igt_assert_eq(rocket_syncobj_status(clients[0].fd, clients[0].begin), 0);
	for (unsigned int i = 0; i < count; i++)
		clients[i].before = busy_ns(&clients[i]);
	igt_assert_eq(rocket_syncobj_status(clients[0].fd, clients[0].end), 0);
	for (unsigned int i = 0; i < count; i++) {
		got[i] = busy_ns(&clients[i]) - clients[i].before;
		all += got[i];
	}
	for (unsigned int i = 0; i < count; i++)
		igt_info("client %u: %.1f of %.1f ms, its part is %.1f\n", i, got[i] / 1e6,
			 all / 1e6, all * parts[i] / 256 / 1e6);
	for (unsigned int i = 0; i < count; i++) {
		uint64_t part = all * parts[i] / 256;
		uint64_t error = part * 2 / 3 + 2 * SLICE_NS / count +
				 (uint64_t)clients[i].tasks * TASK_NS * cores;

		igt_assert_lte_u64(part, got[i] + error);
		igt_assert_lte_u64(got[i], part + error);
	}
}

static void close_clients(struct client clients[], unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		close(clients[i].fd);
	rocket_board_set(ROCKET_BOARD_TASK_NS, ROCKET_BOARD_USUAL_TASK_NS);
}

static void compete_for_core(struct client clients[], unsigned int count,
			     const unsigned int parts[])
{
	compete(clients, count, parts, 1);
	close_clients(clients, count);
}

static void test_equal(void)
{
	const unsigned int parts[] = { 128, 128 };
	struct client clients[] = { make_client(1, USUAL), make_client(1, USUAL) };

	compete_for_core(clients, 2, parts);
}

static void test_length(void)
{
	const unsigned int parts[] = { 128, 128 };
	struct client clients[] = { make_client(1, USUAL), make_client(1, 5 * USUAL) };

	compete_for_core(clients, 2, parts);
}

static void test_vms(void)
{
	const unsigned int parts[] = { 128, 128 };
	struct client clients[] = { make_client(1, USUAL), make_client(4, USUAL) };

	compete_for_core(clients, 2, parts);
}

static void test_many(void)
{
	struct client clients[8];
	unsigned int parts[8];

	for (unsigned int i = 0; i < ARRAY_SIZE(clients); i++) {
		clients[i] = make_client(1, USUAL);
		parts[i] = 32;
	}
	compete_for_core(clients, ARRAY_SIZE(clients), parts);
}

static void test_priority(void)
{
	/* 1, 4 and 16 of 21. */
	const unsigned int parts[] = { 12, 49, 195 };
	struct client clients[] = { make_client(1, USUAL), make_client(1, USUAL), make_client(1, USUAL) };

	clients[0].priority = DRM_ROCKET_JOB_PRIORITY_LOW;
	clients[2].priority = DRM_ROCKET_JOB_PRIORITY_HIGH;
	compete_for_core(clients, 3, parts);
}

/* Who uses all cores by three VMs, and who has one job at a time. */
static void test_cores(void)
{
	const unsigned int parts[] = { 171, 85 };
	struct client clients[] = { make_client(4, USUAL), make_client(1, USUAL) };
	uint32_t mask = rocket_core_mask(clients[0].fd);

	igt_require_f(mask == 7, "not three cores\n");
	for (unsigned int i = 0; i < 2; i++)
		clients[i].cores = mask;
	compete(clients, 2, parts, 3);
	close_clients(clients, 2);
}

/* What cannot run yet is in nobody's way: three jobs find three cores. */
static void test_parked(void)
{
	struct client parked = make_client(1, 1), other = make_client(3, 64);
	struct rocket_blocker blocker;
	struct drm_rocket_task tasks[64];
	struct drm_rocket_sync never;
	uint32_t running[3];

	igt_require_f(rocket_core_mask(other.fd) == 7, "not three cores\n");
	rocket_blocker_init(&blocker, parked.fd);
	never = rocket_sync(blocker.syncobj, 0);
	for (unsigned int i = 0; i < 200; i++) {
		struct drm_rocket_job job = long_job(&parked, 0, tasks);

		job.core_mask = 1u << i % 2;
		job.in_syncs = (uintptr_t)&never;
		job.in_sync_count = 1;
		job.sync_struct_size = sizeof(never);
		rocket_submit(parked.fd, &job, 1);
	}
	rocket_board_set(ROCKET_BOARD_TASK_NS, 4 * TASK_NS);
	other.cores = 0;
	for (unsigned int i = 0; i < 3; i++) {
		struct drm_rocket_job job = long_job(&other, i, tasks);

		running[i] = rocket_start(other.fd, &job);
	}
	/* Each has had a core before the first has ended. */
	for (unsigned int core = 0; core < 3; core++) {
		while (!rocket_fdinfo(other.fd).busy_ns[core])
			igt_assert(rocket_syncobj_busy(other.fd, running[0]));
	}
	rocket_board_set(ROCKET_BOARD_TASK_NS, ROCKET_BOARD_USUAL_TASK_NS);
	for (unsigned int i = 0; i < 3; i++)
		igt_assert_eq(rocket_syncobj_status(other.fd, running[i]), 0);
	rocket_blocker_release(&blocker);
	close(parked.fd);
	close(other.fd);
}

/* Jobs of one VM, in queues: one that hangs holds up its own alone. */
static void test_queues(void)
{
	struct client c = make_client(1, 1);
	struct drm_rocket_job hang = rocket_scene_hang(&c.scenes[0], 1, 0, 500);
	struct drm_rocket_job job = rocket_probe_job(&c.scenes[0].probe, 0, 1);
	uint32_t hung, behind, other;

	igt_require_f(__builtin_popcount(rocket_core_mask(c.fd)) > 1, "one core only\n");
	rocket_probe_clear_result(&c.scenes[0].probe, 0);
	hang.core_mask = 0;
	hung = rocket_start(c.fd, &hang);
	behind = rocket_start(c.fd, &job);
	job.queue_id = 1;
	other = rocket_start(c.fd, &job);
	igt_assert_eq(rocket_syncobj_status(c.fd, other), 0);
	igt_assert(rocket_scene_copied(&c.scenes[0], 0));
	igt_assert(rocket_syncobj_busy(c.fd, hung));
	igt_assert(rocket_syncobj_busy(c.fd, behind));
	igt_assert_eq(rocket_syncobj_status(c.fd, hung), -ETIMEDOUT);
	igt_assert_eq(rocket_syncobj_status(c.fd, behind), 0);
	close(c.fd);
}

/* Each queue that the interface names is there, and no other. */
static void test_queue_ids(void)
{
	struct client c = make_client(1, 1);
	struct drm_rocket_job job = rocket_probe_job(&c.scenes[0].probe, 0, 1);
	uint64_t count = rocket_get_param(c.fd, DRM_ROCKET_PARAM_MAX_QUEUES);

	igt_assert(rocket_get_param(c.fd, DRM_ROCKET_PARAM_FEATURES) &
		   DRM_ROCKET_FEATURE_QUEUES);
	igt_assert_lte_u64(3, count);
	for (job.queue_id = 0; job.queue_id < count; job.queue_id++) {
		rocket_probe_clear_result(&c.scenes[0].probe, 0);
		igt_assert_eq(rocket_run(c.fd, &job), 0);
		igt_assert(rocket_scene_copied(&c.scenes[0], 0));
	}
	igt_assert_eq(__rocket_submit(c.fd, &job, 1), -EINVAL);
	job.queue_id = UINT32_MAX;
	igt_assert_eq(__rocket_submit(c.fd, &job, 1), -EINVAL);
	job.queue_id = 0;
	job.pad = 1;
	igt_assert_eq(__rocket_submit(c.fd, &job, 1), -EINVAL);
	errno = 0;
	close(c.fd);
}

/* Jobs that wait for a core which goes are done by another one, if they may be. */
static void test_core_goes(void)
{
	struct client c = make_client(1, 1);
	uint32_t mask = rocket_core_mask(c.fd), core = rocket_nth_core(mask, 1);
	struct drm_rocket_job hang = rocket_scene_hang(&c.scenes[0], 1, core, LONG_MS), job;
	uint32_t hung, only, any;

	igt_require_f(__builtin_popcount(mask) > 1, "one core only\n");
	hung = rocket_start(c.fd, &hang);
	job = rocket_probe_job(&c.scenes[0].probe, 0, 1);
	job.core_mask = 1u << core;
	only = rocket_start(c.fd, &job);
	job.core_mask = mask;
	any = rocket_start(c.fd, &job);
	rocket_sysfs_unbind(core);
	igt_assert_eq(rocket_syncobj_status(c.fd, hung), -ENODEV);
	igt_assert_eq(rocket_syncobj_status(c.fd, only), -ENODEV);
	igt_assert_eq(rocket_syncobj_status(c.fd, any), 0);
	rocket_sysfs_bind(core);
	close(c.fd);
}

/* Time that all CPUs spent in the kernel, interrupts aside, in ns. */
static uint64_t kernel_ns(void)
{
	uint64_t user, nice, system;
	FILE *f = fopen("/proc/stat", "r");

	igt_assert(f);
	igt_assert_eq(fscanf(f, "cpu %" SCNu64 " %" SCNu64 " %" SCNu64, &user, &nice, &system), 3);
	fclose(f);
	return system * 1000 * MS / sysconf(_SC_CLK_TCK);
}

/* Two jobs of one ioctl, behind somebody else's that is killed at last. */
static void test_no_work(void)
{
	enum { FOR_MS = 1000 };
	struct client other = make_client(1, 1), c = make_client(1, 1);
	struct drm_rocket_job hang, jobs[2];
	uint64_t before = kernel_ns(), spent;
	struct drm_rocket_sync out;

	hang = rocket_scene_hang(&other.scenes[0], 1, 0, FOR_MS);
	out = rocket_sync(rocket_syncobj(c.fd), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(jobs); i++)
		jobs[i] = rocket_scene_job(&c.scenes[0], 0, 0, LONG_MS);
	jobs[1].out_syncs = (uintptr_t)&out;
	jobs[1].out_sync_count = 1;
	jobs[1].sync_struct_size = sizeof(out);
	rocket_submit(other.fd, &hang, 1);
	rocket_submit(c.fd, jobs, ARRAY_SIZE(jobs));
	igt_assert_eq(rocket_syncobj_status(c.fd, out.handle), 0);
	spent = kernel_ns() - before;
	igt_info("%.0f ms in the kernel\n", (double)spent / MS);
	igt_assert_lt_u64(spent, FOR_MS / 2 * MS);
	close(other.fd);
	close(c.fd);
}

/* A client that waits for each job before the next, and asks on how many cores it has been. */
static void expect_one_core(unsigned int jobs)
{
	struct client c = make_client(1, 1);
	struct drm_rocket_job job = rocket_probe_job(&c.scenes[0].probe, 0, 1);
	struct rocket_fdinfo info;
	unsigned int used = 0;

	for (unsigned int i = 0; i < jobs; i++)
		igt_assert_eq(rocket_run(c.fd, &job), 0);
	info = rocket_fdinfo(c.fd);
	for (unsigned int core = 0; core < ROCKET_MAX_CORES; core++)
		used += info.busy_ns[core] > 0;
	igt_assert_eq(used, 1);
	close(c.fd);
}

/* Each change of client costs two erasures, one there and one where the other one goes. */
static void test_own_core(void)
{
	enum { JOBS = 1000 };
	int fd = rocket_open();

	igt_fork(client, __builtin_popcount(rocket_core_mask(fd)))
		expect_one_core(JOBS);
	igt_waitchildren();
	close(fd);
}

igt_main
{
	static const struct {
		const char *name;
		void (*run)(void);
		const char *what;
		bool board;
	} tests[] = {
		{ "equal", test_equal, "Two clients that flood a core get half of it each", true },
		{ "length", test_length, "However long their jobs are", true },
		{ "vms", test_vms, "However many VMs they have", true },
		{ "many", test_many, "Eight clients, an eighth each", true },
		{ "priority", test_priority, "A higher priority is worth four times as much", true },
		{ "cores", test_cores, "Of three cores who has one job at a time gets one", true },
		{ "own-core", test_own_core, "As many clients as there are cores keep one each", false },
		{ "parked", test_parked, "Jobs that wait for a fence are in nobody's way", true },
		{ "queues", test_queues, "Jobs of different queues of a VM run at the same time",
		  false },
		{ "queue-ids", test_queue_ids, "Queues by their numbers, and what is none",
		  false },
		{ "no-work", test_no_work, "Jobs that wait give no CPU anything to do", false },
		{ "core-goes", test_core_goes, "What waits for a core that goes runs on another",
		  false },
	};

	igt_fixture
		close(rocket_open());

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name) {
			if (tests[i].board)
				rocket_require_board();
			tests[i].run();
		}
	}

	igt_fixture
		rocket_board_quiet();
}
