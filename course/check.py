"""Find the student's work, run the public checks on it, and say what to do next."""

import ast
import importlib
import linecache
import os
import re
import traceback
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course.kit import handin
from course.kit.checking import Mismatch, PublicCheck, public_check_of
from course.kit.errors import UserError
from course.kit.language import language, say, use_language
from course.kit.units import EXERCISES_DIR, available_units, exercises_of

_NOTEBOOKS = EXERCISES_DIR.parent / "notebooks"


class NoWork(UserError):
    """There is nothing to check; the message says what was looked for, and where."""


@dataclass(frozen=True)
class Outcome:
    """What became of a public check.

    `status` is `passed`, `failed` (a wrong answer), `error` (the student's code raised), `missing`
    (not written yet), `blocked` (an exercise that it uses is not written yet) or `absent` (nothing
    has the exercise's name).
    """

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


@dataclass(frozen=True)
class Report:
    """What became of a unit: its file, what could not be used of it, and every check.

    `refused` says why the file could not be read at all; then there are no outcomes.
    """

    unit: str
    path: Path | None
    problems: list[handin.Problem] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    work: types.SimpleNamespace | None = None
    refused: str = ""

    @property
    def right(self) -> bool:
        """Whether every public check passed."""
        return not self.refused and all(o.status == "passed" for o in self.outcomes)

    def of(self, exercise: str) -> list[Outcome]:
        """Return the outcomes of one exercise."""
        return [outcome for outcome in self.outcomes if outcome.check.exercise == exercise]


def places_of(unit: str, directory: Path) -> list[Path]:
    """Return where a student's work on a unit may be; one's own folder first, then the course's."""
    names = (f"{unit}.ipynb", f"{unit}.py", f"{unit}/{unit}.ipynb", f"{unit}/{unit}.py")
    own = [directory / name for name in names]
    codes = sorted(("en", "zh"), key=lambda code: code != language())
    given = [_NOTEBOOKS / code / f"{unit}.ipynb" for code in codes]
    return [*own, *given, EXERCISES_DIR / f"{unit}.py"]


def find_work(unit: str, directory: Path) -> Path:
    """Return the student's file for a unit: of those that were worked on, the one saved last.

    Where none was worked on yet it is the first of `places_of` that exists.

    Raises:
        NoWork: there is none.
    """
    found = [place for place in places_of(unit, directory) if place.is_file()]
    if not found:
        raise NoWork(
            say(
                f"There is no {unit}.ipynb and no {unit}.py here; go to the folder with your work, "
                "or name the file with --file.",
                f"这里没有 {unit}.ipynb 或 {unit}.py；请进入作业所在的文件夹，"
                "或用 --file 指定文件。",
            )
        )
    begun = [place for place in found if is_begun(place, unit)]
    return max(begun, key=lambda place: place.stat().st_mtime) if begun else found[0]


def is_begun(path: Path, unit: str) -> bool:
    """Whether a file differs from untouched stubs, as far as its exercises show."""
    try:
        work = handin.read_handin(path.read_bytes(), path.suffix, exercises_of(unit))
    except (OSError, handin.UnreadableHandIn):
        return True
    last = {name: s.node for s in work.statements for name in handin.bound_names(s.node)}
    return not all(name in last and _is_stub(last[name]) for name in exercises_of(unit))


def is_written(path: Path, unit: str, exercise: str) -> bool:
    """Whether a file defines an exercise, and not as its stub."""
    try:
        work = handin.read_handin(path.read_bytes(), path.suffix, exercises_of(unit))
    except (OSError, handin.UnreadableHandIn):
        return False
    last = {name: s.node for s in work.statements for name in handin.bound_names(s.node)}
    return exercise in last and not _is_stub(last[exercise])


def _is_stub(node: ast.stmt) -> bool:
    """Whether a function is a docstring and a NotImplementedError; a class: whether it has one."""
    if isinstance(node, ast.FunctionDef):
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        return len(body) == 1 and _raises_not_implemented(body[0])
    return isinstance(node, ast.ClassDef) and any(map(_raises_not_implemented, ast.walk(node)))


def _raises_not_implemented(node: ast.AST) -> bool:
    if not isinstance(node, ast.Raise) or node.exc is None:
        return False
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def load_work(path: Path, unit: str) -> tuple[types.SimpleNamespace, list[handin.Problem]]:
    """Return the student's exercises as attributes, and what could not be used.

    Raises:
        NoWork: the file can't be read as a notebook or a module; the message says why.
    """
    colon = say(": ", "：")
    try:
        work = handin.read_handin(path.read_bytes(), path.suffix, exercises_of(unit))
    except OSError as error:
        raise NoWork(f"{path}{colon}{error.strerror}{say('.', '。')}") from None
    except handin.UnreadableHandIn as error:
        raise NoWork(f"{path.name}{colon}{error.told()}") from None
    namespace: dict[str, Any] = {"__name__": "course_work"}
    problems = [*work.problems, *work.execute(namespace)]
    return types.SimpleNamespace(**namespace), problems


