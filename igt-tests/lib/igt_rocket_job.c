// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drm.h>

#include "igt.h"
#include "igt_rocket_job.h"
#include "igt_rocket_soc.h"

/* The probe's BO: weights, biases, a result for each slot, a stream for each. */
#define BIAS_AT		2048u
#define RESULTS_AT	ROCKET_PAGE
#define RESULT_BYTES	256u
#define STREAM_BYTES	ROCKET_PROBE_STREAM_BYTES

#define MAX_CHANNELS	32u
/* Multiplier and shift that leave the sum as it is */
#define UNITY_SCALE	16384u
#define UNITY_SHIFT	14u

#define TAG		0x1979aceu	/* user_data of jobs that shall fault */

int __rocket_submit(int fd, const struct drm_rocket_job *jobs, uint32_t count)
{
	struct drm_rocket_submit submit = {
		.jobs = (uintptr_t)jobs,
		.job_count = count,
		.job_struct_size = sizeof(*jobs),
	};

	return igt_ioctl(fd, DRM_IOCTL_ROCKET_SUBMIT, &submit) ? -errno : 0;
}

void rocket_submit(int fd, const struct drm_rocket_job *jobs, uint32_t count)
{
	igt_assert_eq(__rocket_submit(fd, jobs, count), 0);
}

int __rocket_start(int fd, const struct drm_rocket_job *job, uint32_t *syncobj)
{
	struct drm_rocket_sync out = rocket_sync(rocket_syncobj(fd), 0);
	struct drm_rocket_job one = *job;

	igt_assert(!one.out_sync_count);
	one.out_syncs = (uintptr_t)&out;
	one.out_sync_count = 1;
	one.sync_struct_size = sizeof(out);
	*syncobj = out.handle;
	return __rocket_submit(fd, &one, 1);
}

uint32_t rocket_start(int fd, const struct drm_rocket_job *job)
{
	uint32_t syncobj;

	igt_assert_eq(__rocket_start(fd, job, &syncobj), 0);
	return syncobj;
}

int rocket_run(int fd, const struct drm_rocket_job *job)
{
	uint32_t syncobj = rocket_start(fd, job);
	int status = rocket_syncobj_status(fd, syncobj);

	drmSyncobjDestroy(fd, syncobj);
	return status;
}

static uint32_t results_size(unsigned int slots)
{
	return (slots * RESULT_BYTES + ROCKET_PAGE - 1) / ROCKET_PAGE * ROCKET_PAGE;
}

uint32_t rocket_probe_size(unsigned int slots)
{
	uint32_t size = RESULTS_AT + results_size(slots) + slots * STREAM_BYTES;

	return (size + ROCKET_PAGE - 1) / ROCKET_PAGE * ROCKET_PAGE;
}

static uint32_t stream_at(const struct rocket_probe *probe, unsigned int slot)
{
	return RESULTS_AT + results_size(probe->slots) + slot * STREAM_BYTES;
}

/* The RK3576 computes wrong with less than 32 channels: there two surfaces are copied. */
static struct rocket_conv identity(const struct rocket_probe *probe)
{
	unsigned int channels = probe->rk3576 ? 32 : 16;

	return (struct rocket_conv){
		.in_width = ROCKET_PATTERN / channels, .in_height = 1,
		.in_channels = channels, .out_channels = channels,
		.kernel_width = 1, .kernel_height = 1, .stride_x = 1, .stride_y = 1,
		.out_scale = UNITY_SCALE, .out_shift = UNITY_SHIFT,
	};
}

static void write_weights(struct rocket_probe *probe)
{
	int8_t weights[MAX_CHANNELS * MAX_CHANNELS] = { 0 };
	uint8_t packed[2 * ROCKET_PAGE] = { 0 };
	struct rocket_conv c = identity(probe);

	for (unsigned int i = 0; i < c.in_channels; i++)
		weights[i * c.in_channels + i] = 1;
	igt_assert(rocket_conv_weights_size(&c) <= BIAS_AT);
	igt_assert(rocket_conv_output_size(&c) <= RESULT_BYTES);
	rocket_conv_pack_weights(&c, packed, weights);
	rocket_soc_pack_bias(probe->rk3576, &c, packed + BIAS_AT, NULL, weights);
	memcpy(probe->bo.map, packed, ROCKET_PAGE);
}

