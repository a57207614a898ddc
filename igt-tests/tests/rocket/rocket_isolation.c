// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_job.h"

IGT_TEST_DESCRIPTION("Clients reach their own memory and nobody else's, at equal addresses");

/* Everybody uses the same: what is stale or foreign would not even fault. */
#define PROBE_ADDR	0x10000000u
#define BASE		0x20000000u
#define SLOTS		16u
#define PAGES		16u
#define SEED		0x10000u

struct client {
	int fd;
	uint32_t vm;
	struct rocket_probe probe;
	struct rocket_bo bo;
	uint32_t seed;
};

static struct client make_client(int fd, uint32_t vm, unsigned int number)
{
	struct client c = {
		.fd = fd, .vm = vm, .seed = SEED * (number + 1),
		.bo = rocket_bo(fd, PAGES * ROCKET_PAGE),
	};

	rocket_probe_init(&c.probe, fd, vm, PROBE_ADDR, SLOTS);
	rocket_bo_fill(&c.bo, c.seed);
	rocket_vm_map_bo(fd, vm, &c.bo, BASE);
	return c;
}

static uint32_t page_addr(unsigned int page)
{
	return BASE + page * ROCKET_PAGE;
}

/* All pages are read and must be the client's own. */
static void expect_own(struct client *c)
{
	uint32_t addrs[PAGES], seeds[PAGES];

	for (unsigned int i = 0; i < PAGES; i++) {
		addrs[i] = page_addr(i);
		seeds[i] = c->seed + i;
	}
	rocket_probe_expect_many(&c->probe, addrs, seeds, PAGES);
}

static int read_on(struct client *c, unsigned int core, unsigned int page, uint8_t *data)
{
	struct drm_rocket_job job;
	int status;

	rocket_probe_clear_result(&c->probe, 0);
	rocket_probe_set(&c->probe, 0, page_addr(page), rocket_probe_result_addr(&c->probe, 0));
	job = rocket_probe_job(&c->probe, 0, 1);
	job.core_mask = 1u << core;
	status = rocket_run(c->fd, &job);
	memcpy(data, (void *)rocket_probe_result(&c->probe, 0), ROCKET_PATTERN);
	return status;
}

static void expect_on(struct client *c, unsigned int core, unsigned int page, uint32_t seed)
{
	uint8_t data[ROCKET_PATTERN];

	igt_assert_eq(read_on(c, core, page, data), 0);
	igt_assert_f(rocket_is_pattern(data, seed), "core %u reads %#x, expected %#x\n", core,
		     *(uint32_t *)data, seed);
}

/*
 * Many clients
 */

/* Reads and writes on all cores, at random, for a while; true to its own data. */
static void work(unsigned int number, unsigned int jobs)
{
	int fd = rocket_open();
	struct client c = make_client(fd, 0, number);
	uint32_t mask = rocket_core_mask(fd), state = number;
	unsigned int cores = __builtin_popcount(mask);

	for (unsigned int i = 0; i < jobs; i++) {
		state = state * 1664525u + 1013904223u;
		expect_on(&c, rocket_nth_core(mask, (state >> 8) % cores), (state >> 16) % PAGES,
			  c.seed + (state >> 16) % PAGES);
		if (i % 16)
			continue;
		/* The data changes now and then, so old results would show. */
		c.seed += PAGES;
		rocket_bo_fill(&c.bo, c.seed);
	}
	expect_own(&c);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).faults_total, 0);
}

static void clients(int count, unsigned int jobs)
{
	igt_fork(child, count)
		work(child, jobs);
	igt_waitchildren();
}

static void test_two(int fd)
{
	(void)fd;
	clients(2, SLOW_QUICK(1000, 100));
}

static void test_twenty(int fd)
{
	(void)fd;
	clients(20, SLOW_QUICK(150, 15));
}

