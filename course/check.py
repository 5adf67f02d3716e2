"""Find the student's work, run the public checks on it, and say what to do next."""

import importlib
import os
import re
import traceback
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.kit import handin
from course.kit.checking import Mismatch, PublicCheck, public_check_of
from course.kit.language import language, say
from course.kit.units import EXERCISES_DIR, exercises_of

_NOTEBOOKS = EXERCISES_DIR.parent / "notebooks"


class NoWork(ValueError):
    """There is nothing to check; the message says what was looked for, and where."""


@dataclass(frozen=True)
class Outcome:
    """What became of a public check: `passed`, `failed`, `error` or `missing`."""

    check: PublicCheck
    status: str
    expected: str = ""
    got: str = ""

    @property
    def title(self) -> str:
        return say(*self.check.title)

    @property
    def hint(self) -> str:
        return say(*self.check.hint)


def find_work(unit: str, directory: Path) -> Path:
    """Return the student's file for a unit: the newest of the places where it may be.

    Raises:
        NoWork: there is none.
    """
    names = (f"{unit}.ipynb", f"{unit}.py", f"{unit}/{unit}.ipynb", f"{unit}/{unit}.py")
    places = [directory / name for name in names]
    places += [_NOTEBOOKS / code / f"{unit}.ipynb" for code in ("en", "zh")]
    places.append(EXERCISES_DIR / f"{unit}.py")
    found = [place for place in places if place.is_file()]
    if not found:
        raise NoWork(
            say(
                f"There is no {unit}.ipynb and no {unit}.py here; go to the folder with your work, "
                "or name the file with --file.",
                f"这里没有 {unit}.ipynb 或 {unit}.py；请进入作业所在的文件夹，"
                "或用 --file 指定文件。",
            )
        )
    own = [place for place in found if place.parent in (directory, directory / unit)]
    return max(own or found, key=lambda place: place.stat().st_mtime)


def load_work(path: Path, unit: str) -> tuple[types.SimpleNamespace, list[handin.Problem]]:
    """Return the student's exercises as attributes, and what could not be used.

    Raises:
        NoWork: the file can't be read as a notebook or a module; the message says why.
    """
    try:
        work = handin.read_handin(path.read_bytes(), path.suffix, exercises_of(unit))
    except OSError as error:
        raise NoWork(f"{path}: {error.strerror}.") from None
    except handin.UnreadableHandIn as error:
        raise NoWork(f"{path.name}: {error}") from None
    namespace: dict[str, Any] = {"__name__": "course_work"}
    problems = [*work.problems, *work.execute(namespace)]
    return types.SimpleNamespace(**namespace), problems


def checks_of(unit: str, exercise: str | None = None) -> Iterator[tuple[PublicCheck, Any]]:
    """Yield the public checks of a unit, in order, with their functions."""
    module = importlib.import_module(f"course.checks.{unit}")
    for function in list(vars(module).values()):
        check = public_check_of(function)
        if check is not None and exercise in (None, check.exercise):
            yield check, function


def run_checks(unit: str, work: Any, exercise: str | None = None) -> Iterator[Outcome]:
    """Run public checks on the student's exercises, one by one."""
    for check, function in checks_of(unit, exercise):
        yield _run(check, function, work)


def _run(check: PublicCheck, function: Any, work: Any) -> Outcome:
    if not callable(getattr(work, check.exercise, None)):
        return Outcome(check, "missing", got=say("the name is missing", "没有找到这个名字"))
    try:
        function(work)
    except Mismatch as mismatch:
        return Outcome(check, "failed", mismatch.expected, mismatch.got)
    except NotImplementedError:
        return Outcome(check, "missing", got=say("not done yet", "还没有写"))
    except Exception as error:
        return Outcome(check, "error", got=_told(error))
    return Outcome(check, "passed")


def _told(error: Exception) -> str:
    """Return what was raised, and the last place of it in the student's own work."""
    places = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(("code cell", "your module", "<ipython", "/tmp/ipykernel"))
        or os.sep + "ipykernel_" in frame.filename
    ]
    message = re.sub(r"\{\{function_node [^}]*\}\} *", "", str(error)).split("\n")[0]
    text = f"{type(error).__name__}: {message}"
    if not places:
        return text
    last = places[-1]
    where = last.filename if last.filename.startswith(("code", "your")) else last.name
    return f"{text}\n{where}, {say('line', '第')} {last.lineno}{say('', ' 行')}: {last.line or ''}"


def in_notebook(exercise: str, namespace: dict[str, Any]) -> None:
    """Run an exercise's public checks on what the notebook has defined, and print them.

    Args:
        exercise: its name.
        namespace: the notebook's `globals()`.

    Raises:
        AssertionError: a check did not pass, or the exercise is not written yet.
    """
    from course.kit.units import available_units

    unit = next(unit for unit in available_units() if exercise in exercises_of(unit))
    outcomes = list(run_checks(unit, types.SimpleNamespace(**namespace), exercise))
    for outcome in outcomes:
        mark = "✓" if outcome.status == "passed" else "✗"
        print(f"{mark} {outcome.title}")
        for line in details(outcome):
            print(f"    {line}")
    wrong = [outcome for outcome in outcomes if outcome.status != "passed"]
    if wrong:
        raise AssertionError(
            say(
                f"{exercise}: {len(wrong)} of {len(outcomes)} public checks don't pass yet.",
                f"{exercise}：{len(outcomes)} 个公开检查中还有 {len(wrong)} 个未通过。",
            )
        )


def details(outcome: Outcome) -> list[str]:
    """Return what is said of a check that did not pass, line by line."""
    if outcome.status == "passed":
        return []
    if outcome.status == "missing":
        return [outcome.got]
    colon = "：" if language() == "zh" else ": "
    said = [(say("expected", "应为"), outcome.expected), (say("came", "实际"), outcome.got)]
    lines = []
    for name, value in [*said, (say("hint", "提示"), outcome.hint)]:
        if value:
            first, *others = value.splitlines()
            # What takes several lines, a matrix say, stays aligned under its first one.
            room = " " * (len(name) * (1 if name.isascii() else 2) + len(colon.encode("gbk")))
            lines += [f"{name}{colon}{first}", *(room + other for other in others)]
    return lines
