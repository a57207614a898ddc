// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_debugfs.h"
#include "igt_rocket_fdinfo.h"
#include "igt_rocket_job.h"
#include "igt_rocket_scene.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("Clock and voltage of the NPU, and who interrupts whom");

#define PARAMETER	"/sys/module/rocket/parameters/npu_clk_hz"
#define DEVFREQ		"/sys/class/devfreq/rknn/"
#define NOWHERE		0x90000000u
#define MHZ		1000000u
#define USUAL_HZ	(600 * MHZ)
/* The lowest operating point, and what it needs */
#define LOW_HZ		(200 * MHZ)
#define LOW_UV		700000u
/* The highest, and what that needs */
#define HIGH_HZ		ROCKET_BOARD_MAX_HZ
#define HIGH_UV		850000u
/* A task that gives a governor time to look, in ns */
#define SLOW_NS		10000000u
/* With both a task of a scene takes 36 ms at 600 MHz, of which all but nothing is MACs */
#define SLOW_PS_PER_KMAC 4000000000u
#define SLOWDOWN	500u
#define USUAL_PS_PER_KMAC 977u
/* How long a core stays up when there is nothing to do, in ms */
#define BRIEF_MS	10

static uint32_t rate(void)
{
	return rocket_board_get(ROCKET_BOARD_CLOCK_HZ);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t rate_sets(void)
{
	return rocket_board_get64(ROCKET_BOARD_RATE_SETS);
}

static bool has_firmware_clock(void)
{
	bool has = !access("/proc/device-tree/firmware/scmi", F_OK);

	errno = 0;
	return has;
}

static void require_clock(void)
{
	igt_require_f(has_firmware_clock(), "the board's clock is fixed (npu-clock=scmi, opp)\n");
}

static bool has_table(void)
{
	bool has = !access(DEVFREQ, F_OK);

	errno = 0;
	return has;
}

static void require_table(void)
{
	igt_require_f(has_table(), "no operating points (npu-clock=opp)\n");
}

static void write_number(const char *path, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	igt_assert_f(!rocket_sysfs_write(path, text), "%s: %s\n", path, strerror(errno));
}

static void set_limit(uint64_t hz)
{
	write_number(PARAMETER, hz);
}

/* Waits until the clock has that rate. */
static void await_rate(uint32_t hz)
{
	igt_set_timeout(60, "the clock's rate");
	while (rate() != hz)
		;
	igt_reset_timeout();
}

static void await_all_suspended(void)
{
	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++)
		rocket_sysfs_await_suspend(core);
}

static struct rocket_scene make_scene(int fd)
{
	return rocket_scene(fd, 0);
}

/* A job of so many slow tasks on a core; returns its syncobj. */
static uint32_t begin_work(struct rocket_scene *s, unsigned int core, unsigned int tasks)
{
	/* Scrubs the core: not what shall be slow. */
	rocket_scene_expect_healthy(s, core, 7);
	rocket_board_set(ROCKET_BOARD_TASK_NS, SLOW_NS);
	s->probe.cores = 1u << core;
	return rocket_probe_repeat(&s->probe, 0, tasks);
}

static void end_work(struct rocket_scene *s, uint32_t done)
{
	igt_assert_eq(rocket_syncobj_status(s->fd, done), 0);
	rocket_board_set(ROCKET_BOARD_TASK_NS, ROCKET_BOARD_USUAL_TASK_NS);
}

/* It works at that rate, and has done so for longer than a governor needs to decide. */
static void await_steady(unsigned int core, uint32_t hz)
{
	uint64_t end = rocket_board_count(core, ROCKET_BOARD_TASKS) + 8;

	igt_set_timeout(60, "its tasks");
	while (rocket_board_count(core, ROCKET_BOARD_TASKS) < end)
		;
	igt_reset_timeout();
	await_rate(hz);
}

/* It works at that rate, and still does when that has been seen. */
static void expect_work_at(struct rocket_scene *s, unsigned int core, uint32_t hz)
{
	uint32_t done = begin_work(s, core, 100);

	await_rate(hz);
	igt_assert(rocket_syncobj_busy(s->fd, done));
	end_work(s, done);
}

static void expect_rest(void)
{
	await_all_suspended();
	igt_assert_eq_u32(rate(), ROCKET_BOARD_BOOT_HZ);
}

