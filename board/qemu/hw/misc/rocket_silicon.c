/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The readings of the silicon: the one list of what can be answered in more
 * than one way, and the object that holds the answers.
 *
 * A reading belongs here if somebody who programs the NPU can see it.  Where
 * RK3588 boards were measured the first answer is what they did; where RK3576
 * boards did something else, or can do it at all, the reading says so.
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "hw/misc/rocket_silicon.h"
#include "migration/vmstate.h"

#define ANSWERS_MAX     5

typedef struct Reading {
    const char *key;
    const char *answers[ANSWERS_MAX + 1];   /* the first is the default */
    const char *about;
    const char *strength;
    const char *source;
    unsigned rk3576;    /* the default of that chip */
} Reading;

/* Strengths; "measured" is an RK3588 unless it says otherwise. */
#define MEASURED        "measured"
#define MEASURED_RK3576 "measured on RK3576"
#define RUNS            "code that runs on silicon"
#define MANUAL          "manual"
#define ASSUMED         "assumed"

#define ON_OFF          { "on", "off" }
#define OFF_ON          { "off", "on" }

static const Reading readings[READINGS] = {
    [READING_TASK_STATUS] = {
        "task-status",
        { "modulo", "ended", "late", "zero-at-end", "pair" },
        "TASK_STATUS at the completion interrupt. modulo: a count of ended\n"
        "tasks modulo TASK_NUMBER, so 0, with bits 15:12 set. ended: all tasks\n"
        "counted until the next TASK_COUNT_CLEAR. late: as ended, but each task\n"
        "is counted task-status-late-ns after its end, bits 15:12 set. zero-at-\n"
        "end: the word is 0 once the last task has ended. pair: 15:0 started,\n"
        "31:16 ended, both modulo TASK_NUMBER.",
        MEASURED " (0x0000f000; which rule makes it so is open)",
        "gregordinary/patches rocket/BATCHED_SUBMIT_FINDINGS.md, "
        "rockchip-npu-notes perf/iova-and-multicore.md; pair: "
        "gregordinary/patches rk3576/npu/0022, " MEASURED_RK3576,
        TASK_STATUS_PAIR
    },
    [READING_RAW_INTERIOR] = {
        "raw-interior", { "off", "raw" },
        "Bits of a task that is not the last of its chain. off: never seen.\n"
        "raw: in RAW_STATUS from its end on, for raw-interior-ns at most while\n"
        "the next task runs. They never raise the line: one interrupt per kick\n"
        "of 2 to 64 tasks was measured.",
        MEASURED_RK3576 " (raw); RK3588 unknown",
        "gregordinary/patches rk3576/npu/0022",
        RAW_INTERIOR_RAW
    },
    [READING_RAW_EARLY] = {
        "raw-early", OFF_ON,
        "When CNA's and CORE's bits of a task are raised. off: with the DPU's,\n"
        "at the end of the last task. on: while these blocks work on it, in\n"
        "each task of a chain; the line follows if they are unmasked.",
        ASSUMED, "RK3588 TRM, chapter RKNN: a bit for each of the blocks"
    },
    [READING_RAW_HANG] = {
        "raw-hang", { "0", "0xc0000000" },
        "What RAW_STATUS shows besides known bits while a core hangs.",
        MEASURED " (0xc0000000, of one hang of several)",
        "allbilly/rk3588 experimental/progress.md"
    },
    [READING_PPU_RAISES] = {
        "ppu-raises", { "ppu", "dpu", "both" },
        "Bits of RAW_STATUS that a pooling task raises at its end.",
        ASSUMED, "RK3588 TRM, chapter RKNN: a bit for each of the blocks"
    },
    [READING_RDMA_UNFED] = {
        "rdma-unfed", { "hangs", "runs" },
        "DPU_RDMA takes part in a task, its memory reader neither off nor in\n"
        "use (FEATURE_MODE_CFG: not flying, MRDMA_DISABLE 0, COMB_USE 0).",
        MEASURED,
        "gregordinary/rockchip-npu-notes encodings/mrdma-trap.md"
    },
    [READING_CONV_WITHOUT_RDMA] = {
        "conv-without-rdma", { "completes", "hangs" },
        "A convolution whose op-enable is 0x0d, without DPU_RDMA.",
        RUNS,
        "allbilly/rk3588 examples/conv_simple.py and captures of the vendor's "
        "runtime; against it a sentence of mrdma-trap.md"
    },
    [READING_INTEGER_CHAINS] = {
        "integer-chains", { "exact", "accumulate", "accumulate-qd-off" },
        "Sums of integer tasks behind the first of a kick. exact: their own.\n"
        "accumulate: on top of what the array held at the end of the task\n"
        "before. accumulate-qd-off: the same in tasks without QD_EN.",
        MEASURED " both ways",
        "happyme531/rknpu2_matmul_open (thousands of tasks, exact, QD_EN 1); "
        "gregordinary/rocket-userspace (garbage, QD_EN 0)"
    },
    [READING_LUT_ENTRIES] = {
        "lut-entries", { "1024", "513-ignored", "513-hangs" },
        "Entries of each table of the output stage; what a write behind the\n"
        "513th does: it is lost, or the task never completes.",
        ASSUMED,
        "the field LUT_ADDR can name 1024; users write 513"
    },
    [READING_DMA_BASE_READBACK] = {
        "dma-base-readback", ON_OFF,
        "Whether TASK_DMA_BASE_ADDR reads as written, or as 0.",
        MANUAL, "RK3588 TRM, chapter RKNN: RW"
    },
    [READING_INT_MASK_READBACK] = {
        "int-mask-readback", ON_OFF,
        "Whether INTERRUPT_MASK reads as written, or as 0.",
        MANUAL, "RK3588 TRM, chapter RKNN: RW"
    },
    [READING_PC_BASE_READBACK] = {
        "pc-base-readback", ON_OFF,
        "Whether the PC's BASE_ADDRESS reads as written, or as 0.",
        MANUAL, "RK3588 TRM, chapter RKNN: RW"
    },
    [READING_INT_MASK_RESET] = {
        "int-mask-reset", { "0x1ffff", "0" },
        "INTERRUPT_MASK after a reset.",
        MANUAL, "RK3588 TRM, chapter RKNN: reset value"
    },
    [READING_RESET_LEAVES_HANG] = {
        "reset-leaves-hang", OFF_ON,
        "Whether a core that hangs goes on hanging after srst_a, until it\n"
        "loses power.",
        MEASURED " both ways",
        "gregordinary/patches 088 (83 of 83 jobs after 30 resets); "
        "rockchip-npu-notes encodings/mrdma-trap.md (reload of the driver, and "
        "with it loss of power, was needed)"
    },
    [READING_RESET_CLEARS_CBUF] = {
        "reset-clears-cbuf", OFF_ON,
        "Whether srst_a clears the convolution buffer.",
        ASSUMED,
        "gahingwoo/linux-rk3576-npu: a reset of the buffer's own makes the "
        "contents go"
    },
    [READING_RESET_CLEARS_LUT] = {
        "reset-clears-lut", OFF_ON,
        "Whether srst_a clears the tables of the output stage.",
        ASSUMED, "none"
    },
    [READING_RESET_KILLS_IOMMU] = {
        "reset-kills-iommu", OFF_ON,
        "Whether the IOMMU's DTE_ADDR ignores writes from srst_a until the\n"
        "power domain has been off, or its bus interface was reset where\n"
        "there is a reset for that (RK3576).",
        MEASURED " (off); " MEASURED_RK3576 " (on)",
        "gregordinary/patches 088; gahingwoo/linux-rk3576-npu rfc-send-v9/0003",
        RESET_EFFECT_ON
    },
    [READING_FAULT_IRQ] = {
        "fault-irq", { "arrives", "lost" },
        "Whether the interrupt of the core's IOMMU reaches the CPU. STATUS and\n"
        "RAWSTAT tell of the fault either way.",
        ASSUMED,
        "rk3588-base.dtsi wires it; gregordinary/rocket-userspace "
        "tests/uapi_regcmd_fault_rocket.c saw time-outs and no message"
    },
    [READING_ZAP_DELAY] = {
        "zap-delay", OFF_ON,
        "Whether a write that was translated before a zap of its page, with\n"
        "no stall, can land up to zap-delay-ns after it. With it, a stall is\n"
        "reported only once nothing is on its way.",
        ASSUMED,
        "the kernel's driver for the same MMU one generation back stalls "
        "before it zaps"
    },
    [READING_PAGE_2000] = {
        "page-0x2000", { "stops", "reads-zero" },
        "A read of the core's page at 0x2000: locks the SoC (QEMU ends with a\n"
        "message), or reads 0.",
        MEASURED ", RK3588 alone: on the RK3576 the IOMMU is there",
        "gregordinary/rockchip-npu-notes perf/hw-byte-counters.md"
    },
    [READING_BIU_AT_POWER_ON] = {
        "biu-at-power-on", { "ready", "stale" },
        "RK3576: a core whose power has come. ready: its registers answer.\n"
        "stale: they do not before SRST_A_RKNNn_BIU was pulsed (a bus error).",
        "measured on RK3576 (stale); a kernel that knows of no pulse needs the "
        "other",
        "gahingwoo/linux-rk3576-npu rfc-send-v9/0009"
    },
    [READING_SIBLING_OFF] = {
        "sibling-off", { "computes", "stalls" },
        "RK3576: a convolution while the other core's domain is off. stalls:\n"
        "it never completes, because the buffer is read through both.",
        "measured on RK3576 (computes: \"no change\"); stalls is what the "
        "vendor's powering both suggests",
        "gahingwoo/linux-rk3576-npu FINDINGS.md; gregordinary/patches "
        "rk3576/npu/README.md"
    },
    [READING_TWO_CORES] = {
        "two-cores", { "exact", "wrong" },
        "RK3576: tasks of two cores at the same time. wrong: what they write\n"
        "while both work is garbage.",
        MEASURED_RK3576 " (wrong: 96 to 100 % of calls); " MEASURED
        " (exact: three cores of an RK3588)",
        "gregordinary/patches rk3576/npu/README.md, rocket-userspace "
        "tests/rk3576_core_pair.c",
        TWO_CORES_WRONG
    },
    [READING_WIDE_OUTPUT] = {
        "wide-output", { "irq", "none", "none-32" },
        "RK3576: a task whose output stage writes elements of more than a\n"
        "byte. none: it raises no bit of the DPU. none-32: if they have four\n"
        "bytes it does not.",
        MEASURED_RK3576 " all ways, by the program: none, later none-32, with "
        "rocket-userspace's; irq with charsiu's int32",
        "gregordinary/patches rk3576/npu/0012; rocket-userspace "
        "tests/rk3576_poison_probe.c; charsiu over gahingwoo/linux-rk3576-npu",
        WIDE_OUTPUT_NONE
    },
    [READING_WIDE_POISONS_NEXT] = {
        "wide-poisons-next", OFF_ON,
        "RK3576: whether all starts after one of such a task complete and\n"
        "write nothing, whoever makes them, until the domain was off.",
        MEASURED_RK3576 " (on: every time; one loss of power in eight did not "
        "help)",
        "gregordinary/rocket-userspace tests/rk3576_poison_probe.c, "
        "src/rocket_conv2d_rk3576.c",
        WIDE_POISON_ON
    },
    [READING_INT_MASK_BIT31] = {
        "int-mask-bit31", { "off", "sticks" },
        "RK3576: whether INTERRUPT_MASK shows bit 31 from the first completion\n"
        "on, whatever is written, until the domain was off.",
        MEASURED_RK3576 " (before TASK_CON was written right)",
        "gahingwoo/linux-rk3576-npu FINDINGS.md",
        INT_MASK_BIT31_STICKS
    },
};

