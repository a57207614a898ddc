// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "igt.h"
#include "igt_rocket_debugfs.h"
#include "igt_rocket_oom.h"
#include "igt_rocket_sysfs.h"

#define DEBUGFS		"/sys/kernel/debug/"

/* Where the probes are, in VM 0 and in the VM of a try */
#define PROBE_ADDR	0x10000000u
#define JOB_ADDR	0x50000000u

/* What may be missing at the end, of a machine where other things go on */
#define LEAK_BYTES	(1u << 20)
#define GIVE_BACK_S	20

/*
 * Fault injection
 */

static int fail_nth = -1;

static void set(const char *path, const char *value)
{
	int ret = rocket_sysfs_write(path, value);

	igt_require_f(!ret, "%s: %s; needs root, and a kernel with CONFIG_FAILSLAB, "
		      "CONFIG_FAIL_PAGE_ALLOC and CONFIG_FAULT_INJECTION_DEBUG_FS\n",
		      path, strerror(-ret));
}

/* What lies between two addresses; without a filter in the kernel, nothing happens. */
static void set_filter(const char *which, uint64_t begin, uint64_t end)
{
	static const char * const injectors[] = { "failslab", "fail_page_alloc" };
	char path[64], value[32];

	if (access(DEBUGFS "failslab/reject-start", F_OK)) {
		errno = 0;
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(injectors); i++) {
		snprintf(path, sizeof(path), DEBUGFS "%s/%s-start", injectors[i], which);
		snprintf(value, sizeof(value), "%llu", (unsigned long long)begin);
		set(path, value);
		snprintf(path, sizeof(path), DEBUGFS "%s/%s-end", injectors[i], which);
		snprintf(value, sizeof(value), "%llu", (unsigned long long)end);
		set(path, value);
	}
}

void rocket_oom_require(void)
{
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	igt_require_f(fail_nth >= 0, "this kernel lets no allocation fail on demand: "
		      "no /proc/thread-self/fail-nth (CONFIG_FAULT_INJECTION)\n");
	igt_require_f(access(DEBUGFS "fail_usercopy", F_OK),
		      "this kernel counts copies to and from userspace as well "
		      "(CONFIG_FAULT_INJECTION_USERCOPY)\n");
	/* Those that may sleep, too, of any size, and without a word in the log. */
	set(DEBUGFS "failslab/ignore-gfp-wait", "N");
	set(DEBUGFS "failslab/verbose", "0");
	set(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N");
	set(DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N");
	set(DEBUGFS "fail_page_alloc/min-order", "0");
	set(DEBUGFS "fail_page_alloc/verbose", "0");
	set_filter("require", 0, ULONG_MAX);
	set_filter("reject", 0, 0);
	errno = 0;
}

/* The lowest address of a kernel symbol above that one, or of the one of that name. */
static uint64_t find_symbol(const char *wanted, uint64_t above)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long long address;
	uint64_t found = UINT64_MAX;
	char line[512], name[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx %*c %255s", &address, name) == 2 &&
		    (!wanted || !strcmp(name, wanted)) && address > above && address < found)
			found = address;
	}
	if (file)
		fclose(file);
	errno = 0;
	return found;
}

static void filter_function(const char *which, const char *function)
{
	uint64_t begin = find_symbol(function, 0);

	igt_require_f(!access(DEBUGFS "failslab/reject-start", F_OK),
		      "this kernel cannot choose allocations by who makes them "
		      "(CONFIG_FAULT_INJECTION_STACKTRACE_FILTER)\n");
	igt_require_f(begin != UINT64_MAX, "/proc/kallsyms does not tell where %s() is\n",
		      function);
	set_filter(which, begin, find_symbol(NULL, begin));
}

void rocket_oom_only(const char *function)
{
	filter_function("require", function);
}

void rocket_oom_spare(const char *function)
{
	filter_function("reject", function);
}

void rocket_oom_fragment(bool fragmented)
{
	set(DEBUGFS "fail_page_alloc/min-order", fragmented ? "1" : "0");
	set(DEBUGFS "fail_page_alloc/times", "-1");
	set(DEBUGFS "fail_page_alloc/probability", fragmented ? "100" : "0");
}

