// SPDX-License-Identifier: MIT
/*
 * Built against mainline's header and nothing of ours but the stream builder: what
 * passes here passes for programs that know only mainline.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <drm/rocket_accel.h>

#include "igt.h"
#include "rocket_regcmd.h"

#ifdef DRM_ROCKET_VM_BIND
#error "this must be built against mainline's rocket_accel.h"
#endif

IGT_TEST_DESCRIPTION("Mainline's four ioctls, as Mesa uses them");

#define MAX_DEVICES	16
#define PAGE		4096u
/* How Mesa waits: until the end of time, almost */
#define FOREVER		INT64_MAX

#define SIDE		8u
#define IN		16u
#define OUT		32u
#define KERNEL		3u

static int open_rocket(void)
{
	for (int i = 0; i < MAX_DEVICES; i++) {
		char path[32];
		drmVersionPtr version;
		bool found;
		int fd;

		snprintf(path, sizeof(path), "/dev/accel/accel%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		version = drmGetVersion(fd);
		found = version && !strcmp(version->name, "rocket");
		drmFreeVersion(version);
		if (found)
			return fd;
		close(fd);
	}
	igt_skip("no rocket device under /dev/accel: load rocket.ko\n");
}

struct bo {
	uint32_t handle;
	uint32_t size;
	uint32_t addr;
	uint8_t *map;
};

static struct bo create(int fd, uint32_t size)
{
	struct drm_rocket_create_bo args = { .size = size };
	struct bo bo = { .size = size };

	do_ioctl(fd, DRM_IOCTL_ROCKET_CREATE_BO, &args);
	igt_assert_eq_u64(args.dma_address >> 32, 0);
	bo.handle = args.handle;
	bo.addr = args.dma_address;
	bo.map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, args.offset);
	igt_assert(bo.map != MAP_FAILED);
	return bo;
}

static void destroy(int fd, struct bo *bo)
{
	struct drm_gem_close args = { .handle = bo->handle };

	munmap(bo->map, bo->size);
	do_ioctl(fd, DRM_IOCTL_GEM_CLOSE, &args);
}

static int prep(int fd, const struct bo *bo, int64_t timeout_ns)
{
	struct drm_rocket_prep_bo args = { .handle = bo->handle, .timeout_ns = timeout_ns };

	return drmIoctl(fd, DRM_IOCTL_ROCKET_PREP_BO, &args) ? -errno : 0;
}

static void fini(int fd, const struct bo *bo)
{
	struct drm_rocket_fini_bo args = { .handle = bo->handle };

	do_ioctl(fd, DRM_IOCTL_ROCKET_FINI_BO, &args);
}

/* A convolution in buffers of its own, as Mesa lays them out. */
struct network {
	struct rocket_conv conv;
	struct bo stream, weights, bias, in, out;
	int8_t input[SIDE * SIDE * IN];
	int8_t kernel[OUT * KERNEL * KERNEL * IN];
	int32_t biases[OUT];
};

static void randomise(int8_t *data, size_t count, uint32_t seed)
{
	while (count--) {
		seed = seed * 1664525u + 1013904223u;
		*data++ = seed >> 24;
	}
}

static void begin(int fd, struct bo *bo)
{
	igt_assert_eq(prep(fd, bo, FOREVER), 0);
}

static void set_input(int fd, struct network *n, uint32_t seed)
{
	randomise(n->input, sizeof(n->input), seed);
	begin(fd, &n->in);
	rocket_conv_pack_input(&n->conv, n->in.map, n->input);
	fini(fd, &n->in);
}

