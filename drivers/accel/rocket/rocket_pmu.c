// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_print.h>
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/device.h>
#include <linux/module.h>
#include <linux/perf_event.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/sysfs.h>

#include "rocket_clock.h"
#include "rocket_core.h"
#include "rocket_device.h"
#include "rocket_limits.h"
#include "rocket_pmu.h"
#include "rocket_busy.h"

/**
 * DOC: perf events
 *
 * The PMU "rocket" counts what the whole NPU does, whoever made it do so: there is
 * nothing to sample, and no task to count for. An event says what to count and, by a
 * mask, on which cores; no mask means all of them. The names in its events directory
 * stand for both.
 *
 * The clock is the whole NPU's: its cycles are counted while a core is up, and divided by
 * the time they are its mean rate.
 *
 * Bytes that the NPU moves cannot be counted: the DMA counters of its siblings are
 * not there in an RK3588 (the vendor's driver has register offsets for those and
 * none for this one, and the TRM has other registers in their place).
 *
 * Counters are read with interrupts off and raw locks held, so no lock is taken: see
 * &struct rocket_core_counts and &struct rocket_busy. They live as long as the device
 * does. When that goes, perf detaches what is open, which keeps its last count.
 */

/* &perf_event_attr.config */
#define ROCKET_PMU_EVENT	GENMASK_ULL(7, 0)
#define ROCKET_PMU_CORES	GENMASK_ULL(8 + ROCKET_MAX_CORES - 1, 8)

/* Part of the interface: what a number means never changes. */
enum {
	ROCKET_PMU_BUSY		= 1,
	ROCKET_PMU_SCRUB_TIME	= 2,
	ROCKET_PMU_JOBS		= 3,
	ROCKET_PMU_TASKS	= 4,
	ROCKET_PMU_SWITCHES	= 5,
	ROCKET_PMU_SCRUBS	= 6,
	ROCKET_PMU_FAULTS	= 7,
	ROCKET_PMU_HANGS	= 8,
	ROCKET_PMU_RESETS	= 9,
	ROCKET_PMU_WAKEUPS	= 10,
	ROCKET_PMU_CYCLES	= 11,
	ROCKET_PMU_EVENTS
};

/**
 * struct rocket_pmu - The device as a source of perf events.
 *
 * As long as a core is bound; made and freed under the driver's bind lock.
 */
struct rocket_pmu {
	/** @base: perf's part. */
	struct pmu base;

	/** @rdev: The device. */
	struct rocket_device *rdev;
};

static const size_t rocket_pmu_offsets[ROCKET_PMU_EVENTS] = {
	[ROCKET_PMU_SCRUB_TIME]	= offsetof(struct rocket_core_counts, scrub_ns),
	[ROCKET_PMU_JOBS]	= offsetof(struct rocket_core_counts, jobs),
	[ROCKET_PMU_TASKS]	= offsetof(struct rocket_core_counts, tasks),
	[ROCKET_PMU_SWITCHES]	= offsetof(struct rocket_core_counts, switches),
	[ROCKET_PMU_SCRUBS]	= offsetof(struct rocket_core_counts, scrubs),
	[ROCKET_PMU_FAULTS]	= offsetof(struct rocket_core_counts, faults),
	[ROCKET_PMU_HANGS]	= offsetof(struct rocket_core_counts, hangs),
	[ROCKET_PMU_RESETS]	= offsetof(struct rocket_core_counts, resets),
	[ROCKET_PMU_WAKEUPS]	= offsetof(struct rocket_core_counts, wakeups),
};

static struct rocket_device *rocket_pmu_device(struct perf_event *event)
{
	return container_of(event->pmu, struct rocket_pmu, base)->rdev;
}

static u64 rocket_pmu_read_core(const struct rocket_core *core, unsigned int id)
{
	const void *counts = &core->counts;

	if (id == ROCKET_PMU_BUSY)
		return rocket_busy_read(&core->busy);

	return READ_ONCE(*(const u64 *)(counts + rocket_pmu_offsets[id]));
}

static u64 rocket_pmu_read_device(struct perf_event *event)
{
	unsigned long cores = FIELD_GET(ROCKET_PMU_CORES, event->attr.config);
	unsigned int id = FIELD_GET(ROCKET_PMU_EVENT, event->attr.config);
	struct rocket_device *rdev = rocket_pmu_device(event);
	u64 sum = 0;

	if (id == ROCKET_PMU_CYCLES)
		return rocket_clock_cycles_read(rdev->clock);

	for (int i = 0; i < ROCKET_MAX_CORES; i++) {
		if (!cores || cores & BIT(i))
			sum += rocket_pmu_read_core(&rdev->cores[i], id);
	}

	return sum;
}

static int rocket_pmu_event_init(struct perf_event *event)
{
	unsigned int id = FIELD_GET(ROCKET_PMU_EVENT, event->attr.config);

	if (event->attr.type != event->pmu->type)
		return -ENOENT;

	if (is_sampling_event(event) || event->cpu < 0)
		return -EINVAL;

	if (event->attr.config & ~(ROCKET_PMU_EVENT | ROCKET_PMU_CORES) ||
	    event->attr.config1 || event->attr.config2)
		return -EINVAL;

	if (!id || id >= ROCKET_PMU_EVENTS)
		return -EINVAL;

	/* Of a single core there are none. */
	if (id == ROCKET_PMU_CYCLES && event->attr.config & ROCKET_PMU_CORES)
		return -EINVAL;

	return 0;
}

/*
 * Perf serialises the callbacks of an event. A reading of the time can be a little
 * less than the one before, see rocket_busy_read(); what is shown never is.
 */
