// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket_fdinfo.h"

bool rocket_fdinfo_text(int fd, char text[4096])
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	igt_assert_lt(0, rocket_sysfs_read(path, text, 4096));
	return strstr(text, "drm-");
}

/* A number, and then the unit, if there is one, behind one blank. */
static uint64_t number(const char *key, const char *value, const char **unit)
{
	unsigned long long result;
	char *end;

	igt_assert_f(isdigit((unsigned char)*value), "%s: \"%s\" is no number\n", key, value);
	errno = 0;
	result = strtoull(value, &end, 10);
	igt_assert_f(!errno && (*end == '\0' || *end == ' '), "%s: \"%s\"\n", key, value);
	*unit = *end ? end + 1 : end;
	return result;
}

static uint64_t plain(const char *key, const char *value)
{
	const char *unit;
	uint64_t result = number(key, value, &unit);

	igt_assert_f(!*unit, "%s has the unit %s\n", key, unit);
	return result;
}

static uint64_t nanoseconds(const char *key, const char *value)
{
	const char *unit;
	uint64_t result = number(key, value, &unit);

	igt_assert_f(!strcmp(unit, "ns"), "%s has the unit \"%s\"\n", key, unit);
	return result;
}

static uint64_t size(const char *key, const char *value)
{
	const char *unit;
	uint64_t result = number(key, value, &unit);

	if (!strcmp(unit, "KiB"))
		return result << 10;
	if (!strcmp(unit, "MiB"))
		return result << 20;
	igt_assert_f(!*unit, "%s has the unit \"%s\"\n", key, unit);
	return result;
}

static unsigned int core_of(const char *engine)
{
	unsigned int core;
	int used = 0;

	igt_assert_f(sscanf(engine, "core%u%n", &core, &used) == 1 && !engine[used] &&
		     core < ROCKET_MAX_CORES, "engine %s\n", engine);
	return core;
}

static uint64_t hertz(const char *key, const char *value)
{
	char *unit;
	uint64_t result = strtoull(value, &unit, 10);

	igt_assert_f(unit != value && !strcmp(unit, " Hz"), "%s: %s\n", key, value);
	return result;
}

static void parse_engine(struct rocket_fdinfo *info, const char *key, const char *engine,
			 const char *value)
{
	unsigned int core = core_of(engine);

	info->has_core[core] = true;
	info->engines++;
	info->busy_ns[core] = nanoseconds(key, value);
}

static void parse_pair(struct rocket_fdinfo *info, const char *key, const char *value)
{
	if (!strcmp(key, "drm-driver"))
		snprintf(info->driver, sizeof(info->driver), "%s", value);
	else if (!strcmp(key, "drm-client-id"))
		info->client = plain(key, value);
	else if (!strcmp(key, "drm-client-name"))
		snprintf(info->name, sizeof(info->name), "%s", value);
	else if (!strncmp(key, "drm-engine-", 11))
		parse_engine(info, key, key + 11, value);
	else if (!strncmp(key, "drm-curfreq-", 12))
		info->hz[core_of(key + 12)] = hertz(key, value);
	else if (!strncmp(key, "drm-maxfreq-", 12))
		info->max_hz[core_of(key + 12)] = hertz(key, value);
	else if (!strcmp(key, "drm-total-memory"))
		info->total = size(key, value);
	else if (!strcmp(key, "drm-shared-memory"))
		info->shared = size(key, value);
	else if (!strcmp(key, "drm-resident-memory"))
		info->resident = size(key, value);
	else if (!strcmp(key, "drm-active-memory"))
		info->active = size(key, value);
	else
		igt_assert_f(false, "unexpected key %s\n", key);
}

static bool seen_before(const char *text, const char *line, const char *key)
{
	const char *at = strstr(text, key);

	for (; at && at < line; at = strstr(at + 1, key)) {
		if (at[strlen(key)] == ':' && (at == text || at[-1] == '\n'))
			return true;
	}
	return false;
}

struct rocket_fdinfo rocket_fdinfo(int fd)
{
	char text[4096], line[512], *value, *colon;
	struct rocket_fdinfo info = { 0 };
	const char *at, *end;

	igt_assert(rocket_fdinfo_text(fd, text));
	for (at = text; (end = strchr(at, '\n')); at = end + 1) {
		igt_assert(end - at < (ssize_t)sizeof(line));
		memcpy(line, at, end - at);
		line[end - at] = '\0';
		colon = strchr(line, ':');
		igt_assert_f(colon, "no pair: %s\n", line);
		*colon = '\0';
		/* What files of all kinds have */
		if (strncmp(line, "drm-", 4) && strncmp(line, "rocket-", 7))
			continue;
		igt_assert_f(!strpbrk(line, " \t"), "blanks in the key %s\n", line);
		igt_assert_f(!seen_before(text, at, line), "%s twice\n", line);
		for (value = colon + 1; isspace((unsigned char)*value); value++)
			;
		igt_assert_f(*value, "%s has no value\n", line);
		parse_pair(&info, line, value);
	}
	igt_assert_f(!*at, "no end of line: %s\n", at);
	return info;
}
