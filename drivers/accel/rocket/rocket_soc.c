// SPDX-License-Identifier: GPL-2.0-only

#include <kunit/visibility.h>
#include <linux/bits.h>
#include <linux/export.h>

#include "rocket_conv.h"
#include "rocket_opp.h"
#include "rocket_regs.h"
#include "rocket_soc.h"

/*
 * Three cores, each for itself. TASK_CON and TASK_STATUS as in the TRM; mainline's and
 * the vendor's drivers start tasks with these bits on silicon.
 */
const struct rocket_soc rocket_soc_rk3588 = {
	.name = "RK3588",
	.id = 3588,
	.clks = { "aclk", "hclk", "npu", "pclk" },
	.resets = { "srst_a", "srst_h" },
	.cores_at_once = 3,
	.task_con = ROCKET_PC_TASK_CON_RESERVED_14 | ROCKET_PC_TASK_CON_TASK_COUNT_CLEAR |
		    ROCKET_PC_TASK_CON_TASK_PP_EN,
	.task_max = GENMASK(11, 0),
	.task_status = ROCKET_PC_TASK_STATUS,
	.ended = GENMASK(11, 0),
	.counter = ROCKET_COUNTER_NONE,
	.events = ROCKET_PC_INTERRUPT_CLEAR_ALL,
	.blind_hz = ROCKET_OPP_BLIND_HZ,
	.power_tries = 1,
	.emit = rocket_conv_emit,
};
EXPORT_SYMBOL_IF_KUNIT(rocket_soc_rk3588);
