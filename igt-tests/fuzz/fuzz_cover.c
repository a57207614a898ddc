// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <linux/kcov.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz_cover.h"

#define KCOV		"/sys/kernel/debug/kcov"
#define KCOV_WORDS	(16u << 10)
/* Beyond what test cases close at random. */
#define KCOV_MIN_FD	500

static __thread int kcov = -1;
static __thread uint64_t *area;

struct fuzz_cover *fuzz_cover_new(void)
{
	void *map = mmap(NULL, sizeof(struct fuzz_cover), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return map == MAP_FAILED ? NULL : map;
}

unsigned int fuzz_cover_add(struct fuzz_cover *known, const struct fuzz_cover *new)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < FUZZ_COVER_SIZE; i++) {
		count += new->reached[i] && !known->reached[i];
		known->reached[i] |= new->reached[i];
	}
	return count;
}

bool fuzz_cover_contains(const struct fuzz_cover *cover, const struct fuzz_cover *part)
{
	for (unsigned int i = 0; i < FUZZ_COVER_SIZE; i++) {
		if (part->reached[i] && !cover->reached[i])
			return false;
	}
	return true;
}

void fuzz_cover_subtract(struct fuzz_cover *difference, const struct fuzz_cover *new,
			 const struct fuzz_cover *known)
{
	for (unsigned int i = 0; i < FUZZ_COVER_SIZE; i++)
		difference->reached[i] = new->reached[i] && !known->reached[i];
}

void fuzz_cover_clear(struct fuzz_cover *cover)
{
	memset(cover, 0, sizeof(*cover));
}

void fuzz_cover_reach(struct fuzz_cover *cover, unsigned int what, uint64_t value)
{
	uint64_t hash = (value ^ (uint64_t)what << 56) * 0x9e3779b97f4a7c15u;

	cover->reached[hash >> 48] = 1;
}

bool fuzz_kcov_available(void)
{
	return !faccessat(AT_FDCWD, KCOV, R_OK | W_OK, AT_EACCESS);
}

void fuzz_kcov_open(void)
{
	int fd = open(KCOV, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	kcov = fcntl(fd, F_DUPFD_CLOEXEC, KCOV_MIN_FD);
	close(fd);
	if (ioctl(kcov, KCOV_INIT_TRACE, (unsigned long)KCOV_WORDS))
		return;
	area = mmap(NULL, KCOV_WORDS * sizeof(*area), PROT_READ | PROT_WRITE, MAP_SHARED, kcov, 0);
	if (area == MAP_FAILED || ioctl(kcov, KCOV_ENABLE, KCOV_TRACE_PC))
		area = NULL;
}

void fuzz_kcov_begin(void)
{
	if (area)
		__atomic_store_n(&area[0], 0, __ATOMIC_RELAXED);
}

void fuzz_kcov_end(struct fuzz_cover *cover)
{
	uint64_t count = area ? __atomic_load_n(&area[0], __ATOMIC_RELAXED) : 0;

	for (uint64_t i = 0; i < count; i++)
		fuzz_cover_reach(cover, 0, area[i + 1]);
}

void fuzz_kcov_close(void)
{
	if (area) {
		ioctl(kcov, KCOV_DISABLE, 0);
		munmap(area, KCOV_WORDS * sizeof(*area));
		area = NULL;
	}
	if (kcov >= 0)
		close(kcov);
	kcov = -1;
}
