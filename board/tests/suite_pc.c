// SPDX-License-Identifier: GPL-2.0-or-later
/* The program controller: streams, chains, interrupts, counters, time. */
#include <string.h>

#include "conv_case.h"
#include "suite.h"
#include "tap.h"

#define CHAIN		CASE_CHAIN
/* Blocks of the op-enable broadcast, and where that entry and PC entries stand */
#define LAST_ENTRY	(ROCKET_CONV_ENTRIES - 1)

static void start(struct conv_case *c, unsigned int core, unsigned int first, unsigned int tasks)
{
	board_start_tasks(c->vm->b, core, c->streams + first * CASE_STREAM_PITCH,
			  ROCKET_CONV_ENTRIES, tasks);
}

/* One start, one interrupt, all tasks done; then again with interrupts of each. */
static void test_chain(struct board *b, const struct env *env)
{
	unsigned int core, edges;
	struct conv_case c;
	struct vm *vm;

	for (core = 0; core < NPU_CORES; core++) {
		vm = vm_new(b, HIGH);
		conv_case_chain(&c, vm, env->seed + core);
		board_attach(b, core, vm);
		edges = qtest_irq_edges(b->qt, NPU_SPI(core));
		conv_case_run(&c, core);
		CHECK_PASSED();
		conv_case_check(&c);
		CHECK_PASSED();
		CHECK_EQ(qtest_irq_edges(b->qt, NPU_SPI(core)) - edges, 1, "interrupts of a chain");
		CHECK_EQ(board_count(b, core, ROCKET_BOARD_STARTS), 1, "STARTS");
		CHECK_EQ(board_count(b, core, ROCKET_BOARD_TASKS), CHAIN, "TASKS");
		CHECK_EQ(board_count(b, core, ROCKET_BOARD_NPU_IRQS), 1, "NPU_IRQS");
		/* As measured: the count is one modulo the task number. */
		CHECK_EQ(npu_read(b, core, PC_TASK_STATUS), 0xf000, "TASK_STATUS");
		conv_case_free(&c);
		vm_free(vm);
	}
}

/* The PC stops after the programmed number, chain or not. */
static void test_chain_cut(struct board *b, const struct env *env)
{
	struct vm *vm = vm_new(b, HIGH);
	struct conv_case c;
	unsigned int row;

	conv_case_chain(&c, vm, env->seed);
	board_attach(b, 0, vm);
	start(&c, 0, 0, 2);
	CHECK(board_wait_irq(b, 0, LONG_NS), "no interrupt");
	board_ack(b, 0);
	CHECK(!board_wait_irq(b, 0, 1000000000), "a second interrupt");
	CHECK_EQ(board_count(b, 0, ROCKET_BOARD_TASKS), 2, "TASKS");
	for (row = 0; row < 2 * CHAIN; row++)
		CHECK(conv_case_row_written(&c, row) == (row < 4), "row %u was %swritten", row,
		      row < 4 ? "not " : "");
	/* As the mainline driver does: the rest one by one */
	start(&c, 0, 2, 1);
	CHECK(board_wait_irq(b, 0, LONG_NS), "no interrupt of task 2");
	board_ack(b, 0);
	start(&c, 0, 3, 1);
	CHECK(board_wait_irq(b, 0, LONG_NS), "no interrupt of task 3");
	conv_case_check(&c);
	conv_case_free(&c);
	vm_free(vm);
}

/* More tasks wanted than there are: all of them run, the interrupt never comes. */
static void test_chain_short(struct board *b, const struct env *env)
{
	struct vm *vm = vm_new(b, HIGH);
	struct conv_case c;

	conv_case_chain(&c, vm, env->seed);
	board_attach(b, 1, vm);
	start(&c, 1, 0, CHAIN + 1);
	CHECK(!board_wait_irq(b, 1, LONG_NS), "an interrupt without reason");
	CHECK_EQ(npu_read(b, 1, PC_INTERRUPT_RAW_STATUS) & PC_IRQ_DPU, 0, "DPU in RAW_STATUS");
	CHECK_EQ(board_count(b, 1, ROCKET_BOARD_TASKS), CHAIN, "TASKS");
	CHECK_EQ(npu_read(b, 1, PC_TASK_STATUS) & 0xfff, CHAIN, "TASK_STATUS");
	conv_case_check(&c);
	conv_case_free(&c);
	vm_free(vm);
}

