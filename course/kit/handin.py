"""Read what a student hands in: a notebook or a module, into statements that can be run.

From a notebook only imports, assignments of constants, functions and classes count; cells that
train or plot are left out, and so is every definition that no exercise uses. From a module
everything counts. Statements run one by one, so that a broken helper costs only the exercises that
use it.
"""

import __future__

import ast
import codecs
import json
import linecache
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

from course.kit.language import Bilingual, say

MAX_BYTES = 20 * 1024 * 1024

# Cell magics whose body is Python that runs among the notebook's own names.
_PYTHON_MAGICS = ("time", "capture", "prun", "memit", "mprun", "lprun")


class UnreadableHandIn(ValueError):
    """A file can't be read as a hand-in; the message says why."""

    def __init__(self, en: str, zh: str):
        super().__init__(en)
        self.zh = zh

    def message(self) -> str:
        """Return the message in the language in use; `str` is always English."""
        return say(str(self), self.zh)


@dataclass(frozen=True)
class Problem:
    """Something in a hand-in that could not be used: where it stands, and what is wrong."""

    where: Bilingual
    what: Bilingual

    def __str__(self) -> str:
        return f"{self.where[0]}: {self.what[0]}"

    @property
    def zh(self) -> str:
        """The problem in Chinese."""
        return f"{self.where[1]}：{self.what[1]}"

    def message(self) -> str:
        """Return the problem in the language in use; `str` is always English."""
        return say(str(self), self.zh)


@dataclass(frozen=True)
class Statement:
    """One top-level statement, and the place in the hand-in that it stands in."""

    node: ast.stmt
    place: str


@dataclass
class HandIn:
    """The statements of a hand-in that count, in order, and the problems of the others.

    Attributes:
        statements: those that count.
        problems: cells that can't be parsed.
        sources: the text of each place.
    """

    statements: list[Statement]
    problems: list[Problem]
    sources: Mapping[str, str] = field(default_factory=dict)

    def defined_names(self) -> set[str]:
        """Return the top-level names that the statements bind."""
        return {name for statement in self.statements for name in bound_names(statement.node)}

    def execute(self, namespace: dict[str, Any]) -> list[Problem]:
        """Run the statements in a namespace; return those that failed, as problems."""
        for place, source in self.sources.items():
            lines = source.splitlines(keepends=True)
            # Tracebacks, `inspect` and autograph find the text of functions in this cache.
            linecache.cache[place] = (len(source), None, lines, place)
        problems = []
        for statement, code in self.compiled():
            try:
                if isinstance(code, Exception):
                    raise code
                exec(code, namespace)
            except (Exception, SystemExit) as error:
                text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
                place, line = statement.place, statement.node.lineno
                where = (f"{place}, line {line}", f"{place_in_chinese(place)}第 {line} 行")
                problems.append(Problem(where, (text, text)))
        return problems

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


def place_in_chinese(place: str) -> str:
    """Return the Chinese name of a place, "code cell 3" say."""
    number = place.removeprefix("code cell ")
    return "你的模块" if number == place else f"第 {number} 个代码单元格"


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
    if suffix == ".ipynb":
        return _read_notebook(text, exercises)
    if suffix == ".py":
        return _read_module(text)
    raise UnreadableHandIn(
        "A hand-in is a notebook (.ipynb) or a module (.py).",
        "作业应当是笔记本（.ipynb）或模块（.py）。",
    )


def bound_names(node: ast.stmt) -> set[str]:
    """Return the names that a top-level statement binds; `*` stands for a star import."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import):
        return {alias.asname or alias.name.split(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {alias.asname or alias.name for alias in node.names}
    stored = (n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return {name.id for name in stored}


def used_names(node: ast.AST) -> set[str]:
    """Return every name that a statement reads, at any depth."""
    return {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Store)
    }


def _parse(source: str) -> list[ast.stmt]:
    """Parse a cell or a module.

    Raises:
        UnreadableHandIn: the source doesn't parse; the message names the line.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            return ast.parse(source).body
    except SyntaxError as error:
        text, reason = _one_line(error.text or "", 60), _one_line(error.msg, 200).rstrip(".")
        if reason.startswith(("(unicode error)", "(value error)")):  # in the words of a codec
            reason = "a backslash in a string begins something that isn't complete"
        end = "" if reason.endswith("?") else "."  # "Perhaps you forgot a comma?"
        if error.lineno is None:
            english, chinese = f"Syntax error: {reason}{end}", f"语法错误：{reason}。"
        else:
            quoted, marked = (f", “{text}”", f"“{text}”") if text else ("", "")
            english = f"Syntax error in line {error.lineno}{quoted}: {reason}{end}"
            chinese = f"第 {error.lineno} 行{marked}有语法错误：{reason}。"
        raise UnreadableHandIn(english, chinese) from None
    except (RecursionError, MemoryError):
        raise UnreadableHandIn(
            "It can't be parsed: something in it is nested too deeply.",
            "无法解析：其中有嵌套过深的内容。",
        ) from None
    except ValueError:
        raise UnreadableHandIn(
            "It can't be parsed: it holds characters that are not text.",
            "无法解析：其中含有不属于文本的字符。",
        ) from None


