// SPDX-License-Identifier: MIT
#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_cbuf.h"
#include "igt_rocket_job.h"
#include "igt_rocket_scene.h"
#include "igt_rocket_sysfs.h"

IGT_TEST_DESCRIPTION("Streams that let everything through to the interrupt line");

#define PC_INTERRUPT_MASK	0x0020u
#define EVERYTHING		0x1ffffu
/* Beyond this many interrupts that nobody has asked for a task is stopped. */
#define UNASKED_MAX		64u
/* The second one, where there is one. */
#define CORE			(rocket_sysfs_cores() > 1)
/* Time-outs: of what never ends, and of what takes its time on a busy host */
#define TIMEOUT_MS		100u
#define LONG_MS			10000u

/* A copy, behind a write that unmasks what else a task raises, or not. */
static unsigned int make_stream(struct rocket_cbuf *c, bool unmask,
				uint64_t stream[1 + ROCKET_SOC_ENTRIES], uint32_t next)
{
	struct rocket_conv conv = rocket_cbuf_copy(c);
	struct rocket_conv_task task;

	igt_assert_eq(rocket_conv_split(&conv, &task, 1, 0), 1);
	task.next_addr = next;
	/* Nothing, where a chain begins with the convolution */
	stream[0] = unmask ? rocket_regcmd(ROCKET_TARGET_PC, PC_INTERRUPT_MASK, EVERYTHING) : 0;
	return 1 + rocket_soc_emit(c->rk3576, &conv, &task, stream + 1);
}

/* Runs the stream that lies in the client's memory. */
static int run(struct rocket_cbuf *c, unsigned int entries, unsigned int chain,
	       unsigned int timeout_ms)
{
	struct drm_rocket_task task = {
		.regcmd = rocket_cbuf_addr(c, ROCKET_CBUF_AT_STREAM),
		.regcmd_count = entries,
		.chain_count = chain,
	};
	struct drm_rocket_job job = {
		.tasks = (uintptr_t)&task,
		.task_count = 1,
		.task_struct_size = sizeof(task),
		.out_bo_handles = (uintptr_t)&c->bo.handle,
		.out_bo_handle_count = 1,
		.vm_id = c->vm,
		.core_mask = 1u << CORE,
		.timeout_ms = timeout_ms,
	};

	return rocket_run(c->fd, &job);
}

static void put_stream(struct rocket_cbuf *c, const uint64_t *stream, unsigned int entries)
{
	rocket_cbuf_begin(c);
	memcpy(rocket_cbuf_mem(c, ROCKET_CBUF_AT_STREAM), stream, entries * sizeof(*stream));
	rocket_cbuf_end(c);
}

/* Somebody else's jobs run on every core; the line has not been given up. */
static void expect_others_run(void)
{
	int fd = rocket_open();
	struct rocket_scene s = rocket_scene(fd, 0);

	for (uint32_t left = rocket_core_mask(fd); left; left &= left - 1)
		rocket_scene_expect_healthy(&s, __builtin_ctz(left), 0);
	close(fd);
}

static void test_unmasked(struct rocket_cbuf *c)
{
	enum { TASKS = 16, JOBS = 20 };
	uint64_t stream[1 + ROCKET_SOC_ENTRIES], before;
	unsigned int entries = make_stream(c, true, stream, 0);

	before = rocket_sysfs_interrupts(CORE);
	for (unsigned int i = 0; i < JOBS; i++)
		igt_assert_eq(rocket_cbuf_run(c, stream, entries, TASKS), 0);
	/* One when it ends, and as many as there are blocks that may tell before. */
	igt_assert_lte_u64(rocket_sysfs_interrupts(CORE) - before, JOBS * TASKS * 5);
	expect_others_run();
}

/* In a chain there is one start for many streams, each of which unmasks again. */
static void test_chain(struct rocket_cbuf *c)
{
	enum { CHAIN = 1000 };
	uint64_t stream[1 + ROCKET_SOC_ENTRIES], before, taken;
	unsigned int entries = make_stream(c, true, stream,
					   rocket_cbuf_addr(c, ROCKET_CBUF_AT_STREAM));
	int status;

	put_stream(c, stream, entries);
	before = rocket_sysfs_interrupts(CORE);
	status = run(c, entries, CHAIN, LONG_MS);
	taken = rocket_sysfs_interrupts(CORE) - before;
	igt_info("%llu interrupts, status %d\n", (unsigned long long)taken, status);
	/* Whether a block tells in the middle is up to the hardware. */
	igt_assert_eq(status, taken > UNASKED_MAX ? -EIO : 0);
	igt_assert_lte_u64(taken, 2 * UNASKED_MAX);
	expect_others_run();
}

/* The result cannot be written: the task never ends, but says why. */
static void bus_error(struct rocket_cbuf *c, bool unmask)
{
	uint64_t stream[1 + ROCKET_SOC_ENTRIES], before;
	unsigned int entries = make_stream(c, unmask, stream, 0);
	struct drm_rocket_vm_fault fault = { 0 };
	struct drm_rocket_vm_query query = {
		.vm_id = c->vm,
		.faults = (uintptr_t)&fault,
		.fault_count = 1,
		.fault_struct_size = sizeof(fault),
	};

	/* The core is the client's: what fails is its task and not a scrub. */
	igt_assert_eq(rocket_cbuf_touch(c), 0);
	put_stream(c, stream, entries);
	before = rocket_sysfs_interrupts(CORE);
	rocket_board_inject(CORE, ROCKET_BOARD_INJ_BUS_ERROR_WR, 1);
	igt_assert_eq(run(c, entries, 0, TIMEOUT_MS), -EFAULT);
	igt_assert_eq_u32(rocket_board_injected(CORE, ROCKET_BOARD_INJ_BUS_ERROR_WR), 0);
	igt_assert_lte_u64(rocket_sysfs_interrupts(CORE) - before, 8);
	igt_assert_eq(__rocket_vm_query(c->fd, &query), 0);
	igt_assert_eq_u32(query.fault_count, 1);
	igt_assert_eq_u32(fault.flags, DRM_ROCKET_VM_FAULT_WRITE | DRM_ROCKET_VM_FAULT_NO_ADDR);
	igt_assert_eq_u64(fault.addr, 0);
	igt_assert_eq_u32(fault.core, CORE);
	expect_others_run();
}

static void test_bus_error(struct rocket_cbuf *c)
{
	bus_error(c, false);
}

static void test_bus_error_unmasked(struct rocket_cbuf *c)
{
	bus_error(c, true);
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(struct rocket_cbuf *c);
		bool board;
		const char *what;
	} tests[] = {
		{ "unmasked", test_unmasked, false,
		  "Tasks that unmask whatever they raise do as others do" },
		{ "chain-unmasked", test_chain, false,
		  "So does a chain of them, or it is stopped" },
		{ "bus-error", test_bus_error, true,
		  "An access that fails ends in EFAULT, with a record, when the time is up" },
		{ "bus-error-unmasked", test_bus_error_unmasked, true,
		  "So it does where the stream lets it through to the line, which stays alive" },
	};

	igt_fixture
		close(rocket_open());

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name) {
			struct rocket_cbuf c;

			if (tests[i].board)
				rocket_require_board();
			rocket_cbuf_init(&c, rocket_open());
			c.cores = 1u << CORE;
			tests[i].test(&c);
			rocket_cbuf_fini(&c);
		}
	}
}
