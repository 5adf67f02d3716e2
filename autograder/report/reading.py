"""Read what `grade --out DIR` left: DIR/NAME/UNIT.json, student by student."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from autograder.messages import LANGUAGES
from autograder.results import Result, result_path, safe_name
from course.kit.units import ORDER

STATUSES = ("passed", "failed", "error", "timeout", "crashed", "missing", "skipped")
_FORM = TypeAdapter(Result)


class ReportError(ValueError):
    """There is nothing to report, or no place for the pages; the message says what to do."""


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
        ReportError: there is not one.
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
                found[unit] = _read(path)
            except (ValueError, RecursionError):
                unreadable.append(f"{folder.name}/{path.name}")
        if found:
            students.append(Student(folder.name, found))
    if not students:
        raise ReportError(
            f"There are no results in {directory}; name the directory that `grade --out` wrote."
        )
    return Gradebook(students, unreadable)


def _is_students(name: str) -> bool:
    try:
        return safe_name(name)
    except UnicodeEncodeError:  # bytes that are no text; `grade` writes no such name
        return False


def _read(path: Path) -> Result:
    """Read a result; what it holds has the types that the pages count on.

    Raises:
        ValueError: it isn't whole, or is somebody else's.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        Result.from_json(data)  # nothing missing, nothing else, and of this schema
        result = _FORM.validate_python(data)
    except (OSError, ValidationError):
        raise ValueError(f"{path.name} is not a whole result.") from None
    texts = [text for check in result.checks for text in (check.title, check.message)]
    numbers = [result.score, result.max_score, result.duration_s]
    numbers += [number for check in result.checks for number in (check.points, check.max_points)]
    if not (
        (result.submission, result.unit) == (path.parent.name, path.stem)
        and result.status in ("graded", "rejected")
        and all(check.status in STATUSES for check in result.checks)
        and all(language in text for text in texts for language in LANGUAGES)
        and all(map(math.isfinite, numbers))
    ):
        raise ValueError(f"{path.name} is not a whole result.")
    return result
