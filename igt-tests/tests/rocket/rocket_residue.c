// SPDX-License-Identifier: MIT
/*
 * Runs with any rocket driver, mainline's included: there all but own-buffer fail,
 * see ../../residue-mainline.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "igt.h"
#include "igt_rocket_cbuf.h"

IGT_TEST_DESCRIPTION("What a client leaves in the NPU cannot be had by the next one");

#define SECRET		0x5ec00000u
#define PUBLIC_BYTE	1
#define DPU_OUT_CVT_OFFSET	0x4080u
#define DPU_OUT_CVT_OFFSET_RK3576	0x40acu
#define PC_OPERATION_ENABLE	0x0008u

/*
 * CBUF
 */

static void fill(struct rocket_cbuf *c, enum rocket_cbuf_side side, uint32_t secret)
{
	for (unsigned int tries = rocket_any_tries(c->fd); tries; tries--)
		igt_assert_eq(rocket_cbuf_fill(c, side, secret), 0);
}

/* The most that is found. */
static unsigned int dump_and_find(struct rocket_cbuf *c, enum rocket_cbuf_side side,
				  uint32_t secret)
{
	uint8_t *dump = malloc(ROCKET_CBUF_SIDE);
	unsigned int found, most = 0;

	igt_assert(dump);
	for (unsigned int tries = rocket_any_tries(c->fd); tries; tries--) {
		igt_assert_eq(rocket_cbuf_dump(c, side, dump), 0);
		found = rocket_cbuf_find(dump, rocket_cbuf_bytes(c, side), secret);
		most = found > most ? found : most;
	}
	free(dump);
	return most;
}

/*
 * The victim fills one side or the other, the thief looks for it at one side or the
 * other: bank by bank, whatever it held may be asked for as either.
 */
static void steal(struct rocket_cbuf *thief, struct rocket_cbuf *victim, uint32_t secret)
{
	for (unsigned int how = 0; how < 4; how++) {
		unsigned int found;

		fill(victim, how & 1, secret + how);
		found = dump_and_find(thief, how >> 1, secret + how);
		igt_assert_f(!found, "residue readable: as %s, %u of the %u atoms that another client's %s left\n",
			     how >> 1 ? "weights" : "features", found,
			     rocket_cbuf_atoms(victim, how & 1),
			     how & 1 ? "weights" : "features");
	}
}

static void on_each_core(void (*test)(struct rocket_cbuf *own, struct rocket_cbuf *other))
{
	struct rocket_cbuf own, other;
	uint32_t left;

	rocket_cbuf_init(&own, rocket_any_open());
	rocket_cbuf_init(&other, rocket_any_open());
	/* A core that falls asleep loses its power, and may lose what is looked for. */
	rocket_cbuf_keep(&own, true);
	for (left = rocket_any_cores(own.fd); left; left &= left - 1) {
		own.cores = other.cores = left & -left;
		test(&own, &other);
	}
	rocket_cbuf_keep(&own, false);
}

/* All tests above and below find something when there is something. */
static void own_buffer(struct rocket_cbuf *own, struct rocket_cbuf *other)
{
	(void)other;
	for (unsigned int side = 0; side < 2; side++) {
		fill(own, side, SECRET);
		igt_assert_eq(dump_and_find(own, side, SECRET), rocket_cbuf_atoms(own, side));
	}
}

static void weights(struct rocket_cbuf *thief, struct rocket_cbuf *victim)
{
	unsigned int found;

	fill(victim, ROCKET_CBUF_WEIGHTS, SECRET);
	found = dump_and_find(thief, ROCKET_CBUF_WEIGHTS, SECRET);
	igt_assert_f(!found, "residue readable: %u of %u atoms of another client's weights\n",
		     found, rocket_cbuf_atoms(thief, ROCKET_CBUF_WEIGHTS));
}

static void features(struct rocket_cbuf *thief, struct rocket_cbuf *victim)
{
	unsigned int found;

	fill(victim, ROCKET_CBUF_FEATURES, SECRET);
	found = dump_and_find(thief, ROCKET_CBUF_FEATURES, SECRET);
	igt_assert_f(!found, "residue readable: %u of %u atoms of another client's features\n",
		     found, rocket_cbuf_atoms(thief, ROCKET_CBUF_FEATURES));
}

static void all_banks(struct rocket_cbuf *thief, struct rocket_cbuf *victim)
{
	for (unsigned int round = 0; round < 3; round++)
		steal(thief, victim, SECRET + 16 * round);
}

/*
 * Registers
 */

static void set_bytes(struct rocket_cbuf *c, enum rocket_cbuf_place place, int value)
{
	rocket_cbuf_begin(c);
	memset(rocket_cbuf_mem(c, place), value, ROCKET_PATTERN);
	rocket_cbuf_end(c);
}

static bool all_bytes(const struct rocket_cbuf *c, enum rocket_cbuf_place place, int value)
{
	const uint8_t *bytes = rocket_cbuf_mem(c, place);

	for (unsigned int i = 0; i < ROCKET_PATTERN; i++) {
		if (bytes[i] != value)
			return false;
	}
	return true;
}

/*
 * Two tasks, so that both register groups hold the victim's offset. The thief's
 * stream says nothing of an offset: it gets what is there.
 */
