// SPDX-License-Identifier: GPL-2.0-only

#include <linux/build_bug.h>
#include <linux/dma-mapping.h>
#include <linux/highmem.h>
#include <linux/interrupt.h>
#include <linux/iopoll.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "rocket_conv.h"
#include "rocket_kjob.h"

/**
 * DOC: Jobs of the kernel's own
 *
 * A few jobs are run by the driver itself: to see that a core computes
 * (rocket_selftest.c), and to overwrite what a client left in it (rocket_scrub.c).
 * They run in the group's default domain, which lies between two clients anyway, on
 * memory that belongs to the kernel. Everything is built when the core is bound; running
 * one allocates nothing and maps nothing. The interrupt stays masked, the end is polled.
 *
 * All their streams come from &rocket_soc.emit, and differ in sizes, addresses and
 * in whether the tables are filled. Of those that fill the buffer an SoC may have none.
 */

/* Longest that one may take, in us: what a job of a client may by default. */
#define ROCKET_KJOB_TIMEOUT_US	500000

/* How often the end is looked for where nothing else is, in us. */
#define ROCKET_KJOB_POLL_US	20

/* For how long a counter has not moved when it has settled, in us. */
#define ROCKET_KJOB_SETTLE_US	200

/* Features and weights are all ones. */
#define ROCKET_KJOB_FILL	1

/*
 * Where things lie in the memory that is read. Features and weights are the same
 * bytes, at most as many as fit in the buffer next to one bank of the other.
 */
#define ROCKET_KJOB_FILL_BYTES	((ROCKET_CBUF_BANKS - 1) * ROCKET_CBUF_BANK_BYTES)
#define ROCKET_KJOB_BIAS	ROCKET_KJOB_FILL_BYTES
#define ROCKET_KJOB_BIAS_BYTES	SZ_4K
/* For 32 kernels: what is behind is zero. */
#define ROCKET_KJOB_OPERAND_BYTES	SZ_256
#define ROCKET_KJOB_STREAMS	(ROCKET_KJOB_BIAS + ROCKET_KJOB_BIAS_BYTES)
#define ROCKET_KJOB_STREAM_BYTES \
	(ALIGN(ROCKET_CONV_COMMANDS_MAX, ROCKET_CONV_ALIGN) * sizeof(__le64))
#define ROCKET_KJOB_SOURCE_BYTES \
	PAGE_ALIGN(ROCKET_KJOB_STREAMS + ROCKET_KJOBS * ROCKET_KJOB_STREAM_BYTES)

/* The second task of a chain has a place of its own for its result. */
#define ROCKET_KJOB_OUT_SECOND	(3 * SZ_4K)
#define ROCKET_KJOB_OUT_BYTES	(2 * ROCKET_KJOB_OUT_SECOND)

/*
 * Each adds something of its own to what it computes: none can take the result of
 * another one for its own. The two that fill the buffer convolve 256 channels of rows
 * of 32 pixels with 2 x 2 taps, so that each byte of the features and of the weights is
 * used. One has features of 11 banks and weights of one, the other the opposite.
 */
static const struct rocket_conv rocket_kjob_shapes[ROCKET_KJOBS] = {
	[ROCKET_KJOB_ONE] = {
		.width = 16, .height = 22, .channels = 32, .taps = 1, .kernels = 32,
		.data_banks = 1, .offset = 1,
	},
	[ROCKET_KJOB_CHAIN] = {
		.width = 16, .height = 22, .channels = 32, .taps = 1, .kernels = 32,
		.data_banks = 1, .offset = 2,
	},
	[ROCKET_KJOB_FEATURES] = {
		.width = 32, .height = 44, .channels = 256, .taps = 2, .kernels = 32,
		.data_banks = 11, .shift = 5, .offset = 3, .tables = true,
	},
	[ROCKET_KJOB_WEIGHTS] = {
		.width = 32, .height = 4, .channels = 256, .taps = 2, .kernels = 352,
		.data_banks = 1, .shift = 5, .offset = 4,
	},
};

/* Full to the byte */
static_assert(32 * 256 * 44 == ROCKET_CBUF_BANK_BYTES * 11);
static_assert(2 * 2 * 256 * 32 == ROCKET_CBUF_BANK_BYTES);
static_assert(32 * 256 * 4 == ROCKET_CBUF_BANK_BYTES);
static_assert(2 * 2 * 256 * 352 == ROCKET_CBUF_BANK_BYTES * 11);
static_assert(352 * sizeof(s32) <= ROCKET_KJOB_BIAS_BYTES);