/*
 * Work and rest
 */

static void test_work(int fd)
{
	struct rocket_scene s = make_scene(fd);

	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++) {
		expect_rest();
		expect_work_at(&s, core, USUAL_HZ);
	}
	expect_rest();
}

/* A core that is awake with nothing to do. */
static void test_load(int fd)
{
	struct rocket_scene s = make_scene(fd);

	require_table();
	rocket_sysfs_stay_awake(0, true);
	for (unsigned int i = 0; i < 3; i++) {
		await_rate(LOW_HZ);
		igt_assert_eq_u32(rocket_board_get(ROCKET_BOARD_SUPPLY_UV), LOW_UV);
		expect_work_at(&s, i % rocket_sysfs_cores(), USUAL_HZ);
	}
	rocket_sysfs_stay_awake(0, false);
}

/* One core works, the others come and go. */
static void test_others(int fd)
{
	struct rocket_scene s = make_scene(fd), other = rocket_scene(fd, rocket_vm_create(fd));
	unsigned int cores = rocket_sysfs_cores();

	igt_require_f(cores > 1, "one core only\n");
	for (unsigned int core = 0; core < cores; core++) {
		uint32_t done = begin_work(&s, core, 200);
		uint64_t before;

		await_steady(core, USUAL_HZ);
		before = rate_sets();
		for (unsigned int i = 0; i < 4; i++) {
			unsigned int sleeper = (core + 1 + i % (cores - 1)) % cores;

			rocket_scene_expect_healthy(&other, sleeper, i);
			rocket_sysfs_await_suspend(sleeper);
			igt_assert_eq_u32(rate(), USUAL_HZ);
		}
		igt_assert_eq_u64(rate_sets(), before);
		igt_assert(rocket_syncobj_busy(fd, done));
		end_work(&s, done);
	}
}

/* Whoever wants another rate while all domains are off does not get it. */
static void test_asleep(int fd)
{
	struct rocket_scene s = make_scene(fd);

	for (unsigned int i = 0; i < 12; i++) {
		unsigned int core = i % rocket_sysfs_cores();
		uint64_t before;

		rocket_scene_expect_healthy(&s, core, i);
		await_all_suspended();
		before = rate_sets();
		set_limit(i % 2 ? USUAL_HZ : 400 * MHZ);
		if (has_table()) {
			write_number(DEVFREQ "min_freq", i % 2 ? LOW_HZ : 300 * MHZ);
			write_number(DEVFREQ "max_freq", i % 2 ? HIGH_HZ : 300 * MHZ);
		}
		igt_assert_eq_u64(rate_sets(), before);
		igt_assert_eq_u32(rate(), ROCKET_BOARD_BOOT_HZ);
	}
	if (has_table())
		write_number(DEVFREQ "min_freq", 0);
	expect_work_at(&s, 0, USUAL_HZ);
}

/* Wants another rate all the time, until it is killed. */
static void want_changes(void)
{
	for (;;) {
		set_limit(400 * MHZ);
		set_limit(USUAL_HZ);
	}
}

/* Each change of VM resets the core; some hang besides. */
static void test_reset(int fd)
{
	/* So many changes of VM, and so many of the rate meanwhile. */
	unsigned int rounds = SLOW_QUICK(300, 60), sets = SLOW_QUICK(100, 20);
	struct rocket_scene s[2] = { make_scene(fd), rocket_scene(fd, rocket_vm_create(fd)) };
	struct igt_helper_process changes = { 0 };
	uint64_t before = rate_sets();

	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++)
		rocket_sysfs_stay_awake(core, true);
	igt_fork_helper(&changes)
		want_changes();
	for (unsigned int i = 0; i < rounds || rate_sets() < before + sets; i++)
		rocket_scene_expect_healthy(&s[i % 2], i % rocket_sysfs_cores(), 7);
	for (unsigned int i = 0; i < 3; i++) {
		struct drm_rocket_job job = rocket_scene_hang(&s[0], 1, i, 5);

		if (i >= rocket_sysfs_cores())
			break;
		igt_assert_eq(rocket_run(fd, &job), -ETIMEDOUT);
		rocket_scene_expect_healthy(&s[0], i, 7);
	}
	igt_stop_helper(&changes);
	set_limit(USUAL_HZ);
	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++)
		rocket_sysfs_stay_awake(core, false);
}

