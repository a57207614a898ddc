// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_job.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("What a client has had is given back, once, and as a whole");

#define PROBE_ADDR	0x10000000u
#define DATA_ADDR	0x20000000u
#define SEED		0x1000u

/* Each round takes so much memory; what stays behind adds up. */
#define ROUND_BYTES	(8u << 20)
#define ROUNDS		SLOW_QUICK(16u, 4u)
/* Other things go on in the machine. */
#define SLACK_BYTES	(2 * ROUND_BYTES)
#define GIVE_BACK_S	20

struct client {
	int fd;
	uint32_t vm;
	struct rocket_probe probe;
	struct rocket_bo data;
};

static struct client make_client(int fd, uint32_t vm, uint32_t seed, uint64_t size)
{
	struct client c = { .fd = fd, .vm = vm, .data = rocket_bo(fd, size) };

	rocket_probe_init(&c.probe, fd, vm, PROBE_ADDR, 1);
	rocket_bo_fill(&c.data, seed);
	rocket_vm_map_bo(fd, vm, &c.data, DATA_ADDR);
	return c;
}

/* Closes the handles, which unmaps nothing. */
static void forget_bos(struct client *c)
{
	rocket_bo_free(c->fd, &c->data);
	rocket_bo_free(c->fd, &c->probe.bo);
	free(c->probe.tasks);
}

/* Lets go of this process's part only: the handles stay. */
static void leave(struct client *c)
{
	igt_assert_eq(munmap(c->data.map, c->data.size), 0);
	igt_assert_eq(munmap(c->probe.bo.map, c->probe.bo.size), 0);
	free(c->probe.tasks);
}

/*
 * All rounds together may leave less behind than two of them had.  Files and
 * jobs are torn down by the kernel's workers, so it may take a moment.
 */
static void expect_given_back(void (*round)(int fd))
{
	uint64_t before = rocket_shmem_bytes(), after;
	struct timespec since = { 0 };
	int fd = rocket_open();

	for (unsigned int i = 0; i < ROUNDS; i++)
		round(fd);
	do
		after = rocket_shmem_bytes();
	while (after > before + SLACK_BYTES &&
	       igt_nsec_elapsed(&since) < GIVE_BACK_S * UINT64_C(1000000000));
	igt_info("%llu KiB of %llu are still there\n",
		 after > before ? (unsigned long long)(after - before) >> 10 : 0,
		 (unsigned long long)ROUNDS * ROUND_BYTES >> 10);
	igt_assert_lte_u64(after, before + SLACK_BYTES);
	close(fd);
}

static void bo_round(int fd)
{
	struct client c = make_client(fd, 0, SEED, ROUND_BYTES);

	rocket_probe_expect(&c.probe, DATA_ADDR, SEED);
	rocket_vm_unmap(fd, 0, DATA_ADDR, c.data.size);
	rocket_bo_free(fd, &c.data);
	rocket_probe_fini(&c.probe);
}

/* Cut into pieces, replaced, bound twice, before it goes. */
static void pieces_round(int fd)
{
	struct client c = make_client(fd, 0, SEED, ROUND_BYTES);
	struct drm_rocket_vm_bind_op op = rocket_op_unmap_bo(c.data.handle);

	rocket_vm_unmap(fd, 0, DATA_ADDR + 3 * ROCKET_PAGE, ROCKET_PAGE);
	rocket_vm_map(fd, 0, c.data.handle, 0, DATA_ADDR + 7 * ROCKET_PAGE, 2 * ROCKET_PAGE);
	rocket_vm_map_bo(fd, 0, &c.data, DATA_ADDR + 2 * ROUND_BYTES);
	rocket_probe_expect(&c.probe, DATA_ADDR + 8 * ROCKET_PAGE, SEED + 1);
	rocket_vm_bind_ops(fd, 0, &op, 1);
	rocket_bo_free(fd, &c.data);
	rocket_probe_fini(&c.probe);
}

static void failed_bind_round(int fd)
{
	struct client c = make_client(fd, 0, SEED, ROUND_BYTES);
	struct drm_rocket_vm_bind_op ops[2] = {
		rocket_op_map(c.data.handle, 0, 2 * DATA_ADDR, ROUND_BYTES),
		rocket_op_map(c.data.handle, ROUND_BYTES, 3 * DATA_ADDR, ROUND_BYTES),
	};

	igt_assert_eq(__rocket_vm_bind_ops(fd, 0, ops, 2), -EINVAL);
	errno = 0;
	rocket_vm_unmap(fd, 0, DATA_ADDR, c.data.size);
	rocket_bo_free(fd, &c.data);
	rocket_probe_fini(&c.probe);
}

static void async_bind_round(int fd)
{
	struct client c = make_client(fd, 0, SEED, ROUND_BYTES);
	struct drm_rocket_sync out = rocket_sync(rocket_syncobj(fd), 0);
	struct drm_rocket_vm_bind_op ops[2] = {
		rocket_op_map(c.data.handle, 0, 2 * DATA_ADDR, ROUND_BYTES),
		rocket_op_unmap_bo(c.data.handle),
	};

	rocket_vm_bind_async(fd, 0, ops, 2, NULL, &out);
	igt_assert_eq(rocket_syncobj_status(fd, out.handle), 0);
	drmSyncobjDestroy(fd, out.handle);
	rocket_bo_free(fd, &c.data);
	rocket_probe_fini(&c.probe);
}

