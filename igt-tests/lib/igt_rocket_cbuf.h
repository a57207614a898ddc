/* SPDX-License-Identifier: MIT */
#ifndef IGT_ROCKET_CBUF_H
#define IGT_ROCKET_CBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "igt_rocket.h"
#include "igt_rocket_soc.h"

/*
 * A client that puts secrets into the NPU's convolution buffer (CBUF), and reads
 * what it finds there without fetching it: by tasks with reuse bits.  Works with
 * any rocket driver: it needs no more than mainline's four ioctls.
 *
 * A secret is a number.  From it come atoms of 16 bytes, each of which tells its
 * secret and its own number, so that they are known again wherever the hardware
 * has put them.
 */

/*
 * The RK3576's buffer has no banks and no reuse bits. There a task may find the first rows
 * of its features in the buffer, and the entries of those may be where others' weights were.
 */
#define ROCKET_CBUF_BANK_BYTES	(ROCKET_CBUF_BANK_ENTRIES * ROCKET_CBUF_ENTRY_BYTES)
#define ROCKET_CBUF_ATOM	16u
/* The most that one dump brings: 11 banks of 12 */
#define ROCKET_CBUF_SIDE	(11u * ROCKET_CBUF_BANK_BYTES)

enum rocket_cbuf_side {
	ROCKET_CBUF_FEATURES,	/* banks 0 to 10, as features; entries 0 to 4063 */
	ROCKET_CBUF_WEIGHTS,	/* banks 1 to 11, as weights; entries 4096 to 6111 */
};

struct rocket_cbuf {
	int fd;
	bool rk3576;
	bool vm_bind;		/* the driver is not mainline's */
	uint32_t vm;
	uint32_t cores;		/* where jobs may run, 0 anywhere; mainline does not look */
	uint32_t timeout_ms;	/* of jobs, 0 for the default; mainline does not look */
	/* What jobs wait for, and what to do when one was submitted; not with mainline */
	const struct drm_rocket_sync *in;
	void (*meanwhile)(struct rocket_cbuf *c);
	uint32_t addr;		/* of the memory in the VM */
	struct rocket_bo bo;
};

/* Opens the device whatever driver it has; skips when there is none. */
int rocket_any_open(void);
/* The cores to try one after the other; 0x1 when the driver lets nobody choose. */
uint32_t rocket_any_cores(int fd);
/* How often to do a thing so that it happens on every core that is used at all. */
unsigned int rocket_any_tries(int fd);

/* In VM 0, at an address that the kernel chooses. */
void rocket_cbuf_init(struct rocket_cbuf *c, int fd);
/* In another VM. */
void rocket_cbuf_init_vm(struct rocket_cbuf *c, int fd, uint32_t vm, uint32_t addr);
void rocket_cbuf_fini(struct rocket_cbuf *c);

/*
 * Fills one side with atoms of the secret by a convolution that reads all of them,
 * and the one bank that is not of that side with others of the same secret.
 * Returns how the job ended, 0 or a negative errno (mainline does not tell: 0).
 */
int rocket_cbuf_fill(struct rocket_cbuf *c, enum rocket_cbuf_side side, uint32_t secret);
/* What a dump brings of that side. */
size_t rocket_cbuf_bytes(const struct rocket_cbuf *c, enum rocket_cbuf_side side);
unsigned int rocket_cbuf_atoms(const struct rocket_cbuf *c, enum rocket_cbuf_side side);
/*
 * Reads rocket_cbuf_bytes().  It costs the first bytes of the bank that is not of
 * that side: they are overwritten by what the dump itself computes with.
 */
int rocket_cbuf_dump(struct rocket_cbuf *c, enum rocket_cbuf_side side, uint8_t *to);

/* How many atoms of the secret are among the bytes. */
unsigned int rocket_cbuf_find(const uint8_t *data, size_t size, uint32_t secret);
/* How many of them a dump brings; asserts that it runs. */
unsigned int rocket_cbuf_found(struct rocket_cbuf *c, enum rocket_cbuf_side side,
			       uint32_t secret);

/*
 * Streams of one's own: places in the client's memory, and a job of one task.
 */

/* What the client's memory has room for. */
#define ROCKET_CBUF_STREAM_MAX	1024u	/* entries */
enum rocket_cbuf_place {
	ROCKET_CBUF_AT_STREAM,
	ROCKET_CBUF_AT_BIAS,
	ROCKET_CBUF_AT_IN,
	ROCKET_CBUF_AT_WEIGHTS,
	ROCKET_CBUF_AT_OUT,
	ROCKET_CBUF_AT_SPARE,	/* a page that no fill, dump or copy uses */
};

uint32_t rocket_cbuf_addr(const struct rocket_cbuf *c, enum rocket_cbuf_place place);
uint8_t *rocket_cbuf_mem(const struct rocket_cbuf *c, enum rocket_cbuf_place place);
/* Around what the CPU does with the memory. */
void rocket_cbuf_begin(const struct rocket_cbuf *c);
void rocket_cbuf_end(const struct rocket_cbuf *c);
/* Writes the stream of a convolution, all of it; returns its entries. */
unsigned int rocket_cbuf_emit(const struct rocket_cbuf *c, const struct rocket_conv *conv,
			      uint64_t stream[ROCKET_SOC_ENTRIES]);
/* Runs the stream as so many tasks; returns as rocket_cbuf_fill() does. */
int rocket_cbuf_run(struct rocket_cbuf *c, const uint64_t *stream, unsigned int entries,
		    unsigned int times);
/* A convolution that copies 64 bytes from the place for features to that for output. */
struct rocket_conv rocket_cbuf_copy(struct rocket_cbuf *c);
/* Runs that: a task that leaves nothing worth mentioning. */
int rocket_cbuf_touch(struct rocket_cbuf *c);

/*
 * From now on, what is in the buffer stays there as long as nobody takes it away: an idle core
 * does not fall asleep, or not so soon where power has to be lost between two clients.
 */
void rocket_cbuf_keep(struct rocket_cbuf *c, bool keep);

/* Tasks that one scrub of a core takes, as the board counts them */
#define ROCKET_SCRUB_TASKS 2u
/* Scrubs that it takes for the client to run so many tasks on the core, from now on. */
unsigned int rocket_cbuf_scrubs(struct rocket_cbuf *c, unsigned int core,
				unsigned int tasks);

#endif
