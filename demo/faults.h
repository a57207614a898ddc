/* SPDX-License-Identifier: MIT */
/* What Mesa's delegate for this NPU is known to do wrong, on silicon as on the board. */
#ifndef DEMO_FAULTS_H
#define DEMO_FAULTS_H

#include "operators.h"

/*
 * Why the delegate computes this operator wrongly, whose fault it is and which Mesa
 * does better, in whole sentences; NULL: no reason is known.
 */
const char *fault_of_result(const struct operator *op);

/* The same for one, no addition, that computes from what operator_added_to() an addition. */
const char *fault_of_operand(void);

/* The same for an operator with which, alone, the delegate dies. */
const char *fault_of_death(const struct operator *op);

#endif
