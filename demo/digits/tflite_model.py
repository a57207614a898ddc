# SPDX-License-Identifier: GPL-2.0-only
"""Writing the quantised network as a .tflite file (a flatbuffer, schema "TFL3").

Field numbers and enumerators are those of TensorFlow's schema.fbs, version 3, as
Debian ships it compiled in libtensorflow-lite-dev
(tensorflow/lite/schema/schema_generated.h).  A vtable offset VT there is field
number (VT - 4) / 2 here.
"""

import flatbuffers
import numpy as np

SCHEMA_VERSION = 3

# Table fields
TENSOR_SHAPE, TENSOR_TYPE, TENSOR_BUFFER, TENSOR_NAME, TENSOR_QUANT = range(5)
QUANT_SCALE, QUANT_ZERO_POINT = 2, 3
CONV_PADDING, CONV_STRIDE_W, CONV_STRIDE_H, CONV_ACTIVATION = range(4)
DW_PADDING, DW_STRIDE_W, DW_STRIDE_H, DW_MULTIPLIER, DW_ACTIVATION = range(5)
POOL_PADDING, POOL_STRIDE_W, POOL_STRIDE_H, POOL_WIDTH, POOL_HEIGHT = range(5)
RESHAPE_SHAPE = 0
CODE_DEPRECATED, CODE_CUSTOM, CODE_VERSION, CODE_BUILTIN = range(4)
OP_CODE, OP_INPUTS, OP_OUTPUTS, OP_OPTIONS_TYPE, OP_OPTIONS = range(5)
GRAPH_TENSORS, GRAPH_INPUTS, GRAPH_OUTPUTS, GRAPH_OPERATORS, GRAPH_NAME = range(5)
BUFFER_DATA = 0
MODEL_VERSION, MODEL_CODES, MODEL_GRAPHS, MODEL_DESCRIPTION, MODEL_BUFFERS = range(5)

# BuiltinOperator and the BuiltinOptions that goes with it
AVERAGE_POOL, CONV, DEPTHWISE, RESHAPE = 1, 3, 4, 22
OPTIONS_OF = {CONV: 1, DEPTHWISE: 2, AVERAGE_POOL: 5, RESHAPE: 17}

INT32, UINT8 = 2, 3             # TensorType
SAME, VALID = 0, 1              # Padding
RELU = 1                        # ActivationFunctionType
BUFFER_ALIGNMENT = 16           # schema.fbs: force_align of Buffer.data


class ModelWriter:
    """Collects tensors and operators of one graph, then writes the file."""

    def __init__(self):
        self.builder = flatbuffers.Builder(1 << 16)
        self.buffers = [self._table([])]   # buffer 0 stands for "no data"
        self.tensors = []
        self.operators = []
        self.codes = []
        self.names = {}     # of custom operators, by their code

    def _table(self, fields):
        """A table of (number, kind, value), kind naming the slot function."""
        b = self.builder
        b.StartObject(max((n for n, _, _ in fields), default=-1) + 1)
        for number, kind, value in fields:
            if kind == "offset":
                b.PrependUOffsetTRelativeSlot(number, value, 0)
            else:
                getattr(b, f"Prepend{kind}Slot")(number, value, 0)
        return b.EndObject()

    def _offsets(self, items):
        b = self.builder
        b.StartVector(4, len(items), 4)
        for item in reversed(items):
            b.PrependUOffsetTRelative(item)
        return b.EndVector()

    def numbers(self, values, dtype):
        """A vector of numbers."""
        return self.builder.CreateNumpyVector(np.asarray(values, dtype=dtype))

    def _data(self, array):
        raw = array.astype(array.dtype.newbyteorder("<")).tobytes()
        b = self.builder
        b.StartVector(1, len(raw), BUFFER_ALIGNMENT)
        b.head = b.Head() - len(raw)
        b.Bytes[b.Head():b.Head() + len(raw)] = raw
        return b.EndVector()

    def tensor(self, name, shape, kind, scale=None, zero=0, data=None):
        """Add a tensor, return its index."""
        quant = None
        if scale is not None:
            scales = self.numbers([scale], np.float32)
            zeros = self.numbers([zero], np.int64)
            quant = self._table([(QUANT_SCALE, "offset", scales),
                                 (QUANT_ZERO_POINT, "offset", zeros)])
        buffer = 0
        if data is not None:
            buffer = len(self.buffers)
            content = self._data(data)
            self.buffers.append(self._table([(BUFFER_DATA, "offset", content)]))
        fields = [(TENSOR_SHAPE, "offset", self.numbers(shape, np.int32)),
                  (TENSOR_TYPE, "Int8", kind),
                  (TENSOR_BUFFER, "Uint32", buffer),
                  (TENSOR_NAME, "offset", self.builder.CreateString(name))]
        if quant is not None:
            fields.append((TENSOR_QUANT, "offset", quant))
        self.tensors.append(self._table(fields))
        return len(self.tensors) - 1

    def operator(self, builtin, inputs, output, options):
        """Add an operator; options: fields of its options table."""
        if builtin not in self.codes:
            self.codes.append(builtin)
        table = self._table(options)
        self.operators.append(self._table([
            (OP_CODE, "Uint32", self.codes.index(builtin)),
            (OP_INPUTS, "offset", self.numbers(inputs, np.int32)),
            (OP_OUTPUTS, "offset", self.numbers([output], np.int32)),
            (OP_OPTIONS_TYPE, "Uint8", OPTIONS_OF[builtin]),
            (OP_OPTIONS, "offset", table)]))

    def finish(self, graph_input, graph_output, description):
        """Return the bytes of the file."""
        b = self.builder
        graph = self._table([
            (GRAPH_TENSORS, "offset", self._offsets(self.tensors)),
            (GRAPH_INPUTS, "offset", self.numbers([graph_input], np.int32)),
            (GRAPH_OUTPUTS, "offset", self.numbers([graph_output], np.int32)),
            (GRAPH_OPERATORS, "offset", self._offsets(self.operators)),
            (GRAPH_NAME, "offset", b.CreateString("main"))])
        codes = [self._table([(CODE_DEPRECATED, "Int8", code),
                              (CODE_VERSION, "Int32", 1),
                              (CODE_BUILTIN, "Int32", code)] +
                             [(CODE_CUSTOM, "offset", b.CreateString(name))
                              for custom, name in self.names.items() if custom == code])
                 for code in self.codes]
        model = self._table([
            (MODEL_VERSION, "Uint32", SCHEMA_VERSION),
            (MODEL_CODES, "offset", self._offsets(codes)),
            (MODEL_GRAPHS, "offset", self._offsets([graph])),
            (MODEL_DESCRIPTION, "offset", b.CreateString(description)),
            (MODEL_BUFFERS, "offset", self._offsets(self.buffers))])
        b.Finish(model, file_identifier=b"TFL3")
        return bytes(b.Output())


