// SPDX-License-Identifier: MIT
/*
 * What differs on an RK3576: one core, resets that need loss of power, tasks that do not
 * tell their end.  See docs/rk3576.rst.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_debugfs.h"
#include "igt_rocket_job.h"
#include "igt_rocket_sysfs.h"
#include "rocket_regcmd_rk3576.h"

IGT_TEST_DESCRIPTION("What differs on an RK3576");

#define PROBE_ADDR	0x10000000u
#define BASE		0x20000000u
#define SEED		0x3576u

#define DPU_DATA_FORMAT	0x4010u
/* Outputs of 32 bits: bits 31:29 */
#define WIDE_OUTPUT	(4u << 29)

struct scene {
	int fd;
	uint32_t vm;
	struct rocket_bo bo;
	struct rocket_probe probe;
};

static struct scene make_scene(int fd, uint32_t vm, uint32_t seed)
{
	struct scene s = { .fd = fd, .vm = vm, .bo = rocket_bo(fd, ROCKET_PAGE) };

	rocket_bo_fill(&s.bo, seed);
	rocket_vm_map_bo(fd, vm, &s.bo, BASE);
	rocket_probe_init(&s.probe, fd, vm, PROBE_ADDR, 2);
	return s;
}

static uint64_t power_cycles(int fd)
{
	return rocket_core_count(fd, 0, "power cycles");
}

/* The slot's copy, with outputs of 32 bits: a stream that is known, but for one register. */
static struct drm_rocket_job wide_job(struct scene *s)
{
	uint64_t stream[ROCKET_SOC_ENTRIES];
	size_t bytes = s->probe.entries * sizeof(stream[0]);
	uint8_t *place;

	rocket_probe_clear_result(&s->probe, 0);
	rocket_probe_set(&s->probe, 0, BASE, rocket_probe_result_addr(&s->probe, 0));
	place = s->probe.bo.map + s->probe.tasks[0].regcmd - PROBE_ADDR;
	memcpy(stream, place, bytes);
	rocket_soc_change(stream, s->probe.entries, DPU_DATA_FORMAT, WIDE_OUTPUT);
	memcpy(place, stream, bytes);
	return rocket_probe_job(&s->probe, 0, 1);
}

/*
 * The first eight channels of both pixels, four of them together, are where they belong;
 * of the others the hardware writes nothing that anybody could use.
 */
static void expect_wide(struct scene *s)
{
	const int8_t *in = (const int8_t *)s->bo.map;
	int32_t out;

	for (unsigned int channel = 0; channel < 8; channel++) {
		for (unsigned int pixel = 0; pixel < 2; pixel++) {
			unsigned int word = channel / 4 * 8 + pixel * 4 + channel % 4;

			memcpy(&out, (const void *)(rocket_probe_result(&s->probe, 0) + 4 * word),
			       sizeof(out));
			igt_assert_eq(out, in[16 * pixel + channel]);
		}
	}
}

/* With the flag a job ends though the block that writes last says nothing. */
static void test_wide(int fd)
{
	struct scene s = make_scene(fd, 0, SEED);
	struct drm_rocket_job job = wide_job(&s);

	job.flags = DRM_ROCKET_JOB_NO_DPU_DONE;
	igt_assert_eq(rocket_run(fd, &job), 0);
	expect_wide(&s);
}

/* Each of several tasks. */
static void test_wide_tasks(int fd)
{
	struct scene s = make_scene(fd, 0, SEED);
	struct drm_rocket_job job = wide_job(&s);
	struct drm_rocket_task tasks[8];

	for (unsigned int i = 0; i < ARRAY_SIZE(tasks); i++)
		tasks[i] = s.probe.tasks[0];
	job.tasks = (uintptr_t)tasks;
	job.task_count = ARRAY_SIZE(tasks);
	job.flags = DRM_ROCKET_JOB_NO_DPU_DONE;
	igt_assert_eq(rocket_run(fd, &job), 0);
}

/* Without it the time-out does. The core is well afterwards. */
static void test_wide_unnamed(int fd)
{
	struct scene s = make_scene(fd, 0, SEED);
	struct drm_rocket_job job = wide_job(&s);

	igt_assert_eq(rocket_run(fd, &job), -ETIMEDOUT);
	rocket_probe_expect(&s.probe, BASE, SEED);
}

