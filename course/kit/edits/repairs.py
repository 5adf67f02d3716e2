"""Edits that may make a student's own exercise right, likeliest first.

They come from two sources: the table of slips, made to the student's code, and right code, see
`course.kit.edits.aligned`. Whether one of them makes the exercise right nobody knows before its
checks have run.
"""

import ast
import contextlib
import copy
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from course.kit.edits import aligned, table
from course.kit.edits.editor import Edit, edits_of, head_of, take_docstrings_away
from course.kit.edits.table import Rules, Scope, called
from course.kit.handin import HandIn
from course.kit.statements import bound_names

MOST_STATEMENTS = 400  # of an exercise and what it uses; in more, nothing is looked for
_MOST_CHARACTERS = 4_000_000  # of all edited definitions
_MOST_MODELS = 3
_REDUCTIONS = ("sum", "mean", "max", "amax", "min", "prod", "any", "all", "logsumexp")
_AXIS_OF = ("softmax", "concatenate", "stack", "argmax", "argmin", "cumsum", "split", "repeat")
_COMMON_NUMBERS = (-2, -1, 0, 1, 2)
_MINUS_INFINITY = "-1e9"
_NEAREST = 4
_SETUP = ("__init__", "build")  # whose statements have no order of their own


@dataclass(frozen=True)
class Repair:
    """A student's definition with one edit made, or two.

    Attributes:
        number: of the edit among all edits of the hand-in.
        statement: the place of the definition among the statements.
        text: the edited definition.
        place: the cell or the module.
        line: the line of what is edited.
        kind: what is edited, see `_kind_of`.
        about: the function whose argument it is, or the argument's name; may be empty.
        before, after: the edited statement, the first line of it.
        last_line: the last line of that statement.
    """

    number: int
    statement: int
    text: str
    place: str
    line: int
    kind: str
    about: str
    before: str
    after: str
    last_line: int


# -- rules that undo slips ------------------------------------------------------------------------


