// SPDX-License-Identifier: MIT
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_cgroup.h"
#include "igt_rocket_job.h"
#include "igt_rocket_signal.h"

IGT_TEST_DESCRIPTION("VM_BIND that fails: each errno, and a VM that is exactly as before");

#define PROBE_ADDR	0x10000000u
#define BASE		0x20000000u
#define PAGES		16u
#define SEED		0x1000u
#define NO_HANDLE	0xabcdu

/* A VM whose state is known: a BO mapped at BASE, page i with pattern SEED + i. */
struct scene {
	int fd;
	struct rocket_probe probe;
	struct rocket_bo bo;
	struct drm_rocket_vm_query before;
};

static struct scene make_scene(int fd)
{
	struct scene s = { .fd = fd, .bo = rocket_bo(fd, PAGES * ROCKET_PAGE) };

	rocket_probe_init(&s.probe, fd, 0, PROBE_ADDR, PAGES);
	rocket_bo_fill(&s.bo, SEED);
	rocket_vm_map_bo(fd, 0, &s.bo, BASE);
	s.before = rocket_vm_query(fd, 0);
	return s;
}

static void expect_counts(struct scene *s)
{
	struct drm_rocket_vm_query now = rocket_vm_query(s->fd, 0);

	igt_assert_eq_u64(now.mapping_count, s->before.mapping_count);
	igt_assert_eq_u64(now.mapped_bytes, s->before.mapped_bytes);
}

static void expect_unchanged(struct scene *s)
{
	uint32_t addrs[PAGES], seeds[PAGES];

	expect_counts(s);
	for (unsigned int i = 0; i < PAGES; i++) {
		addrs[i] = BASE + i * ROCKET_PAGE;
		seeds[i] = SEED + i;
	}
	rocket_probe_expect_many(&s->probe, addrs, seeds, PAGES);
}

/*
 * Every bad operation
 */

struct bad_op {
	struct drm_rocket_vm_bind_op op;
	int err;
};

#define MAP	DRM_ROCKET_VM_BIND_OP_MAP
#define UNMAP	DRM_ROCKET_VM_BIND_OP_UNMAP
#define UNMAP_BO DRM_ROCKET_VM_BIND_OP_UNMAP_BO
#define LAST	(ROCKET_VA_END - ROCKET_PAGE)

