// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <xf86drm.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_job.h"
#include "igt_rocket_limits.h"
#include "igt_rocket_race.h"
#include "igt_rocket_scene.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("Many clients at once, with the driver delayed where threads may meet");

#define CLIENTS		6
#define ROUNDS		8u
#define MAX_DELAY_US	3000u
/* Between two disturbances, so that clients get anywhere */
#define PEACE_US	50000u
#define WAIT_S		120

#define PROBE_ADDR	0x10000000u
#define DATA_ADDR	0x20000000u
#define DATA_PAGES	4u
#define HANG_MS		5u
/* Threads of a file that use it first */
#define BEGINNERS	4u
/* Time enough to unbind a core as far as it is held */
#define SHORT_MS	1000u

/*
 * Clients: what each does in a round ends in one of several ways, some of them
 * at a bad time. All that it is told must be true.
 */

struct client {
	int fd;
	unsigned int random;
	bool may_go;	/* cores may be unbound: -ENODEV is an answer */
	bool gone;	/* it was given */
	uint32_t vm;
	struct rocket_bo data;
	struct rocket_bo bo;	/* the probe's */
	struct rocket_probe probe;
	uint32_t fence[DATA_PAGES];	/* of the job that copies that page */
};

static unsigned int choose(struct client *c, unsigned int count)
{
	c->random = c->random * 1103515245 + 12345;
	return (c->random >> 16) % count;
}

static bool passes(struct client *c, int ret)
{
	if (c->may_go && ret == -ENODEV)
		c->gone = true;
	else
		igt_assert_eq(ret, 0);
	errno = 0;
	return !c->gone;
}

static bool new_bo(struct client *c, struct rocket_bo *bo, uint64_t size, uint32_t addr)
{
	struct drm_rocket_gem_create create = { .size = size, .flags = DRM_ROCKET_GEM_WC };

	if (!passes(c, __rocket_gem_create(c->fd, &create)))
		return false;
	bo->size = size;
	bo->handle = create.handle;
	bo->map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, create.offset);
	if (bo->map == MAP_FAILED) {
		bo->map = NULL;
		return passes(c, -errno);
	}
	return passes(c, __rocket_vm_map(c->fd, c->vm, bo->handle, 0, addr, size));
}

static bool new_client(struct client *c, uint32_t seed)
{
	c->vm = 0;
	if (choose(c, 2) && !passes(c, __rocket_vm_create(c->fd, 0, &c->vm)))
		return false;
	if (!new_bo(c, &c->data, DATA_PAGES * ROCKET_PAGE, DATA_ADDR) ||
	    !new_bo(c, &c->bo, rocket_probe_size(DATA_PAGES), PROBE_ADDR))
		return false;
	rocket_probe_init_bo(&c->probe, c->fd, c->vm, PROBE_ADDR, DATA_PAGES, c->bo);
	rocket_bo_fill(&c->data, seed);
	for (unsigned int i = 0; i < DATA_PAGES; i++)
		rocket_probe_set(&c->probe, i, DATA_ADDR + i * ROCKET_PAGE,
				 rocket_probe_result_addr(&c->probe, i));
	return true;
}

