/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_SELFTEST_H__
#define __ROCKET_SELFTEST_H__

#include "rocket_hw.h"

struct rocket_kjob_seen;
struct rocket_kjobs;

void rocket_selftest_learn(struct rocket_hw *hw, struct rocket_kjobs *jobs);
int rocket_selftest_again(struct rocket_hw *hw, struct rocket_kjobs *jobs);

#if IS_ENABLED(CONFIG_KUNIT)
enum rocket_counter rocket_selftest_classify(const struct rocket_kjob_seen *one,
					     const struct rocket_kjob_seen *chain);
#endif

#endif
