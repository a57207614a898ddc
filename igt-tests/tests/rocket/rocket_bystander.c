// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <linux/sync_file.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_job.h"
#include "igt_rocket_layer.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("A well-behaved client gets exact results in time, whatever the others do");

/*
 * A bystander on each core runs the same small network again and again, checks
 * every byte, and notes how long each inference took.  Others misbehave
 * meanwhile, at the same addresses.
 *
 * The bound is in jobs, not in time, so that it holds on a busy host as well: no more
 * jobs of others may end during an inference than the scenario says, because a core takes the
 * job of whoever has had least of the NPU.  It also says how long each may take at most;
 * the times that were seen are printed.
 */

#define PROBE_ADDR	0x10000000u
#define NET_ADDR	0x20000000u
/* Nothing is ever mapped there. */
#define HOLE		0x90000000u
#define SEED		0x1000u
#define LAYERS		3u
/* Inferences that each bystander makes alone, and at least beside the others. */
#define RUNS_ALONE	5u
#define RUNS		25u
/* Jobs of others that each core has seen by then, if they run any. */
#define FOREIGN		12u
/* Or how often they have done what they do instead. */
#define CYCLES		6u
#define LOG		16384u
/* For what has nothing to do with the NPU, on the slowest of hosts. */
#define SLACK_NS	UINT64_C(20000000000)
#define NS_PER_MS	1000000u
#define HANG_MS		20u
#define LONG_MS		10000u
/* Jobs that those who do not wait have in a queue. */
#define DEPTH		4u
#define FLOOD		32u
#define FLOOD_TASKS	400u

/*
 * What everybody writes down
 */

/* A job, or an inference; ns of CLOCK_MONOTONIC. */
struct span {
	uint64_t begun;		/* before it was submitted */
	uint64_t submitted;	/* after that */
	uint64_t ended;		/* as its fence says */
};

struct log {
	uint32_t count;
	struct span spans[LOG];
};

struct notes {
	bool stop;
	bool together;		/* the others have begun */
	uint32_t cycles;	/* of others that run no jobs */
	uint32_t runs_alone[ROCKET_MAX_CORES];
	uint64_t alone_ns[ROCKET_MAX_CORES];	/* the longest of these */
	struct log inferences[ROCKET_MAX_CORES];
	struct log foreign[ROCKET_MAX_CORES];	/* jobs of the others */
};

static struct notes *notes;
/* A byte for each inference, to be awaited. */
static int progress[2];

