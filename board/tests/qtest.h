/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QTEST_H
#define QTEST_H

/*
 * Client of QEMU's qtest protocol (docs/devel/testing/qtest.rst in QEMU).
 *
 * QEMU runs without a CPU: this program reads and writes memory and registers
 * and moves the virtual clock, so that everything a device does happens between
 * two commands and is the same in each run.  Interrupts are events of the
 * protocol.  A QEMU that ends, or that does not answer for QTEST_ANSWER_S
 * seconds, ends the program with TAP's "Bail out!".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QTEST_ANSWER_S	20
#define QTEST_IRQS	256

struct qtest;

/*
 * Start a QEMU binary with the board and interception of all inputs of its
 * interrupt controller.  @options: further command line options, separated by
 * blanks, or NULL.
 */
struct qtest *qtest_start(const char *binary, const char *options);
/*
 * Ask QEMU to end, as a user does with SIGTERM.  Returns true if it ended with
 * status 0 within QTEST_ANSWER_S seconds; says why when it did not.
 */
bool qtest_stop(struct qtest *qt);

/*
 * Read where QEMU is to end because of it, and free @qt.  Returns its exit status;
 * -1, with a note, when it answered or did not end by itself.
 */
int qtest_readl_last(struct qtest *qt, uint64_t addr);

uint32_t qtest_readl(struct qtest *qt, uint64_t addr);
uint64_t qtest_readq(struct qtest *qt, uint64_t addr);
void qtest_writel(struct qtest *qt, uint64_t addr, uint32_t value);
void qtest_writeq(struct qtest *qt, uint64_t addr, uint64_t value);
void qtest_read(struct qtest *qt, uint64_t addr, void *buf, size_t len);
void qtest_write(struct qtest *qt, uint64_t addr, const void *buf, size_t len);
void qtest_fill(struct qtest *qt, uint64_t addr, uint8_t value, size_t len);

/* Virtual time as of the last step, ns. */
int64_t qtest_clock(struct qtest *qt);
/* Move the virtual clock by @ns > 0, running all timers on the way. */
void qtest_clock_step(struct qtest *qt, int64_t ns);
/* Move it to the next timer; false when there is none. */
bool qtest_clock_next(struct qtest *qt);

/* Level of an input of the interrupt controller (SPI number), as last reported. */
bool qtest_irq(struct qtest *qt, unsigned int irq);
/* How often it was raised since the start. */
unsigned int qtest_irq_edges(struct qtest *qt, unsigned int irq);
/* Number of commands sent. */
uint64_t qtest_commands(struct qtest *qt);

#endif
