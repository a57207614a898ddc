// SPDX-License-Identifier: MIT
/*
 * Fuzzes the driver's interface; docs/testing.rst tells how to use it.
 *
 * usage: rocket_fuzz [--run-subtest GLOB | --list-subtests | --replay FILE… |
 *                     --minimise FILE]
 *
 * Subtests: corpus runs all cases that are kept; explore does, too, to know what they
 * reach, and then makes new ones for a while.
 * From the environment: FUZZ_SECONDS, how long that is; FUZZ_SEED; FUZZ_CORPUS and
 * FUZZ_OUT, directories of the cases that are kept and of those that are new.
 */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz_case.h"
#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_limits.h"

#define CORPUS		"/usr/libexec/rocket-fuzz/corpus"
#define MAX_CORPUS	4096u
/* Programs whose traces show that something was on its way when the board died */
#define RECENT		8u
#define HEALTH_EVERY	32u
#define MINIMISE_TRIES	24u
/* At first every case is new; what comes after so many that were not is worth time. */
#define RARE		16u
#define MINIMISE_CRASH	400u
#define PROGRESS_S	15
/* So much may a client have: small enough to get there, in MiB. */
#define BO_LIMIT_MB	64u

static struct fuzz_program *corpus[MAX_CORPUS];
static char *names[MAX_CORPUS];
static unsigned int corpus_size;

static struct fuzz_cover *known, *fresh, *wanted;

static char **arguments;	/* of --replay and --minimise */

