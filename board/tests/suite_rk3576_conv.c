// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What convolutions show of an RK3576 that pooling does not: what becomes of those with
 * wide elements, of the tasks behind them, and of one while the other core is off.
 *
 * Facts: docs/board-rk3576.rst.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "canary.h"
#include "rk3576.h"
#include "rng.h"
#include "rocket_regcmd_rk3576.h"
#include "suite.h"
#include "tap.h"

/* One task */
#define START			(7u << 16 | 1)
/* Bits that CNA and CORE raise in the first of their groups */
#define FRONT			0x55u
#define DPU_DATA_FORMAT		0x4010u
#define SUMS			(4u << 29)

#define PIXELS			2u
#define CHANNELS		32u
#define CUBE			(PIXELS * CHANNELS)

/* Virtual time given to a stream that makes no sense, ns */
#define SHORT_NS		200000
#define MUTATIONS		8

struct fixture {
	struct board *b;
	struct vm *vm;
	struct rocket_conv conv;
	uint32_t stream;
	int8_t in[CUBE];
};

/* Each channel is copied, as a byte or as the 32 bits of its sum. */
static void emit(struct fixture *f, bool wide)
{
	const struct rocket_conv_task all = { .in_rows = 1, .out_rows = 1 };
	uint64_t stream[ROCKET_RK3576_ENTRIES];
	unsigned int i;

	CHECK_EQ(rocket_rk3576_emit(&f->conv, &all, stream, ROCKET_RK3576_ENTRIES),
		 ROCKET_RK3576_ENTRIES, "entries");
	for (i = 0; wide && i < ROCKET_RK3576_ENTRIES; i++)
		if ((stream[i] & 0xffff) == DPU_DATA_FORMAT)
			stream[i] = rocket_regcmd(stream[i] >> 48, DPU_DATA_FORMAT, SUMS);
	vm_write(f->vm, f->stream, stream, sizeof(stream));
}

static void init(struct fixture *f, struct board *b, bool wide)
{
	struct rocket_conv *c = &f->conv;
	int8_t weights[CHANNELS * CHANNELS] = { 0 };
	uint8_t packed[PAGE] = { 0 };
	unsigned int i;

	rk3576_power_up(b);
	f->b = b;
	f->vm = vm_new(b, HIGH);
	f->stream = vm_alloc(f->vm, PAGE, MMU_READ);
	*c = (struct rocket_conv){
		.in_width = PIXELS, .in_height = 1, .in_channels = CHANNELS,
		.out_channels = CHANNELS, .kernel_width = 1, .kernel_height = 1,
		.stride_x = 1, .stride_y = 1, .out_scale = 16384, .out_shift = 14,
		.in_addr = vm_alloc(f->vm, PAGE, MMU_READ),
		.weight_addr = vm_alloc(f->vm, PAGE, MMU_READ),
		.bias_addr = vm_alloc(f->vm, PAGE, MMU_READ),
		.out_addr = vm_alloc(f->vm, PAGE, MMU_RW),
	};
	for (i = 0; i < CUBE; i++)
		f->in[i] = (int8_t)(37 * i + 11);
	for (i = 0; i < CHANNELS; i++)
		weights[i * CHANNELS + i] = 1;
	vm_write(f->vm, c->in_addr, f->in, sizeof(f->in));
	rocket_conv_pack_weights(c, packed, weights);
	vm_write(f->vm, c->weight_addr, packed, rocket_conv_weights_size(c));
	CHECK_EQ(rocket_rk3576_pack_bias(c, packed, NULL, weights), 0, "biases");
	vm_write(f->vm, c->bias_addr, packed, rocket_rk3576_bias_size(c));
	emit(f, wide);
	rk3576_attach(b, 0, f->vm);
}

static void start(struct fixture *f)
{
	rk3576_start(f->b, 0, f->stream, ROCKET_RK3576_ENTRIES, START, PC_IRQ_DPU);
}

/* Whether a task that starts now ends with the DPU's interrupt. */
static bool ends(struct fixture *f)
{
	start(f);
	/* The line is the IOMMU's, too. */
	return rk3576_wait_irq(f->b, 0) &&
	       rk3576_rd(f->b, 0, PC_INTERRUPT_RAW_STATUS) & PC_IRQ_DPU;
}

static bool wrote(struct fixture *f)
{
	const uint8_t nothing[4 * CUBE] = { 0 };
	uint8_t seen[4 * CUBE];

	vm_read(f->vm, f->conv.out_addr, seen, sizeof(seen));
	vm_write(f->vm, f->conv.out_addr, nothing, sizeof(nothing));
	return memcmp(seen, nothing, sizeof(seen));
}

