// SPDX-License-Identifier: MIT
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine.h"
#include "faults.h"
#include "modelfile.h"
#include "operators.h"
#include "probe.h"

static int run_once(const struct file *model, const char *delegate)
{
	struct engine *e = engine_open(model, delegate);

	return !e || engine_zero(e) || engine_invoke(e);
}

static void silence(void)
{
	if (!freopen("/dev/null", "w", stderr) || !freopen("/dev/null", "w", stdout))
		_exit(1);
}

struct probe probe_delegate(const struct file *model, const char *delegate, bool quiet)
{
	struct probe probe = { .end = PROBE_REFUSED };
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child < 0) {
		perror("a process to try the delegate in");
		return probe;
	}
	if (!child) {
		if (quiet)
			silence();
		alarm(PROBE_LIMIT);
		_exit(run_once(model, delegate));
	}
	if (waitpid(child, &status, 0) != child)
		perror("the process in which the delegate is tried");
	else if (WIFSIGNALED(status))
		probe = (struct probe){ .end = PROBE_DIED, .signal = WTERMSIG(status) };
	else if (!WEXITSTATUS(status))
		probe.end = PROBE_WORKS;
	return probe;
}

/* Whether the delegate dies of this operator alone. */
static bool dies_of(const struct file *model, uint32_t number, const char *delegate)
{
	struct probe probe = { .end = PROBE_REFUSED };
	struct file single;

	if (modelfile_single(model, number, &single) == 0)
		probe = probe_delegate(&single, delegate, true);
	free(single.data);
	return probe.end == PROBE_DIED;
}

/* One line for an operator, and the reason when it is not the one given before. */
static const char *accuse(const struct file *model, uint32_t number, const char *said)
{
	const char *why = NULL;
	struct operator op;
	char text[160];

	if (operator_read(model, number, &op) == 0) {
		fprintf(stderr, "  operator %u, %s\n", number,
			operator_text(&op, text, sizeof(text)));
		why = fault_of_death(&op);
	}
	if (!why)
		why = "No reason is known. Please report it to Mesa, with the model.";
	if (why != said)
		fprintf(stderr, "    %s\n", why);
	return why;
}

void probe_explain(const struct file *model, const char *delegate, const struct probe *death)
{
	int count = modelfile_operators(model), guilty = 0;
	const char *said = NULL;

	if (death->signal == SIGALRM) {
		fprintf(stderr, "%s does not end within %d s with this model\n", delegate,
			PROBE_LIMIT);
		return;
	}
	fprintf(stderr, "%s dies with this model (%s), the driver has nothing to do with it. It dies alone with\n",
		delegate, strsignal(death->signal));
	for (int i = 0; i < count; i++) {
		if (!dies_of(model, i, delegate))
			continue;
		guilty++;
		said = accuse(model, i, said);
	}
	if (!guilty)
		fprintf(stderr, "  none of its operators: please report it to Mesa, with the model\n");
}
