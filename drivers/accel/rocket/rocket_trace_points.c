// SPDX-License-Identifier: GPL-2.0-only

/* Everything that the events need is in the header; here it becomes code. */
#define CREATE_TRACE_POINTS
#include "rocket_trace.h"
