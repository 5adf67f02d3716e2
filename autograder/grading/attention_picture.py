"""A student's attention weights and their difference from the right ones, as a result keeps them.

A picture is small whatever came: one sentence of the batch, the one that is furthest from right,
and of it the first heads, queries and keys.
"""

from typing import Any

import numpy as np

from autograder.base.numbers import rounded

MAX_HEADS, MAX_SIDE, DIGITS = 8, 12, 4
# What is wrong shows in two digits, and the right weights can't be told from them to four.
DIFFERENCE_DIGITS = 2
RTOL, ATOL = 1e-4, 1e-5  # closer ones are right, and something else is wrong


def picture(weights: np.ndarray, right: np.ndarray | None) -> dict[str, Any] | None:
    """Return the picture of some weights; None where there is nothing to see, or nothing wrong.

    Args:
        weights: numbers of any shape and dtype, `(…, T, S)` where they are right.
        right: what they should be; of another shape, it can't be subtracted.

    Returns:
        `weights`, a matrix for each head, queries by keys; `difference`, the same of weights minus
        right, None where the shapes differ or the weights are nearly right; `shape`, the
        student's, whole.
    """
    found = np.asarray(weights)
    if found.ndim == 0 or found.size == 0:
        return None
    with np.errstate(all="ignore"):
        # float64, so that nothing of float16 or of huge integers overflows.
        heads = _heads(found.astype("float64"))
        wrong = None
        if right is not None and np.shape(right) == found.shape:
            if np.allclose(found, right, RTOL, ATOL):
                return None
            wrong = _heads(found.astype("float64") - np.asarray(right, "float64"))
        sentence = 0
        if wrong is not None:
            far = np.nan_to_num(np.abs(wrong), nan=np.inf)
            sentence = int(far.max(axis=(1, 2, 3)).argmax())
        return {
            "weights": _cut(heads[sentence], DIGITS),
            "difference": None if wrong is None else _difference(wrong[sentence]),
            "shape": list(found.shape),
        }


def _heads(values: np.ndarray) -> np.ndarray:
    """Return values as (sentence, head, query, key): three axes have no heads, one no queries."""
    rows = values.reshape(1, -1) if values.ndim == 1 else values
    head = rows.shape[-3] if rows.ndim > 3 else 1
    return rows.reshape(-1, head, *rows.shape[-2:])


def _difference(wrong: np.ndarray) -> list[Any] | None:
    """Return a sentence's differences as they are shown; None where all of them are small."""
    if np.all(np.abs(wrong) < 10.0**-DIFFERENCE_DIGITS / 2):  # not where one is NaN
        return None
    return _cut(wrong, DIFFERENCE_DIGITS)


def _cut(heads: np.ndarray, digits: int) -> list[Any]:
    return rounded(heads[:MAX_HEADS, :MAX_SIDE, :MAX_SIDE].tolist(), digits)
