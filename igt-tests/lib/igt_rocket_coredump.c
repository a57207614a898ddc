// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket_coredump.h"
#include "igt_rocket_sysfs.h"

#define INTERVAL	"/sys/module/rocket/parameters/coredump_interval_ms"
#define MAX_SIZE	(8u << 20)	/* far more than the driver writes */

void rocket_require_coredump(void)
{
	rocket_sysfs_cores();
	igt_require_f(!access("/sys/class/devcoredump", F_OK), "a kernel without devcoredump\n");
	igt_require_f(!access(INTERVAL, F_OK), "a driver that takes no coredumps\n");
}

unsigned int rocket_coredump_interval(void)
{
	unsigned int ms;
	FILE *file = fopen(INTERVAL, "r");

	igt_assert(file);
	igt_assert_eq(fscanf(file, "%u", &ms), 1);
	fclose(file);
	return ms;
}

void rocket_coredump_set_interval(unsigned int ms)
{
	FILE *file = fopen(INTERVAL, "w");

	igt_assert(file);
	igt_assert(fprintf(file, "%u\n", ms) > 0);
	igt_assert_eq(fclose(file), 0);
}

const char *rocket_coredump_path(unsigned int core, char path[300])
{
	return rocket_sysfs_path(core, "devcoredump/data", path);
}

bool rocket_coredump_pending(unsigned int core)
{
	char path[300];
	bool pending = !access(rocket_coredump_path(core, path), F_OK);

	errno = 0;
	return pending;
}

void rocket_coredump_discard(unsigned int core)
{
	char path[300];
	int fd = open(rocket_coredump_path(core, path), O_WRONLY | O_CLOEXEC);
	struct stat st;

	if (fd >= 0) {
		/* Whatever is written: it has been seen. */
		igt_assert_eq(write(fd, "1", 1), 1);
		close(fd);
	}
	/* Its link goes last, and only then there is room for another. */
	rocket_sysfs_path(core, "devcoredump", path);
	igt_set_timeout(20, "the end of a coredump");
	while (!lstat(path, &st))
		sched_yield();
	igt_reset_timeout();
	errno = 0;
}

void rocket_coredump_discard_all(void)
{
	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++)
		rocket_coredump_discard(core);
}

static void check(const struct rocket_coredump *dump)
{
	const struct drm_rocket_dump_header *header = rocket_coredump_header(dump);
	size_t at = sizeof(*header);

	igt_assert(dump->size >= sizeof(*header));
	igt_assert_eq_u64(header->magic, DRM_ROCKET_DUMP_MAGIC);
	igt_assert_eq_u32(header->version, DRM_ROCKET_DUMP_VERSION);
	igt_assert_eq_u32(header->header_size, sizeof(*header));
	igt_assert_eq_u64(header->size, dump->size);
	igt_assert_eq_u32(header->pad, 0);
	while (at < dump->size) {
		const struct drm_rocket_dump_section *section = (void *)(dump->data + at);

		igt_assert(dump->size - at >= sizeof(*section));
		igt_assert(section->type && section->entry_size);
		igt_assert_lte_u64((uint64_t)section->first + section->entry_count,
				   section->total);
		at += sizeof(*section);
		at += ((uint64_t)section->entry_size * section->entry_count + 7) / 8 * 8;
		igt_assert(at <= dump->size);
	}
}

static int open_dump(unsigned int core)
{
	char path[300];
	int fd;

	rocket_coredump_path(core, path);
	igt_set_timeout(20, "a coredump");
	while ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		sched_yield();
	igt_reset_timeout();
	errno = 0;
	return fd;
}

static void keep(const struct rocket_coredump *dump)
{
	const char *dir = getenv("ROCKET_COREDUMPS");
	char path[300];
	FILE *file;

	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/%llx", dir,
		 (unsigned long long)rocket_coredump_job(dump)->user_data);
	file = fopen(path, "w");
	igt_assert_f(file, "cannot write %s\n", path);
	igt_assert_eq(fwrite(dump->data, dump->size, 1, file), 1);
	igt_assert_eq(fclose(file), 0);
}

