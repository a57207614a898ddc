/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rockchip system registers without effect.
 *
 * Properties: "size" in bytes, a multiple of 4, up to 64 KiB; "hiword-mask":
 * bit n of a write takes effect only if bit n + 16 is set, as in register
 * files (GRF).
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "hw/qdev-properties.h"
#include "hw/misc/rk_syscon.h"
#include "migration/vmstate.h"

#define SIZE_MAX_BYTES  (64 * KiB)

struct RkSysconState {
    SysBusDevice parent_obj;

    MemoryRegion mmio;
    uint32_t size;
    bool hiword_mask;
    uint32_t reg[SIZE_MAX_BYTES / 4];
};

static uint64_t rk_syscon_read(void *opaque, hwaddr offset, unsigned size)
{
    RkSysconState *s = opaque;

    return s->reg[offset / 4];
}

static void rk_syscon_write(void *opaque, hwaddr offset, uint64_t val,
                            unsigned size)
{
    RkSysconState *s = opaque;
    uint32_t *reg = &s->reg[offset / 4];
    uint32_t mask = s->hiword_mask ? val >> 16 : UINT32_MAX;

    *reg = (*reg & ~mask) | (val & mask);
}

static const MemoryRegionOps rk_syscon_ops = {
    .read = rk_syscon_read,
    .write = rk_syscon_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

static void rk_syscon_reset_hold(Object *obj, ResetType type)
{
    RkSysconState *s = RK_SYSCON(obj);

    memset(s->reg, 0, sizeof(s->reg));
}

static void rk_syscon_realize(DeviceState *dev, Error **errp)
{
    RkSysconState *s = RK_SYSCON(dev);

    if (!s->size || s->size % 4 || s->size > SIZE_MAX_BYTES) {
        error_setg(errp, "size must be a multiple of 4, at most 64K");
        return;
    }
    memory_region_init_io(&s->mmio, OBJECT(dev), &rk_syscon_ops, s,
                          TYPE_RK_SYSCON, s->size);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->mmio);
}

static const VMStateDescription vmstate_rk_syscon = {
    .name = TYPE_RK_SYSCON,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32_ARRAY(reg, RkSysconState, SIZE_MAX_BYTES / 4),
        VMSTATE_END_OF_LIST()
    }
};

static const Property rk_syscon_properties[] = {
    DEFINE_PROP_UINT32("size", RkSysconState, size, 0x1000),
    DEFINE_PROP_BOOL("hiword-mask", RkSysconState, hiword_mask, true),
};

static void rk_syscon_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "Rockchip system registers without effect";
    dc->realize = rk_syscon_realize;
    dc->vmsd = &vmstate_rk_syscon;
    dc->user_creatable = false;
    device_class_set_props(dc, rk_syscon_properties);
    rc->phases.hold = rk_syscon_reset_hold;
}

static const TypeInfo rk_syscon_info = {
    .name = TYPE_RK_SYSCON,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(RkSysconState),
    .class_init = rk_syscon_class_init,
};

static void rk_syscon_register_types(void)
{
    type_register_static(&rk_syscon_info);
}

type_init(rk_syscon_register_types)