/* Operations on the BO @handle of PAGES pages; -1 is the array's end. */
static const struct bad_op *bad_ops(uint32_t handle)
{
#define BAD(what, ...) { { .op = what, __VA_ARGS__ }, -EINVAL }
	const struct bad_op ops[] = {
		/* What is no operation */
		BAD(3), BAD(UINT32_MAX, .handle = handle, .addr = BASE, .range = ROCKET_PAGE),
		/* Flags and padding */
		BAD(MAP, .handle = handle, .addr = BASE, .range = ROCKET_PAGE, .flags = 2),
		BAD(MAP, .handle = handle, .addr = BASE, .range = ROCKET_PAGE, .flags = 1u << 31),
		BAD(MAP, .handle = handle, .addr = BASE, .range = ROCKET_PAGE, .pad = 1),
		BAD(UNMAP, .addr = BASE, .range = ROCKET_PAGE, .flags = 1),
		BAD(UNMAP, .addr = BASE, .range = ROCKET_PAGE, .pad = 1),
		BAD(UNMAP, .addr = BASE, .range = ROCKET_PAGE, .handle = handle),
		BAD(UNMAP, .addr = BASE, .range = ROCKET_PAGE, .bo_offset = ROCKET_PAGE),
		BAD(UNMAP_BO, .handle = handle, .flags = 1),
		BAD(UNMAP_BO, .handle = handle, .pad = 1),
		BAD(UNMAP_BO, .handle = handle, .addr = BASE),
		BAD(UNMAP_BO, .handle = handle, .range = ROCKET_PAGE),
		BAD(UNMAP_BO, .handle = handle, .bo_offset = ROCKET_PAGE),
		/* Zero and unaligned */
		BAD(MAP, .handle = handle, .addr = BASE),
		BAD(MAP, .handle = handle, .addr = 0, .range = ROCKET_PAGE),
		BAD(MAP, .handle = handle, .addr = BASE + 1, .range = ROCKET_PAGE),
		BAD(MAP, .handle = handle, .addr = BASE, .range = ROCKET_PAGE - 1),
		BAD(MAP, .handle = handle, .addr = BASE, .range = ROCKET_PAGE, .bo_offset = 16),
		BAD(UNMAP, .addr = BASE),
		BAD(UNMAP, .addr = 0, .range = ROCKET_PAGE),
		BAD(UNMAP, .addr = BASE + 2048, .range = ROCKET_PAGE),
		BAD(UNMAP, .addr = BASE, .range = 2048),
		/* Beyond the address space, and around it */
		BAD(MAP, .handle = handle, .addr = ROCKET_VA_END, .range = ROCKET_PAGE),
		BAD(MAP, .handle = handle, .addr = LAST, .range = 2 * ROCKET_PAGE),
		BAD(MAP, .handle = handle, .addr = BASE + (UINT64_C(1) << 32), .range = ROCKET_PAGE),
		BAD(MAP, .handle = handle, .addr = UINT64_MAX - 4095, .range = ROCKET_PAGE),
		BAD(MAP, .handle = handle, .addr = UINT64_MAX - 4095, .range = 2 * ROCKET_PAGE),
		BAD(MAP, .handle = handle, .addr = BASE, .range = UINT64_MAX - 4095),
		BAD(UNMAP, .addr = ROCKET_VA_END, .range = ROCKET_PAGE),
		BAD(UNMAP, .addr = LAST, .range = 2 * ROCKET_PAGE),
		BAD(UNMAP, .addr = ROCKET_PAGE, .range = ROCKET_VA_END),
		BAD(UNMAP, .addr = UINT64_MAX - 4095, .range = 2 * ROCKET_PAGE),
		/* Beyond the BO, and around it */
		BAD(MAP, .handle = handle, .addr = BASE, .range = (PAGES + 1) * ROCKET_PAGE),
		BAD(MAP, .handle = handle, .addr = BASE, .range = 2 * ROCKET_PAGE,
		    .bo_offset = (PAGES - 1) * ROCKET_PAGE),
		BAD(MAP, .handle = handle, .addr = BASE, .range = ROCKET_PAGE,
		    .bo_offset = PAGES * ROCKET_PAGE),
		BAD(MAP, .handle = handle, .addr = BASE, .range = 2 * ROCKET_PAGE,
		    .bo_offset = UINT64_MAX - 4095),
		/* What is no handle */
		{ { .op = MAP, .handle = NO_HANDLE, .addr = BASE, .range = ROCKET_PAGE }, -ENOENT },
		{ { .op = MAP, .addr = BASE, .range = ROCKET_PAGE }, -ENOENT },
		{ { .op = UNMAP_BO, .handle = NO_HANDLE }, -ENOENT },
		{ { .op = UNMAP_BO }, -ENOENT },
		{ { .op = UINT32_MAX }, 0 },
	};
#undef BAD
	struct bad_op *copy = malloc(sizeof(ops));

	igt_assert(copy);
	return memcpy(copy, ops, sizeof(ops));
}

static void test_bad_ops(int fd)
{
	struct scene s = make_scene(fd);
	const struct bad_op *bad = bad_ops(s.bo.handle);

	for (unsigned int i = 0; bad[i].err; i++) {
		int err = __rocket_vm_bind_ops(fd, 0, &bad[i].op, 1);

		igt_assert_f(err == bad[i].err, "bad operation %u: %d, expected %d\n", i, err,
			     bad[i].err);
		expect_counts(&s);
	}
	expect_unchanged(&s);
}

/* The same, queued: what is wrong is said at once, and the syncobj left alone. */
static void test_bad_ops_async(int fd)
{
	struct scene s = make_scene(fd);
	const struct bad_op *bad = bad_ops(s.bo.handle);
	struct drm_rocket_sync out = rocket_sync(rocket_syncobj(fd), 0);
	int file;

	for (unsigned int i = 0; bad[i].err; i++) {
		int err = __rocket_vm_bind_async(fd, 0, &bad[i].op, 1, NULL, &out);

		igt_assert_f(err == bad[i].err, "bad operation %u: %d, expected %d\n", i, err,
			     bad[i].err);
	}
	igt_assert_neq(drmSyncobjExportSyncFile(fd, out.handle, &file), 0);
	expect_unchanged(&s);
}

