// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The convolution pipeline against the reference: chosen shapes first, each of
 * them a corner of some layout, then random ones of every kind.
 */
#include <math.h>
#include <stdlib.h>

#include "conv_case.h"
#include "suite.h"
#include "tap.h"

/* Channel counts around the sizes of atoms, groups and pairs. */
static const unsigned int channel_counts[] = { 1, 2, 3, 5, 8, 15, 16, 17, 31, 32, 33, 47, 64, 65, 96, 100 };

#define COUNT(array)	(sizeof(array) / sizeof(*(array)))

static void attach_new(struct board *b, struct vm **vm)
{
	*vm = vm_new(b, HIGH);
	board_attach(b, 0, *vm);
}

/* One in-channel count against all out-channel counts. */
static void channel_matrix(struct board *b, const struct env *env, unsigned int kernel)
{
	unsigned int i, o;
	struct vm *vm;

	attach_new(b, &vm);
	for (i = 0; i < COUNT(channel_counts) && !tap_failed(); i++) {
		for (o = 0; o < COUNT(channel_counts) && !tap_failed(); o++) {
			struct rocket_conv c = conv_shape(6, 5, channel_counts[i],
							  channel_counts[o], kernel, 1,
							  kernel / 2);

			conv_case_all(b, vm, 0, &c, env->seed + i * 100 + o);
		}
	}
	vm_free(vm);
}

static void test_channels_1x1(struct board *b, const struct env *env)
{
	channel_matrix(b, env, 1);
}

static void test_channels_3x3(struct board *b, const struct env *env)
{
	channel_matrix(b, env, 3);
}

static void test_depthwise_channels(struct board *b, const struct env *env)
{
	struct vm *vm;
	unsigned int i;

	attach_new(b, &vm);
	for (i = 1; i < COUNT(channel_counts) && !tap_failed(); i++) {
		struct rocket_conv c = conv_shape(7, 6, channel_counts[i], channel_counts[i],
						  3, 1 + i % 2, 1);

		c.depthwise = true;
		rocket_quantize(60.0 / (5476.0 * 3), &c.out_scale, &c.out_shift);
		conv_case_all(b, vm, 0, &c, env->seed + i);
	}
	vm_free(vm);
}

/* All kernels up to 7 by 7 with all paddings and strides that they allow. */
static void test_geometry(struct board *b, const struct env *env)
{
	unsigned int kernel, stride, pad, n = 0;
	struct vm *vm;

	attach_new(b, &vm);
	for (kernel = 1; kernel <= 7; kernel++) {
		for (stride = 1; stride <= 4; stride++) {
			for (pad = 0; pad < kernel && !tap_failed(); pad++) {
				struct rocket_conv c = conv_shape(11, 9, 4, 6, kernel, stride, pad);

				conv_case_all(b, vm, 0, &c, env->seed + n++);
			}
		}
	}
	vm_free(vm);
}

/* Nothing square: another width, height, kernel, stride and padding each way. */
static void test_asymmetric(struct board *b, const struct env *env)
{
	struct rocket_conv c = conv_shape(19, 6, 20, 24, 1, 1, 0);
	struct vm *vm;

	c.kernel_width = 5;
	c.kernel_height = 2;
	c.stride_x = 3;
	c.pad_left = 4;
	c.pad_right = 1;
	c.pad_bottom = 1;
	attach_new(b, &vm);
	conv_case_all(b, vm, 0, &c, env->seed);
	vm_free(vm);
}

/* The largest kernel and stride that the registers hold. */
static void test_large_kernel(struct board *b, const struct env *env)
{
	struct rocket_conv c = conv_shape(40, 37, 3, 4, 31, 7, 15);
	struct vm *vm;

	attach_new(b, &vm);
	conv_case_all(b, vm, 0, &c, env->seed);
	vm_free(vm);
}

/*
 * Output scaling on exact halves and around them: a 1x1 convolution with the unit
 * matrix and multiplier 1 shows in / 2^shift for every input.
 */
static void check_rounding(struct vm *vm, unsigned int shift, bool half_away, uint64_t seed)
{
	struct rocket_conv conv = conv_shape(16, 16, 16, 16, 1, 1, 0);
	struct rng rng = { seed };
	struct conv_case c;
	unsigned int i;

	conv.in_zero = conv.weight_zero = conv.out_zero = 0;
	conv.out_scale = 1;
	conv.out_shift = shift;
	conv_case_init(&c, &conv, &rng);
	c.half_away = half_away;
	for (i = 0; i < 16 * 16 * 16; i++)
		c.in[i] = (int8_t)(i / 16);
	for (i = 0; i < 16 * 16; i++)
		c.weights[i] = i / 16 == i % 16;
	for (i = 0; i < 16; i++)
		c.bias[i] = 0;
	conv_case_place(&c, vm);
	board_mmu_command(vm->b, 0, MMU_CMD_ZAP_CACHE);
	conv_case_run(&c, 0);
	if (!tap_failed())
		conv_case_check(&c);
	if (tap_failed())
		tap_note("shift %u, halves %s", shift, half_away ? "away from 0" : "to even");
	conv_case_free(&c);
}

