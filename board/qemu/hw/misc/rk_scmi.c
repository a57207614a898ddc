/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Firmware that provides the NPU's clock by SCMI.
 *
 * On an RK3588 it is called by an SMC instruction, which returns with the
 * answer.  Here a doorbell takes the instruction's place: Linux' drivers for
 * SCMI and its clocks are the same.  The answer takes no time, either.
 *
 * Sources: Arm DEN0056 (SCMI) for messages and shared memory, DDI0515 for the
 * MHU: status, set and clear of both directions of a channel; and how Linux 7.3
 * uses them.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/registerfields.h"
#include "hw/misc/rk_npu_clock.h"
#include "hw/misc/rk_scmi.h"
#include "hw/misc/rocket_board_ctl.h"
#include "migration/vmstate.h"
#include "trace.h"

/* The low-priority channel: to the CPU, and 0x100 further on from it */
#define MHU_RX_STAT     0x000
#define MHU_RX_CLEAR    0x010
#define MHU_TX_STAT     0x100
#define MHU_TX_SET      0x108
#define MHU_TX_CLEAR    0x110

/* Shared memory */
#define SHMEM_STATUS        0x04
#define SHMEM_STATUS_FREE   1
#define SHMEM_FLAGS         0x10
#define SHMEM_FLAGS_IRQ     1
#define SHMEM_LENGTH        0x14    /* of header and payload */
#define SHMEM_HEADER        0x18
#define SHMEM_PAYLOAD       0x1c

FIELD(HEADER, MESSAGE, 0, 8)
FIELD(HEADER, PROTOCOL, 10, 8)

#define PROTOCOL_BASE       0x10

#define SCMI_SUCCESS        0
#define SCMI_NOT_SUPPORTED  (-1)
#define SCMI_DENIED         (-3)
#define SCMI_NOT_FOUND      (-4)

/* Messages that every protocol has */
enum { VERSION, ATTRIBUTES, MESSAGE_ATTRIBUTES };
enum { BASE_VENDOR = 3, BASE_SUB_VENDOR, BASE_IMPLEMENTATION, BASE_PROTOCOLS,
       BASE_AGENT };
enum { CLOCK_ATTRIBUTES = 3, CLOCK_RATES, CLOCK_RATE_SET, CLOCK_RATE_GET,
       CLOCK_CONFIG_SET };

#define NAME_BYTES          16
/* Words of a payload, behind the status where it is an answer */
#define WORDS_MAX           28

struct RkScmi {
    SysBusDevice parent_obj;

    MemoryRegion mhu;
    MemoryRegion shmem;
    qemu_irq irq;
    RkNpuClock *clock;

    uint32_t rx;
    uint32_t tx;            /* rung and not heard yet */
    bool hung;
};

typedef struct Answer {
    uint32_t words[WORDS_MAX];
    unsigned count;
} Answer;

static uint8_t *shmem_at(RkScmi *s, unsigned offset)
{
    return (uint8_t *)memory_region_get_ram_ptr(&s->shmem) + offset;
}

static uint32_t shmem_read(RkScmi *s, unsigned offset)
{
    return ldl_le_p(shmem_at(s, offset));
}

static void shmem_write(RkScmi *s, unsigned offset, uint32_t val)
{
    stl_le_p(shmem_at(s, offset), val);
}

static uint32_t argument(RkScmi *s, unsigned n)
{
    return shmem_read(s, SHMEM_PAYLOAD + 4 * n);
}

static void add_word(Answer *a, uint32_t word)
{
    assert(a->count < WORDS_MAX);
    a->words[a->count++] = word;
}

static void add_name(Answer *a, const char *name)
{
    char text[NAME_BYTES] = { };
    unsigned i;

    pstrcpy(text, sizeof(text), name);
    for (i = 0; i < sizeof(text); i += 4) {
        add_word(a, ldl_le_p(text + i));
    }
}

static int message_known(uint32_t message, uint32_t last)
{
    return message <= last ? SCMI_SUCCESS : SCMI_NOT_FOUND;
}