typedef struct ReadingTime {
    const char *key;
    uint32_t preset;
} ReadingTime;

static const ReadingTime times[READING_TIMES] = {
    [READING_TASK_STATUS_LATE_NS] = { "task-status-late-ns", 30000 },
    [READING_RAW_INTERIOR_NS] = { "raw-interior-ns", 10000 },
    [READING_ZAP_DELAY_NS] = { "zap-delay-ns", 20000 },
};

static unsigned default_answer(const RocketSilicon *s, unsigned i)
{
    return s->chip == ROCKET_RK3576 ? readings[i].rk3576 : 0;
}

static unsigned answer_count(const Reading *reading)
{
    unsigned count = 0;

    while (reading->answers[count]) {
        count++;
    }
    return count;
}

static char *answer_list(const Reading *reading)
{
    return g_strjoinv("|", (char **)reading->answers);
}

/* Properties */

static char *get_answer(const RocketSilicon *s, unsigned i)
{
    return g_strdup(readings[i].answers[s->answer[i]]);
}

static void set_answer(RocketSilicon *s, unsigned i, const char *text,
                       Error **errp)
{
    const Reading *reading = &readings[i];
    g_autofree char *list = NULL;
    unsigned n;

    for (n = 0; reading->answers[n]; n++) {
        if (!strcmp(text, reading->answers[n])) {
            s->answer[i] = n;
            return;
        }
    }
    list = answer_list(reading);
    error_setg(errp, "silicon: %s is %s, not '%s'", reading->key, list, text);
}

