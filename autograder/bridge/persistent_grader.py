"""A grading process that stays: hand-ins come one at a time, and only the first waits for it."""

import atexit
import multiprocessing
import tempfile
from pathlib import Path
from typing import Any

from autograder.isolation.client import IsolationError
from autograder.results.result import Result
from autograder.running.pool import TRIES, Options, Worker
from autograder.running.submissions import Submission
from course.kit.units import available_units


class DeskError(RuntimeError):
    """The grader itself could not give a hand-in a result; no student is to pay for it."""


class Desk:
    """Grades what is handed to it, in a process with a fork server of its own.

    Args:
        options: how; where results go is left to the caller.
    """

    def __init__(self, options: Options):
        self._options = options
        self._worker: Worker | None = None

    def grade(self, name: str, unit: str, data: bytes) -> Result:
        """Grade a notebook.

        Args:
            name: the student.
            unit: the unit's name.
            data: the notebook's bytes.

        Raises:
            IsolationError: this host lacks a wall that is required.
            DeskError: the grader went wrong, twice where its process died.
        """
        with tempfile.NamedTemporaryFile(suffix=".ipynb") as file:
            file.write(data)
            file.flush()
            submission = Submission(name, unit, Path(file.name), size=len(data))
            answer: Any = None
            for _ in range(TRIES):
                kind, answer = self._ask(submission)
                if kind == "result":
                    return answer
                if kind == "isolation":
                    raise IsolationError(answer)
                if kind == "failure":
                    raise DeskError(f"{unit} of {name} got no result: {answer}")
        reason = answer or "its grading process died twice."
        raise DeskError(f"{unit} of {name} got no result: {reason}")

    def _ask(self, submission: Submission) -> tuple[str, Any]:
        if self._worker is None:
            context = multiprocessing.get_context("spawn")
            self._worker = Worker(context, self._options, available_units())
        self._worker.take((submission, 1))
        kind, answer = self._worker.answer()
        if kind in ("died", "isolation"):
            self.close()
        return kind, answer

    def close(self) -> None:
        """End the process."""
        if self._worker is not None:
            self._worker.end()
            self._worker.stop()
            self._worker = None


_DESKS: dict[Options, Desk] = {}


def desk_for(options: Options) -> Desk:
    """Return this process's desk for these options; it is closed when the process ends."""
    if options not in _DESKS:
        _DESKS[options] = Desk(options)
        atexit.register(_DESKS[options].close)
    return _DESKS[options]
