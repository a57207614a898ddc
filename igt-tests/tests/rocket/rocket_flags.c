// SPDX-License-Identifier: MIT
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "igt.h"
#include "igt_rocket_board.h"
#include "igt_rocket_debugfs.h"
#include "igt_rocket_job.h"
#include "igt_rocket_scene.h"
#include "rocket_regcmd.h"

IGT_TEST_DESCRIPTION("Flags of a job: what users of patched kernels know");

#define POOL_ADDR	0x40000000u	/* stream, input, output */
#define SEED		0xf1a60000u
/* What every SoC can do. */
#define LONGEST		4095u
#define LONG_MS		10000u
#define ALL		(DRM_ROCKET_JOB_BATCHED | DRM_ROCKET_JOB_NO_DPU_DONE | \
			 DRM_ROCKET_JOB_PPU_DONE)

enum { SLOTS = 8 };

/* The job as these kernels have it. */
struct short_job {
	struct { uint64_t pointers[3]; uint32_t counts[4]; } v1;
	uint32_t flags;
	uint32_t reserved;
};

static struct drm_rocket_job flagged(struct rocket_row *s, unsigned int first, unsigned int count,
				     uint32_t flags)
{
	struct drm_rocket_job job = rocket_probe_job(&s->probe, first, count);

	job.flags = flags;
	job.timeout_ms = LONG_MS;
	return job;
}

static void test_layout(int fd)
{
	uint64_t features = rocket_get_param(fd, DRM_ROCKET_PARAM_FEATURES);
	drmVersionPtr version = drmGetVersion(fd);

	igt_assert(version);
	igt_assert_eq(version->version_major, 1);
	igt_assert_eq(version->version_minor, 6);
	drmFreeVersion(version);
	igt_assert(features & DRM_ROCKET_FEATURE_JOB_FLAGS);
	igt_assert(features & DRM_ROCKET_FEATURE_BO_RANGES);
	igt_assert_eq(offsetof(struct drm_rocket_job, flags), offsetof(struct short_job, flags));
	igt_assert_eq(offsetof(struct drm_rocket_job, vm_id),
		      offsetof(struct short_job, reserved));
}

/* All tasks, one start, one interrupt. */
static void test_batched(int fd)
{
	struct rocket_row s = rocket_row(fd, SLOTS, SEED);
	struct drm_rocket_job job = flagged(&s, 0, 1, 0);
	uint64_t irqs, starts;

	rocket_require_board();
	/* The first job may have to wait for a scrub, which starts the core, too. */
	igt_assert_eq(rocket_run(fd, &job), 0);
	rocket_probe_clear_result(&s.probe, 0);
	irqs = rocket_board_count_all(ROCKET_BOARD_NPU_IRQS);
	starts = rocket_board_count_all(ROCKET_BOARD_STARTS);
	job = flagged(&s, 1, 6, DRM_ROCKET_JOB_BATCHED);
	igt_assert_eq(rocket_run(fd, &job), 0);
	igt_assert_eq_u64(rocket_board_count_all(ROCKET_BOARD_NPU_IRQS) - irqs, 1);
	igt_assert_eq_u64(rocket_board_count_all(ROCKET_BOARD_STARTS) - starts, 1);
	rocket_row_expect_ran(&s, 1, 6);
}

/* The same by a struct that ends with the flags. */
static void test_short_struct(int fd)
{
	struct rocket_row s = rocket_row(fd, SLOTS, SEED);
	struct drm_rocket_job full = flagged(&s, 0, SLOTS, DRM_ROCKET_JOB_BATCHED);
	struct rocket_bo *bo = &s.probe.bo;
	struct short_job job = { .flags = full.flags };
	struct drm_rocket_submit submit = {
		.jobs = (uintptr_t)&job, .job_count = 1, .job_struct_size = sizeof(job),
	};

	full.out_bo_handles = (uintptr_t)&bo->handle;
	full.out_bo_handle_count = 1;
	memcpy(&job.v1, &full, sizeof(job.v1));
	do_ioctl(fd, DRM_IOCTL_ROCKET_SUBMIT, &submit);
	rocket_prep_bo(fd, bo->handle);
	rocket_row_expect_ran(&s, 0, SLOTS);
	/* Theirs must be zero; ours is a VM that is not there. */
	job.reserved = 1;
	do_ioctl_err(fd, DRM_IOCTL_ROCKET_SUBMIT, &submit, ENOENT);
}

/*
 * Who declares more than there is, and means something by it, is refused, and by the
 * error that says so: what lies there with us are counts, which have a limit.
 */