static void rocket_pmu_read(struct perf_event *event)
{
	u64 before = local64_read(&event->hw.prev_count);
	u64 now = rocket_pmu_read_device(event);

	if ((s64)(now - before) <= 0)
		return;

	local64_set(&event->hw.prev_count, now);
	local64_add(now - before, &event->count);
}

static void rocket_pmu_start(struct perf_event *event, int flags)
{
	local64_set(&event->hw.prev_count, rocket_pmu_read_device(event));
	event->hw.state = 0;
}

static void rocket_pmu_stop(struct perf_event *event, int flags)
{
	if (flags & PERF_EF_UPDATE && !(event->hw.state & PERF_HES_UPTODATE))
		rocket_pmu_read(event);

	event->hw.state = PERF_HES_STOPPED | PERF_HES_UPTODATE;
}

static int rocket_pmu_add(struct perf_event *event, int flags)
{
	event->hw.state = PERF_HES_STOPPED | PERF_HES_UPTODATE;
	if (flags & PERF_EF_START)
		rocket_pmu_start(event, flags);

	return 0;
}

static void rocket_pmu_del(struct perf_event *event, int flags)
{
	rocket_pmu_stop(event, PERF_EF_UPDATE);
}

PMU_FORMAT_ATTR(event, "config:0-7");
PMU_FORMAT_ATTR(cores, "config:8-10");

static struct attribute *rocket_pmu_format_attrs[] = {
	&format_attr_event.attr,
	&format_attr_cores.attr,
	NULL
};

static const struct attribute_group rocket_pmu_format_group = {
	.name = "format",
	.attrs = rocket_pmu_format_attrs,
};

#define ROCKET_PMU_ATTR(_name, _string)						\
	(&((struct perf_pmu_events_attr[]) {					\
		{								\
			.attr.attr = { .name = (_name), .mode = 0444 },		\
			.attr.show = perf_event_sysfs_show,			\
			.event_str = (_string),					\
		}								\
	})[0].attr.attr)

static struct attribute *rocket_pmu_event_attrs[] = {
	ROCKET_PMU_ATTR("busy", "event=0x01"),
	ROCKET_PMU_ATTR("busy.unit", "ns"),
	ROCKET_PMU_ATTR("core0-busy", "event=0x01,cores=0x1"),
	ROCKET_PMU_ATTR("core0-busy.unit", "ns"),
	ROCKET_PMU_ATTR("core1-busy", "event=0x01,cores=0x2"),
	ROCKET_PMU_ATTR("core1-busy.unit", "ns"),
	ROCKET_PMU_ATTR("core2-busy", "event=0x01,cores=0x4"),
	ROCKET_PMU_ATTR("core2-busy.unit", "ns"),
	ROCKET_PMU_ATTR("scrub-time", "event=0x02"),
	ROCKET_PMU_ATTR("scrub-time.unit", "ns"),
	ROCKET_PMU_ATTR("jobs", "event=0x03"),
	ROCKET_PMU_ATTR("tasks", "event=0x04"),
	ROCKET_PMU_ATTR("switches", "event=0x05"),
	ROCKET_PMU_ATTR("scrubs", "event=0x06"),
	ROCKET_PMU_ATTR("faults", "event=0x07"),
	ROCKET_PMU_ATTR("hangs", "event=0x08"),
	ROCKET_PMU_ATTR("resets", "event=0x09"),
	ROCKET_PMU_ATTR("wakeups", "event=0x0a"),
	ROCKET_PMU_ATTR("cycles", "event=0x0b"),
	NULL
};

static const struct attribute_group rocket_pmu_events_group = {
	.name = "events",
	.attrs = rocket_pmu_event_attrs,
};

static const struct attribute_group *rocket_pmu_groups[] = {
	&rocket_pmu_format_group,
	&rocket_pmu_events_group,
	NULL
};

/**
 * rocket_pmu_register() - Let perf count.
 * @rdev: The device, with its first core, under the driver's bind lock.
 *
 * The NPU works without; why there will be no events is in the kernel log.
 */
void rocket_pmu_register(struct rocket_device *rdev)
{
	struct rocket_pmu *pmu = kzalloc_obj(*pmu);
	int ret;

	if (!pmu)
		return;

	pmu->rdev = rdev;
	pmu->base = (struct pmu) {
		.module = THIS_MODULE,
		.parent = rdev->ddev.dev,
		.attr_groups = rocket_pmu_groups,
		.capabilities = PERF_PMU_CAP_NO_INTERRUPT | PERF_PMU_CAP_NO_EXCLUDE,
		.scope = PERF_PMU_SCOPE_SYS_WIDE,
		.task_ctx_nr = perf_invalid_context,
		.event_init = rocket_pmu_event_init,
		.add = rocket_pmu_add,
		.del = rocket_pmu_del,
		.start = rocket_pmu_start,
		.stop = rocket_pmu_stop,
		.read = rocket_pmu_read,
	};

	ret = perf_pmu_register(&pmu->base, "rocket", -1);
	if (ret) {
		drm_warn(&rdev->ddev, "no perf events: %d\n", ret);
		kfree(pmu);
		return;
	}

	rdev->pmu = pmu;
}

/**
 * rocket_pmu_unregister() - Undo rocket_pmu_register().
 * @rdev: The device, without cores, under the driver's bind lock.
 *
 * On return none of its events reads from the device any more.
 */
void rocket_pmu_unregister(struct rocket_device *rdev)
{
	if (!rdev->pmu)
		return;

	perf_pmu_unregister(&rdev->pmu->base);
	kfree(rdev->pmu);
	rdev->pmu = NULL;
}
