/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BOARD_H
#define BOARD_H

/*
 * The virtual board as the tests use it: power-up, page tables, starting a core
 * and waiting for it.  Whatever goes wrong on the way down to QEMU ends the
 * program (see qtest.h), so nothing here returns errors but what a test is about.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../include/rocket_board.h"
#include "qtest.h"
#include "regs.h"

#define PAGE	4096u

struct board {
	struct qtest *qt;
	/* Next free page of each kind of memory */
	uint64_t next_low, next_high;
};

/* Where memory is taken from. */
enum where { LOW, HIGH };

/* Start a board: @options as in qtest_start(). */
struct board *board_start(const char *qemu, const char *options);
/* End it; false, with a note, when QEMU did not end cleanly. */
bool board_stop(struct board *b);

/* Registers of a core's window, of an IOMMU bank, of the control page. */
uint32_t npu_read(struct board *b, unsigned int core, unsigned int reg);
void npu_write(struct board *b, unsigned int core, unsigned int reg, uint32_t value);
uint32_t mmu_read(struct board *b, unsigned int core, unsigned int bank, unsigned int reg);
void mmu_write(struct board *b, unsigned int core, unsigned int bank, unsigned int reg,
	       uint32_t value);
uint64_t board_count(struct board *b, unsigned int core, unsigned int counter);
void board_inject(struct board *b, unsigned int core, unsigned int reg, uint32_t value);
/* A register of the board's page: the time model. */
void board_set(struct board *b, unsigned int reg, uint32_t value);

/* Everything a driver does before it touches a core: power, clocks, resets off. */
void board_power_up(struct board *b, unsigned int core);
/* The power domain of a core, its bus port idled first as the kernel does. */
void board_power(struct board *b, unsigned int core, bool on);
void board_aclk(struct board *b, unsigned int core, bool run);
void board_hclk(struct board *b, unsigned int core, bool run);
/* Both resets (srst_a, srst_h) of a core. */
void board_srst_a(struct board *b, unsigned int core, bool assert);
void board_srst_h(struct board *b, unsigned int core, bool assert);
void board_reset_core(struct board *b, unsigned int core);

/* @pages pages of zeroed memory; never given back. */
uint64_t board_pages(struct board *b, enum where where, unsigned int pages);

/*
 * An address space of the NPU: two-level tables, whose contents are kept here
 * too, so that a test can reach memory by NPU address.
 */
struct vm {
	struct board *b;
	enum where where;	/* of tables and of what vm_alloc() hands out */
	uint64_t root;
	uint64_t tables[1024];	/* addresses of second-level tables, 0: none */
	uint64_t *pages[1024];	/* and of the pages that they map */
	uint32_t next;		/* IOVA of the next vm_alloc() */
};

struct vm *vm_new(struct board *b, enum where where);
void vm_free(struct vm *vm);
/* 32-bit table entry for a 40-bit address, flags in bits 2:0. */
uint32_t mmu_entry(uint64_t addr, uint32_t flags);
/* Map one page; the write to the table is all that happens: nothing is zapped. */
void vm_map(struct vm *vm, uint32_t iova, uint64_t phys, uint32_t flags);
/* Clear a page's table entry. */
void vm_unmap(struct vm *vm, uint32_t iova);
/*
 * Fresh memory of @size bytes at a fresh IOVA, a page unmapped behind it,
 * physical pages in descending order so that nothing is contiguous by accident.
 */
uint32_t vm_alloc(struct vm *vm, size_t size, uint32_t flags);
uint64_t vm_phys(struct vm *vm, uint32_t iova);
void vm_write(struct vm *vm, uint32_t iova, const void *buf, size_t len);
void vm_read(struct vm *vm, uint32_t iova, void *buf, size_t len);

/* Point all banks of a core at a VM, in the order of the kernel's driver. */
void board_attach(struct board *b, unsigned int core, struct vm *vm);
/* A command to all banks of a core. */
void board_mmu_command(struct board *b, unsigned int core, uint32_t command);

/* Start a chain of @tasks at @stream, its first stream of @entries, as the driver does. */
void board_start_tasks(struct board *b, unsigned int core, uint32_t stream,
		       unsigned int entries, unsigned int tasks);
/*
 * Let virtual time pass until the core's interrupt line (NPU or IOMMU) is up,
 * or @ns are over.  Returns whether it is up.
 */
bool board_wait_irq(struct board *b, unsigned int core, int64_t ns);
/* Let @ns of virtual time pass whatever happens. */
void board_pass(struct board *b, int64_t ns);
/* Clear all interrupts of the core's PC. */
void board_ack(struct board *b, unsigned int core);

/* A limit that no task of the tests comes near, 10 s. */
#define LONG_NS		10000000000LL

#endif