static int rocket_kjob_alloc(struct rocket_kjob_memory *memory, struct device *dev,
			     size_t size, enum dma_data_direction dir)
{
	/*
	 * Pages that lie together only for the NPU: one core more must not need a large
	 * piece of memory, long after boot.
	 */
	memory->sgt = dma_alloc_noncontiguous(dev, size, dir, GFP_KERNEL, 0);
	if (!memory->sgt)
		return -ENOMEM;

	memory->vaddr = dma_vmap_noncontiguous(dev, size, memory->sgt);
	if (!memory->vaddr) {
		dma_free_noncontiguous(dev, size, memory->sgt, dir);
		return -ENOMEM;
	}

	memory->addr = sg_dma_address(memory->sgt->sgl);
	memory->size = size;

	return 0;
}

static void rocket_kjob_free(struct rocket_kjob_memory *memory, struct device *dev,
			     enum dma_data_direction dir)
{
	dma_vunmap_noncontiguous(dev, memory->vaddr);
	dma_free_noncontiguous(dev, memory->size, memory->sgt, dir);
}

/* Writes the stream of a job at @at in the source. Returns where the next one may lie. */
static size_t rocket_kjob_build_stream(struct rocket_kjobs *jobs, const struct rocket_soc *soc,
				       enum rocket_kjob job, struct rocket_conv *conv, size_t at)
{
	unsigned int count;

	conv->source = jobs->source.addr;
	conv->bias = jobs->source.addr + ROCKET_KJOB_BIAS;
	count = soc->emit(conv, jobs->source.vaddr + at);

	jobs->tasks[job].regcmd = jobs->source.addr + at;
	jobs->tasks[job].regcmd_count = count;
	jobs->tasks[job].chain_count = 1;

	return at + ALIGN(count, ROCKET_CONV_ALIGN) * sizeof(__le64);
}

static void rocket_kjob_build(struct rocket_kjobs *jobs, const struct rocket_soc *soc)
{
	size_t at = ROCKET_KJOB_STREAMS;
	struct rocket_conv conv;

	memset(jobs->source.vaddr, ROCKET_KJOB_FILL, ROCKET_KJOB_FILL_BYTES);
	memset(jobs->source.vaddr + ROCKET_KJOB_BIAS, 0, ROCKET_KJOB_BIAS_BYTES);
	if (soc->operands)
		soc->operands(jobs->source.vaddr + ROCKET_KJOB_BIAS, ROCKET_KJOB_OPERAND_BYTES);

	for (int job = 0; job < ROCKET_KJOBS; job++) {
		conv = rocket_kjob_shapes[job];
		conv.out = jobs->out.addr;
		if (job == ROCKET_KJOB_CHAIN) {
			/* The second one of the chain */
			conv.out += ROCKET_KJOB_OUT_SECOND;
			at = rocket_kjob_build_stream(jobs, soc, job, &conv, at);
			conv.out = jobs->out.addr;
			conv.next = jobs->tasks[job].regcmd;
		}
		at = rocket_kjob_build_stream(jobs, soc, job, &conv, at);
	}
	jobs->tasks[ROCKET_KJOB_CHAIN].chain_count = 2;
}

/* Leaves in the place of a result what none is. */
static void rocket_kjob_blank(struct rocket_kjobs *jobs, struct device *dev)
{
	memset(jobs->out.vaddr, 0, jobs->out.size);
	flush_kernel_vmap_range(jobs->out.vaddr, jobs->out.size);
	dma_sync_sgtable_for_device(dev, jobs->out.sgt, DMA_BIDIRECTIONAL);
	jobs->blank = true;
}

/**
 * rocket_kjob_init() - Get what a core's own jobs need.
 * @jobs: To be set up.
 * @dev: The core, being bound, in its default domain.
 * @soc: What the core belongs to.
 *
 * Return: 0, -ENOMEM.
 */
int rocket_kjob_init(struct rocket_kjobs *jobs, struct device *dev,
		     const struct rocket_soc *soc)
{
	int ret;

	ret = rocket_kjob_alloc(&jobs->source, dev, ROCKET_KJOB_SOURCE_BYTES, DMA_TO_DEVICE);
	if (ret)
		return ret;

	ret = rocket_kjob_alloc(&jobs->out, dev, ROCKET_KJOB_OUT_BYTES, DMA_BIDIRECTIONAL);
	if (ret) {
		rocket_kjob_free(&jobs->source, dev, DMA_TO_DEVICE);
		return ret;
	}

	rocket_kjob_build(jobs, soc);
	rocket_kjob_blank(jobs, dev);
	flush_kernel_vmap_range(jobs->source.vaddr, jobs->source.size);
	dma_sync_sgtable_for_device(dev, jobs->source.sgt, DMA_TO_DEVICE);

	return 0;
}

