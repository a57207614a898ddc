// SPDX-License-Identifier: MIT
#include <string.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_coredump.h"
#include "igt_rocket_job.h"

IGT_TEST_DESCRIPTION("Coredumps: what was mapped before, and what took it away");

#define PROBE_ADDR	0x10000000u
#define BASE		0x20000000u
#define PAGES		16u
#define REMEMBERED	64u	/* docs/coredump.rst */

struct scene {
	int fd;
	uint32_t vm;
	unsigned int core;
	struct rocket_probe probe;
	struct rocket_bo bo;
};

/* What a change is expected to be; the rest is checked of all. */
struct change {
	uint64_t addr, pages;
	const struct rocket_bo *bo;
	uint64_t bo_page;
	uint32_t op, flags;
};

static struct scene make_scene(int fd, uint32_t vm)
{
	struct scene s = { .fd = fd, .vm = vm };

	s.core = rocket_nth_core(rocket_core_mask(fd), 0);
	rocket_probe_init(&s.probe, fd, vm, PROBE_ADDR, 1);
	s.bo = rocket_bo(fd, PAGES * ROCKET_PAGE);
	rocket_vm_map_bo(fd, vm, &s.bo, BASE);
	return s;
}

/* A job reads where it must not, and leaves a dump. */
static struct rocket_coredump fault_at(struct scene *s, uint32_t addr, uint64_t user_data)
{
	struct drm_rocket_job job;

	rocket_probe_set(&s->probe, 0, addr, rocket_probe_result_addr(&s->probe, 0));
	job = rocket_probe_job(&s->probe, 0, 1);
	job.core_mask = 1u << s->core;
	job.user_data = user_data;
	igt_assert_eq(rocket_run(s->fd, &job), -EFAULT);
	return rocket_coredump_take(s->core);
}

/* All changes that the dump has, checked by themselves. */
static const struct drm_rocket_dump_bind *changes_of(const struct rocket_coredump *dump,
						     uint32_t *count, uint64_t *total)
{
	const struct drm_rocket_dump_section *section =
		rocket_coredump_section(dump, DRM_ROCKET_DUMP_BINDS, 0);
	const struct drm_rocket_dump_bind *changes;

	igt_assert(section);
	igt_assert_eq_u32(section->entry_size, sizeof(*changes));
	igt_assert(!rocket_coredump_section(dump, DRM_ROCKET_DUMP_BINDS, 1));
	changes = rocket_coredump_entries(section);
	for (uint32_t i = 1; i < section->entry_count; i++) {
		igt_assert_lte_u64(changes[i - 1].time_ns, changes[i].time_ns);
		igt_assert_lte_u64(changes[i - 1].number, changes[i].number);
	}
	*count = section->entry_count;
	*total = section->total;
	return changes;
}

/* The dump ends with these changes, in this order; the others are the scene's. */
static void expect_last(const struct rocket_coredump *dump, const struct change *wanted,
			unsigned int n)
{
	const struct drm_rocket_dump_bind *changes;
	uint32_t count;
	uint64_t total;

	changes = changes_of(dump, &count, &total);
	igt_assert_eq_u64(total, 2 + n);
	igt_assert_eq_u32(count, 2 + n);
	igt_assert_lte_u64(changes[count - 1].time_ns, rocket_coredump_fault(dump)->time_ns);
	for (unsigned int i = 0; i < n; i++) {
		const struct drm_rocket_dump_bind *change = &changes[2 + i];

		igt_assert_eq_u64(change->addr, wanted[i].addr);
		igt_assert_eq_u64(change->range, wanted[i].pages * ROCKET_PAGE);
		igt_assert_eq_u64(change->bo_mmap_offset, wanted[i].bo->offset);
		igt_assert_eq_u64(change->bo_offset, wanted[i].bo_page * ROCKET_PAGE);
		igt_assert_eq_u32(change->op, wanted[i].op);
		igt_assert_eq_u32(change->flags, wanted[i].flags);
		/* Each test makes one operation. */
		igt_assert_eq_u64(change->number, 3);
	}
}

static void expect_and_free(struct rocket_coredump dump, const struct change *wanted,
			    unsigned int n)
{
	expect_last(&dump, wanted, n);
	rocket_coredump_free(&dump);
}

static void test_unmap(int fd)
{
	struct scene s = make_scene(fd, rocket_vm_create(fd));
	const struct change wanted = {
		BASE + 3 * ROCKET_PAGE, 2, &s.bo, 3, DRM_ROCKET_VM_BIND_OP_UNMAP,
		DRM_ROCKET_DUMP_BIND_UNMAPPED,
	};

	rocket_vm_unmap(fd, s.vm, BASE + 3 * ROCKET_PAGE, 2 * ROCKET_PAGE);
	expect_and_free(fault_at(&s, BASE + 4 * ROCKET_PAGE, 0x4001), &wanted, 1);
}

