// SPDX-License-Identifier: MIT
#include <errno.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xf86drm.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_fdinfo.h"
#include "igt_rocket_job.h"
#include "igt_rocket_scene.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("The perf events of the NPU, by what the board counts");

#define PMU		"/sys/bus/event_source/devices/rocket"
#define NOWHERE		0x90000000u
#define LONG_MS		ROCKET_SCENE_LONG_MS
/* A task beside which it is little what it takes to start it and to see its end */
#define LONG_NS		4000000000u
#define SLOW_NS		100000000u

static const char *const names[] = {
	"busy", "core0-busy", "core1-busy", "core2-busy", "scrub-time", "jobs", "tasks",
	"switches", "scrubs", "faults", "hangs", "resets", "wakeups", "cycles",
};

/* What the PMU is to the system call; skips where there is none. */
static uint32_t pmu_type(void)
{
	char text[32];

	igt_require_f(rocket_sysfs_read(PMU "/type", text, sizeof(text)) > 0,
		      "the kernel has no perf events, or the driver none\n");
	return atoi(text);
}

/* What an event's name stands for, as perf reads it. */
static uint64_t config_of(const char *name)
{
	unsigned int event, cores = 0;
	char path[128], text[64];

	snprintf(path, sizeof(path), PMU "/events/%s", name);
	igt_assert_f(rocket_sysfs_read(path, text, sizeof(text)) > 0, "no %s\n", path);
	igt_assert(sscanf(text, "event=%x,cores=%x", &event, &cores) >= 1);
	return event | cores << 8;
}

static int perf_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group)
{
	int fd;

	attr->size = sizeof(*attr);
	fd = syscall(SYS_perf_event_open, attr, pid, cpu, group, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Counts from now on. */
static int count_config(uint64_t config)
{
	struct perf_event_attr attr = { .type = pmu_type(), .config = config };
	int fd = perf_open(&attr, -1, 0, -1);

	igt_require_f(fd != -EACCES && fd != -EPERM, "may not count, be root\n");
	igt_assert_f(fd >= 0, "config %#llx: %s\n", (unsigned long long)config, strerror(-fd));
	return fd;
}

static int count(const char *name)
{
	return count_config(config_of(name));
}

static uint64_t value(int fd)
{
	uint64_t count = 0;

	igt_assert_eq(read(fd, &count, sizeof(count)), sizeof(count));
	return count;
}

static unsigned int first_core(int fd)
{
	return rocket_nth_core(rocket_core_mask(fd), 0);
}

static void test_events(int fd)
{
	(void)fd;
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		int event = count(names[i]);

		/* The clock runs while a core is up. */
		if (strcmp(names[i], "cycles"))
			igt_assert_eq_u64(value(event), 0);
		close(event);
	}
	errno = 0;
}

static void test_invalid(int fd)
{
	static const struct {
		uint64_t config, config1, period;
		pid_t pid;
		int cpu;
	} bad[] = {
		{ .config = 0, .pid = -1 },
		{ .config = 12, .pid = -1 },
		/* The clock is all cores'. */
		{ .config = 11 | 1 << 8, .pid = -1 },
		{ .config = 255, .pid = -1 },
		{ .config = 3 | 1 << 11, .pid = -1 },
		{ .config = 3 | UINT64_C(1) << 63, .pid = -1 },
		{ .config = 3, .config1 = 1, .pid = -1 },
		/* There is nothing to sample, and no task to count for. */
		{ .config = 3, .period = 1, .pid = -1 },
		{ .config = 3, .pid = 0, .cpu = -1 },
	};

	(void)fd;
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct perf_event_attr attr = {
			.type = pmu_type(), .config = bad[i].config,
			.config1 = bad[i].config1, .sample_period = bad[i].period,
		};

		igt_assert_f(perf_open(&attr, bad[i].pid, bad[i].cpu, -1) == -EINVAL,
			     "%u was not refused\n", i);
	}
	errno = 0;
}

