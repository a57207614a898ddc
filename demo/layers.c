// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

#include "layers.h"
#include "modelfile.h"

struct layer {
	struct file model;
	struct engine *cpu;
	struct tensor_list inputs;
	uint32_t first_output;		/* where its outputs begin in the results */
	uint32_t outputs;
};

struct layers {
	struct tensor_list results;	/* the outputs of the whole model */
	struct match *match;		/* one per result */
	struct layer *layer;
	uint32_t count;
};

static int open_layer(struct layer *layer, const struct file *model,
		      uint32_t number, uint32_t first_output)
{
	struct tensor_list outputs;
	int err = modelfile_operands(model, number, &layer->inputs, &outputs);

	layer->first_output = first_output;
	layer->outputs = outputs.count;
	free(outputs.tensor);
	if (err || modelfile_single(model, number, &layer->model))
		return -1;
	layer->cpu = engine_open(&layer->model, NULL);
	return layer->cpu ? 0 : -1;
}

static int open_all(struct layers *l, const struct file *model)
{
	int count = modelfile_operators(model);
	uint32_t output = 0;

	if (count < 0 || modelfile_results(model, &l->results))
		return -1;
	l->match = calloc(l->results.count, sizeof(*l->match));
	l->layer = calloc(count, sizeof(*l->layer));
	if (!l->match || !l->layer) {
		fprintf(stderr, "out of memory for %d operators\n", count);
		return -1;
	}
	l->count = count;
	for (int i = 0; i < count; i++) {
		if (open_layer(&l->layer[i], model, i, output))
			return -1;
		output += l->layer[i].outputs;
	}
	return 0;
}

struct layers *layers_open(const struct file *model)
{
	struct layers *l = calloc(1, sizeof(*l));

	if (l && open_all(l, model)) {
		layers_close(l);
		return NULL;
	}
	return l;
}

void layers_close(struct layers *l)
{
	if (!l)
		return;
	for (uint32_t i = 0; i < l->count; i++) {
		engine_close(l->layer[i].cpu);
		free(l->layer[i].model.data);
		free(l->layer[i].inputs.tensor);
	}
	free(l->layer);
	free(l->match);
	free(l->results.tensor);
	free(l);
}

/* Gives an operator one of its inputs: a result of the NPU, or else the picture. */
static int feed(const struct layers *l, const struct layer *layer, int number,
		const struct engine *npu, const uint8_t *input, size_t bytes)
{
	uint32_t tensor = layer->inputs.tensor[number];

	for (uint32_t i = 0; i < l->results.count; i++) {
		if (l->results.tensor[i] == tensor) {
			struct engine_output o = engine_output(npu, i);

			return engine_set_input(layer->cpu, number, o.data,
						o.bytes);
		}
	}
	return engine_set_input(layer->cpu, number, input, bytes);
}

static int check_layer(struct layers *l, const struct layer *layer,
		       const struct engine *npu, const uint8_t *input,
		       size_t bytes)
{
	for (uint32_t i = 0; i < layer->inputs.count; i++)
		if (feed(l, layer, i, npu, input, bytes))
			return -1;
	if (engine_invoke(layer->cpu))
		return -1;
	for (uint32_t i = 0; i < layer->outputs; i++) {
		struct engine_output a = engine_output(npu,
						       layer->first_output + i);
		struct engine_output b = engine_output(layer->cpu, i);

		match_add(&l->match[layer->first_output + i], &a, &b);
	}
	return 0;
}

int layers_check(struct layers *l, const struct engine *npu,
		 const uint8_t *input, size_t bytes)
{
	for (uint32_t i = 0; i < l->count; i++)
		if (check_layer(l, &l->layer[i], npu, input, bytes))
			return -1;
	return 0;
}

const struct match *layers_match(const struct layers *l, int i)
{
	return &l->match[i];
}
