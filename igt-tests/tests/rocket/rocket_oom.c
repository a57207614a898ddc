// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <xf86drm.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_job.h"
#include "igt_rocket_oom.h"

IGT_TEST_DESCRIPTION("Out of memory at each allocation in turn, of files and buffers: -ENOMEM, and nothing has changed");

#define PROBE_ADDR	0x10000000u

/*
 * Files
 */

static int try_open(struct rocket_oom *c)
{
	char path[32];
	struct stat stat;

	if (fstat(c->fd, &stat))
		return -errno;
	snprintf(path, sizeof(path), "/dev/accel/accel%u", minor(stat.st_rdev));
	c->file = open(path, O_RDWR | O_CLOEXEC);
	return c->file < 0 ? -errno : 0;
}

static void opened(struct rocket_oom *c)
{
	struct rocket_probe probe;
	uint32_t seed = ROCKET_OOM_SEED + 100;
	struct rocket_bo bo;

	/* The file works. */
	rocket_probe_init(&probe, c->file, 0, PROBE_ADDR, 1);
	bo = rocket_bo(c->file, ROCKET_PAGE);
	rocket_bo_fill(&bo, seed);
	rocket_vm_map_bo(c->file, 0, &bo, ROCKET_OOM_DATA_ADDR);
	rocket_probe_expect(&probe, ROCKET_OOM_DATA_ADDR, seed);
	rocket_bo_free(c->file, &bo);
	rocket_probe_fini(&probe);
	close(c->file);
}

static const struct rocket_oom_scene open_scene = { .try = try_open, .done = opened };

/*
 * The first use of VM 0, which makes it. Without memory for that there is none, and
 * the file works afterwards; for the rest of each call there are other scenes.
 */

static void new_idle_file(struct rocket_oom *c)
{
	igt_assert_eq(try_open(c), 0);
}

static int try_first_create_bo(struct rocket_oom *c)
{
	struct drm_rocket_create_bo create = { .size = ROCKET_PAGE };

	return __rocket_create_bo(c->file, &create);
}

static int try_first_gem_create(struct rocket_oom *c)
{
	struct drm_rocket_gem_create create = {
		.size = ROCKET_PAGE, .flags = DRM_ROCKET_GEM_VM_PRIVATE,
	};

	return __rocket_gem_create(c->file, &create);
}

static int try_first_vm_bind(struct rocket_oom *c)
{
	struct drm_rocket_vm_bind_op op = rocket_op_unmap(ROCKET_OOM_ADDR, ROCKET_OOM_SIZE);

	return __rocket_vm_bind_ops(c->file, 0, &op, 1);
}

/* A job that faults at its first command: nothing is mapped yet. */
static int try_first_submit(struct rocket_oom *c)
{
	struct drm_rocket_task task = { .regcmd = ROCKET_OOM_ADDR, .regcmd_count = 2 };
	struct drm_rocket_job job = {
		.tasks = (uintptr_t)&task, .task_count = 1, .task_struct_size = sizeof(task),
	};

	return __rocket_submit(c->file, &job, 1);
}

static int try_first_vm_query(struct rocket_oom *c)
{
	struct drm_rocket_vm_query query = { 0 };

	return __rocket_vm_query(c->file, &query);
}

#define FIRST_USE(function) { \
	.prepare = new_idle_file, .try = function, .failed = opened, .done = opened, \
	.only = "rocket_vm_lookup", \
}

static const struct rocket_oom_scene first_create_bo = FIRST_USE(try_first_create_bo);
static const struct rocket_oom_scene first_gem_create = FIRST_USE(try_first_gem_create);
static const struct rocket_oom_scene first_vm_bind = FIRST_USE(try_first_vm_bind);
static const struct rocket_oom_scene first_submit = FIRST_USE(try_first_submit);
static const struct rocket_oom_scene first_vm_query = FIRST_USE(try_first_vm_query);

/*
 * Buffer objects
 */

static int try_create_bo(struct rocket_oom *c)
{
	struct drm_rocket_create_bo create = { .size = ROCKET_OOM_SIZE };
	int ret = __rocket_create_bo(c->fd, &create);

	c->handle = create.handle;
	c->offset = create.offset;
	c->address = create.dma_address;
	return ret;
}

static void bo_created(struct rocket_oom *c)
{
	uint8_t *map = rocket_oom_map_bo(c);

	/* The lowest hole is always the same. */
	igt_assert_eq_u64(c->address, ROCKET_KERNEL_VA);
	rocket_pattern(map + ROCKET_OOM_SIZE / 2, ROCKET_OOM_SEED + 7);
	rocket_fini_bo(c->fd, c->handle);
	rocket_probe_expect(&c->probe, c->address + ROCKET_OOM_SIZE / 2, ROCKET_OOM_SEED + 7);
	munmap(map, ROCKET_OOM_SIZE);
	rocket_gem_close(c->fd, c->handle);
}

