// SPDX-License-Identifier: MIT
/*
 * Whole networks through TFLite and Mesa, phase by phase: a benchmark of "make bench"
 * (igt-tests/benchmarks), here because of what it is linked with.
 *
 * The digits are always there; ROCKET_BENCH_MODELS names a directory with cat.bmp and
 * further models.  All that a program does is counted: TFLite's own work and Mesa's
 * are the same whatever the driver is.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "digitset.h"
#include "engine.h"
#include "picture.h"

#define DELEGATE "/usr/lib/teflon/libteflon.so"
#define DIGITS "/usr/share/rocket-demo"
#define STEADY 20u

struct network {
	char name[64];
	struct file model;
	struct picture picture;	/* of any size */
};

static void fail(const char *what)
{
	fprintf(stderr, "rocket_bench_networks: %s\n", what);
	exit(1);
}

static uint8_t *input_for(const struct network *net, const struct engine *e, size_t *bytes)
{
	struct engine_input input;
	struct picture sized;

	if (engine_input(e, &input) ||
	    picture_resize(&net->picture, input.width, input.height, input.channels, &sized))
		fail("no input for the network");
	*bytes = input.bytes;
	return sized.pixels;
}

static void run(struct engine *e, const uint8_t *input, size_t bytes)
{
	if (engine_run(e, input, bytes))
		fail("the network did not run");
}

/* before: NULL when nothing is counted. */
static void end(const struct network *net, const struct bench_counts *before, const char *phase,
		uint64_t ops)
{
	char what[96];

	if (!before)
		return;
	snprintf(what, sizeof(what), "%s, %s", net->name, phase);
	bench_end(before, "network", what, ops);
}

/* One life of a network; counted or only to warm up. */
static void live(const struct network *net, bool counted)
{
	struct bench_counts before;
	struct engine *e;
	uint8_t *input;
	size_t bytes;

	bench_begin(&before);
	e = engine_open(&net->model, DELEGATE);
	if (!e)
		fail("the network cannot be loaded");
	end(net, counted ? &before : NULL, "load", 1);
	input = input_for(net, e, &bytes);
	bench_begin(&before);
	run(e, input, bytes);
	end(net, counted ? &before : NULL, "first", 1);
	bench_begin(&before);
	for (unsigned int i = 0; i < STEADY; i++)
		run(e, input, bytes);
	end(net, counted ? &before : NULL, "steady", STEADY);
	bench_begin(&before);
	engine_close(e);
	end(net, counted ? &before : NULL, "teardown", 1);
	free(input);
}

static void measure(const struct network *net)
{
	live(net, false);
	for (unsigned int i = 0; i < bench_runs(); i++)
		live(net, true);
}

static void digits(void)
{
	struct network net = { .name = "digits" };
	struct digitset set;

	if (file_read(DIGITS "/digits.tflite", &net.model) || digitset_read(DIGITS, &set))
		fail("the digits are missing");
	net.picture = digitset_picture(&set, 0);
	measure(&net);
	digitset_free(&set);
	free(net.model.data);
}

static int is_model(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return end && !strcmp(end, ".tflite");
}

static void one_of(const char *directory, const char *file, const struct picture *picture)
{
	struct network net = { .picture = *picture };
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	snprintf(net.name, sizeof(net.name), "%.*s", (int)(strlen(file) - strlen(".tflite")), file);
	if (file_read(path, &net.model))
		fail("a model cannot be read");
	measure(&net);
	free(net.model.data);
}

static void models(const char *directory)
{
	struct picture picture;
	struct dirent **list;
	char path[4096];
	int count;

	snprintf(path, sizeof(path), "%s/cat.bmp", directory);
	count = scandir(directory, &list, is_model, alphasort);
	if (count < 0 || picture_read(path, &picture))
		fail("ROCKET_BENCH_MODELS is no directory with models and cat.bmp");
	for (int i = 0; i < count; i++) {
		one_of(directory, list[i]->d_name, &picture);
		free(list[i]);
	}
	free(list);
	free(picture.pixels);
}

int main(int argc, char **argv)
{
	const char *directory = getenv("ROCKET_BENCH_MODELS");

	bench_init(argc, argv);
	/* Loading the library is no part of loading a network. */
	if (!dlopen(DELEGATE, RTLD_NOW | RTLD_LOCAL))
		fail(dlerror());
	digits();
	if (directory)
		models(directory);
	return 0;
}
