// SPDX-License-Identifier: GPL-2.0-only

#include <asm/byteorder.h>
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/bits.h>

#include "rocket_conv.h"
#include "rocket_regs.h"

/*
 * Registers as offsets in the core's window. Names and fields: RK3588 TRM, chapter
 * RKNN. Which of them a convolution writes, in which order and with what: Mesa's rocket
 * driver, which runs on silicon. All that it writes is written here, registers
 * that only say 0 among them, and nothing else but the tables, which public
 * libraries fill in the same way. So a stream differs from one that is known to run
 * in sizes, addresses and factors alone.
 */
enum {
	ROCKET_REG_PC_OPERATION_ENABLE		= 0x0008,
	ROCKET_REG_PC_BASE_ADDRESS		= 0x0010,
	ROCKET_REG_PC_REGISTER_AMOUNTS		= 0x0014,

	ROCKET_REG_CNA_CONV_CON1		= 0x100c,
	ROCKET_REG_CNA_CONV_CON2		= 0x1010,
	ROCKET_REG_CNA_CONV_CON3		= 0x1014,
	ROCKET_REG_CNA_DATA_SIZE0		= 0x1020,
	ROCKET_REG_CNA_DATA_SIZE1		= 0x1024,
	ROCKET_REG_CNA_DATA_SIZE2		= 0x1028,
	ROCKET_REG_CNA_DATA_SIZE3		= 0x102c,
	ROCKET_REG_CNA_WEIGHT_SIZE0		= 0x1030,
	ROCKET_REG_CNA_WEIGHT_SIZE1		= 0x1034,
	ROCKET_REG_CNA_WEIGHT_SIZE2		= 0x1038,
	ROCKET_REG_CNA_CBUF_CON0		= 0x1040,
	ROCKET_REG_CNA_CBUF_CON1		= 0x1044,
	ROCKET_REG_CNA_CVT_CON0			= 0x104c,
	ROCKET_REG_CNA_CVT_CON1			= 0x1050,
	ROCKET_REG_CNA_CVT_CON4			= 0x105c,
	ROCKET_REG_CNA_FC_CON0			= 0x1060,
	ROCKET_REG_CNA_FC_CON1			= 0x1064,
	ROCKET_REG_CNA_PAD_CON0			= 0x1068,
	ROCKET_REG_CNA_FEATURE_DATA_ADDR	= 0x1070,
	ROCKET_REG_CNA_FC_CON2			= 0x1074,
	ROCKET_REG_CNA_DMA_CON0			= 0x1078,
	ROCKET_REG_CNA_DMA_CON1			= 0x107c,
	ROCKET_REG_CNA_DMA_CON2			= 0x1080,
	ROCKET_REG_CNA_FC_DATA_SIZE0		= 0x1084,
	ROCKET_REG_CNA_FC_DATA_SIZE1		= 0x1088,
	ROCKET_REG_CNA_DCOMP_CTRL		= 0x1100,
	ROCKET_REG_CNA_DCOMP_REGNUM		= 0x1104,
	ROCKET_REG_CNA_DCOMP_ADDR0		= 0x1110,
	ROCKET_REG_CNA_DCOMP_AMOUNT0		= 0x1140,
	ROCKET_REG_CNA_DCOMP_AMOUNT15		= 0x117c,
	ROCKET_REG_CNA_CVT_CON5			= 0x1180,
	ROCKET_REG_CNA_PAD_CON1			= 0x1184,

	ROCKET_REG_CORE_MISC_CFG		= 0x3010,
	ROCKET_REG_CORE_DATAOUT_SIZE_0		= 0x3014,
	ROCKET_REG_CORE_DATAOUT_SIZE_1		= 0x3018,
	ROCKET_REG_CORE_CLIP_TRUNCATE		= 0x301c,
	/* Not in the TRM */
	ROCKET_REG_CORE_3030			= 0x3030,