static const struct rocket_oom_scene create_bo = { .try = try_create_bo, .done = bo_created };

static int create_flags(struct rocket_oom *c, uint32_t flags)
{
	struct drm_rocket_gem_create create = {
		.size = ROCKET_OOM_SIZE, .flags = flags,
		.vm_id = flags & DRM_ROCKET_GEM_VM_PRIVATE ? c->vm : 0,
	};
	int ret = __rocket_gem_create(c->fd, &create);

	c->handle = create.handle;
	c->offset = create.offset;
	return ret;
}

static int try_gem_create(struct rocket_oom *c)
{
	return create_flags(c, 0);
}

static int try_gem_create_wc(struct rocket_oom *c)
{
	return create_flags(c, DRM_ROCKET_GEM_WC);
}

static int try_gem_create_private(struct rocket_oom *c)
{
	return create_flags(c, DRM_ROCKET_GEM_VM_PRIVATE);
}

static void gem_created(struct rocket_oom *c)
{
	uint8_t *map = rocket_oom_map_bo(c);

	for (unsigned int i = 0; i < ROCKET_OOM_SIZE; i++)
		igt_assert_eq(map[i], 0);
	munmap(map, ROCKET_OOM_SIZE);
	rocket_gem_close(c->fd, c->handle);
}

static void new_vm(struct rocket_oom *c)
{
	c->vm = rocket_vm_create(c->fd);
}

static void drop_vm(struct rocket_oom *c)
{
	rocket_vm_destroy(c->fd, c->vm);
}

static const struct rocket_oom_scene gem_create = { .try = try_gem_create, .done = gem_created };
static const struct rocket_oom_scene gem_create_wc = {
	.try = try_gem_create_wc, .done = gem_created,
};
static const struct rocket_oom_scene gem_create_private = {
	.prepare = new_vm, .try = try_gem_create_private, .done = gem_created, .clean = drop_vm,
};

/* A BO that has no memory yet */
static int try_mmap(struct rocket_oom *c)
{
	c->map = mmap(NULL, ROCKET_OOM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, c->offset);
	return c->map == MAP_FAILED ? -errno : 0;
}

static void mapped(struct rocket_oom *c)
{
	memset(c->map, 0x55, ROCKET_OOM_SIZE);
	igt_assert_eq(munmap(c->map, ROCKET_OOM_SIZE), 0);
}

static const struct rocket_oom_scene mmap_scene = {
	.prepare = rocket_oom_new_bo, .try = try_mmap, .done = mapped, .clean = rocket_oom_drop_bo,
};

static void new_map(struct rocket_oom *c)
{
	rocket_oom_new_bo(c);
	c->map = rocket_oom_map_bo(c);
}

/* The kernel tries again by itself when a page fault was short of memory. */
static int try_touch(struct rocket_oom *c)
{
	for (unsigned int i = 0; i < ROCKET_OOM_PAGES; i++)
		((volatile uint8_t *)c->map)[i * ROCKET_PAGE] = i + 1;
	return 0;
}

static void touched(struct rocket_oom *c)
{
	for (unsigned int i = 0; i < ROCKET_OOM_PAGES; i++) {
		igt_assert_eq(c->map[i * ROCKET_PAGE], i + 1);
		igt_assert_eq(c->map[i * ROCKET_PAGE + 1], 0);
	}
	igt_assert_eq(munmap(c->map, ROCKET_OOM_SIZE), 0);
}

static const struct rocket_oom_scene page_fault = {
	.prepare = new_map, .try = try_touch, .done = touched, .clean = rocket_oom_drop_bo,
	.cannot_fail = true,
};

static void new_bound_map(struct rocket_oom *c)
{
	new_map(c);
	rocket_vm_map(c->fd, 0, c->handle, 0, ROCKET_OOM_ADDR, ROCKET_OOM_SIZE);
}

static int try_prep(struct rocket_oom *c)
{
	return __rocket_prep_bo(c->fd, c->handle, 0);
}

static int try_fini(struct rocket_oom *c)
{
	return __rocket_fini_bo(c->fd, c->handle);
}

static void prepared(struct rocket_oom *c)
{
	rocket_pattern(c->map, ROCKET_OOM_SEED + 9);
	rocket_fini_bo(c->fd, c->handle);
	rocket_probe_expect(&c->probe, ROCKET_OOM_ADDR, ROCKET_OOM_SEED + 9);
}

static void drop_bound_map(struct rocket_oom *c)
{
	rocket_vm_unmap(c->fd, 0, ROCKET_OOM_ADDR, ROCKET_OOM_SIZE);
	munmap(c->map, ROCKET_OOM_SIZE);
	rocket_oom_drop_bo(c);
}

