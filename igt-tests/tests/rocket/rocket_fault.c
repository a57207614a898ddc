// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_job.h"
#include "igt_rocket_layer.h"

IGT_TEST_DESCRIPTION("A page fault ends its job, and says what it was");

#define PROBE_ADDR	0x10000000u
#define LAYER_ADDR	0x20000000u
#define BASE		0x30000000u
/* Nothing is ever mapped there. */
#define HOLE		0x90000000u
/* A time-out that no job here needs, whatever the host is doing */
#define LONG_MS		10000u
#define SHORT_MS	50u
#define SLOTS		4u
#define PAGES		4u
#define SEED		0x1000u
#define TAG		UINT64_C(0xfa017000fa017001)
/* Records that a VM keeps, see struct drm_rocket_vm_query. */
#define RECORDS		32u

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * UINT64_C(1000000000) + time.tv_nsec;
}

/*
 * Runs a job on a core and asserts that it faults within the range, with an exact
 * record of it.
 */
static void expect_fault(int fd, struct drm_rocket_job job, unsigned int core,
			 uint32_t addr, uint32_t size, bool write)
{
	struct drm_rocket_vm_fault fault, more;
	uint64_t before = now();

	job.core_mask = 1u << core;
	job.user_data = TAG + core;
	job.timeout_ms = LONG_MS;
	igt_assert_eq(rocket_run(fd, &job), -EFAULT);
	igt_assert(rocket_vm_take_fault(fd, job.vm_id, &fault));
	igt_assert_f(fault.addr >= addr && fault.addr - addr < size,
		     "core %u: the fault is recorded at %#llx, expected it in %#x + %#x\n",
		     core, (unsigned long long)fault.addr, addr, size);
	igt_assert_eq_u32(fault.flags, write ? DRM_ROCKET_VM_FAULT_WRITE : 0);
	igt_assert_eq_u32(fault.core, core);
	igt_assert_eq_u64(fault.user_data, TAG + core);
	igt_assert_lte_u64(before, fault.time_ns);
	igt_assert_lte_u64(fault.time_ns, now());
	/* However often the access was replayed, it was one fault. */
	igt_assert(!rocket_vm_take_fault(fd, job.vm_id, &more));
}

struct scene {
	int fd;
	struct rocket_probe probe;
	struct rocket_bo bo;
};

/* A VM with PAGES pages at BASE, then a hole. */
static struct scene make_scene(int fd)
{
	struct scene s = { .fd = fd, .bo = rocket_bo(fd, PAGES * ROCKET_PAGE) };

	rocket_probe_init(&s.probe, fd, 0, PROBE_ADDR, SLOTS);
	rocket_bo_fill(&s.bo, SEED);
	rocket_vm_map_bo(fd, 0, &s.bo, BASE);
	return s;
}

static struct drm_rocket_job copy_job(struct scene *s, unsigned int slot, uint32_t from,
				      uint32_t to)
{
	struct drm_rocket_job job;

	rocket_probe_set(&s->probe, slot, from, to);
	job = rocket_probe_job(&s->probe, slot, 1);
	job.timeout_ms = LONG_MS;
	return job;
}

static uint32_t result_addr(struct scene *s)
{
	return rocket_probe_result_addr(&s->probe, 0);
}

static void expect_works(struct scene *s, unsigned int core)
{
	struct drm_rocket_job job = copy_job(s, 0, BASE, result_addr(s));

	job.core_mask = 1u << core;
	rocket_probe_clear_result(&s->probe, 0);
	igt_assert_eq(rocket_run(s->fd, &job), 0);
	igt_assert(rocket_is_pattern((void *)rocket_probe_result(&s->probe, 0), SEED));
}

/*
 * Kinds of access, on each core
 */

static void test_read(int fd)
{
	struct scene s = make_scene(fd);

	for (uint32_t left = rocket_core_mask(fd); left; left &= left - 1) {
		expect_fault(fd, copy_job(&s, 0, HOLE, result_addr(&s)), __builtin_ctz(left),
			     HOLE, ROCKET_PATTERN, false);
		expect_works(&s, __builtin_ctz(left));
	}
}

static void test_write(int fd)
{
	struct scene s = make_scene(fd);

	for (uint32_t left = rocket_core_mask(fd); left; left &= left - 1) {
		expect_fault(fd, copy_job(&s, 0, BASE, HOLE), __builtin_ctz(left),
			     HOLE, ROCKET_PROBE_WRITES, true);
		expect_works(&s, __builtin_ctz(left));
	}
}