static void test_narrow(struct board *b, const struct env *env)
{
	struct fixture f;
	int8_t seen[CUBE];

	(void)env;
	init(&f, b, false);
	CHECK(ends(&f), "no interrupt");
	vm_read(f.vm, f.conv.out_addr, seen, sizeof(seen));
	CHECK(!memcmp(seen, f.in, sizeof(seen)), "the copy is none");
	vm_free(f.vm);
}

/* It runs to its end, and says so by other blocks alone. */
static void test_wide_none(struct board *b, const struct env *env)
{
	struct fixture f;
	uint32_t raw;

	(void)env;
	init(&f, b, true);
	CHECK(!ends(&f), "the DPU's interrupt");
	raw = rk3576_rd(b, 0, PC_INTERRUPT_RAW_STATUS);
	CHECK_EQ(raw & PC_IRQ_DPU, 0, "bits of the DPU");
	CHECK_EQ(raw & PC_DONE, PC_DONE, "PC_DONE");
	CHECK_EQ(raw & FRONT, FRONT, "bits of CNA and CORE");
	CHECK(wrote(&f), "nothing is written");
	vm_free(f.vm);
}

static void test_wide_irq(struct board *b, const struct env *env)
{
	struct fixture f;

	(void)env;
	init(&f, b, true);
	CHECK(ends(&f), "no interrupt");
	CHECK(wrote(&f), "nothing is written");
	vm_free(f.vm);
}

/* The next ones end as if they had done what they should, until the domain was off. */
static void poisons(struct board *b, bool poison)
{
	struct fixture f;
	unsigned int i;

	init(&f, b, true);
	ends(&f);
	CHECK(wrote(&f), "the wide task writes nothing");
	emit(&f, false);
	for (i = 0; i < 2; i++) {
		CHECK(ends(&f), "task %u behind the wide one: no interrupt", i);
		CHECK_EQ(wrote(&f), !poison, "whether it writes");
	}
	rk3576_srst_a(b, 0);
	rk3576_biu(b, 0);
	rk3576_attach(b, 0, f.vm);
	CHECK(ends(&f), "no interrupt behind a reset");
	CHECK_EQ(wrote(&f), !poison, "whether the one behind a reset writes");
	rk3576_power(b, 0, false);
	rk3576_power(b, 0, true);
	rk3576_attach(b, 0, f.vm);
	CHECK(ends(&f), "no interrupt behind loss of power");
	CHECK(wrote(&f), "the one behind loss of power writes nothing");
	vm_free(f.vm);
}

static void test_poison_on(struct board *b, const struct env *env)
{
	(void)env;
	poisons(b, true);
}

static void test_poison_off(struct board *b, const struct env *env)
{
	(void)env;
	poisons(b, false);
}

static void sibling(struct board *b, bool computes)
{
	struct fixture f;

	init(&f, b, false);
	rk3576_power(b, 1, false);
	CHECK_EQ(ends(&f), computes, "whether it ends while the other core is off");
	CHECK_EQ(wrote(&f), computes, "whether it writes");
	rk3576_srst_a(b, 0);
	rk3576_biu(b, 0);
	rk3576_power(b, 1, true);
	rk3576_attach(b, 0, f.vm);
	CHECK(ends(&f), "no interrupt while it is on");
	CHECK(wrote(&f), "nothing is written while it is on");
	vm_free(f.vm);
}

static void test_sibling_computes(struct board *b, const struct env *env)
{
	(void)env;
	sibling(b, true);
}

static void test_sibling_stalls(struct board *b, const struct env *env)
{
	(void)env;
	sibling(b, false);
}

static uint32_t mask_after_writing(struct board *b, uint32_t value)
{
	rk3576_wr(b, 0, PC_INTERRUPT_MASK, value);
	return rk3576_rd(b, 0, PC_INTERRUPT_MASK);
}

static void bit31(struct board *b, uint32_t bit)
{
	struct fixture f;

	init(&f, b, false);
	CHECK_EQ(mask_after_writing(b, PC_IRQ_DPU), PC_IRQ_DPU, "the mask at first");
	CHECK(ends(&f), "no interrupt");
	CHECK_EQ(mask_after_writing(b, 0), bit, "the mask, cleared behind a completion");
	CHECK_EQ(mask_after_writing(b, PC_IRQ_DPU), PC_IRQ_DPU | bit, "the mask, set");
	rk3576_power(b, 0, false);
	rk3576_power(b, 0, true);
	CHECK_EQ(mask_after_writing(b, 0), 0, "the mask behind loss of power");
	vm_free(f.vm);
}