	ROCKET_REG_DPU_S_POINTER		= 0x4004,
	ROCKET_REG_DPU_FEATURE_MODE_CFG		= 0x400c,
	ROCKET_REG_DPU_DATA_FORMAT		= 0x4010,
	ROCKET_REG_DPU_OFFSET_PEND		= 0x4014,
	ROCKET_REG_DPU_DST_BASE_ADDR		= 0x4020,
	ROCKET_REG_DPU_DST_SURF_STRIDE		= 0x4024,
	ROCKET_REG_DPU_DATA_CUBE_WIDTH		= 0x4030,
	ROCKET_REG_DPU_DATA_CUBE_HEIGHT		= 0x4034,
	ROCKET_REG_DPU_DATA_CUBE_NOTCH_ADDR	= 0x4038,
	ROCKET_REG_DPU_DATA_CUBE_CHANNEL	= 0x403c,
	ROCKET_REG_DPU_BS_CFG			= 0x4040,
	ROCKET_REG_DPU_BS_ALU_CFG		= 0x4044,
	ROCKET_REG_DPU_BS_RELUX_CMP_VALUE	= 0x404c,
	ROCKET_REG_DPU_BS_OW_CFG		= 0x4050,
	ROCKET_REG_DPU_BS_OW_OP			= 0x4054,
	ROCKET_REG_DPU_WDMA_SIZE_0		= 0x4058,
	ROCKET_REG_DPU_WDMA_SIZE_1		= 0x405c,
	ROCKET_REG_DPU_BN_CFG			= 0x4060,
	ROCKET_REG_DPU_BN_ALU_CFG		= 0x4064,
	ROCKET_REG_DPU_BN_RELUX_CMP_VALUE	= 0x406c,
	ROCKET_REG_DPU_EW_CFG			= 0x4070,
	ROCKET_REG_DPU_EW_CVT_OFFSET_VALUE	= 0x4074,
	ROCKET_REG_DPU_EW_CVT_SCALE_VALUE	= 0x4078,
	ROCKET_REG_DPU_EW_RELUX_CMP_VALUE	= 0x407c,
	ROCKET_REG_DPU_OUT_CVT_OFFSET		= 0x4080,
	ROCKET_REG_DPU_OUT_CVT_SCALE		= 0x4084,
	ROCKET_REG_DPU_OUT_CVT_SHIFT		= 0x4088,
	ROCKET_REG_DPU_EW_OP_VALUE_0		= 0x4090,
	ROCKET_REG_DPU_EW_OP_VALUE_7		= 0x40ac,
	ROCKET_REG_DPU_SURFACE_ADD		= 0x40c0,
	/* Not in the TRM */
	ROCKET_REG_DPU_40C4			= 0x40c4,
	ROCKET_REG_DPU_LUT_ACCESS_CFG		= 0x4100,
	ROCKET_REG_DPU_LUT_ACCESS_DATA		= 0x4104,
	ROCKET_REG_DPU_LUT_LO_SLOPE_SHIFT	= 0x412c,

	ROCKET_REG_RDMA_S_POINTER		= 0x5004,
	ROCKET_REG_RDMA_DATA_CUBE_WIDTH		= 0x500c,
	ROCKET_REG_RDMA_DATA_CUBE_HEIGHT	= 0x5010,
	ROCKET_REG_RDMA_DATA_CUBE_CHANNEL	= 0x5014,
	ROCKET_REG_RDMA_SRC_BASE_ADDR		= 0x5018,
	ROCKET_REG_RDMA_BRDMA_CFG		= 0x501c,
	ROCKET_REG_RDMA_BS_BASE_ADDR		= 0x5020,
	ROCKET_REG_RDMA_NRDMA_CFG		= 0x5028,
	ROCKET_REG_RDMA_BN_BASE_ADDR		= 0x502c,
	ROCKET_REG_RDMA_ERDMA_CFG		= 0x5034,
	ROCKET_REG_RDMA_EW_BASE_ADDR		= 0x5038,
	ROCKET_REG_RDMA_EW_SURF_STRIDE		= 0x5040,
	ROCKET_REG_RDMA_FEATURE_MODE_CFG	= 0x5044,
	ROCKET_REG_RDMA_SRC_DMA_CFG		= 0x5048,
	ROCKET_REG_RDMA_SURF_NOTCH		= 0x504c,
	ROCKET_REG_RDMA_PAD_CFG			= 0x5064,
	ROCKET_REG_RDMA_WEIGHT			= 0x5068,
	ROCKET_REG_RDMA_EW_SURF_NOTCH		= 0x506c,
};