static int base_message(RkScmi *s, uint32_t message, Answer *a)
{
    switch (message) {
    case VERSION:
        add_word(a, 0x20000);
        return SCMI_SUCCESS;
    case ATTRIBUTES:
        /* One protocol besides this one, one agent */
        add_word(a, 1 | 1 << 8);
        return SCMI_SUCCESS;
    case MESSAGE_ATTRIBUTES:
        add_word(a, 0);
        return message_known(argument(s, 0), BASE_AGENT);
    case BASE_VENDOR:
        add_name(a, "rk3588-npu");
        return SCMI_SUCCESS;
    case BASE_SUB_VENDOR:
        add_name(a, "board");
        return SCMI_SUCCESS;
    case BASE_IMPLEMENTATION:
        add_word(a, 1);
        return SCMI_SUCCESS;
    case BASE_PROTOCOLS:
        if (argument(s, 0) > 0) {
            add_word(a, 0);
            return SCMI_SUCCESS;
        }
        add_word(a, 1);
        add_word(a, RK_SCMI_CLOCK_PROTOCOL);
        return SCMI_SUCCESS;
    case BASE_AGENT:
        add_word(a, argument(s, 0));
        add_name(a, argument(s, 0) ? "OSPM" : "platform");
        return SCMI_SUCCESS;
    default:
        return SCMI_NOT_SUPPORTED;
    }
}

/* The rates from @first on, all of them, in one answer */
static int clock_rates(uint32_t first, Answer *a)
{
    uint64_t hz = ROCKET_BOARD_BOOT_HZ +
                  (uint64_t)first * ROCKET_BOARD_CLOCK_STEP_HZ;
    unsigned count = 0;

    add_word(a, 0);
    for (; hz <= ROCKET_BOARD_MAX_HZ; hz += ROCKET_BOARD_CLOCK_STEP_HZ) {
        add_word(a, hz);
        add_word(a, hz >> 32);
        count++;
    }
    a->words[0] = count;
    return SCMI_SUCCESS;
}

static int clock_set(RkScmi *s)
{
    uint64_t hz = argument(s, 2) | (uint64_t)argument(s, 3) << 32;

    switch (rk_npu_clock_set(s->clock, hz)) {
    case RK_NPU_CLOCK_HUNG:
        s->hung = true;
        return SCMI_SUCCESS;
    case RK_NPU_CLOCK_REFUSED:
        return SCMI_DENIED;
    default:
        return SCMI_SUCCESS;
    }
}

static int clock_message(RkScmi *s, uint32_t message, Answer *a)
{
    /* Of RATE_SET the first argument is flags. */
    uint32_t id = argument(s, message == CLOCK_RATE_SET ? 1 : 0);

    switch (message) {
    case VERSION:
        add_word(a, 0x20000);
        return SCMI_SUCCESS;
    case ATTRIBUTES:
        add_word(a, RK_SCMI_CLK_NPU + 1);
        return SCMI_SUCCESS;
    case MESSAGE_ATTRIBUTES:
        add_word(a, 0);
        return message_known(argument(s, 0), CLOCK_CONFIG_SET);
    }

    /* The clocks of CPUs, memory and GPU are nobody's here. */
    if (id != RK_SCMI_CLK_NPU) {
        return SCMI_NOT_FOUND;
    }
    switch (message) {
    case CLOCK_ATTRIBUTES:
        add_word(a, 1);     /* enabled */
        add_name(a, "scmi_clk_npu");
        add_word(a, 0);     /* no latency given */
        return SCMI_SUCCESS;
    case CLOCK_RATES:
        return clock_rates(argument(s, 1), a);
    case CLOCK_RATE_SET:
        return clock_set(s);
    case CLOCK_RATE_GET:
        add_word(a, rk_npu_clock_hz(s->clock));
        add_word(a, 0);
        return SCMI_SUCCESS;
    case CLOCK_CONFIG_SET:
        /* It cannot be stopped: who asks for that gets his way and no effect. */
        return SCMI_SUCCESS;
    default:
        return SCMI_NOT_SUPPORTED;
    }
}

static void put_answer(RkScmi *s, int status, const Answer *a)
{
    unsigned i;

    shmem_write(s, SHMEM_PAYLOAD, status);
    for (i = 0; i < a->count; i++) {
        shmem_write(s, SHMEM_PAYLOAD + 4 + 4 * i, a->words[i]);
    }
    shmem_write(s, SHMEM_LENGTH, 4 + 4 + 4 * a->count);
    shmem_write(s, SHMEM_STATUS, SHMEM_STATUS_FREE);
}

/*
 * Not before the CPU has taken notice of the last answer: it clears that bit
 * when it is done with the answer, and with it a new one that came meanwhile.
 */