/*
 * Arrays that fail somewhere
 */

#define GOOD 12u

/* Operations each of which changes what is mapped. */
static void good_ops(struct scene *s, struct drm_rocket_vm_bind_op ops[GOOD],
		     const struct rocket_bo *other)
{
	for (unsigned int i = 0; i < GOOD; i += 4) {
		ops[i] = rocket_op_map(other->handle, i * ROCKET_PAGE, BASE + i * ROCKET_PAGE,
				       ROCKET_PAGE);
		ops[i + 1] = rocket_op_unmap(BASE + (i + 1) * ROCKET_PAGE, ROCKET_PAGE);
		ops[i + 2] = rocket_op_map(s->bo.handle, 0, 0x80000000u + i * ROCKET_PAGE,
					   ROCKET_PAGE);
		ops[i + 3] = rocket_op_unmap_bo(s->bo.handle);
	}
}

/* Puts the bad operation at one place among good ones. */
static void fail_at(struct scene *s, unsigned int at, const struct rocket_bo *other,
		    struct drm_rocket_vm_bind_op bad, int err)
{
	struct drm_rocket_vm_bind_op good[GOOD], ops[GOOD + 1];

	good_ops(s, good, other);
	memcpy(ops, good, at * sizeof(*ops));
	ops[at] = bad;
	memcpy(ops + at + 1, good + at, (GOOD - at) * sizeof(*ops));
	igt_assert_eq(__rocket_vm_bind_ops(s->fd, 0, ops, GOOD + 1), err);
	expect_counts(s);
}

static void fail_everywhere(struct scene *s, struct drm_rocket_vm_bind_op bad, int err)
{
	struct rocket_bo other = rocket_bo(s->fd, PAGES * ROCKET_PAGE);

	for (unsigned int at = 0; at <= GOOD; at++)
		fail_at(s, at, &other, bad, err);
	expect_unchanged(s);
	rocket_bo_free(s->fd, &other);
}

static void test_atomic_invalid(int fd)
{
	struct scene s = make_scene(fd);

	fail_everywhere(&s, rocket_op_unmap(BASE + 1, ROCKET_PAGE), -EINVAL);
}

static void test_atomic_no_handle(int fd)
{
	struct scene s = make_scene(fd);

	fail_everywhere(&s, rocket_op_map(NO_HANDLE, 0, BASE, ROCKET_PAGE), -ENOENT);
}

