// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "bench_functions.h"
#include "igt.h"
#include "igt_rocket_sysfs.h"

#define TRACEFS		"/sys/kernel/tracing/"
/* In KiB; a call takes about 50 bytes. */
#define BUFFER_KB	"16384"

static void set(const char *file, const char *value)
{
	char path[64];
	int ret;

	snprintf(path, sizeof(path), TRACEFS "%s", file);
	ret = rocket_sysfs_write(path, value);
	igt_assert_f(!ret, "cannot write \"%s\" to %s: %s\n", value, path, strerror(-ret));
}

/* Opened to be written anew it is empty, which is: all; it takes one name at a time. */
static void set_filter(const char *names)
{
	FILE *file = fopen(TRACEFS "set_ftrace_filter", "w");
	char name[64];
	int used;

	igt_assert(file);
	setbuf(file, NULL);
	for (; sscanf(names, "%63s%n", name, &used) == 1; names += used)
		igt_assert(fprintf(file, "%s\n", name) > 0);
	igt_assert_eq(fclose(file), 0);
}

void bench_functions_begin(const char *names)
{
	if (access(TRACEFS "current_tracer", F_OK))
		mount("tracefs", TRACEFS, "tracefs", 0, NULL);
	set("current_tracer", "nop");
	set("buffer_size_kb", BUFFER_KB);
	set_filter(names);
	set("current_tracer", "function_graph");
}

/* Lines with a duration are those of returns: " 0)   1.234 us    |  name();" */
static uint64_t sum_durations(FILE *file)
{
	uint64_t sum = 0;
	char line[256];
	double us;

	while (fgets(line, sizeof(line), file)) {
		char *bar = strchr(line, ')');

		igt_assert_f(!strstr(line, "LOST"), "the trace buffer was too small\n");
		if (line[0] != '#' && bar && sscanf(bar + strcspn(bar, "0123456789"),
						    "%lf us", &us) == 1)
			sum += us * 1000 + 0.5;
	}
	return sum;
}

uint64_t bench_functions_end(void)
{
	uint64_t sum;
	FILE *file;

	set("tracing_on", "0");
	file = fopen(TRACEFS "trace", "r");
	igt_assert(file);
	sum = sum_durations(file);
	fclose(file);
	set("current_tracer", "nop");
	set_filter("");
	set("tracing_on", "1");
	igt_assert_f(sum, "none of the functions was called\n");
	return sum;
}