/* The jobs of all clients are in the queues at the same time. */
/* As many jobs of each client as it has slots: each result is written once. */
static void interleave(struct client *c, unsigned int clients, uint32_t mask)
{
	unsigned int cores = __builtin_popcount(mask);
	uint32_t done[clients];

	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		for (unsigned int i = 0; i < clients; i++) {
			struct drm_rocket_job job = rocket_probe_job(&c[i].probe, slot, 1);

			rocket_probe_clear_result(&c[i].probe, slot);
			/* Jobs of a VM run in order: the last one tells of all. */
			if (slot)
				drmSyncobjDestroy(c[i].fd, done[i]);
			job.core_mask = 1u << rocket_nth_core(mask, (slot + i) % cores);
			done[i] = rocket_start(c[i].fd, &job);
		}
	}
	for (unsigned int i = 0; i < clients; i++) {
		igt_assert_eq(rocket_syncobj_status(c[i].fd, done[i]), 0);
		for (unsigned int slot = 0; slot < SLOTS; slot++)
			igt_assert(rocket_is_pattern(
				(void *)rocket_probe_result(&c[i].probe, slot),
				c[i].seed + slot));
	}
}

static void test_interleaved(int fd)
{
	enum { CLIENTS = 6, ROUNDS = 6 };
	uint32_t mask = rocket_core_mask(fd);
	struct client c[CLIENTS];

	for (unsigned int i = 0; i < CLIENTS; i++) {
		c[i] = make_client(rocket_open(), 0, i);
		for (unsigned int slot = 0; slot < SLOTS; slot++)
			rocket_probe_set(&c[i].probe, slot, page_addr(slot),
					 rocket_probe_result_addr(&c[i].probe, slot));
	}
	for (unsigned int round = 0; round < ROUNDS; round++)
		interleave(c, CLIENTS, mask);
}

static void test_vms_of_file(int fd)
{
	enum { VMS = 8 };
	uint32_t mask = rocket_core_mask(fd);
	struct client c[VMS];

	for (unsigned int i = 0; i < VMS; i++)
		c[i] = make_client(fd, i ? rocket_vm_create(fd) : 0, i);
	for (unsigned int round = 0; round < 30; round++) {
		for (unsigned int i = 0; i < VMS; i++) {
			unsigned int core = (round + i) % __builtin_popcount(mask);

			expect_on(&c[i], rocket_nth_core(mask, core), round % PAGES,
				  c[i].seed + round % PAGES);
		}
	}
}

/*
 * What is not one's own
 */

/* Only the victim has something there; the thief faults, the victim goes on. */
static void steal(struct client *thief, struct client *victim, uint32_t addr)
{
	rocket_vm_map(victim->fd, victim->vm, victim->bo.handle, 0, addr, ROCKET_PAGE);
	rocket_probe_expect(&victim->probe, addr, victim->seed);
	rocket_probe_expect_fault(&thief->probe, addr);
	rocket_probe_expect(&victim->probe, addr, victim->seed);
	rocket_probe_expect_write_fault(&thief->probe, addr);
	rocket_probe_expect(&victim->probe, addr, victim->seed);
	expect_own(thief);
	igt_assert_eq_u64(rocket_vm_query(victim->fd, victim->vm).faults_total, 0);
}

static void test_foreign_address(int fd)
{
	struct client thief = make_client(fd, 0, 0), victim = make_client(rocket_open(), 0, 1);

	steal(&thief, &victim, 0x80000000u);
	/* In a table that both have. */
	steal(&thief, &victim, page_addr(PAGES));
}

static void test_foreign_address_vm(int fd)
{
	struct client thief = make_client(fd, rocket_vm_create(fd), 0);
	struct client victim = make_client(fd, 0, 1);

	steal(&thief, &victim, 0x80000000u);
	steal(&thief, &victim, page_addr(PAGES));
}

static void test_fault_hurts_nobody(int fd)
{
	enum { ROUNDS = 20 };
	struct client c;
	int done[2];
	char byte;

	igt_assert_eq(pipe2(done, O_NONBLOCK), 0);
	igt_fork(child, 1) {
		struct client thief = make_client(rocket_open(), 0, 1);

		for (unsigned int i = 0; i < ROUNDS; i++)
			rocket_probe_expect_fault(&thief.probe, 0x80000000u);
		igt_assert_eq(write(done[1], "", 1), 1);
	}
	c = make_client(fd, 0, 0);
	do
		expect_own(&c);
	while (read(done[0], &byte, 1) != 1);
	igt_waitchildren();
	igt_assert_eq_u64(rocket_vm_query(fd, 0).faults_total, 0);
	errno = 0;
}

