"""What of a notebook counts: the statements that the exercises need, and that are safe to run.

Imports and definitions count where an exercise needs them, also inside `if`, `try`, `with` and
`match`. So does an assignment, a loop, or a call that changes a needed object (`table.append(3)`),
unless something in it trains, plots, downloads, reads or waits: it may be made of literals, names,
operators, lambdas and comprehensions, and of calls of functions and classes of the notebook,
built-ins, Python's own modules, numpy, Keras and Keras's backends. All other statements are left
out; where one would give a needed name its value, its absence is named.
"""

import ast
import builtins
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from course.kit.language import Bilingual
from course.kit.problems import Absence, line_of, not_run, one_line
from course.kit.statements import (
    COMPOUND,
    Function,
    Statement,
    bound_names,
    changed_names,
    global_names,
    now,
    path_of,
    statements_in,
    texts_in,
    used_names,
    verb_for,
    with_blocks,
)

_OUTSIDE = {"ftplib", "http", "shutil", "socket", "subprocess", "tkinter", "urllib", "webbrowser"}
_MODULES = (sys.stdlib_module_names - _OUTSIDE) | {
    *("numpy", "keras", "tensorflow", "jax", "torch", "course", "ml_dtypes", "typing_extensions"),
}
# Functions and methods that change nothing which an exercise could need.
_SHOWS = r"(?:plot|show|display|draw|print|save|write|dump|predict|evaluate|summary)(?:_\w*)?"
_SHOWING = re.compile(_SHOWS)
_ACTION = re.compile(
    rf"{_SHOWS}|(?:fit|train|load|read|open|download|upload|fetch|url)(?:_\w*)?"
    r"|\w+_from_directory|GradientTape|adapt|apply_gradients|backward|breakpoint|eval|exec|exit"
    r"|fromfile|genfromtxt|get_file|imshow|input|listdir|loadtxt|memmap|minimize|popen|quit"
    r"|readlines?|savefig|savetxt|savez|sleep|system|urlopen|urlretrieve"
)
# Of a class these run when an instance is made or called; of others nobody knows when they run.
_RUN_BY_INSTANCES = re.compile(r"__\w+__|build|call")
Path = tuple[str | None, list[str]]  # what `path_of` returns
_AWAITS = ("it waits for something with `await`", "它用 `await` 等待")


@dataclass(eq=False)
class _Part:
    """A statement of the top level, or of an `if`, a `try` and the like that stands there.

    Attributes:
        node: the statement; of an `if` and the like a copy with empty blocks.
        origin: the statement as it stands in the cell.
        place: the cell.
        around: the `if` and the like that it stands in, outermost first.
    """

    node: ast.stmt
    origin: ast.stmt
    place: str
    around: "tuple[_Part, ...]"

    @cached_property
    def bound(self) -> set[str]:
        return bound_names(self.node)

    @cached_property
    def read(self) -> set[str]:
        return used_names(self.node)

    @property
    def is_definition(self) -> bool:
        return isinstance(self.node, Function | ast.ClassDef)

    @property
    def is_import(self) -> bool:
        return isinstance(self.node, ast.Import | ast.ImportFrom)

    def calls(self) -> list[ast.Call]:
        """Return the calls in it that are not in a function."""
        return [part for part in now(self.node) if isinstance(part, ast.Call)]


def select(
    statements: Sequence[Statement], exercises: Iterable[str]
) -> tuple[list[Statement], list[Absence], set[str]]:
    """Select the statements of a notebook that count.

    Returns:
        The statements, in order; the absences of needed names; all needed names.
    """
    selection = _Selection(statements)
    selection.follow(["*", *exercises])
    wanted = {id(part.origin) for part in selection.wanted}
    counting = [
        Statement(node, statement.place)
        for statement in statements
        if (node := _reduced(statement.node, wanted)) is not None
    ]
    return counting, selection.absences, selection.needed


def needed_names(statements: Sequence[Statement], exercises: Iterable[str]) -> set[str]:
    """Return the names that the exercises need, directly or through others."""
    return select(statements, exercises)[2]


