"""Send hand-ins to a cluster, a few at a time, and settle each answer as it comes back."""

import contextlib
import itertools
import queue
import uuid
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

from distributed import CancelledError, Future, KilledWorker

from autograder.grading.grader import Job
from autograder.grading.versions import suite_version
from autograder.results.files import parse_result
from autograder.results.result import Result
from autograder.running.cluster.connection import GONE, Cluster
from autograder.running.cluster.worker import Run, close_here, grade_here
from autograder.running.pool import Batch, read_job
from autograder.running.submissions import Submission
from course.kit.errors import UserError

_PER_THREAD = 4  # enough that no worker waits for the client
_WAIT_SECONDS = 5.0
_FETCH_SECONDS = 60.0
_KILLED = "Workers of the cluster died of it again and again, also when it was alone."

Task = tuple[Submission, int]


def dispatch(batch: Batch, cluster: Cluster) -> None:
    """Grade what waits in a batch on a cluster.

    dask repeats a lost worker's tasks by itself. Where that has happened too often, it blames
    every task that the worker had, not only the one it was at; so the blamed ones are tried
    again at the end, each alone, and only one that kills workers then is given up.

    Raises:
        UserError: the cluster is lost, or a worker that joined can't grade.
        IsolationError: a worker can't give the isolation that is asked for.
        OSError: a result can't be written.
    """
    options = replace(batch.options, out=Path())  # a matter of this machine alone
    run = Run(uuid.uuid4().hex, options, tuple(batch.units()))
    flight = _Flight(cluster, run)
    blamed: deque[Task] = deque()
    alone: set[Submission] = set()
    try:
        while batch.waiting or blamed or len(flight):
            window = _PER_THREAD * cluster.threads()
            while batch.waiting and len(flight) < window:
                _send(batch, flight, batch.waiting.popleft())
            if blamed and not batch.waiting and not len(flight):
                alone.add(blamed[0][0])
                _send(batch, flight, blamed.popleft())
            landed = flight.next()
            if landed is None:
                continue
            task, name, kind, answer = landed
            if kind == "killed" and task[0] not in alone:
                blamed.append(task)
            elif kind == "killed":
                batch.settle(task, "failure", _KILLED)
            elif kind == "isolation":
                batch.settle(task, kind, f"Worker {name}: {answer}")
            elif kind == "result":
                batch.settle(task, kind, _result(cluster, name, answer))
            else:
                batch.settle(task, kind, answer)
    finally:
        flight.cancel()


def _send(batch: Batch, flight: "_Flight", task: Task) -> None:
    job = read_job(task[0])
    if isinstance(job, str):
        batch.settle(task, "failure", job)
    else:
        flight.submit(task, job)


def _result(cluster: Cluster, name: str, answer: Any) -> Result:
    result = parse_result(answer)
    if result.suite != suite_version(result.unit):  # it joined after the others were asked
        raise cluster.outdated(f"Worker {name}", result.unit)
    return result


class _Flight:
    """The tasks that are with the cluster."""

    def __init__(self, cluster: Cluster, run: Run):
        self._cluster, self._client, self._run = cluster, cluster.client, run
        self._numbers = itertools.count()
        self._tasks: dict[str, tuple[Future, Task]] = {}
        self._done: queue.SimpleQueue[Future] = queue.SimpleQueue()

    def __len__(self) -> int:
        return len(self._tasks)

    def submit(self, task: Task, job: Job) -> None:
        key = f"grade-{self._run.key}-{next(self._numbers)}"  # no name: dashboards show keys
        wanted = self._cluster.resources
        try:
            future = self._client.submit(
                grade_here, self._run, job, key=key, pure=False, resources=wanted
            )
        except GONE:
            raise self._cluster.lost() from None
        self._tasks[key] = future, task
        future.add_done_callback(self._done.put)

    def next(self) -> tuple[Task, str, str, Any] | None:
        """Wait some seconds for an answer: the task, the worker's name, the kind, what it is."""
        try:
            future = self._done.get(timeout=_WAIT_SECONDS)
        except queue.Empty:
            return None
        try:
            name, kind, answer = future.result(timeout=_FETCH_SECONDS)
        except TimeoutError:  # the worker that had the answer is gone: the task is done again
            future.add_done_callback(self._done.put)
            return None
        except KilledWorker:
            name, kind, answer = "", "killed", None
        except CancelledError:
            raise self._cluster.lost() from None
        except Exception as error:
            raise UserError(
                f"A task can't be run on the cluster at {self._cluster.address} "
                f"({type(error).__name__}: {error}); see that all workers have this version of "
                "the course package, then go on with --resume."
            ) from error
        _, task = self._tasks.pop(future.key)
        future.release()
        return task, name, kind, answer

    def cancel(self) -> None:
        """Take back what is not done, and end the grading processes; the workers stay."""
        if self._client.status != "running":
            return
        with contextlib.suppress(*GONE):
            self._client.cancel([future for future, _ in self._tasks.values()])
            self._client.run(close_here, self._run.key, on_error="ignore")
