// SPDX-License-Identifier: MIT
#include <signal.h>
#include <sys/time.h>

#include "igt.h"
#include "igt_rocket_signal.h"

static void ignore(int signal)
{
	(void)signal;
}

void rocket_interrupt_after(unsigned int us)
{
	const struct itimerval when = { .it_value.tv_usec = us };
	const struct sigaction action = { .sa_handler = ignore };

	igt_assert_eq(sigaction(SIGALRM, &action, NULL), 0);
	igt_assert_eq(setitimer(ITIMER_REAL, &when, NULL), 0);
}