static void test_stranger(int fd)
{
	struct rocket_row s = rocket_row(fd, SLOTS, SEED);
	struct drm_rocket_job full = flagged(&s, 0, 1, 0);
	struct { struct short_job job; uint32_t tail[8]; } later = { .tail[7] = 0xdeadbeef };
	struct { uint64_t v1[5]; uint32_t tail[8]; } mainline = { .tail[7] = 0xdeadbeef };
	struct drm_rocket_submit submit = { .jobs = (uintptr_t)&later, .job_count = 1,
					    .job_struct_size = sizeof(later) };

	memcpy(&later.job.v1, &full, sizeof(later.job.v1));
	memcpy(mainline.v1, &full, sizeof(mainline.v1));
	do_ioctl_err(fd, DRM_IOCTL_ROCKET_SUBMIT, &submit, E2BIG);
	submit.jobs = (uintptr_t)&mainline;
	submit.job_struct_size = sizeof(mainline);
	do_ioctl_err(fd, DRM_IOCTL_ROCKET_SUBMIT, &submit, E2BIG);
}

static void test_batched_longest(int fd)
{
	struct rocket_row s = rocket_row(fd, SLOTS, SEED);
	uint32_t most = rocket_get_param(fd, DRM_ROCKET_PARAM_MAX_CHAIN);
	struct drm_rocket_task *tasks = calloc(most + 1, sizeof(*tasks));
	struct drm_rocket_job job = flagged(&s, 0, 1, DRM_ROCKET_JOB_BATCHED);
	uint64_t before;

	rocket_require_board();
	igt_assert(tasks);
	for (unsigned int i = 0; i <= most; i++)
		tasks[i] = s.probe.tasks[i % SLOTS];
	igt_assert_eq(rocket_run(fd, &job), 0);
	before = rocket_board_count_all(ROCKET_BOARD_TASKS);
	job.tasks = (uintptr_t)tasks;
	job.task_count = most + 1;
	igt_assert_eq(__rocket_submit(fd, &job, 1), -EINVAL);
	job.task_count = LONGEST;
	igt_assert_eq(rocket_run(fd, &job), 0);
	igt_assert_eq_u64(rocket_board_count_all(ROCKET_BOARD_TASKS) - before, LONGEST);
	free(tasks);
}

static void test_invalid(int fd)
{
	struct rocket_row s = rocket_row(fd, SLOTS, SEED);
	struct drm_rocket_job job = flagged(&s, 0, 3, DRM_ROCKET_JOB_BATCHED);

	for (uint32_t bit = 1; bit; bit <<= 1) {
		struct drm_rocket_job unknown = flagged(&s, 0, 1, bit);

		if (!(bit & ALL))
			igt_assert_eq(__rocket_submit(fd, &unknown, 1), -EINVAL);
	}
	/* Each task is looked at, though only the first is started. */
	for (unsigned int i = 0; i < 3; i++) {
		struct drm_rocket_task *task = &s.probe.tasks[i], good = *task;

		task->chain_count = 2;
		igt_assert_eq(__rocket_submit(fd, &job, 1), -EINVAL);
		task->chain_count = 1;
		task->pad = 1;
		igt_assert_eq(__rocket_submit(fd, &job, 1), -EINVAL);
		task->pad = 0;
		task->regcmd_count = 0;
		igt_assert_eq(__rocket_submit(fd, &job, 1), -EINVAL);
		*task = good;
		task->regcmd += 4;
		igt_assert_eq(__rocket_submit(fd, &job, 1), -EINVAL);
		*task = good;
	}
	rocket_row_expect_ran(&s, 0, 0);
	igt_assert_eq(rocket_run(fd, &job), 0);
	rocket_row_expect_ran(&s, 0, 3);
}

/*
 * Pooling: the PPU alone, maximum of 2 by 2 pixels with 8 channels of fp16, or 16 of int8 on
 * the RK3576, of which nobody knows how it pools fp16
 */

enum {
	WIDTH = 60, HEIGHT = 40, CHANNELS = 8, FP16 = 2, PIXEL = 2 * CHANNELS,
	IN_AT = ROCKET_PAGE, OUT_AT = IN_AT + 10 * ROCKET_PAGE, BYTES = OUT_AT + 3 * ROCKET_PAGE,
};

struct pool {
	struct rocket_row scene;
	struct rocket_bo bo;
	uint64_t *stream;
	volatile uint16_t *in, *out;
	unsigned int count;	/* entries of the stream */
	bool rk3576;
};

static void set(struct pool *p, unsigned int reg, uint32_t value)
{
	unsigned int target = reg < 0x7000 ? ROCKET_TARGET_PPU : ROCKET_TARGET_PPU_RDMA;

	p->stream[p->count++] = rocket_regcmd(target, reg, value);
}

