/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "igt_rocket.h"

/*
 * A client that knows mainline's four ioctls only, so that the same instructions
 * run on either driver: two BOs, and the smallest convolution as its task.
 */
struct bench_client {
	int fd;
	struct rocket_bo in;	/* stream, weights, biases, features */
	struct rocket_bo out;
	struct drm_rocket_task task;
	/* The convolution's: a row of these. */
	unsigned int pixels, channels;
};

/* Whether the driver has VM_BIND, and so is ours. */
bool bench_is_ours(void);

void bench_client_open(struct bench_client *client);
/* The same with a larger convolution: pixels in a row, a multiple of 32 channels. */
void bench_client_open_large(struct bench_client *client, unsigned int pixels,
			     unsigned int channels);
/* Waits for what was submitted and gives back the BOs; the file stays open. */
void bench_client_free(struct bench_client *client);
void bench_client_close(struct bench_client *client);

/* Submits a job of so many tasks, all of them the client's one. */
void bench_client_submit(struct bench_client *client, unsigned int tasks);
/* Waits for all that was submitted, as Mesa does. */
void bench_client_wait(struct bench_client *client);
/* Asserts that the task has computed what it should since the last call. */
void bench_client_check(struct bench_client *client);

#endif
