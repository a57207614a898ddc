// SPDX-License-Identifier: MIT
#include <linux/sync_file.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_job.h"
#include "igt_rocket_layer.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("Many page faults, and faults while everything else changes");

#define PROBE_ADDR	0x10000000u
#define BASE		0x20000000u
/* Nothing is ever mapped there. */
#define HOLE		0x90000000u
#define PAGES		16u
#define SEED		0x1000u
/* A time-out that no job here needs, whatever the host is doing */
#define LONG_MS		10000u

/*
 * A fault costs one interrupt: the line is silent until the replayed access is gone.
 * These are for what a thousand may cost beyond that.
 */
#define MORE_INTERRUPTS	20u

struct client {
	int fd;
	struct rocket_probe probe;
	struct rocket_bo bo;
};

static struct client make_client(int fd)
{
	struct client c = { .fd = fd, .bo = rocket_bo(fd, PAGES * ROCKET_PAGE) };

	rocket_probe_init(&c.probe, fd, 0, PROBE_ADDR, 2);
	rocket_bo_fill(&c.bo, SEED);
	rocket_vm_map_bo(fd, 0, &c.bo, BASE);
	rocket_probe_set(&c.probe, 0, BASE, rocket_probe_result_addr(&c.probe, 0));
	rocket_probe_set(&c.probe, 1, HOLE, rocket_probe_result_addr(&c.probe, 1));
	return c;
}

/* Closes the file and leaves the rest to that. */
static void leave(struct client *c)
{
	munmap(c->bo.map, c->bo.size);
	munmap(c->probe.bo.map, c->probe.bo.size);
	free(c->probe.tasks);
	close(c->fd);
}

static struct drm_rocket_job job_of(struct client *c, unsigned int slot, unsigned int core)
{
	struct drm_rocket_job job = rocket_probe_job(&c->probe, slot, 1);

	job.core_mask = 1u << core;
	job.timeout_ms = LONG_MS;
	return job;
}

static struct drm_rocket_job good_job(struct client *c, unsigned int core)
{
	return job_of(c, 0, core);
}

static struct drm_rocket_job bad_job(struct client *c, unsigned int core)
{
	return job_of(c, 1, core);
}

static uint32_t submit(int fd, struct drm_rocket_job job)
{
	return rocket_start(fd, &job);
}

/* Waits, destroys the syncobj, and tells how and when its job ended. */
static int ending(int fd, uint32_t syncobj, uint64_t *when)
{
	struct sync_fence_info fence = { 0 };
	struct sync_file_info info = { .num_fences = 1, .sync_fence_info = (uintptr_t)&fence };
	int file;

	rocket_syncobj_wait(fd, syncobj);
	igt_assert_eq(drmSyncobjExportSyncFile(fd, syncobj, &file), 0);
	do_ioctl(file, SYNC_IOC_FILE_INFO, &info);
	close(file);
	drmSyncobjDestroy(fd, syncobj);
	if (when)
		*when = fence.timestamp_ns;
	return fence.status == 1 ? 0 : fence.status;
}

/* With a client of its own, on every core: an inference of some size, to the bit. */
static void expect_exact(void)
{
	struct rocket_conv shape = rocket_layer_shape(9, 8, 16, 32, 3, 1, 1);
	int fd = rocket_open();
	struct rocket_layer layer;

	rocket_layer_init(&layer, fd, 0, BASE, &shape, SEED, NULL, 0);
	for (uint32_t left = rocket_core_mask(fd); left; left &= left - 1)
		rocket_layer_check(&layer, left & -left);
	rocket_layer_fini(&layer);
	close(fd);
}

static uint64_t all_interrupts(int fd)
{
	uint64_t sum = 0;

	for (uint32_t left = rocket_core_mask(fd); left; left &= left - 1)
		sum += rocket_sysfs_interrupts(__builtin_ctz(left));
	return sum;
}

/* They do not fall asleep by themselves, but can be switched off. */
static void stay_awake(uint32_t mask, bool awake)
{
	static int usual[32];

	for (uint32_t left = mask; left; left &= left - 1) {
		unsigned int core = __builtin_ctz(left);

		if (awake)
			usual[core] = rocket_sysfs_autosuspend(core);
		rocket_sysfs_set_autosuspend(core, awake ? 600000 : usual[core]);
	}
}

