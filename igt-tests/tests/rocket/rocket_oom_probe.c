// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_job.h"
#include "igt_rocket_oom.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("Out of memory at each allocation in turn while a core is bound: it is bound or it is not");

#define PROBE_ADDR	0x10000000u
#define ADDR		0x20000000u
#define SEED		0x1000u
/* Of a job that is at work when a core is bound */
#define TASKS		30u
/* All at once would take too long for one subtest on a slow machine. */
#define ANOTHER_PARTS	3u
#define FIRST_PARTS	8u
/* What the driver does when a core is bound; what is around it belongs to others. */
#define PROBE_FUNCTION	"rocket_probe"

/*
 * Where the kernel keeps account of what a core has, besides memory. A core that is
 * not bound has nothing: no interrupt, clock, supply, power domain, no DMA mapping.
 */
static const char * const accounts[] = {
	"/proc/interrupts",
	"/sys/kernel/debug/clk/clk_summary",
	"/sys/kernel/debug/regulator/regulator_summary",
	"/sys/kernel/debug/pm_genpd/pm_genpd_summary",
	"/sys/kernel/debug/dma-api/dump",
};

/* Lines of an account that name the core; -1 when the kernel does not keep it. */
static int entries(const char *account, unsigned int core)
{
	FILE *file = fopen(account, "r");
	char *line = NULL;
	size_t size = 0;
	int count = 0;

	errno = 0;
	if (!file)
		return -1;
	while (getline(&line, &size, file) >= 0)
		count += !!strstr(line, rocket_sysfs_name(core));
	free(line);
	fclose(file);
	return count;
}

static int usual[ARRAY_SIZE(accounts)];

/* Remembers what a core that is bound has. */
static void note_accounts(unsigned int core)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(accounts); i++) {
		usual[i] = entries(accounts[i], core);
		igt_require_f(usual[i] >= 0, "the kernel has no %s\n", accounts[i]);
		/* Else nobody would notice what is left there. */
		igt_assert_f(usual[i] > 0, "%s does not name core %u\n", accounts[i], core);
	}
}

/* Bound without some memory, it must not be without anything else. */
static void expect_all_there(unsigned int core, unsigned int nth)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(accounts); i++)
		igt_assert_f(entries(accounts[i], core) == usual[i],
			     "without allocation %u core %u is bound, but not all of it in %s\n",
			     nth, core, accounts[i]);
}

static void expect_nothing_left(unsigned int core, unsigned int nth)
{
	igt_assert(!rocket_sysfs_bound(core));
	for (unsigned int i = 0; i < ARRAY_SIZE(accounts); i++)
		igt_assert_f(!entries(accounts[i], core),
			     "without allocation %u core %u is not bound, but in %s\n", nth,
			     core, accounts[i]);
}

/* The core runs a job of a new file, and the result is right; no device is no reason to skip. */
static void expect_works(unsigned int core)
{
	int fd = __rocket_open();
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE);
	struct rocket_probe probe;
	struct drm_rocket_job job;

	rocket_bo_fill(&bo, SEED);
	rocket_vm_map_bo(fd, 0, &bo, ADDR);
	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	rocket_probe_set(&probe, 0, ADDR, rocket_probe_result_addr(&probe, 0));
	job = rocket_probe_job(&probe, 0, 1);
	job.core_mask = 1u << core;
	igt_assert_eq(rocket_run(fd, &job), 0);
	igt_assert(rocket_is_pattern((void *)rocket_probe_result(&probe, 0), SEED));
	rocket_probe_fini(&probe);
	rocket_bo_free(fd, &bo);
	close(fd);
}

/*
 * A core comes to a device whose others are at work.
 */

static unsigned int newcomer;

static void begin_work(struct rocket_oom *c)
{
	uint32_t others = c->cores & ~(1u << newcomer);
	unsigned int count = 0;

	rocket_sysfs_unbind(newcomer);
	for (uint32_t left = others; left; left &= left - 1) {
		c->probe.cores = left & -left;
		c->syncobj[count++] = rocket_probe_repeat(&c->probe, 0, TASKS);
	}
}

static void end_work(struct rocket_oom *c)
{
	unsigned int jobs = __builtin_popcount(c->cores) - 1;

	for (unsigned int i = 0; i < jobs; i++) {
		igt_assert_eq(rocket_syncobj_status(c->fd, c->syncobj[i]), 0);
		drmSyncobjDestroy(c->fd, c->syncobj[i]);
	}
}

static int try_bind(struct rocket_oom *c)
{
	(void)c;
	return __rocket_sysfs_bind(newcomer);
}

static void expect_joined(struct rocket_oom *c)
{
	igt_assert_eq_u32(rocket_core_mask(c->fd), c->cores);
	expect_works(newcomer);
}