static void test_bit31_sticks(struct board *b, const struct env *env)
{
	(void)env;
	bit31(b, 1u << 31);
}

static void test_bit31_off(struct board *b, const struct env *env)
{
	(void)env;
	bit31(b, 0);
}

static bool copies(struct fixture *f)
{
	const uint8_t nothing[CUBE] = { 0 };
	int8_t seen[CUBE];

	vm_write(f->vm, f->conv.out_addr, nothing, sizeof(nothing));
	if (!ends(f))
		return false;
	vm_read(f->vm, f->conv.out_addr, seen, sizeof(seen));
	return !memcmp(seen, f->in, sizeof(seen));
}

static uint64_t any_command(struct rng *rng)
{
	unsigned int block = rng_range(rng, 0, 7);

	return rocket_regcmd(0x100u << block | 1, block << 12 | (rng_u32(rng) & 0x1fc),
			     rng_u32(rng) >> rng_range(rng, 0, 31));
}

/* A stream that means something, but for some of its entries */
static void mutate(struct fixture *f, struct rng *rng)
{
	unsigned int count = rng_range(rng, 1, MUTATIONS), i;
	uint64_t stream[ROCKET_RK3576_ENTRIES];

	emit(f, rng_range(rng, 0, 3) == 0);
	vm_read(f->vm, f->stream, stream, sizeof(stream));
	for (i = 0; i < count; i++) {
		uint64_t *entry = &stream[rng_range(rng, 0, ROCKET_RK3576_ENTRIES - 1)];

		switch (rng_range(rng, 0, 3)) {
		case 0:
			*entry ^= 1ULL << rng_range(rng, 0, 63);
			break;
		case 1:
			*entry = any_command(rng);
			break;
		case 2:
			*entry = stream[rng_range(rng, 0, ROCKET_RK3576_ENTRIES - 1)];
			break;
		default:
			*entry = rocket_regcmd(*entry >> 48, *entry & 0xffff, rng_u32(rng));
			break;
		}
	}
	vm_write(f->vm, f->stream, stream, sizeof(stream));
}

/*
 * Whatever streams say, QEMU lives, nothing is written that the tables do not name, and
 * behind loss of power all is well.
 */
static void test_fuzz(struct board *b, const struct env *env)
{
	struct rng rng = { env->seed };
	time_t end = time(NULL) + env->seconds;
	uint64_t canary, rounds = 0;
	struct fixture f;

	init(&f, b, false);
	canary = canary_new(b);
	do {
		mutate(&f, &rng);
		rk3576_start(b, 0, f.stream, ROCKET_RK3576_ENTRIES,
			     7u << 16 | rng_range(&rng, 1, 3), rng_u32(&rng));
		board_pass(b, SHORT_NS);
		rk3576_srst_a(b, 0);
		rk3576_power(b, 0, false);
		rk3576_power(b, 0, true);
		rk3576_attach(b, 0, f.vm);
		emit(&f, false);
		CHECK(copies(&f), "round %llu: the core does not work any more",
		      (unsigned long long)rounds);
		rounds++;
	} while (!tap_failed() && time(NULL) < end);
	canary_check(b, canary);
	tap_note("seed %llu, %llu streams", (unsigned long long)env->seed,
		 (unsigned long long)rounds);
	vm_free(f.vm);
}

void suite_rk3576_conv(const struct env *env)
{
	static const struct {
		const char *name;
		test_fn *fn;
		const char *options;
	} tests[] = {
		{ "a convolution", test_narrow, MACHINE },
		{ "wide-output=none", test_wide_none, MACHINE },
		{ "wide-output=none-32", test_wide_none, SILICON("wide-output=none-32") },
		{ "wide-output=irq", test_wide_irq, SILICON("wide-output=irq") },
		{ "wide-poisons-next=on", test_poison_on, MACHINE },
		{ "wide-poisons-next=off", test_poison_off, SILICON("wide-poisons-next=off") },
		{ "sibling-off=computes", test_sibling_computes, MACHINE },
		{ "sibling-off=stalls", test_sibling_stalls, SILICON("sibling-off=stalls") },
		{ "int-mask-bit31=sticks", test_bit31_sticks, MACHINE },
		{ "int-mask-bit31=off", test_bit31_off, SILICON("int-mask-bit31=off") },
		{ "random streams", test_fuzz, MACHINE },
	};
	char name[80];
	unsigned int i;

	for (i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		snprintf(name, sizeof(name), "rk3576: %s", tests[i].name);
		run_bare_test(env, name, tests[i].fn, tests[i].options);
	}
}
