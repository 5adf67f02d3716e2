"""Find the place of a mistake: the edit of a student's own code that makes an exercise right.

Where no known mistake explains why an exercise fails, edits of its code are tried, likeliest first.
Each runs the exercise's checks, those that failed first, and is dropped at the first failure. What
passes them all is the place. Where no single edit does, a second one is tried on top of the edits
with which more checks pass. Nothing is said where nothing is found.

A process of the sandbox reads the hand-in and makes the edits; another runs them, each in a slot.
No points depend on what comes of it, and of what the student's code sends in the meantime nothing
reaches the result but which edit it was. Seconds are bounded, see `SEARCH_SECONDS`.
"""

import ast
import functools
import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.base.paths import SOLUTIONS_DIR
from autograder.base.printable import printable
from autograder.base.text import Text, text
from autograder.grading.check import Skipped
from autograder.grading.examination import Examination
from autograder.grading.limits import TimeBudget
from autograder.grading.replacement import Replacement
from autograder.grading.right_solutions import right_solutions_of
from autograder.grading.slots import Slots
from autograder.grading.submitted_file import SubmittedFile
from autograder.grading.suite import SuiteCheck, suite_of
from autograder.isolation.fork_server import ForkServer, IsolationError
from autograder.isolation.student_process import StudentError, StudentGone
from autograder.results.message import AND
from autograder.results.result import CheckResult, Place
from autograder.results.statuses import HintLevel
from course.kit.units import exercises_of

SEARCH_SECONDS = 3.0  # an exercise, of the processor; those of the grader's own process count, too
_READ_SECONDS = 1.5
_ONE_CHECK_SECONDS = 1.0
_MOST_EDITS, _MOST_FIRST, _MOST_DEATHS = 900, 3, 3
_MOST_METHODS = 8
# How many checks tell whether a method is the wrong one, and the part of the failed checks that
# tells of an edit where there is no time for the others.
_TELLING, _MOSTLY = 4, 1.0
_FOR_TWO = 0.6  # the part of the time that is kept for a second edit, where there is a first
_AT_A_TIME = 60  # edits that are made; the next are made once these are tried
_MAX_TEXT = 300
_MAX_SOURCE = 1_000_000

_FRONT = "import keras\nkeras.config.disable_traceback_filtering()"

# What an edit changes, in both languages; `{}` is the function or the argument.
_KINDS: dict[str, tuple[Text, Text]] = {
    kind: (text(*plain), text(*named))
    for kind, plain, named in (
        ("axis", ("the axis", "axis"), ("the axis of `{}`", "`{}` 的 axis")),
        ("number", ("this number", "这里的数"), ("this number", "这里的数")),
        ("sign", ("this sign", "这里的正负号"), ("this sign", "这里的正负号")),
        ("operator", ("this operator", "这里的运算符"), ("this operator", "这里的运算符")),
        (
            "order",
            ("the order of the two operands", "两个操作数的顺序"),
            ("the order of the arguments of `{}`", "`{}` 的参数顺序"),
        ),
        ("argument", ("this argument", "这个参数"), ("the argument `{}`", "参数 `{}`")),
        (
            "arguments",
            ("the arguments of this call", "这次调用的参数"),
            ("which arguments `{}` is given", "`{}` 传入了哪些参数"),
        ),
        (
            "function",
            ("which function is called", "调用的是哪个函数"),
            ("whether `{}` is the right function", "`{}` 是否用对了"),
        ),
        (
            "name",
            ("which value is used", "用的是哪个值"),
            ("whether `{}` is the right value", "`{}` 是否用对了"),
        ),
        ("slice", ("where this slice begins and ends", "切片的起止位置"), ("this slice", "切片")),
        ("condition", ("this condition", "这个条件"), ("this condition", "这个条件")),
        (
            "around",
            ("something is missing around this", "这里还缺一步运算"),
            ("something is missing around this", "这里还缺一步运算"),
        ),
        (
            "too_much",
            ("something here is too much", "这里多了一步运算"),
            ("something here is too much", "这里多了一步运算"),
        ),
        (
            "missing",
            ("a statement is missing near this line", "这一行附近缺少一条语句"),
            ("a statement is missing near this line", "这一行附近缺少一条语句"),
        ),
        (
            "missing_in",
            ("something is missing in this function or class", "这个函数或类里缺少内容"),
            ("something is missing in this function or class", "这个函数或类里缺少内容"),
        ),
        ("method", ("this method", "这个方法"), ("this method", "这个方法")),
        (
            "extra",
            ("this statement should not be there", "这条语句是多余的"),
            ("this statement should not be there", "这条语句是多余的"),
        ),
        ("expression", ("this expression", "这个表达式"), ("this expression", "这个表达式")),
    )
}


