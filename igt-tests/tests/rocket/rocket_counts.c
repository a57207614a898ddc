// SPDX-License-Identifier: MIT
#include <unistd.h>
#include <xf86drm.h>

#include "igt.h"
#include "igt_rocket_board.h"
#include "igt_rocket_debugfs.h"
#include "igt_rocket_job.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("How many register accesses, interrupts and switches things cost, exactly");

/*
 * docs/performance.rst says where the numbers come from. One that becomes smaller is
 * good news: write it here. One that becomes larger needs a reason.
 */

#define PROBE_ADDR	0x30000000u
#define MAP_ADDR	0x20000000u
#define BLOCKS		16u

enum { SLOTS = 16, JOBS = 20 };

struct counts {
	uint64_t npu_reads, npu_writes, mmu_reads, mmu_writes, roots, zaps, irqs, starts;
};

static bool is_mmu(unsigned int block)
{
	return block == ROCKET_BOARD_BLOCK_MMU0 || block == ROCKET_BOARD_BLOCK_MMU;
}

static struct counts now(unsigned int core)
{
	struct counts c = {
		.roots = rocket_board_count(core, ROCKET_BOARD_DTE_LOADS),
		.zaps = rocket_board_count(core, ROCKET_BOARD_ZAP_LINE),
		.irqs = rocket_board_count(core, ROCKET_BOARD_NPU_IRQS) +
			rocket_board_count(core, ROCKET_BOARD_MMU_IRQS),
		.starts = rocket_board_count(core, ROCKET_BOARD_STARTS),
	};

	for (unsigned int block = 0; block < BLOCKS; block++) {
		uint64_t reads = rocket_board_count(core, ROCKET_BOARD_REG_READS(block));
		uint64_t writes = rocket_board_count(core, ROCKET_BOARD_REG_WRITES(block));

		*(is_mmu(block) ? &c.mmu_reads : &c.npu_reads) += reads;
		*(is_mmu(block) ? &c.mmu_writes : &c.npu_writes) += writes;
	}
	return c;
}

/* Asserts that since then there were so many, for each of times. */
#define expect(core, then, times, ...) do { \
	struct counts __is = now(core), __was = (then), __want = { __VA_ARGS__ }; \
	igt_assert_eq_u64(__is.npu_reads - __was.npu_reads, __want.npu_reads * (times)); \
	igt_assert_eq_u64(__is.npu_writes - __was.npu_writes, __want.npu_writes * (times)); \
	igt_assert_eq_u64(__is.mmu_reads - __was.mmu_reads, __want.mmu_reads * (times)); \
	igt_assert_eq_u64(__is.mmu_writes - __was.mmu_writes, __want.mmu_writes * (times)); \
	igt_assert_eq_u64(__is.roots - __was.roots, __want.roots * (times)); \
	igt_assert_eq_u64(__is.zaps - __was.zaps, __want.zaps * (times)); \
	igt_assert_eq_u64(__is.irqs - __was.irqs, __want.irqs * (times)); \
	igt_assert_eq_u64(__is.starts - __was.starts, __want.starts * (times)); \
} while (0)

/* Core 0's IOMMU has two. */
static unsigned int banks(unsigned int core)
{
	return core ? 1 : 2;
}

static struct rocket_probe probe_in(int fd, uint32_t vm)
{
	struct rocket_probe probe;

	rocket_probe_init(&probe, fd, vm, PROBE_ADDR, SLOTS);
	for (unsigned int i = 0; i < SLOTS; i++)
		rocket_probe_set(&probe, i, PROBE_ADDR, rocket_probe_result_addr(&probe, i));
	return probe;
}

static void run(struct rocket_probe *probe, unsigned int core, unsigned int tasks)
{
	struct drm_rocket_job job = rocket_probe_job(probe, 0, tasks);

	job.core_mask = 1u << core;
	igt_assert_eq(rocket_run(probe->fd, &job), 0);
}

/*
 * Reads that tell the end of so many tasks: what has been raised, and the counter where
 * it was seen to say something about it.
 */
static unsigned int end_reads(int fd, unsigned int core, unsigned int tasks)
{
	if (rocket_core_counts(fd, core, "ended"))
		return 2;
	return tasks == 1 || rocket_core_counts(fd, core, "not seen") ? 1 : 2;
}

/* The same client, job after job: the IOMMU's driver is asked about the line only. */
static void test_job(int fd, unsigned int core)
{
	struct rocket_probe probe = probe_in(fd, 0);
	struct counts then;

	run(&probe, core, 1);
	then = now(core);
	for (unsigned int i = 0; i < JOBS; i++)
		run(&probe, core, 1);
	expect(core, then, JOBS, .npu_reads = end_reads(fd, core, 1), .npu_writes = 13,
	       .mmu_reads = banks(core), .irqs = 1, .starts = 1);
}

static void test_tasks(int fd, unsigned int core)
{
	struct rocket_probe probe = probe_in(fd, 0);
	struct counts then;

	run(&probe, core, 1);
	then = now(core);
	run(&probe, core, SLOTS);
	expect(core, then, 1, .npu_reads = SLOTS * end_reads(fd, core, 1),
	       .npu_writes = 11 * SLOTS + 2,
	       .mmu_reads = SLOTS * banks(core), .irqs = SLOTS, .starts = SLOTS);
}