/* Targets of commands: a write to the block that the register lies in, and others. */
#define ROCKET_TARGET_WRITE(reg)	(BIT(8 + ((reg) >> 12)) | BIT(0))
#define ROCKET_TARGET_FENCE		0x41
#define ROCKET_TARGET_OP_ENABLE		0x81

/*
 * CNA, CORE, DPU and its reader. The reader brings the biases; its other part, which
 * feeds the DPU in the place of CORE, is switched off in FEATURE_MODE_CFG: left on
 * without anything to read it was measured to wait for ever.
 */
#define ROCKET_OP_ENABLE_CONVOLUTION	0x1d
#define ROCKET_RDMA_MODE		(15 << 11 | BIT(4))

#define ROCKET_LUT_ACCESS_WRITE	BIT(17)
#define ROCKET_LUT_TABLE_ID(n)	((n) << 16)

/* Next stream, its length, fence, start */
#define ROCKET_CONV_END_COMMANDS	4

/* A factor of 1, in the form that users have it. */
#define ROCKET_CONV_SCALE	BIT(14)
#define ROCKET_CONV_SCALE_SHIFT	14

static __le64 *rocket_conv_put(__le64 *at, u16 target, u16 reg, u32 value)
{
	*at = cpu_to_le64((u64)target << 48 | (u64)value << 16 | reg);

	return at + 1;
}

static __le64 *rocket_conv_write(__le64 *at, u16 reg, u32 value)
{
	return rocket_conv_put(at, ROCKET_TARGET_WRITE(reg), reg, value);
}

/**
 * rocket_conv_fill() - The same value to all registers of a range.
 * @at: Where in the stream.
 * @first: The first register, an offset in the core's window.
 * @last: The last.
 * @value: The value.
 *
 * Return: The place behind.
 */
__le64 *rocket_conv_fill(__le64 *at, u16 first, u16 last, u32 value)
{
	for (u16 reg = first; reg <= last; reg += sizeof(u32))
		at = rocket_conv_write(at, reg, value);

	return at;
}

/* After one write of the access register each write of data goes to the next entry. */
static __le64 *rocket_conv_put_tables(__le64 *at)
{
	for (u32 table = 0; table < ROCKET_LUT_TABLES; table++) {
		at = rocket_conv_write(at, ROCKET_REG_DPU_LUT_ACCESS_CFG,
				       ROCKET_LUT_ACCESS_WRITE | ROCKET_LUT_TABLE_ID(table));
		for (u32 i = 0; i < ROCKET_LUT_ENTRIES; i++)
			at = rocket_conv_write(at, ROCKET_REG_DPU_LUT_ACCESS_DATA, 0);
	}

	return at;
}

/**
 * rocket_conv_out_size() - Extent of the result, as registers have it.
 * @conv: The convolution.
 *
 * Return: Columns, and rows in the upper half, each less one.
 */
u32 rocket_conv_out_size(const struct rocket_conv *conv)
{
	return (conv->height / conv->taps - 1) << 16 | (conv->width / conv->taps - 1);
}

static u32 rocket_conv_kernel_bytes(const struct rocket_conv *conv)
{
	return conv->taps * conv->taps * conv->channels;
}

