// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket_board.h"
#include "igt_rocket_cbuf.h"
#include "igt_rocket_job.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("When a core is scrubbed, when it is not, and what becomes of a scrub that fails");

#define SECRET		0x5ec00000u
#define VM_ADDR		0x40000000u
/* Nothing is ever mapped there. */
#define HOLE		0xf0000000u

#define PARAMETER	"/sys/module/rocket/parameters/residue"

#define PC_OPERATION_ENABLE	0x0008u
#define CNA_FEATURE_DATA_ADDR	0x1070u
#define CNA_DCOMP_ADDR0		0x1110u
#define DPU_DST_BASE_ADDR	0x4020u
#define DPU_LUT_ACCESS_CFG	0x4100u
#define DPU_LUT_ACCESS_DATA	0x4104u
#define RDMA_BS_BASE_ADDR	0x5020u

static struct rocket_cbuf client(void)
{
	struct rocket_cbuf c;

	rocket_cbuf_init(&c, rocket_open());
	return c;
}

/*
 * When
 */

static void test_once(void)
{
	struct rocket_cbuf a = client(), b = client();

	rocket_require_board();
	for (unsigned int core = 0; core < rocket_board_cores(); core++) {
		igt_assert_eq(rocket_cbuf_scrubs(&a, core, 1), 1);
		igt_assert_eq(rocket_cbuf_scrubs(&a, core, 5), 0);
		igt_assert_eq(rocket_cbuf_scrubs(&b, core, 1), 1);
		igt_assert_eq(rocket_cbuf_scrubs(&b, core, 5), 0);
		igt_assert_eq(rocket_cbuf_scrubs(&a, core, 3), 1);
	}
}

static void test_vms_of_file(void)
{
	struct rocket_cbuf a = client(), b;

	rocket_require_board();
	rocket_cbuf_init_vm(&b, a.fd, rocket_vm_create(a.fd), VM_ADDR);
	igt_assert_eq(rocket_cbuf_scrubs(&a, 1, 1), 1);
	for (unsigned int i = 0; i < 10; i++) {
		igt_assert_eq(rocket_cbuf_scrubs(&b, 1, 1), 0);
		igt_assert_eq(rocket_cbuf_scrubs(&a, 1, 1), 0);
	}
}

/* Of idle cores, one is taken that the file has used before, whichever that is. */
static void test_affinity(void)
{
	struct rocket_cbuf a = client(), b = client(), vm;

	rocket_require_board();
	rocket_cbuf_keep(&a, true);
	for (unsigned int core = 0; core < rocket_board_cores(); core++) {
		uint64_t before;

		for (unsigned int other = 0; other < ROCKET_BOARD_CORES; other++)
			rocket_cbuf_scrubs(&b, other, 1);
		igt_assert_eq(rocket_cbuf_scrubs(&a, core, 1), 1);
		before = rocket_board_count(core, ROCKET_BOARD_TASKS);
		rocket_cbuf_init_vm(&vm, a.fd, rocket_vm_create(a.fd), VM_ADDR);
		igt_assert_eq(rocket_cbuf_touch(&vm), 0);
		igt_assert_eq_u64(rocket_board_count(core, ROCKET_BOARD_TASKS) - before, 1);
	}
	rocket_cbuf_keep(&a, false);
}

/* Sleep alone changes nothing: neither that data is there nor whose it is. */
static void test_sleep(void)
{
	struct rocket_cbuf victim = client(), thief = client();

	rocket_require_board();
	for (unsigned int core = 0; core < rocket_board_cores(); core++) {
		victim.cores = thief.cores = 1u << core;
		igt_assert_eq(rocket_cbuf_fill(&victim, ROCKET_CBUF_FEATURES, SECRET), 0);
		rocket_sysfs_await_suspend(core);
		igt_assert_eq(rocket_cbuf_scrubs(&victim, core, 1), 0);
		rocket_sysfs_await_suspend(core);
		igt_assert_eq(rocket_cbuf_scrubs(&thief, core, 1), 1);
		igt_assert_eq(rocket_cbuf_fill(&victim, ROCKET_CBUF_WEIGHTS, SECRET), 0);
		rocket_sysfs_await_suspend(core);
		igt_assert_eq(rocket_cbuf_found(&thief, ROCKET_CBUF_WEIGHTS, SECRET), 0);
	}
}

