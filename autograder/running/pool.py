"""Grade many hand-ins: workers side by side, results written one by one, nothing lost.

Each worker is a process with a fork server of its own. It takes one hand-in at a time; if it dies,
a new one takes its place and the hand-in is tried once more.
"""

import contextlib
import multiprocessing
import multiprocessing.connection
import multiprocessing.resource_tracker
import os
import select
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.base.signals import no_longer_postponed, postponed
from autograder.grading.grader import Grader, Job
from autograder.grading.suite import suite_of
from autograder.grading.versions import content_version, suite_version
from autograder.isolation.client import ForkServer, IsolationError, ServerError
from autograder.results.compressed import CompressedResults
from autograder.results.files import read_result, result_path, write_result
from autograder.results.result import Result
from autograder.results.statuses import Device, IsolationMode
from autograder.running.submissions import UNREADABLE, Submission, UnreadableMember
from course.kit.language import say

TRIES = 2  # of a hand-in, where its grading process dies


@dataclass(frozen=True)
class Options:
    """How a batch is graded.

    Attributes:
        out: the directory for results.
        seed: the seed of the run.
        backend: Keras's backend.
        device: `cpu` or `gpu`.
        isolation: `require` or `best-effort`.
        jobs: hand-ins at a time, on this machine.
        resume: leave out hand-ins that already have a whole result of this file, suite, seed and
            backend.
        diagnose: whether mistakes are named.
    """

    out: Path
    seed: int = 0
    backend: str = "tensorflow"
    device: Device = "cpu"
    isolation: IsolationMode = "require"
    jobs: int = 1
    resume: bool = False
    diagnose: bool = True


@dataclass
class Summary:
    """What became of a batch.

    Attributes:
        results: of the hand-ins that have one, kept ones included.
        failures: hand-ins that the grader itself could give no result, with the reason.
        kept: how many results were there already.
    """

    results: Sequence[Result] = ()
    failures: list[tuple[Submission, str]] = field(default_factory=list)
    kept: int = 0


class Worker:
    """A grading process, and the hand-in it is busy with."""

    def __init__(self, context: Any, options: Options, units: Sequence[str]):
        # It starts multiprocessing's own helper, which would end the postponement.
        multiprocessing.resource_tracker.ensure_running()
        with postponed():  # Ctrl-C comes to both processes: not in between, and not while it loads
            self.pipe, theirs = context.Pipe()
            self.process = context.Process(target=serve, args=(theirs, options, tuple(units)))
            self.process.start()
            theirs.close()
        self.task: tuple[Submission, int] | None = None

    def take(self, task: tuple[Submission, int]) -> None:
        """Give it a hand-in; if it has died meanwhile, `answer` says so."""
        self.task = task
        with contextlib.suppress(OSError):
            self.pipe.send(task[0])

    def answer(self) -> tuple[str, Any]:
        """Wait for what became of it: its kind, `result`, `failure`, `isolation` or `died`."""
        try:
            return self.pipe.recv()
        except (EOFError, OSError):
            return "died", None

    def end(self) -> None:
        """Tell it to leave what it is at; `stop` waits until it has."""
        self.process.terminate()

    def stop(self) -> None:
        """Wait for its end."""
        self.pipe.close()
        self.process.join(10)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class Batch:
    """A batch under way: what waits, and what became of the rest.

    Args:
        submissions: what to grade; with `options.resume` those with a result don't wait.
        options: how.
        on_result: called with each result.

    Attributes:
        options: how.
        waiting: the hand-ins to grade, each with the number of its try.
        summary: what became of the others.
    """

    def __init__(
        self,
        submissions: Sequence[Submission],
        options: Options,
        on_result: Callable[[Result], None],
    ):
        self.options, self._on_result = options, on_result
        self.waiting: deque[tuple[Submission, int]] = deque()
        self._results = CompressedResults()
        self.summary = Summary(self._results)
        for submission in submissions:
            kept = _kept(submission, options)
            if kept is None:
                self.waiting.append((submission, 1))
            else:
                self.summary.kept += 1
                self._add(kept)

    def units(self) -> list[str]:
        """Return the units of what waits."""
        return sorted({submission.unit for submission, _ in self.waiting})

    def settle(self, task: tuple[Submission, int], kind: str, answer: Any) -> None:
        """Take what became of a hand-in: write its result, note its failure, or let it wait again.

        Args:
            task: the hand-in, and the number of its try.
            kind: `result`, `failure`, `isolation`, or `died` where the grading process or its fork
                server did.
            answer: the result, or the reason where one is known.

        Raises:
            IsolationError: a worker can't give the isolation that is asked for.
            OSError: the result can't be written.
        """
        submission, tries = task
        if kind == "result":
            write_result(self.options.out, answer)
            self._add(answer)
        elif kind == "isolation":
            raise IsolationError(answer)
        elif kind == "failure":
            self.summary.failures.append((submission, answer))
        elif tries < TRIES:
            self.waiting.appendleft((submission, tries + 1))
        else:
            said = say("Its grading process died twice.", "评分进程两次中止。")
            self.summary.failures.append((submission, answer or said))

    def finish(self) -> Summary:
        """Return what became of all, by name and unit."""
        self._results.sort()
        return self.summary

    def _add(self, result: Result) -> None:
        self._results.add(result)
        self._on_result(result)


