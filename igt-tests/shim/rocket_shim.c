// SPDX-License-Identifier: MIT
/*
 * A program that knows mainline's four ioctls, to be run with the shim loaded: what it
 * asks for must mean what it means without.  The shim's allocator is tried by itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xf86drm.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "rocket_mainline.h"
#include "rocket_regcmd.h"
#include "va_heap.h"

IGT_TEST_DESCRIPTION("Mainline's ioctls served by VM_BIND: the shim");


/* In the stream's BO */
#define WEIGHTS_AT	1024u
#define BIAS_AT		2048u

#define CHANNELS	16u
#define UNITY_SCALE	16384u
#define UNITY_SHIFT	14u

/* In percent of the usual: a task takes some 20 ms, or 300. */
#define SLOW		1000000u
#define VERY_SLOW	(15 * SLOW)
#define NS_PER_MS	1000000ll
#define FOREVER		INT64_MAX

/* A job that copies a pattern from one BO to another. */
struct copy {
	struct rocket_bo code;
	const struct rocket_bo *from, *to;
	uint8_t task[ROCKET_MAINLINE_TASK_SIZE];
};

static void copy_init(struct copy *copy, int fd, const struct rocket_bo *from,
		      const struct rocket_bo *to)
{
	struct drm_rocket_task task = { .regcmd_count = ROCKET_CONV_ENTRIES };
	int8_t weights[CHANNELS * CHANNELS] = { 0 };
	struct rocket_conv c = {
		.in_width = 4, .in_height = 1, .in_channels = CHANNELS,
		.out_channels = CHANNELS,
		.kernel_width = 1, .kernel_height = 1, .stride_x = 1, .stride_y = 1,
		.out_scale = UNITY_SCALE, .out_shift = UNITY_SHIFT,
		.in_addr = from->address, .out_addr = to->address,
	};

	for (unsigned int i = 0; i < CHANNELS; i++)
		weights[i * CHANNELS + i] = 1;
	copy->code = rocket_bo_mapped(fd, ROCKET_PAGE);
	copy->from = from;
	copy->to = to;
	c.weight_addr = copy->code.address + WEIGHTS_AT;
	c.bias_addr = copy->code.address + BIAS_AT;
	rocket_conv_pack_weights(&c, copy->code.map + WEIGHTS_AT, weights);
	igt_assert_eq(rocket_conv_pack_bias(&c, copy->code.map + BIAS_AT, NULL, weights), 0);
	igt_assert_eq(rocket_conv_emit(&c, NULL, (uint64_t *)copy->code.map,
				       WEIGHTS_AT / sizeof(uint64_t)), ROCKET_CONV_ENTRIES);
	rocket_fini_bo(fd, copy->code.handle);
	task.regcmd = copy->code.address;
	memcpy(copy->task, &task, ROCKET_MAINLINE_TASK_SIZE);
}

static struct drm_rocket_job copy_job(const struct copy *copy)
{
	return (struct drm_rocket_job){
		.tasks = (uintptr_t)copy->task,
		.in_bo_handles = (uintptr_t)&copy->from->handle,
		.out_bo_handles = (uintptr_t)&copy->to->handle,
		.task_count = 1,
		.task_struct_size = ROCKET_MAINLINE_TASK_SIZE,
		.in_bo_handle_count = 1,
		.out_bo_handle_count = 1,
	};
}

static int __submit(int fd, const struct drm_rocket_job *jobs, unsigned int count, uint32_t size)
{
	struct drm_rocket_submit submit = {
		.jobs = (uintptr_t)jobs, .job_count = count, .job_struct_size = size,
	};

	return drmIoctl(fd, DRM_IOCTL_ROCKET_SUBMIT, &submit) ? -errno : 0;
}

/* The jobs in one call, as structs of mainline's size. */
static void submit(int fd, const struct copy *copies, unsigned int count)
{
	uint8_t *jobs = malloc(count * ROCKET_MAINLINE_JOB_SIZE);

	igt_assert(jobs);
	for (unsigned int i = 0; i < count; i++) {
		struct drm_rocket_job job = copy_job(&copies[i]);

		memcpy(jobs + i * ROCKET_MAINLINE_JOB_SIZE, &job, ROCKET_MAINLINE_JOB_SIZE);
	}
	igt_assert_eq(__submit(fd, (void *)jobs, count, ROCKET_MAINLINE_JOB_SIZE), 0);
	free(jobs);
}

