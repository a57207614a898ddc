// SPDX-License-Identifier: MIT
/*
 * Asks the NPU of this board what nobody has measured yet, by small jobs in address
 * spaces of its own, and prints an answer for each row of docs/silicon.rst that can be
 * answered so. What it asks for can make the one core that it uses hang for a moment,
 * which the driver ends; other clients wait so long.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel.h"
#include "lab.h"

#define CORE_MISC_CFG		0x3010
#define   QD_EN			1U
#define CNA_FEATURE_DATA_ADDR	0x1070
#define DPU_BS_CFG		0x4040
#define   BS_BYPASS		1U
#define DPU_EW_CFG		0x4070
#define   EW_BYPASS		1U
#define   EW_LUT_BYPASS		(1U << 7)
#define DPU_LUT_ACCESS_CFG	0x4100
#define   LUT_WRITE		(1U << 17)
#define   LUT_TABLE(table)	((table) << 16)
#define DPU_LUT_ACCESS_DATA	0x4104
#define LUT_USED		513U
#define RDMA_FEATURE_MODE_CFG	0x5044
#define BROADCAST_REG		0x0008
#define   ENABLE_RDMA		0x10U
#define PC_TASK_DMA_BASE_ADDR	0x0034
#define RAW_STATUS_UNKNOWN	0xc0000000U
#define RAW_STATUS_FRONT	0x000000ffU	/* CNA and CORE */
#define RAW_STATUS_DPU		0x00000300U

#define NO_DUMP			"needs root, and that no coredump lies there"

/* How often a question is asked whose answer another client can spoil. */
#define ROUNDS			3

/* Whether jobs that fail leave a dump for us, and what the last one has left. */
static bool has_dumps;
static struct hang last;

/* bench_run(), which keeps no dump in the next one's way. */
static int run(const struct lab *lab, struct bench *b, unsigned int i, unsigned int chain,
	       struct ending *end)
{
	int err = bench_run(b, i, chain, end);

	if (!err && end->status && has_dumps)
		kernel_dump_take(lab->core, &last);
	return err;
}

static void answer(const char *key, const char *text)
{
	printf("silicon %s: %s\n", key, text);
}

/* For what cannot be told here. */
static void silence(const char *key, const char *why)
{
	printf("silicon %s: ? (%s)\n", key, why);
}

static const char *runs_or_hangs(const struct ending *end, const char *runs)
{
	return !end->status ? runs : end->status == -ETIMEDOUT ? "hangs" : "fails";
}

/* The convolution as every client programs it; without it nothing else says anything. */
static int ask_computes(const struct lab *lab, bool *computes)
{
	struct ending end;
	struct bench b;
	int err;

	*computes = false;
	err = bench_open(&b, lab) || bench_emit(&b, 0, false, false) ||
	      run(lab, &b, 0, 1, &end) || bench_is_exact(&b, 0, computes);
	bench_close(&b);
	if (!err)
		answer("computes", *computes && !end.status ? "yes" : "no");
	*computes = *computes && !end.status;
	return err ? -1 : 0;
}

static int ask_without_rdma(const struct lab *lab)
{
	struct ending end;
	struct bench b;
	int err;

	err = bench_open(&b, lab) || bench_emit(&b, 0, false, false);
	if (!err) {
		bench_patch(&b, 0, ROCKET_TARGET_DPU, DPU_BS_CFG, 0, BS_BYPASS);
		bench_patch(&b, 0, ROCKET_TARGET_BROADCAST, BROADCAST_REG, ENABLE_RDMA, 0);
		err = run(lab, &b, 0, 1, &end);
	}
	bench_close(&b);
	if (!err)
		answer("conv-without-rdma", runs_or_hangs(&end, "completes"));
	return err ? -1 : 0;
}

/* How a core was brought back so far. */
struct cures {
	uint64_t resets;
	uint64_t cycles;
	bool known;
};

static struct cures count_cures(unsigned int core)
{
	struct cures cures = { 0 };

	cures.known = kernel_count(core, "resets ", &cures.resets) &&
		      kernel_count(core, "power cycles ", &cures.cycles);
	return cures;
}