def grade_all(
    submissions: Sequence[Submission],
    options: Options,
    on_result: Callable[[Result], None] = lambda result: None,
) -> Summary:
    """Grade hand-ins and write each result as soon as it is known.

    Args:
        submissions: what to grade.
        options: how.
        on_result: called with each result.

    Raises:
        IsolationError: this host can't give the isolation that is asked for.
        OSError: a result can't be written.
    """
    batch = Batch(submissions, options, on_result)
    if batch.waiting:
        _grade_waiting(batch)
    return batch.finish()


def read_job(submission: Submission) -> Job | str:
    """Read a hand-in; return it, or the reason why it can't be read."""
    try:
        return Job(submission.name, submission.unit, submission.suffix, submission.read())
    except UnreadableMember as broken:
        return Job(submission.name, submission.unit, submission.suffix, b"", broken.text)
    except UNREADABLE as error:
        return _named(error)


def _kept(submission: Submission, options: Options) -> Result | None:
    if not options.resume:
        return None
    try:
        result = read_result(result_path(options.out, submission.name, submission.unit))
    except ValueError:
        return None
    fits = (result.seed, result.backend) == (options.seed, options.backend)
    named = (result.submission, result.unit) == (submission.name, submission.unit)
    if not (fits and named and result.suite == suite_version(submission.unit)):
        return None
    try:
        same = result.hand_in == content_version(submission.read())
    except UNREADABLE:
        return None  # what is wrong with it is found out, and said, when it is graded
    return result if same else None


def _grade_waiting(batch: Batch) -> None:
    context = multiprocessing.get_context("spawn")
    options, waiting, units = batch.options, batch.waiting, batch.units()
    workers: list[Worker] = []
    try:
        for _ in range(max(1, min(options.jobs, len(waiting)))):
            workers.append(Worker(context, options, units))
        while workers:
            for worker in list(workers):
                if worker.task is None and waiting:
                    worker.take(waiting.popleft())
                elif worker.task is None:
                    worker.stop()
                    workers.remove(worker)
            busy = {worker.pipe: worker for worker in workers}
            if not busy:
                break
            for pipe in multiprocessing.connection.wait(list(busy)):
                worker = busy[pipe]
                assert worker.task is not None
                task, worker.task = worker.task, None
                kind, answer = worker.answer()
                batch.settle(task, kind, answer)
                if kind == "died":
                    worker.stop()
                    workers.remove(worker)
                    if waiting:
                        workers.append(Worker(context, options, units))
    finally:
        for worker in workers:
            worker.end()
        for worker in workers:
            worker.stop()


def serve(
    pipe: Any, options: Options, units: tuple[str, ...], patience: float | None = None
) -> None:
    """A grading process's life: start a fork server, import the suites, grade what comes.

    Args:
        pipe: where hand-ins come from, as a `Submission` or a `Job`, and answers go to.
        options: how to grade.
        units: whose suites are imported before the first hand-in comes.
        patience: seconds without a hand-in after which it ends; None: it waits for ever.
    """
    server: ForkServer | None = None

    def leave(*_: object) -> None:
        if server is not None:
            server.stop()
        os._exit(143)

    signal.signal(signal.SIGTERM, leave)
    for name in ("SIGINT", "SIGHUP"):  # the parent decides
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    no_longer_postponed()
    busy = threading.Event()
    threading.Thread(target=_end_with, args=(pipe, busy), daemon=True).start()
    try:
        server = ForkServer(options.backend, options.device, options.isolation)
        with server:  # it is known by its name while it starts, which takes long
            for unit in units:
                suite_of(unit)
            with Grader(server, options.seed, options.diagnose) as grader:
                _grade_from(pipe, grader, patience, busy)
    except IsolationError as error:
        _send(pipe, ("isolation", str(error)))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass


def _end_with(pipe: Any, busy: threading.Event) -> None:
    """Wait until nobody is there who could take an answer; end what is being graded then."""
    if not hasattr(select, "poll"):
        return
    poller = select.poll()
    poller.register(pipe.fileno(), 0)  # of the hang-up alone
    poller.poll()
    if busy.is_set():
        os.kill(os.getpid(), signal.SIGTERM)


def _grade_from(pipe: Any, grader: Grader, patience: float | None, busy: threading.Event) -> None:
    while pipe.poll(patience):
        try:
            task: Submission | Job = pipe.recv()
        except EOFError:
            return
        busy.set()
        job = task if isinstance(task, Job) else read_job(task)
        pipe.send(("failure", job) if isinstance(job, str) else _answer(grader, job))
        busy.clear()


def _answer(grader: Grader, job: Job) -> tuple[str, Any]:
    try:
        return "result", grader.grade(job)
    except ServerError as error:
        return "died", str(error)  # the machine's moment, not the batch's end: a new one may start
    except IsolationError:
        raise
    except UNREADABLE as error:
        return "failure", _named(error)
    except Exception:
        return "failure", traceback.format_exc()


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _send(pipe: Any, message: tuple[str, Any]) -> None:
    with contextlib.suppress(OSError):
        pipe.send(message)
