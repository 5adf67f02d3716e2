"""Two pieces side by side: every line once, in order, like beside like."""

import pytest

from autograder.lookalikes.alignment import side_by_side
from autograder.lookalikes.code import pieces_of
from autograder.lookalikes.comparing import find_pairs
from tests.autograder.lookalikes import made

FIRST = """def softmax(x, axis=-1):
    top = x.max(axis)
    first = x - top
    return first / first.sum(axis)
"""
SECOND = """def softmax(x, axis=-1):
    print("here", 1, 2, 3)
    largest = x.max(axis)
    return (x - largest) / 4
"""


def rows(first, second, grams=frozenset()):
    [one], [other] = (pieces_of(source.encode(), ".py", "attention") for source in (first, second))
    return side_by_side(one, other, grams)


def test_lines_that_are_alike_stand_in_one_row():
    numbers = [
        (row.first and row.first[0], row.second and row.second[0]) for row in rows(FIRST, SECOND)
    ]
    assert (1, 1) in numbers
    assert (2, 3) in numbers
    assert (None, 2) in numbers


# Each line is looked at once: of so many, pair by pair would take minutes.
LONG = FIRST.replace("    return", 90_000 * "\n" + "    return")


@pytest.mark.parametrize(
    ("first", "second"), [(FIRST, SECOND), (SECOND, FIRST), (FIRST, FIRST), (LONG, LONG)]
)
def test_every_line_is_there_once_and_in_order(first, second):
    found = rows(first, second)
    for side, source in (("first", first), ("second", second)):
        lines = [getattr(row, side) for row in found if getattr(row, side) is not None]
        assert lines == list(enumerate(source.splitlines(), start=1))


def test_what_few_others_have_counts_and_nothing_else():
    assert not any(row.counts for row in rows(FIRST, FIRST))
    source = made.right_modules("attention")["small_layers"]
    hand_ins = [made.read(name, source, "attention") for name in "ab"]
    [pair] = find_pairs(hand_ins, "attention")
    counting = {
        row.first[1].strip()
        for one, other in pair.alike
        for row in side_by_side(one, other, pair.grams)
        if row.counts
    }
    assert counting
    assert all(line in source for line in counting)
    assert "def similarity(x):" not in counting  # the release's own line
