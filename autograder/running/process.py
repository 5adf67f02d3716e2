"""A grading process: it has a fork server of its own, and grades one hand-in at a time.

The local pool, the workers of a cluster and nbgrader's preprocessor all grade with this class. The
process is started by `subprocess`: a worker of dask is a daemonic process, and `multiprocessing`
gives those no children.

The process ends by itself when the grader that started it is gone, however that one ended: then
the connection between the two is closed. See `process_main` for what runs in the process.
"""

import contextlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

from autograder.base.paths import ROOT
from autograder.base.signals import postponed
from autograder.grading.submitted_file import SubmittedFile
from autograder.running.options import GradingOptions
from autograder.running.outcome import Died, Outcome

# More than a fork server takes for its end; see `ForkServer.stop`.
_TERMINATE_SECONDS = 10.0
_KILL_SECONDS = 5.0


class GradingProcess:
    """A process that grades hand-ins. It can be started again after its end.

    Args:
        options: how to grade.
        units: the units whose suites are needed.
        patience: seconds without a hand-in after which the process ends; None for no end.

    Attributes:
        connection: becomes readable when there is an outcome, or when the process has ended.
    """

    connection: Connection

    def __init__(
        self, options: GradingOptions, units: Sequence[str], patience: float | None = None
    ):
        self._settings = (options, tuple(units), patience)
        self._process: subprocess.Popen | None = None

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process, unless it was started before and `end` was not called since."""
        if self._process is not None:
            return
        # Ctrl-C in a terminal goes to both processes. It waits until this one knows the other, and
        # until the other has loaded and ignores it.
        with postponed():
            self.connection, theirs = multiprocessing.Pipe()
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "autograder.running.process_main", str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    cwd=ROOT,
                    env={**os.environ, "TMPDIR": tempfile.gettempdir()},  # it may be relative
                    stdin=subprocess.DEVNULL,
                )
            self._send(self._settings)

    def grade(self, file: SubmittedFile) -> Outcome:
        """Grade a hand-in."""
        self.send(file)
        return self.outcome()

    def send(self, file: SubmittedFile) -> None:
        """Give the process a hand-in; where the process has died, `outcome` says so."""
        self._send(file)

    def outcome(self) -> Outcome:
        """Wait for what becomes of the hand-in that was sent."""
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            return Died()

    def terminate(self) -> None:
        """Ask the process to end, whatever it does; `end` waits for that."""
        if self._process is not None:
            self._process.terminate()

    def end(self) -> None:
        """End the process; where a thread waits for its outcome, the outcome is `Died`."""
        process = self._process
        if process is None:
            return
        process.terminate()
        # Never wait without limit: a signal's handler that raised may have left the lock taken
        # that `poll` and `wait` share.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_TERMINATE_SECONDS)
        if process.poll() is None:
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_KILL_SECONDS)
        self._process = None

    def _send(self, message: Any) -> None:
        with contextlib.suppress(OSError):  # it has died; its last outcome can still be read
            self.connection.send(message)