static void test_fault(int fd)
{
	struct rocket_scene s = make_scene(fd);

	for (unsigned int i = 0; i < 6; i++) {
		unsigned int core = i % rocket_sysfs_cores();
		struct drm_rocket_job job;

		job = rocket_scene_job(&s, 2, core, ROCKET_SCENE_LONG_MS);
		rocket_probe_set(&s.probe, 2, NOWHERE, rocket_probe_result_addr(&s.probe, 2));
		igt_assert_eq(rocket_run(fd, &job), -EFAULT);
		expect_work_at(&s, core, USUAL_HZ);
		expect_rest();
	}
}

/* A core that ignores its reset is switched off and on. */
static void test_hang(int fd)
{
	struct rocket_scene s = make_scene(fd);

	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++) {
		struct drm_rocket_job job;

		rocket_scene_expect_healthy(&s, core, 7);
		job = rocket_scene_hang(&s, 1, core, 20);
		igt_assert_eq(rocket_run(fd, &job), -ETIMEDOUT);
		rocket_scene_expect_healthy(&s, core, 7);
		rocket_board_inject(core, ROCKET_BOARD_INJ_NO_RESET, 2);
		igt_assert_eq(rocket_run(fd, &job), -ETIMEDOUT);
		rocket_scene_expect_healthy(&s, core, 7);
		rocket_board_silence();
		expect_work_at(&s, core, USUAL_HZ);
		expect_rest();
	}
}

static void test_suspend(int fd)
{
	struct rocket_scene s = make_scene(fd);

	rocket_sysfs_require_nap();
	for (unsigned int i = 0; i < 3; i++) {
		uint32_t done = begin_work(&s, i % rocket_sysfs_cores(), 20);

		await_rate(USUAL_HZ);
		rocket_sysfs_nap();
		end_work(&s, done);
		rocket_sysfs_nap();
		expect_work_at(&s, 0, USUAL_HZ);
		expect_rest();
		rocket_sysfs_nap();
	}
}

static void test_unbind(int fd)
{
	struct rocket_scene s = make_scene(fd);
	unsigned int cores = rocket_sysfs_cores();

	for (unsigned int core = 1; core < cores; core++) {
		uint32_t done = begin_work(&s, 0, 200);

		await_steady(0, USUAL_HZ);
		rocket_sysfs_unbind(core);
		igt_assert_eq_u32(rate(), USUAL_HZ);
		/* The kernel sets the devicetree's rate; that is made up for. */
		rocket_sysfs_bind(core);
		igt_assert_eq_u32(rate(), USUAL_HZ);
		igt_assert(rocket_syncobj_busy(fd, done));
		end_work(&s, done);
	}
	/* The first core that was bound, whose clock it was, goes first. */
	for (unsigned int core = 0; core + 1 < cores; core++)
		rocket_sysfs_unbind(core);
	expect_work_at(&s, cores - 1, USUAL_HZ);
	rocket_sysfs_unbind(cores - 1);
	igt_assert_eq_u32(rate(), ROCKET_BOARD_BOOT_HZ);
	igt_assert(!has_table());
	for (unsigned int i = 0; i < 3; i++) {
		rocket_sysfs_bind_all();
		rocket_sysfs_unbind_all();
		igt_assert_eq_u32(rate(), ROCKET_BOARD_BOOT_HZ);
	}
	rocket_sysfs_bind_all();
}

static void work_once(void)
{
	int fd = rocket_open();
	struct rocket_scene s = make_scene(fd);

	expect_work_at(&s, 0, USUAL_HZ);
	/* Mappings would keep the file. */
	munmap(s.bo.map, s.bo.size);
	munmap(s.probe.bo.map, s.probe.bo.size);
	close(fd);
}

static void test_unload(int fd)
{
	(void)fd;
	igt_require_f(!access("/sys/module/rocket/initstate", F_OK), "rocket is built in\n");
	igt_require_f(!system("modprobe -D rocket >/dev/null 2>&1"), "no modprobe\n");
	for (unsigned int i = 0; i < 3; i++) {
		work_once();
		igt_assert_eq(syscall(SYS_delete_module, "rocket", O_NONBLOCK), 0);
		igt_assert_eq_u32(rate(), ROCKET_BOARD_BOOT_HZ);
		igt_assert_eq(system("modprobe rocket npu_clk_hz=600000000"), 0);
	}
	work_once();
}

