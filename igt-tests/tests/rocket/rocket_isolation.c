// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_job.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("Clients do not see each other, whatever they share: cores, addresses, time");

/* The same in every VM: what keeps clients apart is not the address. */
#define PROBE_ADDR	0x10000000u
#define DATA_ADDR	0x20000000u
#define PAGES		16u	/* of a client's data, one for each slot */
#define TAG		0x150047edu

/* A VM with data that no other VM has. */
struct client {
	int fd;
	uint32_t vm;
	uint32_t seed;	/* page i has the pattern of seed + i */
	struct rocket_probe probe;
	struct rocket_bo data;
	uint32_t done;	/* a syncobj */
};

static struct client make_client(int fd, uint32_t vm, uint32_t number)
{
	struct client c = {
		.fd = fd, .vm = vm, .seed = (number + 1) << 16,
		.data = rocket_bo(fd, PAGES * ROCKET_PAGE),
		.done = rocket_syncobj(fd),
	};

	rocket_probe_init(&c.probe, fd, vm, PROBE_ADDR, PAGES);
	rocket_bo_fill(&c.data, c.seed);
	rocket_vm_map_bo(fd, vm, &c.data, DATA_ADDR);
	for (unsigned int i = 0; i < PAGES; i++)
		rocket_probe_set(&c.probe, i, DATA_ADDR + i * ROCKET_PAGE,
				 rocket_probe_result_addr(&c.probe, i));
	return c;
}

static uint32_t nth_core_mask(int fd, unsigned int n)
{
	uint32_t mask = rocket_core_mask(fd);

	return 1u << rocket_nth_core(mask, n % __builtin_popcount(mask));
}

/* Runs the copy of one slot; the client's syncobj gets the fence. */
static void start(struct client *c, unsigned int slot, uint32_t core_mask)
{
	struct drm_rocket_sync out = rocket_sync(c->done, 0);
	struct drm_rocket_job job = rocket_probe_job(&c->probe, slot, 1);

	job.core_mask = core_mask;
	job.out_syncs = (uintptr_t)&out;
	job.out_sync_count = 1;
	job.sync_struct_size = sizeof(out);
	rocket_submit(c->fd, &job, 1);
}

static void check(struct client *c, unsigned int slot, uint32_t seed)
{
	uint8_t data[ROCKET_PATTERN];
	uint32_t found;

	memcpy(data, (void *)rocket_probe_result(&c->probe, slot), sizeof(data));
	memcpy(&found, data, sizeof(found));
	igt_assert_f(rocket_is_pattern(data, seed),
		     "client %u, page %u: the NPU read %#x, expected %#x\n",
		     (c->seed >> 16) - 1, slot, found, seed);
}

/* Reads one of the client's pages on a core. */
static void run_and_check(struct client *c, unsigned int slot, uint32_t core_mask,
			  uint32_t seed)
{
	rocket_probe_clear_result(&c->probe, slot);
	start(c, slot, core_mask);
	igt_assert_eq(rocket_syncobj_status(c->fd, c->done), 0);
	check(c, slot, seed);
}

static void expect_own(struct client *c, unsigned int slot, uint32_t core_mask)
{
	run_and_check(c, slot, core_mask, c->seed + slot);
}

/* All slots of all clients, each on another core than the one before. */
static void interleave(struct client *clients, unsigned int count, unsigned int rounds)
{
	uint32_t mask = rocket_core_mask(clients[0].fd);
	unsigned int cores = __builtin_popcount(mask);
	unsigned int next = 0;

	for (unsigned int round = 0; round < rounds; round++) {
		for (unsigned int i = 0; i < count; i++)
			for (unsigned int slot = 0; slot < PAGES; slot++)
				rocket_probe_clear_result(&clients[i].probe, slot);
		for (unsigned int slot = 0; slot < PAGES; slot++)
			for (unsigned int i = 0; i < count; i++)
				start(&clients[i], slot,
				      1u << rocket_nth_core(mask, next++ % cores));
		for (unsigned int i = 0; i < count; i++) {
			/* The last of its VM, and they run in order. */
			igt_assert_eq(rocket_syncobj_status(clients[i].fd,
							    clients[i].done), 0);
			for (unsigned int slot = 0; slot < PAGES; slot++)
				check(&clients[i], slot, clients[i].seed + slot);
		}
	}
}

