// SPDX-License-Identifier: MIT
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_cgroup.h"
#include "igt_rocket_job.h"
#include "igt_rocket_limits.h"

IGT_TEST_DESCRIPTION("Memory that a client makes the driver take is charged to its memory cgroup");

#define MIB		(1u << 20)
#define BASE		0x20000000u
#define PROBE_ADDR	0x10000000u
#define SEED		0x1000u
/* BOs that a job lists to read, and as many to write; and such jobs */
#define LISTED		32768u
#define LIST_JOBS	2u
/* Pages that a CPU charges in advance: MEMCG_CHARGE_BATCH of the kernel */
#define CHARGE_BATCH	64u

static void stay_on_this_cpu(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(sched_getcpu(), &cpus);
	igt_assert_eq(sched_setaffinity(0, sizeof(cpus), &cpus), 0);
}

/*
 * Runs @test in a process in a cgroup of its own that may have @max bytes, and
 * looks whether anybody else came to harm.
 */
static void in_cgroup(uint64_t max, void (*test)(const struct rocket_cgroup *cgroup))
{
	struct igt_helper_process child = { 0 };
	int fd = rocket_open(), status;
	struct rocket_cgroup cgroup;
	struct rocket_probe probe;

	rocket_cgroup_init(&cgroup, max);
	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	igt_fork_helper(&child) {
		/* Nobody else is counted with it. */
		rocket_become_user(ROCKET_TEST_UID);
		/* What it needs itself is there, and not taken away to make room. */
		igt_assert_eq(mlockall(MCL_CURRENT | MCL_FUTURE), 0);
		stay_on_this_cpu();
		rocket_cgroup_enter(&cgroup);
		test(&cgroup);
	}
	status = igt_wait_helper(&child);
	rocket_cgroup_fini(&cgroup);
	igt_assert_eq(status, 0);
	igt_assert_eq(rocket_probe_copy(&probe, PROBE_ADDR,
					rocket_probe_result_addr(&probe, 0)), 0);
	close(fd);
}

/*
 * How far the count may be off, in bytes: a CPU charges some pages in advance, and
 * gives them back when it likes. A test stays on one, see in_cgroup().
 */
static uint64_t charge_slack(void)
{
	return (uint64_t)CHARGE_BATCH * sysconf(_SC_PAGESIZE);
}

/* @least must be more than twice the slack, or what was not charged could pass for it. */
static void expect_at_least(uint64_t after, uint64_t before, uint64_t least)
{
	igt_info("%lld KiB charged, %llu expected\n", (long long)(after - before) / 1024,
		 (unsigned long long)least >> 10);
	igt_assert_lt_u64(2 * charge_slack(), least);
	igt_assert_lte_u64(before + least - charge_slack(), after);
}

static void expect_growth(const struct rocket_cgroup *cgroup, uint64_t before, uint64_t least)
{
	expect_at_least(rocket_cgroup_bytes(cgroup), before, least);
}

/* The BO's pages, by binding; cached BOs have none before. */
static void bind_bo(const struct rocket_cgroup *cgroup)
{
	struct drm_rocket_gem_create create = { .size = 16 * MIB };
	uint64_t before;
	int fd = rocket_open();

	igt_assert_eq(__rocket_gem_create(fd, &create), 0);
	before = rocket_cgroup_bytes(cgroup);
	rocket_vm_map(fd, 0, create.handle, 0, BASE, create.size);
	expect_growth(cgroup, before, create.size);
	close(fd);
}

static void create_bo(const struct rocket_cgroup *cgroup)
{
	struct drm_rocket_create_bo create = { .size = 16 * MIB };
	uint64_t before;
	int fd = rocket_open();

	before = rocket_cgroup_bytes(cgroup);
	igt_assert_eq(__rocket_create_bo(fd, &create), 0);
	expect_growth(cgroup, before, create.size);
	close(fd);
}

/* Too large for any hole: found out before it gets its memory. */
static void create_no_hole(const struct rocket_cgroup *cgroup)
{
	enum { HOLES = 93, SIZE = 48 * MIB };
	struct drm_rocket_create_bo create = { .size = SIZE };
	struct drm_rocket_gem_create page = { .size = ROCKET_PAGE };
	struct drm_rocket_vm_bind_op ops[HOLES];
	int fd = rocket_open();
	uint64_t peak;

	igt_assert_eq(__rocket_gem_create(fd, &page), 0);
	for (unsigned int i = 0; i < HOLES; i++)
		ops[i] = rocket_op_map(page.handle, 0, (i + 1) * (SIZE - 4 * MIB) - ROCKET_PAGE,
				       ROCKET_PAGE);
	rocket_vm_bind_ops(fd, 0, ops, HOLES);
	peak = rocket_cgroup_peak_bytes(cgroup);
	igt_assert_eq(__rocket_create_bo(fd, &create), -ENOSPC);
	igt_assert_lte_u64(rocket_cgroup_peak_bytes(cgroup), peak + SIZE / 2);
	create.size = SIZE / 2;
	igt_assert_eq(__rocket_create_bo(fd, &create), 0);
	/* What was not there before would have been seen. */
	igt_assert_lt_u64(peak + SIZE / 4, rocket_cgroup_peak_bytes(cgroup));
	close(fd);
}

