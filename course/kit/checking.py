"""What a public check is made of: a title, a hint, and a comparison that says what came.

Public checks are ordinary pytest tests, with examples that can be worked out by hand:

    @public_check("softmax", title=("…", "…"), hint=("…", "…"))
    def test_softmax_of_logarithms(work): ...

`work` has the student's exercises as attributes. Run them with `python -m course check`, from the
notebook, or with `pytest course/checks/UNIT.py --work FILE`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from course.kit.language import say

Pair = tuple[str, str]
_ATTRIBUTE = "public_check"


@dataclass(frozen=True)
class PublicCheck:
    """A public check's exercise, and its texts in English and Chinese."""

    exercise: str
    title: Pair
    hint: Pair


class Mismatch(AssertionError):
    """An answer is not what was expected; both can be shown."""

    def __init__(self, expected: str, got: str):
        super().__init__(f"{say('expected', '应为')} {expected}, {say('got', '得到')} {got}")
        self.expected, self.got = expected, got


def public_check(exercise: str, title: Pair, hint: Pair) -> Callable[[Callable], Callable]:
    """Mark a test function as a public check of an exercise."""

    def mark(function: Callable) -> Callable:
        setattr(function, _ATTRIBUTE, PublicCheck(exercise, title, hint))
        return function

    return mark


def public_check_of(function: Any) -> PublicCheck | None:
    """Return what `public_check` recorded on a function, None where it is no check."""
    return getattr(function, _ATTRIBUTE, None)


def as_array(value: Any) -> np.ndarray:
    """Return a tensor, an array or a number as a NumPy array.

    Raises:
        Mismatch: it is none of these.
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


def expect_equal(got: Any, expected: Any, tolerance: float = 1e-5) -> None:
    """Compare an answer with the expected values.

    Raises:
        Mismatch: the shapes differ, the values do, or booleans were expected and numbers came.
    """
    wanted, found = np.asarray(expected), as_array(got)
    if found.shape != wanted.shape:
        raise Mismatch(
            f"{say('the shape', '形状')} {wanted.shape}",
            f"{say('the shape', '形状')} {found.shape}",
        )
    if wanted.dtype == bool and found.dtype != bool:
        raise Mismatch(say("booleans", "布尔值"), str(found.dtype))
    if not np.allclose(found, wanted, rtol=tolerance, atol=tolerance, equal_nan=True):
        raise Mismatch(shown(wanted), shown(found))


def shown(values: Any) -> str:
    """Return an array as a short text."""
    array = np.asarray(values)
    if array.size > 60:
        return say(f"an array of shape {array.shape}", f"形状为 {array.shape} 的数组")
    return np.array2string(array, precision=4, suppress_small=True, separator=", ")
