# SPDX-License-Identifier: GPL-2.0-only
"""The handwritten digits: reading, splitting, enlarging.

The data set is the "Optical Recognition of Handwritten Digits" of E. Alpaydin
and C. Kaynak (UCI Machine Learning Repository, 1998, CC BY 4.0,
doi:10.24432/C50P49), 1797 pictures of 8x8 pixels with values 0..16, as Debian's
package python3-sklearn ships them.
"""

import gzip

import numpy as np

PATH = ("/usr/lib/python3/dist-packages/sklearn/datasets/data/digits.csv.gz")
SIDE = 8
LEVELS = 16      # pixel values are 0..LEVELS
TEST_COUNT = 360


def read(path):
    """Return (pictures [n, 8, 8], labels [n]) as integers, in the file's order."""
    with gzip.open(path, "rt", encoding="ascii") as stream:
        rows = np.loadtxt(stream, delimiter=",")
    table = rows.astype(np.int64)
    pictures = table[:, :SIDE * SIDE].reshape(-1, SIDE, SIDE)
    if (pictures < 0).any() or (pictures > LEVELS).any():
        raise ValueError(f"{path}: pixel values outside 0..{LEVELS}")
    return pictures, table[:, SIDE * SIDE]


def split(pictures, labels):
    """Training and test set: ((pictures, labels), (pictures, labels)).

    The test set is the end of the file, by which nothing is trained or calibrated.
    Which writer wrote what is not known, so both sets may share writers.
    """
    cut = len(labels) - TEST_COUNT
    return ((pictures[:cut], labels[:cut]), (pictures[cut:], labels[cut:]))


def enlarge(pictures):
    """8x8 pictures of 0..16 to 16x16x1 bytes: every pixel becomes 2x2.

    picture_resize() does the same to what classify shows to the NPU.
    """
    grey = (pictures * 255 + LEVELS // 2) // LEVELS
    return grey.repeat(2, axis=1).repeat(2, axis=2)[..., None].astype(np.uint8)