/* Read-only over the middle: what was there goes first. */
static void test_replaced(int fd)
{
	struct scene s = make_scene(fd, rocket_vm_create(fd));
	struct rocket_bo other = rocket_bo(fd, 2 * ROCKET_PAGE);
	struct drm_rocket_vm_bind_op op = rocket_op_map_ro(other.handle, ROCKET_PAGE,
							   BASE + ROCKET_PAGE, ROCKET_PAGE);
	const struct change wanted[] = {
		{ BASE + ROCKET_PAGE, 1, &s.bo, 1, DRM_ROCKET_VM_BIND_OP_MAP,
		  DRM_ROCKET_DUMP_BIND_UNMAPPED },
		{ BASE + ROCKET_PAGE, 1, &other, 1, DRM_ROCKET_VM_BIND_OP_MAP,
		  DRM_ROCKET_DUMP_BIND_READONLY },
	};

	rocket_vm_bind_ops(fd, s.vm, &op, 1);
	expect_and_free(fault_at(&s, BASE + PAGES * ROCKET_PAGE, 0x4002), wanted, 2);
}

/* Twice in the VM: two changes of one operation. */
static void test_unmap_bo(int fd)
{
	struct scene s = make_scene(fd, rocket_vm_create(fd));
	struct drm_rocket_vm_bind_op op = rocket_op_unmap_bo(s.bo.handle);
	const struct change wanted = {
		BASE, PAGES, &s.bo, 0, DRM_ROCKET_VM_BIND_OP_UNMAP_BO,
		DRM_ROCKET_DUMP_BIND_UNMAPPED,
	};

	rocket_vm_bind_ops(fd, s.vm, &op, 1);
	expect_and_free(fault_at(&s, BASE, 0x4003), &wanted, 1);
}

static void test_queued(int fd)
{
	struct scene s = make_scene(fd, rocket_vm_create(fd));
	struct drm_rocket_vm_bind_op op = rocket_op_unmap(BASE, PAGES * ROCKET_PAGE);
	uint32_t done = rocket_syncobj(fd);
	struct drm_rocket_sync out = rocket_sync(done, 0);
	const struct change wanted = {
		BASE, PAGES, &s.bo, 0, DRM_ROCKET_VM_BIND_OP_UNMAP,
		DRM_ROCKET_DUMP_BIND_UNMAPPED | DRM_ROCKET_DUMP_BIND_ASYNC,
	};

	rocket_vm_bind_async(fd, s.vm, &op, 1, NULL, &out);
	igt_assert_eq(rocket_syncobj_status(fd, done), 0);
	expect_and_free(fault_at(&s, BASE, 0x4004), &wanted, 1);
}

/* Mainline's clients: the handle is closed too early, and its guard page goes with it. */
static void test_closed(int fd)
{
	struct rocket_bo mapped = rocket_bo_mapped(fd, 2 * ROCKET_PAGE), was = mapped;
	struct scene s = make_scene(fd, 0);
	const struct drm_rocket_dump_bind *changes;
	struct rocket_coredump dump;
	uint32_t count;
	uint64_t total;

	rocket_bo_free(fd, &mapped);
	dump = fault_at(&s, was.address, 0x4005);
	changes = changes_of(&dump, &count, &total);
	/* BO and guard page come, the scene's two, both go. */
	igt_assert_eq_u64(total, 6);
	igt_assert_eq_u64(changes[0].addr, was.address);
	igt_assert_eq_u32(changes[0].op, DRM_ROCKET_VM_BIND_OP_MAP);
	igt_assert_eq_u32(changes[0].flags, DRM_ROCKET_DUMP_BIND_KERNEL);
	igt_assert_eq_u32(changes[1].flags,
			  DRM_ROCKET_DUMP_BIND_KERNEL | DRM_ROCKET_DUMP_BIND_READONLY);
	igt_assert_eq_u64(changes[4].addr, was.address);
	igt_assert_eq_u64(changes[4].range, was.size);
	igt_assert_eq_u64(changes[4].bo_mmap_offset, changes[0].bo_mmap_offset);
	igt_assert_eq_u32(changes[4].op, DRM_ROCKET_VM_BIND_OP_UNMAP_BO);
	igt_assert_eq_u32(changes[4].flags,
			  DRM_ROCKET_DUMP_BIND_KERNEL | DRM_ROCKET_DUMP_BIND_UNMAPPED);
	igt_assert_eq_u64(changes[5].addr, was.address + was.size);
	rocket_coredump_free(&dump);
}

