// SPDX-License-Identifier: GPL-2.0-only

#include <drm/rocket_accel.h>

#include "../rocket_limits.h"
#include "../rocket_submit.h"
#include "../rocket_sync.h"
#include "rocket_kunit.h"

struct job_case {
	const char *what;
	struct drm_rocket_job job;
	int ret;
};

static const struct job_case job_cases[] = {
	{ "one task", { .task_count = 1 }, 0 },
	{ "most tasks", { .task_count = 65536 }, 0 },
	{ "most BOs", { .task_count = 1, .in_bo_handle_count = 65536,
			.out_bo_handle_count = 65536 }, 0 },
	{ "most syncs", { .task_count = 1, .in_sync_count = ROCKET_SYNC_MAX,
			  .out_sync_count = ROCKET_SYNC_MAX }, 0 },
	{ "longest time", { .task_count = 1, .timeout_ms = ROCKET_JOB_TIMEOUT_MAX_MS }, 0 },
	{ "low priority", { .task_count = 1, .priority = DRM_ROCKET_JOB_PRIORITY_LOW }, 0 },
	/* Tests run with all capabilities. */
	{ "high priority", { .task_count = 1, .priority = DRM_ROCKET_JOB_PRIORITY_HIGH }, 0 },

	{ "no task", {}, -EINVAL },
	{ "one task too many", { .task_count = 65537 }, -EINVAL },
	{ "far too many tasks", { .task_count = U32_MAX }, -EINVAL },
	{ "all flags", { .task_count = 4095, .flags = 7 }, 0 },
	{ "unknown flag", { .task_count = 1, .flags = 8 }, -EINVAL },
	{ "last flag", { .task_count = 1, .flags = BIT(31) | 1 }, -EINVAL },
	{ "too many batched tasks", { .task_count = 4096, .flags = 1 }, -EINVAL },
	{ "too many inputs", { .task_count = 1, .in_bo_handle_count = 65537 }, -EINVAL },
	{ "too many outputs", { .task_count = 1, .out_bo_handle_count = U32_MAX }, -EINVAL },
	{ "too many in-syncs", { .task_count = 1, .in_sync_count = ROCKET_SYNC_MAX + 1 },
	  -E2BIG },
	{ "too many out-syncs", { .task_count = 1, .out_sync_count = U32_MAX }, -E2BIG },
	{ "too long", { .task_count = 1, .timeout_ms = ROCKET_JOB_TIMEOUT_MAX_MS + 1 },
	  -EINVAL },
	{ "for ever", { .task_count = 1, .timeout_ms = U32_MAX }, -EINVAL },
	{ "unknown priority", { .task_count = 1, .priority = 3 }, -EINVAL },
	{ "largest priority", { .task_count = 1, .priority = U32_MAX }, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(job, job_cases, what);

static void test_job_check(struct kunit *test)
{
	const struct job_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, rocket_submit_check(&c->job, 4095), c->ret);
}

static struct kunit_case rocket_submit_cases[] = {
	KUNIT_CASE_PARAM(test_job_check, job_gen_params),
	{}
};

struct kunit_suite rocket_submit_suite = {
	.name = "rocket_submit",
	.test_cases = rocket_submit_cases,
};