/* A job of many tasks that runs on a core by now; the syncobj gets its fence. */
static uint32_t begin_reading(struct client *c, uint32_t core_mask, unsigned int times)
{
	uint32_t done;

	rocket_probe_clear_result(&c->probe, 0);
	rocket_probe_set(&c->probe, 0, page_addr(1), rocket_probe_result_addr(&c->probe, 0));
	c->probe.cores = core_mask;
	done = rocket_probe_repeat(&c->probe, 0, times);
	rocket_probe_await_result(&c->probe, 0, c->seed + 1);
	return done;
}

/*
 * One core after the other sees a fault while all the rest have a job that runs,
 * and a job waits behind the one that faults.
 */
static void test_fault_hurts_no_core(int fd)
{
	enum { READS = 1500 };
	uint32_t mask = rocket_core_mask(fd), done[32];
	struct client thief = make_client(fd, 0, 0), behind = make_client(rocket_open(), 0, 1);
	struct client running[32];

	for (uint32_t left = mask; left; left &= left - 1)
		running[__builtin_ctz(left)] = make_client(rocket_open(), 0,
							   2 + __builtin_ctz(left));
	for (uint32_t left = mask; left; left &= left - 1) {
		uint32_t bad = left & -left, others;
		struct drm_rocket_job job;
		uint32_t stolen;

		for (others = mask & ~bad; others; others &= others - 1) {
			struct client *c = &running[__builtin_ctz(others)];

			done[__builtin_ctz(others)] = begin_reading(c, others & -others, READS);
		}
		rocket_probe_set(&thief.probe, 0, 0x80000000u,
				 rocket_probe_result_addr(&thief.probe, 0));
		job = rocket_probe_job(&thief.probe, 0, 1);
		job.core_mask = bad;
		stolen = rocket_start(fd, &job);
		expect_on(&behind, __builtin_ctz(bad), 5, behind.seed + 5);
		igt_assert_eq(rocket_syncobj_status(fd, stolen), -EFAULT);
		for (others = mask & ~bad; others; others &= others - 1) {
			struct client *c = &running[__builtin_ctz(others)];

			igt_assert_eq(rocket_syncobj_status(c->fd, done[__builtin_ctz(others)]),
				      0);
			igt_assert_eq_u64(rocket_vm_query(c->fd, 0).faults_total, 0);
		}
	}
	igt_assert_eq_u64(rocket_vm_query(fd, 0).faults_total, __builtin_popcount(mask));
}

/*
 * The IOTLB
 */

static void test_stale_rebind(int fd)
{
	uint32_t mask = rocket_core_mask(fd);
	struct client c = make_client(fd, 0, 0);
	struct rocket_bo bos[2] = { rocket_bo(fd, PAGES * ROCKET_PAGE),
				    rocket_bo(fd, PAGES * ROCKET_PAGE) };

	rocket_bo_fill(&bos[0], 0x100);
	rocket_bo_fill(&bos[1], 0x200);
	for (unsigned int round = 0; round < 60; round++) {
		unsigned int page = round % PAGES;
		struct rocket_bo *bo = &bos[round & 1];

		rocket_vm_unmap(fd, 0, BASE, PAGES * ROCKET_PAGE);
		rocket_vm_map_bo(fd, 0, bo, BASE);
		/* Every core takes the translation into its IOTLB. */
		for (uint32_t left = mask; left; left &= left - 1)
			expect_on(&c, __builtin_ctz(left), page,
				  (round & 1 ? 0x200 : 0x100) + page);
	}
}

static void test_stale_replace(int fd)
{
	uint32_t mask = rocket_core_mask(fd);
	struct client c = make_client(fd, 0, 0);

	/* One page after the other is put under the same address. */
	for (unsigned int round = 0; round < 60; round++) {
		rocket_vm_map(fd, 0, c.bo.handle, round % PAGES * ROCKET_PAGE, BASE, ROCKET_PAGE);
		for (uint32_t left = mask; left; left &= left - 1)
			expect_on(&c, __builtin_ctz(left), 0, c.seed + round % PAGES);
	}
}

static void test_stale_unmap(int fd)
{
	uint32_t mask = rocket_core_mask(fd);
	struct client c = make_client(fd, 0, 0);
	uint8_t data[ROCKET_PATTERN];

	for (unsigned int round = 0; round < 8; round++) {
		for (uint32_t left = mask; left; left &= left - 1)
			expect_on(&c, __builtin_ctz(left), round, c.seed + round);
		rocket_vm_unmap(fd, 0, page_addr(round), ROCKET_PAGE);
		for (uint32_t left = mask; left; left &= left - 1)
			igt_assert_eq(read_on(&c, __builtin_ctz(left), round, data), -EFAULT);
	}
}