static void test_atomic_bad_pointer(int fd)
{
	struct scene s = make_scene(fd);
	struct rocket_bo other = rocket_bo(fd, PAGES * ROCKET_PAGE);
	struct drm_rocket_vm_bind_op good[GOOD], *ops;
	uint8_t *pages = mmap(NULL, 2 * ROCKET_PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	igt_assert(pages != MAP_FAILED);
	igt_assert_eq(munmap(pages + ROCKET_PAGE, ROCKET_PAGE), 0);
	good_ops(&s, good, &other);
	/* The array runs into memory that is not there, later and later. */
	for (unsigned int readable = 0; readable < GOOD; readable++) {
		ops = (void *)(pages + ROCKET_PAGE - readable * sizeof(*ops));
		memcpy(ops, good, readable * sizeof(*ops));
		igt_assert_eq(__rocket_vm_bind_ops(fd, 0, ops, GOOD), -EFAULT);
		expect_counts(&s);
	}
	expect_unchanged(&s);
}

/*
 * Only what the good operations need fits, not the pages of the bad one's BO; and
 * that is found out from the caller's cgroup, which pays for them.
 */
static void test_atomic_no_memory(int fd)
{
	struct scene s = make_scene(fd);
	struct rocket_bo other = rocket_bo(fd, PAGES * ROCKET_PAGE);
	struct rocket_cgroup cgroup;

	/* The test itself must not need any more when all is used up. */
	igt_assert_eq(mlockall(MCL_CURRENT | MCL_FUTURE), 0);
	rocket_cgroup_init(&cgroup, 8 << 20);
	rocket_cgroup_enter(&cgroup);
	for (unsigned int at = 0; at <= GOOD; at++) {
		struct drm_rocket_gem_create big = { .size = 64 << 20 };

		igt_assert_eq(__rocket_gem_create(fd, &big), 0);
		fail_at(&s, at, &other, rocket_op_map(big.handle, 0, 0x90000000u, big.size),
			-ENOMEM);
		/* With it go the pages that it did get. */
		rocket_gem_close(fd, big.handle);
	}
	expect_unchanged(&s);
}

/*
 * Signals
 */

#define MANY SLOW_QUICK(3000u, 300u)

/* A bind that takes long: the first operation undoes what is there. */
struct slow {
	struct drm_rocket_vm_bind_op *ops;
	int fd;
};

static struct slow make_slow(struct scene *s)
{
	struct slow slow = { .ops = calloc(MANY, sizeof(*slow.ops)), .fd = s->fd };

	igt_assert(slow.ops);
	slow.ops[0] = rocket_op_unmap_bo(s->bo.handle);
	for (unsigned int i = 1; i < MANY; i++)
		slow.ops[i] = rocket_op_map(s->bo.handle, 0, 0x40000000u + i * 2 * ROCKET_PAGE,
					    ROCKET_PAGE);
	return slow;
}

/* Not libdrm's, which would begin again. */
static int bind_slow(const struct slow *slow)
{
	struct drm_rocket_vm_bind bind = {
		.ops = (uintptr_t)slow->ops,
		.op_count = MANY,
		.op_struct_size = sizeof(*slow->ops),
	};

	return ioctl(slow->fd, DRM_IOCTL_ROCKET_VM_BIND, &bind) ? -errno : 0;
}

static void undo_slow(struct scene *s)
{
	igt_assert_eq_u64(rocket_vm_query(s->fd, 0).mapping_count,
			  s->before.mapping_count - 1 + MANY - 1);
	rocket_vm_unmap(s->fd, 0, 0x40000000u, 0x40000000u);
	rocket_vm_map_bo(s->fd, 0, &s->bo, BASE);
}

/* As a profiler does it: who would begin again each time would never end. */
static void test_interrupted(int fd)
{
	struct scene s = make_scene(fd);
	struct slow slow = make_slow(&s);
	struct timespec start = { 0 };
	int ret;

	rocket_interrupt_every(500);
	igt_nsec_elapsed(&start);
	ret = bind_slow(&slow);
	igt_assert_lt_u64(1000000, igt_nsec_elapsed(&start));
	rocket_interrupt_every(0);
	igt_assert_eq(ret, 0);
	undo_slow(&s);
	expect_unchanged(&s);
	free(slow.ops);
}

static void call_slow(void *slow)
{
	if (bind_slow(slow))
		_exit(1);
}

/* Killed later and later: all of it has happened, or nothing. */
static void test_killed(int fd)
{
	struct scene s = make_scene(fd);
	struct slow slow = make_slow(&s);
	struct rocket_call_end whole = rocket_call_and_kill(call_slow, &slow, 0);
	unsigned int before = 0;

	igt_assert(!whole.killed);
	undo_slow(&s);
	for (unsigned int i = 1; i < 20; i++) {
		struct rocket_call_end end = rocket_call_and_kill(call_slow, &slow,
								  whole.us * i / 20);

		if (rocket_vm_query(fd, 0).mapping_count == s.before.mapping_count) {
			igt_assert(end.killed);
			before++;
			expect_counts(&s);
			continue;
		}
		undo_slow(&s);
	}
	igt_info("%u of 19 times killed before anything had changed\n", before);
	igt_assert_lt(0, before);
	expect_unchanged(&s);
	free(slow.ops);
}

static void test_signals(int fd)
{
	struct scene s = make_scene(fd);

	/* libdrm restarts what a signal interrupts: nobody should notice. */
	igt_fork_signal_helper();
	for (unsigned int i = 0; i < SLOW_QUICK(300, 50); i++) {
		struct drm_rocket_vm_bind_op ops[64];
		unsigned int count = ARRAY_SIZE(ops);

		for (unsigned int j = 0; j < count; j++)
			ops[j] = rocket_op_map(s.bo.handle, j % PAGES * ROCKET_PAGE,
					       0x40000000u + j * ROCKET_PAGE, ROCKET_PAGE);
		rocket_vm_bind_ops(fd, 0, ops, count);
		igt_assert_eq_u64(rocket_vm_query(fd, 0).mapping_count,
				  s.before.mapping_count + count);
		rocket_vm_unmap(fd, 0, 0x40000000u, (uint64_t)count * ROCKET_PAGE);
	}
	igt_stop_signal_helper();
	expect_unchanged(&s);
}

/*
 * Arguments of the ioctl
 */

static void expect_bind(struct scene *s, struct drm_rocket_vm_bind change, int err)
{
	struct drm_rocket_vm_bind_op op = rocket_op_unmap(BASE, PAGES * ROCKET_PAGE);

	if (!change.ops)
		change.ops = (uintptr_t)&op;
	if (!change.op_count)
		change.op_count = 1;
	if (!change.op_struct_size)
		change.op_struct_size = sizeof(op);
	igt_assert_eq(__rocket_vm_bind(s->fd, &change), err);
	expect_counts(s);
}

static void test_bad_args(int fd)
{
	struct scene s = make_scene(fd);
	struct drm_rocket_vm_bind_op op[2] = { rocket_op_unmap(BASE, ROCKET_PAGE) };
	uint64_t max = rocket_get_param(fd, DRM_ROCKET_PARAM_MAX_BIND_OPS);

	expect_bind(&s, (struct drm_rocket_vm_bind){ .flags = 2 }, -EINVAL);
	expect_bind(&s, (struct drm_rocket_vm_bind){ .flags = 1u << 31 }, -EINVAL);
	expect_bind(&s, (struct drm_rocket_vm_bind){ .pad = 1 }, -EINVAL);
	expect_bind(&s, (struct drm_rocket_vm_bind){ .vm_id = 77 }, -ENOENT);
	expect_bind(&s, (struct drm_rocket_vm_bind){ .ops = 16 }, -EFAULT);
	expect_bind(&s, (struct drm_rocket_vm_bind){ .op_count = max + 1 }, -E2BIG);
	expect_bind(&s, (struct drm_rocket_vm_bind){ .op_count = UINT32_MAX }, -E2BIG);
	expect_bind(&s, (struct drm_rocket_vm_bind){ .op_struct_size = sizeof(*op) - 1 }, -EINVAL);
	expect_bind(&s, (struct drm_rocket_vm_bind){ .op_struct_size = 1 }, -EINVAL);
	/* A younger, larger struct is accepted when what is unknown is zero. */
	((uint8_t *)op)[sizeof(*op)] = 1;
	expect_bind(&s, (struct drm_rocket_vm_bind){ .ops = (uintptr_t)op,
		    .op_struct_size = sizeof(op) }, -E2BIG);
	expect_unchanged(&s);
	memset(op + 1, 0, sizeof(*op));
	igt_assert_eq(__rocket_vm_bind(fd, &(struct drm_rocket_vm_bind){
		.ops = (uintptr_t)op, .op_count = 1, .op_struct_size = sizeof(op) }), 0);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapped_bytes,
			  s.before.mapped_bytes - ROCKET_PAGE);
}