/*
 * After what
 */

enum fate { CLOSED, VM_DESTROYED, FAULTED, HUNG, REBOUND };

/* A task that computes with the client's data, all of it, and fails at its output. */
static void fail_late(struct rocket_cbuf *c)
{
	struct rocket_conv conv = rocket_cbuf_copy(c);
	uint64_t stream[ROCKET_SOC_ENTRIES];

	conv.out_addr = HOLE;
	igt_assert_eq(rocket_cbuf_run(c, stream, rocket_cbuf_emit(c, &conv, stream), 1), -EFAULT);
}

/* Everything is set up, but nothing is told to begin. */
static void hang(struct rocket_cbuf *c)
{
	struct rocket_conv conv = rocket_cbuf_copy(c);
	uint64_t stream[ROCKET_SOC_ENTRIES];
	unsigned int entries = rocket_cbuf_emit(c, &conv, stream);

	stream[entries - 1] = rocket_regcmd(ROCKET_TARGET_FENCE, 0, 0);
	c->timeout_ms = 20;
	igt_assert_eq(rocket_cbuf_run(c, stream, entries, 1), -ETIMEDOUT);
	c->timeout_ms = 0;
}

static void meet(struct rocket_cbuf *victim, unsigned int core, enum fate fate)
{
	switch (fate) {
	case CLOSED:
		/* A mapping of its memory would keep the file. */
		igt_assert_eq(munmap(victim->bo.map, victim->bo.size), 0);
		igt_assert_eq(close(victim->fd), 0);
		break;
	case VM_DESTROYED:
		rocket_vm_destroy(victim->fd, victim->vm);
		break;
	case FAULTED:
		fail_late(victim);
		break;
	case HUNG:
		hang(victim);
		break;
	case REBOUND:
		rocket_sysfs_unbind(core);
		rocket_sysfs_bind(core);
		rocket_cbuf_keep(victim, true);
		break;
	}
}

static void after(enum fate fate)
{
	struct rocket_cbuf thief = client();
	uint32_t mask = rocket_core_mask(thief.fd);

	rocket_cbuf_keep(&thief, true);
	for (unsigned int core = 0; mask >> core; core++) {
		for (unsigned int side = 0; side < 2; side++) {
			struct rocket_cbuf victim = client();

			if (fate == VM_DESTROYED)
				rocket_cbuf_init_vm(&victim, victim.fd,
						    rocket_vm_create(victim.fd), VM_ADDR);
			victim.cores = thief.cores = 1u << core;
			igt_assert_eq(rocket_cbuf_fill(&victim, side, SECRET), 0);
			meet(&victim, core, fate);
			/* With its only core the device goes, and another one comes. */
			if (fate == REBOUND && thief.rk3576)
				thief = client();
			igt_assert_eq(rocket_cbuf_found(&thief, side, SECRET), 0);
		}
	}
	rocket_cbuf_keep(&thief, false);
}

static void test_closed(void)
{
	after(CLOSED);
}

static void test_vm_destroyed(void)
{
	after(VM_DESTROYED);
}

static void test_faulted(void)
{
	after(FAULTED);
}

static void test_hung(void)
{
	after(HUNG);
}

static void test_rebound(void)
{
	struct rocket_cbuf c = client();

	after(REBOUND);
	if (c.rk3576)
		return;
	rocket_require_board();
	/* Somebody else may have had it meanwhile: it is erased when it is bound. */
	igt_assert_eq(rocket_cbuf_scrubs(&c, 1, 1), 1);
	rocket_sysfs_unbind(1);
	rocket_sysfs_bind(1);
	igt_assert_eq(rocket_cbuf_scrubs(&c, 1, 1), 0);
}

