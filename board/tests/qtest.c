// SPDX-License-Identifier: GPL-2.0-or-later
/* Client of QEMU's qtest protocol. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "qtest.h"
#include "tap.h"

/* Bytes of memory that one command moves; two characters each in the protocol. */
#define CHUNK		16384
#define MAX_ARGS	32
#define LINE_SIZE	(2 * CHUNK + 128)

struct qtest {
	pid_t pid;
	int fd;
	int64_t clock;
	uint64_t commands;
	bool level[QTEST_IRQS];
	unsigned int edges[QTEST_IRQS];
	/* Bytes received behind the last line taken */
	char in[LINE_SIZE];
	size_t in_len;
	/* The last answer, behind its first word */
	char answer[LINE_SIZE];
	bool ok;
};

static const char *const board_options[] = {
	"-machine", "rk3588-npu", "-accel", "qtest", "-nodefaults", "-display", "none",
};

/* argv for QEMU: the board, @more (NULL-terminated), @options split at blanks into @copy. */
static void build_argv(char **argv, const char *binary, const char *const *more,
		       char *copy)
{
	unsigned int n = 0, i;
	char *word, *save;

	argv[n++] = (char *)binary;
	for (i = 0; i < sizeof(board_options) / sizeof(*board_options); i++)
		argv[n++] = (char *)board_options[i];
	for (; *more; more++)
		argv[n++] = (char *)*more;
	for (word = strtok_r(copy, " ", &save); word && n < MAX_ARGS - 1;
	     word = strtok_r(NULL, " ", &save))
		argv[n++] = word;
	argv[n] = NULL;
}

