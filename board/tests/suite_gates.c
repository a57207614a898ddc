// SPDX-License-Identifier: GPL-2.0-or-later
/* Power, clocks, resets, and the control page that counts them. */
#include "conv_case.h"
#include "suite.h"
#include "tap.h"

static uint64_t dead(struct board *b, unsigned int core)
{
	return board_count(b, core, ROCKET_BOARD_DEAD_ACCESSES);
}

/* A core answers when its version can be read and nothing was counted as dead. */
static void check_alive(struct board *b, unsigned int core, bool alive, const char *when)
{
	uint64_t before = dead(b, core);
	uint32_t version = npu_read(b, core, PC_VERSION) +
			   (npu_read(b, core, PC_VERSION_NUM) & 0xffff);
	uint64_t missed = dead(b, core) - before;

	if (alive) {
		CHECK(missed == 0 && version == NPU_VERSION,
		      "core %u %s: version %u, %llu dead accesses", core, when, version,
		      (unsigned long long)missed);
		return;
	}
	CHECK(missed == 2, "core %u %s: 2 reads, %llu dead accesses", core, when,
	      (unsigned long long)missed);
	mmu_read(b, core, 0, MMU_STATUS);
	mmu_write(b, core, 0, MMU_INT_MASK, 0);
	npu_write(b, core, PC_INTERRUPT_MASK, 0);
	missed = dead(b, core) - before;
	CHECK(missed == 5, "core %u %s: 5 accesses, %llu dead ones", core, when,
	      (unsigned long long)missed);
}

static void test_version(struct board *b, const struct env *env)
{
	unsigned int core;

	(void)env;
	for (core = 0; core < NPU_CORES && !tap_failed(); core++)
		check_alive(b, core, true, "powered up");
}

/* One thing after the other is taken away from each core, the others stay alive. */
static void test_dead(struct board *b, const struct env *env)
{
	static const struct {
		const char *what;
		void (*set)(struct board *b, unsigned int core, bool value);
		bool dead_value;
	} parts[] = {
		{ "without aclk", board_aclk, false },
		{ "without hclk", board_hclk, false },
		{ "with srst_a", board_srst_a, true },
		{ "with srst_h", board_srst_h, true },
	};
	unsigned int core, other, i;

	(void)env;
	for (core = 0; core < NPU_CORES; core++) {
		for (i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
			parts[i].set(b, core, parts[i].dead_value);
			for (other = 0; other < NPU_CORES; other++) {
				check_alive(b, other, other != core, parts[i].what);
				CHECK_PASSED();
			}
			parts[i].set(b, core, !parts[i].dead_value);
			check_alive(b, core, true, "after that");
			CHECK_PASSED();
		}
	}
}

/* The roots of the NPU's clocks gate all cores. */
static void test_clock_roots(struct board *b, const struct env *env)
{
	static const unsigned int roots[] = { 0, 1 };
	unsigned int i, core;

	(void)env;
	for (i = 0; i < 2; i++) {
		qtest_writel(b->qt, CRU_CLKGATE(29), 1u << (16 + roots[i]) | 1u << roots[i]);
		for (core = 0; core < NPU_CORES; core++) {
			check_alive(b, core, false, "without a root clock");
			CHECK_PASSED();
		}
		qtest_writel(b->qt, CRU_CLKGATE(29), 1u << (16 + roots[i]));
	}
}

static void test_power(struct board *b, const struct env *env)
{
	unsigned int core;

	(void)env;
	for (core = NPU_CORES; core-- > 1;) {
		uint64_t cycles = board_count(b, core, ROCKET_BOARD_POWER_CYCLES);
		uint32_t mask = npu_read(b, core, PC_INTERRUPT_MASK);

		npu_write(b, core, PC_INTERRUPT_MASK, PC_IRQ_DPU);
		mmu_write(b, core, 0, MMU_DTE_ADDR, 0x12345000);
		board_power(b, core, false);
		check_alive(b, core, false, "without power");
		CHECK_PASSED();
		check_alive(b, 0, true, "while another core is off");
		CHECK_PASSED();
		board_power(b, core, true);
		check_alive(b, core, true, "powered again");
		CHECK_PASSED();
		CHECK_EQ(board_count(b, core, ROCKET_BOARD_POWER_CYCLES), cycles + 1,
			 "POWER_CYCLES");
		CHECK_EQ(npu_read(b, core, PC_INTERRUPT_MASK), mask, "INTERRUPT_MASK after power-off");
		CHECK_EQ(mmu_read(b, core, 0, MMU_DTE_ADDR), 0, "DTE_ADDR after power-off");
	}
	/* NPUTOP holds core 0 and is the parent of the others. */
	board_power(b, 0, false);
	for (core = 0; core < NPU_CORES; core++) {
		check_alive(b, core, false, "without NPUTOP");
		CHECK_PASSED();
	}
	board_power(b, 0, true);
	for (core = 0; core < NPU_CORES; core++) {
		check_alive(b, core, true, "with NPUTOP again");
		CHECK_PASSED();
	}
}