/*
 * One after the other
 */

static void test_in_a_row(int fd)
{
	/* A file for each core: one that has just failed has to wait. */
	enum { FAULTS = 1000 };
	uint32_t mask = rocket_core_mask(fd);
	unsigned int cores = __builtin_popcount(mask);
	uint64_t before, taken, total = 0;
	struct client clients[32];

	for (unsigned int i = 0; i < cores; i++)
		clients[i] = make_client(rocket_open());
	before = all_interrupts(fd);
	for (unsigned int i = 0; i < FAULTS; i++) {
		struct client *c = &clients[i % cores];
		struct drm_rocket_job job = bad_job(c, rocket_nth_core(mask, i % cores));

		igt_assert_eq(rocket_run(c->fd, &job), -EFAULT);
	}
	taken = all_interrupts(fd) - before;
	igt_info("%u faults, %llu interrupts\n", FAULTS, (unsigned long long)taken);
	igt_assert_lte_u64(taken, FAULTS + MORE_INTERRUPTS);
	for (unsigned int i = 0; i < cores; i++) {
		total += rocket_vm_query(clients[i].fd, 0).faults_total;
		leave(&clients[i]);
	}
	igt_assert_eq_u64(total, FAULTS);
	expect_exact();
}

/* The board counts what happened at the other end of the line. */
static void test_in_hardware(int fd)
{
	enum { FAULTS = 40 };
	static const struct {
		const char *name;
		unsigned long counter;
		unsigned int most;	/* a fault */
	} counts[] = {
		/* To stop it, and behind the self-test */
		{ "resets", ROCKET_BOARD_RESETS, 2 },
		{ "faults, replays included", ROCKET_BOARD_FAULTS, 4 },
		{ "interrupts raised by the IOMMU", ROCKET_BOARD_MMU_IRQS, 4 },
		{ "interrupts raised by the core", ROCKET_BOARD_NPU_IRQS, 0 },
	};
	struct client c = make_client(fd);
	uint32_t mask = rocket_core_mask(fd);

	rocket_require_board();
	/* A core that falls asleep is reset, too. */
	stay_awake(mask, true);
	for (uint32_t left = mask; left; left &= left - 1) {
		unsigned int core = __builtin_ctz(left);
		struct drm_rocket_job job = good_job(&c, core);
		uint64_t before[ARRAY_SIZE(counts)];

		/* Whatever comes with a change of clients lies behind. */
		igt_assert_eq(rocket_run(fd, &job), 0);
		job = bad_job(&c, core);
		for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++)
			before[i] = rocket_board_count(core, counts[i].counter);
		for (unsigned int i = 0; i < FAULTS; i++)
			igt_assert_eq(rocket_run(fd, &job), -EFAULT);
		for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++) {
			uint64_t after = rocket_board_count(core, counts[i].counter) - before[i];

			igt_info("core %u, %u faults: %llu %s\n", core, FAULTS,
				 (unsigned long long)after, counts[i].name);
			igt_assert_lte_u64(after, counts[i].most * FAULTS);
		}
	}
	stay_awake(mask, false);
}

/* Some times, in ns */
struct times {
	uint64_t sum, worst;
	unsigned int count;
};

static void add_time(struct times *t, uint64_t ns)
{
	t->sum += ns;
	t->worst = ns > t->worst ? ns : t->worst;
	t->count++;
}

static void print_times(const struct times *t, const char *what)
{
	igt_info("from the fault to the %s: %.1f us, at most %.1f us\n", what,
		 t->sum / 1000.0 / t->count, t->worst / 1000.0);
}

/* By CLOCK_MONOTONIC. Behind the tasks of a scrub a job is what is started last. */
static uint64_t last_start(unsigned int core)
{
	return rocket_board_to_monotonic(rocket_board_count(core, ROCKET_BOARD_LAST_START_NS));
}

/*
 * A job of another client waits on the same core; it comes next.  The one that
 * faults is always the first of its file: later ones have to wait.
 */
