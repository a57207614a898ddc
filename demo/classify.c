// SPDX-License-Identifier: MIT
/*
 * Classifies pictures with a quantised TFLite model on the NPU, through Mesa's
 * Teflon delegate, and compares with TFLite on the CPU.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "digitset.h"
#include "labels.h"
#include "picture.h"
#include "session.h"

#define DELEGATE "/usr/lib/teflon/libteflon.so"
#define TOP 5U
#define MAX_SHOWN 64U

struct options {
	struct session_options session;
	const char *digits;	/* directory of the test set */
	const char *image, *labels;
	unsigned int count;	/* digits to classify, 0: all */
	unsigned int shown;	/* digits to print */
};

static const char usage[] =
"usage: classify --digits DIR [--count N] [--show N] [OPTION...]\n"
"       classify --model FILE --image FILE [--labels FILE] [OPTION...]\n"
"\n"
"  --digits DIR     classify the test digits in DIR (with DIR/digits.tflite)\n"
"  --count N        only the first N of them\n"
"  --show N         print N of them as pictures (default 4)\n"
"  --model FILE     a .tflite classifier with a picture as input, quantised, int8 or uint8\n"
"  --image FILE     a BMP, PPM or PGM picture\n"
"  --labels FILE    names of the classes, one a line\n"
"  --dump FILE      write the raw output tensors there\n"
"  --layers         compare operator by operator, dump what each puts out\n"
"  --verbose        with --layers: report each operator\n"
"  --tolerance N    largest difference to the CPU allowed, in steps of uint8, for\n"
"                   the result or, with --layers, for each operator (default 1)\n"
"  --delegate FILE  TFLite delegate (default " DELEGATE ")\n"
"  --npu-only       do not run on the CPU\n"
"  --cpu-only       do not run on the NPU\n"
"\n"
"Exit status: 0 when all went well, 1 when something failed or the NPU and the\n"
"CPU disagree, 2 for a wrong command line.\n";

static void print_split(const struct session *s)
{
	struct engine_split split;

	if (!s->npu)
		return;
	split = engine_split(s->npu);
	printf("%d of %d operators on the NPU in %d group%s, %d on the CPU\n",
	       split.delegated, split.operators, split.groups,
	       split.groups == 1 ? "" : "s", split.operators - split.delegated);
}

static void print_counts(const struct board_counts *c)
{
	printf("board: %llu jobs started, %llu tasks, %llu interrupts, %llu IOMMU root pointer loads, %llu faults, %.1f million MACs, %.2f ms busy\n",
	       (unsigned long long)c->starts, (unsigned long long)c->tasks,
	       (unsigned long long)c->npu_irqs, (unsigned long long)c->root_loads,
	       (unsigned long long)c->faults, c->macs / 1e6, c->busy_ns / 1e6);
}

/* Counters show that the NPU did the work: nothing else moves them. */
static int check_counts(const struct session *s, const struct board_counts *c)
{
	print_counts(c);
	if (s->npu && (!c->tasks || !c->npu_irqs)) {
		fprintf(stderr, "the board's NPU completed no task: something else computed the answers\n");
		return -1;
	}
	return 0;
}

struct tally {
	unsigned int right, cpu_right, agreed;
	uint8_t answers[MAX_SHOWN];
};

static int classify_digits(struct session *s, const struct digitset *set,
			   const struct options *o, unsigned int count,
			   struct tally *t)
{
	for (unsigned int i = 0; i < count; i++) {
		struct picture digit = digitset_picture(set, i), sized;
		struct verdict v;
		int err;

		if (picture_resize(&digit, s->input.width, s->input.height,
				   s->input.channels, &sized))
			return -1;
		err = session_run(s, sized.pixels, &v);
		free(sized.pixels);
		if (err)
			return -1;
		t->right += v.npu == set->labels[i];
		t->cpu_right += v.cpu == set->labels[i];
		t->agreed += v.npu == v.cpu;
		if (i < o->shown)
			t->answers[i] = v.npu;
	}
	return 0;
}