/* A stream in the middle of the chain is not mapped. */
static void test_chain_fault(struct board *b, const struct env *env)
{
	struct vm *vm = vm_new(b, HIGH);
	struct conv_case c;
	uint64_t stream[ROCKET_CONV_ENTRIES];
	uint32_t page;

	conv_case_chain(&c, vm, env->seed);
	/* Move the second stream to an address where nothing is. */
	page = vm_alloc(vm, PAGE, MMU_READ);
	vm_unmap(vm, page);
	c.tasks[0].next_addr = page;
	rocket_conv_emit(&c.conv, &c.tasks[0], stream, ROCKET_CONV_ENTRIES);
	vm_write(vm, c.streams, stream, sizeof(stream));
	board_attach(b, 1, vm);
	start(&c, 1, 0, CHAIN);
	CHECK(board_wait_irq(b, 1, LONG_NS), "no interrupt");
	CHECK_EQ(mmu_read(b, 1, 0, MMU_INT_STATUS), MMU_IRQ_PAGE_FAULT, "INT_STATUS");
	CHECK_EQ(mmu_read(b, 1, 0, MMU_PAGE_FAULT_ADDR), page, "PAGE_FAULT_ADDR");
	CHECK_EQ(board_count(b, 1, ROCKET_BOARD_TASKS), 1, "TASKS");
	CHECK_EQ(npu_read(b, 1, PC_INTERRUPT_RAW_STATUS) & PC_IRQ_DPU, 0, "DPU in RAW_STATUS");

	/* The stream arrives late; the chain goes on. */
	rocket_conv_emit(&c.conv, &c.tasks[1], stream, ROCKET_CONV_ENTRIES);
	qtest_write(b->qt, vm_phys(vm, page), stream, sizeof(stream));
	vm_map(vm, page, vm_phys(vm, page), MMU_READ);
	mmu_write(b, 1, 0, MMU_COMMAND, MMU_CMD_ZAP_CACHE);
	mmu_write(b, 1, 0, MMU_COMMAND, MMU_CMD_PAGE_FAULT_DONE);
	mmu_write(b, 1, 0, MMU_INT_CLEAR, MMU_IRQ_ALL);
	CHECK(board_wait_irq(b, 1, LONG_NS), "no interrupt after the repair");
	CHECK_EQ(board_count(b, 1, ROCKET_BOARD_TASKS), CHAIN, "TASKS");
	conv_case_check(&c);
	conv_case_free(&c);
	vm_free(vm);
}

/* DPU_0 and DPU_1 take turns, task after task, started singly or chained. */
static void test_ping_pong(struct board *b, const struct env *env)
{
	struct vm *vm = vm_new(b, HIGH);
	struct conv_case c;
	uint32_t raw, last = 0;
	unsigned int i;

	conv_case_chain(&c, vm, env->seed);
	board_attach(b, 2, vm);
	for (i = 0; i < 6; i++) {
		start(&c, 2, i % CHAIN, 1);
		CHECK(board_wait_irq(b, 2, LONG_NS), "no interrupt");
		raw = npu_read(b, 2, PC_INTERRUPT_RAW_STATUS) & PC_IRQ_DPU;
		CHECK(raw == PC_IRQ_DPU_0 || raw == PC_IRQ_DPU_1, "RAW_STATUS has 0x%x", raw);
		CHECK(raw != last, "run %u: the same group again, 0x%x", i, raw);
		last = raw;
		board_ack(b, 2);
	}
	/* Three tasks in a chain end where the last but two began. */
	start(&c, 2, 0, 3);
	CHECK(board_wait_irq(b, 2, LONG_NS), "no interrupt");
	raw = npu_read(b, 2, PC_INTERRUPT_RAW_STATUS) & PC_IRQ_DPU;
	CHECK_EQ(raw, PC_IRQ_DPU & ~last, "group of the third task of a chain");
	conv_case_free(&c);
	vm_free(vm);
}

