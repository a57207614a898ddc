// SPDX-License-Identifier: MIT
/* Processes that a subtest starts. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "igt_aux.h"
#include "igt_core.h"
#include "internal.h"

#define MAX_CHILDREN 256
/* How often a process is hit by signals. */
#define SIGNAL_INTERVAL_US 500

bool igt_is_child;

static pid_t children[MAX_CHILDREN];
static int child_count;

static pid_t start(void)
{
	pid_t parent = getpid();
	pid_t pid;

	fflush(NULL);
	pid = fork();
	igt_assert_f(pid >= 0, "cannot fork\n");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(IGT_EXIT_FAILURE);
	igt_is_child = true;
	child_count = 0;
	return 0;
}

bool __igt_fork(void)
{
	pid_t pid;

	igt_assert(child_count < MAX_CHILDREN);
	pid = start();
	if (!pid)
		return true;
	children[child_count++] = pid;
	return false;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -1;
	}
	return status;
}

void igt_waitchildren(void)
{
	int bad = -1, bad_status = 0;

	for (int i = 0; i < child_count; i++) {
		int status = wait_for(children[i]);

		if (status && bad < 0) {
			bad = i;
			bad_status = status;
		}
	}
	child_count = 0;
	if (bad < 0)
		return;
	if (WIFSIGNALED(bad_status))
		igt_critical("child %d died by signal %d\n", bad, WTERMSIG(bad_status));
	else
		igt_critical("child %d failed with exit status %d\n", bad,
			     WEXITSTATUS(bad_status));
	igt_fail(IGT_EXIT_FAILURE);
}

bool __igt_fork_helper(struct igt_helper_process *proc)
{
	igt_assert(!proc->running);
	proc->pid = start();
	proc->running = true;
	return !proc->pid;
}

int igt_wait_helper(struct igt_helper_process *proc)
{
	igt_assert(proc->running);
	proc->running = false;
	return wait_for(proc->pid);
}

void igt_stop_helper(struct igt_helper_process *proc)
{
	if (!proc->running)
		return;
	kill(proc->pid, proc->use_SIGKILL ? SIGKILL : SIGTERM);
	igt_wait_helper(proc);
}

static struct igt_helper_process signaller = { .use_SIGKILL = true };

static void interrupted(int signal)
{
	(void)signal;
}

void igt_fork_signal_helper(void)
{
	struct sigaction action = { .sa_handler = interrupted };
	pid_t target = getpid();

	/* Without SA_RESTART: system calls do return. */
	sigaction(SIGCONT, &action, NULL);
	igt_fork_helper(&signaller) {
		while (!kill(target, SIGCONT))
			usleep(SIGNAL_INTERVAL_US);
	}
}

void igt_stop_signal_helper(void)
{
	igt_stop_helper(&signaller);
	signal(SIGCONT, SIG_DFL);
}
