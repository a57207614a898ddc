// SPDX-License-Identifier: GPL-2.0-only

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/iopoll.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "rocket_core.h"
#include "rocket_mmu.h"
#include "rocket_regs.h"
#include "rocket_scrub.h"
#include "rocket_submit.h"
#include "rocket_trace.h"
#include "rocket_vm.h"

/**
 * DOC: Scrubbing
 *
 * A core keeps what a job leaves in it: features and weights in its convolution
 * buffer (CBUF), the tables of its output stage, two groups of registers in each
 * block. A stream with reuse bits computes with it, and nobody checks streams. So
 * when a core passes from one file to another it is
 *
 * 1. reset, which stops whatever was left armed, gives all registers their
 *    documented values, and makes the buffer fetch again;
 * 2. made to run two convolutions that fill the whole buffer, and the tables,
 *    with content of our own;
 * 3. reset once more, so that the next client finds the registers as after power
 *    on, and none of our addresses.
 *
 * No source says that a reset, or the loss of power, clears memories inside of the
 * NPU; reports say that a fetch can be left out when the buffer believes that it
 * has the data. So they are overwritten, and what was computed is looked at: each
 * byte of the buffer takes part in a sum, which comes out right only if it was
 * ours. A scrub that goes wrong is treated like a hang, by rocket_recover_core().
 *
 * The job runs in the group's default domain, which lies between two clients
 * anyway, on memory that belongs to the kernel. Its interrupt stays off: it is
 * polled by the scheduler's work, which sleeps meanwhile. Nothing is allocated.
 * The same file's VMs may follow each other without a scrub.
 */

static bool rocket_scrub_keep_residue;
module_param_named(keep_residue, rocket_scrub_keep_residue, bool, 0644);
MODULE_PARM_DESC(keep_residue,
		 "Do not erase a client's data from the NPU when another one's job comes; for machines whose users all trust each other (default: N)");

/*
 * Registers that the scrub's streams write, as offsets in the core's window.
 * Names and fields: RK3588 TRM, chapter RKNN. Those that are not written keep
 * their reset value, 0. What a convolution needs: Mesa's rocket driver.
 */
enum {
	ROCKET_REG_PC_REGISTER_AMOUNTS		= 0x0014,
	ROCKET_REG_PC_OPERATION_ENABLE		= 0x0008,

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
	ROCKET_REG_CNA_FEATURE_DATA_ADDR	= 0x1070,
	ROCKET_REG_CNA_DMA_CON0			= 0x1078,
	ROCKET_REG_CNA_DMA_CON1			= 0x107c,
	ROCKET_REG_CNA_DMA_CON2			= 0x1080,
	ROCKET_REG_CNA_FC_DATA_SIZE0		= 0x1084,
	ROCKET_REG_CNA_FC_DATA_SIZE1		= 0x1088,
	ROCKET_REG_CNA_DCOMP_ADDR0		= 0x1110,

	ROCKET_REG_CORE_MISC_CFG		= 0x3010,
	ROCKET_REG_CORE_DATAOUT_SIZE_0		= 0x3014,
	ROCKET_REG_CORE_DATAOUT_SIZE_1		= 0x3018,

	ROCKET_REG_DPU_S_POINTER		= 0x4004,
	ROCKET_REG_DPU_FEATURE_MODE_CFG		= 0x400c,
	ROCKET_REG_DPU_DST_BASE_ADDR		= 0x4020,
	ROCKET_REG_DPU_DST_SURF_STRIDE		= 0x4024,
	ROCKET_REG_DPU_DATA_CUBE_WIDTH		= 0x4030,
	ROCKET_REG_DPU_DATA_CUBE_HEIGHT		= 0x4034,
	ROCKET_REG_DPU_DATA_CUBE_CHANNEL	= 0x403c,
	ROCKET_REG_DPU_BS_CFG			= 0x4040,
	ROCKET_REG_DPU_BS_OW_CFG		= 0x4050,
	ROCKET_REG_DPU_WDMA_SIZE_0		= 0x4058,
	ROCKET_REG_DPU_WDMA_SIZE_1		= 0x405c,
	ROCKET_REG_DPU_BN_CFG			= 0x4060,
	ROCKET_REG_DPU_EW_CFG			= 0x4070,
	ROCKET_REG_DPU_EW_CVT_SCALE_VALUE	= 0x4078,
	ROCKET_REG_DPU_OUT_CVT_OFFSET		= 0x4080,
	ROCKET_REG_DPU_OUT_CVT_SCALE		= 0x4084,
	ROCKET_REG_DPU_OUT_CVT_SHIFT		= 0x4088,
	ROCKET_REG_DPU_SURFACE_ADD		= 0x40c0,
	ROCKET_REG_DPU_LUT_ACCESS_CFG		= 0x4100,
	ROCKET_REG_DPU_LUT_ACCESS_DATA		= 0x4104,
};

