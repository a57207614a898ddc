// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Matrix products in every format of the array, by streams built here out of the
 * rules in docs/board-npu.rst: layouts of features, weights and outputs, rows of the
 * buffer; a task of the output stage alone, and one of the PPU.
 *
 * Values are small integers, so that every format and every order of additions gives
 * the same sums.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rng.h"
#include "rocket_regcmd.h"
#include "suite.h"
#include "tap.h"

#define STREAM_MAX	128

enum format { INT8, INT16, FP16, BF16, INT32, FP32, INT4, TF32 };

static const unsigned int bits[] = { 8, 16, 16, 16, 32, 32, 4, 32 };

/* One kind of product, and what the array has at a time of it */
struct kind {
	const char *name;
	enum format in, out;
	unsigned int kernels, channels, size_e;
};

static const struct kind kinds[] = {
	{ "int4 to int16", INT4, INT16, 64, 32, 7 },
	{ "int8 to int32", INT8, INT32, 32, 32, 7 },
	{ "int8 to fp32", INT8, FP32, 32, 32, 7 },
	{ "int16 to int32", INT16, INT32, 16, 32, 3 },
	{ "fp16 to fp16", FP16, FP16, 16, 32, 1 },
	{ "fp16 to fp32", FP16, FP32, 16, 32, 3 },
	{ "bf16 to fp32", BF16, FP32, 16, 32, 3 },
	{ "tf32 to fp32", TF32, FP32, 16, 16, 3 },
};

#define COUNT(array)	(sizeof(array) / sizeof(*(array)))

struct product {
	const struct kind *kind;
	unsigned int width, height, in, out;	/* pixels, channels */
	unsigned int entries;			/* of a row in CBUF */
	unsigned int weight_banks;
	int8_t *features, *weights;		/* [pixel][channel], [kernel][channel] */
	uint32_t feature_addr, weight_addr, out_addr;
	size_t out_bytes;
	uint64_t stream[STREAM_MAX];
	unsigned int count;
	unsigned int tasks;			/* of the chain, 0: one */
};

static unsigned int pixels(const struct product *p)
{
	return p->width * p->height;
}

static void set(struct product *p, unsigned int reg, uint32_t value)
{
	static const unsigned int targets[] = {
		ROCKET_TARGET_PC, ROCKET_TARGET_CNA, 0, ROCKET_TARGET_CORE, ROCKET_TARGET_DPU,
		ROCKET_TARGET_DPU_RDMA, ROCKET_TARGET_PPU, ROCKET_TARGET_PPU_RDMA,
	};

	p->stream[p->count++] = rocket_regcmd(targets[reg >> 12], reg, value);
}

static void finish(struct product *p, uint32_t blocks)
{
	p->stream[p->count++] = rocket_regcmd(ROCKET_TARGET_FENCE, 0, 0);
	p->stream[p->count++] = rocket_regcmd(ROCKET_TARGET_BROADCAST, PC_OPERATION_ENABLE, blocks);
	while (p->count % 4)
		p->stream[p->count++] = 0;
}

/* Three atoms of a pixel take as much room as four. */
static unsigned int row_entries(const struct product *p)
{
	unsigned int atoms = p->in * bits[p->kind->in] / 128, rest = atoms % 4;
	unsigned int per_entry = rest == 1 ? 4 : rest == 2 ? 2 : 1;

	return atoms / 4 * p->width + (rest ? (p->width + per_entry - 1) / per_entry : 0);
}

static uint32_t float_bits(int value)
{
	float f = (float)value;
	uint32_t word;

	memcpy(&word, &f, sizeof(word));
	return word;
}

/* Of integers below 2048 in magnitude, which a half holds exactly */
static uint16_t half_bits(int value)
{
	uint32_t word = float_bits(value);

	return value ? (uint16_t)(word >> 16 & 0x8000) |
		       (uint16_t)((word >> 13 & 0x3ffff) - (112 << 10)) : 0;
}

static void put(uint8_t *to, enum format format, size_t at, int value)
{
	uint32_t word;

	switch (format) {
	case INT4:
		to[at / 2] |= (uint8_t)((value & 15) << at % 2 * 4);
		return;
	case FP16:
		word = half_bits(value);
		break;
	case BF16:
		word = float_bits(value) >> 16;
		break;
	case FP32:
	case TF32:
		word = float_bits(value);
		break;
	default:
		word = (uint32_t)value;
		break;
	}
	memcpy(to + at * bits[format] / 8, &word, bits[format] / 8);
}

