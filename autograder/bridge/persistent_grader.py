"""A grading process that stays until this process ends: only the first hand-in waits for it."""

import atexit
import functools

from autograder.grading.grader import GraderError
from autograder.grading.submitted_file import SubmittedFile
from autograder.isolation.fork_server import IsolationError
from autograder.results.result import Result
from autograder.running.options import GradingOptions
from autograder.running.outcome import TRIES, Died, Failed, Graded, NotIsolated
from autograder.running.process import GradingProcess
from course.kit.units import available_units


class PersistentGrader:
    """Grades hand-ins of all units, one at a time, in one grading process.

    Args:
        options: how to grade; results are left to the caller, who may write them.
    """

    def __init__(self, options: GradingOptions):
        self._process = GradingProcess(options, available_units())

    def grade(self, file: SubmittedFile) -> Result:
        """Grade a hand-in.

        Raises:
            IsolationError: this host lacks a wall that is required.
            GraderError: the grader failed, or its process died at each try.
        """
        for _ in range(TRIES):
            self._process.start()
            match outcome := self._process.grade(file):
                case Graded(result):
                    return result
                case NotIsolated(reason):
                    self.close()
                    raise IsolationError(reason)
                case Failed(reason):
                    break
                case Died():
                    self.close()
                    reason = outcome.last_reason
        raise GraderError(f"{file.unit} of {file.name} got no result: {reason}")

    def close(self) -> None:
        """End the process; the next hand-in starts a new one."""
        self._process.end()


@functools.cache
def persistent_grader(options: GradingOptions) -> PersistentGrader:
    """Return this process's grader with these options; it is closed when this process ends."""
    grader = PersistentGrader(options)
    atexit.register(grader.close)
    return grader
