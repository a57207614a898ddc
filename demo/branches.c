// SPDX-License-Identifier: MIT
/*
 * A network with branches, on as many cores.
 *
 *             +-- convolution --+
 *     input --+-- convolution --+-- convolution -- result
 *             +-- convolution --+
 *
 * All of it lies in one VM. Each branch is a job in a queue of its own, so that they may run
 * at the same time, and writes its channels where those of the one before end: together they
 * are the input of the last one, which waits for the fences of all.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "convolution.h"
#include "npu.h"

enum { BRANCHES = 3, JOIN = BRANCHES, LAYERS = BRANCHES + 1 };

/* A branch is computed as often as that, to be as long as those of real networks. */
#define REPEAT 64U

#define PAGE 4096U
#define ADDRESS 0x40000000U
/* For each layer: its stream, weights, biases; and the tensors between them. */
#define LAYER_BYTES (6 * PAGE)
#define WEIGHTS_AT PAGE
#define BIAS_AT (5 * PAGE)
#define INPUT_AT (LAYERS * LAYER_BYTES)
#define JOINED_AT (INPUT_AT + 2 * PAGE)
#define RESULT_AT (JOINED_AT + 4 * PAGE)
#define BYTES (RESULT_AT + 2 * PAGE)

#define JOINED_CHANNELS (BRANCHES * CONV_OUT)

struct demo {
	int fd;
	bool rk3576;
	uint32_t vm;
	struct npu_bo bo;
	struct rocket_conv conv[LAYERS];
	int entries[LAYERS];
	uint32_t syncobj[LAYERS];
	int8_t expected[CONV_OUTPUT_BYTES];
};

static uint32_t layer_at(unsigned int layer)
{
	return ADDRESS + layer * LAYER_BYTES;
}

/* Shapes and addresses. */
static void lay_out(struct demo *d)
{
	for (unsigned int i = 0; i < LAYERS; i++) {
		struct rocket_conv *c = &d->conv[i];

		*c = convolution_shape(d->rk3576);
		c->weight_addr = layer_at(i) + WEIGHTS_AT;
		c->bias_addr = layer_at(i) + BIAS_AT;
		c->in_addr = ADDRESS + INPUT_AT;
		c->out_addr = ADDRESS + JOINED_AT + i * CONV_OUTPUT_BYTES;
		if (i != JOIN)
			continue;
		c->in_channels = JOINED_CHANNELS;
		c->in_zero = c->out_zero;
		c->kernel_width = 1;
		c->kernel_height = 1;
		c->pad_left = 0;
		c->pad_top = 0;
		c->pad_right = 0;
		c->pad_bottom = 0;
		c->in_addr = ADDRESS + JOINED_AT;
		c->out_addr = ADDRESS + RESULT_AT;
	}
}

/* Stream, weights and biases of a layer; computes it on the CPU, too. */
static int write_layer(struct demo *d, unsigned int i, const int8_t *input, int8_t *output)
{
	static int8_t weights[CONV_WEIGHTS_BYTES];
	const struct rocket_conv *c = &d->conv[i];
	char *cpu = (char *)d->bo.cpu + i * LAYER_BYTES;
	int32_t bias[CONV_OUT];

	convolution_numbers(20 + i, weights,
			    CONV_OUT * c->kernel_width * c->kernel_height * c->in_channels);
	for (unsigned int o = 0; o < CONV_OUT; o++)
		bias[o] = 700 * (int)(o + i) - 9000;
	convolution_compute(c, input, weights, bias, output);
	rocket_conv_pack_weights(c, cpu + WEIGHTS_AT, weights);
	if (convolution_pack_bias(c, d->rk3576, cpu + BIAS_AT, bias, weights))
		return -1;
	d->entries[i] = convolution_stream(c, d->rk3576, cpu, PAGE / sizeof(uint64_t));
	return d->entries[i] < 0 ? -1 : 0;
}

/* Channels of a branch become some of the joined tensor's. */
static void join(int8_t *joined, const int8_t *output, unsigned int branch)
{
	for (unsigned int i = 0; i < CONV_SIDE * CONV_SIDE; i++)
		memcpy(joined + i * JOINED_CHANNELS + branch * CONV_OUT, output + i * CONV_OUT,
		       CONV_OUT);
}

