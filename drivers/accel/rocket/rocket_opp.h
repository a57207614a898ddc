/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_OPP_H__
#define __ROCKET_OPP_H__

#include <linux/types.h>

struct device;
struct regulator;

/* Supplies whose voltage follows the rate: npu, and sram where it is another one. */
#define ROCKET_OPP_SUPPLIES	2

/* The highest rate without control over the voltage, and what it is known to need. */
#define ROCKET_OPP_BLIND_HZ	600000000ul
#define ROCKET_OPP_BLIND_UV	700000

/**
 * struct rocket_opp - Operating points, and the supplies that have to follow them.
 *
 * Changed while no core is up, by one at a time; read by who sets a rate.
 */
struct rocket_opp {
	/** @dev: Whose operating points they are: the device's parent. Set once. */
	struct device *dev;

	/** @supplies: The regulators; %NULL for those that there are not. */
	struct regulator *supplies[ROCKET_OPP_SUPPLIES];

	/** @table: There are operating points. */
	bool table;
};

int rocket_opp_get_supplies(struct rocket_opp *opp, struct device *core);
void rocket_opp_put_supplies(struct rocket_opp *opp);
int rocket_opp_voltage(const struct rocket_opp *opp);
bool rocket_opp_may_go_blind(const struct rocket_opp *opp);

int rocket_opp_copy_table(struct rocket_opp *opp, struct device *core);
void rocket_opp_drop_table(struct rocket_opp *opp);
int rocket_opp_set_voltage(struct rocket_opp *opp, unsigned long hz);
unsigned long rocket_opp_floor(struct rocket_opp *opp, unsigned long hz);

#endif
