# SPDX-License-Identifier: GPL-2.0-only
"""Post-training quantisation to uint8, per tensor, and a check in integers.

Scheme (TFLite's): real = scale * (stored - zero point).  Mesa's rocket backend
takes uint8 tensors with one scale each; signed int8 tensors it would misread,
because it turns stored bytes into the NPU's int8 by flipping the top bit.
Weights are symmetric around a zero point of 128.  Outputs behind a ReLU have zero
point 0, which makes the saturation of the output the activation.
"""

from dataclasses import dataclass

import numpy as np

import network

WEIGHT_ZERO = 128


@dataclass
class Quantised:
    """A convolution as it is stored in the model."""

    kind: str
    kernel: int
    stride: int
    relu: bool
    weights: np.ndarray       # uint8, [out, k, k, in], depthwise [1, k, k, ch]
    weight_scale: np.float32
    bias: np.ndarray          # int32, in units of input scale * weight scale
    input_scale: np.float32
    output_scale: np.float32
    output_zero: int


def _weights(layer):
    scale = np.float32(np.abs(layer.weights).max() / 127)
    stored = np.rint(layer.weights / np.float64(scale)) + WEIGHT_ZERO
    k = layer.kernel
    if layer.kind == "depthwise":
        stored = stored.reshape(1, k, k, layer.outputs)
    else:
        stored = stored.reshape(k, k, layer.inputs, layer.outputs)
        stored = stored.transpose(3, 0, 1, 2)
    return np.ascontiguousarray(stored.astype(np.uint8)), scale


def _output_range(layer, output):
    """Scale and zero point that cover the outputs seen in calibration."""
    high = max(output.max(), 0.0)
    low = 0.0 if layer.relu else min(output.min(), 0.0)
    scale = np.float32((high - low) / 255)
    return scale, int(np.rint(-low / np.float64(scale)))


def quantise(net, calibration):
    """Quantise net with the value ranges that the calibration pictures cause.

    calibration: uint8 pictures [n, h, w, 1].
    """
    x = calibration / 255.0
    input_scale = np.float32(1 / 255)
    result = []
    for layer in net.layers:
        x = layer.forward(x)
        weights, weight_scale = _weights(layer)
        output_scale, output_zero = _output_range(layer, x)
        bias_scale = np.float64(input_scale) * np.float64(weight_scale)
        bias = np.rint(layer.bias / bias_scale).astype(np.int32)
        result.append(Quantised(layer.kind, layer.kernel, layer.stride,
                                layer.relu, weights, weight_scale, bias,
                                input_scale, output_scale, output_zero))
        input_scale = output_scale
    return result


def _accumulate(layer, x):
    """Integer convolution of centred inputs x with the layer's weights."""
    weights = layer.weights.astype(np.int64) - WEIGHT_ZERO
    views = network.taps(x, layer.kernel, layer.stride)
    if layer.kind == "depthwise":
        rows = weights.reshape(-1, weights.shape[3])
        return sum(view * row for view, row in zip(views, rows)) + layer.bias
    columns = np.concatenate(views, axis=3)
    return columns @ weights.reshape(weights.shape[0], -1).T + layer.bias


def scores(layers, pictures):
    """Class scores [n, classes] of uint8 pictures, computed with integers.

    Requantisation rounds to nearest, halves away from zero.  TFLite and the NPU
    use multipliers of 31 and 15 bits, and may differ from this by one unit.
    """
    stored, zero = pictures.astype(np.int64), 0
    for layer in layers:
        acc = _accumulate(layer, stored - zero)
        factor = (np.float64(layer.input_scale) * np.float64(layer.weight_scale)
                  / np.float64(layer.output_scale))
        real = acc * factor
        rounded = np.floor(np.abs(real) + 0.5) * np.sign(real)
        zero = layer.output_zero
        stored = np.clip(rounded + zero, 0, 255).astype(np.int64)
    return stored.sum(axis=(1, 2))