static void take_new_notes(void)
{
	notes = mmap(NULL, sizeof(*notes), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	igt_assert(notes != MAP_FAILED);
	igt_assert_eq(pipe(progress), 0);
}

static bool stopped(void)
{
	return __atomic_load_n(&notes->stop, __ATOMIC_ACQUIRE);
}

static void note(struct log *log, struct span span)
{
	uint32_t at = __atomic_fetch_add(&log->count, 1, __ATOMIC_ACQ_REL);

	igt_assert_lt(at, LOG);
	log->spans[at] = span;
}

static void note_cycle(void)
{
	__atomic_fetch_add(&notes->cycles, 1, __ATOMIC_ACQ_REL);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * UINT64_C(1000000000) + time.tv_nsec;
}

/*
 * Jobs
 */

struct pending {
	uint32_t syncobj;
	struct span span;
};

static struct pending submit(int fd, struct drm_rocket_job job)
{
	struct pending p = { .span.begun = now() };

	p.syncobj = rocket_start(fd, &job);
	p.span.submitted = now();
	return p;
}

/* Waits; 0 or the negative errno that the job ended with. */
static int await(int fd, struct pending *p)
{
	struct sync_fence_info fence = { 0 };
	struct sync_file_info info = { .num_fences = 1, .sync_fence_info = (uintptr_t)&fence };
	int file;

	rocket_syncobj_wait(fd, p->syncobj);
	igt_assert_eq(drmSyncobjExportSyncFile(fd, p->syncobj, &file), 0);
	do_ioctl(file, SYNC_IOC_FILE_INFO, &info);
	close(file);
	drmSyncobjDestroy(fd, p->syncobj);
	p->span.ended = fence.timestamp_ns;
	return fence.status == 1 ? 0 : fence.status;
}

/* Waits for a job of the others. */
static int await_foreign(int fd, struct pending *p, unsigned int core)
{
	int status = await(fd, p);

	note(&notes->foreign[core], p->span);
	return status;
}

static int run_foreign(int fd, struct drm_rocket_job job, unsigned int core)
{
	struct pending p;

	job.core_mask = 1u << core;
	/* Unless it is said, none needs that, whatever the host is doing. */
	if (!job.timeout_ms)
		job.timeout_ms = LONG_MS;
	p = submit(fd, job);
	return await_foreign(fd, &p, core);
}

/*
 * A network: two convolutions and one that adds, each reading what the one before
 * has written, cut into tasks that rely on what the task before left in CBUF.
 */

struct net {
	int fd;
	struct rocket_layer layers[LAYERS];
	struct drm_rocket_task tasks[LAYERS * ROCKET_LAYER_TASKS];
	unsigned int task_count;
};

static void net_init(struct net *net, int fd, uint32_t seed)
{
	struct rocket_conv shapes[LAYERS] = {
		rocket_layer_shape(12, 12, 16, 32, 3, 1, 1),
		rocket_layer_shape(12, 12, 32, 32, 3, 2, 1),
		rocket_layer_shape(6, 6, 32, 48, 1, 1, 0),
	};
	uint32_t addr = NET_ADDR;

	*net = (struct net){ .fd = fd };
	shapes[LAYERS - 1].add = true;
	for (unsigned int i = 0; i < LAYERS; i++) {
		struct rocket_layer *layer = &net->layers[i];

		rocket_layer_init(layer, fd, 0, addr, &shapes[i], seed + i,
				  i ? &net->layers[i - 1] : NULL, 4);
		addr += rocket_layer_bytes(layer);
		memcpy(net->tasks + net->task_count, layer->tasks,
		       layer->task_count * sizeof(*net->tasks));
		net->task_count += layer->task_count;
	}
}

static struct drm_rocket_job net_job(struct net *net, unsigned int core,
				     unsigned int timeout_ms)
{
	for (unsigned int i = 0; i < LAYERS; i++)
		rocket_layer_clear(&net->layers[i]);
	return (struct drm_rocket_job){
		.tasks = (uintptr_t)net->tasks,
		.task_count = net->task_count,
		.task_struct_size = sizeof(*net->tasks),
		.core_mask = 1u << core,
		.timeout_ms = timeout_ms,
	};
}

static bool net_is_exact(struct net *net)
{
	for (unsigned int i = 0; i < LAYERS; i++) {
		if (!rocket_layer_is_exact(&net->layers[i]))
			return false;
	}
	return true;
}

/*
 * Bystanders
 */

struct scenario {
	const char *name;
	const char *what;
	/* Others: so many processes, but no more than there are cores, until stopped(). */
	void (*attack)(unsigned int attacker);
	int attackers;
	/* How many of their jobs can be in a core's queue, and how long each may take. */
	unsigned int ahead;
	unsigned int each_ms;
	/* What a bystander does before each inference. */
	void (*before)(unsigned int core, unsigned int run);
	/* Of its jobs; 0: LONG_MS. */
	unsigned int timeout_ms;
	/* Skips where it cannot be. */
	void (*require)(void);
	/* Cores without a bystander. */
	uint32_t without;
	bool board;
};

static void note_alone(unsigned int core, const struct span *span)
{
	uint64_t took = span->ended - span->begun;

	if (took > notes->alone_ns[core])
		notes->alone_ns[core] = took;
	__atomic_fetch_add(&notes->runs_alone[core], 1, __ATOMIC_ACQ_REL);
}

static void stand_by(const struct scenario *scenario, unsigned int core)
{
	int fd = rocket_open();
	unsigned int timeout = scenario->timeout_ms ?: LONG_MS;
	struct net net;

	net_init(&net, fd, SEED * (core + 1));
	for (unsigned int run = 0; !stopped(); run++) {
		struct pending p;
		bool exact;
		int status;

		if (run >= RUNS_ALONE && scenario->before)
			scenario->before(core, run);
		p = submit(fd, net_job(&net, core, timeout));
		status = await(fd, &p);
		exact = net_is_exact(&net);
		/* Nobody needs to wait for the rest. */
		if (status || !exact)
			__atomic_store_n(&notes->stop, true, __ATOMIC_RELEASE);
		if (__atomic_load_n(&notes->together, __ATOMIC_ACQUIRE))
			note(&notes->inferences[core], p.span);
		else
			note_alone(core, &p.span);
		igt_assert_eq(write(progress[1], "", 1), 1);
		igt_assert_f(!status, "core %u: inference %u ends with %d\n", core, run, status);
		igt_assert_f(exact, "core %u: inference %u is wrong\n", core, run);
	}
	igt_assert_eq_u64(rocket_vm_query(fd, 0).faults_total, 0);
	close(fd);
}

/* Jobs of others that ended between the end of an inference's ioctl and its own. */
static unsigned int foreign_jobs_during(const struct span *inference, unsigned int core)
{
	const struct log *foreign = &notes->foreign[core];
	unsigned int count = 0;

	for (unsigned int i = 0; i < foreign->count; i++) {
		uint64_t ended = foreign->spans[i].ended;

		count += ended > inference->submitted && ended < inference->ended;
	}
	return count;
}

static void judge(const struct scenario *scenario, unsigned int core)
{
	const struct log *log = &notes->inferences[core];
	uint64_t sum = 0, worst = 0;
	unsigned int most = 0;

	for (unsigned int i = 0; i < log->count; i++) {
		const struct span *span = &log->spans[i];
		uint64_t took = span->ended - span->begun;
		unsigned int count = foreign_jobs_during(span, core);

		sum += took;
		worst = took > worst ? took : worst;
		most = count > most ? count : most;
	}
	igt_info("core %u: %u inferences beside %u jobs: %.2f ms, at most %.2f ms (alone at most %.2f ms), behind at most %u jobs\n",
		 core, log->count, notes->foreign[core].count, sum / 1e6 / log->count,
		 worst / 1e6, notes->alone_ns[core] / 1e6, most);
	igt_assert_lte(most, scenario->ahead);
	igt_assert_lte_u64(worst, SLACK_NS + notes->alone_ns[core] +
			   (uint64_t)scenario->ahead * scenario->each_ms * NS_PER_MS);
}

static uint32_t count_of(const uint32_t *count)
{
	return __atomic_load_n(count, __ATOMIC_ACQUIRE);
}

/* Whether a bystander has been alone, or beside the others, for long enough. */
static bool enough(const struct scenario *scenario, unsigned int core)
{
	if (!notes->together)
		return count_of(&notes->runs_alone[core]) >= RUNS_ALONE;
	if (scenario->ahead && count_of(&notes->foreign[core].count) < FOREIGN)
		return false;
	if (scenario->attack && !scenario->ahead && count_of(&notes->cycles) < CYCLES)
		return false;
	return count_of(&notes->inferences[core].count) >= RUNS;
}

/* Reads the bystanders' bytes until it is enough for each of them. */
static void await_bystanders(const struct scenario *scenario, uint32_t mask)
{
	char byte;

	for (uint32_t left = mask; left && !stopped(); ) {
		igt_assert_eq(read(progress[0], &byte, 1), 1);
		for (uint32_t some = left; some; some &= some - 1) {
			if (enough(scenario, __builtin_ctz(some)))
				left &= ~(some & -some);
		}
	}
}

static void run_scenario(const struct scenario *scenario)
{
	int fd = rocket_open();
	uint32_t all = rocket_core_mask(fd), mask = all & ~scenario->without;
	int cores = __builtin_popcount(all);

	close(fd);
	if (scenario->board)
		rocket_require_board();
	if (scenario->require)
		scenario->require();
	igt_require_f(mask, "one core alone, which is to be taken away\n");
	take_new_notes();
	for (uint32_t left = mask; left; left &= left - 1) {
		igt_fork(child, 1)
			stand_by(scenario, __builtin_ctz(left));
	}
	await_bystanders(scenario, mask);
	__atomic_store_n(&notes->together, true, __ATOMIC_RELEASE);
	igt_fork(attacker, scenario->attackers < cores ? scenario->attackers : cores)
		scenario->attack(attacker);
	await_bystanders(scenario, mask);
	__atomic_store_n(&notes->stop, true, __ATOMIC_RELEASE);
	igt_waitchildren();
	if (scenario->board) {
		rocket_board_inject_all(ROCKET_BOARD_INJ_IRQ_LOST, 0);
		rocket_board_inject_all(ROCKET_BOARD_INJ_IRQ_LATE, 0);
		rocket_board_inject_all(ROCKET_BOARD_INJ_NO_RESET, 0);
	}
	for (uint32_t left = mask; left; left &= left - 1)
		judge(scenario, __builtin_ctz(left));
}

/*
 * The others
 */

struct attacker {
	int fd;
	uint32_t mask;
	unsigned int cores;
	struct rocket_probe probe;
};

enum { FAULTS, HANGS, COPIES };

/* Slot FAULTS faults, HANGS never ends, COPIES is a good job. */
static struct attacker make_attacker(void)
{
	struct attacker a = { .fd = rocket_open() };

	a.mask = rocket_core_mask(a.fd);
	a.cores = __builtin_popcount(a.mask);
	rocket_probe_init(&a.probe, a.fd, 0, PROBE_ADDR, 3);
	rocket_probe_set(&a.probe, FAULTS, HOLE, rocket_probe_result_addr(&a.probe, FAULTS));
	rocket_probe_set_hang(&a.probe, HANGS);
	rocket_probe_set(&a.probe, COPIES, PROBE_ADDR,
			 rocket_probe_result_addr(&a.probe, COPIES));
	return a;
}

static void attack_faults(unsigned int attacker)
{
	struct attacker a = make_attacker();

	for (unsigned int i = attacker; !stopped(); i++) {
		unsigned int core = rocket_nth_core(a.mask, i % a.cores);

		igt_assert_eq(run_foreign(a.fd, rocket_probe_job(&a.probe, FAULTS, 1), core),
			      -EFAULT);
	}
}

static void attack_hangs(unsigned int attacker)
{
	struct attacker a = make_attacker();
	struct drm_rocket_job job = rocket_probe_job(&a.probe, HANGS, 1);

	job.timeout_ms = HANG_MS;
	for (unsigned int i = attacker; !stopped(); i++) {
		unsigned int core = rocket_nth_core(a.mask, i % a.cores);

		igt_assert_eq(run_foreign(a.fd, job, core), -ETIMEDOUT);
	}
}

/* Keeps the queue of a core filled with so many jobs of so many tasks. */
static void fill_queue(unsigned int attacker, unsigned int slot, unsigned int depth,
		       unsigned int count, int status)
{
	struct attacker a = make_attacker();
	unsigned int core = rocket_nth_core(a.mask, attacker % a.cores);
	struct drm_rocket_job job = rocket_probe_job(&a.probe, slot, 1);
	struct drm_rocket_task tasks[FLOOD_TASKS];
	struct pending pending[FLOOD];

	for (unsigned int i = 0; i < count; i++)
		tasks[i] = *(const struct drm_rocket_task *)(uintptr_t)job.tasks;
	job.tasks = (uintptr_t)tasks;
	job.task_count = count;
	job.core_mask = 1u << core;
	job.timeout_ms = LONG_MS;
	for (unsigned int i = 0; i < depth; i++)
		pending[i] = submit(a.fd, job);
	for (unsigned int i = 0; !stopped(); i = (i + 1) % depth) {
		igt_assert_eq(await_foreign(a.fd, &pending[i], core), status);
		pending[i] = submit(a.fd, job);
	}
	/* Closing the file cancels what has not run. */
}

static void attack_storm(unsigned int attacker)
{
	fill_queue(attacker, FAULTS, DEPTH, 1, -EFAULT);
}

/* Each job takes longer than an inference: whoever has had less comes next. */
static void attack_flood(unsigned int attacker)
{
	fill_queue(attacker, COPIES, FLOOD, FLOOD_TASKS, 0);
}

/* VMs and mappings come and go on all cores. */
static void attack_churn(unsigned int attacker)
{
	const uint32_t huge = 64u << 20;
	struct attacker a = make_attacker();
	struct rocket_bo bo = rocket_bo(a.fd, huge / 16);

	for (unsigned int i = attacker; !stopped(); i++) {
		uint32_t vm = rocket_vm_create(a.fd);
		struct rocket_probe probe;

		rocket_vm_map_bo(a.fd, vm, &bo, NET_ADDR);
		rocket_probe_init(&probe, a.fd, vm, PROBE_ADDR, 1);
		rocket_probe_set(&probe, 0, PROBE_ADDR, rocket_probe_result_addr(&probe, 0));
		igt_assert_eq(run_foreign(a.fd, rocket_probe_job(&probe, 0, 1),
					  rocket_nth_core(a.mask, i % a.cores)), 0);
		rocket_vm_unmap(a.fd, vm, NET_ADDR, bo.size / 2);
		rocket_probe_fini(&probe);
		rocket_vm_destroy(a.fd, vm);
	}
}

/* Another client that is just as good, with a network of its own. */
static void attack_switches(unsigned int attacker)
{
	struct attacker a = make_attacker();
	struct net net;

	net_init(&net, a.fd, SEED * (attacker + 77));
	for (unsigned int i = attacker; !stopped(); i++) {
		unsigned int core = rocket_nth_core(a.mask, i % a.cores);

		igt_assert_eq(run_foreign(a.fd, net_job(&net, core, 0), core), 0);
		igt_assert(net_is_exact(&net));
	}
}

/* Takes core 0 away and gives it back. */
static void attack_unbind(unsigned int attacker)
{
	(void)attacker;
	while (!stopped()) {
		rocket_sysfs_unbind(0);
		rocket_sysfs_bind(0);
		note_cycle();
	}
}

/* Sends the system to sleep, with jobs queued and running. */
static void attack_suspend(unsigned int attacker)
{
	(void)attacker;
	while (!stopped()) {
		rocket_sysfs_nap();
		note_cycle();
	}
}

/* A core that ignores its reset goes out of service; root brings it back. */
static void attack_wedge(unsigned int attacker)
{
	struct attacker a = make_attacker();
	struct drm_rocket_job job = rocket_probe_job(&a.probe, FAULTS, 1);

	(void)attacker;
	job.core_mask = 1;
	job.timeout_ms = LONG_MS;
	while (!stopped()) {
		bool gone;
		int ret;

		rocket_board_inject(0, ROCKET_BOARD_INJ_NO_RESET, UINT32_MAX);
		/* Its reset is missed after this job, or before, if a bystander was faster. */
		ret = rocket_run(a.fd, &job);
		igt_assert_f(ret == -EFAULT || ret == -EIO, "the job ended with %d\n", ret);
		gone = !(rocket_core_mask(a.fd) & 1);
		rocket_board_inject(0, ROCKET_BOARD_INJ_NO_RESET, 0);
		/* It could be switched off and on, for all others slept: once more. */
		if (!gone)
			continue;
		rocket_sysfs_unbind(0);
		rocket_sysfs_bind(0);
		note_cycle();
	}
}

/*
 * What happens to the bystander's own jobs
 */

static void lose_interrupt(unsigned int core, unsigned int run)
{
	if (run % 8 == 0)
		rocket_board_inject(core, ROCKET_BOARD_INJ_IRQ_LOST, 1);
}

static void delay_interrupts(unsigned int core, unsigned int run)
{
	rocket_board_inject(core, ROCKET_BOARD_INJ_LATE_NS, 20000 + run % 16 * 10000);
	rocket_board_inject(core, ROCKET_BOARD_INJ_IRQ_LATE, 5);
}

static void raise_spurious(unsigned int core, unsigned int run)
{
	/*
	 * Sometimes while the job runs. Of the kind that claims no end: one that does is
	 * believed in a chain's first task, unless the counter tells at once.
	 */
	(void)run;
	rocket_board_inject(core, ROCKET_BOARD_INJ_SPURIOUS, 10);
}

static void fall_asleep(unsigned int core, unsigned int run)
{
	(void)run;
	rocket_sysfs_await_suspend(core);
}

igt_main
{
	static const struct scenario scenarios[] = {
		{ "faults", .what = "Others fault on all cores, one job after the other",
		  .attack = attack_faults, .attackers = 2, .ahead = 2 },
		{ "reset-storm", .what = "Others keep every core's queue full of faults",
		  .attack = attack_storm, .attackers = ROCKET_MAX_CORES, .ahead = DEPTH },
		{ "hangs", .what = "Others hang until their jobs' time is up",
		  .attack = attack_hangs, .attackers = 2, .ahead = 2, .each_ms = HANG_MS },
		{ "interrupts-lost",
		  .what = "The core's interrupt is lost now and then",
		  .before = lose_interrupt, .timeout_ms = 1000, .board = true },
		{ "interrupts-late", .what = "The core's interrupts come late",
		  .before = delay_interrupts, .board = true,
		  .attack = attack_switches, .attackers = 1, .ahead = 1, .each_ms = 1000 },
		{ "interrupts-spurious",
		  .what = "Interrupts come that mean nothing, or say that a job has ended",
		  .before = raise_spurious, .board = true,
		  .attack = attack_switches, .attackers = 1, .ahead = 1, .each_ms = 1000 },
		{ "flood", .what = "Others submit without waiting",
		  .attack = attack_flood, .attackers = ROCKET_MAX_CORES, .ahead = 1 },
		{ "vm-churn", .what = "Others create, bind, use and destroy VMs",
		  .attack = attack_churn, .attackers = 2, .ahead = 2 },
		{ "switches", .what = "Each core goes to and fro between good clients",
		  .attack = attack_switches, .attackers = 2, .ahead = 2 },
		{ "unbind", .what = "Another core is unbound and bound again",
		  .attack = attack_unbind, .attackers = 1, .without = 1 },
		{ "runtime-suspend", .what = "The core falls asleep between two inferences",
		  .before = fall_asleep },
		{ "suspend", .what = "The system goes to sleep and wakes up again",
		  .require = rocket_sysfs_require_nap,
		  .attack = attack_suspend, .attackers = 1 },
		{ "out-of-service", .what = "Another core ignores its reset and is brought back",
		  .attack = attack_wedge, .attackers = 1, .without = 1, .board = true },
	};

	igt_fixture {
		close(rocket_open());
		rocket_sysfs_cores();
		rocket_board_quiet();
	}

	for (unsigned int i = 0; i < ARRAY_SIZE(scenarios); i++) {
		igt_describe(scenarios[i].what);
		igt_subtest_f("%s", scenarios[i].name)
			run_scenario(&scenarios[i]);
	}

	igt_fixture
		rocket_sysfs_bring_back();
}
