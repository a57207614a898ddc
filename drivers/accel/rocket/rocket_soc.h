/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_SOC_H__
#define __ROCKET_SOC_H__

#include <linux/types.h>

struct rocket_conv;

/* Most that any SoC has for one core */
#define ROCKET_SOC_CLKS		6
#define ROCKET_SOC_RESETS	2
#define ROCKET_SOC_DOMAINS	2

/**
 * enum rocket_counter - What TASK_STATUS was seen to count on a core.
 *
 * Measured on RK3588: 0 in its low bits at the interrupt, 1 for 500 ms in the middle
 * of a chain of two that hangs. Measured on RK3576: modulo TASK_NUMBER. The vendor's
 * driver prints it and decides nothing by it. So each core is asked when it is bound.
 */
enum rocket_counter {
	/** @ROCKET_COUNTER_NONE: It was not seen to count. */
	ROCKET_COUNTER_NONE,

	/** @ROCKET_COUNTER_WRAPS: Tasks of a chain that have ended; 0 after the last. */
	ROCKET_COUNTER_WRAPS,

	/** @ROCKET_COUNTER_LATE: Tasks that have ended, the last soon after it says so. */
	ROCKET_COUNTER_LATE,

	/** @ROCKET_COUNTER_ENDED: Tasks that have ended, before the last one says so. */
	ROCKET_COUNTER_ENDED,
};

/**
 * struct rocket_soc - How an SoC has built its NPU in.
 *
 * Constant, chosen by compatible. All that differs is here, so that no code asks which
 * SoC it runs on.
 */
struct rocket_soc {
	/** @name: For people. */
	const char *name;

	/** @id: Its number, for %DRM_ROCKET_PARAM_SOC. */
	u32 id;

	/** @clks: Names of a core's clocks, %NULL behind the last. "npu" is the one it runs by. */
	const char *clks[ROCKET_SOC_CLKS + 1];

	/** @resets: Names of a core's resets, %NULL behind the last. */
	const char *resets[ROCKET_SOC_RESETS + 1];

	/** @cores_at_once: How many may be in service together. */
	unsigned int cores_at_once;

	/** @task_con: What a start writes to TASK_CON, beside the number of tasks. */
	u32 task_con;

	/** @task_max: The most tasks that TASK_CON can name. */
	u32 task_max;

	/** @task_status: Offset of TASK_STATUS in page "pc". */
	u32 task_status;

	/** @ended: The field there for tasks that have ended. */
	u32 ended;

	/** @started: The one for those that have begun; 0 where there is none. */
	u32 started;

	/** @counter: How that counts, where this was measured. */
	enum rocket_counter counter;

	/** @events: All bits that INTERRUPT_CLEAR forgets. */
	u32 events;

	/**
	 * @fetched: Those of RAW_STATUS by which the program controller says that it is
	 * through with a task, which may still run; 0 where nobody has seen them. A job
	 * that raises nothing else ends by them, see %DRM_ROCKET_JOB_NO_DPU_DONE.
	 */
	u32 fetched;

	/**
	 * @blind_hz: To what rate the clock may be raised where the devicetree says nothing
	 * of voltages; 0 where nobody knows, and it stays as it is.
	 */
	unsigned long blind_hz;

	/**
	 * @reset_needs_power: Behind a reset the IOMMU takes no page tables until the
	 * power domain has been off. See rocket_reset.c.
	 */
	bool reset_needs_power;

	/**
	 * @power_tries: How often the power domain is switched off and on before a core that
	 * does not compute is given up.
	 */
	unsigned int power_tries;

	/**
	 * @emit: Writes a stream of the kernel's own, see rocket_conv_emit(), and returns
	 * its length, or 0 where it does not know that one.
	 */
	unsigned int (*emit)(const struct rocket_conv *conv, __le64 *to);

	/**
	 * @operands: Fills in what streams read for each channel, zeroed and so many bytes;
	 * %NULL where zeroes change nothing.
	 */
	void (*operands)(void *to, size_t bytes);
};

extern const struct rocket_soc rocket_soc_rk3588;
extern const struct rocket_soc rocket_soc_rk3576;

#endif
