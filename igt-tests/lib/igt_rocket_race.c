// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket_race.h"

#define DIR	"/sys/kernel/debug/rocket_race/"
#define HELD_S	60

bool rocket_has_races(void)
{
	bool has = !access(DIR "visits", R_OK);

	errno = 0;
	return has;
}

void rocket_require_races(void)
{
	igt_require_f(rocket_has_races(),
		      "no " DIR ": needs root, and CONFIG_DRM_ACCEL_ROCKET_RACES\n");
}

static FILE *open_file(const char *name, const char *mode)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), DIR "%s", name);
	file = fopen(path, mode);
	igt_assert_f(file, "%s: %s\n", path, strerror(errno));
	errno = 0;
	return file;
}

static void set(const char *name, unsigned int value)
{
	FILE *file = open_file(name, "w");

	fprintf(file, "%u", value);
	igt_assert_eq(fclose(file), 0);
}

void rocket_race_delay(unsigned int max_us)
{
	if (!rocket_has_races())
		return;
	set("max_us", max_us);
	set("points", max_us ? ~0u : 0);
}

/* Its number and how often it was visited. */
static unsigned int find_point(const char *point, unsigned int *visits)
{
	FILE *file = open_file("visits", "r");
	unsigned int number = 0;
	char name[32];

	while (fscanf(file, "%31s %u", name, visits) == 2 && strcmp(name, point))
		number++;
	igt_assert_f(!strcmp(name, point), "the driver has no point %s\n", point);
	fclose(file);
	return number;
}

void rocket_race_hold(const char *point)
{
	unsigned int visits;

	set("hold", 1u << find_point(point, &visits));
}

void rocket_race_release(void)
{
	if (rocket_has_races())
		set("hold", 0);
}

unsigned int rocket_race_visits(const char *point)
{
	unsigned int visits;

	find_point(point, &visits);
	return visits;
}

static unsigned int held(void)
{
	FILE *file = open_file("held", "r");
	unsigned int count = 0;

	igt_assert_eq(fscanf(file, "%u", &count), 1);
	fclose(file);
	return count;
}

void rocket_race_await_held(unsigned int count)
{
	igt_set_timeout(HELD_S, "somebody coming to the point that is held");
	while (held() < count)
		continue;
	igt_reset_timeout();
}