static void test_mask_clear(struct board *b, const struct env *env)
{
	struct vm *vm = vm_new(b, HIGH);
	struct conv_case c;
	uint32_t raw, other;

	conv_case_chain(&c, vm, env->seed);
	board_attach(b, 0, vm);
	/* The mask is written before the start and again while the task runs. */
	start(&c, 0, 0, 1);
	npu_write(b, 0, PC_INTERRUPT_MASK, 0);
	CHECK(!board_wait_irq(b, 0, 1000000000), "a masked interrupt came");
	raw = npu_read(b, 0, PC_INTERRUPT_RAW_STATUS) & PC_IRQ_DPU;
	CHECK(raw, "RAW_STATUS does not show a masked completion");
	CHECK_EQ(npu_read(b, 0, PC_INTERRUPT_STATUS), 0, "STATUS");
	other = PC_IRQ_DPU & ~raw;
	npu_write(b, 0, PC_INTERRUPT_MASK, other);
	CHECK(!qtest_irq(b->qt, NPU_SPI(0)), "the other group's mask raises the line");
	npu_write(b, 0, PC_INTERRUPT_MASK, PC_IRQ_DPU);
	CHECK(qtest_irq(b->qt, NPU_SPI(0)), "unmasking does not raise the line");
	CHECK_EQ(npu_read(b, 0, PC_INTERRUPT_STATUS), raw, "STATUS, unmasked");
	npu_write(b, 0, PC_INTERRUPT_CLEAR, other);
	CHECK(qtest_irq(b->qt, NPU_SPI(0)), "clearing the other group lowers the line");
	npu_write(b, 0, PC_INTERRUPT_CLEAR, raw);
	CHECK(!qtest_irq(b->qt, NPU_SPI(0)), "INTERRUPT_CLEAR does not lower the line");
	CHECK_EQ(npu_read(b, 0, PC_INTERRUPT_RAW_STATUS) & PC_IRQ_DPU, 0, "RAW_STATUS, cleared");
	conv_case_free(&c);
	vm_free(vm);
}

/* Not cleared, an interrupt stays up through the next task and is one edge. */
static void test_level(struct board *b, const struct env *env)
{
	struct vm *vm = vm_new(b, HIGH);
	struct conv_case c;
	unsigned int edges;

	conv_case_chain(&c, vm, env->seed);
	board_attach(b, 0, vm);
	edges = qtest_irq_edges(b->qt, NPU_SPI(0));
	npu_write(b, 0, PC_INTERRUPT_MASK, PC_IRQ_DPU);
	start(&c, 0, 0, 1);
	CHECK(board_wait_irq(b, 0, LONG_NS), "no interrupt");
	board_pass(b, 1000000000);
	CHECK(qtest_irq(b->qt, NPU_SPI(0)), "the line went down by itself");
	CHECK_EQ(qtest_irq_edges(b->qt, NPU_SPI(0)), edges + 1, "edges of the line");
	/* Both causes of the shared line: the NPU's is served, the IOMMU's is not. */
	board_ack(b, 0);
	vm_unmap(vm, c.conv.in_addr);
	board_mmu_command(b, 0, MMU_CMD_ZAP_CACHE);
	start(&c, 0, 0, 1);
	CHECK(board_wait_irq(b, 0, LONG_NS), "no interrupt of the IOMMU");
	board_ack(b, 0);
	CHECK(qtest_irq(b->qt, NPU_SPI(0)), "clearing the NPU's interrupts cleared the IOMMU's");
	conv_case_free(&c);
	vm_free(vm);
}

/* A core named wrongly in S_POINTER never completes (V and K both name it). */
static void test_core_select(struct board *b, const struct env *env)
{
	struct vm *vm = vm_new(b, HIGH);
	struct conv_case c;

	conv_case_chain(&c, vm, env->seed);
	board_attach(b, 1, vm);
	npu_write(b, 1, CNA_S_POINTER, 0xe);
	npu_write(b, 1, CORE_S_POINTER, 0xe);
	npu_write(b, 1, PC_BASE_ADDRESS, c.streams);
	npu_write(b, 1, PC_REGISTER_AMOUNTS, rocket_regcmd_amount(ROCKET_CONV_ENTRIES));
	npu_write(b, 1, PC_INTERRUPT_MASK, PC_IRQ_DPU);
	npu_write(b, 1, PC_TASK_CON, PC_TASK_CON_START | PC_TASK_CON_COUNT_CLEAR |
				     PC_TASK_CON_PP_EN | 1);
	npu_write(b, 1, PC_OPERATION_ENABLE, 1);
	CHECK(!board_wait_irq(b, 1, LONG_NS), "core 1 works for core 0");
	CHECK(!conv_case_row_written(&c, 0), "core 1 writes output for core 0");
	board_reset_core(b, 1);
	board_attach(b, 1, vm);
	conv_case_run(&c, 1);
	CHECK_PASSED();
	conv_case_check(&c);
	conv_case_free(&c);
	vm_free(vm);
}

