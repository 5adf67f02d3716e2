"""The parts of a public check: a title, a hint, and comparisons that show the student's answer.

Public checks are ordinary pytest tests, with examples that can be worked out by hand:

    @public_check("softmax", title=("…", "…"), hint=("…", "…"))
    def test_softmax_of_logarithms(work): ...

`work` has the student's exercises as attributes. Run them with `python -m course check`, from the
notebook, or with `pytest course/checks/UNIT.py --work FILE`.
"""

import contextlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from course.kit.language import Bilingual, say

_ATTRIBUTE = "public_check"


@dataclass(frozen=True)
class PublicCheck:
    """A public check's exercise, and its texts in English and Chinese."""

    exercise: str
    title: Bilingual
    hint: Bilingual


class Mismatch(AssertionError):
    """An answer is not what was expected; both can be shown.

    Attributes:
        expected, got: what was expected, what came.
        part: the part of the answer that was compared, "" for all of it.
        inputs: what the exercise was called on, "" where it says nothing.
    """

    def __init__(self, expected: str, got: str, part: str = "", inputs: str = ""):
        super().__init__(f"{say('expected', '应为')} {expected}, {say('got', '得到')} {got}")
        self.expected, self.got, self.part, self.inputs = expected, got, part, inputs


def public_check(
    exercise: str, title: Bilingual, hint: Bilingual
) -> Callable[[Callable], Callable]:
    """Mark a test function as a public check of an exercise."""

    def mark(function: Callable) -> Callable:
        setattr(function, _ATTRIBUTE, PublicCheck(exercise, title, hint))
        return function

    return mark


def public_check_of(function: Any) -> PublicCheck | None:
    """Return the public check that a function was marked as, None where it is no check."""
    return getattr(function, _ATTRIBUTE, None)


@contextlib.contextmanager
def without(*names: str) -> Iterator[None]:
    """Take built-ins away for a while, those that an exercise is to do without.

    Args:
        *names: functions of modules and methods of classes, by their dotted names.

    Raises:
        Mismatch: one of them was called.
    """
    with contextlib.ExitStack() as stack:
        for name in names:
            path, _, last = name.rpartition(".")
            owner = pkgutil.resolve_name(path)
            shown = owner.__name__ if isinstance(owner, type) else last

            def refuse(*args: Any, shown: str = shown, **keywords: Any) -> Any:
                raise Mismatch(say("your own formula", "你自己写的公式"), f"Keras: {shown}")

            stack.callback(setattr, owner, last, getattr(owner, last))
            setattr(owner, last, refuse)
        yield


def as_array(value: Any) -> np.ndarray:
    """Return a tensor, an array or a number as a NumPy array.

    Raises:
        Mismatch: the value is none of these.
    """
    import keras

    if isinstance(value, bool | int | float | np.ndarray | np.generic):
        return np.asarray(value)
    if keras.ops.is_tensor(value) or isinstance(value, keras.Variable):
        return keras.ops.convert_to_numpy(value)
    raise Mismatch(say("a tensor", "张量"), type(value).__name__)


def tensor(values: Any, dtype: str = "float32") -> Any:
    """Return values as a tensor of the backend in use."""
    import keras

    return keras.ops.convert_to_tensor(np.asarray(values, dtype))


def expect_equal(
    got: Any,
    expected: Any,
    tolerance: float = 1e-5,
    part: Bilingual | None = None,
    **inputs: Any,
) -> None:
    """Compare an answer with the expected values.

    Args:
        got, expected: what came, and what should have come.
        tolerance: relative and absolute.
        part: the part of the answer that is compared, where there are several.
        **inputs: what the exercise was called on, shown beside a wrong answer.

    Raises:
        Mismatch: the shapes differ, the values do, or booleans were expected and numbers came.
    """
    try:
        _compare(as_array(got), np.asarray(expected), tolerance)
    except Mismatch as mismatch:
        mismatch.part = say(*part) if part else ""
        mismatch.inputs = "\n".join(_assignment(*item) for item in inputs.items())
        raise


def _compare(answer: np.ndarray, right: np.ndarray, tolerance: float) -> None:
    if answer.shape != right.shape:
        raise Mismatch(
            f"{say('the shape', '形状')} {right.shape}",
            f"{say('the shape', '形状')} {answer.shape}",
        )
    if right.dtype == bool and answer.dtype != bool:
        raise Mismatch(say("booleans", "布尔值"), str(answer.dtype))
    if not np.allclose(answer, right, rtol=tolerance, atol=tolerance, equal_nan=True):
        raise Mismatch(array_text(right), array_text(answer))


def _assignment(name: str, value: Any) -> str:
    """Return a name and its value, with the other lines of an array under its first."""
    plain = isinstance(value, bool | int | float | list)  # a list of words, say
    shown = repr(value) if plain else array_text(as_array(value))
    return f"{name} = {shown}".replace("\n", "\n" + " " * (len(name) + 3))


def array_text(values: Any) -> str:
    """Return an array as a short text."""
    array = np.asarray(values)
    if array.size > 60:
        return say(f"an array of shape {array.shape}", f"形状为 {array.shape} 的数组")
    return np.array2string(array, precision=4, suppress_small=True, separator=", ")
