// SPDX-License-Identifier: MIT
/*
 * Mapping and unmapping alone, by the size of the BO: what the page tables take of
 * CREATE_BO and of closing the handle. Mainline's interface has no such call, so what
 * is timed are the functions of the IOMMU API that the drivers call.
 */
#include <unistd.h>

#include "bench.h"
#include "bench_client.h"
#include "bench_functions.h"
#include "igt.h"

#define LARGEST	(256u << 20)
enum { COUNT = 4 };

#define MAPS	"iommu_map iommu_map_sg"
#define UNMAPS	"iommu_unmap"

static void report(const char *what, uint32_t size, uint64_t ns, unsigned int count)
{
	bench_value("page tables", bench_sized(what, size), "instructions", (double)ns / count);
}

static void map_and_unmap(int fd, uint32_t size)
{
	struct drm_rocket_create_bo bos[COUNT];
	unsigned int count = size < LARGEST ? COUNT : 1;

	for (unsigned int i = 0; i < count; i++)
		bos[i] = (struct drm_rocket_create_bo){ .size = size };
	/* The second-level tables are there afterwards. */
	for (unsigned int i = 0; i < count; i++)
		igt_assert_eq(__rocket_create_bo(fd, &bos[i]), 0);
	for (unsigned int i = 0; i < count; i++)
		rocket_gem_close(fd, bos[i].handle);

	bench_functions_begin(MAPS);
	for (unsigned int i = 0; i < count; i++)
		igt_assert_eq(__rocket_create_bo(fd, &bos[i]), 0);
	report("map", size, bench_functions_end(), count);
	bench_functions_begin(UNMAPS);
	for (unsigned int i = 0; i < count; i++)
		rocket_gem_close(fd, bos[i].handle);
	report("unmap", size, bench_functions_end(), count);
}

int main(int argc, char **argv)
{
	int fd;

	bench_init(argc, argv);
	fd = __rocket_open();
	igt_assert(fd >= 0);
	for (unsigned int run = 0; run < bench_runs(); run++) {
		for (uint32_t size = 4096; size <= LARGEST; size *= 4)
			map_and_unmap(fd, size);
	}
	close(fd);
	return 0;
}
