// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stays in the convolution buffer and its neighbours, and who gets to see it: a task with a
 * reuse bit computes with what the task before it left, its own or a stranger's.
 */
#include <stdlib.h>
#include <string.h>

#include "conv_case.h"
#include "suite.h"
#include "tap.h"

/* Two convolutions of one shape with different tensors. */
struct pair {
	struct conv_case a, b;
};

static struct rocket_conv pair_shape(void)
{
	return conv_shape(10, 9, 40, 36, 3, 1, 1);
}

static void pair_init(struct pair *p, struct vm *vm_a, struct vm *vm_b, uint64_t seed)
{
	struct rocket_conv conv = pair_shape();
	struct rng rng = { seed };

	conv_case_init(&p->a, &conv, &rng);
	conv_case_init(&p->b, &conv, &rng);
	conv_case_place(&p->a, vm_a);
	conv_case_place(&p->b, vm_b);
}

static void pair_done(struct pair *p)
{
	conv_case_free(&p->a);
	conv_case_free(&p->b);
}

/* Run a case and say whether its output is the expected one. */
static void run_check(struct conv_case *c, unsigned int core, const char *what)
{
	conv_case_run(c, core);
	if (!tap_failed())
		conv_case_check(c);
	if (tap_failed())
		tap_note("%s", what);
}

/*
 * The bias of @c as the hardware has it contains its own weights' share of the
 * input's zero point; with other weights in CBUF the expectation must use a bias
 * that keeps the stored one as it is.
 */
static void expect_weights(struct conv_case *c, const int8_t *weights)
{
	const struct rocket_conv *v = &c->conv;
	size_t kernel = (size_t)v->kernel_width * v->kernel_height * v->in_channels, i;
	unsigned int oc;

	for (oc = 0; oc < v->out_channels; oc++) {
		int64_t difference = 0;

		for (i = 0; i < kernel; i++)
			difference += weights[oc * kernel + i] - c->weights[oc * kernel + i];
		c->bias[oc] += (int32_t)(v->in_zero * difference);
	}
	memcpy(c->weights, weights, kernel * v->out_channels);
}

static void expect_features(struct conv_case *c, const int8_t *in)
{
	memcpy(c->in, in, (size_t)c->conv.in_width * c->conv.in_height * c->conv.in_channels);
}

/* B with A's features, then with A's weights: nothing of B's own is fetched. */
static void check_residue(struct board *b, struct vm *vm_a, struct vm *vm_b, unsigned int core,
			  uint64_t seed)
{
	struct pair p;
	uint64_t reuses = board_count(b, core, ROCKET_BOARD_CBUF_REUSES);

	pair_init(&p, vm_a, vm_b, seed);
	board_attach(b, core, vm_a);
	run_check(&p.a, core, "first task");
	CHECK_PASSED();
	if (vm_b != vm_a)
		board_attach(b, core, vm_b);
	p.b.tasks[0].data_reuse = true;
	conv_case_emit(&p.b);
	expect_features(&p.b, p.a.in);
	run_check(&p.b, core, "second task, features of the first");
	CHECK_PASSED();
	CHECK_EQ(board_count(b, core, ROCKET_BOARD_CBUF_REUSES), reuses + 1, "CBUF_REUSES");
	pair_done(&p);

	pair_init(&p, vm_a, vm_b, seed + 1);
	board_attach(b, core, vm_a);
	run_check(&p.a, core, "first task");
	CHECK_PASSED();
	if (vm_b != vm_a)
		board_attach(b, core, vm_b);
	p.b.tasks[0].weight_reuse = true;
	conv_case_emit(&p.b);
	expect_weights(&p.b, p.a.weights);
	run_check(&p.b, core, "second task, weights of the first");
	pair_done(&p);
}

static void test_same_vm(struct board *b, const struct env *env)
{
	struct vm *vm = vm_new(b, HIGH);
	unsigned int core;

	for (core = 0; core < NPU_CORES && !tap_failed(); core++)
		check_residue(b, vm, vm, core, env->seed + 2 * core);
	vm_free(vm);
}

/* The leak that the driver has to close: another address space, the same contents. */
static void test_other_vm(struct board *b, const struct env *env)
{
	struct vm *vm_a = vm_new(b, HIGH), *vm_b = vm_new(b, LOW);

	check_residue(b, vm_a, vm_b, 1, env->seed);
	vm_free(vm_a);
	vm_free(vm_b);
}

/* Whatever the features are that a task computes with: are they A's? */
static bool sees_features(struct pair *p, unsigned int core)
{
	int8_t *seen, *wanted;
	size_t count;
	bool same;

	p->b.tasks[0].data_reuse = true;
	conv_case_emit(&p->b);
	expect_features(&p->b, p->a.in);
	conv_case_run(&p->b, core);
	seen = conv_case_output(&p->b);
	wanted = conv_case_expected(&p->b);
	count = (size_t)rocket_conv_out_width(&p->b.conv) * rocket_conv_out_height(&p->b.conv) *
		p->b.conv.out_channels;
	same = !memcmp(seen, wanted, count);
	free(seen);
	free(wanted);

	return same;
}