/* Operations that take effect cannot be interrupted: they must not take for ever. */
static void test_too_much(int fd)
{
	enum { EACH = 64 << 20, MAPS = (16ull << 30) / EACH };
	struct drm_rocket_gem_create create = { .size = EACH };
	struct drm_rocket_vm_bind_op ops[MAPS + 1];
	struct scene s = make_scene(fd);

	igt_assert_eq(__rocket_gem_create(fd, &create), 0);
	for (unsigned int i = 0; i < MAPS; i++)
		ops[i] = rocket_op_map(create.handle, 0, BASE, EACH);
	for (uint32_t flags = 0; flags <= DRM_ROCKET_VM_BIND_ASYNC;
	     flags += DRM_ROCKET_VM_BIND_ASYNC) {
		struct drm_rocket_vm_bind bind = { .ops = (uintptr_t)ops,
			.op_count = MAPS + 1, .flags = flags };

		ops[MAPS] = rocket_op_map(create.handle, 0, BASE, ROCKET_PAGE);
		expect_bind(&s, bind, -E2BIG);
		/* So much may be mapped: what is wrong is behind it. */
		ops[MAPS] = rocket_op_unmap_bo(NO_HANDLE);
		expect_bind(&s, bind, -ENOENT);
		ops[MAPS] = rocket_op_unmap(BASE, ROCKET_PAGE + 1);
		expect_bind(&s, bind, -EINVAL);
	}
	expect_unchanged(&s);
}