static void emit_pool(struct pool *p)
{
	unsigned int channels = p->rk3576 ? PIXEL : CHANNELS;

	set(p, 0x6004, 0xe);				/* both pointers */
	set(p, 0x7004, 0xe);
	set(p, 0x600c, WIDTH - 1);
	set(p, 0x6010, HEIGHT - 1);
	set(p, 0x6014, channels - 1);
	set(p, 0x6018, WIDTH / 2 - 1);
	set(p, 0x601c, HEIGHT / 2 - 1);
	set(p, 0x6020, channels - 1);
	set(p, 0x6024, 0x11);				/* from memory, maximum */
	set(p, 0x6034, 1 << 20 | 1 << 16 | 1 << 8 | 1);	/* kernel and stride of 2 */
	set(p, 0x6044, 0xfc00);				/* padding: the least half */
	set(p, 0x6070, POOL_ADDR + OUT_AT);
	set(p, 0x607c, WIDTH / 2 * HEIGHT / 2 * PIXEL);
	if (!p->rk3576)
		set(p, 0x6084, FP16);
	set(p, 0x700c, WIDTH - 1);
	set(p, 0x7010, HEIGHT - 1);
	set(p, 0x7014, channels - 1);
	set(p, 0x701c, POOL_ADDR + IN_AT);
	set(p, 0x7024, WIDTH * PIXEL);
	set(p, 0x7028, WIDTH * HEIGHT * PIXEL);
	if (!p->rk3576)
		set(p, 0x7030, FP16);
	p->stream[p->count++] = rocket_regcmd(ROCKET_TARGET_FENCE, 0, 0);
	p->stream[p->count++] = rocket_regcmd(ROCKET_TARGET_BROADCAST, 0x8, 0x60);
}

static struct pool make_pool(int fd)
{
	struct pool p;

	p = (struct pool){
		.scene = rocket_row(fd, SLOTS, SEED), .bo = rocket_bo(fd, BYTES),
		.rk3576 = rocket_is_rk3576(fd),
	};
	p.stream = (void *)p.bo.map;
	p.in = (void *)(p.bo.map + IN_AT);
	p.out = (void *)(p.bo.map + OUT_AT);
	/* Halves above 1, ascending; or two bytes that ascend along both sides */
	for (unsigned int i = 0; i < WIDTH * HEIGHT * CHANNELS; i++) {
		unsigned int pixel = i / CHANNELS, sum = pixel % WIDTH + pixel / WIDTH;

		p.in[i] = p.rk3576 ? sum << 8 | (sum + i % CHANNELS) : 0x3c00 + i / 2;
	}
	emit_pool(&p);
	rocket_vm_map_bo(fd, 0, &p.bo, POOL_ADDR);
	return p;
}

static struct drm_rocket_task pool_task(const struct pool *p)
{
	return (struct drm_rocket_task){ .regcmd = POOL_ADDR, .regcmd_count = p->count };
}

static void expect_pooled(const struct pool *p)
{
	for (unsigned int y = 0; y < HEIGHT / 2; y++)
		for (unsigned int x = 0; x < WIDTH / 2; x++)
			for (unsigned int c = 0; c < CHANNELS; c++) {
				unsigned int from = (2 * y + 1) * WIDTH + 2 * x + 1;

				igt_assert_eq(p->out[(y * (WIDTH / 2) + x) * CHANNELS + c],
					      p->in[from * CHANNELS + c]);
			}
	memset((void *)p->out, 0, BYTES - OUT_AT);
}

/* By its interrupt, whatever is said about it. */
static void test_pool(int fd)
{
	static const uint32_t flags[] = { 0, DRM_ROCKET_JOB_PPU_DONE,
					  DRM_ROCKET_JOB_BATCHED | DRM_ROCKET_JOB_PPU_DONE };
	struct pool p = make_pool(fd);
	struct drm_rocket_task tasks[3] = { p.scene.probe.tasks[0], pool_task(&p), pool_task(&p) };
	unsigned int core = rocket_nth_core(rocket_core_mask(fd), 0);

	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
		struct drm_rocket_job job = flagged(&p.scene, 0, 1, flags[i]);
		uint64_t lost = rocket_core_count(fd, core, "lost");

		job.core_mask = 1u << core;
		job.tasks = (uintptr_t)&tasks[1];
		igt_assert_eq(rocket_run(fd, &job), 0);
		expect_pooled(&p);
		/* Behind another, and before one; each is started. */
		if (flags[i] & DRM_ROCKET_JOB_BATCHED)
			continue;
		job.tasks = (uintptr_t)tasks;
		job.task_count = ARRAY_SIZE(tasks);
		igt_assert_eq(rocket_run(fd, &job), 0);
		expect_pooled(&p);
		igt_assert_eq_u64(rocket_core_count(fd, core, "lost"), lost);
	}
}