static void fill(int fd, struct rocket_bo *bo, uint32_t seed)
{
	rocket_prep_bo(fd, bo->handle);
	rocket_pattern(bo->map, seed);
	rocket_fini_bo(fd, bo->handle);
}

static void expect(int fd, struct rocket_bo *bo, uint32_t seed)
{
	igt_assert_eq(__rocket_prep_bo(fd, bo->handle, FOREVER), 0);
	igt_assert(rocket_is_pattern(bo->map, seed));
}

/* Behind a job that is not slow: what was another client's is erased before the first. */
static void slow_down(int fd, const struct copy *copy, uint32_t percent)
{
	submit(fd, copy, 1);
	igt_assert_eq(__rocket_prep_bo(fd, copy->to->handle, FOREVER), 0);
	memset(copy->to->map, 0, ROCKET_PATTERN);
	rocket_fini_bo(fd, copy->to->handle);
	rocket_board_inject_all(ROCKET_BOARD_SLOWDOWN, percent);
}

static int64_t in_ns(int64_t ns)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 * NS_PER_MS + now.tv_nsec + ns;
}

static void make_bos(int fd, struct rocket_bo *bos, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		bos[i] = rocket_bo_mapped(fd, ROCKET_PAGE);
}

enum { UNITS = 512, ROUNDS = 20000 };

/* Against a map of every page. */
static void test_heap(void)
{
	static uint8_t owner[UNITS];
	struct { uint64_t start, size; } held[64] = { 0 };
	struct va_heap heap;

	srand(1);
	igt_assert(va_heap_init(&heap, ROCKET_PAGE, (UNITS + 1ull) * ROCKET_PAGE));
	for (int round = 0; round < ROUNDS; round++) {
		unsigned int i = rand() % 64;
		uint64_t align = ROCKET_PAGE << rand() % 5;

		if (held[i].start) {
			memset(owner + held[i].start / ROCKET_PAGE - 1, 0, held[i].size / ROCKET_PAGE);
			va_heap_give(&heap, held[i].start, held[i].size);
			held[i].start = 0;
			continue;
		}
		held[i].size = (1 + rand() % 40) * ROCKET_PAGE;
		held[i].start = va_heap_take(&heap, held[i].size, align);
		if (!held[i].start)
			continue;
		igt_assert_eq_u64(held[i].start % align, 0);
		igt_assert_lte_u64(held[i].start + held[i].size, (UNITS + 1ull) * ROCKET_PAGE);
		for (uint64_t p = 0; p < held[i].size / ROCKET_PAGE; p++)
			igt_assert_eq(owner[held[i].start / ROCKET_PAGE - 1 + p]++, 0);
	}
	for (unsigned int i = 0; i < 64; i++) {
		if (held[i].start)
			va_heap_give(&heap, held[i].start, held[i].size);
	}
	igt_assert_eq(heap.count, 1);
	igt_assert_eq_u64(va_heap_take(&heap, UNITS * ROCKET_PAGE, ROCKET_PAGE), ROCKET_PAGE);
	igt_assert_eq_u64(va_heap_take(&heap, ROCKET_PAGE, ROCKET_PAGE), 0);
	igt_assert_eq_u64(va_heap_take(&heap, 0, ROCKET_PAGE), 0);
	va_heap_fini(&heap);
}

/* CREATE_BO of the shim gives addresses that the kernel's never does. */
static void test_served(int fd)
{
	struct rocket_bo bo = rocket_bo_mapped(fd, ROCKET_PAGE);

	igt_assert_lt_u64(bo.address, ROCKET_KERNEL_VA);
	igt_assert_eq(rocket_vm_query(fd, 0).mapping_count, 0);
	rocket_bo_free(fd, &bo);
}