void rocket_probe_init_bo(struct rocket_probe *probe, int fd, uint32_t vm, uint32_t addr,
			  unsigned int slots, struct rocket_bo bo)
{
	igt_assert(bo.size >= rocket_probe_size(slots));
	*probe = (struct rocket_probe){
		.fd = fd, .vm = vm, .addr = addr, .slots = slots, .bo = bo,
		.rk3576 = rocket_is_rk3576(fd),
		.tasks = calloc(slots, sizeof(*probe->tasks)),
		.copies = calloc(slots, sizeof(*probe->copies)),
	};
	igt_assert(probe->tasks && probe->copies);
	probe->entries = rocket_soc_entries(probe->rk3576);
	write_weights(probe);
}

void rocket_probe_init(struct rocket_probe *probe, int fd, uint32_t vm, uint32_t addr,
		       unsigned int slots)
{
	struct rocket_bo bo = rocket_bo(fd, rocket_probe_size(slots));

	rocket_vm_map_bo(fd, vm, &bo, addr);
	rocket_probe_init_bo(probe, fd, vm, addr, slots, bo);
}

void rocket_probe_fini(struct rocket_probe *probe)
{
	rocket_vm_unmap(probe->fd, probe->vm, probe->addr, probe->bo.size);
	rocket_bo_free(probe->fd, &probe->bo);
	free(probe->copies);
	free(probe->tasks);
}

uint32_t rocket_probe_result_addr(const struct rocket_probe *probe, unsigned int slot)
{
	return probe->addr + RESULTS_AT + slot * RESULT_BYTES;
}

volatile uint8_t *rocket_probe_result(const struct rocket_probe *probe, unsigned int slot)
{
	return probe->bo.map + RESULTS_AT + slot * RESULT_BYTES;
}

/* Writes the stream of a copy; next is 0 where no other follows. */
static void write_stream(struct rocket_probe *probe, unsigned int slot, uint32_t from,
			 uint32_t to, uint32_t next)
{
	struct rocket_conv c = identity(probe);
	uint64_t stream[ROCKET_SOC_ENTRIES];
	struct rocket_conv_task task;
	unsigned int count;

	igt_assert(slot < probe->slots);
	c.in_addr = from;
	c.weight_addr = probe->addr;
	c.bias_addr = probe->addr + BIAS_AT;
	c.out_addr = to;
	igt_assert_eq(rocket_conv_split(&c, &task, 1, 0), 1);
	task.next_addr = next;
	count = rocket_soc_emit(probe->rk3576, &c, &task, stream);
	memcpy(probe->bo.map + stream_at(probe, slot), stream, count * sizeof(*stream));
}

void rocket_probe_set(struct rocket_probe *probe, unsigned int slot, uint32_t from,
		      uint32_t to)
{
	write_stream(probe, slot, from, to, 0);
	probe->copies[slot].from = from;
	probe->copies[slot].to = to;
	probe->tasks[slot] = (struct drm_rocket_task){
		.regcmd = probe->addr + stream_at(probe, slot),
		.regcmd_count = probe->entries,
	};
}

void rocket_probe_chain(struct rocket_probe *probe, unsigned int slot, unsigned int next)
{
	igt_assert(next < probe->slots);
	rocket_probe_chain_to(probe, slot, probe->addr + stream_at(probe, next));
}

void rocket_probe_chain_to(struct rocket_probe *probe, unsigned int slot, uint32_t stream)
{
	write_stream(probe, slot, probe->copies[slot].from, probe->copies[slot].to, stream);
}

void rocket_probe_set_hang(struct rocket_probe *probe, unsigned int slot)
{
	uint64_t fence = rocket_regcmd(ROCKET_TARGET_FENCE, 0, 0);

	rocket_probe_set(probe, slot, rocket_probe_result_addr(probe, slot),
			 rocket_probe_result_addr(probe, slot));
	/* Everything is set up, but nothing is told to begin. */
	memcpy(probe->bo.map + stream_at(probe, slot) +
	       (probe->entries - 1) * sizeof(fence), &fence, sizeof(fence));
}

struct drm_rocket_job rocket_probe_job(const struct rocket_probe *probe,
				       unsigned int first, unsigned int count)
{
	igt_assert(first + count <= probe->slots);
	return (struct drm_rocket_job){
		.tasks = (uintptr_t)(probe->tasks + first),
		.task_count = count,
		.task_struct_size = sizeof(*probe->tasks),
		.vm_id = probe->vm,
	};
}

static int copy_tagged(struct rocket_probe *probe, uint32_t from, uint32_t to, uint64_t tag)
{
	struct drm_rocket_job job;

	rocket_probe_set(probe, 0, from, to);
	job = rocket_probe_job(probe, 0, 1);
	job.user_data = tag;
	return rocket_run(probe->fd, &job);
}