def _one_line(text: str, limit: int) -> str:
    """Return a text on one line, cut, with a mark for each character that a terminal obeys."""
    text = text.strip()[:limit].rstrip()
    return "".join(c if c.isprintable() else "�" for c in text)


def _future_flags(node: ast.stmt) -> int:
    """Return the compiler's flags for a `from __future__ import …`, 0 for anything else."""
    if not isinstance(node, ast.ImportFrom) or node.module != "__future__":
        return 0
    flags = 0
    for alias in node.names:
        if alias.name in __future__.all_feature_names:
            flags |= getattr(__future__, alias.name).compiler_flag
    return flags


def _read_module(text: str) -> HandIn:
    place = "your module"
    nodes = _parse(text)
    return HandIn([Statement(node, place) for node in nodes], [], {place: text})


def _read_notebook(text: str, exercises: Sequence[str]) -> HandIn:
    statements: list[Statement] = []
    problems: list[Problem] = []
    sources: dict[str, str] = {}
    for number, source in enumerate(_code_cells(text), start=1):
        place = f"code cell {number}"
        try:
            source, nodes = _parse_cell(source)
        except UnreadableHandIn as error:
            where = (place, place_in_chinese(place))
            problems.append(Problem(where, (str(error), error.zh)))
            continue
        sources[place] = source
        statements += [Statement(node, place) for node in nodes if _counts(node)]
    return HandIn(_needed(statements, exercises), problems, sources)


def _code_cells(text: str) -> Iterable[str]:
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
            yield source


def _parse_cell(source: str) -> tuple[str, list[ast.stmt]]:
    """Return a cell's source and its statements; IPython's magics are taken out of both.

    Raises:
        UnreadableHandIn: the cell doesn't parse, with or without its magics.
    """
    try:
        return source, _parse(source)
    except UnreadableHandIn:
        plain = _without_magics(source)
        return plain, _parse(plain)


def _without_magics(source: str) -> str:
    """Replace IPython's magics and shell lines by `pass`, so that line numbers stay right."""
    cell_magic = re.match(r"\s*%%(\w*).*", source)
    if cell_magic and cell_magic[1] not in _PYTHON_MAGICS:
        return ""
    # A shell line may go on after a backslash; what a magic assigns is never an exercise's.
    line = r"[%!?](?:[^\n\\]|\\(?:\n|.)|\\$)*"
    pattern = rf"(?m)^([ \t]*)(?:(?:\w[\w., ]*=[ \t]*)?{line}|[\w.]+\?{{1,2}}[ \t]*)$"
    return re.sub(pattern, lambda match: f"{match[1]}pass" + "\n" * match[0].count("\n"), source)


def _counts(node: ast.stmt) -> bool:
    if isinstance(
        node,
        ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
    ):
        return True
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return node.value is not None and _is_constant(node.value)
    return False


def _is_constant(node: ast.expr) -> bool:
    """Whether an expression is made of literals alone; arithmetic and float("inf") may be in it."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            plain = isinstance(part.func, ast.Name) and part.func.id in {"float", "int"}
            if not plain or part.keywords:
                return False
        elif isinstance(part, ast.Name):
            if part.id not in {"float", "int"}:
                return False
        elif isinstance(
            part, ast.Attribute | ast.Subscript | ast.Lambda | ast.comprehension | ast.Await
        ):
            return False
    return True


def _needed(statements: Sequence[Statement], exercises: Sequence[str]) -> list[Statement]:
    """Return the statements that the exercises use, directly or through others, in order."""
    binding: dict[str, list[int]] = {}  # each name's statements
    for index, statement in enumerate(statements):
        for name in bound_names(statement.node):
            binding.setdefault(name, []).append(index)
    needed: set[int] = set()
    seen: set[str] = set()
    waiting = ["*", *exercises]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for index in binding.get(name, ()):
            if index not in needed:
                needed.add(index)
                waiting += used_names(statements[index].node)
    return [statement for index, statement in enumerate(statements) if index in needed]
