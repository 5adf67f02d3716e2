"""Run a student's work in a process of its own, which is ended where a check goes on and on.

The process loads Keras once and then takes one file after the other. A clock inside it ends it
when a check takes too long, wherever the work hangs; its last act is to write where. A new process
goes on with the checks that are left, and the exercise that hung isn't called again.
"""

import contextlib
import faulthandler
import io
import multiprocessing
import re
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self, TextIO

from course.kit.backend import unloadable
from course.kit.errors import UserError
from course.kit.handin import HandIn, read_handin
from course.kit.language import language, say, use_language
from course.kit.problems import Absence, Problem, line_of
from course.kit.public_checks import declared_checks
from course.kit.statements import bound_names
from course.kit.units import exercises_of
from course.outcomes import Outcome, Report, known_outcomes

SECONDS = 10.0  # that one check may take
_MORE_SECONDS = 5.0  # after which the process is ended from outside
_FRAME = re.compile(r'File "((?:code cell \d+)|your module)", line (\d+)')


class CheckProcess:
    """A process that runs public checks; it starts when it is first needed, or by `start`.

    with CheckProcess() as process:
        for outcome in process.run(report): ...

    Args:
        seconds: the time that one check may take.
    """

    def __init__(self, seconds: float = SECONDS):
        self._seconds = seconds
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._process: Any = None
        self._connection: Connection | None = None
        self.is_loaded = False
        self._file_is_run = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()
        self._folder.cleanup()

    @property
    def _dump(self) -> Path:
        return Path(self._folder.name) / "where"

    def start(self) -> None:
        """Start the process where there is none, so that Keras is loaded when it is needed."""
        if self._process is not None:
            return
        self._dump.write_bytes(b"")
        context = multiprocessing.get_context("spawn")
        self._connection, inner = context.Pipe()
        arguments = (inner, str(self._dump), self._seconds)
        self._process = context.Process(target=_serve, args=arguments, daemon=True)
        self._process.start()
        inner.close()

    def run(self, report: Report) -> Iterator[Outcome]:
        """Run the checks of a report's file; yield the outcome of each, in order.

        What the source tells is yielded without being run. What fails as the file is run is noted
        in the report, before the first outcome that was run. A file that doesn't get to its end is
        the report's `refused`, and nothing more is yielded.

        Raises:
            UserError: Keras can't be loaded.
        """
        known = known_outcomes(report)
        ran = self._run(report, [number for number, known in enumerate(known) if known is None])
        for outcome in known:
            outcome = outcome or next(ran, None)
            if outcome is None:
                return
            report.outcomes.append(outcome)
            yield outcome
        for _ in ran:  # to the end, where the weights come
            pass

    def _run(self, report: Report, numbers: list[int]) -> Iterator[Outcome]:
        """Yield the outcomes of checks that have to run, with a new process after each that hung.

        Args:
            report: the file's.
            numbers: the checks' numbers; each is taken off as its outcome comes.
        """
        checks = declared_checks(report.unit)
        endless: dict[str, str] = {}  # the exercises that hung, and what is said of them
        while numbers:
            check = checks[numbers[0]]
            if check.exercise in endless:
                numbers.pop(0)
                yield Outcome(check, "error", got=endless[check.exercise])
                continue
            try:
                for outcome in self._answers(report, numbers, endless):
                    numbers.pop(0)
                    yield outcome
                return
            except EOFError:
                end = self._end()
            if not numbers:  # the weights to draw hung
                return
            text = _text(end, report.hand_in, self._seconds)
            if not self._file_is_run:
                report.refused = text
                return
            check = checks[numbers[0]]
            culprit = _culprit(end, report) or check.exercise
            endless[culprit] = text
            if culprit != check.exercise:
                numbers.pop(0)
                yield Outcome(check, "blocked", got=_uses(culprit))

    def _answers(
        self, report: Report, numbers: Sequence[int], endless: Iterable[str]
    ) -> Iterator[Outcome]:
        """Yield outcomes as they come.

        Raises:
            EOFError: the process has ended before it was done.
            UserError: Keras can't be loaded.
        """
        self.start()
        assert report.hand_in is not None
        assert report.path is not None
        self._file_is_run = False
        job = _Job(
            report.unit,
            report.hand_in.data,
            report.path.suffix,
            language(),
            tuple(numbers),
            tuple(endless),
        )
        self._send(job)
        while True:
            match self._receive():
                case Outcome() as outcome:
                    yield outcome
                case _FileRun(problems, absences):
                    self._file_is_run = True
                    report.hand_in.problems[:] = problems
                    report.hand_in.absences[:] = absences
                case _Done(weights):
                    report.weights = weights
                    return

    def _send(self, job: "_Job") -> None:
        assert self._connection is not None
        try:
            self._connection.send(job)
        except OSError:
            raise EOFError from None

    def _receive(self) -> Any:
        """Return the process's next message; end a process that its own clock couldn't end."""
        assert self._connection is not None
        waited = time.monotonic()
        # Short waits, so that Ctrl-C is heard on Windows, too.
        while not self._connection.poll(0.2):
            if self.is_loaded and time.monotonic() - waited > self._seconds + _MORE_SECONDS:
                self._process.kill()
        try:
            message = self._connection.recv()
        except OSError:
            raise EOFError from None
        match message:
            case _Loaded():
                self.is_loaded = True
                return self._receive()
            case _Unloadable(text):
                raise UserError(text)
        return message

    def _end(self) -> list[str]:
        """End the process; return the lines that its clock wrote, none where it ended otherwise."""
        if self._process is None:
            return []
        self._process.kill()
        self._process.join()
        if self._connection is not None:
            self._connection.close()
        self._process, self._connection, self.is_loaded = None, None, False
        return self._dump.read_text(encoding="utf-8", errors="replace").splitlines()


