"""Results into nbgrader's gradebook: its own `autograde`, in one process, with grading done."""

import glob
from collections.abc import Callable, Iterable
from typing import Any

from nbgrader.converters import NbGraderException
from nbgrader.preprocessors import Execute
from traitlets.utils.importstring import import_item

from autograder.bridge.course import Course
from autograder.bridge.nbgrader_log import listening
from autograder.bridge.preprocessor import GradeInIsolation
from autograder.grading.versions import content_version
from autograder.results.result import Result


class TakeResult(GradeInIsolation):
    """Takes a result that is there already; a hand-in that came in meanwhile is graded here.

    Args:
        ready: the results.
    """

    def __init__(self, ready: Iterable[Result], **settings: Any):
        super().__init__(**settings)
        self._ready = {(result.submission, result.unit, result.hand_in): result for result in ready}

    def result_of(self, student: str, unit: str, data: bytes) -> Result:
        """Return the result of exactly this notebook of this student."""
        ready = self._ready.get((student, unit, content_version(data)))
        return ready if ready is not None else super().result_of(student, unit, data)


def write_gradebook(
    course: Course,
    preprocessor: TakeResult,
    students: Iterable[str],
    afresh: Callable[[str], bool],
    on_student: Callable[[str], None] = lambda student: None,
) -> dict[str, str]:
    """Run nbgrader's `autograde` for each student; return who could not be written, and why.

    One after another in this process, so that nothing else of ours holds the database.

    Args:
        course: where.
        preprocessor: what stands in the place of grading.
        students: whose hand-ins.
        afresh: whether to write a student's though nbgrader has graded it already.
        on_student: called with each student that is done.
    """
    failed = {}
    for student in students:
        converter = course.converter()
        converter.force = afresh(student)
        converter.autograde_preprocessors = with_results(
            preprocessor, converter.autograde_preprocessors
        )
        with listening(course.log) as reason, course.in_place():
            converter.coursedir.student_id = glob.escape(student)
            try:
                converter.start()
            except (NbGraderException, SystemExit) as error:
                failed[student] = reason.text or str(error)
        on_student(student)
    return failed


def with_results(preprocessor: TakeResult, steps: Iterable[Any]) -> list[Any]:
    """Return a course's steps with the preprocessor where `Execute` stands, or the bridge's.

    Args:
        preprocessor: what takes its place.
        steps: classes, or their names.
    """
    found = [import_item(step) if isinstance(step, str) else step for step in steps]
    runs = [step in (Execute, GradeInIsolation) for step in found]
    if not any(runs):
        return [preprocessor, *found]
    return [preprocessor if replaced else step for step, replaced in zip(found, runs, strict=True)]
