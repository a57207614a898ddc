/* SPDX-License-Identifier: MIT */
#ifndef IGT_ROCKET_RACE_H
#define IGT_ROCKET_RACE_H

#include <stdbool.h>

/*
 * Points of the driver at which it can be delayed or held, in a kernel with
 * CONFIG_DRM_ACCEL_ROCKET_RACES; rocket_race.h of the driver says which.
 */

/* Whether there are any; needs root. */
bool rocket_has_races(void);
void rocket_require_races(void);

/*
 * Whoever comes to any of the points sleeps for up to so many us, 0 for not at all.
 * Does nothing where there are no points.
 */
void rocket_race_delay(unsigned int max_us);

/* Whoever comes to that point waits there, for 10 s at most, until released. */
void rocket_race_hold(const char *point);
void rocket_race_release(void);
/* Returns when so many wait at the point that is held. */
void rocket_race_await_held(unsigned int count);

/* How often somebody came to that point, since the module was loaded. */
unsigned int rocket_race_visits(const char *point);

#endif