static void job_round(int fd)
{
	struct client c = make_client(fd, 0, SEED, ROUND_BYTES);
	struct drm_rocket_job job;

	rocket_probe_set(&c.probe, 0, DATA_ADDR, rocket_probe_result_addr(&c.probe, 0));
	job = rocket_probe_job(&c.probe, 0, 1);
	job.in_bo_handles = job.out_bo_handles = (uintptr_t)&c.data.handle;
	job.in_bo_handle_count = job.out_bo_handle_count = 1;
	igt_assert_eq(rocket_run(fd, &job), 0);
	rocket_vm_unmap(fd, 0, DATA_ADDR, c.data.size);
	rocket_bo_free(fd, &c.data);
	rocket_probe_fini(&c.probe);
}

static void vm_round(int fd)
{
	struct client c = make_client(fd, rocket_vm_create(fd), SEED, ROUND_BYTES);

	rocket_probe_expect(&c.probe, DATA_ADDR, SEED);
	forget_bos(&c);
	rocket_vm_destroy(fd, c.vm);
}

static void fault_round(int fd)
{
	struct client c = make_client(fd, rocket_vm_create(fd), SEED, ROUND_BYTES);

	rocket_probe_expect_fault(&c.probe, 0x80000000u);
	forget_bos(&c);
	rocket_vm_destroy(fd, c.vm);
}

static void create_bo_round(int fd)
{
	struct rocket_bo bo = rocket_bo_mapped(fd, ROUND_BYTES);

	memset(bo.map, 1, bo.size);
	rocket_bo_free(fd, &bo);
}

static void file_round(int fd)
{
	struct client c = make_client(rocket_open(), 0, SEED, ROUND_BYTES);

	(void)fd;
	rocket_probe_expect(&c.probe, DATA_ADDR, SEED);
	leave(&c);
	close(c.fd);
}

/* Closed while the job runs. */
static void running_round(int fd)
{
	struct client c = make_client(rocket_open(), 0, SEED, ROUND_BYTES);

	(void)fd;
	rocket_probe_set(&c.probe, 0, DATA_ADDR, rocket_probe_result_addr(&c.probe, 0));
	rocket_probe_clear_result(&c.probe, 0);
	rocket_probe_repeat(&c.probe, 0, 300);
	rocket_probe_await_result(&c.probe, 0, SEED);
	leave(&c);
	close(c.fd);
}

static void prime_round(int fd)
{
	struct rocket_bo bo = rocket_bo(fd, ROUND_BYTES);
	int other = rocket_open(), dmabuf;
	uint32_t handle;

	memset(bo.map, 1, bo.size);
	igt_assert_eq(drmPrimeHandleToFD(fd, bo.handle, DRM_CLOEXEC, &dmabuf), 0);
	igt_assert_eq(drmPrimeFDToHandle(other, dmabuf, &handle), 0);
	rocket_vm_map(other, 0, handle, 0, DATA_ADDR, ROUND_BYTES);
	close(dmabuf);
	rocket_bo_free(fd, &bo);
	close(other);
}

/*
 * A VM that comes after another one gets the same memory for what describes it,
 * as likely as not; the core must not take the one for the other.
 */
static void test_vm_reuse(int fd)
{
	uint32_t mask = rocket_core_mask(fd);
	unsigned int cores = __builtin_popcount(mask);

	for (unsigned int i = 0; i < 200; i++) {
		struct client c = make_client(fd, rocket_vm_create(fd), i, ROCKET_PAGE);
		uint8_t data[ROCKET_PATTERN];
		struct drm_rocket_job job;

		rocket_probe_clear_result(&c.probe, 0);
		rocket_probe_set(&c.probe, 0, DATA_ADDR,
				 rocket_probe_result_addr(&c.probe, 0));
		job = rocket_probe_job(&c.probe, 0, 1);
		job.core_mask = 1u << rocket_nth_core(mask, i / 3 % cores);
		igt_assert_eq(rocket_run(fd, &job), 0);
		memcpy(data, (void *)rocket_probe_result(&c.probe, 0), sizeof(data));
		igt_assert(rocket_is_pattern(data, i));
		forget_bos(&c);
		rocket_vm_destroy(fd, c.vm);
	}
}

igt_main
{
	static const struct {
		const char *name;
		void (*round)(int fd);
		const char *what;
	} rounds[] = {
		{ "bo", bo_round, "Memory of BOs that were unmapped and closed is free again" },
		{ "bo-in-pieces", pieces_round,
		  "So is that of BOs whose mappings were cut, replaced and doubled" },
		{ "bo-failed-bind", failed_bind_round,
		  "So is that of BOs in arrays that failed" },
		{ "bo-async-bind", async_bind_round, "So is that of BOs bound by the queue" },
		{ "bo-in-job", job_round, "So is that of BOs that jobs have named" },
		{ "bo-shared", prime_round, "So is that of BOs that were shared between files" },
		{ "create-bo", create_bo_round,
		  "So is that of BOs with an address by the kernel" },
		{ "vm", vm_round, "So is what was mapped in VMs that were destroyed" },
		{ "vm-with-fault", fault_round, "So is what was mapped in VMs that had a fault" },
		{ "file", file_round, "So is what files had that were just closed" },
		{ "file-running", running_round,
		  "So is what files had that were closed while a job ran" },
	};

	igt_fixture
		close(rocket_open());

	for (unsigned int i = 0; i < ARRAY_SIZE(rounds); i++) {
		igt_describe(rounds[i].what);
		igt_subtest_f("%s", rounds[i].name)
			expect_given_back(rounds[i].round);
	}

	igt_describe("A VM made after another was destroyed runs with its own page tables");
	igt_subtest("vm-reuse")
		rocket_on_device(test_vm_reuse);
}