static void test_twenty(void)
{
	enum { CLIENTS = 20 };
	uint8_t *dump = malloc(ROCKET_CBUF_SIDE);
	struct rocket_cbuf c[CLIENTS];

	igt_assert(dump);
	for (unsigned int i = 0; i < CLIENTS; i++)
		c[i] = client();
	rocket_cbuf_keep(&c[0], true);
	/* In rounds on each core, and with both sides. */
	for (unsigned int i = 0; i < 6 * CLIENTS; i++) {
		uint32_t mask = rocket_core_mask(c[0].fd);
		struct rocket_cbuf *own = &c[i % CLIENTS];
		enum rocket_cbuf_side side = i / CLIENTS & 1;

		own->cores = 1u << rocket_nth_core(mask, i / 2 / CLIENTS %
						   __builtin_popcount(mask));
		igt_assert_eq(rocket_cbuf_dump(own, side, dump), 0);
		for (unsigned int other = 0; other < CLIENTS; other++)
			igt_assert_eq(rocket_cbuf_find(dump, rocket_cbuf_bytes(own, side),
						       SECRET + other), 0);
		igt_assert_eq(rocket_cbuf_fill(own, side, SECRET + i % CLIENTS), 0);
		igt_assert_eq(rocket_cbuf_found(own, side, SECRET + i % CLIENTS),
			      rocket_cbuf_atoms(own, side));
	}
	rocket_cbuf_keep(&c[0], false);
	free(dump);
}

/*
 * Registers and tables
 */

static bool in_memory(const struct rocket_cbuf *c, uint64_t addr)
{
	return addr >= c->addr && addr - c->addr < c->bo.size;
}

/*
 * An address that a stream does not write is 0, where nothing is ever mapped: not
 * the former client's, which would be hit or be in the record, and not the kernel's.
 * Tasks alternate between two groups of registers.
 */
static void test_addresses(void)
{
	static const unsigned int regs[][4] = {
		{ CNA_FEATURE_DATA_ADDR, CNA_DCOMP_ADDR0, RDMA_BS_BASE_ADDR, DPU_DST_BASE_ADDR },
		/* The same of the RK3576 */
		{ 0x1088, 0x1110, 0x5020, 0x4018 },
	};
	struct rocket_cbuf victim = client(), thief = client();
	uint32_t mask = rocket_core_mask(thief.fd);

	rocket_cbuf_keep(&thief, true);
	for (unsigned int i = 0; mask >> i / 8; i++) {
		struct rocket_conv conv = rocket_cbuf_copy(&thief);
		struct drm_rocket_vm_fault fault;
		uint64_t stream[ROCKET_SOC_ENTRIES];
		unsigned int group = i / 4 % 2, entries, reg = regs[thief.rk3576][i % 4];

		victim.cores = thief.cores = 1u << i / 8;
		igt_assert_eq(rocket_cbuf_touch(&victim), 0);
		igt_assert_eq(rocket_cbuf_touch(&victim), 0);
		/* The one group is the thief's own by then, the other untouched. */
		for (unsigned int before = 0; before < group; before++)
			igt_assert_eq(rocket_cbuf_touch(&thief), 0);
		entries = rocket_cbuf_emit(&thief, &conv, stream);
		rocket_soc_leave_out(stream, entries, reg);
		igt_assert_eq(rocket_cbuf_run(&thief, stream, entries, 1), -EFAULT);
		igt_assert(rocket_vm_take_fault(thief.fd, 0, &fault));
		/* Where loss of power erases, what follows it is the kernel's self-test. */
		igt_assert_f(thief.rk3576 ? !in_memory(&victim, fault.addr) && !in_memory(&thief, fault.addr) :
					    fault.addr < ROCKET_PAGE,
			     "core %u, group %u: register %#x that no stream wrote holds %#llx\n",
			     i / 8, group, reg, (unsigned long long)fault.addr);
	}
	rocket_cbuf_keep(&thief, false);
}

/* Registers of the output stage, which no driver claims: what is there in hardware. */
static volatile uint32_t *output_stage(const struct rocket_cbuf *c, unsigned int core)
{
	off_t base = c->rk3576 ? 0x27700000 + core * 0x8000 : 0xfdab0000 + core * 0x10000;
	int fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	volatile uint32_t *regs;

	igt_assert_fd(fd);
	regs = mmap(NULL, ROCKET_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    base + 0x4000);
	igt_assert(regs != MAP_FAILED);
	close(fd);
	return regs;
}

