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
	return s->matches ? 0 : -1;
}

int session_open(struct session *s, const struct session_options *options)
{
	memset(s, 0, sizeof(*s));
	s->options = options;
	if (file_read(options->model, &s->model) ||
	    (options->all_tensors && modelfile_expose_all(&s->model)) ||
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
	free(s->matches);
	free(s->model.data);
	memset(s, 0, sizeof(*s));
	return err;
}

struct engine *session_main_engine(const struct session *s)
{
	return s->npu ? s->npu : s->cpu;
}

/* Bytes are compared as numbers, other types as equal or not. */
static void match(struct tensor_match *m, const struct engine_output *a,
		  const struct engine_output *b)
{
	for (size_t i = 0; i < a->bytes; i++) {
		int difference = abs(a->data[i] - b->data[i]);

		m->elements++;
		m->different += difference != 0;
		if (!a->is_uint8 && difference)
			difference = 255;
		if (difference > m->largest)
			m->largest = difference;
	}
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

		match(&s->matches[i], &a, &b);
	}
	if (s->dump)
		dump_outputs(s);
	verdict->npu = best(session_main_engine(s));
	verdict->cpu = s->cpu ? best(s->cpu) : verdict->npu;
	return 0;
}

static void print_match(const struct session *s, int i)
{
	const struct tensor_match *m = &s->matches[i];
	struct engine_output o = engine_output(s->npu, i);

	printf("  %-40.40s %8llu elements, %7llu differ, largest difference %d\n",
	       o.name, (unsigned long long)m->elements,
	       (unsigned long long)m->different, m->largest);
}

int session_report(const struct session *s)
{
	const struct tensor_match *result = &s->matches[s->outputs - 1];

	if (!s->npu || !s->cpu)
		return 0;
	printf("NPU against CPU:\n");
	for (int i = 0; i < s->outputs; i++)
		print_match(s, i);
	if (result->largest <= s->options->tolerance)
		return 0;
	fprintf(stderr, "the result differs by %d, more than the %d that rounding explains\n",
		result->largest, s->options->tolerance);
	return -1;
}
