// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "igt.h"
#include "igt_rocket_board.h"
#include "igt_rocket_cbuf.h"
#include "igt_rocket_job.h"

/* A client's memory. The largest output is that of a dump of features. */
#define STREAM_AT	0u
#define BIAS_AT		0x8000u
#define IN_AT		0x10000u
#define WEIGHTS_AT	0x80000u
#define OUT_AT		0x100000u
#define SPARE_AT	0x1f0000u
#define MEMORY_BYTES	0x200000u

/* Multiplier and shift that leave a sum as it is */
#define UNITY_SCALE	16384u
#define UNITY_SHIFT	14u

#define MAX_TASKS	16u

static const uint32_t places[] = {
	[ROCKET_CBUF_AT_STREAM] = STREAM_AT,
	[ROCKET_CBUF_AT_BIAS] = BIAS_AT,
	[ROCKET_CBUF_AT_IN] = IN_AT,
	[ROCKET_CBUF_AT_WEIGHTS] = WEIGHTS_AT,
	[ROCKET_CBUF_AT_OUT] = OUT_AT,
	[ROCKET_CBUF_AT_SPARE] = SPARE_AT,
};

static bool has_vm_bind(int fd)
{
	uint64_t features = 0;

	__rocket_get_param(fd, DRM_ROCKET_PARAM_FEATURES, &features);
	errno = 0;
	return features & DRM_ROCKET_FEATURE_VM_BIND;
}

int rocket_any_open(void)
{
	int fd = __rocket_open();

	igt_require_f(fd >= 0, "no rocket device under /dev/accel: load rocket.ko\n");
	rocket_board_quiet();
	errno = 0;
	return fd;
}

uint32_t rocket_any_cores(int fd)
{
	return has_vm_bind(fd) ? rocket_core_mask(fd) : 1;
}

unsigned int rocket_any_tries(int fd)
{
	return has_vm_bind(fd) ? 1 : 6;
}

/* All that is done here is written for the RK3588's buffer and registers. */
static void require_soc(int fd)
{
	igt_require_f(!rocket_is_rk3576(fd), "streams for the buffer of the RK3588\n");
}

void rocket_cbuf_init(struct rocket_cbuf *c, int fd)
{
	require_soc(fd);
	*c = (struct rocket_cbuf){
		.fd = fd, .vm_bind = has_vm_bind(fd), .bo = rocket_bo_mapped(fd, MEMORY_BYTES),
	};
	c->addr = c->bo.address;
}

void rocket_cbuf_init_vm(struct rocket_cbuf *c, int fd, uint32_t vm, uint32_t addr)
{
	require_soc(fd);
	*c = (struct rocket_cbuf){
		.fd = fd, .vm_bind = true, .vm = vm, .addr = addr,
		.bo = rocket_bo(fd, MEMORY_BYTES),
	};
	rocket_vm_map_bo(fd, vm, &c->bo, addr);
}

void rocket_cbuf_fini(struct rocket_cbuf *c)
{
	rocket_bo_free(c->fd, &c->bo);
}

uint32_t rocket_cbuf_addr(const struct rocket_cbuf *c, enum rocket_cbuf_place place)
{
	return c->addr + places[place];
}

uint8_t *rocket_cbuf_mem(const struct rocket_cbuf *c, enum rocket_cbuf_place place)
{
	return c->bo.map + places[place];
}

void rocket_cbuf_begin(const struct rocket_cbuf *c)
{
	rocket_prep_bo(c->fd, c->bo.handle);
}

void rocket_cbuf_end(const struct rocket_cbuf *c)
{
	rocket_fini_bo(c->fd, c->bo.handle);
}

/* Returns how the job ended. */
static int run_meanwhile(struct rocket_cbuf *c, struct drm_rocket_job *job)
{
	uint32_t done;
	int status;

	job->in_syncs = (uintptr_t)c->in;
	job->in_sync_count = !!c->in;
	done = rocket_start(c->fd, job);
	if (c->meanwhile)
		c->meanwhile(c);
	status = rocket_syncobj_status(c->fd, done);
	drmSyncobjDestroy(c->fd, done);
	return status;
}

