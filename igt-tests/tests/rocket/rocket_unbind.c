// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_job.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("Driver unbind, rebind and unload, with everything still in use");

#define PROBE_ADDR	0x10000000u
#define BASE		0x20000000u
#define SEED		0x1000u
/* Tasks of a job that is still running when the driver is unbound */
#define LONG_JOB	60000u

static void copy_in_a_new_file(void)
{
	int fd = rocket_open();
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE);
	struct rocket_probe probe;

	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	rocket_bo_fill(&bo, SEED);
	rocket_vm_map_bo(fd, 0, &bo, BASE);
	rocket_probe_expect(&probe, BASE, SEED);
	igt_assert_eq_u32(rocket_core_mask(fd), (1u << rocket_sysfs_cores()) - 1);
	rocket_probe_fini(&probe);
	rocket_bo_free(fd, &bo);
	close(fd);
}

/* After a rebind: the device is there, whole, and works. */
static void expect_works(void)
{
	copy_in_a_new_file();
}

struct scene {
	int fd;
	struct rocket_probe probe;
	struct rocket_bo bo;
};

static struct scene make_scene(void)
{
	struct scene s = { .fd = rocket_open() };

	s.bo = rocket_bo(s.fd, 16 * ROCKET_PAGE);
	rocket_probe_init(&s.probe, s.fd, 0, PROBE_ADDR, 1);
	rocket_bo_fill(&s.bo, SEED);
	rocket_vm_map_bo(s.fd, 0, &s.bo, BASE);
	rocket_probe_set(&s.probe, 0, BASE, rocket_probe_result_addr(&s.probe, 0));
	return s;
}

static void leave_scene(struct scene *s)
{
	munmap(s->bo.map, s->bo.size);
	munmap(s->probe.bo.map, s->probe.bo.size);
	close(s->fd);
}

/*
 * Tests; each leaves the driver bound
 */

static void test_idle(void)
{
	for (unsigned int round = 0; round < 5; round++) {
		rocket_sysfs_unbind_all();
		igt_assert_eq(__rocket_open(), -1);
		rocket_sysfs_bind_all();
		expect_works();
	}
}

static void test_one_core(void)
{
	unsigned int cores = rocket_sysfs_cores();
	struct scene s;

	igt_require_f(cores > 1, "one core alone: with it the device goes\n");
	s = make_scene();
	for (unsigned int core = 0; core < cores; core++) {
		struct drm_rocket_job job = rocket_probe_job(&s.probe, 0, 1);

		rocket_sysfs_unbind(core);
		igt_assert_eq_u32(rocket_core_mask(s.fd), ((1u << cores) - 1) & ~(1u << core));
		rocket_probe_expect(&s.probe, BASE, SEED);
		rocket_probe_set(&s.probe, 0, BASE, rocket_probe_result_addr(&s.probe, 0));
		job.core_mask = 1u << core;
		igt_assert_eq(__rocket_submit(s.fd, &job, 1), -EINVAL);
		rocket_sysfs_bind(core);
		igt_assert_eq(rocket_run(s.fd, &job), 0);
	}
	leave_scene(&s);
	expect_works();
}

static void test_open_file(void)
{
	struct scene s = make_scene();
	struct drm_rocket_gem_create create = { .size = ROCKET_PAGE };
	struct drm_rocket_vm_query query = { 0 };
	struct drm_rocket_job job = rocket_probe_job(&s.probe, 0, 1);
	uint64_t value;
	uint32_t vm;

	rocket_sysfs_unbind_all();
	igt_assert_eq(__rocket_gem_create(s.fd, &create), -ENODEV);
	igt_assert_eq(__rocket_vm_create(s.fd, 0, &vm), -ENODEV);
	igt_assert_eq(__rocket_vm_map(s.fd, 0, s.bo.handle, 0, BASE, ROCKET_PAGE), -ENODEV);
	igt_assert_eq(__rocket_vm_query(s.fd, &query), -ENODEV);
	igt_assert_eq(__rocket_submit(s.fd, &job, 1), -ENODEV);
	igt_assert_eq(__rocket_get_param(s.fd, 0, &value), -ENODEV);
	/* A new device does not bring the old file back. */
	rocket_sysfs_bind_all();
	igt_assert_eq(__rocket_submit(s.fd, &job, 1), -ENODEV);
	expect_works();
	leave_scene(&s);
	expect_works();
}

static void test_cpu_mapping(void)
{
	struct scene s = make_scene();

	rocket_sysfs_unbind_all();
	/* Present pages stay: the process must not die of it. */
	igt_assert(rocket_is_pattern(s.bo.map, SEED));
	igt_assert(rocket_is_pattern(s.bo.map + 15 * ROCKET_PAGE, SEED + 15));
	rocket_sysfs_bind_all();
	leave_scene(&s);
	expect_works();
}

