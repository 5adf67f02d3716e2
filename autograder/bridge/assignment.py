"""Grade an assignment of a course in parallel, and let one process write nbgrader's gradebook."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.base.text import Text
from autograder.bridge.autograded import is_up_to_date
from autograder.bridge.course import Course
from autograder.bridge.extensions import renew_penalties
from autograder.bridge.gradebook import InsertResults, write_gradebook
from autograder.bridge.grades import Difference, differences_of, read_grades
from autograder.bridge.hand_ins import HandIns, find_hand_ins
from autograder.running.accounting import Account, account_for
from autograder.running.batch import Summary
from autograder.running.options import GradingOptions
from autograder.running.seeds import run_seed
from autograder.running.submissions import Submission
from autograder.running.unfinished import NOTEBOOKS


@dataclass
class AssignmentSummary:
    """What became of an assignment.

    Attributes:
        out: the directory with the results.
        grading: what became of the hand-ins in grading.
        account: what is no hand-in, and who handed in nothing.
        recorded: the students whose hand-ins are in the gradebook.
        not_recorded: the reason for each student whose hand-in is not in the gradebook.
        differences: where the gradebook has another sum than the result, and why.
        restored: what was put right in the cells, by student and notebook.
    """

    out: Path
    grading: Summary
    account: Account
    recorded: list[str]
    not_recorded: dict[str, str]
    differences: list[Difference]
    restored: dict[tuple[str, str], list[Text]]


def grade_assignment(
    course: Course,
    out: Path | None,
    overrides: Mapping[str, Any],
    grade: Callable[[list[Submission], GradingOptions], Summary],
    on_recorded: Callable[[str, int], None] = lambda student, total: None,
    lock: Callable[[Path], None] = lambda folder: None,
    roster: Path | None = None,
) -> AssignmentSummary:
    """Grade all hand-ins of an assignment and write them to the gradebook and `autograded/`.

    Args:
        course: the course, with the assignment.
        out: the directory for results; None for what the course configures, or its `results/`.
        overrides: options of grading, by name, that take the place of the course's.
        grade: grades the hand-ins.
        on_recorded: called with each student that is done, and with how many there are.
        lock: called with each folder that no other grader may use meanwhile.
        roster: the course's people, to name who handed in nothing.

    Raises:
        UserError: there is nothing to grade, or the course's configuration doesn't name the
            grader.
        IsolationError: this host can't give the isolation that is asked for.
        OSError: a result can't be written.
    """
    course.demand_bridge()
    configured = course.preprocessor()
    out = (out or course.results_directory()).absolute()
    options = replace(configured.options(), out=out, **overrides)
    if "seed" not in overrides and configured.seed is None:
        options = replace(options, seed=run_seed(None, out, options.resume))
    out.mkdir(parents=True, exist_ok=True)
    for folder in {out.resolve(), course.root}:  # the gradebook is in the course's
        lock(folder)
    with (
        tempfile.TemporaryDirectory(dir=out, prefix=NOTEBOOKS) as scratch,
        tempfile.TemporaryDirectory(dir=course.root, prefix=NOTEBOOKS) as folders,
    ):
        hand_ins = find_hand_ins(course, Path(scratch), Path(folders))
        account = account_for(hand_ins.submissions, hand_ins.passed, roster)
        summary = grade(hand_ins.submissions, options)
        up_to_date = _up_to_date(course, hand_ins, summary) if options.resume else set()
        not_recorded = dict(hand_ins.unreadable)
        for submission, reason in summary.failures:
            not_recorded.setdefault(submission.name, reason)
        students = [student for student in hand_ins.students if student not in not_recorded]
        preprocessor = InsertResults(
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
            lambda student: student not in up_to_date,
            lambda student: on_recorded(student, len(students)),
            hand_ins.laid_out,
        )
    recorded = [student for student in students if student not in failed]
    # Due dates and extensions may have changed since.
    renew_penalties(course, [student for student in recorded if student in up_to_date])
    differences = differences_of(summary.results, read_grades(course, course.assignment), recorded)
    return AssignmentSummary(
        out,
        summary,
        account,
        recorded,
        not_recorded | failed,
        differences,
        hand_ins.restored,
    )


def _up_to_date(course: Course, hand_ins: HandIns, summary: Summary) -> set[str]:
    """Return the students of whom nbgrader has all results already."""
    results = {(result.submission, result.unit): result for result in summary.results}
    coursedir = course.app.coursedir
    students = set(hand_ins.students)
    for submission in hand_ins.submissions:
        folder = Path(
            coursedir.format_path(
                coursedir.autograded_directory, submission.name, course.assignment
            )
        )
        result = results.get((submission.name, submission.unit))
        notebook = course.root / folder / f"{submission.unit}.ipynb"
        if result is None or not is_up_to_date(notebook, submission, result):
            students.discard(submission.name)
    return students
