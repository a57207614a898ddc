// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"
#include "rocket_coredump.h"

#define DEBUGFS		"/sys/kernel/debug/accel/*/"
#define INTERVAL	"/sys/module/rocket/parameters/coredump_interval_ms"
#define DUMPS		"/sys/bus/platform/devices/*.npu/devcoredump/data"
#define MAX_DUMP	(8U << 20)
/* A dump comes by a work queue, soon after its job. */
#define DUMP_TRIES	200
#define DUMP_PAUSE_NS	10000000

/* The parameter as it was; empty: not changed. And the signals that were let through. */
static char interval[32];
static sigset_t signals;
static bool prepared;

static FILE *open_one(const char *pattern)
{
	glob_t found;
	FILE *file = NULL;

	if (!glob(pattern, 0, NULL, &found))
		file = fopen(found.gl_pathv[0], "re");
	globfree(&found);
	return file;
}

bool kernel_fact(unsigned int core, const char *what, char value[64])
{
	FILE *file = open_one(DEBUGFS "silicon");
	char line[256], wanted[64];
	bool is_there = false;

	snprintf(wanted, sizeof(wanted), "core %u %s: ", core, what);
	while (file && !is_there && fgets(line, sizeof(line), file)) {
		is_there = !strncmp(line, wanted, strlen(wanted));
		if (is_there)
			snprintf(value, 64, "%.*s", (int)strcspn(line + strlen(wanted), "\n"),
				 line + strlen(wanted));
	}
	if (file)
		fclose(file);
	return is_there;
}

bool kernel_count(unsigned int core, const char *what, uint64_t *value)
{
	FILE *file = open_one(DEBUGFS "cores");
	char line[256], ours[32], *at;
	bool inside = false, is_there = false;

	snprintf(ours, sizeof(ours), "core %u:", core);
	while (file && !is_there && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "core ", 5))
			inside = !strncmp(line, ours, strlen(ours));
		at = strstr(line, what);
		if (inside && at) {
			*value = strtoull(at + strlen(what), NULL, 10);
			is_there = true;
		}
	}
	if (file)
		fclose(file);
	return is_there;
}

static bool write_interval(const char *text)
{
	FILE *file = fopen(INTERVAL, "we");
	bool ok = file && fputs(text, file) >= 0;

	/* What is written may be refused when it is closed. */
	return file && !fclose(file) && ok;
}

/* Path of the core's dump, if there is one; @data gets it, @size its size. */
static bool find_dump(unsigned int core, char path[256], uint8_t *data, size_t *size)
{
	struct drm_rocket_dump_header header;
	bool is_there = false;
	glob_t found;

	if (glob(DUMPS, 0, NULL, &found))
		return false;
	for (size_t i = 0; i < found.gl_pathc && !is_there; i++) {
		FILE *file = fopen(found.gl_pathv[i], "re");

		if (!file)
			continue;
		*size = fread(data, 1, MAX_DUMP, file);
		fclose(file);
		if (*size < sizeof(header))
			continue;
		memcpy(&header, data, sizeof(header));
		is_there = header.magic == DRM_ROCKET_DUMP_MAGIC && header.core == core;
		snprintf(path, 256, "%s", found.gl_pathv[i]);
	}
	globfree(&found);
	return is_there;
}

bool kernel_dump_prepare(unsigned int core)
{
	uint8_t *data = malloc(MAX_DUMP);
	FILE *file = fopen(INTERVAL, "re");
	char path[256], text[32];
	sigset_t all;
	bool ok = false;
	size_t size;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &signals);
	prepared = true;
	if (data && file && fgets(text, sizeof(text), file) &&
	    !find_dump(core, path, data, &size) && write_interval("0")) {
		snprintf(interval, sizeof(interval), "%s", text);
		ok = true;
	}
	if (file)
		fclose(file);
	free(data);
	return ok;
}

static void read_registers(const uint8_t *data, size_t size, struct hang *hang)
{
	size_t at = sizeof(struct drm_rocket_dump_header);
	struct drm_rocket_dump_section section;
	struct drm_rocket_dump_register reg;
	unsigned int found = 0;

	while (size - at > sizeof(section)) {
		memcpy(&section, data + at, sizeof(section));
		at += sizeof(section);
		if ((uint64_t)section.entry_size * section.entry_count > size - at)
			return;
		for (uint32_t i = 0; section.type == DRM_ROCKET_DUMP_REGISTERS &&
		     section.entry_size >= sizeof(reg) && i < section.entry_count; i++) {
			memcpy(&reg, data + at + i * section.entry_size, sizeof(reg));
			if (reg.offset == 0x0010)
				hang->base_address = reg.value;
			else if (reg.offset == 0x0034)
				hang->dma_base = reg.value;
			else if (reg.offset == 0x002c)
				hang->raw_status = reg.value;
			else
				continue;
			found++;
		}
		at += ((size_t)section.entry_size * section.entry_count + 7) / 8 * 8;
	}
	hang->known = found == 3;
}

void kernel_dump_take(unsigned int core, struct hang *hang)
{
	const struct timespec pause = { .tv_nsec = DUMP_PAUSE_NS };
	uint8_t *data = malloc(MAX_DUMP);
	char path[256];
	size_t size;
	FILE *file;

	*hang = (struct hang){ 0 };
	for (unsigned int i = 0; data && i < DUMP_TRIES; i++) {
		if (find_dump(core, path, data, &size)) {
			read_registers(data, size, hang);
			file = fopen(path, "we");
			if (file) {
				fputs("1", file);
				fclose(file);
			}
			break;
		}
		nanosleep(&pause, NULL);
	}
	free(data);
}

void kernel_dump_done(void)
{
	if (*interval)
		write_interval(interval);
	*interval = '\0';
	if (prepared)
		sigprocmask(SIG_SETMASK, &signals, NULL);
	prepared = false;
}
