"""A student's attention weights, head by head, beside how far they are from the right ones."""

from dataclasses import dataclass
from typing import Any

from autograder.base.numbers import rounded
from autograder.grading.attention_picture import DIGITS, MAX_HEADS, MAX_SIDE
from autograder.report.arrays import Heatmap, heatmap_of

_NOT_FINITE = ("nan", "inf", "-inf")
_SMALL = 5e-4  # three digits behind the point
_LEAST = 0.1  # a difference of so much, or of less, never has the strongest colour for nothing


@dataclass(frozen=True)
class Entry:
    """A weight in words, and its difference; None where there is none."""

    weight: str
    difference: str | None


@dataclass(frozen=True)
class Head:
    """A head: its pictures, and the same numbers for a table."""

    weights: Heatmap
    difference: Heatmap | None
    rows: list[list[Entry]]


@dataclass(frozen=True)
class AttentionWeights:
    """What a page shows of the attention weights that a check found wrong.

    Attributes:
        heads: one where the layer has no heads.
        shape: of the student's whole result, in words.
        cut: whether it has more heads, queries or keys than are shown.
    """

    heads: list[Head]
    shape: str
    cut: bool


def show(picture: dict[str, Any] | None) -> AttentionWeights | None:
    """Return how a result's `attention` is shown; None where it holds no picture.

    Args:
        picture: the form of `autograder.grading.attention_picture`; nothing of it is relied on,
            since a result is a file that anybody may have written.
    """
    parts: dict[str, Any] = picture or {}
    weights: Any = parts.get("weights")
    differences: Any = parts.get("difference")
    sizes: Any = parts.get("shape")
    if not _are_heads(weights) or not _is_shape(sizes):
        return None
    alike = _are_heads(differences) and _form(differences) == _form(weights)
    heads = []
    for index, matrix in enumerate(weights):
        wrong = differences[index] if alike else None
        rows = [
            [
                Entry(_weight(item), None if wrong is None else _signed(wrong[row][column]))
                for column, item in enumerate(line)
            ]
            for row, line in enumerate(matrix)
        ]
        difference = None if wrong is None else heatmap_of(wrong, _LEAST, _signed)
        heads.append(Head(heatmap_of(matrix, number=_on_cell), difference, rows))
    shape = f"({', '.join(map(str, sizes))}{',' if len(sizes) == 1 else ''})"
    shown = (len(heads), *_form(weights)[0])
    whole = (1 if len(sizes) < 4 else sizes[-3], 1 if len(sizes) < 2 else sizes[-2], sizes[-1])
    return AttentionWeights(heads, shape, shown != whole)


def shows(picture: dict[str, Any] | None, answer: Any) -> bool:
    """Whether the picture has these very numbers, so that a page need not list them again."""
    weights: Any = (picture or {}).get("weights")
    return _are_heads(weights) and rounded(answer, DIGITS) in weights


def _are_heads(value: Any) -> bool:
    """Whether this is what a picture may be: some matrices of one size, of numbers or their words.

    Nothing larger than `autograder.grading.attention_picture` makes is one.
    """
    if not _is_list(value, MAX_HEADS) or not all(_is_list(matrix, MAX_SIDE) for matrix in value):
        return False
    lines = [line for matrix in value for line in matrix]
    return (
        all(_is_list(line, MAX_SIDE) for line in lines)
        and len({len(matrix) for matrix in value}) == len({len(line) for line in lines}) == 1
        and all(_is_number(item) for line in lines for item in line)
    )


def _is_list(value: Any, longest: int) -> bool:
    return isinstance(value, list) and 0 < len(value) <= longest


def _is_number(item: Any) -> bool:
    if isinstance(item, str):
        return item in _NOT_FINITE
    return isinstance(item, float | int) and abs(item) < float("inf")


def _is_shape(sizes: Any) -> bool:
    return _is_list(sizes, 64) and all(isinstance(size, int) and size > 0 for size in sizes)


def _form(heads: list[Any]) -> list[tuple[int, int]]:
    return [(len(matrix), len(matrix[0])) for matrix in heads]


def _weight(item: Any) -> str:
    return item if isinstance(item, str) else f"{item:.3g}"


def _on_cell(item: Any) -> str:
    """Return a weight as it fits on a cell; the table has it whole."""
    if isinstance(item, str) or abs(item) >= 100 or item == 0:
        return _weight(item)
    return f"{item:.3f}".rstrip("0").rstrip(".") if abs(item) >= _SMALL else "≈0"


def _signed(item: Any) -> str:
    """Return a difference with its sign, 0 where it is smaller than what is shown."""
    if isinstance(item, str):
        return item
    if abs(item) < _SMALL:
        return "0"
    digits = f"{item:+.1e}" if abs(item) >= 100 else f"{item:+.3f}".rstrip("0").rstrip(".")
    return digits.replace("-", "−", 1)
