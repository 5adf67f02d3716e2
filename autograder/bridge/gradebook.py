"""Write results into nbgrader's gradebook: its own `autograde` runs, and finds results there."""

import glob
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import Execute
from traitlets.utils.importstring import import_item

from autograder.bridge.course import Course
from autograder.bridge.nbgrader_log import captured_error
from autograder.bridge.preprocessor import GradeInIsolation
from autograder.grading.versions import content_version
from autograder.results.result import Result


class InsertResults(GradeInIsolation):
    """Takes results that are there already; a hand-in that came in meanwhile is graded here.

    Args:
        graded: the results.
    """

    def __init__(self, graded: Iterable[Result], **settings: Any):
        super().__init__(**settings)
        self._results = {
            (result.submission, result.unit, result.hand_in): result for result in graded
        }

    def restore(self, nb: NotebookNode, resources: Any) -> None:
        """Leave the cells: `Course.converter` restores them when the hand-in is sanitized."""

    def result_of(self, student: str, unit: str, data: bytes) -> Result:
        """Return the result of exactly this notebook of this student."""
        result = self._results.get((student, unit, content_version(data)))
        return result if result is not None else super().result_of(student, unit, data)


def write_gradebook(
    course: Course,
    preprocessor: InsertResults,
    students: Iterable[str],
    overwrites: Callable[[str], bool],
    on_student: Callable[[str], None] = lambda student: None,
    directories: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """Run nbgrader's `autograde` for each student; return the reason for each that failed.

    The students come one after another in this process: no other process of the grader uses the
    database.

    Args:
        course: the course, with the assignment.
        preprocessor: takes the place of grading.
        students: the names of the students whose hand-ins are written.
        overwrites: whether to write a student's scores though nbgrader has graded the hand-in.
        on_student: called with each student that is done.
        directories: by student, what takes the place of the course's `submitted/`.
    """
    failed = {}
    submitted = course.app.coursedir.submitted_directory
    for student in students:
        converter = course.converter()
        converter.force = overwrites(student)
        converter.autograde_preprocessors = with_results(
            preprocessor, converter.autograde_preprocessors
        )
        with captured_error(course.log) as logged, course.as_working_directory():
            converter.coursedir.student_id = glob.escape(student)
            converter.coursedir.submitted_directory = directories.get(student, submitted)
            try:
                converter.start()
            except (Exception, SystemExit) as error:  # one student's mess is no other's
                failed[student] = logged.text or str(error) or type(error).__name__
        on_student(student)
    course.app.coursedir.submitted_directory = submitted
    return failed


def with_results(preprocessor: InsertResults, steps: Iterable[Any]) -> list[Any]:
    """Return a course's steps with the preprocessor in the place of the step that grades.

    Args:
        preprocessor: takes the place of nbgrader's `Execute` or the bridge's `GradeInIsolation`;
            where a course has neither, it comes first.
        steps: preprocessors' classes, or their names.
    """
    classes = [import_item(step) if isinstance(step, str) else step for step in steps]
    graders = (Execute, GradeInIsolation)
    if not any(step in graders for step in classes):
        return [preprocessor, *classes]
    return [preprocessor if step in graders else step for step in classes]