int rocket_probe_copy(struct rocket_probe *probe, uint32_t from, uint32_t to)
{
	return copy_tagged(probe, from, to, 0);
}

void rocket_probe_clear_result(struct rocket_probe *probe, unsigned int slot)
{
	memset((void *)rocket_probe_result(probe, slot), 0, RESULT_BYTES);
}

uint32_t rocket_probe_repeat(struct rocket_probe *probe, unsigned int slot,
			     unsigned int times)
{
	struct drm_rocket_task *tasks = calloc(times, sizeof(*tasks));
	struct drm_rocket_job job = {
		.tasks = (uintptr_t)tasks,
		.task_count = times,
		.task_struct_size = sizeof(*tasks),
		.vm_id = probe->vm,
		.core_mask = probe->cores,
		.timeout_ms = rocket_get_param(probe->fd,
					       DRM_ROCKET_PARAM_MAX_JOB_TIMEOUT_MS),
	};
	uint32_t done;

	igt_assert(tasks);
	for (unsigned int i = 0; i < times; i++)
		tasks[i] = probe->tasks[slot];
	done = rocket_start(probe->fd, &job);
	free(tasks);
	return done;
}

void rocket_probe_await_result(struct rocket_probe *probe, unsigned int slot, uint32_t seed)
{
	uint8_t data[ROCKET_PATTERN];

	igt_set_timeout(60, "the NPU's first result");
	do
		memcpy(data, (void *)rocket_probe_result(probe, slot), sizeof(data));
	while (!rocket_is_pattern(data, seed));
	igt_reset_timeout();
}

int rocket_probe_read(struct rocket_probe *probe, uint32_t from,
		      uint8_t data[ROCKET_PATTERN])
{
	int status;

	rocket_probe_clear_result(probe, 0);
	status = rocket_probe_copy(probe, from, rocket_probe_result_addr(probe, 0));
	memcpy(data, (void *)rocket_probe_result(probe, 0), ROCKET_PATTERN);
	return status;
}

static void check_result(struct rocket_probe *probe, unsigned int slot, uint32_t addr,
			 uint32_t seed)
{
	uint8_t data[ROCKET_PATTERN];
	uint32_t found;

	memcpy(data, (void *)rocket_probe_result(probe, slot), sizeof(data));
	memcpy(&found, data, sizeof(found));
	igt_assert_f(rocket_is_pattern(data, seed),
		     "at %#x of VM %u the NPU reads %#x…, expected the page of %#x\n",
		     addr, probe->vm, found, seed);
}

void rocket_probe_expect(struct rocket_probe *probe, uint32_t addr, uint32_t seed)
{
	rocket_probe_expect_many(probe, &addr, &seed, 1);
}

void rocket_probe_expect_many(struct rocket_probe *probe, const uint32_t *addrs,
			      const uint32_t *seeds, unsigned int count)
{
	struct drm_rocket_job job;

	for (unsigned int i = 0; i < count; i++) {
		rocket_probe_clear_result(probe, i);
		rocket_probe_set(probe, i, addrs[i], rocket_probe_result_addr(probe, i));
	}
	job = rocket_probe_job(probe, 0, count);
	igt_assert_eq(rocket_run(probe->fd, &job), 0);
	for (unsigned int i = 0; i < count; i++)
		check_result(probe, i, addrs[i], seeds[i]);
}

static void check_fault(struct rocket_probe *probe, uint32_t addr, uint32_t size,
			uint32_t flags)
{
	struct drm_rocket_vm_fault fault = { 0 };

	igt_assert(rocket_vm_take_fault(probe->fd, probe->vm, &fault));
	igt_assert_f(fault.addr >= addr && fault.addr < (uint64_t)addr + size,
		     "the fault is recorded at %#llx, expected it at %#x\n",
		     (unsigned long long)fault.addr, addr);
	igt_assert_eq_u32(fault.flags, flags);
	igt_assert_eq_u64(fault.user_data, TAG);
}

void rocket_probe_expect_fault(struct rocket_probe *probe, uint32_t addr)
{
	igt_assert_eq(copy_tagged(probe, addr, rocket_probe_result_addr(probe, 0), TAG),
		      -EFAULT);
	check_fault(probe, addr, ROCKET_PATTERN, 0);
}

void rocket_probe_expect_write_fault(struct rocket_probe *probe, uint32_t addr)
{
	igt_assert_eq(copy_tagged(probe, rocket_probe_result_addr(probe, 0), addr, TAG),
		      -EFAULT);
	check_fault(probe, addr, ROCKET_PROBE_WRITES, DRM_ROCKET_VM_FAULT_WRITE);
}