static void test_stale_read_only(int fd)
{
	uint32_t mask = rocket_core_mask(fd);
	struct client c = make_client(fd, 0, 0);
	struct drm_rocket_vm_bind_op op = rocket_op_map_ro(c.bo.handle, 0, BASE, ROCKET_PAGE);
	struct drm_rocket_job job;

	for (uint32_t left = mask; left; left &= left - 1) {
		rocket_vm_map(fd, 0, c.bo.handle, 0, BASE, ROCKET_PAGE);
		rocket_probe_set(&c.probe, 0, page_addr(1), BASE);
		job = rocket_probe_job(&c.probe, 0, 1);
		job.core_mask = left & -left;
		igt_assert_eq(rocket_run(fd, &job), 0);
		rocket_vm_bind_ops(fd, 0, &op, 1);
		igt_assert_eq(rocket_run(fd, &job), -EFAULT);
	}
}

/* The core goes from one client to the other and back, with the core awake. */
static void test_stale_switch(int fd)
{
	struct client a = make_client(fd, 0, 0), b = make_client(rocket_open(), 0, 1);
	uint32_t mask = rocket_core_mask(fd);

	for (uint32_t left = mask; left; left &= left - 1) {
		for (unsigned int round = 0; round < 50; round++) {
			expect_on(&a, __builtin_ctz(left), round % PAGES, a.seed + round % PAGES);
			expect_on(&b, __builtin_ctz(left), round % PAGES, b.seed + round % PAGES);
		}
	}
}

/* Binds while another client has the cores, then runs. */
static void test_stale_elsewhere(int fd)
{
	struct client a = make_client(fd, 0, 0), b = make_client(rocket_open(), 0, 1);
	uint32_t mask = rocket_core_mask(fd);

	for (unsigned int round = 0; round < 40; round++) {
		unsigned int core = rocket_nth_core(mask, round % __builtin_popcount(mask));

		expect_on(&a, core, 0, a.seed + (round ? (round - 1) % PAGES : 0));
		expect_on(&b, core, 0, b.seed);
		rocket_vm_map(fd, 0, a.bo.handle, round % PAGES * ROCKET_PAGE, BASE, ROCKET_PAGE);
		expect_on(&a, core, 0, a.seed + round % PAGES);
	}
}

/*
 * Freed pages
 */

#define POISON 0x6b
/* In pieces of the size of what was freed, which are made of pages of the same sizes */
#define PIECE (PAGES * ROCKET_PAGE)
#define PIECES 256u
/* Of a job that goes on for a while */
#define TASKS 4000u

/*
 * Memory that the kernel has just got back, most likely, and what it should hold.
 * It is taken as another client's BO: the kernel keeps memory of different kinds
 * apart, and what was a BO becomes one again, or something of its own.
 */
struct memory {
	struct rocket_bo piece[PIECES];
};

static struct memory take_memory(int fd)
{
	struct memory memory;

	for (unsigned int i = 0; i < PIECES; i++) {
		memory.piece[i] = rocket_bo(fd, PIECE);
		memset(memory.piece[i].map, POISON, PIECE);
	}
	return memory;
}

static unsigned int written_pages(const struct rocket_bo *bo)
{
	unsigned int written = 0;

	for (size_t at = 0; at < bo->size; at += ROCKET_PAGE) {
		size_t clean = 0;

		while (clean < ROCKET_PAGE && bo->map[at + clean] == POISON)
			clean++;
		written += clean < ROCKET_PAGE;
	}
	return written;
}

static void expect_poison(int fd, struct memory *memory)
{
	unsigned int written = 0;

	for (unsigned int i = 0; i < PIECES; i++) {
		written += written_pages(&memory->piece[i]);
		rocket_bo_free(fd, &memory->piece[i]);
	}
	igt_assert_f(!written, "the NPU wrote to %u freed pages\n", written);
}