@dataclass(frozen=True)
class Tried:
    """An edit that is tried.

    Attributes:
        number: of the edit among all edits of the hand-in.
        statement, text: which definition is edited, and the edited definition.
        source: what is examined: the exercise and all that it uses, edited.
        where: the place and the line.
        shown: the line.
        kind, about: what it changes, see `_KINDS`.
        before, after: the edited statement.
        last_line: the last line of it.
    """

    number: int
    statement: int
    text: str
    source: str
    where: str
    shown: str
    kind: str
    about: str
    before: str
    after: str
    last_line: int = 0


class SearchBudget(TimeBudget):
    """The seconds of one search, for everything that is done in it."""

    def __init__(self, seconds: float = SEARCH_SECONDS):
        super().__init__()
        self._left, self._own = seconds, time.process_time()

    @property
    def left(self) -> float:
        """Seconds that are left; what this process has used meanwhile is taken off."""
        own = time.process_time()
        self._left, self._own = self._left - (own - self._own), own
        return self._left

    def for_loading(self) -> float:
        """Return how long an edit may be loaded now."""
        return max(0.05, min(self.left, _ONE_CHECK_SECONDS))

    def charge_loading(self, seconds: float) -> None:
        """Take off what loading took."""
        self._left -= seconds

    def for_answers(self, seconds: float) -> float:
        """Return how long one check may take."""
        return max(0.05, min(seconds, self.left, _ONE_CHECK_SECONDS))

    def charge_answers(self, seconds: float) -> None:
        """Take off what answering took."""
        self._left -= seconds


class PlaceFinder:
    """Finds the places of mistakes; one finder serves a whole batch.

    Args:
        server: where students' processes come from.
        seed: the seed of the run.
        level: what students are told.
        without: right solutions that edits are not taken from, by name.
    """

    def __init__(
        self,
        server: ForkServer,
        seed: int,
        level: HintLevel = "kind",
        without: Sequence[str] = (),
    ):
        self._server, self._seed, self._level = server, seed, level
        self._without = frozenset(without)
        self._found: dict[bytes, list[Tried]] = {}
        self.spent = 0.0

    def find(
        self,
        file: SubmittedFile,
        exercise: str,
        results: Sequence[CheckResult],
        lines: Sequence[str] = (),
        replacement: Replacement | None = None,
    ) -> tuple[Place | None, set[str]]:
        """Return the place of the mistake in an exercise, None where it isn't found.

        Args:
            file: the hand-in.
            exercise: an exercise that fails, and that no known mistake explains.
            results: what became of the unit's checks.
            lines: where the hand-in's exceptions were raised.
            replacement: right exercises in the place of other wrong ones.

        Returns:
            The place, and kinds of things that the code tried meanwhile and no exercise needs.
        """
        names = replacement.names if replacement else ()
        parts = (file.unit, exercise, file.suffix, *names)
        key = hashlib.blake2b("\0".join(parts).encode() + b"\0" + file.data).digest()
        attempts: set[str] = set()
        if key not in self._found:
            search = _Search(
                self._server, self._seed, file, exercise, results, replacement, self._without
            )
            try:
                self._found[key] = search.run(lines)
            finally:
                self.spent = SEARCH_SECONDS - search.budget.left
                attempts = search.attempts
                search.close()
        return place_of(self._found[key], self._level), attempts


def place_of(edits: Sequence[Tried], level: HintLevel) -> Place | None:
    """Return what students are told of the edits that make an exercise right."""
    if not edits:
        return None
    by_where = {edit.where: edit for edit in edits}
    places = list(by_where.values())
    place = Place(AND.join(by_where), line="\n".join(edit.shown for edit in places))
    if level != "place":
        said = [_said(edit) for edit in places]
        place.kind = text("; ".join(t["en"] for t in said), "；".join(t["zh"] for t in said))
    if level == "edit":
        place.edit = [part for edit in edits for part in (edit.before, edit.after)]
    return place


def _said(edit: Tried) -> Text:
    plain, named = _KINDS[edit.kind]
    return {k: v.format(edit.about) for k, v in named.items()} if edit.about else plain