def _parts(node: ast.stmt, place: str, around: tuple[_Part, ...] = ()) -> Iterator[_Part]:
    if isinstance(node, ast.Delete):
        node.targets = [target for target in node.targets if _may_be_deleted(target)]
        if not node.targets:
            return
    if not isinstance(node, COMPOUND):
        yield _Part(node, node, place, around)
        return
    if isinstance(node, ast.If) and _asks_for_main(node.test):
        node.test = ast.copy_location(ast.Constant(True), node.test)  # as in the notebook
    head = _Part(with_blocks(node, lambda block: []), node, place, around)
    yield head
    for statement in statements_in(node):
        yield from _parts(statement, place, (*around, head))


def _may_be_deleted(target: ast.expr) -> bool:
    """Whether `del` counts: a name too many harms nobody, unless it hides a built-in."""
    return not isinstance(target, ast.Name) or hasattr(builtins, target.id)


def _asks_for_main(test: ast.expr) -> bool:
    return ast.dump(test) == ast.dump(ast.parse("__name__ == '__main__'", mode="eval").body)


def _reduced(node: ast.stmt, wanted: set[int]) -> ast.stmt | None:
    """Return a statement without the parts that are not wanted; None where nothing is left."""
    if not isinstance(node, COMPOUND):
        return node if id(node) in wanted else None
    left: list[ast.stmt] = []

    def reduced_block(block: list[ast.stmt]) -> list[ast.stmt]:
        found = [new for inner in block if (new := _reduced(inner, wanted)) is not None]
        left.extend(found)
        return found

    new = with_blocks(node, reduced_block)
    return new if left or id(node) in wanted else None


