"""Lay two pieces of code side by side, line by line, and mark what they share."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rapidfuzz.distance import LCSseq

from autograder.lookalikes.code import Piece
from autograder.lookalikes.comparing import GRAM, Gram, grams_of

Line = tuple[int, str]


@dataclass(frozen=True)
class Row:
    """A line of each piece, None where one has none beside the other's.

    Attributes:
        first, second: its number and its text.
        counts: whether what they share in it is shared by few others.
    """

    first: Line | None
    second: Line | None
    counts: bool = False


def side_by_side(first: Piece, second: Piece, grams: frozenset[Gram]) -> list[Row]:
    """Return two pieces as rows; lines that are alike are in one row.

    Args:
        first, second: the pieces.
        grams: what counts of their likeness.
    """
    lines, counting = _paired_lines(first, second, grams)
    places = {number: place for place, (number, _) in enumerate(second.lines)}
    rows: list[Row] = []
    waiting: list[Line] = []
    begin = 0  # the first of the second's lines that has no row yet
    for line in first.lines:
        place = places.get(lines.get(line[0], 0), -1)
        if place < begin:  # no line is like it, or one that stands above the last row
            waiting.append(line)
            continue
        rows += _unlike(waiting, second.lines[begin:place])
        rows.append(Row(line, second.lines[place], line[0] in counting))
        waiting, begin = [], place + 1
    return [*rows, *_unlike(waiting, second.lines[begin:])]


def _unlike(first: Sequence[Line], second: Sequence[Line]) -> Iterator[Row]:
    return (Row(one, other) for one, other in zip_longest(first, second))


def _paired_lines(
    first: Piece, second: Piece, grams: frozenset[Gram]
) -> tuple[dict[int, int], set[int]]:
    """Return which line of the second each of the first is like, and the lines that count."""
    one = [token.text for token in first.tokens]
    other = [token.text for token in second.tokens]
    pairs: dict[int, Counter[int]] = defaultdict(Counter)
    for block in LCSseq.opcodes(one, other):
        if block.tag == "equal":
            for offset in range(block.src_end - block.src_start):
                line = first.tokens[block.src_start + offset].line
                pairs[line][second.tokens[block.dest_start + offset].line] += 1
    counting = {
        token.line
        for place, gram in enumerate(grams_of(first.tokens))
        if gram in grams
        for token in first.tokens[place : place + GRAM]
    }
    return {line: found.most_common(1)[0][0] for line, found in pairs.items()}, counting