/*
 * Equal addresses
 */

static void test_clients(unsigned int count, unsigned int rounds)
{
	struct client clients[20];

	igt_assert(count <= ARRAY_SIZE(clients));
	for (unsigned int i = 0; i < count; i++)
		clients[i] = make_client(rocket_open(), 0, i);
	interleave(clients, count, rounds);
	for (unsigned int i = 0; i < count; i++)
		close(clients[i].fd);
}

static void test_vms(int fd)
{
	struct client clients[8];

	clients[0] = make_client(fd, 0, 0);
	for (unsigned int i = 1; i < ARRAY_SIZE(clients); i++)
		clients[i] = make_client(fd, rocket_vm_create(fd), i);
	interleave(clients, ARRAY_SIZE(clients), 6);
}

static void test_processes(void)
{
	igt_fork(child, 6) {
		struct client c = make_client(rocket_open(), 0, child);

		interleave(&c, 1, 25);
	}
	igt_waitchildren();
}

/* A VM whose memory may be that of one that was destroyed just before. */
static void test_vm_reuse(int fd)
{
	for (unsigned int i = 0; i < 100; i++) {
		struct client c = make_client(fd, rocket_vm_create(fd), i);

		expect_own(&c, i % PAGES, nth_core_mask(fd, i / 2));
		rocket_vm_destroy(fd, c.vm);
		rocket_bo_free(fd, &c.data);
		rocket_bo_free(fd, &c.probe.bo);
		free(c.probe.tasks);
		drmSyncobjDestroy(fd, c.done);
	}
}

/*
 * Addresses of others
 */

static int run_tagged(struct rocket_probe *probe, uint32_t from, uint32_t to,
		      uint32_t core_mask)
{
	struct drm_rocket_job job;

	rocket_probe_set(probe, 0, from, to);
	job = rocket_probe_job(probe, 0, 1);
	job.core_mask = core_mask;
	job.user_data = TAG;
	return rocket_run(probe->fd, &job);
}

static void expect_fault(struct rocket_probe *probe, uint32_t addr, uint32_t flags,
			 uint32_t core_mask)
{
	struct drm_rocket_vm_fault fault = { 0 };

	igt_assert(rocket_vm_take_fault(probe->fd, probe->vm, &fault));
	igt_assert_lte_u64(addr, fault.addr);
	igt_assert_lt_u64(fault.addr, addr + ROCKET_PROBE_WRITES);
	igt_assert_eq_u32(fault.flags, flags);
	igt_assert_eq_u64(fault.user_data, TAG);
	igt_assert_eq_u32(1u << fault.core, core_mask);
}

static void expect_no_fault(int fd, uint32_t vm)
{
	igt_assert_eq_u64(rocket_vm_query(fd, vm).faults_total, 0);
}

/* The owner's job was the last one on the core, so its page tables were there. */
static void foreign_access(struct client *owner, struct rocket_probe *stranger)
{
	unsigned int cores = __builtin_popcount(rocket_core_mask(owner->fd));
	uint32_t own = rocket_probe_result_addr(stranger, 0);

	for (unsigned int i = 0; i < 2 * cores; i++) {
		uint32_t core_mask = nth_core_mask(owner->fd, i);

		expect_own(owner, 3, core_mask);
		rocket_probe_clear_result(stranger, 0);
		igt_assert_eq(run_tagged(stranger, DATA_ADDR + 3 * ROCKET_PAGE, own,
					 core_mask), -EFAULT);
		expect_fault(stranger, DATA_ADDR + 3 * ROCKET_PAGE, 0, core_mask);
		igt_assert(!rocket_is_pattern((void *)rocket_probe_result(stranger, 0),
					      owner->seed + 3));
		expect_own(owner, 4, core_mask);
		igt_assert_eq(run_tagged(stranger, own, DATA_ADDR + 5 * ROCKET_PAGE,
					 core_mask), -EFAULT);
		expect_fault(stranger, DATA_ADDR + 5 * ROCKET_PAGE,
			     DRM_ROCKET_VM_FAULT_WRITE, core_mask);
		expect_own(owner, 5, core_mask);
	}
	expect_no_fault(owner->fd, owner->vm);
}