/* A job that writes to all pages of the BO, again and again, and has begun. */
static uint32_t begin_writing(struct client *c, unsigned int times)
{
	struct drm_rocket_task *tasks = calloc(times, sizeof(*tasks));
	struct drm_rocket_job job = {
		.tasks = (uintptr_t)tasks, .task_count = times,
		.task_struct_size = sizeof(*tasks), .vm_id = c->vm,
		.timeout_ms = rocket_get_param(c->fd, DRM_ROCKET_PARAM_MAX_JOB_TIMEOUT_MS),
	};
	uint32_t done;

	igt_assert(tasks);
	/* A source of its own, so that only writes go to the BO. */
	rocket_pattern((void *)rocket_probe_result(&c->probe, 0), 0x77);
	for (unsigned int i = 0; i < SLOTS; i++)
		rocket_probe_set(&c->probe, i, rocket_probe_result_addr(&c->probe, 0),
				 page_addr(i));
	for (unsigned int i = 0; i < times; i++)
		tasks[i] = c->probe.tasks[i % SLOTS];
	done = rocket_start(c->fd, &job);
	free(tasks);
	igt_set_timeout(60, "the NPU's first writes");
	while (!rocket_is_pattern(c->bo.map + (SLOTS - 1) * ROCKET_PAGE, 0x77))
		;
	igt_reset_timeout();
	return done;
}

static void test_freed_unmap(int fd)
{
	int heir = rocket_open();

	for (unsigned int round = 0; round < 5; round++) {
		struct client c = make_client(fd, rocket_vm_create(fd), round);
		uint32_t done = begin_writing(&c, 10 * TASKS);
		struct memory memory;
		int status;

		rocket_vm_unmap(fd, c.vm, BASE, PAGES * ROCKET_PAGE);
		rocket_bo_free(fd, &c.bo);
		memory = take_memory(heir);
		status = rocket_syncobj_status(fd, done);
		expect_poison(heir, &memory);
		igt_assert_eq(status, -EFAULT);
		rocket_vm_destroy(fd, c.vm);
	}
	close(heir);
}

static void test_freed_destroy(int fd)
{
	int heir = rocket_open();

	for (unsigned int round = 0; round < 3; round++) {
		struct client c = make_client(fd, rocket_vm_create(fd), round);
		uint32_t done = begin_writing(&c, TASKS);
		struct memory memory;
		int status;

		/* The job goes on; so does what it uses. */
		rocket_bo_free(fd, &c.bo);
		rocket_bo_free(fd, &c.probe.bo);
		rocket_vm_destroy(fd, c.vm);
		memory = take_memory(heir);
		status = rocket_syncobj_status(fd, done);
		expect_poison(heir, &memory);
		igt_assert_eq(status, 0);
	}
	close(heir);
}

/* Dies in the middle of a job that writes; somebody else gets its memory. */
static void test_freed_kill(int fd)
{
	struct client watcher = make_client(fd, 0, 0);

	for (unsigned int round = 0; round < 3; round++) {
		struct igt_helper_process victim = { .use_SIGKILL = true };
		struct memory memory;
		int ready[2];
		char byte;

		igt_assert_eq(pipe(ready), 0);
		igt_fork_helper(&victim) {
			struct client c = make_client(rocket_open(), 0, round + 1);

			begin_writing(&c, TASKS);
			igt_assert_eq(write(ready[1], "", 1), 1);
			pause();
		}
		igt_assert_eq(read(ready[0], &byte, 1), 1);
		igt_stop_helper(&victim);
		memory = take_memory(fd);
		/* As long as the dead client's job can still run. */
		for (uint32_t left = rocket_core_mask(fd); left; left &= left - 1)
			expect_on(&watcher, __builtin_ctz(left), 3, watcher.seed + 3);
		expect_poison(fd, &memory);
		close(ready[0]);
		close(ready[1]);
	}
}

/* After a fault, too, nothing of the VM is reachable once it is gone. */
static void test_freed_fault(int fd)
{
	int heir = rocket_open();

	for (unsigned int round = 0; round < 3; round++) {
		struct client c = make_client(fd, rocket_vm_create(fd), round);
		struct memory memory;

		rocket_probe_expect_fault(&c.probe, 0x80000000u);
		rocket_vm_destroy(fd, c.vm);
		rocket_bo_free(fd, &c.bo);
		rocket_bo_free(fd, &c.probe.bo);
		memory = take_memory(heir);
		c = make_client(fd, 0, 7);
		expect_own(&c);
		expect_poison(heir, &memory);
		rocket_probe_fini(&c.probe);
	}
	close(heir);
}

/*
 * Files that are shared
 */

