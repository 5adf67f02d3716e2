"""Run the public checks on the student's work, and say what to do next."""

import importlib
import linecache
import os
import traceback
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course.kit.checking import Mismatch, PublicCheck, public_check_of
from course.kit.handin import HandIn
from course.kit.language import language, say, use_language
from course.kit.library_messages import shortened, without_decorations
from course.kit.problems import Problem, line_of
from course.kit.units import available_units, exercises_of
from course.work import NoWork, find_work, load_work


@dataclass(frozen=True)
class Outcome:
    """The outcome of one public check.

    `status` is `passed`, `failed` (a wrong answer), `error` (the student's code raised), `missing`
    (not written yet), `blocked` (an exercise that it uses is not written yet) or `absent` (nothing
    has the exercise's name). `part` and `inputs` are those of `Mismatch`.
    """

    check: PublicCheck
    status: str
    expected: str = ""
    got: str = ""
    part: str = ""
    inputs: str = ""

    @property
    def title(self) -> str:
        return say(*self.check.title)

    @property
    def hint(self) -> str:
        return say(*self.check.hint)


@dataclass(frozen=True)
class Report:
    """The public checks of a unit: the file, what was read of it, and every outcome.

    `refused` says why the file could not be read at all; there are no outcomes then.
    """

    unit: str
    path: Path | None
    hand_in: HandIn | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    work: types.SimpleNamespace | None = None
    refused: str = ""

    @property
    def problems(self) -> list[Problem]:
        """What of the file could not be used."""
        return self.hand_in.problems if self.hand_in is not None else []

    @property
    def right(self) -> bool:
        """Whether every public check passed."""
        return not self.refused and all(o.status == "passed" for o in self.outcomes)

    def of(self, exercise: str) -> list[Outcome]:
        """Return the outcomes of one exercise."""
        return [outcome for outcome in self.outcomes if outcome.check.exercise == exercise]


def check_file(unit: str, path: Path) -> Report:
    """Read a file and run the unit's public checks on it."""
    try:
        work, hand_in = load_work(path, unit)
    except NoWork as problem:
        return Report(unit, path, refused=str(problem))
    outcomes = list(run_checks(unit, work, hand_in=hand_in))
    return Report(unit, path, hand_in, outcomes, work)


def check_unit(unit: str, directory: Path) -> Report:
    """Find the student's work on a unit and run the public checks on it."""
    try:
        path = find_work(unit, directory)
    except NoWork as problem:
        return Report(unit, None, refused=str(problem))
    return check_file(unit, path)


def checks_of(unit: str, exercise: str | None = None) -> Iterator[tuple[PublicCheck, Any]]:
    """Yield the public checks of a unit, in order, with their functions."""
    module = importlib.import_module(f"course.checks.{unit}")
    for function in list(vars(module).values()):
        check = public_check_of(function)
        if check is not None and exercise in (None, check.exercise):
            yield check, function


def run_checks(
    unit: str, work: Any, exercise: str | None = None, hand_in: HandIn | None = None
) -> Iterator[Outcome]:
    """Run public checks on the student's exercises, one by one.

    Args:
        unit: the unit's name.
        work: has the exercises as attributes.
        exercise: the only exercise to check; None for all.
        hand_in: the file that the exercises come from, where there is one.
    """
    for check, function in checks_of(unit, exercise):
        yield _run(check, function, work, exercises_of(unit), hand_in)


def _run(
    check: PublicCheck,
    function: Any,
    work: Any,
    exercises: Sequence[str],
    hand_in: HandIn | None,
) -> Outcome:
    if not callable(getattr(work, check.exercise, None)):
        absence = hand_in.absence(check.exercise) if hand_in is not None else None
        missing = (
            f"nothing here is called {check.exercise}",
            f"这里没有名为 {check.exercise} 的定义",
        )
        return Outcome(check, "absent", got=say(*(absence.sentence() if absence else missing)))
    try:
        function(work)
    except Mismatch as mismatch:
        facts = (mismatch.expected, mismatch.got, mismatch.part, mismatch.inputs)
        return Outcome(check, "failed", *facts)
    except NotImplementedError as error:
        frames = _own_frames(error)
        where = frames[-1][0].f_code.co_qualname.split(".")[0] if frames else check.exercise
        if where != check.exercise and where in exercises:
            waits = say(f"it uses {where}, which is not done yet", f"它用到的 {where} 还没有写")
            return Outcome(check, "blocked", got=waits)
        return Outcome(check, "missing", got=say("not done yet", "还没有写"))
    except (Exception, SystemExit) as error:
        return Outcome(check, "error", got=_error_text(error, hand_in))
    return Outcome(check, "passed")