static void place_features(struct product *p, struct vm *vm)
{
	unsigned int atom = 128 / bits[p->kind->in], x, c;
	size_t size = (size_t)pixels(p) * p->in * bits[p->kind->in] / 8;
	uint8_t *raw = calloc(1, size);

	for (x = 0; x < pixels(p); x++)
		for (c = 0; c < p->in; c++)
			put(raw, p->kind->in, ((size_t)c / atom * pixels(p) + x) * atom + c % atom,
			    p->features[x * p->in + c]);
	p->feature_addr = vm_alloc(vm, size, MMU_READ);
	vm_write(vm, p->feature_addr, raw, size);
	free(raw);
}

/* [kernel / group][channel / group][kernel][channel], short at the end */
static size_t weight_at(const struct product *p, unsigned int k, unsigned int c)
{
	unsigned int first_k = k / p->kind->kernels * p->kind->kernels;
	unsigned int first_c = c / p->kind->channels * p->kind->channels;
	unsigned int kernels = p->out - first_k, lanes = p->in - first_c;

	if (kernels > p->kind->kernels)
		kernels = p->kind->kernels;
	if (lanes > p->kind->channels)
		lanes = p->kind->channels;
	return (size_t)first_k * p->in + (size_t)first_c * kernels +
	       (size_t)(k - first_k) * lanes + c - first_c;
}

static void place_weights(struct product *p, struct vm *vm)
{
	size_t size = (size_t)p->out * p->in * bits[p->kind->in] / 8;
	uint8_t *raw = calloc(1, size);
	unsigned int k, c;

	for (k = 0; k < p->out; k++)
		for (c = 0; c < p->in; c++)
			put(raw, p->kind->in, weight_at(p, k, c), p->weights[k * p->in + c]);
	p->weight_addr = vm_alloc(vm, size, MMU_READ);
	vm_write(vm, p->weight_addr, raw, size);
	free(raw);
}

static void emit_array(struct product *p)
{
	uint32_t format = p->kind->in, bytes = p->in * bits[format] / 8;

	set(p, CNA_S_POINTER, 0xe);
	set(p, CORE_S_POINTER, 0xe);
	set(p, 0x100c, format << 4 | format << 7);		/* CONV_CON1 */
	set(p, 0x1014, 1 << 3 | 1);				/* CONV_CON3: strides */
	set(p, 0x1020, p->width << 16 | p->height);		/* DATA_SIZE0 */
	set(p, 0x1024, (p->in - 1) << 16 | p->in);		/* DATA_SIZE1 */
	set(p, 0x1028, p->width);				/* DATA_SIZE2 */
	set(p, 0x102c, pixels(p));				/* DATA_SIZE3 */
	set(p, 0x1030, bytes * p->out);				/* WEIGHT_SIZE0 */
	set(p, 0x1034, bytes);					/* WEIGHT_SIZE1 */
	set(p, 0x1038, 1 << 24 | 1 << 16 | p->out);		/* WEIGHT_SIZE2 */
	set(p, 0x1040, p->weight_banks << 4 | (12 - p->weight_banks));	/* CBUF_CON0 */
	set(p, 0x1044, p->entries);				/* CBUF_CON1 */
	set(p, 0x104c, 0xb);					/* CVT_CON0: bypass */
	set(p, 0x1070, p->feature_addr);
	set(p, 0x107c, 4 * p->width);				/* DMA_CON1: LINE_STRIDE */
	set(p, 0x1080, p->width * (p->height - 4));		/* DMA_CON2: SURF_STRIDE */
	set(p, 0x1110, p->weight_addr);
	set(p, 0x3010, format << 8);				/* MISC_CFG, QD_EN 0 */
	set(p, 0x3014, (p->height - 1) << 16 | (p->width - 1));
	set(p, 0x3018, p->out - 1);
}

