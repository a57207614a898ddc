// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is different on the board with the NPU of an RK3576: addresses, TASK_CON and
 * TASK_STATUS, the bits of RAW_STATUS, what a reset does to the IOMMU, and the
 * readings that only this chip has.
 *
 * Facts: docs/silicon.rst.  The pooling task is the smallest that writes something.
 */
#include <stdio.h>

#include "board.h"
#include "rk3576.h"
#include "rocket_regcmd.h"
#include "suite.h"
#include "tap.h"

#define TASK_NS			100000

/* A block's registers in a stream, and the end of it */
#define WRITE(block)		((uint64_t)(1u << (8 + (block)) | 1) << 48)
#define FENCE			(0x0041ULL << 48)
#define ENABLE			(0x0081ULL << 48 | (uint64_t)0x60 << 16 | PC_OPERATION_ENABLE)
#define ENTRIES			24
#define TASKS			3

struct fixture {
	struct board *b;
	struct vm *vm;
	uint32_t streams[TASKS], in, out;
};

/* 2 by 2 pixels of 16 channels to the greatest of each; then the task at @next. */
static void emit(struct fixture *f, unsigned int task, uint32_t next)
{
	const struct {
		unsigned int reg;
		uint32_t value;
	} regs[] = {
		{ 0x6004, 0xe }, { 0x7004, 0xe },
		{ 0x600c, 1 }, { 0x6010, 1 }, { 0x6014, 15 },
		{ 0x6018, 0 }, { 0x601c, 0 }, { 0x6020, 15 },
		{ 0x6024, 1u << 4 | 1 }, { 0x6034, 1u << 8 | 1 },
		{ 0x6070, f->out + 16 * task }, { 0x607c, 16 },
		{ 0x700c, 1 }, { 0x7010, 1 }, { 0x7014, 15 },
		{ 0x701c, f->in }, { 0x7024, 32 }, { 0x7028, 64 },
	};
	uint64_t stream[ENTRIES] = { 0 };
	unsigned int i, n = 0;

	for (i = 0; i < sizeof(regs) / sizeof(*regs); i++)
		stream[n++] = WRITE(regs[i].reg >> 12) | (uint64_t)regs[i].value << 16 |
			      regs[i].reg;
	stream[n++] = WRITE(0) | (uint64_t)next << 16 | PC_BASE_ADDRESS;
	stream[n++] = WRITE(0) | PC_REGISTER_AMOUNTS |
		      (uint64_t)(next ? rocket_regcmd_amount(ENTRIES) : 0) << 16;
	stream[n++] = FENCE;
	stream[n] = ENABLE;
	vm_write(f->vm, f->streams[task], stream, sizeof(stream));
}

static void init(struct fixture *f, struct board *b)
{
	uint8_t pixels[4 * 16];
	unsigned int i;

	rk3576_power_up(b);
	f->b = b;
	f->vm = vm_new(b, HIGH);
	f->in = vm_alloc(f->vm, PAGE, MMU_RW);
	f->out = vm_alloc(f->vm, PAGE, MMU_RW);
	for (i = 0; i < sizeof(pixels); i++)
		pixels[i] = (uint8_t)(37 * i + 11);
	vm_write(f->vm, f->in, pixels, sizeof(pixels));
	for (i = 0; i < TASKS; i++)
		f->streams[i] = vm_alloc(f->vm, PAGE, MMU_READ);
	for (i = 0; i < TASKS; i++)
		emit(f, i, i + 1 < TASKS ? f->streams[i + 1] : 0);
	board_set(b, ROCKET_BOARD_TASK_NS, TASK_NS);
	rk3576_attach(b, 0, f->vm);
	rk3576_attach(b, 1, f->vm);
}

static void start(struct fixture *f, unsigned int core, uint32_t task_con)
{
	rk3576_start(f->b, core, f->streams[0], ENTRIES, task_con, PC_IRQ_PPU);
}