/* Jobs and tasks, of all cores and of one of them. */
static void test_jobs(int fd)
{
	struct rocket_scene s = rocket_scene(fd, 0);
	uint32_t mask = rocket_core_mask(fd);
	unsigned int cores = __builtin_popcount(mask), total = 0;
	int jobs = count("jobs"), tasks = count("tasks"), of_core[ROCKET_MAX_CORES];

	for (unsigned int i = 0; i < cores; i++)
		of_core[i] = count_config(config_of("jobs") | (1 << 8) << rocket_nth_core(mask, i));
	for (unsigned int i = 0; i < cores; i++) {
		struct drm_rocket_job job = rocket_probe_job(&s.probe, 0, 5);

		job.core_mask = 1u << rocket_nth_core(mask, i);
		job.timeout_ms = LONG_MS;
		for (unsigned int j = 0; j <= i; j++, total++)
			igt_assert_eq(rocket_run(fd, &job), 0);
	}
	igt_assert_eq_u64(value(jobs), total);
	igt_assert_eq_u64(value(tasks), 5 * total);
	for (unsigned int i = 0; i < cores; i++) {
		igt_assert_eq_u64(value(of_core[i]), i + 1);
		close(of_core[i]);
	}
	close(jobs);
	close(tasks);
}

/* Within one percent of what the board counted between start and completion. */
static void test_busy(int fd)
{
	struct rocket_scene s = rocket_scene(fd, 0);
	uint32_t core = first_core(fd), done;
	uint64_t board, all, one;
	char name[16];
	int busy, of_core;

	rocket_require_board();
	s.probe.cores = 1u << core;
	/* The core is the file's, so that no scrub counts. */
	rocket_scene_expect_healthy(&s, core, 0);
	rocket_board_set(ROCKET_BOARD_TASK_NS, LONG_NS);
	snprintf(name, sizeof(name), "core%u-busy", core);
	busy = count("busy");
	of_core = count(name);
	board = rocket_board_count(core, ROCKET_BOARD_BUSY_NS);
	done = rocket_probe_repeat(&s.probe, 0, 1);
	igt_assert_eq(rocket_syncobj_status(fd, done), 0);
	board = rocket_board_count(core, ROCKET_BOARD_BUSY_NS) - board;
	all = value(busy);
	one = value(of_core);
	rocket_board_set(ROCKET_BOARD_TASK_NS, ROCKET_BOARD_USUAL_TASK_NS);

	igt_assert_eq_u64(all, one);
	igt_assert_lte_u64(board, one);
	igt_assert_lte_u64(one, board + board / 100);
	/* Idle: not a nanosecond more */
	igt_assert_eq_u64(value(of_core), one);
	close(busy);
	close(of_core);
}

static void test_running(int fd)
{
	struct rocket_scene s = rocket_scene(fd, 0);
	uint32_t core = first_core(fd), done;
	uint64_t last = 0, grown = 0;
	int busy;

	rocket_require_board();
	s.probe.cores = 1u << core;
	rocket_scene_expect_healthy(&s, core, 0);
	rocket_board_set(ROCKET_BOARD_TASK_NS, SLOW_NS);
	busy = count("busy");
	done = rocket_probe_repeat(&s.probe, 0, 3);
	while (rocket_syncobj_busy(fd, done)) {
		uint64_t now = value(busy);

		igt_assert_lte_u64(last, now);
		grown += now > last;
		last = now;
	}
	rocket_board_set(ROCKET_BOARD_TASK_NS, ROCKET_BOARD_USUAL_TASK_NS);
	igt_assert_f(grown > 3, "it has not grown while the job ran\n");
	igt_assert_lte_u64(last, value(busy));
	close(busy);
}