static void test_bad_syncs(int fd)
{
	struct scene s = make_scene(fd);
	uint32_t syncobj = rocket_syncobj(fd), signalled = rocket_syncobj_signalled(fd);
	const uint32_t async = DRM_ROCKET_VM_BIND_ASYNC;
	const struct {
		struct drm_rocket_sync sync;
		int as_in, as_out;
	} bad[] = {
		{ { .handle = NO_HANDLE }, -ENOENT, -ENOENT },
		{ { .handle = signalled, .flags = 2 }, -EINVAL, -EINVAL },
		{ { .handle = signalled, .point = 1 }, -EINVAL, -EINVAL },
		{ { .handle = signalled, .flags = DRM_ROCKET_SYNC_TIMELINE }, -EINVAL, -EINVAL },
		/* Nothing to wait for yet: no wait before submit. */
		{ { .handle = syncobj }, -EINVAL, 0 },
		{ { .handle = syncobj, .flags = DRM_ROCKET_SYNC_TIMELINE, .point = 3 }, -EINVAL, 0 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct drm_rocket_vm_bind in = { .flags = async, .in_sync_count = 1,
			.in_syncs = (uintptr_t)&bad[i].sync, .sync_struct_size = sizeof(bad[i].sync) };
		struct drm_rocket_vm_bind out = { .flags = async, .out_sync_count = 1,
			.out_syncs = (uintptr_t)&bad[i].sync, .sync_struct_size = sizeof(bad[i].sync) };

		expect_bind(&s, in, bad[i].as_in);
		if (bad[i].as_out)
			expect_bind(&s, out, bad[i].as_out);
	}
	expect_bind(&s, (struct drm_rocket_vm_bind){ .flags = async, .in_sync_count = 1,
		    .in_syncs = 16, .sync_struct_size = sizeof(struct drm_rocket_sync) }, -EFAULT);
	expect_bind(&s, (struct drm_rocket_vm_bind){ .flags = async, .in_sync_count = 1025 },
		    -E2BIG);
	expect_bind(&s, (struct drm_rocket_vm_bind){ .flags = async, .out_sync_count = UINT32_MAX },
		    -E2BIG);
	expect_bind(&s, (struct drm_rocket_vm_bind){ .flags = async, .in_sync_count = 1,
		    .in_syncs = (uintptr_t)&bad[1].sync, .sync_struct_size = 8 }, -EINVAL);
	/* Only what is queued can wait and signal. */
	expect_bind(&s, (struct drm_rocket_vm_bind){ .in_sync_count = 1,
		    .in_syncs = (uintptr_t)&bad[0].sync,
		    .sync_struct_size = sizeof(bad[0].sync) }, -EINVAL);
	expect_bind(&s, (struct drm_rocket_vm_bind){ .out_sync_count = 1,
		    .out_syncs = (uintptr_t)&bad[0].sync,
		    .sync_struct_size = sizeof(bad[0].sync) }, -EINVAL);
	expect_unchanged(&s);
}

static void test_bad_vm_args(int fd)
{
	struct drm_rocket_vm_destroy destroy = { .vm_id = 0 };
	struct drm_rocket_vm_query query = { .flags = 2 };
	uint8_t room[64];
	uint32_t vm;

	igt_assert_eq(__rocket_vm_create(fd, 1, &vm), -EINVAL);
	do_ioctl_err(fd, DRM_IOCTL_ROCKET_VM_DESTROY, &destroy, EINVAL);
	destroy.vm_id = rocket_vm_create(fd);
	destroy.pad = 1;
	do_ioctl_err(fd, DRM_IOCTL_ROCKET_VM_DESTROY, &destroy, EINVAL);
	igt_assert_eq(__rocket_vm_destroy(fd, 77), -ENOENT);
	igt_assert_eq(__rocket_vm_query(fd, &query), -EINVAL);
	query = (struct drm_rocket_vm_query){ .vm_id = 77 };
	igt_assert_eq(__rocket_vm_query(fd, &query), -ENOENT);
	query = (struct drm_rocket_vm_query){ .fault_count = 1, .faults = (uintptr_t)room,
		.fault_struct_size = 8 };
	igt_assert_eq(__rocket_vm_query(fd, &query), -EINVAL);
}

/*
 * What belongs to somebody else
 */

static void test_foreign_vm(int fd)
{
	int other = rocket_open();
	struct scene s = make_scene(other);
	struct drm_rocket_vm_bind_op op = rocket_op_unmap(BASE, ROCKET_PAGE);
	uint32_t vm = rocket_vm_create(other);
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE);

	igt_assert_eq(__rocket_vm_bind_ops(fd, vm, &op, 1), -ENOENT);
	igt_assert_eq(__rocket_vm_map(fd, vm, bo.handle, 0, BASE, ROCKET_PAGE), -ENOENT);
	igt_assert_eq(__rocket_vm_destroy(fd, vm), -ENOENT);
	/* Ids of different files may be equal, what they mean is not. */
	igt_assert_eq_u32(rocket_vm_create(fd), vm);
	rocket_vm_map_bo(fd, vm, &bo, BASE);
	igt_assert_eq_u64(rocket_vm_query(other, vm).mapping_count, 0);
	rocket_vm_unmap(fd, 0, ROCKET_PAGE, ROCKET_VA_END - ROCKET_PAGE);
	expect_unchanged(&s);
	close(other);
}