def _text(dump: Sequence[str], hand_in: HandIn | None, seconds: float) -> str:
    """Return what is said of a check whose process was ended: how long it ran, and where it was."""
    text = say("Python itself ended here", "Python 进程在这里意外退出")
    if dump and dump[0].startswith("Timeout"):
        text = say(f"still running after {seconds:g} s", f"{seconds:g} 秒后仍在运行")
    for place, line in _frames(dump):
        source = (hand_in.sources.get(place, "") if hand_in is not None else "").splitlines()
        quoted = source[line - 1].strip() if line <= len(source) else ""
        return f"{text}\n{say(*line_of(place, line))}{say(': ', '：')}{quoted}"
    return text


def _uses(exercise: str) -> str:
    return say(f"it uses {exercise}, which doesn't end", f"它用到的 {exercise} 一直不结束")


def _frames(dump: Sequence[str]) -> list[tuple[str, int]]:
    """Return the places and lines of the student's own that a process was in, innermost first."""
    found = (_FRAME.search(line) for line in dump)
    return [(match[1], int(match[2])) for match in found if match]


def _culprit(dump: Sequence[str], report: Report) -> str | None:
    """Return the exercise that a process was in, None where it was in none."""
    assert report.hand_in is not None
    exercises = set(exercises_of(report.unit))
    for place, line in _frames(dump):
        for statement in report.hand_in.statements:
            node = statement.node
            inside = node.lineno <= line <= (node.end_lineno or node.lineno)
            if statement.place == place and inside and (names := bound_names(node) & exercises):
                return min(names)
    return None


# What runs in the process.


@dataclass(frozen=True)
class _Job:
    """What to run: a file's content, and the numbers of the checks.

    `endless` are the exercises that hung before, in other processes.
    """

    unit: str
    data: bytes
    suffix: str
    language: str
    numbers: tuple[int, ...]
    endless: tuple[str, ...]


@dataclass(frozen=True)
class _Loaded:
    """Keras is loaded."""


@dataclass(frozen=True)
class _Unloadable:
    """Keras can't be loaded, for this reason."""

    reason: str


@dataclass(frozen=True)
class _FileRun:
    """The file was run; what of it could not be used."""

    problems: list[Problem]
    absences: list[Absence]


@dataclass(frozen=True)
class _Done:
    """All checks have run; the weights to draw, where there are any."""

    weights: list[list[float]] | None


def _serve(connection: Connection, dump: str, seconds: float) -> None:
    """Take jobs until nobody gives any; the process's main function."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # what the student prints is no reason to fail
        sys.stdout.reconfigure(errors="replace")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this one
    try:
        import keras

        from course.check import checks_of

        keras.ops.zeros(1)  # the backend's own beginnings are no part of a check's time
    except (ImportError, ValueError) as error:
        connection.send(_Unloadable(unloadable(error)))
        return
    connection.send(_Loaded())
    with Path(dump).open("w", encoding="utf-8") as file, contextlib.suppress(EOFError, OSError):
        faulthandler.enable(file)
        while True:
            job = connection.recv()
            use_language(job.language)
            for message in _messages(job, file, seconds, checks_of):
                sys.stdout.flush()
                connection.send(message)


def _messages(job: _Job, file: TextIO, seconds: float, checks_of: Any) -> Iterator[Any]:
    """Yield what is sent for a job: the file was run, each check's outcome, the end."""
    from course.check import Endless, run_check
    from course.work import run_work

    @contextlib.contextmanager
    def clock() -> Iterator[None]:
        faulthandler.dump_traceback_later(seconds, exit=True, file=file)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()

    def refusing(name: str) -> Any:
        def refuse(*args: Any, **keywords: Any) -> NoReturn:
            raise Endless(name)

        return refuse

    hand_in = read_handin(job.data, job.suffix, exercises_of(job.unit))
    with clock():
        work = run_work(hand_in, {name: refusing(name) for name in job.endless})
    yield _FileRun(hand_in.problems, hand_in.absences)
    checks = list(checks_of(job.unit))
    for number in job.numbers:
        check, function = checks[number]
        with clock():
            outcome = run_check(check, function, work, hand_in)
        yield outcome
    with clock():
        weights = _weights(work)
    yield _Done(weights)


def _weights(work: Any) -> list[list[float]] | None:
    """Return the student's attention weights for three words; None where there are none."""
    import keras

    x = keras.ops.convert_to_tensor([[1.5, 1.0, 0.0], [1.2, 1.2, 0.2], [0.2, 0.3, 1.6]])
    try:
        _, answer = work.scaled_dot_product_attention(x, x, x)
        weights = keras.ops.convert_to_numpy(answer)
        return [[float(weight) for weight in row] for row in weights]
    except Exception:  # the student's code: the checks say it better
        return None