static void test_next_job(int fd)
{
	enum { ROUNDS = 60 };
	struct times to_fence = { 0 }, to_start = { 0 }, to_end = { 0 };
	struct client good = make_client(fd);
	uint32_t mask = rocket_core_mask(fd);
	unsigned int measured = 0;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int core = rocket_nth_core(mask, i % __builtin_popcount(mask));
		struct client bad = make_client(rocket_open());
		struct drm_rocket_vm_fault fault;
		uint64_t failed, next;
		uint32_t fences[2];

		rocket_probe_clear_result(&good.probe, 0);
		fences[0] = submit(bad.fd, bad_job(&bad, core));
		fences[1] = submit(good.fd, good_job(&good, core));
		igt_assert_eq(ending(bad.fd, fences[0], &failed), -EFAULT);
		igt_assert_eq(ending(good.fd, fences[1], &next), 0);
		igt_assert(rocket_is_pattern((void *)rocket_probe_result(&good.probe, 0), SEED));
		igt_assert(rocket_vm_take_fault(bad.fd, 0, &fault));
		igt_assert_lt_u64(fault.time_ns, failed);
		leave(&bad);
		/* Both found the core free, and the one that came later was faster. */
		if (next < failed)
			continue;
		measured++;

		add_time(&to_fence, failed - fault.time_ns);
		add_time(&to_end, next - fault.time_ns);
		if (rocket_board_present())
			add_time(&to_start, last_start(core) - fault.time_ns);
	}
	igt_assert_lte(ROUNDS / 2, measured);
	print_times(&to_fence, "failed job's fence");
	if (to_start.count)
		print_times(&to_start, "start of the next client's job");
	print_times(&to_end, "end of the next client's job");
}

/*
 * All at once
 */

static void test_all_cores(int fd)
{
	enum { ROUNDS = 40 };
	uint32_t mask = rocket_core_mask(fd), fences[32];
	struct client clients[32];

	for (uint32_t left = mask; left; left &= left - 1)
		clients[__builtin_ctz(left)] = make_client(rocket_open());
	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct rocket_blocker blocker;

		rocket_blocker_init(&blocker, fd);
		for (uint32_t left = mask; left; left &= left - 1) {
			unsigned int core = __builtin_ctz(left);
			struct client *c = &clients[core];
			struct drm_rocket_sync in = rocket_sync(rocket_syncobj(c->fd), 0);
			struct drm_rocket_job job = bad_job(c, core);

			igt_assert_eq(drmSyncobjImportSyncFile(c->fd, in.handle,
							       blocker.sync_file), 0);
			job.in_syncs = (uintptr_t)&in;
			job.in_sync_count = 1;
			job.sync_struct_size = sizeof(in);
			job.user_data = round;
			fences[core] = submit(c->fd, job);
			drmSyncobjDestroy(c->fd, in.handle);
		}
		rocket_blocker_release(&blocker);
		for (uint32_t left = mask; left; left &= left - 1) {
			unsigned int core = __builtin_ctz(left);
			struct drm_rocket_vm_fault fault;

			igt_assert_eq(ending(clients[core].fd, fences[core], NULL), -EFAULT);
			igt_assert(rocket_vm_take_fault(clients[core].fd, 0, &fault));
			igt_assert_eq_u32(fault.core, core);
			igt_assert_eq_u64(fault.user_data, round);
			igt_assert_eq_u64(fault.addr, HOLE);
		}
		drmSyncobjDestroy(fd, blocker.syncobj);
		rocket_blocker_fini(&blocker);
	}
	expect_exact();
	for (uint32_t left = mask; left; left &= left - 1)
		close(clients[__builtin_ctz(left)].fd);
}

/* What the driver does to a core that has nothing to do with a fault. */
struct touched {
	uint64_t resets, mmu_writes, starts, tasks;
};

static struct touched look(unsigned int core)
{
	return (struct touched){
		.resets = rocket_board_count(core, ROCKET_BOARD_RESETS),
		.mmu_writes = rocket_board_count(core, ROCKET_BOARD_REG_WRITES(
							ROCKET_BOARD_BLOCK_MMU)),
		.starts = rocket_board_count(core, ROCKET_BOARD_STARTS),
		.tasks = rocket_board_count(core, ROCKET_BOARD_TASKS),
	};
}

/*
 * While one core faults again and again, the job of another goes from task to task,
 * and nobody touches its IOMMU.
 */
