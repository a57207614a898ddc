// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

#include "faults.h"
#include "layers.h"
#include "modelfile.h"
#include "operators.h"
#include "probe.h"

struct layer {
	struct file model;
	struct engine *cpu;
	struct operator op;
	struct tensor_list inputs, outputs;
	struct match match;		/* of those outputs that the NPU shows */
	const struct layer *unseen;	/* computes an operand that the NPU does not show; NULL */
	uint32_t unseen_output;		/* as which of its outputs */
	int allowed;			/* largest difference that rounding explains */
	const char *fault;		/* of the operators that it is checked with, or NULL */
};

struct layers {
	struct tensor_list shown;	/* what the NPU's model puts out */
	struct layer *layer;
	int count;
	int tolerance;
};

/*
 * What can be shown
 */

/* Results of operators, and the model's own outputs last. */
static int choose(const struct file *model, bool all, struct tensor_list *list)
{
	struct tensor_list own, inputs, outputs;
	int count = modelfile_operators(model), hidden = 0;

	if (count < 0 || modelfile_outputs(model, &own) || modelfile_results(model, list))
		return -1;
	list->count = 0;
	for (int i = 0; i < count; i++) {
		bool hide = !all && operator_added_to(model, i) >= 0;

		hidden += hide;
		if (modelfile_operands(model, i, &inputs, &outputs))
			return -1;
		for (uint32_t k = 0; k < outputs.count && !hide; k++)
			if (!modelfile_contains(&own, outputs.tensor[k]))
				list->tensor[list->count++] = outputs.tensor[k];
		free(inputs.tensor);
		free(outputs.tensor);
	}
	list->tensor = realloc(list->tensor, (list->count + own.count + 1) * sizeof(*list->tensor));
	for (uint32_t i = 0; list->tensor && i < own.count; i++)
		list->tensor[list->count++] = own.tensor[i];
	free(own.tensor);
	return list->tensor ? hidden : -1;
}

/* A copy of the model that shows them, in its place if the delegate survives it. */
static int try_to_show(struct file *model, const char *delegate, bool all, int *hidden)
{
	struct tensor_list list = { 0 };
	struct file copy = { 0 };
	int works = -1;

	*hidden = choose(model, all, &list);
	if (*hidden >= 0 && !modelfile_copy(model, &copy) && !modelfile_expose(&copy, &list))
		works = probe_delegate(&copy, delegate, true).end == PROBE_WORKS;
	free(list.tensor);
	if (works > 0) {
		free(model->data);
		*model = copy;
	} else {
		free(copy.data);
	}
	return works;
}

int layers_expose(struct file *model, const char *delegate)
{
	int hidden, works = try_to_show(model, delegate, true, &hidden);

	if (works)
		return works;
	works = try_to_show(model, delegate, false, &hidden);
	if (works > 0)
		printf("The delegate dies when it is asked for a sum's operand that it computes together with the sum; "
		       "%d operators are checked with the addition behind them.\n", hidden);
	else if (!works)
		printf("The delegate dies when it is asked for what single operators put out; "
		       "only the result of the network is compared.\n");
	return works;
}

/*
 * The operators
 */

static int open_layer(struct layer *layer, const struct file *model, uint32_t number)
{
	if (modelfile_operands(model, number, &layer->inputs, &layer->outputs) ||
	    operator_read(model, number, &layer->op) ||
	    modelfile_single(model, number, &layer->model))
		return -1;
	layer->cpu = engine_open(&layer->model, NULL);
	return layer->cpu ? 0 : -1;
}

/* Which layer computes a tensor, and as which of its outputs; NULL: none. */
static const struct layer *source_of(const struct layers *l, uint32_t tensor, uint32_t *output)
{
	for (int i = 0; i < l->count; i++)
		for (*output = 0; *output < l->layer[i].outputs.count; ++*output)
			if (l->layer[i].outputs.tensor[*output] == tensor)
				return &l->layer[i];
	return NULL;
}

/*
 * Beside its own rounding an operator has that of operands which the CPU has had to
 * compute, in other steps.
 */
static void set_bounds(const struct layers *l, struct layer *layer)
{
	uint32_t output;

	layer->allowed = l->tolerance;
	layer->fault = fault_of_result(&layer->op);
	for (uint32_t i = 0; i < layer->inputs.count; i++) {
		uint32_t tensor = layer->inputs.tensor[i];
		const struct layer *from = source_of(l, tensor, &output);
		float in, out = engine_output(layer->cpu, 0).scale;

		if (!from || modelfile_contains(&l->shown, tensor))
			continue;
		if (!layer->unseen) {
			layer->unseen = from;
			layer->unseen_output = output;
		}
		in = engine_output(from->cpu, output).scale;
		layer->allowed += out > 0 ? (int)(from->allowed * in / out) + 1 : 0;
		if (layer->op.kind != OPERATOR_ADD)
			layer->fault = fault_of_operand();
		layer->fault = layer->fault ? layer->fault : from->fault;
	}
}

