// SPDX-License-Identifier: GPL-2.0-only
/*
 * The board's init: makes the guest ready, runs one command, hands back what
 * it writes and its exit status, and switches the board off.
 *
 * board/run puts its orders into /board/boot, one a line:
 *
 *   module PATH [PARAMETERS]  load a kernel module
 *   consoles NUMBER           the virtio ports are consoles; this is /dev/hvc0
 *   ports                     the virtio ports can be expected from here on
 *   share TAG NAME            mount the 9p share TAG at /mnt/NAME
 *   setenv NAME=VALUE         an environment variable of the command
 *   tty ROWS COLUMNS          run the command on the console /dev/hvc0
 *
 * and the command's arguments, each ended by NUL, into /board/args.
 *
 * Without "tty", the command's standard output and error go to the virtio
 * ports 2 and 3.  They pass through pipes, because a port can be opened only
 * once and programs do open /dev/stderr again.  Port 1 takes the outcome:
 * "ready" when the command is about to start, "exit STATUS", or "fail REASON".
 *
 * Plain ports are faster.  But Linux 7.3 takes them for closed by the host when
 * the system has slept: it asks how they are before it is ready for an answer.
 * Consoles do not ask.  They can be opened only after their ports have been given
 * names, which is an event.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define PORT_CONTROL	1
#define PORT_OUT	2
#define PORT_ERR	3
#define CONSOLE		"/dev/hvc0"

/* Virtio devices of all kinds are numbered in one row, at most so many. */
#define MAX_VIRTIO	32

static int control = -1;

/* Number of the port that is /dev/hvc0; negative when they are no consoles. */
static int first_console = -1;

static void write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t done = write(fd, data, len);

		if (done < 0) {
			if (errno == EINTR)
				continue;
			return;		/* nobody listens any more */
		}
		data += done;
		len -= done;
	}
}

static void report(const char *format, ...)
{
	char line[512];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (len >= (int)sizeof(line))
		len = sizeof(line) - 1;

	/* Without a port, the kernel log is the only place to be heard. */
	if (control < 0)
		control = open("/dev/kmsg", O_WRONLY);
	write_all(control, line, len);
}

static void __attribute__((noreturn)) power_off(void)
{
	sync();
	if (first_console >= 0)
		tcdrain(control);
	reboot(RB_POWER_OFF);
	_exit(1);		/* panics; the log shows it */
}

/* For what only a broken board or a wrong order can cause. */
static void __attribute__((noreturn)) fail(const char *what, const char *name)
{
	report("fail %s %s: %s\n", what, name, strerror(errno));
	power_off();
}

static void mount_at(const char *source, const char *target, const char *type,
		     unsigned long flags, const char *options)
{
	mkdir(target, 0755);
	if (mount(source, target, type, flags, options))
		fail("mount", target);
}

