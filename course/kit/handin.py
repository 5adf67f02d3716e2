"""Read what a student hands in: a notebook or a module, into statements that can be run.

Of a notebook those statements count that the exercises need (`course.kit.notebook_code` says
which); cells that train or plot are left out. From a module everything counts. Statements run one
by one, so that a broken helper costs only the exercises that use it. Why a name has no value is
known afterwards: what would have given it one is not run, can't be read, or has failed.
"""

import __future__

import ast
import codecs
import json
import linecache
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

from course.kit.ipython import absences_of, read_cell, read_module
from course.kit.language import Bilingual
from course.kit.notebook_code import needed_names, select
from course.kit.problems import Absence, Problem, UnreadableHandIn, one_line, place_in_chinese
from course.kit.statements import (
    Function,
    Statement,
    bound_names,
    is_stub,
    reads_at_once,
    verb_for,
)

MAX_BYTES = 20 * 1024 * 1024
_FIRST_LINE = 40  # characters of a cell's first line that are shown
_MOST_PLACES = 3  # that are listed in one sentence


@dataclass
class HandIn:
    """The statements of a hand-in that count, in order, and what is known of the others.

    Attributes:
        statements: those that count.
        problems: cells that can't be parsed, needed statements that are not run, exercises that
            are defined more than once, and after `execute` statements that failed.
        sources: the text of each place.
        absences: why names have no value; after `execute` also where a statement failed.
        defined: where functions and classes of the top level stand, whether they count or not.
        data: the file's content.
        cells: of a notebook what Jupyter shows of each code cell: "[7] def softmax(x):".
    """

    statements: list[Statement]
    problems: list[Problem]
    sources: Mapping[str, str] = field(default_factory=dict)
    absences: list[Absence] = field(default_factory=list)
    defined: Mapping[str, Bilingual] = field(default_factory=dict)
    data: bytes = b""
    cells: Mapping[str, str] = field(default_factory=dict)

    def defined_names(self) -> set[str]:
        """Return the top-level names that the statements bind."""
        return {name for statement in self.statements for name in bound_names(statement.node)}

    def absence(self, name: str) -> Absence | None:
        """Return why a name has no value, None where nothing would have given it one."""
        return next((absence for absence in self.absences if absence.name == name), None)

    def explanation(self, error: str) -> Bilingual | None:
        """Return why a name has no value that an error's message says is not defined."""
        undefined = re.search(r"name '(\w+)' is not defined", error)
        absence = self.absence(undefined[1]) if undefined else None
        return absence.sentence() if absence is not None else None

    def execute(self, namespace: dict[str, Any], replaced: Mapping[str, Any] | None = None) -> None:
        """Run the statements in a namespace; note those that fail among the problems.

        Args:
            namespace: where they run.
            replaced: names that have these values all the time, whatever the statements bind.
        """
        replaced = replaced or {}
        namespace.update(replaced)
        for place, source in self.sources.items():
            lines = source.splitlines(keepends=True)
            # Tracebacks, `inspect` and autograph find the text of functions in this cache.
            linecache.cache[place] = (len(source), None, lines, place)
        for statement, code in self.compiled():
            try:
                if isinstance(code, Exception):
                    raise code
                exec(code, namespace)
            except (Exception, SystemExit) as error:
                text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
                self._note_failure(statement, text)
            namespace.update(replaced)

    def _note_failure(self, statement: Statement, text: str) -> None:
        self.problems.append(Problem(statement.where, (text, text)))
        text = text.rstrip(".")
        why = (f"failed: {text}", f"运行时出错：{text}")
        for name in sorted(bound_names(statement.node)):
            verb = verb_for(statement.node, name)
            self.absences.append(Absence(name, verb, statement.where, why))

    def compiled(self) -> Iterator[tuple[Statement, CodeType | Exception]]:
        """Yield each statement with its code, or with the error that compiling it raised."""
        flags = 0
        for statement in self.statements:
            module = ast.Module(body=[statement.node], type_ignores=[])
            flags |= _future_flags(statement.node)
            try:
                yield statement, compile(module, statement.place, "exec", flags, dont_inherit=True)
            except Exception as error:
                yield statement, error


def read_handin(data: bytes, suffix: str, exercises: Sequence[str]) -> HandIn:
    """Read the bytes of a notebook (`.ipynb`) or a module (`.py`).

    Args:
        data: the file's content.
        suffix: the file's suffix, which says what it is.
        exercises: the names of the unit's exercises; of a notebook, only statements count that
            these exercises need.

    Raises:
        UnreadableHandIn: too large, not text, not a notebook, or a module that doesn't parse.
    """
    if len(data) > MAX_BYTES:
        size = MAX_BYTES // 2**20
        raise UnreadableHandIn(f"The file is larger than {size} MB.", f"文件超过了 {size} MB。")
    if not data.removeprefix(codecs.BOM_UTF8).strip():
        raise UnreadableHandIn("The file is empty.", "文件是空的。")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableHandIn(
            "The file is not text in UTF-8.", "文件不是 UTF-8 编码的文本。"
        ) from None
    if suffix not in (".ipynb", ".py"):
        raise UnreadableHandIn(
            "A hand-in is a notebook (.ipynb) or a module (.py).",
            "作业应当是笔记本（.ipynb）或模块（.py）。",
        )
    hand_in = (_read_notebook if suffix == ".ipynb" else _read_module)(text, exercises)
    hand_in.data = data
    return hand_in