static void test_other_cores(int fd)
{
	enum { TASKS = 3000 };
	struct client bad = make_client(fd), good = make_client(rocket_open());
	uint32_t mask = rocket_core_mask(fd);

	rocket_require_board();
	igt_require_f(__builtin_popcount(mask) > 1, "there is only one core\n");
	stay_awake(mask, true);
	for (uint32_t left = mask; left; left &= left - 1) {
		unsigned int core = __builtin_ctz(left), faults = 0, jobs = 0;
		uint32_t others = mask & ~(1u << core);
		struct drm_rocket_job first = good_job(&good, core);
		struct touched before, after;

		igt_assert_eq(rocket_run(good.fd, &first), 0);
		before = look(core);
		good.probe.cores = 1u << core;
		/* A CPU that is slow may see a whole job go by. */
		while (faults < 4) {
			uint32_t done = rocket_probe_repeat(&good.probe, 0, TASKS);

			while (rocket_syncobj_busy(good.fd, done)) {
				unsigned int other = rocket_nth_core(others, faults++ %
								     __builtin_popcount(others));
				struct drm_rocket_job job = bad_job(&bad, other);

				igt_assert_eq(rocket_run(fd, &job), -EFAULT);
			}
			igt_assert_eq(ending(good.fd, done, NULL), 0);
			jobs++;
		}
		after = look(core);
		igt_info("core %u: %u faults on others during %u jobs of %u tasks\n", core,
			 faults, jobs, TASKS);
		igt_assert_eq_u64(after.resets, before.resets);
		igt_assert_eq_u64(after.mmu_writes, before.mmu_writes);
		igt_assert_eq_u64(after.starts - before.starts, (uint64_t)jobs * TASKS);
		igt_assert_eq_u64(after.tasks - before.tasks, (uint64_t)jobs * TASKS);
	}
	stay_awake(mask, false);
	close(good.fd);
}

/*
 * While something else happens
 */

/* A page is unmapped under the job that reads it. */
static void test_unmap(int fd)
{
	/* None of the tasks behind the unmap is run: there may be enough for a busy host. */
	enum { ROUNDS = 60, TASKS = 40000 };
	uint32_t mask = rocket_core_mask(fd);
	struct client c = make_client(fd);

	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int page = i % PAGES;
		uint32_t addr = BASE + page * ROCKET_PAGE, done;
		struct drm_rocket_vm_fault fault;

		rocket_probe_clear_result(&c.probe, 0);
		rocket_probe_set(&c.probe, 0, addr, rocket_probe_result_addr(&c.probe, 0));
		c.probe.cores = 1u << rocket_nth_core(mask, i % __builtin_popcount(mask));
		done = rocket_probe_repeat(&c.probe, 0, TASKS);
		rocket_probe_await_result(&c.probe, 0, SEED + page);
		rocket_vm_unmap(fd, 0, addr, ROCKET_PAGE);
		igt_assert_eq(ending(fd, done, NULL), -EFAULT);
		igt_assert(rocket_vm_take_fault(fd, 0, &fault));
		igt_assert_eq_u64(fault.addr, addr);
		igt_assert_eq_u32(fault.flags, 0);
		rocket_vm_map(fd, 0, c.bo.handle, page * ROCKET_PAGE, addr, ROCKET_PAGE);
	}
	igt_assert_eq_u64(rocket_vm_query(fd, 0).faults_total, ROUNDS);
	expect_exact();
}

/* Other ranges of the VM are bound and unbound all the while it faults. */
static void test_bind(int fd)
{
	enum { FAULTS = 40 };
	struct igt_helper_process binder = { .use_SIGKILL = true };
	uint32_t mask = rocket_core_mask(fd);
	struct client c = make_client(fd);

	igt_fork_helper(&binder) {
		for (unsigned int i = 0; ; i++) {
			uint32_t addr = 0x40000000u + i % 7 * ROCKET_TABLE_SPAN;

			rocket_vm_map_bo(fd, 0, &c.bo, addr);
			rocket_vm_unmap(fd, 0, addr + ROCKET_PAGE, 5 * ROCKET_PAGE);
			rocket_vm_unmap(fd, 0, addr, c.bo.size);
		}
	}
	for (unsigned int i = 0; i < FAULTS; i++) {
		unsigned int core = rocket_nth_core(mask, i % __builtin_popcount(mask));
		struct drm_rocket_job job = bad_job(&c, core);

		igt_assert_eq(rocket_run(fd, &job), -EFAULT);
		job = good_job(&c, core);
		igt_assert_eq(rocket_run(fd, &job), 0);
	}
	igt_stop_helper(&binder);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).faults_total, FAULTS);
}

