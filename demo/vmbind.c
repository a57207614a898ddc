// SPDX-License-Identifier: MIT
/*
 * Two address spaces on the NPU, laid out by their user.
 *
 * The weights lie in one buffer, mapped read-only in both VMs at different
 * addresses.  Each VM has a buffer of its own for everything else, both at the
 * same address: numbers that are equal must not mean the same memory.  Then one
 * VM's job uses the other's address, and another writes to the weights.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "convolution.h"
#include "npu.h"

#define PAGE 4096U
/* The work buffer: stream, input, output */
#define STREAM_AT 0U
#define INPUT_AT PAGE
#define OUTPUT_AT (3 * PAGE)
#define WORK_BYTES (5 * PAGE)
/* The weights' buffer: weights, biases */
#define BIAS_AT (3 * PAGE)
#define WEIGHTS_BYTES (4 * PAGE)

#define WORK_ADDRESS 0x40000000U

static const uint32_t weights_address[2] = { 0x10000000U, 0xa0000000U };

struct space {			/* one VM and what it computes */
	uint32_t vm;
	uint32_t weights;	/* where it mapped them */
	struct npu_bo work;
	int8_t input[CONV_INPUT_BYTES];
	int8_t expected[CONV_OUTPUT_BYTES];
};

struct demo {
	int fd;
	bool rk3576;
	struct rocket_conv conv;	/* shape and quantisation */
	struct npu_bo weights_bo;
	int8_t weights[CONV_WEIGHTS_BYTES];
	int32_t bias[CONV_OUT];
	struct space space[2];
};

static int make_weights(struct demo *d)
{
	struct rocket_conv c = d->conv;
	char *cpu;

	convolution_numbers(1, d->weights, CONV_WEIGHTS_BYTES);
	for (unsigned int i = 0; i < CONV_OUT; i++)
		d->bias[i] = 1000 * ((int)i - 16);
	if (npu_bo_create(d->fd, WEIGHTS_BYTES, &d->weights_bo) ||
	    npu_cpu_begin(d->fd, &d->weights_bo))
		return -1;
	cpu = d->weights_bo.cpu;
	rocket_conv_pack_weights(&c, cpu, d->weights);
	if (convolution_pack_bias(&c, d->rk3576, cpu + BIAS_AT, d->bias, d->weights))
		return -1;
	return npu_cpu_end(d->fd, &d->weights_bo);
}

static int make_space(struct demo *d, unsigned int i)
{
	struct rocket_conv c = d->conv;
	struct space *s = &d->space[i];

	s->weights = weights_address[i];
	convolution_numbers(2 + i, s->input, CONV_INPUT_BYTES);
	convolution_compute(&c, s->input, d->weights, d->bias, s->expected);
	if (npu_vm_create(d->fd, &s->vm) ||
	    npu_bo_create(d->fd, WORK_BYTES, &s->work) ||
	    npu_map(d->fd, s->vm, &d->weights_bo, s->weights, true) ||
	    npu_map(d->fd, s->vm, &s->work, WORK_ADDRESS, false))
		return -1;
	printf("VM %u: weights at 0x%08x, read-only; its own buffer at 0x%08x\n",
	       s->vm, s->weights, WORK_ADDRESS);
	return 0;
}

/* Writes stream and input, with the weights and the output at these addresses. */
static int write_job(struct demo *d, struct space *s, uint32_t weights,
		     uint32_t output)
{
	struct rocket_conv c = d->conv;
	char *cpu = s->work.cpu;
	int entries;

	c.in_addr = WORK_ADDRESS + INPUT_AT;
	c.weight_addr = weights;
	c.bias_addr = weights + BIAS_AT;
	c.out_addr = output;
	if (npu_cpu_begin(d->fd, &s->work))
		return -1;
	rocket_conv_pack_input(&c, cpu + INPUT_AT, s->input);
	memset(cpu + OUTPUT_AT, 0, WORK_BYTES - OUTPUT_AT);
	entries = convolution_stream(&c, d->rk3576, cpu + STREAM_AT,
				     PAGE / sizeof(uint64_t));
	if (entries < 0)
		return -1;
	return npu_cpu_end(d->fd, &s->work) ? -1 : entries;
}

static int run_job(struct demo *d, struct space *s, uint32_t weights,
		   uint32_t output, uint64_t user_data, int *status)
{
	int entries = write_job(d, s, weights, output);

	if (entries < 0)
		return -1;
	return npu_run(d->fd, s->vm, WORK_ADDRESS + STREAM_AT, entries, user_data,
		       status);
}