static void test_read_only(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_vm_bind_op op = rocket_op_map_ro(s.bo.handle, 0, BASE, s.bo.size);

	rocket_vm_bind_ops(fd, 0, &op, 1);
	for (uint32_t left = rocket_core_mask(fd); left; left &= left - 1) {
		uint32_t to = BASE + ROCKET_PAGE;

		expect_fault(fd, copy_job(&s, 0, BASE, to), __builtin_ctz(left),
			     to, ROCKET_PROBE_WRITES, true);
		igt_assert(rocket_is_pattern(s.bo.map + ROCKET_PAGE, SEED + 1));
		/* To be read it is there. */
		expect_works(&s, __builtin_ctz(left));
	}
}

/*
 * What ends with the last byte of a mapped page is fine, what goes beyond faults
 * at the first byte of the next.
 */
static void test_last_byte(int fd)
{
	const uint32_t end = BASE + PAGES * ROCKET_PAGE, step = 16;
	struct scene s = make_scene(fd);

	for (uint32_t left = rocket_core_mask(fd); left; left &= left - 1) {
		unsigned int core = __builtin_ctz(left);
		struct drm_rocket_job job;

		job = copy_job(&s, 0, end - ROCKET_PATTERN, result_addr(&s));
		job.core_mask = 1u << core;
		igt_assert_eq(rocket_run(fd, &job), 0);
		expect_fault(fd, copy_job(&s, 0, end - ROCKET_PATTERN + step, result_addr(&s)),
			     core, end, 1, false);

		job = copy_job(&s, 0, BASE, end - ROCKET_PROBE_WRITES);
		job.core_mask = 1u << core;
		igt_assert_eq(rocket_run(fd, &job), 0);
		expect_fault(fd, copy_job(&s, 0, BASE, end - ROCKET_PATTERN + step),
			     core, end, 1, true);
	}
}

/* The same for the program controller: a stream half of which is mapped. */
static void test_last_byte_stream(int fd)
{
	const uint32_t end = BASE + PAGES * ROCKET_PAGE;
	struct scene s = make_scene(fd);
	struct drm_rocket_job job = copy_job(&s, 0, BASE, result_addr(&s));
	struct drm_rocket_task task = s.probe.tasks[0];
	const uint8_t *stream = s.probe.bo.map + task.regcmd - PROBE_ADDR;
	uint8_t *last = s.bo.map + (PAGES - 1) * ROCKET_PAGE;

	job.tasks = (uintptr_t)&task;
	for (uint32_t left = rocket_core_mask(fd); left; left &= left - 1) {
		unsigned int core = __builtin_ctz(left);

		task.regcmd = end - ROCKET_PROBE_STREAM_BYTES;
		memcpy(last + ROCKET_PAGE - ROCKET_PROBE_STREAM_BYTES, stream,
		       ROCKET_PROBE_STREAM_BYTES);
		job.core_mask = 1u << core;
		igt_assert_eq(rocket_run(fd, &job), 0);

		task.regcmd = end - ROCKET_PROBE_STREAM_BYTES / 2;
		memcpy(last + ROCKET_PAGE - ROCKET_PROBE_STREAM_BYTES / 2, stream,
		       ROCKET_PROBE_STREAM_BYTES / 2);
		expect_fault(fd, job, core, end, 1, false);
	}
}

/*
 * Paths of the hardware to memory
 */

/* All parts, all features of the pipeline that the stream builder knows. */
static struct rocket_conv shape(void)
{
	struct rocket_conv c = rocket_layer_shape(12, 10, 32, 48, 3, 1, 1);

	c.add = true;
	return c;
}

static void map_part(struct rocket_layer *layer, enum rocket_layer_part part)
{
	rocket_vm_map(layer->fd, layer->vm, layer->bo.handle, layer->at[part],
		      rocket_layer_addr(layer, part), layer->size[part]);
}

static void unmap_part(struct rocket_layer *layer, enum rocket_layer_part part)
{
	rocket_vm_unmap(layer->fd, layer->vm, rocket_layer_addr(layer, part), layer->size[part]);
}