/*
 * Limits
 */

/* While it works the clock never runs faster. */
static void expect_at_most(struct rocket_scene *s, uint32_t hz)
{
	uint32_t done = begin_work(s, 0, 30), most = 0;

	while (rocket_syncobj_busy(s->fd, done))
		most = larger(most, rate());
	end_work(s, done);
	igt_assert_eq_u32(most, hz);
}

static void test_parameter(int fd)
{
	struct rocket_scene s = make_scene(fd);
	uint32_t done;

	set_limit(300 * MHZ);
	expect_at_most(&s, 300 * MHZ);
	set_limit(0);
	expect_at_most(&s, ROCKET_BOARD_BOOT_HZ);
	set_limit(USUAL_HZ);
	expect_at_most(&s, USUAL_HZ);
	/* At once, while it works */
	done = begin_work(&s, 0, 100);
	await_rate(USUAL_HZ);
	set_limit(400 * MHZ);
	await_rate(400 * MHZ);
	set_limit(USUAL_HZ);
	await_rate(USUAL_HZ);
	igt_assert(rocket_syncobj_busy(fd, done));
	end_work(&s, done);
}

/* More than that only where the voltage is ours. */
static void test_highest(int fd)
{
	struct rocket_scene s = make_scene(fd);

	set_limit(HIGH_HZ);
	if (!has_table()) {
		expect_at_most(&s, USUAL_HZ);
		set_limit(USUAL_HZ);
		return;
	}
	for (unsigned int i = 0; i < 3; i++) {
		uint32_t done = begin_work(&s, 0, 50);

		await_rate(HIGH_HZ);
		igt_assert_eq_u32(rocket_board_get(ROCKET_BOARD_SUPPLY_UV), HIGH_UV);
		igt_assert(rocket_syncobj_busy(fd, done));
		end_work(&s, done);
		expect_rest();
		igt_assert_eq_u32(rocket_board_get(ROCKET_BOARD_SUPPLY_UV), LOW_UV);
	}
	set_limit(USUAL_HZ);
}

static void test_devfreq(int fd)
{
	struct rocket_scene s = make_scene(fd);

	require_table();
	write_number(DEVFREQ "max_freq", 400 * MHZ);
	expect_at_most(&s, 400 * MHZ);
	write_number(DEVFREQ "max_freq", HIGH_HZ);
	/* What the parameter allows is still the limit. */
	expect_at_most(&s, USUAL_HZ);
	write_number(DEVFREQ "min_freq", 300 * MHZ);
	rocket_sysfs_stay_awake(0, true);
	await_rate(300 * MHZ);
	rocket_sysfs_stay_awake(0, false);
	expect_rest();
	write_number(DEVFREQ "min_freq", 0);
}

static bool find_cooling(char path[128])
{
	glob_t found;
	bool is = false;

	if (glob("/sys/class/thermal/cooling_device*", 0, NULL, &found))
		return false;
	for (size_t i = 0; i < found.gl_pathc && !is; i++) {
		char file[160], type[64];

		snprintf(path, 128, "%s", found.gl_pathv[i]);
		snprintf(file, sizeof(file), "%s/type", path);
		is = rocket_sysfs_read(file, type, sizeof(type)) > 0 &&
		     !strcmp(type, "devfreq-rknn\n");
	}
	globfree(&found);
	errno = 0;
	return is;
}

static void test_cooling(int fd)
{
	struct rocket_scene s = make_scene(fd);
	char path[128], file[160], most[32];

	require_table();
	igt_require_f(find_cooling(path), "the kernel has no cooling by devfreq\n");
	snprintf(file, sizeof(file), "%s/max_state", path);
	igt_assert(rocket_sysfs_read(file, most, sizeof(most)) > 0);
	snprintf(file, sizeof(file), "%s/cur_state", path);
	write_number(file, atoi(most));
	expect_at_most(&s, LOW_HZ);
	write_number(file, 0);
	expect_at_most(&s, USUAL_HZ);
	/* Gone with the device. */
	rocket_sysfs_unbind_all();
	igt_assert(!find_cooling(path));
	rocket_sysfs_bind_all();
}

