/* SPDX-License-Identifier: MIT */
#ifndef SHIM_NEXT_H
#define SHIM_NEXT_H

#include <dlfcn.h>

/* The C library's function of that name, or whatever else was loaded behind the shim. */
#define SHIM_NEXT(type, name) ({			\
	static type *next_;				\
	type *found_ = __atomic_load_n(&next_, __ATOMIC_RELAXED);	\
							\
	if (!found_) {					\
		found_ = (type *)dlsym(RTLD_NEXT, name);	\
		__atomic_store_n(&next_, found_, __ATOMIC_RELAXED);	\
	}						\
	found_;						\
})

int shim_real_ioctl(int fd, unsigned long request, void *arg);

#endif
