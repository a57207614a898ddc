// SPDX-License-Identifier: GPL-2.0-only

#include <linux/kernel.h>
#include <linux/pm_opp.h>
#include <linux/regulator/consumer.h>

#include "rocket_opp.h"

/**
 * DOC: Operating points
 *
 * The devicetree has them at each core, and one clock serves all cores: those of the first
 * core that is bound become the device's, but for those that the supply cannot give. A
 * supply that nobody knows gives what boards were seen to work with, whatever it is.
 */

/**
 * rocket_opp_get_supplies() - Find the regulators.
 * @opp: The operating points.
 * @core: The core that names them.
 *
 * Return: 0, also when it names none; a negative errno when it cannot have one that it
 * names. To be put in either case.
 */
int rocket_opp_get_supplies(struct rocket_opp *opp, struct device *core)
{
	static const char * const names[ROCKET_OPP_SUPPLIES] = { "npu", "sram" };

	for (int i = 0; i < ARRAY_SIZE(names); i++) {
		struct regulator *supply = regulator_get_optional(core, names[i]);

		if (IS_ERR(supply)) {
			if (PTR_ERR(supply) != -ENODEV)
				return PTR_ERR(supply);
			continue;
		}

		if (i && opp->supplies[0] && regulator_is_equal(supply, opp->supplies[0]))
			regulator_put(supply);
		else
			opp->supplies[i] = supply;
	}

	return 0;
}

/**
 * rocket_opp_put_supplies() - Undo rocket_opp_get_supplies().
 * @opp: The operating points.
 */
void rocket_opp_put_supplies(struct rocket_opp *opp)
{
	for (int i = 0; i < ARRAY_SIZE(opp->supplies); i++) {
		if (opp->supplies[i])
			regulator_put(opp->supplies[i]);
		opp->supplies[i] = NULL;
	}
}

/**
 * rocket_opp_voltage() - What the supply says that it gives.
 * @opp: The operating points.
 *
 * Return: The voltage in uV; -ENODEV without a supply, or its negative errno.
 */
int rocket_opp_voltage(const struct rocket_opp *opp)
{
	return opp->supplies[0] ? regulator_get_voltage(opp->supplies[0]) : -ENODEV;
}

/**
 * rocket_opp_may_go_blind() - Whether ROCKET_OPP_BLIND_HZ needs no other voltage.
 * @opp: The operating points.
 *
 * A voltage that cannot be asked is the one that boards were measured with.
 *
 * Return: %false when it is known to be too low.
 */
bool rocket_opp_may_go_blind(const struct rocket_opp *opp)
{
	int uv = rocket_opp_voltage(opp);

	return uv <= 0 || uv >= ROCKET_OPP_BLIND_UV;
}

static bool rocket_opp_can_supply(struct rocket_opp *opp, unsigned long hz, int uv)
{
	/* Whatever the voltage is. */
	if (!opp->supplies[0] || !uv)
		return hz <= ROCKET_OPP_BLIND_HZ;

	for (int i = 0; i < ARRAY_SIZE(opp->supplies); i++) {
		if (opp->supplies[i] &&
		    regulator_is_supported_voltage(opp->supplies[i], uv, INT_MAX) <= 0)
			return false;
	}

	return true;
}

/**
 * rocket_opp_copy_table() - Take the operating points of a core that the supply can give.
 * @opp: The operating points, with supplies.
 * @core: The core.
 *
 * Return: 0; -ENODEV when it has none, -ENOENT when none of them can be given, -ENOMEM. To
 * be dropped in any case.
 */
int rocket_opp_copy_table(struct rocket_opp *opp, struct device *core)
{
	struct dev_pm_opp *found;
	unsigned long hz = 0;
	int ret;

	ret = dev_pm_opp_of_add_table(core);
	if (ret)
		return ret;

	while (!ret && !IS_ERR(found = dev_pm_opp_find_freq_ceil(core, &hz))) {
		struct dev_pm_opp_data point = {
			.freq = hz,
			.u_volt = dev_pm_opp_get_voltage(found),
			.level = OPP_LEVEL_UNSET,
		};

		dev_pm_opp_put(found);
		if (rocket_opp_can_supply(opp, hz, point.u_volt)) {
			ret = dev_pm_opp_add_dynamic(opp->dev, &point);
			opp->table |= !ret;
		}
		hz++;
	}
	dev_pm_opp_of_remove_table(core);

	return ret ?: opp->table ? 0 : -ENOENT;
}

/**
 * rocket_opp_drop_table() - Undo rocket_opp_copy_table().
 * @opp: The operating points, which nobody is looking at.
 */
void rocket_opp_drop_table(struct rocket_opp *opp)
{
	if (opp->table)
		dev_pm_opp_remove_all_dynamic(opp->dev);
	opp->table = false;
}

/* What a rate needs, in uV; 0 when nothing is known. */
static int rocket_opp_needs(struct rocket_opp *opp, unsigned long hz)
{
	struct dev_pm_opp *found;
	int uv;

	if (!opp->table)
		return 0;

	found = dev_pm_opp_find_freq_ceil(opp->dev, &hz);
	if (IS_ERR(found))
		return 0;

	uv = dev_pm_opp_get_voltage(found);
	dev_pm_opp_put(found);

	return uv;
}

/**
 * rocket_opp_set_voltage() - Have the supplies give what a rate needs.
 * @opp: The operating points.
 * @hz: The rate.
 *
 * It is the lowest voltage that is enough; a supply that has enough and is fixed will do.
 *
 * Return: 0 or a negative errno of a regulator.
 */
int rocket_opp_set_voltage(struct rocket_opp *opp, unsigned long hz)
{
	int uv = rocket_opp_needs(opp, hz);

	for (int i = 0; uv && i < ARRAY_SIZE(opp->supplies); i++) {
		int ret = opp->supplies[i] ?
			  regulator_set_voltage(opp->supplies[i], uv, INT_MAX) : 0;

		if (ret)
			return ret;
	}

	return 0;
}

/**
 * rocket_opp_floor() - The highest operating point that is not above a rate.
 * @opp: The operating points.
 * @hz: The rate.
 *
 * Return: Its rate; 0 when there is none.
 */
unsigned long rocket_opp_floor(struct rocket_opp *opp, unsigned long hz)
{
	struct dev_pm_opp *found;

	if (!opp->table)
		return 0;

	found = dev_pm_opp_find_freq_floor(opp->dev, &hz);
	if (IS_ERR(found))
		return 0;
	dev_pm_opp_put(found);

	return hz;
}