static __le64 *rocket_conv_put_sizes(__le64 *at, const struct rocket_conv *conv)
{
	u32 columns = conv->width / conv->taps;

	at = rocket_conv_write(at, ROCKET_REG_CNA_CBUF_CON0,
			       (ROCKET_CBUF_BANKS - conv->data_banks) << 4 | conv->data_banks);
	at = rocket_conv_write(at, ROCKET_REG_CNA_DCOMP_REGNUM, 0);
	at = rocket_conv_write(at, ROCKET_REG_CNA_DCOMP_CTRL, 0);
	at = rocket_conv_write(at, ROCKET_REG_CNA_CONV_CON1, 0);
	at = rocket_conv_write(at, ROCKET_REG_DPU_S_POINTER, ROCKET_S_POINTER_PING_PONG);
	at = rocket_conv_write(at, ROCKET_REG_RDMA_S_POINTER, ROCKET_S_POINTER_PING_PONG);
	/* Rows that are fetched ahead: Mesa's number */
	at = rocket_conv_write(at, ROCKET_REG_CNA_CONV_CON2, (51 + conv->taps) << 4);
	at = rocket_conv_write(at, ROCKET_REG_CNA_CONV_CON3, conv->taps << 3 | conv->taps);
	at = rocket_conv_write(at, ROCKET_REG_CNA_DATA_SIZE0, conv->width << 16 | conv->height);
	at = rocket_conv_write(at, ROCKET_REG_CNA_DATA_SIZE1,
			       (conv->channels - 1) << 16 | conv->channels);
	at = rocket_conv_write(at, ROCKET_REG_CNA_DATA_SIZE2, columns);
	at = rocket_conv_write(at, ROCKET_REG_CNA_DATA_SIZE3,
			       columns * (conv->height / conv->taps));
	at = rocket_conv_write(at, ROCKET_REG_CNA_WEIGHT_SIZE0,
			       conv->kernels * rocket_conv_kernel_bytes(conv));
	at = rocket_conv_write(at, ROCKET_REG_CNA_WEIGHT_SIZE1, rocket_conv_kernel_bytes(conv));
	at = rocket_conv_write(at, ROCKET_REG_CNA_WEIGHT_SIZE2,
			       conv->taps << 24 | conv->taps << 16 | conv->kernels);

	/* Half entries of the buffer in a row */
	return rocket_conv_write(at, ROCKET_REG_CNA_CBUF_CON1,
				 conv->width * conv->channels / 64);
}

static __le64 *rocket_conv_put_fetch(__le64 *at, const struct rocket_conv *conv)
{
	u32 line = conv->width * ROCKET_CONV_ATOM / 4;

	/* Data is signed and needs no conversion. */
	at = rocket_conv_write(at, ROCKET_REG_CNA_CVT_CON0, BIT(3) | BIT(1) | BIT(0));
	at = rocket_conv_fill(at, ROCKET_REG_CNA_CVT_CON1, ROCKET_REG_CNA_CVT_CON4, 1 << 16);
	at = rocket_conv_fill(at, ROCKET_REG_CNA_FC_CON0, ROCKET_REG_CNA_PAD_CON0, 0);
	at = rocket_conv_write(at, ROCKET_REG_CNA_FEATURE_DATA_ADDR, conv->source);
	at = rocket_conv_write(at, ROCKET_REG_CNA_FC_CON2, 0);
	/* Bursts of 16 */
	at = rocket_conv_write(at, ROCKET_REG_CNA_DMA_CON0, 15 << 16 | 15);
	at = rocket_conv_write(at, ROCKET_REG_CNA_DMA_CON1, line);
	/* From the end of four lines to the next surface */
	at = rocket_conv_write(at, ROCKET_REG_CNA_DMA_CON2, conv->width * conv->height - line);
	at = rocket_conv_write(at, ROCKET_REG_CNA_FC_DATA_SIZE0,
			       conv->width << 16 | conv->height);
	at = rocket_conv_write(at, ROCKET_REG_CNA_FC_DATA_SIZE1, conv->channels);
	at = rocket_conv_write(at, ROCKET_REG_CNA_DCOMP_ADDR0, conv->source);
	at = rocket_conv_fill(at, ROCKET_REG_CNA_DCOMP_AMOUNT0, ROCKET_REG_CNA_DCOMP_AMOUNT15, 0);

	return rocket_conv_fill(at, ROCKET_REG_CNA_CVT_CON5, ROCKET_REG_CNA_PAD_CON1, 0);
}

static __le64 *rocket_conv_put_core(__le64 *at, const struct rocket_conv *conv)
{
	/* As for all int8 convolutions */
	at = rocket_conv_write(at, ROCKET_REG_CORE_MISC_CFG, BIT(0));
	at = rocket_conv_write(at, ROCKET_REG_CORE_DATAOUT_SIZE_0, rocket_conv_out_size(conv));
	at = rocket_conv_write(at, ROCKET_REG_CORE_DATAOUT_SIZE_1, conv->kernels - 1);
	at = rocket_conv_write(at, ROCKET_REG_CORE_CLIP_TRUNCATE, 0);

	return rocket_conv_write(at, ROCKET_REG_CORE_3030, 0);
}