/* One part of a layer is taken away, then put back. */
static void without_part(int fd, enum rocket_layer_part part)
{
	struct rocket_conv c = shape();
	struct rocket_layer layer;

	rocket_layer_init(&layer, fd, 0, LAYER_ADDR, &c, SEED, NULL, 0);
	igt_require_f(layer.size[part], "nobody has written this part's streams for this SoC\n");
	for (uint32_t left = rocket_core_mask(fd); left; left &= left - 1) {
		unsigned int core = __builtin_ctz(left);

		rocket_layer_check(&layer, 1u << core);
		unmap_part(&layer, part);
		expect_fault(fd, rocket_layer_job(&layer), core, rocket_layer_addr(&layer, part),
			     layer.size[part], part == ROCKET_LAYER_OUTPUT);
		map_part(&layer, part);
		rocket_layer_check(&layer, 1u << core);
	}
	rocket_layer_fini(&layer);
}

static void test_stream(int fd)
{
	without_part(fd, ROCKET_LAYER_STREAM);
}

static void test_features(int fd)
{
	without_part(fd, ROCKET_LAYER_INPUT);
}

static void test_weights(int fd)
{
	without_part(fd, ROCKET_LAYER_WEIGHTS);
}

static void test_bias(int fd)
{
	without_part(fd, ROCKET_LAYER_BIAS);
}

static void test_operand(int fd)
{
	without_part(fd, ROCKET_LAYER_ADD);
}

static void test_output(int fd)
{
	without_part(fd, ROCKET_LAYER_OUTPUT);
}

/* PC_TASK_CON as the driver writes it, but with two tasks. */
#define TASK_CON		0x30
#define TASK_CON_TWO_TASKS	0x7002
#define TASK_CON_TWO_TASKS_RK3576	0x70002

/*
 * Lets the first layer's stream go on with the second's.  The driver starts one
 * task at a time, but a stream may say otherwise by itself.
 */
static void chain(struct rocket_layer *first, const struct rocket_layer *second)
{
	uint64_t stream[ROCKET_SOC_ENTRIES + 2] = {
		rocket_regcmd(ROCKET_TARGET_PC, TASK_CON,
			      first->rk3576 ? TASK_CON_TWO_TASKS_RK3576 : TASK_CON_TWO_TASKS),
	};
	struct rocket_conv_task task;
	unsigned int entries;

	igt_assert_eq(rocket_conv_split(&first->conv, &task, 1, 0), 1);
	task.next_addr = second->tasks[0].regcmd;
	entries = 2 + rocket_soc_emit(first->rk3576, &first->conv, &task, stream + 2);
	memcpy(first->bo.map + first->at[ROCKET_LAYER_STREAM], stream, entries * sizeof(*stream));
	first->tasks[0].regcmd_count = entries;
}

static void test_chained_stream(int fd)
{
	struct rocket_conv c = shape();
	struct rocket_layer layers[2];

	rocket_layer_init(&layers[0], fd, 0, LAYER_ADDR, &c, SEED, NULL, 0);
	rocket_layer_init(&layers[1], fd, 0, LAYER_ADDR + rocket_layer_bytes(&layers[0]), &c,
			  SEED + 1, NULL, 0);
	igt_assert_eq(layers[0].task_count, 1);
	chain(&layers[0], &layers[1]);
	for (uint32_t left = rocket_core_mask(fd); left; left &= left - 1) {
		unsigned int core = __builtin_ctz(left);

		rocket_layer_clear(&layers[1]);
		rocket_layer_check(&layers[0], 1u << core);
		igt_assert(rocket_layer_is_exact(&layers[1]));
		unmap_part(&layers[1], ROCKET_LAYER_STREAM);
		expect_fault(fd, rocket_layer_job(&layers[0]), core,
			     rocket_layer_addr(&layers[1], ROCKET_LAYER_STREAM),
			     layers[1].size[ROCKET_LAYER_STREAM], false);
		map_part(&layers[1], ROCKET_LAYER_STREAM);
	}
	rocket_layer_check(&layers[1], 0);
}

/*
 * Who is told, and what
 */

static void set_syncs(struct drm_rocket_job *job, const struct drm_rocket_sync *in,
		      const struct drm_rocket_sync *out)
{
	job->in_syncs = (uintptr_t)in;
	job->in_sync_count = !!in;
	job->out_syncs = (uintptr_t)out;
	job->out_sync_count = !!out;
	job->sync_struct_size = sizeof(*in);
}

