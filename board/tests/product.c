// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "product.h"
#include "rocket_regcmd.h"
#include "tap.h"

const unsigned int format_bits[] = { 8, 16, 16, 16, 32, 32, 4, 32 };

unsigned int product_pixels(const struct product *p)
{
	return p->width * p->height;
}

void product_set(struct product *p, unsigned int reg, uint32_t value)
{
	static const unsigned int targets[] = {
		ROCKET_TARGET_PC, ROCKET_TARGET_CNA, 0, ROCKET_TARGET_CORE, ROCKET_TARGET_DPU,
		ROCKET_TARGET_DPU_RDMA, ROCKET_TARGET_PPU, ROCKET_TARGET_PPU_RDMA,
	};

	p->stream[p->count++] = rocket_regcmd(targets[reg >> 12], reg, value);
}

void product_finish(struct product *p, uint32_t blocks)
{
	p->stream[p->count++] = rocket_regcmd(ROCKET_TARGET_FENCE, 0, 0);
	p->stream[p->count++] = rocket_regcmd(ROCKET_TARGET_BROADCAST, PC_OPERATION_ENABLE, blocks);
	while (p->count % 4)
		p->stream[p->count++] = 0;
}

/* Three atoms of a pixel take as much room as four. */
static unsigned int row_entries(const struct product *p)
{
	unsigned int atoms = p->in * format_bits[p->kind->in] / 128, rest = atoms % 4;
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

/* A half holds integers below 2048 exactly. */
uint16_t half_bits(int value)
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
	memcpy(to + at * format_bits[format] / 8, &word, format_bits[format] / 8);
}

