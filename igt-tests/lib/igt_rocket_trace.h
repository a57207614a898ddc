/* SPDX-License-Identifier: MIT */
#ifndef IGT_ROCKET_TRACE_H
#define IGT_ROCKET_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The driver's trace events, by way of a tracefs instance of the test's own: what
 * else is being traced on the machine is neither seen nor disturbed.
 */

struct rocket_trace {
	char dir[128];		/* of the instance */
	int pipe;		/* trace_pipe: what was read is gone */
	char *text;		/* what has been read, lines that end with '\n' */
	size_t length;
};

struct rocket_event {
	char name[32];		/* without the system */
	uint64_t time_us;	/* of the trace clock */
	char fields[256];	/* as printed: "core=0 client=5 ..." */
};

/*
 * Starts to record these events, separated by spaces: the driver's, "dma/NAME" of the
 * DMA API's, "iommu/map". Skips without tracefs.
 */
void rocket_trace_start(struct rocket_trace *trace, const char *events);
void rocket_trace_stop(struct rocket_trace *trace);

/*
 * The nth event of a name so far, whose fields begin or go on with what is given
 * ("client=5"), NULL for any; "" for any name.  False when there are not so many.
 */
bool rocket_trace_find(struct rocket_trace *trace, const char *name, const char *with,
		       unsigned int nth, struct rocket_event *event);
unsigned int rocket_trace_count(struct rocket_trace *trace, const char *name,
				const char *with);
/* Waits until there are so many; then returns the last of them. */
struct rocket_event rocket_trace_await(struct rocket_trace *trace, const char *name,
				       const char *with, unsigned int count);

/* The value of a field; fails the test where there is none. */
uint64_t rocket_event_u64(const struct rocket_event *event, const char *field);
int64_t rocket_event_s64(const struct rocket_event *event, const char *field);
/* A field as text. */
void rocket_event_text(const struct rocket_event *event, const char *field, char text[64]);

#endif
