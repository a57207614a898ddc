// SPDX-License-Identifier: MIT
/*
 * Whole networks by a client that was written for VM_BIND: no TFLite, no Mesa.  What
 * Mesa gave to the NPU was recorded; here it is laid out once, streams and weights
 * read-only, the tasks of each SUBMIT linked to a chain.  An inference is, for each
 * SUBMIT that Mesa did, to write the input, submit one job, wait for one syncobj and
 * read the output.  What comes out must be what Mesa got, byte by byte.
 *
 * What TFLite does on the CPU between two SUBMITs is left out: the recorded input stands
 * for it.  The first argument behind the options names the network, the second the file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "bench.h"
#include "bench_client.h"
#include "igt.h"
#include "recording.h"
#include "rocket_regcmd.h"

enum { MOST_BOS = 1024, MOST_TASKS = 1024, MOST_PARTS = 16, STEADY = 20 };

#define PC_BASE_ADDRESS		0x0010
#define PC_REGISTER_AMOUNTS	0x0014
/* Of a stream's end: where the next one is named. */
#define NEXT_ADDRESS		4
#define NEXT_AMOUNT		3

/*
 * A BO for each: the caches are only asked for what one of the two has written.  The NPU
 * may write to the last two.
 */
enum kind { CONSTANTS, INPUTS, TENSORS, OUTPUTS, KINDS };

struct range {
	uint64_t addr, size;
	const uint8_t *bytes;	/* when the last job was submitted */
	bool written;		/* by the NPU */
	enum kind kind;
	uint64_t at;		/* in the BO of its kind */
};

/* What is copied in before a job, or compared behind it. */
struct content {
	struct range *range;
	const uint8_t *bytes;
};

struct part {			/* one SUBMIT */
	struct drm_rocket_task tasks[MOST_TASKS];
	unsigned int task_count;
	struct content in[MOST_BOS], out[MOST_BOS];
	unsigned int in_count, out_count;
};

static struct network {
	struct range ranges[MOST_BOS];
	unsigned int range_count;
	struct part parts[MOST_PARTS];
	unsigned int part_count;
	int fd;
	uint32_t syncobj;
	struct rocket_bo bo[KINDS];
} net;

static struct range *find(uint64_t addr)
{
	for (unsigned int i = 0; i < net.range_count; i++) {
		if (addr >= net.ranges[i].addr && addr < net.ranges[i].addr + net.ranges[i].size)
			return &net.ranges[i];
	}
	igt_assert_f(false, "the recording uses an address that no BO has\n");
	return NULL;
}

static struct range *range_at(const struct record *record)
{
	for (unsigned int i = 0; i < net.range_count; i++) {
		if (net.ranges[i].addr == record->addr)
			return &net.ranges[i];
	}
	igt_assert(net.range_count < MOST_BOS);
	net.ranges[net.range_count].addr = record->addr;
	net.ranges[net.range_count].size = record->size;
	return &net.ranges[net.range_count++];
}

/* The inputs of a job are what no job writes, with the bytes of that moment. */
static void take_record(const struct record *record, const uint8_t *bytes)
{
	struct part *part = &net.parts[net.part_count];

	switch (record->type) {
	case RECORD_BO:
		range_at(record)->bytes = bytes;
		break;
	case RECORD_TASK:
		igt_assert(part->task_count < MOST_TASKS);
		part->tasks[part->task_count++] = (struct drm_rocket_task){
			.regcmd = record->addr, .regcmd_count = record->count,
		};
		break;
	case RECORD_READS:
		part->in[part->in_count].range = find(record->addr);
		part->in[part->in_count].bytes = find(record->addr)->bytes;
		part->in_count++;
		break;
	case RECORD_WRITES:
		find(record->addr)->written = true;
		break;
	case RECORD_SUBMIT:
		igt_assert(++net.part_count < MOST_PARTS);
		break;
	case RECORD_RESULT:
		part = &net.parts[net.part_count - 1];
		part->out[part->out_count++] = (struct content){ find(record->addr), bytes };
		break;
	default:
		igt_assert_f(false, "not a recording\n");
	}
}