static unsigned int table_entries(const struct rocket_cbuf *c, unsigned int core, uint16_t value)
{
	volatile uint32_t *regs = output_stage(c, core);
	unsigned int count = 0;

	for (unsigned int table = 0; table < 2; table++) {
		regs[(DPU_LUT_ACCESS_CFG & 0xfff) / 4] = table << 16;
		for (unsigned int i = 0; i < 1024; i++)
			count += regs[(DPU_LUT_ACCESS_DATA & 0xfff) / 4] == value;
	}
	munmap((void *)regs, ROCKET_PAGE);
	return count;
}

/* A task behind entries that fill one table with a value. */
static void fill_table(struct rocket_cbuf *c, unsigned int table, uint16_t value)
{
	enum { ENTRIES = 513 };
	struct rocket_conv conv = rocket_cbuf_copy(c);
	uint64_t stream[1 + ENTRIES + ROCKET_SOC_ENTRIES];
	unsigned int entries;

	stream[0] = rocket_regcmd(ROCKET_TARGET_DPU, DPU_LUT_ACCESS_CFG, 1u << 17 | table << 16);
	for (unsigned int i = 1; i <= ENTRIES; i++)
		stream[i] = rocket_regcmd(ROCKET_TARGET_DPU, DPU_LUT_ACCESS_DATA, value);
	entries = 1 + ENTRIES + rocket_cbuf_emit(c, &conv, stream + 1 + ENTRIES);
	igt_assert_eq(rocket_cbuf_run(c, stream, entries, 1), 0);
}

static void test_tables(void)
{
	struct rocket_cbuf victim = client(), thief = client();

	rocket_require_board();
	rocket_cbuf_keep(&thief, true);
	for (unsigned int core = 0; core < rocket_board_cores(); core++) {
		victim.cores = thief.cores = 1u << core;
		for (unsigned int table = 0; table < 2; table++)
			fill_table(&victim, table, 0x5ec + table);
		igt_assert_eq(table_entries(&thief, core, 0x5ec), 513);
		igt_assert_eq(table_entries(&thief, core, 0x5ed), 513);
		igt_assert_eq(rocket_cbuf_touch(&thief), 0);
		igt_assert_eq(table_entries(&thief, core, 0x5ec), 0);
		igt_assert_eq(table_entries(&thief, core, 0x5ed), 0);
	}
	rocket_cbuf_keep(&thief, false);
}

/*
 * The parameter
 */

static void keep_residue(bool keep)
{
	int fd = open(PARAMETER, O_WRONLY | O_CLOEXEC);

	igt_require_f(fd >= 0, "cannot write %s: be root\n", PARAMETER);
	igt_assert_eq(write(fd, keep ? "keep" : "protect", keep ? 4 : 7), keep ? 4 : 7);
	close(fd);
}

static void test_parameter(void)
{
	struct rocket_cbuf victim = client(), thief = client();

	rocket_require_board();
	rocket_cbuf_keep(&thief, true);
	igt_assert_eq(rocket_cbuf_scrubs(&victim, 1, 1), 1);
	keep_residue(true);
	igt_assert_eq(rocket_cbuf_scrubs(&thief, 1, 3), 0);
	igt_assert_eq(rocket_cbuf_scrubs(&victim, 1, 1), 0);
	keep_residue(false);
	/* Nobody knows what the other one has left meanwhile. */
	igt_assert_eq(rocket_cbuf_scrubs(&victim, 1, 1), 1);
	igt_assert_eq(rocket_cbuf_scrubs(&victim, 1, 1), 0);
	igt_assert_eq(rocket_cbuf_scrubs(&thief, 1, 1), 1);
	rocket_cbuf_keep(&thief, false);
}

/*
 * Scrubs that fail
 */

