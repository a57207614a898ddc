# SPDX-License-Identifier: GPL-2.0-only
"""The digit classifier in floating point: layers, forward and backward pass.

Tensors are NHWC.  All sums go through exact.py, so that training gives the same
weights on every machine.

Only shapes and kinds of layers that Mesa's rocket backend hands to the NPU:
regular and depthwise convolutions with kernels of 1x1 and 3x3, strides 1 and 2,
"same" padding and ReLU (which the NPU gets for free, by saturation, when the
zero point of the output is 0).
"""

import numpy as np

import exact

IMAGE_SIZE = 16
CLASSES = 10

# kind, kernel, stride, output channels, ReLU
ARCHITECTURE = (
    ("conv", 3, 1, 16, True),
    ("depthwise", 3, 2, 16, True),
    ("conv", 1, 1, 32, True),
    ("depthwise", 3, 1, 32, True),
    ("conv", 1, 1, 64, True),
    ("depthwise", 3, 2, 64, True),
    ("conv", 1, 1, 64, True),
    ("conv", 1, 1, CLASSES, False),
)


def same_padding(size, kernel, stride):
    """TFLite's "same" padding: (output size, pixels before, pixels after)."""
    out = -(-size // stride)
    pixels = max((out - 1) * stride + kernel - size, 0)
    return out, pixels // 2, pixels - pixels // 2


def taps(x, kernel, stride, fill=0):
    """The kernel * kernel shifted, padded views of x under the kernel's taps.

    Returned in row-major order of the kernel; each view has the output's height
    and width.
    """
    _, before, after = same_padding(x.shape[1], kernel, stride)
    if before or after:
        x = np.pad(x, ((0, 0), (before, after), (before, after), (0, 0)),
                   constant_values=fill)
    span = x.shape[1] - kernel + 1
    return [x[:, i:i + span:stride, j:j + span:stride, :]
            for i in range(kernel) for j in range(kernel)]


class Layer:
    """One convolution: weights, bias and an optional ReLU."""

    def __init__(self, kind, kernel, stride, inputs, outputs, relu, rng):
        self.kind, self.kernel, self.stride = kind, kernel, stride
        self.inputs, self.outputs, self.relu = inputs, outputs, relu
        fan_in = kernel * kernel * (1 if kind == "depthwise" else inputs)
        shape = ((kernel * kernel, outputs) if kind == "depthwise"
                 else (kernel * kernel * inputs, outputs))
        bound = np.sqrt(6.0 / fan_in)
        self.weights = (rng.random_sample(shape) * 2.0 - 1.0) * bound
        self.bias = np.zeros(outputs)

    def parameters(self):
        return [self.weights, self.bias]

    def linear(self, x):
        """The convolution without its activation."""
        views = taps(x, self.kernel, self.stride)
        self.shape = x.shape
        self.out_shape = views[0].shape[:3] + (self.outputs,)
        if self.kind == "depthwise":
            self.views = views
            y = views[0] * self.weights[0]
            for view, row in zip(views[1:], self.weights[1:]):
                y = y + view * row
        else:
            self.columns = np.concatenate(views, axis=3).reshape(
                -1, self.weights.shape[0])
            y = exact.matmul(self.columns, self.weights)
        return y.reshape(self.out_shape) + self.bias

    def forward(self, x):
        y = self.linear(x)
        if self.relu:
            y = np.maximum(y, 0.0)
            self.active = y > 0.0
        return y

    def backward(self, grad):
        """Set the gradients of the parameters, return the input's."""
        if self.relu:
            grad = grad * self.active
        self.gradients = [None, exact.total(grad, (0, 1, 2))]
        if self.kind == "depthwise":
            return self._backward_depthwise(grad)
        flat = grad.reshape(-1, self.outputs)
        self.gradients[0] = exact.matmul(self.columns.T, flat)
        if self.kernel != 1:
            return None  # only the first layer, whose input needs no gradient
        return exact.matmul(flat, self.weights.T).reshape(self.shape)

    def _backward_depthwise(self, grad):
        self.gradients[0] = np.stack(
            [exact.total(view * grad, (0, 1, 2)) for view in self.views])
        _, before, after = same_padding(self.shape[1], self.kernel, self.stride)
        n, h, w, c = self.shape
        padded = np.zeros((n, h + before + after, w + before + after, c))
        for view, row in zip(taps_of_padded(padded, self.kernel, self.stride),
                             self.weights):
            view += grad * row
        return padded[:, before:before + h, before:before + w, :]


def taps_of_padded(x, kernel, stride):
    """taps() of an array that is padded already: writable views."""
    span = x.shape[1] - kernel + 1
    return [x[:, i:i + span:stride, j:j + span:stride, :]
            for i in range(kernel) for j in range(kernel)]


class Network:
    """The layers in order, then the mean of each class' map as its score."""

    def __init__(self, seed):
        rng = np.random.RandomState(seed)
        self.layers = []
        channels = 1
        for kind, kernel, stride, outputs, relu in ARCHITECTURE:
            self.layers.append(Layer(kind, kernel, stride, channels, outputs,
                                     relu, rng))
            channels = outputs

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        self.maps = x
        return exact.total(x, (1, 2)) / (x.shape[1] * x.shape[2])

    def backward(self, grad, penalty):
        """Gradients of the loss plus penalty * mean square of the class maps.

        grad: the loss' gradient by the scores.  Maps that only cancel out in the
        mean would cost the quantised scores their resolution.
        """
        n, h, w, _ = self.maps.shape
        grad = (np.broadcast_to(grad[:, None, None, :] / (h * w), self.maps.shape)
                + 2.0 * penalty * self.maps / (n * h * w))
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
