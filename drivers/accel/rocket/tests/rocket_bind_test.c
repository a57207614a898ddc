// SPDX-License-Identifier: GPL-2.0-only

#include <drm/rocket_accel.h>

#include "../rocket_bind.h"
#include "../rocket_bind_kernel.h"
#include "../rocket_limits.h"
#include "../rocket_sync.h"
#include "../rocket_vm_bind.h"
#include "../rocket_vma.h"
#include "rocket_kunit.h"

#define PAGE	((u64)SZ_4K)
#define LAST	(ROCKET_VM_END - PAGE)
#define MAP	DRM_ROCKET_VM_BIND_OP_MAP
#define UNMAP	DRM_ROCKET_VM_BIND_OP_UNMAP
#define UNMAP_BO DRM_ROCKET_VM_BIND_OP_UNMAP_BO
#define ASYNC	DRM_ROCKET_VM_BIND_ASYNC

struct op_case {
	const char *what;
	struct drm_rocket_vm_bind_op op;
	int ret;
};

static const struct op_case op_cases[] = {
	{ "map first page", { .op = MAP, .addr = PAGE, .range = PAGE }, 0 },
	{ "map last page", { .op = MAP, .addr = LAST, .range = PAGE }, 0 },
	{ "map everything", { .op = MAP, .addr = PAGE, .range = LAST }, 0 },
	{ "map read-only", { .op = MAP, .flags = DRM_ROCKET_VM_BIND_READONLY, .addr = PAGE,
			     .range = PAGE }, 0 },
	{ "map far into a BO", { .op = MAP, .addr = PAGE, .range = PAGE,
				 .bo_offset = 1ull << 63 }, 0 },
	{ "unmap everything", { .op = UNMAP, .addr = PAGE, .range = LAST }, 0 },
	{ "unmap a BO", { .op = UNMAP_BO, .handle = 7 }, 0 },

	{ "unknown operation", { .op = 3 }, -EINVAL },
	{ "largest operation", { .op = U32_MAX }, -EINVAL },
	{ "map, padding", { .op = MAP, .pad = 1, .addr = PAGE, .range = PAGE }, -EINVAL },
	{ "map, unknown flag", { .op = MAP, .flags = 2, .addr = PAGE, .range = PAGE }, -EINVAL },
	{ "map nothing", { .op = MAP, .addr = PAGE }, -EINVAL },
	{ "map page 0", { .op = MAP, .range = PAGE }, -EINVAL },
	{ "map across page 0", { .op = MAP, .range = 2 * PAGE }, -EINVAL },
	{ "map unaligned address", { .op = MAP, .addr = PAGE + 1, .range = PAGE }, -EINVAL },
	{ "map unaligned range", { .op = MAP, .addr = PAGE, .range = PAGE + 1 }, -EINVAL },
	{ "map unaligned offset", { .op = MAP, .addr = PAGE, .range = PAGE, .bo_offset = 1 },
	  -EINVAL },
	{ "map behind the end", { .op = MAP, .addr = ROCKET_VM_END, .range = PAGE }, -EINVAL },
	{ "map across the end", { .op = MAP, .addr = LAST, .range = 2 * PAGE }, -EINVAL },
	{ "map around", { .op = MAP, .addr = -PAGE, .range = 2 * PAGE }, -EINVAL },
	{ "map up to 2^64", { .op = MAP, .addr = -PAGE, .range = PAGE }, -EINVAL },
	{ "map around, low half", { .op = MAP, .addr = 2 * PAGE, .range = -PAGE }, -EINVAL },
	{ "map, offset around", { .op = MAP, .addr = PAGE, .range = 2 * PAGE,
				  .bo_offset = -PAGE }, -EINVAL },
	{ "map, offset up to 2^64", { .op = MAP, .addr = PAGE, .range = PAGE,
				      .bo_offset = -PAGE }, -EINVAL },

	{ "unmap, flag", { .op = UNMAP, .flags = 1, .addr = PAGE, .range = PAGE }, -EINVAL },
	{ "unmap, padding", { .op = UNMAP, .pad = 1, .addr = PAGE, .range = PAGE }, -EINVAL },
	{ "unmap, handle", { .op = UNMAP, .handle = 1, .addr = PAGE, .range = PAGE }, -EINVAL },
	{ "unmap, offset", { .op = UNMAP, .bo_offset = PAGE, .addr = PAGE, .range = PAGE },
	  -EINVAL },
	{ "unmap nothing", { .op = UNMAP, .addr = PAGE }, -EINVAL },
	{ "unmap page 0", { .op = UNMAP, .range = PAGE }, -EINVAL },
	{ "unmap across the end", { .op = UNMAP, .addr = LAST, .range = 2 * PAGE }, -EINVAL },
	{ "unmap around", { .op = UNMAP, .addr = -PAGE, .range = 3 * PAGE }, -EINVAL },

	{ "unmap a BO, flag", { .op = UNMAP_BO, .flags = 1 }, -EINVAL },
	{ "unmap a BO, padding", { .op = UNMAP_BO, .pad = 1 }, -EINVAL },
	{ "unmap a BO, address", { .op = UNMAP_BO, .addr = PAGE }, -EINVAL },
	{ "unmap a BO, range", { .op = UNMAP_BO, .range = PAGE }, -EINVAL },
	{ "unmap a BO, offset", { .op = UNMAP_BO, .bo_offset = PAGE }, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(op, op_cases, what);

static void test_op_check(struct kunit *test)
{
	const struct op_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, rocket_bind_op_check(rocket_kunit_vm(test), &c->op), c->ret);
}

struct bind_case {
	const char *what;
	struct drm_rocket_vm_bind bind;
	int ret;
};

static const struct bind_case bind_cases[] = {
	{ "nothing", {}, 0 },
	{ "as many as there may be", { .op_count = ROCKET_VM_BIND_MAX_OPS }, 0 },
	{ "nothing, queued", { .flags = ASYNC }, 0 },
	{ "most syncs", { .flags = ASYNC, .in_sync_count = ROCKET_SYNC_MAX,
			  .out_sync_count = ROCKET_SYNC_MAX }, 0 },
	{ "one too many", { .op_count = ROCKET_VM_BIND_MAX_OPS + 1 }, -E2BIG },
	{ "far too many", { .op_count = U32_MAX }, -E2BIG },
	{ "unknown flag", { .flags = 2 }, -EINVAL },
	{ "padding", { .pad = 1 }, -EINVAL },
	{ "in-sync at once", { .in_sync_count = 1 }, -EINVAL },
	{ "out-sync at once", { .out_sync_count = 1 }, -EINVAL },
	{ "too many in-syncs", { .flags = ASYNC, .in_sync_count = ROCKET_SYNC_MAX + 1 },
	  -E2BIG },
	{ "too many out-syncs", { .flags = ASYNC, .out_sync_count = U32_MAX }, -E2BIG },
};

KUNIT_ARRAY_PARAM_DESC(bind, bind_cases, what);

static void test_bind_check(struct kunit *test)
{
	const struct bind_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, rocket_bind_check(&c->bind), c->ret);
}

