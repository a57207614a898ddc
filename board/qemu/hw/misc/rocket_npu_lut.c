/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of the output stage of an NPU core.
 *
 * Two tables of 16-bit entries behind a window of two registers: the first names
 * table, address and direction, the second is the entry there.  Each access of
 * data goes to the next address.  There is one copy, whatever the register groups
 * do, and it stays until power is lost.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "rocket_npu_internal.h"

/* NULL where no entry is */
static uint16_t *lut_entry(RocketNpuCore *s)
{
    unsigned table = FIELD_EX32(s->lut_access, DPU_LUT_ACCESS_CFG, TABLE_ID);
    unsigned addr = FIELD_EX32(s->lut_access, DPU_LUT_ACCESS_CFG, ADDR);

    if (addr >= LUT_ENTRIES_USED &&
        rocket_silicon(s->silicon, READING_LUT_ENTRIES) != LUT_ENTRIES_1024) {
        return NULL;
    }
    return &s->lut[table * LUT_ENTRIES + addr];
}

static void lut_next(RocketNpuCore *s)
{
    unsigned addr = FIELD_EX32(s->lut_access, DPU_LUT_ACCESS_CFG, ADDR);

    s->lut_access = FIELD_DP32(s->lut_access, DPU_LUT_ACCESS_CFG, ADDR,
                               addr + 1);
}

static void lut_put(RocketNpuCore *s, uint16_t value)
{
    uint16_t *entry = lut_entry(s);

    if (entry) {
        *entry = value;
        return;
    }
    qemu_log_mask(LOG_GUEST_ERROR,
                  "rocket-npu%u: DPU_LUT_ACCESS_DATA written behind entry %d\n",
                  s->index, LUT_ENTRIES_USED - 1);
    s->lut_overrun = rocket_silicon(s->silicon, READING_LUT_ENTRIES) ==
                     LUT_ENTRIES_513_HANGS;
}

bool rocket_npu_is_lut(uint32_t offset)
{
    return offset == A_DPU_LUT_ACCESS_CFG || offset == A_DPU_LUT_ACCESS_DATA;
}

void rocket_npu_write_lut(RocketNpuCore *s, uint32_t offset, uint32_t value)
{
    if (offset == A_DPU_LUT_ACCESS_CFG) {
        s->lut_access = value;
    } else if (FIELD_EX32(s->lut_access, DPU_LUT_ACCESS_CFG, WRITE)) {
        lut_put(s, value);
        lut_next(s);
    }
}

uint32_t rocket_npu_read_lut(RocketNpuCore *s, uint32_t offset)
{
    uint16_t *entry;

    if (offset == A_DPU_LUT_ACCESS_CFG) {
        return s->lut_access;
    }
    entry = lut_entry(s);
    if (!FIELD_EX32(s->lut_access, DPU_LUT_ACCESS_CFG, WRITE)) {
        lut_next(s);
    }
    return entry ? *entry : 0;
}