/* What a sync file says once it is signalled. */
static int sync_file_status(int file)
{
	struct sync_fence_info fence = { 0 };
	struct sync_file_info info = { .num_fences = 1, .sync_fence_info = (uintptr_t)&fence };

	igt_assert_eq(poll(&(struct pollfd){ .fd = file, .events = POLLIN }, 1, 60000), 1);
	do_ioctl(file, SYNC_IOC_FILE_INFO, &info);
	igt_assert_eq(fence.status, info.status);
	close(file);
	return info.status;
}

static int bo_fence(int fd, const struct rocket_bo *bo)
{
	struct dma_buf_export_sync_file export = { .flags = DMA_BUF_SYNC_READ };
	int dmabuf;

	igt_assert_eq(drmPrimeHandleToFD(fd, bo->handle, DRM_CLOEXEC, &dmabuf), 0);
	do_ioctl(dmabuf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &export);
	close(dmabuf);
	return export.fd;
}

static void test_fence_status(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_job job = copy_job(&s, 0, HOLE, result_addr(&s));
	struct drm_rocket_sync in, out[2] = {
		rocket_sync(rocket_syncobj(fd), 0), rocket_sync(rocket_syncobj(fd), 7),
	};
	struct rocket_blocker blocker;
	uint32_t passed;
	int file[2];

	rocket_blocker_init(&blocker, fd);
	in = rocket_sync(blocker.syncobj, 0);
	set_syncs(&job, &in, out);
	job.out_sync_count = 2;
	job.out_bo_handles = (uintptr_t)&s.bo.handle;
	job.out_bo_handle_count = 1;
	rocket_submit(fd, &job, 1);
	/* Exported before the fault happens, and from a buffer that the job writes. */
	igt_assert_eq(drmSyncobjExportSyncFile(fd, out[0].handle, &file[0]), 0);
	file[1] = bo_fence(fd, &s.bo);
	rocket_blocker_release(&blocker);
	igt_assert_eq(sync_file_status(file[0]), -EFAULT);
	igt_assert_eq(sync_file_status(file[1]), -EFAULT);

	/* After it, through a syncobj, a timeline, and a syncobj of somebody else. */
	igt_assert_eq(rocket_syncobj_status(fd, out[0].handle), -EFAULT);
	passed = rocket_syncobj(fd);
	igt_assert_eq(drmSyncobjTransfer(fd, passed, 0, out[1].handle, 7, 0), 0);
	igt_assert_eq(drmSyncobjExportSyncFile(fd, passed, &file[0]), 0);
	igt_assert_eq(sync_file_status(file[0]), -EFAULT);
	igt_assert_eq(drmSyncobjExportSyncFile(fd, out[0].handle, &file[0]), 0);
	passed = rocket_syncobj(fd);
	igt_assert_eq(drmSyncobjImportSyncFile(fd, passed, file[0]), 0);
	close(file[0]);
	igt_assert_eq(rocket_syncobj_status(fd, passed), -EFAULT);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).faults_total, 1);
	rocket_prep_bo(fd, s.bo.handle);
	rocket_blocker_fini(&blocker);
}

/* Each VM has its own log, in the order of its faults. */
static void test_record(int fd)
{
	struct rocket_probe probes[3];
	uint32_t vms[3] = { 0, rocket_vm_create(fd), rocket_vm_create(fd) };
	uint64_t last = now();

	for (unsigned int i = 0; i < 3; i++)
		rocket_probe_init(&probes[i], fd, vms[i], PROBE_ADDR, SLOTS);
	for (unsigned int round = 0; round < 4; round++) {
		/* VM 2 never faults. */
		for (unsigned int i = 0; i < 2; i++) {
			uint32_t addr = HOLE + (round * 2 + i) * 16;
			struct drm_rocket_job job;

			rocket_probe_set(&probes[i], 0, addr,
					 rocket_probe_result_addr(&probes[i], 0));
			job = rocket_probe_job(&probes[i], 0, 1);
			job.user_data = ~(uint64_t)addr;
			job.timeout_ms = LONG_MS;
			igt_assert_eq(rocket_run(fd, &job), -EFAULT);
		}
	}
	for (unsigned int i = 0; i < 2; i++)
		igt_assert_eq_u64(rocket_vm_query(fd, vms[i]).faults_total, 4);
	igt_assert_eq_u64(rocket_vm_query(fd, vms[2]).faults_total, 0);
	for (unsigned int round = 0; round < 4; round++) {
		for (unsigned int i = 0; i < 2; i++) {
			uint32_t addr = HOLE + (round * 2 + i) * 16;
			struct drm_rocket_vm_fault fault;

			igt_assert(rocket_vm_take_fault(fd, vms[i], &fault));
			igt_assert_eq_u64(fault.addr, addr);
			igt_assert_eq_u64(fault.user_data, ~(uint64_t)addr);
			igt_assert_eq_u32(fault.flags, 0);
			igt_assert_lt_u64(last, fault.time_ns);
			last = fault.time_ns;
		}
	}
}