/* How many of the tasks have written, all of what they should */
static unsigned int written(struct fixture *f)
{
	unsigned int task, c, p, done = 0;

	for (task = 0; task < TASKS; task++) {
		int8_t in[4 * 16], out[16];
		bool right = true;

		vm_read(f->vm, f->in, in, sizeof(in));
		vm_read(f->vm, f->out + 16 * task, out, sizeof(out));
		for (c = 0; c < 16; c++) {
			int8_t most = in[c];

			for (p = 1; p < 4; p++)
				if (in[16 * p + c] > most)
					most = in[16 * p + c];
			right = right && out[c] == most;
		}
		done += right;
	}
	return done;
}

static void test_task(struct board *b, const struct env *env)
{
	struct fixture f;

	(void)env;
	init(&f, b);
	CHECK_EQ(rk3576_rd(b, 0, PC_VERSION) + (rk3576_rd(b, 0, PC_VERSION_NUM) & 0xffff), VERSION, "version");
	start(&f, 0, TASK_CON_COUNT_CLEAR | TASK_CON_PP_EN | 1);
	CHECK(rk3576_wait_irq(b, 0), "no interrupt");
	CHECK(rk3576_rd(b, 0, PC_INTERRUPT_RAW_STATUS) & PC_IRQ_PPU, "PPU not in RAW_STATUS");
	CHECK(rk3576_rd(b, 0, PC_INTERRUPT_RAW_STATUS) & PC_DONE, "PC_DONE not in RAW_STATUS");
	CHECK_EQ(rk3576_rd(b, 0, TASK_STATUS) >> 16, 0, "completed, modulo the number of tasks");
	CHECK_EQ(written(&f), 1, "tasks that wrote");
	vm_free(f.vm);
}

/* Both halves go from 0 to the number of tasks, which reads 0. */
static void test_chain(struct board *b, const struct env *env)
{
	struct fixture f;
	uint32_t status, completed, seen = 0;

	(void)env;
	init(&f, b);
	start(&f, 1, TASK_CON_COUNT_CLEAR | TASK_CON_PP_EN | TASKS);
	while (!qtest_irq(b->qt, SPI(1)) && qtest_clock_next(b->qt)) {
		status = rk3576_rd(b, 1, TASK_STATUS);
		completed = status >> 16;
		CHECK(completed < TASKS && (status & 0xffff) < TASKS, "TASK_STATUS 0x%x", status);
		seen |= 1u << completed;
	}
	CHECK_EQ(written(&f), TASKS, "tasks that wrote");
	CHECK_EQ(seen, 7, "numbers of completed tasks seen, as bits");
	CHECK_EQ(rk3576_rd(b, 1, TASK_STATUS), 0, "TASK_STATUS at the end");
	vm_free(f.vm);
}

/* 28673 tasks, so that the PC goes on where a stream is the last one. */
static void test_rk3588_word(struct board *b, const struct env *env)
{
	struct fixture f;

	(void)env;
	init(&f, b);
	start(&f, 0, PC_TASK_CON_START | PC_TASK_CON_COUNT_CLEAR | PC_TASK_CON_PP_EN | 1);
	rk3576_wait_irq(b, 0);
	CHECK(written(&f) > 1, "the word of an RK3588 asked for one task");
	vm_free(f.vm);
}

static void test_reset(struct board *b, const struct env *env)
{
	struct fixture f;
	uint32_t root;

	(void)env;
	init(&f, b);
	root = rk3576_mmu_rd(b, 0, 0, MMU_DTE_ADDR);
	CHECK(root, "DTE_ADDR is not kept");
	rk3576_srst_a(b, 0);
	rk3576_mmu_all(b, 0, MMU_DTE_ADDR, root);
	CHECK(rk3576_mmu_rd(b, 0, 0, MMU_DTE_ADDR) != root, "DTE_ADDR takes a value after srst_a");
	rk3576_biu(b, 0);
	rk3576_mmu_all(b, 0, MMU_DTE_ADDR, root);
	CHECK_EQ(rk3576_mmu_rd(b, 0, 0, MMU_DTE_ADDR), root, "DTE_ADDR after the reset of the BIU");
	CHECK_EQ(rk3576_mmu_rd(b, 1, 0, MMU_DTE_ADDR), root, "DTE_ADDR of the other core");
	vm_free(f.vm);
}