/* What a wide job leaves does not reach the next client. */
static void test_wide_next_client(int fd)
{
	struct scene s = make_scene(fd, 0, SEED);
	int other = rocket_open();
	struct scene t = make_scene(other, 0, SEED + 1);

	for (unsigned int i = 0; i < 3; i++) {
		struct drm_rocket_job job = wide_job(&s);

		job.flags = DRM_ROCKET_JOB_NO_DPU_DONE;
		igt_assert_eq(rocket_run(fd, &job), 0);
		rocket_probe_expect(&t.probe, BASE, SEED + 1);
	}
	close(other);
}

/* A flag that is not true hurts nobody: the interrupt ends the job. */
static void test_flag_needless(int fd)
{
	struct scene s = make_scene(fd, 0, SEED);
	struct drm_rocket_job job;

	rocket_probe_clear_result(&s.probe, 0);
	rocket_probe_set(&s.probe, 0, BASE, rocket_probe_result_addr(&s.probe, 0));
	job = rocket_probe_job(&s.probe, 0, 1);
	job.flags = DRM_ROCKET_JOB_NO_DPU_DONE;
	igt_assert_eq(rocket_run(fd, &job), 0);
	igt_assert(rocket_is_pattern((void *)rocket_probe_result(&s.probe, 0), SEED));
}

/* A job that hangs is not waited for any longer because of it. */
static void test_flag_hang(int fd)
{
	struct scene s = make_scene(fd, 0, SEED);
	struct drm_rocket_job job;

	rocket_probe_set_hang(&s.probe, 0);
	job = rocket_probe_job(&s.probe, 0, 1);
	job.flags = DRM_ROCKET_JOB_NO_DPU_DONE;
	job.timeout_ms = 100;
	igt_assert_eq(rocket_run(fd, &job), -ETIMEDOUT);
	rocket_probe_expect(&s.probe, BASE, SEED);
}

/* From one VM to another the core loses power, and within one it does not. */
static void test_vm_change(int fd)
{
	struct scene s = make_scene(fd, 0, SEED);
	struct scene t = make_scene(fd, rocket_vm_create(fd), SEED + 1);
	int usual = rocket_sysfs_autosuspend(0);
	uint64_t before;

	/* One that falls asleep in between has lost its power by itself. */
	rocket_sysfs_set_autosuspend(0, 60000);
	rocket_probe_expect(&s.probe, BASE, SEED);
	before = power_cycles(fd);
	rocket_probe_expect(&s.probe, BASE, SEED);
	igt_assert_eq_u64(power_cycles(fd), before);
	for (unsigned int i = 0; i < 4; i++) {
		rocket_probe_expect(i & 1 ? &s.probe : &t.probe, BASE, SEED + !(i & 1));
		igt_assert_lte_u64(before + i + 1, power_cycles(fd));
	}
	rocket_sysfs_set_autosuspend(0, usual);
}

/* A core that fell asleep has lost power by itself. */
static void test_sleep_between(int fd)
{
	struct scene s = make_scene(fd, 0, SEED);
	struct scene t = make_scene(fd, rocket_vm_create(fd), SEED + 1);

	for (unsigned int i = 0; i < 4; i++) {
		rocket_probe_expect(i & 1 ? &s.probe : &t.probe, BASE, SEED + !(i & 1));
		rocket_sysfs_await_suspend(0);
	}
}

/*
 * A loss of power helps most of the time: the next client's job waits for a self-test, also
 * where the core lost it by falling asleep, and for one more loss if that fails.
 */
static void test_sleep_next_client(int fd)
{
	struct scene s = make_scene(fd, 0, SEED);
	int other = rocket_open();
	struct scene t = make_scene(other, 0, SEED + 1);

	rocket_require_board();
	for (unsigned int i = 0; i < 4; i++) {
		rocket_probe_expect(i & 1 ? &t.probe : &s.probe, BASE, SEED + (i & 1));
		rocket_sysfs_await_suspend(0);
		rocket_board_inject(0, ROCKET_BOARD_INJ_NEVER_COMPLETE, 1);
	}
	rocket_board_inject(0, ROCKET_BOARD_INJ_NEVER_COMPLETE, 0);
	close(other);
}