static void registers(struct rocket_cbuf *thief, struct rocket_cbuf *victim)
{
	struct rocket_conv theirs = rocket_cbuf_copy(victim), ours = rocket_cbuf_copy(thief);
	uint64_t stream[ROCKET_SOC_ENTRIES];
	unsigned int entries;

	for (int offset = 10; offset < 14; offset++) {
		unsigned int tries = rocket_any_tries(thief->fd);

		theirs.out_zero = offset;
		set_bytes(victim, ROCKET_CBUF_AT_IN, 0);
		entries = rocket_cbuf_emit(victim, &theirs, stream);
		for (unsigned int i = 0; i < tries; i++)
			igt_assert_eq(rocket_cbuf_run(victim, stream, entries, 2), 0);
		igt_assert(all_bytes(victim, ROCKET_CBUF_AT_OUT, offset));

		/* An odd number of tasks, so that rounds meet one group and the other. */
		entries = rocket_cbuf_emit(thief, &ours, stream);
		rocket_soc_leave_out(stream, entries, thief->rk3576 ? DPU_OUT_CVT_OFFSET_RK3576 :
								      DPU_OUT_CVT_OFFSET);
		for (unsigned int i = 0; i < tries; i++) {
			set_bytes(thief, ROCKET_CBUF_AT_IN, PUBLIC_BYTE);
			set_bytes(thief, ROCKET_CBUF_AT_OUT, 0);
			igt_assert_eq(rocket_cbuf_run(thief, stream, entries, 1), 0);
			igt_assert_f(all_bytes(thief, ROCKET_CBUF_AT_OUT, PUBLIC_BYTE),
				     "residue readable: another client's output offset, %d\n",
				     rocket_cbuf_mem(thief, ROCKET_CBUF_AT_OUT)[0] - PUBLIC_BYTE);
		}
	}
}

/*
 * What a hostile client leaves armed
 */

/* Behind a task's own entries, a block's registers for a task to come, and its op-enable. */
static unsigned int arm(uint64_t *stream, unsigned int entries, const uint64_t *armed,
			unsigned int target, uint32_t enable)
{
	unsigned int count = entries;

	for (unsigned int i = 0; i < entries; i++) {
		if (armed[i] >> 48 == target)
			stream[count++] = armed[i];
	}
	stream[count++] = rocket_regcmd(ROCKET_TARGET_FENCE, 0, 0);
	stream[count++] = rocket_regcmd(ROCKET_TARGET_BROADCAST, PC_OPERATION_ENABLE, enable);
	return count;
}

/* The victim copies IN to OUT, and nothing else of its memory changes. */
static void expect_copy(struct rocket_cbuf *victim)
{
	struct rocket_conv conv = rocket_cbuf_copy(victim);
	uint64_t stream[ROCKET_SOC_ENTRIES];

	for (unsigned int i = 0; i < 3 * rocket_any_tries(victim->fd); i++) {
		set_bytes(victim, ROCKET_CBUF_AT_IN, 0x11 + i);
		set_bytes(victim, ROCKET_CBUF_AT_OUT, 0);
		set_bytes(victim, ROCKET_CBUF_AT_SPARE, 0x77);
		rocket_cbuf_run(victim, stream, rocket_cbuf_emit(victim, &conv, stream), 1);
		igt_assert_f(all_bytes(victim, ROCKET_CBUF_AT_SPARE, 0x77),
			     "an output went where another client had said\n");
		igt_assert_f(all_bytes(victim, ROCKET_CBUF_AT_OUT, 0x11 + i),
			     "the job did what another client had said\n");
	}
}

/*
 * A task of the hostile client runs to its end, and one block has been told to
 * go on: with addresses, or a shift of the sum, that mean something in the victim's VM.
 */
static void armed(struct rocket_cbuf *hostile, struct rocket_cbuf *victim)
{
	static const struct {
		unsigned int target;
		uint32_t enable;
	} blocks[] = {
		{ ROCKET_TARGET_DPU, 1u << 3 }, { ROCKET_TARGET_DPU_RDMA, 1u << 4 },
		{ ROCKET_TARGET_CORE, 1u << 2 }, { ROCKET_TARGET_CNA, 1u << 0 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(blocks); i++) {
		uint64_t stream[2 * ROCKET_SOC_ENTRIES], other[ROCKET_SOC_ENTRIES];
		struct rocket_conv conv = rocket_cbuf_copy(hostile), trap = conv;
		unsigned int entries;

		trap.in_addr = trap.bias_addr = rocket_cbuf_addr(victim, ROCKET_CBUF_AT_SPARE);
		trap.out_addr = trap.in_addr;
		trap.truncate = hostile->rk3576 ? 0 : 3;
		rocket_cbuf_emit(hostile, &trap, other);
		expect_copy(victim);
		entries = arm(stream, rocket_cbuf_emit(hostile, &conv, stream), other, blocks[i].target,
			      blocks[i].enable);
		for (unsigned int tries = rocket_any_tries(hostile->fd); tries; tries--)
			igt_assert_eq(rocket_cbuf_run(hostile, stream, entries, 1), 0);
		expect_copy(victim);
	}
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(struct rocket_cbuf *own, struct rocket_cbuf *other);
		const char *what;
	} tests[] = {
		{ "own-buffer", own_buffer,
		  "A client finds in the buffer all that its own job before left there" },
		{ "weights", weights,
		  "Reuse bits do not bring up another client's weights" },
		{ "features", features,
		  "Nor its features" },
		{ "all-banks", all_banks,
		  "Nor either of them as the other, in any bank" },
		{ "registers", registers,
		  "Registers that a stream does not write hold nothing of another client's" },
		{ "armed", armed,
		  "Blocks that were left armed do not act in the next client's VM" },
	};

	igt_fixture
		close(rocket_any_open());

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			on_each_core(tests[i].test);
	}
}
