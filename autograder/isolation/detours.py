"""What a hand-in's code names that leads around the fence of built-ins; none of it is run.

Python can't be closed from within, so that an exercise could reach a built-in on another way than
by its name. Here the ways are read off the code, for people to look at: no point hangs on them, and
a name that is put together while the code runs isn't seen.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from course.kit.handin import HandIn

# Modules that no exercise imports, with all that is in them.
_MODULES = (
    *("importlib", "pkgutil", "runpy", "zipimport", "gc", "ctypes", "_ctypes", "cffi"),
    *("marshal", "imp", "code", "codeop", "dis", "sacrebleu"),
    *("keras.src", "tf_keras", "tensorflow.python", "tensorflow.raw_ops", "tensorflow.compiler"),
    *("jax._src", "jaxlib", "torch._C", "torch.ops", "numpy.ctypeslib"),
    *("course.exercises", "course.notebooks", "solutions", "autograder"),
)
# Attributes and names that lead from an object to the interpreter or to what it was made of.
_ATTRIBUTES = {
    *("__subclasses__", "__globals__", "__closure__", "__code__", "__builtins__", "__loader__"),
    *("__spec__", "__mro__", "__bases__", "__base__", "__wrapped__", "__import__", "_getframe"),
    *("f_back", "f_globals", "f_locals", "tb_frame", "gi_frame", "cr_frame", "raw_ops"),
    *("import_module", "get_objects", "get_referrers", "CDLL", "pythonapi"),
}
_NAMES = {"__import__", "__builtins__", "__loader__", "__spec__", "eval", "exec", "compile"}
# What is taken by its name: getattr(cls, "__subclasses__").
_AS_TEXT = (_ATTRIBUTES | _NAMES) - {"eval", "exec", "compile"}
_MOST = 10  # that are told of one hand-in


@dataclass(frozen=True)
class Detour:
    """A name that leads around the fence, and where it stands.

    Attributes:
        name: as the code has it: `importlib`, `__subclasses__`.
        place: the cell or the module.
        line: the line in it, from 1.
    """

    name: str
    place: str
    line: int


def detours(work: HandIn) -> list[Detour]:
    """Return where the statements of a hand-in name a way around the fence: each name once."""
    first: dict[str, Detour] = {}
    for statement in work.statements:
        for node in ast.walk(statement.node):
            for name in _named(node):
                line = getattr(node, "lineno", 1)
                first.setdefault(name, Detour(name, statement.place, line))
    return list(first.values())[:_MOST]


def _named(node: ast.AST) -> Iterator[str]:
    """Yield what a single node of the code names."""
    if isinstance(node, ast.Import):
        yield from _listed(alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield from {*_listed(f"{node.module}.{alias.name}" for alias in node.names)}
    elif isinstance(node, ast.Attribute):
        if node.attr in _ATTRIBUTES:
            yield node.attr
        yield from _listed([ast.unparse(node)] if _is_dotted(node) else [])
    elif isinstance(node, ast.Name) and node.id in _NAMES:
        yield node.id
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from {node.value} & _AS_TEXT


def _listed(dotted: Iterable[str]) -> Iterator[str]:
    for name in dotted:
        for module in _MODULES:
            if name == module or name.startswith(f"{module}."):
                yield module


def _is_dotted(node: ast.expr) -> bool:
    """Whether an expression is names with dots between them, and of a length that names have."""
    for _ in range(8):
        if not isinstance(node, ast.Attribute):
            return isinstance(node, ast.Name)
        node = node.value
    return False
