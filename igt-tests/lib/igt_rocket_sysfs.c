// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_sysfs.h"

#define DEVICES		"/sys/bus/platform/devices"
#define DRIVER		"/sys/bus/platform/drivers/rocket"
#define COMPATIBLE	"OF_COMPATIBLE_0=rockchip,rk3588-rknn-core\n"
#define COMPATIBLE_RK3576	"OF_COMPATIBLE_0=rockchip,rk3576-rknn-core\n"
#define MAX_NAME	64

static char names[ROCKET_MAX_CORES][MAX_NAME];
static unsigned int core_count;

int rocket_sysfs_read(const char *path, char *data, size_t size)
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

int rocket_sysfs_write(const char *path, const char *data)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return -errno;
	length = write(fd, data, strlen(data));
	if (length < 0)
		length = -errno;
	close(fd);
	if (length < 0)
		return length;
	return (size_t)length == strlen(data) ? 0 : -EIO;
}

/* Sets *rk3576 when it is one of that SoC. */
static bool is_core(const char *name, bool *rk3576)
{
	char path[300], data[1024];

	snprintf(path, sizeof(path), DEVICES "/%s/uevent", name);
	if (strlen(name) >= MAX_NAME || rocket_sysfs_read(path, data, sizeof(data)) <= 0)
		return false;
	if (strstr(data, COMPATIBLE))
		return true;
	if (!strstr(data, COMPATIBLE_RK3576))
		return false;
	*rk3576 = true;
	return true;
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
	bool rk3576 = false;

	igt_assert(dir);
	while ((entry = readdir(dir))) {
		if (!is_core(entry->d_name, &rk3576))
			continue;
		igt_assert(core_count < ROCKET_MAX_CORES);
		strcpy(names[core_count++], entry->d_name);
	}
	closedir(dir);
	qsort(names, core_count, sizeof(names[0]), compare_names);
	/* Its second one is never in service. */
	if (rk3576)
		core_count = 1;
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

const char *rocket_sysfs_name(unsigned int core)
{
	igt_assert(core < rocket_sysfs_cores());
	return names[core];
}

const char *rocket_sysfs_path(unsigned int core, const char *file, char path[300])
{
	snprintf(path, 300, DEVICES "/%s/%s", rocket_sysfs_name(core), file);
	return path;
}

bool rocket_sysfs_bound(unsigned int core)
{
	char path[300];
	bool bound;

	snprintf(path, sizeof(path), DRIVER "/%s", rocket_sysfs_name(core));
	bound = !access(path, F_OK);
	errno = 0;
	return bound;
}

int __rocket_sysfs_bind(unsigned int core)
{
	return rocket_sysfs_write(DRIVER "/bind", rocket_sysfs_name(core));
}

int __rocket_sysfs_unbind(unsigned int core)
{
	return rocket_sysfs_write(DRIVER "/unbind", rocket_sysfs_name(core));
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
	snprintf(path, 300, DEVICES "/%s/power/%s", rocket_sysfs_name(core), file);
	return path;
}

void rocket_sysfs_stay_awake(unsigned int core, bool awake)
{
	char path[300];

	igt_assert_eq(rocket_sysfs_write(power_path(core, "control", path), awake ? "on" : "auto"), 0);
}

int rocket_sysfs_autosuspend(unsigned int core)
{
	char path[300], data[32];

	igt_require_f(rocket_sysfs_read(power_path(core, "autosuspend_delay_ms", path), data,
				sizeof(data)) > 0, "the kernel has no runtime PM\n");
	return atoi(data);
}

void rocket_sysfs_set_autosuspend(unsigned int core, int ms)
{
	char path[300], data[32];

	snprintf(data, sizeof(data), "%d", ms);
	igt_assert_eq(rocket_sysfs_write(power_path(core, "autosuspend_delay_ms", path), data), 0);
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

	return rocket_sysfs_read(path, data, sizeof(data)) >= 0 && strstr(data, word);
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
	rocket_sysfs_write("/sys/module/suspend/parameters/pm_test_delay", "0");
	igt_assert_eq(rocket_sysfs_write("/sys/power/pm_test", "devices"), 0);
	igt_assert_eq(rocket_sysfs_write("/sys/power/state", "freeze"), 0);
	igt_assert_eq(rocket_sysfs_write("/sys/power/pm_test", "none"), 0);
	errno = 0;
}

/* How long the system sleeps, in s: as little as the RTC can tell for sure */
#define SLEEP_S		2

/* The clock must not ring before the system sleeps: then for twice as long. */
void rocket_sysfs_sleep(void)
{
	char count[32], alarm[32];

	igt_assert_eq(rocket_sysfs_write("/sys/power/pm_test", "none"), 0);
	for (unsigned int s = SLEEP_S; ; s *= 2) {
		igt_assert(rocket_sysfs_read("/sys/power/wakeup_count", count, sizeof(count)) > 0);
		rocket_sysfs_write("/sys/class/rtc/rtc0/wakealarm", "0");
		snprintf(alarm, sizeof(alarm), "+%u", s);
		igt_require_f(!rocket_sysfs_write("/sys/class/rtc/rtc0/wakealarm", alarm),
			      "no clock could wake the system up\n");
		if (!rocket_sysfs_write("/sys/power/wakeup_count", count) &&
		    !rocket_sysfs_write("/sys/power/state", "freeze"))
			break;
		igt_assert(s < 60);
	}
	errno = 0;
}

/*
 * After a test that failed
 */

/* A core that is bound anew is in service, and has the driver's delay. */
static bool all_as_bound(void)
{
	int fd = rocket_open();
	uint32_t mask = rocket_core_mask(fd);

	close(fd);
	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++) {
		int delay = rocket_sysfs_autosuspend(core);

		if (!(mask & 1u << core) || (delay != ROCKET_AUTOSUSPEND_MS &&
					     delay != ROCKET_AUTOSUSPEND_SCALED_MS))
			return false;
	}
	return true;
}

void rocket_sysfs_bring_back(void)
{
	rocket_board_silence();
	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++)
		rocket_sysfs_stay_awake(core, false);
	rocket_sysfs_bind_all();
	if (all_as_bound())
		return;
	rocket_sysfs_unbind_all();
	rocket_sysfs_bind_all();
	igt_assert(all_as_bound());
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
		found = strstr(line, rocket_sysfs_name(core));
	fclose(file);
	igt_assert_f(found, "/proc/interrupts does not name %s\n", rocket_sysfs_name(core));
	sum = sum_of_counts(line);
	errno = 0;
	return sum;
}

/*
 * Memory
 */

static uint64_t meminfo(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128], key[32];
	unsigned long long kib;
	bool found = false;

	igt_require_f(file, "no /proc/meminfo\n");
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%31[^:]: %llu kB", key, &kib) == 2 && !strcmp(key, name);
	fclose(file);
	igt_require_f(found, "/proc/meminfo does not tell about %s\n", name);
	errno = 0;
	return kib * 1024;
}

uint64_t rocket_shmem_bytes(void)
{
	return meminfo("Shmem");
}

uint64_t rocket_slab_bytes(void)
{
	return meminfo("SUnreclaim");
}