static void visit_get(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    g_autofree char *text = get_answer(ROCKET_SILICON(obj),
                                       (const Reading *)opaque - readings);

    visit_type_str(v, name, &text, errp);
}

static void visit_set(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    g_autofree char *text = NULL;

    if (visit_type_str(v, name, &text, errp)) {
        set_answer(ROCKET_SILICON(obj), (const Reading *)opaque - readings,
                   text, errp);
    }
}

bool rocket_silicon_set(RocketSilicon *s, RocketReading reading,
                        unsigned answer)
{
    if (answer >= answer_count(&readings[reading])) {
        return false;
    }
    s->answer[reading] = answer;
    return true;
}

static void parse_one(RocketSilicon *s, const char *text, Error **errp)
{
    g_auto(GStrv) words = g_strsplit(text, "=", 2);
    unsigned i;

    if (!words[0] || !words[1]) {
        error_setg(errp, "silicon: '%s' is not KEY=VALUE; try 'help'", text);
        return;
    }
    for (i = 0; i < READINGS; i++) {
        if (!strcmp(words[0], readings[i].key)) {
            set_answer(s, i, words[1], errp);
            return;
        }
    }
    for (i = 0; i < READING_TIMES; i++) {
        unsigned ns;

        if (strcmp(words[0], times[i].key)) {
            continue;
        }
        if (qemu_strtoui(words[1], NULL, 0, &ns)) {
            error_setg(errp, "silicon: %s is a number, not '%s'", times[i].key,
                       words[1]);
            return;
        }
        s->time_ns[i] = ns;
        return;
    }
    error_setg(errp, "silicon: no reading '%s'; 'help' lists all", words[0]);
}