/* What files used is what the cores did. */
static void test_sum(int fd)
{
	int other = rocket_open(), busy = count("busy");
	struct rocket_scene a = rocket_scene(fd, 0), b = rocket_scene(other, 0);
	uint32_t mask = rocket_core_mask(fd);
	struct rocket_fdinfo left, right;
	uint64_t sum = 0;

	for (unsigned int i = 0; i < 12; i++) {
		uint32_t core = rocket_nth_core(mask, i % __builtin_popcount(mask));

		rocket_scene_expect_healthy(&a, core, i);
		rocket_scene_expect_healthy(&b, core, i);
	}
	left = rocket_fdinfo(fd);
	right = rocket_fdinfo(other);
	for (unsigned int i = 0; i < ROCKET_MAX_CORES; i++)
		sum += left.busy_ns[i] + right.busy_ns[i];
	igt_assert(sum);
	igt_assert_eq_u64(value(busy), sum);
	close(busy);
	close(other);
}

static void test_switches(int fd)
{
	struct rocket_scene a = rocket_scene(fd, 0);
	struct rocket_scene b = rocket_scene(fd, rocket_vm_create(fd));
	uint32_t core = first_core(fd);
	uint64_t loads, resets;
	int switches, scrubs, reset;

	rocket_require_board();
	rocket_sysfs_stay_awake(core, true);
	rocket_scene_expect_healthy(&a, core, 0);
	switches = count("switches");
	scrubs = count("scrubs");
	reset = count("resets");
	resets = rocket_board_count(core, ROCKET_BOARD_RESETS);
	loads = rocket_board_count(core, ROCKET_BOARD_DTE_LOADS);
	rocket_scene_expect_healthy(&a, core, 1);
	igt_assert_eq_u64(value(switches), 0);
	for (unsigned int i = 0; i < 5; i++)
		rocket_scene_expect_healthy(i % 2 ? &a : &b, core, i);
	igt_assert_eq_u64(value(switches), 5);
	igt_assert_eq_u64(value(scrubs), 0);
	igt_assert_lte_u64(loads + 5, rocket_board_count(core, ROCKET_BOARD_DTE_LOADS));
	igt_assert_eq_u64(value(reset), rocket_board_count(core, ROCKET_BOARD_RESETS) - resets);
	rocket_sysfs_stay_awake(core, false);
	close(switches);
	close(scrubs);
	close(reset);
}

static void test_scrubs(int fd)
{
	int other = rocket_open(), scrubs, time, tasks;
	struct rocket_scene a = rocket_scene(fd, 0), b = rocket_scene(other, 0);
	uint32_t core = first_core(fd);

	rocket_scene_expect_healthy(&a, core, 0);
	scrubs = count("scrubs");
	time = count("scrub-time");
	tasks = count("tasks");
	rocket_scene_expect_healthy(&a, core, 1);
	igt_assert_eq_u64(value(scrubs), 0);
	igt_assert_eq_u64(value(time), 0);
	rocket_scene_expect_healthy(&b, core, 0);
	rocket_scene_expect_healthy(&a, core, 2);
	igt_assert_eq_u64(value(scrubs), 2);
	igt_assert(value(time));
	/* Only the clients' own */
	igt_assert_eq_u64(value(tasks), 3);
	close(scrubs);
	close(time);
	close(tasks);
	close(other);
}

static void test_trouble(int fd)
{
	int faults = count("faults"), hangs = count("hangs"), jobs = count("jobs");
	int tasks = count("tasks"), resets = count("resets");
	struct rocket_scene s = rocket_scene(fd, 0);
	uint32_t core = first_core(fd);
	struct drm_rocket_job job;
	uint64_t before;

	rocket_scene_expect_healthy(&s, core, 1);
	before = value(resets);
	rocket_probe_set(&s.probe, 0, NOWHERE, rocket_probe_result_addr(&s.probe, 0));
	job = rocket_scene_job(&s, 0, core, LONG_MS);
	igt_assert_eq(rocket_run(fd, &job), -EFAULT);
	igt_assert_eq_u64(value(faults), 1);
	igt_assert_eq_u64(value(hangs), 0);
	igt_assert_lt_u64(before, value(resets));
	job = rocket_scene_hang(&s, 2, core, 30);
	igt_assert_eq(rocket_run(fd, &job), -ETIMEDOUT);
	igt_assert_eq_u64(value(faults), 1);
	igt_assert_eq_u64(value(hangs), 1);
	/* Both were started, and neither has completed a task. */
	igt_assert_eq_u64(value(jobs), 3);
	igt_assert_eq_u64(value(tasks), 1);
	close(faults);
	close(hangs);
	close(jobs);
	close(tasks);
	close(resets);
}