/* Targets of commands that are no writes to a block: see rocket_scrub_put(). */
#define ROCKET_TARGET_WRITE(reg)	(BIT(8 + ((reg) >> 12)) | BIT(0))
#define ROCKET_TARGET_FENCE		0x41
#define ROCKET_TARGET_OP_ENABLE		0x81
/* CNA, CORE and DPU in an op-enable */
#define ROCKET_OP_ENABLE_CONVOLUTION	0x0d

/* The buffer: 12 banks, each of 256 entries of 128 bytes. */
#define ROCKET_CBUF_BANKS	12
#define ROCKET_CBUF_BANK_BYTES	SZ_32K

/*
 * Both tasks convolve CHANNELS channels of rows of WIDTH pixels with 2 x 2 taps,
 * side by side, so that each byte of the features and of the weights is used. One
 * has features of 11 banks and weights of one, the other the opposite.
 */
#define ROCKET_SCRUB_CHANNELS	256
#define ROCKET_SCRUB_WIDTH	32
#define ROCKET_SCRUB_TAPS	2
#define ROCKET_SCRUB_OUT_WIDTH	(ROCKET_SCRUB_WIDTH / ROCKET_SCRUB_TAPS)
#define ROCKET_SCRUB_ROW_BYTES	(ROCKET_SCRUB_WIDTH * ROCKET_SCRUB_CHANNELS)
#define ROCKET_SCRUB_KERNEL_BYTES \
	(ROCKET_SCRUB_TAPS * ROCKET_SCRUB_TAPS * ROCKET_SCRUB_CHANNELS)
/* Channels that lie together in memory; also the unit of most strides, in bytes */
#define ROCKET_FEATURE_ATOM	16

/*
 * Features and weights are all ones, so each sum is ROCKET_SCRUB_KERNEL_BYTES. It
 * is scaled down to an int8, and each task adds something of its own: neither can
 * take the other's output for its own.
 */
#define ROCKET_SCRUB_FILL	1
#define ROCKET_SCRUB_SHIFT	5
#define ROCKET_SCRUB_RESULT(task) \
	((ROCKET_SCRUB_KERNEL_BYTES >> ROCKET_SCRUB_SHIFT) + 1 + (task))

/* Two tables with addresses of 10 bits; users write 513 entries of each. */
#define ROCKET_LUT_TABLES	2
#define ROCKET_LUT_ENTRIES	1024
#define ROCKET_LUT_ACCESS_WRITE	BIT(17)
#define ROCKET_LUT_TABLE_ID(n)	((n) << 16)

/* Layout of the memory that is read */
#define ROCKET_SCRUB_FILL_BYTES	((ROCKET_CBUF_BANKS - 1) * ROCKET_CBUF_BANK_BYTES)
#define ROCKET_SCRUB_STREAM_MAX	(64 + ROCKET_LUT_TABLES * (ROCKET_LUT_ENTRIES + 1))
#define ROCKET_SCRUB_SOURCE_BYTES \
	PAGE_ALIGN(ROCKET_SCRUB_FILL_BYTES + \
		   ROCKET_SCRUB_TASKS * ROCKET_SCRUB_STREAM_MAX * sizeof(__le64))
/* All that the PC fetches at a time, in commands */
#define ROCKET_SCRUB_STREAM_ALIGN 8

struct rocket_scrub_shape {
	u32 data_banks;
	u32 height;
	u32 kernels;
};

static const struct rocket_scrub_shape rocket_scrub_shapes[ROCKET_SCRUB_TASKS] = {
	{ .data_banks = 11, .height = 44, .kernels = 32 },
	{ .data_banks = 1, .height = 4, .kernels = 352 },
};

