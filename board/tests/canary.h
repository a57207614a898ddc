/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CANARY_H
#define CANARY_H

/* Memory that no table of an IOMMU names, so that whatever an NPU runs does not write it. */

#include <stdint.h>

#include "board.h"

/* Fills some; returns where. */
uint64_t canary_new(struct board *b);
/* It is as it was filled. */
void canary_check(struct board *b, uint64_t canary);

#endif
