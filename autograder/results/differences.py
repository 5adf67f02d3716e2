"""Two runs over the same hand-ins: whose score moved, and why."""

from dataclasses import dataclass
from pathlib import Path

from autograder.exports.reading import read_results
from autograder.results.result import Result


@dataclass(frozen=True)
class Move:
    """A hand-in whose result differs between two runs.

    Attributes:
        submission, unit: which.
        old, new: its results; None where a run has none.
        reasons: sentences, the checks that changed first.
    """

    submission: str
    unit: str
    old: Result | None
    new: Result | None
    reasons: tuple[str, ...]

    @property
    def difference(self) -> float:
        """How many points it gained, or lost where negative."""
        before = self.old.score if self.old else 0.0
        after = self.new.score if self.new else 0.0
        return round(after - before, 6)


def results_in(directory: Path) -> dict[tuple[str, str], Result]:
    """Return the whole results in a directory, by hand-in and unit.

    Raises:
        UserError: there is no result at all.
    """
    results, _ = read_results(directory)
    return {(result.submission, result.unit): result for result in results}


def moves(old: Path, new: Path) -> list[Move]:
    """Return the hand-ins whose results differ, those that moved most first.

    Raises:
        UserError: one of the directories has no results.
    """
    before, after = results_in(old), results_in(new)
    found = []
    for key in sorted(before.keys() | after.keys()):
        one, other = before.get(key), after.get(key)
        reasons = _reasons(one, other)
        if reasons:
            found.append(Move(*key, one, other, tuple(reasons)))
    return sorted(found, key=lambda move: -abs(move.difference))


def _reasons(old: Result | None, new: Result | None) -> list[str]:
    """Sentences that say what differs; none where nothing does that a student would see."""
    if old is None or new is None:
        return ["only in the new run" if old is None else "only in the old run"]
    found = []
    if old.status != new.status:
        found.append(f"{old.status}, now {new.status}")
    before = {check.id: check for check in old.checks}
    after = {check.id: check for check in new.checks}
    for name in [*before, *(name for name in after if name not in before)]:
        one, other = before.get(name), after.get(name)
        if one is None and other is not None:
            found.append(f"{name} is new: {other.status}, {other.points:g}/{other.max_points:g}")
        elif other is None and one is not None:
            found.append(f"{name} is gone: was {one.status}, {one.points:g}/{one.max_points:g}")
        elif one is not None and other is not None:
            if (one.status, one.points, one.max_points) != (
                other.status,
                other.points,
                other.max_points,
            ):
                found.append(
                    f"{name}: {one.status} {one.points:g}/{one.max_points:g}, "
                    f"now {other.status} {other.points:g}/{other.max_points:g}"
                )
            elif one.mistake != other.mistake:
                found.append(
                    f"{name}: named {one.mistake or 'nothing'}, now {other.mistake or 'nothing'}"
                )
    if found:
        found += _causes(old, new)
    return found


def _causes(old: Result, new: Result) -> list[str]:
    """What was not the same in the two runs."""
    return [
        f"another {what}"
        for what, one, other in (
            ("file was handed in", old.hand_in, new.hand_in),
            ("version of the suite", old.suite, new.suite),
            (f"seed: {old.seed}, now {new.seed}", old.seed, new.seed),
            (f"backend: {old.backend}, now {new.backend}", old.backend, new.backend),
        )
        if one != other
    ]