static void leave(struct client *c)
{
	if (c->data.map)
		munmap(c->data.map, c->data.size);
	if (c->bo.map)
		munmap(c->bo.map, c->bo.size);
	free(c->probe.tasks);
	memset(&c->data, 0, sizeof(c->data));
	memset(&c->bo, 0, sizeof(c->bo));
	memset(&c->probe, 0, sizeof(c->probe));
	c->gone = false;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

/* A job for each page, each of which waits for a bind that changes nothing. */
static bool submit(struct client *c, unsigned int timeout_ms)
{
	struct drm_rocket_vm_bind_op op =
		rocket_op_map(c->data.handle, 0, DATA_ADDR, c->data.size);
	struct drm_rocket_sync in = { 0 }, out[DATA_PAGES];
	struct drm_rocket_job jobs[DATA_PAGES];

	if (!passes(c, drmSyncobjCreate(c->fd, 0, &in.handle) ? -errno : 0) ||
	    !passes(c, __rocket_vm_bind_async(c->fd, c->vm, &op, 1, NULL, &in)))
		return false;
	for (unsigned int i = 0; i < DATA_PAGES; i++) {
		if (!passes(c, drmSyncobjCreate(c->fd, 0, &c->fence[i]) ? -errno : 0))
			return false;
		out[i] = rocket_sync(c->fence[i], 0);
		jobs[i] = rocket_probe_job(&c->probe, i, 1);
		jobs[i].timeout_ms = timeout_ms;
		jobs[i].in_syncs = (uintptr_t)&in;
		jobs[i].in_sync_count = 1;
		jobs[i].out_syncs = (uintptr_t)&out[i];
		jobs[i].out_sync_count = 1;
		jobs[i].sync_struct_size = sizeof(in);
	}
	return passes(c, __rocket_submit(c->fd, jobs, DATA_PAGES));
}

static int64_t deadline(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec + WAIT_S) * INT64_C(1000000000);
}

/* How a job ended; false when that cannot be learnt any more. */
static bool get_status(struct client *c, unsigned int i, int *status)
{
	struct sync_file_info info = { 0 };
	int file;

	if (!passes(c, drmSyncobjWait(c->fd, &c->fence[i], 1, deadline(), 0, NULL)) ||
	    !passes(c, drmSyncobjExportSyncFile(c->fd, c->fence[i], &file) ? -errno : 0))
		return false;
	do_ioctl(file, SYNC_IOC_FILE_INFO, &info);
	close(file);
	*status = info.status == 1 ? 0 : info.status;
	return true;
}

/*
 * Waits for all jobs. They may have ended with that error, or with -ENODEV where
 * cores go. One that succeeded has copied its page; if there is no error that it
 * may have, all have.
 */
static void expect(struct client *c, uint32_t seed, int error)
{
	for (unsigned int i = 0; i < DATA_PAGES; i++) {
		int status;

		if (!get_status(c, i, &status))
			return;
		if (status && status != error && !(c->may_go && status == -ENODEV))
			igt_assert_eq(status, 0);
		igt_assert(status ||
			   rocket_is_pattern((void *)rocket_probe_result(&c->probe, i), seed + i));
	}
}

/* A BO of the other kind goes while a job that names it may run. */
static void close_listed(struct client *c)
{
	struct drm_rocket_create_bo create = { .size = ROCKET_PAGE };
	struct drm_rocket_job job = rocket_probe_job(&c->probe, 0, 1);
	struct drm_gem_close close_bo;

	if (!passes(c, __rocket_create_bo(c->fd, &create)))
		return;
	job.timeout_ms = ROCKET_SCENE_LONG_MS;
	job.out_bo_handles = (uintptr_t)&create.handle;
	job.out_bo_handle_count = 1;
	if (!passes(c, __rocket_submit(c->fd, &job, 1)))
		return;
	close_bo = (struct drm_gem_close){ .handle = create.handle };
	passes(c, igt_ioctl(c->fd, DRM_IOCTL_GEM_CLOSE, &close_bo) ? -errno : 0);
}

static void round_of(struct client *c, uint32_t seed)
{
	unsigned int ending = choose(c, 6);
	unsigned int timeout = ROCKET_SCENE_LONG_MS;

	if (!new_client(c, seed))
		return;
	if (ending == 4) {
		rocket_probe_set_hang(&c->probe, choose(c, DATA_PAGES));
		timeout = HANG_MS;
	}
	if (!submit(c, timeout))
		return;
	switch (ending) {
	case 0:		/* in peace */
		expect(c, seed, 0);
		break;
	case 1:		/* with all jobs queued */
		break;
	case 2:
		if (c->vm && passes(c, __rocket_vm_destroy(c->fd, c->vm)))
			expect(c, seed, -ESRCH);
		break;
	case 3: {
		struct drm_rocket_vm_bind_op op = rocket_op_unmap_bo(c->data.handle);

		if (passes(c, __rocket_vm_bind_ops(c->fd, c->vm, &op, 1)))
			expect(c, seed, -EFAULT);
		break;
	}
	case 4:
		/* Its neighbours have as little time, and may be taken for hanging. */
		expect(c, seed, -ETIMEDOUT);
		break;
	case 5:
		close_listed(c);
		break;
	}
}

