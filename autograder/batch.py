"""Grade many hand-ins: workers side by side, results written one by one, nothing lost.

Each worker is a process with a fork server of its own. It takes one hand-in at a time; if it dies,
a new one takes its place and the hand-in is tried once more.
"""

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import traceback
import zipfile
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.isolation.client import ForkServer, IsolationError
from autograder.results import Result, read_result, result_path, write_result
from autograder.submissions import Submission
from autograder.suite import Grader, Job
from autograder.versions import content_version, suite_version

_TRIES = 2


@dataclass(frozen=True)
class Options:
    """How a batch is graded.

    Attributes:
        out: the directory for results.
        seed: the seed of the run.
        backend: Keras's backend.
        device: `cpu` or `gpu`.
        isolation: `require` or `best-effort`.
        jobs: hand-ins at a time.
        resume: leave out hand-ins that already have a whole result of this file, suite, seed and
            backend.
        diagnose: whether mistakes are named.
    """

    out: Path
    seed: int = 0
    backend: str = "tensorflow"
    device: str = "cpu"
    isolation: str = "require"
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

    results: list[Result] = field(default_factory=list)
    failures: list[tuple[Submission, str]] = field(default_factory=list)
    kept: int = 0


class Worker:
    """A grading process, and the hand-in it is busy with."""

    def __init__(self, context: Any, options: Options, units: Sequence[str]):
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, options, tuple(units)))
        self.process.start()
        theirs.close()
        self.task: tuple[Submission, int] | None = None

    def take(self, task: tuple[Submission, int]) -> None:
        self.task = task
        self.pipe.send(task[0])

    def answer(self) -> tuple[str, Any]:
        """Wait for what became of it: its kind, `result`, `failure`, `isolation` or `died`."""
        try:
            return self.pipe.recv()
        except (EOFError, OSError):
            return "died", None

    def stop(self) -> None:
        self.pipe.close()
        self.process.join(10)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


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
    summary = Summary()
    waiting: deque[tuple[Submission, int]] = deque()
    for submission in submissions:
        kept = _kept(submission, options)
        if kept is None:
            waiting.append((submission, 1))
        else:
            summary.results.append(kept)
            summary.kept += 1
            on_result(kept)
    if waiting:
        _grade_waiting(waiting, options, summary, on_result)
    summary.results.sort(key=lambda result: (result.submission, result.unit))
    return summary


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
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return None  # what is wrong with it is found out, and said, when it is graded
    return result if same else None


def _grade_waiting(
    waiting: deque[tuple[Submission, int]],
    options: Options,
    summary: Summary,
    on_result: Callable[[Result], None],
) -> None:
    context = multiprocessing.get_context("spawn")
    units = sorted({submission.unit for submission, _ in waiting})
    count = max(1, min(options.jobs, len(waiting)))
    workers = [Worker(context, options, units) for _ in range(count)]
    try:
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
                submission, tries = worker.task
                kind, answer = worker.answer()
                if kind == "result":
                    write_result(options.out, answer)
                    summary.results.append(answer)
                    on_result(answer)
                    worker.task = None
                elif kind == "isolation":
                    raise IsolationError(answer)
                elif kind == "failure":
                    summary.failures.append((submission, answer))
                    worker.task = None
                else:  # the worker died
                    worker.stop()
                    workers.remove(worker)
                    if tries < _TRIES:
                        waiting.appendleft((submission, tries + 1))
                    else:
                        summary.failures.append((submission, "Its grading process died twice."))
                    if waiting:
                        workers.append(Worker(context, options, units))
    finally:
        for worker in workers:
            worker.process.terminate()
            worker.stop()


def _work(pipe: Any, options: Options, units: tuple[str, ...]) -> None:
    """A worker's life: start a fork server, collect the suites, grade what comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))  # the student's leash ends with us
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        with ForkServer(options.backend, options.device, options.isolation) as server:
            grader = Grader(server, options.seed, options.diagnose)
            try:
                grader.run(units, lambda grader: _grade_from(pipe, grader))
            finally:
                grader.close()
    except IsolationError as error:
        _send(pipe, ("isolation", str(error)))
    except (EOFError, BrokenPipeError):
        pass


def _grade_from(pipe: Any, grader: Grader) -> None:
    while True:
        try:
            submission: Submission = pipe.recv()
        except EOFError:
            return
        try:
            data = submission.read()
            job = Job(submission.name, submission.unit, submission.suffix, data)
            answer: tuple[str, Any] = ("result", grader.grade(job))
        except IsolationError:
            raise
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            answer = ("failure", f"{type(error).__name__}: {error}")
        except Exception:
            answer = ("failure", traceback.format_exc())
        pipe.send(answer)


def _send(pipe: Any, message: tuple[str, Any]) -> None:
    with contextlib.suppress(OSError):
        pipe.send(message)
