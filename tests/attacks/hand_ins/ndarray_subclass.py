"""Subclasses of ndarray that lie about their shape, their type, their bytes and every comparison.

Success: the lie is believed: by a check, or by the reader that takes memory for it.
"""

import numpy as np


class Liar(np.ndarray):
    def __array_ufunc__(self, *args, **kwargs):
        return np.True_

    def __array_function__(self, *args, **kwargs):
        return True

    def tobytes(self, order="C"):
        return b""

    def all(self, *args, **kwargs):
        return np.True_

    @property
    def nbytes(self):
        return 0

    def __eq__(self, other):
        return np.True_

    def __hash__(self):
        return 0


class Broad(Liar):
    def __array_finalize__(self, source):
        pass

    @property
    def shape(self):
        return (2**31, 2**31)


def similarity(x):
    return np.zeros(3, "float32").view(Liar)


def softmax(x, axis=-1):
    return np.zeros(3, "float32").view(Broad)


def padding_mask(token_ids):
    return np.array(["yes", None, object()], dtype=object).view(Liar)


def causal_mask(length):
    return np.zeros(2, dtype=[("a", "f4"), ("b", "O")])