def _future_flags(node: ast.stmt) -> int:
    """Return the compiler's flags for a `from __future__ import …`, 0 for anything else."""
    if not isinstance(node, ast.ImportFrom) or node.module != "__future__":
        return 0
    flags = 0
    for alias in node.names:
        if alias.name in __future__.all_feature_names:
            flags |= getattr(__future__, alias.name).compiler_flag
    return flags


def _read_module(text: str, exercises: Sequence[str]) -> HandIn:
    place = "your module"
    code = read_module(text, place)
    statements = [Statement(node, place) for node in code.nodes]
    statements, repeated = _without_later_stubs(statements, exercises)
    hand_in = HandIn(statements, [], {place: code.source}, defined=_definitions(statements))
    if code.absences:
        _note_absences(hand_in, code.absences, needed_names(statements, exercises))
    hand_in.problems += repeated
    return hand_in


def _read_notebook(text: str, exercises: Sequence[str]) -> HandIn:
    statements: list[Statement] = []
    problems: list[Problem] = []
    sources: dict[str, str] = {}
    left_out: list[Absence] = []
    unreadable: list[Absence] = []
    cells: dict[str, str] = {}
    for number, (source, count) in enumerate(_code_cells(text), start=1):
        place = f"code cell {number}"
        cells[place] = _as_shown(source, count)
        try:
            code = read_cell(source, place)
        except UnreadableHandIn as error:
            where = (place, place_in_chinese(place))
            problems.append(Problem(where, (str(error), error.zh)))
            why = (f"can't be read: {error}".rstrip("."), f"无法读取：{error.zh}".rstrip("。"))
            unreadable += absences_of(source, place, why)
            continue
        sources[place] = code.source
        statements += [Statement(node, place) for node in code.nodes]
        left_out += code.absences
    defined = _definitions(statements)
    statements, repeated = _without_later_stubs(statements, exercises)
    statements, not_run, needed = select(statements, exercises)
    hand_in = HandIn(statements, problems, sources, defined=defined, cells=cells)
    _note_absences(hand_in, [*not_run, *left_out], needed)
    hand_in.absences += unreadable
    hand_in.problems += repeated
    return hand_in


def _definitions(statements: Iterable[Statement]) -> dict[str, Bilingual]:
    """Return the places of functions and classes, by name."""
    return {
        statement.node.name: (statement.place, place_in_chinese(statement.place))
        for statement in statements
        if isinstance(statement.node, Function | ast.ClassDef)
    }


def _note_absences(hand_in: HandIn, absences: Iterable[Absence], needed: set[str]) -> None:
    """Note why needed names have no value, and say so among the problems."""
    hand_in.absences += [absence for absence in absences if absence.name in needed]
    hand_in.problems += [absence.problem() for absence in hand_in.absences]


def _code_cells(text: str) -> Iterable[tuple[str, int | None]]:
    """Yield the sources of code cells, with the numbers that Jupyter shows beside them."""
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableHandIn(
            "The file is not a notebook: it is not valid JSON.",
            "文件不是笔记本：它不是有效的 JSON。",
        ) from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        if isinstance(notebook, dict) and "worksheets" in notebook:
            raise UnreadableHandIn(
                "The notebook is in an old format; open it in Jupyter, save it, and hand that in.",
                "笔记本是旧格式；请在 Jupyter 中打开并保存后再提交。",
            )
        raise UnreadableHandIn(
            "The file is not a notebook: it has no list of cells.",
            "文件不是笔记本：其中没有单元格列表。",
        )
    for cell in cells:
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        if isinstance(source, list):
            source = "".join(part for part in source if isinstance(part, str))
        if isinstance(source, str):
            count = cell.get("execution_count")
            yield source, count if isinstance(count, int) else None


def _as_shown(source: str, count: int | None) -> str:
    """Return what tells a code cell on the screen: Jupyter's number, and the first line."""
    first = next((line for line in source.splitlines() if line.strip()), "")
    return f"[{' ' if count is None else count}] {one_line(first, _FIRST_LINE)}"


def _without_later_stubs(
    statements: list[Statement], exercises: Sequence[str]
) -> tuple[list[Statement], list[Problem]]:
    """Leave out stubs of exercises that are written further up; say which definitions count."""
    definitions: dict[str, list[Statement]] = {}
    for statement in statements:
        for name in bound_names(statement.node) & set(exercises):
            if not reads_at_once(statement.node, name):  # `softmax = compiled(softmax)`
                definitions.setdefault(name, []).append(statement)
    left_out: set[int] = set()
    problems = []
    for name in exercises:
        found = definitions.get(name, [])
        if len(found) < 2:
            continue
        counting = next((s for s in reversed(found) if not is_stub(s.node)), found[-1])
        left_out |= {id(s.node) for s in found[found.index(counting) + 1 :]}
        problems.append(_repeated(name, counting, [s for s in found if s is not counting]))
    return [s for s in statements if id(s.node) not in left_out], problems


def _repeated(name: str, counting: Statement, others: Sequence[Statement]) -> Problem:
    places, more = [other.where for other in others[:_MOST_PLACES]], len(others) - _MOST_PLACES
    english = " and ".join(place[0] for place in places)
    chinese = "、".join(place[1] for place in places)
    if more > 0:
        english, chinese = f"{english} and {more} more", f"{chinese}等 {len(others)} 处"
    return Problem(
        counting.where,
        (
            f"This definition of `{name}` counts, and not the one in {english}.",
            f"`{name}` 以这里的定义为准，{chinese}的定义不算。",
        ),
    )