static int write_all(struct demo *d)
{
	static int8_t joined[CONV_SIDE * CONV_SIDE * JOINED_CHANNELS];
	static int8_t input[CONV_INPUT_BYTES], output[CONV_OUTPUT_BYTES];

	if (npu_cpu_begin(d->fd, &d->bo))
		return -1;
	convolution_numbers(19, input, CONV_INPUT_BYTES);
	rocket_conv_pack_input(&d->conv[0], (char *)d->bo.cpu + INPUT_AT, input);
	for (unsigned int i = 0; i < BRANCHES; i++) {
		if (write_layer(d, i, input, output))
			return -1;
		join(joined, output, i);
	}
	if (write_layer(d, JOIN, joined, d->expected))
		return -1;
	return npu_cpu_end(d->fd, &d->bo);
}

static int submit(struct demo *d)
{
	struct drm_rocket_task tasks[REPEAT], last;
	struct drm_rocket_sync done[LAYERS];
	struct drm_rocket_job jobs[LAYERS] = { 0 };

	for (unsigned int i = 0; i < LAYERS; i++) {
		done[i] = (struct drm_rocket_sync){ .handle = d->syncobj[i] };
		jobs[i].vm_id = d->vm;
		jobs[i].task_struct_size = sizeof(last);
		jobs[i].sync_struct_size = sizeof(done[i]);
		jobs[i].out_syncs = (uintptr_t)&done[i];
		jobs[i].out_sync_count = 1;
	}
	for (unsigned int i = 0; i < BRANCHES; i++) {
		for (unsigned int n = 0; n < REPEAT; n++)
			tasks[n] = (struct drm_rocket_task){
				.regcmd = layer_at(i), .regcmd_count = d->entries[i],
			};
		jobs[i].tasks = (uintptr_t)tasks;
		jobs[i].task_count = REPEAT;
		jobs[i].queue_id = i;
		/* Tasks are read in the call: the next branch has the same array. */
		if (npu_submit(d->fd, &jobs[i], 1))
			return -1;
	}
	last = (struct drm_rocket_task){
		.regcmd = layer_at(JOIN), .regcmd_count = d->entries[JOIN],
	};
	jobs[JOIN].tasks = (uintptr_t)&last;
	jobs[JOIN].task_count = 1;
	jobs[JOIN].in_syncs = (uintptr_t)done;
	jobs[JOIN].in_sync_count = BRANCHES;
	return npu_submit(d->fd, &jobs[JOIN], 1);
}

static int check(struct demo *d)
{
	static int8_t result[CONV_OUTPUT_BYTES];
	unsigned int wrong = 0, cores;
	int status;

	if (npu_wait(d->fd, d->syncobj[JOIN], &status) || npu_cores_used(d->fd, &cores))
		return -1;
	if (status) {
		fprintf(stderr, "the last job ended in an error: %s\n", strerror(-status));
		return -1;
	}
	if (npu_cpu_begin(d->fd, &d->bo))
		return -1;
	rocket_conv_unpack_output(&d->conv[JOIN], result, (char *)d->bo.cpu + RESULT_AT);
	if (npu_cpu_end(d->fd, &d->bo))
		return -1;
	for (unsigned int i = 0; i < CONV_OUTPUT_BYTES; i++)
		wrong += result[i] != d->expected[i];
	printf("%d branches and what joins them had %u core%s: %u of %u results as the CPU computes them\n",
	       BRANCHES, cores, cores == 1 ? "" : "s", CONV_OUTPUT_BYTES - wrong,
	       CONV_OUTPUT_BYTES);
	return wrong ? -1 : 0;
}

static int story(struct demo *d)
{
	lay_out(d);
	for (unsigned int i = 0; i < LAYERS; i++) {
		if (drmSyncobjCreate(d->fd, 0, &d->syncobj[i]))
			return -1;
	}
	if (npu_vm_create(d->fd, &d->vm) || npu_bo_create(d->fd, BYTES, &d->bo) ||
	    npu_map(d->fd, d->vm, &d->bo, ADDRESS, false) || write_all(d) || submit(d))
		return -1;
	return check(d);
}

int main(int argc, char **argv)
{
	static struct demo d;
	int err;

	(void)argv;
	if (argc != 1) {
		fputs("usage: branches\n", stderr);
		return 2;
	}
	d.fd = npu_open();
	if (d.fd < 0)
		return 1;
	d.rk3576 = npu_is_rk3576(d.fd);
	err = story(&d);
	/* With the descriptor goes all that there is. */
	close(d.fd);
	return err ? 1 : 0;
}
