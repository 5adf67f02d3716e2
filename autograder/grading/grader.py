"""Run hidden suites over many hand-ins in one pytest session.

pytest collects once; then every hand-in runs through the same test items, each with fixtures of
its own. What pytest would print is left out; what a check raised becomes its result.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from autograder.base.paths import HIDDEN_DIR, SOLUTIONS_DIR
from autograder.base.text import Text, text
from autograder.grading.check import CheckFailed, check_of
from autograder.grading.diagnosis import Diagnostician
from autograder.grading.examination import Harness, Skipped
from autograder.grading.session import NotDefined, Rejected, Session
from autograder.grading.versions import content_version, suite_version
from autograder.isolation.attempts import told
from autograder.isolation.client import ForkServer, IsolationError, StudentError, StudentGone
from autograder.results.result import Result

_EXPECTED = (CheckFailed, StudentError, StudentGone, NotDefined, Rejected, Skipped)


class GraderError(RuntimeError):
    """A hidden check itself went wrong; no student is to pay for it."""


@dataclass(frozen=True)
class Job:
    """One hand-in to grade.

    Attributes:
        name: the student's.
        unit: the unit's.
        suffix: the file's.
        data: its content.
        unreadable: why there is none, where the student has to hand it in again.
    """

    name: str
    unit: str
    suffix: str
    data: bytes
    unreadable: Text | None = None


class Grader:
    """Grades hand-ins with the suites of some units.

    Args:
        server: where students' processes come from.
        seed: the seed of the run.
        diagnose: whether mistakes are named.
    """

    def __init__(self, server: ForkServer, seed: int = 0, diagnose: bool = True):
        self._server, self._seed = server, seed
        self._diagnostician = Diagnostician(server) if diagnose else None
        self._items: dict[str, list[pytest.Item]] = {}
        self._config: pytest.Config | None = None
        self._stash_key: Any = None
        self._raised: BaseException | None = None
        self._sound: set[str] = set()  # checks that hold for the reference

    def run(self, units: Iterable[str], work: Callable[["Grader"], None]) -> None:
        """Collect the suites of the units, then call `work`, which may grade as much as it likes.

        Raises:
            GraderError: the suites can't be collected.
        """
        paths = [str(HIDDEN_DIR / unit / f"test_{unit}.py") for unit in units]
        plugin = _Loop(self, work)
        quiet = ["-p", "no:terminal", "-p", "no:cacheprovider", "--capture=no"]
        slim = ["-p", "no:hypothesispytest", "-c", str(HIDDEN_DIR / "pytest.ini"), "-o", "addopts="]
        arguments = [*quiet, *slim, "--rootdir", str(HIDDEN_DIR.parent.parent), *paths]
        status = pytest.main(arguments, plugins=[plugin])
        if plugin.failure is not None:
            raise plugin.failure
        if not plugin.ran:
            raise GraderError(f"The hidden suites can't be collected (pytest status {status}).")

    def grade(self, job: Job) -> Result:
        """Grade one hand-in.

        Raises:
            GraderError: a check went wrong that goes right on no answer at all.
        """
        started = time.monotonic()
        session = Session(self._server, job.data, job.suffix, job.unit)
        harness = Harness(session, self._seed, self._server.device)
        result = Result(
            submission=job.name,
            unit=job.unit,
            status="graded",
            score=0.0,
            max_score=0.0,
            seed=self._seed,
            backend=self._server.backend,
            duration_s=0.0,
            isolation=list(self._server.layers),
            suite=suite_version(job.unit),
            hand_in=content_version(job.data),
        )
        try:
            if job.unreadable is None:
                self._examine(session, harness, result)
            else:
                self._reject(result, job.unreadable)
        finally:
            result.tell(_notes(session))
            session.close()
        result.isolation = list(session.layers)
        result.duration_s = round(time.monotonic() - started, 3)
        return result

    def _reject(self, result: Result, reason: Text) -> None:
        result.status = "rejected"
        result.max_score = float(sum(_check(item).points for item in self._items[result.unit]))
        result.tell([reason])

    def _examine(self, session: Session, harness: Harness, result: Result) -> None:
        try:
            session.open()
        except Rejected as reason:
            self._reject(result, reason.text)
            return
        except StudentGone:
            pass  # every check says so; another process may yet survive the loading
        if not session.defined and session._process is not None and session._process.alive:
            nothing = text(
                f"Nothing of the unit {result.unit} is in the hand-in.",
                f"这份作业中没有 {result.unit} 单元的任何内容。",
            )
            self._reject(result, nothing)
            return
        for item in self._items[result.unit]:
            began = time.monotonic()
            raised = self._run(item, harness)
            harness.record(_check(item), raised, time.monotonic() - began)
        if self._diagnostician is not None:
            harness.diagnose(self._diagnostician)
        result.checks = list(harness.results.values())
        result.score = round(sum(check.points for check in result.checks), 6)
        result.max_score = round(sum(check.max_points for check in result.checks), 6)

    def _run(self, item: pytest.Item, harness: Harness) -> BaseException | None:
        """Run one check; return what it raised, None where it passed.

        Raises:
            IsolationError: no process can be had for it.
            GraderError: it broke, and no answer is to blame.
        """
        raised = self._attempt(item, harness)
        wanted_memory = isinstance(raised, MemoryError)
        forgiven = isinstance(raised, StudentGone) and harness.session.forgives(raised)
        if forgiven or wanted_memory:  # the machine's, most likely, and soon over
            raised = self._attempt(item, harness)
        if raised is None or isinstance(raised, _EXPECTED):
            return raised
        if isinstance(raised, IsolationError):
            raise raised
        if isinstance(raised, OSError):  # a full disk, no descriptors: no answer does that in here
            raise GraderError(f"{_check(item).id} broke: {raised!r}") from raised
        # Something in the check broke. If it holds for the reference, the answer was too strange
        # to be judged, and that is the answer's fault; if not, it is the suite's.
        if _check(item).id in self._sound and not isinstance(raised, MemoryError):
            return raised
        source = (SOLUTIONS_DIR / f"{harness.session.unit}.py").read_bytes()
        reference = Session(self._server, source, ".py", harness.session.unit)
        try:
            again = self._attempt(item, Harness(reference, self._seed, self._server.device))
        finally:
            reference.close()
        if again is not None:
            raise GraderError(f"{_check(item).id} broke: {raised!r}") from raised
        self._sound.add(_check(item).id)
        return raised

    def _attempt(self, item: pytest.Item, harness: Harness) -> BaseException | None:
        assert self._config is not None
        self._config.stash[self._stash_key] = harness
        self._raised = None
        runtestprotocol(item, log=False, nextitem=None)
        return self._raised

    def close(self) -> None:
        """End what the diagnosis keeps."""
        if self._diagnostician is not None:
            self._diagnostician.close()


class _Loop:
    """The pytest plugin that gives the session's loop to `work`."""

    def __init__(self, grader: Grader, work: Callable[[Grader], None]):
        self._grader, self._work = grader, work
        self.ran = False
        self.failure: BaseException | None = None

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            return True
        grader = self._grader
        grader._config = session.config
        grader._stash_key = _stash_key(session.config)
        for item in session.items:
            grader._items.setdefault(_check(item).unit, []).append(item)
        self.ran = True
        try:
            self._work(grader)
        except BaseException as failure:
            self.failure = failure
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo
    ) -> pytest.TestReport:
        """Keep what was raised; leave out the rendering of tracebacks that nobody will see."""
        raised: BaseException | None = call.excinfo.value if call.excinfo is not None else None
        if raised is not None and call.when != "teardown" and self._grader._raised is None:
            # A fixture says pytest's word for it, and in what it handles there is the reason.
            reason = raised.__context__
            skipped = isinstance(raised, pytest.skip.Exception) and isinstance(reason, Skipped)
            self._grader._raised = reason if skipped else raised
        return pytest.TestReport(
            nodeid=item.nodeid,
            location=item.location,
            keywords={},
            outcome="passed" if raised is None else "failed",
            longrepr=None,
            when=call.when,  # type: ignore[arg-type]  # collecting is long over
        )


def _stash_key(config: pytest.Config) -> Any:
    for plugin in config.pluginmanager.get_plugins():
        key = getattr(plugin, "HARNESS", None)
        if isinstance(key, pytest.StashKey):
            return key
    raise GraderError("The hidden suites have no conftest.")


def _check(item: pytest.Item) -> Any:
    return check_of(item.function)  # type: ignore[attr-defined]


def _notes(session: Session) -> list[Text]:
    notes = list(session.problems)
    printed = session.printed()
    if printed > 1_000_000:
        notes.append(
            text(
                f"The code printed {printed:,} characters; they were dropped.",
                f"代码打印了 {printed:,} 个字符，已全部丢弃。",
            )
        )
    attempts = told(session.tried)
    if attempts is not None:
        notes.append(text(*attempts))
    return notes
