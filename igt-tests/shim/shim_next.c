// SPDX-License-Identifier: MIT
#include "shim_next.h"

int shim_real_ioctl(int fd, unsigned long request, void *arg)
{
	typedef int ioctl_fn(int fd, unsigned long request, ...);

	return SHIM_NEXT(ioctl_fn, "ioctl")(fd, request, arg);
}
