// SPDX-License-Identifier: MIT

#include "igt.h"
#include "igt_rocket_scene.h"

#define PROBE_ADDR	0x10000000u
#define ROW_PROBE_ADDR	0x30000000u

static void set_slot(struct rocket_scene *s, unsigned int slot)
{
	rocket_probe_clear_result(&s->probe, slot);
	rocket_probe_set(&s->probe, slot, ROCKET_SCENE_BASE + slot * ROCKET_PAGE,
			 rocket_probe_result_addr(&s->probe, slot));
}

struct rocket_scene rocket_scene(int fd, uint32_t vm)
{
	struct rocket_scene s = {
		.fd = fd, .bo = rocket_bo(fd, ROCKET_SCENE_PAGES * ROCKET_PAGE),
	};

	rocket_probe_init(&s.probe, fd, vm, PROBE_ADDR, ROCKET_SCENE_PAGES);
	rocket_bo_fill(&s.bo, ROCKET_SCENE_SEED);
	rocket_vm_map_bo(fd, vm, &s.bo, ROCKET_SCENE_BASE);
	for (unsigned int i = 0; i < ROCKET_SCENE_PAGES; i++)
		set_slot(&s, i);
	return s;
}

struct drm_rocket_job rocket_scene_job(struct rocket_scene *s, unsigned int slot,
				       unsigned int core, unsigned int timeout_ms)
{
	struct drm_rocket_job job = rocket_probe_job(&s->probe, slot, 1);

	job.core_mask = 1u << core;
	job.timeout_ms = timeout_ms;
	return job;
}

struct drm_rocket_job rocket_scene_hang(struct rocket_scene *s, unsigned int slot,
					unsigned int core, unsigned int timeout_ms)
{
	rocket_probe_set_hang(&s->probe, slot);
	return rocket_scene_job(s, slot, core, timeout_ms);
}

bool rocket_scene_copied(struct rocket_scene *s, unsigned int slot)
{
	return rocket_is_pattern((void *)rocket_probe_result(&s->probe, slot),
				 ROCKET_SCENE_SEED + slot);
}

void rocket_scene_expect_healthy(struct rocket_scene *s, unsigned int core,
				 unsigned int slot)
{
	struct drm_rocket_job job = rocket_scene_job(s, slot, core, ROCKET_SCENE_LONG_MS);

	set_slot(s, slot);
	igt_assert_eq(rocket_run(s->fd, &job), 0);
	igt_assert(rocket_scene_copied(s, slot));
}

struct rocket_row rocket_row(int fd, unsigned int slots, uint32_t seed)
{
	struct rocket_row row = {
		.pages = rocket_bo(fd, slots * ROCKET_PAGE), .slots = slots, .seed = seed,
	};

	rocket_bo_fill(&row.pages, seed);
	rocket_vm_map_bo(fd, 0, &row.pages, ROCKET_ROW_BASE);
	rocket_probe_init(&row.probe, fd, 0, ROW_PROBE_ADDR, slots);
	for (unsigned int i = 0; i < slots; i++) {
		rocket_probe_clear_result(&row.probe, i);
		rocket_probe_set(&row.probe, i, ROCKET_ROW_BASE + i * ROCKET_PAGE,
				 rocket_probe_result_addr(&row.probe, i));
	}
	for (unsigned int i = 0; i < slots; i++)
		rocket_probe_chain(&row.probe, i, (i + 1) % slots);
	return row;
}

bool rocket_row_copied(const struct rocket_row *row, unsigned int slot)
{
	return rocket_is_pattern((void *)rocket_probe_result(&row->probe, slot), row->seed + slot);
}

void rocket_row_expect_ran(const struct rocket_row *row, unsigned int first, unsigned int count)
{
	for (unsigned int i = 0; i < row->slots; i++) {
		bool ran = rocket_row_copied(row, i);

		igt_assert_f(ran == (i >= first && i < first + count), "task %u %s\n", i,
			     ran ? "ran" : "did not run");
	}
}