/* Files are closed with faults on all cores, going on and to come. */
static void close_with_faults(unsigned int rounds)
{
	enum { JOBS = 4 };

	for (unsigned int round = 0; round < rounds; round++) {
		struct client c = make_client(rocket_open());
		uint32_t mask = rocket_core_mask(c.fd), done = 0;

		for (unsigned int i = 0; i < JOBS; i++) {
			for (uint32_t left = mask; left; left &= left - 1)
				done = submit(c.fd, bad_job(&c, __builtin_ctz(left)));
		}
		/* At different moments: at once, or when the last core is at work. */
		if (round % 3 == 1)
			igt_assert_eq(ending(c.fd, done, NULL), -EFAULT);
		leave(&c);
	}
}

static void test_close(int fd)
{
	enum { CLIENTS = 3, ROUNDS = 30 };
	uint64_t faults = rocket_vm_query(fd, 0).faults_total;

	igt_fork(child, CLIENTS)
		close_with_faults(ROUNDS);
	igt_waitchildren();
	expect_exact();
	igt_assert_eq_u64(rocket_vm_query(fd, 0).faults_total, faults);
}

/* Jobs that fault come on all cores, until told to stop; some find no core. */
static void fault_for_ever(void)
{
	struct client c = make_client(rocket_open());
	unsigned int cores = rocket_sysfs_cores();

	for (unsigned int i = 0; ; i++) {
		struct drm_rocket_job job = bad_job(&c, i % cores);
		uint32_t fence;
		int ret = __rocket_start(c.fd, &job, &fence);

		if (ret) {
			igt_assert_eq(ret, -EINVAL);
			drmSyncobjDestroy(c.fd, fence);
			errno = 0;
			continue;
		}
		ret = ending(c.fd, fence, NULL);
		igt_assert(ret == -EFAULT || ret == -ENODEV);
	}
}

static void test_unbind(int fd)
{
	enum { ROUNDS = 8 };
	struct igt_helper_process faulty[2] = {
		{ .use_SIGKILL = true }, { .use_SIGKILL = true },
	};
	unsigned int cores = rocket_sysfs_cores();

	igt_require_f(cores > 1, "there is only one core\n");
	for (unsigned int i = 0; i < ARRAY_SIZE(faulty); i++) {
		igt_fork_helper(&faulty[i])
			fault_for_ever();
	}
	for (unsigned int i = 0; i < ROUNDS * cores; i++) {
		rocket_sysfs_unbind(i % cores);
		rocket_sysfs_bind(i % cores);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(faulty); i++)
		igt_stop_helper(&faulty[i]);
	igt_assert_eq_u32(rocket_core_mask(fd), (1u << cores) - 1);
	expect_exact();
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd);
		const char *what;
	} tests[] = {
		{ "in-a-row", test_in_a_row,
		  "1,000 faults end 1,000 jobs with EFAULT and cost one interrupt each" },
		{ "in-hardware", test_in_hardware,
		  "A fault costs one reset, and few replays on the way to it" },
		{ "next-job", test_next_job,
		  "Behind the job that faults another client's comes next, and is right" },
		{ "all-cores", test_all_cores,
		  "Faults on all cores at once are each recorded where they belong" },
		{ "other-cores", test_other_cores,
		  "Cores that see no fault run on, and nobody touches their IOMMUs" },
		{ "unmap", test_unmap, "A page unmapped under a job ends it with EFAULT" },
		{ "bind", test_bind, "Binding goes on while the VM's jobs fault" },
		{ "close", test_close, "Files can be closed with faults going on and to come" },
		{ "unbind", test_unbind, "Cores can be unbound and bound with faults going on" },
	};

	igt_fixture {
		close(rocket_open());
		rocket_sysfs_cores();
	}

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			rocket_on_device(tests[i].test);
	}

	igt_fixture
		rocket_sysfs_bring_back();
}
