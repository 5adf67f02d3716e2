"""What came of a unit's public checks, in words; told from the source where nothing has to run.

Nothing here needs Keras, so that who hasn't begun, or has misspelt a name, is answered at once.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from course.kit.handin import HandIn
from course.kit.language import language, say
from course.kit.problems import Problem
from course.kit.public_checks import PublicCheck, declared_checks
from course.kit.units import available_units, exercises_of, unit_with
from course.work import ABSENT, UNTOUCHED, NoWork, find_work, read_work, standings

NOT_DONE = ("not done yet", "还没有写")


@dataclass(frozen=True)
class Outcome:
    """The outcome of one public check.

    `status` is `passed`, `failed` (a wrong answer), `error` (the student's code raised, or didn't
    end), `missing` (not written yet), `blocked` (an exercise that it uses is not written yet) or
    `absent` (nothing has the exercise's name). `part` and `inputs` are those of `Mismatch`.
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


@dataclass
class Report:
    """The public checks of a unit: the file, what was read of it, and the outcomes so far.

    `refused` says why the file could not be read or run at all; there are no outcomes then.
    `weights` are the student's attention weights for three words, where they could be computed.
    """

    unit: str
    path: Path | None
    hand_in: HandIn | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    refused: str = ""
    weights: list[list[float]] | None = None

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


def read_file(unit: str, path: Path) -> Report:
    """Read a file without running it; the report has no outcomes yet."""
    try:
        return Report(unit, path, read_work(path, unit))
    except NoWork as problem:
        return Report(unit, path, refused=str(problem))


def read_unit(unit: str, directory: Path) -> Report:
    """Find the student's work on a unit and read it without running it."""
    try:
        return read_file(unit, find_work(unit, directory))
    except NoWork as problem:
        return Report(unit, None, refused=str(problem))


def known_outcomes(report: Report) -> list[Outcome | None]:
    """Return the outcome of each check of a unit that the source tells, None where it has to run.

    An exercise that nothing is called, or that is as its stub has it, needs no run.
    """
    if report.hand_in is None:
        return []
    standing = standings(report.hand_in, report.unit)
    outcomes: list[Outcome | None] = []
    for check in declared_checks(report.unit):
        if standing[check.exercise] == ABSENT:
            outcomes.append(absent(check, report.hand_in, report.hand_in.defined))
        elif standing[check.exercise] == UNTOUCHED:
            outcomes.append(Outcome(check, "missing", got=say(*NOT_DONE)))
        else:
            outcomes.append(None)
    return outcomes


def has_to_run(report: Report) -> bool:
    """Whether something of a report's file has to run before its outcomes are known."""
    return None in known_outcomes(report)


def absent(check: PublicCheck, hand_in: HandIn | None, names: Iterable[str]) -> Outcome:
    """Return the outcome of a check whose exercise nothing is called, with the nearest name.

    Args:
        check: the check.
        hand_in: the file, which may say why the name has no value.
        names: the names that there are.
    """
    name = check.exercise
    absence = hand_in.absence(name) if hand_in is not None else None
    if absence is not None:
        return Outcome(check, "absent", got=say(*absence.sentence()))
    text = say(f"nothing here is called {name}", f"这里没有名为 {name} 的定义")
    unit = unit_with(name)
    known = exercises_of(unit) if unit else ()
    folded = {other.casefold(): other for other in names if other not in known}
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.75)
    if near:
        other = folded[near[0]]
        places = hand_in.defined if hand_in is not None else {}
        english, chinese = places.get(other, ("", ""))
        text += say(
            f"; did you mean `{other}`{f' in {english}' if english else ''}?",
            f"；{f'{chinese}的' if chinese else ''} `{other}` 是不是写错了名字？",
        )
    return Outcome(check, "absent", got=text)


def with_cells(text: str, hand_in: HandIn | None) -> str:
    """Return a text in which each code cell is told by what Jupyter shows of it.

    A cell's number among the code cells is nowhere on the screen; its first line is, and the number
    of its last run.
    """
    cells = dict(hand_in.cells) if hand_in is not None else {}

    def told(match: re.Match[str]) -> str:
        shown = cells.pop(f"code cell {match[1] or match[2]}", "")  # once is enough
        return match[0] + (say(f" ({shown})", f"（{shown}）") if shown else "")

    return re.sub(r"code cell (\d+)|第 (\d+) 个代码单元格", told, text)


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
    return with_cells(_next_step(report), report.hand_in)


def _next_step(report: Report) -> str:
    if report.right:
        return ""
    if report.refused:
        return say(
            "Mend the file so that it can be read, and save it.",
            "文件无法读取，请修正后重新保存。",
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
    if first.status == "missing" and first.got != say(*NOT_DONE):
        return say(f"Next: {exercise}: {first.got}.", f"下一步：{exercise}：{first.got}。")
    if first.status == "missing":
        return say(f"Write {exercise} next.", f"下一步：写 {exercise}。")
    return say(f"Next: {exercise}, “{first.title}”.", f"下一步：{exercise}，“{first.title}”。")


def next_unit(units: Sequence[str]) -> str:
    """Return the sentence that names the unit after these, which are done; or that all are."""
    order = available_units()
    last = max((order.index(unit) for unit in units), default=-1)
    if last + 1 == len(order):
        return say("That was the last unit.", "这是最后一个单元。")
    following = order[last + 1]
    return say(f"The next unit is {following}.", f"下一个单元是 {following}。")