class _Search:
    """The search for the edits that make one exercise of one hand-in right."""

    def __init__(
        self,
        server: ForkServer,
        seed: int,
        file: SubmittedFile,
        exercise: str,
        results: Sequence[CheckResult],
        replacement: Replacement | None,
        without: frozenset[str],
    ):
        self.budget, self.attempts = SearchBudget(), set[str]()
        self._server, self._seed, self._file = server, seed, file
        self._exercise, self._replacement = exercise, replacement
        self._models = models_of(file.unit, exercise, without)
        self._slots = Slots(server, file.unit)
        self._deaths = 0
        about = {check.id: check for check in results}
        own = [item for item in suite_of(file.unit) if item.check.exercise == exercise]
        failed = [item for item in own if _counts_as_failed(about[item.check.id])]
        passed = [item for item in own if about[item.check.id].status == "passed"]
        # The cheapest first: nearly all edits fail the first of them.
        failed.sort(key=lambda item: about[item.check.id].seconds)
        passed.sort(key=lambda item: about[item.check.id].seconds)
        self._checks, self._failing = [*failed, *passed], len(failed)

    def run(self, lines: Sequence[str]) -> list[Tried]:
        """Return the edits that make the exercise right, none where they aren't found."""
        reader = _Reader(self._server, self._file, self._exercise, self._models, self.budget)
        try:
            return self._tried(reader, lines)
        except (StudentError, StudentGone):  # too large to be read twice, or too deep
            return []
        finally:
            reader.close()

    def _tried(self, reader: "_Reader", lines: Sequence[str]) -> list[Tried]:
        plain = reader.read(lines)
        before = self._passed(plain)
        if before >= len(self._checks):  # it fails only with what the hand-in does elsewhere
            return []
        edits = self._right_edits(reader, before)
        # What counts how often it is loaded may be right by now, edited or not.
        return edits if edits and self._passed(plain, 1) < 1 else []

    def _right_edits(self, reader: "_Reader", before: int) -> list[Tried]:
        better: list[tuple[int, Tried]] = []
        method = self._wrong_method(reader)
        for edit in reader.edits(near=method):
            if self._is_over:
                return []
            if better and self.budget.left < _FOR_TWO * SEARCH_SECONDS:
                break
            passed = self._passed(edit.source)
            if passed >= len(self._checks):
                return [edit]
            if passed > before:
                better.append((passed, edit))
        better.sort(key=lambda item: -item[0])
        for _, first in better[:_MOST_FIRST]:
            for second in reader.edits(first):
                if self._is_over:
                    return []
                if self._passed(second.source) >= len(self._checks):
                    return sorted([first, second], key=lambda edit: _order(edit.where))
        return []

    def _wrong_method(self, reader: "_Reader") -> Tried | None:
        """Return a method that is wrong: with a right one in its place the first checks pass."""
        if not self._exercise[0].isupper():
            return None
        for edit in reader.methods():
            if self._is_over:
                return None
            if self._passed(edit.source, _TELLING) >= min(_TELLING, self._failing):
                return edit
        return None

    @property
    def _is_over(self) -> bool:
        return self.budget.left <= 0 or self._deaths > _MOST_DEATHS

    def _passed(self, source: str, most: int | None = None) -> int:
        """Return how many checks an edited hand-in passes before the first that it fails.

        What passes most of the checks that failed, when the time is over, passes all.

        Args:
            source: the edited hand-in.
            most: how many checks are run, all where it's None.
        """
        data = source.encode("utf-8", "replace")
        examination = Examination(
            *(self._server, data, ".py", self._file.unit, self._slots),
            replacement=self._replacement,
            budget=self.budget,
            searches=False,
        )
        passed = 0
        try:
            for item in self._checks[:most]:
                if not self._holds(item, examination):
                    is_last = self.budget.left <= 0 and passed >= _MOSTLY * self._failing
                    return len(self._checks) if is_last and passed >= _TELLING else passed
                passed += 1
            return passed
        finally:
            self.attempts |= examination.process.attempts
            examination.close()

    def _holds(self, item: SuiteCheck, examination: Examination) -> bool:
        try:
            item.run(examination, self._seed)
        except Skipped:
            return True
        except IsolationError:
            raise
        except StudentGone:
            self._deaths += 1
            return False
        except Exception:  # also of an answer that is too strange to be judged
            return False
        return self.budget.left > 0

    def close(self) -> None:
        """End the process of the edits."""
        self._slots.close()