/* Everything but the array's registers is a bypass. */
static void emit_output(struct product *p, uint32_t mode, enum format in, uint32_t surface)
{
	uint32_t size_e = p->kind->size_e;

	set(p, 0x4004, 0xe);
	set(p, 0x400c, mode | 2 << 1);				/* to memory */
	set(p, 0x4010, (uint32_t)p->kind->out << 29 | (uint32_t)in << 26 | in);
	set(p, 0x4020, p->out_addr);
	set(p, 0x4024, surface);				/* DST_SURF_STRIDE */
	set(p, 0x4030, p->width - 1);
	set(p, 0x4034, p->height - 1);
	set(p, 0x403c, (p->out - 1) << 16 | (p->out - 1));
	set(p, 0x4040, 1);					/* BS off */
	set(p, 0x4050, size_e << 8 | size_e << 5 | size_e << 2 | 2);
	set(p, 0x4058, p->out - 1);
	set(p, 0x405c, (p->height - 1) << 16 | (p->width - 1));
	set(p, 0x4060, 1);					/* BN off */
	set(p, 0x4070, 1);					/* EW off */
	set(p, 0x4084, 1);					/* OUT_CVT_SCALE */
	set(p, 0x40c0, (size_e + 1) * surface);			/* SURFACE_ADD */
}

static void product_init(struct product *p, const struct kind *kind, struct vm *vm,
			 unsigned int width, unsigned int height, unsigned int in,
			 unsigned int out, struct rng *rng)
{
	unsigned int groups = (out + kind->kernels - 1) / kind->kernels;
	unsigned int i;

	memset(p, 0, sizeof(*p));
	p->kind = kind;
	p->width = width;
	p->height = height;
	p->in = in;
	p->out = out;
	p->entries = row_entries(p);
	p->weight_banks = 6;
	p->features = malloc((size_t)pixels(p) * in);
	p->weights = malloc((size_t)out * in);
	for (i = 0; i < pixels(p) * in; i++)
		p->features[i] = (int8_t)((int)rng_range(rng, 0, 7) - 4);
	for (i = 0; i < out * in; i++)
		p->weights[i] = (int8_t)((int)rng_range(rng, 0, 7) - 4);
	place_features(p, vm);
	place_weights(p, vm);
	p->out_bytes = (size_t)groups * (kind->size_e + 1) * pixels(p) * 16;
	p->out_addr = vm_alloc(vm, p->out_bytes, MMU_WRITE);
}

static void product_done(struct product *p)
{
	free(p->features);
	free(p->weights);
}

static void product_stream(struct product *p)
{
	p->count = 0;
	emit_array(p);
	emit_output(p, 0, p->kind->in == TF32 ? FP32 : p->kind->in, pixels(p) * 16);
	finish(p, 0xd);
}

/*
 * Runs on core 0, and returns RAW_STATUS in the end: at least one of @bits_wanted,
 * and none outside @mask.
 */
static uint32_t run(struct board *b, struct product *p, struct vm *vm, uint32_t bits_wanted,
		uint32_t mask)
{
	uint32_t stream = vm_alloc(vm, sizeof(p->stream), MMU_READ), raw;

	vm_write(vm, stream, p->stream, p->count * 8);
	board_mmu_command(b, 0, MMU_CMD_ZAP_CACHE);
	board_start_tasks(b, 0, stream, p->count, p->tasks ? p->tasks : 1);
	npu_write(b, 0, PC_INTERRUPT_MASK, 0x1ffff);
	board_wait_irq(b, 0, LONG_NS);
	raw = npu_read(b, 0, PC_INTERRUPT_RAW_STATUS);
	if (!(raw & bits_wanted) || (raw & ~mask))
		tap_fail(__FILE__, __LINE__, "%s: RAW_STATUS 0x%x, IOMMU status 0x%x", p->kind->name,
			 raw, mmu_read(b, 0, 0, MMU_STATUS));
	board_ack(b, 0);
	return raw;
}

static int sum(const struct product *p, unsigned int x, unsigned int k)
{
	int total = 0;
	unsigned int c;

	for (c = 0; c < p->in; c++)
		total += p->features[x * p->in + c] * p->weights[k * p->in + c];
	return total;
}

/* Where output channel k of a pixel lies */
static size_t out_at(const struct product *p, unsigned int x, unsigned int k)
{
	unsigned int atom = 128 / bits[p->kind->out], group = k / p->kind->kernels;
	unsigned int surface = group * (p->kind->size_e + 1) + k % p->kind->kernels / atom;

	return ((size_t)surface * pixels(p) + x) * atom + k % atom;
}

