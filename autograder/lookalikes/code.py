"""A hand-in's exercises as sequences of tokens: how they are written, not what things are called.

The tokens come from the syntax tree, so that layout and comments are gone; what a student may name
has one token for all names, and what keras and Python name keeps its own.
"""

import ast
import builtins
import functools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autograder.base.paths import SOLUTIONS_DIR
from course.kit.handin import read_handin
from course.kit.problems import UnreadableHandIn
from course.kit.statements import (
    Function,
    bound_names,
    reads_at_once,
    simple_statements,
    used_names,
)
from course.kit.units import exercises_of

# Bytes of code that are read: five times the longest reference, with its docstrings.
MAX_CODE = 100_000
_BUILTINS = frozenset(dir(builtins))
Definitions = dict[str, list[tuple[ast.stmt, str]]]  # each name's statements, with their places


class NotComparable(ValueError):
    """A hand-in can't be read, or has none of the exercises; the message says why."""


@dataclass(frozen=True, slots=True)  # a class has a million of them
class Token:
    """What stands in a place of the syntax tree, and in which line."""

    text: str
    line: int


@dataclass(frozen=True)
class Piece:
    """A function or a method of an exercise, or of what an exercise uses.

    Attributes:
        name: as the student calls it, `SelfAttention.call` say.
        place: the cell, or the module.
        lines: its text but for the docstring, each with its number.
        tokens: how it is written.
    """

    name: str
    place: str
    lines: tuple[tuple[int, str], ...]
    tokens: tuple[Token, ...]


def pieces_of(data: bytes, suffix: str, unit: str) -> list[Piece]:
    """Return the pieces of a hand-in's exercises, and of what they use, in the course's order.

    Args:
        data: the file's bytes.
        suffix: `.ipynb` or `.py`.
        unit: the unit's name.

    Raises:
        NotComparable: it can't be read, is too large, or has no exercise.
    """
    if _size_of_code(data, suffix) > MAX_CODE:
        raise NotComparable(f"More than {MAX_CODE // 1000} kB of code.")
    try:
        hand_in = read_handin(data, suffix, exercises_of(unit))
        names = _Names(unit)
        definitions: Definitions = {}
        for statement in hand_in.statements:
            for node in simple_statements(statement.node):
                names.note(node)
                _note_definition(node, statement.place, definitions)
        names.own = set(definitions)
        sources = {place: source.splitlines() for place, source in hand_in.sources.items()}
        pieces = [
            piece
            for name in _reached(definitions, exercises_of(unit))
            for node, place in definitions[name]
            for piece in _pieces(node, place, sources, names)
        ]
    except UnreadableHandIn as error:
        raise NotComparable(str(error)) from None
    except (RecursionError, MemoryError):
        raise NotComparable("Something in it is nested too deeply.") from None
    if not pieces:
        raise NotComparable(f"Nothing of the unit {unit} is in the hand-in.")
    return pieces


def _size_of_code(data: bytes, suffix: str) -> int:
    """Return how much there is to parse; a notebook may hold large pictures beside it."""
    if suffix != ".ipynb":
        return len(data)
    try:
        cells = json.loads(data)["cells"]
        return sum(len(str(cell.get("source"))) for cell in cells if cell["cell_type"] == "code")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return 0  # the reader finds out, and says, what is wrong with it


