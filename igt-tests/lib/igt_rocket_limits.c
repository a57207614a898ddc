// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_limits.h"

#define PARAMETERS	"/sys/module/rocket/parameters/"
#define AWAIT_S		30

struct rocket_usage rocket_usage(int fd)
{
	return (struct rocket_usage){
		.bo_memory = rocket_get_param(fd, DRM_ROCKET_PARAM_BO_MEMORY),
		.table_memory = rocket_get_param(fd, DRM_ROCKET_PARAM_TABLE_MEMORY),
		.mappings = rocket_get_param(fd, DRM_ROCKET_PARAM_MAPPINGS),
	};
}

void rocket_usage_expect(int fd, struct rocket_usage expected)
{
	struct rocket_usage now = rocket_usage(fd);

	igt_assert_eq_u64(now.bo_memory, expected.bo_memory);
	igt_assert_eq_u64(now.table_memory, expected.table_memory);
	igt_assert_eq_u64(now.mappings, expected.mappings);
}

void rocket_usage_await(int fd, struct rocket_usage expected)
{
	struct timespec since = { 0 };
	struct rocket_usage now;

	do
		now = rocket_usage(fd);
	while (memcmp(&now, &expected, sizeof(now)) &&
	       igt_nsec_elapsed(&since) < AWAIT_S * UINT64_C(1000000000));
	rocket_usage_expect(fd, expected);
}

static unsigned int read_parameter(const char *name)
{
	char path[128];
	unsigned int value;
	FILE *file;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	file = fopen(path, "re");
	igt_require_f(file, "the driver has no parameter %s\n", name);
	igt_assert_eq(fscanf(file, "%u", &value), 1);
	fclose(file);
	return value;
}

static void write_parameter(const char *name, unsigned int value)
{
	char path[128], text[16];
	int fd;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	snprintf(text, sizeof(text), "%u", value);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	igt_require_f(fd >= 0, "cannot change %s\n", path);
	igt_assert_eq((int)write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
}

void rocket_become_user(unsigned int uid)
{
	/* The real uid is what counts; the effective one still opens any file. */
	igt_assert_eq(setreuid(uid, -1), 0);
}

int rocket_open_alone(void)
{
	int fd = rocket_open();

	/* The file's own: VM 0, which is there when it is used, has a directory. */
	rocket_vm_query(fd, 0);
	rocket_usage_await(fd, (struct rocket_usage){ .table_memory = ROCKET_PAGE });
	return fd;
}

void rocket_may_lock_memory(bool may)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	const uint32_t bit = 1u << CAP_IPC_LOCK;

	igt_assert_eq((int)syscall(SYS_capget, &header, data), 0);
	data[0].effective = may ? data[0].effective | bit : data[0].effective & ~bit;
	igt_assert_eq((int)syscall(SYS_capset, &header, data), 0);
}

/* As they were when the program started */
static struct rocket_limits saved;

static void set_limits(struct rocket_limits limits)
{
	write_parameter("bo_limit_mb", limits.bo_mb);
	write_parameter("bo_total_mb", limits.total_mb);
	write_parameter("mapping_limit", limits.mappings ? limits.mappings : saved.mappings);
	write_parameter("queued_limit", limits.queued ? limits.queued : saved.queued);
}

void rocket_limits_save(void)
{
	igt_require_f(!geteuid(), "needs root\n");
	saved.bo_mb = read_parameter("bo_limit_mb");
	saved.total_mb = read_parameter("bo_total_mb");
	saved.mappings = read_parameter("mapping_limit");
	saved.queued = read_parameter("queued_limit");
}

void rocket_limits_restore(void)
{
	if (saved.mappings)
		set_limits(saved);
}

void rocket_run_limited(struct rocket_limits limits, void (*test)(void))
{
	struct igt_helper_process child = { 0 };
	int status;

	set_limits(limits);
	igt_fork_helper(&child) {
		rocket_become_user(ROCKET_TEST_UID);
		rocket_may_lock_memory(false);
		close(rocket_open_alone());
		test();
	}
	status = igt_wait_helper(&child);
	rocket_limits_restore();
	igt_assert_eq(status, 0);
}
