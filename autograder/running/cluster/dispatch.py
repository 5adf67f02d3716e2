"""Send hand-ins to a cluster, a few at a time, and settle each outcome as it comes back."""

import contextlib
import itertools
import queue
import uuid
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path

from distributed import CancelledError, Future, KilledWorker

from autograder.grading.submitted_file import SubmittedFile
from autograder.grading.versions import suite_version
from autograder.running.batch import Batch, Task
from autograder.running.cluster.connection import GONE, Cluster
from autograder.running.cluster.worker import RemoteBatch, end_on_worker, grade_on_worker
from autograder.running.outcome import Failed, Graded, NotIsolated, Outcome
from autograder.running.submissions import Submission
from course.kit.errors import UserError

_PER_THREAD = 4  # enough that no worker waits for the client
_WAIT_SECONDS = 5.0
_FETCH_SECONDS = 60.0
_KILLS_WORKERS = "Workers of the cluster died of it again and again, also when it was alone."


def dispatch(batch: Batch, cluster: Cluster) -> None:
    """Grade the hand-ins of a batch that wait, on a cluster.

    dask repeats a lost worker's tasks by itself. Where a worker was lost too often, dask gives up
    every task that the worker had, not only the one that ran; so each of these is sent once more
    at the end, alone, and only a hand-in that kills workers then has no result.

    Raises:
        UserError: the cluster is lost, or a worker that joined can't grade.
        IsolationError: a worker can't give the isolation that is asked for.
        OSError: a result can't be written.
    """
    options = replace(batch.options, out=Path())  # results are written on this machine alone
    tasks = _SentTasks(cluster, RemoteBatch(uuid.uuid4().hex, options, tuple(batch.units())))
    given_up: deque[Task] = deque()
    sent_alone: set[Submission] = set()
    try:
        while batch.waiting or given_up or len(tasks):
            limit = _PER_THREAD * cluster.threads()
            while batch.waiting and len(tasks) < limit:
                _send(batch, tasks, batch.waiting.popleft())
            if given_up and not batch.waiting and not len(tasks):
                sent_alone.add(given_up[0].submission)
                _send(batch, tasks, given_up.popleft())
            answer = tasks.receive()
            if answer is None:
                continue
            if answer.outcome is not None:
                batch.settle(answer.task, _checked(answer.outcome, answer.worker, cluster))
            elif answer.task.submission in sent_alone:
                batch.settle(answer.task, Failed(_KILLS_WORKERS))
            else:
                given_up.append(answer.task)
    finally:
        tasks.cancel()


def _send(batch: Batch, tasks: "_SentTasks", task: Task) -> None:
    file = batch.read(task)
    if file is not None:
        tasks.send(task, file)


def _checked(outcome: Outcome, worker: str, cluster: Cluster) -> Outcome:
    """Return a worker's outcome, with the worker's name where that matters.

    Raises:
        UserError: the worker, which joined after the others were asked, has another suite.
    """
    if isinstance(outcome, NotIsolated):
        return NotIsolated(f"Worker {worker}: {outcome.reason}")
    if isinstance(outcome, Graded) and outcome.result.suite != suite_version(outcome.result.unit):
        raise cluster.outdated(f"Worker {worker}", outcome.result.unit)
    return outcome


@dataclass(frozen=True)
class _Answer:
    """What the cluster says about a task.

    Attributes:
        task: the task.
        worker: the name of the worker that did it.
        outcome: what became of the hand-in; None where dask gave the task up, since workers died.
    """

    task: Task
    worker: str
    outcome: Outcome | None


class _SentTasks:
    """The tasks that are with the cluster."""

    def __init__(self, cluster: Cluster, batch: RemoteBatch):
        self._cluster, self._client, self._batch = cluster, cluster.client, batch
        self._numbers = itertools.count()
        self._tasks: dict[str, tuple[Future, Task]] = {}
        self._done: queue.SimpleQueue[Future] = queue.SimpleQueue()

    def __len__(self) -> int:
        return len(self._tasks)

    def send(self, task: Task, file: SubmittedFile) -> None:
        """Send a task to the cluster.

        Raises:
            UserError: the cluster is lost.
        """
        key = f"grade-{self._batch.key}-{next(self._numbers)}"  # dashboards show it: no name
        resources = self._cluster.resources
        try:
            future = self._client.submit(
                grade_on_worker, self._batch, file, key=key, pure=False, resources=resources
            )
        except GONE:
            raise self._cluster.lost() from None
        self._tasks[key] = future, task
        future.add_done_callback(self._done.put)

    def receive(self) -> _Answer | None:
        """Return an answer; None where none comes for some seconds.

        Raises:
            UserError: the cluster is lost, or can't run the task.
        """
        try:
            future = self._done.get(timeout=_WAIT_SECONDS)
        except queue.Empty:
            return None
        outcome: Outcome | None
        try:
            worker, outcome = future.result(timeout=_FETCH_SECONDS)
        except TimeoutError:  # the worker that had the answer is gone: dask repeats the task
            future.add_done_callback(self._done.put)
            return None
        except KilledWorker:
            worker, outcome = "", None
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
        return _Answer(task, worker, outcome)

    def cancel(self) -> None:
        """Take back the tasks that are not done, and end the grading processes on the workers."""
        if self._client.status != "running":
            return
        with contextlib.suppress(*GONE):
            self._client.cancel([future for future, _ in self._tasks.values()])
            self._client.run(end_on_worker, self._batch.key, on_error="ignore")