/* What a hang leaves in the registers, and what ended it. */
static void tell_hang(unsigned int core, const struct cures *before)
{
	struct cures now = count_cures(core);

	if (last.known) {
		answer("raw-hang", last.raw_status & RAW_STATUS_UNKNOWN ? "0xc0000000" : "0");
		answer("pc-base-readback", last.base_address ? "on" : "off");
	} else {
		silence("raw-hang", NO_DUMP);
		silence("pc-base-readback", NO_DUMP);
	}
	if (!before->known || !now.known) {
		silence("reset-leaves-hang", "needs root and debugfs");
		silence("reset-kills-iommu", "needs root and debugfs");
	} else if (now.resets == before->resets) {
		/* The driver has found that no reset is to be had but by power. */
		answer("reset-leaves-hang", "off|on");
		answer("reset-kills-iommu", "on");
	} else {
		answer("reset-leaves-hang", now.cycles > before->cycles ? "on" : "off");
		answer("reset-kills-iommu", "off");
	}
}

static int ask_unfed(const struct lab *lab)
{
	struct cures before = count_cures(lab->core);
	struct ending end;
	struct bench b;
	int err;

	err = bench_open(&b, lab) || bench_emit(&b, 0, false, false);
	if (!err) {
		bench_patch(&b, 0, ROCKET_TARGET_DPU_RDMA, RDMA_FEATURE_MODE_CFG, 0xffffffff, 0);
		err = run(lab, &b, 0, 1, &end);
	}
	if (!err) {
		answer("rdma-unfed", runs_or_hangs(&end, "runs"));
		/* Another way to hang: a stream without its end. */
		if (!end.status) {
			err = bench_emit(&b, 0, false, false);
			bench_cut(&b, 0, NULL, 0);
			err = err || run(lab, &b, 0, 1, &end);
		}
	}
	if (!err)
		tell_hang(lab->core, &before);
	bench_close(&b);
	return err ? -1 : 0;
}

/* The second of two in a chain, against the same task alone. */
static int chain_is_exact(const struct lab *lab, bool qd, bool *exact)
{
	int8_t alone[CONV_OUTPUT_BYTES], behind[CONV_OUTPUT_BYTES];
	struct ending end;
	struct bench b;
	int err;

	*exact = false;
	err = bench_open(&b, lab) || bench_emit(&b, 0, true, false) ||
	      bench_emit(&b, 1, false, false);
	if (!err && !qd) {
		bench_patch(&b, 0, ROCKET_TARGET_CORE, CORE_MISC_CFG, QD_EN, 0);
		bench_patch(&b, 1, ROCKET_TARGET_CORE, CORE_MISC_CFG, QD_EN, 0);
	}
	err = err || run(lab, &b, 1, 1, &end) || bench_take(&b, 1, alone);
	err = err || run(lab, &b, 0, 2, &end) || bench_take(&b, 1, behind);
	if (!err)
		*exact = !end.status && !memcmp(alone, behind, sizeof(alone));
	bench_close(&b);
	return err ? -1 : 0;
}

static int ask_chains(const struct lab *lab)
{
	bool with, without;

	if (chain_is_exact(lab, true, &with) || chain_is_exact(lab, false, &without))
		return -1;
	answer("integer-chains", !with ? "accumulate" : without ? "exact" : "accumulate-qd-off");
	return 0;
}

/* Writes what fills the first @count entries of a table; returns the number of commands. */
static unsigned int load_table(uint64_t *commands, unsigned int table, unsigned int count,
			       uint32_t value)
{
	commands[0] = rocket_regcmd(ROCKET_TARGET_DPU, DPU_LUT_ACCESS_CFG,
				    LUT_WRITE | LUT_TABLE(table));
	for (unsigned int i = 1; i <= count; i++)
		commands[i] = rocket_regcmd(ROCKET_TARGET_DPU, DPU_LUT_ACCESS_DATA, value);
	return count + 1;
}