/* Pages that were mapped one by one, and go at once, are one change. */
static void test_neighbours(int fd)
{
	struct scene s = make_scene(fd, rocket_vm_create(fd));
	const uint64_t start = BASE + 2 * PAGES * ROCKET_PAGE;
	struct drm_rocket_vm_bind_op ops[PAGES];
	const struct drm_rocket_dump_bind *changes;
	struct rocket_coredump dump;
	uint32_t count;
	uint64_t total;

	for (unsigned int i = 0; i < PAGES; i++)
		ops[i] = rocket_op_map(s.bo.handle, i * ROCKET_PAGE, start + i * ROCKET_PAGE,
				       ROCKET_PAGE);
	rocket_vm_bind_ops(fd, s.vm, ops, PAGES);
	rocket_vm_unmap(fd, s.vm, start, PAGES * ROCKET_PAGE);
	dump = fault_at(&s, start + 5 * ROCKET_PAGE, 0x4006);
	changes = changes_of(&dump, &count, &total);
	igt_assert_eq_u64(total, 2 + PAGES + 1);
	igt_assert_eq_u64(changes[count - 1].addr, start);
	igt_assert_eq_u64(changes[count - 1].range, PAGES * ROCKET_PAGE);
	igt_assert_eq_u64(changes[count - 1].bo_offset, 0);
	rocket_coredump_free(&dump);
}

/* However much is bound, the last changes are there, and no more. */
static void test_bounded(int fd)
{
	enum { ROUNDS = 1000 };
	struct scene s = make_scene(fd, rocket_vm_create(fd));
	struct drm_rocket_vm_bind_op *ops = calloc(2 * ROUNDS, sizeof(*ops));
	const struct drm_rocket_dump_bind *changes;
	struct rocket_coredump dump;
	uint32_t count;
	uint64_t total;

	igt_assert(ops);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint64_t addr = BASE + (1024 + i) * ROCKET_PAGE;

		ops[2 * i] = rocket_op_map(s.bo.handle, 0, addr, ROCKET_PAGE);
		ops[2 * i + 1] = rocket_op_unmap(addr, ROCKET_PAGE);
	}
	rocket_vm_bind_ops(fd, s.vm, ops, 2 * ROUNDS);
	dump = fault_at(&s, BASE + 1024 * ROCKET_PAGE, 0x4007);
	changes = changes_of(&dump, &count, &total);
	igt_assert_eq_u64(total, 2 + 2 * ROUNDS);
	igt_assert_eq_u32(count, REMEMBERED);
	for (unsigned int i = 0; i < count; i++) {
		unsigned int op = 2 * ROUNDS - count + i;

		igt_assert_eq_u64(changes[i].number, 3 + op);
		igt_assert_eq_u64(changes[i].addr, ops[op].addr);
		igt_assert_eq_u32(changes[i].op, ops[op].op);
	}
	rocket_coredump_free(&dump);
	free(ops);
}

/* What another VM and another client have bound is nobody's business. */
static void test_own(int fd)
{
	struct scene s = make_scene(fd, rocket_vm_create(fd));
	uint32_t vm = rocket_vm_create(fd);
	int other = rocket_open();
	struct rocket_bo theirs = rocket_bo(other, ROCKET_PAGE);

	rocket_vm_map_bo(fd, vm, &s.bo, BASE);
	rocket_vm_unmap(fd, vm, BASE, s.bo.size);
	rocket_vm_map_bo(other, 0, &theirs, BASE);
	rocket_vm_unmap(other, 0, BASE, theirs.size);
	expect_and_free(fault_at(&s, BASE + PAGES * ROCKET_PAGE, 0x4008), NULL, 0);
	close(other);
}

static void run(void (*test)(int fd))
{
	int fd = rocket_open();

	rocket_board_quiet();
	rocket_coredump_set_interval(0);
	rocket_coredump_discard_all();
	test(fd);
	rocket_coredump_discard_all();
	close(fd);
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd);
		const char *what;
	} tests[] = {
		{ "unmap", test_unmap, "UNMAP of the middle of a mapping" },
		{ "replaced", test_replaced, "MAP over something else: what went, and what came" },
		{ "unmap-bo", test_unmap_bo, "UNMAP_BO, by the addresses where it was" },
		{ "queued", test_queued, "A bind that was queued is called so" },
		{ "closed", test_closed, "CREATE_BO's mapping, and the end of its last handle" },
		{ "neighbours", test_neighbours, "What goes in one piece is one change" },
		{ "bounded", test_bounded, "Of very many changes the last are there, in order" },
		{ "own", test_own, "Nothing of another VM is in it" },
	};
	/* Not lost when a fixture is left early. */
	static unsigned int interval;

	igt_fixture {
		close(rocket_open());
		rocket_require_coredump();
		interval = rocket_coredump_interval();
	}

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			run(tests[i].test);
	}

	igt_fixture
		rocket_coredump_set_interval(interval);
}