class _Selection:
    """The parts of a notebook that are wanted so far, and what keeps others from being run."""

    def __init__(self, statements: Iterable[Statement]):
        self._parts = [part for item in statements for part in _parts(item.node, item.place)]
        self._binders: dict[str, list[_Part]] = {}  # each name's, in order
        for part in self._parts:
            for name in part.bound:
                self._binders.setdefault(name, []).append(part)
        self._sources = {name: list(parts) for name, parts in self._binders.items()}
        self._note_changes()
        self._harmless: set[str] = set()  # names of what trains, plots and downloads nothing
        self.wanted: set[_Part] = set()
        self.needed: set[str] = set()
        self._absences: list[tuple[_Part, Absence]] = []

    @property
    def absences(self) -> list[Absence]:
        """Why needed names have no value, or an older one, in the order of the notebook."""
        order = {part: number for number, part in enumerate(self._parts)}
        return [absence for _, absence in sorted(self._absences, key=lambda item: order[item[0]])]

    def _note_changes(self) -> None:
        """Note, beside what binds a name, what changes the object, or binds by way of `global`."""
        for part in self._parts:
            names = changed_names(part.node)
            if not part.is_definition:
                for call in self._calls_for_effect(part):
                    names |= self._changed_by(call)
            for name in names - part.bound:
                self._sources.setdefault(name, []).append(part)

    def _calls_for_effect(self, part: _Part) -> Iterator[ast.Call]:
        for inner in now(part.node):
            if isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Call):
                yield inner.value

    def _changed_by(self, call: ast.Call) -> set[str]:
        """Return the names that a call whose result nobody keeps may change."""
        root, attributes = path_of(call.func)
        if root is None:
            return set()
        binders = self._binders.get(root, [])
        if not attributes:
            by_global = (name for part in binders for name in global_names(part.node))
            return {name for name in by_global if name not in self._binders}
        if _SHOWING.fullmatch(attributes[-1]):
            return set()
        is_own = any(not part.is_import for part in binders)
        return {root} if is_own or "get_custom_objects" in attributes else set()

    def follow(self, names: Iterable[str]) -> None:
        """Want whatever gives these names their values, and what that needs in turn."""
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in self.needed:
                continue
            self.needed.add(name)
            for part in self._sources.get(name, ()):
                if part not in self.wanted:
                    waiting += self._consider(part, name)

    def _consider(self, part: _Part, name: str) -> list[str]:
        """Want a part, unless it is not to be run; return the names that it needs."""
        obstacle = self._obstacle(part)
        if obstacle is not None:
            where = line_of(part.place, part.origin.lineno)
            is_change = name in self._binders and name not in part.bound
            verb = "changed" if is_change else verb_for(part.node, name)
            self._absences.append((part, Absence(name, verb, where, not_run(obstacle))))
            return []
        self.wanted.add(part)
        names: set[str] = set()
        for needing in (*part.around, part):
            names |= needing.read | self._named_in_texts(needing)
        return sorted(names)

    def _named_in_texts(self, part: _Part) -> set[str]:
        """Return the definitions that a part finds by their names: `activation="course>swish"`."""
        named = {text.rpartition(">")[2] for text in texts_in(part.node)}
        if "globals" in part.read:
            return named
        return {
            name
            for name in named
            if any(binder.is_definition for binder in self._binders.get(name, ()))
        }

    # -- what is not to be run ------------------------------------------------------------

    def _obstacle(self, part: _Part) -> Bilingual | None:
        """Return why a part is not run, None where it may be."""
        for run in (*part.around, part):
            if run.is_definition or run.is_import:
                continue
            if any(isinstance(inner, ast.Await | ast.AsyncFor) for inner in now(run.node)):
                return _AWAITS
            for call in run.calls():
                action = self._action(call, run)
                if action is not None:
                    return action
        return None

    def _action(self, call: ast.Call, part: _Part) -> Bilingual | None:
        """Return what a call does that the grader doesn't do, None where it is cheap."""
        path = path_of(call.func)
        root, shown = path[0], _shown(path)
        if self._acts(path, part):
            return f"it calls `{shown}`", f"它调用了 `{shown}`"
        inner = self._action_within(root) if root and root in part.read else None
        if inner is None:
            return None
        return (
            f"it calls `{shown}`, which leads to `{inner}`",
            f"它调用了 `{shown}`，其中又用到 `{inner}`",
        )

    def _acts(self, path: Path, part: _Part) -> bool:
        """Whether a call, by its name or its module, is one that isn't run."""
        root, attributes = path
        if any(map(_ACTION.fullmatch, attributes)):
            return True
        if root is None or root not in part.read:  # a variable of a comprehension, say
            return False
        binders = self._binders.get(root)
        if binders is None:
            return bool(_ACTION.fullmatch(root))
        return any(_comes_from_outside(binder.node, root) for binder in binders)

    def _action_within(self, name: str) -> str | None:
        """Return what isn't to be run of that which the notebook's functions behind a name call."""
        waiting, seen = [name], {name}
        while waiting:
            for part in self._binders.get(waiting.pop(), ()):
                for path in _paths_within(part.node):
                    if self._acts(path, part):
                        return _shown(path)
                    root = path[0]
                    if root is None or root in seen or root in self._harmless:
                        continue
                    if root in part.read:
                        seen.add(root)
                        waiting.append(root)
        self._harmless |= seen
        return None


def _paths_within(node: ast.stmt) -> Iterator[Path]:
    """Yield what a definition's functions call, or all that another statement uses."""
    bodies: list[ast.AST] = [node]
    if isinstance(node, ast.ClassDef):
        bodies = [
            part
            for part in node.body
            if not isinstance(part, Function) or _RUN_BY_INSTANCES.fullmatch(part.name)
        ]
    is_definition = isinstance(node, Function | ast.ClassDef)
    for part in (inner for body in bodies for inner in ast.walk(body)):
        if isinstance(part, ast.Call):
            yield path_of(part.func)
        elif isinstance(part, ast.Attribute | ast.Name) and not is_definition:
            yield path_of(part)


def _comes_from_outside(node: ast.stmt, name: str) -> bool:
    """Whether an import brings something under a name that isn't to be called."""
    if isinstance(node, ast.Import):
        origins = [a.name for a in node.names if (a.asname or a.name.split(".")[0]) == name]
    elif isinstance(node, ast.ImportFrom):
        here = "." * node.level + (node.module or "")
        origins = [f"{here}.{a.name}" for a in node.names if (a.asname or a.name) == name]
    else:
        return False
    return any(
        origin.partition(".")[0] not in _MODULES or _ACTION.fullmatch(origin.rpartition(".")[2])
        for origin in origins
    )


def _shown(path: Path) -> str:
    root, attributes = path
    return one_line(".".join([root or "…", *attributes]), 60)