static void test_dmabuf(void)
{
	struct scene s = make_scene();
	uint32_t handle;
	uint8_t *map;
	int dmabuf, fd;

	igt_assert_eq(drmPrimeHandleToFD(s.fd, s.bo.handle, DRM_CLOEXEC | DRM_RDWR, &dmabuf), 0);
	map = mmap(NULL, s.bo.size, PROT_READ | PROT_WRITE, MAP_SHARED, dmabuf, 0);
	igt_assert(map != MAP_FAILED);
	igt_assert(rocket_is_pattern(map, SEED));
	rocket_sysfs_unbind_all();
	leave_scene(&s);
	igt_assert(rocket_is_pattern(map, SEED));
	rocket_sysfs_bind_all();
	/* The buffer of a device that is gone is a foreign buffer for the new one. */
	fd = rocket_open();
	if (!drmPrimeFDToHandle(fd, dmabuf, &handle)) {
		struct rocket_probe probe;

		rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
		rocket_vm_map(fd, 0, handle, 0, BASE, 16 * ROCKET_PAGE);
		rocket_probe_expect(&probe, BASE, SEED);
		rocket_probe_fini(&probe);
	}
	munmap(map, 16 * ROCKET_PAGE);
	close(dmabuf);
	close(fd);
	expect_works();
}

static void test_running(void)
{
	struct scene s = make_scene();
	int file;

	rocket_probe_clear_result(&s.probe, 0);
	file = rocket_fence_file(s.fd, rocket_probe_repeat(&s.probe, 0, LONG_JOB));
	rocket_probe_await_result(&s.probe, 0, SEED);
	rocket_sysfs_unbind_all();
	igt_assert_eq(rocket_fence_status(file), -ENODEV);
	rocket_sysfs_bind_all();
	leave_scene(&s);
	expect_works();
}

static void test_running_one_core(void)
{
	unsigned int core, cores = rocket_sysfs_cores();
	struct scene s = make_scene();
	struct drm_rocket_job job;
	uint32_t done;

	igt_require_f(cores > 1, "one core alone: with it the device goes\n");
	for (core = 0; core < cores; core++) {
		rocket_probe_clear_result(&s.probe, 0);
		rocket_probe_set(&s.probe, 0, BASE, rocket_probe_result_addr(&s.probe, 0));
		done = rocket_probe_repeat(&s.probe, 0, 3000);
		rocket_probe_await_result(&s.probe, 0, SEED);
		rocket_sysfs_unbind(core);
		/* It was this core's job, or it was not. */
		igt_assert(!rocket_syncobj_status(s.fd, done) ||
			   rocket_syncobj_status(s.fd, done) == -ENODEV);
		job = rocket_probe_job(&s.probe, 0, 1);
		igt_assert_eq(rocket_run(s.fd, &job), 0);
		rocket_sysfs_bind(core);
	}
	leave_scene(&s);
	expect_works();
}

static void test_queued(void)
{
	struct scene s = make_scene();
	struct drm_rocket_sync in, out = rocket_sync(rocket_syncobj(s.fd), 0);
	struct drm_rocket_job job = rocket_probe_job(&s.probe, 0, 1);
	struct rocket_blocker blocker;
	int file;

	rocket_blocker_init(&blocker, s.fd);
	in = rocket_sync(blocker.syncobj, 0);
	job.in_syncs = (uintptr_t)&in;
	job.out_syncs = (uintptr_t)&out;
	job.in_sync_count = job.out_sync_count = 1;
	job.sync_struct_size = sizeof(in);
	for (unsigned int i = 0; i < 50; i++)
		rocket_submit(s.fd, &job, 1);
	file = rocket_fence_file(s.fd, out.handle);
	rocket_sysfs_unbind_all();
	/* Nobody had to wait for what never comes. */
	igt_assert(rocket_blocker_blocks(&blocker));
	rocket_blocker_release(&blocker);
	igt_assert_eq(rocket_fence_status(file), -ENODEV);
	rocket_sysfs_bind_all();
	leave_scene(&s);
	expect_works();
}

static void test_async_bind(void)
{
	struct scene s = make_scene();
	struct drm_rocket_vm_bind_op op = rocket_op_map(s.bo.handle, 0, 0x50000000, ROCKET_PAGE);
	struct drm_rocket_sync in, out = rocket_sync(rocket_syncobj(s.fd), 0);
	struct rocket_blocker blocker;
	int file;

	rocket_blocker_init(&blocker, s.fd);
	in = rocket_sync(blocker.syncobj, 0);
	rocket_vm_bind_async(s.fd, 0, &op, 1, &in, &out);
	file = rocket_fence_file(s.fd, out.handle);
	rocket_sysfs_unbind_all();
	igt_assert(rocket_blocker_blocks(&blocker));
	rocket_blocker_release(&blocker);
	rocket_fence_status(file);
	rocket_sysfs_bind_all();
	leave_scene(&s);
	expect_works();
}

