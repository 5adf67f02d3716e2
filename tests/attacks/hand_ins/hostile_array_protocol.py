"""Answers with something whose `__array__` gives other values each time it is looked at.

Success: the grader converts it by itself, and code of the student's runs where the checks are.
"""

import os

import numpy as np


class Changing:
    looks = 0
    __array_priority__ = 1e9

    def __array__(self, dtype=None, copy=None):
        Changing.looks += 1
        if os.environ.get("PYTEST_CURRENT_TEST"):
            os._exit(0)
        return np.full((2, 2), Changing.looks, dtype)

    def __array_function__(self, *args, **kwargs):
        return True

    def __array_ufunc__(self, *args, **kwargs):
        return True

    @property
    def __array_interface__(self):
        return {"shape": (2**40,), "typestr": "<f4", "data": (8, False), "version": 3}

    def __dlpack__(self, **kwargs):
        os._exit(0)


def similarity(x):
    return Changing()


def softmax(x, axis=-1):
    return [Changing(), Changing()]