def common_number(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """A number that stands in many formulas."""
    value = table.number(node)
    if value is not None:
        for other in _COMMON_NUMBERS if isinstance(value, int) else (0.5, 1.0, 2.0):
            if other not in (value, value + 1, value - 1, -value, 0):
                yield ast.parse(repr(other), mode="eval").body
        if value == 0:
            yield ast.parse(_MINUS_INFINITY, mode="eval").body


def other_operator(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """An operator of another row of the table."""
    if isinstance(node, ast.BinOp):
        for other in (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.MatMult):
            if not isinstance(node.op, other):
                yield ast.BinOp(node.left, other(), node.right)


def keyword(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """An argument that is handed on, an axis that is kept or named."""
    if not isinstance(node, ast.Call):
        return
    there = {item.arg for item in node.keywords}
    name = called(node)
    if name in _REDUCTIONS and "keepdims" not in there:
        yield _with_keyword(node, "keepdims", ast.Constant(True))
    if name in (*_REDUCTIONS, *_AXIS_OF) and "axis" not in there and len(node.args) == 1:
        for axis in (-1, 1, 0, -2):
            yield _with_keyword(node, "axis", ast.parse(str(axis), mode="eval").body)
    if table.own_attribute(node.func):
        used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        for parameter in scope.parameters:
            if parameter not in there and parameter not in used:
                yield _with_keyword(node, parameter, ast.Name(parameter, ast.Load()))
                if parameter.endswith("mask") and "mask" not in there:
                    yield _with_keyword(node, "mask", ast.Name(parameter, ast.Load()))


def _with_keyword(node: ast.Call, name: str, value: ast.expr) -> ast.Call:
    changed = copy.deepcopy(node)
    changed.keywords.append(ast.keyword(name, value))
    return changed


def positional(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """One argument more at the end."""
    if isinstance(node, ast.Call) and node.args and not isinstance(node.args[-1], ast.Starred):
        for axis in (-1, 0, 1, -2):
            changed = copy.deepcopy(node)
            changed.args.append(ast.parse(str(axis), mode="eval").body)
            yield changed
        used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        for name in scope.parameters:
            if name not in used:
                changed = copy.deepcopy(node)
                changed.args.append(ast.Name(name, ast.Load()))
                yield changed


def handed_on(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """The variable of an argument's own name: `axis=axis`."""
    if isinstance(node, ast.keyword) and node.arg in scope.names:
        own = isinstance(node.value, ast.Name) and node.value.id == node.arg
        if not own:
            yield ast.keyword(node.arg, ast.Name(node.arg, ast.Load()))


def other_name(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """A name for any parameter, or for a variable that is a little farther away."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in scope.names:
        place = scope.names.index(node.id)
        near = sorted(scope.names, key=lambda other: abs(scope.names.index(other) - place))
        for other in dict.fromkeys([*scope.parameters, *near[:_NEAREST]]):
            if other != node.id:
                yield ast.Name(other, ast.Load())


def around(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """Something around an expression."""
    if isinstance(node, ast.BinOp | ast.Call):
        for template in ("-_", "1 - _", "_ + 1", "_ - 1"):
            yield table.wrapped(template, node)
        for template in ("keras.ops.sqrt(_)", "keras.ops.swapaxes(_, -1, -2)"):
            yield table.wrapped(template, node)


def term(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """A value that is added, taken away, multiplied or divided."""
    if not isinstance(node, ast.Assign | ast.Return) or node.value is None:
        return
    used = {part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)}
    others = [name for name in scope.names if name not in used][-_NEAREST:]
    for name in (*others, *sorted(used & {*scope.names})):
        for operator in ("+", "*", "-", "/"):
            changed = copy.deepcopy(node)
            changed.value = table.wrapped(f"_ {operator} {name}", node.value)
            yield changed


REPAIRS = Rules(
    expressions=(
        table.constant,
        common_number,
        table.operator,
        other_operator,
        table.operands,
        table.function,
        table.argument,
        keyword,
        positional,
        handed_on,
        table.name,
        other_name,
        table.element,
        table.condition,
        around,
    ),
    statements=(table.statement, table.condition, term),
)
# The smallest edits are tried first, so that of two that make an exercise right the smaller one is
# found. What is taken away is half as large as what is put in, and so is what right code has; an
# edit of what the exercise uses is one node larger.
_TAKEN_AWAY, _FROM_RIGHT_CODE, _ELSEWHERE = 0.5, 0.5, 1.0
# What is rarely it comes later, by so many nodes.
_LATER = {"common_number": 1, "other_operator": 1, "positional": 2, "around": 3, "term": 3}


_FARTHEST = 2

# -- the edits of a hand-in -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Numbered:
    """An edit with its place in the hand-in and its rank; the lowest is tried first."""

    number: int
    statement: int
    edit: Edit
    rank: tuple[int, float]


class Repairs:
    """The edits of an exercise of a hand-in.

    Args:
        work: the hand-in.
        exercise: the exercise.
        names: the names of what it uses and the hand-in defines, which are edited, too.
        models: right code, each a module that defines the exercise.
        first_lines: places and lines that are edited first, those of exceptions.
    """

    def __init__(
        self,
        work: HandIn,
        exercise: str,
        names: Collection[str],
        models: Sequence[str] = (),
        first_lines: Collection[tuple[str, int]] = (),
    ):
        self._nodes = [copy.deepcopy(item.node) for item in work.statements]
        self._places = [item.place for item in work.statements]
        self._plain: dict[int, str] = {}
        self._in_order: list[_Numbered] = []
        self._edits: list[_Numbered] = []
        self._models = [ast.parse(model).body for model in models]
        wanted = _definitions(self._nodes, {exercise, *names})
        size = sum(isinstance(n, ast.stmt) for i in wanted for n in ast.walk(self._nodes[i]))
        if size > MOST_STATEMENTS:
            return
        for index in wanted:
            node = self._nodes[index]
            take_docstrings_away(node)
            self._plain[index] = ast.unparse(node)
            own = bound_names(node)
            lines = {line for place, line in first_lines if place == self._places[index]}
            tiers = _tiers(node, lines)
            for later, edit in [*self._from_models(node, own), *self._from_rules(node)]:
                elsewhere = 0.0 if exercise in own else _ELSEWHERE
                tier = tiers.get(edit.line, _FARTHEST)
                rank = (tier, _size_of(edit) + later + elsewhere)
                self._edits.append(_Numbered(len(self._edits), index, edit, rank))
        self._in_order = sorted(self._edits, key=lambda item: (item.rank, item.number))

    def methods(self) -> Iterator[Repair]:
        """Yield the hand-in with right methods in the place of its own, one at a time.

        Each comes from the right code that is most like the hand-in's, then from others.
        """
        for index, node in enumerate(self._nodes):
            if index in self._plain and isinstance(node, ast.ClassDef):
                for right, names in self._nearest(node, bound_names(node)):
                    if isinstance(right, ast.ClassDef):
                        for edit in aligned.right_methods(node, right, names):
                            numbered = _Numbered(-1, index, edit, (0, 0.0))
                            repair = self._repair(numbered, ())
                            if repair is not None:
                                yield repair

    def _from_rules(self, node: ast.stmt) -> Iterator[tuple[float, Edit]]:
        for edit in edits_of(node, REPAIRS):
            yield _LATER.get(edit.kind, 0.0), edit

    def _from_models(self, node: ast.stmt, own: set[str]) -> Iterator[tuple[float, Edit]]:
        for place, (right, names) in enumerate(self._nearest(node, own)):
            for edit in aligned.aligned_edits(node, right, names):
                yield place - (1 - _FROM_RIGHT_CODE) * _size_of(edit), edit

    def _nearest(self, node: ast.stmt, own: set[str]) -> list[tuple[ast.stmt, aligned.Names]]:
        """Return the right code that is most like a definition."""
        found = []
        imported = aligned.imported_names(self._nodes)
        known = {name for other in self._nodes for name in bound_names(other)}
        for model in self._models:
            rights = [item for item in model if bound_names(item) & own and _is_definition(item)]
            if rights:
                names = aligned.Names(aligned.imported_names(model), imported, known)
                found.append((aligned.likeness(node, rights[-1]), rights[-1], names))
        found.sort(key=lambda item: -item[0])
        return [(right, names) for _, right, names in found[:_MOST_MODELS]]

    def sources(self) -> list[str]:
        """Return the text of each statement of the hand-in."""
        return [ast.unparse(node) for node in self._nodes]

    def singles(self) -> Iterator[Repair]:
        """Yield the single edits, likeliest first, each text once."""
        return self._with({*self._plain.values()}, ())

    def prefer(self, place: str, first: int, last: int) -> None:
        """Try first what edits these lines.

        Args:
            place: the cell or the module.
            first, last: the lines.
        """
        self._in_order.sort(
            key=lambda item: (
                not (self._places[item.statement] == place and first <= item.edit.line <= last)
            )
        )

    def pairs(self, first: int) -> Iterator[Repair]:
        """Yield the edits on top of one.

        Args:
            first: the number of the edit that stays made.
        """
        return self._with(set(), (self._edits[first],))

    def _with(self, seen: set[str], first: tuple[_Numbered, ...]) -> Iterator[Repair]:
        left = _MOST_CHARACTERS
        for item in self._in_order:
            repair = self._repair(item, first)
            if repair is None or repair.text in seen:
                continue
            seen.add(repair.text)
            left -= len(repair.text)
            if left < 0:
                return
            yield repair

    def _repair(self, item: _Numbered, first: tuple[_Numbered, ...]) -> Repair | None:
        edit = item.edit
        kind, about = _kind_of(edit)
        before = head_of(edit.statement)
        with contextlib.ExitStack() as made:
            for earlier in first:
                made.enter_context(earlier.edit.made())
            made.enter_context(edit.made())
            try:
                text = ast.unparse(self._nodes[item.statement])
                after = edit.after()
            except (ValueError, RecursionError, AttributeError, TypeError):
                return None
        return Repair(
            *(item.number, item.statement, text, self._places[item.statement], edit.line),
            *(kind, about, before, after, edit.statement.end_lineno or edit.line),
        )


def _definitions(nodes: Sequence[ast.stmt], names: Collection[str]) -> list[int]:
    """Return the places of the statements that give these names their value."""
    last: dict[str, int] = {}
    for index, node in enumerate(nodes):
        if _is_definition(node):
            for name in bound_names(node) & {*names}:
                last[name] = index
    return sorted(set(last.values()))


def _is_definition(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign)


def _tiers(node: ast.stmt, lines: set[int]) -> dict[int, int]:
    """Return how far lines are from those that raised: these, what they read, and all others."""
    statements = [
        item for item in ast.walk(node) if isinstance(item, ast.stmt) and not hasattr(item, "body")
    ]
    tiers: dict[int, int] = {}
    wanted: set[str] = set()
    for item in statements:
        if any(item.lineno <= line <= (item.end_lineno or item.lineno) for line in lines):
            tiers |= dict.fromkeys(range(item.lineno, (item.end_lineno or item.lineno) + 1), 0)
            wanted |= _names_in(item, ast.Load)
    for item in statements:
        if _names_in(item, ast.Store) & wanted:
            for line in range(item.lineno, (item.end_lineno or item.lineno) + 1):
                tiers.setdefault(line, 1)
    return tiers


def _names_in(node: ast.AST, context: type) -> set[str]:
    """Return the variables, and the attributes of `self`, that a statement reads or assigns."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name | ast.Attribute) and isinstance(part.ctx, context):
            attribute = table.own_attribute(part)
            if attribute:
                found.add(f"self.{attribute}")
            elif isinstance(part, ast.Name) and part.id != "self":
                found.add(part.id)
    return found


def _size_of(edit: Edit) -> float:
    """Return how many nodes an edit puts in and takes away."""
    taken, put = _labels(edit.old), _labels(edit.node)
    return (put - taken).total() + _TAKEN_AWAY * (taken - put).total()


def _labels(node: Any) -> Counter[str]:
    nodes = node if isinstance(node, list) else [node]
    return Counter(
        _label(part)
        for item in nodes
        if isinstance(item, ast.AST)
        for part in ast.walk(item)
        if not isinstance(part, ast.expr_context)
    )


def _label(node: ast.AST) -> str:
    details = (getattr(node, name, "") for name in ("id", "attr", "arg", "value"))
    plain = (repr(value)[:40] for value in details if isinstance(value, str | int | float))
    return " ".join([type(node).__name__, *plain])


# -- what an edit is called -----------------------------------------------------------------------


def _kind_of(edit: Edit) -> tuple[str, str]:
    """Return what an edit changes, in a word, and the name of the function or argument there."""
    old, new = _old(edit), edit.node
    if edit.kind == aligned.METHOD:
        return aligned.METHOD, ""
    if edit.kind == aligned.MISSING:
        is_setup = isinstance(edit.owner, ast.FunctionDef) and edit.owner.name in _SETUP
        return ("missing_in" if is_setup or isinstance(edit.owner, ast.ClassDef) else "missing"), ""
    if new is None:
        return "extra", ""
    if isinstance(old, ast.keyword) and isinstance(new, ast.keyword):
        about = called(_call_around(edit, old)) if old.arg in ("axis", "axes") else old.arg or ""
        return ("axis" if old.arg in ("axis", "axes") else "argument"), about
    name = _argument_of(edit)
    if name in ("axis", "axes"):
        return "axis", called(_call_around(edit, edit.owner))
    if name:
        return "argument", name
    if edit.key == "keywords" and isinstance(edit.owner, ast.Call):
        return "arguments", called(edit.owner)
    if edit.key == "func" and isinstance(edit.owner, ast.Call):
        return "function", called(edit.owner)
    if isinstance(old, ast.Call) and isinstance(new, ast.Call):
        return _kind_of_call(old, new)
    if isinstance(old, ast.operator | ast.cmpop | ast.boolop | ast.unaryop):
        return "operator", ""
    if isinstance(old, ast.BinOp | ast.BoolOp | ast.Compare) and type(new) is type(old):
        mine, theirs = ([*map(ast.dump, _operands(node))] for node in (old, new))
        if sorted(mine) == sorted(theirs):
            return ("operator" if mine == theirs else "order"), ""
    if isinstance(new, ast.UnaryOp) and ast.dump(new.operand) == ast.dump(old):
        return "sign", ""
    if isinstance(old, ast.UnaryOp) and ast.dump(old.operand) == ast.dump(new):
        return "sign", ""
    if isinstance(old, ast.Slice):
        return "slice", ""
    if table.number(old) is not None or isinstance(old, ast.Constant):
        return "number", ""
    if isinstance(old, ast.Name | ast.Attribute) and isinstance(new, ast.Name | ast.Attribute):
        return "name", ast.unparse(old)
    if isinstance(old, ast.If | ast.IfExp) and isinstance(new, ast.If | ast.IfExp):
        return "condition", ""
    if isinstance(old, ast.AST) and isinstance(new, ast.AST):
        if _holds(_value(new), _value(old)):
            return "around", ""
        if _holds(_value(old), _value(new)):
            return "too_much", ""
    return "expression", ""


def _kind_of_call(old: ast.Call, new: ast.Call) -> tuple[str, str]:
    mine, theirs = [*map(ast.dump, old.args)], [*map(ast.dump, new.args)]
    if ast.dump(old.func) != ast.dump(new.func) and mine == theirs:
        return "function", called(old)
    if sorted(mine) == sorted(theirs) and mine != theirs:
        return "order", called(old)
    if ast.dump(old.func) == ast.dump(new.func):
        added = {k.arg for k in new.keywords} ^ {k.arg for k in old.keywords}
        return ("axis" if added == {"axis"} else "arguments"), called(old)
    if _holds(new, old):
        return "around", ""
    return ("too_much" if _holds(old, new) else "expression"), ""


def _old(edit: Edit) -> ast.AST:
    return edit.old if isinstance(edit.old, ast.AST) else edit.statement


def _argument_of(edit: Edit) -> str:
    return edit.owner.arg or "" if isinstance(edit.owner, ast.keyword) else ""


def _call_around(edit: Edit, argument: ast.AST) -> ast.AST:
    calls = (node for node in ast.walk(edit.statement) if isinstance(node, ast.Call))
    return next((call for call in calls if argument in call.keywords), edit.statement)


def _operands(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    return list(getattr(node, "values", []))


def _value(node: ast.AST) -> ast.AST:
    value = getattr(node, "value", None)
    return value if isinstance(node, ast.stmt) and isinstance(value, ast.AST) else node


def _holds(whole: ast.AST, part: ast.AST) -> bool:
    wanted = ast.dump(part)
    return any(node is not whole and ast.dump(node) == wanted for node in ast.walk(whole))