/* A reader whose page userspace has not brought yet. */
struct slow_reader {
	pthread_t thread;
	struct drm_rocket_vm_query query;
	int fd, ret;
	sem_t done;
};

static void *read_slowly(void *data)
{
	struct slow_reader *reader = data;

	reader->ret = __rocket_vm_query(reader->fd, &reader->query);
	sem_post(&reader->done);
	return NULL;
}

static bool is_done(struct slow_reader *reader)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 20;
	return !sem_timedwait(&reader->done, &until);
}

static void start_reader(struct slow_reader *reader, int fd, void *to)
{
	reader->fd = fd;
	reader->query = (struct drm_rocket_vm_query){
		.flags = DRM_ROCKET_VM_QUERY_CLEAR,
		.faults = (uintptr_t)to,
		.fault_count = RECORDS,
		.fault_struct_size = sizeof(struct drm_rocket_vm_fault),
	};
	igt_assert_eq(sem_init(&reader->done, 0, 0), 0);
	igt_assert_eq(pthread_create(&reader->thread, NULL, read_slowly, reader), 0);
}

/* A page that is brought when the test says so, and who says it. */
static void *make_absent_page(int *uffd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	void *page = mmap(NULL, ROCKET_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	igt_assert(page != MAP_FAILED);
	*uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	igt_require_f(*uffd >= 0, "a kernel without userfaultfd, or not root\n");
	igt_assert_eq(ioctl(*uffd, UFFDIO_API, &api), 0);
	reg.range.start = (uintptr_t)page;
	reg.range.len = ROCKET_PAGE;
	igt_assert_eq(ioctl(*uffd, UFFDIO_REGISTER, &reg), 0);
	return page;
}

static void await_absent(int uffd)
{
	struct pollfd wait = { .fd = uffd, .events = POLLIN };

	/* Only a file that does not block can be waited for: others say POLLERR. */
	igt_assert_eq(poll(&wait, 1, 20000), 1);
	igt_assert_eq(wait.revents, POLLIN);
}

static void bring(int uffd, void *page)
{
	struct uffdio_zeropage zero = {
		.range = { .start = (uintptr_t)page, .len = ROCKET_PAGE },
	};

	igt_assert_eq(ioctl(uffd, UFFDIO_ZEROPAGE, &zero), 0);
}

static void test_record_stuck(int fd)
{
	struct drm_rocket_vm_fault records[RECORDS], *late;
	struct scene s = make_scene(fd);
	struct slow_reader stuck, quick;
	struct drm_rocket_vm_fault fault;
	struct drm_rocket_job job;
	int uffd;

	late = make_absent_page(&uffd);
	for (unsigned int i = 0; i < 3; i++) {
		job = copy_job(&s, 0, HOLE + i * ROCKET_PAGE, result_addr(&s));
		igt_assert_eq(rocket_run(fd, &job), -EFAULT);
	}
	start_reader(&stuck, fd, late);
	await_absent(uffd);

	/* All that others do with the file goes on. */
	start_reader(&quick, fd, records);
	igt_assert(is_done(&quick));
	igt_assert_eq(quick.ret, 0);
	igt_assert_eq_u32(quick.query.fault_count, 3);

	/* Since then there is one that the first has not seen, and must not remove. */
	job = copy_job(&s, 0, HOLE, result_addr(&s));
	igt_assert_eq(rocket_run(fd, &job), -EFAULT);
	bring(uffd, late);
	igt_assert(is_done(&stuck));
	igt_assert_eq(stuck.ret, 0);
	for (unsigned int i = 0; i < 3; i++) {
		igt_assert_eq_u64(records[i].addr, HOLE + i * ROCKET_PAGE);
		igt_assert_eq_u64(late[i].addr, HOLE + i * ROCKET_PAGE);
	}
	igt_assert_eq_u32(stuck.query.fault_count, 3);
	igt_assert_eq_u32(rocket_vm_query(fd, 0).fault_count, 1);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).faults_total, 4);
	igt_assert(rocket_vm_take_fault(fd, 0, &fault));
	igt_assert_eq_u64(fault.addr, HOLE);
	pthread_join(stuck.thread, NULL);
	pthread_join(quick.thread, NULL);
	close(uffd);
}