static bool clock_says(int fd, const char *line)
{
	char text[ROCKET_DEBUGFS_MAX];

	rocket_debugfs_read(fd, "clock", text);
	return strstr(text, line);
}

/* Firmware has its reasons; the cores work. */
static void test_refused(int fd)
{
	struct rocket_scene s = make_scene(fd);

	expect_rest();
	rocket_board_set(ROCKET_BOARD_INJ_CLOCK_REFUSE, UINT32_MAX);
	for (unsigned int i = 0; i < 3; i++) {
		/* With the last core it would forget that. */
		rocket_sysfs_stay_awake(0, true);
		expect_at_most(&s, ROCKET_BOARD_BOOT_HZ);
		igt_assert(clock_says(fd, "can be set: no\n"));
		rocket_sysfs_stay_awake(0, false);
		await_all_suspended();
	}
	rocket_board_set(ROCKET_BOARD_INJ_CLOCK_REFUSE, 0);
	expect_work_at(&s, 0, USUAL_HZ);
	igt_assert(clock_says(fd, "can be set: yes\n"));
}

/*
 * What comes of it
 */

/* How long a task of a core takes at best, by the board, in ns: a busy host makes it late. */
static uint64_t task_ns(struct rocket_scene *s, unsigned int core)
{
	uint64_t best = UINT64_MAX;

	s->probe.cores = 1u << core;
	for (unsigned int i = 0; i < 4; i++) {
		uint64_t before = rocket_board_count(core, ROCKET_BOARD_BUSY_NS), ns;
		uint32_t done = rocket_probe_repeat(&s->probe, 0, 1);

		igt_assert_eq(rocket_syncobj_status(s->fd, done), 0);
		ns = rocket_board_count(core, ROCKET_BOARD_BUSY_NS) - before;
		best = ns < best ? ns : best;
	}
	return best;
}

/* Three times as fast a clock, a third of the time */
static void test_speed(int fd)
{
	struct rocket_scene s = make_scene(fd);
	uint64_t slow, fast;

	rocket_sysfs_stay_awake(0, true);
	rocket_scene_expect_healthy(&s, 0, 7);
	rocket_board_set(ROCKET_BOARD_PS_PER_KMAC, SLOW_PS_PER_KMAC);
	rocket_board_inject(0, ROCKET_BOARD_SLOWDOWN, SLOWDOWN);
	set_limit(0);
	slow = task_ns(&s, 0);
	set_limit(USUAL_HZ);
	if (has_table())
		write_number(DEVFREQ "min_freq", USUAL_HZ);
	fast = task_ns(&s, 0);
	if (has_table())
		write_number(DEVFREQ "min_freq", 0);
	rocket_board_silence();
	rocket_board_set(ROCKET_BOARD_PS_PER_KMAC, USUAL_PS_PER_KMAC);
	rocket_sysfs_stay_awake(0, false);
	igt_assert_lte_u64(slow * 95 / 100, 3 * fast);
	igt_assert_lte_u64(3 * fast, slow * 105 / 100);
}

/* Cores that sleep as soon as they may slow nobody down. */
static void test_even(int fd)
{
	enum { RUNS = 6, TASKS = 60 };
	unsigned int cores = rocket_sysfs_cores();
	struct rocket_scene s[ROCKET_MAX_CORES];
	uint32_t done[ROCKET_MAX_CORES];

	for (unsigned int core = 0; core < cores; core++) {
		s[core] = rocket_scene(fd, rocket_vm_create(fd));
		rocket_sysfs_set_autosuspend(core, 0);
	}
	for (unsigned int i = 0; i < RUNS; i++) {
		uint64_t sets;

		for (unsigned int core = 0; core < cores; core++)
			done[core] = begin_work(&s[core], core, TASKS / (core + 1));
		await_steady(0, USUAL_HZ);
		sets = rate_sets();
		/* The others end before the first does. */
		for (unsigned int core = cores; core-- > 1;)
			igt_assert_eq(rocket_syncobj_status(fd, done[core]), 0);
		igt_assert_eq_u64(rate_sets(), sets);
		igt_assert_eq_u32(rate(), USUAL_HZ);
		end_work(&s[0], done[0]);
	}
}

