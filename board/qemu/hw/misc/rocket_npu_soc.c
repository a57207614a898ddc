/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between the NPUs of the RK3588 and the RK3576.
 *
 * RK3588: Linux' drivers/accel/rocket.  RK3576: gahingwoo/linux-rk3576-npu
 * rfc-send-v9 (window, TASK_CON, named by Rockchip) and gregordinary/patches
 * rk3576/npu (TASK_STATUS, PC_DONE, VERSION_NUM, the shared buffer).
 */
#include "qemu/osdep.h"
#include "rocket_npu_internal.h"
#include "rocket_npu_rk3576.h"

static RocketNpuSoc socs[ROCKET_CHIPS] = {
    [ROCKET_RK3588] = {
        /* VERSION + (VERSION_NUM & 0xffff) is 1179210309 on real boards. */
        .version_num = 0,
        .window = 0x10000,
        .regs = rocket_npu_regs_rk3588,
        .number_mask = 0xfff,
        .count_clear = BIT(13),
        .task_status = A_PC_TASK_STATUS,
        .page_locks = true,
        .core_select = true,
        .cbuf_bytes = CBUF_BYTES,
        .describe = rocket_npu_task_describe,
        .describe_flying = rocket_npu_task_describe_flying,
        .describe_pool = rocket_npu_ppu_describe,
        .trapped = rocket_npu_trapped,
    },
    [ROCKET_RK3576] = {
        /* 1179210311 on real boards */
        .version_num = 0x00010002,
        .window = 0x8000,
        .regs = rocket_npu_regs_rk3576,
        .number_mask = 0xffff,
        .count_clear = BIT(17),
        .task_status = A_PC_TASK_STATUS_RK3576,
        .pc_done = PC_INT_PC_DONE,
        .cbuf_bytes = RK3576_CBUF_BYTES,
        .describe = rocket_npu_rk3576_describe,
        .describe_flying = rocket_npu_rk3576_describe_flying,
        .describe_pool = rocket_npu_rk3576_describe_pool,
        .trapped = rocket_npu_rk3576_trapped,
    },
};

const RocketNpuSoc *rocket_npu_soc(RocketChip chip)
{
    socs[ROCKET_RK3588].num_regs = rocket_npu_regs_rk3588_count;
    socs[ROCKET_RK3576].num_regs = rocket_npu_regs_rk3576_count;
    return &socs[chip];
}
