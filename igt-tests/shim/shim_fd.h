/* SPDX-License-Identifier: MIT */
#ifndef SHIM_FD_H
#define SHIM_FD_H

#include "shim_file.h"

/*
 * The open rocket device that a descriptor names, or NULL: it names something else, or
 * a rocket device whose driver has no VM_BIND.  Descriptors of one open file, by dup()
 * or otherwise, have one.  With error set: it was opened before fork() by another
 * process.  Give back what is found.
 */
struct shim_file *shim_fd_find(int fd, int *error);
void shim_fd_put(struct shim_file *file);

/* The descriptors from first to last are about to be closed, or to name something else. */
void shim_fd_forget(unsigned int first, unsigned int last);

#endif
