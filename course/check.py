"""Run the public checks on the student's work, in this process."""

import ast
import contextlib
import functools
import importlib
import inspect
import linecache
import os
import re
import textwrap
import traceback
import types
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from course.kit.checking import Mismatch, assignments
from course.kit.handin import HandIn
from course.kit.language import Bilingual, say, use_language
from course.kit.library_messages import shortened, without_decorations
from course.kit.problems import line_of
from course.kit.public_checks import PublicCheck, public_check_of
from course.kit.statements import Function, body_of
from course.kit.units import TO_WRITE, exercises_of, unit_with
from course.outcomes import (
    NOT_DONE,
    Outcome,
    Report,
    absent,
    details,
    known_outcomes,
    next_unit,
    read_file,
)
from course.work import run_work


def check_file(unit: str, path: Path) -> Report:
    """Read a file and run the unit's public checks on it, in this process."""
    report = read_file(unit, path)
    report.outcomes += check_here(report)
    return report


def check_here(report: Report) -> Iterator[Outcome]:
    """Run the public checks on a report's file, in this process; yield what comes of each."""
    if report.hand_in is None:
        return
    work = None
    known_ones = known_outcomes(report)
    for (check, function), known in zip(checks_of(report.unit), known_ones, strict=True):
        if known is None and work is None:
            work = run_work(report.hand_in)
        yield known or run_check(check, function, work, report.hand_in)


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
        yield run_check(check, function, work, hand_in)


class Endless(Exception):
    """An exercise that was ended in an earlier check, because it went on and on, is called."""


def run_check(check: PublicCheck, function: Any, work: Any, hand_in: HandIn | None) -> Outcome:
    """Run one public check.

    Args:
        check: the check.
        function: its function.
        work: has the exercises as attributes.
        hand_in: the file that the exercises come from, where there is one.
    """
    if not callable(getattr(work, check.exercise, None)):
        return absent(check, hand_in, hand_in.defined if hand_in is not None else vars(work))
    call: dict[str, Any] = {}
    try:
        with _recording(work, check.exercise, call) as recorded:
            function(recorded)
    except Mismatch as mismatch:
        inputs = mismatch.inputs or assignments(call)
        return Outcome(check, "failed", mismatch.expected, mismatch.got, mismatch.part, inputs)
    except NotImplementedError as error:
        if _is_of_a_library(error):  # TensorFlow's, of NumPy on a tensor without values
            got = _error_text(error, hand_in)
            return Outcome(check, "error", got=got, inputs=assignments(call))
        return _unwritten(check, error)
    except Endless as error:
        waits = say(f"it uses {error}, which doesn't end", f"它用到的 {error} 一直不结束")
        return Outcome(check, "blocked", got=waits)
    except (Exception, SystemExit) as error:
        return Outcome(check, "error", got=_error_text(error, hand_in), inputs=assignments(call))
    return Outcome(check, "passed")


@contextlib.contextmanager
def _recording(work: Any, exercise: str, call: dict[str, Any]) -> Iterator[Any]:
    """Yield the student's work; what the exercise was called on last is put into `call`."""
    value = getattr(work, exercise)

    def note(function: Any, *args: Any, **keywords: Any) -> None:
        call.clear()
        with contextlib.suppress(TypeError, ValueError):  # wrong arguments, or no signature
            call.update(inspect.signature(function).bind(*args, **keywords).arguments)
            call.pop("self", None)

    if inspect.isfunction(value):

        @functools.wraps(value)
        def noted(*args: Any, **keywords: Any) -> Any:
            note(value, *args, **keywords)
            return value(*args, **keywords)

        yield types.SimpleNamespace(**{**vars(work), exercise: noted})
    elif isinstance(value, type) and hasattr(value, "call"):
        original: Any = value.__call__

        def noted_call(self: Any, *args: Any, **keywords: Any) -> Any:
            note(value.call, self, *args, **keywords)
            return original(self, *args, **keywords)

        with mock.patch.object(value, "__call__", noted_call):
            yield work
    else:
        yield work


def _is_of_a_library(error: NotImplementedError) -> bool:
    """Whether a library raised it that the student's own code called.

    Keras takes the frames of libraries out of a traceback: what tells is the student's own line.
    """
    frames = _own_frames(error)
    if not frames:
        return False
    frame, line = frames[-1]
    source = linecache.getline(frame.f_code.co_filename, line)
    return bool(source) and "raise" not in source


def _unwritten(check: PublicCheck, error: NotImplementedError) -> Outcome:
    """Return the outcome of a check that met a NotImplementedError: whose, and where it stands."""
    frames = _own_frames(error)
    if not frames:
        return Outcome(check, "missing", got=say(*NOT_DONE))
    frame, line = frames[-1]
    exercise, _, method = frame.f_code.co_qualname.partition(".")
    unit = unit_with(check.exercise)
    if exercise != check.exercise and unit and exercise in exercises_of(unit):
        waits = say(f"it uses {exercise}, which is not done yet", f"它用到的 {exercise} 还没有写")
        return Outcome(check, "blocked", got=waits)
    if not _is_as_given(frame.f_code, TO_WRITE.get(unit or "", {})):
        where = _place(frame, line)
        return Outcome(
            check,
            "missing",
            got=say(
                f"{where[0]} still raises NotImplementedError; delete that line",
                f"{where[1]}仍然抛出 NotImplementedError；请删掉这一行",
            ),
        )
    if method:
        return Outcome(
            check, "missing", got=say(f"`{method}` is not written yet", f"`{method}` 还没有写")
        )
    return Outcome(check, "missing", got=say(*NOT_DONE))


