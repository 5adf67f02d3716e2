"""What hidden checks say of an answer. Every failure is a `CheckFailed` in both languages.

An answer is what came over the wire: nothing here trusts its type or its shape.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

import numpy as np

from autograder.base.text import Text, join, text
from autograder.grading.attention_picture import picture
from autograder.grading.check import CheckFailed
from autograder.isolation.wire import Handle, Opaque, Spec

RTOL, ATOL = 1e-4, 1e-5
WRONG_VALUES = text("The values are not those of the formula.", "数值与公式不符。")


def fail(message: Text, got: Any = None) -> NoReturn:
    """Fail with a message.

    Raises:
        CheckFailed: always.
    """
    raise CheckFailed(message, got)


def that(holds: Any, message: Text, got: Any = None, presumes_values: bool = False) -> None:
    """Fail with the message unless the condition holds; for the last two see `CheckFailed`."""
    if not holds:
        raise CheckFailed(message, got, presumes_values)


def _kind(value: Any) -> str:
    if isinstance(value, Handle | Opaque):
        return value.type_name or "object"
    return "None" if value is None else type(value).__name__


def array(value: Any) -> np.ndarray:
    """Return an answer as an array of numbers or booleans, or fail."""
    if isinstance(value, bool | int | float | np.generic):
        value = np.asarray(value)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biufV":
        fail(
            text(
                f"It should give a tensor, and gives {_kind(value)}.",
                f"应返回张量，实际返回 {_kind(value)}。",
            )
        )
    return value if value.dtype.kind in "biuf" else value.astype("float32")


def number(value: Any) -> float:
    """Return an answer as a number, or fail."""
    found = array(value)
    if found.size != 1:
        fail(text("It should give one number.", "应返回一个数。"), found)
    return float(found.reshape(()))


def pair(value: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return an answer as two arrays, or fail."""
    if not isinstance(value, list) or len(value) != 2:
        fail(
            text(
                f"It should give a pair (output, weights), and gives {_kind(value)}.",
                f"应返回一对 (output, weights)，实际返回 {_kind(value)}。",
            )
        )
    return array(value[0]), array(value[1])


def shape(value: Any, expected: Sequence[int | None], name: Text | None = None) -> None:
    """Fail unless an array or a spec has this shape; None stands for any size."""
    if not isinstance(value, Spec):
        value = array(value)
    got = tuple(value.shape)
    right = len(got) == len(expected) and all(
        want is None or have == want for have, want in zip(got, expected, strict=True)
    )
    name = name or text("The result", "结果")
    that(
        right,
        text(
            f"{name['en']} has the shape {_shape(got)}, and should have {_shape(expected)}.",
            f"{name['zh']}的形状是 {_shape(got)}，应为 {_shape(expected)}。",
        ),
    )


def _shape(sizes: Sequence[int | None]) -> str:
    inner = ", ".join("?" if size is None else str(size) for size in sizes)
    return f"({inner},)" if len(sizes) == 1 else f"({inner})"


def dtype(value: Any, expected: str) -> None:
    """Fail unless an array or a spec has this dtype."""
    got = value.dtype if isinstance(value, Spec) else _raw(value).dtype.name
    that(
        got == expected,
        text(
            f"The result is of dtype {got}, and should be {expected}.",
            f"结果的 dtype 是 {got}，应为 {expected}。",
        ),
    )


def _raw(value: Any) -> np.ndarray:
    array(value)
    return np.asarray(value)


def finite(value: Any, because: Text) -> np.ndarray:
    """Fail unless every entry is finite."""
    found = array(value)
    if not np.isfinite(found).all():
        kind = "NaN" if np.isnan(found).any() else "inf"
        fail(join(because, text(f"There is {kind} in it.", f"其中出现了 {kind}。")), found)
    return found


def close(
    value: Any,
    right: Any,
    because: Text = WRONG_VALUES,
    rtol: float = RTOL,
    atol: float = ATOL,
) -> np.ndarray:
    """Fail unless an answer equals the right values, in shape and within the tolerance.

    A reason other than wrong values says that a property of the exercise is broken. That is known
    only where the exercise's plain values are right, see `verdict.defer_claims`. The message gives
    the reason and the kind of the difference, never the right values.
    """
    return _compare(value, right, because, rtol, atol, because != WRONG_VALUES)


def same(
    value: Any, other: Any, because: Text, rtol: float = RTOL, atol: float = ATOL
) -> np.ndarray:
    """Fail unless an answer equals what a property asks for, whatever the right values are.

    Args:
        value: the answer.
        other: another answer of the student's, for other inputs say, or what every right answer
            has, as a sum of one.
        because: the property that is broken otherwise.
        rtol, atol: the tolerance.
    """
    return _compare(value, other, because, rtol, atol, False)


def _compare(
    value: Any, wanted: Any, because: Text, rtol: float, atol: float, presumes_values: bool
) -> np.ndarray:
    found, wanted = array(value), np.asarray(wanted)
    shape(found, wanted.shape)
    if not np.allclose(found, wanted, rtol=rtol, atol=atol, equal_nan=True):
        note = None
        if np.isnan(found).any() and not np.isnan(wanted).any():
            note = text("There is NaN in it.", "其中出现了 NaN。")
        raise CheckFailed(join(because, note), found, presumes_values)
    return found


@contextlib.contextmanager
def attention(weights: Any, right: np.ndarray | Callable[[], np.ndarray]) -> Iterator[None]:
    """Give a failure inside a picture of the attention weights, beside how far they are off.

    Args:
        weights: what the student's code gave; what is no array has no picture.
        right: what they should be, or a function that says so, called on failure alone.

    Raises:
        CheckFailed: what is raised inside.
    """
    try:
        yield
    except CheckFailed as failure:
        if isinstance(weights, np.ndarray) and weights.dtype.kind in "biuf":
            wanted = right() if callable(right) else right
            failure.attention = failure.attention or picture(weights, wanted)
        raise
