"""A mistake costs its points once: who uses a wrong exercise is examined with a right one as well.

The right ones come from the reference, with what they need of it and nothing else. An exercise is
never examined in a process that holds its own right solution, nor anything that uses it.
"""

import ast
import functools
from collections.abc import Mapping
from dataclasses import dataclass

from autograder.base.paths import SOLUTIONS_DIR
from autograder.base.text import Text, text
from autograder.grading.submitted_file import SubmittedFile
from autograder.isolation.fork_server import ForkServer
from autograder.isolation.student_process import StudentError, StudentGone
from autograder.isolation.uses import reached, uses
from autograder.results.result import CheckResult
from course.kit.handin import HandIn, read_handin
from course.kit.statements import bound_names
from course.kit.units import exercises_of

# Where the reference of an exercise doesn't use another one, somebody else's solution may; but then
# the other must not be all of the work: `greedy_decode` could be a beam search nobody has written.
_MOSTLY_RIGHT = 0.5


@dataclass(frozen=True)
class Replacement:
    """Right exercises for a hand-in's wrong ones.

    Attributes:
        names: the exercises, in the order of the unit.
        source: their code, and the code that they need, of the reference.
    """

    names: tuple[str, ...]
    source: str


class Standing:
    """What became of the exercises of a hand-in so far.

    Args:
        checks: the results of all checks of the unit.
    """

    def __init__(self, checks: list[CheckResult]):
        self._checks = checks

    def failures(self, exercise: str) -> list[CheckResult]:
        """Return the checks of an exercise that cost points."""
        failed = (check for check in self._checks if check.status not in ("passed", "skipped"))
        return [check for check in failed if check.exercise == exercise]

    def is_mostly_right(self, exercise: str) -> bool:
        """Whether an exercise has at least half of its points."""
        mine = [check for check in self._checks if check.exercise == exercise]
        most = sum(check.max_points for check in mine)
        return sum(check.points for check in mine) >= _MOSTLY_RIGHT * most

    def wrong(self, unit: str) -> list[str]:
        """Return the unit's exercises that have lost points."""
        return [name for name in exercises_of(unit) if self.failures(name)]


def exercises_used(server: ForkServer, file: SubmittedFile) -> dict[str, set[str]]:
    """Return which exercises each exercise of a hand-in uses; none where nobody can tell.

    A fresh process reads the code and runs none of it.
    """
    names = exercises_of(file.unit)
    process = server.fork()
    try:
        answer = process.read_uses(file.data, file.suffix, names)
    except (StudentError, StudentGone):  # too large to be read twice, or too deep
        return {}
    finally:
        process.close()
    return {name: set(answer.get(name, ())) & set(names) - {name} for name in names}


def replacement(
    unit: str, exercise: str, used: Mapping[str, set[str]], standing: Standing
) -> Replacement | None:
    """Return what is to be right where an exercise is examined once more, None where nothing is.

    Args:
        unit: the unit's name.
        exercise: an exercise that has lost points.
        used: what `exercises_used` returned.
        standing: what became of the exercises so far.
    """
    reference = _reference(unit)
    right = reached(reference.used, [exercise])
    names = tuple(
        name
        for name in standing.wrong(unit)
        if name in used.get(exercise, ())
        and exercise not in {name, *reached(reference.used, [name])}
        and (name in right or standing.is_mostly_right(name))
    )
    return Replacement(names, reference.source(names)) if names else None


def passed_with(check: CheckResult, names: tuple[str, ...]) -> None:
    """Record that a check has passed with right exercises in the place of the hand-in's."""
    check.status, check.points = "passed", check.max_points
    check.wrong, check.comes_from = _right_with(names), names[0]
    check.input = check.answer = check.attention = None


def _right_with(names: tuple[str, ...]) -> Text:
    english, chinese = " and a right ".join(names), "、".join(names)
    place = "its place" if len(names) == 1 else "their places"
    return text(
        f"Right, with a right {english} in {place}; with what was handed in it fails.",
        f"换上正确的 {chinese} 后结果正确；用提交的 {chinese} 则不通过。",
    )


@dataclass(frozen=True)
class _Reference:
    """A unit's reference: its statements, and which names each of them uses."""

    work: HandIn
    used: Mapping[str, set[str]]

    def source(self, names: tuple[str, ...]) -> str:
        """Return the code that defines these names, and what they need."""
        needed = {*names, *reached(self.used, names)}
        nodes = [item.node for item in self.work.statements if bound_names(item.node) & needed]
        return ast.unparse(ast.Module(nodes, []))


@functools.cache
def _reference(unit: str) -> _Reference:
    data = (SOLUTIONS_DIR / f"{unit}.py").read_bytes()
    work = read_handin(data, ".py", exercises_of(unit))
    return _Reference(work, uses(work))