/* Full to the byte */
static_assert(ROCKET_SCRUB_ROW_BYTES * 44 == ROCKET_CBUF_BANK_BYTES * 11);
static_assert(ROCKET_SCRUB_KERNEL_BYTES * 32 == ROCKET_CBUF_BANK_BYTES);
static_assert(ROCKET_SCRUB_ROW_BYTES * 4 == ROCKET_CBUF_BANK_BYTES);
static_assert(ROCKET_SCRUB_KERNEL_BYTES * 352 == ROCKET_CBUF_BANK_BYTES * 11);

/* The same for both: columns x rows x kernels */
#define ROCKET_SCRUB_OUT_BYTES	(ROCKET_SCRUB_OUT_WIDTH * 22 * 32)
static_assert(ROCKET_SCRUB_OUT_WIDTH * 2 * 352 == ROCKET_SCRUB_OUT_BYTES);

/*
 * Building the streams
 */

static __le64 *rocket_scrub_put(__le64 *at, u16 target, u16 reg, u32 value)
{
	*at = cpu_to_le64((u64)target << 48 | (u64)value << 16 | reg);

	return at + 1;
}

static __le64 *rocket_scrub_write(__le64 *at, u16 reg, u32 value)
{
	return rocket_scrub_put(at, ROCKET_TARGET_WRITE(reg), reg, value);
}

/* After one write of the access register each write of data goes to the next entry. */
static __le64 *rocket_scrub_put_tables(__le64 *at)
{
	for (u32 table = 0; table < ROCKET_LUT_TABLES; table++) {
		at = rocket_scrub_write(at, ROCKET_REG_DPU_LUT_ACCESS_CFG,
					ROCKET_LUT_ACCESS_WRITE | ROCKET_LUT_TABLE_ID(table));
		for (u32 i = 0; i < ROCKET_LUT_ENTRIES; i++)
			at = rocket_scrub_write(at, ROCKET_REG_DPU_LUT_ACCESS_DATA, 0);
	}

	return at;
}

static __le64 *rocket_scrub_put_cna(__le64 *at, const struct rocket_scrub_shape *shape,
				    u32 source)
{
	u32 pixels = ROCKET_SCRUB_WIDTH * shape->height;
	u32 line = ROCKET_SCRUB_WIDTH * ROCKET_FEATURE_ATOM / 4;
	u32 size = ROCKET_SCRUB_WIDTH << 16 | shape->height;
	u32 out_rows = shape->height / ROCKET_SCRUB_TAPS;

	at = rocket_scrub_write(at, ROCKET_REG_CNA_CBUF_CON0,
				(ROCKET_CBUF_BANKS - shape->data_banks) << 4 |
				shape->data_banks);
	/* Rows that are fetched ahead: Mesa's number */
	at = rocket_scrub_write(at, ROCKET_REG_CNA_CONV_CON2, (51 + ROCKET_SCRUB_TAPS) << 4);
	at = rocket_scrub_write(at, ROCKET_REG_CNA_CONV_CON3,
				ROCKET_SCRUB_TAPS << 3 | ROCKET_SCRUB_TAPS);
	at = rocket_scrub_write(at, ROCKET_REG_CNA_DATA_SIZE0, size);
	at = rocket_scrub_write(at, ROCKET_REG_CNA_DATA_SIZE1,
				(ROCKET_SCRUB_CHANNELS - 1) << 16 | ROCKET_SCRUB_CHANNELS);
	at = rocket_scrub_write(at, ROCKET_REG_CNA_DATA_SIZE2, ROCKET_SCRUB_OUT_WIDTH);
	at = rocket_scrub_write(at, ROCKET_REG_CNA_DATA_SIZE3,
				ROCKET_SCRUB_OUT_WIDTH * out_rows);
	at = rocket_scrub_write(at, ROCKET_REG_CNA_WEIGHT_SIZE0,
				shape->kernels * ROCKET_SCRUB_KERNEL_BYTES);
	at = rocket_scrub_write(at, ROCKET_REG_CNA_WEIGHT_SIZE1, ROCKET_SCRUB_KERNEL_BYTES);
	at = rocket_scrub_write(at, ROCKET_REG_CNA_WEIGHT_SIZE2,
				ROCKET_SCRUB_TAPS << 24 | ROCKET_SCRUB_TAPS << 16 |
				shape->kernels);
	/* Half entries in a row */
	at = rocket_scrub_write(at, ROCKET_REG_CNA_CBUF_CON1, ROCKET_SCRUB_ROW_BYTES / 64);
	/* Data is signed and needs no conversion. */
	at = rocket_scrub_write(at, ROCKET_REG_CNA_CVT_CON0, BIT(3) | BIT(1) | BIT(0));
	for (u32 lane = 0; lane < 4; lane++)
		at = rocket_scrub_write(at, ROCKET_REG_CNA_CVT_CON1 + 4 * lane, 1 << 16);
	at = rocket_scrub_write(at, ROCKET_REG_CNA_FEATURE_DATA_ADDR, source);
	/* Bursts of 16 */
	at = rocket_scrub_write(at, ROCKET_REG_CNA_DMA_CON0, 15 << 16 | 15);
	at = rocket_scrub_write(at, ROCKET_REG_CNA_DMA_CON1, line);
	/* From the end of four lines to the next surface */
	at = rocket_scrub_write(at, ROCKET_REG_CNA_DMA_CON2, pixels - line);
	at = rocket_scrub_write(at, ROCKET_REG_CNA_FC_DATA_SIZE0, size);
	at = rocket_scrub_write(at, ROCKET_REG_CNA_FC_DATA_SIZE1, ROCKET_SCRUB_CHANNELS);

	return rocket_scrub_write(at, ROCKET_REG_CNA_DCOMP_ADDR0, source);
}

