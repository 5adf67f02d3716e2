"""Edits that come from right code: what it has where a student's code has something else.

Both definitions are aligned by structure, statement by statement and then expression by expression,
whatever their variables are called. Each difference is an edit: the student's own expression with
the right one in its place, written with the student's names.
"""

import ast
import builtins
import copy
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from course.kit.edits.editor import Edit, take_docstrings_away

ALIGNED, MISSING, METHOD = "aligned", "missing", "method"
_ALIKE = 0.4  # statements with less in common are not aligned
_UNKNOWN = "?"  # begins a name that the student's code has no counterpart of
_BLOCKS = ("body", "orelse", "finalbody")
_Function = ast.FunctionDef


@dataclass
class Names:
    """What right code's names are called in a student's.

    Attributes:
        imported: what each imported name of the right code stands for: `ops` for `keras.ops`.
        own_imported: the same of the student's code.
        known: the student's other names at the top level.
        variables: the student's name for each parameter and variable.
        attributes: the student's name for each attribute of `self`.
    """

    imported: dict[str, str]
    own_imported: dict[str, str]
    known: set[str]
    variables: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)

    def of_function(self) -> "Names":
        """Return the same for a function, whose variables aren't known yet."""
        return Names(self.imported, self.own_imported, self.known, {}, self.attributes)

    def variable(self, name: str) -> str:
        """Return the student's name for a name of the right code."""
        if name in self.variables:
            return self.variables[name]
        if name in self.known or hasattr(builtins, name) or name == "self":
            return name
        return f"{_UNKNOWN}{name}"

    def dotted(self, path: str) -> str:
        """Return how the student's code writes an imported object, `keras.ops.sum` say."""
        for name, meaning in sorted(self.own_imported.items(), key=lambda item: -len(item[1])):
            if path == meaning or path.startswith(f"{meaning}."):
                return name + path.removeprefix(meaning)
        return path if path.startswith("keras.") else f"{_UNKNOWN}{path}"