static void test_rounding(struct board *b, const struct env *env)
{
	unsigned int shift;
	struct vm *vm;

	attach_new(b, &vm);
	for (shift = 0; shift <= 7 && !tap_failed(); shift++) {
		check_rounding(vm, shift, false, env->seed);
		if (!tap_failed())
			check_rounding(vm, shift, true, env->seed);
	}
	vm_free(vm);
}

/* Products so large that every output saturates, and the extreme zero points. */
static void test_saturation(struct board *b, const struct env *env)
{
	static const int8_t zeros[] = { -128, -1, 0, 1, 127 };
	unsigned int i, o, w, n = 0;
	struct vm *vm;

	attach_new(b, &vm);
	for (i = 0; i < COUNT(zeros); i++) {
		for (w = 0; w < COUNT(zeros); w++) {
			for (o = 0; o < COUNT(zeros) && !tap_failed(); o++) {
				struct rocket_conv c = conv_shape(4, 4, 7, 5, 3, 1, 1);

				c.in_zero = zeros[i];
				c.weight_zero = zeros[w];
				c.out_zero = zeros[o];
				if (n % 2)
					c.out_shift -= 4;
				conv_case_all(b, vm, 0, &c, env->seed + n++);
			}
		}
	}
	vm_free(vm);
}

/* Sums cut down before the bias: exact only without zero points, see rocket_reference.c. */
static void test_truncate(struct board *b, const struct env *env)
{
	unsigned int bits;
	struct vm *vm;

	attach_new(b, &vm);
	for (bits = 1; bits <= 6 && !tap_failed(); bits++) {
		struct rocket_conv c = conv_shape(9, 9, 24, 20, 3, 1, 1);

		c.in_zero = c.weight_zero = 0;
		c.truncate = bits;
		c.out_shift -= bits;
		conv_case_all(b, vm, 0, &c, env->seed + bits);
	}
	vm_free(vm);
}

/* Features that need several tasks whatever one does, the usual case in MobileNet. */
static void test_large_split(struct board *b, const struct env *env)
{
	struct rocket_conv conv = conv_shape(80, 80, 64, 32, 3, 1, 1);
	struct rng rng = { env->seed };
	struct conv_case c;
	struct vm *vm;

	attach_new(b, &vm);
	conv_case_init(&c, &conv, &rng);
	c.reuse_weights = true;
	conv_case_place(&c, vm);
	board_mmu_command(b, 0, MMU_CMD_ZAP_CACHE);
	conv_case_run(&c, 0);
	if (!tap_failed())
		conv_case_check(&c);
	if (!tap_failed() && c.num_tasks < 2)
		tap_fail(__FILE__, __LINE__, "the features fit in CBUF at once");
	conv_case_free(&c);
	vm_free(vm);
}

/* More weights than CBUF has room for: they stream through it. */
static void test_large_weights(struct board *b, const struct env *env)
{
	struct rocket_conv c = conv_shape(7, 7, 512, 1024, 1, 1, 0);
	struct vm *vm;

	attach_new(b, &vm);
	conv_case_all(b, vm, 0, &c, env->seed);
	vm_free(vm);
}

/* Layers of MobileNet v1 as Mesa gets them: TFLite's padding is uneven at stride 2. */
static void test_mobilenet(struct board *b, const struct env *env)
{
	static const struct {
		unsigned int size, in_channels, out_channels, kernel, stride;
		bool depthwise;
	} layers[] = {
		{ 224, 3, 32, 3, 2, false }, { 112, 32, 32, 3, 1, true },
		{ 112, 32, 64, 1, 1, false }, { 80, 8, 8, 3, 1, true },
		{ 64, 16, 16, 3, 2, true }, { 28, 256, 256, 3, 2, true },
		{ 14, 256, 512, 1, 1, false }, { 7, 1024, 1024, 3, 1, true },
		{ 1, 256, 1001, 1, 1, false },
	};
	struct vm *vm;
	unsigned int i;

	attach_new(b, &vm);
	for (i = 0; i < COUNT(layers) && !tap_failed(); i++) {
		struct rocket_conv c = conv_shape(layers[i].size, layers[i].size,
						  layers[i].in_channels, layers[i].out_channels,
						  layers[i].kernel, layers[i].stride, 0);
		unsigned int pad = layers[i].kernel - layers[i].stride;

		c.depthwise = layers[i].depthwise;
		if (c.depthwise)
			rocket_quantize(60.0 / (5476.0 * 3), &c.out_scale, &c.out_shift);
		if (layers[i].kernel > 1) {
			c.pad_left = c.pad_top = pad / 2;
			c.pad_right = c.pad_bottom = pad - pad / 2;
		}
		conv_case_all(b, vm, 0, &c, env->seed + i);
	}
	vm_free(vm);
}

