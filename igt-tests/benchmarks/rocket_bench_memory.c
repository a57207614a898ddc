// SPDX-License-Identifier: MIT
/*
 * What the kernel's memory is used for: a client that is idle, one that has worked, a
 * mapping, a job that waits.
 * Of each so many that rounding to pages is small. The first half fills what earlier
 * ones have left in slabs; while it is there, the second half needs memory of its own,
 * which is what counts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"
#include "bench_client.h"
#include "igt.h"
#include "igt_rocket_board.h"

enum { CLIENTS = 1000, WORKERS = 200, MAPPINGS = 20000, JOBS = 2000 };

/* The first task of the jobs that wait takes this long, in percent of the usual. */
#define SLOW 1000000u

/* Slabs, IOMMU page tables, pages of BOs, vmalloc(): in bytes. */
static double used_bytes(void)
{
	static const char * const names[] = { "Slab:", "SecPageTables:", "Shmem:", "VmallocUsed:" };
	FILE *file = fopen("/proc/sys/vm/stat_refresh", "w");
	unsigned long long kib, sum = 0;
	char line[128], name[32];

	/* Each CPU has a share of the counts. */
	igt_assert(file);
	fputs("1", file);
	fclose(file);
	file = fopen("/proc/meminfo", "r");
	igt_assert(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%31s %llu kB", name, &kib) != 2)
			continue;
		for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
			sum += strcmp(name, names[i]) ? 0 : kib;
	}
	fclose(file);
	return sum * 1024.0;
}

/* What was closed is freed some time later: until nothing has changed for a while. */
static void settle(void)
{
	unsigned int same = 0;
	double last = 0;

	while (same < 20) {
		double now = used_bytes();

		same = now == last ? same + 1 : 0;
		last = now;
		usleep(50000);
	}
}

/* What half of them needs. */
static void report(const char *what, double before, unsigned int count)
{
	bench_value("memory", what, "bytes", (used_bytes() - before) / (count / 2));
}

static void idle_clients(void)
{
	static int fds[CLIENTS];
	double before = 0;

	for (unsigned int i = 0; i < CLIENTS; i++) {
		if (i == CLIENTS / 2)
			before = used_bytes();
		fds[i] = __rocket_open();
		igt_assert(fds[i] >= 0);
	}
	report("idle client", before, CLIENTS);
	for (unsigned int i = 0; i < CLIENTS; i++)
		close(fds[i]);
}

/* Each has run a job, and has given back its BOs. */
static void clients_that_worked(void)
{
	static struct bench_client clients[WORKERS];
	double before = 0;

	for (unsigned int i = 0; i < WORKERS; i++) {
		if (i == WORKERS / 2)
			before = used_bytes();
		bench_client_open(&clients[i]);
		bench_client_submit(&clients[i], 1);
		bench_client_free(&clients[i]);
	}
	report("client that has worked", before, WORKERS);
	for (unsigned int i = 0; i < WORKERS; i++)
		close(clients[i].fd);
}

/* With BO, its page, its handle, its place in the address space. */
static void bos(void)
{
	struct drm_rocket_create_bo *bo = calloc(MAPPINGS, sizeof(*bo));
	int fd = __rocket_open();
	double before = 0;

	igt_assert(bo && fd >= 0);
	memset(bo, 0, MAPPINGS * sizeof(*bo));
	for (unsigned int i = 0; i < MAPPINGS; i++) {
		if (i == MAPPINGS / 2)
			before = used_bytes();
		bo[i].size = ROCKET_PAGE;
		igt_assert_eq(__rocket_create_bo(fd, &bo[i]), 0);
	}
	report("BO of one page, mapped", before, MAPPINGS);
	close(fd);
	free(bo);
}

/* Of a BO that is there. */
static void mappings(void)
{
	struct drm_rocket_vm_bind_op *ops = calloc(MAPPINGS, sizeof(*ops));
	struct rocket_bo bo;
	int fd = rocket_open();
	double before;

	igt_assert(ops);
	bo = rocket_bo(fd, ROCKET_PAGE);
	for (unsigned int i = 0; i < MAPPINGS; i++)
		ops[i] = rocket_op_map(bo.handle, 0, (1ull + 2 * i) * ROCKET_PAGE, ROCKET_PAGE);
	rocket_vm_bind_ops(fd, 0, ops, MAPPINGS / 2);
	before = used_bytes();
	rocket_vm_bind_ops(fd, 0, ops + MAPPINGS / 2, MAPPINGS / 2);
	report("mapping of a BO", before, MAPPINGS);
	close(fd);
	free(ops);
}

/* Behind one that takes its time. */
static void queued_jobs(void)
{
	struct bench_client client;
	double before = 0;

	bench_client_open(&client);
	rocket_board_inject_all(ROCKET_BOARD_SLOWDOWN, SLOW);
	bench_client_submit(&client, 1);
	for (unsigned int i = 0; i < JOBS; i++) {
		if (i == JOBS / 2)
			before = used_bytes();
		bench_client_submit(&client, 1);
	}
	report("queued job", before, JOBS);
	rocket_board_inject_all(ROCKET_BOARD_SLOWDOWN, 0);
	bench_client_wait(&client);
	bench_client_close(&client);
}

int main(int argc, char **argv)
{
	struct rlimit files = { 2 * CLIENTS, 2 * CLIENTS };

	bench_init(argc, argv);
	igt_assert_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
	for (unsigned int run = 0; run < bench_runs(); run++) {
		settle();
		idle_clients();
		settle();
		clients_that_worked();
		settle();
		bos();
		settle();
		if (bench_is_ours())
			mappings();
		settle();
		queued_jobs();
	}
	return 0;
}
