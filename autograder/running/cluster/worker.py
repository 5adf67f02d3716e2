"""What a dask worker does: keep grading processes for a run, and give them hand-ins.

No worker plugin holds the processes: the scheduler would go on giving one that a killed client
left behind to every new worker, also to those that lack this package and fail to start with it.
"""

import asyncio
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from distributed import get_worker

from autograder.grading.grader import Job
from autograder.grading.versions import suite_version
from autograder.running.cluster.process import GradingProcess
from autograder.running.pool import Options


@dataclass(frozen=True)
class Run:
    """A batch, as workers know it.

    Attributes:
        key: no other run has it.
        options: how to grade.
        units: whose suites are needed.
    """

    key: str
    options: Options
    units: tuple[str, ...]


class Pool:
    """The grading processes of one run: one for each task at a time, so one a thread.

    Args:
        run: what they are for.
    """

    def __init__(self, run: Run):
        self._run = run
        self._lock = threading.Lock()
        self._free: list[GradingProcess] = []
        self._busy: set[GradingProcess] = set()
        self._closed = False

    def ask(self, job: Job) -> tuple[str, Any]:
        """Grade a hand-in; see `GradingProcess.ask`."""
        process = self._take()
        if process is None:
            return "died", None
        kind, answer = "died", None
        try:
            kind, answer = process.ask(job)
        finally:
            self._give_back(process, kind in ("result", "failure"))
        return kind, answer

    def close(self) -> None:
        """End the processes, busy ones too."""
        with self._lock:
            self._closed = True
            processes = [*self._free, *self._busy]
            self._free.clear()
        for process in processes:
            process.kill()

    def _take(self) -> GradingProcess | None:
        with self._lock:
            if self._closed:
                return None
            self._free = [process for process in self._free if process.alive]
            process = (
                self._free.pop()
                if self._free
                else GradingProcess(self._run.options, self._run.units)
            )
            self._busy.add(process)
        return process

    def _give_back(self, process: GradingProcess, whole: bool) -> None:
        with self._lock:
            self._busy.discard(process)
            keep = whole and not self._closed
            if keep:
                self._free.append(process)
        if not keep:
            process.kill()


# None for a run that is over: a task may start yet that was taken back too late.
_POOLS: dict[str, Pool | None] = {}
_POOLS_LOCK = threading.Lock()


def grade_here(run: Run, job: Job) -> tuple[str, str, Any]:
    """Grade a hand-in on this worker.

    Returns:
        The worker's name; `result`, `failure`, `isolation` or `died`; the result as JSON, or the
        reason.
    """
    with _POOLS_LOCK:
        pool = _POOLS.setdefault(run.key, Pool(run))
    kind: str
    answer: Any
    kind, answer = pool.ask(job) if pool is not None else ("died", None)
    if kind == "result":
        answer = json.dumps(answer.as_json()).encode()
    return str(get_worker().name), kind, answer


async def close_here(key: str) -> None:
    """End this worker's grading processes of a run."""
    with _POOLS_LOCK:
        pool, _POOLS[key] = _POOLS.get(key), None
    if pool is not None:
        await asyncio.to_thread(pool.close)  # heartbeats go on meanwhile


def suites_here(units: Sequence[str]) -> dict[str, str]:
    """Return which versions of the units' suites this machine has."""
    return {unit: suite_version(unit) for unit in units}