static __le64 *rocket_scrub_put_core(__le64 *at, u32 out_size, u32 kernels)
{
	/* As for all int8 convolutions */
	at = rocket_scrub_write(at, ROCKET_REG_CORE_MISC_CFG, BIT(0));
	at = rocket_scrub_write(at, ROCKET_REG_CORE_DATAOUT_SIZE_0, out_size);

	return rocket_scrub_write(at, ROCKET_REG_CORE_DATAOUT_SIZE_1, kernels - 1);
}

/* The output stage: nothing but scale and offset. */
static __le64 *rocket_scrub_put_dpu(__le64 *at, u32 out_size, u32 kernels, u32 out,
				    u32 offset)
{
	u32 surface = ROCKET_SCRUB_OUT_BYTES / kernels * ROCKET_FEATURE_ATOM;
	u32 channels = (kernels - 1) << 16 | (kernels - 1);

	at = rocket_scrub_write(at, ROCKET_REG_DPU_S_POINTER,
				ROCKET_S_POINTER_POINTER_PP_EN |
				ROCKET_S_POINTER_EXECUTER_PP_EN |
				ROCKET_S_POINTER_POINTER_PP_MODE);
	/* Bursts of 16, from the convolution to memory */
	at = rocket_scrub_write(at, ROCKET_REG_DPU_FEATURE_MODE_CFG, 15 << 5 | 2 << 1);
	at = rocket_scrub_write(at, ROCKET_REG_DPU_DST_BASE_ADDR, out);
	at = rocket_scrub_write(at, ROCKET_REG_DPU_DST_SURF_STRIDE, surface);
	at = rocket_scrub_write(at, ROCKET_REG_DPU_DATA_CUBE_WIDTH, out_size & 0xffff);
	at = rocket_scrub_write(at, ROCKET_REG_DPU_DATA_CUBE_HEIGHT, out_size >> 16);
	at = rocket_scrub_write(at, ROCKET_REG_DPU_DATA_CUBE_CHANNEL, channels);
	/* Bypassed, with all of their parts */
	at = rocket_scrub_write(at, ROCKET_REG_DPU_BS_CFG, BIT(6) | BIT(4) | BIT(1) | BIT(0));
	at = rocket_scrub_write(at, ROCKET_REG_DPU_BN_CFG, BIT(6) | BIT(4) | BIT(1) | BIT(0));
	at = rocket_scrub_write(at, ROCKET_REG_DPU_EW_CFG,
				BIT(9) | BIT(8) | BIT(7) | BIT(1) | BIT(0));
	at = rocket_scrub_write(at, ROCKET_REG_DPU_EW_CVT_SCALE_VALUE, 1);
	at = rocket_scrub_write(at, ROCKET_REG_DPU_BS_OW_CFG, 1 << 8 | 1 << 5 | 1 << 2);
	at = rocket_scrub_write(at, ROCKET_REG_DPU_WDMA_SIZE_0, kernels - 1);
	at = rocket_scrub_write(at, ROCKET_REG_DPU_WDMA_SIZE_1, out_size);
	at = rocket_scrub_write(at, ROCKET_REG_DPU_OUT_CVT_OFFSET, offset);
	at = rocket_scrub_write(at, ROCKET_REG_DPU_OUT_CVT_SCALE, 1);
	at = rocket_scrub_write(at, ROCKET_REG_DPU_OUT_CVT_SHIFT, ROCKET_SCRUB_SHIFT);

	/* The next two surfaces */
	return rocket_scrub_write(at, ROCKET_REG_DPU_SURFACE_ADD, 2 * surface);
}

