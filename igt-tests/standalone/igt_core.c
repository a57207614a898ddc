// SPDX-License-Identifier: MIT
/* Subtests, fixtures and their results. */
#include <ctype.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "igt_core.h"
#include "internal.h"

/* A subtest that takes longer hangs. */
#define SUBTEST_TIMEOUT_S 300

sigjmp_buf igt_fixture_jmpbuf;

/* What a fixture decided for the subtests behind it. */
static enum { HENCEFORTH_RUN, HENCEFORTH_SKIP, HENCEFORTH_FAIL } henceforth;

static const char *subtest;
static bool in_fixture;
static bool started;
static char description[4096];
static struct { unsigned int matched, succeeded, skipped, failed, broken; } count;

const char *igt_subtest_name(void)
{
	return subtest;
}

/*
 * Time
 */

uint64_t igt_nsec_elapsed(struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!start->tv_sec && !start->tv_nsec) {
		*start = now;
		return 0;
	}
	return (now.tv_sec - start->tv_sec) * INT64_C(1000000000) +
	       now.tv_nsec - start->tv_nsec;
}

/*
 * Messages
 */

static void vlog(enum igt_log_level level, const char *format, va_list args)
{
	FILE *to = level >= IGT_LOG_WARN ? stderr : stdout;
	static const char * const names[] = { "DEBUG", "INFO", "WARNING", "CRITICAL" };

	if (level == IGT_LOG_DEBUG && !igt_debug_log)
		return;
	if (level != IGT_LOG_INFO)
		fprintf(to, "(%s:%d) %s: ", program_invocation_short_name, getpid(),
			names[level]);
	vfprintf(to, format, args);
	fflush(to);
}

void igt_log(const char *domain, enum igt_log_level level, const char *format, ...)
{
	va_list args;

	(void)domain;
	va_start(args, format);
	vlog(level, format, args);
	va_end(args);
}

void igt_describe_f(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(description, sizeof(description), format, args);
	va_end(args);
}

/*
 * Ends
 */

static __noreturn void end(int exitcode)
{
	fflush(NULL);
	if (in_fixture && !igt_is_child) {
		henceforth = exitcode == IGT_EXIT_SKIP ? HENCEFORTH_SKIP : HENCEFORTH_FAIL;
		in_fixture = false;
		siglongjmp(igt_fixture_jmpbuf, 1);
	}
	_exit(exitcode);
}

void igt_success(void)
{
	end(IGT_EXIT_SUCCESS);
}

void igt_fail(int exitcode)
{
	end(exitcode);
}

void igt_skip(const char *format, ...)
{
	va_list args;

	if (igt_is_child) {
		igt_critical("a child must not skip\n");
		end(IGT_EXIT_FAILURE);
	}
	va_start(args, format);
	vlog(IGT_LOG_INFO, format, args);
	va_end(args);
	end(IGT_EXIT_SKIP);
}

void __igt_skip_check(const char *file, int line, const char *func, const char *check,
		      const char *format, ...)
{
	char reason[1024] = "";
	va_list args;

	if (format) {
		va_start(args, format);
		vsnprintf(reason, sizeof(reason), format, args);
		va_end(args);
	}
	igt_skip("Test requirement not met in function %s, file %s:%d:\n"
		 "Test requirement: %s\n%s", func, file, line, check, reason);
}

void __igt_fail_assert(const char *file, int line, const char *func,
		       const char *assertion, const char *format, ...)
{
	int err = errno;
	va_list args;

	igt_critical("Test assertion failure function %s, file %s:%d:\n", func, file, line);
	igt_critical("Failed assertion: %s\n", assertion);
	if (err)
		igt_critical("Last errno: %d, %s\n", err, strerror(err));
	if (format) {
		va_start(args, format);
		vlog(IGT_LOG_CRITICAL, format, args);
		va_end(args);
	}
	igt_fail(IGT_EXIT_FAILURE);
}

static void timed_out(int signal)
{
	static const char message[] = "Timed out\n";

	(void)signal;
	if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0)
		_exit(IGT_EXIT_BROKEN);
	_exit(IGT_EXIT_FAILURE);
}

void igt_set_timeout(unsigned int seconds, const char *op)
{
	struct sigaction action = { .sa_handler = timed_out };

	igt_debug("%s must not take longer than %u s\n", op, seconds);
	sigaction(SIGALRM, &action, NULL);
	alarm(seconds);
}

void igt_reset_timeout(void)
{
	alarm(0);
}

bool igt_run_in_simulation(void)
{
	const char *value = getenv("INTEL_SIMULATION");

	return value && atoi(value);
}