/* One entry more than users write; what becomes of it only the DPU's registers show. */
static int ask_lut(const struct lab *lab)
{
	uint64_t load[LUT_USED + 2];
	struct ending end;
	struct bench b;
	int err;

	err = bench_open(&b, lab) || bench_emit(&b, 0, false, false);
	if (!err) {
		bench_insert(&b, 0, load, load_table(load, 0, LUT_USED + 1, 0));
		err = run(lab, &b, 0, 1, &end);
	}
	bench_close(&b);
	if (!err)
		answer("lut-entries", !end.status ? "1024|513-ignored" :
		       end.status == -ETIMEDOUT ? "513-hangs" : "fails");
	return err ? -1 : 0;
}

static int ask_fault(const struct lab *lab)
{
	struct ending end;
	struct bench b;
	int err;

	/* Behind a job that failed the next one of the file waits: not the one that counts. */
	err = bench_open(&b, lab) || bench_emit(&b, 0, false, false) ||
	      run(lab, &b, 0, 1, &end);
	if (!err) {
		bench_patch(&b, 0, ROCKET_TARGET_CNA, CNA_FEATURE_DATA_ADDR, 0xffffffff,
			    LAB_NOWHERE);
		err = run(lab, &b, 0, 1, &end);
	}
	bench_close(&b);
	if (err)
		return -1;
	if (!end.status)
		answer("fault-irq", "no fault");
	else
		answer("fault-irq", end.ms < LAB_TIMEOUT_MS ? "arrives" : "lost");
	return 0;
}

/*
 * Weights that a job in one address space has loaded, for one in another that loads
 * none: the core is reset on the way.
 */
static int buffer_survives(const struct lab *lab, bool *survives)
{
	struct bench first = { .lab = lab }, second = { .lab = lab };
	struct ending end;
	int err;

	err = bench_open(&first, lab) || bench_emit(&first, 0, false, false) ||
	      bench_open(&second, lab) || bench_emit(&second, 0, false, true);
	if (!err) {
		memset((char *)second.bo.cpu + LAB_WEIGHTS, 0, LAB_BIAS - LAB_WEIGHTS);
		err = run(lab, &first, 0, 1, &end) || run(lab, &second, 0, 1, &end) ||
		      bench_is_exact(&second, 0, survives);
	}
	bench_close(&first);
	bench_close(&second);
	return err ? -1 : 0;
}

static int ask_buffer(const struct lab *lab)
{
	bool survives = false;

	for (unsigned int i = 0; i < ROUNDS && !survives; i++) {
		if (buffer_survives(lab, &survives))
			return -1;
	}
	answer("reset-clears-cbuf", survives ? "off" : "on");
	return 0;
}

/*
 * Tables that a job in one address space has loaded, for one in another that loads none. All
 * entries are alike, so that it does not matter which of them is used.
 */
static int with_tables(const struct lab *lab, struct bench *b, bool load, uint32_t value,
		       int8_t output[CONV_OUTPUT_BYTES])
{
	uint64_t tables[2 * (LUT_USED + 1)];
	struct ending end = { 0 };
	unsigned int n;

	if (bench_emit(b, 0, false, false))
		return -1;
	bench_patch(b, 0, ROCKET_TARGET_DPU, DPU_EW_CFG, EW_BYPASS | EW_LUT_BYPASS, 0);
	if (load) {
		n = load_table(tables, 0, LUT_USED, value);
		n += load_table(tables + n, 1, LUT_USED, value);
		bench_insert(b, 0, tables, n);
	}
	return run(lab, b, 0, 1, &end) || end.status || bench_take(b, 0, output) ? -1 : 0;
}

static int ask_tables(const struct lab *lab)
{
	int8_t empty[CONV_OUTPUT_BYTES], full[CONV_OUTPUT_BYTES], found[CONV_OUTPUT_BYTES];
	struct bench first = { .lab = lab }, second = { .lab = lab };
	int err;

	err = bench_open(&first, lab) || bench_open(&second, lab) ||
	      with_tables(lab, &first, true, 0, empty) ||
	      with_tables(lab, &first, true, 0x3fff, full) ||
	      with_tables(lab, &second, false, 0, found);
	bench_close(&first);
	bench_close(&second);
	if (err || !memcmp(empty, full, sizeof(full)))
		silence("reset-clears-lut", "the tables are not seen to work");
	else if (!memcmp(found, full, sizeof(full)))
		answer("reset-clears-lut", "off");
	else
		answer("reset-clears-lut", memcmp(found, empty, sizeof(empty)) ? "off|on" : "on");
	return 0;
}

