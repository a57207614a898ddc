// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "fuzz_stream.h"
#include "fuzz_world.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"
#include "igt_rocket_sysfs.h"

/* Where a thread comes back to when a mapping has gone under its hands. */
static __thread sigjmp_buf back;
static __thread volatile bool touching;

static void on_fault(int signal)
{
	if (touching)
		siglongjmp(back, signal);
	/* Not one of the mappings': the process has a bug. */
	_exit(128 + signal);
}

static void on_alarm(int signal)
{
	(void)signal;
}

void fuzz_catch_signals(void)
{
	struct sigaction fault = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };
	struct sigaction alarm = { .sa_handler = on_alarm };

	sigaction(SIGSEGV, &fault, NULL);
	sigaction(SIGBUS, &fault, NULL);
	/* No SA_RESTART: calls shall be interrupted. */
	sigaction(SIGALRM, &alarm, NULL);
}

static uint8_t *place_of(struct fuzz_world *w, uint64_t arg)
{
	return w->map + (size_t)fuzz_slot(arg) * FUZZ_MAP_BYTES;
}

static int do_mmap(struct fuzz_world *w, const struct fuzz_op *op)
{
	unsigned int bo = fuzz_slot(op->arg[1]);
	size_t size = w->bo_size[bo];
	void *map;

	if (size > FUZZ_MAP_BYTES)
		size = FUZZ_MAP_BYTES;
	size += op->arg[4] & 0xfffff;
	if (size > FUZZ_MAP_BYTES)
		size = FUZZ_MAP_BYTES;
	map = mmap(place_of(w, op->arg[2]), size, op->arg[3] & (PROT_READ | PROT_WRITE | PROT_EXEC),
		   MAP_SHARED | MAP_FIXED, fuzz_fd(w->file, op->arg[0]), w->bo_offset[bo]);
	return map == MAP_FAILED ? -errno : 0;
}

static int do_munmap(struct fuzz_world *w, const struct fuzz_op *op)
{
	void *map = mmap(place_of(w, op->arg[0]), FUZZ_MAP_BYTES, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);

	return map == MAP_FAILED ? -errno : 0;
}

/* Word by word: the mapping may end, or go, anywhere. */
static int copy_to_map(uint8_t *to, const uint64_t *words, size_t count)
{
	if (sigsetjmp(back, 1)) {
		touching = false;
		return -EFAULT;
	}
	touching = true;
	for (size_t i = 0; i < count; i++)
		((volatile uint64_t *)to)[i] = words[i];
	touching = false;
	return 0;
}

static int do_touch(struct fuzz_world *w, const struct fuzz_op *op)
{
	volatile uint64_t *at = (void *)(place_of(w, op->arg[0]) +
					 (op->arg[1] & (FUZZ_MAP_BYTES / 2 - 8)));

	if (sigsetjmp(back, 1)) {
		touching = false;
		return -EFAULT;
	}
	touching = true;
	if (op->arg[2])
		*at = op->arg[2];
	else
		(void)*at;
	touching = false;
	return 0;
}

/* Asked once, of a file that no case has. */
static bool for_rk3576(void)
{
	static int known = -1;
	int fd;

	if (known >= 0)
		return known;
	fd = __rocket_open();
	if (fd < 0)
		return false;
	known = rocket_is_rk3576(fd);
	close(fd);
	return known;
}

static int do_stream(struct fuzz_world *w, const struct fuzz_op *op)
{
	uint64_t stream[FUZZ_STREAM_WORDS];
	size_t words = fuzz_stream_make(stream, for_rk3576(), op->arg[2] % FUZZ_STREAM_KINDS,
					op->arg[3], op->arg[4]);

	return copy_to_map(place_of(w, op->arg[0]) + (op->arg[1] & (FUZZ_MAP_BYTES / 2 - 8)),
			   stream, words);
}

