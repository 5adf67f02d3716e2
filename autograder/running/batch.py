"""A batch of hand-ins under way: which wait, and what has become of the others."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from autograder.grading.submitted_file import SubmittedFile
from autograder.grading.versions import content_version, suite_version
from autograder.isolation.fork_server import IsolationError
from autograder.results.compressed import CompressedResults
from autograder.results.files import read_result, result_path, write_result
from autograder.results.result import Result
from autograder.running.options import GradingOptions
from autograder.running.outcome import TRIES, Died, Failed, Graded, NotIsolated, Outcome
from autograder.running.submissions import UNREADABLE, Submission, read_submission


class Task(NamedTuple):
    """A hand-in to grade, and the number of the try."""

    submission: Submission
    number: int = 1


@dataclass
class Summary:
    """What became of a batch.

    Attributes:
        results: the results, those of an earlier run included.
        failures: the hand-ins that the grader could give no result, each with the reason.
        already_graded: how many results are of an earlier run.
    """

    results: Sequence[Result] = ()
    failures: list[tuple[Submission, str]] = field(default_factory=list)
    already_graded: int = 0


class Batch:
    """A batch under way.

    Args:
        submissions: what to grade; with `options.resume` only those without a result wait.
        options: how to grade.
        on_result: called with each result.

    Attributes:
        options: how to grade.
        waiting: the hand-ins to grade.
        summary: what became of the others.
    """

    def __init__(
        self,
        submissions: Sequence[Submission],
        options: GradingOptions,
        on_result: Callable[[Result], None],
    ):
        self.options, self._on_result = options, on_result
        self.waiting: deque[Task] = deque()
        self._results = CompressedResults()
        self.summary = Summary(self._results)
        for submission in submissions:
            result = earlier_result(submission, options) if options.resume else None
            if result is None:
                self.waiting.append(Task(submission))
            else:
                if result.student != submission.student_facts:
                    result.student = submission.student_facts
                    write_result(options.out, result)
                self.summary.already_graded += 1
                self._add(result)

    def units(self) -> list[str]:
        """Return the units of the hand-ins that wait."""
        return sorted({task.submission.unit for task in self.waiting})

    def read(self, task: Task) -> SubmittedFile | None:
        """Return a hand-in's file; where it can't be read, settle the task and return None."""
        try:
            return read_submission(task.submission)
        except UNREADABLE as error:
            self.settle(task, Failed(f"{type(error).__name__}: {error}"))
            return None

    def settle(self, task: Task, outcome: Outcome) -> None:
        """Write a hand-in's result, note that it has none, or let it wait for another try.

        Raises:
            IsolationError: a host can't give the isolation that is asked for.
            OSError: the result can't be written.
        """
        match outcome:
            case Graded(result):
                result.student = task.submission.student_facts
                write_result(self.options.out, result)
                self._add(result)
            case NotIsolated(reason):
                raise IsolationError(reason)
            case Died() if task.number < TRIES:
                self.waiting.appendleft(Task(task.submission, task.number + 1))
            case Died():
                self.summary.failures.append((task.submission, outcome.last_reason))
            case Failed(reason):
                self.summary.failures.append((task.submission, reason))

    def finish(self) -> Summary:
        """Return what became of all, sorted by name and unit."""
        self._results.sort()
        return self.summary

    def _add(self, result: Result) -> None:
        self._results.add(result)
        self._on_result(result)


def earlier_result(submission: Submission, options: GradingOptions) -> Result | None:
    """Return an earlier run's result, if grading now would give the same one."""
    try:
        result = read_result(result_path(options.out, submission.name, submission.unit))
    except ValueError:
        return None
    if (result.submission, result.unit) != (submission.name, submission.unit):
        return None
    if (result.seed, result.backend) != (options.seed, options.backend):
        return None
    if result.suite != suite_version(submission.unit):
        return None
    try:
        same = result.hand_in == content_version(submission.read())
    except UNREADABLE:
        return None  # grading finds out what is wrong with the file
    return result if same else None