static void test_foreign_address(int fd)
{
	struct client owner = make_client(rocket_open(), 0, 0);
	struct rocket_probe stranger;

	rocket_probe_init(&stranger, fd, 0, PROBE_ADDR, 1);
	foreign_access(&owner, &stranger);
	close(owner.fd);
}

static void test_foreign_vm_address(int fd)
{
	struct client owner = make_client(fd, rocket_vm_create(fd), 0);
	struct rocket_probe stranger;

	rocket_probe_init(&stranger, fd, rocket_vm_create(fd), PROBE_ADDR, 1);
	foreign_access(&owner, &stranger);
}

/* One client faults all the time, on all cores; the others notice nothing. */
static void test_faults_stay_home(int fd)
{
	struct client good[3];
	struct rocket_probe bad;
	uint32_t faults = 0;

	rocket_probe_init(&bad, fd, 0, PROBE_ADDR, 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(good); i++)
		good[i] = make_client(rocket_open(), 0, i);
	for (unsigned int round = 0; round < 10; round++) {
		struct drm_rocket_sync out = rocket_sync(rocket_syncobj(fd), 0);
		struct drm_rocket_job job;

		rocket_probe_set(&bad, 0, DATA_ADDR, rocket_probe_result_addr(&bad, 0));
		job = rocket_probe_job(&bad, 0, 1);
		job.core_mask = nth_core_mask(fd, round);
		job.out_syncs = (uintptr_t)&out;
		job.out_sync_count = 1;
		job.sync_struct_size = sizeof(out);
		rocket_submit(fd, &job, 1);
		faults++;
		interleave(good, ARRAY_SIZE(good), 1);
		igt_assert_eq(rocket_syncobj_status(fd, out.handle), -EFAULT);
	}
	igt_assert_eq_u64(rocket_vm_query(fd, 0).faults_total, faults);
	for (unsigned int i = 0; i < ARRAY_SIZE(good); i++) {
		expect_no_fault(good[i].fd, 0);
		close(good[i].fd);
	}
}

/* Names of one file mean nothing in another. */
static void test_foreign_names(int fd)
{
	struct client owner = make_client(rocket_open(), 0, 0);
	uint32_t vm = rocket_vm_create(owner.fd);
	struct client user = make_client(fd, 0, 1);
	uint32_t handle = 0;
	struct drm_rocket_job job = rocket_probe_job(&user.probe, 0, 1);

	/* A handle that the owner has and the user has not. */
	for (int i = 0; i < 8; i++)
		handle = rocket_bo(owner.fd, ROCKET_PAGE).handle;
	job.vm_id = vm;
	igt_assert_eq(__rocket_submit(fd, &job, 1), -ENOENT);
	igt_assert_eq(__rocket_vm_map(fd, vm, user.data.handle, 0, DATA_ADDR, ROCKET_PAGE),
		      -ENOENT);
	igt_assert_eq(__rocket_vm_destroy(fd, vm), -ENOENT);
	igt_assert_eq(__rocket_vm_map(fd, 0, handle, 0, DATA_ADDR, ROCKET_PAGE), -ENOENT);
	job.vm_id = 0;
	job.in_bo_handles = (uintptr_t)&handle;
	job.in_bo_handle_count = 1;
	igt_assert_eq(__rocket_submit(fd, &job, 1), -ENOENT);
	job.in_bo_handle_count = 0;
	job.out_bo_handles = (uintptr_t)&handle;
	job.out_bo_handle_count = 1;
	igt_assert_eq(__rocket_submit(fd, &job, 1), -ENOENT);
	errno = 0;
	expect_own(&user, 0, 0);
	close(owner.fd);
}

