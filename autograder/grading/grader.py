"""Grade hand-ins: run a unit's checks on each, and turn what they raise into a result."""

import time

from autograder.base.paths import SOLUTIONS_DIR
from autograder.base.text import Text, text
from autograder.grading.check import CheckFailed, Skipped
from autograder.grading.diagnosis import Diagnostician, Evidence
from autograder.grading.examination import Examination, NotDefined
from autograder.grading.hand_in_process import HandInProcess, Rejected
from autograder.grading.limits import ALL_SECONDS
from autograder.grading.place import PlaceFinder
from autograder.grading.replacement import (
    Replacement,
    Standing,
    exercises_used,
    passed_with,
    replacement,
)
from autograder.grading.submitted_file import SubmittedFile
from autograder.grading.suite import SuiteCheck, suite_of
from autograder.grading.verdict import defer_claims, name_mistakes, verdict
from autograder.grading.versions import content_version, suite_version
from autograder.isolation.attempts import attempts_text
from autograder.isolation.fork_server import ForkServer, IsolationError
from autograder.isolation.student_process import StudentError, StudentGone
from autograder.results.result import Result
from autograder.results.statuses import HintLevel
from course.kit.units import exercises_of

_USED_UP = text(
    f"The hand-in used up the {ALL_SECONDS:g} seconds that it has in all; nothing more was waited "
    "for.",
    f"这份作业已用完总共 {ALL_SECONDS:g} 秒的时间，之后不再等待。",
)
_EXPECTED = (CheckFailed, StudentError, StudentGone, NotDefined, Rejected, Skipped)


class GraderError(RuntimeError):
    """A hidden check broke for a reason that no answer causes; no student is to pay for it."""