/* How many outputs of the first @rows rows are not what they ought to be */
static unsigned int wrong(struct product *p, struct vm *vm, unsigned int rows)
{
	uint8_t *raw = malloc(p->out_bytes), want[4];
	unsigned int bytes = bits[p->kind->out] / 8, count = 0, x, k;

	vm_read(vm, p->out_addr, raw, p->out_bytes);
	for (x = 0; x < rows * p->width; x++)
		for (k = 0; k < p->out; k++) {
			put(want, p->kind->out, 0, sum(p, x, k));
			count += memcmp(want, raw + out_at(p, x, k) * bytes, bytes) != 0;
		}
	free(raw);
	return count;
}

static void attach_new(struct board *b, struct vm **vm)
{
	*vm = vm_new(b, HIGH);
	board_attach(b, 0, *vm);
}

static void check_kind(struct board *b, struct vm *vm, const struct kind *kind, unsigned int in,
		       struct rng *rng)
{
	struct product p;
	unsigned int bad;

	product_init(&p, kind, vm, 5, 6, in, 80, rng);
	product_stream(&p);
	run(b, &p, vm, PC_IRQ_DPU, 0x3ff);
	bad = tap_failed() ? 0 : wrong(&p, vm, p.height);
	product_done(&p);
	CHECK(!bad, "%s of %u channels: %u of 2400 outputs are wrong", kind->name, in, bad);
}

/* One, two, three and four atoms more than full entries, groups that are not full */
static void test_products(struct board *b, const struct env *env)
{
	struct rng rng = { env->seed };
	unsigned int i, atoms;
	struct vm *vm;

	attach_new(b, &vm);
	for (i = 0; i < COUNT(kinds); i++)
		for (atoms = 1; atoms <= 12 && !tap_failed(); atoms++)
			check_kind(b, vm, &kinds[i], atoms * 128 / bits[kinds[i].in], &rng);
	vm_free(vm);
}

/* Three atoms counted as three: completes, and the rows overwrite each other. */
static void test_short_rows(struct board *b, const struct env *env)
{
	struct rng rng = { env->seed };
	unsigned int bad, last;
	struct product p;
	struct vm *vm;

	attach_new(b, &vm);
	product_init(&p, &kinds[1], vm, 8, 4, 48, 32, &rng);
	p.entries = 6;
	product_stream(&p);
	run(b, &p, vm, PC_IRQ_DPU, 0x3ff);
	bad = wrong(&p, vm, 3);
	last = wrong(&p, vm, 4);
	product_done(&p);
	vm_free(vm);
	CHECK_PASSED();
	CHECK(bad, "rows that overwrite each other are right");
	CHECK(last == bad, "the last row, which nothing overwrites, is wrong");
}

/* Rows beyond the features' banks are computed with what lies there. */
static void test_beyond_banks(struct board *b, const struct env *env)
{
	struct rng rng = { env->seed };
	unsigned int first, all;
	struct product p;
	struct vm *vm;

	attach_new(b, &vm);
	product_init(&p, &kinds[1], vm, 64, 12, 64, 32, &rng);
	p.weight_banks = 11;
	product_stream(&p);
	run(b, &p, vm, PC_IRQ_DPU, 0x3ff);
	/* A row is 4 KiB, a bank 32. */
	first = wrong(&p, vm, 8);
	all = wrong(&p, vm, 12);
	product_done(&p);
	vm_free(vm);
	CHECK_PASSED();
	CHECK(!first, "%u outputs of the rows that fit are wrong", first);
	CHECK(all, "rows that do not fit are right");
}