static void make_network(int fd, struct network *n, uint32_t seed)
{
	n->conv = (struct rocket_conv){
		.in_width = SIDE, .in_height = SIDE, .in_channels = IN,
		.out_channels = OUT, .kernel_width = KERNEL, .kernel_height = KERNEL,
		.stride_x = 1, .stride_y = 1,
		.pad_left = 1, .pad_top = 1, .pad_right = 1, .pad_bottom = 1,
		.in_zero = -3, .weight_zero = 2, .out_zero = 11,
		/* An odd multiplier: no product is exactly between two results. */
		.out_scale = 20001, .out_shift = 24,
	};
	n->stream = create(fd, PAGE);
	n->weights = create(fd, rocket_conv_weights_size(&n->conv));
	n->bias = create(fd, rocket_conv_bias_size(&n->conv));
	n->in = create(fd, rocket_conv_input_size(&n->conv));
	n->out = create(fd, rocket_conv_output_size(&n->conv));
	n->conv.in_addr = n->in.addr;
	n->conv.weight_addr = n->weights.addr;
	n->conv.bias_addr = n->bias.addr;
	n->conv.out_addr = n->out.addr;

	randomise(n->kernel, sizeof(n->kernel), seed);
	for (unsigned int i = 0; i < OUT; i++)
		n->biases[i] = 500 * ((int)i - 16);
	begin(fd, &n->weights);
	rocket_conv_pack_weights(&n->conv, n->weights.map, n->kernel);
	fini(fd, &n->weights);
	begin(fd, &n->bias);
	igt_assert_eq(rocket_conv_pack_bias(&n->conv, n->bias.map, n->biases, n->kernel), 0);
	fini(fd, &n->bias);
	begin(fd, &n->stream);
	igt_assert_eq(rocket_conv_emit(&n->conv, NULL, (uint64_t *)n->stream.map,
				       PAGE / sizeof(uint64_t)), ROCKET_CONV_ENTRIES);
	fini(fd, &n->stream);
	set_input(fd, n, seed + 1);
}

static void free_network(int fd, struct network *n)
{
	destroy(fd, &n->stream);
	destroy(fd, &n->weights);
	destroy(fd, &n->bias);
	destroy(fd, &n->in);
	destroy(fd, &n->out);
}

static int submit(int fd, const struct network *n, unsigned int tasks)
{
	uint32_t in[] = { n->stream.handle, n->weights.handle, n->bias.handle, n->in.handle };
	uint32_t out[] = { n->out.handle };
	struct drm_rocket_task task[16];
	struct drm_rocket_job job = {
		.tasks = (uintptr_t)task,
		.in_bo_handles = (uintptr_t)in,
		.out_bo_handles = (uintptr_t)out,
		.task_count = tasks,
		.task_struct_size = sizeof(*task),
		.in_bo_handle_count = ARRAY_SIZE(in),
		.out_bo_handle_count = ARRAY_SIZE(out),
	};
	struct drm_rocket_submit args = {
		.jobs = (uintptr_t)&job,
		.job_count = 1,
		.job_struct_size = sizeof(job),
	};

	for (unsigned int i = 0; i < tasks; i++)
		task[i] = (struct drm_rocket_task){ n->stream.addr, ROCKET_CONV_ENTRIES };
	return drmIoctl(fd, DRM_IOCTL_ROCKET_SUBMIT, &args) ? -errno : 0;
}

/* What the CPU makes of it. */
static int8_t expected(const struct network *n, unsigned int y, unsigned int x, unsigned int o)
{
	const struct rocket_conv *c = &n->conv;
	int64_t sum = n->biases[o];

	for (unsigned int ky = 0; ky < KERNEL; ky++) {
		for (unsigned int kx = 0; kx < KERNEL; kx++) {
			unsigned int iy = y + ky - 1, ix = x + kx - 1;

			if (iy >= SIDE || ix >= SIDE)
				continue;
			for (unsigned int i = 0; i < IN; i++)
				sum += (n->input[(iy * SIDE + ix) * IN + i] - c->in_zero) *
				       (n->kernel[((o * KERNEL + ky) * KERNEL + kx) * IN + i] -
					c->weight_zero);
		}
	}
	sum = ((sum * c->out_scale + (1 << (c->out_shift - 1))) >> c->out_shift) + c->out_zero;
	return sum > INT8_MAX ? INT8_MAX : sum < INT8_MIN ? INT8_MIN : sum;
}

static void check(int fd, struct network *n)
{
	int8_t result[SIDE * SIDE * OUT];
	unsigned int wrong = 0;

	begin(fd, &n->out);
	rocket_conv_unpack_output(&n->conv, result, n->out.map);
	fini(fd, &n->out);
	for (unsigned int y = 0; y < SIDE; y++)
		for (unsigned int x = 0; x < SIDE; x++)
			for (unsigned int o = 0; o < OUT; o++)
				wrong += result[(y * SIDE + x) * OUT + o] != expected(n, y, x, o);
	igt_assert_eq(wrong, 0);
}

static void test_layout(void)
{
	/* The numbers that mainline's first release has: part of the contract. */
	igt_assert_eq_u64(DRM_IOCTL_ROCKET_CREATE_BO, 0xc0186440);
	igt_assert_eq_u64(DRM_IOCTL_ROCKET_SUBMIT, 0x40186441);
	igt_assert_eq_u64(DRM_IOCTL_ROCKET_PREP_BO, 0x40106442);
	igt_assert_eq_u64(DRM_IOCTL_ROCKET_FINI_BO, 0x40086443);
	igt_assert_eq(sizeof(struct drm_rocket_job), 40);
	igt_assert_eq(sizeof(struct drm_rocket_task), 8);
}

