// SPDX-License-Identifier: GPL-2.0-or-later
/* The NPU's clock: firmware that sets it, the voltage for it, and what goes wrong. */
#include <string.h>

#include "conv_case.h"
#include "suite.h"
#include "tap.h"

#define SCMI		"-machine npu-clock=scmi"
#define OPP		"-machine npu-clock=opp"

#define MHU		0x0b010000ULL
#define MHU_RX_STAT	(MHU + 0x000)
#define MHU_RX_CLEAR	(MHU + 0x010)
#define MHU_TX_STAT	(MHU + 0x100)
#define MHU_TX_SET	(MHU + 0x108)
#define MHU_SPI		115u
#define SHMEM		0x0b011000ULL
#define SHMEM_STATUS	(SHMEM + 0x04)
#define SHMEM_FLAGS	(SHMEM + 0x10)
#define SHMEM_LENGTH	(SHMEM + 0x14)
#define SHMEM_HEADER	(SHMEM + 0x18)
#define SHMEM_PAYLOAD	(SHMEM + 0x1c)

#define BASE		0x10u
#define CLOCK		0x14u
#define CLK_NPU		6u
#define NO_ANSWER	1000
#define MHZ		1000000u

/* virt's PL061 */
#define GPIO		0x09030000ULL
#define GPIO_ALL	(GPIO + 0x3fc)
#define GPIO_DIRECTION	(GPIO + 0x400)

/* A message, and the status of its answer; the rest of it stays in memory. */
static int ask(struct board *b, uint32_t protocol, uint32_t message, const uint32_t *args,
	       unsigned int count)
{
	unsigned int i;

	qtest_writel(b->qt, SHMEM_STATUS, 0);
	qtest_writel(b->qt, SHMEM_FLAGS, 1);
	qtest_writel(b->qt, SHMEM_LENGTH, 4 + 4 * count);
	qtest_writel(b->qt, SHMEM_HEADER, message | protocol << 10);
	for (i = 0; i < count; i++)
		qtest_writel(b->qt, SHMEM_PAYLOAD + 4 * i, args[i]);
	qtest_writel(b->qt, MHU_TX_SET, 1);
	if (!(qtest_readl(b->qt, SHMEM_STATUS) & 1))
		return NO_ANSWER;
	return (int)qtest_readl(b->qt, SHMEM_PAYLOAD);
}

/* The CPU has heard the answer. */
static void heard(struct board *b)
{
	qtest_writel(b->qt, MHU_RX_CLEAR, 1);
}

static uint32_t answer(struct board *b, unsigned int word)
{
	return qtest_readl(b->qt, SHMEM_PAYLOAD + 4 + 4 * word);
}

static int set_rate(struct board *b, uint32_t hz)
{
	const uint32_t args[] = { 0, CLK_NPU, hz, 0 };
	int status = ask(b, CLOCK, 5, args, 4);

	heard(b);
	return status;
}

static uint32_t rate(struct board *b)
{
	return qtest_readl(b->qt, ROCKET_BOARD_BASE + ROCKET_BOARD_CLOCK_HZ);
}

static uint64_t counted(struct board *b, unsigned int counter)
{
	return qtest_readq(b->qt, ROCKET_BOARD_BASE + counter);
}

static void test_messages(struct board *b, const struct env *env)
{
	uint32_t arg = 0;

	(void)env;
	CHECK_EQ(ask(b, BASE, 0, NULL, 0), 0, "version");
	CHECK_EQ(qtest_readl(b->qt, MHU_RX_STAT), 1, "the doorbell back");
	CHECK(qtest_irq(b->qt, MHU_SPI), "no interrupt");
	heard(b);
	CHECK(!qtest_irq(b->qt, MHU_SPI), "the interrupt stays");
	CHECK_EQ(ask(b, BASE, 6, &arg, 1), 0, "protocols");
	CHECK_EQ(answer(b, 0), 1, "one of them");
	CHECK_EQ(answer(b, 1), CLOCK, "which");
	heard(b);
	CHECK_EQ(ask(b, CLOCK, 1, NULL, 0), 0, "clocks");
	CHECK_EQ(answer(b, 0), CLK_NPU + 1, "how many");
	heard(b);
	arg = 0;
	CHECK_EQ(ask(b, CLOCK, 3, &arg, 1), -4, "a clock that is nobody's");
	heard(b);
	arg = CLK_NPU;
	CHECK_EQ(ask(b, CLOCK, 4, (uint32_t[]){ CLK_NPU, 0 }, 2), 0, "rates");
	CHECK_EQ(answer(b, 0), 9, "how many rates");
	CHECK_EQ(answer(b, 1), ROCKET_BOARD_BOOT_HZ, "the lowest");
	CHECK_EQ(answer(b, 17), ROCKET_BOARD_MAX_HZ, "the highest");
	heard(b);
	CHECK_EQ(ask(b, CLOCK, 6, &arg, 1), 0, "rate");
	CHECK_EQ(answer(b, 0), ROCKET_BOARD_BOOT_HZ, "rate after power-on");
	heard(b);
	CHECK_EQ(ask(b, 0x13, 0, NULL, 0), -1, "a protocol that is not there");
	heard(b);
}

