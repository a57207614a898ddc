// SPDX-License-Identifier: MIT
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tensorflow/lite/c/c_api.h>
#include <tensorflow/lite/c/common.h>

#include "engine.h"

typedef void destroy_fn(TfLiteDelegate *delegate);

struct engine {
	TfLiteModel *model;
	TfLiteInterpreterOptions *options;
	TfLiteInterpreter *interpreter;
	void *library;			/* the delegate's, from dlopen() */
	TfLiteDelegate *delegate;
	destroy_fn *destroy;
	struct engine_split split;
	uint8_t **shifted;		/* an int8 output as uint8, one for each output */
};

#define INT8_SHIFT 0x80

static void report(void *user_data, const char *format, va_list args)
{
	(void)user_data;
	fputs("tflite: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

/*
 * TFLite's C API does not say what a delegate took.  So its Prepare is wrapped,
 * and within it the one call by which a delegate claims nodes.  Both callbacks
 * carry no pointer of ours; engines are opened one at a time, by one thread.
 */
static struct {
	struct engine *engine;
	TfLiteStatus (*prepare)(TfLiteContext *ctx, TfLiteDelegate *delegate);
	TfLiteStatus (*replace)(TfLiteContext *ctx, TfLiteRegistration registration,
				const TfLiteIntArray *nodes,
				TfLiteDelegate *delegate);
} watched;

static int plan_size(TfLiteContext *ctx)
{
	TfLiteIntArray *plan = NULL;

	if (ctx->GetExecutionPlan(ctx, &plan) != kTfLiteOk || !plan)
		return 0;
	return plan->size;
}

static TfLiteStatus watch_replace(TfLiteContext *ctx,
				  TfLiteRegistration registration,
				  const TfLiteIntArray *nodes,
				  TfLiteDelegate *delegate)
{
	struct engine_split *split = &watched.engine->split;
	TfLiteStatus status;

	split->operators = plan_size(ctx);
	split->delegated = nodes->size;
	status = watched.replace(ctx, registration, nodes, delegate);
	split->groups = plan_size(ctx) - (split->operators - split->delegated);
	return status;
}

static TfLiteStatus watch_prepare(TfLiteContext *ctx, TfLiteDelegate *delegate)
{
	TfLiteStatus status;

	watched.replace = ctx->ReplaceNodeSubsetsWithDelegateKernels;
	ctx->ReplaceNodeSubsetsWithDelegateKernels = watch_replace;
	status = watched.prepare(ctx, delegate);
	ctx->ReplaceNodeSubsetsWithDelegateKernels = watched.replace;
	return status;
}

static void report_plugin(const char *message)
{
	fprintf(stderr, "delegate: %s\n", message);
}

/*
 * By the plugin interface of external delegates, not by TFLite's wrapper around
 * it: the wrapper of 2.14 crashes when the delegate does not start.
 */
static TfLiteDelegate *start_delegate(struct engine *e, const char *path)
{
	typedef TfLiteDelegate *create_fn(const char *const *keys,
					  const char *const *values, size_t count,
					  void (*report)(const char *message));
	create_fn *create;

	e->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!e->library) {
		fprintf(stderr, "%s\n", dlerror());
		return NULL;
	}
	create = (create_fn *)dlsym(e->library, "tflite_plugin_create_delegate");
	e->destroy = (destroy_fn *)dlsym(e->library,
					 "tflite_plugin_destroy_delegate");
	if (!create || !e->destroy) {
		fprintf(stderr, "%s: not a TFLite delegate\n", path);
		return NULL;
	}
	e->delegate = create(NULL, NULL, 0, report_plugin);
	if (!e->delegate)
		fprintf(stderr, "%s: the delegate did not start; is the driver loaded, and /dev/accel/accel0 there?\n",
			path);
	return e->delegate;
}

static int load_delegate(struct engine *e, const char *path)
{
	if (!start_delegate(e, path))
		return -1;
	watched.engine = e;
	watched.prepare = e->delegate->Prepare;
	e->delegate->Prepare = watch_prepare;
	TfLiteInterpreterOptionsAddDelegate(e->options, e->delegate);
	return 0;
}

static int prepare(struct engine *e, const struct file *model,
		   const char *delegate)
{
	e->model = TfLiteModelCreate(model->data, model->size);
	if (!e->model) {
		fprintf(stderr, "TFLite does not accept the model file\n");
		return -1;
	}
	e->options = TfLiteInterpreterOptionsCreate();
	TfLiteInterpreterOptionsSetErrorReporter(e->options, report, NULL);
	TfLiteInterpreterOptionsSetNumThreads(e->options, 1);
	if (delegate && load_delegate(e, delegate))
		return -1;
	e->interpreter = TfLiteInterpreterCreate(e->model, e->options);
	if (!e->interpreter ||
	    TfLiteInterpreterAllocateTensors(e->interpreter) != kTfLiteOk) {
		fprintf(stderr, "TFLite could not prepare the model\n");
		return -1;
	}
	e->shifted = calloc(engine_outputs(e), sizeof(*e->shifted));
	if (!e->shifted)
		return -1;
	if (delegate && !e->split.delegated) {
		fprintf(stderr, "%s: the delegate took none of the model's operators; TEFLON_DEBUG=verbose tells why\n",
			delegate);
		return -1;
	}
	return 0;
}

struct engine *engine_open(const struct file *model, const char *delegate)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (e && prepare(e, model, delegate)) {
		engine_close(e);
		return NULL;
	}
	return e;
}

