// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_coredump.h"
#include "igt_rocket_job.h"
#include "igt_rocket_sysfs.h"
#include "rocket_regcmd.h"

IGT_TEST_DESCRIPTION("Coredumps: what a job leaves that faults or hangs, for whom, and how often");

#define PROBE_ADDR	0x10000000u
#define BASE		0x20000000u
#define NOWHERE		0x90000000u	/* where nothing is mapped */
#define PAGES		16u
#define SLOTS		4u
#define SEED		0x1000u
#define HOUR		3600000u	/* in ms */
#define SHORT		200u		/* a timeout, in ms */

/* Registers, offsets in the core's window */
#define PC_BASE_ADDRESS		0x0010
#define CNA_S_POINTER		0x1004
#define   EXECUTER		(1u << 16)
#define CNA_FEATURE_DATA_ADDR	0x1070
#define CNA_FEATURE_DATA_ADDR_RK3576	0x1088

struct scene {
	int fd;
	uint32_t vm;
	unsigned int core;
	struct rocket_probe probe;
	struct rocket_bo bo;
};

static struct scene make_scene_on(int fd, uint32_t vm, unsigned int core)
{
	struct scene s = { .fd = fd, .vm = vm, .core = core };

	s.bo = rocket_bo(fd, PAGES * ROCKET_PAGE);
	rocket_bo_fill(&s.bo, SEED);
	rocket_vm_map_bo(fd, vm, &s.bo, BASE);
	rocket_probe_init(&s.probe, fd, vm, PROBE_ADDR, SLOTS);
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		rocket_probe_set(&s.probe, slot, BASE, rocket_probe_result_addr(&s.probe, slot));
	return s;
}

static struct scene make_scene(int fd)
{
	return make_scene_on(fd, 0, rocket_nth_core(rocket_core_mask(fd), 0));
}

static struct drm_rocket_job make_job(const struct scene *s, unsigned int first,
				      unsigned int count, uint64_t user_data)
{
	struct drm_rocket_job job = rocket_probe_job(&s->probe, first, count);

	job.core_mask = 1u << s->core;
	job.user_data = user_data;
	return job;
}

