// SPDX-License-Identifier: MIT
/*
 * How long things take by the board's clock, at each rate of the NPU's: jobs, changes of VM
 * and of client, and handing BOs over. Needs a board whose firmware sets that clock; mainline's
 * driver leaves it as it is.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "bench.h"
#include "bench_client.h"
#include "igt.h"
#include "igt_rocket_board.h"
#include "igt_rocket_job.h"
#include "igt_rocket_sysfs.h"

enum { JOBS = 50, HANDOVERS = 20, WAKE_UPS = 5, BRIEF_MS = 10 };

#define PROBE_AT	0x10000000u
#define LIMIT		"/sys/module/rocket/parameters/npu_clk_hz"
#define FOREVER		INT64_MAX
#define REFUSED		(~0u)

static const char *rate;

static const char *at_rate(const char *what)
{
	static char text[64];

	snprintf(text, sizeof(text), "%s, %s", what, rate);
	return text;
}

/* The first few jobs power the core up and attach it. */
static void warm_up(struct bench_client *client)
{
	for (unsigned int i = 0; i < 3; i++) {
		bench_client_submit(client, 1);
		bench_client_wait(client);
	}
}

static void take_turns(struct bench_client *clients, unsigned int count, const char *what)
{
	struct bench_counts before;

	for (int i = -4; i < JOBS; i++) {
		if (!i)
			bench_begin(&before);
		bench_client_submit(&clients[(i + 4) % count], 1);
		bench_client_wait(&clients[(i + 4) % count]);
	}
	bench_end(&before, "time", at_rate(what), JOBS);
}

/* A job on a core whose power domain is off; each is a sample of its own. */
static void wake_ups(struct bench_client *client)
{
	int delay = rocket_sysfs_autosuspend(0);

	/* The benchmarks keep it awake otherwise. */
	rocket_sysfs_stay_awake(0, false);
	rocket_sysfs_set_autosuspend(0, BRIEF_MS);
	for (unsigned int i = 0; i < WAKE_UPS; i++) {
		struct bench_counts before;
		uint64_t cycles;

		rocket_sysfs_await_suspend(0);
		cycles = rocket_board_count(0, ROCKET_BOARD_POWER_CYCLES);
		bench_begin(&before);
		bench_client_submit(client, 1);
		bench_client_wait(client);
		bench_end(&before, "time", at_rate("wake-up"), 1);
		igt_assert_eq_u64(rocket_board_count(0, ROCKET_BOARD_POWER_CYCLES), cycles + 1);
	}
	rocket_sysfs_set_autosuspend(0, delay);
	rocket_sysfs_stay_awake(0, true);
}

static void tasks(struct bench_client *client)
{
	struct bench_counts before;

	warm_up(client);
	bench_begin(&before);
	bench_client_submit(client, 64);
	bench_client_wait(client);
	bench_end(&before, "time", at_rate("64 tasks"), 1);
}

/* By the young ioctls: a job of each probe in turn, which may be in different VMs. */
static void probes(struct rocket_probe *each, unsigned int count, unsigned int chain,
		   const char *what, unsigned int jobs)
{
	struct drm_rocket_sync out = rocket_sync(rocket_syncobj(each->fd), 0);
	struct bench_counts before;

	for (int i = -4; i < (int)jobs; i++) {
		struct rocket_probe *probe = &each[(i + 4) % count];
		struct drm_rocket_job job;

		probe->tasks[0].chain_count = chain;
		job = rocket_probe_job(probe, 0, 1);
		job.out_syncs = (uintptr_t)&out;
		job.out_sync_count = 1;
		job.sync_struct_size = sizeof(out);
		if (!i)
			bench_begin(&before);
		rocket_submit(probe->fd, &job, 1);
		rocket_syncobj_wait(probe->fd, out.handle);
	}
	bench_end(&before, "time", at_rate(what), jobs);
	drmSyncobjDestroy(each->fd, out.handle);
}