static void test_dup(int fd)
{
	struct rocket_bo bos[2];
	struct copy copy;
	int other = open("/dev/null", O_RDONLY), first = dup(fd), second;

	igt_assert(first >= 0 && other >= 0);
	make_bos(first, bos, 2);
	copy_init(&copy, fd, &bos[0], &bos[1]);
	fill(fd, &bos[0], 7);
	close(first);
	second = fcntl(fd, F_DUPFD_CLOEXEC, 50);
	igt_assert(second >= 50);
	submit(second, &copy, 1);
	/* The number names something else from here on. */
	igt_assert_eq(dup2(other, second), second);
	expect(fd, &bos[1], 7);
	igt_assert_eq(__rocket_prep_bo(second, bos[1].handle, FOREVER), -ENOTTY);
	close(second);
	close(other);
}

/* Equal addresses and handles, different memory. */
static void test_files(int fd)
{
	int fds[2] = { fd, __rocket_open() };
	struct rocket_bo bos[2][2];
	struct copy copies[2];

	for (unsigned int i = 0; i < 2; i++) {
		make_bos(fds[i], bos[i], 2);
		copy_init(&copies[i], fds[i], &bos[i][0], &bos[i][1]);
		fill(fds[i], &bos[i][0], 100 + i);
	}
	igt_assert_eq_u64(bos[0][0].address, bos[1][0].address);
	for (unsigned int i = 0; i < 2; i++)
		submit(fds[i], &copies[i], 1);
	for (unsigned int i = 0; i < 2; i++)
		expect(fds[i], &bos[i][1], 100 + i);
	close(fds[1]);
}

/* A descriptor's number is used again for another open file. */
static void test_reopen(int fd)
{
	for (unsigned int i = 0; i < 10; i++) {
		int again = __rocket_open();
		struct rocket_bo bos[2];
		struct copy copy;

		igt_assert_neq(again, fd);
		make_bos(again, bos, 2);
		igt_assert_eq_u64(bos[0].address, ROCKET_PAGE);
		copy_init(&copy, again, &bos[0], &bos[1]);
		fill(again, &bos[0], i);
		submit(again, &copy, 1);
		expect(again, &bos[1], i);
		close(again);
	}
}

enum { LONG = 8 };

/* Two seconds of work, so that a host that is busy for a while is not in the way. */
static void test_prep(int fd)
{
	struct drm_rocket_prep_bo odd = { .reserved = 1 };
	struct rocket_bo bos[LONG + 1];
	struct copy copies[LONG];
	uint32_t last;

	rocket_require_board();
	make_bos(fd, bos, LONG + 1);
	for (unsigned int i = 0; i < LONG; i++)
		copy_init(&copies[i], fd, &bos[i], &bos[i + 1]);
	last = bos[LONG].handle;
	fill(fd, &bos[0], 3);
	slow_down(fd, copies, VERY_SLOW);
	submit(fd, copies, LONG);
	igt_assert_eq(__rocket_prep_bo(fd, last, 0), -EBUSY);
	igt_assert_eq(__rocket_prep_bo(fd, last, in_ns(50 * NS_PER_MS)), -ETIMEDOUT);
	/* Who only reads it is not waited for. */
	igt_assert_eq(__rocket_prep_bo(fd, bos[0].handle, 0), 0);
	expect(fd, &bos[LONG], 3);
	rocket_board_inject_all(ROCKET_BOARD_SLOWDOWN, 0);
	igt_assert_eq(__rocket_prep_bo(fd, 12345, FOREVER), -ENOENT);
	odd.handle = last;
	igt_assert(drmIoctl(fd, DRM_IOCTL_ROCKET_PREP_BO, &odd) && errno == EINVAL);
}