/* A job that faults with its only task, reading at an address. */
static void fault_at(struct scene *s, uint32_t addr, uint64_t user_data)
{
	struct drm_rocket_job job;

	rocket_probe_set(&s->probe, 0, addr, rocket_probe_result_addr(&s->probe, 0));
	job = make_job(s, 0, 1, user_data);
	igt_assert_eq(rocket_run(s->fd, &job), -EFAULT);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

static const struct drm_rocket_dump_section *stream_of(const struct rocket_coredump *dump)
{
	const struct drm_rocket_dump_section *section =
		rocket_coredump_section(dump, DRM_ROCKET_DUMP_STREAM, 0);

	igt_assert(section);
	igt_assert_eq_u32(section->entry_size, sizeof(uint64_t));
	return section;
}

/*
 * What a dump has to say
 */

static void check_header(const struct rocket_coredump *dump, const struct scene *s)
{
	const struct drm_rocket_dump_header *header = rocket_coredump_header(dump);
	struct utsname name;

	igt_assert_eq_u32(header->core, s->core);
	igt_assert_eq_u32(header->ip_version,
			  rocket_get_param(s->fd, DRM_ROCKET_PARAM_IP_VERSION));
	igt_assert_eq_u32(header->flags, 0);
	igt_assert_eq(uname(&name), 0);
	igt_assert(!strncmp(header->release, name.release, sizeof(header->release) - 1));
}

static void check_job(const struct rocket_coredump *dump, const struct scene *s,
		      const struct drm_rocket_job *args, unsigned int task, int error)
{
	const struct drm_rocket_dump_job *job = rocket_coredump_job(dump);
	char comm[16] = "";

	igt_assert_eq(prctl(PR_GET_NAME, comm), 0);
	igt_assert_eq_u64(job->user_data, args->user_data);
	igt_assert_eq(job->error, error);
	igt_assert_eq_u32(job->task, task);
	igt_assert_eq_u32(job->timeout_ms, args->timeout_ms ?:
			  rocket_get_param(s->fd, DRM_ROCKET_PARAM_JOB_TIMEOUT_MS));
	igt_assert_eq_u32(job->core_mask, args->core_mask);
	igt_assert_eq_u32(job->priority, args->priority);
	igt_assert_eq_u32(job->vm_id, args->vm_id);
	igt_assert_eq_u32(job->pid, getpid());
	igt_assert_f(!strncmp(job->comm, comm, sizeof(comm)), "comm %.16s, not %s\n",
		     job->comm, comm);
	igt_assert_lt_u64(0, job->submitted_ns);
	igt_assert_lte_u64(job->submitted_ns, job->started_ns);
	igt_assert_lte_u64(job->started_ns, job->task_started_ns);
	igt_assert_lte_u64(job->task_started_ns, rocket_coredump_header(dump)->time_ns);
	igt_assert_lte_u64(rocket_coredump_header(dump)->time_ns, now_ns());
}

static void check_tasks(const struct rocket_coredump *dump, const struct drm_rocket_job *args)
{
	const struct drm_rocket_dump_section *section =
		rocket_coredump_section(dump, DRM_ROCKET_DUMP_TASKS, 0);
	const struct drm_rocket_task *tasks = (void *)(uintptr_t)args->tasks;
	const struct drm_rocket_dump_task *dumped;

	igt_assert(section);
	igt_assert_eq_u32(section->entry_count, args->task_count);
	igt_assert_eq_u64(section->total, args->task_count);
	dumped = rocket_coredump_entries(section);
	for (uint32_t i = 0; i < args->task_count; i++) {
		igt_assert_eq_u32(dumped[i].regcmd, tasks[i].regcmd);
		igt_assert_eq_u32(dumped[i].regcmd_count, tasks[i].regcmd_count);
		igt_assert_eq_u32(dumped[i].chain_count, tasks[i].chain_count ?: 1);
	}
}

/* The stream of a slot's task, as it stands in the probe's BO. */
static void check_stream(const struct rocket_coredump *dump, const struct scene *s,
			 unsigned int slot)
{
	const struct drm_rocket_task *task = &s->probe.tasks[slot];
	const struct drm_rocket_dump_section *section = stream_of(dump);

	igt_assert_eq_u64(section->address, task->regcmd);
	igt_assert_eq_u64(section->total, task->regcmd_count);
	igt_assert_eq_u32(section->entry_count, task->regcmd_count);
	igt_assert_eq_u32(section->first, 0);
	igt_assert_eq(memcmp(rocket_coredump_entries(section),
			     s->probe.bo.map + task->regcmd - s->probe.addr,
			     task->regcmd_count * sizeof(uint64_t)), 0);
}

static void check_mapping(const struct rocket_coredump *dump, uint64_t addr,
			  const struct rocket_bo *bo, uint64_t bo_offset, uint64_t range,
			  uint32_t flags)
{
	const struct drm_rocket_dump_mapping *mapping = rocket_coredump_mapping(dump, addr);

	igt_assert_f(mapping, "no mapping at %#llx in the dump\n", (unsigned long long)addr);
	igt_assert_eq_u64(mapping->addr, addr);
	igt_assert_eq_u64(mapping->range, range);
	igt_assert_eq_u64(mapping->bo_offset, bo_offset);
	igt_assert_eq_u64(mapping->bo_size, bo->size);
	igt_assert_eq_u64(mapping->bo_mmap_offset, bo->offset);
	igt_assert_eq_u32(mapping->flags, flags);
}

static uint32_t mapping_count(const struct rocket_coredump *dump)
{
	const struct drm_rocket_dump_section *section =
		rocket_coredump_section(dump, DRM_ROCKET_DUMP_MAPPINGS, 0);

	igt_assert(section);
	return section->entry_count;
}

static void check_scene(const struct rocket_coredump *dump, const struct scene *s,
			const struct drm_rocket_job *job, unsigned int slot, int error)
{
	check_header(dump, s);
	check_job(dump, s, job, slot, error);
	check_tasks(dump, job);
	check_stream(dump, s, slot);
	igt_assert_eq_u32(mapping_count(dump), 2);
	check_mapping(dump, PROBE_ADDR, &s->probe.bo, 0, s->probe.bo.size,
		      DRM_ROCKET_DUMP_MAPPING_WC);
	check_mapping(dump, BASE, &s->bo, 0, s->bo.size, DRM_ROCKET_DUMP_MAPPING_WC);
}

static uint32_t executing(const struct rocket_coredump *dump, uint16_t offset)
{
	uint32_t pointer = rocket_coredump_register(dump, CNA_S_POINTER,
						    DRM_ROCKET_DUMP_NO_GROUP);

	return rocket_coredump_register(dump, offset, pointer & EXECUTER ? 1 : 0);
}

/*
 * Faults
 */

static void test_fault_read(int fd)
{
	uint32_t mask = rocket_core_mask(fd);

	for (uint32_t left = mask; left; left &= left - 1) {
		struct scene s = make_scene_on(fd, rocket_vm_create(fd), __builtin_ctz(left));
		struct drm_rocket_job job = make_job(&s, 0, SLOTS, 0x1234567890abcdef + s.core);
		const struct drm_rocket_dump_fault *fault;
		struct drm_rocket_vm_fault record;
		struct rocket_coredump dump;

		/* The third of four tasks */
		rocket_probe_set(&s.probe, 2, NOWHERE, rocket_probe_result_addr(&s.probe, 2));
		igt_assert_eq(rocket_run(fd, &job), -EFAULT);
		dump = rocket_coredump_take(s.core);
		check_scene(&dump, &s, &job, 2, -EFAULT);
		fault = rocket_coredump_fault(&dump);
		igt_assert(fault);
		igt_assert(rocket_vm_take_fault(fd, s.vm, &record));
		igt_assert_eq_u64(fault->addr, record.addr);
		igt_assert_eq_u64(fault->addr / ROCKET_PAGE, NOWHERE / ROCKET_PAGE);
		igt_assert_eq_u64(fault->time_ns, record.time_ns);
		igt_assert_eq_u32(fault->flags, DRM_ROCKET_DUMP_FAULT_ATTACHED);
		igt_assert_lte_u64(rocket_coredump_job(&dump)->task_started_ns, fault->time_ns);
		/* Registers, of both groups: the one that executes has the address. */
		igt_assert_eq_u32(rocket_coredump_register(&dump, PC_BASE_ADDRESS,
							   DRM_ROCKET_DUMP_NO_GROUP),
				  s.probe.tasks[2].regcmd);
		igt_assert_eq_u32(executing(&dump, s.probe.rk3576 ? CNA_FEATURE_DATA_ADDR_RK3576 :
								    CNA_FEATURE_DATA_ADDR), NOWHERE);
		rocket_coredump_free(&dump);
	}
}

static void test_fault_write(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_vm_bind_op op =
		rocket_op_map_ro(s.bo.handle, 4 * ROCKET_PAGE, BASE + 4 * ROCKET_PAGE,
				 ROCKET_PAGE);
	const struct drm_rocket_dump_fault *fault;
	struct rocket_coredump dump;
	struct drm_rocket_job job;

	rocket_vm_bind_ops(fd, 0, &op, 1);
	rocket_probe_set(&s.probe, 0, BASE, BASE + 4 * ROCKET_PAGE);
	job = make_job(&s, 0, 1, 5);
	igt_assert_eq(rocket_run(fd, &job), -EFAULT);
	dump = rocket_coredump_take(s.core);
	check_job(&dump, &s, &job, 0, -EFAULT);
	check_stream(&dump, &s, 0);
	fault = rocket_coredump_fault(&dump);
	igt_assert(fault);
	igt_assert_eq_u64(fault->addr, BASE + 4 * ROCKET_PAGE);
	igt_assert_eq_u32(fault->flags, DRM_ROCKET_DUMP_FAULT_ATTACHED |
			  DRM_ROCKET_DUMP_FAULT_WRITE | DRM_ROCKET_DUMP_FAULT_IN_TABLES);
	/* The map tells why: three pieces, the middle one read-only. */
	igt_assert_eq_u32(mapping_count(&dump), 4);
	check_mapping(&dump, BASE, &s.bo, 0, 4 * ROCKET_PAGE, DRM_ROCKET_DUMP_MAPPING_WC);
	check_mapping(&dump, BASE + 4 * ROCKET_PAGE, &s.bo, 4 * ROCKET_PAGE, ROCKET_PAGE,
		      DRM_ROCKET_DUMP_MAPPING_WC | DRM_ROCKET_DUMP_MAPPING_READONLY);
	check_mapping(&dump, BASE + 5 * ROCKET_PAGE, &s.bo, 5 * ROCKET_PAGE,
		      (PAGES - 5) * ROCKET_PAGE, DRM_ROCKET_DUMP_MAPPING_WC);
	rocket_coredump_free(&dump);
}

/* A stream that runs out of what is mapped: the dump has it up to there. */
static void test_fault_fetch(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_task task = {
		.regcmd = BASE + PAGES * ROCKET_PAGE - 32 * sizeof(uint64_t),
		.regcmd_count = 64,
	};
	struct drm_rocket_job job = make_job(&s, 0, 1, 6);
	const struct drm_rocket_dump_section *section;
	struct rocket_coredump dump;
	uint64_t *tail = (void *)(s.bo.map + s.bo.size - 32 * sizeof(uint64_t));

	for (unsigned int i = 0; i < 32; i++)
		tail[i] = rocket_regcmd(ROCKET_TARGET_CNA, CNA_FEATURE_DATA_ADDR, i);
	job.tasks = (uintptr_t)&task;
	igt_assert_eq(rocket_run(fd, &job), -EFAULT);
	dump = rocket_coredump_take(s.core);
	check_tasks(&dump, &job);
	section = stream_of(&dump);
	igt_assert_eq_u64(section->address, task.regcmd);
	igt_assert_eq_u64(section->total, 64);
	igt_assert_eq_u32(section->entry_count, 32);
	igt_assert_eq(memcmp(rocket_coredump_entries(section), tail, 32 * sizeof(*tail)), 0);
	igt_assert(rocket_coredump_fault(&dump));
	igt_assert_eq_u64(rocket_coredump_fault(&dump)->addr, BASE + PAGES * ROCKET_PAGE);
	rocket_coredump_free(&dump);
}

/* The second of three that the core runs by itself, behind one of another start. */
static void test_fault_chain(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_job job;
	struct rocket_coredump dump;

	rocket_probe_set(&s.probe, 2, NOWHERE, rocket_probe_result_addr(&s.probe, 2));
	rocket_probe_chain(&s.probe, 1, 2);
	rocket_probe_chain(&s.probe, 2, 3);
	s.probe.tasks[1].chain_count = 3;
	job = make_job(&s, 0, 2, 16);
	igt_assert_eq(rocket_run(fd, &job), -EFAULT);
	dump = rocket_coredump_take(s.core);
	check_job(&dump, &s, &job, 1, -EFAULT);
	check_tasks(&dump, &job);
	check_stream(&dump, &s, 1);
	igt_assert(rocket_coredump_fault(&dump));
	igt_assert_eq_u64(rocket_coredump_fault(&dump)->addr, NOWHERE);
	rocket_coredump_free(&dump);
}

/*
 * Hangs
 */

static void test_hang(int fd)
{
	struct scene s = make_scene_on(fd, rocket_vm_create(fd),
				       rocket_nth_core(rocket_core_mask(fd), 0));
	struct drm_rocket_job job = make_job(&s, 0, 2, 7);
	struct rocket_coredump dump;

	rocket_probe_set_hang(&s.probe, 1);
	job.timeout_ms = SHORT;
	job.priority = DRM_ROCKET_JOB_PRIORITY_LOW;
	igt_assert_eq(rocket_run(fd, &job), -ETIMEDOUT);
	dump = rocket_coredump_take(s.core);
	check_scene(&dump, &s, &job, 1, -ETIMEDOUT);
	igt_assert(!rocket_coredump_fault(&dump));
	igt_assert_lte_u64(rocket_coredump_job(&dump)->started_ns + SHORT * UINT64_C(1000000),
			   rocket_coredump_header(&dump)->time_ns);
	rocket_coredump_free(&dump);
}

/* The hardware does not even begin. */
static void test_hang_start(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_job job = make_job(&s, 0, SLOTS, 8), first = make_job(&s, 3, 1, 0);
	struct rocket_coredump dump;

	rocket_require_board();
	/* So that the next start is the job's: this one was behind a scrub's. */
	rocket_probe_set(&s.probe, 3, BASE + ROCKET_PAGE, rocket_probe_result_addr(&s.probe, 3));
	igt_assert_eq(rocket_run(fd, &first), 0);
	job.timeout_ms = SHORT;
	rocket_board_inject(s.core, ROCKET_BOARD_INJ_NEVER_COMPLETE, 1);
	igt_assert_eq(rocket_run(fd, &job), -ETIMEDOUT);
	dump = rocket_coredump_take(s.core);
	check_scene(&dump, &s, &job, 0, -ETIMEDOUT);
	rocket_coredump_free(&dump);
	igt_assert_eq(rocket_run(fd, &job), 0);
}

/*
 * Kinds of BOs
 */

/* As mainline's clients have it: CREATE_BO, cached, at the kernel's address. */
static void test_create_bo(int fd)
{
	struct rocket_bo bo = rocket_bo_mapped(fd, ROCKET_PAGE);
	uint64_t *stream = (void *)bo.map;
	struct drm_rocket_task task = { .regcmd = bo.address, .regcmd_count = 100 };
	struct scene s = make_scene(fd);
	struct drm_rocket_job job = make_job(&s, 0, 1, 9);
	struct rocket_coredump dump;

	/* Not a convolution, so nothing ever ends. */
	for (unsigned int i = 0; i < 100; i++)
		stream[i] = rocket_regcmd(ROCKET_TARGET_CNA, CNA_FEATURE_DATA_ADDR, i);
	rocket_fini_bo(fd, bo.handle);
	job.tasks = (uintptr_t)&task;
	job.timeout_ms = SHORT;
	igt_assert_eq(rocket_run(fd, &job), -ETIMEDOUT);
	dump = rocket_coredump_take(s.core);
	igt_assert_eq_u32(stream_of(&dump)->entry_count, 100);
	igt_assert_eq(memcmp(rocket_coredump_entries(stream_of(&dump)), stream,
			     100 * sizeof(*stream)), 0);
	check_mapping(&dump, bo.address, &bo, 0, bo.size, DRM_ROCKET_DUMP_MAPPING_KERNEL);
	rocket_coredump_free(&dump);
}

static void test_private_bo(int fd)
{
	uint32_t vm = rocket_vm_create(fd);
	struct rocket_bo bo = rocket_bo_flags(fd, ROCKET_PAGE, DRM_ROCKET_GEM_VM_PRIVATE, vm);
	struct scene s = make_scene_on(fd, vm, rocket_nth_core(rocket_core_mask(fd), 0));
	struct rocket_coredump dump;

	rocket_vm_map_bo(fd, vm, &bo, 0x50000000);
	fault_at(&s, NOWHERE, 10);
	dump = rocket_coredump_take(s.core);
	check_mapping(&dump, 0x50000000, &bo, 0, bo.size, DRM_ROCKET_DUMP_MAPPING_PRIVATE);
	rocket_coredump_free(&dump);
}

/* Another driver's memory is not looked into. */
static void test_imported_bo(int fd)
{
	struct drm_mode_create_dumb create = { .width = 1024, .height = 4, .bpp = 32 };
	struct drm_rocket_task task = { .regcmd = 0x50000000, .regcmd_count = 64 };
	struct scene s = make_scene(fd);
	struct drm_rocket_job job = make_job(&s, 0, 1, 11);
	struct rocket_coredump dump;
	int vgem, dmabuf;
	uint32_t handle;

	vgem = drm_open_driver(DRIVER_VGEM);
	do_ioctl(vgem, DRM_IOCTL_MODE_CREATE_DUMB, &create);
	igt_assert_eq(drmPrimeHandleToFD(vgem, create.handle, DRM_CLOEXEC | DRM_RDWR, &dmabuf), 0);
	igt_assert_eq(drmPrimeFDToHandle(fd, dmabuf, &handle), 0);
	rocket_vm_map(fd, 0, handle, 0, task.regcmd, create.size);
	job.tasks = (uintptr_t)&task;
	job.timeout_ms = SHORT;
	igt_assert_eq(rocket_run(fd, &job), -ETIMEDOUT);
	dump = rocket_coredump_take(s.core);
	igt_assert_eq_u32(stream_of(&dump)->entry_count, 0);
	igt_assert_eq_u64(stream_of(&dump)->total, 64);
	igt_assert(rocket_coredump_mapping(&dump, task.regcmd));
	igt_assert_eq_u32(rocket_coredump_mapping(&dump, task.regcmd)->flags &
			  DRM_ROCKET_DUMP_MAPPING_IMPORTED, DRM_ROCKET_DUMP_MAPPING_IMPORTED);
	rocket_coredump_free(&dump);
	close(dmabuf);
	close(vgem);
}

/*
 * Bounds
 */

/* The longest job that there is, and its last task fails. */
static void test_long_job(int fd)
{
	enum { TASKS = 65536 };
	struct scene s = make_scene(fd);
	struct drm_rocket_task *tasks = calloc(TASKS, sizeof(*tasks));
	struct drm_rocket_job job = make_job(&s, 0, 1, 12);
	struct rocket_coredump dump;

	igt_assert(tasks);
	rocket_probe_set(&s.probe, 1, NOWHERE, rocket_probe_result_addr(&s.probe, 1));
	for (unsigned int i = 0; i < TASKS; i++)
		tasks[i] = s.probe.tasks[0];
	tasks[3000] = s.probe.tasks[1];
	/* All different, though never reached. */
	for (unsigned int i = 3001; i < TASKS; i++)
		tasks[i].regcmd_count = i;
	job.tasks = (uintptr_t)tasks;
	job.task_count = TASKS;
	job.timeout_ms = rocket_get_param(fd, DRM_ROCKET_PARAM_MAX_JOB_TIMEOUT_MS);
	igt_assert_eq(rocket_run(fd, &job), -EFAULT);
	dump = rocket_coredump_take(s.core);
	check_job(&dump, &s, &job, 3000, -EFAULT);
	check_tasks(&dump, &job);
	check_stream(&dump, &s, 1);
	rocket_coredump_free(&dump);
	free(tasks);
}

/* Of a stream that is too long, the part that matters. */
static void test_long_stream(int fd)
{
	enum { COMMANDS = 100000, HOLE = 70 * 512 };
	struct scene s = make_scene(fd);
	struct rocket_bo bo = rocket_bo(fd, 200 * ROCKET_PAGE);
	struct drm_rocket_task task = { .regcmd = 0x50000000, .regcmd_count = COMMANDS };
	struct drm_rocket_job job = make_job(&s, 0, 1, 13);
	const struct drm_rocket_dump_section *section;
	uint64_t *stream = (void *)bo.map;
	struct rocket_coredump dump;

	rocket_vm_map_bo(fd, 0, &bo, task.regcmd);
	for (unsigned int i = 0; i < COMMANDS; i++)
		stream[i] = rocket_regcmd(ROCKET_TARGET_CNA, CNA_FEATURE_DATA_ADDR, i);
	job.tasks = (uintptr_t)&task;
	job.timeout_ms = SHORT;

	/* A hang: nothing points into it. */
	igt_assert_eq(rocket_run(fd, &job), -ETIMEDOUT);
	dump = rocket_coredump_take(s.core);
	section = stream_of(&dump);
	igt_assert_eq_u64(section->total, COMMANDS);
	igt_assert_eq_u32(section->first, 0);
	igt_assert(section->entry_count >= 4096 && section->entry_count < COMMANDS);
	igt_assert_eq(memcmp(rocket_coredump_entries(section), stream,
			     section->entry_count * sizeof(*stream)), 0);
	rocket_coredump_free(&dump);

	/* A hole: what came before it. */
	rocket_vm_unmap(fd, 0, task.regcmd + HOLE * sizeof(uint64_t), ROCKET_PAGE);
	igt_assert_eq(rocket_run(fd, &job), -EFAULT);
	dump = rocket_coredump_take(s.core);
	section = stream_of(&dump);
	igt_assert_eq_u64(rocket_coredump_fault(&dump)->addr,
			  task.regcmd + HOLE * sizeof(uint64_t));
	igt_assert_eq_u32(section->first + section->entry_count, HOLE);
	igt_assert(section->entry_count >= 4096);
	igt_assert_eq(memcmp(rocket_coredump_entries(section), stream + section->first,
			     section->entry_count * sizeof(*stream)), 0);
	rocket_coredump_free(&dump);
}

static void check_window(const struct rocket_coredump *dump, uint32_t total, uint64_t around)
{
	const struct drm_rocket_dump_section *section =
		rocket_coredump_section(dump, DRM_ROCKET_DUMP_MAPPINGS, 0);
	const struct drm_rocket_dump_mapping *mappings = rocket_coredump_entries(section);

	igt_assert_eq_u64(section->total, total);
	igt_assert(section->entry_count >= 256 && section->entry_count < total);
	for (uint32_t i = 1; i < section->entry_count; i++)
		igt_assert_eq_u64(mappings[i].addr, mappings[i - 1].addr + 2 * ROCKET_PAGE);
	igt_assert_lt_u64(mappings[0].addr, around);
	igt_assert_lt_u64(around, mappings[section->entry_count - 1].addr + 3 * ROCKET_PAGE);
}

/* Of a VM with very many mappings, those that matter. */
static void test_large_vm(int fd)
{
	enum { COUNT = 2500 };
	struct scene s = make_scene(fd);
	struct drm_rocket_vm_bind_op *ops = calloc(COUNT, sizeof(*ops));
	uint32_t start = 0x40000000;

	igt_assert(ops);
	/* All in one row, every other page, with the probe's and the BO's in it. */
	rocket_vm_unmap(fd, 0, BASE, s.bo.size);
	for (unsigned int i = 0; i < COUNT; i++)
		ops[i] = rocket_op_map(s.bo.handle, 0, start + i * 2 * ROCKET_PAGE, ROCKET_PAGE);
	rocket_vm_bind_ops(fd, 0, ops, COUNT);
	for (unsigned int i = 0; i < 3; i++) {
		static const unsigned int where[] = { COUNT / 2, COUNT - 1, COUNT - 700 };
		uint32_t addr = start + (where[i] * 2 + 1) * ROCKET_PAGE;
		struct rocket_coredump dump;

		fault_at(&s, addr, i);
		dump = rocket_coredump_take(s.core);
		check_window(&dump, COUNT + 1, addr);
		rocket_coredump_free(&dump);
	}
	free(ops);
}

static void test_empty_vm(int fd)
{
	unsigned int core = rocket_nth_core(rocket_core_mask(fd), 0);
	struct drm_rocket_task task = { .regcmd = BASE, .regcmd_count = 10 };
	struct drm_rocket_job job = {
		.tasks = (uintptr_t)&task, .task_count = 1, .task_struct_size = sizeof(task),
		.vm_id = rocket_vm_create(fd), .core_mask = 1u << core,
	};
	struct rocket_coredump dump;

	igt_assert_eq(rocket_run(fd, &job), -EFAULT);
	dump = rocket_coredump_take(core);
	igt_assert_eq_u32(mapping_count(&dump), 0);
	igt_assert_eq_u32(stream_of(&dump)->entry_count, 0);
	igt_assert_eq_u64(rocket_coredump_fault(&dump)->addr, BASE);
	rocket_coredump_free(&dump);
}

/*
 * For whom
 */

static void test_only_root(int fd)
{
	struct scene s = make_scene(fd);
	struct rocket_coredump dump;
	char path[300];
	struct stat st;

	fault_at(&s, NOWHERE, 14);
	dump = rocket_coredump_read(s.core);
	rocket_coredump_free(&dump);
	rocket_coredump_path(s.core, path);
	igt_assert_eq(stat(path, &st), 0);
	igt_assert_eq_u32(st.st_mode & 07777, 0600);
	igt_assert_eq(st.st_uid, 0);
	igt_fork(child, 1) {
		igt_assert_eq(setgroups(0, NULL), 0);
		igt_assert_eq(setresgid(65534, 65534, 65534), 0);
		igt_assert_eq(setresuid(65534, 65534, 65534), 0);
		igt_assert_eq(open(path, O_RDONLY), -1);
		igt_assert_eq(errno, EACCES);
		igt_assert_eq(open(path, O_WRONLY), -1);
		igt_assert_eq(errno, EACCES);
	}
	igt_waitchildren();
	rocket_coredump_discard(s.core);
}

static bool contains(const struct rocket_coredump *dump, const void *what, size_t length)
{
	return memmem(dump->data, dump->size, what, length);
}

/* Another client runs on the same core, before and after, and is not in it. */
static void test_own_data(int fd)
{
	const uint64_t mark = 0x5ec7e75ec7e75ec7;
	const uint32_t addr = 0x7a7b0000;
	int other_fd = rocket_open();
	struct scene s = make_scene(fd);
	struct scene other = make_scene_on(other_fd, 0, s.core);
	struct drm_rocket_job job = make_job(&other, 0, 1, mark);
	struct rocket_coredump dump;

	rocket_vm_map_bo(other_fd, 0, &other.bo, addr);
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		rocket_probe_set(&other.probe, slot, addr,
				 rocket_probe_result_addr(&other.probe, slot));
	/* So that it has been in both groups of registers. */
	for (unsigned int i = 0; i < 3; i++)
		igt_assert_eq(rocket_run(other_fd, &job), 0);
	fault_at(&s, NOWHERE, 15);
	igt_assert_eq(rocket_run(other_fd, &job), 0);
	dump = rocket_coredump_take(s.core);
	igt_assert_eq_u64(rocket_coredump_job(&dump)->user_data, 15);
	igt_assert(contains(&dump, &s.bo.offset, sizeof(s.bo.offset)));
	igt_assert(!contains(&dump, &mark, sizeof(mark)));
	igt_assert(!contains(&dump, &other.bo.offset, sizeof(other.bo.offset)));
	igt_assert(!contains(&dump, &addr, sizeof(addr)));
	/* Nor is any of the data, of either. */
	for (unsigned int page = 0; page < PAGES; page++)
		igt_assert(!contains(&dump, s.bo.map + page * ROCKET_PAGE, ROCKET_PATTERN));
	rocket_coredump_free(&dump);
	close(other_fd);
}

/*
 * How often, how long
 */

/* The dump that comes is of this job and no earlier one. */
static void expect_dump_of(struct scene *s, uint64_t user_data)
{
	struct rocket_coredump dump = rocket_coredump_take(s->core);

	igt_assert_eq_u64(rocket_coredump_job(&dump)->user_data, user_data);
	rocket_coredump_free(&dump);
}

static void test_healthy(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_job job = make_job(&s, 0, SLOTS, 16);

	for (unsigned int i = 0; i < 20; i++)
		igt_assert_eq(rocket_run(fd, &job), 0);
	/* Dumps of a core come in the order of its jobs. */
	fault_at(&s, NOWHERE, 17);
	expect_dump_of(&s, 17);
}

static void test_rate_limit(int fd)
{
	struct scene s = make_scene(fd);

	rocket_coredump_set_interval(HOUR);
	fault_at(&s, NOWHERE, 18);
	expect_dump_of(&s, 18);
	for (unsigned int i = 0; i < 20; i++)
		fault_at(&s, NOWHERE, 19);
	rocket_coredump_set_interval(0);
	fault_at(&s, NOWHERE, 20);
	expect_dump_of(&s, 20);
}

/* The limit is the device's: another core does not help. */
static void test_rate_limit_cores(int fd)
{
	uint32_t mask = rocket_core_mask(fd);
	struct scene s[2];

	igt_require_f(__builtin_popcount(mask) > 1, "a single core\n");
	for (unsigned int i = 0; i < 2; i++)
		s[i] = make_scene_on(fd, rocket_vm_create(fd), rocket_nth_core(mask, i));
	rocket_coredump_set_interval(HOUR);
	fault_at(&s[0], NOWHERE, 21);
	expect_dump_of(&s[0], 21);
	fault_at(&s[1], NOWHERE, 22);
	rocket_coredump_set_interval(0);
	fault_at(&s[1], NOWHERE, 23);
	expect_dump_of(&s[1], 23);
}

static void test_one_at_a_time(int fd)
{
	struct scene s = make_scene(fd);
	struct rocket_coredump dump;

	fault_at(&s, NOWHERE, 24);
	dump = rocket_coredump_read(s.core);
	rocket_coredump_free(&dump);
	/* The first is the one that matters: it stays until it has been read. */
	for (unsigned int i = 0; i < 20; i++)
		fault_at(&s, NOWHERE, 25);
	expect_dump_of(&s, 24);
}

static void test_all_cores(int fd)
{
	uint32_t mask = rocket_core_mask(fd);
	unsigned int cores = __builtin_popcount(mask);
	struct scene s[ROCKET_MAX_CORES];
	uint32_t done[ROCKET_MAX_CORES];

	for (unsigned int i = 0; i < cores; i++) {
		s[i] = make_scene_on(fd, rocket_vm_create(fd), rocket_nth_core(mask, i));
		s[i].probe.cores = 1u << s[i].core;
		rocket_probe_set(&s[i].probe, 0, NOWHERE + i * ROCKET_PAGE,
				 rocket_probe_result_addr(&s[i].probe, 0));
	}
	for (unsigned int round = 0; round < 10; round++) {
		for (unsigned int i = 0; i < cores; i++)
			done[i] = rocket_probe_repeat(&s[i].probe, 0, 1);
		for (unsigned int i = 0; i < cores; i++)
			igt_assert_eq(rocket_syncobj_status(fd, done[i]), -EFAULT);
		for (unsigned int i = 0; i < cores; i++) {
			struct rocket_coredump dump = rocket_coredump_take(s[i].core);

			check_header(&dump, &s[i]);
			igt_assert_eq_u32(rocket_coredump_job(&dump)->vm_id, s[i].vm);
			igt_assert_eq_u64(rocket_coredump_fault(&dump)->addr,
					  NOWHERE + i * ROCKET_PAGE);
			rocket_coredump_free(&dump);
		}
	}
}

/* The VM is being changed all the while: the recovery waits for nobody. */
static void test_binding(int fd)
{
	enum { OPS = 4000, ROUNDS = 100, ENOUGH = 3 };
	struct scene s = make_scene(fd);
	struct igt_helper_process binder = { .use_SIGKILL = true };
	unsigned int busy = 0, idle = 0;

	igt_fork_helper(&binder) {
		struct drm_rocket_vm_bind_op *ops = calloc(OPS, sizeof(*ops));

		igt_assert(ops);
		for (unsigned int i = 0; i < OPS; i++)
			ops[i] = rocket_op_map(s.bo.handle, 0, 0x40000000 + i % 16 * ROCKET_PAGE,
					       ROCKET_PAGE);
		for (;;)
			rocket_vm_bind_ops(fd, 0, ops, OPS);
	}
	/* Until both has been seen. */
	for (unsigned int round = 0; round < ROUNDS && (busy < ENOUGH || idle < ENOUGH); round++) {
		struct rocket_coredump dump;
		bool has_vm;

		fault_at(&s, NOWHERE, round);
		dump = rocket_coredump_take(s.core);
		igt_assert_eq_u64(rocket_coredump_job(&dump)->user_data, round);
		has_vm = rocket_coredump_section(&dump, DRM_ROCKET_DUMP_MAPPINGS, 0);
		if (rocket_coredump_header(&dump)->flags & DRM_ROCKET_DUMP_VM_BUSY) {
			igt_assert(!has_vm);
			igt_assert(!rocket_coredump_section(&dump, DRM_ROCKET_DUMP_STREAM, 0));
			busy++;
		} else {
			igt_assert(has_vm);
			check_stream(&dump, &s, 0);
			idle++;
		}
		rocket_coredump_free(&dump);
	}
	igt_stop_helper(&binder);
	igt_info("%u dumps found the VM busy, %u did not\n", busy, idle);
	igt_assert_lt(0, busy);
	/* And now it is not any more. */
	fault_at(&s, NOWHERE, 26);
	expect_dump_of(&s, 26);
}

/*
 * What it outlives
 */

static void test_client_gone(int fd)
{
	unsigned int core = rocket_nth_core(rocket_core_mask(fd), 0);
	struct rocket_coredump dump;
	pid_t pid = fork();
	int status;

	igt_assert(pid >= 0);
	if (!pid) {
		struct scene s;

		prctl(PR_SET_NAME, "short-lived");
		s = make_scene_on(rocket_open(), 0, core);
		fault_at(&s, NOWHERE, 27);
		_exit(0);
	}
	igt_assert_eq(waitpid(pid, &status, 0), pid);
	igt_assert(WIFEXITED(status) && !WEXITSTATUS(status));
	dump = rocket_coredump_take(core);
	igt_assert_eq_u64(rocket_coredump_job(&dump)->user_data, 27);
	igt_assert_eq_u32(rocket_coredump_job(&dump)->pid, pid);
	igt_assert(!strcmp(rocket_coredump_job(&dump)->comm, "short-lived"));
	igt_assert_eq_u32(mapping_count(&dump), 2);
	rocket_coredump_free(&dump);
}

static void leave_scene(struct scene *s)
{
	munmap(s->bo.map, s->bo.size);
	munmap(s->probe.bo.map, s->probe.bo.size);
}

/* As before, with a dump that waits to be read. */
static void expect_still_there(unsigned int core, uint64_t user_data)
{
	struct rocket_coredump dump = rocket_coredump_read(core);

	igt_assert_eq_u64(rocket_coredump_job(&dump)->user_data, user_data);
	rocket_coredump_free(&dump);
}

static void expect_next(unsigned int core, uint64_t user_data)
{
	int fd = rocket_open();
	struct scene s = make_scene_on(fd, 0, core);

	fault_at(&s, NOWHERE, user_data);
	expect_dump_of(&s, user_data);
	leave_scene(&s);
	close(fd);
}

static void test_unbind(int fd)
{
	struct scene s = make_scene(fd);
	unsigned int core = s.core;

	/* At once: it may still be on its way. */
	fault_at(&s, NOWHERE, 28);
	rocket_sysfs_unbind(core);
	igt_assert(rocket_coredump_pending(core));
	expect_still_there(core, 28);
	rocket_sysfs_bind(core);
	expect_still_there(core, 28);
	rocket_coredump_discard(core);
	expect_next(core, 29);
}

/* A job that ends because its core goes did not fail: there is nothing to see. */
static void test_unbind_running(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_job job;
	int done;

	rocket_probe_set_hang(&s.probe, 0);
	rocket_probe_clear_result(&s.probe, 1);
	/* Behind a task that shows that the job runs. */
	s.probe.tasks[2] = s.probe.tasks[0];
	job = make_job(&s, 1, 2, 30);
	job.timeout_ms = rocket_get_param(fd, DRM_ROCKET_PARAM_MAX_JOB_TIMEOUT_MS);
	/* With the only core of an RK3576 the device goes, and its syncobjs. */
	done = rocket_fence_file(fd, rocket_start(fd, &job));
	rocket_probe_await_result(&s.probe, 1, SEED);
	rocket_sysfs_unbind(s.core);
	igt_assert_eq(rocket_fence_status(done), -ENODEV);
	close(done);
	/* Being unbound waits for a dump that is on its way. */
	igt_assert(!rocket_coredump_pending(s.core));
	rocket_sysfs_bind(s.core);
	expect_next(s.core, 31);
}

static void test_unload(int fd)
{
	unsigned int core = rocket_nth_core(rocket_core_mask(fd), 0);
	struct scene s = make_scene(fd);

	igt_require_f(!access("/sys/module/rocket/initstate", F_OK), "rocket is built in\n");
	igt_require_f(!system("modprobe -D rocket >/dev/null 2>&1"),
		      "modprobe does not find rocket\n");
	fault_at(&s, NOWHERE, 32);
	leave_scene(&s);
	close(fd);
	igt_assert_eq(syscall(SYS_delete_module, "rocket", O_NONBLOCK), 0);
	/* Nobody is left but the dump. */
	expect_still_there(core, 32);
	igt_assert_eq(system("modprobe rocket"), 0);
	expect_still_there(core, 32);
	rocket_coredump_discard(core);
	rocket_coredump_set_interval(0);
	expect_next(core, 33);
}

/* The same, but the dump goes while there is no driver. */
static void test_unload_discard(int fd)
{
	unsigned int core = rocket_nth_core(rocket_core_mask(fd), 0);
	struct scene s = make_scene(fd);

	igt_require_f(!access("/sys/module/rocket/initstate", F_OK), "rocket is built in\n");
	igt_require_f(!system("modprobe -D rocket >/dev/null 2>&1"),
		      "modprobe does not find rocket\n");
	fault_at(&s, NOWHERE, 34);
	leave_scene(&s);
	close(fd);
	igt_assert_eq(syscall(SYS_delete_module, "rocket", O_NONBLOCK), 0);
	expect_still_there(core, 34);
	rocket_coredump_discard(core);
	igt_assert_eq(system("modprobe rocket"), 0);
	rocket_coredump_set_interval(0);
	expect_next(core, 35);
}

/* What a test gets: no dump is there, and there is no limit. */
static void run(void (*test)(int fd))
{
	int fd = rocket_open();

	rocket_board_quiet();
	rocket_coredump_set_interval(0);
	rocket_coredump_discard_all();
	test(fd);
	rocket_coredump_discard_all();
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd);
		const char *what;
	} tests[] = {
		/* First: in IGT, what other subtests have mapped keeps the module busy. */
		{ "unload", test_unload, "It outlives the module" },
		{ "unload-discard", test_unload_discard, "It can go while there is no module" },
		{ "fault-read", test_fault_read,
		  "A read that faults, on each core: fault, registers, job, stream, mappings" },
		{ "fault-write", test_fault_write,
		  "A write to what is read-only: the map tells why it faulted" },
		{ "fault-fetch", test_fault_fetch,
		  "A stream that is not all mapped is in the dump up to there" },
		{ "fault-chain", test_fault_chain,
		  "A fault in the middle of a chain: the tasks say how many each runs" },
		{ "hang", test_hang, "A job that times out" },
		{ "hang-start", test_hang_start, "A job that the hardware never begins" },
		{ "create-bo", test_create_bo, "The stream of a client of mainline's interface" },
		{ "private-bo", test_private_bo, "A BO that belongs to the VM" },
		{ "imported-bo", test_imported_bo, "Another driver's memory is not looked into" },
		{ "long-job", test_long_job, "All tasks of the longest job are there" },
		{ "long-stream", test_long_stream,
		  "Of a long stream, the part that matters is there" },
		{ "large-vm", test_large_vm,
		  "Of very many mappings, those around the fault are there" },
		{ "empty-vm", test_empty_vm, "A job in a VM where nothing is mapped" },
		{ "only-root", test_only_root, "Nobody but root can read a dump or discard it" },
		{ "own-data", test_own_data, "Nothing of another client is in it, and no data" },
		{ "healthy", test_healthy, "Jobs that do not fail leave none" },
		{ "rate-limit", test_rate_limit, "None is taken before it is time" },
		{ "rate-limit-cores", test_rate_limit_cores, "The limit is one for all cores" },
		{ "one-at-a-time", test_one_at_a_time,
		  "The first of a core stays until it has been read" },
		{ "all-cores", test_all_cores, "Cores that fail at once leave one each" },
		{ "binding", test_binding, "A VM that is busy holds up nothing" },
		{ "client-gone", test_client_gone, "It outlives its client, and names it" },
		{ "unbind", test_unbind, "It outlives the core" },
		{ "unbind-running", test_unbind_running, "A job that is unbound leaves none" },
	};
	/* Not lost when a fixture is left early. */
	static unsigned int interval;

	igt_fixture {
		close(rocket_open());
		rocket_require_coredump();
		interval = rocket_coredump_interval();
	}

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			run(tests[i].test);
	}

	igt_fixture {
		rocket_coredump_set_interval(interval);
		rocket_sysfs_bring_back();
	}
}