/* A copy, and pooling behind it in one start. */
static void test_pool_chained(int fd)
{
	struct pool p = make_pool(fd);
	struct drm_rocket_task tasks[2] = { p.scene.probe.tasks[0], pool_task(&p) };
	struct drm_rocket_job job = flagged(&p.scene, 0, 2, DRM_ROCKET_JOB_BATCHED);

	rocket_probe_chain_to(&p.scene.probe, 0, POOL_ADDR);
	job.tasks = (uintptr_t)tasks;
	igt_assert_eq(rocket_run(fd, &job), 0);
	rocket_row_expect_ran(&p.scene, 0, 1);
	expect_pooled(&p);
	job.flags |= DRM_ROCKET_JOB_PPU_DONE;
	rocket_probe_clear_result(&p.scene.probe, 0);
	igt_assert_eq(rocket_run(fd, &job), 0);
	rocket_row_expect_ran(&p.scene, 0, 1);
	expect_pooled(&p);
}

/* With PPU_DONE the end of a DPU does not end a task at once. */
static void test_narrow(int fd)
{
	struct pool p = make_pool(fd);
	struct drm_rocket_task task = pool_task(&p);
	struct drm_rocket_job job = flagged(&p.scene, 0, 1, DRM_ROCKET_JOB_PPU_DONE);
	unsigned int core = rocket_nth_core(rocket_core_mask(fd), 0);
	uint64_t spurious;
	uint32_t syncobj;

	rocket_require_board();
	rocket_board_quiet();
	job.core_mask = 1u << core;
	job.tasks = (uintptr_t)&task;
	igt_assert_eq(rocket_run(fd, &job), 0);
	expect_pooled(&p);
	spurious = rocket_core_count(fd, core, "spurious");
	rocket_board_inject(core, ROCKET_BOARD_SLOWDOWN, 1000000);
	syncobj = rocket_start(fd, &job);
	/* Each lasts for a microsecond, which a slow CPU may not see. */
	igt_set_timeout(60, "an interrupt that meant nothing");
	while (rocket_core_count(fd, core, "spurious") == spurious) {
		rocket_board_inject(core, ROCKET_BOARD_INJ_SPURIOUS_DPU, 3);
		usleep(1000);
		igt_assert(rocket_syncobj_busy(fd, syncobj));
	}
	igt_reset_timeout();
	rocket_board_inject(core, ROCKET_BOARD_SLOWDOWN, 0);
	igt_assert_eq(rocket_syncobj_status(fd, syncobj), 0);
	expect_pooled(&p);
	drmSyncobjDestroy(fd, syncobj);
}

/* Hints that are wrong cost little. */
static void test_wrong_hint(int fd)
{
	static const uint32_t flags[] = { DRM_ROCKET_JOB_PPU_DONE, DRM_ROCKET_JOB_NO_DPU_DONE,
					  DRM_ROCKET_JOB_PPU_DONE | DRM_ROCKET_JOB_BATCHED, ALL };
	unsigned int core = rocket_nth_core(rocket_core_mask(fd), 0);

	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
		struct rocket_row s = rocket_row(fd, SLOTS, SEED);
		struct drm_rocket_job job = flagged(&s, 0, SLOTS, flags[i]);
		uint64_t lost = rocket_core_count(fd, core, "lost");

		job.core_mask = 1u << core;
		igt_assert_eq(rocket_run(fd, &job), 0);
		rocket_row_expect_ran(&s, 0, SLOTS);
		/* Not by its time being up. */
		igt_assert_eq_u64(rocket_core_count(fd, core, "lost"), lost);
		rocket_probe_fini(&s.probe);
		rocket_bo_free(fd, &s.pages);
	}
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd);
		const char *what;
	} tests[] = {
		{ "layout", test_layout, "Version, features and the struct are what programs look for" },
		{ "batched", test_batched, "A job of n tasks is one start and one interrupt" },
		{ "short-struct", test_short_struct, "A struct that ends with the flags is enough" },
		{ "stranger", test_stranger, "A struct of somebody else's is refused, and says why" },
		{ "batched-longest", test_batched_longest, "It has up to 4095 tasks" },
		{ "invalid", test_invalid, "Unknown flags, and tasks that cannot be batched" },
		{ "pool", test_pool, "Jobs that end in the PPU end by its interrupt" },
		{ "pool-chained", test_pool_chained, "So do chains that do" },
		{ "narrow", test_narrow, "PPU_DONE: the end of a DPU is not the end" },
		{ "wrong-hint", test_wrong_hint, "A hint that is wrong fails no job" },
	};

	igt_fixture
		close(rocket_open());

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			rocket_on_device(tests[i].test);
	}
}