void rocket_silicon_parse(RocketSilicon *s, const char *text, Error **errp)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", 0);
    Error *err = NULL;
    unsigned i;

    for (i = 0; parts[i] && !err; i++) {
        parse_one(s, parts[i], &err);
    }
    error_propagate(errp, err);
}

char *rocket_silicon_text(const RocketSilicon *s)
{
    GString *text = g_string_new(NULL);
    unsigned i;

    for (i = 0; i < READINGS; i++) {
        g_string_append_printf(text, "%s=%s,", readings[i].key,
                               readings[i].answers[s->answer[i]]);
    }
    for (i = 0; i < READING_TIMES; i++) {
        g_string_append_printf(text, "%s=%u%s", times[i].key, s->time_ns[i],
                               i + 1 < READING_TIMES ? "," : "");
    }
    return g_string_free(text, false);
}

static void print_indented(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
    unsigned i;

    for (i = 0; lines[i]; i++) {
        printf("    %s\n", lines[i]);
    }
}

void rocket_silicon_help(const RocketSilicon *s)
{
    unsigned i;

    printf("Readings of the silicon, KEY=VALUE|VALUE..., the default first:\n");
    for (i = 0; i < READINGS; i++) {
        const Reading *reading = &readings[i];
        g_autofree char *list = answer_list(reading);

        printf("\n%s=%s\n", reading->key, list);
        print_indented(reading->about);
        printf("    [%s] %s\n", reading->strength, reading->source);
        if (default_answer(s, i)) {
            printf("    on this chip the default is %s\n",
                   reading->answers[default_answer(s, i)]);
        }
    }
    printf("\nTheir times in ns, with the default:\n\n");
    for (i = 0; i < READING_TIMES; i++) {
        printf("%s=%u\n", times[i].key, times[i].preset);
    }
}

/* Device */

static void rocket_silicon_init(Object *obj)
{
    RocketSilicon *s = ROCKET_SILICON(obj);
    unsigned i;

    for (i = 0; i < READING_TIMES; i++) {
        s->time_ns[i] = times[i].preset;
        object_property_add_uint32_ptr(obj, times[i].key, &s->time_ns[i],
                                       OBJ_PROP_FLAG_READWRITE);
    }
}

void rocket_silicon_set_chip(RocketSilicon *s, RocketChip chip)
{
    unsigned i;

    s->chip = chip;
    for (i = 0; i < READINGS; i++) {
        s->answer[i] = default_answer(s, i);
    }
}

static int rocket_silicon_post_load(void *opaque, int version_id)
{
    const RocketSilicon *s = opaque;
    unsigned i;

    for (i = 0; i < READINGS; i++) {
        if (s->answer[i] >= answer_count(&readings[i])) {
            return -EINVAL;
        }
    }
    return 0;
}

/* The board that goes on is the board that was. */
static const VMStateDescription vmstate_rocket_silicon = {
    .name = TYPE_ROCKET_SILICON,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = rocket_silicon_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8_ARRAY(answer, RocketSilicon, READINGS),
        VMSTATE_UINT32_ARRAY(time_ns, RocketSilicon, READING_TIMES),
        VMSTATE_END_OF_LIST()
    }
};

static void rocket_silicon_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    unsigned i;

    dc->desc = "Readings of the NPU's silicon";
    dc->vmsd = &vmstate_rocket_silicon;
    dc->user_creatable = false;
    for (i = 0; i < READINGS; i++) {
        object_class_property_add(klass, readings[i].key, "str", visit_get,
                                  visit_set, NULL, (void *)&readings[i]);
        object_class_property_set_description(klass, readings[i].key,
                                              readings[i].about);
    }
}

static const TypeInfo rocket_silicon_info = {
    .name = TYPE_ROCKET_SILICON,
    .parent = TYPE_DEVICE,
    .instance_size = sizeof(RocketSilicon),
    .instance_init = rocket_silicon_init,
    .class_init = rocket_silicon_class_init,
};

static void rocket_silicon_register_types(void)
{
    type_register_static(&rocket_silicon_info);
}

type_init(rocket_silicon_register_types)
