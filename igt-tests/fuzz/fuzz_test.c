// SPDX-License-Identifier: MIT
/*
 * Tests of what needs no NPU: programs, their text, how they get smaller. Writes TAP.
 *
 * usage: fuzz_test FILE…     the files of the corpus
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz_program.h"

#define PROGRAMS 2000

static unsigned int count, failed;

static void test(bool good, const char *what)
{
	printf("%s %u - %s\n", good ? "ok" : "not ok", ++count, what);
	failed += !good;
}

static struct fuzz_program generated(uint64_t seed)
{
	struct fuzz_rng rng = { seed };
	struct fuzz_program program;

	fuzz_generate(&program, &rng);
	return program;
}

static bool survives_text(const struct fuzz_program *program)
{
	struct fuzz_program read;
	char *text = NULL;
	size_t size = 0;
	const char *complaint;
	FILE *file;

	file = open_memstream(&text, &size);
	fuzz_write(program, file);
	fclose(file);
	file = fmemopen(text, size, "r");
	complaint = fuzz_read(&read, file);
	fclose(file);
	free(text);
	if (complaint)
		printf("# %s\n", complaint);
	return !complaint && fuzz_equal(program, &read);
}

static void test_generator(void)
{
	bool same = true, different = false, text = true, used[FUZZ_TYPES] = { false };
	bool all = true;

	for (uint64_t seed = 0; seed < PROGRAMS; seed++) {
		struct fuzz_program a = generated(seed), b = generated(seed);
		struct fuzz_program other = generated(seed + 1);

		same &= fuzz_equal(&a, &b);
		different |= !fuzz_equal(&a, &other);
		text &= survives_text(&a);
		for (uint32_t i = 0; i < a.count; i++)
			used[a.ops[i].type] = true;
	}
	for (unsigned int i = 0; i < FUZZ_TYPES; i++) {
		if (!used[i])
			printf("# never: %s\n", fuzz_types[i].name);
		all &= used[i];
	}
	test(same, "the same seed brings the same program");
	test(different, "another seed brings another program");
	test(text, "a program is the same after it was written and read");
	test(all, "every operation occurs");
}

static void test_mutation(void)
{
	bool text = true, same = true, changed = false;

	for (uint64_t seed = 0; seed < PROGRAMS; seed++) {
		struct fuzz_program a = generated(seed), b = a, before = a;
		struct fuzz_program other = generated(seed + 1);
		struct fuzz_rng rng_a = { seed }, rng_b = { seed };

		for (unsigned int i = 0; i < 20; i++) {
			fuzz_mutate(&a, &other, &rng_a);
			fuzz_mutate(&b, &other, &rng_b);
			text &= survives_text(&a);
		}
		same &= fuzz_equal(&a, &b);
		changed |= !fuzz_equal(&a, &before);
	}
	test(same, "the same seed brings the same mutation");
	test(changed, "a mutation changes something");
	test(text, "mutated programs are the same after they were written and read");
}

/* Any program with these two in this order. */
static bool has_both(const struct fuzz_program *program, void *data)
{
	bool create = false;

	(*(unsigned int *)data)++;
	for (uint32_t i = 0; i < program->count; i++) {
		create |= program->ops[i].type == FUZZ_GEM_CREATE;
		if (create && program->ops[i].type == FUZZ_SUBMIT)
			return true;
	}
	return false;
}

static void test_minimise(void)
{
	unsigned int minimal = 0, found = 0, calls = 0;

	for (uint64_t seed = 0; seed < PROGRAMS; seed++) {
		struct fuzz_program program = generated(seed);

		if (!has_both(&program, &calls))
			continue;
		found++;
		fuzz_minimise(&program, 1000, has_both, &calls);
		minimal += program.count == 2 && program.threads == 1 &&
			   program.ops[0].type == FUZZ_GEM_CREATE &&
			   program.ops[1].type == FUZZ_SUBMIT;
	}
	test(found > 100 && minimal == found, "only what matters is left of a program");
	calls = 0;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct fuzz_program program = generated(seed);

		fuzz_minimise(&program, 5, has_both, &calls);
	}
	test(calls <= 100, "no more tries than allowed");
}

static bool refused(const char *text)
{
	struct fuzz_program program;
	FILE *file = fmemopen((void *)text, strlen(text), "r");
	bool yes = fuzz_read(&program, file);

	fclose(file);
	if (!yes)
		printf("# taken: %s\n", text);
	return yes;
}

static void test_bad_text(void)
{
	static const char * const texts[] = {
		"# nothing\n",
		"open f=f0\n",
		"threads 0 stagger 1\n",
		"threads 5 stagger 1\n",
		"threads 1 stagger 1 more\n",
		"threads 1 stagger 0\nfly f=f0\n",
		"threads 1 stagger 0\nopen\n",
		"threads 1 stagger 0\nopen f=b0\n",
		"threads 1 stagger 0\nopen f=f8\n",
		"threads 1 stagger 0\nopen f=-1\n",
		"threads 1 stagger 0\nopen f=0x100000000\n",
		"threads 1 stagger 0\nopen f=f0 g=f0\n",
		"threads 1 stagger 0\nget_param f=f0 pad=0 param=0\n",
		"threads 1 stagger 0\nget_param f=f0 param=0x pad=0\n",
	};
	bool all = true;

	for (unsigned int i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		all &= refused(texts[i]);
	test(all, "what is no program is refused");
}

static void test_corpus(int number, char **names)
{
	bool all = true;

	for (int i = 0; i < number; i++) {
		FILE *file = fopen(names[i], "r");
		struct fuzz_program program;
		const char *complaint = file ? fuzz_read(&program, file) : "cannot be read";

		if (complaint)
			printf("# %s: %s\n", names[i], complaint);
		all &= !complaint;
		if (file)
			fclose(file);
	}
	test(all && number, "the corpus can be read");
}

int main(int argc, char **argv)
{
	test_generator();
	test_mutation();
	test_minimise();
	test_bad_text();
	test_corpus(argc - 1, argv + 1);
	printf("1..%u\n", count);
	return failed > 0;
}