static void test_errors(int fd)
{
	struct drm_rocket_create_bo none = { 0 }, large = { .size = UINT32_MAX };
	struct rocket_bo bos[2];
	struct drm_rocket_job job;
	struct copy copy;
	uint32_t bad = 12345;

	make_bos(fd, bos, 2);
	copy_init(&copy, fd, &bos[0], &bos[1]);
	igt_assert_eq(__rocket_create_bo(fd, &none), -EINVAL);
	igt_assert_eq(__rocket_create_bo(fd, &large), -ENOSPC);
	job = copy_job(&copy);
	igt_assert_eq(__submit(fd, &job, 0, ROCKET_MAINLINE_JOB_SIZE), 0);
	igt_assert_eq(__submit(fd, &job, 1, ROCKET_MAINLINE_JOB_SIZE - 8), -EINVAL);
	igt_assert_eq(__submit(fd, &job, 1, sizeof(job)), 0);
	job.priority = DRM_ROCKET_JOB_PRIORITY_LOW;
	igt_assert_eq(__submit(fd, &job, 1, sizeof(job)), -E2BIG);
	job = copy_job(&copy);
	job.task_count = 0;
	igt_assert_eq(__submit(fd, &job, 1, ROCKET_MAINLINE_JOB_SIZE), -EINVAL);
	job = copy_job(&copy);
	job.task_struct_size = 4;
	igt_assert_eq(__submit(fd, &job, 1, ROCKET_MAINLINE_JOB_SIZE), -EINVAL);
	job = copy_job(&copy);
	job.in_bo_handles = (uintptr_t)&bad;
	igt_assert_eq(__submit(fd, &job, 1, ROCKET_MAINLINE_JOB_SIZE), -ENOENT);
	/* None of that is left: the BO is not busy for ever. */
	igt_assert_eq(__rocket_prep_bo(fd, bos[1].handle, FOREVER), 0);
	rocket_gem_close(fd, bos[0].handle);
	job = copy_job(&copy);
	igt_assert_eq(__submit(fd, &job, 1, ROCKET_MAINLINE_JOB_SIZE), -ENOENT);
}

/* A job that the kernel refuses leaves no fence behind that nobody signals. */
static void test_refused(int fd)
{
	struct drm_rocket_task odd = { .regcmd = 4096 + 4, .regcmd_count = 1 };
	struct rocket_bo bos[2];
	struct drm_rocket_job job;
	struct copy copy;

	make_bos(fd, bos, 2);
	copy_init(&copy, fd, &bos[0], &bos[1]);
	fill(fd, &bos[0], 9);
	job = copy_job(&copy);
	job.tasks = (uintptr_t)&odd;
	igt_assert_eq(__submit(fd, &job, 1, ROCKET_MAINLINE_JOB_SIZE), -EINVAL);
	igt_assert_eq(__rocket_prep_bo(fd, bos[1].handle, 0), 0);
	submit(fd, &copy, 1);
	expect(fd, &bos[1], 9);
}

enum { CHAIN = 12 };

/* Each job reads what the one before wrote: in one call, and in one call each. */
static void test_chain(int fd)
{
	struct rocket_bo bos[CHAIN + 1];
	struct copy copies[CHAIN];

	rocket_require_board();
	make_bos(fd, bos, CHAIN + 1);
	for (unsigned int i = 0; i < CHAIN; i++)
		copy_init(&copies[i], fd, &bos[i], &bos[i + 1]);
	fill(fd, &bos[0], 21);
	slow_down(fd, copies, SLOW / 10);
	submit(fd, copies, CHAIN);
	expect(fd, &bos[CHAIN], 21);
	fill(fd, &bos[0], 22);
	for (unsigned int i = 0; i < CHAIN; i++)
		submit(fd, &copies[i], 1);
	expect(fd, &bos[CHAIN], 22);
	rocket_board_inject_all(ROCKET_BOARD_SLOWDOWN, 0);
}

/*
 * a to b, a job that has nothing to do with it, b to c: the third waits for the first,
 * which is not the one in front of it.  Then b is written anew, which must come after
 * it was read.
 */
