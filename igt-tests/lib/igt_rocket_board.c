// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket_board.h"

static volatile uint8_t *board;

/*
 * The board derives from QEMU's "virt" machine and says so in its devicetree.
 * That is asked first, because the address means something else elsewhere.
 */
static bool is_virtual(void)
{
	char list[256] = "";
	FILE *file = fopen("/proc/device-tree/compatible", "rb");
	size_t length;

	if (!file)
		return false;
	length = fread(list, 1, sizeof(list) - 1, file);
	fclose(file);
	for (size_t at = 0; at < length; at += strlen(list + at) + 1) {
		if (!strcmp(list + at, "linux,dummy-virt"))
			return true;
	}
	return false;
}

unsigned int rocket_board_cores(void)
{
	static unsigned int cores;

	/* Where the RK3576 has its first core. Two at once compute wrong there. */
	if (!cores)
		cores = access("/sys/bus/platform/devices/27700000.npu", F_OK) ?
			ROCKET_BOARD_CORES : 1;
	return cores;
}

/* Returns why there is no control page, NULL when there is one. */
static const char *find_board(void)
{
	void *map;
	int fd;

	if (board)
		return NULL;
	if (!is_virtual())
		return "not the virtual board: it has neither statistics nor fault injection";
	fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	if (fd < 0)
		return "cannot open /dev/mem, be root";
	map = mmap(NULL, ROCKET_BOARD_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   ROCKET_BOARD_BASE);
	close(fd);
	if (map == MAP_FAILED)
		return "cannot map /dev/mem";
	board = map;
	if (*(volatile uint32_t *)(board + ROCKET_BOARD_MAGIC) == ROCKET_BOARD_MAGIC_VALUE)
		return NULL;
	munmap(map, ROCKET_BOARD_SIZE);
	board = NULL;
	return "a virtual machine without the board's control page";
}

void rocket_require_board(void)
{
	const char *missing = find_board();

	igt_require_f(!missing, "%s\n", missing);
	errno = 0;
}

bool rocket_board_present(void)
{
	bool present = !find_board();

	errno = 0;
	return present;
}

static volatile uint8_t *core_page(unsigned int core)
{
	igt_require_f(core < rocket_board_cores(), "core %u is not in service here\n", core);
	igt_assert(board);
	return board + (ROCKET_BOARD_CORE(core) - ROCKET_BOARD_BASE);
}

uint64_t rocket_board_count(unsigned int core, unsigned long counter)
{
	return *(volatile uint64_t *)(core_page(core) + counter);
}

uint64_t rocket_board_count_all(unsigned long counter)
{
	uint64_t sum = 0;

	for (unsigned int core = 0; core < rocket_board_cores(); core++)
		sum += rocket_board_count(core, counter);
	return sum;
}

uint64_t rocket_board_clock(void)
{
	igt_assert(board);
	return *(volatile uint64_t *)(board + ROCKET_BOARD_CLOCK_NS);
}

static uint64_t monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

/* Both clocks run at the same speed: what they differ by, by the quickest of some looks. */
uint64_t rocket_board_to_monotonic(uint64_t clock)
{
	uint64_t offset = 0, quickest = UINT64_MAX;

	for (unsigned int i = 0; i < 10; i++) {
		uint64_t before = monotonic(), there = rocket_board_clock();
		uint64_t took = monotonic() - before;

		if (took < quickest) {
			quickest = took;
			offset = before + took / 2 - there;
		}
	}
	return clock + offset;
}

void rocket_board_set(unsigned long reg, uint32_t value)
{
	igt_assert(board);
	*(volatile uint32_t *)(board + reg) = value;
}

uint32_t rocket_board_get(unsigned long reg)
{
	igt_assert(board);
	return *(volatile uint32_t *)(board + reg);
}

uint64_t rocket_board_get64(unsigned long reg)
{
	igt_assert(board);
	return *(volatile uint64_t *)(board + reg);
}

void rocket_board_inject(unsigned int core, unsigned long reg, uint32_t value)
{
	*(volatile uint32_t *)(core_page(core) + reg) = value;
}

uint32_t rocket_board_injected(unsigned int core, unsigned long reg)
{
	return *(volatile uint32_t *)(core_page(core) + reg);
}

void rocket_board_inject_all(unsigned long reg, uint32_t value)
{
	for (unsigned int core = 0; core < rocket_board_cores(); core++)
		rocket_board_inject(core, reg, value);
}

void rocket_board_silence(void)
{
	static const unsigned long regs[] = {
		ROCKET_BOARD_INJ_NEVER_COMPLETE, ROCKET_BOARD_INJ_IRQ_LOST,
		ROCKET_BOARD_INJ_IRQ_LATE, ROCKET_BOARD_INJ_BUS_ERROR_RD,
		ROCKET_BOARD_INJ_BUS_ERROR_WR, ROCKET_BOARD_INJ_NO_STALL,
		ROCKET_BOARD_INJ_NO_RESET, ROCKET_BOARD_SLOWDOWN,
		ROCKET_BOARD_TABLE_WATCH,
	};

	if (find_board())
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(regs); i++)
		rocket_board_inject_all(regs[i], 0);
	rocket_board_set(ROCKET_BOARD_INJ_CLOCK_REFUSE, 0);
	rocket_board_set(ROCKET_BOARD_TASK_NS, ROCKET_BOARD_USUAL_TASK_NS);
}

void rocket_board_quiet(void)
{
	static pid_t done;

	if (done == getpid())
		return;
	done = getpid();
	rocket_board_silence();
}
