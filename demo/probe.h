/* SPDX-License-Identifier: MIT */
/* Whether a delegate survives a model, tried in a process of its own. */
#ifndef DEMO_PROBE_H
#define DEMO_PROBE_H

#include <stdbool.h>

#include "file.h"

enum probe_end {
	PROBE_WORKS,		/* prepared, and run once with zeroes */
	PROBE_REFUSED,		/* an error, of which there is a message unless quiet */
	PROBE_DIED,		/* with the signal below */
};

struct probe {
	enum probe_end end;
	int signal;		/* SIGALRM: it did not end in PROBE_LIMIT seconds */
};

#define PROBE_LIMIT 120

/* quiet: without the messages of TFLite, of the delegate and of engine.h. */
struct probe probe_delegate(const struct file *model, const char *delegate, bool quiet);

/*
 * Says on stderr how the delegate died, and of which operators: each is tried alone.
 * delegate: its path.
 */
void probe_explain(const struct file *model, const char *delegate, const struct probe *death);

#endif