static void test_foreign_handle(int fd)
{
	struct scene s = make_scene(fd);
	int other = rocket_open();
	struct rocket_bo last;

	/* A handle that only the other file has: they count from 1. */
	for (unsigned int i = 0; i < 8; i++)
		last = rocket_bo(other, ROCKET_PAGE);
	igt_assert_lt(s.bo.handle, last.handle);
	igt_assert_lt(s.probe.bo.handle, last.handle);
	igt_assert_eq(__rocket_vm_map(fd, 0, last.handle, 0, BASE, ROCKET_PAGE), -ENOENT);
	fail_everywhere(&s, rocket_op_unmap_bo(last.handle), -ENOENT);
	close(other);
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd);
		const char *what;
	} tests[] = {
		{ "bad-ops", test_bad_ops,
		  "Every bad operation has its errno, and changes nothing" },
		{ "bad-ops-async", test_bad_ops_async,
		  "So has it when it is queued: at once, with the out-sync untouched" },
		{ "bad-args", test_bad_args,
		  "Every bad argument of VM_BIND has its errno, and changes nothing" },
		{ "too-much", test_too_much,
		  "Operations that map more than 16 GiB together are E2BIG, and change nothing" },
		{ "bad-syncs", test_bad_syncs,
		  "Every bad sync has its errno, and changes nothing" },
		{ "bad-vm-args", test_bad_vm_args,
		  "Bad arguments of VM_CREATE, VM_DESTROY and VM_QUERY have their errno" },
		{ "atomic-invalid", test_atomic_invalid,
		  "An array with an invalid operation anywhere changes nothing" },
		{ "atomic-no-handle", test_atomic_no_handle,
		  "An array that names an unknown BO anywhere changes nothing" },
		{ "atomic-bad-pointer", test_atomic_bad_pointer,
		  "An array that ends in unmapped memory changes nothing" },
		{ "atomic-no-memory", test_atomic_no_memory,
		  "An array for which memory runs out anywhere changes nothing; the caller's cgroup pays" },
		{ "interrupted", test_interrupted,
		  "A bind that takes long is not begun anew for signals" },
		{ "killed", test_killed,
		  "But it can be killed, and has changed all or nothing" },
		{ "signals", test_signals,
		  "Under a rain of signals all binds succeed" },
		{ "foreign-vm", test_foreign_vm,
		  "VMs of another file cannot be named" },
		{ "foreign-handle", test_foreign_handle,
		  "BOs of another file cannot be named" },
	};

	igt_fixture
		close(rocket_open());

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			rocket_on_device(tests[i].test);
	}
}
