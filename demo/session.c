// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "modelfile.h"
#include "operators.h"
#include "probe.h"
#include "session.h"

/* Custom operators have their code in the application that a model is made for. */
static int refuse_custom(const struct file *model)
{
	int count = modelfile_operators(model), err = count < 0 ? -1 : 0;
	struct operator op;

	for (int i = 0; i < count; i++) {
		if (operator_read(model, i, &op))
			return -1;
		if (op.kind != OPERATOR_CUSTOM)
			continue;
		fprintf(stderr, "operator %d of the model is a custom one, %s; its code belongs to the application that the model is made for, and TFLite has none\n",
			i, op.custom);
		err = -1;
	}
	return err;
}

/* A classifier has one output, of one number for each class. */
static int refuse_results(struct session *s, const struct engine *e)
{
	struct tensor_list own;
	int count;
	struct engine_output o = engine_output(e, engine_outputs(e) - 1);

	if (modelfile_outputs(&s->model, &own))
		return -1;
	count = own.count;
	free(own.tensor);
	if (count != 1) {
		fprintf(stderr, "the model has %d results; this program can only judge a classifier, which has one\n",
			count);
		return -1;
	}
	if (!o.vector) {
		fprintf(stderr, "the model's result is no list of classes; this program can only judge a classifier\n");
		return -1;
	}
	if (!o.is_quantised) {
		fprintf(stderr, "the model's result is neither int8 nor uint8; quantise it so\n");
		return -1;
	}
	return 0;
}

/* What this program cannot use, whoever computes it. */
static int refuse_model(struct session *s)
{
	struct engine *e;
	int err;

	if (refuse_custom(&s->model))
		return -1;
	e = engine_open(&s->model, NULL);
	if (!e)
		return -1;
	err = engine_input(e, &s->input) || refuse_results(s, e);
	engine_close(e);
	return err ? -1 : 0;
}

/* Whether the delegate lives with the model, and how much of it it shows. */
static int try_delegate(struct session *s)
{
	const struct session_options *o = s->options;
	struct probe probe = probe_delegate(&s->model, o->delegate, false);

	if (probe.end == PROBE_DIED) {
		probe_explain(&s->model, o->delegate, &probe);
		s->npu_lost = true;
		return o->cpu ? 0 : -1;
	}
	if (probe.end == PROBE_REFUSED ||
	    (o->layers && layers_expose(&s->model, o->delegate) < 0))
		return -1;
	return 0;
}

static int open_engines(struct session *s)
{
	const struct session_options *o = s->options;

	if (refuse_model(s) || (o->npu && try_delegate(s)))
		return -1;
	if (o->npu && !s->npu_lost) {
		s->npu = engine_open(&s->model, o->delegate);
		if (!s->npu)
			return -1;
	}
	if (o->cpu) {
		s->cpu = engine_open(&s->model, NULL);
		if (!s->cpu)
			return -1;
	}
	s->outputs = engine_outputs(session_main_engine(s));
	s->matches = calloc(s->outputs, sizeof(*s->matches));
	if (!s->matches)
		return -1;
	if (o->layers && s->npu && s->cpu && s->outputs > 1) {
		s->layers = layers_open(&s->model, o->tolerance);
		if (!s->layers)
			return -1;
	}
	return 0;
}

int session_open(struct session *s, const struct session_options *options)
{
	memset(s, 0, sizeof(*s));
	s->options = options;
	if (file_read(options->model, &s->model) || open_engines(s)) {
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
	for (int i = 0; s->npu && s->cpu && i < s->outputs; i++) {
		struct engine_output a = engine_output(s->npu, i);
		struct engine_output b = engine_output(s->cpu, i);

		match_add(&s->matches[i], &a, &b, NULL);
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

int session_report(const struct session *s)
{
	const struct match *result;
	int err = 0;

	if (s->npu_lost)
		return -1;
	if (!s->npu || !s->cpu)
		return 0;
	if (s->layers)
		err = layers_report(s->layers, s->options->verbose);
	result = &s->matches[s->outputs - 1];
	print_match("result of the whole network", result);
	if (s->options->bound_result && result->largest > s->options->tolerance) {
		fprintf(stderr, "result: NPU and CPU differ by %d, more than the %d that rounding explains\n",
			result->largest, s->options->tolerance);
		err = -1;
	}
	return err;
}