struct rocket_coredump rocket_coredump_read(unsigned int core)
{
	struct rocket_coredump dump = { .data = malloc(MAX_SIZE) };
	int fd = open_dump(core);
	ssize_t length;

	igt_assert(dump.data);
	do {
		length = read(fd, dump.data + dump.size, MAX_SIZE - dump.size);
		igt_assert(length >= 0);
		dump.size += length;
	} while (length);
	close(fd);
	igt_assert(dump.size < MAX_SIZE);
	check(&dump);
	keep(&dump);
	return dump;
}

struct rocket_coredump rocket_coredump_take(unsigned int core)
{
	struct rocket_coredump dump = rocket_coredump_read(core);

	rocket_coredump_discard(core);
	return dump;
}

void rocket_coredump_free(struct rocket_coredump *dump)
{
	free(dump->data);
	dump->data = NULL;
}

const struct drm_rocket_dump_header *rocket_coredump_header(const struct rocket_coredump *dump)
{
	return (void *)dump->data;
}

const struct drm_rocket_dump_section *
rocket_coredump_section(const struct rocket_coredump *dump, uint32_t type, unsigned int nth)
{
	size_t at = sizeof(struct drm_rocket_dump_header);

	while (at < dump->size) {
		const struct drm_rocket_dump_section *section = (void *)(dump->data + at);

		if (section->type == type && !nth--)
			return section;
		at += sizeof(*section);
		at += ((uint64_t)section->entry_size * section->entry_count + 7) / 8 * 8;
	}
	return NULL;
}

const void *rocket_coredump_entries(const struct drm_rocket_dump_section *section)
{
	return section + 1;
}

const struct drm_rocket_dump_job *rocket_coredump_job(const struct rocket_coredump *dump)
{
	const struct drm_rocket_dump_section *section =
		rocket_coredump_section(dump, DRM_ROCKET_DUMP_JOB, 0);

	igt_assert(section);
	igt_assert_eq_u32(section->entry_count, 1);
	igt_assert_eq_u32(section->entry_size, sizeof(struct drm_rocket_dump_job));
	igt_assert(!rocket_coredump_section(dump, DRM_ROCKET_DUMP_JOB, 1));
	return rocket_coredump_entries(section);
}

const struct drm_rocket_dump_fault *rocket_coredump_fault(const struct rocket_coredump *dump)
{
	const struct drm_rocket_dump_section *section =
		rocket_coredump_section(dump, DRM_ROCKET_DUMP_FAULT, 0);

	if (!section)
		return NULL;
	igt_assert_eq_u32(section->entry_count, 1);
	igt_assert_eq_u32(section->entry_size, sizeof(struct drm_rocket_dump_fault));
	return rocket_coredump_entries(section);
}

uint32_t rocket_coredump_register(const struct rocket_coredump *dump, uint16_t offset,
				  uint16_t group)
{
	const struct drm_rocket_dump_section *section =
		rocket_coredump_section(dump, DRM_ROCKET_DUMP_REGISTERS, 0);
	const struct drm_rocket_dump_register *regs;

	igt_assert(section);
	regs = rocket_coredump_entries(section);
	for (uint32_t i = 0; i < section->entry_count; i++) {
		if (regs[i].offset == offset && regs[i].group == group)
			return regs[i].value;
	}
	igt_assert_f(false, "no register %#x of group %u in the dump\n", offset, group);
	return 0;
}

const struct drm_rocket_dump_mapping *
rocket_coredump_mapping(const struct rocket_coredump *dump, uint64_t addr)
{
	const struct drm_rocket_dump_section *section =
		rocket_coredump_section(dump, DRM_ROCKET_DUMP_MAPPINGS, 0);
	const struct drm_rocket_dump_mapping *mappings;

	igt_assert(section);
	mappings = rocket_coredump_entries(section);
	for (uint32_t i = 0; i < section->entry_count; i++) {
		if (addr >= mappings[i].addr && addr - mappings[i].addr < mappings[i].range)
			return &mappings[i];
	}
	return NULL;
}
