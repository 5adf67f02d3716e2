"""The comparisons of a public check, which show the student's answer.

Public checks are ordinary pytest tests, with examples that can be worked out by hand:

    @public_check("softmax", title=("…", "…"), hint=("…", "…"))
    def test_softmax_of_logarithms(work): ...

`work` has the student's exercises as attributes. Run them with `python -m course check`, from the
notebook, or with `pytest course/checks/UNIT.py --work FILE`.
"""

import contextlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from course.kit.language import Bilingual, say


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
        mismatch.inputs = assignments(inputs)
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


def expect_shape(got: Any, expected: tuple[int | None, ...]) -> None:
    """Compare the shape of an answer that has no values yet, in a model that is being made.

    Raises:
        Mismatch: it has another shape, or none.
    """
    shape = getattr(got, "shape", None)
    if shape is None or tuple(shape) != expected:
        came = type(got).__name__ if shape is None else f"{say('the shape', '形状')} {tuple(shape)}"
        raise Mismatch(f"{say('the shape', '形状')} {expected}", came)


def expect_mask_kept(layer: Any, x: Any, mask: Any) -> None:
    """Fail unless a layer hands on the mask that Keras attached to words; words of zeros are none.

    Args:
        layer: the layer.
        x: words `(B, T, D)`.
        mask: what should be attached to the layer's answer, `(B, T)`.

    Raises:
        Mismatch: another mask is attached to the answer, or none.
    """
    from course.kit.models.scripted import with_padding

    part = ("the mask of the output", "输出的掩码")
    _, kept = with_padding(layer, x)
    if kept is None:
        raise Mismatch(array_text(np.asarray(mask)), say("no mask", "没有掩码"), say(*part))
    expect_equal(kept, mask, part=part, x=x)


def assignments(values: Mapping[str, Any]) -> str:
    """Return names and their values, one under the other; what is None or no value is left out."""
    shown = ((name, _shown(value)) for name, value in values.items() if value is not None)
    # The other lines of an array stand under its first.
    lines = [
        f"{name} = {text}".replace("\n", "\n" + " " * (len(name) + 3))
        for name, text in shown
        if text
    ]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if isinstance(value, bool | int | float | str):
        return repr(value)
    if isinstance(value, list | tuple):
        texts = [_shown(item) for item in value]
        return ", ".join(texts).join("[]" if isinstance(value, list) else "()")
    try:
        return array_text(as_array(value))
    except Exception:  # a model, a symbolic tensor: nothing that could be shown
        return ""


def array_text(values: Any) -> str:
    """Return an array as a short text."""
    array = np.asarray(values)
    if array.size > 60:
        return say(f"an array of shape {array.shape}", f"形状为 {array.shape} 的数组")
    return np.array2string(array, precision=4, suppress_small=True, separator=", ")
