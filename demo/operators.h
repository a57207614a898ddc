/* SPDX-License-Identifier: MIT */
/* What the operators of a .tflite file are, in words and numbers.  First graph only. */
#ifndef DEMO_OPERATORS_H
#define DEMO_OPERATORS_H

#include <stdbool.h>
#include <stdint.h>

#include "file.h"

/* TensorFlow's schema.fbs: BuiltinOperator */
enum operator_kind {
	OPERATOR_ADD = 0, OPERATOR_CONV = 3, OPERATOR_DEPTHWISE = 4, OPERATOR_CUSTOM = 32,
};

/* TensorType */
enum tensor_type {
	TENSOR_UINT8 = 3, TENSOR_INT8 = 9,
};

struct shape {
	uint32_t dims;
	uint32_t dim[6];	/* the first of them */
};

struct operator {
	uint32_t kind;		/* enum operator_kind, or another */
	char custom[64];	/* the name of a custom one, else empty */
	uint32_t type;		/* of its first operand: enum tensor_type, or another */
	struct shape input;	/* of its first operand */
	struct shape output;	/* of its first result */
};

/*
 * number: below modelfile_operators().  Returns 0, or -1 after a message when the
 * file does not say.
 */
int operator_read(const struct file *model, uint32_t number, struct operator *op);

/* "CONV_2D 56x56x24 to 56x56x144", at most bytes long with its end. */
const char *operator_text(const struct operator *op, char *text, size_t bytes);

/*
 * The ADD whose first operand number computes, -1: none.  Mesa's delegate computes the
 * two together, and has no result of number.
 */
int operator_added_to(const struct file *model, uint32_t number);

#endif