static void await_all_suspended(void)
{
	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++)
		rocket_sysfs_await_suspend(core);
}

/* A wake-up is one of the core's power domain. */
static void test_wakeups(int fd)
{
	struct rocket_scene s = rocket_scene(fd, 0);
	int wakeups = count("wakeups");

	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++)
		rocket_scene_expect_healthy(&s, core, 0);
	await_all_suspended();
	for (unsigned int i = 0; i < 6; i++) {
		unsigned int core = i % rocket_sysfs_cores();
		uint64_t before = value(wakeups);

		rocket_scene_expect_healthy(&s, core, i);
		rocket_scene_expect_healthy(&s, core, i);
		rocket_sysfs_await_suspend(core);
		igt_assert_eq_u64(value(wakeups), before + 1);
	}
	close(wakeups);
}

/* By what the board says that the rate is. */
static void test_cycles(int fd)
{
	struct rocket_scene s = rocket_scene(fd, 0);
	uint32_t core = first_core(fd);
	int cycles = count("cycles");
	uint64_t before, from, ns, seen, wanted;
	uint32_t hz;

	rocket_require_board();
	rocket_scene_expect_healthy(&s, core, 0);
	await_all_suspended();
	before = value(cycles);
	igt_assert_eq_u64(value(cycles), before);
	rocket_sysfs_stay_awake(core, true);
	/* A second of one rate: where it follows the load it falls at first. */
	do {
		hz = rocket_board_get(ROCKET_BOARD_CLOCK_HZ);
		before = value(cycles);
		from = rocket_board_clock();
		sleep(1);
		seen = value(cycles) - before;
		ns = rocket_board_clock() - from;
	} while (rocket_board_get(ROCKET_BOARD_CLOCK_HZ) != hz);
	wanted = ns / 1000 * (hz / 1000000);
	rocket_sysfs_stay_awake(core, false);
	igt_assert_lte_u64(wanted * 97 / 100, seen);
	igt_assert_lte_u64(seen, wanted * 103 / 100);
	close(cycles);
}

/* Events in a group are read together. */
static void test_group(int fd)
{
	struct perf_event_attr attr = {
		.type = pmu_type(), .config = config_of("jobs"),
		.read_format = PERF_FORMAT_GROUP,
	};
	struct rocket_scene s = rocket_scene(fd, 0);
	int leader = perf_open(&attr, -1, 0, -1), member;
	uint64_t data[3] = { 0 };

	igt_require_f(leader != -EACCES && leader != -EPERM, "may not count, be root\n");
	igt_assert_fd(leader);
	attr.config = config_of("tasks");
	member = perf_open(&attr, -1, 0, leader);
	igt_assert_fd(member);
	rocket_scene_expect_healthy(&s, first_core(fd), 0);
	igt_assert_eq(read(leader, data, sizeof(data)), sizeof(data));
	igt_assert_eq_u64(data[0], 2);
	igt_assert_eq_u64(data[1], 1);
	igt_assert_eq_u64(data[2], 1);
	close(member);
	close(leader);
}

/* Its source has gone: perf keeps the last count, and says that it is one. */
static void expect_dead(int event)
{
	struct pollfd poll_fd = { .fd = event, .events = POLLIN };

	igt_assert_eq(poll(&poll_fd, 1, 0), 1);
	igt_assert(poll_fd.revents & POLLERR);
}