/* The next message waits until the last answer was heard. */
static void test_doorbell(struct board *b, const struct env *env)
{
	(void)env;
	CHECK_EQ(ask(b, BASE, 0, NULL, 0), 0, "version");
	CHECK_EQ(ask(b, BASE, 0, NULL, 0), NO_ANSWER, "version, too early");
	CHECK_EQ(qtest_readl(b->qt, MHU_TX_STAT), 1, "it was rung for");
	heard(b);
	CHECK_EQ(qtest_readl(b->qt, MHU_TX_STAT), 0, "it was answered");
	CHECK_EQ(qtest_readl(b->qt, MHU_RX_STAT), 1, "the doorbell back");
	heard(b);
}

static void test_rates(struct board *b, const struct env *env)
{
	static const struct {
		uint32_t asked, got;
	} rates[] = {
		{ 600 * MHZ, 600 * MHZ }, { 650 * MHZ, 600 * MHZ }, { 1, 200 * MHZ },
		{ 4000u * MHZ, 1000 * MHZ }, { 700 * MHZ, 700 * MHZ },
	};
	unsigned int i;

	(void)env;
	for (i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		CHECK_EQ(set_rate(b, rates[i].asked), 0, "status");
		CHECK_EQ(rate(b), rates[i].got, "rate");
		CHECK_EQ(counted(b, ROCKET_BOARD_RATE_SETS), i + 1, "RATE_SETS");
	}
	qtest_writel(b->qt, ROCKET_BOARD_BASE + ROCKET_BOARD_INJ_CLOCK_REFUSE, 2);
	CHECK_EQ(set_rate(b, 300 * MHZ), -3, "refused");
	CHECK_EQ(set_rate(b, 300 * MHZ), -3, "refused again");
	CHECK_EQ(rate(b), 700 * MHZ, "rate, unchanged");
	CHECK_EQ(set_rate(b, 300 * MHZ), 0, "not refused");
	CHECK_EQ(counted(b, ROCKET_BOARD_COLD_SETS), 0, "COLD_SETS");
	CHECK_EQ(counted(b, ROCKET_BOARD_RESET_SETS), 0, "RESET_SETS");
}

static void test_cold(struct board *b, const struct env *env)
{
	uint32_t npu = CLK_NPU;

	(void)env;
	/* Cores 1 and 2 sit in the domain of core 0. */
	board_power(b, 1, false);
	board_power(b, 2, false);
	CHECK_EQ(set_rate(b, 400 * MHZ), 0, "with one domain on");
	CHECK_EQ(set_rate(b, 200 * MHZ), 0, "and back");
	board_power(b, 0, false);
	CHECK_EQ(set_rate(b, 400 * MHZ), NO_ANSWER, "with all off");
	CHECK_EQ(counted(b, ROCKET_BOARD_COLD_SETS), 1, "COLD_SETS");
	CHECK_EQ(rate(b), 200 * MHZ, "rate, unchanged");
	board_power(b, 0, true);
	CHECK_EQ(ask(b, CLOCK, 6, &npu, 1), NO_ANSWER, "it hangs for good");
	CHECK_EQ(counted(b, ROCKET_BOARD_FAST_OFFS), 0, "FAST_OFFS");
}

static void test_fast_off(struct board *b, const struct env *env)
{
	(void)env;
	CHECK_EQ(set_rate(b, 600 * MHZ), 0, "status");
	board_power(b, 1, false);
	CHECK_EQ(counted(b, ROCKET_BOARD_FAST_OFFS), 0, "FAST_OFFS with others on");
	board_power(b, 0, false);
	CHECK_EQ(counted(b, ROCKET_BOARD_FAST_OFFS), 1, "FAST_OFFS with none on");
}

static void test_reset(struct board *b, const struct env *env)
{
	(void)env;
	board_srst_a(b, 1, true);
	CHECK_EQ(set_rate(b, 600 * MHZ), 0, "status");
	CHECK_EQ(counted(b, ROCKET_BOARD_RESET_SETS), 1, "RESET_SETS");
	board_srst_a(b, 1, false);
	CHECK_EQ(set_rate(b, 400 * MHZ), 0, "status");
	CHECK_EQ(counted(b, ROCKET_BOARD_RESET_SETS), 1, "RESET_SETS without a reset");
}