static void test_fork(int fd)
{
	struct client c = make_client(fd, 0, 0);

	/* The same open file: the same VM, in both processes. */
	igt_fork(child, 1) {
		expect_own(&c);
		rocket_vm_unmap(fd, 0, page_addr(3), ROCKET_PAGE);
	}
	igt_waitchildren();
	rocket_probe_expect_fault(&c.probe, page_addr(3));
	rocket_probe_expect(&c.probe, page_addr(4), c.seed + 4);
}

static void send_fd(int socket, int fd)
{
	char room[CMSG_SPACE(sizeof(fd))] = { 0 };
	struct iovec byte = { .iov_base = room, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &byte, .msg_iovlen = 1,
		.msg_control = room, .msg_controllen = sizeof(room),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	igt_assert_eq(sendmsg(socket, &message, 0), 1);
}

static int receive_fd(int socket)
{
	char room[CMSG_SPACE(sizeof(int))], byte;
	struct iovec vector = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &vector, .msg_iovlen = 1,
		.msg_control = room, .msg_controllen = sizeof(room),
	};
	int fd;

	igt_assert_eq(recvmsg(socket, &message, 0), 1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

/* What somebody has prepared runs for whom the file was passed to. */
static void test_fd_passing(int fd)
{
	struct client own = make_client(fd, 0, 0);
	uint8_t data[ROCKET_PATTERN];
	struct rocket_probe probe;
	int sockets[2], passed;

	igt_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
	igt_fork(child, 1)
		send_fd(sockets[1], make_client(rocket_open(), 0, 5).fd);
	passed = receive_fd(sockets[0]);
	/* Who made it is gone. */
	igt_waitchildren();
	rocket_probe_init(&probe, passed, 0, 0x30000000u, 1);
	rocket_probe_expect(&probe, page_addr(2), SEED * 6 + 2);
	igt_assert_eq(rocket_probe_read(&own.probe, page_addr(2), data), 0);
	igt_assert(rocket_is_pattern(data, own.seed + 2));
	close(passed);
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd);
		const char *what;
	} tests[] = {
		{ "two-clients", test_two,
		  "Two clients at equal addresses see their own data, over all cores" },
		{ "twenty-clients", test_twenty,
		  "So do twenty" },
		{ "interleaved", test_interleaved,
		  "So do six whose jobs are queued among each other's" },
		{ "vms-of-one-file", test_vms_of_file,
		  "VMs of one file at equal addresses see their own data" },
		{ "foreign-address", test_foreign_address,
		  "Another client's address faults, for reading and for writing" },
		{ "foreign-address-vm", test_foreign_address_vm,
		  "So does an address of another VM of the same file" },
		{ "fault-hurts-nobody", test_fault_hurts_nobody,
		  "While a client faults again and again, another one's jobs all succeed" },
		{ "fault-hurts-no-core", test_fault_hurts_no_core,
		  "A fault on one core ends no job on another, nor the next one on its own" },
		{ "stale-rebind", test_stale_rebind,
		  "After unmap and map no core uses the old translation" },
		{ "stale-replace", test_stale_replace,
		  "After a replacement no core uses the old translation" },
		{ "stale-unmap", test_stale_unmap,
		  "After an unmap no core uses the old translation" },
		{ "stale-read-only", test_stale_read_only,
		  "After a range became read-only no core writes by the old translation" },
		{ "stale-switch", test_stale_switch,
		  "After a switch no core uses the other client's translations" },
		{ "stale-elsewhere", test_stale_elsewhere,
		  "A bind while the cores hold another VM is seen by the next job" },
		{ "freed-by-unmap", test_freed_unmap,
		  "Pages unmapped under a job that writes are not written when somebody else has them" },
		{ "freed-by-destroy", test_freed_destroy,
		  "Pages of a destroyed VM stay until its last job has ended" },
		{ "freed-by-kill", test_freed_kill,
		  "Pages of a killed client are not written when somebody else has them" },
		{ "freed-after-fault", test_freed_fault,
		  "A VM that has faulted leaves nothing reachable behind" },
		{ "fork", test_fork, "A forked process shares the VM of the file it inherits" },
		{ "fd-passing", test_fd_passing,
		  "A file that is passed on brings its VM, and no other" },
	};

	igt_fixture
		close(rocket_open());

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			rocket_on_device(tests[i].test);
	}
}