static void test_convolution(void)
{
	int fd = open_rocket();
	struct network n;

	make_network(fd, &n, 1);
	igt_assert_eq(submit(fd, &n, 1), 0);
	check(fd, &n);
	free_network(fd, &n);
	close(fd);
}

static void test_repeated(void)
{
	int fd = open_rocket();
	struct network n;

	make_network(fd, &n, 1);
	for (uint32_t i = 0; i < 50; i++) {
		set_input(fd, &n, i);
		igt_assert_eq(submit(fd, &n, 1 + i % 16), 0);
		check(fd, &n);
	}
	close(fd);
}

static void test_networks(void)
{
	enum { NETWORKS = 12 };
	int fd = open_rocket();
	struct network *n = calloc(NETWORKS, sizeof(*n));

	for (unsigned int i = 0; i < NETWORKS; i++)
		make_network(fd, &n[i], 100 * i);
	for (unsigned int i = 0; i < NETWORKS; i++)
		igt_assert_eq(submit(fd, &n[i], 4), 0);
	for (unsigned int i = 0; i < NETWORKS; i++)
		check(fd, &n[i]);
	close(fd);
}

static void test_clients(void)
{
	igt_fork(child, 6) {
		int fd = open_rocket();
		struct network n;

		make_network(fd, &n, child);
		for (uint32_t i = 0; i < 30; i++) {
			set_input(fd, &n, 1000 * child + i);
			igt_assert_eq(submit(fd, &n, 2), 0);
			check(fd, &n);
		}
	}
	igt_waitchildren();
}

/* Mesa closes what a job uses right after it was submitted. */
static void test_close_queued(void)
{
	int fd = open_rocket();

	for (uint32_t i = 0; i < 20; i++) {
		struct network n;

		make_network(fd, &n, i);
		igt_assert_eq(submit(fd, &n, 16), 0);
		destroy(fd, &n.stream);
		destroy(fd, &n.weights);
		destroy(fd, &n.bias);
		destroy(fd, &n.in);
		check(fd, &n);
		destroy(fd, &n.out);
	}
	close(fd);
}

static void test_idle_prep(void)
{
	int fd = open_rocket();
	struct bo bo = create(fd, 3 * PAGE + 1);

	/* A time in the past asks without waiting. */
	igt_assert_eq(prep(fd, &bo, 0), 0);
	igt_assert_eq(prep(fd, &bo, FOREVER), 0);
	fini(fd, &bo);
	close(fd);
}

static void test_errors(void)
{
	int fd = open_rocket();
	struct drm_rocket_create_bo empty = { .size = 0 };
	struct bo unknown = { .handle = 0xabcd };
	struct network n;

	igt_assert(drmIoctl(fd, DRM_IOCTL_ROCKET_CREATE_BO, &empty));
	igt_assert_eq(errno, EINVAL);
	igt_assert_eq(prep(fd, &unknown, FOREVER), -ENOENT);
	make_network(fd, &n, 1);
	igt_assert_eq(submit(fd, &n, 0), -EINVAL);
	n.in.handle = unknown.handle;
	igt_assert_eq(submit(fd, &n, 1), -ENOENT);
	close(fd);
	errno = 0;
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(void);
		bool computes;		/* by streams for the RK3588 */
		const char *what;
	} tests[] = {
		{ "layout", test_layout, false,
		  "Ioctl numbers and struct sizes are those of mainline's first release" },
		{ "convolution", test_convolution, true,
		  "A convolution gives what the CPU computes" },
		{ "repeated", test_repeated, true,
		  "A network runs again and again with other inputs, in several tasks" },
		{ "networks", test_networks, true,
		  "Several networks of one file are submitted before the first is awaited" },
		{ "clients", test_clients, true,
		  "Six processes run their networks at the same time" },
		{ "close-queued", test_close_queued, true,
		  "Handles may be closed as soon as the job is submitted" },
		{ "idle-prep", test_idle_prep, false,
		  "PREP_BO of an idle BO returns at once" },
		{ "errors", test_errors, false,
		  "What mainline refuses is refused" },
	};

	igt_fixture
		close(open_rocket());

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name) {
			igt_require_f(!tests[i].computes ||
				      access("/sys/bus/platform/devices/27700000.npu", F_OK),
				      "streams for the RK3588\n");
			tests[i].test();
		}
	}
}
