// SPDX-License-Identifier: GPL-2.0-only

#include <linux/bits.h>

#include "rocket_conv.h"
#include "rocket_regs.h"
#include "rocket_soc.h"

/*
 * Two cores that share a convolution buffer: measured to compute wrong nearly always when
 * both run, which makes nothing faster either (gregordinary/patches, rk3576). TASK_CON was
 * named by Rockchip on the kernel's list and runs in the series for mainline; the pair of
 * counters, the end of tasks by the program controller and what a reset does to the IOMMU
 * were measured (both).
 *
 * After a task with a wide output the next ones may complete and write nothing until the
 * domain has been off, which cured 87 of 100: so a core has to pass its self-test then, and
 * eight failures in a row are one in ten million.
 */
const struct rocket_soc rocket_soc_rk3576 = {
	.name = "RK3576",
	.id = 3576,
	.clks = { "aclk", "hclk", "npu", "pclk", "aclk_cbuf", "hclk_cbuf" },
	.resets = { "srst_a" },
	.cores_at_once = 1,
	.task_con = ROCKET_PC_TASK_CON_WIDE_LAST_LAYER_CLEAR |
		    ROCKET_PC_TASK_CON_WIDE_TASK_COUNT_CLEAR |
		    ROCKET_PC_TASK_CON_WIDE_TASK_PP_EN,
	.task_max = GENMASK(15, 0),
	.task_status = ROCKET_PC_TASK_STATUS_PAIR,
	.ended = GENMASK(31, 16),
	.started = GENMASK(15, 0),
	.counter = ROCKET_COUNTER_WRAPS,
	.events = ROCKET_PC_INTERRUPT_CLEAR_ALL | ROCKET_PC_INTERRUPT_FETCHED,
	.fetched = ROCKET_PC_INTERRUPT_FETCHED,
	.reset_needs_power = true,
	.power_tries = 8,
	.emit = rocket_conv_emit_rk3576,
	.operands = rocket_conv_operands_rk3576,
};
