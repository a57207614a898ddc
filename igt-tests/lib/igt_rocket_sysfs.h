/* SPDX-License-Identifier: MIT */
#ifndef IGT_ROCKET_SYSFS_H
#define IGT_ROCKET_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The NPU's cores as platform devices, whether or not the driver is bound, in
 * the driver's numbering.  All of this needs root; it skips without.
 */

#define ROCKET_MAX_CORES 3

/* Reads up to size - 1 bytes and ends them with a 0; their number or a negative errno. */
int rocket_sysfs_read(const char *path, char *data, size_t size);
/* Writes a string, all at once; 0 or a negative errno. */
int rocket_sysfs_write(const char *path, const char *data);

/* Number of cores in the devicetree that are enabled, and can be in service together. */
unsigned int rocket_sysfs_cores(void);

/* What the kernel calls the core; it appears wherever devices are named. */
const char *rocket_sysfs_name(unsigned int core);
/* Path of a file in the device's directory, there or not; returns @path. */
const char *rocket_sysfs_path(unsigned int core, const char *file, char path[300]);

bool rocket_sysfs_bound(unsigned int core);
/* 0 or a negative errno */
int __rocket_sysfs_bind(unsigned int core);
int __rocket_sysfs_unbind(unsigned int core);
void rocket_sysfs_bind(unsigned int core);
void rocket_sysfs_unbind(unsigned int core);
void rocket_sysfs_bind_all(void);
void rocket_sysfs_unbind_all(void);

/* Runtime PM: whether an idle core may be suspended at all. */
void rocket_sysfs_stay_awake(unsigned int core, bool awake);
/*
 * How long an idle core stays powered, in ms, as the driver has it when it is bound:
 * longer where its clock's rate changes then.
 */
#define ROCKET_AUTOSUSPEND_MS		200
#define ROCKET_AUTOSUSPEND_SCALED_MS	1000
/* As it is now. */
int rocket_sysfs_autosuspend(unsigned int core);
void rocket_sysfs_set_autosuspend(unsigned int core, int ms);
/* Waits until the core has been suspended; looks all the time, to see it at once. */
void rocket_sysfs_await_suspend(unsigned int core);

/*
 * System suspend.  A nap goes as far as the devices and back, by the kernel's own
 * test of it, which is faster; a sleep to the end, until the RTC wakes the system up.
 * Skips where there is none, and on a board whose output would be lost.
 */
void rocket_sysfs_require_nap(void);
void rocket_sysfs_nap(void);
void rocket_sysfs_sleep(void);

/*
 * Whatever a test has left that failed, all cores are bound and in service, obey,
 * and sleep when they are idle.  Files that are open may have lost their device.
 */
void rocket_sysfs_bring_back(void);

/*
 * Interrupts that CPUs took from a core's line so far; it is shared with the
 * core's IOMMU.
 */
uint64_t rocket_sysfs_interrupts(unsigned int core);

/* Bytes of shmem in the whole machine, which BOs are made of. */
uint64_t rocket_shmem_bytes(void);
/* Bytes that kmalloc() has of it and cannot give back. */
uint64_t rocket_slab_bytes(void);

#endif
