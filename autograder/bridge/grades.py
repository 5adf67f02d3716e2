"""What nbgrader's gradebook holds of the units, and where that is not what the results say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nbgrader.api import Grade as CellGrade
from nbgrader.api import SubmittedNotebook

from autograder.bridge.course import Course
from autograder.results.result import Grade, Result
from course.kit.errors import UserError
from course.kit.units import available_units

_NEARLY = 0.005  # points; cells hold six decimals


@dataclass(frozen=True)
class Recorded:
    """A unit's grade of a student, and what the gradebook says of the student."""

    grade: Grade
    student: dict[str, str | bool]


@dataclass(frozen=True)
class Difference:
    """A student's unit of which the gradebook has another sum than the result."""

    submission: str
    unit: str
    expected: float
    grade: Grade


def read_grades(course: Course, assignment: str | None = None) -> dict[tuple[str, str], Recorded]:
    """Return the grades of the units, by student and unit.

    Args:
        course: the course.
        assignment: the only one to read; None for all.

    Raises:
        UserError: two assignments have the same unit.
    """
    grades: dict[tuple[str, str], Recorded] = {}
    assignments: dict[str, str] = {}
    with course.gradebook() as gradebook:
        for notebook in gradebook.db.query(SubmittedNotebook):
            held, unit = notebook.assignment.assignment.name, notebook.name
            if unit not in available_units() or assignment not in (None, held):
                continue
            if not any(_has_points(grade) for grade in notebook.grades):
                continue  # an extension alone, say
            if assignments.setdefault(unit, held) != held:
                raise UserError(
                    f"The unit {unit} is in the assignments {assignments[unit]} and {held}; name "
                    "one of them with --assignment."
                )
            student = notebook.student
            names = (student.first_name, student.last_name)
            facts = {
                "name": " ".join(name for name in names if name),
                "id": student.lms_user_id or student.id,
                "email": student.email or "",
            }
            grades[student.id, unit] = Recorded(
                Grade(
                    score=float(notebook.score or 0),
                    max_score=float(notebook.max_score or 0),
                    penalty=float(notebook.late_submission_penalty or 0),
                    by_hand=any(
                        grade.manual_score is not None or grade.extra_credit
                        for grade in notebook.grades
                    ),
                ),
                {key: value for key, value in facts.items() if value},
            )
    return grades


def _has_points(grade: CellGrade) -> bool:
    return any(
        points is not None for points in (grade.auto_score, grade.manual_score, grade.extra_credit)
    )


def differences_of(
    results: Iterable[Result],
    grades: Mapping[tuple[str, str], Recorded],
    students: Iterable[str],
) -> list[Difference]:
    """Return where the gradebook's grade is not the result's score in the gradebook's points.

    Args:
        results: the results.
        grades: the gradebook's, by student and unit.
        students: those whose hand-ins are in the gradebook.
    """
    recorded = set(students)
    differences = []
    for result in results:
        held = grades.get((result.submission, result.unit))
        if held is None or result.submission not in recorded:
            continue
        part = result.score / result.max_score if result.max_score else 1.0
        expected = part * held.grade.max_score
        if abs(held.grade.total - expected) > _NEARLY:
            differences.append(Difference(result.submission, result.unit, expected, held.grade))
    return differences


def with_grades(
    results: Iterable[Result], grades: Mapping[tuple[str, str], Recorded]
) -> list[Result]:
    """Return the results with their grades; who has a grade alone has a result without checks."""
    by_key = {(result.submission, result.unit): result for result in results}
    for (student, unit), recorded in grades.items():
        grade = recorded.grade
        result = by_key.setdefault(
            (student, unit),
            Result(student, unit, "graded", grade.score, grade.max_score, 0, "", 0.0, []),
        )
        result.grade = grade
        # What the platform said that the hand-in came from is as good.
        result.student = result.student or recorded.student
    return [by_key[key] for key in sorted(by_key)]
