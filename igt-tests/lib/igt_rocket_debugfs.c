// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket_debugfs.h"
#include "igt_rocket_sysfs.h"

/* The directory is named after the device that the node belongs to. */
void rocket_debugfs_path(int fd, const char *name, char path[ROCKET_DEBUGFS_PATH_MAX])
{
	char link[64], device[256];
	struct stat stat;
	ssize_t len;

	igt_assert_eq(fstat(fd, &stat), 0);
	snprintf(link, sizeof(link), "/sys/dev/char/%u:%u/device", major(stat.st_rdev),
		 minor(stat.st_rdev));
	len = readlink(link, device, sizeof(device) - 1);
	igt_assert(len > 0);
	device[len] = '\0';
	snprintf(path, ROCKET_DEBUGFS_PATH_MAX, "/sys/kernel/debug/accel/%s/%s",
		 strrchr(device, '/') + 1, name);
}

void rocket_debugfs_read(int fd, const char *name, char text[ROCKET_DEBUGFS_MAX])
{
	char path[ROCKET_DEBUGFS_PATH_MAX];

	rocket_debugfs_path(fd, name, path);
	igt_require_f(rocket_sysfs_read(path, text, ROCKET_DEBUGFS_MAX) >= 0,
		      "no %s, or not root\n", path);
}

bool rocket_core_fact(int fd, unsigned int core, const char *what, const char *value)
{
	char text[ROCKET_DEBUGFS_MAX], line[128];

	rocket_debugfs_read(fd, "silicon", text);
	snprintf(line, sizeof(line), "core %u %s: %s\n", core, what, value);
	return strstr(text, line);
}

uint64_t rocket_core_count(int fd, unsigned int core, const char *what)
{
	char text[ROCKET_DEBUGFS_MAX], name[64];
	const char *at;

	rocket_debugfs_read(fd, "cores", text);
	snprintf(name, sizeof(name), "core %u:", core);
	at = strstr(text, name);
	igt_assert_f(at, "no %s\n", name);
	snprintf(name, sizeof(name), " %s ", what);
	at = strstr(at, name);
	igt_assert_f(at, "core %u has no%s\n", core, name);
	return strtoull(at + strlen(name), NULL, 0);
}
