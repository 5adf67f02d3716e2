"""Grade an assignment of a course in parallel, and let one process write nbgrader's gradebook."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.bridge.autograded import shows
from autograder.bridge.course import Course, Found
from autograder.bridge.gradebook import TakeResult, write_gradebook
from autograder.running.pool import Options, Summary
from autograder.running.submissions import Submission
from autograder.running.unfinished import HAND_INS


@dataclass
class CourseRun:
    """What became of an assignment.

    Attributes:
        out: where the results are.
        summary: of the grading.
        written: whose hand-ins are in the gradebook.
        absent: whose are not, and why.
    """

    out: Path
    summary: Summary
    written: list[str]
    absent: dict[str, str]


def grade_course(
    course: Course,
    out: Path | None,
    changes: Mapping[str, Any],
    grade: Callable[[list[Submission], Options], Summary],
    on_writing: Callable[[str, int], None] = lambda student, total: None,
    occupy: Callable[[Path], None] = lambda folder: None,
) -> CourseRun:
    """Grade all hand-ins of an assignment and write them to the gradebook and `autograded/`.

    Args:
        course: the course, with the assignment.
        out: the directory for results; None for what the course configures, or its `results/`.
        changes: options of grading, by name, that are others than the course configures.
        grade: grades the hand-ins.
        on_writing: called with each student that was written, and with how many there are.
        occupy: called with each folder that nobody else may grade into meanwhile.

    Raises:
        UserError: there is nothing to grade.
        IsolationError: this host can't give the isolation that is asked for.
        OSError: a result can't be written.
    """
    configured = course.preprocessor()
    out = (out or course.root / (configured.results or "results")).absolute()
    options = replace(configured.options(), out=out, **changes)
    out.mkdir(parents=True, exist_ok=True)
    for folder in {out.resolve(), course.root}:  # the course's holds the gradebook
        occupy(folder)
    with tempfile.TemporaryDirectory(dir=out, prefix=HAND_INS) as scratch:
        found = course.find(Path(scratch))
        summary = grade(found.submissions, options)
        written_before = _written(course, found, summary) if options.resume else set()
    absent = dict(found.unreadable)
    for submission, reason in summary.failures:
        absent.setdefault(submission.name, reason)
    students = [student for student in found.students if student not in absent]
    preprocessor = TakeResult(
        summary.results,
        parent=course.app,
        results=str(out),
        seed=options.seed,
        backend=options.backend,
        device=options.device,
        isolation=options.isolation,
    )
    failed = write_gradebook(
        course,
        preprocessor,
        students,
        lambda student: student not in written_before,
        lambda student: on_writing(student, len(students)),
    )
    written = [student for student in students if student not in failed]
    return CourseRun(out, summary, written, absent | failed)


def _written(course: Course, found: Found, summary: Summary) -> set[str]:
    """Return the students whose results nbgrader has already, all of them."""
    results = {(result.submission, result.unit): result for result in summary.results}
    coursedir = course.app.coursedir
    written = set(found.students)
    for submission in found.submissions:
        folder = Path(
            coursedir.format_path(
                coursedir.autograded_directory, submission.name, course.assignment
            )
        )
        result = results.get((submission.name, submission.unit))
        notebook = course.root / folder / f"{submission.unit}.ipynb"
        if result is None or not shows(notebook, submission, result):
            written.discard(submission.name)
    return written