def _note_definition(node: ast.stmt, place: str, definitions: Definitions) -> None:
    """Note what a statement defines; `softmax = compiled(softmax)` leaves what was there."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return
    for name in bound_names(node):
        earlier = definitions.get(name, []) if reads_at_once(node, name) else []
        definitions[name] = [*earlier, (node, place)]


def _reached(definitions: Definitions, exercises: Iterable[str]) -> Iterator[str]:
    """Yield the exercises that are there, each followed by what it alone uses so far."""
    seen: set[str] = set()
    for exercise in exercises:
        waiting = [exercise]
        while waiting:
            name = waiting.pop()
            if name in seen or name not in definitions or (name in exercises and name != exercise):
                continue
            seen.add(name)
            yield name
            used = {name for node, _ in definitions[name] for name in used_names(node)}
            waiting += sorted(used, reverse=True)


def _pieces(
    node: ast.stmt, place: str, sources: dict[str, list[str]], names: "_Names"
) -> Iterator[Piece]:
    lines = sources.get(place, [])
    if isinstance(node, Function):
        yield _piece(node.name, node, place, lines, names)
    elif isinstance(node, ast.ClassDef):
        for inner in node.body:
            if isinstance(inner, Function):
                yield _piece(f"{node.name}.{inner.name}", inner, place, lines, names, method=True)
    else:
        name = ", ".join(sorted(bound_names(node)))
        for part in ast.walk(node):
            if isinstance(part, ast.Lambda):
                yield _piece(name, _as_function(part, name), place, lines, names)


def _as_function(node: ast.Lambda, name: str) -> ast.FunctionDef:
    """Return the function that a lambda is short for."""
    body: list[ast.stmt] = [ast.copy_location(ast.Return(node.body), node.body)]
    function = ast.FunctionDef(name=name, args=node.args, body=body, decorator_list=[])
    return ast.copy_location(function, node)


def _piece(
    name: str,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    place: str,
    lines: list[str],
    names: "_Names",
    method: bool = False,
) -> Piece:
    arguments = [*node.args.posonlyargs, *node.args.args]
    itself = arguments[0].arg if method and arguments else ""
    tokens = tuple(_Tokens(names, itself).of_function(node))
    spoken: range = range(0)
    if ast.get_docstring(node, clean=False) is not None:
        spoken = range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    numbered = tuple(
        (number, lines[number - 1])
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        if number not in spoken and number <= len(lines)
    )
    return Piece(name, place, numbered, tokens)


class _Names:
    """Which names of a hand-in are given, by Python, keras or the contract; the others are own."""

    def __init__(self, unit: str):
        self.exercises = set(exercises_of(unit))
        self.members = _members(unit)
        self.imported: dict[str, str] = {}
        self.own: set[str] = set()

    def note(self, node: ast.stmt) -> None:
        """Take note of what a statement imports, under whatever name."""
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                self.imported[alias.asname or alias.name] = alias.name.rpartition(".")[2]

    def token(self, name: str) -> str:
        """Return the token for a name."""
        if name in self.imported:
            return self.imported[name]
        if name in self.exercises:
            return name
        return name if name in _BUILTINS and name not in self.own else "name"


@functools.cache
def _members(unit: str) -> frozenset[str]:
    """Return the attributes that the reference uses: the contract's, and keras's."""
    tree = ast.parse((SOLUTIONS_DIR / f"{unit}.py").read_text(encoding="utf-8"))
    return frozenset(node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute))


class _Tokens:
    """Writes a function as tokens."""

    def __init__(self, names: _Names, itself: str):
        self._names, self._itself = names, itself

    def of_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Token]:
        """Yield a function's tokens; its name, its decorators and its annotations have none."""
        yield Token("def", node.lineno)
        for part in (*node.args.args, *node.args.kwonlyargs):
            yield Token("argument", part.lineno)
        for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
            yield from self.of(default)
        for statement in node.body:
            yield from self.of(statement)

    def of(self, node: ast.AST) -> Iterator[Token]:
        """Yield the tokens of a statement or an expression."""
        line = getattr(node, "lineno", 0)
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from self.of_function(node)
            case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.Import() | ast.ImportFrom():
                pass  # a docstring, or nothing that does anything
            case ast.Name():
                yield Token(self._names.token(node.id), line)
            case ast.Attribute():
                yield from self._attribute(node)
            case ast.Constant():
                yield Token(_constant(node.value), line)
            case ast.AnnAssign():
                if node.value is not None:
                    yield Token("Assign", line)
                    yield from self.of(node.target)
                    yield from self.of(node.value)
            case ast.Call():
                yield Token("Call", line)
                yield from self.of(node.func)
                for argument in node.args:
                    yield from self.of(argument)
                for word in sorted(node.keywords, key=lambda word: word.arg or ""):
                    yield Token(f"{word.arg}=", word.value.lineno)
                    yield from self.of(word.value)
            case ast.BinOp() | ast.UnaryOp() | ast.BoolOp() | ast.AugAssign():
                yield Token(type(node.op).__name__, line)
                yield from self._inside(node)
            case ast.Compare():
                yield Token(" ".join(type(op).__name__ for op in node.ops), line)
                yield from self._inside(node)
            case _:
                yield Token(type(node).__name__, line)
                yield from self._inside(node)

    def _inside(self, node: ast.AST) -> Iterator[Token]:
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.expr_context | ast.operator | ast.unaryop | ast.cmpop):
                yield from self.of(child)

    def _attribute(self, node: ast.Attribute) -> Iterator[Token]:
        """Yield an attribute's tokens: `keras.ops.exp`, `ops.exp` and an imported `exp` are one."""
        base = node.value
        if isinstance(base, ast.Name) and base.id == self._itself:
            known = node.attr in self._names.members
            yield Token(f"self.{node.attr}" if known else "self.name", node.lineno)
            return
        while isinstance(base, ast.Attribute):
            base = base.value
        if not (isinstance(base, ast.Name) and base.id in self._names.imported):
            yield from self.of(node.value)
        yield Token(node.attr, node.lineno)


def _constant(value: object) -> str:
    """Return a constant's token; texts and fractions can be changed without another meaning."""
    if isinstance(value, bool | int) or value is None:
        return repr(value)[:12]
    return type(value).__name__