static void set_voltage(struct board *b, uint32_t lines)
{
	qtest_writel(b->qt, GPIO_DIRECTION, 7);
	qtest_writel(b->qt, GPIO_ALL, lines);
}

static void test_voltage(struct board *b, const struct env *env)
{
	static const struct {
		uint32_t lines, uv, hz;		/* and the highest rate for it */
	} steps[] = {
		{ 0, 700000, 700 * MHZ }, { 1, 750000, 800 * MHZ }, { 3, 800000, 900 * MHZ },
		{ 7, 850000, 1000 * MHZ },
	};
	unsigned int i;

	(void)env;
	for (i = 0; i < 4; i++) {
		set_voltage(b, steps[i].lines);
		CHECK_EQ(qtest_readl(b->qt, ROCKET_BOARD_BASE + ROCKET_BOARD_SUPPLY_UV),
			 steps[i].uv, "SUPPLY_UV");
		CHECK_EQ(set_rate(b, steps[i].hz), 0, "status");
		CHECK_EQ(counted(b, ROCKET_BOARD_UNDERVOLTAGES), i, "UNDERVOLTAGES");
		if (i < 3)
			set_rate(b, steps[i].hz + 100 * MHZ);
	}
	CHECK_EQ(counted(b, ROCKET_BOARD_UNDERVOLTAGES), 3, "UNDERVOLTAGES of rates");
	set_voltage(b, 0);
	CHECK_EQ(counted(b, ROCKET_BOARD_UNDERVOLTAGES), 4, "UNDERVOLTAGES of a voltage");
}

/* Its multiply-accumulates follow the clock; nothing else does. */
static void test_time(struct board *b, const struct env *env)
{
	static const uint32_t rates[] = { 200 * MHZ, 600 * MHZ, 1000 * MHZ };
	struct rocket_conv conv = conv_shape(14, 9, 33, 17, 3, 2, 1);
	struct vm *vm = vm_new(b, HIGH);
	struct rng rng = { 3 };
	struct conv_case c;
	uint64_t macs;
	unsigned int i;

	(void)env;
	board_set(b, ROCKET_BOARD_TASK_NS, 7000);
	board_set(b, ROCKET_BOARD_PS_PER_KMAC, 3000000);
	board_set(b, ROCKET_BOARD_PS_PER_KBYTE, 0);
	conv_case_init(&c, &conv, &rng);
	conv_case_place(&c, vm);
	board_attach(b, 0, vm);
	for (i = 0; i < 3; i++) {
		int64_t begin;
		uint64_t ns;

		CHECK_EQ(set_rate(b, rates[i]), 0, "status");
		macs = board_count(b, 0, ROCKET_BOARD_MACS);
		begin = qtest_clock(b->qt);
		conv_case_run(&c, 0);
		macs = board_count(b, 0, ROCKET_BOARD_MACS) - macs;
		ns = 7000 + macs * 3 * 1000 / (rates[i] / MHZ);
		CHECK_EQ((uint64_t)(qtest_clock(b->qt) - begin), ns, "time of the task, ns");
	}
	conv_case_free(&c);
	vm_free(vm);
}

static void test_fixed(struct board *b, const struct env *env)
{
	(void)env;
	CHECK_EQ(rate(b), ROCKET_BOARD_MAX_HZ, "CLOCK_HZ");
	CHECK_EQ(qtest_readl(b->qt, ROCKET_BOARD_BASE + ROCKET_BOARD_SUPPLY_UV),
		 ROCKET_BOARD_USUAL_UV, "SUPPLY_UV");
}

void suite_clock(const struct env *env)
{
	run_test(env, "clock: fixed, the default", test_fixed, NULL);
	run_test(env, "clock: firmware answers", test_messages, SCMI);
	run_test(env, "clock: one message at a time", test_doorbell, SCMI);
	run_test(env, "clock: rates, and refused ones", test_rates, SCMI);
	run_test(env, "clock: firmware hangs while all domains are off", test_cold, SCMI);
	run_test(env, "clock: left fast when the last domain goes off", test_fast_off, SCMI);
	run_test(env, "clock: set while a core is in reset", test_reset, SCMI);
	run_test(env, "clock: the voltage follows its lines, too little is counted", test_voltage,
		 OPP);
	run_test(env, "clock: the time of a task follows", test_time, SCMI);
}