int rocket_cbuf_run(struct rocket_cbuf *c, const uint64_t *stream, unsigned int entries,
		    unsigned int times)
{
	struct drm_rocket_task tasks[MAX_TASKS];
	struct drm_rocket_job job = {
		.tasks = (uintptr_t)tasks,
		.task_count = times,
		.task_struct_size = sizeof(*tasks),
		.out_bo_handles = (uintptr_t)&c->bo.handle,
		.out_bo_handle_count = 1,
		.vm_id = c->vm,
		.core_mask = c->cores,
		.timeout_ms = c->timeout_ms,
	};
	int status = 0;

	igt_assert(times <= MAX_TASKS && entries <= ROCKET_CBUF_STREAM_MAX);
	rocket_cbuf_begin(c);
	memcpy(rocket_cbuf_mem(c, ROCKET_CBUF_AT_STREAM), stream, entries * sizeof(*stream));
	rocket_cbuf_end(c);
	for (unsigned int i = 0; i < times; i++)
		tasks[i] = (struct drm_rocket_task){
			.regcmd = rocket_cbuf_addr(c, ROCKET_CBUF_AT_STREAM),
			.regcmd_count = entries,
		};
	if (c->vm_bind)
		status = run_meanwhile(c, &job);
	else
		rocket_submit(c->fd, &job, 1);
	rocket_cbuf_begin(c);
	rocket_cbuf_end(c);
	return status;
}

static int run_conv(struct rocket_cbuf *c, const struct rocket_conv *conv,
		    const struct rocket_conv_task *task)
{
	uint64_t stream[ROCKET_CONV_ENTRIES];

	igt_assert(rocket_conv_input_size(conv) <= WEIGHTS_AT - IN_AT);
	igt_assert(rocket_conv_weights_size(conv) <= OUT_AT - WEIGHTS_AT);
	igt_assert(rocket_conv_bias_size(conv) <= IN_AT - BIAS_AT);
	igt_assert(rocket_conv_output_size(conv) <= SPARE_AT - OUT_AT);
	igt_assert_eq(rocket_conv_emit(conv, task, stream, ROCKET_CONV_ENTRIES),
		      ROCKET_CONV_ENTRIES);
	return rocket_cbuf_run(c, stream, ROCKET_CONV_ENTRIES, 1);
}

static struct rocket_conv at_home(const struct rocket_cbuf *c, struct rocket_conv conv)
{
	conv.stride_x = conv.stride_x ?: 1;
	conv.stride_y = conv.stride_y ?: 1;
	conv.out_scale = UNITY_SCALE;
	conv.out_shift = UNITY_SHIFT;
	conv.in_addr = rocket_cbuf_addr(c, ROCKET_CBUF_AT_IN);
	conv.weight_addr = rocket_cbuf_addr(c, ROCKET_CBUF_AT_WEIGHTS);
	conv.bias_addr = rocket_cbuf_addr(c, ROCKET_CBUF_AT_BIAS);
	conv.out_addr = rocket_cbuf_addr(c, ROCKET_CBUF_AT_OUT);
	return conv;
}

static struct rocket_conv_task all_rows(const struct rocket_conv *conv, unsigned int data_banks)
{
	return (struct rocket_conv_task){
		.in_rows = conv->in_height, .out_rows = rocket_conv_out_height(conv),
		.data_banks = data_banks,
	};
}

/*
 * Secrets
 */

static uint32_t mix(uint32_t value)
{
	value = (value ^ value >> 16) * 0x7feb352du;
	value = (value ^ value >> 15) * 0x846ca68bu;
	return value ^ value >> 16;
}

static void write_atoms(uint8_t *to, uint32_t secret, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++, to += ROCKET_CBUF_ATOM) {
		uint32_t atom[] = { secret, i, mix(secret ^ i), mix(mix(secret) + i) };

		memcpy(to, atom, sizeof(atom));
	}
}

