// SPDX-License-Identifier: GPL-2.0-only

/* What the events read; who emits them need not know all of it. */
#include "rocket_core.h"
#include "rocket_job.h"
#include "rocket_vm.h"

#define CREATE_TRACE_POINTS
#include "rocket_trace.h"