enum event { RESET, POWER, OTHER_TASK };

/* Run A, let something happen, run B with A's features: are they still there? */
static void check_survival(struct board *b, const struct env *env, enum event event, bool survives)
{
	struct vm *vm = vm_new(b, HIGH);
	struct pair p;
	bool seen;

	pair_init(&p, vm, vm, env->seed);
	board_attach(b, 2, vm);
	run_check(&p.a, 2, "first task");
	CHECK_PASSED();
	if (event == RESET) {
		board_reset_core(b, 2);
		board_attach(b, 2, vm);
	} else if (event == POWER) {
		board_power(b, 2, false);
		board_power(b, 2, true);
		board_attach(b, 2, vm);
	} else {
		run_check(&p.b, 2, "a task in between");
		CHECK_PASSED();
	}
	seen = sees_features(&p, 2);
	CHECK_PASSED();
	CHECK(seen == survives, "the first task's features are %s", seen ? "still there" : "gone");
	pair_done(&p);
	vm_free(vm);
}

static void test_reset(struct board *b, const struct env *env)
{
	check_survival(b, env, RESET, true);
}

static void test_reset_clears(struct board *b, const struct env *env)
{
	check_survival(b, env, RESET, false);
}

static void test_power(struct board *b, const struct env *env)
{
	check_survival(b, env, POWER, false);
}

static void test_overwritten(struct board *b, const struct env *env)
{
	check_survival(b, env, OTHER_TASK, false);
}

/* The buffers of the cores are separate. */
static void test_other_core(struct board *b, const struct env *env)
{
	struct vm *vm = vm_new(b, HIGH);
	struct pair p;
	bool seen;

	pair_init(&p, vm, vm, env->seed);
	board_attach(b, 0, vm);
	board_attach(b, 1, vm);
	run_check(&p.a, 0, "first task");
	CHECK_PASSED();
	seen = sees_features(&p, 1);
	CHECK_PASSED();
	CHECK(!seen, "core 1 sees what core 0 fetched");
	pair_done(&p);
	vm_free(vm);
}

/*
 * The tables of the output stage: other memory that stays.
 */

#define LUT_ENTRIES	1024u
#define LUT_WRITE	(1u << 17)

static uint32_t lut_access(unsigned int table, uint32_t flags)
{
	return flags | table << 16;
}

static uint16_t lut_value(unsigned int table, unsigned int entry)
{
	return (uint16_t)(0x8000u + table * 0x1000u + entry * 3);
}

static void lut_fill(struct board *b, unsigned int core)
{
	unsigned int table, i;

	for (table = 0; table < 2; table++) {
		npu_write(b, core, DPU_LUT_ACCESS_CFG, lut_access(table, LUT_WRITE));
		for (i = 0; i < LUT_ENTRIES; i++)
			npu_write(b, core, DPU_LUT_ACCESS_DATA, lut_value(table, i));
	}
}

/* Entries that are neither what was written nor 0, or the other of both. */
static unsigned int lut_wrong(struct board *b, unsigned int core, bool filled)
{
	unsigned int table, i, wrong = 0;

	for (table = 0; table < 2; table++) {
		npu_write(b, core, DPU_LUT_ACCESS_CFG, lut_access(table, 0));
		for (i = 0; i < LUT_ENTRIES; i++)
			wrong += npu_read(b, core, DPU_LUT_ACCESS_DATA) !=
				 (filled ? lut_value(table, i) : 0);
	}

	return wrong;
}

static void test_lut(struct board *b, const struct env *env)
{
	(void)env;
	board_power_up(b, 1);
	CHECK(!lut_wrong(b, 1, false), "the tables are not empty after power on");
	lut_fill(b, 1);
	CHECK(!lut_wrong(b, 1, true), "the tables do not hold what was written");
	/* A write of data while the window is for reading. */
	npu_write(b, 1, DPU_LUT_ACCESS_CFG, lut_access(0, 0));
	npu_write(b, 1, DPU_LUT_ACCESS_DATA, 0x7777);
	CHECK(!lut_wrong(b, 1, true), "a table was written through a window for reading");
	board_reset_core(b, 1);
	CHECK(!lut_wrong(b, 1, true), "a reset changed the tables");
	board_power(b, 1, false);
	board_power(b, 1, true);
	CHECK(!lut_wrong(b, 1, false), "loss of power did not clear the tables");
}

void suite_cbuf(const struct env *env)
{
	run_test(env, "cbuf: reused features and weights are those of the task before", test_same_vm, NULL);
	run_test(env, "cbuf: also those of another address space", test_other_vm, NULL);
	run_test(env, "cbuf: a task that fetches replaces them", test_overwritten, NULL);
	run_test(env, "cbuf: each core has its own", test_other_core, NULL);
	run_test(env, "cbuf: a reset leaves them", test_reset, NULL);
	run_test(env, "cbuf: a reset clears them with reset-clears-cbuf", test_reset_clears,
		 "-machine silicon=reset-clears-cbuf=on");
	run_test(env, "cbuf: loss of power clears them", test_power, NULL);
	run_test(env, "cbuf: tables of the output stage stay like the buffer", test_lut, NULL);
}
