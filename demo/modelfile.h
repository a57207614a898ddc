/* SPDX-License-Identifier: MIT */
/* A .tflite file in memory, and making its inner tensors visible. */
#ifndef DEMO_MODELFILE_H
#define DEMO_MODELFILE_H

#include "file.h"

/*
 * Makes the output tensors of all operators outputs of the model, in the order of
 * the operators, so that TFLite keeps them and delegates deliver them.  Works on
 * the first graph; the file grows.  Returns 0, or -1 after a message.
 */
int modelfile_expose_all(struct file *model);

#endif
