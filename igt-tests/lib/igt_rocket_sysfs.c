// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket_sysfs.h"

#define DEVICES		"/sys/bus/platform/devices"
#define DRIVER		"/sys/bus/platform/drivers/rocket"
#define COMPATIBLE	"OF_COMPATIBLE_0=rockchip,rk3588-rknn-core\n"
#define MAX_NAME	64

static char names[ROCKET_MAX_CORES][MAX_NAME];
static unsigned int core_count;

/* Returns the number of bytes or a negative errno. */
static int read_file(const char *path, char *data, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return -errno;
	length = read(fd, data, size - 1);
	if (length < 0)
		length = -errno;
	data[length < 0 ? 0 : length] = '\0';
	close(fd);
	return length;
}

static int write_file(const char *path, const char *data)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, data, strlen(data)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static bool is_core(const char *name)
{
	char path[300], data[1024];

	snprintf(path, sizeof(path), DEVICES "/%s/uevent", name);
	return strlen(name) < MAX_NAME && read_file(path, data, sizeof(data)) > 0 &&
	       strstr(data, COMPATIBLE);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The driver numbers by place in the devicetree, which is sorted by address. */
static void find_cores(void)
{
	DIR *dir = opendir(DEVICES);
	struct dirent *entry;

	igt_assert(dir);
	while ((entry = readdir(dir))) {
		if (!is_core(entry->d_name))
			continue;
		igt_assert(core_count < ROCKET_MAX_CORES);
		strcpy(names[core_count++], entry->d_name);
	}
	closedir(dir);
	qsort(names, core_count, sizeof(names[0]), compare_names);
	errno = 0;
}

unsigned int rocket_sysfs_cores(void)
{
	igt_require_f(!geteuid(), "needs root\n");
	if (!core_count)
		find_cores();
	igt_require_f(core_count, "no NPU cores among the platform devices\n");
	return core_count;
}

static const char *core_name(unsigned int core)
{
	igt_assert(core < rocket_sysfs_cores());
	return names[core];
}

const char *rocket_sysfs_path(unsigned int core, const char *file, char path[300])
{
	snprintf(path, 300, DEVICES "/%s/%s", core_name(core), file);
	return path;
}

bool rocket_sysfs_bound(unsigned int core)
{
	char path[300];
	bool bound;

	snprintf(path, sizeof(path), DRIVER "/%s", core_name(core));
	bound = !access(path, F_OK);
	errno = 0;
	return bound;
}

int __rocket_sysfs_bind(unsigned int core)
{
	return write_file(DRIVER "/bind", core_name(core));
}

int __rocket_sysfs_unbind(unsigned int core)
{
	return write_file(DRIVER "/unbind", core_name(core));
}

void rocket_sysfs_bind(unsigned int core)
{
	igt_assert_eq(__rocket_sysfs_bind(core), 0);
}

void rocket_sysfs_unbind(unsigned int core)
{
	igt_assert_eq(__rocket_sysfs_unbind(core), 0);
}

void rocket_sysfs_bind_all(void)
{
	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++) {
		if (!rocket_sysfs_bound(core))
			rocket_sysfs_bind(core);
	}
}

void rocket_sysfs_unbind_all(void)
{
	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++) {
		if (rocket_sysfs_bound(core))
			rocket_sysfs_unbind(core);
	}
}

/*
 * Runtime PM
 */

static const char *power_path(unsigned int core, const char *file, char path[300])
{
	snprintf(path, 300, DEVICES "/%s/power/%s", core_name(core), file);
	return path;
}

void rocket_sysfs_stay_awake(unsigned int core, bool awake)
{
	char path[300];

	igt_assert_eq(write_file(power_path(core, "control", path), awake ? "on" : "auto"), 0);
}

int rocket_sysfs_autosuspend(unsigned int core)
{
	char path[300], data[32];

	igt_require_f(read_file(power_path(core, "autosuspend_delay_ms", path), data,
				sizeof(data)) > 0, "the kernel has no runtime PM\n");
	return atoi(data);
}

void rocket_sysfs_set_autosuspend(unsigned int core, int ms)
{
	char path[300], data[32];

	snprintf(data, sizeof(data), "%d", ms);
	igt_assert_eq(write_file(power_path(core, "autosuspend_delay_ms", path), data), 0);
}

void rocket_sysfs_await_suspend(unsigned int core)
{
	char path[300], data[32];
	int fd = open(power_path(core, "runtime_status", path), O_RDONLY | O_CLOEXEC);

	igt_assert_fd(fd);
	igt_set_timeout(60, "the core's suspend");
	do {
		ssize_t length = pread(fd, data, sizeof(data) - 1, 0);

		igt_assert(length > 0);
		data[length] = '\0';
	} while (strcmp(data, "suspended\n"));
	igt_reset_timeout();
	close(fd);
}

/*
 * System suspend
 */

static bool file_says(const char *path, const char *word)
{
	char data[256];

	return read_file(path, data, sizeof(data)) >= 0 && strstr(data, word);
}

void rocket_sysfs_require_nap(void)
{
	igt_require_f(!geteuid(), "needs root\n");
	igt_require_f(file_says("/sys/power/state", "freeze") &&
		      file_says("/sys/power/pm_test", "devices"),
		      "the kernel has no test of suspend\n");
	/* Its virtio ports do not survive; consoles do. */
	igt_require_f(!file_says("/proc/device-tree/compatible", "linux,dummy-virt") ||
		      !access("/dev/hvc1", F_OK), "the board was started without --sleep\n");
	errno = 0;
}

void rocket_sysfs_nap(void)
{
	/* How long it stays there; older kernels cannot be told. */
	write_file("/sys/module/suspend/parameters/pm_test_delay", "0");
	igt_assert_eq(write_file("/sys/power/pm_test", "devices"), 0);
	igt_assert_eq(write_file("/sys/power/state", "freeze"), 0);
	igt_assert_eq(write_file("/sys/power/pm_test", "none"), 0);
	errno = 0;
}

/*
 * Interrupts
 */

/* The counts of all CPUs in a line of /proc/interrupts. */
static uint64_t sum_of_counts(const char *line)
{
	const char *at = strchr(line, ':');
	uint64_t sum = 0;
	char *end;

	for (at = at ? at + 1 : ""; ; at = end) {
		unsigned long long count = strtoull(at, &end, 10);

		if (end == at || (*end != ' ' && *end != '\n'))
			return sum;
		sum += count;
	}
}

uint64_t rocket_sysfs_interrupts(unsigned int core)
{
	FILE *file = fopen("/proc/interrupts", "r");
	uint64_t sum = 0;
	char line[1024];
	bool found = false;

	igt_require_f(file, "no /proc/interrupts\n");
	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, core_name(core));
	fclose(file);
	igt_assert_f(found, "/proc/interrupts does not name %s\n", core_name(core));
	sum = sum_of_counts(line);
	errno = 0;
	return sum;
}

/*
 * Memory
 */

uint64_t rocket_shmem_bytes(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	unsigned long long kib = 0;
	char line[128];
	bool found = false;

	igt_require_f(file, "no /proc/meminfo\n");
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "Shmem: %llu kB", &kib) == 1;
	fclose(file);
	igt_require_f(found, "/proc/meminfo does not tell about shmem\n");
	errno = 0;
	return kib * 1024;
}