static __le64 *rocket_scrub_put_end(__le64 *at)
{
	/* The chain ends here. */
	at = rocket_scrub_put(at, 0, 0, 0);
	at = rocket_scrub_write(at, ROCKET_REG_PC_REGISTER_AMOUNTS, 0);
	at = rocket_scrub_put(at, ROCKET_TARGET_FENCE, 0, 0);

	return rocket_scrub_put(at, ROCKET_TARGET_OP_ENABLE, ROCKET_REG_PC_OPERATION_ENABLE,
				ROCKET_OP_ENABLE_CONVOLUTION);
}

static __le64 *rocket_scrub_build_task(struct rocket_scrub *scrub, __le64 *at,
				       unsigned int task)
{
	const struct rocket_scrub_shape *shape = &rocket_scrub_shapes[task];
	u32 out_size = (shape->height / ROCKET_SCRUB_TAPS - 1) << 16 |
		       (ROCKET_SCRUB_OUT_WIDTH - 1);

	if (!task)
		at = rocket_scrub_put_tables(at);
	at = rocket_scrub_put_cna(at, shape, scrub->source_addr);
	at = rocket_scrub_put_core(at, out_size, shape->kernels);
	at = rocket_scrub_put_dpu(at, out_size, shape->kernels, scrub->out_addr, 1 + task);

	return rocket_scrub_put_end(at);
}

static void rocket_scrub_build(struct rocket_scrub *scrub)
{
	void *source = page_address(scrub->source);
	__le64 *at = source + ROCKET_SCRUB_FILL_BYTES;

	memset(source, ROCKET_SCRUB_FILL, ROCKET_SCRUB_FILL_BYTES);

	for (unsigned int task = 0; task < ROCKET_SCRUB_TASKS; task++) {
		__le64 *end = rocket_scrub_build_task(scrub, at, task);

		scrub->tasks[task] = (struct rocket_task){
			.regcmd = scrub->source_addr + ((void *)at - source),
			.regcmd_count = end - at,
			.chain_count = 1,
		};
		at += ALIGN(end - at, ROCKET_SCRUB_STREAM_ALIGN);
	}
}

/**
 * rocket_scrub_init() - Get what a core needs to be scrubbed.
 * @core: The core, being bound, in its default domain.
 *
 * Return: 0, -ENOMEM.
 */
int rocket_scrub_init(struct rocket_core *core)
{
	struct rocket_scrub *scrub = &core->scrub;

	/* What firmware or another driver left is somebody else's, too. */
	scrub->owner = 0;

	scrub->source = dma_alloc_pages(core->dev, ROCKET_SCRUB_SOURCE_BYTES,
					&scrub->source_addr, DMA_TO_DEVICE, GFP_KERNEL);
	if (!scrub->source)
		return -ENOMEM;

	scrub->out = dma_alloc_pages(core->dev, ROCKET_SCRUB_OUT_BYTES, &scrub->out_addr,
				     DMA_FROM_DEVICE, GFP_KERNEL);
	if (!scrub->out) {
		dma_free_pages(core->dev, ROCKET_SCRUB_SOURCE_BYTES, scrub->source,
			       scrub->source_addr, DMA_TO_DEVICE);
		return -ENOMEM;
	}

	rocket_scrub_build(scrub);
	dma_sync_single_for_device(core->dev, scrub->source_addr,
				   ROCKET_SCRUB_SOURCE_BYTES, DMA_TO_DEVICE);

	return 0;
}

/**
 * rocket_scrub_fini() - Undo rocket_scrub_init().
 * @core: The core, being unbound; it runs nothing.
 */
void rocket_scrub_fini(struct rocket_core *core)
{
	struct rocket_scrub *scrub = &core->scrub;

	dma_free_pages(core->dev, ROCKET_SCRUB_OUT_BYTES, scrub->out, scrub->out_addr,
		       DMA_FROM_DEVICE);
	dma_free_pages(core->dev, ROCKET_SCRUB_SOURCE_BYTES, scrub->source,
		       scrub->source_addr, DMA_TO_DEVICE);
}