/* The output stage: a bias for each channel, scale and offset. */
static __le64 *rocket_conv_put_dpu(__le64 *at, const struct rocket_conv *conv)
{
	u32 surface = rocket_conv_out_bytes(conv) / conv->kernels * ROCKET_CONV_ATOM;
	u32 size = rocket_conv_out_size(conv);
	u32 last = conv->kernels - 1;

	/* Bursts of 16, from the convolution to memory */
	at = rocket_conv_write(at, ROCKET_REG_DPU_FEATURE_MODE_CFG, 15 << 5 | 2 << 1);
	at = rocket_conv_fill(at, ROCKET_REG_DPU_DATA_FORMAT, ROCKET_REG_DPU_OFFSET_PEND, 0);
	at = rocket_conv_write(at, ROCKET_REG_DPU_DST_BASE_ADDR, conv->out);
	at = rocket_conv_write(at, ROCKET_REG_DPU_DST_SURF_STRIDE, surface);
	at = rocket_conv_write(at, ROCKET_REG_DPU_DATA_CUBE_WIDTH, size & 0xffff);
	at = rocket_conv_write(at, ROCKET_REG_DPU_DATA_CUBE_HEIGHT, size >> 16);
	at = rocket_conv_write(at, ROCKET_REG_DPU_DATA_CUBE_NOTCH_ADDR, 0);
	at = rocket_conv_write(at, ROCKET_REG_DPU_DATA_CUBE_CHANNEL, last << 16 | last);
	/* Add what the reader brings; neither multiply nor cut off below 0 */
	at = rocket_conv_write(at, ROCKET_REG_DPU_BS_CFG, 2 << 16 | BIT(8) | BIT(6) | BIT(4));
	at = rocket_conv_fill(at, ROCKET_REG_DPU_BS_ALU_CFG, ROCKET_REG_DPU_BS_RELUX_CMP_VALUE, 0);
	at = rocket_conv_write(at, ROCKET_REG_DPU_BS_OW_CFG, 1 << 8 | 1 << 5 | 1 << 2);
	at = rocket_conv_write(at, ROCKET_REG_DPU_BS_OW_OP, 0);
	at = rocket_conv_write(at, ROCKET_REG_DPU_WDMA_SIZE_0, last);
	at = rocket_conv_write(at, ROCKET_REG_DPU_WDMA_SIZE_1, size);
	/* Bypassed, with all of their parts */
	at = rocket_conv_write(at, ROCKET_REG_DPU_BN_CFG, BIT(6) | BIT(4) | BIT(1) | BIT(0));
	at = rocket_conv_fill(at, ROCKET_REG_DPU_BN_ALU_CFG, ROCKET_REG_DPU_BN_RELUX_CMP_VALUE, 0);
	at = rocket_conv_write(at, ROCKET_REG_DPU_EW_CFG,
			       BIT(9) | BIT(8) | BIT(7) | BIT(1) | BIT(0));
	at = rocket_conv_write(at, ROCKET_REG_DPU_EW_CVT_OFFSET_VALUE, 0);
	at = rocket_conv_write(at, ROCKET_REG_DPU_EW_CVT_SCALE_VALUE, 1);
	at = rocket_conv_write(at, ROCKET_REG_DPU_EW_RELUX_CMP_VALUE, 0);
	at = rocket_conv_write(at, ROCKET_REG_DPU_OUT_CVT_OFFSET, conv->offset);
	at = rocket_conv_write(at, ROCKET_REG_DPU_OUT_CVT_SCALE, ROCKET_CONV_SCALE);
	at = rocket_conv_write(at, ROCKET_REG_DPU_OUT_CVT_SHIFT,
			       ROCKET_CONV_SCALE_SHIFT + conv->shift);
	at = rocket_conv_fill(at, ROCKET_REG_DPU_EW_OP_VALUE_0, ROCKET_REG_DPU_EW_OP_VALUE_7, 0);
	/* The next two surfaces */
	at = rocket_conv_write(at, ROCKET_REG_DPU_SURFACE_ADD, 2 * surface);
	at = rocket_conv_write(at, ROCKET_REG_DPU_40C4, 0);

	return rocket_conv_fill(at, ROCKET_REG_DPU_LUT_ACCESS_CFG,
				ROCKET_REG_DPU_LUT_LO_SLOPE_SHIFT, 0);
}