static void sort_out(struct part *part)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < part->in_count; i++) {
		if (!part->in[i].range->written)
			part->in[kept++] = part->in[i];
	}
	part->in_count = kept;
	igt_assert(kept && part->out_count);
	for (unsigned int i = 0; i < kept; i++)
		part->in[i].range->kind = INPUTS;
	for (unsigned int i = 0; i < part->out_count; i++)
		part->out[i].range->kind = OUTPUTS;
}

static void read_recording(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct record record;

	igt_assert_f(file, "%s: %m\n", path);
	while (fread(&record, sizeof(record), 1, file) == 1) {
		uint8_t *bytes = malloc(record.size + 1);

		igt_assert(bytes && (!record.size || fread(bytes, record.size, 1, file) == 1));
		take_record(&record, bytes);
	}
	fclose(file);
	igt_assert(net.part_count);
	for (unsigned int i = 0; i < net.range_count; i++)
		net.ranges[i].kind = net.ranges[i].written ? TENSORS : CONSTANTS;
	for (unsigned int i = 0; i < net.part_count; i++)
		sort_out(&net.parts[i]);
}

/* Address and size of the next task's stream at the end of this one's. */
static void link_task(const struct drm_rocket_task *task, const struct drm_rocket_task *next)
{
	struct range *range = find(task->regcmd);
	uint64_t *stream = (uint64_t *)(net.bo[CONSTANTS].map + range->at + task->regcmd -
					range->addr);

	igt_assert_eq(range->kind, CONSTANTS);
	stream[task->regcmd_count - NEXT_ADDRESS] =
		rocket_regcmd(ROCKET_TARGET_PC, PC_BASE_ADDRESS, next->regcmd);
	stream[task->regcmd_count - NEXT_AMOUNT] =
		rocket_regcmd(ROCKET_TARGET_PC, PC_REGISTER_AMOUNTS,
			      (next->regcmd_count + 1) / 2 - 1);
}

static void link_tasks(struct part *part)
{
	for (unsigned int i = 0; i + 1 < part->task_count; i++)
		link_task(&part->tasks[i], &part->tasks[i + 1]);
	part->tasks[0].chain_count = part->task_count;
}

static void place(void)
{
	uint64_t size[KINDS] = { 0 };

	for (unsigned int i = 0; i < net.range_count; i++) {
		struct range *range = &net.ranges[i];

		range->at = size[range->kind];
		size[range->kind] += range->size;
	}
	for (enum kind kind = 0; kind < KINDS; kind++) {
		struct drm_rocket_gem_create create = { .size = size[kind] };

		if (!size[kind])
			continue;
		igt_assert_eq(__rocket_gem_create(net.fd, &create), 0);
		net.bo[kind] = (struct rocket_bo){
			.handle = create.handle, .size = size[kind], .offset = create.offset,
		};
		net.bo[kind].map = mmap(NULL, size[kind], PROT_READ | PROT_WRITE, MAP_SHARED,
					net.fd, create.offset);
		igt_assert(net.bo[kind].map != MAP_FAILED);
	}
}

static void load(void)
{
	struct drm_rocket_vm_bind_op ops[MOST_BOS];

	net.fd = rocket_open();
	place();
	for (unsigned int i = 0; i < net.range_count; i++) {
		const struct range *range = &net.ranges[i];
		uint32_t handle = net.bo[range->kind].handle;

		ops[i] = range->written ?
			rocket_op_map(handle, range->at, range->addr, range->size) :
			rocket_op_map_ro(handle, range->at, range->addr, range->size);
		if (range->kind == CONSTANTS)
			memcpy(net.bo[CONSTANTS].map + range->at, range->bytes, range->size);
	}
	for (unsigned int i = 0; i < net.part_count; i++)
		link_tasks(&net.parts[i]);
	rocket_fini_bo(net.fd, net.bo[CONSTANTS].handle);
	rocket_vm_bind_ops(net.fd, 0, ops, net.range_count);
	net.syncobj = rocket_syncobj(net.fd);
}

