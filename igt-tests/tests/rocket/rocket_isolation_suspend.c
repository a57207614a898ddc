// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_job.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("Clients on cores that fall asleep and are woken up all the time");

/*
 * A core is suspended first and its IOMMU a moment later, by another thread.
 * What the driver asks of the IOMMU in between may be put off to a resume that
 * never comes; a job that wakes the core at once then runs with page tables or
 * IOTLB lines that are not valid any more.  With equal addresses and different
 * data everywhere, such a job ends well and with the wrong result.
 */

#define PROBE_ADDR	0x10000000u
#define DATA_ADDR	0x20000000u
#define SLOTS		16u	/* one for each page of data */
#define SEED(client)	(((client) + 1u) << 16)
#define CLIENTS		2u
#define ROUNDS		720u
/* A short nap is fallen into more often. */
#define AUTOSUSPEND_MS	1
/* Pauses from 0 to 3 ms, in steps that are no fraction of anything. */
#define PAUSE_NS	13000u
#define PAUSES		231u

struct client {
	int fd;
	struct rocket_probe probe;
	struct rocket_bo data;
};

static struct client make_client(int fd, unsigned int number)
{
	struct client c = { .fd = fd, .data = rocket_bo(fd, SLOTS * ROCKET_PAGE) };

	rocket_probe_init(&c.probe, fd, 0, PROBE_ADDR, SLOTS);
	rocket_bo_fill(&c.data, SEED(number));
	rocket_vm_map_bo(fd, 0, &c.data, DATA_ADDR);
	for (unsigned int i = 0; i < SLOTS; i++)
		rocket_probe_set(&c.probe, i, DATA_ADDR + i * ROCKET_PAGE,
				 rocket_probe_result_addr(&c.probe, i));
	return c;
}

/* Reads a page on a core and compares. */
static void expect(struct client *c, unsigned int core, unsigned int page, uint32_t seed)
{
	struct drm_rocket_job job = rocket_probe_job(&c->probe, page, 1);
	uint8_t data[ROCKET_PATTERN];
	uint32_t found;

	job.core_mask = 1u << core;
	rocket_probe_clear_result(&c->probe, page);
	igt_assert_eq(rocket_run(c->fd, &job), 0);
	memcpy(data, (void *)rocket_probe_result(&c->probe, page), sizeof(data));
	memcpy(&found, data, sizeof(found));
	igt_assert_f(rocket_is_pattern(data, seed + page),
		     "core %u reads %#x, expected %#x\n", core, found, seed + page);
}

/* A core for each round: the same one for both clients' turns, then the next. */
static unsigned int core_of(uint32_t mask, unsigned int round)
{
	return rocket_nth_core(mask, round / 4 % __builtin_popcount(mask));
}

static void spin(uint64_t ns)
{
	struct timespec since = { 0 };

	while (igt_nsec_elapsed(&since) < ns)
		;
}

static void test_woken_by_other(int fd)
{
	struct client clients[CLIENTS] = {
		make_client(fd, 0), make_client(rocket_open(), 1),
	};
	uint32_t mask = rocket_core_mask(fd);

	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int core = core_of(mask, i);

		expect(&clients[i % CLIENTS], core, i % SLOTS, SEED(i % CLIENTS));
		rocket_sysfs_await_suspend(core);
	}
	close(clients[1].fd);
}

static void test_pauses(int fd)
{
	struct client clients[CLIENTS] = {
		make_client(fd, 0), make_client(rocket_open(), 1),
	};
	uint32_t mask = rocket_core_mask(fd);

	for (unsigned int i = 0; i < ROUNDS; i++) {
		expect(&clients[i % CLIENTS], core_of(mask, i), i % SLOTS, SEED(i % CLIENTS));
		spin((uint64_t)PAUSE_NS * (i % PAUSES));
	}
	close(clients[1].fd);
}

/* One VM, so that only the IOTLB could lead to what was there before. */
static void test_rebind(int fd)
{
	struct client c = make_client(fd, 0);
	struct rocket_bo other = rocket_bo(fd, SLOTS * ROCKET_PAGE);
	struct rocket_bo *bos[2] = { &c.data, &other };
	uint32_t mask = rocket_core_mask(fd);

	rocket_bo_fill(&other, SEED(1));
	for (unsigned int i = 0; i < ROUNDS / 2; i++) {
		unsigned int core = core_of(mask, i);

		expect(&c, core, i % SLOTS, SEED(i % 2));
		rocket_sysfs_await_suspend(core);
		rocket_vm_map_bo(fd, 0, bos[(i + 1) % 2], DATA_ADDR);
		expect(&c, core, i % SLOTS, SEED((i + 1) % 2));
	}
}

/* A VM that goes while its core falls asleep, and one that takes its memory. */
static void test_destroy(int fd)
{
	uint32_t mask = rocket_core_mask(fd);

	for (unsigned int i = 0; i < ROUNDS / 6; i++) {
		struct client c = make_client(rocket_open(), i);

		expect(&c, core_of(mask, i), i % SLOTS, SEED(i));
		rocket_sysfs_await_suspend(core_of(mask, i));
		munmap(c.data.map, c.data.size);
		munmap(c.probe.bo.map, c.probe.bo.size);
		free(c.probe.tasks);
		close(c.fd);
	}
}

static int usual[ROCKET_MAX_CORES];

static void shorten(void)
{
	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++) {
		usual[core] = rocket_sysfs_autosuspend(core);
		rocket_sysfs_set_autosuspend(core, AUTOSUSPEND_MS);
	}
}

static void restore(void)
{
	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++)
		rocket_sysfs_set_autosuspend(core, usual[core]);
}

igt_main
{
	igt_fixture {
		close(rocket_open());
		shorten();
	}

	igt_describe("A job that wakes a core at the moment of its suspend sees its own VM");
	igt_subtest("woken-by-other-client")
		rocket_on_device(test_woken_by_other);

	igt_describe("Two clients take turns, with pauses around the autosuspend delay");
	igt_subtest("pauses")
		rocket_on_device(test_pauses);

	igt_describe("What is bound while a core is being suspended is what its next job sees");
	igt_subtest("rebind")
		rocket_on_device(test_rebind);

	igt_describe("A VM that goes while its core is being suspended leaves nothing behind");
	igt_subtest("destroy")
		rocket_on_device(test_destroy);

	igt_fixture
		restore();
}