def _is_as_given(code: types.CodeType, to_write: Mapping[str, int]) -> bool:
    """Whether nothing was added to a function of the stubs; so, too, where its text is unknown."""
    try:
        node = ast.parse(textwrap.dedent(inspect.getsource(code))).body[0]
    except (OSError, TypeError, SyntaxError, IndexError):
        return True
    if not isinstance(node, Function) or code.co_qualname not in to_write:
        return True
    return len(body_of(node)) == to_write[code.co_qualname]


def _own_frames(error: BaseException) -> list[tuple[types.FrameType, int]]:
    """Return the frames and lines of a traceback that are the student's own, outermost first."""
    return [
        (frame, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename.startswith(("code cell", "your module", "<ipython"))
        or f"{os.sep}ipykernel_" in frame.f_code.co_filename
    ]


def _place(frame: types.FrameType, line: int) -> Bilingual:
    """Return where a line of the student's own stands."""
    name = frame.f_code.co_filename
    if name.startswith(("code cell", "your module")):
        return line_of(name, line)
    return f"{frame.f_code.co_name}, line {line}", f"{frame.f_code.co_name} 第 {line} 行"


def _error_text(error: BaseException, hand_in: HandIn | None) -> str:
    """Return an exception's name and message, the last place in the student's work, the reason."""
    explanation = hand_in.explanation(str(error)) if hand_in is not None else None
    explanation = explanation or _filled_by_keras(error)
    because = f"\n{say(*explanation)}" if explanation is not None else ""
    message = " ".join(shortened(without_decorations(str(error))).split())
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    frames = _own_frames(error)
    if not frames:
        return text + because
    frame, line = frames[-1]
    source = linecache.getline(frame.f_code.co_filename, line).strip()
    return f"{text}\n{say(*_place(frame, line))}{say(': ', '：')}{source}{because}"


def _filled_by_keras(error: BaseException) -> Bilingual | None:
    """Return the reason where Keras has filled a mask that was passed by position, too."""
    twice = re.search(r"multiple values for argument '(\w*mask)'", str(error))
    if not isinstance(error, TypeError) or twice is None:
        return None
    return (
        f"Keras fills `{twice[1]}` by itself unless it is passed by keyword: write "
        f"`{twice[1]}=…` in the call.",
        f"没有用关键字传入时，Keras 会自动填入 `{twice[1]}`：调用时请写 `{twice[1]}=…`。",
    )


class NotPassed(AssertionError):
    """Public checks in a notebook don't pass; Jupyter shows the sentence, and no traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def in_notebook(exercise: str, namespace: dict[str, Any], language: str | None = None) -> None:
    """Run an exercise's public checks on what the notebook has defined, and print them.

    Args:
        exercise: its name.
        namespace: the notebook's `globals()`.
        language: "en" or "zh", from now on; the one in use where it is None.

    Raises:
        NotPassed: a check did not pass, or the exercise is not written yet.
        ValueError: there is no such exercise.
        UserError: there is no such language.
    """
    if language is not None:
        use_language(language)
    unit = unit_with(exercise)
    if unit is None:
        raise ValueError(
            say(f"There is no exercise {exercise!r}.", f"没有名为 {exercise!r} 的练习。")
        )
    outcomes = list(run_checks(unit, types.SimpleNamespace(**namespace), exercise))
    undone = next((o for o in outcomes if o.status in ("missing", "absent", "blocked")), None)
    if undone is not None and not any(o.status == "passed" for o in outcomes):
        end = "" if undone.got.endswith(("?", "？")) else say(".", "。")
        raise NotPassed(f"{exercise}{say(': ', '：')}{undone.got}{end}")
    for outcome in outcomes:
        mark = "✓" if outcome.status == "passed" else "✗"
        print(f"{mark} {outcome.title}")
        for line in details(outcome):
            print(f"    {line}")
    _raise_for(exercise, outcomes)
    if exercise == exercises_of(unit)[-1]:
        print(next_unit([unit]))


def _raise_for(exercise: str, outcomes: Sequence[Outcome]) -> None:
    """Raise `NotPassed` where a check did not pass."""
    wrong = sum(outcome.status != "passed" for outcome in outcomes)
    if wrong:
        raise NotPassed(
            say(
                f"{exercise}: {wrong} of {len(outcomes)} public checks "
                f"{'does' if wrong == 1 else 'do'} not pass yet.",
                f"{exercise}：{len(outcomes)} 个公开检查中还有 {wrong} 个未通过。",
            )
        )
