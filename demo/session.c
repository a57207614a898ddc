// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "modelfile.h"
#include "session.h"

static int open_engines(struct session *s)
{
	const struct session_options *o = s->options;

	if (o->npu) {
		s->npu = engine_open(&s->model, o->delegate);
		if (!s->npu)
			return -1;
	}
	if (o->cpu) {
		s->cpu = engine_open(&s->model, NULL);
		if (!s->cpu)
			return -1;
	}
	if (engine_input(session_main_engine(s), &s->input))
		return -1;
	s->outputs = engine_outputs(session_main_engine(s));
	s->matches = calloc(s->outputs, sizeof(*s->matches));
	if (!s->matches)
		return -1;
	if (o->layers && o->npu && o->cpu) {
		s->layers = layers_open(&s->model);
		if (!s->layers)
			return -1;
	}
	return 0;
}

int session_open(struct session *s, const struct session_options *options)
{
	memset(s, 0, sizeof(*s));
	s->options = options;
	if (file_read(options->model, &s->model) ||
	    (options->layers && modelfile_expose_all(&s->model)) ||
	    open_engines(s)) {
		session_close(s);
		return -1;
	}
	if (options->dump) {
		s->dump = fopen(options->dump, "wb");
		if (!s->dump) {
			fprintf(stderr, "%s: cannot write: %s\n", options->dump,
				strerror(errno));
			session_close(s);
			return -1;
		}
	}
	return 0;
}

int session_close(struct session *s)
{
	int err = 0;

	if (s->dump && (ferror(s->dump) | fclose(s->dump))) {
		fprintf(stderr, "%s: not written whole: %s\n", s->options->dump,
			strerror(errno));
		err = -1;
	}
	engine_close(s->npu);
	engine_close(s->cpu);
	layers_close(s->layers);
	free(s->matches);
	free(s->model.data);
	memset(s, 0, sizeof(*s));
	return err;
}

struct engine *session_main_engine(const struct session *s)
{
	return s->npu ? s->npu : s->cpu;
}

static unsigned int best(const struct engine *e)
{
	struct engine_output scores = engine_output(e, engine_outputs(e) - 1);
	unsigned int top = 0;

	for (unsigned int i = 1; i < scores.bytes; i++)
		if (scores.data[i] > scores.data[top])
			top = i;
	return top;
}

static void dump_outputs(struct session *s)
{
	for (int i = 0; i < s->outputs; i++) {
		struct engine_output o = engine_output(session_main_engine(s), i);

		fwrite(o.data, 1, o.bytes, s->dump);
	}
}

int session_run(struct session *s, const uint8_t *input, struct verdict *verdict)
{
	if ((s->npu && engine_run(s->npu, input, s->input.bytes)) ||
	    (s->cpu && engine_run(s->cpu, input, s->input.bytes)))
		return -1;
	if (!engine_output(session_main_engine(s), s->outputs - 1).is_uint8) {
		fprintf(stderr, "the model's result is not uint8; quantise it so\n");
		return -1;
	}
	for (int i = 0; s->npu && s->cpu && i < s->outputs; i++) {
		struct engine_output a = engine_output(s->npu, i);
		struct engine_output b = engine_output(s->cpu, i);

		match_add(&s->matches[i], &a, &b);
	}
	if (s->layers && layers_check(s->layers, s->npu, input, s->input.bytes))
		return -1;
	if (s->dump)
		dump_outputs(s);
	verdict->npu = best(session_main_engine(s));
	verdict->cpu = s->cpu ? best(s->cpu) : verdict->npu;
	return 0;
}

static void print_match(const char *what, const struct match *m)
{
	printf("NPU against CPU, %s: %llu of %llu elements differ, by %d at most\n",
	       what, (unsigned long long)m->different,
	       (unsigned long long)m->elements, m->largest);
}

static int bound(const struct session *s, const char *name, int largest)
{
	if (largest <= s->options->tolerance)
		return 0;
	fprintf(stderr, "%s: NPU and CPU differ by %d, more than the %d that rounding explains\n",
		name, largest, s->options->tolerance);
	return -1;
}

static int report_layers(const struct session *s)
{
	struct match all = { 0 };
	int err = 0;

	for (int i = 0; i < s->outputs; i++) {
		const struct match *m = layers_match(s->layers, i);
		const char *name = engine_output(s->npu, i).name;

		if (s->options->verbose)
			print_match(name, m);
		match_join(&all, m);
		err |= bound(s, name, m->largest);
	}
	print_match("each operator given the NPU's inputs", &all);
	return err;
}

int session_report(const struct session *s)
{
	const struct match *result;
	int err = 0;

	if (!s->npu || !s->cpu)
		return 0;
	if (s->layers)
		err = report_layers(s);
	result = &s->matches[s->outputs - 1];
	print_match("result of the whole network", result);
	if (!s->layers)
		err = bound(s, "result", result->largest);
	return err;
}
