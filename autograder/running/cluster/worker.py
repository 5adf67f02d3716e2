"""What runs on a dask worker: grading processes for each batch, which grade the hand-ins.

The processes are no worker plugin of dask: the scheduler would give a plugin that a killed client
left behind to every new worker, also to workers that lack this package and fail to start with it.
"""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from distributed import get_worker

from autograder.grading.submitted_file import SubmittedFile
from autograder.grading.versions import suite_version
from autograder.running.options import GradingOptions
from autograder.running.outcome import Died, Failed, Graded, Outcome
from autograder.running.process import GradingProcess

# A client that was killed can't end the grading processes, which take half a gigabyte each.
_PATIENCE_SECONDS = 900.0


@dataclass(frozen=True)
class RemoteBatch:
    """A batch, as workers know it.

    Attributes:
        key: a name that no other batch has.
        options: how to grade.
        units: the units whose suites are needed.
    """

    key: str
    options: GradingOptions
    units: tuple[str, ...]


class WorkerProcesses:
    """The grading processes of one batch on this worker; a task has one to itself.

    So there are as many as the worker has threads, at most.

    Args:
        batch: the batch.
    """

    def __init__(self, batch: RemoteBatch):
        self._batch = batch
        self._lock = threading.Lock()
        self._idle: list[GradingProcess] = []
        self._busy: set[GradingProcess] = set()
        self._closed = False

    def grade(self, file: SubmittedFile) -> Outcome:
        """Grade a hand-in."""
        process = self._take()
        if process is None:
            return Died()
        outcome: Outcome = Died()
        try:
            outcome = process.grade(file)
        finally:
            self._put_back(process, reusable=isinstance(outcome, Graded | Failed))
        return outcome

    def close(self) -> None:
        """End the processes, busy ones too."""
        with self._lock:
            self._closed = True
            processes = [*self._idle, *self._busy]
            self._idle.clear()
        for process in processes:
            process.end()

    def _take(self) -> GradingProcess | None:
        """Return a process that runs and that no other task has; None after `close`."""
        with self._lock:
            if self._closed:
                return None
            self._idle = [process for process in self._idle if process.alive]
            if self._idle:
                process = self._idle.pop()
            else:
                batch = self._batch
                process = GradingProcess(batch.options, batch.units, _PATIENCE_SECONDS)
            self._busy.add(process)
            process.start()
        return process

    def _put_back(self, process: GradingProcess, reusable: bool) -> None:
        with self._lock:
            self._busy.discard(process)
            reusable = reusable and not self._closed
            if reusable:
                self._idle.append(process)
        if not reusable:
            process.end()


# By the batch's key; None for a batch that is over, whose last tasks may start after that.
_PROCESSES: dict[str, WorkerProcesses | None] = {}
_PROCESSES_LOCK = threading.Lock()


def grade_on_worker(batch: RemoteBatch, file: SubmittedFile) -> tuple[str, Outcome]:
    """Grade a hand-in on this worker; return the worker's name and the outcome."""
    with _PROCESSES_LOCK:
        processes = _PROCESSES.setdefault(batch.key, WorkerProcesses(batch))
    return str(get_worker().name), Died() if processes is None else processes.grade(file)


async def end_on_worker(key: str) -> None:
    """End this worker's grading processes of a batch."""
    with _PROCESSES_LOCK:
        processes, _PROCESSES[key] = _PROCESSES.get(key), None
    if processes is not None:
        await asyncio.to_thread(processes.close)  # heartbeats go on meanwhile


def suite_versions(units: Sequence[str]) -> dict[str, str]:
    """Return which versions of the units' suites this machine has."""
    return {unit: suite_version(unit) for unit in units}