static void be_client(unsigned int number, bool may_go)
{
	struct client c = { .fd = -1, .random = 77 * number + 1, .may_go = may_go };

	for (unsigned int i = 0; i < ROUNDS; i++) {
		c.fd = __rocket_open();
		igt_assert(c.fd >= 0 || may_go);
		if (c.fd >= 0)
			round_of(&c, (number + 1) << 16 | i << 8);
		leave(&c);
	}
}

static void expect_healthy(void)
{
	int fd = rocket_open();
	struct rocket_scene s = rocket_scene(fd, 0);

	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++)
		rocket_scene_expect_healthy(&s, core, core);
	munmap(s.bo.map, s.bo.size);
	munmap(s.probe.bo.map, s.probe.bo.size);
	free(s.probe.tasks);
	close(fd);
}

/* All clients, while the helper, if there is one, does its thing again and again. */
static void play(void (*disturb)(unsigned int round), bool may_go)
{
	struct igt_helper_process helper = { 0 };
	struct rocket_usage before;
	int fd = rocket_open();

	before = rocket_usage(fd);
	close(fd);
	rocket_race_delay(MAX_DELAY_US);
	if (disturb) {
		igt_fork_helper(&helper) {
			for (unsigned int i = 0; ; i++) {
				disturb(i);
				usleep(random() % PEACE_US);
			}
		}
	}
	igt_fork(client, CLIENTS)
		be_client(client, may_go);
	igt_waitchildren();
	if (disturb)
		igt_stop_helper(&helper);
	rocket_race_delay(0);
	rocket_sysfs_bind_all();
	expect_healthy();
	fd = rocket_open();
	rocket_usage_await(fd, before);
	close(fd);
}

static void unbind_and_bind(unsigned int round)
{
	static unsigned int random = 1;
	unsigned int core;

	random = random * 1103515245 + 12345;
	core = (random >> 16) % rocket_sysfs_cores();
	/* Now and then all of them, and the device with them. */
	for (unsigned int i = 0; i < rocket_sysfs_cores(); i++) {
		if (i == core || !(round % 4))
			__rocket_sysfs_unbind(i);
	}
	for (unsigned int i = 0; i < rocket_sysfs_cores(); i++)
		__rocket_sysfs_bind(i);
}

static void nap(unsigned int round)
{
	(void)round;
	rocket_sysfs_nap();
}

static void test_clients(void)
{
	static const char * const points[] = {
		"prepare", "run", "start", "push", "signal", "end", "cleanup", "bind-push",
		"bind-run", "unmap-kernel", "vm-first", "close", "release", "recover",
		"timeout",
	};
	unsigned int before[ARRAY_SIZE(points)];

	for (unsigned int i = 0; rocket_has_races() && i < ARRAY_SIZE(points); i++)
		before[i] = rocket_race_visits(points[i]);
	play(NULL, false);
	for (unsigned int i = 0; rocket_has_races() && i < ARRAY_SIZE(points); i++)
		igt_assert_f(rocket_race_visits(points[i]) != before[i],
			     "nobody came to the point %s\n", points[i]);
}

static void test_unbind(void)
{
	play(unbind_and_bind, true);
}

static void test_nap(void)
{
	rocket_sysfs_require_nap();
	play(nap, false);
}

/*
 * Held
 */

struct destroyer {
	int fd;
	uint32_t vm;
	volatile pid_t tid;
	int ret;
};

static void *destroy(void *data)
{
	struct destroyer *d = data;

	d->tid = syscall(SYS_gettid);
	d->ret = __rocket_vm_destroy(d->fd, d->vm);
	return NULL;
}

static char state_of(pid_t tid)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	igt_assert_eq(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
	fclose(file);
	return state;
}