/* A convolution in its own VM must give what the CPU computed. */
static int convolve(struct demo *d, struct space *s, const char *when)
{
	struct rocket_conv c = d->conv;
	int8_t output[CONV_OUTPUT_BYTES];
	unsigned int wrong = 0;
	int status;

	if (run_job(d, s, s->weights, WORK_ADDRESS + OUTPUT_AT, s->vm, &status))
		return -1;
	if (status) {
		fprintf(stderr, "VM %u: the job ended in an error: %s\n", s->vm,
			strerror(-status));
		return -1;
	}
	if (npu_cpu_begin(d->fd, &s->work))
		return -1;
	rocket_conv_unpack_output(&c, output, (char *)s->work.cpu + OUTPUT_AT);
	if (npu_cpu_end(d->fd, &s->work))
		return -1;
	for (unsigned int i = 0; i < CONV_OUTPUT_BYTES; i++)
		wrong += output[i] != s->expected[i];
	printf("VM %u: %s, %ux%u convolution of %ux%ux%u: %u of %u results as the CPU computes them\n",
	       s->vm, when, CONV_KERNEL, CONV_KERNEL, CONV_SIDE, CONV_SIDE,
	       c.in_channels, CONV_OUTPUT_BYTES - wrong, CONV_OUTPUT_BYTES);
	return wrong ? -1 : 0;
}

/* The record must tell of this job, this kind of access, and that buffer. */
static int check_fault(struct demo *d, const struct space *s, uint64_t user_data,
		       uint32_t from, bool write)
{
	struct drm_rocket_vm_fault f;
	bool found;

	if (npu_take_fault(d->fd, s->vm, &f, &found))
		return -1;
	if (!found) {
		fprintf(stderr, "VM %u: the fault left no record\n", s->vm);
		return -1;
	}
	printf("VM %u: recorded: %s at 0x%08llx by job %llu on core %u\n", s->vm,
	       f.flags & DRM_ROCKET_VM_FAULT_WRITE ? "write" : "read",
	       (unsigned long long)f.addr, (unsigned long long)f.user_data,
	       f.core);
	if (f.addr >= from && f.addr < from + WEIGHTS_BYTES &&
	    f.user_data == user_data &&
	    write == !!(f.flags & DRM_ROCKET_VM_FAULT_WRITE))
		return 0;
	fprintf(stderr, "VM %u: expected a %s in 0x%08x-0x%08x by job %llu\n",
		s->vm, write ? "write" : "read", from, from + WEIGHTS_BYTES - 1,
		(unsigned long long)user_data);
	return -1;
}

/* Runs a job that must fault somewhere in the weights' address range. */
static int trespass(struct demo *d, struct space *s, uint32_t weights,
		    uint32_t output, uint64_t user_data, bool write)
{
	int status;

	if (run_job(d, s, weights, output, user_data, &status))
		return -1;
	printf("VM %u: the job ended with \"%s\"\n", s->vm,
	       status ? strerror(-status) : "success");
	if (status != -EFAULT) {
		fprintf(stderr, "VM %u: the job should have ended with \"%s\"\n",
			s->vm, strerror(EFAULT));
		return -1;
	}
	return check_fault(d, s, user_data, write ? output : weights, write);
}

static int weights_unchanged(struct demo *d)
{
	struct rocket_conv c = d->conv;
	size_t size = rocket_conv_weights_size(&c);
	void *packed = malloc(size);
	int err = -1;

	if (packed && !npu_cpu_begin(d->fd, &d->weights_bo)) {
		rocket_conv_pack_weights(&c, packed, d->weights);
		err = memcmp(packed, d->weights_bo.cpu, size) ? -1 : 0;
		printf("the weights are %s\n", err ? "DAMAGED" : "unchanged");
		err |= npu_cpu_end(d->fd, &d->weights_bo);
	}
	free(packed);
	return err;
}

static int story(struct demo *d)
{
	struct space *a = &d->space[0], *b = &d->space[1];

	if (make_weights(d) || make_space(d, 0) || make_space(d, 1))
		return -1;
	if (convolve(d, a, "first") || convolve(d, b, "second"))
		return -1;
	printf("VM %u: a job reads weights at 0x%08x, where only VM %u has them\n",
	       b->vm, a->weights, a->vm);
	if (trespass(d, b, a->weights, WORK_ADDRESS + OUTPUT_AT, 1001, false))
		return -1;
	printf("VM %u: a job writes its output to the read-only weights at 0x%08x\n",
	       b->vm, b->weights);
	if (trespass(d, b, b->weights, b->weights, 1002, true) ||
	    weights_unchanged(d))
		return -1;
	return convolve(d, a, "afterwards") || convolve(d, b, "afterwards") ? -1 : 0;
}

static int clean_up(struct demo *d)
{
	int err = 0;

	for (unsigned int i = 0; i < 2; i++) {
		npu_bo_destroy(d->fd, &d->space[i].work);
		if (d->space[i].vm)
			err |= npu_vm_destroy(d->fd, d->space[i].vm);
	}
	npu_bo_destroy(d->fd, &d->weights_bo);
	return err;
}

int main(int argc, char **argv)
{
	static struct demo d;
	int err;

	(void)argv;
	if (argc != 1) {
		fputs("usage: vmbind\n", stderr);
		return 2;
	}
	/* The log of a guest should show lines in the order of events */
	setvbuf(stdout, NULL, _IOLBF, 0);
	d.fd = npu_open();
	if (d.fd < 0)
		return 1;
	d.rk3576 = npu_is_rk3576(d.fd);
	d.conv = convolution_shape(d.rk3576);
	err = story(&d);
	err |= clean_up(&d);
	close(d.fd);
	return err ? 1 : 0;
}
