// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket_cgroup.h"

#define SYSTEM	"/sys/fs/cgroup"
#define OURS	"/tmp/rocket-cgroup2"

/* Where the hierarchy is; mounts it where nobody has. */
static const char *find_root(void)
{
	if (!access(SYSTEM "/cgroup.controllers", R_OK))
		return SYSTEM;
	mkdir(OURS, 0700);
	if (access(OURS "/cgroup.controllers", R_OK))
		igt_require_f(!mount("none", OURS, "cgroup2", 0, NULL),
			      "cannot mount cgroup2: %s\n", strerror(errno));
	return OURS;
}

static void write_value(const char *directory, const char *name, const char *value)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	igt_require_f(fd >= 0, "cannot open %s\n", path);
	igt_require_f(write(fd, value, strlen(value)) == (ssize_t)strlen(value),
		      "cannot write '%s' to %s\n", value, path);
	close(fd);
}

void rocket_cgroup_init(struct rocket_cgroup *cgroup, uint64_t max)
{
	const char *root = find_root();
	char bytes[32];

	write_value(root, "cgroup.subtree_control", "+memory");
	snprintf(cgroup->path, sizeof(cgroup->path), "%s/rocket-test-%d", root, getpid());
	igt_require_f(!mkdir(cgroup->path, 0700), "cannot make %s\n", cgroup->path);
	if (max) {
		snprintf(bytes, sizeof(bytes), "%llu", (unsigned long long)max);
		write_value(cgroup->path, "memory.max", bytes);
	}
	errno = 0;
}

void rocket_cgroup_enter(const struct rocket_cgroup *cgroup)
{
	write_value(cgroup->path, "cgroup.procs", "0");
}

static uint64_t read_bytes(const struct rocket_cgroup *cgroup, const char *name)
{
	unsigned long long bytes;
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", cgroup->path, name);
	file = fopen(path, "re");
	igt_assert_f(file, "cannot open %s\n", path);
	igt_assert_eq(fscanf(file, "%llu", &bytes), 1);
	fclose(file);
	return bytes;
}

uint64_t rocket_cgroup_bytes(const struct rocket_cgroup *cgroup)
{
	return read_bytes(cgroup, "memory.current");
}

uint64_t rocket_cgroup_peak_bytes(const struct rocket_cgroup *cgroup)
{
	return read_bytes(cgroup, "memory.peak");
}

void rocket_cgroup_fini(struct rocket_cgroup *cgroup)
{
	igt_assert_f(!rmdir(cgroup->path), "cannot remove %s: %s\n", cgroup->path,
		     strerror(errno));
}