class _Reader:
    """A process that reads a hand-in, runs none of it, and makes edits."""

    def __init__(
        self,
        server: ForkServer,
        file: SubmittedFile,
        exercise: str,
        models: Sequence[str],
        budget: SearchBudget,
    ):
        self._file, self._exercise, self._models = file, exercise, models
        self._budget = budget
        self._process = server.fork()
        self._parts: list[str] = []

    def read(self, lines: Sequence[str]) -> str:
        """Return what is examined without an edit: the exercise and all that it uses.

        Args:
            lines: where exceptions were raised; these are edited first.

        Raises:
            StudentError, StudentGone: it can't be read.
        """
        parts = self._ask(
            "repairs",
            data=self._file.data,
            suffix=self._file.suffix,
            exercises=list(exercises_of(self._file.unit)),
            exercise=self._exercise,
            models=list(self._models),
            first_lines=[[place, line] for place, line in map(_line_of, lines) if line],
        )
        if isinstance(parts, list) and sum(len(str(part)) for part in parts) <= _MAX_SOURCE:
            self._parts = [str(part) for part in parts]
        return _source(self._parts)

    def methods(self) -> list[Tried]:
        """Return the hand-in with right methods in the place of its own, one at a time.

        Raises:
            StudentError, StudentGone: they can't be made.
        """
        self._ask("repairs_of_methods")
        answer = self._ask("more_repairs", most=_MOST_METHODS)
        return _all_tried(answer, self._parts)

    def edits(self, first: Tried | None = None, near: Tried | None = None) -> Iterator[Tried]:
        """Yield the edits, likeliest first.

        Args:
            first: an edit that stays made.
            near: a method that is edited before anything else.

        Raises:
            StudentError, StudentGone: they can't be made.
        """
        parts = self._parts
        place, line = ("", 0) if near is None else _line_of(near.where)
        if first is None:
            last = 0 if near is None else near.last_line
            self._ask("repairs_near", place=place, first=line, last=last)
        else:
            self._ask("repairs_on_top_of", first=first.number)
            parts = list(parts)
            parts[first.statement] = first.text
        for _ in range(_MOST_EDITS // _AT_A_TIME):
            answer = self._ask("more_repairs", most=_AT_A_TIME)
            found = _all_tried(answer, parts)
            yield from found
            if not found:
                return

    def _ask(self, operation: str, **fields: Any) -> Any:
        before = self._process.spent
        self._process.allow(max(0.05, min(_READ_SECONDS, self._budget.left)))
        try:
            return self._process.request(operation, **fields)
        finally:
            self._budget.charge_loading(self._process.spent - before)

    def close(self) -> None:
        """End the process."""
        self._process.close()


def _all_tried(answer: Any, parts: Sequence[str]) -> list[Tried]:
    """Return the edits that a process of the sandbox sent, those of the right form."""
    found = answer if isinstance(answer, list) else []
    edits = (_tried(fields, parts) for fields in found[:_AT_A_TIME])
    return [edit for edit in edits if edit is not None]


def _tried(fields: Any, parts: Sequence[str]) -> Tried | None:
    """Return an edit that a process of the sandbox made, None where it hasn't the right form."""
    if not isinstance(fields, dict) or fields.get("kind") not in _KINDS:
        return None
    number, statement, line = (fields.get(name) for name in ("number", "statement", "line"))
    if not (isinstance(number, int) and isinstance(statement, int) and isinstance(line, int)):
        return None
    last = fields.get("last_line")
    if not 0 <= statement < len(parts) or not isinstance(last, int):
        return None
    text = str(fields.get("text"))
    source = _source([*parts[:statement], text, *parts[statement + 1 :]])
    where = f"{printable(fields.get('place'), 60)}, line {line}"
    words = ("shown", "kind", "about", "before", "after")
    said = [printable(fields.get(name), _MAX_TEXT, line_ends=False) for name in words]
    shown, kind, about, before, after = said
    return Tried(
        *(number, statement, text, source, where),
        *(shown, kind, about, before, after),
        last,
    )


def _source(parts: Sequence[str]) -> str:
    """Return statements as a module, with what edits need of Keras in front.

    Nobody reads the exceptions of an edit: without Keras's words on them they take half the time.
    """
    own = [part for part in parts if part.startswith("from __future__ ")]
    return "\n".join([*own, _FRONT, *(part for part in parts if part not in own)])


def _counts_as_failed(result: CheckResult) -> bool:
    return result.status not in ("passed", "skipped")


def _line_of(where: str) -> tuple[str, int]:
    place, _, line = where.rpartition(", line ")
    return place, int(line) if line.isdecimal() else 0


def _order(where: str) -> tuple[int, int]:
    place, line = _line_of(where)
    number = place.removeprefix("code cell ")
    return int(number) if number.isdecimal() else 0, line


@functools.cache
def models_of(unit: str, exercise: str, without: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Return right code of an exercise in several styles: its definition, with the imports.

    Args:
        unit: the unit's name.
        exercise: the exercise.
        without: names of right solutions to leave out.
    """
    reference = (SOLUTIONS_DIR / f"{unit}.py").read_text(encoding="utf-8")
    others = right_solutions_of(unit)
    sources = [reference, *(source for name, source in others.items() if name not in without)]
    return tuple(dict.fromkeys(_without_others(source, unit, exercise) for source in sources))


def _without_others(source: str, unit: str, exercise: str) -> str:
    others = {*exercises_of(unit)} - {exercise}
    return ast.unparse(ast.Module([*_kept(ast.parse(source).body, exercise, others)], []))


def _kept(body: list[ast.stmt], exercise: str, others: set[str]) -> Iterator[ast.stmt]:
    last = {getattr(node, "name", ""): index for index, node in enumerate(body)}
    for index, node in enumerate(body):
        name = getattr(node, "name", "")
        if name not in others and (name != exercise or last[name] == index):
            yield node