def check_file(unit: str, path: Path) -> Report:
    """Read a file and run the unit's public checks on it."""
    try:
        work, problems = load_work(path, unit)
    except NoWork as problem:
        return Report(unit, path, refused=str(problem))
    return Report(unit, path, problems, list(run_checks(unit, work)), work)


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


def run_checks(unit: str, work: Any, exercise: str | None = None) -> Iterator[Outcome]:
    """Run public checks on the student's exercises, one by one."""
    for check, function in checks_of(unit, exercise):
        yield _run(check, function, work, exercises_of(unit))


def _run(check: PublicCheck, function: Any, work: Any, exercises: Sequence[str]) -> Outcome:
    if not callable(getattr(work, check.exercise, None)):
        missing = say(
            f"nothing here is called {check.exercise}", f"这里没有名为 {check.exercise} 的定义"
        )
        return Outcome(check, "absent", got=missing)
    try:
        function(work)
    except Mismatch as mismatch:
        return Outcome(check, "failed", mismatch.expected, mismatch.got)
    except NotImplementedError as error:
        frames = _own_frames(error)
        where = frames[-1][0].f_code.co_qualname.split(".")[0] if frames else check.exercise
        if where != check.exercise and where in exercises:
            waits = say(f"it uses {where}, which is not done yet", f"它用到的 {where} 还没有写")
            return Outcome(check, "blocked", got=waits)
        return Outcome(check, "missing", got=say("not done yet", "还没有写"))
    except (Exception, SystemExit) as error:
        return Outcome(check, "error", got=_told(error))
    return Outcome(check, "passed")


def _own_frames(error: BaseException) -> list[tuple[types.FrameType, int]]:
    """Return the frames and lines of a traceback that are the student's own, outermost first."""
    return [
        (frame, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename.startswith(("code cell", "your module", "<ipython"))
        or f"{os.sep}ipykernel_" in frame.f_code.co_filename
    ]


def _told(error: BaseException) -> str:
    """Return what was raised, and the last place of it in the student's own work."""
    # Keras puts what was said in bold, between where it was said and the arguments; TensorFlow
    # puts the name of its kernel in front.
    message = str(error)
    bold = re.search(r"\x1b\[1m(.*?)\x1b\[0m", message, re.DOTALL)
    message = re.sub(r"\{\{function_node [^}]*\}\} *", "", bold[1] if bold else message)
    first = next((line for line in message.splitlines() if line.strip()), "")
    text = f"{type(error).__name__}: {first}" if first else type(error).__name__
    frames = _own_frames(error)
    if not frames:
        return text
    frame, line = frames[-1]
    name = frame.f_code.co_filename
    source = linecache.getline(name, line).strip()
    if name.startswith(("code cell", "your module")):
        where = say(f"{name}, line {line}", f"{handin.place_in_chinese(name)}第 {line} 行")
    else:
        where = say(f"{frame.f_code.co_name}, line {line}", f"{frame.f_code.co_name} 第 {line} 行")
    return f"{text}\n{where}{say(': ', '：')}{source}"


def in_notebook(exercise: str, namespace: dict[str, Any], language: str | None = None) -> None:
    """Run an exercise's public checks on what the notebook has defined, and print them.

    Args:
        exercise: its name.
        namespace: the notebook's `globals()`.
        language: "en" or "zh", from now on; the one in use where it is None.

    Raises:
        AssertionError: a check did not pass, or the exercise is not written yet.
        ValueError: there is no such exercise, or no such language.
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
    """Return what is said of a check that did not pass, line by line."""
    if outcome.status == "passed":
        return []
    if outcome.status in ("missing", "absent", "blocked"):
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
    if first.status == "absent" and report.problems:
        where = report.problems[0].where
        return say(
            f"Mend {where[0]}: {exercise} may be in it.",
            f"先修好{where[1]}：{exercise} 可能就在其中。",
        )
    if first.status == "absent":
        return say(
            f"Define {exercise}; the name counts. Is your work saved?",
            f"请定义 {exercise}，名字要一致。文件保存了吗？",
        )
    if first.status == "missing":
        return say(f"Write {exercise} next.", f"下一步：写 {exercise}。")
    return say(f"Next: {exercise}, “{first.title}”.", f"下一步：{exercise}，“{first.title}”。")