void engine_close(struct engine *e)
{
	if (!e)
		return;
	for (int i = 0; e->shifted && i < engine_outputs(e); i++)
		free(e->shifted[i]);
	free(e->shifted);
	if (e->interpreter)
		TfLiteInterpreterDelete(e->interpreter);
	if (e->delegate)
		e->destroy(e->delegate);
	if (e->library)
		dlclose(e->library);
	if (e->options)
		TfLiteInterpreterOptionsDelete(e->options);
	if (e->model)
		TfLiteModelDelete(e->model);
	free(e);
}

struct engine_split engine_split(const struct engine *e)
{
	return e->split;
}

static bool is_quantised(const TfLiteTensor *t)
{
	return TfLiteTensorType(t) == kTfLiteUInt8 || TfLiteTensorType(t) == kTfLiteInt8;
}

int engine_input(const struct engine *e, struct engine_input *input)
{
	const TfLiteTensor *t = TfLiteInterpreterGetInputTensor(e->interpreter, 0);
	int count = TfLiteInterpreterGetInputTensorCount(e->interpreter);

	if (count != 1) {
		fprintf(stderr, "the model has %d inputs; this program can only show it one picture\n",
			count);
		return -1;
	}
	if (TfLiteTensorNumDims(t) != 4 || TfLiteTensorDim(t, 0) != 1 ||
	    (TfLiteTensorDim(t, 3) != 1 && TfLiteTensorDim(t, 3) != 3)) {
		fputs("the model's input is no picture, it has the shape", stderr);
		for (int i = 0; i < TfLiteTensorNumDims(t); i++)
			fprintf(stderr, "%s%d", i ? "x" : " ", TfLiteTensorDim(t, i));
		fputs("; 1, height, width and 1 or 3 channels would be one\n", stderr);
		return -1;
	}
	if (!is_quantised(t)) {
		fprintf(stderr, "the model's input is of type %s; quantise it, with int8 or uint8 as input\n",
			TfLiteTypeGetName(TfLiteTensorType(t)));
		return -1;
	}
	input->height = TfLiteTensorDim(t, 1);
	input->width = TfLiteTensorDim(t, 2);
	input->channels = TfLiteTensorDim(t, 3);
	input->bytes = TfLiteTensorByteSize(t);
	return 0;
}

int engine_set_input(struct engine *e, int number, const uint8_t *data,
		     size_t bytes)
{
	TfLiteTensor *t = TfLiteInterpreterGetInputTensor(e->interpreter, number);

	if (t && TfLiteTensorCopyFromBuffer(t, data, bytes) == kTfLiteOk) {
		uint8_t *own = TfLiteTensorData(t);

		for (size_t i = 0; TfLiteTensorType(t) == kTfLiteInt8 && i < bytes; i++)
			own[i] ^= INT8_SHIFT;
		return 0;
	}
	fprintf(stderr, "input %d of the model does not have %zu bytes\n", number,
		bytes);
	return -1;
}

int engine_zero(struct engine *e)
{
	for (int i = 0; i < TfLiteInterpreterGetInputTensorCount(e->interpreter); i++) {
		TfLiteTensor *t = TfLiteInterpreterGetInputTensor(e->interpreter, i);

		if (TfLiteTensorData(t))
			memset(TfLiteTensorData(t), 0, TfLiteTensorByteSize(t));
	}
	return 0;
}

int engine_invoke(struct engine *e)
{
	if (TfLiteInterpreterInvoke(e->interpreter) == kTfLiteOk)
		return 0;
	fprintf(stderr, "TFLite could not run the model\n");
	return -1;
}

int engine_run(struct engine *e, const uint8_t *input, size_t bytes)
{
	return engine_set_input(e, 0, input, bytes) || engine_invoke(e) ? -1 : 0;
}

int engine_outputs(const struct engine *e)
{
	return e->interpreter ? TfLiteInterpreterGetOutputTensorCount(e->interpreter) : 0;
}

/* NULL without memory */
static const uint8_t *shift(const struct engine *e, int i, const uint8_t *data, size_t bytes)
{
	if (!e->shifted[i])
		e->shifted[i] = malloc(bytes + 1);
	for (size_t k = 0; e->shifted[i] && k < bytes; k++)
		e->shifted[i][k] = data[k] ^ INT8_SHIFT;
	return e->shifted[i];
}

struct engine_output engine_output(const struct engine *e, int i)
{
	const TfLiteTensor *t = TfLiteInterpreterGetOutputTensor(e->interpreter, i);
	TfLiteQuantizationParams q = TfLiteTensorQuantizationParams(t);
	struct engine_output o = {
		.name = TfLiteTensorName(t),
		.data = TfLiteTensorData(t),
		.bytes = TfLiteTensorByteSize(t),
		.is_quantised = is_quantised(t),
		.scale = q.scale,
		.zero = q.zero_point,
	};

	for (int d = 0; d < TfLiteTensorNumDims(t); d++)
		o.vector |= TfLiteTensorDim(t, d) == (int)o.bytes;
	if (TfLiteTensorType(t) == kTfLiteInt8) {
		o.data = shift(e, i, o.data, o.bytes);
		o.zero += INT8_SHIFT;
		o.bytes = o.data ? o.bytes : 0;
	}
	return o;
}