/*
 * IOTLB
 */

/* What lies at DATA_ADDR goes through the IOTLB of every core. */
static void expect_on_all_cores(struct client *c, unsigned int slot, uint32_t seed)
{
	unsigned int cores = __builtin_popcount(rocket_core_mask(c->fd));

	for (unsigned int i = 0; i < cores; i++)
		run_and_check(c, slot, nth_core_mask(c->fd, i), seed);
}

static void fault_on_all_cores(struct client *c, unsigned int page)
{
	unsigned int cores = __builtin_popcount(rocket_core_mask(c->fd));
	uint32_t addr = DATA_ADDR + page * ROCKET_PAGE;

	for (unsigned int i = 0; i < cores; i++) {
		uint32_t core_mask = nth_core_mask(c->fd, i);

		igt_assert_eq(run_tagged(&c->probe, addr,
					 rocket_probe_result_addr(&c->probe, 0), core_mask),
			      -EFAULT);
		expect_fault(&c->probe, addr, 0, core_mask);
	}
	rocket_probe_set(&c->probe, 0, DATA_ADDR, rocket_probe_result_addr(&c->probe, 0));
}

static void stale_iotlb(int fd, bool unmap)
{
	struct client c = make_client(fd, 0, 0);
	struct rocket_bo other = rocket_bo(fd, PAGES * ROCKET_PAGE);
	uint32_t seeds[2] = { c.seed, c.seed + 0x100 };
	struct rocket_bo *bos[2] = { &c.data, &other };

	rocket_bo_fill(&other, seeds[1]);
	for (unsigned int round = 0; round < 40; round++) {
		unsigned int page = round % PAGES;

		expect_on_all_cores(&c, page, seeds[round % 2] + page);
		if (unmap)
			rocket_vm_unmap(fd, 0, DATA_ADDR, c.data.size);
		rocket_vm_map_bo(fd, 0, bos[(round + 1) % 2], DATA_ADDR);
	}
}

static void test_stale_rebind(int fd)
{
	stale_iotlb(fd, true);
}

static void test_stale_replace(int fd)
{
	stale_iotlb(fd, false);
}

static void test_stale_unmapped(int fd)
{
	struct client c = make_client(fd, 0, 0);

	for (unsigned int round = 0; round < 5; round++) {
		unsigned int page = round * 3 % PAGES;

		expect_on_all_cores(&c, page, c.seed + page);
		rocket_vm_unmap(fd, 0, DATA_ADDR + page * ROCKET_PAGE, ROCKET_PAGE);
		fault_on_all_cores(&c, page);
		rocket_vm_map_bo(fd, 0, &c.data, DATA_ADDR);
	}
}

/* Two VMs, so that IOTLB lines of one might survive the turn of the other. */
static void test_stale_switch(int fd)
{
	struct client a = make_client(fd, 0, 0);
	struct client b = make_client(fd, rocket_vm_create(fd), 1);
	struct rocket_bo other = rocket_bo(fd, PAGES * ROCKET_PAGE);

	rocket_bo_fill(&other, 0x770000);
	for (unsigned int round = 0; round < 30; round++) {
		unsigned int page = round % PAGES;

		expect_on_all_cores(&a, page, a.seed + page);
		expect_on_all_cores(&b, page, b.seed + page);
		rocket_vm_map_bo(fd, 0, &other, DATA_ADDR);
		expect_on_all_cores(&a, page, 0x770000 + page);
		rocket_vm_map_bo(fd, 0, &a.data, DATA_ADDR);
	}
}
