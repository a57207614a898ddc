// SPDX-License-Identifier: MIT
#include <errno.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_debugfs.h"
#include "igt_rocket_fdinfo.h"
#include "igt_rocket_job.h"
#include "igt_rocket_scene.h"
#include "igt_rocket_sysfs.h"

/* Behind IGT's headers, which want to be the first to define _AC(). */
#include <linux/netlink.h>

IGT_TEST_DESCRIPTION("Jobs that hang, interrupts that fail, cores that ignore their reset");

#define NOWHERE		0x90000000u
#define PAGES		ROCKET_SCENE_PAGES
#define ALWAYS		UINT32_MAX
/* The second core, where there is one. */
#define SECOND		(rocket_sysfs_cores() > 1)
#define NS_PER_MS	UINT64_C(1000000)
/* A time-out that a job which hangs shall have */
#define SHORT_MS	30u
#define LONG_MS		ROCKET_SCENE_LONG_MS

/* The core runs a job, and the result is right. */
static void expect_healthy(struct rocket_scene *s, unsigned int core)
{
	rocket_scene_expect_healthy(s, core, 7);
}

/*
 * In VM 0 of the file. Every core becomes the file's, so that it is a job that
 * failures hit and no scrub, and a job's task that the board counts.
 */
static struct rocket_scene make_scene(int fd)
{
	struct rocket_scene s = rocket_scene(fd, 0);

	for (uint32_t left = rocket_core_mask(fd); left; left &= left - 1)
		expect_healthy(&s, __builtin_ctz(left));
	rocket_probe_clear_result(&s.probe, 7);
	return s;
}

static struct drm_rocket_job hang_job(struct rocket_scene *s, unsigned int slot,
				      unsigned int core)
{
	return rocket_scene_hang(s, slot, core, SHORT_MS);
}

/* Submits without waiting; returns the syncobj that gets the fence. */
static uint32_t submit_one(struct rocket_scene *s, struct drm_rocket_job job)
{
	return rocket_start(s->fd, &job);
}