static int report_digits(const struct session *s, const struct tally *t,
			 unsigned int count)
{
	printf("%s: %u of %u test digits right (%.1f %%)\n", s->npu ? "NPU" : "CPU",
	       t->right, count, 100.0 * t->right / count);
	if (!s->npu || !s->cpu)
		return 0;
	printf("CPU: %u right; both agree on %u of %u\n", t->cpu_right, t->agreed,
	       count);
	if (t->agreed == count)
		return 0;
	fprintf(stderr, "NPU and CPU give different answers for %u digits\n",
		count - t->agreed);
	return -1;
}

static int digits_with_set(const struct options *o, struct digitset *set)
{
	unsigned int count = o->count && o->count < set->count ? o->count :
			     set->count;
	unsigned int shown = o->shown < count ? o->shown : count;
	struct board_counts before, counts;
	bool on_board = board_open();
	struct tally tally = { 0 };
	struct session_options options = o->session;
	struct session s;
	int err;

	options.bound_result = !options.layers;
	if (session_open(&s, &options))
		return -1;
	print_split(&s);
	before = board_read();
	err = classify_digits(&s, set, o, count, &tally);
	counts = board_since(&before);
	if (!err) {
		for (unsigned int i = 0; i < shown; i += 4)
			digitset_print(set, i, shown - i < 4 ? shown - i : 4,
				       tally.answers);
		err |= report_digits(&s, &tally, count);
		err |= session_report(&s);
		if (on_board)
			err |= check_counts(&s, &counts);
	}
	return err | session_close(&s);
}

static int digits_mode(struct options *o)
{
	char model[4096];
	struct digitset set;
	int err = -1;

	snprintf(model, sizeof(model), "%s/digits.tflite", o->digits);
	if (!o->session.model)
		o->session.model = model;
	if (!digitset_read(o->digits, &set))
		err = digits_with_set(o, &set);
	digitset_free(&set);
	return err;
}

static void print_top(const struct engine *e, const struct labels *labels)
{
	struct engine_output scores = engine_output(e, engine_outputs(e) - 1);
	unsigned int n = scores.bytes < TOP ? scores.bytes : TOP;
	bool *taken = calloc(scores.bytes, 1);

	for (unsigned int rank = 0; taken && rank < n; rank++) {
		size_t top = scores.bytes;

		for (size_t i = 0; i < scores.bytes; i++)
			if (!taken[i] && (top == scores.bytes ||
					  scores.data[i] > scores.data[top]))
				top = i;
		taken[top] = true;
		printf("  %u. %6.3f  %s\n", rank + 1,
		       scores.scale * (scores.data[top] - scores.zero),
		       labels_name(labels, top));
	}
	free(taken);
}

static int report_image(const struct session *s, const struct verdict *v,
			const struct labels *labels)
{
	int err;

	printf("%s says:\n", s->npu ? "NPU" : "CPU");
	print_top(session_main_engine(s), labels);
	if (s->npu && s->cpu) {
		printf("CPU says:\n");
		print_top(s->cpu, labels);
	}
	err = session_report(s);
	if (v->npu != v->cpu) {
		fprintf(stderr, "NPU and CPU give different answers\n");
		err = -1;
	}
	return err;
}

static int image_with_labels(const struct options *o, const struct labels *labels)
{
	struct board_counts before, counts;
	bool on_board = board_open();
	struct picture image, sized = { 0 };
	struct verdict verdict;
	struct session s;
	int err;

	if (picture_read(o->image, &image))
		return -1;
	if (session_open(&s, &o->session)) {
		free(image.pixels);
		return -1;
	}
	print_split(&s);
	printf("%s: %ux%u pixels, scaled to %ux%u\n", o->image, image.width,
	       image.height, s.input.width, s.input.height);
	err = picture_resize(&image, s.input.width, s.input.height,
			     s.input.channels, &sized);
	before = board_read();
	if (!err)
		err = session_run(&s, sized.pixels, &verdict);
	counts = board_since(&before);
	if (!err) {
		err |= report_image(&s, &verdict, labels);
		if (on_board)
			err |= check_counts(&s, &counts);
	}
	free(sized.pixels);
	free(image.pixels);
	return err | session_close(&s);
}