/* Tasks of all three cores overlap in time and do not disturb each other. */
static void test_parallel(struct board *b, const struct env *env)
{
	struct conv_case c[NPU_CORES];
	struct vm *vm[NPU_CORES];
	unsigned int core;
	int64_t begin;

	board_set(b, ROCKET_BOARD_TASK_NS, 1000000);
	for (core = 0; core < NPU_CORES; core++) {
		vm[core] = vm_new(b, HIGH);
		conv_case_chain(&c[core], vm[core], env->seed + core);
		board_attach(b, core, vm[core]);
	}
	begin = qtest_clock(b->qt);
	for (core = 0; core < NPU_CORES; core++)
		start(&c[core], core, 0, CHAIN);
	for (core = 0; core < NPU_CORES; core++) {
		CHECK(board_wait_irq(b, core, LONG_NS), "core %u: no interrupt", core);
		CHECK(npu_read(b, core, PC_INTERRUPT_RAW_STATUS) & PC_IRQ_DPU,
		      "core %u: no completion", core);
	}
	CHECK(qtest_clock(b->qt) - begin < 2 * CHAIN * 1000000,
	      "the cores worked one after the other");
	for (core = 0; core < NPU_CORES; core++) {
		conv_case_check(&c[core]);
		CHECK_PASSED();
		conv_case_free(&c[core]);
		vm_free(vm[core]);
	}
}

/* Multiply-accumulates, counted with channels rounded up as the array works on them. */
static uint64_t array_macs(const struct rocket_conv *c)
{
	uint64_t macs = (uint64_t)rocket_conv_out_width(c) * rocket_conv_out_height(c) *
			c->kernel_width * c->kernel_height * ((c->in_channels + 15) / 16 * 16);

	return c->depthwise ? macs : macs * ((c->out_channels + 1) / 2 * 2);
}

/* A stream is fetched in units of four entries, 32 bytes. */
static uint64_t stream_bytes(void)
{
	return (ROCKET_CONV_ENTRIES + 3) / 4 * 32;
}

static uint64_t bytes_read(const struct rocket_conv *c)
{
	return stream_bytes() + rocket_conv_input_size(c) + rocket_conv_weights_size(c) +
	       (c->out_channels + 15) / 16 * 16 * 4;
}

static uint64_t bytes_written(const struct rocket_conv *c)
{
	return (uint64_t)rocket_conv_out_width(c) * rocket_conv_out_height(c) *
	       ((c->out_channels + 15) / 16 * 16);
}

/* All counters of a task by what the task is, and its time by the formula. */
static void check_counts(struct board *b, const struct rocket_conv *conv, unsigned int core,
			 uint32_t slowdown)
{
	static const unsigned int counters[] = {
		ROCKET_BOARD_STARTS, ROCKET_BOARD_TASKS, ROCKET_BOARD_MACS,
		ROCKET_BOARD_BYTES_READ, ROCKET_BOARD_BYTES_WRITTEN, ROCKET_BOARD_NPU_IRQS,
		ROCKET_BOARD_BUSY_NS, ROCKET_BOARD_FAULTS, ROCKET_BOARD_BUS_ERRORS,
		ROCKET_BOARD_CBUF_REUSES,
	};
	struct vm *vm = vm_new(b, HIGH);
	uint64_t before[10], wanted[10], ns;
	struct rng rng = { 3 };
	struct conv_case c;
	int64_t begin;
	unsigned int i;

	board_set(b, ROCKET_BOARD_TASK_NS, 7000);
	board_set(b, ROCKET_BOARD_PS_PER_KMAC, 1234567);
	board_set(b, ROCKET_BOARD_PS_PER_KBYTE, 7654321);
	board_inject(b, core, ROCKET_BOARD_SLOWDOWN, slowdown);
	conv_case_init(&c, conv, &rng);
	conv_case_place(&c, vm);
	board_attach(b, core, vm);

	ns = 7000 + array_macs(conv) * 1234567 / 1000000 +
	     (bytes_read(conv) + bytes_written(conv)) * 7654321 / 1000000;
	ns = ns * (slowdown ? slowdown : 100) / 100;
	memset(wanted, 0, sizeof(wanted));
	wanted[0] = wanted[1] = wanted[5] = 1;
	wanted[2] = array_macs(conv);
	wanted[3] = bytes_read(conv);
	wanted[4] = bytes_written(conv);
	wanted[6] = ns;

	for (i = 0; i < 10; i++)
		before[i] = board_count(b, core, counters[i]);
	begin = qtest_clock(b->qt);
	conv_case_run(&c, core);
	CHECK_PASSED();
	CHECK_EQ((uint64_t)(qtest_clock(b->qt) - begin), ns, "virtual time of the task, ns");
	CHECK_EQ(board_count(b, core, ROCKET_BOARD_LAST_START_NS), (uint64_t)begin,
		 "LAST_START_NS");
	for (i = 0; i < 10; i++) {
		uint64_t seen = board_count(b, core, counters[i]) - before[i];

		CHECK(seen == wanted[i], "counter 0x%x rose by %llu, not %llu", counters[i],
		      (unsigned long long)seen, (unsigned long long)wanted[i]);
	}
	conv_case_free(&c);
	vm_free(vm);
}

