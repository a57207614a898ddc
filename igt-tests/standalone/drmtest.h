/* SPDX-License-Identifier: MIT */
#ifndef DRMTEST_H
#define DRMTEST_H

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <xf86drm.h>

#include "igt_core.h"

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif

/* The one driver besides our own that the tests open. */
#define DRIVER_VGEM	(1 << 2)

int drm_open_driver(int chipset);
int drm_close_driver(int fd);

extern int (*igt_ioctl)(int fd, unsigned long request, void *arg);

#define do_ioctl(fd, request, arg) \
	do { \
		igt_assert_eq(igt_ioctl(fd, request, arg), 0); \
		errno = 0; \
	} while (0)
#define do_ioctl_err(fd, request, arg, err) \
	do { \
		igt_assert_eq(igt_ioctl(fd, request, arg), -1); \
		igt_assert_eq(errno, err); \
		errno = 0; \
	} while (0)

#endif
