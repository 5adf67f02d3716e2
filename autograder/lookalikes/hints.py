"""The hints of a whole class: hand-ins read from where they lie, compared unit by unit."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from autograder.lookalikes.code import NotComparable, pieces_of
from autograder.lookalikes.comparing import Lookalikes, ReadHandIn, find_pairs
from autograder.running.submissions import UNREADABLE, Submission


@dataclass(frozen=True)
class Hints:
    """What came of comparing a class.

    Attributes:
        pairs: hand-ins that read alike, most alike first.
        compared: how many hand-ins were compared.
        left_out: names and units of those that could not be read.
    """

    pairs: list[Lookalikes]
    compared: int
    left_out: list[tuple[str, str]]


def find_hints(
    submissions: Iterable[Submission],
    graded: Collection[tuple[str, str]],
    on_read: Callable[[], None] = lambda: None,
) -> Hints:
    """Compare hand-ins of the same unit.

    Args:
        submissions: where they lie.
        graded: names and units of those that count; others are passed over.
        on_read: called after each hand-in that was read.
    """
    by_unit: dict[str, list[Submission]] = {}
    for submission in submissions:
        if (submission.name, submission.unit) in graded:
            by_unit.setdefault(submission.unit, []).append(submission)
    pairs: list[Lookalikes] = []
    left_out, compared = [], 0
    for unit, handed_in in by_unit.items():  # one after the other, since each takes much memory
        hand_ins = []
        for submission in handed_in:
            try:
                pieces = pieces_of(submission.read(), submission.suffix, unit)
            except (NotComparable, *UNREADABLE):
                left_out.append((submission.name, unit))
            else:
                hand_ins.append(ReadHandIn(submission.name, pieces))
            on_read()
        pairs += find_pairs(hand_ins, unit)
        compared += len(hand_ins)
    return Hints(sorted(pairs, key=lambda pair: -pair.shared * pair.share), compared, left_out)