static void create_wc(const struct rocket_cgroup *cgroup)
{
	struct drm_rocket_gem_create create = { .size = 16 * MIB, .flags = DRM_ROCKET_GEM_WC };
	uint64_t before;
	int fd = rocket_open();

	before = rocket_cgroup_bytes(cgroup);
	igt_assert_eq(__rocket_gem_create(fd, &create), 0);
	expect_growth(cgroup, before, create.size);
	close(fd);
}

/* A mapping object cannot be smaller than what userspace says of the mapping. */
#define MAPPINGS	10000u
#define MAPPING_BYTES	64u

static struct drm_rocket_vm_bind_op *many_ops(uint32_t handle)
{
	struct drm_rocket_vm_bind_op *ops = calloc(MAPPINGS, sizeof(*ops));

	igt_assert(ops);
	for (unsigned int i = 0; i < MAPPINGS; i++)
		ops[i] = rocket_op_map(handle, 0, BASE + i * 2 * ROCKET_PAGE, ROCKET_PAGE);
	return ops;
}

static void mappings(const struct rocket_cgroup *cgroup)
{
	int fd = rocket_open();
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE);
	struct drm_rocket_vm_bind_op *ops = many_ops(bo.handle);
	uint64_t before = rocket_cgroup_bytes(cgroup);

	rocket_vm_bind_ops(fd, 0, ops, MAPPINGS);
	expect_growth(cgroup, before, MAPPINGS * MAPPING_BYTES);
	free(ops);
	close(fd);
}

/* What connects a BO and a VM: two lists of four words each, and a counter, at least. */
#define CONNECTIONS	10000u
#define CONNECTION_BYTES	72u

/* The first mapping of a BO in a VM takes more than the second one. */
static void connections(const struct rocket_cgroup *cgroup)
{
	struct drm_rocket_vm_bind_op *ops = calloc(CONNECTIONS, sizeof(*ops));
	struct drm_rocket_gem_create page = { .size = ROCKET_PAGE };
	uint64_t first, second;
	int fd = rocket_open();
	uint32_t vm[2];

	igt_assert(ops);
	vm[0] = rocket_vm_create(fd);
	vm[1] = rocket_vm_create(fd);
	/* The second VM knows them, and so does all that comes with a BO. */
	for (unsigned int i = 0; i < CONNECTIONS; i++) {
		igt_assert_eq(__rocket_gem_create(fd, &page), 0);
		ops[i] = rocket_op_map(page.handle, 0, BASE + i * ROCKET_PAGE, ROCKET_PAGE);
	}
	rocket_vm_bind_ops(fd, vm[0], ops, CONNECTIONS);
	first = rocket_cgroup_bytes(cgroup);
	rocket_vm_bind_ops(fd, vm[1], ops, CONNECTIONS);
	first = rocket_cgroup_bytes(cgroup) - first;
	/* The same once more, elsewhere: only mapping objects. */
	for (unsigned int i = 0; i < CONNECTIONS; i++)
		ops[i].addr += CONNECTIONS * ROCKET_PAGE;
	second = rocket_cgroup_bytes(cgroup);
	rocket_vm_bind_ops(fd, vm[1], ops, CONNECTIONS);
	second = rocket_cgroup_bytes(cgroup) - second;
	expect_at_least(first, second, CONNECTIONS * CONNECTION_BYTES);
	free(ops);
	close(fd);
}

/* What is queued counts at once: the operations and all that they may need. */
static void queued(const struct rocket_cgroup *cgroup)
{
	int fd = rocket_open();
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE);
	struct drm_rocket_vm_bind_op *ops = many_ops(bo.handle);
	struct rocket_blocker blocker;
	struct drm_rocket_sync never;
	uint64_t before;

	rocket_blocker_init(&blocker, fd);
	never = rocket_sync(blocker.syncobj, 0);
	before = rocket_cgroup_bytes(cgroup);
	rocket_vm_bind_async(fd, 0, ops, MAPPINGS, &never, NULL);
	expect_growth(cgroup, before, MAPPINGS * (sizeof(*ops) + 3 * MAPPING_BYTES));
	rocket_blocker_fini(&blocker);
	free(ops);
	close(fd);
}