/* Until it has gone as far as it gets: it sleeps, uninterruptible, each time we look. */
static void await_asleep(struct destroyer *d)
{
	igt_set_timeout(WAIT_S, "VM_DESTROY waiting for the scheduler");
	for (unsigned int seen = 0; seen < 100; ) {
		if (d->tid && state_of(d->tid) == 'D')
			seen++;
		else
			seen = 0;
		sched_yield();
	}
	igt_reset_timeout();
}

static void test_destroyed_while_chosen(void)
{
	int fd = rocket_open();
	uint32_t core = rocket_nth_core(rocket_core_mask(fd), 0);
	struct destroyer d = { .fd = fd, .vm = rocket_vm_create(fd) };
	struct rocket_scene scene = rocket_scene(fd, d.vm);
	struct drm_rocket_job jobs[3];
	uint32_t first, last;
	pthread_t thread;
	int status;

	rocket_require_races();
	for (unsigned int i = 0; i < ARRAY_SIZE(jobs); i++)
		jobs[i] = rocket_scene_job(&scene, i, core, ROCKET_SCENE_LONG_MS);
	rocket_race_hold("prepare");
	first = rocket_start(fd, &jobs[0]);
	rocket_race_await_held(1);
	rocket_submit(fd, &jobs[1], 1);
	last = rocket_start(fd, &jobs[2]);
	igt_assert_eq(pthread_create(&thread, NULL, destroy, &d), 0);
	await_asleep(&d);
	rocket_race_release();
	igt_assert_eq(pthread_join(thread, NULL), 0);
	igt_assert_eq(d.ret, 0);
	status = rocket_syncobj_status(fd, first);
	igt_assert(!status || status == -ESRCH);
	igt_assert_eq(rocket_syncobj_status(fd, last), -ESRCH);
	close(fd);
	/* Nothing of that VM may be left in the run queue. */
	for (unsigned int i = 0; i < 20; i++)
		expect_healthy();
}

struct submitter {
	struct drm_rocket_job job;
	int fd, ret;
};

static void *submit_one(void *data)
{
	struct submitter *s = data;

	s->ret = __rocket_submit(s->fd, &s->job, 1);
	return NULL;
}

/*
 * All that a job has but what is locked goes while its SUBMIT still has locks: the
 * SUBMIT is the last to have the BO, and lockdep sees where it is freed.
 */
static void test_gone_while_locked(void)
{
	int fd = rocket_open();
	struct drm_rocket_gem_create create = { .size = ROCKET_PAGE };
	struct submitter s = { .fd = fd };
	struct rocket_scene scene;
	uint64_t bytes, with_bo;
	pthread_t thread;
	uint32_t vm;

	rocket_require_races();
	vm = rocket_vm_create(fd);
	scene = rocket_scene(fd, vm);
	bytes = rocket_get_param(fd, DRM_ROCKET_PARAM_BO_MEMORY);
	igt_assert_eq(__rocket_gem_create(fd, &create), 0);
	with_bo = rocket_get_param(fd, DRM_ROCKET_PARAM_BO_MEMORY);
	igt_assert_lt_u64(bytes, with_bo);
	s.job = rocket_scene_job(&scene, 0, rocket_nth_core(rocket_core_mask(fd), 0),
				 ROCKET_SCENE_LONG_MS);
	s.job.out_bo_handles = (uintptr_t)&create.handle;
	s.job.out_bo_handle_count = 1;

	rocket_race_hold("unlock");
	igt_assert_eq(pthread_create(&thread, NULL, submit_one, &s), 0);
	rocket_race_await_held(1);
	rocket_prep_bo(fd, create.handle);
	rocket_gem_close(fd, create.handle);
	/* With the job goes the last that has the BO, but for the SUBMIT. */
	igt_set_timeout(WAIT_S, "the end of a job");
	while (rocket_get_param(fd, DRM_ROCKET_PARAM_QUEUED))
		sched_yield();
	igt_reset_timeout();
	igt_assert_eq_u64(rocket_get_param(fd, DRM_ROCKET_PARAM_BO_MEMORY), with_bo);

	rocket_race_release();
	igt_assert_eq(pthread_join(thread, NULL), 0);
	igt_assert_eq(s.ret, 0);
	rocket_vm_destroy(fd, vm);
	igt_assert_eq_u64(rocket_get_param(fd, DRM_ROCKET_PARAM_BO_MEMORY), bytes);
	close(fd);
	expect_healthy();
}