static void test_overflow(int fd)
{
	enum { FAULTS = RECORDS + 9 };
	struct scene s = make_scene(fd);
	struct drm_rocket_vm_query query;
	struct drm_rocket_vm_fault fault;

	for (unsigned int i = 0; i < FAULTS; i++) {
		struct drm_rocket_job job = copy_job(&s, 0, HOLE + i * ROCKET_PAGE,
						     result_addr(&s));

		igt_assert_eq(rocket_run(fd, &job), -EFAULT);
	}
	query = rocket_vm_query(fd, 0);
	igt_assert_eq_u64(query.faults_total, FAULTS);
	igt_assert_eq_u32(query.fault_count, RECORDS);
	igt_assert_eq_u64(query.faults_dropped, FAULTS - RECORDS);

	/* What is kept is what came first: later ones often follow from it. */
	for (unsigned int i = 0; i < RECORDS; i++) {
		igt_assert(rocket_vm_take_fault(fd, 0, &fault));
		igt_assert_eq_u64(fault.addr, HOLE + i * ROCKET_PAGE);
	}
	query = rocket_vm_query(fd, 0);
	igt_assert_eq_u64(query.faults_total, FAULTS);
	igt_assert_eq_u32(query.fault_count, 0);
	igt_assert_eq_u64(query.faults_dropped, 0);

	/* And there is room again. */
	expect_fault(fd, copy_job(&s, 0, HOLE, result_addr(&s)),
		     rocket_nth_core(rocket_core_mask(fd), 0), HOLE, ROCKET_PATTERN, false);
}

/*
 * The jobs behind
 */

/* A job that waits for a fence ends with its error, and does not run. */
static void test_dependents(int fd)
{
	enum { DIRECT, SECOND, TIMELINE, OTHER_VM, LATER, COUNT };
	uint32_t mask = rocket_core_mask(fd), vm = rocket_vm_create(fd);
	unsigned int cores = __builtin_popcount(mask);
	struct scene s = make_scene(fd);
	struct drm_rocket_job bad = copy_job(&s, 0, HOLE, result_addr(&s)), good;
	struct drm_rocket_sync blocked, failed[2], out[COUNT];
	struct rocket_blocker blocker;
	struct rocket_probe other;

	rocket_probe_init(&other, fd, vm, PROBE_ADDR, 1);
	rocket_vm_map_bo(fd, vm, &s.bo, BASE);
	rocket_probe_set(&other, 0, BASE, BASE + ROCKET_PAGE);
	for (unsigned int i = 0; i < COUNT; i++)
		out[i] = rocket_sync(rocket_syncobj(fd), 0);
	failed[0] = rocket_sync(rocket_syncobj(fd), 0);
	failed[1] = rocket_sync(rocket_syncobj(fd), 3);

	rocket_blocker_init(&blocker, fd);
	blocked = rocket_sync(blocker.syncobj, 0);
	set_syncs(&bad, &blocked, failed);
	bad.out_sync_count = 2;
	rocket_submit(fd, &bad, 1);

	/* Would write to page 1, on whatever core. */
	good = copy_job(&s, 1, BASE, BASE + ROCKET_PAGE);
	for (unsigned int i = 0; i <= TIMELINE; i++) {
		good.core_mask = 1u << rocket_nth_core(mask, i % cores);
		set_syncs(&good, i == DIRECT ? &failed[0] : i == SECOND ? &out[DIRECT] :
			  &failed[1], &out[i]);
		rocket_submit(fd, &good, 1);
	}
	good = rocket_probe_job(&other, 0, 1);
	set_syncs(&good, &failed[0], &out[OTHER_VM]);
	rocket_submit(fd, &good, 1);
	rocket_blocker_release(&blocker);
	for (unsigned int i = 0; i < LATER; i++)
		igt_assert_eq(rocket_syncobj_status(fd, out[i].handle), -EFAULT);

	/* Also when the fault is long past. */
	set_syncs(&good, &failed[0], &out[LATER]);
	rocket_submit(fd, &good, 1);
	igt_assert_eq(rocket_syncobj_status(fd, out[LATER].handle), -EFAULT);

	igt_assert(rocket_is_pattern(s.bo.map + ROCKET_PAGE, SEED + 1));
	igt_assert_eq_u64(rocket_vm_query(fd, 0).faults_total, 1);
	igt_assert_eq_u64(rocket_vm_query(fd, vm).faults_total, 0);
	rocket_blocker_fini(&blocker);
}

