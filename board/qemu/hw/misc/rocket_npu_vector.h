/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A function that is compiled for several kinds of x86 processors, of which the
 * program takes the best that is there; nothing on other hosts.
 */
#ifndef HW_MISC_ROCKET_NPU_VECTOR_H
#define HW_MISC_ROCKET_NPU_VECTOR_H

#if defined(__x86_64__) && defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
#define ROCKET_VECTOR \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), \
                   optimize("O3")))
#else
#define ROCKET_VECTOR
#endif

#endif
