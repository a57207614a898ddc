// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xf86drm.h>

#include "fuzz_case.h"
#include "fuzz_kmsg.h"
#include "fuzz_world.h"
#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_scene.h"
#include "igt_rocket_sysfs.h"

/* Far beyond what any case needs, on a host however busy, in s */
#define CASE_S		240
/* When all files are closed only jobs that run are left, and they have clocks. */
#define FENCE_S		60
#define HEALTH_S	240

/* Files that test cases open have numbers below. */
#define KEPT_FD		500

static char *complaint;		/* shared with the case's processes */

void fuzz_complain(struct fuzz_world *w, const char *format, ...)
{
	va_list args;

	if (*w->complaint)
		return;
	va_start(args, format);
	vsnprintf(w->complaint, FUZZ_COMPLAINT, format, args);
	va_end(args);
}

/*
 * The case's processes
 */

static int execute_op(struct fuzz_world *w, struct fuzz_stage *stage, const struct fuzz_op *op)
{
	int ret = fuzz_do_ioctl(w, stage, op);

	if (ret == -ENOSYS)
		ret = fuzz_do_share(w, op);
	if (ret == -ENOSYS)
		ret = fuzz_do_process(w, op);
	return ret;
}

static void execute(struct fuzz_world *w, struct fuzz_stage *stage, const struct fuzz_op *op)
{
	int ret;

	fuzz_kcov_begin();
	ret = execute_op(w, stage, op);
	fuzz_kcov_end(w->cover);
	fuzz_cover_reach(w->cover, 1 + op->type, -ret);
}

static struct fuzz_stage *new_stage(void)
{
	struct fuzz_stage *stage = calloc(1, sizeof(*stage));
	size_t page = getpagesize();

	stage->cliff = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(stage->cliff + page, page);
	return stage;
}