/* It has an effect only where the IOMMU is revived without it. */
static void test_reset_off(struct board *b, const struct env *env)
{
	struct fixture f;
	uint32_t root;

	(void)env;
	init(&f, b);
	root = rk3576_mmu_rd(b, 0, 0, MMU_DTE_ADDR);
	rk3576_srst_a(b, 0);
	rk3576_mmu_all(b, 0, MMU_DTE_ADDR, root);
	CHECK_EQ(rk3576_mmu_rd(b, 0, 0, MMU_DTE_ADDR), root, "DTE_ADDR after srst_a");
	vm_free(f.vm);
}

static void test_cbuf_clock(struct board *b, const struct env *env)
{
	struct fixture f;
	uint32_t root;

	(void)env;
	init(&f, b);
	root = rk3576_mmu_rd(b, 0, 0, MMU_DTE_ADDR);
	rk3576_cbuf_clocks(b, false);
	rk3576_mmu_all(b, 0, MMU_DTE_ADDR, root + PAGE);
	rk3576_cbuf_clocks(b, true);
	CHECK_EQ(rk3576_mmu_rd(b, 0, 0, MMU_DTE_ADDR), root, "DTE_ADDR written without the buffer's clocks");
	vm_free(f.vm);
}

static void two_cores(struct board *b, bool exact)
{
	struct fixture f;

	init(&f, b);
	start(&f, 0, TASK_CON_COUNT_CLEAR | TASK_CON_PP_EN | TASKS);
	start(&f, 1, TASK_CON_COUNT_CLEAR | TASK_CON_PP_EN | TASKS);
	CHECK(rk3576_wait_irq(b, 0), "no interrupt of core 0");
	CHECK(rk3576_wait_irq(b, 1), "no interrupt of core 1");
	CHECK_EQ(written(&f) == TASKS, exact, "right results of two cores at once");
	vm_free(f.vm);
}

static void test_two_wrong(struct board *b, const struct env *env)
{
	(void)env;
	two_cores(b, false);
}

static void test_two_exact(struct board *b, const struct env *env)
{
	(void)env;
	two_cores(b, true);
}

static void test_stale(struct board *b, const struct env *env)
{
	(void)env;
	rk3576_power_up(b);
	rk3576_power(b, 0, false);
	rk3576_power(b, 0, true);
	CHECK(rk3576_rd(b, 0, PC_VERSION) != 0x46495245, "VERSION without a pulse of the BIU's reset");
	rk3576_biu(b, 0);
	CHECK_EQ(rk3576_rd(b, 0, PC_VERSION), 0x46495245, "VERSION after it");
}

void suite_rk3576(const struct env *env)
{
	static const struct {
		const char *name;
		test_fn *fn;
		const char *options;
	} tests[] = {
		{ "one task", test_task, MACHINE },
		{ "a chain, and its counter", test_chain, MACHINE },
		{ "TASK_CON as on an RK3588", test_rk3588_word, MACHINE },
		{ "a reset disables the IOMMU", test_reset, MACHINE },
		{ "reset-kills-iommu=off", test_reset_off, SILICON("reset-kills-iommu=off") },
		{ "clocks of the buffer and the IOMMU", test_cbuf_clock, MACHINE },
		{ "two-cores=wrong", test_two_wrong, MACHINE },
		{ "two-cores=exact", test_two_exact, SILICON("two-cores=exact") },
		{ "biu-at-power-on=stale", test_stale, SILICON("biu-at-power-on=stale") },
	};
	char name[80];
	unsigned int i;

	for (i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		snprintf(name, sizeof(name), "rk3576: %s", tests[i].name);
		run_bare_test(env, name, tests[i].fn, tests[i].options);
	}
}