/* The DPU and its reader alone: fp16 to fp32, which nothing changes */
static void test_flying(struct board *b, const struct env *env)
{
	static const struct kind kind = { "flying", FP16, FP32, 8, 8, 0 };
	uint16_t in[4 * 7 * 8];
	float out[4 * 7 * 8];
	struct product p = { .kind = &kind, .width = 7, .height = 4, .out = 8 };
	unsigned int x, c, bad = 0;
	struct vm *vm;

	(void)env;
	attach_new(b, &vm);
	for (x = 0; x < COUNT(in); x++)
		in[x] = half_bits((int)x - 100);
	p.feature_addr = vm_alloc(vm, sizeof(in), MMU_READ);
	vm_write(vm, p.feature_addr, in, sizeof(in));
	p.out_addr = vm_alloc(vm, sizeof(out), MMU_WRITE);
	emit_output(&p, 1, FP16, pixels(&p) * 16);
	set(&p, 0x5004, 0xe);
	set(&p, 0x500c, p.width - 1);
	set(&p, 0x5010, p.height - 1);
	set(&p, 0x5014, p.out - 1);
	set(&p, 0x5018, p.feature_addr);
	set(&p, 0x5034, 1);					/* ERDMA off */
	set(&p, 0x5044, FP16 << 15 | FP16 << 5 | 1);		/* FLYING_MODE */
	finish(&p, 0x18);
	run(b, &p, vm, PC_IRQ_DPU, PC_IRQ_DPU);
	vm_read(vm, p.out_addr, out, sizeof(out));
	vm_free(vm);
	CHECK_PASSED();
	for (x = 0; x < pixels(&p); x++)
		for (c = 0; c < 8; c++)
			bad += out[(c / 4 * pixels(&p) + x) * 4 + c % 4] != (float)((int)(x * 8 + c) - 100);
	CHECK(!bad, "%u of %u values are wrong", bad, pixels(&p) * 8);
}

/* Maximum of 2 by 2 with stride 2, of one surface of 6 by 4 pixels */
static void emit_pooling(struct product *p)
{
	set(p, 0x6004, 0xe);
	set(p, 0x7004, 0xe);
	set(p, 0x600c, p->width - 1);
	set(p, 0x6010, p->height - 1);
	set(p, 0x6014, 7);
	set(p, 0x6018, p->width / 2 - 1);
	set(p, 0x601c, p->height / 2 - 1);
	set(p, 0x6020, 7);
	set(p, 0x6024, 0x11);					/* from memory, maximum */
	set(p, 0x6034, 1 << 20 | 1 << 16 | 1 << 8 | 1);
	set(p, 0x6044, 0xfc00);
	set(p, 0x6070, p->out_addr);
	set(p, 0x607c, pixels(p) / 4 * 16);
	set(p, 0x6084, FP16);
	set(p, 0x700c, p->width - 1);
	set(p, 0x7010, p->height - 1);
	set(p, 0x7014, 7);
	set(p, 0x701c, p->feature_addr);
	set(p, 0x7024, p->width * 16);
	set(p, 0x7028, pixels(p) * 16);
	set(p, 0x7030, FP16);
	finish(p, 0x60);
}

static const struct kind pooling = { "pooling", FP16, FP16, 8, 8, 0 };

/* Bits of all blocks of @bits_wanted come up, and no others. */
static void check_pooling(struct board *b, uint32_t bits_wanted)
{
	struct product p = { .kind = &pooling, .width = 6, .height = 4, .out = 8 };
	uint16_t in[4 * 6 * 8], out[2 * 3 * 8];
	unsigned int x, y, c, bad = 0;
	struct vm *vm;
	uint32_t raw;

	attach_new(b, &vm);
	for (x = 0; x < COUNT(in); x++)
		in[x] = half_bits((int)x - 50);
	p.feature_addr = vm_alloc(vm, sizeof(in), MMU_READ);
	vm_write(vm, p.feature_addr, in, sizeof(in));
	p.out_addr = vm_alloc(vm, sizeof(out), MMU_WRITE);
	emit_pooling(&p);
	raw = run(b, &p, vm, bits_wanted, bits_wanted);
	vm_read(vm, p.out_addr, out, sizeof(out));
	vm_free(vm);
	CHECK_PASSED();
	CHECK_EQ(!(raw & PC_IRQ_DPU), !(bits_wanted & PC_IRQ_DPU), "no bit of the DPU");
	CHECK_EQ(!(raw & PC_IRQ_PPU), !(bits_wanted & PC_IRQ_PPU), "no bit of the PPU");
	for (y = 0; y < 2; y++)
		for (x = 0; x < 3; x++)
			for (c = 0; c < 8; c++)
				bad += out[(y * 3 + x) * 8 + c] !=
				       half_bits((int)(((2 * y + 1) * 6 + 2 * x + 1) * 8 + c) - 50);
	CHECK(!bad, "%u of 48 values are wrong", bad);
}