/**
 * rocket_kjob_fini() - Undo rocket_kjob_init().
 * @jobs: What was set up.
 * @dev: The core, being unbound; it runs nothing.
 */
void rocket_kjob_fini(struct rocket_kjobs *jobs, struct device *dev)
{
	rocket_kjob_free(&jobs->out, dev, DMA_BIDIRECTIONAL);
	rocket_kjob_free(&jobs->source, dev, DMA_TO_DEVICE);
}

/* Whether all of a result is what it should be. */
static bool rocket_kjob_right(struct rocket_kjobs *jobs, enum rocket_kjob job)
{
	const struct rocket_conv *conv = &rocket_kjob_shapes[job];
	u32 bytes = rocket_conv_out_bytes(conv);
	u8 result = rocket_conv_result(conv);

	if (memchr_inv(jobs->out.vaddr, result, bytes))
		return false;

	return job != ROCKET_KJOB_CHAIN ||
	       !memchr_inv(jobs->out.vaddr + ROCKET_KJOB_OUT_SECOND, result, bytes);
}

/*
 * The bits of a chain's first task can be seen while the next one runs. Where it is known what
 * is counted that tells them apart.
 */
static bool rocket_kjob_over(struct rocket_hw *hw)
{
	if (!(rocket_hw_raised(hw) & ROCKET_HW_DONE))
		return false;

	return hw->soc->counter != ROCKET_COUNTER_WRAPS || !rocket_hw_count(hw);
}

/* Looks on as closely as registers can be read: what happens in between counts. */
static int rocket_kjob_watch(struct rocket_hw *hw, struct rocket_kjob_seen *seen)
{
	u64 begin = ktime_get_ns(), moved;
	u32 count;

	*seen = (struct rocket_kjob_seen){};

	do {
		count = rocket_hw_count(hw);
		seen->ns = ktime_get_ns() - begin;
		if (rocket_kjob_over(hw))
			break;
		seen->between |= count != 0;
		cpu_relax();
	} while (seen->ns < (u64)ROCKET_KJOB_TIMEOUT_US * NSEC_PER_USEC);

	if (!rocket_kjob_over(hw))
		return -ETIMEDOUT;

	seen->at_end = rocket_hw_count(hw);
	seen->settled = seen->at_end;
	moved = ktime_get_ns();
	do {
		count = rocket_hw_count(hw);
		if (count != seen->settled)
			moved = ktime_get_ns();
		seen->settled = count;
		cpu_relax();
	} while (ktime_get_ns() - moved < ROCKET_KJOB_SETTLE_US * NSEC_PER_USEC);

	return 0;
}

static int rocket_kjob_wait(struct rocket_hw *hw)
{
	bool over;

	return read_poll_timeout(rocket_kjob_over, over, over, ROCKET_KJOB_POLL_US,
				 ROCKET_KJOB_TIMEOUT_US, false, hw);
}

/**
 * rocket_kjob_run() - Run a job of the kernel's own and look at its result.
 * @jobs: What it needs.
 * @hw: The core, powered and reset, in its default domain, whose tables its IOMMU
 *	really holds.
 * @job: Which one.
 * @seen: Receives what was seen on the way, which takes a CPU; %NULL to sleep instead.
 *
 * Leaves its addresses in the core's registers. After an error the core may still run.
 *
 * Context: Sleeps. Allocates nothing.
 * Return: 0; -ETIMEDOUT when it does not end, -EIO when its result is wrong.
 */
int rocket_kjob_run(struct rocket_kjobs *jobs, struct rocket_hw *hw, enum rocket_kjob job,
		    struct rocket_kjob_seen *seen)
{
	int ret;

	/* The results of all jobs differ: what another one left need not go. */
	if (jobs->last == job && !jobs->blank)
		rocket_kjob_blank(jobs, hw->dev);
	jobs->last = job;
	jobs->blank = false;

	/*
	 * Nobody is told of a fault in the default domain: the IOMMU's handler would
	 * see it again and again. Such a job just does not end.
	 */
	disable_irq(hw->irq);
	rocket_hw_start(hw, &jobs->tasks[job], 0);
	ret = seen ? rocket_kjob_watch(hw, seen) : rocket_kjob_wait(hw);
	enable_irq(hw->irq);
	if (ret)
		return ret;

	dma_sync_sgtable_for_cpu(hw->dev, jobs->out.sgt, DMA_BIDIRECTIONAL);
	invalidate_kernel_vmap_range(jobs->out.vaddr, jobs->out.size);

	return rocket_kjob_right(jobs, job) ? 0 : -EIO;
}