static void unload(void)
{
	drmSyncobjDestroy(net.fd, net.syncobj);
	for (enum kind kind = 0; kind < KINDS; kind++) {
		if (net.bo[kind].size)
			rocket_bo_free(net.fd, &net.bo[kind]);
		net.bo[kind].size = 0;
	}
	close(net.fd);
}

static void run_part(struct part *part, uint8_t *result)
{
	struct drm_rocket_sync out = rocket_sync(net.syncobj, 0);
	struct drm_rocket_job job = {
		.tasks = (uintptr_t)part->tasks,
		.task_count = 1,
		.task_struct_size = sizeof(*part->tasks),
		.out_syncs = (uintptr_t)&out,
		.out_sync_count = 1,
		.sync_struct_size = sizeof(out),
		.timeout_ms = 5000,
	};
	struct drm_rocket_submit submit = {
		.jobs = (uintptr_t)&job, .job_count = 1, .job_struct_size = sizeof(job),
	};

	for (unsigned int i = 0; i < part->in_count; i++)
		memcpy(net.bo[INPUTS].map + part->in[i].range->at, part->in[i].bytes,
		       part->in[i].range->size);
	rocket_fini_bo(net.fd, net.bo[INPUTS].handle);
	do_ioctl(net.fd, DRM_IOCTL_ROCKET_SUBMIT, &submit);
	rocket_syncobj_wait(net.fd, net.syncobj);
	rocket_prep_bo(net.fd, net.bo[OUTPUTS].handle);
	for (unsigned int i = 0; i < part->out_count; i++) {
		const struct range *range = part->out[i].range;

		memcpy(result, net.bo[OUTPUTS].map + range->at, range->size);
		result += range->size;
	}
}

static void infer(uint8_t *results[])
{
	for (unsigned int i = 0; i < net.part_count; i++)
		run_part(&net.parts[i], results[i]);
}

static void check(uint8_t *results[])
{
	for (unsigned int i = 0; i < net.part_count; i++) {
		const uint8_t *result = results[i];

		for (unsigned int o = 0; o < net.parts[i].out_count; o++) {
			const struct content *out = &net.parts[i].out[o];

			igt_assert_f(!memcmp(result, out->bytes, out->range->size),
				     "the output of SUBMIT %u is not what Mesa got\n", i);
			result += out->range->size;
		}
		memset(results[i], 0, result - results[i]);
	}
}

static void make_results(uint8_t *results[])
{
	for (unsigned int i = 0; i < net.part_count; i++) {
		uint64_t size = 0;

		for (unsigned int o = 0; o < net.parts[i].out_count; o++)
			size += net.parts[i].out[o].range->size;
		results[i] = calloc(size, 1);
		igt_assert(results[i]);
	}
}

/* before: NULL when nothing is counted. */
static void end(const struct bench_counts *before, const char *name, const char *phase,
		uint64_t ops)
{
	char what[96];

	if (!before)
		return;
	snprintf(what, sizeof(what), "%s, %s", name, phase);
	bench_end(before, "network", what, ops);
}

static void live(const char *name, uint8_t *results[], bool counted)
{
	struct bench_counts counts, *before = counted ? &counts : NULL;

	bench_begin(&counts);
	load();
	end(before, name, "load", 1);
	bench_begin(&counts);
	infer(results);
	end(before, name, "first", 1);
	check(results);
	bench_begin(&counts);
	for (unsigned int i = 0; i < STEADY; i++)
		infer(results);
	end(before, name, "steady", STEADY);
	check(results);
	bench_begin(&counts);
	unload();
	end(before, name, "teardown", 1);
}

int main(int argc, char **argv)
{
	uint8_t *results[MOST_PARTS];

	bench_init(argc, argv);
	igt_assert_f(argc == 5, "usage: %s --runs N NETWORK RECORDING\n", argv[0]);
	read_recording(argv[4]);
	make_results(results);
	live(argv[3], results, false);
	for (unsigned int i = 0; i < bench_runs(); i++)
		live(argv[3], results, true);
	return 0;
}
