// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "board.h"
#include "rocket_board.h"

static volatile uint8_t *page;

/*
 * QEMU's "virt", which the board derives from, calls itself so.  Asked first,
 * because the same address is something else on other machines.
 */
static bool is_virtual(void)
{
	char compatible[256] = "";
	FILE *f = fopen("/proc/device-tree/compatible", "rb");
	size_t n = 0, at = 0;

	if (f) {
		n = fread(compatible, 1, sizeof(compatible) - 1, f);
		fclose(f);
	}
	for (; at < n; at += strlen(compatible + at) + 1)
		if (!strcmp(compatible + at, "linux,dummy-virt"))
			return true;
	return false;
}

static uint64_t read64(unsigned long offset)
{
	return *(volatile uint64_t *)(page + offset);
}

bool board_open(void)
{
	void *map;
	int fd;

	if (!is_virtual()) {
		printf("board counters: skipped, this is not the virtual board\n");
		return false;
	}
	fd = open("/dev/mem", O_RDWR | O_SYNC);
	map = fd < 0 ? MAP_FAILED : mmap(NULL, ROCKET_BOARD_SIZE,
					 PROT_READ | PROT_WRITE, MAP_SHARED,
					 fd, ROCKET_BOARD_BASE);
	if (map == MAP_FAILED)
		printf("board counters: skipped, /dev/mem: %s\n", strerror(errno));
	if (fd >= 0)
		close(fd);
	if (map == MAP_FAILED)
		return false;
	page = map;
	if (*(volatile uint32_t *)(page + ROCKET_BOARD_MAGIC) !=
	    ROCKET_BOARD_MAGIC_VALUE) {
		printf("board counters: skipped, no control page at 0x%lx\n",
		       ROCKET_BOARD_BASE);
		munmap(map, ROCKET_BOARD_SIZE);
		page = NULL;
	}
	return page;
}

struct board_counts board_read(void)
{
	struct board_counts c = { 0 };

	for (unsigned long n = 0; page && n < ROCKET_BOARD_CORES; n++) {
		unsigned long core = ROCKET_BOARD_CORE(n) - ROCKET_BOARD_BASE;

		c.starts += read64(core + ROCKET_BOARD_STARTS);
		c.tasks += read64(core + ROCKET_BOARD_TASKS);
		c.npu_irqs += read64(core + ROCKET_BOARD_NPU_IRQS);
		c.root_loads += read64(core + ROCKET_BOARD_DTE_LOADS);
		c.faults += read64(core + ROCKET_BOARD_FAULTS);
		c.macs += read64(core + ROCKET_BOARD_MACS);
		c.busy_ns += read64(core + ROCKET_BOARD_BUSY_NS);
	}
	return c;
}

struct board_counts board_since(const struct board_counts *before)
{
	struct board_counts c = board_read();

	c.starts -= before->starts;
	c.tasks -= before->tasks;
	c.npu_irqs -= before->npu_irqs;
	c.root_loads -= before->root_loads;
	c.faults -= before->faults;
	c.macs -= before->macs;
	c.busy_ns -= before->busy_ns;
	return c;
}
