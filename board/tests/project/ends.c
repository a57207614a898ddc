// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ends in the way that it is told to. Includes what programs for this driver include.
 */
#include <drm/rocket_accel.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#define SKIP 77

static int open_device(void)
{
	int fd = open("/dev/accel/accel0", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		perror("/dev/accel/accel0");
	return fd;
}

/* The device is there, and the driver is the one that is asked for. */
static int device(void)
{
	int fd = open_device();
	drmVersionPtr version = fd < 0 ? NULL : drmGetVersion(fd);

	if (!version)
		return 1;
	printf("driver %s %d.%d\n", version->name, version->version_major, version->version_minor);
	return strcmp(version->name, "rocket");
}

/* A struct that is smaller than the first version is refused by all. */
static int job(void)
{
	struct drm_rocket_job job = { 0 };
	struct drm_rocket_submit submit = {
		.jobs = (uintptr_t)&job, .job_count = 1, .job_struct_size = 1,
	};
	int fd = open_device();

	printf("a job has %zu bytes\n", sizeof(job));
	return fd < 0 || !drmIoctl(fd, DRM_IOCTL_ROCKET_SUBMIT, &submit);
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";
	const char *variable = getenv("ENDS"), *given = getenv("GIVEN");

	printf("this is %s\n", way);
	fflush(stdout);
	if (!strcmp(way, "fail"))
		return 1;
	if (!strcmp(way, "skip"))
		return SKIP;
	if (!strcmp(way, "hang"))
		pause();
	if (!strcmp(way, "crash"))
		abort();
	if (!strcmp(way, "device"))
		return device();
	if (!strcmp(way, "job"))
		return job();
	if (!strcmp(way, "environment"))
		return !variable || strcmp(variable, "project") || !given || strcmp(given, "value");
	return 0;
}
