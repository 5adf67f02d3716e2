"""Known mistakes, one module a unit: wrong code, its name, its hint in both languages.

The modules are read, never imported: the grader's process has no use for Keras, and the wrong
code runs where hand-ins run. Each entry is an exercise written wrong, under a decorator:

    @mistake(
        "axis-ignored",
        caught_by="axis",
        title=("English", "中文"),
        hint=("English", "中文"),
    )
    def softmax(x, axis=-1): ...

The wrong exercise is placed behind the reference, so that a layer may inherit from its right self.
"""

import ast
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autograder.base.paths import HIDDEN_DIR, SOLUTIONS_DIR
from autograder.base.text import Text, text
from course.kit.units import ORDER


@dataclass(frozen=True)
class Mistake:
    """A known mistake.

    Attributes:
        name: short and unique in the unit.
        unit, exercise: where it happens.
        caught_by: the slug of the check that must catch it.
        title: the mistake in a few words.
        hint: what to look at, without the answer.
        definition: the exercise written wrong, with what it needs.
        source: the reference, followed by the definition: a whole hand-in.
        compiled_only: it shows in compiled functions alone, which Keras on PyTorch has not.
    """

    name: str
    unit: str
    exercise: str
    caught_by: str
    title: Text
    hint: Text
    definition: str
    source: str
    compiled_only: bool = False


def mistake(
    name: str,
    *,
    caught_by: str,
    title: tuple[str, str],
    hint: tuple[str, str],
    compiled_only: bool = False,
) -> Callable:
    """Decorate a wrong exercise with its facts, see `Mistake`; nothing is done to the function.

    Args:
        name, caught_by, compiled_only: literals.
        title, hint: in English and in Chinese.
    """
    return lambda wrong: wrong


@functools.cache
def mistakes_of(unit: str) -> tuple[Mistake, ...]:
    """Return the known mistakes of a unit, in the order of the file.

    Raises:
        ValueError: an entry lacks a fact, or its decorator holds something that is no literal.
    """
    path = HIDDEN_DIR / unit / "mistakes.py"
    if not path.is_file():
        return ()
    solution = (SOLUTIONS_DIR / f"{unit}.py").read_text(encoding="utf-8")
    mistakes: list[Mistake] = []
    shared: list[str] = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        facts = _facts(node)
        if facts is None:
            if _is_shared(node):
                shared.append(ast.unparse(node))
            continue
        assert isinstance(node, ast.FunctionDef | ast.ClassDef)
        node.decorator_list = [item for item in node.decorator_list if not _is_mark(item)]
        definition = "\n\n".join([*shared, ast.unparse(node), ""])
        try:
            mistakes.append(
                Mistake(
                    unit=unit,
                    exercise=node.name,
                    definition=definition,
                    source=f"{solution}\n\n{definition}",
                    **{**facts, "title": text(*facts["title"]), "hint": text(*facts["hint"])},
                )
            )
        except (KeyError, TypeError) as error:
            where = f"{unit}/{path.name}, line {node.lineno}"
            raise ValueError(f"{where}: the facts of a mistake are wrong ({error}).") from None
    return tuple(mistakes)


@functools.cache
def known_mistake(unit: str, name: str | None) -> Mistake | None:
    """Return a unit's known mistake, or None where the catalogue has none of this name."""
    if unit not in ORDER:
        return None
    return next((item for item in mistakes_of(unit) if item.name == name), None)


def _is_shared(node: ast.stmt) -> bool:
    """Whether a statement goes into every entry's hand-in: helpers and imports, but our own."""
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] not in {"autograder", "solutions"}
    return isinstance(node, ast.Import | ast.FunctionDef | ast.Assign)


def _is_mark(decorator: ast.expr) -> bool:
    return (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Name)
        and decorator.func.id == "mistake"
    )


def _facts(node: ast.stmt) -> dict[str, Any] | None:
    for decorator in getattr(node, "decorator_list", []):
        if _is_mark(decorator):
            name = {"name": ast.literal_eval(decorator.args[0])} if decorator.args else {}
            return name | {str(k.arg): ast.literal_eval(k.value) for k in decorator.keywords}
    return None