static void test_fdinfo(int fd)
{
	struct rocket_scene s = make_scene(fd);
	uint32_t done = begin_work(&s, 0, 50);

	await_rate(USUAL_HZ);
	igt_assert_eq_u64(rocket_fdinfo(fd).hz[0], USUAL_HZ);
	igt_assert_eq_u64(rocket_fdinfo(fd).max_hz[0], USUAL_HZ);
	igt_assert(rocket_syncobj_busy(fd, done));
	end_work(&s, done);
	expect_rest();
	igt_assert_eq_u64(rocket_fdinfo(fd).hz[2], ROCKET_BOARD_BOOT_HZ);
	set_limit(300 * MHZ);
	igt_assert_eq_u64(rocket_fdinfo(fd).max_hz[2], 300 * MHZ);
	set_limit(USUAL_HZ);
}

static void test_autosuspend(int fd)
{
	(void)fd;
	/* As bound, not as the tests have it */
	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++) {
		rocket_sysfs_unbind(core);
		rocket_sysfs_bind(core);
		igt_assert_eq(rocket_sysfs_autosuspend(core), has_firmware_clock() ?
			      ROCKET_AUTOSUSPEND_SCALED_MS : ROCKET_AUTOSUSPEND_MS);
	}
}

/*
 * Interrupts
 */

/* The number of the core's line. */
static int line_of(unsigned int core)
{
	FILE *file = fopen("/proc/interrupts", "r");
	char line[1024];
	int number = -1;

	igt_assert(file);
	while (number < 0 && fgets(line, sizeof(line), file)) {
		if (strstr(line, rocket_sysfs_name(core)))
			number = atoi(line);
	}
	fclose(file);
	igt_assert(number >= 0);
	return number;
}

static unsigned long read_mask(int line, const char *name)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/irq/%d/%s", line, name);
	igt_assert_f(rocket_sysfs_read(path, text, sizeof(text)) > 0, "no %s\n", path);
	return strtoul(text, NULL, 16);
}

/* CPUs of the largest weight, if they differ. */
static unsigned long fast_cpus(void)
{
	unsigned long mask = 0, all = 0;
	uint32_t most = 0;

	for (unsigned int cpu = 0; cpu < 32; cpu++) {
		uint8_t cell[5];
		char path[128];
		uint32_t weight;

		snprintf(path, sizeof(path),
			 "/sys/devices/system/cpu/cpu%u/of_node/capacity-dmips-mhz", cpu);
		if (rocket_sysfs_read(path, (char *)cell, sizeof(cell)) != 4)
			continue;
		weight = (uint32_t)cell[0] << 24 | cell[1] << 16 | cell[2] << 8 | cell[3];
		all |= 1ul << cpu;
		mask = weight > most ? 0 : mask;
		most = larger(most, weight);
		mask |= weight == most ? 1ul << cpu : 0;
	}
	errno = 0;
	return mask == all ? 0 : mask;
}

static void test_interrupt(int fd)
{
	struct rocket_scene s = make_scene(fd);
	unsigned long fast = fast_cpus();

	igt_require_f(fast, "all CPUs are alike (big-little=on)\n");
	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++) {
		int line = line_of(core);
		char path[64];

		igt_assert_eq_u64(read_mask(line, "affinity_hint"), fast);
		igt_assert_eq_u64(read_mask(line, "smp_affinity"), fast);
		snprintf(path, sizeof(path), "/proc/irq/%d/smp_affinity", line);
		igt_assert_eq(rocket_sysfs_write(path, "1"), 0);
		rocket_scene_expect_healthy(&s, core, 3);
		rocket_sysfs_await_suspend(core);
		rocket_scene_expect_healthy(&s, core, 4);
		igt_assert_eq_u64(read_mask(line, "smp_affinity"), 1);
		rocket_sysfs_unbind(core);
		igt_assert_eq_u64(read_mask(line, "affinity_hint"), 0);
		rocket_sysfs_bind(core);
		igt_assert_eq_u64(read_mask(line, "smp_affinity"), fast);
	}
}

/*
 * Around each test
 */