static void test_faulting(void)
{
	struct scene s = make_scene();
	unsigned int jobs = 0;
	uint32_t done[20];

	/* Unbound in the middle of one reset after the other. */
	rocket_probe_set(&s.probe, 0, 0x90000000u, rocket_probe_result_addr(&s.probe, 0));
	for (jobs = 0; jobs < ARRAY_SIZE(done); jobs++)
		done[jobs] = rocket_probe_repeat(&s.probe, 0, 1);
	igt_assert_eq(rocket_syncobj_status(s.fd, done[0]), -EFAULT);
	rocket_sysfs_unbind_all();
	rocket_sysfs_bind_all();
	leave_scene(&s);
	expect_works();
}

/*
 * The module
 */

static int unload(void)
{
	return syscall(SYS_delete_module, "rocket", O_NONBLOCK) ? -errno : 0;
}

static void load(void)
{
	igt_assert_eq(system("modprobe rocket"), 0);
}

static void require_module(void)
{
	igt_require_f(!access("/sys/module/rocket/initstate", F_OK), "rocket is built in\n");
	igt_require_f(!system("modprobe -D rocket >/dev/null 2>&1"), "modprobe does not find rocket\n");
}

static void test_reload(void)
{
	require_module();
	for (unsigned int round = 0; round < 5; round++) {
		igt_assert_eq(unload(), 0);
		igt_assert_eq(__rocket_open(), -1);
		load();
		expect_works();
	}
}

static void test_unload_open(void)
{
	struct scene s = make_scene();

	require_module();
	/* Not as long as somebody has it open, not even without a device… */
	igt_assert_neq(unload(), 0);
	rocket_probe_expect(&s.probe, BASE, SEED);
	rocket_sysfs_unbind_all();
	igt_assert_neq(unload(), 0);
	leave_scene(&s);
	/* …but then. */
	igt_assert_eq(unload(), 0);
	load();
	expect_works();
}

static void test_unload_dmabuf(void)
{
	struct scene s = make_scene();
	int dmabuf;

	require_module();
	igt_assert_eq(drmPrimeHandleToFD(s.fd, s.bo.handle, DRM_CLOEXEC | DRM_RDWR, &dmabuf), 0);
	leave_scene(&s);
	/* A buffer out there needs the driver's code. */
	igt_assert_neq(unload(), 0);
	close(dmabuf);
	errno = 0;
	igt_assert_eq(unload(), 0);
	load();
	expect_works();
}

static void test_unload_fence(void)
{
	struct scene s = make_scene();
	int file;

	require_module();
	file = rocket_fence_file(s.fd, rocket_probe_repeat(&s.probe, 0, 10));
	igt_assert_eq(rocket_fence_status(file), 1);
	leave_scene(&s);
	/* A fence that has signalled keeps nobody: it may outlive its driver. */
	igt_assert_eq(unload(), 0);
	igt_assert_eq(rocket_fence_status(file), 1);
	load();
	igt_assert_eq(rocket_fence_status(file), 1);
	close(file);
	expect_works();
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(void);
		const char *what;
	} tests[] = {
		{ "idle", test_idle, "All cores can be unbound and bound again" },
		{ "one-core", test_one_core,
		  "Without one of its cores the device goes on; the core may come back" },
		{ "open-file", test_open_file,
		  "A file that stays open gets ENODEV, also when there is a new device" },
		{ "cpu-mapping", test_cpu_mapping,
		  "CPU mappings of BOs survive the device" },
		{ "dmabuf", test_dmabuf, "Exported buffers survive the device" },
		{ "running", test_running, "A job that runs ends with ENODEV" },
		{ "running-one-core", test_running_one_core,
		  "A job on a core that goes ends with ENODEV, others are not hurt" },
		{ "queued", test_queued,
		  "Jobs that wait for a fence that does not come hold up nothing" },
		{ "async-bind", test_async_bind,
		  "A bind that waits for a fence that does not come holds up nothing" },
		{ "faulting", test_faulting, "A core can go while it recovers from faults" },
		{ "reload", test_reload, "The module can be unloaded and loaded again" },
		{ "unload-open", test_unload_open,
		  "The module stays as long as a file is open, and goes then" },
		{ "unload-dmabuf", test_unload_dmabuf,
		  "The module stays as long as a buffer is exported, and goes then" },
		{ "unload-fence", test_unload_fence,
		  "A fence that was exported outlives the module" },
	};

	igt_fixture {
		close(rocket_open());
		rocket_sysfs_cores();
	}

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			tests[i].test();
	}

	igt_fixture
		rocket_sysfs_bring_back();
}