static void place_features(struct product *p, struct vm *vm)
{
	unsigned int atom = 128 / format_bits[p->kind->in], x, c;
	size_t size = (size_t)product_pixels(p) * p->in * format_bits[p->kind->in] / 8;
	uint8_t *raw = calloc(1, size);

	for (x = 0; x < product_pixels(p); x++)
		for (c = 0; c < p->in; c++)
			put(raw, p->kind->in, p->row_major ? (size_t)x * p->in + c :
			    ((size_t)c / atom * product_pixels(p) + x) * atom + c % atom,
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
	size_t size = (size_t)p->out * p->in * format_bits[p->kind->in] / 8;
	uint8_t *raw = calloc(1, size);
	unsigned int k, c;

	for (k = 0; k < p->out; k++)
		for (c = 0; c < p->in; c++)
			put(raw, p->kind->in, weight_at(p, k, c), p->weights[k * p->in + c]);
	p->weight_addr = vm_alloc(vm, size, MMU_READ);
	vm_write(vm, p->weight_addr, raw, size);
	free(raw);
}

void product_place(struct product *p, struct vm *vm)
{
	place_features(p, vm);
	place_weights(p, vm);
}

void product_array(struct product *p)
{
	uint32_t format = p->kind->in, bytes = p->in * format_bits[format] / 8;

	product_set(p, CNA_S_POINTER, 0xe);
	product_set(p, CORE_S_POINTER, 0xe);
	/* CONV_CON1: GROUP_LINE_OFF */
	product_set(p, 0x100c, format << 4 | format << 7 | (uint32_t)p->row_major << 29);
	product_set(p, 0x1014, 1 << 3 | 1);				/* CONV_CON3: strides */
	product_set(p, 0x1020, p->width << 16 | p->height);		/* DATA_SIZE0 */
	product_set(p, 0x1024, (p->in - 1) << 16 | p->in);		/* DATA_SIZE1 */
	product_set(p, 0x1028, p->width);				/* DATA_SIZE2 */
	product_set(p, 0x102c, product_pixels(p));				/* DATA_SIZE3 */
	product_set(p, 0x1030, bytes * p->out);				/* WEIGHT_SIZE0 */
	product_set(p, 0x1034, bytes);					/* WEIGHT_SIZE1 */
	product_set(p, 0x1038, 1 << 24 | 1 << 16 | p->out);		/* WEIGHT_SIZE2 */
	product_set(p, 0x1040, p->weight_banks << 4 | (12 - p->weight_banks));	/* CBUF_CON0 */
	product_set(p, 0x1044, p->entries);				/* CBUF_CON1 */
	product_set(p, 0x104c, 0xb);					/* CVT_CON0: bypass */
	product_set(p, 0x1070, p->feature_addr);
	/* DMA_CON1: LINE_STRIDE, DMA_CON2: SURF_STRIDE */
	product_set(p, 0x107c, p->row_major ? bytes / 16 : 4 * p->width);
	product_set(p, 0x1080, p->row_major ? 0 : p->width * (p->height - 4));
	product_set(p, 0x1110, p->weight_addr);
	product_set(p, 0x3010, format << 8);				/* MISC_CFG, QD_EN 0 */
	product_set(p, 0x3014, (p->height - 1) << 16 | (p->width - 1));
	product_set(p, 0x3018, p->out - 1);
}

/* Everything but the array's registers is a bypass. */
void product_output(struct product *p, uint32_t mode, enum format in, uint32_t surface)
{
	uint32_t size_e = p->kind->size_e;

	product_set(p, 0x4004, 0xe);
	product_set(p, 0x400c, mode | 2 << 1);				/* to memory */
	product_set(p, 0x4010, (uint32_t)p->kind->out << 29 | (uint32_t)in << 26 | in);
	product_set(p, 0x4020, p->out_addr);
	product_set(p, 0x4024, surface);				/* DST_SURF_STRIDE */
	product_set(p, 0x4030, p->width - 1);
	product_set(p, 0x4034, p->height - 1);
	product_set(p, 0x403c, (p->out - 1) << 16 | (p->out - 1));
	product_set(p, 0x4040, 1);					/* BS off */
	product_set(p, 0x4050, size_e << 8 | size_e << 5 | size_e << 2 | 2);
	product_set(p, 0x4058, p->out - 1);
	product_set(p, 0x405c, (p->height - 1) << 16 | (p->width - 1));
	product_set(p, 0x4060, 1);					/* BN off */
	product_set(p, 0x4070, 1);					/* EW off */
	product_set(p, 0x4084, 1);					/* OUT_CVT_SCALE */
	product_set(p, 0x40c0, (size_e + 1) * surface);			/* SURFACE_ADD */
}

static void init(struct product *p, const struct kind *kind, struct vm *vm,
		 unsigned int width, unsigned int height, unsigned int in,
		 unsigned int out, bool row_major, struct rng *rng)
{
	unsigned int groups = (out + kind->kernels - 1) / kind->kernels;
	unsigned int i;

	memset(p, 0, sizeof(*p));
	p->kind = kind;
	p->width = width;
	p->height = height;
	p->row_major = row_major;
	p->in = in;
	p->out = out;
	p->entries = row_entries(p);
	p->weight_banks = 6;
	p->features = malloc((size_t)product_pixels(p) * in);
	p->weights = malloc((size_t)out * in);
	for (i = 0; i < product_pixels(p) * in; i++)
		p->features[i] = (int8_t)((int)rng_range(rng, 0, 7) - 4);
	for (i = 0; i < out * in; i++)
		p->weights[i] = (int8_t)((int)rng_range(rng, 0, 7) - 4);
	product_place(p, vm);
	p->out_bytes = (size_t)groups * (kind->size_e + 1) * product_pixels(p) * 16;
	p->out_addr = vm_alloc(vm, p->out_bytes, MMU_WRITE);
}

void product_init(struct product *p, const struct kind *kind, struct vm *vm,
		  unsigned int width, unsigned int height, unsigned int in,
		  unsigned int out, struct rng *rng)
{
	init(p, kind, vm, width, height, in, out, false, rng);
}

void product_init_row_major(struct product *p, const struct kind *kind, struct vm *vm,
			    unsigned int pixels, unsigned int in, unsigned int out,
			    struct rng *rng)
{
	init(p, kind, vm, 1, pixels, in, out, true, rng);
}

void product_unset(struct product *p, unsigned int reg)
{
	unsigned int i;

	for (i = 0; i < p->count; i++)
		if ((p->stream[i] & 0xffff) == reg)
			p->stream[i] = 0;
}

void product_done(struct product *p)
{
	free(p->features);
	free(p->weights);
}

void product_stream(struct product *p)
{
	p->count = 0;
	product_array(p);
	product_output(p, 0, p->kind->in == TF32 ? FP32 : p->kind->in, product_pixels(p) * 16);
	product_finish(p, 0xd);
}

uint32_t product_run(struct board *b, struct product *p, struct vm *vm, uint32_t bits_wanted,
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

int product_sum(const struct product *p, unsigned int x, unsigned int k)
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
	unsigned int atom = 128 / format_bits[p->kind->out], group = k / p->kind->kernels;
	unsigned int surface = group * (p->kind->size_e + 1) + k % p->kind->kernels / atom;

	return ((size_t)surface * product_pixels(p) + x) * atom + k % atom;
}

unsigned int product_wrong(struct product *p, struct vm *vm, unsigned int rows)
{
	uint8_t *raw = malloc(p->out_bytes), want[4];
	unsigned int bytes = format_bits[p->kind->out] / 8, count = 0, x, k;

	vm_read(vm, p->out_addr, raw, p->out_bytes);
	for (x = 0; x < rows * p->width; x++)
		for (k = 0; k < p->out; k++) {
			put(want, p->kind->out, 0, product_sum(p, x, k));
			count += memcmp(want, raw + out_at(p, x, k) * bytes, bytes) != 0;
		}
	free(raw);
	return count;
}

void attach_new(struct board *b, struct vm **vm)
{
	*vm = vm_new(b, HIGH);
	board_attach(b, 0, *vm);
}

void product_pooling(struct product *p)
{
	product_set(p, 0x6004, 0xe);
	product_set(p, 0x7004, 0xe);
	product_set(p, 0x600c, p->width - 1);
	product_set(p, 0x6010, p->height - 1);
	product_set(p, 0x6014, 7);
	product_set(p, 0x6018, p->width / 2 - 1);
	product_set(p, 0x601c, p->height / 2 - 1);
	product_set(p, 0x6020, 7);
	product_set(p, 0x6024, 0x11);					/* from memory, maximum */
	product_set(p, 0x6034, 1 << 20 | 1 << 16 | 1 << 8 | 1);
	product_set(p, 0x6044, 0xfc00);
	product_set(p, 0x6070, p->out_addr);
	product_set(p, 0x607c, product_pixels(p) / 4 * 16);
	product_set(p, 0x6084, FP16);
	product_set(p, 0x700c, p->width - 1);
	product_set(p, 0x7010, p->height - 1);
	product_set(p, 0x7014, 7);
	product_set(p, 0x701c, p->feature_addr);
	product_set(p, 0x7024, p->width * 16);
	product_set(p, 0x7028, product_pixels(p) * 16);
	product_set(p, 0x7030, FP16);
}