static const char *setting(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

static uint64_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/*
 * Files
 */

static void write_program(const struct fuzz_program *program, const char *name,
			  const char *comment)
{
	const char *directory = setting("FUZZ_OUT", NULL);
	char path[512];
	FILE *file;

	if (!directory)
		return;
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	if (!file)
		return;
	fprintf(file, "# SPDX-License-Identifier: MIT\n");
	if (comment)
		fprintf(file, "# %s\n", comment);
	fuzz_write(program, file);
	fclose(file);
}

static struct fuzz_program *read_program(const char *path)
{
	struct fuzz_program *program = malloc(sizeof(*program));
	FILE *file = fopen(path, "r");
	const char *wrong = file ? fuzz_read(program, file) : strerror(errno);

	igt_assert_f(!wrong, "%s: %s\n", path, wrong);
	fclose(file);
	return program;
}

static void keep(struct fuzz_program *program, const char *name)
{
	if (corpus_size == MAX_CORPUS)
		return;
	names[corpus_size] = strdup(name);
	corpus[corpus_size++] = program;
}

static void load_corpus(void)
{
	const char *directory = setting("FUZZ_CORPUS", CORPUS);
	struct dirent **entries;
	int count = scandir(directory, &entries, NULL, alphasort);

	igt_assert_f(count >= 0, "%s: %s\n", directory, strerror(errno));
	for (int i = 0; i < count; i++) {
		char path[768];

		snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
		if (!fnmatch("*.txt", entries[i]->d_name, 0))
			keep(read_program(path), entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

/*
 * Cases
 */

static void fail(const struct fuzz_program *program, const char *complaint)
{
	char name[64];

	snprintf(name, sizeof(name), "failure-%llx.txt",
		 (unsigned long long)time(NULL) << 16 | (getpid() & 0xffff));
	write_program(program, name, complaint);
	igt_info("%s\n", complaint);
	igt_info("To see it again, put the lines below into a file, or take %s from the "
		 "directory of what was found, and: board/checks/fuzz --replay FILE\n", name);
	fuzz_write(program, stdout);
	igt_fail(IGT_EXIT_FAILURE);
}

static const char *run(const struct fuzz_program *program)
{
	static unsigned int count;
	const char *complaint;
	char name[32];

	/* If the kernel does not survive, these do. */
	snprintf(name, sizeof(name), "recent-%u.txt", count % RECENT);
	write_program(program, name, "one of the last before the board went off");
	fuzz_cover_clear(fresh);
	complaint = fuzz_case_run(program, fresh);
	if (!complaint && ++count % HEALTH_EVERY == 0 && !fuzz_device_healthy())
		complaint = "the device has not worked any more, after this or one of the cases before";
	return complaint;
}

static void run_or_fail(const struct fuzz_program *program)
{
	const char *complaint = run(program);

	if (complaint)
		fail(program, complaint);
}

static void begin(void)
{
	known = fuzz_cover_new();
	fresh = fuzz_cover_new();
	wanted = fuzz_cover_new();
	igt_assert(known && fresh && wanted);
	fuzz_case_init();
}

static void finish(void)
{
	igt_assert_f(fuzz_device_healthy(), "the device does not work any more\n");
}

/* Still reaches what nothing before it did. */
static bool reaches_wanted(const struct fuzz_program *smaller, void *data)
{
	(void)data;
	run_or_fail(smaller);
	return fuzz_cover_contains(fresh, wanted);
}

static void consider(const struct fuzz_program *program)
{
	static unsigned int in_vain;
	struct fuzz_program *new;
	char name[32];

	fuzz_cover_subtract(wanted, fresh, known);
	if (!fuzz_cover_add(known, fresh)) {
		in_vain++;
		return;
	}
	new = malloc(sizeof(*new));
	*new = *program;
	if (in_vain >= RARE)
		fuzz_minimise(new, MINIMISE_TRIES, reaches_wanted, NULL);
	in_vain = 0;
	snprintf(name, sizeof(name), "new-%04u.txt", corpus_size);
	write_program(new, name, NULL);
	keep(new, name);
}

static void next_program(struct fuzz_program *program, struct fuzz_rng *rng)
{
	if (!corpus_size || fuzz_chance(rng, 25)) {
		fuzz_generate(program, rng);
		return;
	}
	/* What came last has been tried least. */
	if (fuzz_chance(rng, 40))
		*program = *corpus[corpus_size - 1 - fuzz_below(rng, corpus_size / 4 + 1)];
	else
		*program = *corpus[fuzz_below(rng, corpus_size)];
	fuzz_mutate(program, corpus[fuzz_below(rng, corpus_size)], rng);
}

static unsigned int reached(void)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < FUZZ_COVER_SIZE; i++)
		count += known->reached[i];
	return count;
}

static void tell(unsigned int cases, uint64_t since)
{
	const char *directory = setting("FUZZ_OUT", NULL);
	char path[512];
	FILE *file;

	if (!directory)
		return;
	snprintf(path, sizeof(path), "%s/progress", directory);
	file = fopen(path, "a");
	if (!file)
		return;
	fprintf(file, "%llu s: %u cases, %u of them kept, %u places and results reached\n",
		(unsigned long long)(now_s() - since), cases, corpus_size, reached());
	fclose(file);
}

static uint64_t seed(void)
{
	const char *given = setting("FUZZ_SEED", NULL);
	uint64_t value;

	if (given)
		return strtoull(given, NULL, 0);
	igt_assert(getrandom(&value, sizeof(value), 0) == sizeof(value));
	return value;
}

static void do_corpus(void)
{
	begin();
	load_corpus();
	for (unsigned int i = 0; i < corpus_size; i++) {
		igt_info("case %s\n", names[i]);
		run_or_fail(corpus[i]);
	}
	igt_info("%u cases\n", corpus_size);
	finish();
}

static void do_explore(void)
{
	uint64_t seconds = strtoull(setting("FUZZ_SECONDS", "60"), NULL, 0);
	uint64_t since, told;
	struct fuzz_rng rng = { seed() };
	struct fuzz_program program;
	unsigned int cases = 0;

	igt_info("FUZZ_SEED=%#llx FUZZ_SECONDS=%llu\n", (unsigned long long)rng.state,
		 (unsigned long long)seconds);
	igt_info("%s\n", fuzz_kcov_available() ? "guided by what code is reached" :
		 "guided by results only: the kernel has no KCOV");
	begin();
	load_corpus();
	for (unsigned int i = 0; i < corpus_size; i++) {
		run_or_fail(corpus[i]);
		fuzz_cover_add(known, fresh);
	}
	since = now_s();
	told = since;
	while (now_s() - since < seconds) {
		next_program(&program, &rng);
		run_or_fail(&program);
		consider(&program);
		cases++;
		if (now_s() - told >= PROGRESS_S) {
			told = now_s();
			tell(cases, since);
		}
	}
	tell(cases, since);
	igt_info("%u cases, %u kept, %u places and results reached\n", cases, corpus_size,
		 reached());
	finish();
}

static void do_replay(void)
{
	begin();
	for (char **name = arguments; *name; name++) {
		struct fuzz_program *program = read_program(*name);

		igt_info("case %s\n", *name);
		run_or_fail(program);
		free(program);
	}
	finish();
}

static bool still_fails(const struct fuzz_program *smaller, void *data)
{
	(void)data;
	return run(smaller);
}

static void do_minimise(void)
{
	struct fuzz_program *program = read_program(*arguments);

	begin();
	igt_assert_f(run(program), "%s does not fail\n", *arguments);
	fuzz_minimise(program, MINIMISE_CRASH, still_fails, NULL);
	write_program(program, "minimal.txt", run(program));
	fuzz_write(program, stdout);
}

/*
 * The program
 */

/* As a user of its own, with limits; returns an exit code. */
static int in_process(void (*part)(void))
{
	const struct rocket_limits limits = { .bo_mb = BO_LIMIT_MB };
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		rocket_limits_save();
		rocket_run_limited(limits, part);
		exit(IGT_EXIT_SUCCESS);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : IGT_EXIT_FAILURE;
}

static int subtest(const char *name, void (*part)(void))
{
	struct timespec start = { 0 };
	int code;

	igt_info("Starting subtest: %s\n", name);
	igt_nsec_elapsed(&start);
	code = in_process(part);
	igt_info("Subtest %s: %s (%.3fs)\n", name,
		 code == IGT_EXIT_SUCCESS ? "SUCCESS" : code == IGT_EXIT_SKIP ? "SKIP" : "FAIL",
		 igt_nsec_elapsed(&start) / 1e9);
	return code;
}

static int usage(void)
{
	fputs("usage: rocket_fuzz [--run-subtest GLOB | --list-subtests | --replay FILE… | --minimise FILE]\n",
	      stderr);
	return IGT_EXIT_INVALID;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*part)(void);
	} parts[] = {
		{ "corpus", do_corpus }, { "explore", do_explore },
	};
	const char *glob = "*";
	int worst = IGT_EXIT_SUCCESS;

	arguments = argv + 2;
	if (argc == 2 && !strcmp(argv[1], "--list-subtests")) {
		for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++)
			puts(parts[i].name);
		return IGT_EXIT_SUCCESS;
	}
	if (argc >= 3 && !strcmp(argv[1], "--replay"))
		return subtest("replay", do_replay);
	if (argc == 3 && !strcmp(argv[1], "--minimise"))
		return in_process(do_minimise);
	if (argc == 3 && !strcmp(argv[1], "--run-subtest"))
		glob = argv[2];
	else if (argc != 1)
		return usage();
	for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++) {
		int code = fnmatch(glob, parts[i].name, 0) ? IGT_EXIT_SUCCESS :
			   subtest(parts[i].name, parts[i].part);

		if (code != IGT_EXIT_SUCCESS)
			worst = code;
	}
	return worst;
}
