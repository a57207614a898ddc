// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket_sysfs.h"
#include "igt_rocket_trace.h"

#define TRACEFS		"/sys/kernel/tracing"
/* In KiB, for each CPU: more events than any test makes */
#define BUFFER_KB	"4096"

static void write_setting(struct rocket_trace *trace, const char *file, const char *value)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", trace->dir, file);
	igt_assert_f(!rocket_sysfs_write(path, value), "cannot write %s to %s\n", value, path);
}

void rocket_trace_start(struct rocket_trace *trace, const char *events)
{
	char path[256], name[64];
	int used;

	*trace = (struct rocket_trace){ .pipe = -1 };
	if (access(TRACEFS "/instances", F_OK))
		mount("tracefs", TRACEFS, "tracefs", 0, NULL);
	igt_require_f(!access(TRACEFS "/instances", W_OK), "no tracefs, or not root\n");
	igt_require_f(!access(TRACEFS "/events/rocket", F_OK),
		      "the kernel has no trace events, or the driver none\n");

	snprintf(trace->dir, sizeof(trace->dir), TRACEFS "/instances/rocket-igt-%d", getpid());
	/* Where all subtests are one process, one that failed has left it. */
	rmdir(trace->dir);
	igt_assert_eq(mkdir(trace->dir, 0700), 0);
	write_setting(trace, "buffer_size_kb", BUFFER_KB);
	for (; sscanf(events, "%63s%n", name, &used) == 1; events += used) {
		snprintf(path, sizeof(path), "events/%s%s/enable", strchr(name, '/') ? "" : "rocket/",
			 name);
		write_setting(trace, path, "1");
	}

	snprintf(path, sizeof(path), "%s/trace_pipe", trace->dir);
	trace->pipe = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	igt_assert_fd(trace->pipe);
	errno = 0;
}

void rocket_trace_stop(struct rocket_trace *trace)
{
	close(trace->pipe);
	igt_assert_eq(rmdir(trace->dir), 0);
	free(trace->text);
	trace->text = NULL;
}

/* Reads all that is there. */
static void drain(struct rocket_trace *trace)
{
	ssize_t got;

	do {
		trace->text = realloc(trace->text, trace->length + 65536 + 1);
		igt_assert(trace->text);
		got = read(trace->pipe, trace->text + trace->length, 65536);
		if (got > 0)
			trace->length += got;
		trace->text[trace->length] = '\0';
	} while (got > 0);
	igt_assert(!got || errno == EAGAIN);
	igt_assert_f(!strstr(trace->text, "LOST"), "the trace buffer was too small\n");
	errno = 0;
}

/* "  comm-pid   [cpu] flags seconds.microseconds: name: fields" */
static bool parse(const char *line, size_t length, struct rocket_event *event)
{
	char copy[512], *at, *stamp;
	unsigned long s, us;

	if (length >= sizeof(copy))
		return false;
	memcpy(copy, line, length);
	copy[length] = '\0';
	at = strstr(copy, ": rocket_") ?: strstr(copy, ": dma_") ?: strstr(copy, ": map: IOMMU");
	if (!at)
		return false;
	*at = '\0';
	stamp = strrchr(copy, ' ');
	if (!stamp || sscanf(stamp, "%lu.%lu", &s, &us) != 2)
		return false;
	event->time_us = s * UINT64_C(1000000) + us;
	return sscanf(at + 2, "%31[^:]: %255[^\n]", event->name, event->fields) == 2;
}

static bool has_field(const struct rocket_event *event, const char *with)
{
	char fields[260], wanted[80];

	if (!with)
		return true;
	snprintf(fields, sizeof(fields), " %s ", event->fields);
	snprintf(wanted, sizeof(wanted), " %s ", with);
	return strstr(fields, wanted);
}

static unsigned int scan(struct rocket_trace *trace, const char *name, const char *with,
			 unsigned int nth, struct rocket_event *found)
{
	unsigned int count = 0;
	struct rocket_event event;
	const char *line, *end;

	drain(trace);
	for (line = trace->text; (end = strchr(line, '\n')); line = end + 1) {
		if (!parse(line, end - line, &event) || (*name && strcmp(event.name, name)) ||
		    !has_field(&event, with))
			continue;
		if (count++ == nth)
			*found = event;
	}
	return count;
}

bool rocket_trace_find(struct rocket_trace *trace, const char *name, const char *with,
		       unsigned int nth, struct rocket_event *event)
{
	return scan(trace, name, with, nth, event) > nth;
}

unsigned int rocket_trace_count(struct rocket_trace *trace, const char *name, const char *with)
{
	struct rocket_event event;

	return scan(trace, name, with, UINT32_MAX, &event);
}

struct rocket_event rocket_trace_await(struct rocket_trace *trace, const char *name,
				       const char *with, unsigned int count)
{
	struct rocket_event event = { 0 };

	igt_set_timeout(60, "trace events");
	while (!rocket_trace_find(trace, name, with, count - 1, &event))
		usleep(1000);
	igt_reset_timeout();
	return event;
}

void rocket_event_text(const struct rocket_event *event, const char *field, char text[64])
{
	char fields[260], wanted[40], *at;

	snprintf(fields, sizeof(fields), " %s", event->fields);
	snprintf(wanted, sizeof(wanted), " %s=", field);
	at = strstr(fields, wanted);
	igt_assert_f(at, "%s: %s has no field %s\n", event->name, event->fields, field);
	igt_assert_eq(sscanf(at + strlen(wanted), "%63s", text), 1);
}

uint64_t rocket_event_u64(const struct rocket_event *event, const char *field)
{
	char text[64];

	rocket_event_text(event, field, text);
	return strtoull(text, NULL, 0);
}

int64_t rocket_event_s64(const struct rocket_event *event, const char *field)
{
	char text[64];

	rocket_event_text(event, field, text);
	return strtoll(text, NULL, 0);
}