static void mount_system(void)
{
	mount_at("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=0755");
	mount_at("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	mount_at("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	mount_at("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	mount_at("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
	mount_at("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755");
	mount_at("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
	mount_at("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "mode=0620");
	symlink("/proc/self/fd", "/dev/fd");
	symlink("/proc/self/fd/0", "/dev/stdin");
	symlink("/proc/self/fd/1", "/dev/stdout");
	symlink("/proc/self/fd/2", "/dev/stderr");
}

/* A socket that hears of every device the kernel adds. */
static int uevent_socket(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		fail("listen to", "uevents");
	return fd;
}

/* Waits until the kernel adds or removes some device. */
static void await_event(int uevents)
{
	char event[4096];

	/* ENOBUFS says that events were lost: look again. */
	if (recv(uevents, event, sizeof(event), 0) < 0 && errno != ENOBUFS && errno != EINTR)
		fail("wait for", "devices");
}

/* Opens a device node; negative when it is not there yet. */
static int try_node(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT && errno != ENODEV && errno != ENXIO)
		fail("open", path);
	return fd;
}

/* Opens a port that is a console, for writing whatever comes as it is. */
static int open_port_console(int uevents, int port)
{
	struct termios mode;
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/dev/hvc%d", port - first_console);
	while ((fd = try_node(path, O_RDWR | O_NOCTTY)) < 0)
		await_event(uevents);
	if (tcgetattr(fd, &mode))
		fail("ask", path);
	cfmakeraw(&mode);
	if (tcsetattr(fd, TCSANOW, &mode))
		fail("set", path);
	return fd;
}

/* Opens a virtio port, whichever number its device has, when it is there. */
static int open_port(int uevents, int port)
{
	char path[32];
	int fd, device;

	if (first_console >= 0)
		return open_port_console(uevents, port);
	for (;;) {
		for (device = 0; device < MAX_VIRTIO; device++) {
			snprintf(path, sizeof(path), "/dev/vport%dp%d", device, port);
			fd = try_node(path, O_WRONLY);
			if (fd >= 0)
				return fd;
		}
		await_event(uevents);
	}
}

static int open_console(int uevents)
{
	int fd;

	while ((fd = try_node(CONSOLE, O_RDWR | O_NOCTTY)) < 0)
		await_event(uevents);
	return fd;
}

static void load_module(char *order)
{
	char *path = strsep(&order, " ");
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail("open", path);
	if (syscall(SYS_finit_module, fd, order ? order : "", 0) && errno != EEXIST)
		fail("load", path);
	close(fd);
}

static void mount_share(char *order)
{
	char *tag = strsep(&order, " ");
	char target[300];

	snprintf(target, sizeof(target), "/mnt/%s", order);
	mount_at(tag, target, "9p", 0,
		 "trans=virtio,version=9p2000.L,msize=262144,cache=mmap");
}

struct orders {
	bool tty;
	struct winsize size;
};

static void follow_orders(struct orders *orders, int uevents)
{
	FILE *file = fopen("/board/boot", "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	if (!file)
		fail("open", "/board/boot");
	while ((len = getline(&line, &room, file)) > 0) {
		char *rest = line;
		char *word;

		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		word = strsep(&rest, " ");
		if (!strcmp(word, "module")) {
			load_module(rest);
		} else if (!strcmp(word, "consoles")) {
			first_console = atoi(rest);
		} else if (!strcmp(word, "ports")) {
			control = open_port(uevents, PORT_CONTROL);
		} else if (!strcmp(word, "share")) {
			mount_share(rest);
		} else if (!strcmp(word, "setenv")) {
			putenv(strdup(rest));
		} else if (!strcmp(word, "tty")) {
			orders->tty = true;
			sscanf(rest, "%hu %hu", &orders->size.ws_row,
			       &orders->size.ws_col);
		} else {
			errno = EINVAL;
			fail("follow", word);
		}
	}
	free(line);
	fclose(file);
}

/* The command's arguments as a vector for exec. */
static char **read_args(void)
{
	struct stat stat;
	char *data, *arg;
	char **args;
	size_t count = 0;
	int fd = open("/board/args", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &stat))
		fail("open", "/board/args");
	data = malloc(stat.st_size + 1);
	args = calloc(stat.st_size + 1, sizeof(*args));
	if (!data || !args || read(fd, data, stat.st_size) != stat.st_size)
		fail("read", "/board/args");
	close(fd);
	for (arg = data; arg < data + stat.st_size; arg += strlen(arg) + 1)
		args[count++] = arg;
	return args;
}

static void __attribute__((noreturn)) run_child(char **args)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	chdir("/root");
	execvp(args[0], args);
	dprintf(2, "%s: %s\n", args[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static pid_t start_on_tty(int uevents, struct orders *orders, char **args)
{
	int fd = open_console(uevents);
	pid_t pid = fork();

	if (pid)
		return pid;
	setsid();
	ioctl(fd, TIOCSCTTY, 1);
	ioctl(fd, TIOCSWINSZ, &orders->size);
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	run_child(args);
}

static pid_t start_on_pipes(int out[2], int err[2], char **args)
{
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		fail("make", "pipes");
	pid = fork();
	if (pid) {
		close(out[1]);
		close(err[1]);
		return pid;
	}
	setsid();
	dup2(open("/dev/null", O_RDONLY), 0);
	dup2(out[1], 1);
	dup2(err[1], 2);
	run_child(args);
}

/* Passes on what a pipe holds; false at its end. */
static bool relay(int from, int to)
{
	char data[65536];
	ssize_t len = read(from, data, sizeof(data));

	if (len < 0)
		return errno == EINTR || errno == EAGAIN;
	write_all(to, data, len);
	return len > 0;
}

/* Empties a pipe that background processes may still hold open. */
static void drain(int from, int to)
{
	int left;

	while (!ioctl(from, FIONREAD, &left) && left > 0)
		relay(from, to);
}

/* Reaps all that has ended; true, and the status, when PID was among it. */
static bool reap(pid_t pid, int *status)
{
	bool found = false;
	pid_t dead;
	int how;

	while ((dead = waitpid(-1, &how, WNOHANG)) > 0) {
		if (dead == pid) {
			*status = WIFSIGNALED(how) ? 128 + WTERMSIG(how) :
						     WEXITSTATUS(how);
			found = true;
		}
	}
	return found;
}

/* Relays output until the command has ended; its exit status. */
static int supervise(pid_t pid, int children, const int from[2], const int to[2])
{
	struct pollfd polls[3] = {
		{ .fd = children, .events = POLLIN },
		{ .fd = from[0], .events = POLLIN },
		{ .fd = from[1], .events = POLLIN },
	};
	struct signalfd_siginfo info;
	int status = 0;
	int i;

	for (;;) {
		if (poll(polls, 3, -1) < 0)
			continue;
		for (i = 0; i < 2; i++) {
			if (polls[i + 1].revents && !relay(from[i], to[i]))
				polls[i + 1].fd = -1;
		}
		if (polls[0].revents) {
			read(children, &info, sizeof(info));
			if (reap(pid, &status))
				break;
		}
	}
	for (i = 0; i < 2; i++) {
		if (from[i] >= 0)
			drain(from[i], to[i]);
	}
	return status;
}

static void install_busybox(void)
{
	pid_t pid = fork();

	if (!pid) {
		execl("/bin/busybox", "busybox", "--install", "-s", "/bin", NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
}

int main(void)
{
	struct orders orders = { 0 };
	int from[2] = { -1, -1 };
	int to[2] = { -1, -1 };
	int out[2], err[2];
	int uevents, children;
	sigset_t set;
	char **args;
	pid_t pid;

	setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
	setenv("HOME", "/root", 1);
	sethostname("board", strlen("board"));
	mount_system();
	install_busybox();

	uevents = uevent_socket();
	follow_orders(&orders, uevents);
	args = read_args();

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	children = signalfd(-1, &set, SFD_CLOEXEC);

	report("ready\n");
	if (orders.tty) {
		pid = start_on_tty(uevents, &orders, args);
	} else {
		to[0] = open_port(uevents, PORT_OUT);
		to[1] = open_port(uevents, PORT_ERR);
		pid = start_on_pipes(out, err, args);
		from[0] = out[0];
		from[1] = err[0];
	}
	report("exit %d\n", supervise(pid, children, from, to));
	power_off();
}
