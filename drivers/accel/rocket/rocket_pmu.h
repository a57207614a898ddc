/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_PMU_H__
#define __ROCKET_PMU_H__

struct rocket_device;

#ifdef CONFIG_PERF_EVENTS
void rocket_pmu_register(struct rocket_device *rdev);
void rocket_pmu_unregister(struct rocket_device *rdev);
#else
static inline void rocket_pmu_register(struct rocket_device *rdev) {}
static inline void rocket_pmu_unregister(struct rocket_device *rdev) {}
#endif

#endif
