# SPDX-License-Identifier: GPL-2.0-only
"""Small networks that show what "make run MODEL=" says of a model.

usage: make.py DIRECTORY

Random weights, a picture of 10x10 pixels, four scores.  board/checks/demo has for each
what must be said.  Needs python3-numpy and python3-flatbuffers (board/steps/models.sh).
"""

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "digits"))
import tflite_model as tfl  # noqa: E402

SIZE = 10               # pixels a side
CLASSES = 4
ADD, CUSTOM = 0, 32     # BuiltinOperator
ADD_OPTIONS = 11        # BuiltinOptions
INT8 = 9                # TensorType
tfl.OPTIONS_OF.update({ADD: ADD_OPTIONS, CUSTOM: 0})


class Network:
    """A graph of tensors [1, side, side, channels], of type kind."""

    def __init__(self, channels=3, kind=tfl.UINT8, seed=0):
        self.writer = tfl.ModelWriter()
        self.random = np.random.default_rng(seed)
        self.kind = kind
        self.zero = 128 if kind == tfl.UINT8 else 0
        self.scale = {}
        self.channels = {}
        self.input = self.tensor("picture", channels, 1 / 64)

    def tensor(self, name, channels, scale, side=SIZE):
        t = self.writer.tensor(name, [1, side, side, channels], self.kind, scale,
                               self.zero)
        self.scale[t] = scale
        self.channels[t] = channels
        return t

    def convolution(self, source, channels, kernel, depthwise=False):
        """Weights that spread the sums over the output's range."""
        inputs = self.channels[source]
        shape = ([1, kernel, kernel, channels] if depthwise
                 else [channels, kernel, kernel, inputs])
        dtype = np.uint8 if self.kind == tfl.UINT8 else np.int8
        values = self.random.integers(-100, 101, shape) + self.zero
        name = f"convolution{len(self.scale)}"
        weights = self.writer.tensor(name + "/weights", shape, self.kind, 1 / 128,
                                     self.zero, values.astype(dtype))
        bias = self.writer.tensor(name + "/bias", [channels], tfl.INT32,
                                  self.scale[source] / 128, 0,
                                  np.zeros(channels, dtype=np.int32))
        products = kernel * kernel * (1 if depthwise else inputs)
        out = self.tensor(name, channels,
                           self.scale[source] * float(np.sqrt(products)) / 2)
        number = tfl.DW_PADDING if depthwise else tfl.CONV_PADDING
        options = [(number, "Int8", tfl.SAME),
                   (tfl.CONV_STRIDE_W, "Int32", 1), (tfl.CONV_STRIDE_H, "Int32", 1)]
        if depthwise:
            options.append((tfl.DW_MULTIPLIER, "Int32", 1))
        self.writer.operator(tfl.DEPTHWISE if depthwise else tfl.CONV,
                             [source, weights, bias], out, options)
        return out

    def pool(self, source, side, padding, name):
        out = self.tensor(name, self.channels[source], self.scale[source],
                           SIZE if padding == tfl.SAME else 1)
        self.writer.operator(tfl.AVERAGE_POOL, [source], out,
                             [(tfl.POOL_PADDING, "Int8", padding),
                              (tfl.POOL_STRIDE_W, "Int32", 1),
                              (tfl.POOL_STRIDE_H, "Int32", 1),
                              (tfl.POOL_WIDTH, "Int32", side),
                              (tfl.POOL_HEIGHT, "Int32", side)])
        return out

    def add(self, one, other):
        out = self.tensor(f"sum{len(self.scale)}", self.channels[one],
                           self.scale[one] + self.scale[other])
        self.writer.operator(ADD, [one, other], out, [])
        return out

    def finish(self, tensor, description):
        """Scores from a tensor, and the file."""
        mean = self.pool(self.convolution(tensor, CLASSES, 1), SIZE, tfl.VALID, "mean")
        shape = np.asarray([1, CLASSES], dtype=np.int32)
        target = self.writer.tensor("shape", [2], tfl.INT32, data=shape)
        result = self.writer.tensor("scores", [1, CLASSES], self.kind,
                                    self.scale[mean], self.zero)
        self.writer.operator(tfl.RESHAPE, [mean, target], result,
                             [(tfl.RESHAPE_SHAPE, "offset",
                               self.writer.numbers(shape, np.int32))])
        return self.writer.finish(self.input, result, description)


def chain(*channels, picture=3, kind=tfl.UINT8):
    """3x3 convolutions one behind the other, to so many channels each."""
    net = Network(picture, kind)
    tensor = net.input
    for count in channels:
        tensor = net.convolution(tensor, count, 3)
    return net.finish(tensor, f"convolutions to {channels} channels")


def verdicts():
    """Layers of the kinds for which there is a list of what fails on silicon."""
    net = Network()
    tensor = net.input
    for channels, kernel in ((24, 3), (64, 3), (24, 1), (112, 1), (16, 3), (48, 1),
                             (16, 3), (120, 1), (72, 1), (96, 1), (144, 1)):
        tensor = net.convolution(tensor, channels, kernel)
    tensor = net.convolution(tensor, 144, 3, depthwise=True)
    tensor = net.convolution(tensor, 96, 1)
    tensor = net.convolution(tensor, 96, 3, depthwise=True)
    tensor = net.convolution(tensor, 32, 1)
    tensor = net.convolution(tensor, 32, 3, depthwise=True)
    return net.finish(tensor, "layers with a verdict of silicon")


def residual(late_first):
    """A sum, its operands in one order or the other."""
    net = Network()
    early = net.convolution(net.convolution(net.input, 32, 3), 16, 1)
    late = net.convolution(net.convolution(early, 32, 1), 16, 1)
    total = net.add(late, early) if late_first else net.add(early, late)
    return net.finish(total, "a sum of convolutions")


def lone_sum():
    net = Network()
    one = net.convolution(net.input, 16, 3)
    smooth = net.pool(one, 3, tfl.SAME, "smooth")
    return net.finish(net.add(one, smooth), "a sum behind no convolution")


def custom():
    net = Network()
    out = net.tensor("unknown", 3, 1 / 64)
    net.writer.names[CUSTOM] = "Unheard"
    net.writer.operator(CUSTOM, [net.input], out, [])
    return net.finish(out, "a custom operator")


MODELS = {
    "right": lambda: chain(32, 16),
    "packed": lambda: chain(24, 16),
    "rows": lambda: chain(48, 16),
    "int8": lambda: chain(32, 16, kind=INT8),
    "no-picture": lambda: chain(32, picture=5),
    "residual": lambda: residual(late_first=True),
    "residual-swapped": lambda: residual(late_first=False),
    "lone-sum": lone_sum,
    "custom": custom,
    "verdicts": verdicts,
}


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: make.py DIRECTORY")
    for name, make in MODELS.items():
        (Path(sys.argv[1]) / f"{name}.tflite").write_bytes(make())


if __name__ == "__main__":
    main()