def _own_frames(error: BaseException) -> list[tuple[types.FrameType, int]]:
    """Return the frames and lines of a traceback that are the student's own, outermost first."""
    return [
        (frame, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename.startswith(("code cell", "your module", "<ipython"))
        or f"{os.sep}ipykernel_" in frame.f_code.co_filename
    ]


def _error_text(error: BaseException, hand_in: HandIn | None) -> str:
    """Return an exception's name and message, the last place in the student's work, the reason."""
    explanation = hand_in.explanation(str(error)) if hand_in is not None else None
    because = f"\n{say(*explanation)}" if explanation is not None else ""
    message = " ".join(shortened(without_decorations(str(error))).split())
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    frames = _own_frames(error)
    if not frames:
        return text + because
    frame, line = frames[-1]
    name = frame.f_code.co_filename
    source = linecache.getline(name, line).strip()
    if name.startswith(("code cell", "your module")):
        where = say(*line_of(name, line))
    else:
        where = say(f"{frame.f_code.co_name}, line {line}", f"{frame.f_code.co_name} 第 {line} 行")
    return f"{text}\n{where}{say(': ', '：')}{source}{because}"


def in_notebook(exercise: str, namespace: dict[str, Any], language: str | None = None) -> None:
    """Run an exercise's public checks on what the notebook has defined, and print them.

    Args:
        exercise: its name.
        namespace: the notebook's `globals()`.
        language: "en" or "zh", from now on; the one in use where it is None.

    Raises:
        AssertionError: a check did not pass, or the exercise is not written yet.
        ValueError: there is no such exercise.
        UserError: there is no such language.
    """
    if language is not None:
        use_language(language)
    unit = next((unit for unit in available_units() if exercise in exercises_of(unit)), None)
    if unit is None:
        raise ValueError(
            say(f"There is no exercise {exercise!r}.", f"没有名为 {exercise!r} 的练习。")
        )
    outcomes = list(run_checks(unit, types.SimpleNamespace(**namespace), exercise))
    undone = next((o for o in outcomes if o.status in ("missing", "absent", "blocked")), None)
    if undone is not None and not any(o.status == "passed" for o in outcomes):
        raise AssertionError(f"{exercise}{say(': ', '：')}{undone.got}{say('.', '。')}")
    for outcome in outcomes:
        mark = "✓" if outcome.status == "passed" else "✗"
        print(f"{mark} {outcome.title}")
        for line in details(outcome):
            print(f"    {line}")
    wrong = sum(outcome.status != "passed" for outcome in outcomes)
    if wrong:
        raise AssertionError(
            say(
                f"{exercise}: {wrong} of {len(outcomes)} public checks "
                f"{'does' if wrong == 1 else 'do'} not pass yet.",
                f"{exercise}：{len(outcomes)} 个公开检查中还有 {wrong} 个未通过。",
            )
        )


def details(outcome: Outcome) -> list[str]:
    """Return the lines that explain a check that did not pass: expected, came, hint."""
    if outcome.status == "passed":
        return []
    if outcome.status in ("missing", "absent", "blocked"):
        return [outcome.got]
    colon = "：" if language() == "zh" else ": "
    part = say(f" ({outcome.part})", f"（{outcome.part}）") if outcome.part else ""
    parts = (
        (say("input", "输入"), outcome.inputs),
        (say("expected", "应为") + part, outcome.expected),
        (say("came", "实际"), outcome.got),
        (say("hint", "提示"), outcome.hint),
    )
    lines = []
    for name, value in parts:
        if value:
            first, *others = value.splitlines()
            # The other lines of a value, of a matrix say, are aligned under the first.
            room = " " * (len(name) * (1 if name.isascii() else 2) + len(colon.encode("gbk")))
            lines += [f"{name}{colon}{first}", *(room + other for other in others)]
    return lines


def next_step(report: Report) -> str:
    """Return the one thing to do next in a unit, "" where every public check passes."""
    if report.right:
        return ""
    if report.refused:
        return say(
            "Mend the file so that it can be read, and save it.",
            "请先修好文件，使它能被读取并保存。",
        )
    first = next(outcome for outcome in report.outcomes if outcome.status != "passed")
    exercise = first.check.exercise
    absence = report.hand_in.absence(exercise) if report.hand_in is not None else None
    if first.status == "absent" and absence is not None:
        where = absence.where
        return say(
            f"Mend {where[0]}: {exercise} comes from there.",
            f"先修好{where[1]}：{exercise} 就在那里。",
        )
    if first.status == "absent":
        return say(
            f"Define {exercise}; the name counts. Is your work saved?",
            f"请定义 {exercise}，名字要一致。文件保存了吗？",
        )
    if first.status == "missing":
        return say(f"Write {exercise} next.", f"下一步：写 {exercise}。")
    return say(f"Next: {exercise}, “{first.title}”.", f"下一步：{exercise}，“{first.title}”。")