static void write_nth(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	igt_assert_eq(pwrite(fail_nth, text, len, 0), len);
}

void rocket_oom_begin(unsigned int nth)
{
	igt_assert(nth);
	write_nth(nth);
}

bool rocket_oom_end(void)
{
	char text[16] = "";

	igt_assert(pread(fail_nth, text, sizeof(text) - 1, 0) > 0);
	write_nth(0);
	return !strtoul(text, NULL, 10);
}

/*
 * What a client can see of itself
 */

struct state {
	uint32_t next_handle;
	uint32_t next_vm;
	uint32_t next_syncobj;
	char gpuvas[16384];
};

static int open_gpuvas(int fd)
{
	char path[ROCKET_DEBUGFS_PATH_MAX];
	int file;

	rocket_debugfs_path(fd, "gpuvas", path);
	file = open(path, O_RDONLY | O_CLOEXEC);
	igt_assert_f(file >= 0, "%s: %s\n", path, strerror(errno));
	return file;
}

/* Handles and ids are given out from the lowest that is free. */
static struct state *look(struct rocket_oom *c)
{
	struct drm_rocket_gem_create create = { .size = ROCKET_PAGE };
	struct state *state = calloc(1, sizeof(*state));
	size_t len = 0;
	ssize_t got;

	igt_assert(state);
	igt_assert_eq(__rocket_gem_create(c->fd, &create), 0);
	state->next_handle = create.handle;
	rocket_gem_close(c->fd, create.handle);
	state->next_vm = rocket_vm_create(c->fd);
	rocket_vm_destroy(c->fd, state->next_vm);
	state->next_syncobj = rocket_syncobj(c->fd);
	drmSyncobjDestroy(c->fd, state->next_syncobj);

	igt_assert_eq(lseek(c->gpuvas, 0, SEEK_SET), 0);
	while ((got = read(c->gpuvas, state->gpuvas + len, sizeof(state->gpuvas) - len)) > 0)
		len += got;
	igt_assert_eq(got, 0);
	igt_assert(len < sizeof(state->gpuvas));
	return state;
}

/* Compares and forgets. */
static void expect_same(struct state *before, struct state *after, const char *when,
			unsigned int nth)
{
	igt_assert_f(before->next_handle == after->next_handle &&
		     before->next_vm == after->next_vm &&
		     before->next_syncobj == after->next_syncobj,
		     "%s %u: next handles %u %u %u, before %u %u %u\n", when, nth,
		     after->next_handle, after->next_vm, after->next_syncobj,
		     before->next_handle, before->next_vm, before->next_syncobj);
	igt_assert_f(!strcmp(before->gpuvas, after->gpuvas),
		     "%s %u: mapped before:\n%s\nnow:\n%s\n", when, nth, before->gpuvas,
		     after->gpuvas);
	free(before);
	free(after);
}

/* Another file's VMs are in there, too: nobody else may have one. */
static struct rocket_oom make_client(void)
{
	struct rocket_oom c = { .fd = rocket_open(), .file = -1 };

	c.gpuvas = open_gpuvas(c.fd);
	c.cores = rocket_core_mask(c.fd);
	c.data = rocket_bo(c.fd, ROCKET_OOM_DATA_PAGES * ROCKET_PAGE);
	rocket_bo_fill(&c.data, ROCKET_OOM_SEED);
	rocket_probe_init(&c.probe, c.fd, 0, PROBE_ADDR, 1);
	rocket_vm_map_bo(c.fd, 0, &c.data, ROCKET_OOM_DATA_ADDR);
	return c;
}

static void expect_alive(struct rocket_oom *c, unsigned int round)
{
	unsigned int page = round % ROCKET_OOM_DATA_PAGES;

	rocket_probe_expect(&c->probe, ROCKET_OOM_DATA_ADDR + page * ROCKET_PAGE,
			    ROCKET_OOM_SEED + page);
}

static void free_client(struct rocket_oom *c)
{
	rocket_bo_free(c->fd, &c->data);
	rocket_probe_fini(&c->probe);
	close(c->gpuvas);
	close(c->fd);
}

/*
 * The loop
 */

