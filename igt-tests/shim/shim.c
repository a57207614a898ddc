// SPDX-License-Identifier: MIT
/*
 * librocket-vmbind.so, for LD_PRELOAD: gives programs that know mainline's four ioctls
 * of rocket only, such as Mesa, what they ask for by way of VM_BIND.  Descriptors that
 * are not rocket's, ioctls that are not these, and drivers without VM_BIND are left
 * alone.  docs/mesa-backend.rst explains.
 */
#include <errno.h>
#include <limits.h>
#include <linux/close_range.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "drm.h"
#include "shim_fd.h"
#include "shim_next.h"

#define PUBLIC __attribute__((visibility("default")))

static int serve(struct shim_file *file, int fd, unsigned long request, void *arg)
{
	struct drm_rocket_fini_bo *fini = arg;

	switch (request) {
	case DRM_IOCTL_ROCKET_CREATE_BO:
		return shim_bo_create(file, fd, arg);
	case DRM_IOCTL_ROCKET_SUBMIT:
		return shim_submit(file, fd, arg);
	case DRM_IOCTL_ROCKET_PREP_BO:
		return shim_bo_prep(file, fd, arg);
	case DRM_IOCTL_ROCKET_PREP_BO_RANGES:
		return shim_bo_prep_ranges(file, fd, arg);
	case DRM_IOCTL_ROCKET_FINI_BO:
		return shim_kernel(fd, request, fini);
	default:
		return shim_bo_close(file, fd, arg);
	}
}

static bool is_served(unsigned long request)
{
	switch (request) {
	case DRM_IOCTL_ROCKET_CREATE_BO:
	case DRM_IOCTL_ROCKET_SUBMIT:
	case DRM_IOCTL_ROCKET_PREP_BO:
	case DRM_IOCTL_ROCKET_PREP_BO_RANGES:
	case DRM_IOCTL_ROCKET_FINI_BO:
	case DRM_IOCTL_GEM_CLOSE:
		return true;
	default:
		return false;
	}
}

/* What others get hold of, they may write to. */
static void note_export(int fd, const struct drm_prime_handle *args)
{
	int error;
	struct shim_file *file = shim_fd_find(fd, &error);

	if (file && !error)
		shim_bo_share(file, args->handle);
	if (file)
		shim_fd_put(file);
}

PUBLIC int ioctl(int fd, unsigned long request, ...)
{
	struct shim_file *file = NULL;
	int error = 0;
	va_list list;
	void *arg;

	va_start(list, request);
	arg = va_arg(list, void *);
	va_end(list);
	/* On some systems the request is an int, whose sign would be extended. */
	if (is_served((unsigned int)request) && arg)
		file = shim_fd_find(fd, &error);
	else if ((unsigned int)request == DRM_IOCTL_PRIME_HANDLE_TO_FD && arg)
		note_export(fd, arg);
	if (!file)
		return shim_real_ioctl(fd, request, arg);
	if (!error)
		error = serve(file, fd, (unsigned int)request, arg);
	shim_fd_put(file);
	if (!error)
		return 0;
	errno = -error;
	return -1;
}

PUBLIC int close(int fd)
{
	typedef int close_fn(int fd);

	if (fd >= 0)
		shim_fd_forget(fd, fd);
	return SHIM_NEXT(close_fn, "close")(fd);
}

PUBLIC int close_range(unsigned int first, unsigned int last, int flags)
{
	typedef int close_range_fn(unsigned int first, unsigned int last, int flags);

	if (!(flags & CLOSE_RANGE_CLOEXEC))
		shim_fd_forget(first, last);
	return SHIM_NEXT(close_range_fn, "close_range")(first, last, flags);
}

PUBLIC void closefrom(int first)
{
	typedef void closefrom_fn(int first);

	shim_fd_forget(first < 0 ? 0 : first, UINT_MAX);
	SHIM_NEXT(closefrom_fn, "closefrom")(first);
}

PUBLIC int dup2(int from, int to)
{
	typedef int dup2_fn(int from, int to);
	int fd = SHIM_NEXT(dup2_fn, "dup2")(from, to);

	if (fd >= 0 && from != to)
		shim_fd_forget(to, to);
	return fd;
}

PUBLIC int dup3(int from, int to, int flags)
{
	typedef int dup3_fn(int from, int to, int flags);
	int fd = SHIM_NEXT(dup3_fn, "dup3")(from, to, flags);

	if (fd >= 0)
		shim_fd_forget(to, to);
	return fd;
}