/* What the kernel's power-domain driver polls for. */
static void test_pmu_status(struct board *b, const struct env *env)
{
	(void)env;
	qtest_writel(b->qt, PMU_IDLE_REQ, 1u << 18 | 1u << 2);
	qtest_clock_step(b->qt, 1000000);
	CHECK_EQ(qtest_readl(b->qt, PMU_IDLE_ACK) & 1u << 2, 1u << 2, "idle acknowledge of npu1");
	CHECK_EQ(qtest_readl(b->qt, PMU_IDLE_STATUS) & 1u << 2, 1u << 2, "idle status of npu1");
	qtest_writel(b->qt, PMU_POWER, 1u << 20 | 1u << 4);
	qtest_clock_step(b->qt, 1000000);
	CHECK_EQ(qtest_readl(b->qt, PMU_REPAIR_STATUS) & 1u << 3, 0, "repair status of npu1, off");
	CHECK_EQ(qtest_readl(b->qt, PMU_REPAIR_STATUS) & 1u << 4, 1u << 4, "repair status of npu2");
	qtest_writel(b->qt, PMU_POWER, 1u << 20);
	qtest_clock_step(b->qt, 1000000);
	CHECK_EQ(qtest_readl(b->qt, PMU_REPAIR_STATUS) & 1u << 3, 1u << 3, "repair status of npu1, on");
	check_alive(b, 1, false, "still idle");
	CHECK_PASSED();
	qtest_writel(b->qt, PMU_IDLE_REQ, 1u << 18);
	qtest_clock_step(b->qt, 1000000);
	CHECK_EQ(qtest_readl(b->qt, PMU_IDLE_STATUS) & 1u << 2, 0, "idle status of npu1");
	check_alive(b, 1, true, "idle no more");
}

/* A write without the mask bit in the upper half changes nothing. */
static void test_write_masks(struct board *b, const struct env *env)
{
	(void)env;
	qtest_writel(b->qt, CRU_CLKGATE(27), 0xffff);
	qtest_writel(b->qt, CRU_SOFTRST(27), 0xffff);
	qtest_writel(b->qt, PMU_POWER, 0xffff);
	check_alive(b, 1, true, "after writes without mask");
	CHECK_PASSED();
	qtest_writel(b->qt, CRU_CLKGATE(27), 0x00050005);
	CHECK_EQ(qtest_readl(b->qt, CRU_CLKGATE(27)) & 0xf, 5, "CLKGATE_CON27");
}

/* A gated clock keeps registers, a reset does not. */
static void test_register_loss(struct board *b, const struct env *env)
{
	uint32_t mask = npu_read(b, 0, PC_INTERRUPT_MASK);
	uint64_t resets;

	(void)env;
	resets = board_count(b, 0, ROCKET_BOARD_RESETS);
	npu_write(b, 0, PC_INTERRUPT_MASK, PC_IRQ_DPU);
	mmu_write(b, 0, 0, MMU_DTE_ADDR, 0x12345000);
	mmu_write(b, 0, 1, MMU_DTE_ADDR, 0x12345000);
	mmu_write(b, 0, 1, MMU_INT_MASK, MMU_IRQ_ALL);
	board_aclk(b, 0, false);
	board_aclk(b, 0, true);
	CHECK_EQ(npu_read(b, 0, PC_INTERRUPT_MASK), PC_IRQ_DPU, "INTERRUPT_MASK after gating");
	CHECK_EQ(mmu_read(b, 0, 0, MMU_DTE_ADDR), 0x12345000, "DTE_ADDR after gating");

	board_reset_core(b, 0);
	CHECK_EQ(npu_read(b, 0, PC_INTERRUPT_MASK), mask, "INTERRUPT_MASK after reset");
	CHECK_EQ(mmu_read(b, 0, 0, MMU_DTE_ADDR), 0, "bank 0's DTE_ADDR after reset");
	CHECK_EQ(mmu_read(b, 0, 1, MMU_DTE_ADDR), 0, "bank 1's DTE_ADDR after reset");
	CHECK_EQ(mmu_read(b, 0, 1, MMU_INT_MASK), 0, "bank 1's INT_MASK after reset");
	CHECK_EQ(board_count(b, 0, ROCKET_BOARD_RESETS), resets + 1, "RESETS");
	CHECK_EQ(board_count(b, 1, ROCKET_BOARD_RESETS), 0, "RESETS of another core");
}

/* Bring up a running task of some milliseconds. */
static void start_long_task(struct board *b, unsigned int core, struct vm *vm,
			    struct conv_case *c)
{
	struct rocket_conv conv = conv_shape(16, 16, 16, 16, 3, 1, 1);
	struct rng rng = { 1 };

