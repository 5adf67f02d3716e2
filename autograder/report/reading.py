"""Read what `grade --out DIR` left: DIR/NAME/UNIT.json, student by student."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.results.files import read_results
from autograder.results.result import Grade, Result
from autograder.running.accounting import compare_roster
from course.kit.units import ORDER


@dataclass(frozen=True)
class Student:
    """A student's results by unit, in the order of the course."""

    name: str
    results: dict[str, Result]
    name_on_roster: str = ""

    @property
    def real_name(self) -> str:
        """The student's name where a platform or a gradebook gives another than the hand-in has."""
        known = (result.student for result in self.results.values() if result.student)
        name = next((str(facts["name"]) for facts in known if facts.get("name")), "")
        name = self.name_on_roster or name
        return "" if name == self.name else name

    @property
    def late(self) -> bool:
        """Whether a hand-in came late, as a platform or a gradebook has it."""
        return any(
            bool(result.student and result.student.get("late"))
            or bool(result.grade and result.grade.penalty)
            for result in self.results.values()
        )

    @property
    def grade(self) -> Grade | None:
        """What a course's gradebook holds of all units together, None where it was not read."""
        grades = [result.grade for result in self.results.values() if result.grade is not None]
        if not grades:
            return None
        return Grade(
            score=sum(grade.score for grade in grades),
            max_score=sum(grade.max_score for grade in grades),
            penalty=sum(grade.penalty for grade in grades),
            by_hand=any(grade.by_hand for grade in grades),
        )

    @property
    def score(self) -> float:
        """The sum of the units' scores."""
        return sum(result.score for result in self.results.values())

    @property
    def max_score(self) -> float:
        """What the units that were handed in are worth."""
        return sum(result.max_score for result in self.results.values())

    @property
    def seconds(self) -> float:
        """How long grading took, all units together."""
        return sum(result.duration_s for result in self.results.values())


@dataclass(frozen=True)
class Gradebook:
    """All results of a directory.

    Attributes:
        students: by name.
        unreadable: files that are no whole results of the course's units, as `NAME/UNIT.json`.
        absent: who of the roster has no result; None without a roster.
        strangers: students of nobody on the roster, with the reason.
    """

    students: list[Student]
    unreadable: list[str]
    absent: list[str] | None = None
    strangers: dict[str, str] = field(default_factory=dict)

    @property
    def units(self) -> list[str]:
        """The units that somebody handed in, in the order of the course."""
        return [unit for unit in ORDER if any(unit in s.results for s in self.students)]

    @property
    def results(self) -> Iterable[Result]:
        """Every result, student by student."""
        return (result for student in self.students for result in student.results.values())


def read_gradebook(directory: Path) -> Gradebook:
    """Return all results of the course's units below a directory.

    Raises:
        UserError: there is no result at all.
    """
    return gradebook_of(*read_results(directory))


def gradebook_of(
    results: Iterable[Result], unreadable: Iterable[str] = (), roster: Path | None = None
) -> Gradebook:
    """Return results student by student.

    Args:
        results: the results, those of other courses' units too.
        unreadable: files that are no whole results.
        roster: the course's people, if given.

    Raises:
        UserError: the roster can't be read.
    """
    unreadable = list(unreadable)
    by_name: dict[str, dict[str, Result]] = {}
    for result in results:
        if result.unit in ORDER:
            by_name.setdefault(result.submission, {})[result.unit] = result
        else:
            unreadable.append(f"{result.submission}/{result.unit}.json")
    found = None
    if roster is not None:
        keys = {name: next(iter(of_unit.values())).keys for name, of_unit in by_name.items()}
        found = compare_roster(keys, roster)
    students = [
        Student(
            name,
            {unit: of_unit[unit] for unit in ORDER if unit in of_unit},
            found.names.get(name, "") if found else "",
        )
        for name, of_unit in by_name.items()
    ]
    if found is None:
        return Gradebook(students, unreadable)
    return Gradebook(students, unreadable, found.nothing, found.strangers)