/* In the middle of a chain, which is ended there because its time is up. */
static int ask_middle(const struct lab *lab)
{
	const char *why = NULL;
	struct ending end;
	struct bench b;
	int err;

	err = bench_open(&b, lab) || bench_emit_ring(&b) ||
	      run(lab, &b, 0, LAB_RING_TASKS, &end);
	bench_close(&b);
	if (err)
		return -1;
	if (!end.status)
		why = "the chain was through too soon";
	else if (!last.known)
		why = NO_DUMP;
	if (why) {
		silence("raw-interior", why);
		silence("raw-early", why);
	} else if (last.raw_status & RAW_STATUS_DPU) {
		answer("raw-interior", "raw");
		answer("raw-early", "off|on");
	} else {
		answer("raw-interior", "off");
		answer("raw-early", last.raw_status & RAW_STATUS_FRONT ? "on" : "off");
	}
	return 0;
}

/* Behind it the stream has no end: nothing goes by the address. */
static int ask_base(const struct lab *lab)
{
	const uint64_t base = rocket_regcmd(ROCKET_TARGET_PC, PC_TASK_DMA_BASE_ADDR, 0x10);
	const uint64_t commands[] = { base, base };
	struct ending end;
	struct bench b;
	int err;

	err = bench_open(&b, lab) || bench_emit(&b, 0, false, false);
	if (!err) {
		bench_cut(&b, 0, commands, 2);
		err = run(lab, &b, 0, 1, &end);
	}
	bench_close(&b);
	if (err)
		return -1;
	if (!last.known)
		silence("dma-base-readback", NO_DUMP);
	else
		/* Without it the write may not have arrived. */
		answer("dma-base-readback", last.dma_base == 0x10 ? "on" : "on|off");
	return 0;
}

/* What the driver saw when the core was bound. */
static void tell_facts(unsigned int core)
{
	char value[64];

	if (!kernel_fact(core, "counter", value))
		silence("task-status", "needs root and debugfs");
	else if (!strcmp(value, "wraps"))
		answer("task-status", "modulo|zero-at-end|pair");
	else if (!strcmp(value, "not seen"))
		answer("task-status", "modulo|ended|late|zero-at-end|pair");
	else
		answer("task-status", value);

	if (!kernel_fact(core, "reset", value)) {
		silence("int-mask-readback", "needs root and debugfs");
		silence("int-mask-reset", "needs root and debugfs");
	} else if (!strcmp(value, "INTERRUPT_MASK")) {
		answer("int-mask-readback", "on");
		answer("int-mask-reset", "0x1ffff");
	} else {
		answer("int-mask-readback", "on|off");
		answer("int-mask-reset", "0x1ffff|0");
	}
	if (kernel_fact(core, "task", value))
		printf("time of a task: %s\n", value);
	if (kernel_fact(core, "scrub", value))
		printf("time of a scrub: %s\n", value);
}

static void tell_untried(void)
{
	silence("page-0x2000", "never tried: a read of it locked a board");
	silence("zap-delay", "no job can see it");
	silence("ppu-raises", "needs the kernel");
}

int main(int argc, char **argv)
{
	static int (*const questions[])(const struct lab *lab) = {
		ask_chains, ask_lut, ask_tables, ask_buffer, ask_without_rdma, ask_fault,
		ask_unfed, ask_middle, ask_base,
	};
	static struct lab lab;
	bool computes = false;
	int err;

	if (argc > 1) {
		fprintf(stderr, "usage: %s\n", argv[0]);
		return 2;
	}
	err = lab_open(&lab);
	has_dumps = !err && kernel_dump_prepare(lab.core);
	err = err || ask_computes(&lab, &computes);
	for (unsigned int i = 0; !err && computes && i < sizeof(questions) / sizeof(*questions); i++)
		err = questions[i](&lab);
	kernel_dump_done();
	if (!err) {
		tell_facts(lab.core);
		tell_untried();
	}
	lab_close(&lab);
	return err || !computes;
}
