/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RK3576_H
#define RK3576_H

/* The board with the NPU of an RK3576, as its tests use it. */

#include <stdbool.h>
#include <stdint.h>

#include "board.h"

#define MACHINE			"-machine rk3576-npu"
#define SILICON(setting)	MACHINE ",silicon=" setting

#define CORE(n)			(0x27700000ULL + 0x8000 * (n))
#define SPI(n)			(247u + (n))
#define MMU(n, bank)		(CORE(n) + 0x2000 + 0x100 * (bank))
#define CRU			0x27200000ULL
#define PMU			0x27380000ULL
#define CLKGATE(n)		(CRU + 0x800 + 4 * (n))
#define SOFTRST(n)		(CRU + 0xa00 + 4 * (n))
#define PMU_IDLE		(PMU + 0x110)
#define PMU_GATE		(PMU + 0x214)	/* its second word has the NPU */

#define TASK_STATUS		0x0048
#define TASK_CON_PP_EN		(1u << 16)
#define TASK_CON_COUNT_CLEAR	(1u << 17)
#define PC_DONE			(3u << 28)
#define VERSION			1179210311u

/* A bit of a register whose upper half says which bits are meant. */
void rk3576_set_bit(struct board *b, uint64_t addr, unsigned int bit, bool value);
/* Pulses a reset of the core: srst_a, or that of its bus interface. */
void rk3576_srst_a(struct board *b, unsigned int core);
void rk3576_biu(struct board *b, unsigned int core);
/* A core's power domain. */
void rk3576_power(struct board *b, unsigned int core, bool on);
void rk3576_cbuf_clocks(struct board *b, bool run);
/* All that a driver does before it touches the cores. */
void rk3576_power_up(struct board *b);

uint32_t rk3576_rd(struct board *b, unsigned int core, unsigned int reg);
void rk3576_wr(struct board *b, unsigned int core, unsigned int reg, uint32_t value);
uint32_t rk3576_mmu_rd(struct board *b, unsigned int core, unsigned int bank,
		       unsigned int reg);
/* The same to both banks. */
void rk3576_mmu_all(struct board *b, unsigned int core, unsigned int reg, uint32_t value);
void rk3576_attach(struct board *b, unsigned int core, struct vm *vm);

/* Starts what lies at @stream; nothing but @mask raises the line. */
void rk3576_start(struct board *b, unsigned int core, uint32_t stream, unsigned int entries,
		  uint32_t task_con, uint32_t mask);
bool rk3576_wait_irq(struct board *b, unsigned int core);

#endif
