"""Extensions of a due date, and late penalties that are reckoned anew without grading again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import nbformat
from nbgrader.api import MissingEntry
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc

from autograder.bridge.course import Course
from course.kit.errors import UserError


@dataclass(frozen=True)
class Extension:
    """Until when a student may hand in, and when the assignment is due for others; both in UTC."""

    student: str
    until: datetime
    due: datetime


def extend(course: Course, students: Iterable[str], until: str) -> list[Extension]:
    """Let students hand in later; an extension takes the place of an earlier one.

    Args:
        course: the course, with the assignment.
        students: their names in the gradebook.
        until: a date and time, in UTC unless it names a zone; the due date itself takes an
            extension away.

    Raises:
        UserError: the time can't be read or is before the due date, there is no due date, or
            the gradebook doesn't know a student. Then nobody's extension is changed.
    """
    try:
        end = parse_utc(until)
    except (ValueError, OverflowError):
        raise UserError(f"{until!r} is no date and time; write it like 2026-01-31 12:00.") from None
    with course.gradebook() as gradebook:
        due = gradebook.find_assignment(course.assignment).duedate
        if due is None:
            raise UserError(
                f"{course.assignment} has no due date; set one first: nbgrader db assignment add "
                f'{course.assignment} --duedate="2026-01-31 12:00".'
            )
        if end < due:
            raise UserError(
                f"{course.assignment} is due at {due:%Y-%m-%d %H:%M} UTC, later than that."
            )
        names = list(dict.fromkeys(students))
        for name in names:
            try:
                gradebook.find_student(name)
            except MissingEntry:
                raise UserError(
                    f"The gradebook knows no student {name}; add one with "
                    f"`nbgrader db student add {name}`."
                ) from None
        for name in names:
            submission = gradebook.update_or_create_submission(course.assignment, name)
            submission.extension = end - due if end > due else None
        gradebook.db.commit()
    return [Extension(name, end, due) for name in names]


def renew_penalties(course: Course, students: Iterable[str]) -> None:
    """Reckon late penalties anew from due dates, extensions and times of handing in.

    Args:
        course: the course, with the assignment, as the working directory's.
        students: those whose hand-ins are in the gradebook already.
    """
    coursedir = course.app.coursedir
    steps = [
        step(parent=course.app)
        for step in course.steps("autograde_preprocessors")
        if issubclass(step, AssignLatePenalties)
    ]
    with course.as_working_directory():
        for student in students:
            for notebook in sorted(course.notebooks):
                facts = {
                    "student": student,
                    "assignment": course.assignment,
                    "notebook": notebook,
                    "db_url": coursedir.db_url,
                }
                for step in steps:
                    step.preprocess(nbformat.v4.new_notebook(), {"nbgrader": facts})