	board_set(b, ROCKET_BOARD_TASK_NS, 5000000);
	board_attach(b, core, vm);
	conv_case_init(c, &conv, &rng);
	conv_case_place(c, vm);
	board_start_tasks(b, core, c->streams, ROCKET_CONV_ENTRIES, 1);
	board_pass(b, 1000000);
}

static void test_clock_stops_task(struct board *b, const struct env *env)
{
	struct vm *vm = vm_new(b, HIGH);
	struct conv_case c;

	(void)env;
	start_long_task(b, 0, vm, &c);
	board_aclk(b, 0, false);
	CHECK(!board_wait_irq(b, 0, 100000000), "a task ended without a clock");
	board_aclk(b, 0, true);
	CHECK(board_wait_irq(b, 0, 100000000), "a task does not go on with its clock");
	CHECK(npu_read(b, 0, PC_INTERRUPT_RAW_STATUS) & PC_IRQ_DPU, "no completion");
	conv_case_check(&c);
	conv_case_free(&c);
	vm_free(vm);
}

/* The task is gone, its interrupt never comes, and the core works again. */
static void check_abort(struct board *b, unsigned int core, bool power)
{
	struct vm *vm = vm_new(b, HIGH);
	struct conv_case c;

	start_long_task(b, core, vm, &c);
	if (power) {
		board_power(b, core, false);
		board_power(b, core, true);
	} else {
		board_reset_core(b, core);
	}
	CHECK(!board_wait_irq(b, core, 100000000), "core %u: a task survived", core);
	CHECK_EQ(npu_read(b, core, PC_INTERRUPT_RAW_STATUS), 0, "RAW_STATUS");
	CHECK_EQ(board_count(b, core, ROCKET_BOARD_TASKS), 0, "TASKS");
	board_attach(b, core, vm);
	conv_case_run(&c, core);
	CHECK_PASSED();
	conv_case_check(&c);
	conv_case_free(&c);
	vm_free(vm);
}

static void test_abort(struct board *b, const struct env *env)
{
	unsigned int core;

	(void)env;
	for (core = 0; core < NPU_CORES && !tap_failed(); core++)
		check_abort(b, core, false);
}

static void test_abort_power(struct board *b, const struct env *env)
{
	(void)env;
	check_abort(b, 2, true);
}

static void test_control_page(struct board *b, const struct env *env)
{
	uint64_t reads, high;

	(void)env;
	board_power(b, 0, false);
	CHECK_EQ(qtest_readl(b->qt, ROCKET_BOARD_BASE + ROCKET_BOARD_MAGIC),
		 ROCKET_BOARD_MAGIC_VALUE, "MAGIC");
	CHECK_EQ(qtest_readl(b->qt, ROCKET_BOARD_BASE + ROCKET_BOARD_VERSION),
		 ROCKET_BOARD_VERSION_VALUE, "VERSION");
	CHECK_EQ(qtest_readl(b->qt, ROCKET_BOARD_BASE + ROCKET_BOARD_NUM_CORES), NPU_CORES,
		 "NUM_CORES");
	CHECK_EQ(qtest_readq(b->qt, ROCKET_BOARD_BASE + ROCKET_BOARD_CLOCK_NS),
		 (uint64_t)qtest_clock(b->qt), "CLOCK_NS");
	board_power(b, 0, true);

	CHECK_EQ(qtest_readl(b->qt, ROCKET_BOARD_BASE + ROCKET_BOARD_TASK_NS), 2000, "TASK_NS");
	CHECK_EQ(qtest_readl(b->qt, ROCKET_BOARD_BASE + ROCKET_BOARD_PS_PER_KMAC), 977,
		 "PS_PER_KMAC");
	CHECK_EQ(qtest_readl(b->qt, ROCKET_BOARD_BASE + ROCKET_BOARD_PS_PER_KBYTE), 100000,
		 "PS_PER_KBYTE");

	reads = board_count(b, 1, ROCKET_BOARD_REG_READS(ROCKET_BOARD_BLOCK_PC));
	npu_read(b, 1, PC_VERSION);
	npu_read(b, 1, PC_TASK_CON);
	CHECK_EQ(board_count(b, 1, ROCKET_BOARD_REG_READS(ROCKET_BOARD_BLOCK_PC)), reads + 2,
		 "REG_READS of the PC");
	/* Counters are read-only, and can be read by halves. */
	qtest_writeq(b->qt, ROCKET_BOARD_CORE(1) + ROCKET_BOARD_REG_READS(0), 0);
	CHECK_EQ(board_count(b, 1, ROCKET_BOARD_REG_READS(0)), reads + 2, "REG_READS after a write");
	high = qtest_readl(b->qt, ROCKET_BOARD_CORE(1) + ROCKET_BOARD_REG_READS(0) + 4);
	CHECK_EQ(high << 32 | qtest_readl(b->qt, ROCKET_BOARD_CORE(1) + ROCKET_BOARD_REG_READS(0)),
		 reads + 2, "REG_READS by halves");
}