static int do_open(struct fuzz_world *w, const struct fuzz_op *op)
{
	int fd = __rocket_open();

	if (fd < 0)
		return -ENODEV;
	w->file[fuzz_slot(op->arg[0])] = fd;
	return 0;
}

static int do_itimer(uint64_t us)
{
	struct itimerval timer = {
		.it_interval.tv_usec = us % 1000000, .it_value.tv_usec = us % 1000000,
	};

	return setitimer(ITIMER_REAL, &timer, NULL) ? -errno : 0;
}

static int do_kill(struct fuzz_world *w)
{
	unsigned int count = w->children;
	pid_t pid = count && count <= FUZZ_MAX_CHILDREN ? w->child[count - 1] : 0;

	/* Another thread may be about to fork it. 0 and -1 are more than one process. */
	if (pid <= 0)
		return -ESRCH;
	return kill(pid, SIGKILL) ? -errno : 0;
}

/* Reads all of it; what can be dismissed is. */
static void read_all(const char *path, bool dismiss)
{
	char data[4096];
	int fd = open(path, (dismiss ? O_RDWR : O_RDONLY) | O_CLOEXEC);

	if (fd < 0)
		return;
	while (read(fd, data, sizeof(data)) > 0)
		continue;
	if (dismiss && write(fd, "1", 1) < 0)
		errno = 0;
	close(fd);
}

static int do_read(struct fuzz_world *w, const struct fuzz_op *op)
{
	const char *patterns[] = {
		"/sys/kernel/debug/accel/*/*",
		NULL,
		"/sys/class/devcoredump/devcd*/data",
		"/sys/bus/platform/drivers/rocket/*/*",
	};
	bool dismiss = op->arg[0] % 4 == 2;
	char own[64];
	glob_t found;

	snprintf(own, sizeof(own), "/proc/self/fdinfo/%d", w->file[0]);
	patterns[1] = own;
	if (glob(patterns[op->arg[0] % 4], 0, NULL, &found))
		return -ENOENT;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		/* Writing there would bind and unbind at once. */
		if (!strstr(found.gl_pathv[i], "/uevent"))
			read_all(found.gl_pathv[i], dismiss);
	}
	globfree(&found);
	return 0;
}

static int do_inject(struct fuzz_world *w, const struct fuzz_op *op)
{
	if (!w->has_board)
		return -ENODEV;
	rocket_board_inject(op->arg[0] % ROCKET_BOARD_CORES,
			    0x300 | (op->arg[1] & 0x3c), op->arg[2] & 3);
	return 0;
}

int fuzz_do_process(struct fuzz_world *w, const struct fuzz_op *op)
{
	unsigned int core = op->arg[0] % rocket_sysfs_cores();

	switch (op->type) {
	case FUZZ_OPEN:
		return do_open(w, op);
	case FUZZ_CLOSE:
		return close(fuzz_fd(w->file, op->arg[0])) ? -errno : 0;
	case FUZZ_DUP: {
		int fd = dup(fuzz_fd(w->file, op->arg[1]));

		if (fd >= 0)
			w->file[fuzz_slot(op->arg[0])] = fd;
		return fd < 0 ? -errno : 0;
	}
	case FUZZ_KILL:
		return do_kill(w);
	case FUZZ_MMAP:
		return do_mmap(w, op);
	case FUZZ_MUNMAP:
		return do_munmap(w, op);
	case FUZZ_TOUCH:
		return do_touch(w, op);
	case FUZZ_STREAM:
		return do_stream(w, op);
	case FUZZ_ITIMER:
		return do_itimer(op->arg[0]);
	case FUZZ_PAUSE:
		usleep(op->arg[0] % 20000);
		return 0;
	case FUZZ_UNBIND:
		return __rocket_sysfs_unbind(core);
	case FUZZ_BIND:
		return __rocket_sysfs_bind(core);
	case FUZZ_INJECT:
		return do_inject(w, op);
	case FUZZ_READ:
		return do_read(w, op);
	default:
		return -ENOSYS;
	}
}
