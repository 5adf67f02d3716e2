"""The results that `export` and `report` read, with a course's grades where one is named."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from autograder.commands import table
from autograder.results.files import read_results
from autograder.results.result import Result
from course.commands.terminal import stop
from course.kit.language import say

if TYPE_CHECKING:
    from autograder.bridge.grades import Difference

COURSE_HELP = (
    "A course of nbgrader: its gradebook's grades count, with late penalties and points given by "
    "hand."
)
_MOST_NAMES = 20


@dataclass
class ReadResults:
    """Results, and how they stand to a course's gradebook where one was read.

    Attributes:
        directory: where the results lie.
        results: the results, with their grades.
        unreadable: files that are no whole results.
        differences: where the gradebook has another sum.
        ungraded: `NAME/UNIT` of results that the gradebook doesn't hold.
    """

    directory: Path
    results: Sequence[Result]
    unreadable: list[str]
    differences: list["Difference"] = field(default_factory=list)
    ungraded: list[str] = field(default_factory=list)

    def show(self, console: Console) -> None:
        """Print where gradebook and results differ."""
        table.show_differences(self.differences, console)
        if self.ungraded:
            line = say(
                "Not in the gradebook, so that the result's score counts: ",
                "成绩册中没有，以评分结果为准：",
            )
            names = ", ".join(table.plain(name, 60) for name in self.ungraded[:_MOST_NAMES])
            more = len(self.ungraded) - _MOST_NAMES
            names += say(f" and {more} more", f" 等，另有 {more} 份") if more > 0 else ""
            console.print(f"{line}{names}", highlight=False, soft_wrap=True)


def read_for(
    directory: Path | None,
    course_dir: Path | None,
    assignment: str | None = None,
    unit: str | None = None,
) -> ReadResults:
    """Read results, and a course's grades of them.

    Args:
        directory: what `grade --out` wrote; None for a course's own.
        course_dir: the course whose gradebook counts, if any.
        assignment: the course's only assignment to read.
        unit: the only unit to read.

    Raises:
        UserError: there is no result, no such course, or its gradebook can't be used.
    """
    if course_dir is None:
        if assignment is not None:
            stop(say("--assignment is for --course-dir.", "--assignment 须与 --course-dir 同用。"))
        if directory is None:
            stop(
                say(
                    "Name the directory that grade --out wrote, or a course with --course-dir.",
                    "请给出 grade --out 写入的文件夹，或用 --course-dir 给出课程。",
                )
            )
        return ReadResults(directory, *read_results(directory, unit))
    from autograder.bridge.course import Course
    from autograder.bridge.grades import differences_of, read_grades, with_grades

    course = Course(course_dir, assignment)
    directory = directory or course.results_directory()
    results, unreadable = read_results(directory, unit)
    grades = read_grades(course, assignment)
    if unit is not None:
        grades = {key: held for key, held in grades.items() if key[1] == unit}
    differences = differences_of(results, grades, [student for student, _ in grades])
    ungraded = [
        f"{result.submission}/{result.unit}"
        for result in results
        if (result.submission, result.unit) not in grades
    ]
    graded = with_grades(results, grades)
    return ReadResults(directory, graded, unreadable, differences, ungraded)
