# SPDX-License-Identifier: GPL-2.0-only
"""What differs in the registers of an RK3576 NPU core, in the form of registers.TABLE.

No manual is public. PC: as Rockchip and users of the chip have told the kernel's list;
the rest are the registers that hold addresses, from the encoder of
gregordinary/rocket-userspace, whose author took them from captures of the vendor's
compiler. All others are shown by their offsets. Which bits read back nobody has
published: a mask of 0 says that.
"""

IP_VERSION = 1179210311

TABLE = r"""
[0 PC]
030 00000000 TASK_CON TASK_NUMBER:0:16 TASK_PP_EN:16:1 TASK_COUNT_CLEAR:17:1 \
    LAST_LAYER_CLEAR:18:1
048 00000000 TASK_STATUS TASKS_STARTED:0:16 TASKS_ENDED:16:16
[1 CNA]
004 3000003f S_POINTER POINTER:0:1 POINTER_PP_EN:1:1 EXECUTER_PP_EN:2:1 POINTER_PP_MODE:3:1 \
    POINTER_PP_CLEAR:4:1 EXECUTER_PP_CLEAR:5:1 EXECUTER:16:1 CORE_SELECT:28:2
088 00000000 FEATURE_DATA_ADDR
110 00000000 DCOMP_ADDR0
[3 CORE]
004 3000003f S_POINTER POINTER:0:1 POINTER_PP_EN:1:1 EXECUTER_PP_EN:2:1 POINTER_PP_MODE:3:1 \
    POINTER_PP_CLEAR:4:1 EXECUTER_PP_CLEAR:5:1 EXECUTER:16:1 CORE_SELECT:28:2
[4 DPU]
018 00000000 DST_BASE_ADDR
[5 DPU_RDMA]
018 00000000 SRC_BASE_ADDR
020 00000000 BS_BASE_ADDR
024 00000000 BS_BASE_ADDR1
02c 00000000 BN_BASE_ADDR
038 00000000 EW_BASE_ADDR
"""

# The program controller has these in other places.
MOVED = {0x003c}