static const unsigned long wrongs[] = {
	ROCKET_BOARD_COLD_SETS, ROCKET_BOARD_RESET_SETS, ROCKET_BOARD_UNDERVOLTAGES,
	ROCKET_BOARD_FAST_OFFS,
};
static const char *const wrong_names[] = {
	"asked for a rate while all domains were off", "a rate was set while a core was in reset",
	"the clock was too fast for the voltage", "the last domain went off with a fast clock",
};

/* In which nothing is done in the wrong order, and at the end of which all is at rest. */
static void in_order(void (*test)(int fd), bool file)
{
	uint64_t before[ARRAY_SIZE(wrongs)];

	for (unsigned int i = 0; i < ARRAY_SIZE(wrongs); i++)
		before[i] = rocket_board_get64(wrongs[i]);
	/* Whatever a test has left that failed. */
	rocket_board_silence();
	rocket_board_set(ROCKET_BOARD_PS_PER_KMAC, USUAL_PS_PER_KMAC);
	rocket_sysfs_bind_all();
	set_limit(USUAL_HZ);
	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++) {
		rocket_sysfs_stay_awake(core, false);
		rocket_sysfs_set_autosuspend(core, BRIEF_MS);
	}
	if (file)
		rocket_on_device(test);
	else
		test(-1);
	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++)
		rocket_sysfs_set_autosuspend(core, BRIEF_MS);
	await_all_suspended();
	for (unsigned int i = 0; i < ARRAY_SIZE(wrongs); i++)
		igt_assert_f(rocket_board_get64(wrongs[i]) == before[i], "%s\n", wrong_names[i]);
	if (has_firmware_clock())
		igt_assert_eq_u32(rate(), ROCKET_BOARD_BOOT_HZ);
}

/* Of a test: it needs no clock that can be set; no file may be open. */
enum { ANY_CLOCK = 1, NO_FILE = 2 };

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd);
		const char *what;
		unsigned int how;
	} tests[] = {
		{ "work", test_work, "The rate rises with work, and is what it was when all sleep", 0 },
		{ "load", test_load, "With operating points it falls when there is no work", 0 },
		{ "others", test_others, "A core that sleeps or wakes does not change it for others", 0 },
		{ "asleep", test_asleep, "It is not set while all power domains are off", 0 },
		{ "reset", test_reset, "It is not set while a core is in reset", 0 },
		{ "fault", test_fault, "It is what it should be after faults", 0 },
		{ "hang", test_hang, "And after hangs, resets, and loss of power", 0 },
		{ "suspend", test_suspend, "And over a suspend of the system", 0 },
		{ "unbind", test_unbind, "And when cores are unbound and bound", 0 },
		{ "unload", test_unload, "And when the driver is unloaded and loaded", NO_FILE },
		{ "parameter", test_parameter, "The module's parameter limits it, at once", 0 },
		{ "highest", test_highest, "More than 600 MHz need a voltage, which comes first", 0 },
		{ "devfreq", test_devfreq, "The limits of devfreq hold", 0 },
		{ "cooling", test_cooling, "So do those of a thermal zone", 0 },
		{ "refused", test_refused, "Where firmware refuses it, the cores work", 0 },
		{ "speed", test_speed, "Tasks take a third of the time at three times the rate", 0 },
		{ "even", test_even, "Cores that are done do not slow down those that are not, six times", 0 },
		{ "fdinfo", test_fdinfo, "fdinfo tells the rate and its limit", 0 },
		{ "autosuspend", test_autosuspend,
		  "Idle cores stay up for longer where the rate changes", ANY_CLOCK },
		{ "interrupt", test_interrupt,
		  "Interrupts go to the big CPUs, unless userspace says otherwise", ANY_CLOCK },
	};

	igt_fixture {
		close(rocket_open());
		rocket_require_board();
		rocket_sysfs_cores();
	}

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name) {
			if (!(tests[i].how & ANY_CLOCK))
				require_clock();
			in_order(tests[i].test, !(tests[i].how & NO_FILE));
		}
	}

	igt_fixture {
		set_limit(USUAL_HZ);
		rocket_board_set(ROCKET_BOARD_PS_PER_KMAC, USUAL_PS_PER_KMAC);
		rocket_sysfs_bring_back();
	}
}