/* The operand of the element-wise add in one, two and three surfaces, and cut up. */
static void test_add(struct board *b, const struct env *env)
{
	unsigned int channels, rows;
	struct vm *vm;

	attach_new(b, &vm);
	for (channels = 8; channels <= 72; channels += 16) {
		for (rows = 0; rows < 4 && !tap_failed(); rows++) {
			struct rocket_conv conv = conv_shape(9, 8, 16, channels, 3, 1, 1);
			struct rng rng = { env->seed + channels };
			struct conv_case c;

			conv.add = true;
			conv.add_zero = 11;
			rocket_quantize(74.0 * 12.0, &conv.add_scale, &conv.add_shift);
			conv_case_init(&c, &conv, &rng);
			c.rows_per_task = rows;
			conv_case_place(&c, vm);
			board_mmu_command(b, 0, MMU_CMD_ZAP_CACHE);
			conv_case_run(&c, 0);
			if (!tap_failed())
				conv_case_check(&c);
			if (tap_failed())
				conv_case_describe(&c);
			conv_case_free(&c);
		}
	}
	vm_free(vm);
}

/* Random convolutions */

enum kind { REGULAR, DEPTHWISE, ADD, SINGLE, SPLIT };

static unsigned int random_channels(struct rng *r, unsigned int max)
{
	unsigned int n;

	if (rng_one_in(r, 2))
		n = channel_counts[rng_range(r, 0, COUNT(channel_counts) - 1)];
	else
		n = rng_range(r, 1, max);

	return n > max ? max : n;
}

static void random_padding(struct rng *r, struct rocket_conv *c)
{
	unsigned int x = (c->kernel_width > 15 ? 15 : c->kernel_width - 1);
	unsigned int y = (c->kernel_height > 15 ? 15 : c->kernel_height - 1);

	c->pad_left = rng_range(r, 0, x);
	c->pad_right = rng_range(r, 0, x);
	c->pad_top = rng_range(r, 0, y);
	c->pad_bottom = rng_range(r, 0, y);
}

static void random_quantisation(struct rng *r, struct rocket_conv *c)
{
	double terms = (double)c->kernel_width * c->kernel_height *
		       (c->depthwise ? 1 : c->in_channels);
	double spread = exp2((double)rng_range(r, 0, 60) / 10.0 - 3.0);

	c->in_zero = (int8_t)rng_u32(r);
	c->weight_zero = rng_one_in(r, 3) ? 0 : (int8_t)rng_u32(r);
	c->out_zero = (int8_t)rng_u32(r);
	rocket_quantize(60.0 * spread / (5476.0 * sqrt(terms)), &c->out_scale, &c->out_shift);
	if (c->add) {
		c->add_zero = (int8_t)rng_u32(r);
		/* The operand as large as the accumulator, more or less */
		rocket_quantize(74.0 * sqrt(terms) * exp2((double)rng_range(r, 0, 40) / 10.0 - 2.0),
				&c->add_scale, &c->add_shift);
	}
}

static struct rocket_conv random_conv(struct rng *r, enum kind kind)
{
	struct rocket_conv c = { 0 };

	do {
		c.in_width = rng_range(r, 1, 28);
		c.in_height = rng_range(r, 1, kind == SPLIT ? 40 : 24);
		c.in_channels = kind == SINGLE ? 1 : random_channels(r, 130);
		c.out_channels = random_channels(r, 130);
		c.depthwise = kind == DEPTHWISE ||
			      ((kind == ADD || kind == SPLIT) && rng_one_in(r, 4));
		if (c.depthwise) {
			c.in_channels += c.in_channels == 1;
			c.out_channels = c.in_channels;
		}
		c.kernel_width = rng_range(r, 1, rng_one_in(r, 4) ? 9 : 3);
		c.kernel_height = rng_one_in(r, 2) ? c.kernel_width : rng_range(r, 1, 5);
		c.stride_x = rng_range(r, 1, rng_one_in(r, 4) ? 7 : 2);
		c.stride_y = rng_one_in(r, 2) ? c.stride_x : rng_range(r, 1, 4);
		c.add = kind == ADD || (kind == SPLIT && rng_one_in(r, 3));
		random_padding(r, &c);
		random_quantisation(r, &c);
	} while (rocket_conv_check(&c));