class Grader:
    """Grades hand-ins with the hidden suites.

    Args:
        server: where students' processes come from.
        seed: the seed of the run.
        diagnose: whether known mistakes are looked for, and the places of others.
        hints: what students are told of a place.
    """

    def __init__(
        self,
        server: ForkServer,
        seed: int = 0,
        diagnose: bool = True,
        hints: HintLevel = "kind",
    ):
        self._server, self._seed = server, seed
        self._diagnostician = Diagnostician(server) if diagnose else None
        self._places = PlaceFinder(server, seed, hints) if diagnose else None
        self._sound: set[str] = set()  # ids of checks that the reference has passed in this run

    def grade(self, file: SubmittedFile, exercise: str | None = None) -> Result:
        """Grade one hand-in.

        Args:
            file: the hand-in.
            exercise: only the checks of this exercise.

        Raises:
            GraderError: a check broke, and breaks for the reference too.
            IsolationError: no student's process can be had.
        """
        started = time.monotonic()
        examination = Examination(self._server, file.data, file.suffix, file.unit)
        result = Result(
            submission=file.name,
            unit=file.unit,
            status="graded",
            score=0.0,
            max_score=0.0,
            seed=self._seed,
            backend=self._server.backend,
            duration_s=0.0,
            isolation=list(self._server.layers),
            suite=suite_version(file.unit),
            hand_in=content_version(file.data),
        )
        try:
            if file.unreadable is None:
                self._examine(examination, file, result, exercise)
            else:
                self._reject(result, file.unreadable)
        finally:
            result.problems += _notes(examination.process)
            if examination.budget.is_used_up:
                result.problems.append(_USED_UP)
            examination.close()
        result.isolation = list(examination.process.layers)
        result.duration_s = round(time.monotonic() - started, 3)
        return result

    def _reject(self, result: Result, reason: Text) -> None:
        result.status = "rejected"
        result.max_score = float(
            sum(suite_check.check.points for suite_check in suite_of(result.unit))
        )
        result.problems.append(reason)

    def _examine(
        self,
        examination: Examination,
        file: SubmittedFile,
        result: Result,
        exercise: str | None,
    ) -> None:
        process = examination.process
        try:
            process.open()
        except Rejected as reason:
            self._reject(result, reason.text)
            return
        except StudentGone:
            pass  # every check says so; another process may yet survive the loading
        if not process.defined and process.alive:
            nothing = text(
                f"Nothing of the unit {result.unit} is in the hand-in.",
                f"这份作业中没有 {result.unit} 单元的任何内容。",
            )
            self._reject(result, nothing)
            return
        evidence, presuming = Evidence(), set()
        lines: dict[str, list[str]] = {}  # where an exercise's exceptions were raised
        for suite_check in suite_of(result.unit):
            if exercise not in (None, suite_check.check.exercise):
                continue
            check, began = suite_check.check, time.monotonic()
            raised = self._run(suite_check, examination)
            seconds = time.monotonic() - began
            result.checks.append(verdict(check, raised, examination.example, seconds))
            evidence.add(check, examination.transcript, result.checks[-1].status)
            if getattr(raised, "presumes_values", False):
                presuming.add(check.id)
            if isinstance(raised, StudentError):
                lines.setdefault(check.exercise, []).append(raised.where)
        replaced = self._examine_again(examination, file, result)
        defer_claims(result.checks, presuming)
        for check_result in result.checks:
            if check_result.comes_from is not None:
                evidence.drop(check_result.id)
        if self._diagnostician is not None:
            mistakes = self._diagnostician.diagnose(result.unit, evidence)
            for check_result in result.checks:
                if check_result.id in mistakes:
                    name_mistakes(check_result, mistakes[check_result.id])
        if self._places is not None and exercise is None:
            self._find_places(self._places, examination, file, result, lines, replaced)
        result.score = round(sum(check.points for check in result.checks), 6)
        result.max_score = round(sum(check.max_points for check in result.checks), 6)

    def _find_places(
        self,
        places: PlaceFinder,
        examination: Examination,
        file: SubmittedFile,
        result: Result,
        lines: dict[str, list[str]],
        replaced: dict[str, Replacement],
    ) -> None:
        """Say of exercises that no known mistake explains where their code goes wrong."""
        for name in exercises_of(file.unit):
            failed = [c for c in result.checks if c.exercise == name and c.status != "passed"]
            wrong = [check for check in failed if check.status in ("failed", "error")]
            others = {check.status for check in failed} - {"failed", "error", "skipped"}
            if not wrong or others or any(check.hint for check in wrong):
                continue
            place, attempts = places.find(
                *(file, name, result.checks, lines.get(name, ()), replaced.get(name))
            )
            examination.process.attempts |= attempts
            for check in wrong:
                check.place = place

    def _examine_again(
        self, first: Examination, file: SubmittedFile, result: Result
    ) -> dict[str, Replacement]:
        """Run failed checks once more where right exercises stand in the place of wrong ones.

        What comes of it is whether a check passes then, and what the code tried to do to others.

        Returns:
            What stood in the place of others, for each exercise that was examined so.
        """
        standing = Standing(result.checks)
        wrong = standing.wrong(file.unit)
        used = exercises_used(self._server, file) if len(wrong) > 1 else {}
        again: Examination | None = None
        replaced: dict[str, Replacement] = {}
        try:
            for exercise in wrong:
                given = replacement(file.unit, exercise, used, standing)
                if given is None:
                    continue
                replaced[exercise] = given
                if again is None or again.replacement != given:
                    if again is not None:
                        again.close()
                    again = Examination(
                        *(self._server, file.data, file.suffix, file.unit),
                        replacement=given,
                        budget=first.budget,
                    )
                failures = {check.id: check for check in standing.failures(exercise)}
                for suite_check in suite_of(file.unit):
                    failure = failures.get(suite_check.check.id)
                    if failure is not None and self._run(suite_check, again) is None:
                        passed_with(failure, given.names)
                first.process.attempts |= again.process.attempts
        finally:
            if again is not None:
                again.close()
        return replaced

    def _run(self, suite_check: SuiteCheck, examination: Examination) -> BaseException | None:
        """Run one check; return what it raised, None where it passed.

        Raises:
            IsolationError: no process can be had for it.
            GraderError: it broke, and no answer is to blame.
        """
        raised = self._attempt(suite_check, examination)
        wanted_memory = isinstance(raised, MemoryError)
        undone = isinstance(raised, StudentGone) and examination.undo_unexplained(raised)
        if undone or wanted_memory:  # most likely the machine's fault, and soon over
            raised = self._attempt(suite_check, examination)
        if raised is None or isinstance(raised, _EXPECTED):
            return raised
        if isinstance(raised, IsolationError):
            raise raised
        if isinstance(raised, OSError):  # a full disk, no descriptors: no answer does that in here
            raise GraderError(f"{suite_check.check.id} broke: {raised!r}") from raised
        # Something in the check broke. If it holds for the reference, the answer was too strange
        # to be judged, and that is the answer's fault; if not, it is the suite's.
        if suite_check.check.id in self._sound and not isinstance(raised, MemoryError):
            return raised
        source = (SOLUTIONS_DIR / f"{examination.unit}.py").read_bytes()
        reference = Examination(self._server, source, ".py", examination.unit)
        try:
            again = self._attempt(suite_check, reference)
        finally:
            reference.close()
        if again is not None:
            raise GraderError(f"{suite_check.check.id} broke: {raised!r}") from raised
        self._sound.add(suite_check.check.id)
        return raised

    def _attempt(self, suite_check: SuiteCheck, examination: Examination) -> BaseException | None:
        """Run one check once; return what it raised, None where it passed."""
        try:
            suite_check.run(examination, self._seed)
        except KeyboardInterrupt:
            raise
        except BaseException as raised:
            return raised
        return None

    def __enter__(self) -> "Grader":
        return self

    def __exit__(self, *exception: object) -> None:
        """End the processes of the diagnosis."""
        if self._diagnostician is not None:
            self._diagnostician.close()


def _notes(process: HandInProcess) -> list[Text]:
    notes = list(process.problems)
    printed = process.count_printed()
    if printed > 1_000_000:
        notes.append(
            text(
                f"The code printed {printed:,} characters; they were dropped.",
                f"代码打印了 {printed:,} 个字符，已全部丢弃。",
            )
        )
    attempts = attempts_text(process.attempts)
    if attempts is not None:
        notes.append(text(*attempts))
    return notes
