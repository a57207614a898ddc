// SPDX-License-Identifier: MIT
#include <fcntl.h>

#include "drmtest.h"

#define MAX_CARDS 16

int (*igt_ioctl)(int fd, unsigned long request, void *arg) = drmIoctl;

static bool is_vgem(int fd)
{
	drmVersionPtr version = drmGetVersion(fd);
	bool yes = version && !strcmp(version->name, "vgem");

	drmFreeVersion(version);
	return yes;
}

/* Opens the device of the driver, or skips. */
int drm_open_driver(int chipset)
{
	igt_assert_eq(chipset, DRIVER_VGEM);
	for (int i = 0; i < MAX_CARDS; i++) {
		char path[32];
		int fd;

		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (is_vgem(fd))
			return fd;
		close(fd);
	}
	igt_skip("No vgem device, which these tests use: modprobe vgem\n");
}

int drm_close_driver(int fd)
{
	return close(fd);
}
