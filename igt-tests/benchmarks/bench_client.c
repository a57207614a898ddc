// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "bench_client.h"
#include "igt.h"
#include "igt_rocket_job.h"
#include "rocket_mainline.h"
#include "rocket_regcmd.h"

/* In the input BO */
#define STREAM_AT	0u
#define WEIGHTS_AT	1024u

#define PIXELS		4u
#define CHANNELS	16u
/* Leaves the sum as it is */
#define UNITY_SCALE	16384u
#define UNITY_SHIFT	14u

#define FOREVER INT64_MAX

bool bench_is_ours(void)
{
	static int ours = -1;

	if (ours < 0) {
		uint64_t features = 0;
		int fd = __rocket_open();

		igt_assert(fd >= 0);
		ours = !__rocket_get_param(fd, DRM_ROCKET_PARAM_FEATURES, &features) &&
		       features & DRM_ROCKET_FEATURE_VM_BIND;
		close(fd);
	}
	return ours;
}

static void prep(int fd, const struct rocket_bo *bo)
{
	igt_assert_eq(__rocket_prep_bo(fd, bo->handle, FOREVER), 0);
}

static uint32_t aligned(uint32_t size)
{
	return (size + 1023) & ~1023u;
}

/* Of one BO: weights, biases, features, which are as many bytes as the output. */
static uint32_t weights_size(const struct bench_client *client)
{
	return client->channels * client->channels;
}

static uint32_t bias_at(const struct bench_client *client)
{
	return WEIGHTS_AT + aligned(weights_size(client));
}

static uint32_t features_at(const struct bench_client *client)
{
	return bias_at(client) + aligned(client->channels * sizeof(int32_t));
}

static uint32_t features_size(const struct bench_client *client)
{
	return client->pixels * client->channels;
}

/* The NPU copies the features: weights are the identity. */
static void write_input(struct bench_client *client)
{
	unsigned int channels = client->channels;
	struct rocket_conv c = {
		.in_width = client->pixels, .in_height = 1, .in_channels = channels,
		.out_channels = channels,
		.kernel_width = 1, .kernel_height = 1, .stride_x = 1, .stride_y = 1,
		.out_scale = UNITY_SCALE, .out_shift = UNITY_SHIFT,
		.in_addr = client->in.address + features_at(client),
		.weight_addr = client->in.address + WEIGHTS_AT,
		.bias_addr = client->in.address + bias_at(client),
		.out_addr = client->out.address,
	};
	int8_t *weights = calloc(channels, channels);

	igt_assert(weights);
	for (unsigned int i = 0; i < channels; i++)
		weights[i * channels + i] = 1;
	igt_assert_lte(rocket_conv_weights_size(&c), bias_at(client) - WEIGHTS_AT);
	prep(client->fd, &client->in);
	rocket_conv_pack_weights(&c, client->in.map + WEIGHTS_AT, weights);
	igt_assert_eq(rocket_conv_pack_bias(&c, client->in.map + bias_at(client), NULL, weights), 0);
	free(weights);
	rocket_pattern(client->in.map + features_at(client), client->in.address);
	igt_assert_eq(rocket_conv_emit(&c, NULL, (uint64_t *)(client->in.map + STREAM_AT),
				       WEIGHTS_AT / sizeof(uint64_t)), ROCKET_CONV_ENTRIES);
	igt_assert_eq(__rocket_fini_bo(client->fd, client->in.handle), 0);
	client->task = (struct drm_rocket_task){
		.regcmd = client->in.address + STREAM_AT,
		.regcmd_count = ROCKET_CONV_ENTRIES,
	};
}

static uint32_t whole_pages(uint32_t size)
{
	return (size + ROCKET_PAGE - 1) & ~(ROCKET_PAGE - 1);
}

void bench_client_open_large(struct bench_client *client, unsigned int pixels,
			     unsigned int channels)
{
	*client = (struct bench_client){
		.fd = __rocket_open(), .pixels = pixels, .channels = channels,
	};
	igt_assert(client->fd >= 0);
	client->in = rocket_bo_mapped(client->fd, whole_pages(features_at(client) +
							      features_size(client)));
	client->out = rocket_bo_mapped(client->fd, whole_pages(features_size(client)));
	write_input(client);
}

void bench_client_open(struct bench_client *client)
{
	bench_client_open_large(client, PIXELS, CHANNELS);
}

/*
 * Mainline's driver lets go of a job's BOs some time after the job's fence, and uses
 * the file for that, though it may have been closed and freed meanwhile. There is
 * nothing to wait for.
 */
#define LATE_US 20000

void bench_client_free(struct bench_client *client)
{
	bench_client_wait(client);
	usleep(LATE_US);
	rocket_bo_free(client->fd, &client->in);
	rocket_bo_free(client->fd, &client->out);
}

void bench_client_close(struct bench_client *client)
{
	bench_client_free(client);
	close(client->fd);
}

void bench_client_submit(struct bench_client *client, unsigned int tasks)
{
	static struct drm_rocket_task *array;
	static unsigned int room;
	struct drm_rocket_job job = {
		.in_bo_handles = (uintptr_t)&client->in.handle,
		.out_bo_handles = (uintptr_t)&client->out.handle,
		.task_count = tasks,
		.task_struct_size = ROCKET_MAINLINE_TASK_SIZE,
		.in_bo_handle_count = 1,
		.out_bo_handle_count = 1,
	};
	struct drm_rocket_submit submit = {
		.jobs = (uintptr_t)&job,
		.job_count = 1,
		.job_struct_size = ROCKET_MAINLINE_JOB_SIZE,
	};

	if (tasks > room) {
		free(array);
		array = malloc(tasks * ROCKET_MAINLINE_TASK_SIZE);
		igt_assert(array);
		room = tasks;
	}
	for (unsigned int i = 0; i < tasks; i++)
		memcpy((char *)array + i * ROCKET_MAINLINE_TASK_SIZE, &client->task,
		       ROCKET_MAINLINE_TASK_SIZE);
	job.tasks = (uintptr_t)array;
	do_ioctl(client->fd, DRM_IOCTL_ROCKET_SUBMIT, &submit);
}

void bench_client_wait(struct bench_client *client)
{
	prep(client->fd, &client->out);
}

void bench_client_check(struct bench_client *client)
{
	prep(client->fd, &client->out);
	igt_assert(rocket_is_pattern(client->out.map, client->in.address));
	memset(client->out.map, 0, ROCKET_PATTERN);
	igt_assert_eq(__rocket_fini_bo(client->fd, client->out.handle), 0);
}
