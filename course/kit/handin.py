"""Read what a student hands in: a notebook or a module, into statements that can be run.

From a notebook only imports, assignments of constants, functions and classes count; cells that
train or plot are left out, and so is every definition that no exercise uses. From a module
everything counts. Statements run one by one, so that a broken helper costs only what needs it.
"""

import ast
import json
import linecache
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MAX_BYTES = 20 * 1024 * 1024


class UnreadableHandIn(ValueError):
    """The file is not something that can be read as a hand-in; the message says why."""


@dataclass(frozen=True)
class Problem:
    """Something in a hand-in that could not be used: where it stands, and what is wrong."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True)
class Statement:
    """One top-level statement and the place it came from."""

    node: ast.stmt
    place: str


@dataclass
class HandIn:
    """The statements of a hand-in that count, in order, and what was wrong with the others."""

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
            # Tracebacks, `inspect` and autograph find the text of the functions through this.
            linecache.cache[place] = (len(source), None, lines, place)
        failed = []
        for statement in self.statements:
            module = ast.Module(body=[statement.node], type_ignores=[])
            try:
                exec(compile(module, statement.place, "exec"), namespace)
            except Exception as error:
                where = f"{statement.place}, line {statement.node.lineno}"
                failed.append(Problem(where, f"{type(error).__name__}: {error}"))
        return failed


def read_handin(data: bytes, suffix: str, exercises: Sequence[str]) -> HandIn:
    """Read the bytes of a notebook (`.ipynb`) or a module (`.py`).

    Args:
        data: the file's content.
        suffix: the file's suffix, which says what it is.
        exercises: the names of the unit's exercises; what they need is what is kept of a notebook.

    Raises:
        UnreadableHandIn: too large, not text, not a notebook, or a module that doesn't parse.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableHandIn(f"The file is larger than {MAX_BYTES // 2**20} MB.")
    if not data.strip():
        raise UnreadableHandIn("The file is empty.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableHandIn("The file is not text in UTF-8.") from None
    if suffix == ".ipynb":
        return _read_notebook(text, exercises)
    if suffix == ".py":
        return _read_module(text)
    raise UnreadableHandIn("A hand-in is a notebook (.ipynb) or a module (.py).")


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


def _parse(source: str, place: str) -> list[ast.stmt]:
    """Parse a cell or a module.

    Raises:
        UnreadableHandIn: it doesn't parse, with the line.
    """
    try:
        return ast.parse(source).body
    except SyntaxError as error:
        message = f"Syntax error in line {error.lineno}: {error.msg}."
        raise UnreadableHandIn(message) from None
    except (ValueError, RecursionError, MemoryError):
        raise UnreadableHandIn(f"{place} can't be parsed: it is nested too deeply.") from None


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _read_module(text: str) -> HandIn:
    place = "your module"
    nodes = _parse(text, place)
    return HandIn([Statement(node, place) for node in nodes], [], {place: text})


def _read_notebook(text: str, exercises: Sequence[str]) -> HandIn:
    statements: list[Statement] = []
    problems: list[Problem] = []
    sources: dict[str, str] = {}
    for number, source in enumerate(_code_cells(text), start=1):
        place = f"code cell {number}"
        if not _parses(source):
            source = _without_magics(source)
        try:
            nodes = _parse(source, place)
        except UnreadableHandIn as error:
            problems.append(Problem(place, str(error)))
            continue
        sources[place] = source
        statements += [Statement(node, place) for node in nodes if _counts(node)]
    kept = _needed(statements, exercises)
    return HandIn(kept, problems, sources)


def _code_cells(text: str) -> Iterable[str]:
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableHandIn("The file is not a notebook: it is not valid JSON.") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise UnreadableHandIn("The file is not a notebook: it has no list of cells.")
    for cell in cells:
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        if isinstance(source, list):
            source = "".join(part for part in source if isinstance(part, str))
        if isinstance(source, str):
            yield source


def _without_magics(source: str) -> str:
    """Replace IPython's magics and shell lines by `pass`, so that line numbers stay right."""
    if re.match(r"\s*%%", source):
        return ""
    return re.sub(r"(?m)^([ \t]*)([%!?].*|[\w.]+\?{1,2}[ \t]*)$", r"\1pass", source)


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
    """Keep what the exercises use, directly or through other definitions, in the old order."""
    wanted = set(exercises)
    kept: set[int] = set()
    grown = True
    while grown:
        grown = False
        for index, statement in enumerate(statements):
            bound = bound_names(statement.node)
            if index not in kept and (bound & wanted or "*" in bound):
                kept.add(index)
                wanted |= used_names(statement.node)
                grown = True
    return [statement for index, statement in enumerate(statements) if index in kept]
