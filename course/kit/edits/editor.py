"""Make edits of a hand-in's exercise: each a whole hand-in that differs in one place, or in two."""

import ast
import contextlib
import copy
import functools
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from course.kit.edits.table import MUTATIONS, Rule, Rules, Scope, counts

TWO = "two"  # the kind of what is edited twice
_WITHOUT_EFFECT = ("annotation", "returns")  # of a function and its arguments


@dataclass(frozen=True)
class Mutant:
    """A hand-in whose exercise is edited.

    Attributes:
        exercise: which exercise.
        kind: the name of the rule that made the edit, `TWO` where there are two edits.
        line: the line of the edited statement in the hand-in that was edited.
        edits: the edited statement before and after, the first line of it; two where there are two.
        source: the whole hand-in.
    """

    exercise: str
    kind: str
    line: int
    edits: tuple[tuple[str, str], ...]
    source: str

    @property
    def before(self) -> str:
        """What stood there."""
        return "; ".join(before for before, _ in self.edits)

    @property
    def after(self) -> str:
        """What stands there now."""
        return "; ".join(after for _, after in self.edits)


@dataclass(frozen=True)
class Edit:
    """A node that can stand in another's place.

    Attributes:
        kind: the rule's name.
        owner: the node whose field is edited, or the list that holds the node.
        key: the field's name, or the place in the list.
        node: what is put there; None takes a statement away.
        statement: the statement around it.
        inserted: a statement that is new in a function's body.
        line: the line of what stood there.
    """

    kind: str
    owner: Any
    key: Any
    node: Any
    statement: ast.stmt
    inserted: str = ""
    line: int = 0

    @property
    def old(self) -> Any:
        """What stands there now."""
        if isinstance(self.owner, list):
            return self.owner[self.key]
        return getattr(self.owner, self.key)

    def after(self) -> str:
        """Return the first line of the edited statement, once the edit is made."""
        if self.node is None:
            return "(left out)"
        if self.inserted:
            return f"{head_of(self.statement)} {self.inserted}"
        return head_of(self.node if isinstance(self.node, ast.stmt) else self.statement)

    @contextlib.contextmanager
    def made(self) -> Iterator[None]:
        """Make the edit, and undo it again."""
        old = self.old
        self._put(ast.Pass() if self.node is None else self.node)
        try:
            yield
        finally:
            self._put(old)

    def _put(self, node: Any) -> None:
        if isinstance(self.owner, list):
            self.owner[self.key] = node
        else:
            setattr(self.owner, self.key, node)


