"""Read what `grade --out DIR` left: DIR/NAME/UNIT.json, student by student."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.results.files import read_result, result_path, safe_name
from autograder.results.result import Result
from course.kit.errors import UserError
from course.kit.units import ORDER


@dataclass(frozen=True)
class Student:
    """A student's results by unit, in the order of the course."""

    name: str
    results: dict[str, Result]

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
        unreadable: files that are no whole results, as `NAME/UNIT.json`.
    """

    students: list[Student]
    unreadable: list[str]

    @property
    def units(self) -> list[str]:
        """The units that somebody handed in, in the order of the course."""
        return [unit for unit in ORDER if any(unit in s.results for s in self.students)]

    @property
    def results(self) -> Iterable[Result]:
        """Every result, student by student."""
        return (result for student in self.students for result in student.results.values())


def read_gradebook(directory: Path) -> Gradebook:
    """Return all results below a directory.

    Raises:
        UserError: there is not one.
    """
    students, unreadable = [], []
    try:
        folders = sorted(path for path in directory.iterdir() if path.is_dir())
    except OSError:
        folders = []
    for folder in folders:
        if not _is_students(folder.name):
            continue
        found: dict[str, Result] = {}
        for unit in ORDER:
            path = result_path(directory, folder.name, unit)
            if not path.is_file():
                continue
            try:
                found[unit] = read_result(path)
            except ValueError:
                unreadable.append(f"{folder.name}/{path.name}")
        if found:
            students.append(Student(folder.name, found))
    if not students:
        raise UserError(
            f"There are no results in {directory}; name the directory that `grade --out` wrote."
        )
    return Gradebook(students, unreadable)


def _is_students(name: str) -> bool:
    try:
        return safe_name(name)
    except UnicodeEncodeError:  # bytes that are no text; `grade` writes no such name
        return False