/* When its fence signalled; waits for it. */
static uint64_t end_ns(int fd, uint32_t syncobj)
{
	struct sync_fence_info fence = { 0 };
	struct sync_file_info info = { .num_fences = 1, .sync_fence_info = (uintptr_t)&fence };
	int file;

	rocket_syncobj_status(fd, syncobj);
	igt_assert_eq(drmSyncobjExportSyncFile(fd, syncobj, &file), 0);
	do_ioctl(file, SYNC_IOC_FILE_INFO, &info);
	close(file);
	return fence.timestamp_ns;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

/* What the board counted since the last call, on all cores. */
static uint64_t counted(unsigned long counter, uint64_t *before)
{
	uint64_t now = rocket_board_count_all(counter), since = now - *before;

	*before = now;
	return since;
}

/*
 * Hangs
 */

static void test_stream(int fd)
{
	struct rocket_scene s = make_scene(fd);

	for (uint32_t left = rocket_core_mask(fd); left; left &= left - 1) {
		unsigned int core = __builtin_ctz(left);
		struct drm_rocket_job job = hang_job(&s, 0, core);

		igt_assert_eq(rocket_run(fd, &job), -ETIMEDOUT);
		expect_healthy(&s, core);
	}
}

static void test_never_completes(int fd)
{
	struct rocket_scene s = make_scene(fd);

	for (unsigned int core = 0; core < rocket_board_cores(); core++) {
		struct drm_rocket_job job = rocket_scene_job(&s, 0, core, SHORT_MS);

		rocket_board_inject(core, ROCKET_BOARD_INJ_NEVER_COMPLETE, 1);
		igt_assert_eq(rocket_run(fd, &job), -ETIMEDOUT);
		igt_assert_eq_u32(rocket_board_injected(core, ROCKET_BOARD_INJ_NEVER_COMPLETE),
				  0);
		expect_healthy(&s, core);
	}
}

/* Its time is up neither too early nor, by far, too late. */
static void test_timeout_exact(int fd)
{
	static const unsigned int times[] = { 1, 3, 20, 100, 470, 700, 1500 };
	struct rocket_scene s = make_scene(fd);

	for (unsigned int i = 0; i < ARRAY_SIZE(times); i++) {
		struct drm_rocket_job job = hang_job(&s, 0, 0);
		uint64_t start = now_ns(), took;

		job.timeout_ms = times[i];
		took = end_ns(fd, submit_one(&s, job)) - start;
		igt_assert_lte_u64(times[i] * NS_PER_MS, took);
		/* A busy host takes its time, but no other time-out is meant. */
		igt_assert_lt_u64(took, times[i] * NS_PER_MS + 5000 * NS_PER_MS);
		expect_healthy(&s, 0);
	}
}

/* Slow tasks: each takes so many ms, as the board reckons. */
static void slow_down(unsigned int core, unsigned int ms)
{
	/* A probe's copy takes 2 us and a little. */
	rocket_board_inject(core, ROCKET_BOARD_SLOWDOWN, ms * 50000);
}

/* Behind a job that takes longer than all that the next one is given. */
static void test_queue_is_free(int fd)
{
	struct rocket_scene a = make_scene(fd), b = rocket_scene(fd, rocket_vm_create(fd));
	struct drm_rocket_job long_job = rocket_probe_job(&a.probe, 0, PAGES);
	uint32_t first, second;

	long_job.core_mask = 1u << SECOND;
	long_job.timeout_ms = LONG_MS;
	slow_down(SECOND, 10);
	first = submit_one(&a, long_job);
	second = submit_one(&b, rocket_scene_job(&b, 1, SECOND, 300));
	igt_assert_eq(rocket_syncobj_status(fd, first), 0);
	igt_assert_eq(rocket_syncobj_status(fd, second), 0);
	igt_assert(rocket_scene_copied(&a, 0) && rocket_scene_copied(&b, 1));
	rocket_board_inject(SECOND, ROCKET_BOARD_SLOWDOWN, 0);
}

/*
 * A job that takes longer than usual, and may, right behind a short one, which is
 * freed while it runs; and one that has little time right behind that.
 */
static void test_each_its_own(int fd)
{
	uint64_t usual = rocket_get_param(fd, DRM_ROCKET_PARAM_JOB_TIMEOUT_MS);
	struct rocket_scene a = make_scene(fd), b = rocket_scene(fd, rocket_vm_create(fd));

	for (unsigned int round = 0; round < 3; round++) {
		struct drm_rocket_job long_job = rocket_probe_job(&a.probe, 1, 50);
		uint32_t brief, slow, hang;

		long_job.core_mask = 1u << SECOND;
		long_job.timeout_ms = LONG_MS;
		slow_down(SECOND, usual / 40);
		brief = submit_one(&a, rocket_scene_job(&a, 0, SECOND, LONG_MS));
		slow = submit_one(&a, long_job);
		hang = submit_one(&b, hang_job(&b, 0, SECOND));
		igt_assert_eq(rocket_syncobj_status(fd, brief), 0);
		igt_assert_eq(rocket_syncobj_status(fd, slow), 0);
		igt_assert_eq(rocket_syncobj_status(fd, hang), -ETIMEDOUT);
		igt_assert_lte_u64(usual * NS_PER_MS, end_ns(fd, slow) - end_ns(fd, brief));
		igt_assert_lte_u64(SHORT_MS * NS_PER_MS, end_ns(fd, hang) - end_ns(fd, slow));
		rocket_board_inject(SECOND, ROCKET_BOARD_SLOWDOWN, 0);
	}
	expect_healthy(&a, SECOND);
}

/*
 * Interrupts
 */

static void test_lost(int fd)
{
	struct rocket_scene s = make_scene(fd);

	for (unsigned int core = 0; core < rocket_board_cores(); core++) {
		struct drm_rocket_job job = rocket_scene_job(&s, core, core, SHORT_MS);

		rocket_board_inject(core, ROCKET_BOARD_INJ_IRQ_LOST, 1);
		igt_assert_eq(rocket_run(fd, &job), 0);
		igt_assert_eq_u32(rocket_board_injected(core, ROCKET_BOARD_INJ_IRQ_LOST), 0);
		igt_assert(rocket_scene_copied(&s, core));
		expect_healthy(&s, core);
	}
}

/* Each task takes on what the one before wrote; some interrupts are missing. */
static void test_lost_between(int fd)
{
	struct rocket_scene s = make_scene(fd);
	uint64_t starts = rocket_board_count_all(ROCKET_BOARD_STARTS);
	struct drm_rocket_job job;

	for (unsigned int i = 0; i + 1 < PAGES; i++)
		rocket_probe_set(&s.probe, i, ROCKET_SCENE_BASE + i * ROCKET_PAGE,
				 ROCKET_SCENE_BASE + (i + 1) * ROCKET_PAGE);
	job = rocket_probe_job(&s.probe, 0, PAGES - 1);
	job.core_mask = 1u << SECOND;
	job.timeout_ms = 1000;
	rocket_board_inject(SECOND, ROCKET_BOARD_INJ_IRQ_LOST, 2);
	igt_assert_eq(rocket_run(fd, &job), 0);
	igt_assert_eq_u64(counted(ROCKET_BOARD_STARTS, &starts), PAGES - 1);
	for (unsigned int i = 0; i < PAGES; i++)
		igt_assert(rocket_is_pattern(s.bo.map + i * ROCKET_PAGE, ROCKET_SCENE_SEED));
}

/* A client could switch its interrupts off: it does not get the core for ever. */
static void test_lost_all(int fd)
{
	struct rocket_scene s = make_scene(fd);
	uint64_t starts = rocket_board_count_all(ROCKET_BOARD_STARTS);
	struct drm_rocket_job job;

	job = rocket_probe_job(&s.probe, 0, PAGES);
	job.core_mask = 1u << SECOND;
	job.timeout_ms = SHORT_MS;
	rocket_board_inject(SECOND, ROCKET_BOARD_INJ_IRQ_LOST, ALWAYS);
	igt_assert_eq(rocket_run(fd, &job), -ETIMEDOUT);
	igt_assert_lt_u64(counted(ROCKET_BOARD_STARTS, &starts), 8);
	rocket_board_inject(SECOND, ROCKET_BOARD_INJ_IRQ_LOST, 0);
	expect_healthy(&s, SECOND);
}

/* In time after all, or when the job has been completed long since. */
static void test_late(int fd)
{
	struct rocket_scene s = make_scene(fd);
	uint64_t starts = rocket_board_count_all(ROCKET_BOARD_STARTS);
	struct drm_rocket_job job = rocket_scene_job(&s, 0, SECOND, LONG_MS);
	uint32_t slow;

	rocket_board_inject(SECOND, ROCKET_BOARD_INJ_LATE_NS, 20 * NS_PER_MS);
	rocket_board_inject(SECOND, ROCKET_BOARD_INJ_IRQ_LATE, 1);
	igt_assert_eq(rocket_run(fd, &job), 0);
	igt_assert(rocket_scene_copied(&s, 0));

	rocket_board_inject(SECOND, ROCKET_BOARD_INJ_LATE_NS, 150 * NS_PER_MS);
	rocket_board_inject(SECOND, ROCKET_BOARD_INJ_IRQ_LATE, 1);
	job = rocket_scene_job(&s, 1, SECOND, SHORT_MS);
	igt_assert_eq(rocket_run(fd, &job), 0);
	igt_assert(rocket_scene_copied(&s, 1));
	/* Comes while this one runs, and does not end it. */
	slow_down(SECOND, 300);
	slow = submit_one(&s, rocket_scene_job(&s, 2, SECOND, LONG_MS));
	igt_assert_eq(rocket_syncobj_status(fd, slow), 0);
	igt_assert(rocket_scene_copied(&s, 2));
	rocket_board_inject(SECOND, ROCKET_BOARD_SLOWDOWN, 0);
	expect_healthy(&s, SECOND);
	igt_assert_eq_u64(counted(ROCKET_BOARD_STARTS, &starts), 4);
}

/* Interrupts out of nowhere, while tasks run that take on each other's results. */
static void spurious(int fd, unsigned long what)
{
	struct rocket_scene s = make_scene(fd);
	uint64_t starts = rocket_board_count_all(ROCKET_BOARD_STARTS);
	uint64_t tasks = rocket_board_count_all(ROCKET_BOARD_TASKS);
	struct drm_rocket_job job;
	uint32_t done;

	for (unsigned int i = 0; i + 1 < PAGES; i++)
		rocket_probe_set(&s.probe, i, ROCKET_SCENE_BASE + i * ROCKET_PAGE,
				 ROCKET_SCENE_BASE + (i + 1) * ROCKET_PAGE);
	job = rocket_probe_job(&s.probe, 0, PAGES - 1);
	job.core_mask = 1u << SECOND;
	job.timeout_ms = LONG_MS;
	slow_down(SECOND, 5);
	done = submit_one(&s, job);
	for (unsigned int i = 0; i < 100 && rocket_syncobj_busy(fd, done); i++) {
		rocket_board_inject(SECOND, what, 3);
		usleep(1000);
	}
	igt_assert_eq(rocket_syncobj_status(fd, done), 0);
	/* No task was started before the one before had ended, none twice. */
	igt_assert_eq_u64(counted(ROCKET_BOARD_STARTS, &starts), PAGES - 1);
	igt_assert_eq_u64(counted(ROCKET_BOARD_TASKS, &tasks), PAGES - 1);
	for (unsigned int i = 0; i < PAGES; i++)
		igt_assert(rocket_is_pattern(s.bo.map + i * ROCKET_PAGE, ROCKET_SCENE_SEED));
	rocket_board_inject(SECOND, ROCKET_BOARD_SLOWDOWN, 0);
	/* And on a core that does nothing. */
	rocket_bo_fill(&s.bo, ROCKET_SCENE_SEED);
	rocket_board_inject(SECOND, what, 20);
	expect_healthy(&s, SECOND);
}

static void test_spurious(int fd)
{
	spurious(fd, ROCKET_BOARD_INJ_SPURIOUS);
}

/* Can be told only where the counter says at once that a task has ended. */
static void test_spurious_dpu(int fd)
{
	igt_require(rocket_core_counts(fd, SECOND, "ended"));
	spurious(fd, ROCKET_BOARD_INJ_SPURIOUS_DPU);
}

/* In the middle of a chain, which the counter knows wherever it counts at all. */
static void test_spurious_dpu_chain(int fd)
{
	struct rocket_scene s = make_scene(fd);
	struct drm_rocket_job job;
	uint32_t done;

	igt_require(!rocket_core_counts(fd, SECOND, "not seen"));
	for (unsigned int i = 0; i + 1 < PAGES; i++) {
		rocket_probe_set(&s.probe, i, ROCKET_SCENE_BASE + i * ROCKET_PAGE,
				 ROCKET_SCENE_BASE + (i + 1) * ROCKET_PAGE);
		rocket_probe_chain(&s.probe, i, (i + 1) % PAGES);
	}
	s.probe.tasks[0].chain_count = PAGES - 1;
	job = rocket_probe_job(&s.probe, 0, 1);
	job.core_mask = 1u << SECOND;
	job.timeout_ms = LONG_MS;
	slow_down(SECOND, 5);
	done = submit_one(&s, job);
	/* The first task has ended when the second one's page is there. */
	while (!rocket_is_pattern(s.bo.map + 2 * ROCKET_PAGE, ROCKET_SCENE_SEED))
		igt_assert(rocket_syncobj_busy(fd, done));
	for (unsigned int i = 0; i < 100 && rocket_syncobj_busy(fd, done); i++) {
		rocket_board_inject(SECOND, ROCKET_BOARD_INJ_SPURIOUS_DPU, 3);
		usleep(1000);
	}
	igt_assert_eq(rocket_syncobj_status(fd, done), 0);
	for (unsigned int i = 0; i < PAGES; i++)
		igt_assert(rocket_is_pattern(s.bo.map + i * ROCKET_PAGE, ROCKET_SCENE_SEED));
	rocket_board_inject(SECOND, ROCKET_BOARD_SLOWDOWN, 0);
	s = rocket_scene(fd, rocket_vm_create(fd));
	expect_healthy(&s, SECOND);
}

/* Some of all jobs. */
static bool hangs(unsigned int slot)
{
	return slot % 7 == 3;
}

/*
 * Everything at once: each job ends once and as it should, and was started once.
 */
static void test_none_lost(int fd)
{
	enum { JOBS = 60, BAD = 3 };
	static const unsigned long injections[] = {
		ROCKET_BOARD_INJ_SPURIOUS_DPU, ROCKET_BOARD_INJ_IRQ_LOST,
		ROCKET_BOARD_INJ_IRQ_LATE,
	};
	struct rocket_scene s[ROCKET_BOARD_CORES] = { make_scene(fd) };
	uint64_t starts = rocket_board_count_all(ROCKET_BOARD_STARTS);
	uint64_t tasks = rocket_board_count_all(ROCKET_BOARD_TASKS);
	uint32_t done[JOBS];
	unsigned int hung = 0;

	rocket_board_inject_all(ROCKET_BOARD_INJ_LATE_NS, 2 * NS_PER_MS);
	for (unsigned int core = 0; core < rocket_board_cores(); core++) {
		if (core)
			s[core] = rocket_scene(fd, rocket_vm_create(fd));
		for (unsigned int i = 0; i < ARRAY_SIZE(injections); i++)
			rocket_board_inject(core, injections[i], BAD);
	}
	for (unsigned int i = 0; i < JOBS; i++) {
		unsigned int core = i % rocket_board_cores(), slot = i / rocket_board_cores();

		done[i] = submit_one(&s[core], hangs(slot) ? hang_job(&s[core], slot, core) :
				     rocket_scene_job(&s[core], slot, core, SHORT_MS));
	}
	for (unsigned int i = 0; i < JOBS; i++) {
		unsigned int core = i % rocket_board_cores(), slot = i / rocket_board_cores();

		igt_assert_eq(rocket_syncobj_status(fd, done[i]), hangs(slot) ? -ETIMEDOUT : 0);
		hung += hangs(slot);
		igt_assert_eq(rocket_scene_copied(&s[core], slot), !hangs(slot));
	}
	/* Behind each one that hung there was a self-test. */
	igt_assert_eq_u64(counted(ROCKET_BOARD_STARTS, &starts), JOBS + hung);
	igt_assert_eq_u64(counted(ROCKET_BOARD_TASKS, &tasks), JOBS);
}

/*
 * Cores that do not obey
 */

/* From one VM to the other and back, by way of the IOMMU's default domain. */
static void test_no_stall(int fd)
{
	struct rocket_scene s[2] = { make_scene(fd), rocket_scene(fd, rocket_vm_create(fd)) };
	struct drm_rocket_job hang;

	rocket_board_inject_all(ROCKET_BOARD_INJ_NO_STALL, ALWAYS);
	for (unsigned int core = 0; core < rocket_board_cores(); core++) {
		for (unsigned int i = 0; i < 10; i++)
			expect_healthy(&s[i % 2], core);
		hang = hang_job(&s[0], 0, core);
		igt_assert_eq(rocket_run(fd, &hang), -ETIMEDOUT);
		expect_healthy(&s[1], core);
		rocket_sysfs_await_suspend(core);
		expect_healthy(&s[0], core);
	}
	rocket_board_inject_all(ROCKET_BOARD_INJ_NO_STALL, 0);
}

/*
 * So many resets have no effect, when a job hangs and when the VM changes; the
 * core has to be switched off and on so many times.
 */
static void disobey(int fd, uint32_t times, unsigned int for_hang, unsigned int for_switch)
{
	struct rocket_scene s[2] = { make_scene(fd), rocket_scene(fd, rocket_vm_create(fd)) };

	for (unsigned int core = 0; core < rocket_board_cores(); core++) {
		struct drm_rocket_job hang = hang_job(&s[0], 0, core);
		int usual = rocket_sysfs_autosuspend(core);
		uint64_t cycles;

		/* Up, so that it is not the end of a nap that is counted. */
		expect_healthy(&s[0], core);
		rocket_sysfs_set_autosuspend(core, 60000);
		expect_healthy(&s[0], core);
		cycles = rocket_board_count(core, ROCKET_BOARD_POWER_CYCLES);
		rocket_board_inject(core, ROCKET_BOARD_INJ_NO_RESET, times);
		igt_assert_eq(rocket_run(fd, &hang), -ETIMEDOUT);
		rocket_board_inject(core, ROCKET_BOARD_INJ_NO_RESET, 0);
		igt_assert_eq_u64(rocket_board_count(core, ROCKET_BOARD_POWER_CYCLES) - cycles,
				  for_hang);
		expect_healthy(&s[1], core);

		cycles = rocket_board_count(core, ROCKET_BOARD_POWER_CYCLES);
		rocket_board_inject(core, ROCKET_BOARD_INJ_NO_RESET, times);
		expect_healthy(&s[0], core);
		rocket_board_inject(core, ROCKET_BOARD_INJ_NO_RESET, 0);
		igt_assert_eq_u64(rocket_board_count(core, ROCKET_BOARD_POWER_CYCLES) - cycles,
				  for_switch);
		rocket_sysfs_set_autosuspend(core, usual);
		rocket_sysfs_await_suspend(core);
	}
}

static void test_reset_once(int fd)
{
	disobey(fd, 1, 0, 0);
}

static void test_reset_by_power(int fd)
{
	/* A VM that changes is worth a recovery, which begins with a reset of its own. */
	disobey(fd, 2, 1, 0);
}

static void test_reset_never(int fd)
{
	disobey(fd, ALWAYS, 1, 1);
}

/* When the VM goes, and when the core falls asleep. */
static void test_reset_at_detach(int fd)
{
	struct rocket_scene keep = make_scene(fd);

	for (unsigned int core = 0; core < rocket_board_cores(); core++) {
		uint32_t vm = rocket_vm_create(fd);
		struct rocket_scene s = rocket_scene(fd, vm);

		expect_healthy(&s, core);
		rocket_board_inject(core, ROCKET_BOARD_INJ_NO_RESET, 2);
		rocket_vm_destroy(fd, vm);
		expect_healthy(&keep, core);
		rocket_board_inject(core, ROCKET_BOARD_INJ_NO_RESET, 2);
		rocket_sysfs_await_suspend(core);
		expect_healthy(&keep, core);
		igt_assert_eq_u32(rocket_board_injected(core, ROCKET_BOARD_INJ_NO_RESET), 0);
	}
}

/*
 * Nothing helps: the reset does not work, and the core may not be switched off. The
 * scene's VM is there already, so that the reset when it comes is not what fails.
 */
static void disable_help(struct rocket_scene *s, unsigned int core)
{
	expect_healthy(s, core);
	rocket_sysfs_stay_awake(core, true);
	rocket_board_inject(core, ROCKET_BOARD_INJ_NO_RESET, ALWAYS);
}

static void enable_help(unsigned int core)
{
	rocket_board_inject(core, ROCKET_BOARD_INJ_NO_RESET, 0);
	rocket_sysfs_stay_awake(core, false);
}

/* Hangs on the core until it is out of service. */
static void wedge(struct rocket_scene *s, unsigned int core)
{
	struct drm_rocket_job hang = hang_job(s, 0, core);

	disable_help(s, core);
	igt_assert_eq(rocket_run(s->fd, &hang), -ETIMEDOUT);
	/* The fence comes when all has been tried. */
	igt_assert_eq_u32(rocket_core_mask(s->fd) & 1u << core, 0);
}

static void test_out_of_service(int fd)
{
	struct rocket_scene a = make_scene(fd), b = rocket_scene(fd, rocket_vm_create(fd));

	for (unsigned int core = 0; core < rocket_board_cores(); core++) {
		uint32_t all = rocket_core_mask(fd), hung, queued[10];
		struct drm_rocket_job job = rocket_scene_job(&b, 3, core, LONG_MS), hang;
		uint64_t busy;

		disable_help(&a, core);
		hang = hang_job(&a, 0, core);
		/* Enough to queue what follows, also on a busy host. */
		hang.timeout_ms = 1000;
		busy = rocket_fdinfo(fd).busy_ns[core];
		hung = submit_one(&a, hang);
		/* It runs; else what comes from another queue might be first. */
		while (rocket_fdinfo(fd).busy_ns[core] == busy)
			igt_assert(rocket_syncobj_busy(fd, hung));
		for (unsigned int i = 0; i < ARRAY_SIZE(queued); i++)
			queued[i] = submit_one(&b, job);
		igt_assert_eq(rocket_syncobj_status(fd, hung), -ETIMEDOUT);
		for (unsigned int i = 0; i < ARRAY_SIZE(queued); i++)
			igt_assert_eq(rocket_syncobj_status(fd, queued[i]), -EIO);
		igt_assert_eq_u32(rocket_core_mask(fd), all & ~(1u << core));
		igt_assert_eq(__rocket_submit(fd, &job, 1), -EIO);
		errno = 0;

		/* The others go on. */
		job.core_mask = 0;
		for (unsigned int i = 0; i < 20; i++) {
			rocket_probe_clear_result(&b.probe, 3);
			igt_assert_eq(rocket_run(fd, &job), 0);
			igt_assert(rocket_scene_copied(&b, 3));
		}

		/*
		 * It does not come back by itself, but for its driver. That sees no
		 * reset, then, and trusts the line: nobody is locked out by what a
		 * register does or does not show.
		 */
		rocket_sysfs_unbind(core);
		igt_assert_eq_u32(rocket_core_mask(fd), all & ~(1u << core));
		rocket_sysfs_bind(core);
		igt_assert_eq_u32(rocket_core_mask(fd), all);
		igt_assert(rocket_core_fact(fd, core, "reset", "nothing"));
		/* If it obeys it is as ever. */
		enable_help(core);
		rocket_sysfs_unbind(core);
		rocket_sysfs_bind(core);
		igt_assert_eq_u32(rocket_core_mask(fd), all);
		expect_healthy(&b, core);
	}
}

static int open_uevents(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

	igt_assert_fd(fd);
	igt_assert_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

/* Whether an event of an accel device with this variable comes in so many ms. */
static bool uevent_comes(int fd, const char *variable, int ms)
{
	char event[4096];

	while (poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, ms) == 1) {
		ssize_t length = recv(fd, event, sizeof(event) - 1, 0);
		bool accel = false, found = false;

		igt_assert(length > 0);
		event[length] = '\0';
		for (char *s = event; s < event + length; s += strlen(s) + 1) {
			accel |= !strcmp(s, "SUBSYSTEM=accel");
			found |= !strcmp(s, variable);
		}
		if (accel && found)
			return true;
	}
	return false;
}

static void test_last_core(int fd)
{
	struct rocket_scene s = make_scene(fd);
	struct drm_rocket_job job = rocket_scene_job(&s, 1, 0, LONG_MS);
	int events = open_uevents();
	struct rocket_bo bo;

	for (unsigned int core = 0; core < rocket_board_cores(); core++) {
		igt_assert(!uevent_comes(events, "WEDGED=rebind", 0));
		wedge(&s, core);
	}
	igt_assert(uevent_comes(events, "WEDGED=rebind", 30000));
	igt_assert(!uevent_comes(events, "WEDGED=rebind", 0));
	igt_assert_eq_u32(rocket_core_mask(fd), 0);
	for (job.core_mask = 0; job.core_mask < 8; job.core_mask++)
		igt_assert_eq(__rocket_submit(fd, &job, 1), -EIO);
	errno = 0;
	/* What was computed can still be fetched. */
	bo = rocket_bo(fd, ROCKET_PAGE);
	rocket_vm_map_bo(fd, 0, &bo, 0x70000000u);
	igt_assert(rocket_is_pattern(s.bo.map, ROCKET_SCENE_SEED));

	for (unsigned int core = 0; core < rocket_board_cores(); core++)
		enable_help(core);
	/* One is enough for a file that is open. */
	rocket_sysfs_unbind(1);
	rocket_sysfs_bind(1);
	expect_healthy(&s, 1);
	/* All of them, as the event asks for: a new device. */
	rocket_sysfs_unbind_all();
	igt_assert_eq(__rocket_submit(fd, &job, 1), -ENODEV);
	errno = 0;
	rocket_sysfs_bind_all();
	close(events);
	s = make_scene(rocket_open());
	for (unsigned int core = 0; core < rocket_board_cores(); core++)
		expect_healthy(&s, core);
	close(s.fd);
}

/*
 * What an offender can take
 */

/* Failures of one file on one core: behind each comes a pause of three times. */
static void test_offender_share(int fd)
{
	enum { JOBS = 6 };
	struct rocket_scene s = make_scene(fd);
	uint32_t done[JOBS];
	uint64_t took;

	for (unsigned int i = 0; i < JOBS; i++)
		done[i] = submit_one(&s, hang_job(&s, i, 0));
	for (unsigned int i = 0; i < JOBS; i++)
		igt_assert_eq(rocket_syncobj_status(fd, done[i]), -ETIMEDOUT);
	took = end_ns(fd, done[JOBS - 1]) - end_ns(fd, done[0]);
	igt_info("%u time-outs of %u ms in %.1f ms: %.1f %% of the core\n", JOBS - 1, SHORT_MS,
		 took / 1e6, (JOBS - 1) * SHORT_MS * NS_PER_MS * 100.0 / took);
	igt_assert_lte_u64((JOBS - 1) * 4 * SHORT_MS * NS_PER_MS, took);
}

/* With VMs on all cores it gets no more than a share of one. */
static void test_offender_cores(int fd)
{
	enum { JOBS = 9 };
	uint64_t start = now_ns(), last = 0;
	struct rocket_scene s[ROCKET_MAX_CORES];
	uint32_t mask = rocket_core_mask(fd), done[JOBS];
	unsigned int cores = __builtin_popcount(mask);

	for (unsigned int i = 0; i < cores; i++)
		s[i] = rocket_scene(fd, rocket_vm_create(fd));
	for (unsigned int i = 0; i < JOBS; i++)
		done[i] = submit_one(&s[i % cores],
				     hang_job(&s[i % cores], i,
					      rocket_nth_core(mask, i % cores)));
	for (unsigned int i = 0; i < JOBS; i++) {
		uint64_t end;

		igt_assert_eq(rocket_syncobj_status(fd, done[i]), -ETIMEDOUT);
		end = end_ns(fd, done[i]);
		last = end > last ? end : last;
	}
	/* Those that ran at the same time as the first did not know of it yet. */
	igt_assert_lte_u64((JOBS - cores) * 3 * SHORT_MS * NS_PER_MS, last - start);
}

/* It is the file that waits, not the VM or the core; and no other file. */
static void test_offender_vms(int fd)
{
	int other = rocket_open();
	struct rocket_scene bad = make_scene(fd), same = rocket_scene(fd, rocket_vm_create(fd));
	struct rocket_scene good = make_scene(other);
	uint32_t mask = rocket_core_mask(fd);
	unsigned int last = rocket_nth_core(mask, __builtin_popcount(mask) - 1);
	struct drm_rocket_job hang = hang_job(&bad, 0, rocket_nth_core(mask, 0));
	uint64_t hang_end;
	uint32_t hung, waits, goes;

	hang.timeout_ms = 500;
	hung = submit_one(&bad, hang);
	igt_assert_eq(rocket_syncobj_status(fd, hung), -ETIMEDOUT);
	hang_end = end_ns(fd, hung);
	waits = submit_one(&same, rocket_scene_job(&same, 1, last, LONG_MS));
	goes = submit_one(&good, rocket_scene_job(&good, 1, last, LONG_MS));
	igt_assert_eq(rocket_syncobj_status(other, goes), 0);
	igt_assert_eq(rocket_syncobj_status(fd, waits), 0);
	igt_assert_lte_u64(hang_end + 1500 * NS_PER_MS, end_ns(fd, waits));
	igt_assert_lt_u64(end_ns(other, goes), end_ns(fd, waits));
	close(other);
}

/* Somebody else comes when there is a heap of jobs that will all hang. */
static void test_offender_victim(int fd)
{
	enum { JOBS = 40 };
	int other = rocket_open();
	struct rocket_scene bad = make_scene(other), good = make_scene(fd);
	unsigned int ended = 0;
	uint32_t done[JOBS];

	for (unsigned int i = 0; i < JOBS; i++)
		done[i] = submit_one(&bad, hang_job(&bad, i, 0));
	for (unsigned int i = 0; i < 5; i++)
		expect_healthy(&good, 0);
	for (unsigned int i = 0; i < JOBS; i++)
		ended += !rocket_syncobj_busy(other, done[i]);
	/* The first one was there before; a busy host may make room for a few more. */
	igt_assert_lt_u64(ended, JOBS / 2);
	/* Closing does not wait for the pause. */
	close(other);
	expect_healthy(&good, 0);
}

/* A fault costs next to nothing, and so does the pause behind it. */
static void test_offender_cheap(int fd)
{
	struct rocket_scene s = make_scene(fd);
	uint64_t start = now_ns();

	rocket_probe_set(&s.probe, 0, NOWHERE, rocket_probe_result_addr(&s.probe, 0));
	for (unsigned int i = 0; i < 20; i++) {
		struct drm_rocket_job job = rocket_scene_job(&s, 0, 0, LONG_MS);

		igt_assert_eq(rocket_run(fd, &job), -EFAULT);
	}
	expect_healthy(&s, 0);
	igt_assert_lt_u64(now_ns() - start, 20000 * NS_PER_MS);
}

/*
 * A job that came to a core in trouble, never started and was lost with it has cost
 * nobody anything. Of two jobs the one that was submitted first ends first, then.
 */
static void test_offender_lost(int fd)
{
	enum { LOST = 0, OTHER = 1 };
	int other = rocket_open();
	struct rocket_scene victim = make_scene(fd), last = make_scene(other);
	struct drm_rocket_job job = rocket_scene_job(&victim, 1, LOST, LONG_MS);
	uint64_t starts, give_up;
	uint32_t first, second;

	/* The core is the other file's: it has to be reset for this one. */
	disable_help(&last, LOST);
	igt_assert_eq(rocket_run(fd, &job), -EIO);
	igt_assert_eq_u32(rocket_core_mask(fd) & 1u << LOST, 0);
	starts = rocket_board_count(OTHER, ROCKET_BOARD_STARTS);
	first = submit_one(&victim, rocket_scene_job(&victim, 2, OTHER, LONG_MS));
	/* It comes to the core before the other one does, unless it is kept from there. */
	give_up = now_ns() + 500 * NS_PER_MS;
	while (rocket_board_count(OTHER, ROCKET_BOARD_STARTS) == starts && now_ns() < give_up)
		usleep(1000);
	second = submit_one(&last, rocket_scene_job(&last, 2, OTHER, LONG_MS));
	igt_assert_eq(rocket_syncobj_status(fd, first), 0);
	igt_assert_eq(rocket_syncobj_status(other, second), 0);
	igt_assert_lt_u64(end_ns(fd, first), end_ns(other, second));

	enable_help(LOST);
	rocket_sysfs_unbind(LOST);
	rocket_sysfs_bind(LOST);
	expect_healthy(&victim, LOST);
	close(other);
}

/* Whether loss of power is the way to reset a core. */
static bool by_power;

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd);
		/* The board; and resets that do without loss of power. */
		enum { NOTHING, BOARD, LINES } needs;
		const char *what;
	} tests[] = {
		{ "stream", test_stream, NOTHING,
		  "A stream that starts nothing ends in ETIMEDOUT, on each core" },
		{ "never-completes", test_never_completes, BOARD,
		  "A task that never completes ends its job in ETIMEDOUT, and no other" },
		{ "timeout-exact", test_timeout_exact, NOTHING,
		  "A job that hangs is killed when its own time is up" },
		{ "timeout-from-start", test_queue_is_free, BOARD,
		  "Waiting behind another job does not count" },
		{ "timeout-each-its-own", test_each_its_own, BOARD,
		  "The times of jobs that follow each other do not mix" },
		{ "lost", test_lost, BOARD,
		  "A job that has ended is complete, though the interrupt was lost" },
		{ "lost-between", test_lost_between, BOARD,
		  "A job goes on after an interrupt was lost in its middle" },
		{ "lost-all", test_lost_all, BOARD,
		  "A job whose interrupts never come does not keep the core for ever" },
		{ "late", test_late, BOARD,
		  "An interrupt that comes late ends its own job or none" },
		{ "spurious", test_spurious, BOARD,
		  "Interrupts without a reason change nothing" },
		{ "spurious-dpu", test_spurious_dpu, BOARD,
		  "Interrupts that claim an end do not end a task that runs" },
		{ "spurious-dpu-chain", test_spurious_dpu_chain, BOARD,
		  "Nor do they end a chain in its middle" },
		{ "none-lost", test_none_lost, BOARD,
		  "With all of it on all cores every job runs once and ends once" },
		{ "no-stall", test_no_stall, BOARD,
		  "An IOMMU that never stalls keeps nobody from changing VMs" },
		{ "reset-once", test_reset_once, LINES,
		  "A reset without effect is repeated" },
		{ "reset-by-power", test_reset_by_power, LINES,
		  "After two the core is switched off and on" },
		{ "reset-never", test_reset_never, BOARD,
		  "A core that never obeys can go on as long as it can be switched off" },
		{ "reset-at-detach", test_reset_at_detach, LINES,
		  "So it is when a VM goes, and when a core falls asleep" },
		{ "out-of-service", test_out_of_service, LINES,
		  "If nothing helps the core goes, its jobs end with EIO, the others go on" },
		{ "last-core", test_last_core, LINES,
		  "With the last core SUBMIT says EIO and a uevent comes; a rebind helps" },
		{ "offender-share", test_offender_share, NOTHING,
		  "Jobs that fail get no more than a quarter of a core's time" },
		{ "offender-cores", test_offender_cores, NOTHING,
		  "So it is for all cores together" },
		{ "offender-vms", test_offender_vms, NOTHING,
		  "What a file has done to one core in one VM counts in all" },
		{ "offender-victim", test_offender_victim, NOTHING,
		  "Somebody else does not wait behind a heap of jobs that will hang" },
		{ "offender-cheap", test_offender_cheap, NOTHING,
		  "A failure that cost little has little consequence" },
		{ "offender-lost", test_offender_lost, LINES,
		  "A job that was lost before it started brings no penalty" },
	};

	igt_fixture {
		int fd = rocket_open();

		by_power = rocket_is_rk3576(fd);
		close(fd);
		rocket_sysfs_cores();
	}

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name) {
			if (tests[i].needs)
				rocket_require_board();
			igt_require_f(tests[i].needs != LINES || !by_power,
				      "loss of power is every reset here, whatever the lines do\n");
			rocket_sysfs_bring_back();
			rocket_on_device(tests[i].test);
		}
	}

	igt_fixture
		rocket_sysfs_bring_back();
}
