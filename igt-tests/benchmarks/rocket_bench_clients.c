// SPDX-License-Identifier: MIT
/*
 * Clients that take turns: each submits a job and waits for it before it submits the
 * next. "switches" of docs/performance.rst are the roots that are loaded.
 */
#include <stdio.h>

#include "bench.h"
#include "bench_client.h"
#include "igt.h"

enum { MOST = 8, ROUNDS = 50 };

#define RESIDUE "/sys/module/rocket/parameters/residue"

static void keep_residue(bool keep)
{
	FILE *file = fopen(RESIDUE, "w");

	igt_assert_f(file, "%s: %m\n", RESIDUE);
	fputs(keep ? "keep" : "protect", file);
	igt_assert_eq(fclose(file), 0);
}

/* All submit, then all wait. */
static void take_turns(struct bench_client *clients, unsigned int count, const char *how)
{
	struct bench_counts before;
	char what[64];

	snprintf(what, sizeof(what), "%u clients%s", count, how);
	for (int round = -2; round < ROUNDS; round++) {
		if (!round)
			bench_begin(&before);
		for (unsigned int i = 0; i < count; i++)
			bench_client_submit(&clients[i], 1);
		for (unsigned int i = 0; i < count; i++)
			bench_client_wait(&clients[i]);
	}
	bench_end(&before, "clients", what, ROUNDS * count);
	for (unsigned int i = 0; i < count; i++)
		bench_client_check(&clients[i]);
}

static void run(unsigned int count)
{
	struct bench_client clients[MOST];

	for (unsigned int i = 0; i < count; i++)
		bench_client_open(&clients[i]);
	take_turns(clients, count, "");
	if (bench_is_ours()) {
		keep_residue(true);
		take_turns(clients, count, ", residue kept");
		keep_residue(false);
	}
	for (unsigned int i = 0; i < count; i++)
		bench_client_close(&clients[i]);
}

int main(int argc, char **argv)
{
	static const unsigned int counts[] = { 2, 3, MOST };

	bench_init(argc, argv);
	for (unsigned int i = 0; i < bench_runs(); i++) {
		for (unsigned int n = 0; n < ARRAY_SIZE(counts); n++)
			run(counts[n]);
	}
	return 0;
}