static int open_all(struct layers *l, const struct file *model)
{
	int count = modelfile_operators(model);

	if (count < 0 || modelfile_outputs(model, &l->shown))
		return -1;
	l->layer = calloc(count, sizeof(*l->layer));
	if (!l->layer) {
		fprintf(stderr, "out of memory for %d operators\n", count);
		return -1;
	}
	l->count = count;
	for (int i = 0; i < count; i++)
		if (open_layer(&l->layer[i], model, i))
			return -1;
	for (int i = 0; i < count; i++)
		set_bounds(l, &l->layer[i]);
	return 0;
}

struct layers *layers_open(const struct file *model, int tolerance)
{
	struct layers *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->tolerance = tolerance;
	if (open_all(l, model)) {
		layers_close(l);
		return NULL;
	}
	return l;
}

void layers_close(struct layers *l)
{
	if (!l)
		return;
	for (int i = 0; i < l->count; i++) {
		engine_close(l->layer[i].cpu);
		free(l->layer[i].model.data);
		free(l->layer[i].inputs.tensor);
		free(l->layer[i].outputs.tensor);
	}
	free(l->layer);
	free(l->shown.tensor);
	free(l);
}

/* The NPU's value of a tensor; false if it does not show it. */
static bool shown(const struct layers *l, const struct engine *npu, uint32_t tensor,
		  struct engine_output *value)
{
	for (uint32_t i = 0; i < l->shown.count; i++) {
		if (l->shown.tensor[i] == tensor) {
			*value = engine_output(npu, i);
			return true;
		}
	}
	return false;
}

/* Gives an operator one of its inputs: the NPU's, else the CPU's, else the picture. */
static int feed(const struct layers *l, const struct layer *layer, int number,
		const struct engine *npu, const uint8_t *input, size_t bytes)
{
	uint32_t tensor = layer->inputs.tensor[number], output;
	const struct layer *from = source_of(l, tensor, &output);
	struct engine_output value = { .data = input, .bytes = bytes };

	if (!shown(l, npu, tensor, &value) && from)
		value = engine_output(from->cpu, output);
	return engine_set_input(layer->cpu, number, value.data, value.bytes);
}

static int check_layer(const struct layers *l, struct layer *layer,
		       const struct engine *npu, const uint8_t *input,
		       size_t bytes)
{
	struct engine_output operand;

	if (layer->unseen)
		operand = engine_output(layer->unseen->cpu, layer->unseen_output);
	for (uint32_t i = 0; i < layer->inputs.count; i++)
		if (feed(l, layer, i, npu, input, bytes))
			return -1;
	if (engine_invoke(layer->cpu))
		return -1;
	for (uint32_t i = 0; i < layer->outputs.count; i++) {
		struct engine_output b = engine_output(layer->cpu, i), a;

		if (shown(l, npu, layer->outputs.tensor[i], &a))
			match_add(&layer->match, &a, &b, layer->unseen ? &operand : NULL);
	}
	return 0;
}

int layers_check(struct layers *l, const struct engine *npu,
		 const uint8_t *input, size_t bytes)
{
	for (int i = 0; i < l->count; i++)
		if (check_layer(l, &l->layer[i], npu, input, bytes))
			return -1;
	return 0;
}

static void report_layer(const struct layers *l, int i)
{
	const struct layer *layer = &l->layer[i];
	char text[160];

	printf("operator %d, %s: %llu of %llu elements differ, by %d at most\n", i,
	       operator_text(&layer->op, text, sizeof(text)),
	       (unsigned long long)layer->match.different,
	       (unsigned long long)layer->match.elements, layer->match.largest);
}

int layers_report(const struct layers *l, bool verbose)
{
	struct match all = { 0 };
	const char *said = NULL;
	int err = 0;

	for (int i = 0; i < l->count; i++) {
		const struct layer *layer = &l->layer[i];
		bool wrong = layer->match.largest > layer->allowed;

		match_join(&all, &layer->match);
		if (wrong || verbose)
			report_layer(l, i);
		if (!wrong)
			continue;
		if (!layer->fault)
			printf("  Rounding explains %d. No fault of Mesa is known that does this; please report it.\n",
			       layer->allowed);
		else if (layer->fault != said)
			printf("  %s\n", layer->fault);
		said = layer->fault;
		err |= layer->fault ? 0 : -1;
	}
	printf("NPU against CPU, each operator given the NPU's inputs: %llu of %llu elements differ, by %d at most\n",
	       (unsigned long long)all.different, (unsigned long long)all.elements, all.largest);
	return err;
}