static __le64 *rocket_conv_put_rdma(__le64 *at, const struct rocket_conv *conv)
{
	u32 size = rocket_conv_out_size(conv);

	at = rocket_conv_write(at, ROCKET_REG_RDMA_DATA_CUBE_WIDTH, size & 0xffff);
	at = rocket_conv_write(at, ROCKET_REG_RDMA_DATA_CUBE_HEIGHT, size >> 16);
	at = rocket_conv_write(at, ROCKET_REG_RDMA_DATA_CUBE_CHANNEL, conv->kernels - 1);
	at = rocket_conv_write(at, ROCKET_REG_RDMA_SRC_BASE_ADDR, 0);
	/* One operand for each channel */
	at = rocket_conv_write(at, ROCKET_REG_RDMA_BRDMA_CFG, 1 << 1);
	at = rocket_conv_write(at, ROCKET_REG_RDMA_BS_BASE_ADDR, conv->bias);
	at = rocket_conv_write(at, ROCKET_REG_RDMA_NRDMA_CFG, 0);
	at = rocket_conv_write(at, ROCKET_REG_RDMA_BN_BASE_ADDR, 0);
	/* Off */
	at = rocket_conv_write(at, ROCKET_REG_RDMA_ERDMA_CFG, BIT(0));
	at = rocket_conv_write(at, ROCKET_REG_RDMA_EW_BASE_ADDR, 0);
	at = rocket_conv_write(at, ROCKET_REG_RDMA_EW_SURF_STRIDE, 0);
	at = rocket_conv_write(at, ROCKET_REG_RDMA_FEATURE_MODE_CFG, ROCKET_RDMA_MODE);
	at = rocket_conv_fill(at, ROCKET_REG_RDMA_SRC_DMA_CFG, ROCKET_REG_RDMA_SURF_NOTCH, 0);
	at = rocket_conv_write(at, ROCKET_REG_RDMA_EW_SURF_NOTCH, 0);
	at = rocket_conv_write(at, ROCKET_REG_RDMA_PAD_CFG, 0);

	return rocket_conv_write(at, ROCKET_REG_RDMA_WEIGHT, 0x01010101);
}

/**
 * rocket_conv_put_end() - What a stream ends with: the next one, and the start.
 * @at: Where in the stream.
 * @conv: The convolution.
 * @to: The stream's begin.
 * @commands: The length of the stream, and of the next. What is missing is filled up.
 *
 * Return: The place behind.
 */
__le64 *rocket_conv_put_end(__le64 *at, const struct rocket_conv *conv, __le64 *to,
			    unsigned int commands)
{
	while (at < to + commands - ROCKET_CONV_END_COMMANDS)
		at = rocket_conv_put(at, 0, 0, 0);

	if (conv->next)
		at = rocket_conv_write(at, ROCKET_REG_PC_BASE_ADDRESS, conv->next);
	else
		at = rocket_conv_put(at, 0, 0, 0);
	at = rocket_conv_write(at, ROCKET_REG_PC_REGISTER_AMOUNTS,
			       conv->next ? (commands + 1) / 2 - 1 : 0);
	at = rocket_conv_put(at, ROCKET_TARGET_FENCE, 0, 0);

	return rocket_conv_put(at, ROCKET_TARGET_OP_ENABLE, ROCKET_REG_PC_OPERATION_ENABLE,
			       ROCKET_OP_ENABLE_CONVOLUTION);
}

/**
 * rocket_conv_emit() - Write the command stream of a convolution.
 * @conv: The convolution.
 * @to: Room for ROCKET_CONV_COMMANDS_MAX commands, ROCKET_CONV_COMMANDS without
 *	tables.
 *
 * Return: How many commands it is, one of these two.
 */
unsigned int rocket_conv_emit(const struct rocket_conv *conv, __le64 *to)
{
	__le64 *at = to;

	if (conv->tables)
		at = rocket_conv_put_tables(at);
	at = rocket_conv_put_sizes(at, conv);
	at = rocket_conv_put_fetch(at, conv);
	at = rocket_conv_put_core(at, conv);
	at = rocket_conv_put_dpu(at, conv);
	at = rocket_conv_put_rdma(at, conv);
	/* What a chain goes on with is a stream without tables. */
	at = rocket_conv_put_end(at, conv, to, ROCKET_CONV_COMMANDS);

	return at - to;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_conv_emit);