/* The device goes while somebody counts, and while others begin to. */
static void test_unbind(int fd)
{
	struct rocket_scene s = rocket_scene(fd, 0);
	int jobs = count("jobs"), busy = count("busy"), fresh, reopened;
	uint64_t last;

	rocket_scene_expect_healthy(&s, first_core(fd), 0);
	igt_assert_eq_u64(value(jobs), 1);
	rocket_sysfs_unbind_all();
	igt_assert(access(PMU, F_OK));
	expect_dead(jobs);
	expect_dead(busy);
	igt_assert_eq_u64(value(jobs), 1);
	last = value(busy);
	rocket_sysfs_bind_all();
	/* What was open stays as it is; a new device counts anew. */
	fresh = count("jobs");
	reopened = rocket_open();
	s = rocket_scene(reopened, 0);
	rocket_scene_expect_healthy(&s, first_core(reopened), 0);
	igt_assert_eq_u64(value(fresh), 1);
	igt_assert_eq_u64(value(jobs), 1);
	igt_assert_eq_u64(value(busy), last);
	expect_dead(jobs);
	close(reopened);
	close(fresh);
	close(jobs);
	close(busy);
	errno = 0;
}

/* Opens, reads and closes all the time while the device comes and goes. */
static void test_unbind_busy(int fd)
{
	struct igt_helper_process reader = { 0 };

	(void)fd;
	pmu_type();
	igt_fork_helper(&reader) {
		for (;;) {
			struct perf_event_attr attr = { .config = 1 };
			char text[32];
			uint64_t data;
			int event;

			if (rocket_sysfs_read(PMU "/type", text, sizeof(text)) <= 0)
				continue;
			attr.type = atoi(text);
			event = perf_open(&attr, -1, 0, -1);
			if (event < 0)
				continue;
			for (unsigned int i = 0; i < 20; i++)
				igt_assert(read(event, &data, sizeof(data)) >= 0);
			close(event);
		}
	}
	for (unsigned int i = 0; i < 8; i++) {
		rocket_sysfs_unbind_all();
		rocket_sysfs_bind_all();
	}
	igt_stop_helper(&reader);
	test_unbind(rocket_open());
}

igt_main
{
	igt_describe("All events are there and can be counted");
	igt_subtest("events")
		rocket_on_device(test_events);

	igt_describe("What makes no sense is -EINVAL: sampling, tasks, unknown events");
	igt_subtest("invalid")
		rocket_on_device(test_invalid);

	igt_describe("Jobs and tasks, of all cores and of each");
	igt_subtest("jobs")
		rocket_on_device(test_jobs);

	igt_describe("Busy time is within 1 % of what the board counts");
	igt_subtest("busy")
		rocket_on_device(test_busy);

	igt_describe("Busy time grows while a job runs, and never shrinks");
	igt_subtest("running")
		rocket_on_device(test_running);

	igt_describe("What files used, by fdinfo, adds up to what cores were busy");
	igt_subtest("sum")
		rocket_on_device(test_sum);

	igt_describe("One switch for each change of VM; resets as the board counts them");
	igt_subtest("switches")
		rocket_on_device(test_switches);

	igt_describe("One scrub for each change of client, with its time");
	igt_subtest("scrubs")
		rocket_on_device(test_scrubs);

	igt_describe("Faults and hangs, and what they leave uncounted");
	igt_subtest("trouble")
		rocket_on_device(test_trouble);

	igt_describe("Cores that were powered up");
	igt_subtest("wakeups")
		rocket_on_device(test_wakeups);

	igt_describe("Cycles of the clock while a core is up, and none otherwise");
	igt_subtest("cycles")
		rocket_on_device(test_cycles);

	igt_describe("Events in a group are read together");
	igt_subtest("group")
		rocket_on_device(test_group);

	igt_describe("Events that are open when the device goes keep their count, and harm nobody");
	igt_subtest("unbind")
		rocket_on_device(test_unbind);

	igt_describe("The same while events are opened and read all the time");
	igt_subtest("unbind-busy")
		rocket_on_device(test_unbind_busy);
}