/*
 * The lists of BOs that jobs keep until they have run; one BO serves for all. The last
 * job is refused: by then those of the others have been there.
 */
static void bo_lists(const struct rocket_cgroup *cgroup)
{
	const uint64_t least = (uint64_t)LIST_JOBS * 2 * LISTED * sizeof(void *);
	struct drm_rocket_job jobs[LIST_JOBS + 1];
	uint32_t *handles = malloc(LISTED * sizeof(*handles));
	struct rocket_probe probe;
	int fd = rocket_open();
	uint64_t before;

	igt_assert(handles);
	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	for (unsigned int i = 0; i < LISTED; i++)
		handles[i] = probe.bo.handle;
	rocket_probe_set(&probe, 0, PROBE_ADDR, rocket_probe_result_addr(&probe, 0));
	for (unsigned int i = 0; i <= LIST_JOBS; i++)
		jobs[i] = rocket_probe_job(&probe, 0, 1);
	for (unsigned int i = 0; i < LIST_JOBS; i++) {
		jobs[i].in_bo_handles = jobs[i].out_bo_handles = (uintptr_t)handles;
		jobs[i].in_bo_handle_count = jobs[i].out_bo_handle_count = LISTED;
	}
	jobs[LIST_JOBS].flags = ~0u;
	before = rocket_cgroup_bytes(cgroup);
	igt_assert_lt_u64(rocket_cgroup_peak_bytes(cgroup), before + least / 4);
	igt_assert_eq(__rocket_submit(fd, jobs, LIST_JOBS + 1), -EINVAL);
	errno = 0;
	expect_at_least(rocket_cgroup_peak_bytes(cgroup), before, least);
	free(handles);
	close(fd);
}

/*
 * More than the cgroup may have is -ENOMEM, by whichever way, and changes nothing;
 * what fits goes on, and other clients have what they had.
 */
static void exhausted(const struct rocket_cgroup *cgroup)
{
	struct drm_rocket_gem_create plain = { .size = 64 * MIB };
	struct drm_rocket_gem_create wc = { .size = 64 * MIB, .flags = DRM_ROCKET_GEM_WC };
	struct drm_rocket_create_bo mapped = { .size = 64 * MIB };
	int fd = rocket_open_alone();
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE);
	struct rocket_usage before;
	struct rocket_probe probe;

	(void)cgroup;
	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	rocket_bo_fill(&bo, SEED);
	rocket_vm_map_bo(fd, 0, &bo, BASE);
	before = rocket_usage(fd);
	for (unsigned int i = 0; i < 3; i++) {
		igt_assert_eq(__rocket_create_bo(fd, &mapped), -ENOMEM);
		igt_assert_eq(__rocket_gem_create(fd, &wc), -ENOMEM);
		igt_assert_eq(__rocket_gem_create(fd, &plain), 0);
		igt_assert_eq(__rocket_vm_map(fd, 0, plain.handle, 0, BASE, plain.size),
			      -ENOMEM);
		rocket_gem_close(fd, plain.handle);
		rocket_usage_expect(fd, before);
		igt_assert_eq_u64(rocket_vm_query(fd, 0).mapping_count, 2);
	}
	errno = 0;
	rocket_probe_expect(&probe, BASE, SEED);
	close(fd);
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(const struct rocket_cgroup *cgroup);
		uint64_t max;
		bool blocker;
		const char *what;
	} tests[] = {
		{ "bind", bind_bo, 0, false, "A BO's memory, when it is bound" },
		{ "create-bo", create_bo, 0, false, "A BO's memory, when CREATE_BO gives it an address" },
		{ "create-no-hole", create_no_hole, 0, false,
		  "A BO that CREATE_BO has no address for gets no memory" },
		{ "create-wc", create_wc, 0, false, "A BO's memory, when it is write-combined" },
		{ "mappings", mappings, 0, false, "Mapping objects" },
		{ "connections", connections, 0, false, "What connects each BO with each VM" },
		{ "queued", queued, 0, true, "Binds that are queued, and what they will need" },
		{ "bo-lists", bo_lists, 0, false, "Lists of BOs that jobs keep" },
		{ "exhausted", exhausted, 16 * MIB, false,
		  "More than the cgroup may have is ENOMEM, changes nothing, and harms nobody" },
	};

	igt_fixture
		close(rocket_open());

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name) {
			if (tests[i].blocker)
				rocket_require_blocker();
			in_cgroup(tests[i].max, tests[i].test);
		}
	}
}