unsigned int rocket_cbuf_find(const uint8_t *data, size_t size, uint32_t secret)
{
	unsigned int found = 0;

	for (size_t at = 0; at + ROCKET_CBUF_ATOM <= size; at += ROCKET_CBUF_ATOM) {
		uint8_t atom[ROCKET_CBUF_ATOM];
		uint32_t number;

		memcpy(&number, data + at + 4, sizeof(number));
		write_atoms(atom, secret, number, 1);
		found += !memcmp(atom, data + at, sizeof(atom));
	}
	return found;
}

/* 2x2 taps of 256 channels: with one more or less of them, banks are full to the byte. */
static struct rocket_conv filler(const struct rocket_cbuf *c, enum rocket_cbuf_side side)
{
	return at_home(c, (struct rocket_conv){
		.in_width = 32, .in_height = side == ROCKET_CBUF_FEATURES ? 44 : 4,
		.in_channels = 256,
		.out_channels = side == ROCKET_CBUF_FEATURES ? 32 : 352,
		.kernel_width = 2, .kernel_height = 2, .stride_x = 2, .stride_y = 2,
	});
}

int rocket_cbuf_fill(struct rocket_cbuf *c, enum rocket_cbuf_side side, uint32_t secret)
{
	struct rocket_conv conv = filler(c, side);
	struct rocket_conv_task task = all_rows(&conv, side == ROCKET_CBUF_FEATURES ? 11 : 1);
	uint32_t features = rocket_conv_input_size(&conv);
	uint32_t weights = rocket_conv_weights_size(&conv);

	igt_assert_eq(features + weights, ROCKET_CBUF_BANKS * ROCKET_CBUF_BANK_BYTES);
	rocket_cbuf_begin(c);
	memset(rocket_cbuf_mem(c, ROCKET_CBUF_AT_BIAS), 0, rocket_conv_bias_size(&conv));
	write_atoms(rocket_cbuf_mem(c, ROCKET_CBUF_AT_IN), secret, 0,
		    features / ROCKET_CBUF_ATOM);
	write_atoms(rocket_cbuf_mem(c, ROCKET_CBUF_AT_WEIGHTS), secret,
		    features / ROCKET_CBUF_ATOM, weights / ROCKET_CBUF_ATOM);
	rocket_cbuf_end(c);
	return run_conv(c, &conv, &task);
}

/*
 * Dumps
 */

/* Each output channel is an input channel: what comes out are the features. */
static int dump_features(struct rocket_cbuf *c, uint8_t *to)
{
	struct rocket_conv conv = at_home(c, (struct rocket_conv){
		.in_width = 128, .in_height = 176, .in_channels = 16, .out_channels = 16,
		.kernel_width = 1, .kernel_height = 1,
	});
	struct rocket_conv_task task = all_rows(&conv, 11);
	int8_t identity[16 * 16] = { 0 };
	int status;

	for (unsigned int i = 0; i < 16; i++)
		identity[i * 16 + i] = 1;
	rocket_cbuf_begin(c);
	memset(rocket_cbuf_mem(c, ROCKET_CBUF_AT_BIAS), 0, rocket_conv_bias_size(&conv));
	rocket_conv_pack_weights(&conv, rocket_cbuf_mem(c, ROCKET_CBUF_AT_WEIGHTS), identity);
	rocket_cbuf_end(c);
	task.data_reuse = true;
	status = run_conv(c, &conv, &task);
	memcpy(to, rocket_cbuf_mem(c, ROCKET_CBUF_AT_OUT), ROCKET_CBUF_SIDE);
	return status;
}