/* How a fence ended, whatever has become of the device; 1 when it was well. */
static int status_of(int file)
{
	struct sync_file_info info = { 0 };

	igt_assert_eq(poll(&(struct pollfd){ .fd = file, .events = POLLIN }, 1,
			   WAIT_S * 1000), 1);
	do_ioctl(file, SYNC_IOC_FILE_INFO, &info);
	return info.status;
}

/* The recovery would use the core while it is taken away, and afterwards. */
static void test_time_up_unbound(void)
{
	struct igt_helper_process unbinder = { 0 };
	struct drm_rocket_job job;
	struct rocket_scene scene;
	unsigned int core, visits;
	int fd, file;

	rocket_require_races();
	fd = rocket_open();
	core = rocket_nth_core(rocket_core_mask(fd), 0);
	scene = rocket_scene(fd, 0);
	job = rocket_scene_hang(&scene, 0, core, SHORT_MS);
	visits = rocket_race_visits("timeout");
	rocket_race_hold("unbind-stop");
	igt_assert_eq(drmSyncobjExportSyncFile(fd, rocket_start(fd, &job), &file), 0);
	igt_fork_helper(&unbinder)
		rocket_sysfs_unbind(core);
	rocket_race_await_held(1);
	igt_set_timeout(WAIT_S, "the job's time to be up");
	while (rocket_race_visits("timeout") == visits)
		sched_yield();
	igt_reset_timeout();
	/* It is the unbinding that ends the job, and nobody else. */
	igt_assert_eq(poll(&(struct pollfd){ .fd = file, .events = POLLIN }, 1, SHORT_MS), 0);
	rocket_race_release();
	igt_assert_eq(igt_wait_helper(&unbinder), 0);
	igt_assert_eq(status_of(file), -ENODEV);
	close(file);
	close(fd);
	rocket_sysfs_bind_all();
	expect_healthy();
}

struct vm_closer {
	pthread_t thread;
	int fd;
	uint32_t vm;
	pid_t tid;
	bool done;
};

static void *close_vm(void *data)
{
	struct vm_closer *d = data;

	__atomic_store_n(&d->tid, gettid(), __ATOMIC_RELEASE);
	rocket_vm_destroy(d->fd, d->vm);
	__atomic_store_n(&d->done, true, __ATOMIC_RELEASE);
	return NULL;
}

/* Whether a thread of this process waits for something that no signal ends. */
static bool is_blocked(pid_t tid)
{
	char path[64], text[256], *state;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	if (!tid || rocket_sysfs_read(path, text, sizeof(text)) < 0)
		return false;
	state = strrchr(text, ')');
	return state && state[1] && state[2] == 'D';
}

/*
 * A core ignores its reset and is switched off between two clients. The first one's VM
 * goes meanwhile, and wants it out of the core: there is nothing to reset just now.
 */
