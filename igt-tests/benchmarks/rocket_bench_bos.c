// SPDX-License-Identifier: MIT
/*
 * What buffer objects cost by their size: created and mapped at once, as mainline's
 * CREATE_BO does, freed, and, where there is VM_BIND, mapped and unmapped alone.
 */
#include <unistd.h>

#include "bench.h"
#include "bench_client.h"
#include "igt.h"

#define LARGEST	(256u << 20)
/* So much at a time, so that small ones are done often enough to be measured. */
#define BATCH	(1u << 20)
enum { MOST = 64, MANY = 10000 };

#define MAP_AT	0x20000000u

static unsigned int batch(uint32_t size)
{
	return size >= BATCH ? 1 : BATCH / size < MOST ? BATCH / size : MOST;
}

static void create_and_free(int fd, uint32_t size)
{
	struct drm_rocket_create_bo bos[MOST];
	unsigned int count = batch(size);
	struct bench_counts before;

	for (unsigned int i = 0; i < count; i++)
		bos[i] = (struct drm_rocket_create_bo){ .size = size };
	bench_begin(&before);
	for (unsigned int i = 0; i < count; i++)
		igt_assert_eq(__rocket_create_bo(fd, &bos[i]), 0);
	bench_end(&before, "BO", bench_sized("create and map", size), count);
	bench_begin(&before);
	for (unsigned int i = 0; i < count; i++)
		rocket_gem_close(fd, bos[i].handle);
	bench_end(&before, "BO", bench_sized("unmap and free", size), count);
}

/* Among many others the kernel has to find an address for it, too. */
static void create_among_many(int fd)
{
	static struct drm_rocket_create_bo many[MANY], bos[MOST];
	struct bench_counts before;

	for (unsigned int i = 0; i < MANY; i++) {
		many[i] = (struct drm_rocket_create_bo){ .size = 4096 };
		igt_assert_eq(__rocket_create_bo(fd, &many[i]), 0);
	}
	for (unsigned int i = 0; i < MOST; i++)
		bos[i] = (struct drm_rocket_create_bo){ .size = 4096 };
	bench_begin(&before);
	for (unsigned int i = 0; i < MOST; i++)
		igt_assert_eq(__rocket_create_bo(fd, &bos[i]), 0);
	bench_end(&before, "BO", "create and map 4 KiB among 10,000", MOST);
	for (unsigned int i = 0; i < MOST; i++)
		rocket_gem_close(fd, bos[i].handle);
	for (unsigned int i = 0; i < MANY; i++)
		rocket_gem_close(fd, many[i].handle);
}

static void map_alone(int fd, uint32_t size)
{
	struct rocket_bo bo = rocket_bo(fd, size);
	unsigned int count = batch(size);
	struct bench_counts before;

	/* The page tables are there afterwards. */
	rocket_vm_map(fd, 0, bo.handle, 0, MAP_AT, size);
	rocket_vm_unmap(fd, 0, MAP_AT, size);
	for (unsigned int i = 0; i < count; i++) {
		bench_begin(&before);
		rocket_vm_map(fd, 0, bo.handle, 0, MAP_AT, size);
		bench_end(&before, "BO", bench_sized("VM_BIND map", size), 1);
		bench_begin(&before);
		rocket_vm_unmap(fd, 0, MAP_AT, size);
		bench_end(&before, "BO", bench_sized("VM_BIND unmap", size), 1);
		if (i == 2)
			break;
	}
	rocket_bo_free(fd, &bo);
}

/*
 * While a core holds the client's page tables each page is dropped from its IOTLB.
 * Mainline's holds them for no longer than a job runs.
 */
static void attached(struct bench_client *client, uint32_t size)
{
	struct drm_rocket_create_bo bo = { .size = size };
	struct bench_counts before;

	bench_client_submit(client, 1);
	bench_client_wait(client);
	bench_begin(&before);
	igt_assert_eq(__rocket_create_bo(client->fd, &bo), 0);
	bench_end(&before, "BO", bench_sized("create and map behind a job,", size), 1);
	bench_client_submit(client, 1);
	bench_client_wait(client);
	bench_begin(&before);
	rocket_gem_close(client->fd, bo.handle);
	bench_end(&before, "BO", bench_sized("unmap and free behind a job,", size), 1);
}

int main(int argc, char **argv)
{
	struct bench_client client;

	bench_init(argc, argv);
	for (unsigned int run = 0; run < bench_runs(); run++) {
		/* With BOs of its own, so that nobody pays for a first use; on no core. */
		bench_client_open(&client);
		for (uint32_t size = 4096; size <= LARGEST; size *= 4)
			create_and_free(client.fd, size);
		create_among_many(client.fd);
		for (uint32_t size = 4096; bench_is_ours() && size <= LARGEST; size *= 4)
			map_alone(client.fd, size);
		for (uint32_t size = 4096; size <= 16u << 20; size *= 4)
			attached(&client, size);
		bench_client_close(&client);
	}
	return 0;
}
