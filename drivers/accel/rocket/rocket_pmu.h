/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_PMU_H__
#define __ROCKET_PMU_H__

#include <linux/perf_event.h>
#include <linux/types.h>

struct rocket_device;

/**
 * struct rocket_pmu - The device as a source of perf events.
 */
struct rocket_pmu {
#ifdef CONFIG_PERF_EVENTS
	/** @base: perf's part. */
	struct pmu base;

	/** @registered: @base is known to perf. Under the driver's bind lock. */
	bool registered;
#endif
};

#ifdef CONFIG_PERF_EVENTS
void rocket_pmu_register(struct rocket_device *rdev);
void rocket_pmu_unregister(struct rocket_device *rdev);
#else
static inline void rocket_pmu_register(struct rocket_device *rdev) {}
static inline void rocket_pmu_unregister(struct rocket_device *rdev) {}
#endif

#endif