struct sync_case {
	const char *what;
	struct drm_rocket_sync sync;
	int ret;
};

static const struct sync_case sync_cases[] = {
	{ "binary", {}, 0 },
	{ "timeline", { .flags = DRM_ROCKET_SYNC_TIMELINE, .point = 1 }, 0 },
	{ "last point", { .flags = DRM_ROCKET_SYNC_TIMELINE, .point = U64_MAX }, 0 },
	{ "timeline, point 0", { .flags = DRM_ROCKET_SYNC_TIMELINE }, -EINVAL },
	{ "binary with a point", { .point = 1 }, -EINVAL },
	{ "unknown flag", { .flags = 2 }, -EINVAL },
	{ "unknown flag of a timeline", { .flags = U32_MAX, .point = 1 }, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(sync, sync_cases, what);

static void test_sync_check(struct kunit *test)
{
	const struct sync_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, rocket_sync_check(&c->sync), c->ret);
}

/* Only a queued unmap leaves something, and only what the kernel mapped later. */
static void test_leaves(struct kunit *test)
{
	struct rocket_bind_op op = { .type = UNMAP, .queued = 5 };
	struct rocket_vma vma = { .kernel = true, .after = 5 };

	KUNIT_EXPECT_TRUE(test, rocket_bind_leaves(&op, &vma));
	vma.after = 6;
	KUNIT_EXPECT_TRUE(test, rocket_bind_leaves(&op, &vma));
	vma.after = 4;
	KUNIT_EXPECT_FALSE(test, rocket_bind_leaves(&op, &vma));
	vma.after = 5;
	op.queued = 0;
	KUNIT_EXPECT_FALSE(test, rocket_bind_leaves(&op, &vma));
	op.queued = 5;
	vma.kernel = false;
	KUNIT_EXPECT_FALSE(test, rocket_bind_leaves(&op, &vma));
	vma.kernel = true;
	op.type = MAP;
	KUNIT_EXPECT_FALSE(test, rocket_bind_leaves(&op, &vma));
	op.type = UNMAP_BO;
	KUNIT_EXPECT_FALSE(test, rocket_bind_leaves(&op, &vma));
}

static struct kunit_case rocket_bind_cases[] = {
	KUNIT_CASE_PARAM(test_op_check, op_gen_params),
	KUNIT_CASE_PARAM(test_bind_check, bind_gen_params),
	KUNIT_CASE_PARAM(test_sync_check, sync_gen_params),
	KUNIT_CASE(test_leaves),
	{}
};

struct kunit_suite rocket_bind_suite = {
	.name = "rocket_bind",
	.test_cases = rocket_bind_cases,
};