static int image_mode(const struct options *o)
{
	struct labels labels = { 0 };
	int err = o->labels ? labels_read(o->labels, &labels) : 0;

	if (!err)
		err = image_with_labels(o, &labels);
	labels_free(&labels);
	return err;
}

static bool number(const char *text, unsigned int max, unsigned int *value)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*value = n;
	return *text >= '0' && *text <= '9' && !*end && n <= max;
}

enum { OPT_DIGITS = 1, OPT_COUNT, OPT_SHOW, OPT_MODEL, OPT_IMAGE, OPT_LABELS,
       OPT_DUMP, OPT_LAYERS, OPT_VERBOSE, OPT_TOLERANCE, OPT_DELEGATE, OPT_NPU, OPT_CPU, OPT_HELP };

static const struct option long_options[] = {
	{ "digits", required_argument, NULL, OPT_DIGITS },
	{ "count", required_argument, NULL, OPT_COUNT },
	{ "show", required_argument, NULL, OPT_SHOW },
	{ "model", required_argument, NULL, OPT_MODEL },
	{ "image", required_argument, NULL, OPT_IMAGE },
	{ "labels", required_argument, NULL, OPT_LABELS },
	{ "dump", required_argument, NULL, OPT_DUMP },
	{ "layers", no_argument, NULL, OPT_LAYERS },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "tolerance", required_argument, NULL, OPT_TOLERANCE },
	{ "delegate", required_argument, NULL, OPT_DELEGATE },
	{ "npu-only", no_argument, NULL, OPT_NPU },
	{ "cpu-only", no_argument, NULL, OPT_CPU },
	{ "help", no_argument, NULL, OPT_HELP },
	{ }
};

static bool set_option(struct options *o, int opt, const char *arg)
{
	unsigned int n;

	switch (opt) {
	case OPT_DIGITS:	o->digits = arg; return true;
	case OPT_COUNT:		return number(arg, 1000000, &o->count);
	case OPT_SHOW:		return number(arg, MAX_SHOWN, &o->shown);
	case OPT_MODEL:		o->session.model = arg; return true;
	case OPT_IMAGE:		o->image = arg; return true;
	case OPT_LABELS:	o->labels = arg; return true;
	case OPT_DUMP:		o->session.dump = arg; return true;
	case OPT_LAYERS:	o->session.layers = true; return true;
	case OPT_VERBOSE:	o->session.verbose = true; return true;
	case OPT_TOLERANCE:
		if (!number(arg, 255, &n))
			return false;
		o->session.tolerance = n;
		return true;
	case OPT_DELEGATE:	o->session.delegate = arg; return true;
	case OPT_NPU:		o->session.cpu = false; return true;
	case OPT_CPU:		o->session.npu = false; return true;
	case OPT_HELP:
		fputs(usage, stdout);
		exit(0);
	default:		return false;
	}
}

static bool parse(struct options *o, int argc, char **argv)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		if (!set_option(o, opt, optarg))
			return false;
	return optind == argc && (o->session.npu || o->session.cpu) &&
	       (o->digits ? !o->image : o->session.model && o->image);
}

int main(int argc, char **argv)
{
	struct options o = {
		.session = { .delegate = DELEGATE, .npu = true, .cpu = true,
			     .tolerance = 1 },
		.shown = 4,
	};

	/* The log of a guest should show lines in the order of events */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!parse(&o, argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	return (o.digits ? digits_mode(&o) : image_mode(&o)) ? 1 : 0;
}