/* Once, by a reset more; twice, by a power cycle, if the board grants it. */
static void test_hangs(void)
{
	struct rocket_cbuf victim = client(), thief = client();

	rocket_require_board();
	for (unsigned int core = 0; core < rocket_board_cores(); core++) {
		for (unsigned int side = 0; side < 2; side++) {
			victim.cores = thief.cores = 1u << core;
			igt_assert_eq(rocket_cbuf_fill(&victim, side, SECRET), 0);
			rocket_board_inject(core, ROCKET_BOARD_INJ_NEVER_COMPLETE, 1);
			igt_assert_eq(rocket_cbuf_found(&thief, side, SECRET), 0);
			igt_assert_eq_u32(rocket_board_injected(core,
						ROCKET_BOARD_INJ_NEVER_COMPLETE), 0);
			if (!thief.rk3576)
				igt_assert_eq(rocket_cbuf_scrubs(&thief, core, 1), 0);
		}
	}
}

/* Its memory cannot be read. */
static void test_bus_error(void)
{
	struct rocket_cbuf victim = client(), thief = client();

	unsigned int core = rocket_board_cores() - 1;

	rocket_require_board();
	victim.cores = thief.cores = 1u << core;
	igt_assert_eq(rocket_cbuf_fill(&victim, ROCKET_CBUF_FEATURES, SECRET), 0);
	rocket_board_inject(core, ROCKET_BOARD_INJ_BUS_ERROR_RD, 1);
	igt_assert_eq(rocket_cbuf_found(&thief, ROCKET_CBUF_FEATURES, SECRET), 0);
	igt_assert_eq_u32(rocket_board_injected(core, ROCKET_BOARD_INJ_BUS_ERROR_RD), 0);
}

/* A core that cannot be scrubbed runs nobody's jobs, until it is bound again. */
static void test_hangs_always(void)
{
	enum { CORE = 2 };
	struct rocket_cbuf victim = client(), thief = client();

	rocket_require_board();
	rocket_sysfs_stay_awake(CORE, true);
	victim.cores = thief.cores = 1u << CORE;
	igt_assert_eq(rocket_cbuf_fill(&victim, ROCKET_CBUF_WEIGHTS, SECRET), 0);
	rocket_board_inject(CORE, ROCKET_BOARD_INJ_NEVER_COMPLETE, UINT32_MAX);
	igt_assert_eq(rocket_cbuf_touch(&thief), -EIO);
	rocket_board_inject(CORE, ROCKET_BOARD_INJ_NEVER_COMPLETE, 0);
	thief.cores = 0;
	igt_assert_eq(rocket_cbuf_touch(&thief), 0);

	rocket_sysfs_unbind(CORE);
	rocket_sysfs_bind(CORE);
	rocket_sysfs_stay_awake(CORE, false);
	thief.cores = 1u << CORE;
	igt_assert_eq(rocket_cbuf_found(&thief, ROCKET_CBUF_WEIGHTS, SECRET), 0);
	igt_assert_eq(rocket_cbuf_scrubs(&victim, CORE, 1), 1);
}

/*
 * What it costs
 */

struct cost {
	uint64_t ns, reads, writes;
};

static uint64_t accesses(unsigned int core, bool write)
{
	uint64_t sum = 0;

	for (unsigned int block = 0; block < 16; block++)
		sum += rocket_board_count(core, write ? ROCKET_BOARD_REG_WRITES(block) :
							ROCKET_BOARD_REG_READS(block));
	return sum;
}

/* Of one job and of waiting for it, out of many that two probes take turns with. */
static struct cost cost_of(struct rocket_probe *a, struct rocket_probe *b, unsigned int core)
{
	enum { JOBS = 200 };
	struct rocket_probe *probes[2] = { a, b };
	struct cost cost = { 0 };

	for (unsigned int i = 0; i < 2 + JOBS; i++) {
		struct rocket_probe *probe = probes[i & 1];
		struct drm_rocket_job job = rocket_probe_job(probe, 0, 1);

		/* Behind the first two everything is as it will be. */
		if (i == 2)
			cost = (struct cost){ rocket_board_clock(), accesses(core, false),
					      accesses(core, true) };
		job.core_mask = 1u << core;
		igt_assert_eq(rocket_run(probe->fd, &job), 0);
	}
	return (struct cost){ (rocket_board_clock() - cost.ns) / JOBS,
			      (accesses(core, false) - cost.reads) / JOBS,
			      (accesses(core, true) - cost.writes) / JOBS };
}

static struct rocket_probe probe_in(int fd, uint32_t vm)
{
	struct rocket_probe probe;