def imported_names(nodes: Sequence[ast.stmt]) -> dict[str, str]:
    """Return what the names stand for that some statements import."""
    found = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.split(".")[0]
                found[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def likeness(one: ast.AST, other: ast.AST) -> float:
    """Return how much two pieces of code have in common, from 0 to 1, whatever their names are."""
    return _overlap(_labels(one), _labels(other))


def aligned_edits(own: ast.stmt, right: ast.stmt, names: Names) -> Iterator[Edit]:
    """Yield the edits that make a student's definition more like the right one.

    Args:
        own: the student's function or class, without docstrings; each edit holds parts of it.
        right: the right one.
        names: what the right one's names are in the student's code.
    """
    right = copy.deepcopy(right)
    take_docstrings_away(right)
    if isinstance(own, _Function) and isinstance(right, _Function):
        yield from _of_functions(own, right, names)
    elif isinstance(own, ast.ClassDef) and isinstance(right, ast.ClassDef):
        methods = {item.name: item for item in own.body if isinstance(item, _Function)}
        rights = [item for item in right.body if isinstance(item, _Function)]
        for item in rights:
            if item.name in methods:
                _note_attributes(methods[item.name], item, names)
        for item in rights:
            if item.name in methods:
                yield from _of_functions(methods[item.name], item, names)
                continue
            renamed = _renamed(item, _with_own_variables(names, item))
            if not _has_unknown(renamed):
                yield _missing(own, "body", len(own.body), renamed, own)


def right_methods(own: ast.ClassDef, right: ast.ClassDef, names: Names) -> Iterator[Edit]:
    """Yield the edits that put a whole right method in the place of a student's.

    They tell which method goes wrong, and what in it does not.
    """
    right = copy.deepcopy(right)
    take_docstrings_away(right)
    rights = {item.name: item for item in right.body if isinstance(item, _Function)}
    mine = [(n, item) for n, item in enumerate(own.body) if isinstance(item, _Function)]
    for _, item in mine:
        if item.name in rights:
            _note_attributes(item, rights[item.name], names)
    for index, item in mine:
        if item.name in rights:
            other = rights[item.name]
            renamed = _renamed(other, _with_own_variables(names, other))
            if not _has_unknown(renamed) and not _same(renamed, item):
                yield Edit(METHOD, own.body, index, renamed, item, line=item.lineno)


def _with_own_variables(names: Names, function: _Function) -> Names:
    """Return names under which a whole function of the right code keeps its variables."""
    stored = (node.id for node in ast.walk(function) if isinstance(node, ast.Name))
    local = {name for name in stored if name not in names.imported}
    arguments = (node.arg for node in ast.walk(function) if isinstance(node, ast.arg))
    own = names.of_function()
    own.variables = {name: name for name in [*arguments, *(local & _stored(function))]}
    return own


def _stored(node: ast.AST) -> set[str]:
    return {
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }


def _of_functions(own: _Function, right: _Function, names: Names) -> Iterator[Edit]:
    names = names.of_function()
    _note_parameters(own, right, names)
    _note_variables(own.body, right.body, names)
    _note_used(own.body, right.body, names)
    for name in sorted(_stored(right) - names.variables.keys() - _stored(own)):
        names.variables[name] = name  # what a missing statement assigns
    right = _renamed(right, names)
    if len(own.args.defaults) == len(right.args.defaults):
        for index, default in enumerate(right.args.defaults):
            defaults = own.args.defaults
            yield from _differences(defaults[index], default, defaults, index, own)
    yield from _of_bodies(own, "body", right.body, own)
    yield from _inside_functions(own, right)


def _inside_functions(own: _Function, right: _Function) -> Iterator[Edit]:
    """Yield the edits that put the value of a statement into a function that the right code calls.

    Only functions of one argument are meant: `exp`, `sqrt`.
    """
    calls = [node for node in ast.walk(right) if isinstance(node, ast.Call)]
    alone = [node.func for node in calls if len(node.args) == 1 and not node.keywords]
    functions = {ast.dump(f): f for f in alone if not _has_unknown(f)}
    for statement in ast.walk(own):
        if isinstance(statement, ast.Assign | ast.Return) and statement.value is not None:
            for function in functions.values():
                around = ast.Call(copy.deepcopy(function), [statement.value], [])
                line = statement.lineno
                yield Edit(ALIGNED, statement, "value", around, statement, line=line)


def _of_bodies(owner: Any, key: str, right: list[ast.stmt], around: ast.stmt) -> Iterator[Edit]:
    """Yield the edits of a block of statements."""
    body: list[ast.stmt] = getattr(owner, key)
    pairs = _aligned(body, right)
    partners = dict(pairs)
    for index, item in enumerate(body):
        if index not in partners:
            yield Edit(ALIGNED, body, index, None, item, line=item.lineno)
            continue
        other = right[partners[index]]
        yield from _differences(item, other, body, index, item)
        for block in _BLOCKS:
            inner, theirs = getattr(item, block, None), getattr(other, block, None)
            if inner and theirs:
                yield from _of_bodies(item, block, theirs, item)
    found = {theirs: mine for mine, theirs in pairs}
    place, last = 0, around
    for index, item in enumerate(right):
        if index in found:
            place, last = found[index] + 1, body[found[index]]
        elif not _has_unknown(item) and not _ends_early(item, place, body):
            yield _missing(owner, key, place, item, last)


def _ends_early(item: ast.stmt, place: int, body: list[ast.stmt]) -> bool:
    """Whether a statement would let others never run: that is another function, not an edit."""
    returns = any(isinstance(part, ast.Return) for part in ast.walk(item))
    return returns and not isinstance(item, ast.FunctionDef | ast.If) and place < len(body)


def _missing(owner: Any, key: str, place: int, new: ast.stmt, before: ast.stmt) -> Edit:
    body = getattr(owner, key)
    longer: Any = [*body[:place], new, *body[place:]]
    line = owner.lineno if getattr(owner, "name", "") in ("__init__", "build") else before.lineno
    return Edit(MISSING, owner, key, longer, before, ast.unparse(new), line)


def _differences(own: Any, right: Any, owner: Any, key: Any, statement: ast.stmt) -> Iterator[Edit]:
    """Yield the edits of one node, the smallest first."""
    if not isinstance(own, ast.AST) or not isinstance(right, ast.AST) or _same(own, right):
        return
    line = getattr(own, "lineno", statement.lineno)
    if _assigns_another(own, right):  # as good a line as the one that is wrong, and not that one
        mine, theirs = getattr(own, "value", None), getattr(right, "value", None)
        yield from _differences(mine, theirs, own, "value", statement)
        return
    if type(own) is type(right):
        for name in own._fields:
            if name in _BLOCKS and isinstance(own, ast.stmt):
                continue
            mine, theirs = getattr(own, name, None), getattr(right, name, None)
            if isinstance(mine, ast.expr_context) or name in ("annotation", "returns"):
                continue
            if isinstance(mine, ast.AST) and isinstance(theirs, ast.AST):
                yield from _differences(mine, theirs, own, name, statement)
            elif isinstance(own, ast.Call) and isinstance(right, ast.Call) and name == "keywords":
                yield from _of_keywords(own, right, statement)
            elif isinstance(mine, list) and isinstance(theirs, list):
                if len(mine) == len(theirs):
                    for index, pair in enumerate(zip(mine, theirs, strict=True)):
                        yield from _differences(*pair, mine, index, statement)
            elif not isinstance(mine, list) and mine != theirs and isinstance(own, ast.expr):
                changed = copy.copy(own)
                setattr(changed, name, theirs)
                if not _has_unknown(changed):
                    yield Edit(ALIGNED, owner, key, changed, statement, line=line)
    if isinstance(own, ast.expr) and isinstance(right, ast.expr):
        for part in ast.walk(right):
            if part is not right and type(part) is type(own) and likeness(part, own) > _ALIKE:
                around = _with(right, part, own)
                if not _has_unknown(around):
                    yield Edit(ALIGNED, owner, key, around, statement, line=line)
    is_compound = any(getattr(own, block, None) for block in _BLOCKS)
    if not (isinstance(own, ast.stmt) and is_compound) and not _has_unknown(right):
        yield Edit(ALIGNED, owner, key, copy.deepcopy(right), statement, line=line)


def _assigns_another(own: Any, right: Any) -> bool:
    """Whether two assignments give different variables their values."""
    if not isinstance(own, ast.Assign) or not isinstance(right, ast.Assign):
        return False
    return [*map(ast.dump, own.targets)] != [*map(ast.dump, right.targets)]


def _of_keywords(own: ast.Call, right: ast.Call, statement: ast.stmt) -> Iterator[Edit]:
    mine = {item.arg: item for item in own.keywords}
    theirs = {item.arg: item for item in right.keywords}
    line = own.lineno
    for name, item in theirs.items():
        if name in mine:
            yield from _differences(mine[name].value, item.value, mine[name], "value", statement)
        elif not _has_unknown(item):
            longer: Any = [*own.keywords, item]
            yield Edit(ALIGNED, own, "keywords", longer, statement, line=line)
    for name, item in mine.items():
        if name not in theirs:
            fewer: Any = [other for other in own.keywords if other is not item]
            yield Edit(ALIGNED, own, "keywords", fewer, statement, line=line)


def _with(whole: ast.expr, part: ast.AST, other: ast.expr) -> ast.expr:
    """Return a copy of an expression with another part in the place of one."""

    class Put(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            return copy.deepcopy(other) if node is part else super().visit(copy.copy(node))

        def generic_visit(self, node: ast.AST) -> ast.AST:
            for name, value in ast.iter_fields(node):
                if isinstance(value, list):
                    setattr(node, name, list(value))
            return super().generic_visit(node)

    return Put().visit(whole)


# -- which statement stands for which -------------------------------------------------------------


def _aligned(own: list[ast.stmt], right: list[ast.stmt]) -> list[tuple[int, int]]:
    """Return the pairs of places in two blocks that have the most in common, in order."""
    mine, theirs = [_labels(item) for item in own], [_labels(item) for item in right]
    best: list[list[tuple[float, list[tuple[int, int]]]]] = [[(0.0, [])] * (len(right) + 1)]
    for i in range(len(own)):
        row = [(0.0, list[tuple[int, int]]())]
        for j in range(len(right)):
            options = [best[i][j + 1], row[j]]
            alike = _overlap(mine[i], theirs[j]) if type(own[i]) is type(right[j]) else 0.0
            if alike >= _ALIKE:
                score, pairs = best[i][j]
                options.append((score + alike, [*pairs, (i, j)]))
            row.append(max(options, key=lambda option: option[0]))
        best.append(row)
    return best[-1][-1][1]


def _labels(node: ast.AST) -> Counter[str]:
    labels: Counter[str] = Counter()
    for part in ast.walk(node):
        if isinstance(part, ast.expr_context):
            continue
        detail = ""
        if isinstance(part, ast.Attribute):
            detail = part.attr
        elif isinstance(part, ast.keyword):
            detail = part.arg or ""
        elif isinstance(part, ast.Constant):
            detail = repr(part.value)[:40]
        labels[f"{type(part).__name__} {detail}"] += 1
    return labels


def _overlap(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


# -- which name stands for which ------------------------------------------------------------------


def _note_parameters(own: _Function, right: _Function, names: Names) -> None:
    mine = [a.arg for a in [*own.args.posonlyargs, *own.args.args, *own.args.kwonlyargs]]
    theirs = [a.arg for a in [*right.args.posonlyargs, *right.args.args, *right.args.kwonlyargs]]
    for place, name in enumerate(theirs):
        if name in mine:
            names.variables[name] = name
        elif place < len(mine) and mine[place] not in theirs:
            names.variables[name] = mine[place]
    for one, other in ((right.args.kwarg, own.args.kwarg), (right.args.vararg, own.args.vararg)):
        if one is not None and other is not None:
            names.variables[one.arg] = other.arg


def _note_variables(own: list[ast.stmt], right: list[ast.stmt], names: Names) -> None:
    for i, j in _aligned(own, right):
        mine, theirs = _targets(own[i]), _targets(right[j])
        if len(mine) == len(theirs):
            for name, other in zip(theirs, mine, strict=True):
                names.variables.setdefault(name, other)
        for block in _BLOCKS:
            inner, others = getattr(own[i], block, None), getattr(right[j], block, None)
            if inner and others:
                _note_variables(inner, others, names)


def _note_used(own: list[ast.stmt], right: list[ast.stmt], names: Names) -> None:
    """Note what variables are called that are used where the right code uses its own."""
    for i, j in _aligned(own, right):
        for mine, theirs in _names_at_the_same_place(own[i], right[j]):
            if theirs not in names.imported:
                names.variables.setdefault(theirs, mine)


def _names_at_the_same_place(own: Any, right: Any) -> Iterator[tuple[str, str]]:
    if isinstance(own, ast.Name) and isinstance(right, ast.Name):
        yield own.id, right.id
    elif isinstance(own, ast.AST) and type(own) is type(right):
        for name in own._fields:
            yield from _names_at_the_same_place(getattr(own, name), getattr(right, name))
    elif isinstance(own, list) and isinstance(right, list):
        for mine, theirs in zip(own, right, strict=False):
            yield from _names_at_the_same_place(mine, theirs)


def _targets(statement: ast.stmt) -> list[str]:
    """Return the names that a statement assigns, not those that the statements inside it do."""
    found = []
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append(node.id)
        waiting = [
            *(
                child
                for child in ast.iter_child_nodes(node)
                if not isinstance(child, ast.stmt | ast.Lambda)
            ),
            *waiting,
        ]
    return found


def _note_attributes(own: _Function, right: _Function, names: Names) -> None:
    theirs_by_place = {j: i for i, j in _aligned(own.body, right.body)}
    for j, item in enumerate(right.body):
        if j not in theirs_by_place:
            continue
        mine, theirs = _attributes_set(own.body[theirs_by_place[j]]), _attributes_set(item)
        if len(mine) == len(theirs):
            for name, other in zip(theirs, mine, strict=True):
                names.attributes.setdefault(name, other)


def _attributes_set(statement: ast.stmt) -> list[str]:
    return [
        node.attr
        for node in ast.walk(statement)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    ]


class _Renamer(ast.NodeTransformer):
    def __init__(self, names: Names):
        self._names = names

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        path = _path(node)
        root = path[0] if path else ""
        if root in self._names.imported and root not in self._names.variables:
            dotted = ".".join([self._names.imported[root], *path[1:]])
            written = self._names.dotted(dotted)
            return ast.parse(written, mode="eval").body if _UNKNOWN not in written else _unknown()
        if root == "self" and len(path) > 1 and isinstance(node.value, ast.Name):
            node.attr = self._names.attributes.get(node.attr, node.attr)
            return node
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        name = node.id
        if name in self._names.imported and name not in self._names.variables:
            written = self._names.dotted(self._names.imported[name])
            return ast.parse(written, mode="eval").body if _UNKNOWN not in written else _unknown()
        return ast.Name(self._names.variable(name), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self._names.variable(node.arg)
        return node


def _unknown() -> ast.Name:
    return ast.Name(_UNKNOWN, ast.Load())


def _renamed(node: Any, names: Names) -> Any:
    return _Renamer(names).visit(copy.deepcopy(node))


def _path(node: ast.AST) -> list[str]:
    """Return the names of `a.b.c`, none where it doesn't begin with a name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return [node.id, *parts] if isinstance(node, ast.Name) else []


def _has_unknown(node: ast.AST) -> bool:
    return any(
        (isinstance(part, ast.Name) and part.id.startswith(_UNKNOWN))
        or (isinstance(part, ast.arg) and part.arg.startswith(_UNKNOWN))
        for part in ast.walk(node)
    )


def _same(own: ast.AST, other: ast.AST) -> bool:
    return ast.dump(own) == ast.dump(other)