static const struct rocket_oom_scene prep_bo = {
	.prepare = new_bound_map, .try = try_prep, .done = prepared, .clean = drop_bound_map,
	.cannot_fail = true,
};
static const struct rocket_oom_scene fini_bo = {
	.prepare = new_bound_map, .try = try_fini, .done = prepared, .clean = drop_bound_map,
	.cannot_fail = true,
};

/*
 * PRIME
 */

static int try_export(struct rocket_oom *c)
{
	return drmPrimeHandleToFD(c->fd, c->handle, DRM_CLOEXEC | DRM_RDWR, &c->file) ?
		-errno : 0;
}

static void exported(struct rocket_oom *c)
{
	uint8_t *map = rocket_oom_map_bo(c), *shared;

	rocket_pattern(map, ROCKET_OOM_SEED + 30);
	shared = mmap(NULL, ROCKET_OOM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, c->file, 0);
	igt_assert(shared != MAP_FAILED);
	igt_assert(rocket_is_pattern(shared, ROCKET_OOM_SEED + 30));
	munmap(shared, ROCKET_OOM_SIZE);
	munmap(map, ROCKET_OOM_SIZE);
	close(c->file);
}

static const struct rocket_oom_scene prime_export = {
	.prepare = rocket_oom_new_bo, .try = try_export, .done = exported,
	.clean = rocket_oom_drop_bo,
};

static int try_import(struct rocket_oom *c)
{
	return drmPrimeFDToHandle(c->fd, c->file, &c->handle) ? -errno : 0;
}

static void imported(struct rocket_oom *c)
{
	rocket_vm_map(c->fd, 0, c->handle, 0, ROCKET_OOM_ADDR, ROCKET_OOM_SIZE);
	rocket_probe_expect(&c->probe, ROCKET_OOM_ADDR + ROCKET_PAGE, ROCKET_OOM_SEED + 40);
	rocket_vm_unmap(c->fd, 0, ROCKET_OOM_ADDR, ROCKET_OOM_SIZE);
	rocket_gem_close(c->fd, c->handle);
}