static _Noreturn void exec_qemu(char **argv)
{
	/* No QEMU shall outlive a test program that was killed. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execv(argv[0], argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/*
 * QOM path of the interrupt controller.  It has no name of its own in the
 * machine's tree, only a number that changes with the machine's devices, so ask
 * the monitor of a QEMU started for that alone.
 */
static void find_gic(const char *binary, const char *options, char *path, size_t size)
{
	static const char *const monitor[] = { "-S", "-monitor", "stdio", NULL };
	static const char script[] = "info qom-tree /machine/unattached\nquit\n";
	char line[512], copy[512], *argv[MAX_ARGS], *at;
	int to[2], from[2], status;
	FILE *output;
	pid_t pid;

	if (pipe(to) || pipe(from))
		tap_bail_out("pipe: %s", strerror(errno));
	snprintf(copy, sizeof(copy), "%s", options ? options : "");
	build_argv(argv, binary, monitor, copy);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		close(to[1]);
		close(from[0]);
		exec_qemu(argv);
	}
	close(to[0]);
	close(from[1]);
	if (write(to[1], script, sizeof(script) - 1) < 0)
		tap_bail_out("cannot talk to %s: %s", binary, strerror(errno));

	path[0] = 0;
	output = fdopen(from[0], "r");
	while (output && fgets(line, sizeof(line), output)) {
		at = strstr(line, "/device[");
		if (at && strstr(line, "gicv3)"))
			snprintf(path, size, "/machine/unattached%.*s",
				 (int)strcspn(at, " "), at);
	}
	fclose(output);
	close(to[1]);
	waitpid(pid, &status, 0);
	if (!path[0])
		tap_bail_out("%s has no machine rk3588-npu with a GICv3", binary);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* The end of QEMU, in words. */
static void describe_end(struct qtest *qt, char *text, size_t size)
{
	int status;

	if (waitpid(qt->pid, &status, 0) != qt->pid)
		snprintf(text, size, "vanished");
	else if (WIFSIGNALED(status))
		snprintf(text, size, "was ended by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(text, size, "ended with status %d", WEXITSTATUS(status));
}

static void receive(struct qtest *qt)
{
	struct pollfd fd = { .fd = qt->fd, .events = POLLIN };
	char text[128];
	ssize_t got;

	if (poll(&fd, 1, QTEST_ANSWER_S * 1000) == 0) {
		kill(qt->pid, SIGKILL);
		tap_bail_out("QEMU did not answer for %d s", QTEST_ANSWER_S);
	}
	got = read(qt->fd, qt->in + qt->in_len, sizeof(qt->in) - qt->in_len);
	if (got <= 0) {
		describe_end(qt, text, sizeof(text));
		tap_bail_out("QEMU %s", text);
	}
	qt->in_len += (size_t)got;
}

static void take_irq(struct qtest *qt, const char *line)
{
	unsigned int irq;
	char what[8];

	if (sscanf(line, "IRQ %7s %u", what, &irq) != 2 || irq >= QTEST_IRQS)
		return;
	qt->level[irq] = !strcmp(what, "raise");
	qt->edges[irq] += qt->level[irq];
}

/* Take lines until the answer to a command; interrupts come in between. */
static void await_answer(struct qtest *qt)
{
	char *end;
	size_t len;

	for (;;) {
		end = memchr(qt->in, '\n', qt->in_len);
		if (!end) {
			receive(qt);
			continue;
		}
		*end = 0;
		len = (size_t)(end + 1 - qt->in);
		memcpy(qt->answer, qt->in, len);
		qt->in_len -= len;
		memmove(qt->in, end + 1, qt->in_len);
		if (!strncmp(qt->answer, "IRQ ", 4)) {
			take_irq(qt, qt->answer);
			continue;
		}
		qt->ok = !strncmp(qt->answer, "OK", 2);
		return;
	}
}

static void send_all(struct qtest *qt, const char *text, size_t len)
{
	char why[128];
	ssize_t sent;

	for (; len; text += sent, len -= (size_t)sent) {
		sent = send(qt->fd, text, len, MSG_NOSIGNAL);
		if (sent <= 0) {
			describe_end(qt, why, sizeof(why));
			tap_bail_out("QEMU %s", why);
		}
	}
}

__attribute__((format(printf, 2, 3)))
static void command(struct qtest *qt, const char *format, ...)
{
	char text[256];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	send_all(qt, text, (size_t)len);
	await_answer(qt);
	qt->commands++;
}

static void must(struct qtest *qt, const char *what)
{
	if (!qt->ok)
		tap_bail_out("qtest %s: %s", what, qt->answer);
}

/* A socket that QEMU connects to; @dir is a fresh directory. */
static int listen_in(const char *dir, struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr->sun_family = AF_UNIX;
	snprintf(addr->sun_path, sizeof(addr->sun_path), "%s/qtest", dir);
	if (fd < 0 || bind(fd, (struct sockaddr *)addr, sizeof(*addr)) || listen(fd, 1))
		tap_bail_out("socket %s: %s", addr->sun_path, strerror(errno));

	return fd;
}

static int accept_qemu(struct qtest *qt, int listener, const char *binary)
{
	struct pollfd fd = { .fd = listener, .events = POLLIN };
	double deadline = now() + QTEST_ANSWER_S;
	char why[128];

	/* Short polls, because a QEMU that fails to start never connects. */
	while (poll(&fd, 1, 100) == 0) {
		int status;

		if (waitpid(qt->pid, &status, WNOHANG) == qt->pid)
			tap_bail_out("%s does not start (status %d)", binary,
				     WIFEXITED(status) ? WEXITSTATUS(status) : -1);
		if (now() > deadline) {
			kill(qt->pid, SIGKILL);
			describe_end(qt, why, sizeof(why));
			tap_bail_out("%s does not connect and %s", binary, why);
		}
	}

	return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

struct qtest *qtest_start(const char *binary, const char *options)
{
	static char gic[256];
	char dir[] = "/tmp/rocket-qtest-XXXXXX", copy[512], *argv[MAX_ARGS];
	struct qtest *qt = calloc(1, sizeof(*qt));
	char where[sizeof(struct sockaddr_un) + 8];
	const char *more[] = { "-qtest", where, "-qtest-log", "none", NULL };
	struct sockaddr_un addr;
	int listener;

	if (!gic[0])
		find_gic(binary, options, gic, sizeof(gic));
	if (!qt || !mkdtemp(dir))
		tap_bail_out("cannot make a directory in /tmp: %s", strerror(errno));

	listener = listen_in(dir, &addr);
	snprintf(where, sizeof(where), "unix:%s", addr.sun_path);
	snprintf(copy, sizeof(copy), "%s", options ? options : "");
	build_argv(argv, binary, more, copy);
	fflush(stdout);
	qt->pid = fork();
	if (!qt->pid)
		exec_qemu(argv);
	qt->fd = accept_qemu(qt, listener, binary);
	close(listener);
	unlink(addr.sun_path);
	rmdir(dir);

	command(qt, "irq_intercept_in %s\n", gic);
	must(qt, "irq_intercept_in");

	return qt;
}

bool qtest_stop(struct qtest *qt)
{
	double deadline = now() + QTEST_ANSWER_S;
	bool clean = false;
	int status;
	pid_t pid;

	kill(qt->pid, SIGTERM);
	/* QEMU closes the socket when it ends: wait for that, not for time. */
	while (now() < deadline) {
		struct pollfd fd = { .fd = qt->fd, .events = POLLIN };
		char sink[256];

		if (poll(&fd, 1, 1000) > 0 && read(qt->fd, sink, sizeof(sink)) <= 0)
			break;
	}
	if (now() >= deadline) {
		kill(qt->pid, SIGKILL);
		tap_note("QEMU did not end within %d s of SIGTERM", QTEST_ANSWER_S);
	}
	pid = waitpid(qt->pid, &status, 0);
	if (pid == qt->pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		clean = true;
	else
		tap_note("QEMU ended with wait status 0x%x", status);
	close(qt->fd);
	free(qt);

	return clean;
}

int qtest_readl_last(struct qtest *qt, uint64_t addr)
{
	struct pollfd fd = { .fd = qt->fd, .events = POLLIN };
	char text[64], sink[256];
	int status, ret = -1;

	send_all(qt, text, (size_t)snprintf(text, sizeof(text), "readl 0x%" PRIx64 "\n", addr));
	if (poll(&fd, 1, QTEST_ANSWER_S * 1000) != 1 || read(qt->fd, sink, sizeof(sink)) > 0) {
		tap_note("QEMU lives");
		kill(qt->pid, SIGKILL);
	}
	if (waitpid(qt->pid, &status, 0) == qt->pid && WIFEXITED(status))
		ret = WEXITSTATUS(status);
	close(qt->fd);
	free(qt);

	return ret;
}

uint32_t qtest_readl(struct qtest *qt, uint64_t addr)
{
	command(qt, "readl 0x%" PRIx64 "\n", addr);
	must(qt, "readl");

	return (uint32_t)strtoull(qt->answer + 3, NULL, 16);
}

uint64_t qtest_readq(struct qtest *qt, uint64_t addr)
{
	command(qt, "readq 0x%" PRIx64 "\n", addr);
	must(qt, "readq");

	return strtoull(qt->answer + 3, NULL, 16);
}

void qtest_writel(struct qtest *qt, uint64_t addr, uint32_t value)
{
	command(qt, "writel 0x%" PRIx64 " 0x%x\n", addr, value);
	must(qt, "writel");
}

void qtest_writeq(struct qtest *qt, uint64_t addr, uint64_t value)
{
	command(qt, "writeq 0x%" PRIx64 " 0x%" PRIx64 "\n", addr, value);
	must(qt, "writeq");
}

static uint8_t hex_digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

void qtest_read(struct qtest *qt, uint64_t addr, void *buf, size_t len)
{
	uint8_t *out = buf;
	size_t part, i;

	for (; len; addr += part, len -= part) {
		const char *hex = qt->answer + 5;	/* behind "OK 0x" */

		part = len < CHUNK ? len : CHUNK;
		command(qt, "read 0x%" PRIx64 " 0x%zx\n", addr, part);
		must(qt, "read");
		for (i = 0; i < part; i++)
			*out++ = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
	}
}

void qtest_write(struct qtest *qt, uint64_t addr, const void *buf, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	static char text[LINE_SIZE];
	const uint8_t *in = buf;
	size_t part, i, n;

	for (; len; addr += part, len -= part) {
		part = len < CHUNK ? len : CHUNK;
		n = (size_t)snprintf(text, sizeof(text), "write 0x%" PRIx64 " 0x%zx 0x",
				     addr, part);
		for (i = 0; i < part; i++, in++) {
			text[n++] = digits[*in >> 4];
			text[n++] = digits[*in & 15];
		}
		text[n++] = '\n';
		send_all(qt, text, n);
		await_answer(qt);
		qt->commands++;
		must(qt, "write");
	}
}

void qtest_fill(struct qtest *qt, uint64_t addr, uint8_t value, size_t len)
{
	command(qt, "memset 0x%" PRIx64 " 0x%zx 0x%x\n", addr, len, value);
	must(qt, "memset");
}

int64_t qtest_clock(struct qtest *qt)
{
	return qt->clock;
}

void qtest_clock_step(struct qtest *qt, int64_t ns)
{
	command(qt, "clock_step %" PRId64 "\n", ns);
	must(qt, "clock_step");
	qt->clock = strtoll(qt->answer + 3, NULL, 10);
}

bool qtest_clock_next(struct qtest *qt)
{
	command(qt, "clock_step\n");
	if (qt->ok)
		qt->clock = strtoll(qt->answer + 3, NULL, 10);

	return qt->ok;
}

bool qtest_irq(struct qtest *qt, unsigned int irq)
{
	return qt->level[irq];
}

unsigned int qtest_irq_edges(struct qtest *qt, unsigned int irq)
{
	return qt->edges[irq];
}

uint64_t qtest_commands(struct qtest *qt)
{
	return qt->commands;
}
