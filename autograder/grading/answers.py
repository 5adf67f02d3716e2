"""How far two answers are apart, and whether two random ones come from one distribution.

Answers are plain data from the wire: comparing them runs no code of the student's.
"""

import math
from typing import Any

import numpy as np

from autograder.isolation.wire import Handle

NEAR = 1.0  # a distance; what computes the same in another order stays below
_RELATIVE = 1e-4  # of an array's scale: what `NEAR` is in float32 and float64
_ROUNDINGS = 4.0  # what `NEAR` is in half precision, in units of its rounding
_SMALLEST_SCALE = 1e-6
_FEWEST = 32  # numbers of which a distribution can be told
_SURE = 1.95  # Kolmogorov and Smirnov: one pair of a distribution in a thousand is farther apart


def distance(first: Any, second: Any) -> float:
    """Return how far two answers are apart: 0 where they are equal, infinite where they differ.

    Numbers in between are for arrays of floats whose entries differ by little, in units of what is
    near, relative to the largest entry. NaN, infinity and exact zeros have to stand at the same
    places, and dtypes have to be the same.
    """
    if _is_number(first) and _is_number(second):
        return _between(*(np.asarray(value, "float64") for value in (first, second)))
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return _between(first, second)
    if isinstance(first, list) and isinstance(second, list):
        pairs = list(zip(first, second, strict=False)) if len(first) == len(second) else None
    elif isinstance(first, dict) and isinstance(second, dict):
        alike = first.keys() == second.keys()
        pairs = [(first[key], second[key]) for key in first] if alike else None
    elif isinstance(first, Handle) and isinstance(second, Handle):
        return 0.0 if first.id == second.id else math.inf
    else:
        return 0.0 if type(first) is type(second) and bool(first == second) else math.inf
    if pairs is None:
        return math.inf
    return max((distance(*pair) for pair in pairs), default=0.0)


def _is_number(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim == 0 and value.dtype.kind in "iuf"
    return isinstance(value, int | float) and not isinstance(value, bool)


def _between(first: np.ndarray, second: np.ndarray) -> float:
    if first.shape != second.shape or _kind(first) != _kind(second):
        return math.inf
    if _kind(first) in "bi":
        return 0.0 if np.array_equal(first, second) else math.inf
    near, smallest = _near(first), _smallest(first)
    first, second = _wide(first), _wide(second)
    for where in (np.isnan, np.isposinf, np.isneginf, lambda a: np.abs(a) < smallest):
        if not np.array_equal(where(first.real), where(second.real)):
            return math.inf
    finite = np.isfinite(first)
    if not finite.any():
        return 0.0
    first, second = first[finite], second[finite]
    scale = max(np.abs(first).max(), np.abs(second).max(), _SMALLEST_SCALE)
    return float(np.abs(first - second).max() / scale / near)


def differing_values(answer: Any, right: Any) -> int:
    """Return how many different values an answer holds where a right one holds others.

    Few of them say little: an array of zeros is given by many mistakes.
    """
    if isinstance(answer, list) and isinstance(right, list) and len(answer) == len(right):
        return sum(map(differing_values, answer, right))
    if isinstance(answer, dict) and isinstance(right, dict) and answer.keys() == right.keys():
        return sum(differing_values(answer[key], right[key]) for key in answer)
    if not isinstance(answer, np.ndarray) or answer.dtype.kind not in "biufV":
        return 1
    values = _wide(answer)
    if isinstance(right, np.ndarray) and right.shape == answer.shape:
        scale = np.abs(values[np.isfinite(values)]).max(initial=_SMALLEST_SCALE)
        apart = np.abs(values - _wide(right)) / scale
        values = values[~(apart <= _near(answer))]
    return len(np.unique(values))


def alike(first: Any, second: Any) -> bool:
    """Return whether two random answers may come from one distribution.

    The values of the two arrays are compared, and their means along each axis: what drops whole
    rows has the values of what drops single entries, but other means. Of few values nothing is
    known.
    """
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        return all(map(alike, first, second))
    if not isinstance(first, np.ndarray) or not isinstance(second, np.ndarray):
        return False
    if first.shape != second.shape or _kind(first) != _kind(second) or _kind(first) in "bi":
        return False
    if first.size < _FEWEST:
        return False
    tolerance = _near(first)
    first, second = _wide(first), _wide(second)
    samples = [(first, second)]
    if first.ndim > 1:
        samples += [(first.mean(axis), second.mean(axis)) for axis in range(first.ndim)]
    return all(_one_distribution(*pair, tolerance) for pair in samples)


def _one_distribution(first: np.ndarray, second: np.ndarray, tolerance: float) -> bool:
    """Kolmogorov and Smirnov's test of two samples; values that are near each other are equal."""
    first, second = np.sort(first, axis=None), np.sort(second, axis=None)
    if not np.isfinite([*first[[0, -1]], *second[[0, -1]]]).all():
        return False
    margin = tolerance * max(abs(first).max(), abs(second).max())
    below = lambda values, at: np.searchsorted(values, at, side="right") / len(values)  # noqa: E731
    gaps = [below(a, a) - below(b, a + margin) for a, b in ((first, second), (second, first))]
    return bool(max(gap.max() for gap in gaps) <= _SURE * math.sqrt(2 / len(first)))


def _kind(array: np.ndarray) -> str:
    kind = array.dtype.kind
    return {"b": "b", "i": "i", "u": "i"}.get(kind, array.dtype.name)


def _near(array: np.ndarray) -> float:
    """Return what is near for an array's dtype, relative to its scale."""
    roundings = {"float16": 2.0**-10, "bfloat16": 2.0**-7}
    return max(_RELATIVE, _ROUNDINGS * roundings.get(array.dtype.name, 0.0))


def _smallest(array: np.ndarray) -> float:
    """Return the smallest number that is no zero."""
    return 2.0**-14 if array.dtype.name == "float16" else 2.0**-126


def _wide(array: np.ndarray) -> np.ndarray:
    return array if array.dtype.kind == "c" else array.astype("float64")