/*
 * Fixtures and groups
 */

bool __igt_fixture(void)
{
	in_fixture = igt_mode == IGT_RUN && henceforth == HENCEFORTH_RUN;
	return in_fixture;
}

void __igt_fixture_complete(void)
{
	in_fixture = false;
}

int __igt_subtest_group_save(void)
{
	return henceforth;
}

void __igt_subtest_group_restore(int saved)
{
	henceforth = saved;
}

/*
 * Subtests
 */

static void check_name(const char *name)
{
	for (const char *c = name; *c; c++) {
		if (!isalnum(*c) && *c != '-' && *c != '_') {
			igt_critical("invalid name of a subtest: %s\n", name);
			exit(IGT_EXIT_INVALID);
		}
	}
}

static void describe(const char *name, const char *file, int line, const char *text)
{
	printf("SUB %s %s:%d:\n  %s\n\n", name, file, line,
	       *text ? text : "NO DOCUMENTATION!");
}

/* Waits for the subtest's process; true when it ended in time. */
static bool await(pid_t pid, int *status)
{
	struct pollfd end = { .fd = syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	bool ended = poll(&end, 1, SUBTEST_TIMEOUT_S * 1000) > 0;

	close(end.fd);
	/* Whatever it has started goes with it. */
	kill(-pid, SIGKILL);
	waitpid(pid, status, 0);
	return ended;
}

static const char *judge(bool ended, int status)
{
	if (!ended) {
		count.broken++;
		return "TIMEOUT";
	}
	if (WIFSIGNALED(status)) {
		igt_warn("Received signal SIG%s.\n", sigabbrev_np(WTERMSIG(status)));
		count.broken++;
		return "CRASH";
	}
	switch (WEXITSTATUS(status)) {
	case IGT_EXIT_SUCCESS:
		count.succeeded++;
		return "SUCCESS";
	case IGT_EXIT_SKIP:
		count.skipped++;
		return "SKIP";
	default:
		count.failed++;
		return "FAIL";
	}
}

static void result(const char *name, const char *what, uint64_t ns)
{
	printf("Subtest %s: %s (%.3fs)\n", name, what, ns / 1e9);
	fflush(stdout);
}

static void decided_already(const char *name)
{
	bool skip = henceforth == HENCEFORTH_SKIP;

	if (skip)
		count.skipped++;
	else
		count.failed++;
	result(name, skip ? "SKIP" : "FAIL", 0);
}

/* In the subtest's process true, in the test's false once that has ended. */
static bool run(const char *name)
{
	struct timespec start = { 0 };
	bool ended;
	int status;
	pid_t pid;

	igt_info("Starting subtest: %s\n", name);
	fflush(NULL);
	igt_nsec_elapsed(&start);
	pid = fork();
	if (pid < 0) {
		igt_critical("fork: %s\n", strerror(errno));
		exit(IGT_EXIT_BROKEN);
	}
	if (!pid) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		subtest = name;
		errno = 0;
		return true;
	}
	setpgid(pid, pid);
	ended = await(pid, &status);
	result(name, judge(ended, status), igt_nsec_elapsed(&start));
	return false;
}

static void say_version(void)
{
	struct utsname uts;

	uname(&uts);
	igt_info("IGT-Version: standalone (%s) (%s: %s %s)\n", uts.machine, uts.sysname,
		 uts.release, uts.machine);
	started = true;
}

bool __igt_run_subtest(const char *name, const char *file, int line)
{
	char text[sizeof(description)];

	check_name(name);
	strcpy(text, description);
	*description = '\0';
	if (!igt_selected(name))
		return false;
	count.matched++;
	switch (igt_mode) {
	case IGT_LIST:
		puts(name);
		return false;
	case IGT_DESCRIBE:
		describe(name, file, line, text);
		return false;
	default:
		break;
	}
	if (!started)
		say_version();
	if (henceforth != HENCEFORTH_RUN) {
		decided_already(name);
		return false;
	}
	return run(name);
}

void igt_exit(void)
{
	if (igt_pattern() && !count.matched) {
		igt_warn("Unknown subtest: %s\n", igt_pattern());
		exit(IGT_EXIT_INVALID);
	}
	if (count.broken)
		exit(IGT_EXIT_BROKEN);
	if (count.failed || henceforth == HENCEFORTH_FAIL)
		exit(IGT_EXIT_FAILURE);
	exit(count.skipped && !count.succeeded ? IGT_EXIT_SKIP : IGT_EXIT_SUCCESS);
}
