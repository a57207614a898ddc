/* SPDX-License-Identifier: MIT */
#ifndef IGT_ROCKET_LAYER_H
#define IGT_ROCKET_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "igt_rocket.h"
#include "rocket_regcmd.h"

/*
 * Layers: int8 convolutions with made-up tensors, computed by the NPU and
 * checked byte by byte against the CPU.  What a layer reads or writes by another
 * path of the hardware lies on pages of its own, so that a test can take a
 * single one away.
 */

enum rocket_layer_part {
	ROCKET_LAYER_STREAM,	/* register commands, read by the PC */
	ROCKET_LAYER_INPUT,	/* features, read by the CNA */
	ROCKET_LAYER_WEIGHTS,	/* read by the CNA */
	ROCKET_LAYER_BIAS,	/* read by the DPU_RDMA */
	ROCKET_LAYER_ADD,	/* element-wise operand, read by the DPU_RDMA */
	ROCKET_LAYER_OUTPUT,	/* written by the DPU */
	ROCKET_LAYER_PARTS
};

#define ROCKET_LAYER_TASKS 8u

struct rocket_layer {
	int fd;
	uint32_t vm;
	bool rk3576;			/* its streams are for that SoC */
	uint32_t addr;			/* of its BO in the VM */
	struct rocket_bo bo;
	struct rocket_conv conv;	/* as far as the SoC's streams can say it */
	uint32_t at[ROCKET_LAYER_PARTS];	/* offset in the BO, in bytes */
	uint32_t size[ROCKET_LAYER_PARTS];	/* whole pages; 0: has no such part */
	struct drm_rocket_task tasks[ROCKET_LAYER_TASKS];
	unsigned int task_count;
	int8_t *expected;		/* [y][x][channel], out_count elements */
	size_t out_count;
};

/*
 * A convolution whose results from random tensors use all of int8: square
 * kernel, the same stride and padding in both directions.
 */
struct rocket_conv rocket_layer_shape(unsigned int width, unsigned int height,
				      unsigned int in_channels, unsigned int out_channels,
				      unsigned int kernel, unsigned int stride,
				      unsigned int pad);

/*
 * Makes the tensors (the same ones from the same seed), maps a BO with all parts
 * at addr, and computes what is to come out: of what rocket_soc_fit() makes of the
 * shape.  The layer reads the output of previous, if that is not NULL, which must
 * have the shape of its input.  Tasks compute max_rows output rows each, 0: as many
 * as fit.
 */
void rocket_layer_init(struct rocket_layer *layer, int fd, uint32_t vm, uint32_t addr,
		       const struct rocket_conv *shape, uint32_t seed,
		       const struct rocket_layer *previous, unsigned int max_rows);
void rocket_layer_fini(struct rocket_layer *layer);

/* Address of a part in the VM. */
uint32_t rocket_layer_addr(const struct rocket_layer *layer, enum rocket_layer_part part);
/* Bytes that a layer's BO takes, for placing the next one behind it. */
uint32_t rocket_layer_bytes(const struct rocket_layer *layer);

/* A job of all its tasks. */
struct drm_rocket_job rocket_layer_job(const struct rocket_layer *layer);
/* Wipes the output, so that only a job can make it right. */
void rocket_layer_clear(struct rocket_layer *layer);
/* Whether the output is what it should be, to the last bit. */
bool rocket_layer_is_exact(const struct rocket_layer *layer);
/* Clears, runs on the cores of the mask (0: any), and asserts an exact result. */
void rocket_layer_check(struct rocket_layer *layer, uint32_t core_mask);

#endif
