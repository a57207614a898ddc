// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whatever a guest writes, QEMU lives, answers, keeps to the memory that the
 * tables name, and a core that was reset works as if nothing had happened.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "canary.h"
#include "conv_case.h"
#include "suite.h"
#include "tap.h"

/* No single command may take longer, s; the slowest is shown. */
#define SLOWEST_S	5.0
/* Virtual time given to what was started, ns */
#define SHORT_NS	200000

struct fuzz {
	struct board *b;
	struct rng rng;
	double end, slowest;
	uint64_t rounds;
	struct vm *vm;
	/* A convolution that is known to work, for all cores */
	struct conv_case good;
	/* Readings of the silicon that may be changed: not the last, which ends QEMU */
	unsigned int readings;
	/* Where random streams go */
	uint32_t streams;
	uint64_t canary;
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Let a little virtual time pass and take the host's time for it. */
static void pass(struct fuzz *f, int64_t ns)
{
	double begin = now(), took;

	board_pass(f->b, ns);
	took = now() - begin;
	if (took > f->slowest)
		f->slowest = took;
}

#define STREAM_PAGES	4u

static void fuzz_init(struct fuzz *f, struct board *b, const struct env *env)
{
	struct rocket_conv conv = conv_shape(14, 13, 20, 33, 3, 1, 1);

	memset(f, 0, sizeof(*f));
	tap_note("seed %llu, %u s", (unsigned long long)env->seed, env->seconds);
	f->b = b;
	f->rng.state = env->seed;
	f->end = now() + env->seconds;
	f->vm = vm_new(b, HIGH);
	conv_case_init(&f->good, &conv, &f->rng);
	conv_case_place(&f->good, f->vm);
	f->streams = vm_alloc(f->vm, STREAM_PAGES * PAGE, MMU_READ);
	f->readings = qtest_readl(b->qt, ROCKET_BOARD_BASE + ROCKET_BOARD_NUM_READINGS) - 1;
	f->canary = canary_new(b);
}

static void fuzz_done(struct fuzz *f)
{
	conv_case_free(&f->good);
	vm_free(f->vm);
}

/* No injection any more, time and silicon as after power-on. */
static void behave(struct fuzz *f)
{
	unsigned int core, reg, i;

	for (core = 0; core < NPU_CORES; core++)
		for (reg = ROCKET_BOARD_INJ_NEVER_COMPLETE; reg <= ROCKET_BOARD_INJ_SPURIOUS_DPU; reg += 4)
			board_inject(f->b, core, reg, 0);
	for (i = 0; i < f->readings; i++)
		board_set(f->b, ROCKET_BOARD_READING(i), 0);
	board_set(f->b, ROCKET_BOARD_TASK_NS, 2000);
	board_set(f->b, ROCKET_BOARD_PS_PER_KMAC, 977);
	board_set(f->b, ROCKET_BOARD_PS_PER_KBYTE, 100000);
}

/* Undo what may have been done to power and clocks, of the domains around as well. */
static void revive(struct fuzz *f, unsigned int core)
{
	struct qtest *qt = f->b->qt;
	unsigned int con;

	qtest_writel(qt, PMU_POWER, 0xffff0000);
	qtest_writel(qt, PMU_MEM_POWER, 0xffff0000);
	qtest_writel(qt, PMU_IDLE_REQ, 0xffff0000);
	for (con = 27; con <= 30; con++) {
		qtest_writel(qt, CRU_CLKGATE(con), 0xffff0000);
		qtest_writel(qt, CRU_SOFTRST(con), 0xffff0000);
	}
	board_power_up(f->b, core);
}

/* Bring a core back to a known state, whatever was done to it, and use it. */
static void check_core(struct fuzz *f, unsigned int core)
{
	behave(f);
	/* A spurious interrupt that is up already ends by itself. */
	board_pass(f->b, 10000);
	revive(f, core);
	board_reset_core(f->b, core);
	board_attach(f->b, core, f->vm);
	conv_case_run(&f->good, core);
	if (!tap_failed())
		conv_case_check(&f->good);
	if (tap_failed())
		tap_note("core %u after round %llu", core, (unsigned long long)f->rounds);
}

static void check_alive(struct fuzz *f)
{
	CHECK_EQ(qtest_readl(f->b->qt, ROCKET_BOARD_BASE + ROCKET_BOARD_MAGIC),
		 ROCKET_BOARD_MAGIC_VALUE, "MAGIC of the control page");
	CHECK(f->slowest < SLOWEST_S, "a command took %.1f s", f->slowest);
}

static uint32_t random_value(struct fuzz *f)
{
	struct rng *r = &f->rng;

	switch (rng_range(r, 0, 6)) {
	case 0:
		return rng_u32(r);
	case 1:
		return rng_range(r, 0, 8);
	case 2:
		return 1u << rng_range(r, 0, 31);
	case 3:
		return 0xffffffff << rng_range(r, 0, 31);
	case 4:
		return rng_u32(r) & rng_u32(r) & rng_u32(r);
	case 5:
		return f->vm->next - rng_range(r, 0, 64) * 1024;
	default:
		return mmu_entry(f->vm->root, MMU_VALID);
	}
}

static uint64_t random_register(struct fuzz *f)
{
	struct rng *r = &f->rng;
	unsigned int core = rng_range(r, 0, NPU_CORES - 1);

	switch (rng_range(r, 0, 19)) {
	case 18:
		return ROCKET_BOARD_BASE + ROCKET_BOARD_READING(rng_range(r, 0, f->readings - 1));
	case 19:
		return ROCKET_BOARD_BASE + ROCKET_BOARD_READING_NS(rng_range(r, 0, 2));
	case 16:
		return ROCKET_BOARD_BASE + 4 * rng_range(r, 0, 12);
	case 17:
		return ROCKET_BOARD_CORE(core) + 4 * rng_range(r, 0, 0xd0);
	case 0:
		return CRU_CLKGATE(27) + 4 * rng_range(r, 0, 3);
	case 1:
		return CRU_SOFTRST(27) + 4 * rng_range(r, 0, 3);
	case 2:
		return PMU_BASE + 0x10c + 4 * rng_range(r, 0, 0x28);
	case 3:
	case 4:
	case 5:
		return MMU_BASE(core, rng_range(r, 0, MMU_BANKS(core) - 1)) + 4 * rng_range(r, 0, 10);
	case 6:
	case 7:
	case 8:
		return NPU_BASE(core) + 4 * rng_range(r, 0, 16);
	case 9:
		return NPU_BASE(core) + 4 * rng_range(r, 0, 0x3fff);
	default:
		return NPU_BASE(core) + 0x1000 * rng_range(r, 0, 15) + 4 * rng_range(r, 0, 0x60);
	}
}

/* Pages of table entries, valid or not, near and far, loops included. */
static uint64_t random_tables(struct fuzz *f, unsigned int pages)
{
	uint64_t tables = board_pages(f->b, HIGH, pages);
	uint32_t entries[1024];
	unsigned int page, i;

	for (page = 0; page < pages; page++) {
		for (i = 0; i < 1024; i++) {
			uint64_t target = tables + (uint64_t)rng_range(&f->rng, 0, pages - 1) * PAGE;

			if (rng_one_in(&f->rng, 8))
				target = rng_u64(&f->rng) & 0xfffffff000;
			if (rng_one_in(&f->rng, 8))
				target = NPU_BASE(rng_range(&f->rng, 0, 2));
			entries[i] = mmu_entry(target, rng_u32(&f->rng) & 0xf);
			if (!rng_one_in(&f->rng, 4))
				entries[i] |= MMU_VALID | MMU_RW;
		}
		qtest_write(f->b->qt, tables + (uint64_t)page * PAGE, entries, PAGE);
	}

	return tables;
}

/* Wild writes, with tables that may lead anywhere, the tables themselves included. */
static void test_registers(struct board *b, const struct env *env)
{
	struct fuzz f;
	uint64_t tables;
	unsigned int i, core;

	fuzz_init(&f, b, env);
	tables = random_tables(&f, 8);
	while (now() < f.end && !tap_failed()) {
		core = rng_range(&f.rng, 0, NPU_CORES - 1);
		revive(&f, core);
		if (rng_one_in(&f.rng, 2)) {
			board_reset_core(b, core);
			board_attach(b, core, f.vm);
			board_start_tasks(b, core, f.good.streams, ROCKET_CONV_ENTRIES,
					  rng_range(&f.rng, 0, 3));
		}
		for (i = 0; i < 100; i++) {
			uint64_t reg = random_register(&f);

			if (rng_one_in(&f.rng, 40))
				mmu_write(b, core, 0, MMU_DTE_ADDR,
					  mmu_entry(tables + PAGE * rng_range(&f.rng, 0, 7), MMU_VALID));
			if (rng_one_in(&f.rng, 3))
				qtest_readl(b->qt, reg);
			else
				qtest_writel(b->qt, reg, random_value(&f));
			if (rng_one_in(&f.rng, 10))
				pass(&f, rng_range(&f.rng, 1, SHORT_NS));
		}
		f.rounds++;
		check_alive(&f);
		/* Tables lead to the good convolution's pages only by chance, 1 in 2^28. */
		if (f.rounds % 16 == 0 && !tap_failed())
			check_core(&f, core);
	}
	for (core = 0; core < NPU_CORES && !tap_failed(); core++)
		check_core(&f, core);
	tap_note("%llu rounds, %llu commands, the slowest step took %.3f s",
		 (unsigned long long)f.rounds, (unsigned long long)qtest_commands(b->qt), f.slowest);
	fuzz_done(&f);
}

/* Fully random, or targets and registers that fit with random values. */
static void random_stream(struct fuzz *f, uint64_t *stream, unsigned int count)
{
	static const unsigned int targets[] = {
		ROCKET_TARGET_CNA, ROCKET_TARGET_CORE, ROCKET_TARGET_DPU, ROCKET_TARGET_DPU_RDMA,
		ROCKET_TARGET_PC, ROCKET_TARGET_PPU, ROCKET_TARGET_PPU_RDMA,
	};
	static const unsigned int blocks[] = { 1, 3, 4, 5, 0, 6, 7 };
	bool wild = rng_one_in(&f->rng, 4);
	unsigned int i, k;

	for (i = 0; i < count; i++) {
		k = rng_range(&f->rng, 0, 6);
		stream[i] = wild ? rng_u64(&f->rng) :
			    rocket_regcmd(targets[k], blocks[k] << 12 | 4 * rng_range(&f->rng, 0, 0x60),
					  random_value(f));
	}
	if (!wild) {
		stream[count - 2] = rocket_regcmd(ROCKET_TARGET_FENCE, 0, 0);
		stream[count - 1] = rocket_regcmd(ROCKET_TARGET_BROADCAST, PC_OPERATION_ENABLE,
						  rng_one_in(&f->rng, 2) ? 0x1d : rng_u32(&f->rng));
	}
}

/* Bits of a register that the stream writes */
static void set_bits(uint64_t *stream, unsigned int reg, uint32_t mask, uint32_t value)
{
	unsigned int i;

	for (i = 0; i < ROCKET_CONV_ENTRIES; i++)
		if ((stream[i] & 0xffff) == reg && stream[i] >> 56)
			stream[i] = (stream[i] & ~((uint64_t)mask << 16)) |
				    (uint64_t)(value & mask) << 16;
}

/* Another format for all blocks, and an output format with its surfaces */
static void change_format(struct fuzz *f, uint64_t *stream)
{
	static const unsigned int formats[] = { 0, 1, 2, 3, 6, 7 }, outs[] = { 0, 1, 2, 3, 4, 5 };
	unsigned int format = formats[rng_range(&f->rng, 0, 5)];
	unsigned int out = outs[rng_range(&f->rng, 0, 5)];
	unsigned int dpu = format == 7 ? 5 : format;
	unsigned int size_e = rng_range(&f->rng, 0, 7);

	set_bits(stream, 0x100c, 0x3f0, format << 4 | format << 7);
	set_bits(stream, 0x3010, 0x700, format << 8);
	set_bits(stream, 0x4010, 0xfc000007, out << 29 | dpu << 26 | dpu);
	set_bits(stream, 0x4050, 0x7fc, size_e << 2 | size_e << 5 | size_e << 8);
	set_bits(stream, 0x104c, 1, 1);
	/* More than any of them needs */
	set_bits(stream, 0x1030, 0xffffffff, 0xffffff);
	if (rng_one_in(&f->rng, 3))
		set_bits(stream, 0x4070, 0x3ff, 0x300);		/* the table */
}

/* The output stage alone: no array, DPU and its reader in flying mode */
static void let_fly(struct fuzz *f, uint64_t *stream)
{
	change_format(f, stream);
	set_bits(stream, 0x400c, 1, 1);
	set_bits(stream, 0x5044, 1, 1);
	stream[ROCKET_CONV_ENTRIES - 1] =
		rocket_regcmd(ROCKET_TARGET_BROADCAST, PC_OPERATION_ENABLE, 0x18);
}

/* Pooling of what lies around the good convolution's output, of a random shape */
static void pooling_stream(struct fuzz *f, uint64_t *stream)
{
	struct rng *r = &f->rng;
	uint32_t w = rng_range(r, 0, 20), h = rng_range(r, 0, 20), c = rng_range(r, 0, 40);
	const struct {
		unsigned int target, reg;
		uint32_t value;
	} entries[] = {
		{ ROCKET_TARGET_PPU, 0x6004, 0xe }, { ROCKET_TARGET_PPU_RDMA, 0x7004, 0xe },
		{ ROCKET_TARGET_PPU, 0x600c, w }, { ROCKET_TARGET_PPU, 0x6010, h },
		{ ROCKET_TARGET_PPU, 0x6014, c }, { ROCKET_TARGET_PPU, 0x6020, c },
		{ ROCKET_TARGET_PPU, 0x6018, rng_range(r, 0, 25) },
		{ ROCKET_TARGET_PPU, 0x601c, rng_range(r, 0, 25) },
		{ ROCKET_TARGET_PPU, 0x6024, 0x10 | rng_range(r, 0, 3) },
		{ ROCKET_TARGET_PPU, 0x6034, rng_u32(r) }, { ROCKET_TARGET_PPU, 0x6038, rng_u32(r) },
		{ ROCKET_TARGET_PPU, 0x603c, rng_u32(r) }, { ROCKET_TARGET_PPU, 0x6040, rng_u32(r) },
		{ ROCKET_TARGET_PPU, 0x6044, rng_u32(r) }, { ROCKET_TARGET_PPU, 0x6084, 2 },
		{ ROCKET_TARGET_PPU, 0x6070, f->good.conv.out_addr },
		{ ROCKET_TARGET_PPU, 0x607c, 64 * rng_range(r, 0, 100) },
		{ ROCKET_TARGET_PPU_RDMA, 0x700c, w }, { ROCKET_TARGET_PPU_RDMA, 0x7010, h },
		{ ROCKET_TARGET_PPU_RDMA, 0x7014, c },
		{ ROCKET_TARGET_PPU_RDMA, 0x701c, f->good.conv.in_addr },
		{ ROCKET_TARGET_PPU_RDMA, 0x7024, 16 * rng_range(r, 0, 20) },
		{ ROCKET_TARGET_PPU_RDMA, 0x7028, 16 * rng_range(r, 0, 100) },
	};
	unsigned int i, count = sizeof(entries) / sizeof(*entries);

	memset(stream, 0, ROCKET_CONV_ENTRIES * sizeof(*stream));
	for (i = 0; i < count; i++)
		stream[i] = rocket_regcmd(entries[i].target, entries[i].reg, entries[i].value);
	stream[count] = rocket_regcmd(ROCKET_TARGET_FENCE, 0, 0);
	stream[count + 1] = rocket_regcmd(ROCKET_TARGET_BROADCAST, PC_OPERATION_ENABLE, 0x60);
}

/* A valid stream of a random shape with a few things changed. */
static void mutated_stream(struct fuzz *f, uint64_t *stream)
{
	struct rocket_conv conv = f->good.conv;
	struct rocket_conv_task task;
	unsigned int changes, at;

	conv.in_channels = rng_range(&f->rng, 1, 64);
	conv.out_channels = rng_range(&f->rng, 1, 64);
	conv.depthwise = rng_one_in(&f->rng, 3) && conv.in_channels > 1;
	if (conv.depthwise)
		conv.out_channels = conv.in_channels;
	conv.add = rng_one_in(&f->rng, 3);
	conv.add_addr = conv.in_addr;
	conv.add_scale = 1;
	rocket_conv_split(&conv, &task, 1, 0);
	task.data_reuse = rng_one_in(&f->rng, 8);
	task.weight_reuse = rng_one_in(&f->rng, 8);
	if (rng_one_in(&f->rng, 2))
		task.next_addr = f->streams + 64 * rng_range(&f->rng, 0, STREAM_PAGES * PAGE / 64 - 1);
	if (rocket_conv_emit(&conv, &task, stream, ROCKET_CONV_ENTRIES) < 0)
		tap_bail_out("no valid stream to change");

	switch (rng_range(&f->rng, 0, 5)) {
	case 0:
	case 1:
		change_format(f, stream);
		break;
	case 2:
		let_fly(f, stream);
		break;
	case 3:
		pooling_stream(f, stream);
		break;
	}

	for (changes = rng_range(&f->rng, 0, 6); changes; changes--) {
		at = rng_range(&f->rng, 0, ROCKET_CONV_ENTRIES - 1);
		if (rng_one_in(&f->rng, 3))
			stream[at] ^= 1ULL << rng_range(&f->rng, 0, 63);
		else if (rng_one_in(&f->rng, 3))
			stream[at] = stream[rng_range(&f->rng, 0, ROCKET_CONV_ENTRIES - 1)];
		else
			stream[at] = (stream[at] & ~0xffffffff0000ULL) |
				     (uint64_t)random_value(f) << 16;
	}
}

/* Serve what came up as a driver that gives up would: acknowledge, reset. */
static void run_stream(struct fuzz *f, unsigned int core, unsigned int entries)
{
	struct board *b = f->b;
	unsigned int i, bank;

	board_start_tasks(b, core, f->streams, entries, rng_range(&f->rng, 1, 3));
	for (i = rng_range(&f->rng, 1, 4); i; i--) {
		pass(f, rng_range(&f->rng, 1, SHORT_NS));
		for (bank = 0; bank < MMU_BANKS(core); bank++) {
			mmu_write(b, core, bank, MMU_COMMAND, MMU_CMD_PAGE_FAULT_DONE);
			mmu_write(b, core, bank, MMU_INT_CLEAR, MMU_IRQ_ALL);
		}
		board_ack(b, core);
	}
}

/*
 * Streams behind good tables: garbage may write to what is mapped for writing,
 * the good convolution's output, and to nothing else.
 */
static void test_streams(struct board *b, const struct env *env)
{
	uint64_t stream[512], tasks = 0;
	unsigned int core, entries;
	struct fuzz f;

	fuzz_init(&f, b, env);
	for (core = 0; core < NPU_CORES; core++)
		board_attach(b, core, f.vm);
	while (now() < f.end && !tap_failed()) {
		core = rng_range(&f.rng, 0, NPU_CORES - 1);
		if (rng_one_in(&f.rng, 3)) {
			entries = rng_range(&f.rng, 4, 512);
			random_stream(&f, stream, entries);
		} else {
			entries = ROCKET_CONV_ENTRIES;
			mutated_stream(&f, stream);
		}
		vm_write(f.vm, f.streams, stream, entries * 8);
		/* Left running on this core while the next is tried on another */
		run_stream(&f, core, entries);
		/* A hung core ignores starts: mostly, do not leave it like that. */
		if (!rng_one_in(&f.rng, 8)) {
			board_reset_core(b, core);
			board_attach(b, core, f.vm);
		}
		f.rounds++;
		if (f.rounds % 32 == 0) {
			check_alive(&f);
			if (!tap_failed())
				check_core(&f, core);
		}
	}
	for (core = 0; core < NPU_CORES; core++) {
		tasks += board_count(b, core, ROCKET_BOARD_TASKS);
		if (!tap_failed())
			check_core(&f, core);
	}
	if (!tap_failed())
		canary_check(b, f.canary);
	/* Streams of which none ran would prove little. */
	if (!tap_failed() && tasks < f.rounds / 16)
		tap_fail(__FILE__, __LINE__, "%llu tasks in %llu rounds",
			 (unsigned long long)tasks, (unsigned long long)f.rounds);
	tap_note("%llu rounds, %llu tasks completed, the slowest step took %.3f s",
		 (unsigned long long)f.rounds, (unsigned long long)tasks, f.slowest);
	fuzz_done(&f);
}

void suite_fuzz(const struct env *env)
{
	run_test(env, "fuzz: random register writes and page tables", test_registers,
		 "-machine silicon=page-0x2000=reads-zero");
	run_test(env, "fuzz: random and damaged register-command streams", test_streams, NULL);
}