static void test_pooling(struct board *b, const struct env *env)
{
	(void)env;
	check_pooling(b, PC_IRQ_PPU);
}

static void test_pooling_dpu(struct board *b, const struct env *env)
{
	(void)env;
	check_pooling(b, PC_IRQ_DPU);
}

static void test_pooling_both(struct board *b, const struct env *env)
{
	(void)env;
	check_pooling(b, PC_IRQ_DPU | PC_IRQ_PPU);
}

/* The largest of four pixels' sums */
static int largest(const struct product *p, unsigned int x, unsigned int y, unsigned int k)
{
	int most = -100000;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		int v = sum(p, (2 * y + i / 2) * p->width + 2 * x + i % 2, k);

		most = v > most ? v : most;
	}
	return most;
}

/* One start: a product, then pooling of what it wrote just now */
static void test_mixed_chain(struct board *b, const struct env *env)
{
	struct product p, q = { .kind = &pooling, .width = 6, .height = 4 };
	struct rng rng = { env->seed };
	unsigned int x, c, bad = 0;
	uint16_t out[6 * 8];
	uint32_t next;
	struct vm *vm;

	attach_new(b, &vm);
	product_init(&p, &kinds[4], vm, 6, 4, 64, 16, &rng);
	/* The output is read again, by the next task. */
	p.out_addr = vm_alloc(vm, p.out_bytes, MMU_RW);
	q.feature_addr = p.out_addr;
	q.out_addr = vm_alloc(vm, sizeof(out), MMU_WRITE);
	emit_pooling(&q);
	next = vm_alloc(vm, q.count * 8, MMU_READ);
	vm_write(vm, next, q.stream, q.count * 8);

	emit_array(&p);
	emit_output(&p, 0, FP16, pixels(&p) * 16);
	set(&p, PC_BASE_ADDRESS, next);
	set(&p, PC_REGISTER_AMOUNTS, q.count / 2 - 1);
	finish(&p, 0xd);
	p.tasks = 2;
	run(b, &p, vm, PC_IRQ_PPU, PC_IRQ_PPU);
	vm_read(vm, q.out_addr, out, sizeof(out));
	for (x = 0; x < 6; x++)
		for (c = 0; c < 8; c++)
			bad += out[x * 8 + c] != half_bits(largest(&p, x % 3, x / 3, c));
	product_done(&p);
	vm_free(vm);
	CHECK_PASSED();
	CHECK(!bad, "%u of 48 values are wrong", bad);
}

void suite_formats(const struct env *env)
{
	run_test(env, "formats: products in every format", test_products, NULL);
	run_test(env, "formats: rows of three atoms that are counted as three", test_short_rows, NULL);
	run_test(env, "formats: features beyond their banks", test_beyond_banks, NULL);
	run_test(env, "formats: the output stage alone", test_flying, NULL);
	run_test(env, "formats: pooling", test_pooling, NULL);
	run_test(env, "formats: pooling, ppu-raises=dpu", test_pooling_dpu,
		 "-machine silicon=ppu-raises=dpu");
	run_test(env, "formats: pooling, ppu-raises=both", test_pooling_both,
		 "-machine silicon=ppu-raises=both");
	run_test(env, "formats: a chain of a product and pooling of it", test_mixed_chain, NULL);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A task as large as the buffer allows, as often as takes a second or so */
static void test_speed(struct board *b, const struct env *env)
{
	struct rng rng = { env->seed };
	unsigned int i, round;
	struct vm *vm;

	attach_new(b, &vm);
	for (i = 0; i < COUNT(kinds) && !tap_failed(); i++) {
		struct product p;
		double time;

		product_init(&p, &kinds[i], vm, 16, 9, 8192 / bits[kinds[i].in], 512, &rng);
		product_stream(&p);
		time = seconds();
		for (round = 0; round < 16 && !tap_failed(); round++)
			run(b, &p, vm, PC_IRQ_DPU, 0x3ff);
		time = seconds() - time;
		tap_note("%-16s %5.1f GMAC/s", kinds[i].name,
			 1e-9 * round * pixels(&p) * p.in * p.out / time);
		product_done(&p);
	}
	vm_free(vm);
}

void suite_speed(const struct env *env)
{
	run_test(env, "speed: products in every format", test_speed, NULL);
}