static void new_udmabuf(struct rocket_oom *c)
{
	struct udmabuf_create create = { .flags = UDMABUF_FLAGS_CLOEXEC, .size = ROCKET_OOM_SIZE };
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	int memory = memfd_create("rocket", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	igt_require_f(device >= 0, "no /dev/udmabuf: modprobe udmabuf, be root\n");
	igt_assert_fd(memory);
	igt_assert_eq(ftruncate(memory, ROCKET_OOM_SIZE), 0);
	igt_assert_eq(fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	c->map = mmap(NULL, ROCKET_OOM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	igt_assert(c->map != MAP_FAILED);
	rocket_pattern(c->map + ROCKET_PAGE, ROCKET_OOM_SEED + 40);
	create.memfd = memory;
	c->file = ioctl(device, UDMABUF_CREATE, &create);
	igt_assert_fd(c->file);
	close(memory);
	close(device);
}

static void drop_udmabuf(struct rocket_oom *c)
{
	close(c->file);
	munmap(c->map, ROCKET_OOM_SIZE);
}

static const struct rocket_oom_scene prime_import = {
	.prepare = new_udmabuf, .try = try_import, .done = imported, .clean = drop_udmabuf,
};

/* An imported buffer is bound without memory of its own. */
static void new_import_space(struct rocket_oom *c)
{
	rocket_oom_new_space(c);
	new_udmabuf(c);
	igt_assert_eq(try_import(c), 0);
}

static int try_bind_import(struct rocket_oom *c)
{
	return __rocket_vm_map(c->fd, c->vm, c->handle, 0, ROCKET_OOM_ADDR, ROCKET_OOM_SIZE);
}

static void import_bound(struct rocket_oom *c)
{
	rocket_probe_expect(&c->job, ROCKET_OOM_ADDR + ROCKET_PAGE, ROCKET_OOM_SEED + 40);
}

static void drop_import_space(struct rocket_oom *c)
{
	rocket_oom_drop_bo(c);
	drop_udmabuf(c);
	rocket_oom_drop_space(c);
}

static const struct rocket_oom_scene prime_bind = {
	.prepare = new_import_space, .try = try_bind_import, .done = import_bound,
	.clean = drop_import_space,
};

/* What another file of ours exported is the BO itself. */
static void new_foreign(struct rocket_oom *c)
{
	struct drm_rocket_gem_create create = { .size = ROCKET_OOM_SIZE };
	int fd = __rocket_open();
	uint8_t *map;

	igt_assert_fd(fd);
	igt_assert_eq(__rocket_gem_create(fd, &create), 0);
	igt_assert_eq(drmPrimeHandleToFD(fd, create.handle, DRM_CLOEXEC | DRM_RDWR, &c->file),
		      0);
	map = mmap(NULL, ROCKET_OOM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, create.offset);
	igt_assert(map != MAP_FAILED);
	rocket_pattern(map + ROCKET_PAGE, ROCKET_OOM_SEED + 40);
	rocket_fini_bo(fd, create.handle);
	munmap(map, ROCKET_OOM_SIZE);
	close(fd);
}

static void drop_foreign(struct rocket_oom *c)
{
	close(c->file);
}

static const struct rocket_oom_scene prime_import_own = {
	.prepare = new_foreign, .try = try_import, .done = imported, .clean = drop_foreign,
};

/*
 * Giving back needs no memory, even with everything in use.
 */

static void new_mapped_bo(struct rocket_oom *c)
{
	igt_assert_eq(try_create_bo(c), 0);
}

static int try_gem_close(struct rocket_oom *c)
{
	struct drm_gem_close close_arg = { .handle = c->handle };

	return igt_ioctl(c->fd, DRM_IOCTL_GEM_CLOSE, &close_arg) ? -errno : 0;
}

static void nothing_to_undo(struct rocket_oom *c)
{
	(void)c;
}

static const struct rocket_oom_scene gem_close_scene = {
	.prepare = new_mapped_bo, .try = try_gem_close, .done = nothing_to_undo,
	.cannot_fail = true,
};

static void new_file(struct rocket_oom *c)
{
	struct drm_rocket_create_bo create = { .size = ROCKET_OOM_SIZE };
	struct rocket_probe probe;
	struct drm_rocket_job job;

	c->file = __rocket_open();
	igt_assert_fd(c->file);
	igt_assert_eq(__rocket_create_bo(c->file, &create), 0);
	rocket_probe_init(&probe, c->file, 0, PROBE_ADDR, 1);
	rocket_probe_set(&probe, 0, PROBE_ADDR, rocket_probe_result_addr(&probe, 0));
	job = rocket_probe_job(&probe, 0, 1);
	rocket_submit(c->file, &job, 1);
	rocket_vm_bind_async(c->file, 0, NULL, 0, NULL, NULL);
	munmap(probe.bo.map, probe.bo.size);
	free(probe.tasks);
}

static int try_close(struct rocket_oom *c)
{
	return close(c->file) ? -errno : 0;
}

static const struct rocket_oom_scene close_scene = {
	.prepare = new_file, .try = try_close, .done = nothing_to_undo, .cannot_fail = true,
};

static const struct {
	const char *name, *description;
	const struct rocket_oom_scene *scene;
} subtests[] = {
	{ "open", "Opening the device", &open_scene },
	{ "first-create-bo", "CREATE_BO that makes VM 0", &first_create_bo },
	{ "first-gem-create", "GEM_CREATE that makes VM 0", &first_gem_create },
	{ "first-vm-bind", "VM_BIND that makes VM 0", &first_vm_bind },
	{ "first-submit", "SUBMIT that makes VM 0", &first_submit },
	{ "first-vm-query", "VM_QUERY that makes VM 0", &first_vm_query },
	{ "create-bo", "CREATE_BO, with its pages and its mapping", &create_bo },
	{ "gem-create", "GEM_CREATE, cached", &gem_create },
	{ "gem-create-wc", "GEM_CREATE, write-combined: with its pages", &gem_create_wc },
	{ "gem-create-private", "GEM_CREATE of a VM's private BO", &gem_create_private },
	{ "mmap", "mmap() of a BO", &mmap_scene },
	{ "page-fault", "The first access through a mapping", &page_fault },
	{ "prep-bo", "PREP_BO, which needs no memory", &prep_bo },
	{ "fini-bo", "FINI_BO, which needs no memory", &fini_bo },
	{ "prime-export", "Exporting a BO", &prime_export },
	{ "prime-import", "Importing another driver's buffer", &prime_import },
	{ "prime-import-own", "Importing what another file of the driver exported",
	  &prime_import_own },
	{ "prime-bind", "VM_BIND of an imported buffer", &prime_bind },
	{ "gem-close", "Closing a handle, which needs no memory", &gem_close_scene },
	{ "close", "Closing a file with a job at work, which needs no memory", &close_scene },
};

igt_main
{
	igt_fixture
		close(rocket_open());

	for (unsigned int i = 0; i < sizeof(subtests) / sizeof(*subtests); i++) {
		igt_describe_f("%s, without memory at each of its allocations",
			       subtests[i].description);
		igt_subtest(subtests[i].name)
			rocket_oom_play(subtests[i].scene);
	}
}