	rocket_probe_init(&probe, fd, vm, VM_ADDR, 1);
	rocket_probe_set(&probe, 0, VM_ADDR, rocket_probe_result_addr(&probe, 0));
	return probe;
}

static void print(const char *what, struct cost cost)
{
	igt_info("%-24s %6llu ns, %3llu reads, %3llu writes\n", what,
		 (unsigned long long)cost.ns, (unsigned long long)cost.reads,
		 (unsigned long long)cost.writes);
}

static void stay_awake(bool awake)
{
	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++)
		rocket_sysfs_stay_awake(core, awake);
}

/*
 * The figures mean something with board/run --icount only. There, the difference
 * between two lines is what a switch costs.
 */
static void test_cost(void)
{
	int fd = rocket_open();
	struct rocket_probe a = probe_in(fd, 0), b = probe_in(fd, rocket_vm_create(fd));
	struct rocket_probe c = probe_in(rocket_open(), 0);
	struct cost same, file, other, kept;

	rocket_require_board();
	stay_awake(true);
	for (unsigned int core = 0; core < 2; core++) {
		same = cost_of(&a, &a, core);
		file = cost_of(&a, &b, core);
		other = cost_of(&a, &c, core);
		keep_residue(true);
		kept = cost_of(&a, &c, core);
		keep_residue(false);
		igt_info("core %u, a job and its wait:\n", core);
		print("same VM", same);
		print("other VM, same file", file);
		print("other file", other);
		print("other file, keep_residue", kept);
		/* Neither is paid for what it does not need. */
		igt_assert_lt_u64(same.writes, file.writes);
		igt_assert_lt_u64(file.writes, other.writes);
		igt_assert_eq_u64(kept.writes, file.writes);
	}
	stay_awake(false);
}

/* Whether loss of power erases. */
static bool by_power;

igt_main
{
	static const struct {
		const char *name;
		void (*test)(void);
		/* About tasks that erase; where loss of power does there are none. */
		bool by_tasks;
		const char *what;
	} tests[] = {
		{ "once", test_once, true,
		  "A core is scrubbed once when it passes to another file, and not again" },
		{ "vms-of-one-file", test_vms_of_file, true,
		  "It is not when it passes to another VM of the same file" },
		{ "affinity", test_affinity, true,
		  "A job goes to a core that its file has used, if that is as idle as others" },
		{ "sleep", test_sleep, true,
		  "That a core was asleep in between makes no difference" },
		{ "closed", test_closed, false,
		  "Nothing is left of a file that was closed" },
		{ "vm-destroyed", test_vm_destroyed, false,
		  "Nor of a VM that was destroyed" },
		{ "faulted", test_faulted, false,
		  "Nor after a fault of the former client's last task" },
		{ "hung", test_hung, false,
		  "Nor after a hang" },
		{ "rebound", test_rebound, false,
		  "Nor after the core was unbound and bound" },
		{ "twenty-clients", test_twenty, false,
		  "Twenty clients by turns find their own data and nobody else's" },
		{ "addresses", test_addresses, false,
		  "Address registers that a stream does not write are 0, in both groups" },
		{ "tables", test_tables, false,
		  "The output stage's tables are empty for the next client" },
		{ "parameter", test_parameter, true,
		  "residue=keep does without, and what was left meanwhile is erased afterwards" },
		{ "hangs", test_hangs, false,
		  "A scrub that hangs is repeated before the next client's job runs" },
		{ "bus-error", test_bus_error, false,
		  "So is one that meets a bus error" },
		{ "hangs-always", test_hangs_always, true,
		  "A core that cannot be scrubbed is taken out of service" },
		{ "cost", test_cost, true,
		  "Time and register accesses of a job behind another one, by whose it is" },
	};

	igt_fixture {
		int fd = rocket_open();

		by_power = rocket_is_rk3576(fd);
		close(fd);
	}

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name) {
			igt_require_f(!tests[i].by_tasks || !by_power,
				      "loss of power erases, and no task: see rocket_rk3576\n");
			tests[i].test();
		}
	}

	igt_fixture {
		keep_residue(false);
		rocket_sysfs_bring_back();
	}
}