static void test_vm_gone_while_off(void)
{
	struct vm_closer d = { .fd = rocket_open() };
	uint64_t mask = rocket_core_mask(d.fd);
	struct rocket_scene first, second;
	unsigned int core, visits;
	struct drm_rocket_job job;
	uint32_t syncobj;
	int usual;

	rocket_require_races();
	rocket_require_board();
	/* The domain of the first core contains the others'. */
	igt_require(__builtin_popcountll(mask) > 1);
	core = rocket_nth_core(mask, 1);
	d.vm = rocket_vm_create(d.fd);
	first = rocket_scene(d.fd, d.vm);
	second = rocket_scene(d.fd, 0);
	usual = rocket_sysfs_autosuspend(core);
	rocket_sysfs_set_autosuspend(core, 60000);
	job = rocket_scene_job(&first, 0, core, ROCKET_SCENE_LONG_MS);
	igt_assert_eq(rocket_run(d.fd, &job), 0);
	rocket_board_inject(core, ROCKET_BOARD_INJ_NO_RESET, UINT32_MAX);
	visits = rocket_race_visits("release");
	rocket_race_hold("power-cycle");
	job = rocket_scene_job(&second, 0, core, ROCKET_SCENE_LONG_MS);
	syncobj = rocket_start(d.fd, &job);
	rocket_race_await_held(1);
	igt_assert_eq(pthread_create(&d.thread, NULL, close_vm, &d), 0);
	igt_set_timeout(WAIT_S, "the VM's release");
	while (rocket_race_visits("release") == visits ||
	       (!is_blocked(__atomic_load_n(&d.tid, __ATOMIC_ACQUIRE)) &&
		!__atomic_load_n(&d.done, __ATOMIC_ACQUIRE)))
		sched_yield();
	igt_reset_timeout();
	igt_assert(!__atomic_load_n(&d.done, __ATOMIC_ACQUIRE));
	rocket_race_release();
	igt_assert_eq(pthread_join(d.thread, NULL), 0);
	igt_assert_eq(rocket_syncobj_status(d.fd, syncobj), 0);
	rocket_board_inject(core, ROCKET_BOARD_INJ_NO_RESET, 0);
	rocket_sysfs_set_autosuspend(core, usual);
	close(d.fd);
	expect_healthy();
}

struct beginner {
	pthread_t thread;
	int fd;
	struct drm_rocket_create_bo create;
	int ret;
};

static void *begin(void *data)
{
	struct beginner *b = data;

	b->ret = __rocket_create_bo(b->fd, &b->create);
	return NULL;
}

/* All have seen that there is no VM 0. Then all have BOs in the same one. */
static void test_first_use(void)
{
	struct beginner beginners[BEGINNERS];
	struct rocket_usage before;
	int fd = rocket_open();

	rocket_require_races();
	before = rocket_usage(fd);
	rocket_race_hold("vm-first");
	for (unsigned int i = 0; i < BEGINNERS; i++) {
		beginners[i] = (struct beginner){ .fd = fd, .create.size = ROCKET_PAGE };
		igt_assert_eq(pthread_create(&beginners[i].thread, NULL, begin,
					     &beginners[i]), 0);
	}
	rocket_race_await_held(BEGINNERS);
	rocket_race_release();
	for (unsigned int i = 0; i < BEGINNERS; i++) {
		igt_assert_eq(pthread_join(beginners[i].thread, NULL), 0);
		igt_assert_eq(beginners[i].ret, 0);
	}
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapping_count, BEGINNERS);
	for (unsigned int i = 0; i < BEGINNERS; i++)
		rocket_gem_close(fd, beginners[i].create.handle);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapping_count, 0);
	close(fd);
	fd = rocket_open();
	rocket_usage_await(fd, before);
	close(fd);
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(void);
		const char *what;
	} tests[] = {
		{ "clients", test_clients,
		  "Clients that come, work and go in many ways learn nothing wrong and leave nothing" },
		{ "clients-unbind", test_unbind, "So it is while cores are unbound and bound" },
		{ "clients-nap", test_nap, "So it is while the system goes to sleep and wakes up" },
		{ "destroyed-while-chosen", test_destroyed_while_chosen,
		  "A VM can be destroyed when the scheduler has just chosen its queue" },
		{ "gone-while-locked", test_gone_while_locked,
		  "A job and its BO can go while the SUBMIT still has locks" },
		{ "time-up-unbound", test_time_up_unbound,
		  "A job whose time is up while its core is being unbound is the unbinding's" },
		{ "vm-gone-while-off", test_vm_gone_while_off,
		  "A VM goes while the core that holds it is switched off and on" },
		{ "first-use", test_first_use,
		  "Several threads that use VM 0 first, at once, use the same one" },
	};

	igt_fixture {
		close(rocket_open());
		rocket_sysfs_cores();
		rocket_race_delay(0);
		rocket_race_release();
	}

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			tests[i].test();
	}

	igt_fixture {
		rocket_race_delay(0);
		rocket_race_release();
		rocket_sysfs_bind_all();
	}
}
