"""A grading process that a dask worker may have.

A nanny's worker is a daemonic process, and multiprocessing lets those have no children;
subprocess does. The pipe between the two is also the leash: when the worker is gone, whatever
took it, the grading process reads the pipe's end and goes too.
"""

import contextlib
import multiprocessing
import subprocess
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

from autograder.base.paths import ROOT
from autograder.grading.grader import Job
from autograder.running.pool import Options, serve

# A client that was killed says no goodbye, and a grading process takes half a gigabyte.
_PATIENCE_SECONDS = 900.0
_STOP_SECONDS = 10.0


class GradingProcess:
    """A process with a fork server and the suites of some units; it grades one hand-in at a time.

    Args:
        options: how.
        units: whose suites it collects.
    """

    def __init__(self, options: Options, units: Sequence[str]):
        self._pipe, theirs = multiprocessing.Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "autograder.running.cluster.process", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
            )
        self._send((options, tuple(units)))

    @property
    def alive(self) -> bool:
        """Whether it still runs; it ends by itself when nothing comes for long."""
        return self._process.poll() is None

    def ask(self, job: Job) -> tuple[str, Any]:
        """Grade a hand-in.

        Returns:
            `result` and the result, `failure` or `isolation` and the reason, or `died`.
        """
        self._send(job)
        try:
            return self._pipe.recv()
        except (EOFError, OSError):
            return "died", None

    def kill(self) -> None:
        """End it, whatever it does; whoever waits for its answer hears that it died."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _send(self, message: Any) -> None:
        with contextlib.suppress(OSError):  # it is gone; what it said last is still to be read
            self._pipe.send(message)


def main() -> None:
    """Serve on the pipe whose descriptor is the argument."""
    with Connection(int(sys.argv[1])) as pipe:
        options, units = pipe.recv()
        serve(pipe, options, units, _PATIENCE_SECONDS)


if __name__ == "__main__":
    main()