class Editor:
    """Makes the edits of one exercise.

    Args:
        source: a hand-in, a whole module.
        exercise: the function's or the class's name; the last definition of that name counts.

    Raises:
        ValueError: the hand-in doesn't define the exercise.
    """

    def __init__(self, source: str, exercise: str):
        self._lines, self.exercise = source.splitlines(keepends=True), exercise
        body = ast.parse(source).body
        nodes = [n for n in body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
        named = [node for node in nodes if node.name == exercise]
        if not named:
            raise ValueError(f"The hand-in doesn't define {exercise}.")
        self._node = named[-1]
        self._first = min([self._node.lineno, *(d.lineno for d in self._node.decorator_list)])
        self._last = self._node.end_lineno or self._first
        take_docstrings_away(self._node)
        self._plain = ast.unparse(self._node)
        self._edits = list(edits_of(self._node))

    @property
    def plain_source(self) -> str:
        """The hand-in with no edit made, the exercise written as in the edited ones."""
        return self._with(self._plain)

    @functools.cached_property
    def singles(self) -> list[Mutant]:
        """The hand-in with each edit made, each text once."""
        by_text: dict[str, Mutant] = {}
        for edit in self._edits:
            mutant = self._mutant(edit.kind, edit)
            if mutant is not None:
                by_text.setdefault(mutant.source, mutant)
        return list(by_text.values())

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield the edited statement before and after, of each edit, without making the hand-in."""
        for edit in self._edits:
            before = head_of(edit.statement)
            with edit.made():
                yield before, edit.after()

    def pairs(self, number: int, seed: int) -> Iterator[Mutant]:
        """Yield the hand-in with two edits made, drawn at random.

        Args:
            number: how many.
            seed: what the draws depend on.
        """
        draw = random.Random(f"{seed}/{self.exercise}")
        seen = {mutant.source for mutant in self.singles}  # one edit may hide the other
        for _ in range(number if len(self._edits) > 1 else 0):
            mutant = self._mutant(TWO, *draw.sample(self._edits, 2))
            if mutant is not None and mutant.source not in seen:
                seen.add(mutant.source)
                yield mutant

    def _with(self, definition: str) -> str:
        lines = self._lines
        return "".join([*lines[: self._first - 1], definition, "\n", *lines[self._last :]])

    def _mutant(self, kind: str, *edits: Edit) -> Mutant | None:
        with contextlib.ExitStack() as stack:
            before = [head_of(edit.statement) for edit in edits]
            for edit in edits:
                stack.enter_context(edit.made())
            after = [edit.after() for edit in edits]
            try:
                definition = ast.unparse(self._node)
            except (ValueError, RecursionError, AttributeError):
                return None
        if definition == self._plain:
            return None
        source = self._with(definition)
        line = edits[0].statement.lineno
        texts = tuple(zip(before, after, strict=True))
        return Mutant(self.exercise, kind, line, texts, source)


def edits_of(definition: ast.stmt, rules: Rules = MUTATIONS) -> Iterator[Edit]:
    """Yield the edits of a function, a class or another statement, in the order of its text.

    Args:
        definition: what is edited; each edit holds parts of it.
        rules: the rules that make the edits.
    """
    attributes = _attributes(definition)
    if isinstance(definition, ast.FunctionDef):
        yield from _of_function(definition, attributes, rules)
    elif isinstance(definition, ast.ClassDef):
        for item in definition.body:
            if isinstance(item, ast.FunctionDef):
                yield from _of_function(item, attributes, rules)
    else:
        yield from _below(definition, Scope(), definition, rules)


def _of_function(
    function: ast.FunctionDef, attributes: dict[str, str], rules: Rules
) -> Iterator[Edit]:
    scope = _scope(function, attributes)
    for kind, node in _alternatives(rules.statements, function, scope):
        if isinstance(node, ast.FunctionDef):  # the same function with another body
            body: Any = node.body
            pairs = itertools.zip_longest(body, function.body)
            new = next(one for one, old in pairs if old is None or not _same(one, old))
            yield Edit(kind, function, "body", body, function, ast.unparse(new), function.lineno)
    yield from _below(function.args, scope, function, rules)
    yield from _statements(function.body, scope, rules)


def _statements(body: list[ast.stmt], scope: Scope, rules: Rules) -> Iterator[Edit]:
    for index, item in enumerate(body):
        if _builds_part(item):
            continue
        if isinstance(item, ast.FunctionDef):
            yield from _of_function(item, scope.attributes, rules)
            continue
        for kind, node in _alternatives(rules.statements, item, scope):
            yield Edit(kind, body, index, node, item, line=item.lineno)
        yield from _below(item, scope, item, rules)
        for block in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(item, block, []), scope, rules)


def _builds_part(statement: ast.stmt) -> bool:
    """Whether a statement is `self.NAME.build(...)`: without it Keras builds what is called."""
    function = getattr(getattr(statement, "value", None), "func", None)
    owner = getattr(function, "value", None)
    return (
        isinstance(statement, ast.Expr)
        and getattr(function, "attr", "") == "build"
        and isinstance(owner, ast.Attribute)
    )


def _below(node: ast.AST, scope: Scope, statement: ast.stmt, rules: Rules) -> Iterator[Edit]:
    """Yield the edits of the expressions of a statement, not of the statements inside it."""
    for key, value in ast.iter_fields(node):
        if key in _WITHOUT_EFFECT:
            continue
        if isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.AST) and not isinstance(item, ast.stmt):
                    yield from _at(value, index, item, scope, statement, rules)
        elif isinstance(value, ast.AST):
            yield from _at(node, key, value, scope, statement, rules)


def _at(
    owner: Any, key: Any, node: ast.AST, scope: Scope, statement: ast.stmt, rules: Rules
) -> Iterator[Edit]:
    for kind, other in _alternatives(rules.expressions, node, scope):
        line = getattr(node, "lineno", statement.lineno)
        yield Edit(kind, owner, key, other, statement, line=line)
    if not (isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)):
        yield from _below(node, scope, statement, rules)


def _alternatives(
    rules: tuple[Rule, ...], node: ast.AST, scope: Scope
) -> Iterator[tuple[str, ast.AST | None]]:
    for rule in rules:
        for other in rule(node, scope):
            yield rule.__name__, copy.deepcopy(other)


def _scope(function: ast.FunctionDef, attributes: dict[str, str]) -> Scope:
    arguments = function.args
    names = [a.arg for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]
    parameters = [name for name in names if name != "self"]
    positional = names[: len(arguments.posonlyargs) + len(arguments.args)]
    defaults = dict(zip(reversed(positional), reversed(arguments.defaults), strict=False))
    assigned = [
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    return Scope(
        function=function.name,
        parameters=parameters,
        defaults={name: defaults[name] for name in parameters if name in defaults},
        names=list(dict.fromkeys([*parameters, *assigned])),
        attributes=attributes,
        counts=counts(function, parameters),
    )


def _attributes(exercise: ast.AST) -> dict[str, str]:
    """Return the attributes that a class's constructor sets, and what it makes them of.

    Of several that are the same name's value the first counts: nobody can tell them apart.
    """
    found: dict[str, str] = {}
    names = set()
    for node in ast.walk(exercise):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
            target = node.targets[0]
            if isinstance(target.value, ast.Name) and target.value.id == "self":
                made = node.value.func if isinstance(node.value, ast.Call) else None
                default = type(node.value).__name__
                if default == "Name" and ast.unparse(node.value) in names:
                    continue
                names.add(ast.unparse(node.value))
                found[target.attr] = getattr(made, "attr", getattr(made, "id", default))
    return found


def take_docstrings_away(exercise: ast.AST) -> None:
    for node in ast.walk(exercise):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass(lineno=node.lineno)]


def _same(node: ast.AST, other: ast.AST) -> bool:
    return ast.dump(node) == ast.dump(other)


def head_of(node: ast.AST) -> str:
    """Return the first line of a statement's text."""
    if isinstance(node, ast.FunctionDef | ast.For | ast.If | ast.While | ast.With):
        node = copy.copy(node)
        node.body = [ast.Pass()]
    return ast.unparse(node).partition("\n")[0]