/*
 * A core is asked for again while it falls asleep: it was reset by then, and must lose power
 * before anybody wakes it up.
 */
static void test_wake_early(int fd)
{
	struct scene s = make_scene(fd, 0, SEED);
	int delay = rocket_sysfs_autosuspend(0);

	rocket_sysfs_set_autosuspend(0, 1);
	for (unsigned int i = 0; i < 300; i++) {
		rocket_probe_expect(&s.probe, BASE, SEED);
		/* Around the end of its millisecond, and what its way down takes. */
		usleep(700 + i * 7 % 1000);
	}
	rocket_sysfs_set_autosuspend(0, delay);
}

/* While something keeps it on, a file's own VMs follow each other all the same. */
static void test_power_held(int fd)
{
	struct scene s = make_scene(fd, 0, SEED);
	struct scene t = make_scene(fd, rocket_vm_create(fd), SEED + 1);

	rocket_probe_expect(&s.probe, BASE, SEED);
	rocket_sysfs_stay_awake(0, true);
	for (unsigned int i = 0; i < 2; i++) {
		rocket_probe_expect(&t.probe, BASE, SEED + 1);
		rocket_probe_expect(&s.probe, BASE, SEED);
	}
	/* So do those that go. */
	rocket_probe_expect(&t.probe, BASE, SEED + 1);
	rocket_probe_fini(&t.probe);
	rocket_vm_destroy(fd, t.vm);
	rocket_probe_expect(&s.probe, BASE, SEED);
	rocket_sysfs_stay_awake(0, false);
}

/* A job that hangs meanwhile ends, and the core serves again as soon as it was off. */
static void test_hang_held(int fd)
{
	struct scene s = make_scene(fd, 0, SEED);
	struct drm_rocket_job job;

	rocket_probe_expect(&s.probe, BASE, SEED);
	rocket_sysfs_stay_awake(0, true);
	rocket_probe_set_hang(&s.probe, 0);
	job = rocket_probe_job(&s.probe, 0, 1);
	job.timeout_ms = 100;
	igt_assert_eq(rocket_run(fd, &job), -ETIMEDOUT);
	rocket_probe_set(&s.probe, 0, BASE, rocket_probe_result_addr(&s.probe, 0));
	igt_assert_eq(rocket_run(fd, &job), -EBUSY);
	rocket_sysfs_stay_awake(0, false);
	rocket_sysfs_await_suspend(0);
	rocket_probe_expect(&s.probe, BASE, SEED);
}

/* The second core stays out of it, and says why. */
static void test_one_core(int fd)
{
	igt_assert_eq_u32(rocket_core_mask(fd), 1);
	igt_assert_neq(access("/sys/bus/platform/drivers/rocket/27708000.npu", F_OK), 0);
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd);
		const char *what;
	} tests[] = {
		{ "one-core", test_one_core, "Only one core is in service" },
		{ "wide", test_wide, "A job that tells nothing ends, with its result in memory" },
		{ "wide-tasks", test_wide_tasks, "So do many such tasks in one job" },
		{ "wide-unnamed", test_wide_unnamed, "One that does not say so ends by its time-out" },
		{ "wide-next-client", test_wide_next_client,
		  "What it leaves does not reach the next client" },
		{ "flag-needless", test_flag_needless, "The flag changes nothing for other jobs" },
		{ "flag-hang", test_flag_hang, "It does not keep a job that hangs" },
		{ "vm-change", test_vm_change, "Between two VMs the core loses power" },
		{ "sleep-between", test_sleep_between, "A core that was asleep can have any VM" },
		{ "sleep-next-client", test_sleep_next_client,
		  "It has to pass its self-test before somebody else's job runs" },
		{ "wake-early", test_wake_early, "So can one that has just begun to fall asleep" },
		{ "power-held", test_power_held,
		  "While its power is kept on a file's VMs follow each other" },
		{ "hang-held", test_hang_held,
		  "A job that hangs meanwhile costs no more than the time until it was off" },
	};

	igt_fixture {
		int fd = rocket_open();

		igt_require_f(rocket_is_rk3576(fd), "no RK3576\n");
		close(fd);
	}

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			rocket_on_device(tests[i].test);
	}

	/* A test that failed may have left it so. */
	igt_fixture
		rocket_sysfs_stay_awake(0, false);
}
