// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xf86drm.h>

#include "lab.h"

#define WAIT_S	60

static int fail(const char *what)
{
	fprintf(stderr, "rocket-silicon: %s: %s\n", what, strerror(errno));
	return -1;
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int first_core(int fd, unsigned int *core)
{
	struct drm_rocket_get_param get = { .param = DRM_ROCKET_PARAM_CORE_MASK };

	if (drmIoctl(fd, DRM_IOCTL_ROCKET_GET_PARAM, &get) || !get.value) {
		fprintf(stderr, "rocket-silicon: no core is in service\n");
		return -1;
	}
	*core = __builtin_ctzll(get.value);
	return 0;
}

int lab_open(struct lab *lab)
{
	struct rocket_conv c = convolution_shape(false);

	lab->fd = npu_open();
	if (lab->fd < 0)
		return -1;
	if (npu_is_rk3576(lab->fd)) {
		fputs("rocket-silicon: its jobs are written for the RK3588, and this is an RK3576\n",
		      stderr);
		return -1;
	}
	convolution_numbers(1, lab->input, sizeof(lab->input));
	convolution_numbers(2, lab->weights, sizeof(lab->weights));
	for (unsigned int i = 0; i < CONV_OUT; i++)
		lab->bias[i] = 1000 * ((int)i - 16);
	convolution_compute(&c, lab->input, lab->weights, lab->bias, lab->expected);
	return first_core(lab->fd, &lab->core);
}

void lab_close(struct lab *lab)
{
	if (lab->fd >= 0)
		close(lab->fd);
}

static char *at(struct bench *b, unsigned int offset)
{
	return (char *)b->bo.cpu + offset;
}

int bench_open(struct bench *b, const struct lab *lab)
{
	struct rocket_conv c = convolution_shape(false);

	*b = (struct bench){ .lab = lab, .timeout_ms = LAB_TIMEOUT_MS };
	if (npu_vm_create(lab->fd, &b->vm) || npu_bo_create(lab->fd, LAB_BYTES, &b->bo) ||
	    npu_map(lab->fd, b->vm, &b->bo, LAB_ADDRESS, false) ||
	    npu_cpu_begin(lab->fd, &b->bo))
		return -1;
	rocket_conv_pack_input(&c, at(b, LAB_INPUT), lab->input);
	rocket_conv_pack_weights(&c, at(b, LAB_WEIGHTS), lab->weights);
	if (rocket_conv_pack_bias(&c, at(b, LAB_BIAS), lab->bias, lab->weights))
		return -1;
	return npu_cpu_end(lab->fd, &b->bo);
}

void bench_close(struct bench *b)
{
	npu_bo_destroy(b->lab->fd, &b->bo);
	if (b->vm)
		npu_vm_destroy(b->lab->fd, b->vm);
	b->vm = 0;
}

/* @next: the slot that follows, or none. */
static int emit(struct bench *b, unsigned int i, int next, bool weight_reuse)
{
	struct rocket_conv c = convolution_shape(false);
	struct rocket_conv_task task;
	int length;

	c.in_addr = LAB_ADDRESS + LAB_INPUT;
	c.weight_addr = LAB_ADDRESS + LAB_WEIGHTS;
	c.bias_addr = LAB_ADDRESS + LAB_BIAS;
	c.out_addr = LAB_ADDRESS + LAB_OUTPUT(i);
	if (rocket_conv_split(&c, &task, 1, 0) != 1)
		return -1;
	task.weight_reuse = weight_reuse;
	task.next_addr = next >= 0 ? LAB_ADDRESS + LAB_STREAM(next) : 0;
	length = rocket_conv_emit(&c, &task, (uint64_t *)at(b, LAB_STREAM(i)),
				  ROCKET_CONV_ENTRIES);
	if (length < 0)
		return -1;
	b->length[i] = length;
	return 0;
}

int bench_emit(struct bench *b, unsigned int i, bool chained, bool weight_reuse)
{
	return emit(b, i, chained ? (int)i + 1 : -1, weight_reuse);
}

int bench_emit_ring(struct bench *b)
{
	b->timeout_ms = LAB_RING_MS;
	return emit(b, 0, 1, false) || emit(b, 1, 0, false) ? -1 : 0;
}

void bench_patch(struct bench *b, unsigned int i, unsigned int target, unsigned int reg,
		 uint32_t clear, uint32_t set)
{
	uint64_t *stream = (uint64_t *)at(b, LAB_STREAM(i));

	for (unsigned int n = 0; n < b->length[i]; n++) {
		uint32_t value = stream[n] >> 16;

		if (stream[n] >> 48 == target && (stream[n] & 0xffff) == reg)
			stream[n] = rocket_regcmd(target, reg, (value & ~clear) | set);
	}
}

void bench_insert(struct bench *b, unsigned int i, const uint64_t *commands, unsigned int count)
{
	uint64_t *stream = (uint64_t *)at(b, LAB_STREAM(i));

	memmove(stream + count, stream, b->length[i] * sizeof(*stream));
	memcpy(stream, commands, count * sizeof(*stream));
	b->length[i] += count;
}

void bench_cut(struct bench *b, unsigned int i, const uint64_t *commands, unsigned int count)
{
	uint64_t *stream = (uint64_t *)at(b, LAB_STREAM(i));

	b->length[i] -= 2;
	memcpy(stream + b->length[i], commands, count * sizeof(*stream));
	b->length[i] += count;
}

static int submit(struct bench *b, const struct drm_rocket_task *task, uint32_t syncobj)
{
	struct drm_rocket_sync done = { .handle = syncobj };
	struct drm_rocket_job job = {
		.tasks = (uintptr_t)task,
		.task_count = 1,
		.task_struct_size = sizeof(*task),
		.vm_id = b->vm,
		.core_mask = 1U << b->lab->core,
		.timeout_ms = b->timeout_ms,
		.out_syncs = (uintptr_t)&done,
		.out_sync_count = 1,
		.sync_struct_size = sizeof(done),
	};
	struct drm_rocket_submit args = {
		.jobs = (uintptr_t)&job, .job_count = 1, .job_struct_size = sizeof(job),
	};

	return drmIoctl(b->lab->fd, DRM_IOCTL_ROCKET_SUBMIT, &args) ? fail("SUBMIT") : 0;
}

int bench_run(struct bench *b, unsigned int i, unsigned int chain, struct ending *end)
{
	struct drm_rocket_task task = {
		.regcmd = LAB_ADDRESS + LAB_STREAM(i),
		.regcmd_count = b->length[i],
		.chain_count = chain,
	};
	int fd = b->lab->fd, err;
	int64_t start;
	uint32_t done;

	if (npu_cpu_end(fd, &b->bo))
		return -1;
	if (drmSyncobjCreate(fd, 0, &done))
		return fail("creation of a syncobj");
	start = now_ns();
	err = submit(b, &task, done);
	if (!err && drmSyncobjWait(fd, &done, 1, start + WAIT_S * INT64_C(1000000000), 0, NULL))
		err = fail("waiting for a job");
	end->ms = (now_ns() - start) / 1000000;
	if (!err)
		err = npu_fence_status(fd, done, &end->status);
	drmSyncobjDestroy(fd, done);
	return err;
}

int bench_take(struct bench *b, unsigned int i, int8_t output[CONV_OUTPUT_BYTES])
{
	struct rocket_conv c = convolution_shape(false);

	if (npu_cpu_begin(b->lab->fd, &b->bo))
		return -1;
	rocket_conv_unpack_output(&c, output, at(b, LAB_OUTPUT(i)));
	memset(at(b, LAB_OUTPUT(i)), 0, LAB_OUTPUT(1) - LAB_OUTPUT(0));
	return 0;
}

int bench_is_exact(struct bench *b, unsigned int i, bool *exact)
{
	int8_t output[CONV_OUTPUT_BYTES];

	if (bench_take(b, i, output))
		return -1;
	*exact = !memcmp(output, b->lab->expected, sizeof(output));
	return 0;
}