/* Pixel p has a one in channel p: what comes out are the weights, channel by channel. */
static int dump_weights(struct rocket_cbuf *c, uint8_t *to)
{
	enum { CHANNELS = 64, GROUP = ROCKET_WEIGHT_ATOM };
	struct rocket_conv conv = at_home(c, (struct rocket_conv){
		.in_width = CHANNELS, .in_height = 1, .in_channels = CHANNELS,
		.out_channels = ROCKET_CBUF_SIDE / CHANNELS,
		.kernel_width = 1, .kernel_height = 1,
	});
	struct rocket_conv_task task = all_rows(&conv, 1);
	int8_t ones[CHANNELS * CHANNELS] = { 0 };
	const uint8_t *out;
	int status;

	for (unsigned int i = 0; i < CHANNELS; i++)
		ones[i * CHANNELS + i] = 1;
	rocket_cbuf_begin(c);
	memset(rocket_cbuf_mem(c, ROCKET_CBUF_AT_BIAS), 0, rocket_conv_bias_size(&conv));
	rocket_conv_pack_input(&conv, rocket_cbuf_mem(c, ROCKET_CBUF_AT_IN), ones);
	rocket_cbuf_end(c);
	task.weight_reuse = true;
	status = run_conv(c, &conv, &task);

	/* Back into the order of memory: [kernel / 32][channel / 32][kernel % 32][channel % 32] */
	out = rocket_cbuf_mem(c, ROCKET_CBUF_AT_OUT);
	for (unsigned int i = 0; i < ROCKET_CBUF_SIDE; i++) {
		unsigned int channel = i / (GROUP * GROUP) % (CHANNELS / GROUP) * GROUP + i % GROUP;
		unsigned int kernel = i / (GROUP * CHANNELS) * GROUP + i / GROUP % GROUP;

		to[i] = out[(kernel / 16 * CHANNELS + channel) * 16 + kernel % 16];
	}
	return status;
}

int rocket_cbuf_dump(struct rocket_cbuf *c, enum rocket_cbuf_side side, uint8_t *to)
{
	return side == ROCKET_CBUF_FEATURES ? dump_features(c, to) : dump_weights(c, to);
}

struct rocket_conv rocket_cbuf_copy(const struct rocket_cbuf *c)
{
	struct rocket_conv conv = at_home(c, (struct rocket_conv){
		.in_width = 4, .in_height = 1, .in_channels = 16, .out_channels = 16,
		.kernel_width = 1, .kernel_height = 1,
	});
	int8_t identity[16 * 16] = { 0 };

	for (unsigned int i = 0; i < 16; i++)
		identity[i * 16 + i] = 1;
	rocket_cbuf_begin(c);
	memset(rocket_cbuf_mem(c, ROCKET_CBUF_AT_BIAS), 0, rocket_conv_bias_size(&conv));
	rocket_conv_pack_weights(&conv, rocket_cbuf_mem(c, ROCKET_CBUF_AT_WEIGHTS), identity);
	rocket_cbuf_end(c);
	return conv;
}

unsigned int rocket_cbuf_found(struct rocket_cbuf *c, enum rocket_cbuf_side side,
			       uint32_t secret)
{
	uint8_t *dump = malloc(ROCKET_CBUF_SIDE);
	unsigned int count;

	igt_assert(dump);
	igt_assert_eq(rocket_cbuf_dump(c, side, dump), 0);
	count = rocket_cbuf_find(dump, ROCKET_CBUF_SIDE, secret);
	free(dump);
	return count;
}

int rocket_cbuf_touch(struct rocket_cbuf *c)
{
	struct rocket_conv conv = rocket_cbuf_copy(c);
	uint64_t stream[ROCKET_CONV_ENTRIES];

	igt_assert_eq(rocket_conv_emit(&conv, NULL, stream, ROCKET_CONV_ENTRIES),
		      ROCKET_CONV_ENTRIES);
	return rocket_cbuf_run(c, stream, ARRAY_SIZE(stream), 1);
}

unsigned int rocket_cbuf_scrubs(struct rocket_cbuf *c, unsigned int core, unsigned int tasks)
{
	uint64_t before = rocket_board_count(core, ROCKET_BOARD_TASKS), more;

	c->cores = 1u << core;
	for (unsigned int i = 0; i < tasks; i++)
		igt_assert_eq(rocket_cbuf_touch(c), 0);
	more = rocket_board_count(core, ROCKET_BOARD_TASKS) - before;
	igt_assert_lte_u64(tasks, more);
	igt_assert_eq((more - tasks) % ROCKET_SCRUB_TASKS, 0);
	return (more - tasks) / ROCKET_SCRUB_TASKS;
}