def _convolution(writer, number, layer, source, size):
    """Add one quantised convolution; return (output tensor, output size)."""
    name = f"{layer.kind}{number}"
    depthwise = layer.kind == "depthwise"
    channels = len(layer.bias)
    out = -(-size // layer.stride)
    weights = writer.tensor(f"{name}/weights", layer.weights.shape, UINT8,
                            layer.weight_scale, 128, layer.weights)
    bias = writer.tensor(f"{name}/bias", [channels], INT32,
                         layer.input_scale * layer.weight_scale, 0, layer.bias)
    output = writer.tensor(name, [1, out, out, channels], UINT8,
                           layer.output_scale, layer.output_zero)
    activation = RELU if layer.relu else 0
    if depthwise:
        options = [(DW_PADDING, "Int8", SAME),
                   (DW_STRIDE_W, "Int32", layer.stride),
                   (DW_STRIDE_H, "Int32", layer.stride),
                   (DW_MULTIPLIER, "Int32", 1),
                   (DW_ACTIVATION, "Int8", activation)]
    else:
        options = [(CONV_PADDING, "Int8", SAME),
                   (CONV_STRIDE_W, "Int32", layer.stride),
                   (CONV_STRIDE_H, "Int32", layer.stride),
                   (CONV_ACTIVATION, "Int8", activation)]
    writer.operator(DEPTHWISE if depthwise else CONV, [source, weights, bias],
                    output, options)
    return output, out


def serialise(layers, size, description):
    """The .tflite file of quantised layers for size x size x 1 pictures."""
    writer = ModelWriter()
    graph_input = tensor = writer.tensor("picture", [1, size, size, 1], UINT8,
                                         layers[0].input_scale, 0)
    for number, layer in enumerate(layers):
        tensor, size = _convolution(writer, number, layer, tensor, size)
    last = layers[-1]
    classes = len(last.bias)
    mean = writer.tensor("mean", [1, 1, 1, classes], UINT8, last.output_scale,
                         last.output_zero)
    writer.operator(AVERAGE_POOL, [tensor], mean,
                    [(POOL_PADDING, "Int8", VALID),
                     (POOL_STRIDE_W, "Int32", 1), (POOL_STRIDE_H, "Int32", 1),
                     (POOL_WIDTH, "Int32", size), (POOL_HEIGHT, "Int32", size)])
    shape = np.asarray([1, classes], dtype=np.int32)
    shape_tensor = writer.tensor("shape", [2], INT32, data=shape)
    result = writer.tensor("scores", [1, classes], UINT8, last.output_scale,
                           last.output_zero)
    new_shape = writer.numbers(shape, np.int32)
    writer.operator(RESHAPE, [mean, shape_tensor], result,
                    [(RESHAPE_SHAPE, "offset", new_shape)])
    return writer.finish(graph_input, result, description)