/* Writes per block of the window, the IOMMU's pages apart from the SDMA's. */
static void test_block_counters(struct board *b, const struct env *env)
{
	static const unsigned int blocks[] = { 0x0, 0x1, 0x3, 0x4, 0x5, 0x6, 0x7, 0x8, 0xf };
	uint64_t before;
	unsigned int i;

	(void)env;
	for (i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
		before = board_count(b, 2, ROCKET_BOARD_REG_WRITES(blocks[i]));
		npu_write(b, 2, blocks[i] << 12 | 0x20, 0);
		CHECK(board_count(b, 2, ROCKET_BOARD_REG_WRITES(blocks[i])) == before + 1,
		      "block 0x%x: a write was not counted", blocks[i]);
	}
	before = board_count(b, 0, ROCKET_BOARD_REG_WRITES(ROCKET_BOARD_BLOCK_MMU0));
	mmu_write(b, 0, 0, MMU_INT_CLEAR, 0);
	CHECK_EQ(board_count(b, 0, ROCKET_BOARD_REG_WRITES(ROCKET_BOARD_BLOCK_MMU0)), before + 1,
		 "REG_WRITES of core 0's bank 0");
	before = board_count(b, 1, ROCKET_BOARD_REG_WRITES(ROCKET_BOARD_BLOCK_MMU));
	mmu_write(b, 1, 0, MMU_INT_CLEAR, 0);
	CHECK_EQ(board_count(b, 1, ROCKET_BOARD_REG_WRITES(ROCKET_BOARD_BLOCK_MMU)), before + 1,
		 "REG_WRITES of core 1's bank");
}

/* TABLE_HASH sees a change of either level; TABLE_CHANGES one during a task. */
static void test_table_watch(struct board *b, const struct env *env)
{
	struct vm *vm = vm_new(b, HIGH);
	struct conv_case c;
	uint64_t hash;

	(void)env;
	CHECK_EQ(board_count(b, 0, ROCKET_BOARD_TABLE_HASH), 0, "TABLE_HASH without tables");
	board_inject(b, 0, ROCKET_BOARD_TABLE_WATCH, 1);
	start_long_task(b, 0, vm, &c);
	hash = board_count(b, 0, ROCKET_BOARD_TABLE_HASH);
	CHECK(hash != 0, "TABLE_HASH is 0 with tables");
	CHECK(board_wait_irq(b, 0, LONG_NS), "no completion");
	CHECK_EQ(board_count(b, 0, ROCKET_BOARD_TABLE_HASH), hash, "TABLE_HASH without a change");
	CHECK_EQ(board_count(b, 0, ROCKET_BOARD_TABLE_CHANGES), 0, "TABLE_CHANGES");
	board_ack(b, 0);
	npu_write(b, 0, PC_OPERATION_ENABLE, 0);

	board_start_tasks(b, 0, c.streams, ROCKET_CONV_ENTRIES, 1);
	board_pass(b, 1000000);
	vm_map(vm, vm->next, board_pages(b, LOW, 1), MMU_RW);
	CHECK(board_count(b, 0, ROCKET_BOARD_TABLE_HASH) != hash,
	      "TABLE_HASH does not see a new page");
	CHECK(board_wait_irq(b, 0, LONG_NS), "no completion");
	CHECK_EQ(board_count(b, 0, ROCKET_BOARD_TABLE_CHANGES), 1, "TABLE_CHANGES");
	conv_case_free(&c);
	vm_free(vm);
}

void suite_gates(const struct env *env)
{
	run_test(env, "gates: all cores answer with the version of real boards", test_version, NULL);
	run_test(env, "gates: unclocked and in reset, a core is dead and the others are not", test_dead, NULL);
	run_test(env, "gates: root clocks", test_clock_roots, NULL);
	run_test(env, "gates: power domains", test_power, NULL);
	run_test(env, "gates: status bits that the power-domain driver polls", test_pmu_status, NULL);
	run_test(env, "gates: write masks", test_write_masks, NULL);
	run_test(env, "gates: reset clears registers, a stopped clock does not", test_register_loss, NULL);
	run_test(env, "gates: a stopped clock stops a task", test_clock_stops_task, NULL);
	run_test(env, "gates: reset ends a running task", test_abort, NULL);
	run_test(env, "gates: loss of power ends a running task", test_abort_power, NULL);
	run_test(env, "control page: facts, defaults, counters", test_control_page, NULL);
	run_test(env, "control page: register counters of each block", test_block_counters, NULL);
	run_test(env, "control page: page tables watched", test_table_watch, NULL);
}