static void bound(struct rocket_oom *c)
{
	expect_all_there(newcomer, c->nth);
	expect_joined(c);
}

static void bind_failed(struct rocket_oom *c)
{
	expect_nothing_left(newcomer, c->nth);
	igt_assert_eq_u32(rocket_core_mask(c->fd), c->cores & ~(1u << newcomer));
	rocket_sysfs_bind(newcomer);
	expect_joined(c);
}

static void test_another_core(unsigned int first, unsigned int step)
{
	struct rocket_oom_scene scene = {
		.prepare = begin_work, .try = try_bind, .failed = bind_failed, .done = bound,
		.clean = end_work, .only = PROBE_FUNCTION, .first = first, .step = step,
		.any_error = true,
	};

	igt_require(rocket_sysfs_cores() > 1);
	newcomer = rocket_sysfs_cores() - 1;
	rocket_oom_require();
	note_accounts(newcomer);
	rocket_oom_play(&scene);
}

/* No two pages are free side by side, as when the machine has been up for long. */
static void test_fragmented(void)
{
	int ret;

	newcomer = rocket_sysfs_cores() - 1;
	rocket_oom_require();
	rocket_oom_only(PROBE_FUNCTION);
	rocket_sysfs_unbind(newcomer);
	rocket_oom_fragment(true);
	ret = __rocket_sysfs_bind(newcomer);
	rocket_oom_fragment(false);
	igt_assert_eq(ret, 0);
	expect_works(newcomer);
}

/*
 * A core comes first, and brings the device.
 */

static unsigned int count_files(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	unsigned int count = 0;

	igt_assert_f(dir, "%s: %s\n", path, strerror(errno));
	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	closedir(dir);
	errno = 0;
	return count;
}

/* Nodes, and directories in debugfs */
static unsigned int count_devices(void)
{
	return count_files("/sys/class/accel") + count_files("/sys/kernel/debug/accel");
}

static bool has_node(void)
{
	int fd = __rocket_open();

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* True as long as there was an allocation to fail. */
static bool try_first(unsigned int core, unsigned int nth, unsigned int *failed)
{
	unsigned int devices = count_devices();
	bool injected;
	int ret;

	rocket_oom_begin(nth);
	ret = __rocket_sysfs_bind(core);
	injected = rocket_oom_end();
	if (ret) {
		igt_assert_f(injected, "without any failure binding returned %d (%s)\n", ret,
			     strerror(-ret));
		expect_nothing_left(core, nth);
		igt_assert_eq_u32(count_devices(), devices);
		(*failed)++;
		rocket_sysfs_bind(core);
	} else {
		expect_all_there(core, nth);
		/* The kernel's device core goes on without a node for a new device. */
		if (injected && !has_node()) {
			rocket_sysfs_unbind(core);
			rocket_sysfs_bind(core);
		}
	}
	expect_works(core);
	rocket_sysfs_unbind(core);
	igt_assert_eq_u32(count_devices(), devices);
	return injected;
}

static void test_first_core(unsigned int first, unsigned int step)
{
	unsigned int nth, failed = 0;

	rocket_oom_require();
	rocket_oom_only(PROBE_FUNCTION);
	/* DRM's core of 7.3 takes its error pointer for a device that it has to put. */
	rocket_oom_spare("drm_sysfs_minor_alloc");
	note_accounts(0);
	rocket_sysfs_unbind_all();
	for (nth = first; try_first(0, nth, &failed); nth += step)
		igt_assert_lt(nth, ROCKET_OOM_MANY);
	igt_info("without %u allocations, every %uth of all, the core was not bound\n", failed,
		 step);
	igt_assert(failed);
}

igt_main
{
	igt_fixture {
		close(rocket_open());
		rocket_sysfs_cores();
	}

	for (unsigned int i = 1; i <= ANOTHER_PARTS; i++) {
		igt_describe_f("Binding a core while others work, without memory at each allocation (%u of %u)",
			       i, ANOTHER_PARTS);
		igt_subtest_f("another-core-%u", i) {
			rocket_sysfs_bring_back();
			test_another_core(i, ANOTHER_PARTS);
		}
	}

	igt_describe("Binding a core where no two free pages lie side by side");
	igt_subtest("fragmented") {
		igt_require(rocket_sysfs_cores() > 1);
		rocket_sysfs_bring_back();
		test_fragmented();
	}

	for (unsigned int i = 1; i <= FIRST_PARTS; i++) {
		igt_describe_f("Binding the first core, which brings the device, in the same way (%u of %u)",
			       i, FIRST_PARTS);
		igt_subtest_f("first-core-%u", i) {
			rocket_sysfs_bring_back();
			test_first_core(i, FIRST_PARTS);
		}
	}

	igt_fixture
		rocket_sysfs_bring_back();
}
