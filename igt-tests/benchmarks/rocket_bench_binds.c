// SPDX-License-Identifier: MIT
/*
 * What VM_BIND costs by the length of the array and by what the VM has mapped
 * already. Mainline has nothing to compare with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"
#include "bench_client.h"
#include "igt.h"

#define MAP_AT		0x10000000u
#define OTHERS_AT	0x40000000u
enum { LONGEST = 10000, MOST = 100000, SAMPLES = 16 };

static void reserve(int fd, struct rocket_bo *bo)
{
	uint64_t range = 2ull * LONGEST * ROCKET_PAGE;

	/* Page tables stay. */
	for (uint64_t at = MAP_AT; at < MAP_AT + range + ROCKET_TABLE_SPAN;
	     at += ROCKET_TABLE_SPAN) {
		rocket_vm_map(fd, 0, bo->handle, 0, at, ROCKET_PAGE);
		rocket_vm_unmap(fd, 0, at, ROCKET_PAGE);
	}
}

static void array(int fd, struct rocket_bo *bo, struct drm_rocket_vm_bind_op *ops,
		  unsigned int count)
{
	struct bench_counts before;
	char what[32];

	for (unsigned int i = 0; i < count; i++)
		ops[i] = rocket_op_map(bo->handle, 0, MAP_AT + 2ull * i * ROCKET_PAGE,
				       ROCKET_PAGE);
	snprintf(what, sizeof(what), "map, array of %u", count);
	bench_begin(&before);
	rocket_vm_bind_ops(fd, 0, ops, count);
	bench_end(&before, "bind", what, count);
	for (unsigned int i = 0; i < count; i++)
		ops[i] = rocket_op_unmap(MAP_AT + 2ull * i * ROCKET_PAGE, ROCKET_PAGE);
	snprintf(what, sizeof(what), "unmap, array of %u", count);
	bench_begin(&before);
	rocket_vm_bind_ops(fd, 0, ops, count);
	bench_end(&before, "bind", what, count);
}

/* Adds mappings until there are so many. */
static void populate(int fd, struct rocket_bo *bo, struct drm_rocket_vm_bind_op *ops,
		     unsigned int have, unsigned int want)
{
	while (have < want) {
		unsigned int count = want - have < LONGEST ? want - have : LONGEST;

		for (unsigned int i = 0; i < count; i++)
			ops[i] = rocket_op_map(bo->handle, 0,
					       OTHERS_AT + 2ull * (have + i) * ROCKET_PAGE,
					       ROCKET_PAGE);
		rocket_vm_bind_ops(fd, 0, ops, count);
		have += count;
	}
}

/* One page in the middle of so many mappings. */
static void among(int fd, struct rocket_bo *bo, unsigned int mappings)
{
	uint64_t at = OTHERS_AT + (2ull * (mappings / 2) + 1) * ROCKET_PAGE;
	struct bench_counts before;
	char what[32];

	for (unsigned int i = 0; i < SAMPLES; i++) {
		snprintf(what, sizeof(what), "map among %u", mappings);
		bench_begin(&before);
		rocket_vm_map(fd, 0, bo->handle, 0, at, ROCKET_PAGE);
		bench_end(&before, "bind", what, 1);
		snprintf(what, sizeof(what), "unmap among %u", mappings);
		bench_begin(&before);
		rocket_vm_unmap(fd, 0, at, ROCKET_PAGE);
		bench_end(&before, "bind", what, 1);
	}
}

/* A VM with so much in it goes; the BO stays. */
static void destroy(int fd, struct drm_rocket_vm_bind_op *ops, unsigned int count, uint32_t size,
		    const char *what)
{
	struct rocket_bo bo = rocket_bo(fd, size);
	uint32_t vm = rocket_vm_create(fd);
	struct bench_counts before;

	for (unsigned int i = 0; i < count; i++)
		ops[i] = rocket_op_map(bo.handle, 0, MAP_AT + 2ull * i * size, size);
	rocket_vm_bind_ops(fd, vm, ops, count);
	bench_begin(&before);
	rocket_vm_destroy(fd, vm);
	bench_end(&before, "bind", what, count);
	rocket_bo_free(fd, &bo);
}

int main(int argc, char **argv)
{
	struct drm_rocket_vm_bind_op *ops = calloc(LONGEST, sizeof(*ops));
	struct rocket_bo bo;
	int fd;

	igt_assert(ops);
	bench_init(argc, argv);
	if (!bench_is_ours())
		return 0;
	for (unsigned int run = 0; run < bench_runs(); run++) {
		fd = rocket_open();
		bo = rocket_bo(fd, ROCKET_PAGE);
		reserve(fd, &bo);
		array(fd, &bo, ops, 1);
		array(fd, &bo, ops, 100);
		array(fd, &bo, ops, LONGEST);
		for (unsigned int n = 10, have = 0; n <= MOST; have = n, n *= 10) {
			populate(fd, &bo, ops, have, n);
			among(fd, &bo, n);
		}
		destroy(fd, ops, 1, 256 << 20, "destroy a VM of 256 MiB");
		destroy(fd, ops, LONGEST, ROCKET_PAGE, "destroy a VM of 10000 pages");
		rocket_bo_free(fd, &bo);
		close(fd);
	}
	free(ops);
	return 0;
}
