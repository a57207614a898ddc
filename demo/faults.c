// SPDX-License-Identifier: MIT
/*
 * Sources: Mesa's lists of tests that fail on an RK3588, before and after a change of
 * its packing; its register values against the rule for rows that silicon keeps; and
 * Debian's 26.1.6 and 26.2.6, both run on the board.  docs/board-npu.rst has the rules.
 */
#include <stddef.h>

#include "faults.h"

#define ATOM 16U		/* channels that the NPU counts as one, int8 */

static uint32_t channels(const struct shape *s)
{
	return s->dims ? s->dim[s->dims - 1] : 0;
}

/* Mesa's packing leaves out the lanes that fill the last atom up. */
static bool packed_wrongly(const struct operator *op)
{
	uint32_t c = channels(&op->input);

	if (op->kind == OPERATOR_DEPTHWISE)
		return c < 64 && c % ATOM;
	return c > ATOM && c < 2 * ATOM;
}

static bool three_of_four(const struct operator *op)
{
	return (channels(&op->input) + ATOM - 1) / ATOM % 4 == 3;
}

static uint32_t width(const struct operator *op)
{
	return op->input.dims == 4 ? op->input.dim[2] : 0;
}

static bool known_to_mesa(const struct operator *op)
{
	return op->kind == OPERATOR_ADD || op->kind == OPERATOR_CONV ||
	       op->kind == OPERATOR_DEPTHWISE;
}

const char *fault_of_result(const struct operator *op)
{
	if (!known_to_mesa(op))
		return NULL;
	if (op->type == TENSOR_INT8)
		return "Mesa's fault: it takes int8 tensors for uint8 ones. No Mesa up to 26.2.6 does it right; "
		       "quantise the model to uint8.";
	if (op->kind == OPERATOR_ADD)
		return "Mesa's fault: up to 26.1 it scales every addition by the same constants, whatever its operands' "
		       "scales are. Mesa 26.2 does it right.";
	if (packed_wrongly(op))
		return "Mesa's fault: up to 26.1 it packs the weights for so many input channels closer than "
		       "the registers that it writes say, and an RK3588 computes the same wrong values. "
		       "Mesa 26.2 does it right.";
	/* Most of those fail on silicon, by Mesa's list; nobody has explained the strides. */
	if (!three_of_four(op) && (width(op) == 3 || width(op) == 8))
		return "Mesa's fault: next to an addition it writes strides of their own for layers 3 and 8 pixels wide, "
		       "and an RK3588 computes wrong values. No Mesa up to 26.2.6 does it right.";
	/* Three atoms of a pixel take the room of four. */
	if (three_of_four(op) && width(op) > 3)
		return "Mesa's fault: where the input channels fill 3 of 4 units of 16 (33 to 48, 97 to 112, and so on) it "
		       "reserves too short rows in the NPU's buffer, and an RK3588 computes wrong values, too. "
		       "No Mesa up to 26.2.6 does it right.";
	return NULL;
}

const char *fault_of_operand(void)
{
	return "Mesa's fault: its operand is the first one of a later addition as well. Mesa computes the two "
	       "together, and has the sum in its place. No Mesa up to 26.2.6 does it right.";
}

const char *fault_of_death(const struct operator *op)
{
	if (op->kind == OPERATOR_ADD)
		return "Mesa's fault: it takes each addition, but can do only one behind a convolution that it does, too. "
		       "Up to 26.2.6 it does not look.";
	return NULL;
}