static void test_mixed(int fd)
{
	struct rocket_bo bos[6];
	struct copy copies[4];

	rocket_require_board();
	make_bos(fd, bos, 6);
	copy_init(&copies[0], fd, &bos[0], &bos[1]);
	copy_init(&copies[1], fd, &bos[3], &bos[4]);
	copy_init(&copies[2], fd, &bos[1], &bos[2]);
	copy_init(&copies[3], fd, &bos[5], &bos[1]);
	slow_down(fd, copies, SLOW / 10);
	for (uint32_t round = 0; round < 5; round++) {
		fill(fd, &bos[0], 10 * round + 1);
		fill(fd, &bos[3], 10 * round + 2);
		fill(fd, &bos[5], 10 * round + 3);
		submit(fd, copies, 4);
		expect(fd, &bos[2], 10 * round + 1);
		expect(fd, &bos[4], 10 * round + 2);
		expect(fd, &bos[1], 10 * round + 3);
	}
	rocket_board_inject_all(ROCKET_BOARD_SLOWDOWN, 0);
}

enum { BRANCHES = 3, LENGTH = 4 };

/* Branches of a network, job by job in turn: each core gets one of them. */
static void test_branches(int fd)
{
	struct rocket_bo bos[BRANCHES * (LENGTH + 1)];
	struct copy copies[BRANCHES * LENGTH];
	uint64_t tasks[BRANCHES];

	rocket_require_board();
	igt_require_f(rocket_core_mask(fd) == (1u << BRANCHES) - 1, "not as many cores as branches\n");
	make_bos(fd, bos, ARRAY_SIZE(bos));
	for (unsigned int i = 0; i < ARRAY_SIZE(copies); i++)
		copy_init(&copies[i], fd, &bos[i], &bos[i + BRANCHES]);
	for (unsigned int i = 0; i < BRANCHES; i++)
		fill(fd, &bos[i], 40 + i);
	slow_down(fd, copies, SLOW / 10);
	for (unsigned int core = 0; core < BRANCHES; core++)
		tasks[core] = rocket_board_count(core, ROCKET_BOARD_TASKS);
	submit(fd, copies, ARRAY_SIZE(copies));
	for (unsigned int i = 0; i < BRANCHES; i++)
		expect(fd, &bos[BRANCHES * LENGTH + i], 40 + i);
	for (unsigned int core = 0; core < BRANCHES; core++)
		igt_assert_lte_u64(LENGTH, rocket_board_count(core, ROCKET_BOARD_TASKS) - tasks[core]);
	rocket_board_inject_all(ROCKET_BOARD_SLOWDOWN, 0);
}

/* What a queued job uses may be closed; its address is nobody else's until then. */
static void test_closed(int fd)
{
	struct rocket_bo bos[3], more;
	struct copy copies[2];
	uint64_t closed;

	rocket_require_board();
	make_bos(fd, bos, 3);
	copy_init(&copies[0], fd, &bos[0], &bos[1]);
	copy_init(&copies[1], fd, &bos[1], &bos[2]);
	fill(fd, &bos[0], 33);
	slow_down(fd, copies, SLOW);
	submit(fd, copies, 2);
	closed = bos[1].address;
	rocket_bo_free(fd, &bos[1]);
	more = rocket_bo_mapped(fd, ROCKET_PAGE);
	igt_assert_neq_u64(more.address, closed);
	expect(fd, &bos[2], 33);
	rocket_board_inject_all(ROCKET_BOARD_SLOWDOWN, 0);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).faults_total, 0);
}

/* Closed BOs hold memory for a while, but not without end. */
static void test_memory(int fd)
{
	uint64_t before = rocket_get_param(fd, DRM_ROCKET_PARAM_BO_MEMORY);
	const uint32_t size = 1u << 20;
	struct rocket_bo bos[2];
	struct copy copy;

	make_bos(fd, bos, 2);
	copy_init(&copy, fd, &bos[0], &bos[1]);
	for (uint32_t i = 0; i < 100; i++) {
		struct rocket_bo bo = rocket_bo_mapped(fd, size);

		fill(fd, &bos[0], i);
		submit(fd, &copy, 1);
		expect(fd, &bos[1], i);
		rocket_bo_free(fd, &bo);
		igt_assert_lt_u64(rocket_get_param(fd, DRM_ROCKET_PARAM_BO_MEMORY) - before,
				  20 * size);
	}
	for (unsigned int i = 0; i < 2; i++)
		rocket_bo_free(fd, &bos[i]);
	rocket_bo_free(fd, &copy.code);
	igt_assert_eq_u64(rocket_get_param(fd, DRM_ROCKET_PARAM_BO_MEMORY), before);
}

