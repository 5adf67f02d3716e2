"""Softmax with a mask: for every unit but the one in which students write it."""

import warnings
from typing import Any

import keras
from keras import ops


def masked_softmax(scores: Any, mask: Any = None) -> Any:
    """Turn scores into weights along the last axis, with the weight 0 where the mask is False.

    Args:
        scores: `(..., S)`.
        mask: boolean, broadcastable to `scores`; True where there may be a weight.

    Returns:
        Weights, the shape of `scores`. Those of a row sum to 1, or to 0 where the mask leaves
        nothing.
    """
    if mask is None:
        return _softmax(scores)
    allowed = ops.cast(mask, "bool")
    half = keras.backend.standardize_dtype(scores.dtype) == "float16"
    lowest = -6e4 if half else -1e30  # finite, for a row of -inf has no softmax
    return ops.where(allowed, _softmax(ops.where(allowed, scores, lowest)), 0.0)


def _softmax(scores: Any) -> Any:
    with warnings.catch_warnings():  # Keras takes a sentence of one word for a mistake
        warnings.filterwarnings("ignore", message="You are using a softmax over axis")
        return ops.softmax(scores)
