// SPDX-License-Identifier: MIT
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket_signal.h"

#define US_PER_S	1000000u

static uint64_t us_of(struct timeval time)
{
	return (uint64_t)time.tv_sec * US_PER_S + time.tv_usec;
}

static void ignore(int signal)
{
	(void)signal;
}

void rocket_interrupt_every(unsigned int us)
{
	const struct timeval interval = { .tv_usec = us };
	const struct itimerval when = { .it_value = interval, .it_interval = interval };
	const struct sigaction action = { .sa_handler = ignore };

	igt_assert_eq(sigaction(SIGALRM, &action, NULL), 0);
	igt_assert_eq(setitimer(ITIMER_REAL, &when, NULL), 0);
}

/* CPU time that a process has had: says the same however busy the machine is. */
static uint64_t us_of_process(pid_t pid)
{
	struct timespec time;
	clockid_t clock;

	igt_assert_eq(clock_getcpuclockid(pid, &clock), 0);
	igt_assert_eq(clock_gettime(clock, &time), 0);
	return (uint64_t)time.tv_sec * US_PER_S + time.tv_nsec / 1000;
}

static bool has_ended(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	igt_assert_eq(waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
	return info.si_pid == pid;
}

struct rocket_call_end rocket_call_and_kill(void (*call)(void *data), void *data,
					    uint64_t kill_us)
{
	struct rusage usage;
	pid_t pid = fork();
	int status;

	igt_assert(pid >= 0);
	if (!pid) {
		call(data);
		_exit(0);
	}
	if (kill_us) {
		while (!has_ended(pid) && us_of_process(pid) < kill_us)
			sched_yield();
		kill(pid, SIGKILL);
	}
	igt_assert_eq(wait4(pid, &status, 0, &usage), pid);
	igt_assert(WIFSIGNALED(status) || !WEXITSTATUS(status));
	return (struct rocket_call_end){
		.killed = WIFSIGNALED(status),
		.us = us_of(usage.ru_utime) + us_of(usage.ru_stime),
	};
}
