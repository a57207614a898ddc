// SPDX-License-Identifier: MIT
/*
 * The same work for all cores, again and again: how long it takes by the board's clock, and
 * how far the longest run is from the shortest. Its tasks are long enough for the NPU's
 * clock to matter; it needs a board whose firmware sets that clock.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "bench_client.h"
#include "igt.h"
#include "igt_rocket_board.h"
#include "igt_rocket_sysfs.h"

/* How often each load runs, and how soon an idle core sleeps. */
enum { RUNS = 6, BRIEF_MS = 2 };

/* A task has 2^20 multiply-accumulates, which take 30 us at 1 GHz, 50 us at 600 MHz. */
enum { PIXELS = 256, CHANNELS = 64 };

#define SLOW_PS_PER_KMAC	(30 * USUAL_PS_PER_KMAC)
#define USUAL_PS_PER_KMAC	977u

/* What a client does: awaited jobs of some tasks, and nothing for a while behind each. */
struct load {
	unsigned int jobs, tasks, pause_us;
};

static const struct loads {
	const char *what;
	struct load clients[ROCKET_MAX_CORES];
} all_loads[] = {
	{ "three cores at work", { { 30, 8, 0 }, { 30, 8, 0 }, { 30, 8, 0 } } },
	/* One works all the time, one is done early, one lets its core sleep in between. */
	{ "three cores, some asleep",
	  { { 60, 8, 0 }, { 20, 4, 0 }, { 8, 4, 3 * BRIEF_MS * 1000 } } },
	/* All have something to do for less than half of the time. */
	{ "three cores, half idle", { { 60, 4, 300 }, { 60, 4, 300 }, { 60, 4, 300 } } },
};

struct run {
	pid_t clients[ROCKET_MAX_CORES];
	int told;	/* what the clients write: a byte when ready, and one when done */
	int go;		/* closed when they may begin */
};

static void tell(int fd)
{
	igt_assert_eq(write(fd, "", 1), 1);
}

/* Fails when the clients have gone before. */
static void hear_all(int fd)
{
	char byte;

	for (unsigned int i = 0; i < rocket_sysfs_cores(); i++)
		igt_assert_eq(read(fd, &byte, 1), 1);
}

/* Until it is killed: what it frees is no part of the work. */
static void __noreturn take_part(const struct load *load, int told, int go)
{
	struct bench_client client;
	char byte;

	bench_client_open_large(&client, PIXELS, CHANNELS);
	tell(told);
	igt_assert_eq(read(go, &byte, 1), 0);
	for (unsigned int i = 0; i < load->jobs; i++) {
		bench_client_submit(&client, load->tasks);
		bench_client_wait(&client);
		if (load->pause_us)
			usleep(load->pause_us);
	}
	bench_client_check(&client);
	tell(told);
	for (;;)
		pause();
}

static struct run begin_run(const struct loads *loads)
{
	int told[2], go[2];
	struct run run;

	igt_assert_eq(pipe(told), 0);
	igt_assert_eq(pipe(go), 0);
	for (unsigned int i = 0; i < rocket_sysfs_cores(); i++) {
		run.clients[i] = fork();
		igt_assert_lte(0, run.clients[i]);
		if (!run.clients[i]) {
			close(told[0]);
			close(go[1]);
			take_part(&loads->clients[i], told[1], go[0]);
		}
	}
	close(told[1]);
	close(go[0]);
	run.told = told[0];
	run.go = go[1];
	hear_all(run.told);
	return run;
}

static void end_run(struct run *run)
{
	close(run->told);
	for (unsigned int i = 0; i < rocket_sysfs_cores(); i++) {
		kill(run->clients[i], SIGKILL);
		waitpid(run->clients[i], NULL, 0);
	}
}

static const char *what(const struct loads *loads, const char *figure)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s%s%s", loads->what, figure,
		 rocket_sysfs_read("/sys/class/devfreq/rknn/governor", (char[32]){ }, 32) > 0 ?
		 ", operating points" : "");
	return text;
}

static uint64_t measure(const struct loads *loads)
{
	struct run run = begin_run(loads);
	struct bench_counts before;
	uint64_t ns;

	/* All begin alike. */
	for (unsigned int core = 0; core < rocket_sysfs_cores(); core++)
		rocket_sysfs_await_suspend(core);
	bench_begin(&before);
	close(run.go);
	hear_all(run.told);
	ns = bench_end(&before, "even", what(loads, ""), 1);
	end_run(&run);
	return ns;
}

static void measure_spread(const struct loads *loads)
{
	uint64_t least = UINT64_MAX, most = 0;

	for (unsigned int i = 0; i < RUNS; i++) {
		uint64_t ns = measure(loads);

		least = ns < least ? ns : least;
		most = ns > most ? ns : most;
	}
	bench_value("even", what(loads, ", spread of six"), "percent",
		    100.0 * (most - least) / least);
}

/* On cores that nobody has used there is nothing to erase. */
static void use_all_cores(void)
{
	struct run run = begin_run(&all_loads[0]);

	close(run.go);
	hear_all(run.told);
	end_run(&run);
}

int main(int argc, char **argv)
{
	unsigned int cores;
	int delay;

	bench_init(argc, argv);
	cores = rocket_sysfs_cores();
	delay = rocket_sysfs_autosuspend(0);
	for (unsigned int core = 0; core < cores; core++) {
		rocket_sysfs_stay_awake(core, false);
		rocket_sysfs_set_autosuspend(core, BRIEF_MS);
	}
	rocket_board_set(ROCKET_BOARD_PS_PER_KMAC, SLOW_PS_PER_KMAC);
	use_all_cores();
	for (unsigned int i = 0; i < bench_runs(); i++) {
		for (unsigned int n = 0; n < ARRAY_SIZE(all_loads); n++)
			measure_spread(&all_loads[n]);
	}
	rocket_board_set(ROCKET_BOARD_PS_PER_KMAC, USUAL_PS_PER_KMAC);
	for (unsigned int core = 0; core < cores; core++) {
		rocket_sysfs_set_autosuspend(core, delay);
		rocket_sysfs_stay_awake(core, true);
	}
	return 0;
}