/* As many tasks, and no more than one. */
static void test_chain(int fd, unsigned int core)
{
	struct rocket_probe probe = probe_in(fd, 0);
	struct counts then;

	for (unsigned int i = 0; i < SLOTS; i++)
		rocket_probe_chain(&probe, i, (i + 1) % SLOTS);
	run(&probe, core, 1);
	probe.tasks[0].chain_count = SLOTS;
	then = now(core);
	run(&probe, core, 1);
	expect(core, then, 1, .npu_reads = end_reads(fd, core, SLOTS), .npu_writes = 13,
	       .mmu_reads = banks(core), .irqs = 1, .starts = 1);
}

/* From one VM of a file to another: a reset, and twice all of the IOMMU's registers. */
static void test_vms(int fd, unsigned int core)
{
	struct rocket_probe a = probe_in(fd, 0), b = probe_in(fd, rocket_vm_create(fd));
	struct counts then;

	run(&a, core, 1);
	run(&b, core, 1);
	then = now(core);
	for (unsigned int i = 0; i < JOBS; i++)
		run(i % 2 ? &b : &a, core, 1);
	expect(core, then, JOBS, .npu_reads = 1 + end_reads(fd, core, 1), .npu_writes = 17,
	       .mmu_reads = 29 * banks(core), .mmu_writes = 21 * banks(core),
	       .roots = 2 * banks(core), .irqs = 1, .starts = 1);
}

/* To another file: what a scrub starts and writes. How often it polls is open. */
static void test_files(int fd, unsigned int core)
{
	struct rocket_probe a = probe_in(fd, 0), b = probe_in(rocket_open(), 0);
	struct counts then, after;

	run(&a, core, 1);
	run(&b, core, 1);
	then = now(core);
	for (unsigned int i = 0; i < JOBS; i++)
		run(i % 2 ? &b : &a, core, 1);
	after = now(core);
	igt_assert_eq_u64(after.starts - then.starts, 3 * JOBS);
	igt_assert_eq_u64(after.irqs - then.irqs, JOBS);
	igt_assert_eq_u64(after.roots - then.roots, 2 * banks(core) * JOBS);
	igt_assert_eq_u64(after.npu_writes - then.npu_writes, 41 * JOBS);
	igt_assert_eq_u64(after.mmu_writes - then.mmu_writes, 18 * banks(core) * JOBS);
}

/* What a core holds is dropped page by page, and nothing else is done to it. */
static void test_unmap(int fd, unsigned int core)
{
	enum { PAGES = 32 };
	struct rocket_probe probe = probe_in(fd, 0);
	struct rocket_bo bo = rocket_bo(fd, PAGES * ROCKET_PAGE);
	struct counts then;

	rocket_vm_map_bo(fd, 0, &bo, MAP_ADDR);
	run(&probe, core, 1);
	then = now(core);
	rocket_vm_unmap(fd, 0, MAP_ADDR, bo.size);
	expect(core, then, 1, .mmu_writes = PAGES * banks(core), .zaps = PAGES * banks(core));
}

/* Three clients in turns, anywhere: each keeps a core. */
static void test_affinity(int fd)
{
	struct rocket_probe clients[ROCKET_BOARD_CORES];
	uint64_t roots = 0;

	for (unsigned int i = 0; i < rocket_board_cores(); i++)
		clients[i] = probe_in(i ? rocket_open() : fd, 0);
	for (unsigned int i = 0; i < JOBS * ROCKET_BOARD_CORES; i++) {
		struct rocket_probe *client = &clients[i % rocket_board_cores()];
		struct drm_rocket_job job = rocket_probe_job(client, 0, 1);

		if (i == ROCKET_BOARD_CORES)
			roots = rocket_board_count_all(ROCKET_BOARD_DTE_LOADS);
		igt_assert_eq(rocket_run(client->fd, &job), 0);
	}
	igt_assert_eq_u64(rocket_board_count_all(ROCKET_BOARD_DTE_LOADS), roots);
}

/* A core that sleeps between two jobs would be attached anew. */
static void stay_awake(bool awake)
{
	for (unsigned int core = 0; core < rocket_board_cores(); core++)
		rocket_sysfs_stay_awake(core, awake);
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd, unsigned int core);
		const char *what;
	} tests[] = {
		{ "job", test_job, "A job of the client before" },
		{ "tasks", test_tasks, "A job of many tasks" },
		{ "chain", test_chain, "A job of a chain" },
		{ "vms", test_vms, "A job of another VM" },
		{ "files", test_files, "A job of another client" },
		{ "unmap", test_unmap, "Unmapping what a core holds" },
	};

	igt_fixture {
		int fd = rocket_open();

		rocket_require_board();
		igt_require_f(!rocket_is_rk3576(fd),
			      "counts of an RK3588: each change of VM is a power cycle here\n");
		close(fd);
	}

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		for (unsigned int core = 0; core < rocket_board_cores(); core++) {
			igt_describe(tests[i].what);
			igt_subtest_f("%s-core%u", tests[i].name, core) {
				int fd = rocket_open();

				stay_awake(true);
				tests[i].test(fd, core);
				stay_awake(false);
			}
		}
	}

	igt_describe("Clients that take turns on as many cores");
	igt_subtest("affinity") {
		stay_awake(true);
		test_affinity(rocket_open());
		stay_awake(false);
	}
}
