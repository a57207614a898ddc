// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "igt.h"
#include "igt_rocket_board.h"
#include "igt_rocket_cbuf.h"
#include "igt_rocket_job.h"
#include "igt_rocket_sysfs.h"

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

/* Longer than any test takes */
#define KEEP_MS		600000

/* Pixels and rows that make the RK3576's share for features, and what a dump brings. */
#define RK3576_ROW	64u
#define RK3576_ROWS	128u
#define RK3576_FEATURES	((RK3576_ROWS - 1) * RK3576_ROW * 32u)
#define RK3576_WEIGHTS	((RK3576_ROWS / 2 - 1) * RK3576_ROW * 32u)

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

void rocket_cbuf_init(struct rocket_cbuf *c, int fd)
{
	*c = (struct rocket_cbuf){
		.fd = fd, .rk3576 = rocket_is_rk3576(fd), .vm_bind = has_vm_bind(fd),
		.bo = rocket_bo_mapped(fd, MEMORY_BYTES),
	};
	c->addr = c->bo.address;
}

void rocket_cbuf_init_vm(struct rocket_cbuf *c, int fd, uint32_t vm, uint32_t addr)
{
	*c = (struct rocket_cbuf){
		.fd = fd, .rk3576 = rocket_is_rk3576(fd), .vm_bind = true, .vm = vm,
		.addr = addr, .bo = rocket_bo(fd, MEMORY_BYTES),
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

static unsigned int emit(const struct rocket_cbuf *c, const struct rocket_conv *conv,
			 const struct rocket_conv_task *task, uint64_t *stream)
{
	igt_assert(rocket_conv_input_size(conv) <= WEIGHTS_AT - IN_AT);
	igt_assert(rocket_conv_weights_size(conv) <= OUT_AT - WEIGHTS_AT);
	igt_assert(rocket_soc_bias_size(c->rk3576, conv) <= IN_AT - BIAS_AT);
	igt_assert(rocket_conv_output_size(conv) <= SPARE_AT - OUT_AT);
	return rocket_soc_emit(c->rk3576, conv, task, stream);
}

unsigned int rocket_cbuf_emit(const struct rocket_cbuf *c, const struct rocket_conv *conv,
			      uint64_t stream[ROCKET_SOC_ENTRIES])
{
	return emit(c, conv, NULL, stream);
}

static int run_conv(struct rocket_cbuf *c, const struct rocket_conv *conv,
		    const struct rocket_conv_task *task)
{
	uint64_t stream[ROCKET_SOC_ENTRIES];

	return rocket_cbuf_run(c, stream, emit(c, conv, task, stream), 1);
}

/* Weights that copy each channel, and nothing that changes it. */
static void write_identity(struct rocket_cbuf *c, const struct rocket_conv *conv)
{
	int8_t identity[32 * 32] = { 0 };
	unsigned int channels = conv->in_channels;

	igt_assert(channels <= 32 && channels == conv->out_channels);
	for (unsigned int i = 0; i < channels; i++)
		identity[i * channels + i] = 1;
	rocket_cbuf_begin(c);
	rocket_soc_pack_bias(c->rk3576, conv, rocket_cbuf_mem(c, ROCKET_CBUF_AT_BIAS), NULL,
			     identity);
	rocket_conv_pack_weights(conv, rocket_cbuf_mem(c, ROCKET_CBUF_AT_WEIGHTS), identity);
	rocket_cbuf_end(c);
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

size_t rocket_cbuf_bytes(const struct rocket_cbuf *c, enum rocket_cbuf_side side)
{
	if (!c->rk3576)
		return ROCKET_CBUF_SIDE;
	return side == ROCKET_CBUF_FEATURES ? RK3576_FEATURES : RK3576_WEIGHTS;
}

unsigned int rocket_cbuf_atoms(const struct rocket_cbuf *c, enum rocket_cbuf_side side)
{
	return rocket_cbuf_bytes(c, side) / ROCKET_CBUF_ATOM;
}

/* Features of 128 rows of 32 entries each, or all the weights that there is room for. */
static struct rocket_conv filler_rk3576(const struct rocket_cbuf *c, enum rocket_cbuf_side side)
{
	if (side == ROCKET_CBUF_FEATURES)
		return at_home(c, (struct rocket_conv){
			.in_width = RK3576_ROW, .in_height = RK3576_ROWS, .in_channels = 32,
			.out_channels = 32, .kernel_width = 1, .kernel_height = 1,
		});
	return at_home(c, (struct rocket_conv){
		.in_width = 8, .in_height = 1, .in_channels = 256, .out_channels = 768,
		.kernel_width = 1, .kernel_height = 1,
	});
}

/* 2x2 taps of 256 channels: with one more or less of them, banks are full to the byte. */
static struct rocket_conv filler_rk3588(const struct rocket_cbuf *c, enum rocket_cbuf_side side)
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
	struct rocket_conv conv = c->rk3576 ? filler_rk3576(c, side) : filler_rk3588(c, side);
	struct rocket_conv_task task = all_rows(&conv, side == ROCKET_CBUF_FEATURES ? 11 : 1);
	uint32_t features = rocket_conv_input_size(&conv);
	uint32_t weights = rocket_conv_weights_size(&conv);

	igt_assert(c->rk3576 ||
		   features + weights == ROCKET_CBUF_BANKS * ROCKET_CBUF_BANK_BYTES);
	rocket_cbuf_begin(c);
	memset(rocket_cbuf_mem(c, ROCKET_CBUF_AT_BIAS), 0,
	       rocket_soc_bias_size(c->rk3576, &conv));
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

/*
 * All rows but the last are said to be in the buffer already, from where the side begins;
 * each output channel is an input channel.
 */
static int dump_rk3576(struct rocket_cbuf *c, enum rocket_cbuf_side side, uint8_t *to)
{
	enum { ENTRIES = RK3576_ROW / 2, FIRST_WEIGHT = 4096, MORE_FEATURES = 2048 };
	unsigned int rows = side == ROCKET_CBUF_FEATURES ? RK3576_ROWS : MORE_FEATURES / ENTRIES;
	struct rocket_conv conv = at_home(c, (struct rocket_conv){
		.in_width = RK3576_ROW, .in_height = rows, .in_channels = 32,
		.out_channels = 32, .kernel_width = 1, .kernel_height = 1,
	});
	uint64_t stream[ROCKET_SOC_ENTRIES];
	unsigned int count;
	const uint8_t *out = rocket_cbuf_mem(c, ROCKET_CBUF_AT_OUT);
	int status;

	write_identity(c, &conv);
	count = rocket_cbuf_emit(c, &conv, stream);
	/* What is fetched, where rows begin, and what features have */
	rocket_soc_change(stream, count, 0x1028, ENTRIES << 16 | (conv.in_channels - 1));
	if (side == ROCKET_CBUF_WEIGHTS) {
		rocket_soc_change(stream, count, 0x103c, ENTRIES << 16 | FIRST_WEIGHT);
		rocket_soc_change(stream, count, 0x1040, 1u << 28 | MORE_FEATURES << 16);
	}
	status = rocket_cbuf_run(c, stream, count, 1);
	/* Two surfaces, the last row of each of which is the dump's own */
	for (unsigned int surface = 0; surface < 2; surface++) {
		size_t part = (rows - 1) * RK3576_ROW * ROCKET_CBUF_ATOM;

		memcpy(to + surface * part,
		       out + surface * rows * RK3576_ROW * ROCKET_CBUF_ATOM, part);
	}
	return status;
}

/* Each output channel is an input channel: what comes out are the features. */
static int dump_features(struct rocket_cbuf *c, uint8_t *to)
{
	struct rocket_conv conv = at_home(c, (struct rocket_conv){
		.in_width = 128, .in_height = 176, .in_channels = 16, .out_channels = 16,
		.kernel_width = 1, .kernel_height = 1,
	});
	struct rocket_conv_task task = all_rows(&conv, 11);
	int status;

	write_identity(c, &conv);
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
	if (c->rk3576)
		return dump_rk3576(c, side, to);
	return side == ROCKET_CBUF_FEATURES ? dump_features(c, to) : dump_weights(c, to);
}

struct rocket_conv rocket_cbuf_copy(struct rocket_cbuf *c)
{
	unsigned int channels = c->rk3576 ? 32 : 16;
	struct rocket_conv conv = at_home(c, (struct rocket_conv){
		.in_width = ROCKET_PATTERN / channels, .in_height = 1,
		.in_channels = channels, .out_channels = channels,
		.kernel_width = 1, .kernel_height = 1,
	});

	write_identity(c, &conv);
	return conv;
}

unsigned int rocket_cbuf_found(struct rocket_cbuf *c, enum rocket_cbuf_side side,
			       uint32_t secret)
{
	uint8_t *dump = malloc(ROCKET_CBUF_SIDE);
	unsigned int count;

	igt_assert(dump);
	igt_assert_eq(rocket_cbuf_dump(c, side, dump), 0);
	count = rocket_cbuf_find(dump, rocket_cbuf_bytes(c, side), secret);
	free(dump);
	return count;
}

int rocket_cbuf_touch(struct rocket_cbuf *c)
{
	struct rocket_conv conv = rocket_cbuf_copy(c);
	uint64_t stream[ROCKET_SOC_ENTRIES];

	return rocket_cbuf_run(c, stream, rocket_cbuf_emit(c, &conv, stream), 1);
}

void rocket_cbuf_keep(struct rocket_cbuf *c, bool keep)
{
	static int usual;

	if (!c->rk3576) {
		for (unsigned int core = 0; core < rocket_sysfs_cores(); core++)
			rocket_sysfs_stay_awake(core, keep);
		return;
	}
	if (keep)
		usual = rocket_sysfs_autosuspend(0);
	rocket_sysfs_set_autosuspend(0, keep ? KEEP_MS : usual);
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