/*
 * A job that depends on two others of one queue sees the error of the first,
 * though the second went well.
 */
static void test_dependent_on_two(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_sync in[2], out = rocket_sync(rocket_syncobj(fd), 0);
	struct drm_rocket_job jobs[3] = {
		copy_job(&s, 0, HOLE, result_addr(&s)),
		copy_job(&s, 1, BASE, BASE + ROCKET_PAGE),
		copy_job(&s, 2, BASE, BASE + 2 * ROCKET_PAGE),
	};

	for (unsigned int i = 0; i < 2; i++) {
		in[i] = rocket_sync(rocket_syncobj(fd), 0);
		set_syncs(&jobs[i], NULL, &in[i]);
		jobs[i].core_mask = 1u << rocket_nth_core(rocket_core_mask(fd), 0);
		rocket_submit(fd, &jobs[i], 1);
	}
	set_syncs(&jobs[2], in, &out);
	jobs[2].in_sync_count = 2;
	rocket_submit(fd, &jobs[2], 1);
	igt_assert_eq(rocket_syncobj_status(fd, out.handle), -EFAULT);
	igt_assert_eq(rocket_syncobj_status(fd, in[1].handle), 0);
	igt_assert(rocket_is_pattern(s.bo.map + ROCKET_PAGE, SEED));
	igt_assert(rocket_is_pattern(s.bo.map + 2 * ROCKET_PAGE, SEED + 2));
}

/*
 * Whether the IOMMU tells at once or only when the job's time is up: it was a fault, and
 * the record says where.
 */
static void test_in_time(int fd)
{
	struct scene s = make_scene(fd);

	for (uint32_t left = rocket_core_mask(fd); left; left &= left - 1) {
		struct drm_rocket_job job = copy_job(&s, 0, HOLE, result_addr(&s));
		struct drm_rocket_vm_fault fault = { 0 };
		struct drm_rocket_vm_query query = {
			.flags = DRM_ROCKET_VM_QUERY_CLEAR,
			.faults = (uintptr_t)&fault,
			.fault_count = 1,
			.fault_struct_size = sizeof(fault),
		};

		job.core_mask = left & -left;
		job.timeout_ms = SHORT_MS;
		igt_assert_eq(rocket_run(fd, &job), -EFAULT);
		igt_assert_eq(__rocket_vm_query(fd, &query), 0);
		igt_assert_eq_u32(query.fault_count, 1);
		igt_assert_eq_u64(fault.addr, HOLE);
		igt_assert_eq_u32(fault.flags, 0);
		igt_assert_eq_u32(1u << fault.core, job.core_mask);
	}
}

/* Jobs of the same VM that only come later run, as do writers of the same BO. */
static void test_independents(int fd)
{
	uint32_t mask = rocket_core_mask(fd);
	unsigned int cores = __builtin_popcount(mask);
	struct scene s = make_scene(fd);
	struct drm_rocket_sync failed = rocket_sync(rocket_syncobj(fd), 0), out[2];
	struct drm_rocket_job jobs[3] = {
		copy_job(&s, 0, HOLE, result_addr(&s)),
		copy_job(&s, 1, BASE, BASE + ROCKET_PAGE),
		copy_job(&s, 2, BASE, BASE + 2 * ROCKET_PAGE),
	};

	set_syncs(&jobs[0], NULL, &failed);
	for (unsigned int i = 0; i < 3; i++) {
		jobs[i].out_bo_handles = (uintptr_t)&s.bo.handle;
		jobs[i].out_bo_handle_count = 1;
		jobs[i].core_mask = 1u << rocket_nth_core(mask, i % cores);
	}
	for (unsigned int i = 0; i < 2; i++) {
		out[i] = rocket_sync(rocket_syncobj(fd), 0);
		set_syncs(&jobs[1 + i], NULL, &out[i]);
	}
	/* One by one, so that the BO tells each of the one before. */
	for (unsigned int i = 0; i < 3; i++)
		rocket_submit(fd, &jobs[i], 1);
	igt_assert_eq(rocket_syncobj_status(fd, failed.handle), -EFAULT);
	for (unsigned int i = 0; i < 2; i++) {
		igt_assert_eq(rocket_syncobj_status(fd, out[i].handle), 0);
		igt_assert(rocket_is_pattern(s.bo.map + (1 + i) * ROCKET_PAGE, SEED));
	}
}