static void young_ioctls(void)
{
	struct rocket_probe each[2];
	int fd = rocket_open();

	for (unsigned int i = 0; i < ARRAY_SIZE(each); i++) {
		rocket_probe_init(&each[i], fd, i ? rocket_vm_create(fd) : 0, PROBE_AT, 1);
		rocket_probe_set(&each[i], 0, PROBE_AT, rocket_probe_result_addr(&each[i], 0));
		rocket_probe_chain(&each[i], 0, 0);
	}
	probes(each, 1, 64, "64 tasks, chained", 1);
	probes(each, 2, 1, "change of VM", JOBS);
	close(fd);
}

static void jobs(void)
{
	struct bench_client clients[2];

	bench_client_open(&clients[0]);
	bench_client_open(&clients[1]);
	take_turns(clients, 1, "job, awaited");
	tasks(clients);
	wake_ups(clients);
	take_turns(clients, 2, "change of client");
	bench_client_close(&clients[0]);
	bench_client_close(&clients[1]);
	if (bench_is_ours())
		young_ioctls();
}

static void set_limit(const char *hz)
{
	FILE *file = fopen(LIMIT, "w");

	igt_assert_f(file, "%s: %m\n", LIMIT);
	fputs(hz, file);
	igt_assert_eq(fclose(file), 0);
}

/*
 * BOs and the CPU, which the NPU's clock has nothing to do with.
 */

static void hand_over(const char *what, int (*call)(int fd, uint32_t handle), int fd,
		      uint32_t handle)
{
	struct bench_counts before;

	for (int i = -2; i < HANDOVERS; i++) {
		if (!i)
			bench_begin(&before);
		call(fd, handle);
	}
	errno = 0;
	bench_end(&before, "time", what, HANDOVERS);
}

static int prep(int fd, uint32_t handle)
{
	return __rocket_prep_bo(fd, handle, FOREVER);
}

static int prep_line(int fd, uint32_t handle)
{
	struct drm_rocket_bo_range range = { 64, 64 };
	struct drm_rocket_prep_bo_ranges args = {
		.handle = handle, .range_count = 1, .ranges = (uintptr_t)&range,
		.timeout_ns = FOREVER,
	};

	return drmIoctl(fd, DRM_IOCTL_ROCKET_PREP_BO_RANGES, &args);
}

static int fini_line(int fd, uint32_t handle)
{
	struct drm_rocket_bo_range range = { 64, 64 };
	struct drm_rocket_fini_bo_ranges args = {
		.handle = handle, .range_count = 1, .ranges = (uintptr_t)&range,
	};

	return drmIoctl(fd, DRM_IOCTL_ROCKET_FINI_BO_RANGES, &args);
}

static void handovers(void)
{
	static const uint32_t sizes[] = { 4096, 65536, 1 << 20, 16 << 20 };
	int fd = __rocket_open();
	char what[64];

	hand_over("refused ioctl", __rocket_fini_bo, fd, REFUSED);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct rocket_bo bo = rocket_bo_mapped(fd, sizes[i]);

		hand_over(bench_sized("PREP_BO", sizes[i]), prep, fd, bo.handle);
		hand_over(bench_sized("FINI_BO", sizes[i]), __rocket_fini_bo, fd, bo.handle);
		if (bench_is_ours()) {
			snprintf(what, sizeof(what), "PREP_BO_RANGES of 64 bytes of %u KiB",
				 sizes[i] >> 10);
			hand_over(what, prep_line, fd, bo.handle);
			snprintf(what, sizeof(what), "FINI_BO_RANGES of 64 bytes of %u KiB",
				 sizes[i] >> 10);
			hand_over(what, fini_line, fd, bo.handle);
		}
		rocket_bo_free(fd, &bo);
	}
	close(fd);
}

static void at_rates(void (*measure)(void))
{
	rate = "200 MHz";
	if (bench_is_ours())
		set_limit("0");
	measure();
	if (bench_is_ours()) {
		rate = "600 MHz";
		set_limit("600000000");
		measure();
	}
}

int main(int argc, char **argv)
{
	bench_init(argc, argv);
	for (unsigned int run = 0; run < bench_runs(); run++) {
		at_rates(jobs);
		handovers();
	}
	return 0;
}
