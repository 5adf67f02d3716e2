"""How an input or an answer is shown: in words, as tables, or as a heatmap of weights."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from autograder.base.text import Text, text

_LARGEST = 256  # numbers that are shown one by one
_UNIFORM = 6  # as many equal numbers are described in words
_HUGE = 2**63
_NOT_FINITE = ("nan", "inf", "-inf")
_WEIGHTS = re.compile("weight|score|attention|mask|probabilit")
_CELL, _HEIGHT, _MARGIN = 52, 28, 26


@dataclass(frozen=True)
class Cell:
    """A number of a heatmap: where it stands, how strong its colour is, from 0 to 1."""

    x: int
    y: int
    text: str
    strength: float | None
    negative: bool = False


@dataclass(frozen=True)
class Heatmap:
    """A picture of a matrix: its cells, the numbers of rows and columns, and its size."""

    cells: list[Cell]
    rows: list[tuple[int, int]]
    columns: list[tuple[int, int]]
    width: int
    height: int
    spoken: str


@dataclass(frozen=True)
class Block:
    """A matrix: where it stands in an array of more axes, its rows, and its heatmap."""

    index: str
    rows: list[list[str]]
    heatmap: Heatmap | None = None


@dataclass(frozen=True)
class Value:
    """An input or an answer.

    Attributes:
        name: what it is called, None for an answer.
        shape: its sizes in words, empty for what is no array.
        words: all of it where no matrix is shown.
        blocks: its matrices.
    """

    name: str | None
    shape: str
    words: Text | None = None
    blocks: list[Block] = field(default_factory=list)


def show(name: str | None, value: Any) -> Value:
    """Return how a value is shown.

    Args:
        name: the argument's name; None for what the student's code gave, which is a heatmap
            whenever it is a matrix.
        value: plain data of a result: numbers, words, lists of them.
    """
    value = _tame(value)
    shape = _shape(value)
    if shape is None:
        return Value(name, "", _words(value))
    if shape == ():
        return Value(name, "", _same(_number(value)))
    numbers = list(_flat(value))
    sizes = str(shape)
    if len(numbers) > _LARGEST or not numbers:
        return Value(name, sizes, text("not shown here", "此处不展开"))
    if name is not None and len(numbers) >= _UNIFORM and len(set(map(_number, numbers))) == 1:
        only = _number(numbers[0])
        return Value(name, sizes, text(f"every value is {only}", f"所有值都是 {only}"))
    rows = value if len(shape) > 1 else [value]
    blocks = []
    for index in product(*map(range, shape[:-2])):
        matrix = rows
        for position in index:
            matrix = matrix[position]
        label = f"[{', '.join(map(str, index))}]" if index else ""
        heatmap = heatmap_of(matrix) if len(shape) > 1 and _as_weights(name, matrix) else None
        blocks.append(Block(label, [list(map(_number, row)) for row in matrix], heatmap))
    return Value(name, sizes, None, blocks)


def _shape(value: Any) -> tuple[int, ...] | None:
    """Return an array's shape, () for a number, None for what is neither."""
    if isinstance(value, list):
        inner = {_shape(item) for item in value} or {()}
        first = inner.pop()
        return None if inner or first is None else (len(value), *first)
    single = isinstance(value, bool | int | float) or value in _NOT_FINITE
    return () if single else None


def _tame(value: Any) -> Any:
    """Spell out the numbers that nothing can be computed with: NaN, infinity, the huge."""
    if isinstance(value, list):
        return [_tame(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return str(value) if isinstance(value, int) and abs(value) > _HUGE else value


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def _on_cell(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _words(value: Any) -> Text:
    if isinstance(value, str):
        large = re.fullmatch(r"array of shape (\([0-9, ]*\))", value)
        return text(value, f"形状为 {large[1]} 的数组") if large else _same(value)
    return _same(str(value))


def _same(words: str) -> Text:
    return text(words, words)


def _as_weights(name: str | None, matrix: list[list[Any]]) -> bool:
    """Whether a matrix is one of weights: by its name, or since its rows or columns sum to one."""
    if len(matrix) * len(matrix[0]) < 2:
        return False
    if name is None or _WEIGHTS.search(name.lower()):
        return True
    if not all(isinstance(item, int | float) and 0 <= item <= 1 for item in _flat(matrix)):
        return False
    lines: list[list[Any]] = [matrix, list(zip(*matrix, strict=True))]
    return any(
        len(side[0]) > 1 and all(abs(sum(line) - 1) < 1e-3 for line in side) for side in lines
    )


def heatmap_of(
    matrix: list[list[Any]], least: float = 1.0, number: Callable[[Any], str] | None = None
) -> Heatmap:
    """Return the picture of a matrix.

    Args:
        matrix: numbers, and words for what is no number.
        least: the strongest colour stands for the largest number, or for this if all are smaller.
        number: how a number is written on its cell.
    """
    finite = [abs(item) for item in _flat(matrix) if not isinstance(item, str)]
    top = max([least, *finite])
    cells = []
    for row, line in enumerate(matrix):
        for column, item in enumerate(line):
            label = (number or _on_cell)(item)
            place = (_MARGIN + column * _CELL, _MARGIN + row * _HEIGHT)
            if isinstance(item, str):
                cells.append(Cell(*place, label, None))
            else:
                cells.append(Cell(*place, label, round(abs(item) / top, 3), item < 0))
    spoken = "; ".join(", ".join(map(number or _number, line)) for line in matrix)
    height, width = len(matrix), len(matrix[0])
    return Heatmap(
        cells,
        [(_MARGIN + row * _HEIGHT, row) for row in range(height)],
        [(_MARGIN + column * _CELL, column) for column in range(width)],
        _MARGIN + width * _CELL + 2,
        _MARGIN + height * _HEIGHT + 2,
        f"{height} × {width}: {spoken}",
    )
