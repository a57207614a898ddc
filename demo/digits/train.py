#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Train the digit classifier and write the files of the demonstration.

  train.py             writes digits.tflite, digits-test.pgm, digits-test.labels
  train.py --check     does the same in memory and compares with what is there

The result is the same, bit for bit, on every machine (see exact.py).
Needs Debian's python3-numpy and python3-flatbuffers, and from python3-sklearn the
one file with the data (--data names another place for it).
"""

import argparse
import pathlib
import sys
import time

import numpy as np

import dataset
import network
import quantise
import tflite_model

HERE = pathlib.Path(__file__).resolve().parent
WEIGHTS_SEED = 1
ORDER_SEED = 2
BATCH = 64
# Chosen by what the last 240 training pictures said when they were left out
EPOCHS = 60
LEARNING_RATE = 0.008          # falls linearly to 0
WEIGHT_DECAY = 0.05            # of the learning rate, each step
MAP_PENALTY = 0.05
MOMENTUM, SQUARES = 0.9, 0.999  # AdamW
MAX_BYTES = 64 * 1024
DESCRIPTION = ("Handwritten digits, 8x8 pixels enlarged to 16x16. "
               "Trained on UCI Optical Recognition of Handwritten Digits.")


class Adam:
    """AdamW, in the elementwise operations that IEEE 754 defines exactly."""

    def __init__(self, parameters):
        self.parameters = parameters
        self.mean = [np.zeros_like(p) for p in parameters]
        self.square = [np.zeros_like(p) for p in parameters]
        self.mean_decay = self.square_decay = 1.0

    def step(self, gradients, rate):
        self.mean_decay *= MOMENTUM
        self.square_decay *= SQUARES
        for p, g, m, s in zip(self.parameters, gradients, self.mean, self.square):
            m += (g - m) * (1 - MOMENTUM)
            s += (g * g - s) * (1 - SQUARES)
            p -= rate * WEIGHT_DECAY * p
            p -= (rate * (m / (1 - self.mean_decay))
                  / (np.sqrt(s / (1 - self.square_decay)) + 1e-8))


def shifted(batch, rng):
    """Each picture moved by -1, 0 or 1 pixels either way; the edges wrap."""
    moves = rng.randint(-1, 2, size=(len(batch), 2))
    return np.stack([np.roll(picture, tuple(move), (0, 1))
                     for picture, move in zip(batch, moves)])


def hinge_gradient(scores, labels):
    """Gradient of the mean squared hinge loss, one class against the rest.

    Chosen before cross-entropy because it needs no exponential.
    """
    sign = np.where(np.arange(network.CLASSES) == labels[:, None], 1.0, -1.0)
    return -2.0 * sign * np.maximum(1.0 - sign * scores, 0.0) / len(labels)


def train(pictures, labels):
    """Return the trained network; pictures are uint8 [n, h, w, 1]."""
    inputs = pictures / 255.0
    net = network.Network(WEIGHTS_SEED)
    rng = np.random.RandomState(ORDER_SEED)
    adam = Adam([p for layer in net.layers for p in layer.parameters()])
    steps = EPOCHS * -(-len(labels) // BATCH)
    step = 0
    start = time.monotonic()
    for epoch in range(EPOCHS):
        order = rng.permutation(len(labels))
        for first in range(0, len(labels), BATCH):
            chosen = order[first:first + BATCH]
            scores = net.forward(shifted(inputs[chosen], rng))
            net.backward(hinge_gradient(scores, labels[chosen]), MAP_PENALTY)
            adam.step([g for layer in net.layers for g in layer.gradients],
                      LEARNING_RATE * (1.0 - step / steps))
            step += 1
        print(f"\repoch {epoch + 1}/{EPOCHS}, {time.monotonic() - start:.0f} s",
              end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return net


def test_files(pictures, labels):
    """The test set as one tall PGM picture, and a text file of its labels."""
    side, levels = dataset.SIDE, dataset.LEVELS
    header = f"P5\n{side} {side * len(labels)}\n{levels}\n".encode("ascii")
    text = "".join(f"{label}\n" for label in labels)
    return header + pictures.astype(np.uint8).tobytes(), text.encode("ascii")


def build(data_path):
    """Return {file name: content} of everything this script makes."""
    (pictures, labels), (test_pictures, test_labels) = dataset.split(
        *dataset.read(data_path))
    enlarged, test = dataset.enlarge(pictures), dataset.enlarge(test_pictures)
    print(f"{len(labels)} pictures to train with, {len(test_labels)} to test",
          file=sys.stderr)
    net = train(enlarged, labels)
    real = np.mean(net.forward(test / 255.0).argmax(1) == test_labels)
    layers = quantise.quantise(net, enlarged)
    whole = np.mean(quantise.scores(layers, test).argmax(1) == test_labels)
    print(f"accuracy on the test set: {real:.2%} in floating point, "
          f"{whole:.2%} quantised", file=sys.stderr)
    model = tflite_model.serialise(layers, network.IMAGE_SIZE, DESCRIPTION)
    if len(model) >= MAX_BYTES:
        raise SystemExit(f"the model has {len(model)} bytes, {MAX_BYTES} or more")
    pgm, text = test_files(test_pictures, test_labels)
    return {"digits.tflite": model, "digits-test.pgm": pgm,
            "digits-test.labels": text}


def compare(files, directory):
    """Number of files that differ from, or are missing in, the directory."""
    bad = 0
    for name, content in files.items():
        path = directory / name
        same = path.is_file() and path.read_bytes() == content
        print(f"{name}: {len(content)} bytes, "
              f"{'identical' if same else 'DIFFERS'}")
        bad += not same
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true",
                        help="compare with the files there, write nothing")
    parser.add_argument("--data", default=dataset.PATH, metavar="FILE",
                        help="digits.csv.gz of python3-sklearn (%(default)s)")
    parser.add_argument("--output", type=pathlib.Path, default=HERE,
                        metavar="DIR", help="where the files are (%(default)s)")
    args = parser.parse_args()
    if not pathlib.Path(args.data).is_file():
        parser.exit(2, f"{args.data} is missing: install python3-sklearn, or give "
                       "the file with --data\n")
    files = build(args.data)
    if args.check:
        return 1 if compare(files, args.output) else 0
    for name, content in files.items():
        (args.output / name).write_bytes(content)
        print(f"{name}: {len(content)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
