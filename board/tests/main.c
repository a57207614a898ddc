// SPDX-License-Identifier: GPL-2.0-or-later
/* Register-level tests of the virtual board; see docs/board-tests.rst. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "suite.h"
#include "tap.h"

static const char usage[] =
	"usage: board-tests [OPTION]... QEMU\n"
	"  --seed N      seed of everything random; default: from the clock\n"
	"  --cases N     random convolutions of each kind; default 60\n"
	"  --seconds N   duration of each of the two fuzz tests; default 8\n"
	"  --only TEXT   run only tests whose name contains TEXT\n"
	"  --speed       run no tests: measure what the board computes in a second\n";

static void run(const struct env *env, const char *name, test_fn *fn, const char *options,
		unsigned int cores)
{
	struct board *b;
	unsigned int core;

	if (env->only && !strstr(name, env->only))
		return;

	tap_begin(name);
	b = board_start(env->qemu, options);
	for (core = 0; core < cores; core++)
		board_power_up(b, core);
	fn(b, env);
	if (!board_stop(b))
		tap_fail(__FILE__, __LINE__, "QEMU did not end cleanly");
	tap_end();
}

void run_test(const struct env *env, const char *name, test_fn *fn, const char *options)
{
	run(env, name, fn, options, NPU_CORES);
}

void run_bare_test(const struct env *env, const char *name, test_fn *fn, const char *options)
{
	run(env, name, fn, options, 0);
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	if (*end || !*text) {
		fprintf(stderr, "'%s' is no number\n%s", text, usage);
		exit(2);
	}

	return value;
}

static void parse(int argc, char **argv, struct env *env)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "cases", required_argument, NULL, 'c' },
		{ "seconds", required_argument, NULL, 't' },
		{ "only", required_argument, NULL, 'o' },
		{ "speed", no_argument, NULL, 'S' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's':
			env->seed = number(optarg);
			break;
		case 'c':
			env->cases = (unsigned int)number(optarg);
			break;
		case 't':
			env->seconds = (unsigned int)number(optarg);
			break;
		case 'S':
			env->speed = true;
			break;
		case 'o':
			env->only = optarg;
			break;
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
	if (optind != argc - 1) {
		fputs(usage, stderr);
		exit(2);
	}
	env->qemu = argv[optind];
}

int main(int argc, char **argv)
{
	struct env env = { .seed = (uint64_t)time(NULL), .cases = 60, .seconds = 8 };

	parse(argc, argv, &env);
	/* A QEMU that ends early is told about by name, not by a signal to us. */
	signal(SIGPIPE, SIG_IGN);
	tap_note("seed %llu", (unsigned long long)env.seed);
	if (env.speed) {
		suite_speed(&env);
		return tap_finish();
	}
	suite_gates(&env);
	suite_clock(&env);
	suite_iommu(&env);
	suite_pc(&env);
	suite_inject(&env);
	suite_silicon(&env);
	suite_pipeline(&env);
	suite_cbuf(&env);
	suite_formats(&env);
	suite_streams(&env);
	suite_pointwise(&env);
	suite_rk3576(&env);
	suite_rk3576_conv(&env);
	suite_fuzz(&env);

	return tap_finish();
}