static void test_fork(int fd)
{
	struct rocket_bo bos[2];
	struct copy copy;

	make_bos(fd, bos, 2);
	copy_init(&copy, fd, &bos[0], &bos[1]);
	fill(fd, &bos[0], 41);
	submit(fd, &copy, 1);
	igt_fork(child, 1) {
		struct drm_rocket_create_bo create = { .size = ROCKET_PAGE };
		struct drm_rocket_job job = copy_job(&copy);

		igt_assert_eq(__rocket_create_bo(fd, &create), -EOPNOTSUPP);
		igt_assert_eq(__submit(fd, &job, 1, ROCKET_MAINLINE_JOB_SIZE), -EOPNOTSUPP);
		close(fd);
		/* Its own works. */
		test_reopen(-1);
	}
	igt_waitchildren();
	expect(fd, &bos[1], 41);
	submit(fd, &copy, 1);
	expect(fd, &bos[1], 41);
}

struct worker {
	pthread_t thread;
	int fd;
	uint32_t seed;
	const char *wrong;
};

/* No assertions: they are the main thread's. */
static void *work(void *data)
{
	struct worker *w = data;

	for (uint32_t i = 0; i < 30; i++) {
		struct rocket_bo bos[2];
		struct copy copy;
		uint32_t seed = w->seed + i;

		make_bos(w->fd, bos, 2);
		copy_init(&copy, w->fd, &bos[0], &bos[1]);
		fill(w->fd, &bos[0], seed);
		submit(w->fd, &copy, 1);
		if (__rocket_prep_bo(w->fd, bos[1].handle, FOREVER))
			w->wrong = "PREP_BO failed";
		else if (!rocket_is_pattern(bos[1].map, seed))
			w->wrong = "a job of another thread was in the way";
		for (unsigned int b = 0; b < 2; b++)
			rocket_bo_free(w->fd, &bos[b]);
		rocket_bo_free(w->fd, &copy.code);
	}
	return NULL;
}

static void test_threads(int fd)
{
	struct worker workers[4] = { 0 };

	for (unsigned int i = 0; i < 4; i++) {
		workers[i].fd = fd;
		workers[i].seed = 1000 * i;
		igt_assert_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (unsigned int i = 0; i < 4; i++)
		pthread_join(workers[i].thread, NULL);
	for (unsigned int i = 0; i < 4; i++)
		igt_assert_f(!workers[i].wrong, "%s\n", workers[i].wrong);
}

static const struct {
	const char *name, *what;
	void (*test)(int fd);
} tests[] = {
	{ "served", "CREATE_BO is not the kernel's, and nothing is mapped before a job needs it",
	  test_served },
	{ "dup", "Several descriptors of one open file, which come and go", test_dup },
	{ "files", "Two open files have an address space each", test_files },
	{ "reopen", "A descriptor's number is used again", test_reopen },
	{ "prep", "PREP_BO waits and gives up as mainline's", test_prep },
	{ "errors", "What mainline refuses is refused with its errors", test_errors },
	{ "refused", "A job that the kernel refuses is waited for by nobody", test_refused },
	{ "chain", "Jobs that wait for each other, in one call and in several", test_chain },
	{ "mixed", "Jobs that wait for others than the one in front", test_mixed },
	{ "branches", "Jobs that do not wait for each other use all cores", test_branches },
	{ "closed", "A BO is closed while jobs use it", test_closed },
	{ "memory", "Memory of closed BOs goes back", test_memory },
	{ "fork", "A child of fork() opens its own", test_fork },
	{ "threads", "Threads share an open file", test_threads },
};

igt_main
{
	igt_fixture
		rocket_board_quiet();
	igt_describe("Addresses are given out once, aligned, and again when they are free");
	igt_subtest("heap")
		test_heap();
	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			rocket_on_device(tests[i].test);
	}
}