struct tally {
	unsigned int failed;	/* calls that failed */
	unsigned int absorbed;	/* that did without the memory */
};

static void after_failure(struct rocket_oom *c, const struct rocket_oom_scene *scene,
			  struct state *before, unsigned int nth, int ret)
{
	igt_assert_f(!scene->cannot_fail && (ret == -ENOMEM || scene->any_error),
		     "allocation %u failed, the call returned %d (%s)\n", nth, ret,
		     strerror(-ret));
	expect_same(before, look(c), "after the failure of allocation", nth);
	if (scene->failed)
		scene->failed(c);
}

/* One try; true as long as there was an allocation to fail. */
static bool try_nth(struct rocket_oom *c, const struct rocket_oom_scene *scene, unsigned int nth,
		    struct tally *tally)
{
	struct state *outside = look(c), *before;
	bool injected;
	int ret;

	c->nth = nth;
	if (scene->prepare)
		scene->prepare(c);
	before = look(c);
	rocket_oom_begin(nth);
	ret = scene->try(c);
	injected = rocket_oom_end();
	errno = 0;
	if (ret) {
		igt_assert_f(injected, "without any failure the call returned %d (%s)\n", ret,
			     strerror(-ret));
		after_failure(c, scene, before, nth, ret);
		tally->failed++;
	} else {
		free(before);
		scene->done(c);
		tally->absorbed += injected;
	}
	if (scene->clean)
		scene->clean(c);
	expect_alive(c, nth);
	expect_same(outside, look(c), "after the try without allocation", nth);
	return injected;
}

/* What lay behind for the kernel's workers has to come back. */
static void expect_given_back(uint64_t before)
{
	struct timespec since = { 0 };
	uint64_t after;

	do
		after = rocket_shmem_bytes();
	while (after >= before + LEAK_BYTES &&
	       igt_nsec_elapsed(&since) < GIVE_BACK_S * UINT64_C(1000000000));
	igt_assert_lt_u64(after, before + LEAK_BYTES);
}

void rocket_oom_play(const struct rocket_oom_scene *scene)
{
	uint64_t shmem = rocket_shmem_bytes();
	unsigned int nth = scene->first ?: 1, step = scene->step ?: 1;
	struct tally tally = { 0 };
	struct rocket_oom c;

	rocket_oom_require();
	if (scene->only)
		rocket_oom_only(scene->only);
	c = make_client();
	expect_alive(&c, 0);
	for (; try_nth(&c, scene, nth, &tally); nth += step)
		igt_assert_lt(nth, ROCKET_OOM_MANY);
	free_client(&c);
	expect_given_back(shmem);
	igt_info("%u allocations: without %u the call failed, %u it could do without\n",
		 tally.failed + tally.absorbed, tally.failed, tally.absorbed);
	/* Else nothing was tested. */
	igt_assert(scene->cannot_fail || tally.failed);
}

/*
 * For scenes
 */

void rocket_oom_new_bo(struct rocket_oom *c)
{
	struct drm_rocket_gem_create create = { .size = ROCKET_OOM_SIZE };

	igt_assert_eq(__rocket_gem_create(c->fd, &create), 0);
	c->handle = create.handle;
	c->offset = create.offset;
}

uint8_t *rocket_oom_map_bo(struct rocket_oom *c)
{
	uint8_t *map = mmap(NULL, ROCKET_OOM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd,
			    c->offset);

	igt_assert(map != MAP_FAILED);
	return map;
}

void rocket_oom_drop_bo(struct rocket_oom *c)
{
	rocket_gem_close(c->fd, c->handle);
}

void rocket_oom_new_space(struct rocket_oom *c)
{
	c->vm = rocket_vm_create(c->fd);
	rocket_probe_init(&c->job, c->fd, c->vm, JOB_ADDR, 2);
	c->bo = rocket_bo(c->fd, ROCKET_OOM_SIZE);
	rocket_bo_fill(&c->bo, ROCKET_OOM_SPACE_SEED);
}

void rocket_oom_drop_space(struct rocket_oom *c)
{
	rocket_probe_fini(&c->job);
	rocket_bo_free(c->fd, &c->bo);
	rocket_vm_destroy(c->fd, c->vm);
}