	return c;
}

static void run_random(struct vm *vm, unsigned int core, enum kind kind, uint64_t seed)
{
	struct rng rng = { seed };
	struct rocket_conv conv = random_conv(&rng, kind);
	struct conv_case c;

	conv_case_init(&c, &conv, &rng);
	if (kind == SPLIT) {
		unsigned int height = rocket_conv_out_height(&conv);
		unsigned int least = (height + CASE_MAX_TASKS - 1) / CASE_MAX_TASKS;

		c.rows_per_task = rng_range(&rng, least, height / 2 + 1);
		c.reuse_weights = rng_one_in(&rng, 2);
		c.chained = rng_one_in(&rng, 2);
	}
	conv_case_place(&c, vm);
	board_mmu_command(vm->b, core, MMU_CMD_ZAP_CACHE);
	conv_case_run(&c, core);
	if (!tap_failed())
		conv_case_check(&c);
	if (tap_failed()) {
		tap_note("core %u; --seed %llu makes this the first case of the test (then on core 0)",
			 core, (unsigned long long)seed);
		conv_case_describe(&c);
	}
	conv_case_free(&c);
}

/* Cases of one kind, core after core, the address space renewed now and then. */
static void run_random_cases(struct board *b, const struct env *env, enum kind kind)
{
	uint64_t low = b->next_low, high = b->next_high;
	struct vm *vm = NULL;
	unsigned int n, core;

	for (n = 0; n < env->cases && !tap_failed(); n++) {
		if (n % 20 == 0) {
			if (vm)
				vm_free(vm);
			/* All cores are attached anew: nothing refers to the old pages. */
			b->next_low = low;
			b->next_high = high;
			vm = vm_new(b, n % 40 ? LOW : HIGH);
			for (core = 0; core < NPU_CORES; core++)
				board_attach(b, core, vm);
		}
		run_random(vm, n % NPU_CORES, kind, env->seed + n);
	}
	if (vm)
		vm_free(vm);
}

static void test_random_regular(struct board *b, const struct env *env)
{
	run_random_cases(b, env, REGULAR);
}

static void test_random_depthwise(struct board *b, const struct env *env)
{
	run_random_cases(b, env, DEPTHWISE);
}

static void test_random_add(struct board *b, const struct env *env)
{
	run_random_cases(b, env, ADD);
}

static void test_random_single(struct board *b, const struct env *env)
{
	run_random_cases(b, env, SINGLE);
}

static void test_random_split(struct board *b, const struct env *env)
{
	run_random_cases(b, env, SPLIT);
}

void suite_pipeline(const struct env *env)
{
	run_test(env, "pipeline: 1x1 kernels, all pairs of channel counts", test_channels_1x1, NULL);
	run_test(env, "pipeline: 3x3 kernels, all pairs of channel counts", test_channels_3x3, NULL);
	run_test(env, "pipeline: depthwise, all channel counts", test_depthwise_channels, NULL);
	run_test(env, "pipeline: kernels, strides and paddings", test_geometry, NULL);
	run_test(env, "pipeline: different sizes in x and y", test_asymmetric, NULL);
	run_test(env, "pipeline: the largest kernel and stride", test_large_kernel, NULL);
	run_test(env, "pipeline: rounding of the output", test_rounding, NULL);
	run_test(env, "pipeline: saturation and extreme zero points", test_saturation, NULL);
	run_test(env, "pipeline: truncation of the accumulator", test_truncate, NULL);
	run_test(env, "pipeline: features larger than CBUF", test_large_split, NULL);
	run_test(env, "pipeline: weights larger than CBUF", test_large_weights, NULL);
	run_test(env, "pipeline: layers of MobileNet", test_mobilenet, NULL);
	run_test(env, "pipeline: element-wise add, surface by surface", test_add, NULL);
	run_test(env, "pipeline: random regular convolutions", test_random_regular, NULL);
	run_test(env, "pipeline: random depthwise convolutions", test_random_depthwise, NULL);
	run_test(env, "pipeline: random convolutions with element-wise add", test_random_add, NULL);
	run_test(env, "pipeline: random single-channel convolutions", test_random_single, NULL);
	run_test(env, "pipeline: random split convolutions", test_random_split, NULL);
}