/* Whose fence it was is another matter: another client's job runs. */
static void test_other_client(int fd)
{
	struct scene s = make_scene(fd), other = make_scene(rocket_open());
	struct drm_rocket_job bad = copy_job(&s, 0, HOLE, result_addr(&s));
	struct drm_rocket_job job = copy_job(&other, 0, BASE, BASE + ROCKET_PAGE);
	struct drm_rocket_sync failed = rocket_sync(rocket_syncobj(fd), 0);
	struct drm_rocket_sync in = rocket_sync(rocket_syncobj(other.fd), 0);
	struct drm_rocket_sync out = rocket_sync(rocket_syncobj(other.fd), 0);
	int file;

	set_syncs(&bad, NULL, &failed);
	rocket_submit(fd, &bad, 1);
	igt_assert_eq(drmSyncobjExportSyncFile(fd, failed.handle, &file), 0);
	igt_assert_eq(drmSyncobjImportSyncFile(other.fd, in.handle, file), 0);
	close(file);
	set_syncs(&job, &in, &out);
	rocket_submit(other.fd, &job, 1);
	igt_assert_eq(rocket_syncobj_status(other.fd, out.handle), 0);
	igt_assert(rocket_is_pattern(other.bo.map + ROCKET_PAGE, SEED));
	igt_assert_eq(rocket_syncobj_status(fd, failed.handle), -EFAULT);
	close(other.fd);
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd);
		const char *what;
	} tests[] = {
		{ "read", test_read, "A read of nothing faults, on each core, and the core goes on" },
		{ "write", test_write, "So does a write to nothing" },
		{ "read-only", test_read_only,
		  "A write to a read-only page faults and changes nothing; reads are fine" },
		{ "last-byte", test_last_byte,
		  "The last byte of a page can be used, the one behind it faults" },
		{ "last-byte-stream", test_last_byte_stream,
		  "So it is for register commands" },
		{ "stream", test_stream, "Fetching register commands faults" },
		{ "stream-chained", test_chained_stream,
		  "Fetching the next stream of a chain faults" },
		{ "features", test_features, "Fetching features faults" },
		{ "weights", test_weights, "Fetching weights faults" },
		{ "bias", test_bias, "Fetching biases faults" },
		{ "operand", test_operand, "Fetching element-wise operands faults" },
		{ "output", test_output, "Writing results faults" },
		{ "fence-status", test_fence_status,
		  "EFAULT is seen through sync files, syncobjs, timelines, and the BO's fence" },
		{ "record", test_record,
		  "Each VM has records of its own faults, in order: address, access, core, job, time" },
		{ "record-overflow", test_overflow,
		  "The first 32 records are kept, others counted, until they are fetched" },
		{ "record-stuck", test_record_stuck,
		  "Who cannot take records for now holds up nobody, and takes only its own" },
		{ "in-time", test_in_time,
		  "A fault is a fault, whether or not the IOMMU tells before the job's time is up" },
		{ "dependents", test_dependents,
		  "Jobs that wait for a failed job's fence end with its error and do not run" },
		{ "dependent-on-two", test_dependent_on_two,
		  "So they do when they wait for a good job of the same queue as well" },
		{ "independents", test_independents,
		  "Jobs of the same VM that do not wait for the failed job's fence run" },
		{ "other-client", test_other_client,
		  "A job of another client that waits for the failed job's fence runs" },
	};

	igt_fixture
		close(rocket_open());

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			rocket_on_device(tests[i].test);
	}
}