static void hear(RkScmi *s)
{
    uint32_t header = shmem_read(s, SHMEM_HEADER);
    uint32_t message = FIELD_EX32(header, HEADER, MESSAGE);
    uint32_t protocol = FIELD_EX32(header, HEADER, PROTOCOL);
    Answer answer = { };
    uint32_t bits = s->tx;
    int status;

    if (!bits || s->rx) {
        return;
    }
    if (s->hung) {
        qemu_log_mask(LOG_GUEST_ERROR, "rk-scmi: firmware hangs\n");
        return;
    }
    switch (protocol) {
    case PROTOCOL_BASE:
        status = base_message(s, message, &answer);
        break;
    case RK_SCMI_CLOCK_PROTOCOL:
        status = clock_message(s, message, &answer);
        break;
    default:
        status = SCMI_NOT_SUPPORTED;
        break;
    }
    trace_rk_scmi_message(protocol, message, status, s->hung);
    if (s->hung) {
        return;
    }
    s->tx = 0;
    put_answer(s, status, &answer);
    if (shmem_read(s, SHMEM_FLAGS) & SHMEM_FLAGS_IRQ) {
        s->rx |= bits;
        qemu_set_irq(s->irq, 1);
    }
}

static uint64_t rk_scmi_read(void *opaque, hwaddr offset, unsigned size)
{
    RkScmi *s = opaque;

    switch (offset) {
    case MHU_RX_STAT:
        return s->rx;
    case MHU_TX_STAT:
        return s->tx;
    default:
        return 0;
    }
}

static void rk_scmi_write(void *opaque, hwaddr offset, uint64_t val,
                          unsigned size)
{
    RkScmi *s = opaque;

    switch (offset) {
    case MHU_RX_CLEAR:
        s->rx &= ~val;
        qemu_set_irq(s->irq, s->rx != 0);
        hear(s);
        break;
    case MHU_TX_SET:
        s->tx |= val;
        hear(s);
        break;
    case MHU_TX_CLEAR:
        s->tx &= ~val;
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "rk-scmi: no register to write at 0x%03"
                      HWADDR_PRIx "\n", offset);
        break;
    }
}

static const MemoryRegionOps rk_scmi_ops = {
    .read = rk_scmi_read,
    .write = rk_scmi_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

static void rk_scmi_realize(DeviceState *dev, Error **errp)
{
    SysBusDevice *sbd = SYS_BUS_DEVICE(dev);
    RkScmi *s = RK_SCMI(dev);

    if (!s->clock) {
        error_setg(errp, "link 'clock' is not set");
        return;
    }
    memory_region_init_io(&s->mhu, OBJECT(dev), &rk_scmi_ops, s, "rk-scmi.mhu",
                          RK_SCMI_MHU_SIZE);
    sysbus_init_mmio(sbd, &s->mhu);
    if (!memory_region_init_ram(&s->shmem, OBJECT(dev), "rk-scmi.shmem",
                                RK_SCMI_SHMEM_SIZE, errp)) {
        return;
    }
    sysbus_init_mmio(sbd, &s->shmem);
    sysbus_init_irq(sbd, &s->irq);
}

static void rk_scmi_reset_hold(Object *obj, ResetType type)
{
    RkScmi *s = RK_SCMI(obj);

    s->rx = 0;
    s->tx = 0;
    s->hung = false;
    memset(shmem_at(s, 0), 0, RK_SCMI_SHMEM_SIZE);
    shmem_write(s, SHMEM_STATUS, SHMEM_STATUS_FREE);
}

static const VMStateDescription vmstate_rk_scmi = {
    .name = TYPE_RK_SCMI,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(rx, RkScmi),
        VMSTATE_UINT32(tx, RkScmi),
        VMSTATE_BOOL(hung, RkScmi),
        VMSTATE_END_OF_LIST()
    }
};

static const Property rk_scmi_properties[] = {
    DEFINE_PROP_LINK("clock", RkScmi, clock, TYPE_RK_NPU_CLOCK, RkNpuClock *),
};

static void rk_scmi_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "SCMI firmware of the RK3588 NPU board";
    dc->realize = rk_scmi_realize;
    dc->vmsd = &vmstate_rk_scmi;
    dc->user_creatable = false;
    device_class_set_props(dc, rk_scmi_properties);
    rc->phases.hold = rk_scmi_reset_hold;
}

static const TypeInfo rk_scmi_info = {
    .name = TYPE_RK_SCMI,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(RkScmi),
    .class_init = rk_scmi_class_init,
};

static void rk_scmi_register_types(void)
{
    type_register_static(&rk_scmi_info);
}

type_init(rk_scmi_register_types)