/*
 * Running them
 */

/* How often a scrub is looked after, in us; it takes about 100 on a fast core. */
#define ROCKET_SCRUB_POLL_US 20

static int rocket_scrub_run_task(struct rocket_core *core, unsigned int task)
{
	struct rocket_scrub *scrub = &core->scrub;
	u32 status;
	int ret;

	dma_sync_single_for_device(core->dev, scrub->out_addr, ROCKET_SCRUB_OUT_BYTES,
				   DMA_FROM_DEVICE);

	rocket_core_start_stream(core, &scrub->tasks[task], 0);
	ret = readl_poll_timeout(core->pc + ROCKET_PC_TASK_STATUS, status,
				 status & ROCKET_PC_TASK_STATUS_COUNT,
				 ROCKET_SCRUB_POLL_US,
				 ROCKET_JOB_TIMEOUT_MS * USEC_PER_MSEC);
	if (ret) {
		dev_err_ratelimited(core->dev, "the job that erases a client's data hangs\n");
		return ret;
	}

	dma_sync_single_for_cpu(core->dev, scrub->out_addr, ROCKET_SCRUB_OUT_BYTES,
				DMA_FROM_DEVICE);
	if (memchr_inv(page_address(scrub->out), ROCKET_SCRUB_RESULT(task),
		       ROCKET_SCRUB_OUT_BYTES)) {
		dev_err_ratelimited(core->dev, "a client's data has not been erased; on a machine whose users trust each other, parameter keep_residue does without\n");
		return -EIO;
	}

	return 0;
}

static int rocket_scrub_run(struct rocket_core *core)
{
	int ret = 0;

	/*
	 * Nobody is told of a fault in the default domain: the IOMMU's handler
	 * would see it again and again. Such a scrub just does not end.
	 */
	disable_irq(core->irq);
	for (unsigned int task = 0; task < ROCKET_SCRUB_TASKS && !ret; task++)
		ret = rocket_scrub_run_task(core, task);
	enable_irq(core->irq);

	return ret;
}

/*
 * Leaves the core reset, in its default domain. Its IOMMU is reset with it, so
 * its driver must be made to write the registers before something runs: a
 * change of domain does. Where there is no VM to be left one is entered first.
 */
static int rocket_scrub_erase(struct rocket_core *core, struct rocket_vm *vm)
{
	int ret;

	if (!READ_ONCE(core->vm)) {
		ret = rocket_mmu_attach(core, vm);
		if (ret)
			return ret;
	}

	ret = rocket_mmu_detach(core);
	if (ret)
		return ret;

	ret = rocket_scrub_run(core);
	if (ret)
		return ret;

	return rocket_mmu_reset(core);
}

static int rocket_scrub_core(struct rocket_core *core, struct rocket_vm *vm)
{
	u64 begin = ktime_get_ns();
	int ret = rocket_scrub_erase(core, vm);
	u64 ns = ktime_get_ns() - begin;

	rocket_core_count(&core->counts.scrubs, !ret);
	rocket_core_count(&core->counts.scrub_ns, ns);
	trace_rocket_scrub(core, vm->owner, ns, ret);

	return ret;
}

/**
 * rocket_scrub_attach() - Hand a core over to a VM.
 * @core: A core that runs nothing, powered.
 * @vm: The VM of the next job.
 *
 * The VM's page tables are attached. If the core was another file's before,
 * nothing of that is left in it.
 *
 * Context: As rocket_mmu_attach(), and sleeps while a scrub runs: some 100 us, or
 * as long as a job may take if it hangs.
 * Return: 0. An error means that the core has to be recovered first: -ETIMEDOUT or
 * -EIO when the scrub went wrong, or one of rocket_mmu_attach().
 */
int rocket_scrub_attach(struct rocket_core *core, struct rocket_vm *vm)
{
	struct rocket_scrub *scrub = &core->scrub;
	bool keep = READ_ONCE(rocket_scrub_keep_residue);
	int ret;

	if (!keep && scrub->owner != vm->owner) {
		WRITE_ONCE(scrub->owner, 0);
		ret = rocket_scrub_core(core, vm);
		if (ret)
			return ret;
	}

	/* While residue is kept there can be anybody's. */
	WRITE_ONCE(scrub->owner, keep ? 0 : vm->owner);

	return rocket_mmu_attach(core, vm);
}