static void test_counts(struct board *b, const struct env *env)
{
	struct rocket_conv conv;

	(void)env;
	conv = conv_shape(14, 9, 33, 17, 3, 2, 1);
	check_counts(b, &conv, 0, 0);
	CHECK_PASSED();
	conv = conv_shape(10, 10, 48, 48, 3, 1, 1);
	conv.depthwise = true;
	check_counts(b, &conv, 1, 0);
	CHECK_PASSED();
	conv = conv_shape(28, 28, 1, 8, 5, 1, 0);
	check_counts(b, &conv, 2, 250);
}

/* A stream that enables nothing, or in which nothing makes sense, hangs the task alone. */
static void test_bad_streams(struct board *b, const struct env *env)
{
	static const struct {
		unsigned int entry;
		uint64_t value;
		const char *what;
	} bad[] = {
		{ LAST_ENTRY, 0, "no op-enable" },
		{ LAST_ENTRY, 0x0081000000010008, "op-enable of the CNA alone" },
		{ 0, 0x0201000000001040, "no CBUF banks" },
		{ LAST_ENTRY - 4, 0x0201000000001020, "an input of no size" },
	};
	uint64_t stream[ROCKET_CONV_ENTRIES];
	struct vm *vm = vm_new(b, HIGH);
	struct conv_case c;
	unsigned int i;

	conv_case_chain(&c, vm, env->seed);
	board_attach(b, 0, vm);
	vm_read(vm, c.streams, stream, sizeof(stream));
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		uint64_t entry = bad[i].value;

		vm_write(vm, c.streams + bad[i].entry * 8, &entry, 8);
		start(&c, 0, 0, 1);
		CHECK(!board_wait_irq(b, 0, 1000000000), "%s: an interrupt", bad[i].what);
		CHECK(!conv_case_row_written(&c, 0), "%s: output was written", bad[i].what);
		vm_write(vm, c.streams, stream, sizeof(stream));
		board_reset_core(b, 0);
		board_attach(b, 0, vm);
	}
	conv_case_run(&c, 0);
	CHECK_PASSED();
	conv_case_check(&c);
	conv_case_free(&c);
	vm_free(vm);
}

/* Writing OPERATION_ENABLE while a task runs starts nothing. */
static void test_start_twice(struct board *b, const struct env *env)
{
	struct vm *vm = vm_new(b, HIGH);
	struct conv_case c;

	conv_case_chain(&c, vm, env->seed);
	board_attach(b, 0, vm);
	board_set(b, ROCKET_BOARD_TASK_NS, 1000000);
	start(&c, 0, 0, CHAIN);
	board_pass(b, 1500000);
	npu_write(b, 0, PC_OPERATION_ENABLE, 1);
	npu_write(b, 0, PC_OPERATION_ENABLE, 0);
	npu_write(b, 0, PC_OPERATION_ENABLE, 1);
	CHECK(board_wait_irq(b, 0, LONG_NS), "no interrupt");
	board_ack(b, 0);
	CHECK(!board_wait_irq(b, 0, LONG_NS), "a second interrupt");
	CHECK_EQ(board_count(b, 0, ROCKET_BOARD_STARTS), 1, "STARTS");
	CHECK_EQ(board_count(b, 0, ROCKET_BOARD_TASKS), CHAIN, "TASKS");
	conv_case_check(&c);
	conv_case_free(&c);
	vm_free(vm);
}

void suite_pc(const struct env *env)
{
	run_test(env, "pc: a chain of tasks is one interrupt", test_chain, NULL);
	run_test(env, "pc: the task number cuts a chain", test_chain_cut, NULL);
	run_test(env, "pc: a task number beyond the chain never interrupts", test_chain_short, NULL);
	run_test(env, "pc: fault on fetching a chained stream", test_chain_fault, NULL);
	run_test(env, "pc: DPU_0 and DPU_1 take turns", test_ping_pong, NULL);
	run_test(env, "pc: interrupt mask, status and clear", test_mask_clear, NULL);
	run_test(env, "pc: level interrupt shared with the IOMMU", test_level, NULL);
	run_test(env, "pc: core number in S_POINTER", test_core_select, NULL);
	run_test(env, "pc: three cores at the same time", test_parallel, NULL);
	run_test(env, "pc: counters and time of a task", test_counts, NULL);
	run_test(env, "pc: streams that cannot run", test_bad_streams, NULL);
	run_test(env, "pc: a start while a task is running", test_start_twice, NULL);
}