/* A child executes the next operations, with all that its parent has. */
static void fork_child(struct fuzz_world *w, struct fuzz_stage *stage,
		       const struct fuzz_program *program, uint32_t next, uint32_t count)
{
	unsigned int index;
	pid_t pid;

	if (w->is_child)
		return;
	index = __atomic_fetch_add(&w->children, 1, __ATOMIC_RELAXED);
	if (index >= FUZZ_MAX_CHILDREN)
		return;
	pid = fork();
	if (pid) {
		w->child[index] = pid;
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	w->is_child = true;
	fuzz_kcov_close();
	fuzz_kcov_open();
	for (uint32_t i = 0; i < count && i < program->count; i++)
		execute(w, stage, &program->ops[(next + i) % program->count]);
	_exit(0);
}

struct fuzz_thread {
	struct fuzz_world *w;
	const struct fuzz_program *program;
	uint32_t first;
	pthread_t thread;
};

static void *run_thread(void *data)
{
	struct fuzz_thread *t = data;
	const struct fuzz_program *program = t->program;
	struct fuzz_stage *stage = new_stage();

	fuzz_kcov_open();
	for (uint32_t i = 0; i < program->count; i++) {
		const struct fuzz_op *op = &program->ops[(t->first + i) % program->count];
		uint32_t count = op->arg[0] % FUZZ_MAX_OPS;

		if (op->type == FUZZ_FORK) {
			fork_child(t->w, stage, program, t->first + i + 1, count);
			i += t->w->is_child ? 0 : count;
		} else {
			execute(t->w, stage, op);
		}
	}
	fuzz_kcov_close();
	munmap(stage->cliff, getpagesize());
	free(stage);
	return NULL;
}

static int open_vgem(void)
{
	for (int i = 0; i < 8; i++) {
		char path[32];
		drmVersionPtr version;
		bool found;
		int fd;

		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		version = fd < 0 ? NULL : drmGetVersion(fd);
		found = version && !strcmp(version->name, "vgem");
		drmFreeVersion(version);
		if (found)
			return fd;
		close(fd);
	}
	return -1;
}

static void init_world(struct fuzz_world *w, struct fuzz_cover *cover)
{
	memset(w, 0, sizeof(*w));
	for (unsigned int i = 0; i < FUZZ_SLOTS; i++) {
		w->file[i] = -1;
		w->buf[i] = -1;
	}
	w->vgem = open_vgem();
	w->has_board = rocket_board_present();
	w->cover = cover;
	w->complaint = complaint;
	w->map = mmap(NULL, FUZZ_SLOTS * FUZZ_MAP_BYTES, PROT_NONE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

/* How a fence ended; whoever was told an error must know what it means. */
static void judge_fence(struct fuzz_world *w, int file)
{
	struct pollfd fence = { .fd = file, .events = POLLIN };
	struct sync_file_info info = { 0 };
	int ret;

	do
		ret = poll(&fence, 1, FENCE_S * 1000);
	while (ret < 0 && errno == EINTR);
	if (!ret) {
		fuzz_complain(w, "a fence has not signalled %d s after its file was closed",
			      FENCE_S);
		return;
	}
	if (ioctl(file, SYNC_IOC_FILE_INFO, &info))
		return;
	fuzz_cover_reach(w->cover, 1 + FUZZ_TYPES, -info.status);
	switch (info.status) {
	case 1:
	case -ESRCH:
	case -EFAULT:
	case -ETIMEDOUT:
	case -ENODEV:
	case -EIO:
		break;
	default:
		fuzz_complain(w, "a fence ended with %d (%s), which is not documented",
			      info.status, strerror(-info.status));
	}
}

static void finish(struct fuzz_world *w)
{
	const struct itimerval never = { 0 };
	unsigned int children = w->children < FUZZ_MAX_CHILDREN ? w->children : FUZZ_MAX_CHILDREN;
	unsigned int fences = w->fences < FUZZ_MAX_FENCES ? w->fences : FUZZ_MAX_FENCES;

	setitimer(ITIMER_REAL, &never, NULL);
	for (unsigned int i = 0; i < children; i++) {
		while (w->child[i] > 0 && waitpid(w->child[i], NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	/* A mapping holds its file, and the blockers go with vgem's. */
	munmap(w->map, FUZZ_SLOTS * FUZZ_MAP_BYTES);
	syscall(SYS_close_range, 3, KEPT_FD - 1, 0);
	for (unsigned int i = 0; i < fences; i++) {
		if (w->fence[i] >= 0)
			judge_fence(w, w->fence[i]);
	}
}

static void run_program(const struct fuzz_program *program, struct fuzz_cover *cover)
{
	static struct fuzz_world world;
	struct fuzz_thread threads[FUZZ_MAX_THREADS];

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fuzz_catch_signals();
	init_world(&world, cover);
	for (uint32_t i = 0; i < program->threads; i++) {
		threads[i] = (struct fuzz_thread){
			.w = &world, .program = program, .first = i * program->stagger,
		};
		/* The first is this one, so that a case of one thread has no other. */
		if (i)
			pthread_create(&threads[i].thread, NULL, run_thread, &threads[i]);
	}
	run_thread(&threads[0]);
	for (uint32_t i = 1; i < program->threads; i++)
		pthread_join(threads[i].thread, NULL);
	finish(&world);
	_exit(0);
}

/*
 * Around it
 */

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return;
	fputs(text, file);
	fclose(file);
}

/* Returns whether it ended in time, and how. */
static bool await(pid_t pid, int seconds, int *status)
{
	struct pollfd end = { .fd = syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	bool ended;
	int ret;

	do
		ret = poll(&end, 1, seconds * 1000);
	while (ret < 0 && errno == EINTR);
	ended = ret > 0;
	close(end.fd);
	/* Who hangs where, for the kernel's log. */
	if (!ended)
		write_file("/proc/sysrq-trigger", "w");
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	waitpid(pid, status, 0);
	return ended;
}

static bool uses(const struct fuzz_program *program, enum fuzz_type type)
{
	for (uint32_t i = 0; i < program->count; i++) {
		if (program->ops[i].type == type)
			return true;
	}
	return false;
}

/* All cores bound; those that went out of service are bound anew. */
static void restore_cores(void)
{
	uint32_t mask = 0;
	int fd = __rocket_open();

	if (fd >= 0) {
		mask = rocket_core_mask(fd);
		close(fd);
	}
	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++) {
		if (mask & 1u << core)
			continue;
		__rocket_sysfs_unbind(core);
		rocket_sysfs_bind(core);
	}
}

void fuzz_case_init(void)
{
	fuzz_kmsg_open();
	rocket_sysfs_cores();
	rocket_board_present();
	complaint = mmap(NULL, FUZZ_COMPLAINT, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	igt_assert(complaint != MAP_FAILED);
	rocket_board_silence();
	restore_cores();
}

const char *fuzz_case_run(const struct fuzz_program *program, struct fuzz_cover *cover)
{
	const char *said;
	int status = 0;
	bool ended;
	pid_t pid;

	*complaint = '\0';
	fflush(NULL);
	pid = fork();
	igt_assert(pid >= 0);
	if (!pid)
		run_program(program, cover);
	ended = await(pid, CASE_S, &status);
	rocket_board_silence();
	if (uses(program, FUZZ_UNBIND) || uses(program, FUZZ_INJECT) ||
	    uses(program, FUZZ_RAW_IOCTL))
		restore_cores();
	said = fuzz_kmsg_complaint();
	if (said)
		snprintf(complaint, FUZZ_COMPLAINT, "the kernel said: %s", said);
	else if (!ended)
		snprintf(complaint, FUZZ_COMPLAINT, "it did not end within %d s", CASE_S);
	else if (status && !*complaint)
		snprintf(complaint, FUZZ_COMPLAINT, "its process ended with wait status %#x",
			 status);
	return *complaint ? complaint : NULL;
}

static void look_at_device(void)
{
	int fd = rocket_open();
	struct rocket_scene scene = rocket_scene(fd, 0);

	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++)
		rocket_scene_expect_healthy(&scene, core, core);
}

bool fuzz_device_healthy(void)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	igt_assert(pid >= 0);
	if (!pid) {
		look_at_device();
		_exit(0);
	}
	return await(pid, HEALTH_S, &status) && !status;
}
