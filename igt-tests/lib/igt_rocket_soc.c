// SPDX-License-Identifier: MIT
#include "igt.h"
#include "igt_rocket_soc.h"

#define RK3576_CHANNELS	32u

unsigned int rocket_soc_entries(bool rk3576)
{
	return rk3576 ? ROCKET_RK3576_ENTRIES : ROCKET_CONV_ENTRIES;
}

static unsigned int whole(unsigned int channels)
{
	return (channels + RK3576_CHANNELS - 1) / RK3576_CHANNELS * RK3576_CHANNELS;
}

void rocket_soc_fit(bool rk3576, struct rocket_conv *c)
{
	if (!rk3576)
		return;
	c->in_channels = whole(c->in_channels);
	c->out_channels = whole(c->out_channels);
	c->weight_zero = 0;
	c->add = false;
	c->truncate = 0;
}

size_t rocket_soc_bias_size(bool rk3576, const struct rocket_conv *c)
{
	return rk3576 ? rocket_rk3576_bias_size(c) : rocket_conv_bias_size(c);
}

void rocket_soc_pack_bias(bool rk3576, const struct rocket_conv *c, void *dst,
			  const int32_t *bias, const int8_t *weights)
{
	igt_assert_eq(rk3576 ? rocket_rk3576_pack_bias(c, dst, bias, weights) :
			       rocket_conv_pack_bias(c, dst, bias, weights), 0);
}

static unsigned int emit_rk3576(const struct rocket_conv *c, const struct rocket_conv_task *task,
				uint64_t *stream)
{
	struct rocket_conv_task all = {
		.in_rows = c->in_height, .out_rows = rocket_conv_out_height(c),
		.pad_top = c->pad_top,
	};

	if (task)
		all = *task;
	all.data_reuse = all.weight_reuse = false;
	igt_assert_eq(rocket_rk3576_emit(c, &all, stream, ROCKET_RK3576_ENTRIES),
		      ROCKET_RK3576_ENTRIES);
	return ROCKET_RK3576_ENTRIES;
}

unsigned int rocket_soc_emit(bool rk3576, const struct rocket_conv *c,
			     const struct rocket_conv_task *task,
			     uint64_t stream[ROCKET_SOC_ENTRIES])
{
	if (rk3576)
		return emit_rk3576(c, task, stream);
	igt_assert_eq(rocket_conv_emit(c, task, stream, ROCKET_CONV_ENTRIES),
		      ROCKET_CONV_ENTRIES);
	return ROCKET_CONV_ENTRIES;
}

static uint64_t *find(uint64_t *stream, unsigned int entries, unsigned int reg)
{
	uint64_t *found = NULL;

	for (unsigned int i = 0; i < entries; i++) {
		if ((stream[i] & 0xffff) != reg || !(stream[i] >> 48))
			continue;
		igt_assert_f(!found, "register %#x is written twice\n", reg);
		found = &stream[i];
	}
	igt_assert_f(found, "register %#x is not written\n", reg);
	return found;
}

void rocket_soc_change(uint64_t *stream, unsigned int entries, unsigned int reg,
		       uint32_t value)
{
	uint64_t *entry = find(stream, entries, reg);

	*entry = rocket_regcmd(*entry >> 48, reg, value);
}

void rocket_soc_leave_out(uint64_t *stream, unsigned int entries, unsigned int reg)
{
	*find(stream, entries, reg) = 0;
}
